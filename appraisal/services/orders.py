"""Supervision on the spot (ROLL-1, ROLL-2): visits, and orders to put something right by a day. Ordered by the unit’s
supervision group or the city, answered by the unit, checked by somebody other than who answered."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Unit, User
from appraisal.models import OrderState, RectificationOrder, Rollout, Visit
from appraisal.models.rollout import OrderQuerySet
from appraisal.notifying import rollout as telling
from appraisal.rules.rollout import End, Ending, refuse_due, refuse_ending
from appraisal.services.missed import orders_note_missed
from appraisal.services.rollout import DUE, of_unit, supervisors_only, today_of
from attendance import selectors as inspection
from common import audit, calendar, notices
from common.problems import Refused

ENDING = {
    Ending.OVER: gettext_lazy("This order has ended already."),
    Ending.UNANSWERED: gettext_lazy("The unit has not reported anything yet that could be sent back."),
    Ending.OWN_ANSWER: gettext_lazy("Nobody checks what they have reported themselves."),
    Ending.REASON: gettext_lazy("Say why. The unit reads it."),
}
#: Working days that whoever gets an order back has at least.
SENT_BACK_DAYS = 3
STATES = {End.MET: OrderState.MET, End.CALLED_OFF: OrderState.CALLED_OFF}


# --- Visits -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def visit_record(
    *,
    unit: Unit,
    visited_on: date,
    companions: str,
    note: str,
    order_text: str = "",
    order_due_on: date | None = None,
    actor: User,
    now: datetime,
) -> Visit:
    """What was seen, and with `order_text` what is to be put right. Pressed twice, it is the first one."""
    unit, today = _hold(unit), today_of(now)
    supervisors_only(actor, unit, today)
    companions, note, order_text = companions.strip(), note.strip(), order_text.strip()
    given = {"unit": unit, "visited_on": visited_on, "visited_by": actor, "note": note}
    if (there := Visit.objects.filter(**given).first()) is not None:
        _check_not_added(there, order_text, order_due_on)
        return there
    if visited_on > today:
        raise Refused(_("This day is still to come."), "visited_on")
    if not note:
        raise Refused(_("Write what was seen."), "note")
    visit = Visit.objects.create(**given, companions=companions, entered_at=now)
    audit.record(
        verb="visit_recorded",
        subject=visit,
        actor=actor,
        now=now,
        changes={"unit": unit.code, "day": visited_on},
    )
    telling.visited(visit, now)
    if order_text or order_due_on is not None:
        _ordered(unit, order_text, order_due_on, visit, actor, now, ("order_text", "order_due_on"))
    return visit


def _check_not_added(there: Visit, text: str, due_on: date | None) -> None:
    """Back in the browser, and an order added: it would be lost with the second press of the same visit."""
    if text and not there.orders.filter(Q(due_on=due_on), text=text).exists():
        raise Refused(_("This visit is recorded already. Give the order from the unit’s page."), "order_text")


def _hold(unit: Unit) -> Unit:
    """Two presses at once would both find nothing there yet."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


# --- Orders -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def order_make(
    *, unit: Unit, text: str, due_on: date | None, visit: Visit | None = None, actor: User, now: datetime
) -> RectificationOrder:
    """By a working day that is still to come. Pressed twice, it is the first one."""
    unit, text = _hold(unit), text.strip()
    supervisors_only(actor, unit, today_of(now))
    there = RectificationOrder.objects.filter(
        Q(due_on=due_on), unit=unit, text=text, ordered_by=actor, state=OrderState.OPEN
    ).first()
    return there or _ordered(unit, text, due_on, visit, actor, now, ("text", "due_on"))


def _ordered(
    unit: Unit,
    text: str,
    due_on: date | None,
    visit: Visit | None,
    actor: User,
    now: datetime,
    fields: tuple[str, str],
) -> RectificationOrder:
    if not text:
        raise Refused(_("Write what is to be put right."), fields[0])
    if due_on is None:
        raise Refused(_("Say by which day."), fields[1])
    refusal = refuse_due(due_on, today_of(now), calendar.around(due_on))
    if refusal is not None:
        raise Refused(DUE[refusal], fields[1])
    order = RectificationOrder.objects.create(
        unit=unit, visit=visit, text=text, due_on=due_on, ordered_by=actor, ordered_at=now
    )
    changes = {"unit": unit.code, "until": due_on}
    audit.record(verb="order_made", subject=order, actor=actor, now=now, changes=changes)
    telling.to_unit(telling.ORDERED, order, now)
    return order


@transaction.atomic
def order_answer(*, order: RectificationOrder, text: str, actor: User, now: datetime) -> RectificationOrder:
    """An officer or head of the unit says what was done."""
    order, text = _locked(order), text.strip()
    if actor.pk not in of_unit(order.unit, today_of(now)):
        raise Refused(_("The unit’s officers and heads answer it."))
    if order.state == OrderState.ANSWERED and (order.answered_by_id, order.answer) == (actor.pk, text):
        return order
    _check_answerable(order, text)
    order.state, order.answer, order.answered_by, order.answered_at = OrderState.ANSWERED, text, actor, now
    order.end_reason = ""
    order.save(update_fields=["state", "answer", "answered_by", "answered_at", "end_reason"])
    audit.record(verb="order_answered", subject=order, actor=actor, now=now, changes={"answer": text})
    telling.answered(order, actor.pk, now)
    return order


def _check_answerable(order: RectificationOrder, text: str) -> None:
    if order.ended_at is not None:
        raise Refused(ENDING[Ending.OVER])
    if order.state == OrderState.ANSWERED:
        words = {"who": str(order.answered_by)}
        raise Refused(_("%(who)s has reported it as put right already; it waits to be checked.") % words)
    if not text:
        raise Refused(_("Write what was done."), "text")


@transaction.atomic
def order_end(
    *, order: RectificationOrder, end: End, reason: str, actor: User, now: datetime
) -> RectificationOrder:
    """Met or called off, or back to the unit: by somebody other than who answered."""
    order, today, reason = _locked(order), today_of(now), reason.strip()
    supervisors_only(actor, order.unit, today)
    if order.ended_by_id == actor.pk and (order.state, order.end_reason) == (STATES.get(end), reason):
        return order
    _check_ending(order, end, reason, actor)
    order.end_reason = reason
    if end == End.SENT_BACK:
        return _send_back(order, actor, now)
    order.state, order.ended_by, order.ended_at = STATES[end], actor, now
    order.save(update_fields=["state", "ended_by", "ended_at", "end_reason"])
    changes = {"state": str(order.state), "reason": reason}
    audit.record(verb="order_ended", subject=order, actor=actor, now=now, changes=changes)
    telling.to_unit(telling.ENDED, order, now)
    return order


def _check_ending(order: RectificationOrder, end: End, reason: str, actor: User) -> None:
    refusal = refuse_ending(
        end,
        is_over=order.ended_at is not None,
        is_answered=order.state == OrderState.ANSWERED,
        answered_by_them=order.answered_by_id == actor.pk,
        reason=reason,
    )
    if refusal is not None:
        raise Refused(ENDING[refusal], "reason" if refusal == Ending.REASON else None)


def _send_back(order: RectificationOrder, actor: User, now: datetime) -> RectificationOrder:
    """With days enough to do it again, so that nobody is late for the time that the check took. What was late before
    stays so."""
    today = today_of(now)
    # This one alone, which is locked: the sweep locks all of them in the order of their keys.
    orders_note_missed(among=RectificationOrder.objects.filter(pk=order.pk), now=now)
    again = calendar.around(today).add_working_days(today, SENT_BACK_DAYS)
    order.state, order.due_on = OrderState.OPEN, max(order.due_on, again)
    order.save(update_fields=["state", "due_on", "end_reason"])
    changes = {"reason": order.end_reason, "until": order.due_on}
    audit.record(verb="order_sent_back", subject=order, actor=actor, now=now, changes=changes)
    telling.to_unit(telling.SENT_BACK, order, now, now.isoformat())
    return order


def _locked(order: RectificationOrder) -> RectificationOrder:
    RectificationOrder.objects.select_for_update().get(pk=order.pk)
    return whole().get(pk=order.pk)


def whole() -> OrderQuerySet:
    """With what every page and verb asks of one."""
    return RectificationOrder.objects.select_related(
        "unit__supervision_group", "visit", "ordered_by", "answered_by", "ended_by"
    )


# --- In time ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def orders_and_deadlines_remind(*, now: datetime) -> int:
    """The unit hears on the working day before; once a day is over the unit, its group and the city do: once each,
    however often it runs. Returns how many notices that made."""
    orders_note_missed(now=now)
    today = today_of(now)
    horizon = calendar.around(today).next_working_day(today)
    active = Unit.objects.active(today)
    undone = Rollout.objects.filter(
        completed_at=None, ready_reported_at=None, unit__in=active
    ).select_related("unit", "wave")
    rollouts = [row for row in undone if row.due_on <= horizon]
    unanswered = RectificationOrder.objects.filter(state=OrderState.OPEN, unit__in=active)
    orders = list(unanswered.filter(due_on__lte=horizon).select_related("unit"))
    units = {row.pk: row for row in [*(one.unit for one in rollouts), *(one.unit for one in orders)]}
    own, groups = telling.units_of(list(units), now), telling.groups_of(units.values(), now)
    messages = []
    for row in rollouts:
        late = row.due_on < today
        to = own[row.unit_id] | groups[row.unit_id]
        messages.append(telling.about_rollout(telling.OVERDUE if late else telling.SOON, row, to))
    for order in orders:
        late = order.due_on < today
        to = own[order.unit_id] | (groups[order.unit_id] if late else set())
        messages.append(telling.about_order(telling.ORDER_OVERDUE if late else telling.ORDER_SOON, order, to))
    return notices.send_all([*messages, *_of_city(rollouts, orders, today)], now=now)


def _of_city(
    rollouts: Iterable[Rollout], orders: Iterable[RectificationOrder], today: date
) -> list[notices.Message]:
    """The city hears of all that one day has made late in one notice of each kind."""
    kinds: list[tuple[notices.Kind, Counter[date]]] = [
        (telling.UNITS_LATE, Counter(row.due_on for row in rollouts if row.due_on < today)),
        (telling.ORDERS_LATE, Counter(row.due_on for row in orders if row.due_on < today)),
    ]
    city = inspection.express(today)
    return [
        notices.Message(
            kind.name, f"{kind.name}:{due_on}", city, {"count": number, "until": due_on.isoformat()}
        )
        for kind, days in kinds
        for due_on, number in sorted(days.items())
    ]
