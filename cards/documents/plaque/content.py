"""What is printed on a plaque, and what prevents that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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


@dataclass(frozen=True, slots=True)
class PlaqueContent:
    """Everything that is printed, and nothing else: the fingerprint covers every field."""

    unit_name: str
    name: str
    posts: tuple[str, ...]
    duties: tuple[str, ...]
    room: str
    office_name: str
    office_phone: str
    stand_in: str
    unit_hotline: str
    city_hotline: str
    serial: str
    url: str
    code_text: str
    photo: Path | None = None
    demo: bool = False

    @property
    def whose(self) -> str:
        return f"{self.serial} {self.name}"


# CARD-1 and CARD-2: what the scheme wants on the plaque is not left blank. A stand-in is our addition.
_REQUIRED: Final = (
    "unit_name", "name", "posts", "duties", "room", "office_phone", "unit_hotline", "city_hotline", "serial",
    "code_text",
)  # fmt: skip
_PRINTED: Final = (*_REQUIRED, "office_name", "stand_in")
DOCUMENT: Final = gettext_lazy("plaque")


def problems_with(content: PlaqueContent) -> list[str]:
    """Sentences on what is missing or cannot be printed at all, before anything is laid out."""
    return [
        *empty(content, _REQUIRED, DOCUMENT),
        *unprintable(content, _PRINTED),
        *long_name(content.name),
        *unusable_code(content.url),
        *unusable_photo(content.photo),
    ]


def facts(content: PlaqueContent) -> dict[str, Any]:
    """Everything that is printed, for the print log."""
    return facts_of(content)


def fingerprint(content: PlaqueContent) -> str:
    return fingerprint_of(facts(content))
