"""What a sheet would do, without a database: rows, the directory and the known numbers in; new orders, known ones and
problems out."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Unit
from cards.models import Cadre
from common.rules import local
from common.text import likeness as key
from complaints.hotline import cells
from complaints.hotline.columns import TITLES
from complaints.hotline.sheet import Table


@dataclass(frozen=True)
class Person:
    cadre: Cadre
    office: str


@dataclass(frozen=True)
class Directory:
    #: By code, name and short name.
    units: Mapping[str, list[Unit]]
    #: By unit and name or number of a card.
    people: Mapping[tuple[int, str], list[Person]]


@dataclass(frozen=True)
class Order:
    """A case that does not exist yet."""

    row: int
    number: str
    received_at: datetime
    unit: Unit
    cadre: Cadre | None
    text: str
    occasion: str
    contact_name: str
    contact_phone: str


@dataclass(frozen=True)
class Problem:
    #: 0: the whole file.
    row: int
    #: “C 单位”
    column: str
    sentence: str


@dataclass
class Plan:
    orders: list[Order] = field(default_factory=list)
    #: How many are cases already.
    known: int = 0
    problems: list[Problem] = field(default_factory=list)


def numbers_of(table: Table) -> set[str]:
    return {cells.number_of(row) for _number, row in table.rows} - {""}


def decide(table: Table, directory: Directory, known: Collection[str], now: datetime) -> Plan:
    """What is known already is passed over with whatever else its row says: 12345 hands over the same order twice."""
    plan, rows = Plan(), dict[str, int]()
    for row, found in table.rows:
        number = cells.number_of(found)
        if number and (first := rows.setdefault(number, row)) != row:
            sentence = _("Row %(row)s has the same number.") % {"row": first}
            plan.problems.append(Problem(row, _title(table, "number"), sentence))
        elif number in known:
            plan.known += 1
        else:
            _add(plan, table, row, found, directory, now)
    return plan


def _add(
    plan: Plan, table: Table, row: int, found: Mapping[str, Any], directory: Directory, now: datetime
) -> None:
    values, wrong = cells.check(found, now)
    subject = _Subject(values, wrong, directory, now)
    problems = {**wrong, **subject.wrong}
    for name in TITLES:
        if name in problems:
            plan.problems.append(Problem(row, _title(table, name), problems[name]))
    if problems:
        return
    assert subject.unit is not None
    rest = {name: value for name, value in values.items() if name not in ("unit", "person")}
    plan.orders.append(Order(row=row, unit=subject.unit, cadre=subject.cadre, **rest))


def _title(table: Table, name: str) -> str:
    return table.titles.get(name, TITLES[name])


class _Subject:
    """Whom a row means, as far as it can be told."""

    def __init__(
        self, values: Mapping[str, Any], wrong: Mapping[str, str], directory: Directory, now: datetime
    ) -> None:
        self.wrong: dict[str, str] = {}
        self.unit = None if "unit" in wrong else self._unit(directory.units.get(key(values["unit"]), []))
        self.cadre: Cadre | None = None
        if self.unit is not None and values.get("person"):
            day = local(values.get("received_at") or now).date()
            found = directory.people.get((self.unit.pk, key(values["person"])), [])
            self.cadre = self._cadre([person for person in found if _served(person.cadre, day)], self.unit)

    def _unit(self, found: list[Unit]) -> Unit | None:
        if len(found) == 1:
            return found[0]
        if found:
            sentence = _("Several units are called so: %(units)s. Write the code.")
            units = "、".join(f"{unit.name} {unit.code}" for unit in found)
            self.wrong["unit"] = sentence % {"units": units}
        else:
            self.wrong["unit"] = _("No unit has this code, name or short name.")
        return None

    def _cadre(self, found: list[Person], unit: Unit) -> Cadre | None:
        if len(found) == 1:
            return found[0].cadre
        if found:
            sentence = _("Several people of %(unit)s are called so: %(people)s. Write the card number.")
            people = "、".join(_called(found))
            self.wrong["person"] = sentence % {"unit": unit.name, "people": people}
        else:
            self.wrong["person"] = _(
                "Nobody who served in %(unit)s on this day has this name or card number. "
                "Left empty, it is about the unit."
            ) % {"unit": unit.name}
        return None


def _served(cadre: Cadre, day: date) -> bool:
    return cadre.serves_from <= day and (cadre.serves_to is None or day <= cadre.serves_to)


def _called(people: list[Person]) -> Iterator[str]:
    for person in people:
        yield f"{person.cadre.name}（{person.office}）"
