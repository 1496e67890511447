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
    #: Looked for and not there: what a problem says, never what somebody chooses.
    ABSENT = "absent"


#: What may be chosen for somebody, or for everybody at post.
CHOOSABLE = (Verified.SEEN, Verified.PHONE, Verified.DECLARED)

#: The two words about whereabouts. Only a declaration can be untrue; a default can only be not updated (DESIGN §3).
UNTRUE, NOT_UPDATED = "untrue", "not_updated"
#: Recorded by the program about a unit (INSP-1).
SHEET_MISSING = "sheet_missing"
#: Without these a round could not say what 去向不符 means.
NEEDED_ITEMS = frozenset({UNTRUE, NOT_UPDATED})
#: These say that somebody was not where they should have been. Whose whereabouts were only not updated has been found
#: in one way or another, and who came late or sat at a game was met.
ABSENT_ITEMS = frozenset({UNTRUE, "off_post", "counter_unattended", "absent_half_day"})
#: The years that an address may name.
FIRST_YEAR, LAST_YEAR = 2000, 2999


def is_due(status: Status, spans: Sequence[Span], now: datetime) -> bool:
    """Whether a round looks for somebody: on duty, or in their own office day, whose noon break belongs to it: who
    walked at 11:50 may submit at 12:05."""
    if status.kind == Kind.AT_POST:
        return True
    return bool(spans) and spans[0].start <= now < spans[-1].end


def usually_verified(status: Status, usual: Verified) -> Verified:
    """Those at post are checked as the round goes; of those who are away only the declaration is known."""
    return usual if status.is_present else Verified.DECLARED


def says_absent(item_codes: Iterable[str]) -> bool:
    """Whether one of somebody's problems says that they were not there."""
    return not ABSENT_ITEMS.isdisjoint(item_codes)


def corrected_way(before: Verified, item_codes: Iterable[str]) -> Verified:
    """How somebody counts as verified once their line is put right, and these problems are left. Who was not missing
    after all had been verified in a way that nobody has kept: what says least stands there."""
    if says_absent(item_codes):
        return Verified.ABSENT
    return Verified.DECLARED if before == Verified.ABSENT else before


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
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _NUMBERS.split(plain) if part]


def defence_until(told: date, days: int, calendar: WorkingCalendar) -> date:
    """The last day for a statement in defence: the day of being told is not counted, working days only."""
    day = told
    for _step in range(days):
        day = calendar.next_working_day(day)
    return day


def days_left(today: date, last: date, calendar: WorkingCalendar) -> int:
    """The working days after today up to the last one, which is counted; 0 on the last day."""
    left = 0
    while (today := calendar.next_working_day(today)) <= last:
        left += 1
    return left


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
    #: A spot check, or what a complaint came to: the city found it, and the city decides.
    of_the_city: bool = False

    def is_free(self, user_id: int) -> bool:
        """Nobody decides on what they recorded, on their own line, or on a check they took part in (DESIGN §1)."""
        return user_id not in {self.recorder_id, self.subject_user_id} | self.involved


def hand_of(case: Case, heads: Collection[int]) -> Hand:
    """The leading-group head for sheets, the city for what it found; and the city where a unit has no free head."""
    if case.of_the_city or not any(case.is_free(head) for head in heads):
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
    own_word: bool,
    withdraw: bool,
    defence_until: date | None,
    today: date,
    reason: str,
) -> DecisionRefusal | None:
    """None when the decision may be taken. To withdraw is always early enough; to let it stand takes the person's
    own word, or the end of the days in which it could have been given: what somebody else enters for them, from paper,
    does not shorten these."""
    if not is_open:
        return DecisionRefusal.DECIDED
    if not is_free:
        return DecisionRefusal.INVOLVED
    waiting = not own_word and (defence_until is None or today <= defence_until)
    if waiting and not withdraw:
        return DecisionRefusal.TOO_EARLY
    return DecisionRefusal.REASON_MISSING if (withdraw or defended) and not reason.strip() else None


def changes_near(
    at: datetime, recorded: Iterable[datetime], minutes: int
) -> list[tuple[datetime, timedelta]]:
    """Declarations recorded so close to a check that both belong side by side, with their distance from it."""
    near = timedelta(minutes=minutes)
    return [(moment, moment - at) for moment in sorted(recorded) if abs(moment - at) <= near]


class CorrectionRefusal(StrEnum):
    """Why a correction of a line cannot be asked for."""

    OWN_LINE = "own_line"
    NOTHING = "nothing"
    DOES_NOT_FIT = "does_not_fit"
    THERE_ALREADY = "there_already"


def refuse_correction(
    *,
    withdraws: str | None,
    records: str | None,
    recorded: Collection[str],
    status: Status,
    is_own_line: bool,
) -> CorrectionRefusal | None:
    """None when a correction may be asked for. Items by their codes: what it withdraws, what it records, and what is
    recorded of the line so far. The same item may take its own place: the minutes were wrong."""
    if is_own_line:
        return CorrectionRefusal.OWN_LINE
    if withdraws is None and records is None:
        return CorrectionRefusal.NOTHING
    if records is not None and not may_be_said(records, status):
        return CorrectionRefusal.DOES_NOT_FIT
    left = list(recorded)
    if withdraws is not None:
        left.remove(withdraws)
    return CorrectionRefusal.THERE_ALREADY if records in left else None


def month_named(value: str) -> date | None:
    """The first day of “2026-11”; None where it names no month that a page could show."""
    try:
        first = date.fromisoformat(f"{value}-01")
    except ValueError:
        return None
    # Neither end of the calendar: the months beside it are shown too.
    return first if FIRST_YEAR <= first.year <= LAST_YEAR else None


def is_sheet_due(
    day: date, *, begins: date | None, opened: date, closed: date | None, calendar: WorkingCalendar
) -> bool:
    """Whether a unit owes a sheet for a day (INSP-1): a working day since the city began, while the unit goes on."""
    goes_on = opened <= day and (closed is None or day <= closed)
    return begins is not None and begins <= day and goes_on and calendar.is_working_day(day)


def is_sheet_counted(day: date, today: date, *, came: bool) -> bool:
    """Whether figures count a day that was due: today's sheet may come until the day is over, and is then missing."""
    return day < today or (day == today and came)
