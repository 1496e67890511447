"""Taking an entry back: by another entry, never by changing it; with what follows from it for the others."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal import rules
from appraisal.models import Kind, LedgerEntry, UnitLedger
from appraisal.models.ledger import EntryQuerySet
from appraisal.services import ledger as chains
from appraisal.services import withholding, years_due
from common import audit
from common.problems import Refused


@transaction.atomic
def entry_reverse(*, entry: LedgerEntry, reason: str, actor: User | None, now: datetime) -> list[LedgerEntry]:
    """Reverse a charge in the unit's open month, judge anew what cost more because of it, and release the money.

    Returns every new entry, the reversal first. Raises Refused for what was reversed already, or is a reversal.
    """
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why."), "reason")
    ledger = chains.lock(entry.unit)
    entry = _whole(LedgerEntry.objects.filter(pk=entry.pk)).get()
    if entry.kind == Kind.REVERSAL:
        raise Refused(_("A reversal is not reversed itself: the fact is recorded anew."))
    if LedgerEntry.objects.filter(reverses=entry).exists():
        raise Refused(_("This entry has been reversed already."))
    month = chains.open_month(ledger, chains.today(now))
    made = chains.append(ledger, [_reversal(entry, month, reason, actor)], now=now)
    made += _judge_anew(ledger, made[0], month, actor, now)
    withholding.release(findings={row.finding_id for row in made}, actor=actor, now=now)
    changes = {"sequence": entry.sequence, "reason": reason, "month": month}
    audit.record(verb="entry_reversed", subject=entry, actor=actor, now=now, changes=changes)
    years_due.changed(entry.day.year)
    return made


def _whole(rows: EntryQuerySet) -> EntryQuerySet:
    return rows.select_related("unit", "item", "standard", "reverses")


def _reversal(entry: LedgerEntry, month: date, reason: str, actor: User | None) -> LedgerEntry:
    return LedgerEntry(
        unit=entry.unit,
        kind=Kind.REVERSAL,
        cadre_id=entry.cadre_id,
        item=entry.item,
        month=month,
        day=entry.day,
        half_points=-entry.half_points,
        cents=-entry.cents,
        standard=entry.standard,
        finding_id=entry.finding_id,
        fact=entry.fact,
        reverses=entry,
        reason=reason,
        source=f"reversal:{entry.pk}",
        actor=actor,
    )


def _judge_anew(
    ledger: UnitLedger, reversal: LedgerEntry, month: date, actor: User | None, now: datetime
) -> list[LedgerEntry]:
    """What came after the reversed one cost more because of it: free first ones, and repetitions. Only for less: nobody
    pays more because somebody was right."""
    standing = _in_order_of_first_entry(reversal)
    facts = [_fact(entry) for entry in standing]
    reason = _("Judged anew because entry %(sequence)s was reversed.") % {
        "sequence": reversal.reverses.sequence if reversal.reverses else ""
    }
    rows = []
    for entry, judged in zip(standing, rules.judge_in_order(facts, [], chains.versions()), strict=True):
        if (judged.half_points, judged.cents) < (entry.half_points, entry.cents):
            rows += [
                _reversal(entry, month, reason, actor),
                _rejudged(entry, judged, month, reason, reversal, actor),
            ]
    return chains.append(ledger, rows, now=now) if rows else []


def _in_order_of_first_entry(reversal: LedgerEntry) -> list[LedgerEntry]:
    """Standing charges of the same person, or the same unit, and item; a finding keeps the place of its first entry."""
    same = LedgerEntry.objects.filter(unit=reversal.unit, cadre=reversal.cadre_id, item=reversal.item)
    place = dict(same.charges().order_by("-sequence").values_list("finding", "sequence"))
    return sorted(_whole(same.standing()), key=lambda entry: place[entry.finding_id])


def _fact(entry: LedgerEntry) -> rules.Fact:
    return rules.Fact(entry.finding_id, entry.cadre_id, entry.item.code, entry.day, entry.at)


def _rejudged(
    entry: LedgerEntry,
    judged: rules.Judged,
    month: date,
    reason: str,
    reversal: LedgerEntry,
    actor: User | None,
) -> LedgerEntry:
    return LedgerEntry(
        unit=entry.unit,
        kind=Kind.REJUDGED,
        cadre_id=entry.cadre_id,
        item=entry.item,
        month=month,
        day=entry.day,
        half_points=judged.half_points,
        cents=judged.cents,
        standard_id=judged.version,
        before_in_month=judged.before_in_month,
        before_in_window=judged.before_in_window,
        finding_id=entry.finding_id,
        fact=entry.fact,
        reason=reason,
        source=f"finding:{entry.finding_id}:after:{reversal.pk}",
        actor=actor,
    )
