"""A laid-out combined plaque onto a page of A4, with bleed, crop marks and a scale to measure."""

from __future__ import annotations

from typing import BinaryIO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from cards.documents import drawing, qr
from cards.documents.combined.content import CombinedContent
from cards.documents.combined.design import (
    ARRANGEMENTS,
    BAND,
    BLEED,
    BODY,
    BODY_END,
    COLUMN_GAP,
    FOOT_TOP,
    HEIGHT,
    LEFT,
    MARGIN,
    MARK,
    MARK_GAP,
    NOTE_BELOW,
    NOTE_GAP,
    NOTE_SIZE,
    PAGE_HEIGHT,
    PHOTO_RADIUS,
    PRINT_NOTE,
    ROW_GAP,
    SLOT_LABEL,
    SLOT_RADIUS,
    TOP,
    WIDTH,
)
from cards.documents.combined.layout import Layout, boxes
from cards.documents.drawing import Pen
from cards.documents.fonts import width
from cards.documents.setting import Box, Line, baseline
from cards.documents.style import CARD_TITLE, CELADON_100, CELADON_200, CELADON_700, MUTED, WHITE


def new_canvas(out: BinaryIO) -> Canvas:
    canvas = drawing.new_canvas(out, landscape(A4), CARD_TITLE)
    pen = _pen(canvas)
    canvas.setTrimBox(pen.corners(WIDTH, HEIGHT))
    canvas.setBleedBox(pen.corners(WIDTH, HEIGHT, BLEED))
    canvas.beginForm("sheet")
    _static(pen)
    canvas.endForm()
    return canvas


def _pen(canvas: Canvas) -> Pen:
    return Pen(canvas, LEFT, TOP, PAGE_HEIGHT)


def _static(pen: Pen) -> None:
    """What every sheet shows, stored once in a document."""
    pen.rect(-BLEED, -BLEED, WIDTH + BLEED, BAND, fill=CELADON_700)
    pen.rect(-BLEED, FOOT_TOP, WIDTH + BLEED, HEIGHT + BLEED, fill=CELADON_100)
    pen.crop_marks((0, WIDTH), (0, HEIGHT), MARK_GAP, MARK)
    below = HEIGHT + NOTE_BELOW
    note = width(PRINT_NOTE, "sans", NOTE_SIZE)
    left = (WIDTH - note - NOTE_GAP - drawing.SCALE) / 2
    pen.write([Line("static", PRINT_NOTE, "sans", NOTE_SIZE, left, baseline(below, NOTE_SIZE), MUTED)])
    pen.scale(left + note + NOTE_GAP, below)


def draw_page(canvas: Canvas, content: CombinedContent, placed: Layout) -> None:
    pen = _pen(canvas)
    canvas.doForm("sheet")
    arrangement = ARRANGEMENTS[len(content.people)]
    _rules(pen, boxes(arrangement))
    if placed.tag:
        pen.rect(*placed.tag, radius=0.8, fill=WHITE)
    if placed.info:
        pen.rect(*placed.info, radius=PHOTO_RADIUS, fill=CELADON_100)
    pen.write(placed.lines)
    for person, cell in zip(content.people, placed.cells, strict=True):
        pen.portrait(person.photo, cell.photo, PHOTO_RADIUS)
        left, top, _right, _bottom = cell.frame
        pen.framed_code(qr.modules(person.url), left, top, arrangement.frame, arrangement.qr)
        _slot(pen, cell.slot)
        pen.write(cell.lines)
    canvas.showPage()


def _rules(pen: Pen, places: list[Box]) -> None:
    """Between neighbours."""
    for left in sorted({left for left, _top, _right, _bottom in places})[1:]:
        x = left - COLUMN_GAP / 2
        pen.rule(x, BODY, x, BODY_END, colour=CELADON_200, thick=0.3)
    for top in sorted({top for _left, top, _right, _bottom in places})[1:]:
        y = top - ROW_GAP / 2
        pen.rule(MARGIN, y, WIDTH - MARGIN, y, colour=CELADON_200, thick=0.3)


def _slot(pen: Pen, slot: Box) -> None:
    """Empty: a slip is put in, or a magnet, or it is written on (CARD-1, 在岗及去向情况)."""
    left, top, _right, bottom = slot
    pen.canvas.setLineWidth(0.4 * mm)
    pen.rect(*slot, radius=SLOT_RADIUS, line=CELADON_200)
    x = left + SLOT_LABEL
    pen.rule(x, top + 2, x, bottom - 2, colour=CELADON_200, thick=0.3)
