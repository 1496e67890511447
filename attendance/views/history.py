"""What remains of the daily sheets: the months of a unit, and each round with everybody it has checked."""

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for
from accounts.models import Role, Unit
from attendance import history, snapshot
from attendance.due import Sheets
from attendance.models import Correction, Round
from cards.views.people import officer_units


def units_of(request: HttpRequest) -> QuerySet[Unit]:
    """The guard: the units whose sheets this page may show this person."""
    ids = scope_for(request).unit_ids
    return Unit.objects.order_by("code") if ids is None else Unit.objects.filter(pk__in=ids).order_by("code")


def unit_of(request: HttpRequest, code: str) -> Unit:
    return get_object_or_404(units_of(request), code=code)


def round_of(request: HttpRequest, pk: int) -> Round:
    rounds = Round.objects.within(scope_for(request))
    people = ("checker", "second", "corrects")
    return get_object_or_404(rounds.select_related("sheet__unit", *people), pk=pk)


def is_officer(request: HttpRequest, unit: Unit) -> bool:
    return unit in officer_units(request)


def belongs_to(request: HttpRequest, unit: Unit) -> bool:
    """The place that somebody entered is for their unit only, as its form promises."""
    roles = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
    return any(m.role in roles and m.unit_id == unit.pk for m in access_for(request).memberships)


def sheets(request: HttpRequest) -> HttpResponse:
    """A month of one unit; for whoever sees several, first what each of them has done."""
    now = timezone.now()
    today = timezone.localdate(now)
    first, last = history.asked_month(request.GET.get("month", ""), today)
    units = list(units_of(request))
    code = request.GET.get("unit", "")
    if not code and len(units) != 1:
        rows = history.units_in(units, first, last, today)
        return render(request, "attendance/sheets.html", {"rows": rows, **_months(first, today)})
    unit = next((one for one in units if not code or one.code == code), None)
    if unit is None:
        raise Http404
    days, due = history.month(unit, first, last, today)
    waiting = Correction.objects.filter(decision="", round__sheet__unit=unit).count()
    context = {
        "unit": unit,
        "several": len(units) > 1,
        "days": days,
        "figures": _figures(days, due),
        "waiting": waiting,
        "may_enter": is_officer(request, unit),
    }
    return render(request, "attendance/sheets_unit.html", {**context, **_months(first, today)})


def _months(first: date, today: date) -> dict[str, Any]:
    before, after = first - timedelta(days=1), history.month_of(first)[1] + timedelta(days=1)
    return {
        "month": formats.date_format(first, _("F Y")),
        "month_key": f"{first:%Y-%m}",
        "before": f"{before:%Y-%m}",
        "after": f"{after:%Y-%m}" if after <= today else "",
    }


def _figures(days: list[history.Day], sheets: Sheets) -> list[dict[str, Any]]:
    missing = len(sheets.missing)
    problems = sum(day.problems for day in days)
    return [
        {"label": _("Days on which a sheet was due"), "value": len(sheets.due), "tone": ""},
        {"label": _("Sheets submitted"), "value": len(sheets.done), "tone": ""},
        {"label": _("Sheets missing"), "value": missing, "tone": "bad" if missing else ""},
        {"label": _("Problems recorded"), "value": problems, "tone": ""},
    ]


def round_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody of a round, today or years later."""
    found, today = round_of(request, pk), timezone.localdate()
    unit = found.sheet.unit
    try:
        lines = history.lines(found, today)
    except snapshot.Damaged:
        lines = None
    context = {
        "round": found,
        "unit": unit,
        "lines": lines,
        "with_problems": [line for line in lines or [] if line.findings],
        "corrections": history.corrections_of(found),
        "with_place": belongs_to(request, unit),
        "may_ask": is_officer(request, unit) and lines is not None and found.corrects is None,
        "month_key": f"{found.sheet.day:%Y-%m}",
    }
    return render(request, "attendance/round.html", context)
