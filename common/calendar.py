"""The stored calendar and office hours, read into pure values. An unknown year warns and never raises."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import groupby
from operator import attrgetter

from django.db.models import QuerySet

from common.models import CalendarYear, OfficeHoursSeason
from common.rules import Clocks, OfficeHours, Season, WorkingCalendar

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
    return OfficeHours(around(day), in_force(versions(hours_id)))


@dataclass(frozen=True)
class HoursVersion:
    """The seasons of a set from one day until the next version begins."""

    effective_from: date
    #: The last day, while another version is known to follow.
    effective_to: date | None
    version: int
    seasons: tuple[Season, ...]


def versions(hours_id: int) -> list[HoursVersion]:
    """All versions of a set in the order of their days; of several for one day the newest counts. One query."""
    return _by_set(OfficeHoursSeason.objects.filter(hours_id=hours_id)).get(hours_id, [])


def versions_of_all() -> dict[int, list[HoursVersion]]:
    return _by_set(OfficeHoursSeason.objects.all())


def _by_set(rows: QuerySet[OfficeHoursSeason]) -> dict[int, list[HoursVersion]]:
    newest: dict[int, dict[date, list[OfficeHoursSeason]]] = {}
    ordered = rows.order_by("hours_id", "effective_from", "version", "first_day")
    for (hours_id, day, _version), group in groupby(
        ordered, attrgetter("hours_id", "effective_from", "version")
    ):
        newest.setdefault(hours_id, {})[day] = list(group)
    return {hours_id: _in_order(found) for hours_id, found in newest.items()}


def _in_order(newest: Mapping[date, Sequence[OfficeHoursSeason]]) -> list[HoursVersion]:
    days = list(newest)
    ends = [*(day - timedelta(days=1) for day in days[1:]), None]
    return [
        HoursVersion(day, end, newest[day][0].version, tuple(season_value(row, end) for row in newest[day]))
        for day, end in zip(days, ends, strict=True)
    ]


def in_force(known: Iterable[HoursVersion]) -> tuple[Season, ...]:
    return tuple(season for version in known for season in version.seasons)


def season_value(row: OfficeHoursSeason, last_in_force: date | None = None) -> Season:
    return Season(
        row.first_day, row.last_day, clocks(row.spans), row.effective_from, last_in_force or date.max
    )


def clocks(spans: Iterable[Sequence[str]]) -> Clocks:
    """Stored begin and end of each part of a day, as the rules take them."""
    return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)
