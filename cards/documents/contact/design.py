"""A contact card's measures and fixed words: 90 x 54 mm, ten to a page of A4, in millimetres.

The cards lie side by side, as on ready-made card stock. So no ink comes near a cut: a card cut half a
millimetre off shows nothing of its neighbour.
"""

from dataclasses import dataclass
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

WIDTH: Final = 90.0
HEIGHT: Final = 54.0
COLUMNS: Final = 2
ROWS: Final = 5
PER_PAGE: Final = COLUMNS * ROWS
#: As they are counted on the sheet.
PLACES: Final = range(1, PER_PAGE + 1)
PAGE_WIDTH, PAGE_HEIGHT = (edge / mm for edge in A4)
LEFT: Final = (PAGE_WIDTH - COLUMNS * WIDTH) / 2
TOP: Final = (PAGE_HEIGHT - ROWS * HEIGHT) / 2
MARK: Final = 4.0
MARK_GAP: Final = 2.0

MARGIN: Final = 4.6
ROOM: Final = WIDTH - 2 * MARGIN
BAR: Final = 4.0
BAR_END: Final = 5.4
BODY: Final = 8.2

PHOTO_WIDTH: Final = 18.2
PHOTO_HEIGHT: Final = PHOTO_WIDTH * 7 / 5
PHOTO_RADIUS: Final = 0.8

QR_SIZE: Final = 20.0  # 18 at least; measured under blur
QR_FRAME: Final = 25.6  # holds the quiet zone of every version: 25.5 mm at version 3
QR_LEFT: Final = WIDTH - MARGIN - QR_FRAME

TEXT_LEFT: Final = MARGIN + PHOTO_WIDTH + 2.8
TEXT_WIDTH: Final = QR_LEFT - 2.2 - TEXT_LEFT
TEXT_END: Final = BODY + PHOTO_HEIGHT + 0.4

PHONES: Final = 36.8
PHONE_SIZES: Final = (3.1, 2.1)
PHONE_GAP: Final = 1.6  # ems
DUTIES: Final = 39.0
DUTIES_END: Final = 44.8
DUTY_SIZES: Final = (2.4, 2.0)
DUTY_LEADING: Final = 1.35
RULE: Final = 45.5
HOTLINES: Final = 47.7
HOTLINE_SIZES: Final = (2.5, 1.8)
HOTLINE_GAP: Final = 2.0
FOOT: Final = 50.8
FOOT_SIZE: Final = 2.1
FOOT_SMALLEST: Final = 1.7
FOOT_GAP: Final = 1.0  # ems

NAME_SMALLEST: Final = 2.2
NAME_LINES: Final = 4
UNIT_SMALLEST: Final = 2.0
POST_SMALLEST: Final = 2.0
OTHER_POST_SMALLEST: Final = 1.9
ROOM_SMALLEST: Final = 1.9
LEADING: Final = 1.32


@dataclass(frozen=True, slots=True)
class Density:
    """How closely the text beside the photo is set."""

    name: float
    one_line: float
    unit: float
    post: float
    other_post: float
    room: float
    gap: float
    most: int = 2  # lines of a post or a room


# Of those that fit, the first that shows the most of what is long.
DENSITIES: Final = (
    Density(7.2, 4.0, 3.1, 2.8, 2.5, 2.7, 1.4),
    Density(6.2, 3.6, 2.8, 2.6, 2.3, 2.4, 0.6),
    Density(5.0, 3.2, 2.5, 2.4, 2.1, 2.2, 0.3),
    Density(4.2, 3.0, 2.2, 2.1, 1.9, 1.9, 0.1),
    Density(4.2, 3.0, 2.2, 2.1, 1.9, 1.9, 0.1, most=1),
)

TITLE: Final = "干部工作联系卡"
OFFICE_PHONE: Final = "办公电话"
MOBILE: Final = "手机"
PRINT_NOTE: Final = "按实际大小（100%）打印，沿裁切线裁下；右边的线段应长 50 毫米"
NOTE_SIZE: Final = 2.3
NOTE_BELOW: Final = 8.0
