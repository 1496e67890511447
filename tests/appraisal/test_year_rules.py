"""YEAR-1 to YEAR-4 (scheme.txt 三(三) “一年一考”), and the answers where the scheme is silent; to the edge."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.rules import years
from appraisal.rules.years import Code, Consequences, UnitYear, Year

LIMITS = {"minimum_headcount": 3, "minimum_months": 6}


def consequences(is_most: bool = False, **counts: int) -> Consequences:
    return years.consequences(Year(1, 1, **counts), is_most=is_most)


@pytest.mark.parametrize(
    ("counts", "ceiling", "months", "codes"),
    [
        ({}, "excellent", 0, ()),
        # 被投诉一次经核查属实的,进行批评教育: a proposal of the ladder, no grade.
        ({"complaints": 1}, "excellent", 0, (Code.COMP_2,)),
        ({"complaints": 2}, "excellent", 0, (Code.COMP_2,)),
        # 效能诫勉教育一次的,扣除三个月奖金; the law: not 优秀.
        ({"admonishments": 1}, "competent", 3, (Code.YEAR_1, Code.LAW)),
        ({"admonishments": 2}, "competent", 3, (Code.YEAR_1, Code.LAW)),
        # One caution: the scheme is silent; the law: not 优秀.
        ({"cautions": 1}, "competent", 0, (Code.LAW,)),
        # 效能告诫两次的,扣除全年奖金,当年年度考核确定为不称职.
        ({"cautions": 2}, "incompetent", 12, (Code.LAW, Code.YEAR_2)),
        ({"admonishments": 1, "cautions": 2}, "incompetent", 12, (Code.YEAR_1, Code.LAW, Code.YEAR_2)),
        ({"circulars": 1}, "competent", 0, (Code.LAW,)),
    ],
)
def test_what_a_year_leads_to(counts, ceiling, months, codes):
    found = consequences(**counts)
    assert (found.ceiling, found.bonus_months, found.codes) == (ceiling, months, codes)
    assert not found.barred_from_merit


def test_the_most_points_bar_from_merit_and_promotion_and_from_competent():
    """扣分最多: 不得参与评先评优,个人考评不得评为称职以上,次年不得提拔使用."""
    found = consequences(is_most=True)
    assert found == Consequences("basic", 0, True, True, (Code.YEAR_4,))
    assert consequences(is_most=True, cautions=2).ceiling == "incompetent"


def team(*points: int, months: int = 12) -> list[Year]:
    return [Year(key, 1, half_points, months=months) for key, half_points in enumerate(points, start=1)]


@pytest.mark.parametrize(
    ("points", "most"),
    [
        ((0, 0, 0), set()),
        ((0, 0, 1), {3}),
        ((2, 2, 0), {1, 2}),
        ((2, 2, 2), set()),
        ((4, 0), set()),
        ((), set()),
    ],
)
def test_who_has_the_most_of_a_unit(points, most):
    assert years.most_of_unit(team(*points), **LIMITS) == most


def test_who_served_part_of_the_year_is_compared_with_nobody():
    short = Year(9, 1, 40, months=5)
    assert years.most_of_unit([*team(0, 1, 2), short], **LIMITS) == {3}
    assert years.most_of_unit([*team(0, 1, 2), replace(short, months=6)], **LIMITS) == {9}


def test_the_least_are_all_who_share_it_and_against_whom_nothing_speaks():
    people = [*team(0, 0, 2), Year(7, 2, 0, complaints=1), Year(8, 2, 0, months=3)]
    assert years.least_of_city(people, {2}, minimum_months=6) == {1}
    assert years.least_of_city(people, {1, 2}, minimum_months=6) == {3}
    assert years.least_of_city([], set(), minimum_months=6) == set()


facts = st.lists(st.integers(0, 20), min_size=1, max_size=8)


@given(facts, st.data())
def test_a_deduction_more_never_helps_and_one_less_never_harms_whom_it_is_about(points, data):
    who = data.draw(st.integers(1, len(points)))
    before = team(*points)
    after = [replace(year, half_points=year.half_points + 1) if year.key == who else year for year in before]

    def standing(people: list[Year]) -> tuple[bool, bool]:
        most = years.most_of_unit(people, **LIMITS)
        least = years.least_of_city(people, most, minimum_months=6)
        return who in most, who not in least

    assert standing(after)[0] >= standing(before)[0]
    assert standing(after)[1] >= standing(before)[1]


CLASS = {"sheets_percent": 100, "agreement_percent": 90}


def unit(key: int, half_points: int, headcount: int = 10, group: str = "department", **more: int) -> UnitYear:
    return UnitYear(key, group, half_points, headcount, **{"sheets": 20, "sheets_due": 20, **more})


def test_units_are_compared_per_head_within_their_class():
    """Departments with departments, towns with towns; ten points of a hundred people are less than two of ten."""
    there = [unit(1, 10, 100), unit(2, 2, 10), unit(3, 0, group="town"), unit(4, 1, group="town")]
    assert years.most_of_class(there) == {2, 4}
    assert years.least_of_class(there, set(), **CLASS) == {1, 3}


@pytest.mark.parametrize(
    ("more", "wins"),
    [
        ({}, True),
        ({"sheets": 19}, False),
        ({"agreed": 9, "checked": 10}, True),
        ({"agreed": 8, "checked": 10}, False),
        ({"sheets": 0, "sheets_due": 0}, False),
    ],
)
def test_a_unit_that_stays_silent_cannot_win(more, wins):
    there = [unit(1, 0, **more), unit(2, 4)]
    assert (1 in years.least_of_class(there, set(), **CLASS)) is wins


def test_equal_units_have_no_most():
    assert years.most_of_class([unit(1, 3), unit(2, 3)]) == set()
    assert years.most_of_class([unit(1, 0), unit(2, 0)]) == set()


@pytest.mark.parametrize(
    ("count", "decided", "which", "months"),
    [
        (3, date(2026, 5, 20), "following", [date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)]),
        (3, date(2026, 11, 3), "following", [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]),
        (3, date(2026, 5, 20), "last", [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]),
        (12, None, "following", [date(2026, month, 1) for month in range(1, 13)]),
        (0, None, "last", []),
    ],
)
def test_which_months_of_the_bonus(count, decided, which, months):
    assert years.bonus_months_of(2026, count, decided, which) == months


def test_the_bonus_is_a_sum_only_where_every_month_has_a_base():
    bases = [(date(2026, 3, 1), 60_000), (date(2026, 7, 1), 80_000)]
    assert years.bonus_cents([date(2026, 6, 1), date(2026, 7, 1)], bases) == 140_000
    assert years.bonus_cents([date(2026, 2, 1)], bases) is None
    assert years.bonus_cents([], []) == 0


@pytest.mark.parametrize(
    ("people", "percent", "most"), [(0, 20, 0), (4, 20, 0), (5, 20, 1), (14, 20, 2), (14, 25, 3)]
)
def test_the_quota_is_rounded_down(people, percent, most):
    assert years.quota(people, percent) == most


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (date(2020, 1, 1), None, 12),
        (date(2026, 6, 30), None, 7),
        (date(2020, 1, 1), date(2026, 1, 1), 1),
        (date(2027, 1, 1), None, 0),
        (date(2020, 1, 1), date(2025, 12, 31), 0),
    ],
)
def test_months_of_service(since, until, months):
    assert years.months_served(2026, since, until) == months


@pytest.mark.parametrize(
    ("grade", "ceiling", "allowed"),
    [
        ("excellent", "excellent", True),
        ("excellent", "competent", False),
        ("competent", "basic", False),
        ("basic", "basic", True),
        ("incompetent", "excellent", True),
        ("ungraded", "incompetent", True),
    ],
)
def test_a_grade_is_at_most_the_ceiling(grade, ceiling, allowed):
    assert years.grade_allowed(grade, ceiling) is allowed
