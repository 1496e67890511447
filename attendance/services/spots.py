"""Spot checks are planned here; what happens on site is on_site's."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import SupervisionGroup, Unit, User
from attendance import notifying, planning
from attendance.models import Purpose, SpotCheck, SpotKind, SpotLine
from cards.models import Cadre, Office
from common import audit, notices
from common.problems import Refused
from common.rules import local

#: 双随机: never one alone (DOMAIN §8).
INSPECTORS_AT_LEAST = 2
#: A form takes a moment to fill in.
PATIENCE = timedelta(minutes=10)
#: Who works where and who inspects is known no further; what lies beyond is a slip of the keyboard.
FURTHEST = timedelta(days=366)


@transaction.atomic
def spot_check_plan(
    *,
    purpose: Purpose,
    reason: str,
    units: Sequence[Unit],
    people: Sequence[Cadre],
    inspectors: Sequence[User],
    begins_at: datetime,
    group: SupervisionGroup | None,
    actor: User,
    now: datetime,
) -> SpotCheck:
    """A check of these units, for a reason and without a draw; `people` may name some of those who work there.

    With a `group` it is the visit of a supervision group to units of its own.
    """
    if not reason.strip():
        raise Refused(_("Say why these are checked and no others."), "reason")
    if begins_at < now - PATIENCE:
        raise Refused(_("This time is over."), "begins_day")
    check_near(begins_at, now)
    check_inspectors(inspectors, begins_at, group)
    _check_units(units, inspectors, begins_at, group)
    check = SpotCheck.objects.create(
        kind=SpotKind.TARGETED,
        purpose=purpose,
        reason=reason.strip(),
        group=group,
        begins_at=begins_at,
        planned_by=actor,
        planned_at=now,
    )
    assign(check=check, units=units, inspectors=inspectors, now=now)
    at_work = _at_work(people, units, local(begins_at).date())
    add_lines(check=check, people=at_work, drawn=False)
    # The numbers only: a history that others may read must not say more than this page.
    facts = {"purpose": purpose.value, "units": len(units), "people": len(people), "begins": begins_at}
    audit.record(verb="spot_check_planned", subject=check, actor=actor, now=now, changes=facts)
    return check


def check_near(begins_at: datetime, now: datetime) -> None:
    """Raises Refused for a time that nobody plans for."""
    if begins_at > now + FURTHEST:
        raise Refused(_("A spot check is planned a year ahead at most."), "begins_day")


def check_inspectors(
    inspectors: Sequence[User], begins_at: datetime, group: SupervisionGroup | None = None
) -> None:
    """Raises Refused for fewer than two, or somebody who may not inspect that day."""
    if len({inspector.pk for inspector in inspectors}) < INSPECTORS_AT_LEAST:
        raise Refused(_("Choose at least two inspectors."), "inspectors")
    allowed = planning.possible_inspectors(local(begins_at).date(), group).values_list("pk", flat=True)
    strangers = [inspector for inspector in inspectors if inspector.pk not in set(allowed)]
    if strangers:
        names = "、".join(map(str, strangers))
        raise Refused(_("They may not inspect on that day: %(names)s.") % {"names": names}, "inspectors")


def _check_units(
    units: Sequence[Unit], inspectors: Sequence[User], begins_at: datetime, group: SupervisionGroup | None
) -> None:
    day = local(begins_at).date()
    if not units:
        raise Refused(_("Choose at least one unit."))
    if closed := set(units) - set(Unit.objects.active(day).filter(pk__in=[unit.pk for unit in units])):
        raise Refused(_("Closed on that day: %(units)s.") % {"units": "、".join(sorted(map(str, closed)))})
    if group is not None and any(unit.supervision_group_id != group.pk for unit in units):
        raise Refused(_("A supervision group visits its own units only."))
    own = planning.own_units(inspectors, day)
    for inspector in inspectors:
        if theirs := [unit for unit in units if unit.pk in own[inspector.pk]]:
            words = {"name": inspector, "unit": theirs[0]}
            raise Refused(_("%(name)s belongs to %(unit)s and inspects nobody there.") % words, "inspectors")


def assign(*, check: SpotCheck, units: Iterable[Unit], inspectors: Collection[User], now: datetime) -> None:
    """Where it goes and who does it, who are told so. Part of the caller's transaction."""
    check.units.set(units)
    check.inspectors.set(inspectors)
    notices.send(
        kind=notifying.SPOT_ASSIGNED.name,
        key=f"spot_check:{check.pk}:assigned",
        to=[inspector.pk for inspector in inspectors],
        params={"spot_check": check.pk, "day": local(check.begins_at).date().isoformat()},
        now=now,
    )


def add_lines(*, check: SpotCheck, people: Iterable[tuple[Cadre, Office]], drawn: bool) -> None:
    """A line for each at this door. Part of the caller's transaction."""
    SpotLine.objects.bulk_create(
        SpotLine(spot_check=check, cadre=cadre, unit_id=office.unit_id, office=office, drawn=drawn)
        for cadre, office in people
    )


def _at_work(people: Sequence[Cadre], units: Iterable[Unit], day: date) -> list[tuple[Cadre, Office]]:
    there, places = {unit.pk for unit in units}, planning.places(people, day)
    for cadre in people:
        if cadre.pk not in places or places[cadre.pk].unit_id not in there:
            raise Refused(_("%(name)s does not work there on that day.") % {"name": cadre.name}, "people")
    return [(cadre, places[cadre.pk]) for cadre in people]
