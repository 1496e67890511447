"""QR codes of card addresses: one version for all plaques of a site, readable on a worn door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

Modules = tuple[tuple[bool, ...], ...]

QUIET: Final = 4  # modules left blank around the symbol (ISO/IEC 18004)
ALPHANUMERIC: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$%*+-./:")
# Characters that fit per version at level Q in alphanumeric mode (ISO/IEC 18004, table 7). Beyond version 10
# a module would be under half a millimetre at 30 mm, too small for a scratched plaque.
CAPACITY: Final = {3: 47, 4: 67, 5: 87, 6: 108, 7: 125, 8: 157, 9: 189, 10: 221}
_DARK: Final = re.compile(b"\x01+")
# Choosing the best of eight masks takes five times as long and decodes no better.
MASK: Final = 2


def version_for(url: str) -> int:
    for version, capacity in CAPACITY.items():
        if len(url) <= capacity:
            return version
    raise ValueError(
        _("The address %(url)s is too long for a QR code: %(length)d characters, at most %(most)d.")
        % {"url": url, "length": len(url), "most": max(CAPACITY.values())}
    )


@lru_cache(maxsize=256)
def modules(url: str) -> Modules:
    """Rows of the symbol, True where it is dark, without the quiet zone."""
    if not url or not ALPHANUMERIC.issuperset(url):
        raise ValueError(
            _("The address %(url)s cannot be a QR code: use only A-Z, 0-9 and the signs $%%*+-./: in it.")
            % {"url": url}
        )
    code: QRCode = QRCode(
        version=version_for(url), error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=MASK
    )
    data = QRData(url, mode=MODE_ALPHA_NUM)  # type: ignore[call-overload]  # the stubs' own constant is too wide
    code.add_data(data, optimize=0)
    code.make(fit=False)
    return tuple(tuple(map(bool, row)) for row in code.modules)


def as_typed(address: str) -> Modules:
    """For an address whose path is in small letters; for a slip used once, level M will do."""
    code: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(address)
    code.make(fit=True)
    return tuple(tuple(map(bool, row)) for row in code.modules)


def _bars(rows: Modules) -> Iterator[tuple[int, int, int]]:
    """Dark modules as (row, column, length): neighbours in a row become one bar."""
    for number, row in enumerate(rows):
        for bar in _DARK.finditer(bytes(row)):
            yield number, bar.start(), bar.end() - bar.start()


def field_mm(rows: Modules, size_mm: float) -> float:
    """Edge of the field that must stay blank around a symbol of this size."""
    return size_mm * (len(rows) + 2 * QUIET) / len(rows)


def draw(canvas: Canvas, rows: Modules, x: float, y: float, size_mm: float) -> None:
    """The symbol, `size_mm` wide, its lower left corner at (x, y) in points; the caller keeps the quiet zone.

    One path for all modules: a viewer then fills them without hairlines between the rows.
    """
    unit = size_mm * mm / len(rows)
    bars = " ".join(f"{column} {len(rows) - 1 - row} {length} 1 re" for row, column, length in _bars(rows))
    canvas.addLiteral(f"q {unit:.5f} 0 0 {unit:.5f} {x:.3f} {y:.3f} cm {bars} f Q")


def svg(url: str, title: str = "") -> SafeString:
    """Inline SVG with its quiet zone; without a title it is decoration to assistive technology."""
    rows = modules(url)
    edge = len(rows) + 2 * QUIET
    path = "".join(
        f"M{column + QUIET} {row + QUIET}h{length}v1h-{length}z" for row, column, length in _bars(rows)
    )
    naming = f'role="img"><title>{escape(title)}</title>' if title else 'aria-hidden="true">'
    return mark_safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {edge} {edge}" '
        f'shape-rendering="crispEdges" focusable="false" {naming}'
        f'<rect width="{edge}" height="{edge}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )
