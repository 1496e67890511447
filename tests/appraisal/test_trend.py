"""Twelve months as a picture with its figures, and a month's figures as a workbook."""

import io
from datetime import date, time

import pytest
from openpyxl import load_workbook

from appraisal import rules, services, trend
from appraisal.models import MonthlyReport
from common.rules import at
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, stands
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _begun(db, time_machine):
    begins(OCTOBER)
    time_machine.move_to(DRAFTING, tick=False)


@pytest.fixture
def two_months(unit, chen, lin) -> list[MonthlyReport]:
    """October with one finding, which November takes back, and November with two."""
    first = stands(chen, date(2026, 10, 13))
    october = draft(unit, OCTOBER, at(date(2026, 11, 2), time(6)))
    entry = unit.ledger_entries.get(finding=first)
    services.entry_reverse(entry=entry, reason="记录有误", actor=None, now=at(date(2026, 11, 9), time(9)))
    stands(chen, date(2026, 11, 3))
    stands(lin, date(2026, 11, 4), code="late")
    return [october, draft(unit)]


def test_each_month_is_the_sum_over_its_entries(two_months):
    first, second = trend.read(MonthlyReport.objects.all())
    assert (first.month, first.entries, first.points, first.corrected_half_points) == (OCTOBER, 1, 2.0, 0)
    assert (first.proposed_cents, first.released_cents) == (4000, 4000)
    assert (second.month, second.entries, second.points, second.corrected_half_points) == (
        NOVEMBER,
        2,
        3.0,
        -4,
    )
    assert (second.proposed_cents, second.released_cents) == (6000, 0)


def test_never_more_than_twelve_months_and_none_left_out(unit, django_assert_num_queries):
    for month in rules.months_between(date(2025, 9, 1), NOVEMBER):
        MonthlyReport.objects.create(
            unit=unit,
            month=month,
            drafted_at=DRAFTING,
            sequence=0,
            head="0" * 64,
            content_hash="0" * 64,
            entries=0,
            corrections=0,
            due_on=date(2026, 12, 4),
            report_by=date(2026, 12, 17),
        )
    MonthlyReport.objects.filter(month=date(2026, 3, 1)).delete()
    with django_assert_num_queries(3):
        months = trend.read(MonthlyReport.objects.all())
    assert [one.month for one in months] == rules.months_between(date(2025, 12, 1), NOVEMBER)
    assert all(one.entries == 0 for one in months)


def test_the_page_shows_whose_months_these_are_and_the_table_under_the_picture(
    two_months, officer, other_officer
):
    page = signed_in(officer).get("/desk/months/trend/").content.decode()
    assert "青窑局" in page
    assert page.index("</figure>") < page.index('href="/desk/months/?month=2026-10"')
    other = signed_in(other_officer).get("/desk/months/trend/").content.decode()
    assert "还没有草拟月度考核" in other
    assert "</figure>" not in other


# --- The workbook -----------------------------------------------------------------------------------------------------


def rows(client, query: str = "") -> list[tuple]:
    response = client.get(f"/desk/months/export/{query}")
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    assert response["Cache-Control"] == "private, no-store"
    sheet = load_workbook(io.BytesIO(response.content)).active
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def test_a_row_for_each_unit_with_numbers_that_add_up(two_months, express, other_unit):
    draft(other_unit, OCTOBER, at(date(2026, 11, 2), time(6)))
    draft(other_unit)
    title, head, *lines = rows(signed_in(express), "?month=2026-11")
    assert title[0].startswith("2026年11月1日至30日")
    found = [dict(zip(head, line, strict=True)) for line in lines]
    assert [line["单位代码"] for line in found] == ["D901", "T902"]
    first = found[0]
    assert (first["扣分记录"], first["扣分"], first["更正往月扣分"]) == (2, 3, -2)
    assert (first["建议扣发（元）"], first["其中已解除（元）"]) == (60, 0)
    assert (first["进度"], first["迟报"], first["零报告"]) == ("已草拟", None, None)


def test_without_a_month_it_is_the_newest_and_an_odd_one_is_404(two_months, express):
    client = signed_in(express)
    assert rows(client)[0][0].startswith("2026年11月")
    assert client.get("/desk/months/export/?month=2026-13").status_code == 404


def test_a_unit_gets_its_own_row_alone(two_months, officer, other_officer):
    assert len(rows(signed_in(officer), "?month=2026-11")) == 3
    assert len(rows(signed_in(other_officer), "?month=2026-11")) == 2


def test_a_name_that_looks_like_a_formula_stays_a_text(two_months, express, unit):
    unit.name = "=1+1局"
    unit.save()
    response = signed_in(express).get("/desk/months/export/?month=2026-11")
    cells = [cell for row in load_workbook(io.BytesIO(response.content)).active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert "'=1+1局" in [cell.value for cell in cells]
