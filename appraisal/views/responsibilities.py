"""Post responsibilities of a year: entered by the unit’s officer, read by its heads, the city and the cadre."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for, user_of
from accounts.models import Unit
from accounts.permissions import TABLE
from appraisal.forms.responsibility import (
    BLANK_ROWS,
    PREFIX,
    ListForm,
    YearFilterForm,
    YearSheetForm,
    lines_formset,
)
from appraisal.models import Responsibility
from appraisal.services import responsibilities as services
from appraisal.services.responsibilities import MOST_LINES, Line
from appraisal.sheets import reading as sheets
from appraisal.sheets import responsibility as responsibility_file
from appraisal.views.bonus import people_matching
from cards.models import Cadre
from common.forms import accepted, posted, render_form, with_more_rows
from common.problems import Refused
from common.responses import XLSX, download, private

PAGE_SIZE = 50
KIND = "responsibilities"


def responsibilities(request: HttpRequest) -> HttpResponse:
    """The people of one’s units, and how far the list of a year is."""
    scope, today = scope_for(request), timezone.localdate()
    units = Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)
    form = YearFilterForm(request.GET.dict(), years=_years(), this_year=today.year, units=units)
    year = form.chosen()
    of_year = Q(responsibilities__year=year)
    found = people_matching(Cadre.objects.within(scope).serving(today), form.cleaned_data)
    shown = found.annotate(
        lines=Count("responsibilities", filter=of_year),
        results=Count("responsibilities", filter=of_year & ~Q(responsibilities__result="")),
    )
    # Grouped, a query has no order of its own.
    ordered = shown.select_related("unit", "office").order_by("unit", "office", "pk")
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "year": year,
        "page": page,
        "several": "unit" in form.fields,
        "filtered": any(form.cleaned_data.get(name) for name in ("unit", "name")),
        "may_enter": access_for(request).may(TABLE["responsibility_edit"]),
    }
    return private(render(request, "appraisal/responsibilities.html", context))


def _years() -> list[int]:
    """Those that can be entered, and those of which something is kept."""
    kept = Responsibility.objects.order_by().values_list("year", flat=True).distinct()
    return sorted({*services.years_open(timezone.localdate()), *kept}, reverse=True)


def _cadre(request: HttpRequest, pk: int) -> Cadre:
    return get_object_or_404(Cadre.objects.within(scope_for(request)).select_related("unit"), pk=pk)


def responsibility(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    cadre, today = _cadre(request, pk), timezone.localdate()
    lines = services.lines_of([cadre.pk], year)[cadre.pk]
    closed = bool(services.closed([cadre.pk], year, today))
    if closed and not lines:
        raise Http404
    may_edit = not closed and access_for(request).may(TABLE["responsibility_edit"])
    context = {"cadre": cadre, "year": year, "lines": lines, "closed": closed, "may_edit": may_edit}
    return private(render(request, "appraisal/responsibility.html", context))


def responsibility_edit(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    cadre, now = _cadre(request, pk), timezone.now()
    today = timezone.localdate(now)
    if year not in services.years_open(today):
        raise Http404
    if services.closed([cadre.pk], year, today):
        return redirect("responsibility", pk, year)
    lines = services.lines_of([cadre.pk], year)[cadre.pk]
    with_results = year <= today.year
    form, data = ListForm.of(posted(request), lines), posted(request)
    if "more" in request.POST:
        data = with_more_rows(request.POST, prefix=PREFIX, more=BLANK_ROWS, most=MOST_LINES)
        rows = lines_formset(data, [], with_results=with_results)
        return _edit_page(request, cadre, year, form, rows, quiet=True)
    rows = lines_formset(data, lines, with_results=with_results)

    def verb() -> None:
        services.responsibilities_set(
            cadre=cadre,
            year=year,
            lines=rows.lines(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=now,
        )

    if request.method == "POST" and all([form.is_valid(), rows.is_valid()]) and accepted(form, verb):
        messages.success(request, _("The responsibilities have been saved."))
        return redirect("responsibility", pk, year)
    saved = services.lines_of([cadre.pk], year)[cadre.pk] if form.is_bound and form.errors else []
    return _edit_page(request, cadre, year, form, rows, saved=saved)


def _edit_page(
    request: HttpRequest, cadre: Cadre, year: int, form: ListForm, rows: Any, **more: Any
) -> HttpResponse:
    wrong = rows.is_bound and not more.get("quiet") and bool(form.errors or not rows.is_valid())
    context = {"cadre": cadre, "year": year, "form": form, "rows": rows, **more}
    status = 422 if wrong else 200
    return private(render(request, "appraisal/responsibility_edit.html", context, status=status))


def my_responsibilities(request: HttpRequest) -> HttpResponse:
    """One’s own, of every year."""
    cadre = get_object_or_404(Cadre.objects.within(scope_for(request)))
    years: dict[int, list[Responsibility]] = defaultdict(list)
    for row in cadre.responsibilities.order_by("-year", "position"):
        years[row.year].append(row)
    context = {"cadre": cadre, "years": list(years.items())}
    return private(render(request, "appraisal/my_responsibilities.html", context))


# --- Many at once -----------------------------------------------------------------------------------------------------


def responsibilities_template(request: HttpRequest) -> HttpResponse:
    return download(responsibility_file.blank(), XLSX, _("Post responsibilities template") + ".xlsx")


def responsibilities_import(request: HttpRequest) -> HttpResponse:
    if "carried" in request.POST:
        return _confirmed(request)
    today = timezone.localdate()
    years = services.years_open(today)
    form = YearSheetForm(posted(request), request.FILES or None, years=years, initial={"year": today.year})
    looked: list[sheets.Looked] = []

    def look() -> None:
        people = sheets.People(scope_for(request), today)
        data = form.cleaned_data["file"]
        looked.append(sheets.look(data, responsibility_file.LAYOUT, responsibility_file.PARSERS, people))

    if form.is_valid() and accepted(form, look):
        return _preview(request, looked[0], form.cleaned_data["year"])
    return private(render_form(request, "appraisal/responsibilities_import.html", form))


def _preview(request: HttpRequest, looked: sheets.Looked, year: int) -> HttpResponse:
    lists: dict[Cadre, list[Line]] = defaultdict(list)
    for line in looked.lines:
        lists[line.cadre].append(Line(*(line.values[name] for name in ("task", "target", "result"))))
    keep_results = "result" not in looked.present
    before = services.lines_of([cadre.pk for cadre in lists], year)
    _look_closer(looked, lists, year)
    rows = [
        {
            "cadre": cadre,
            "lines": lines,
            "before": len(before[cadre.pk]),
            "same": before[cadre.pk]
            == (services.with_results(lines, before[cadre.pk]) if keep_results else lines),
        }
        for cadre, lines in lists.items()
    ]
    content = [
        year,
        keep_results,
        [[cadre.pk, services.facts(lines)["lines"]] for cadre, lines in lists.items()],
    ]
    context = {
        "year": year,
        "problems": looked.problems,
        "rows": rows,
        "carried": sheets.carried(KIND, user_of(request), content) if not looked.problems else "",
    }
    status = 422 if looked.problems else 200
    return private(render(request, "appraisal/responsibilities_preview.html", context, status=status))


def _look_closer(looked: sheets.Looked, lists: dict[Cadre, list[Line]], year: int) -> None:
    """What is wrong with somebody’s whole list, said at its first row."""
    today = timezone.localdate()
    closed = services.closed([cadre.pk for cadre in lists], year, today)
    seen: set[int] = set()
    for line in looked.lines:
        if year > today.year and line.values["result"]:
            sentence = _("%(year)s has not begun: there are no results of it yet.")
            looked.wrong(line.row, "result", sentence % {"year": year})
        if line.cadre.pk in seen:
            continue
        seen.add(line.cadre.pk)
        if line.cadre.pk in closed:
            sentence = _("The year %(year)s has been decided: its responsibilities stand as they are.")
            looked.wrong(line.row, "person", sentence % {"year": year})
        if len(lists[line.cadre]) > MOST_LINES:
            sentence = _("At most %(most)s responsibilities a year.")
            looked.wrong(line.row, "person", sentence % {"most": MOST_LINES})
    looked.in_order()


def _confirmed(request: HttpRequest) -> HttpResponse:
    try:
        year, keep_results, content = sheets.brought(KIND, user_of(request), request.POST["carried"])
        seen = sheets.still_seen(scope_for(request), [pk for pk, _lines in content])
        done = services.responsibilities_import(
            lists={seen[pk]: [Line(*line) for line in lines] for pk, lines in content},
            year=year,
            keep_results=keep_results,
            actor=user_of(request),
            now=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, str(refused.sentence))
        return redirect("responsibilities_import")
    words = {"year": year, "people": done.people, "changed": done.changed}
    messages.success(
        request,
        _("Responsibilities of %(year)s imported for %(people)s people, of %(changed)s anew.") % words,
    )
    return redirect("responsibilities")
