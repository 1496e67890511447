"""Two who decide, or hand in, at the same instant; each race is first shown with the locks off."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from attendance import services
from attendance.models import Finding
from attendance.services import findings
from common.models import AuditEntry
from tests.attendance.records import OVER, recorded
from tests.cast import NOW
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["locks", "no locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


def test_of_two_decisions_at_once_one_counts(right, lin, officer, express, express_head, monkeypatch):
    finding = recorded(lin, officer)

    def decide(actor: Any, withdraw: bool) -> Any:
        return lambda: services.finding_decide(
            finding=finding, withdraw=withdraw, reason="核实", exemption="", actor=actor, now=OVER
        )

    with meeting(monkeypatch, findings, "_decide", 2, right):
        at_once(decide(express, True), decide(express_head, False))
    assert (AuditEntry.objects.filter(verb="finding_decided").count() == 1) is right
    assert Finding.objects.get().state in ("withdrawn", "standing")


def test_of_two_statements_at_once_the_second_records_what_the_first_wrote(right, lin, officer, monkeypatch):
    finding = recorded(lin, officer)

    def defend(text: str) -> Any:
        return lambda: services.finding_defend(
            finding=finding, text=text, actor=lin.user, now=NOW + timedelta(hours=1)
        )

    with meeting(monkeypatch, findings, "check_unchanged", 2, right):
        at_once(defend("一"), defend("二"))
    changes = AuditEntry.objects.filter(verb="finding_defended").order_by("pk")
    before = [entry.changes["text"][0] for entry in changes]
    assert (before[0] == "" and before[1] in ("一", "二")) is right
