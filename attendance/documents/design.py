"""The blank sheet's measures and fixed words: A4 upright, in millimetres."""

from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

PAGE_WIDTH, PAGE_HEIGHT = (edge / mm for edge in A4)
MARGIN: Final = 12.0
LEFT, RIGHT = MARGIN, PAGE_WIDTH - MARGIN

TITLE: Final = "一日一表·每日巡查登记表"
TITLE_SIZE: Final = 5.6
TITLE_MIDDLE: Final = 16.0
UNIT_SIZES: Final = (4.4, 3.0)
UNIT_MIDDLE: Final = 25.5
WHEN_SIZE: Final = 3.5
WHEN_MIDDLE: Final = 33.5
#: Where the column heads begin: below the full head of the first page, below one line on all others.
HEAD_FIRST: Final = 38.0
HEAD_OTHERS: Final = 20.0
RUNNING_MIDDLE: Final = 15.5
RUNNING_SIZE: Final = 3.2

COLUMN_HEAD: Final = 8.0
COLUMN_HEAD_SIZE: Final = 2.9
#: High enough for handwriting, and for a name of fifty characters in four lines.
ROW: Final = 8.6
#: A building and floor, above its rooms.
PART: Final = 6.6
PART_SIZE: Final = 3.3
ROWS_END: Final = 266.0

#: Head and width of each column; together as wide as the page without its margins.
COLUMNS: Final = (
    ("房间", 20.0),
    ("姓名", 28.0),
    ("岗位", 31.0),
    ("相符", 10.0),
    ("迟到", 10.0),
    ("去向不符", 13.0),
    ("脱岗", 10.0),
    ("其他", 10.0),
    ("核实方式", 23.0),
    ("时间、情况", RIGHT - LEFT - 155.0),
)
#: Of the columns: with a box to tick.
TICKED: Final = range(3, 8)
VERIFIED_COLUMN: Final = 8
VERIFIED: Final = ("见", "电", "登")
BOX: Final = 3.8
SMALL_BOX: Final = 2.8
SMALL_SIZE: Final = 2.6

CELL: Final = 1.0  # kept free at both sides of a cell
NAME_SIZES: Final = (4.2, 1.7)
ROOM_SIZES: Final = (3.3, 1.8)
POST_SIZES: Final = (2.9, 1.8)
CELL_LEADING: Final = 1.12

SIGN_MIDDLE: Final = 273.5
SIGN_SIZE: Final = 3.5
LEGEND_TOP: Final = 278.5
LEGEND_SIZE: Final = 2.45
LEGEND_LEADING: Final = 1.4

DAY_BLANK: Final = "日期：＿＿＿＿年＿＿月＿＿日"
ROUND: Final = "第＿＿轮"
CLOCK: Final = "时间：＿＿时＿＿分"
DUE: Final = "名单 {number} 人"
SIGN: Final = "检查人（签名）：＿＿＿＿＿＿＿＿＿＿＿＿"
SIGNED_AT: Final = "签名时间：＿＿月＿＿日＿＿时＿＿分"
PAGE: Final = "第 {page} 页，共 {pages} 页"
WEEKDAYS: Final = "一二三四五六日"
LEGEND: Final = (
    "相符的可以不填；有问题的在相应栏内打“√”，并写明时间和情况。"
    "核实方式：见，见到本人；电，电话核实；登，仅凭登记。本人不查本人。"
    "本表应在 {days} 个工作日内录入系统，当事人录入后即时可见，并可陈述申辩。"
)
#: For a character that no font has, as printers have always done; the plaque of such a name is not printed at all.
MISSING: Final = "〓"
