"""Rosters end to end: what is read, what is decided, what is stored."""

import hashlib
import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation

from accounts.history import edits
from accounts.models import City, Unit
from cards import roster, services
from cards.models import Cadre, Card, EmploymentKind, Office
from common import audit, statistics
from common.models import AuditEntry
from common.problems import Refused
from tests.cast import NOW, TODAY, issue_card, make_cadre, make_office, make_unit, photograph, portrait
from tests.support.sheets import HEADER, person, zipped
from tests.support.sheets import roster as sheet

pytestmark = pytest.mark.django_db
SAMPLE = Path("/work/shared/data/roster-sample.xlsx")


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def look(tmp_path, unit):
    def look(*rows: Any, photos: Any = None, unit: Unit | None = None, **options: Any) -> roster.Plan:
        return roster.look(sheet(tmp_path / "roster.xlsx", rows, **options), photos, unit=unit, today=TODAY)

    return look


def do(plan: roster.Plan) -> services.Counts:
    return services.roster_import(plan=plan, actor=None, now=NOW)


def problems(plan: roster.Plan) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.sentence) for problem in plan.problems]


def notes(plan: roster.Plan) -> list[str]:
    return [str(note) for note in plan.notes]


def changes(plan: roster.Plan) -> dict[str, tuple[Any, Any]]:
    (changed,) = plan.changed
    return {change.field: (change.old, change.new) for change in changed.changes}


# --- The city's sample: its eight odd rows ------------------------------------------------------------------------

ODD = [
    person("韦诉𬱖", stand_in="秦䶮捧"),
    person("秦䶮捧", phone="０５７８－７１００００２", mobile=13000000002.0),
    person(" 阿依努尔·买买提 ", code="T902", unit="鿎石镇", room=301, phone=5787100003),
    person(None),
    person("吴有单", code="X999", unit="不存在的单位"),
    person("周电话", phone="无", mobile="12"),
    person("郑乙岗", stand_in="查无此人"),
    person('=HYPERLINK("http://example.invalid","x")'),
]


@pytest.fixture
def town(other_unit: Unit) -> Unit:
    Unit.objects.filter(pk=other_unit.pk).update(alias="鿎石镇")
    return other_unit


def test_of_the_eight_odd_rows_three_are_good(look, town):
    plan = look(*ODD[:3])
    assert problems(plan) == []
    assert do(plan) == services.Counts(3, 0, 0)
    wei, qin, aynur = Cadre.objects.order_by("pk")
    assert (wei.name, wei.stand_in) == ("韦诉𬱖", qin)
    assert (qin.office_phone, qin.mobile) == ("0578-7100002", "13000000002")
    assert (aynur.name, aynur.unit, aynur.office.room) == ("阿依努尔·买买提", town, "301")
    assert aynur.office_phone == "0578-7100003"


def test_of_the_eight_odd_rows_five_are_bad_and_keep_everything_out(look, town):
    plan = look(*ODD)
    phone = "Enter a telephone number such as 0578-7212345."
    assert problems(plan) == [
        (6, "E 姓名", "Fill this in."),
        (7, "A 单位代码", "There is no unit with the code “X999”."),
        (8, "H 办公电话", phone),
        (8, "I 手机", "A mobile number has 11 digits and begins with 1, such as 139 0000 0000."),
        (9, "J B岗", "Neither the roster nor the directory has “查无此人” in “青窑局”."),
        (10, "E 姓名", "A formula stands here. Paste its result as a value."),
    ]
    assert [person.name for person in plan.created] == ["韦诉𬱖", "秦䶮捧", "阿依努尔·买买提"]
    with pytest.raises(Refused, match="The roster has mistakes"):
        do(plan)
    assert not Cadre.objects.exists()
    assert not Office.objects.exists()


def test_everything_that_is_wrong_with_a_row_is_said_at_once(look, tmp_path):
    album = zipped(tmp_path / "photos.zip", {"吴青.heic": b"\x00\x00\x00\x18ftypheic"})
    plan = look(
        person("吴青", duties=None, mobile="1390000", photo="吴青.heic", stand_in="查无此人"), photos=album
    )
    assert [column for _row, column, _sentence in problems(plan)] == [
        "G 工作职责",
        "I 手机",
        "J B岗",
        "K 照片文件名",
    ]
    assert {problem.name for problem in plan.problems} == {"吴青"}
    assert str(plan.problems[0]) == "Row 3, column G 工作职责: 吴青 · Fill this in."


def test_a_row_without_name_or_unit_is_told_of_its_other_mistakes_too(look):
    plan = look(
        person(None, posts=None, room=None),
        person("吴有单", code="X999", unit=None, office=None, posts=None),
        [None, None, None, None, None, None, None, "填表人：张三"],
        ["填表人：张三"],
    )
    assert [(row, column) for row, column, _sentence in problems(plan)] == [
        (3, "D 房间"),
        (3, "E 姓名"),
        (3, "F 岗位职务"),
        (4, "A 单位代码"),
        (4, "C 科室"),
        (5, "A 单位代码"),
        (5, "C 科室"),
        (5, "D 房间"),
        (5, "E 姓名"),
        (5, "F 岗位职务"),
        (5, "G 工作职责"),
        (5, "H 办公电话"),
        (6, "A 单位代码"),
        (6, "E 姓名"),
    ]
    assert [problem.name for problem in plan.problems if problem.row == 4] == ["吴有单"] * 2


def test_two_rows_of_the_same_new_person_are_told_what_they_miss(look, chen):
    plan = look(person("许诺", posts=None), person("许诺"), person("陈砚", posts=None), person("陈砚"))
    assert [(row, column) for row, column, _sentence in problems(plan)] == [
        (3, "E 姓名"),
        (3, "F 岗位职务"),
        (4, "E 姓名"),
        (5, "E 姓名"),
        (6, "E 姓名"),
    ]


def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_not_said(look):
    plan = look(person("'=cmd", duties=None), person("许诺", duties=None))
    assert [(problem.row, problem.name) for problem in plan.problems] == [(3, ""), (4, "许诺")]


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample is no part of the product")
def test_the_sample_itself(db, tmp_path, capsys):
    call_command("load_units", verbosity=0)
    photos = SAMPLE.with_name("roster-sample-photos.zip")
    with pytest.raises(CommandError, match="6 mistakes: nothing has been stored"):
        call_command("import_roster", SAMPLE, photos=photos)
    lines = capsys.readouterr().err.splitlines()
    assert [re.split("[ ,]", line)[1] for line in lines] == ["54", "55", "56", "56", "57", "58"]
    assert "HYPERLINK" not in "".join(lines)
    assert not Cadre.objects.exists()
    workbook = openpyxl.load_workbook(SAMPLE)
    workbook.active.delete_rows(54, 5)
    workbook.save(tmp_path / "mended.xlsx")
    for expected in ("51 created, 0 changed, 0 unchanged", "0 created, 0 changed, 51 unchanged"):
        capsys.readouterr()
        call_command("import_roster", tmp_path / "mended.xlsx", photos=photos)
        assert capsys.readouterr().out.splitlines()[-1] == expected
    assert Cadre.objects.exclude(photo="").count() == 37


# --- Who is meant --------------------------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(look, chen, lin):
    rows = [person("陈砚", office="办公室", room="301", posts="副科长"), person("新人", stand_in="陈砚")]
    assert do(look(*rows)) == services.Counts(1, 1, 0)
    entries = AuditEntry.objects.count()
    again = look(*rows)
    assert (again.created, again.changed, len(again.unchanged)) == ((), (), 2)
    assert do(again) == services.Counts(0, 0, 2)
    assert AuditEntry.objects.count() == entries


def test_the_only_one_of_a_name_is_meant_wherever_they_sit(look, chen):
    plan = look(person("陈砚", posts=None, duties=None, phone=None))
    assert changes(plan) == {"office": ("办公室 301", "审批科 306")}
    do(plan)
    chen.refresh_from_db()
    assert str(chen.office) == "审批科 306"
    assert [post.title for post in chen.posts.all()] == ["副科长"]


def test_an_empty_cell_leaves_what_is_stored(look, chen):
    plan = look(person("陈砚", office=None, room=None, posts=None, duties=None, phone=None, mobile=None))
    assert len(plan.unchanged) == 1


def test_people_who_are_not_named_are_left_alone(look, chen, lin, wei, zhou):
    before = list(Cadre.objects.order_by("pk").values())
    do(look(person("新人")))
    assert list(Cadre.objects.exclude(name="新人").order_by("pk").values()) == before


def test_namesakes_are_told_apart_by_their_office(look, unit):
    first = make_cadre(make_office(unit, "审批科", "306"), "张伟", mobile="")
    second = make_cadre(make_office(unit, "法规科", "402"), "张伟", mobile="")
    plan = look(person("张伟", office="法规科", room="402 室", mobile="13000000002"))
    assert problems(plan) == []
    do(plan)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.mobile, second.mobile) == ("", "13000000002")


def test_a_namesake_in_neither_office_is_reported(look, unit):
    make_cadre(make_office(unit, "审批科", "306"), "张伟")
    make_cadre(make_office(unit, "法规科", "402"), "张伟")
    ((row, column, sentence),) = problems(look(person("张伟", office="综合科", room="101")))
    assert (row, column) == (3, "E 姓名")
    assert sentence.startswith(
        "The unit has “张伟” in 审批科 306、法规科 402, and nothing tells which one this is."
    )


def test_two_in_the_file_and_one_stored_elsewhere_are_reported_both(look, unit):
    make_cadre(make_office(unit, "法规科", "402"), "张伟")
    plan = look(person("张伟", room="306"), person("张伟", room="307"))
    assert [row for row, _column, _sentence in problems(plan)] == [3, 4]


def test_a_second_of_the_name_is_new_where_the_first_sits_still(look, unit):
    make_cadre(make_office(unit, "审批科", "306"), "张伟")
    plan = look(person("张伟"), person("张伟", room="307"))
    assert problems(plan) == []
    assert [found.row.number for found in plan.created] == [4]


def test_the_same_name_twice_in_one_office_is_reported_for_both(look):
    plan = look(person("张伟"), person("李四"), person("张 伟", room="306室"))
    assert problems(plan) == [
        (3, "E 姓名", "“张伟” of the same office also stands in row 5. Keep one row."),
        (5, "E 姓名", "“张伟” of the same office also stands in row 3. Keep one row."),
    ]


def test_somebody_who_has_left_is_not_taken_for_a_new_person_unnoticed(look, chen):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    plan = look(person("陈砚"))
    assert len(plan.created) == 1
    assert any("“陈砚” of this unit left on" in note for note in notes(plan))


def test_two_ways_of_writing_a_room_are_one_office(look, office):
    plan = look(person("新人", office="办公室", room="301 室"))
    assert plan.offices == ()
    do(plan)
    assert Cadre.objects.get().office == office


# --- Units ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name"),
    [("D901", None), (None, "青窑局"), ("ｄ901", "青窑局"), (None, "青窑"), ("D901", "青窑")],
)
def test_a_unit_is_found_by_code_name_or_alias(look, unit, code, name):
    Unit.objects.filter(pk=unit.pk).update(alias="青窑")
    assert problems(look(person("新人", code=code, unit=name))) == []


def test_a_code_and_a_name_that_contradict_are_reported(look, other_unit):
    plan = look(person("新人", code="D901", unit="剑潭镇"))
    assert problems(plan) == [(3, "A 单位代码", "The code D901 is that of “青窑局”, not of “剑潭镇”.")]


def test_a_units_own_roster_names_nobody_elses_people(look, unit, other_unit):
    rows = [person("新人", code=None, unit=None), person("别人", code="T902", unit=None)]
    plan = look(*rows, unit=unit)
    assert problems(plan) == [
        (4, "A 单位代码", "“剑潭镇” is not your unit: this roster may name people of “青窑局” only.")
    ]
    assert plan.created[0].unit == unit


def test_nobody_is_entered_in_a_unit_that_has_closed(look, unit):
    Unit.objects.filter(pk=unit.pk).update(valid_to=TODAY)
    assert "closes or has closed" in problems(look(person("新人")))[0][2]


# --- Stand-ins -----------------------------------------------------------------------------------------------------


def test_nobody_stands_in_for_themselves(look):
    assert problems(look(person("张伟", stand_in="张伟"))) == [
        (3, "J B岗", "Nobody can stand in for themselves.")
    ]


def test_namesakes_stand_in_by_their_office(look):
    rows = [person("张伟", room="306"), person("张伟", office="法规科", room="402")]
    plan = look(*rows, person("李四", room="101", stand_in="张伟"))
    assert "Several people of the unit are called so." in problems(plan)[0][2]
    do(look(*rows, person("李四", room="101", stand_in="张伟(法规科)")))
    stand_in = Cadre.objects.get(name="李四").stand_in
    assert stand_in is not None
    assert stand_in.office.name == "法规科"


def test_nobody_stands_in_when_the_roster_says_so(look, chen, lin):
    plan = look(
        person("陈砚", office="办公室", room="301", posts=None, duties=None, phone=None, stand_in="无")
    )
    assert changes(plan) == {"stand_in": ("林一帆", "")}
    do(plan)
    chen.refresh_from_db()
    assert chen.stand_in is None


# --- What is stored ------------------------------------------------------------------------------------------------


def test_what_is_stored_and_what_the_trail_says(look, chen):
    header = (*HEADER, "编制", "到岗日期", "楼层")
    row = [
        *person("新 人", posts="副科长、工会主席", duties="1.受理；\n2、解答", stand_in="陈砚"),
        "事业编制",
    ]
    do(look([*row, "2026年9月5日", "主楼三楼"], header=header))
    cadre = Cadre.objects.get(name="新人")
    assert (cadre.pinyin, cadre.pinyin_initials) == ("xinren", "xr")
    assert [(post.title, post.is_primary) for post in cadre.posts.all()] == [
        ("副科长", True),
        ("工会主席", False),
    ]
    assert [duty.text for duty in cadre.duties.all()] == ["受理", "解答"]
    assert (cadre.employment_kind, cadre.serves_from) == (EmploymentKind.PUBLIC_INSTITUTION, date(2026, 9, 5))
    assert (cadre.stand_in, cadre.office.location) == (chen, "主楼三楼")
    entry = audit.history(cadre).get()
    assert entry.verb == "cadre_created"
    assert entry.changes["stand_in"] == "陈砚"
    assert audit.history(cadre.office).get().verb == "office_created"


def test_a_card_stays_as_it_is(look, chen):
    card = issue_card(chen)
    before = Card.objects.filter(pk=card.pk).values().get()
    do(look(person("陈砚", mobile="13000000002")))
    assert Card.objects.filter(pk=card.pk).values().get() == before
    assert audit.history(chen).first().changes["mobile"] == ["139 0000 0000", "13000000002"]


def test_nothing_is_overwritten_that_changed_after_the_preview(look, chen):
    plan = look(person("陈砚", mobile="13000000002"))
    Cadre.objects.filter(pk=chen.pk).update(mobile="13000000009")
    with pytest.raises(Refused, match="The directory has changed since the preview"):
        do(plan)
    chen.refresh_from_db()
    assert chen.mobile == "13000000009"


def test_the_digest_follows_file_and_directory_and_no_language(look, chen):
    row = person("陈砚", mobile="13000000002")
    first = look(row).digest
    with translation.override("zh-hans"):
        assert look(row).digest == first
    assert look(person("陈砚", mobile="13000000003")).digest != first
    Cadre.objects.filter(pk=chen.pk).update(mobile="13000000009")
    assert look(row).digest != first


def test_as_many_queries_for_many_as_for_a_few(look, django_assert_max_num_queries):
    few, many = ([person(f"众{n}", room=str(n % 20)) for n in range(count)] for count in (3, 200))
    plan = look(*few)
    with django_assert_max_num_queries(40):
        do(plan)
    plan = look(*many)
    with django_assert_max_num_queries(40):
        do(plan)


# --- Photos --------------------------------------------------------------------------------------------------------


def test_a_photo_is_stored_once_and_known_again(look, tmp_path):
    album = zipped(tmp_path / "photos.zip", {"a/D901-张伟.jpg": portrait().read(), "无主.jpg": b"nothing"})
    row = person("张伟", photo="D901-张伟")
    plan = look(row, person("李四", photo="缺.jpg"), photos=album)
    assert problems(plan) == []
    assert [note.split(":")[0] for note in notes(plan)] == ["Files that no row names (1)", "Row 4"]
    do(plan)
    cadre = Cadre.objects.get(name="张伟")
    stored = cadre.photo.name
    assert default_storage.exists(stored)
    again = look(row, photos=album)
    assert len(again.unchanged) == 1
    do(again)
    cadre.refresh_from_db()
    assert cadre.photo.name == stored


def test_a_photo_replaces_the_old_one(look, chen, tmp_path, django_capture_on_commit_callbacks):
    old = photograph(chen).photo.name
    album = tmp_path / "photos"
    album.mkdir()
    (album / "chen.jpg").write_bytes(portrait(700, 900).read())
    plan = look(person("陈砚", photo="CHEN.jpg"), photos=album)
    with django_capture_on_commit_callbacks(execute=True):
        do(plan)
    chen.refresh_from_db()
    assert chen.photo.name != old
    assert not default_storage.exists(old)


def test_a_photo_uploaded_by_hand_is_known_again(look, chen, tmp_path):
    data = portrait().read()
    services.cadre_photo_set(cadre=chen, upload=io.BytesIO(data), actor=None, now=NOW)
    album = zipped(tmp_path / "photos.zip", {"chen.jpg": data})
    row = person("陈砚", office=None, room=None, posts=None, duties=None, phone=None, photo="chen.jpg")
    assert len(look(row, photos=album).unchanged) == 1


def test_a_broken_photo_is_a_mistake_of_its_row(look, tmp_path):
    album = zipped(
        tmp_path / "photos.zip", {"a.jpg": b"no photo", "b.heic": b"\0\0\0\x18ftypheic" + b"\0" * 9}
    )
    plan = look(person("张伟", photo="a.jpg"), person("李四", photo="b.heic"), photos=album)
    assert [(row, column) for row, column, _sentence in problems(plan)] == [
        (3, "K 照片文件名"),
        (4, "K 照片文件名"),
    ]
    assert "HEIC" in problems(plan)[1][2]


def test_no_photo_is_left_behind_when_nothing_was_imported(look, chen, tmp_path):
    album = zipped(tmp_path / "photos.zip", {"chen.jpg": portrait().read()})
    plan = look(person("陈砚", photo="chen.jpg"), photos=album)
    before = set(default_storage.listdir("photos")[1]) if default_storage.exists("photos") else set()
    Cadre.objects.filter(pk=chen.pk).update(mobile="")
    Cadre.objects.filter(pk=chen.pk).update(office_phone="0578-7120999")
    with pytest.raises(Refused, match="has changed"):
        do(plan)
    assert set(default_storage.listdir("photos")[1]) == before


# --- Out and in again ----------------------------------------------------------------------------------------------


def test_what_was_exported_comes_in_again_without_a_change(chen, lin, wei, unit, tmp_path):
    twin = make_office(unit, "法规科", "402")
    make_cadre(twin, "陈砚", posts=("人事、工资科科长",), duties=("-减免；审核", "@=1"), stand_in=chen)
    path = tmp_path / "out.xlsx"
    path.write_bytes(roster.export(Cadre.objects.filter(unit=unit)))
    sheet = openpyxl.load_workbook(path).worksheets[0]
    cells = [cell for line in sheet.iter_rows(min_row=3) for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if cell.value.startswith(("=", "+", "-", "@", "\t", "\r"))]
    plan = roster.look(path, None, unit=unit, today=TODAY)
    assert problems(plan) == []
    assert [person.changes for person in plan.changed] == []
    assert (len(plan.created), len(plan.unchanged)) == (0, 4)


def test_what_was_exported_says_of_whom_it_is(chen, unit):
    for one, title in ((unit, "青窑局干部名册"), (None, "干部名册")):
        data = roster.export(Cadre.objects.filter(unit=unit), one)
        assert openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]["A1"].value == title


@pytest.mark.parametrize("own", [True, False])
def test_the_template_is_a_roster_with_an_example_that_counts_for_nobody(own, unit, tmp_path):
    path = tmp_path / "template.xlsx"
    path.write_bytes(roster.template(unit if own else None))
    with pytest.raises(Refused, match="names nobody"):
        roster.look(path, None, unit=None, today=TODAY)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[0]
    sheet.append([*(["D901", "青窑局", "审批科", "306", "三楼", "新人", "科员", "受理", "0578-7120130"])])
    workbook.save(path)
    plan = roster.look(path, None, unit=None, today=TODAY)
    assert problems(plan) == []
    assert [person.name for person in plan.created] == ["新人"]
    assert notes(plan) == ["Row 3: The template's example: left out."]


# --- The command ---------------------------------------------------------------------------------------------------


def test_a_dry_run_stores_nothing(unit, tmp_path, capsys):
    path = sheet(tmp_path / "roster.xlsx", [person("新人")])
    call_command("import_roster", path, dry_run=True)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Nothing was stored: 1 created, 0 changed, 0 unchanged"
    )
    assert not Cadre.objects.exists()


def test_the_last_line_is_also_english_in_chinese(unit, tmp_path, capsys):
    path = sheet(tmp_path / "roster.xlsx", [person("新人")])
    call_command("import_roster", path)
    with translation.override("zh-hans"):
        call_command("import_roster", path)
    assert "0 created, 0 changed, 1 unchanged" in capsys.readouterr().out.splitlines()[-1]


def test_the_audit_trail_says_which_files_the_command_read(unit, tmp_path):
    path = sheet(tmp_path / "roster.xlsx", [person("新人", photo="新人.jpg")])
    photos = zipped(tmp_path / "photos.zip", {"新人.jpg": portrait().read()})
    call_command("import_roster", path, photos=photos)
    (entry,) = AuditEntry.objects.filter(verb="roster_imported")
    assert (entry.subject_type, entry.actor) == ("accounts.city", None)
    assert entry.changes == {
        "file": "roster.xlsx",
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "photos": "photos.zip",
        "photos_digest": hashlib.sha256(photos.read_bytes()).hexdigest(),
        "created": 1,
        "changed": 0,
        "unchanged": 0,
    }
    line = edits(City.current())[0]
    assert (line.label, line.actor) == ("Roster imported on the server", "the system")
    assert line.details.startswith("File: roster.xlsx；SHA-256: ")


@pytest.mark.parametrize("created", [1, 3])
def test_the_planner_looks_again_only_after_many_new_people(
    created, look, monkeypatch, django_capture_on_commit_callbacks
):
    refreshed: list[int] = []
    monkeypatch.setattr(statistics, "MANY", 3)
    monkeypatch.setattr(statistics, "refresh", lambda: refreshed.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        do(look(*(person(f"新人{number}") for number in "一二三"[:created])))
    assert len(refreshed) == created // 3


def test_unit_codes_of_other_units_stay_apart(look):
    other = make_unit("D902", "青窑二局")
    do(look(person("张伟"), person("张伟", code="D902", unit=None)))
    assert sorted(Cadre.objects.values_list("unit__code", flat=True)) == ["D901", other.code]
