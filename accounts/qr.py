"""QR codes on screens and slips, as SVG: a data: image would need a hole in the content policy."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # modules left blank around the symbol (ISO/IEC 18004)


def svg(text: str, label: str) -> SafeString:
    code: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    size = len(code.modules) + 2 * QUIET
    path = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(code.modules)
        for x, dark in enumerate(row)
        if dark
    )
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="180" height="180" viewBox="0 0 {} {}" role="img"'
        ' aria-label="{}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{}v{}H0z"/>'
        '<path d="{}"/></svg>',
        size,
        size,
        label,
        size,
        size,
        path,
    )
