"""What a signed-in person may do today, worked out once per request."""

from dataclasses import dataclass
from datetime import date

from accounts.models import SECOND_FACTOR_ROLES, Membership, Role, Unit, User
from accounts.permissions import Page, Reach


@dataclass(frozen=True)
class Scope:
    """The part of the city one page may show one person. `unit_ids` None is the whole city."""

    user_id: int
    reach: Reach
    unit_ids: frozenset[int] | None

    def allows_unit(self, unit_id: int) -> bool:
        return self.unit_ids is None or unit_id in self.unit_ids


@dataclass(frozen=True)
class Access:
    user: User
    memberships: tuple[Membership, ...]

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(membership.role for membership in self.memberships)

    @property
    def needs_second_factor(self) -> bool:
        return bool(self.roles & SECOND_FACTOR_ROLES)

    def has(self, role: Role) -> bool:
        return role in self.roles

    def may(self, page: Page) -> bool:
        return not page.roles or any(role in self.roles for role in page.roles)

    def scope(self, page: Page) -> Scope:
        """The farthest reach that the roles named in the page's row give; its units are those of these roles only."""
        granting = [member for member in self.memberships if member.role in page.roles]
        reach = max(
            (page.roles[member.role] for member in granting), default=Reach.SELF
        )
        if reach == Reach.CITY:
            return Scope(self.user.pk, reach, None)
        units = {
            m.unit_id
            for m in granting
            if m.unit_id and page.roles[m.role] == Reach.UNIT
        }
        groups = [m.group_id for m in granting if m.group_id]
        if groups:
            units |= set(
                Unit.objects.filter(supervision_group__in=groups).values_list(
                    "pk", flat=True
                )
            )
        return Scope(self.user.pk, reach, frozenset(unit for unit in units if unit))


def access_of(user: User, day: date) -> Access:
    memberships = (
        user.memberships.current(day).select_related("unit", "group").order_by("pk")
    )
    return Access(user, tuple(memberships))
