"""The cadre's own years: figures with their reasons, what follows, the grade once it is decided."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for
from accounts.permissions import TABLE
from appraisal import graded, year_chain, year_notices
from appraisal.facts.year import KEPT
from appraisal.models import AnnualResult, UnitResult, YearState
from appraisal.models.years import AnnualResultQuerySet
from appraisal.services import commending
from appraisal.views.year_files import file_of, notice_of
from appraisal.views.year_results import result_context
from appraisal.words import grade as grade_words
from appraisal.words import year as year_words
from appraisal.year_pages import reader_of
from cards.models import Cadre
from common import slots
from common.responses import private

PAGE_SIZE = 12


def _own(request: HttpRequest) -> AnnualResultQuerySet:
    return AnnualResult.objects.within(scope_for(request)).select_related(
        "unit_result__unit", "unit", "cadre"
    )


def result_of(request: HttpRequest, year: int) -> AnnualResult:
    """The guard: one's own result of a year, or 404."""
    return get_object_or_404(_own(request), year=year)


def my_years(request: HttpRequest) -> HttpResponse:
    page = Paginator(_own(request).order_by("-year"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [_row(result) for result in page]}
    return private(render(request, "appraisal/my_years.html", context))


def _row(result: AnnualResult) -> dict[str, Any]:
    tone, state = own_state(result)
    return {"result": result, "tone": tone, "state": state}


def own_state(result: AnnualResult) -> tuple[str, str]:
    """What somebody is told of their own year: no grade before it is decided, but for what hangs in the unit."""
    if result.unit_result.state == YearState.DECIDED and result.grade:
        return "on", grade_words.result_words(result)
    if result.unit_result.state == YearState.PUBLIC and result.grade:
        return "info", _("On public notice")
    if not graded.takes_grade(result):
        return "idle", _("graded by their own superiors")
    return "idle", _("Not decided yet")


def my_year(request: HttpRequest, year: int) -> HttpResponse:
    result, today = result_of(request, year), timezone.localdate()
    tone, state = own_state(result)
    context = {
        **result_context(result, year_chain.of_result(result, reader_of(request)), today),
        "tone": tone,
        "state": state,
        "hangs": result.unit_result.state == YearState.PUBLIC,
        "own_grade": year_words.own_grade(result),
        "has_circular": commending.is_signed(year),
    }
    return private(render(request, "appraisal/my_year.html", context))


def my_unit_year(request: HttpRequest, year: int) -> HttpResponse:
    """The public notice in one's unit, as long as it hangs: names and proposed grades, nobody's figures."""
    result = result_of(request, year)
    if result.unit_result.state != YearState.PUBLIC:
        raise Http404
    row = UnitResult.objects.select_related("unit", "published_by").get(pk=result.unit_result_id)
    results = graded.results_of(row)
    # Whoever gets no grade stands in no notice: why is nobody's business.
    shown = [one for one in results if one.grade and not one.ungraded]
    lines = [(one.cadre.name, grade_words.result_words(one)) for one in shown]
    context = {
        "row": row,
        "unit": row.unit,
        "year": year,
        "lines": lines,
        "quota": graded.quota_of(row, results),
        "over": row.published_until is not None and timezone.localdate() > row.published_until,
    }
    return private(render(request, "appraisal/my_unit_year.html", context))


def my_year_notice(request: HttpRequest, year: int) -> HttpResponse:
    return notice_of(result_of(request, year))


def my_year_file(request: HttpRequest, year: int) -> HttpResponse:
    return file_of(request, result_of(request, year))


def records(request: HttpRequest, cadre: Cadre) -> tuple[str, dict[str, Any]] | None:
    """On the phone page: the newest year that hangs or is decided, and every bar that holds."""
    if not access_for(request).may(TABLE["my_years"]):
        return None
    own = list(AnnualResult.objects.filter(cadre=cadre).select_related("unit_result").order_by("-year"))
    if not own:
        return None
    shown = next((one for one in own if one.unit_result.state in KEPT), own[0])
    state_of_year = shown.unit_result.state
    hangs, is_told = state_of_year == YearState.PUBLIC, state_of_year in KEPT
    # What was computed since the decision waits for somebody to look at the grade again.
    decided = year_words.bars(year_notices.kept(shown) or shown) if state_of_year == YearState.DECIDED else []
    tone, state = own_state(shown)
    return "appraisal/my_years_part.html", {
        "result": shown,
        "tone": tone,
        "state": state,
        "bars": decided,
        # Nothing follows of it yet, but whoever reads the notice should know what would.
        "to_come": [bar for bar in year_words.bars(shown) if is_told and bar not in decided],
        "still": _still(one for one in own if one is not shown),
        "hangs": hangs,
    }


def _still(others: Iterable[AnnualResult]) -> list[str]:
    """What holds from other years: only what was decided bars anybody from anything."""
    today = timezone.localdate()
    return [
        year_words.promotion_words(one.barred_until)
        for one in others
        if one.unit_result.state == YearState.DECIDED and one.barred_until and one.barred_until >= today
    ]


def register() -> None:
    slots.fill("my_records", records, order=55)
