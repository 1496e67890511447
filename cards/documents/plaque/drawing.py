"""A laid-out plaque onto a page of A4, with bleed, crop marks and a scale to measure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import BinaryIO

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from cards.documents import qr
from cards.documents.fonts import Role, runs, width
from cards.documents.plaque.content import PlaqueContent, photo_size
from cards.documents.plaque.design import (
    AUTHOR,
    BAND,
    BLEED,
    BODY,
    BODY_END,
    CARD_TITLE,
    CELADON_100,
    CELADON_200,
    CELADON_500,
    CELADON_700,
    CELADON_900,
    FOOT_TOP,
    HEIGHT,
    LEFT,
    LINE,
    MARGIN,
    MARK,
    MARK_GAP,
    MUTED,
    NOTE_BELOW,
    NOTE_SIZE,
    PAGE_HEIGHT,
    PHOTO_GROUND,
    PHOTO_HEIGHT,
    PHOTO_RADIUS,
    PHOTO_WIDTH,
    PRINT_NOTE,
    QR_FRAME,
    QR_LEFT,
    QR_SIZE,
    SCAN,
    SCAN_MIDDLE,
    SCAN_MORE,
    SCAN_MORE_MIDDLE,
    SCAN_MORE_SIZE,
    SCAN_SIZE,
    SLOT_GAP,
    SLOT_HEIGHT,
    SLOT_SIZE,
    SLOT_TOP,
    SLOTS,
    TEXT_LEFT,
    TEXT_WIDTH,
    TOP,
    WHITE,
    WIDTH,
)
from cards.documents.plaque.layout import Layout, Line, baseline


def new_canvas(out: BinaryIO) -> Canvas:
    first_font = runs(" ", "sans")[0][0]  # otherwise an unused Helvetica is listed, not embedded
    canvas = Canvas(
        out,
        pagesize=landscape(A4),
        pageCompression=1,
        invariant=1,  # the same content gives the same bytes: no time stamp, no random identifier
        initialFontName=first_font,  # type: ignore[arg-type]  # the stubs say float
        lang="zh-CN",
    )
    canvas.setAuthor(AUTHOR)
    canvas.setSubject(CARD_TITLE)
    canvas.setCreator(AUTHOR)
    canvas.setViewerPreference("PrintScaling", "None")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas.setTrimBox(_corners(0))
    canvas.setBleedBox(_corners(BLEED))
    canvas.beginForm("plaque")
    _static(canvas)
    canvas.endForm()
    canvas.beginForm("silhouette")
    _silhouette(canvas)
    canvas.endForm()
    return canvas


@cache
def _colour(token: str) -> Color:
    return HexColor(token)


def _x(across: float) -> float:
    return (LEFT + across) * mm


def _y(down: float) -> float:
    return (PAGE_HEIGHT - TOP - down) * mm


def _corners(beyond: float) -> tuple[float, float, float, float]:
    return _x(-beyond), _y(HEIGHT + beyond), _x(WIDTH + beyond), _y(-beyond)


def _rect(
    canvas: Canvas,
    left: float,
    top: float,
    right: float,
    bottom: float,
    *,
    radius: float = 0,
    fill: str = "",
    line: str = "",
) -> None:
    if fill:
        canvas.setFillColor(_colour(fill))
    if line:
        canvas.setStrokeColor(_colour(line))
    canvas.roundRect(
        _x(left),
        _y(bottom),
        (right - left) * mm,
        (bottom - top) * mm,
        radius * mm,
        fill=bool(fill),
        stroke=bool(line),
    )


def _static(canvas: Canvas) -> None:
    """What every plaque shows, stored once in a document."""
    _rect(canvas, -BLEED, -BLEED, WIDTH + BLEED, BAND, fill=CELADON_700)
    _rect(canvas, -BLEED, FOOT_TOP, WIDTH + BLEED, HEIGHT + BLEED, fill=CELADON_100)
    canvas.setLineWidth(0.4 * mm)
    slot = (WIDTH - 2 * MARGIN - (len(SLOTS) - 1) * SLOT_GAP) / len(SLOTS)
    lines: list[Line] = []
    for number, text in enumerate(SLOTS):
        left = MARGIN + number * (slot + SLOT_GAP)
        _rect(canvas, left, SLOT_TOP, left + slot, SLOT_TOP + SLOT_HEIGHT, radius=1.6, line=CELADON_200)
        lines.append(
            _centred(text, "sans", SLOT_SIZE, left + slot / 2, SLOT_TOP + SLOT_HEIGHT / 2, CELADON_900)
        )
    _rect(canvas, QR_LEFT, BODY, QR_LEFT + QR_FRAME, BODY + QR_FRAME, line=LINE)
    middle = QR_LEFT + QR_FRAME / 2
    lines.append(_centred(SCAN, "sans-bold", SCAN_SIZE, middle, SCAN_MIDDLE, CELADON_900))
    lines.append(_centred(SCAN_MORE, "sans", SCAN_MORE_SIZE, middle, SCAN_MORE_MIDDLE, MUTED))
    lines.append(_centred(PRINT_NOTE, "sans", NOTE_SIZE, WIDTH / 2, HEIGHT + NOTE_BELOW, MUTED))
    _write(canvas, lines)
    _marks(canvas)


def _centred(text: str, role: Role, size: float, middle: float, down: float, colour: str) -> Line:
    return Line(
        "static", text, role, size, middle - width(text, role, size) / 2, baseline(down, size), colour
    )


def _marks(canvas: Canvas) -> None:
    """Crop marks outside the bleed, and a line that shows whether the printer scaled the page."""
    canvas.setLineWidth(0.25)
    canvas.setStrokeGray(0)
    for x, outward in ((0.0, -1), (WIDTH, 1)):
        for y, below in ((0.0, -1), (HEIGHT, 1)):
            canvas.line(_x(x + outward * MARK_GAP), _y(y), _x(x + outward * (MARK_GAP + MARK)), _y(y))
            canvas.line(_x(x), _y(y + below * MARK_GAP), _x(x), _y(y + below * (MARK_GAP + MARK)))
    middle, down = WIDTH / 2, HEIGHT + NOTE_BELOW + 2 * NOTE_SIZE
    canvas.line(_x(middle - 25), _y(down), _x(middle + 25), _y(down))
    for end in (middle - 25, middle + 25):
        canvas.line(_x(end), _y(down - 1), _x(end), _y(down + 1))


def _photo_shape(canvas: Canvas) -> None:
    shape = canvas.beginPath()
    shape.roundRect(_x(MARGIN), _y(BODY_END), PHOTO_WIDTH * mm, PHOTO_HEIGHT * mm, PHOTO_RADIUS * mm)
    canvas.clipPath(shape, stroke=0, fill=0)


def _silhouette(canvas: Canvas) -> None:
    """A neutral head and shoulders where no photo is stored."""
    _photo_shape(canvas)
    _rect(canvas, MARGIN, BODY, MARGIN + PHOTO_WIDTH, BODY_END, fill=PHOTO_GROUND)
    middle, unit = MARGIN + PHOTO_WIDTH / 2, PHOTO_WIDTH / 104
    canvas.setFillColor(_colour(CELADON_500))
    canvas.circle(_x(middle), _y(BODY_END - 90 * unit), 26 * unit * mm, fill=1, stroke=0)
    canvas.setFillColor(_colour(CELADON_700))
    shoulders = canvas.beginPath()

    def at(across: float, up: float) -> tuple[float, float]:
        return _x(middle + across * unit), _y(BODY_END - up * unit)

    shoulders.moveTo(*at(-46, -1))
    shoulders.curveTo(*at(-44, 40), *at(-24, 54), *at(0, 54))
    shoulders.curveTo(*at(24, 54), *at(44, 40), *at(46, -1))
    canvas.drawPath(shoulders, fill=1, stroke=0)


def _photo(canvas: Canvas, photo: Path) -> None:
    """Fill the frame, cropping what sticks out; the file's bytes go into the document unchanged."""
    across, down = photo_size(photo) or (1, 1)
    scale = max(PHOTO_WIDTH / across, PHOTO_HEIGHT / down)
    wide, high = across * scale, down * scale
    canvas.saveState()
    _photo_shape(canvas)
    canvas.drawImage(
        str(photo),
        _x(MARGIN + (PHOTO_WIDTH - wide) / 2),
        _y(BODY_END + (high - PHOTO_HEIGHT) / 2),
        wide * mm,
        high * mm,
    )
    canvas.restoreState()


def draw_page(canvas: Canvas, content: PlaqueContent, placed: Layout) -> None:
    canvas.doForm("plaque")
    if content.photo:
        _photo(canvas, content.photo)
    else:
        canvas.doForm("silhouette")
    rows = qr.modules(content.url)
    inset = (QR_FRAME - QR_SIZE) / 2
    canvas.setFillColor(_colour(CELADON_900))
    qr.draw(canvas, rows, _x(QR_LEFT + inset), _y(BODY + inset + QR_SIZE), QR_SIZE)
    if placed.tag:
        _rect(canvas, *placed.tag, radius=0.8, fill=WHITE)
    canvas.setLineWidth(0.3 * mm)
    canvas.setStrokeColor(_colour(CELADON_200))
    canvas.line(_x(TEXT_LEFT), _y(placed.rule), _x(TEXT_LEFT + TEXT_WIDTH), _y(placed.rule))
    _write(canvas, placed.lines)
    canvas.showPage()


def _write(canvas: Canvas, lines: Iterable[Line]) -> None:
    colour = ""
    for line in lines:
        if line.colour != colour:
            colour = line.colour
            canvas.setFillColor(_colour(colour))
        if line.tracking:
            # Viewers may take spaced characters for words: say what is copied and searched.
            actual = f"\ufeff{line.text}".encode("utf-16-be").hex().upper()
            canvas.addLiteral(f"/Span <</ActualText <{actual}>>> BDC")
        text = canvas.beginText(_x(line.left), _y(line.baseline))
        if line.tracking:
            text.setCharSpace(line.tracking * line.size * mm)
        for font, piece in runs(line.text, line.role):
            text.setFont(font, line.size * mm)
            text.textOut(piece)
        if line.tracking:
            text.setCharSpace(0)
        canvas.drawText(text)
        if line.tracking:
            canvas.addLiteral("EMC")
