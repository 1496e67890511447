"""The effect as a workbook. Chinese, like every sheet that leaves the house."""

from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from appraisal.effects import Trend
from appraisal.models import Indicator
from appraisal.notifying.stages import month_name
from appraisal.sheets.baseline import NAMES
from cards.roster.writing import HEADING, packed, put
from common.rules import local

COUNT, SHARE = "#,##0", '0.0"%"'


def workbook(trends: Sequence[Trend], now: datetime) -> bytes:
    book = Workbook()
    months = book.active
    assert isinstance(months, Worksheet)
    _months(months, trends, now)
    _baselines(book.create_sheet("基线数据"), trends)
    return packed(book)


def _months(sheet: Worksheet, trends: Sequence[Trend], now: datetime) -> None:
    """A month a row; of each indicator its value, for a share what it is a share of, and the baseline."""
    sheet.title = "实施成效"
    put(sheet, 1, 1, f"截至{local(now):%Y-%m-%d %H:%M}，当月未完")
    titles = ["月份"]
    for trend in trends:
        name = NAMES[trend.indicator]
        titles += (
            [name, f"{name}（实施前）"] if trend.is_count else [name, "分子", "分母", f"{name}（实施前）"]
        )
    _head(sheet, 2, titles)
    for offset, point in enumerate(trends[0].points):
        put(sheet, 3 + offset, 1, month_name(point.month) + ("" if point.is_over else "（未完）"))
        position = 2
        for trend in trends:
            position = _write(sheet, 3 + offset, position, trend, offset)
    sheet.freeze_panes = "B3"


def _write(sheet: Worksheet, row: int, position: int, trend: Trend, offset: int) -> int:
    """The cells of an indicator in a row; where the next one begins."""
    point, figure = trend.points[offset], trend.points[offset].figure
    kind = COUNT if trend.is_count else SHARE
    values: list[tuple[float | None, str]] = [(point.value, kind)]
    if not trend.is_count:
        values += [(figure.part if figure else None, COUNT), (figure.whole if figure else None, COUNT)]
    values.append((point.before, kind))
    for step, (value, number_format) in enumerate(values):
        if value is not None:
            cell = sheet.cell(row, position + step)
            cell.value, cell.number_format = value, number_format
    return position + len(values)


def _baselines(sheet: Worksheet, trends: Sequence[Trend]) -> None:
    _head(sheet, 1, ["指标", "月份", "数值", "来源"])
    rows = [one for trend in trends for one in trend.baselines]
    for row, one in enumerate(rows, start=2):
        put(sheet, row, 1, NAMES[Indicator(one.indicator)])
        put(sheet, row, 2, f"{one.month:%Y-%m}")
        sheet.cell(row, 3).value = float(one.value)
        put(sheet, row, 4, one.source)
    sheet.column_dimensions["D"].width = 60


def _head(sheet: Worksheet, row: int, titles: Sequence[str]) -> None:
    for position, name in enumerate(titles, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = 16
        put(sheet, row, position, name)
        sheet.cell(row, position).font, sheet.cell(row, position).fill = Font(bold=True), HEADING
