"""What is decided about complaints, without a database: the count of days, the moves of a case, and its stages.

COMP-1: closed and answered within 3 days (scheme.txt 一、三). How the days count is data (DOMAIN §1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from common.rules import WorkingCalendar, at, local

#: 3日内办结并反馈.
DAYS = 3


# --- The count of days ---------------------------------------------------------------------------------------------


class Mode(StrEnum):
    CALENDAR_ROLLED = "calendar_rolled"
    WORKDAY = "workday"
    CALENDAR_STRICT = "calendar_strict"


class Count(StrEnum):
    """What a day is to a period."""

    RECEIPT = "receipt"
    COUNTED = "counted"
    REST = "rest"
    #: The working day to which a last day on a rest day moves (Civil Code 203).
    MOVED = "moved"


@dataclass(frozen=True)
class Step:
    day: date
    count: Count
    #: The how-manieth day of the period; 0 for what is not counted.
    number: int = 0


def derive(received: date, days: int, mode: str, calendar: WorkingCalendar) -> tuple[Step, ...]:
    """Every day from the receipt to the last one, and what it counts. Raises ValueError for no days or no mode."""
    if days < 1:
        raise ValueError(f"A period has at least one day, not {days}.")
    mode = Mode(mode)
    steps = [Step(received, Count.RECEIPT)]
    counted, day = 0, received
    while counted < days:
        day += timedelta(days=1)
        if mode == Mode.WORKDAY and not calendar.is_working_day(day):
            steps.append(Step(day, Count.REST))
        else:
            counted += 1
            steps.append(Step(day, Count.COUNTED, counted))
    if mode == Mode.CALENDAR_ROLLED and not calendar.is_working_day(day):
        opening = calendar.next_working_day(day)
        between = (opening - day).days
        steps += (Step(day + timedelta(days=offset), Count.REST) for offset in range(1, between))
        steps.append(Step(opening, Count.MOVED))
    return tuple(steps)


def ends_at(last: date) -> datetime:
    """24:00 of the last day (Civil Code 203)."""
    return at(last + timedelta(days=1), time(0))


def last_day(due_at: datetime) -> date:
    """The day that ends when the period does."""
    return (local(due_at) - timedelta(microseconds=1)).date()


# --- The moves of a case -------------------------------------------------------------------------------------------


class State(StrEnum):
    RECEIVED = "received"
    ACCEPTED = "accepted"
    #: The answer is drafted and waits for a second pair of eyes.
    REVIEW = "review"
    #: Decided, and not yet told to somebody who has no receipt page.
    CLOSED = "closed"
    ANSWERED = "answered"
    NOT_ACCEPTED = "not_accepted"
    #: A duplicate: answered together with its master case.
    LINKED = "linked"
    #: With the discipline inspection commission: frozen and hidden.
    REFERRED = "referred"


class Move(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    DISPATCH = "dispatch"
    RETURN = "return"
    ASK = "ask"
    ANSWER_POINT = "answer_point"
    LINK = "link"
    EXTEND = "extend"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    CLOSE = "close"
    FEED_BACK = "feed_back"
    REFER = "refer"
    RATE = "rate"
    REDO = "redo"


#: All that is possible; drawn in docs/complaints.md. What does not stand here is refused with a sentence.
MOVES: Mapping[State, Mapping[Move, tuple[State, ...]]] = {
    State.RECEIVED: {
        Move.ACCEPT: (State.ACCEPTED,),
        Move.REFUSE: (State.NOT_ACCEPTED,),
        Move.LINK: (State.LINKED,),
        Move.REFER: (State.REFERRED,),
    },
    State.ACCEPTED: {
        Move.DISPATCH: (State.ACCEPTED,),
        Move.RETURN: (State.ACCEPTED,),
        Move.ASK: (State.ACCEPTED,),
        Move.ANSWER_POINT: (State.ACCEPTED,),
        Move.EXTEND: (State.ACCEPTED,),
        Move.LINK: (State.LINKED,),
        Move.SUBMIT: (State.REVIEW,),
        Move.REFER: (State.REFERRED,),
    },
    State.REVIEW: {
        Move.SEND_BACK: (State.ACCEPTED,),
        Move.CLOSE: (State.CLOSED, State.ANSWERED),
        Move.REFER: (State.REFERRED,),
    },
    State.CLOSED: {Move.FEED_BACK: (State.ANSWERED,)},
    State.ANSWERED: {Move.RATE: (State.ANSWERED,), Move.REDO: (State.ANSWERED,)},
    State.LINKED: {Move.FEED_BACK: (State.ANSWERED,), Move.REFER: (State.REFERRED,)},
    State.NOT_ACCEPTED: {},
    State.REFERRED: {},
}
#: While one of these lasts the clock runs.
RUNNING = frozenset({State.RECEIVED, State.ACCEPTED, State.REVIEW, State.CLOSED, State.LINKED})


def can(state: str, move: Move) -> bool:
    return move in MOVES[State(state)]


# --- The stages of the clock ---------------------------------------------------------------------------------------


class Stage(StrEnum):
    DAY_LEFT = "day_left"
    HOURS_LEFT = "hours_left"
    OVERDUE = "overdue"
    #: Told to the Express head.
    DAY_OVERDUE = "day_overdue"


OFFSETS: Mapping[Stage, timedelta] = {
    Stage.DAY_LEFT: timedelta(hours=-24),
    Stage.HOURS_LEFT: timedelta(hours=-4),
    Stage.OVERDUE: timedelta(0),
    Stage.DAY_OVERDUE: timedelta(days=1),
}


def stages_due(due_at: datetime, reached: Iterable[str], now: datetime) -> list[Stage]:
    """Those whose time has come and which have not been reached, the earliest first."""
    known = set(reached)
    return [stage for stage, offset in OFFSETS.items() if stage not in known and due_at + offset <= now]


def next_stage_at(due_at: datetime, reached: Iterable[str]) -> datetime | None:
    """When the sweep must look again; None when all stages are behind."""
    known = set(reached)
    ahead = [due_at + offset for stage, offset in OFFSETS.items() if stage not in known]
    return min(ahead, default=None)
