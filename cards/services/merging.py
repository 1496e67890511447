"""A unit that another one takes over: people, offices and what is open go along, history stays (DESIGN §3)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import rules
from accounts import services as accounts
from accounts.models import Membership, Role, Unit, User
from accounts.moving import lock_units, roles_move
from cards.models import Cadre, CadreQuerySet, CardRequest, Placement, Transfer
from cards.services.locking import locked_together
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged

#: Why a transfer between the two units ended, as its note has it.
MERGED = "merged"


@dataclass(frozen=True)
class MergeConsequences:
    """What a merger does, in numbers: whoever enters it doesn't see people."""

    people: int
    offices: int
    #: Those of the same name and room on both sides: their people go to the successor's.
    shared_offices: int
    card_requests: int
    transfers: int
    #: Roles of cadres that go along, and roles of officers and heads that end.
    cadre_roles: int
    ended_roles: int


def merge_consequences(*, unit: Unit, successor: Unit, last_day: date, now: datetime) -> MergeConsequences:
    """What would become of whom. Raises Refused when the units cannot be merged like this."""
    today = local(now).date()
    _check(unit, successor, last_day, today)
    people = _people(unit, today)
    roles = Membership.objects.filter(_lasting(today), unit=unit)
    shared = len(_twins(unit, successor))
    return MergeConsequences(
        people=people.count(),
        offices=unit.offices.count() - shared,
        shared_offices=shared,
        card_requests=CardRequest.objects.filter(decision="", cadre__in=people).count(),
        transfers=_open_transfers(unit).count(),
        cadre_roles=roles.filter(role=Role.CADRE).count(),
        ended_roles=roles.exclude(role=Role.CADRE).count(),
    )


def _lasting(today: date) -> Q:
    return Q(valid_to=None) | Q(valid_to__gte=today)


def _people(unit: Unit, today: date) -> CadreQuerySet:
    """Everybody who has not left, also those who begin later."""
    return Cadre.objects.filter(Q(serves_to=None) | Q(serves_to__gte=today), unit=unit)


def _open_transfers(unit: Unit) -> QuerySet[Transfer]:
    return Transfer.objects.filter(Q(from_unit=unit) | Q(to_unit=unit), decision="")


def _twins(unit: Unit, successor: Unit) -> dict[int, int]:
    """Offices that both units have under the same name and room: the old one's id -> the successor's."""
    there = {(name, room): pk for pk, name, room in successor.offices.values_list("pk", "name", "room")}
    here = unit.offices.values_list("pk", "name", "room")
    return {pk: there[name, room] for pk, name, room in here if (name, room) in there}


@transaction.atomic
def units_merge(
    *, unit: Unit, successor: Unit, last_day: date, seen: str | None = None, actor: User, now: datetime
) -> MergeConsequences:
    """Close a unit and move everything that is not history to its successor, in the same few statements for any size.

    Cards stay valid with their numbers; the plaques are outdated by the unit's name.
    """
    units, today = lock_units(), local(now).date()
    unit, successor = units[unit.pk], units[successor.pk]
    planned = merge_consequences(unit=unit, successor=successor, last_day=last_day, now=now)
    check_unchanged(vars(planned), seen)
    moving = locked_together(
        Cadre.objects.filter(Q(pk__in=_people(unit, today)) | Q(pk__in=_bound_for(unit)))
    )
    people = [cadre for cadre in moving.values() if cadre.unit_id == unit.pk]
    _move(unit, successor, today, actor, now)
    _redirect_transfers(unit, successor, actor, now)
    roles_move(unit=unit, successor=successor, users=None, actor=actor, now=now)
    _close(unit, successor, last_day, actor, now)
    units_changed = {"unit": [str(unit), str(successor)]}
    audit.record_each(
        verb="unit_merged", subjects=((cadre, units_changed) for cadre in people), actor=actor, now=now
    )
    return planned


def _check(unit: Unit, successor: Unit, last_day: date, today: date) -> None:
    if unit.pk == successor.pk:
        raise Refused(_("A unit cannot be merged into itself."), "successor")
    if unit.successor_id is not None and unit.valid_to is not None:
        raise Refused(_("This unit has already been merged."))
    if successor.valid_to is not None or successor.valid_from > today:
        raise Refused(
            _("That unit closes, has closed or does not exist yet: choose another one."), "successor"
        )
    successors: dict[int, int | None] = dict(Unit.objects.values_list("pk", "successor_id"))
    successors[unit.pk] = successor.pk
    if rules.follows_itself(unit.pk, successors):
        raise Refused(_("A unit cannot follow itself, not even by way of others."), "successor")
    if last_day > today:
        raise Refused(_("The people move at once: merge the units on the last day, or later."), "last_day")
    if last_day < unit.valid_from:
        raise Refused(_("The end must not be earlier than the beginning."), "last_day")


def _bound_for(unit: Unit) -> QuerySet[Transfer, Any]:
    return Transfer.objects.filter(to_unit=unit, decision="").values("cadre")


def _move(unit: Unit, successor: Unit, today: date, actor: User, now: datetime) -> None:
    """People and offices; placements stand in their office and go with it. Whoever has left stays where they were."""
    twins = _twins(unit, successor)
    _move_offices(unit, successor, twins, actor, now)
    moved = _people(unit, today)
    if twins:
        joined = Case(*(When(office=old, then=Value(new)) for old, new in twins.items()))
        moved.filter(office__in=twins).update(office=joined)
        placed = Placement.objects.filter(_lasting(today), office__in=twins)
        _record_placed(placed, unit, successor, actor, now)
        placed.update(office=joined)
    moved.update(unit=successor)
    _part_stand_ins(unit, successor, actor, now)


def _move_offices(unit: Unit, successor: Unit, twins: dict[int, int], actor: User, now: datetime) -> None:
    units = [str(unit), str(successor)]
    offices = list(unit.offices.all())
    unit.offices.exclude(pk__in=twins).update(unit=successor)
    moved = ((office, {"unit": units}) for office in offices if office.pk not in twins)
    audit.record_each(verb="office_moved", subjects=moved, actor=actor, now=now)
    joined = ((office, {"unit": units, "into": twins[office.pk]}) for office in offices if office.pk in twins)
    audit.record_each(verb="office_joined", subjects=joined, actor=actor, now=now)


def _record_placed(
    placed: QuerySet[Placement], unit: Unit, successor: Unit, actor: User, now: datetime
) -> None:
    units = [str(unit), str(successor)]
    subjects = [
        (each.cadre, {"office": str(each.office), "unit": units})
        for each in placed.select_related("cadre", "office")
    ]
    audit.record_each(verb="placement_corrected", subjects=subjects, actor=actor, now=now)


def _part_stand_ins(unit: Unit, successor: Unit, actor: User, now: datetime) -> None:
    """A stand-in who has left stays behind."""
    parted = Cadre.objects.filter(unit=successor, stand_in__unit=unit)
    left = [(cadre, {"stand_in": [str(cadre.stand_in), ""]}) for cadre in parted.select_related("stand_in")]
    parted.update(stand_in=None)
    audit.record_each(verb="cadre_edited", subjects=left, actor=actor, now=now)


def _redirect_transfers(unit: Unit, successor: Unit, actor: User, now: datetime) -> None:
    """Open ones go on with the successor; one between the two has nowhere left to go."""
    between = _open_transfers(unit).filter(Q(from_unit=successor) | Q(to_unit=successor))
    ended = list(between.select_related("cadre", "from_unit", "to_unit"))
    between.update(
        decision=Transfer.Decision.WITHDRAWN, decision_note=MERGED, decided_by=actor, decided_at=now
    )
    audit.record_each(
        verb="transfer_withdrawn",
        subjects=((each.cadre, {"unit": [str(each.from_unit), str(each.to_unit)]}) for each in ended),
        actor=actor,
        now=now,
    )
    going_on = list(_open_transfers(unit).select_related("cadre", "from_unit", "to_unit"))
    _open_transfers(unit).filter(from_unit=unit).update(from_unit=successor)
    _open_transfers(unit).filter(to_unit=unit).update(to_unit=successor)
    audit.record_each(
        verb="transfer_redirected",
        subjects=((each.cadre, _redirected(each, unit, successor)) for each in going_on),
        actor=actor,
        now=now,
    )


def _redirected(transfer: Transfer, unit: Unit, successor: Unit) -> dict[str, list[str]]:
    """The end that has changed: where from, or where to."""
    end = "from_unit" if transfer.from_unit_id == unit.pk else "to_unit"
    return {end: [str(unit), str(successor)]}


def _close(unit: Unit, successor: Unit, last_day: date, actor: User, now: datetime) -> None:
    facts = {name: getattr(unit, name) for name in accounts.UNIT_FIELDS}
    details = accounts.UnitDetails(**{**facts, "valid_to": last_day, "successor": successor})
    accounts.unit_edit(unit=unit, details=details, actor=actor, now=now)


def still_serving(unit: Unit, last_day: date) -> str | None:
    """Why a unit cannot close yet: a check of accounts/closing. A number and no names, for whoever sees no people."""
    beyond = Q(serves_to=None) | Q(serves_to__gt=last_day)
    placed = Placement.objects.filter(Q(valid_to=None) | Q(valid_to__gt=last_day), office__unit=unit)
    people = Cadre.objects.filter(beyond & (Q(unit=unit) | Q(placements__in=placed))).distinct().count()
    if not people:
        return None
    return ngettext(
        "%(count)s person still serves in this unit after that day. Move them first, or merge the unit into another.",
        "%(count)s people still serve in this unit after that day. Move them first, or merge the unit into another.",
        people,
    ) % {"count": people}
