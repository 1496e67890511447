"""What is proposed to be withheld, line by line: how it comes about, what was put right of it, and where it stands."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.history import Line as Happened
from appraisal import reasons
from appraisal.models import Kind, LedgerEntry, MonthlyReport, ProposalState, WithholdingProposal
from appraisal.reasons import Reason
from appraisal.services.withholding import may_execute
from common import audit
from common.rules import local
from common.templatetags.amounts import money, points
from common.templatetags.components import zh_date

TONES: Mapping[str, str] = {
    ProposalState.DRAFT: "out",
    ProposalState.CONFIRMED: "info",
    ProposalState.SENT: "info",
    ProposalState.EXECUTED: "on",
    ProposalState.NOT_EXECUTED: "idle",
    ProposalState.RELEASED: "idle",
}
VERBS = {
    "withholding_sent": gettext_lazy("Handed to finance"),
    "withholding_executed": gettext_lazy("Withheld"),
    "withholding_not_executed": gettext_lazy("Not withheld"),
    "withholding_released": gettext_lazy("Released"),
    "withholding_paid_back": gettext_lazy("Paid back"),
}


@dataclass(frozen=True)
class Line:
    """A charge of the month, and what became of it since."""

    reason: Reason
    changes: list[str]

    @property
    def entry(self) -> LedgerEntry:
        return self.reason.entry


@dataclass(frozen=True)
class View:
    proposal: WithholdingProposal
    lines: list[Line]
    tone: str
    state: str

    @property
    def total(self) -> str:
        """合计 360.00 元；本月封顶 300.00 元，拟扣发 300.00 元."""
        row = self.proposal
        words = {
            "sum": money(row.charged_cents),
            "cap": money(row.standard.cap_cents),
            "amount": money(row.amount_cents),
            "others": money(row.standard.cap_cents - row.cap_cents),
        }
        if row.cap_cents < row.standard.cap_cents:
            return (
                _(
                    "%(sum)s in all; at most %(cap)s a month, of which other units propose %(others)s already: "
                    "%(amount)s is proposed"
                )
                % words
            )
        if row.amount_cents < row.charged_cents:
            return _("%(sum)s in all; at most %(cap)s a month: %(amount)s is proposed") % words
        return _("%(sum)s in all; at most %(cap)s a month") % words

    @property
    def released(self) -> str:
        """What was taken off it again, and what is left; empty while nothing was."""
        row = self.proposal
        if not row.released_cents:
            return ""
        words = {"released": money(row.released_cents), "left": money(row.due_cents)}
        return _("%(released)s released, %(left)s left") % words

    @property
    def done(self) -> str:
        """What the unit said of it."""
        row = self.proposal
        if row.state == ProposalState.NOT_EXECUTED:
            return _("not withheld: %(reason)s") % {"reason": row.reason}
        if row.state != ProposalState.EXECUTED:
            return ""
        said = [_("%(amount)s withheld") % {"amount": money(row.executed_cents)}]
        if row.paid_back_cents:
            said.append(_("%(amount)s paid back") % {"amount": money(row.paid_back_cents)})
        return "，".join(said)

    @property
    def owed(self) -> str:
        cents = self.proposal.owed_back_cents
        return _("%(amount)s to be paid back") % {"amount": money(cents)} if cents else ""

    @property
    def finance_knows_more(self) -> bool:
        """Finance was handed a higher amount than is left, and has not said yet what it did."""
        row = self.proposal
        return may_execute(row) and row.sent_cents > row.due_cents

    @property
    def is_with_finance(self) -> bool:
        return self.proposal.state == ProposalState.SENT

    @property
    def may_execute(self) -> bool:
        return may_execute(self.proposal)


def views(report: MonthlyReport, proposals: Collection[WithholdingProposal]) -> list[View]:
    """Of one month, read with `standard`; the same queries for any number of people."""
    people = [row.cadre_id for row in proposals]
    charged = LedgerEntry.objects.counted().filter(unit=report.unit_id, month=report.month, cadre__in=people)
    found = reasons.of_entries(reasons.for_pages(charged.order_by("sequence")))
    changes = _changes([reason.entry for reason in found])
    lines: dict[int | None, list[Line]] = defaultdict(list)
    for reason in found:
        lines[reason.entry.cadre_id].append(Line(reason, changes[reason.entry.finding_id]))
    return [
        View(row, lines[row.cadre_id], TONES[row.state], str(row.get_state_display())) for row in proposals
    ]


def _changes(entries: Collection[LedgerEntry]) -> dict[int, list[str]]:
    """By finding: what was written about it later, in words."""
    later = LedgerEntry.objects.corrections().filter(finding__in=[entry.finding_id for entry in entries])
    by_finding: dict[int, list[LedgerEntry]] = defaultdict(list)
    for row in later.order_by("unit", "sequence") if entries else ():
        by_finding[row.finding_id].append(row)
    return defaultdict(list, {finding: list(_words(rows)) for finding, rows in by_finding.items()})


def _words(rows: list[LedgerEntry]) -> Iterable[str]:
    for number, row in enumerate(rows):
        words = {
            "day": zh_date(local(row.at).date()),
            "reason": row.reason,
            "points": points(row.half_points),
            "money": money(row.cents),
        }
        if row.kind == Kind.REJUDGED:
            yield _("%(day)s judged anew, %(points)s, %(money)s: %(reason)s") % words
        elif number + 1 == len(rows) or rows[number + 1].kind != Kind.REJUDGED:
            yield _("%(day)s taken back: %(reason)s") % words


def history(proposal: WithholdingProposal) -> list[Happened]:
    """What has happened to it, newest first."""
    return [
        Happened(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details="；".join(_details(entry.changes)),
            failure=False,
        )
        for entry in audit.history(proposal)
    ]


def _details(changes: Mapping[str, object]) -> list[str]:
    found = []
    if isinstance(cents := changes.get("cents"), int):
        found.append(money(cents))
    if isinstance(pair := changes.get("released_cents"), list):
        found.append(money(pair[1] - pair[0]))
    if reason := changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": str(reason).rstrip("。")})
    return found
