"""Laid-out contact cards onto pages of A4, with crop marks and a scale to measure."""

from __future__ import annotations

from typing import BinaryIO, Final

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from cards.documents import drawing, qr
from cards.documents.contact.content import ContactContent
from cards.documents.contact.design import (
    BAR,
    BAR_END,
    BODY,
    COLUMNS,
    HEIGHT,
    LEFT,
    MARGIN,
    MARK,
    MARK_GAP,
    NOTE_BELOW,
    NOTE_SIZE,
    PAGE_HEIGHT,
    PHOTO_HEIGHT,
    PHOTO_RADIUS,
    PHOTO_WIDTH,
    PRINT_NOTE,
    QR_FRAME,
    QR_LEFT,
    QR_SIZE,
    ROWS,
    RULE,
    TOP,
    WIDTH,
)
from cards.documents.contact.layout import Layout
from cards.documents.drawing import Pen
from cards.documents.setting import Box, centred
from cards.documents.style import CARD_TITLE, CELADON_200, CELADON_700, CINNABAR, MUTED

PHOTO: Final[Box] = (MARGIN, BODY, MARGIN + PHOTO_WIDTH, BODY + PHOTO_HEIGHT)


def new_canvas(out: BinaryIO) -> Canvas:
    canvas = drawing.new_canvas(out, A4, CARD_TITLE)
    canvas.beginForm("sheet")
    _sheet(Pen(canvas, LEFT, TOP, PAGE_HEIGHT))
    canvas.endForm()
    return canvas


def _sheet(pen: Pen) -> None:
    """What every page shows, stored once in a document."""
    across = [column * WIDTH for column in range(COLUMNS + 1)]
    down = [row * HEIGHT for row in range(ROWS + 1)]
    pen.crop_marks(across, down, MARK_GAP, MARK)
    below = ROWS * HEIGHT + NOTE_BELOW
    pen.write([centred(PRINT_NOTE, "sans", NOTE_SIZE, WIDTH / 2, below, MUTED)])
    pen.scale(WIDTH + (WIDTH - drawing.SCALE) / 2, below)


def draw_card(canvas: Canvas, content: ContactContent, placed: Layout, place: int) -> None:
    row, column = divmod(place, COLUMNS)
    pen = Pen(canvas, LEFT + column * WIDTH, TOP + row * HEIGHT, PAGE_HEIGHT)
    pen.rect(MARGIN, BAR, WIDTH - MARGIN, BAR_END, radius=(BAR_END - BAR) / 2, fill=CELADON_700)
    pen.portrait(content.photo, PHOTO, PHOTO_RADIUS)
    pen.framed_code(qr.modules(content.url), QR_LEFT, BODY, QR_FRAME, QR_SIZE)
    pen.rule(MARGIN, RULE, WIDTH - MARGIN, RULE, colour=CELADON_200, thick=0.25)
    if placed.tag:
        pen.rect(*placed.tag, radius=0.5, fill=CINNABAR)
    pen.write(placed.lines)
