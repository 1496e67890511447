"""The one way a photo comes in: checked before it is decoded, re-encoded, nothing of the original kept."""

import io
import re
import threading
import warnings
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from common.problems import Refused

MAX_BYTES = 8 * 1024 * 1024
#: A good phone camera makes 50 megapixels, in one scan, which libjpeg shrinks while it reads (`draft`).
MAX_PIXELS = 50_000_000
#: Several scans: the coefficients of the whole picture, at least two bytes each, wait in memory for the last one.
MAX_PIXELS_IN_SCANS = 25_000_000
#: PNG and WebP are shrunk only when all of it has been read.
MAX_PIXELS_AT_ONCE = 16_000_000
#: A progressive photo has about ten. Every scan is a pass over the whole picture, and costs its sender 60 bytes.
MAX_SCANS = 20
#: Where the model puts them (cards.models.photo_path).
FOLDER = "photos"
ORPHANS_KEPT = timedelta(days=1)
MIN_SIDE = 200
FORMATS = ("JPEG", "PNG", "WEBP")
#: 45.6 mm of plaque at 300 dpi and a little more, in the 5:7 of the plaque.
PLAQUE_SIZE = (600, 840)
#: Twice the 104 CSS pixels of the public page, whose whole budget is 50 KB.
WEB_SIZE = (208, 291)
#: A photo of an empty desk: enough to read a notice on the wall.
SCENE_SIZE = (1200, 1200)
UNREADABLE = _("This file is not a readable JPEG, PNG or WebP photo.")
TOO_LONG = _("The photo is too long or too wide. Choose a portrait photo.")
TOO_MANY_PIXELS = _("The photo has more than %(most)s megapixels. Choose a smaller one.")
_HEIF_BRANDS = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc", b"avif")
#: What stands between two segments and what a scan escapes is no marker with a length behind it.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_SCAN, _END = 0xDA, 0xD9


@dataclass(frozen=True)
class Limits:
    """What a file may be before it is decoded."""

    max_bytes: int = MAX_BYTES
    min_side: int = MIN_SIDE
    #: The longer side in shorter ones.
    longest: int = 3
    too_long: Any = TOO_LONG
    #: What becomes of it at most: its shorter and its longer side.
    size: tuple[int, int] = SCENE_SIZE


PHOTO = Limits()
#: A picture in memory is a hundred times its file: one at a time, whoever else sends one.
_one_at_a_time = threading.Lock()


def clean(upload: BinaryIO) -> tuple[bytes, bytes]:
    """The plaque's and the web page's baseline JPEG of an upload.

    Raises Refused with a sentence for anything that is not a plain photo.
    """
    data = _read(upload)
    with _one_at_a_time:
        image = _open(data)
        return _jpeg(image, PLAQUE_SIZE, 88), _jpeg(image, WEB_SIZE, 78)


def scene(upload: BinaryIO, limits: Limits = PHOTO) -> bytes:
    """A baseline JPEG of what was seen on site, uncropped. Raises Refused as `clean` does."""
    data = _read(upload, limits)
    with _one_at_a_time:
        image = _open(data, limits)
        is_upright = image.height >= image.width
        image.thumbnail(limits.size if is_upright else limits.size[::-1], Image.Resampling.LANCZOS)
        image.info.clear()
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80, optimize=True, progressive=False)
    return out.getvalue()


def check(upload: BinaryIO) -> None:
    """Raises Refused where `clean` would; for thousands that are only looked at, half the time."""
    data = _read(upload)
    with _one_at_a_time:
        _open(data)


def _read(upload: BinaryIO, limits: Limits = PHOTO) -> bytes:
    data = upload.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        sentence = _("The photo is larger than %(most)s MB. Choose a smaller one.")
        raise Refused(sentence % {"most": limits.max_bytes // 1024 // 1024}, "photo")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise Refused(
            _(
                "This is an HEIC photo. On the phone choose “Most Compatible” under camera formats, or save it as JPEG."
            ),
            "photo",
        )
    return data


def _open(data: bytes, limits: Limits = PHOTO) -> Image.Image:
    image: Image.Image
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check(image, data, limits)
            # Both sides at least as long as the plaque's longer one, however the photo is turned.
            image.draft(None, (max(PLAQUE_SIZE), max(PLAQUE_SIZE)))
            image.load()
            # By one name: a full-sized copy goes as soon as the next has been made of it.
            image = _plain(image)
            image = _reduced(image)
            return ImageOps.exif_transpose(_flat(image))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many(MAX_PIXELS) from error
    except Refused:
        raise
    # A damaged file makes the decoder raise nearly anything, struct.error and KeyError included.
    except Exception as error:
        raise Refused(UNREADABLE, "photo") from error


def _check(image: Image.Image, data: bytes, limits: Limits) -> None:
    """All that can be known from the header, before anything is decoded."""
    # Many phones append a depth map or preview to a JPEG (MPO); the first picture is the photo.
    is_jpeg = image.format in ("JPEG", "MPO")
    scans = _scans(data) if is_jpeg else 0
    if scans > MAX_SCANS:
        raise Refused(UNREADABLE, "photo")
    most = (MAX_PIXELS if scans <= 1 else MAX_PIXELS_IN_SCANS) if is_jpeg else MAX_PIXELS_AT_ONCE
    width, height = image.size
    if width * height > most:
        raise _too_many(most)
    if not is_jpeg and getattr(image, "n_frames", 1) > 1:
        raise Refused(_("This is an animation. Choose a photo."), "photo")
    if min(width, height) < limits.min_side:
        sentence = _("The photo is too small: at least %(least)s pixels on each side.")
        raise Refused(sentence % {"least": limits.min_side}, "photo")
    if max(width, height) > limits.longest * min(width, height):
        raise Refused(limits.too_long, "photo")


def _too_many(most: int) -> Refused:
    return Refused(TOO_MANY_PIXELS % {"most": most // 1_000_000}, "photo")


def _scans(data: bytes) -> int:
    """How often a JPEG's decoder goes over the picture; segments are skipped by their length, as libjpeg does."""
    scans, at = 0, 2
    while (found := _MARKER.search(data, at)) and (marker := found[0][1]) != _END:
        scans += marker == _SCAN
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
    return scans


def _plain(image: Image.Image) -> Image.Image:
    """A mode whose pixels can be averaged, which those of a palette and of 16 bits cannot."""
    if image.mode.startswith("I"):
        # Converting would cut off at 255 and leave a white sheet.
        return image.point(lambda level: level / 256).convert("L")
    if image.mode == "PA" or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert({"1": "L", "P": "RGB"}[image.mode]) if image.mode in ("1", "P") else image


def _reduced(image: Image.Image) -> Image.Image:
    """Twice as large as the plaque needs it, so that every later step is cheap and none is seen."""
    factor = min(image.size) // (2 * max(PLAQUE_SIZE))
    return image.reduce(factor) if factor > 1 else image


def _flat(image: Image.Image) -> Image.Image:
    """RGB on white: a transparent PNG must not turn black on the plaque."""
    if image.mode not in ("RGBA", "LA"):
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    flat = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    flat.info = image.info  # which way is up
    return flat


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


def sweep_orphans(used: Container[str], now: datetime, folder: str = FOLDER) -> int:
    """Delete stored photos that nobody has: those of a run that was killed between storing and its commit.

    What is younger than a day may belong to somebody who is saving at this moment.
    """
    removed = 0
    for file in _stored(folder):
        original = file.removesuffix("-web.jpg") + ".jpg" if file.endswith("-web.jpg") else file
        try:
            if original not in used and default_storage.get_modified_time(file) < now - ORPHANS_KEPT:
                default_storage.delete(file)
                removed += 1
        except FileNotFoundError:
            continue
    return removed


def _stored(folder: str) -> list[str]:
    try:
        _folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{file}" for file in files if file.endswith(".jpg")]
