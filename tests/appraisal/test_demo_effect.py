"""The demonstration's look-ups and baseline: invented, said so, and never told twice."""

from datetime import timedelta

import pytest
from django.db.models import Sum

from accounts import demo as accounts
from appraisal.demo import effect
from appraisal.models import Baseline
from attendance.models import InspectionSettings
from cards.models import LookupCount
from common import demo
from common.rules import local
from tests.cast import NOW, TODAY, make_user

pytestmark = pytest.mark.django_db


def build(days_later: int = 0) -> list[int]:
    """Of each day how many look-ups there are then."""
    now = NOW + timedelta(days=days_later)
    effect.build(demo.Build(size=demo.Size(2, 8, 1), now=now))
    days = LookupCount.objects.order_by("day").values("day").annotate(total=Sum("number"))
    assert all(row["day"] < local(now).date() for row in days)
    return [row["total"] for row in days]


def test_the_days_behind_are_told_once_and_a_later_start_adds_the_days_since(unit, other_unit):
    make_user(accounts.EXPRESS_HEAD, "汤景澄")
    InspectionSettings.objects.update_or_create(pk=1, defaults={"sheets_from": TODAY - timedelta(days=20)})
    first = build()
    assert len(first) > 10
    assert build() == first
    later = build(days_later=3)
    assert later[: len(first)] == first
    assert len(later) == len(first) + 3
    assert set(Baseline.objects.values_list("source", flat=True)) == {effect.SOURCE}
    assert Baseline.objects.count() == len(effect.BEFORE)
    assert "虚构" in effect.SOURCE
