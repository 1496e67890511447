"""A month's path in words: its steps, whose turn it is, and why it is not the reader's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.history import Line
from accounts.models import User
from appraisal.models import MonthlyReport, ReportState
from appraisal.notifying.stages import month_name
from appraisal.pipeline import PLACE
from appraisal.pipeline import Line as Place
from appraisal.rules import Move, Refusal
from appraisal.turns.months import Turn
from common import audit
from common.templatetags.components import zh_date, zh_datetime

TONES: Mapping[str, str] = {
    ReportState.DRAFTED: "out",
    ReportState.CONFIRMED: "info",
    ReportState.PUBLISHED: "info",
    ReportState.REPORTED: "info",
    ReportState.SENT_BACK: "bad",
    ReportState.ACCEPTED: "on",
}
#: Names that are said; of more only their number.
NAMED = 3


@dataclass(frozen=True)
class StepView:
    """As the component draws it: done, current, late or nothing."""

    label: str
    note: str
    state: str


def title(month: date) -> str:
    return _("Assessment of %(month)s") % {"month": month_name(month)}


def own_state(report: MonthlyReport, today: date) -> tuple[str, str]:
    """For whoever the month is about: not what the unit and the city have to do with each other."""
    if report.state in (ReportState.DRAFTED, ReportState.CONFIRMED):
        return "info", _("The unit’s report is being prepared")
    if report.state not in (ReportState.PUBLISHED, ReportState.SENT_BACK):
        return TONES[report.state], str(ReportState(report.state).label)
    if not report.nil and report.published_until is not None and today <= report.published_until:
        return "info", _("Published in the unit now")
    return "idle", _("The publication in the unit is over")


# --- The path -------------------------------------------------------------------------------------------------------


def steps(report: MonthlyReport, today: date) -> list[StepView]:
    place = PLACE[ReportState(report.state)]
    notes = [
        _signed(report.drafted_at, None, by_system=True),
        _signed(report.confirmed_at, report.confirmed_by),
        _hanging(report),
        _signed(report.reported_at, report.reported_by),
        _accepted(report),
    ]
    labels = (
        _("Drafting"),
        _("Unit’s confirmation"),
        _("Unit publication"),
        _("Reporting"),
        _("City’s review"),
    )
    found = []
    for number, (label, note) in enumerate(zip(labels, notes, strict=True), start=1):
        if number <= place:
            found.append(StepView(label, note, "done"))
        elif number == place + 1:
            late = today > report.due_on
            due = _("due by %(day)s") % {"day": zh_date(report.due_on)}
            if Place(report, today).is_overdue:
                due = _("was to be reported by %(day)s") % {"day": zh_date(report.report_by)}
                late = True
            found.append(StepView(label, due, "late" if late else "current"))
        else:
            last = number == 4 and not report.first_reported_at
            due = _("by %(day)s at the latest") % {"day": zh_date(report.report_by)} if last else ""
            found.append(StepView(label, due, ""))
    return found


def _signed(at: datetime | None, who: User | None, *, by_system: bool = False) -> str:
    if at is None:
        return ""
    name = _("the system") if by_system else str(who or "")
    return f"{zh_datetime(at)} {name}".strip()


def _hanging(report: MonthlyReport) -> str:
    if report.published_until is None:
        return ""
    if report.nil:
        return _signed(report.published_at, report.published_by)
    words = {"from": zh_date(report.published_at), "until": zh_date(report.published_until)}
    hanging = _("%(from)s to %(until)s") % words
    return f"{hanging} {report.published_by or ''}".strip()


def _accepted(report: MonthlyReport) -> str:
    signed = _signed(report.accepted_at, report.accepted_by)
    bulletin = report.bulletin
    number = (bulletin.content or {}).get("number_text") if bulletin is not None else None
    if not number:
        return signed
    return _("%(signed)s; in the bulletin %(number)s") % {"signed": signed, "number": number}


# --- Whose turn -----------------------------------------------------------------------------------------------------

#: Msgid by step: by whom it is taken, until when.
TAKES: Mapping[Move, Any] = {
    Move.CONFIRM: gettext_lazy("To be confirmed by %(who)s, by %(day)s."),
    Move.PUBLISH: gettext_lazy("To be published in the unit by %(who)s, by %(day)s."),
    Move.REPORT: gettext_lazy("To be reported to the city by %(who)s, by %(day)s."),
    Move.NIL: gettext_lazy("That nothing happened is reported by %(who)s, by %(day)s."),
    Move.ACCEPT: gettext_lazy("To be reviewed by %(who)s, by %(day)s."),
}


def turn_words(report: MonthlyReport, turn: Turn, refusal: Refusal | None, user_id: int, names: str) -> str:
    """One plain sentence for whoever may not take the step now; empty for whoever may."""
    words = {
        "who": names,
        "day": zh_date(report.due_on),
        "until": zh_date(report.published_until),
    }
    if refusal is None:
        return ""
    if refusal == Refusal.NOT_YET:
        return _("It hangs until %(until)s 24:00; then it is reported to the city.") % words
    if refusal == Refusal.OBJECTIONS:
        return _("Objections are still to be decided; then it is reported to the city.")
    if refusal == Refusal.INVOLVED:
        return _involved(turn, user_id)
    if not turn.free:
        return _(
            "Nobody of the unit or of the Efficiency Express may take this step: somebody else has to be named."
        )
    sentence = str(TAKES[turn.move]) % words
    if turn.by_city:
        return sentence + _("The unit has nobody who may do it.")
    if turn.stand_ins:
        return sentence + _("The unit let the day pass: the Efficiency Express may do it as well.")
    return sentence


CONSEQUENCES: Mapping[Move, tuple[Any, ...]] = {
    Move.CONFIRM: (
        gettext_lazy("What is pressed stands under your name; the entries cannot be changed afterwards."),
        gettext_lazy(
            "Where something is wrong: do not confirm yet. Whoever it is about objects to the entry, or the unit’s "
            "officer enters the objection for them; a sustained one reverses it. What is still provisional is "
            "withdrawn on its own page."
        ),
    ),
    Move.PUBLISH: (
        gettext_lazy(
            "Everybody of the unit then sees names, points and what is withheld; until the last day of the "
            "publication objections may be made. It cannot be taken back."
        ),
    ),
    Move.REPORT: (gettext_lazy("The city reviews it; it comes back only where the city sends it back."),),
    Move.NIL: (
        gettext_lazy(
            "It is confirmed, published and reported in one. Where a problem is not recorded yet, record it first: "
            "decided later, it counts in a later month."
        ),
    ),
    Move.ACCEPT: (gettext_lazy("It then stands in the next bulletin and cannot be sent back any more."),),
}


def consequences(move: Move) -> tuple[str, ...]:
    return tuple(str(sentence) for sentence in CONSEQUENCES.get(move, ()))


def instead_words(turn: Turn, user_id: int) -> str:
    """Why a step falls to whoever does not take it as a rule; empty for everybody else."""
    if turn.last_resort:
        return _(
            "Everybody else who could confirm this month has recorded a problem of it, as have you: you confirm it as "
            "the last resort, and the trail says so."
        )
    if user_id in turn.stand_ins:
        return _("The unit let the day for reporting pass: you do this in its place. It stays late.")
    return ""


def _involved(turn: Turn, user_id: int) -> str:
    if user_id in turn.took_step and turn.move == Move.REPORT:
        return _("You sent this month back: somebody else reports it again.")
    if user_id in turn.took_step:
        return _("You confirmed or reported this month: somebody else of the Express reviews it.")
    if user_id in turn.own_line:
        if turn.by_city:
            return _("The month has an entry about yourself: the Efficiency Express confirms it.")
        return _("The month has an entry about yourself: another head confirms it.")
    if turn.by_city:
        return _("You recorded a problem of this month: the Efficiency Express confirms it.")
    return _("You recorded a problem of this month: another head confirms it.")


def who_words(turn: Turn, names: Iterable[str]) -> str:
    """By name where it is a few of the unit."""
    named = list(names)
    if turn.by_city and turn.move == Move.REPORT and len(named) == 1 and named[0]:
        # In one hand with the confirmation.
        return named[0]
    if turn.by_city or turn.move in (Move.ACCEPT, Move.SEND_BACK):
        return _("the Efficiency Express")
    if len(named) <= NAMED:
        return "、".join(named)
    sentence = ngettext("one of %(count)s person", "one of %(count)s people", len(named))
    return sentence % {"count": len(named)}


# --- Late -----------------------------------------------------------------------------------------------------------


def late_words(report: MonthlyReport, today: date, *, short: bool = False) -> str:
    """That it was not reported in time; empty while it was, or can be. Short where the day stands beside it."""
    number = (today - report.report_by).days
    words = {
        "day": zh_date(report.report_by),
        "reported": zh_date(report.first_reported_at),
        "number": number,
        "due": zh_date(report.due_on),
    }
    if report.is_late:
        return _("Reported on %(reported)s, late: it was due by %(day)s.") % words
    if report.is_overdue(today):
        if short:
            return (
                ngettext("%(number)s day without a report", "%(number)s days without a report", number)
                % words
            )
        if report.state != ReportState.PUBLISHED or today > report.due_on:
            return _("It should have been reported by %(day)s: %(number)s days late.") % words
        return (
            _(
                "It should have been reported by %(day)s: %(number)s days late. Once the publication is over, it is "
                "reported by %(due)s at the latest."
            )
            % words
        )
    return ""


# --- The trail ------------------------------------------------------------------------------------------------------

VERBS: Mapping[str, Any] = {
    "month_drafted": gettext_lazy("Drafting"),
    "month_confirmed": gettext_lazy("Unit’s confirmation"),
    "month_published": gettext_lazy("Unit publication"),
    "month_reported": gettext_lazy("Reporting"),
    "month_reported_nil": gettext_lazy("Nil report"),
    "month_accepted": gettext_lazy("Accepted by the city"),
    "month_sent_back": gettext_lazy("Sent back"),
}


def history(report: MonthlyReport) -> list[Line]:
    """What happened to a month, the newest first."""
    return [
        Line(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details="；".join(_details(entry.changes)),
            failure=False,
        )
        for entry in audit.history(report)
    ]


DETAILS: Mapping[str, Callable[[Any], str]] = {
    "until": lambda value: _("until %(day)s") % {"day": zh_date(date.fromisoformat(value))},
    "reason": lambda value: _("reason: %(reason)s") % {"reason": value},
    "answer": lambda value: _("answer: %(answer)s") % {"answer": value},
    "last_resort": lambda value: _("as the last resort: everybody free had recorded a problem of the month"),
    "instead_of_unit": lambda value: _("in place of the unit, which let the day pass"),
}


def _details(changes: Mapping[str, Any]) -> list[str]:
    return [say(changes[name]) for name, say in DETAILS.items() if changes.get(name)]
