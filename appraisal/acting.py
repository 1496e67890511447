"""Who does for a unit what comes after its months: its own people; once it has ended, those of the unit that followed;
and where none of them may, the city (DESIGN §1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from accounts.access import Scope
from accounts.models import Role, Unit
from attendance import selectors

#: Of what finance is told, and tells.
MONEY = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)


@dataclass(frozen=True)
class Acting:
    of_unit: frozenset[int]
    city: frozenset[int]

    def free(self, concerned: int | None = None) -> frozenset[int]:
        """Nobody does it for themselves; `concerned` is the account it is about."""
        own = {concerned}
        return self.of_unit - own or self.city - own


def acting(unit_id: int, roles: Iterable[Role], today: date) -> Acting:
    """Accounts with one of these roles, for the unit or whoever follows it."""
    units = line_of(unit_id, today)
    held = [selectors.members_of(role, units, today) for role in roles]
    people = frozenset(user for members in held for users in members.values() for user in users)
    return Acting(people, frozenset(selectors.express(today)))


def line_of(unit_id: int, today: date) -> list[int]:
    """The unit and, as far as each of them has ended, whoever followed it."""
    return line_along(unit_id, _followed(today))


def widened(scope: Scope, today: date) -> Scope:
    """With the ended units whose last months its units look after."""
    if not scope.unit_ids:
        return scope
    followed = _followed(today)
    behind = (unit for unit in followed if not scope.unit_ids.isdisjoint(line_along(unit, followed)))
    return replace(scope, unit_ids=scope.unit_ids.union(behind))


def _followed(today: date) -> dict[int, int]:
    ended = Unit.objects.filter(valid_to__lt=today, successor__isnull=False)
    return {unit: after for unit, after in ended.values_list("pk", "successor") if after is not None}


def line_along(unit: int, followed: Mapping[int, int | None]) -> list[int]:
    line = [unit]
    while (after := followed.get(line[-1])) is not None and after not in line:
        line.append(after)
    return line
