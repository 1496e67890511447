"""The parts of a workbook as they are parsed. A few MB of file may be millions of elements of some hundred bytes each,
so what is parsed is weighed while it is read, whatever a part is called; nobody waits for more and no memory holds it.
"""

import zipfile
from collections.abc import Iterator
from typing import IO, Any

from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS

from common.problems import Refused

MEGABYTE = 1024 * 1024
#: Sheets and their words; 20,000 rows take about 17 MB. The other parts are read as a whole.
MOST_TABLE_BYTES, MOST_PART_BYTES = 48 * MEGABYTE, MEGABYTE
#: Styles that decades of copying have left behind; openpyxl makes an object of each.
MOST_PART_TAGS = 40_000
#: Of all that is read for one roster. 20,000 rows of 14 columns weigh about 3,200,000.
MOST_WEIGHT, MOST_BYTES = 6_000_000, 200 * MEGABYTE
#: Those of 20,000 rows are at most 1,500,000. Each takes some microseconds, whatever it is.
MOST_ELEMENTS = 2_000_000
#: Within one row or string, where the most columns that a sheet may have weigh about 65,000.
MOST_WEIGHT_AT_ONCE, MOST_BYTES_AT_ONCE = 100_000, 4 * MEGABYTE
#: Rows, blank ones and all, and their cells; twice as many as the largest roster has.
MOST_ROWS, MOST_CELLS = 100_000, 640_000
MOST_STRINGS = 300_000
#: As spreadsheet programs have it; no column takes as much.
LONGEST_CELL = 32_767
#: What memory is spent on: elements, attributes, and the pieces of a text.
_WEIGHTS = (b"<", b"=", b"&", b"\n", b"\r")
_ROW, _STRING, _RUN, _TEXT, _INLINE = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("row", "si", "r", "t", "is"))


def too_large() -> Refused:
    return Refused(
        _(
            "A sheet of the workbook is too large, usually from formats in empty rows. "
            "Copy the filled rows into the template and hand that in."
        )
    )


class Parts:
    """What openpyxl takes for the archive. Small parts are read as a whole, tables as they go."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.weight = self.bytes = self.elements = 0

    def read(self, name: str) -> bytes:
        with self._opened(name, MOST_PART_BYTES) as file:
            data = file.read()
        if data.count(b"<") > MOST_PART_TAGS:
            raise too_large()
        return data

    def open(self, name: str) -> "Table":
        return Table(self._opened(name, MOST_TABLE_BYTES), self)

    def _opened(self, name: str, most: int) -> IO[bytes]:
        if self._archive.getinfo(name).file_size > most:
            raise too_large()
        return self._archive.open(name)

    def close(self) -> None: ...


class Table:
    """A part that is read in pieces. Its XML cannot hide in another alphabet: UTF-16 has a NUL in every tag."""

    def __init__(self, file: IO[bytes], parts: Parts) -> None:
        self._file, self._parts = file, parts
        self.settle()

    def settle(self) -> None:
        """A row or a string has ended and is kept no longer."""
        self._weight = self._bytes = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        weight = sum(map(data.count, _WEIGHTS))
        self._weight += weight
        self._bytes += len(data)
        self._parts.weight += weight
        self._parts.bytes += len(data)
        if (
            self._weight > MOST_WEIGHT_AT_ONCE
            or self._bytes > MOST_BYTES_AT_ONCE
            or self._parts.weight > MOST_WEIGHT
            or self._parts.bytes > MOST_BYTES
        ):
            raise too_large()
        if b"\0" in data:
            raise ValueError("a NUL in XML")
        return data

    def elements(self, tag: str) -> Iterator[Any]:
        """Each whole element of this name. Nothing else is kept, however much of it there is."""
        above: list[Any] = []
        inside = 0
        for event, element in iterparse(self, ("start", "end")):
            if event == "start":
                above.append(element)
                inside += element.tag == tag
                continue
            above.pop()
            self._parts.elements += 1
            if self._parts.elements > MOST_ELEMENTS:
                raise too_large()
            if element.tag == tag:
                inside -= 1
                if not inside:
                    yield element
                    self.settle()
            if not inside and above:
                above[-1].clear()

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def strings(parts: Parts, name: str) -> list[str]:
    """The words that cells name by number."""
    found: list[str] = []
    with parts.open(name) as table:
        for element in table.elements(_STRING):
            found.append(_words(element).replace("x005F_", ""))
            if len(found) > MOST_STRINGS:
                raise too_large()
    return found


def _words(element: Any) -> str:
    """Of a string whose parts may have formats of their own; what is there to be read aloud is left out."""
    texts = [text.text or "" for text in element.iterfind(_TEXT)][-1:]
    texts += [run.findtext(_TEXT) or "" for run in element.iterfind(_RUN)]
    return "".join(texts)[:LONGEST_CELL]


class _Cells(WorkSheetParser):
    """Of a sheet only its cells, without what is costly to make and never read."""

    def parse_formula(self, element: Any) -> str:
        return "="

    def parse_cell(self, element: Any) -> dict[str, Any]:
        inline = element.find(_INLINE) if element.get("t") == "inlineStr" else None
        if inline is None:
            cell: dict[str, Any] = super().parse_cell(element)
            return cell
        element.remove(inline)
        return {**super().parse_cell(element), "value": _words(inline), "data_type": "s"}


def rows(
    parts: Parts, name: str, book: Any, words: list[str], columns: int
) -> Iterator[tuple[int, list[tuple[Any, str]]]]:
    """Every row from the first on with the values and types of its first columns; rows that are missing are empty."""
    expected, read, cells = 1, 0, 0
    with parts.open(name) as table:
        kinds = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}
        parser = _Cells(table, words, data_only=False, epoch=book.epoch, **kinds)
        for element in table.elements(_ROW):
            number, found = parser.parse_row(element)
            parser.row_dimensions.clear()
            read, cells = read + 1, cells + len(found)
            if read > MOST_ROWS or cells > MOST_CELLS:
                raise too_large()
            for missing in range(expected, number):
                yield missing, []
            if number >= expected:
                expected = number + 1
                yield number, _row(found, columns)


def _row(found: list[dict[str, Any]], columns: int) -> list[tuple[Any, str]]:
    row: list[tuple[Any, str]] = [(None, "n")] * columns
    for cell in found:
        if 1 <= cell["column"] <= columns:
            row[cell["column"] - 1] = cell["value"], cell["data_type"]
    return row
