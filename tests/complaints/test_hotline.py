"""Work orders of 12345: what cells say, what is wrong with them, and that all of a sheet becomes cases once or none."""

import io
import json
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from accounts.models import Role
from cards.roster.rows import Broken, Formula
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import SHANGHAI, local
from complaints import clock, hotline, receipts, rules, sheets
from complaints.hotline import cells, columns, sheet
from complaints.models import Complaint, ComplaintEvent, ComplaintSettings, HotlineSheet, Interest
from complaints.services import sweeps
from tests.cast import NOW, crowd, give, issue_card, make_cadre, make_unit, make_user, signed_in
from tests.support.races import at_once

HEADER = ("工单编号", "受理时间", "单位", "姓名/证号", "诉求内容", "时间地点", "联系人", "联系电话")
FIELDS = tuple(column.field for column in columns.COLUMNS)
TEXT = "等了四十分钟没有人理睬"
EARLIER = local(NOW) - timedelta(hours=20)
WRITTEN = f"{EARLIER:%Y-%m-%d %H:%M}"
USUAL = {"received_at": WRITTEN, "unit": "D901", "text": TEXT}
FULL = {"occasion": "一楼窗口", "contact_name": "王小满", "contact_phone": "13900001234"}


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def row(number: Any, **given: Any) -> list[Any]:
    values = {**USUAL, "number": number, **given}
    return [values.get(field) for field in FIELDS]


def workbook(*rows: list[Any], header: Any = HEADER, above: Any = ()) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for line in (*above, header, *rows):
        book.active.append(list(line))
    book.save(out)
    return out.getvalue()


def problems(*rows: list[Any], **more: Any) -> list[tuple[int, str, str]]:
    plan = hotline.look(workbook(*rows, **more), NOW)
    return [(problem.row, problem.column, problem.sentence) for problem in plan.problems]


def kept(user: Any, *rows: list[Any], now: datetime = NOW) -> HotlineSheet:
    return sheets.sheet_keep(data=workbook(*rows), actor=user, now=now)


def imported(user: Any, *rows: list[Any]) -> sheets.Imported:
    return sheets.sheet_import(sheet=kept(user, *rows), actor=user, now=NOW)


# --- Cells ----------------------------------------------------------------------------------------------------------

MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=SHANGHAI)
MOMENT_NOW = MOMENT + timedelta(days=3)
DAY_AND_TIME = "Write day and time, such as 2026-11-24 09:30."
ROUNDED = "The spreadsheet has rounded this number. Format the column as text and copy the numbers from 12345 again."
FORMULA = "A formula stands here. Paste its result as a value."
DATED = "The spreadsheet has made a date of this. Format the cell as text and write it again."
EMPTY = "Fill this in."
PHONE = "Enter a telephone number such as 0578-7212345."


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("received_at", datetime(2026, 11, 24, 9, 30), MOMENT),
        ("received_at", datetime(2026, 11, 24, 9, 29, 59, 999_800), MOMENT),
        ("received_at", "2026-11-24 09:30", MOMENT),
        ("received_at", "2026/11/24 9:30", MOMENT),
        ("received_at", "2026年11月24日 9:30", MOMENT),
        ("received_at", "2026年11月24日9时30分", MOMENT),
        ("received_at", "2026.11.24 9:30", MOMENT),
        ("received_at", "2026-11-24T09:30:00", MOMENT),
        ("received_at", "２０２６－１１－２４　９：３０", MOMENT),
        ("received_at", "2026-11-24\n09:30:15", MOMENT + timedelta(seconds=15)),
        ("received_at", MOMENT_NOW.replace(tzinfo=None), MOMENT_NOW),
        (
            "received_at",
            (MOMENT_NOW - timedelta(days=60)).replace(tzinfo=None),
            MOMENT_NOW - timedelta(days=60),
        ),
        ("number", "DH 20261124-0001", "DH20261124-0001"),
        ("number", "ＤＨ１", "DH1"),
        ("number", 202611240001234, "202611240001234"),
        ("number", 20261124.0, "20261124"),
        ("text", " 第一行\r\n第二行_x000D_\n ", "第一行\n第二行"),
        ("text", "-没有人", "-没有人"),
        ("text", "字" * 5000, "字" * 5000),
        ("occasion", None, ""),
        ("contact_phone", 13900001234, "13900001234"),
        ("contact_phone", "０５７８－７１２０１０１", "0578-7120101"),
        ("contact_name", "王 \n 女士", "王 女士"),
        ("person", "阿依古丽•买买提", "阿依古丽·买买提"),
    ],
)
def test_what_a_cell_says(field, cell, value):
    values, wrong = cells.check({field: cell}, MOMENT_NOW)
    assert values.get(field, wrong.get(field)) == value


@pytest.mark.parametrize(
    ("field", "cell", "sentence"),
    [
        ("received_at", None, EMPTY),
        ("received_at", "2026-11-24", DAY_AND_TIME),
        ("received_at", "上周二上午", DAY_AND_TIME),
        ("received_at", "2026-11/24 09:30", DAY_AND_TIME),
        ("received_at", 46350.39, DAY_AND_TIME),
        ("received_at", date(2026, 11, 24), DAY_AND_TIME),
        ("received_at", time(9, 30), DAY_AND_TIME),
        ("received_at", timedelta(hours=9), DAY_AND_TIME),
        ("received_at", "2026-11-31 09:30", "There is no such day or time."),
        ("received_at", "2026-11-24 25:00", "There is no such day or time."),
        (
            "received_at",
            MOMENT_NOW.replace(tzinfo=None) + timedelta(seconds=1),
            "This time is still to come.",
        ),
        ("received_at", datetime.max, "This time is still to come."),
        ("received_at", "2026-09-28 09:29", "Longer ago than 60 days."),
        ("received_at", datetime.min, "Longer ago than 60 days."),
        ("received_at", Formula(), FORMULA),
        ("number", "  ", EMPTY),
        ("number", 2026112400001234, ROUNDED),
        ("number", "2.02611E+15", ROUNDED),
        ("number", "9" * 41, "At most 40 characters."),
        ("number", datetime(2026, 11, 24), DATED),
        ("unit", "", EMPTY),
        ("unit", "字" * 61, "At most 60 characters."),
        ("text", None, EMPTY),
        ("text", "字" * 5001, "At most 5000 characters."),
        ("text", Formula(), FORMULA),
        ("text", Broken(), "The spreadsheet shows an error here. Write what belongs here."),
        ("occasion", "字" * 201, "At most 200 characters."),
        ("occasion", datetime(2026, 11, 24), DATED),
        ("contact_name", "字" * 51, "At most 50 characters."),
        ("contact_phone", "保密", PHONE),
        ("contact_phone", "1" * 41, "At most 40 characters."),
        ("person", "字" * 51, "At most 50 characters."),
    ],
)
def test_what_is_wrong_with_a_cell(field, cell, sentence):
    assert cells.check({field: cell}, MOMENT_NOW)[1][field] == sentence


def test_a_character_that_nobody_sees_is_named_by_its_code():
    assert "U+200B" in cells.check({"text": "看\u200b不见"}, MOMENT_NOW)[1]["text"]


# --- The sheet ------------------------------------------------------------------------------------------------------


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        sheet.read(data)
    return str(refused.value.sentence)


def test_columns_in_any_order_under_a_title_and_beside_others():
    header = ("备注", "联系电话", "诉求内容 *", "单位名称", "受理时间（必填）", "工单号")
    table = sheet.read(workbook(["x", 139, "话", "局", "昨天", 1], header=header, above=[["十一月工单"], []]))
    assert table.titles == {
        "contact_phone": "B 联系电话",
        "text": "C 诉求内容",
        "unit": "D 单位",
        "received_at": "E 受理时间",
        "number": "F 工单编号",
    }
    assert table.rows == [
        (4, {"contact_phone": 139, "text": "话", "unit": "局", "received_at": "昨天", "number": 1})
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            workbook(["x"], header=("姓名", "电话")),
            "No sheet has a header with 工单编号、受理时间、单位、诉求内容.",
        ),
        (workbook(["x"], header=("联系人", "诉求内容", "联系电话")), "lacks 工单编号、受理时间、单位."),
        (
            workbook(row(1), header=("工单号", *HEADER[:7])),
            "Columns A 工单编号 and B 工单编号 mean the same.",
        ),
        (workbook(), "has no work order."),
        (workbook([], row("（示例）1")), "has no work order."),
        (workbook(*[row(number) for number in range(1001)]), "More than 1,000 work orders."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "of the old .xls kind"),
        (b"number,time\n1,2", "This is not an XLSX workbook."),
        (workbook(row(1))[:-40], "damaged or incomplete"),
        (b"PK" + b"\0" * (5 * 1024 * 1024), "larger than 5 MB"),
    ],
)
def test_what_is_no_sheet_to_be_read(data, sentence):
    assert sentence in refusal(data)


def test_a_bomb_is_not_unpacked(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 40_000_000)
    assert "unpacks to many times its size" in refusal(out.getvalue())


def test_rows_far_below_are_not_looked_for():
    book, out = Workbook(), io.BytesIO()
    book.active.append(HEADER)
    book.active.cell(sheet.MOST_BLANK_ROWS + 3, 1, "1")
    book.save(out)
    assert "Above row 5002 stand 5,000 empty rows." in refusal(out.getvalue())


@pytest.mark.django_db
def test_the_template_is_read_and_its_example_left_out():
    data = hotline.template()
    assert "has no work order" in refusal(data)
    book, out = load_workbook(io.BytesIO(data)), io.BytesIO()
    book.worksheets[0].append(row("12"))
    book.save(out)
    (found,) = sheet.read(out.getvalue()).rows
    assert found[0] == 3
    assert found[1]["number"] == "12"


# --- Rows -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_mistake_says_where_and_what_and_repeats_nothing(unit, other_unit, office, lin, zhou):
    make_unit("D903", "某某中心", alias="中心")
    make_unit("D904", "另一中心", alias="中心")
    make_cadre(office, "林一帆")
    secret = "=WEBSERVICE(1)"
    found = problems(
        row("1", unit="没有这个局"),
        row("2", unit="中心"),
        row("3", unit="青窑局", person="周渡"),
        row("4", unit="D901", person="林一帆"),
        row("4", text=secret, contact_phone="加密电话"),
        row(None, received_at="刚才", text=None),
        row(secret),
        row("7", unit=None, person="林一帆"),
    )
    nobody = "Nobody who served in 青窑局 on this day has this name or card number. Left empty, it is about the unit."
    several = (
        "Several people of 青窑局 are called so: 林一帆（办公室）、林一帆（办公室）. Write the card number."
    )
    assert found == [
        (2, "C 单位", "No unit has this code, name or short name."),
        (3, "C 单位", "Several units are called so: 某某中心 D903、另一中心 D904. Write the code."),
        (4, "D 姓名/证号", nobody),
        (5, "D 姓名/证号", several),
        (6, "A 工单编号", "Row 5 has the same number."),
        (7, "A 工单编号", EMPTY),
        (7, "B 受理时间", DAY_AND_TIME),
        (7, "E 诉求内容", EMPTY),
        (8, "A 工单编号", FORMULA),
        (9, "C 单位", EMPTY),
    ]


@pytest.mark.django_db
def test_the_second_of_two_numbers_is_checked_no_further_and_contacts_are(unit):
    assert problems(row("1", text="=1+1", contact_phone="加密电话")) == [
        (2, "E 诉求内容", FORMULA),
        (2, "H 联系电话", PHONE),
    ]


@pytest.mark.django_db
def test_units_and_people_by_every_name_they_have(unit, other_unit, lin, chen, zhou):
    unit.alias = "青窑"
    unit.save()
    card = issue_card(lin)
    plan = hotline.look(
        workbook(
            row("1", unit="d901", person="林一帆"),
            row("2", unit=" 青窑局 ", person=card.serial.lower()),
            row("3", unit="青窑", person="陈 砚"),
            row("4", unit="剑潭镇", person="周渡"),
            row("5", unit="T902"),
        ),
        NOW,
    )
    assert plan.problems == []
    assert [(order.unit, order.cadre) for order in plan.orders] == [
        (unit, lin),
        (unit, lin),
        (unit, chen),
        (other_unit, zhou),
        (other_unit, None),
    ]


@pytest.mark.django_db
def test_who_had_left_before_or_came_later_is_not_meant(unit, office):
    day = EARLIER.date()
    leaver, joiner = make_cadre(office, "季明川"), make_cadre(office, "季明川")
    leaver.serves_to = day
    leaver.save()
    joiner.serves_from = day + timedelta(days=1)
    joiner.save()
    (order,) = hotline.look(workbook(row("1", person="季明川")), NOW).orders
    assert order.cadre == leaver
    leaver.serves_to = day - timedelta(days=1)
    leaver.save()
    assert [column for _row, column, _sentence in problems(row("1", person="季明川"))] == ["D 姓名/证号"]


# --- All of it or nothing -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_time_of_12345_starts_the_clock_and_everything_arrives(unit, lin, express):
    assert imported(express, row("DH1", person="林一帆", **FULL)) == sheets.Imported(new=1, known=0)
    case = Complaint.objects.get()
    assert (case.channel, case.original_number, case.unit, case.cadre) == ("hotline", "DH1", unit, lin)
    assert (case.text, case.occasion, case.contact_name, case.contact_phone) == (TEXT, *FULL.values())
    assert (case.received_at, case.entered_at, case.entered_by) == (
        EARLIER.replace(second=0, microsecond=0),
        NOW,
        express,
    )
    assert (case.receipt, case.contact_key) == (None, receipts.contact_key("13900001234"))
    begun = clock.start(case.received_at, ComplaintSettings.current().mode)
    assert {name: getattr(case, name) for name in begun} == begun
    assert rules.last_day(case.due_at) >= EARLIER.date() + timedelta(days=3)
    event = ComplaintEvent.objects.get()
    assert (event.kind, event.actor, event.at, event.facts) == (
        "entered",
        express,
        NOW,
        {"channel": "hotline"},
    )


@pytest.mark.django_db
def test_one_mistake_keeps_every_row_out(unit, express):
    waiting = kept(express, row("1"), row("2", unit="没有这个局"), row("3"))
    with pytest.raises(Refused):
        sheets.sheet_import(sheet=waiting, actor=express, now=NOW)
    assert not Complaint.objects.exists()
    assert HotlineSheet.objects.exists()


@pytest.mark.django_db
def test_what_is_here_already_is_passed_over_however_old_it_is_by_now(unit, express):
    imported(express, row("1"), row("2"))
    later = NOW + timedelta(days=90)
    fresh = local(later) - timedelta(hours=1)
    again = kept(express, row("2", unit="改了名"), row("3", received_at=f"{fresh:%Y-%m-%d %H:%M}"), row("1"))
    assert sheets.sheet_import(sheet=again, actor=express, now=later) == sheets.Imported(new=1, known=2)
    assert imported(express, row("1"), row("2"), row("3")) == sheets.Imported(new=0, known=3)
    numbers = Complaint.objects.order_by("pk").values_list("number", "original_number")
    assert list(numbers) == [("2026-0001", "1"), ("2026-0002", "2"), ("2027-0001", "3")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False], ids=["one sheet", "two sheets"])
def test_of_two_who_confirm_at_once_one_makes_them(same, unit, express, express_head):
    rows = [row(str(number)) for number in range(5)]
    first = kept(express, *rows)
    second = first if same else kept(express_head, *reversed(rows))
    outcomes = at_once(
        lambda: sheets.sheet_import(sheet=first, actor=express, now=NOW),
        lambda: sheets.sheet_import(sheet=second, actor=express_head, now=NOW),
    )
    made = sheets.Imported(new=5, known=0)
    assert made in outcomes
    (other,) = [outcome for outcome in outcomes if outcome != made]
    assert isinstance(other, sheets.Gone) if same else other == sheets.Imported(new=0, known=5)
    assert Complaint.objects.count() == 5
    assert not HotlineSheet.objects.exists()


@pytest.mark.django_db
def test_the_words_stand_nowhere_but_in_the_case(unit, lin, express, express_head):
    waiting = kept(express, row("1", person="林一帆", **FULL))
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM complaints_hotlinesheet")
        stored = bytes(cursor.fetchone()[0])
    assert b"PK" not in stored[:4]
    assert b"xl/worksheets" not in stored
    sheets.sheet_import(sheet=waiting, actor=express, now=NOW)
    assert not HotlineSheet.objects.exists()
    facts = [
        json.dumps(list(rows), ensure_ascii=False)
        for rows in (
            AuditEntry.objects.values_list("changes", flat=True),
            ComplaintEvent.objects.values_list("facts", flat=True),
            Notice.objects.values_list("params", flat=True),
        )
    ]
    assert not [word for word in (TEXT, *FULL.values()) for fact in facts if word in fact]
    audit = AuditEntry.objects.values_list("verb", "actor")
    assert set(audit.filter(verb__in=["complaint_received", "hotline_imported"])) == {
        ("complaint_received", express.pk),
        ("hotline_imported", express.pk),
    }


@pytest.mark.django_db
def test_the_express_hears_once_of_as_many_as_they_may_know_of(unit, lin, chen, express, express_head):
    kin = make_user("kin", "舒亲")
    sole = make_user("sole", "舒独")
    for user in (kin, sole):
        give(user, Role.EXPRESS_STAFF)
    Interest.objects.create(user=kin, cadre=lin, reason="表亲", declared_at=NOW)
    for cadre in (lin, chen):
        Interest.objects.create(user=sole, cadre=cadre, reason="表亲", declared_at=NOW)
    imported(express, row("1", person="林一帆"), row("2", person="陈砚"))
    told = Notice.objects.exclude(user=None).values_list("user__username", "kind", "params__number")
    assert sorted(told) == [("express_head", "complaints_imported", 2), ("kin", "complaints_imported", 1)]


@pytest.mark.django_db
def test_many_rows_take_no_more_queries_than_one(
    unit, office, express, express_head, django_assert_max_num_queries
):
    crowd(office, 40)
    first, many = (
        kept(express, row("x")),
        kept(express, *[row(str(n), person=f"众{n}") for n in range(1, 41)]),
    )
    with django_assert_max_num_queries(45) as one:
        sheets.sheet_import(sheet=first, actor=express, now=NOW)
    with django_assert_max_num_queries(len(one.captured_queries) + 4):
        sheets.sheet_import(sheet=many, actor=express, now=NOW)
    assert Complaint.objects.count() == 41


# --- Kept for two hours, for one person -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_nobody_confirms_is_swept(unit, express):
    for age in (sweeps.DRAFTS_KEPT - timedelta(seconds=1), sweeps.DRAFTS_KEPT + timedelta(seconds=1)):
        kept(express, row("1"), now=NOW - age)
    assert sweeps.drafts_remove(now=NOW) == 1
    assert sweeps.drafts_remove(now=NOW) == 0
    assert HotlineSheet.objects.get().created_at > NOW - sweeps.DRAFTS_KEPT


def desk_of(user: Any) -> Any:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


def hand_in(client: Any, data: bytes) -> Any:
    file = SimpleUploadedFile("王小满投诉林一帆.xlsx", data)
    return client.post(reverse("complaint_hotline"), {"file": file})


def fresh(number: str, **given: Any) -> list[Any]:
    """Received an hour ago by the clock of the wall, which the pages read."""
    return row(number, received_at=f"{local(timezone.now()) - timedelta(hours=1):%Y-%m-%d %H:%M}", **given)


@pytest.mark.django_db
def test_from_the_file_to_the_queue(unit, lin, express):
    client = desk_of(express)
    preview = hand_in(client, workbook(fresh("DH1", person="林一帆", **FULL), fresh("DH2")))
    page = client.get(preview.url)
    shown = page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert all(word in shown for word in ("Row 2", "DH1", "青窑局", "林一帆"))
    assert not [word for word in (TEXT, *FULL.values(), "投诉林一帆") if word in shown]
    assert client.post(preview.url, {"import": "1"}).url == reverse("complaints")
    assert Complaint.objects.count() == 2
    assert "2 work orders imported." in client.get(reverse("complaints")).content.decode()
    assert client.get(preview.url).status_code == 404
    again = hand_in(client, workbook(fresh("DH1"), fresh("DH2"))).url
    assert "There is nothing to import" in client.get(again).content.decode()


@pytest.mark.django_db
def test_mistakes_are_listed_and_leave_nothing_to_confirm(unit, express):
    client = desk_of(express)
    url = hand_in(client, workbook(fresh("1", text=f"=1+1{TEXT}"), fresh("2", unit="没有这个局"))).url
    page = client.get(url).content.decode()
    assert all(
        words in page for words in ("2 mistakes keep the sheet out", "Row 2", "E 诉求内容", "Row 3", "C 单位")
    )
    assert 'name="import"' not in page
    assert TEXT not in page
    assert client.post(url, {"import": "1"}).url == url
    assert not Complaint.objects.exists()
    assert client.post(url, {"discard": "1"}).url == reverse("complaint_hotline")
    assert not HotlineSheet.objects.exists()


@pytest.mark.django_db
def test_a_directory_that_changed_meanwhile_is_looked_at_again(unit, lin, express):
    client = desk_of(express)
    url = hand_in(client, workbook(fresh("1", person="林一帆"))).url
    assert 'name="import"' in client.get(url).content.decode()
    lin.name = "林帆"
    lin.save()
    assert client.post(url, {"import": "1"}).url == url
    page = client.get(url).content.decode()
    assert "Meanwhile the directory has changed." in page
    assert "D 姓名/证号" in page
    assert not Complaint.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("data", [b"", b"text", workbook(row("（示例）1"))])
def test_what_cannot_be_read_is_said_at_the_field_and_not_kept(data, unit, express):
    page = hand_in(desk_of(express), data)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["file"]
    assert not HotlineSheet.objects.exists()


@pytest.mark.django_db
def test_others_and_the_late_find_nothing(unit, express, express_head):
    now = timezone.now()
    own = kept(express, row("1"), now=now)
    late = kept(express, row("1"), now=now - sweeps.DRAFTS_KEPT)
    for user, found, status in ((express_head, own, 404), (express, late, 404), (express, own, 200)):
        client, url = desk_of(user), reverse("hotline_sheet", args=[found.token])
        assert client.get(url).status_code == status
        if status == 404:
            assert client.post(url, {"import": "1"}).status_code == 404
    assert HotlineSheet.objects.count() == 2
    assert not Complaint.objects.exists()


@pytest.mark.django_db
def test_a_large_file_is_never_on_the_disk(unit, express, monkeypatch):
    def spooled(*_args: Any, **_more: Any) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(TemporaryUploadedFile, "__init__", spooled)
    page = hand_in(desk_of(express), b"PK" + b"\0" * (6 * 1024 * 1024))
    assert page.context["form"].errors["file"] == ["The file is larger than 5 MB. Hand it in in parts."]


@pytest.mark.django_db
def test_the_template_is_handed_out(unit, express):
    page = desk_of(express).get(reverse("hotline_template"))
    book = load_workbook(io.BytesIO(page.content))
    assert [cell.value.rstrip("*") for cell in book.worksheets[0][1]] == list(HEADER)
    assert ("D901", "青窑局") in [(code.value, name.value) for code, name, *_rest in book["单位代码表"].rows]
