"""A baseline from a workbook or a CSV file: every mistake by its row and column, and the sheet to be filled in."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from appraisal.effects import COUNTS
from appraisal.models import Baseline, Indicator
from appraisal.services.baselines import Value, check
from cards.roster import tables
from cards.roster.columns import Column, plain
from cards.roster.plan import Problem
from cards.roster.reading import EXAMPLE
from cards.roster.rows import Wrong, short, text_of
from cards.roster.writing import GREY, HEADING, TEXT, explain, packed, put
from common.problems import Refused
from common.text import LINE_BREAKS

COLUMNS = (
    Column("indicator", "指标", ("指标名称", "项目")),
    Column("month", "月份", ("年月", "时间", "月份或年份")),
    Column("value", "数值", ("值", "数据", "基线值")),
    Column("source", "来源", ("数据来源", "出处")),
)
LAYOUT = tables.Layout(
    columns=COLUMNS,
    required=tuple(column.field for column in COLUMNS),
    marked="source",
    most_rows=500,
    without_rows=gettext_lazy("The sheet “%(sheet)s” has no value."),
    too_many=gettext_lazy("More than %(most)s values. Hand them in in parts."),
    takes_csv=True,
)
#: As the sheet names them, in Chinese like every sheet.
NAMES = {
    Indicator.LOOKUPS: "身份证公开页查阅次数",
    Indicator.STAND_IN: "不在岗时显示B岗的查阅占比",
    Indicator.COMPLAINTS: "投诉件数",
    Indicator.ON_TIME: "投诉按期反馈率",
    Indicator.RATING: "群众评价满意率",
    Indicator.OFF_POST: "抽查不在岗率",
}
_MONTH = re.compile(r"([0-9]{4})(?:年|[-./年]([0-9]{1,2})月?)?")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,20})?%?")
_CENT = Decimal("0.01")


@dataclass
class Reading:
    values: list[Value] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(data: bytes, today: date) -> Reading:
    """What the file says, and what is wrong in it. Raises Refused where there is no table to be read."""
    table = tables.read(data, LAYOUT)
    reading, rows = Reading(), dict[tuple[Indicator, date], int]()
    for number, cells in table.rows:
        found, wrong = _checked(cells, today)
        if found is not None:
            first = rows.setdefault((found.indicator, found.month), number)
            if first != number:
                wrong["month"] = _("Row %(row)s has the same indicator and month.") % {"row": first}
        for column in COLUMNS:
            if column.field in wrong:
                reading.problems.append(Problem(number, table.titles[column.field], wrong[column.field]))
        if found is not None and not wrong:
            reading.values.append(found)
    return reading


def _checked(cells: Mapping[str, Any], today: date) -> tuple[Value | None, dict[str, str]]:
    values, wrong = dict[str, Any](), dict[str, str]()
    for name, parse in _FIELDS.items():
        try:
            values[name] = parse(cells.get(name))
        except Wrong as error:
            wrong[name] = str(error)
    if wrong:
        return None, wrong
    number, is_percent = values.pop("value")
    found = Value(value=number, **values)
    try:
        _refuse_ambiguous(found, is_percent)
        check(found.indicator, found.month, found.value, today)
    except Refused as refused:
        wrong[refused.field or "value"] = str(refused.sentence)
    return found, wrong


def _refuse_ambiguous(found: Value, is_percent: bool) -> None:
    """A cell formatted as a percentage holds 0.985 where it shows 98.5%: what may mean either is asked for."""
    if found.indicator in COUNTS and is_percent:
        raise Refused(_("This indicator is a number, not a share."), "value")
    if found.indicator not in COUNTS and not is_percent and 0 < found.value <= 1:
        raise Refused(_("It could be read in two ways: write a share with its sign, such as 98.5%."), "value")


# --- Cells ----------------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text_of(value, allowed=LINE_BREAKS))).strip()


def _filled(text: str) -> str:
    if not text:
        raise Wrong(_("Fill this in."))
    return text


def _indicator(value: Any) -> Indicator:
    typed = plain(_filled(_text(value)))
    for one in Indicator:
        if typed in _names(one):
            return one
    raise Wrong(_("No indicator has this name. They are: %(names)s.") % {"names": "、".join(NAMES.values())})


def _names(indicator: Indicator) -> set[str]:
    """By the sheet, by the page in either language, and by its code."""
    names = {NAMES[indicator], indicator.value}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            names.add(str(indicator.label))
    return set(map(plain, names))


def _month(value: Any) -> date:
    """The average of a year stands at its January."""
    if isinstance(value, date):
        return date(value.year, value.month, 1)
    # A spreadsheet made 2025.1 of both 2025.1 and 2025.10.
    is_rounded = isinstance(value, float) and not value.is_integer()
    found = _MONTH.fullmatch(_filled(_text(value)).replace(" ", ""))
    try:
        if found is not None and not is_rounded:
            return date(int(found[1]), int(found[2] or 1), 1)
    except ValueError:
        pass
    raise Wrong(_("Write a month such as 2025-03, or a year for its average, in a cell formatted as text."))


def _number(value: Any) -> tuple[Decimal, bool]:
    typed = _filled(_text(value)).replace(",", "").replace(" ", "")
    if not _NUMBER.fullmatch(typed):
        raise Wrong(_("Write a number such as 1200 or 98.5%."))
    return Decimal(typed.removesuffix("%")).quantize(_CENT, ROUND_HALF_UP), typed.endswith("%")


def _source(value: Any) -> str:
    return short(_filled(_text(value)), Baseline._meta.get_field("source").max_length)


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "indicator": _indicator,
    "month": _month,
    "value": _number,
    "source": _source,
}

# --- The sheet to be filled in --------------------------------------------------------------------------------------

WIDTHS = {"indicator": 32, "month": 14, "value": 14, "source": 60}
EXAMPLES = ((NAMES[Indicator.COMPLAINTS], "2025-03", "120"), (NAMES[Indicator.RATING], "2025", "86.5%"))
HELP = (
    ("怎样填写", "一行一个数值。灰色的示例行可以保留，导入时自动略过。也可以用CSV文件。"),
    ("指标", "、".join(NAMES.values()) + "。"),
    ("月份", "写成2025-03或2025年3月。只有全年平均数的，只写年份，记在当年1月。"),
    ("数值", "次数和件数写数字；比例写98.5或98.5%，不到1%的写上百分号。保留两位小数。"),
    ("来源", "必填，写明数据出自哪份报表、哪个部门。与数值一起公布在成效页面上。"),
    ("重复", "同一指标同一月份已有数值的，以导入的为准，原数值留在操作记录中。"),
    ("公式", "不接受公式。请用“选择性粘贴—数值”。"),
)


def template() -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "基线数据"
    for position, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = WIDTHS[column.field]
        # A spreadsheet would make a day of 2025-03.
        sheet.column_dimensions[letter].number_format = TEXT
        put(sheet, 1, position, column.title + "*")
        sheet.cell(1, position).font, sheet.cell(1, position).fill = Font(bold=True), HEADING
    for row, example in enumerate(EXAMPLES, start=2):
        for position, value in enumerate((*example, f"{EXAMPLE}某某报表"), start=1):
            put(sheet, row, position, value)
            sheet.cell(row, position).font = GREY
    sheet.freeze_panes = "A2"
    explain(workbook, "填写说明", (14, 100), HELP)
    return packed(workbook)
