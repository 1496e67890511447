"""Where somebody works for a time."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.models import Cadre, Office, Placement, PlacementKind
from cards.services.locking import locked
from common import audit
from common.problems import Refused


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
    cadre = locked(cadre)
    if valid_to is not None and valid_to < valid_from:
        raise Refused(_("The end must be later than the beginning."), "valid_to")
    overlapping = cadre.placements.exclude(valid_to__lt=valid_from)
    if valid_to is not None:
        overlapping = overlapping.exclude(valid_from__gt=valid_to)
    if overlapping.exists():
        raise Refused(_("Another place of work is already entered for some of these days."), "valid_from")
    placement = Placement.objects.create(
        cadre=cadre, kind=kind, office=office, valid_from=valid_from, valid_to=valid_to
    )
    audit.record(
        verb="placement_recorded",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"kind": kind, "office": str(office), "from": valid_from, "to": valid_to},
    )
    return placement
