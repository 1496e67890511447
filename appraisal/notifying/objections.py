"""What people hear of objections, and of money that is released. A title leaves the house: it names nobody, no fact."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from appraisal.acting import acting
from appraisal.models import Objection, ObjectionState, WithholdingProposal
from appraisal.notifying import stages as notifying
from common import notices
from common.rules import local
from common.templatetags.amounts import money


def _objection(params: Mapping[str, Any]) -> str:
    return reverse("objection", args=[params["objection"]])


def _my_objection(params: Mapping[str, Any]) -> str:
    return reverse("my_objection", args=[params["objection"]])


def _withholdings(params: Mapping[str, Any]) -> str:
    return reverse("withholdings", args=[params["unit_code"], params["month"]])


def _my_withholding(params: Mapping[str, Any]) -> str:
    return reverse("my_withholding", args=[params["withholding"]])


def _decision(params: dict[str, Any]) -> dict[str, Any]:
    return {"decision": ObjectionState(params["state"]).label}


def _who(params: dict[str, Any]) -> dict[str, Any]:
    """Who answers it, as it stood when the objection was made."""
    by_city = params.get("by_city", False)
    return {"who": gettext("the Efficiency Express") if by_city else gettext("the unit’s head")}


def _amount(params: dict[str, Any]) -> dict[str, Any]:
    return {"amount": money(params["cents"]), "left": money(params["left_cents"])}


TO_DECIDE = notices.Kind(
    "objection_to_decide",
    title=_("An objection waits for your answer"),
    text=_("%(unit)s, %(month_name)s: to be answered by %(until)s."),
    url=_objection,
)
MADE = notices.Kind(
    "objection_made",
    title=_("An objection to a month was made"),
    text=_(
        "%(unit)s, %(month_name)s: %(who)s answers it by %(until)s. Until then the month cannot be reported."
    ),
    url=_objection,
    words=_who,
)
DUE = notices.Kind(
    "objection_due",
    title=_("An objection has to be answered today"),
    text=_("%(unit)s, %(month_name)s: today is the last day."),
    url=_objection,
)
OVERDUE = notices.Kind(
    "objection_overdue",
    title=_("An objection is overdue"),
    text=_("%(unit)s, %(month_name)s: it was to be answered by %(until)s. The month cannot be reported."),
    url=_objection,
)
WITHDRAWN = notices.Kind(
    "objection_withdrawn",
    title=_("An objection to a month was taken back"),
    text=_("%(unit)s, %(month_name)s: there is nothing to answer any more."),
    url=_objection,
)
DECIDED = notices.Kind(
    "objection_decided",
    title=_("An objection to a month was answered"),
    text=_(
        "%(unit)s, %(month_name)s: %(decision)s. Whoever has no account hears it from the unit’s officer."
    ),
    url=_objection,
    words=_decision,
)
MINE_DECIDED = notices.Kind(
    "my_objection_decided",
    title=_("Your objection was answered"),
    text=_("%(unit)s, %(month_name)s: %(decision)s."),
    url=_my_objection,
    words=_decision,
)
RELEASED = notices.Kind(
    "withholding_released",
    title=_("Part of your month was put right"),
    text=_("%(unit)s, %(month_name)s: of what was proposed to be withheld, %(left)s is left."),
    url=_my_withholding,
    words=_amount,
)
TELL_FINANCE = notices.Kind(
    "withholding_tell_finance",
    title=_("Finance must be told of a change"),
    text=_("%(unit)s, %(month_name)s: of an amount that finance has, only %(left)s is still to be withheld."),
    url=_withholdings,
    words=_amount,
)
PAY_BACK = notices.Kind(
    "withholding_pay_back",
    title=_("An amount has to be paid back"),
    text=_("%(unit)s, %(month_name)s: %(amount)s that was withheld already is to be paid back."),
    url=_withholdings,
    words=_amount,
)
KINDS = (
    TO_DECIDE,
    MADE,
    DUE,
    OVERDUE,
    WITHDRAWN,
    DECIDED,
    MINE_DECIDED,
    RELEASED,
    TELL_FINANCE,
    PAY_BACK,
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


# --- Objections -------------------------------------------------------------------------------------------------------


def message(kind: notices.Kind, objection: Objection, to: Iterable[int], **more: bool) -> notices.Message:
    """Once for each kind and objection, whatever is run twice."""
    entry = objection.entry
    params = {
        "objection": objection.pk,
        "unit": entry.unit.name,
        "month_name": notifying.month_name(entry.month),
        "until": objection.due_on.isoformat(),
        "state": str(objection.state),
        **more,
    }
    return notices.Message(kind.name, f"objection:{objection.pk}:{kind.name}", to, params)


def responsible(objection: Objection, now: datetime) -> set[int]:
    """Officers and heads of the unit whose month it is."""
    roles = [Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD]
    return notifying.holders(roles, [objection.entry.unit_id], now)


def made(objection: Objection, deciders: Iterable[int], actor_id: int, now: datetime) -> None:
    deciding = set(deciders)
    knowing = responsible(objection, now) - deciding - {actor_id}
    heads = notifying.holders([Role.LEADING_GROUP_HEAD], [objection.entry.unit_id], now)
    telling = message(MADE, objection, knowing, by_city=not deciding & heads)
    messages = [message(TO_DECIDE, objection, deciding), telling]
    notices.send_all(messages, now=now)


def withdrawn(objection: Objection, deciders: Iterable[int], now: datetime) -> None:
    notices.send_all([message(WITHDRAWN, objection, set(deciders))], now=now)


def decided(objection: Objection, actor_id: int, now: datetime) -> None:
    """Whoever it is about, on their own page; whoever made it for them, and the unit's officers."""
    cadre = objection.entry.cadre
    own = {cadre.user_id} if cadre is not None and cadre.user_id is not None else set()
    officers = notifying.holders([Role.UNIT_OFFICER], [objection.entry.unit_id], now)
    others = (officers | {objection.made_by_id}) - own - {actor_id}
    notices.send_all([message(MINE_DECIDED, objection, own), message(DECIDED, objection, others)], now=now)


# --- Money ------------------------------------------------------------------------------------------------------------


def released(proposal: WithholdingProposal, cents: int, *, was_sent: bool, now: datetime) -> None:
    """So much more was taken off a proposal. Whoever it is about always hears of it; the officers, when finance has it
    already, and what is to be paid back, when it was withheld."""
    report, officers = proposal.report, set[int]()
    kind = None
    if proposal.owed_back_cents:
        kind = PAY_BACK
    elif was_sent:
        kind = TELL_FINANCE
    if kind is not None:
        people = acting(report.unit_id, [Role.UNIT_OFFICER], local(now).date())
        officers = set(people.free(proposal.cadre.user_id))
    params = {
        "withholding": proposal.pk,
        "unit": report.unit.name,
        "unit_code": report.unit.code,
        "month": f"{report.month:%Y-%m}",
        "month_name": notifying.month_name(report.month),
        "cents": cents,
        "left_cents": proposal.due_cents,
    }
    key = f"withholding:{proposal.pk}:{proposal.released_cents}"
    own = [proposal.cadre.user_id] if proposal.cadre.user_id is not None else []
    messages = [notices.Message(RELEASED.name, key, own, params)]
    if kind is not None:
        messages.append(notices.Message(kind.name, f"{key}:{kind.name}", officers, params))
    notices.send_all(messages, now=now)
