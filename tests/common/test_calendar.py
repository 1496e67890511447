"""The stored calendar: what the seed knows, what happens where nobody has entered a year."""

import logging
from datetime import date, datetime

import pytest

from common import calendar
from common.models import CalendarYear, OfficeHoursSet
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
