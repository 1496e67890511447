"""What an inspection may say, in which order a round walks, who decides, until when: tables of values."""

from datetime import date, datetime, time, timedelta

import pytest

from attendance.rules import (
    ABSENT_ITEMS,
    Case,
    CorrectionRefusal,
    DecisionRefusal,
    Hand,
    Verified,
    changes_near,
    corrected_way,
    days_left,
    defence_until,
    hand_of,
    is_due,
    is_sheet_counted,
    is_sheet_due,
    may_be_entered,
    may_be_said,
    month_named,
    refuse_correction,
    refuse_decision,
    says_absent,
    usually_verified,
    walking_key,
    whereabouts_item,
)
from attendance.seeds import ITEMS
from cards.rules import Declaration, Kind, State, Status
from common.rules import SHANGHAI, WorkingCalendar, spans_on

DAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
SPANS = spans_on(DAY, ((time(8, 30), time(12)), (time(14), time(17, 30))))
#: Of 2026: the National Day week, and the Saturday that is worked for it.
HOLIDAYS = WorkingCalendar(
    {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}, frozenset({2026})
)

SAID = Declaration(State.ERRAND, AT - timedelta(hours=1), AT + timedelta(hours=1), AT, by_self=True)
DEFAULT = Status(Kind.AT_POST, State.AT_POST)
BACK = Status(
    Kind.AT_POST, State.AT_POST, AT, declared=Declaration(State.AT_POST, AT, None, AT, by_self=True)
)
AWAY = Status(Kind.AWAY, State.ERRAND, SAID.since, SAID.until, SAID.until, declared=SAID)
OVERDUE = Status(Kind.OVERDUE, State.ERRAND, SAID.since, SAID.until, SAID.until, declared=SAID)
CLOSED = Status(Kind.OUTSIDE_HOURS, State.AT_POST)
DUTY = Status(Kind.AT_POST, State.ON_DUTY, declared=SAID)


# --- Whom a round looks for, and what it may say -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "status", "due"),
    [
        ("08:29", CLOSED, False),
        ("08:30", DEFAULT, True),
        ("12:05", CLOSED, True),  # who walked at 11:50 may submit now
        ("17:29", AWAY, True),
        ("17:30", CLOSED, False),
        ("22:00", DUTY, True),
    ],
)
def test_whom_a_round_looks_for(clock: str, status: Status, due: bool) -> None:
    now = datetime.fromisoformat(f"2026-11-24 {clock}").replace(tzinfo=SHANGHAI)
    assert is_due(status, SPANS, now) is due


def test_on_a_rest_day_only_those_on_duty_are_looked_for() -> None:
    assert [is_due(status, (), AT) for status in (DUTY, AWAY, CLOSED)] == [True, False, False]


@pytest.mark.parametrize("usual", [Verified.SEEN, Verified.PHONE])
def test_of_those_who_are_away_only_the_declaration_is_known(usual: Verified) -> None:
    assert [usually_verified(status, usual) for status in (DEFAULT, BACK, AWAY, OVERDUE)] == [
        usual,
        usual,
        Verified.DECLARED,
        Verified.DECLARED,
    ]


ABSENT = {"untrue", "off_post", "counter_unattended", "absent_half_day"}


@pytest.mark.parametrize("code", [code for code, *_more in ITEMS])
def test_which_problems_say_that_somebody_was_not_there(code: str) -> None:
    assert says_absent([code]) is (code in ABSENT)
    assert says_absent(["late", code, "games"]) is (code in ABSENT)


def test_every_problem_that_says_so_stands_in_the_catalogue() -> None:
    assert {code for code, *_more in ITEMS} >= ABSENT_ITEMS == ABSENT
    assert not says_absent([])


@pytest.mark.parametrize(
    ("before", "left", "after"),
    [
        (Verified.SEEN, [], Verified.SEEN),
        (Verified.PHONE, ["late"], Verified.PHONE),
        (Verified.SEEN, ["late", "off_post"], Verified.ABSENT),
        (Verified.ABSENT, ["untrue"], Verified.ABSENT),
        (Verified.ABSENT, ["late"], Verified.DECLARED),
        (Verified.ABSENT, [], Verified.DECLARED),
    ],
)
def test_how_a_line_that_was_put_right_counts(before: Verified, left: list[str], after: Verified) -> None:
    assert corrected_way(before, left) == after


@pytest.mark.parametrize(
    ("status", "untrue", "not_updated", "chip"),
    [
        (DEFAULT, False, True, "not_updated"),  # a default can only be not updated
        (BACK, True, False, "untrue"),  # "back at post" is a word, and can be untrue
        (AWAY, True, False, "untrue"),
        (OVERDUE, True, True, "not_updated"),  # untrue while it ran, not updated since
        (DUTY, True, False, "untrue"),
    ],
)
def test_only_what_was_declared_can_be_untrue(
    status: Status, untrue: bool, not_updated: bool, chip: str
) -> None:
    assert (may_be_said("untrue", status), may_be_said("not_updated", status)) == (untrue, not_updated)
    assert whereabouts_item(status) == chip
    assert may_be_said("off_post", status)


# --- The order of a walk -----------------------------------------------------------------------------------------


def test_rooms_in_the_order_of_a_walk() -> None:
    doors = [
        ("一楼", "101"),
        ("二楼", "9"),
        ("二楼", "10"),
        ("二楼", "201"),
        ("二楼", "201-2"),
        ("二楼", "201A"),
        ("三楼", "301"),
        ("三楼", "301室"),
        ("10楼", "1001"),
    ]
    for mixed in (doors[::-1], doors[3:] + doors[:3]):
        assert sorted(mixed, key=lambda door: walking_key(*door)) == doors


def test_any_two_doors_can_be_compared() -> None:
    doors = [("", ""), ("", "301"), ("主楼", ""), ("主楼3", "3楼"), ("3", "主"), ("①楼", "٣٠"), ("²", "①")]
    assert len(sorted(doors, key=lambda door: walking_key(*door))) == len(doors)


def test_floors_beyond_the_tenth_follow_it() -> None:
    floors = ["二楼", "九楼", "十楼", "十一楼", "十二楼", "二十楼"]
    assert sorted(floors[3:] + floors[:3], key=lambda floor: walking_key(floor, "")) == floors


def test_a_floor_in_numerals_is_the_one_in_digits() -> None:
    assert walking_key("主楼三楼", "301") == walking_key("主楼3楼", "301")


# --- Days --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "last"),
    [
        ("2026-11-24", "2026-11-27"),  # Tuesday: Wednesday, Thursday, Friday
        ("2026-11-26", "2026-12-01"),  # over a weekend
        ("2026-11-28", "2026-12-02"),  # told on a Saturday
        ("2026-09-29", "2026-10-09"),  # over the holidays
        ("2026-10-08", "2026-10-12"),  # the Saturday that is worked counts
    ],
)
def test_the_last_day_for_a_defence(told: str, last: str) -> None:
    assert defence_until(date.fromisoformat(told), 3, HOLIDAYS) == date.fromisoformat(last)


def test_no_days_for_a_defence_are_the_day_itself() -> None:
    assert defence_until(DAY, 0, HOLIDAYS) == DAY


@pytest.mark.parametrize(("today", "left"), [("2026-09-30", 2), ("2026-10-08", 1), ("2026-10-09", 0)])
def test_how_many_days_are_left(today: str, left: int) -> None:
    assert days_left(date.fromisoformat(today), date(2026, 10, 9), HOLIDAYS) == left


@pytest.mark.parametrize(
    ("day", "today", "may"),
    [
        ("2026-11-24", "2026-11-24", True),
        ("2026-11-24", "2026-11-26", True),
        ("2026-11-24", "2026-11-27", False),
        ("2026-11-25", "2026-11-24", False),
        ("2026-11-20", "2026-11-24", True),  # Friday's, on Tuesday
        ("2026-11-20", "2026-11-25", False),
        ("2026-09-29", "2026-10-08", True),  # two working days over the holidays
        ("2026-09-29", "2026-10-09", False),
    ],
)
def test_a_sheet_on_paper_is_entered_within_two_working_days(day: str, today: str, may: bool) -> None:
    assert may_be_entered(date.fromisoformat(day), date.fromisoformat(today), 2, HOLIDAYS) is may


@pytest.mark.parametrize(
    ("day", "facts", "due"),
    [
        ("2026-11-24", {}, True),
        ("2026-11-28", {}, False),  # a Saturday
        ("2026-10-10", {}, True),  # one that is worked
        ("2026-10-05", {}, False),
        ("2026-11-24", {"begins": None}, False),
        ("2026-11-24", {"begins": date(2026, 11, 25)}, False),
        ("2026-11-25", {"begins": date(2026, 11, 25)}, True),
        ("2026-11-24", {"opened": date(2026, 11, 25)}, False),
        ("2026-11-24", {"closed": date(2026, 11, 24)}, True),
        ("2026-11-25", {"closed": date(2026, 11, 24)}, False),
    ],
)
def test_on_which_days_a_unit_owes_a_sheet(day: str, facts: dict, due: bool) -> None:
    usual = {"begins": date(2026, 1, 1), "opened": date(2000, 1, 1), "closed": None}
    assert is_sheet_due(date.fromisoformat(day), **{**usual, **facts}, calendar=HOLIDAYS) is due


# --- Who decides -------------------------------------------------------------------------------------------------

OFFICER, HEAD, OTHER_HEAD, INSPECTOR, SUBJECT = range(1, 6)


@pytest.mark.parametrize(
    ("case", "heads", "hand"),
    [
        (Case(OFFICER, SUBJECT), [HEAD], Hand.UNIT),
        (Case(OFFICER, SUBJECT), [], Hand.CITY),  # a small unit without a head
        (Case(HEAD, SUBJECT), [HEAD], Hand.CITY),  # the head recorded it
        (Case(HEAD, SUBJECT), [HEAD, OTHER_HEAD], Hand.UNIT),
        (Case(OFFICER, HEAD), [HEAD], Hand.CITY),  # it is about the head
        (Case(OFFICER, None), [HEAD], Hand.UNIT),
        (Case(None, None), [HEAD], Hand.UNIT),
        (Case(INSPECTOR, SUBJECT, frozenset({INSPECTOR}), of_the_city=True), [HEAD], Hand.CITY),
    ],
)
def test_in_whose_hand_a_decision_lies(case: Case, heads: list[int], hand: Hand) -> None:
    assert hand_of(case, heads) == hand


def test_nobody_decides_on_what_they_have_to_do_with() -> None:
    case = Case(OFFICER, SUBJECT, frozenset({INSPECTOR}))
    assert [case.is_free(user) for user in (OFFICER, HEAD, INSPECTOR, SUBJECT)] == [False, True, False, False]


OPEN = {
    "is_open": True,
    "is_free": True,
    "defended": False,
    "own_word": False,
    "withdraw": False,
    "defence_until": DAY,
    "today": DAY + timedelta(days=1),
    "reason": "",
}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"is_open": False}, DecisionRefusal.DECIDED),
        ({"is_free": False}, DecisionRefusal.INVOLVED),
        ({"today": DAY}, DecisionRefusal.TOO_EARLY),
        ({"defence_until": None}, DecisionRefusal.TOO_EARLY),  # nobody has told the person yet
        ({"today": DAY, "withdraw": True}, DecisionRefusal.REASON_MISSING),
        ({"today": DAY, "withdraw": True, "reason": "认错人"}, None),
        ({"defended": True, "own_word": True, "today": DAY}, DecisionRefusal.REASON_MISSING),
        ({"defended": True, "own_word": True, "today": DAY, "reason": "  "}, DecisionRefusal.REASON_MISSING),
        ({"defended": True, "own_word": True, "today": DAY, "reason": "查证属实"}, None),
        # Entered for them: the days go on.
        ({"defended": True, "today": DAY, "reason": "查证属实"}, DecisionRefusal.TOO_EARLY),
        ({"defended": True}, DecisionRefusal.REASON_MISSING),
    ],
)
def test_when_a_finding_may_be_decided(changes: dict, refusal: DecisionRefusal | None) -> None:
    assert refuse_decision(**{**OPEN, **changes}) == refusal


# --- Corrections -------------------------------------------------------------------------------------------------

FIX = {"withdraws": None, "records": "late", "recorded": [], "status": DEFAULT, "is_own_line": False}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"is_own_line": True}, CorrectionRefusal.OWN_LINE),
        ({"records": None}, CorrectionRefusal.NOTHING),
        ({"records": "untrue"}, CorrectionRefusal.DOES_NOT_FIT),
        ({"records": "untrue", "status": AWAY}, None),
        ({"records": None, "withdraws": "off_post", "recorded": ["off_post"]}, None),
        ({"recorded": ["late"]}, CorrectionRefusal.THERE_ALREADY),
        ({"recorded": ["late"], "withdraws": "late"}, None),  # other minutes
        ({"recorded": ["late", "off_post"], "withdraws": "off_post"}, CorrectionRefusal.THERE_ALREADY),
    ],
)
def test_which_corrections_may_be_asked_for(changes: dict, refusal: CorrectionRefusal | None) -> None:
    assert refuse_correction(**{**FIX, **changes}) == refusal


# --- Changes beside a check --------------------------------------------------------------------------------------


def test_changes_within_minutes_of_a_check_stand_beside_it_in_order() -> None:
    minutes = [30, 15, -15, -16, 0, 2]
    found = changes_near(AT, [AT + timedelta(minutes=number) for number in minutes], 15)
    assert [distance for _moment, distance in found] == [
        timedelta(minutes=number) for number in (-15, 0, 2, 15)
    ]


@pytest.mark.parametrize(
    ("day", "came", "counted"),
    [
        ("2026-11-23", False, True),
        ("2026-11-23", True, True),
        ("2026-11-24", False, False),
        ("2026-11-24", True, True),
        ("2026-11-25", True, False),
    ],
)
def test_figures_count_days_that_are_over_and_today_once_its_sheet_is_there(day, came, counted):
    assert is_sheet_counted(date.fromisoformat(day), date(2026, 11, 24), came=came) is counted


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ("2026-11", date(2026, 11, 1)),
        ("2000-01", date(2000, 1, 1)),
        *(
            (value, None)
            for value in ("", "x", "2026-13", "2026-00", "0001-01", "9999-12", "26-1", "2026-11-01")
        ),
    ],
)
def test_an_address_names_a_month_or_none(value, first):
    assert month_named(value) == first
