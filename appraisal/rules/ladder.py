"""The ladder of measures (SANC-1, scheme.txt 一(三) “一查一究”): what proposes a rung, which rung may be passed over,
who may decide. The system proposes with the lines it counted; people decide."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True)
class Counted:
    """A fact that a trigger counts, in the order of its day."""

    kind: str
    key: int
    day: date
    words: str = ""


@dataclass(frozen=True)
class Proposal:
    """So many facts of a year, and which proposal of its rule they make: the first, the second …"""

    number: int
    lines: tuple[Counted, ...]


def proposals(lines: Iterable[Counted], times: int) -> list[Proposal]:
    """One proposal for each full `times` of a year's facts, every fact counted once (COMP-2: one substantiated
    complaint, one criticism). The order of events within a day does not matter."""
    ordered = sorted(lines, key=lambda line: (line.day, line.kind, line.key))
    full = len(ordered) // times
    return [
        Proposal(number + 1, tuple(ordered[number * times : (number + 1) * times])) for number in range(full)
    ]


def towards_next(count: int, times: int) -> int:
    """How many of the next proposal's facts are there already: “2 of 3 this year”."""
    return count % times


def skipped(levels: Collection[int], level: int, before: Collection[int]) -> list[int]:
    """Rungs below `level` that were never taken in the year: passing them over needs a reason. Of those that apply
    at all (`levels`), and none while the highest so far is just below."""
    highest = max(before, default=0)
    return sorted(one for one in levels if highest < one < level)


class Refusal(StrEnum):
    WRONG_STATE = "wrong_state"
    INVOLVED = "involved"
    TOO_EARLY = "too_early"
    REASON = "reason"
    SKIP_REASON = "skip_reason"
    WITNESS = "witness"


def refuse_decision(
    *,
    is_open: bool,
    is_free: bool,
    defended: bool,
    defence_until: date | None,
    today: date,
    drop: bool,
    reason: str,
    skips: Sequence[int],
    skipped_reason: str,
) -> Refusal | None:
    """Why nobody may decide now; to drop a proposal is always early enough."""
    if not is_open:
        return Refusal.WRONG_STATE
    if not is_free:
        return Refusal.INVOLVED
    waiting = not defended and (defence_until is None or today <= defence_until)
    if waiting and not drop:
        return Refusal.TOO_EARLY
    if not reason.strip():
        return Refusal.REASON
    if skips and not drop and not skipped_reason.strip():
        return Refusal.SKIP_REASON
    return None


def warns_until(served_on: date, months: int) -> date | None:
    """The last day of warning: the same day of the month so many months later, less one; None for what does not
    warn."""
    if not months:
        return None
    index = served_on.year * 12 + served_on.month - 1 + months
    year, month = divmod(index, 12)
    first = date(year, month + 1, 1)
    last_day = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - first).days
    same = first.replace(day=min(served_on.day, last_day))
    return date.fromordinal(same.toordinal() - (1 if served_on.day <= last_day else 0))
