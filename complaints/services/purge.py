"""What is removed when its period is over (docs/complaints.md). The record stays: number, days, moves, outcome, answer,
rating. Photos of drafts and sheets of 12345 go earlier (sweeps.drafts_remove)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from common.rules import local
from complaints.models import (
    Attachment,
    Complaint,
    ComplaintEvent,
    ComplaintSettings,
    Praise,
    VerificationPoint,
)
from complaints.models.cases import ComplaintQuerySet
from complaints.rules import Move, State

BATCH = 500


def purge(*, now: datetime) -> int:
    """Contacts, then texts and evidence, then the words of praise; returns how many rows lost something."""
    settings = ComplaintSettings.current()
    texts_before = months_before(now, settings.text_months)
    contacts = _over(months_before(now, settings.contact_months), frozen_before=texts_before)
    # Whoever left no contact has none to lose.
    contacts = contacts.filter(contact_removed_at=None).exclude(contact_name="", contact_phone="")
    texts = _over(texts_before, frozen_before=texts_before).filter(text_removed_at=None)
    return (
        _in_batches(contacts, _remove_contacts, now)
        + _in_batches(texts, _remove_texts, now)
        + Praise.objects.filter(received_at__lt=texts_before).exclude(text="").update(text="")
    )


def months_before(now: datetime, months: int) -> datetime:
    """The same day of an earlier month; of a shorter month its last day."""
    here = local(now)
    year, month = divmod(here.year * 12 + here.month - 1 - months, 12)
    for day in range(here.day, 0, -1):
        try:
            return here.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("Every month has a first day.")


def _ended_before(before: datetime, frozen_before: datetime) -> Q:
    """Answered or not accepted; what the commission has got is frozen, and stays as long as texts do."""
    answered = Q(state=State.ANSWERED, answered_at__lt=before)
    refused = Q(state=State.NOT_ACCEPTED, refused_at__lt=before)
    referred = Q(state=State.REFERRED, referred_at__lt=frozen_before)
    return answered | refused | referred


def _over(before: datetime, *, frozen_before: datetime) -> ComplaintQuerySet:
    """Cases that ended so long ago; one that was done again only when the second answer is as old, for its words and
    its contact stand with the first."""
    refusals = ComplaintEvent.objects.filter(complaint=OuterRef("pk"), kind=Move.REFUSE.value)
    refused = Coalesce(Subquery(refusals.order_by("-at").values("at")[:1]), F("received_at"))
    again = Complaint.objects.annotate(refused_at=refused).filter(redo_of__isnull=False)
    unfinished = again.exclude(_ended_before(before, frozen_before)).values("redo_of")
    return (
        Complaint.objects.annotate(refused_at=refused)
        .filter(_ended_before(before, frozen_before))
        .exclude(pk__in=unfinished)
        .order_by("pk")
    )


def _in_batches(
    cases: ComplaintQuerySet, remove: Callable[[list[int], datetime], None], now: datetime
) -> int:
    removed = 0
    while number := _batch(cases, remove, now):
        removed += number
    return removed


@transaction.atomic
def _batch(cases: ComplaintQuerySet, remove: Callable[[list[int], datetime], None], now: datetime) -> int:
    claimed = cases.select_for_update(of=("self",), skip_locked=True)
    pks = list(claimed.values_list("pk", flat=True)[:BATCH])
    if pks:
        remove(pks, now)
    return len(pks)


def _remove_contacts(pks: list[int], now: datetime) -> None:
    nothing = {"contact_name": "", "contact_phone": "", "contact_key": ""}
    Complaint.objects.filter(pk__in=pks).update(**nothing, contact_removed_at=now)
    _note(pks, now, what="contact")


def _remove_texts(pks: list[int], now: datetime) -> None:
    Attachment.objects.filter(complaint__in=pks).delete()
    # Whoever asked, answered or gave it back may have said the same.
    VerificationPoint.objects.filter(complaint__in=pks).update(text="", decision="", answer="")
    nothing = {"text": "", "occasion": "", "redo_reason": "", "return_reason": ""}
    Complaint.objects.filter(pk__in=pks).update(**nothing, text_removed_at=now)
    _note(pks, now, what="text")


def _note(pks: list[int], now: datetime, **facts: Any) -> None:
    ComplaintEvent.objects.bulk_create(
        ComplaintEvent(complaint_id=pk, at=now, kind="purged", facts=facts) for pk in pks
    )
