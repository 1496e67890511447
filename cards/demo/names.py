"""Invented names: syllables that few parents choose, so that nobody finds themselves."""

import random

SURNAMES = tuple(
    "叶吴周季项李张王陈刘毛徐柳金汤林胡朱沈杨管郑何俞鲍廖邱潘练蒋黄赵方郭范夏姚梅翁曾单仇解查任华乐翟缪蓝雷钟"
)
COMPOUND = ("尉迟", "欧阳", "上官", "司徒")
#: The surnames of the She people, most of whom live in one township.
SHE_SURNAMES = ("蓝", "雷", "钟")
SHE_UNIT = "T203"
FIRST = tuple("知予望砚沐景云书清若闻以嘉松竹芷溪禾岚晏怀既攸令叔元未星南时")
WOMEN = tuple("棠微澜笙语澄蘅苒芮筠漪荞玥宜绾黛霁素葭枝")
MEN = tuple("舟川岑谷远昀屿磊峤霆朔衍钧畴屹渊翰稷崧樵")
SINGLE = tuple("苇稔榆棣珩曈峥骞旻黎")
#: What printing and searching cope with: a character beyond the first plane, interpuncts, surnames read otherwise.
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
    return chance.choice(COMPOUND if chance.random() < 0.02 else SURNAMES)


def _given(chance: random.Random, woman: bool) -> str:
    if chance.random() < 0.12:
        return chance.choice(SINGLE)
    return chance.choice(FIRST) + chance.choice(WOMEN if woman else MEN)
