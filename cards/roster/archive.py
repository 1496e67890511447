"""The photos of a roster: a folder or a ZIP file, matched by file name. Nothing is unpacked to a path of theirs."""

import hashlib
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from cards import photos
from cards.roster import zips
from cards.roster.plan import Photo
from common.problems import Refused
from common.text import hidden_character

MEGABYTE = 1024 * 1024
#: A photo each for the largest roster, as phones take them.
LIMITS = zips.Limits(file_bytes=2_000 * MEGABYTE, entries=20_000, unpacked_bytes=2_000 * MEGABYTE)
#: What systems leave in folders.
_LITTER = re.compile(r"__MACOSX|\..*|Thumbs\.db|desktop\.ini", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_UTF8_FLAG = 0x800
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass
class Album:
    """Files by the names that a sheet may use for them."""

    read: Callable[[str], bytes]
    paths: tuple[str, ...]

    def __post_init__(self) -> None:
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            name = PurePosixPath(path)
            for word in {_key(path), _key(name.name), _key(name.stem)}:
                self._by_word[word].append(path)

    def find(self, written: str) -> list[str]:
        """The paths that a cell may mean: by path, name, or name without ending."""
        return self._by_word.get(_key(written.replace("\\", "/")), [])

    def photo(self, path: str) -> Photo:
        """Raises Refused for a file that cannot be read."""
        return Photo(path, hashlib.sha256(self.bytes_of(path)).hexdigest())

    def bytes_of(self, path: str) -> bytes:
        """At most a byte more than a photo may have: the pipeline then says that it is too large."""
        return self.read(path)


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


@contextmanager
def opened(path: Path) -> Iterator[Album]:
    """Raises Refused with a sentence when the photos are not to be had from there."""
    if path.is_dir():
        yield _folder(path)
        return
    try:
        with path.open("rb") as file:
            start = file.read(2)
    except OSError as error:
        words = {"file": path.name, "error": error.strerror}
        raise Refused(_("The file %(file)s cannot be read: %(error)s.") % words) from error
    if start != b"PK":
        raise Refused(_("The photos come as a folder or as a ZIP file; this is neither."))
    with zips.opened(path, LIMITS) as archive:
        yield _zip(archive)


# --- A folder ----------------------------------------------------------------------------------------------------


def _folder(folder: Path) -> Album:
    paths = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise Refused(_("“%(file)s” is a link. Copy the photo itself.") % {"file": shown(inside[:80])})
        if path.is_file() and not _is_litter(inside):
            paths.append(inside)
        if len(paths) > LIMITS.entries:
            raise Refused(_("The folder holds more than %(most)s files.") % {"most": f"{LIMITS.entries:,}"})
    return Album(lambda name: _file(folder / name), tuple(paths))


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(photos.MAX_BYTES + 1)
    except OSError as error:
        words = {"file": path.name, "error": error.strerror}
        raise Refused(_("The file %(file)s cannot be read: %(error)s.") % words) from error


# --- A ZIP file --------------------------------------------------------------------------------------------------


def _zip(archive: zipfile.ZipFile) -> Album:
    entries: dict[str, zipfile.ZipInfo] = {}
    found = archive.infolist()
    for entry, name in zip(found, _names(found), strict=True):
        _check_path(name)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused(_("“%(file)s” is a link. Copy the photo itself.") % {"file": shown(name[:80])})
        if not entry.is_dir() and not name.endswith("/") and not _is_litter(name):
            if name in entries:
                raise Refused(_("“%(file)s” is in the ZIP file twice.") % {"file": shown(name[:80])})
            entries[name] = entry
    return Album(lambda name: _unpacked(archive, entries[name]), tuple(entries))


def _names(entries: list[zipfile.ZipInfo]) -> list[str]:
    """Windows in Chinese writes names in GBK and says nothing; Python then takes them for those of an old PC.

    Whoever packed one name so packed all of them so: 一.jpg in GBK is good UTF-8, too, for something else.
    """
    silent = [entry for entry in entries if not entry.flag_bits & _UTF8_FLAG]
    encoding = _encoding([_raw(entry) for entry in silent])
    names = [
        entry.orig_filename if entry.flag_bits & _UTF8_FLAG else _decoded(entry, encoding)
        for entry in entries
    ]
    # After decoding: the second byte of a character in GBK may be a backslash.
    return [name.replace("\\", "/") for name in names]


def _encoding(names: list[bytes]) -> str:
    """UTF-8 unless one is not, or Han appear only when they are read as GB18030."""
    try:
        as_utf8 = b"/".join(names).decode()
    except UnicodeDecodeError:
        return "gb18030"
    as_gb = b"/".join(names).decode("gb18030", "ignore")
    return "gb18030" if _HAN.search(as_gb) and not _HAN.search(as_utf8) else "utf-8"


def _raw(entry: zipfile.ZipInfo) -> bytes:
    try:
        return entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.orig_filename.encode()


def _decoded(entry: zipfile.ZipInfo, encoding: str) -> str:
    try:
        return _raw(entry).decode(encoding)
    except UnicodeDecodeError:
        return entry.orig_filename


def shown(name: str) -> str:
    """As it may stand on a page: somebody else wrote it, perhaps so that it reads backwards."""
    return "".join("?" if hidden_character(character) else character for character in name)


def _check_path(name: str) -> None:
    """Nothing is written where an entry says; one that says such a thing was made to do harm."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or _DRIVE.match(name) or "\x00" in name:
        words = {"file": shown(name[:80])}
        raise Refused(_("The ZIP file has an entry outside of itself, “%(file)s”. Pack it again.") % words)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """At most one byte more than a photo may have, whatever the entry unpacks to."""
    try:
        with archive.open(entry) as file:
            return file.read(photos.MAX_BYTES + 1)
    # zlib.error, BadZipFile, EOFError and more: a damaged entry is a damaged photo.
    except Exception as error:
        raise Refused(photos.UNREADABLE, "photo") from error


def _is_litter(path: str) -> bool:
    return any(_LITTER.fullmatch(part) for part in path.split("/"))


def orphans(album: Album, used: Iterable[str]) -> list[str]:
    named = set(used)
    return [path for path in album.paths if path not in named]
