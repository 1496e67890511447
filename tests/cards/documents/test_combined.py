from dataclasses import fields, replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from cards.documents.combined import (
    CannotPrint,
    CombinedContent,
    PersonContent,
    check,
    design,
    draw_combined,
    fingerprint,
    layout,
    shortened,
)
from cards.documents.qr import QUIET, modules
from tests.cards.documents.reading import assert_apart, codes, fonts_of, pictures, shown_text
from tests.cards.documents.samples import DUTY, long_room, person, photo_file, room

NUMBERS = range(2, 9)
RARE = "䶮㛃𬭎喆堃頔翀𠅤𫖯𬱖𬸘𬀩鿎"


def printed(*contents: CombinedContent) -> bytes:
    out = BytesIO()
    assert draw_combined(contents, out) == len(contents)
    return out.getvalue()


# What is printed


def test_every_code_of_every_number_of_people_decodes_at_150_dpi(tmp_path):
    rooms = [room(number) for number in NUMBERS] + [long_room(5), long_room(8)]
    pages = pictures(printed(*rooms), tmp_path)
    assert [codes(page) for page in pages] == [sorted(one.url for one in found.people) for found in rooms]


def test_codes_of_a_long_address_decode_too(tmp_path):
    host = "HTTPS://GANBU.XINGZHENG.EXAMPLE.LONGQUAN.GOV.CN/C/0123456789ABCD"
    people = tuple(person(number, url=f"{host}{number:02d}") for number in range(8))
    (page,) = pictures(printed(room(8, people=people)), tmp_path)
    assert codes(page) == sorted(one.url for one in people)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_code_measures_25_mm_and_its_frame_keeps_the_quiet_zone(number):
    arrangement = design.ARRANGEMENTS[number]
    across = len(modules(person().url))
    assert arrangement.qr >= 25
    assert arrangement.frame >= arrangement.qr * (across + 2 * QUIET) / across


@pytest.mark.parametrize("number", NUMBERS)
def test_one_size_of_slip_fits_in_the_frame_of_every_arrangement(number):
    for cell in layout(room(number)).cells:
        left, top, right, bottom = cell.slot
        assert right - left - design.SLOT_LABEL >= 43
        assert bottom - top >= 9 - 1e-9


def test_everything_that_the_scheme_wants_is_on_the_sheet(tmp_path):
    content = room(8)
    text = shown_text(printed(content), tmp_path, "-raw")
    for one in content.people:
        for wanted in (one.name, one.posts[0], one.office_phone, one.serial, one.code_text):
            assert wanted in text
    hotlines = ("本单位监督电话 0578-000 0002", "市“效能直通车”0578-000 0003", "市效能办监制")
    for wanted in (*hotlines, content.unit_name, content.room, "龙泉市 干部身份证", "扫码看此刻是否在岗"):
        assert wanted in text
    assert text.count("去向") == 8
    assert text.count("企业设立、变更、注销登记") == 8
    assert "演示" not in text


@pytest.mark.parametrize("number", NUMBERS)
def test_every_sheet_says_what_scanning_is_for(number, tmp_path):
    assert "扫码看此刻是否在岗" in shown_text(printed(room(number)), tmp_path)


def test_a_demonstration_print_says_so(tmp_path):
    assert "演示" in shown_text(printed(room(2, demo=True)), tmp_path)


def test_rare_names_can_be_copied_and_searched(tmp_path):
    people = (person(0, name=RARE), person(1, name="韦𬱖"), person(2))
    text = shown_text(printed(room(3, people=people)), tmp_path)
    assert RARE in text
    assert "韦𬱖" in text


def test_all_fonts_are_embedded(tmp_path):
    listed = fonts_of(printed(room(3), long_room(8)), tmp_path)
    assert len(listed) >= 3
    assert all(font == ["yes", "yes", "yes"] for font in listed)


def test_a_page_is_a4_landscape_with_the_sheet_in_its_middle():
    reader = PdfReader(BytesIO(printed(room(4), room(5))))
    page = reader.pages[0]
    assert len(reader.pages) == 2
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((841.9, 595.3), abs=0.1)
    assert [float(edge) / 72 * 25.4 for edge in page.trimbox] == pytest.approx([12, 12, 285, 198], abs=0.01)


def test_the_bytes_of_every_photo_pass_through_unchanged(tmp_path):
    photos = [photo_file(tmp_path, colour=colour) for colour in ("#b8c6d8", "#d8c6b8")]
    pdf = printed(room(2, people=tuple(person(n, photo=photo) for n, photo in enumerate(photos))))
    assert all(photo.read_bytes() in pdf for photo in photos)


def test_the_same_content_gives_the_same_bytes():
    assert printed(room(6), long_room(7)) == printed(room(6), long_room(7))


# What does not fit

NAMES = ("示例", "欧阳示例", "示例提·示例尔逊江·示例都", RARE, "Example Name-With Hyphen", "示" * 50)
MIXED = [
    room(number, people=tuple(person(n, name=NAMES[n % 6], duties=(DUTY,) * n) for n in range(1, number + 1)))
    for number in NUMBERS
]
EXTREMES = [*(room(number) for number in NUMBERS), *(long_room(number) for number in NUMBERS), *MIXED]


@pytest.mark.parametrize(
    "content", EXTREMES, ids=lambda content: f"{len(content.people)}-{content.people[-1].name[:4]}"
)
def test_no_text_overlaps_another_or_leaves_its_place(content):
    assert check(content) == []
    placed = layout(content)
    assert_apart([*placed.lines, *(line for cell in placed.cells for line in cell.lines)])
    for cell in placed.cells:
        right = max(cell.frame[2], cell.slot[2])
        for line in cell.lines:
            assert line.box[0] >= cell.photo[0] - 0.01, line
            assert line.box[2] <= right + 0.01, line
            assert line.box[3] <= cell.slot[3], line
            clear = line.box[3] <= cell.slot[1] + 0.01 or line.text == "去向"
            assert clear or line.box[2] <= cell.slot[0] or line.box[0] >= cell.slot[2], line
            for picture in (cell.photo, cell.frame):
                beside = line.box[2] <= picture[0] + 0.01 or line.box[0] >= picture[2] - 0.01
                assert beside or line.box[1] >= picture[3] - 0.01, line


@pytest.mark.parametrize("content", EXTREMES[:14], ids=lambda content: content.people[0].name[:4])
def test_names_numbers_and_codes_are_printed_whole(content):
    for one, cell in zip(content.people, layout(content).cells, strict=True):
        for part in ("name", "serial", "code_text"):
            assert "".join(line.text for line in cell.lines if line.part == part) == getattr(one, part)
        phone = "".join(line.text for line in cell.lines if line.part == "office_phone")
        assert phone == f"电话 {one.office_phone}"


@pytest.mark.parametrize("number", NUMBERS)
def test_usual_sheets_are_cut_nowhere_and_their_names_are_of_one_size(number):
    content = room(number)
    assert shortened(content) == []
    sizes = {line.size for cell in layout(content).cells for line in cell.lines if line.part == "name"}
    assert len(sizes) == 1


def test_what_ends_in_an_ellipsis_is_reported_with_its_person():
    crowded = room(8, people=(*room(7).people, person(7, duties=(DUTY,) * 6)))
    assert shortened(crowded) == ["LQ-0306-0007 示例辛：Duties"]
    (cell,) = [cell for cell in layout(crowded).cells if cell.cut]
    assert [line.text[-1] for line in cell.lines if line.part == "duties"][-1] == "…"


def test_one_long_text_makes_the_others_no_smaller():
    crowded = room(8, people=(*room(7).people, person(7, duties=(DUTY,) * 6)))
    assert layout(crowded).cells[0] == layout(room(8)).cells[0]


# What prevents printing


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unit_name": ""}, ["Unit name", "nothing", "combined plaque"]),
        ({"room": " "}, ["Room", "nothing"]),
        ({"unit_hotline": ""}, ["Unit hotline", "nothing"]),
        ({"city_hotline": ""}, ["City hotline", "nothing"]),
        ({"room": "示ཀ"}, ["Room", "U+0F40"]),
        ({"unit_name": "示" * 200}, ["Unit name", "too long"]),
        ({"city_hotline": "0578-000 0003、" * 10}, ["City hotline", "too long"]),
        ({"people": room(2).people[:1]}, ["2 to 8", "1"]),
        ({"people": room(8).people + room(1).people}, ["2 to 8", "9"]),
    ],
)
def test_what_is_wrong_with_the_room_is_said_with_the_room(changes, words):
    (problem,) = check(room(3, **changes))
    assert problem.startswith(room(3, **changes).whose)
    assert all(word in problem for word in words), problem


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "示\U0001f600例"}, ["Name", "U+1F600"]),
        ({"name": ""}, ["Name", "nothing"]),
        ({"name": "示" * 51}, ["50", "51"]),
        ({"posts": ()}, ["Posts", "nothing"]),
        ({"duties": ("",)}, ["Duties", "nothing"]),
        ({"duties": ("办事\n告知",)}, ["Duties", "U+000A"]),
        ({"office_phone": ""}, ["Office phone", "nothing"]),
        ({"office_phone": "0578-000 0001、" * 8}, ["Office phone", "too long"]),
        ({"serial": ""}, ["Card number", "nothing"]),
        ({"serial": "LQ-" + "0" * 60}, ["Card number", "too long"]),
        ({"code_text": ""}, ["Code below the QR code", "nothing"]),
        ({"url": "https://card.example.cn/c/1"}, ["https://card.example.cn/c/1"]),
    ],
)
@pytest.mark.parametrize("number", [4, 8])
def test_what_is_wrong_with_a_person_is_said_with_the_person(number, changes, words):
    wrong = person(1, **changes)
    (problem,) = check(room(number, people=(person(0), wrong, *room(number).people[2:])))
    assert problem.startswith(f"{wrong.whose}：")
    assert all(word in problem for word in words), problem


def test_a_lost_photo_is_refused(tmp_path):
    (problem,) = check(room(2, people=(person(0), person(1, photo=tmp_path / "portrait.jpg"))))
    assert "portrait.jpg" in problem


def test_a_refusal_names_everybody_concerned_and_writes_nothing():
    out = BytesIO()
    wrong = [
        room(2, people=(person(0, name="示ཀ"), person(1))),
        room(2),
        room(2, people=(person(2), person(3, office_phone=""))),
    ]
    with pytest.raises(CannotPrint) as refused:
        draw_combined(wrong, out)
    assert out.getvalue() == b""
    first, second = refused.value.problems
    assert first.startswith("LQ-0306-0000 示ཀ：")
    assert second.startswith("LQ-0306-0003 示例丁：")


def test_a_hotline_that_all_rooms_lack_is_said_once():
    with pytest.raises(CannotPrint) as refused:
        draw_combined([room(2, city_hotline=""), room(3, city_hotline="")], BytesIO())
    assert len(refused.value.problems) == 1


def test_nothing_to_print_writes_nothing():
    out = BytesIO()
    assert draw_combined([], out) == 0
    assert out.getvalue() == b""


# The fingerprint


@pytest.mark.parametrize("field", [field.name for field in fields(CombinedContent) if field.name != "people"])
def test_the_fingerprint_changes_with_everything_of_the_room(field):
    changed = room(3, **{field: True if field == "demo" else "另一"})
    assert fingerprint(changed) != fingerprint(room(3))


@pytest.mark.parametrize("field", [field.name for field in fields(PersonContent)])
def test_the_fingerprint_changes_with_everything_of_each_person(field, tmp_path):
    values = {"posts": ("另一",), "duties": ("另一",), "photo": tmp_path / "other.jpg"}
    *others, last = room(3).people
    changed = room(3, people=(*others, replace(last, **{field: values.get(field, "另一")})))
    assert fingerprint(changed) != fingerprint(room(3))


def test_a_newcomer_outdates_the_sheet_for_all():
    assert fingerprint(room(4)) != fingerprint(room(3)) == fingerprint(room(3))
