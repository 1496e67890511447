"""What is printed of whom: the content of every kind of document, in four queries for one card or ten thousand.

Rows are read as plain values: the reprint list compares the whole city with its doors at every opening.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import City
from cards.documents import combined, contact, plaque
from cards.documents.style import ELSEWHERE
from cards.models import Card, CardQuerySet, Duty, Office, Post, PrintKind
from cards.presentation import below_the_name, working_elsewhere
from cards.printing.address import card_url
from cards.rules import room_key
from cards.selectors import behind_one_door, current_placements
from cards.services.printing import Print
from common.tokens import grouped

#: The unit, and its room by rules.room_key.
Door = tuple[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Room:
    """An office as it stands on paper; two offices behind one door are one room."""

    unit_id: int
    unit_name: str
    unit_hotline: str
    location: str
    number: str
    office_name: str

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.location, self.number) if part)

    @property
    def door(self) -> Door:
        return self.unit_id, room_key(self.location, self.number)


@dataclass(frozen=True, slots=True)
class Holder:
    """A valid card and everything that any document says of the person."""

    card_id: int
    serial: str
    url: str
    code_text: str
    cadre_id: int
    name: str
    pinyin: str
    office_phone: str
    #: Printed on the card that the cadre hands out: consent is asked for the web alone (docs/scheme.md).
    mobile: str
    photo: str
    stand_in: str
    unit_id: int
    unit_name: str
    unit_hotline: str
    #: Where the person works today: a secondment's, a village post's, or their own.
    room: Room
    #: The office of the posts; `room` is another one's while somebody works elsewhere.
    office_name: str
    titles: tuple[str, ...]
    elsewhere: str
    duties: tuple[str, ...]

    @property
    def posts(self) -> tuple[str, ...]:
        """Under the name of the home unit."""
        return below_the_name(self.titles, self.office_name, elsewhere=self.elsewhere)

    @property
    def posts_in_room(self) -> tuple[str, ...]:
        """Under the name of the room's unit."""
        if self.room.unit_id == self.unit_id:
            return self.posts
        return below_the_name(self.titles, self.office_name, unit=self.unit_name, elsewhere=self.elsewhere)


@dataclass(frozen=True)
class Document:
    """One plaque, combined plaque or contact card as it would be printed now, and whose it is."""

    kind: PrintKind
    holders: tuple[Holder, ...]
    content: Any

    @property
    def facts(self) -> dict[str, Any]:
        return MAKERS[self.kind].facts(self.content)

    @property
    def fingerprint(self) -> str:
        return str(MAKERS[self.kind].fingerprint(self.content))

    @property
    def prints(self) -> list[Print]:
        facts, fingerprint = self.facts, self.fingerprint
        return [Print(holder.card_id, self.kind, facts, fingerprint) for holder in self.holders]


@dataclass(frozen=True)
class Batch:
    """A unit's documents of one kind, in the order of the corridor, and sentences on who is left out."""

    documents: list[Document]
    notes: tuple[str, ...] = ()


#: Each package of documents has facts, fingerprint and the content's class under the same names.
MAKERS: dict[PrintKind, Any] = {
    PrintKind.PLAQUE: plaque,
    PrintKind.COMBINED: combined,
    PrintKind.CONTACT: contact,
}


def printable(today: date) -> CardQuerySet:
    """The valid cards without those that lapse tonight (DESIGN §3)."""
    serving = Q(cadre__serves_to=None) | Q(cadre__serves_to__gte=today)
    return Card.objects.valid().filter(serving).select_related("cadre")


def with_hosts(units: Iterable[int], today: date) -> set[int]:
    """These units and those in which their people work today: who shares a room there is not in these units alone."""
    ids = set(units)
    placed = current_placements(today).filter(cadre__unit__in=ids).order_by()
    return ids | set(placed.values_list("office__unit", flat=True))


def at_home_or_at_work(cards: CardQuerySet, units: Iterable[int], today: date) -> CardQuerySet:
    """The cards of whoever belongs to these units or works in them today."""
    ids = list(units)
    placed = current_placements(today).filter(office__unit__in=ids).values("cadre")
    return cards.filter(Q(cadre__unit__in=ids) | Q(cadre__in=placed))


def behind_the_door(cards: CardQuerySet, office: Office, today: date) -> CardQuerySet:
    """The cards of whoever belongs in the room of this office or works in it today."""
    offices = [one.pk for one in behind_one_door(office)]
    placed = current_placements(today).filter(office__in=offices).values("cadre")
    return cards.filter(Q(cadre__office__in=offices) | Q(cadre__in=placed))


_OFFICE = ("unit_id", "unit__name", "unit__hotline", "location", "room", "name")
_CARD = (
    ["pk", "serial", "token", "cadre_id"]
    + [f"cadre__{name}" for name in ("name", "pinyin", "office_phone", "mobile", "photo")]
    + [f"cadre__stand_in__{name}" for name in ("name", "serves_from", "serves_to", "office__room")]
    + [f"cadre__{name}" for name in ("unit_id", "unit__name", "unit__hotline")]
    + [f"cadre__office__{name}" for name in _OFFICE]
)


def holders(cards: CardQuerySet, today: date) -> list[Holder]:
    """Everybody of these cards, as one walks along the corridor."""
    rows = list(_plain(cards).values_list(*_CARD))
    cadres = _cadres(cards)
    places = _places(current_placements(today).filter(cadre__in=cadres))
    posts = _lines(Post.objects.filter(cadre__in=cadres).values_list("cadre_id", "title"))
    duties = _lines(
        Duty.objects.filter(cadre__in=cadres).order_by("position").values_list("cadre_id", "text")
    )
    found = []
    for card_id, serial, token, cadre_id, name, pinyin, office_phone, mobile, photo, *others in rows:
        home = Room(*others[7:])
        kind, room = places.get(cadre_id, ("", home))
        holder = Holder(
            card_id=card_id,
            serial=serial,
            url=card_url(token),
            code_text=grouped(token),
            cadre_id=cadre_id,
            name=name,
            pinyin=pinyin,
            office_phone=office_phone,
            mobile=mobile,
            photo=photo,
            stand_in=_stand_in(others[:4], today),
            unit_id=others[4],
            unit_name=others[5],
            unit_hotline=others[6],
            room=room,
            office_name=home.office_name,
            titles=tuple(posts[cadre_id]),
            elsewhere=working_elsewhere(kind, room.unit_name, room.office_name) if kind else "",
            duties=tuple(duties[cadre_id]),
        )
        found.append(holder)
    return sorted(found, key=_along_the_corridor)


def _plain(cards: CardQuerySet) -> CardQuerySet:
    return cards.order_by().select_related(None)


def _cadres(cards: CardQuerySet) -> Any:
    return _plain(cards).values("cadre")


def _along_the_corridor(holder: Holder) -> tuple[Any, ...]:
    return holder.room.number, holder.room.location, holder.room.office_name, holder.pinyin, holder.card_id


def _places(placements: Any) -> dict[int, tuple[str, Room]]:
    """As what and where those work who work elsewhere; of several the one that began last, as in selectors.place_of."""
    fields = [f"office__{name}" for name in _OFFICE]
    rows = placements.order_by("valid_from", "pk").values_list("cadre_id", "kind", *fields)
    return {cadre_id: (ELSEWHERE[kind], Room(*place)) for cadre_id, kind, *place in rows}


def _lines(rows: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for cadre_id, line in rows:
        found[cadre_id].append(line)
    return found


def _stand_in(row: Sequence[Any], today: date) -> str:
    """As on the public page: who has left stands in for nobody."""
    name, first, last, room = row
    if name is None or first > today or (last is not None and last < today):
        return ""
    return f"{name}\uff08{room}\uff09"


def _photo(holder: Holder) -> Path | None:
    return Path(default_storage.path(holder.photo)) if holder.photo else None


# --- Plaques -----------------------------------------------------------------------------------------------------


def _of_both(holder: Holder, city: City) -> dict[str, Any]:
    """What stands on the plaque and on the contact card."""
    return {
        "unit_name": holder.unit_name,
        "name": holder.name,
        "posts": holder.posts,
        "duties": holder.duties,
        "room": holder.room.name,
        "office_name": holder.room.office_name,
        "office_phone": holder.office_phone,
        "unit_hotline": holder.unit_hotline,
        "city_hotline": city.express_hotline,
        "serial": holder.serial,
        "url": holder.url,
        "code_text": holder.code_text,
        "photo": _photo(holder),
        "demo": city.is_demo,
    }


def _plaque(holder: Holder, city: City) -> plaque.PlaqueContent:
    return plaque.PlaqueContent(**_of_both(holder, city), stand_in=holder.stand_in)


def _contact(holder: Holder, city: City) -> contact.ContactContent:
    return contact.ContactContent(**_of_both(holder, city), mobile=holder.mobile)


# --- Combined plaques --------------------------------------------------------------------------------------------


def shared_rooms(people: Iterable[Holder]) -> dict[Door, list[Holder]]:
    found: dict[Door, list[Holder]] = defaultdict(list)
    for holder in people:
        found[holder.room.door].append(holder)
    return found


def rooms_of(cards: CardQuerySet, today: date) -> dict[Door, list[int]]:
    """Who shares a room today, as card numbers alone: enough to count sheets."""
    offices = [f"cadre__office__{name}" for name in _OFFICE]
    elsewhere = _places(current_placements(today).filter(cadre__in=_cadres(cards)))
    found: dict[Door, list[int]] = defaultdict(list)
    for card_id, cadre_id, *office in _plain(cards).values_list("pk", "cadre_id", *offices):
        _kind, room = elsewhere.get(cadre_id) or ("", Room(*office))
        found[room.door].append(card_id)
    return found


def sheets_needed(people: int) -> int:
    return -(-people // combined.MOST) if people >= combined.FEWEST else 0


def in_equal_parts(people: Sequence[Holder]) -> list[tuple[Holder, ...]]:
    """As few sheets as possible, none of them nearly empty: nine people are five and four."""
    sheets = sheets_needed(len(people))
    size, larger = divmod(len(people), sheets) if sheets else (0, 0)
    starts = [number * size + min(number, larger) for number in range(sheets + 1)]
    return [tuple(people[one:other]) for one, other in pairwise(starts)]


def _sheet(people: Sequence[Holder], city: City) -> combined.CombinedContent:
    """Unit and hotline are the room's: of whoever is seconded there too."""
    room = people[0].room
    return combined.CombinedContent(
        unit_name=room.unit_name,
        room=room.name,
        unit_hotline=room.unit_hotline,
        city_hotline=city.express_hotline,
        people=tuple(_person(holder) for holder in people),
        demo=city.is_demo,
    )


def _person(holder: Holder) -> combined.PersonContent:
    return combined.PersonContent(
        name=holder.name,
        posts=holder.posts_in_room,
        duties=holder.duties,
        office_phone=holder.office_phone,
        serial=holder.serial,
        url=holder.url,
        code_text=holder.code_text,
        photo=_photo(holder),
    )


def sheets_of(room: Sequence[Holder], city: City) -> list[Document]:
    """The combined plaques of one room; none for somebody who works there alone."""
    return [Document(PrintKind.COMBINED, part, _sheet(part, city)) for part in in_equal_parts(room)]


def _combined_batch(rooms: Iterable[list[Holder]], city: City, only: frozenset[int] | None) -> Batch:
    wanted = [room for room in rooms if only is None or any(holder.card_id in only for holder in room)]
    alone = [room[0] for room in wanted if len(room) < combined.FEWEST]
    notes = [
        _("%(room)s: only %(name)s works there, who gets a plaque of their own.")
        % {"room": holder.room.name, "name": holder.name}
        for holder in alone
    ]
    return Batch([sheet for room in wanted for sheet in sheets_of(room, city)], tuple(notes))


# --- What one unit prints ----------------------------------------------------------------------------------------


def batch(
    kind: PrintKind, *, unit_id: int, city: City, today: date, only: frozenset[int] | None = None
) -> Batch:
    """What this unit prints; `only` these cards, for combined plaques the rooms with one of them."""
    cards = printable(today)
    if kind == PrintKind.COMBINED:
        people = holders(at_home_or_at_work(cards, [unit_id], today), today)
        rooms = shared_rooms(holder for holder in people if holder.room.unit_id == unit_id)
        return _combined_batch(rooms.values(), city, only)
    cards = cards.filter(cadre__unit=unit_id)
    if only is not None:
        cards = cards.filter(pk__in=only)
    return Batch(documents(kind, holders(cards, today), city))


def documents(kind: PrintKind, people: Iterable[Holder], city: City) -> list[Document]:
    """The documents of single people."""
    content = _BUILDERS[kind]
    return [Document(kind, (holder,), content(holder, city)) for holder in people]


_BUILDERS: dict[str, Any] = {PrintKind.PLAQUE: _plaque, PrintKind.CONTACT: _contact}
