"""Who walks, and who decides: an officer and a head for every unit that the showcase leaves without."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Membership, Role, Unit, User
from cards.demo import names
from common import demo

ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
#: They serve longer than any history that is asked for.
SINCE_DAYS = 3700


def build(build: demo.Build) -> str:
    """Accounts without a password: their names stand on sheets and decisions, and nobody signs in as them."""
    city = accounts.units()
    known = set(Membership.objects.filter(role__in=ROLES, valid_to=None).values_list("role", "unit"))
    missing = [(role, unit) for unit in city for role in ROLES if (role, unit.pk) not in known]
    users = [_user(role, unit, build) for role, unit in missing]
    User.objects.bulk_create(users)
    since = build.today - timedelta(days=SINCE_DAYS)
    Membership.objects.bulk_create(
        Membership(user=user, role=role, unit=unit, valid_from=since)
        for user, (role, unit) in zip(users, missing, strict=True)
    )
    _second_supervisor(build, since)
    return _("%(count)s officers and heads of the other units") % {"count": len(users)}


def _second_supervisor(build: demo.Build, since: date) -> None:
    """Nobody visits alone: somebody beside the showcase's member of a supervision group."""
    first = Membership.objects.filter(role=Role.SUPERVISOR).order_by("pk").first()
    if first is not None and first.group is not None:
        user = User(username="supervisor2", name="梅知远", created_at=build.now)
        user.set_unusable_password()
        user.save()
        Membership.objects.create(user=user, role=Role.SUPERVISOR, group=first.group, valid_from=since)


def _user(role: Role, unit: Unit, build: demo.Build) -> User:
    name, _woman = names.person(random.Random(f"{role} {unit.code}"), unit.code, set())
    prefix = "officer" if role == Role.UNIT_OFFICER else "head"
    user = User(username=f"{prefix}-{unit.code.lower()}", name=name, created_at=build.now)
    user.set_unusable_password()
    return user


@dataclass
class Hands:
    """Memberships of officers and heads, read once."""

    _officers: dict[int, list[Membership]] = field(default_factory=lambda: defaultdict(list))
    _heads: dict[int, list[Membership]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls) -> "Hands":
        hands = cls()
        rows = Membership.objects.filter(role__in=ROLES, user__is_active=True).select_related("user")
        for row in rows.order_by("pk"):
            own = hands._officers if row.role == Role.UNIT_OFFICER else hands._heads
            own[row.unit_id or 0].append(row)
        return hands

    def officer(self, unit_id: int, day: date, chance: random.Random) -> User | None:
        """Whoever of the unit walks on a day; a deputy takes their turns."""
        there = _serving(self._officers[unit_id], day)
        return chance.choice(there) if there else None

    def head(self, unit_id: int, day: date) -> User | None:
        return next(iter(_serving(self._heads[unit_id], day)), None)


def _serving(rows: list[Membership], day: date) -> list[User]:
    return [
        row.user for row in rows if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
    ]
