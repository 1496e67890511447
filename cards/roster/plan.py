"""What a roster means for the directory: who is new, who changes, what is wrong. Pure: rows and directory in."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Unit
from cards.models import Cadre, EmploymentKind, Office
from cards.roster.columns import TITLES
from cards.roster.directory import Directory
from cards.roster.words import FORMULA_SIGNS, split_duties, split_posts
from cards.rules import number_key
from common.text import likeness as key

NOBODY = "无"
#: Of somebody new, besides the name.
NEEDED = ("office", "room", "posts", "duties", "office_phone")
_WITH_OFFICE = re.compile(r"(?P<name>.+?)\s*[(（](?P<office>[^()（）]+)[)）]")


# --- What is handed in -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """A mistake that keeps the whole file out. `row` is the sheet's own number, 0 when it is about the file."""

    row: int
    #: Letter and title, as “E 姓名”; empty when it is about the whole row.
    column: str
    sentence: str
    #: Whose row it is, where a name stands in it that may be shown.
    name: str = ""

    def __str__(self) -> str:
        if not self.row:
            return self.sentence
        sentence = f"{self.name} · {self.sentence}" if self.name else self.sentence
        words = {"row": self.row, "column": self.column, "sentence": sentence}
        if not self.column:
            return _("Row %(row)s: %(sentence)s") % words
        return _("Row %(row)s, column %(column)s: %(sentence)s") % words


@dataclass(frozen=True)
class Note:
    """Worth knowing, keeps nothing out."""

    row: int
    sentence: str

    def __str__(self) -> str:
        words = {"row": self.row, "sentence": self.sentence}
        return _("Row %(row)s: %(sentence)s") % words if self.row else self.sentence


@dataclass(frozen=True)
class Row:
    """A row whose cells have been checked each for itself; what is empty says nothing."""

    number: int
    unit_code: str = ""
    unit_name: str = ""
    name: str = ""
    office: str = ""
    room: str = ""
    location: str = ""
    posts: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    office_phone: str = ""
    mobile: str = ""
    stand_in: str = ""
    employment_kind: str = ""
    serves_from: date | None = None
    photo: str = ""
    #: Fields in which something stood that is refused already.
    wrong: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Photo:
    """A photo that somebody's row names: where it lies in the folder or ZIP file, and the SHA-256 of it."""

    path: str
    digest: str


@dataclass(frozen=True)
class Roster:
    """A file that has been read, before anybody has looked into the directory."""

    rows: tuple[Row, ...]
    #: Field -> “E 姓名”.
    titles: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    #: The only unit whose people may stand in it.
    unit_id: int | None = None
    #: By row number.
    photos: Mapping[int, Photo] = field(default_factory=dict)
    #: The folder or ZIP file in which they lie.
    album: Path | None = None


# --- What comes of it --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A field of somebody's with what stands there and what will; values as in the audit trail."""

    field: str
    old: Any
    new: Any

    @property
    def label(self) -> str:
        return TITLES.get(self.field, self.field)

    @property
    def old_words(self) -> str:
        return _words(self.field, self.old)

    @property
    def new_words(self) -> str:
        return _words(self.field, self.new)


def _words(name: str, value: Any) -> str:
    if name == "employment_kind" and value in EmploymentKind.values:
        return str(EmploymentKind(value).label)
    if name == "photo":
        return _("a photo") if value else ""
    return "；".join(value) if isinstance(value, (list, tuple)) else str(value or "")


@dataclass(eq=False)
class Person:
    """One row's decision. `cadre` is None for somebody new; `office` may be one that is still to be made."""

    row: Row
    unit: Unit
    cadre: Cadre | None = None
    office: Office | None = None
    stand_in: "Person | Cadre | None" = None
    photo: Photo | None = None
    changes: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        """As it is stored: a roster changes nobody's name."""
        return self.cadre.name if self.cadre else self.row.name

    @property
    def office_words(self) -> str:
        return str(self.office or "")

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(change.field for change in self.changes)


@dataclass(frozen=True)
class Plan:
    roster: Roster
    today: date
    created: tuple[Person, ...]
    changed: tuple[Person, ...]
    unchanged: tuple[Person, ...]
    offices: tuple[Office, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]

    @property
    def photos(self) -> tuple[Person, ...]:
        """Everybody whose photo is new."""
        return tuple(person for person in (*self.created, *self.changed) if person.photo is not None)

    @property
    def rows(self) -> int:
        return len(self.roster.rows)

    def with_problems(self, found: Sequence[Problem]) -> "Plan":
        """The same plan without the rows of these problems."""
        wrong = {problem.row for problem in found}

        def sure(people: tuple[Person, ...]) -> tuple[Person, ...]:
            return tuple(person for person in people if person.row.number not in wrong)

        return replace(
            self,
            created=sure(self.created),
            changed=sure(self.changed),
            problems=_in_order((*self.problems, *found), self.roster),
        )

    @cached_property
    def digest(self) -> str:
        """Of everything that would be done: the same again means that the preview still holds, in any language."""
        people = (*self.created, *self.changed, *self.unchanged)
        facts = [
            [
                person.row.number,
                person.cadre.pk if person.cadre else 0,
                person.unit.pk,
                [[change.field, change.old, change.new] for change in person.changes],
                _digested(person.stand_in),
            ]
            for person in sorted(people, key=lambda person: person.row.number)
        ]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()


def _digested(stand_in: "Person | Cadre | None") -> list[int]:
    """Two namesakes are not the same stand-in, whatever their names say."""
    if isinstance(stand_in, Person):
        return [0, stand_in.row.number]
    return [stand_in.pk] if stand_in else []


def _in_order(problems: Iterable[Problem], roster: Roster) -> tuple[Problem, ...]:
    """By row and column, each with the name in its row, unless a spreadsheet would take that for a formula."""
    names = {row.number: row.name for row in roster.rows if not row.name.startswith(FORMULA_SIGNS)}
    named = (replace(problem, name=names.get(problem.row, "")) for problem in problems)
    return tuple(sorted(named, key=lambda problem: (problem.row, problem.column)))


# --- The decision ------------------------------------------------------------------------------------------------


def unit_ids(roster: Roster, directory: Directory) -> set[int]:
    """The units that the rows name, as far as they name any; one's own is known without being named."""
    finder = Units(directory, roster)
    found = {unit.pk for row in roster.rows if (unit := finder.named(row)) is not None}
    return found | ({roster.unit_id} if roster.unit_id else set())


def decide(roster: Roster, directory: Directory, today: date) -> Plan:
    return _Decision(roster, directory, today).plan()


class Units:
    """Which unit a row means, by code, name or alias."""

    def __init__(self, directory: Directory, roster: Roster) -> None:
        self.codes, self.names = directory.by_code(), directory.by_name()
        self.own = next((unit for unit in directory.units if unit.pk == roster.unit_id), None)

    def named(self, row: Row) -> Unit | None:
        try:
            return self.of(row)
        except _Wrong:
            return None

    def of(self, row: Row) -> Unit:
        """Raises _Wrong with the field and the sentence."""
        by_code = self._by_code(row.unit_code)
        by_name = self._by_name(row.unit_name, by_code)
        if by_code and by_name and by_code.pk != by_name.pk:
            sentence = _("The code %(code)s is that of “%(unit)s”, not of “%(name)s”.")
            words = {"code": by_code.code, "unit": by_code.name, "name": row.unit_name}
            raise _Wrong("unit_code", sentence % words)
        unit = by_code or by_name or self.own
        if unit is None:
            raise _Wrong("unit_code", _("Name the unit by its code or its name."))
        if self.own and unit.pk != self.own.pk:
            sentence = _("“%(unit)s” is not your unit: this roster may name people of “%(own)s” only.")
            raise _Wrong(
                "unit_code" if by_code else "unit_name", sentence % {"unit": unit.name, "own": self.own.name}
            )
        return unit

    def _by_code(self, code: str) -> Unit | None:
        if not code:
            return None
        if key(code) not in self.codes:
            raise _Wrong("unit_code", _("There is no unit with the code “%(code)s”.") % {"code": code})
        return self.codes[key(code)]

    def _by_name(self, name: str, by_code: Unit | None) -> Unit | None:
        if not name:
            return None
        found = self.names.get(key(name), [])
        if by_code in found:
            return by_code
        if len(found) > 1:
            sentence = _("Several units are called “%(name)s”: %(codes)s. Give the code.")
            codes = "、".join(unit.code for unit in found)
            raise _Wrong("unit_name", sentence % {"name": name, "codes": codes})
        if not found:
            raise _Wrong("unit_name", _("There is no unit called “%(name)s”.") % {"name": name})
        return found[0]


class _Wrong(Exception):
    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


class _Decision:
    def __init__(self, roster: Roster, directory: Directory, today: date) -> None:
        self.roster, self.directory, self.today = roster, directory, today
        self.problems, self.notes = list(roster.problems), list(roster.notes)
        self.offices = _Offices(directory)
        self.new_offices: list[Office] = []
        self.people: list[Person] = []

    def plan(self) -> Plan:
        self.people = list(self._people())
        groups: dict[tuple[int, str], list[Person]] = defaultdict(list)
        for person in self.people:
            groups[person.unit.pk, key(person.name)].append(person)
        known: dict[tuple[int, str], list[Cadre]] = defaultdict(list)
        for unit_id, cadres in self.directory.people.items():
            for cadre in cadres:
                known[unit_id, key(cadre.name)].append(cadre)
        for group, people in groups.items():
            self._recognise(people, known[group])
        self._check_new(known)
        self._stand_ins()
        self._changes()
        self.notes.sort(key=lambda note: note.row)
        return self._conclusion()

    def _conclusion(self) -> Plan:
        wrong = {problem.row for problem in self.problems}
        sure = [person for person in self.people if person.row.number not in wrong]
        created = tuple(person for person in sure if person.cadre is None)
        known = [person for person in sure if person.cadre is not None]
        return Plan(
            roster=self.roster,
            today=self.today,
            created=created,
            changed=tuple(person for person in known if person.changes),
            unchanged=tuple(person for person in known if not person.changes),
            offices=tuple(self.new_offices),
            problems=_in_order(self.problems, self.roster),
            notes=tuple(self.notes),
        )

    def wrong(self, row: Row, field: str, sentence: str) -> None:
        title = self.roster.titles.get(field) or self.roster.titles.get("unit_name", "")
        self.problems.append(Problem(row.number, title, sentence))

    # --- Who is meant ---

    def _people(self) -> Iterator[Person]:
        """The rows of which unit and name are sure; everything else can be told of them, too."""
        units = Units(self.directory, self.roster)
        for row in self.roster.rows:
            unit = self._unit(units, row)
            if unit is None or not row.name:
                self._check_nobody(row)
                continue
            photo = self.roster.photos.get(row.number)
            yield Person(row=row, unit=unit, office=self._office(unit, row), photo=photo)

    def _unit(self, units: Units, row: Row) -> Unit | None:
        try:
            unit = units.of(row)
        except _Wrong as wrong:
            if not row.wrong.intersection(("unit_code", "unit_name")):
                self.wrong(row, wrong.field, wrong.sentence)
            return None
        if unit.valid_to is not None:
            sentence = _("%(unit)s closes or has closed: nobody can be entered in it any more.")
            self.wrong(row, "unit_code" if row.unit_code else "unit_name", sentence % {"unit": unit})
        return unit

    def _check_nobody(self, row: Row) -> None:
        """Of a row that means nobody yet. Without a name it is new, unless it is a footnote and nothing at all."""
        self._check_halves(row)
        nameless = _is_empty(row, "name")
        if nameless and not all(_is_empty(row, name) for name in NEEDED):
            self._check_filled_in(row)

    def _check_halves(self, row: Row) -> None:
        if _has_half_an_office(row):
            self.wrong(row, "room" if row.office else "office", _("Fill this in."))

    def _check_filled_in(self, row: Row) -> None:
        for name in NEEDED:
            if _is_empty(row, name) and not (name in ("office", "room") and _has_half_an_office(row)):
                self.wrong(row, name, _("Fill this in."))

    def _office(self, unit: Unit, row: Row) -> Office | None:
        self._check_halves(row)
        if not (row.office and row.room):
            return None
        office, made = self.offices.find(unit, row)
        if made:
            self.new_offices.append(office)
        elif row.location and key(row.location) != key(office.location):
            self._note_location(row, office)
        return office

    def _note_location(self, row: Row, office: Office) -> None:
        if office._state.adding and not office.location:
            office.location = row.location
            return
        sentence = _("The office “%(office)s” keeps “%(location)s” as its building and floor.")
        words = {"office": office, "location": office.location or _("nothing")}
        self.notes.append(Note(row.number, sentence % words))

    def _recognise(self, people: list[Person], known: list[Cadre]) -> None:
        """Of one unit and one name: the only one of that name, or whoever sits in that office; never a guess."""
        people = self._once_per_office(people)
        if len(people) == 1 and len(known) == 1:
            people[0].cadre = known[0]
            return
        rest, free = [], list(known)
        for person in people:
            there = [cadre for cadre in known if person.office and cadre.office_id == person.office.pk]
            if len(there) == 1:
                person.cadre = there[0]
                free.remove(there[0])
            else:
                rest.append(person)
        if free:
            for person in rest:
                self._ambiguous(person, known)

    def _once_per_office(self, people: list[Person]) -> list[Person]:
        """The same name twice in one office is reported for each of them, never merged."""
        places: dict[Any, list[Person]] = defaultdict(list)
        for person in people:
            unsure = person.row.wrong.intersection(("office", "room"))
            places[id(person) if unsure else person.office and id(person.office)].append(person)
        once = []
        for same in places.values():
            if len(same) == 1:
                once += same
                continue
            rows = [person.row.number for person in same]
            for person in same:
                others = "、".join(str(number) for number in rows if number != person.row.number)
                sentence = _("“%(name)s” of the same office also stands in row %(rows)s. Keep one row.")
                self.wrong(person.row, "name", sentence % {"name": person.name, "rows": others})
        return sorted(once, key=lambda person: person.row.number)

    def _ambiguous(self, person: Person, known: Sequence[Cadre]) -> None:
        if person.row.wrong.intersection(("office", "room")):
            return
        sentence = _(
            "The unit has “%(name)s” in %(offices)s, and nothing tells which one this is. "
            "Write the office as it is stored, or change it on the person's page first."
        )
        offices = "、".join(str(cadre.office) for cadre in known)
        self.wrong(person.row, "name", sentence % {"name": person.name, "offices": offices})

    def _check_new(self, known: Mapping[tuple[int, str], Sequence[Cadre]]) -> None:
        reported = {problem.row for problem in self.problems if problem.column == self.roster.titles["name"]}
        gone = {
            (unit_id, key(cadre.name)): cadre
            for unit_id, cadres in self.directory.gone.items()
            for cadre in cadres
        }
        for person in self.people:
            row = person.row
            unsure = row.number in reported and known.get((person.unit.pk, key(person.name)))
            if person.cadre is not None or unsure:
                continue
            self._check_filled_in(row)
            if cadre := gone.get((person.unit.pk, key(person.name))):
                sentence = _(
                    "“%(name)s” of this unit left on %(day)s. A new person is entered; if it is the same one, "
                    "withdraw the end of service instead."
                )
                words = {"name": person.name, "day": _day(cadre.serves_to)}
                self.notes.append(Note(row.number, sentence % words))

    # --- Who stands in for them, when all are known ---

    def _stand_ins(self) -> None:
        candidates: dict[tuple[int, str], list[Person | Cadre]] = defaultdict(list)
        in_file = {person.cadre.pk for person in self.people if person.cadre}
        for person in self.people:
            candidates[person.unit.pk, key(person.name)].append(person)
        for unit_id, cadres in self.directory.people.items():
            for cadre in cadres:
                if cadre.pk not in in_file:
                    candidates[unit_id, key(cadre.name)].append(cadre)
        for person in self.people:
            if person.row.stand_in and person.row.stand_in != NOBODY:
                try:
                    person.stand_in = _stand_in(person, candidates)
                except _Wrong as wrong:
                    self.wrong(person.row, "stand_in", wrong.sentence)

    # --- What becomes different ---

    def _changes(self) -> None:
        for person in self.people:
            person.changes = tuple(_changes(person, self.today))
            if "photo" not in person.fields:
                person.photo = None
            serves_to = person.cadre.serves_to if person.cadre else None
            if serves_to and person.row.serves_from and serves_to < person.row.serves_from:
                sentence = _("The last day lies before the first day of service.")
                self.wrong(person.row, "serves_from", sentence)


def _is_empty(row: Row, name: str) -> bool:
    return not getattr(row, name) and name not in row.wrong


def _has_half_an_office(row: Row) -> bool:
    return not row.wrong.intersection(("office", "room")) and bool(row.office) != bool(row.room)


class _Offices:
    """Offices as they are stored, found by what their names and rooms have in common with a row's, or new."""

    def __init__(self, directory: Directory) -> None:
        self._exact: dict[tuple[int, str, str], Office] = {}
        self._alike: dict[tuple[int, str, str], Office] = {}
        for offices in directory.offices.values():
            for office in offices:
                self._keep(office)

    def _keep(self, office: Office) -> None:
        self._exact[office.unit_id, office.name, office.room] = office
        self._alike.setdefault((office.unit_id, key(office.name), number_key(office.room)), office)

    def find(self, unit: Unit, row: Row) -> tuple[Office, bool]:
        alike = (unit.pk, key(row.office), number_key(row.room))
        office = self._exact.get((unit.pk, row.office, row.room)) or self._alike.get(alike)
        if office is not None:
            return office, False
        office = Office(unit=unit, name=row.office, room=row.room, location=row.location)
        self._keep(office)
        return office, True


def _stand_in(
    person: Person, candidates: Mapping[tuple[int, str], Sequence[Person | Cadre]]
) -> Person | Cadre:
    """The one colleague of that name. Raises _Wrong when there is none, or more than one."""
    written, place = person.row.stand_in, ""
    found = candidates.get((person.unit.pk, key(written)), ())
    if not found and (match := _WITH_OFFICE.fullmatch(written)):
        found, place = candidates.get((person.unit.pk, key(match["name"])), ()), match["office"]
    others = [other for other in found if other is not person]
    if place:
        others = [other for other in others if _sits_in(other, place)]
    if len(others) == 1:
        # Known already: the person of the directory, whoever's row it is.
        other = others[0]
        return other.cadre if isinstance(other, Person) and other.cadre else other
    if others:
        sentence = _(
            "Several people of the unit are called so. Add the office in brackets: %(name)s（%(office)s）."
        )
        raise _Wrong("stand_in", sentence % {"name": others[0].name, "office": _office_of(others[0])})
    if person in found:
        raise _Wrong("stand_in", _("Nobody can stand in for themselves."))
    sentence = _("Neither the roster nor the directory has “%(name)s” in “%(unit)s”.")
    raise _Wrong("stand_in", sentence % {"name": written, "unit": person.unit.name})


def _office_of(somebody: Person | Cadre) -> Office | None:
    if isinstance(somebody, Person) and somebody.office is None and somebody.cadre is not None:
        return somebody.cadre.office
    return somebody.office


def _sits_in(somebody: Person | Cadre, place: str) -> bool:
    office = _office_of(somebody)
    return office is not None and key(place) in (
        key(office.name),
        key(office.name + office.room),
        key(office.name) + number_key(office.room),
    )


def _changes(person: Person, today: date) -> Iterator[Change]:
    """What is empty in the row stays as it is stored."""
    row, cadre = person.row, person.cadre
    mobile = cadre.mobile if cadre else ""
    pairs: list[tuple[str, Any, Any]] = [
        ("office", str(cadre.office) if cadre else "", str(person.office or "")),
        *_lines(row, cadre),
        ("employment_kind", cadre.employment_kind if cadre else "", row.employment_kind),
        ("office_phone", cadre.office_phone if cadre else "", row.office_phone),
        ("mobile", mobile, row.mobile if row.mobile != re.sub(r"\D", "", mobile)[-11:] else ""),
        ("serves_from", _day(cadre.serves_from) if cadre else "", _day(row.serves_from)),
        ("photo", cadre.photo_digest if cadre else "", person.photo.digest if person.photo else ""),
    ]
    for name, old, new in pairs:
        if new and new != old:
            yield Change(name, old, new)
    before = cadre.stand_in if cadre else None
    after = before if not row.stand_in else person.stand_in
    if after is not before and not (
        isinstance(after, Cadre) and before is not None and after.pk == before.pk
    ):
        yield Change("stand_in", before.name if before else "", after.name if after else "")


def _lines(row: Row, cadre: Cadre | None) -> Iterator[tuple[str, list[str], list[str]]]:
    """Posts and duties. What is stored counts as it would be read back from a sheet: a round trip changes nothing."""
    for name, new, split in (("posts", row.posts, split_posts), ("duties", row.duties, split_duties)):
        stored = [str(line) for line in getattr(cadre, name).all()] if cadre else []
        same = split("\n".join(stored)) == new
        yield name, stored, [] if same else list(new)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
