"""Where somebody works for a time: entered by the home unit, which keeps counting them (DESIGN §3)."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.moving import lock_open_unit
from cards.models import Cadre, Office, Placement, PlacementKind
from cards.services.locking import locked
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged


@transaction.atomic
def placement_record(
    *,
    cadre: Cadre,
    kind: PlacementKind,
    office: Office,
    valid_from: date,
    valid_to: date | None,
    actor: User,
    now: datetime,
) -> Placement:
    lock_open_unit(office.unit_id)
    cadre = locked(cadre)
    if cadre.has_left(local(now).date()):
        raise Refused(_("This person is no longer in service."))
    placement = Placement(cadre=cadre, kind=kind, office=office, valid_from=valid_from, valid_to=valid_to)
    _check(cadre, placement)
    placement.save()
    audit.record(
        verb="placement_recorded",
        subject=cadre,
        actor=actor,
        now=now,
        changes=_kept(placement_facts(placement)),
    )
    return placement


def placement_facts(placement: Placement) -> dict[str, Any]:
    """What the form of a placement shows, for `seen`."""
    return {
        "kind": str(placement.kind),
        "office": str(placement.office),
        "valid_from": placement.valid_from.isoformat(),
        "valid_to": placement.valid_to.isoformat() if placement.valid_to else None,
    }


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    """As the audit trail has them."""
    return {name.removeprefix("valid_"): value for name, value in facts.items()}


def _check(cadre: Cadre, placement: Placement) -> None:
    first, last = placement.valid_from, placement.valid_to
    if last is not None and last < first:
        raise Refused(_("The end must be later than the beginning."), "valid_to")
    if not cadre.is_serving(first):
        raise Refused(_("This person is not in service on that day."), "valid_from")
    if placement.office_id == cadre.office_id:
        raise Refused(_("This is the person’s own office."), "office")
    overlapping = cadre.placements.exclude(pk=placement.pk).exclude(valid_to__lt=first)
    if last is not None:
        overlapping = overlapping.exclude(valid_from__gt=last)
    if overlapping.exists():
        raise Refused(_("Another place of work is already entered for some of these days."), "valid_from")


@transaction.atomic
def placement_correct(
    *,
    placement: Placement,
    kind: PlacementKind,
    office: Office,
    valid_from: date,
    valid_to: date | None,
    seen: str | None = None,
    actor: User,
    now: datetime,
) -> Placement:
    lock_open_unit(office.unit_id)
    cadre = locked(placement.cadre)
    placement = _still_there(cadre, placement)
    before = placement_facts(placement)
    unchanged = (placement.kind, placement.office_id, placement.valid_from, placement.valid_to)
    if unchanged == (kind, office.pk, valid_from, valid_to):
        return placement
    check_unchanged(before, seen)
    placement.kind, placement.office = kind, office
    placement.valid_from, placement.valid_to = valid_from, valid_to
    _check(cadre, placement)
    placement.save()
    changed = _kept(audit.differences(before, placement_facts(placement)))
    audit.record(verb="placement_corrected", subject=cadre, actor=actor, now=now, changes=changed)
    return placement


@transaction.atomic
def placement_end(*, placement: Placement, last_day: date, actor: User, now: datetime) -> Placement | None:
    """The last day comes earlier than was said. What has not begun by then never was, and goes: None."""
    cadre = locked(placement.cadre)
    placement = _still_there(cadre, placement)
    if placement.valid_to is not None and placement.valid_to < last_day:
        raise Refused(_("It ends earlier than that already. Correct it instead."), "last_day")
    return _end(placement, last_day, actor, now)


def _still_there(cadre: Cadre, placement: Placement) -> Placement:
    found = cadre.placements.select_related("office").filter(pk=placement.pk).first()
    if found is None:
        raise Refused(_("Somebody else has already removed this."))
    return found


def _end(placement: Placement, last_day: date, actor: User | None, now: datetime) -> Placement | None:
    facts = _kept(placement_facts(placement))
    if last_day < placement.valid_from:
        placement.delete()
        audit.record(verb="placement_removed", subject=placement.cadre, actor=actor, now=now, changes=facts)
        return None
    before, placement.valid_to = facts["to"], last_day
    placement.save(update_fields=["valid_to"])
    changes = {**facts, "to": [before, last_day.isoformat()]}
    audit.record(verb="placement_ended", subject=placement.cadre, actor=actor, now=now, changes=changes)
    return placement


def end_placements(cadre: Cadre, *, actor: User, now: datetime) -> None:
    """Whoever moves works where the new unit says: yesterday was the last day elsewhere."""
    yesterday = local(now).date() - timedelta(days=1)
    for placement in cadre.placements.exclude(valid_to__lte=yesterday).select_related("office", "cadre"):
        _end(placement, yesterday, actor, now)
