"""Grades as pure functions (DOMAIN §3): what stands in the way of a proposal or a decision, how many may be 优秀."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from appraisal.rules import years

#: The month of the year in which grading opens; computing never waits.
LAST_MONTH = 12
#: Whoever does not take part in the appraisal at all, and of whom no share may be 优秀. Whoever takes part without
#: getting a grade (on probation, under investigation, disciplined) counts among those who take part.
ABSENT = ("leave", "short")
#: Grades with which somebody may be commended.
MERIT = ("excellent", "competent")


class State(StrEnum):
    COMPUTED = "computed"
    PROPOSED = "proposed"
    PUBLIC = "public"
    DECIDED = "decided"


class Refusal(StrEnum):
    WRONG_STATE = "wrong_state"
    NOT_YOURS = "not_yours"
    INVOLVED = "involved"
    TOO_EARLY = "too_early"
    NOBODY = "nobody"
    MISSING = "missing"
    CEILING = "ceiling"
    QUOTA = "quota"
    NOTICE = "notice"
    RUNNING = "running"


@dataclass(frozen=True)
class Line:
    """Somebody's grade as proposed, beside what the year allows."""

    key: int
    grade: str = ""
    ungraded: str = ""
    ceiling: str = years.GRADES[0]
    #: Neither of an enterprise nor of a vertically managed unit: those are recommended to their own superiors.
    takes_grade: bool = True


@dataclass(frozen=True)
class Quota:
    """How many of those who take part are 优秀, and how many may be."""

    participants: int
    excellent: int
    most: int

    @property
    def is_exceeded(self) -> bool:
        return self.excellent > self.most


def opens_on(year: int) -> date:
    return date(year, LAST_MONTH, 1)


def is_over(year: int, today: date) -> bool:
    """Until 31 December every figure is provisional, whenever grading opened."""
    return today.year > year


def quota_of(lines: Iterable[Line], percent: int) -> Quota:
    taking_part = [line for line in lines if line.takes_grade and line.ungraded not in ABSENT]
    excellent = sum(line.grade == years.GRADES[0] for line in taking_part)
    return Quota(len(taking_part), excellent, years.quota(len(taking_part), percent))


def missing(lines: Iterable[Line]) -> list[int]:
    """Of whom no grade was entered: nothing is ever filled in for them."""
    return [line.key for line in lines if line.takes_grade and not line.grade]


def above(lines: Iterable[Line]) -> list[int]:
    """Whose grade is higher than the year allows by now."""
    return [line.key for line in lines if line.grade and not years.grade_allowed(line.grade, line.ceiling)]


def allowed(ceiling: str) -> list[str]:
    return [grade for grade in years.GRADES if years.grade_allowed(grade, ceiling)]


def refuse_lines(lines: Sequence[Line], percent: int) -> Refusal | None:
    """What is wrong with a proposal, whoever makes it or decides on it."""
    if not any(line.takes_grade for line in lines):
        return Refusal.NOBODY
    if missing(lines):
        return Refusal.MISSING
    if above(lines):
        return Refusal.CEILING
    if quota_of(lines, percent).is_exceeded:
        return Refusal.QUOTA
    return None


def refuse_step(*, state: str, wanted: State, is_able: bool) -> Refusal | None:
    if state != wanted:
        return Refusal.WRONG_STATE
    return None if is_able else Refusal.NOT_YOURS


def refuse_grading(*, state: str, year: int, today: date, is_able: bool) -> Refusal | None:
    """Why no grade is entered, or a year is not proposed, today."""
    if today < opens_on(year):
        return Refusal.TOO_EARLY
    return refuse_step(state=state, wanted=State.COMPUTED, is_able=is_able)


def refuse_decision(
    *, state: str, year: int, is_free: bool, is_involved: bool, today: date, published_until: date | None
) -> Refusal | None:
    """A year is decided once it and its public notice are over, by somebody without a hand in it."""
    if state != State.PUBLIC:
        return Refusal.WRONG_STATE
    if is_involved:
        return Refusal.INVOLVED
    if not is_free:
        return Refusal.NOT_YOURS
    if not is_over(year, today):
        return Refusal.RUNNING
    if published_until is None or today <= published_until:
        return Refusal.NOTICE
    return None


def needs_look(*, is_decided: bool, has_changed: bool, grade: str, ungraded: str) -> bool:
    """Of a decided year: the figures are others by now, nobody has graded it, or a case was to be awaited."""
    return is_decided and (has_changed or not grade or ungraded == "investigation")


def may_be_commended(*, among_least: bool, barred: bool, grade: str, changed: bool, decided: bool) -> bool:
    """First in line (YEAR-3), and nothing speaks against it. Whom of them, people choose."""
    return decided and not changed and keeps_commendation(among_least=among_least, barred=barred, grade=grade)


def keeps_commendation(*, among_least: bool, barred: bool, grade: str) -> bool:
    return among_least and not barred and grade in MERIT
