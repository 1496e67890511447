"""How a case stands, in plain words for whoever holds its receipt: nothing of who handles it or what was asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from common.templatetags.components import zh_date, zh_datetime
from complaints import receipts, rules
from complaints.desk_words import derivation, time_left
from complaints.models import Complaint, ComplaintSettings, Grade
from complaints.rules import Move, State
from complaints.services.aftercare import may_be_redone

Event = dict[str, str]
OUTCOME_TONES = {"substantiated": "bad", "partly": "bad"}


@dataclass(frozen=True)
class Tag:
    tone: str
    text: str


@dataclass
class Part:
    """One case: the first, or the same matter done again."""

    case: Complaint
    heading: str
    tag: Tag | None
    events: list[Event]
    due: str = ""
    derivation: list[tuple[Any, str]] = field(default_factory=list)
    extension: str = ""
    outcome: Tag | None = None
    #: Shown once the complainant was told.
    is_answered: bool = False
    grade: str = ""
    may_rate: bool = False
    may_redo: bool = False
    #: Whether it may be done again if the rating is a bad one.
    redo_remains: bool = False
    #: Which door is left, or where to ask.
    note: str = ""


def find(number: str) -> list[Complaint]:
    """The case of a receipt, and behind it the one in which it was done again; empty for a number nobody has."""
    rows = Complaint.objects.select_related("unit", "cadre")
    first = rows.filter(receipt=receipts.digest(number)).first()
    if first is None:
        return []
    return [first, *rows.filter(redo_of=first)]


def parts(cases: list[Complaint], now: datetime) -> list[Part]:
    """The newest first. Of what was referred nothing is told but that."""
    if any(case.state == State.REFERRED for case in cases):
        return [_referred(cases)]
    made = [_part(case, now) for case in reversed(cases)]
    newest = made[0]
    newest.may_rate = newest.is_answered and newest.case.grade is None
    newest.redo_remains = len(cases) == 1 and newest.case.text_removed_at is None
    newest.may_redo = newest.redo_remains and may_be_redone(newest.case)
    if newest.is_answered and len(cases) > 1:
        newest.note = _doors_left()
    return made


def _referred(cases: list[Complaint]) -> Part:
    first, heading = cases[0], _("Handed to the competent authority")
    when = next((zh_date(case.referred_at) for case in cases if case.referred_at is not None), "")
    line = ComplaintSettings.current().discipline_line
    ask = _("If you want to ask about it, call the line for reports about discipline: %(line)s.")
    events = [_received(first), _event(heading, when, "done")]
    return Part(first, heading, None, events, note=ask % {"line": line})


def _doors_left() -> str:
    city = ComplaintSettings.current()
    sentence = _(
        "It has been done again once, and is not done a third time. What is still open you may bring to the "
        "citizens’ hotline %(hotline)s, and reports about discipline to %(discipline)s."
    )
    return sentence % {"hotline": city.hotline, "discipline": city.discipline_line}


def _part(case: Complaint, now: datetime) -> Part:
    state = State(case.state)
    part = Part(case, _headings()[state], _tag(case, now), list(_events(case)))
    if case.is_running:
        part.due = due_words(case)
        part.derivation = derivation(case)
    if case.extended_at is not None:
        part.extension = case.extension_reason
    if state == State.ANSWERED:
        part.is_answered = True
        part.outcome = Tag(OUTCOME_TONES.get(case.outcome, "info"), case.get_outcome_display())
        part.grade = str(Grade(case.grade).label) if case.grade is not None else ""
    return part


def due_words(case: Complaint) -> str:
    return _("Answered by %(day)s, 24:00") % {"day": zh_date(rules.last_day(case.due_at))}


def _headings() -> dict[State, str]:
    handled = _("Being handled")
    return {
        State.RECEIVED: _("Received"),
        State.ACCEPTED: handled,
        State.REVIEW: handled,
        State.CLOSED: _("Decided, the answer is on its way to you"),
        State.ANSWERED: _("Answered"),
        State.NOT_ACCEPTED: _("Not accepted"),
        State.LINKED: _("Handled together with another complaint about the same matter"),
        State.REFERRED: _("Handed to the competent authority"),
    }


def _tag(case: Complaint, now: datetime) -> Tag | None:
    if case.is_running:
        left = time_left(case, now)
        return Tag(left.tone, left.text)
    if case.answered_at is None:
        return None
    if case.extended_at is not None:
        return Tag("idle", _("Extended"))
    return Tag("on", _("On time")) if case.answered_at < case.due_at else Tag("bad", _("Late"))


def _events(case: Complaint) -> Iterable[Event]:
    yield _received(case)
    if case.state == State.NOT_ACCEPTED:
        refused = case.events.filter(kind=Move.REFUSE).last()
        yield _event(_("Not accepted"), zh_date(refused.at) if refused is not None else "", "done")
        return
    if case.master_id is not None:
        yield _event(_("Handled together with another complaint about the same matter"), "", "done")
    else:
        accepted = case.accepted_at
        label = _("Accepted, handled by the city Efficiency Express") if accepted else _("Acceptance")
        yield _event(label, zh_date(accepted), "done" if accepted else "next")
        if case.extended_at is not None:
            yield _event(_("Extended"), zh_date(case.extended_at), "done")
        verified = case.submitted_at or case.closed_at
        unseen = _("The person complained about learns neither who you are nor what you wrote.")
        label = _("Verified") if verified else _("Verification")
        yield _event(label, zh_date(verified) or unseen, "done" if verified else "next")
    label = _("Answered") if case.answered_at else _("Answer")
    yield _event(label, zh_datetime(case.answered_at), "done" if case.answered_at else "next")
    rated = case.graded_at
    yield _event(_("You rate the answer"), zh_date(rated), "done" if rated else "next")


def _received(case: Complaint) -> Event:
    label = _("Received") if case.redo_of_id is None else _("To be done again, as you asked")
    return _event(label, zh_date(case.received_at), "done")


def _event(label: str, note: str, state: str) -> Event:
    return {"label": label, "note": note, "state": state}
