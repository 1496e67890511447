"""Who must not know of a case: the accused, those above or beneath them in the matter, declared kin, and who stepped
back. `Complaint.objects.visible_to` says the same of one reader; this says it of many people and one case."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q

from accounts.models import Membership, Role
from cards.models import Cadre
from complaints.models import Complaint, Interest
from complaints.models.cases import SUPERIORS


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
    matters = {case.matter for case in cases}
    answering = Membership.objects.all() if day is None else Membership.objects.current(day)
    superiors = answering.filter(user__in=asked, unit__in=units, role__in=SUPERIORS)
    found: defaultdict[tuple[str, int | str], set[int]] = defaultdict(set)
    for user, unit in superiors.values_list("user", "unit"):
        found["unit", unit].add(user)
    people = Cadre.objects.filter(Q(unit__in=units, leads_unit=True) | Q(pk__in=accused), user__in=asked)
    for user, pk, unit, leads in people.values_list("user", "pk", "unit", "leads_unit"):
        found["cadre", pk].add(user)
        if leads:
            found["unit", unit].add(user)
    declared = Interest.objects.filter(
        Q(cadre__in=accused) | Q(complaint__matter__in=matters), user__in=asked
    )
    for user, cadre, matter in declared.values_list("user", "cadre", "complaint__matter"):
        found["cadre", cadre].add(user) if cadre is not None else found["matter", matter].add(user)
    return {
        case.pk: found["unit", case.unit_id]
        | found["cadre", case.cadre_id or 0]
        | found["matter", case.matter]
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
