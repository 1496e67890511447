"""Who must not know of a case: the accused, those above or beneath them in the matter, declared kin, and who stepped
back. `Complaint.objects.visible_to` says the same of one reader; this says it of many people and one case."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from cards.models import Cadre
from common import audit
from common.problems import Refused
from complaints.models import Complaint, Interest
from complaints.models.cases import SUPERIORS
from complaints.rules import State
from complaints.services.cases import locked, note


def conflicted(user_ids: Iterable[int], case: Complaint, day: date | None = None) -> set[int]:
    """Those of `user_ids` with an interest in the case; without a `day` also who ever answered for its unit."""
    return conflicts(user_ids, [case], day)[case.pk]


def conflicts(
    user_ids: Iterable[int], cases: Collection[Complaint], day: date | None = None
) -> dict[int, set[int]]:
    """The same for each of many cases, by its key: three queries for any number."""
    asked = set(user_ids)
    units = {case.unit_id for case in cases}
    accused = {case.cadre_id for case in cases if case.cadre_id is not None}
    concerned = {pk for case in cases for pk in (case.pk, case.redo_of_id) if pk is not None}
    answering = Membership.objects.all() if day is None else Membership.objects.current(day)
    superiors = answering.filter(user__in=asked, unit__in=units, role__in=SUPERIORS)
    found: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for user, unit in superiors.values_list("user", "unit"):
        found["unit", unit].add(user)
    people = Cadre.objects.filter(Q(unit__in=units, leads_unit=True) | Q(pk__in=accused), user__in=asked)
    for user, pk, unit, leads in people.values_list("user", "pk", "unit", "leads_unit"):
        found["cadre", pk].add(user)
        if leads:
            found["unit", unit].add(user)
    declared = Interest.objects.filter(Q(cadre__in=accused) | Q(complaint__in=concerned), user__in=asked)
    for user, cadre, complaint in declared.values_list("user", "cadre", "complaint"):
        found["cadre", cadre].add(user) if cadre is not None else found["case", complaint].add(user)
    return {
        case.pk: found["unit", case.unit_id]
        | found["cadre", case.cadre_id or 0]
        | found["case", case.pk]
        | found["case", case.redo_of_id or 0]
        for case in cases
    }


def unit_is_involved(case: Complaint, today: date) -> bool:
    """Whether the accused is who would verify for the unit, or leads it: then the city keeps the case."""
    if case.cadre is None:
        return False
    if case.cadre.leads_unit:
        return True
    held = Membership.objects.current(today).filter(user=case.cadre.user_id, unit=case.unit_id)
    return case.cadre.user_id is not None and held.filter(role__in=SUPERIORS).exists()


def express_people(day: date) -> set[int]:
    """Whoever may handle complaints today."""
    held = Membership.objects.current(day).filter(
        role__in=[Role.EXPRESS_STAFF, Role.EXPRESS_HEAD], user__is_active=True
    )
    return set(held.values_list("user", flat=True))


@transaction.atomic
def interest_declare(*, cadre: Cadre, reason: str, actor: User, now: datetime) -> Interest:
    """Kin, or close in another way: from now on nothing about this cadre exists for the actor."""
    if not reason.strip():
        raise Refused(_("Say what connects you."), "reason")
    interest, new = Interest.objects.get_or_create(
        user=actor, cadre=cadre, defaults={"reason": reason.strip(), "declared_at": now}
    )
    if not new:
        raise Refused(_("You have declared this already."))
    for case in Complaint.objects.running().filter(cadre=cadre, handler=actor):
        _hand_back(locked(case), actor)
    audit.record(
        verb="interest_declared", subject=interest, actor=actor, now=now, changes={"cadre": cadre.pk}
    )
    return interest


@transaction.atomic
def interest_withdraw(*, interest: Interest, reason: str, actor: User, now: datetime) -> None:
    """What one has declared about a cadre and no longer holds; why stands in the audit. Stepping back from a case is
    for good."""
    interest = Interest.objects.select_for_update().get(pk=interest.pk)
    if interest.user_id != actor.pk or interest.cadre_id is None:
        raise Refused(_("Only what you have declared yourself can be withdrawn."))
    if not reason.strip():
        raise Refused(_("Say why it no longer holds."), "reason")
    changes = {"cadre": interest.cadre_id, "reason": [interest.reason, reason.strip()]}
    audit.record(verb="interest_withdrawn", subject=interest, actor=actor, now=now, changes=changes)
    interest.delete()


@transaction.atomic
def recuse(*, case: Complaint, reason: str, actor: User, now: datetime) -> None:
    """Step back from one case, which the actor does not see any more."""
    case = locked(case)
    if case.state == State.REFERRED:
        raise Refused(_("The case is with the discipline inspection commission."))
    if not reason.strip():
        raise Refused(_("Say why you step back."), "reason")
    _interest, new = Interest.objects.get_or_create(
        user=actor, complaint=case, defaults={"reason": reason.strip(), "declared_at": now}
    )
    if not new:
        raise Refused(_("You have stepped back from this case already."))
    _hand_back(case, actor)
    note(case, "recused", actor, now)
    audit.record(verb="complaint_recused", subject=case, actor=actor, now=now)


def _hand_back(case: Complaint, actor: User) -> None:
    """A case that its handler gives up waits for another one."""
    if case.handler_id == actor.pk and case.is_running:
        case.handler, case.revision = None, case.revision + 1
        case.save(update_fields=["handler", "revision"])
