"""An activation slip's measures and fixed words: eight to a page of A4, two by four, with lines to cut along."""

from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

PAGE_WIDTH, PAGE_HEIGHT = (edge / mm for edge in A4)
COLUMNS: Final = 2
ROWS: Final = 4
WIDTH: Final = PAGE_WIDTH / COLUMNS
HEIGHT: Final = PAGE_HEIGHT / ROWS

MARGIN: Final = 9.0  # printers leave 5 mm of a page white
HEAD_MIDDLE: Final = 8.6
HEAD_SIZE: Final = 3.3
HEAD_RULE: Final = 12.0
TAG_SIZE: Final = 2.8

QR_SIZE: Final = 18.0
QR_FRAME: Final = 24.0  # holds the quiet zone from version 2 up
QR_LEFT: Final = WIDTH - MARGIN - QR_FRAME
QR_TOP: Final = 15.2
SCAN_MIDDLE: Final = QR_TOP + QR_FRAME + 2.4
SCAN_SIZE: Final = 2.3

TEXT_WIDTH: Final = QR_LEFT - MARGIN - 4.0
NAME_TOP: Final = 15.4
NAME_SIZES: Final = (7.2, 2.3)  # 50 characters in two lines
NAME_ONE_LINE_SMALLEST: Final = 4.2
PLACE_SIZES: Final = (2.9, 2.1)
PLACE_LEADING: Final = 1.3
PLACE_LINES: Final = 2
LABEL_SIZE: Final = 2.3
USER_LABEL: Final = 33.6
USER_MIDDLE: Final = 37.8
USER_SIZES: Final = (4.4, 2.4)
CODE_LABEL: Final = 46.8
CODE_MIDDLE: Final = 52.4
CODE_SIZES: Final = (6.2, 3.6)
CODE_TRACKING: Final = 0.08
CODE_GAP: Final = 0.9  # ems between the groups, so that four characters are read and typed at a time
STEPS_TOP: Final = 58.2
STEPS_END: Final = HEIGHT - 5.2
STEP_SIZES: Final = (2.35, 1.9)
STEP_LEADING: Final = 1.4

TITLE: Final = "干部身份证账号激活单"
HEAD: Final = "龙泉市 干部身份证·激活单"
SCAN: Final = "扫码打开激活页面"
USER_NAME: Final = "用户名"
CODE: Final = "激活码（只能使用一次）"
UNTIL: Final = "有效期至"
STEPS: Final = (
    "扫描右上方的二维码，或在浏览器中打开 {url}",
    "输入用户名和激活码，自己设定一个密码。",
    "用后销毁本单。任何人都不会向您索要激活码或密码。",
)
