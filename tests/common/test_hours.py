"""Office hours as people enter them."""

from datetime import date, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from common import hours
from common.hours import LEAP_YEAR, SeasonStart
from common.problems import Refused

DAY = ((time(8, 30), time(12)), (time(14), time(17, 30)))
YEAR = [date(LEAP_YEAR, 1, 1) + timedelta(days=offset) for offset in range(366)]


@given(st.sets(st.sampled_from(YEAR), min_size=1, max_size=4))
def test_whatever_the_seasons_begin_with_every_day_has_one(begins):
    seasons = hours.seasons([SeasonStart(day.month, day.day, DAY) for day in begins])
    assert [sum(season.covers(day) for season in seasons) for day in YEAR] == [1] * 366


def test_a_season_ends_on_the_eve_of_the_next():
    summer, winter = SeasonStart(6, 1, DAY), SeasonStart(10, 1, DAY[:1])
    found = hours.seasons([winter, summer])
    assert [(season.first, season.last) for season in found] == [("06-01", "09-30"), ("10-01", "05-31")]
    assert hours.starts(found) == [summer, winter]
    assert hours.same(found, hours.seasons([summer, winter]))
    assert not hours.same(found, hours.seasons([summer]))
    assert hours.words(found) == "06-01–09-30 08:30–12:00 14:00–17:30; 10-01–05-31 08:30–12:00"


@pytest.mark.parametrize(
    ("spans", "by_day", "by_night"),
    [
        ("08:30-12:00 14:00-17:30", True, True),
        ("08:00-17:00", True, True),
        ("", False, False),
        ("12:00-08:30", False, True),
        ("08:00-08:00", False, True),
        ("08:00-12:00 11:00-17:00", False, False),
        ("08:00-12:00 12:00-17:00", False, False),
        ("20:00-00:00 00:30-08:00", False, True),
        ("20:00-08:00 09:00-21:00", False, False),
        ("20:00-08:00 07:00-09:00", False, False),
        ("01:00-02:00 03:00-04:00 05:00-06:00 07:00-08:00", False, False),
    ],
)
def test_the_parts_of_a_day_and_of_a_night(spans, by_day, by_night):
    clocks = tuple((time.fromisoformat(s[:5]), time.fromisoformat(s[6:])) for s in spans.split())
    assert (hours.span_fault(clocks) == "") is by_day
    assert (hours.span_fault(clocks, over_midnight=True) == "") is by_night


@pytest.mark.parametrize(
    ("starts", "sentence"),
    [
        ([], "Enter at least one season."),
        ([SeasonStart(2, 30, DAY)], "There is no such day in the year."),
        ([SeasonStart(6, 1, DAY), SeasonStart(6, 1, DAY)], "Two seasons begin on the same day."),
        ([SeasonStart(6, 1, ())], "Enter the hours from when until when."),
    ],
)
def test_what_is_no_year_is_refused(starts, sentence):
    with translation.override("en"), pytest.raises(Refused) as refused:
        hours.check(starts)
    with translation.override("en"):
        assert str(refused.value.sentence) == sentence
