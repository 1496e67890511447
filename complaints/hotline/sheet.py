"""From the file that was handed in to rows of cells. It is never on a disk."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.utils.cell import get_column_letter

from cards.roster import workbook, zips
from cards.roster.reading import EXAMPLE
from common.problems import Refused
from complaints.hotline.columns import REQUIRED, TITLES, field_of, is_header, missing

MEGABYTE = 1024 * 1024
LIMITS = zips.Limits(file_bytes=5 * MEGABYTE, entries=500, unpacked_bytes=64 * MEGABYTE)
MOST_ROWS = 1_000
#: Titles and remarks above the header.
#: A format may have been laid over a million rows.
MOST_BLANK_ROWS = 5_000


@dataclass
class Table:
    #: Field -> “C 单位”, by our own name of the column.
    titles: dict[str, str]
    #: The sheet's own row number and the cells that hold something.
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


def read(data: bytes) -> Table:
    """The first sheet with the header. Raises Refused with a sentence when there is none to be read."""
    with workbook.opened(io.BytesIO(data), LIMITS) as book:
        for name, part in book.sheets:
            rows = book.rows(part)
            if (header := workbook.header_of(rows, is_header)) is not None:
                return _table(name, header, rows)
    wanted = "、".join(TITLES[field] for field in REQUIRED)
    raise Refused(_("No sheet has a header with %(columns)s. Use the template.") % {"columns": wanted})


def _table(name: str, header: list[str], rows: Iterator[tuple[int, Any]]) -> Table:
    titles, columns = _columns(header)
    if lacking := missing(titles):
        sentence = _("The sheet “%(sheet)s” lacks %(columns)s.")
        raise Refused(sentence % {"sheet": name[:31], "columns": "、".join(lacking)})
    table = Table(titles, list(_filled(rows, columns)))
    if not table.rows:
        raise Refused(_("The sheet “%(sheet)s” has no work order.") % {"sheet": name[:31]})
    return table


def _columns(header: list[str]) -> tuple[dict[str, str], dict[int, str]]:
    """By field and by position; columns of other names are not read. Raises Refused when two say the same."""
    titles: dict[str, str] = {}
    columns: dict[int, str] = {}
    for position, heading in enumerate(header):
        if not (named := field_of(heading)):
            continue
        label = f"{get_column_letter(position + 1)} {TITLES[named]}"
        if named in titles:
            sentence = _("Columns %(one)s and %(other)s mean the same. Keep one of them.")
            raise Refused(sentence % {"one": titles[named], "other": label})
        titles[named], columns[position] = label, named
    return titles, columns


def _filled(
    rows: Iterator[tuple[int, Any]], columns: Mapping[int, str]
) -> Iterator[tuple[int, dict[str, Any]]]:
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
        if not values or _is_example(values):
            continue
        found += 1
        if found > MOST_ROWS:
            sentence = _("More than %(most)s work orders. Hand them in in parts.")
            raise Refused(sentence % {"most": f"{MOST_ROWS:,}"})
        yield number, values


def _is_example(values: Mapping[str, Any]) -> bool:
    number = values.get("number")
    return isinstance(number, str) and number.lstrip(" '").startswith(EXAMPLE)
