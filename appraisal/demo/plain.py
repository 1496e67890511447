"""Months in which nothing happens that anybody has to be told of: four of five. Their steps are written as the verbs
write them, with the same trail and many at once; a test compares the two row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from accounts.models import User
from appraisal.demo import money
from appraisal.models import MonthlyReport, Objection, ProposalState, ReportState, WithholdingProposal
from appraisal.turns import months as turns
from common.models import AuditEntry
from common.rules import local

if TYPE_CHECKING:
    from appraisal.demo.story import Story

STEPS = ("confirmed", "published", "reported", "accepted")
FIELDS = [
    "state",
    "nil",
    "due_on",
    "published_until",
    "first_reported_at",
    *(f"{step}_{what}" for step in STEPS for what in ("by", "at")),
]
MONEY = ["state", "sent_at", "sent_cents", "executed_cents", "ended_at", "reason"]


@dataclass
class Plain:
    """Steps that are taken and not yet saved."""

    story: Story
    _reports: dict[int, MonthlyReport] = field(default_factory=dict)
    _moved: set[int] = field(default_factory=set)
    _proposals: dict[int, list[WithholdingProposal]] = field(default_factory=lambda: defaultdict(list))
    _changed: dict[int, WithholdingProposal] = field(default_factory=dict)
    _trail: list[AuditEntry] = field(default_factory=list)

    def begin(self, reports: Iterable[MonthlyReport]) -> None:
        """Those among them that are plain."""
        found = {report.pk: report for report in reports}
        spoken = set(
            Objection.objects.filter(entry__month__in={r.month for r in found.values()}).values_list(
                "entry__unit", "entry__month"
            )
        )
        for report in found.values():
            if self.story.is_plain(report) and (report.unit_id, report.month) not in spoken:
                self._reports[report.pk] = report
        for proposal in WithholdingProposal.objects.filter(report__in=found).order_by("pk"):
            self._proposals[proposal.report_id].append(proposal)

    def holds(self, report: MonthlyReport) -> bool:
        return report.pk in self._reports

    def save(self) -> None:
        """Before anybody reads them."""
        moved = [self._reports[pk] for pk in sorted(self._moved)]
        # Far faster than bulk_update, which writes a case for each row and field.
        MonthlyReport.objects.bulk_create(
            moved, update_conflicts=True, unique_fields=["id"], update_fields=FIELDS
        )
        WithholdingProposal.objects.bulk_create(
            self._changed.values(), update_conflicts=True, unique_fields=["id"], update_fields=MONEY
        )
        AuditEntry.objects.bulk_create(self._trail, batch_size=1000)
        self._moved.clear()
        self._changed.clear()
        self._trail.clear()

    # --- Steps --------------------------------------------------------------------------------------------------------

    def step(self, pk: int, moment: datetime) -> None:
        report = self._reports[pk]
        self._moved.add(pk)
        match ReportState(report.state):
            case ReportState.DRAFTED if turns.is_nil(report):
                self._nil(report, moment)
            case ReportState.DRAFTED:
                self._confirm(report, moment)
            case ReportState.CONFIRMED:
                self._publish(report, moment)
            case ReportState.PUBLISHED:
                self._report(report, self._head(report, moment), moment)
                self._note("month_reported", report, report.reported_by, moment)
            case ReportState.REPORTED:
                report.accepted_by, report.accepted_at = self.story.reviewers(report)[0], moment
                report.state = ReportState.ACCEPTED
                self._note("month_accepted", report, report.accepted_by, moment)
        self.story.go_on(report)
        if report.state == ReportState.REPORTED:
            self.go_on_with_money(report)

    def _head(self, report: MonthlyReport, moment: datetime) -> User:
        return self.story.actors(report, moment)[0]

    def _nil(self, report: MonthlyReport, moment: datetime) -> None:
        head = self._head(report, moment)
        report.nil = True
        report.confirmed_by = report.published_by = head
        report.confirmed_at = report.published_at = moment
        report.published_until = local(moment).date()
        self._report(report, head, moment)
        self._note("month_reported_nil", report, head, moment)

    def _confirm(self, report: MonthlyReport, moment: datetime) -> None:
        report.confirmed_by, report.confirmed_at = self._head(report, moment), moment
        report.due_on = self._due(local(moment).date(), self.story.settings.publish_days)
        report.state = ReportState.CONFIRMED
        proposals = self._of(report, ProposalState.DRAFT)
        for proposal in proposals:
            proposal.state = ProposalState.CONFIRMED
        self._note("month_confirmed", report, report.confirmed_by, moment, proposals=len(proposals))

    def _publish(self, report: MonthlyReport, moment: datetime) -> None:
        settings = self.story.settings
        report.published_by, report.published_at = self._head(report, moment), moment
        report.published_until = self._due(local(moment).date(), settings.publication_days)
        report.due_on = self._due(report.published_until, settings.until_report_days)
        report.state = ReportState.PUBLISHED
        until = report.published_until.isoformat()
        self._note("month_published", report, report.published_by, moment, until=until)

    def _report(self, report: MonthlyReport, head: User, moment: datetime) -> None:
        report.reported_by, report.reported_at = head, moment
        report.first_reported_at = report.first_reported_at or moment
        report.due_on = self._due(local(moment).date(), self.story.settings.review_days)
        report.state = ReportState.REPORTED

    def _due(self, day: date, days: int) -> date:
        return self.story.working.add_working_days(day, days)

    # --- Money --------------------------------------------------------------------------------------------------------

    def _of(self, report: MonthlyReport, state: ProposalState) -> list[WithholdingProposal]:
        """Of a state that they leave now."""
        found = [row for row in self._proposals[report.pk] if row.state == state]
        self._changed.update((row.pk, row) for row in found)
        return found

    def go_on_with_money(self, report: MonthlyReport) -> None:
        if report.reported_at is None:
            return
        story, rows = self.story, self._proposals[report.pk]
        if any(row.state == ProposalState.CONFIRMED for row in rows):
            story.plan(money.sent_at(story, report), partial(self._send, report))
        elif any(row.state == ProposalState.SENT for row in rows):
            story.plan(money.executed_at(story, report, report.reported_at), partial(self._execute, report))

    def _send(self, report: MonthlyReport, moment: datetime) -> None:
        officer = self.story.officer(report, moment)
        for row in self._of(report, ProposalState.CONFIRMED):
            row.state, row.sent_at, row.sent_cents = ProposalState.SENT, moment, row.due_cents
            self._note("withholding_sent", row, officer, moment, cents=row.sent_cents)
        self.story.plan(money.executed_at(self.story, report, moment), partial(self._execute, report))

    def _execute(self, report: MonthlyReport, moment: datetime) -> None:
        officer, why_not = self.story.officer(report, moment), money.why_not(self.story, report)
        sent = self._of(report, ProposalState.SENT)
        for number, row in enumerate(sent):
            row.ended_at = moment
            if why_not and not number:
                row.state, row.reason = ProposalState.NOT_EXECUTED, why_not
                self._note("withholding_not_executed", row, officer, moment, reason=row.reason)
            else:
                row.state, row.executed_cents = ProposalState.EXECUTED, row.due_cents
                self._note("withholding_executed", row, officer, moment, cents=row.executed_cents)

    def _note(self, verb: str, subject: Model, actor: User | None, moment: datetime, **changes: Any) -> None:
        self._trail.append(
            AuditEntry(
                at=moment,
                actor=actor,
                verb=verb,
                subject_type=subject._meta.label_lower,
                subject_id=subject.pk,
                changes=changes,
            )
        )
