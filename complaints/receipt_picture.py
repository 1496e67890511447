"""A receipt as a picture to keep in the phone."""

import io
from functools import lru_cache

from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont

from cards.documents.fonts import FILES, Role
from common.templatetags.components import zh_date
from complaints import progress, receipts
from complaints.models import Complaint

WIDTH, HEIGHT, MARGIN = 1080, 720, 60
PAPER, INK, MUTED, CELADON, LIGHT = "#ffffff", "#1d2321", "#56625d", "#2c5f50", "#e4f0ea"


def draw(case: Complaint, number: str, address: str) -> bytes:
    """A PNG of the number, the day and where to follow it; nothing of what was written."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, 0, WIDTH, 130), fill=CELADON)
    _line(canvas, 65, _("Receipt of a complaint"), "sans-bold", 44, PAPER)
    _line(canvas, 185, _("Receipt number"), "sans", 32, MUTED)
    canvas.rounded_rectangle((MARGIN, 225, WIDTH - MARGIN, 375), radius=24, fill=LIGHT)
    _line(canvas, 300, receipts.grouped(number), "sans-bold", 76, INK, centred=True)
    received, *others = facts(case, address)
    lines = [received, progress.due_words(case), *others]
    for place, text in enumerate(lines):
        _line(canvas, 440 + 65 * place, text, "sans", 34, INK if place < 2 else MUTED)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def facts(case: Complaint, address: str) -> tuple[str, ...]:
    """What stands with a number wherever it is kept, besides the day of the answer."""
    return (
        _("Received %(day)s") % {"day": zh_date(case.received_at)},
        _("Follow it at %(address)s") % {"address": address},
        _("Whoever has the number can read the answer: keep it to yourself."),
    )


def _line(
    canvas: ImageDraw.ImageDraw,
    middle: int,
    text: str,
    role: Role,
    size: int,
    fill: str,
    *,
    centred: bool = False,
) -> None:
    """As large as it fits."""
    room = WIDTH - 2 * MARGIN
    while size > 16 and _font(role, size).getlength(text) > room:
        size -= 2
    at = (WIDTH / 2, middle) if centred else (MARGIN, middle)
    canvas.text(at, text, fill=fill, font=_font(role, size), anchor="mm" if centred else "lm")


@lru_cache(maxsize=32)
def _font(role: Role, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FILES[role]), size, layout_engine=ImageFont.Layout.BASIC)
