"""The sheet to be filled in. Chinese, like what 12345 hands over."""

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from cards.roster.reading import EXAMPLE as MARK
from cards.roster.writing import GREY, HEADING, TEXT, explain, packed, put, units
from complaints.hotline.columns import COLUMNS, REQUIRED

WIDTHS = {"received_at": 18, "unit": 22, "text": 60, "occasion": 30, "number": 26, "person": 18}
USUAL_WIDTH = 16
#: Invented; left out when the sheet comes back with it.
EXAMPLE = {
    "number": f"{MARK}DH20261124000001",
    "received_at": "2026-11-24 09:30",
    "unit": "D001",
    "person": "叶青禾",
    "text": "11月24日上午到窗口办理业务，等了四十分钟没有人接待。",
    "occasion": "11月24日上午，一楼3号窗口",
    "contact_name": "王女士",
    "contact_phone": "19900000001",
}
HELP = (
    (
        "怎样填写",
        "一张工单一行，一次不超过1000行。灰色的示例行可以保留，导入时自动略过。列的顺序可以调整，多出的列不读取。",
    ),
    ("工单编号", "必填，照抄12345的编号。已经导入过的编号自动略过，不会重复立案。"),
    (
        "受理时间",
        "必填，写12345受理的时间，三日办结从这一天起算，不早于60天前。"
        "写成2026-11-24 09:30、2026/11/24 9:30或2026年11月24日 9:30。",
    ),
    ("单位", "必填，写单位代码、全称或简称，代码见“单位代码表”。"),
    ("姓名/证号", "反映到个人的，写姓名或证号；同名的写证号。反映单位的留空。"),
    ("诉求内容", "必填，不超过5000字。"),
    ("时间地点", "选填，不超过200字。"),
    ("联系人、联系电话", "选填。来电人要求保密的，两格都留空。"),
    ("公式", "不接受公式。请用“选择性粘贴—数值”。"),
)


def template() -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "12345工单"
    for position, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = WIDTHS.get(column.field, USUAL_WIDTH)
        # A spreadsheet would round a long number and drop the zero of a phone.
        sheet.column_dimensions[letter].number_format = TEXT
        put(sheet, 1, position, column.title + "*" * (column.field in REQUIRED))
        sheet.cell(1, position).font, sheet.cell(1, position).fill = Font(bold=True), HEADING
        put(sheet, 2, position, EXAMPLE[column.field])
        sheet.cell(2, position).font = GREY
    sheet.freeze_panes = "A2"
    explain(workbook, "填写说明", (18, 100), HELP)
    units(workbook)
    return packed(workbook)
