"""Sheets beside spot checks, for the city: what units found on their own rounds, and what others found there.

A few statements for any number of units: rounds are summed by the database for each unit, day and checker; lines of
spot checks are few.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from accounts.models import Unit, User
from attendance.due import Sheets, days_between, sheets
from attendance.models import (
    Finding,
    FindingState,
    InspectionSettings,
    Outcome,
    Round,
    RoundKind,
    SpotCheck,
    SpotLine,
)
from attendance.models.spots import SpotCheckQuerySet
from cards.pinyin import name_keys
from common import calendar
from common.rules import at, local


@dataclass
class Checks:
    """What rounds say, summed. Problems are counted as they were found."""

    rounds: int = 0
    people: int = 0
    seen: int = 0
    phone: int = 0
    declared: int = 0
    absent: int = 0
    problems: int = 0

    def add(self, other: "Checks") -> None:
        for each in fields(Checks):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def per_thousand(self) -> float | None:
        return round(1000 * self.problems / self.people, 1) if self.people else None


@dataclass
class Spots:
    """People whom spot checks have looked at, and those who had a problem that nobody has withdrawn."""

    lines: int = 0
    failed: int = 0

    def add(self, other: "Spots") -> None:
        self.lines += other.lines
        self.failed += other.failed

    @property
    def percent(self) -> int | None:
        return round(100 * self.failed / self.lines) if self.lines else None


@dataclass
class Tally:
    """A unit, or one of its officers, over the days of a month."""

    checks: Checks = field(default_factory=Checks)
    spots: Spots = field(default_factory=Spots)
    days: set[date] = field(default_factory=set)
    #: Days on which nothing was found on the round, and a spot check found something.
    contradicted: int = 0

    @property
    def is_clean_but_failing(self) -> bool:
        return bool(self.checks.rounds and not self.checks.problems and self.spots.failed)

    def add(self, day: date, checks: Checks, spots: Spots) -> None:
        self.days.add(day)
        self.checks.add(checks)
        self.spots.add(spots)
        self.contradicted += bool(checks.rounds and not checks.problems and spots.failed)


@dataclass
class Officer:
    user: User
    tally: Tally


@dataclass
class Row:
    unit: Unit
    tally: Tally
    coverage: "Coverage"
    officers: list[Officer]


@dataclass(frozen=True)
class Coverage(Sheets):
    """The days of a month for which a unit owes a sheet."""

    unit: Unit
    #: Only kept on paper, and entered on a later day.
    paper: list[date]


# --- Reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """The rounds of one checker on one day."""

    unit_id: int
    day: date
    checker_id: int
    kind: str
    checks: Checks


def _parts(unit_ids: Iterable[int], first: date, last: date) -> list[_Part]:
    rounds = Round.objects.checks().filter(sheet__unit__in=list(unit_ids), sheet__day__range=(first, last))
    keys = ("sheet__unit", "sheet__day", "checker", "kind")
    sums = {name: Sum(name) for name in ("people", "seen", "phone", "declared", "absent", "problems")}
    rows = rounds.order_by().values_list(*keys).annotate(rounds=Count("pk"), **sums)
    return [_Part(unit, day, who, kind, Checks(*numbers)) for unit, day, who, kind, *numbers in rows]


def _counted(units: Iterable[Unit | int], first: date, last: date) -> QuerySet[SpotLine]:
    begin, end = at(first, time.min), at(last + timedelta(days=1), time.min)
    return SpotLine.objects.filter(
        unit__in=list(units), taken_at__gte=begin, taken_at__lt=end, spot_check__cancelled_at=None
    ).exclude(outcome="")


def _spots(unit_ids: Iterable[int], first: date, last: date) -> dict[tuple[int, date], Spots]:
    """By unit and day. What was withdrawn since is no disagreement any more."""
    standing = Finding.objects.filter(spot_line=OuterRef("pk")).exclude(state=FindingState.WITHDRAWN)
    lines = _counted(unit_ids, first, last)
    failed = Q(outcome=Outcome.PROBLEM) & Q(Exists(standing))
    rows = lines.order_by().annotate(failed=failed).values_list("unit_id", "taken_at", "failed")
    found: dict[tuple[int, date], Spots] = defaultdict(Spots)
    for unit_id, taken_at, has_failed in rows:
        assert taken_at is not None  # filtered above
        found[unit_id, local(taken_at).date()].add(Spots(1, int(has_failed)))
    return found


def checks_of(
    checks: SpotCheckQuerySet, units: Iterable[Unit], first: date, last: date
) -> dict[int, list[SpotCheck]]:
    """Of each unit, those of `checks` whose lines are counted here, as they began; two queries."""
    lines = _counted(units, first, last).filter(spot_check__in=checks)
    pairs = lines.order_by().values_list("unit_id", "spot_check_id").distinct()
    by_unit: dict[int, set[int]] = defaultdict(set)
    for unit_id, check_id in pairs:
        by_unit[unit_id].add(check_id)
    known = checks.filter(pk__in={pk for ids in by_unit.values() for pk in ids}).order_by("begins_at", "pk")
    found = list(known)
    return {unit_id: [check for check in found if check.pk in ids] for unit_id, ids in by_unit.items()}


def coverage(units: Iterable[Unit], first: date, last: date, now: datetime) -> list[Coverage]:
    units = list(units)
    parts = _parts([unit.pk for unit in units], first, last)
    return _coverage(units, parts, days_between(first, last), local(now).date(), None)


def _coverage(
    units: Sequence[Unit], parts: Iterable[_Part], days: Sequence[date], today: date, begins: date | None
) -> list[Coverage]:
    begins = begins or InspectionSettings.current().sheets_from
    working = calendar.load({day.year for day in days})
    kinds: dict[int, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for part in parts:
        kinds[part.unit_id][part.day].add(part.kind)
    figures = sheets(units, kinds, days, today=today, begins=begins, working=working)
    found = []
    for unit in units:
        own = figures[unit.pk]
        paper = [day for day in own.done if kinds[unit.pk][day] == {RoundKind.PAPER.value}]
        found.append(Coverage(own.due, own.done, unit, paper))
    return found


def rows(
    units: Iterable[Unit], first: date, last: date, now: datetime, *, begins: date | None = None
) -> list[Row]:
    """Every unit with its officers. First whoever found nothing where others did, then by the share of spot checks
    that failed; officers in the order of their names, for this is no ranking of people (DOMAIN §7). `begins` is the
    day from which sheets are due, where it is not the one that is set."""
    units = list(units)
    ids = [unit.pk for unit in units]
    parts = _parts(ids, first, last)
    spots = _spots(ids, first, last)
    people = User.objects.in_bulk({part.checker_id for part in parts})
    covered = _coverage(units, parts, days_between(first, last), local(now).date(), begins)
    by_unit: dict[int, list[_Part]] = defaultdict(list)
    for part in parts:
        by_unit[part.unit_id].append(part)
    spots_of: dict[int, dict[date, Spots]] = defaultdict(dict)
    for (unit_id, day), found in spots.items():
        spots_of[unit_id][day] = found
    table = [
        Row(
            each.unit,
            _tally(by_unit[each.unit.pk], spots_of[each.unit.pk], every_day=True),
            each,
            _officers(by_unit[each.unit.pk], spots_of[each.unit.pk], people),
        )
        for each in covered
    ]
    return sorted(table, key=_order)


def _order(row: Row) -> tuple[Any, ...]:
    spots = row.tally.spots
    return (
        not row.tally.is_clean_but_failing,
        -(spots.failed / spots.lines if spots.lines else 0),
        row.unit.code,
    )


def _tally(parts: Iterable[_Part], spots: dict[date, Spots], *, every_day: bool) -> Tally:
    """Of the days of these rounds; `every_day` takes in the spot checks of days without any."""
    by_day: dict[date, Checks] = defaultdict(Checks)
    for part in parts:
        by_day[part.day].add(part.checks)
    tally = Tally()
    for day in by_day.keys() | (spots.keys() if every_day else set()):
        tally.add(day, by_day.get(day, Checks()), spots.get(day, Spots()))
    tally.days = set(by_day)
    return tally


def _officers(parts: Iterable[_Part], spots: dict[date, Spots], people: dict[int, User]) -> list[Officer]:
    theirs: dict[int, list[_Part]] = defaultdict(list)
    for part in parts:
        theirs[part.checker_id].append(part)
    officers = [Officer(people[pk], _tally(own, spots, every_day=False)) for pk, own in theirs.items()]
    return sorted(officers, key=lambda officer: (name_keys(str(officer.user))[0], officer.user.pk))
