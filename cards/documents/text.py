"""Setting Chinese text into a box: line breaking, fitting one line, bounded blocks.

reportlab's Paragraph knows no fallback per character and no "at most so many lines", and is slow.
Lengths are in the caller's unit (the plaque uses millimetres); a size is the edge of the em square.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cards.documents.fonts import Role, width

# GB/T 15834-2011, 5.1: marks that never begin a line, and marks that never end one; with their ASCII cousins.
NOT_AT_START: Final = frozenset("、。，．；：！？）》〉」』】〕〗〙”’…—～·％‰℃々］｝,.;:!?)]}%~")
NOT_AT_END: Final = frozenset("（《〈「『【〔〖〘“‘［｛([{")
ELLIPSIS: Final = "…"

# Letters and digits with the ASCII signs between them (304-2, 7.5, A/B) are one word; —— and …… stay whole.
_LETTER: Final = r"[^\W_\u2E80-\U0003FFFF]"
_ATOMS: Final = re.compile(rf"{_LETTER}(?:(?:{_LETTER}|[!-~])*{_LETTER})?|——|……|\s+|.", re.DOTALL)
_STEP: Final = 0.1  # finer steps of size cost time, and nobody sees them
_EPSILON: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that stays in one line, and whether a blank parts it from the piece before; widths at size 1."""

    text: str
    advance: float
    blank: str = ""
    blank_advance: float = 0.0


@dataclass(frozen=True, slots=True)
class Block:
    size: float
    paragraphs: tuple[tuple[str, ...], ...]
    cut: bool

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line for paragraph in self.paragraphs for line in paragraph)


def fit(
    text: str, role: Role, room: float, *, largest: float, smallest: float, tracking: float = 0
) -> float | None:
    """The largest size at which the text is one line, or None where even the smallest is too wide."""
    ems = width(text, role, 1) + tracking * max(len(text) - 1, 0)
    size = min(largest, room / ems) if ems else largest
    return size if size >= smallest else None


def wrap(text: str, role: Role, size: float, room: float) -> list[str]:
    return _wrap(pieces_of(text, role), role, room / size)


def block(
    texts: Sequence[str],
    role: Role,
    room: float,
    *,
    largest: float,
    smallest: float,
    lines: Callable[[float], int],
    indent: float = 0,
) -> Block:
    """Paragraphs of at most `lines(size)` lines in all, as large as they fit; else cut with an ellipsis.

    `indent` (in ems) is kept free for a number in front of each paragraph.
    """
    pieces = [pieces_of(text, role) for text in texts]
    steps = max(0, round((largest - smallest) / _STEP))
    sizes = [largest - number * _STEP for number in range(steps)] + [smallest]

    def wrapped(size: float) -> list[list[str]]:
        return [_wrap(paragraph, role, room / size - indent) for paragraph in pieces]

    def fitting(size: float) -> Block | None:
        paragraphs = wrapped(size)
        if sum(map(len, paragraphs)) > lines(size):
            return None
        return Block(size, tuple(map(tuple, paragraphs)), cut=False)

    if full := fitting(sizes[0]):
        return full
    best, first, last = None, 1, len(sizes) - 1
    while first <= last:
        middle = (first + last) // 2
        if found := fitting(sizes[middle]):
            best, last = found, middle - 1
        else:
            first = middle + 1
    return best or _cut(wrapped(smallest), role, smallest, room - indent * smallest, lines(smallest))


def pieces_of(text: str, role: Role) -> list[Piece]:
    found: list[tuple[str, str]] = []
    blank = ""
    for atom in _ATOMS.findall(text.strip()):
        if atom.isspace():
            blank = " "
        elif found and not blank and (found[-1][1][-1] in NOT_AT_END or atom[0] in NOT_AT_START):
            found[-1] = (found[-1][0], found[-1][1] + atom)
        else:
            found.append((blank, atom))
            blank = ""
    return [Piece(piece, width(piece, role, 1), blank, width(blank, role, 1)) for blank, piece in found]


def split_piece(piece: Piece, role: Role, room: float) -> list[Piece]:
    """A word wider than the box, broken where the box ends."""
    parts = [""]
    for character in piece.text:
        if parts[-1] and width(parts[-1] + character, role, 1) > room + _EPSILON:
            parts.append("")
        parts[-1] += character
    return [Piece(part, width(part, role, 1)) for part in parts]


def _wrap(pieces: Sequence[Piece], role: Role, room: float) -> list[str]:
    lines: list[str] = []
    line, length = "", 0.0
    for whole in pieces:
        for piece in [whole] if whole.advance <= room else split_piece(whole, role, room):
            grown = length + piece.blank_advance + piece.advance
            if line and grown <= room + _EPSILON:
                line, length = line + piece.blank + piece.text, grown
                continue
            if line:
                lines.append(line)
            line, length = piece.text, piece.advance
    return [*lines, line] if line else lines


def _cut(paragraphs: list[list[str]], role: Role, size: float, room: float, allowed: int) -> Block:
    """Share the lines out in turn, so that every paragraph keeps its beginning."""
    shares = [0] * len(paragraphs)
    while (left := allowed - sum(shares)) > 0:
        hungry = [n for n, paragraph in enumerate(paragraphs) if shares[n] < len(paragraph)][:left]
        for number in hungry:
            shares[number] += 1
    kept = [paragraph[:share] for paragraph, share in zip(paragraphs, shares, strict=True) if share]
    for number, paragraph in enumerate(kept):
        if len(paragraph) < len(paragraphs[number]) or (number == len(kept) - 1 < len(paragraphs) - 1):
            paragraph[-1] = _ended(paragraph[-1], role, room / size)
    return Block(size, tuple(map(tuple, kept)), cut=True)


def _ended(line: str, role: Role, room: float) -> str:
    while line and (
        line[-1] in NOT_AT_START | NOT_AT_END or width(line + ELLIPSIS, role, 1) > room + _EPSILON
    ):
        line = line[:-1]
    return line.rstrip() + ELLIPSIS
