"""The demonstration's inspections: months of them in seconds, true to the rules, and nothing twice."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import F, Q

from accounts import demo as accounts
from accounts.models import Unit, User
from attendance import draw as drawing
from attendance import snapshot
from attendance.models import (
    Correction,
    DailySheet,
    Draw,
    Finding,
    InspectionSettings,
    Outcome,
    Round,
    SpotCheck,
    SpotLine,
)
from attendance.rules import ABSENT_ITEMS, Verified, may_be_said
from attendance.selectors import people_at
from cards.models import Cadre, ShiftDay
from cards.rules import Kind
from common import calendar, crypto
from common.models import Notice
from common.rules import local

#: A Tuesday at half past ten in the morning, office hours.
NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)

#: As tests/common/test_demo.py has it.
pytestmark = pytest.mark.one_database


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def build(db: None, clock: Any, settings: Any) -> Callable[..., None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def run(*size: int) -> None:
        units, cadres = size or (7, 63)
        arguments = ("--no-serve", "--units", str(units), "--cadres", str(cadres))
        call_command("demo", *arguments, stdout=StringIO())

    return run


def due_days(first: Any, last: Any) -> list[Any]:
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [day for day in days if calendar.is_working_day(day)]


def test_a_month_of_sheets_that_say_what_the_rules_say(build):
    build()
    today, begins = local(NOW).date(), InspectionSettings.current().sheets_from
    assert begins == today.replace(month=10, day=1)
    days = due_days(begins, today - timedelta(days=1))
    sheets = set(DailySheet.objects.exclude(day=today).values_list("unit__code", "day"))
    missing = set(Finding.objects.filter(item__code="sheet_missing").values_list("unit__code", "day"))
    owed = {(code, day) for code in Unit.objects.values_list("code", flat=True) for day in days}
    assert sheets | missing == owed
    paper = set(Round.objects.filter(kind="paper").values_list("sheet__unit__code", "sheet__day"))
    assert sheets & missing == paper
    assert not Finding.objects.filter(day__lt=begins).exists()
    checked = problems = away = missed = 0
    for row in Round.objects.checks().prefetch_related("findings__item"):
        lines = snapshot.decode(row.snapshot, row.taken_at)
        assert len(lines) == row.people
        absent = {line.cadre_id for line in lines if line.verified == Verified.ABSENT}
        assert absent == {one.cadre_id for one in row.findings.all() if one.item.code in ABSENT_ITEMS}
        assert row.absent == len(absent)
        missed += row.absent
        checked += len(lines)
        problems += row.problems
        away += sum(line.status.kind != Kind.AT_POST for line in lines)
        for line in lines:
            assert line.status.since is None or line.status.since <= row.taken_at
            assert line.status.declared is None or line.status.declared.recorded_at <= row.taken_at
            if line.status.kind == Kind.AWAY:
                assert line.status.until > row.taken_at
    assert 0.08 < away / checked < 0.4
    assert 0.01 < problems / checked < 0.035
    assert 0 < missed < problems


def true_to_the_diaries(rounds: Any) -> int:
    """How many lines there are; each says what the plaque says of that second now that the day is over."""
    lines = 0
    for row in rounds.select_related("sheet__unit"):
        said = {person.cadre.pk: person for person in people_at(row.sheet.unit, row.taken_at)}
        for line in snapshot.decode(row.snapshot, row.taken_at):
            there = said.pop(line.cadre_id)
            assert (line.status.kind, line.status.state) == (there.status.kind, there.status.state)
            lines += 1
        assert not any(person.is_due for person in said.values())
    return lines


def test_yesterday_s_plaques_are_those_of_the_diaries(build):
    build()
    rounds = Round.objects.checks().filter(scope="", taken_at__gte=NOW - timedelta(days=1))
    assert true_to_the_diaries(rounds) > 30


def test_findings_are_told_defended_and_decided_by_somebody_else(build):
    build(12, 120)
    about_people = Finding.objects.exclude(cadre=None)
    assert set(about_people.values_list("state", flat=True)) == {"provisional", "standing", "withdrawn"}
    assert about_people.exclude(defence="").count() > about_people.count() / 6
    for finding in about_people.select_related("item", "cadre"):
        assert may_be_said(finding.item.code, snapshot.from_facts(finding.said))
        assert finding.recorded_at <= NOW
        assert finding.decided_at is None or finding.decided_at <= NOW
        assert finding.defence_until is None or finding.defence_until > local(finding.told_at).date()
        early = finding.decided_at and local(finding.decided_at).date() <= finding.defence_until
        assert not early or finding.defence or finding.state == "withdrawn"
    assert not Finding.objects.filter(decided_by=F("recorder")).exists()
    assert not Finding.objects.filter(~Q(state="provisional"), day__gte=NOW.date()).exists()


def test_spot_checks_are_drawn_so_that_anybody_can_recompute_them(build):
    build(12, 120)
    drawn = Draw.objects.exclude(revealed_at=None)
    assert drawn.count() >= 3
    for row in drawn:
        plan, pool = drawing.parse(row.pool)
        secret = crypto.decrypt(row.secret)
        assert drawing.digest(secret) == row.commitment
        picks = drawing.draw(plan, pool, drawing.key_of(secret, row.public_value))
        assert picks.as_facts() == row.picks
    assert SpotCheck.objects.exclude(cancelled_at=None).get().draw.redrawn_by is not None
    assert SpotCheck.objects.filter(purpose="visit").exclude(group=None).exists()
    assert not SpotCheck.objects.filter(inspectors=F("planned_by"), begins_at__lt=F("planned_at")).exists()


def test_a_unit_with_clean_sheets_fails_its_spot_checks(build):
    build(12, 120)
    silent = accounts.units()[5]
    assert Round.objects.filter(sheet__unit=silent).count() > 15
    assert not Round.objects.filter(sheet__unit=silent, problems__gt=0).exists()
    assert SpotLine.objects.filter(unit=silent, outcome=Outcome.PROBLEM).exists()


def test_the_showcase_has_something_to_do(build):
    build()
    today = local(NOW).date()
    own, other = accounts.units()[:2]
    left = DailySheet.objects.filter(day=today)
    assert not left.filter(unit__in=[own, other]).exists()
    assert left.count() >= 3
    cadre, head = Cadre.objects.get(user__username="cadre"), User.objects.get(username="head")
    mine = Finding.objects.filter(cadre=cadre)
    assert mine.open().filter(defence="", defence_until__gte=today).exists()
    assert mine.exclude(state="provisional").exists()
    assert Notice.objects.filter(user=cadre.user, kind="finding_recorded", read_at=None).exists()
    assert Finding.objects.open().filter(place=own).exclude(defence="").exists()
    assert Notice.objects.filter(user=head, kind="finding_defended", read_at=None).exists()
    assert Correction.objects.get(decision="").asked_by.username == "officer"
    express = User.objects.get(username="express")
    under_way = SpotCheck.objects.under_way(NOW).get(inspectors=express)
    assert under_way.lines.filter(outcome="").exists()
    assert under_way.lines.exclude(outcome="").count() == 1
    sealed = SpotCheck.objects.get(begins_at__gt=NOW)
    assert sealed.is_sealed(NOW)
    assert sealed.draw.is_revealed


def test_a_later_run_adds_the_days_between_and_no_wall_of_missing_sheets(build, clock):
    build(3, 27)
    before = list(Round.objects.order_by("pk").values_list("pk", "snapshot"))
    missing = Finding.objects.filter(item__code="sheet_missing").count()
    clock.move_to(NOW + timedelta(days=7))
    build(3, 27)
    today = local(NOW).date()
    new = due_days(today, today + timedelta(days=6))
    for unit in Unit.objects.all():
        assert DailySheet.objects.filter(unit=unit, day__in=new).count() == len(new) == 5
    assert list(Round.objects.order_by("pk").values_list("pk", "snapshot"))[: len(before)] == before
    assert ShiftDay.objects.filter(day__in=new).exists()
    assert true_to_the_diaries(Round.objects.checks().filter(sheet__day__in=new)) > 100
    assert Finding.objects.filter(item__code="sheet_missing").count() == missing
    assert SpotCheck.objects.under_way(NOW + timedelta(days=7)).count() <= 2


@pytest.mark.parametrize("size", [(1, 1), (2, 3)])
def test_a_city_too_small_to_draw_from(build, size):
    build(*size)
    assert Round.objects.exists()
