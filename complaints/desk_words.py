"""A case in words, for those who handle it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.templatetags.components import zh_date, zh_datetime
from complaints import clock, rules
from complaints.models import Channel, Complaint, Feedback, Outcome
from complaints.rules import Count, Move, Stage, State
from complaints.services.cases import last_move

DAY = timedelta(days=1)
EVENTS: dict[str, Any] = {
    "entered": gettext_lazy("Received"),
    Move.ACCEPT: gettext_lazy("Accepted"),
    Move.REFUSE: gettext_lazy("Not accepted"),
    Move.DISPATCH: gettext_lazy("Handed to the unit to verify"),
    Move.RETURN: gettext_lazy("Returned by the unit"),
    Move.ASK: gettext_lazy("Verification point asked"),
    Move.ANSWER_POINT: gettext_lazy("Verification point answered"),
    Move.LINK: gettext_lazy("Linked to another case"),
    Move.EXTEND: gettext_lazy("Extended"),
    Move.SUBMIT: gettext_lazy("Answer handed in for checking"),
    Move.SEND_BACK: gettext_lazy("Answer sent back"),
    Move.CLOSE: gettext_lazy("Checked and closed"),
    Move.FEED_BACK: gettext_lazy("Complainant told"),
    Move.REFER: gettext_lazy("Referred to the discipline inspection commission"),
    Move.RATE: gettext_lazy("Rated by the complainant"),
    Move.REDO: gettext_lazy("To be done again"),
    "assigned": gettext_lazy("Given to another handler"),
    "unmasked": gettext_lazy("Contact shown"),
    "caller_asked": gettext_lazy("The caller asked how it stands"),
    "receipt_renewed": gettext_lazy("A new receipt number was given"),
    "called_back": gettext_lazy("Call to the complainant"),
    "handed_back": gettext_lazy("Handed back: it waits for another handler"),
    "recused": gettext_lazy("Stepped back from the case"),
    "recounted": gettext_lazy("Due date counted anew"),
    "cleared": gettext_lazy("Cleared, and told whoever the accusation reached"),
    "point_written": gettext_lazy("Verification point written"),
    "point_decided": gettext_lazy("Decided how to ask"),
    "purged": gettext_lazy("Removed at the end of its period"),
}
#: Of what did not come in by itself.
ENTERED: dict[str, Any] = {
    Channel.HOTLINE: gettext_lazy("Imported from 12345"),
    **dict.fromkeys((Channel.PHONE, Channel.VISIT, Channel.LETTER), gettext_lazy("Entered by hand")),
}
ASKED: dict[str, Any] = {
    "accused": gettext_lazy("to the person complained about"),
    "unit": gettext_lazy("to the unit"),
}
STAGES: dict[str, Any] = {
    Stage.DAY_LEFT: gettext_lazy("24 hours left"),
    Stage.HOURS_LEFT: gettext_lazy("4 hours left"),
    Stage.OVERDUE: gettext_lazy("Overdue"),
    Stage.DAY_OVERDUE: gettext_lazy("Overdue for a day: the head was told"),
}
COUNTS: dict[str, Any] = {
    Count.RECEIPT: gettext_lazy("Day of receipt, not counted"),
    Count.REST: gettext_lazy("Day of rest, not counted"),
    Count.MOVED: gettext_lazy("The last day moves to this working day"),
}


@dataclass(frozen=True)
class Left:
    tone: str
    text: str


def time_left(case: Complaint, now: datetime) -> Left:
    """The tag of a case: what is left while its clock runs, and what became of it afterwards."""
    if not case.is_running:
        return Left("on" if case.state == State.ANSWERED else "idle", case.get_state_display())
    if now >= case.due_at:
        return Left("bad", _("Overdue %(time)s") % {"time": _span(now - case.due_at)})
    left = case.due_at - now
    return Left("out" if left < DAY else "on", _("%(time)s left") % {"time": _span(left)})


def _span(span: timedelta) -> str:
    """In the largest unit of which there is one."""
    if span >= DAY:
        return ngettext("%(number)s day", "%(number)s days", span.days) % {"number": span.days}
    hours = span.seconds // 3600
    if hours:
        return ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours}
    minutes = span.seconds // 60
    return ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}


def elapsed(case: Complaint, now: datetime) -> tuple[float, float]:
    """How much of the period is over, and all of it, in seconds."""
    return (now - case.received_at).total_seconds(), (case.due_at - case.received_at).total_seconds()


def subject(case: Complaint) -> str:
    return f"{case.unit} · {case.cadre.name}" if case.cadre is not None else str(case.unit)


def masked_name(name: str) -> str:
    return f"{name[0]}**" if name else ""


def masked_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-2:]}" if len(phone) > 6 else "****" if phone else ""


# --- The record ---------------------------------------------------------------------------------------------------


def timeline(case: Complaint) -> list[dict[str, Any]]:
    """Events and stages in their order."""
    events = [
        (event.at, _event_label(event.kind, event.facts), _event_note(event.actor, event.facts), "done")
        for event in case.events.select_related("actor")
    ]
    stages = [
        (reached.at, str(STAGES.get(reached.stage, reached.stage)), "", "bad")
        for reached in case.stages.order_by("at", "pk")
    ]
    return [
        {"label": label, "note": " · ".join(filter(None, [zh_datetime(at), note])), "state": state}
        for at, label, note, state in sorted([*events, *stages], key=lambda line: line[0])
    ]


def _event_label(kind: str, facts: dict[str, Any]) -> str:
    if kind == Move.DISPATCH and facts.get("kept"):
        return _("Kept at the Efficiency Express")
    if kind == "entered":
        return str(ENTERED.get(facts.get("channel", ""), EVENTS[kind]))
    return str(EVENTS.get(kind, kind))


def _event_note(actor: Any, facts: dict[str, Any]) -> str:
    return " · ".join(filter(None, [str(actor) if actor is not None else "", *_details(facts)]))


def _details(facts: dict[str, Any]) -> Iterable[str]:
    if asked := facts.get("asked"):
        yield str(ASKED.get(asked, ""))
    if outcome := facts.get("outcome"):
        yield _label(Outcome, outcome)
    if feedback := facts.get("feedback"):
        yield _label(Feedback, feedback)
    if "reached" in facts:
        yield _("reached") if facts["reached"] else _("not reached")
    if "before" in facts and "after" in facts:
        yield f"{_last(facts['before'])} → {_last(facts['after'])}"
    for name in ("handler", "master", "reason", "remark"):
        if value := facts.get(name):
            yield str(value)


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value


def _last(instant: str) -> str:
    return zh_date(rules.last_day(datetime.fromisoformat(instant)))


def derivation(case: Complaint) -> list[tuple[Any, str]]:
    """Every day of the period and what it counts."""
    return [
        (step.day, str(COUNTS.get(step.count, "")) or _("Day %(number)s") % {"number": step.number})
        for step in clock.steps(case.derivation)
    ]


#: What two people write into a case, for whoever came second.
SAVED = (
    ("outcome", gettext_lazy("Result of the verification")),
    ("statement", gettext_lazy("Statement of fact")),
    ("measures", gettext_lazy("Measures")),
    ("answer", gettext_lazy("Answer")),
    ("feedback", gettext_lazy("Told")),
    ("refusal_reason", gettext_lazy("Why it is not accepted")),
    ("right_door", gettext_lazy("The right door")),
    ("extension_reason", gettext_lazy("Reason of the extension")),
    ("return_reason", gettext_lazy("Why the unit returned it")),
)


def saved(case: Complaint) -> list[tuple[Any, str]]:
    """What stands in the case now, with the remark or reason of the last move."""
    found = []
    for name, label in SAVED:
        shown = f"get_{name}_display"
        value = getattr(case, shown)() if hasattr(case, shown) else getattr(case, name)
        if value:
            found.append((label, str(value)))
    last = last_move(case)
    said = last and (last.facts.get("remark") or last.facts.get("reason"))
    return [*found, (_("Said with it"), str(said))] if said else found
