"""Drawn portraits in the manner of the silhouette that stands for a missing photo. Nobody's face."""

import hashlib
import io
from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from cards import photos
from common import demo

#: Half as large again as the plaque's rendition, so that edges come out smooth.
WIDTH, HEIGHT = 900, 1260
GROUNDS = ("#d5e2db", "#dfe6e9", "#e6e2d6", "#d9e0ea", "#e3ded9", "#d8e4e0")
SKINS = ("#f0cfae", "#e8c09a", "#f3d7bb", "#dcb088")
HAIRS = ("#2b2622", "#3a2f28", "#1f1f22", "#55504c", "#8a8783")
CLOTHES = ("#2c5f50", "#2f4a6d", "#4b4f57", "#6a4a3c", "#38575e", "#5c4a6a", "#7a2f2a")
PER_KIND = 12


def names(woman: bool) -> list[str]:
    """The stored names of the portraits of one kind; they say nothing, like those of real photos."""
    return [_name(woman, number) for number in range(PER_KIND)]


def _name(woman: bool, number: int) -> str:
    return f"photos/{hashlib.sha256(f'portrait {woman} {number}'.encode()).hexdigest()[:32]}.jpg"


def missing() -> list[tuple[bool, int]]:
    return [
        (woman, number)
        for woman in (False, True)
        for number in range(PER_KIND)
        if not all(default_storage.exists(name) for name in _both(_name(woman, number)))
    ]


def _both(name: str) -> tuple[str, str]:
    return name, photos.web_name(name)


def make(due: list[tuple[bool, int]]) -> Iterator[str]:
    """Draw and store them one by one, through the one way a photo comes in."""
    for woman, number in due:
        name = _name(woman, number)
        photos.delete(name)
        yield photos.store(*photos.clean(_upload(draw(woman, number))), name)


def build(build: demo.Build) -> str:
    """Files, not rows: drawn again where a file is missing, on every run."""
    due = missing()
    for number, _stored in enumerate(make(due), start=1):
        build.progress(number, len(due))
    return _("%(count)s drawn") % {"count": 2 * PER_KIND}


def _upload(image: Image.Image) -> io.BytesIO:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    out.seek(0)
    return out


def draw(woman: bool, number: int) -> Image.Image:
    offset = 5 if woman else 0
    hair = HAIRS[(number * 3 + offset) % len(HAIRS)]
    skin = SKINS[(number + offset) % len(SKINS)]
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUNDS[(number + offset) % len(GROUNDS)])
    pen = ImageDraw.Draw(image)
    if woman:
        _long_hair(pen, number, hair)
    _shoulders(pen, CLOTHES[(number * 2 + offset) % len(CLOTHES)], skin, collar=number % 2 == 0)
    _head(pen, skin)
    if woman:
        _fringe(pen, number, hair)
    else:
        _short_hair(pen, number, hair, skin)
    _face(pen, number, hair)
    return image


def _shoulders(pen: ImageDraw.ImageDraw, cloth: str, skin: str, *, collar: bool) -> None:
    pen.ellipse((90, 900, 810, 1800), fill=cloth)
    pen.rounded_rectangle((375, 760, 525, 980), 60, fill=_shade(skin, 0.9))
    if collar:
        pen.polygon([(375, 905), (450, 1060), (330, 1010)], fill="#f4f4f1")
        pen.polygon([(525, 905), (450, 1060), (570, 1010)], fill="#f4f4f1")
    else:
        pen.ellipse((365, 850, 535, 985), fill=_shade(skin, 0.9))


def _head(pen: ImageDraw.ImageDraw, skin: str) -> None:
    pen.ellipse((262, 560, 318, 670), fill=_shade(skin, 0.95))
    pen.ellipse((582, 560, 638, 670), fill=_shade(skin, 0.95))
    pen.ellipse((280, 380, 620, 840), fill=skin)


def _face(pen: ImageDraw.ImageDraw, number: int, hair: str) -> None:
    """As little as makes a figure friendly: brows, eyes, a smile; glasses for some."""
    for middle in (375, 525):
        pen.ellipse((middle - 13, 598, middle + 13, 624), fill="#2a2523")
        pen.arc((middle - 42, 552, middle + 42, 600), 200, 340, fill=_shade(hair, 0.9), width=9)
        if number % 4 == 1:
            pen.rounded_rectangle((middle - 56, 572, middle + 56, 650), 28, outline="#4a4a4a", width=8)
    if number % 4 == 1:
        pen.line((431, 606, 469, 606), fill="#4a4a4a", width=8)
    pen.arc((400, 660, 500, 750), 25, 155, fill="#a5574a", width=10)


def _short_hair(pen: ImageDraw.ImageDraw, number: int, hair: str, skin: str) -> None:
    pen.pieslice((266, 350, 634, 760), 180, 360, fill=hair)
    part = 330 + 40 * (number % 4)
    pen.ellipse((290, 470 + 12 * (number % 3), part + 60, 620), fill=skin)
    pen.ellipse((part, 462, 612, 620), fill=skin)


def _long_hair(pen: ImageDraw.ImageDraw, number: int, hair: str) -> None:
    length = (760, 860, 980)[number % 3]
    pen.rounded_rectangle((236, 350, 664, length), 190, fill=hair)


def _fringe(pen: ImageDraw.ImageDraw, number: int, hair: str) -> None:
    pen.chord((262, 352, 638, 720), 188, 352, fill=hair)
    if number % 3 == 1:
        pen.pieslice((250, 380, 470, 640), 150, 290, fill=hair)
    if number % 3 == 2:
        pen.ellipse((380, 280, 520, 420), fill=hair)


def _shade(colour: str, factor: float) -> str:
    parts = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{int(part * factor):02x}" for part in parts)
