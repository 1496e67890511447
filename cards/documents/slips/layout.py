"""Where every line of a slip stands. Nothing that is typed in is ever cut; unit and office may be."""

from __future__ import annotations

from dataclasses import dataclass

from cards.documents.fonts import width
from cards.documents.setting import Area, Box, Line, Lines, baseline
from cards.documents.slips.content import SlipContent
from cards.documents.slips.design import (
    CODE,
    CODE_GAP,
    CODE_LABEL,
    CODE_MIDDLE,
    CODE_SIZES,
    CODE_TRACKING,
    HEAD_MIDDLE,
    LABEL_SIZE,
    MARGIN,
    NAME_ONE_LINE_SMALLEST,
    NAME_SIZES,
    NAME_TOP,
    PLACE_LEADING,
    PLACE_LINES,
    PLACE_SIZES,
    STEP_LEADING,
    STEP_SIZES,
    STEPS,
    STEPS_END,
    STEPS_TOP,
    TAG_SIZE,
    TEXT_WIDTH,
    UNTIL,
    USER_LABEL,
    USER_MIDDLE,
    USER_NAME,
    USER_SIZES,
    WIDTH,
)
from cards.documents.style import CELADON_900, CINNABAR, DEMO, INK, MUTED, WHITE
from cards.documents.text import block, fit

COLUMN = Area(MARGIN, TEXT_WIDTH)
WHOLE = Area(MARGIN, WIDTH - 2 * MARGIN)


@dataclass(frozen=True, slots=True)
class Layout:
    lines: tuple[Line, ...]
    tag: Box | None
    cut: tuple[str, ...]
    crowded: tuple[str, ...]


def layout(content: SlipContent) -> Layout:
    lines = Lines()
    tag = _tag(lines) if content.demo else None
    top = lines.name(
        content.name,
        COLUMN,
        NAME_TOP,
        largest=NAME_SIZES[0],
        one_line=NAME_ONE_LINE_SMALLEST,
        smallest=NAME_SIZES[1],
    )
    _place(lines, content, top + 1)
    _label(lines, USER_NAME, USER_LABEL)
    _username(lines, content.username)
    _label(lines, CODE, CODE_LABEL)
    _code(lines, content.code_groups)
    _until(lines, content.last_moment)
    _steps(lines, content.url)
    return Layout(tuple(lines), tag, tuple(lines.cut), tuple(lines.crowded))


def _tag(lines: Lines) -> Box:
    right = WIDTH - MARGIN
    left = right - width(DEMO, "sans-bold", TAG_SIZE) - TAG_SIZE
    middle = baseline(HEAD_MIDDLE, TAG_SIZE)
    lines.append(Line("demo", DEMO, "sans-bold", TAG_SIZE, left + TAG_SIZE / 2, middle, WHITE))
    return left, HEAD_MIDDLE - 0.8 * TAG_SIZE, right, HEAD_MIDDLE + 0.8 * TAG_SIZE


def _place(lines: Lines, content: SlipContent, top: float) -> None:
    text = " ".join(part for part in (content.unit_name, content.office) if part)
    placed = block(
        [text],
        "sans",
        TEXT_WIDTH,
        largest=PLACE_SIZES[0],
        smallest=PLACE_SIZES[1],
        lines=lambda size: PLACE_LINES,
    )
    lines.cut += ["unit_name"] if placed.cut else []
    setting = {"left": MARGIN, "leading": PLACE_LEADING, "colour": INK}
    lines.stack("unit_name", placed.lines, "sans", placed.size, top, **setting)


def _label(lines: Lines, text: str, middle: float) -> None:
    down = baseline(middle, LABEL_SIZE)
    lines.append(Line("static", text, "sans", LABEL_SIZE, MARGIN, down, MUTED))


def _username(lines: Lines, text: str) -> None:
    found = fit(text, "sans-bold", TEXT_WIDTH, largest=USER_SIZES[0], smallest=USER_SIZES[1])
    size = lines.sized("username", found, USER_SIZES[1])
    down = baseline(USER_MIDDLE, size)
    lines.append(Line("username", text, "sans-bold", size, MARGIN, down, CELADON_900))


def _code(lines: Lines, groups: list[str]) -> None:
    ems = [width(group, "sans-bold", 1) + CODE_TRACKING * (len(group) - 1) for group in groups]
    size = min(CODE_SIZES[0], WHOLE.room / (sum(ems) + CODE_GAP * (len(groups) - 1)))
    if size < CODE_SIZES[1]:
        lines.crowded.append("code")
    left, down = MARGIN, baseline(CODE_MIDDLE, size)
    for group, length in zip(groups, ems, strict=True):
        lines.append(Line("code", group, "sans-bold", size, left, down, CELADON_900, tracking=CODE_TRACKING))
        left += (length + CODE_GAP) * size


def _until(lines: Lines, moment: str) -> None:
    text = f"{UNTIL} {moment}"
    left = WIDTH - MARGIN - width(text, "sans-bold", LABEL_SIZE)
    down = baseline(CODE_LABEL, LABEL_SIZE)
    lines.append(Line("expires", text, "sans-bold", LABEL_SIZE, left, down, CINNABAR))


def _steps(lines: Lines, url: str) -> None:
    steps = [step.format(url=url) for step in STEPS]
    listed = block(
        steps,
        "sans",
        WHOLE.room,
        largest=STEP_SIZES[0],
        smallest=STEP_SIZES[1],
        lines=lambda size: int((STEPS_END - STEPS_TOP) / (size * STEP_LEADING) + 1e-9),
        indent=1.5,
    )
    lines.crowded += ["url"] if listed.cut else []
    top = STEPS_TOP
    for number, step in enumerate(listed.paragraphs, start=1):
        setting = {"leading": STEP_LEADING, "colour": INK}
        lines.stack("url", [f"{number}."], "sans", listed.size, top, left=MARGIN, **setting)
        left = MARGIN + 1.5 * listed.size
        top = lines.stack("url", step, "sans", listed.size, top, left=left, **setting)
