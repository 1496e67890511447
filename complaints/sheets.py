"""Sheets of work orders of 12345 that are handed in through the browser: kept for two hours, and made cases once they
are confirmed, all of them or none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit, notices
from common.problems import Refused
from common.rules import local
from complaints import hotline, interests, notifying
from complaints.models import Channel, Complaint, HotlineSheet
from complaints.services.cases import Incoming, complaints_receive, hold_numbers


@dataclass(frozen=True)
class Imported:
    new: int
    known: int


class Gone(Refused):
    """Somebody, perhaps the same person twice, was faster."""

    def __init__(self) -> None:
        super().__init__(_("This sheet has been imported or discarded already."))


@transaction.atomic
def sheet_keep(*, data: bytes, actor: User, now: datetime) -> HotlineSheet:
    """Raises Refused, with nothing kept, where there is no sheet to be read. Mistakes in rows are for the preview."""
    try:
        hotline.read(data)
    except Refused as refused:
        raise Refused(refused.sentence, "file") from refused
    return HotlineSheet.objects.create(data=data, uploaded_by=actor, created_at=now)


@transaction.atomic
def sheet_discard(*, sheet: HotlineSheet) -> None:
    HotlineSheet.objects.filter(pk=sheet.pk).delete()


@transaction.atomic
def sheet_import(*, sheet: HotlineSheet, actor: User, now: datetime) -> Imported:
    """The very file that was looked through, checked once more. Raises Refused, Gone among it, with nothing made.

    Numbers of cases are held while it is decided what is new: of two who import the same orders the second finds them.
    """
    row = HotlineSheet.objects.select_for_update().filter(pk=sheet.pk).first()
    if row is None:
        raise Gone
    hold_numbers(now)
    plan = hotline.look(bytes(row.data), now)
    if plan.problems:
        raise Refused(_("Meanwhile the directory has changed. Nothing was imported: look at the mistakes."))
    cases = _cases(plan.orders, actor, now)
    facts = {"new": len(cases), "known": plan.known}
    audit.record(verb="hotline_imported", subject=row, actor=actor, now=now, changes=facts)
    _tell(row.token, cases, actor, now)
    row.delete()
    return Imported(len(cases), plan.known)


def _cases(orders: Sequence[hotline.Order], actor: User, now: datetime) -> list[Complaint]:
    incoming = [
        Incoming(
            unit=order.unit,
            cadre=order.cadre,
            received_at=order.received_at,
            text=order.text,
            occasion=order.occasion,
            contact_name=order.contact_name,
            contact_phone=order.contact_phone,
            original_number=order.number,
        )
        for order in orders
    ]
    try:
        with transaction.atomic():
            return complaints_receive(channel=Channel.HOTLINE, incoming=incoming, actor=actor, now=now)
    except IntegrityError as error:
        # In the first second of a year two years' numbers are held side by side.
        sentence = _("Somebody else has just entered one of these orders. Nothing was imported: try again.")
        raise Refused(sentence) from error


def _tell(token: str, cases: Sequence[Complaint], actor: User, now: datetime) -> None:
    """Each of the Express once, of as many as they may know of."""
    day = local(now).date()
    people = interests.express_people(day) - {actor.pk}
    conflicts = interests.conflicts(people, cases, day)
    counted: defaultdict[int, set[int]] = defaultdict(set)
    for person in people:
        counted[sum(person not in conflicts[case.pk] for case in cases)].add(person)
    messages = [notifying.imported(token, number, to) for number, to in sorted(counted.items()) if number]
    if messages:
        notices.send_all(messages, now=now)
