"""What is printed on a contact card, and what prevents that."""

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
class ContactContent:
    """Everything that is printed, and nothing else: the fingerprint covers every field."""

    unit_name: str
    name: str
    posts: tuple[str, ...]
    duties: tuple[str, ...]
    room: str
    office_name: str
    office_phone: str
    mobile: str
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


# CARD-1 and CARD-2, as on the plaque. Not everybody has a mobile number for the public.
_REQUIRED: Final = (
    "unit_name", "name", "posts", "duties", "room", "office_phone", "unit_hotline", "city_hotline", "serial",
    "code_text",
)  # fmt: skip
_PRINTED: Final = (*_REQUIRED, "office_name", "mobile")
DOCUMENT: Final = gettext_lazy("contact card")


def problems_with(content: ContactContent) -> list[str]:
    return [
        *empty(content, _REQUIRED, DOCUMENT),
        *unprintable(content, _PRINTED),
        *long_name(content.name),
        *unusable_code(content.url),
        *unusable_photo(content.photo),
    ]


def facts(content: ContactContent) -> dict[str, Any]:
    """Everything that is printed, for the print log."""
    return facts_of(content)


def fingerprint(content: ContactContent) -> str:
    return fingerprint_of(facts(content))
