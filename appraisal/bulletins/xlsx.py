"""The bulletin's figures as a workbook: texts as strings, numbers as numbers, nothing that is worked out."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from appraisal.bulletins import outline
from appraisal.bulletins.content import (
    COUNTED,
    Bulletin,
    CaughtUp,
    ChainHead,
    Correction,
    Totals,
    UnitRow,
    month_text,
)
from appraisal.bulletins.packing import repack
from appraisal.bulletins.tables import STANDINGS
from cards.roster.words import FORMULA_SIGNS

WHOLE: Final = "0"
POINTS: Final = "0.0"
MONEY: Final = "0.00"
TEXT: Final = "@"
#: More columns than A4 shows.
WIDE: Final = 15
HEADING: Final = PatternFill("solid", start_color="DCE9E3")
_LINE: Final = Side("thin", color="808080")
BORDER: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)

Value = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    width: float
    format: str = TEXT


def write(bulletin: Bulletin, out: BinaryIO) -> None:
    workbook = Workbook()
    first = workbook.active
    assert isinstance(first, Worksheet)
    _units(first, bulletin)
    _corrections(workbook.create_sheet(), bulletin)
    if bulletin.caught_up:
        _caught_up(workbook.create_sheet(), bulletin)
    _heads(workbook.create_sheet(), bulletin)
    packed = io.BytesIO()
    workbook.save(packed)
    packed.seek(0)
    repack(
        packed,
        out,
        title=" ".join(outline.lines_of(bulletin.title)),
        author=outline.clean(bulletin.signer),
        day=bulletin.signed_on or bulletin.month,
    )


def points(half_points: int) -> Decimal:
    return Decimal(half_points) / 2


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def quoted(text: str) -> str:
    """An apostrophe keeps a spreadsheet from reading a formula (as in rosters)."""
    text = ILLEGAL_CHARACTERS_RE.sub("", outline.clean(text))
    return "'" + text if text.lstrip("'").startswith(FORMULA_SIGNS) else text


# --- The sheets -------------------------------------------------------------------------------------------------------


def _units(sheet: Worksheet, bulletin: Bulletin) -> None:
    items = [Column(item.name, 6, WHOLE) for item in bulletin.items]
    columns = [
        Column("单位代码", 10),
        Column("单位", 26),
        Column("类别", 11),
        Column("应巡查天数", 7, WHOLE),
        Column("实际巡查天数", 7, WHOLE),
        Column("问题个数", 7, WHOLE),
        *items,
        Column("个人扣分", 9, POINTS),
        Column("单位扣分", 9, POINTS),
        Column("扣分合计", 9, POINTS),
        Column("扣发（元）", 12, MONEY),
        Column("投诉按期办结", 7, WHOLE),
        Column("投诉延期办结", 7, WHOLE),
        Column("投诉逾期办结", 7, WHOLE),
        Column("投诉查实", 7, WHOLE),
        Column("月报", 9),
        Column("零报告", 7),
        Column("迟报天数", 7, WHOLE),
        Column("以前月份更正扣分", 10, POINTS),
        Column("以前月份更正扣发（元）", 12, MONEY),
    ]
    rows: list[Sequence[Value]] = [
        (row.code, row.name, row.kind, *_figures(row, bulletin), *_report(row), *_earlier(row))
        for row in bulletin.units
    ]
    total = bulletin.total
    # Days late are no sum that says anything.
    last = ("", f"合计（{total.units}个）", "", *_figures(total, bulletin), "", "", None, *_earlier(total))
    _sheet(sheet, bulletin, "各单位", columns, [*rows, last], frozen=2)


def _figures(row: UnitRow | Totals, bulletin: Bulletin) -> Iterable[Value]:
    yield row.days_due
    yield row.days_checked
    if isinstance(row, UnitRow) and row.standing != COUNTED and not (row.findings or row.half_points):
        # Nought is not the word for what was not counted.
        yield from [None] * (1 + len(bulletin.items) + 4)
    else:
        yield row.findings
        yield from (row.count(item.code) for item in bulletin.items)
        yield points(row.person_half_points)
        yield points(row.unit_half_points)
        yield points(row.half_points)
        yield money(row.withheld_cents)
    yield row.complaints_on_time
    yield row.complaints_extended
    yield row.complaints_late
    yield row.complaints_substantiated


def _report(row: UnitRow) -> tuple[Value, ...]:
    standing = STANDINGS.get(row.standing, "迟报" if row.late else "按时")
    return standing, "是" if row.nil_report else "", row.days_late or None


def _earlier(row: UnitRow | Totals) -> tuple[Value, ...]:
    return points(row.corrections_half_points), money(row.corrections_cents)


def _corrections(sheet: Worksheet, bulletin: Bulletin) -> None:
    columns = [
        Column("单位代码", 10),
        Column("单位", 26),
        Column("所属月份", 13),
        Column("扣分增减", 10, POINTS),
        Column("扣发增减（元）", 13, MONEY),
    ]
    if not bulletin.public:
        columns += [Column("来源", 12), Column("原因", 60)]
    rows = [_correction(each, bulletin) for each in bulletin.corrections]
    _sheet(sheet, bulletin, "更正", columns, rows)


def _correction(each: Correction, bulletin: Bulletin) -> Sequence[Value]:
    cells = (
        each.unit_code,
        each.unit_name,
        month_text(each.month),
        points(each.half_points),
        money(each.cents),
    )
    return cells if bulletin.public else (*cells, each.source, each.reason)


def _caught_up(sheet: Worksheet, bulletin: Bulletin) -> None:
    columns = [
        Column("单位代码", 10),
        Column("单位", 26),
        Column("所属月份", 13),
        Column("问题个数", 9, WHOLE),
        Column("个人扣分", 10, POINTS),
        Column("单位扣分", 10, POINTS),
        Column("扣分合计", 10, POINTS),
        Column("扣发（元）", 13, MONEY),
        Column("迟报天数", 9, WHOLE),
    ]
    _sheet(sheet, bulletin, "补计", columns, [_late_report(each) for each in bulletin.caught_up])


def _late_report(each: CaughtUp) -> Sequence[Value]:
    return (
        each.unit_code,
        each.unit_name,
        month_text(each.month),
        each.findings,
        points(each.person_half_points),
        points(each.unit_half_points),
        points(each.half_points),
        money(each.withheld_cents),
        each.days_late,
    )


def _heads(sheet: Worksheet, bulletin: Bulletin) -> None:
    columns = [
        Column("单位代码", 10),
        Column("单位", 26),
        Column("末条序号", 10, WHOLE),
        Column("末条校验值（SHA-256）", 72),
    ]
    _sheet(sheet, bulletin, "账本", columns, [_head(each) for each in bulletin.chain_heads])


def _head(each: ChainHead) -> Sequence[Value]:
    return each.unit_code, each.unit_name, each.sequence, each.head


# --- One sheet --------------------------------------------------------------------------------------------------------


def _sheet(
    sheet: Worksheet,
    bulletin: Bulletin,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Value]],
    *,
    frozen: int = 2,
) -> None:
    """Title, what it belongs to, heads, rows; printed across, as wide as the page, the heads on each."""
    sheet.title = title
    _put(sheet, 1, 1, " ".join(outline.lines_of(bulletin.title))).font = Font(bold=True, size=14)
    _put(sheet, 2, 1, _about(bulletin))
    for position, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = column.width
        cell = _put(sheet, 3, position, column.head)
        cell.font, cell.fill, cell.border = Font(bold=True), HEADING, BORDER
        cell.alignment = Alignment("center", "center", wrap_text=True)
    for number, values in enumerate(rows, start=4):
        for position, (column, value) in enumerate(zip(columns, values, strict=True), start=1):
            cell = _put(sheet, number, position, value, column.format)
            cell.border = BORDER
            if title == "各单位" and number == len(rows) + 3:
                cell.font = Font(bold=True)
    sheet.row_dimensions[3].height = 48 if len(columns) > WIDE else 20
    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}4"
    _printed(sheet)


def _about(bulletin: Bulletin) -> str:
    parts = [outline.number_line(bulletin)]
    if not bulletin.draft:
        parts += [outline.date_line(bulletin), f"核验码：{bulletin.code}"]
    return "　".join(parts + outline.marks(bulletin)[-1:] * bulletin.demo)


def _printed(sheet: Worksheet) -> None:
    page = sheet.page_setup
    wide = sheet.max_column > WIDE
    page.orientation, page.paperSize = "landscape", sheet.PAPERSIZE_A3 if wide else sheet.PAPERSIZE_A4
    page.fitToWidth, page.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:3"
    footer = sheet.HeaderFooter.oddFooter
    assert footer is not None
    footer.center.text = "— &P —"
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top = margins.bottom = 0.6


def _put(sheet: Worksheet, row: int, position: int, value: Value, shown: str = TEXT) -> Cell:
    cell = sheet.cell(row, position)
    assert isinstance(cell, Cell)
    if isinstance(value, str):
        cell.value = quoted(value) or None
        cell.number_format = TEXT
        if cell.value:
            cell.data_type = "s"
        cell.alignment = Alignment(vertical="top", wrap_text=row > 2)
    else:
        cell.value = value
        cell.number_format = shown
    return cell
