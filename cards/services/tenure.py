"""The last day of service, and what ends with it."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts import services as accounts
from accounts.models import Membership, Role, Unit, User
from cards.models import Cadre, Card, CardRequest, RevokeReason, Transfer
from cards.services.issuing import revoke
from cards.services.locking import locked
from cards.services.transfers import decide
from common import audit
from common.problems import Refused
from common.rules import local


@transaction.atomic
def cadre_end_service(*, cadre: Cadre, last_day: date, reason: str = "", actor: User, now: datetime) -> Cadre:
    """Enter the last day of service. The card is revoked the night after it (DESIGN §3)."""
    cadre = _locked_with_unit(cadre)
    if last_day < cadre.serves_from:
        raise Refused(_("The last day lies before the first day of service."), "last_day")
    _refuse_beyond(cadre.unit, last_day)
    before, cadre.serves_to = cadre.serves_to, last_day
    cadre.save(update_fields=["serves_to"])
    audit.record(
        verb="service_ended",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"serves_to": [before, last_day.isoformat()], **({"reason": reason} if reason else {})},
    )
    if cadre.has_left(local(now).date()):
        _end_cards(cadre, actor=actor, now=now)
    return cadre


def _locked_with_unit(cadre: Cadre) -> Cadre:
    """The unit first: it must not close at the moment in which somebody's service is prolonged."""
    Unit.objects.select_for_update(no_key=True).get(pk=cadre.unit_id)
    return locked(cadre)


def _refuse_beyond(unit: Unit, last_day: date | None) -> None:
    """Nobody serves in a unit that is no more."""
    if unit.valid_to is not None and (last_day is None or last_day > unit.valid_to):
        raise Refused(
            _("The unit itself closes or has closed: nobody serves in it any longer than that."), "last_day"
        )


def revoke_ended_service(*, now: datetime) -> int:
    """Revoke the cards of everybody whose last day is over; returns how many. Safe to run twice."""
    today = local(now).date()
    holding = Exists(Card.objects.valid().filter(cadre=OuterRef("pk")))
    waiting = Exists(CardRequest.objects.filter(cadre=OuterRef("pk"), decision=""))
    moving = Exists(Transfer.objects.filter(cadre=OuterRef("pk"), decision=""))
    revoked = 0
    for cadre in Cadre.objects.filter(holding | waiting | moving, serves_to__lt=today):
        with transaction.atomic():
            # Read again under the lock: the last day may just have been corrected.
            current = locked(cadre)
            revoked += _end_cards(current, actor=None, now=now) if current.has_left(today) else 0
    return revoked


def _end_cards(cadre: Cadre, *, actor: User | None, now: datetime) -> int:
    """`actor` entered a last day that is over already; the nightly end is nobody's."""
    _withdraw_requests(cadre, actor, now)
    _withdraw_transfers(cadre, actor, now)
    cards = list(Card.objects.valid().filter(cadre=cadre))
    for card in cards:
        revoke(card, reason=RevokeReason.LEFT, note="", actor=None, now=now)
    _end_role(cadre, now=now)
    return len(cards)


def _withdraw_requests(cadre: Cadre, actor: User | None, now: datetime) -> None:
    for request in CardRequest.objects.filter(cadre=cadre, decision=""):
        request.decision, request.decision_note = CardRequest.Decision.WITHDRAWN, RevokeReason.LEFT.value
        request.decided_by, request.decided_at = actor, now
        request.save(update_fields=["decision", "decision_note", "decided_by", "decided_at"])
        changes = {"reason": request.decision_note}
        audit.record(verb="card_request_withdrawn", subject=cadre, actor=actor, now=now, changes=changes)


def _withdraw_transfers(cadre: Cadre, actor: User | None, now: datetime) -> None:
    for transfer in cadre.transfers.filter(decision="").select_related("from_unit", "to_unit"):
        decide(transfer, Transfer.Decision.WITHDRAWN, RevokeReason.LEFT.value, actor, now)
        units = [str(transfer.from_unit), str(transfer.to_unit)]
        changes = {"unit": units, "reason": transfer.decision_note}
        audit.record(verb="transfer_withdrawn", subject=cadre, actor=actor, now=now, changes=changes)


def _end_role(cadre: Cadre, *, now: datetime) -> None:
    """Who has left has no own page any more; what else the account may do is the administrator's."""
    yesterday = local(now).date() - timedelta(days=1)
    held = Membership.objects.current(local(now).date()).filter(user=cadre.user_id, role=Role.CADRE)
    for member in held.filter(valid_from__lte=yesterday):
        accounts.membership_end(membership=member, last_day=yesterday, actor=None, now=now)


@transaction.atomic
def cadre_resume_service(*, cadre: Cadre, actor: User, now: datetime) -> Cadre:
    """Take back a last day entered by mistake. A card that was revoked stays so: a new one is asked for."""
    cadre = _locked_with_unit(cadre)
    if cadre.serves_to is None:
        raise Refused(_("No last day of service is entered."))
    _refuse_beyond(cadre.unit, None)
    before, cadre.serves_to = cadre.serves_to, None
    cadre.save(update_fields=["serves_to"])
    audit.record(
        verb="service_resumed",
        subject=cadre,
        actor=actor,
        now=now,
        changes={"serves_to": [before.isoformat(), None]},
    )
    return cadre
