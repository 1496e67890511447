"""Who is at post now, counted per unit, in a number of queries that never grows.

Most people have declared nothing that touches today and work in no shifts: what their plaque says follows from their
unit's office hours alone, and is worked out once for each set of hours.
"""

from collections import Counter, defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from operator import itemgetter

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.access import Scope
from accounts.models import Unit
from cards import selectors
from cards.models import Cadre, CadreQuerySet, Placement, Whereabouts
from cards.rules import Declaration, Kind, State, Status, status_at
from common.rules import at, local


class Presence(StrEnum):
    """The columns of the board."""

    AT_POST = "at_post"
    OUT = "out"
    LEAVE = "leave"
    OVERDUE = "overdue"
    CLOSED = "closed"


LABELS = {
    Presence.AT_POST: _("At post"),
    Presence.OUT: _("Out"),
    Presence.LEAVE: _("On leave"),
    Presence.OVERDUE: _("Not confirmed"),
    Presence.CLOSED: _("Outside hours"),
}
TONES = {
    Presence.AT_POST: "on",
    Presence.OUT: "info",
    Presence.LEAVE: "out",
    Presence.OVERDUE: "bad",
    Presence.CLOSED: "idle",
}


def presence_of(status: Status) -> Presence:
    """Leave is leave and nothing more: why somebody has it is nobody's business here."""
    if status.kind == Kind.AWAY:
        return Presence.LEAVE if status.state == State.LEAVE else Presence.OUT
    return {
        Kind.AT_POST: Presence.AT_POST,
        Kind.OVERDUE: Presence.OVERDUE,
        Kind.OUTSIDE_HOURS: Presence.CLOSED,
    }[status.kind]


@dataclass
class Row:
    """One unit on the board: those who work there today, on loan included."""

    unit: Unit
    counts: Counter[Presence] = field(default_factory=Counter)

    @property
    def people(self) -> int:
        return self.counts.total()


def rows(units: QuerySet[Unit], scope: Scope, now: datetime) -> list[Row]:
    """Every unit that goes on or has people at work, in the order of `units`; on its last day it may be empty."""
    today = local(now).date()
    shown = {unit.pk: Row(unit) for unit in units if scope.allows_unit(unit.pk)}
    going_on = Unit.objects.active(today).exclude(valid_to=today)
    active = set(going_on.order_by().values_list("pk", flat=True))
    places = _places(scope, now)
    said = _said(now, places)
    book, by_default = selectors.HoursBook(today), {}
    book.read_shifts_of_all(places.keys(), said.keys())
    for cadre_id, unit_id in places.items():
        if unit_id not in shown:
            continue
        hours_id = shown[unit_id].unit.office_hours_id
        if cadre_id in said or book.has_shifts(cadre_id):
            hours = book.of_person(cadre_id, hours_id)
            presence = presence_of(status_at(now, hours, said.get(cadre_id, [])))
        else:
            if hours_id not in by_default:
                by_default[hours_id] = presence_of(status_at(now, book.of(hours_id), []))
            presence = by_default[hours_id]
        shown[unit_id].counts[presence] += 1
    return [row for row in shown.values() if row.people or row.unit.pk in active]


def _places(scope: Scope, now: datetime) -> dict[int, int]:
    """In which unit everybody in service works today, by cadre."""
    today = local(now).date()
    serving = Cadre.objects.serving(today)
    # The newest placement counts, as for `place_of`.
    newest_first = selectors.current_placements(today).values_list("cadre_id", "office__unit_id")
    loans: dict[int, int] = {}
    for cadre_id, unit_id in newest_first:
        loans.setdefault(cadre_id, unit_id)
    if scope.unit_ids is not None:
        serving = serving.filter(Q(unit__in=scope.unit_ids) | Q(pk__in=list(loans)))
    homes = serving.order_by().values_list("pk", "unit_id")
    return {pk: loans.get(pk, home) for pk, home in homes}


#: What the rules ask of a declaration, without the cost of a model instance for each of thousands.
FIELDS = ("cadre_id", "pk", "state", "since", "until")


def _said(now: datetime, among: Container[int]) -> dict[int, list[Declaration]]:
    """Declarations of those whose plaque says something else than the office hours alone, newest beginning first.

    These are people with a word that still holds or that ended today: whatever ended earlier neither keeps anybody
    away nor waits to be confirmed (rules.status_at). Of them also the newest word and the last "back at post".
    """
    midnight = at(local(now).date(), time.min)
    touching = Whereabouts.objects.filter(until__gt=midnight, since__lte=now).order_by()
    found = {row[1]: row for row in touching.values_list(*FIELDS) if row[0] in among}
    # Taken back are few. Joined to the whole table they once cost PostgreSQL 40 seconds, before its first statistics.
    earliest = min((row[3] for row in found.values()), default=now)
    cancels = Whereabouts.objects.filter(cancels__isnull=False, since__gte=earliest, since__lte=now)
    cancelled = set(cancels.order_by().values_list("cancels", flat=True))
    rows = {pk: row for pk, row in found.items() if pk not in cancelled}
    begun = Whereabouts.objects.begun(now).filter(cadre=OuterRef("pk")).values("pk")
    marks = Cadre.objects.filter(pk__in={row[0] for row in rows.values()}).order_by()
    pairs = marks.values_list(Subquery(begun[:1]), Subquery(begun.filter(state=State.AT_POST)[:1]))
    missing = {pk for pair in pairs for pk in pair if pk is not None} - rows.keys()
    rows |= {row[1]: row for row in Whereabouts.objects.filter(pk__in=missing).values_list(*FIELDS)}
    said: dict[int, list[Declaration]] = defaultdict(list)
    for cadre_id, _pk, state, since, until in sorted(rows.values(), key=itemgetter(3, 1), reverse=True):
        said[cadre_id].append(Declaration(State(state), since, until, since, by_self=False))
    return said


def placed_in(unit: Unit, now: datetime) -> CadreQuerySet:
    """Those who may work in the unit today; `place_of` says who does."""
    today = local(now).date()
    here = selectors.current_placements(today).filter(office__unit=unit).values("cadre")
    people = Cadre.objects.serving(today).filter(Q(unit=unit) | Q(pk__in=here))
    return selectors.with_place(people, today)


def working_in(unit: Unit, now: datetime) -> CadreQuerySet:
    """`placed_in`, with the posts."""
    return placed_in(unit, now).prefetch_related("posts")


def elsewhere(unit: Unit, now: datetime) -> QuerySet[Placement]:
    return (
        selectors.current_placements(local(now).date())
        .filter(cadre__in=Cadre.objects.filter(unit=unit).serving(local(now).date()))
        .exclude(office__unit=unit)
        .select_related("cadre")
    )
