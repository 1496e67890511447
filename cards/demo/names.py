"""Invented names: syllables that few parents choose, so that nobody finds themselves. The same seed, the same people."""

import random

SURNAMES = [
    "叶",
    "吴",
    "周",
    "季",
    "项",
    "李",
    "张",
    "王",
    "陈",
    "刘",
    "毛",
    "徐",
    "柳",
    "金",
    "汤",
    "林",
    "胡",
    "朱",
    "沈",
    "杨",
    "管",
    "郑",
    "何",
    "俞",
    "鲍",
    "廖",
    "邱",
    "潘",
    "练",
    "蒋",
    "黄",
    "赵",
    "方",
    "郭",
    "范",
    "夏",
    "姚",
    "梅",
    "翁",
    "曾",
    "单",
    "仇",
    "解",
    "查",
    "任",
    "华",
    "乐",
    "翟",
    "缪",
    "尉迟",
    "欧阳",
    "上官",
    "蓝",
    "雷",
    "钟",
]
#: The surnames of the She people, most of whom live in one township.
SHE_SURNAMES = ("蓝", "雷", "钟")
SHE_UNIT = "T203"
FIRST = [
    "知",
    "予",
    "望",
    "砚",
    "沐",
    "景",
    "云",
    "书",
    "清",
    "若",
    "闻",
    "以",
    "嘉",
    "松",
    "竹",
    "芷",
    "溪",
    "禾",
    "岚",
    "晏",
    "怀",
    "既",
    "攸",
    "令",
    "叔",
    "元",
    "未",
    "星",
    "南",
    "时",
]
WOMEN = [
    "棠",
    "微",
    "澜",
    "笙",
    "语",
    "澄",
    "蘅",
    "苒",
    "芮",
    "筠",
    "漪",
    "荞",
    "玥",
    "宜",
    "绾",
    "黛",
    "霁",
    "素",
    "葭",
    "枝",
]
MEN = [
    "舟",
    "川",
    "岑",
    "谷",
    "远",
    "昀",
    "屿",
    "磊",
    "峤",
    "霆",
    "朔",
    "衍",
    "钧",
    "畴",
    "屹",
    "渊",
    "翰",
    "稷",
    "崧",
    "樵",
]
SINGLE = ["苇", "稔", "榆", "棣", "珩", "曈", "峥", "骞", "旻", "黎"]
#: What printing and searching must cope with: a character beyond the first plane, interpuncts, a surname read otherwise.
SPECIAL = (
    ("韦诉𬱖", False),
    ("阿依古丽·买买提江", True),
    ("单竹", True),
    ("尉迟怀瑾", False),
    ("努尔兰别克·阿不都沙塔尔·吐尔逊", False),
    ("仇砚秋", True),
    ("曾予喆", False),
    ("欧阳若蘅", True),
)


def person(chance: random.Random, unit_code: str, taken: set[str]) -> tuple[str, bool]:
    """A name that nobody in the unit has yet, and whether it is a woman's."""
    while True:
        woman = chance.random() < 0.45
        name = _surname(chance, unit_code) + _given(chance, woman)
        if name not in taken:
            taken.add(name)
            return name, woman


def _surname(chance: random.Random, unit_code: str) -> str:
    if unit_code == SHE_UNIT and chance.random() < 0.6:
        return chance.choice(SHE_SURNAMES)
    return chance.choice(SURNAMES)


def _given(chance: random.Random, woman: bool) -> str:
    if chance.random() < 0.12:
        return chance.choice(SINGLE)
    return chance.choice(FIRST) + chance.choice(WOMEN if woman else MEN)
