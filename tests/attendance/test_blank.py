"""The blank sheet: everybody in walking order, every name whole, on pages of A4."""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from pypdf import PdfReader

from accounts.models import Unit, User
from attendance.documents import blank, design
from attendance.documents.blank import BlankSheet, Line
from cards.models import Cadre
from tests.cards.documents.reading import assert_apart, fonts_of, shown_text
from tests.cast import NOW, crowd, make_cadre, make_office, signed_in

LONGEST = "阿卜杜拉·买买提·" * 6 + "艾力"
RARE = "䶮㛃𬭎喆堃𠅤𬱖"


def sheet(*lines: Line, day: date | None = date(2026, 11, 24)) -> BlankSheet:
    return BlankSheet("市行政服务示例局", day, lines, days_to_enter=2)


def people(number: int, floors: int = 4) -> list[Line]:
    return [
        Line(f"主楼{position * floors // number + 1}楼", f"{position // 4}", f"示例{position}", "综合科 科员")
        for position in range(number)
    ]


def drawn(content: BlankSheet) -> bytes:
    out = BytesIO()
    blank.draw(content, out)
    return out.getvalue()


def test_everybody_stands_on_it_once_and_pages_are_counted(tmp_path) -> None:
    lines = people(200)
    data = drawn(sheet(*lines))
    text = shown_text(data, tmp_path)
    words = text.split()
    assert [words.count(line.name) for line in lines] == [1] * 200
    assert [len(PdfReader(BytesIO(data)).pages)] == [8]
    assert "第 1 页，共 8 页" in text
    assert "第 8 页，共 8 页" in text
    assert "2026年11月24日 星期二" in text
    assert "名单 200 人" in text
    for head, _width in design.COLUMNS:
        assert text.count(head) >= 8, head


@pytest.mark.parametrize(
    "lines",
    [
        people(60),
        [Line("主楼三楼" * 9, "301（会议室东侧）" * 3, LONGEST, "党组成员、副局长、机关党委书记" * 3)] * 30,
        [Line("", "", "林", "")] * 3,
        [],
    ],
)
def test_nothing_overlaps_or_leaves_the_page(lines: list[Line]) -> None:
    for page in blank.layout(sheet(*lines)):
        assert_apart(page.texts)
        for line in page.texts:
            left, top, right, bottom = line.box
            assert left >= design.LEFT - 0.01, line
            assert right <= design.RIGHT + 0.01, line
            assert 5 < top < bottom < design.PAGE_HEIGHT - 5, line
        for _left, top, _right, bottom in page.boxes:
            assert page.top < top < bottom < design.ROWS_END


@pytest.mark.parametrize("name", [LONGEST, RARE, "林", "Abdurehim Ötkür · " * 2 + "Tohti"])
def test_a_name_is_printed_whole(name: str) -> None:
    (page,) = blank.layout(sheet(Line("三楼", "301", name, "")))
    written = "".join(line.text for line in page.texts if line.part == "name")
    assert written.replace(" ", "") == name.replace(" ", "")


def test_rare_characters_are_drawn_and_can_be_copied(tmp_path) -> None:
    data = drawn(sheet(Line("三楼", "301", RARE, "科员")))
    assert RARE in shown_text(data, tmp_path).replace("\n", "")
    assert all(font == ["yes", "yes", "yes"] for font in fonts_of(data, tmp_path))


def test_a_character_that_no_font_has_is_seen_to_be_missing(tmp_path) -> None:
    assert "示〓" in shown_text(drawn(sheet(Line("三楼", "301", "示ཀ", ""))), tmp_path)


def test_a_room_is_said_once_and_again_on_the_next_page() -> None:
    pages = blank.layout(sheet(*[Line("三楼", "301", f"示例{n}", "") for n in range(30)]))
    assert [[line.text for line in page.texts if line.part == "room"] for page in pages] == [["301"]] * 2
    assert [sum(line.part == "part" for line in page.texts) for page in pages] == [1, 0]


def test_without_a_day_its_line_is_left_to_be_filled_in(tmp_path) -> None:
    assert design.DAY_BLANK in shown_text(drawn(sheet(*people(3), day=None)), tmp_path)


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert drawn(sheet(*people(9))) == drawn(sheet(*people(9)))


# --- The page that hands it out ----------------------------------------------------------------------------------


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_those_who_work_in_the_unit_that_day_in_walking_order(
    unit: Unit, officer: User, head: User, lin: Cadre, wei: Cadre, zhou: Cadre, tmp_path
) -> None:
    make_cadre(make_office(unit, "档案室", "9", location="主楼二楼"), "关九")
    make_cadre(make_office(unit, "值班室", "10", location="主楼二楼"), "石十")
    response = signed_in(officer).get("/desk/sheet/D901/blank.pdf?day=2026-11-25")
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/pdf", "private, no-store")
    text = shown_text(response.content, tmp_path, "-raw")
    assert "2026年11月25日" in text
    places = [text.index(name) for name in ("主楼二楼", "关九", "石十", "主楼三楼", "韦诉𬱖")]
    assert places == sorted(places)
    assert "周渡" not in text
    assert signed_in(head).get("/desk/sheet/D901/blank.pdf").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("query", ["?day=nonsense", "?day=2031-01-01"])
def test_a_day_that_is_none_is_not_found(query: str, unit: Unit, officer: User) -> None:
    assert signed_in(officer).get(f"/desk/sheet/D901/blank.pdf{query}").status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("number", [1, 50])
def test_it_costs_the_same_for_any_number_of_people(
    number: int, office, officer: User, django_assert_num_queries
) -> None:
    crowd(office, number, cards=False)
    client = signed_in(officer)
    client.get("/desk/sheet/D901/blank.pdf")
    with django_assert_num_queries(QUERIES):
        client.get("/desk/sheet/D901/blank.pdf")


QUERIES = 14
