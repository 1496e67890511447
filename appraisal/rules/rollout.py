"""The rollout as pure functions (ROLL-1, ROLL-2; scheme 二): what a unit has to have, how far it is, what was late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from common.rules import WorkingCalendar

#: 纪委书记, 纪工委书记, 纪检组长, 纪检委员 (scheme 二): every such post has this character, and no other leader’s.
DISCIPLINE = "纪"


class Need(StrEnum):
    """What a unit has to have before the city confirms that it is done, in the order of the work."""

    GROUP = "group"
    BODY = "body"
    ACCOUNTS = "accounts"
    ROSTER = "roster"
    CARDS = "cards"
    PLAQUES = "plaques"
    HOTLINES = "hotlines"
    TESTED = "tested"
    SHEET = "sheet"


@dataclass(frozen=True)
class Facts:
    """What was counted of a unit today."""

    #: The head of the leading group and the leader who answers for the unit.
    named: int = 0
    has_body: bool = False
    #: An account of a head and one of an officer.
    accounts: int = 0
    offices: int = 0
    people: int = 0
    with_card: int = 0
    with_plaque: int = 0
    #: The unit’s own and the city’s.
    hotlines: int = 0
    tested_on: date | None = None
    first_sheet_on: date | None = None


@dataclass(frozen=True)
class Line:
    """One need, and how much of it there is; `total` is 1 where there is nothing to count."""

    need: Need
    done: int
    total: int

    @property
    def is_met(self) -> bool:
        return self.total > 0 and self.done >= self.total


def readiness(facts: Facts) -> list[Line]:
    """Every need. Of a unit without people no card and no plaque is there yet, and not all of none."""
    return [
        Line(Need.GROUP, facts.named, 2),
        Line(Need.BODY, int(facts.has_body), 1),
        Line(Need.ACCOUNTS, facts.accounts, 2),
        Line(Need.ROSTER, bool(facts.offices) + bool(facts.people), 2),
        Line(Need.CARDS, facts.with_card, facts.people),
        Line(Need.PLAQUES, facts.with_plaque, facts.people),
        Line(Need.HOTLINES, facts.hotlines, 2),
        Line(Need.TESTED, int(facts.tested_on is not None), 1),
        Line(Need.SHEET, int(facts.first_sheet_on is not None), 1),
    ]


def missing(facts: Facts) -> list[Need]:
    return [line.need for line in readiness(facts) if not line.is_met]


#: What others do for a unit: accounts are opened by the administrator, hotlines are dialled by the group or the city.
OF_OTHERS = frozenset({Need.ACCOUNTS, Need.TESTED})


def own_missing(facts: Facts) -> list[Need]:
    """What keeps a unit from reporting itself ready; nobody is late for what others have not done yet."""
    return [need for need in missing(facts) if need not in OF_OTHERS]


class Stage(StrEnum):
    """Where a unit stands. Late goes before everything else that is still to be done."""

    UNASSIGNED = "unassigned"
    AHEAD = "ahead"
    UNDER_WAY = "under_way"
    READY = "ready"
    REPORTED = "reported"
    LATE = "late"
    DONE = "done"
    DONE_LATE = "done_late"


def stage(
    *,
    begins_on: date | None,
    due_on: date | None,
    done_on: date | None,
    is_confirmed: bool,
    is_ready: bool,
    today: date,
) -> Stage:
    """Without days the unit is in no wave. `done_on` is the day of the unit’s own report, or of the city’s word."""
    if begins_on is None or due_on is None:
        return Stage.UNASSIGNED
    if done_on is not None and is_confirmed:
        return Stage.DONE_LATE if done_on > due_on else Stage.DONE
    if done_on is not None:
        return Stage.REPORTED
    if today > due_on:
        return Stage.LATE
    if is_ready:
        return Stage.READY
    return Stage.AHEAD if today < begins_on else Stage.UNDER_WAY


def is_missed(*, due_on: date, done_on: date | None, today: date) -> bool:
    """Done after its day, or not done although the day is over: the day itself ends at 24:00."""
    return today > due_on if done_on is None else done_on > due_on


def is_discipline_post(post: str) -> bool:
    return DISCIPLINE in post


#: Nothing is given more days than this: nobody would ever be late for it.
LONGEST = timedelta(days=366)


class Due(StrEnum):
    """What is wrong with a day by which something has to be done."""

    PAST = "past"
    FAR = "far"
    REST = "rest"


def refuse_due(due_on: date, today: date, working: WorkingCalendar) -> Due | None:
    """A working day of the next year that is still to come: nobody can do anything by a day that began before they
    heard of it."""
    if due_on <= today:
        return Due.PAST
    if due_on - today > LONGEST:
        return Due.FAR
    return None if working.is_working_day(due_on) else Due.REST


class End(StrEnum):
    """What whoever checks an order says of it."""

    MET = "met"
    CALLED_OFF = "called_off"
    SENT_BACK = "sent_back"


class Ending(StrEnum):
    """Why an order is not ended, or sent back, now."""

    OVER = "over"
    UNANSWERED = "unanswered"
    OWN_ANSWER = "own_answer"
    REASON = "reason"


def refuse_ending(
    end: End, *, is_over: bool, is_answered: bool, answered_by_them: bool, reason: str
) -> Ending | None:
    """What was seen to be right is met whether or not the unit has said so; everything else needs a reason."""
    if is_over:
        return Ending.OVER
    if end == End.SENT_BACK and not is_answered:
        return Ending.UNANSWERED
    if answered_by_them:
        return Ending.OWN_ANSWER
    return None if end == End.MET or reason.strip() else Ending.REASON


def by_stage(stages: Iterable[Stage]) -> dict[Stage, int]:
    """How many units stand where, every stage with its number."""
    found = dict.fromkeys(Stage, 0)
    for one in stages:
        found[one] += 1
    return found
