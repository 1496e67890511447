"""Twelve months in a picture, and a month's figures of all units as a workbook."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Scope
from accounts.http import scope_for
from accounts.models import Unit
from appraisal import pipeline, rules, trend
from appraisal.models import MonthlyReport
from appraisal.sheets import months as exporting
from attendance.rules import month_named
from common.responses import XLSX, download
from common.rules import local

#: More names than these do not fit above a picture.
NAMED = 3


def months_trend(request: HttpRequest) -> HttpResponse:
    scope = scope_for(request)
    months, whose = trend.read(MonthlyReport.objects.within(scope)), _whose(scope)
    context = {"months": months, "whose": whose, "chart": trend.chart(months, whose) if months else None}
    return render(request, "appraisal/trend.html", context)


def _whose(scope: Scope) -> str:
    if scope.unit_ids is None:
        return _("All units")
    names = [unit.name for unit in Unit.objects.filter(pk__in=scope.unit_ids).order_by("code")]
    if len(names) <= NAMED:
        return "、".join(names)
    return _("%(count)s units") % {"count": len(names)}


def months_xlsx(request: HttpRequest) -> HttpResponse:
    """Of the month that is named, or the newest; before the first is drafted, a sheet without rows."""
    reports, now = MonthlyReport.objects.within(scope_for(request)), timezone.now()
    asked = request.GET.get("month", "")
    month = (
        month_named(asked) if asked else pipeline.newest_month(reports) or rules.first_of(local(now).date())
    )
    if month is None:
        raise Http404
    data = exporting.workbook(pipeline.read(reports, month, now), now)
    return download(data, XLSX, _("Monthly assessment %(month)s") % {"month": f"{month:%Y-%m}"} + ".xlsx")
