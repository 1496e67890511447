"""Working days of the years: everybody at work may look, administrators enter what the State Council announces."""

from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import dates, timezone
from django.utils.translation import gettext as _

from accounts.calendar_forms import BLANK_ROWS, MOST_ROWS, RowsFormSet, YearFileForm, YearForm, rows_formset
from accounts.http import access_for, user_of
from accounts.permissions import TABLE
from common import calendar, services, workdays
from common.forms import accepted, posted, with_more_rows
from common.models import CalendarYear
from common.problems import Refused

#: How far ahead a year can be entered.
YEARS_AHEAD = 2


def years(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    newest = {row.year: row for row in CalendarYear.objects.select_related("adopted_by").order_by("version")}
    shown = sorted({*newest, today.year, today.year + 1}, reverse=True)
    return render(
        request,
        "accounts/calendar.html",
        {
            "rows": [_line(year, newest.get(year)) for year in shown],
            "missing": calendar.missing_years(today),
            "this_year": today.year,
            "may_edit": access_for(request).may(TABLE["calendar_year_edit"]),
        },
    )


def _line(year: int, version: CalendarYear | None) -> dict[str, Any]:
    exceptions = version.exceptions if version else {}
    return {"year": year, "version": version, "working_days": workdays.working_days(year, exceptions)}


def year(request: HttpRequest, year: int) -> HttpResponse:
    versions = _versions(year)
    newest = versions[0] if versions else None
    exceptions = newest.exceptions if newest else {}
    return render(
        request,
        "accounts/calendar_year.html",
        {
            "year": year,
            "newest": newest,
            "weekdays": list(zip(_weekday_heads(), dates.WEEKDAYS.values(), strict=True)),
            "months": workdays.months(year, exceptions),
            "rows": workdays.rows_of(exceptions),
            "working_days": workdays.working_days(year, exceptions),
            "versions": [
                {"version": version, "changes": workdays.differences(before.exceptions, version.exceptions)}
                for version, before in zip_longest(versions, versions[1:], fillvalue=CalendarYear())
            ],
            "today": timezone.localdate(),
            "may_edit": access_for(request).may(TABLE["calendar_year_edit"]),
        },
    )


def _weekday_heads() -> list[str]:
    return [_("Mo"), _("Tu"), _("We"), _("Th"), _("Fr"), _("Sa"), _("Su")]


def year_edit(request: HttpRequest, year: int) -> HttpResponse:
    versions = _versions(year)
    newest = versions[0] if versions else None
    exceptions = newest.exceptions if newest else {}
    if "import" in request.POST:
        return _imported(request, year, newest)
    form, rows = YearForm.of(newest, posted(request)), rows_formset(year, posted(request), exceptions)
    if "more" in request.POST:
        data = with_more_rows(request.POST, prefix="row", more=BLANK_ROWS, most=MOST_ROWS)
        shown = rows_formset(year, data, exceptions)
        return _edit_page(request, year, newest, form, shown, quiet=True)
    if (
        request.method == "POST"
        and all([form.is_valid(), rows.is_valid()])
        and _adopt(request, year, form, rows)
    ):
        return redirect("calendar_year", year)
    return _edit_page(request, year, newest, form, rows)


def _adopt(request: HttpRequest, year: int, form: YearForm, rows: RowsFormSet) -> bool:
    made: list[CalendarYear] = []
    if not accepted(
        form,
        lambda: made.append(
            services.calendar_year_adopt(
                year=year,
                days=rows.days(),
                source=form.cleaned_data["source"],
                seen=form.cleaned_data["seen"],
                actor=user_of(request),
                now=timezone.now(),
            )
        ),
    ):
        return False
    words = {"version": made[0].version, "year": year}
    messages.success(request, _("Version %(version)s of %(year)s is in force.") % words)
    return True


def _imported(request: HttpRequest, year: int, newest: CalendarYear | None) -> HttpResponse:
    """What the file says, put into the rows and not saved yet: its differences stand above them."""
    form = YearForm.of(newest, source=request.POST.get("source", "")[:200])
    exceptions = newest.exceptions if newest else {}
    file_form = YearFileForm(request.POST, request.FILES)
    problems: list[str] = []
    if file_form.is_valid():
        try:
            reading = workdays.read_csv(file_form.cleaned_data["file"].read(), year)
        except Refused as refused:
            file_form.add_error("file", refused.sentence)
        else:
            problems = reading.problems
            if not problems:
                read = workdays.stored(reading.days)
                shown = rows_formset(year, None, read)
                changes = workdays.differences(exceptions, read)
                return _edit_page(request, year, newest, form, shown, changes=changes, imported=True)
            file_form.add_error(
                "file", _("Nothing of the file has been taken over. Mend it and choose it again.")
            )
    form, kept = YearForm.of(newest, request.POST), rows_formset(year, request.POST)
    return _edit_page(request, year, newest, form, kept, quiet=True, file_form=file_form, problems=problems)


def _edit_page(
    request: HttpRequest,
    year: int,
    newest: CalendarYear | None,
    form: YearForm,
    rows: RowsFormSet,
    *,
    quiet: bool = False,
    file_form: YearFileForm | None = None,
    problems: list[str] | None = None,
    **more: Any,
) -> HttpResponse:
    wrong = not quiet and rows.is_bound and bool(form.errors or not rows.is_valid())
    return render(
        request,
        "accounts/calendar_year_edit.html",
        {
            "year": year,
            "newest": newest,
            "next_version": newest.version + 1 if newest else 1,
            "form": form,
            "rows": rows,
            "quiet": quiet,
            "file_form": file_form or YearFileForm(),
            "problems": (problems or [])[: workdays.MOST_PROBLEMS],
            **more,
        },
        status=422 if wrong or (file_form and file_form.errors) else 200,
    )


def _versions(year: int) -> list[CalendarYear]:
    """Newest first; a year that nobody would enter is no page."""
    found = list(CalendarYear.objects.filter(year=year).select_related("adopted_by").order_by("-version"))
    this_year = timezone.localdate().year
    if not found and not this_year <= year <= this_year + YEARS_AHEAD:
        raise Http404
    return found
