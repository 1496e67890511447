"""What a printed document shows: its text, its pages as pictures, the codes on them."""

import subprocess
from itertools import combinations
from pathlib import Path

import zxingcpp
from PIL import Image

from cards.documents.setting import Line


def shown_text(pdf: bytes, folder: Path, *options: str) -> str:
    """Option -raw: in the order of drawing, where people stand side by side."""
    command = ["pdftotext", *options, _stored(pdf, folder), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pictures(pdf: bytes, folder: Path, dpi: int = 150) -> list[Image.Image]:
    path = _stored(pdf, folder)
    subprocess.run(["pdftoppm", "-r", str(dpi), path, folder / "page"], check=True)
    return [Image.open(file).convert("RGB") for file in sorted(folder.glob("page*.ppm"))]


def codes(picture: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return sorted(code.text for code in found)


def fonts_of(pdf: bytes, folder: Path) -> list[list[str]]:
    """Per font: embedded, subset, with a way back to characters."""
    listed = subprocess.run(["pdffonts", _stored(pdf, folder)], check=True, capture_output=True, text=True)
    return [line.split()[-5:-2] for line in listed.stdout.splitlines()[2:]]


def assert_apart(lines: list[Line]) -> None:
    boxes = [(f"{line.part}: {line.text}", line.box) for line in lines]
    for (what, one), (other, two) in combinations(boxes, 2):
        apart = (
            one[2] <= two[0] + 0.01
            or two[2] <= one[0] + 0.01
            or one[3] <= two[1] + 0.01
            or two[3] <= one[1] + 0.01
        )
        assert apart, f"{what} overlaps {other}"


def _stored(pdf: bytes, folder: Path) -> Path:
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    return path
