import shutil
from pathlib import Path

import pytest
import reportlab
from reportlab.pdfbase import pdfmetrics

from cards.documents import fonts

VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
ONLY_IN_VERA = "Š"
ONLY_IN_SERIF = "鿿"


def face_of(character, role):
    """What reportlab draws the character with."""
    return pdfmetrics.getFont(fonts.runs(character, role)[0][0]).face  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", fonts.ROLES)
@pytest.mark.parametrize("character", "䶮㛃𬭎喆堃頔翀𠅤𫖯𬱖𬸘𬀩鿎·々“”…（，")
def test_every_role_has_the_rare_characters_of_names(role, character):
    assert fonts.missing_characters(character, role) == []
    assert fonts.runs(character, role)[0][1] == character


def test_missing_characters_are_named_once_and_in_order():
    assert fonts.missing_characters("示\U0001f600例ཀ\U0001f600甲", "sans") == ["\U0001f600", "ཀ"]


@pytest.mark.parametrize("character", ["\u200b", "\ufeff", "\n", "\t", "\u2003"])
def test_a_character_without_ink_counts_as_missing(character):
    assert fonts.missing_characters(f"示{character}例", "serif-bold") == [character]


def test_setting_a_missing_character_raises_instead_of_printing_nothing():
    with pytest.raises(fonts.MissingGlyph, match=r"U\+1F600"):
        fonts.runs("示\U0001f600", "sans")
    with pytest.raises(fonts.MissingGlyph):
        fonts.width("\U0001f600", "sans", 10)


def test_only_the_character_that_a_font_lacks_comes_from_another():
    (first, before), (second, rare), (third, after) = fonts.runs(f"甲{ONLY_IN_SERIF}乙", "sans")
    assert (before, rare, after) == ("甲", ONLY_IN_SERIF, "乙")
    assert first == third != second


def test_width_is_the_sum_of_the_advances_and_grows_with_the_size():
    assert fonts.width("示例", "sans", 10) == pytest.approx(20)
    assert fonts.width("示例A", "sans", 20) == pytest.approx(40 + 2 * fonts.width("A", "sans", 10))
    assert fonts.width("", "sans", 10) == 0


def test_the_fonts_are_registered_under_names_of_their_own():
    faces = [face_of("示", role) for role in fonts.ROLES]
    files = set(fonts.FILES.values())
    assert len({face.name for face in faces}) == len({face.filename for face in faces}) == len(files)


def test_an_own_font_is_the_last_resort_for_characters_that_no_vendored_font_has(own_fonts):
    assert fonts.missing_characters(ONLY_IN_VERA, "sans") == [ONLY_IN_VERA]
    shutil.copy(VERA, own_fonts / "Vera.ttf")
    fonts.configure(own_fonts)
    vendored, own = fonts.runs(f"A{ONLY_IN_VERA}", "sans")
    assert vendored == ("NotoSansSC400Regular", "A")
    assert own[0].startswith("Own")
    assert fonts.check_fonts() == []


def test_an_own_font_named_after_a_role_is_preferred_for_that_role_alone(own_fonts):
    shutil.copy(VERA, own_fonts / "sans.ttf")
    fonts.configure(own_fonts)
    own, vendored = fonts.runs("A示", "sans")
    assert own[0].startswith("Own")
    assert vendored == ("NotoSansSC400Regular", "示")
    assert fonts.runs("A", "sans-bold") == [("NotoSansSC700Bold", "A")]


def test_two_files_with_one_postscript_name_stay_two_fonts(own_fonts):
    shutil.copy(VERA, own_fonts / "sans.ttf")
    shutil.copy(VERA, own_fonts / "serif-bold.ttf")
    fonts.configure(own_fonts)
    faces = [face_of("A", "sans"), face_of("A", "serif-bold")]
    assert faces[0].name != faces[1].name
    assert [Path(face.filename).stem for face in faces] == ["sans", "serif-bold"]


@pytest.mark.parametrize("damage", [b"", b"no font at all" * 100, b"\0\1\0\0" + b"\xff" * 500])
def test_an_unusable_own_font_is_reported_and_stops_no_printing(own_fonts, damage):
    (own_fonts / "broken.ttf").write_bytes(damage)
    fonts.configure(own_fonts)
    (problem,) = fonts.check_fonts()
    assert "broken.ttf" in problem
    assert fonts.missing_characters(f"示{ONLY_IN_VERA}", "sans") == [ONLY_IN_VERA]


def test_a_truncated_own_font_is_reported(own_fonts):
    (own_fonts / "half.ttf").write_bytes(VERA.read_bytes()[: VERA.stat().st_size // 2])
    fonts.configure(own_fonts)
    assert len(fonts.check_fonts()) == 1


def test_an_own_folder_that_does_not_exist_is_reported(own_fonts):
    fonts.configure(own_fonts / "nowhere")
    (problem,) = fonts.check_fonts()
    assert "nowhere" in problem


def test_a_lost_vendored_font_is_reported(monkeypatch, tmp_path):
    monkeypatch.setitem(fonts.FILES, "sans", tmp_path / "NotoSansSC_400Regular.ttf")
    (problem,) = fonts.check_fonts()
    assert "NotoSansSC_400Regular.ttf" in problem


def test_the_vendored_fonts_are_fine_and_bring_their_licences():
    assert fonts.check_fonts() == []
    licences = [path.read_text(encoding="utf-8") for path in fonts.VENDORED.glob("LICENSE_FONT*.txt")]
    assert len(licences) == 3
    assert all("SIL OPEN FONT LICENSE" in text for text in licences)
