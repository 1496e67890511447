"""The months of a unit, or of the city, and one unit's month."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.http import scope_for
from appraisal.models import MonthlyReport
from attendance.rules import month_named


def report_of(request: HttpRequest, code: str, month: str) -> MonthlyReport:
    """The guard: a drafted month of a unit that this page may show this person, or 404."""
    first = month_named(month)
    if first is None:
        raise Http404
    reports = MonthlyReport.objects.within(scope_for(request)).select_related("unit")
    return get_object_or_404(reports, unit__code=code, month=first)


def months(request: HttpRequest) -> HttpResponse:
    reports = MonthlyReport.objects.within(scope_for(request)).select_related("unit")[:50]
    return render(request, "appraisal/months.html", {"reports": reports})


def month(request: HttpRequest, code: str, month: str) -> HttpResponse:
    return render(request, "appraisal/month.html", {"report": report_of(request, code, month)})
