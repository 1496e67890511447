"""A charge that counts no more, where whoever it was about reads it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from appraisal.models import Kind, LedgerEntry
from tests.appraisal.objecting import OBJECTING, answered, drafted, objected, published
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken_back(unit, chen, head, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: OBJECTING)
    (entry,) = drafted(chen, 3)
    published(unit)
    return answered(objected(entry), head, sustain=True)


def shown(user, name, *args) -> str:
    response = signed_in(user).get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_the_cadre_finds_each_from_each(taken_back, chen, unit):
    entry = taken_back.entry
    reversal = LedgerEntry.objects.get(kind=Kind.REVERSAL)
    to_reversal = reverse("my_entry", args=[unit.code, reversal.sequence])
    record = shown(chen.user, "my_finding", entry.finding_id)
    assert to_reversal in record
    assert reverse("my_entry", args=[unit.code, entry.sequence]) in record
    assert reverse("my_objection", args=[taken_back.pk]) in record
    month = shown(chen.user, "my_month", f"{entry.month:%Y-%m}")
    assert to_reversal in month
    assert reverse("my_finding", args=[entry.finding_id]) in month
    assert taken_back.decision_reason in month


def test_in_the_list_it_is_reversed(taken_back, chen):
    assert "已冲销" in shown(chen.user, "my_findings")


def test_on_paper_the_objection_and_its_answer_stand_too(taken_back, chen, unit):
    entry = taken_back.entry
    paper = shown(chen.user, "entry_print", unit.code, f"{entry.month:%Y-%m}", entry.sequence)
    assert taken_back.text in paper
    assert taken_back.decision_reason in paper
    assert str(taken_back.decided_by) in paper
    assert f"{entry.day.year}年" in paper
