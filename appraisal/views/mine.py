"""The cadre's own months, every number with its reason."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.http import scope_for
from appraisal.models import MonthlyReport
from attendance.rules import month_named
from cards.models import Cadre


def my_month(request: HttpRequest, month: str) -> HttpResponse:
    cadre = get_object_or_404(Cadre.objects.within(scope_for(request)))
    first = month_named(month)
    if first is None:
        raise Http404
    report = get_object_or_404(MonthlyReport.objects.select_related("unit"), unit=cadre.unit_id, month=first)
    return render(request, "appraisal/my_month.html", {"report": report})
