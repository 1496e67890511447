"""Fonts of the printed documents: embedded, complete, and never silently blank.

Roles, each with a vendored file (SIL Open Font License, unmodified; licences beside them). An administrator's
folder comes in two ways: a file named after a role (`serif-bold.ttf`) is preferred for that role, every other
.ttf in it is a last resort for characters that no vendored font has.

Official documents (GB/T 9704) ask for four faces. Of 仿宋 and 小标宋 there is no complete open one: theirs are
the regular and the bold serif, until an administrator puts `fangsong.ttf` and `xiaobiaosong.ttf` there.
"""

from __future__ import annotations

import re
import struct
import threading
from functools import cache, cached_property
from itertools import count, groupby
from pathlib import Path
from typing import Any, Final, Literal, get_args

from django.utils.translation import gettext as _
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFNameBytes, TTFont, TTFontFile

# Read by reportlab when a stream is written: base 85 costs a fifth of the file and half of the time.
rl_config.useA85 = 0

Role = Literal["sans", "sans-bold", "serif-bold", "fangsong", "kai", "hei", "xiaobiaosong"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
VENDORED: Final = Path(__file__).with_name("fonts")
FILES: Final[dict[Role, Path]] = {
    "sans": VENDORED / "NotoSansSC_400Regular.ttf",
    "sans-bold": VENDORED / "NotoSansSC_700Bold.ttf",
    "serif-bold": VENDORED / "NotoSerifSC_700Bold.ttf",
    "fangsong": VENDORED / "NotoSerifSC_400Regular.ttf",
    "kai": VENDORED / "LXGWWenKai-Regular.ttf",
    "hei": VENDORED / "NotoSansSC_700Bold.ttf",
    "xiaobiaosong": VENDORED / "NotoSerifSC_700Bold.ttf",
}
# Where a character goes that the role's own font lacks: keep the weight first, then the character.
FALLBACK: Final[dict[Role, tuple[Role, ...]]] = {
    "sans": ("sans", "sans-bold", "serif-bold"),
    "sans-bold": ("sans-bold", "serif-bold", "sans"),
    "serif-bold": ("serif-bold", "sans-bold", "sans"),
    "fangsong": ("fangsong", "serif-bold", "sans"),
    "kai": ("kai", "fangsong", "serif-bold", "sans"),
    "hei": ("hei", "serif-bold", "sans"),
    "xiaobiaosong": ("xiaobiaosong", "hei", "sans"),
}
# Characters that are meant to have no ink; any other glyph without outlines counts as missing.
INKLESS: Final = frozenset({0x20, 0xA0, 0x3000})

# What reportlab raises for a file that is missing, damaged, or has other outlines than TrueType's.
UNUSABLE: Final = (TTFError, OSError, ValueError, LookupError, struct.error)

_lock = threading.RLock()
_number = count(1)
_folder: Path | None = None


class MissingGlyph(ValueError):
    """reportlab would print nothing here, without an error; callers ask `missing_characters` first."""


class EmbeddedFont(TTFont):
    """A TrueType font whose rare characters can be copied, searched and written from several threads."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path), shapable=False)
        # reportlab registers by PostScript name, and of two files with one name the first wins silently.
        self.face.name = TTFNameBytes(name.encode("ascii"))

    def addObjects(self, doc: Any) -> None:
        # The face reads its file through one shared position, so two documents must not subset it at once.
        with _lock:
            super().addObjects(doc)
        # ToUnicode values are UTF-16BE; reportlab 5.1.0 writes U+2CB16 as <2CB16>, which viewers copy as
        # two wrong characters. Four-digit values are left alone, so a corrected reportlab stays correct.
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = re.sub(r"<([0-9A-F]{5,6})>", _surrogates, stream.content)

    @cached_property
    def coverage(self) -> frozenset[int]:
        place = self.face.glyphPos
        return frozenset(
            code
            for code, glyph in self.face.charToGlyph.items()
            if glyph and (code in INKLESS or place[glyph + 1] > place[glyph])
        )


def _surrogates(match: re.Match[str]) -> str:
    return f"<{chr(int(match[1], 16)).encode('utf-16-be').hex().upper()}>"


def configure(folder: Path | None) -> None:
    """Use an administrator's font folder from now on (setting FONT_DIR)."""
    global _folder
    with _lock:
        if folder != _folder:
            _folder = folder
            _chain.cache_clear()
            _place.cache_clear()
            _tables.cache_clear()


@cache
def _load(path: Path) -> EmbeddedFont:
    prefix = "" if path.parent == VENDORED else f"Own{next(_number)}-"
    font = EmbeddedFont(prefix + re.sub(r"[^A-Za-z0-9]", "", path.stem), path)
    pdfmetrics.registerFont(font)
    return font


def _paths(role: Role) -> list[Path]:
    vendored = [FILES[other] for other in FALLBACK[role]]
    own = sorted(_folder.glob("*.[tT][tT][fF]")) if _folder and _folder.is_dir() else []
    preferred = [path for path in own if path.stem.lower() == role]
    rest = [path for path in own if path not in preferred]
    return preferred + vendored + rest


@cache
def _chain(role: Role) -> tuple[Path, ...]:
    return tuple(_paths(role))


@cache
def _place(character: str, role: Role) -> tuple[str, float] | None:
    """Font and advance (of an em) for one character, loading no font further down than needed."""
    code = ord(character)
    with _lock:
        for path in _chain(role):
            try:
                font = _load(path)
            except UNUSABLE:
                if path.parent == VENDORED:
                    raise
                continue  # an administrator's unusable file is reported by check_fonts, it stops no printing
            if code in font.coverage:
                return font.fontName, font.face.charWidths[code] / 1000
    return None


class _Fonts(dict[str, str]):
    """Character to registered font name, filled as characters are met: a lookup is all that a page costs."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def found(self, character: str) -> tuple[str, float]:
        place = _place(character, self.role)
        if place is None:
            raise MissingGlyph(f"no font has U+{ord(character):04X} {character!r}")
        return place

    def __missing__(self, character: str) -> str:
        return self.setdefault(character, self.found(character)[0])


class _Advances(dict[str, float]):
    def __init__(self, fonts: _Fonts) -> None:
        self.fonts = fonts

    def __missing__(self, character: str) -> float:
        return self.setdefault(character, self.fonts.found(character)[1])


@cache
def _tables(role: Role) -> tuple[_Fonts, _Advances]:
    fonts = _Fonts(role)
    return fonts, _Advances(fonts)


def runs(text: str, role: Role) -> list[tuple[str, str]]:
    """The text as (registered font name, piece)."""
    fonts = _tables(role)[0]
    return [(font, "".join(piece)) for font, piece in groupby(text, key=fonts.__getitem__)]


def width(text: str, role: Role, size: float) -> float:
    return size * sum(map(_tables(role)[1].__getitem__, text))


def missing_characters(text: str, role: Role) -> list[str]:
    """Each character once, in order, that would print nothing."""
    return [character for character in dict.fromkeys(text) if _place(character, role) is None]


def check_fonts() -> list[str]:
    """Sentences on fonts that cannot be used, for the system check."""
    problems = []
    if _folder and not _folder.is_dir():
        problems.append(_("The font folder %(folder)s does not exist.") % {"folder": _folder})
    for path in dict.fromkeys(path for role in ROLES for path in _paths(role)):
        try:
            if path.parent == VENDORED:
                TTFontFile(str(path), charInfo=0)  # the head only: this runs before every command
            else:
                with _lock:
                    _load(path)
        except UNUSABLE as error:
            problems.append(
                _("The font file %(file)s cannot be used (%(reason)s): it must be a TrueType font.")
                % {"file": path, "reason": error}
            )
    return problems
