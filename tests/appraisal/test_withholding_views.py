"""The pages of what is proposed to be withheld: reckoned line by line, handed to finance, and what became of it."""

import io
from datetime import date
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import City, Membership
from appraisal import services
from appraisal.models import LedgerEntry, WithholdingProposal
from tests.appraisal.ledgers import begins, draft, stands
from tests.appraisal.objecting import LATER, dearer, drafted, november, proposal_of, published, reported
from tests.cast import make_cadre, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def at(name: str, unit) -> str:
    return reverse(name, args=[unit.code, "2026-11"])


def of(name: str, cadre) -> str:
    return reverse(name, args=[proposal_of(cadre).pk])


def text(response) -> str:
    """Without its tags: what a reader sees."""
    return response.content.decode()


def seen(response) -> dict[str, str]:
    """What the page of the question says was read."""
    return {"seen": response.context["form"]["seen"].value()}


def reverse_entry(entry, actor) -> None:
    services.entry_reverse(entry=entry, reason="会议签到表属实", actor=actor, now=LATER)


def sent(unit, officer):
    report = reported(unit)
    services.withholdings_send(report=report, actor=officer, now=LATER)
    return report


# --- The arithmetic ---------------------------------------------------------------------------------------------------


def test_the_arithmetic_stands_line_by_line_with_cap_basis_and_version(unit, chen, officer):
    drafted(chen, 3, 4, 5, code="noon_drinking")
    shown = text(signed_in(officer).get(at("withholdings", unit)))
    assert shown.count("6 分 × 每分20.00 元 = 120.00 元") == 3 or shown.count("= 120.00 元") == 3
    for words in ("合计360.00 元", "封顶300.00 元", "建议扣发300.00 元", "月度考核奖", "一月一计", "第1版"):
        assert words in shown
    assert "工资" not in shown.replace("所称工资", "")


def test_what_was_released_and_why_stands_under_its_line(unit, chen, officer, head):
    dearer()
    first, second, _third = drafted(chen, 3, 4, 5, code="late")
    reverse_entry(first, head)
    shown = text(signed_in(officer).get(at("withholdings", unit)))
    assert "冲销：会议签到表属实" in shown
    assert "重新计算为1 分、30.00 元" in shown
    assert "已核减90.00 元，现为90.00 元" in shown
    assert second.cents == 6000


def test_the_cadre_sees_their_own_and_nobody_elses(unit, chen, lin, head):
    entry, _more = drafted(chen, 3, 4)
    reverse_entry(entry, head)
    own = of("my_withholding", chen)
    shown = text(signed_in(chen.user).get(own))
    assert "现为40.00 元" in shown
    assert signed_in(lin.user).get(own).status_code == 404


def test_who_sees_the_money_of_a_unit(unit, chen, officer, head, express, supervisor, other_officer):
    drafted(chen, 3)
    statuses = {
        user.username: signed_in(user).get(at("withholdings", unit)).status_code
        for user in (officer, head, express, supervisor, other_officer, chen.user)
    }
    assert statuses == {
        "officer": 200,
        "head": 200,
        "express": 200,
        "supervisor": 403,
        "other_officer": 404,
        "chen": 403,
    }
    # The city reads, and enters nothing where the unit has people of its own.
    sent(unit, officer)
    assert of("withholding_execute", chen) not in text(signed_in(express).get(at("withholdings", unit)))
    assert signed_in(express).post(of("withholding_execute", chen)).status_code == 422


@pytest.mark.parametrize("month", ["2026-12", "2026-13", "november"])
def test_a_month_that_is_not_there_is_not_found(unit, chen, officer, month):
    drafted(chen, 3)
    assert signed_in(officer).get(reverse("withholdings", args=[unit.code, month])).status_code == 404


# --- To finance and back ----------------------------------------------------------------------------------------------


def test_the_officer_hands_the_month_over_once_it_was_reported(unit, chen, officer):
    drafted(chen, 3)
    published(unit)
    client = signed_in(officer)
    assert at("withholdings_send", unit) not in text(client.get(at("withholdings", unit)))
    shown = seen(client.get(at("withholdings_send", unit)))
    assert client.post(at("withholdings_send", unit), shown).status_code == 422
    reported(unit)
    assert at("withholdings_send", unit) in text(client.get(at("withholdings", unit)))
    assert "40.00" in text(client.get(at("withholdings_send", unit)))
    for _press in range(2):
        response = client.post(at("withholdings_send", unit), shown)
        assert response.headers["Location"] == at("withholdings", unit)
    assert proposal_of(chen).state == "sent"


def test_what_fell_meanwhile_is_asked_about_anew(unit, chen, officer, head):
    first, _second = drafted(chen, 3, 4)
    reported(unit)
    client = signed_in(officer)
    shown = seen(client.get(at("withholdings_send", unit)))
    reverse_entry(first, head)
    response = client.post(at("withholdings_send", unit), shown)
    assert (response.status_code, proposal_of(chen).state) == (422, "confirmed")
    assert "40.00" in text(response)
    assert client.post(at("withholdings_send", unit), seen(response)).status_code == 302
    assert proposal_of(chen).sent_cents == 4000


def test_where_nobody_of_the_unit_is_left_who_may_the_city_has_the_buttons(unit, chen, officer, express):
    drafted(chen, 3)
    chen.user = officer
    chen.save()
    sent(unit, officer)
    address = of("withholding_execute", chen)
    assert address not in text(signed_in(officer).get(at("withholdings", unit)))
    client = signed_in(express)
    assert address in text(client.get(at("withholdings", unit)))
    assert client.post(address, {"cents": "40"}).status_code == 302
    assert proposal_of(chen).state == "executed"


def test_who_followed_a_merged_unit_opens_its_months(unit, other_unit, chen, other_officer):
    unit.valid_to, unit.successor = date(2026, 11, 30), other_unit
    unit.save()
    Membership.objects.filter(unit=unit).update(valid_to=unit.valid_to)
    (entry,) = drafted(chen, 3)
    reported(unit)
    client = signed_in(other_officer)
    assert at("withholdings", unit) in text(client.get(reverse("withholding_months")))
    assert at("withholdings_send", unit) in text(client.get(at("withholdings", unit)))
    response = client.post(at("withholdings_send", unit), seen(client.get(at("withholdings_send", unit))))
    assert (response.status_code, proposal_of(chen).state) == (302, "sent")
    assert client.get(of("withholding_execute", chen)).status_code == 200
    assert client.get(reverse("month", args=[unit.code, "2026-11"])).status_code == 200
    enter = reverse("objection_enter", args=[unit.code, entry.sequence])
    assert client.get(enter).status_code == 200


def test_what_became_of_it_is_entered_with_a_question_each(unit, chen, lin, officer):
    begins()
    for cadre in (chen, lin):
        stands(cadre, date(2026, 11, 3))
    draft(unit)
    sent(unit, officer)
    client = signed_in(officer)
    assert client.get(of("withholding_execute", chen)).status_code == 200
    assert proposal_of(chen).state == "sent"
    assert client.post(of("withholding_execute", chen)).status_code == 302
    assert client.post(of("withholding_not_execute", lin), {"reason": ""}).status_code == 422
    assert client.post(of("withholding_not_execute", lin), {"reason": "未发放"}).status_code == 302
    assert (proposal_of(chen).state, proposal_of(lin).state) == ("executed", "not_executed")
    assert "未扣发：未发放" in text(client.get(at("withholdings", unit)))


def test_all_at_once(unit, chen, lin, officer):
    begins()
    for cadre in (chen, lin):
        stands(cadre, date(2026, 11, 3))
    draft(unit)
    sent(unit, officer)
    client = signed_in(officer)
    assert client.get(at("withholdings_execute", unit)).status_code == 200
    response = client.post(at("withholdings_execute", unit), follow=True)
    assert "已登记2笔" in text(response)
    assert set(WithholdingProposal.objects.values_list("state", flat=True)) == {"executed"}
    assert "此前已经登记" in text(client.post(at("withholdings_execute", unit), follow=True))


def test_none_at_once_needs_a_reason(unit, chen, officer):
    drafted(chen, 3)
    sent(unit, officer)
    client = signed_in(officer)
    assert client.post(at("withholdings_not_execute", unit), {}).status_code == 422
    assert client.post(at("withholdings_not_execute", unit), {"reason": "停发"}).status_code == 302
    assert proposal_of(chen).reason == "停发"


def test_where_the_amount_has_fallen_the_officer_says_which_was_withheld(unit, chen, officer, head):
    first, _second = drafted(chen, 3, 4)
    sent(unit, officer)
    reverse_entry(first, head)
    client, address = signed_in(officer), of("withholding_execute", chen)
    asked = text(client.get(address))
    assert "80.00" in asked
    assert "40.00" in asked
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"cents": "80.01"}).status_code == 422
    assert client.post(address, {"cents": "80"}).status_code == 302
    shown = text(client.get(at("withholdings", unit)))
    assert "应退还40.00 元" in shown
    # And back it goes, once.
    paid = of("withholding_paid_back", chen)
    assert "40.00" in text(client.get(paid))
    assert client.post(paid, {"cents": "9000"}).status_code == 422
    for _press in range(2):
        assert client.post(paid, {"cents": "4000"}).status_code == 302
    shown = text(client.get(at("withholdings", unit)))
    assert "已退还40.00 元" in shown
    assert "应退还40.00 元" not in shown


def test_nobody_has_buttons_for_their_own(unit, chen, officer, head):
    drafted(chen, 3)
    sent(unit, officer)
    chen.user = officer
    chen.save()
    assert of("withholding_execute", chen) not in text(signed_in(officer).get(at("withholdings", unit)))
    assert signed_in(officer).post(of("withholding_execute", chen)).status_code == 422
    assert of("withholding_execute", chen) in text(signed_in(head).get(at("withholdings", unit)))


# --- The sheet --------------------------------------------------------------------------------------------------------


def workbook(response):
    return load_workbook(io.BytesIO(response.content))


def test_the_sheet_for_finance_is_one_of_values_with_their_sum(unit, chen, office, officer, head):
    begins()
    for cadre in (make_cadre(office, "柳无号"), chen):
        stands(cadre, date(2026, 11, 3))
    more = stands(chen, date(2026, 11, 4), code="late")
    draft(unit)
    # A name that a spreadsheet would work out.
    type(chen).objects.filter(pk=chen.pk).update(name="=cmd|' /C calc'!A0")
    reverse_entry(LedgerEntry.objects.get(finding=more), head)
    sent(unit, officer)
    book = workbook(signed_in(officer).get(at("withholdings_xlsx", unit)))
    assert len(book.sheetnames) == 1
    cells = [cell for line in book.active.iter_rows() for cell in line if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    names = {cell.value: cell.row for cell in cells if cell.column == 2}
    assert any(str(name).startswith("'=cmd") for name in names)
    amounts = {row: book.active.cell(row, 5).value for row in names.values()}
    assert sorted(value for value in amounts.values() if not isinstance(value, str)) == [40, 40, 80]
    assert amounts[names["合计"]] == 80
    everything = " ".join(str(cell.value) for cell in cells)
    assert "月度考核奖" in everything
    assert "原60.00元，核减后40.00元" in everything
    assert "演示" not in everything
    assert "工资" not in everything.replace("所称工资", "")


def test_in_the_demonstration_the_sheet_says_so(unit, chen, officer):
    City.objects.update(is_demo=True)
    drafted(chen, 3)
    sent(unit, officer)
    book = workbook(signed_in(officer).get(at("withholdings_xlsx", unit)))
    assert "演示" in book.active["A1"].value
    assert "演示" in book.active["A3"].value


def test_before_the_month_was_reported_there_is_no_sheet(unit, chen, officer):
    drafted(chen, 3)
    published(unit)
    response = signed_in(officer).get(at("withholdings_xlsx", unit))
    assert response.headers["Location"] == at("withholdings", unit)


def test_the_sheet_stays_what_was_handed_over_whatever_becomes_of_it(unit, chen, lin, officer, head):
    begins()
    for cadre in (chen, lin):
        stands(cadre, date(2026, 11, 3))
    draft(unit)
    sent(unit, officer)
    reverse_entry(LedgerEntry.objects.get(cadre=chen), head)
    services.withholding_not_execute(proposal=proposal_of(lin), reason="停发", actor=officer, now=LATER)
    sheet = workbook(signed_in(officer).get(at("withholdings_xlsx", unit))).active
    assert [sheet.cell(row, 5).value for row in (5, 6, 7)] == [40, 40, 80]
    assert "送交后又核减，现为0.00元" in {sheet.cell(row, 6).value for row in (5, 6)}


def test_before_it_was_handed_over_the_sheet_is_a_draft_of_what_is_left(unit, chen, officer, head):
    first, _second = drafted(chen, 3, 4)
    reported(unit)
    reverse_entry(first, head)
    response = signed_in(officer).get(at("withholdings_xlsx", unit))
    assert quote("（草稿）") in response.headers["Content-Disposition"]
    book = workbook(response)
    assert "草稿" in book.active.title
    assert "草稿" in book.active["A1"].value
    assert (book.active.cell(5, 5).value, book.active.cell(5, 6).value) == (40, "原80.00元，核减后40.00元")


# --- The months -------------------------------------------------------------------------------------------------------


def test_the_list_of_months_says_how_far_each_is_and_what_is_owed(
    unit, other_unit, chen, zhou, officer, head, express
):
    (entry,) = drafted(chen, 3)
    stands(zhou, date(2026, 11, 3))
    draft(other_unit)
    sent(unit, officer)
    services.withholding_execute(proposal=proposal_of(chen), actor=officer, now=LATER)
    reverse_entry(entry, head)
    address = reverse("withholding_months")
    shown = text(signed_in(express).get(address))
    assert at("withholdings", unit) in shown
    assert at("withholdings", other_unit) in shown
    assert "应退还40.00 元" in shown
    own = text(signed_in(officer).get(address, {"month": "2026-11"}))
    assert at("withholdings", unit) in own
    assert at("withholdings", other_unit) not in own
    assert at("withholdings", unit) not in text(signed_in(officer).get(address, {"month": "2026-10"}))
    assert november(unit).proposals.count() == 1


def test_pages_take_the_same_queries_for_one_person_and_for_many(
    unit, office, officer, head, django_assert_max_num_queries
):
    begins()
    people = [make_cadre(office, f"众{number}") for number in range(8)]
    for cadre in people:
        stands(cadre, date(2026, 11, 3), code="late")
        stands(cadre, date(2026, 11, 4), code="late")
    draft(unit)
    kept = list(WithholdingProposal.objects.exclude(cadre=people[0]).values())
    WithholdingProposal.objects.exclude(cadre=people[0]).delete()
    client = signed_in(officer)
    client.get(at("withholdings", unit))
    with django_assert_max_num_queries(40) as one:
        client.get(at("withholdings", unit))
    WithholdingProposal.objects.bulk_create(WithholdingProposal(**row) for row in kept)
    reverse_entry(LedgerEntry.objects.filter(unit=unit).first(), head)
    # With something put right, as many more as that takes for any number.
    with django_assert_max_num_queries(len(one) + 1):
        assert client.get(at("withholdings", unit)).content.decode().count("<h2>") >= 8
