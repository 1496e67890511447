"""A unit's year in words: its steps, whose turn it is and why not the reader's, what follows for somebody."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts.history import Line
from accounts.models import User
from appraisal.models import AnnualResult, UnitResult, YearState
from appraisal.papers.content import AnnualNotice
from appraisal.rules import grading as rules
from appraisal.words.grade import grade_words, result_words, running_words
from appraisal.words.month import StepView
from appraisal.year_chain import Shift
from common import audit
from common.rules import local
from common.templatetags.amounts import money
from common.templatetags.components import zh_date, zh_datetime

TONES: Mapping[str, str] = {
    YearState.COMPUTED: "out",
    YearState.PROPOSED: "info",
    YearState.PUBLIC: "info",
    YearState.DECIDED: "on",
}
#: Of a unit in which nobody takes a grade: its path ends with the figures.
NO_GRADES = gettext_lazy("Figures only: graded by their own superiors")


# --- The path ---------------------------------------------------------------------------------------------------------


def place(row: UnitResult, today: date) -> int:
    """How many of its steps are done."""
    if row.state == YearState.PUBLIC:
        return 3 if is_decidable(row, today) else 2
    return {YearState.COMPUTED: 1, YearState.PROPOSED: 2, YearState.DECIDED: 4}[YearState(row.state)]


def steps(row: UnitResult, today: date) -> list[StepView]:
    """A step that nobody can take yet is not the current one, and says from when on it is."""
    done, opens, over = place(row, today), rules.opens_on(row.year), date(row.year + 1, 1, 1)
    notes = [
        zh_datetime(row.computed_at),
        _signed(row.proposed_at, row.proposed_by) or _from(opens, today),
        _hanging(row),
        _signed(row.decided_at, row.decided_by) or _from(over, today),
    ]
    labels = (_("Computing"), _("Grades of the unit"), _("Public notice"), _("City’s decision"))
    waits = today < opens
    return [
        StepView(label, note, "done" if number <= done else "current" * (number == done + 1 and not waits))
        for number, (label, note) in enumerate(zip(labels, notes, strict=True), start=1)
    ]


def _from(day: date, today: date) -> str:
    return _("from %(day)s on") % {"day": full_date(day)} if today < day else ""


def _signed(at: datetime | None, who: User | None) -> str:
    return f"{zh_datetime(at)} {who or ''}".strip() if at is not None else ""


def _hanging(row: UnitResult) -> str:
    if row.published_until is None:
        return ""
    words = {"from": zh_date(row.published_at), "until": zh_date(row.published_until)}
    return f"{_('%(from)s to %(until)s') % words} {row.published_by or ''}".strip()


def is_decidable(row: UnitResult, today: date) -> bool:
    """Its notice is over, and so is the year: figures run to 31 December."""
    return (
        row.state == YearState.PUBLIC
        and row.published_until is not None
        and today > row.published_until
        and not is_provisional(row.year, today)
    )


def is_provisional(year: int, today: date) -> bool:
    return not rules.is_over(year, today)


def provisional_words(year: int, today: date) -> str:
    """Before a year is over its figures are those of a day."""
    if not is_provisional(year, today):
        return ""
    return _("Provisional: the year is not over, and every figure may still change.")


def waits_words(row: UnitResult, today: date) -> str:
    """What the next step waits for, for whoever cannot take it."""
    if row.state == YearState.COMPUTED:
        if today < rules.opens_on(row.year):
            return _("Grading opens on 1 December %(year)s.") % {"year": row.year}
        return _("The unit enters the grades and proposes them.")
    if row.state == YearState.PROPOSED:
        return _("The head of the unit’s leading group hangs the public notice out.")
    if row.state == YearState.PUBLIC:
        if row.published_until is not None and today <= row.published_until:
            return _("The notice hangs until %(until)s 24:00; then the city decides.") % {
                "until": zh_date(row.published_until)
            }
        if is_provisional(row.year, today):
            return running_words(row.year)
        return _("The head of the Efficiency Express decides, and nobody with a hand in it.")
    return ""


# --- What follows -----------------------------------------------------------------------------------------------------


def bars(result: AnnualResult | AnnualNotice) -> list[str]:
    """For those whom it concerns only: the person, the unit's officers and heads, the city."""
    found = []
    if result.barred_from_merit:
        found.append(_("No merit selection for %(year)s") % {"year": result.year})
    if result.barred_until is not None:
        found.append(promotion_words(result.barred_until))
    return found


def promotion_words(until: date) -> str:
    return _("Not promoted until %(day)s") % {"day": full_date(until)}


def full_date(day: date) -> str:
    """With its year, whichever year it is read in: these days are looked up later."""
    return _("%(day)s/%(month)s/%(year)s") % {"day": day.day, "month": day.month, "year": day.year}


def bonus_words(result: AnnualResult) -> str:
    """“three months’ bonus”, and the sum where every month has a base."""
    if not result.bonus_months:
        return ""
    words = {
        3: _("Three months’ bonus is proposed to be withheld"),
        12: _("The whole year’s bonus is proposed to be withheld"),
    }.get(
        result.bonus_months,
        ngettext(
            "%(number)s month’s bonus is proposed to be withheld",
            "%(number)s months’ bonus is proposed to be withheld",
            result.bonus_months,
        )
        % {"number": result.bonus_months},
    )
    if result.bonus_cents is None:
        return words
    return _("%(words)s: %(sum)s") % {"words": words, "sum": money(result.bonus_cents)}


def shift_words(shift: Shift, year: int) -> list[str]:
    """Whose money is not that of the points beside it."""
    found = []
    if shift.earlier_cents:
        words = {"before": year - 1, "year": year, "sum": money(shift.earlier_cents)}
        found.append(_("Of it, from facts of %(before)s counted in months of %(year)s: %(sum)s.") % words)
    if shift.later_cents:
        words = {"year": year, "next": year + 1, "sum": money(shift.later_cents)}
        found.append(_("Not in it, from facts of %(year)s counted in months of %(next)s: %(sum)s.") % words)
    return found


def own_grade(result: AnnualResult) -> str:
    """Of their own grade somebody reads what is decided, and what hangs under their name in the unit."""
    state = result.unit_result.state
    hangs = state == YearState.PUBLIC and not result.ungraded
    return result_words(result) if hangs or state == YearState.DECIDED else ""


def ceiling_label(result: AnnualResult) -> str:
    return grade_words(result.ceiling, result.employment_kind)


def outcomes(result: AnnualResult) -> list[str]:
    """Bonus and bars, without the rules they follow from."""
    return [*filter(None, [bonus_words(result)]), *bars(result)]


def commendation_words(row: AnnualResult | UnitResult) -> str:
    """Why they are commended; and where a signed circular names whom nobody could choose any more, that both is so."""
    if row.commended_by_id is None or row.commendation_lapsed_at is None:
        return row.commended_reason
    words = {"reason": row.commended_reason.rstrip("。"), "year": row.year}
    words["day"] = full_date(local(row.commendation_lapsed_at).date())
    return (
        _("%(reason)s (named in the circular of %(year)s; since %(day)s the conditions are no longer met)")
        % words
    )


# --- Corrections ------------------------------------------------------------------------------------------------------

FIGURES: Mapping[str, Any] = {
    "half_points": gettext_lazy("Points"),
    "entries": gettext_lazy("Entries"),
    "cents": gettext_lazy("Money of the entries"),
    "withheld_cents": gettext_lazy("Withheld over the year"),
    "complaints": gettext_lazy("Substantiated complaints"),
    "criticisms": gettext_lazy("Criticism and education"),
    "admonishments": gettext_lazy("Efficiency admonishments"),
    "cautions": gettext_lazy("Efficiency cautions"),
    "circulars": gettext_lazy("Criticism by circular"),
    "months": gettext_lazy("Months of service"),
}
FIELDS: Mapping[str, Any] = {
    "grade": gettext_lazy("Grade"),
    "ceiling": gettext_lazy("At most"),
    "bonus_months": gettext_lazy("Months of bonus"),
    "bonus_cents": gettext_lazy("Bonus withheld"),
    "barred_until": gettext_lazy("Not promoted until"),
    "barred_from_merit": gettext_lazy("Barred from merit"),
    "among_least": gettext_lazy("Fewest points"),
    "among_most": gettext_lazy("Most points of the unit"),
}


def correction_words(result: AnnualResult, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What differs, one line each: “Points: 2.0 → 1.0”."""
    pairs: list[tuple[Any, Any, Any]] = []
    old, new = before.get("figures", {}), after.get("figures", {})
    for name, label in FIGURES.items():
        if old.get(name) != new.get(name):
            pairs.append((label, _figure(name, old.get(name)), _figure(name, new.get(name))))
    for name, label in FIELDS.items():
        if name in after:
            pairs.append((label, _value(result, name, before[name]), _value(result, name, after[name])))
    return [_changed(*pair) for pair in pairs]


#: Measures stand with themselves: not everybody may know of each.
UNIT_FIGURES: Mapping[str, Any] = {
    "own_half_points": gettext_lazy("Own points"),
    "people_half_points": gettext_lazy("Points of its people"),
    "headcount": gettext_lazy("People compared"),
    "sheets": gettext_lazy("Daily sheets"),
    "sheets_due": gettext_lazy("Daily sheets due"),
    "checked": gettext_lazy("Spot checks"),
    "agreed": gettext_lazy("Spot checks that agreed"),
}
UNIT_FIELDS: Mapping[str, Any] = {
    "among_least": gettext_lazy("Fewest points of its class"),
    "among_most": gettext_lazy("Most points of its class"),
}


def unit_corrections(row: UnitResult) -> list[dict[str, Any]]:
    """What was computed anew of a unit after its year was decided."""
    found = [
        {"correction": one, "lines": _unit_lines(one.before, one.after)} for one in row.corrections.all()
    ]
    return [each for each in found if each["lines"]]


def _unit_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old, new = before.get("figures", {}), after.get("figures", {})
    pairs = [
        (label, _figure(name, old.get(name)), _figure(name, new.get(name)))
        for name, label in UNIT_FIGURES.items()
        if old.get(name) != new.get(name)
    ]
    pairs += [
        (label, _yes(before[name]), _yes(after[name])) for name, label in UNIT_FIELDS.items() if name in after
    ]
    return [_changed(*pair) for pair in pairs]


def _changed(label: object, old: str, new: str) -> str:
    return _("%(label)s: %(old)s → %(new)s") % {"label": label, "old": old, "new": new}


def _yes(value: bool) -> str:
    return pgettext("of a year", "yes") if value else pgettext("of a year", "no")


def _figure(name: str, value: Any) -> str:
    if value is None:
        return _("none")
    if name.endswith("half_points"):
        return f"{value / 2:g}"
    return money(value) if name.endswith("cents") else str(value)


def _value(result: AnnualResult, name: str, value: Any) -> str:
    if value in (None, ""):
        return _("none")
    if isinstance(value, bool):
        return _yes(value)
    if name in ("grade", "ceiling"):
        return grade_words(value, result.employment_kind)
    if name == "barred_until":
        return full_date(date.fromisoformat(value))
    return money(value) if name.endswith("cents") else str(value)


# --- The trail --------------------------------------------------------------------------------------------------------

VERBS: Mapping[str, Any] = {
    "year_graded": gettext_lazy("Grades entered"),
    "year_quota_approved": gettext_lazy("More excellent grades approved"),
    "year_proposed": gettext_lazy("Proposed by the unit"),
    "year_published": gettext_lazy("Public notice"),
    "year_sent_back": gettext_lazy("Sent back"),
    "year_decided": gettext_lazy("City’s decision"),
    "year_regraded": gettext_lazy("Decided anew"),
    "year_notice_handed_over": gettext_lazy("Notice handed over"),
    "year_commended": gettext_lazy("Chosen for commendation"),
    "year_commendation_undone": gettext_lazy("Commendation taken back"),
    "year_commendation_lapsed": gettext_lazy("Commended, and no longer first in line"),
    "year_commendation_holds": gettext_lazy("First in line again"),
}


def history(row: UnitResult | AnnualResult) -> list[Line]:
    return [
        Line(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details=_details(entry.changes),
            failure=False,
        )
        for entry in audit.history(row)
    ]


def _details(changes: Mapping[str, Any]) -> str:
    found = []
    if changes.get("until"):
        found.append(_("until %(day)s") % {"day": zh_date(date.fromisoformat(changes["until"]))})
    if changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": changes["reason"]})
    if changes.get("witness"):
        found.append(_("witness: %(name)s") % {"name": changes["witness"]})
    return "；".join(found)
