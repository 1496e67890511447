"""What the Express does with a case, from accepting it to telling the answer."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role, User
from common import audit, calendar
from common.notices import Kind
from common.problems import Refused
from common.rules import local
from complaints import clock, notifying, quoting
from complaints.interests import conflicted, express_people, unit_is_involved
from complaints.models import Complaint, ComplaintSettings, Feedback, Outcome
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
    source = case.source
    said = (source.text, source.redo_reason, case.redo_reason)
    if any(quoting.quotes(value, words) for words in said) or quoting.names(
        value, source.contact_name, source.contact_phone
    ):
        raise Refused(GIVES_AWAY, field)
    return value


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


def _may_handle(case: Complaint, user: User) -> None:
    """Who is not satisfied is heard by somebody else."""
    if case.redo_of is not None and case.redo_of.handler_id == user.pk:
        raise Refused(
            _("%(name)s handled it the first time: somebody else must do it again.") % {"name": user},
            "handler",
        )


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
    _may_handle(case, actor)
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
        raise MovedOn(case, case.events.select_related("actor").last())
    if case.state != State.ACCEPTED:
        raise Refused(_("Only a case that is being handled changes its handler."))
    day = local(now).date()
    if conflicted([actor.pk], case, day):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if handler.pk == case.handler_id:
        raise Refused(_("%(name)s handles it already.") % {"name": handler}, "handler")
    if handler.pk not in express_people(day) or conflicted([handler.pk], case, day):
        raise Refused(_("%(name)s cannot handle this case.") % {"name": handler}, "handler")
    _may_handle(case, handler)
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
    case.master = master
    return finish(case, Move.LINK, State.LINKED, ["master"], actor=actor, now=now, master=master.number)


def _refuse_link(case: Complaint, master: Complaint) -> None:
    if master.pk == case.pk or master.unit_id != case.unit_id:
        raise Refused(_("Choose another case of the same unit."), "master")
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
    extra = ComplaintSettings.current().extension_days
    before = case.due_at
    fields = _restarted(case, extra)
    case.first_due_at, case.extended_at, case.extended_by = before, now, actor
    fields += ["first_due_at", "extended_at", "extended_by", "extension_reason"]
    facts = {"days": extra, "before": before.isoformat(), "after": case.due_at.isoformat()}
    return finish(
        case, Move.EXTEND, State.ACCEPTED, fields, actor=actor, now=now, reason=case.extension_reason, **facts
    )


def _restarted(case: Complaint, extra: int) -> list[str]:
    """Fill the columns of the clock anew; which ones those were."""
    received = local(case.received_at).date()
    known = clock.versions(clock.years(received))
    columns = clock.extended(received, case.days, extra, case.mode, calendar.around(received), known)
    for name, value in columns.items():
        setattr(case, name, value)
    return list(columns)


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
    _refuse_feedback(case, feedback)
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
    actor: User,
    now: datetime,
    revision: int | None = None,
) -> Complaint:
    """Told, by whom and when: only then is the case answered."""
    case = _begin(case, Move.FEED_BACK, actor, now, revision)
    if case.closed_at is None:
        raise Refused(_("The case it is linked to has not been closed yet."))
    _refuse_feedback(case, feedback)
    if at > now:
        raise Refused(_("This time is still to come."), "day")
    if at < case.closed_at:
        raise Refused(_("The complainant cannot have been told before the case was closed."), "day")
    case.feedback, case.answered_at = feedback, at
    return finish(
        case,
        Move.FEED_BACK,
        State.ANSWERED,
        ["feedback", "answered_at"],
        actor=actor,
        now=now,
        feedback=feedback,
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
    _tell(notifying.REFERRED, case, _commission(now), actor, now)
    return case


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
    reason = written(case, "reason", reason, _("Say what the contact is needed for."))
    note(case, "unmasked", actor, now, reason=reason)
    audit.record(verb="complaint_unmasked", subject=case, actor=actor, now=now, changes={"reason": reason})


@transaction.atomic
def call_back(*, case: Complaint, reached: bool, remark: str, actor: User, now: datetime) -> None:
    """A call to the complainant, reached or not."""
    case = locked(case)
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if case.state == State.REFERRED:
        raise Refused(_("The case is with the discipline inspection commission."))
    remark = written(case, "remark", remark)
    note(case, "called_back", actor, now, reached=reached, remark=remark)
    audit.record(
        verb="complaint_called_back", subject=case, actor=actor, now=now, changes={"reached": reached}
    )
