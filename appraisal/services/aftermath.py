"""What happens to a finding after a month has counted it: withdrawn, by a confirmed correction or because a complaint
came to something else, it is reversed in the month in which that is noticed."""

from datetime import datetime

from accounts.models import Unit
from appraisal.models import LedgerEntry
from appraisal.models.ledger import EntryQuerySet
from appraisal.services.reversals import entry_reverse
from attendance.models import FindingState


def withdrawn(unit: Unit | None = None) -> EntryQuerySet:
    """Charges that stand although their finding was withdrawn."""
    rows = LedgerEntry.objects.standing().filter(finding__state=FindingState.WITHDRAWN)
    return rows if unit is None else rows.filter(unit=unit)


def withdrawn_reverse(*, unit: Unit | None = None, now: datetime) -> int:
    """Reverse each of them, with the reason of the withdrawal; returns how many. Safe to run twice."""
    found = withdrawn(unit).select_related("unit", "finding__decided_by").order_by("unit", "sequence")
    done = 0
    for entry in list(found):
        finding = entry.finding
        # Judged anew meanwhile, it has been reversed already.
        if not withdrawn().filter(pk=entry.pk).exists():
            continue
        entry_reverse(entry=entry, reason=finding.decision_reason, actor=finding.decided_by, now=now)
        done += 1
    return done
