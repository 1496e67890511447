"""A unit’s year: its figures, its grades with their path, and what the city may do beside the next step."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
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
from appraisal.forms.year import CommendForm, GradesForm, QuotaForm, SendBackForm
from appraisal.models import AnnualResult, UnitResult, YearSettings, YearState
from appraisal.rules import grading as rules
from appraisal.services import commending, grading
from appraisal.services import years as computing
from appraisal.turns import year as year_turns
from appraisal.words import grade as grade_words
from appraisal.words import year as year_words
from appraisal.year_pages import is_express, reader_of, result_url, unit_of, unit_url
from common.forms import accepted
from common.problems import Refused
from common.responses import private
from common.rules import local


def unit_year(request: HttpRequest, year: int, code: str) -> HttpResponse:
    return _unit_page(request, unit_of(request, year, code), timezone.now())


@dataclass(frozen=True)
class Action:
    """The one thing to do now."""

    url: str
    label: str
    #: The version of the year that is read with it.
    seen: str
    consequences: tuple[str, ...] = ()
    seal: bool = False


def _unit_page(
    request: HttpRequest,
    row: UnitResult,
    now: datetime,
    failed: Any = None,
    refused: str = "",
) -> HttpResponse:
    today, user = local(now).date(), user_of(request)
    results = graded.results_of(row)
    lines = [graded.line_of(result) for result in results]
    reader, above = reader_of(request), set(rules.above(lines))
    untold = reader.untold(results)
    form = _grades_form(row, results, user.pk, today, failed)
    has_grades = any(line.takes_grade for line in lines)
    action = _action(row, results, user.pk, today)
    context = {
        "row": row,
        "unit": row.unit,
        "year": row.year,
        "tone": year_words.TONES[row.state],
        "steps": year_words.steps(row, today),
        "provisional": year_words.provisional_words(row.year, today),
        "refused": refused,
        "figures": year_chain.unit_figures(row, reader),
        "unit_codes": [
            str(grade_words.UNIT_CODES[code]) for code in row.codes if code in grade_words.UNIT_CODES
        ],
        "lines": [_line(result, form, above, untold) for result in results],
        "form": form,
        "has_grades": has_grades,
        "comparison": year_comparison.words(results),
        "quota": rules.quota_of(lines, graded.percent_of(row)),
        "action": action,
        "why_not": "" if action or not has_grades else year_words.waits_words(row, today),
        "corrections": year_words.unit_corrections(row),
        "history": year_words.history(row),
        "is_public": row.published_until is not None,
        "has_circular": commending.is_signed(row.year),
        "comparison_url": reverse("comparison") if access_for(request).may(TABLE["comparison"]) else "",
        **_unit_forms(request, row, today, failed, has_grades=has_grades),
    }
    status = 422 if failed is not None or refused else 200
    return private(render(request, "appraisal/unit_year.html", context, status=status))


def _line(
    result: AnnualResult, form: GradesForm | None, above: Collection[int], untold: Collection[int]
) -> dict[str, Any]:
    cells = form.cells(result.pk) if form is not None and result.pk in form.results else None
    return {
        "result": result,
        "is_untold": result.pk in untold,
        "url": result_url(result),
        "grade": grade_words.result_words(result),
        "ceiling": year_words.ceiling_label(result),
        "why": [*grade_words.ceiling_words(result), *year_words.outcomes(result)],
        "takes_grade": graded.takes_grade(result),
        "is_above": result.pk in above,
        "cells": cells,
    }


def _grades_form(
    row: UnitResult, results: Sequence[AnnualResult], user_id: int, today: date, failed: Any
) -> GradesForm | None:
    """For whoever may enter grades now, with the people whom they may grade."""
    if isinstance(failed, GradesForm):
        return failed
    gradable = _gradable(row, results, user_id, today)
    return GradesForm(None, results=gradable) if gradable else None


def _gradable(
    row: UnitResult, results: Sequence[AnnualResult], user_id: int, today: date
) -> list[AnnualResult]:
    refusal = rules.refuse_grading(state=row.state, year=row.year, today=today, is_able=True)
    if refusal is not None:
        return []
    able = year_turns.graders_of(results, today)
    return [result for result in results if graded.takes_grade(result) and user_id in able[result.pk]]


def _action(row: UnitResult, results: Sequence[AnnualResult], user_id: int, today: date) -> Action | None:
    seen = grading.version(results)
    args = [row.year, row.unit.code]
    if row.state == YearState.COMPUTED:
        able = user_id in year_turns.proposers(row, today)
        closed = rules.refuse_grading(state=row.state, year=row.year, today=today, is_able=able)
        if closed is not None or not any(map(graded.takes_grade, results)):
            return None
        return Action(
            reverse("unit_year_propose", args=args),
            _("Propose these grades"),
            seen,
            (
                _(
                    "Everybody needs a grade, or a reason for having none. Then the head hangs the notice out."
                ),
                _("What is saved is proposed: save the grades above first."),
            ),
        )
    if row.state == YearState.PROPOSED and user_id in year_turns.publishers(row, today):
        days = YearSettings.current().notice_days
        said = _(
            "Everybody of the unit then sees the proposed grades, for %(days)s working days. No step is shorter."
        )
        return Action(
            reverse("unit_year_publish", args=args),
            _("Hang the public notice out"),
            seen,
            (said % {"days": days},),
        )
    return _decision(row, seen, user_id, today) if row.state == YearState.PUBLIC else None


def _decision(row: UnitResult, seen: str, user_id: int, today: date) -> Action | None:
    if not year_words.is_decidable(row, today) or user_id not in year_turns.deciders(row, today):
        return None
    return Action(
        reverse("unit_year_decide", args=[row.year, row.unit.code]),
        _("Decide these grades"),
        seen,
        (
            _("Ceilings and quota are checked again on the figures of this moment."),
            _("Everybody hears of their result, and can ask for a review once they have the notice."),
        ),
        seal=True,
    )


def _unit_forms(
    request: HttpRequest, row: UnitResult, today: date, failed: Any, *, has_grades: bool
) -> dict[str, Any]:
    """What the city may do beside the next step."""
    found: dict[str, Any] = {"send_back": None, "quota_form": None, "commend": None, "may_undo": False}
    if not is_express(request):
        return found
    user_id = user_of(request).pk
    if user_id in year_turns.approvers(row, today):
        if row.state in (YearState.PROPOSED, YearState.PUBLIC):
            found["send_back"] = _form(SendBackForm, "unit_year_send_back", row, failed)
        if has_grades and row.more_excellent_by_id is None and row.state != YearState.DECIDED:
            found["quota_form"] = _form(QuotaForm, "unit_year_quota", row, failed)
    if row.commended_by_id is None:
        if row.among_least and not commending.refusal(row, user_of(request), today):
            found["commend"] = _form(CommendForm, "unit_year_commend", row, failed)
    else:
        found["may_undo"] = not commending.refuse_undoing(row, user_of(request), today)
    return found


PREFIXES: Mapping[type[StepForm], str] = {SendBackForm: "back", QuotaForm: "quota", CommendForm: "commend"}


def _form(kind: type[StepForm], name: str, row: UnitResult, failed: Any) -> StepForm:
    if isinstance(failed, kind):
        return failed
    form = kind(prefix=PREFIXES[kind])
    form.action = reverse(name, args=[row.year, row.unit.code])
    return form


# --- Its steps --------------------------------------------------------------------------------------------------------


def grades(request: HttpRequest, year: int, code: str) -> HttpResponse:
    row, now = unit_of(request, year, code), timezone.now()
    today, user = local(now).date(), user_of(request)
    results = _gradable(row, graded.results_of(row), user.pk, today)
    if not results:
        return _unit_page(request, row, now, refused=_closed(row, today))
    form = GradesForm(request.POST, results=results)
    if form.is_valid() and accepted(
        form,
        lambda: grading.grades_set(
            unit_result=row,
            grades=form.grades(),
            seen=form.cleaned_data["seen"] or None,
            actor=user,
            now=now,
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect(unit_url(row))
    return _unit_page(request, row, now, failed=form)


def _closed(row: UnitResult, today: date) -> str:
    refusal = rules.refuse_grading(state=row.state, year=row.year, today=today, is_able=False)
    assert refusal is not None
    return grading.sentence_of(refusal, row)


def propose(request: HttpRequest, year: int, code: str) -> HttpResponse:
    said = _("Proposed. The head of the leading group hangs the notice out next.")
    return _take(request, unit_of(request, year, code), grading.year_propose, said)


def publish(request: HttpRequest, year: int, code: str) -> HttpResponse:
    said = _("The notice hangs. Everybody of the unit sees it on their phone; the sheet can be printed.")
    return _take(request, unit_of(request, year, code), grading.year_publish, said)


def decide(request: HttpRequest, year: int, code: str) -> HttpResponse:
    said = _("The year is decided. Everybody hears of it; the written notices are handed over next.")
    return _take(request, unit_of(request, year, code), grading.year_decide, said)


def _take(request: HttpRequest, row: UnitResult, verb: Callable[..., Any], said: str) -> HttpResponse:
    now = timezone.now()
    seen = request.POST.get("seen") or None
    try:
        verb(unit_result=row, seen=seen, actor=user_of(request), now=now)
    except Refused as refused:
        if verb is grading.year_decide:
            # What stood in the way is seen on the page only once it is stored.
            computing.year_appraise(year=row.year, now=now)
        fresh = unit_of(request, row.year, row.unit.code)
        return _unit_page(request, fresh, now, refused=str(refused.sentence))
    messages.success(request, said)
    return redirect(unit_url(row))


def send_back(request: HttpRequest, year: int, code: str) -> HttpResponse:
    said = _("The year goes back to the unit.")
    return write(request, unit_of(request, year, code), SendBackForm, grading.year_send_back, said)


def quota(request: HttpRequest, year: int, code: str) -> HttpResponse:
    said = _("More excellent grades are approved.")
    return write(request, unit_of(request, year, code), QuotaForm, grading.quota_approve, said)


NAMES: Mapping[type[StepForm], str] = {
    SendBackForm: "unit_year_send_back",
    QuotaForm: "unit_year_quota",
    CommendForm: "unit_year_commend",
}


def write(
    request: HttpRequest, row: UnitResult, kind: type[StepForm], verb: Callable[..., Any], said: str
) -> HttpResponse:
    now = timezone.now()
    form = kind(request.POST, prefix=PREFIXES[kind])
    form.action = reverse(NAMES[kind], args=[row.year, row.unit.code])
    if form.is_valid() and accepted(
        form, lambda: verb(unit_result=row, **form.values(), actor=user_of(request), now=now)
    ):
        messages.success(request, said)
        return redirect(unit_url(row))
    sentence = "".join(map(str, form.non_field_errors()))
    return _unit_page(request, unit_of(request, row.year, row.unit.code), now, failed=form, refused=sentence)
