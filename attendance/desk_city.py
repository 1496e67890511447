"""On the landing page: spot checks that somebody is on, and for the Express which sheets did not come."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.models import Role, Unit
from accounts.permissions import TABLE
from attendance import comparison
from attendance.models import SpotCheck
from common import calendar, slots
from common.rules import HORIZON_DAYS, local

Part = tuple[str, dict[str, Any]] | None


def city(request: HttpRequest, access: Access) -> Part:
    """Nothing while there is nothing to do. A check that has not begun is nowhere counted: it is sealed."""
    if not access.may(TABLE["spot_door"]):
        return None
    now = timezone.now()
    under_way = SpotCheck.objects.under_way(now)
    own = under_way.filter(inspectors=access.user).prefetch_related("units")
    lines = [
        {
            "label": "、".join(unit.name for unit in check.units.all()),
            "url": reverse("spot_check", args=[check.pk]),
        }
        for check in own
    ]
    express = access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)
    figures = _figures(under_way.count(), now) if express else []
    return ("attendance/desk_city.html", {"own": lines, "figures": figures}) if lines or figures else None


def _figures(under_way: int, now: datetime) -> list[dict[str, Any]]:
    day = _last_working_day(local(now).date())
    found = []
    if day is not None and (missing := _missing(day, now)):
        url = f"{reverse('coverage')}?month={day:%Y-%m}"
        found.append({"label": _("Sheets missing"), "day": day, "number": missing, "url": url, "tone": "bad"})
    if under_way:
        url = reverse("spot_checks")
        found.append({"label": _("Spot checks under way"), "number": under_way, "url": url, "tone": "info"})
    return found


def _last_working_day(today: date) -> date | None:
    before = [today - timedelta(days=back) for back in range(1, HORIZON_DAYS + 1)]
    working = calendar.load({before[0].year, before[-1].year})
    return next((day for day in before if working.is_working_day(day)), None)


def _missing(day: date, now: datetime) -> int:
    rows = comparison.coverage(Unit.objects.active(day), day, day, now)
    return sum(len(row.missing) for row in rows)


def register() -> None:
    slots.fill("desk", city, order=6)
