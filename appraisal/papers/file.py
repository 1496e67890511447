"""Files of evidence: sections of tables and paragraphs over as many A4 pages as they take, with contents and numbered
pages. The record of a cadre, and the year's files, are printed with it; the same content gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

from reportlab.lib.pagesizes import A4

from appraisal.bulletins import design, outline
from appraisal.bulletins.breaking import printable
from appraisal.bulletins.design import BOTTOM, LEFT, PT, RIGHT, WIDTH
from appraisal.bulletins.layout import mark
from appraisal.bulletins.pages import Page, sized
from appraisal.bulletins.pdf import put
from appraisal.bulletins.tables import Column, Row, Table
from appraisal.bulletins.tabulating import tabulate
from cards.documents import drawing
from cards.documents.fonts import Role, width
from cards.documents.style import ASCENT
from cards.documents.text import wrap

__all__ = ["Column", "FilePaper", "Section", "Table", "pdf", "table"]

TITLE: Final = (20 * PT, 12 * PT)
SUBTITLE: Final = 12 * PT
HEADING: Final = 14 * PT
#: Of a table within a section.
CAPTION: Final = 11 * PT
TEXT: Final = 10.5 * PT
FOOT: Final = 9 * PT
LEADING: Final = 1.5
#: Below headings, tables and paragraphs, and what a heading needs below it to stand where it does.
APART: Final = 2.0
TOGETHER: Final = 42.0
#: In a short file nobody looks for anything.
CONTENTS_FROM: Final = 4


@dataclass(frozen=True, slots=True)
class Section:
    """Paragraphs and tables in their order; a table's title stands above it as a smaller heading."""

    heading: str
    parts: tuple[Table | str, ...]


@dataclass(frozen=True, slots=True)
class FilePaper:
    title: str
    #: Whose, printed when and for whom: one line each.
    subtitle: tuple[str, ...]
    sections: tuple[Section, ...]
    demo: bool = False


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    note: str = "",
    total: Sequence[str] = (),
) -> Table:
    """The widths are shares of the page’s; every text may take as many lines as it needs."""
    whole = sum(column.width for column in columns)
    found = [replace(column, width=column.width / whole * WIDTH, grows=True) for column in columns]
    body = [Row(tuple(map(_cleaned, row))) for row in rows]
    body += [Row(tuple(map(_cleaned, total)), "total")] if total else []
    return Table(outline.clean(title), tuple(found), tuple(body), below=(note,) if note else ())


def pdf(paper: FilePaper) -> bytes:
    out = BytesIO()
    canvas = drawing.new_canvas(out, A4, outline.clean(paper.title))
    canvas.setTitle(outline.clean(paper.title))
    put(canvas, layout(paper))
    canvas.save()
    return out.getvalue()


def layout(paper: FilePaper) -> list[Page]:
    """Every page with all that stands on it."""
    return _Pages(paper).laid_out()


def _cleaned(text: str) -> str:
    return "\n".join(printable(line, "sans") for line in outline.lines_of(text))


class _Pages(list[Page]):
    def __init__(self, paper: FilePaper) -> None:
        super().__init__([Page()])
        self.paper = paper

    def laid_out(self) -> list[Page]:
        self._head()
        listed = len(self.paper.sections) >= CONTENTS_FROM
        contents = self._room_for_contents() if listed else []
        begins = [self._section(section) for section in self.paper.sections]
        for (page, top), section, number in zip(contents, self.paper.sections, begins, strict=False):
            _content(page, top, outline.clean(section.heading), str(number))
        for number, page in enumerate(self, start=1):
            self._foot(page, number)
        return list(self)

    @property
    def page(self) -> Page:
        return self[-1]

    def following(self) -> Page:
        self.append(Page())
        return self.page

    def _head(self) -> None:
        for title in outline.lines_of(self.paper.title):
            size = sized(title, "xiaobiaosong", WIDTH, TITLE)
            for line in wrap(printable(title, "xiaobiaosong"), "xiaobiaosong", size, WIDTH):
                self.page.centred("title", line, "xiaobiaosong", size, self.page.end)
                self.page.end += size * LEADING
        for text in self.paper.subtitle:
            self.words(text, "kai", SUBTITLE, part="subtitle")
        self.page.end += 2 * APART

    def _room_for_contents(self) -> list[tuple[Page, float]]:
        """Where each line of the contents stands; their pages are known later."""
        self.words("目录", "hei", CAPTION, part="contents")
        found = []
        for _section in self.paper.sections:
            if self.page.room < TEXT * LEADING:
                self.following()
            found.append((self.page, self.page.end))
            self.page.end += TEXT * LEADING
        self.page.end += 2 * APART
        return found

    def _section(self, section: Section) -> int:
        """Returns the number of the page on which it begins."""
        self._together()
        self.page.bookmarks.append(outline.clean(section.heading))
        begun = len(self)
        self.words(section.heading, "hei", HEADING, part="heading")
        self.page.end += APART
        for part in section.parts:
            if isinstance(part, str):
                self.words(part, "fangsong", TEXT)
                self.page.end += APART
            else:
                self._table(part)
        self.page.end += 2 * APART
        return begun

    def _together(self) -> None:
        if self.page.room < TOGETHER:
            self.following()

    def _table(self, found: Table) -> None:
        if found.title:
            self._together()
            self.words(found.title, "hei", CAPTION, part="caption")
            self.page.end += APART / 2
        for text in found.above:
            self.words(text, "fangsong", TEXT)
        tabulate(found, self.page, self.following)
        self.page.end += APART
        for text in found.below:
            self.words(text, "fangsong", FOOT, part="note")
        self.page.end += APART

    def words(self, text: str, role: Role, size: float, *, part: str = "text") -> None:
        for given in outline.lines_of(text):
            for line in wrap(printable(given, role), role, size, WIDTH):
                if self.page.room < size * LEADING:
                    self.following()
                self.page.line(part, line, role, size, LEFT, self.page.end)
                self.page.end += size * LEADING

    def _foot(self, page: Page, number: int) -> None:
        top = BOTTOM + design.NUMBER_BELOW - ASCENT * FOOT
        said = f"第{number}页　共{len(self)}页"
        wide = width(said, "sans", FOOT)
        page.line("page", said, "sans", FOOT, RIGHT - wide, top)
        name = "　".join([*outline.lines_of(self.paper.title), *self.paper.subtitle[:1]])
        line = wrap(printable(outline.clean(name), "sans"), "sans", FOOT, WIDTH - wide - 2 * FOOT)[0]
        page.line("foot", line, "sans", FOOT, LEFT, top, colour=design.GREY)
        page.across(top - FOOT / 2, design.THIN)
        if self.paper.demo:
            mark(page, [outline.DEMO_MARK])


def _content(page: Page, top: float, heading: str, number: str) -> None:
    room = WIDTH - width(number, "fangsong", TEXT) - 2 * TEXT
    line = wrap(printable(heading, "fangsong"), "fangsong", TEXT, room)[0]
    page.line("contents", line, "fangsong", TEXT, LEFT + TEXT, top)
    page.line("contents", number, "fangsong", TEXT, RIGHT - width(number, "fangsong", TEXT), top)
