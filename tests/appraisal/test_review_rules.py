"""Reviews as tables: until when (DOMAIN §3), by whom, what a decision may do, to the edge."""

from datetime import date, timedelta

import pytest

from appraisal.rules.reviews import (
    Asking,
    Deciding,
    better_grades,
    deciders,
    is_better,
    last_day,
    refuse_asking,
    refuse_deciding,
    refuse_grade,
)
from common.rules import WorkingCalendar

#: The Spring Festival of 2026, and a Saturday that is worked.
CALENDAR = WorkingCalendar(
    {date(2026, 2, day): False for day in range(15, 24)} | {date(2026, 2, 14): True, date(2026, 2, 28): True}
)
DECIDED, UNTIL = date(2026, 12, 7), date(2027, 1, 6)
FINE = {
    "is_for_them": True,
    "is_decided": True,
    "stands": True,
    "asked_before": False,
    "decided_on": DECIDED,
    "until": UNTIL,
    "on_paper": False,
    "paper_on": None,
    "today": date(2026, 12, 20),
    "text": "x",
}
PAPER = {"on_paper": True, "paper_on": date(2026, 12, 18)}


@pytest.mark.parametrize(
    ("known", "days", "last"),
    [
        # 30 days, the day of knowing not counted.
        (date(2026, 12, 7), 30, date(2027, 1, 6)),
        # A Saturday moves to the Monday, also for the fifteen days of an appeal.
        (date(2026, 11, 5), 30, date(2026, 12, 7)),
        (date(2026, 11, 6), 15, date(2026, 11, 23)),
        # Into the Spring Festival: the first working day after it.
        (date(2026, 1, 19), 30, date(2026, 2, 24)),
        # A Saturday that is worked is a last day like any other.
        (date(2026, 1, 29), 30, date(2026, 2, 28)),
    ],
)
def test_the_last_day(known, days, last):
    assert last_day(known, days, CALENDAR) == last


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({}, None),
        # Until 24:00 of the last day, and not on the day after.
        ({"today": UNTIL}, None),
        ({"today": UNTIL + timedelta(days=1)}, Asking.OVER),
        # Not handed over yet: the days have not begun.
        ({"until": None}, None),
        ({"is_for_them": False}, Asking.NOT_YOURS),
        ({"is_decided": False}, Asking.NOT_DECIDED),
        ({"stands": False}, Asking.NOTHING_LEFT),
        ({"asked_before": True}, Asking.TWICE),
        ({"asked_before": True, "stands": False}, Asking.TWICE),
        ({"text": " \n"}, Asking.TEXT),
        (PAPER, None),
        ({**PAPER, "paper_on": None}, Asking.PAPER_DAY),
        ({**PAPER, "paper_on": date(2026, 12, 21)}, Asking.PAPER_TO_COME),
        ({**PAPER, "paper_on": DECIDED - timedelta(days=1)}, Asking.PAPER_TOO_EARLY),
        ({**PAPER, "paper_on": DECIDED}, None),
        # Handed in in time and entered late: the unit's delay is not the person's.
        ({**PAPER, "paper_on": UNTIL, "today": date(2027, 2, 1)}, None),
        ({**PAPER, "paper_on": UNTIL + timedelta(days=1), "today": date(2027, 2, 1)}, Asking.OVER),
    ],
)
def test_when_it_may_be_asked_for(what, refusal):
    assert refuse_asking(**{**FINE, **what}) == refusal


@pytest.mark.parametrize(
    ("city", "hands", "recorders", "who"),
    [
        ([1, 2, 3], [], [], {1, 2, 3}),
        ([1, 2, 3], [1], [], {2, 3}),
        ([1, 2, 3], [1], [2], {3}),
        # Whoever only wrote down a fact, where nobody else is free; who decided never.
        ([1, 2, 3], [1, 3], [2], {2}),
        ([1, 2], [1, 2], [], set()),
        ([1, 2], [1, 2, None], [2], set()),
        ([], [], [], set()),
    ],
)
def test_who_decides(city, hands, recorders, who):
    assert deciders(city=city, hands=hands, recorders=recorders) == who


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({}, None),
        ({"is_free": False}, Deciding.INVOLVED),
        ({"reason": " "}, Deciding.REASON),
        ({"of_above": True, "authority": "市委组织部", "document": "〔2027〕3号"}, None),
        ({"of_above": True, "authority": " ", "document": "〔2027〕3号"}, Deciding.AUTHORITY),
        ({"of_above": True, "authority": "市委组织部", "document": ""}, Deciding.DOCUMENT),
    ],
)
def test_what_a_decision_needs(what, refusal):
    assert refuse_deciding(**{"is_free": True, "reason": "x", **what}) == refusal


@pytest.mark.parametrize(
    ("new", "old", "better"),
    [
        ("excellent", "competent", True),
        ("competent", "competent", False),
        ("basic", "competent", False),
        ("basic", "incompetent", True),
        ("ungraded", "incompetent", False),
        ("competent", "ungraded", True),
        ("excellent", "ungraded", True),
        ("basic", "ungraded", False),
        ("incompetent", "ungraded", False),
        ("competent", "", False),
        ("", "basic", False),
    ],
)
def test_a_review_only_makes_it_better(new, old, better):
    assert is_better(new, old) is better


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({}, None),
        ({"new": "incompetent"}, Deciding.HARSHER),
        ({"new": "excellent", "ceiling": "competent"}, Deciding.CEILING),
        ({"new": "competent", "ceiling": "competent"}, None),
        ({"new": "excellent"}, None),
        ({"new": "excellent", "has_place": False}, Deciding.QUOTA),
        ({"new": "competent", "has_place": False}, None),
        # The same grade: only where the figures are others by now.
        ({"new": "basic"}, Deciding.UNCHANGED),
        ({"new": ""}, Deciding.UNCHANGED),
        ({"new": "", "figures_changed": True}, None),
        ({"new": "incompetent", "figures_changed": True}, Deciding.HARSHER),
    ],
)
def test_which_grade_it_may_give(what, refusal):
    given = {"new": "competent", "old": "basic", "ceiling": "excellent", "figures_changed": False}
    assert refuse_grade(**{**given, **what}) == refusal


def test_the_choice_is_what_is_better_and_allowed():
    assert better_grades("incompetent", "competent") == ["competent", "basic"]
    assert better_grades("competent", "competent") == []
    assert better_grades("ungraded", "excellent") == ["excellent", "competent"]
