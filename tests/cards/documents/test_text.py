from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.documents import text
from cards.documents.fonts import width

EM = 10.0


def wrapped(content: str, ems: float) -> list[str]:
    return text.wrap(content, "sans", EM, ems * EM)


@pytest.mark.parametrize(
    ("content", "ems", "lines"),
    [
        ("", 5, []),
        ("   ", 5, []),
        ("甲乙丙丁戊", 5, ["甲乙丙丁戊"]),
        ("甲乙丙丁戊己", 5, ["甲乙丙丁戊", "己"]),
        # a mark that may not begin a line takes the character before it along
        ("甲乙丙丁戊、己", 5, ["甲乙丙丁", "戊、己"]),
        ("甲乙丙丁戊，己", 5, ["甲乙丙丁", "戊，己"]),
        ("甲乙丙丁戊。", 5, ["甲乙丙丁", "戊。"]),
        ("甲乙丙丁戊；己", 5, ["甲乙丙丁", "戊；己"]),
        ("甲乙丙丁戊）己", 5, ["甲乙丙丁", "戊）己"]),
        ("甲乙丙丁戊》己", 5, ["甲乙丙丁", "戊》己"]),
        ("甲乙丙丁戊”。己", 5, ["甲乙丙丁", "戊”。己"]),
        # a mark that may not end a line goes along with the character after it
        ("甲乙丙丁（戊己", 5, ["甲乙丙丁", "（戊己"]),
        ("甲乙丙丁“戊己", 5, ["甲乙丙丁", "“戊己"]),
        ("甲乙丙丁《戊己", 5, ["甲乙丙丁", "《戊己"]),
        # words and numbers stay whole, unless one is wider than the box
        ("甲乙丙0578-000 0001", 6, ["甲乙丙", "0578-000", "0001"]),
        ("办公A/B岗", 3, ["办公", "A/B岗"]),
        ("ABCDEFGHIJ", 2, ["ABC", "DEF", "GHI", "J"]),
        # a blank at the break vanishes, others are kept once
        ("甲乙  丙丁", 2.4, ["甲乙", "丙丁"]),
        ("甲乙  丙丁", 9, ["甲乙 丙丁"]),
        ("甲——乙", 3, ["甲——", "乙"]),
    ],
)  # fmt: skip
def test_lines_break_where_chinese_typography_allows(content, ems, lines):
    assert wrapped(content, ems) == lines


TEXTS = st.text(st.sampled_from("甲乙丙丁戊己𬱖A1bZ-/. 、。，；：（）“”《》…—·"), max_size=60)


@given(TEXTS, st.floats(1.0, 20.0))
def test_no_character_is_lost_and_no_line_is_wider_than_the_box(content, ems):
    lines = wrapped(content, ems)
    assert "".join("".join(lines).split()) == "".join(content.split())
    assert all(line == line.strip() and line for line in lines)
    assert all(width(line, "sans", EM) <= ems * EM + 1e-3 for line in lines)


@given(TEXTS, st.floats(8.0, 20.0))
def test_no_line_begins_or_ends_with_a_forbidden_mark_unless_marks_alone_fill_it(content, ems):
    lines = wrapped(content, ems)
    for before, after in pairwise(lines):
        if before[-1] in text.NOT_AT_END or after[0] in text.NOT_AT_START:
            chain = text.pieces_of(content, "sans")
            assert any(piece.advance > ems or piece.blank for piece in chain)


# A text that is an ellipsis itself looks like one that was cut.
@given(
    st.lists(TEXTS.filter(lambda one: one.strip() and "…" not in one), min_size=1, max_size=6),
    st.integers(1, 12),
)
def test_a_block_keeps_to_its_lines_and_says_truly_whether_it_was_cut(contents, allowed):
    room = 12 * EM
    found = text.block(contents, "sans", room, largest=EM, smallest=EM / 2, lines=lambda size: allowed)
    assert len(found.lines) <= allowed
    assert EM / 2 <= found.size <= EM
    assert all(width(line, "sans", found.size) <= room + 1e-3 for line in found.lines)
    printed = "".join("".join(found.lines).split())
    assert found.cut == (printed != "".join("".join(contents).split()))
    if found.cut:
        assert found.lines[-1].endswith(text.ELLIPSIS)


def test_a_block_shrinks_before_it_breaks_off():
    def lines_at(size: float) -> int:
        return 1

    fits = text.block(["甲" * 12], "sans", 100, largest=10, smallest=8, lines=lines_at)
    assert fits.lines == ("甲" * 12,)
    assert fits.size == pytest.approx(8.3, abs=0.05)
    assert not fits.cut
    cut = text.block(["甲" * 13], "sans", 100, largest=10, smallest=8, lines=lines_at)
    assert cut == text.Block(8, (("甲" * 11 + "…",),), cut=True)


def test_a_cut_block_keeps_the_beginning_of_every_paragraph():
    found = text.block(
        ["甲" * 30, "乙" * 5, "丙" * 30], "sans", 100, largest=10, smallest=10, lines=lambda size: 4
    )
    assert found.paragraphs == (("甲" * 10, "甲" * 9 + "…"), ("乙" * 5,), ("丙" * 9 + "…",))


def test_paragraphs_that_find_no_line_are_hinted_at():
    found = text.block(["甲甲", "乙乙", "丙丙"], "sans", 100, largest=10, smallest=10, lines=lambda size: 2)
    assert found.paragraphs == (("甲甲",), ("乙乙…",))
    assert found.cut


def test_an_ellipsis_replaces_a_comma_rather_than_following_it():
    found = text.block(["甲乙、丙丁戊己"], "sans", 40, largest=10, smallest=10, lines=lambda size: 1)
    assert found.lines == ("甲乙…",)


@pytest.mark.parametrize(
    ("room", "size"), [(100, 20), (60, 20), (45, 15), (30, 10), (29, None)]
)  # fmt: skip
def test_one_line_shrinks_to_its_box_down_to_the_smallest_size(room, size):
    assert text.fit("示例甲", "serif-bold", room, largest=20, smallest=10) == size


def test_letter_spacing_counts_between_the_characters_only():
    assert text.fit("示例甲", "serif-bold", 32, largest=99, smallest=1, tracking=0.1) == pytest.approx(10)
