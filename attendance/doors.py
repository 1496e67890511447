"""What an inspector reads on site: who works behind a door at this second, and what the check has recorded of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import Unit, User
from attendance import selectors
from attendance.models import Finding, FindingState, Outcome, SpotCheck, SpotLine
from attendance.rules import is_due, walking_key
from attendance.selectors import Person
from cards import selectors as cards
from cards.models import Cadre, Office
from cards.presentation import StatusView, status_view
from cards.rules import room_key
from common.rules import local


@dataclass(frozen=True)
class Row:
    """Somebody behind the door; `line` is missing until they are drawn or recorded."""

    person: Person
    status: StatusView
    line: SpotLine | None
    #: Nobody inspects their own line.
    is_own: bool

    @property
    def is_listed(self) -> bool:
        """Drawn, or named in the plan and not met yet."""
        return self.line is not None and (self.line.drawn or self.is_open)

    @property
    def is_open(self) -> bool:
        return self.line is None or not self.line.outcome

    @property
    def problems(self) -> list[Finding]:
        return counting(self.line) if self.line is not None else []


@dataclass(frozen=True)
class Gone:
    """A line of this door whose person works somewhere else today, or nowhere any more."""

    line: SpotLine
    #: Where they are met instead, if this check goes there.
    office: Office | None


def rows(check: SpotCheck, office: Office, user: User, now: datetime) -> tuple[list[Row], list[Gone]]:
    """Everybody behind the door now, whoever is to be met first, and lines of the door whose person is not there."""
    door = {one.pk for one in cards.behind_one_door(office)}
    there = selectors.people_at(office.unit, now)
    here = [person for person in there if person.office.pk in door]
    lines = {line.cadre_id: line for line in recorded(check).filter(unit=office.unit)}
    views = in_words(here, now)
    found = [
        Row(person, views[person.cadre.pk], lines.get(person.cadre.pk), person.cadre.user_id == user.pk)
        for person in here
    ]
    known = {person.cadre.pk for person in here}
    gone = [line for line in lines.values() if line.office_id in door and line.cadre_id not in known]
    return sorted(found, key=lambda row: not row.is_listed), _gone(check, gone, now)


def row(check: SpotCheck, person: Person, user: User, now: datetime) -> Row:
    line = recorded(check).filter(cadre=person.cadre).first()
    return Row(person, in_words([person], now)[person.cadre.pk], line, person.cadre.user_id == user.pk)


def _gone(check: SpotCheck, lines: list[SpotLine], now: datetime) -> list[Gone]:
    """What is recorded already needs nobody to be found."""
    lines = [line for line in lines if not line.outcome]
    if not lines:
        return []
    today, units = local(now).date(), set(check.units.values_list("pk", flat=True))
    people = Cadre.objects.filter(pk__in=[line.cadre_id for line in lines]).serving(today)
    places = {cadre.pk: cards.place_of(cadre) for cadre in cards.with_place(people, today)}
    return [
        Gone(line, office if (office := places.get(line.cadre_id)) and office.unit_id in units else None)
        for line in lines
    ]


def recorded(check: SpotCheck) -> QuerySet[SpotLine]:
    """The lines of a check with all that is shown beside them."""
    findings = Finding.objects.select_related("item").order_by("pk")
    return check.lines.select_related("cadre", "office", "unit", "recorded_by").prefetch_related(
        Prefetch("findings", findings)
    )


def counting(line: SpotLine) -> list[Finding]:
    """The problems of a line that nobody has taken back."""
    return [finding for finding in line.findings.all() if finding.state != FindingState.WITHDRAWN]


def at_work(cadre_id: int, now: datetime) -> Person | None:
    """Somebody in service, wherever they work today."""
    today = local(now).date()
    people = cards.with_place(Cadre.objects.filter(pk=cadre_id).serving(today), today)
    cadre = people.prefetch_related("posts").first()
    if cadre is None:
        return None
    book = cards.HoursBook(today)
    status = cards.statuses([cadre], now, book)[cadre.pk]
    spans = cards.hours_of(cadre, book).spans(today)
    return Person(cadre, cards.place_of(cadre), status, is_due(status, spans, now))


def in_words(people: Iterable[Person], now: datetime) -> dict[int, StatusView]:
    book = cards.HoursBook(local(now).date())
    people = list(people)
    book.read_shifts(person.cadre.pk for person in people)
    return {
        person.cadre.pk: status_view(person.status, cards.hours_of(person.cadre, book), now)
        for person in people
    }


def next_door(check: SpotCheck, office: Office) -> Office | None:
    """The next door in walking order behind which somebody has not been looked at; after the last one the first."""
    waiting = check.lines.filter(outcome="").select_related("office__unit")
    doors = {_door(line.office): line.office for line in waiting}
    doors.pop(_door(office), None)
    ahead = [other for other in doors.values() if _walking(other) > _walking(office)]
    return min(ahead or doors.values(), key=_walking, default=None)


def _door(office: Office) -> tuple[Any, ...]:
    return (office.unit_id, *room_key(office.location, office.room))


def _walking(office: Office) -> tuple[Any, ...]:
    return (office.unit.code, *walking_key(*room_key(office.location, office.room)))


def progress(check: SpotCheck) -> dict[str, int]:
    """How many of those who are to be met, or were met on the way, have been looked at."""
    done = Count("pk", filter=~Q(outcome=""))
    return check.lines.aggregate(people=Count("pk"), done=done)


# --- What is said to each unit before the inspectors leave ----------------------------------------------------------


@dataclass(frozen=True)
class Feedback:
    unit: Unit
    lines: list[SpotLine]

    @property
    def open(self) -> list[SpotLine]:
        return [line for line in self.lines if not line.outcome]

    @property
    def met(self) -> int:
        return len(self.lines) - len(self.open)

    @property
    def agreed(self) -> int:
        return sum(line.outcome == Outcome.AGREES for line in self.lines)

    @property
    def problems(self) -> list[tuple[SpotLine, list[Finding]]]:
        return [(line, counting(line)) for line in self.lines if line.outcome == Outcome.PROBLEM]


def feedback(check: SpotCheck) -> list[Feedback]:
    """Every unit of the check with its lines; also one where nobody was met."""
    lines = list(recorded(check))
    units = {unit.pk: unit for unit in check.units.all()} | {line.unit_id: line.unit for line in lines}
    return [
        Feedback(unit, [line for line in lines if line.unit_id == unit.pk])
        for unit in sorted(units.values(), key=lambda unit: unit.code)
    ]
