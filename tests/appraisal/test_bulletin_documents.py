"""A bulletin's three documents: measured, opened again, and the same every time."""

import io
import random
import re
import shutil
import subprocess
import zipfile
from dataclasses import fields, replace
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from appraisal import printed as ledger_heads
from appraisal.bulletins import breaking, content, docx, outline, pdf, tables, xlsx
from appraisal.bulletins.content import Bulletin, Part, date_text, money_text, points_text
from cards.documents.fonts import width
from cards.documents.text import NOT_AT_END, NOT_AT_START
from tests.appraisal import bulletins
from tests.appraisal.geometry import Sheet, sheets

RED = (0.85, 0.0, 0.06)
#: GB/T 9704-2012, DOMAIN §9.
TOP, BOTTOM, LEFT, RIGHT = 37, 297 - 35, 28, 210 - 26
PT = 25.4 / 72
EM_TOP, EM_FOOT = 0.88, 0.12


def printed(bulletin: Bulletin) -> bytes:
    out = io.BytesIO()
    pdf.draw(bulletin, out)
    return out.getvalue()


def packed(write, bulletin: Bulletin) -> bytes:
    out = io.BytesIO()
    write(bulletin, out)
    return out.getvalue()


def text_of(sheet: Sheet) -> str:
    return "\n".join(word.text for word in sheet.words)


@pytest.fixture(scope="module")
def city() -> Bulletin:
    return bulletins.bulletin()


@pytest.fixture(scope="module")
def pages(city) -> list[Sheet]:
    return sheets(printed(city))


@pytest.fixture(scope="module")
def full_page() -> Sheet:
    """The second page of a bulletin that has nothing but one long paragraph without marks."""
    parts = (Part(heading="一、总体情况", paragraphs=("龙泉市机关效能检查" * 200,)),)
    return sheets(printed(bulletins.bulletin((), parts=parts, corrections=(), caught_up=())))[1]


# --- The content ------------------------------------------------------------------------------------------------------

_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_WHOLE = st.integers(-(10**12), 10**12)
_DAY = st.dates(date(2000, 1, 1), date(2100, 1, 1))
_MONTH = _DAY.map(lambda day: day.replace(day=1))
_BY_TYPE = {"str": _TEXT, "int": _WHOLE, "bool": st.booleans(), "date": _DAY}


def records(kind, **given):
    """Any value of a flat dataclass of the content."""
    drawn = {field.name: _BY_TYPE[field.type] for field in fields(kind) if field.type in _BY_TYPE}
    return st.builds(kind, **{**drawn, **given})


_UNITS = records(content.UnitRow, by_item=st.tuples(records(content.ItemCount)))
_BULLETINS = st.builds(
    Bulletin,
    city=_TEXT,
    issuer_heading=_TEXT,
    signer=_TEXT,
    month=_MONTH,
    title=_TEXT,
    parts=st.lists(st.builds(Part, heading=_TEXT, paragraphs=st.lists(_TEXT).map(tuple))).map(tuple),
    units=st.lists(_UNITS, max_size=3).map(tuple),
    items=st.lists(records(content.ItemColumn), max_size=3).map(tuple),
    corrections=st.lists(records(content.Correction, month=_MONTH), max_size=3).map(tuple),
    caught_up=st.lists(records(content.CaughtUp, month=_MONTH), max_size=3).map(tuple),
    chain_heads=st.lists(records(content.ChainHead), max_size=3).map(tuple),
    corrects=st.none() | records(content.Superseded),
    printed_on=st.none() | _DAY,
    signed_by=_TEXT,
    demo=st.booleans(),
)


@given(_BULLETINS)
def test_what_is_frozen_comes_back_equal_and_with_the_same_hash(bulletin):
    again = Bulletin.from_json(bulletin.to_json())
    assert again == bulletin
    assert again.to_json() == bulletin.to_json()
    assert again.code == bulletin.digest[:16]


def test_the_canonical_form_is_sorted_and_knows_no_fraction(city):
    text = city.to_json()
    assert text.index('"addressees"') < text.index('"chain_heads"') < text.index('"units"')
    assert not re.search(r"\d\.\d", re.sub(r'"[^"]*"', "", text))
    with pytest.raises(TypeError):
        replace(city, signed_by=1.5).to_json()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"format":1', '"format":2'),
        ('"days_due":21', '"days_due":21.0'),
        ('"days_due":21', '"days_due":"21"'),
        ('"days_due":21', '"days_due":true'),
        ('"days_due":21', '"days_due":NaN'),
        ('"days_due":21', '"days_owed":21'),
        ('"month":"2026-11-01"', '"month":"2026-11-02"'),
        ('"number_text":"龙效能办〔2026〕3号"', '"number_text":null'),
        ('"city":"龙泉市",', ""),
    ],
)
def test_what_is_not_a_bulletin_is_refused(city, old, new):
    text = city.to_json()
    assert old in text
    with pytest.raises(ValueError, match=r"\w"):
        Bulletin.from_json(text.replace(old, new, 1))


def test_every_fact_changes_the_code(city):
    changed = [
        replace(city, signed_on=date(2026, 12, 5)),
        replace(city, units=city.units[:-1]),
        replace(city, chain_heads=(replace(city.chain_heads[0], head="0" * 64), *city.chain_heads[1:])),
        replace(city, corrections=()),
    ]
    assert len({each.code for each in [city, *changed]}) == 5


def test_the_public_version_tells_of_no_person_and_carries_the_same_code(city):
    public = city.for_public()
    assert public.code == city.code
    assert public.for_public() is public
    assert Bulletin.from_json(public.to_json()) == public
    for text in ("会议通知", "异议", "顾明川"):
        assert text in city.to_json()
        assert text not in public.to_json()


@pytest.mark.parametrize(
    ("half_points", "text"), [(0, "0.0"), (3, "1.5"), (-3, "-1.5"), (-1, "-0.5"), (40, "20.0")]
)
def test_points(half_points, text):
    assert points_text(half_points) == text


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "0.00"), (2000, "20.00"), (-5, "-0.05"), (123456, "1234.56")]
)
def test_money(cents, text):
    assert money_text(cents) == text


def test_a_day_has_no_zero_in_front():
    assert date_text(date(2026, 11, 4)) == "2026年11月4日"


# --- Lines ------------------------------------------------------------------------------------------------------------


def body_text(seed: int) -> str:
    chance = random.Random(seed)
    words = [
        "检查",
        "“在岗”",
        "（查实）",
        "，",
        "。",
        "2026年",
        "——",
        "……",
        "《制度》",
        "、",
        "12.5%",
        "人",
        "A",
    ]
    return "".join(chance.choice(words) for _number in range(200))


@pytest.mark.parametrize("seed", range(40))
def test_no_line_begins_or_ends_with_a_mark_that_may_not_stand_there(seed):
    text = body_text(seed).lstrip("".join(NOT_AT_START)) + "完"
    lines = breaking.set_lines([(text, "fangsong")], indent=2)
    assert "".join(piece for line in lines for piece, _role in line.texts) == text
    for line in lines:
        words = "".join(piece for piece, _role in line.texts)
        # A run of marks longer than a line has nowhere else to go.
        if len(words) > 4:
            assert words[0] not in NOT_AT_START
            assert words[-1] not in NOT_AT_END


@pytest.mark.parametrize("seed", range(40))
def test_every_line_but_the_last_fills_the_type_area(seed):
    lines = breaking.set_lines([(body_text(seed), "fangsong")], indent=2)
    room = 28 * (1 + breaking.TRACKING)
    for line in lines[:-1]:
        text = "".join(piece for piece, _role in line.texts)
        end = line.indent + width(text, "fangsong", 1) + line.tracking * (len(text) - 1)
        # A mark at the end may stand out by its blank half, never by its ink.
        assert end <= room + 0.55
        assert abs(line.tracking - breaking.TRACKING) <= breaking.FURTHER


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "关于2026年11月全市机关效能检查扣分情况的通报",
            ["关于2026年11月全市机关", "效能检查扣分情况的通报"],
        ),
        ("关于效能检查情况的通报", ["关于效能检查情况的通报"]),
    ],
)
def test_titles_break_between_words(title, lines):
    assert breaking.title_lines(title, "xiaobiaosong", 20.1) == lines


@pytest.mark.parametrize(
    ("text", "faces", "heading"),
    [
        ("一、总体情况", ["hei"], True),
        ("（一）窗口空岗", ["kai"], True),
        ("（一）窗口空岗。部分单位无人顶岗。", ["kai", "fangsong"], False),
        ("(一)窗口空岗", ["kai"], True),
        ("1.部分单位", ["fangsong"], False),
        ("一日一表", ["fangsong"], False),
    ],
)
def test_a_paragraph_has_the_faces_of_its_beginning(text, faces, heading):
    found = outline.paragraph(text)
    assert [span.face for span in found.spans] == faces
    assert (found.text, found.heading) == (text, heading)


# --- The PDF, measured ------------------------------------------------------------------------------------------------


def test_pages_are_a4(pages):
    assert all((round(page.width), round(page.height)) == (210, 297) for page in pages)


def test_a_full_page_has_22_lines_of_28_characters_in_the_type_area(full_page):
    lines = full_page.sized(16)
    assert len(lines) == 22
    assert {len(line.text) for line in lines} == {28}
    for line in lines:
        assert line.left == pytest.approx(LEFT, abs=0.05)
        assert line.right == pytest.approx(RIGHT, abs=0.1)
    assert lines[0].baseline - EM_TOP * 16 * PT == pytest.approx(TOP, abs=0.05)
    assert lines[-1].baseline + EM_FOOT * 16 * PT == pytest.approx(BOTTOM, abs=0.05)


def test_lines_stand_at_one_pitch(full_page):
    downs = [line.baseline for line in full_page.sized(16)]
    for above, below in pairwise(downs):
        assert below - above == pytest.approx(28.95 * PT, abs=1)
        assert below - above == pytest.approx((225 - 16 * PT) / 21, abs=0.01)


def test_characters_stand_in_fields_of_a_28th(full_page):
    for line in full_page.sized(16):
        assert line.steps[0] == pytest.approx(156 / 28, abs=0.01)


def test_nothing_leaves_the_type_area_but_page_numbers(pages):
    for page in pages:
        for word in page.words:
            if word.size != 14 or not word.text.startswith("— "):
                assert word.left >= LEFT - 0.1, word
                # A closing mark is blank in its right half.
                assert word.right <= RIGHT + 16 * PT / 2 + 0.1, word
                assert TOP - 1 <= word.baseline - 0.8 * word.size * PT <= BOTTOM, word


def test_the_heading_stands_35_mm_below_and_is_red(pages):
    heading = pages[0].saying("龙泉市效能办文件")
    assert heading.baseline - 0.85 * heading.size * PT == pytest.approx(TOP + 35, abs=1)
    assert (heading.left + heading.right) / 2 == pytest.approx((LEFT + RIGHT) / 2, abs=1)
    assert heading.size <= 42


def test_number_rule_and_title_stand_where_the_standard_has_them(pages):
    page = pages[0]
    heading, number = page.saying("龙泉市效能办文件"), page.saying("龙效能办〔2026〕3号")
    pitch = (225 - 16 * PT) / 21
    top = number.baseline - EM_TOP * 16 * PT
    assert top - heading.baseline == pytest.approx(2 * pitch, abs=1)
    assert (number.left + number.right) / 2 == pytest.approx((LEFT + RIGHT) / 2, abs=1)
    (rule,) = [stroke for stroke in page.strokes if stroke.colour == RED]
    assert rule.top - (number.baseline + EM_FOOT * 16 * PT) == pytest.approx(4, abs=0.1)
    assert (rule.left, rule.right) == (pytest.approx(LEFT, abs=0.1), pytest.approx(RIGHT, abs=0.1))
    title = page.sized(22)
    assert title[0].baseline - EM_TOP * 22 * PT - rule.top == pytest.approx(2 * pitch, abs=1)
    for line in title:
        assert (line.left + line.right) / 2 == pytest.approx((LEFT + RIGHT) / 2, abs=1)


def test_the_first_page_stands_on_the_lines_of_all_pages(pages):
    pitch = (225 - 16 * PT) / 21
    (first,) = [word for word in pages[0].words if word.text.startswith("各乡镇")]
    place = (first.baseline - EM_TOP * 16 * PT - TOP) / pitch
    assert place == pytest.approx(round(place), abs=0.01)


def test_paragraphs_begin_two_characters_in(pages):
    for text in ("一、总体情况", "二、存在问题"):
        (heading,) = [word for page in pages for word in page.words if word.text == text]
        assert heading.left == pytest.approx(LEFT + 2 * 156 / 28, abs=0.1)
        assert heading.font.startswith("NotoSansSC")


def test_page_numbers_are_outside_and_seven_millimetres_below(pages):
    for number, page in enumerate(pages, start=1):
        word = page.saying(f"— {number} —")
        assert word.size == 14
        # The dashes, which stand a third of the size above the baseline.
        assert word.baseline - 0.355 * 14 * PT - BOTTOM == pytest.approx(7, abs=0.1)
        if number % 2:
            assert RIGHT - word.right == pytest.approx(14 * PT, abs=0.5)
        else:
            assert word.left - LEFT == pytest.approx(14 * PT, abs=0.5)


def test_the_date_ends_four_characters_before_the_margin_below_who_signs(pages):
    day = next(word for page in pages for word in page.words if word.text == "2026年12月4日")
    signer = next(
        word for page in pages for word in page.words if word.text.startswith("龙泉市效能建设领导小组")
    )
    assert RIGHT - day.right == pytest.approx(4 * 156 / 28, abs=0.5)
    assert (signer.left + signer.right) / 2 == pytest.approx((day.left + day.right) / 2, abs=0.5)
    assert signer.baseline < day.baseline


def test_the_imprint_ends_the_last_page_which_is_even(pages):
    assert len(pages) % 2 == 0
    last = pages[-1]
    thick = [stroke for stroke in last.strokes if stroke.across and abs(stroke.thick - 0.35) < 0.01]
    thin = [stroke for stroke in last.strokes if stroke.across and abs(stroke.thick - 0.25) < 0.01]
    assert max(stroke.top for stroke in thick) == pytest.approx(BOTTOM, abs=0.1)
    assert len(thin) == 2
    (by,) = [word for word in last.words if word.text == "龙泉市效能建设领导小组办公室"]
    (on,) = [word for word in last.words if word.text == "2026年12月4日印发"]
    assert by.left - LEFT == pytest.approx(14 * PT, abs=0.5)
    assert RIGHT - on.right == pytest.approx(14 * PT, abs=0.5)


@pytest.mark.parametrize("length", range(0, 700, 37))
def test_the_signature_is_never_without_text_above_it(length):
    parts = (Part(heading="一、总体情况", paragraphs=("检" * (300 + length),)),)
    found = sheets(printed(bulletins.bulletin((), parts=parts, corrections=(), caught_up=())))
    (page,) = [page for page in found if any(word.text == "2026年12月4日" for word in page.words)]
    body = [word for word in page.sized(16) if "检检" in word.text]
    assert body
    assert (
        sum(len(word.text) for sheet in found for word in sheet.sized(16) if "检" in word.text)
        == 300 + length
    )


@pytest.mark.parametrize("length", range(200, 800, 28))
def test_no_heading_is_the_last_line_of_a_page(length):
    parts = (
        Part(heading="一、总体情况", paragraphs=("检" * length,)),
        Part(heading="二、存在问题", paragraphs=("查" * 300,)),
    )
    for page in sheets(printed(bulletins.bulletin((), parts=parts, corrections=(), caught_up=()))):
        lines = page.sized(16)
        if any(word.text == "二、存在问题" for word in lines):
            assert max(lines, key=lambda word: word.baseline).text != "二、存在问题"


# --- Tables -----------------------------------------------------------------------------------------------------------


def rows_of(pages: list[Sheet], name: str) -> list[Sheet]:
    return [page for page in pages if any(word.text == name for word in page.words)]


def test_107_units_run_over_pages_with_their_heads_on_each(city, pages):
    assert len(city.units) == 107
    for head in ("应查", "实查", "按期", "延期", "属实"):
        assert len(rows_of(pages, head)) == 4
    for row in city.units:
        # Deductions, findings by kind, heads of the ledger, and corrections of two of them.
        assert len(rows_of(pages, row.name)) >= 3, row.name
    assert sum(word.text == "合计（107个）" for page in pages for word in page.words) == 1


def test_numbers_end_where_those_above_them_end(pages):
    page = rows_of(pages, "应查")[0]
    money = [word for word in page.words if re.fullmatch(r"\d+\.\d\d", word.text)]
    assert len(money) > 20
    assert max(word.right for word in money) - min(word.right for word in money) < 0.05


def test_sums_are_as_large_as_the_rest(pages):
    (page,) = rows_of(pages, "合计（107个）")
    (label,) = [word for word in page.words if word.text == "合计（107个）"]
    sums = [word for word in page.words if abs(word.baseline - label.baseline) < 1]
    assert {round(word.size, 1) for word in sums} == {9.0}


def test_what_was_not_counted_is_not_nought(city):
    first = tables.attachments(city)[0]
    rows = {row.cells[1]: row.cells for row in first.rows}
    waiting, missing = rows["青窑第87局"], rows["青窑第88局"]
    assert waiting[4:9] == missing[4:9] == (tables.OPEN,) * 5
    assert waiting[-1] == "未审核\n迟报"
    assert missing[-1] == "未报送"
    assert "待审核后在以后的通报中补计" in first.below[0]


def test_totals_are_the_sums_of_the_rows(city):
    rows = tables.attachments(city)[0].rows
    total = rows[-1].cells
    units = [row.cells for row in rows if row.kind == "row"]
    assert total[1] == "合计（107个）"
    for place in (2, 3, 4, 9, 10, 11, 12):
        assert int(total[place]) == sum(int(cells[place]) for cells in units if cells[place] != tables.OPEN)
    points = sum(round(2 * float(cells[7])) for cells in units if cells[7] != tables.OPEN)
    assert float(total[7]) * 2 == points


def test_each_kind_of_unit_is_summed_once_wherever_its_units_stand():
    row = content.UnitRow(code="D900", name="青窑第900局", kind="市直单位", standing=content.NO_MONTH)
    found = tables.attachments(bulletins.bulletin((*bulletins.city(3, 2), row)))[0]
    assert [each.cells[1] for each in found.rows if each.kind != "row"] == [
        "市直单位小计（4个）",
        "乡镇街道小计（2个）",
        "合计（6个）",
    ]
    assert [each.cells[0] for each in found.rows if each.kind == "row"] == list("123456")
    assert "不再列入月度考核" in found.below[0]


def test_many_kinds_of_findings_take_several_tables():
    items = tuple(content.ItemColumn(code=f"i{n}", name=f"问题{n}") for n in range(40))
    counts = tuple(content.ItemCount(code=item.code, number=1) for item in items)
    row = content.UnitRow(code="D001", name="青窑局", kind="市直单位", findings=40, by_item=counts)
    found = [table.title for table in tables.attachments(bulletins.bulletin((row,), items=items))]
    assert found[1:4] == [f"2026年11月各单位发现问题分类表（{part}）" for part in "一二三"]
    assert printed(bulletins.bulletin((row,), items=items))


def test_without_findings_and_corrections_there_is_one_table_without_a_number():
    row = content.UnitRow(code="D001", name="青窑局", kind="市直单位", nil_report=True)
    bulletin = bulletins.bulletin((row,), corrections=(), caught_up=(), chain_heads=())
    found = sheets(printed(bulletin))
    assert any(word.text == "附件：2026年11月各单位检查扣分情况表" for page in found for word in page.words)
    assert any(word.text == "附件" for page in found for word in page.words)


def test_every_head_of_the_ledger_is_printed_in_full(city, pages):
    text = "".join(word.text for page in pages for word in page.words)
    for head in city.chain_heads:
        assert head.head in text
    assert "请市效能办核对台账" in text
    assert f"核验码：{city.code}" in text


def test_rows_copied_from_the_pdf_can_be_checked_against_the_ledger(city, tmp_path):
    """verify_ledger --printed reads them as they are: code, name, number, and the hash in its groups."""
    path = tmp_path / "bulletin.pdf"
    path.write_bytes(printed(city))
    shown = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True)
    rows = [line for line in shown.stdout.splitlines() if re.match(r"D\d{3}\s.*[0-9a-f]{8}", line.strip())]
    found = {(head.code, head.sequence, head.head) for head in ledger_heads.read("\n".join(rows))}
    assert found == {(head.unit_code, head.sequence, head.head) for head in city.chain_heads}


# --- Other versions ---------------------------------------------------------------------------------------------------


def test_a_draft_says_so_on_every_page_and_has_no_number_or_code():
    found = sheets(printed(bulletins.draft(demo=True)))
    assert all(outline.DRAFT_MARK in text_of(page) and outline.DEMO_MARK in text_of(page) for page in found)
    text = "\n".join(map(text_of, found))
    assert outline.DRAFT_NUMBER in text
    assert "核验码" not in text
    assert "〔2026〕" not in text


def test_what_is_signed_carries_no_mark(pages):
    text = "\n".join(map(text_of, pages))
    assert "草稿" not in text
    assert "演示" not in text


def test_a_correction_cites_what_it_supersedes():
    text = text_of(sheets(printed(bulletins.correcting()))[0]).replace("\n", "")
    assert "本通报更正并取代2026年12月4日印发的龙效能办〔2026〕3号通报" in text
    assert "更正原因：青窑第3局扣分误记。" in text


def test_the_public_pdf_tells_of_no_person(city):
    found = sheets(printed(city.for_public()))
    text = "\n".join(map(text_of, found))
    assert "（此件公开发布）" in text
    assert city.code in text
    for words in ("会议通知", "异议", "顾明川", "签发人"):
        assert words not in text


def test_hostile_names_are_printed_and_none_leaves_its_column():
    found = sheets(printed(bulletins.hostile()))
    text = "\n".join(map(text_of, found))
    for name in ("鿎石街道", "=1+1", "@cmd", "青窑局", "𬭎昇局", "<b>&\"'", "甲〓乙"):
        assert name in text
    (page,) = rows_of(found, "应查")
    names = [word for word in page.words if 35.5 <= word.left < 67]
    # Of its rows: in the column of names, which ends at 67.5 mm.
    assert max(word.right for word in names if word.size < 10 and word.baseline > 75) <= 67.5


@settings(max_examples=15, deadline=None)
@given(_BULLETINS)
def test_any_content_can_be_printed(bulletin):
    assert printed(bulletin) == printed(Bulletin.from_json(bulletin.to_json()))
    assert zipfile.ZipFile(io.BytesIO(packed(docx.write, bulletin))).testzip() is None
    assert zipfile.ZipFile(io.BytesIO(packed(xlsx.write, bulletin))).testzip() is None


def test_the_same_content_is_the_same_bytes(city):
    again = Bulletin.from_json(city.to_json())
    assert printed(city) == printed(again)
    assert packed(docx.write, city) == packed(docx.write, again)
    assert packed(xlsx.write, city) == packed(xlsx.write, again)


def test_the_pdf_embeds_its_fonts_and_names_its_parts(city):
    reader = PdfReader(io.BytesIO(printed(city)))
    assert reader.metadata.title == city.title
    assert reader.metadata.author == city.signer
    assert next(entry.title for entry in reader.outline) == "附件1 2026年11月各单位检查扣分情况表"
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font.get_object()["/FontDescriptor"].get_object()


# --- The DOCX ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def word(city) -> bytes:
    return packed(docx.write, city)


@pytest.fixture(scope="module")
def document(word):
    return Document(io.BytesIO(word))


def test_the_section_is_a4_with_the_standards_margins_and_22_lines(document):
    (section,) = document.sections
    assert abs(section.page_width - Mm(210)) < Mm(0.1)
    assert abs(section.page_height - Mm(297)) < Mm(0.1)
    found = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    for edge, millimetres in zip(found, (37, 35, 28, 26), strict=True):
        assert abs(edge - Mm(millimetres)) < Mm(0.1)
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:linePitch")) == "579"
    assert pytest.approx(22, abs=0.1) == 225 / (579 / 20 * PT)


def test_the_official_fonts_are_set_for_east_asian_characters(document):
    faces = {}
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            if not run.text:
                continue  # the box of the imprint
            fonts = run._r.rPr.rFonts
            faces.setdefault(fonts.get(qn("w:eastAsia")), []).append((paragraph.text, run.font.size.pt))
    assert set(faces) == {"仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体"}
    assert ("一、总体情况", 16) in faces["黑体"]
    assert any(text.startswith("（二）窗口空岗") for text, _size in faces["楷体_GB2312"])
    assert any(size == 22 for _text, size in faces["方正小标宋简体"])


def test_page_numbers_are_fields_with_dashes_outside(document):
    (section,) = document.sections
    assert document.settings.odd_and_even_pages_header_footer
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        (paragraph,) = footer.paragraphs
        assert paragraph._p.pPr.find(qn("w:jc")).get(qn("w:val")) == side
        assert "PAGE" in "".join(paragraph._p.itertext())
        assert paragraph.text.startswith("— ")
        assert paragraph.text.endswith(" —")


def test_table_heads_are_repeated(document):
    found = document.element.body.findall(qn("w:tbl"))
    assert len(found) == 5
    for table in found:
        heads = [
            row
            for row in table.iter(qn("w:tr"))
            if row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        ]
        assert 1 <= len(heads) <= 2
        assert heads == list(table.iter(qn("w:tr")))[: len(heads)]


def test_the_docx_says_what_the_pdf_says(city, word):
    text = "".join(Document(io.BytesIO(word)).element.body.itertext())
    for words in (
        city.title[:10],
        city.number_text,
        "2026年12月4日",
        "抄送：",
        city.code,
        city.chain_heads[-1].head,
    ):
        assert words in text
    for row in city.units:
        assert row.name in text


def test_the_docx_names_no_tool_and_no_hour(word):
    with zipfile.ZipFile(io.BytesIO(word)) as archive:
        assert not [name for name in archive.namelist() if "thumbnail" in name or "customXml" in name]
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
    for tool in (b"python", b"Macintosh", b"openpyxl"):
        assert tool not in everything
    properties = Document(io.BytesIO(word)).core_properties
    assert properties.author == properties.last_modified_by == "龙泉市效能建设领导小组办公室"
    assert properties.created.date() == date(2026, 12, 4)


def test_a_docx_draft_and_a_public_one(city):
    draft = Document(io.BytesIO(packed(docx.write, bulletins.draft(demo=True))))
    (section,) = draft.sections
    for header in (section.header, section.even_page_header):
        assert outline.DRAFT_MARK in header.paragraphs[0].text
        assert outline.DEMO_MARK in header.paragraphs[0].text
    public = "".join(Document(io.BytesIO(packed(docx.write, city.for_public()))).element.body.itertext())
    assert "（此件公开发布）" in public
    assert "会议通知" not in public


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_docx_and_sees_its_pages(word, tmp_path):
    path = tmp_path / "bulletin.docx"
    path.write_bytes(word)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, path]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    reader = PdfReader(tmp_path / "bulletin.pdf")
    assert 14 <= len(reader.pages) <= 22
    assert {round(float(page.mediabox.height) * PT) for page in reader.pages} == {297}
    first = reader.pages[0].extract_text()
    assert "龙泉市效能办文件" in first
    for number, page in enumerate(reader.pages, start=1):
        assert re.search(rf"—\s*{number}\s*—", page.extract_text())
    heads = [page for page in reader.pages if "扣分（分）" in page.extract_text()]
    assert len(heads) >= 4


# --- The XLSX ---------------------------------------------------------------------------------------------------------


def workbook_of(bulletin: Bulletin):
    return openpyxl.load_workbook(io.BytesIO(packed(xlsx.write, bulletin)))


def test_the_workbook_has_its_sheets_and_numbers_are_numbers(city):
    book = workbook_of(city)
    assert book.sheetnames == ["各单位", "更正", "补计", "账本"]
    units = book["各单位"]
    heads = [cell.value for cell in units[3]]
    first = dict(zip(heads, [cell.value for cell in units[4]], strict=True))
    row = city.units[0]
    assert (first["单位代码"], first["单位"], first["应巡查天数"]) == (row.code, row.name, 21)
    assert first["扣分合计"] == row.half_points / 2
    assert first["扣发（元）"] == row.withheld_cents / 100
    last = dict(zip(heads, [cell.value for cell in units[units.max_row]], strict=True))
    assert last["单位"] == "合计（107个）"
    assert last["扣发（元）"] == city.total.withheld_cents / 100
    assert [last[item.name] for item in city.items] == [city.total.count(item.code) for item in city.items]
    assert units.freeze_panes == "C4"
    assert units.print_title_rows == "$1:$3"


def test_what_was_not_counted_is_left_blank(city):
    units = workbook_of(city)["各单位"]
    heads = [cell.value for cell in units[3]]
    (row,) = [row for row in units.iter_rows(min_row=4, values_only=True) if row[1] == "青窑第88局"]
    found = dict(zip(heads, row, strict=True))
    assert (found["问题个数"], found["扣分合计"], found["扣发（元）"]) == (None, None, None)
    assert (found["月报"], found["实际巡查天数"]) == ("未报送", 9)


def test_no_cell_is_a_formula_whatever_it_is_called():
    packed_book = packed(xlsx.write, bulletins.hostile())
    with zipfile.ZipFile(io.BytesIO(packed_book)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert not [
                    tag for tag in ElementTree.fromstring(archive.read(name)).iter() if tag.tag.endswith("}f")
                ]
    book = openpyxl.load_workbook(io.BytesIO(packed_book))
    names = [row[1] for row in book["各单位"].iter_rows(min_row=4, values_only=True)]
    assert names[1:5] == ["'=1+1", "'+SUM(A1)", "'-2+3", "'@cmd"]
    assert names[0] == "鿎石街道"
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type in ("s", "n") for cell in row)


def test_the_public_workbook_has_no_reasons(city):
    book = workbook_of(city.for_public())
    assert [cell.value for cell in book["更正"][3]] == [
        "单位代码",
        "单位",
        "所属月份",
        "扣分增减",
        "扣发增减（元）",
    ]
    text = "".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    assert "会议通知" not in text


def test_rosters_are_not_read_with_what_came_along():
    """python-docx brings lxml, which takes entities that defusedxml refuses (docs/dependencies.md)."""
    assert openpyxl.LXML is False
    assert openpyxl.DEFUSEDXML is True
