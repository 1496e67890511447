"""The one way a photo comes in: checked before it is decoded, re-encoded, nothing of the original kept."""

import io
import warnings
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from common.problems import Refused

MAX_BYTES = 8 * 1024 * 1024
#: A good phone camera makes 50 megapixels; a bomb makes more out of a small file.
MAX_PIXELS = 50_000_000
MIN_SIDE = 200
FORMATS = ("JPEG", "PNG", "WEBP")
#: 45.6 mm of plaque at 300 dpi and a little more, in the 5:7 of the plaque.
PLAQUE_SIZE = (600, 840)
#: Twice the 104 CSS pixels of the public page, whose whole budget is 50 KB.
WEB_SIZE = (208, 291)
TOO_MANY_PIXELS = _("The photo has more than 50 megapixels. Choose a smaller one.")
_HEIF_BRANDS = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc", b"avif")


def clean(upload: BinaryIO) -> tuple[bytes, bytes]:
    """The plaque's and the web page's baseline JPEG of an upload.

    Raises Refused with a sentence for anything that is not a plain photo.
    """
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(_("The photo is larger than 8 MB. Choose a smaller one."), "photo")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise Refused(
            _(
                "This is an HEIC photo. On the phone choose “Most Compatible” under camera formats, or save it as JPEG."
            ),
            "photo",
        )
    image = _open(data)
    return _jpeg(image, PLAQUE_SIZE, 88), _jpeg(image, WEB_SIZE, 78)


def _open(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise Refused(TOO_MANY_PIXELS, "photo")
            # Many phones append a depth map or preview to a JPEG (MPO); the first picture is the photo.
            if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
                raise Refused(_("This is an animation. Choose a photo."), "photo")
            if min(width, height) < MIN_SIDE:
                raise Refused(_("The photo is too small: at least 200 pixels on each side."), "photo")
            if max(width, height) > 3 * min(width, height):
                raise Refused(_("The photo is too long or too wide. Choose a portrait photo."), "photo")
            image.load()
            return _flat(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refused(TOO_MANY_PIXELS, "photo") from error
    except Refused:
        raise
    # A damaged file makes the decoder raise nearly anything, struct.error and KeyError included.
    except Exception as error:
        raise Refused(_("This file is not a readable JPEG, PNG or WebP photo."), "photo") from error


def _flat(image: Image.Image) -> Image.Image:
    """RGB on white: a transparent PNG must not turn black on the plaque."""
    if image.mode.startswith("I"):
        # 16 bits of grey: converting would cut off at 255 and leave a white sheet.
        image = image.point(lambda level: level / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _jpeg(image: Image.Image, size: tuple[int, int], quality: int) -> bytes:
    """Cropped a little above the middle, where faces are; no metadata goes along."""
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.3))
    fitted.info.clear()  # Pillow writes the original's comment again
    out = io.BytesIO()
    fitted.save(out, "JPEG", quality=quality, optimize=True, progressive=False)
    return out.getvalue()


def web_name(name: str) -> str:
    return name.removesuffix(".jpg") + "-web.jpg"


def store(plaque: bytes, web: bytes, name: str) -> str:
    """Both renditions under one random name; returns the name of the plaque's."""
    saved = default_storage.save(name, ContentFile(plaque))
    try:
        default_storage.save(web_name(saved), ContentFile(web))
    except Exception:
        delete(saved)
        raise
    return saved


def read(name: str) -> bytes:
    """The bytes of a stored photo; empty when it has just been replaced."""
    try:
        with default_storage.open(name) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return b""


def delete(name: str) -> None:
    for stored in (name, web_name(name)):
        default_storage.delete(stored)
