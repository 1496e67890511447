"""What somebody can do who owns the database: the triggers are gone, and every hash can be written anew."""

import json
from dataclasses import replace

from accounts.models import Unit
from appraisal import chain
from appraisal.bulletins.content import Bulletin as Content
from appraisal.bulletins.content import ChainHead
from appraisal.models import (
    Bulletin,
    BulletinHead,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    UnitLedger,
    WithholdingProposal,
)
from appraisal.services import closing, withholding
from appraisal.services.ledger import entry_facts, fact_digest
from attendance.models import Finding, FindingState


def change(entry: LedgerEntry, **fields: object) -> None:
    LedgerEntry.objects.filter(pk=entry.pk).update(**fields)


def swap(one: LedgerEntry, other: LedgerEntry) -> None:
    change(one, sequence=1_000_000)
    change(other, sequence=one.sequence)
    change(one, sequence=other.sequence)


def remove(entry: LedgerEntry, *, cleanly: bool = False) -> None:
    """Cleanly: the finding no longer stands either, so nothing asks where its entry is."""
    LedgerEntry.objects.filter(pk=entry.pk)._raw_delete("default")
    if cleanly:
        Finding.objects.filter(pk=entry.finding_id).update(state=FindingState.WITHDRAWN, decision_reason="改")


def write_anew(unit: Unit) -> None:
    """Everything of a unit as if it had always been so: numbers, hashes, end, seals, totals, proposals."""
    _chain_anew(unit)
    for report in MonthlyReport.objects.filter(unit=unit):
        _seal_anew(report)


def _chain_anew(unit: Unit) -> None:
    rows = LedgerEntry.objects.filter(unit=unit).order_by("sequence")
    sequence, head = 0, chain.GENESIS
    related = ("unit", "item", "standard", "reverses", "finding__unit", "finding__item", "finding__place")
    for pk in list(rows.values_list("pk", flat=True)):
        entry = LedgerEntry.objects.select_related(*related).get(pk=pk)
        sequence += 1
        entry.sequence, entry.fact = sequence, fact_digest(entry.finding)
        fields = {"sequence": sequence, "fact": entry.fact, "previous": head}
        head = chain.link(head, entry_facts(entry))
        change(entry, **fields, hash=head)
    UnitLedger.objects.filter(unit=unit).update(sequence=sequence, head=head)


def _seal_anew(report: MonthlyReport) -> None:
    entries = closing.of_month(report.unit, report.month)
    last = LedgerEntry.objects.filter(unit=report.unit, month__lte=report.month).order_by("-sequence").first()
    report.sequence, report.head = (last.sequence, last.hash) if last is not None else (0, chain.GENESIS)
    report.content_hash = closing.content_hash(report.unit, report.month)
    report.entries, report.corrections = entries.counted().count(), entries.corrections().count()
    report.save()
    MonthTotal.objects.filter(report=report).delete()
    WithholdingProposal.objects.filter(report=report).delete()
    closing.totals_make(report)
    withholding.propose(report)
    charged = entries.counted().values_list("finding", flat=True)
    withholding.release(findings=list(charged), actor=None, now=report.drafted_at)


def bulletin_anew(bulletin: Bulletin) -> None:
    """Also what the database keeps of the paper."""
    ends = {end.unit.code: end for end in UnitLedger.objects.select_related("unit")}
    for end in ends.values():
        BulletinHead.objects.filter(bulletin=bulletin, unit=end.unit).update(
            sequence=end.sequence, head=end.head
        )
    content = Content.from_json(json.dumps(bulletin.content))
    heads = tuple(_head_anew(head, ends[head.unit_code]) for head in content.chain_heads)
    content = replace(content, chain_heads=heads)
    bulletin.content, bulletin.content_hash = json.loads(content.to_json()), content.digest
    bulletin.save()


def _head_anew(head: ChainHead, end: UnitLedger) -> ChainHead:
    return replace(head, sequence=end.sequence, head=end.head)
