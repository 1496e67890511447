"""WordprocessingML in small pieces: runs, paragraphs and tables as elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn

#: The official names; Word and WPS have the fonts, elsewhere the next best is taken (`ALTERNATIVES`).
FONTS: Final = {
    "fangsong": "仿宋_GB2312",
    "kai": "楷体_GB2312",
    "hei": "黑体",
    "xiaobiaosong": "方正小标宋简体",
    "song": "宋体",
}
#: For digits and letters, which are everywhere: what stands in for a missing 仿宋 is too wide for a table.
LATIN: Final = {"hei": "Arial", "xiaobiaosong": "方正小标宋简体"}
USUAL_LATIN: Final = "Times New Roman"
ALTERNATIVES: Final = {
    "仿宋_GB2312": "仿宋",
    "楷体_GB2312": "楷体",
    "黑体": "SimHei",
    "方正小标宋简体": "方正小标宋_GBK",
    "宋体": "SimSun",
}
TWIPS: Final = 1440 / 25.4
CELL_MARGIN: Final = 40

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


def table(
    rows: Iterable[Element],
    widths: Sequence[float],
    *,
    edges: Sequence[Element] = (),
    margin: int = CELL_MARGIN,
) -> Element:
    margins = element(
        "tblCellMar", element("left", w=margin, type="dxa"), element("right", w=margin, type="dxa")
    )
    properties = element(
        "tblPr",
        element("tblW", w=sum(twips(width) for width in widths), type="dxa"),
        element("jc", val="center"),
        element("tblBorders", *(edges or grid())),
        element("tblLayout", type="fixed"),
        margins,
    )
    columns = element("tblGrid", *(element("gridCol", w=twips(width)) for width in widths))
    return element("tbl", properties, columns, *rows)


# --- Boxes ------------------------------------------------------------------------------------------------------------

_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_BOX: Final = """
<mc:AlternateContent xmlns:w="{word}"
    xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
    xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
    xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">
  <mc:Choice Requires="wps"><w:drawing>
  <wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="1" behindDoc="0" locked="0"
      layoutInCell="1" allowOverlap="0">
    <wp:simplePos x="0" y="0"/>
    <wp:positionH relativeFrom="margin"><wp:align>left</wp:align></wp:positionH>
    <wp:positionV relativeFrom="margin"><wp:align>bottom</wp:align></wp:positionV>
    <wp:extent cx="{wide}" cy="{high}"/>
    <wp:effectExtent l="0" t="0" r="0" b="0"/>
    <wp:wrapTopAndBottom/>
    <wp:docPr id="1" name="{name}"/>
    <wp:cNvGraphicFramePr/>
    <a:graphic>
      <a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">
        <wps:wsp>
          <wps:cNvSpPr txBox="1"/>
          <wps:spPr>
            <a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>
            <a:prstGeom prst="rect"><a:avLst/></a:prstGeom>
            <a:noFill/>
            <a:ln><a:noFill/></a:ln>
          </wps:spPr>
          <wps:txbx><w:txbxContent/></wps:txbx>
          <wps:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="b"><a:noAutofit/></wps:bodyPr>
        </wps:wsp>
      </a:graphicData>
    </a:graphic>
  </wp:anchor></w:drawing></mc:Choice>
</mc:AlternateContent>
"""


def box_at_foot(name: str, contents: Iterable[Element], wide: float, high: float) -> Element:
    """A run whose box stands at the end of the type area of its page, not in the running text."""
    emu = 36_000
    text = _BOX.format(word=_WORD, wide=round(wide * emu), high=round(high * emu), name=name)
    drawing = parse_xml("".join(line.strip() + " " for line in text.splitlines()).strip())
    (inside,) = drawing.iter(qn("w:txbxContent"))
    inside.extend(contents)
    return element("r", drawing)
