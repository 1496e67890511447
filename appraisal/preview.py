"""What the last drafted month would have come to under a version of the standard, against what it came to.

Reads only; the same number of queries whatever the number of units and people. Units and a distribution, never a list
of persons (DOMAIN §7).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Max

from accounts.models import Unit
from appraisal import rules
from appraisal.models import Kind, LedgerEntry, MonthlyReport, Standard, WithholdingProposal
from appraisal.rules import Fact, Judged, Version
from appraisal.services.ledger import version_value

#: A cadre of a unit; None is the unit itself.
Person = tuple[int, int | None]
#: A change of more than this is a large one: five points of the starting standard.
LARGE_CENTS = 10_000


@dataclass(frozen=True)
class Charge:
    """What a fact of the month costs as the ledger stands now: taken back ones are left out."""

    unit: int
    fact: Fact
    half_points: int


@dataclass(frozen=True)
class Figures:
    half_points: int = 0
    #: After the month's cap.
    cents: int = 0
    #: Of whom something would be withheld.
    people: int = 0


@dataclass(frozen=True)
class UnitLine:
    unit: Unit
    was: Figures
    would: Figures

    @property
    def is_changed(self) -> bool:
        return self.was != self.would


@dataclass(frozen=True)
class Distribution:
    """People by how much more, or less, would have been withheld of them."""

    much_less: int = 0
    less: int = 0
    same: int = 0
    more: int = 0
    much_more: int = 0
    #: The largest increase for one person, and for how many.
    most_cents: int = 0
    most_people: int = 0


@dataclass(frozen=True)
class Preview:
    month: date
    units: int
    lines: tuple[UnitLine, ...]
    was: Figures
    would: Figures
    distribution: Distribution
    #: Facts that would go straight to the commission.
    referred: int
    #: Units of which nothing was charged.
    quiet: int


def preview(standard: Standard) -> Preview | None:
    """None while no month is drafted. `standard` has its items at hand."""
    month = MonthlyReport.objects.aggregate(last=Max("month"))["last"]
    if month is None:
        return None
    version = replace(version_value(standard), effective_from=date.min)
    charges = _charges(month)
    judged = _judge(charges, _before(month, charges, version), version)
    was_points = _sums((charge.unit, charge.half_points) for charge in charges)
    would_points = _sums((charge.unit, one.half_points) for charge, one in judged)
    was, would = _withheld(month), _would_withhold(judged, version)
    units = list(Unit.objects.filter(monthly_reports__month=month).order_by("code"))
    was_money, would_money = _by_unit(was), _by_unit(would)
    lines = [
        UnitLine(
            unit,
            _figures(was_points[unit.pk], was_money[unit.pk]),
            _figures(would_points[unit.pk], would_money[unit.pk]),
        )
        for unit in units
        if unit.pk in was_points
    ]
    return Preview(
        month,
        len(units),
        tuple(lines),
        _total(line.was for line in lines),
        _total(line.would for line in lines),
        distribution(was, would),
        sum(_refers(version, charge.fact) for charge in charges),
        len(units) - len(lines),
    )


def _charges(month: date) -> list[Charge]:
    """Of findings that this month counted first; what was judged anew since costs what it costs now."""
    counted = LedgerEntry.objects.filter(month=month, kind=Kind.FINDING)
    standing = LedgerEntry.objects.filter(finding__in=counted.values("finding")).standing()
    columns = ("unit", "finding", "cadre", "item__code", "day", "finding__at", "half_points")
    return [
        Charge(unit, Fact(finding, cadre, item, day, at), half_points)
        for unit, finding, cadre, item, day, at, half_points in standing.values_list(*columns).iterator()
    ]


def _before(month: date, charges: Sequence[Charge], version: Version) -> Mapping[int, list[Fact]]:
    """Earlier standing charges, by unit, as far back as the version looks: the month of a fact, or its window."""
    if not charges:
        return {}
    window = max((price.window_days for price in version.prices.values()), default=0)
    first = min(charge.fact.day for charge in charges)
    since = min(rules.first_of(first), first - timedelta(days=window))
    entries = LedgerEntry.objects.filter(month__lt=month, day__gte=since).standing()
    columns = ("unit", "finding", "cadre", "item__code", "day", "at")
    found: dict[int, list[Fact]] = defaultdict(list)
    for unit, *fact in entries.values_list(*columns).iterator():
        found[unit].append(Fact(*fact))
    return found


def _judge(
    charges: Sequence[Charge], before: Mapping[int, list[Fact]], version: Version
) -> list[tuple[Charge, Judged]]:
    """Each unit by itself: its facts are of its own chain, and those without a person are about it."""
    by_unit: dict[int, dict[int, Charge]] = defaultdict(dict)
    for charge in charges:
        by_unit[charge.unit][charge.fact.key] = charge
    return [
        (of_unit[judged.fact.key], judged)
        for unit, of_unit in by_unit.items()
        for judged in rules.judge(
            [charge.fact for charge in of_unit.values()], before.get(unit, []), [version]
        )
    ]


def _sums(points: Iterable[tuple[int, int]]) -> Mapping[int, int]:
    sums: Counter[int] = Counter()
    for unit, half_points in points:
        sums[unit] += half_points
    return sums


def _withheld(month: date) -> Mapping[Person, int]:
    """What is proposed to be withheld and not released again."""
    rows = WithholdingProposal.objects.filter(report__month=month)
    columns = ("report__unit", "cadre", "amount_cents", "released_cents")
    return {
        (unit, cadre): amount - released
        for unit, cadre, amount, released in rows.values_list(*columns).iterator()
    }


def _would_withhold(judged: Iterable[tuple[Charge, Judged]], version: Version) -> Mapping[Person, int]:
    sums: Counter[Person] = Counter()
    for charge, one in judged:
        sums[charge.unit, charge.fact.cadre] += one.cents
    return {person: rules.withheld(cents, version.cap_cents) for person, cents in sums.items()}


def _by_unit(money: Mapping[Person, int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for (unit, _cadre), cents in money.items():
        found[unit].append(cents)
    return found


def _figures(half_points: int, money: Sequence[int]) -> Figures:
    return Figures(half_points, sum(money), sum(cents > 0 for cents in money))


def _total(figures: Iterable[Figures]) -> Figures:
    rows = list(figures)
    return Figures(
        sum(row.half_points for row in rows), sum(row.cents for row in rows), sum(row.people for row in rows)
    )


def _refers(version: Version, fact: Fact) -> bool:
    price = version.prices.get(fact.item)
    return price is not None and price.refer


def distribution(was: Mapping[Person, int], would: Mapping[Person, int]) -> Distribution:
    people = {person for person in {**was, **would} if person[1] is not None}
    changes = [would.get(person, 0) - was.get(person, 0) for person in people]
    most = max(changes, default=0)
    return Distribution(
        much_less=sum(change < -LARGE_CENTS for change in changes),
        less=sum(-LARGE_CENTS <= change < 0 for change in changes),
        same=changes.count(0),
        more=sum(0 < change <= LARGE_CENTS for change in changes),
        much_more=sum(change > LARGE_CENTS for change in changes),
        most_cents=max(most, 0),
        most_people=changes.count(most) if most > 0 else 0,
    )
