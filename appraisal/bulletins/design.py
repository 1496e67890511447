"""The measures of GB/T 9704-2012 (DOMAIN §9), in millimetres from the upper left corner of A4 upright."""

from typing import Final

PT: Final = 25.4 / 72
PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0

# --- The type area ----------------------------------------------------------------------------------------------------

LEFT: Final = 28.0
TOP: Final = 37.0
WIDTH: Final = 156.0
HEIGHT: Final = 225.0
RIGHT: Final = LEFT + WIDTH
BOTTOM: Final = TOP + HEIGHT

LINES: Final = 22
CHARACTERS: Final = 28
#: 3号, and the field of a character: 28 of them are 156 mm, so they stand a fifth of a point closer than they are wide.
BODY: Final = 16 * PT
FIELD: Final = WIDTH / CHARACTERS
TRACKING: Final = FIELD / BODY - 1
#: 22 lines fill the type area from the top of the first character to the foot of the last: 29.6 pt, which is the
#: standard's own line (a character and seven eighths of one). Word's grid of 22 lines is 28.95 pt.
PITCH: Final = (HEIGHT - BODY) / (LINES - 1)

# --- The first page ---------------------------------------------------------------------------------------------------

RED: Final = "#d8000f"
BLACK: Final = "#000000"
GREY: Final = "#56625d"

#: The top of its ink, which stands this much of the size above the baseline.
HEADING_TOP: Final = TOP + 35.0
HEADING_INK: Final = 0.85
HEADING_SIZES: Final = (42 * PT, 16 * PT)
HEADING_WIDEST: Final = 0.2  # tracking, in ems
HEADING_FILLS: Final = 0.88  # of the type area, where tracking allows
RULE_BELOW: Final = 4.0
RULE: Final = 0.5
TITLE: Final = 22 * PT
TITLE_PITCH: Final = 33 * PT
TITLE_SMALLEST: Final = 12 * PT
TITLE_MOST: Final = 5  # lines in full size

# --- The foot ---------------------------------------------------------------------------------------------------------

#: The dashes of the page number, below the type area; they stand this much of the size above the baseline.
NUMBER_BELOW: Final = 7.0
NUMBER: Final = 14 * PT
DASH: Final = 0.355

IMPRINT: Final = 14 * PT
IMPRINT_ROW: Final = 8.6
IMPRINT_LEADING: Final = 7.2
THICK: Final = 0.35
THIN: Final = 0.25
#: Kept free above it.
IMPRINT_APART: Final = 8.0

MARK: Final = 12 * PT
MARK_BASELINE: Final = 27.0

# --- Tables -----------------------------------------------------------------------------------------------------------

#: Kept free at both sides, and the least where a number needs the room.
CELL: Final = 0.8
CELL_LEAST: Final = 0.3
CELL_SIZES: Final = (9 * PT, 5 * PT)
HEAD_SIZES: Final = (9 * PT, 5.5 * PT)
CELL_LEADING: Final = 1.2
ROW: Final = 6.3
HEAD_ROW: Final = 6.6
VERTICAL_MOST: Final = 9  # characters below each other
CODE_SIZE: Final = 7.2 * PT
CODE_GROUP: Final = 8
CODE_APART: Final = 0.4  # ems between groups
NOTE: Final = 10.5 * PT
NOTE_LEADING: Final = 1.5
GRID: Final = 0.2
FRAME: Final = 0.35
#: For a character that no font has, as printers have always done.
MISSING: Final = "〓"
