"""Working days, seasons and office hours as pure values."""

from datetime import date, datetime, time, timedelta

import pytest

from common.rules import HORIZON_DAYS, SHANGHAI, OfficeHours, Season, WorkingCalendar, local

MORNING, SUMMER_AFTERNOON, AFTERNOON = (
    (time(8, 30), time(12)),
    (time(14, 30), time(17, 30)),
    (time(14), time(17, 30)),
)
SEASONS = (
    Season("06-01", "09-30", (MORNING, SUMMER_AFTERNOON)),
    Season("10-01", "05-31", (MORNING, AFTERNOON)),
)
#: 2026-10-01 is a Thursday; the holidays last until Wednesday 7 and Saturday 10 makes up for one of them.
NATIONAL_DAYS = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}
HOURS = OfficeHours(WorkingCalendar(NATIONAL_DAYS, frozenset({2026})), SEASONS)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def words(instant: datetime | None) -> str:
    return f"{local(instant):%Y-%m-%d %H:%M}" if instant else ""


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),
        (date(2026, 10, 17), False),
    ],
)
def test_a_notice_makes_rest_days_of_weekdays_and_working_days_of_saturdays(day, working):
    assert HOURS.calendar.is_working_day(day) is working


def test_a_calendar_knows_only_the_years_that_were_entered():
    assert HOURS.calendar.knows(date(2026, 12, 31))
    assert not HOURS.calendar.knows(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 9, 29), date(2026, 9, 30)),
        (date(2026, 9, 30), date(2026, 10, 8)),
        (date(2026, 10, 9), date(2026, 10, 10)),
        (date(2026, 10, 10), date(2026, 10, 12)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_the_next_working_day(day, following):
    assert HOURS.calendar.next_working_day(day) == following


def test_a_calendar_of_rest_days_only_falls_back_to_the_next_monday_to_friday():
    start = date(2026, 10, 1)
    closed = WorkingCalendar({start + timedelta(days=n): False for n in range(HORIZON_DAYS + 10)})
    found = {start + timedelta(days=n): closed.next_working_day(start + timedelta(days=n)) for n in range(7)}
    assert found == {
        date(2026, 10, 1): date(2026, 10, 2),
        date(2026, 10, 2): date(2026, 10, 5),
        date(2026, 10, 3): date(2026, 10, 5),
        date(2026, 10, 4): date(2026, 10, 5),
        date(2026, 10, 5): date(2026, 10, 6),
        date(2026, 10, 6): date(2026, 10, 7),
        date(2026, 10, 7): date(2026, 10, 8),
    }


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ("06-01", "09-30", ["06-01", "07-15", "09-30"], ["05-31", "10-01", "01-01"]),
        ("10-01", "05-31", ["10-01", "12-31", "01-01", "02-29", "05-31"], ["06-01", "09-30"]),
        ("01-01", "12-31", ["01-01", "06-30", "12-31"], []),
        ("03-08", "03-08", ["03-08"], ["03-07", "03-09"]),
    ],
)
def test_a_season_covers_both_its_ends_and_may_cross_new_year(first, last, inside, outside):
    season = Season(first, last, ())
    # 2028 has a 29 February.
    assert [season.covers(date.fromisoformat(f"2028-{day}")) for day in inside] == [True] * len(inside)
    assert [season.covers(date.fromisoformat(f"2028-{day}")) for day in outside] == [False] * len(outside)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-11-24 08:29:59", False),
        ("2026-11-24 08:30", True),
        ("2026-11-24 11:59:59", True),
        ("2026-11-24 12:00", False),
        ("2026-11-24 13:59", False),
        ("2026-11-24 14:00", True),
        ("2026-11-24 17:29:59", True),
        ("2026-11-24 17:30", False),
        ("2026-11-24 23:59", False),
        ("2026-11-28 10:00", False),  # Saturday
        ("2026-10-10 10:00", True),  # Saturday that makes up for a holiday
        ("2026-10-05 10:00", False),  # Monday of the National Day week
        ("2026-09-30 14:15", False),  # the summer season's last day: the afternoon begins at 14:30
        ("2026-09-30 14:30", True),
        ("2026-10-08 14:15", True),
    ],
)
def test_open_from_the_first_second_of_a_span_to_the_last_before_its_end(now, is_open):
    assert HOURS.is_open(moment(now)) is is_open


def test_an_instant_is_judged_in_shanghai_whatever_its_own_zone():
    assert HOURS.is_open(datetime.fromisoformat("2026-11-24T00:30:00+00:00"))
    assert not HOURS.is_open(datetime.fromisoformat("2026-11-24T10:00:00+00:00"))
    # Monday evening in Greenwich is Tuesday morning in Longquan.
    assert HOURS.is_open(datetime.fromisoformat("2026-11-23T23:00:00-02:00"))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-24 10:00", ""),
        ("2026-11-24 07:00", "2026-11-24 08:30"),
        ("2026-11-24 12:00", "2026-11-24 14:00"),
        ("2026-11-24 17:30", "2026-11-25 08:30"),
        ("2026-11-27 18:00", "2026-11-30 08:30"),  # Friday evening
        ("2026-09-30 18:00", "2026-10-08 08:30"),  # over the National Day week
        ("2026-10-09 18:00", "2026-10-10 08:30"),  # the working Saturday
        ("2026-10-10 18:00", "2026-10-12 08:30"),
        ("2026-12-31 20:00", "2027-01-01 08:30"),  # a year that nobody entered counts Monday to Friday
    ],
)
def test_the_next_opening(now, opens):
    assert words(HOURS.next_opening(moment(now))) == opens


def test_nothing_opens_where_no_hours_are_entered():
    empty = OfficeHours(WorkingCalendar(), ())
    assert empty.next_opening(moment("2026-11-24 10:00")) is None
    assert empty.day_end(date(2026, 11, 24)) is None
    assert not empty.is_open(moment("2026-11-24 10:00"))


def test_a_rest_day_has_nominal_spans_but_is_not_open():
    day = date(2026, 10, 5)
    assert HOURS.spans(day) == ()
    assert HOURS.day_end(day) is None
    assert [(words(span.start), words(span.end)) for span in HOURS.nominal_spans(day)] == [
        ("2026-10-05 08:30", "2026-10-05 12:00"),
        ("2026-10-05 14:00", "2026-10-05 17:30"),
    ]


def test_the_spans_follow_the_season():
    assert words(HOURS.spans(date(2026, 9, 30))[1].start) == "2026-09-30 14:30"
    assert words(HOURS.spans(date(2026, 10, 8))[1].start) == "2026-10-08 14:00"
    assert words(HOURS.day_end(date(2026, 10, 8))) == "2026-10-08 17:30"


def test_upcoming_spans_begin_with_the_one_that_is_going_on():
    upcoming = HOURS.upcoming(moment("2026-11-24 10:00"))
    assert [words(next(upcoming).start) for _ in range(3)] == [
        "2026-11-24 08:30",
        "2026-11-24 14:00",
        "2026-11-25 08:30",
    ]


# --- Somebody's own shifts ----------------------------------------------------------------------------------------


def shifts(**days: str) -> OfficeHours:
    """The city's hours, but on these days of November those, such as d24="20:00-08:00"; empty means off."""
    own = {
        date(2026, 11, int(day[1:])): tuple(
            (time.fromisoformat(span[:5]), time.fromisoformat(span[6:])) for span in spans.split()
        )
        for day, spans in days.items()
    }
    return OfficeHours(HOURS.calendar, HOURS.seasons, own)


@pytest.mark.parametrize(
    ("now", "is_open", "day"),
    [
        ("2026-11-24 10:00", False, "2026-11-24"),  # the office is open, the shift is not
        ("2026-11-24 19:59:59", False, "2026-11-24"),
        ("2026-11-24 20:00", True, "2026-11-24"),
        ("2026-11-24 23:59:59", True, "2026-11-24"),
        ("2026-11-25 00:00", True, "2026-11-24"),
        ("2026-11-25 07:59:59", True, "2026-11-24"),
        ("2026-11-25 08:00", False, "2026-11-25"),
        ("2026-11-25 10:00", False, "2026-11-25"),  # off
        ("2026-11-26 10:00", True, "2026-11-26"),  # the next day follows the office again
        ("2026-11-28 10:00", True, "2026-11-28"),  # a Saturday's shift
        ("2026-11-29 10:00", False, "2026-11-29"),
    ],
)
def test_a_shift_replaces_the_office_hours_of_its_day(now, is_open, day):
    hours = shifts(d24="20:00-08:00", d25="", d28="09:00-17:00")
    assert hours.is_open(moment(now)) is is_open
    assert hours.day_of(moment(now)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-24 10:00", "2026-11-24 20:00"),
        ("2026-11-25 03:00", ""),
        ("2026-11-25 08:00", "2026-11-26 08:30"),
        ("2026-11-27 18:00", "2026-11-28 09:00"),
        ("2026-11-28 17:00", "2026-11-30 08:30"),
    ],
)
def test_the_next_opening_of_somebody_in_shifts(now, opens):
    hours = shifts(d24="20:00-08:00", d25="", d28="09:00-17:00")
    assert words(hours.next_opening(moment(now))) == opens


def test_a_shift_in_two_parts_goes_on_after_midnight():
    hours = shifts(d24="18:00-00:00 00:30-06:00")
    spans = [(words(span.start), words(span.end)) for span in hours.spans(date(2026, 11, 24))]
    assert spans == [
        ("2026-11-24 18:00", "2026-11-25 00:00"),
        ("2026-11-25 00:30", "2026-11-25 06:00"),
    ]
    assert not hours.is_open(moment("2026-11-25 00:15"))
    assert hours.day_end(date(2026, 11, 24)) == moment("2026-11-25 06:00")


def test_the_next_day_of_work_is_one_with_hours():
    assert shifts(d25="", d26="").next_working_day(date(2026, 11, 24)) == date(2026, 11, 27)
    assert shifts(d28="09:00-17:00").next_working_day(date(2026, 11, 27)) == date(2026, 11, 28)
    assert OfficeHours(WorkingCalendar(), ()).next_working_day(date(2026, 11, 27)) == date(2026, 11, 30)


def test_a_shift_is_no_assumption_in_a_year_that_nobody_entered():
    day = date(2027, 1, 1)
    assert not HOURS.knows(day)
    assert OfficeHours(HOURS.calendar, HOURS.seasons, {day: ()}).knows(day)


def test_a_season_counts_only_while_it_is_in_force():
    season = Season("01-01", "12-31", (), date(2026, 3, 1), date(2026, 11, 30))
    days = ("2026-02-28", "2026-03-01", "2026-11-30", "2026-12-01")
    assert [season.covers(date.fromisoformat(day)) for day in days] == [False, True, True, False]


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_working_days_are_counted_from_the_next_one_on(number):
    day = date(2026, 11, 27)
    expected = ["2026-11-27", "2026-11-30", "2026-12-01", None, None, "2026-12-04"]
    assert HOURS.calendar.add_working_days(day, number) == date.fromisoformat(expected[number])
