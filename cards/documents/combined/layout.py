"""Where everything on a combined plaque stands. Names, numbers and codes are never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cards.documents.combined.content import CombinedContent, PersonContent
from cards.documents.combined.design import (
    ARRANGEMENTS,
    BAND,
    BAND_GAP,
    BESIDE,
    BODY,
    BODY_END,
    CAPTION_ABOVE,
    CAPTION_LEADING,
    CAPTION_SIZES,
    COLUMN_GAP,
    DUTY_SMALLEST,
    FOOT_GAP,
    FOOT_SIZES,
    FOOT_TOP,
    GUTTER,
    HEIGHT,
    INFO,
    INFO_SIZES,
    MARGIN,
    NAME_LINES,
    NAME_SMALLEST,
    OTHER_POST_SMALLEST,
    PHONE_LEADING,
    PHONE_SMALLEST,
    POST_CLOSEST,
    POST_SMALLEST,
    ROOM_SIZES,
    ROOM_WIDTH,
    ROW_GAP,
    SLOT_GAP,
    SLOT_LABEL,
    SLOT_SIZE,
    STEPS,
    TAG_SIZE,
    TITLE_SIZE,
    UNIT_LEADING,
    UNIT_ONE_LINE,
    UNIT_SIZES,
    WHEREABOUTS,
    WIDTH,
    Arrangement,
)
from cards.documents.fonts import Role, width
from cards.documents.setting import Area, Box, Line, Lines, baseline, centred, two_lines
from cards.documents.style import (
    CARD_TITLE,
    CELADON_900,
    CINNABAR,
    DEMO,
    INK,
    MUTED,
    PHONE,
    SCAN,
    SCAN_MORE,
    SEPARATOR,
    WHITE,
)
from cards.documents.text import block, fit

Step = tuple[float, int]
WHOLE: Final = Area(MARGIN, WIDTH - 2 * MARGIN)


@dataclass(frozen=True, slots=True)
class Cell:
    """One person's place on the sheet."""

    photo: Box
    frame: Box  # of the code
    slot: Box
    lines: tuple[Line, ...]
    cut: tuple[str, ...]  # parts that end in an ellipsis
    crowded: tuple[str, ...]  # parts that may not be cut and do not fit

    @property
    def is_short(self) -> bool:
        return bool(self.cut or self.crowded)


@dataclass(frozen=True, slots=True)
class Layout:
    lines: tuple[Line, ...]
    tag: Box | None  # the box of the word 演示
    info: Box | None  # the place that no person takes
    cells: tuple[Cell, ...]
    cut: tuple[str, ...]
    crowded: tuple[str, ...]


def layout(content: CombinedContent) -> Layout:
    number = len(content.people)
    arrangement = ARRANGEMENTS[number]
    places = boxes(arrangement)
    lines = Lines()
    tag = _band(lines, content, told=not arrangement.hint and number == len(places))
    hotlines = content.unit_hotline, content.city_hotline
    lines.foot(*hotlines, WHOLE, (FOOT_TOP + HEIGHT) / 2, sizes=FOOT_SIZES, gap=FOOT_GAP)
    info = places[number] if number < len(places) else None
    if info:
        _info(lines, info)
    cells = _cells(content.people, places, arrangement)
    return Layout(tuple(lines), tag, info, tuple(cells), tuple(lines.cut), tuple(lines.crowded))


def boxes(arrangement: Arrangement) -> list[Box]:
    """The places for people, row by row."""
    across = (WIDTH - 2 * MARGIN - (arrangement.columns - 1) * COLUMN_GAP) / arrangement.columns
    down = (BODY_END - BODY - (arrangement.rows - 1) * ROW_GAP) / arrangement.rows
    found = []
    for row in range(arrangement.rows):
        top = BODY + row * (down + ROW_GAP)
        for column in range(arrangement.columns):
            left = MARGIN + column * (across + COLUMN_GAP)
            found.append((left, top, left + across, top + down))
    return found


# --- The sheet ---------------------------------------------------------------------------------------------------


def _band(lines: Lines, content: CombinedContent, *, told: bool) -> Box | None:
    """The unit on the left; the room, and what this is, on the right."""
    end = _room(lines, content.room, f"{CARD_TITLE}·{SCAN}" if told else CARD_TITLE)
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


def _room(lines: Lines, room: str, title: str) -> float:
    """Set to the right; returns where it begins."""
    placed = two_lines(room, "sans-bold", ROOM_WIDTH, ROOM_SIZES)
    lines.cut += ["room"] if placed.cut else []
    rows = [("room", text, placed.size) for text in placed.lines] + [("title", title, TITLE_SIZE)]
    top = (BAND - sum(size * UNIT_LEADING for _part, _text, size in rows)) / 2
    begins = WIDTH - MARGIN
    for part, text, size in rows:
        role: Role = "sans-bold" if part == "room" else "sans"
        left = WIDTH - MARGIN - width(text, role, size)
        begins = min(begins, left)
        top = lines.stack(part, [text], role, size, top, left=left, leading=UNIT_LEADING, colour=WHITE)
    return begins


def _info(lines: Lines, box: Box) -> None:
    """What scanning is for, in words, where no person stands."""
    left, top, right, bottom = box
    rows: tuple[tuple[str, Role, str], ...] = (
        (SCAN, "sans-bold", CELADON_900),
        (INFO, "sans", INK),
        (SCAN_MORE, "sans", MUTED),
    )
    size, small = (min(largest, (right - left - 8) / 9) for largest in INFO_SIZES)
    apart = 1.9 * size
    middle = (top + bottom) / 2 - apart
    for text, role, colour in rows:
        used = size if role == "sans-bold" else small
        lines.append(centred(text, role, used, (left + right) / 2, middle, colour))
        middle += apart


# --- One person --------------------------------------------------------------------------------------------------


def _cells(people: Sequence[PersonContent], places: Sequence[Box], arrangement: Arrangement) -> list[Cell]:
    """Set equally close, as close as anybody needs, so that all names are of one size.

    Whose text is cut even at the last step does not make the others small.
    """
    common, crammed = 0, set[int]()
    for number, (person, box) in enumerate(zip(people, places, strict=False)):
        needed = common
        while needed < len(STEPS) and _cell(person, box, arrangement, STEPS[needed]).is_short:
            needed += 1
        if needed == len(STEPS):
            crammed.add(number)
        else:
            common = needed
    return [
        _cell(person, box, arrangement, STEPS[-1 if number in crammed else common])
        for number, (person, box) in enumerate(zip(people, places, strict=False))
    ]


def _cell(person: PersonContent, box: Box, arrangement: Arrangement, step: Step) -> Cell:
    left, top, right, bottom = box
    photo = (left, top, left + arrangement.photo, top + arrangement.photo * 7 / 5)
    frame = (right - arrangement.frame, top, right, top + arrangement.frame)
    under = max(_captions(Lines(), person, photo, frame, arrangement), photo[3], frame[3])
    if arrangement.text == "below":
        area, begin = Area(left, right - left), under + SLOT_GAP
    else:
        area = Area(photo[2] + GUTTER, frame[0] - photo[2] - 2 * GUTTER)
        begin = top
    slot_top = bottom - arrangement.slot
    slot = (
        left if arrangement.wide_slot else area.left,
        slot_top,
        _slot_end(arrangement, area, right),
        bottom,
    )
    lines = _set(person, area, begin, slot_top - SLOT_GAP, arrangement, step)
    _captions(lines, person, photo, frame, arrangement)
    lines.append(_slot_label(slot))
    return Cell(photo, frame, slot, tuple(lines), tuple(lines.cut), tuple(lines.crowded))


def _slot_end(arrangement: Arrangement, area: Area, right: float) -> float:
    return right if arrangement.wide_slot else area.left + area.room


def _slot_label(slot: Box) -> Line:
    left, top, _right, bottom = slot
    return centred(WHEREABOUTS, "sans", SLOT_SIZE, left + SLOT_LABEL / 2, (top + bottom) / 2, CELADON_900)


def _captions(lines: Lines, person: PersonContent, photo: Box, frame: Box, arrangement: Arrangement) -> float:
    """The card's number below the photo, the code in text below the QR code; returns where they end."""
    across = photo[2] - photo[0]
    size = fit(person.serial, "sans", across, largest=CAPTION_SIZES[0], smallest=CAPTION_SIZES[1])
    size = lines.sized("serial", size, CAPTION_SIZES[1])
    below = photo[3] + CAPTION_LEADING * size / 2 + CAPTION_ABOVE
    middle = photo[0] + across / 2 - width(person.serial, "sans", size) / 2
    lines.append(Line("serial", person.serial, "sans", size, middle, baseline(below, size), MUTED))
    height = CAPTION_LEADING * CAPTION_SIZES[0]
    area = Area(frame[0], frame[2] - frame[0])
    down = frame[3] + CAPTION_ABOVE + height / 2
    lines.code(person.code_text, area, baseline(down, CAPTION_SIZES[1] + 0.6), CAPTION_SIZES)
    if not arrangement.hint:
        return max(below + height / 2, down + height / 2)
    middle = (frame[0] + frame[2]) / 2
    hints: tuple[tuple[str, Role, str], ...] = (
        (SCAN, "sans-bold", CELADON_900),
        (SCAN_MORE, "sans", MUTED),
    )
    for text, role, colour in hints:
        down += height * 1.2
        size = min(CAPTION_SIZES[0], area.room / len(text))
        lines.append(centred(text, role, size, middle, down, colour))
    return below + height / 2


def _set(
    person: PersonContent, area: Area, top: float, end: float, arrangement: Arrangement, step: Step
) -> Lines:
    """Name and posts from the top down, the phone at the foot, the duties between."""
    lines, density, (closer, most) = Lines(), arrangement.density, step
    gap = density.gap * closer
    ends = lines.name(
        person.name,
        area,
        top,
        largest=density.name * closer,
        one_line=density.one_line * closer,
        smallest=NAME_SMALLEST,
        most=NAME_LINES,
    )
    name_ends = max(line.box[2] for line in lines)
    beside = arrangement.compact and name_ends - area.left <= BESIDE * area.room
    place, begin = area, ends + gap
    if beside:
        left = name_ends + gap + 1
        place, begin = Area(left, area.left + area.room - left), top
    begin = lines.posts(
        person.posts,
        place,
        begin,
        main=(density.post * max(closer, POST_CLOSEST), POST_SMALLEST),
        other=(density.other_post * max(closer, POST_CLOSEST), OTHER_POST_SMALLEST),
        most=most,
    )
    phone = density.phone * closer
    if beside:
        begin, foot = _phone(lines, person.office_phone, place, begin, phone), end
    else:
        phone_top = end - PHONE_LEADING * max(phone, PHONE_SMALLEST)
        _phone(lines, person.office_phone, area, phone_top, phone)
        foot = phone_top - (gap / 2 if arrangement.compact else gap)
    duties = (SEPARATOR.join(person.duties),) if arrangement.compact else person.duties
    sizes = density.duty, max(density.duty * closer * 0.9, DUTY_SMALLEST)
    begin = max(begin, ends) + gap
    lines.duties(duties, area, begin, foot, sizes=sizes, leading=density.leading)
    return lines


def _phone(lines: Lines, phone: str, area: Area, top: float, largest: float) -> float:
    """Never cut; returns where it ends."""
    texts: tuple[tuple[str, Role], ...] = ((f"{PHONE} ", "sans"), (phone, "sans-bold"))
    ems = sum(width(text, role, 1) for text, role in texts)
    largest = max(largest, PHONE_SMALLEST)
    size = min(largest, area.room / ems)
    if size < PHONE_SMALLEST:
        lines.crowded.append("office_phone")
    left, height = area.left, PHONE_LEADING * largest
    for text, role in texts:
        lines.append(Line("office_phone", text, role, size, left, baseline(top + height / 2, size)))
        left += width(text, role, size)
    return top + height
