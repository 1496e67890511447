"""Tables over as many pages as they take, their heads on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby

from appraisal.bulletins import design
from appraisal.bulletins.breaking import printable
from appraisal.bulletins.design import BOTTOM, CELL, LEFT, TOP
from appraisal.bulletins.pages import Page, Rule, sized
from appraisal.bulletins.tables import Column, Row, Table
from cards.documents.fonts import Role, width
from cards.documents.text import Block, block

UPRIGHT = str.maketrans("（）()〔〕[]/／—-、，", "︵︶︵︶︹︺︹︺╱╱︱︱︑︐")


def tabulate(table: Table, page: Page, next_page: Callable[[], Page]) -> Page:
    """Set the rows below what stands on the page, and go on; returns the page with the last row."""
    tabulator = _Tabulator(table)
    page = page if page.room >= tabulator.head + 3 * tabulator.least else next_page()
    top = tabulator.begin(page)
    for number, row in enumerate(table.rows):
        needed = tabulator.height(row)
        after = table.rows[number + 1] if number + 1 < len(table.rows) else None
        # A sum does not stand alone at the head of a page.
        together = needed + (tabulator.height(after) if after and after.kind != "row" else 0)
        if page.end + together > BOTTOM and page.end > top:
            tabulator.finish(page, top)
            page = next_page()
            top = tabulator.begin(page)
        tabulator.row(page, row, needed)
    tabulator.finish(page, top)
    return page


class _Tabulator:
    def __init__(self, table: Table) -> None:
        self.columns = table.columns
        self.lefts = [*accumulate((column.width for column in table.columns), initial=LEFT)]
        self.face = table.face
        self.heads, self.cells = _scaled(design.HEAD_SIZES, table), _scaled(design.CELL_SIZES, table)
        self.least = design.ROW * table.scale
        self.pitch = self.heads[0] * 1.04
        rows = max((len(_strips(column.head)[0]) for column in table.columns if column.vertical), default=0)
        # Two rows where heads are grouped, and as many as the longest of them has lines.
        lines = max(column.head.count("\n") + 1 for column in table.columns)
        heads = max(lines, 2 if any(column.group for column in table.columns) else 1)
        self.head = max(heads * design.HEAD_ROW * table.scale, rows * self.pitch + 2.4)
        self.downs: list[Rule] = []

    # --- Heads --------------------------------------------------------------------------------------------------------

    def begin(self, page: Page) -> float:
        """The head; returns where it begins."""
        top = page.end
        below = top + self.head
        page.rules.append(Rule(LEFT, top, self.lefts[-1], top, design.FRAME))
        page.rules.append(Rule(LEFT, below, self.lefts[-1], below, design.GRID))
        start = 0
        for group, columns in groupby(self.columns, key=lambda column: column.group):
            found = list(columns)
            self._group(page, group, start, found, top)
            start += len(found)
        page.end = below
        return top

    def _group(self, page: Page, group: str, start: int, columns: Sequence[Column], top: float) -> None:
        middle = top
        if group:
            middle = top + design.HEAD_ROW
            left, right = self.lefts[start], self.lefts[start + len(columns)]
            page.rules.append(Rule(left, middle, right, middle, design.GRID))
            self._head(page, group, left, right, top, middle)
        for place, column in enumerate(columns, start=start):
            left, right = self.lefts[place], self.lefts[place + 1]
            if place:
                begin = middle if place > start else top
                page.rules.append(Rule(left, begin, left, top + self.head, design.GRID))
            if column.vertical:
                self._downwards(page, column.head, left, right, top)
            else:
                self._head(page, column.head, left, right, middle, top + self.head)

    def _head(self, page: Page, text: str, left: float, right: float, top: float, bottom: float) -> None:
        room, lines = right - left - 2 * CELL, [printable(line, "hei") for line in text.split("\n")]
        size = min(sized(line, "hei", room, self.heads) for line in lines)
        found = Block(size, tuple((line,) for line in lines), cut=False)
        _stack(page, "head", found, "hei", left, right, top, bottom, "centre")

    def _downwards(self, page: Page, text: str, left: float, right: float, top: float) -> None:
        """One character below the other; a long name in two columns, the right one first."""
        strips = _strips(text)
        size = min(self.heads[0], (right - left - 0.6) / len(strips) / 1.05)
        pitch = min(size * 1.1, (self.head - 1.2) / len(strips[0])) if strips[0] else size
        start = top + (self.head - pitch * len(strips[0])) / 2
        for place, strip in enumerate(strips):
            characters = printable(strip, "hei")
            middle = (left + right) / 2 + ((len(strips) - 1) / 2 - place) * size * 1.05
            for number, character in enumerate(characters):
                across = middle - width(character, "hei", size) / 2
                page.line("head", character, "hei", size, across, start + number * pitch)

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def height(self, row: Row) -> float:
        found = [self.least]
        for column, text in zip(self.columns, row.cells, strict=True):
            if column.grows:
                placed = self._grown(column, text)
                found.append(len(placed.lines) * placed.size * design.CELL_LEADING + 2 * CELL)
        return max(found)

    def _grown(self, column: Column, text: str) -> Block:
        high = BOTTOM - TOP - self.head - 6 * CELL
        return _cell(text, self.face, column.width - 2 * CELL, self.cells, high, shrinks=False)

    def row(self, page: Page, row: Row, high: float) -> None:
        top, bottom = page.end, page.end + high
        role: Role = self.face if row.kind == "row" else "hei"
        for place, (column, text) in enumerate(zip(self.columns, row.cells, strict=True)):
            left, right = self.lefts[place], self.lefts[place + 1]
            if column.code:
                _code(page, text, left, right, top, bottom)
            elif text and column.align == "right":
                _number(page, row.kind, text, role, self.cells[0], left, right, top, bottom)
            elif text:
                room = column.width - 2 * CELL
                found = (
                    self._grown(column, text)
                    if column.grows
                    else _cell(text, role, room, self.cells, high - 0.6)
                )
                _stack(page, row.kind, found, role, left, right, top, bottom, column.align)
        page.rules.append(Rule(LEFT, bottom, self.lefts[-1], bottom, design.GRID))
        page.end = bottom

    def finish(self, page: Page, top: float) -> None:
        """The rules from the head down to the last row of the page."""
        below = top + self.head
        for left in self.lefts[1:-1]:
            page.rules.append(Rule(left, below, left, page.end, design.GRID))
        for left in (self.lefts[0], self.lefts[-1]):
            page.rules.append(Rule(left, top, left, page.end, design.FRAME))
        page.rules.append(Rule(LEFT, page.end, self.lefts[-1], page.end, design.FRAME))


def _scaled(sizes: tuple[float, float], table: Table) -> tuple[float, float]:
    return sizes[0] * table.scale, sizes[1] * table.scale


def _strips(text: str) -> list[str]:
    """A head written downwards, in as few columns as its length needs."""
    text = text.translate(UPRIGHT)
    number = max(-(-len(text) // design.VERTICAL_MOST), 1)
    each = max(-(-len(text) // number), 1)
    return [text[start : start + each] for start in range(0, len(text), each)] or [""]


def _number(
    page: Page,
    part: str,
    text: str,
    role: Role,
    size: float,
    left: float,
    right: float,
    top: float,
    bottom: float,
) -> None:
    """In one line: nearer to the rules before it gets smaller."""
    spare = (right - left - width(text, role, size)) / 2
    inset = min(max(spare, design.CELL_LEAST), CELL)
    size = sized(text, role, right - left - 2 * inset, (size, 0.1))
    across = right - inset - width(text, role, size)
    page.line(part, text, role, size, across, (top + bottom - size) / 2)


def _cell(
    text: str, role: Role, room: float, sizes: tuple[float, float], high: float, *, shrinks: bool = True
) -> Block:
    return block(
        [printable(line, role) for line in text.split("\n")],
        role,
        room,
        largest=sizes[0],
        smallest=sizes[1] if shrinks else sizes[0] - 0.1,
        lines=lambda size: max(int(high / (size * design.CELL_LEADING) + 1e-6), 1),
    )


def _stack(
    page: Page,
    part: str,
    found: Block,
    role: Role,
    left: float,
    right: float,
    top: float,
    bottom: float,
    align: str,
) -> None:
    leading = found.size * design.CELL_LEADING
    lines = found.lines
    down = (top + bottom - leading * len(lines)) / 2 + (leading - found.size) / 2
    for number, text in enumerate(lines):
        wide = width(text, role, found.size)
        across = {"left": left + CELL, "right": right - CELL - wide, "centre": (left + right - wide) / 2}
        page.line(part, text, role, found.size, across[align], down + number * leading)


def _code(page: Page, text: str, left: float, right: float, top: float, bottom: float) -> None:
    """In groups of eight, to be compared by eye."""
    text = printable(text, "sans")
    groups = list(_groups(text))
    ems = max(width(text, "sans", 1), 1) + design.CODE_APART * (len(groups) - 1)
    size = min(design.CODE_SIZE, (right - left - 2 * CELL) / ems)
    across, down = left + CELL, (top + bottom - size) / 2
    for group in groups:
        page.line("code", group, "sans", size, across, down)
        across += width(group, "sans", size) + design.CODE_APART * size


def _groups(text: str) -> Iterator[str]:
    for start in range(0, len(text), design.CODE_GROUP):
        yield text[start : start + design.CODE_GROUP]
