"""What accounts knows for the landing page, a part for each role; higher apps add theirs (common/slots)."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.access import Access
from accounts.models import Role, Unit, User
from common import calendar, outbox, slots

Part = tuple[str, dict[str, Any]] | None


def administrator(request: HttpRequest, access: Access) -> Part:
    if not access.has(Role.ADMINISTRATOR):
        return None
    today = timezone.localdate()
    resets = selectors.open_resets().count()
    lacking = User.objects.filter(selectors.lacking_second_factor(today)).count()
    waiting = User.objects.filter(selectors.NO_PASSWORD, is_active=True).count()
    unstaffed = selectors.units_without_officer(today)
    unreachable = selectors.units_without_hotline(today)
    accounts_url, units_url = reverse("users"), reverse("units")
    undelivered = outbox.given_up().count()
    stats = [
        _stat(_("Resets to decide"), resets, reverse("second_factor_resets"), "out"),
        _stat(_("Second factor missing"), lacking, f"{accounts_url}?state=no_second_factor", "out"),
        _stat(_("Not yet activated"), waiting, f"{accounts_url}?state=no_password", "info"),
        _stat(_("Units without a discipline officer"), unstaffed, f"{units_url}?state=no_officer", "out"),
        _stat(_("Units without a hotline"), unreachable, f"{units_url}?state=no_hotline", "out"),
        _stat(_("Messages not delivered"), undelivered, f"{reverse('outbox')}?state=given_up", "out"),
    ]
    return "accounts/desk_administrator.html", {"stats": stats, "warning": calendar_warning(today)}


def _stat(label: str, value: int, url: str, tone: str) -> dict[str, Any]:
    return {"label": label, "value": value, "note": "", "url": url, "tone": tone if value else ""}


def calendar_warning(today: date) -> dict[str, str] | None:
    """Said while there is still time to enter the notice, not when the first date is already wrong."""
    missing = calendar.missing_years(today)
    if not missing:
        return None
    years = "、".join(map(str, missing))
    return {
        "heading": _("The working days of %(year)s are not entered") % {"year": years},
        "text": _("Monday to Friday is assumed until the State Council's notice for the year is entered."),
    }


def supervisor(request: HttpRequest, access: Access) -> Part:
    groups = [
        member.group for member in access.memberships if member.role == Role.SUPERVISOR and member.group
    ]
    if not groups:
        return None
    today = timezone.localdate()
    units = Unit.objects.active(today).filter(supervision_group__in=groups)
    heading = _("Units of %(groups)s") % {"groups": "、".join(str(group) for group in groups)}
    return "accounts/desk_supervisor.html", {"heading": heading, "rows": selectors.unit_staff(units, today)}


def discipline(request: HttpRequest, access: Access) -> Part:
    return ("accounts/desk_discipline.html", {}) if access.has(Role.DISCIPLINE) else None


def register() -> None:
    for order, filler in ((60, supervisor), (70, discipline), (80, administrator)):
        slots.fill("desk", filler, order=order)
