"""Official letters for Word, WPS and LibreOffice: same words as the PDF, to be edited where an office must.

Page, margins, grid, faces and page numbers are those of GB/T 9704-2012; lines break as the program that opens it breaks
them. The imprint stands at the foot of the page on which the document ends.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import BinaryIO, Final

from docx import Document
from docx.document import Document as DocumentObject
from docx.opc.part import Part
from docx.oxml.ns import qn
from docx.section import Section, _Footer, _Header
from docx.shared import Mm

from appraisal.bulletins import design, outline
from appraisal.bulletins.breaking import printable, title_lines
from appraisal.bulletins.content import Bulletin
from appraisal.bulletins.letter import Letter, of_bulletin
from appraisal.bulletins.outline import Imprint, Paragraph
from appraisal.bulletins.packing import repack
from appraisal.bulletins.tables import Column, Row, Table
from appraisal.bulletins.word import (
    ALTERNATIVES,
    CELL_MARGIN,
    Element,
    border,
    box_at_foot,
    cell,
    element,
    indent,
    page_field,
    paragraph,
    row,
    run,
    run_properties,
    table,
)
from cards.documents.text import wrap

BODY: Final = 16.0
#: Word's grid of 22 lines.
PITCH: Final = 28.95
#: So that 28 characters are a line of 156 mm.
SPACING: Final = -0.25
TITLE: Final = 22.0
TITLE_PITCH: Final = 33.0
HEADING: Final = 42.0
HEADING_PITCH: Final = 50.0
#: What a line of that height leaves above the ink of its characters.
HEADING_ABOVE: Final = 5.5
CELL: Final = 8.5
#: A head that is written downwards, in millimetres.
HEAD_MOST: Final = 60.0
NARROW: Final = 7.0
NUMBER: Final = 14.0
IMPRINT: Final = 14.0
IMPRINT_PITCH: Final = 20.4
IMPRINT_LEFT: Final = 96.0
MM: Final = 72 / 25.4
#: From the foot of the page to the foot of the page number, whose dashes are then 7 mm below the type area.
FOOTER: Final = 25.2
HEADER: Final = 20.0
#: Parts of the empty document that say nothing of ours.
NEEDLESS: Final = ("thumbnail", "customXml", "stylesWithEffects", "webSettings", "numbering", "theme")


def write(bulletin: Bulletin, out: BinaryIO) -> None:
    write_letter(of_bulletin(bulletin), out)


def write_letter(letter: Letter, out: BinaryIO) -> None:
    document = Document()
    _strip(document)
    _styles(document)
    _section(document.sections[0])
    _feet(document, letter)
    body = document.element.body
    body.clear_content()
    for content in _content(letter):
        body.insert(len(body) - 1, content)  # the section's own element stays last
    packed = io.BytesIO()
    document.save(packed)
    packed.seek(0)
    repack(
        packed,
        out,
        title=letter.name,
        author=letter.signer,
        day=letter.dated,
    )


# --- The document itself ----------------------------------------------------------------------------------------------


def _strip(document: DocumentObject) -> None:
    for rels in (document.part.rels, document.part.package.rels):
        for key in [key for key, rel in rels.items() if rel.reltype.rsplit("/", 1)[-1] in NEEDLESS]:
            del rels[key]
    for rel in document.part.rels.values():
        if rel.reltype.endswith("/fontTable"):
            _font_table(rel.target_part)
    settings = document.settings.element
    for name in ("rsids", "themeFontLang", "clrSchemeMapping", "shapeDefaults", "savePreviewPicture"):
        for found in settings.findall(qn(f"w:{name}")):
            settings.remove(found)
    document.settings.odd_and_even_pages_header_footer = True


def _font_table(part: Part) -> None:
    """Which font may stand in where an official one is not installed."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in ALTERNATIVES.items()
    )
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
    part._blob = f'{text}<w:fonts xmlns:w="{space}">{fonts}</w:fonts>'.encode()


def _styles(document: DocumentObject) -> None:
    """One face and size for all that says nothing else."""
    root = document.styles.element
    for found in list(root):
        root.remove(found)
    defaults = run_properties("fangsong", BODY)
    defaults.append(element("lang", val="en-US", eastAsia="zh-CN"))
    root.append(
        element(
            "docDefaults",
            element("rPrDefault", defaults),
            element("pPrDefault", element("pPr", element("spacing", before=0, after=0))),
        )
    )
    names = (
        ("paragraph", "Normal", "Normal"),
        ("paragraph", "Header", "header"),
        ("paragraph", "Footer", "footer"),
    )
    for kind, code, name in names:
        style = element("style", element("name", val=name), element("qFormat"), type=kind, styleId=code)
        if code == "Normal":
            style.set(qn("w:default"), "1")
            # Lines are counted, so none is moved for company; and no blank comes between a digit and 月.
            off = (element(name, val=0) for name in ("widowControl", "autoSpaceDE", "autoSpaceDN"))
            style.append(element("pPr", *off))
        root.append(style)


def _section(section: Section) -> None:
    section.page_width, section.page_height = Mm(design.PAGE_WIDTH), Mm(design.PAGE_HEIGHT)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(HEADER), Mm(FOOTER)
    grid = section._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(PITCH * 20)))


def _feet(document: DocumentObject, letter: Letter) -> None:
    section = document.sections[0]
    odd = paragraph(*_number(), align="right", indent=element("ind", right=round(NUMBER * 20)))
    even = paragraph(*_number(), align="left", indent=element("ind", left=round(NUMBER * 20)))
    _only(section.footer, odd)
    _only(section.even_page_footer, even)
    for header in (section.header, section.even_page_header):
        mark = "　　　".join(letter.marks)
        runs = [run(mark, "hei", 12, colour=design.RED)] if mark else []
        _only(header, paragraph(*runs, align="left"))


def _only(place: _Header | _Footer, content: Element) -> None:
    place.is_linked_to_previous = False
    root = place._element
    for found in list(root):
        root.remove(found)
    root.append(content)


def _number() -> list[Element]:
    return [run("— ", "song", NUMBER), *page_field("song", NUMBER), run(" —", "song", NUMBER)]


# --- Its words --------------------------------------------------------------------------------------------------------


def _content(letter: Letter) -> Iterator[Element]:
    yield from _head(letter)
    for number, each in enumerate(letter.body, start=1):
        if isinstance(each, Table):
            yield from _rows(each)
        else:
            yield _paragraph(each, last=number == len(letter.body))
    yield from _signature(letter)
    several = len(letter.attachments) > 1
    for number, each_table in enumerate(letter.attachments, start=1):
        yield from _attachment(each_table, str(number) if several else "")
    if letter.imprint is not None:
        yield from _imprint(letter.imprint)


def _paragraph(found: Paragraph, *, last: bool) -> Element:
    runs = [run(span.text, span.face, BODY, spacing=SPACING) for span in found.spans]
    level = {"hei": 0, "kai": 1}.get(found.spans[0].face) if found.heading else None
    first_line = indent(first_line=2) if found.indented else None
    return paragraph(*runs, exact=PITCH, indent=first_line, level=level, keep_next=found.heading or last)


def _head(letter: Letter) -> Iterator[Element]:
    if letter.heading:
        yield from _letterhead(letter)
    yield from _title(letter.title, 2 * PITCH if letter.heading else PITCH)


def _letterhead(letter: Letter) -> Iterator[Element]:
    heading = letter.heading
    size = min(HEADING, 156 * MM / max(len(heading), 1))
    room = 156 * MM * design.HEADING_FILLS - size * len(heading)
    spacing = max(min(room / max(len(heading) - 1, 1), design.HEADING_WIDEST * size), 0)
    yield paragraph(
        run(heading, "xiaobiaosong", size, colour=design.RED, spacing=spacing),
        align="center",
        exact=HEADING_PITCH,
        before=35 * MM - HEADING_ABOVE,
    )
    rule = element("pBdr", border("bottom", 12, colour=design.RED, space=round(4 * MM)))
    yield paragraph(
        run(letter.number, "fangsong", BODY),
        align="center",
        exact=BODY * 1.3,
        before=2 * PITCH,
        extra=[rule],
    )


def _title(title: str, before: float) -> Iterator[Element]:
    given = outline.lines_of(title) or [""]
    lines = [line for part in given for line in title_lines(part, "xiaobiaosong", 156 * MM / TITLE)]
    for number, line in enumerate(lines):
        yield paragraph(
            run(line, "xiaobiaosong", TITLE),
            align="center",
            exact=TITLE_PITCH,
            before=0 if number else before,
            after=PITCH if number == len(lines) - 1 else 0,
        )


def _blank(*, keep_next: bool = False) -> Element:
    return paragraph(exact=PITCH, keep_next=keep_next)


def _signature(letter: Letter) -> Iterator[Element]:
    if letter.attachments:
        yield _blank(keep_next=True)
    for word, number, title in outline.enclosures(each.title for each in letter.attachments):
        lead = len(outline.ENCLOSED)
        hanging = (lead if word else 0) + (1.5 if number else 0)
        left = 2 + lead + (1.5 if number else 0)
        yield paragraph(
            run(word + number + title, "fangsong", BODY, spacing=SPACING),
            exact=PITCH,
            align="left",
            indent=indent(left=left, hanging=hanging),
            keep_next=True,
        )
    for _number in range(3):
        yield _blank(keep_next=True)
    day, signer = letter.date_line, letter.signer
    # Centred over the date, which ends four characters before the margin, as far as the margin lets it.
    right = max(4 - (_width(signer) - _width(day)) / 2, 0)
    for text, from_right, keep in ((signer, right, True), (day, 4, False)):
        yield paragraph(
            run(text, "fangsong", BODY),
            exact=PITCH,
            align="right",
            indent=indent(right=from_right),
            keep_next=keep,
        )
    for note in letter.notes:
        yield paragraph(run(note, "fangsong", BODY), exact=PITCH, indent=indent(first_line=2))


def _width(text: str) -> float:
    """In characters: digits and letters are half as wide."""
    return sum(0.5 if ord(character) < 0x100 else 1.0 for character in text)


def _imprint(imprint: Imprint) -> Iterator[Element]:
    """版记 in a box at the foot of the last page: thick rules above and below, thin ones between."""
    wide = (IMPRINT_LEFT, design.WIDTH - IMPRINT_LEFT)
    rows, heights = [], []
    if imprint.copies:
        copies = printable(imprint.copies, "fangsong")
        lines = wrap(copies, "fangsong", design.IMPRINT, design.WIDTH - 5 * design.IMPRINT)
        heights.append(design.IMPRINT_ROW + (len(lines) - 1) * IMPRINT_PITCH / MM)
        rows.append([_imprinted(f"抄送：{imprint.copies}", design.WIDTH, hanging=3, span=2)])
    heights.append(design.IMPRINT_ROW)
    rows.append(
        [_imprinted(imprint.printed_by, wide[0]), _imprinted(imprint.printed_on, wide[1], align="right")]
    )
    if imprint.check:
        heights.append(design.IMPRINT_ROW)
        rows.append([_imprinted(imprint.check, design.WIDTH, span=2)])
    found = table(
        [row(cells, high, exact=True) for cells, high in zip(rows, heights, strict=True)],
        wide,
        edges=[border("top", 8), border("bottom", 8), border("insideH", 4)],
        margin=0,
    )
    # A box ends with a paragraph, as a cell does.
    contents = [found, paragraph(exact=1)]
    yield paragraph(box_at_foot("版记", contents, design.WIDTH, sum(heights) + 1), exact=1)


def _imprinted(text: str, wide: float, *, align: str = "left", hanging: int = 0, span: int = 1) -> Element:
    # One character is kept free at either end.
    moved = element(
        "ind",
        left=round((1 + hanging) * IMPRINT * 20) if align == "left" else 0,
        right=round(IMPRINT * 20),
        hanging=round(hanging * IMPRINT * 20),
    )
    words = paragraph(run(text, "fangsong", IMPRINT), align=align, exact=IMPRINT_PITCH, indent=moved)
    return cell(words, wide, span=span)


# --- Attachments ------------------------------------------------------------------------------------------------------


def _attachment(found: Table, number: str) -> Iterator[Element]:
    yield paragraph(run(f"附件{number}", "hei", BODY), exact=PITCH, align="left", new_page=True)
    yield _blank()
    yield paragraph(
        run(found.title, "xiaobiaosong", TITLE), exact=TITLE_PITCH, align="center", after=8, level=0
    )
    for text in found.above:
        yield paragraph(run(text, "fangsong", 10.5), exact=16, align="left", after=3)
    yield from _rows(found)
    for text in found.below:
        yield paragraph(run(text, "fangsong", 10.5), exact=16, align="left", before=4)


def _rows(found: Table) -> Iterator[Element]:
    widths = [column.width for column in found.columns]
    rows = [*_table_head(found.columns), *(_row(each, found.columns) for each in found.rows)]
    # Three digits of a sum have to fit in a narrow column.
    yield table(rows, widths, margin=CELL_MARGIN // (2 if min(widths) < NARROW else 1))


def _table_head(columns: Sequence[Column]) -> Iterator[Element]:
    if not any(column.group for column in columns):
        longest = max((len(column.head) for column in columns if column.vertical), default=0)
        high = min(longest * CELL / MM + 4, HEAD_MOST) if longest else 2 * design.HEAD_ROW
        yield row((_head_cell(column) for column in columns), high, head=True, exact=bool(longest))
        return
    upper, lower = [], []
    for group, several in groupby(columns, key=lambda column: column.group):
        found = list(several)
        if group:
            wide = sum(column.width for column in found)
            upper.append(cell(_words(group, "hei", "center"), wide, span=len(found)))
            lower += [_head_cell(column) for column in found]
        else:
            upper += [_head_cell(column, merge="restart") for column in found]
            lower += [cell(_words("", "hei", "center"), column.width, merge="continue") for column in found]
    yield row(upper, design.HEAD_ROW, head=True)
    yield row(lower, design.HEAD_ROW, head=True)


def _head_cell(column: Column, *, merge: str = "") -> Element:
    points = min(CELL, (HEAD_MOST - 4) * MM / len(column.head)) if column.vertical and column.head else CELL
    words = _words(column.head, "hei", "center", points)
    return cell(words, column.width, merge=merge, downwards=column.vertical)


def _row(found: Row, columns: Sequence[Column]) -> Element:
    font = "fangsong" if found.kind == "row" else "hei"
    aligns = {"left": "left", "right": "right", "centre": "center"}
    cells = (
        cell(_words(text, font, aligns[column.align], 7 if column.code else CELL), column.width)
        for column, text in zip(columns, found.cells, strict=True)
    )
    return row(cells, design.ROW)


def _words(text: str, font: str, align: str, points: float = CELL) -> Element:
    runs: list[Element] = []
    for number, line in enumerate(text.split("\n") if text else []):
        runs += [element("r", element("br"))] if number else []
        runs.append(run(line, font, points))
    return paragraph(*runs, align=align, exact=0)
