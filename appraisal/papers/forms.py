"""What is filled in by hand or from the record: a form on a page of its own, and a strip to be cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appraisal.bulletins import design
from appraisal.bulletins.breaking import printable
from appraisal.bulletins.design import BOTTOM, LEFT, PITCH, PT, RIGHT, TOP, WIDTH
from appraisal.bulletins.pages import Page, Rule
from cards.documents.fonts import width
from cards.documents.text import Block, block, wrap

ROW: Final = 11.0
LABEL: Final = 32.0
#: Kept free at either side of a cell's words.
INSET: Final = 2.0
TEXT: Final = (14 * PT, 8 * PT)
LEADING: Final = 1.45
NOTE: Final = 12 * PT
TITLE: Final = 22 * PT
STRIP_TITLE: Final = 16 * PT
STRIP_PITCH: Final = 1.65 * TEXT[0]
STRIP_INDENT: Final = 2 * TEXT[0]
DASH, GAP = 3.0, 2.0
#: No page is so high.
HIGHEST: Final = 1000.0
EPSILON: Final = 1e-6
#: Between what stands above and the line to cut along.
APART: Final = 6.0


@dataclass(frozen=True, slots=True)
class Row:
    """One field, or two beside each other. Higher where a pen needs the room."""

    label: str
    value: str
    other: str = ""
    other_value: str = ""
    high: float = ROW


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
        middle = LEFT + WIDTH / 2
        fields = [(row.label, row.value, LEFT, middle if row.other else RIGHT)]
        fields += [(row.other, row.other_value, middle, RIGHT)] if row.other else []
        top = page.end
        bottom = top + max(
            _high_of(value, right - left - LABEL, row.high) for _, value, left, right in fields
        )
        for label, value, left, right in fields:
            _cell(page, "label", label, left, left + LABEL, top, bottom, centred=True)
            _cell(page, "value", value, left + LABEL, right, top, bottom)
            for across in {left, left + LABEL} - {LEFT}:
                page.rules.append(Rule(across, top, across, bottom, design.GRID))
        page.end = bottom


def _high_of(text: str, wide: float, high: float) -> float:
    """What a name of fifty characters needs: smaller first, then higher."""
    found = _fitted(text, wide - 2 * INSET, high - 1) if text else None
    if found is None or not found.cut:
        return high
    lines = _fitted(text, wide - 2 * INSET, HIGHEST, TEXT[1]).lines
    return len(lines) * TEXT[1] * LEADING + 1


def _cell(
    page: Page,
    part: str,
    text: str,
    left: float,
    right: float,
    top: float,
    bottom: float,
    *,
    centred: bool = False,
) -> None:
    if not text:
        return
    found = _fitted(text, right - left - 2 * INSET, bottom - top - 1 + EPSILON)
    leading = found.size * LEADING
    down = (top + bottom - leading * len(found.lines)) / 2 + (leading - found.size) / 2
    for number, line in enumerate(found.lines):
        wide = width(line, "fangsong", found.size)
        across = (left + right - wide) / 2 if centred else left + INSET
        page.line(part, line, "fangsong", found.size, across, down + number * leading)


def _fitted(text: str, room: float, high: float, largest: float = TEXT[0]) -> Block:
    """As large as it fits. Blanks between words are kept where they do: a pen writes there."""
    lines = [printable(line, "fangsong") for line in text.split("\n")]
    as_given = Block(largest, tuple((line,) for line in lines), cut=False)
    widest = max(width(line, "fangsong", largest) for line in lines)
    if "　" in text and widest <= room and len(lines) * largest * LEADING <= high:
        return as_given
    return block(
        lines,
        "fangsong",
        room,
        largest=largest,
        smallest=TEXT[1],
        lines=lambda size: max(int(high / (size * LEADING) + EPSILON), 1),
    )


def _words(page: Page, part: str, text: str, room: float, size: float) -> None:
    for line in wrap(printable(text, "fangsong"), "fangsong", size, room):
        page.line(part, line, "fangsong", size, LEFT, page.end)
        page.end += size * LEADING


@dataclass(frozen=True, slots=True)
class Strip:
    """At the foot of the last page, below a line to cut along; where there is no room, on a page of its own."""

    title: str
    lines: tuple[str, ...]

    @property
    def high(self) -> float:
        return STRIP_TITLE * 2.8 + sum(len(_strip_lines(text)) for text in self.lines) * STRIP_PITCH

    def put(self, pages: list[Page]) -> None:
        top = BOTTOM - self.high
        if pages[-1].room < self.high + APART:
            pages.append(Page())
            top = TOP
        else:
            _cut_along(pages[-1], top)
        page = pages[-1]
        top += STRIP_TITLE * 0.9
        page.centred("title", self.title, "xiaobiaosong", STRIP_TITLE, top)
        top += STRIP_TITLE * 1.9
        for text in self.lines:
            for line in _strip_lines(text):
                page.line("strip", line, "fangsong", TEXT[0], LEFT + STRIP_INDENT, top)
                top += STRIP_PITCH
        page.end = BOTTOM


def _strip_lines(text: str) -> tuple[str, ...]:
    return _fitted(text, WIDTH - STRIP_INDENT, HIGHEST).lines


def _cut_along(page: Page, top: float) -> None:
    left = LEFT
    while left < RIGHT:
        page.rules.append(Rule(left, top, min(left + DASH, RIGHT), top, design.GRID))
        left += DASH + GAP
