"""Files that were made to do harm: each refused with a sentence or made harmless, with nothing large unpacked."""

import io
import os
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from django.utils import translation
from PIL import Image

from cards import photos, roster
from cards.roster import archive, parts, workbook
from common.problems import Refused
from tests.cast import TODAY, portrait
from tests.support.sheets import archive_of, person, zipped
from tests.support.sheets import roster as sheet

pytestmark = pytest.mark.django_db
TEN_GIGABYTES = 10 * 1024**3
#: Unpacked, each of these would need far more.
MOST_MEMORY = 60 * 1024**2


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def small():
    """Whatever happens, it happens without much memory."""
    tracemalloc.start()
    yield
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as refused:
        roster.look(path, None, unit=None, today=TODAY)
    return str(refused.value.sentence)


def with_parts(path: Path, changed: dict[str, bytes]) -> Path:
    """A good workbook with these parts put in or replaced."""
    sheet(path, [person("新人")])
    with archive_of(path.read_bytes()) as good:
        parts = {name: good.read(name) for name in good.namelist()}
    return zipped(path, parts | changed)


def claims(path: Path, entry: str, size: int) -> Path:
    """Make an entry say that it unpacks to this many bytes, in the directory and before its data."""
    data = bytearray(path.read_bytes())
    name = entry.encode()
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        length = 46 if signature == b"PK\x01\x02" else 30
        at = data.find(signature)
        while data[at + length : at + length + len(name)] != name:
            at = data.find(signature, at + 1)
        struct.pack_into("<L", data, at + offset, size)
    path.write_bytes(data)
    return path


# --- Workbooks -----------------------------------------------------------------------------------------------------


def test_a_workbook_that_says_ten_gigabytes(tmp_path, small):
    path = with_parts(tmp_path / "a.xlsx", {f"xl/media/{n}.png": b"" for n in range(4)})
    for n in range(4):
        claims(path, f"xl/media/{n}.png", TEN_GIGABYTES // 4)
    assert refusal(path).startswith("Unpacked, the file is larger than 200 MB.")


def test_a_sheet_that_really_unpacks_to_far_more_than_it_says(tmp_path, small):
    """Python stops at the size that was declared; the rest is never made."""
    blob = b"<worksheet>" + b" " * 100_000_000
    path = with_parts(tmp_path / "a.xlsx", {"xl/worksheets/sheet1.xml": blob})
    blob = b""
    claims(path, "xl/worksheets/sheet1.xml", 5_000)
    tracemalloc.reset_peak()
    assert refusal(path).startswith("The workbook cannot be read.")


def test_a_sheet_of_blanks(tmp_path):
    path = with_parts(tmp_path / "a.xlsx", {"xl/worksheets/sheet1.xml": b" " * (parts.MOST_TABLE_BYTES + 1)})
    assert refusal(path).startswith("The file unpacks to many times its size")


def test_a_workbook_of_entities(tmp_path, small):
    bomb = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "' + b"a" * 1000 + b'">'
    bomb += b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(9))
    bomb += b"]><worksheet>&j;</worksheet>"
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"):
        path = with_parts(tmp_path / "a.xlsx", {part: bomb})
        assert refusal(path).startswith("The workbook cannot be read.")


def test_a_workbook_that_asks_for_a_file_of_ours(tmp_path):
    xml = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]><worksheet>&x;</worksheet>'
    assert refusal(with_parts(tmp_path / "a.xlsx", {"xl/worksheets/sheet1.xml": xml})).startswith(
        "The workbook"
    )


def test_too_many_entries(tmp_path, small):
    path = zipped(tmp_path / "a.xlsx", {str(n): b"" for n in range(workbook.LIMITS.entries + 1)})
    assert refusal(path) == "The ZIP file holds more than 2,000 files. Hand it in in parts."


def test_a_row_at_the_end_of_the_earth(tmp_path, unit, small):
    """Row and column numbers are what somebody wrote; nothing is made to fill the gap."""
    path = with_parts(tmp_path / "a.xlsx", {})
    with archive_of(path.read_bytes()) as good:
        xml = good.read("xl/worksheets/sheet1.xml").decode()
    far = '<row r="2000000000"><c r="XFD2000000000" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    path = with_parts(path, {"xl/worksheets/sheet1.xml": xml.replace("</sheetData>", far).encode()})
    plan = roster.look(path, None, unit=None, today=TODAY)
    assert len(plan.created) == 1
    assert any("Not read further" in str(note) for note in plan.notes)


def test_merged_cells_by_the_million(tmp_path, small):
    path = with_parts(tmp_path / "a.xlsx", {})
    with archive_of(path.read_bytes()) as good:
        xml = good.read("xl/worksheets/sheet1.xml").decode()
    merges = "<mergeCells>" + '<mergeCell ref="A2:A1048576"/>' * 1000 + "</mergeCells>"
    path = with_parts(
        path, {"xl/worksheets/sheet1.xml": xml.replace("</sheetData>", "</sheetData>" + merges).encode()}
    )
    assert refusal(path) == "The sheet has too many merged cells. Use the template."


def test_a_formula_is_neither_worked_out_nor_shown(tmp_path, unit):
    formulas = ("=1+1", '=HYPERLINK("http://example.invalid","SECRET")', " =cmd|'/c SECRET'!A1", "=SECRET!A1")
    rows = [
        person("新人", **{field: formula})
        for field in ("phone", "duties", "unit", "stand_in", "photo", "name")
        for formula in formulas
    ]
    plan = roster.look(sheet(tmp_path / "a.xlsx", rows), None, unit=None, today=TODAY)
    formula = [
        p for p in plan.problems if p.sentence == "A formula stands here. Paste its result as a value."
    ]
    assert len(formula) == len(rows)
    assert "SECRET" not in " ".join(map(str, (*plan.problems, *plan.notes)))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "This is a workbook of the old .xls kind"),
        ("姓名,单位\n张三,青窑局\n".encode(), "This is not an XLSX workbook."),
        (b"", "This is not an XLSX workbook."),
        (b"PK\x03\x04 and no more", "The file is damaged or incomplete."),
    ],
)
def test_what_is_no_workbook_gets_help(data, sentence, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    assert refusal(path).startswith(sentence)


# --- Archives of photos --------------------------------------------------------------------------------------------


def album_refusal(path: Path) -> str:
    with pytest.raises(Refused) as refused, archive.opened(path):
        pass
    return str(refused.value.sentence)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.jpg",
        "/etc/evil.jpg",
        "a\\..\\..\\evil.jpg",
        "C:\\evil.jpg",
        "\\\\host\\evil.jpg",
        "a/../b.jpg",
    ],
)
def test_a_path_that_leads_out_of_the_archive(name, tmp_path):
    path = zipped(tmp_path / "photos.zip", {"good.jpg": b"x", name: portrait().read()})
    assert album_refusal(path).startswith("The ZIP file has an entry outside of itself")
    assert not list(tmp_path.parent.rglob("evil.jpg"))


def test_a_link_in_an_archive_and_in_a_folder(tmp_path):
    entry = zipfile.ZipInfo("a.jpg")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as packed:
        packed.writestr(entry, "/etc/passwd")
    assert album_refusal(tmp_path / "photos.zip").startswith("“a.jpg” is a link.")
    folder = tmp_path / "photos"
    folder.mkdir()
    os.symlink("/etc/passwd", folder / "b.jpg")
    assert album_refusal(folder).startswith("“b.jpg” is a link.")


def test_an_archive_that_says_ten_gigabytes(tmp_path, small):
    path = zipped(tmp_path / "photos.zip", {f"{n}.jpg": b"x" for n in range(4)})
    for n in range(4):
        claims(path, f"{n}.jpg", TEN_GIGABYTES // 4)
    assert album_refusal(path) == "Unpacked, the file is larger than 2000 MB. Hand it in in parts."


def test_a_photo_that_unpacks_to_far_more_than_a_photo(tmp_path, unit, small):
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    size = 100 * 1024**2
    data = b"".join(squeezed.compress(bytes(1024**2)) for _ in range(100)) + squeezed.flush()
    assert len(data) < 200_000
    path = tmp_path / "photos.zip"
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(data), size, 8, 0) + b"bomb.jpg"
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(data), size, 8, 0, 0, 0, 0, 0, 0
    )
    central += b"bomb.jpg"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(header) + len(data), 0)
    path.write_bytes(header + data + central + end)
    assert album_refusal(path).startswith("The file unpacks to many times its size")


def test_a_password_and_a_nested_archive(tmp_path, unit):
    path = zipped(tmp_path / "photos.zip", {"a.jpg": b"x"})
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    assert album_refusal(tmp_path / "locked.zip").startswith("The file has a password.")
    nested = zipped(tmp_path / "nested.zip", {"more.zip": path.read_bytes()})
    plan = roster.look(sheet(tmp_path / "a.xlsx", [person("新人")]), nested, unit=None, today=TODAY)
    assert [str(note) for note in plan.notes] == ["Files that no row names (1): more.zip."]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_as_windows_and_others_write_them(encoding, tmp_path):
    path = tmp_path / "photos.zip"
    path.write_bytes(_unflagged("陈誠.jpg".encode(encoding)))
    with archive.opened(path) as album:
        assert album.paths == ("陈誠.jpg",)
        assert album.find("陈誠") == ["陈誠.jpg"]


def _unflagged(name: bytes) -> bytes:
    crc = zlib.crc32(b"x")
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, crc, 1, 1, len(name), 0) + name + b"x"
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, crc, 1, 1, len(name), 0, 0, 0, 0, 0, 0
    )
    central += name
    return header + central + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(header), 0)


# --- Photos --------------------------------------------------------------------------------------------------------


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def animated() -> bytes:
    frames = [Image.new("RGB", (300, 400), colour) for colour in ("red", "blue")]
    return encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])


HOSTILE = {
    "88 megapixels": (lambda: encoded(Image.new("1", (8_000, 11_000)), "PNG"), "has more than 16 megapixels"),
    "APNG": (animated, "This is an animation."),
    "GIF called jpg": (lambda: encoded(Image.new("P", (300, 400)), "GIF"), photos.UNREADABLE),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_photo_that_is_refused_keeps_the_roster_out(kind, tmp_path, unit):
    make, sentence = HOSTILE[kind]
    album = zipped(tmp_path / "photos.zip", {"a.jpg": make()})
    plan = roster.look(
        sheet(tmp_path / "a.xlsx", [person("新人", photo="a.jpg")]), album, unit=None, today=TODAY
    )
    ((problem),) = plan.problems
    assert (problem.row, problem.column) == (3, "K 照片文件名")
    assert str(sentence) in problem.sentence


def test_what_is_taken_is_made_anew(tmp_path):
    """A ZIP file behind a JPEG, a photo taken sideways, CMYK: a plain upright JPEG, and nothing of the original."""
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.new("RGB", (700, 500), "blue")
    sideways.paste("red", (0, 0, 350, 500))
    both = portrait().read() + zipped(tmp_path / "evil.zip", {"evil.html": b"<script>"}).read_bytes()
    cmyk = encoded(Image.new("CMYK", (500, 700)), "JPEG")
    for data in (both, encoded(sideways, "JPEG", exif=exif), cmyk):
        plaque, web = photos.clean(io.BytesIO(data))
        for made in (plaque, web):
            assert b"PK\x03\x04" not in made
            image = Image.open(io.BytesIO(made))
            assert (image.format, image.mode, dict(image.getexif())) == ("JPEG", "RGB", {})
    upright = Image.open(io.BytesIO(photos.clean(io.BytesIO(encoded(sideways, "JPEG", exif=exif)))[0]))
    top = upright.getpixel((300, 10))
    assert isinstance(top, tuple)
    assert top[0] > 200
