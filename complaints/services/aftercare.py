"""What a complainant does with the answer: rate it, and once ask for the matter to be done again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from common import audit
from common.problems import Refused
from complaints import clock
from complaints.models import Complaint, ComplaintSettings, Grade
from complaints.rules import Move, State
from complaints.services.cases import begin, finish, next_number, note, tell_received

LONGEST_REASON = 1000


@transaction.atomic
def complaint_rate(*, case: Complaint, grade: int, now: datetime) -> Complaint:
    """好差评, once for each answer. The same grade a second time is the same tap."""
    case = begin(case, Move.RATE)
    if case.grade == grade:
        return case
    if case.grade is not None:
        raise Refused(_("You have rated this answer already."))
    case.grade, case.graded_at = Grade(grade), now
    return finish(
        case, Move.RATE, State.ANSWERED, ["grade", "graded_at"], actor=None, now=now, grade=case.grade.value
    )


@transaction.atomic
def complaint_redo(*, case: Complaint, reason: str, now: datetime) -> Complaint:
    """A case of its own, with its own clock and another handler; the words stay with the first."""
    case = begin(case, Move.REDO)
    asked = Complaint.objects.filter(redo_of=case).first()
    if asked is not None and asked.redo_reason == reason:
        # The same tap.
        return asked
    if case.redo_of_id is not None or asked is not None:
        raise Refused(_("It has been done again once. There is no second time."))
    if not may_be_redone(case):
        raise Refused(_("Only an answer that you are not satisfied with can be done again."))
    if case.text_removed_at is not None:
        raise Refused(_("This complaint is too old to be done again. Write a new one."))
    again = Complaint(
        number=next_number(now),
        channel=case.channel,
        unit=case.unit,
        cadre=case.cadre,
        matter=case.matter,
        received_at=now,
        entered_at=now,
        redo_of=case,
        redo_reason=reason,
        **clock.start(now, ComplaintSettings.current().mode),
    )
    again.save(force_insert=True)
    finish(case, Move.REDO, State.ANSWERED, [], actor=None, now=now, again=again.number)
    note(again, "entered", None, now, channel=again.channel)
    changes = {"channel": again.channel, "redo_of": case.number}
    audit.record(verb="complaint_received", subject=again, actor=None, now=now, changes=changes)
    tell_received(again, None, now)
    return again


def may_be_redone(case: Complaint) -> bool:
    return case.state == State.ANSWERED and case.grade is not None and case.grade <= Grade.UNSATISFIED
