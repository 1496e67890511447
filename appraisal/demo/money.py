"""What becomes of the proposals to withhold: handed to finance, withheld or not, and paid back where a record was put
right afterwards."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from appraisal import rules, services
from appraisal.demo import words
from appraisal.models import (
    LedgerEntry,
    MonthlyReport,
    ProposalState,
    ReportState,
    WithholdingProposal,
)
from appraisal.services import aftermath
from attendance.services import correction_ask, correction_decide
from common.problems import Refused
from common.rules import local

if TYPE_CHECKING:
    from appraisal.demo.story import Story

#: Of the months handed to finance, and always with this one in the order of units: one amount was not withheld.
NOT_EXECUTED, NOT_EXECUTED_PLACE = 0.12, 8
#: Finance withholds with the salaries of the month's end.
PAYDAY = 25
#: In the order of units: their last two months wait with finance for the officers of the showcase.
WAITS = (0, 2)
#: So many working days after that, records of two units turn out to be wrong: one still owes the money, one has paid.
PUT_RIGHT = 3


def go_on(story: Story, report: MonthlyReport) -> None:
    """What comes next with the money of a month that has just come to where it is."""
    if report.state not in (ReportState.REPORTED, ReportState.ACCEPTED) or report.reported_at is None:
        return
    states = set(report.proposals.order_by().values_list("state", flat=True))
    if ProposalState.CONFIRMED in states:
        story.plan(sent_at(story, report), partial(_send, story, report.pk))
    elif ProposalState.SENT in states:
        _execute_later(story, report, report.reported_at)


def sent_at(story: Story, report: MonthlyReport) -> datetime:
    assert report.reported_at is not None
    chance = story.dice(report, "money")
    return story.later(local(report.reported_at).date(), chance.randint(1, 3), chance)


def executed_at(story: Story, report: MonthlyReport, sent_at: datetime) -> datetime:
    payday = rules.following(report.month).replace(day=PAYDAY)
    return story.later(max(payday, local(sent_at).date()), 1, story.dice(report, "payday"))


def why_not(story: Story, report: MonthlyReport) -> str:
    """Why one amount of a month was not withheld; mostly all are."""
    chance = story.dice(report, "executes")
    one = chance.random() < NOT_EXECUTED or story.place(report) == NOT_EXECUTED_PLACE
    return chance.choice(words.NOT_EXECUTED) if one else ""


def _send(story: Story, pk: int, moment: datetime) -> None:
    report = _read(pk)
    officer = story.officer(report, moment)
    if officer is None:
        return
    try:
        services.withholdings_send(report=report, actor=officer, now=moment)
    except Refused:  # sent back meanwhile: it is handed over once it is reported again
        return
    _execute_later(story, report, moment)


def _execute_later(story: Story, report: MonthlyReport, sent_at: datetime) -> None:
    if story.place(report) in WAITS and report.month in story.months[-2:]:
        return
    story.plan(executed_at(story, report, sent_at), partial(_execute, story, report.pk))


def _execute(story: Story, pk: int, moment: datetime) -> None:
    report = _read(pk)
    officer, reason = story.officer(report, moment), why_not(story, report)
    if officer is None:
        return
    sent = list(report.proposals.filter(state=ProposalState.SENT).order_by("pk"))
    if sent and reason:
        services.withholding_not_execute(proposal=sent[0], reason=reason, actor=officer, now=moment)
    services.withholdings_execute(report=report, actor=officer, now=moment)


# --- Put right too late -----------------------------------------------------------------------------------------------


def put_right_later(story: Story, month: date) -> None:
    chance = random.Random(f"put right {month}")
    payday = rules.following(month).replace(day=PAYDAY)
    story.plan(story.later(payday, PUT_RIGHT, chance), partial(_put_right, story, month))


def _put_right(story: Story, month: date, moment: datetime) -> None:
    """Where the officers of the showcase find something to do first."""
    story.plain.save()
    executed = WithholdingProposal.objects.filter(report__month=month, state=ProposalState.EXECUTED)
    if executed.filter(released_cents__gt=0).exists():
        return
    reports = MonthlyReport.objects.filter(proposals__in=executed).select_related("unit").distinct()
    in_order = sorted(reports, key=lambda report: (story.place(report) == 0, story.place(report)))
    entries = ((report, _entry(report)) for report in in_order)
    for number, (report, entry) in enumerate(islice(((r, e) for r, e in entries if e is not None), 2)):
        if _correct(story, report, entry, moment) and number:
            later = story.later(local(moment).date(), 1, story.dice(report, "pays back"))
            story.plan(later, partial(_pay_back, story, report.pk))


def _entry(report: MonthlyReport) -> LedgerEntry | None:
    """Of somebody whose money was withheld, found in a round of the unit."""
    withheld = report.proposals.filter(state=ProposalState.EXECUTED).values("cadre")
    entries = LedgerEntry.objects.filter(unit=report.unit_id, month=report.month, cadre__in=withheld)
    found = entries.counted().standing().filter(finding__round__isnull=False, cents__gt=0)
    return found.select_related("finding__round__checker", "finding__cadre").order_by("sequence").first()


def _correct(story: Story, report: MonthlyReport, entry: LedgerEntry, moment: datetime) -> bool:
    """Whoever recorded it asks, somebody who had no hand in it agrees, and the entry is reversed within the hour."""
    finding = entry.finding
    if finding.round is None or finding.cadre is None:
        return False
    try:
        asked = correction_ask(
            round_=finding.round,
            cadre=finding.cadre,
            finding=finding,
            item=None,
            minutes=None,
            note="",
            reason=words.CORRECTION,
            actor=finding.round.checker,
            now=moment,
        )
    except Refused:
        return False
    agreed = partial(correction_decide, correction=asked, confirm=True, note=words.CORRECTION_NOTE)
    if story.attempt(agreed, story.actors(report, moment), moment + timedelta(minutes=35)) is None:
        return False
    return aftermath.withdrawn_reverse(unit=report.unit, now=moment + timedelta(minutes=55)) > 0


def _pay_back(story: Story, pk: int, moment: datetime) -> None:
    report = _read(pk)
    officer = story.officer(report, moment)
    for proposal in report.proposals.filter(state=ProposalState.EXECUTED):
        if officer is not None and proposal.owed_back_cents:
            services.withholding_paid_back(
                proposal=proposal, cents=proposal.owed_back_cents, actor=officer, now=moment
            )


def _read(pk: int) -> MonthlyReport:
    return MonthlyReport.objects.select_related("unit").get(pk=pk)
