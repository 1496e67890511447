"""Proposals to withhold: made with the month, confirmed with it, released by reversals (DOMAIN §2). The product
proposes and keeps the record; it never performs an act of payroll."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import Role, User
from appraisal import rules
from appraisal.acting import MONEY, acting
from appraisal.models import (
    Kind,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    ProposalState,
    Standard,
    WithholdingProposal,
)
from appraisal.models.months import ProposalQuerySet
from appraisal.notifying import objections as notifying_objections
from appraisal.services.ledger import version_value
from cards.models import Cadre
from common import audit
from common.problems import Refused
from common.rules import local
from common.templatetags.amounts import money
from common.versions import check_unchanged


def propose(*reports: MonthlyReport) -> int:
    """A proposal for everybody whom these reports of one month charge, in the order of the reports; returns how many.
    Part of the drafting's transaction.

    Who is charged by several units has one allowance all the same: whichever drafts later proposes only what the others
    leave of the cap, and nothing where they leave nothing.
    """
    if not reports:
        return 0
    standard, order = standard_of(reports[0]), {report.pk: number for number, report in enumerate(reports)}
    totals = MonthTotal.objects.filter(report__in=list(order), cadre__isnull=False, cents__gt=0)
    rows = sorted(totals.values_list("report", "cadre", "cents"), key=lambda row: (order[row[0]], row[1]))
    taken = _taken(reports[0].month, {cadre for _report, cadre, _cents in rows})
    made = []
    for report, cadre, cents in rows:
        room = standard.cap_cents - taken[cadre]
        if room <= 0:
            continue
        amount = rules.withheld(cents, room)
        taken[cadre] += amount
        made.append(
            WithholdingProposal(
                report_id=report,
                cadre_id=cadre,
                standard=standard,
                cap_cents=room,
                charged_cents=cents,
                amount_cents=amount,
            )
        )
    return len(WithholdingProposal.objects.bulk_create(made, batch_size=1000))


def _taken(month: date, cadres: Collection[int]) -> dict[int, int]:
    """By cadre: what proposals of this month still leave to be withheld. Held until the transaction ends: of two units
    that are drafted at once, the second waits and sees what the first has proposed."""
    taken: dict[int, int] = defaultdict(int)
    # In one order whoever asks, so that nobody waits for whom they keep waiting.
    people = Cadre.objects.select_for_update(no_key=True).filter(pk__in=cadres).order_by("pk")
    list(people.values_list("pk", flat=True))
    there = WithholdingProposal.objects.select_for_update(of=("self",)).order_by("pk")
    for row in there.filter(report__month=month, cadre__in=cadres):
        taken[row.cadre_id] += row.due_cents
    return taken


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
            .select_related("report__unit", "cadre")
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
    left = rules.withheld(charged, proposal.cap_cents)
    released = proposal.amount_cents - left
    if released == proposal.released_cents:
        return False
    before, was_sent = proposal.released_cents, proposal.state == ProposalState.SENT
    proposal.released_cents = released
    if not proposal.due_cents and proposal.state in OPEN_STATES:
        proposal.state, proposal.ended_at = ProposalState.RELEASED, now
    proposal.save(update_fields=["released_cents", "state", "ended_at"])
    changes = {"released_cents": [before, released]}
    audit.record(verb="withholding_released", subject=proposal, actor=actor, now=now, changes=changes)
    notifying_objections.released(proposal, released - before, was_sent=was_sent, now=now)
    return True


#: Not yet executed, nor said not to be.
OPEN_STATES = (ProposalState.DRAFT, ProposalState.CONFIRMED, ProposalState.SENT)


# --- What the unit does about them ------------------------------------------------------------------------------------

#: The city has the month; while it is sent back, it has not.
WITH_THE_CITY = (rules.Step.REPORTED, rules.Step.ACCEPTED)


@dataclass(frozen=True)
class Done:
    """How many an act on the whole month was about, and how many it left to be looked at one by one."""

    done: int
    left: int


@transaction.atomic
def withholdings_send(*, report: MonthlyReport, seen: str | None = None, actor: User, now: datetime) -> int:
    """The whole month is handed to finance; returns how many that were, and nothing the second time. `seen` is the
    version of `handed_over` that was shown: finance has what somebody read, or nothing."""
    report = MonthlyReport.objects.select_for_update().get(pk=report.pk)
    _check_role(actor, report.unit_id, now, [Role.UNIT_OFFICER])
    if report.state not in WITH_THE_CITY:
        raise Refused(_("Only a month that was reported to the city is handed to finance."))
    rows = [row for row in _held(report.proposals.all()) if row.state == ProposalState.CONFIRMED]
    if rows:
        check_unchanged(handed_over(rows), seen)
    for row in rows:
        row.state, row.sent_at, row.sent_cents = ProposalState.SENT, now, row.due_cents
    WithholdingProposal.objects.bulk_update(rows, ["state", "sent_at", "sent_cents"])
    _record("withholding_sent", rows, actor, now, lambda row: {"cents": row.sent_cents})
    return len(rows)


def handed_over(rows: Iterable[WithholdingProposal]) -> dict[str, int]:
    """What finance is told of a month: whose, and how much."""
    return {str(row.pk): row.due_cents for row in rows}


@transaction.atomic
def withholding_execute(
    *, proposal: WithholdingProposal, cents: int | None = None, actor: User, now: datetime
) -> WithholdingProposal:
    """Finance has withheld it: what is left of it, unless it says another amount, up to what it was told of."""
    row = _one(proposal, actor, now)
    if row.state == ProposalState.EXECUTED and cents in (None, row.executed_cents):
        return row
    if not may_execute(row):
        raise Refused(_not_with_finance(row))
    cents = row.due_cents if cents is None else cents
    if not 0 < cents <= row.sent_cents:
        raise Refused(
            _("It is something, and at most the %(amount)s that finance was told of.")
            % {"amount": money(row.sent_cents)},
            "cents",
        )
    _execute([(row, cents)], actor, now)
    return row


@transaction.atomic
def withholdings_execute(*, report: MonthlyReport, actor: User, now: datetime) -> Done:
    """All that finance has, as it was handed over. Left out are one's own, and amounts that have changed since: of each
    of these somebody says which amount it was."""
    _check_role(actor, report.unit_id, now)
    rows = [row for row in _held(report.proposals.all()) if row.state == ProposalState.SENT]
    plain = [row for row in rows if row.due_cents == row.sent_cents and row.cadre.user_id != actor.pk]
    _execute([(row, row.due_cents) for row in plain], actor, now)
    return Done(len(plain), len(rows) - len(plain))


def may_execute(row: WithholdingProposal) -> bool:
    """Finance has it; also what was released wholly, when finance heard of that too late."""
    released_too_late = row.state == ProposalState.RELEASED and row.sent_at is not None
    return row.state == ProposalState.SENT or released_too_late


def _execute(pairs: Collection[tuple[WithholdingProposal, int]], actor: User, now: datetime) -> None:
    rows = [row for row, _cents in pairs]
    for row, cents in pairs:
        row.state, row.executed_cents, row.ended_at = ProposalState.EXECUTED, cents, now
    WithholdingProposal.objects.bulk_update(rows, ["state", "executed_cents", "ended_at"])
    _record("withholding_executed", rows, actor, now, lambda row: {"cents": row.executed_cents})


@transaction.atomic
def withholding_not_execute(
    *, proposal: WithholdingProposal, reason: str, actor: User, now: datetime
) -> WithholdingProposal:
    row, reason = _one(proposal, actor, now), _said(reason)
    if row.state == ProposalState.NOT_EXECUTED and row.reason == reason:
        return row
    if row.state != ProposalState.SENT:
        raise Refused(_not_with_finance(row))
    _leave([row], reason, actor, now)
    return row


@transaction.atomic
def withholdings_not_execute(*, report: MonthlyReport, reason: str, actor: User, now: datetime) -> Done:
    """All that finance has, for one reason; one's own is left out."""
    _check_role(actor, report.unit_id, now)
    reason = _said(reason)
    rows = [row for row in _held(report.proposals.all()) if row.state == ProposalState.SENT]
    others = [row for row in rows if row.cadre.user_id != actor.pk]
    _leave(others, reason, actor, now)
    return Done(len(others), len(rows) - len(others))


def _leave(rows: Collection[WithholdingProposal], reason: str, actor: User, now: datetime) -> None:
    for row in rows:
        row.state, row.reason, row.ended_at = ProposalState.NOT_EXECUTED, reason, now
    WithholdingProposal.objects.bulk_update(rows, ["state", "reason", "ended_at"])
    _record("withholding_not_executed", rows, actor, now, lambda row: {"reason": reason})


@transaction.atomic
def withholding_paid_back(
    *, proposal: WithholdingProposal, cents: int, actor: User, now: datetime
) -> WithholdingProposal:
    """So much as the page asked for was paid back. Said twice, it was paid back once."""
    row = _one(proposal, actor, now)
    if not row.owed_back_cents:
        return row
    if not 0 < cents <= row.owed_back_cents:
        raise Refused(_("The amount has changed meanwhile. Look at it again."), "cents")
    row.paid_back_cents += cents
    row.save(update_fields=["paid_back_cents"])
    _record("withholding_paid_back", [row], actor, now, lambda row: {"cents": cents})
    return row


def _held(rows: ProposalQuerySet) -> list[WithholdingProposal]:
    """Nobody else's to change until the transaction ends."""
    held = rows.select_for_update(of=("self",)).select_related("report", "cadre").order_by("pk")
    return list(held)


def _one(proposal: WithholdingProposal, actor: User, now: datetime) -> WithholdingProposal:
    (row,) = _held(WithholdingProposal.objects.filter(pk=proposal.pk))
    if row.cadre.user_id == actor.pk:
        raise Refused(_("Nobody does this for themselves: somebody else of the unit does."))
    _check_role(actor, row.report.unit_id, now, concerned=row.cadre.user_id)
    return row


def _check_role(
    actor: User,
    unit_id: int,
    now: datetime,
    roles: Collection[Role] = MONEY,
    concerned: int | None = None,
) -> None:
    """Finance is the unit's: its officer says what became of it; of the officer's own, the head. Where nobody is left
    who may, the Express does."""
    if actor.pk not in acting(unit_id, roles, local(now).date()).free(concerned):
        raise Refused(_("Only the unit’s own officers do this, or the Efficiency Express where it has none."))


def _said(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why."), "reason")
    return reason


def _not_with_finance(row: WithholdingProposal) -> str:
    words = {"state": row.get_state_display()}
    return _("Finance does not have this amount now. It stands as: %(state)s.") % words


def _record(verb: str, rows: Iterable[WithholdingProposal], actor: User, now: datetime, changes: Any) -> None:
    audit.record_each(verb=verb, subjects=((row, changes(row)) for row in rows), actor=actor, now=now)
