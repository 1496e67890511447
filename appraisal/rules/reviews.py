"""Reviews (复核) and appeals (申诉) as pure functions: who may ask, until when, who decides, what a decision may do.

Asking never suspends anything and never makes anything heavier (DOMAIN §3): a review upholds, sets aside or mitigates.
"""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum

from appraisal.rules.papers import wrong_day
from appraisal.rules.years import GRADES, grade_allowed
from common.rules import WorkingCalendar

UNGRADED = "ungraded"
#: A decision is spoken of so many days before its last one.
SOON = timedelta(days=3)


def last_day(known: date, days: int, calendar: WorkingCalendar) -> date:
    """The day of knowing is not counted; a last day that is a rest day moves to the next working day (Civil Code 201,
    203). It ends at 24:00."""
    last = known + timedelta(days=days)
    return last if calendar.is_working_day(last) else calendar.next_working_day(last)


def leaves_half(known: date, until: date, today: date) -> bool:
    """What is entered late must not take a right away: at least half of its days are left."""
    return today - known <= (until - known) / 2


class Asking(StrEnum):
    """Why nobody may ask for it now."""

    NOT_YOURS = "not_yours"
    NOT_DECIDED = "not_decided"
    NOTHING_LEFT = "nothing_left"
    TWICE = "twice"
    OVER = "over"
    TEXT = "text"
    PAPER_DAY = "paper_day"
    PAPER_TO_COME = "paper_to_come"
    PAPER_TOO_EARLY = "paper_too_early"


def refuse_asking(
    *,
    is_for_them: bool,
    is_decided: bool,
    stands: bool,
    asked_before: bool,
    decided_on: date | None,
    until: date | None,
    on_paper: bool,
    paper_on: date | None,
    today: date,
    text: str,
) -> Asking | None:
    """None when it may be asked for. Without `until` the days have not begun: the decision was not handed over yet.
    What came on paper counts from the day on the paper, whenever somebody came to enter it."""
    if not is_for_them:
        return Asking.NOT_YOURS
    if not is_decided:
        return Asking.NOT_DECIDED
    if asked_before:
        return Asking.TWICE
    if not stands:
        return Asking.NOTHING_LEFT
    if on_paper and (wrong := wrong_day(paper_on, decided_on, today)):
        return Asking(wrong)
    day = paper_on if on_paper and paper_on is not None else today
    if until is not None and day > until:
        return Asking.OVER
    return None if text.strip() else Asking.TEXT


# --- Deciding ---------------------------------------------------------------------------------------------------------


def deciders(
    *, city: Collection[int], hands: Collection[int | None], recorders: Collection[int | None] = ()
) -> frozenset[int]:
    """Members of the Express without any hand in it. `recorders` only wrote down what counts in a year: they decide
    where nobody else is free; whoever proposed, decided, is concerned or has an interest never does."""
    able = frozenset(city) - frozenset(hands)
    return able - frozenset(recorders) or able


class Deciding(StrEnum):
    """Why a decision cannot be taken so."""

    INVOLVED = "involved"
    REASON = "reason"
    AUTHORITY = "authority"
    DOCUMENT = "document"
    UNCHANGED = "unchanged"
    HARSHER = "harsher"
    CEILING = "ceiling"
    QUOTA = "quota"


def refuse_deciding(
    *, is_free: bool, reason: str, of_above: bool = False, authority: str = "", document: str = ""
) -> Deciding | None:
    """Of an appeal, which the authority above decides, its name and its document are entered."""
    if not is_free:
        return Deciding.INVOLVED
    if of_above and not authority.strip():
        return Deciding.AUTHORITY
    if of_above and not document.strip():
        return Deciding.DOCUMENT
    return None if reason.strip() else Deciding.REASON


def is_better(new: str, old: str) -> bool:
    """For whoever was not graded only 称职 and above are better: a lower grade would be heavier than none."""
    if not old or not new or new == UNGRADED:
        return False
    if old == UNGRADED:
        return new in GRADES[:2]
    return GRADES.index(new) < GRADES.index(old)


def refuse_grade(
    *, new: str, old: str, ceiling: str, figures_changed: bool, has_place: bool = True
) -> Deciding | None:
    """A grade only becomes better and stays within what the year allows as computed now; with the same grade the
    figures must have changed since the decision. `has_place`: the quota of 优秀 is not full."""
    if new in ("", old):
        return None if figures_changed else Deciding.UNCHANGED
    if not is_better(new, old):
        return Deciding.HARSHER
    if not grade_allowed(new, ceiling):
        return Deciding.CEILING
    return Deciding.QUOTA if new == GRADES[0] and not has_place else None


def better_grades(old: str, ceiling: str) -> list[str]:
    """What a review may give, the best first."""
    return [grade for grade in GRADES if is_better(grade, old) and grade_allowed(grade, ceiling)]
