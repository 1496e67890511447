"""Heads of chains as they stand on paper, typed or copied: “D001 12 <64 hex>”, with or without the unit's name."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

DIGITS = 64
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}")
#: What a copy brings along: other dashes, marks of no width, the rules of a table.
_CLEAN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
        **dict.fromkeys(",;|、", " "),
    }
)


@dataclass(frozen=True)
class PrintedHead:
    """`line` is where it begins in what was handed in."""

    line: int
    code: str
    sequence: int
    head: str


class Unreadable(Exception):
    """A line that says no head of a chain."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(_("Line %(line)s: %(why)s") % {"line": line, "why": why})


def read(text: str) -> list[PrintedHead]:
    """Raises Unreadable for the first line that is none, and for a text without any."""
    found = [_head(line, parts) for line, parts in _joined(text.splitlines())]
    if not found:
        raise Unreadable(1, _("here should stand what a bulletin prints, such as “D001 12 9f86d0…”."))
    return found


def _joined(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The words of each head; what was broken over several lines is one again."""
    begun: tuple[int, list[str]] | None = None
    for number, line in enumerate(lines, start=1):
        words = unicodedata.normalize("NFKC", line).translate(_CLEAN).split()
        if not words:
            continue
        if begun is not None and _continues(begun[1], words):
            begun[1].extend(words)
            continue
        if begun is not None:
            yield begun
        begun = number, words
    if begun is not None:
        yield begun


def _continues(before: list[str], words: list[str]) -> bool:
    """A cell of the same row, as a PDF is copied; or only digits of its hash, and no more than are still missing."""
    place = _place(before)
    if place < 0:
        return not _is_whole(words)
    return _is_hash(words) and len(_hash(before[place + 1 :] + words)) <= DIGITS


def _is_whole(words: list[str]) -> bool:
    place = _place(words)
    return place > 0 and len(_hash(words[place + 1 :])) == DIGITS


def _place(words: list[str]) -> int:
    """Where the sequence stands: the first number after which there is nothing but a hash; -1 without one."""
    numbers = [place for place, word in enumerate(words) if place and _NUMBER.fullmatch(word)]
    return next((place for place in numbers if _is_hash(words[place + 1 :])), numbers[0] if numbers else -1)


def _is_hash(words: list[str]) -> bool:
    return bool(_HEX.fullmatch(_hash(words)))


def _hash(words: list[str]) -> str:
    return "".join(words).replace("-", "")


def _head(line: int, words: list[str]) -> PrintedHead:
    place = _place(words)
    if place < 0:
        raise Unreadable(
            line, _("unit code, number of the entry and hash are expected, apart from each other.")
        )
    digits = _hash(words[place + 1 :])
    if wrong := re.search(r"[^0-9a-fA-F]", digits):
        raise Unreadable(line, _("“%(sign)s” is no hexadecimal digit.") % {"sign": wrong.group()})
    if len(digits) != DIGITS:
        raise Unreadable(
            line,
            _("the hash has %(number)s digits instead of %(right)s.")
            % {"number": len(digits), "right": DIGITS},
        )
    if int(words[place]) < 1:
        raise Unreadable(line, _("entries are numbered from 1."))
    return PrintedHead(line, words[0].upper(), int(words[place]), digits.lower())
