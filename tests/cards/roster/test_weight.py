"""Small workbooks of millions of elements: refused after a look at a little of them, and honest ones are not."""

import tracemalloc
from pathlib import Path

import pytest
from django.utils import translation

from cards import roster
from cards.roster import parts, workbook
from common.problems import Refused
from tests.cast import TODAY
from tests.support.sheets import archive_of, person, zipped
from tests.support.sheets import roster as sheet

pytestmark = pytest.mark.django_db
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
MILLION = 1_000_000
TOO_LARGE = "A sheet of the workbook is too large"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def workbook_with(path: Path, name: str, change) -> Path:
    """A good workbook with one part changed, and words that nobody names where it has none."""
    sheet(path, [person("新人")])
    with archive_of(path.read_bytes()) as good:
        found = {part: good.read(part) for part in good.namelist()}
    if STRINGS not in found:
        override = f'<Override PartName="/{STRINGS}" ContentType="{TYPE}"/></Types>'
        types = "[Content_Types].xml"
        found[types] = found[types].replace(b"</Types>", override.encode())
        found[STRINGS] = f"{SST}<si><t>x</t></si></sst>".encode()
    found[name] = change(found[name].decode()).encode()
    return zipped(path, found)


def refusal(path: Path) -> str:
    tracemalloc.start()
    with pytest.raises(Refused) as refused:
        workbook.read(path, unit_known=False)
    assert tracemalloc.get_traced_memory()[1] < 80 * parts.MEGABYTE
    tracemalloc.stop()
    return str(refused.value.sentence)


def mixed(*tags: str) -> str:
    """A million elements, not so alike that their packing alone gives them away."""
    return "".join(f"{tags[n % len(tags)]}" + " " * (n % 7) for n in range(MILLION // 3)) * 3


@pytest.mark.parametrize(
    ("name", "end", "tags"),
    [
        (SHEET, "</sheetData>", ("<c s='1'/>", "<c/>")),
        (SHEET, "</sheetData>", ("<x:c xmlns:x='y'/>", "<c><!--</row><row>--></c>")),
        (SHEET, "</worksheet>", ("<mergeCell ref='A1'/>", "<z/>")),
        (STRINGS, "</si>", ("<r/>", "<r><t>x</t></r>")),
        (STRINGS, "</sst>", ("<si/>", "<si><t/></si>")),
        (STRINGS, "</t>", ("\n", "x\n")),
        (STRINGS, "</t>", ("&#10;", "x&#13;")),
    ],
)
def test_millions_of_elements(name, end, tags, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MOST_STRINGS", 10_000)
    path = workbook_with(tmp_path / "a.xlsx", name, lambda xml: xml.replace(end, mixed(*tags) + end, 1))
    assert path.stat().st_size < 10 * parts.MEGABYTE
    assert refusal(path).startswith(TOO_LARGE)


@pytest.mark.parametrize(
    ("name", "end", "tag"),
    [
        ("xl/styles.xml", "</cellXfs>", "<xf/>"),
        ("xl/workbook.xml", "</workbook>", "<definedName name='a'/>"),
        ("[Content_Types].xml", "</Types>", "<Override PartName='/a' ContentType='b'/>"),
    ],
)
def test_what_is_read_as_a_whole_is_small(name, end, tag, tmp_path):
    path = workbook_with(
        tmp_path / "a.xlsx", name, lambda xml: xml.replace(end, tag * (parts.MOST_PART_TAGS + 1) + end)
    )
    assert refusal(path).startswith(TOO_LARGE)


def test_little_at_once_and_much_in_all(tmp_path, monkeypatch):
    rows = ("<row/>" + "<z/>" * 1_000) * 20 + "</sheetData>"
    path = workbook_with(tmp_path / "a.xlsx", SHEET, lambda xml: xml.replace("</sheetData>", rows))
    assert len(workbook.read(path, unit_known=False).rows) == 1
    monkeypatch.setattr(parts, "MOST_ELEMENTS", 10_000)
    assert refusal(path).startswith(TOO_LARGE)


def test_more_sheets_than_anybody_has(tmp_path):
    sheets = "".join(f'<sheet name="{n}" sheetId="{n}"/>' for n in range(9, 9 + workbook.MOST_SHEETS))
    path = workbook_with(
        tmp_path / "a.xlsx", "xl/workbook.xml", lambda xml: xml.replace("</sheets>", sheets + "</sheets>")
    )
    assert refusal(path) == "The workbook has more than 100 sheets. Hand in the one that is needed alone."


def test_words_in_another_alphabet_are_not_taken(tmp_path):
    path = workbook_with(tmp_path / "a.xlsx", STRINGS, lambda xml: xml)
    with archive_of(path.read_bytes()) as good:
        found = {part: good.read(part) for part in good.namelist()}
    found[STRINGS] = ('<?xml version="1.0" encoding="UTF-16"?>' + SST + "</sst>").encode("utf-16")
    assert refusal(zipped(path, found)).startswith("The workbook cannot be read.")


def test_words_are_read_with_and_without_formats(unit, tmp_path):
    """As Excel keeps them: each once, some in pieces of several formats, some with how they are read aloud."""
    words = "<si><t>新</t></si><si><r><t>受理林木</t></r><r><rPr><b/></rPr><t>采伐许可</t></r><rPh><t>x</t></rPh></si>"
    path = workbook_with(tmp_path / "a.xlsx", STRINGS, lambda xml: xml.replace("</sst>", words + "</sst>"))
    with archive_of(path.read_bytes()) as good:
        found = {part: good.read(part).decode() for part in good.namelist()}
    for text, number in (("新人", 1), ("受理林木采伐许可", 2)):
        cell = f"{text}</t></is></c>"
        assert cell in found[SHEET]
        head, tail = found[SHEET].split(cell)
        start = head.rindex("<c ")
        reference = head[start:].split('"')[1]
        found[SHEET] = f'{head[:start]}<c r="{reference}" t="s"><v>{number}</v></c>{tail}'
    path = zipped(path, {part: xml.encode() for part, xml in found.items()})
    (made,) = roster.look(path, None, unit=None, today=TODAY).created
    assert (made.name, list(made.row.duties)) == ("新", ["受理林木采伐许可"])


def test_a_wide_sheet_of_formats_is_no_attack(tmp_path):
    """A format over every column that a sheet may have."""
    wide = "<row>" + '<c r="A4" s="0" />' * 16_384 + "</row></sheetData>"
    path = workbook_with(tmp_path / "a.xlsx", SHEET, lambda xml: xml.replace("</sheetData>", wide))
    assert len(workbook.read(path, unit_known=False).rows) == 1
