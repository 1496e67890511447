"""The units and people that the rows of a sheet may mean, read in as many queries for one row as for a thousand."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from accounts.models import Unit
from cards.models import Cadre, Card
from common.text import likeness as key
from complaints.hotline.cells import OLDEST
from complaints.hotline.plan import Directory, Person
from complaints.hotline.sheet import Table


def read(table: Table, today: date) -> Directory:
    units: defaultdict[str, list[Unit]] = defaultdict(list)
    codes: dict[str, Unit] = {}
    for unit in Unit.objects.active(today).order_by("code"):
        codes[key(unit.code)] = unit
        for word in {key(unit.name), key(unit.alias)} - {""}:
            units[word].append(unit)
    # A code goes before a name that looks like one.
    units.update({word: [unit] for word, unit in codes.items()})
    return Directory(dict(units), _people(_named(table, units), today))


def _named(table: Table, units: dict[str, list[Unit]]) -> set[int]:
    words = {key(str(cells["unit"])) for _row, cells in table.rows if cells.get("person") and "unit" in cells}
    return {unit.pk for word in words for unit in units.get(word, [])}


def _people(unit_ids: Iterable[int], today: date) -> dict[tuple[int, str], list[Person]]:
    """Whoever served since the oldest order, by unit and both name and numbers of cards."""
    wanted = sorted(unit_ids)
    serving = Q(serves_to=None) | Q(serves_to__gte=today - OLDEST)
    cadres = Cadre.objects.filter(serving, unit__in=wanted).select_related("office").order_by("pk")
    serials: defaultdict[int, list[str]] = defaultdict(list)
    for cadre_id, serial in Card.objects.filter(cadre__unit__in=wanted).values_list("cadre", "serial"):
        serials[cadre_id].append(serial)
    found: defaultdict[tuple[int, str], list[Person]] = defaultdict(list)
    for cadre in cadres:
        for word in {key(cadre.name), *map(key, serials[cadre.pk])}:
            found[cadre.unit_id, word].append(Person(cadre, cadre.office.name))
    return dict(found)
