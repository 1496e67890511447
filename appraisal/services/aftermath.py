"""What happens to a finding after a month has counted it: withdrawn, by a confirmed correction or because a complaint
came to something else, it is reversed in the month in which that is noticed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Unit
from appraisal.models import CountedOutcome, LedgerEntry
from appraisal.models.ledger import EntryQuerySet
from appraisal.services import ledger as chains
from appraisal.services.reversals import entry_reverse
from attendance.models import FindingState
from attendance.services import outcome_finding_withdraw
from complaints.models import Complaint


def withdrawn(unit: Unit | None = None) -> EntryQuerySet:
    """Charges that stand although their finding was withdrawn."""
    rows = LedgerEntry.objects.standing().filter(finding__state=FindingState.WITHDRAWN)
    return rows if unit is None else rows.filter(unit=unit)


def withdrawn_reverse(*, unit: Unit | None = None, now: datetime) -> int:
    """Reverse each of them, with the reason of the withdrawal; returns how many. Safe to run twice."""
    if unit is not None:
        return _reverse_all(unit, now)
    units = Unit.objects.filter(pk__in=withdrawn().values("unit")).order_by("pk")
    return sum(_reverse_all(one, now) for one in units)


@transaction.atomic
def _reverse_all(unit: Unit, now: datetime) -> int:
    """Under the lock of the unit's chain: whoever else does it at this moment finds nothing left."""
    chains.lock(unit)
    found = withdrawn(unit).select_related("unit", "finding__decided_by").order_by("sequence")
    done = 0
    # One by one: where one reversal has another judged anew, that one stands as a new entry.
    while (entry := found.first()) is not None:
        finding = entry.finding
        entry_reverse(entry=entry, reason=finding.decision_reason, actor=finding.decided_by, now=now)
        done += 1
    return done


def referred_withdraw(*, now: datetime) -> int:
    """What was counted of a matter and is not decided yet, once the matter is with the commission: the city hears it no
    longer, and nobody else is told why. What was decided before stays. Safe to run twice."""
    open_ones = CountedOutcome.objects.filter(
        finding__state=FindingState.PROVISIONAL, complaint__matter__in=Complaint.objects.referred_matters()
    )
    found = list(open_ones.select_related("finding"))
    for counted in found:
        assert counted.finding is not None
        outcome_finding_withdraw(
            finding=counted.finding, reason=_("It is dealt with elsewhere."), actor=None, now=now
        )
    return len(found)
