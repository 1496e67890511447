"""Where every line of a plaque stands: numbers that tests can examine, drawn as they are.

Texts shrink, then break, then (duties, posts, rooms, stand-ins) end in an ellipsis. Names, numbers and codes
are never cut: where they do not fit, the plaque is not printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cards.documents.fonts import Role, width
from cards.documents.plaque.content import PlaqueContent
from cards.documents.plaque.design import (
    ASCENT,
    BAND,
    BAND_GAP,
    BODY,
    BODY_END,
    CARD_TITLE,
    CELADON_700,
    CELADON_900,
    CINNABAR,
    CITY_HOTLINE,
    CODE_BASELINE,
    CODE_SIZES,
    CODE_TRACKING,
    DEMO,
    DENSITIES,
    DESCENT,
    DUTY_APART,
    DUTY_INDENT,
    FOOT_GAP,
    FOOT_SIZES,
    FOOT_TOP,
    HEIGHT,
    INK,
    INTERPUNCT,
    MARGIN,
    META_COMFORTABLE,
    META_SMALLEST,
    NAME_BREAK_COST,
    NAME_LEADING,
    NAME_ONE_LINE_SMALLEST,
    NAME_RAISE,
    NAME_SMALLEST,
    NAME_TRACKING,
    NAME_TWO_LINES,
    OTHER_POST_SMALLEST,
    PHONE,
    POST_LEADING,
    POST_SMALLEST,
    QR_FRAME,
    QR_LEFT,
    RULE_ABOVE,
    SEPARATOR,
    SERIAL_SIZES,
    SERIAL_WIDTH,
    STAND_IN,
    SUPERVISED,
    TAG_SIZE,
    TEXT_LEFT,
    TEXT_WIDTH,
    UNIT_HOTLINE,
    UNIT_LEADING,
    UNIT_ONE_LINE,
    UNIT_SIZES,
    WHITE,
    WIDTH,
    Density,
)
from cards.documents.text import Block, block, fit


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
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        right = self.left + width(self.text, self.role, self.size)
        right += self.tracking * self.size * (len(self.text) - 1)
        return self.left, self.baseline - ASCENT * self.size, right, self.baseline + DESCENT * self.size


@dataclass(frozen=True, slots=True)
class Layout:
    lines: tuple[Line, ...]
    tag: tuple[float, float, float, float] | None  # the box of the word 演示
    rule: float
    cut: tuple[str, ...]  # parts that end in an ellipsis
    crowded: tuple[str, ...]  # parts that may not be cut and do not fit


class _Lines(list[Line]):
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
        left = style.pop("left", TEXT_LEFT)
        for text in texts:
            self.append(Line(part, text, role, size, left, baseline(top + leading / 2, size), **style))
            top += leading
        return top


def layout(content: PlaqueContent) -> Layout:
    lines = _Lines()
    tag = _band(lines, content)
    for density in DENSITIES:
        column, rule = _column(content, density)
        if "duties" not in column.cut:
            break
    _code(lines, content)
    _foot(lines, content)
    cut, crowded = column.cut + lines.cut, column.crowded + lines.crowded
    return Layout((*lines, *column), tag, rule, tuple(cut), tuple(crowded))


def baseline(middle: float, size: float) -> float:
    """Where a line stands whose em squares are centred on `middle`."""
    return middle + (ASCENT - DESCENT) / 2 * size


def _band(lines: _Lines, content: PlaqueContent) -> tuple[float, float, float, float] | None:
    """The unit on the left; what this is, and its number, on the right."""
    text = f"{CARD_TITLE}·{content.serial}"
    size = fit(text, "sans", SERIAL_WIDTH, largest=SERIAL_SIZES[0], smallest=SERIAL_SIZES[1])
    size = lines.sized("serial", size, SERIAL_SIZES[1])
    end = WIDTH - MARGIN - width(text, "sans", size)
    lines.append(Line("serial", text, "sans", size, end, baseline(BAND / 2, size), WHITE))
    tag = None
    if content.demo:
        tag_width = width(DEMO, "sans-bold", TAG_SIZE) + TAG_SIZE
        end -= tag_width + TAG_SIZE
        tag = (end, BAND / 2 - 0.8 * TAG_SIZE, end + tag_width, BAND / 2 + 0.8 * TAG_SIZE)
        left = end + TAG_SIZE / 2
        lines.append(Line("demo", DEMO, "sans-bold", TAG_SIZE, left, baseline(BAND / 2, TAG_SIZE), CINNABAR))
    unit = block(
        [content.unit_name],
        "sans-bold",
        end - BAND_GAP - MARGIN,
        largest=UNIT_SIZES[0],
        smallest=UNIT_SIZES[1],
        lines=lambda size: 1 if size > UNIT_ONE_LINE else 2,
    )
    if unit.cut:
        lines.crowded.append("unit_name")
    top = (BAND - len(unit.lines) * unit.size * UNIT_LEADING) / 2
    lines.stack(
        "unit_name", unit.lines, "sans-bold", unit.size, top, left=MARGIN, leading=UNIT_LEADING, colour=WHITE
    )
    return tag


def _name_lines(name: str) -> tuple[str, ...]:
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


def _name(lines: _Lines, name: str, largest: float) -> float:
    tracking = NAME_TRACKING.get(len(name), 0.0)
    size = fit(
        name, "serif-bold", TEXT_WIDTH, largest=largest, smallest=NAME_ONE_LINE_SMALLEST, tracking=tracking
    )
    if size:
        top = BODY - NAME_RAISE * size
        return lines.stack(
            "name", [name], "serif-bold", size, top, leading=1, colour=CELADON_900, tracking=tracking
        )
    both = _name_lines(name)
    longest = max(both, key=lambda text: width(text, "serif-bold", 1))
    found = fit(longest, "serif-bold", TEXT_WIDTH, largest=largest * NAME_TWO_LINES, smallest=NAME_SMALLEST)
    size = lines.sized("name", found, NAME_SMALLEST)
    top = BODY - NAME_RAISE * size
    return lines.stack("name", both, "serif-bold", size, top, leading=NAME_LEADING, colour=CELADON_900)


def _column(content: PlaqueContent, density: Density) -> tuple[_Lines, float]:
    """Name and posts from the top down, the meta lines from the bottom up, the duties between."""
    lines = _Lines()
    rule = _meta(lines, content, density) - density.gap * RULE_ABOVE
    top = _name(lines, content.name, density.name) + density.gap
    main, *others = content.posts
    posts: tuple[tuple[str, Role, float, float], ...] = (
        (main, "sans-bold", density.post, POST_SMALLEST),
        (SEPARATOR.join(others), "sans", density.other_post, OTHER_POST_SMALLEST),
    )
    for text, role, largest, smallest in posts:
        if text:
            post = _two_lines(text, role, largest, smallest)
            lines.cut += ["posts"] if post.cut else []
            top = lines.stack("posts", post.lines, role, post.size, top, leading=POST_LEADING)
    _duties(lines, content.duties, density, top + density.gap, rule - density.gap * RULE_ABOVE)
    return lines, rule


def _two_lines(text: str, role: Role, largest: float, smallest: float) -> Block:
    """One line, or two once the text gets small."""
    return block(
        [text],
        role,
        TEXT_WIDTH,
        largest=largest,
        smallest=smallest,
        lines=lambda size: 1 if size > (largest + smallest) / 2 else 2,
    )


def _duties(lines: _Lines, duties: tuple[str, ...], density: Density, top: float, end: float) -> None:
    indent = DUTY_INDENT if len(duties) > 1 else 0
    listed = block(
        duties,
        "sans",
        TEXT_WIDTH,
        largest=density.duty[0],
        smallest=density.duty[1],
        lines=lambda size: int((end - top) / (size * density.leading) + 1e-9),
        indent=indent,
    )
    lines.cut += ["duties"] if listed.cut else []
    lines.crowded += [] if listed.lines else ["duties"]
    left = TEXT_LEFT + indent * listed.size
    free = end - top - len(listed.lines) * listed.size * density.leading
    between = min(DUTY_APART * listed.size, free / max(len(listed.paragraphs) - 1, 1))
    for number, duty in enumerate(listed.paragraphs, start=1):
        below = lines.stack("duties", duty, "sans", listed.size, top, left=left, leading=density.leading)
        if indent:
            lines.stack(
                "duties",
                [f"{number}."],
                "sans",
                listed.size,
                top,
                leading=density.leading,
                colour=CELADON_700,
            )
        top = below + between


def _meta(lines: _Lines, content: PlaqueContent, density: Density) -> float:
    """Where to find and call the person, and who stands in: the foot of the column; returns its top."""
    rows = _meta_rows(lines, content, density)
    start = top = BODY_END - sum(size for _part, _text, size in rows) * density.leading
    for part, text, size in rows:
        top = lines.stack(part, [text], "sans", size, top, leading=density.leading)
    return start


def _meta_rows(lines: _Lines, content: PlaqueContent, density: Density) -> list[tuple[str, str, float]]:
    """Part, text and size of each row; phone numbers are never broken, rooms and stand-ins may be."""
    where = content.room if _office_is_named(content) else f"{content.office_name} {content.room}"
    phone = f"{PHONE} {content.office_phone}"
    stand_in = f"{STAND_IN} {content.stand_in}" if content.stand_in else ""

    def row(text: str, smallest: float) -> float | None:
        return fit(text, "sans", TEXT_WIDTH, largest=density.meta, smallest=smallest)

    everything = f"{where}·{phone}·{stand_in}"
    if density.one_row and stand_in and (size := row(everything, META_SMALLEST)):
        return [("room", everything, size)]
    rows: list[tuple[str, str, float]] = []
    if size := row(f"{where}·{phone}", density.meta * META_COMFORTABLE):
        rows.append(("room", f"{where}·{phone}", size))
    else:
        rows += _broken(lines, "room", where, density)
        size = lines.sized("office_phone", row(phone, META_SMALLEST), META_SMALLEST)
        rows.append(("office_phone", phone, size))
    return rows + (_broken(lines, "stand_in", stand_in, density) if stand_in else [])


def _broken(lines: _Lines, part: str, text: str, density: Density) -> list[tuple[str, str, float]]:
    found = _two_lines(text, "sans", density.meta, META_SMALLEST)
    lines.cut += [part] if found.cut else []
    return [(part, line, found.size) for line in found.lines]


def _office_is_named(content: PlaqueContent) -> bool:
    """The post often begins with the office's name (审批科 科长); it is not printed twice."""
    return not content.office_name or any(content.office_name in post for post in content.posts)


def _code(lines: _Lines, content: PlaqueContent) -> None:
    """The code in text, for a phone without a camera."""
    size = fit(
        content.code_text,
        "sans",
        QR_FRAME,
        largest=CODE_SIZES[0],
        smallest=CODE_SIZES[1],
        tracking=CODE_TRACKING,
    )
    size = lines.sized("code_text", size, CODE_SIZES[1])
    tracked = CODE_TRACKING * (len(content.code_text) - 1)
    left = QR_LEFT + (QR_FRAME - width(content.code_text, "sans", size) - tracked * size) / 2
    lines.append(
        Line("code_text", content.code_text, "sans", size, left, CODE_BASELINE, INK, tracking=CODE_TRACKING)
    )


def _foot(lines: _Lines, content: PlaqueContent) -> None:
    """Both hotlines, in full and in one size, and who supervises (CARD-1, CARD-2)."""
    texts: list[tuple[str, str, Role, str]] = [
        ("unit_hotline", f"{UNIT_HOTLINE} ", "sans", INK),
        ("unit_hotline", content.unit_hotline, "sans-bold", INK),
        ("city_hotline", CITY_HOTLINE, "sans", INK),
        ("city_hotline", content.city_hotline, "sans-bold", INK),
        ("supervised", SUPERVISED, "sans-bold", CINNABAR),
    ]
    room = WIDTH - 2 * MARGIN - 2 * FOOT_GAP
    size = min(FOOT_SIZES[0], room / sum(width(text, role, 1) for _part, text, role, _colour in texts))
    if size < FOOT_SIZES[1]:
        longer = max(
            (content.unit_hotline, "unit_hotline"), (content.city_hotline, "city_hotline"), key=_length
        )
        lines.crowded.append(longer[1])
    free = WIDTH - 2 * MARGIN - size * sum(width(text, role, 1) for _part, text, role, _colour in texts)
    left: float = MARGIN
    for number, (part, text, role, colour) in enumerate(texts):
        lines.append(Line(part, text, role, size, left, baseline((FOOT_TOP + HEIGHT) / 2, size), colour))
        left += width(text, role, size) + (free / 2 if number in (1, 3) else 0)


def _length(item: tuple[str, str]) -> int:
    return len(item[0])
