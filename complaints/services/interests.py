"""Who declares an interest in somebody, or steps back from a case: from then on nothing of it exists for them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from cards.models import Cadre
from common import audit
from common.problems import Refused
from common.rules import local
from complaints import notifying
from complaints.interests import conflicted, express_people
from complaints.models import Complaint, Interest
from complaints.rules import Move, State
from complaints.services.cases import finish, note
from complaints.services.handling import WITH_COMMISSION, is_referred


@transaction.atomic
def interest_declare(*, cadre: Cadre, reason: str, actor: User, now: datetime) -> Interest:
    """Kin, or close in another way: from now on nothing about this cadre exists for the actor."""
    if not reason.strip():
        raise Refused(_("Say what connects you."), "reason")
    # Whoever takes one over at this moment is waited for, or finds the interest.
    held = list(
        Complaint.objects.running().select_for_update(of=("self",)).filter(cadre=cadre).order_by("pk")
    )
    interest, new = Interest.objects.get_or_create(
        user=actor, cadre=cadre, defaults={"reason": reason.strip(), "declared_at": now}
    )
    if not new:
        raise Refused(_("You have declared this already."))
    for case in held:
        _hand_back(case, actor, now)
    notifying.forget(Complaint.objects.filter(cadre=cadre), [actor.pk])
    audit.record(
        verb="interest_declared", subject=interest, actor=actor, now=now, changes={"cadre": cadre.pk}
    )
    return interest


@transaction.atomic
def interest_withdraw(*, interest: Interest, reason: str, actor: User, now: datetime) -> None:
    """What one has declared about a cadre and no longer holds; why stands in the audit. Stepping back from a case is
    for good."""
    interest = Interest.objects.select_for_update().get(pk=interest.pk)
    if interest.user_id != actor.pk or interest.cadre_id is None:
        raise Refused(_("Only what you have declared yourself can be withdrawn."))
    if not reason.strip():
        raise Refused(_("Say why it no longer holds."), "reason")
    changes = {"cadre": interest.cadre_id, "reason": [interest.reason, reason.strip()]}
    audit.record(verb="interest_withdrawn", subject=interest, actor=actor, now=now, changes=changes)
    interest.delete()


@transaction.atomic
def recuse(*, case: Complaint, reason: str, actor: User, now: datetime) -> None:
    """Step back from a case and all of its matter, which the actor does not see any more."""
    rows = Complaint.objects.select_for_update(of=("self",)).filter(matter=case.matter).order_by("pk")
    held = [row for row in rows if row.is_running]
    if is_referred(case):
        raise Refused(WITH_COMMISSION)
    if not reason.strip():
        raise Refused(_("Say why you step back."), "reason")
    _interest, new = Interest.objects.get_or_create(
        user=actor, complaint=case, defaults={"reason": reason.strip(), "declared_at": now}
    )
    if not new:
        raise Refused(_("You have stepped back from this case already."))
    note(case, "recused", actor, now)
    for row in held:
        _hand_back(row, actor, now)
    notifying.forget(Complaint.objects.filter(matter=case.matter), [actor.pk])
    audit.record(verb="complaint_recused", subject=case, actor=actor, now=now)


def _hand_back(case: Complaint, actor: User, now: datetime) -> None:
    """What its handler gives up waits for another, and what they have drafted is written anew."""
    if case.state == State.REVIEW and case.submitted_by_id == actor.pk:
        case.submitted_by, case.submitted_at = None, None
        case = finish(
            case, Move.SEND_BACK, State.ACCEPTED, ["submitted_by", "submitted_at"], actor=actor, now=now
        )
    if case.handler_id == actor.pk and case.is_running:
        case.handler, case.revision = None, case.revision + 1
        case.save(update_fields=["handler", "revision"])
        note(case, "handed_back", actor, now)
        people = express_people(local(now).date()) - {actor.pk}
        free = people - conflicted(people, case, local(now).date())
        notifying.of_case(notifying.HANDED_BACK, case, free, now)
