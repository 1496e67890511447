"""What may stand in a line that people read and printers print."""

import re
import unicodedata
from functools import lru_cache

#: Shown as nothing by every font, whatever Unicode calls them: fillers, blanks, selectors of scripts not written here.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\ufffd")
#: Control, format, surrogate, private use, line and paragraph separator.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
#: Characters that a browser on some system refuses in a file's name, or reads as a folder.
_RESERVED = frozenset('/\\<>:"|?*')
LINE_BREAKS = "\r\n\t"


def hidden_character(value: str, allowed: str = "") -> str:
    """The first character that nobody can see, as “U+200B”; empty when there is none.

    Unassigned is no reason: the newest Han of rare names are newer than Python's tables. Variation selectors pass,
    they choose between forms of one Han.
    """
    hidden = (character for character in value if character not in allowed and _is_hidden(character))
    return next((f"U+{ord(character):04X}" for character in hidden), "")


def without_hidden(value: str, allowed: str = "") -> str:
    """The same words without what nobody can see."""
    return "".join(character for character in value if character in allowed or not _is_hidden(character))


@lru_cache(maxsize=4096)
def _is_hidden(character: str) -> bool:
    code = ord(character)
    no_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    reserved_as_invisible = 0xFFF0 <= code <= 0xFFF8 or (
        0xE0000 <= code <= 0xE0FFF and not 0xE0100 <= code <= 0xE01EF
    )
    return (
        no_character
        or reserved_as_invisible
        or character in _INVISIBLE
        or unicodedata.category(character) in _HIDDEN_CATEGORIES
    )


def has_letter(value: str) -> bool:
    """A letter of any script or a Han, those included that Python's tables do not know yet; 〇 is one too."""
    return any(
        unicodedata.category(character).startswith("L")
        or 0x20000 <= ord(character) <= 0x3FFFF
        or character == "〇"
        for character in value
    )


def likeness(words: str) -> str:
    """What two ways of writing the same name or room have in common."""
    return "".join(unicodedata.normalize("NFKC", words).split()).casefold()


def file_name(name: str) -> str:
    """A name for a download: no folder, nothing that Windows refuses, nothing invisible."""
    kept = "".join(
        "_" if character in _RESERVED or _is_hidden(character) else character for character in name
    )
    return re.sub(r"\s+", " ", kept).strip(" .") or "_"


def lines(value: str) -> tuple[str, ...]:
    """The lines of a text field, without numbering that somebody pasted along and without empty lines."""
    numbering = re.compile(r"^\s*(?:\d{1,2}\s*[.\u3001\uff0e)\uff09]|[(\uff08]\d{1,2}[)\uff09])\s*")
    return tuple(stripped for line in value.splitlines() if (stripped := numbering.sub("", line).strip()))
