"""The stored calendar and office hours, read into pure values. An unknown year warns and never raises."""

import logging
from collections.abc import Collection, Iterable
from datetime import date, time

from django.db.models import Max

from common.models import CalendarYear, OfficeHoursSeason
from common.rules import OfficeHours, Season, WorkingCalendar

logger = logging.getLogger(__name__)
_warned: set[int] = set()


def load(years: Iterable[int]) -> WorkingCalendar:
    """The working days of these years, by the newest version of each. One query."""
    wanted = frozenset(years)
    calendar = _read(wanted)
    _warn(wanted - calendar.known_years)
    return calendar


def around(day: date) -> WorkingCalendar:
    """The calendar of a day's year and the next: enough for the opening after the longest absence."""
    calendar = _read({day.year, day.year + 1})
    # The notice of the next year comes in November: before December nobody can have entered it.
    needed = {day.year, day.year + 1} if day.month == 12 else {day.year}
    _warn(needed - calendar.known_years)
    return calendar


def _read(years: Collection[int]) -> WorkingCalendar:
    rows = {row.year: row for row in CalendarYear.objects.filter(year__in=years).order_by("version")}
    return WorkingCalendar(
        exceptions={
            date.fromisoformat(day): entry["working"]
            for row in rows.values()
            for day, entry in row.exceptions.items()
        },
        known_years=frozenset(rows),
    )


def _warn(unknown: Collection[int]) -> None:
    """Once per year and process: a page view must not fill the log."""
    for year in sorted(set(unknown) - _warned):
        _warned.add(year)
        logger.warning("The working days of %s are not entered: Monday to Friday is assumed.", year)


def is_working_day(day: date) -> bool:
    return load([day.year]).is_working_day(day)


def latest_known_year() -> int:
    return CalendarYear.objects.aggregate(last=Max("year"))["last"] or 0


def office_hours(hours_id: int, day: date) -> OfficeHours:
    """The office hours of a set, seen from a day. Two queries, whatever the number of people asked about."""
    seasons = OfficeHoursSeason.objects.filter(hours_id=hours_id).order_by("first_day")
    return OfficeHours(around(day), tuple(season_value(row) for row in seasons))


def season_value(row: OfficeHoursSeason) -> Season:
    return Season(
        row.first_day,
        row.last_day,
        tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in row.spans),
    )
