"""A laid-out plaque onto a page of A4, with bleed, crop marks and a scale to measure."""

from __future__ import annotations

from typing import BinaryIO, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from cards.documents import drawing, qr
from cards.documents.drawing import Pen
from cards.documents.plaque.content import PlaqueContent
from cards.documents.plaque.design import (
    BAND,
    BLEED,
    BODY,
    BODY_END,
    FOOT_TOP,
    HEIGHT,
    LEFT,
    MARGIN,
    MARK,
    MARK_GAP,
    NOTE_BELOW,
    NOTE_SIZE,
    PAGE_HEIGHT,
    PHOTO_RADIUS,
    PHOTO_WIDTH,
    PRINT_NOTE,
    QR_FRAME,
    QR_LEFT,
    QR_SIZE,
    SCAN_MIDDLE,
    SCAN_MORE_MIDDLE,
    SCAN_MORE_SIZE,
    SCAN_SIZE,
    SLOT_GAP,
    SLOT_HEIGHT,
    SLOT_RADIUS,
    SLOT_SIZE,
    SLOT_TOP,
    SLOTS,
    TEXT_LEFT,
    TEXT_WIDTH,
    TOP,
    WIDTH,
)
from cards.documents.plaque.layout import Layout
from cards.documents.setting import Box, centred
from cards.documents.style import (
    CARD_TITLE,
    CELADON_100,
    CELADON_200,
    CELADON_700,
    CELADON_900,
    LINE,
    MUTED,
    SCAN,
    SCAN_MORE,
    WHITE,
)

PHOTO: Final[Box] = (MARGIN, BODY, MARGIN + PHOTO_WIDTH, BODY_END)


def pen(canvas: Canvas) -> Pen:
    return Pen(canvas, LEFT, TOP, PAGE_HEIGHT)


def new_canvas(out: BinaryIO) -> Canvas:
    canvas = drawing.new_canvas(out, landscape(A4), CARD_TITLE)
    canvas.setTrimBox(pen(canvas).corners(WIDTH, HEIGHT))
    canvas.setBleedBox(pen(canvas).corners(WIDTH, HEIGHT, BLEED))
    canvas.beginForm("plaque")
    _static(pen(canvas))
    canvas.endForm()
    canvas.beginForm("silhouette")
    pen(canvas).silhouette(PHOTO, PHOTO_RADIUS)
    canvas.endForm()
    return canvas


def _static(pen: Pen) -> None:
    """What every plaque shows, stored once in a document."""
    pen.rect(-BLEED, -BLEED, WIDTH + BLEED, BAND, fill=CELADON_700)
    pen.rect(-BLEED, FOOT_TOP, WIDTH + BLEED, HEIGHT + BLEED, fill=CELADON_100)
    pen.canvas.setLineWidth(0.4 * mm)
    slot = (WIDTH - 2 * MARGIN - (len(SLOTS) - 1) * SLOT_GAP) / len(SLOTS)
    lines = []
    for number, text in enumerate(SLOTS):
        left = MARGIN + number * (slot + SLOT_GAP)
        pen.rect(left, SLOT_TOP, left + slot, SLOT_TOP + SLOT_HEIGHT, radius=SLOT_RADIUS, line=CELADON_200)
        lines.append(
            centred(text, "sans", SLOT_SIZE, left + slot / 2, SLOT_TOP + SLOT_HEIGHT / 2, CELADON_900)
        )
    pen.rect(QR_LEFT, BODY, QR_LEFT + QR_FRAME, BODY + QR_FRAME, line=LINE)
    middle = QR_LEFT + QR_FRAME / 2
    lines.append(centred(SCAN, "sans-bold", SCAN_SIZE, middle, SCAN_MIDDLE, CELADON_900))
    lines.append(centred(SCAN_MORE, "sans", SCAN_MORE_SIZE, middle, SCAN_MORE_MIDDLE, MUTED))
    lines.append(centred(PRINT_NOTE, "sans", NOTE_SIZE, WIDTH / 2, HEIGHT + NOTE_BELOW, MUTED))
    pen.write(lines)
    pen.crop_marks((0, WIDTH), (0, HEIGHT), MARK_GAP, MARK)
    pen.scale(WIDTH / 2 - drawing.SCALE / 2, HEIGHT + NOTE_BELOW + 2 * NOTE_SIZE)


def draw_page(canvas: Canvas, content: PlaqueContent, placed: Layout) -> None:
    canvas.doForm("plaque")
    if content.photo:
        pen(canvas).photo(content.photo, PHOTO, PHOTO_RADIUS)
    else:
        canvas.doForm("silhouette")
    inset = (QR_FRAME - QR_SIZE) / 2
    pen(canvas).code(qr.modules(content.url), QR_LEFT + inset, BODY + inset, QR_SIZE)
    if placed.tag:
        pen(canvas).rect(*placed.tag, radius=0.8, fill=WHITE)
    end = TEXT_LEFT + TEXT_WIDTH
    pen(canvas).rule(TEXT_LEFT, placed.rule, end, placed.rule, colour=CELADON_200, thick=0.3)
    pen(canvas).write(placed.lines)
    canvas.showPage()
