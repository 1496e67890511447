"""What was printed of a person's cards, and which of it is outdated."""

from dataclasses import dataclass
from datetime import date

from accounts.models import City
from cards.models import Cadre, Office, Printing, PrintKind
from cards.printing.reprints import of_room, with_reasons

#: Of each person; all of them stand in the history below.
SHOWN = 5


@dataclass(frozen=True)
class Outdated:
    """Something that hangs at the door, or lies in a drawer, and why it is to be printed again."""

    kind: PrintKind
    reasons: list[str]


def newest(person: Cadre) -> list[Printing]:
    rows = Printing.objects.filter(card__cadre=person).select_related("card", "printed_by")
    return list(rows.order_by("-pk")[:SHOWN])


def outdated(person: Cadre, place: Office, *, city: City, today: date) -> list[Outdated]:
    """As on the reprint lists of the person's unit and of the one in whose room they work today."""
    found = of_room(place, {person.unit_id, place.unit_id}, city=city, today=today)
    rows = [row for kind in PrintKind for row in found.outdated[kind] if row.holder.cadre_id == person.pk]
    return [Outdated(one.row.document.kind, one.reasons) for one in with_reasons(rows)]
