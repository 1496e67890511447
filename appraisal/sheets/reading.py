"""Sheets about people that are handed in: who is meant, and what is wrong by row and column.

Nothing is kept between the look at a sheet and its confirmation: what was looked through goes along with the page,
signed, for whoever saw it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from accounts.access import Scope
from accounts.models import User
from cards.models import Cadre, Card
from cards.roster import tables
from cards.roster.columns import Column
from cards.roster.rows import Wrong, short, text_of
from cards.roster.writing import GREY, HEADING, TEXT, explain, packed, put, units
from common.forms import person_name
from common.problems import Refused
from common.text import LINE_BREAKS, likeness

#: As the roster and the sheets of 12345 name people.
PERSON = Column("person", "姓名/证号", ("姓名", "证号", "干部姓名", "干部身份证编号"))
UNIT = Column("unit", "单位", ("单位名称", "单位代码", "所在单位"))
LONGEST_NAME = 60
#: Long enough to read through a thousand rows.
CARRIED_SECONDS = 2 * 60 * 60

Parsers = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True)
class Problem:
    row: int
    #: “C 起始月份”
    column: str
    sentence: str
    #: Whom the row names, as it says.
    name: str = ""


@dataclass(frozen=True)
class Line:
    row: int
    cadre: Cadre
    values: dict[str, Any]


@dataclass
class Looked:
    """A sheet as it would be entered."""

    titles: dict[str, str]
    #: The columns that the sheet has.
    present: frozenset[str]
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Row -> name or card number, as typed.
    names: dict[int, str] = field(default_factory=dict)

    def wrong(self, row: int, named: str, sentence: str) -> None:
        self.problems.append(Problem(row, self.titles.get(named, ""), sentence, self.names.get(row, "")))

    def in_order(self) -> None:
        self.problems.sort(key=lambda problem: (problem.row, problem.column))


# --- Whom a row means -------------------------------------------------------------------------------------------------


class People:
    """Those whom the page may show this person, by name and by number of their cards; two queries for any number."""

    def __init__(self, scope: Scope, today: date) -> None:
        lately = Q(serves_to=None) | Q(serves_to__gte=date(today.year - 1, 1, 1))
        people = Cadre.objects.within(scope).filter(lately).select_related("unit", "office").order_by("pk")
        serials: defaultdict[int, list[str]] = defaultdict(list)
        for owner, serial in Card.objects.filter(cadre__in=people).values_list("cadre", "serial"):
            serials[owner].append(serial)
        self._found: defaultdict[str, list[Cadre]] = defaultdict(list)
        for cadre in people:
            for word in {likeness(cadre.name), *map(likeness, serials[cadre.pk])}:
                self._found[word].append(cadre)

    def find(self, person: str, unit: str) -> Cadre:
        """Raises Wrong where it is nobody, or not one."""
        found = self._found.get(likeness(person), [])
        if unit:
            found = [cadre for cadre in found if likeness(unit) in _words_of(cadre)]
        if len(found) == 1:
            return found[0]
        if found:
            named = "、".join(f"{cadre.name}（{cadre.unit.name} {cadre.office.name}）" for cadre in found[:5])
            raise Wrong(
                _("Several people are called so: %(people)s. Write the card number.") % {"people": named}
            )
        if unit:
            raise Wrong(_("Nobody of this unit has this name or card number."))
        raise Wrong(_("Nobody whom you answer for has this name or card number."))


def _words_of(cadre: Cadre) -> set[str]:
    return {likeness(word) for word in (cadre.unit.code, cadre.unit.name, cadre.unit.alias) if word}


# --- From a file to lines ---------------------------------------------------------------------------------------------


def one_line(longest: int) -> Callable[[Any], str]:
    return lambda value: short(person_name(text_of(value, allowed=LINE_BREAKS)), longest)


NAMES: Parsers = {"person": one_line(LONGEST_NAME), "unit": one_line(LONGEST_NAME)}


def look(data: bytes, layout: tables.Layout, parsers: Parsers, people: People) -> Looked:
    """Raises Refused, at the file, where there is no table to be read; mistakes in rows stand in the answer."""
    try:
        table = tables.read(data, layout)
    except Refused as refused:
        raise Refused(refused.sentence, "file") from refused
    looked = Looked({**layout.titles, **table.titles}, frozenset(table.titles))
    for row, cells in table.rows:
        values, wrong = _checked(cells, {**NAMES, **parsers}, layout.required)
        looked.names[row] = values.get("person", "")
        cadre = None
        if not wrong.keys() & {"person", "unit"}:
            try:
                cadre = people.find(values["person"], values["unit"])
            except Wrong as error:
                wrong["person"] = str(error)
        for named, sentence in wrong.items():
            looked.wrong(row, named, sentence)
        if cadre is not None and not wrong:
            looked.lines.append(Line(row, cadre, values))
    return looked


def _checked(
    cells: Mapping[str, Any], parsers: Parsers, required: Iterable[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the fields hold, and for those that are wrong the sentence instead."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for named, parse in parsers.items():
        try:
            values[named] = parse(cells.get(named))
            if named in required and values[named] in ("", None):
                raise Wrong(_("Fill this in."))
        except (Wrong, ValidationError) as error:
            wrong[named] = error.messages[0] if isinstance(error, ValidationError) else str(error)
    return values, wrong


def still_seen(scope: Scope, keys: Iterable[int]) -> dict[int, Cadre]:
    """The people of a sheet that was looked through. Raises Refused where one of them is nobody’s to see any more."""
    wanted = set(keys)
    seen = Cadre.objects.within(scope).select_related("unit").in_bulk(wanted)
    if len(seen) < len(wanted):
        raise Refused(_("Meanwhile somebody of this sheet has left your units. Hand the file in again."))
    return seen


# --- From the look to the confirmation --------------------------------------------------------------------------------


def carried(kind: str, actor: User, content: Any) -> str:
    return signing.dumps([actor.pk, content], salt=f"appraisal.sheets.{kind}", compress=True)


def brought(kind: str, actor: User, text: str) -> Any:
    """What this person looked through. Raises Refused where it is somebody else’s, too old, or no such thing."""
    try:
        by, content = signing.loads(text, salt=f"appraisal.sheets.{kind}", max_age=CARRIED_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise Refused(
            _("Too much time has passed since you looked at it. Hand the file in again.")
        ) from error
    if by != actor.pk:
        raise Refused(_("Somebody else has looked at this file. Hand it in again."))
    return content


# --- The template -----------------------------------------------------------------------------------------------------


def template(
    title: str,
    layout: tables.Layout,
    widths: Mapping[str, int],
    examples: Iterable[Mapping[str, str]],
    help_rows: Iterable[tuple[str, str]],
    *,
    with_units: bool,
) -> bytes:
    """An empty sheet with an example that is left out when it comes back. Chinese, like rosters."""
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    rows = list(examples)
    for position, column in enumerate(layout.columns, start=1):
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = widths.get(column.field, 16)
        # A spreadsheet would make a date of a month.
        sheet.column_dimensions[letter].number_format = TEXT
        put(sheet, 1, position, column.title + "*" * (column.field in layout.required))
        sheet.cell(1, position).font, sheet.cell(1, position).fill = Font(bold=True), HEADING
        for row, example in enumerate(rows, start=2):
            put(sheet, row, position, example.get(column.field, ""))
            sheet.cell(row, position).font = GREY
    sheet.freeze_panes = "A2"
    explain(workbook, "填写说明", (18, 100), help_rows)
    if with_units:
        units(workbook)
    return packed(workbook)
