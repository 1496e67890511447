"""What an inspection may say, and who may decide on it. Pure: values in, values out."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cards.rules import Kind, Status
from common.rules import Span, WorkingCalendar


class Verified(StrEnum):
    """How somebody was checked (DESIGN §3)."""

    SEEN = "seen"
    PHONE = "phone"
    DECLARED = "declared"


#: The two words about whereabouts. Only a declaration can be untrue; a default can only be not updated (DESIGN §3).
UNTRUE, NOT_UPDATED = "untrue", "not_updated"
#: Recorded by the program about a unit (INSP-1).
SHEET_MISSING = "sheet_missing"


def is_due(status: Status, spans: Sequence[Span], now: datetime) -> bool:
    """Whether a round looks for somebody: on duty, or in their own office day, whose noon break belongs to it: who
    walked at 11:50 may submit at 12:05."""
    if status.kind == Kind.AT_POST:
        return True
    return bool(spans) and spans[0].start <= now < spans[-1].end


def usually_verified(status: Status, usual: Verified) -> Verified:
    """Those at post are checked as the round goes; of those who are away only the declaration is known."""
    return usual if status.is_present else Verified.DECLARED


def may_be_said(item_code: str, status: Status) -> bool:
    """Which items fit what the plaque says."""
    if item_code == UNTRUE:
        return status.declared is not None
    if item_code == NOT_UPDATED:
        return status.declared is None or status.kind == Kind.OVERDUE
    return True


def whereabouts_item(status: Status) -> str:
    """What 去向不符 means beside this plaque."""
    return UNTRUE if may_be_said(UNTRUE, status) and status.kind != Kind.OVERDUE else NOT_UPDATED


_NUMBERS = re.compile(r"(\d+)")
_NUMERALS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九十")}


def walking_key(location: str, room: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Rooms in the order of a walk: floor by floor, 9 before 10, 三楼 after 二楼."""
    return _natural(location), _natural(room)


def _natural(text: str) -> list[tuple[int, str]]:
    plain = "".join(str(_NUMERALS.get(character, character)) for character in text)
    return [(int(part), "") if part.isdigit() else (0, part) for part in _NUMBERS.split(plain) if part]


def defence_until(told: date, days: int, calendar: WorkingCalendar) -> date:
    """The last day for a statement in defence: the day of being told is not counted, working days only."""
    day = told
    for _step in range(days):
        day = calendar.next_working_day(day)
    return day


def may_be_entered(day: date, today: date, days: int, calendar: WorkingCalendar) -> bool:
    """A sheet kept on paper may be entered on its day and within `days` working days after it."""
    return day <= today <= defence_until(day, days, calendar)


class Hand(StrEnum):
    """Who takes a decision."""

    UNIT = "unit"
    CITY = "city"


@dataclass(frozen=True)
class Case:
    """What decides who may decide on a finding."""

    recorder_id: int | None
    subject_user_id: int | None
    #: Inspectors of the spot check it comes from and whoever planned it; empty for a sheet.
    involved: frozenset[int] = frozenset()
    from_spot_check: bool = False

    def is_free(self, user_id: int) -> bool:
        """Nobody decides on what they recorded, on their own line, or on a check they took part in (DESIGN §1)."""
        return user_id not in {self.recorder_id, self.subject_user_id} | self.involved


def hand_of(case: Case, heads: Collection[int]) -> Hand:
    """The leading-group head for sheets, the city for spot checks; and the city where a unit has no free head."""
    if case.from_spot_check or not any(case.is_free(head) for head in heads):
        return Hand.CITY
    return Hand.UNIT


class DecisionRefusal(StrEnum):
    DECIDED = "decided"
    INVOLVED = "involved"
    TOO_EARLY = "too_early"
    REASON_MISSING = "reason_missing"


def refuse_decision(
    *,
    is_open: bool,
    is_free: bool,
    defended: bool,
    withdraw: bool,
    defence_until: date | None,
    today: date,
    reason: str,
) -> DecisionRefusal | None:
    """None when the decision may be taken. To withdraw is always early enough; to let it stand takes the person's
    word, or the end of the days in which it could have been given."""
    if not is_open:
        return DecisionRefusal.DECIDED
    if not is_free:
        return DecisionRefusal.INVOLVED
    waiting = not defended and (defence_until is None or today <= defence_until)
    if waiting and not withdraw:
        return DecisionRefusal.TOO_EARLY
    return DecisionRefusal.REASON_MISSING if (withdraw or defended) and not reason.strip() else None


def changes_near(
    at: datetime, recorded: Iterable[datetime], minutes: int
) -> list[tuple[datetime, timedelta]]:
    """Declarations recorded so close to a check that both belong side by side, with their distance from it."""
    near = timedelta(minutes=minutes)
    return [(moment, moment - at) for moment in sorted(recorded) if abs(moment - at) <= near]
