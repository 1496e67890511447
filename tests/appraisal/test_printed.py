"""What a bulletin printed, typed in or copied: read as a person writes it, and compared with the chains."""

import io
import sys
from hashlib import sha256

import pytest
from django.utils import translation

from appraisal import printed
from appraisal.models import Bulletin
from appraisal.printed import PrintedHead, Unreadable
from tests.appraisal.chains import last_entry, one_month, printed_lines, sign, two_months, verify

HASH = sha256(b"x").hexdigest()
GROUPS = " ".join(HASH[at : at + 8] for at in range(0, 64, 8))
ONE = PrintedHead(1, "D001", 12, HASH)


@pytest.mark.parametrize(
    "text",
    [
        f"D001 12 {HASH}",
        f"  d001\t12   {HASH.upper()}  ",
        f"Ｄ００１　１２　{HASH}",
        f"D001 12 {''.join(chr(ord(sign) + 0xFEE0) for sign in HASH)}",
        f"D001 青窑局 12 {HASH}",
        f"D001 第 3 中学 12 {HASH}",
        f"D001,青窑局,12,{HASH}",
        f"| D001 | 青窑局 | 12 | {HASH} |",
        f"D001 12 {HASH[:30]}-\n{HASH[30:]}",
        f"D001 12 {HASH[:30]}\u2010\r\n   {HASH[30:50]}-\r\n{HASH[50:]}",
        f"D001 12 {HASH[:32]}\u00ad\n{HASH[32:]}",
        f"D001 12\n{HASH}",
        f"D001\n\n青窑局\n\n12 {GROUPS}",
        f"D001\n青窑局\n12\n{GROUPS[:35]}\n{GROUPS[36:]}",
        f"D001 12 {GROUPS}",
        f"\ufeffD001 12 {HASH}",
    ],
    ids=[
        "plain",
        "upper and lower case",
        "full width",
        "full width hash",
        "with its name",
        "a name with a number",
        "CSV",
        "a table",
        "broken with a hyphen",
        "broken twice",
        "a soft hyphen",
        "on two lines",
        "cell by cell",
        "cell by cell, broken",
        "in groups",
        "a byte order mark",
    ],
)
def test_as_people_write_it(text):
    assert printed.read(text) == [ONE]


def test_several_with_their_lines():
    other = sha256(b"y").hexdigest()
    text = f"\nD001 12 {HASH[:40]}-\n{HASH[40:]}\n\nT002 3 {other}\n"
    assert printed.read(text) == [PrintedHead(2, "D001", 12, HASH), PrintedHead(5, "T002", 3, other)]


def test_a_whole_table_cell_by_cell():
    text = f"D001\n青窑局\n12 {GROUPS}\n\nT002\n剑潭镇\n3 {GROUPS}\n"
    assert printed.read(text) == [ONE, PrintedHead(5, "T002", 3, HASH)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Line 1: here should stand what a bulletin prints"),
        ("\n \n", "Line 1: here should stand what a bulletin prints"),
        ("单位代码 单位 末条序号", "Line 1: unit code, number of the entry and hash are expected"),
        (f"D001 {HASH}", "Line 1: unit code, number of the entry and hash are expected"),
        (f"D001 12 {HASH[1:]}", "Line 1: the hash has 63 digits instead of 64"),
        (f"D001 12 {HASH}0", "Line 1: the hash has 65 digits instead of 64"),
        (f"D001\nT002 3 {HASH}", "Line 1: unit code, number of the entry and hash are expected"),
        ("D001 12", "Line 1: the hash has 0 digits instead of 64"),
        (f"D001 12 O{HASH[1:]}", "Line 1: “O” is no hexadecimal digit"),
        (f"D001 12 {HASH}\nT002 3 {HASH[:9]}\nT003 4 {HASH}", "Line 2: the hash has 9 digits instead of 64"),
        (f"D001 {'9' * 5000} {HASH}", "Line 1: unit code, number"),
    ],
)
def test_what_it_cannot_be_is_said_with_its_line(text, why):
    with translation.override("en"), pytest.raises(Unreadable) as error:
        printed.read(text)
    assert why in str(error.value)


# --- Compared --------------------------------------------------------------------------------------------------------


@pytest.fixture
def bulletin(unit, other_unit, chen, lin, zhou, head, express_head) -> Bulletin:
    two_months(unit, (chen, lin), head)
    one_month(other_unit, zhou)
    return sign(express_head)


@pytest.fixture
def paper(bulletin, tmp_path):
    def write(text: str = "", encoding: str = "utf-8") -> str:
        path = tmp_path / "heads.txt"
        path.write_text(text or printed_lines(bulletin), encoding)
        return str(path)

    return write


def test_each_line_gets_its_answer(paper):
    said = verify("--printed", paper())
    assert said.status == 0
    assert said.lines == [
        "Line 1: D901 青窑局 still passes through entry 9 as printed.",
        "Line 2: T902 剑潭镇 still passes through entry 2 as printed.",
    ]


def test_also_through_an_older_one(paper, unit):
    older = unit.ledger_entries.get(sequence=4)
    assert verify("--printed", paper(f"D901 4 {older.hash}")).status == 0


def test_another_hash(paper):
    said = verify("--printed", paper(f"D901 9 {HASH}"))
    assert said.lines == ["Line 1: entry 9 of D901 青窑局 has another hash than the one printed."]
    assert (said.last, said.status) == ("1 break found.", 1)


def test_a_slip_in_typing(paper, unit):
    head = last_entry(unit).hash
    typed = head[:10] + ("0" if head[10] != "0" else "1") + head[11:]
    said = verify("--printed", paper(f"D901 9 {typed}"))
    assert said.lines == ["Line 1: entry 9 of D901 青窑局 differs in 1 of 64 digits: mistyped?"]
    assert said.status == 1


def test_what_the_chain_has_not_reached(paper):
    said = verify("--printed", paper(f"D901 10 {HASH}"))
    assert said.lines == ["Line 1: D901 青窑局 no longer has entry 10."]


def test_a_unit_that_is_not_there(paper):
    said = verify("--printed", paper(f"D901 9 {HASH}\nD999 1 {HASH}"))
    assert (said.last, said.status) == ("Line 2: there is no unit with the code “D999”.", 2)


def test_what_cannot_be_read_ends_before_anything_is_checked(paper):
    said = verify("--printed", paper("D901 9 abc"))
    assert (said.lines, said.status) == ([], 2)


def test_a_file_of_a_chinese_windows(paper, bulletin):
    text = printed_lines(bulletin).replace("D901 ", "D901 青窑局 ")
    assert verify("--printed", paper(text, "gb18030")).status == 0


@pytest.mark.parametrize(
    "content", [b"\xff\xff\xff", b"\x89PNG\r\n\x1a\n\x00\x00"], ids=["bytes", "a picture"]
)
def test_a_file_that_is_no_text(content, bulletin, tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(content)
    assert verify("--printed", str(path)).status == 2


def test_a_file_that_is_not_there(bulletin, tmp_path):
    said = verify("--printed", str(tmp_path / "none.txt"))
    assert said.status == 2
    assert "none.txt cannot be read" in said.last


@pytest.mark.parametrize("arguments", [("--printed", "-"), ("--printed",)])
def test_from_standard_input(arguments, bulletin, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(printed_lines(bulletin).encode())))
    assert len(verify(*arguments).lines) == 2


def test_no_entry_has_the_number_zero():
    with pytest.raises(printed.Unreadable):
        printed.read(f"D901 0 {'0' * 64}")
