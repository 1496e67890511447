"""The stored calendar: what the seed knows, what happens where nobody has entered a year."""

import logging
from datetime import date, datetime, timedelta

import chinese_calendar
import pytest

from common import calendar
from common.models import CalendarYear, OfficeHoursSeason, OfficeHoursSet
from common.rules import SHANGHAI

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_warned(monkeypatch):
    monkeypatch.setattr(calendar, "_warned", set())


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("day", ["2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_weekends_that_the_notice_for_2026_makes_working_days(day):
    assert date.fromisoformat(day).weekday() >= 5
    assert calendar.is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day", ["2026-01-01", "2026-02-17", "2026-04-06", "2026-05-01", "2026-06-19", "2026-09-25", "2026-10-01"]
)
def test_weekdays_that_the_notice_for_2026_makes_rest_days(day):
    assert date.fromisoformat(day).weekday() < 5
    assert not calendar.is_working_day(date.fromisoformat(day))


def test_an_ordinary_tuesday_works_and_an_ordinary_saturday_rests():
    assert calendar.is_working_day(date(2026, 11, 24))
    assert not calendar.is_working_day(date(2026, 11, 28))


def test_the_seed_knows_every_year_from_2004_to_2026():
    assert list(CalendarYear.objects.order_by("year").values_list("year", flat=True)) == list(
        range(2004, 2027)
    )


@pytest.mark.parametrize(
    ("today", "entered", "missing"),
    [
        (date(2031, 6, 1), [], [2031]),
        (date(2031, 6, 1), [2031], []),
        # A later year that is there does not stand for an earlier one that is not.
        (date(2031, 6, 1), [2032], [2031]),
        (date(2031, 11, 30), [2031], []),
        (date(2031, 12, 1), [2031], [2032]),
        (date(2031, 12, 1), [2031, 2032], []),
        (date(2031, 12, 31), [], [2031, 2032]),
    ],
)
def test_the_next_year_is_missed_from_december(today, entered, missing):
    for year in entered:
        CalendarYear.objects.create(year=year, version=1, source="通知", adopted_at="2030-11-01T00:00Z")
    assert calendar.missing_years(today) == missing


def test_loading_the_seed_again_changes_nothing(django_assert_num_queries):
    from common import seeds

    CalendarYear.objects.create(
        year=2026, version=2, source="市府办", adopted_at=datetime(2026, 6, 1, tzinfo=SHANGHAI), exceptions={}
    )
    before = list(CalendarYear.objects.order_by("pk").values_list("pk", "year", "version"))
    seeds.load()
    assert list(CalendarYear.objects.order_by("pk").values_list("pk", "year", "version")) == before
    assert OfficeHoursSet.objects.get().seasons.count() == 2


def test_an_unknown_year_counts_monday_to_friday_and_warns_once(caplog):
    assert calendar.is_working_day(date(2027, 1, 1))  # a Friday; the notice will make it a holiday
    assert not calendar.is_working_day(date(2027, 1, 2))
    assert calendar.is_working_day(date(2027, 1, 4))
    assert warnings(caplog) == ["The working days of 2027 are not entered: Monday to Friday is assumed."]


def test_the_newest_version_of_a_year_counts():
    for version, working in ((1, False), (2, True)):
        CalendarYear.objects.create(
            year=2027,
            version=version,
            source=f"通知 {version}",
            adopted_at=datetime(2026, 11, 1, tzinfo=SHANGHAI),
            exceptions={"2027-01-02": {"working": working, "name": "元旦"}},
        )
    assert calendar.is_working_day(date(2027, 1, 2))


def test_at_the_turn_of_the_year_the_next_opening_knows_both_years(caplog):
    CalendarYear.objects.create(
        year=2027,
        version=1,
        source="通知",
        adopted_at=datetime(2026, 11, 1, tzinfo=SHANGHAI),
        exceptions={"2027-01-01": {"working": False, "name": "元旦"}},
    )
    hours = calendar.office_hours(OfficeHoursSet.objects.get().pk, date(2026, 12, 31))
    opens = hours.next_opening(datetime(2026, 12, 31, 18, tzinfo=SHANGHAI))
    assert opens == datetime(2027, 1, 4, 8, 30, tzinfo=SHANGHAI)
    assert warnings(caplog) == []


def test_in_november_next_years_opening_is_right_when_its_notice_is_already_entered():
    CalendarYear.objects.create(
        year=2027,
        version=1,
        source="通知",
        adopted_at=datetime(2026, 11, 1, tzinfo=SHANGHAI),
        exceptions={"2027-01-01": {"working": False, "name": "元旦"}},
    )
    hours = calendar.office_hours(OfficeHoursSet.objects.get().pk, date(2026, 11, 24))
    opens = hours.next_opening(datetime(2026, 12, 31, 18, tzinfo=SHANGHAI))
    assert opens == datetime(2027, 1, 4, 8, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "warned"), [(date(2026, 11, 24), 0), (date(2026, 11, 30), 0), (date(2026, 12, 1), 1)]
)
def test_a_missing_next_year_is_worth_a_warning_from_december_on(day, warned, caplog):
    calendar.around(day)
    calendar.around(day)
    assert len(warnings(caplog)) == warned


def test_the_city_opens_at_the_times_of_the_season():
    hours = calendar.office_hours(OfficeHoursSet.objects.get().pk, date(2026, 7, 1))
    assert hours.is_open(datetime(2026, 7, 1, 14, 30, tzinfo=SHANGHAI))
    assert not hours.is_open(datetime(2026, 7, 1, 14, 15, tzinfo=SHANGHAI))
    assert hours.is_open(datetime(2026, 1, 5, 14, 15, tzinfo=SHANGHAI))


def test_office_hours_take_two_queries(django_assert_num_queries):
    city = OfficeHoursSet.objects.get()
    with django_assert_num_queries(2):
        hours = calendar.office_hours(city.pk, date(2026, 11, 24))
    with django_assert_num_queries(0):
        assert hours.is_open(datetime(2026, 11, 24, 10, tzinfo=SHANGHAI))


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_is_what_the_package_of_the_notices_says(year):
    stored = calendar.load([year])
    days = [date(year, 1, 1) + timedelta(days=offset) for offset in range(366)]
    wrong = [
        day
        for day in days
        if day.year == year and stored.is_working_day(day) != chinese_calendar.is_workday(day)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        ("2026-02-12", "2026-02-24"),
        ("2026-02-14", "2026-02-26"),
        ("2026-05-08", "2026-05-12"),
        ("2026-09-18", "2026-09-22"),
        ("2026-09-30", "2026-10-10"),
        ("2026-11-28", "2026-12-02"),
    ],
)
def test_the_third_working_day_after_the_receipt(received, last_day):
    """The column of the working days in DOMAIN §1."""
    counted = calendar.load([2026]).add_working_days(date.fromisoformat(received), 3)
    assert counted == date.fromisoformat(last_day)


def test_every_day_of_an_unknown_year_is_answered_with_one_warning(caplog):
    days = [date(2027, 1, 1) + timedelta(days=offset) for offset in range(365)]
    assert [calendar.is_working_day(day) for day in days] == [day.weekday() < 5 for day in days]
    assert calendar.load([2026, 2027]).add_working_days(date(2026, 12, 30), 3) == date(2027, 1, 4)
    assert warnings(caplog) == ["The working days of 2027 are not entered: Monday to Friday is assumed."]


# --- Office hours from a day on -----------------------------------------------------------------------------------


def seasons(hours: OfficeHoursSet, day: date, start: str, *, version: int = 1) -> None:
    OfficeHoursSeason.objects.create(
        hours=hours,
        effective_from=day,
        version=version,
        first_day="01-01",
        last_day="12-31",
        spans=[[start, "12:00"], ["13:30", "17:00"]],
    )


def opening(day: date, *, seen_from: date) -> str:
    hours = calendar.office_hours(OfficeHoursSet.objects.get().pk, seen_from)
    return f"{hours.spans(day)[0].start:%H:%M}"


@pytest.mark.parametrize("seen_from", [date(2026, 11, 24), date(2026, 12, 2)])
def test_each_day_has_the_hours_that_were_in_force_on_it(seen_from):
    seasons(OfficeHoursSet.objects.get(), date(2026, 12, 1), "09:00")
    days = (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31))
    assert [opening(day, seen_from=seen_from) for day in days] == ["08:30", "09:00", "09:00"]


def test_the_next_opening_looks_across_the_change():
    seasons(OfficeHoursSet.objects.get(), date(2026, 12, 1), "09:00")
    hours = calendar.office_hours(OfficeHoursSet.objects.get().pk, date(2026, 11, 30))
    evening = datetime(2026, 11, 30, 18, tzinfo=SHANGHAI)
    assert hours.next_opening(evening) == datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)


def test_a_plan_that_was_entered_again_counts_as_entered_last():
    city = OfficeHoursSet.objects.get()
    seasons(city, date(2026, 12, 1), "09:00")
    seasons(city, date(2026, 12, 1), "07:45", version=2)
    assert opening(date(2026, 12, 1), seen_from=date(2026, 11, 24)) == "07:45"
    assert [version.effective_to for version in calendar.versions(city.pk)] == [date(2026, 11, 30), None]
    assert calendar.versions_of_all() == {city.pk: calendar.versions(city.pk)}


def test_many_versions_take_two_queries_too(django_assert_num_queries):
    city = OfficeHoursSet.objects.get()
    for month in range(1, 13):
        seasons(city, date(2026, month, 1), "09:00")
    with django_assert_num_queries(2):
        calendar.office_hours(city.pk, date(2026, 11, 24))
