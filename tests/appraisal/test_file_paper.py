"""Files of evidence on paper: tables over many pages, contents, page numbers, and nothing outside of the page."""

import io

import pytest
from pypdf import PdfReader

from appraisal.bulletins.design import BOTTOM, HEAD_ROW, LEFT, RIGHT, TOP
from appraisal.bulletins.pages import Page
from appraisal.bulletins.tables import Row, Table
from appraisal.bulletins.tabulating import tabulate
from appraisal.papers.file import TOGETHER, Column, FilePaper, Section, layout, pdf, table

COLUMNS = (Column("日期", 20), Column("事项", 40, "left"), Column("说明", 60, "left"), Column("扣分", 14))
LONG = "当日巡查时不在岗，去向牌未更新，电话联系后二十分钟返回。"


def rows(number: int, words: str = "脱岗") -> list[tuple[str, ...]]:
    return [(f"第{place}日", words, LONG * (place % 4 + 1), "2 分") for place in range(1, number + 1)]


def paper(*numbers: int, **changes) -> FilePaper:
    sections = tuple(
        Section(f"{2026 - place}年", ("说明文字。", table(COLUMNS, rows(number), title="问题认定")))
        for place, number in enumerate(numbers)
    )
    return FilePaper("干部考评档案", ("青窑局　陈砚",), changes.pop("sections", sections), **changes)


def texts(page, part: str | None = None) -> list[str]:
    return [line.text for line in page.texts if part in (None, line.part)]


def test_every_row_stands_once_and_each_page_of_a_table_has_its_head():
    pages = layout(paper(120))
    assert len(pages) > 3
    found = [text for page in pages for text in texts(page, "row") if text.startswith("第")]
    assert found == [f"第{place}日" for place in range(1, 121)]
    for page in pages:
        assert "事项" in texts(page, "head")


def test_nothing_stands_outside_of_the_page():
    for page in layout(paper(50, 50, 50, 50, 50, demo=True)):
        for line in page.texts:
            left, top, right, bottom = line.box
            assert left >= LEFT - 0.1
            assert right <= RIGHT + 0.1
            if line.part not in ("page", "foot", "mark"):
                assert top >= TOP - 0.1
                assert bottom <= BOTTOM + 0.1


def test_pages_are_numbered_and_the_contents_lead_to_them():
    pages = layout(paper(30, 30, 30, 1))
    assert [texts(page, "page") for page in pages] == [
        [f"第{number}页　共{len(pages)}页"] for number in range(1, len(pages) + 1)
    ]
    begins = {mark: number for number, page in enumerate(pages, start=1) for mark in page.bookmarks}
    listed = texts(pages[0], "contents")[1:]
    assert dict(zip(listed[::2], map(int, listed[1::2]), strict=True)) == begins


@pytest.mark.parametrize("numbers", [(1,), (1, 1, 1)])
def test_a_short_file_has_no_contents(numbers):
    assert texts(layout(paper(*numbers))[0], "contents") == []


@pytest.mark.parametrize("number", range(1, 40, 3))
def test_no_caption_stands_at_the_foot_of_a_page_alone(number):
    for page in layout(paper(number, 9)):
        for line in page.texts:
            if line.part == "caption":
                assert BOTTOM - line.box[1] >= TOGETHER - 20
                assert [other for other in page.texts if other.part == "head" and other.box[1] > line.box[1]]


def test_the_same_file_gives_the_same_bytes_and_its_words_can_be_copied():
    once, again = pdf(paper(3, demo=True)), pdf(paper(3, demo=True))
    assert once == again
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(once)).pages)
    for said in ("干部考评档案", "陈砚", "第3日", "脱岗", "演示"):
        assert said in words


def test_what_has_no_ink_and_what_no_font_has_never_stops_the_printing():
    odd = "韦诉\u200b𬱖\x07\U000f0000"
    found = FilePaper(odd, (odd,), (Section(odd, (odd, table(COLUMNS, [(odd,) * 4], title=odd, note=odd))),))
    assert pdf(found).startswith(b"%PDF")


def test_the_head_of_a_table_is_as_high_as_its_words():
    def end(**column: str) -> float:
        columns = [Column("项目", 78, "left", **column), Column("分值", 78)]
        page = tabulate(Table("", tuple(columns), (Row(("脱岗", "2")),)), Page(), Page)
        return page.end

    assert end(group="记录") - end() == pytest.approx(HEAD_ROW)
