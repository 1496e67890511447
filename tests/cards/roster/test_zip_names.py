"""Names of photos as systems pack them, and names that somebody made to mislead."""

import zipfile
from pathlib import Path

import pytest
from django.utils import translation

from cards import roster
from cards.roster import archive
from common.problems import Refused
from tests.cast import TODAY, portrait
from tests.support.sheets import person, zipped
from tests.support.sheets import roster as sheet

#: Turns what follows around on a screen.
TURN = "\u202e"


def packed(path: Path, names: list[bytes], *marked: str) -> Path:
    """Without the mark for UTF-8, as Windows and old programs pack; except those of `marked`."""
    stand_ins = {str(number).rjust(len(name), "~"): name for number, name in enumerate(names)}
    data = zipped(path, dict.fromkeys([*stand_ins, *marked], b"x")).read_bytes()
    for stand_in, name in stand_ins.items():
        data = data.replace(stand_in.encode(), name)
    path.write_bytes(data)
    return path


def paths(path: Path) -> list[str]:
    with archive.opened(path) as album:
        return list(album.paths)


@pytest.mark.parametrize("name", ["一.jpg", "梅苇.jpg", "毛知远.jpg", "陈誠.jpg"])
def test_a_name_in_gbk_that_happens_to_be_utf8(name, tmp_path):
    assert paths(packed(tmp_path / "a.zip", [name.encode("gb18030")])) == [name]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_all_names_of_a_file_are_in_one_encoding(encoding, tmp_path):
    names = ["一.jpg", "陈砚.jpg", "梅苇照片/梅苇.png", "plain.jpg", "毛知远.jpg"]
    assert paths(packed(tmp_path / "a.zip", [name.encode(encoding) for name in names])) == names


def test_a_foreign_name_without_han_stays_utf8(tmp_path):
    assert paths(packed(tmp_path / "a.zip", [b"plain.jpg", "Ünal.jpg".encode()]))[0] == "plain.jpg"


def test_what_is_marked_as_utf8_says_nothing_about_the_others(tmp_path):
    path = packed(tmp_path / "a.zip", ["一.jpg".encode("gb18030")], "陈砚.jpg")
    assert paths(path) == ["一.jpg", "陈砚.jpg"]


@pytest.mark.django_db
def test_no_name_turns_a_sentence_around(unit, tmp_path):
    album = zipped(
        tmp_path / "a.zip",
        {
            f"a{TURN}/钱新.jpg": portrait().read(),
            f"b{TURN}/钱新.jpg": portrait().read(),
            f"\x07{TURN}x": b"x",
        },
    )
    path = sheet(tmp_path / "a.xlsx", [person("钱新", photo="钱新.jpg")])
    with translation.override("en"):
        plan = roster.look(path, album, unit=None, today=TODAY)
    words = " ".join(map(str, (*plan.notes, *plan.problems)))
    assert "a?/钱新.jpg、b?/钱新.jpg" in words
    assert "??x" in words
    assert TURN not in words


def test_no_refused_name_turns_its_sentence_around(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as album:
        album.writestr(f"{TURN}a.jpg", b"x")
        with pytest.warns(UserWarning, match="Duplicate name"):
            album.writestr(f"{TURN}a.jpg", b"x")
    with translation.override("en"), pytest.raises(Refused) as refused:
        paths(path)
    assert str(refused.value.sentence) == "“?a.jpg” is in the ZIP file twice."
