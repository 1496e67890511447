"""The rollout in words: what a unit needs and where that stands, how far it is, what an order has come to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.access import Access
from accounts.history import Line as Event
from accounts.models import Unit
from accounts.permissions import TABLE
from appraisal.models import OrderState, RectificationOrder, Rollout
from appraisal.rules.rollout import Facts, Line, Need, Stage, readiness
from common import audit
from common.templatetags.components import zh_date

NEEDS: Mapping[Need, Any] = {
    Need.GROUP: gettext_lazy("Leading group headed by the discipline secretary, responsible leader named"),
    Need.BODY: gettext_lazy("Assessment body named"),
    Need.ACCOUNTS: gettext_lazy("Accounts of a leading-group head and of an officer"),
    Need.ROSTER: gettext_lazy("Offices and cadres entered"),
    Need.CARDS: gettext_lazy("Cards issued"),
    Need.PLAQUES: gettext_lazy("Plaques printed as they should read today"),
    Need.HOTLINES: gettext_lazy("Both hotlines set"),
    Need.TESTED: gettext_lazy("Both hotlines tested"),
    Need.SHEET: gettext_lazy("First daily sheet handed in"),
}
STAGES: Mapping[Stage, Any] = {
    Stage.UNASSIGNED: gettext_lazy("In no wave"),
    Stage.AHEAD: gettext_lazy("Not begun"),
    Stage.UNDER_WAY: gettext_lazy("Under way"),
    Stage.READY: gettext_lazy("Ready, not reported yet"),
    Stage.REPORTED: gettext_lazy("Reported ready, to be confirmed"),
    Stage.LATE: gettext_lazy("Overdue"),
    Stage.DONE: gettext_lazy("Done"),
    Stage.DONE_LATE: gettext_lazy("Done late"),
}
TONES: Mapping[Stage, str] = {
    Stage.UNASSIGNED: "idle",
    Stage.AHEAD: "idle",
    Stage.UNDER_WAY: "info",
    Stage.READY: "info",
    Stage.REPORTED: "out",
    Stage.LATE: "bad",
    Stage.DONE: "on",
    Stage.DONE_LATE: "on",
}
ORDER_TONES: Mapping[str, str] = {
    OrderState.OPEN: "out",
    OrderState.ANSWERED: "info",
    OrderState.MET: "on",
    OrderState.CALLED_OFF: "idle",
}
VERBS: Mapping[str, Any] = {
    "wave_created": gettext_lazy("Created"),
    "wave_edited": gettext_lazy("Changed"),
    "rollout_assigned": gettext_lazy("Taken into a wave"),
    "rollout_edited": gettext_lazy("Leading group and assessment body named"),
    "rollout_deadline_set": gettext_lazy("Own deadline set"),
    "rollout_hotlines_tested": gettext_lazy("Both hotlines dialled"),
    "rollout_reported": gettext_lazy("Reported as ready"),
    "rollout_completed": gettext_lazy("Confirmed as done"),
    "rollout_reopened": gettext_lazy("Opened again"),
    "order_made": gettext_lazy("Ordered to be put right"),
    "order_answered": gettext_lazy("Reported as put right"),
    "order_sent_back": gettext_lazy("Sent back"),
    "order_missed": gettext_lazy("The day was missed"),
    "order_ended": gettext_lazy("Ended"),
}
#: Of the audit trail, where a change is shown with its new value.
FIELDS: Mapping[str, Any] = {
    "name": gettext_lazy("Name of the wave"),
    "begins_on": gettext_lazy("Begins on"),
    "deadline": gettext_lazy("Deadline"),
    "wave": gettext_lazy("Wave"),
    "group_head": gettext_lazy("Head of the leading group"),
    "group_head_post": gettext_lazy("Their post"),
    "assessment_body": gettext_lazy("Assessment body"),
    "responsible": gettext_lazy("Responsible leader"),
}
DAYS = ("begins_on", "deadline")


def names(needs: Iterable[Need]) -> str:
    # Some of them have a comma of their own.
    return "；".join(str(NEEDS[need]) for need in needs)


# --- Readiness --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One need as the page of a unit shows it, and the page on which it is mended, for whoever may open that."""

    line: Line
    label: str
    said: str
    url: str

    @property
    def tone(self) -> str:
        return "on" if self.line.is_met else "out"


def items(unit: Unit, rollout: Rollout | None, facts: Facts, access: Access) -> list[Item]:
    return [
        Item(line, str(NEEDS[line.need]), _said(line, facts, rollout), _url(line, unit, access))
        for line in readiness(facts)
    ]


def _said(line: Line, facts: Facts, rollout: Rollout | None) -> str:
    match line.need:
        case Need.GROUP | Need.BODY:
            return _named(line, rollout)
        case Need.ROSTER:
            words = ngettext("%(people)s person", "%(people)s people", facts.people) % {
                "people": facts.people
            }
            offices = ngettext("%(offices)s office", "%(offices)s offices", facts.offices)
            return f"{offices % {'offices': facts.offices}} · {words}"
        case Need.TESTED:
            return zh_date(facts.tested_on) or _("not yet")
        case Need.SHEET:
            return zh_date(facts.first_sheet_on) or _("not yet")
    return _("%(done)s of %(total)s") % {"done": line.done, "total": line.total}


def _named(line: Line, rollout: Rollout | None) -> str:
    if rollout is None or not line.done:
        return _("not yet")
    if line.need == Need.BODY:
        return rollout.assessment_body
    return "；".join(
        filter(
            None,
            [
                f"{rollout.group_head}（{rollout.group_head_post}）" if rollout.group_head else "",
                _("answers for the unit: %(name)s") % {"name": rollout.responsible}
                if rollout.responsible
                else "",
            ],
        )
    )


def _url(line: Line, unit: Unit, access: Access) -> str:
    """Who leads it may change at any time; what is there needs no mending. Accounts and hotlines are the
    administrator’s."""
    if line.is_met and line.need not in (Need.GROUP, Need.BODY):
        return ""
    match line.need:
        case Need.GROUP | Need.BODY:
            return _if_may("rollout_edit", access, unit.code)
        case Need.ROSTER:
            return _query("cadres", access, f"unit={unit.code}")
        case Need.CARDS:
            return _query("cadres", access, f"unit={unit.code}&card=none")
        case Need.PLAQUES:
            return _query("reprints", access, f"unit={unit.code}")
        case Need.TESTED:
            return _if_may("rollout_hotlines", access, unit.code)
        case Need.SHEET:
            return _if_may("sheet_today", access)
    return ""


def _query(name: str, access: Access, query: str) -> str:
    url = _if_may(name, access)
    return f"{url}?{query}" if url else ""


def _if_may(name: str, access: Access, *args: str) -> str:
    return reverse(name, args=args) if access.may(TABLE[name]) else ""


# --- Deadlines and orders ---------------------------------------------------------------------------------------------


def left(due_on: date, today: date) -> str:
    """How many days are left, or how many it is late."""
    days = abs((due_on - today).days)
    if due_on < today:
        return ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}
    if not days:
        return _("due today")
    return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}


@dataclass(frozen=True)
class OrderView:
    """An order as every page shows it; `tone` and `state` say the same."""

    order: RectificationOrder
    tone: str
    state: str
    left: str
    #: The first day that was missed, however it went on.
    missed_on: date | None = None

    @property
    def is_open(self) -> bool:
        return self.order.state == OrderState.OPEN

    @property
    def is_over(self) -> bool:
        return self.order.ended_at is not None


def order_view(order: RectificationOrder, today: date) -> OrderView:
    is_open = order.state == OrderState.OPEN
    late = is_open and order.due_on < today
    return OrderView(
        order,
        "bad" if late else ORDER_TONES[order.state],
        _("Overdue") if late else str(order.get_state_display()),
        left(order.due_on, today) if is_open else "",
        missed_on=order.missed_on,
    )


# --- What happened ----------------------------------------------------------------------------------------------------


def history(*subjects: Model) -> list[Event]:
    """Newest first."""
    return [
        Event(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details="；".join(_details(entry.changes)),
            failure=False,
        )
        for entry in audit.history(*subjects)
    ]


def _details(changes: Mapping[str, Any]) -> list[str]:
    found = []
    for name, label in FIELDS.items():
        if name in changes:
            value = changes[name]
            new = value[-1] if isinstance(value, list) else value
            if name in DAYS:
                new = zh_date(date.fromisoformat(new))
            found.append(_("%(label)s: %(value)s") % {"label": label, "value": new or _("none")})
    if day := changes.get("until"):
        found.append(_("until %(day)s") % {"day": zh_date(date.fromisoformat(day))})
    if numbers := changes.get("numbers"):
        found.append("、".join(numbers))
    if state := changes.get("state"):
        found.append(str(OrderState(state).label))
    if reason := changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": str(reason).rstrip("。")})
    return found
