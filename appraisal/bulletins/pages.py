"""One page laid out, and how a line of words is put onto it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from appraisal.bulletins.breaking import SetLine, printable
from appraisal.bulletins.design import BLACK, BODY, BOTTOM, LEFT, RIGHT, TOP, WIDTH
from cards.documents.fonts import Role, width
from cards.documents.setting import Line
from cards.documents.style import ASCENT


@dataclass(frozen=True, slots=True)
class Rule:
    """From corner to corner: across or down."""

    left: float
    top: float
    right: float
    bottom: float
    thick: float
    colour: str = BLACK


@dataclass(slots=True)
class Page:
    texts: list[Line] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    #: How far down it is filled.
    end: float = TOP
    #: A blank page and the imprint behind it have no number.
    numbered: bool = True
    #: Attachments that begin here.
    bookmarks: list[str] = field(default_factory=list)

    @property
    def room(self) -> float:
        return BOTTOM - self.end

    def line(
        self,
        part: str,
        text: str,
        role: Role,
        size: float,
        left: float,
        top: float,
        *,
        colour: str = BLACK,
        tracking: float = 0.0,
    ) -> None:
        """The top of its em square is at `top`."""
        down = top + ASCENT * size
        self.texts.append(Line(part, printable(text, role), role, size, left, down, colour, tracking))

    def centred(
        self, part: str, text: str, role: Role, size: float, top: float, *, colour: str = BLACK
    ) -> None:
        left = LEFT + (WIDTH - width(printable(text, role), role, size)) / 2
        self.line(part, text, role, size, left, top, colour=colour)

    def set(self, part: str, line: SetLine, top: float) -> None:
        """A line of the body, its faces one after the other."""
        left = LEFT + line.indent * BODY
        for text, role in line.texts:
            self.line(part, text, role, BODY, left, top, tracking=line.tracking)
            left += (width(text, role, 1) + line.tracking * len(text)) * BODY

    def across(self, top: float, thick: float, *, colour: str = BLACK) -> None:
        self.rules.append(Rule(LEFT, top, RIGHT, top, thick, colour))


def sized(text: str, role: Role, room: float, sizes: Sequence[float]) -> float:
    """The largest of a range of sizes at which the text is one line, or the smallest."""
    ems = width(printable(text, role), role, 1)
    return max(min(sizes[0], room / ems), sizes[1]) if ems else sizes[0]
