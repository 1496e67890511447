"""Praise, for whom it is about, for their unit, and for the Express. Who wrote it is known to nobody."""

from datetime import time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.http import access_for, scope_for
from accounts.models import Unit
from accounts.permissions import TABLE
from attendance.history import month_of
from attendance.rules import month_named
from cards.models import Cadre
from common import slots
from common.responses import private
from common.rules import at
from complaints.models import Praise
from complaints.praise_forms import PraiseFilterForm

PAGE_SIZE = 30
#: On the page that is opened every day.
SHOWN = 3


def praises(request: HttpRequest) -> HttpResponse:
    """Of the whole city, or of the units somebody answers for: the row of the address says which."""
    scope = scope_for(request)
    everywhere = scope.unit_ids is None
    units = Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)
    form = PraiseFilterForm(request.GET, units=units)
    form.is_valid()
    found = _matching(Praise.objects.filter(unit__in=units), form.cleaned_data)
    page = Paginator(found.select_related("unit", "cadre"), PAGE_SIZE).get_page(request.GET.get("page"))
    people = access_for(request).scope(TABLE["cadre"])
    shown = [
        {"praise": praise, "linked": praise.cadre is not None and people.allows_unit(praise.cadre.unit_id)}
        for praise in page.object_list
    ]
    context = {
        "form": form,
        "page": page,
        "rows": shown,
        "everywhere": everywhere,
        "filtered": any(form.cleaned_data.values()),
    }
    return private(render(request, "complaints/praises.html", context))


def _matching(found: QuerySet[Praise], given: dict[str, Any]) -> QuerySet[Praise]:
    if unit := given.get("unit"):
        found = found.filter(unit=unit)
    if month := month_named(given.get("month") or ""):
        first, last = month_of(month)
        found = found.filter(
            received_at__gte=at(first, time(0)), received_at__lt=at(last + timedelta(days=1), time(0))
        )
    return found


def my_praises(request: HttpRequest) -> HttpResponse:
    cadre = get_object_or_404(Cadre.objects.within(scope_for(request)))
    page = Paginator(cadre.praises.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    return private(render(request, "complaints/my_praises.html", {"page": page, "praises": page.object_list}))


def record(request: HttpRequest, cadre: Cadre) -> tuple[str, dict[str, Any]] | None:
    """On the phone page: nothing while nobody has been praised."""
    if not access_for(request).may(TABLE["my_praises"]):
        return None
    number = cadre.praises.count()
    if not number:
        return None
    shown = list(cadre.praises.exclude(text="")[:SHOWN])
    return "complaints/my_praises_part.html", {"praises": shown, "number": number}


def register() -> None:
    slots.fill("my_records", record, order=20)
