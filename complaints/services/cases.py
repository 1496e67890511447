"""What every verb about a case does: number it, lock it, move it, and write down that it moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Unit, User
from cards.models import Cadre
from common import audit
from common.problems import Refused
from common.rules import local
from complaints import clock, interests, notifying, receipts, rules
from complaints.models import (
    Attachment,
    CaseCounter,
    Complaint,
    ComplaintEvent,
    ComplaintSettings,
)
from complaints.rules import Move, State

#: Of 5,000 characters each, in one statement.
BATCH = 200


def next_number(now: datetime) -> str:
    """“2026-0042”. Part of the caller's transaction: whoever fails leaves no gap."""
    return _next_numbers(now, 1)[0]


def _next_numbers(now: datetime, number: int) -> list[str]:
    counter = hold_numbers(now)
    first, counter.last = counter.last + 1, counter.last + number
    counter.save(update_fields=["last"])
    return [f"{counter.year}-{place:04}" for place in range(first, counter.last + 1)]


def hold_numbers(now: datetime) -> CaseCounter:
    """Until the transaction ends nobody else enters a case."""
    year = local(now).year
    CaseCounter.objects.get_or_create(year=year)
    return CaseCounter.objects.select_for_update().get(year=year)


@dataclass(frozen=True)
class Incoming:
    """What came in, from whom and about whom."""

    unit: Unit
    cadre: Cadre | None
    received_at: datetime
    text: str
    occasion: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    #: Of whoever else keeps a number.
    original_number: str = ""

    def case(self, **columns: Any) -> Complaint:
        """Not saved yet."""
        return Complaint(
            unit=self.unit,
            cadre=self.cadre,
            received_at=self.received_at,
            text=self.text,
            occasion=self.occasion,
            contact_name=self.contact_name,
            contact_phone=self.contact_phone,
            contact_key=receipts.contact_key(self.contact_phone),
            original_number=self.original_number,
            **columns,
        )


@transaction.atomic
def complaint_receive(
    *,
    channel: str,
    unit: Unit,
    cadre: Cadre | None,
    text: str,
    occasion: str = "",
    contact_name: str = "",
    contact_phone: str = "",
    images: Sequence[bytes] = (),
    received_at: datetime,
    original_number: str = "",
    with_receipt: bool = True,
    receipt_number: str = "",
    actor: User | None,
    now: datetime,
) -> tuple[Complaint, str]:
    """A new case and the number of its receipt, which nobody sees again; "" where none is given out.

    `images` are re-encoded already (complaints.evidence). `receipt_number` is one that a ticket stands for
    (complaints.tickets). The audit names the channel and nothing else.
    """
    if received_at > now:
        raise Refused(_("This time is still to come."), "received_at")
    receipt = (receipt_number or receipts.new_number()) if with_receipt else ""
    incoming = Incoming(
        unit, cadre, received_at, text, occasion, contact_name, contact_phone, original_number
    )
    case = incoming.case(
        number=next_number(now),
        receipt=receipts.digest(receipt) if receipt else None,
        channel=channel,
        entered_at=now,
        entered_by=actor,
        **clock.start(received_at, ComplaintSettings.current().mode),
    )
    case.save(force_insert=True)
    Attachment.objects.bulk_create(Attachment(complaint=case, data=data) for data in images)
    note(case, "entered", actor, now, channel=channel)
    audit.record(verb="complaint_received", subject=case, actor=actor, now=now, changes={"channel": channel})
    tell_received(case, actor, now)
    return case, receipt


@transaction.atomic
def complaints_receive(
    *, channel: str, incoming: Sequence[Incoming], actor: User, now: datetime
) -> list[Complaint]:
    """Many cases at once, without receipts, in as many statements for one as for a thousand.

    Whoever calls this has checked what came in, and tells the Express of all of it together.
    """
    clocks = clock.starts([one.received_at for one in incoming], ComplaintSettings.current().mode)
    numbers = _next_numbers(now, len(incoming))
    cases = Complaint.objects.bulk_create(
        [
            one.case(number=number, channel=channel, entered_at=now, entered_by=actor, **columns)
            for one, number, columns in zip(incoming, numbers, clocks, strict=True)
        ],
        batch_size=BATCH,
    )
    facts = {"channel": channel}
    ComplaintEvent.objects.bulk_create(
        ComplaintEvent(complaint=case, at=now, kind="entered", actor=actor, facts=facts) for case in cases
    )
    audit.record_each(
        verb="complaint_received", subjects=[(case, facts) for case in cases], actor=actor, now=now
    )
    return cases


def tell_received(case: Complaint, actor: User | None, now: datetime) -> None:
    """The Express hears that a case came in, without those who must not know of it and whoever has entered it."""
    day = local(now).date()
    people = interests.express_people(day)
    free = people - interests.conflicted(people, case, day) - {actor.pk if actor is not None else 0}
    notifying.of_case(notifying.RECEIVED, case, free, now)


def note(case: Complaint, kind: str, actor: User | None, now: datetime, **facts: Any) -> ComplaintEvent:
    """A line in the record of a case; never in the complainant's words."""
    return ComplaintEvent.objects.create(complaint=case, at=now, kind=kind, actor=actor, facts=facts)


def locked(case: Complaint) -> Complaint:
    """The row as it is now, kept from others until the transaction ends."""
    return Complaint.objects.select_for_update(of=("self",)).select_related("unit", "cadre").get(pk=case.pk)


#: What counts a revision up, besides the moves.
TAKEN = ("assigned", "handed_back")


class MovedOn(Refused):
    """Somebody else has moved the case meanwhile; the page shows both texts."""

    def __init__(self, case: Complaint) -> None:
        last = last_move(case)
        who = str(last.actor) if last is not None and last.actor is not None else _("The program")
        super().__init__(
            _("%(who)s has changed this case meanwhile: it is now “%(state)s”. Nothing of yours was saved.")
            % {"who": who, "state": case.get_state_display()}
        )
        self.case = case


def last_move(case: Complaint) -> ComplaintEvent | None:
    """What has counted its revision up last; what is only written down has not."""
    moves = case.events.filter(kind__in=[*(move.value for move in Move), *TAKEN])
    return moves.select_related("actor").last()


def begin(case: Complaint, move: Move, *, revision: int | None = None) -> Complaint:
    """Lock the case, and refuse a move that its state does not have or that was decided on an older state.

    Raises MovedOn where the page of the actor showed another `revision`, Refused where the table has no such move.
    """
    case = locked(case)
    if revision is not None and revision != case.revision:
        raise MovedOn(case)
    if not rules.can(case.state, move):
        raise Refused(
            _("This cannot be done with a case that is “%(state)s”.") % {"state": case.get_state_display()}
        )
    return case


def finish(
    case: Complaint,
    move: Move,
    to: State,
    fields: Sequence[str],
    *,
    actor: User | None,
    now: datetime,
    **facts: Any,
) -> Complaint:
    """Save what the verb has filled in, with the new state, the line in the record and the audit."""
    assert to in rules.MOVES[State(case.state)][move]
    before, case.state = case.state, to.value
    case.revision += 1
    if to not in rules.RUNNING:
        case.next_stage_at = None
    case.save(update_fields=[*fields, "state", "revision", "next_stage_at"])
    note(case, move.value, actor, now, **facts)
    audit.record(
        verb=f"complaint_{move.value}",
        subject=case,
        actor=actor,
        now=now,
        changes={"state": [before, case.state]},
    )
    return case
