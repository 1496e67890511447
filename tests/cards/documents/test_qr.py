import re
import subprocess
import xml.etree.ElementTree as ET

import pytest
import zxingcpp
from PIL import Image, ImageOps
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from cards.documents import qr

TOKEN = "7K3M9Q2ABCDE4567"


def address(host_length: int) -> str:
    return f"HTTPS://{'H' * host_length}/C/{TOKEN}"


@pytest.mark.parametrize(
    ("host_length", "version"),
    [
        *((1, 3), (20, 3), (21, 4), (40, 4), (41, 5), (60, 5), (61, 6), (81, 6)),
        *((82, 7), (98, 7), (99, 8), (130, 8), (131, 9), (162, 9), (163, 10), (194, 10)),
    ],
)
def test_the_version_is_the_smallest_from_three_up_that_fits_the_host(host_length, version):
    url = address(host_length)
    assert qr.version_for(url) == version
    assert len(qr.modules(url)) == 17 + 4 * version


def test_all_cards_of_a_site_have_one_version():
    sizes = {len(qr.modules(f"HTTPS://CARD.EXAMPLE.CN/C/{token}")) for token in ("0" * 16, TOKEN, "Z" * 16)}
    assert sizes == {29}


def test_an_address_too_long_for_a_small_code_is_refused_with_its_length():
    with pytest.raises(ValueError, match="222"):
        qr.modules(address(195))


@pytest.mark.parametrize(
    "url", ["", "https://card.example.cn/c/1", "HTTPS://龙泉/C/1", "HTTPS://A?B=1", "A B"]
)
def test_an_address_outside_the_alphanumeric_mode_is_refused(url):
    with pytest.raises(ValueError, match="A-Z"):
        qr.modules(url)


@pytest.mark.parametrize("host_length", [15, 21, 60, 194])
def test_a_drawn_code_decodes_at_150_dpi(host_length, tmp_path):
    path = tmp_path / "code.pdf"
    canvas = Canvas(str(path), pagesize=(60 * mm, 60 * mm))
    qr.draw(canvas, qr.modules(address(host_length)), 15 * mm, 15 * mm, 30)
    canvas.save()
    subprocess.run(["pdftoppm", "-r", "150", "-png", "-singlefile", path, tmp_path / "code"], check=True)
    with Image.open(tmp_path / "code.png") as picture:
        (found,) = zxingcpp.read_barcodes(picture)
        dark = ImageOps.invert(picture.convert("L")).getbbox()
    assert found.text == address(host_length)
    assert dark is not None
    assert (dark[2] - dark[0]) / 150 * 25.4 == pytest.approx(30, abs=0.4)


def test_the_quiet_zone_is_four_modules_on_each_side():
    rows = qr.modules(address(15))
    assert qr.field_mm(rows, 29) == pytest.approx(29 + 8)


def test_the_svg_shows_the_same_modules_and_suits_a_strict_policy():
    markup = qr.svg(address(15))
    assert "style" not in markup
    root = ET.fromstring(markup)
    namespace = "{http://www.w3.org/2000/svg}"
    assert root.get("aria-hidden") == "true"
    assert root.get("viewBox") == "0 0 37 37"
    (path,) = root.findall(f"{namespace}path")
    dark = set()
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path.attrib["d"]):
        dark |= {(int(x) + step, int(y)) for step in range(int(length))}
    rows = qr.modules(address(15))
    assert dark == {(x + 4, y + 4) for y, row in enumerate(rows) for x, on in enumerate(row) if on}


def test_a_titled_svg_is_an_image_with_that_name():
    root = ET.fromstring(qr.svg(address(15), title="<card> & “code”"))
    assert root.get("role") == "img"
    assert root.get("aria-hidden") is None
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "<card> & “code”"
