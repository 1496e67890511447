"""One person’s result of a year with everything behind it, and what is done with it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, user_of
from accounts.permissions import TABLE
from appraisal import graded, year_chain, year_comparison
from appraisal.forms.month import StepForm
from appraisal.forms.year import CommendForm, HandOverForm, LookAgainForm
from appraisal.models import AnnualResult, YearState
from appraisal.services import commending, grading
from appraisal.turns import year as year_turns
from appraisal.words import grade as grade_words
from appraisal.words import year as year_words
from appraisal.year_pages import is_express, reader_of, result_of, result_url, unit_url
from common.forms import accepted
from common.responses import private
from common.rules import local


def unit_year_result(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    return _result_page(request, result_of(request, year, code, pk), timezone.now())


def _result_page(
    request: HttpRequest,
    result: AnnualResult,
    now: datetime,
    failed: StepForm | None = None,
    refused: str = "",
) -> HttpResponse:
    today = local(now).date()
    chain = year_chain.of_result(result, reader_of(request))
    context = {
        **result_context(result, chain, today),
        "unit_url": unit_url(result.unit_result),
        "refused": refused,
        "may_open_cadre": access_for(request).may(TABLE["cadre"]),
        "history": [] if chain.is_untold else year_words.history(result),
        **_result_forms(request, result, today, failed),
    }
    status = 422 if failed is not None or refused else 200
    return private(render(request, "appraisal/unit_year_result.html", context, status=status))


def result_context(result: AnnualResult, chain: year_chain.Chain, today: date) -> dict[str, Any]:
    """What the page of an office and the person's own say alike."""
    return {
        "result": result,
        "row": result.unit_result,
        "cadre": result.cadre,
        "year": result.year,
        "figures": result.figures,
        "shift": year_words.shift_words(chain.shift, result.year),
        "chain": chain,
        "grade": grade_words.result_words(result),
        "ceiling": year_words.ceiling_label(result),
        "codes": grade_words.code_words(result),
        "bars": year_words.bars(result),
        "comparison": _comparison(result, chain) if result.among_most else "",
        "bonus": year_words.bonus_words(result),
        "takes_grade": graded.takes_grade(result),
        "has_notice": grading.has_notice(result, today),
        "is_decided": result.unit_result.state == YearState.DECIDED,
        "provisional": year_words.provisional_words(result.year, today),
        "corrections": [
            {
                "correction": correction,
                "lines": year_words.correction_words(result, correction.before, correction.after),
            }
            for correction in chain.corrections
        ],
    }


def _comparison(result: AnnualResult, chain: year_chain.Chain) -> str:
    results = graded.results_of(result.unit_result)
    return year_comparison.words(results, is_own=chain.is_own)


def _result_forms(
    request: HttpRequest, result: AnnualResult, today: date, failed: StepForm | None
) -> dict[str, Any]:
    user = user_of(request)
    found: dict[str, Any] = {"hand_over": None, "look_again": None, "commend": None, "may_undo": False}
    waits = grading.has_notice(result, today) and result.notified_on is None
    if waits and grading.may_hand_over(result, user, today):
        found["hand_over"] = _result_form(HandOverForm, result, failed)
        if not graded.takes_grade(result):
            # Nobody asks for a review of a recommendation.
            found["hand_over"].fields["day"].help_text = ""
    if grading.needs_look(result) and user.pk in year_turns.deciders_again([result], today)[result.pk]:
        found["look_again"] = _result_form(LookAgainForm, result, failed)
    if is_express(request):
        if result.commended_by_id is None and not commending.refusal(result, user, today):
            found["commend"] = _result_form(CommendForm, result, failed)
        if result.commended_by_id is not None:
            found["may_undo"] = not commending.refuse_undoing(result, user, today)
    return found


RESULT_NAMES: Mapping[type[StepForm], str] = {
    HandOverForm: "unit_year_hand_over",
    LookAgainForm: "unit_year_look_again",
    CommendForm: "unit_year_result_commend",
}
RESULT_PREFIXES: Mapping[type[StepForm], str] = {HandOverForm: "hand", CommendForm: "commend"}


def _result_form(
    kind: type[StepForm], result: AnnualResult, failed: StepForm | None = None, data: Any = None
) -> StepForm:
    if isinstance(failed, kind):
        return failed
    if kind is LookAgainForm:
        form: StepForm = LookAgainForm(data, result=result)
    else:
        form = kind(data, prefix=RESULT_PREFIXES[kind])
    form.action = reverse(RESULT_NAMES[kind], args=[result.year, result.unit.code, result.pk])
    return form


def hand_over(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    found = result_of(request, year, code, pk)
    said = _("Entered.")
    if graded.takes_grade(found):
        said = _("Entered. The days to ask for a review count from this day.")
    return write_result(request, found, HandOverForm, grading.notice_hand_over, said)


def look_again(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    found, now = result_of(request, year, code, pk), timezone.now()
    form = _result_form(LookAgainForm, found, data=request.POST)
    assert isinstance(form, LookAgainForm)

    def verb() -> AnnualResult:
        return grading.result_look_again(
            result=found,
            entered=form.entered(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=now,
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("Decided. The notice is handed over anew."))
        return redirect(result_url(found))
    sentence = "".join(map(str, form.non_field_errors()))
    return _result_page(request, result_of(request, year, code, pk), now, form, sentence)


def write_result(
    request: HttpRequest, found: AnnualResult, kind: type[StepForm], verb: Callable[..., Any], said: str
) -> HttpResponse:
    now = timezone.now()
    form = _result_form(kind, found, data=request.POST)
    if form.is_valid() and accepted(
        form, lambda: verb(result=found, **form.values(), actor=user_of(request), now=now)
    ):
        messages.success(request, said)
        return redirect(result_url(found))
    sentence = "".join(map(str, form.non_field_errors()))
    fresh = result_of(request, found.year, found.unit.code, found.pk)
    return _result_page(request, fresh, now, form, sentence)
