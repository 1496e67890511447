"""Laid-out slips onto pages of A4."""

from __future__ import annotations

from typing import BinaryIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from cards.documents import drawing, qr
from cards.documents.drawing import Pen
from cards.documents.setting import Line, baseline, centred
from cards.documents.slips.content import SlipContent
from cards.documents.slips.design import (
    COLUMNS,
    HEAD,
    HEAD_MIDDLE,
    HEAD_RULE,
    HEAD_SIZE,
    HEIGHT,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    QR_FRAME,
    QR_LEFT,
    QR_SIZE,
    QR_TOP,
    ROWS,
    SCAN,
    SCAN_MIDDLE,
    SCAN_SIZE,
    TITLE,
    WIDTH,
)
from cards.documents.slips.layout import Layout
from cards.documents.style import CELADON_200, CELADON_700, CINNABAR, MUTED

PER_PAGE = COLUMNS * ROWS


def new_canvas(out: BinaryIO) -> Canvas:
    canvas = drawing.new_canvas(out, A4, TITLE)
    canvas.beginForm("cuts")
    _cuts(canvas)
    canvas.endForm()
    return canvas


def _cuts(canvas: Canvas) -> None:
    pen = Pen(canvas, 0, 0, PAGE_HEIGHT)
    canvas.setDash(1.2 * mm, 1.2 * mm)
    for column in range(1, COLUMNS):
        pen.rule(column * WIDTH, 0, column * WIDTH, PAGE_HEIGHT, colour=MUTED, thick=0.15)
    for row in range(1, ROWS):
        pen.rule(0, row * HEIGHT, PAGE_WIDTH, row * HEIGHT, colour=MUTED, thick=0.15)
    canvas.setDash()


def draw_slip(canvas: Canvas, content: SlipContent, placed: Layout, place: int) -> None:
    row, column = divmod(place, COLUMNS)
    pen = Pen(canvas, column * WIDTH, row * HEIGHT, PAGE_HEIGHT)
    pen.rule(MARGIN, HEAD_RULE, WIDTH - MARGIN, HEAD_RULE, colour=CELADON_200, thick=0.3)
    if placed.tag:
        pen.rect(*placed.tag, radius=0.7, fill=CINNABAR)
    pen.framed_code(qr.as_typed(content.url), QR_LEFT, QR_TOP, QR_FRAME, QR_SIZE)
    size = HEAD_SIZE
    pen.write(
        [
            Line("static", HEAD, "sans-bold", size, MARGIN, baseline(HEAD_MIDDLE, size), CELADON_700),
            centred(SCAN, "sans", SCAN_SIZE, QR_LEFT + QR_FRAME / 2, SCAN_MIDDLE, MUTED),
            *placed.lines,
        ]
    )
