from dataclasses import fields
from io import BytesIO

import pytest
from PIL import Image, ImageFilter
from pypdf import PdfReader

from cards.documents.contact import (
    CannotPrint,
    ContactContent,
    check,
    design,
    draw_contacts,
    fingerprint,
    layout,
    shortened,
)
from cards.documents.qr import QUIET, modules
from tests.cards.documents.reading import assert_apart, codes, fonts_of, pictures, shown_text
from tests.cards.documents.samples import DUTY, LONGEST, LONGEST_CONTACT, contact, photo_file

RARE = "䶮㛃𬭎喆堃頔翀𠅤𫖯𬱖𬸘𬀩鿎"
LONG_HOST = "HTTPS://GANBU.XINGZHENG.EXAMPLE.LONGQUAN.GOV.CN/C/0123456789ABCD"


def printed(*contents: ContactContent, start: int = 1, pages: int = 1) -> bytes:
    out = BytesIO()
    assert draw_contacts(contents, out, start=start) == pages
    return out.getvalue()


def sheet(**changes) -> list[ContactContent]:
    return [contact(number, **changes) for number in range(10)]


def worn(page: Image.Image, blur: float, angle: float) -> Image.Image:
    turned = page.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    return turned.filter(ImageFilter.GaussianBlur(blur))


# What is printed


def test_every_code_decodes_at_150_dpi(tmp_path):
    cards = [*sheet(), *(contact(20 + n, url=f"{LONG_HOST}{n:02d}", demo=True) for n in range(10))]
    pages = pictures(printed(*cards, pages=2), tmp_path)
    urls = [card.url for card in cards]
    assert [codes(page) for page in pages] == [sorted(urls[:10]), sorted(urls[10:])]


def test_codes_survive_blur_and_rotation_at_100_dpi(tmp_path):
    """A pixel is a quarter of a millimetre there, a module of the usual code 2.7 pixels: the limits as measured."""
    (page,) = pictures(printed(*sheet(photo=photo_file(tmp_path))), tmp_path, dpi=100)
    urls = sorted(card.url for card in sheet())
    for angle in (0, -5, 5, 10, 30, 90, 180):
        assert codes(worn(page, 1.0, angle)) == urls, angle
    assert codes(worn(page, 1.6, 0)) == []


def test_codes_of_a_long_address_survive_somewhat_less_blur(tmp_path):
    cards = [contact(number, url=f"{LONG_HOST}{number:02d}") for number in range(10)]
    (page,) = pictures(printed(*cards), tmp_path, dpi=100)
    for angle in (0, -5, 10):
        assert codes(worn(page, 0.8, angle)) == sorted(card.url for card in cards), angle
    assert codes(worn(page, 1.4, 0)) == []


@pytest.mark.parametrize("url", [contact().url, f"{LONG_HOST}00"])
def test_the_frame_keeps_the_quiet_zone(url):
    across = len(modules(url))
    assert design.QR_SIZE >= 18
    assert design.QR_SIZE * (across + 2 * QUIET) / across <= design.QR_FRAME


def test_everything_that_the_scheme_wants_is_on_the_card(tmp_path):
    card = contact()
    text = shown_text(printed(card), tmp_path)
    hotlines = ("本单位监督电话 0578-000 0002", "市“效能直通车”0578-000 0003", "市效能办监制")
    numbers = ("办公电话 0578-000 0001", "手机 139 0000 0004")
    person = (card.unit_name, card.name, *card.posts, card.room, card.serial, card.code_text)
    for wanted in (*hotlines, *numbers, *person):
        assert wanted in text
    assert "企业设立、变更、注销登记的受理与审核；食品经营许可的现场核查安排；" in text
    assert "演示" not in text


def test_a_demonstration_print_says_so(tmp_path):
    assert "演示" in shown_text(printed(contact(demo=True)), tmp_path)


def test_a_card_without_a_mobile_number_has_no_word_for_it(tmp_path):
    assert "手机" not in shown_text(printed(contact(mobile="")), tmp_path)


def test_the_office_is_named_once(tmp_path):
    assert shown_text(printed(contact()), tmp_path).count("审批科") == 1
    assert "综合科 306 室" in shown_text(printed(contact(office_name="综合科")), tmp_path)


def test_rare_names_can_be_copied_and_searched(tmp_path):
    text = shown_text(printed(contact(name="韦诉𬱖"), contact(duties=(RARE,))), tmp_path)
    assert "韦诉𬱖" in text
    assert RARE in text


def test_all_fonts_are_embedded(tmp_path):
    listed = fonts_of(printed(contact(), LONGEST_CONTACT, contact(name=RARE)), tmp_path)
    assert len(listed) >= 3
    assert all(font == ["yes", "yes", "yes"] for font in listed)


def test_the_bytes_of_the_photo_pass_through_unchanged(tmp_path):
    photo = photo_file(tmp_path)
    assert photo.read_bytes() in printed(contact(photo=photo))


def test_the_same_content_gives_the_same_bytes():
    assert printed(*sheet(), LONGEST_CONTACT, pages=2) == printed(*sheet(), LONGEST_CONTACT, pages=2)


# Places on the sheet


@pytest.mark.parametrize(
    ("cards", "start", "pages"),
    [(1, 1, 1), (10, 1, 1), (11, 1, 2), (10, 2, 2), (1, 10, 1), (2, 10, 2), (12, 10, 3), (21, 10, 3)],
)
def test_so_many_pages(cards, start, pages):
    pdf = printed(*(contact(number) for number in range(cards)), start=start, pages=pages)
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == pages
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((595.3, 841.9), abs=0.1)


def test_the_first_card_takes_the_chosen_place_and_the_next_sheet_begins_at_its_first(tmp_path):
    cards = [contact(number, name=name) for number, name in enumerate(["示例甲", "示例乙", "示例丙"])]
    found = shown_text(printed(*cards, start=9, pages=2), tmp_path, "-bbox")
    places = []
    for page, text in enumerate(found.split("<page ")[1:]):
        for line in text.splitlines():
            if ">示例" in line:
                left, top = (float(line.split(f'{edge}="')[1].split('"')[0]) for edge in ("xMin", "yMin"))
                column = int((left / 72 * 25.4 - design.LEFT) / design.WIDTH)
                row = int((top / 72 * 25.4 - design.TOP) / design.HEIGHT)
                places.append((page, row, column))
    assert places == [(0, 4, 0), (0, 4, 1), (1, 0, 0)]


@pytest.mark.parametrize("start", [0, 11, -1])
def test_there_is_no_such_place(start):
    out = BytesIO()
    with pytest.raises(ValueError, match="between 1 and 10"):
        draw_contacts([contact()], out, start=start)
    assert out.getvalue() == b""


def test_no_ink_but_the_crop_marks_comes_near_a_cut(tmp_path):
    cards = [LONGEST_CONTACT] * 10
    (page,) = pictures(printed(*cards), tmp_path, dpi=100)
    grey = page.convert("L")

    def at(millimetres):
        return round(millimetres / 25.4 * 100)

    left, top = design.LEFT, design.TOP
    right, bottom = left + 2 * design.WIDTH, top + 5 * design.HEIGHT
    for row in range(6):
        y = top + row * design.HEIGHT
        strip = grey.crop((at(left), at(y - 1.2), at(right), at(y + 1.2)))
        assert strip.getextrema() == (255, 255), row
    for column in range(3):
        x = left + column * design.WIDTH
        strip = grey.crop((at(x - 1.5), at(top), at(x + 1.5), at(bottom)))
        assert strip.getextrema() == (255, 255), column


# What does not fit

EXTREMES = [
    contact(),
    LONGEST_CONTACT,
    *(contact(name=name) for name in ("示例", "欧阳示例", "示例提·示例尔逊江·示例都", RARE, "示" * 50)),
    contact(name="Example Name-With Hyphen", mobile=""),
    contact(unit_name="示" * 30, posts=LONGEST.posts),
    contact(unit_name="示" * 45),
    contact(posts=("示例镇 副镇长", "示例村 驻村干部", "示例专班 联络员"), duties=(DUTY,) * 6),
    contact(room=LONGEST.room, office_phone=LONGEST.office_phone, demo=True),
]


@pytest.mark.parametrize("content", EXTREMES, ids=lambda content: content.name[:8])
def test_no_text_overlaps_another_or_comes_near_a_cut(content):
    assert check(content) == []
    lines = layout(content).lines
    assert_apart(list(lines))
    for line in lines:
        left, top, right, bottom = line.box
        assert left >= design.MARGIN - 0.01, line
        assert right <= design.WIDTH - design.MARGIN + 0.01, line
        assert 0 < top < bottom < design.HEIGHT - 1.5, line
        if line.part in ("name", "unit_name", "posts", "room"):
            assert left >= design.TEXT_LEFT - 0.01, line
            assert right <= design.TEXT_LEFT + design.TEXT_WIDTH + 0.01, line
            assert bottom <= design.TEXT_END + 0.01, line


@pytest.mark.parametrize("content", EXTREMES, ids=lambda content: content.name[:8])
def test_names_numbers_and_codes_are_printed_whole(content):
    def whole(part):
        return "".join(line.text for line in layout(content).lines if line.part == part)

    assert whole("name").replace(" ", "") == content.name.replace(" ", "")
    assert whole("unit_name") == content.unit_name
    assert whole("office_phone") == f"办公电话 {content.office_phone}"
    assert whole("mobile") == (f"手机 {content.mobile}" if content.mobile else "")
    assert (whole("serial"), whole("code_text")) == (content.serial, content.code_text)


def test_a_usual_card_is_cut_nowhere():
    assert shortened(contact()) == []


def test_duties_beyond_two_lines_end_in_an_ellipsis_and_are_reported():
    crowded = contact(duties=(DUTY,) * 3)
    assert shortened(crowded) == ["Duties"]
    assert check(crowded) == []
    assert [line.text for line in layout(crowded).lines if line.part == "duties"][-1].endswith("…")


# What prevents printing


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "示\U0001f600例"}, ["Name", "U+1F600"]),
        ({"mobile": "139\u200b"}, ["Mobile", "U+200B"]),
        ({"office_name": "ཀ"}, ["Office name", "U+0F40"]),
        ({"unit_name": ""}, ["Unit name", "nothing", "contact card"]),
        ({"name": "  "}, ["Name", "nothing"]),
        ({"posts": ()}, ["Posts", "nothing"]),
        ({"duties": ("",)}, ["Duties", "nothing"]),
        ({"room": ""}, ["Room", "nothing"]),
        ({"office_phone": ""}, ["Office phone", "nothing"]),
        ({"unit_hotline": ""}, ["Unit hotline", "nothing"]),
        ({"city_hotline": ""}, ["City hotline", "nothing"]),
        ({"serial": ""}, ["Card number", "nothing"]),
        ({"code_text": ""}, ["Code below the QR code", "nothing"]),
        ({"name": "示" * 51}, ["50", "51"]),
        ({"url": "https://card.example.cn/c/1"}, ["https://card.example.cn/c/1"]),
        ({"unit_hotline": "0578-000 0002、" * 6}, ["Unit hotline", "too long"]),
        ({"office_phone": "0578-000 0001、" * 8}, ["Office phone", "too long"]),
        ({"mobile": "139 0000 0004、" * 8}, ["Mobile", "too long"]),
        ({"unit_name": "示" * 100}, ["Unit name", "too long"]),
        ({"serial": "LQ-" + "0" * 60}, ["Card number", "too long"]),
        ({"code_text": "7K3M " * 16}, ["Code below", "too long"]),
    ],
)
def test_what_cannot_be_printed_is_refused_with_one_sentence_on_the_field(changes, words):
    (problem,) = check(contact(**changes))
    assert all(word in problem for word in words), problem


def test_a_lost_photo_is_refused(tmp_path):
    (problem,) = check(contact(photo=tmp_path / "portrait.jpg"))
    assert "portrait.jpg" in problem


def test_a_refusal_names_everybody_concerned_and_writes_nothing():
    out = BytesIO()
    with pytest.raises(CannotPrint) as refused:
        draw_contacts([contact(1, name="示ཀ"), contact(2), contact(3, city_hotline="")], out)
    assert out.getvalue() == b""
    first, second = refused.value.problems
    assert first.startswith("LQ-0306-0001 示ཀ：")
    assert second.startswith("LQ-0306-0003 示例甲：")


def test_nothing_to_print_writes_nothing():
    out = BytesIO()
    assert draw_contacts([], out) == 0
    assert out.getvalue() == b""


@pytest.mark.parametrize("field", [field.name for field in fields(ContactContent)])
def test_the_fingerprint_changes_with_every_printed_field(field, tmp_path):
    values = {"posts": ("另一",), "duties": ("另一",), "photo": tmp_path / "other.jpg", "demo": True}
    assert fingerprint(contact(**{field: values.get(field, "另一")})) != fingerprint(contact())
