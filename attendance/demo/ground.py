"""Where the demonstration's people work on a day that is over, and what their plaques said: as the rules would have
told it, from the diaries that the city is built of (cards/demo/whereabouts.py)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from accounts import demo as accounts
from accounts.models import Unit
from attendance.rules import is_due
from cards.demo import whereabouts
from cards.models import Cadre, Office, Placement, ShiftDay, Whereabouts
from cards.rules import Declaration, Status, status_at
from common import calendar, demo
from common.rules import HORIZON_DAYS, Clocks, OfficeHours, Span, WorkingCalendar, at

#: No absence of the demonstration is longer.
LONGEST = timedelta(days=10)


@dataclass(frozen=True)
class Somebody:
    cadre: Cadre
    office: Office


class RememberingHours(OfficeHours):
    """The same few days are asked for thousands of times."""

    def spans(self, day: date) -> tuple[Span, ...]:
        memory: dict[date, tuple[Span, ...]] = self.__dict__.setdefault("_memory", {})
        if day not in memory:
            memory[day] = super().spans(day)
        return memory[day]


@dataclass
class Ground:
    """What the days of one run stand on; read in a handful of queries."""

    units: list[Unit]
    working: WorkingCalendar
    hours: dict[int, OfficeHours]
    cadres: list[Cadre]
    _loans: dict[int, list[Placement]] = field(default_factory=lambda: defaultdict(list))
    _own: dict[int, OfficeHours] = field(default_factory=dict)
    _said: dict[int, list[Declaration]] = field(default_factory=dict)
    _usual: dict[tuple[int, datetime], Status] = field(default_factory=dict)

    @classmethod
    def read(cls, first: date, last: date) -> "Ground":
        units = accounts.units()
        working = calendar.load(range(first.year, last.year + 1))
        sets = {unit.office_hours_id for unit in units}
        ground = cls(
            units=units,
            working=working,
            hours={pk: RememberingHours(working, calendar.in_force(calendar.versions(pk))) for pk in sets},
            cadres=list(Cadre.objects.select_related("unit", "office", "user").order_by("pk")),
        )
        ground._read_shifts(first, last)
        for row in Placement.objects.select_related("office").order_by("-valid_from", "-pk"):
            ground._loans[row.cadre_id].append(row)
        return ground

    def _read_shifts(self, first: date, last: date) -> None:
        """Whoever works in shifts has hours of their own on these days."""
        found: dict[int, dict[date, Clocks]] = defaultdict(dict)
        nearby = (first - timedelta(days=1), last + timedelta(days=HORIZON_DAYS))
        for row in ShiftDay.objects.standing().filter(day__range=nearby):
            found[row.cadre_id][row.day] = calendar.clocks(row.spans)
        homes = {cadre.pk: cadre.unit.office_hours_id for cadre in self.cadres}
        self._own = {pk: replace(self.hours[homes[pk]], own=days) for pk, days in found.items()}

    def _hours(self, cadre_id: int, unit: Unit) -> OfficeHours:
        return self._own.get(cadre_id) or self.hours[unit.office_hours_id]

    def days(self, build: demo.Build, first: date, last: date, kept_from: date) -> Iterator[date]:
        """Day by day, so that `status` may be asked about the day. Before `kept_from` no diary is kept in the
        database: what would stand in it is written again and forgotten."""
        imagined = whereabouts.imagine(build, first, kept_from - timedelta(days=1), self.hours)
        kept: Mapping[int, list[Declaration]] = _kept(max(first, kept_from), last)
        said: dict[int, list[Declaration]] = {}
        for day in (first + timedelta(days=offset) for offset in range((last - first).days + 1)):
            midnight = at(day, time.min)
            if day < kept_from:
                said = {pk: [row for row in rows if _touches(row, midnight)] for pk, rows in said.items()}
                for row in next(imagined):
                    said.setdefault(row.cadre_id, []).append(row.as_declaration())
                self._said = {pk: _newest_first(rows) for pk, rows in said.items() if rows}
            else:
                self._said = {pk: found for pk, rows in kept.items() if (found := _around(rows, midnight))}
            self._usual.clear()
            yield day

    def people(self, day: date) -> dict[int, list[Somebody]]:
        """Who works in which unit on a day, those on loan where they are (DESIGN §3: the place checks)."""
        there: dict[int, list[Somebody]] = defaultdict(list)
        for cadre in self.cadres:
            if cadre.is_serving(day):
                office = self._place(cadre, day)
                there[office.unit_id].append(Somebody(cadre, office))
        return there

    def _place(self, cadre: Cadre, day: date) -> Office:
        for row in self._loans.get(cadre.pk, ()):
            if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to):
                return row.office
        return cadre.office

    def spans(self, unit: Unit, day: date) -> tuple[Span, ...]:
        return self.hours[unit.office_hours_id].spans(day)

    def status(self, somebody: Somebody, unit: Unit, now: datetime) -> Status:
        """What the plaque said at an instant of the current day; nothing that was said later."""
        pk = somebody.cadre.pk
        said = [row for row in self._said.get(pk, ()) if row.recorded_at <= now]
        if said or pk in self._own:
            return status_at(now, self._hours(pk, unit), said)
        key = (unit.office_hours_id, now)
        if key not in self._usual:
            self._usual[key] = status_at(now, self.hours[unit.office_hours_id], [])
        return self._usual[key]

    def due(self, people: Iterable[Somebody], unit: Unit, now: datetime) -> list[tuple[Somebody, Status]]:
        day = now.date()
        said = [(one, self.status(one, unit, now)) for one in people]
        return [
            (one, status)
            for one, status in said
            if is_due(status, self._hours(one.cadre.pk, unit).spans(day), now)
        ]


def _kept(first: date, last: date) -> dict[int, list[Declaration]]:
    end = at(last + timedelta(days=1), time.min)
    rows = Whereabouts.objects.standing().filter(
        since__gte=at(first, time.min) - LONGEST, recorded_at__lt=end
    )
    found: dict[int, list[Declaration]] = defaultdict(list)
    for row in rows.order_by("-since", "-pk"):
        found[row.cadre_id].append(row.as_declaration())
    return found


def _newest_first(rows: Sequence[Declaration]) -> list[Declaration]:
    """Of two that begin at once the later written one first, as the database gives them."""
    found = sorted(rows, key=lambda row: row.since)
    found.reverse()
    return found


def _around(rows: Sequence[Declaration], midnight: datetime) -> list[Declaration]:
    tomorrow = midnight + timedelta(days=1)
    return [row for row in rows if _touches(row, midnight) and row.recorded_at < tomorrow]


def _touches(row: Declaration, midnight: datetime) -> bool:
    return row.since >= midnight or (row.until is not None and row.until > midnight)
