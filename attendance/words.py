"""Findings in words: what the lists, the cadre's page and the page of a decision show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.history import Line
from attendance import snapshot
from attendance.models import Exemption, Finding, FindingState, Told
from attendance.rules import Hand, days_left
from cards.models import Whereabouts
from cards.presentation import StatusView, clock, moment_words, state_label, status_view
from cards.rules import Status
from common import audit
from common.rules import OfficeHours, WorkingCalendar, local
from common.templatetags.components import zh_date

VERBS = {
    "finding_told": gettext_lazy("Told"),
    "finding_defended": gettext_lazy("Statement in defence"),
    "finding_decided": gettext_lazy("Decided"),
    "finding_taken_back": gettext_lazy("Taken back on site"),
}
STATE_WORDS: dict[str, Any] = {
    FindingState.STANDING: gettext_lazy("Stands"),
    FindingState.WITHDRAWN: gettext_lazy("Withdrawn"),
}


@dataclass(frozen=True)
class View:
    """A finding as every page shows it. `tone` is a colour of the design system, `state` says the same in words."""

    finding: Finding
    title: str
    tone: str
    state: str
    #: Until when a statement may be made; empty when none can be any more.
    deadline: str
    #: What the plaque said at that second; None for a unit.
    said: StatusView | None

    @property
    def is_open(self) -> bool:
        return self.finding.state == FindingState.PROVISIONAL


def view(finding: Finding, today: date, working: WorkingCalendar) -> View:
    tone, state = _state(finding, today)
    return View(
        finding,
        title(finding),
        tone,
        state,
        _deadline(finding, today, working),
        plaque_said(finding.said, finding.at) if finding.said else None,
    )


def title(finding: Finding) -> str:
    """迟到 22 分钟."""
    if finding.minutes is None:
        return str(finding.item)
    return _("%(item)s, %(minutes)s min") % {"item": finding.item, "minutes": finding.minutes}


def plaque_said(facts: dict[str, Any], at: datetime) -> StatusView:
    return said_at(snapshot.from_facts(facts), at)


def said_at(status: Status, at: datetime) -> StatusView:
    """In the words that stood there then; that a year's holidays were not entered yet is of no interest any more."""
    known = WorkingCalendar(known_years=frozenset({at.year, at.year + 1}))
    return status_view(status, OfficeHours(known, ()), at)


def is_answerable(finding: Finding, today: date) -> bool:
    """Whether a statement in defence may be made today."""
    until = finding.defence_until
    return finding.state == FindingState.PROVISIONAL and until is not None and today <= until


def _state(finding: Finding, today: date) -> tuple[str, str]:
    if finding.state == FindingState.STANDING:
        return "bad", str(STATE_WORDS[FindingState.STANDING])
    if finding.state == FindingState.WITHDRAWN:
        return "idle", str(STATE_WORDS[FindingState.WITHDRAWN])
    if finding.told_at is None:
        return "out", _("To be told")
    if finding.defended_at is not None:
        return "info", _("Statement made, to be decided")
    return (
        ("out", _("A statement may be made"))
        if is_answerable(finding, today)
        else ("info", _("To be decided"))
    )


def _deadline(finding: Finding, today: date, working: WorkingCalendar) -> str:
    if finding.defence_until is None or not is_answerable(finding, today):
        return ""
    left = days_left(today, finding.defence_until, working)
    if not left:
        return _("until today 24:00, the last day")
    sentence = ngettext(
        "until %(day)s 24:00, %(count)s more working day",
        "until %(day)s 24:00, %(count)s more working days",
        left,
    )
    return sentence % {"day": zh_date(finding.defence_until), "count": left}


def told(finding: Finding) -> str:
    """How the person heard of it: on their page, or from whom in which way."""
    return str(dict(Told.choices).get(finding.told_how, finding.told_how))


def decided_by(hand: Hand, finding: Finding) -> str:
    if hand == Hand.CITY:
        return _("An uninvolved member of the Efficiency Express decides.")
    return _("The leading-group head of %(unit)s decides.") % {"unit": finding.place}


# --- Changes of whereabouts beside a check -------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    #: To the second, as the check.
    clock: str
    #: 外出办事 until 12:00.
    label: str
    by: str
    #: “2 minutes after the check”.
    distance: str


def change(row: Whereabouts, distance: timedelta, at: datetime) -> Change:
    label = state_label(row.state)
    if row.cancels_id:
        label = _("Absence cancelled")
    elif row.until is not None:
        label = _("%(state)s until %(time)s") % {"state": label, "time": moment_words(row.until, at)}
    by_self = row.source == Whereabouts.Source.SELF
    by = _("declared in person") if by_self else _("declared by the unit")
    return Change(f"{local(row.recorded_at):%H:%M:%S}", label, by, _distance(distance))


def _distance(distance: timedelta) -> str:
    minutes = round(abs(distance) / timedelta(minutes=1))
    if not minutes:
        return _("in the minute of the check")
    if distance < timedelta():
        words = ngettext("%(count)s minute before the check", "%(count)s minutes before the check", minutes)
    else:
        words = ngettext("%(count)s minute after the check", "%(count)s minutes after the check", minutes)
    return words % {"count": minutes}


# --- The audit trail -----------------------------------------------------------------------------------------------


def history(finding: Finding) -> list[Line]:
    """What has happened to a finding, newest first, from its recording on."""
    entries = [
        Line(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details="；".join(_details(entry.changes)),
            failure=False,
        )
        for entry in audit.history(finding)
    ]
    recorder = str(finding.recorder) if finding.recorder else _("the system")
    recorded = Line(
        finding.recorded_at, _("Problem recorded"), recorder, _told_at_once(finding), failure=False
    )
    return [*entries, recorded]


def _told_at_once(finding: Finding) -> str:
    if finding.told_how != Told.IN_APP or finding.defence_until is None:
        return ""
    words = {"how": told(finding), "day": zh_date(finding.defence_until)}
    return _("Told: %(how)s; a statement may be made until %(day)s") % words


def _details(changes: dict[str, Any]) -> list[str]:
    found = []
    if how := changes.get("how"):
        day = changes.get("day")
        found.append(str(dict(Told.choices).get(how, how)))
        found += [zh_date(date.fromisoformat(day))] if day else []
    if state := changes.get("state"):
        found.append(str(STATE_WORDS.get(state, state)))
    if exemption := changes.get("exemption"):
        found.append(str(dict(Exemption.choices).get(exemption, exemption)))
    if reason := changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": reason})
    if isinstance(text := changes.get("text"), list):
        before, after = text
        found.append(str(after))
        found += [_("before: %(text)s") % {"text": before}] if before else []
    return found


def moment(finding: Finding) -> str:
    return f"{zh_date(finding.day)} {clock(finding.at)}"
