"""A year's notice as rows, as a file and as a grid."""

from datetime import date

import pytest
from django.utils import translation

from common import seeds, workdays
from common.problems import Refused
from common.workdays import Exceptional, Row

YEAR = seeds.working_days()[2026]
OFF, WORKED = Exceptional(False, "元旦"), Exceptional(True, "元旦")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def read(text: str, encoding: str = "utf-8") -> workdays.Reading:
    return workdays.read_csv(text.encode(encoding), 2027)


def test_a_holiday_is_one_row_over_its_weekend():
    rows = workdays.rows_of(YEAR)
    assert Row(date(2026, 10, 1), date(2026, 10, 7), False, "国庆节") in rows
    assert Row(date(2026, 9, 20), date(2026, 9, 20), True, "国庆节") in rows
    assert len(rows) == 13


@pytest.mark.parametrize("year", range(2004, 2027))
def test_rows_say_the_same_as_the_stored_days(year):
    stored = seeds.working_days()[year]
    assert workdays.stored(workdays.days_of(workdays.rows_of(stored))) == stored


def test_two_holidays_side_by_side_are_two_rows():
    days = {
        "2027-01-01": {"working": False, "name": "元旦"},
        "2027-01-04": {"working": False, "name": "补休"},
        "2027-01-06": {"working": False, "name": "补休"},
    }
    assert [(row.first.day, row.last.day) for row in workdays.rows_of(days)] == [(1, 1), (4, 4), (6, 6)]


def test_a_row_says_nothing_of_a_weekend_that_rests_anyway():
    days = workdays.days_of([Row(date(2027, 1, 1), date(2027, 1, 3), False, "元旦")])
    assert days == {date(2027, 1, 1): OFF}


def test_the_differences_of_two_versions():
    before = workdays.stored({date(2027, 1, 1): OFF, date(2027, 1, 4): OFF})
    after = workdays.stored({date(2027, 1, 1): OFF, date(2027, 1, 2): WORKED})
    changes = workdays.differences(before, after)
    assert [(change.day.day, change.was_working, change.is_working) for change in changes] == [
        (2, False, True),
        (4, False, True),
    ]
    assert workdays.differences(before, before) == []


# --- Files --------------------------------------------------------------------------------------------------------

FILE = "date,kind,name\n2027-01-01,rest,元旦\n2027-01-02,work,元旦\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(
    "text",
    [
        FILE,
        FILE.replace("\n", "\r\n"),
        "日期,类别,名称\n2027年1月1日,休,元旦\n2027/1/2,班,元旦\n",
        "20270101,放假,元旦\n20270102,上班,元旦\n",
        "date\tkind\tname\n2027.1.1\trest\t元旦\n\n2027-1-2\twork\t元旦\n",
        # Weekends within a holiday are listed by many and say nothing new.
        FILE + "2027-01-03,rest,元旦\n",
    ],
)
def test_a_file_in_every_usual_spelling(text, encoding):
    reading = read(text, encoding)
    assert reading.problems == []
    assert reading.days == {date(2027, 1, 1): OFF, date(2027, 1, 2): WORKED}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("2027-02-30,rest,x", "Line 2: “2027-02-30” is no date such as 2027-02-08."),
        (",rest,x", "Line 2: “” is no date such as 2027-02-08."),
        ("2026-12-31,rest,x", "Line 2: 2026-12-31 does not lie in 2027."),
        ("2027-02-08,holiday,x", "Line 2: “holiday” is neither “rest” (休) nor “work” (班)."),
        ("2027-02-08", "Line 2: “” is neither “rest” (休) nor “work” (班)."),
        ("2027-02-08,work,x", "Line 2: 2027-02-08 is a working day anyway."),
        ("2027-02-08,rest," + "长" * 21, "Line 2: The name is longer than 20 characters."),
        ("2027-02-08,rest,x,y", "Line 2: There are more cells than date, kind and name."),
        ("2027-02-08,rest,x\n2027-02-08,rest,y", "Line 3: 2027-02-08 already stands in line 2."),
    ],
)
def test_what_is_wrong_is_said_by_line(line, sentence):
    assert read(f"date,kind,name\n{line}\n").problems == [sentence]


def test_every_wrong_line_is_named_at_once():
    assert len(read("2026-01-01,rest,x\n2027-01-04,work,x\nx,y,z\n").problems) == 4


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file holds no day."),
        (b"date,kind,name\n", "The file holds no day."),
        (b"PK\x03\x04\x00\x00", "This is no CSV file of a year's working days."),
        (b"x" * 200_001, "This is no CSV file of a year's working days."),
        (b"2027-01-01,rest,\xff\xff\xff", "The file is written in neither UTF-8 nor GB18030."),
        (b"2027-01-01,rest," + b"x" * 140_000, "This is no CSV file of a year's working days."),
    ],
)
def test_what_is_no_such_file(content, sentence):
    with pytest.raises(Refused) as refused:
        workdays.read_csv(content, 2027)
    assert str(refused.value.sentence) == sentence


# --- The grid -----------------------------------------------------------------------------------------------------


def test_twelve_months_of_weeks_from_monday():
    months = workdays.months(2026, YEAR)
    assert len(months) == 12
    october = {day.date: day for week in months[9] for day in week if day.in_month}
    assert len(october) == 31
    holiday, weekend, made_up = (october[date(2026, 10, day)] for day in (1, 3, 10))
    assert (holiday.working, holiday.exceptional, holiday.name) == (False, True, "国庆节")
    assert (weekend.working, weekend.exceptional, weekend.name) == (False, False, "国庆节")
    assert (made_up.working, made_up.exceptional) == (True, True)
    assert months[9][0][0].date.weekday() == 0


@pytest.mark.parametrize(("year", "number"), [(2025, 248), (2026, 248), (2027, 261)])
def test_the_working_days_of_a_year(year, number):
    assert workdays.working_days(year, seeds.working_days().get(year, {})) == number
