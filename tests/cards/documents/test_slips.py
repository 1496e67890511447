from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from cards.documents.slips import CannotPrint, SlipContent, check, design, draw_slips, layout
from tests.cards.documents.reading import assert_apart, codes, fonts_of, pictures, shown_text
from tests.cards.documents.samples import LONGEST

SLIP = SlipContent(
    name="示例甲",
    unit_name="市行政服务示例局",
    office="审批科",
    username="shili.jia",
    code="7K3M9Q2ABCDE4567",
    url="https://card.example.cn/activate/",
    expires=datetime(2026, 12, 7, 17, 30, tzinfo=UTC),
)
LONG = replace(
    SLIP,
    name=LONGEST.name,
    unit_name=LONGEST.unit_name,
    office=LONGEST.office_name,
    username="example.name-with.a.long.one.2026.abcdefg",
    url="https://ganbu.xingzheng.example.longquan.gov.cn/activate/",
    demo=True,
)


def printed(*slips: SlipContent, pages: int = 1) -> bytes:
    out = BytesIO()
    assert draw_slips(slips, out) == pages
    return out.getvalue()


def test_a_slip_says_all_that_its_owner_needs(tmp_path):
    text = shown_text(printed(SLIP), tmp_path)
    who = ("示例甲", "市行政服务示例局 审批科", "shili.jia", "7K3M 9Q2A BCDE 4567")
    how = ("https://card.example.cn/activate/", "输入用户名和激活码，自己设定一个密码。", "用后销毁本单。")
    for wanted in (*who, *how):
        assert wanted in text
    assert "演示" not in text
    assert "演示" in shown_text(printed(LONG), tmp_path)


def test_the_last_moment_is_told_in_the_time_of_the_country(tmp_path):
    assert "有效期至 2026年12月8日 01:30" in shown_text(printed(SLIP), tmp_path)


def test_codes_lead_to_the_activation_page_and_carry_no_secret(tmp_path):
    pages = pictures(printed(*[SLIP] * 8, LONG, pages=2), tmp_path)
    assert [codes(page) for page in pages] == [[SLIP.url] * 8, [LONG.url]]


def test_a_code_that_comes_in_groups_is_grouped_once():
    assert replace(SLIP, code="7K3M 9Q2A BCDE 4567").code_groups == ["7K3M", "9Q2A", "BCDE", "4567"]


@pytest.mark.parametrize(("slips", "pages"), [(1, 1), (8, 1), (9, 2), (17, 3)])
def test_eight_slips_to_a_page(slips, pages):
    reader = PdfReader(BytesIO(printed(*[SLIP] * slips, pages=pages)))
    assert len(reader.pages) == pages
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((595.3, 841.9), abs=0.1)


@pytest.mark.parametrize(
    "slip", [SLIP, LONG, replace(SLIP, office="", name="示" * 50)], ids=lambda s: s.name[:4]
)
def test_no_text_overlaps_another_or_comes_near_a_cut(slip):
    assert check(slip) == []
    placed = layout(slip)
    assert placed.cut == ()
    assert_apart(list(placed.lines))
    for line in placed.lines:
        left, top, right, bottom = line.box
        assert left >= design.MARGIN - 0.01, line
        assert right <= design.WIDTH - design.MARGIN + 0.01, line
        assert 5 < top < bottom < design.HEIGHT - 5, line
        if top < design.QR_TOP + design.QR_FRAME and line.part in ("name", "unit_name", "username"):
            assert right < design.QR_LEFT, line


@pytest.mark.parametrize("part", ["name", "username"])
def test_what_is_typed_in_is_printed_whole(part):
    for slip in (SLIP, LONG):
        assert "".join(line.text for line in layout(slip).lines if line.part == part) == getattr(slip, part)


def test_all_fonts_are_embedded(tmp_path):
    listed = fonts_of(printed(SLIP, LONG), tmp_path)
    assert len(listed) >= 3
    assert all(font == ["yes", "yes", "yes"] for font in listed)


def test_the_same_slips_give_the_same_bytes():
    assert printed(SLIP, LONG) == printed(SLIP, LONG)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, ["Name", "nothing", "activation slip"]),
        ({"unit_name": ""}, ["Unit name", "nothing"]),
        ({"username": ""}, ["User name", "nothing"]),
        ({"code": ""}, ["One-time code", "nothing"]),
        ({"url": ""}, ["Address", "nothing"]),
        ({"name": "示ཀ"}, ["Name", "U+0F40"]),
        ({"office": "ཀ"}, ["Office", "U+0F40"]),
        ({"name": "示" * 51}, ["50", "51"]),
        ({"username": "a" * 90}, ["User name", "too long"]),
        ({"code": "7K3M" * 20}, ["One-time code", "too long"]),
        ({"url": "https://card.example.cn/" + "a" * 250}, ["Address", "too long"]),
    ],
)
def test_what_cannot_be_printed_is_refused_with_one_sentence_on_the_field(changes, words):
    (problem,) = check(replace(SLIP, **changes))
    assert all(word in problem for word in words), problem


def test_a_refusal_names_everybody_concerned_and_writes_nothing():
    out = BytesIO()
    with pytest.raises(CannotPrint) as refused:
        draw_slips([replace(SLIP, username=""), SLIP, replace(SLIP, name="示ཀ")], out)
    assert out.getvalue() == b""
    first, second = refused.value.problems
    assert first.startswith("市行政服务示例局 示例甲：")
    assert second.startswith("市行政服务示例局 示ཀ：")


def test_nothing_to_print_writes_nothing():
    out = BytesIO()
    assert draw_slips([], out) == 0
    assert out.getvalue() == b""
