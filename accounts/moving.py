"""What becomes of roles when people move from one unit to another, alone or all together. Verbs, as in services."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role, Unit, User
from common import audit
from common.problems import Refused
from common.rules import local


def lock_units() -> dict[int, Unit]:
    """All units, nobody else's to change until the transaction ends, by id. Take them before any person's row.

    Not for their keys: whoever enters something that merely belongs to a unit need not wait.
    """
    return {unit.pk: unit for unit in Unit.objects.select_for_update(no_key=True).order_by("pk")}


def lock_open_unit(unit_id: int) -> Unit:
    """A unit that people may be entered in, held open until the transaction ends. Take it before any person's row."""
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if unit.valid_to is not None:
        raise Refused(
            _("%(unit)s closes or has closed: nobody can be entered in it any more.") % {"unit": unit}, "unit"
        )
    return unit


@dataclass(frozen=True)
class MovedRoles:
    """How many roles of cadres went along, and how many of officers and heads ended."""

    moved: int
    ended: int


@transaction.atomic
def roles_move(
    *, unit: Unit, successor: Unit, users: Collection[int] | None, actor: User | None, now: datetime
) -> MovedRoles:
    """From today on these users, or all, are cadres of `successor`; what else they were in `unit` ends yesterday.

    Whoever answers for a unit's records is named by an administrator, so those roles move with nobody.
    """
    today = local(now).date()
    rows = _lasting(unit, users, today)
    _end(rows, today, actor, now)
    cadres = [row for row in rows if row.role == Role.CADRE]
    made = _begin(cadres, successor, today, actor, now)
    return MovedRoles(moved=made, ended=len(rows) - len(cadres))


def _lasting(unit: Unit, users: Collection[int] | None, today: date) -> list[Membership]:
    """Today's roles in the unit and later ones. Their accounts are locked first, as for giving a role."""
    found = Membership.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), unit=unit)
    if users is not None:
        found = found.filter(user__in=users)
    accounts = User.objects.filter(memberships__in=found).select_for_update(of=("self",))
    list(accounts.order_by("pk").values_list("pk"))
    locked = found.select_for_update(of=("self",)).select_related("user", "unit")
    return list(locked.order_by("pk"))


def _end(rows: list[Membership], today: date, actor: User | None, now: datetime) -> None:
    """Yesterday was the last day. A role that has not had one yet goes; the audit trail keeps that it was given."""
    yesterday = today - timedelta(days=1)
    begun = [row.pk for row in rows if row.valid_from <= yesterday]
    Membership.objects.filter(pk__in=begun).update(valid_to=yesterday)
    Membership.objects.filter(pk__in=[row.pk for row in rows]).exclude(pk__in=begun).delete()
    audit.record_each(
        verb="membership_ended",
        subjects=((row.user, {**_facts(row), "to": [row.valid_to, yesterday]}) for row in rows),
        actor=actor,
        now=now,
    )


def _begin(rows: list[Membership], successor: Unit, today: date, actor: User | None, now: datetime) -> int:
    """Whoever has the role there already keeps that one."""
    held = set(
        Membership.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), unit=successor, role=Role.CADRE)
        .filter(user__in=[row.user_id for row in rows])
        .values_list("user_id", flat=True)
    )
    made = [
        Membership(
            user=row.user,
            role=Role.CADRE,
            unit=successor,
            valid_from=max(today, row.valid_from),
            valid_to=row.valid_to,
        )
        for row in rows
        if row.user_id not in held
    ]
    Membership.objects.bulk_create(made)
    audit.record_each(
        verb="membership_added",
        subjects=((row.user, {**_facts(row), "from": row.valid_from, "to": row.valid_to}) for row in made),
        actor=actor,
        now=now,
    )
    return len(made)


def _facts(row: Membership) -> dict[str, Any]:
    return {"role": row.role, "place": str(row.unit)}
