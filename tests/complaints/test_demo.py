"""The demonstration's complaints: one in every state, marked, told once and quickly."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from accounts import demo as accounts
from accounts.models import User
from complaints import points, receipts, rules
from complaints.demo import showcase
from complaints.demo.hands import known_receipt
from complaints.demo.words import MARK
from complaints.models import CaseState, Complaint, ComplaintEvent, Praise, VerificationPoint
from complaints.points import Standing
from tests.cast import signed_in

#: A Tuesday at half past ten in the morning, and a Sunday at night in the first days of a year.
TUESDAY = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
SUNDAY = datetime(2027, 1, 3, 15, 40, tzinfo=UTC)

#: As tests/common/test_demo.py has it.
pytestmark = pytest.mark.one_database


@pytest.fixture
def build(db: None, settings: Any) -> Iterator[Callable[..., str]]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def run(now: datetime, units: int = 7, cadres: int = 63) -> str:
        said = StringIO()
        with time_machine.travel(now, tick=False):
            arguments = ("--no-serve", "--units", str(units), "--cadres", str(cadres))
            call_command("demo", *arguments, stdout=said)
        return said.getvalue()

    return run


def test_there_is_a_case_in_every_state_a_point_in_every_standing_and_praise(build):
    build(TUESDAY)
    assert set(Complaint.objects.values_list("state", flat=True)) == set(CaseState.values)
    asked = VerificationPoint.objects.select_related("complaint")
    standings = {points.standing(point, TUESDAY) for point in asked}
    assert {Standing.HELD, Standing.OPEN, Standing.ANSWERED} <= standings
    assert Complaint.objects.running().filter(due_at__lt=TUESDAY).count() == 1
    assert Complaint.objects.exclude(extended_at=None).count() == 1
    assert Complaint.objects.exclude(redo_of=None).count() == 1
    assert Praise.objects.count() == 4
    assert not ComplaintEvent.objects.filter(at__gt=TUESDAY).exists()
    texts = [case.text for case in Complaint.objects.filter(redo_of=None)]
    assert all(text.startswith(MARK) for text in [*texts, *(one.text for one in Praise.objects.all())])


def test_what_was_answered_was_answered_in_time(build):
    build(TUESDAY)
    answered = Complaint.objects.filter(state=rules.State.ANSWERED)
    assert answered.count() > 8
    assert [case.number for case in answered if case.answered_at > case.due_at] == []


def test_numbers_follow_the_days_and_a_second_start_tells_nothing_twice(build):
    first, count = build(TUESDAY), Complaint.objects.count()
    numbered = list(Complaint.objects.order_by("number").values_list("received_at", flat=True))
    assert numbered == sorted(numbered)
    again = build(TUESDAY)
    assert Complaint.objects.count() == count
    for name in (showcase.UNDER_WAY, showcase.ANSWERED):
        number = known_receipt(name)
        assert Complaint.objects.filter(receipt=receipts.digest(number)).exists()
        assert receipts.grouped(number) in first
        assert receipts.grouped(number) in again


@pytest.mark.parametrize("size", [(1, 1), (2, 9)])
def test_a_tiny_city_on_a_sunday_night_has_complaints_too(build, size):
    build(SUNDAY, *size)
    assert Complaint.objects.running().exists()


def test_the_showcase_finds_what_there_is_to_do(build):
    build(TUESDAY)
    with time_machine.travel(TUESDAY, tick=False):
        mine = signed_in(User.objects.get(username=accounts.CADRE)).get(reverse("my_points"))
        unit = signed_in(User.objects.get(username=accounts.OFFICER)).get(reverse("unit_points"))
    assert [row.standing for row in mine.context["points"]] == [Standing.OPEN]
    assert Standing.OPEN in [row.standing for row in unit.context["points"]]
