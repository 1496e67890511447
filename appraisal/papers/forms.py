"""What is filled in by hand or from the record: a form on a page of its own, and a strip to be cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from appraisal.bulletins import design
from appraisal.bulletins.breaking import printable
from appraisal.bulletins.design import BOTTOM, LEFT, PITCH, PT, RIGHT, TOP, WIDTH
from appraisal.bulletins.pages import Page, Rule, sized
from cards.documents.fonts import width
from cards.documents.text import Block, block

ROW: Final = 11.0
LABEL: Final = 32.0
#: Kept free at either side of a cell's words.
INSET: Final = 2.0
TEXT: Final = (14 * PT, 7 * PT)
LEADING: Final = 1.45
NOTE: Final = 12 * PT
TITLE: Final = 22 * PT
STRIP_TITLE: Final = 16 * PT
DASH, GAP = 3.0, 2.0
#: Between what stands above and the line to cut along.
APART: Final = 8.0

Align = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Row:
    """One field, or two beside each other. Higher where a pen needs the room."""

    label: str
    value: str
    other: str = ""
    other_value: str = ""
    high: float = ROW
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Form:
    title: str
    rows: tuple[Row, ...]
    note: str = ""

    def page(self) -> Page:
        page = Page(bookmarks=[self.title.replace("　", "")])
        page.centred("title", self.title, "xiaobiaosong", TITLE, TOP)
        page.end = TOP + 2.5 * PITCH
        top = page.end
        page.across(top, design.FRAME)
        for row in self.rows:
            self._row(page, row)
            page.across(page.end, design.GRID)
        page.across(page.end, design.FRAME)
        for left in (LEFT, RIGHT):
            page.rules.append(Rule(left, top, left, page.end, design.FRAME))
        page.end += INSET
        _words(page, "note", self.note, WIDTH, NOTE)
        return page

    def _row(self, page: Page, row: Row) -> None:
        top, bottom = page.end, page.end + row.high
        middle = LEFT + WIDTH / 2
        fields = [(row.label, row.value, LEFT, middle if row.other else RIGHT)]
        fields += [(row.other, row.other_value, middle, RIGHT)] if row.other else []
        for label, value, left, right in fields:
            _cell(page, "label", label, left, left + LABEL, top, bottom, "centre")
            _cell(page, "value", value, left + LABEL, right, top, bottom, row.align)
            for across in {left, left + LABEL} - {LEFT}:
                page.rules.append(Rule(across, top, across, bottom, design.GRID))
        page.end = bottom


def _cell(
    page: Page, part: str, text: str, left: float, right: float, top: float, bottom: float, align: str
) -> None:
    if not text:
        return
    room = right - left - 2 * INSET
    found = _fitted(text, room, bottom - top - 1)
    leading = found.size * LEADING
    down = (top + bottom - leading * len(found.lines)) / 2 + (leading - found.size) / 2
    for number, line in enumerate(found.lines):
        wide = width(line, "fangsong", found.size)
        across = {"left": left + INSET, "right": right - INSET - wide, "centre": (left + right - wide) / 2}
        page.line(part, line, "fangsong", found.size, across[align], down + number * leading)


def _fitted(text: str, room: float, high: float) -> Block:
    """As large as it fits, blanks between words kept: a pen writes there."""
    lines = [printable(line, "fangsong") for line in text.split("\n")]
    longest = max(lines, key=lambda line: width(line, "fangsong", 1))
    size = sized(longest, "fangsong", room, TEXT)
    if "　" in text and len(lines) * size * LEADING <= high:
        return Block(size, tuple((line,) for line in lines), cut=False)
    return block(
        lines,
        "fangsong",
        room,
        largest=TEXT[0],
        smallest=TEXT[1],
        lines=lambda size: max(int(high / (size * LEADING) + 1e-6), 1),
    )


def _words(page: Page, part: str, text: str, room: float, size: float) -> None:
    found = block(
        [printable(text, "fangsong")], "fangsong", room, largest=size, smallest=size - 0.1, lines=_any
    )
    for line in found.lines:
        page.line(part, line, "fangsong", size, LEFT, page.end)
        page.end += size * LEADING


def _any(_size: float) -> int:
    return 1000


@dataclass(frozen=True, slots=True)
class Strip:
    """At the foot of the last page, below a line to cut along. Lines are as they stand, blanks and all."""

    title: str
    lines: tuple[str, ...]

    @property
    def high(self) -> float:
        return 2 * STRIP_TITLE * LEADING + sum(map(_high, self.lines))

    def put(self, pages: list[Page]) -> None:
        if pages[-1].room < self.high + APART:
            pages.append(Page())
        page = pages[-1]
        top = BOTTOM - self.high
        _cut_along(page, top)
        top += STRIP_TITLE * (LEADING - 1)
        page.centred("title", self.title, "xiaobiaosong", STRIP_TITLE, top)
        top += STRIP_TITLE * (LEADING + 0.3)
        for text in self.lines:
            for line in _fitted(text, WIDTH, _high(text)).lines:
                page.line("strip", line, "fangsong", TEXT[0], LEFT, top)
                top += TEXT[0] * 1.6
        page.end = BOTTOM


def _high(text: str) -> float:
    return len(_fitted(text, WIDTH, 1000).lines) * TEXT[0] * 1.6


def _cut_along(page: Page, top: float) -> None:
    left = LEFT
    while left < RIGHT:
        page.rules.append(Rule(left, top, min(left + DASH, RIGHT), top, design.GRID))
        left += DASH + GAP
