"""A blank daily sheet: everybody of a unit in walking order, with boxes to tick where there is no signal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, groupby
from typing import BinaryIO

from reportlab.lib.pagesizes import A4

from attendance.documents import design
from attendance.documents.design import COLUMNS, LEFT, RIGHT, ROW
from cards.documents import drawing, setting
from cards.documents.drawing import Pen
from cards.documents.fonts import Role, missing_characters, width
from cards.documents.setting import Box, Sizes, baseline
from cards.documents.style import CELADON_100, CELADON_700, CELADON_900, INK, LINE, MUTED
from cards.documents.text import block, fit


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody on the sheet, in the order in which they are given."""

    location: str
    room: str
    name: str
    post: str


@dataclass(frozen=True, slots=True)
class BlankSheet:
    unit_name: str
    #: None leaves the day blank.
    day: date | None
    lines: tuple[Line, ...]
    #: Working days for entering it.
    days_to_enter: int


@dataclass(slots=True)
class Page:
    """One page laid out: what is written, which boxes are drawn, which bands are tinted, which rules are ruled."""

    texts: list[setting.Line] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    bands: list[Box] = field(default_factory=list)
    rules: list[tuple[float, str]] = field(default_factory=list)
    #: Where its column heads begin and its rows end.
    top: float = 0
    end: float = 0


#: Where each column begins.
_STARTS = [LEFT, *accumulate((width for _head, width in COLUMNS), initial=LEFT)][1:]


def draw(sheet: BlankSheet, out: BinaryIO) -> int:
    """Write the sheet and return its pages."""
    pages = layout(sheet)
    canvas = drawing.new_canvas(out, A4, design.TITLE)
    canvas.setTitle(f"{design.TITLE}（{sheet.unit_name}）")
    for page in pages:
        _draw_page(Pen(canvas, 0, 0, design.PAGE_HEIGHT), page)
        canvas.showPage()
    canvas.save()
    return len(pages)


def layout(sheet: BlankSheet) -> list[Page]:
    """Every page with all that stands on it; one page for a unit without anybody."""
    pages = list(_filled(sheet))
    for number, page in enumerate(pages, start=1):
        _foot(page, sheet, number, len(pages))
    return pages


# --- Rows ---------------------------------------------------------------------------------------------------------


def _filled(sheet: BlankSheet) -> Iterator[Page]:
    page, top = _first_page(sheet)
    for location, people in groupby(sheet.lines, key=lambda line: line.location):
        room = None
        needed = (design.PART if location else 0) + ROW
        if top + needed > design.ROWS_END:
            yield page
            page, top = _next_page(sheet)
        if location:
            top = _part(page, location, top)
        for line in people:
            if top + ROW > design.ROWS_END:
                yield page
                page, top = _next_page(sheet)
                room = None  # said again on each page
            _row(page, line, top, with_room=line.room != room)
            room, top = line.room, top + ROW
            page.end = top
    yield page


def _first_page(sheet: BlankSheet) -> tuple[Page, float]:
    page = Page(top=design.HEAD_FIRST)
    middle = design.PAGE_WIDTH / 2
    page.texts.append(
        setting.centred(
            design.TITLE, "sans-bold", design.TITLE_SIZE, middle, design.TITLE_MIDDLE, CELADON_900
        )
    )
    _fitted(page, "unit", sheet.unit_name, "sans-bold", design.UNIT_SIZES, design.UNIT_MIDDLE)
    number = design.DUE.format(number=len(sheet.lines))
    _spread(page, (_day(sheet.day), design.ROUND, design.CLOCK, number), design.WHEN_SIZE, design.WHEN_MIDDLE)
    return page, _heads(page)


def _next_page(sheet: BlankSheet) -> tuple[Page, float]:
    page = Page(top=design.HEAD_OTHERS)
    size = design.RUNNING_SIZE
    parts = (_printable(sheet.unit_name, "sans"), _day(sheet.day), design.ROUND)
    _spread(page, parts, size, design.RUNNING_MIDDLE)
    return page, _heads(page)


def _day(day: date | None) -> str:
    if day is None:
        return design.DAY_BLANK
    return f"日期：{day.year}年{day.month}月{day.day}日 星期{design.WEEKDAYS[day.weekday()]}"


def _heads(page: Page) -> float:
    page.bands.append((LEFT, page.top, RIGHT, page.top + design.COLUMN_HEAD))
    middle = page.top + design.COLUMN_HEAD / 2
    for (head, room), left in zip(COLUMNS, _STARTS, strict=False):
        size = (
            fit(head, "sans-bold", room - design.CELL, largest=design.COLUMN_HEAD_SIZE, smallest=2.0) or 2.0
        )
        page.texts.append(setting.centred(head, "sans-bold", size, left + room / 2, middle, CELADON_900))
    page.end = page.top + design.COLUMN_HEAD
    page.rules.append((page.end, CELADON_700))
    return page.end


def _part(page: Page, location: str, top: float) -> float:
    text, size = _printable(location, "sans-bold"), design.PART_SIZE
    down = baseline(top + design.PART / 2, size)
    page.texts.append(setting.Line("part", text, "sans-bold", size, LEFT + design.CELL, down, CELADON_700))
    page.bands.append((LEFT, top, RIGHT, top + design.PART))
    return top + design.PART


def _row(page: Page, line: Line, top: float, *, with_room: bool) -> None:
    cells: tuple[tuple[str, str, Role, Sizes], ...] = (
        ("room", line.room if with_room else "", "sans-bold", design.ROOM_SIZES),
        ("name", line.name, "sans-bold", design.NAME_SIZES),
        ("post", line.post, "sans", design.POST_SIZES),
    )
    for (part, text, role, sizes), left, (_head, room) in zip(cells, _STARTS, COLUMNS, strict=False):
        if text:
            _cell(page, part, text, role, sizes, left, room, top)
    middle = top + ROW / 2
    for column in design.TICKED:
        _box(page, _STARTS[column] + COLUMNS[column][1] / 2, middle, design.BOX)
    _verified(page, middle)
    page.rules.append((top + ROW, LINE))


def _cell(
    page: Page, part: str, text: str, role: Role, sizes: Sizes, left: float, room: float, top: float
) -> None:
    """In as many lines as it takes, centred between the rules of its row."""
    placed = block(
        [_printable(text, role)],
        role,
        room - 2 * design.CELL,
        largest=sizes[0],
        smallest=sizes[1],
        lines=lambda size: max(int((ROW - 0.6) / (size * design.CELL_LEADING)), 1),
    )
    leading = placed.size * design.CELL_LEADING
    middle = top + (ROW - leading * len(placed.lines)) / 2 + leading / 2
    for number, words in enumerate(placed.lines):
        down = baseline(middle + number * leading, placed.size)
        page.texts.append(setting.Line(part, words, role, placed.size, left + design.CELL, down, INK))


def _box(page: Page, across: float, down: float, size: float) -> None:
    page.boxes.append((across - size / 2, down - size / 2, across + size / 2, down + size / 2))


def _verified(page: Page, middle: float) -> None:
    """Three small boxes, each with its word."""
    room, size = COLUMNS[design.VERIFIED_COLUMN][1] - 2 * design.CELL, design.SMALL_SIZE
    step = room / len(design.VERIFIED)
    for number, word in enumerate(design.VERIFIED):
        left = _STARTS[design.VERIFIED_COLUMN] + design.CELL + number * step
        _box(page, left + design.SMALL_BOX / 2, middle, design.SMALL_BOX)
        after = left + design.SMALL_BOX + 0.6
        page.texts.append(setting.Line("static", word, "sans", size, after, baseline(middle, size), MUTED))


# --- Head and foot ------------------------------------------------------------------------------------------------


def _printable(text: str, role: Role) -> str:
    """Never silently blank: a character that no font has is shown as one."""
    missing = set(missing_characters(text, role))
    return "".join(design.MISSING if character in missing else character for character in text)


def _fitted(page: Page, part: str, text: str, role: Role, sizes: Sizes, middle: float) -> None:
    text = _printable(text, role)
    size = fit(text, role, RIGHT - LEFT, largest=sizes[0], smallest=sizes[1]) or sizes[1]
    page.texts.append(setting.Line(part, text, role, size, LEFT, baseline(middle, size), CELADON_900))


def _spread(page: Page, parts: tuple[str, ...], size: float, middle: float) -> None:
    """From the left margin to the right one, as far apart as there is room."""
    widths = [width(part, "sans", size) for part in parts]
    gap = (RIGHT - LEFT - sum(widths)) / max(len(parts) - 1, 1)
    left = LEFT
    for part, wide in zip(parts, widths, strict=True):
        page.texts.append(setting.Line("when", part, "sans", size, left, baseline(middle, size), INK))
        left += wide + gap


def _foot(page: Page, sheet: BlankSheet, number: int, pages: int) -> None:
    counted = design.PAGE.format(page=number, pages=pages)
    _spread(page, (design.SIGN, design.SIGNED_AT, counted), design.SIGN_SIZE, design.SIGN_MIDDLE)
    legend = block(
        [design.LEGEND.format(days=sheet.days_to_enter)],
        "sans",
        RIGHT - LEFT,
        largest=design.LEGEND_SIZE,
        smallest=2.0,
        lines=lambda size: 2,
    )
    leading = legend.size * design.LEGEND_LEADING
    for row, words in enumerate(legend.lines):
        down = baseline(design.LEGEND_TOP + (row + 0.5) * leading, legend.size)
        page.texts.append(setting.Line("legend", words, "sans", legend.size, LEFT, down, MUTED))


def _draw_page(pen: Pen, page: Page) -> None:
    for across in (*_STARTS, RIGHT):
        pen.rule(across, page.top, across, page.end, colour=LINE, thick=0.2)
    for band in page.bands:
        pen.rect(*band, fill=CELADON_100)
    for down, colour in page.rules:
        pen.rule(LEFT, down, RIGHT, down, colour=colour, thick=0.2)
    pen.canvas.setLineWidth(0.25 * drawing.mm)
    for box in page.boxes:
        pen.rect(*box, line=CELADON_700)
    pen.write(page.texts)
