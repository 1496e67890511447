"""Office files written again without the hour and the tool that wrote them: the same content, the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import date
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

#: The least that a zip file can say.
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
CORE: Final = "docProps/core.xml"
APP: Final = "docProps/app.xml"
_NAMESPACES: Final = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_APP: Final = (
    "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>'
)


def repack(packed: BinaryIO, out: BinaryIO, *, title: str, author: str, day: date) -> None:
    """Every part as it is, but for the properties, which name the document, the office and its day alone."""
    changed = {CORE: _core(title, author, day), APP: _APP}
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            _store(target, name, _content(source, name, changed))


def _content(source: zipfile.ZipFile, name: str, changed: Mapping[str, str]) -> bytes:
    return changed[name].encode() if name in changed else source.read(name)


def _store(target: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 0  # of whatever system it is written on
    target.writestr(info, content)


def _core(title: str, author: str, day: date) -> str:
    instant = f"{day.isoformat()}T00:00:00Z"
    stamps = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{instant}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
        f"<cp:coreProperties {_NAMESPACES}><dc:title>{escape(title)}</dc:title>"
        f"<dc:creator>{escape(author)}</dc:creator><cp:lastModifiedBy>{escape(author)}</cp:lastModifiedBy>"
        f"{stamps}<dc:language>zh-CN</dc:language></cp:coreProperties>"
    )
