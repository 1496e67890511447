"""Whoever lost the receipt calls: their cases are found by the phone they left, and a new receipt can be given."""

import hmac
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.problems import Refused
from common.rules import local
from complaints import receipts
from complaints.interests import conflicted
from complaints.models import Complaint
from complaints.models.cases import ComplaintQuerySet
from complaints.services.cases import locked, note
from complaints.services.handling import WITH_COMMISSION, is_referred, written


@transaction.atomic
def caller_look_up(*, cases: ComplaintQuerySet, phone: str, actor: User, now: datetime) -> list[Complaint]:
    """Those of `cases` whose complainant left this phone, the newest first. Each says afterwards that it was asked
    for; a phone that finds nothing stands in the audit as well, without its digits."""
    key = receipts.contact_key(phone)
    if not key:
        raise Refused(_("Enter the phone that the caller left."), "phone")
    asked = cases.filter(Q(contact_key=key) | Q(redo_of__contact_key=key))
    found = list(asked.order_by("-received_at", "-pk"))
    for case in found:
        note(case, "caller_asked", actor, now)
        audit.record(verb="complaint_caller_asked", subject=case, actor=actor, now=now)
    if not found:
        audit.record(verb="complaint_caller_unknown", subject=actor, actor=actor, now=now)
    return found


@transaction.atomic
def receipt_renew(
    *, case: Complaint, phone: str, reason: str, number: str = "", actor: User, now: datetime
) -> str:
    """A new number, which nobody sees again; the old one ends. Only for whoever knows the phone that was left.

    `number` is the one that the form's ticket stands for: tapped twice it is given once.
    """
    case = locked(case)
    # The first case holds the receipt, however often it was done.
    holder = case if case.redo_of is None else locked(case.redo_of)
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if is_referred(case):
        raise Refused(WITH_COMMISSION)
    if not may_be_renewed(holder):
        raise Refused(_("No receipt was given out, or no phone was left: there is nothing to renew."))
    if not hmac.compare_digest(receipts.contact_key(phone), holder.contact_key):
        raise Refused(_("This is not the phone that was left with the complaint."), "phone")
    if number and holder.receipt == receipts.digest(number):
        return number
    reason = written(case, "reason", reason, _("Say why a new receipt is needed."))
    number = number or receipts.new_number()
    holder.receipt = receipts.digest(number)
    holder.save(update_fields=["receipt"])
    note(case, "receipt_renewed", actor, now, reason=reason)
    audit.record(verb="complaint_receipt_renewed", subject=holder, actor=actor, now=now)
    return number


def may_be_renewed(case: Complaint) -> bool:
    source = case.source
    return bool(source.receipt and source.contact_key)
