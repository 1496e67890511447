"""What planning a spot check reads: who may inspect, whose own units are which, and who can be drawn at all."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Prefetch, QuerySet

from accounts.models import UNIT_ROLES, Membership, Role, SupervisionGroup, Unit, UnitKind, User
from attendance.draw import Plan, Pool
from attendance.models import Draw, InspectionSettings, SpotCheck, SpotKind
from attendance.models.spots import SpotCheckQuerySet
from cards import selectors as cards
from cards.models import Cadre, Card, Office
from common.rules import local

EXPRESS_ROLES = (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD)


# --- Inspectors ----------------------------------------------------------------------------------------------------


def possible_inspectors(day: date, group: SupervisionGroup | None = None) -> QuerySet[User]:
    """For a visit the members of the group; for a check of the city the Express and every supervision group."""
    members = Membership.objects.current(day)
    if group is not None:
        members = members.filter(role=Role.SUPERVISOR, group=group)
    else:
        members = members.filter(role__in=(*EXPRESS_ROLES, Role.SUPERVISOR))
    current = Membership.objects.current(day).select_related("unit", "group").order_by("pk")
    people = User.objects.filter(is_active=True, pk__in=members.values("user")).order_by("name", "pk")
    return people.prefetch_related(Prefetch("memberships", queryset=current, to_attr="current_memberships"))


def inspectors_of(draw: Draw) -> list[User]:
    return list(User.objects.filter(pk__in=draw.plan["inspectors"]).order_by("name", "pk"))


def own_units(users: Iterable[User], day: date) -> dict[int, set[int]]:
    """Where each of them belongs, works, or has an office: there they inspect nobody."""
    ids = [user.pk for user in users]
    found: dict[int, set[int]] = {pk: set() for pk in ids}
    held = Membership.objects.current(day).filter(user__in=ids, role__in=sorted(UNIT_ROLES))
    for user_id, unit_id in held.values_list("user", "unit"):
        found[user_id].add(unit_id)
    for user_id, unit_id in Cadre.objects.filter(user__in=ids).values_list("user", "unit"):
        found[user_id].add(unit_id)
    loans = cards.current_placements(day).filter(cadre__user__in=ids)
    for user_id, unit_id in loans.values_list("cadre__user", "office__unit"):
        found[user_id].add(unit_id)
    return found


# --- How often a unit was checked ----------------------------------------------------------------------------------


def month_of(moment: datetime) -> tuple[datetime, datetime]:
    """From its first instant to the first of the next, in Longquan."""
    first = local(moment).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=32)).replace(day=1)


class Visit(NamedTuple):
    """A random check of one unit."""

    unit_id: int
    begins_at: datetime


def random_checks(month: datetime) -> SpotCheckQuerySet:
    first, after = month_of(month)
    within = SpotCheck.objects.standing().filter(begins_at__gte=first, begins_at__lt=after)
    return within.filter(kind=SpotKind.RANDOM)


def random_visits(checks: QuerySet[SpotCheck]) -> list[Visit]:
    pairs = checks.order_by().values_list("units", "begins_at")
    return [Visit(unit_id, begins_at) for unit_id, begins_at in pairs if unit_id is not None]


# --- Who can be drawn ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frozen:
    """The pool for a plan as it stands at this moment, and which units are not in it."""

    pool: Pool
    #: Units of the inspectors.
    own: tuple[str, ...]
    #: How many have had their random checks of the month. Which they are would betray what is sealed.
    full: int
    #: Until then the pool itself would betray it: units are missing for a check that has not begun.
    published_at: datetime


@dataclass
class _People:
    """By unit: those drawn with the leaders, and everybody else, as they stand in the pool."""

    leaders: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    others: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def waiting_draw(now: datetime) -> Draw | None:
    """The one that waits for its public value; there is one at most."""
    return next((draw for draw in Draw.objects.without_value() if now < draw.begins_at), None)


def pool_for(plan: Plan, inspectors: Collection[User]) -> Frozen:
    """Units that are open that day and have people, below their cap, and of no inspector; and who works there then.

    A number of queries that does not grow.
    """
    day = local(plan.begins_at).date()
    units = list(Unit.objects.active(day).order_by("code"))
    own = set[int]().union(*own_units(inspectors, day).values())
    visits = random_visits(random_checks(plan.begins_at))
    counts, cap = Counter(visit.unit_id for visit in visits), InspectionSettings.current().spot_cap
    full = {unit_id for unit_id, number in counts.items() if number >= cap} - own
    people = _people(day)
    drawable = [unit for unit in units if unit.pk not in own | full and people.others.get(unit.pk)]
    sealing = (visit.begins_at for visit in visits if visit.unit_id in full)
    return Frozen(
        _pool(drawable, people),
        tuple(unit.code for unit in units if unit.pk in own),
        sum(unit.pk in full for unit in units),
        max([plan.begins_at, *sealing]),
    )


def _people(day: date) -> _People:
    """Everybody in service, where they work that day. On loan nobody leads the unit that has lent them a desk."""
    loans: dict[int, int] = {}
    for cadre_id, unit_id in cards.current_placements(day).values_list("cadre_id", "office__unit_id"):
        loans.setdefault(cadre_id, unit_id)
    serials = dict(Card.objects.valid().order_by().values_list("cadre_id", "serial"))
    found = _People()
    rows = Cadre.objects.serving(day).order_by().values_list("pk", "unit_id", "leads_unit")
    for pk, home, leads in rows:
        place = loans.get(pk, home)
        side = found.leaders if leads and place == home else found.others
        side[place].append(serials.get(pk) or f"#{pk}")
    return found


def _pool(units: Iterable[Unit], people: _People) -> Pool:
    chosen = list(units)
    departments = [unit.code for unit in chosen if unit.kind == UnitKind.DEPARTMENT]
    towns = [unit.code for unit in chosen if unit.kind != UnitKind.DEPARTMENT]

    def lines(of: Mapping[int, list[str]]) -> tuple[tuple[str, str], ...]:
        return tuple((unit.code, who) for unit in chosen for who in sorted(of.get(unit.pk, ())))

    return Pool(tuple(departments), tuple(towns), lines(people.leaders), lines(people.others))


def places(people: Iterable[Cadre], day: date) -> dict[int, Office]:
    """Where those who serve that day work then, by cadre."""
    serving = Cadre.objects.filter(pk__in=[cadre.pk for cadre in people]).serving(day)
    return {cadre.pk: cards.place_of(cadre) for cadre in cards.with_place(serving, day)}


def drawn_at(people: Sequence[tuple[str, str]], begins_at: datetime) -> list[tuple[Cadre, Office]]:
    """Those whom a pool calls so, each with a door of the unit where they were drawn, if possible their own."""
    named = _named({who for _code, who in people})
    where = places(named.values(), local(begins_at).date())
    units = {code for code, _who in people}
    doors = {office.unit.code: office for office in _doors(units)}
    found = []
    for code, who in people:
        cadre = named[who]
        place = where.get(cadre.pk)
        found.append((cadre, place if place is not None and place.unit.code == code else doors[code]))
    return found


def _doors(codes: Collection[str]) -> QuerySet[Office]:
    return Office.objects.filter(unit__code__in=codes).select_related("unit").order_by("-pk")


def _named(names: Collection[str]) -> dict[str, Cadre]:
    """By the number of a card, or “#” and the cadre's own."""
    own = {int(name[1:]) for name in names if name.startswith("#")}
    found = {f"#{cadre.pk}": cadre for cadre in Cadre.objects.filter(pk__in=own)}
    held = Card.objects.filter(serial__in=names).select_related("cadre")
    return found | {card.serial: card.cadre for card in held}
