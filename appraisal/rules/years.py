"""What a year comes to (scheme.txt 三(三) “一年一考”): YEAR-1 to YEAR-4, as ceilings and eligibility, never as a grade.

Where the scheme is silent the answers are stated here and in docs/scheme.md: ties, small units, part of a year,
transfers, nobody with a deduction. Points are integer half-points, money integer cents.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction


class Code(StrEnum):
    """Of scheme.txt (DESIGN §4)."""

    COMP_2 = "COMP-2"
    YEAR_1 = "YEAR-1"
    YEAR_2 = "YEAR-2"
    YEAR_3 = "YEAR-3"
    YEAR_4 = "YEAR-4"
    #: Not the scheme but the law: 诫勉 or a warning in the year, not 优秀 (DOMAIN §3).
    LAW = "LAW"


#: From the best to the worst.
GRADES = ("excellent", "competent", "basic", "incompetent")
MONTHS_ADMONISHED = 3
MONTHS_CAUTIONED_TWICE = 12


def lower(one: str, other: str) -> str:
    """The stricter of two ceilings."""
    return max(one, other, key=GRADES.index)


@dataclass(frozen=True)
class Year:
    """A cadre's year as counted: sums over ledger entries whose facts happened in it, and what was decided in it."""

    key: int
    unit: int
    half_points: int = 0
    complaints: int = 0
    admonishments: int = 0
    cautions: int = 0
    circulars: int = 0
    #: Of service in the year, begun ones counted.
    months: int = 12


@dataclass(frozen=True)
class Consequences:
    ceiling: str = "excellent"
    bonus_months: int = 0
    barred_from_merit: bool = False
    barred_from_promotion: bool = False
    #: Which rules applied.
    codes: tuple[Code, ...] = ()


def consequences(year: Year, *, is_most: bool) -> Consequences:
    """YEAR-1: one admonishment, three months’ bonus. YEAR-2: two cautions, the whole year’s and incompetent.
    YEAR-4: most points, no merit, below competent, no promotion next year. The stricter counts, and months are not
    added up."""
    ceiling, months, codes = GRADES[0], 0, []
    if year.complaints:
        codes.append(Code.COMP_2)
    if year.admonishments:
        months = MONTHS_ADMONISHED
        codes.append(Code.YEAR_1)
    if year.admonishments or year.cautions or year.circulars:
        ceiling = lower(ceiling, "competent")
        codes.append(Code.LAW)
    if year.cautions >= 2:
        ceiling, months = lower(ceiling, "incompetent"), MONTHS_CAUTIONED_TWICE
        codes.append(Code.YEAR_2)
    if is_most:
        ceiling = lower(ceiling, "basic")
        codes.append(Code.YEAR_4)
    return Consequences(ceiling, months, is_most, is_most, tuple(codes))


# --- Least and most ---------------------------------------------------------------------------------------------------


def compared(years: Iterable[Year], minimum_months: int) -> list[Year]:
    return [year for year in years if year.months >= minimum_months]


def most_of_unit(years: Iterable[Year], *, minimum_headcount: int, minimum_months: int) -> set[int]:
    """Whoever has the most points of a unit. Nobody where fewer than so many are compared, where nobody has a point, or
    where all have the same; everybody who shares the most."""
    there = compared(years, minimum_months)
    if len(there) < max(minimum_headcount, 2):
        return set()
    points = {year.half_points for year in there}
    if max(points) <= 0 or len(points) == 1:
        return set()
    return {year.key for year in there if year.half_points == max(points)}


def least_of_city(
    years: Iterable[Year], barred: Collection[int], *, minimum_months: int, silent: Collection[int] = ()
) -> set[int]:
    """Who shares the fewest points of the whole city, and nothing of the year speaks against: first in line for merit.
    Nobody of a `silent` unit, whose sheets are not complete or are contradicted: where nobody looked, having no point
    says nothing. Who of them is commended people choose."""
    clean = [
        year
        for year in compared(years, minimum_months)
        if year.key not in barred
        and year.unit not in silent
        and not (year.complaints or year.admonishments or year.cautions or year.circulars)
    ]
    if not clean:
        return set()
    fewest = min(year.half_points for year in clean)
    return {year.key for year in clean if year.half_points == fewest}


@dataclass(frozen=True)
class UnitYear:
    """A unit's year: its own points and its people's, per head within its class."""

    key: int
    #: Departments are compared with departments, towns with towns.
    group: str
    half_points: int
    headcount: int
    sheets: int = 0
    sheets_due: int = 0
    #: Spot-check lines that agreed, of those that were checked.
    agreed: int = 0
    checked: int = 0

    @property
    def per_head(self) -> Fraction:
        return Fraction(self.half_points, max(self.headcount, 1))

    def is_complete(self, sheets_percent: int) -> bool:
        """Where none was due nobody looked either: it is not complete unless none is asked for."""
        return self.sheets * 100 >= max(self.sheets_due, 1) * sheets_percent

    def agrees(self, percent: int) -> bool:
        """A unit that was never checked has not been contradicted."""
        return self.agreed * 100 >= self.checked * percent

    def is_kept(self, sheets_percent: int, agreement_percent: int) -> bool:
        """Its sheets are complete and agree with the spot checks."""
        return self.is_complete(sheets_percent) and self.agrees(agreement_percent)


def most_of_class(units: Iterable[UnitYear]) -> set[int]:
    """Per head the most points of a class; nobody where all are equal or none has a point."""
    return {key for there in _classes(units).values() for key in _most(there)}


def _most(there: Sequence[UnitYear]) -> set[int]:
    values = {unit.per_head for unit in there}
    if max(values) <= 0 or len(values) == 1:
        return set()
    return {unit.key for unit in there if unit.per_head == max(values)}


def least_of_class(
    units: Iterable[UnitYear], barred: Collection[int], *, sheets_percent: int, agreement_percent: int
) -> set[int]:
    """Per head the fewest points of a class among those whose sheets are complete and agree with the spot checks,
    so that a silent unit cannot win."""
    eligible = [
        unit
        for unit in units
        if unit.key not in barred and unit.headcount and unit.is_kept(sheets_percent, agreement_percent)
    ]
    found = set()
    for there in _classes(eligible).values():
        fewest = min(unit.per_head for unit in there)
        found |= {unit.key for unit in there if unit.per_head == fewest}
    return found


def _classes(units: Iterable[UnitYear]) -> Mapping[str, list[UnitYear]]:
    found: dict[str, list[UnitYear]] = {}
    for unit in units:
        found.setdefault(unit.group, []).append(unit)
    return found


# --- Money, quota, notice ---------------------------------------------------------------------------------------------


def bonus_months_of(year: int, count: int, decided_on: date | None, which: str) -> list[date]:
    """Which months' bonus is withheld: those that follow the admonishment, or the last of the year. The whole year
    is the whole year."""
    if count >= MONTHS_CAUTIONED_TWICE:
        return [date(year, month, 1) for month in range(1, 13)]
    if which == "following" and decided_on is not None:
        index = decided_on.year * 12 + decided_on.month
        return [date((index + n) // 12, (index + n) % 12 + 1, 1) for n in range(count)]
    return [date(year, month, 1) for month in range(13 - count, 13)]


def bonus_cents(months: Iterable[date], bases: Sequence[tuple[date, int]]) -> int | None:
    """The sum of these months by the dated bases; None where one of them has none: the year then names months only."""
    total = 0
    for month in months:
        known = [cents for since, cents in bases if since <= month]
        if not known:
            return None
        total += known[-1]
    return total


def quota(participants: int, percent: int) -> int:
    """At most so many 优秀, rounded down (DOMAIN §3)."""
    return participants * percent // 100


def months_served(year: int, serves_from: date, serves_to: date | None) -> int:
    """Months of a year in which somebody served at least a day."""
    first = max(serves_from, date(year, 1, 1))
    last = min(serves_to or date.max, date(year, 12, 31))
    return 0 if last < first else last.month - first.month + 1


def grade_allowed(grade: str, ceiling: str) -> bool:
    """A proposed grade at or below what the year allows; somebody without a grade is above nothing."""
    return grade == "ungraded" or GRADES.index(grade) >= GRADES.index(ceiling)
