"""The demonstration's ladder and years: told by the verbs, once, at instants that are over, with something of each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.db.models import F, Q

from accounts import demo as accounts
from appraisal.models import (
    AnnualResult,
    BonusBase,
    Circular,
    CountedOutcome,
    OrderState,
    RectificationOrder,
    Review,
    Sanction,
    UnitResult,
    YearSettings,
    YearState,
)
from appraisal.services import circulars, outcomes
from appraisal.services.years import year_appraise
from appraisal.tasks import propose_sanctions
from common import demo
from common.models import AuditEntry, Notice
from complaints.models import Complaint

#: A Wednesday in the second month of a year: of the last one three months are known.
NOW = datetime(2027, 2, 24, 2, 30, tzinfo=UTC)
NEEDED = {
    *("units", "accounts", "people", "cards", "whereabouts", "inspectors", "sheets"),
    *("complaints", "rollout", "months", "year"),
}


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[demo.Build]:
    """Built once: every test is a savepoint in its transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        build = demo.Build(size=demo.Size(8, 64, 4), now=NOW)
        # Spot checks are drawn by chance: somebody is first in line whatever they find.
        YearSettings.objects.update_or_create(pk=1, defaults={"sheets_percent": 90, "agreement_percent": 30})
        with time_machine.travel(NOW, tick=False):
            for step in demo.steps():
                if step.name in NEEDED:
                    demo.run_step(step, build)
        yield build
        transaction.set_rollback(True)


@pytest.fixture
def city(built: demo.Build, db: None) -> demo.Build:
    return built


def test_there_is_one_of_everything(city):
    rows = Sanction.objects.all()
    assert {row.state for row in rows} >= {"proposed", "dropped", "served", "set_aside"}
    assert set(rows.values_list("rule", flat=True)) >= {"", "COMP-2", "ROLL-2"}
    assert rows.filter(receipt="refused").exclude(witness="").exists()
    assert rows.filter(state="dropped").exclude(exemption="").exists()
    assert rows.exclude(defence="").exists()
    assert rows.filter(document_serial=1).exists()
    assert Review.objects.open().exists()
    assert AnnualResult.objects.filter(bonus_months=3).exists()
    assert BonusBase.objects.exists()


def test_of_complaints_only_the_latest_wait_to_be_counted(city):
    waiting = outcomes.to_count(Complaint.objects.all())
    assert waiting.exists()
    assert not waiting.filter(closed_at__lt=NOW - timedelta(days=30)).exists()
    assert CountedOutcome.objects.exists()


def test_somebody_of_the_showcase_can_answer(city):
    own = Sanction.objects.open().filter(
        cadre__user__username__in=(accounts.CADRE, accounts.TOWN_CADRE), defence_until__gte=city.today
    )
    assert own.exists()


def test_last_year_is_decided_here_and_on_its_way_there(city):
    states = dict(UnitResult.objects.filter(year=2026).values_list("unit__code", "state"))
    codes = [unit.code for unit in accounts.units()]
    assert states[codes[1]] == YearState.PUBLIC
    assert states[codes[2]] == YearState.PROPOSED
    assert YearState.DECIDED in states.values()
    public = UnitResult.objects.get(state=YearState.PUBLIC)
    assert public.published_until >= city.today
    graded = AnnualResult.objects.filter(unit_result__state=YearState.DECIDED)
    assert graded.filter(receipt="refused").exclude(witness="").exists()
    of_above = Q(employment_kind="enterprise") | Q(unit_result__vertically_managed=True)
    assert not graded.filter(grade="").exclude(of_above).exists()
    assert set(UnitResult.objects.filter(year=2027).values_list("state", flat=True)) == {YearState.COMPUTED}


def test_the_circular_is_drafted_and_waits_for_the_units_on_their_way(city):
    circular = Circular.objects.get(year=2026)
    assert not circular.is_signed
    assert circulars.undecided(2026)
    people = AnnualResult.objects.exclude(commended_by=None)
    assert people.exists()
    assert not people.filter(barred_from_merit=True).exists()


def test_steps_come_in_their_order_and_none_lies_ahead(city):
    for row in Sanction.objects.all():
        moments = [row.proposed_at, row.defended_at, row.decided_at, row.set_aside_at]
        there = [moment for moment in moments if moment is not None]
        assert there == sorted(there)
        assert there[-1] <= NOW
        assert all(
            line["day"] <= str(row.proposed_at.date()) for line in row.basis if line["kind"] != "rollout"
        )
    decided = Sanction.objects.exclude(decided_by=None)
    assert not decided.filter(decided_by=F("proposed_by")).exists()
    assert not AuditEntry.objects.filter(verb__startswith="year_", at__gt=NOW).exists()


def test_what_was_computed_still_holds(city):
    for year in (2026, 2027):
        before = dict(AnnualResult.objects.filter(year=year).values_list("cadre", "content_hash"))
        year_appraise(year=year, now=NOW)
        assert dict(AnnualResult.objects.filter(year=year).values_list("cadre", "content_hash")) == before


def test_the_clock_finds_nothing_more_to_propose(city):
    with time_machine.travel(NOW, tick=False):
        assert propose_sanctions() == 0
    missed = RectificationOrder.objects.exclude(missed_on=None).exclude(state=OrderState.CALLED_OFF)
    assert missed.exists()
    proposed = set(Sanction.objects.filter(rule="ROLL-2").values_list("unit", flat=True))
    assert set(missed.values_list("unit", flat=True)) <= proposed


def test_a_second_start_tells_nothing_twice(city):
    counts = [model.objects.count() for model in (Sanction, Review, AnnualResult, Circular, BonusBase)]
    with time_machine.travel(NOW, tick=False):
        (step,) = [step for step in demo.steps() if step.name == "year"]
        assert demo.run_step(step, city) is None
    assert [
        model.objects.count() for model in (Sanction, Review, AnnualResult, Circular, BonusBase)
    ] == counts


def test_old_news_is_read(city):
    showcase = [row.username for row in accounts.SHOWCASE]
    unread = Notice.objects.filter(read_at=None, user__username__in=showcase, kind__contains="sanction")
    assert not unread.filter(created_at__lt=datetime(2027, 2, 20, tzinfo=UTC)).exists()
