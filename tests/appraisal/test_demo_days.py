"""The demonstration's months where the calendar is awkward, in a city without much of anything."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from appraisal.demo import months
from appraisal.models import AppraisalSettings, MonthlyReport
from common import demo
from common.rules import local
from tests.appraisal.test_demo import ground


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "begins"),
    [
        # The first of a month, of a year, and the last night of one.
        (datetime(2026, 12, 1, 2, 0, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2027, 1, 1, 1, 0, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2027, 1, 31, 15, 0, tzinfo=UTC), date(2026, 12, 1)),
        # In the night, before the clock drafts.
        (datetime(2026, 11, 30, 16, 5, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
@pytest.mark.parametrize("units", [1, 3])
def test_a_tiny_city_of_one_month_on_awkward_days(now, begins, units):
    build = ground(now, demo.Size(units, units * 4, 1))
    with time_machine.travel(now, tick=False):
        months.build(build)
    assert AppraisalSettings.current().begins == begins
    expected = 0 if local(now).hour == 0 else units
    assert MonthlyReport.objects.filter(month=begins).count() == expected
