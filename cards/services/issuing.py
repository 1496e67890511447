"""Cards: asked for by the unit, approved by the efficiency office, revoked, printed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit, User
from cards.models import Cadre, Card, CardRequest, RevokeReason, SerialCounter
from cards.rules import may_approve
from cards.services.locking import locked
from common import audit
from common.problems import Refused
from common.rules import local


@transaction.atomic
def card_request(*, cadre: Cadre, reason: str, note: str, actor: User, now: datetime) -> CardRequest:
    """Ask for a first card, or for a new one in place of the present one, which stays valid until the decision."""
    cadre = locked(cadre)
    if cadre.has_left(local(now).date()):
        raise Refused(_("This person is no longer in service."))
    if cadre.card_requests.filter(decision="").exists():
        raise Refused(_("A card has already been requested and waits for approval."))
    has_card = Card.objects.valid().filter(cadre=cadre).exists()
    if has_card and not reason:
        raise Refused(_("Say why the present card is to be replaced."), "reason")
    request = CardRequest.objects.create(
        cadre=cadre, reason=reason if has_card else "", note=note, requested_by=actor, requested_at=now
    )
    audit.record(
        verb="card_requested",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"reason": request.reason, "note": note},
    )
    return request


@transaction.atomic
def card_decide(*, request: CardRequest, approve: bool, note: str, actor: User, now: datetime) -> Card | None:
    """The efficiency office issues the card, revoking the one it replaces, or refuses with a reason."""
    cadre = locked(request.cadre)
    request = CardRequest.objects.select_for_update().get(pk=request.pk)
    if request.decision:
        raise Refused(_("This request has already been decided."))
    if not may_approve(
        requester_id=request.requested_by_id,
        approver_id=actor.pk,
        approver_is_subject=cadre.user_id == actor.pk,
    ):
        raise Refused(_("A second person must decide: not the one who asked, and not the cadre."))
    if not approve and not note:
        raise Refused(_("Say why the request is refused."), "note")
    if approve and cadre.has_left(local(now).date()):
        raise Refused(_("This person is no longer in service."))
    request.decision = CardRequest.Decision.APPROVED if approve else CardRequest.Decision.REFUSED
    request.decision_note, request.decided_by, request.decided_at = note, actor, now
    request.save()
    if not approve:
        audit.record(verb="card_refused", subject=cadre, actor=actor, now=now, changes={"note": note})
        return None
    for old in Card.objects.select_for_update().valid().filter(cadre=cadre):
        revoke(old, reason=request.reason or RevokeReason.REISSUED, note=request.note, actor=actor, now=now)
    return _issue(cadre, issued_by=request.requested_by, approved_by=actor, now=now)


def _issue(cadre: Cadre, *, issued_by: User, approved_by: User, now: datetime) -> Card:
    card = Card.objects.create(
        cadre=cadre,
        serial=_next_serial(cadre.unit),
        issued_by=issued_by,
        approved_by=approved_by,
        issued_at=now,
    )
    audit.record(
        verb="card_issued", subject=cadre, actor=approved_by, now=now, changes={"serial": card.serial}
    )
    return card


def _next_serial(unit: Unit) -> str:
    SerialCounter.objects.get_or_create(unit=unit)
    counter = SerialCounter.objects.select_for_update().get(unit=unit)
    counter.last += 1
    counter.save()
    return f"LQ-{unit.code}-{counter.last:04d}"


@transaction.atomic
def card_revoke(*, card: Card, reason: str, note: str, actor: User, now: datetime) -> Card:
    cadre = locked(card.cadre)
    card = Card.objects.select_for_update().get(pk=card.pk)
    if card.revoked_at is not None:
        raise Refused(_("This card has already been revoked."))
    if cadre.user_id == actor.pk:
        raise Refused(_("Nobody revokes their own card."))
    revoke(card, reason=reason, note=note, actor=actor, now=now)
    return card


def revoke(card: Card, *, reason: str, note: str, actor: User | None, now: datetime) -> None:
    card.revoked_at, card.revoked_by = now, actor
    card.revoke_reason, card.revoke_note = reason, note
    card.save(update_fields=["revoked_at", "revoked_by", "revoke_reason", "revoke_note"])
    audit.record(
        verb="card_revoked",
        subject=card.cadre,
        actor=actor,
        now=now,
        changes={"serial": card.serial, "reason": reason, "note": note},
    )
