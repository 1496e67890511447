"""Decisions of the month as pure functions: what a fact costs, what is withheld, which step may follow, by whom.

Points are integer half-points, money integer cents, months their first day. Sources: scheme.txt 三(二) “一月一计”,
DOMAIN §2 and §5.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

#: Of the catalogue of attendance (attendance/seeds.py).
REPORT_LATE = "report_late"

# --- Months -----------------------------------------------------------------------------------------------------------


def first_of(day: date) -> date:
    return day.replace(day=1)


def following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def preceding(month: date) -> date:
    return first_of(month - timedelta(days=1))


def last_day_of(month: date) -> date:
    return following(month) - timedelta(days=1)


def months_between(first: date, last: date) -> list[date]:
    """Every month from one to another, both included; none when they are the wrong way round."""
    found, month = [], first
    while month <= last:
        found.append(month)
        month = following(month)
    return found


def is_over(month: date, today: date) -> bool:
    """A month is counted when its last day has ended."""
    return today > last_day_of(month)


def open_month(*, closed_until: date | None, begins: date, active_until: date | None, today: date) -> date:
    """The month that whatever is written now belongs to: the first that is not drafted.

    Of a unit that has ended no later month is drafted as a matter of course: it is the month in which it is written.
    """
    month = following(closed_until) if closed_until is not None else begins
    if active_until is not None and month > first_of(active_until):
        return max(month, first_of(today))
    return month


# --- What a fact costs ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Price:
    """What one version of the standard says of an item."""

    half_points: int
    #: So many in the month of the fact cost nothing.
    free_first: int = 0
    #: Added for each earlier one within the window.
    step_half_points: int = 0
    #: Days before the fact in which an earlier one counts as a repetition; 0 is never.
    window_days: int = 0
    #: Straight to the discipline inspection commission, without points (DOMAIN §5: 吃拿卡要).
    refer: bool = False


@dataclass(frozen=True)
class Version:
    """One version of the standard, in force from a day until the next one."""

    pk: int
    effective_from: date
    cents_per_point: int
    #: The month's assessed allowance; more is never withheld.
    cap_cents: int
    prices: Mapping[str, Price]


@dataclass(frozen=True)
class Fact:
    """A finding that stands. `cadre` None is about the unit."""

    key: int
    cadre: int | None
    item: str
    day: date
    at: datetime


@dataclass(frozen=True)
class Judged:
    """What a fact costs, and why: how many of its month came before it, and how many within the window."""

    fact: Fact
    version: int
    half_points: int
    cents: int
    before_in_month: int = 0
    before_in_window: int = 0


class NoStandard(LookupError):
    """No version is in force on this day."""


def in_force(versions: Sequence[Version], day: date) -> Version:
    """The newest of these that had begun. Raises NoStandard before the first."""
    begun = [version for version in versions if version.effective_from <= day]
    if not begun:
        raise NoStandard(day.isoformat())
    return max(begun, key=lambda version: (version.effective_from, version.pk))


def judge(facts: Iterable[Fact], before: Iterable[Fact], versions: Sequence[Version]) -> list[Judged]:
    """The facts in the order in which they happened, each by the version of its own day, after those judged before.

    The first so many of a month are free whichever month counts them: who is judged late is neither better nor worse
    off than who was judged in time. A repetition is one of the same item up to so many days earlier.
    """
    in_order = sorted(facts, key=lambda one: (one.day, one.at, one.key))
    return judge_in_order(in_order, before, versions)


def judge_in_order(
    facts: Iterable[Fact], before: Iterable[Fact], versions: Sequence[Version]
) -> list[Judged]:
    """The same for facts whose order stands already: what was entered first comes first."""
    seen: dict[tuple[int | None, str], list[date]] = defaultdict(list)
    for fact in before:
        seen[fact.cadre, fact.item].append(fact.day)
    judged = []
    for fact in facts:
        days = seen[fact.cadre, fact.item]
        judged.append(_judge_one(fact, days, in_force(versions, fact.day)))
        days.append(fact.day)
    return judged


def _judge_one(fact: Fact, days: Sequence[date], version: Version) -> Judged:
    price = version.prices.get(fact.item, Price(0))
    in_month = sum(first_of(day) == first_of(fact.day) for day in days)
    since = fact.day - timedelta(days=price.window_days)
    in_window = sum(since <= day <= fact.day for day in days) if price.window_days else 0
    half_points = half_points_of(price, in_month, in_window)
    cents = 0 if fact.cadre is None else cents_of(half_points, version.cents_per_point)
    return Judged(fact, version.pk, half_points, cents, in_month, in_window)


def half_points_of(price: Price, before_in_month: int, before_in_window: int) -> int:
    """What one more costs after so many of its month, and so many within the window."""
    if price.refer or before_in_month < price.free_first:
        return 0
    return price.half_points + price.step_half_points * before_in_window


def cents_of(half_points: int, cents_per_point: int) -> int:
    """Half a cent is never withheld."""
    return half_points * cents_per_point // 2


def withheld(cents: int, cap_cents: int) -> int:
    """At most the month's assessed allowance, and never less than nothing (DOMAIN §2)."""
    return max(0, min(cents, cap_cents))


# --- The standard's words ---------------------------------------------------------------------------------------------

#: Civil Servants Law 84: salary is neither deducted nor delayed; a named allowance or bonus may be withheld.
_SALARY = re.compile(r"工[\W_]*资|薪|俸|salar(?:y|ies)|wages?\b|\bpay\b", re.IGNORECASE)


def names_salary(text: str) -> bool:
    return bool(_SALARY.search(unicodedata.normalize("NFKC", text)))


# --- The month's path -------------------------------------------------------------------------------------------------


class Step(StrEnum):
    """Where a unit's month stands (DESIGN §3)."""

    DRAFTED = "drafted"
    CONFIRMED = "confirmed"
    PUBLISHED = "published"
    REPORTED = "reported"
    SENT_BACK = "sent_back"
    ACCEPTED = "accepted"


class Move(StrEnum):
    CONFIRM = "confirm"
    PUBLISH = "publish"
    REPORT = "report"
    NIL = "nil"
    ACCEPT = "accept"
    SEND_BACK = "send_back"


MOVES: Mapping[Move, tuple[frozenset[Step], Step]] = {
    Move.CONFIRM: (frozenset({Step.DRAFTED}), Step.CONFIRMED),
    Move.PUBLISH: (frozenset({Step.CONFIRMED}), Step.PUBLISHED),
    Move.REPORT: (frozenset({Step.PUBLISHED, Step.SENT_BACK}), Step.REPORTED),
    # Nothing happened: one tap confirms, publishes and reports.
    Move.NIL: (frozenset({Step.DRAFTED}), Step.REPORTED),
    Move.ACCEPT: (frozenset({Step.REPORTED}), Step.ACCEPTED),
    Move.SEND_BACK: (frozenset({Step.REPORTED}), Step.SENT_BACK),
}
#: Who still has to do something before the report has gone to the city.
UNREPORTED = (Step.DRAFTED, Step.CONFIRMED, Step.PUBLISHED, Step.SENT_BACK)
#: What its cadres may see: the same for all of them, from the day of publication on.
SHOWN_IN_UNIT = (Step.PUBLISHED, Step.REPORTED, Step.SENT_BACK, Step.ACCEPTED)


class Refusal(StrEnum):
    WRONG_STEP = "wrong_step"
    INVOLVED = "involved"
    NOT_YET = "not_yet"
    OBJECTIONS = "objections"
    NOT_NIL = "not_nil"
    REASON = "reason"
    NOT_YOURS = "not_yours"


def refuse_move(
    move: Move,
    *,
    step: Step,
    is_free: bool,
    today: date,
    published_until: date | None = None,
    open_objections: int = 0,
    entries: int = 0,
    reason: str = "",
) -> Refusal | None:
    """Why a unit's month may not take this step now; None when it may."""
    if step not in MOVES[move][0]:
        return Refusal.WRONG_STEP
    if not is_free:
        return Refusal.INVOLVED
    if move == Move.NIL and entries:
        return Refusal.NOT_NIL
    if move == Move.SEND_BACK and not reason.strip():
        return Refusal.REASON
    if move == Move.REPORT and published_until is not None and today <= published_until:
        return Refusal.NOT_YET
    if move == Move.REPORT and open_objections:
        return Refusal.OBJECTIONS
    return None
