"""What people hear of the rollout: their wave and its day, what is to be put right, what falls due, what is late."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role, Unit
from appraisal.models import RectificationOrder, Rollout, Visit
from attendance import selectors as inspection
from common import notices
from common.rules import local


def _unit(params: Mapping[str, Any]) -> str:
    return reverse("rollout_unit", args=[params["unit_code"]])


def _order(params: Mapping[str, Any]) -> str:
    return reverse("order", args=[params["order"]])


ASSIGNED = notices.Kind(
    "rollout_assigned",
    title=_("A unit’s rollout has a deadline"),
    text=_("%(unit)s is in “%(wave)s”: to be done by %(until)s."),
    url=_unit,
)
DEADLINE = notices.Kind(
    "rollout_deadline",
    title=_("A unit’s rollout has another deadline"),
    text=_("%(unit)s: to be done by %(until)s."),
    url=_unit,
)
REPORTED = notices.Kind(
    "rollout_reported",
    title=_("A unit has reported itself ready"),
    text=_("%(unit)s: the city looks and confirms it."),
    url=_unit,
)
COMPLETED = notices.Kind(
    "rollout_completed",
    title=_("A unit’s rollout was confirmed"),
    text=_("%(unit)s: the city has confirmed that it is done."),
    url=_unit,
)
REOPENED = notices.Kind(
    "rollout_reopened",
    title=_("A unit’s rollout is open again"),
    text=_("%(unit)s: %(reason)s To be done by %(until)s."),
    url=_unit,
)
SOON = notices.Kind(
    "rollout_soon",
    title=_("A unit’s rollout is due soon"),
    text=_("%(unit)s: to be done by %(until)s."),
    url=_unit,
)
OVERDUE = notices.Kind(
    "rollout_overdue",
    title=_("A unit’s rollout is overdue"),
    text=_("%(unit)s: it was to be done by %(until)s."),
    url=_unit,
)
VISITED = notices.Kind(
    "rollout_visited",
    title=_("A visit was recorded"),
    text=_("%(unit)s, visited on %(day)s."),
    url=_unit,
)
ORDERED = notices.Kind(
    "order_made",
    title=_("Something is to be put right"),
    text=_("%(unit)s: to be put right by %(until)s."),
    url=_order,
)
ANSWERED = notices.Kind(
    "order_answered",
    title=_("An order was reported as put right"),
    text=_("%(unit)s: somebody other than who reported it checks it."),
    url=_order,
)
SENT_BACK = notices.Kind(
    "order_sent_back",
    title=_("An order is not put right yet"),
    text=_("%(unit)s: it was sent back, to be put right by %(until)s."),
    url=_order,
)
ENDED = notices.Kind(
    "order_ended",
    title=_("An order has ended"),
    text=_("%(unit)s: there is nothing to put right any more."),
    url=_order,
)
ORDER_SOON = notices.Kind(
    "order_soon",
    title=_("An order is due soon"),
    text=_("%(unit)s: to be put right by %(until)s."),
    url=_order,
)
ORDER_OVERDUE = notices.Kind(
    "order_overdue",
    title=_("An order is overdue"),
    text=_("%(unit)s: it was to be put right by %(until)s."),
    url=_order,
)
UNITS_LATE = notices.Kind(
    "rollouts_late",
    title=_("Units are overdue with the rollout"),
    text=_("%(count)s to be done by %(until)s."),
    url=lambda params: f"{reverse('rollout')}?state=late",
)
ORDERS_LATE = notices.Kind(
    "orders_late",
    title=_("Orders to put something right are overdue"),
    text=_("%(count)s to be put right by %(until)s."),
    url=lambda params: f"{reverse('orders')}?state=late",
)
KINDS = (
    UNITS_LATE,
    ORDERS_LATE,
    ASSIGNED,
    DEADLINE,
    REPORTED,
    COMPLETED,
    REOPENED,
    SOON,
    OVERDUE,
    VISITED,
    ORDERED,
    ANSWERED,
    SENT_BACK,
    ENDED,
    ORDER_SOON,
    ORDER_OVERDUE,
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


# --- Who hears of it --------------------------------------------------------------------------------------------------


def groups_of(units: Iterable[Unit], now: datetime) -> dict[int, set[int]]:
    """The accounts of each unit’s supervision group; one query."""
    by_unit = {unit.pk: unit.supervision_group_id for unit in units}
    members = Membership.objects.current(local(now).date()).filter(
        role=Role.SUPERVISOR, group__in=set(by_unit.values()) - {None}, user__is_active=True
    )
    people: dict[int | None, set[int]] = {}
    for group_id, user_id in members.values_list("group", "user"):
        people.setdefault(group_id, set()).add(user_id)
    return {unit_id: people.get(group_id, set()) for unit_id, group_id in by_unit.items()}


def units_of(unit_ids: Collection[int], now: datetime) -> dict[int, set[int]]:
    """Officers and heads of each of these units."""
    found = inspection.responsible_for(unit_ids, local(now).date())
    return {unit_id: set(people) for unit_id, people in found.items()}


# --- Rollouts ---------------------------------------------------------------------------------------------------------


def about_rollout(
    kind: notices.Kind, rollout: Rollout, to: Iterable[int], stage: str = "", **more: str
) -> notices.Message:
    """Once for each kind, day and `stage`; needs `unit` and `wave` at hand."""
    params = {
        "unit": rollout.unit.name,
        "unit_code": rollout.unit.code,
        "wave": rollout.wave.name,
        "until": rollout.due_on.isoformat(),
        **more,
    }
    key = f"rollout:{rollout.pk}:{kind.name}:{rollout.due_on}"
    return notices.Message(kind.name, f"{key}:{stage}" if stage else key, to, params)


def of_rollouts(
    kind: notices.Kind,
    rollouts: Collection[Rollout],
    actor_id: int,
    now: datetime,
    stage: str = "",
    **more: str,
) -> None:
    """The units and their groups; the same queries for any number."""
    groups = groups_of([rollout.unit for rollout in rollouts], now)
    units = units_of([rollout.unit_id for rollout in rollouts], now)
    messages = [
        about_rollout(kind, row, (units[row.unit_id] | groups[row.unit_id]) - {actor_id}, stage, **more)
        for row in rollouts
    ]
    notices.send_all(messages, now=now)


def reported(rollout: Rollout, actor_id: int, now: datetime) -> None:
    """The city, which confirms it, and the unit’s group."""
    to = set(inspection.express(local(now).date())) | groups_of([rollout.unit], now)[rollout.unit_id]
    message = about_rollout(REPORTED, rollout, to - {actor_id}, now.isoformat())
    notices.send_all([message], now=now)


def visited(visit: Visit, now: datetime) -> None:
    unit = visit.unit
    params = {"unit": unit.name, "unit_code": unit.code, "day": visit.visited_on.isoformat()}
    to = units_of([unit.pk], now)[unit.pk]
    notices.send_all([notices.Message(VISITED.name, f"visit:{visit.pk}", to, params)], now=now)


# --- Orders -----------------------------------------------------------------------------------------------------------


def about_order(
    kind: notices.Kind, order: RectificationOrder, to: Iterable[int], stage: str = ""
) -> notices.Message:
    """Once for each kind, day and `stage`; needs `unit` at hand."""
    params = {
        "order": order.pk,
        "unit": order.unit.name,
        "unit_code": order.unit.code,
        "until": order.due_on.isoformat(),
    }
    key = f"order:{order.pk}:{kind.name}:{order.due_on}"
    return notices.Message(kind.name, f"{key}:{stage}" if stage else key, to, params)


def to_unit(kind: notices.Kind, order: RectificationOrder, now: datetime, stage: str = "") -> None:
    to = units_of([order.unit_id], now)[order.unit_id]
    notices.send_all([about_order(kind, order, to, stage)], now=now)


def answered(order: RectificationOrder, actor_id: int, now: datetime) -> None:
    """Whoever ordered it, and the unit’s group."""
    to = (groups_of([order.unit], now)[order.unit_id] | {order.ordered_by_id}) - {actor_id}
    notices.send_all([about_order(ANSWERED, order, to, now.isoformat())], now=now)
