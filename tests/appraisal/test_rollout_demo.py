"""The demonstration’s rollout: a pilot and a wave, most units done, some late, and an order in every state."""

from collections.abc import Collection
from datetime import UTC, datetime

import pytest
import time_machine

from accounts import demo as accounts
from appraisal.facts import rollout as rollout_facts
from appraisal.models import OrderState, RectificationOrder, Rollout, Visit, Wave
from appraisal.services.missed import orders_note_missed
from cards.models import Cadre
from common import demo
from common.models import AuditEntry, Notice
from tests.complaints.cases import received

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
NEEDED = {"units", "accounts", "people", "cards", "inspectors", "rollout"}


def build(units: int, cadres: int, needed: Collection[str] = NEEDED) -> demo.Build:
    made = demo.Build(size=demo.Size(units, cadres, 1), now=TUESDAY)
    with time_machine.travel(TUESDAY, tick=False):
        for step in demo.steps():
            if step.name in needed:
                demo.run_step(step, made)
    return made


def test_a_pilot_and_a_wave_with_something_in_every_state():
    made = build(24, 90)
    pilot, first = Wave.objects.all()
    assert (pilot.is_pilot, first.is_pilot) == (True, False)
    assert Rollout.objects.count() == 24
    assert all(row.unit.kind != "department" for row in pilot.rollouts.select_related("unit"))
    undone = Rollout.objects.filter(completed_at=None)
    assert undone.count() == 3
    # One of the three has a day of its own that is still to come.
    assert Rollout.objects.late(made.today).count() == 2
    assert not Rollout.objects.filter(completed_at__gt=made.now).exists()
    assert set(RectificationOrder.objects.values_list("state", flat=True)) == set(OrderState.values)
    assert Visit.objects.filter(unit__in=undone.values("unit")).count() == 3
    late = set(Rollout.objects.late(made.today).values_list("unit", flat=True))
    assert late <= set(rollout_facts.missed_deadlines(made.today.year, made.today))
    # Both have missed the order that followed, too, and so have their leaders.
    orders_note_missed(now=made.now)
    missed = {one.unit_id: one.leader for one in rollout_facts.missed_orders(made.today.year)}
    assert late <= set(missed)
    assert all(missed[unit_id] for unit_id in late)


def test_the_trail_of_an_order_that_was_missed_is_in_the_order_of_time():
    build(24, 90)
    missed = AuditEntry.objects.filter(verb="order_missed").values("subject_id")
    trail = AuditEntry.objects.filter(subject_type="appraisal.rectificationorder", subject_id__in=missed)
    rows = list(trail.order_by("pk").values_list("subject_id", "verb", "at"))
    assert {verb for _order, verb, _at in rows} >= {"order_missed", "order_answered"}
    for order in {row[0] for row in rows}:
        own = [moment for pk, _verb, moment in rows if pk == order]
        assert own == sorted(own)


def test_nobody_heads_a_group_whom_complaints_are_about():
    build(6, 60, NEEDED - {"rollout"})
    leaders = [
        Cadre.objects.filter(unit=unit, user=None).order_by("-leads_unit", "pk")[1]
        for unit in accounts.units()[:3]
    ]
    for leader in leaders:
        received(leader.unit, leader)
    build(6, 60)
    heads = set(Rollout.objects.values_list("group_head", flat=True))
    assert heads - {None}
    assert not heads & {leader.pk for leader in leaders}


def test_the_head_of_the_showcase_heads_the_groups_that_the_board_names():
    build(6, 90)
    (head,) = Cadre.objects.filter(user__username=accounts.HEAD)
    led = Rollout.objects.filter(group_head=head)
    assert {row.unit for row in led} == set(accounts.units()[:2])
    assert head.posts.get(is_primary=True).title == "纪检组长"


def test_built_twice_nothing_is_told_twice_and_old_news_are_read():
    build(6, 40)
    before = [model.objects.count() for model in (Wave, Rollout, Visit, RectificationOrder, Notice)]
    build(6, 40)
    assert [model.objects.count() for model in (Wave, Rollout, Visit, RectificationOrder, Notice)] == before
    assert Notice.objects.filter(read_at=None, kind__startswith="rollout").count() < 6


@pytest.mark.parametrize(("units", "cadres"), [(1, 3), (2, 2)])
def test_the_smallest_city_has_a_rollout_too(units, cadres):
    build(units, cadres)
    assert Rollout.objects.count() == units
