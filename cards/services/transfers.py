"""Moving to another unit: handed over by the home unit, taken in by the new one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit, User
from accounts.moving import lock_open_unit, roles_move
from cards.models import Cadre, Card, CardRequest, Office, RevokeReason, Transfer
from cards.rules import FARTHEST_PLAN
from cards.services.locking import locked, locked_together
from cards.services.people import write_lines
from cards.services.placements import end_placements
from cards.services.shifts import end_shifts
from common import audit
from common.problems import Refused
from common.rules import local


@transaction.atomic
def transfer_propose(
    *, cadre: Cadre, to_unit: Unit, first_day: date, note: str, actor: User, now: datetime
) -> Transfer:
    """Hand somebody over. Nothing changes until the other unit takes them in."""
    to_unit = _lock_receiving(to_unit.pk, "to_unit")
    cadre = locked(cadre)
    today = local(now).date()
    if cadre.has_left(today):
        raise Refused(_("This person is no longer in service."))
    if to_unit.pk == cadre.unit_id:
        raise Refused(_("This person already belongs to that unit."), "to_unit")
    if cadre.transfers.filter(decision="").exists():
        raise Refused(_("This person is already being transferred. Withdraw that first."))
    if not cadre.is_serving(first_day):
        raise Refused(_("This person is not in service on that day."), "first_day")
    if first_day > today + FARTHEST_PLAN:
        raise Refused(_("A transfer cannot be entered more than a year ahead."), "first_day")
    if to_unit.valid_from > first_day:
        raise Refused(_("That unit does not exist yet on that day."), "first_day")
    transfer = Transfer.objects.create(
        cadre=cadre,
        from_unit_id=cadre.unit_id,
        to_unit=to_unit,
        first_day=first_day,
        note=note,
        proposed_by=actor,
        proposed_at=now,
    )
    _record("transfer_proposed", transfer, actor, now, {"first_day": first_day, "note": note})
    return transfer


def _lock_receiving(unit_id: int, field: str | None = None) -> Unit:
    try:
        return lock_open_unit(unit_id)
    except Refused as refused:
        raise Refused(refused.sentence, field) from refused


@dataclass(frozen=True)
class Arrival:
    """What the new unit says of somebody whom it takes in; `posts` with the primary one first."""

    office: Office
    posts: tuple[str, ...]
    duties: tuple[str, ...]
    office_phone: str


@transaction.atomic
def transfer_accept(*, transfer: Transfer, arrival: Arrival, actor: User, now: datetime) -> Cadre:
    """Take somebody in, from today on. On the first day or later, never before: until then the old unit is right.

    The card stays valid, and one with the new unit's number is asked for.
    """
    unit = _lock_receiving(transfer.to_unit_id)
    # Those whom the person stands in for too: they lose their stand-in.
    with_them = Cadre.objects.filter(Q(pk=transfer.cadre_id) | Q(stand_in=transfer.cadre_id))
    cadre = locked_together(with_them)[transfer.cadre_id]
    transfer = _still_open(transfer)
    _check_arrival(transfer, unit, cadre, arrival, actor, local(now).date())
    decide(transfer, Transfer.Decision.ACCEPTED, "", actor, now)
    changes = _settle(cadre, unit, arrival)
    end_placements(cadre, actor=actor, now=now)
    end_shifts(cadre, now=now)
    _part_stand_ins(cadre, actor, now)
    if cadre.user_id is not None:
        roles_move(unit=transfer.from_unit, successor=unit, users=[cadre.user_id], actor=actor, now=now)
    _record("transfer_accepted", transfer, actor, now, changes)
    _ask_for_card(cadre, actor, now)
    return cadre


def _check_arrival(
    transfer: Transfer, unit: Unit, cadre: Cadre, arrival: Arrival, actor: User, today: date
) -> None:
    if transfer.to_unit_id != unit.pk:
        raise Refused(_("Units have just been merged. Look at the transfer again."))
    if cadre.has_left(today):
        raise Refused(_("This person is no longer in service."))
    if cadre.user_id == actor.pk:
        raise Refused(_("Nobody takes themselves in: another officer of the unit must do it."))
    if transfer.first_day > today:
        raise Refused(_("It is too early: take the person in on the first day here, or later."))
    if arrival.office.unit_id != unit.pk:
        raise Refused(_("The office belongs to another unit."), "office")
    if not arrival.posts:
        raise Refused(_("Enter at least one post."), "posts")


def _settle(cadre: Cadre, unit: Unit, arrival: Arrival) -> dict[str, Any]:
    """Write the new unit, office, posts, duties and phone; returns what the audit trail keeps of the change."""
    before = {
        "office": str(cadre.office),
        "posts": [post.title for post in cadre.posts.all()],
        "duties": [duty.text for duty in cadre.duties.all()],
        "office_phone": cadre.office_phone,
        "stand_in": str(cadre.stand_in or ""),
        "leads_unit": cadre.leads_unit,
    }
    cadre.unit, cadre.office, cadre.office_phone = unit, arrival.office, arrival.office_phone
    # Who leads a unit does not lead the next one for that.
    cadre.stand_in, cadre.leads_unit = None, False
    cadre.save(update_fields=["unit", "office", "office_phone", "stand_in", "leads_unit"])
    write_lines(cadre, arrival.posts, arrival.duties)
    after = {
        "office": str(arrival.office),
        "posts": list(arrival.posts),
        "duties": list(arrival.duties),
        "office_phone": arrival.office_phone,
        "stand_in": "",
        "leads_unit": False,
    }
    return audit.differences(before, after)


def _part_stand_ins(cadre: Cadre, actor: User, now: datetime) -> None:
    left = list(Cadre.objects.filter(stand_in=cadre))
    Cadre.objects.filter(stand_in=cadre).update(stand_in=None)
    changes = {"stand_in": [cadre.name, ""]}
    audit.record_each(
        verb="cadre_edited", subjects=((person, changes) for person in left), actor=actor, now=now
    )


def _ask_for_card(cadre: Cadre, actor: User, now: datetime) -> None:
    """The efficiency office decides (CARD-1). A request that waits already leads to the new unit's number too."""
    if not Card.objects.valid().filter(cadre=cadre).exists():
        return
    if cadre.card_requests.filter(decision="").exists():
        return
    reason = RevokeReason.TRANSFERRED
    CardRequest.objects.create(cadre=cadre, reason=reason, requested_by=actor, requested_at=now)
    audit.record(verb="card_requested", subject=cadre, actor=actor, now=now, changes={"reason": reason})


@transaction.atomic
def transfer_decline(*, transfer: Transfer, reason: str, actor: User, now: datetime) -> Transfer:
    locked(transfer.cadre)
    transfer = _still_open(transfer)
    if not reason:
        raise Refused(_("Say why the person is not taken in."), "reason")
    decide(transfer, Transfer.Decision.DECLINED, reason, actor, now)
    _record("transfer_declined", transfer, actor, now, {"note": reason})
    return transfer


@transaction.atomic
def transfer_withdraw(*, transfer: Transfer, actor: User, now: datetime) -> Transfer:
    locked(transfer.cadre)
    transfer = _still_open(transfer)
    decide(transfer, Transfer.Decision.WITHDRAWN, "", actor, now)
    _record("transfer_withdrawn", transfer, actor, now, {})
    return transfer


def _still_open(transfer: Transfer) -> Transfer:
    """Read again under the person's lock, which every verb about a transfer takes."""
    transfer = Transfer.objects.select_related("from_unit", "to_unit", "cadre").get(pk=transfer.pk)
    if transfer.decision:
        raise Refused(_("Somebody else has already decided this."))
    return transfer


def decide(transfer: Transfer, decision: str, note: str, actor: User | None, now: datetime) -> None:
    transfer.decision, transfer.decision_note = decision, note
    transfer.decided_by, transfer.decided_at = actor, now
    transfer.save(update_fields=["decision", "decision_note", "decided_by", "decided_at"])


def _record(verb: str, transfer: Transfer, actor: User, now: datetime, changes: dict[str, Any]) -> None:
    units = [str(transfer.from_unit), str(transfer.to_unit)]
    audit.record(verb=verb, subject=transfer.cadre, actor=actor, now=now, changes={"unit": units, **changes})
