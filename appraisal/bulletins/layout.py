"""Every page of a letter with all that stands on it: numbers that tests can examine, drawn as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from appraisal.bulletins import design, outline
from appraisal.bulletins.breaking import SetLine, Text, printable, set_lines, title_lines
from appraisal.bulletins.design import BODY, BOTTOM, FIELD, LEFT, LINES, PITCH, RIGHT, TOP, WIDTH
from appraisal.bulletins.letter import Letter
from appraisal.bulletins.outline import Imprint, Paragraph
from appraisal.bulletins.pages import Page, sized
from appraisal.bulletins.tables import Table
from appraisal.bulletins.tabulating import tabulate
from cards.documents.fonts import Role, width
from cards.documents.style import ASCENT
from cards.documents.text import block, wrap

#: Fields kept free right of the date; lines between the last text and who signs.
DATE_RIGHT: Final = 4
SIGN_APART: Final = 3
COPIES: Final = "抄送："


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the first part. `tied` to the next: both are on one page."""

    line: SetLine | None
    part: str = "body"
    tied: bool = False


def layout(letter: Letter) -> list[Page]:
    pages = paged(letter)
    finish(pages, letter.marks)
    return pages


def paged(letter: Letter) -> list[Page]:
    """Its pages without their numbers: others may follow."""
    pages = [Page()]
    start = _head(pages[0], letter)
    rows: list[Row] = []
    for part in letter.body:
        if isinstance(part, Table):
            pages += _paginated(pages[-1], rows, start)
            start, rows = _inset(part, pages), []
        else:
            rows += _paragraph(part)
    pages += _paginated(pages[-1], [*rows, *_signature(letter)], start)
    several = len(letter.attachments) > 1
    for number, table in enumerate(letter.attachments, start=1):
        pages += _attachment(table, str(number) if several else "")
    if letter.imprint is not None:
        _imprint(pages, letter.imprint)
    if letter.copies:
        _copies(pages, letter.copies)
    return pages


def finish(pages: Sequence[Page], marks: Sequence[str]) -> None:
    _numbers(pages)
    for page in pages:
        mark(page, marks)


# --- The first page ---------------------------------------------------------------------------------------------------


def _head(page: Page, letter: Letter) -> int:
    """Red heading, number, rule and title; returns the first free line of the page."""
    top = TOP + PITCH
    if letter.heading:
        rule = _letterhead(page, letter)
        page.across(rule, design.RULE, colour=design.RED)
        top = rule + 2 * PITCH
    # One line stays free.
    return _line_below(_title(page, letter.title, top) + PITCH)


def _letterhead(page: Page, letter: Letter) -> float:
    """Returns where the rule stands."""
    bottom = _heading(page, letter.heading)
    if not letter.number:
        return bottom + 2 * design.RULE_BELOW
    top = bottom + 2 * PITCH
    size = sized(letter.number, "fangsong", WIDTH, (BODY, 2.0))
    page.centred("number", letter.number, "fangsong", size, top)
    return top + BODY + design.RULE_BELOW


def _line_below(down: float) -> int:
    """Text stands on the lines of every page: the first one below, the space between two lines not counted."""
    free = down - (PITCH - BODY) / 2
    return max(-int(-(free - TOP) // PITCH), 0)


def _heading(page: Page, text: str) -> float:
    """Its ink begins at the standard's place; returns where it ends."""
    role: Role = "xiaobiaosong"
    text = printable(text, role)
    size = sized(text, role, WIDTH, design.HEADING_SIZES)
    lines = [text] if width(text, role, size) <= WIDTH + 0.01 else wrap(text, role, size, WIDTH)
    for number, line in enumerate(lines):
        down = design.HEADING_TOP + design.HEADING_INK * size + number * size * 1.2
        wide = width(line, role, size)
        gaps = max(len(line) - 1, 1)
        spare = max(design.HEADING_FILLS * WIDTH - wide, 0) / gaps
        tracking = min(spare / size, design.HEADING_WIDEST)
        left = LEFT + (WIDTH - wide - tracking * size * (len(line) - 1)) / 2
        page.line(
            "heading", line, role, size, left, down - ASCENT * size, colour=design.RED, tracking=tracking
        )
    return design.HEADING_TOP + design.HEADING_INK * size + (len(lines) - 1) * size * 1.2


def _title(page: Page, text: str, top: float) -> float:
    role: Role = "xiaobiaosong"
    size = design.TITLE
    given = outline.lines_of(text) or [""]
    lines = [line for part in given for line in title_lines(part, role, WIDTH / size)]
    if len(lines) > design.TITLE_MOST or any(width(line, role, size) > WIDTH + 0.01 for line in lines):
        high = design.TITLE_MOST * design.TITLE_PITCH
        found = block(
            [printable(part, role) for part in given],
            role,
            WIDTH,
            largest=size,
            smallest=design.TITLE_SMALLEST,
            lines=lambda size: int(high / (size * 1.5)),
        )
        lines, size = list(found.lines), found.size
    pitch = design.TITLE_PITCH * size / design.TITLE
    for number, line in enumerate(lines):
        page.centred("title", line, role, size, top + number * pitch)
    return top + (len(lines) - 1) * pitch + size


# --- Text and signature -----------------------------------------------------------------------------------------------


def _paragraph(paragraph: Paragraph) -> Iterable[Row]:
    lines = set_lines(_texts(paragraph), indent=2 if paragraph.indented else 0)
    for number, line in enumerate(lines, start=1):
        yield Row(line, tied=paragraph.heading and number == len(lines))


def _texts(paragraph: Paragraph) -> list[Text]:
    return [(span.text, span.face) for span in paragraph.spans]


def _signature(letter: Letter) -> Iterable[Row]:
    """附件说明, who signs, the day, and what is noted below."""
    blank = Row(None, "blank")
    if letter.attachments:
        yield blank
        for word, number, title in outline.enclosures(table.title for table in letter.attachments):
            yield from _enclosure(word, number, title)
    yield from [replace(blank, tied=True)] * SIGN_APART
    day = letter.date_line
    wide = _ems(day)
    left = _fields(design.CHARACTERS) - _fields(DATE_RIGHT) - wide
    for line in _signer(letter.signer, left + wide / 2):
        yield Row(line, "signer", tied=True)
    yield Row(SetLine(((printable(day, "fangsong"), "fangsong"),), left, 0.0), "date")
    for note in letter.notes:
        for line in set_lines([(note, "fangsong")], indent=2):
            yield Row(line, "note")


def _enclosure(word: str, number: str, title: str) -> Iterable[Row]:
    """The numbers stand below each other; a long title goes on below its own first character."""
    left = 2 + len(outline.ENCLOSED)
    indent, hanging = left - len(word), left + _ems(number)
    for line in set_lines([(word + number + title, "fangsong")], indent=indent, hanging=hanging):
        yield Row(line, "enclosure")


def _signer(signer: str, middle: float) -> Iterable[SetLine]:
    """Centred over the date, as far as the right margin lets it; a very long name in several lines."""
    for text in wrap(printable(signer, "fangsong"), "fangsong", 1, _fields(24)):
        left = min(middle - _ems(text) / 2, _fields(design.CHARACTERS) - _ems(text))
        yield SetLine(((text, "fangsong"),), max(left, 0.0), 0.0)


def _ems(text: str) -> float:
    return width(printable(text, "fangsong"), "fangsong", 1)


def _fields(number: float) -> float:
    return number * FIELD / BODY


def _paginated(first_page: Page, rows: Sequence[Row], start: int) -> list[Page]:
    """Fill the first page from `start` on, then others; returns the others."""
    room = max(LINES - start, 0)
    broken = _broken(rows, room)
    if rest := _without_text(broken):
        # GB/T 9704: the signature never stands on a page without text, so two lines of it come along.
        broken = _broken(rows, room, force=rest)
    pages = [first_page, *(Page() for _page in broken[1:])]
    for number, (page, part) in enumerate(zip(pages, broken, strict=True)):
        place = start if number == 0 else 0
        for row in part:
            if row.line is not None:
                page.set(row.part, row.line, TOP + place * PITCH)
            place += 1
        page.end = TOP + place * PITCH if part else page.end
    return pages[1:]


def _broken(rows: Sequence[Row], first: int, force: int = -1) -> list[list[Row]]:
    """The rows of each page; a new one begins with row `force`, or with what is tied to it."""
    pages: list[list[Row]] = [[]]
    room = first
    position = 0
    for chunk in _tied(rows):
        forced = position <= force < position + len(chunk)
        full = len(pages[-1]) + len(chunk) > room and len(chunk) <= LINES
        if (forced or full) and (pages[-1] or room < LINES):
            pages.append([])
            room = LINES
        for row in chunk:
            if len(pages[-1]) == room:
                pages.append([])
                room = LINES
            pages[-1].append(row)
        position += len(chunk)
    return pages


def _tied(rows: Sequence[Row]) -> Iterable[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if not row.tied:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _without_text(pages: Sequence[Sequence[Row]]) -> int:
    """The row with which the page of the signature should begin, or 0 where it is well as it is."""
    texts = sum(row.part == "body" for page in pages for row in page)
    for page in pages:
        parts = {row.part for row in page}
        if "date" in parts and "body" not in parts:
            return max(texts - 2, 0)
    return 0


# --- Tables ------------------------------------------------------------------------------------------------------


def _inset(table: Table, pages: list[Page]) -> int:
    """Between paragraphs; returns the first free line below."""

    def following() -> Page:
        pages.append(Page())
        return pages[-1]

    tabulate(table, pages[-1], following)
    return _line_below(pages[-1].end + PITCH / 2)


def _attachment(table: Table, number: str) -> list[Page]:
    pages = [Page(bookmarks=[f"附件{number} {table.title}"])]
    page = pages[0]
    page.line("attachment", f"附件{number}", "hei", BODY, LEFT, TOP)
    # The title is on the third line.
    page.end = _title(page, table.title, TOP + 2 * PITCH) + 6.0
    for text in table.above:
        _note(page, text)
        page.end += 1.0
    page.end += 2.0 if table.above else 0.0

    def following() -> Page:
        pages.append(Page())
        return pages[-1]

    page = tabulate(table, page, following)
    page.end += 2.0
    for text in table.below:
        page = _note(page, text, following)
    return pages


def _note(page: Page, text: str, following: Callable[[], Page] = Page) -> Page:
    size = design.NOTE
    for line in wrap(printable(text, "fangsong"), "fangsong", size, WIDTH):
        if page.end + size * design.NOTE_LEADING > BOTTOM:
            page = following()
        page.line("note", line, "fangsong", size, LEFT, page.end)
        page.end += size * design.NOTE_LEADING
    return page


# --- Foot of the pages ------------------------------------------------------------------------------------------------


def _numbers(pages: Sequence[Page]) -> None:
    """The dashes stand where the standard has them, one character in from the outer edge."""
    size = design.NUMBER
    baseline = BOTTOM + design.NUMBER_BELOW + design.DASH * size
    for number, page in enumerate(pages, start=1):
        if not page.numbered:
            continue
        text = f"— {number} —"
        left = LEFT + size if number % 2 == 0 else RIGHT - size - width(text, "fangsong", size)
        page.line("page", text, "fangsong", size, left, baseline - ASCENT * size)


def mark(page: Page, texts: Sequence[str]) -> None:
    """Outside of the type area, so that nothing of the document moves."""
    size, left = design.MARK, LEFT
    for text in texts:
        wide = width(text, "sans-bold", size)
        page.line(
            "mark", text, "sans-bold", size, left, design.MARK_BASELINE - ASCENT * size, colour=design.RED
        )
        left += wide + 3 * size


def _imprint(pages: list[Page], imprint: Imprint) -> None:
    """At the foot of the last page, which is one with an even number: the back of the last sheet."""
    size = design.IMPRINT
    copies = _copied(imprint.copies) if imprint.copies else []
    high = design.IMPRINT_ROW * (1 + bool(imprint.check))
    high += design.IMPRINT_ROW + (len(copies) - 1) * design.IMPRINT_LEADING if copies else 0.0
    page = _last_page(pages, high)
    top = BOTTOM - high
    page.across(top, design.THICK)
    if copies:
        _put_copies(page, copies, top + (design.IMPRINT_ROW - size) / 2)
        top += design.IMPRINT_ROW + (len(copies) - 1) * design.IMPRINT_LEADING
        page.across(top, design.THIN)
    _printed(page, imprint.printed_by, imprint.printed_on, top)
    if imprint.check:
        top += design.IMPRINT_ROW
        page.across(top, design.THIN)
        inset = (design.IMPRINT_ROW - size) / 2
        page.line("imprint", imprint.check, "fangsong", size, LEFT + size, top + inset)
    page.across(BOTTOM, design.THICK)
    page.end = BOTTOM


def _copies(pages: list[Page], text: str) -> None:
    size = design.IMPRINT
    lines = _copied(text)
    high = len(lines) * design.IMPRINT_LEADING
    if pages[-1].room < high + design.IMPRINT_APART:
        pages.append(Page())
    page, top = pages[-1], BOTTOM - high
    _put_copies(page, lines, top + design.IMPRINT_LEADING - size)
    page.end = BOTTOM


def _copied(text: str) -> list[str]:
    """Its lines, which stand below each other behind the word."""
    size = design.IMPRINT
    room = WIDTH - 2 * size - width(COPIES, "fangsong", size)
    return wrap(printable(text, "fangsong"), "fangsong", size, room)


def _put_copies(page: Page, lines: Sequence[str], top: float) -> None:
    size = design.IMPRINT
    page.line("imprint", COPIES, "fangsong", size, LEFT + size, top)
    for number, line in enumerate(lines):
        down = top + number * design.IMPRINT_LEADING
        page.line("imprint", line, "fangsong", size, LEFT + size + width(COPIES, "fangsong", size), down)


def _printed(page: Page, by: str, on: str, top: float) -> None:
    size, room = design.IMPRINT, WIDTH - 2 * design.IMPRINT
    inset = (design.IMPRINT_ROW - size) / 2
    wide = width(on, "fangsong", size)
    smaller = sized(by, "fangsong", room - wide - size, (size, 1.2))
    page.line("imprint", by, "fangsong", smaller, LEFT + size, top + inset + (size - smaller) / 2)
    page.line("imprint", on, "fangsong", size, RIGHT - size - wide, top + inset)


def _last_page(pages: list[Page], high: float) -> Page:
    fits = pages[-1].room >= high + design.IMPRINT_APART
    if len(pages) % 2 == 0 and not fits:
        # Behind a blank page neither has a number.
        pages.append(Page(numbered=False))
        pages.append(Page(numbered=False))
    elif len(pages) % 2 == 1:
        pages.append(Page())
    return pages[-1]
