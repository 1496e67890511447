"""Search keys of a name: full pinyin and initials, with surnames read as surnames."""

#: Read wrongly by plain pinyin when they are surnames (DOMAIN §7); compound surnames first.
SURNAMES = {
    "尉迟": ("yu", "chi"),
    "单于": ("chan", "yu"),
    "万俟": ("mo", "qi"),
    "长孙": ("zhang", "sun"),
    "澹台": ("tan", "tai"),
    "令狐": ("ling", "hu"),
    "单": ("shan",),
    "曾": ("zeng",),
    "仇": ("qiu",),
    "解": ("xie",),
    "查": ("zha",),
    "区": ("ou",),
    "朴": ("piao",),
    "盖": ("ge",),
    "任": ("ren",),
    "华": ("hua",),
    "宁": ("ning",),
    "乐": ("yue",),
    "翟": ("zhai",),
    "缪": ("miao",),
    "秘": ("bi",),
    "冼": ("xian",),
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
