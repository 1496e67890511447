"""The year: the city's years, a unit's grades with their path, and one person's result with everything behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.history import SHOWN, Line
from accounts.http import access_for, scope_for, user_of
from accounts.models import Role
from accounts.permissions import TABLE
from appraisal import grade_words, year_chain, year_papers, year_turns, year_words
from appraisal.models import AnnualResult, UnitResult, YearSettings, YearState
from appraisal.models.years import AnnualResultQuerySet, UnitResultQuerySet
from appraisal.month_forms import StepForm
from appraisal.rules import grading as rules
from appraisal.services import circulars, commending, grading, year_setting
from appraisal.services import years as computing
from appraisal.year_forms import (
    CommendForm,
    GradesForm,
    HandOverForm,
    LookAgainForm,
    QuotaForm,
    SendBackForm,
    YearSettingsForm,
    value_words,
)
from common import audit
from common.forms import accepted, posted, render_form
from common.models import AuditEntry
from common.problems import Refused
from common.responses import PDF, download, private
from common.rules import local

PAGE_SIZE = 50
#: Of the list of units: whose next step is the reader's.
WAITS = "waits"


def is_express(request: HttpRequest) -> bool:
    access = access_for(request)
    return access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)


def units_of(request: HttpRequest) -> UnitResultQuerySet:
    return UnitResult.objects.within(scope_for(request)).select_related(
        "unit", "proposed_by", "published_by", "decided_by", "more_excellent_by", "commended_by"
    )


def unit_of(request: HttpRequest, year: int, code: str) -> UnitResult:
    """The guard: a unit's year that this page may show this person, or 404."""
    return get_object_or_404(units_of(request), year=year, unit__code=code)


def results_for(request: HttpRequest) -> AnnualResultQuerySet:
    return AnnualResult.objects.within(scope_for(request)).select_related(
        "unit_result__unit", "unit", "cadre", "graded_by", "notified_by", "commended_by"
    )


def result_of(request: HttpRequest, year: int, code: str, pk: int) -> AnnualResult:
    """The guard: somebody's result that this page may show this person, or 404."""
    return get_object_or_404(results_for(request), year=year, unit__code=code, pk=pk)


def reader_of(request: HttpRequest) -> year_chain.Reader:
    return year_chain.Reader(access_for(request), scope_for(request))


def unit_url(row: UnitResult) -> str:
    return reverse("unit_year", args=[row.year, row.unit.code])


def result_url(result: AnnualResult) -> str:
    return reverse("unit_year_result", args=[result.year, result.unit.code, result.pk])


# --- All years --------------------------------------------------------------------------------------------------------


def years(request: HttpRequest) -> HttpResponse:
    """Of the city, or of one's units; the city computes one from here."""
    today, express = timezone.localdate(), is_express(request)
    rows = units_of(request)
    found = (
        rows.order_by("-year")
        .values("year")
        .annotate(units=Count("pk"), decided=Count("pk", filter=Q(state=YearState.DECIDED)))
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    own = list(rows.filter(year__in=[row["year"] for row in page]).order_by("unit__code")[:PAGE_SIZE])
    context = {
        "page": page,
        "rows": [] if express else [_own_row(row) for row in own],
        "years": [_year_row(row, today) for row in page] if express else [],
        "express": express,
        "computable": _computable(today) if express else [],
    }
    return private(render(request, "appraisal/years.html", context))


def _own_row(row: UnitResult) -> dict[str, Any]:
    return {"row": row, "tone": year_words.TONES[row.state], "url": unit_url(row)}


def _year_row(found: Mapping[str, Any], today: date) -> dict[str, Any]:
    return {**found, "provisional": year_words.is_provisional(found["year"], today)}


def _computable(today: date) -> list[int]:
    return [today.year, today.year - 1]


def year_compute(request: HttpRequest) -> HttpResponse:
    typed = request.POST.get("year", "")
    if not (typed.isdecimal() and len(typed) == 4):
        messages.error(request, _("Say which year, as 2026."))
        return redirect("years")
    try:
        done = computing.year_appraise(year=int(typed), actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("years")
    said = _("%(year)s is computed: %(people)s people, %(units)s units, %(changed)s changed.")
    words = {"year": typed, "people": done.cadres, "units": done.units, "changed": done.changed}
    messages.success(request, said % words)
    return redirect("year", int(typed))


# --- A year of the city -----------------------------------------------------------------------------------------------


def year(request: HttpRequest, year: int) -> HttpResponse:
    """How far each unit is. No table of persons stands here, and nothing is sorted by points."""
    now = timezone.now()
    today, rows = local(now).date(), units_of(request).filter(year=year)
    if not rows.exists():
        raise Http404
    state = request.GET.get("state", "")
    chosen = rows.filter(pk__in=_waiting(rows, user_of(request).pk, today)) if state == WAITS else rows
    if state in YearState.values:
        chosen = rows.filter(state=state)
    page = Paginator(chosen.order_by("unit__code"), PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    looks = _looks(rows)
    context = {
        "year": year,
        "page": page,
        "rows": _rows(shown, today),
        "tabs": _tabs(rows, state, user_of(request).pk, today),
        "looks": looks,
        "provisional": year_words.provisional_words(year, today),
        "computed_at": rows.order_by("-computed_at").values_list("computed_at", flat=True).first(),
        **circulars.standing(year),
    }
    return private(render(request, "appraisal/year.html", context))


def _waiting(rows: UnitResultQuerySet, user_id: int, today: date) -> list[int]:
    """Whose notice is over, and this person may decide."""
    over = list(rows.filter(state=YearState.PUBLIC, published_until__lt=today, year__lt=today.year))
    deciding = year_turns.deciders_of(over, today)
    return [row.pk for row in over if user_id in deciding[row.pk]]


def _tabs(rows: UnitResultQuerySet, chosen: str, user_id: int, today: date) -> list[dict[str, Any]]:
    counted = dict(rows.order_by().values_list("state").annotate(number=Count("pk")))
    tabs = [{"label": _("All"), "state": None, "number": sum(counted.values()), "current": not chosen}]
    tabs += [
        {
            "label": str(state.label),
            "state": state.value,
            "number": counted[state],
            "current": chosen == state,
        }
        for state in YearState
        if counted.get(state)
    ]
    waiting = len(_waiting(rows, user_id, today))
    tabs.append({"label": _("Waits for you"), "state": WAITS, "number": waiting, "current": chosen == WAITS})
    return tabs


def _looks(rows: UnitResultQuerySet) -> list[dict[str, Any]]:
    """Of decided years: whose figures have changed since."""
    changed = AnnualResult.objects.filter(unit_result__in=rows, changed_at__isnull=False)
    found = changed.select_related("unit", "cadre").order_by("unit__code", "cadre__pinyin", "pk")[:PAGE_SIZE]
    return [{"result": result, "url": result_url(result)} for result in found]


def _rows(rows: Sequence[UnitResult], today: date) -> list[dict[str, Any]]:
    """One query for any number."""
    lines: dict[int, list[AnnualResult]] = {row.pk: [] for row in rows}
    for result in AnnualResult.objects.filter(unit_result__in=rows).select_related("unit", "unit_result"):
        lines[result.unit_result_id].append(result)
    settings = YearSettings.current()
    return [_row(row, lines[row.pk], settings, today) for row in rows]


def _row(
    row: UnitResult, results: Sequence[AnnualResult], settings: YearSettings, today: date
) -> dict[str, Any]:
    lines = [grading.line_of(result) for result in results]
    graded = [line for line in lines if line.takes_grade]
    return {
        "row": row,
        "url": unit_url(row),
        "tone": year_words.TONES[row.state] if graded else "idle",
        "state": row.get_state_display() if graded else year_words.NO_GRADES,
        "done": year_words.place(row, today) if graded else 1,
        "people": len(results),
        "missing": len(rules.missing(lines)),
        "quota": rules.quota_of(lines, grading.percent_of(row, settings)),
        "late": row.state == YearState.PUBLIC
        and row.published_until is not None
        and today > row.published_until,
    }


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


# --- A unit's year ----------------------------------------------------------------------------------------------------


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
    results = grading.results_of(row)
    lines = [grading.line_of(result) for result in results]
    form = _grades_form(row, results, user.pk, today, failed)
    action = _action(row, results, user.pk, today)
    context = {
        "row": row,
        "unit": row.unit,
        "year": row.year,
        "tone": year_words.TONES[row.state],
        "steps": year_words.steps(row, today),
        "provisional": year_words.provisional_words(row.year, today),
        "refused": refused,
        "figures": row.figures,
        "unit_codes": [
            str(grade_words.UNIT_CODES[code]) for code in row.codes if code in grade_words.UNIT_CODES
        ],
        "lines": [_line(result, form, set(rules.above(lines))) for result in results],
        "form": form,
        "has_grades": any(line.takes_grade for line in lines),
        "quota": rules.quota_of(lines, grading.percent_of(row)),
        "action": action,
        "why_not": "" if action else year_words.waits_words(row, today),
        "history": year_words.history(row),
        "is_public": row.published_until is not None,
        "has_circular": commending.is_signed(row.year),
        "comparison_url": reverse("comparison") if access_for(request).may(TABLE["comparison"]) else "",
        **_unit_forms(request, row, today, failed),
    }
    status = 422 if failed is not None or refused else 200
    return private(render(request, "appraisal/unit_year.html", context, status=status))


def _line(result: AnnualResult, form: GradesForm | None, above: set[int]) -> dict[str, Any]:
    cells = form.cells(result.pk) if form is not None and result.pk in form.results else None
    return {
        "result": result,
        "url": result_url(result),
        "grade": grade_words.result_words(result),
        "ceiling": year_words.ceiling_label(result),
        "limited": result.ceiling != rules.allowed("excellent")[0],
        "why": [*grade_words.ceiling_words(result), *year_words.outcomes(result)],
        "takes_grade": grading.takes_grade(result),
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
    return [result for result in results if grading.takes_grade(result) and user_id in able[result.pk]]


def _action(row: UnitResult, results: Sequence[AnnualResult], user_id: int, today: date) -> Action | None:
    seen = grading.version(results)
    args = [row.year, row.unit.code]
    if row.state == YearState.COMPUTED:
        able = user_id in year_turns.proposers(row, today)
        closed = rules.refuse_grading(state=row.state, year=row.year, today=today, is_able=able)
        if closed is not None or not any(map(grading.takes_grade, results)):
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
    if today < rules.decides_from(row.year, row.published_until) or user_id not in year_turns.deciders(
        row, today
    ):
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


def _unit_forms(request: HttpRequest, row: UnitResult, today: date, failed: Any) -> dict[str, Any]:
    """What the city may do beside the next step."""
    found: dict[str, Any] = {"send_back": None, "quota_form": None, "commend": None, "may_undo": False}
    if not is_express(request):
        return found
    user_id = user_of(request).pk
    if user_id in year_turns.approvers(row, today):
        if row.state in (YearState.PROPOSED, YearState.PUBLIC):
            found["send_back"] = _form(SendBackForm, "unit_year_send_back", row, failed)
        if row.more_excellent_by_id is None and row.state != YearState.DECIDED:
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
    results = _gradable(row, grading.results_of(row), user.pk, today)
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
    return _write(request, unit_of(request, year, code), SendBackForm, grading.year_send_back, said)


def quota(request: HttpRequest, year: int, code: str) -> HttpResponse:
    said = _("More excellent grades are approved.")
    return _write(request, unit_of(request, year, code), QuotaForm, grading.quota_approve, said)


def commend_unit(request: HttpRequest, year: int, code: str) -> HttpResponse:
    def verb(*, unit_result: UnitResult, **fields: Any) -> Any:
        return commending.commend(row=unit_result, **fields)

    said = _("Chosen for commendation.")
    return _write(request, unit_of(request, year, code), CommendForm, verb, said)


NAMES: Mapping[type[StepForm], str] = {
    SendBackForm: "unit_year_send_back",
    QuotaForm: "unit_year_quota",
    CommendForm: "unit_year_commend",
}


def _write(
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


# --- One person -------------------------------------------------------------------------------------------------------


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
        "history": year_words.history(result),
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
        "chain": chain,
        "grade": grade_words.result_words(result),
        "ceiling": year_words.ceiling_label(result),
        "limited": result.ceiling != rules.allowed("excellent")[0],
        "codes": grade_words.code_words(result),
        "bars": year_words.bars(result),
        "bonus": year_words.bonus_words(result),
        "takes_grade": grading.takes_grade(result),
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


def _result_forms(
    request: HttpRequest, result: AnnualResult, today: date, failed: StepForm | None
) -> dict[str, Any]:
    user = user_of(request)
    found: dict[str, Any] = {"hand_over": None, "look_again": None, "commend": None, "may_undo": False}
    is_decided = result.unit_result.state == YearState.DECIDED
    waits = is_decided and result.grade and result.notified_on is None
    if waits and user.pk in year_turns.handing_over(result, today):
        found["hand_over"] = _result_form(HandOverForm, result, failed)
    if grading.needs_look(result) and user.pk in year_turns.deciders(result.unit_result, today):
        found["look_again"] = _result_form(LookAgainForm, result, failed)
    if is_express(request):
        if result.commended_by_id is None and not commending.refusal(result, user, today):
            found["commend"] = _result_form(CommendForm, result, failed)
        found["may_undo"] = bool(result.commended_by_id) and not commending.refuse_undoing(
            result, user, today
        )
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
    said = _("Entered. The days to ask for a review count from this day.")
    return _write_result(request, found, HandOverForm, grading.notice_hand_over, said)


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


def commend_person(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    def verb(*, result: AnnualResult, **fields: Any) -> Any:
        return commending.commend(row=result, **fields)

    said = _("Chosen for commendation.")
    return _write_result(request, result_of(request, year, code, pk), CommendForm, verb, said)


def commend_person_undo(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    result = result_of(request, year, code, pk)
    return _undo(request, result, result_url(result))


def _write_result(
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


# --- On paper ---------------------------------------------------------------------------------------------------------


def unit_year_notice(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """What hangs in the unit, to be printed: from the day on which it does."""
    row = unit_of(request, year, code)
    if row.published_until is None:
        raise Http404
    paper = year_papers.public_notice(row)
    return download(year_papers.pdf(paper), PDF, f"{year_papers.name(paper)}.pdf", shown=True)


def unit_year_file(request: HttpRequest, year: int, code: str) -> HttpResponse:
    row = unit_of(request, year, code)
    paper = year_papers.unit_file(row, user_of(request).name, timezone.now())
    return download(year_papers.file_pdf(paper), PDF, f"{paper.title}.pdf", shown=True)


def unit_year_result_notice(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    return notice_of(result_of(request, year, code, pk))


def notice_of(result: AnnualResult) -> HttpResponse:
    """The written notice: once the year is decided."""
    if result.unit_result.state != YearState.DECIDED or not result.grade:
        raise Http404
    paper = year_papers.annual_notice(result)
    return download(year_papers.pdf(paper), PDF, f"{year_papers.name(paper)}.pdf", shown=True)


def unit_year_result_file(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    return file_of(request, result_of(request, year, code, pk))


def file_of(request: HttpRequest, result: AnnualResult) -> HttpResponse:
    paper = year_papers.cadre_file(result, reader_of(request), user_of(request).name, timezone.now())
    return download(year_papers.file_pdf(paper), PDF, f"{paper.title}.pdf", shown=True)


# --- Settings ---------------------------------------------------------------------------------------------------------


def year_settings(request: HttpRequest) -> HttpResponse:
    saved = YearSettings.current()
    form = YearSettingsForm.of(saved, posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: year_setting.year_settings_edit(
            values=form.values(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("year_settings")
    lines = [_settings_line(entry, form) for entry in audit.history(saved)[:SHOWN]]
    return render_form(request, "appraisal/year_settings.html", form, lines=lines)


def _settings_line(entry: AuditEntry, form: YearSettingsForm) -> Line:
    changes = [
        _("%(label)s: %(old)s → %(new)s")
        % {"label": form.fields[name].label, "old": value_words(name, old), "new": value_words(name, new)}
        for name, (old, new) in entry.changes.items()
        if name in form.fields
    ]
    return Line(entry.at, _("Changed"), str(entry.actor), "；".join(changes), failure=False)
