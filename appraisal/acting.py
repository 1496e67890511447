"""Who does for a unit what comes after its months: its own people; once it has ended, those of the unit that followed;
and where none of them may, the city (DESIGN §1)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q

from accounts.access import Scope
from accounts.models import Membership, Role, Unit
from attendance import selectors

#: Who answers for a unit.
RESPONSIBLE = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
#: Of what finance is told, and tells.
MONEY = RESPONSIBLE


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


def members_of(roles: Iterable[Role], unit_ids: Collection[int], today: date) -> dict[int, set[int]]:
    """Of each of these units, the accounts with one of these roles in it or in whoever follows it; the same queries for
    any number."""
    followed = _followed(today)
    lines = {unit: line_along(unit, followed) for unit in unit_ids}
    units = {each for line in lines.values() for each in line}
    held = [selectors.members_of(role, units, today) for role in roles]
    return {
        unit: {user for each in line for members in held for user in members.get(each, ())}
        for unit, line in lines.items()
    }


def responsible_for(unit_ids: Collection[int], today: date) -> dict[int, set[int]]:
    """Officers and heads of each of these units or, once it has ended, of whoever follows it."""
    return members_of(RESPONSIBLE, unit_ids, today)


def responsible_since(years: Collection[tuple[int, int]], today: date) -> dict[tuple[int, int], set[int]]:
    """Of each unit and year, who was an officer or head of the unit on any day since that year began: whoever is none
    any more was one when it happened. One query."""
    found: dict[tuple[int, int], set[int]] = {pair: set() for pair in years}
    if not found:
        return found
    first = date(min(year for _unit, year in found), 1, 1)
    held = Membership.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=first),
        role__in=RESPONSIBLE,
        unit__in={unit for unit, _year in found},
        valid_from__lte=today,
    )
    terms = list(held.order_by().values_list("unit", "user", "valid_to"))
    for (unit, year), people in found.items():
        begins = date(year, 1, 1)
        people.update(
            user for place, user, last in terms if place == unit and (last is None or last >= begins)
        )
    return found


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
