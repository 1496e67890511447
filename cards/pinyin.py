"""Search keys of a name: full pinyin and initials, with surnames read as surnames."""

#: Read wrongly by plain pinyin when they are surnames (DOMAIN §7); compound surnames first.
SURNAMES = {
    surname: tuple(reading.split())
    for surname, reading in {
        "尉迟": "yu chi",
        "单于": "chan yu",
        "万俟": "mo qi",
        "长孙": "zhang sun",
        "澹台": "tan tai",
        "令狐": "ling hu",
        "宇文": "yu wen",
        "鲜于": "xian yu",
        "呼延": "hu yan",
        "皇甫": "huang fu",
        "欧阳": "ou yang",
        "上官": "shang guan",
        "司马": "si ma",
        "司徒": "si tu",
        "诸葛": "zhu ge",
        "夏侯": "xia hou",
        "东方": "dong fang",
        "公孙": "gong sun",
        "慕容": "mu rong",
        "赫连": "he lian",
        "申屠": "shen tu",
        "太史": "tai shi",
        "濮阳": "pu yang",
        "淳于": "chun yu",
        "闾丘": "lv qiu",
        "亓官": "qi guan",
        "宰父": "zai fu",
        "单": "shan",
        "曾": "zeng",
        "仇": "qiu",
        "解": "xie",
        "查": "zha",
        "区": "ou",
        "朴": "piao",
        "盖": "ge",
        "任": "ren",
        "华": "hua",
        "宁": "ning",
        "乐": "yue",
        "翟": "zhai",
        "缪": "miao",
        "秘": "bi",
        "冼": "xian",
        "种": "chong",
        "重": "chong",
        "召": "shao",
        "折": "she",
        "黑": "he",
        "员": "yun",
        "佴": "nai",
        "谌": "chen",
        "覃": "qin",
        "车": "che",
        "褚": "chu",
        "郇": "xun",
        "都": "du",
        "干": "gan",
        "葛": "ge",
        "句": "gou",
        "过": "guo",
        "哈": "ha",
        "纪": "ji",
        "隗": "kui",
        "逯": "lu",
        "牟": "mu",
        "能": "nai",
        "粘": "nian",
        "逄": "pang",
        "繁": "po",
        "卜": "bu",
        "瞿": "qu",
        "舍": "she",
        "洗": "xian",
        "幺": "yao",
        "应": "ying",
        "尉": "wei",
        "訾": "zi",
        "祭": "zhai",
        "阚": "kan",
        "晁": "chao",
        "曲": "qu",
        "费": "fei",
        "郗": "xi",
        "亓": "qi",
        "仉": "zhang",
        "缑": "gou",
        "昝": "zan",
        "臧": "zang",
        "漆雕": "qi diao",
        "乜": "nie",
        "万": "wan",
        "相": "xiang",
        "藏": "zang",
        "盛": "sheng",
        "令": "ling",
        "澹": "tan",
    }.items()
}


def name_keys(name: str) -> tuple[str, str]:
    """("shanzhu", "sz") for 单竹; other characters than Han stand as they are, without spaces and interpuncts."""
    surname, given = _split(name)
    syllables = [*SURNAMES.get(surname, ()), *_read(given)]
    return "".join(syllables)[:200], "".join(part[:1] for part in syllables)[:60]


def _split(name: str) -> tuple[str, str]:
    for length in (2, 1):
        if name[:length] in SURNAMES:
            return name[:length], name[length:]
    return "", name


def _read(text: str) -> list[str]:
    # Loading the dictionary takes a third of a second, which no page view should pay.
    from pypinyin import lazy_pinyin

    kept = "".join(character for character in text if character.isalnum())
    return [syllable.lower() for syllable in lazy_pinyin(kept)]
