"""ZIP files from outside: their directory is judged before anything is unpacked (an XLSX workbook is one, too)."""

import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from common.problems import Refused

#: The record that ends a ZIP file, and how long the remark after it may be.
_END = b"PK\x05\x06"
_END_LENGTH, _LONGEST_REMARK = 22, 65_535
#: The fixed part of an entry of the directory, and what its name and extra fields usually take at most.
_ENTRY_LENGTH = 46 + 600
ENCRYPTED = 0x1
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What deflate can't reach with anything but bombs, for entries that are large at all.
MOST_RATIO, LARGE = 400, 1024 * 1024


@dataclass(frozen=True)
class Limits:
    file_bytes: int
    entries: int
    unpacked_bytes: int


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Raises Refused before anything is unpacked. What is read later never exceeds what the directory said."""
    with path.open("rb") as file, opened_file(file, limits) as archive:
        yield archive


@contextmanager
def opened_file(file: IO[bytes], limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The same for what may be in memory only."""
    _check_size(file, limits)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
        raise Refused(_("The file is damaged or incomplete. Save or pack it again.")) from error
    with archive:
        check_directory(archive, limits)
        yield archive


def _check_size(file: IO[bytes], limits: Limits) -> None:
    """Python reads the whole directory at once, so its size is read first."""
    size = file.seek(0, os.SEEK_END)
    if size > limits.file_bytes:
        raise Refused(_too_large(limits.file_bytes))
    file.seek(max(0, size - _END_LENGTH - _LONGEST_REMARK))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_LENGTH:
        raise Refused(_("The file is damaged or incomplete. Save or pack it again."))
    (directory_bytes,) = struct.unpack_from("<L", tail, at + 12)
    if directory_bytes > limits.entries * _ENTRY_LENGTH:
        raise Refused(_too_many(limits.entries))


def check_directory(archive: zipfile.ZipFile, limits: Limits) -> None:
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise Refused(_too_many(limits.entries))
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        sentence = _("Unpacked, the file is larger than %(most)s MB. Hand it in in parts.")
        raise Refused(sentence % {"most": limits.unpacked_bytes // 1024 // 1024})
    for entry in entries:
        if entry.flag_bits & ENCRYPTED:
            raise Refused(_("The file has a password. Save or pack it again without one."))
        if entry.compress_type not in READABLE:
            raise Refused(
                _("The file is packed in a way that cannot be read here. Pack it again as plain ZIP.")
            )
        if entry.file_size > LARGE and entry.file_size > MOST_RATIO * max(1, entry.compress_size):
            raise Refused(_("The file unpacks to many times its size, which no sheet and no photo does."))


def _too_large(most: int) -> str:
    return _("The file is larger than %(most)s MB. Hand it in in parts.") % {"most": most // 1024 // 1024}


def _too_many(most: int) -> str:
    return _("The ZIP file holds more than %(most)s files. Hand it in in parts.") % {"most": f"{most:,}"}
