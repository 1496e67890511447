"""Statuses and posts in words: what a citizen, an officer and the cadre read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

from cards.models import STATE_LABELS
from cards.rules import Kind, State, Status
from common.rules import OfficeHours, local


@dataclass(frozen=True)
class StatusView:
    """A status as a page shows it. `tone` is a colour of the design system; `presence` says the same in words."""

    label: str
    tone: str
    presence_label: str
    headline: str
    details: list[str]
    #: The second line of a list: when the person is expected.
    note: str = ""

    @property
    def pill(self) -> str:
        """In a list: the state, or that nobody has confirmed the return, which matters more."""
        return self.presence_label if self.tone == "bad" else self.label


def below_the_name(
    titles: Sequence[str], office: str, *, unit: str = "", elsewhere: str = ""
) -> tuple[str, ...]:
    """The posts, the primary one after the home office unless its title names that, and the place of work for a time.

    Never after the host's office: nobody holds a post there. `unit` is the home unit, where another one stands above.
    """
    if not titles:
        return ()
    primary = titles[0] if titles[0].startswith(office) else f"{office} · {titles[0]}"
    return (f"{unit} {primary}".strip(), *filter(None, [elsewhere]), *titles[1:])


def working_elsewhere(kind: str, unit: str, office: str) -> str:
    """借调：市民政局 养老服务科, the kind in the reader's words."""
    return f"{kind}\uff1a{unit} {office}"


def state_label(state: State | str) -> str:
    return str(STATE_LABELS[State(state)])


def place_said(status: Status) -> str:
    """Where somebody said they are, for their unit's eyes. Never of leave: a place may tell its reason."""
    return status.declared.place if status.declared and status.state != State.LEAVE else ""


def clock(instant: datetime) -> str:
    return f"{local(instant):%H:%M}"


def day_words(day: date, today: date) -> str:
    """今天, 明天, or the date with its weekday."""
    if day == today:
        return _("today")
    if day == today + timedelta(days=1):
        return _("tomorrow")
    return _date_words(day, today)


def _date_words(day: date, today: date) -> str:
    pattern = _("F j (l)")
    return formats.date_format(day, pattern if day.year == today.year else _("F j, Y (l)"))


def moment_words(instant: datetime, now: datetime) -> str:
    """15:30 of this day, 明天 08:30, or 11月30日(星期一)08:30."""
    day, today = local(instant).date(), local(now).date()
    if day == today:
        return clock(instant)
    return _("%(day)s %(time)s") % {"day": day_words(day, today), "time": clock(instant)}


def dated_words(instant: datetime, now: datetime) -> str:
    """11月30日(星期一)08:30 on whichever day: for what is read when this one is over."""
    day, today = local(instant).date(), local(now).date()
    return _("%(day)s %(time)s") % {"day": _date_words(day, today), "time": clock(instant)}


def status_view(status: Status, hours: OfficeHours, now: datetime) -> StatusView:
    makers = {
        Kind.AT_POST: _at_post,
        Kind.AWAY: _away,
        Kind.OVERDUE: _overdue,
        Kind.OUTSIDE_HOURS: _outside_hours,
    }
    return makers[status.kind](status, hours, now)


def _at_post(status: Status, hours: OfficeHours, now: datetime) -> StatusView:
    label = state_label(status.state)
    details = _declared(status, now) or [_("No absence has been declared.")]
    if status.until is not None:
        details.insert(0, _("until %(moment)s") % {"moment": moment_words(status.until, now)})
    return StatusView(label, "on", state_label(State.AT_POST), label, details)


def _away(status: Status, hours: OfficeHours, now: datetime) -> StatusView:
    label = state_label(status.state)
    note = ""
    if status.back_at is not None:
        note = _("expected back %(moment)s") % {"moment": moment_words(status.back_at, now)}
    details = [note] if note else []
    tone = "info" if status.state in (State.MEETING, State.COUNTER) else "out"
    return StatusView(label, tone, _("Not at post"), label, details + _declared(status, now), note)


def _overdue(status: Status, hours: OfficeHours, now: datetime) -> StatusView:
    due = clock(status.back_at) if status.back_at else ""
    headline = _("Due back at %(time)s, not confirmed") % {"time": due}
    note = _("due back at %(time)s") % {"time": due} if due else ""
    label = state_label(status.state)
    return StatusView(label, "bad", _("Not confirmed"), headline, [label, *_declared(status, now)], note)


def _outside_hours(status: Status, hours: OfficeHours, now: datetime) -> StatusView:
    label = _("Outside office hours")
    if status.opens_at is None:
        return StatusView(label, "idle", label, label, [])
    day, today = local(status.opens_at).date(), local(now).date()
    opens = _("opens %(day)s at %(time)s") % {"day": day_words(day, today), "time": clock(status.opens_at)}
    details = [opens]
    if not hours.knows(day):
        details.append(_("The holidays of that year are not entered yet; the day may change."))
    return StatusView(label, "idle", _("Closed"), label, details)


def _declared(status: Status, now: datetime) -> list[str]:
    """Since when and on whose word; nothing for a default that nobody declared."""
    if status.declared is None:
        return []
    since = moment_words(max(status.declared.since, status.declared.recorded_at), now)
    if local(status.declared.recorded_at).date() != local(now).date():
        since = moment_words(status.declared.since, now)
    if status.declared.by_self:
        return [_("confirmed in person, %(moment)s") % {"moment": since}]
    return [_("declared by the unit, %(moment)s") % {"moment": since}]
