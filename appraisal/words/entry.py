"""One entry in full: everything behind a number, what became of it, and what can be done until when."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from appraisal import reasons
from appraisal.models import Kind, LedgerEntry, MonthlyReport, Objection, ObjectionState
from appraisal.notifying.stages import month_name
from appraisal.reasons import Reason
from appraisal.services.objections import of_finding
from appraisal.words import month as month_words
from appraisal.words import objection as objection_words
from attendance import cases, words
from attendance.models import Finding
from common.templatetags.components import zh_date


@dataclass(frozen=True)
class Choice:
    """What can be done about an entry."""

    sentence: str
    may_object: bool = False
    #: What the law leaves to whoever does not accept it, when nothing is left to do here.
    remedy: str = ""


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
        "defended_by": defended_by(finding),
        # Asked for by the pages that show it.
        "objection_view": partial(objection_view, finding.pk, today),
        "is_charge": entry.kind != Kind.REVERSAL,
    }


def objection_view(finding_id: int, today: date) -> objection_words.View | None:
    people = ("made_by", "decided_by", "entry__cadre", "entry__unit", "entry__finding__item")
    made = Objection.objects.filter(finding=finding_id).select_related(*people).first()
    return objection_words.view(made, today) if made is not None else None


def defended_by(finding: Finding) -> str:
    """Whoever speaks, and whoever typed it for them."""
    who, cadre = finding.defended_by, finding.cadre
    if who is None or cadre is None or cadre.user_id == who.pk:
        return str(who or "")
    return objection_words.on_behalf(cadre.name, who)


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
    # Also to what this was judged anew from.
    objection = reason.objection or of_finding(entry.finding_id)
    if reason.is_taken_back:
        if objection is not None and objection.state == ObjectionState.SUSTAINED:
            return Choice(
                _("The objection was sustained and the entry reversed: nothing is left to be done.")
            )
        return Choice(_("It was taken back: nothing is left to be done about it."))
    if objection is not None:
        sentence = _("An objection was made: %(state)s.") % {"state": objection.get_state_display()}
        return Choice(sentence, remedy="" if objection.state == ObjectionState.OPEN else remedy())
    if report is None or report.published_until is None:
        return Choice(_("An objection may be made from now on until the end of its publication."), True)
    words_ = {"day": zh_date(report.published_until)}
    if today <= report.published_until:
        return Choice(_("An objection may be made until %(day)s 24:00.") % words_, True)
    return Choice(_("Objections could be made until %(day)s 24:00.") % words_, remedy=remedy())


def remedy() -> str:
    return _(
        "Whoever does not accept that pay is withheld may, under Article 95 of the Civil Servants Law, apply for a "
        "review within 30 days of learning of it, or appeal as the rules provide; whoever is no civil servant follows "
        "the rules that apply to them. A record that is wrong can still be corrected: ask the unit’s officer, or the "
        "Efficiency Express."
    )


def is_own(entry: LedgerEntry, user: User) -> bool:
    return entry.cadre is not None and entry.cadre.user_id == user.pk
