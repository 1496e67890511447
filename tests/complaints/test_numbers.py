"""Complaints in numbers: each case in one place, months of Shanghai, and nothing for those who must not know."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access import access_of
from complaints import numbers
from complaints.models import Complaint, Interest
from complaints.numbers import Figures
from complaints.rules import State
from complaints.services import handling
from tests.cast import NOW, TODAY, signed_in
from tests.complaints.cases import LATER, accepted, in_state, received

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MONTH = TODAY.replace(day=1)


def found(user, now: datetime = LATER, month: date = MONTH) -> numbers.Numbers:
    return numbers.numbers(access_of(user, TODAY), month, now)


def answered_at(case: Complaint, at: datetime, **fields) -> None:
    Complaint.objects.filter(pk=case.pk).update(
        state="answered", answered_at=at, closed_at=at, next_stage_at=None, **fields
    )


def test_every_case_stands_in_one_place(unit, express, express_head):
    due = received(unit).due_at
    answered_at(received(unit), due - timedelta(seconds=1), outcome="substantiated", statement="x", grade=5)
    answered_at(received(unit), due, outcome="partly", statement="x", grade=2)
    for answered in (True, False):
        case = accepted(unit, express)
        case = handling.extend(case=case, reason="需调档", actor=express_head, now=LATER)
        if answered:
            answered_at(case, case.due_at - DAY, outcome="cleared", grade=3)
    in_state(State.NOT_ACCEPTED, unit, express, express_head)
    in_state(State.REFERRED, unit, express, express_head)
    figures = found(express).total
    expected = Figures(
        received=6,
        on_time=1,
        extended=2,
        late=1,
        open=1,
        refused=1,
        substantiated=2,
        rated=3,
        satisfied=2,
    )
    assert figures == expected
    # What is open becomes late when its time is over.
    late = found(express, now=due).total
    assert (late.open, late.late, late.extended) == (0, 2, 2)
    assert late.on_time_percent == 20
    for each in (figures, late):
        assert each.received == each.on_time + each.extended + each.late + each.open + each.refused


def test_what_is_done_again_is_a_case_of_its_own(unit, express):
    first = received(unit)
    answered_at(first, LATER, outcome="cleared")
    again = received(unit, text="", with_receipt=False)
    Complaint.objects.filter(pk=again.pk).update(redo_of=first)
    figures = found(express).total
    assert (figures.received, figures.again, figures.on_time, figures.open) == (2, 1, 1, 1)


def test_a_month_is_shanghais_and_the_trend_has_twelve(unit, other_unit, express):
    turn = datetime(2026, 10, 31, 16, tzinfo=UTC)
    for offset in (-timedelta(seconds=1), timedelta(0), timedelta(hours=1)):
        received(unit, received_at=turn + offset)
    received(other_unit)
    received(other_unit, received_at=datetime(2025, 11, 30, 15, tzinfo=UTC))
    numbers_ = found(express)
    assert [(row[0], row[1].received) for row in numbers_.units] == [(unit, 2), (other_unit, 1)]
    months = [(month, figures.received) for month, figures in numbers_.trend if figures.received]
    assert months == [(date(2026, 10, 1), 1), (date(2026, 11, 1), 3)]
    assert [month for month, _figures in numbers_.trend][::11] == [date(2025, 12, 1), date(2026, 11, 1)]


def test_whoever_has_an_interest_does_not_find_the_case_in_the_numbers(unit, chen, express, express_head):
    received(unit, chen)
    received(unit)
    Interest.objects.create(user=express, cadre=chen, reason="亲属", declared_at=NOW)
    assert (found(express).total.received, found(express_head).total.received) == (1, 2)


def test_more_units_and_cases_cost_no_more_statements(unit, other_unit, express):
    access, costs = access_of(express, TODAY), []
    for where, number in ((unit, 1), (other_unit, 3)):
        for _case in range(number):
            received(where)
        with CaptureQueriesContext(connection) as queries:
            numbers.numbers(access, MONTH, LATER)
        costs.append(len(queries))
    assert costs == [2, 2]


def test_the_page(unit, other_unit, express, express_head, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    answered_at(received(unit), LATER, outcome="cleared", grade=4)
    received(other_unit)
    client, address = signed_in(express), reverse("complaint_numbers")
    page = client.get(address, {"lang": "en"})
    words = page.content.decode()
    assert page.status_code == 200
    assert {"青窑局", "剑潭镇"} <= {row["unit"].name for row in page.context["units"]}
    assert "11/2026" in words
    assert [part["width"] for part in page.context["trend"][0]["bar"]] == ["50.00", "50.00"]
    for typed in ("2026-10", "2026-13", "2031-01", "x"):
        page = client.get(address, {"month": typed})
        assert page.context["month"] == (date(2026, 10, 1) if typed == "2026-10" else MONTH)
    assert client.get(address, {"month": "2026-10"}).context["after"] == MONTH
    assert client.get(address, {"month": "2026-10"}).context["units"] == []
