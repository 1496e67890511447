"""What a signed-in person may do today, worked out once per request."""

from dataclasses import dataclass, replace
from datetime import date

from accounts.models import SECOND_FACTOR_ROLES, Membership, Role, Unit, User
from accounts.permissions import Page, Reach


@dataclass(frozen=True)
class Scope:
    """The part of the city one page may show one person. `unit_ids` None is the whole city."""

    user_id: int
    reach: Reach
    unit_ids: frozenset[int] | None
    #: The supervision groups whose units these are.
    group_ids: frozenset[int] = frozenset()

    def allows_unit(self, unit_id: int) -> bool:
        return self.unit_ids is None or unit_id in self.unit_ids


@dataclass(frozen=True)
class Access:
    user: User
    memberships: tuple[Membership, ...]

    @property
    def name(self) -> str:
        return str(self.user)

    @property
    def caption(self) -> str:
        """Where and as what: “示例局 单位纪检干部；第三督导组”."""
        places: dict[str, list[str]] = {}
        for member in self.memberships:
            roles = places.setdefault(str(member.unit or member.group or ""), [])
            # The group's own name already says the role.
            if not member.group_id and member.get_role_display() not in roles:
                roles.append(str(member.get_role_display()))
        return " · ".join(
            " ".join(filter(None, [place, "、".join(roles)])) for place, roles in places.items()
        )

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(membership.role for membership in self.memberships)

    @property
    def needs_second_factor(self) -> bool:
        return bool(self.roles & SECOND_FACTOR_ROLES)

    @property
    def is_cadre_only(self) -> bool:
        return self.roles == {Role.CADRE}

    def has(self, role: Role) -> bool:
        return role in self.roles

    def may(self, page: Page) -> bool:
        return not page.roles or any(role in self.roles for role in page.roles)

    def without(self, role: Role) -> "Access":
        """What this person may do but for one role."""
        return replace(self, memberships=tuple(m for m in self.memberships if m.role != role))

    def scope(self, page: Page) -> Scope:
        """The farthest reach that the roles of the page's row give; its units are theirs only."""
        granting = [member for member in self.memberships if member.role in page.roles]
        reach = max((page.roles[member.role] for member in granting), default=Reach.SELF)
        if reach == Reach.CITY:
            return Scope(self.user.pk, reach, None)
        units = {m.unit_id for m in granting if m.unit_id and page.roles[m.role] == Reach.UNIT}
        groups = [m.group_id for m in granting if m.group_id]
        if groups:
            units |= set(Unit.objects.filter(supervision_group__in=groups).values_list("pk", flat=True))
        return Scope(self.user.pk, reach, frozenset(unit for unit in units if unit), frozenset(groups))


def access_of(user: User, day: date) -> Access:
    memberships = user.memberships.current(day).select_related("unit", "group").order_by("pk")
    return Access(user, tuple(memberships))
