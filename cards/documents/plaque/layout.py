"""Where every line of a plaque stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards.documents.fonts import width
from cards.documents.plaque.content import PlaqueContent
from cards.documents.plaque.design import (
    BAND,
    BAND_GAP,
    BODY,
    BODY_END,
    CODE_BASELINE,
    CODE_SIZES,
    DENSITIES,
    FOOT_GAP,
    FOOT_SIZES,
    FOOT_TOP,
    HEIGHT,
    MARGIN,
    META_COMFORTABLE,
    META_SMALLEST,
    NAME_ONE_LINE_SMALLEST,
    NAME_SMALLEST,
    OTHER_POST_SMALLEST,
    POST_SMALLEST,
    QR_FRAME,
    QR_LEFT,
    RULE_ABOVE,
    SERIAL_SIZES,
    SERIAL_WIDTH,
    TAG_SIZE,
    TEXT_LEFT,
    TEXT_WIDTH,
    UNIT_LEADING,
    UNIT_ONE_LINE,
    UNIT_SIZES,
    WIDTH,
    Density,
)
from cards.documents.setting import Area, Box, Line, Lines, baseline, two_lines
from cards.documents.style import CARD_TITLE, CINNABAR, DEMO, PHONE, STAND_IN, WHITE
from cards.documents.text import block, fit

COLUMN: Final = Area(TEXT_LEFT, TEXT_WIDTH)


@dataclass(frozen=True, slots=True)
class Layout:
    lines: tuple[Line, ...]
    tag: Box | None  # the box of the word 演示
    rule: float
    cut: tuple[str, ...]  # parts that end in an ellipsis
    crowded: tuple[str, ...]  # parts that may not be cut and do not fit


def layout(content: PlaqueContent) -> Layout:
    lines = Lines()
    tag = _band(lines, content)
    for density in DENSITIES:
        column, rule = _column(content, density)
        if "duties" not in column.cut:
            break
    lines.code(content.code_text, Area(QR_LEFT, QR_FRAME), CODE_BASELINE, CODE_SIZES)
    whole, middle = Area(MARGIN, WIDTH - 2 * MARGIN), (FOOT_TOP + HEIGHT) / 2
    lines.foot(content.unit_hotline, content.city_hotline, whole, middle, sizes=FOOT_SIZES, gap=FOOT_GAP)
    cut, crowded = column.cut + lines.cut, column.crowded + lines.crowded
    return Layout((*lines, *column), tag, rule, tuple(cut), tuple(crowded))


def _band(lines: Lines, content: PlaqueContent) -> tuple[float, float, float, float] | None:
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


def _column(content: PlaqueContent, density: Density) -> tuple[Lines, float]:
    """Name and posts from the top down, the meta lines from the bottom up, the duties between."""
    lines = Lines()
    rule = _meta(lines, content, density) - density.gap * RULE_ABOVE
    top = lines.name(
        content.name,
        COLUMN,
        BODY,
        largest=density.name,
        one_line=NAME_ONE_LINE_SMALLEST,
        smallest=NAME_SMALLEST,
    )
    main, other = (density.post, POST_SMALLEST), (density.other_post, OTHER_POST_SMALLEST)
    top = lines.posts(content.posts, COLUMN, top + density.gap, main=main, other=other) + density.gap
    end = rule - density.gap * RULE_ABOVE
    lines.duties(content.duties, COLUMN, top, end, sizes=density.duty, leading=density.leading)
    return lines, rule


def _meta(lines: Lines, content: PlaqueContent, density: Density) -> float:
    """Where to find and call the person, and who stands in: the foot of the column; returns its top."""
    rows = _meta_rows(lines, content, density)
    start = top = BODY_END - sum(size for _part, _text, size in rows) * density.leading
    for part, text, size in rows:
        top = lines.stack(part, [text], "sans", size, top, left=TEXT_LEFT, leading=density.leading)
    return start


def _meta_rows(lines: Lines, content: PlaqueContent, density: Density) -> list[tuple[str, str, float]]:
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


def _broken(lines: Lines, part: str, text: str, density: Density) -> list[tuple[str, str, float]]:
    found = two_lines(text, "sans", TEXT_WIDTH, (density.meta, META_SMALLEST))
    lines.cut += [part] if found.cut else []
    return [(part, line, found.size) for line in found.lines]


def _office_is_named(content: PlaqueContent) -> bool:
    """The post often begins with the office's name (审批科 科长); it is not printed twice."""
    return not content.office_name or any(content.office_name in post for post in content.posts)
