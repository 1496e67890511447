"""Monthly bonus bases: entered, imported, corrected, and fixed once a decided year has reckoned with them."""

import io
from datetime import date, datetime, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from appraisal.models import AnnualResult, BonusBase, UnitResult
from appraisal.rules.bonus import Basing, paid_by, refuse_base
from appraisal.services import bonus as services
from appraisal.sheets.bonus import month
from cards.roster.rows import Wrong
from common.models import AuditEntry
from common.problems import Refused
from common.rules import at
from tests.cast import issue_card, make_cadre, make_user, signed_in

pytestmark = pytest.mark.django_db

NOW = at(date(2027, 1, 12), time(10))
#: services.years keeps these of everybody.
FIGURES = ("half_points", "entries", "cents", "withheld_cents", "complaints", "criticisms")
FIGURES += ("admonishments", "cautions", "circulars", "months")
JANUARY, JUNE, NOVEMBER = date(2026, 1, 1), date(2026, 6, 1), date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def decided_year(cadre, *months: str) -> AnnualResult:
    unit = UnitResult.objects.create(
        unit=cadre.unit,
        year=2026,
        content_hash="0" * 64,
        computed_at=NOW,
        state="decided",
        published_until=date(2027, 1, 8),
        decided_by=make_user("decides", "决定人"),
        decided_at=NOW,
    )
    return AnnualResult.objects.create(
        unit_result=unit,
        unit=cadre.unit,
        cadre=cadre,
        year=2026,
        content_hash="0" * 64,
        computed_at=NOW,
        employment_kind=cadre.employment_kind,
        figures=dict.fromkeys(FIGURES, 0),
        bonus_months=len(months),
        bonus_of=list(months),
        grade="incompetent",
    )


def enter(cadre, actor, since=JANUARY, cents=120_000) -> BonusBase:
    return services.bonus_set(cadre=cadre, since=since, cents=cents, actor=actor, now=NOW)


def book(*rows, header=("姓名/证号*", "单位", "起始月份*", "月奖金（元）*")) -> SimpleUploadedFile:
    workbook, out = Workbook(), io.BytesIO()
    for row in (header, *rows):
        workbook.active.append(row)
    workbook.save(out)
    return SimpleUploadedFile("bases.xlsx", out.getvalue())


def hand_in(user, file):
    return signed_in(user).post(reverse("bonus_import"), {"file": file})


def test_a_mistake_names_its_row_and_person_and_every_empty_cell_is_said_alike(chen, officer):
    response = hand_in(officer, book((chen.name, "", "2026-01", ""), (chen.name, "", "", "1200")))
    assert response.status_code == 422
    first, second = response.context["problems"]
    assert (first.row, second.row) == (2, 3)
    assert first.sentence == second.sentence
    assert {first.name, second.name} == {chen.name}
    assert response.content.decode().count(f"· {chen.name}") == 2


# --- The rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "later", "used", "expected"),
    [
        (JANUARY, [], [], None),
        (date(2026, 1, 2), [], [], Basing.NO_MONTH),
        (date(2024, 1, 1), [], [], None),
        (date(2023, 12, 1), [], [], Basing.FAR),
        (date(2028, 12, 1), [], [], None),
        (date(2029, 1, 1), [], [], Basing.FAR),
        (JANUARY, [], [NOVEMBER], Basing.USED),
        # Another base begins between: nothing of the decided year hangs on this one.
        (JANUARY, [JUNE], [NOVEMBER], None),
        (JANUARY, [NOVEMBER], [NOVEMBER], None),
        (JUNE, [JANUARY], [NOVEMBER], Basing.USED),
        (date(2026, 12, 1), [JANUARY], [NOVEMBER], None),
    ],
)
def test_which_month_a_base_may_begin_with(since, later, used, expected):
    assert refuse_base(since=since, later=later, used=used, today=date(2027, 1, 12)) == expected


@pytest.mark.parametrize("typed", ["0000-01", "2026-13", "2026-00", 2026.1])
def test_a_month_that_is_none_is_a_mistake_of_its_cell(typed):
    with pytest.raises(Wrong):
        month(typed)


def test_a_base_pays_until_the_next_one_begins():
    months = [date(2026, month, 1) for month in (1, 5, 6, 12)]
    assert paid_by(JANUARY, [JUNE], months) == months[:2]
    assert paid_by(JUNE, [JANUARY], months) == months[2:]


# --- The verbs --------------------------------------------------------------------------------------------------------


def test_a_base_is_entered_once_corrected_and_followed_by_another(chen, officer):
    first = enter(chen, officer)
    assert enter(chen, officer) == first
    assert AuditEntry.objects.filter(verb="bonus_base_set").count() == 1
    enter(chen, officer, cents=130_000)
    enter(chen, officer, since=JUNE, cents=150_000)
    assert list(chen.bonus_bases.values_list("since", "cents")) == [(JANUARY, 130_000), (JUNE, 150_000)]
    changes = [entry.changes for entry in AuditEntry.objects.filter(verb="bonus_base_set").order_by("pk")]
    assert changes[1] == {"since": "2026-01", "cents": [120_000, 130_000]}


def test_what_a_decided_year_rests_on_stays_and_a_later_month_is_free(chen, officer):
    base = enter(chen, officer)
    decided_year(chen, "2026-11", "2026-12")
    for refused in (
        lambda: enter(chen, officer, cents=1),
        lambda: enter(chen, officer, since=JUNE),
        lambda: services.bonus_remove(base=base, actor=officer, now=NOW),
    ):
        with pytest.raises(Refused):
            refused()
    assert enter(chen, officer) == base
    later = enter(chen, officer, since=date(2027, 1, 1), cents=99_900)
    services.bonus_remove(base=later, actor=officer, now=NOW)
    services.bonus_remove(base=later, actor=officer, now=NOW)
    assert list(chen.bonus_bases.values_list("cents", flat=True)) == [120_000]
    assert AuditEntry.objects.filter(verb="bonus_base_removed").count() == 1


def test_a_year_that_is_not_decided_holds_nothing(chen, officer):
    enter(chen, officer)
    result = decided_year(chen, "2026-11")
    UnitResult.objects.filter(pk=result.unit_result_id).update(state="computed")
    assert enter(chen, officer, cents=1).cents == 1


def test_an_import_is_all_or_nothing(chen, lin, officer):
    enter(chen, officer)
    decided_year(chen, "2026-11")
    rows = [services.Row(lin, JANUARY, 100), services.Row(chen, JUNE, 100)]
    with pytest.raises(Refused):
        services.bonus_import(rows=rows, actor=officer, now=NOW)
    assert not lin.bonus_bases.exists()
    done = services.bonus_import(rows=rows[:1], actor=officer, now=NOW)
    again = services.bonus_import(rows=rows[:1], actor=officer, now=NOW)
    assert (done.new, again.new, again.same) == (1, 0, 1)


# --- The pages --------------------------------------------------------------------------------------------------------


def test_who_sees_the_bases_of_a_unit(chen, officer, head, express, supervisor, other_officer, administrator):
    enter(chen, officer)
    url = reverse("bonus_person", args=[chen.pk])
    people = (officer, head, express, supervisor, other_officer, administrator, chen.user)
    assert [signed_in(user).get(url).status_code for user in people] == [200, 200, 200, 403, 404, 403, 403]
    assert "1200.00" in signed_in(officer).get(reverse("bonus")).content.decode()
    assert "1200.00" not in signed_in(other_officer).get(reverse("bonus")).content.decode()
    assert "bonus_set" not in signed_in(head).get(url).content.decode()


def test_a_base_is_entered_on_the_page_of_the_person(chen, officer):
    client, url = signed_in(officer), reverse("bonus_set", args=[chen.pk])
    response = client.post(url, {"since": "2026-13", "cents": "tausend"})
    assert response.status_code == 422
    assert 'value="tausend"' in response.content.decode()
    assert client.post(url, {"since": "2026-06", "cents": "1,234.50"}).status_code == 302
    assert list(chen.bonus_bases.values_list("since", "cents")) == [(JUNE, 123_450)]


def test_nobody_enters_or_removes_for_another_unit(zhou, express, other_officer, officer):
    base = enter(zhou, other_officer)
    client = signed_in(officer)
    assert client.post(reverse("bonus_set", args=[zhou.pk]), {}).status_code == 404
    assert client.post(reverse("bonus_remove", args=[base.pk])).status_code == 404
    assert signed_in(express).post(reverse("bonus_remove", args=[base.pk])).status_code == 302
    assert not BonusBase.objects.exists()


def test_a_sheet_is_looked_through_then_entered(chen, lin, officer):
    enter(chen, officer)
    serial = issue_card(lin).serial
    client = signed_in(officer)
    response = client.post(
        reverse("bonus_import"),
        {
            "file": book(
                (chen.name, "", "2026年1月", 1500), (serial, chen.unit.code, datetime(2026, 6, 1), "1,200元")
            )
        },
    )
    assert response.status_code == 200
    assert [row["before"] is not None for row in response.context["rows"]] == [True, False]
    assert chen.bonus_bases.get().cents == 120_000
    carried = {"carried": response.context["carried"]}
    assert client.post(reverse("bonus_import"), carried).status_code == 302
    assert client.post(reverse("bonus_import"), carried).status_code == 302
    assert chen.bonus_bases.get().cents == 150_000
    assert list(lin.bonus_bases.values_list("since", "cents")) == [(JUNE, 120_000)]


def test_a_csv_file_is_read_too(chen, officer):
    text = f"姓名,起始月份,月奖金\n{chen.name},2026-01,800.5\n"
    for encoding in ("utf-8-sig", "gb18030"):
        response = hand_in(officer, SimpleUploadedFile("基数.csv", text.encode(encoding)))
        assert [row["cents"] for row in response.context["rows"]] == [80_050]


def test_mistakes_are_named_by_row_and_column_and_nothing_is_entered(chen, lin, zhou, unit, officer, office):
    make_cadre(office, lin.name)
    response = hand_in(
        officer,
        book(
            (zhou.name, "", "2026-01", 1),
            (lin.name, "", "2026-01", 1),
            (chen.name, "", 2026.1, 1),
            (chen.name, "", "2026-02", "工资"),
            (chen.name, "", "2026-03", "=1+1"),
            (chen.name, "", "2026-04", 1),
            (chen.name, "", "2026-04", 2),
            ("", "", "2026-04", 2),
        ),
    )
    assert response.status_code == 422
    found = [(problem.row, problem.column) for problem in response.context["problems"]]
    assert found == [
        (2, "A 姓名/证号"),
        (3, "A 姓名/证号"),
        (4, "C 起始月份"),
        (5, "D 月奖金（元）"),
        (6, "D 月奖金（元）"),
        (8, "C 起始月份"),
        (9, "A 姓名/证号"),
    ]
    assert response.context["carried"] == ""
    assert not BonusBase.objects.exists()


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("x.xlsx", b"PK no workbook"),
        SimpleUploadedFile("x.csv", b"\xff\xfe\x00"),
        SimpleUploadedFile("x.csv", "名,月\n".encode()),
        book(("a", "b"), header=("x", "y")),
    ],
)
def test_what_is_no_sheet_gets_a_sentence(officer, file):
    file.seek(0)
    response = hand_in(officer, file)
    assert response.status_code == 422
    assert response.context["form"].errors["file"]


def test_what_was_looked_through_is_for_whoever_did_and_for_their_units(chen, officer, other_officer):
    carried = hand_in(officer, book((chen.name, "", "2026-01", 1))).context["carried"]
    for user, sent in ((other_officer, carried), (officer, carried[:-2] + "xx"), (officer, "")):
        assert signed_in(user).post(reverse("bonus_import"), {"carried": sent}).status_code == 302
    assert not BonusBase.objects.exists()


def test_the_template_comes_back_empty(officer):
    response = signed_in(officer).get(reverse("bonus_template"))
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert [cell.value for cell in sheet[1]] == ["姓名/证号*", "单位", "起始月份*", "月奖金（元）*"]
    response = hand_in(officer, SimpleUploadedFile("t.xlsx", response.content))
    assert response.status_code == 422
    assert response.context["form"].errors["file"]


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_list_costs_the_same_for_any_number(officer, office, number, django_assert_num_queries):
    for position in range(number):
        enter(make_cadre(office, f"众{position}"), officer)
    client = signed_in(officer)
    client.get(reverse("bonus"))
    with django_assert_num_queries(QUERIES):
        client.get(reverse("bonus"))


QUERIES = 9
