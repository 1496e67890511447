"""The same QR code for everybody: version, mask and mode are given, so that nobody pays for choosing them."""

from collections.abc import Iterator

from qrcode.constants import ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData


def bars(url: str) -> tuple[int, Iterator[tuple[int, int, int]]]:
    """Modules across, and the dark ones as (row, column, length)."""
    code = QRCode(version=3, error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=2)
    code.add_data(QRData(url, mode=MODE_ALPHA_NUM), optimize=0)
    code.make(fit=False)
    return len(code.modules), _bars(code.modules)


def _bars(rows: list[list[bool]]) -> Iterator[tuple[int, int, int]]:
    for number, row in enumerate(rows):
        column = 0
        while column < len(row):
            length = 0
            while column + length < len(row) and row[column + length]:
                length += 1
            if length:
                yield number, column, length
            column += max(length, 1)
