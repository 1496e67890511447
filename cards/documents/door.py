"""The door screen for e-paper: 800 × 480 dots, black or white, every stroke whole.

Grey would be dithered away by the panel, so text is drawn without antialiasing, at sizes that survive it.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase import pdfmetrics

from cards.documents.fonts import Role, missing_characters, runs
from cards.documents.text import ELLIPSIS, wrap
from common.rules import local

WIDTH, HEIGHT = 800, 480
HEAD, FOOT, MARGIN, GAP = 70, 44, 20, 10
BLACK, WHITE = 0, 1
#: A panel that stopped is seen by it: what stands here holds for this half hour.
PERIOD = timedelta(minutes=30)
#: Eight people have a cell each, twelve a narrow one; of more the last cell says how many.
MOST = 12
#: Part of the tag, so that another way of drawing is fetched too.
DESIGN = 2
#: Of a line and of what hangs below it, in ems; and of a status's field.
LEADING, DESCENT, PILL = 1.22, 0.25, 1.36
#: Lines are broken by the outlines' advances; what rounding them to dots may add to a line, in ems.
SLACK = 0.4
#: For what no font has; a hole would be read as another name.
UNKNOWN = "〓"


@dataclass(frozen=True)
class Cover:
    """Whom to ask instead."""

    name: str
    room: str
    status: str
    tone: str


@dataclass(frozen=True)
class Occupant:
    name: str
    post: str
    tone: str
    #: The status in its few words, and what else there is to say of it: when the person is expected.
    status: str
    notes: tuple[str, ...]
    cover: Cover | None
    #: Only where a call reaches somebody whom knocking does not.
    phone: str


@dataclass(frozen=True)
class Door:
    unit: str
    room: str
    location: str
    offices: tuple[str, ...]
    people: tuple[Occupant, ...]
    unit_hotline: str
    city_hotline: str

    @property
    def facts(self) -> tuple[object, ...]:
        """Everything shown, as plain values."""
        return astuple(self)


@dataclass(frozen=True)
class Sizes:
    """Of a cell, by how many stand above each other."""

    name: int
    pill: int
    text: int
    notes: int


SIZES: Final = {
    1: Sizes(110, 64, 32, 3),
    2: Sizes(64, 40, 26, 3),
    3: Sizes(44, 32, 24, 2),
    4: Sizes(34, 26, 19, 2),
    5: Sizes(30, 24, 19, 1),
    6: Sizes(28, 22, 18, 1),
}


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Face:
    """What one picture shows."""

    door: Door
    now: datetime
    demo: bool

    @property
    def people(self) -> tuple[Occupant, ...]:
        people = self.door.people
        return people if len(people) <= MOST else people[: MOST - 1]

    @property
    def period(self) -> str:
        """The half hour, with its date."""
        begin = local(self.now).replace(
            minute=self.now.minute - self.now.minute % 30, second=0, microsecond=0
        )
        words = {"day": formats.date_format(begin.date(), _("F j")), "begin": f"{begin:%H:%M}"}
        return _("%(day)s, valid %(begin)s–%(end)s") % {**words, "end": f"{begin + PERIOD:%H:%M}"}

    def fingerprint(self, language: str) -> str:
        shown = [DESIGN, language, self.demo, self.period, self.door.facts]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]


def draw(face: Face) -> bytes:
    image = Image.new("1", (WIDTH, HEIGHT), WHITE)
    Painter(ImageDraw.Draw(image)).face(face)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The same file that printing embeds; the basic layout is the same wherever the program runs."""
    path = pdfmetrics.getFont(name).face.filename  # type: ignore[attr-defined]  # the stubs know no TTFont here
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _drawable(text: str, role: Role) -> str:
    missing = missing_characters(text, role)
    return text.translate(dict.fromkeys(map(ord, missing), UNKNOWN)) if missing else text


class Painter:
    """Places words by their baseline, character by character from the font that has it."""

    def __init__(self, canvas: ImageDraw.ImageDraw) -> None:
        self.canvas = canvas
        canvas.fontmode = "1"

    # --- Words ---------------------------------------------------------------------------------------------------

    def words(
        self,
        x: float,
        baseline: float,
        text: str,
        role: Role,
        size: int,
        fill: int = BLACK,
        anchor: str = "l",
    ) -> float:
        """Draw one line from x on (or up to it, with anchor "r"); returns how wide it is."""
        text = _drawable(text, role)
        length = _length(text, role, size)
        at = x - length if anchor == "r" else x
        for name, piece in runs(text, role):
            font = _font(name, size)
            self.canvas.text((round(at), round(baseline)), piece, fill=fill, font=font, anchor="ls")
            at += font.getlength(piece, mode="1")
        return length

    def line(
        self,
        x: float,
        baseline: float,
        text: str,
        role: Role,
        size: int,
        room: float,
        *,
        smallest: int,
        fill: int = BLACK,
        anchor: str = "l",
    ) -> float:
        """One line as large as it fits, cut with an ellipsis below the smallest size."""
        found, text = _fitted(_drawable(text, role), role, room, size, smallest)
        return self.words(x, baseline, text, role, found, fill, anchor)

    # --- The face ------------------------------------------------------------------------------------------------

    def face(self, face: Face) -> None:
        self.head(face.door)
        self.foot(face)
        people = face.people
        body = Box(MARGIN, HEAD, WIDTH - 2 * MARGIN, HEIGHT - HEAD - FOOT)
        more = len(face.door.people) - len(people)
        number = len(people) + bool(more)
        if not number:
            text = _("Nobody of this room has a valid card today.")
            self.line(body.x, body.y + body.height / 2, text, "sans", 32, body.width, smallest=20)
            return
        columns = 1 if number <= 4 else 2
        rows = -(-number // columns)
        for place in range(number):
            box = _cell(body, columns, rows, place)
            if place < len(people):
                self.cell(people[place], box, SIZES[rows], wide=columns == 1)
            else:
                text = ngettext("and %(number)s person more", "and %(number)s people more", more)
                self.line(
                    box.x,
                    box.y + box.height / 2 + 8,
                    text % {"number": more},
                    "sans",
                    SIZES[rows].pill,
                    box.width,
                    smallest=16,
                )
        self.rules(body, columns, rows)

    def rules(self, body: Box, columns: int, rows: int) -> None:
        for row in range(1, rows):
            y = round(body.y + body.height * row / rows)
            self.canvas.line((MARGIN, y, WIDTH - MARGIN, y), fill=BLACK, width=1)
        if columns == 2:
            self.canvas.line((WIDTH // 2, HEAD + 10, WIDTH // 2, HEIGHT - FOOT - 10), fill=BLACK, width=1)

    def head(self, door: Door) -> None:
        self.canvas.rectangle((0, 0, WIDTH, HEAD - 1), fill=BLACK)
        room = " ".join(part for part in (door.location, door.room) if part)
        used = self.line(MARGIN, 48, room, "sans-bold", 38, 360, smallest=22, fill=WHITE)
        rest = WIDTH - 2 * MARGIN - used - 24
        right = WIDTH - MARGIN
        self.line(right, 30, door.unit, "sans-bold", 22, rest, smallest=16, fill=WHITE, anchor="r")
        offices = "、".join(door.offices)
        self.line(right, 58, offices, "sans", 20, rest, smallest=16, fill=WHITE, anchor="r")

    def foot(self, face: Face) -> None:
        door, top = face.door, HEIGHT - FOOT
        self.canvas.line((0, top, WIDTH, top), fill=BLACK, width=2)
        hotlines = [
            f"{label} {number}"
            for label, number in (
                (_("Unit hotline"), door.unit_hotline),
                (_("City Efficiency Express"), door.city_hotline),
            )
            if number
        ]
        when = " · ".join([*([_("Demo")] if face.demo else []), face.period])
        used = self.line(WIDTH - MARGIN, top + 29, when, "sans", 18, 330, smallest=14, anchor="r")
        rest = WIDTH - 2 * MARGIN - used - 20
        self.line(MARGIN, top + 29, "  ".join(hotlines), "sans", 18, rest, smallest=14)

    # --- One person ----------------------------------------------------------------------------------------------

    def cell(self, one: Occupant, box: Box, sizes: Sizes, *, wide: bool) -> None:
        """Wide: who on the left, the status on the right. Narrow: one below the other."""
        if wide:
            half = box.width * 0.5
            self.who(one, Box(box.x, box.y, half - 24, box.height), sizes)
            self.status(one, Box(box.x + half, box.y, box.width - half, box.height), sizes)
            return
        pill = self.pill_width(one, sizes.pill, box.width * 0.55)
        room = box.width - pill - 12
        size, names = self.name(one, room, sizes.name, sizes.text + 2)
        used = max(_length(name, "sans-bold", size) for name in names)
        lines = _lines(one)
        beside = len(names) == 1 and room - used > sizes.text * 3
        if one.post and not beside:
            lines.append(one.post)
        lines = lines[: sizes.notes + 1 - len(names)]
        top = box.y + (box.height - len(names) * size * LEADING - len(lines) * sizes.text * LEADING) / 2
        baseline = top
        for name in names:
            baseline += size * LEADING
            self.words(box.x, baseline - size * DESCENT, name, "sans-bold", size)
        if one.post and beside:
            self.line(
                box.x + used + 10,
                baseline - size * DESCENT,
                one.post,
                "sans",
                sizes.text,
                room - used - 10,
                smallest=16,
            )
        middle = top + len(names) * size * LEADING / 2
        self.pill(one, box.x + box.width, middle, sizes.pill, box.width * 0.55)
        for text in lines:
            baseline += sizes.text * LEADING
            self.line(
                box.x, baseline - sizes.text * DESCENT, text, "sans", sizes.text, box.width, smallest=16
            )

    def name(self, one: Occupant, room: float, largest: int, smallest: int) -> tuple[int, list[str]]:
        """A name is never cut while two lines of it fit: half a name is another person's."""
        role: Role = "sans-bold"
        text = _drawable(one.name, role)
        for size in range(largest, max(smallest, int(largest * 0.6)) - 1, -1):
            if _length(text, role, size) <= room:
                return size, [text]
        for size in range(int(largest * 0.7), smallest - 1, -1):
            names = wrap(text, role, size, room - size * SLACK)
            if len(names) <= 2:
                return size, names
        return smallest, [names[0], _cut(names[1] + names[2], role, smallest, room)]

    def who(self, one: Occupant, box: Box, sizes: Sizes) -> None:
        size, names = self.name(one, box.width, sizes.name, sizes.text)
        post = sizes.text * LEADING if one.post else 0
        y = box.y + (box.height - len(names) * size * LEADING - post) / 2
        for name in names:
            y += size * LEADING
            self.words(box.x, y - size * DESCENT, name, "sans-bold", size)
        if one.post:
            y += post
            self.line(
                box.x,
                y - sizes.text * DESCENT,
                one.post,
                "sans",
                sizes.text,
                box.width,
                smallest=sizes.text - 6,
            )

    def status(self, one: Occupant, box: Box, sizes: Sizes) -> None:
        lines = _lines(one)[: sizes.notes]
        gap = sizes.text * 0.3 if lines else 0
        height = sizes.pill * PILL + gap + len(lines) * sizes.text * LEADING
        y = box.y + (box.height - height) / 2
        length = self.pill_width(one, sizes.pill, box.width)
        self.pill(one, box.x + length, y + sizes.pill * PILL / 2, sizes.pill, box.width)
        y += sizes.pill * PILL + gap
        for text in lines:
            y += sizes.text * LEADING
            self.line(
                box.x,
                y - sizes.text * DESCENT,
                text,
                "sans",
                sizes.text,
                box.width,
                smallest=sizes.text - 6,
            )

    def pill_width(self, one: Occupant, size: int, room: float) -> float:
        found, text = _pill_text(one, size, room)
        return (
            sum(_font(name, found).getlength(piece) for name, piece in runs(text, "sans-bold")) + size * 0.7
        )

    def pill(self, one: Occupant, right: float, middle: float, size: int, room: float) -> None:
        """At post is a black field, everything else a frame: told apart from afar without reading."""
        found, text = _pill_text(one, size, room)
        left, half = right - self.pill_width(one, size, room), size * PILL / 2
        present = one.tone == "on"
        self.canvas.rounded_rectangle(
            (round(left), round(middle - half), round(right) - 1, round(middle + half)),
            radius=size * 0.2,
            fill=BLACK if present else WHITE,
            outline=BLACK,
            width=2,
        )
        self.words(
            left + size * 0.35,
            middle + found * 0.36,
            text,
            "sans-bold",
            found,
            WHITE if present else BLACK,
        )


def _pill_text(one: Occupant, size: int, room: float) -> tuple[int, str]:
    """As large as it fits beside its padding, at least half."""
    return _fitted(_drawable(one.status, "sans-bold"), "sans-bold", room - size * 0.7, size, size // 2)


def _lines(one: Occupant) -> list[str]:
    """The most useful first: a small cell shows only that."""
    lines: list[str] = []
    if one.cover is not None:
        where = f"\uff08{one.cover.room}\uff09" if one.cover.room else ""
        lines.append(" ".join([_("Stand-in"), one.cover.name + where, one.cover.status]))
    lines[:0] = one.notes[:1]
    if one.phone:
        lines.append(_("Phone %(phone)s") % {"phone": one.phone})
    return lines + list(one.notes[1:])


def _cell(body: Box, columns: int, rows: int, place: int) -> Box:
    """Down the first column, then down the second."""
    column, row = divmod(place, rows)
    gap = 2 * GAP if columns == 2 else 0
    breadth = (body.width - gap * (columns - 1)) / columns
    height = body.height / rows
    return Box(body.x + column * (breadth + gap), body.y + row * height, breadth, height)


def _length(text: str, role: Role, size: int) -> float:
    """As drawn: without antialiasing every advance is a whole number of dots, which adds up over a line."""
    return sum(_font(name, size).getlength(piece, mode="1") for name, piece in runs(text, role))


def _fitted(text: str, role: Role, room: float, largest: int, smallest: int) -> tuple[int, str]:
    """The size at which the text is one line; cut where even the smallest is too wide."""
    for size in range(largest, smallest - 1, -1):
        if _length(text, role, size) <= room:
            return size, text
    return smallest, _cut(text, role, smallest, room)


def _cut(text: str, role: Role, size: int, room: float) -> str:
    while text and _length(text + ELLIPSIS, role, size) > room:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS
