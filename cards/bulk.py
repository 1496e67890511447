"""One action for many people or many requests: first what would follow for whom, then one job with a result per row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Activation, Membership, Role, User
from accounts.selectors import more_than_cadres
from cards import services
from cards.models import Cadre, CadreQuerySet, Card, CardRequest, PrintKind
from cards.rules import may_approve
from common import jobs
from common.jobs import Outcome
from common.models import Job, JobItem
from common.problems import Refused
from common.rules import local

NAME = "people"
EXPRESS = (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD)


class Action(StrEnum):
    REQUEST = "request"
    PLAQUE = "plaque"
    COMBINED = "combined"
    CONTACT = "contact"
    SLIPS = "slips"


LABELS: dict[Action, str | Promise] = {
    Action.REQUEST: gettext_lazy("Request first cards"),
    Action.PLAQUE: gettext_lazy("Print plaques"),
    Action.COMBINED: gettext_lazy("Print combined plaques"),
    Action.CONTACT: gettext_lazy("Print contact cards"),
    Action.SLIPS: gettext_lazy("Issue activation slips"),
}
PRINTS = {
    Action.PLAQUE: PrintKind.PLAQUE,
    Action.COMBINED: PrintKind.COMBINED,
    Action.CONTACT: PrintKind.CONTACT,
}
APPROVE = "approve"


@dataclass
class Plan:
    """What an action would do: for whom, and who is left out, by reason."""

    doing: list[Any] = field(default_factory=list)
    skipped: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    #: The slips of these people that still work, and would not any more.
    slips: list[Activation] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of those it would be done for and what they would lose: what is confirmed is what was shown."""
        shown = [*(row.pk for row in self.doing), "", *(slip.pk for slip in self.slips)]
        return sha256(",".join(map(str, shown)).encode()).hexdigest()[:16]

    def add(self, row: Any, why_not: str) -> None:
        if why_not:
            self.skipped[why_not].append(row)
        else:
            self.doing.append(row)


def plan(action: Action, people: CadreQuerySet, *, units: frozenset[int], actor: User, now: datetime) -> Plan:
    """The consequences for these people; `units` are those whose officer the actor is. A few queries for any number."""
    asked = CardRequest.objects.filter(cadre=OuterRef("pk"), decision="")
    rows = people.select_related("unit", "office", "user").annotate(
        has_card=Exists(Card.objects.valid().filter(cadre=OuterRef("pk"))), has_asked=Exists(asked)
    )
    found = list(rows.order_by("unit__code", "pinyin", "pk"))
    users = [cadre.user for cadre in found if cadre.user is not None]
    more = more_than_cadres(users, local(now).date()) if action == Action.SLIPS else set()
    planned = Plan()
    for cadre in found:
        planned.add(cadre, _why_not(action, cadre, units=units, more=more, actor=actor, now=now))
    if action == Action.SLIPS:
        usable = Activation.objects.usable(now).filter(user__cadre__in=[cadre.pk for cadre in planned.doing])
        planned.slips = list(usable.order_by("issued_at", "pk"))
    return planned


def _why_not(
    action: Action, cadre: Any, *, units: frozenset[int], more: set[int], actor: User, now: datetime
) -> str:
    if cadre.unit_id not in units:
        return _("belongs to another unit")
    if cadre.has_left(local(now).date()):
        return _("no longer in service")
    if action == Action.REQUEST:
        if cadre.has_card:
            return _("already has a card")
        return _("a request already waits for approval") if cadre.has_asked else ""
    if action in PRINTS:
        return "" if cadre.has_card else _("has no valid card")
    return _why_no_slip(cadre.user, more, actor)


def _why_no_slip(user: User | None, more: set[int], actor: User) -> str:
    if user is None:
        return ""
    if user.pk == actor.pk:
        return _("your own account")
    if not user.is_active:
        return _("the account is closed")
    if user.has_usable_password():
        return _("the account has been activated")
    return _("has further roles: only an administrator issues the slip") if user.pk in more else ""


def plan_approval(requests: QuerySet[CardRequest], *, actor: User, now: datetime) -> Plan:
    rows = requests.select_related("cadre__unit", "requested_by").order_by("cadre__unit__code", "pk")
    planned = Plan()
    for asked in rows:
        planned.add(asked, _why_not_approved(asked, actor, now))
    return planned


def _why_not_approved(asked: CardRequest, actor: User, now: datetime) -> str:
    if asked.decision:
        return _("already decided")
    if asked.cadre.has_left(local(now).date()):
        return _("no longer in service")
    own = asked.cadre.user_id == actor.pk
    if not may_approve(requester_id=asked.requested_by_id, approver_id=actor.pk, approver_is_subject=own):
        return _("a second person must decide: you asked for it, or the card is your own")
    return ""


# --- The job --------------------------------------------------------------------------------------------------------


def start_requests(cadres: Iterable[Cadre], *, unit_id: int, actor: User, now: datetime, once: str) -> Job:
    people = list(cadres)
    title = ngettext(
        "Cards requested for %(number)s person", "Cards requested for %(number)s people", len(people)
    )
    return jobs.start(
        kind=NAME,
        title=title % {"number": len(people)},
        items=[(str(cadre.pk), cadre.name) for cadre in people],
        actor=actor,
        now=now,
        unit_id=unit_id,
        params={"action": Action.REQUEST.value},
        once=once,
    )


def start_approval(requests: Iterable[CardRequest], *, actor: User, now: datetime, once: str) -> Job:
    rows = list(requests)
    title = ngettext("Approval of %(number)s card", "Approval of %(number)s cards", len(rows))
    return jobs.start(
        kind=NAME,
        title=title % {"number": len(rows)},
        items=[(str(asked.pk), f"{asked.cadre.name} \u00b7 {asked.cadre.unit.name}") for asked in rows],
        actor=actor,
        now=now,
        unit_id=None,
        params={"action": APPROVE},
        once=once,
    )


def start_printing(kind: PrintKind, cadres: Iterable[Cadre], *, actor: User, now: datetime, once: str) -> Job:
    """As on the printing page, for these cards only. Raises Refused for what no document can do without."""
    from cards.printing import job as printing

    people = list(cadres)
    cards = Card.objects.valid().filter(cadre__in=[cadre.pk for cadre in people])
    only = frozenset(cards.values_list("pk", flat=True))
    shares = printing.shares(
        kind, units={cadre.unit_id for cadre in people}, today=local(now).date(), only=only
    )
    return printing.print_start(kind=kind, shares=shares, actor=actor, now=now, only=only, once=once)


def record(item: JobItem, prepared: Any, now: datetime) -> Outcome:
    if item.job.params["action"] == APPROVE:
        return _approve(item, now)
    return _request(item, now)


def _request(item: JobItem, now: datetime) -> Outcome:
    actor = item.job.created_by
    cadre = Cadre.objects.select_related("unit").get(pk=int(item.key))
    check_holds(actor, now, role=Role.UNIT_OFFICER, unit=cadre.unit_id)
    if Card.objects.valid().filter(cadre=cadre).exists():
        raise Refused(_("This person already has a card."))
    services.card_request(cadre=cadre, reason="", note="", actor=actor, now=now)
    return Outcome(_("requested"))


def _approve(item: JobItem, now: datetime) -> Outcome:
    actor = item.job.created_by
    asked = CardRequest.objects.select_related("cadre").get(pk=int(item.key))
    check_holds(actor, now, role__in=EXPRESS)
    card = services.card_decide(request=asked, approve=True, note="", actor=actor, now=now)
    return Outcome(_("approved: card no. %(serial)s") % {"serial": card.serial if card else ""})


def check_holds(actor: Any, now: datetime, **role: Any) -> None:
    """A job may run after whoever asked for it has lost the role."""
    held = Membership.objects.current(local(now).date()).filter(user=actor, user__is_active=True, **role)
    if not held.exists():
        raise Refused(_("Whoever started this no longer has the role for it."))


KIND = jobs.Kind(NAME, record=record)
