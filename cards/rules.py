"""What a plaque says at an instant, and what may be declared. Pure: values in, values out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from common.rules import OfficeHours, at, local
from common.text import likeness


class State(StrEnum):
    """The one list of whereabouts (DESIGN §3)."""

    AT_POST = "at_post"
    AWAY_BRIEFLY = "away_briefly"
    MEETING = "meeting"
    ERRAND = "errand"
    COUNTRYSIDE = "countryside"
    VILLAGE_POST = "village_post"
    COUNTER = "counter"
    BUSINESS_TRIP = "business_trip"
    TRAINING = "training"
    ON_DUTY = "on_duty"
    LEAVE = "leave"
    OTHER = "other"


class Kind(StrEnum):
    """What the plaque says, from the reader's side."""

    AT_POST = "at_post"
    AWAY = "away"
    OVERDUE = "overdue"
    OUTSIDE_HOURS = "outside_hours"


#: What fits on a plaque.
MAX_POSTS = 4
MAX_DUTIES = 8
#: Somebody on duty answers at their post, at night and on rest days too.
PRESENT = frozenset({State.AT_POST, State.ON_DUTY})
#: No declaration may reach further: a longer absence is a change of post or the end of service (C).
LONGEST_ABSENCE = timedelta(days=366)
#: Nor be made so long ahead (C).
FARTHEST_PLAN = timedelta(days=366)
#: Said this often, an absence is a habit and worth a button of its own.
HABIT = 2
#: Nobody says "until 11:13": quick answers end on a full five minutes.
STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class Declaration:
    """One row of whereabouts as the rules see it."""

    state: State
    since: datetime
    until: datetime | None
    recorded_at: datetime
    by_self: bool
    place: str = ""

    @property
    def lasts_days(self) -> bool:
        """Leave of several days outlasts what is declared within it; within a day the newer word replaces the older."""
        return self.until is not None and local(self.until).date() > local(self.since).date()

    def stands_at(self, instant: datetime) -> bool:
        return self.since <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True)
class Status:
    """What the plaque says at one instant. `back_at` is when a citizen finds the person again, as far as declared;
    `opens_at` the next opening, outside office hours."""

    kind: Kind
    state: State
    since: datetime | None = None
    until: datetime | None = None
    back_at: datetime | None = None
    opens_at: datetime | None = None
    declared: Declaration | None = None

    @property
    def is_present(self) -> bool:
        """Whether a citizen finds somebody at the office door now."""
        return self.kind == Kind.AT_POST


def status_at(now: datetime, hours: OfficeHours, said: Sequence[Declaration]) -> Status:
    """The status that a plaque shows at `now`, given what was said, newest beginning first.

    At post needs no tap: in office hours without a declared absence the plaque says at post. An absence whose time is
    over says "not confirmed" until the person confirms or that office day ends (DESIGN §3). Outside office hours the
    plaque says so, unless somebody is on duty, or is away beyond the next opening: then the return matters more.
    """
    standing = standing_at(now, said)
    if standing is not None and standing.state == State.ON_DUTY:
        return Status(Kind.AT_POST, State.ON_DUTY, standing.since, standing.until, declared=standing)
    if not hours.is_open(now):
        opens_at = hours.next_opening(now)
        if standing is None or opens_at is None or not standing.stands_at(opens_at):
            return Status(Kind.OUTSIDE_HOURS, State.AT_POST, opens_at=next_presence(now, hours, said))
    if standing is not None:
        back_at = _back_at(standing, hours, said)
        return Status(Kind.AWAY, standing.state, standing.since, standing.until, back_at, declared=standing)
    newest = next((row for row in said if row.since <= now), None)
    if newest is not None and _unconfirmed(now, hours, newest):
        back_at = _back_at(newest, hours, said)
        return Status(Kind.OVERDUE, newest.state, newest.since, newest.until, back_at, declared=newest)
    back = (
        newest is not None
        and newest.state == State.AT_POST
        and hours.day_of(newest.since) == hours.day_of(now)
    )
    confirmed = newest if back else None
    return Status(Kind.AT_POST, State.AT_POST, confirmed.since if confirmed else None, declared=confirmed)


def standing_at(instant: datetime, said: Sequence[Declaration]) -> Declaration | None:
    """The absence or duty that holds at an instant: the newest word, or leave of several days behind it.

    A meeting within a week's leave doesn't end the leave; "back at post" does.
    """
    begun = [row for row in said if row.since <= instant]
    for position, row in enumerate(begun):
        if row.state == State.AT_POST:
            return None
        if row.stands_at(instant) and (position == 0 or row.lasts_days):
            return row
    return None


def standing_within(since: datetime, until: datetime, said: Sequence[Declaration]) -> Declaration | None:
    """The first absence or duty that holds at some instant from `since` until before `until`."""
    instants = [since, *sorted(row.since for row in said if since < row.since < until)]
    return next(filter(None, (standing_at(instant, said) for instant in instants)), None)


def next_presence(after: datetime, hours: OfficeHours, said: Sequence[Declaration]) -> datetime | None:
    """The first instant of office hours from `after` on for which no absence is declared; None within the horizon."""
    for span in hours.upcoming(after):
        instant = max(span.start, after)
        while instant < span.end:
            absence = standing_at(instant, said)
            if absence is None or absence.state == State.ON_DUTY:
                return instant
            if absence.until is None:
                return None
            instant = absence.until
    return None


def _back_at(absence: Declaration, hours: OfficeHours, said: Sequence[Declaration]) -> datetime | None:
    """The declared end, if the doors are open then; else when they next open on the person."""
    if absence.until is None:
        return None
    return next_presence(absence.until, hours, said) or absence.until


def _unconfirmed(now: datetime, hours: OfficeHours, newest: Declaration) -> bool:
    """An expired absence counts as unconfirmed on the day it should have ended, unless that day was over anyway."""
    if newest.state in PRESENT or newest.until is None:
        return False
    # One until midnight ends with the day before.
    last_day = hours.day_of(newest.until - timedelta(microseconds=1))
    day_end = hours.day_end(last_day)
    return hours.day_of(now) == last_day and day_end is not None and newest.until < day_end


def _same_day(one: datetime, other: datetime) -> bool:
    return local(one).date() == local(other).date()


class Refusal(StrEnum):
    """Why a declaration is not accepted; the service turns it into a sentence."""

    UNTIL_MISSING = "until_missing"
    UNTIL_PAST = "until_past"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    TOO_LONG = "too_long"
    BEGINS_IN_THE_PAST = "begins_in_the_past"
    BEGINS_TOO_LATE = "begins_too_late"


def refuse_declaration(
    *, state: State, since: datetime, until: datetime | None, now: datetime
) -> Refusal | None:
    """None when the declaration may stand. An absence needs an end; nothing can be declared for a time that is over."""
    if since < now - timedelta(minutes=1):
        return Refusal.BEGINS_IN_THE_PAST
    if since > now + FARTHEST_PLAN:
        return Refusal.BEGINS_TOO_LATE
    if state == State.AT_POST:
        return None
    if until is None:
        return Refusal.UNTIL_MISSING
    if until <= now:
        return Refusal.UNTIL_PAST
    if until <= since:
        return Refusal.ENDS_BEFORE_IT_BEGINS
    return Refusal.TOO_LONG if until - since > LONGEST_ABSENCE else None


class UntilChoice(StrEnum):
    """The quick answers to "until when"."""

    HALF_HOUR = "30m"
    HOUR = "60m"
    SPAN = "span"
    DAY = "day"
    TIME = "time"


def until_of(choice: UntilChoice, clock: time | None, now: datetime, hours: OfficeHours) -> datetime | None:
    """The instant a quick answer means at `now`; None when the office is closed for the rest of the day, or no time
    was given."""
    if choice == UntilChoice.HALF_HOUR:
        return _round_up(now + timedelta(minutes=30))
    if choice == UntilChoice.HOUR:
        return _round_up(now + timedelta(hours=1))
    if choice == UntilChoice.TIME:
        return _at_clock(clock, now, hours) if clock else None
    rest = [span.end for span in hours.spans(hours.day_of(now)) if span.end > now]
    if not rest:
        return None
    return rest[0] if choice == UntilChoice.SPAN else rest[-1]


def _at_clock(clock: time, now: datetime, hours: OfficeHours) -> datetime:
    """This clock today; of the night behind midnight when a shift lasts until then."""
    today = local(now).date()
    until, after_midnight = at(today, clock), at(today + timedelta(days=1), clock)
    day_end = hours.day_end(today)
    return after_midnight if until <= now and day_end and after_midnight <= day_end else until


def _round_up(instant: datetime) -> datetime:
    return instant + (datetime.min.replace(tzinfo=instant.tzinfo) - instant) % STEP


def until_choices(now: datetime, hours: OfficeHours) -> list[tuple[UntilChoice, datetime]]:
    """The quick answers that make sense at `now`, without two that mean the same instant."""
    day = until_of(UntilChoice.DAY, None, now, hours)
    offered: list[tuple[UntilChoice, datetime]] = []
    for choice in (UntilChoice.HALF_HOUR, UntilChoice.HOUR, UntilChoice.SPAN, UntilChoice.DAY):
        until = until_of(choice, None, now, hours)
        # In the last half day its end is the day's: "end of the day" says it, "noon" would be wrong.
        is_day_end = choice == UntilChoice.SPAN and until == day
        if until is not None and not is_day_end and until not in (other for _, other in offered):
            offered.append((choice, until))
    return offered


@dataclass(frozen=True)
class Preset:
    """What somebody usually declares, offered in one tap."""

    state: State
    until: datetime | None


def presets(now: datetime, hours: OfficeHours, recent: Iterable[Declaration]) -> list[Preset]:
    """Back at post; then what the person declares most often, and the usual ones, as far as they fit the day.

    When the office day is over somebody may still be on duty, until the next morning.
    """
    today = local(now).date()
    habits = Counter(
        (row.state, local(row.until).time())
        for row in recent
        if row.state not in PRESENT and row.until is not None and _same_day(row.since, row.until)
    )
    offered = [(state, at(today, clock)) for (state, clock), count in habits.most_common(2) if count >= HABIT]
    usual = (
        (State.MEETING, UntilChoice.SPAN),
        (State.COUNTRYSIDE, UntilChoice.DAY),
        (State.ERRAND, UntilChoice.SPAN),
    )
    for state, choice in usual:
        until = until_of(choice, None, now, hours)
        if until is not None and state not in (other for other, _until in offered):
            offered.append((state, until))
    soon = now + timedelta(minutes=5)
    fitting = [Preset(state, until) for state, until in offered if until > soon]
    morning = None if until_of(UntilChoice.DAY, None, now, hours) else _next_morning(now, hours)
    night = [Preset(State.ON_DUTY, morning)] if morning else []
    return [Preset(State.AT_POST, None), *night, *fitting[: 3 - len(night)]]


def _next_morning(now: datetime, hours: OfficeHours) -> datetime | None:
    """When a night on duty ends: at the usual opening, also of a rest day."""
    today = local(now).date()
    first_spans = (hours.nominal_spans(day)[:1] for day in (today, today + timedelta(days=1)))
    return next((span.start for spans in first_spans for span in spans if span.start > now), None)


class Half(StrEnum):
    MORNING = "am"
    AFTERNOON = "pm"


def half_day_bounds(
    *, first: date, first_half: Half, last: date, last_half: Half, hours: OfficeHours
) -> tuple[datetime, datetime]:
    """From the opening of the first half day to the end of the last one, by the season's hours, rest days included."""
    start, end = hours.nominal_spans(first), hours.nominal_spans(last)
    if not start or not end:  # no season is entered for these days: whole days then
        return at(first, time.min), at(last + timedelta(days=1), time.min)
    afternoon = min(1, len(start) - 1)  # where hours are one span, it is both halves
    since = start[0 if first_half == Half.MORNING else afternoon].start
    until = (end[0] if last_half == Half.MORNING else end[-1]).end
    return since, until


def number_key(room: str) -> str:
    """“301 室” on the door is “301” in most rosters."""
    return likeness(room).removesuffix("室")


def room_key(location: str, room: str) -> tuple[str, str]:
    """Two offices of a unit with the same one are behind one door, however each was typed."""
    return likeness(location), number_key(room)


def may_approve(*, requester_id: int, approver_id: int, approver_is_subject: bool) -> bool:
    """Nobody approves what they asked for, nor their own card (DESIGN §1)."""
    return requester_id != approver_id and not approver_is_subject
