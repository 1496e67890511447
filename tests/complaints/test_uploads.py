"""What phones and pranksters hand in as evidence: each file is drawn anew or refused with a sentence, and neither the
words nor the good photos of the same request are lost."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFile

from complaints import evidence
from complaints.models import Attachment, Complaint, DraftImage
from tests.cast import NOW
from tests.complaints.citizens import OCCASION, TEXT, Citizen

pytestmark = pytest.mark.django_db
RED, BLUE, WHITE = (200, 30, 30), (30, 30, 200), (255, 255, 255)
UNREADABLE = "无法识别该文件，请上传 JPEG、PNG 或 WebP 格式的照片。"
HEIC = "这是 HEIC 格式的照片。请在手机相机的格式设置中选择“兼容性最佳”，或另存为 JPEG 后再上传。"
ANIMATION = "这是动态图片，请选择照片。"
TOO_MANY = "最多5张照片：这一张未添加。"
SIZE = (120, 160)


@pytest.fixture
def citizen(unit, time_machine) -> Citizen:
    """At the step of the photos, with the words of the first behind."""
    time_machine.move_to(NOW, tick=False)
    there = Citizen(f"{reverse('complain')}?unit={unit.code}").press(text=TEXT, occasion=OCCASION)
    time_machine.shift(timedelta(minutes=1))
    return there


def two_halves(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """Red above, blue below: which way is up can be read from it."""
    image = Image.new("RGB", size, BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, size[0], size[1] // 2 - 1), fill=RED)
    return image.convert(mode)


def encoded(image: Image.Image | None = None, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    (image or two_halves()).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """Some hundred bytes that say they are a PNG of many megapixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(5000)))


def animated(kind: str) -> bytes:
    return encoded(
        two_halves(), kind, save_all=True, append_images=[Image.new("RGB", SIZE, RED)], duration=90
    )


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("SECRET.txt", "SECRET")
    return out.getvalue()


def kept() -> list[bytes]:
    return [bytes(image.data) for image in DraftImage.objects.order_by("pk")]


def pixel(data: bytes, x: float, y: float) -> tuple[int, ...]:
    """Of a picture, by shares of its sides."""
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    found = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(found, tuple)
    return tuple(map(int, found))


def near(found: tuple[int, ...], colour: tuple[int, ...], tolerance: int = 40) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(found, colour, strict=True))


# --- Refused, each with its sentence --------------------------------------------------------------------------------


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "truncated JPEG": (lambda: encoded(two_halves(size=(400, 400)))[:1500], UNREADABLE),
    "truncated PNG": (lambda: encoded(kind="PNG")[:120], UNREADABLE),
    "88 megapixels": (lambda: bomb(11000, 8000), "照片超过 1600 万像素，请选择尺寸较小的照片。"),
    "beyond all measure": (lambda: bomb(65_000, 65_000), "照片超过 5000 万像素，请选择尺寸较小的照片。"),
    "APNG": (lambda: animated("PNG"), ANIMATION),
    "moving WebP": (lambda: animated("WEBP"), ANIMATION),
    "GIF named .jpg": (lambda: encoded(two_halves("P"), "GIF"), UNREADABLE),
    "moving GIF": (lambda: animated("GIF"), UNREADABLE),
    "HEIC": (lambda: b"\0\0\0\x18ftypheic" + bytes(500), HEIC),
    "HEIF": (lambda: b"\0\0\0\x18ftypmif1" + bytes(500), HEIC),
    "11 MB": (lambda: encoded() + bytes(11 * 1024 * 1024), "照片超过10 MB，请换一张小一些的。"),
    "SVG": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        UNREADABLE,
    ),
    "empty": (lambda: b"", UNREADABLE),
    "HTML named .jpg": (lambda: b"<!doctype html><script>alert(1)</script>", UNREADABLE),
    "ZIP before the JPEG": (lambda: archive() + encoded(), UNREADABLE),
    "ZIP": (archive, UNREADABLE),
    "PDF": (lambda: b"%PDF-1.7\n" + bytes(200), UNREADABLE),
    "TIFF": (lambda: encoded(kind="TIFF"), UNREADABLE),
    "small": (lambda: encoded(two_halves(size=(49, 90))), "照片太小：每边至少50像素。"),
    "a strip": (lambda: encoded(two_halves(size=(100, 801))), "图片过长或过宽，请截成几张。"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_photo_gets_its_sentence_and_costs_nothing_else(what, citizen):
    """Between two good ones, which are kept; and the words too, so that whoever goes on has lost nothing."""
    make, sentence = REFUSED[what]
    citizen.press("next", [encoded(), make(), encoded()])
    assert (citizen.status, citizen.step) == (422, 2)
    assert citizen.response.context["form"].errors["photos"] == [f"第2张照片：{sentence}"]
    assert f"第2张照片：{sentence}" in citizen.words
    assert 'href="#id_photos"' in citizen.html
    assert (citizen.fields["text"], citizen.fields["occasion"]) == (TEXT, OCCASION)
    assert "已添加2张照片" in citizen.words
    assert len(kept()) == 2
    citizen.press().press().press("send")
    assert (citizen.status, Complaint.objects.get().attachments.count()) == (200, 2)
    assert Complaint.objects.get().text == TEXT


@pytest.mark.parametrize("size", [(11000, 8000), (8000, 11000), (65_000, 65_000), (4001, 4000)])
def test_a_bomb_is_refused_before_a_pixel_of_it_is_made(size, citizen, monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _image: pytest.fail("decoded"))
    citizen.press("next", [bomb(*size)])
    assert (citizen.status, "万像素，请选择尺寸较小的照片。" in citizen.words, kept()) == (422, True, [])


def test_no_more_of_a_large_file_is_read_than_tells_that_it_is_one():
    class Endless(io.BytesIO):
        asked: int = 0

        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= evidence.LIMITS.max_bytes + 1
            return bytes(size)

    _taken, problems = evidence.pictures([Endless()], 5)  # type: ignore[list-item]
    assert len(problems) == 1


# --- Too many -------------------------------------------------------------------------------------------------------


def test_a_sixth_photo_is_refused_and_five_are_kept(citizen):
    citizen.press("next", [encoded()] * 6)
    assert (citizen.status, citizen.response.context["form"].errors["photos"]) == (
        422,
        [f"第6张照片：{TOO_MANY}"],
    )
    assert (len(kept()), citizen.fields["text"]) == (5, TEXT)
    assert "add" not in citizen.form.buttons
    citizen.press("next", [encoded()])
    assert (citizen.status, f"第1张照片：{TOO_MANY}" in citizen.words, len(kept())) == (422, True, 5)
    assert citizen.press().press().press("send").status == 200
    assert Attachment.objects.count() == 5


def test_a_whole_gallery_costs_none_of_the_words(citizen):
    """Nothing in a browser without script stops anybody from choosing twenty."""
    citizen.press("next", [encoded()] * 20)
    assert (citizen.status, len(kept()), citizen.fields["text"]) == (422, 5, TEXT)
    (problem,) = citizen.response.context["form"].errors["photos"]
    assert "15" in problem


def test_there_is_room_for_as_many_as_are_missing(citizen):
    citizen.press("add", [encoded()] * 3)
    citizen.press("next", [encoded(), b"none", encoded(), encoded()])
    problems = citizen.response.context["form"].errors["photos"]
    assert problems == [f"第2张照片：{UNREADABLE}", f"第4张照片：{TOO_MANY}"]
    assert len(kept()) == 5


# --- Taken, and drawn anew ------------------------------------------------------------------------------------------


def taken(citizen: Citizen, data: bytes) -> bytes:
    citizen.press("add", [data])
    assert (citizen.status, citizen.step) == (200, 2), citizen.words
    (made,) = kept()
    return made


def test_a_zip_behind_a_jpeg_does_not_come_along(citizen):
    data = encoded() + archive()
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["SECRET.txt"]
    made = taken(citizen, data)
    assert b"SECRET" not in made
    assert not zipfile.is_zipfile(io.BytesIO(made))
    assert made.endswith(b"\xff\xd9")
    assert near(pixel(made, 0.5, 0.1), RED)
    citizen.press().press().press("send")
    assert bytes(Attachment.objects.get().data) == made


def test_markup_in_the_comment_of_a_photo_does_not_come_along(citizen):
    made = taken(citizen, encoded(comment=b"<script>SECRET</script>"))
    assert b"SECRET" not in made
    token = DraftImage.objects.get().token
    shown = citizen.client.get(reverse("complain_image", args=[token]))
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_photo_taken_sideways_stands_upright_and_says_nothing_of_place_and_camera(
    orientation, turned, citizen
):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "SECRET camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (28.0, 4.0, 30.0), 3: "E", 4: (119.0, 8.0, 30.0)})
    image = two_halves()
    ImageDraw.Draw(image).rectangle((0, SIZE[1] // 2, SIZE[0] // 2, SIZE[1]), fill=WHITE)
    made = taken(citizen, encoded(image if turned is None else image.transpose(turned), exif=exif))
    assert Image.open(io.BytesIO(made)).size == SIZE
    for x, y, colour in ((0.25, 0.2, RED), (0.75, 0.2, RED), (0.25, 0.8, WHITE), (0.75, 0.8, BLUE)):
        assert near(pixel(made, x, y), colour), (x, y)
    assert b"SECRET" not in made
    assert b"Exif" not in made
    assert not Image.open(io.BytesIO(made)).getexif()


def transparent_palette() -> bytes:
    image = two_halves().quantize(2)
    return encoded(image, "PNG", transparency=image.getpixel((10, 10)))


@pytest.mark.parametrize(
    ("make", "above", "below"),
    [
        (lambda: encoded(two_halves("CMYK")), RED, BLUE),
        (lambda: encoded(two_halves("P"), "PNG"), RED, BLUE),
        (lambda: encoded(two_halves(), "WEBP"), RED, BLUE),
        (lambda: encoded(two_halves(), progressive=True), RED, BLUE),
        (transparent_palette, WHITE, BLUE),
        (lambda: encoded(Image.new("RGBA", SIZE, (9, 9, 9, 0)), "PNG"), WHITE, WHITE),
        (lambda: encoded(Image.new("I;16", SIZE, 128 * 256), "PNG"), (128,) * 3, (128,) * 3),
        (lambda: encoded(Image.new("1", SIZE, 1), "PNG"), WHITE, WHITE),
        (lambda: encoded(Image.new("L", SIZE, 60)), (60,) * 3, (60,) * 3),
    ],
    ids=["CMYK", "palette", "WebP", "progressive", "transparent palette", "glass", "16 bits", "bits", "grey"],
)
def test_every_kind_of_picture_becomes_a_plain_one(make, above, below, citizen):
    made = taken(citizen, make())
    assert (near(pixel(made, 0.5, 0.1), above, 60), near(pixel(made, 0.5, 0.9), below, 60)) == (True, True)


def test_a_very_long_picture_of_a_screen_can_still_be_read(citizen):
    """A chat, ten screens long: scaled to the height of a photo its letters would be four pixels wide."""
    image = Image.new("RGB", (1080, 8600), "white")
    canvas = ImageDraw.Draw(image)
    for stripe in range(0, 1080, 24):
        canvas.rectangle((stripe, 4000, stripe + 11, 4400), fill="black")
    made = taken(citizen, encoded(image, "PNG"))
    shown = Image.open(io.BytesIO(made)).convert("L")
    width, height = shown.size
    assert width >= 500
    assert abs(height / width - 8600 / 1080) < 0.05
    darkest, brightest = shown.crop((0, height * 42 // 86, width, height * 42 // 86 + 1)).getextrema()
    assert (darkest < 80, brightest > 175) == (True, True)
    assert len(made) < 1_000_000


@pytest.mark.parametrize(("size", "side"), [((4000, 3000), 1200), ((3000, 4000), 1200), ((640, 480), 640)])
def test_an_ordinary_photo_is_made_as_small_as_it_can_be_read(size, side, citizen):
    image = two_halves(size=size)
    assert max(Image.open(io.BytesIO(taken(citizen, encoded(image)))).size) == side


def test_the_name_of_a_file_is_kept_nowhere(citizen):
    upload = SimpleUploadedFile("林一帆-SECRET.jpg", encoded(), "text/html; SECRET")
    citizen.post(reverse("complain"), **citizen.fields, go="add", photos=[upload])
    assert (citizen.status, "SECRET" in citizen.html, len(kept())) == (200, False, 1)
    assert "SECRET" not in str(list(DraftImage.objects.values("token", "draft__token")))
