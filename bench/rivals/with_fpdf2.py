"""fpdf2: cells, the code as filled rectangles, the photo as it is."""

from pathlib import Path
from typing import Any

from code_bars import bars
from fpdf import FPDF
from plain import Text, texts

MM = 72 / 25.4


def draw(job: dict[str, Any], out: Path) -> None:
    pdf = FPDF(orientation="landscape", format="A4", unit="mm")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    for role, path in job["fonts"].items():
        pdf.add_font(role, fname=path)
    for plaque in job["plaques"]:
        pdf.add_page()
        _page(pdf, plaque, job)
    pdf.output(str(out))


def _page(pdf: FPDF, plaque: dict[str, Any], job: dict[str, Any]) -> None:
    left, top, colours = job["left"], 45, job["colours"]
    for fill, down, height in (("band", 0, 16.8), ("foot", 106.8, 13.2)):
        pdf.set_fill_color(colours[fill])
        pdf.rect(left, top + down, 200, height, style="F")
    pdf.set_draw_color(colours["line"])
    for number in range(len(job["words"]["slots"])):
        across = left + 6.8 + 31.4 * number
        pdf.rect(across, top + 91.6, 29.4, 10.2, style="D", round_corners=True, corner_radius=1.6)
    pdf.rect(left + 153.2, top + 22, 40, 40, style="D")
    for text in texts(plaque, job["words"]):
        _text(pdf, left, top, text, colours[text.colour])
    pdf.set_fill_color(colours["dark"])
    across, found = bars(plaque["url"])
    edge = 30 / across
    for row, column, length in found:
        pdf.rect(left + 158.2 + column * edge, top + 27 + row * edge, length * edge, edge, style="F")
    pdf.image(plaque["photo"], left + 6.8, top + 22, 45.6, 63.8)


def _text(pdf: FPDF, left: float, top: float, text: Text, colour: str) -> None:
    pdf.set_font(text.role, size=text.size * MM)
    pdf.set_text_color(colour)
    pdf.set_xy(left + text.left, top + text.top)
    align = {"left": "L", "center": "C", "right": "R"}[text.align]
    pdf.multi_cell(text.width, text.size * 1.25, text.text, align=align)
