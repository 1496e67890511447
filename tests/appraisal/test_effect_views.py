"""The pages of the effect and of its baseline: what they show and take; a file comes in whole or not at all."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook

from accounts.models import User
from appraisal.models import Baseline, Indicator
from appraisal.services import baselines
from appraisal.services.baselines import Value
from appraisal.sheets import baseline as baseline_file
from cards.models import LookupCount
from common.models import AuditEntry
from common.problems import Refused
from tests.cast import NOW, TODAY, signed_in

pytestmark = pytest.mark.django_db

HEADER = "指标,月份,数值,来源\n"
NEW, IMPORT = "/desk/effect/baseline/new/", "/desk/effect/baseline/import/"
ENTERED = {"indicator": "rating", "month": "2025-03", "value": "81.5", "source": "2025年群众满意度测评"}


@pytest.fixture(autouse=True)
def _clock(db, time_machine):
    time_machine.move_to(NOW, tick=False)


def rows() -> list[tuple[str, date, Decimal, str]]:
    return list(Baseline.objects.values_list("indicator", "month", "value", "source"))


def hand_in(user: User, data: bytes | str, name: str = "基线.csv") -> Any:
    content = data.encode() if isinstance(data, str) else data
    return signed_in(user).post(IMPORT, {"file": SimpleUploadedFile(name, content)})


def sheet(*lines: tuple[Any, ...]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    assert book.active is not None
    for line in (("指标", "月份", "数值", "来源"), *lines):
        book.active.append(line)
    book.save(out)
    return out.getvalue()


def problems(data: bytes | str) -> list[tuple[int, str]]:
    content = data.encode() if isinstance(data, str) else data
    return [(one.row, one.column) for one in baseline_file.read(content, TODAY).problems]


# --- The page -------------------------------------------------------------------------------------------------------


def test_every_indicator_has_its_picture_its_table_and_its_source(unit, express, express_head):
    for month, number in ((9, 20), (10, 30)):
        LookupCount.objects.create(day=date(2026, month, 5), unit=unit, kind="present", number=number)
    entered = Value(Indicator.LOOKUPS, date(2025, 1, 1), Decimal(12), "服务大厅查询机统计")
    baselines.baselines_set(values=[entered], actor=express_head, now=NOW)
    html = signed_in(express).get("/desk/effect/").content.decode()
    first = html.split('id="lookups"')[1].split("</section>")[0]
    assert first.index("</figure>") < first.index("<table") < first.index("服务大厅查询机统计")
    assert 'aria-labelledby="lookups-title lookups-desc"' in first
    for words in ("2026年9月", ">20<", "2026年10月", ">30<", ">12<"):
        assert words in first.replace(" ", "").replace("\n", ""), words
    assert [f'id="{each}"' in html for each in Indicator.values] == [True] * 6
    assert html.count("</figure>") == 1
    assert "style=" not in html


def test_before_anything_is_counted_the_page_says_so(express):
    response = signed_in(express).get("/desk/effect/")
    assert response.status_code == 200
    assert "</figure>" not in response.text
    assert "export" not in response.text
    assert signed_in(express).get("/desk/effect/export/").status_code == 200


def test_the_page_asks_as_much_for_many_as_for_one(unit, other_unit, express, django_assert_max_num_queries):
    for where in (unit, other_unit):
        for month in range(1, 12):
            LookupCount.objects.create(day=date(2026, month, 5), unit=where, kind="covered", number=3)
    client = signed_in(express)
    client.get("/desk/effect/")
    with django_assert_max_num_queries(14):
        client.get("/desk/effect/")


def test_the_workbook_has_the_figures_as_numbers(unit, express, express_head):
    LookupCount.objects.create(day=date(2026, 10, 5), unit=unit, kind="covered", number=3)
    LookupCount.objects.create(day=date(2026, 10, 5), unit=unit, kind="uncovered", number=1)
    entered = Value(Indicator.STAND_IN, date(2025, 10, 1), Decimal("40.5"), "=cmd|x")
    with pytest.raises(Refused) as refused:
        baselines.baselines_set(values=[entered], actor=express_head, now=NOW)
    assert refused.value.field == "source"
    # Whatever stands there from before is no formula in the workbook either.
    Baseline.objects.create(**vars(entered), entered_by=express_head, entered_at=NOW)
    book = load_workbook(io.BytesIO(signed_in(express).get("/desk/effect/export/").content))
    months, known = book.worksheets
    lines = list(months.iter_rows(min_row=3, max_col=7, values_only=True))
    assert lines[0] == ("2026年10月", 4, None, 75, 3, 4, 40.5)
    assert lines[1][:2] == ("2026年11月（未完）", 0)
    assert [cell.value for cell in known[2]] == ["不在岗时显示B岗的查阅占比", "2025-10", 40.5, "'=cmd|x"]


# --- One value ------------------------------------------------------------------------------------------------------


def test_a_value_is_entered_replaced_and_removed_and_the_trail_keeps_it(express_head):
    client = signed_in(express_head)
    assert client.post(NEW, ENTERED).headers["Location"] == "/desk/effect/baseline/"
    client.post(NEW, ENTERED)
    client.post(NEW, {**ENTERED, "value": "79"})
    assert rows() == [("rating", date(2025, 3, 1), Decimal(79), "2025年群众满意度测评")]
    one = Baseline.objects.get()
    assert "79%" in client.get("/desk/effect/baseline/").text
    assert client.get(f"/desk/effect/baseline/{one.pk}/remove/").status_code == 200
    client.post(f"/desk/effect/baseline/{one.pk}/remove/")
    assert rows() == []
    trail = AuditEntry.objects.filter(verb__startswith="baseline").order_by("pk")
    assert [entry.verb for entry in trail] == ["baseline_entered", "baseline_changed", "baseline_removed"]
    assert trail[1].changes["value"] == ["81.50", "79"]
    assert trail[2].changes["indicator"] == "rating"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": "101"}, "value"),
        ({"value": "-1"}, "value"),
        ({"value": "x"}, "value"),
        ({"value": "80.123"}, "value"),
        ({"value": "200000000", "indicator": "lookups"}, "value"),
        ({"month": "2026-12"}, "month"),
        ({"month": "1999-01"}, "month"),
        ({"month": "2026-13"}, "month"),
        ({"source": ""}, "source"),
        ({"source": "源" * 201}, "source"),
        ({"indicator": "height"}, "indicator"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_stays_typed(wrong, field, express_head):
    response = signed_in(express_head).post(NEW, {**ENTERED, **wrong})
    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.text
    assert "2025" in response.text or "month" in wrong
    assert rows() == []


def test_the_staff_of_the_express_see_it_and_enter_nothing(express, express_head):
    signed_in(express_head).post(NEW, ENTERED)
    client = signed_in(express)
    html = client.get("/desk/effect/baseline/").text
    assert "81.5%" in html
    assert [words for words in ("/remove/", NEW, IMPORT) if words in html] == []
    assert client.post(NEW, ENTERED).status_code == 403


def test_the_values_stand_in_the_order_of_the_indicators_a_page_at_a_time(
    express_head, django_assert_num_queries
):
    months = [date(2019 + number // 12, number % 12 + 1, 1) for number in range(12, 75)]
    values = [Value(Indicator.OFF_POST, month, Decimal(5), "年报") for month in months]
    values.append(Value(Indicator.LOOKUPS, date(2020, 1, 1), Decimal(7), "年报"))
    baselines.baselines_set(values=values[-1:], actor=express_head, now=NOW)
    client = signed_in(express_head)
    client.get("/desk/effect/baseline/")
    with CaptureQueriesContext(connection) as one:
        client.get("/desk/effect/baseline/")
    baselines.baselines_set(values=values, actor=express_head, now=NOW)
    with django_assert_num_queries(len(one)):
        first = client.get("/desk/effect/baseline/")
    rows = [row["one"] for row in first.context["rows"]]
    assert len(rows) == 60
    assert [(row.indicator, row.month) for row in rows[:2]] == [
        ("lookups", date(2020, 1, 1)),
        ("off_post", months[-1]),
    ]
    assert len(client.get("/desk/effect/baseline/?page=2").context["rows"]) == 4


# --- A file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_imported_in_the_codings_of_spreadsheets(encoding, express_head):
    text = HEADER + "投诉件数,2025年3月,120,12345年报\n群众评价满意率,2025,86.5%,测评\n"
    assert hand_in(express_head, text.encode(encoding)).status_code == 302
    assert rows() == [
        ("complaints", date(2025, 3, 1), Decimal(120), "12345年报"),
        ("rating", date(2025, 1, 1), Decimal("86.5"), "测评"),
    ]


def test_a_workbook_is_imported_with_the_dates_and_numbers_that_spreadsheets_make(express_head):
    data = sheet(
        ("lookups", date(2025, 3, 1), 1200, "统计"),
        ("抽查不在岗率", "2025.03", 16.4, "统计"),
        ("投诉按期反馈率（%）", "2025/4", "６４．８％", "统计"),
        ("Complaints", 2024, "1,234.5", "统计"),
    )
    assert hand_in(express_head, data, "基线.xlsx").status_code == 302
    assert [row[:3] for row in rows()] == [
        ("complaints", date(2024, 1, 1), Decimal("1234.5")),
        ("lookups", date(2025, 3, 1), Decimal(1200)),
        ("off_post", date(2025, 3, 1), Decimal("16.4")),
        ("on_time", date(2025, 4, 1), Decimal("64.8")),
    ]


def test_the_same_file_again_changes_nothing(express_head):
    text = HEADER + "投诉件数,2025-03,120,年报\n"
    hand_in(express_head, text)
    author = AuditEntry.objects.filter(verb__startswith="baseline").count()
    assert hand_in(express_head, text).status_code == 302
    assert AuditEntry.objects.filter(verb__startswith="baseline").count() == author == 1


def test_the_template_comes_in_only_once_it_is_filled(express_head):
    client = signed_in(express_head)
    data = client.get("/desk/effect/baseline/template/").content
    assert hand_in(express_head, data, "模板.xlsx").status_code == 422
    book, out = load_workbook(io.BytesIO(data)), io.BytesIO()
    book.worksheets[0].append(("投诉件数", "2025-03", "120", "年报"))
    book.save(out)
    assert hand_in(express_head, out.getvalue(), "模板.xlsx").status_code == 302
    assert [row[:3] for row in rows()] == [("complaints", date(2025, 3, 1), Decimal(120))]


def test_one_mistake_keeps_everything_out_and_each_is_named(express_head):
    text = HEADER + "投诉件数,2025-03,120,年报\n身高,2025-13,很多,\n投诉件数,2025年3月,121,年报\n"
    response = hand_in(express_head, text)
    assert response.status_code == 422
    assert rows() == []
    for words in ("A 指标", "B 月份", "C 数值", "D 来源"):
        assert words in response.text
    assert problems(text) == [(3, "A 指标"), (3, "B 月份"), (3, "C 数值"), (3, "D 来源"), (4, "B 月份")]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (("投诉件数", "2025-03", "120%", "年报"), "C 数值"),
        (("群众评价满意率", "2025-03", 0.865, "年报"), "C 数值"),
        (("群众评价满意率", "2025-03", 1, "年报"), "C 数值"),
        (("群众评价满意率", "2025-03", 101, "年报"), "C 数值"),
        (("群众评价满意率", "2025-03", -1, "年报"), "C 数值"),
        (("群众评价满意率", "2025-03", "=1+1", "年报"), "C 数值"),
        (("群众评价满意率", "2025-03", "1e5", "年报"), "C 数值"),
        (("群众评价满意率", 2025.1, 86, "年报"), "B 月份"),
        (("群众评价满意率", "2027-01", 86, "年报"), "B 月份"),
        (("群众评价满意率", "三月", 86, "年报"), "B 月份"),
        (("群众评价满意率", "2025-03", 86, "报" * 201), "D 来源"),
        (("", "2025-03", 86, "年报"), "A 指标"),
    ],
)
def test_what_a_cell_may_not_say(line, column):
    assert problems(sheet(line)) == [(2, column)]


def test_a_share_below_one_percent_has_its_sign():
    found = baseline_file.read(sheet(("抽查不在岗率", "2025-03", "0.5%", "年报")), TODAY)
    assert ([one.value for one in found.values], found.problems) == ([Decimal("0.50")], [])


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG", b"PK\x03\x04", "指标,月份\n投诉件数,2025-03\n".encode(), HEADER.encode()]
)
def test_what_is_no_baseline_at_all_gets_a_sentence(data, express_head):
    response = hand_in(express_head, data)
    assert response.status_code == 422
    assert 'href="#id_file"' in response.text
    assert rows() == []


def test_all_or_none_also_of_those_who_call_the_verb(express_head):
    good = Value(Indicator.RATING, date(2025, 1, 1), Decimal(80), "年报")
    bad = Value(Indicator.RATING, date(2025, 2, 1), Decimal(180), "年报")
    with pytest.raises(Refused) as refused:
        baselines.baselines_set(values=[good, bad], actor=express_head, now=NOW)
    assert refused.value.field == "value"
    assert rows() == []
