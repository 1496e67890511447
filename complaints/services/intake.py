"""What a citizen sends: photos while they write, then the complaint once; and praise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Unit, User
from cards.models import Cadre
from common import audit
from common.problems import Refused
from complaints import evidence, receipts
from complaints.models import Channel, Complaint, Draft, DraftImage, Praise
from complaints.services.cases import complaint_receive
from complaints.tickets import SECOND_TAP, Ticket


@dataclass(frozen=True)
class Subject:
    """Who a complaint or praise is about."""

    unit: Unit
    cadre: Cadre | None = None


@dataclass(frozen=True)
class Words:
    text: str
    occasion: str = ""
    contact_name: str = ""
    contact_phone: str = ""


def holds(case: Complaint, subject: Subject, words: Words) -> bool:
    """Whether the case says this: what was changed on a form after it was sent is in no case."""
    said = Words(case.text, case.occasion, case.contact_name, case.contact_phone)
    return (subject, words) == (Subject(case.unit, case.cadre), said)


# --- Photos while the rest is written ----------------------------------------------------------------------------


@transaction.atomic
def images_add(*, draft: str, pictures: Sequence[bytes], now: datetime) -> str:
    """Keep re-encoded pictures for a complaint that is being written; the draft's token, a new one where it had none.

    Raises Refused where there is no room for all of them.
    """
    row = Draft.objects.select_for_update().filter(token=draft).first() or Draft.objects.create(
        created_at=now
    )
    if row.images.count() + len(pictures) > evidence.MOST:
        raise Refused(evidence.too_many(), "photos")
    DraftImage.objects.bulk_create(DraftImage(draft=row, data=data) for data in pictures)
    return row.token


@transaction.atomic
def image_remove(*, draft: str, image: str) -> None:
    DraftImage.objects.filter(draft__token=draft, token=image).delete()


# --- Once --------------------------------------------------------------------------------------------------------


@transaction.atomic
def complaint_send(
    *, ticket: Ticket, subject: Subject, words: Words, draft: str, from_card: bool, now: datetime
) -> tuple[Complaint | None, str]:
    """The case and the number of its receipt, as `receive_once` tells them."""
    return receive_once(
        ticket=ticket,
        channel=Channel.CARD if from_card else Channel.SITE,
        subject=subject,
        words=words,
        draft=draft,
        received_at=now,
        actor=None,
        now=now,
    )


@transaction.atomic
def receive_once(
    *,
    ticket: Ticket,
    channel: str,
    subject: Subject,
    words: Words,
    draft: str,
    received_at: datetime,
    with_receipt: bool = True,
    actor: User | None,
    now: datetime,
) -> tuple[Complaint | None, str]:
    """The case and the number of its receipt; "" where the ticket was used before, a second tap excepted, or where no
    receipt was asked for; and no case where a used ticket leads to none: its receipt was renewed since, or there is
    none. Raises Refused where the photos of the draft are gone.

    Two at once wait for each other at the unique mark, and one of them makes the case.
    """
    is_new = _use(ticket, "complaint", now)
    rows = Complaint.objects.select_related("unit", "cadre")
    # The mark is gone after some hours, and the receipt still tells that the form is an old one.
    there = rows.filter(receipt=receipts.digest(ticket.number)).first()
    if there is not None or not is_new:
        again = there is not None and now - there.entered_at <= SECOND_TAP
        return there, ticket.number if again else ""
    photos = list(DraftImage.objects.filter(draft__token=draft))
    if draft and not photos:
        raise Refused(_("The photos waited too long and were removed. Choose them again."), "photos")
    case, number = complaint_receive(
        channel=channel,
        unit=subject.unit,
        cadre=subject.cadre,
        text=words.text,
        occasion=words.occasion,
        contact_name=words.contact_name,
        contact_phone=words.contact_phone,
        images=[bytes(photo.data) for photo in photos],
        received_at=received_at,
        with_receipt=with_receipt,
        receipt_number=ticket.number,
        actor=actor,
        now=now,
    )
    Draft.objects.filter(token=draft).delete()
    return case, number


@transaction.atomic
def praise_send(*, ticket: Ticket, subject: Subject, text: str, now: datetime) -> None:
    """Once, however often it is tapped; who goes back and praises somebody else is heard again."""
    about = f"{subject.unit.pk} {subject.cadre.pk if subject.cadre else 0}"
    if not _use(ticket, f"praise {about} {text}", now):
        return
    praise = Praise.objects.create(unit=subject.unit, cadre=subject.cadre, text=text, received_at=now)
    audit.record(verb="praise_received", subject=praise, actor=None, now=now)


def _use(ticket: Ticket, use: str, now: datetime) -> bool:
    """Whether it had not been used; its mark is swept with the drafts."""
    try:
        with transaction.atomic():
            Draft.objects.create(token=ticket.mark(use), created_at=now)
    except IntegrityError:
        return False
    return True
