"""What people hear of a month: that it was drafted, hangs, was reported, came back, and what was decided."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from appraisal.models import MonthlyReport
from common import notices
from common.rules import local


def _month_page(params: Mapping[str, Any]) -> str:
    return reverse("month", args=[params["unit_code"], params["month"]])


DRAFTED = notices.Kind(
    "month_drafted",
    title=_("A month waits to be confirmed"),
    text=_("%(unit)s, %(month_name)s: to be confirmed by %(until)s."),
    url=_month_page,
)
KINDS = [DRAFTED]


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def month_name(month: date) -> str:
    """2026年11月: the same in every language of a notice."""
    return f"{month.year}年{month.month}月"


def facts(report: MonthlyReport, **more: Any) -> dict[str, Any]:
    return {
        "unit": report.unit.name,
        "unit_code": report.unit.code,
        "month": f"{report.month:%Y-%m}",
        "month_name": month_name(report.month),
        "until": report.due_on.isoformat(),
        **more,
    }


def holders(roles: Iterable[Role], unit_ids: Iterable[int] | None, now: datetime) -> set[int]:
    """Accounts that hold one of these roles today, for one of these units or, without units, for the city."""
    current = Membership.objects.current(local(now).date()).filter(role__in=list(roles))
    if unit_ids is not None:
        current = current.filter(unit__in=list(unit_ids))
    return set(current.values_list("user", flat=True))


def tell(kind: notices.Kind, key: str, to: Iterable[int], params: dict[str, Any], now: datetime) -> int:
    return notices.send(kind=kind.name, key=key, to=to, params=params, now=now)


def drafted(report: MonthlyReport, now: datetime) -> None:
    to = holders([Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD], [report.unit_id], now)
    tell(DRAFTED, f"month:{report.pk}:drafted", to, facts(report), now)
