"""The plaque's measures, colours and fixed words. All in millimetres, from its upper left corner."""

from dataclasses import dataclass
from typing import Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm

WIDTH: Final = 200.0
HEIGHT: Final = 120.0
PAGE_WIDTH, PAGE_HEIGHT = (edge / mm for edge in landscape(A4))
LEFT: Final = (PAGE_WIDTH - WIDTH) / 2
TOP: Final = (PAGE_HEIGHT - HEIGHT) / 2
BLEED: Final = 3.0  # colour beyond the edge, so that a cut half a millimetre off leaves no white sliver
MARK: Final = 6.0
MARK_GAP: Final = 4.0

MARGIN: Final = 6.8
BAND: Final = 16.8
FOOT: Final = 13.2
FOOT_TOP: Final = HEIGHT - FOOT
BODY: Final = 22.0
BODY_END: Final = 85.8
GUTTER: Final = 5.6

PHOTO_WIDTH: Final = 45.6  # 5:7, as the photo is cropped when it comes in
PHOTO_HEIGHT: Final = BODY_END - BODY
PHOTO_RADIUS: Final = 1.6

QR_SIZE: Final = 30.0  # 25 at least; measured for a worn plaque at arm's length
QR_FRAME: Final = 40.0  # holds the quiet zone of every version: 38.3 mm at version 3
QR_LEFT: Final = WIDTH - MARGIN - QR_FRAME
SCAN_SIZE: Final = 3.9
SCAN_MIDDLE: Final = 67.0
SCAN_MORE_SIZE: Final = 3.5
SCAN_MORE_MIDDLE: Final = 72.8
CODE_SIZES: Final = (3.5, 2.4)
CODE_TRACKING: Final = 0.03
CODE_BASELINE: Final = 84.6

TEXT_LEFT: Final = MARGIN + PHOTO_WIDTH + GUTTER
TEXT_WIDTH: Final = QR_LEFT - GUTTER - TEXT_LEFT

UNIT_SIZES: Final = (6.0, 3.2)
UNIT_LEADING: Final = 1.2
UNIT_ONE_LINE: Final = 4.4  # below this, two lines read better than one
SERIAL_SIZES: Final = (4.0, 3.0)
SERIAL_WIDTH: Final = 76.0
BAND_GAP: Final = 6.0

NAME_ONE_LINE_SMALLEST: Final = 7.4
NAME_TWO_LINES: Final = 0.58  # of the size a single line would have
NAME_SMALLEST: Final = 3.2
NAME_LONGEST: Final = 50  # characters, the longest name the population register holds
NAME_TRACKING: Final = {2: 0.25, 3: 0.12, 4: 0.06}  # ems between the characters of short names
NAME_LEADING: Final = 1.15
NAME_RAISE: Final = 0.05  # so that the ink, not the em square, is level with the photo
NAME_BREAK_COST: Final = 1.4
INTERPUNCT: Final = "·"

POST_LEADING: Final = 1.28
POST_SMALLEST: Final = 3.4
OTHER_POST_SMALLEST: Final = 2.8
DUTY_APART: Final = 0.4  # of their size, between duties, where there is room to spare
DUTY_INDENT: Final = 1.5  # ems in front of a duty
RULE_ABOVE: Final = 0.9  # of the gap, on either side of the rule
META_SMALLEST: Final = 2.8
META_COMFORTABLE: Final = 0.85  # of the density's size: below that, room and phone get a line each

SLOTS: Final = ("在岗", "开会", "外出办事", "下乡", "出差", "请休假")
SLOT_TOP: Final = 91.6
SLOT_HEIGHT: Final = 10.2  # a round magnet of 10 mm stays inside
SLOT_GAP: Final = 2.0
SLOT_RADIUS: Final = 1.6
SLOT_SIZE: Final = 4.2
FOOT_SIZES: Final = (4.2, 2.8)
FOOT_GAP: Final = 6.0
TAG_SIZE: Final = 3.8
NOTE_SIZE: Final = 3.2
NOTE_BELOW: Final = 20.0

# How much of a size stands above and below the baseline: the em square, which holds a character's ink.
ASCENT: Final = 0.88
DESCENT: Final = 0.12


@dataclass(frozen=True, slots=True)
class Density:
    """How closely the text column is set."""

    name: float
    post: float
    other_post: float
    duty: tuple[float, float]  # largest, smallest
    meta: float
    leading: float
    gap: float
    one_row: bool = False  # room, phone and stand-in together


# Tried in order until all duties fit; after the last one they are cut. 2.5 mm is 7 point: an arm's length.
DENSITIES: Final = (
    Density(15.6, 6.0, 4.6, (4.4, 3.9), 4.4, 1.45, 2.6),
    Density(13.4, 6.0, 4.4, (4.3, 3.7), 4.2, 1.42, 2.2),
    Density(11.6, 5.6, 4.2, (4.0, 3.4), 4.0, 1.40, 1.9),
    Density(10.0, 5.2, 4.0, (3.6, 3.0), 3.7, 1.34, 1.6, one_row=True),
    Density(8.6, 4.8, 3.6, (3.2, 2.5), 3.3, 1.24, 1.3, one_row=True),
)

# The tokens of the product's look (DESIGN 9), as they print.
CELADON_900: Final = "#17362d"
CELADON_700: Final = "#2c5f50"
CELADON_500: Final = "#5e9682"
CELADON_200: Final = "#cfe3da"
CELADON_100: Final = "#e4f0ea"
PHOTO_GROUND: Final = "#c9d8d1"
INK: Final = "#1d2321"
MUTED: Final = "#56625d"
CINNABAR: Final = "#a32b22"
WHITE: Final = "#ffffff"
LINE: Final = "#d9e2dd"

AUTHOR: Final = "龙泉市效能办"
TITLE: Final = "干部身份证门牌"
CARD_TITLE: Final = "龙泉市 干部身份证"
SCAN: Final = "扫码看此刻是否在岗"
SCAN_MORE: Final = "查证·投诉·表扬"
UNIT_HOTLINE: Final = "本单位监督电话"
CITY_HOTLINE: Final = "市“效能直通车”"
SUPERVISED: Final = "市效能办监制"
PHONE: Final = "电话"
STAND_IN: Final = "B 岗"
SEPARATOR: Final = "；"
DEMO: Final = "演示"
PRINT_NOTE: Final = "按实际大小（100%）打印，沿裁切线裁下；下面的线段应长 50 毫米"
