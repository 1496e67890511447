"""What the effect page counts, beside a count in plain Python; and what it is held against."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.access import access_of
from accounts.models import Unit, User
from appraisal import effects
from appraisal.effects import Figure, Trend
from appraisal.models import Baseline, Indicator
from appraisal.rules import effects as arithmetic
from appraisal.rules.effects import Turn
from appraisal.words import effect as effect_words
from attendance.models import FindingState, SpotCheck, SpotLine
from cards.models import Cadre, LookupCount, LookupKind
from complaints.models import Complaint, Interest
from tests.appraisal.ledgers import stands
from tests.cast import NOW, TODAY
from tests.complaints.cases import received

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
#: The last second of September in Longquan, and the first of October.
TURN = datetime(2026, 9, 30, 16, tzinfo=UTC)


def looked_up(unit: Unit, day: date, **numbers: int) -> None:
    LookupCount.objects.bulk_create(
        LookupCount(day=day, unit=unit, kind=kind, number=number) for kind, number in numbers.items()
    )


def case(unit: Unit, at: datetime, *, days: int | None = None, **fields: Any) -> Complaint:
    """Received then, and answered after so many days."""
    made = received(unit, received_at=at, now=max(at, NOW))
    if days is not None:
        answered = at + timedelta(days=days)
        Complaint.objects.filter(pk=made.pk).update(
            state="answered", answered_at=answered, closed_at=answered, next_stage_at=None, **fields
        )
    return made


def checked(
    cadre: Cadre, at: datetime, inspector: User, *items: str, state: str = "standing", **of_check: Any
) -> None:
    """Looked at in a spot check, and found so."""
    check = SpotCheck.objects.create(
        kind="targeted", reason="回头看", begins_at=at, planned_by=inspector, planned_at=at, **of_check
    )
    line = SpotLine.objects.create(
        spot_check=check,
        cadre=cadre,
        unit=cadre.unit,
        office=cadre.office,
        outcome="problem" if items else "agrees",
        taken_at=at,
        recorded_by=inspector,
    )
    for code in items:
        stands(cadre, at.date(), code=code, state=state, spot_line=line, decided_by=None)


def before(indicator: Indicator, month: date, value: str, author: User) -> Baseline:
    return Baseline.objects.create(
        indicator=indicator,
        month=month,
        value=Decimal(value),
        source="统计年报",
        entered_by=author,
        entered_at=NOW,
    )


def read(user: User, now: datetime = NOW) -> dict[str, Trend]:
    return {trend.indicator: trend for trend in effects.read(access_of(user, TODAY), now)}


def figures(trend: Trend) -> dict[date, Figure | None]:
    return {point.month: point.figure for point in trend.points}


# --- Arithmetic -----------------------------------------------------------------------------------------------------

SUMMERS = {date(2024, 7, 1): 30.0, date(2025, 7, 1): 20.0, date(2025, 1, 1): 70.0}


@pytest.mark.parametrize(
    ("known", "month", "was"),
    [
        ({}, date(2026, 7, 1), None),
        ({date(2025, 1, 1): 18.25}, date(2026, 7, 1), 18.25),
        (SUMMERS, date(2026, 7, 1), 20.0),
        (SUMMERS, date(2026, 1, 1), 70.0),
        (SUMMERS, date(2026, 5, 1), 40.0),
    ],
)
def test_a_month_is_held_against_its_like_or_else_the_average(known, month, was):
    assert arithmetic.before(known, month) == was


@pytest.mark.parametrize(("part", "whole", "share"), [(0, 0, None), (0, 3, 0.0), (1, 3, 33.3), (2, 3, 66.7)])
def test_a_share_has_one_decimal_and_none_of_nothing(part, whole, share):
    assert arithmetic.percent(part, whole) == share


@pytest.mark.parametrize(
    ("value", "rising", "turn"),
    [(90, True, Turn.BETTER), (90, False, Turn.WORSE), (80, True, Turn.SAME), (70, False, Turn.BETTER)],
)
def test_what_is_better_depends_on_the_indicator(value, rising, turn):
    assert arithmetic.turn(value, 80, rising_is_better=rising) == turn


# --- Counting -------------------------------------------------------------------------------------------------------


def test_look_ups_and_the_stand_ins_that_were_named(unit, other_unit, express):
    days = {
        date(2026, 9, 30): {"present": 4, "covered": 1},
        date(2026, 10, 1): {"present": 5, "covered": 2, "uncovered": 1},
        date(2026, 10, 31): {"closed": 7},
    }
    for day, numbers in days.items():
        looked_up(unit, day, **numbers)
    looked_up(other_unit, date(2026, 10, 1), covered=3)
    found = read(express)
    total = sum(days[date(2026, 10, 1)].values()) + 7 + 3
    assert figures(found["lookups"]) == {
        date(2026, 9, 1): Figure(5),
        OCTOBER: Figure(total),
        NOVEMBER: Figure(0),
    }
    assert figures(found["stand_in"]) == {
        date(2026, 9, 1): Figure(1, 1),
        OCTOBER: Figure(5, 6),
        NOVEMBER: None,
    }
    assert [point.is_over for point in found["lookups"].points] == [True, True, False]


def test_the_sums_equal_a_count_in_plain_python(unit, other_unit, express):
    chance, told = random.Random(7), list[tuple[date, str]]()
    for where in (unit, other_unit):
        for offset in chance.sample(range(400), 120):
            day = TODAY - timedelta(days=offset)
            kinds = Counter(chance.choices(list(LookupKind.values), k=chance.randint(1, 9)))
            looked_up(where, day, **kinds)
            told += [(day.replace(day=1), kind) for kind in kinds.elements()]
    found = read(express)
    for month, figure in figures(found["lookups"]).items():
        assert figure == Figure(sum(when == month for when, _kind in told))
    for month, figure in figures(found["stand_in"]).items():
        covered, uncovered = (told.count((month, kind)) for kind in ("covered", "uncovered"))
        assert figure == Figure(covered, covered + uncovered)


def test_complaints_as_the_numbers_of_complaints_have_them(unit, other_unit, express):
    case(unit, TURN - timedelta(seconds=1), days=1, outcome="cleared", grade=5)
    for days, grade in ((1, 5), (2, 3), (1, 2), (9, 1)):
        case(other_unit, TURN + timedelta(hours=1), days=days, outcome="cleared", grade=grade)
    case(unit, TURN)
    found = read(express)
    assert figures(found["complaints"]) == {
        date(2026, 9, 1): Figure(1),
        OCTOBER: Figure(5),
        NOVEMBER: Figure(0),
    }
    # The case of October that nobody has answered is late by now.
    assert figures(found["on_time"])[OCTOBER] == Figure(3, 5)
    assert figures(found["rating"])[OCTOBER] == Figure(2, 4)
    assert found["rating"].points[1].value == 50.0


def test_who_has_an_interest_in_a_case_learns_nothing_of_it_here(unit, chen, express, express_head):
    received(unit, chen)
    Interest.objects.create(user=express, cadre=chen, reason="亲属", declared_at=NOW)
    assert figures(read(express)["complaints"])[NOVEMBER] == Figure(0)
    assert figures(read(express_head)["complaints"])[NOVEMBER] == Figure(1)


def test_of_those_looked_at_the_ones_who_were_not_there(chen, lin, zhou, express):
    at = TURN + timedelta(days=3)
    checked(chen, at, express, "off_post", "late")
    checked(lin, at, express, "counter_unattended", state=FindingState.PROVISIONAL)
    checked(zhou, at, express)
    # Met, though something else was wrong; not there, and withdrawn since; of a check that was called off.
    checked(chen, at + timedelta(days=1), express, "games")
    checked(lin, at + timedelta(days=1), express, "off_post", state=FindingState.WITHDRAWN)
    checked(zhou, at, express, "off_post", cancelled_at=NOW, cancel_reason="改期")
    assert figures(read(express)["off_post"]) == {OCTOBER: Figure(2, 5), NOVEMBER: None}


def test_thirteen_whole_months_and_the_running_one_at_most(unit, express):
    looked_up(unit, date(2024, 3, 1), present=1)
    months = [point.month for point in read(express)["lookups"].points]
    assert (len(months), months[0], months[-1]) == (14, date(2025, 10, 1), NOVEMBER)


def test_months_before_anything_was_counted_are_left_out(express):
    assert all(trend.points == [] for trend in read(express).values())


def test_the_baseline_stands_beside_each_month(unit, express):
    looked_up(unit, date(2026, 10, 5), covered=1, uncovered=1)
    before(Indicator.STAND_IN, date(2025, 10, 1), "40", express)
    before(Indicator.STAND_IN, date(2025, 11, 1), "30.5", express)
    points = read(express)["stand_in"].points
    assert [(point.month, point.before) for point in points] == [(OCTOBER, 40.0), (NOVEMBER, 30.5)]


def test_more_units_cases_and_values_cost_no_more_statements(unit, other_unit, chen, zhou, express):
    access, costs = access_of(express, TODAY), []
    for number, (where, cadre) in enumerate(((unit, chen), (other_unit, zhou))):
        for offset in range(1 + 3 * number):
            at = TURN + timedelta(days=offset, hours=number)
            looked_up(where, at.date(), present=2)
            case(where, at)
            checked(cadre, at, express, "off_post")
            before(Indicator.RATING, date(2020 + number, 1 + offset, 1), "50", express)
        with CaptureQueriesContext(connection) as queries:
            effects.read(access, NOW)
        costs.append(len(queries))
    assert costs == [6, 6]


# --- Words and pictures ---------------------------------------------------------------------------------------------


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("numbers", "was", "words", "tone"),
    [
        (
            {"covered": 9, "uncovered": 1},
            "70",
            "90%; before the scheme (average of 2025) 70%; 20 percentage points higher.",
            "on",
        ),
        (
            {"covered": 9, "uncovered": 3},
            "80.5",
            "75%; before the scheme (average of 2025) 80.5%; 5.5 percentage points lower.",
            "out",
        ),
        (
            {"covered": 9, "uncovered": 1},
            "90",
            "90%; before the scheme (average of 2025) 90%; unchanged.",
            "idle",
        ),
        (
            {"covered": 3},
            "70",
            "100%; before the scheme (average of 2025) 70%; 30 percentage points higher.",
            "idle",
        ),
        ({"covered": 3}, None, "100%. What it was before the scheme has not been entered.", None),
    ],
)
def test_the_change_in_words(numbers, was, words, tone, unit, express, english):
    looked_up(unit, date(2026, 10, 5), **numbers)
    if was is not None:
        before(Indicator.STAND_IN, date(2025, 1, 1), was, express)
    trend = read(express)["stand_in"]
    assert effect_words.change(trend).endswith(words)
    tag = effect_words.tag(trend)
    assert (tag[0] if tag else None) == tone


@pytest.mark.parametrize(
    ("number", "was", "words"),
    [
        (
            1234,
            "1000",
            "1,234 look-ups; before the scheme (monthly average of 2025) 1,000 look-ups; 234 look-ups (23.4%) more.",
        ),
        (
            8,
            "18.25",
            "8 look-ups; before the scheme (monthly average of 2025) 18.25 look-ups; 10.25 look-ups (56.2%) fewer.",
        ),
        (8, "0", "8 look-ups; before the scheme (monthly average of 2025) 0 look-ups; 8 look-ups more."),
    ],
)
def test_of_a_number_nobody_says_whether_more_is_better(number, was, words, unit, express, english):
    looked_up(unit, date(2026, 10, 5), present=number)
    before(Indicator.LOOKUPS, date(2025, 1, 1), was, express)
    trend = read(express)["lookups"]
    assert effect_words.change(trend).endswith(words)
    assert effect_words.tag(trend) is None


def test_what_was_before_is_named_with_its_period(unit, express, english):
    for month in (9, 10):
        looked_up(unit, date(2026, month, 5), present=10)
    before(Indicator.LOOKUPS, date(2025, 1, 1), "12", express)
    whole = effect_words.show(read(express)["lookups"])
    assert (str(whole.unit), whole.period) == ("times a month", "monthly average of 2025")
    assert "Before the scheme (monthly average of 2025)" in [line.label for line in whole.chart.lines]
    assert [month for month, _value, _source in whole.baselines] == ["monthly average of 2025"]
    before(Indicator.LOOKUPS, date(2025, 10, 1), "15", express)
    mixed = effect_words.show(read(express)["lookups"])
    # October has its own month of the year before, September the average of what there is.
    assert mixed.period == ""
    assert "Before the scheme" in [line.label for line in mixed.chart.lines]
    assert "(2025年10月) 15 look-ups" in mixed.change


def test_the_picture_ends_with_the_last_whole_month(unit, express):
    looked_up(unit, date(2026, 9, 5), present=10)
    looked_up(unit, date(2026, 11, 5), present=90)
    before(Indicator.LOOKUPS, date(2025, 1, 1), "5", express)
    shown = effect_words.show(read(express)["lookups"])
    assert shown.chart is not None
    assert list(shown.chart.labels) == ["09\n2026", "10"]
    assert [(line.kind, line.dots.count("M")) for line in shown.chart.lines] == [("first", 2), ("third", 2)]
    assert [(row.value, row.before, row.is_over) for row in shown.rows] == [
        ("10", "5", True),
        ("0", "5", True),
        ("90", "5", False),
    ]
