"""Objections as pure functions: who may make one, until when, and who answers it."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from appraisal.rules.papers import wrong_day


class Making(StrEnum):
    """Why an objection may not be made."""

    NOT_YOURS = "not_yours"
    NO_CHARGE = "no_charge"
    TAKEN_BACK = "taken_back"
    TWICE = "twice"
    OVER = "over"
    TEXT = "text"
    PAPER_DAY = "paper_day"
    PAPER_TO_COME = "paper_to_come"
    PAPER_TOO_EARLY = "paper_too_early"
    ACCEPTED = "accepted"


def refuse_making(
    *,
    is_for_them: bool,
    is_charge: bool,
    stands: bool,
    made_before: bool,
    on_paper: bool,
    paper_on: date | None,
    counted_on: date | None,
    published_until: date | None,
    is_accepted: bool,
    today: date,
    text: str,
) -> Making | None:
    """None when it may be made. The publication ends at 24:00 of its last day; what was handed in on paper counts from
    the day on the paper, whenever the unit came to enter it before the city accepted its report."""
    if not is_for_them:
        return Making.NOT_YOURS
    if not is_charge:
        return Making.NO_CHARGE
    if made_before:
        return Making.TWICE
    if not stands:
        return Making.TAKEN_BACK
    if on_paper and is_accepted:
        return Making.ACCEPTED
    if on_paper and (wrong := wrong_day(paper_on, counted_on, today)):
        return Making(wrong)
    day = paper_on if on_paper and paper_on is not None else today
    if published_until is not None and day > published_until:
        return Making.OVER
    return None if text.strip() else Making.TEXT


def who_enters(
    *,
    officers: Collection[int],
    heads: Collection[int],
    city: Collection[int],
    involved: Collection[int | None],
) -> frozenset[int]:
    """Who enters what somebody has handed in on paper: an officer of the unit who neither recorded nor decided what it
    is about, or else a head, or else the city."""
    free = (frozenset(group) - frozenset(involved) for group in (officers, heads, city))
    return next(filter(None, free), frozenset())


class Answering(StrEnum):
    """Why an objection may not be answered."""

    INVOLVED = "involved"
    REASON = "reason"


def refuse_answering(*, is_free: bool, reason: str) -> Answering | None:
    if not is_free:
        return Answering.INVOLVED
    return None if reason.strip() else Answering.REASON


def deciders(
    *,
    heads: Collection[int],
    city: Collection[int],
    involved: Collection[int | None],
    about_unit: bool,
    of_the_city: bool,
    is_overdue: bool = False,
) -> frozenset[int]:
    """Who may answer: the unit's free leading-group heads, or else the city's free people. The city where it found the
    fact itself, and where it is about the unit, for which nobody there answers alone (DESIGN §3); and beside the
    unit's heads once their day has passed, since the month waits for the answer."""
    of_unit, city_free = (frozenset(group) - frozenset(involved) for group in (heads, city))
    if about_unit:
        return city_free
    first, second = (city_free, of_unit) if of_the_city else (of_unit, city_free)
    return first | city_free if first and is_overdue else first or second
