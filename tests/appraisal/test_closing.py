"""Drafting is closing: what stands becomes entries and totals, once, in exactly one month."""

from datetime import date, timedelta

import pytest

from appraisal import services
from appraisal.models import (
    Kind,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    Standard,
    StandardItem,
    UnitLedger,
    WithholdingProposal,
)
from appraisal.services import closing
from attendance.models import FindingState, Item
from common.models import Notice
from common.problems import Refused
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, entry_of, stands
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _begun(db):
    begins()


def total(report: MonthlyReport, cadre) -> MonthTotal:
    return MonthTotal.objects.get(report=report, cadre=cadre)


def test_what_stands_is_counted_and_what_is_open_or_withdrawn_is_not(unit, chen):
    stands(chen, date(2026, 11, 3))
    stands(chen, date(2026, 11, 4), state=FindingState.PROVISIONAL)
    stands(chen, date(2026, 11, 5), state=FindingState.WITHDRAWN)
    report = draft(unit)
    assert (report.entries, report.corrections) == (1, 0)
    assert (total(report, chen).half_points, total(report, chen).cents) == (4, 4000)


def test_a_finding_about_the_unit_costs_points_and_no_money(unit):
    stands(None, date(2026, 11, 3), code="sheet_missing", unit=unit)
    report = draft(unit)
    assert (total(report, None).half_points, total(report, None).cents) == (2, 0)
    assert not WithholdingProposal.objects.exists()


def test_drafted_again_it_has_the_same_hash_and_no_new_entry(unit, chen):
    stands(chen, date(2026, 11, 3))
    first = draft(unit)
    stands(chen, date(2026, 11, 4))
    again, made = services.month_draft(unit=unit, month=NOVEMBER, now=DRAFTING + timedelta(hours=1))
    assert (again.pk, made, again.content_hash) == (first.pk, False, first.content_hash)
    assert LedgerEntry.objects.count() == 1


def test_what_stands_later_joins_the_next_month_with_its_true_day(unit, chen):
    late = stands(chen, date(2026, 11, 27), state=FindingState.PROVISIONAL)
    draft(unit)
    late.state, late.decided_at = FindingState.STANDING, DRAFTING
    late.save()
    december = draft(unit, date(2026, 12, 1), DRAFTING + timedelta(days=31))
    entry = LedgerEntry.objects.get()
    assert (entry.month, entry.day) == (date(2026, 12, 1), date(2026, 11, 27))
    assert total(december, chen).half_points == 4


def test_months_are_drafted_in_their_order(unit):
    begins(OCTOBER)
    with pytest.raises(Refused, match="2026-10"):
        draft(unit)
    draft(unit, OCTOBER)
    draft(unit)


def test_a_month_that_is_not_over_is_refused(unit):
    with pytest.raises(Refused, match="2026-11"):
        draft(unit, now=NOW)


def test_the_sweep_drafts_every_unit_once(unit, other_unit):
    assert services.drafts_make(now=DRAFTING) >= 2
    assert services.drafts_make(now=DRAFTING) == 0


def test_a_unit_that_fails_keeps_no_other_waiting(unit, other_unit, monkeypatch, caplog):
    seal = closing._seal

    def failing(ledger, month, now):
        if ledger.unit == unit:
            raise Refused("锁住了")
        return seal(ledger, month, now)

    monkeypatch.setattr(closing, "_seal", failing)
    services.drafts_make(now=DRAFTING)
    assert not MonthlyReport.objects.filter(unit=unit).exists()
    assert MonthlyReport.objects.filter(unit=other_unit).exists()
    assert "2026-11 of D901 was not drafted" in caplog.text
    monkeypatch.undo()
    assert services.drafts_make(now=DRAFTING) == 1


def test_a_unit_that_ended_is_drafted_while_something_of_it_is_not_counted(unit, chen):
    begins(OCTOBER)
    open_one = stands(chen, date(2026, 10, 20), state=FindingState.PROVISIONAL)
    unit.valid_to = date(2026, 10, 31)
    unit.save()
    draft(unit, OCTOBER, DRAFTING - timedelta(days=30))
    assert unit not in closing.units_of(NOVEMBER)
    open_one.state, open_one.decided_at = FindingState.STANDING, NOW
    open_one.save()
    assert unit in closing.units_of(NOVEMBER)
    assert draft(unit).entries == 1


def test_a_reversal_is_of_the_next_month_and_releases_the_money(unit, chen, head):
    entry = _drafted_entry(unit, chen)
    services.entry_reverse(entry=entry, reason="会议有据", actor=head, now=DRAFTING + timedelta(days=1))
    reversal = LedgerEntry.objects.get(kind=Kind.REVERSAL)
    assert (reversal.month, reversal.half_points, reversal.cents) == (date(2026, 12, 1), -4, -4000)
    proposal = WithholdingProposal.objects.get()
    assert (proposal.amount_cents, proposal.released_cents, proposal.state) == (4000, 4000, "released")
    with pytest.raises(Refused):
        services.entry_reverse(entry=entry, reason="再次", actor=head, now=DRAFTING + timedelta(days=1))


def test_what_was_withdrawn_after_its_month_is_reversed_by_the_next_draft(unit, chen):
    finding = stands(chen, date(2026, 11, 3))
    stands(chen, date(2026, 12, 3))
    draft(unit)
    finding.state, finding.decision_reason = FindingState.WITHDRAWN, "看错了人"
    finding.save()
    december = draft(unit, date(2026, 12, 1), DRAFTING + timedelta(days=31))
    assert (december.entries, december.corrections) == (1, 1)
    assert total(december, chen).corrected_cents == -4000


def _drafted_entry(unit, cadre) -> LedgerEntry:
    finding = stands(cadre, date(2026, 11, 3))
    draft(unit)
    return entry_of(finding)


def test_more_than_the_allowance_is_not_withheld(unit, chen):
    for day in (3, 4, 5):
        stands(chen, date(2026, 11, day), code="noon_drinking")
    draft(unit)
    proposal = WithholdingProposal.objects.get()
    assert (proposal.charged_cents, proposal.amount_cents) == (36_000, 30_000)


def _version(effective_from: date, **prices: dict[str, int]) -> Standard:
    standard = Standard.objects.create(
        version=2,
        effective_from=effective_from,
        cents_per_point=3000,
        cap_cents=50_000,
        allowance="月度考核奖",
        legal_basis="市政府常务会议纪要",
        proposed_at=NOW,
        adopted_at=NOW,
    )
    StandardItem.objects.bulk_create(
        StandardItem(standard=standard, item=Item.objects.get(code=code), **fields)
        for code, fields in prices.items()
    )
    return standard


def test_a_fact_is_judged_by_the_version_of_its_day(unit, chen):
    _version(date(2026, 11, 10), off_post={"half_points": 3})
    before, after = stands(chen, date(2026, 11, 9)), stands(chen, date(2026, 11, 10))
    draft(unit)
    assert (entry_of(before).half_points, entry_of(before).cents) == (4, 4000)
    assert (entry_of(after).half_points, entry_of(after).cents) == (3, 4500)


def test_whoever_was_free_only_because_of_a_reversed_one_is_judged_anew(unit, chen, head):
    """The first of a month is free. The first is reversed: the second becomes the first, and costs nothing any more."""
    _version(date(2026, 11, 1), late={"half_points": 2, "free_first": 1})
    first = stands(chen, date(2026, 11, 3), code="late")
    second = stands(chen, date(2026, 11, 4), code="late")
    draft(unit)
    assert (entry_of(first).half_points, entry_of(second).half_points) == (0, 2)
    services.entry_reverse(entry=entry_of(first), reason="路口管制", actor=head, now=DRAFTING)
    again = entry_of(second)
    assert (again.kind, again.half_points, again.before_in_month) == (Kind.REJUDGED, 0, 0)
    assert WithholdingProposal.objects.get().released_cents == 3000


def test_the_unit_hears_of_its_draft(unit, officer, head):
    draft(unit)
    assert set(Notice.objects.filter(kind="month_drafted").values_list("user", flat=True)) == {
        officer.pk,
        head.pk,
    }


def test_the_sum_of_the_totals_is_the_sum_of_the_entries(unit, chen, lin):
    for day in (3, 4, 10):
        stands(chen, date(2026, 11, day))
        stands(lin, date(2026, 11, day), code="late")
    report = draft(unit)
    entries = LedgerEntry.objects.filter(unit=unit, month=NOVEMBER)
    assert sum(row.half_points for row in report.totals.all()) == sum(row.half_points for row in entries)
    assert UnitLedger.objects.get(unit=unit).sequence == entries.count() == 6
