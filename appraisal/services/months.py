"""The month's path: each step once, by whoever may take it, with the last day of the next one (MONTH-1, DESIGN §3)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from appraisal import rules
from appraisal.models import (
    AppraisalSettings,
    MonthlyReport,
    ProposalState,
    ReportState,
    WithholdingProposal,
)
from appraisal.notifying import months as notifying
from appraisal.rules import Move, Refusal
from appraisal.services import objections
from appraisal.services.ledger import today as day_of
from appraisal.turns import months as turns
from common import audit, calendar
from common.problems import Refused
from common.versions import check_unchanged, version_of

REFUSALS: Mapping[Refusal, Any] = {
    Refusal.WRONG_STEP: gettext_lazy("The month is at another step by now."),
    Refusal.INVOLVED: gettext_lazy("Nobody confirms or reviews a month in which they have a hand."),
    Refusal.NOT_YOURS: gettext_lazy("This step is for others to take."),
    Refusal.NOT_YET: gettext_lazy("The publication is not over: the month can be reported after it."),
    Refusal.OBJECTIONS: gettext_lazy(
        "Objections are still to be decided: the month can be reported after that."
    ),
    Refusal.NOT_NIL: gettext_lazy("The month has entries: it takes the path of its steps."),
    Refusal.REASON: gettext_lazy("Say why."),
}
#: Who took the step that leads to a state, so that a second tap of theirs finds it done.
TAKEN_BY: Mapping[Move, str] = {
    Move.CONFIRM: "confirmed_by_id",
    Move.PUBLISH: "published_by_id",
    Move.REPORT: "reported_by_id",
    Move.NIL: "reported_by_id",
    Move.ACCEPT: "accepted_by_id",
    Move.SEND_BACK: "sent_back_by_id",
}
VERBS: Mapping[Move, str] = {
    Move.CONFIRM: "month_confirmed",
    Move.PUBLISH: "month_published",
    Move.REPORT: "month_reported",
    Move.NIL: "month_reported_nil",
    Move.ACCEPT: "month_accepted",
    Move.SEND_BACK: "month_sent_back",
}


@transaction.atomic
def month_confirm(*, report: MonthlyReport, actor: User, now: datetime) -> MonthlyReport:
    """Together with what it proposes to withhold."""

    def take(report: MonthlyReport) -> dict[str, Any]:
        report.confirmed_by, report.confirmed_at = actor, now
        report.due_on = _working_days_on(day_of(now), _settings().publish_days)
        drafts = WithholdingProposal.objects.filter(report=report, state=ProposalState.DRAFT)
        return {"proposals": drafts.update(state=ProposalState.CONFIRMED)}

    report, taken = _step(Move.CONFIRM, report, actor, now, take)
    if taken:
        notifying.confirmed(report, actor.pk, now)
    return report


@transaction.atomic
def month_publish(*, report: MonthlyReport, actor: User, now: datetime) -> MonthlyReport:
    """It hangs for so many working days, the day of publication not counted."""

    def take(report: MonthlyReport) -> dict[str, Any]:
        settings = _settings()
        report.published_by, report.published_at = actor, now
        report.published_until = _working_days_on(day_of(now), settings.publication_days)
        report.due_on = _working_days_on(report.published_until, settings.until_report_days)
        return {"until": report.published_until}

    report, taken = _step(Move.PUBLISH, report, actor, now, take)
    if taken:
        notifying.published(report, now)
    return report


@transaction.atomic
def month_report(
    *, report: MonthlyReport, answer: str = "", seen: str | None = None, actor: User, now: datetime
) -> MonthlyReport:
    """To the city; what was sent back, with an answer to that. `seen` is the version (`version`) that was read."""
    answer = answer.strip()

    def take(report: MonthlyReport) -> dict[str, Any]:
        if report.state == ReportState.SENT_BACK:
            if not answer:
                raise Refused(_("Answer what the city has sent it back for."), "answer")
            report.answer = answer
        _report(report, actor, now)
        return {"answer": answer} if answer else {}

    return _step(Move.REPORT, report, actor, now, take, seen=seen)[0]


@transaction.atomic
def month_nil(*, report: MonthlyReport, actor: User, now: datetime) -> MonthlyReport:
    """Nothing happened: confirmed, published and reported in one. There is nothing to object to."""

    def take(report: MonthlyReport) -> dict[str, Any]:
        report.nil = True
        report.confirmed_by, report.confirmed_at = actor, now
        report.published_by, report.published_at = actor, now
        report.published_until = day_of(now)
        _report(report, actor, now)
        return {}

    return _step(Move.NIL, report, actor, now, take)[0]


@transaction.atomic
def month_accept(
    *, report: MonthlyReport, seen: str | None = None, actor: User, now: datetime
) -> MonthlyReport:
    def take(report: MonthlyReport) -> dict[str, Any]:
        report.accepted_by, report.accepted_at = actor, now
        return {}

    report, taken = _step(Move.ACCEPT, report, actor, now, take, seen=seen)
    if taken:
        notifying.accepted(report, actor.pk, now)
    return report


@transaction.atomic
def month_send_back(
    *, report: MonthlyReport, reason: str, seen: str | None = None, actor: User, now: datetime
) -> MonthlyReport:
    reason = reason.strip()

    def take(report: MonthlyReport) -> dict[str, Any]:
        report.sent_back_by, report.sent_back_at, report.send_back_reason = actor, now, reason
        report.due_on = _working_days_on(day_of(now), _settings().report_days)
        return {"reason": reason}

    report, taken = _step(Move.SEND_BACK, report, actor, now, take, reason, seen)
    if taken:
        notifying.sent_back(report, actor.pk, now)
    return report


# --- A step ---------------------------------------------------------------------------------------------------------


def _step(
    move: Move,
    report: MonthlyReport,
    actor: User,
    now: datetime,
    take: Callable[[MonthlyReport], dict[str, Any]],
    reason: str = "",
    seen: str | None = None,
) -> tuple[MonthlyReport, bool]:
    """The month, and whether this call took the step: the second tap of the same person changes nothing."""
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    report = MonthlyReport.objects.select_for_update(of=("self",)).select_related("unit").get(pk=report.pk)
    state = ReportState(rules.MOVES[move][1].value)
    if report.state == state and getattr(report, TAKEN_BY[move]) == actor.pk:
        return report, False
    today = day_of(now)
    turn = turns.turn_of(report, move, today)
    refusal = _refusal(turn, report, actor, today, reason)
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "reason" if refusal == Refusal.REASON else None)
    check_unchanged(_facts(report), seen)
    if turn.by_city and today > report.due_on and report.first_reported_at is None:
        report.city_held = True
    changes = take(report) | _instead(turn, actor)
    report.state = state
    report.save()
    audit.record(verb=VERBS[move], subject=report, actor=actor, now=now, changes=changes)
    return report, True


def refuse(move: Move, report: MonthlyReport, actor: User, today: date, reason: str = "…") -> Refusal | None:
    """Why this person may not take this step today; None when they may."""
    return _refusal(turns.turn_of(report, move, today), report, actor, today, reason)


def _refusal(
    turn: turns.Turn, report: MonthlyReport, actor: User, today: date, reason: str
) -> Refusal | None:
    refusal = rules.refuse_move(
        turn.move,
        step=rules.Step(report.state),
        is_free=turn.is_free(actor.pk),
        today=today,
        published_until=report.published_until,
        open_objections=open_objections(report),
        entries=report.entries + report.corrections,
        reason=reason,
    )
    if refusal == Refusal.INVOLVED and not turn.is_involved(actor.pk):
        return Refusal.NOT_YOURS
    return refusal


def _instead(turn: turns.Turn, actor: User) -> dict[str, Any]:
    """For the trail: that somebody took a step that is others' to take."""
    if turn.last_resort:
        return {"last_resort": True}
    return {"instead_of_unit": True} if actor.pk in turn.stand_ins else {}


def version(report: MonthlyReport) -> str:
    """Of what a reviewer, or whoever answers one, has read: another one once it went back or came again."""
    return version_of(_facts(report))


def _facts(report: MonthlyReport) -> dict[str, Any]:
    moments = {"reported": report.reported_at, "sent_back": report.sent_back_at}
    # In seconds, whatever the time zone that they are held in.
    return {"state": report.state} | {name: at and at.timestamp() for name, at in moments.items()}


def open_objections(report: MonthlyReport) -> int:
    return objections.of_month(report.unit_id, report.month).open().count()


def _report(report: MonthlyReport, actor: User, now: datetime) -> None:
    report.reported_by, report.reported_at = actor, now
    report.first_reported_at = report.first_reported_at or now
    report.due_on = _working_days_on(day_of(now), _settings().review_days)


def _settings() -> AppraisalSettings:
    return AppraisalSettings.current()


def _working_days_on(day: date, number: int) -> date:
    return calendar.around(day).add_working_days(day, number)
