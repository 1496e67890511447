"""How fast are door plaques drawn? Ours against plain reportlab in the same run; the ratio is the result.

    python bench/plaques.py [number of plaques]

The rival prints the same words in the same fonts as is usual with reportlab: Paragraphs, photo and QR code as
pictures through PIL, nothing shared between the pages. Both read real photos and write one document.
"""

# ruff: noqa: E402 (run as a script, it finds the project first)

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

import qrcode
from PIL import Image, ImageDraw
from reportlab import rl_config
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from cards.documents import qr
from cards.documents.fonts import Role, runs
from cards.documents.plaque import PlaqueContent, design, draw_plaques

USUAL = PlaqueContent(
    unit_name="市行政服务示例局",
    name="示例甲",
    posts=("审批科 科长",),
    duties=("企业设立、变更、注销登记的受理与审核", "食品经营许可的现场核查安排", "办事材料的一次性告知"),
    room="306 室",
    office_name="审批科",
    office_phone="0578-000 0001",
    stand_in="示例乙（304 室）",
    unit_hotline="0578-000 0002",
    city_hotline="0578-000 0003",
    serial="LQ-0306-0017",
    url="HTTPS://CARD.EXAMPLE.CN/C/7K3M9Q2ABCDE4567",
    code_text="7K3M 9Q2A BCDE 4567",
)


def contents(number: int, folder: Path) -> list[PlaqueContent]:
    """Everybody with a serial number, an address and a photo of their own."""
    found = []
    for n in range(number):
        photo = folder / f"{n}.jpg"
        picture = Image.effect_noise((350, 490), 40).convert("RGB")
        ImageDraw.Draw(picture).ellipse((100, 90, 250, 280), fill="#e8c9a8")
        picture.save(photo, quality=80)
        token = f"{n:016d}"
        found.append(
            replace(
                USUAL,
                serial=f"LQ-0306-{n:04d}",
                url=f"HTTPS://CARD.EXAMPLE.CN/C/{token}",
                code_text=token,
                photo=photo,
            )
        )
    return found


def ours(plaques: Sequence[PlaqueContent], out: BytesIO) -> None:
    qr.modules.cache_clear()
    draw_plaques(plaques, out)


def rival(plaques: Sequence[PlaqueContent], out: BytesIO) -> None:
    canvas = Canvas(out, pagesize=landscape(A4), pageCompression=1)
    for content in plaques:
        rival_page(canvas, content)
        canvas.showPage()
    canvas.save()


def rival_page(canvas: Canvas, content: PlaqueContent) -> None:
    def put(text: str, left: float, top: float, width: float, size: float, role: Role = "sans") -> None:
        font = runs("示", role)[0][0]
        style = ParagraphStyle(
            "plaque", fontName=font, fontSize=size * mm, leading=size * 1.5 * mm, wordWrap="CJK"
        )
        paragraph = Paragraph(text, style)
        _width, height = paragraph.wrap(width * mm, 200 * mm)
        paragraph.drawOn(canvas, (design.LEFT + left) * mm, (165 - top) * mm - height)

    canvas.setFillColor(design.CELADON_700)
    canvas.rect(design.LEFT * mm, 148 * mm, 200 * mm, 17 * mm, fill=1, stroke=0)
    canvas.setFillColor(design.CELADON_100)
    canvas.rect(design.LEFT * mm, 45 * mm, 200 * mm, 13 * mm, fill=1, stroke=0)
    for number, text in enumerate(design.SLOTS):
        canvas.roundRect((design.LEFT + 6.8 + 31.4 * number) * mm, 63 * mm, 29 * mm, 10 * mm, 2 * mm)
        put(text, 16 + 31.4 * number, 93, 28, 4.2)
    put(content.unit_name, 6.8, 4, 100, 6, "sans-bold")
    put(f"{design.CARD_TITLE} {content.serial}", 120, 5, 76, 4)
    put(content.name, 58, 22, 88, 15.6, "serif-bold")
    put(content.posts[0], 58, 42, 88, 6, "sans-bold")
    for number, duty in enumerate(content.duties, start=1):
        put(f"{number}. {duty}", 58, 45 + 7 * number, 88, 4.4)
    put(f"{content.room} {design.PHONE} {content.office_phone}", 58, 74, 88, 4.4)
    put(f"{design.STAND_IN} {content.stand_in}", 58, 80, 88, 4.4)
    put(f"{design.SCAN} {design.SCAN_MORE}", 153, 64, 40, 3.6)
    put(content.code_text, 153, 80, 40, 3.6)
    put(f"{design.UNIT_HOTLINE} {content.unit_hotline}", 6.8, 110, 65, 4.2)
    put(f"{design.CITY_HOTLINE} {content.city_hotline}", 80, 110, 65, 4.2)
    put(design.SUPERVISED, 165, 110, 30, 4.2, "sans-bold")
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q)
    code.add_data(content.url)
    picture = ImageReader(code.make_image().get_image().convert("RGB"))
    canvas.drawImage(picture, (design.LEFT + 153) * mm, 103 * mm, 40 * mm, 40 * mm)
    if content.photo:
        canvas.drawImage(
            ImageReader(Image.open(content.photo)), (design.LEFT + 6.8) * mm, 79 * mm, 45.6 * mm, 63.8 * mm
        )


def measured(
    draw: Callable[[Sequence[PlaqueContent], BytesIO], None], plaques: Sequence[PlaqueContent]
) -> float:
    """Plaques a second of processor time; the size goes to the terminal."""
    out = BytesIO()
    began = time.process_time()
    draw(plaques, out)
    rate = len(plaques) / (time.process_time() - began)
    print(f"{draw.__name__:6} {rate:8.1f} plaques/s {len(out.getvalue()) / len(plaques) / 1000:8.1f} kB each")
    return rate


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with TemporaryDirectory() as folder:
        plaques = contents(number, Path(folder))
        ours(plaques[:1], BytesIO())  # load the fonts before the clock starts
        fast = max(measured(ours, plaques) for _round in range(3))
        rl_config.useA85 = 1  # as reportlab comes
        slow = max(measured(rival, plaques[: max(number // 4, 1)]) for _round in range(2))
    print(f"ratio {fast / slow:.1f}")


if __name__ == "__main__":
    main()
