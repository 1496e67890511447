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
NAME_SMALLEST: Final = 3.2

POST_SMALLEST: Final = 3.4
OTHER_POST_SMALLEST: Final = 2.8
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

TITLE: Final = "干部身份证门牌"
PRINT_NOTE: Final = "按实际大小（100%）打印，沿裁切线裁下；下面的线段应长 50 毫米"
