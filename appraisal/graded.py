"""Of the people of a unit's year: who takes a grade, in which order, within which quota, by a decision of which day."""

from collections.abc import Iterable
from datetime import date

from appraisal.facts.year import Terms
from appraisal.models import AnnualResult, UnitResult
from appraisal.rules import grading as rules
from appraisal.rules.grading import Line, Quota
from cards.models import EmploymentKind
from common.rules import local


def takes_grade(result: AnnualResult) -> bool:
    """Staff of enterprises and of vertically managed units are graded by their own superiors (DESIGN §4)."""
    return result.employment_kind != EmploymentKind.ENTERPRISE and not result.unit_result.vertically_managed


def line_of(result: AnnualResult) -> Line:
    return Line(result.pk, result.grade, result.ungraded, result.ceiling, takes_grade(result))


def results_of(unit_result: UnitResult) -> list[AnnualResult]:
    """In the order of names: no list of the year ranks anybody (DOMAIN §7)."""
    rows = AnnualResult.objects.filter(unit_result=unit_result)
    return list(rows.select_related("cadre", "unit", "unit_result").order_by("cadre__pinyin", "cadre__pk"))


def percent_of(unit_result: UnitResult, terms: Terms | None = None) -> int:
    terms = terms or Terms.of(unit_result.year)
    approved = unit_result.more_excellent_by_id is not None
    return terms.approved_percent if approved else terms.excellent_percent


def quota_of(unit_result: UnitResult, results: Iterable[AnnualResult]) -> Quota:
    return rules.quota_of(map(line_of, results), percent_of(unit_result))


def dated(result: AnnualResult) -> date:
    """The day on the notice; a recommendation is of the figures on which it rests."""
    if takes_grade(result):
        return decided_on(result)
    computed_on = max(local(result.computed_at).date(), date(result.year + 1, 1, 1))
    # Figures from which nothing follows ask for no other one: it stays the paper that was handed over.
    return computed_on if result.notified_on is None else min(computed_on, result.notified_on)


def decided_on(result: AnnualResult) -> date:
    """The day of the decision that holds: of the unit's year, or of the last one about this person."""
    corrected = result.corrections.filter(actor__isnull=False).order_by("-at").first()
    at = corrected.at if corrected is not None else result.unit_result.decided_at
    assert at is not None
    return local(at).date()
