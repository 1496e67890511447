"""Shapes, photos, codes and lines onto a page, in millimetres from the upper left corner of what is cut out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from cards.documents import qr
from cards.documents.content import photo_size
from cards.documents.fonts import runs
from cards.documents.setting import Box, Line
from cards.documents.style import (
    AUTHOR,
    CELADON_500,
    CELADON_700,
    CELADON_900,
    LINE,
    PHOTO_GROUND,
)

SCALE: Final = 50.0  # of the line that shows whether the printer scaled the page


def new_canvas(out: BinaryIO, page: tuple[float, float], subject: str) -> Canvas:
    first_font = runs(" ", "sans")[0][0]  # otherwise an unused Helvetica is listed, not embedded
    canvas = Canvas(
        out,
        pagesize=page,
        pageCompression=1,
        invariant=1,  # the same content gives the same bytes: no time stamp, no random identifier
        initialFontName=first_font,  # type: ignore[arg-type]  # the stubs say float
        lang="zh-CN",
    )
    canvas.setAuthor(AUTHOR)
    canvas.setSubject(subject)
    canvas.setCreator(AUTHOR)
    canvas.setViewerPreference("PrintScaling", "None")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


@cache
def colour_of(token: str) -> Color:
    return HexColor(token)


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws with its origin at (left, top) of a page so high, y downwards."""

    canvas: Canvas
    left: float
    top: float
    page_height: float

    def x(self, across: float) -> float:
        return (self.left + across) * mm

    def y(self, down: float) -> float:
        return (self.page_height - self.top - down) * mm

    def corners(self, width: float, height: float, beyond: float = 0) -> Box:
        """A rectangle from the origin, as reportlab's page boxes want it."""
        return self.x(-beyond), self.y(height + beyond), self.x(width + beyond), self.y(-beyond)

    def rect(
        self,
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
            self.canvas.setFillColor(colour_of(fill))
        if line:
            self.canvas.setStrokeColor(colour_of(line))
        self.canvas.roundRect(
            self.x(left),
            self.y(bottom),
            (right - left) * mm,
            (bottom - top) * mm,
            radius * mm,
            fill=bool(fill),
            stroke=bool(line),
        )

    def rule(
        self, left: float, top: float, right: float, bottom: float, *, colour: str, thick: float
    ) -> None:
        self.canvas.setLineWidth(thick * mm)
        self.canvas.setStrokeColor(colour_of(colour))
        self.canvas.line(self.x(left), self.y(top), self.x(right), self.y(bottom))

    def crop_marks(self, across: Iterable[float], down: Iterable[float], gap: float, length: float) -> None:
        """Where to cut, outside of everything that is printed."""
        across, down = sorted(across), sorted(down)
        self.canvas.setLineWidth(0.25)
        self.canvas.setStrokeGray(0)
        for x, outward in [(across[0], -1), (across[-1], 1)]:
            for y in down:
                self.canvas.line(
                    self.x(x + outward * gap), self.y(y), self.x(x + outward * (gap + length)), self.y(y)
                )
        for y, outward in [(down[0], -1), (down[-1], 1)]:
            for x in across:
                self.canvas.line(
                    self.x(x), self.y(y + outward * gap), self.x(x), self.y(y + outward * (gap + length))
                )

    def scale(self, left: float, down: float) -> None:
        """A line to measure."""
        self.canvas.setLineWidth(0.25)
        self.canvas.setStrokeGray(0)
        self.canvas.line(self.x(left), self.y(down), self.x(left + SCALE), self.y(down))
        for end in (left, left + SCALE):
            self.canvas.line(self.x(end), self.y(down - 1), self.x(end), self.y(down + 1))

    def photo(self, photo: Path, frame: Box, radius: float) -> None:
        """Fill the frame, cropping what sticks out; the file's bytes go into the document unchanged."""
        left, top, right, bottom = frame
        width, height = right - left, bottom - top
        across, down = photo_size(photo) or (1, 1)
        scale = max(width / across, height / down)
        wide, high = across * scale, down * scale
        self.canvas.saveState()
        self._clip(frame, radius)
        self.canvas.drawImage(
            str(photo),
            self.x(left + (width - wide) / 2),
            self.y(bottom + (high - height) / 2),
            wide * mm,
            high * mm,
        )
        self.canvas.restoreState()

    def silhouette(self, frame: Box, radius: float) -> None:
        """A neutral head and shoulders where no photo is stored."""
        left, _top, right, bottom = frame
        self.canvas.saveState()
        self._clip(frame, radius)
        self.rect(*frame, fill=PHOTO_GROUND)
        middle, unit = left + (right - left) / 2, (right - left) / 104
        self.canvas.setFillColor(colour_of(CELADON_500))
        self.canvas.circle(self.x(middle), self.y(bottom - 90 * unit), 26 * unit * mm, fill=1, stroke=0)
        self.canvas.setFillColor(colour_of(CELADON_700))
        shoulders = self.canvas.beginPath()

        def at(across: float, up: float) -> tuple[float, float]:
            return self.x(middle + across * unit), self.y(bottom - up * unit)

        shoulders.moveTo(*at(-46, -1))
        shoulders.curveTo(*at(-44, 40), *at(-24, 54), *at(0, 54))
        shoulders.curveTo(*at(24, 54), *at(44, 40), *at(46, -1))
        self.canvas.drawPath(shoulders, fill=1, stroke=0)
        self.canvas.restoreState()

    def _clip(self, frame: Box, radius: float) -> None:
        left, top, right, bottom = frame
        shape = self.canvas.beginPath()
        shape.roundRect(self.x(left), self.y(bottom), (right - left) * mm, (bottom - top) * mm, radius * mm)
        self.canvas.clipPath(shape, stroke=0, fill=0)

    def portrait(self, photo: Path | None, frame: Box, radius: float) -> None:
        if photo:
            self.photo(photo, frame, radius)
        else:
            self.silhouette(frame, radius)

    def code(self, rows: qr.Modules, left: float, top: float, size: float) -> None:
        """The symbol alone; its frame or field keeps the quiet zone."""
        self.canvas.setFillColor(colour_of(CELADON_900))
        qr.draw(self.canvas, rows, self.x(left), self.y(top + size), size)

    def framed_code(self, rows: qr.Modules, left: float, top: float, frame: float, size: float) -> None:
        """Centred in a square frame that holds its quiet zone."""
        self.canvas.setLineWidth(0.3 * mm)
        self.rect(left, top, left + frame, top + frame, line=LINE)
        inset = (frame - size) / 2
        self.code(rows, left + inset, top + inset, size)

    def write(self, lines: Iterable[Line]) -> None:
        colour = ""
        for line in lines:
            if line.colour != colour:
                colour = line.colour
                self.canvas.setFillColor(colour_of(colour))
            if line.tracking:
                # Viewers may take spaced characters for words: say what is copied and searched.
                actual = f"\ufeff{line.text}".encode("utf-16-be").hex().upper()
                self.canvas.addLiteral(f"/Span <</ActualText <{actual}>>> BDC")
            text = self.canvas.beginText(self.x(line.left), self.y(line.baseline))
            if line.tracking:
                text.setCharSpace(line.tracking * line.size * mm)
            for font, piece in runs(line.text, line.role):
                text.setFont(font, line.size * mm)
                text.textOut(piece)
            if line.tracking:
                text.setCharSpace(0)
            self.canvas.drawText(text)
            if line.tracking:
                self.canvas.addLiteral("EMC")
