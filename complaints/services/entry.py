"""What the Express writes down for a citizen who calls, comes or sends a letter."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.problems import Refused
from complaints.models import Channel, Complaint
from complaints.services.intake import Subject, Words, receive_once
from complaints.tickets import Ticket

CHANNELS = (Channel.PHONE, Channel.VISIT, Channel.LETTER)
#: A date before that is a slip of the pen: a letter is not left lying for so long.
OLDEST = timedelta(days=60)


@transaction.atomic
def complaint_enter(
    *,
    ticket: Ticket,
    channel: str,
    subject: Subject,
    words: Words,
    draft: str,
    received_at: datetime,
    with_receipt: bool,
    actor: User,
    now: datetime,
) -> tuple[Complaint | None, str]:
    """The case and the number of its receipt, as `receive_once` tells them; the clock starts at `received_at`.

    Whoever turns out to have an interest has entered it all the same, and sees it no more.
    """
    if channel not in CHANNELS:
        raise Refused(_("Choose one."), "channel")
    if subject.cadre is not None and subject.cadre.unit_id != subject.unit.pk:
        raise Refused(_("Nobody of this name is in that unit."), "name")
    if received_at > now:
        raise Refused(_("This time is still to come."), "day")
    if received_at < now - OLDEST:
        days = OLDEST.days
        raise Refused(_("It came in more than %(days)s days ago: check the day.") % {"days": days}, "day")
    return receive_once(
        ticket=ticket,
        channel=channel,
        subject=subject,
        words=words,
        draft=draft,
        received_at=received_at,
        with_receipt=with_receipt,
        actor=actor,
        now=now,
    )
