"""What is printed on a plaque, and what prevents that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy

from cards.documents.content import (
    PERSON_REQUIRED,
    PersonDocument,
    empty,
    facts_of,
    fingerprint_of,
    long_name,
    unprintable,
    unusable_code,
    unusable_photo,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaqueContent(PersonDocument):
    stand_in: str


# A stand-in is our addition, not the scheme's.
_PRINTED: Final = (*PERSON_REQUIRED, "office_name", "stand_in")
DOCUMENT: Final = gettext_lazy("plaque")


def problems_with(content: PlaqueContent) -> list[str]:
    """Sentences on what is missing or cannot be printed at all, before anything is laid out."""
    return [
        *empty(content, PERSON_REQUIRED, DOCUMENT),
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
