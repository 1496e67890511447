"""The record of a cadre: what each reader finds in it, and what nobody does."""

import io
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Role
from appraisal import record, services
from appraisal.models import AnnualResult, Sanction, UnitResult
from appraisal.services.responsibilities import Line, responsibilities_set
from attendance.models import FindingState
from cards.rules import State
from common.models import AuditEntry
from common.rules import at
from complaints.models import Interest, Praise
from tests.appraisal.ledgers import stands
from tests.appraisal.objecting import LATER, drafted, published
from tests.appraisal.sanctioning import proposed, served, set_aside
from tests.appraisal.test_bonus import decided_year
from tests.cast import declare, give, issue_card, make_cadre, make_user, signed_in
from tests.complaints.test_hearing import TEXT, answer, case, closed, without_account, write

__all__ = ["case"]
pytestmark = pytest.mark.django_db

YEAR_URL = "/me/years/2026/"
STATEMENT = "当日窗口空岗十五分钟，未安排B岗。"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def of(cadre) -> str:
    return reverse("record", args=[cadre.pk])


def shown(user, cadre=None):
    """One’s own without a `cadre`."""
    response = signed_in(user).get(of(cadre) if cadre is not None else reverse("my_record"))
    assert response.status_code == 200
    return response


def away(cadre, state, since, **fields):
    return declare(cadre, state, since=since, until=since + timedelta(hours=1), **fields)


def parts(response) -> dict[tuple[int, str], list[list[str]]]:
    """Year and kind -> the words of its rows."""
    return {
        (year.year, part.key): [[cell.text for cell in row] for row in part.rows]
        for year in response.context["years"]
        for part in year.parts
    }


def urls(response, key: str) -> set[str]:
    found = [part for year in response.context["years"] for part in year.parts if part.key == key]
    return {cell.url for part in found for row in part.rows for cell in row if cell.url}


# --- Whose it is ------------------------------------------------------------------------------------------------------


def test_who_opens_the_record_of_somebody(
    chen, officer, head, express, supervisor, other_officer, discipline, administrator
):
    people = (officer, head, express, supervisor, other_officer, discipline, administrator, chen.user)
    statuses = [signed_in(user).get(of(chen)).status_code for user in people]
    assert statuses == [200, 200, 200, 403, 404, 403, 403, 403]
    assert signed_in(officer).get(reverse("record", args=[chen.pk + 1_000])).status_code == 404
    printing = [signed_in(user).post(reverse("record_pdf", args=[chen.pk])).status_code for user in people]
    assert printing == statuses


def test_whoever_left_for_another_unit_is_that_units_to_read(chen, other_office, officer, other_officer):
    chen.unit, chen.office = other_office.unit, other_office
    chen.save(update_fields=["unit", "office"])
    assert signed_in(officer).get(of(chen)).status_code == 404
    assert signed_in(other_officer).get(of(chen)).status_code == 200


def test_an_officer_reads_their_own_record_as_everybody_reads_theirs(office, officer, unit):
    give(officer, Role.CADRE, unit=unit)
    own = make_cadre(office, "纪明", user=officer)
    assert signed_in(officer).get(of(own)).url == reverse("my_record")


def test_the_record_is_found_on_the_pages_of_the_person(chen, officer, supervisor):
    page = reverse("cadre", args=[chen.pk])
    assert of(chen) in signed_in(officer).get(page).content.decode()
    assert of(chen) not in signed_in(supervisor).get(page).content.decode()
    assert reverse("my_record") in signed_in(chen.user).get(reverse("my_whereabouts")).content.decode()


# --- What stands in it ------------------------------------------------------------------------------------------------


def test_each_figure_leads_to_its_facts(chen, officer):
    entry, _more = drafted(chen, 3, 4)
    response = shown(officer, chen)
    month, finding = parts(response)[2026, "months"][0], parts(response)[2026, "findings"]
    assert month[3] == "4 分"
    assert month[4].startswith("80.00 元")
    assert [row[3] for row in finding] == ["2 分", "2 分"]
    address = [chen.unit.code, "2026-11"]
    assert urls(response, "months") == {
        reverse("month", args=address),
        reverse("withholdings", args=address),
    }
    assert urls(response, "findings") >= {
        reverse("finding", args=[entry.finding_id]),
        reverse("entry", args=[*address, entry.sequence]),
    }
    for url in urls(response, "months") | urls(response, "findings"):
        assert signed_in(officer).get(url).status_code == 200


def test_what_is_long_takes_lines_of_its_own_on_a_phone():
    assert record.Cell("一" * (record.SHORT + 1)).is_long
    assert not record.Cell("一" * record.SHORT).is_long
    assert not record.Cell("一" * (record.SHORT + 1), tone="bad").is_long


def test_ones_own_leads_to_ones_own_pages(chen):
    entry, _more = drafted(chen, 3, 4)
    response = shown(chen.user)
    assert reverse("my_month", args=["2026-11"]) in urls(response, "months")
    assert reverse("my_entry", args=[chen.unit.code, entry.sequence]) in urls(response, "findings")
    for key in ("months", "findings", "cards"):
        for url in urls(response, key):
            assert signed_in(chen.user).get(url).status_code == 200


def test_what_was_reversed_counts_nothing_any_more(chen, officer, head):
    entry, _more = drafted(chen, 3, 4)
    published(chen.unit)
    services.entry_reverse(entry=entry, reason="会议签到表属实", actor=head, now=LATER)
    found = parts(shown(officer, chen))
    assert [row[3] for row in found[2026, "findings"]] == ["2 分", "0 分"]
    assert "2 分" in found[2026, "months"][0][3]
    assert "4 分" in found[2026, "months"][0][3]


def test_years_stand_newest_first_each_with_what_belongs_to_it(chen, officer):
    issue_card(chen)
    stands(chen, date(2025, 3, 3))
    stands(chen, date(2026, 3, 3), state=FindingState.WITHDRAWN)
    lines = [Line("受理林木采伐许可", "98%", "完成")]
    responsibilities_set(cadre=chen, year=2026, lines=lines, seen=None, actor=officer, now=LATER)
    Praise.objects.create(unit=chen.unit, cadre=chen, text="耐心细致", received_at=LATER)
    response = shown(officer, chen)
    assert [year.year for year in response.context["years"]] == [2026, 2025]
    found = parts(response)
    assert found[2026, "responsibilities"] == [["受理林木采伐许可", "98%", "完成"]]
    assert found[2026, "praise"][0][1] == "耐心细致"
    assert len(found[2026, "cards"]) == 1
    assert {key for year, key in found if year == 2025} == {"findings"}
    for year, key in found:
        assert f'id="y{year}-{key}"' in response.content.decode()


def test_whereabouts_are_numbers_for_the_person_and_their_unit_alone(chen, officer, head, express):
    for day in (2, 3, 4):
        away(chen, State.ERRAND, at(date(2026, 11, day), time(9)), place="凤阳山林场")
    taken_back = away(chen, State.MEETING, at(date(2026, 11, 5), time(9)))
    declare(chen, State.AT_POST, since=at(date(2026, 11, 5), time(9)), cancels=taken_back)
    for user in (officer, head):
        response = shown(user, chen)
        (row,) = parts(response)[2026, "whereabouts"]
        assert "3" in row[1]
        assert "、" not in row[1]
        assert "凤阳山" not in response.content.decode()
    assert (2026, "whereabouts") in parts(shown(chen.user))
    assert (2026, "whereabouts") not in parts(shown(express, chen))


# --- Complaints -------------------------------------------------------------------------------------------------------


def test_of_a_complaint_the_accused_and_the_city_read_the_outcome_and_the_statement(
    case, lin, officer, express, express_head
):
    closed(case, express, express_head, "substantiated", STATEMENT)
    own, city = shown(lin.user), shown(express, lin)
    assert parts(own)[2026, "complaints"][0][2] == STATEMENT
    assert parts(city)[2026, "complaints"][0][2] == STATEMENT
    assert urls(city, "complaints") == {reverse("complaint", args=[case.number])}
    for url in urls(own, "complaints"):
        assert signed_in(lin.user).get(url).status_code == 200
    # The unit's officer reads it only for a colleague without an account, as on the pages of complaints.
    assert (2026, "complaints") not in parts(shown(officer, lin))
    without_account(lin)
    unit = shown(officer, lin)
    assert parts(unit)[2026, "complaints"][0][2] == STATEMENT
    assert urls(unit, "complaints") == set()


def test_nothing_that_was_received_ever_stands_in_a_record(case, lin, officer, express, express_head):
    write(case, express)
    answer(case.points.get(), lin.user)
    closed(case, express, express_head, "substantiated", STATEMENT)
    pages = {
        "own": shown(lin.user).content.decode(),
        "unit": shown(officer, lin).content.decode(),
        "city": shown(express, lin).content.decode(),
        "paper": paper(signed_in(lin.user).get(reverse("my_record_pdf"))),
        "city paper": paper(signed_in(express).post(reverse("record_pdf", args=[lin.pk]))),
    }
    for name, page in pages.items():
        for word in (TEXT, TEXT[:12], "汪木匠", "139 5880 1234", "办事大厅二楼"):
            assert word not in page, name
        if name != "city":
            assert case.number not in page, name


@pytest.mark.parametrize("outcome", ["unsubstantiated", "unverifiable"])
def test_what_was_not_found_is_in_nobodys_record(case, lin, express, express_head, outcome):
    closed(case, express, express_head, outcome, STATEMENT)
    for response in (shown(lin.user), shown(express, lin)):
        assert (2026, "complaints") not in parts(response)


def test_an_express_member_with_an_interest_reads_nothing_of_the_case(case, lin, express, express_head):
    closed(case, express, express_head, "substantiated", STATEMENT)
    Interest.objects.create(user=express_head, cadre=lin, reason="亲属", declared_at=LATER)
    assert (2026, "complaints") not in parts(shown(express_head, lin))


# --- Measures, reviews and years --------------------------------------------------------------------------------------


def test_a_measure_stands_in_it_for_those_who_may_read_it(chen, lin, officer, express):
    sanction = served(chen, "caution")
    for response in (shown(officer, chen), shown(express, chen), shown(chen.user)):
        (row,) = parts(response)[sanction.decided_on.year, "sanctions"]
        assert row[1] == "效能告诫"
    assert urls(shown(chen.user), "sanctions") == {reverse("my_sanction", args=[sanction.pk])}
    assert urls(shown(officer, chen), "sanctions") == {reverse("sanction", args=[sanction.pk])}
    assert not [key for key in parts(shown(lin.user)) if key[1] == "sanctions"]


def test_a_referred_measure_is_in_nobodys_record(chen, officer, head, express, express_head):
    sanction = served(chen, "caution")
    Sanction.objects.filter(pk=sanction.pk).update(state="referred")
    for response in (
        shown(chen.user),
        *(shown(user, chen) for user in (officer, head, express, express_head)),
    ):
        assert not [key for key in parts(response) if key[1] == "sanctions"]
        assert "效能告诫" not in response.content.decode()


def test_nobody_reads_in_their_record_that_they_are_to_be_told(office, officer):
    user = make_user("quiet", "静之")
    give(user, Role.CADRE, unit=office.unit)
    cadre = make_cadre(office, "静之", user=user)
    sanction = proposed(cadre, "admonishment")
    Sanction.objects.filter(pk=sanction.pk).update(told_at=None)
    assert not [key for key in parts(shown(user)) if key[1] == "sanctions"]
    Sanction.objects.filter(pk=sanction.pk).update(told_at=LATER)
    assert [key for key in parts(shown(user)) if key[1] == "sanctions"]


def test_a_year_is_told_to_whom_it_is_about_once_it_hangs_out(chen, officer):
    result = decided_year(chen, "2026-11")
    AnnualResult.objects.filter(pk=result.pk).update(barred_until=date(2027, 12, 31))
    assert "不称职" in parts(shown(chen.user))[2026, "annual"][0][2]
    assert "2027年12月31日" in parts(shown(officer, chen))[2026, "annual"][0][3]
    for response, user in ((shown(chen.user), chen.user), (shown(officer, chen), officer)):
        (url,) = urls(response, "annual")
        assert signed_in(user).get(url).status_code == 200
    assert YEAR_URL in urls(shown(chen.user), "annual")


def test_whoever_has_an_interest_in_somebody_reads_no_consequence_of_their_year(chen, express, express_head):
    result = decided_year(chen, "2026-11")
    AnnualResult.objects.filter(pk=result.pk).update(barred_until=date(2027, 12, 31), codes=["YEAR-4"])
    Interest.objects.create(user=express_head, cadre=chen, reason="亲属", declared_at=LATER)
    assert "YEAR-4" in parts(shown(express, chen))[2026, "annual"][0][3]
    assert parts(shown(express_head, chen))[2026, "annual"][0][3] == "不向您显示"


@pytest.mark.parametrize("state", ["computed", "proposed"])
def test_before_it_hangs_somebody_reads_figures_in_their_record_and_no_grade(chen, officer, state):
    result = decided_year(chen, "2026-11")
    AnnualResult.objects.filter(pk=result.pk).update(barred_until=date(2027, 12, 31), codes=["YEAR-4"])
    UnitResult.objects.update(state=state)
    own, printed = shown(chen.user), paper(signed_in(chen.user).get(reverse("my_record_pdf")))
    (row,) = parts(own)[2026, "annual"]
    assert row[1:3] == ["0 分", "–"]
    assert YEAR_URL in urls(own, "annual")
    assert "不称职" not in own.content.decode() + printed
    assert "年度考核" in printed
    # What follows is said as what it would come to: nothing bars anybody before it is decided.
    for response in (own, shown(officer, chen)):
        (row,) = parts(response)[2026, "annual"]
        assert "YEAR-4" in row[3]
        assert not row[3].startswith("YEAR-4")
        assert "12月31日" not in row[3]


# --- After a transfer -------------------------------------------------------------------------------------------------


def moved(cadre, office):
    cadre.unit, cadre.office = office.unit, office
    cadre.save(update_fields=["unit", "office"])


def test_the_unit_that_takes_somebody_over_reads_what_stands_and_nothing_else(
    chen, other_office, other_officer
):
    stands, open_one = served(chen, "caution"), proposed(chen, "admonishment")
    aside = served(chen, "criticism", day=date(2026, 6, 12))
    set_aside(aside)
    moved(chen, other_office)
    response = shown(other_officer, chen)
    (row,) = [row for (_year, key), rows in parts(response).items() if key == "sanctions" for row in rows]
    assert row[1] == "效能告诫"
    assert str(stands.unit) in row[3]
    assert urls(response, "sanctions") == {reverse("sanction", args=[stands.pk])}
    client = signed_in(other_officer)
    statuses = [
        client.get(reverse("sanction", args=[one.pk])).status_code for one in (stands, open_one, aside)
    ]
    assert statuses == [200, 404, 404]


def test_the_unit_that_takes_somebody_over_reads_the_bar_and_not_the_year(chen, other_office, other_officer):
    result = decided_year(chen, "2026-11")
    AnnualResult.objects.filter(pk=result.pk).update(barred_until=date(2027, 12, 31))
    moved(chen, other_office)
    response = shown(other_officer, chen)
    (row,) = parts(response)[2026, "annual"]
    assert "2027年12月31日" in row[3]
    assert row[1:3] == ["–", "–"]
    assert urls(response, "annual") == set()
    for lapsed in ({"barred_until": date(2026, 1, 1)}, {"barred_until": None}):
        AnnualResult.objects.filter(pk=result.pk).update(**lapsed)
        assert (2026, "annual") not in parts(shown(other_officer, chen))
    AnnualResult.objects.filter(pk=result.pk).update(barred_until=date(2027, 12, 31))
    UnitResult.objects.update(state="public")
    assert (2026, "annual") not in parts(shown(other_officer, chen))


# --- On paper ---------------------------------------------------------------------------------------------------------


def paper(response) -> str:
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)


def test_the_paper_says_what_the_screen_says_and_who_printed_it(chen, officer):
    drafted(chen, 3, 4)
    issue_card(chen)
    printed = paper(signed_in(officer).post(reverse("record_pdf", args=[chen.pk])))
    for words in ("干部考评档案", chen.name, "印制人", str(officer), "2026年11月", "脱岗", "共1页"):
        assert words in printed
    entry = AuditEntry.objects.get(verb="record_printed")
    assert (entry.actor_id, entry.subject_id) == (officer.pk, chen.pk)


def test_whoever_prints_their_own_is_not_written_down(chen):
    paper(signed_in(chen.user).get(reverse("my_record_pdf")))
    assert not AuditEntry.objects.filter(verb="record_printed").exists()


def test_a_long_record_runs_over_many_pages(chen, officer):
    for day in range(200):
        stands(chen, date(2026, 1, 1) + timedelta(days=day))
    printed = paper(signed_in(officer).post(reverse("record_pdf", args=[chen.pk])))
    assert printed.count("事项") == 0
    assert printed.count("第2页") == 1
    assert printed.count("7月19日") == 1


def test_a_record_costs_the_same_for_any_number_of_facts(chen, officer, express):
    drafted(chen, 1, 2, 3)
    more_facts(chen, 1)
    few = [queries(user, of(chen)) for user in (officer, express)] + [
        queries(chen.user, reverse("my_record"))
    ]
    for day in range(10, 30):
        stands(chen, date(2025, 11, day))
    more_facts(chen, 20)
    many = [queries(user, of(chen)) for user in (officer, express)] + [
        queries(chen.user, reverse("my_record"))
    ]
    assert many == few
    assert max(many) <= MOST_QUERIES


MOST_QUERIES = 28


def more_facts(cadre, number: int) -> None:
    for position in range(number):
        Praise.objects.create(unit=cadre.unit, cadre=cadre, text="耐心", received_at=LATER)
        away(cadre, State.ERRAND, at(date(2025, min(number, 12), 2), time(8)) + timedelta(hours=position))
    for position in range(min(number, 3)):
        served(cadre, "criticism", day=date(2025, 3, 1) + timedelta(days=number + position))


def queries(user, url: str) -> int:
    client = signed_in(user)
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)
