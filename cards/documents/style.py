"""What all printed documents share: colours, fixed words, and how a line stands in its em square."""

from typing import Final

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

# How much of a size stands above and below the baseline: the em square, which holds a character's ink.
ASCENT: Final = 0.88
DESCENT: Final = 0.12

NAME_LONGEST: Final = 50  # characters, the longest name the population register holds
NAME_TRACKING: Final = {2: 0.25, 3: 0.12, 4: 0.06}  # ems between the characters of short names
NAME_LEADING: Final = 1.15
NAME_RAISE: Final = 0.05  # so that the ink, not the em square, is level with the photo
NAME_TWO_LINES: Final = 0.58  # of the size a single line would have
NAME_BREAK_COST: Final = 1.4
INTERPUNCT: Final = "·"

POST_LEADING: Final = 1.28
DUTY_APART: Final = 0.4  # of their size, between duties, where there is room to spare
DUTY_INDENT: Final = 1.5  # ems in front of a duty
CODE_TRACKING: Final = 0.03

AUTHOR: Final = "龙泉市效能办"
CARD_TITLE: Final = "龙泉市 干部身份证"
SCAN: Final = "扫码看此刻是否在岗"
SCAN_MORE: Final = "查证·投诉·表扬"
UNIT_HOTLINE: Final = "本单位监督电话"
CITY_HOTLINE: Final = "市“效能直通车”"
SUPERVISED: Final = "市效能办监制"
PHONE: Final = "电话"
STAND_IN: Final = "B 岗"
ELSEWHERE: Final = {"secondment": "借调", "village_post": "驻村", "service_hall": "服务窗口"}
SEPARATOR: Final = "；"
DEMO: Final = "演示"
