"""For the Express: how complaints went in a month, by unit, and in the city over twelve months."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.http import access_for
from attendance.history import asked_month
from common.responses import private
from common.rules import local
from complaints import numbers as reading
from complaints.numbers import Figures

#: What a case came to, in the order of the bar; every case is in one of them.
PARTS = (
    ("on_time", _("On time"), "on"),
    ("extended", _("Extended"), "out"),
    ("late", _("Late"), "bad"),
    ("open", _("Open cases"), "info"),
    ("refused", _("Not accepted"), "idle"),
)


def numbers(request: HttpRequest) -> HttpResponse:
    """A month that makes no sense, or has not begun, is this one."""
    now = timezone.now()
    this_month = local(now).date().replace(day=1)
    month, _last = asked_month(request.GET.get("month", ""), local(now).date())
    found = reading.numbers(access_for(request), month, now)
    most = max(figures.received for _month, figures in found.trend)
    after = (month + timedelta(days=31)).replace(day=1)
    context = {
        "month": month,
        "this_month": this_month,
        "before": (month - timedelta(days=1)).replace(day=1),
        "after": after if after <= this_month else None,
        "units": [{"unit": unit, **_row(figures, figures.received)} for unit, figures in found.units],
        "total": found.total,
        "trend": [{"month": first, **_row(figures, most)} for first, figures in reversed(found.trend)],
        "has_trend": most > 0,
    }
    return private(render(request, "complaints/numbers.html", context))


def _row(figures: Figures, whole: int) -> dict[str, Any]:
    return {"figures": figures, "bar": _bar(figures, whole), "parts": _parts(figures)}


def _parts(figures: Figures) -> list[tuple[Any, int]]:
    return [(label, number) for name, label, _tone in PARTS if (number := getattr(figures, name))]


def _bar(figures: Figures, whole: int) -> list[dict[str, str]]:
    """Parts of a bar that is 100 wide when all of `whole` are in it."""
    parts, x = [], 0.0
    for name, _label, tone in PARTS:
        width = 100 * getattr(figures, name) / whole if whole else 0
        if width:
            parts.append({"tone": tone, "x": f"{x:.2f}", "width": f"{width:.2f}"})
        x += width
    return parts
