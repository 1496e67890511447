"""Setting lines onto a document: numbers that tests can examine, drawn as they are.

Texts shrink, then break, then (duties, posts, rooms, stand-ins) end in an ellipsis. Names, numbers and codes
are never cut: where they do not fit, the document is not printed. All in millimetres from its upper left corner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cards.documents.fonts import Role, width
from cards.documents.style import (
    ASCENT,
    CELADON_700,
    CELADON_900,
    CINNABAR,
    CITY_HOTLINE,
    CODE_TRACKING,
    DESCENT,
    DUTY_APART,
    DUTY_INDENT,
    INK,
    INTERPUNCT,
    NAME_BREAK_COST,
    NAME_LEADING,
    NAME_RAISE,
    NAME_TRACKING,
    NAME_TWO_LINES,
    POST_LEADING,
    SEPARATOR,
    SUPERVISED,
    UNIT_HOTLINE,
)
from cards.documents.text import Block, block, fit, wrap

Box = tuple[float, float, float, float]  # left, top, right, bottom
Sizes = tuple[float, float]  # largest, smallest


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in its place; its box is the em square, which holds the ink of Chinese characters."""

    part: str
    text: str
    role: Role
    size: float
    left: float
    baseline: float
    colour: str = INK
    tracking: float = 0.0  # ems

    @property
    def box(self) -> Box:
        right = self.left + width(self.text, self.role, self.size)
        right += self.tracking * self.size * (len(self.text) - 1)
        return self.left, self.baseline - ASCENT * self.size, right, self.baseline + DESCENT * self.size


def baseline(middle: float, size: float) -> float:
    """Where a line stands whose em squares are centred on `middle`."""
    return middle + (ASCENT - DESCENT) / 2 * size


def centred(text: str, role: Role, size: float, middle: float, down: float, colour: str) -> Line:
    return Line(
        "static", text, role, size, middle - width(text, role, size) / 2, baseline(down, size), colour
    )


@dataclass(frozen=True, slots=True)
class Area:
    """A column of text: where its lines begin, and how wide they may be."""

    left: float
    room: float


class Lines(list[Line]):
    """Lines being laid out, with what had to be cut and what does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.cut: list[str] = []
        self.crowded: list[str] = []

    def sized(self, part: str, size: float | None, smallest: float) -> float:
        """The size found, or the smallest with a note that even that is too large."""
        if size is None:
            self.crowded.append(part)
        return size or smallest

    def stack(
        self, part: str, texts: Iterable[str], role: Role, size: float, top: float, **style: Any
    ) -> float:
        """Lines one under the other, each centred in its leading; returns where they end."""
        leading = style.pop("leading") * size
        left = style.pop("left")
        for text in texts:
            self.append(Line(part, text, role, size, left, baseline(top + leading / 2, size), **style))
            top += leading
        return top

    def name(
        self,
        name: str,
        area: Area,
        top: float,
        *,
        largest: float,
        one_line: float,
        smallest: float,
        most: int = 2,
    ) -> float:
        """One line of at least `one_line`, or two; in a narrow column more. Never cut. Returns where it ends."""
        tracking = NAME_TRACKING.get(len(name), 0.0)
        size = fit(name, "serif-bold", area.room, largest=largest, smallest=one_line, tracking=tracking)
        style: dict[str, Any] = {"left": area.left, "colour": CELADON_900}
        if size:
            top -= NAME_RAISE * size
            return self.stack("name", [name], "serif-bold", size, top, leading=1, tracking=tracking, **style)
        texts = name_lines(name)
        longest = max(texts, key=lambda text: width(text, "serif-bold", 1))
        found = fit(longest, "serif-bold", area.room, largest=largest * NAME_TWO_LINES, smallest=smallest)
        if found is None and most > 2:
            texts = tuple(wrap(name, "serif-bold", smallest, area.room))
            found = smallest if len(texts) <= most else None
        size = self.sized("name", found, smallest)
        top -= NAME_RAISE * size
        return self.stack("name", texts, "serif-bold", size, top, leading=NAME_LEADING, **style)

    def posts(
        self, posts: Sequence[str], area: Area, top: float, *, main: Sizes, other: Sizes, most: int = 2
    ) -> float:
        """The first in bold, all others together; each in one line or, at most, so many."""
        first, *others = posts
        rows: tuple[tuple[str, Role, Sizes], ...] = (
            (first, "sans-bold", main),
            (SEPARATOR.join(others), "sans", other),
        )
        for text, role, sizes in rows:
            if text:
                post = two_lines(text, role, area.room, sizes, most)
                self.cut += ["posts"] if post.cut else []
                top = self.stack(
                    "posts", post.lines, role, post.size, top, left=area.left, leading=POST_LEADING
                )
        return top

    def duties(
        self, duties: Sequence[str], area: Area, top: float, end: float, *, sizes: Sizes, leading: float
    ) -> None:
        """As large as they fit between `top` and `end`, numbered where there are several."""
        indent = DUTY_INDENT if len(duties) > 1 else 0
        listed = block(
            duties,
            "sans",
            area.room,
            largest=sizes[0],
            smallest=sizes[1],
            lines=lambda size: max(int((end - top) / (size * leading) + 1e-9), 0),
            indent=indent,
        )
        self.cut += ["duties"] if listed.cut else []
        self.crowded += [] if listed.lines else ["duties"]
        left = area.left + indent * listed.size
        free = end - top - len(listed.lines) * listed.size * leading
        between = min(DUTY_APART * listed.size, free / max(len(listed.paragraphs) - 1, 1))
        for number, duty in enumerate(listed.paragraphs, start=1):
            below = self.stack("duties", duty, "sans", listed.size, top, left=left, leading=leading)
            if indent:
                self.stack(
                    "duties",
                    [f"{number}."],
                    "sans",
                    listed.size,
                    top,
                    left=area.left,
                    leading=leading,
                    colour=CELADON_700,
                )
            top = below + between

    def code(self, text: str, area: Area, down: float, sizes: Sizes) -> None:
        """The code in text, for a phone without a camera, centred below the QR code."""
        size = fit(text, "sans", area.room, largest=sizes[0], smallest=sizes[1], tracking=CODE_TRACKING)
        size = self.sized("code_text", size, sizes[1])
        tracked = CODE_TRACKING * (len(text) - 1)
        left = area.left + (area.room - width(text, "sans", size) - tracked * size) / 2
        self.append(Line("code_text", text, "sans", size, left, down, INK, tracking=CODE_TRACKING))

    def foot(
        self,
        unit_hotline: str,
        city_hotline: str,
        area: Area,
        middle: float,
        *,
        sizes: Sizes,
        gap: float,
        supervised: bool = True,
    ) -> None:
        """Both hotlines, in full and in one size, and who supervises (CARD-1, CARD-2)."""
        texts: list[tuple[str, str, Role, str]] = [
            ("unit_hotline", f"{UNIT_HOTLINE} ", "sans", INK),
            ("unit_hotline", unit_hotline, "sans-bold", INK),
            ("city_hotline", CITY_HOTLINE, "sans", INK),
            ("city_hotline", city_hotline, "sans-bold", INK),
        ]
        if supervised:
            texts.append(("supervised", SUPERVISED, "sans-bold", CINNABAR))
        gaps = len(texts) // 2 - (0 if supervised else 1)
        ems = sum(width(text, role, 1) for _part, text, role, _colour in texts)
        size = min(sizes[0], (area.room - gaps * gap) / ems)
        if size < sizes[1]:
            longer = max((unit_hotline, "unit_hotline"), (city_hotline, "city_hotline"), key=_length)
            self.crowded.append(longer[1])
        free = area.room - size * ems
        left = area.left
        for number, (part, text, role, colour) in enumerate(texts):
            self.append(Line(part, text, role, size, left, baseline(middle, size), colour))
            left += width(text, role, size) + (free / gaps if number in (1, 3) else 0)


def name_lines(name: str) -> tuple[str, ...]:
    """Two lines as even as can be, broken at an interpunct or a blank unless that costs much."""
    options = []
    for place in range(1, len(name)):
        first, second = name[:place].rstrip(), name[place:].lstrip()
        if not first or not second or second[0] == INTERPUNCT:
            continue
        cost = max(width(first, "serif-bold", 1), width(second, "serif-bold", 1))
        natural = first[-1] == INTERPUNCT or " " in name[place - 1 : place + 1]
        options.append((cost if natural else cost * NAME_BREAK_COST, place, first, second))
    _cost, _place, first, second = min(options)
    return first, second


def two_lines(text: str, role: Role, room: float, sizes: Sizes, most: int = 2) -> Block:
    """One line, or more once the text gets small."""
    largest, smallest = sizes
    return block(
        [text],
        role,
        room,
        largest=largest,
        smallest=smallest,
        lines=lambda size: 1 if size > (largest + smallest) / 2 else most,
    )


def _length(item: tuple[str, str]) -> int:
    return len(item[0])
