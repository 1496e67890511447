"""On the landing pages: units that are late with the rollout and what waits for the city, visits and orders of a group,
and what a unit still has to do."""

from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.models import Role, Unit
from appraisal.forms.rollout import LATE
from appraisal.models import OrderState, RectificationOrder, Rollout
from appraisal.models.rollout import OrderQuerySet, RolloutQuerySet
from appraisal.rules.rollout import Stage
from appraisal.words import rollout as words
from common import slots

Part = tuple[str, dict[str, Any]] | None
UNIT_ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
#: Lines of a group and of a unit; more stand on the pages behind.
SHOWN = 6


def express(request: HttpRequest, access: Access) -> Part:
    """Nothing while there is nothing to do."""
    if not (access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)):
        return None
    rows = _numbers(Rollout.objects.all(), RectificationOrder.objects.all(), timezone.localdate())
    return _shown(rows) if rows else None


def group(request: HttpRequest, access: Access) -> Part:
    """Also the way to the board, as soon as there is a wave: it is opened on the corridor."""
    groups = [m.group_id for m in access.memberships if m.role == Role.SUPERVISOR and m.group_id]
    if not groups:
        return None
    units = Unit.objects.filter(supervision_group__in=groups)
    rollouts, orders = (
        Rollout.objects.filter(unit__in=units),
        RectificationOrder.objects.filter(unit__in=units),
    )
    rows = _numbers(rollouts, orders, timezone.localdate())
    return _shown(rows) if rows or rollouts.exists() else None


def _shown(rows: list[dict[str, Any]]) -> Part:
    return "appraisal/desk_rollout.html", {"rows": rows, "board_url": reverse("rollout")}


def _numbers(rollouts: RolloutQuerySet, orders: OrderQuerySet, today: date) -> list[dict[str, Any]]:
    """What is not there is not said."""
    # As the board behind: what a unit that has ended did not finish waits for nobody.
    rollouts = rollouts.filter(unit__in=Unit.objects.active(today))
    late = rollouts.late(today).count()
    reported = rollouts.filter(completed_at=None, ready_reported_at__isnull=False).count()
    number = orders.aggregate(
        late=Count("pk", filter=Q(state=OrderState.OPEN, due_on__lt=today)),
        check=Count("pk", filter=Q(state=OrderState.ANSWERED)),
    )
    board, listed = reverse("rollout"), reverse("orders")
    rows = [
        {
            "label": _("Units overdue with the rollout"),
            "number": late,
            "tone": "bad",
            "url": f"{board}?state={Stage.LATE.value}",
        },
        {
            "label": _("Units reported ready, to be confirmed"),
            "number": reported,
            "tone": "out",
            "url": f"{board}?state={Stage.REPORTED.value}",
        },
        {
            "label": _("Orders overdue"),
            "number": number["late"],
            "tone": "bad",
            "url": f"{listed}?state={LATE}",
        },
        {
            "label": _("Orders to check"),
            "number": number["check"],
            "tone": "out",
            "url": f"{listed}?state={OrderState.ANSWERED.value}",
        },
    ]
    return [row for row in rows if row["number"]]


def unit(request: HttpRequest, access: Access) -> Part:
    """Its own day, as long as it is not done, and what it has to put right."""
    units = {m.unit_id for m in access.memberships if m.role in UNIT_ROLES and m.unit_id}
    if not units:
        return None
    today = timezone.localdate()
    undone = Rollout.objects.filter(unit__in=units, completed_at=None, ready_reported_at=None)
    rollouts = undone.select_related("unit", "wave")
    orders = RectificationOrder.objects.filter(unit__in=units, state=OrderState.OPEN).select_related("unit")
    rows = [_own(row, today) for row in rollouts[:SHOWN]] + [_order(row, today) for row in orders[:SHOWN]]
    return _shown(rows) if rows else None


def _own(rollout: Rollout, today: date) -> dict[str, Any]:
    return {
        "label": _("Rollout of %(unit)s") % {"unit": rollout.unit},
        "number": words.left(rollout.due_on, today),
        "tone": "bad" if rollout.is_late(today) else "out",
        "url": reverse("rollout_unit", args=[rollout.unit.code]),
    }


def _order(order: RectificationOrder, today: date) -> dict[str, Any]:
    view = words.order_view(order, today)
    return {
        "label": order.text,
        "number": view.left,
        "tone": view.tone,
        "url": reverse("order", args=[order.pk]),
    }


def register() -> None:
    slots.fill("desk", express, order=8)
    slots.fill("desk", group, order=8)
    slots.fill("desk", unit, order=14)
