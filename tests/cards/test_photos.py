"""The one way a photo comes in, fed with what phones and pranksters send."""

import contextlib
import io
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import translation
from PIL import Image, ImageCms, ImageDraw, ImageFile

from cards import photos, services
from cards.models import Cadre
from common import audit
from common.models import AuditEntry
from common.problems import Refused
from tests.cast import NOW, portrait

RED, BLUE = (200, 30, 30), (30, 30, 200)
MANY = "The photo has more than {} megapixels. Choose a smaller one."
UNREADABLE = "This file is not a readable JPEG, PNG or WebP photo."


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def two_halves(mode: str = "RGB", size: tuple[int, int] = (500, 700)) -> Image.Image:
    """Red above, blue below: orientation can be read from it."""
    image = Image.new("RGB", size, BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, size[0], size[1] // 2), fill=RED)
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def cleaned(data: bytes) -> tuple[Image.Image, Image.Image]:
    plaque, web = (Image.open(io.BytesIO(made)) for made in photos.clean(io.BytesIO(data)))
    return plaque, web


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        photos.clean(io.BytesIO(data))
    assert refused.value.field == "photo"
    return str(refused.value.sentence)


def near(pixel: Any, colour: tuple[int, ...], tolerance: int = 40) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(pixel, colour, strict=True))


# --- What is taken -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("WEBP", "RGB"), ("PNG", "P")])
def test_a_photo_becomes_two_baseline_jpegs(kind, mode):
    plaque, web = cleaned(encoded(two_halves(mode), kind))
    for made, size in ((plaque, photos.PLAQUE_SIZE), (web, photos.WEB_SIZE)):
        assert (made.format, made.mode, made.size) == ("JPEG", "RGB", size)
        assert "progressive" not in made.info
        assert near(made.getpixel((size[0] // 2, 10)), RED)
        assert near(made.getpixel((size[0] // 2, size[1] - 10)), BLUE)


def test_the_web_photo_leaves_the_page_most_of_its_50_kb():
    assert len(photos.clean(portrait(1500, 2100))[1]) < 25_000


@pytest.mark.parametrize(
    ("orientation", "transposed"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
    ],
)
def test_a_photo_taken_sideways_stands_upright(orientation, transposed):
    exif = Image.Exif()
    exif[0x0112] = orientation
    plaque, _web = cleaned(encoded(two_halves().transpose(transposed), exif=exif))
    assert near(plaque.getpixel((300, 10)), RED)
    assert near(plaque.getpixel((300, 830)), BLUE)


def test_where_and_with_what_it_was_taken_is_not_kept():
    exif = Image.Exif()
    exif[0x010F] = "SECRET camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (28.0, 4.0, 30.0), 3: "E", 4: (119.0, 8.0, 30.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(two_halves(), exif=exif, comment=b"SECRET comment", icc_profile=profile, dpi=(72, 72))
    assert b"SECRET camera" in data
    assert b"SECRET comment" in data
    for made in photos.clean(io.BytesIO(data)):
        assert b"SECRET" not in made
        image = Image.open(io.BytesIO(made))
        assert not image.getexif()
        assert not {"comment", "exif", "icc_profile", "xmp"} & image.info.keys()


def test_the_text_chunks_of_a_png_are_not_kept():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "SECRET")
    info.add_itxt("XML:com.adobe.xmp", "<x>SECRET</x>")
    data = encoded(two_halves(), "PNG", pnginfo=info)
    assert b"SECRET" in data
    assert all(b"SECRET" not in made for made in photos.clean(io.BytesIO(data)))


def test_a_cmyk_photo_keeps_its_colours():
    plaque, _web = cleaned(encoded(two_halves("CMYK")))
    assert near(plaque.getpixel((300, 10)), RED, 60)


def test_16_bits_of_grey_do_not_turn_white():
    grey = Image.new("I;16", (500, 700), 128 * 256)
    plaque, _web = cleaned(encoded(grey, "PNG"))
    assert near(plaque.getpixel((300, 400)), (128, 128, 128), 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_transparent_background_becomes_white(mode):
    image = Image.new("RGBA", (500, 700), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((150, 200, 350, 500), fill=(10, 10, 10, 255))
    plaque, _web = cleaned(encoded(image.convert(mode), "PNG"))
    assert near(plaque.getpixel((20, 20)), (255, 255, 255), 5)
    assert near(plaque.getpixel((300, 400)), (10, 10, 10), 10)


def test_a_transparent_colour_of_a_palette_becomes_white():
    image = two_halves().quantize(2)
    data = encoded(image, "PNG", transparency=image.getpixel((10, 10)))
    plaque, _web = cleaned(data)
    assert near(plaque.getpixel((300, 10)), (255, 255, 255), 5)
    assert near(plaque.getpixel((300, 830)), BLUE)


def test_a_phone_photo_with_a_second_picture_inside_is_a_photo():
    data = encoded(two_halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (100, 100), BLUE)])
    assert Image.open(io.BytesIO(data)).format == "MPO"
    plaque, _web = cleaned(data)
    assert near(plaque.getpixel((300, 10)), RED)


def test_a_wide_photo_is_cropped_around_the_upper_middle():
    image = Image.new("RGB", (900, 600), "white")
    ImageDraw.Draw(image).rectangle((350, 0, 550, 600), fill=RED)
    plaque, _web = cleaned(encoded(image))
    assert near(plaque.getpixel((300, 420)), RED)


# --- What is refused, each with its sentence ---------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is huge."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


def large_jpeg(scans: int, width: int, height: int) -> bytes:
    """A header that says how large it is, and scans, each of which a decoder would go over the whole picture for."""
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3)
    frame += b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\x00\x01\x05\x10" + b"\x12\xff\x00\xff\xd0\x34"
    return b"\xff\xd8" + frame + scan * scans + b"\xff\xd9"


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: pytest.fail("decoded"))


@pytest.mark.parametrize(
    ("data", "most"),
    [
        (bomb(4001, 4000), 16),
        (bomb(7000, 7000), 16),
        (bomb(9500, 9500), 50),
        (bomb(14000, 13000), 50),
        (bomb(65_000, 65_000), 50),
        (large_jpeg(1, 8000, 6300), 50),
        (large_jpeg(2, 5001, 5000), 25),
        (large_jpeg(photos.MAX_SCANS, 7000, 7000), 25),
    ],
)
def test_a_bomb_is_refused_before_it_is_decoded(data, most, undecoded):
    assert refusal(data) == MANY.format(most)


@pytest.mark.parametrize("data", [bomb(4000, 4000), large_jpeg(1, 7000, 7000), large_jpeg(20, 5000, 5000)])
def test_a_large_photo_is_not_too_large(data, monkeypatch):
    tried = []
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: tried.append(image.size))
    with contextlib.suppress(Refused):
        photos.clean(io.BytesIO(data))
    assert tried


def test_a_photo_of_very_many_scans_is_refused_before_it_is_decoded(undecoded):
    data = encoded(two_halves(), progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    assert refusal(data[:-2] + last * 300 + data[-2:]) == UNREADABLE
    assert refusal(large_jpeg(photos.MAX_SCANS + 1, 500, 700)) == UNREADABLE


def test_the_scans_of_previews_and_what_only_looks_like_a_scan_are_not_counted():
    """A phone's JPEG carries a small one in its metadata, and another behind its end."""
    preview = encoded(two_halves(size=(60, 80)))
    looks = b"\xff\xda\x00\x04" * photos.MAX_SCANS
    exif = b"\xff\xe1" + struct.pack(">H", len(looks + preview) + 2) + looks + preview
    for progressive, scans in ((False, 1), (True, 10)):
        data = encoded(two_halves(), progressive=progressive)
        assert photos._scans(data[:2] + exif + data[2:] + preview * 30) == scans
        cleaned(data[:2] + exif + data[2:] + preview * 30)


def test_a_large_photo_is_shrunk_before_anything_else_is_made_of_it(monkeypatch):
    """A phone's photo of 14 megapixels, lying on its side; the decoder itself makes a sixteenth of it."""
    seen = []
    flatten = photos._flat
    monkeypatch.setattr(photos, "_flat", lambda image: seen.append(image.size) or flatten(image))
    exif = Image.Exif()
    exif[0x0112] = 6
    image = two_halves(size=(3400, 4200)).transpose(Image.Transpose.ROTATE_90)
    for kind in ("JPEG", "PNG"):
        plaque, _web = cleaned(encoded(image, kind, exif=exif))
        assert plaque.size == photos.PLAQUE_SIZE
        assert near(plaque.getpixel((300, 10)), RED)
        assert near(plaque.getpixel((300, 830)), BLUE)
    assert seen == [(1050, 850), (2100, 1700)]


def test_a_large_transparent_photo_is_white_when_it_is_small():
    image = Image.new("RGBA", (3600, 3600), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((1200, 600, 2400, 3000), fill=(10, 10, 10, 255))
    plaque, _web = cleaned(encoded(image, "PNG"))
    assert near(plaque.getpixel((20, 20)), (255, 255, 255), 5)
    assert near(plaque.getpixel((300, 400)), (10, 10, 10), 10)


def test_one_photo_is_decoded_at_a_time(monkeypatch):
    load = ImageFile.ImageFile.load

    def watched(image):
        assert photos._one_at_a_time.locked()
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", watched)
    photos.clean(portrait())
    assert not photos._one_at_a_time.locked()
    refusal(b"no photo")
    assert not photos._one_at_a_time.locked()


def apng() -> bytes:
    return encoded(
        two_halves(), "PNG", save_all=True, append_images=[Image.new("RGB", (500, 700), RED)], duration=100
    )


def webp() -> bytes:
    return encoded(
        two_halves(), "WEBP", save_all=True, append_images=[Image.new("RGB", (500, 700), RED)], duration=100
    )


def with_broken_exif() -> bytes:
    """EXIF that names an orientation and ends before it says which."""
    tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12\0\x03\0\0"
    return encoded(two_halves(), exif=tiff)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: b"", UNREADABLE),
        (lambda: "这是文字，不是照片。".encode() * 50, UNREADABLE),
        (lambda: b"%PDF-1.7 nothing", UNREADABLE),
        (lambda: encoded(two_halves(), "GIF"), UNREADABLE),
        (lambda: encoded(two_halves(), "TIFF"), UNREADABLE),
        (lambda: encoded(two_halves(), "BMP"), UNREADABLE),
        (lambda: encoded(two_halves())[:3000], UNREADABLE),
        (lambda: encoded(two_halves(), "PNG")[:200], UNREADABLE),
        (lambda: encoded(two_halves(), "WEBP")[:60], UNREADABLE),
        (lambda: b"\xff\xd8\xff\xe0" + b"\0" * 100, UNREADABLE),
        (apng, "This is an animation. Choose a photo."),
        (webp, "This is an animation. Choose a photo."),
        (
            lambda: encoded(two_halves(size=(199, 400))),
            "The photo is too small: at least 200 pixels on each side.",
        ),
        (
            lambda: encoded(two_halves(size=(300, 901))),
            "The photo is too long or too wide. Choose a portrait photo.",
        ),
        (
            lambda: b"\0\0\0\x18ftypheic" + b"\0" * 500,
            "This is an HEIC photo. On the phone choose “Most Compatible” under camera formats, or save it as JPEG.",
        ),
        (
            lambda: b"\0\0\0\x18ftypmif1" + b"\0" * 500,
            "This is an HEIC photo. On the phone choose “Most Compatible” under camera formats, or save it as JPEG.",
        ),
        (
            lambda: encoded(two_halves()) + b"\0" * photos.MAX_BYTES,
            "The photo is larger than 8 MB. Choose a smaller one.",
        ),
    ],
    ids=[
        "empty", "text", "pdf", "gif", "tiff", "bmp", "half-jpeg", "half-png", "half-webp", "noise",
        "apng", "webp-animation", "small", "long", "heic", "mif1", "large",
    ],
)  # fmt: skip
def test_what_is_no_photo_gets_a_sentence(make: Callable[[], bytes], sentence):
    assert refusal(make()) == sentence


def test_broken_metadata_never_raises_anything_but_a_refusal():
    with contextlib.suppress(Refused):
        photos.clean(io.BytesIO(with_broken_exif()))


@pytest.mark.parametrize("step", range(0, 100, 7))
def test_a_damaged_jpeg_never_raises_anything_but_a_refusal(step):
    data = bytearray(encoded(two_halves(size=(240, 300)), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"))
    for position in range(step, len(data), 101):
        data[position] ^= 0xFF
    with contextlib.suppress(Refused):
        photos.clean(io.BytesIO(bytes(data)))


# --- Where it is kept --------------------------------------------------------------------------------------------


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files(media) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def replace_photo(cadre: Cadre, officer) -> Cadre:
    return services.cadre_photo_set(cadre=cadre, upload=portrait(), actor=officer, now=NOW)


def test_both_renditions_are_kept_under_a_random_name(chen, officer, media):
    cadre = replace_photo(chen, officer)
    name = cadre.photo.name
    assert files(media) == {name, photos.web_name(name)}
    assert re.fullmatch(r"photos/[0-9a-f]{32}\.jpg", name)
    with default_storage.open(photos.web_name(name)) as web:
        assert Image.open(web).size == photos.WEB_SIZE


def test_the_old_files_go_after_the_commit(chen, officer, media, django_capture_on_commit_callbacks):
    old = replace_photo(chen, officer).photo.name
    with django_capture_on_commit_callbacks(execute=True):
        new = replace_photo(chen, officer).photo.name
        assert files(media) == {name for base in (old, new) for name in (base, photos.web_name(base))}
    assert files(media) == {new, photos.web_name(new)}


def test_a_rollback_keeps_the_old_files_and_forgets_the_new(chen, officer, media, monkeypatch):
    old = replace_photo(chen, officer).photo.name

    def fail(**kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(OSError, match="disk full"), transaction.atomic():
        replace_photo(chen, officer)
    assert Cadre.objects.get(pk=chen.pk).photo.name == old
    assert files(media) == {old, photos.web_name(old)}


def test_half_stored_is_not_stored(chen, officer, media, monkeypatch):
    save = default_storage.save

    def fail_on_second(name, content):
        if name.endswith("-web.jpg"):
            raise OSError("disk full")
        return save(name, content)

    monkeypatch.setattr(default_storage, "save", fail_on_second)
    with pytest.raises(OSError, match="disk full"):
        replace_photo(chen, officer)
    assert files(media) == set()


def test_a_refused_photo_changes_nothing(chen, officer, media):
    name = replace_photo(chen, officer).photo.name
    entries = AuditEntry.objects.count()
    with pytest.raises(Refused):
        services.cadre_photo_set(cadre=chen, upload=io.BytesIO(b"text"), actor=officer, now=NOW)
    assert Cadre.objects.get(pk=chen.pk).photo.name == name
    assert files(media) == {name, photos.web_name(name)}
    assert AuditEntry.objects.count() == entries


def test_a_new_photo_is_audited(chen, officer, media):
    replace_photo(chen, officer)
    replace_photo(chen, officer)
    entry = AuditEntry.objects.filter(verb="photo_replaced").latest("pk")
    assert (entry.subject_id, entry.actor, entry.at, entry.changes) == (chen.pk, officer, NOW, {})
