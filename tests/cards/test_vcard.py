"""RFC 2426: what a phone's address book must be able to read."""

import re

import pytest

from cards.vcard import escape, fold, vcard


def unfolded(text: str) -> list[str]:
    return re.sub(r"\r\n ", "", text).split("\r\n")


def card(**changed) -> str:
    fields = {
        "name": "陈砚",
        "unit": "青窑局",
        "office": "办公室",
        "title": "副科长",
        "phones": [("WORK,VOICE", "0578-7120101")],
        "url": "HTTPS://EXAMPLE.CN/C/ABCD",
    }
    return vcard(**{**fields, **changed})


def test_a_card_line_by_line():
    assert unfolded(card()) == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:陈砚;;;;",
        "FN:陈砚",
        "ORG:青窑局;办公室",
        "TITLE:副科长",
        "TEL;TYPE=WORK,VOICE:0578-7120101",
        "URL:HTTPS://EXAMPLE.CN/C/ABCD",
        "END:VCARD",
        "",
    ]


def test_numbers_that_are_empty_are_left_out():
    text = card(phones=[("WORK,VOICE", ""), ("CELL,VOICE", "139 0000 0000")])
    assert [line for line in unfolded(text) if line.startswith("TEL")] == [
        "TEL;TYPE=CELL,VOICE:139 0000 0000"
    ]


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("a;b,c", "a\\;b\\,c"),
        ("a\\b", "a\\\\b"),
        ("a\\;b", "a\\\\\\;b"),
        ("one\ntwo\r\nthree\rfour", "one\\ntwo\\nthree\\nfour"),
        ("冒号：不变", "冒号：不变"),
    ],
)
def test_characters_with_a_meaning_are_escaped(plain, escaped):
    assert escape(plain) == escaped


def test_nothing_in_a_name_can_add_a_line_or_a_field():
    text = card(name="陈\r\nTEL:110;x", title="a\nURL:http://evil")
    names = {line.split(":")[0].split(";")[0] for line in unfolded(text) if line}
    assert names == {"BEGIN", "VERSION", "N", "FN", "ORG", "TITLE", "TEL", "URL", "END"}
    assert len([line for line in unfolded(text) if line.startswith("TEL")]) == 1


@pytest.mark.parametrize("text", ["x" * 200, "一" * 60, "𬱖" * 40, "a" + "一" * 25, "x" * 75, "x" * 76, ""])
def test_lines_are_folded_at_75_octets_between_characters(text):
    lines = fold(text).split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert lines[0] + "".join(line[1:] for line in lines[1:]) == text
    assert all(line.startswith(" ") for line in lines[1:])


def test_a_line_of_75_octets_is_not_folded():
    assert fold("x" * 75) == "x" * 75
    assert fold("x" * 76) == "x" * 75 + "\r\n x"
