"""The rollout’s rules as tables (ROLL-1, ROLL-2; scheme 二: 限期完成、9个督导组、追效问责)."""

from dataclasses import replace
from datetime import date

import pytest

from appraisal.rules.rollout import (
    Due,
    End,
    Ending,
    Facts,
    Need,
    Stage,
    by_stage,
    is_discipline_post,
    is_missed,
    missing,
    own_missing,
    readiness,
    refuse_due,
    refuse_ending,
    stage,
)
from common.rules import WorkingCalendar

BEGINS, DUE, DAY = date(2026, 9, 1), date(2026, 9, 30), date(2026, 9, 15)
READY = Facts(
    named=2,
    has_body=True,
    accounts=2,
    offices=3,
    people=10,
    with_card=10,
    with_plaque=10,
    hotlines=2,
    tested_on=DAY,
    first_sheet_on=DAY,
)


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ({}, []),
        ({"named": 1}, [Need.GROUP]),
        ({"has_body": False}, [Need.BODY]),
        ({"accounts": 1}, [Need.ACCOUNTS]),
        ({"offices": 0}, [Need.ROSTER]),
        ({"with_card": 9}, [Need.CARDS]),
        ({"with_plaque": 9}, [Need.PLAQUES]),
        ({"hotlines": 1}, [Need.HOTLINES]),
        ({"tested_on": None}, [Need.TESTED]),
        ({"first_sheet_on": None}, [Need.SHEET]),
        # Nobody there: not all of none.
        ({"people": 0, "with_card": 0, "with_plaque": 0}, [Need.ROSTER, Need.CARDS, Need.PLAQUES]),
    ],
)
def test_what_is_missing(change, needs):
    assert missing(replace(READY, **change)) == needs


def test_nobody_is_late_for_what_others_do():
    assert own_missing(replace(READY, tested_on=None, accounts=0)) == []


def test_what_a_unit_does_itself_keeps_it_from_reporting():
    assert own_missing(replace(READY, tested_on=None, has_body=False)) == [Need.BODY]


def test_a_unit_with_nothing_lacks_everything():
    assert missing(Facts()) == list(Need)
    assert [line.need for line in readiness(Facts())] == list(Need)


@pytest.mark.parametrize(
    ("begins", "due", "done", "confirmed", "ready", "today", "expected"),
    [
        (None, None, None, False, True, DAY, Stage.UNASSIGNED),
        (BEGINS, DUE, None, False, False, date(2026, 8, 31), Stage.AHEAD),
        (BEGINS, DUE, None, False, False, BEGINS, Stage.UNDER_WAY),
        (BEGINS, DUE, None, False, True, BEGINS, Stage.READY),
        # The last day ends at 24:00.
        (BEGINS, DUE, None, False, False, DUE, Stage.UNDER_WAY),
        (BEGINS, DUE, None, False, False, date(2026, 10, 1), Stage.LATE),
        (BEGINS, DUE, None, False, True, date(2026, 10, 1), Stage.LATE),
        # Reported by the unit: from then on it is the city’s turn.
        (BEGINS, DUE, DUE, False, True, date(2026, 12, 1), Stage.REPORTED),
        (BEGINS, DUE, date(2026, 10, 1), False, True, date(2026, 12, 1), Stage.REPORTED),
        (BEGINS, DUE, DUE, True, False, date(2026, 12, 1), Stage.DONE),
        (BEGINS, DUE, date(2026, 10, 1), True, True, date(2026, 12, 1), Stage.DONE_LATE),
    ],
)
def test_where_a_unit_stands(begins, due, done, confirmed, ready, today, expected):
    days = {"begins_on": begins, "due_on": due, "done_on": done, "today": today}
    assert stage(**days, is_confirmed=confirmed, is_ready=ready) == expected


@pytest.mark.parametrize(
    ("done", "today", "late"),
    [
        (None, DUE, False),
        (None, date(2026, 10, 1), True),
        (DUE, date(2026, 10, 1), False),
        (date(2026, 10, 1), date(2026, 10, 1), True),
        (date(2026, 9, 2), date(2026, 9, 2), False),
    ],
)
def test_roll_2_what_was_missed(done, today, late):
    assert is_missed(due_on=DUE, done_on=done, today=today) == late


@pytest.mark.parametrize(
    ("due", "refusal"),
    [
        (date(2026, 11, 23), Due.PAST),
        (date(2026, 11, 24), Due.PAST),
        (date(2026, 11, 25), None),
        (date(2026, 11, 28), Due.REST),
        (date(2026, 11, 29), None),
        (date(2026, 11, 30), Due.REST),
        (date(2027, 11, 24), None),
        (date(2027, 11, 26), Due.FAR),
        (date(9999, 12, 31), Due.FAR),
    ],
)
def test_a_day_to_put_something_right_by_is_a_working_day_to_come(due, refusal):
    """29 November is a Sunday made a working day here, and the Monday after it a holiday."""
    working = WorkingCalendar({date(2026, 11, 29): True, date(2026, 11, 30): False})
    assert refuse_due(due, date(2026, 11, 24), working) == refusal


@pytest.mark.parametrize(
    ("end", "over", "answered", "own", "reason", "refusal"),
    [
        (End.MET, False, True, False, "", None),
        (End.MET, False, False, False, "", None),
        (End.MET, False, True, True, "", Ending.OWN_ANSWER),
        (End.MET, True, True, False, "", Ending.OVER),
        (End.CALLED_OFF, False, False, False, "误发", None),
        (End.CALLED_OFF, False, False, False, " ", Ending.REASON),
        (End.SENT_BACK, False, True, False, "仍未张贴", None),
        (End.SENT_BACK, False, True, False, "", Ending.REASON),
        (End.SENT_BACK, False, False, False, "仍未张贴", Ending.UNANSWERED),
    ],
)
def test_ending_an_order(end, over, answered, own, reason, refusal):
    found = refuse_ending(end, is_over=over, is_answered=answered, answered_by_them=own, reason=reason)
    assert found == refusal


@pytest.mark.parametrize(
    ("post", "right"),
    [
        ("纪委书记", True),
        ("纪工委书记", True),
        ("纪检组长", True),
        ("局长", False),
        ("办公室主任", False),
        ("", False),
    ],
)
def test_the_leading_group_is_headed_from_discipline_inspection(post, right):
    """scheme 二: 以纪(工)委书记、纪检组长为组长."""
    assert is_discipline_post(post) == right


def test_every_stage_has_its_number():
    found = by_stage([Stage.LATE, Stage.DONE, Stage.LATE])
    assert (found[Stage.LATE], found[Stage.DONE], found[Stage.READY], len(found)) == (2, 1, 0, len(Stage))
