"""What holds of every year, whatever it is made of: nobody gains by another deduction, nobody loses by one that is
taken back, the order of a day’s events does not matter, and a unit that stops filing sheets never gains.

On the pure rules. Each property is run once more with a rule that is broken, to show that it would be noticed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from appraisal import rules
from appraisal.rules import ladder, years
from appraisal.rules.ladder import Counted
from appraisal.rules.months import Fact, Judged, Price, Version
from appraisal.rules.years import Consequences, UnitYear, Year

KINDS = ("half_points", "complaints", "admonishments", "cautions", "circulars")
Run = Callable[..., None]


def holds(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Run]:
    """A property as a function that looks for an exception to it, in at most so many examples."""

    def decorate(check: Callable[..., None]) -> Run:
        def run(examples: int = 150, **options: Any) -> None:
            look = settings(max_examples=examples, deadline=None, database=None, **options)
            look(given(*strategies)(check))()

        return run

    return decorate


# --- A city of people -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class City:
    people: tuple[Year, ...]
    minimum_headcount: int
    minimum_months: int
    silent: frozenset[int]

    def with_(self, changed: Year) -> "City":
        return replace(self, people=tuple(changed if one.key == changed.key else one for one in self.people))


def small(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@st.composite
def cities(draw: Any) -> City:
    people = draw(
        st.lists(
            st.builds(
                Year,
                key=st.just(0),
                unit=st.integers(1, 3),
                half_points=small(6),
                complaints=small(2),
                admonishments=small(2),
                cautions=small(3),
                circulars=small(1),
                months=st.sampled_from((2, 6, 12)),
            ),
            min_size=1,
            max_size=9,
        )
    )
    numbered = tuple(replace(one, key=number) for number, one in enumerate(people))
    silent = draw(st.frozensets(st.integers(1, 3), max_size=1))
    return City(numbered, draw(st.integers(1, 4)), draw(st.sampled_from((0, 6))), silent)


def badness(city: City, who: int) -> tuple[int, ...]:
    """Of somebody’s year, each figure the worse the higher."""
    most = {
        key
        for unit in {one.unit for one in city.people}
        for key in years.most_of_unit(
            [one for one in city.people if one.unit == unit],
            minimum_headcount=city.minimum_headcount,
            minimum_months=city.minimum_months,
        )
    }
    least = years.least_of_city(city.people, most, minimum_months=city.minimum_months, silent=city.silent)
    found = years.consequences(city.people[who], is_most=who in most)
    return (
        years.GRADES.index(found.ceiling),
        found.bonus_months,
        found.barred_from_merit,
        found.barred_from_promotion,
        who not in least,
    )


def is_at_least_as_bad(one: Iterable[int], other: Iterable[int]) -> bool:
    return all(a >= b for a, b in zip(one, other, strict=True))


@holds(cities(), st.data())
def never_helps(city: City, data: Any) -> None:
    """Whatever is added to somebody’s year, nothing of their result becomes better."""
    who, kind = data.draw(st.integers(0, len(city.people) - 1)), data.draw(st.sampled_from(KINDS))
    one = city.people[who]
    more = replace(one, **{kind: getattr(one, kind) + data.draw(st.integers(1, 3))})
    assert is_at_least_as_bad(badness(city.with_(more), who), badness(city, who))


@holds(cities(), st.data())
def never_harms(city: City, data: Any) -> None:
    """Whatever is taken out of somebody’s year, nothing of their result becomes worse."""
    kind = data.draw(st.sampled_from(KINDS))
    there = [one for one in city.people if getattr(one, kind)]
    assume(there)
    one = data.draw(st.sampled_from(there))
    less = replace(one, **{kind: getattr(one, kind) - data.draw(st.integers(1, getattr(one, kind)))})
    assert is_at_least_as_bad(badness(city, one.key), badness(city.with_(less), one.key))


def test_a_deduction_never_improves_anybodys_own_result() -> None:
    never_helps()


def test_taking_a_deduction_back_never_worsens_it() -> None:
    never_harms()


# --- From the facts ---------------------------------------------------------------------------------------------------

MONDAY = date(2026, 3, 2)
ITEMS = ("late", "off_post")


@st.composite
def versions(draw: Any) -> list[Version]:
    """Two, the second in the middle of what happens."""

    def version(pk: int, begins: date) -> Version:
        prices = {
            item: Price(draw(small(8)), draw(small(2)), draw(small(3)), draw(st.sampled_from((0, 2, 30))))
            for item in ITEMS
        }
        return Version(pk, begins, draw(st.sampled_from((1501, 2000))), draw(small(9_000)), prices)

    return [version(1, date(2026, 1, 1)), version(2, MONDAY + timedelta(days=5))]


def happened(key: int, day: int, clock: int, item: str) -> Fact:
    moment = datetime.combine(MONDAY + timedelta(days=day), datetime.min.time()) + timedelta(minutes=clock)
    return Fact(key, 1, item, moment.date(), moment)


moments = st.tuples(small(40), small(3), st.sampled_from(ITEMS))


def facts_of(drawn: Sequence[tuple[int, int, str]]) -> list[Fact]:
    return [happened(key, *one) for key, one in enumerate(drawn)]


def sums(judged: Iterable[Judged], in_force: Sequence[Version]) -> tuple[int, int]:
    """A year’s points, and what is withheld month by month."""
    points, months = 0, dict[date, int]()
    for one in judged:
        points += one.half_points
        month = rules.first_of(one.fact.day)
        months[month] = months.get(month, 0) + one.cents
    caps = {month: rules.in_force(in_force, rules.last_day_of(month)).cap_cents for month in months}
    return points, sum(rules.withheld(cents, caps[month]) for month, cents in months.items())


@holds(st.lists(moments, max_size=8), moments, versions())
def one_more_never_costs_less(
    drawn: list[tuple[int, int, str]], more: tuple[int, int, str], known: Any
) -> None:
    before = sums(rules.judge(facts_of(drawn), [], known), known)
    after = sums(rules.judge(facts_of([*drawn, more]), [], known), known)
    assert is_at_least_as_bad(after, before)


@holds(st.lists(moments, max_size=8), st.randoms(use_true_random=False), versions())
def order_of_a_day_costs_nothing(drawn: list[tuple[int, int, str]], chance: Any, known: Any) -> None:
    """The same things on the same days, at other times of the day and recorded in another order."""
    shuffled = [(day, chance.randrange(1440), item) for day, _clock, item in drawn]
    chance.shuffle(shuffled)
    one, other = (sums(rules.judge(facts_of(some), [], known), known) for some in (drawn, shuffled))
    assert one == other


lines = st.lists(st.tuples(st.sampled_from(("finding", "complaint")), small(10)), max_size=9)


def proposed(found: Iterable[tuple[str, int]], times: int) -> list[tuple[int, list[date]]]:
    counted = [Counted(kind, key, MONDAY + timedelta(days=day)) for key, (kind, day) in enumerate(found)]
    return [(one.number, [line.day for line in one.lines]) for one in ladder.proposals(counted, times)]


@holds(lines, st.integers(1, 4), st.randoms(use_true_random=False))
def order_of_a_day_proposes_the_same(found: list[tuple[str, int]], times: int, chance: Any) -> None:
    """Recorded in another order: the same number of proposals, of the same days."""
    other = list(found)
    chance.shuffle(other)
    assert proposed(found, times) == proposed(other, times)


@holds(lines, st.tuples(st.sampled_from(("finding", "complaint")), small(10)), st.integers(1, 4))
def one_more_never_proposes_less(found: list[tuple[str, int]], more: tuple[str, int], times: int) -> None:
    assert len(proposed([*found, more], times)) >= len(proposed(found, times))


def test_one_more_finding_never_costs_less() -> None:
    one_more_never_costs_less()


def test_the_order_of_events_within_a_day_does_not_matter() -> None:
    order_of_a_day_costs_nothing()
    order_of_a_day_proposes_the_same()


def test_one_more_fact_never_proposes_less() -> None:
    one_more_never_proposes_less()


# --- Units ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Class:
    units: tuple[UnitYear, ...]
    sheets_percent: int
    agreement_percent: int

    def with_(self, changed: UnitYear) -> "Class":
        return replace(self, units=tuple(changed if one.key == changed.key else one for one in self.units))

    def standing(self, who: int) -> tuple[bool, bool]:
        """Among the most, and not first in line for merit."""
        most = years.most_of_class(self.units)
        least = years.least_of_class(
            self.units, most, sheets_percent=self.sheets_percent, agreement_percent=self.agreement_percent
        )
        return who in most, who not in least


@st.composite
def classes(draw: Any, sheets_percent: tuple[int, ...] = (80, 100)) -> Class:
    found = []
    for key in range(draw(st.integers(1, 5))):
        due, checked = draw(small(5)), draw(small(3))
        found.append(
            UnitYear(
                key,
                draw(st.sampled_from(("department", "town"))),
                draw(small(8)),
                draw(st.integers(1, 3)),
                sheets=due - draw(small(1)) if due else 0,
                sheets_due=due,
                agreed=draw(st.integers(0, checked)),
                checked=checked,
            )
        )
    return Class(tuple(found), draw(st.sampled_from(sheets_percent)), draw(st.sampled_from((50, 90))))


@holds(classes(), st.data())
def a_unit_is_never_helped(there: Class, data: Any) -> None:
    one = data.draw(st.sampled_from(there.units))
    more = replace(one, half_points=one.half_points + data.draw(st.integers(1, 4)))
    assert is_at_least_as_bad(there.with_(more).standing(one.key), there.standing(one.key))


@holds(classes(), st.data())
def silence_is_never_gain(there: Class, data: Any) -> None:
    """Fewer sheets, each of them a deduction: the record is otherwise the same."""
    filing = [one for one in there.units if one.sheets]
    assume(filing)
    one = data.draw(st.sampled_from(filing))
    fewer = data.draw(st.integers(1, one.sheets))
    price = data.draw(small(2))
    after = replace(one, sheets=one.sheets - fewer, half_points=one.half_points + fewer * price)
    assert is_at_least_as_bad(there.with_(after).standing(one.key), there.standing(one.key))


@holds(classes((100,)), st.data())
def silence_that_hides_all_is_never_gain(there: Class, data: Any) -> None:
    """Whatever these sheets would have found is never known: the unit has no merit of it, nor have its people."""
    filing = [one for one in there.units if one.sheets]
    assume(filing)
    one = data.draw(st.sampled_from(filing))
    after = replace(one, sheets=data.draw(st.integers(0, one.sheets - 1)), half_points=0)
    later = there.with_(after)
    assert later.standing(one.key)[1]
    silent = {u.key for u in later.units if not u.is_kept(later.sheets_percent, later.agreement_percent)}
    people = [Year(number, unit.key) for number, unit in enumerate(later.units)]
    least = years.least_of_city(people, (), minimum_months=0, silent=silent)
    assert not any(person.key in least for person in people if person.unit == one.key)


def test_a_deduction_never_improves_a_units_own_result() -> None:
    a_unit_is_never_helped()


def test_a_unit_that_stops_filing_sheets_never_gains() -> None:
    silence_is_never_gain()
    silence_that_hides_all_is_never_gain()


# --- It would be noticed ----------------------------------------------------------------------------------------------

RIGHT = {name: getattr(years, name) for name in ("consequences", "least_of_class")}


def _milder_for_the_most(year: Year, *, is_most: bool) -> Consequences:
    found: Consequences = RIGHT["consequences"](year, is_most=is_most)
    return replace(found, ceiling="basic") if is_most else found


def _exactly_two(year: Year, *, is_most: bool) -> Consequences:
    fewer = replace(year, cautions=0) if year.cautions > 2 else year
    found: Consequences = RIGHT["consequences"](fewer, is_most=is_most)
    return found


def _whoever_has_been_heard(people: Sequence[Year], barred: Any, **limits: Any) -> set[int]:
    return {one.key for one in people if one.complaints}


def _whoever_files(units: Iterable[UnitYear], barred: Any, **limits: int) -> set[int]:
    """As if no sheet were owed."""
    found: set[int] = RIGHT["least_of_class"](
        [replace(one, sheets=one.sheets_due) for one in units], barred, **limits
    )
    return found


def _first_come(found: Iterable[Counted], times: int) -> list[ladder.Proposal]:
    known = tuple(found)
    return [
        ladder.Proposal(number + 1, known[number * times : (number + 1) * times])
        for number in range(len(known) // times)
    ]


def _only_what_is_even(found: Iterable[Counted], times: int) -> list[ladder.Proposal]:
    known = tuple(found)
    return [] if len(known) % 2 else [ladder.Proposal(1, known)]


def _dearer_in_the_afternoon(facts: Iterable[Fact], before: Any, known: Sequence[Version]) -> list[Judged]:
    found = rules.judge_in_order(sorted(facts, key=lambda one: one.key), before, known)
    return [replace(one, half_points=one.half_points + one.fact.at.hour // 12) for one in found]


def _cheaper_by_the_dozen(facts: Iterable[Fact], before: Any, known: Sequence[Version]) -> list[Judged]:
    found = rules.judge_in_order(sorted(facts, key=lambda one: one.day), before, known)
    return [replace(one, half_points=2, cents=2_000) for one in found] if len(found) < 5 else []


def _nobody_asks(units: Iterable[UnitYear]) -> set[int]:
    return {one.key for one in units if one.half_points % 2}


@pytest.mark.parametrize(
    ("owner", "name", "broken", "run"),
    [
        (years, "consequences", _milder_for_the_most, never_helps),
        (years, "consequences", _exactly_two, never_helps),
        (years, "consequences", _exactly_two, never_harms),
        (years, "least_of_city", _whoever_has_been_heard, never_harms),
        (years, "most_of_class", _nobody_asks, a_unit_is_never_helped),
        (years, "least_of_class", _whoever_files, silence_that_hides_all_is_never_gain),
        (years, "most_of_class", _nobody_asks, silence_is_never_gain),
        (rules, "judge", _cheaper_by_the_dozen, one_more_never_costs_less),
        (rules, "judge", _dearer_in_the_afternoon, order_of_a_day_costs_nothing),
        (ladder, "proposals", _first_come, order_of_a_day_proposes_the_same),
        (ladder, "proposals", _only_what_is_even, one_more_never_proposes_less),
    ],
)
def test_a_broken_rule_is_noticed(
    owner: Any, name: str, broken: Callable[..., Any], run: Run, monkeypatch: Any
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(AssertionError):
        run(2_000, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
