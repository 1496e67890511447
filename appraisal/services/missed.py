"""Days of orders that were missed (ROLL-2): noted once, with the leader who answers for the unit at that moment."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import TruncDate

from appraisal.models import OrderState, RectificationOrder, Rollout
from appraisal.models.rollout import OrderQuerySet
from cards.models import Cadre
from common import audit
from common.rules import SHANGHAI, local


@transaction.atomic
def orders_note_missed(*, among: OrderQuerySet | None = None, now: datetime) -> int:
    """Every hour, and of those `among` which something changes that would hide it before it does: who answers for the
    unit, or the order's day. Safe to run twice; returns how many it noted."""
    rows = list(_missed(RectificationOrder.objects.all() if among is None else among, now))
    leaders = _leaders({row.unit_id for row in rows})
    for row in rows:
        row.missed_on, row.answerable = row.due_on, leaders.get(row.unit_id)
    RectificationOrder.objects.bulk_update(rows, ["missed_on", "answerable"])
    changes = ((row, {"until": row.missed_on, "responsible": row.answerable}) for row in rows)
    audit.record_each(verb="order_missed", subjects=changes, actor=None, now=now)
    return len(rows)


def _missed(among: OrderQuerySet, now: datetime) -> OrderQuerySet:
    """Still open, or reported, or without a report seen to be right, after its day. What a unit had to do by a day
    after its own end it has not missed."""
    orders = among.select_for_update(of=("self",)).filter(missed_on=None, due_on__lt=local(now).date())
    days = {
        "answered_on": TruncDate("answered_at", tzinfo=SHANGHAI),
        "ended_on": TruncDate("ended_at", tzinfo=SHANGHAI),
    }
    late = Q(state=OrderState.OPEN) | Q(answered_on__gt=F("due_on"))
    late |= Q(answered_on=None, ended_on__gt=F("due_on"))
    there = Q(unit__valid_to=None) | Q(unit__valid_to__gte=F("due_on"))
    return orders.exclude(state=OrderState.CALLED_OFF).alias(**days).filter(late, there).order_by("pk")


def _leaders(units: set[int]) -> dict[int, Cadre | None]:
    rows = Rollout.objects.filter(unit__in=units).select_related("responsible")
    return {row.unit_id: row.responsible for row in rows}
