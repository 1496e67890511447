"""Who is first in line for merit and commendation, and who is chosen."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from appraisal.forms.year import CommendForm
from appraisal.models import AnnualResult, UnitResult
from appraisal.services import commending
from appraisal.views.unit_years import write
from appraisal.views.year_results import write_result
from appraisal.words import grade as grade_words
from appraisal.year_pages import result_of, result_url, results_for, unit_of, unit_url, units_of
from common.problems import Refused
from common.responses import private

PAGE_SIZE = 50


# --- Who is first in line ---------------------------------------------------------------------------------------------


def year_eligible(request: HttpRequest, year: int) -> HttpResponse:
    """Whom people may choose for merit and commendation: units by code, people by unit and name."""
    rows = units_of(request).filter(year=year)
    if not rows.exists():
        raise Http404
    people = results_for(request).filter(year=year, among_least=True, barred_from_merit=False)
    code = request.GET.get("unit", "")
    if code:
        people = people.filter(unit__code=code)
    if request.GET.get("chosen"):
        people = people.filter(commended_by__isnull=False)
    page = Paginator(people.order_by("unit__code", "cadre__pinyin", "pk"), PAGE_SIZE)
    shown = page.get_page(request.GET.get("page"))
    context = {
        "year": year,
        "page": shown,
        "unit_rows": [
            {"row": row, "url": unit_url(row)} for row in rows.filter(among_least=True).order_by("unit__code")
        ],
        "people": [_eligible(result) for result in shown],
        "chosen": bool(request.GET.get("chosen")),
        "code": code,
        "signed": commending.is_signed(year),
    }
    return private(render(request, "appraisal/year_eligible.html", context))


def _eligible(result: AnnualResult) -> dict[str, Any]:
    return {
        "result": result,
        "url": result_url(result),
        "grade": grade_words.result_words(result),
        "eligible": commending.is_eligible(result),
    }


# --- Who is chosen ----------------------------------------------------------------------------------------------------


def commend_unit(request: HttpRequest, year: int, code: str) -> HttpResponse:
    def verb(*, unit_result: UnitResult, **fields: Any) -> Any:
        return commending.commend(row=unit_result, **fields)

    said = _("Chosen for commendation.")
    return write(request, unit_of(request, year, code), CommendForm, verb, said)


def commend_person(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    def verb(*, result: AnnualResult, **fields: Any) -> Any:
        return commending.commend(row=result, **fields)

    said = _("Chosen for commendation.")
    return write_result(request, result_of(request, year, code, pk), CommendForm, verb, said)


def commend_person_undo(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    result = result_of(request, year, code, pk)
    return _undo(request, result, result_url(result))


def commend_unit_undo(request: HttpRequest, year: int, code: str) -> HttpResponse:
    row = unit_of(request, year, code)
    return _undo(request, row, unit_url(row))


def _undo(request: HttpRequest, row: AnnualResult | UnitResult, url: str) -> HttpResponse:
    try:
        commending.commend_undo(row=row, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect(url)
    messages.success(request, _("The commendation is taken back."))
    return redirect(url)
