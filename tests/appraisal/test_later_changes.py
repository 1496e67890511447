"""What comes after a month, or after a unit: withdrawn together, decided when nobody drafts the unit any more."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Unit
from appraisal import services
from appraisal.models import LedgerEntry, MonthlyReport
from appraisal.services import aftermath, closing
from attendance.models import FindingState
from common.rules import at
from tests.appraisal.awkward import add_standard, decide
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, entry_of, stands

pytestmark = pytest.mark.django_db

DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)


def test_of_two_withdrawn_together_none_is_left_though_one_has_the_other_judged_anew(unit, chen):
    begins()
    add_standard(2, NOVEMBER, 2000, 30_000, {"off_post": (4, 0, 2, 20)})
    both = [stands(chen, date(2026, 11, day)) for day in (3, 4)]
    draft(unit)
    for finding in both:
        decide(finding, FindingState.WITHDRAWN, DRAFTING)
    assert aftermath.withdrawn_reverse(now=DRAFTING) == 2
    assert not LedgerEntry.objects.standing().exists()
    assert sum(LedgerEntry.objects.values_list("cents", flat=True)) == 0
    assert aftermath.withdrawn_reverse(now=DRAFTING) == 0


@pytest.fixture
def ended(unit: Unit, chen) -> Unit:
    """Ended in October; what October charged is taken back in December, which is the month of that alone."""
    begins(OCTOBER)
    first = stands(chen, date(2026, 10, 5))
    unit.valid_to = date(2026, 10, 20)
    unit.save()
    services.drafts_make(now=at(NOVEMBER, time(6)))
    services.entry_reverse(
        entry=entry_of(first), reason="会议有据", actor=None, now=at(date(2026, 12, 8), time(9))
    )
    services.drafts_make(now=at(JANUARY, time(6)))
    assert months(unit) == [OCTOBER, DECEMBER]
    return unit


def months(unit: Unit) -> list[date]:
    return sorted(MonthlyReport.objects.filter(unit=unit).values_list("month", flat=True))


def test_what_comes_to_stand_after_all_that_is_of_the_month_of_its_decision(ended, chen, other_unit):
    late = stands(chen, date(2026, 10, 6), state=FindingState.PROVISIONAL)
    decide(late, FindingState.STANDING, at(date(2027, 1, 9), time(9)))
    assert ended not in closing.undrafted(NOVEMBER)
    services.drafts_make(now=at(date(2027, 2, 1), time(6)))
    assert months(ended) == [OCTOBER, DECEMBER, JANUARY]
    assert entry_of(late).month == JANUARY
    assert months(other_unit) == [OCTOBER, NOVEMBER, DECEMBER, JANUARY]


def test_a_unit_that_goes_on_after_all_gets_no_month_between(ended):
    """Its end was a mistake: what was nobody's month stays that, and the others' drafts are not stopped by it."""
    Unit.objects.filter(pk=ended.pk).update(valid_to=None)
    services.drafts_make(now=at(date(2027, 2, 1), time(6)))
    assert months(ended) == [OCTOBER, DECEMBER, JANUARY]
    assert ended not in closing.units_of(NOVEMBER)


def test_forty_findings_take_as_many_queries_as_one(unit, other_unit, chen, zhou):
    begins(OCTOBER)
    stands(zhou, NOVEMBER)
    for day in range(20):
        stands(chen, OCTOBER + timedelta(days=day))
        stands(chen, NOVEMBER + timedelta(days=day))
        stands(chen, NOVEMBER + timedelta(days=day), code="late")
    asked = []
    for one in (unit, other_unit):
        draft(one, OCTOBER, DRAFTING - timedelta(days=30))
        with CaptureQueriesContext(connection) as queries:
            draft(one)
        asked.append(len(queries))
    assert asked[0] == asked[1]
