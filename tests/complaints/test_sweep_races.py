"""Two sweeps at the same instant; the race is first shown with the locks off."""

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from attendance.models import Finding
from common.models import Notice
from complaints.models import StageReached
from complaints.rules import Stage
from complaints.services import sweeps
from tests.complaints.cases import verifying
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["locks", "no locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


def test_of_two_sweeps_each_stage_is_one_sweeps(right, unit, express, officer, monkeypatch):
    case, _point = verifying(unit, express)
    with meeting(monkeypatch, sweeps, "_known_stages", 2, right):
        outcomes = at_once(*[lambda: sweeps.stages_reach(now=case.due_at)] * 2)
    # Without locks only the unique row keeps the second from doing it again, and that one fails.
    assert any(isinstance(outcome, IntegrityError) for outcome in outcomes) is not right
    if right:
        assert sorted(outcomes) == [0, 3]
    assert StageReached.objects.count() == len(Stage) - 1
    assert Finding.objects.count() == Notice.objects.filter(kind="complaint_overdue").count() == 1
