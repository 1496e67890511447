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

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`; the next Monday to Friday if none stands within the horizon."""
        for offset in range(1, HORIZON_DAYS + 1):
            if self.is_working_day(day + timedelta(days=offset)):
                return day + timedelta(days=offset)
        return day + timedelta(days=7 - day.weekday() if day.weekday() > 3 else 1)


@dataclass(frozen=True)
class Season:
    """The daily spans from one MM-DD to another, both included; first > last means across New Year."""

    first: str
    last: str
    spans: tuple[tuple[time, time], ...]

    def covers(self, day: date) -> bool:
        key = f"{day:%m-%d}"
        if self.first <= self.last:
            return self.first <= key <= self.last
        return key >= self.first or key <= self.last


@dataclass(frozen=True)
class Span:
    start: datetime
    end: datetime


@dataclass(frozen=True)
class OfficeHours:
    """When an office is open: the seasons of its set on the working days of the calendar."""

    calendar: WorkingCalendar
    seasons: tuple[Season, ...]

    def spans(self, day: date) -> tuple[Span, ...]:
        """The open spans of a day in order; none on a rest day."""
        return self.nominal_spans(day) if self.calendar.is_working_day(day) else ()

    def nominal_spans(self, day: date) -> tuple[Span, ...]:
        """The spans of the day's season whether or not it is a working day."""
        return tuple(
            Span(at(day, start), at(day, end))
            for season in self.seasons
            if season.covers(day)
            for start, end in season.spans
        )

    def is_open(self, now: datetime) -> bool:
        return any(span.start <= now < span.end for span in self.spans(local(now).date()))

    def day_end(self, day: date) -> datetime | None:
        """The end of the last span, when the office day ends; None on a rest day."""
        spans = self.spans(day)
        return spans[-1].end if spans else None

    def upcoming(self, now: datetime) -> Iterator[Span]:
        """Spans that end after `now`, in order, within the horizon."""
        today = local(now).date()
        for offset in range(HORIZON_DAYS + 1):
            yield from (span for span in self.spans(today + timedelta(days=offset)) if span.end > now)

    def next_opening(self, now: datetime) -> datetime | None:
        """The next instant at which the doors open; None while open, or when nothing opens within the horizon."""
        span = next(self.upcoming(now), None)
        return span.start if span and span.start > now else None
