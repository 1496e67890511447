"""Writing the ledger: under the lock of a unit's chain, one line after the other, and never anything else."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from accounts.models import Unit
from appraisal import chain, rules
from appraisal.models import AppraisalSettings, LedgerEntry, Standard, UnitLedger
from attendance.models import Finding
from common.rules import local


def lock(unit: Unit) -> UnitLedger:
    """The end of the unit's chain, held until the transaction ends."""
    UnitLedger.objects.get_or_create(unit=unit)
    return UnitLedger.objects.select_for_update().get(unit=unit)


def versions() -> list[rules.Version]:
    """Every adopted version of the standard, as the rules take it. Two queries."""
    return [version_value(row) for row in Standard.objects.adopted().prefetch_related("items__item")]


def version_value(row: Standard) -> rules.Version:
    prices = {
        one.item.code: rules.Price(
            one.half_points, one.free_first, one.step_half_points, one.window_days, one.refer
        )
        for one in row.items.all()
    }
    return rules.Version(row.pk, row.effective_from, row.cents_per_point, row.cap_cents, prices)


def fact_digest(finding: Finding) -> str:
    """SHA-256 of what a finding says; needs `item`, `unit` and `place` at hand."""
    return chain.digest(
        {
            "finding": finding.pk,
            "unit": finding.unit.code,
            "cadre": finding.cadre_id,
            "item": finding.item.code,
            "day": finding.day,
            "at": finding.at,
            "place": finding.place.code,
            "room": finding.room,
            "minutes": finding.minutes,
            "note": finding.note,
            "said": finding.said,
            "recorder": finding.recorder_id,
        }
    )


def entry_facts(entry: LedgerEntry) -> dict[str, Any]:
    """What an entry's hash covers (docs/ledger.md); needs `unit`, `item`, `standard` and `reverses` at hand."""
    return {
        "unit": entry.unit.code,
        "sequence": entry.sequence,
        "kind": str(entry.kind),
        "cadre": entry.cadre_id,
        "item": entry.item.code,
        "month": entry.month,
        "day": entry.day,
        "half_points": entry.half_points,
        "cents": entry.cents,
        "standard": entry.standard.version,
        "before_in_month": entry.before_in_month,
        "before_in_window": entry.before_in_window,
        "finding": entry.finding_id,
        "fact": entry.fact,
        "reverses": entry.reverses.sequence if entry.reverses is not None else None,
        "reason": entry.reason,
        "source": entry.source,
        "actor": entry.actor_id,
        "at": entry.at,
    }


def append(ledger: UnitLedger, rows: Sequence[LedgerEntry], *, now: datetime) -> list[LedgerEntry]:
    """Number, chain and save these new entries. The ledger is locked by the caller."""
    for row in rows:
        ledger.sequence += 1
        row.sequence, row.previous, row.at = ledger.sequence, ledger.head, now
        row.hash = ledger.head = chain.link(row.previous, entry_facts(row))
    saved = LedgerEntry.objects.bulk_create(rows, batch_size=1000)
    ledger.save(update_fields=["sequence", "head"])
    return saved


def open_month(ledger: UnitLedger, today: date) -> date:
    """The month that counts what is written into this ledger now."""
    unit = ledger.unit
    begins = AppraisalSettings.current().begins or rules.first_of(today)
    first = max(begins, rules.first_of(unit.valid_from))
    return rules.open_month(
        closed_until=ledger.closed_until, begins=first, active_until=unit.valid_to, today=today
    )


def facts_of(findings: Iterable[Finding]) -> list[rules.Fact]:
    return [rules.Fact(found.pk, found.cadre_id, found.item.code, found.day, found.at) for found in findings]


def today(now: datetime) -> date:
    return local(now).date()
