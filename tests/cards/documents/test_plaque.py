import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from reportlab.pdfbase.ttfonts import TTFontFile

from cards.documents.plaque import (
    CannotPrint,
    PlaqueContent,
    check,
    design,
    draw_plaques,
    fingerprint,
    layout,
    shortened,
)
from tests.cards.documents.reading import assert_apart, codes, fonts_of, pictures, shown_text
from tests.cards.documents.samples import DUTY, LONGEST, USUAL, photo_file, plaque

RARE = "䶮㛃𬭎喆堃頔翀𠅤𫖯𬱖𬸘𬀩鿎"
NAMES = [
    "示例",
    "示例甲",
    "欧阳示例",
    "示例提·示例尔逊江·示例都",
    "示例提·示例尔逊江·示例都热合曼·示例麦提尼亚孜别",
    LONGEST.name,
    "Example Name-With Hyphen",
    "示" * 50,
]


def printed(*contents: PlaqueContent) -> bytes:
    out = BytesIO()
    assert draw_plaques(contents, out) == len(contents)
    return out.getvalue()


# What is printed


def test_every_code_on_every_page_decodes_at_150_dpi_to_its_own_address(tmp_path):
    contents = [
        plaque(photo=photo_file(tmp_path)),
        plaque(url="HTTPS://192.168.123.210:8000/C/0123456789ABCDEF"),
        plaque(url="HTTPS://GANBU.XINGZHENG.EXAMPLE.LONGQUAN.GOV.CN/C/0123456789ABCDEF", demo=True),
    ]
    pages = pictures(printed(*contents), tmp_path)
    assert [codes(page) for page in pages] == [[content.url] for content in contents]


def test_a_page_is_a4_landscape_with_the_plaque_in_its_middle():
    page = PdfReader(BytesIO(printed(USUAL))).pages[0]
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((841.9, 595.3), abs=0.1)
    trim = [float(edge) / 72 * 25.4 for edge in page.trimbox]
    assert trim == pytest.approx([48.5, 45, 248.5, 165], abs=0.01)


def test_all_fonts_are_embedded(tmp_path):
    listed = fonts_of(printed(USUAL, LONGEST, plaque(name=RARE)), tmp_path)
    assert len(listed) >= 3
    assert all(font == ["yes", "yes", "yes"] for font in listed)


@pytest.mark.parametrize("name", ["韦诉𬱖", "韦𬱖", "示例甲𠅤", RARE])
def test_rare_names_and_streets_can_be_copied_and_searched(name, tmp_path):
    text = shown_text(
        printed(plaque(name=name, unit_name="鿎石街道办事处", stand_in=f"{RARE}（304 室）")), tmp_path
    )
    assert name in text
    assert "鿎石街道" in text
    assert RARE in text


def test_everything_that_the_scheme_wants_is_on_the_plaque(tmp_path):
    text = shown_text(printed(USUAL), tmp_path)
    hotlines = ("本单位监督电话 0578-000 0002", "市“效能直通车”0578-000 0003", "市效能办监制")
    person = (USUAL.unit_name, USUAL.name, *USUAL.posts, *USUAL.duties)
    place = (USUAL.room, USUAL.office_phone, USUAL.stand_in)
    card = ("龙泉市 干部身份证", USUAL.serial, USUAL.code_text, "扫码看此刻是否在岗")
    for wanted in (*hotlines, *person, *place, *card, *design.SLOTS):
        assert wanted in text
    assert "演示" not in text


def test_a_demonstration_print_says_so(tmp_path):
    assert "演示" in shown_text(printed(plaque(demo=True)), tmp_path)


def test_the_office_is_named_once(tmp_path):
    assert shown_text(printed(USUAL), tmp_path).count("审批科") == 1
    assert "综合科 306 室" in shown_text(printed(plaque(office_name="综合科")), tmp_path)


def test_the_document_says_what_it_is():
    reader = PdfReader(BytesIO(printed(USUAL)))
    assert reader.metadata is not None
    assert reader.metadata.title == "干部身份证门牌 示例甲"
    assert reader.metadata.author == "龙泉市效能办"
    assert reader.root_object.raw_get("/Lang") == "zh-CN"
    assert str(reader.root_object["/ViewerPreferences"]["/PrintScaling"]) == "/None"  # type: ignore[index]


def test_the_bytes_of_the_photo_pass_through_unchanged(tmp_path):
    photo = photo_file(tmp_path)
    assert photo.read_bytes() in printed(plaque(photo=photo))


@pytest.mark.parametrize("size", [(500, 700), (900, 600), (300, 1200)])
def test_a_photo_of_any_shape_fills_its_frame_and_no_more(size, tmp_path):
    photo = photo_file(tmp_path, size=size, colour="#b8c6d8")
    (page,) = pictures(printed(plaque(photo=photo)), tmp_path, dpi=100)

    def at(across, down):
        return page.getpixel((round((48.5 + across) / 25.4 * 100), round((45 + down) / 25.4 * 100)))

    right, end = design.MARGIN + design.PHOTO_WIDTH, design.BODY_END
    for inside in (
        (design.MARGIN + 1.5, design.BODY + 1.5),
        (right - 1.5, design.BODY + 1.5),
        (right - 1.5, end - 1.5),
    ):
        assert at(*inside) == pytest.approx((0xB8, 0xC6, 0xD8), abs=12)
    for outside in ((design.MARGIN - 1, 50), (right + 1, 50), (30, design.BODY - 1), (30, end + 1)):
        assert at(*outside) == (255, 255, 255)


# What does not fit


EXTREMES = [
    USUAL,
    LONGEST,
    *(plaque(name=name, duties=(DUTY,) * 6) for name in NAMES),
    *(plaque(name=name) for name in NAMES),
    plaque(stand_in="", duties=("办公室日常工作",)),
    plaque(posts=LONGEST.posts, duties=(DUTY,) * 3),
    plaque(posts=("示例镇 副镇长", "示例村 驻村干部", "示例专班 联络员", "示例湖 湖长"), duties=(DUTY,) * 9),
    plaque(unit_name="示" * 60, demo=True),
    plaque(room=LONGEST.room, office_phone="0578-712 0001、0578-712 0002、139 0000 0000"),
    plaque(unit_hotline="0578-712 0002 转 8001", city_hotline="0578-712 0003 转 8002"),
]


@pytest.mark.parametrize("content", EXTREMES, ids=lambda content: content.name[:8])
def test_no_text_overlaps_another_or_leaves_the_plaque(content):
    assert check(content) == []
    placed = layout(content).lines
    assert_apart(list(placed))
    for line in placed:
        left, top, right, bottom = line.box
        assert left >= design.MARGIN - 0.01, line
        assert right <= design.WIDTH - design.MARGIN + 0.01, line
        assert 0 < top < bottom < design.HEIGHT, line


@pytest.mark.parametrize("content", EXTREMES, ids=lambda content: content.name[:8])
def test_each_part_keeps_to_its_own_area(content):
    text_right = design.TEXT_LEFT + design.TEXT_WIDTH
    column = ("name", "posts", "duties", "room", "office_phone", "stand_in")
    tag = layout(content).tag
    for line in layout(content).lines:
        left, top, right, bottom = line.box
        if line.part in column:
            assert left >= design.TEXT_LEFT - 0.01, line
            assert right <= text_right + 0.01, line
            assert top >= design.BODY - 1, line
            assert bottom <= design.BODY_END + 0.01, line
        elif line.part == "unit_name":
            assert bottom <= design.BAND, line
            assert tag is None or right <= tag[0], line
        elif line.part.endswith("hotline"):
            assert top >= design.FOOT_TOP, line


def test_what_is_drawn_stands_where_the_layout_says(tmp_path):
    path = tmp_path / "plaque.pdf"
    path.write_bytes(printed(LONGEST))
    found = subprocess.run(
        ["pdftotext", "-bbox", path, "-"], check=True, capture_output=True, text=True
    ).stdout
    (unit, *_rest) = [line for line in found.splitlines() if "龙泉市人民政府行政审批" in line]
    left = float(unit.split('xMin="')[1].split('"')[0]) / 72 * 25.4 - design.LEFT
    right = float(unit.split('xMax="')[1].split('"')[0]) / 72 * 25.4 - design.LEFT
    (line,) = [line for line in layout(LONGEST).lines if line.text.startswith("龙泉市人民政府")]
    assert (left, right) == pytest.approx((line.box[0], line.box[2]), abs=0.05)


def lines_of(content: PlaqueContent, part: str) -> list:
    return [line for line in layout(content).lines if line.part == part]


@pytest.mark.parametrize(
    ("name", "lines"), [("示例", 1), ("示例甲", 1), ("示" * 12, 1), ("示" * 13, 2), ("示" * 50, 2)]
)
def test_a_name_shrinks_and_then_takes_two_lines(name, lines):
    found = lines_of(plaque(name=name), "name")
    assert len(found) == lines
    assert "".join(line.text for line in found) == name
    assert min(line.size for line in found) >= design.NAME_SMALLEST


def test_a_long_name_breaks_after_an_interpunct():
    first, second = lines_of(plaque(name="示例提·示例尔逊江·示例都热合曼"), "name")
    assert (first.text, second.text) == ("示例提·示例尔逊江·", "示例都热合曼")


def test_six_duties_of_sixty_characters_are_printed_whole():
    duties = (DUTY[:60],) * 6
    assert shortened(plaque(duties=duties)) == []
    assert "".join(
        line.text for line in lines_of(plaque(duties=duties), "duties") if len(line.text) > 2
    ) == "".join(duties)


def test_duties_beyond_the_room_end_in_an_ellipsis_and_are_reported():
    crowded = plaque(duties=(DUTY,) * 12)
    assert shortened(crowded) == ["Duties"]
    assert check(crowded) == []
    assert lines_of(crowded, "duties")[-2].text.endswith("…") or lines_of(crowded, "duties")[
        -1
    ].text.endswith("…")


def test_a_usual_plaque_keeps_the_sizes_of_the_design():
    assert lines_of(USUAL, "name")[0].size == design.DENSITIES[0].name
    assert lines_of(USUAL, "duties")[0].size >= design.DENSITIES[0].duty[1]
    assert shortened(USUAL) == []


# What prevents printing


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "示\U0001f600例"}, ["Name", "\U0001f600", "U+1F600"]),
        ({"unit_name": "示例ཀ局"}, ["Unit name", "ཀ", "U+0F40"]),
        ({"posts": ("审批科 科长", "ཀ")}, ["Posts", "U+0F40"]),
        ({"duties": ("办事", "告\u200b知")}, ["Duties", "invisible", "U+200B"]),
        ({"duties": ("办事\n告知",)}, ["Duties", "invisible", "U+000A"]),
        ({"stand_in": "示例\U0001f600"}, ["Stand-in", "U+1F600"]),
        ({"office_name": "ཀ"}, ["Office name", "U+0F40"]),
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
        ({"photo": Path("/nowhere/portrait.jpg")}, ["portrait.jpg"]),
        ({"unit_hotline": "0578-000 0002、" * 6}, ["Unit hotline", "too long"]),
        ({"city_hotline": "0578-000 0003、" * 6}, ["City hotline", "too long"]),
        ({"office_phone": "0578-000 0001、" * 8}, ["Office phone", "too long"]),
        ({"unit_name": "示" * 100}, ["Unit name", "too long"]),
        ({"serial": "LQ-" + "0" * 60}, ["Card number", "too long"]),
        ({"code_text": "7K3M " * 16}, ["Code below", "too long"]),
    ],
)
def test_what_cannot_be_printed_is_refused_with_one_sentence_on_the_field(changes, words):
    (problem,) = check(plaque(**changes))
    assert all(word in problem for word in words), problem


@pytest.mark.parametrize("damage", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"\xff\xd8\xff"])
def test_a_photo_that_is_no_jpeg_is_refused(damage, tmp_path):
    photo = tmp_path / "portrait.jpg"
    photo.write_bytes(damage)
    (problem,) = check(plaque(photo=photo))
    assert "portrait.jpg" in problem


def test_a_refusal_names_everybody_concerned_and_writes_nothing():
    out = BytesIO()
    with pytest.raises(CannotPrint) as refused:
        draw_plaques([plaque(name="示ཀ"), USUAL, plaque(city_hotline="", serial="LQ-0306-0018")], out)
    assert out.getvalue() == b""
    first, second = refused.value.problems
    assert first.startswith("LQ-0306-0017 示ཀ：")
    assert second.startswith("LQ-0306-0018 示例甲：")


def test_nothing_to_print_writes_nothing():
    out = BytesIO()
    assert draw_plaques([], out) == 0
    assert out.getvalue() == b""


# The same content, the same print


def test_the_same_content_gives_the_same_bytes(tmp_path):
    contents = [plaque(photo=photo_file(tmp_path)), LONGEST]
    assert printed(*contents) == printed(*contents)


def test_several_threads_draw_what_one_draws(monkeypatch):
    """reportlab reads a font file through one shared position: two subsets at once may mix up glyphs."""
    inside: list[int] = []
    at_once: list[int] = []
    subset = TTFontFile.makeSubset

    def counted(face, characters):
        inside.append(1)
        at_once.append(len(inside))
        try:
            return subset(face, characters)
        finally:
            inside.pop()

    monkeypatch.setattr(TTFontFile, "makeSubset", counted)
    sets = [[plaque(name=f"示例{rare}", serial=f"LQ-{rare}"), LONGEST] for rare in RARE]
    alone = [printed(*contents) for contents in sets]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda contents: printed(*contents), sets))
    finally:
        sys.setswitchinterval(usual)
    assert together == alone
    assert max(at_once) == 1


CHANGED = {
    "unit_name": "另一示例局",
    "name": "示例丁",
    "posts": ("审批科 副科长",),
    "duties": ("咨询",),
    "room": "307 室",
    "office_name": "综合科",
    "office_phone": "0578-000 0009",
    "stand_in": "",
    "unit_hotline": "0578-000 0008",
    "city_hotline": "0578-000 0007",
    "serial": "LQ-0306-0099",
    "url": "HTTPS://CARD.EXAMPLE.CN/C/0000000000000000",
    "code_text": "0000",
    "demo": True,
}


@pytest.mark.parametrize("field", [field.name for field in fields(PlaqueContent) if field.name != "photo"])
def test_the_fingerprint_changes_with_every_printed_field(field):
    changed = plaque(**{field: CHANGED[field]})
    assert fingerprint(changed) != fingerprint(USUAL)
    assert fingerprint(changed) == fingerprint(plaque(**{field: CHANGED[field]}))


def test_moving_text_from_one_field_to_its_neighbour_changes_the_fingerprint():
    assert fingerprint(plaque(duties=("甲", "乙"))) != fingerprint(plaque(duties=("甲乙",)))


def test_the_fingerprint_follows_the_stored_name_of_the_photo_which_is_new_with_every_photo(tmp_path):
    photo = photo_file(tmp_path)
    other = photo_file(tmp_path, colour="#ffffff")
    assert fingerprint(plaque(photo=photo)) == fingerprint(plaque(photo=Path("/elsewhere") / photo.name))
    assert len({fingerprint(plaque(photo=picture)) for picture in (photo, other, None)}) == 3


def test_a_lost_photo_file_has_a_fingerprint_of_its_own(tmp_path):
    assert fingerprint(plaque(photo=tmp_path / "lost.jpg")) != fingerprint(USUAL)
