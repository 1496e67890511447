"""Whether words that others may read give away the complainant: by what they wrote, or by name or phone."""

import re

from common.text import likeness

#: Consecutive characters that nobody writes by chance.
LENGTH = 12
#: What a number is known by; fewer digits stand in many texts.
DIGITS = 7


def quotes(words: str, source: str) -> bool:
    """Whether LENGTH consecutive characters of the source stand in the words, whatever the width and the spaces, and
    whatever stands between them."""
    return _shares(likeness(words), likeness(source)) or _shares(_letters(words), _letters(source))


def names(words: str, name: str, phone: str) -> bool:
    """Whether the contact stands in the words; of a number its last digits, with or without the area code."""
    called, number = likeness(name), re.sub(r"\D", "", likeness(phone))[-DIGITS:]
    return (len(called) > 1 and called in likeness(words)) or (
        len(number) == DIGITS and number in _joined(words)
    )


def _letters(text: str) -> str:
    return "".join(sign for sign in likeness(text) if sign.isalnum())


def _joined(text: str) -> str:
    """Without what people put between the groups of a number."""
    return re.sub(r"(?<=\d)[\-()]+(?=\d)", "", likeness(text))


def _shares(words: str, source: str) -> bool:
    pieces = {source[start : start + LENGTH] for start in range(len(source) - LENGTH + 1)}
    return any(words[start : start + LENGTH] in pieces for start in range(len(words) - LENGTH + 1))
