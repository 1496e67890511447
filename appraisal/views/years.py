"""The year: the city’s years, how far the units of one are, and what is set for all of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.history import SHOWN, Line
from accounts.http import user_of
from appraisal import graded, year_chain
from appraisal.facts import year as year_facts
from appraisal.facts.year import Terms
from appraisal.forms.year import YearSettingsForm, value_words
from appraisal.models import AnnualResult, UnitResult, YearSettings, YearState
from appraisal.models.years import UnitResultQuerySet
from appraisal.rules import grading as rules
from appraisal.services import circulars, year_setting
from appraisal.services import years as computing
from appraisal.turns import year as year_turns
from appraisal.words import year as year_words
from appraisal.year_pages import is_express, reader_of, result_url, unit_url, units_of
from common import audit
from common.forms import accepted, posted, render_form
from common.models import AuditEntry
from common.problems import Refused
from common.responses import private
from common.rules import local

PAGE_SIZE = 50
#: Of the list of units: whose next step is the reader's, and those with recommendations to hand over.
WAITS, RECOMMEND = "waits", "recommend"


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
    own = list(
        rows.filter(year__in=[row["year"] for row in page]).order_by("-year", "unit__code")[:PAGE_SIZE]
    )
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
    return [year for year in (today.year, today.year - 1) if year_facts.is_kept(year)]


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
    if state == RECOMMEND:
        chosen = _to_recommend(rows, today)
    if state in YearState.values:
        chosen = rows.filter(state=state)
    page = Paginator(chosen.order_by("unit__code"), PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    looks = _looks(rows, reader_of(request))
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
    """Whose notice and year are over, and this person may decide."""
    over = [row for row in rows.filter(state=YearState.PUBLIC) if year_words.is_decidable(row, today)]
    deciding = year_turns.deciders_of(over, today)
    return [row.pk for row in over if user_id in deciding[row.pk]]


def _to_recommend(rows: UnitResultQuerySet, today: date) -> UnitResultQuerySet:
    return rows.filter(pk__in=AnnualResult.objects.to_recommend(today).values("unit_result"))


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
    if number := _to_recommend(rows, today).count():
        label, current = _("Recommendations to hand over"), chosen == RECOMMEND
        tabs.append({"label": label, "state": RECOMMEND, "number": number, "current": current})
    waiting = len(_waiting(rows, user_id, today))
    tabs.append({"label": _("Waits for you"), "state": WAITS, "number": waiting, "current": chosen == WAITS})
    return tabs


def _looks(rows: UnitResultQuerySet, reader: year_chain.Reader) -> list[dict[str, Any]]:
    """Of decided years: whose figures have changed since, as far as the reader is told of them."""
    changed = AnnualResult.objects.filter(unit_result__in=rows, changed_at__isnull=False)
    found = changed.select_related("unit", "cadre").order_by("unit__code", "cadre__pinyin", "pk")[:PAGE_SIZE]
    untold = reader.untold(found)
    return [{"result": result, "url": result_url(result)} for result in found if result.pk not in untold]


def _rows(rows: Sequence[UnitResult], today: date) -> list[dict[str, Any]]:
    """One query for any number."""
    lines: dict[int, list[AnnualResult]] = {row.pk: [] for row in rows}
    for result in AnnualResult.objects.filter(unit_result__in=rows).select_related("unit", "unit_result"):
        lines[result.unit_result_id].append(result)
    terms = {year: Terms.of(year) for year in {row.year for row in rows}}
    return [_row(row, lines[row.pk], terms[row.year], today) for row in rows]


def _row(row: UnitResult, results: Sequence[AnnualResult], terms: Terms, today: date) -> dict[str, Any]:
    lines = [graded.line_of(result) for result in results]
    taking = [line for line in lines if line.takes_grade]
    return {
        "row": row,
        "url": unit_url(row),
        "tone": year_words.TONES[row.state] if taking else "idle",
        "state": row.get_state_display() if taking else year_words.NO_GRADES,
        "done": year_words.place(row, today) if taking else 1,
        "people": len(results),
        "missing": len(rules.missing(lines)),
        "quota": rules.quota_of(lines, graded.percent_of(row, terms)),
        "late": year_words.is_decidable(row, today),
    }


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
