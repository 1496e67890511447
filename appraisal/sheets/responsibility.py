"""The sheet of post responsibilities: its columns, what their cells may say, and its template."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy

from appraisal.forms.responsibility import longest
from appraisal.sheets.reading import PERSON, UNIT, Parsers, template
from cards.roster.columns import Column
from cards.roster.reading import EXAMPLE
from cards.roster.rows import short, text_of
from cards.roster.tables import Layout
from common.text import LINE_BREAKS

LAYOUT = Layout(
    columns=(
        PERSON,
        UNIT,
        Column("task", "岗位目标责任", ("岗位责任", "目标责任", "责任内容", "工作任务", "岗位目标")),
        Column("target", "目标要求", ("目标", "要求", "完成标准", "考核标准")),
        Column("result", "完成情况", ("结果", "落实情况", "完成结果")),
    ),
    required=("person", "task"),
    marked="person",
    most_rows=3_000,
    without_rows=gettext_lazy("The sheet “%(sheet)s” names nobody."),
    too_many=gettext_lazy("More than %(most)s rows. Hand them in in parts."),
)


def _words(field: str) -> Callable[[Any], str]:
    """In one line, as the list shows it."""
    most = longest(field)
    return lambda value: short(" ".join(text_of(value, allowed=LINE_BREAKS).split()), most)


PARSERS: Parsers = {field: _words(field) for field in ("task", "target", "result")}

HELP = (
    ("怎样填写", "一项责任一行，一人可以有多行，按表中先后排列。灰色的示例行可以保留，导入时自动略过。"),
    ("替换", "表中的人，其该年度的责任清单整体替换为表中所列；表中没有的人不受影响。"),
    ("姓名/证号", "必填，写姓名或证号；同名的写证号。每一行都要写。"),
    ("单位", "选填，写单位代码、全称或简称。"),
    ("岗位目标责任", "必填，不超过200字。"),
    ("目标要求", "选填，不超过200字。"),
    ("完成情况", "选填，年终填写，不超过300字。删去这一列的，已填的完成情况保持不变。"),
    ("公式", "不接受公式。请用“选择性粘贴—数值”。"),
)


def blank() -> bytes:
    example = {
        "person": f"{EXAMPLE}叶青禾",
        "unit": "D001",
        "task": "企业设立、变更、注销登记的受理与审核",
        "target": "三个工作日内办结率98%以上",
    }
    widths = {"person": 20, "unit": 24, "task": 44, "target": 36, "result": 36}
    return template("岗位目标责任", LAYOUT, widths, [example], HELP, with_units=False)
