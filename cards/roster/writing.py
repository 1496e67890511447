"""The template and the export: the same columns, so that what goes out can come in again. Chinese, like rosters."""

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from accounts.models import Unit
from cards.models import Cadre, CadreQuerySet, EmploymentKind
from cards.roster.columns import COLUMNS, REQUIRED
from cards.roster.rows import KIND_WORDS, quoted
from common.text import likeness as key

TEXT = "@"
WIDTHS = {
    "unit_name": 26,
    "posts": 20,
    "duties": 48,
    "office_phone": 16,
    "mobile": 16,
    "photo": 24,
    "location": 16,
}
USUAL_WIDTH = 12
TITLE = "干部名册"
#: Invented, as the name says; left out when the template comes back with it.
EXAMPLE = {
    "office": "审批科",
    "room": "306",
    "location": "主楼三楼",
    "name": "（示例）叶青禾",
    "posts": "副科长、机关党支部组织委员",
    "duties": "企业设立、变更、注销登记的受理与审核；食品经营许可的现场核查安排",
    "office_phone": "0578-7000001",
    "mobile": "19900000001",
    "stand_in": "季明川",
    "employment_kind": KIND_WORDS[EmploymentKind.CIVIL_SERVANT],
    "serves_from": "2026-09-01",
    "photo": "叶青禾.jpg",
}
HELP = (
    ("怎样填写", "一人一行。灰色的示例行可以保留，导入时自动略过。列的顺序可以调整，列名不要改。"),
    ("必填", "单位代码或单位、科室、房间、姓名、岗位职务、工作职责、办公电话。"),
    ("空格", "系统中已有的人员，留空的单元格保持原有内容不变。名册中没有的人员不受影响。"),
    ("同名", "按“单位＋姓名”认人；同一单位有同名人员时再按科室和房间区分。同一科室不能有两行同名。"),
    ("岗位职务", "主要岗位写在最前，多个岗位用顿号、分号或换行分开，最多四个。"),
    ("工作职责", "每项用分号或换行分开，最多八项，每项不超过120字，写群众看得懂的话。"),
    ("电话", "写成0578-7000001的样子。单元格已设为文本，开头的0不会丢失。"),
    (
        "B岗",
        "写同一单位人员的姓名；单位有同名人员时写成“姓名（科室）”。没有写“无”，已登记的B岗随之取消；留空则保持不变。",
    ),
    ("人员类别", "、".join(KIND_WORDS.values()) + "。新人员留空按公务员登记。"),
    ("到岗日期", "写成2026-09-01或2026年9月1日。新人员留空按导入当天登记。"),
    (
        "照片",
        "写照片的文件名，照片另外打成一个ZIP包一起上传。支持JPEG、PNG、WebP，每张不超过8MB；HEIC请先转成JPEG。",
    ),
    ("公式", "不接受公式。请用“选择性粘贴—数值”。"),
)
HEADING = PatternFill("solid", start_color="DCE9E3")
GREY = Font(color="808080", italic=True)


def template(unit: Unit | None) -> bytes:
    """An empty roster with an example; with `unit`, its code and name stand in the example's row."""
    workbook = Workbook()
    sheet = _sheet(workbook, unit)
    own = {"unit_code": unit.code, "unit_name": unit.name} if unit else {"unit_code": "D001"}
    _write(sheet, 3, {**EXAMPLE, **own}, GREY)
    _help(workbook)
    if unit is None:
        units(workbook)
    return packed(workbook)


def export(people: CadreQuerySet, unit: Unit | None = None) -> bytes:
    """These people, of `unit` where they are of one, as a roster: handed in again unchanged, it changes nothing."""
    found = list(
        people.select_related("unit", "office", "stand_in", "stand_in__office").prefetch_related(
            "posts", "duties"
        )
    )
    workbook = Workbook()
    sheet = _sheet(workbook, unit)
    namesakes = _namesakes({cadre.unit_id for cadre in found})
    for row, cadre in enumerate(found, start=3):
        _write(sheet, row, _values(cadre, namesakes))
    _help(workbook)
    return packed(workbook)


def _namesakes(unit_ids: Iterable[int]) -> Counter[tuple[int, str]]:
    """How many people of a unit have a name."""
    rows = Cadre.objects.filter(unit__in=unit_ids).values_list("unit_id", "name")
    return Counter((unit_id, key(name)) for unit_id, name in rows)


def _values(cadre: Cadre, namesakes: Counter[tuple[int, str]]) -> dict[str, str]:
    return {
        "unit_code": cadre.unit.code,
        "unit_name": cadre.unit.name,
        "office": cadre.office.name,
        "room": cadre.office.room,
        "location": cadre.office.location,
        "name": cadre.name,
        "posts": "\n".join(post.title for post in cadre.posts.all()),
        "duties": "\n".join(duty.text for duty in cadre.duties.all()),
        "office_phone": cadre.office_phone,
        "mobile": cadre.mobile,
        "stand_in": _stand_in(cadre, namesakes),
        "employment_kind": KIND_WORDS[EmploymentKind(cadre.employment_kind)],
        "serves_from": cadre.serves_from.isoformat(),
    }


def _stand_in(cadre: Cadre, namesakes: Counter[tuple[int, str]]) -> str:
    """Empty, which changes nothing, where the name would not be found in the unit."""
    other = cadre.stand_in
    if other is None or other.unit_id != cadre.unit_id or other.serves_to is not None:
        return ""
    if namesakes[other.unit_id, key(other.name)] < 2:
        return other.name
    return f"{other.name}（{other.office.name} {other.office.room}）"


# --- Sheets ------------------------------------------------------------------------------------------------------


def _sheet(workbook: Workbook, unit: Unit | None) -> Worksheet:
    """Title, header and columns of text: a spreadsheet keeps the zero of 0578 and makes no date of 3-1."""
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "名册"
    put(sheet, 1, 1, f"{unit.name}{TITLE}" if unit else TITLE)
    sheet["A1"].font = Font(bold=True, size=14)
    for position, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = WIDTHS.get(column.field, USUAL_WIDTH)
        sheet.column_dimensions[letter].number_format = TEXT
        cell = sheet.cell(2, position, column.title + "*" * (column.field in REQUIRED))
        cell.font, cell.fill, cell.number_format = Font(bold=True), HEADING, TEXT
    sheet.freeze_panes = "A3"
    _kinds(sheet)
    return sheet


def _kinds(sheet: Worksheet) -> None:
    position = next(n for n, column in enumerate(COLUMNS, start=1) if column.field == "employment_kind")
    letter = get_column_letter(position)
    choice = DataValidation(type="list", formula1='"' + ",".join(KIND_WORDS.values()) + '"', allow_blank=True)
    choice.add(f"{letter}3:{letter}5000")
    sheet.add_data_validation(choice)


def _write(sheet: Worksheet, row: int, values: dict[str, str], font: Font | None = None) -> None:
    for position, column in enumerate(COLUMNS, start=1):
        put(sheet, row, position, values.get(column.field, ""))
        if font is not None:
            sheet.cell(row, position).font = font


def put(sheet: Worksheet, row: int, position: int, value: str) -> None:
    """A string whatever it looks like, and nothing that a spreadsheet would work out (formula injection)."""
    text = ILLEGAL_CHARACTERS_RE.sub("", quoted(value))
    if text:
        cell = sheet.cell(row, position)
        cell.value = text
        cell.data_type, cell.number_format = "s", TEXT
        cell.alignment = Alignment(vertical="top", wrap_text="\n" in text)


def _help(workbook: Workbook) -> None:
    explain(workbook, "填写说明", (14, 100), HELP)


def units(workbook: Workbook) -> None:
    """A sheet of the codes by which rows name their unit."""
    rows = [
        ("代码", "单位", "又名"),
        *Unit.objects.filter(valid_to=None).values_list("code", "name", "alias"),
    ]
    explain(workbook, "单位代码表", (12, 36, 24), rows)


def explain(workbook: Workbook, title: str, widths: Sequence[int], rows: Iterable[Sequence[Any]]) -> None:
    """A sheet beside the table, to be read."""
    sheet = workbook.create_sheet(title)
    for position, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = width
    for row, values in enumerate(rows, start=1):
        for position, value in enumerate(values, start=1):
            put(sheet, row, position, value)
            sheet.cell(row, position).alignment = Alignment(vertical="top", wrap_text=True)


def packed(workbook: Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
