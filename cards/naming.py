"""How people name units: 教育局, 市委组织部 without its 市委, 政府办, 人社局, 八都.

What a unit was called before a merger leads to the unit that took it over.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import NamedTuple

#: The longest first; of 市委组织部 nobody means 委组织部.
CITY = ("中共龙泉市委", "龙泉市人民", "龙泉市委", "龙泉市", "市人民", "市委", "市")
TOWN = re.compile(r"(?:[\u4e00-\u9fff]族)?[镇乡]$|街道$")
#: Every unit has one.
ANYWHERE = frozenset({"办公室"})
#: Units that one ending may name; whoever types 服务中心 means none of many.
MOST_NAMED = 3
#: Of an ending, of a short form, and of a name inside a longer word.
LEAST = 3


def without_city(name: str) -> set[str]:
    """The name, and what remains of it without the city."""
    rests = {name.removeprefix(city) for city in CITY if name.startswith(city)}
    return {name, *(rest for rest in rests if len(rest) > 1 and rest[0] != "委" and rest not in ANYWHERE)}


def spoken(name: str) -> set[str]:
    """Every form in which the name as it is written is whole."""
    found = without_city(name)
    found |= {form.removesuffix("公室") for form in found if form.endswith("办公室")}
    if len(rest := TOWN.sub("", name)) > 1:
        found.add(rest)
    return found


def shortens(text: str, name: str) -> bool:
    rest = iter(name)
    return all(character in rest for character in text)


class Row(NamedTuple):
    """What is read of a unit: the columns of its table, in this order."""

    pk: int
    code: str
    name: str
    alias: str
    valid_from: date
    valid_to: date | None
    successor_id: int | None


class Named(NamedTuple):
    unit_id: int
    #: The name of a unit that this one has taken over, when that was typed.
    before: str = ""


class Form(NamedTuple):
    text: str
    named: Named


class Names:
    """All names of the units that go on, and of those that they have taken over."""

    def __init__(self, units: Iterable[Row], day: date, squeeze: Callable[[str], str]) -> None:
        rows = {unit.pk: unit for unit in units}
        self.codes = {pk: unit.code for pk, unit in rows.items()}
        #: Of each unit, what it may be called in full; the first is its own name.
        self.written: dict[int, list[str]] = defaultdict(list)
        forms: dict[Form, None] = {}
        for unit in rows.values():
            pk = _follow(unit, rows, day)
            if pk is None:
                continue
            named = Named(pk, "" if pk == unit.pk else unit.name)
            short = re.split("[(（]", unit.name)[0]
            for name in filter(None, dict.fromkeys(map(squeeze, (unit.name, unit.alias, short)))):
                self.written[pk].append(name)
                forms |= dict.fromkeys(Form(text, named) for text in sorted(spoken(name)))
        self.forms = list(forms)

    @cached_property
    def by_text(self) -> Mapping[str, list[Named]]:
        found: dict[str, list[Named]] = defaultdict(list)
        for form in self.forms:
            found[form.text].append(form.named)
        return found

    def named(self, word: str) -> list[Named]:
        """The units that a word names: whole, by an ending, or by a short form that fits no other unit."""
        if len(word) < 2 or word in ANYWHERE or word.isdigit():
            return []
        whole = [named for text in sorted(without_city(word)) for named in self.by_text.get(text, ())]
        if whole:
            return self._few(whole)
        if len(word) < LEAST:
            return []
        ending = [form.named for form in self.forms if form.text.endswith(word)]
        if ending:
            return self._few(ending)
        alike = (form for form in self.forms if form.text[-1] == word[-1] and shortens(word, form.text))
        short = self._few(form.named for form in alike)
        return short if len(short) == 1 else []

    def inside(self, word: str) -> list[str]:
        """Units' names in a longer word, the longest of those that overlap: 市教育局 of 市教育局张三."""
        held = [text for text in self.by_text if LEAST <= len(text) < len(word) and text in word]
        return [text for text in held if not any(text != other and text in other for other in held)]

    def _few(self, found: Iterable[Named]) -> list[Named]:
        """One a unit, its own name before what it has taken over."""
        best = {named.unit_id: named for named in sorted(found, reverse=True)}
        return (
            sorted(best.values(), key=lambda named: self.codes[named.unit_id])
            if len(best) <= MOST_NAMED
            else []
        )


def _follow(unit: Row, rows: Mapping[int, Row], day: date) -> int | None:
    """Who goes by this unit's name: itself, or whoever has taken it over; None when it has closed for good."""
    if unit.valid_from > day:
        return None
    while unit.valid_to is not None and unit.valid_to <= day:
        if unit.successor_id is None:
            return unit.pk if unit.valid_to == day else None
        unit = rows[unit.successor_id]
    return unit.pk
