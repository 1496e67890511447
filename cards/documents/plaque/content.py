"""What is printed on a plaque, and what prevents that."""

from __future__ import annotations

import hashlib
import json
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from reportlab.pdfbase.pdfdoc import PDFError
from reportlab.pdfbase.pdfutils import readJPEGInfo

from cards.documents import qr
from cards.documents.fonts import missing_characters
from cards.documents.plaque.design import NAME_LONGEST
from common.problems import Refused


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


class CannotPrint(Refused):
    """Nothing was written; `problems` are sentences for the person who asked for the print."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def problems_with(content: PlaqueContent) -> list[str]:
    """Sentences on what is missing or cannot be printed at all, before anything is laid out."""
    problems = _empty(content) + _unprintable(content)
    if len(content.name) > NAME_LONGEST:
        problems.append(
            _("The name is longer than %(most)d characters: it has %(length)d.")
            % {"most": NAME_LONGEST, "length": len(content.name)}
        )
    try:
        qr.modules(content.url)
    except ValueError as error:
        problems.append(str(error))
    if content.photo is not None and photo_size(content.photo) is None:
        problems.append(
            _("The photo file %(file)s is missing or is not a JPEG picture.") % {"file": content.photo.name}
        )
    return problems


def sentences(found: Sequence[tuple[PlaqueContent, list[str]]]) -> list[str]:
    """What each plaque's problems are; what is wrong with all alike, a missing hotline, is said once."""
    alike = [
        problem
        for problem in (found[0][1] if len(found) > 1 else [])
        if all(problem in problems for _content, problems in found)
    ]
    return alike + [
        f"{content.serial} {content.name}：{problem}"
        for content, problems in found
        for problem in problems
        if problem not in alike
    ]


def labels() -> dict[str, str]:
    return {
        "unit_name": _("Unit name"),
        "name": _("Name"),
        "posts": _("Posts"),
        "duties": _("Duties"),
        "room": _("Room"),
        "office_name": _("Office name"),
        "office_phone": _("Office phone"),
        "stand_in": _("Stand-in"),
        "unit_hotline": _("Unit hotline"),
        "city_hotline": _("City hotline"),
        "serial": _("Card number"),
        "code_text": _("Code below the QR code"),
    }


# CARD-1 and CARD-2: what the scheme wants on the plaque is not left blank. A stand-in is our addition.
_REQUIRED: Final = (
    "unit_name", "name", "posts", "duties", "room", "office_phone", "unit_hotline", "city_hotline", "serial",
    "code_text",
)  # fmt: skip
_PRINTED: Final = (*_REQUIRED, "office_name", "stand_in")


def _texts(content: PlaqueContent, field: str) -> tuple[str, ...]:
    value = getattr(content, field)
    return value if isinstance(value, tuple) else (value,)


def _empty(content: PlaqueContent) -> list[str]:
    return [
        _("%(field)s: nothing is entered, and the plaque must show it.") % {"field": labels()[field]}
        for field in _REQUIRED
        if not any(text.strip() for text in _texts(content, field))
    ]


def _unprintable(content: PlaqueContent) -> list[str]:
    """reportlab prints nothing for a character its font lacks: say so before, with the field.

    Any role will do: each falls back to the fonts of the others.
    """
    problems = []
    for field in _PRINTED:
        for character in missing_characters("".join(_texts(content, field)), "sans"):
            # A character newer than Python's tables (Cn), as of rare names, is not an invisible one.
            values = {"field": labels()[field], "character": character, "code": f"U+{ord(character):04X}"}
            if character.isprintable() or unicodedata.category(character) == "Cn":
                text = _("%(field)s: no installed font has the character %(character)s (%(code)s).")
            else:
                text = _("%(field)s: contains an invisible character (%(code)s) that cannot be printed.")
            problems.append(text % values)
    return problems


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


def facts(content: PlaqueContent) -> dict[str, Any]:
    """Everything that is printed, for the print log; a photo's stored name is new with every photo."""
    return {**asdict(content), "photo": content.photo.name if content.photo else ""}


def fingerprint(content: PlaqueContent) -> str:
    """Changes with everything that is printed: tells that a plaque on a door is outdated."""
    return hashlib.sha256(json.dumps(facts(content), ensure_ascii=False, sort_keys=True).encode()).hexdigest()
