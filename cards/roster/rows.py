"""A row's cells, each checked for itself: what they hold, or what is wrong with them. No database."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import DateField
from django.utils import translation
from django.utils.translation import gettext as _

from cards.models import Cadre, Duty, EmploymentKind, Office, Post
from cards.roster.plan import NOBODY, Problem, Row
from cards.roster.words import FORMULA_SIGNS, split_duties, split_posts
from cards.rules import MAX_DUTIES, MAX_POSTS
from common.forms import checked_name, mobile_number, person_name, phone_number
from common.text import LINE_BREAKS, hidden_character

#: A file's name on any system.
LONGEST_FILE_NAME = 255
_CONTROL = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: The zero that a spreadsheet drops: 5787100003 is 0578-7100003, 2165432100 is 021-65432100.
_LOST_ZERO = re.compile(r"(10|2\d|[3-9]\d\d)(\d{7,8})")
#: Numbers that never had one.
_NO_ZERO = re.compile(r"[48]00\d{7}|1[3-9]\d{9}")
KINDS = {
    "公务员": EmploymentKind.CIVIL_SERVANT,
    "行政": EmploymentKind.CIVIL_SERVANT,
    "行政编制": EmploymentKind.CIVIL_SERVANT,
    # Appraised as civil servants are (公务员法 §112).
    "参公": EmploymentKind.CIVIL_SERVANT,
    "参公人员": EmploymentKind.CIVIL_SERVANT,
    "参照公务员法管理": EmploymentKind.CIVIL_SERVANT,
    "事业": EmploymentKind.PUBLIC_INSTITUTION,
    "事业编制": EmploymentKind.PUBLIC_INSTITUTION,
    "事业人员": EmploymentKind.PUBLIC_INSTITUTION,
    "事业单位": EmploymentKind.PUBLIC_INSTITUTION,
    "事业单位人员": EmploymentKind.PUBLIC_INSTITUTION,
    "企业": EmploymentKind.ENTERPRISE,
    "企业人员": EmploymentKind.ENTERPRISE,
    "国企": EmploymentKind.ENTERPRISE,
    "垂管": EmploymentKind.ENTERPRISE,
    "垂管人员": EmploymentKind.ENTERPRISE,
    "企业或垂管单位人员": EmploymentKind.ENTERPRISE,
}
#: What the template and an export write.
KIND_WORDS = {
    EmploymentKind.CIVIL_SERVANT: "公务员",
    EmploymentKind.PUBLIC_INSTITUTION: "事业单位人员",
    EmploymentKind.ENTERPRISE: "企业或垂管单位人员",
}


class Wrong(Exception):
    """A cell is refused with this sentence, which never repeats a formula."""


class Formula:
    """Stands in a cell for whatever a formula says or would come to: it is neither worked out nor shown."""


class Broken:
    """A cell in which the spreadsheet itself shows an error, as #N/A."""


def quoted(text: str) -> str:
    """For a cell of our own: an apostrophe keeps a spreadsheet from reading a formula, and `text_of` takes it off."""
    bare = text.lstrip("'")
    return "'" + text if bare.startswith(FORMULA_SIGNS) else text


def check(number: int, cells: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[Row, list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    wrong = set()
    for field, value in cells.items():
        try:
            values[field] = _FIELDS[field](value)
        except (Wrong, ValidationError) as error:
            sentence = error.messages[0] if isinstance(error, ValidationError) else str(error)
            problems.append(Problem(number, titles[field], sentence))
            wrong.add(field)
    if not values.get("name") and "name" not in wrong:
        problems.append(Problem(number, titles["name"], _("Fill this in.")))
    return Row(number=number, wrong=frozenset(wrong), **values), problems


# --- From what a spreadsheet stores to text ----------------------------------------------------------------------


def text_of(value: Any, *, allowed: str = "") -> str:
    """A cell's text without what cannot be seen around it; a number that Excel made becomes digits again."""
    if isinstance(value, Formula):
        raise Wrong(_("A formula stands here. Paste its result as a value."))
    if isinstance(value, Broken):
        raise Wrong(_("The spreadsheet shows an error here. Write what belongs here."))
    if isinstance(value, (date, time, timedelta)):
        raise Wrong(_("The spreadsheet has made a date of this. Format the cell as text and write it again."))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _CONTROL.sub(lambda code: chr(int(code[1], 16)), "" if value is None else str(value))
    if text.startswith("'") and text.lstrip("'").startswith(FORMULA_SIGNS):
        text = text[1:]
    text = text.strip()
    if code := hidden_character(text, allowed):
        sentence = _("The character %(code)s stands in it, which cannot be seen or printed. Remove it.")
        raise Wrong(sentence % {"code": code})
    return text


def short(text: str, longest: int | None) -> str:
    if longest is not None and len(text) > longest:
        raise Wrong(_("At most %(longest)s characters.") % {"longest": longest})
    return text


def _longest(model: Any, field: str) -> int:
    return int(model._meta.get_field(field).max_length)


def _one_line(longest: int) -> Callable[[Any], str]:
    """A line break inside a cell is a space here: cells wrap."""
    return lambda value: short(person_name(text_of(value, allowed=LINE_BREAKS)), longest)


def _narrow(longest: int) -> Callable[[Any], str]:
    """Digits and letters as an input method may have made them full-width."""
    return lambda value: short(
        re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text_of(value, allowed=LINE_BREAKS))), longest
    )


# --- The fields --------------------------------------------------------------------------------------------------


def _name(value: Any) -> str:
    text = re.sub(r" ?\u00b7 ?", "\u00b7", person_name(text_of(value, allowed=LINE_BREAKS)))
    # 张 伟 is how two characters are set to the width of three; a letter keeps its spaces.
    if re.fullmatch(r"[^\x00-\u2e7f](?: [^\x00-\u2e7f])+", text):
        text = text.replace(" ", "")
    return short(checked_name(text), _longest(Cadre, "name")) if text else ""


def _phone(value: Any) -> str:
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text_of(value)))
    lost = _LOST_ZERO.fullmatch(text)
    if lost and not _NO_ZERO.fullmatch(text):
        text = f"0{lost[1]}-{lost[2]}"
    return short(phone_number(text), _longest(Cadre, "office_phone"))


def _mobile(value: Any) -> str:
    return mobile_number(re.sub(r"\s+", " ", text_of(value)))


def _listed(split: Callable[[str], tuple[str, ...]], most: int, longest: int) -> Callable[[Any], Any]:
    def listed(value: Any) -> tuple[str, ...]:
        entries = split(text_of(value, allowed=LINE_BREAKS))
        if len(entries) > most:
            raise Wrong(_("At most %(most)s lines fit on the plaque.") % {"most": most})
        for number, entry in enumerate(entries, start=1):
            if len(entry) > longest:
                sentence = _("Line %(number)s is longer than %(longest)s characters.")
                raise Wrong(sentence % {"number": number, "longest": longest})
        return entries

    return listed


def _stand_in(value: Any) -> str:
    text = text_of(value, allowed=LINE_BREAKS)
    return text if text == NOBODY else _name(text)


def _kind(value: Any) -> str:
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text_of(value)))
    if text and text not in KINDS:
        choices = "、".join(KIND_WORDS.values())
        raise Wrong(_("“%(value)s” is not one of %(choices)s.") % {"value": text[:20], "choices": choices})
    return str(KINDS[text].value) if text else ""


def _day(value: Any) -> date | None:
    """Every spelling that the forms take (longquan_cadre/formats), in either language, and the spreadsheet's dates."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = unicodedata.normalize("NFKC", text_of(value)).replace(" ", "")
    if not text:
        return None
    if (day := _parsed(text)) is None:
        raise Wrong(_("Write a date such as 2026-09-05 or 2026年9月5日."))
    return day


@lru_cache(maxsize=1024)
def _parsed(text: str) -> date | None:
    with translation.override("zh-hans"):
        try:
            return DateField().to_python(text)
        except ValidationError:
            return None


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "unit_code": _narrow(60),
    "unit_name": _one_line(60),
    "office": _one_line(_longest(Office, "name")),
    "room": _narrow(_longest(Office, "room")),
    "location": _one_line(_longest(Office, "location")),
    "name": _name,
    "posts": _listed(split_posts, MAX_POSTS, _longest(Post, "title")),
    "duties": _listed(split_duties, MAX_DUTIES, _longest(Duty, "text")),
    "office_phone": _phone,
    "mobile": _mobile,
    "stand_in": _stand_in,
    "employment_kind": _kind,
    "serves_from": _day,
    "photo": _one_line(LONGEST_FILE_NAME),
}
