"""One entry in full: everything behind a number, what became of it, and what can be done until when."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from appraisal import month_words, reasons
from appraisal.models import Kind, LedgerEntry, MonthlyReport
from appraisal.notifying import month_name
from appraisal.reasons import Reason
from attendance import cases, words
from common.templatetags.components import zh_date


@dataclass(frozen=True)
class Choice:
    """What can be done about an entry."""

    sentence: str
    may_object: bool = False


def read(entry: LedgerEntry, today: date) -> dict[str, Any]:
    """The context of each page that shows an entry; `entry` as `reasons.for_pages` reads it."""
    reason = reasons.of_entries([entry])[0]
    report = report_of(entry)
    finding = entry.finding
    return {
        "entry": entry,
        "reason": reason,
        "finding": finding,
        "report": report,
        "month_title": month_words.title(entry.month),
        "month_key": f"{entry.month:%Y-%m}",
        "month_name": month_name(entry.month),
        "verified": reasons.verified_words(finding),
        "near": cases.near_changes(finding),
        "view": cases.views([finding], today)[0],
        "told": words.told(finding) if finding.told_at else "",
        "line": line_of(entry),
        "choice": choice(reason, report, today),
        "is_charge": entry.kind != Kind.REVERSAL,
    }


def report_of(entry: LedgerEntry) -> MonthlyReport | None:
    """None yet for what was written into a month that is still open."""
    reports = MonthlyReport.objects.select_related("unit", "bulletin")
    return reports.filter(unit=entry.unit_id, month=entry.month).first()


def line_of(entry: LedgerEntry) -> list[LedgerEntry]:
    """Every entry that came of the same fact, in their order; more than this one only where something was put right."""
    rows = LedgerEntry.objects.filter(finding=entry.finding_id).select_related("unit")
    return list(rows.order_by("sequence"))


def choice(reason: Reason, report: MonthlyReport | None, today: date) -> Choice:
    entry = reason.entry
    if entry.kind == Kind.REVERSAL:
        return Choice(_("It takes an entry back: nothing is to be done about it."))
    if reason.is_taken_back:
        return Choice(_("It was taken back: nothing is left to be done about it."))
    if (objection := reason.objection) is not None:
        return Choice(_("An objection was made: %(state)s.") % {"state": objection.get_state_display()})
    if report is None or report.published_until is None:
        return Choice(_("An objection may be made from now on until the end of its publication."), True)
    words_ = {"day": zh_date(report.published_until)}
    if today <= report.published_until:
        return Choice(_("An objection may be made until %(day)s 24:00.") % words_, True)
    return Choice(_("Objections could be made until %(day)s 24:00.") % words_)


def is_own(entry: LedgerEntry, user: User) -> bool:
    return entry.cadre is not None and entry.cadre.user_id == user.pk
