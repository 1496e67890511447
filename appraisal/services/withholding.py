"""Proposals to withhold: made with the month, confirmed with it, released by reversals (DOMAIN §2). The product
proposes and keeps the record; it never performs an act of payroll."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Sum

from accounts.models import User
from appraisal import rules
from appraisal.models import (
    Kind,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    ProposalState,
    Standard,
    WithholdingProposal,
)
from appraisal.services.ledger import version_value
from common import audit


def propose(report: MonthlyReport) -> int:
    """A proposal for everybody whom the month charges. Part of the drafting's transaction."""
    standard = standard_of(report)
    rows = MonthTotal.objects.filter(report=report, cadre__isnull=False, cents__gt=0)
    made = WithholdingProposal.objects.bulk_create(
        (
            WithholdingProposal(
                report=report,
                cadre_id=cadre,
                standard=standard,
                charged_cents=cents,
                amount_cents=rules.withheld(cents, standard.cap_cents),
            )
            for cadre, cents in rows.order_by("cadre").values_list("cadre", "cents").iterator()
        ),
        batch_size=1000,
    )
    return len(made)


def standard_of(report: MonthlyReport) -> Standard:
    """Whose allowance, basis and cap a month has: the version in force when it ends, since it is that month's
    allowance; the money per point stays that of each fact's own day."""
    rows = {row.pk: row for row in Standard.objects.adopted().prefetch_related("items__item")}
    values = [version_value(row) for row in rows.values()]
    return rows[rules.in_force(values, rules.last_day_of(report.month)).pk]


def release(*, findings: Collection[int], actor: User | None, now: datetime) -> list[WithholdingProposal]:
    """Take off the proposals what these findings no longer cost. Part of the reversal's transaction."""
    first = LedgerEntry.objects.filter(finding__in=findings, kind=Kind.FINDING, cadre__isnull=False)
    released = []
    for unit, month, cadre in sorted(set(first.values_list("unit", "month", "cadre"))):
        proposal = (
            WithholdingProposal.objects.select_for_update(of=("self",))
            .select_related("report", "standard")
            .filter(report__unit=unit, report__month=month, cadre=cadre)
            .first()
        )
        if proposal is not None and _lower(proposal, _still_charged(unit, month, cadre), actor, now):
            released.append(proposal)
    return released


def _still_charged(unit: int, month: date, cadre: int) -> int:
    """Cents that still stand of what a month charged somebody, judged anew or not."""
    charged = LedgerEntry.objects.filter(unit=unit, month=month, cadre=cadre, kind=Kind.FINDING)
    standing = LedgerEntry.objects.filter(finding__in=charged.values("finding")).standing()
    return int(standing.aggregate(cents=Sum("cents"))["cents"] or 0)


def _lower(proposal: WithholdingProposal, charged: int, actor: User | None, now: datetime) -> bool:
    left = rules.withheld(charged, proposal.standard.cap_cents)
    released = proposal.amount_cents - left
    if released == proposal.released_cents:
        return False
    before = proposal.released_cents
    proposal.released_cents = released
    if not proposal.due_cents and proposal.state in OPEN_STATES:
        proposal.state, proposal.ended_at = ProposalState.RELEASED, now
    proposal.save(update_fields=["released_cents", "state", "ended_at"])
    changes = {"released_cents": [before, released]}
    audit.record(verb="withholding_released", subject=proposal, actor=actor, now=now, changes=changes)
    return True


#: Not yet executed, nor said not to be.
OPEN_STATES = (ProposalState.DRAFT, ProposalState.CONFIRMED, ProposalState.SENT)
