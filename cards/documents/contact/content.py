"""What is printed on a contact card, and what prevents that."""

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
class ContactContent(PersonDocument):
    mobile: str


# Not everybody has a mobile number for the public.
_PRINTED: Final = (*PERSON_REQUIRED, "office_name", "mobile")
DOCUMENT: Final = gettext_lazy("contact card")


def problems_with(content: ContactContent) -> list[str]:
    return [
        *empty(content, PERSON_REQUIRED, DOCUMENT),
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
