"""The demonstration's months: told by the verbs, in order, once, and with something to do for everybody."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from unittest.mock import MagicMock

import pytest
import time_machine
from django.db import transaction
from django.db.models import F, Q

from accounts import demo as accounts
from accounts.models import Unit
from appraisal import chain, rules
from appraisal.demo import months, objecting, story
from appraisal.models import (
    AppraisalSettings,
    Bulletin,
    LedgerEntry,
    MonthlyReport,
    Objection,
    ProposalState,
    ReportState,
    WithholdingProposal,
)
from appraisal.services import closing, withholding
from appraisal.services import ledger as chains
from attendance.models import Finding, FindingState
from common import demo
from common.models import AuditEntry, Notice
from common.rules import local

#: A Tuesday in the last week of a month: October is over and its bulletin drafted.
TUESDAY = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


#: What months stand on; nobody signs in, and nothing is printed.
NEEDED = {"units", "accounts", "people", "cards", "whereabouts", "inspectors", "sheets"}


def ground(now: datetime, size: demo.Size) -> demo.Build:
    build = demo.Build(size=size, now=now)
    with time_machine.travel(now, tick=False):
        for step in demo.steps():
            if step.name in NEEDED:
                demo.run_step(step, build)
    return build


@pytest.fixture(scope="module")
def sheets(django_db_setup: None, django_db_blocker: Any) -> Iterator[demo.Build]:
    """A city with three months of sheets, built once: every test is a savepoint in its transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield ground(TUESDAY, demo.Size(12, 96, 2))
        transaction.set_rollback(True)


@pytest.fixture
def city(sheets: demo.Build, db: None) -> demo.Build:
    tell(TUESDAY)
    return sheets


def tell(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        months.build(demo.Build(size=demo.Size(12, 96, 2), now=now))


def unit(place: int) -> Unit:
    return accounts.units()[place]


def report(place: int, month: date = OCTOBER) -> MonthlyReport:
    return MonthlyReport.objects.get(unit=unit(place), month=month)


def picture() -> dict[str, list[Any]]:
    """What months leave behind, without keys: they are never the same twice, and neither are hashes over them."""
    reports = MonthlyReport.objects.order_by("month", "unit__code").values_list(
        "unit__code",
        "month",
        "state",
        "nil",
        "due_on",
        "confirmed_by__username",
        "confirmed_at",
        "published_at",
        "published_until",
        "reported_by__username",
        "reported_at",
        "first_reported_at",
        "accepted_by__username",
        "accepted_at",
        "sent_back_at",
        "bulletin__serial",
    )
    proposals = WithholdingProposal.objects.order_by(
        "report__month", "report__unit__code", "cadre"
    ).values_list(
        "report__unit__code",
        "cadre__name",
        "state",
        "sent_at",
        "sent_cents",
        "executed_cents",
        "released_cents",
        "paid_back_cents",
        "ended_at",
        "reason",
    )
    steps = Q(verb__startswith="month_") | Q(verb__startswith="withholding_")
    trail = AuditEntry.objects.filter(steps).exclude(verb="month_drafted")
    entries = LedgerEntry.objects.values_list("unit__code", "sequence", "kind", "month", "day", "half_points")
    objections = Objection.objects.values_list("entry__sequence", "state", "made_at", "decided_at")
    return {
        "reports": list(reports),
        "proposals": list(proposals),
        "entries": list(entries),
        "objections": list(objections),
        "bulletins": list(Bulletin.objects.values_list("month", "serial", "signed_at")),
        "trail": sorted(trail.values_list("at", "verb", "actor__username", "changes"), key=repr),
    }


def test_it_begins_with_the_first_whole_month_and_drafts_every_month_that_is_over(city):
    assert AppraisalSettings.current().begins == SEPTEMBER
    months = MonthlyReport.objects.values_list("month", flat=True).distinct().order_by("month")
    assert list(months) == [SEPTEMBER, OCTOBER]
    assert MonthlyReport.objects.count() == 2 * 12
    assert {local(row.drafted_at).day for row in MonthlyReport.objects.all()} == {1}


def test_a_month_counts_what_was_decided_when_it_was_drafted(city):
    standing = LedgerEntry.objects.counted().filter(finding__state=FindingState.STANDING)
    late = standing.filter(finding__decided_at__gt=F("at"))
    assert not late.exists()
    joined = LedgerEntry.objects.counted().filter(month=OCTOBER, day__lt=OCTOBER)
    assert joined.exists()


def test_chains_are_whole_and_drafting_again_finds_the_same(city):
    for one in Unit.objects.all():
        rows = LedgerEntry.objects.filter(unit=one).select_related("unit", "item", "standard", "reverses")
        links = [
            chain.Link(r.sequence, r.previous, r.hash, chains.entry_facts(r))
            for r in rows.order_by("sequence")
        ]
        assert chain.first_break(links) is None
        for month in (SEPTEMBER, OCTOBER):
            _report, made = closing.month_draft(unit=one, month=month, now=TUESDAY)
            assert not made


def test_steps_come_in_their_order_and_none_lies_ahead(city):
    for row in MonthlyReport.objects.exclude(state=ReportState.DRAFTED):
        moments = [row.drafted_at, row.confirmed_at, row.published_at, row.first_reported_at, row.accepted_at]
        there = [moment for moment in moments if moment is not None]
        assert there == sorted(there)
        assert max(there) <= TUESDAY
        if row.reported_at is not None and not row.nil:
            assert local(row.reported_at).date() > row.published_until
        assert row.confirmed_by_id not in recorders(row)
        assert row.accepted_by_id is None or row.accepted_by_id != row.reported_by_id


def recorders(row: MonthlyReport) -> set[int]:
    entries = LedgerEntry.objects.counted().filter(unit=row.unit, month=row.month)
    return set(entries.values_list("finding__recorder", flat=True))


def test_everybody_of_the_showcase_finds_something_to_do(city):
    assert report(0).state == ReportState.SENT_BACK
    assert report(1).state == ReportState.PUBLISHED
    assert report(1).published_until >= local(TUESDAY).date()
    assert report(3).state == report(6).state == ReportState.REPORTED
    assert report(4).state == ReportState.DRAFTED
    assert report(9).state == ReportState.CONFIRMED
    assert Objection.objects.open().filter(entry__unit=unit(1)).count() == 1
    assert WithholdingProposal.objects.filter(report__unit=unit(0), state=ProposalState.SENT).exists()
    assert Bulletin.objects.filter(month=OCTOBER, signed_at=None).exists()
    for username in (accounts.CADRE, accounts.TOWN_CADRE):
        own = LedgerEntry.objects.filter(cadre__user__username=username, month=OCTOBER)
        assert own.exists(), username


def test_nobody_is_right_every_month():
    told = MagicMock(place=lambda report: 0)
    year = [MonthlyReport(month=date(2026, month, 1)) for month in range(1, 13)]
    turns = [objecting._turn(told, report) for report in year]
    assert {True, False, None} == set(turns)
    assert turns.count(True) < 7


def test_there_is_one_of_everything(city):
    states = set(Objection.objects.values_list("state", flat=True))
    assert {"open", "sustained", "rejected"} <= states
    assert LedgerEntry.objects.corrections().exists()
    kinds = set(WithholdingProposal.objects.values_list("state", flat=True))
    assert {"sent", "executed", "not_executed", "released"} <= kinds
    rows = list(WithholdingProposal.objects.filter(state=ProposalState.EXECUTED))
    assert any(row.owed_back_cents for row in rows)
    assert any(row.paid_back_cents for row in rows)
    assert MonthlyReport.objects.exclude(sent_back_at=None).filter(state=ReportState.ACCEPTED).exists()
    assert MonthlyReport.objects.filter(nil=True).exists()
    assert Finding.objects.filter(item__code=rules.REPORT_LATE).exists()
    signed = Bulletin.objects.get(month=SEPTEMBER)
    assert (signed.year, signed.serial) == (2026, 1)


def test_released_is_what_the_ledger_no_longer_charges(city):
    for row in WithholdingProposal.objects.select_related("report"):
        charged = withholding._still_charged(row.report.unit_id, row.report.month, row.cadre_id)
        assert row.due_cents == rules.withheld(charged, row.cap_cents)


def test_a_second_start_tells_nothing_twice(city):
    before = picture()
    tell(TUESDAY)
    assert picture() == before


def test_the_next_month_goes_on_where_the_last_start_ended(city):
    sealed = set(MonthlyReport.objects.values_list("unit__code", "month", "content_hash"))
    tell(datetime(2026, 12, 4, 2, 0, tzinfo=UTC))
    assert sealed < set(MonthlyReport.objects.values_list("unit__code", "month", "content_hash"))
    assert MonthlyReport.objects.filter(month=date(2026, 11, 1)).count() == 12
    assert Bulletin.objects.get(month=OCTOBER).is_signed
    assert report(0).state in (ReportState.REPORTED, ReportState.ACCEPTED)


def test_months_without_events_are_written_as_the_verbs_write_them(sheets, db, monkeypatch):
    # Of these few units more than usually have nothing happen.
    monkeypatch.setattr(story, "HELD", {0: ReportState.SENT_BACK, 1: ReportState.PUBLISHED})
    told = []
    for fast in (True, False):
        with transaction.atomic():
            monkeypatch.setattr(months, "Story", partial(story.Story, fast=fast))
            tell(TUESDAY)
            told.append(picture())
            transaction.set_rollback(True)
    plain = {key for key, value in told[0].items() if value != told[1][key]}
    assert not plain


def test_old_news_is_read(city):
    showcase = [row.username for row in accounts.SHOWCASE]
    unread = Notice.objects.filter(read_at=None, user__username__in=showcase, kind__startswith="month")
    assert not unread.filter(created_at__lt=TUESDAY - months.READ_AFTER).exists()
    assert unread.count() < 12
