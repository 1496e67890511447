"""What a fact costs, what is withheld, which step may follow: tables of values up to their edges."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal import rules
from appraisal.rules import Fact, Move, NoStandard, Price, Refusal, Step, Version
from common.rules import SHANGHAI

NOVEMBER = date(2026, 11, 1)


# --- Months -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "first", "after", "before", "last"),
    [
        ("2026-11-24", "2026-11-01", "2026-12-01", "2026-10-01", "2026-11-30"),
        ("2026-12-31", "2026-12-01", "2027-01-01", "2026-11-01", "2026-12-31"),
        ("2027-01-01", "2027-01-01", "2027-02-01", "2026-12-01", "2027-01-31"),
        ("2028-02-29", "2028-02-01", "2028-03-01", "2028-01-01", "2028-02-29"),
        ("2027-02-28", "2027-02-01", "2027-03-01", "2027-01-01", "2027-02-28"),
    ],
)
def test_a_month_and_its_neighbours(day, first, after, before, last):
    month = rules.first_of(date.fromisoformat(day))
    found = (month, rules.following(month), rules.preceding(month), rules.last_day_of(month))
    assert [one.isoformat() for one in found] == [first, after, before, last]


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-11", "2026-11", ["2026-11"]),
        ("2026-11", "2027-02", ["2026-11", "2026-12", "2027-01", "2027-02"]),
        ("2026-12", "2026-11", []),
    ],
)
def test_months_from_one_to_another(first, last, months):
    found = rules.months_between(*(date.fromisoformat(f"{month}-01") for month in (first, last)))
    assert [f"{month:%Y-%m}" for month in found] == months


@pytest.mark.parametrize(
    ("today", "over"),
    [("2026-10-31", False), ("2026-11-01", False), ("2026-11-30", False), ("2026-12-01", True)],
)
def test_a_month_is_over_when_its_last_day_has_ended(today, over):
    assert rules.is_over(NOVEMBER, date.fromisoformat(today)) is over


@pytest.mark.parametrize(
    ("closed_until", "active_until", "today", "month"),
    [
        # Nothing drafted yet: the first month that is counted.
        (None, None, "2026-11-24", "2026-10"),
        ("2026-10", None, "2026-11-24", "2026-11"),
        # Drafted late: what is written on 24 December still belongs to November.
        ("2026-10", None, "2026-12-24", "2026-11"),
        ("2026-12", None, "2027-01-02", "2027-01"),
        # Of a unit that ended in November its own last month first, then the month in which it is written.
        ("2026-10", "2026-11-15", "2027-03-02", "2026-11"),
        ("2026-11", "2026-11-15", "2027-03-02", "2027-03"),
        ("2026-11", "2026-11-30", "2026-12-01", "2026-12"),
        # Never back into a month that is drafted, whatever the clock says.
        ("2026-12", "2026-11-15", "2026-12-20", "2027-01"),
    ],
)
def test_what_is_written_now_belongs_to_the_first_month_that_is_not_drafted(
    closed_until, active_until, today, month
):
    found = rules.open_month(
        closed_until=date.fromisoformat(f"{closed_until}-01") if closed_until else None,
        begins=date(2026, 10, 1),
        active_until=date.fromisoformat(active_until) if active_until else None,
        today=date.fromisoformat(today),
    )
    assert f"{found:%Y-%m}" == month


# --- Which version ----------------------------------------------------------------------------------------------------


def version(pk: int = 1, effective_from: str = "2026-01-01", cents: int = 2000, **prices: Price) -> Version:
    return Version(pk, date.fromisoformat(effective_from), cents, 30_000, prices)


@pytest.mark.parametrize(
    ("day", "pk"), [("2026-01-01", 1), ("2026-11-09", 1), ("2026-11-10", 2), ("2027-05-01", 2)]
)
def test_a_version_is_in_force_from_its_first_day_until_the_next_one(day, pk):
    versions = [version(2, "2026-11-10"), version(1)]
    assert rules.in_force(versions, date.fromisoformat(day)).pk == pk


def test_of_two_versions_of_one_day_the_newer_counts():
    versions = [version(3, "2026-11-10"), version(2, "2026-11-10")]
    assert rules.in_force(versions, date(2026, 11, 10)).pk == 3


def test_before_the_first_version_nothing_is_in_force():
    with pytest.raises(NoStandard, match="2025-12-31"):
        rules.in_force([version()], date(2025, 12, 31))


# --- What a fact costs ------------------------------------------------------------------------------------------------


def fact(day: str, key: int = 0, *, cadre: int | None = 1, item: str = "late", clock: str = "09:00") -> Fact:
    on = date.fromisoformat(day)
    at = datetime.combine(on, time.fromisoformat(clock), tzinfo=SHANGHAI)
    return Fact(key or on.toordinal(), cadre, item, on, at)


def points(facts: list[Fact], price: Price, before: list[Fact] = []) -> list[int]:  # noqa: B006
    return [one.half_points for one in rules.judge(facts, before, [version(late=price)])]


def test_the_first_so_many_of_a_month_are_free_and_every_month_begins_anew():
    days = ["2026-11-02", "2026-11-03", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03"]
    assert points([fact(day) for day in days], Price(2, free_first=2)) == [0, 0, 2, 0, 0, 2]


def test_the_free_ones_are_those_of_the_month_of_the_fact_whichever_month_counts_them():
    """One of November that is judged with December comes after those that November has counted."""
    price, counted = Price(2, free_first=1), [fact("2026-11-20")]
    judged = rules.judge([fact("2026-11-10"), fact("2026-12-01")], counted, [version(late=price)])
    assert [(one.half_points, one.before_in_month) for one in judged] == [(2, 1), (0, 0)]


def test_free_ones_are_counted_apart_by_person_and_by_item():
    facts = [fact("2026-11-02", 1), fact("2026-11-03", 2, cadre=2), fact("2026-11-04", 3, item="off_post")]
    prices = {"late": Price(2, free_first=1), "off_post": Price(4, free_first=1)}
    assert [one.half_points for one in rules.judge(facts, [], [version(**prices)])] == [0, 0, 0]


@pytest.mark.parametrize(
    ("earlier", "half_points"),
    [
        ("2026-10-25", 2),  # the day before the window
        ("2026-10-26", 3),  # its first day, thirty days earlier
        ("2026-11-24", 3),
        ("2026-11-25", 3),  # the day itself
        ("2026-11-26", 2),  # judged before, but happened after
    ],
)
def test_a_repetition_is_one_within_the_window_both_ends_included(earlier, half_points):
    price = Price(2, step_half_points=1, window_days=30)
    assert points([fact("2026-11-25", 99)], price, [fact(earlier)]) == [half_points]


def test_each_earlier_one_within_the_window_costs_a_step_more():
    days = ["2026-11-02", "2026-11-04", "2026-11-06", "2026-12-20"]
    assert points([fact(day) for day in days], Price(2, step_half_points=1, window_days=30)) == [2, 3, 4, 2]


def test_a_free_one_is_a_repetition_for_the_next():
    facts = [fact("2026-11-02"), fact("2026-11-03")]
    assert points(facts, Price(2, free_first=1, step_half_points=3, window_days=7)) == [0, 5]


def test_without_a_window_nothing_is_a_repetition():
    judged = rules.judge([fact("2026-11-02"), fact("2026-11-03")], [], [version(late=Price(2))])
    assert [one.before_in_window for one in judged] == [0, 0]
    assert [one.before_in_month for one in judged] == [0, 1]


def test_each_fact_is_judged_by_the_version_of_its_own_day():
    versions = [
        version(1, late=Price(2)),
        version(2, "2026-11-10", cents=3000, late=Price(3, free_first=1)),
    ]
    days = ["2026-11-09", "2026-11-10", "2026-12-01", "2026-12-02"]
    judged = rules.judge([fact(day) for day in days], [], versions)
    # The one of the 9th makes that of the 10th the second of its month, whatever version judged it.
    assert [(one.version, one.half_points, one.cents) for one in judged] == [
        (1, 2, 2000),
        (2, 3, 4500),
        (2, 0, 0),
        (2, 3, 4500),
    ]


def test_what_is_about_the_unit_costs_points_and_no_money():
    (judged,) = rules.judge([fact("2026-11-02", cadre=None)], [], [version(late=Price(4))])
    assert (judged.half_points, judged.cents) == (4, 0)


def test_what_is_referred_costs_nothing():
    (judged,) = rules.judge([fact("2026-11-02")], [], [version(late=Price(0, refer=True))])
    assert (judged.half_points, judged.cents) == (0, 0)


def test_what_a_version_does_not_name_costs_nothing():
    (judged,) = rules.judge([fact("2026-11-02", item="phone-use")], [], [version(late=Price(2))])
    assert (judged.half_points, judged.cents) == (0, 0)


def test_facts_are_judged_in_the_order_in_which_they_happened():
    late = [
        fact("2026-11-03", 3, clock="08:40"),
        fact("2026-11-03", 2, clock="14:10"),
        fact("2026-11-02", 9, clock="17:00"),
    ]
    judged = rules.judge(late, [], [version(late=Price(2, free_first=2))])
    assert [(one.fact.key, one.half_points) for one in judged] == [(9, 0), (3, 0), (2, 2)]


def test_what_stands_in_an_order_already_keeps_it():
    facts = [fact("2026-11-20", 1), fact("2026-11-02", 2)]
    judged = rules.judge_in_order(facts, [], [version(late=Price(2, free_first=1))])
    assert [(one.fact.key, one.half_points) for one in judged] == [(1, 0), (2, 2)]


@pytest.mark.parametrize(
    ("price", "in_month", "in_window", "half_points"),
    [
        (Price(2), 0, 0, 2),
        (Price(2), 9, 0, 2),
        (Price(2, free_first=2), 1, 5, 0),
        (Price(2, free_first=2), 2, 5, 2),
        (Price(2, step_half_points=3, window_days=9), 0, 2, 8),
        (Price(0, refer=True), 9, 9, 0),
    ],
)
def test_what_one_more_costs(price, in_month, in_window, half_points):
    assert rules.half_points_of(price, in_month, in_window) == half_points


# --- Money ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("half_points", "cents_per_point", "cents"),
    [
        (2, 2000, 2000),
        (3, 2000, 3000),
        (0, 2000, 0),
        (1, 2001, 1000),
        (3, 333, 499),
        (2, 333, 333),
        (1, 1, 0),
    ],
)
def test_half_a_cent_is_never_withheld(half_points, cents_per_point, cents):
    assert rules.cents_of(half_points, cents_per_point) == cents


@pytest.mark.parametrize(
    ("cents", "cap", "amount"),
    [(0, 300, 0), (299, 300, 299), (300, 300, 300), (301, 300, 300), (-1, 300, 0), (500, 0, 0)],
)
def test_at_most_the_allowance_of_the_month_and_never_less_than_nothing(cents, cap, amount):
    assert rules.withheld(cents, cap) == amount


# --- Of any facts -----------------------------------------------------------------------------------------------------

DAYS = st.dates(date(2026, 10, 15), date(2026, 12, 15))
PRICES = st.one_of(
    st.builds(
        Price,
        half_points=st.integers(0, 12),
        free_first=st.integers(0, 3),
        step_half_points=st.integers(0, 4),
        window_days=st.integers(1, 40),
    ),
    st.just(Price(0, refer=True)),
)


@st.composite
def many_facts(draw: st.DrawFn) -> list[Fact]:
    rows = draw(
        st.lists(
            st.tuples(DAYS, st.sampled_from([1, 2, None]), st.sampled_from(["late", "off_post", "own"])),
            max_size=14,
        )
    )
    clocks = [time(9), time(15)]
    return [
        Fact(key, cadre, item, day, datetime.combine(day, clocks[key % 2], tzinfo=SHANGHAI))
        for key, (day, cadre, item) in enumerate(rows)
    ]


VERSIONS = st.builds(
    lambda late, off_post, later, cents: [
        Version(1, date(2026, 1, 1), 2000, 30_000, {"late": late, "off_post": off_post}),
        Version(2, date(2026, 11, 10), cents, 30_000, {"late": later, "off_post": off_post}),
    ],
    PRICES,
    PRICES,
    PRICES,
    st.integers(1, 5001),
)


@given(many_facts(), many_facts(), VERSIONS, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_handed_in_changes_nothing(
    facts: list[Fact], before: list[Fact], versions: list[Version], chance: random.Random
) -> None:
    expected = rules.judge(facts, before, versions)
    for rows in (facts, before, versions):
        chance.shuffle(rows)
    assert rules.judge(facts, before, versions) == expected


@given(many_facts(), many_facts(), VERSIONS)
def test_no_sum_is_negative_and_none_is_above_the_allowance(
    facts: list[Fact], before: list[Fact], versions: list[Version]
) -> None:
    judged = rules.judge(facts, before, versions)
    assert len(judged) == len(facts)
    assert all(one.half_points >= 0 and one.cents >= 0 for one in judged)
    sums: Counter[int | None] = Counter()
    for one in judged:
        sums[one.fact.cadre] += one.cents
    assert sums[None] == 0
    assert all(0 <= rules.withheld(cents, 30_000) <= min(cents, 30_000) for cents in sums.values())


@given(many_facts(), many_facts(), VERSIONS)
def test_each_is_judged_as_counting_by_hand_says(
    facts: list[Fact], before: list[Fact], versions: list[Version]
) -> None:
    """The slow way: for each fact, look at all that came before it."""
    in_order = sorted(facts, key=lambda one: (one.day, one.at, one.key))
    for place, judged in enumerate(rules.judge(facts, before, versions)):
        one = judged.fact
        same = [
            other.day
            for other in [*before, *in_order[:place]]
            if (other.cadre, other.item) == (one.cadre, one.item)
        ]
        of_day = versions[one.day >= date(2026, 11, 10)]
        price = of_day.prices.get(one.item, Price(0))
        in_month = len([day for day in same if (day.year, day.month) == (one.day.year, one.day.month)])
        steps = len([day for day in same if timedelta(0) <= one.day - day <= timedelta(price.window_days)])
        free = price.refer or in_month < price.free_first
        half_points = 0 if free else price.half_points + price.step_half_points * steps
        assert (judged.fact, judged.half_points) == (in_order[place], half_points)
        assert judged.cents == (half_points * of_day.cents_per_point // 2 if one.cadre else 0)


@given(many_facts(), VERSIONS)
def test_judging_a_month_at_once_or_one_after_the_other_is_the_same(
    facts: list[Fact], versions: list[Version]
) -> None:
    at_once, before = rules.judge(facts, [], versions), []
    for judged in at_once:
        assert rules.judge([judged.fact], before, versions) == [judged]
        before.append(judged.fact)


@given(many_facts(), VERSIONS)
def test_a_cheaper_standard_never_costs_more(facts: list[Fact], versions: list[Version]) -> None:
    cheaper = [
        replace(
            one,
            prices={
                code: replace(price, half_points=price.half_points // 2) for code, price in one.prices.items()
            },
        )
        for one in versions
    ]
    pairs = zip(rules.judge(facts, [], versions), rules.judge(facts, [], cheaper), strict=True)
    assert all(cheap.cents <= dear.cents for dear, cheap in pairs)


# --- The standard's words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "工资",
        "工·资",
        "ＳＡＬＡＲＹ",
        "俸禄",
        "基本工资",
        "工 资",
        "工\u3000资",
        "月薪",
        "薪级",
        "绩效薪酬",
        "Salary",
        "basic salaries",
        "wage",
        "WAGES",
        "monthly pay",
    ],
)
def test_salary_is_recognised(text):
    assert rules.names_salary(text)


@pytest.mark.parametrize(
    "text",
    [
        "月度考核奖",
        "月度考核补贴",
        "岗位津贴",
        "绩效奖金",
        "allowance",
        "payment of the bonus",
        "工作补贴",
        "",
    ],
)
def test_an_allowance_is_not_salary(text):
    assert not rules.names_salary(text)


@given(st.text(), st.sampled_from(["", " ", "  ", "\t", "\u3000"]), st.text())
def test_salary_is_recognised_wherever_it_stands(before: str, gap: str, after: str) -> None:
    assert rules.names_salary(f"{before}工{gap}资{after}")


# --- The month's path -------------------------------------------------------------------------------------------------

#: DESIGN §3: drafted -> confirmed -> published -> reported -> accepted, or sent back and reported again.
PATH = {
    (Move.CONFIRM, Step.DRAFTED): Step.CONFIRMED,
    (Move.PUBLISH, Step.CONFIRMED): Step.PUBLISHED,
    (Move.REPORT, Step.PUBLISHED): Step.REPORTED,
    (Move.REPORT, Step.SENT_BACK): Step.REPORTED,
    (Move.NIL, Step.DRAFTED): Step.REPORTED,
    (Move.ACCEPT, Step.REPORTED): Step.ACCEPTED,
    (Move.SEND_BACK, Step.REPORTED): Step.SENT_BACK,
}
TODAY = date(2026, 12, 9)


def refusal(move: Move, step: Step, **words) -> Refusal | None:
    given_words = {"is_free": True, "today": TODAY, "reason": "请补充依据", **words}
    return rules.refuse_move(move, step=step, **given_words)


@pytest.mark.parametrize(("move", "step"), list(product(Move, Step)))
def test_every_move_from_every_step(move, step):
    allowed = (move, step) in PATH
    assert refusal(move, step) is (None if allowed else Refusal.WRONG_STEP)
    assert (step in rules.MOVES[move][0]) is allowed
    if allowed:
        assert rules.MOVES[move][1] is PATH[move, step]
        assert refusal(move, step, is_free=False) is Refusal.INVOLVED
    else:
        # What cannot be done at all is not explained by who asks.
        assert refusal(move, step, is_free=False) is Refusal.WRONG_STEP


def test_what_is_accepted_stays():
    assert not [move for move in Move if Step.ACCEPTED in rules.MOVES[move][0]]


@pytest.mark.parametrize("step", [Step.PUBLISHED, Step.SENT_BACK])
@pytest.mark.parametrize(
    ("until", "objections", "expected"),
    [
        ("2026-12-08", 0, None),
        # The last day ends at 24:00.
        ("2026-12-09", 0, Refusal.NOT_YET),
        ("2026-12-10", 0, Refusal.NOT_YET),
        ("2026-12-08", 1, Refusal.OBJECTIONS),
        ("2026-12-09", 1, Refusal.NOT_YET),
    ],
)
def test_a_report_waits_for_the_publication_and_for_objections(step, until, objections, expected):
    until = date.fromisoformat(until)
    assert refusal(Move.REPORT, step, published_until=until, open_objections=objections) is expected


@pytest.mark.parametrize(("entries", "expected"), [(0, None), (1, Refusal.NOT_NIL)])
def test_only_a_month_without_anything_is_reported_in_one_tap(entries, expected):
    assert refusal(Move.NIL, Step.DRAFTED, entries=entries) is expected


@pytest.mark.parametrize(
    ("reason", "expected"), [("", Refusal.REASON), (" \u3000", Refusal.REASON), ("x", None)]
)
def test_sending_back_needs_a_reason(reason, expected):
    assert refusal(Move.SEND_BACK, Step.REPORTED, reason=reason) is expected


def test_who_has_not_reported_and_what_cadres_see_follow_from_the_path():
    assert {*rules.UNREPORTED} == {*Step} - {Step.REPORTED, Step.ACCEPTED}
    assert {*rules.SHOWN_IN_UNIT} == {*Step} - {Step.DRAFTED, Step.CONFIRMED}
