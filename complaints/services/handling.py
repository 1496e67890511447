"""What the Express does with a case, from accepting it to telling the answer."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role, User
from common import audit
from common.notices import Kind
from common.problems import Refused
from common.rules import local
from complaints import clock, notifying, quoting
from complaints.interests import conflicted, express_people, unit_is_involved
from complaints.models import Complaint, ComplaintEvent, ComplaintSettings, Feedback, Outcome
from complaints.models.cases import SUPERIORS
from complaints.rules import Move, State
from complaints.services.cases import MovedOn, begin, finish, locked, note

#: An answer that others are linked to is still to come.
MASTER_STATES = frozenset({State.RECEIVED, State.ACCEPTED, State.REVIEW})
DECISION = ("outcome", "statement", "measures", "answer")
LIMITS = {"statement": 1000, "measures": 1000, "answer": 2000, "right_door": 200}
REASON_LENGTH = 300
GIVES_AWAY = gettext_lazy(
    "Words of the complaint, or the complainant’s name or phone, stand in it. Say it in your own words."
)

WITH_COMMISSION = gettext_lazy("The case is with the discipline inspection commission.")


# --- What every verb asks -----------------------------------------------------------------------------------------


def _begin(case: Complaint, move: Move, actor: User, now: datetime, revision: int | None) -> Complaint:
    case = begin(case, move, revision=revision)
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    return case


def written(case: Complaint, field: str, value: str, missing: Any = "") -> str:
    """What is stored in the clear: never the complainant's words or contact. Empty only where `missing` is."""
    value = value.strip()
    if missing and not value:
        raise Refused(missing, field)
    limit = LIMITS.get(field, REASON_LENGTH)
    if len(value) > limit:
        raise Refused(_("At most %(limit)s characters.") % {"limit": limit}, field)
    if gives_away(case, value):
        raise Refused(GIVES_AWAY, field)
    return value


def gives_away(case: Complaint, value: str) -> bool:
    """Whether words of a complainant of this matter, or their name or phone, stand in it."""
    return any(
        any(quoting.quotes(value, said) for said in (told.text, told.occasion, told.redo_reason))
        or quoting.names(value, told.contact_name, told.contact_phone)
        for told in Complaint.objects.filter(matter=case.matter)
    )


def _own(case: Complaint, actor: User) -> None:
    if case.handler is None:
        raise Refused(_("Nobody handles this case now. Take it over first."))
    if case.handler_id != actor.pk:
        raise Refused(_("Its handler, %(name)s, does this.") % {"name": case.handler})


def is_express_head(user: User, day: date) -> bool:
    return Membership.objects.current(day).filter(user=user, role=Role.EXPRESS_HEAD).exists()


def _headed(actor: User, now: datetime) -> None:
    if not is_express_head(actor, local(now).date()):
        raise Refused(_("Only the head of the Efficiency Express decides this."))


def _may_handle(case: Complaint, user: User, now: datetime) -> None:
    """Who is not satisfied is heard by somebody else."""
    if user.pk in not_again(case, local(now).date()):
        raise Refused(
            _("%(name)s handled it the first time: somebody else must do it again.") % {"name": user},
            "handler",
        )


def not_again(case: Complaint, day: date, *, without: int | None = None) -> set[int]:
    """Whoever had a hand in the first answer, and so has none in the second: who handled, drafted or closed it. Where
    nobody else is left, besides `without`, those who only closed it may."""
    if case.redo_of_id is None:
        return set()
    before = ComplaintEvent.objects.filter(complaint__matter=case.matter).exclude(complaint=case)
    hands = _actors(before, Move.ACCEPT, Move.SUBMIT)
    rows = Complaint.objects.filter(matter=case.matter).exclude(pk=case.pk)
    hands |= set(rows.filter(handler__isnull=False).values_list("handler", flat=True))
    all_hands = hands | _actors(before, Move.CLOSE)
    left = express_people(day) - all_hands - {without}
    return all_hands if left - conflicted(left, case, day) else hands


def _actors(events: QuerySet[ComplaintEvent], *moves: Move) -> set[int]:
    found = events.filter(kind__in=[move.value for move in moves], actor__isnull=False)
    return set(found.order_by().values_list("actor", flat=True))


def has_receipt(case: Complaint) -> bool:
    """Whether the complainant reads the answer on the page of a receipt."""
    return bool(case.source.receipt)


def _without_interest(people: Iterable[int], case: Complaint, actor: User, now: datetime) -> set[int]:
    """Whoever is told of a case: never somebody who must not know of it, nor who has just done it."""
    asked = set(people) - {actor.pk}
    return asked - conflicted(asked, case, local(now).date())


def _tell(kind: Kind, case: Complaint, people: Iterable[int], actor: User, now: datetime) -> None:
    notifying.of_case(kind, case, _without_interest(people, case, actor, now), now)


# --- In and on its way --------------------------------------------------------------------------------------------


@transaction.atomic
def accept(*, case: Complaint, actor: User, now: datetime, revision: int | None = None) -> Complaint:
    """Whoever accepts handles it."""
    case = _begin(case, Move.ACCEPT, actor, now, revision)
    _may_handle(case, actor, now)
    case.handler, case.accepted_at = actor, now
    return finish(case, Move.ACCEPT, State.ACCEPTED, ["handler", "accepted_at"], actor=actor, now=now)


@transaction.atomic
def refuse(
    *,
    case: Complaint,
    reason: str,
    right_door: str,
    actor: User,
    now: datetime,
    revision: int | None = None,
) -> Complaint:
    """Not accepted, with the reason and the door that is the right one."""
    case = _begin(case, Move.REFUSE, actor, now, revision)
    if case.redo_of_id is not None:
        raise Refused(_("A case that is done again is handled and answered."))
    if case.duplicates.filter(state=State.LINKED).exists():
        raise Refused(_("Others are linked to this case and wait for its answer: accept it, or link it too."))
    case.refusal_reason = written(case, "reason", reason, _("Say why it is not accepted."))
    case.right_door = written(case, "right_door", right_door, _("Say who is the right one."))
    return finish(
        case, Move.REFUSE, State.NOT_ACCEPTED, ["refusal_reason", "right_door"], actor=actor, now=now
    )


@transaction.atomic
def dispatch(
    *, case: Complaint, to_unit: bool, actor: User, now: datetime, revision: int | None = None
) -> Complaint:
    """Let its unit verify, which sees points and never the case; or keep it at the Express."""
    case = _begin(case, Move.DISPATCH, actor, now, revision)
    _own(case, actor)
    if to_unit and unit_is_involved(case, local(now).date()):
        raise Refused(
            _("Who answers for the unit is whom the complaint is about: the Efficiency Express keeps it."),
            "to",
        )
    case.dispatched_to, case.dispatched_at = (case.unit, now) if to_unit else (None, None)
    facts = {"unit": case.unit.code} if to_unit else {"kept": True}
    return finish(
        case,
        Move.DISPATCH,
        State.ACCEPTED,
        ["dispatched_to", "dispatched_at"],
        actor=actor,
        now=now,
        **facts,
    )


@transaction.atomic
def unit_return(
    *, case: Complaint, reason: str, actor: User, now: datetime, revision: int | None = None
) -> Complaint:
    """The unit cannot verify it; the clock keeps running. For the unit's officers and heads only."""
    case = begin(case, Move.RETURN, revision=revision)
    if case.dispatched_to_id is None:
        raise Refused(_("The case is not with the unit any more."))
    held = Membership.objects.current(local(now).date()).filter(user=actor, unit=case.dispatched_to_id)
    if not held.filter(role__in=SUPERIORS).exists():
        raise Refused(_("Only the unit that verifies can return it."))
    # Not compared with the complaint: a refusal would tell the unit that it has guessed who complained.
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why it is returned."), "reason")
    if len(reason) > REASON_LENGTH:
        raise Refused(_("At most %(limit)s characters.") % {"limit": REASON_LENGTH}, "reason")
    unit, case.dispatched_to, case.dispatched_at = case.dispatched_to, None, None
    case.return_reason = reason
    case = finish(
        case,
        Move.RETURN,
        State.ACCEPTED,
        ["dispatched_to", "dispatched_at", "return_reason"],
        actor=actor,
        now=now,
        unit=unit.code if unit else "",
    )
    _tell(notifying.RETURNED, case, _handling(case, now), actor, now)
    return case


def _handling(case: Complaint, now: datetime) -> set[int]:
    """Its handler; of a case that nobody handles, everybody who could."""
    return express_people(local(now).date()) if case.handler_id is None else {case.handler_id}


@transaction.atomic
def assign(
    *, case: Complaint, handler: User, actor: User, now: datetime, revision: int | None = None
) -> Complaint:
    """Another handler, or the first after one stepped back."""
    case = locked(case)
    if revision is not None and revision != case.revision:
        raise MovedOn(case)
    if case.state != State.ACCEPTED:
        raise Refused(_("Only a case that is being handled changes its handler."))
    day = local(now).date()
    if conflicted([actor.pk], case, day):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if handler.pk == case.handler_id:
        raise Refused(_("%(name)s handles it already.") % {"name": handler}, "handler")
    if handler.pk not in express_people(day) or conflicted([handler.pk], case, day):
        raise Refused(_("%(name)s cannot handle this case.") % {"name": handler}, "handler")
    _may_handle(case, handler, now)
    before, case.handler = case.handler_id, handler
    case.revision += 1
    case.save(update_fields=["handler", "revision"])
    note(case, "assigned", actor, now, handler=str(handler))
    changes = {"handler": [before, handler.pk]}
    audit.record(verb="complaint_assigned", subject=case, actor=actor, now=now, changes=changes)
    _tell(notifying.ASSIGNED, case, [handler.pk], actor, now)
    return case


@transaction.atomic
def link(
    *, case: Complaint, master: Complaint, actor: User, now: datetime, revision: int | None = None
) -> Complaint:
    """The same matter once more: answered together with its master, on its own receipt."""
    # Two that are linked to each other at once would otherwise wait for each other.
    pks = [case.pk, master.pk]
    list(Complaint.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
    case = _begin(case, Move.LINK, actor, now, revision)
    master = locked(master)
    _refuse_link(case, master)
    hands = {pk for pk in (master.handler_id, master.submitted_by_id) if pk is not None}
    if conflicted(hands, case, local(now).date()):
        raise Refused(_("Who handles that case has an interest in this one: give it to somebody else first."))
    case.master, case.matter = master, master.matter
    return finish(
        case, Move.LINK, State.LINKED, ["master", "matter"], actor=actor, now=now, master=master.number
    )


def _refuse_link(case: Complaint, master: Complaint) -> None:
    if master.pk == case.pk or (master.unit_id, master.cadre_id) != (case.unit_id, case.cadre_id):
        # What is found of one says nothing of another.
        raise Refused(_("Choose another case about the same unit or the same person."), "master")
    if master.master_id is not None:
        raise Refused(_("That case is itself linked to another one. Choose the other one."), "master")
    if master.state not in MASTER_STATES:
        raise Refused(
            _("That case is “%(state)s”: nothing can be linked to it.")
            % {"state": master.get_state_display()},
            "master",
        )
    if case.redo_of_id is not None:
        raise Refused(_("A case that is done again is answered by itself."))
    if case.duplicates.exists():
        raise Refused(_("Others are linked to this case. Link that one to this one instead."))


@transaction.atomic
def extend(
    *, case: Complaint, reason: str, actor: User, now: datetime, revision: int | None = None
) -> Complaint:
    """Once, before the period is over, by a head who does not handle it. It never counts as within 3 days again."""
    case = _begin(case, Move.EXTEND, actor, now, revision)
    _headed(actor, now)
    if case.handler_id == actor.pk:
        raise Refused(_("You handle this case: another head decides on its extension."))
    if case.extended_at is not None:
        raise Refused(_("It has been extended once. There is no second time."))
    if now >= case.due_at:
        raise Refused(_("Its time is over: it can only be extended before."))
    case.extension_reason = written(case, "reason", reason, _("Say why it needs more time."))
    extra, reason = ComplaintSettings.current().extension_days, case.extension_reason
    for duplicate in _duplicates(case):
        # One whose time is over stays late.
        if now < duplicate.due_at and duplicate.extended_at is None:
            fields, facts = _prolonged(duplicate, extra, reason, actor, now)
            duplicate.save(update_fields=fields)
            note(duplicate, Move.EXTEND.value, actor, now, **facts)
    fields, facts = _prolonged(case, extra, reason, actor, now)
    return finish(case, Move.EXTEND, State.ACCEPTED, fields, actor=actor, now=now, **facts)


def _prolonged(
    case: Complaint, extra: int, reason: str, actor: User, now: datetime
) -> tuple[list[str], dict[str, Any]]:
    """Fill the columns of the clock anew; which ones those were, and what the record says."""
    before = case.due_at
    columns = clock.lengthened(case, extra) | {
        "first_due_at": before,
        "extended_at": now,
        "extended_by": actor,
        "extension_reason": reason,
    }
    for name, value in columns.items():
        setattr(case, name, value)
    facts = {"days": extra, "before": before.isoformat(), "after": case.due_at.isoformat(), "reason": reason}
    return list(columns), facts


# --- The answer ---------------------------------------------------------------------------------------------------


@transaction.atomic
def submit(
    *,
    case: Complaint,
    outcome: str,
    statement: str,
    measures: str,
    answer: str,
    actor: User,
    now: datetime,
    revision: int | None = None,
) -> Complaint:
    """The drafted answer goes to a second pair of eyes."""
    case = _begin(case, Move.SUBMIT, actor, now, revision)
    _own(case, actor)
    if outcome not in Outcome.values:
        raise Refused(_("Choose what came out."), "outcome")
    proven = outcome in (Outcome.SUBSTANTIATED, Outcome.PARTLY)
    without = _("What is substantiated needs a statement of fact: it alone reaches the accused.")
    case.outcome = outcome
    case.statement = written(case, "statement", statement, without if proven else "")
    case.measures = written(case, "measures", measures)
    case.answer = written(case, "answer", answer, _("Write the answer to the complainant."))
    case.submitted_by, case.submitted_at = actor, now
    case = finish(
        case,
        Move.SUBMIT,
        State.REVIEW,
        [*DECISION, "submitted_by", "submitted_at"],
        actor=actor,
        now=now,
        outcome=outcome,
    )
    _tell(notifying.SUBMITTED, case, express_people(local(now).date()), actor, now)
    return case


@transaction.atomic
def send_back(
    *, case: Complaint, reason: str, actor: User, now: datetime, revision: int | None = None
) -> Complaint:
    """The draft stays and is written again."""
    case = _begin(case, Move.SEND_BACK, actor, now, revision)
    reason = written(case, "reason", reason, _("Say what is to be changed."))
    case.submitted_by, case.submitted_at = None, None
    case = finish(
        case,
        Move.SEND_BACK,
        State.ACCEPTED,
        ["submitted_by", "submitted_at"],
        actor=actor,
        now=now,
        reason=reason,
    )
    _tell(notifying.SENT_BACK, case, _handling(case, now), actor, now)
    return case


@transaction.atomic
def close(
    *,
    case: Complaint,
    feedback: str,
    remark: str = "",
    actor: User,
    now: datetime,
    revision: int | None = None,
) -> Complaint:
    """By a second pair of eyes. On the receipt's page it is answered at once; otherwise it waits until it is told."""
    case = _begin(case, Move.CLOSE, actor, now, revision)
    if case.submitted_by_id == actor.pk:
        raise Refused(_("You have written this answer: somebody else checks and closes it."))
    if actor.pk in not_again(case, local(now).date(), without=case.submitted_by_id):
        raise Refused(_("You have had a hand in the first answer: somebody else closes the second."))
    _refuse_feedback(case, feedback)
    # Others may have been linked to it since it was drafted.
    if any(gives_away(case, words) for words in (case.statement, case.measures, case.answer)):
        raise Refused(
            _("Words of a complainant stand in the answer: send it back to be written in other words.")
        )
    remark = written(case, "remark", remark)
    case.closed_by, case.closed_at, case.feedback = actor, now, feedback
    fields, to = ["closed_by", "closed_at", "feedback"], State.CLOSED
    if feedback == Feedback.RECEIPT:
        case.answered_at, to = now, State.ANSWERED
        fields.append("answered_at")
    facts: dict[str, Any] = {"feedback": feedback, "outcome": case.outcome}
    if remark:
        facts["remark"] = remark
    case = finish(case, Move.CLOSE, to, fields, actor=actor, now=now, **facts)
    _answer_duplicates(case, actor, now)
    _tell_closed(case, actor, now)
    return case


def _refuse_feedback(case: Complaint, feedback: str) -> None:
    if feedback not in Feedback.values:
        raise Refused(_("Choose how the complainant is told."), "feedback")
    if feedback == Feedback.RECEIPT and not has_receipt(case):
        raise Refused(_("The complainant has no receipt. Choose another way."), "feedback")


def _duplicates(case: Complaint) -> Iterable[Complaint]:
    rows = Complaint.objects.select_for_update(of=("self",)).filter(master=case, state=State.LINKED)
    return rows.select_related("unit", "cadre", "redo_of").order_by("pk")


def _answer_duplicates(case: Complaint, actor: User, now: datetime) -> None:
    """Each with the same answer on a receipt of its own; whoever has none is told one by one."""
    for duplicate in list(_duplicates(case)):
        for name in (*DECISION, "closed_at"):
            setattr(duplicate, name, getattr(case, name))
        fields = [*DECISION, "closed_at"]
        if not has_receipt(duplicate):
            duplicate.save(update_fields=fields)
            continue
        duplicate.feedback, duplicate.answered_at = Feedback.RECEIPT, now
        finish(
            duplicate,
            Move.FEED_BACK,
            State.ANSWERED,
            [*fields, "feedback", "answered_at"],
            actor=actor,
            now=now,
            feedback=Feedback.RECEIPT.value,
        )


def _tell_closed(case: Complaint, actor: User, now: datetime) -> None:
    # Imported here: what reaches the accused builds on the verbs of this room.
    from complaints.services import hearing

    hearing.tell_closed(case=case, actor=actor, now=now)


@transaction.atomic
def feed_back(
    *,
    case: Complaint,
    feedback: str,
    at: datetime,
    remark: str = "",
    actor: User,
    now: datetime,
    revision: int | None = None,
) -> Complaint:
    """Told, by whom and when: only then is the case answered. What is entered after the end as told before it needs a
    reason, which stands in the record with the time of entry."""
    case = _begin(case, Move.FEED_BACK, actor, now, revision)
    if case.closed_at is None:
        raise Refused(_("The case it is linked to has not been closed yet."))
    _refuse_feedback(case, feedback)
    if at > now:
        raise Refused(_("This time is still to come."), "day")
    if at < case.closed_at:
        raise Refused(_("The complainant cannot have been told before the case was closed."), "day")
    why = _("It is entered after the last day as told before: say why so late, and who can confirm it.")
    remark = written(case, "remark", remark, why if at < case.due_at <= now else "")
    case.feedback, case.answered_at = feedback, at
    return finish(
        case,
        Move.FEED_BACK,
        State.ANSWERED,
        ["feedback", "answered_at"],
        actor=actor,
        now=now,
        feedback=feedback,
        **({"remark": remark} if remark else {}),
    )


# --- To the commission --------------------------------------------------------------------------------------------


@transaction.atomic
def refer(
    *, case: Complaint, reason: str, actor: User, now: datetime, revision: int | None = None
) -> Complaint:
    """To the discipline inspection commission, with all that is linked to it: frozen, and hidden from everybody
    else."""
    case = _begin(case, Move.REFER, actor, now, revision)
    _headed(actor, now)
    reason = written(case, "reason", reason, _("Say why it is referred."))
    commission = _commission(now)
    if not _without_interest(commission, case, actor, now):
        raise Refused(
            _(
                "Nobody of the commission may know of this case: name somebody without an interest there first."
            )
        )
    for row in [case, *_duplicates(case)]:
        row.referred_at, row.referred_by, row.referral_reason = now, actor, reason
        finish(
            row,
            Move.REFER,
            State.REFERRED,
            ["referred_at", "referred_by", "referral_reason"],
            actor=actor,
            now=now,
            reason=reason,
        )
    notifying.forget(Complaint.objects.filter(matter=case.matter), but=commission)
    _tell(notifying.REFERRED, case, commission, actor, now)
    return case


def is_referred(case: Complaint) -> bool:
    return Complaint.objects.filter(matter=case.matter, state=State.REFERRED).exists()


def _commission(now: datetime) -> set[int]:
    held = Membership.objects.current(local(now).date()).filter(role=Role.DISCIPLINE, user__is_active=True)
    return set(held.values_list("user", flat=True))


# --- What is only written down ------------------------------------------------------------------------------------


@transaction.atomic
def unmask(*, case: Complaint, reason: str, actor: User, now: datetime) -> None:
    """Before the contact is shown it is written down who asked for it and why."""
    case = locked(case)
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if is_referred(case) and actor.pk not in _commission(now):
        raise Refused(WITH_COMMISSION)
    reason = written(case, "reason", reason, _("Say what the contact is needed for."))
    note(case, "unmasked", actor, now, reason=reason)
    audit.record(verb="complaint_unmasked", subject=case, actor=actor, now=now, changes={"reason": reason})


@transaction.atomic
def call_back(*, case: Complaint, reached: bool, remark: str, actor: User, now: datetime) -> None:
    """A call to the complainant, reached or not."""
    case = locked(case)
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if is_referred(case):
        raise Refused(WITH_COMMISSION)
    remark = written(case, "remark", remark)
    note(case, "called_back", actor, now, reached=reached, remark=remark)
    audit.record(
        verb="complaint_called_back", subject=case, actor=actor, now=now, changes={"reached": reached}
    )
