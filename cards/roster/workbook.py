"""The sheet of an XLSX workbook, read without trusting it: no formula is worked out, nothing large is unpacked."""

import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import get_column_letter, range_boundaries
from openpyxl.xml.constants import SHARED_STRINGS

from cards.roster import parts, zips
from cards.roster.columns import COLUMNS, field_of, is_header, missing
from cards.roster.parts import Parts
from cards.roster.rows import Broken, Formula
from common.problems import Refused

MEGABYTE = 1024 * 1024
#: Photos pasted into cells count, though nobody reads them.
LIMITS = zips.Limits(file_bytes=30 * MEGABYTE, entries=2_000, unpacked_bytes=200 * MEGABYTE)
MOST_SHEETS = 100
MOST_ROWS = 20_000
MOST_COLUMNS = 64
#: Titles and remarks above the header.
HEADER_WITHIN = 30
#: A sheet ends at its last row even when a format was laid over a million of them.
MOST_BLANK_ROWS = 5_000
MOST_MERGED_ROWS = 200_000
#: What a merged cell says of all its rows. A name stands for one person.
SHARED = ("unit_code", "unit_name", "office", "room", "location", "office_phone", "employment_kind")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MERGED = re.compile(rb'mergeCell\s[^<>]{0,200}?\bref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')


@dataclass
class Sheet:
    name: str
    #: Field -> “E 姓名”.
    titles: dict[str, str]
    #: The sheet's own row number and the cells that hold something.
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(path: Path, *, unit_known: bool) -> Sheet:
    """The first sheet with a roster's header. Raises Refused with a sentence when there is none to be read."""
    try:
        file = path.open("rb")
    except OSError as error:
        words = {"file": path.name, "error": error.strerror}
        raise Refused(_("The file %(file)s cannot be read: %(error)s.") % words) from error
    with file, opened(file, LIMITS) as book:
        return _sheet(book, unit_known)


@dataclass(frozen=True)
class Book:
    """A workbook of which nothing but its directory, its words and its formats has been read."""

    archive: zipfile.ZipFile
    #: Name and part.
    sheets: list[tuple[str, str]]
    _parts: Parts
    _formats: Any
    _words: list[str]

    def rows(self, part: str) -> Iterator[tuple[int, list[tuple[Any, str]]]]:
        """Number, and of the first columns value and type."""
        return parts.rows(self._parts, part, self._formats, self._words, MOST_COLUMNS)


@contextmanager
def opened(file: IO[bytes], limits: zips.Limits) -> Iterator[Book]:
    """Raises Refused with a sentence for what is no workbook, also while its rows are read."""
    _refuse_other_kinds(file)
    with zips.opened_file(file, limits) as archive:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield _book(archive, file)
        except Refused:
            raise
        except MemoryError:
            raise
        # openpyxl answers to a damaged workbook with nearly anything, and so does the XML below it.
        except Exception as error:
            raise Refused(
                _("The workbook cannot be read. Copy its rows into the template and hand that in.")
            ) from error


def _refuse_other_kinds(file: IO[bytes]) -> None:
    start = file.read(len(_OLE))
    if start == _OLE:
        raise Refused(
            _(
                "This is a workbook of the old .xls kind, or one with a password. Save it as .xlsx without a password."
            )
        )
    if not start.startswith(b"PK"):
        raise Refused(
            _("This is not an XLSX workbook. Open the file in a spreadsheet program and save it as .xlsx.")
        )


def _sheet(book: Book, unit_known: bool) -> Sheet:
    for name, part in book.sheets:
        rows = book.rows(part)
        if (header := header_of(rows, is_header)) is None:
            continue
        sheet, columns = _titled(name, header)
        _check_titles(sheet, unit_known)
        _fill(sheet, rows, columns, _merged(book.archive, part, columns))
        return sheet
    raise Refused(
        _("No sheet has a header with %(columns)s and the other columns. Use the template.")
        % {"columns": "、".join(column.title for column in COLUMNS if column.field in ("name", "office"))}
    )


def _book(archive: zipfile.ZipFile, file: IO[bytes]) -> Book:
    """Only what a table needs is parsed."""
    reader: Any = ExcelReader(file, read_only=True, data_only=False, keep_links=False)
    reader.archive = weighed = Parts(archive)
    reader.read_manifest()
    shared = reader.package.find(SHARED_STRINGS)
    words = parts.strings(weighed, shared.PartName[1:]) if shared is not None else []
    reader.read_workbook()
    if len(reader.parser.sheets) > MOST_SHEETS:
        sentence = _("The workbook has more than %(most)s sheets. Hand in the one that is needed alone.")
        raise Refused(sentence % {"most": MOST_SHEETS})
    apply_stylesheet(weighed, reader.wb)  # type: ignore[arg-type]
    sheets = [
        (sheet.name, rel.target)
        for sheet, rel in reader.parser.find_sheets()
        if rel.target in reader.valid_files and "chartsheet" not in rel.Type
    ]
    return Book(archive, sheets, weighed, reader.wb, words)


# --- The header --------------------------------------------------------------------------------------------------


def header_of(
    rows: Iterator[tuple[int, Any]], is_header: Callable[[Iterable[str]], bool]
) -> list[str] | None:
    """The titles of the first row that is one; `rows` then goes on below it. Near the top or not at all."""
    for number, cells in rows:
        titles = [value if isinstance(value, str) else "" for value, _kind in cells]
        if is_header(titles):
            return titles
        if number >= HEADER_WITHIN:
            break
    return None


def _titled(name: str, header: list[str]) -> tuple[Sheet, dict[int, str]]:
    """The sheet with its columns by position. Raises Refused when two columns say the same."""
    sheet, columns = Sheet(name, {}), {}
    unknown = []
    for position, title in enumerate(header):
        label = f"{get_column_letter(position + 1)} {' '.join(title.split())[:20]}"
        named = field_of(title)
        if named in sheet.titles:
            sentence = _("Columns %(one)s and %(other)s mean the same. Keep one of them.")
            raise Refused(sentence % {"one": sheet.titles[named], "other": label})
        if named:
            sheet.titles[named] = label
            columns[position] = named
        elif title.strip() and not title.lstrip().startswith("="):
            unknown.append(label)
    if unknown:
        sentence = _("Not read, because no such column is known: %(columns)s.")
        sheet.notes.append(sentence % {"columns": "、".join(unknown)})
    return sheet, columns


def _check_titles(sheet: Sheet, unit_known: bool) -> None:
    if lacking := missing(sheet.titles, unit_known=unit_known):
        sentence = _("The sheet “%(sheet)s” lacks %(columns)s.")
        raise Refused(sentence % {"sheet": sheet.name[:31], "columns": "、".join(lacking)})


# --- The rows ----------------------------------------------------------------------------------------------------


def _fill(
    sheet: Sheet,
    rows: Iterator[tuple[int, Any]],
    columns: Mapping[int, str],
    merged: Mapping[tuple[int, str], int],
) -> None:
    blank = 0
    first: dict[tuple[int, str], Any] = {}
    tops = set(merged.values())
    for number, cells in rows:
        values = {}
        for position, named in columns.items():
            value = value_of(cells[position]) if position < len(cells) else None
            if value is not None:
                values[named] = value
                if number in tops:
                    first[number, named] = value
        if not values:
            blank += 1
            if blank >= MOST_BLANK_ROWS:
                sentence = _("Not read further than row %(row)s: %(blank)s empty rows stand above it.")
                sheet.notes.append(sentence % {"row": number, "blank": f"{blank:,}"})
                return
            continue
        blank = 0
        for named in SHARED:
            if named not in values and (top := merged.get((number, named))) is not None:
                values.update({named: first[top, named]} if (top, named) in first else {})
        sheet.rows.append((number, values))
        if len(sheet.rows) > MOST_ROWS:
            sentence = _("More than %(most)s rows. Hand the roster in in parts.")
            raise Refused(sentence % {"most": f"{MOST_ROWS:,}"})


def value_of(cell: tuple[Any, str]) -> Any:
    """What a cell holds; None for an empty one. A formula is neither worked out nor kept."""
    value, kind = cell
    if value is None:
        return None
    if kind == "f" or (isinstance(value, str) and value.lstrip().startswith("=")):
        return Formula()
    if kind == "e":
        return Broken()
    return None if isinstance(value, str) and not value.strip() else value


def _merged(archive: zipfile.ZipFile, part: str, columns: Mapping[int, str]) -> dict[tuple[int, str], int]:
    """Row and field -> the row in which a merged cell keeps what it says."""
    named = {position + 1: named for position, named in columns.items() if named in SHARED}
    found: dict[tuple[int, str], int] = {}
    rows = 0
    # By its words alone: another pass over the XML would take as long as reading the rows.
    xml = archive.read(part)
    for match in _MERGED.finditer(xml, max(0, xml.find(b"</sheetData>"))):
        left, top, _right, bottom = _bounds(match[1].decode())
        # The whole of a column may be merged by mistake; nobody means a million people.
        bottom = min(bottom, top + MOST_ROWS)
        rows += max(1, 1 + bottom - top)
        if rows > MOST_MERGED_ROWS:
            raise Refused(_("The sheet has too many merged cells. Use the template."))
        if left in named:
            found.update({(row, named[left]): top for row in range(top + 1, bottom + 1)})
    return found


def _bounds(reference: str) -> tuple[int, int, int, int]:
    left, top, right, bottom = (number or 1 for number in range_boundaries(reference))
    return left, top, right, bottom
