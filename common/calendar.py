"""The stored calendar and office hours, read into pure values. An unknown year warns and never raises."""

import logging
from collections.abc import Collection, Iterable
from datetime import date, time

from common.models import CalendarYear, OfficeHoursSeason
from common.rules import OfficeHours, Season, WorkingCalendar

logger = logging.getLogger(__name__)
#: The State Council publishes next year's rest days in November: in December they must be entered (DOMAIN §1).
NOTICE_MONTH = 12
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
    _warn(set(_needed_years(day)) - calendar.known_years)
    return calendar


def _needed_years(today: date) -> list[int]:
    return [today.year, today.year + 1] if today.month >= NOTICE_MONTH else [today.year]


def missing_years(today: date) -> list[int]:
    """The years whose working days should have been entered by now and are not."""
    needed = _needed_years(today)
    known = set(CalendarYear.objects.filter(year__in=needed).values_list("year", flat=True))
    return [year for year in needed if year not in known]


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
