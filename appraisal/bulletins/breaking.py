"""Lines of a body in several faces, and titles that break where a reader would.

A line is set to the full width (GB/T 9704: 撑满版心): what the rules of punctuation leave over is spread over its
characters. A closing mark that would begin the next line is taken in, closing up by less than anybody sees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from appraisal.bulletins.design import CHARACTERS, MISSING, TRACKING
from cards.documents.fonts import Role, missing_characters, width
from cards.documents.text import Piece, pieces_of, split_piece

#: Marks whose right half is blank.
HALF: Final = frozenset("、。，．；：！？）》〉」』】〕”’")
#: In ems: how much closer, and how much further apart, than usual.
CLOSER: Final = 0.022
FURTHER: Final = 0.12
_EPSILON: Final = 1e-6

Text = tuple[str, Role]


@dataclass(frozen=True, slots=True)
class SetLine:
    """One line: its pieces in their faces, moved in and tracked by so many ems."""

    texts: tuple[Text, ...]
    indent: float
    tracking: float


def printable(text: str, role: Role) -> str:
    """Never silently blank."""
    missing = missing_characters(text, role)
    return text.translate(dict.fromkeys(map(ord, missing), MISSING)) if missing else text


def set_lines(texts: Sequence[Text], *, indent: float = 0, hanging: float = 0) -> list[SetLine]:
    """A paragraph in the fields of 28 characters; `indent` and `hanging` are counted in fields."""
    found: list[SetLine] = []
    line = _Line(indent)
    for role, piece in _pieces(texts):
        for part in _parts(piece, role, line.room):
            if not line.takes(part, role):
                found.append(line.full())
                line = _Line(hanging)
            line.add(part, role)
    return [*found, line.last()]


def _pieces(texts: Sequence[Text]) -> list[tuple[Role, Piece]]:
    return [(role, piece) for text, role in texts for piece in pieces_of(printable(text, role), role)]


def _parts(piece: Piece, role: Role, room: float) -> Sequence[Piece]:
    tracked = piece.advance + TRACKING * len(piece.text)
    return [piece] if tracked <= room else split_piece(piece, role, room)


class _Line:
    def __init__(self, indent: float) -> None:
        self.indent = indent * (1 + TRACKING)
        self.room = (CHARACTERS - indent) * (1 + TRACKING)
        self.used = 0.0
        self.texts: list[Text] = []

    def takes(self, piece: Piece, role: Role) -> bool:
        text = self._joined(piece)
        used = self.used + width(text, role, 1) + TRACKING * len(text)
        if used <= self.room + _EPSILON or not self.texts:
            return True
        if text[-1] not in HALF:
            return False
        over = used - width(text[-1], role, 1) / 2 - self.room
        return over <= CLOSER * (self._length() + len(text))

    def _joined(self, piece: Piece) -> str:
        return (piece.blank if self.texts else "") + piece.text

    def add(self, piece: Piece, role: Role) -> None:
        text = self._joined(piece)
        self.used += width(text, role, 1) + TRACKING * len(text)
        if self.texts and self.texts[-1][1] == role:
            self.texts[-1] = (self.texts[-1][0] + text, role)
        else:
            self.texts.append((text, role))

    def _length(self) -> int:
        return sum(len(text) for text, _role in self.texts)

    def last(self) -> SetLine:
        """As it comes, unless it has to close up."""
        if self.used > self.room + _EPSILON:
            return self.full()
        return SetLine(tuple(self.texts), self.indent, TRACKING)

    def full(self) -> SetLine:
        text, role = self.texts[-1]
        spare = self.room - self.used
        if spare < -_EPSILON:
            spare += width(text[-1], role, 1) / 2
        each = spare / max(self._length() - 1, 1)
        return SetLine(tuple(self.texts), self.indent, TRACKING + (each if each <= FURTHER else 0.0))


# --- Titles -----------------------------------------------------------------------------------------------------------

#: What reads badly in two halves.
WORDS: Final = (
    (
        "干部身份证",
        "身份证",
        "效能直通车",
        "直通车",
        "效能办",
        "办公室",
        "领导小组",
        "干部",
        "龙泉市",
        "全市",
        "市直",
    )
    + (
        "单位",
        "乡镇",
        "街道",
        "机关",
        "效能",
        "建设",
        "检查",
        "督查",
        "考核",
        "扣分",
        "扣发",
        "月度",
        "制度",
        "工作",
    )
    + ("执行", "落实", "情况", "问题", "整改", "更正", "关于", "通报", "通知")
)
#: After these a line may well end; the rest is as even as it can be.
GOOD_ENDS: Final = ("关于", "月", "和", "与", "、", "及", "年度")
BAD_STARTS: Final = ("的", "和", "与", "及", "年", "月", "日", "号", "份")
SHORTEST: Final = 4  # characters in a line


def title_lines(text: str, role: Role, room: float) -> list[str]:
    """As few lines as it takes, broken between words, of much the same length; `room` in ems."""
    text = printable(text.strip(), role)
    total = width(text, role, 1)
    if total <= room + _EPSILON:
        return [text]
    places = _places(text, role)
    for number in range(int(total / room) + 1, len(places)):
        if broken := _broken(text, role, room, places, number):
            return broken
    return [text]


def _places(text: str, role: Role) -> tuple[int, ...]:
    """Where a line may begin, the start and the end included."""
    starts, position = [], 0
    for piece in pieces_of(text, role):
        position += len(piece.blank)
        starts.append(position)
        position += len(piece.text)
    return (*starts, len(text))


def _broken(text: str, role: Role, room: float, places: tuple[int, ...], number: int) -> list[str]:
    """In so many lines, or none where that is not enough."""
    even = width(text, role, 1) / number
    costs = {place: _break_cost(text, place) for place in places}

    @cache
    def best(start: int, lines: int) -> tuple[float, tuple[int, ...]]:
        found: tuple[float, tuple[int, ...]] = (float("inf"), ())
        for end in places:
            if end <= start or (lines == 1) != (end == len(text)):
                continue
            length = width(text[start:end].strip(), role, 1)
            if length > room + _EPSILON:
                break
            cost = (length - even) ** 2 + costs[end] + (200 if end - start < SHORTEST else 0)
            rest, ends = (0.0, ()) if lines == 1 else best(end, lines - 1)
            found = min(found, (cost + rest, (end, *ends)))
        return found

    _cost, ends = best(0, number)
    return [text[start:end].strip() for start, end in pairwise((0, *ends))] if ends else []


def _break_cost(text: str, place: int) -> float:
    if place in (0, len(text)):
        return 0
    before, after = text[:place], text[place:]
    if any(_inside(text, word, place) for word in WORDS):
        return 200
    if after.startswith(BAD_STARTS) or re.search(r"\d年$", before):
        return 150
    return -8 if before.endswith(GOOD_ENDS) else 0


def _inside(text: str, word: str, place: int) -> bool:
    found = text.find(word, max(place - len(word) + 1, 0), place + len(word) - 1)
    return found != -1 and found < place < found + len(word)
