"""A fair hearing: reworded questions to the accused or the unit, their answers, and who hears that it came to nothing.

Never the text, its source or the evidence (检举控告规则 47, 信访工作条例 30; DOMAIN §6).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import access_of
from accounts.models import Membership, Role, Unit, User
from cards.models import Cadre
from common import audit, calendar
from common.problems import Refused
from common.rules import local
from complaints import notifying_hearing as notifying
from complaints import points, rules
from complaints.interests import conflicted, unit_is_involved
from complaints.models import Complaint, Outcome, VerificationPoint
from complaints.models.cases import SUPERIORS
from complaints.rules import Move, State
from complaints.services.cases import begin, finish, locked, note
from complaints.services.handling import GIVES_AWAY, gives_away, is_express_head, unit_return

LIMITS = {"text": 500, "decision": 300, "answer": 2000}


class To(StrEnum):
    ACCUSED = "accused"
    UNIT = "unit"


class Way(StrEnum):
    """What the Express head decides about a question that could tell who complained."""

    REWORDED = "reworded"
    #: Of the unit, in general terms.
    UNIT = "unit"
    DROP = "drop"


# --- Asking -------------------------------------------------------------------------------------------------------


@transaction.atomic
def point_write(
    *,
    case: Complaint,
    to: str,
    text: str,
    would_identify: bool,
    actor: User,
    now: datetime,
    revision: int | None = None,
) -> VerificationPoint:
    """A question by the case's handler; asked at once unless asking would tell who complained."""
    case = begin(case, Move.ASK, revision=revision)
    if case.handler_id != actor.pk:
        raise Refused(_("Only who handles the case puts questions."))
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    point = VerificationPoint(
        complaint=case,
        text=_reworded(case, text, "text", _("Write the question.")),
        would_identify=would_identify,
        written_by=actor,
        written_at=now,
    )
    _address(point, case, to, now)
    if not would_identify:
        return _ask(point, case, actor, now)
    point.save(force_insert=True)
    note(case, "point_written", actor, now)
    audit.record(verb="complaint_point_written", subject=case, actor=actor, now=now)
    notifying.of_case(notifying.HELD, point, _heads(case, now) - {actor.pk}, now)
    return point


@transaction.atomic
def point_decide(
    *, point: VerificationPoint, way: str, text: str, words: str, actor: User, now: datetime
) -> VerificationPoint:
    """How a held question is asked, if it is. `text` replaces the handler's; `words` say why, for the record."""
    case = begin(point.complaint, Move.ASK)
    point = _locked(point, case)
    if not is_express_head(actor, local(now).date()):
        raise Refused(_("Only the head of the Efficiency Express decides this."))
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if actor.pk in (point.written_by_id, case.handler_id):
        raise Refused(_("The question is yours: another head decides how it is put."))
    if not point.would_identify or point.decided_by_id is not None:
        raise Refused(_("This has been decided already."))
    point.decision = _reworded(case, words, "decision", _("Say why."))
    point.decided_by = actor
    note(case, "point_decided", actor, now, way=Way(way).value)
    changes = {"way": Way(way).value}
    audit.record(verb="complaint_point_decided", subject=case, actor=actor, now=now, changes=changes)
    if Way(way) == Way.DROP:
        point.save(update_fields=["decision", "decided_by"])
    else:
        point.text = _reworded(case, text, "text", _("Write the question."))
        if Way(way) == Way.UNIT:
            _address(point, case, To.UNIT, now)
        _ask(point, case, actor, now)
    notifying.of_case(notifying.DECIDED, point, _handler(case), now)
    return point


def _ask(point: VerificationPoint, case: Complaint, actor: User, now: datetime) -> VerificationPoint:
    """It is asked from now on, and answered by the end of the next working day."""
    today = local(now).date()
    point.asked_at, point.due_at = now, rules.ends_at(calendar.around(today).next_working_day(today))
    point.save()
    asked = To.UNIT if point.cadre is None else To.ACCUSED
    finish(case, Move.ASK, State.ACCEPTED, [], actor=actor, now=now, asked=asked.value)
    notifying.asked(point, _asked(point, case, now), now)
    return point


def _address(point: VerificationPoint, case: Complaint, to: str, now: datetime) -> None:
    """Fill in whom it goes to, or refuse."""
    if To(to) == To.ACCUSED:
        if case.cadre is None:
            raise Refused(_("The complaint names nobody: ask the unit."), "to")
        point.cadre, point.unit = case.cadre, None
        return
    if unit_is_involved(case, local(now).date()):
        raise Refused(
            _("Who answers for the unit is whom the complaint is about: the unit must not hear of it."), "to"
        )
    point.cadre, point.unit = None, case.dispatched_to or case.unit


def _reworded(case: Complaint, value: str, field: str, missing: str) -> str:
    """Words that others read: neither the complainant's own nor their name."""
    value = value.strip()
    if not value:
        raise Refused(missing, field)
    if len(value) > LIMITS[field]:
        raise Refused(_("At most %(limit)s characters.") % {"limit": LIMITS[field]}, field)
    if gives_away(case, value):
        raise Refused(GIVES_AWAY, field)
    return value


# --- Answering ----------------------------------------------------------------------------------------------------


@transaction.atomic
def point_answer(*, point: VerificationPoint, text: str, actor: User, now: datetime) -> VerificationPoint:
    """Once; after its day still, which the page then says."""
    case = locked(point.complaint)
    point = _locked(point, case)
    if not may_answer(point, actor, now):
        raise Refused(_("This question is not for you to answer."))
    if point.answered_at is not None:
        raise Refused(_("This question has been answered already."))
    # Nothing of how the case stands reaches those it is about.
    if not rules.can(case.state, Move.ANSWER_POINT):
        raise Refused(_("The verification is over: no answer is needed any more."))
    answer = text.strip()
    if not answer:
        raise Refused(_("Write the answer."), "text")
    if len(answer) > LIMITS["answer"]:
        raise Refused(_("At most %(limit)s characters.") % {"limit": LIMITS["answer"]}, "text")
    point.answer, point.answered_by, point.answered_at = answer, actor, now
    point.save(update_fields=["answer", "answered_by", "answered_at"])
    late = point.due_at is not None and now > point.due_at
    finish(case, Move.ANSWER_POINT, State.ACCEPTED, [], actor=actor, now=now, late=late)
    if case.handler_id != actor.pk:
        notifying.of_case(notifying.ANSWERED, point, _handler(case), now)
    return point


@transaction.atomic
def point_return(*, point: VerificationPoint, reason: str, actor: User, now: datetime) -> None:
    """The unit that was to verify gives the case back; the reason is its answer to all that it was asked."""
    case = locked(point.complaint)
    point = _locked(point, case)
    if not may_answer(point, actor, now):
        raise Refused(_("This question is not for you to answer."))
    if not rules.can(case.state, Move.RETURN):
        raise Refused(_("The verification is over: no answer is needed any more."))
    unit = case.dispatched_to_id
    unit_return(case=case, reason=reason, actor=actor, now=now)
    waiting = case.points.asked().filter(unit=unit, answered_at=None)
    waiting.update(answer=reason.strip(), answered_by=actor, answered_at=now)


def may_answer(point: VerificationPoint, user: User, now: datetime) -> bool:
    """The accused for themselves; for a unit, and for a colleague without an account, whoever answers for the unit;
    the case's handler where only they can ask."""
    if point.asked_at is None:
        return False
    if point.cadre is not None and point.cadre.user_id is not None:
        return point.cadre.user_id == user.pk
    if point.cadre is not None and is_asked_in_person(point.complaint, now):
        return point.complaint.handler_id == user.pk
    today = local(now).date()
    return points.of_units(access_of(user, today), today).filter(pk=point.pk).exists()


def _locked(point: VerificationPoint, case: Complaint) -> VerificationPoint:
    rows = VerificationPoint.objects.select_for_update(of=("self",)).select_related("cadre__unit", "unit")
    point = rows.get(pk=point.pk)
    point.complaint = case
    return point


# --- Who hears of it ----------------------------------------------------------------------------------------------


def _heads(case: Complaint, now: datetime) -> set[int]:
    today = local(now).date()
    held = Membership.objects.current(today).filter(role=Role.EXPRESS_HEAD)
    heads = set(held.values_list("user", flat=True))
    return heads - conflicted(heads, case, today)


def _handler(case: Complaint) -> list[int]:
    return [case.handler_id] if case.handler_id is not None else []


def _asked(point: VerificationPoint, case: Complaint, now: datetime) -> set[int]:
    """The accused; for one without an account the unit's officers, unless the unit must not hear of it."""
    if point.cadre is None:
        return _answering(point.unit, SUPERIORS, case, now)
    if point.cadre.user_id is not None:
        return {point.cadre.user_id}
    return _entering(case, point.cadre, now)


def _entering(case: Complaint, accused: Cadre, now: datetime) -> set[int]:
    """Who puts a question to a colleague without an account and enters the answer."""
    if unit_is_involved(case, local(now).date()):
        return set()
    return _answering(accused.unit, (Role.UNIT_OFFICER,), case, now)


def is_asked_in_person(case: Complaint, now: datetime) -> bool:
    """Whether a question to the accused reaches nobody: without an account, and with nobody at the unit who may hear of
    it. Its handler then asks in person and enters the answer."""
    accused = case.cadre
    return accused is not None and accused.user_id is None and not _entering(case, accused, now)


def _answering(unit: Unit | None, roles: Iterable[str], case: Complaint, now: datetime) -> set[int]:
    held = Membership.objects.current(local(now).date()).filter(unit=unit, role__in=list(roles))
    return points.without_interest(held.values_list("user", flat=True), case)


@transaction.atomic
def tell_closed(*, case: Complaint, actor: User, now: datetime) -> None:
    """After closing: the accused can read what was found; whoever the accusation reached hears that it was nothing."""
    if case.outcome == Outcome.CLEARED:
        tell_cleared(case=case, actor=actor, now=now)
    elif case.outcome in points.FOUND and case.cadre is not None and case.cadre.user_id is not None:
        notifying.statement(case, [case.cadre.user_id], now)
    elif case.outcome in points.FOUND and case.cadre is not None:
        notifying.unit_statement(case, _entering(case, case.cadre, now), now)
    elif case.outcome in points.FOUND:
        notifying.unit_statement(case, _answering(case.unit, SUPERIORS, case, now), now)


@transaction.atomic
def tell_cleared(*, case: Complaint, actor: User, now: datetime) -> None:
    """Clearing has the reach of the accusation: the accused, and the unit's people, who were asked."""
    told: set[int] = set()
    asked = VerificationPoint.objects.asked().filter(complaint__matter=case.matter)
    for point in points.for_lists(asked.order_by("pk")):
        to = _asked(point, case, now)
        if point.cadre is not None and point.cadre.user_id is not None:
            notifying.cleared(case, to, now)
        else:
            notifying.unit_cleared(point, to, now)
        told |= to
    if told:
        note(case, "cleared", actor, now, told=len(told))
