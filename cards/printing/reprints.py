"""The reprint list: what hangs beside a door, or lies in a drawer, and no longer says what is true."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import City
from cards.models import Office, Printing, PrintKind
from cards.printing.gathering import (
    Document,
    Door,
    Holder,
    at_home_or_at_work,
    behind_the_door,
    documents,
    holders,
    printable,
    shared_rooms,
    sheets_of,
    with_hosts,
)
from cards.printing.reasons import reasons
from cards.selectors import PLAQUES


@dataclass(frozen=True, slots=True)
class Last:
    """The newest row of the log for a card, without what it shows."""

    pk: int
    kind: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Row:
    """One card on the list: what is to be printed of it now, and what was printed last."""

    holder: Holder
    #: The unit that prints it: of a combined plaque the one whose room it is.
    unit_id: int
    document: Document
    last: Last | None


@dataclass(frozen=True)
class Reprints:
    """Who is on the list, by the kind that is to be printed; `never` has no plaque at all."""

    outdated: dict[str, list[Row]] = field(default_factory=dict)
    never: list[Row] = field(default_factory=list)

    @property
    def plaques(self) -> int:
        return sum(len(self.outdated[kind]) for kind in PLAQUES)


def newest(cards: Iterable[int] | None, kinds: Collection[str]) -> dict[int, Last]:
    """What was printed last of these cards, or of all that are valid, in one query."""
    log = Printing.objects.filter(kind__in=kinds, card__revoked_at=None)
    if cards is not None:
        log = log.filter(card__in=list(cards))
    last = log.order_by().values("card").annotate(newest=Max("pk")).values("newest")
    rows = Printing.objects.filter(pk__in=last).order_by()
    fields = rows.values_list("card_id", "pk", "kind", "fingerprint")
    return {card_id: Last(pk, kind, print_) for card_id, pk, kind, print_ in fields}


def reprints(units: Collection[int] | None, *, city: City, today: date, contacts: bool = True) -> Reprints:
    """The list of these units, None for the city's; a handful of queries for any number of people.

    A room's combined plaque is its unit's, whoever works there; everybody's own plaque and contact card are the home
    unit's. Without `contacts` only of what hangs beside doors.
    """
    cards = printable(today)
    if units is not None:
        cards = at_home_or_at_work(cards, with_hosts(units, today), today)
    people = holders(cards, today)
    ids = None if units is None else [holder.card_id for holder in people]
    return _compared(people, ids, units, city, contacts)


def of_room(office: Office, units: Collection[int], *, city: City, today: date) -> Reprints:
    """What the lists of these units say of whoever works in this room; room-mates stand on the same sheet."""
    people = holders(behind_the_door(printable(today), office, today), today)
    return _compared(people, [holder.card_id for holder in people], units, city, contacts=True)


def _compared(
    people: list[Holder], ids: list[int] | None, units: Collection[int] | None, city: City, contacts: bool
) -> Reprints:
    found = Reprints({kind.value: [] for kind in PrintKind})
    _add_plaques(found, people, newest(ids, PLAQUES), city, units)
    if contacts:
        _add_contacts(found, people, newest(ids, [PrintKind.CONTACT]), city, units)
    return found


def _add_plaques(
    found: Reprints, people: list[Holder], last: dict[int, Last], city: City, units: Collection[int] | None
) -> None:
    rooms = shared_rooms(people)
    sheets: dict[int, Document] = {}
    drawn: set[Door] = set()
    for holder in people:
        printed, door = last.get(holder.card_id), holder.room.door
        shared = printed is not None and printed.kind == PrintKind.COMBINED
        if shared and door not in drawn:
            drawn.add(door)
            for drawn_now in sheets_of(rooms[door], city):
                sheets.update((one.card_id, drawn_now) for one in drawn_now.holders)
        # Who is left alone in a room gets a plaque of their own.
        sheet = sheets.get(holder.card_id) if shared else None
        unit_id = holder.room.unit_id if sheet else holder.unit_id
        if units is not None and unit_id not in units:
            continue
        document = sheet or documents(PrintKind.PLAQUE, [holder], city)[0]
        if printed is None:
            found.never.append(Row(holder, unit_id, document, None))
        elif printed.kind != document.kind or printed.fingerprint != document.fingerprint:
            found.outdated[document.kind].append(Row(holder, unit_id, document, printed))


def _add_contacts(
    found: Reprints, people: list[Holder], last: dict[int, Last], city: City, units: Collection[int] | None
) -> None:
    for holder in people:
        printed = last.get(holder.card_id)
        if printed is None or (units is not None and holder.unit_id not in units):
            continue
        document = documents(PrintKind.CONTACT, [holder], city)[0]
        if printed.fingerprint != document.fingerprint:
            found.outdated[PrintKind.CONTACT].append(Row(holder, holder.unit_id, document, printed))


@dataclass(frozen=True)
class Explained:
    """A row with what only the page that is shown needs from the log."""

    row: Row
    printed_at: datetime | None
    reasons: list[str]


def with_reasons(rows: Iterable[Row]) -> list[Explained]:
    """For one page of the list: when each was printed, and what has changed since."""
    rows = list(rows)
    printed = Printing.objects.only("printed_at", "shown").in_bulk([row.last.pk for row in rows if row.last])
    return [
        Explained(row, printed[row.last.pk].printed_at, _reasons(row, printed[row.last.pk].shown))
        if row.last
        else Explained(row, None, [])
        for row in rows
    ]


def _reasons(row: Row, shown: dict[str, Any]) -> list[str]:
    if row.last is not None and row.last.kind != row.document.kind:
        return [_("Nobody else works in the room: a plaque of one's own instead of a combined one")]
    return reasons(shown, row.document.facts, row.holder.serial)
