"""The sheet of monthly assessed bonus bases: its columns, what their cells may say, and its template."""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal.forms.bonus import base_field
from appraisal.sheets.reading import PERSON, UNIT, Parsers, template
from cards.roster.columns import Column
from cards.roster.reading import EXAMPLE
from cards.roster.rows import Wrong, text_of
from cards.roster.tables import Layout

LAYOUT = Layout(
    columns=(
        PERSON,
        UNIT,
        Column("since", "起始月份", ("月份", "执行月份", "起始年月")),
        Column(
            "cents",
            "月奖金（元）",
            ("月考核奖", "月奖金基数", "月度考核奖", "月考核奖基数", "奖金基数", "金额"),
        ),
    ),
    required=("person", "since", "cents"),
    marked="person",
    most_rows=2_000,
    without_rows=gettext_lazy("The sheet “%(sheet)s” names nobody."),
    too_many=gettext_lazy("More than %(most)s rows. Hand them in in parts."),
    takes_csv=True,
)
_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})|年(\d{1,2})月)(?:[-/.]?0?1日?)?")


def month(value: Any) -> date | None:
    """A cell’s month as its first day. A spreadsheet makes a date of 2026-01, and a number of 2026.10 that has lost its
    nought."""
    if isinstance(value, (date, datetime)):
        return date(value.year, value.month, 1)
    sentence = _("Write the month as 2026-01 or 2026年1月.")
    if isinstance(value, (int, float)):
        raise Wrong(sentence)
    if not (text := unicodedata.normalize("NFKC", text_of(value))):
        return None
    found = _MONTH.fullmatch("".join(text.split()))
    number = int(found[2] or found[3]) if found else 0
    if found is None or not 1 <= number <= 12 or not int(found[1]):
        raise Wrong(sentence)
    return date(int(found[1]), number, 1)


PARSERS: Parsers = {"since": month, "cents": lambda value: base_field().clean(text_of(value))}

HELP = (
    (
        "怎样填写",
        "一人一行。灰色的示例行可以保留，导入时自动略过。列的顺序可以调整，多出的列不读取。也可以用CSV文件。",
    ),
    ("姓名/证号", "必填，写姓名或证号；同名的写证号。"),
    ("单位", "选填，写单位代码、全称或简称。姓名在本单位唯一的可以不填。"),
    ("起始月份", "必填，写成2026-01或2026年1月。从这个月起按新的金额计算；同一人可以有多行。"),
    ("月奖金（元）", "必填，月度考核奖金的基数，不是工资。最多两位小数。"),
    ("公式", "不接受公式。请用“选择性粘贴—数值”。"),
)


def blank(*, with_units: bool) -> bytes:
    example = {"person": f"{EXAMPLE}叶青禾", "unit": "D001", "since": "2026-01", "cents": "1200"}
    widths = {"person": 20, "unit": 24, "cents": 18}
    return template("月奖金基数", LAYOUT, widths, [example], HELP, with_units=with_units)
