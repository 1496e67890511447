"""A table under one header, from a workbook or a CSV file: its filled rows by field. The file is never on a disk, and
nothing of it is believed."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from openpyxl.utils.cell import get_column_letter

from cards.roster import workbook, zips
from cards.roster.columns import Column, plain
from cards.roster.reading import EXAMPLE
from common.problems import Refused

MEGABYTE = 1024 * 1024
LIMITS = zips.Limits(file_bytes=5 * MEGABYTE, entries=500, unpacked_bytes=64 * MEGABYTE)
#: A format may have been laid over a million rows.
MOST_BLANK_ROWS = 5_000
#: A remark above the table may name one or two columns.
FEWEST_IN_HEADER = 3
CSV = "CSV"

Rows = Iterator[tuple[int, list[tuple[Any, str]]]]


@dataclass(frozen=True)
class Layout:
    columns: tuple[Column, ...]
    #: Columns that a table must have.
    required: tuple[str, ...]
    #: The column whose cell says that a row is the template’s example.
    marked: str
    most_rows: int
    #: With %(sheet)s; with %(most)s.
    without_rows: str | Promise
    too_many: str | Promise
    takes_csv: bool = False

    @property
    def titles(self) -> dict[str, str]:
        return {column.field: column.title for column in self.columns}

    def field_of(self, title: str) -> str:
        """The field that a heading names; empty when it is none of ours."""
        word = plain(title)
        named = (
            column.field for column in self.columns if word in map(plain, (column.title, *column.others))
        )
        return next(named, "") if word else ""

    def is_header(self, titles: Iterable[str]) -> bool:
        fewest = min(FEWEST_IN_HEADER, len(self.required))
        return len({self.field_of(title) for title in titles} - {""}) >= fewest


@dataclass
class Table:
    #: Field -> “C 单位”, by our own name of the column.
    titles: dict[str, str]
    #: The sheet's own row number and the cells that hold something.
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


def read(data: bytes, layout: Layout) -> Table:
    """The first sheet with the header. Raises Refused with a sentence when there is none to be read."""
    if layout.takes_csv and not data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        rows = _lines(data)
        if (header := workbook.header_of(rows, layout.is_header)) is not None:
            return _table(CSV, header, rows, layout)
        raise _headless(layout)
    with workbook.opened(io.BytesIO(data), LIMITS) as book:
        for name, part in book.sheets:
            rows = book.rows(part)
            if (header := workbook.header_of(rows, layout.is_header)) is not None:
                return _table(name, header, rows, layout)
    raise _headless(layout)


def _headless(layout: Layout) -> Refused:
    wanted = "、".join(layout.titles[field] for field in layout.required)
    return Refused(_("No sheet has a header with %(columns)s. Use the template.") % {"columns": wanted})


def _lines(data: bytes) -> Rows:
    """Of a CSV file, as spreadsheets here save it: in UTF-8 or in GB 18030."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    if "\0" in text or "\ufffd" in text:
        raise Refused(_("This is neither an XLSX workbook nor a CSV file in UTF-8 or GB18030."))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [(cell, "s") for cell in cells[: workbook.MOST_COLUMNS]]
    except csv.Error as error:
        sentence = _(
            "Line %(line)s of the CSV file cannot be read: a quotation mark is not closed, or one too many."
        )
        raise Refused(sentence % {"line": reader.line_num}) from error


def _table(name: str, header: list[str], rows: Rows, layout: Layout) -> Table:
    titles, columns = _columns(header, layout)
    if lacking := [layout.titles[field] for field in layout.required if field not in titles]:
        sentence = _("The sheet “%(sheet)s” lacks %(columns)s.")
        raise Refused(sentence % {"sheet": name[:31], "columns": "、".join(lacking)})
    table = Table(titles, list(_filled(rows, columns, layout)))
    if not table.rows:
        raise Refused(str(layout.without_rows) % {"sheet": name[:31]})
    return table


def _columns(header: list[str], layout: Layout) -> tuple[dict[str, str], dict[int, str]]:
    """By field and by position; columns of other names are not read. Raises Refused when two say the same."""
    titles: dict[str, str] = {}
    columns: dict[int, str] = {}
    for position, heading in enumerate(header):
        if not (named := layout.field_of(heading)):
            continue
        label = f"{get_column_letter(position + 1)} {layout.titles[named]}"
        if named in titles:
            sentence = _("Columns %(one)s and %(other)s mean the same. Keep one of them.")
            raise Refused(sentence % {"one": titles[named], "other": label})
        titles[named], columns[position] = label, named
    return titles, columns


def _filled(rows: Rows, columns: Mapping[int, str], layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    blank = found = 0
    for number, cells in rows:
        values = {
            named: value
            for position, named in columns.items()
            if position < len(cells) and (value := workbook.value_of(cells[position])) is not None
        }
        blank = 0 if values else blank + 1
        if blank > MOST_BLANK_ROWS:
            sentence = _("Above row %(row)s stand %(blank)s empty rows. Remove them.")
            raise Refused(sentence % {"row": number, "blank": f"{MOST_BLANK_ROWS:,}"})
        if not values or _is_example(values.get(layout.marked)):
            continue
        found += 1
        if found > layout.most_rows:
            raise Refused(str(layout.too_many) % {"most": f"{layout.most_rows:,}"})
        yield number, values


def _is_example(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip(" '").startswith(EXAMPLE)
