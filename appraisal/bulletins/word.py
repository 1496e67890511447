"""WordprocessingML in small pieces: runs, paragraphs and tables as elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

#: The official names; Word and WPS have the fonts, elsewhere the next best is taken (`ALTERNATIVES`).
FONTS: Final = {
    "fangsong": "仿宋_GB2312",
    "kai": "楷体_GB2312",
    "hei": "黑体",
    "xiaobiaosong": "方正小标宋简体",
    "song": "宋体",
}
#: For digits and letters, which are everywhere: those of 仿宋 where it is missing are too wide for a table.
LATIN: Final = {"hei": "Arial"}
USUAL_LATIN: Final = "Times New Roman"
ALTERNATIVES: Final = {
    "仿宋_GB2312": "仿宋",
    "楷体_GB2312": "楷体",
    "黑体": "SimHei",
    "方正小标宋简体": "方正小标宋_GBK",
    "宋体": "SimSun",
}
TWIPS: Final = 1440 / 25.4
#: Narrow, so that the sums fit.
CELL_MARGIN: Final = 20

Element = Any  # lxml carries no types


def element(tag: str, *children: Element, **attributes: object) -> Element:
    """w:tag with w:attributes; a trailing underscore is for Python's own words."""
    found = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        found.set(qn(f"w:{name.rstrip('_')}"), str(value))
    found.extend(children)
    return found


def twips(millimetres: float) -> int:
    return round(millimetres * TWIPS)


def run_properties(font: str, points: float, *, colour: str = "", spacing: float = 0.0) -> Element:
    """`spacing` in points between characters."""
    name, latin = FONTS[font], LATIN.get(font, USUAL_LATIN)
    fonts = element("rFonts", ascii=latin, hAnsi=latin, eastAsia=name, cs=latin, hint="eastAsia")
    found = element("rPr", fonts)
    if colour:
        found.append(element("color", val=colour.lstrip("#")))
    if spacing:
        found.append(element("spacing", val=round(spacing * 20)))
    size = round(points * 2)
    found.extend([element("sz", val=size), element("szCs", val=size)])
    return found


def run(text: str, font: str, points: float, **options: Any) -> Element:
    word = element("t")
    word.text = text
    word.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element("r", run_properties(font, points, **options), word)


def page_field(font: str, points: float) -> list[Element]:
    """The number of the page, worked out by whatever opens the document."""
    code = element("instrText")
    code.text = " PAGE "
    code.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    shown = element("t")
    shown.text = "1"
    parts = (
        element("fldChar", fldCharType="begin"),
        code,
        element("fldChar", fldCharType="separate"),
        shown,
        element("fldChar", fldCharType="end"),
    )
    return [element("r", run_properties(font, points), part) for part in parts]


def paragraph(
    *runs: Element,
    align: str = "both",
    exact: float = 0.0,
    before: float = 0.0,
    after: float = 0.0,
    indent: Element | None = None,
    level: int | None = None,
    extra: Sequence[Element] = (),
    keep_next: bool = False,
    new_page: bool = False,
) -> Element:
    """`exact`, `before` and `after` in points; `extra` are properties that come before those of spacing."""
    properties = element("pPr")
    if keep_next:
        properties.append(element("keepNext"))
    if new_page:
        properties.append(element("pageBreakBefore"))
    properties.extend(extra)
    properties.append(element("snapToGrid", val=0))
    spacing = element("spacing", before=round(before * 20), after=round(after * 20))
    if exact:
        spacing.set(qn("w:line"), str(round(exact * 20)))
        spacing.set(qn("w:lineRule"), "exact")
    properties.append(spacing)
    if indent is not None:
        properties.append(indent)
    properties.append(element("jc", val=align))
    if level is not None:
        properties.append(element("outlineLvl", val=level))
    return element("p", properties, *runs)


def indent(*, first_line: float = 0, left: float = 0, right: float = 0, hanging: float = 0) -> Element:
    """In hundredths of a character for Word, and in twips for what does not know those (16 points a character)."""
    found = element("ind")
    for name, characters in (
        ("left", left),
        ("right", right),
        ("firstLine", first_line),
        ("hanging", hanging),
    ):
        if characters:
            found.set(qn(f"w:{name}Chars"), str(round(characters * 100)))
            found.set(qn(f"w:{name}"), str(round(characters * 316)))
    return found


def border(name: str, eighths: int, *, colour: str = "000000", space: int = 0) -> Element:
    return element(name, val="single", sz=eighths, space=space, color=colour.lstrip("#"))


# --- Tables -----------------------------------------------------------------------------------------------------------


def cell(
    content: Element,
    width: float,
    *,
    span: int = 1,
    merge: str = "",
    downwards: bool = False,
) -> Element:
    """`merge` is restart or continue: of cells below each other that are one."""
    properties = element("tcPr", element("tcW", w=twips(width), type="dxa"))
    if span > 1:
        properties.append(element("gridSpan", val=span))
    if merge:
        properties.append(element("vMerge", val=merge))
    if downwards:
        properties.append(element("textDirection", val="tbRlV"))
    properties.append(element("vAlign", val="center"))
    return element("tc", properties, content)


def row(cells: Iterable[Element], height: float, *, head: bool = False, exact: bool = False) -> Element:
    properties = element(
        "trPr",
        element("cantSplit"),
        element("trHeight", val=twips(height), hRule="exact" if exact else "atLeast"),
    )
    if head:
        properties.append(element("tblHeader"))
    properties.append(element("jc", val="center"))
    return element("tr", properties, *cells)


def grid() -> list[Element]:
    outer = [border(name, 6) for name in ("top", "left", "bottom", "right")]
    return [*outer, *(border(name, 4) for name in ("insideH", "insideV"))]


def at_foot() -> Element:
    """Where a table stands that is no part of the running text."""
    return element(
        "tblpPr",
        leftFromText=0,
        rightFromText=0,
        vertAnchor="margin",
        horzAnchor="margin",
        tblpXSpec="left",
        tblpYSpec="bottom",
    )


def table(
    rows: Iterable[Element],
    widths: Sequence[float],
    *,
    edges: Sequence[Element] = (),
    place: Element | None = None,
    margin: int = CELL_MARGIN,
) -> Element:
    margins = element(
        "tblCellMar", element("left", w=margin, type="dxa"), element("right", w=margin, type="dxa")
    )
    properties = element(
        "tblPr",
        *([] if place is None else [place]),
        element("tblW", w=sum(twips(width) for width in widths), type="dxa"),
        element("jc", val="center"),
        element("tblBorders", *(edges or grid())),
        element("tblLayout", type="fixed"),
        margins,
    )
    columns = element("tblGrid", *(element("gridCol", w=twips(width)) for width in widths))
    return element("tbl", properties, columns, *rows)
