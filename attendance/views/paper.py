"""Sheets on paper: a blank one to print, and a kept one to enter."""

import io
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from accounts.models import Unit
from attendance import selectors, services
from attendance.documents import blank
from attendance.models import DailySheet, InspectionSettings, RoundKind
from attendance.paper_forms import (
    BLANK_ROWS,
    MOST_ROWS,
    ROWS,
    PaperForm,
    PaperMomentForm,
    PaperRowsFormSet,
    rows_formset,
)
from attendance.rules import may_be_entered
from attendance.selectors import Person
from attendance.services.paper import NumberTaken, people_due
from attendance.views.history import unit_of
from common import calendar
from common.forms import accepted, posted, render_form, with_more_rows
from common.responses import PDF, download
from common.rules import HORIZON_DAYS, at

#: A blank sheet is printed before the office day; who works there does not change within it.
NOON = time(11, 59)
MOST_DAYS_AHEAD = 31


def paper(request: HttpRequest, code: str) -> HttpResponse:
    """First day and time, then on the same page what was wrong: the plaques of that time decide what fits."""
    unit, now = unit_of(request, code), timezone.now()
    moment = _moment_form(request, unit, now)
    if not (moment.is_bound and moment.is_valid()):
        status = 422 if request.method == "POST" else 200
        response = render_form(request, "attendance/paper.html", moment, unit=unit, moment=moment)
        response.status_code = max(response.status_code, status)
        return response
    people = people_due(unit, moment.taken_at, moment.scope, user_of(request))
    items = [item for item in selectors.items() if item.is_recordable]
    data, form = posted(request), _form(request, unit, moment)
    rows = rows_formset(data, people, items)
    if "more" in request.POST:
        data = with_more_rows(request.POST, prefix=ROWS, more=BLANK_ROWS, most=MOST_ROWS)
        rows = rows_formset(data, people, items)
    elif request.method == "POST" and form.is_valid() and rows.is_valid():
        problems = rows.problems({p.cadre.pk: p.cadre for p in people}, {item.pk: item for item in items})
        entered = _entered(
            form,
            unit=unit,
            scope=moment.scope,
            taken_at=moment.taken_at,
            problems=problems,
            checker=user_of(request),
            now=now,
        )
        if entered is not None:
            return _done(request, entered)
    return _page(request, unit, moment, form, rows, people)


def _entered(form: PaperForm, **sheet: Any) -> services.Submitted | None:
    """None where the form says why not."""
    entered: list[services.Submitted] = []

    def enter() -> None:
        try:
            entered.append(services.paper_enter(**sheet, **form.cleaned_data))
        except NumberTaken as taken:
            form.offer_next(taken)

    return entered[0] if accepted(form, enter) and entered else None


def _done(request: HttpRequest, entered: services.Submitted) -> HttpResponse:
    if entered.new:
        messages.success(request, _("The sheet has been entered."))
    else:
        messages.info(request, _("You have entered this sheet already; this is its round."))
    return redirect("round", entered.round.pk)


def _page(
    request: HttpRequest,
    unit: Unit,
    moment: PaperMomentForm,
    form: PaperForm,
    rows: PaperRowsFormSet,
    people: list[Person],
) -> HttpResponse:
    more = "more" in request.POST
    wrong = request.method == "POST" and not more and bool(form.errors or rows.total_error_count())
    response = render_form(
        request,
        "attendance/paper.html",
        form,
        unit=unit,
        moment=moment,
        rows=rows,
        people=people,
        quiet=more,
    )
    response.status_code = 422 if wrong else 200
    return response


def _form(request: HttpRequest, unit: Unit, moment: PaperMomentForm) -> PaperForm:
    day, scope = moment.cleaned_data["day"], moment.scope
    sheet = DailySheet.objects.filter(unit=unit, day=day).first()
    number = selectors.next_number(sheet.pk, scope, RoundKind.PAPER) if sheet is not None else 1
    return PaperForm(posted(request), initial={"number": number})


def _moment_form(request: HttpRequest, unit: Unit, now: datetime) -> PaperMomentForm:
    """Bound as soon as a time is named; a link may name the day alone."""
    today = timezone.localdate(now)
    parts = selectors.locations(selectors.people_at(unit, now))
    return PaperMomentForm(
        request.GET if "time" in request.GET else None,
        days=_days(today),
        parts=parts if len(parts) > 1 else [],
        initial={"day": request.GET.get("day", today.isoformat())},
    )


def _days(today: date) -> list[date]:
    allowed = InspectionSettings.current().paper_days
    days = [today - timedelta(days=back) for back in range(HORIZON_DAYS)]
    working = calendar.load({day.year for day in days})
    return [day for day in days if may_be_entered(day, today, allowed, working)]


def sheet_blank(request: HttpRequest, code: str) -> HttpResponse:
    """Everybody who works in the unit on a day, to tick on paper; without a day its line is left blank."""
    unit, now = unit_of(request, code), timezone.now()
    day = _day_of(request, timezone.localdate(now))
    people = selectors.people_at(unit, at(day or timezone.localdate(now), NOON))
    content = blank.BlankSheet(
        unit_name=unit.name,
        day=day,
        lines=tuple(
            blank.Line(person.office.location, person.office.room, person.cadre.name, person.post)
            for person in people
        ),
        days_to_enter=InspectionSettings.current().paper_days,
    )
    out = io.BytesIO()
    blank.draw(content, out)
    name = "-".join(filter(None, [_("Daily sheet"), unit.name, day.isoformat() if day else ""]))
    return download(out.getvalue(), PDF, f"{name}.pdf", shown=True)


def _day_of(request: HttpRequest, today: date) -> date | None:
    typed: Any = request.GET.get("day")
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Http404 from None
    if abs((day - today).days) > MOST_DAYS_AHEAD:
        raise Http404
    return day
