"""Office hours as people enter them: from a day of the year on these hours, until the next season begins. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from common.problems import Refused
from common.rules import Clocks, Season

#: With its 29 February, so that a season may begin or end on it.
LEAP_YEAR = 2024
MOST_SEASONS = 4
MOST_SPANS = 3


@dataclass(frozen=True)
class SeasonStart:
    month: int
    day: int
    spans: Clocks

    @property
    def key(self) -> str:
        return f"{self.month:02}-{self.day:02}"


def check(starts: Sequence[SeasonStart]) -> None:
    """Raises Refused unless these are the seasons of a year."""
    if not starts:
        raise Refused(_("Enter at least one season."))
    for start in starts:
        if not is_day(start.month, start.day):
            raise Refused(_("There is no such day in the year."))
        if sentence := span_fault(start.spans):
            raise Refused(sentence)
    if len({start.key for start in starts}) < len(starts):
        raise Refused(_("Two seasons begin on the same day."))


def is_day(month: int, day: int) -> bool:
    try:
        date(LEAP_YEAR, month, day)
    except ValueError:
        return False
    return True


def span_fault(spans: Clocks, *, over_midnight: bool = False) -> str:
    """What is wrong with the parts of a day, in a sentence; empty when nothing is."""
    if not 1 <= len(spans) <= MOST_SPANS:
        return str(_("Enter the hours from when until when."))
    if over_midnight:
        return _night_fault(spans)
    if passes_midnight(spans):
        return str(_("The times must follow each other within one day: 08:30–12:00, then 14:00–17:30."))
    return ""


def _night_fault(spans: Clocks) -> str:
    """A shift may pass midnight, once, and ends before it would begin again."""
    minutes = [clock.hour * 60 + clock.minute for span in spans for clock in span]
    steps = [(later - earlier) % 1440 or 1440 for earlier, later in pairwise(minutes)]
    if sum(steps) > 1440:
        return str(_("The times must follow each other and end within 24 hours."))
    return ""


def passes_midnight(spans: Clocks) -> bool:
    clocks = [clock for span in spans for clock in span]
    return any(later <= earlier for earlier, later in pairwise(clocks))


def seasons(starts: Iterable[SeasonStart]) -> tuple[Season, ...]:
    """Each season lasts until the day before the next: the year has neither gap nor overlap."""
    ordered = sorted(starts, key=lambda start: start.key)
    following = [*ordered[1:], *ordered[:1]]
    return tuple(
        Season(start.key, _day_before(after), start.spans)
        for start, after in zip(ordered, following, strict=True)
    )


def _day_before(start: SeasonStart) -> str:
    return f"{date(LEAP_YEAR, start.month, start.day) - timedelta(days=1):%m-%d}"


def starts(known: Iterable[Season]) -> list[SeasonStart]:
    return [SeasonStart(int(season.first[:2]), int(season.first[3:]), season.spans) for season in known]


def same(one: Iterable[Season], other: Iterable[Season]) -> bool:
    def bare(known: Iterable[Season]) -> list[tuple[str, str, Clocks]]:
        return sorted((season.first, season.last, season.spans) for season in known)

    return bare(one) == bare(other)


def words(known: Iterable[Season]) -> str:
    """For the audit trail: “06-01–09-30 08:30–12:00 14:30–17:30”."""
    return "; ".join(f"{season.first}–{season.last} {clock_words(season.spans)}" for season in known)


def clock_words(spans: Clocks) -> str:
    return " ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in spans)
