"""Where every line of a contact card stands. Names, numbers and codes are never cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards.documents.contact.content import ContactContent
from cards.documents.contact.design import (
    BODY,
    DENSITIES,
    DUTIES,
    DUTIES_END,
    DUTY_LEADING,
    DUTY_SIZES,
    FOOT,
    FOOT_GAP,
    FOOT_SIZE,
    FOOT_SMALLEST,
    HOTLINE_GAP,
    HOTLINE_SIZES,
    HOTLINES,
    LEADING,
    MARGIN,
    MOBILE,
    NAME_LINES,
    NAME_SMALLEST,
    OFFICE_PHONE,
    OTHER_POST_SMALLEST,
    PHONE_GAP,
    PHONE_SIZES,
    PHONES,
    POST_SMALLEST,
    ROOM,
    ROOM_SMALLEST,
    TEXT_END,
    TEXT_LEFT,
    TEXT_WIDTH,
    UNIT_SMALLEST,
    WIDTH,
    Density,
)
from cards.documents.fonts import Role, width
from cards.documents.setting import Area, Box, Line, Lines, baseline, two_lines
from cards.documents.style import (
    CELADON_900,
    CINNABAR,
    CODE_TRACKING,
    DEMO,
    INK,
    MUTED,
    SEPARATOR,
    SUPERVISED,
    WHITE,
)
from cards.documents.text import block

COLUMN: Final = Area(TEXT_LEFT, TEXT_WIDTH)
WHOLE: Final = Area(MARGIN, ROOM)


@dataclass(frozen=True, slots=True)
class Layout:
    lines: tuple[Line, ...]
    tag: Box | None  # the box of the word 演示
    cut: tuple[str, ...]  # parts that end in an ellipsis
    crowded: tuple[str, ...]  # parts that may not be cut and do not fit


def layout(content: ContactContent) -> Layout:
    column = _best_column(content)
    lines = Lines()
    _phones(lines, content)
    _duties(lines, content.duties)
    hotlines = content.unit_hotline, content.city_hotline
    lines.foot(*hotlines, WHOLE, HOTLINES, sizes=HOTLINE_SIZES, gap=HOTLINE_GAP, supervised=False)
    tag = _foot(lines, content)
    cut = tuple(dict.fromkeys(column.cut + lines.cut))
    crowded = tuple(dict.fromkeys(column.crowded + lines.crowded))
    return Layout((*column, *lines), tag, cut, crowded)


def _best_column(content: ContactContent) -> Lines:
    fitting = []
    for density in DENSITIES:
        lines, end = _column(content, density)
        if end <= TEXT_END:
            fitting.append(lines)
            if not lines.cut:
                break
    if not fitting:
        lines.crowded.append("unit_name")
        return lines
    return max(fitting, key=lambda lines: sum(len(line.text) for line in lines))


def _column(content: ContactContent, density: Density) -> tuple[Lines, float]:
    """Name, unit, posts and room beside the photo, from the top down."""
    lines = Lines()
    top = lines.name(
        content.name,
        COLUMN,
        BODY,
        largest=density.name,
        one_line=density.one_line,
        smallest=NAME_SMALLEST,
        most=NAME_LINES,
    )
    sizes = density.unit, UNIT_SMALLEST
    unit = two_lines(content.unit_name, "sans-bold", TEXT_WIDTH, sizes)
    if unit.cut:
        unit = two_lines(content.unit_name, "sans-bold", TEXT_WIDTH, sizes, 3)
    if unit.cut:
        lines.crowded.append("unit_name")
    setting = {"left": TEXT_LEFT, "leading": LEADING}
    top = lines.stack(
        "unit_name", unit.lines, "sans-bold", unit.size, top + density.gap, colour=CELADON_900, **setting
    )
    top = lines.posts(
        content.posts,
        COLUMN,
        top + density.gap / 2,
        main=(density.post, POST_SMALLEST),
        other=(density.other_post, OTHER_POST_SMALLEST),
        most=density.most,
    )
    room = two_lines(_where(content), "sans", TEXT_WIDTH, (density.room, ROOM_SMALLEST), density.most)
    lines.cut += ["room"] if room.cut else []
    return lines, lines.stack("room", room.lines, "sans", room.size, top + density.gap / 2, **setting)


def _where(content: ContactContent) -> str:
    """The post often begins with the office's name (审批科 科长); it is not printed twice."""
    if not content.office_name or any(content.office_name in post for post in content.posts):
        return content.room
    return f"{content.office_name} {content.room}"


def _phones(lines: Lines, content: ContactContent) -> None:
    """Both numbers in full and in one size."""
    texts: list[tuple[str, str, Role]] = [
        ("office_phone", f"{OFFICE_PHONE} ", "sans"),
        ("office_phone", content.office_phone, "sans-bold"),
    ]
    if content.mobile:
        texts += [("mobile", f"{MOBILE} ", "sans"), ("mobile", content.mobile, "sans-bold")]
    ems = sum(width(text, role, 1) for _part, text, role in texts) + PHONE_GAP * (len(texts) // 2 - 1)
    size = min(PHONE_SIZES[0], ROOM / ems)
    if size < PHONE_SIZES[1]:
        lines.crowded.append("office_phone" if len(content.office_phone) > len(content.mobile) else "mobile")
    left: float = MARGIN
    for number, (part, text, role) in enumerate(texts):
        colour = INK if role == "sans-bold" else MUTED
        lines.append(Line(part, text, role, size, left, baseline(PHONES, size), colour))
        left += width(text, role, size) + (PHONE_GAP * size if number == 1 else 0)


def _duties(lines: Lines, duties: tuple[str, ...]) -> None:
    """In short: one paragraph; the scanned page shows them in full."""
    listed = block(
        [SEPARATOR.join(duty for duty in duties if duty.strip())],
        "sans",
        ROOM,
        largest=DUTY_SIZES[0],
        smallest=DUTY_SIZES[1],
        lines=lambda size: int((DUTIES_END - DUTIES) / (size * DUTY_LEADING) + 1e-9),
    )
    lines.cut += ["duties"] if listed.cut else []
    height = len(listed.lines) * listed.size * DUTY_LEADING
    top = DUTIES + (DUTIES_END - DUTIES - height) / 2
    setting = {"left": MARGIN, "leading": DUTY_LEADING, "colour": INK}
    lines.stack("duties", listed.lines, "sans", listed.size, top, **setting)


def _foot(lines: Lines, content: ContactContent) -> Box | None:
    """Who supervises and the card's number on the left, the code in text on the right."""
    fixed = width(SUPERVISED, "sans-bold", 1) + FOOT_GAP
    tag_ems = width(DEMO, "sans-bold", 1) + 1 + FOOT_GAP if content.demo else 0
    code_ems = width(content.code_text, "sans", 1) + CODE_TRACKING * (len(content.code_text) - 1)
    serial_ems = width(content.serial, "sans", 1)
    size = min(FOOT_SIZE, ROOM / (fixed + serial_ems + 2 * FOOT_GAP + tag_ems + code_ems))
    if size < FOOT_SMALLEST:
        lines.crowded.append("code_text" if code_ems > serial_ems else "serial")
    down = baseline(FOOT, size)
    lines.append(Line("supervised", SUPERVISED, "sans-bold", size, MARGIN, down, CINNABAR))
    lines.append(Line("serial", content.serial, "sans", size, MARGIN + fixed * size, down, INK))
    left = WIDTH - MARGIN - code_ems * size
    lines.append(
        Line("code_text", content.code_text, "sans", size, left, down, MUTED, tracking=CODE_TRACKING)
    )
    if not content.demo:
        return None
    left = MARGIN + (fixed + serial_ems + FOOT_GAP) * size
    lines.append(Line("demo", DEMO, "sans-bold", size, left + size / 2, down, WHITE))
    return left, FOOT - 0.7 * size, left + (tag_ems - FOOT_GAP) * size, FOOT + 0.7 * size
