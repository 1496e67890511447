"""Working days and office hours as pure values. Instants are aware; days and hours are those of Asia/Shanghai."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: The longest rest period of the calendar is nine days; twice that is more than any search for an opening needs.
HORIZON_DAYS = 31


def local(instant: datetime) -> datetime:
    return instant.astimezone(SHANGHAI)


def at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=SHANGHAI)


@dataclass(frozen=True)
class WorkingCalendar:
    """Monday to Friday, except where a State Council notice says otherwise (DOMAIN §1)."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()

    def is_working_day(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < 5)

    def knows(self, day: date) -> bool:
        """False where Monday to Friday is only an assumption: the year's notice has not been entered."""
        return day.year in self.known_years

    def add_working_days(self, day: date, number: int) -> date:
        """The last day of a period of so many working days; the day itself is not counted (Civil Code 201)."""
        for _counted in range(number):
            day = self.next_working_day(day)
        return day

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`; the next Monday to Friday if none stands within the horizon."""
        for offset in range(1, HORIZON_DAYS + 1):
            if self.is_working_day(day + timedelta(days=offset)):
                return day + timedelta(days=offset)
        return day + timedelta(days=7 - day.weekday() if day.weekday() > 3 else 1)


#: Begin and end of each part of a day. An end that is not later than its begin lies on the next day.
Clocks = tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class Season:
    """The daily spans from one MM-DD to another, both included; first > last means across New Year."""

    first: str
    last: str
    spans: Clocks
    #: The days on which these hours are in force, both included: others came before, others may follow.
    in_force_from: date = date.min
    in_force_to: date = date.max

    def covers(self, day: date) -> bool:
        if not self.in_force_from <= day <= self.in_force_to:
            return False
        key = f"{day:%m-%d}"
        if self.first <= self.last:
            return self.first <= key <= self.last
        return key >= self.first or key <= self.last


@dataclass(frozen=True)
class Span:
    start: datetime
    end: datetime


def spans_on(day: date, clocks: Clocks) -> tuple[Span, ...]:
    """The instants of a day's parts; whatever would go back in time goes on after midnight."""
    found: list[Span] = []
    for start, end in clocks:
        begin = at(day, start)
        if found and begin < found[-1].end:
            begin += timedelta(days=1)
        finish = at(local(begin).date(), end)
        found.append(Span(begin, finish if finish > begin else finish + timedelta(days=1)))
    return tuple(found)


@dataclass(frozen=True)
class OfficeHours:
    """When an office is open: the seasons of its set on the working days of the calendar.

    `own` holds the days of one person who works in shifts: on these their own spans count and nothing else, on rest
    days and by night too. No spans mean that they rest.
    """

    calendar: WorkingCalendar
    seasons: tuple[Season, ...]
    own: Mapping[date, Clocks] = field(default_factory=dict)

    def spans(self, day: date) -> tuple[Span, ...]:
        """The open spans of a day in order; none on a rest day. A night's shift belongs to the day it begins on."""
        if day in self.own:
            return spans_on(day, self.own[day])
        return self._by_season(day) if self.calendar.is_working_day(day) else ()

    def nominal_spans(self, day: date) -> tuple[Span, ...]:
        """The spans that a day would have, were it a working day."""
        return self.spans(day) if self.own.get(day) else self._by_season(day)

    def _by_season(self, day: date) -> tuple[Span, ...]:
        return tuple(
            span for season in self.seasons if season.covers(day) for span in spans_on(day, season.spans)
        )

    def day_of(self, now: datetime) -> date:
        """The day whose hours an instant belongs to: until a night's shift ends, the day on which it began."""
        today = local(now).date()
        yesterday = today - timedelta(days=1)
        if yesterday in self.own:
            end = self.day_end(yesterday)
            if end is not None and now < end:
                return yesterday
        return today

    def is_open(self, now: datetime) -> bool:
        days = {self.day_of(now), local(now).date()}
        return any(span.start <= now < span.end for day in days for span in self.spans(day))

    def knows(self, day: date) -> bool:
        """False where the day is only an assumption; a shift is none."""
        return day in self.own or self.calendar.knows(day)

    def day_end(self, day: date) -> datetime | None:
        """The end of the last span, when the office day ends; None on a rest day."""
        spans = self.spans(day)
        return spans[-1].end if spans else None

    def next_working_day(self, day: date) -> date:
        """The first day after `day` with hours of its own; as the calendar says where there are none."""
        ahead = (day + timedelta(days=offset) for offset in range(1, HORIZON_DAYS + 1))
        return next(filter(self.spans, ahead), None) or self.calendar.next_working_day(day)

    def upcoming(self, now: datetime) -> Iterator[Span]:
        """Spans that end after `now`, in order, within the horizon."""
        first = self.day_of(now)
        for offset in range(HORIZON_DAYS + 1):
            yield from (span for span in self.spans(first + timedelta(days=offset)) if span.end > now)

    def next_opening(self, now: datetime) -> datetime | None:
        """The next instant at which the doors open; None while open, or when nothing opens within the horizon."""
        span = next(self.upcoming(now), None)
        return span.start if span and span.start > now else None
