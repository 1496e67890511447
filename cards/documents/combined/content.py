"""What is printed on the combined plaque of a room, and what prevents that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cards.documents.content import (
    empty,
    facts_of,
    fingerprint_of,
    long_name,
    unprintable,
    unusable_code,
    unusable_photo,
)

FEWEST: Final = 2
MOST: Final = 8


@dataclass(frozen=True, slots=True)
class PersonContent:
    """One of the room, as everybody's own plaque shows them."""

    name: str
    posts: tuple[str, ...]
    duties: tuple[str, ...]
    office_phone: str
    serial: str
    url: str
    code_text: str
    photo: Path | None = None

    @property
    def whose(self) -> str:
        return f"{self.serial} {self.name}"


@dataclass(frozen=True, slots=True)
class CombinedContent:
    """Everything that is printed, and nothing else: who comes or leaves outdates the sheet for everybody."""

    unit_name: str
    room: str
    unit_hotline: str
    city_hotline: str
    people: tuple[PersonContent, ...]
    demo: bool = False

    @property
    def whose(self) -> str:
        return f"{self.unit_name} {self.room}".strip()


# CARD-1 and CARD-2, as on the plaque of one person.
_ROOM: Final = ("unit_name", "room", "unit_hotline", "city_hotline")
_PERSON: Final = ("name", "posts", "duties", "office_phone", "serial", "code_text")
DOCUMENT: Final = gettext_lazy("combined plaque")


def problems_with(content: CombinedContent) -> list[str]:
    """What is wrong with the sheet as a whole."""
    problems = empty(content, _ROOM, DOCUMENT) + unprintable(content, _ROOM)
    if not FEWEST <= len(content.people) <= MOST:
        problems.append(
            _("A combined plaque is for %(fewest)d to %(most)d people, and this one has %(number)d.")
            % {"fewest": FEWEST, "most": MOST, "number": len(content.people)}
        )
    return problems


def problems_of(person: PersonContent) -> list[str]:
    return [
        *empty(person, _PERSON, DOCUMENT),
        *unprintable(person, _PERSON),
        *long_name(person.name),
        *unusable_code(person.url),
        *unusable_photo(person.photo),
    ]


def facts(content: CombinedContent) -> dict[str, Any]:
    """Everything that is printed, for the print log: the same for everybody in the room."""
    sheet = {name: getattr(content, name) for name in content.__slots__}
    return {**sheet, "people": [facts_of(person) for person in content.people]}


def fingerprint(content: CombinedContent) -> str:
    return fingerprint_of(facts(content))
