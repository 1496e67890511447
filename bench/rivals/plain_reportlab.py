"""As one would write it after reportlab's manual: Paragraphs, the code and the photo as pictures."""

from pathlib import Path
from typing import Any

import qrcode
from PIL import Image
from plain import Text, texts
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph


def draw(job: dict[str, Any], out: Path) -> None:
    known = pdfmetrics.getRegisteredFontNames()
    for role, path in job["fonts"].items():
        if role in known:
            continue
        pdfmetrics.registerFont(TTFont(role, path))
    canvas = Canvas(str(out), pagesize=landscape(A4), pageCompression=1)
    for plaque in job["plaques"]:
        _page(canvas, plaque, job)
        canvas.showPage()
    canvas.save()


def _page(canvas: Canvas, plaque: dict[str, Any], job: dict[str, Any]) -> None:
    left, colours = job["left"], job["colours"]
    for fill, down, height in (("band", 0, 16.8), ("foot", 106.8, 13.2)):
        canvas.setFillColor(colours[fill])
        canvas.rect(left * mm, (165 - down - height) * mm, 200 * mm, height * mm, fill=1, stroke=0)
    canvas.setStrokeColor(colours["line"])
    for number in range(len(job["words"]["slots"])):
        canvas.roundRect((left + 6.8 + 31.4 * number) * mm, 63.2 * mm, 29.4 * mm, 10.2 * mm, 1.6 * mm)
    canvas.rect((left + 153.2) * mm, 103 * mm, 40 * mm, 40 * mm)
    for text in texts(plaque, job["words"]):
        _text(canvas, left, text, colours[text.colour])
    code = qrcode.QRCode(
        version=3, error_correction=qrcode.constants.ERROR_CORRECT_Q, border=0, mask_pattern=2
    )
    code.add_data(plaque["url"])
    picture = ImageReader(code.make_image().get_image().convert("RGB"))
    canvas.drawImage(picture, (left + 158.2) * mm, 108 * mm, 30 * mm, 30 * mm)
    photo = ImageReader(Image.open(plaque["photo"]))
    canvas.drawImage(photo, (left + 6.8) * mm, 79.2 * mm, 45.6 * mm, 63.8 * mm)


def _text(canvas: Canvas, left: float, text: Text, colour: str) -> None:
    style = ParagraphStyle(
        "plaque",
        fontName=text.role,
        fontSize=text.size * mm,
        leading=text.size * 1.25 * mm,
        alignment={"left": 0, "center": 1, "right": 2}[text.align],
        textColor=colour,
        wordWrap="CJK",
    )
    paragraph = Paragraph(text.text, style)
    _width, height = paragraph.wrap(text.width * mm, 200 * mm)
    paragraph.drawOn(canvas, (left + text.left) * mm, (165 - text.top) * mm - height)
