"""How all units stand with a month, as a workbook. Chinese, like every sheet that leaves the house."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from accounts.models import UnitKind
from appraisal import pipeline, rules
from appraisal.models import ReportState
from appraisal.pipeline import Line, Pipeline, Sums
from cards.roster.writing import HEADING, packed, put
from common.rules import local

POINTS, MONEY, WHOLE = "0.0", "#,##0.00", "0"
STATES = {
    ReportState.DRAFTED: "已草拟",
    ReportState.CONFIRMED: "单位已确认",
    ReportState.PUBLISHED: "单位内公布",
    ReportState.REPORTED: "已上报",
    ReportState.SENT_BACK: "已退回",
    ReportState.ACCEPTED: "已审核",
}
KINDS = {UnitKind.DEPARTMENT: "市直单位"}


@dataclass(frozen=True)
class Column:
    title: str
    width: int
    #: A text, a number, or None for an empty cell.
    value: Callable[[Line, Sums], Any]
    #: Of a number.
    format: str = ""


def _day(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d}" if moment is not None else ""


def _lateness(line: Line) -> str:
    if line.report.is_late:
        return "迟报"
    return "逾期未报" if line.report.is_overdue(line.today) else ""


COLUMNS = (
    Column("单位代码", 10, lambda line, own: line.unit.code),
    Column("单位", 28, lambda line, own: line.unit.name),
    Column("类别", 10, lambda line, own: KINDS.get(UnitKind(line.unit.kind), "乡镇街道")),
    Column("进度", 12, lambda line, own: STATES[ReportState(line.report.state)]),
    Column("本步截止", 12, lambda line, own: line.report.due_on.isoformat()),
    Column("本步逾期天数", 12, lambda line, own: -line.days_left if line.is_late else None, WHOLE),
    Column("上报截止", 12, lambda line, own: line.report.report_by.isoformat()),
    Column("首次上报", 12, lambda line, own: _day(line.report.first_reported_at)),
    Column("迟报", 10, lambda line, own: _lateness(line)),
    Column("零报告", 8, lambda line, own: "是" if line.report.nil else ""),
    Column("应检查天数", 11, lambda line, own: own.due, WHOLE),
    Column("已检查天数", 11, lambda line, own: own.checked, WHOLE),
    Column("扣分记录", 10, lambda line, own: line.report.entries, WHOLE),
    Column("扣分", 10, lambda line, own: own.half_points / 2, POINTS),
    Column("更正往月扣分", 13, lambda line, own: own.corrected_half_points / 2, POINTS),
    Column("建议扣发（元）", 14, lambda line, own: own.proposed_cents / 100, MONEY),
    Column("其中已解除（元）", 16, lambda line, own: own.released_cents / 100, MONEY),
)


def workbook(found: Pipeline, now: datetime) -> bytes:
    sums = pipeline.sums(found.lines)
    pipeline.with_days(sums, found.lines, found.month, now)
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = f"{found.month:%Y-%m}月度考核"
    _head(sheet, found.month, now)
    for row, line in enumerate(found.lines, start=3):
        _write(sheet, row, line, sums[line.report.pk])
    sheet.freeze_panes = "C3"
    return packed(book)


def _head(sheet: Worksheet, month: date, now: datetime) -> None:
    last = rules.last_day_of(month)
    put(sheet, 1, 1, f"{month.year}年{month.month}月1日至{last.day}日，截至{local(now):%Y-%m-%d %H:%M}")
    for position, column in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = column.width
        put(sheet, 2, position, column.title)
        sheet.cell(2, position).font, sheet.cell(2, position).fill = Font(bold=True), HEADING


def _write(sheet: Worksheet, row: int, line: Line, own: Sums) -> None:
    for position, column in enumerate(COLUMNS, start=1):
        value = column.value(line, own)
        if not column.format:
            put(sheet, row, position, value)
        elif value is not None:
            cell = sheet.cell(row, position)
            cell.value, cell.number_format = value, column.format
