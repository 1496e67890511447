"""What any printed document needs of its content, and what prevents printing."""

from __future__ import annotations

import hashlib
import json
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from reportlab.pdfbase.pdfdoc import PDFError
from reportlab.pdfbase.pdfutils import readJPEGInfo

from cards.documents import qr
from cards.documents.fonts import missing_characters
from cards.documents.style import NAME_LONGEST
from common.problems import Refused

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


class CannotPrint(Refused):
    """Nothing was written; `problems` are sentences for the person who asked for the print."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDocument:
    """What plaque and contact card both print, and nothing else: the fingerprint covers every field."""

    unit_name: str
    name: str
    posts: tuple[str, ...]
    duties: tuple[str, ...]
    room: str
    office_name: str
    office_phone: str
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


#: CARD-1 and CARD-2: what the scheme wants on both is not left blank.
PERSON_REQUIRED = (
    "unit_name", "name", "posts", "duties", "room", "office_phone", "unit_hotline", "city_hotline", "serial",
    "code_text",
)  # fmt: skip


def labels() -> dict[str, str]:
    return {
        "unit_name": _("Unit name"),
        "name": _("Name"),
        "posts": _("Posts"),
        "duties": _("Duties"),
        "room": _("Room"),
        "office": _("Office"),
        "office_name": _("Office name"),
        "office_phone": _("Office phone"),
        "mobile": _("Mobile"),
        "stand_in": _("Stand-in"),
        "unit_hotline": _("Unit hotline"),
        "city_hotline": _("City hotline"),
        "serial": _("Card number"),
        "code_text": _("Code below the QR code"),
        "username": _("User name"),
        "code": _("One-time code"),
        "url": _("Address"),
        "expires": _("Valid until"),
    }


def empty(content: Any, fields: Sequence[str], document: StrOrPromise) -> list[str]:
    return [
        _("%(field)s: nothing is entered, and the %(document)s must show it.")
        % {"field": labels()[field], "document": document}
        for field in fields
        if not any(text.strip() for text in _texts(content, field))
    ]


def unprintable(content: Any, fields: Sequence[str]) -> list[str]:
    """reportlab prints nothing for a character its font lacks: say so before, with the field.

    Any role will do: each falls back to the fonts of the others.
    """
    problems = []
    for field in fields:
        for character in missing_characters("".join(_texts(content, field)), "sans"):
            # A character newer than Python's tables (Cn), as of rare names, is not an invisible one.
            values = {"field": labels()[field], "character": character, "code": f"U+{ord(character):04X}"}
            if character.isprintable() or unicodedata.category(character) == "Cn":
                text = _("%(field)s: no installed font has the character %(character)s (%(code)s).")
            else:
                text = _("%(field)s: contains an invisible character (%(code)s) that cannot be printed.")
            problems.append(text % values)
    return problems


def too_long(field: str, document: StrOrPromise) -> str:
    return _("%(field)s: the text is too long to fit on the %(document)s.") % {
        "field": labels()[field],
        "document": document,
    }


def long_name(name: str) -> list[str]:
    if len(name) <= NAME_LONGEST:
        return []
    return [
        _("The name is longer than %(most)d characters: it has %(length)d.")
        % {"most": NAME_LONGEST, "length": len(name)}
    ]


def unusable_code(url: str) -> list[str]:
    try:
        qr.modules(url)
    except ValueError as error:
        return [str(error)]
    return []


def unusable_photo(photo: Path | None) -> list[str]:
    if photo is None or photo_size(photo) is not None:
        return []
    return [_("The photo file %(file)s is missing or is not a JPEG picture.") % {"file": photo.name}]


def photo_size(photo: Path) -> tuple[int, int] | None:
    # reportlab passes the bytes of a JPEG through only where the name says that it is one.
    if photo.suffix.lower() not in (".jpg", ".jpeg"):
        return None
    try:
        with photo.open("rb") as file:
            across, down, *_rest = readJPEGInfo(file)  # type: ignore[misc]  # the stubs say None
    except (OSError, PDFError, struct.error, IndexError):
        return None
    return (across, down) if across and down else None


def sentences(found: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Whose problems are which; what is wrong with all alike, a missing hotline, is said once."""
    alike = [
        problem
        for problem in (found[0][1] if len(found) > 1 else [])
        if all(problem in problems for _who, problems in found)
    ]
    return alike + [
        f"{who}：{problem}" for who, problems in found for problem in problems if problem not in alike
    ]


def facts_of(content: Any) -> dict[str, Any]:
    """Every field of a dataclass. Not asdict, which copies deeply: the reprint list asks for thousands."""
    return {field.name: getattr(content, field.name) for field in fields(content)} | {
        "photo": photo_name(content.photo)
    }


def fingerprint_of(facts: dict[str, Any]) -> str:
    """Changes with everything that is printed: tells that a document on a door or in a pocket is outdated."""
    return hashlib.sha256(_json(facts).encode()).hexdigest()


def photo_name(photo: Path | None) -> str:
    """A photo's stored name is new with every photo."""
    return photo.name if photo else ""


def _texts(content: Any, field: str) -> tuple[str, ...]:
    value = getattr(content, field)
    return value if isinstance(value, tuple) else (value,)
