"""A combined plaque's measures and fixed words: 273 x 186 mm on A4 landscape, in millimetres from its corner.

One orientation for every number of people, so that one kind of frame serves a whole corridor.
"""

from dataclasses import dataclass
from typing import Final, Literal

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm

WIDTH: Final = 273.0
HEIGHT: Final = 186.0
PAGE_WIDTH, PAGE_HEIGHT = (edge / mm for edge in landscape(A4))
LEFT: Final = (PAGE_WIDTH - WIDTH) / 2
TOP: Final = (PAGE_HEIGHT - HEIGHT) / 2
BLEED: Final = 3.0
MARK: Final = 3.6
MARK_GAP: Final = 3.8  # printers leave 4 mm of a page white

MARGIN: Final = 9.0
BAND: Final = 17.6
FOOT: Final = 11.6
FOOT_TOP: Final = HEIGHT - FOOT
BODY: Final = 22.8
BODY_END: Final = FOOT_TOP - 4.8
COLUMN_GAP: Final = 8.0
ROW_GAP: Final = 6.4

UNIT_SIZES: Final = (6.6, 3.4)
UNIT_ONE_LINE: Final = 5.0
UNIT_LEADING: Final = 1.2
ROOM_WIDTH: Final = 112.0
ROOM_SIZES: Final = (5.4, 3.0)
TITLE_SIZE: Final = 3.1
BAND_GAP: Final = 6.0
TAG_SIZE: Final = 3.8
FOOT_SIZES: Final = (4.0, 2.8)
FOOT_GAP: Final = 8.0
NOTE_SIZE: Final = 2.5
NOTE_BELOW: Final = 6.0
NOTE_GAP: Final = 6.0

PHOTO_RADIUS: Final = 1.2
CAPTION_SIZES: Final = (3.3, 2.0)
CAPTION_LEADING: Final = 1.35
CAPTION_ABOVE: Final = 0.4
GUTTER: Final = 4.2
SLOT_GAP: Final = 2.2
SLOT_RADIUS: Final = 1.4
SLOT_LABEL: Final = 12.0  # beside it a slip of 43 mm fits in every arrangement: one set serves a whole unit
SLOT_SIZE: Final = 3.5

NAME_SMALLEST: Final = 2.3
NAME_LINES: Final = 3
POST_SMALLEST: Final = 2.6
OTHER_POST_SMALLEST: Final = 2.4
POST_CLOSEST: Final = 0.9  # a post stays larger than the duties below it
DUTY_SMALLEST: Final = 2.4  # 7 point: an arm's length
PHONE_SMALLEST: Final = 2.5
PHONE_LEADING: Final = 1.3
BESIDE: Final = 0.5  # of a row: a name up to so wide has its posts beside it
INFO_SIZES: Final = (5.6, 4.2)


@dataclass(frozen=True, slots=True)
class Density:
    """How closely a person's text is set."""

    name: float
    one_line: float
    post: float
    other_post: float
    duty: float
    phone: float
    leading: float
    gap: float


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How so many people share the sheet: text beside the photo, or below photo and code."""

    columns: int
    rows: int
    text: Literal["beside", "below"]
    photo: float  # its width; 5:7
    qr: float  # 25 at least
    frame: float  # holds the quiet zone of every version
    slot: float  # its height
    density: Density
    wide_slot: bool = True
    hint: bool = False  # what scanning gives, below each code
    compact: bool = False  # posts and phone beside a short name, duties in one paragraph


_FOUR: Final = Density(9.6, 5.0, 4.2, 3.4, 3.5, 3.8, 1.42, 1.7)
_SIX: Final = Density(8.4, 4.6, 3.7, 3.1, 3.1, 3.4, 1.36, 1.0)
_EIGHT: Final = Density(7.4, 4.0, 3.2, 2.7, 2.8, 3.1, 1.3, 1.2)
_SIX_PEOPLE: Final = Arrangement(2, 3, "beside", 28.0, 25.0, 32.0, 9.4, _SIX, wide_slot=False)
_EIGHT_PEOPLE: Final = Arrangement(4, 2, "below", 22.8, 25.0, 32.0, 9.0, _EIGHT, compact=True)

#: Of five and seven people the place that stays free tells what scanning is for.
ARRANGEMENTS: Final[dict[int, Arrangement]] = {
    2: Arrangement(
        2, 1, "below", 50.0, 36.0, 46.0, 13.0, Density(14.0, 7.0, 5.8, 4.6, 4.6, 5.0, 1.45, 2.6), hint=True
    ),
    3: Arrangement(
        3, 1, "below", 40.0, 26.6, 34.0, 12.0, Density(11.6, 6.0, 5.0, 4.0, 4.0, 4.4, 1.45, 2.4), hint=True
    ),
    4: Arrangement(2, 2, "beside", 37.0, 25.4, 32.5, 10.4, _FOUR, hint=True),
    5: _SIX_PEOPLE,
    6: _SIX_PEOPLE,
    7: _EIGHT_PEOPLE,
    8: _EIGHT_PEOPLE,
}
#: Steps in which text is set closer until all fits, with the lines that posts may take; then it is cut.
STEPS: Final = ((1.0, 2), (0.92, 2), (0.84, 2), (0.76, 2), (0.68, 2), (0.6, 2), (0.6, 1))

TITLE: Final = "干部身份证同室门牌"
WHEREABOUTS: Final = "去向"
INFO: Final = "何时回来、谁来代办"
PRINT_NOTE: Final = "按实际大小（100%）打印，沿裁切线裁下；右边的线段应长 50 毫米"
