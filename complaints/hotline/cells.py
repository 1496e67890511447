"""A row's cells, each checked for itself: what they hold, or what is wrong with them. No database."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cards.models import Cadre
from cards.roster.rows import Wrong, short, text_of
from common.forms import person_name
from common.rules import SHANGHAI
from common.text import LINE_BREAKS
from complaints.hotline.columns import REQUIRED
from complaints.intake_forms import LONGEST_TEXT, ContactForm, StoryForm, contact_number
from complaints.models import Complaint

#: What 12345 hands over late is entered by hand, with a word about why.
OLDEST = timedelta(days=60)
#: Of more digits a spreadsheet keeps only the first fifteen.
EXACT = 10**15
_ROUNDED = re.compile(r"[0-9.]+E\+?[0-9]+", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?[ T]*"
    r"(\d{1,2})[:时点](\d{1,2})分?(?::?(\d{1,2})秒?)?"
)

Values = dict[str, Any]


def check(cells: Mapping[str, Any], now: datetime) -> tuple[Values, dict[str, str]]:
    """What the fields hold, and for those that are wrong the sentence instead."""
    values: Values = {}
    wrong: dict[str, str] = {}
    for field, parse in FIELDS.items():
        try:
            values[field] = parse(cells.get(field), now)
            if field in REQUIRED and not values[field]:
                raise Wrong(_("Fill this in."))
        except (Wrong, ValidationError) as error:
            wrong[field] = error.messages[0] if isinstance(error, ValidationError) else str(error)
    return values, wrong


def number_of(cells: Mapping[str, Any]) -> str:
    """The number of an order; empty where the cell is none."""
    try:
        return _number(cells.get("number"))
    except Wrong:
        return ""


def _number(value: Any) -> str:
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text_of(value, allowed=LINE_BREAKS)))
    large = isinstance(value, (int, float)) and abs(value) >= EXACT
    if large or _ROUNDED.fullmatch(text):
        raise Wrong(
            _(
                "The spreadsheet has rounded this number. Format the column as text and copy the numbers "
                "from 12345 again."
            )
        )
    # 12345 writes letters in either case.
    return short(text.upper(), Complaint._meta.get_field("original_number").max_length)


def _received_at(value: Any, now: datetime) -> datetime | None:
    instant = value if isinstance(value, datetime) else _parsed(value)
    if instant is None:
        return None
    received_at = instant.replace(tzinfo=SHANGHAI)
    if received_at > now:
        raise Wrong(_("This time is still to come."))
    if now - received_at > OLDEST:
        raise Wrong(_("Longer ago than %(days)s days.") % {"days": OLDEST.days})
    # A spreadsheet counts in parts of a day, and so misses a second by a little.
    return min(now, (received_at + timedelta(milliseconds=500)).replace(microsecond=0))


def _parsed(value: Any) -> datetime | None:
    sentence = _("Write day and time, such as 2026-11-24 09:30.")
    if isinstance(value, (date, time, timedelta)):
        raise Wrong(sentence)
    if not (text := text_of(value, allowed=LINE_BREAKS)):
        return None
    found = _TIME.fullmatch(re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)))
    if found is None:
        raise Wrong(sentence)
    year, month, day, hour, minute, *second = (int(part) for part in found.groups() if part is not None)
    try:
        return datetime(year, month, day, hour, minute, sum(second))
    except ValueError:
        raise Wrong(_("There is no such day or time.")) from None


def _words(longest: int | None) -> Callable[[Any, datetime], str]:
    """Lines stay lines."""
    return lambda value, _now: short(
        "\n".join(text_of(value, allowed=LINE_BREAKS).splitlines()).strip(), longest
    )


def _one_line(longest: int | None) -> Callable[[Any, datetime], str]:
    return lambda value, _now: short(person_name(text_of(value, allowed=LINE_BREAKS)), longest)


def _phone(value: Any, _now: datetime) -> str:
    plain = re.sub(r"\s+", " ", text_of(value, allowed=LINE_BREAKS))
    return contact_number(short(plain, _longest(ContactForm, "contact_phone")))


def _longest(form: Any, field: str) -> int | None:
    longest: int | None = form.base_fields[field].max_length
    return longest


FIELDS: dict[str, Callable[[Any, datetime], Any]] = {
    "number": lambda value, _now: _number(value),
    "received_at": _received_at,
    "unit": _one_line(60),
    "person": _one_line(Cadre._meta.get_field("name").max_length),
    "text": _words(LONGEST_TEXT),
    "occasion": _words(_longest(StoryForm, "occasion")),
    "contact_name": _one_line(_longest(ContactForm, "contact_name")),
    "contact_phone": _phone,
}
