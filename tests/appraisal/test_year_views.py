"""The pages of the year: the city's, a unit's, one person's, and a cadre's own."""

from datetime import date, time, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Role
from appraisal.models import AnnualResult, BonusBase, LedgerEntry, UnitResult, YearSettings
from appraisal.services import circulars, commending, grading
from appraisal.services.grading import Entered
from attendance.models import Finding
from cards.models import Cadre, EmploymentKind
from common.rules import at
from common.templatetags.amounts import points
from complaints.models import Interest
from complaints.services import handling
from tests.appraisal.grading import (
    DECIDING,
    GRADING,
    LATER,
    computed,
    decided,
    graded,
    measured,
    published,
    result_of,
    year_of,
)
from tests.appraisal.ledgers import OCTOBER, begins, draft, stands
from tests.cast import crowd, give, make_office, make_unit, signed_in
from tests.complaints.cases import LATER as CASE_CLOSED
from tests.complaints.cases import accepted
from tests.complaints.cases import drafted as substantiated

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    def set_to(now):
        monkeypatch.setattr(timezone, "now", lambda: now)

    set_to(GRADING)
    return set_to


@pytest.fixture(autouse=True)
def _now(clock):
    pass


def unit_page(unit, step="") -> str:
    return reverse(f"unit_year{step}", args=[2026, unit.code])


def result_page(cadre, step="result") -> str:
    found = result_of(cadre)
    return reverse(f"unit_year_{step}", args=[2026, found.unit.code, found.pk])


def text_of(response) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)


# --- The city ---------------------------------------------------------------------------------------------------------


def test_the_city_computes_a_year_with_a_button(unit, chen, express):
    begins(OCTOBER)
    client = signed_in(express)
    assert client.get(reverse("year_compute")).status_code == 405
    response = client.post(reverse("year_compute"), {"year": "2026"})
    assert response.headers["Location"] == reverse("year", args=[2026])
    assert AnnualResult.objects.get(cadre=chen).grade == ""
    shown = client.get(reverse("year", args=[2026])).content.decode()
    assert unit_page(unit) in shown
    for typed in ("", "x", "2099"):
        assert client.post(reverse("year_compute"), {"year": typed}).status_code == 302
    assert set(UnitResult.objects.values_list("year", flat=True)) == {2026}


def test_a_year_of_which_nothing_was_kept_is_not_computed(unit, chen, express):
    client = signed_in(express)

    def offered():
        return client.get(reverse("years")).context["computable"]

    assert offered() == []
    begins(OCTOBER)
    assert offered() == [2026]
    response = client.post(reverse("year_compute"), {"year": "2025"}, follow=True)
    (said,) = response.context["messages"]
    assert "2025" in str(said)
    assert not UnitResult.objects.exists()
    stands(chen, date(2025, 12, 30))
    assert offered() == [2026, 2025]
    client.post(reverse("year_compute"), {"year": "2025"})
    assert set(UnitResult.objects.values_list("year", flat=True)) == {2025}


def test_a_year_that_nobody_has_computed_is_not_there(unit, chen, express, officer):
    assert signed_in(express).get(reverse("year", args=[2026])).status_code == 404
    assert signed_in(officer).get(unit_page(unit)).status_code == 404


def test_a_unit_finds_its_newest_year_first(unit, chen, officer):
    computed()
    stands(chen, date(2025, 12, 30))
    computed(year=2025)
    rows = signed_in(officer).get(reverse("years")).context["rows"]
    assert [one["row"].year for one in rows] == [2026, 2025]


def test_others_units_and_people_are_not_there(
    unit, other_unit, chen, zhou, officer, other_officer, supervisor
):
    computed()
    client = signed_in(other_officer)
    assert client.get(unit_page(unit)).status_code == 404
    assert client.get(result_page(chen)).status_code == 404
    assert client.get(result_page(chen, "result_file")).status_code == 404
    assert client.get(unit_page(other_unit)).status_code == 200
    # The number of somebody of another unit under one's own code.
    mixed = reverse("unit_year_result", args=[2026, other_unit.code, result_of(chen).pk])
    assert client.get(mixed).status_code == 404
    assert signed_in(supervisor).get(unit_page(unit)).status_code == 403
    assert signed_in(officer).get(reverse("year", args=[2026])).status_code == 403


def test_what_waits_for_a_head_is_found(unit, other_unit, chen, zhou, officer, head, express_head, clock):
    published(unit, officer, head)
    clock(DECIDING)
    waits = reverse("year", args=[2026]) + "?state=waits"
    shown = signed_in(express_head).get(waits).content.decode()
    assert unit_page(unit) in shown
    assert unit_page(other_unit) not in shown
    give(officer, Role.EXPRESS_HEAD)
    assert unit_page(unit) not in signed_in(officer).get(waits).content.decode()


def test_the_landing_page_says_what_waits(unit, chen, lin, officer, head, express, express_head, clock):
    desk = reverse("desk")
    computed()
    assert unit_page(unit) in signed_in(officer).get(desk).content.decode()
    graded(unit, officer)
    grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    assert unit_page(unit) in signed_in(head).get(desk).content.decode()
    assert unit_page(unit) not in signed_in(officer).get(desk).content.decode()
    grading.year_publish(unit_result=year_of(unit), actor=head, now=GRADING)
    waits = reverse("year", args=[2026]) + "?state=waits"
    assert waits not in signed_in(express_head).get(desk).content.decode()
    clock(DECIDING)
    assert waits in signed_in(express_head).get(desk).content.decode()
    assert waits not in signed_in(express).get(desk).content.decode()
    grading.year_decide(unit_result=year_of(unit), actor=express_head, now=DECIDING)
    assert unit_page(unit) in signed_in(officer).get(desk).content.decode()


def test_first_in_line_stand_by_name_and_not_by_points(unit, chen, lin, wei, express):
    begins()
    stands(lin, date(2026, 11, 3))
    draft(unit)
    computed()
    shown = signed_in(express).get(reverse("year_eligible", args=[2026])).content.decode()
    assert result_page(chen) in shown
    assert result_page(lin) not in shown
    assert shown.index("陈砚") < shown.index("韦诉")


# --- A unit -----------------------------------------------------------------------------------------------------------


def _answers(*cadres, grade="competent", **others):
    found = {}
    for cadre in cadres:
        pk = result_of(cadre).pk
        found |= {f"grade_{pk}": others.get(cadre.name, grade), f"reason_{pk}": ""}
    return found


def test_the_unit_enters_grades_and_nothing_is_chosen_beforehand(unit, chen, lin, officer):
    computed()
    client = signed_in(officer)
    shown = client.get(unit_page(unit)).content.decode()
    assert "selected" not in shown.replace('<option value="" selected>', "")
    response = client.post(unit_page(unit, "_grades"), _answers(chen, lin, grade=""))
    assert response.status_code == 302
    assert set(AnnualResult.objects.values_list("grade", flat=True)) == {""}
    client.post(unit_page(unit, "_grades"), _answers(chen, lin, 林一帆="ungraded:leave"))
    assert (result_of(chen).grade, result_of(lin).ungraded) == ("competent", "leave")


def test_a_grade_above_the_ceiling_comes_back_with_its_reason(unit, chen, lin, officer):
    measured(chen)
    computed()
    client = signed_in(officer)
    shown = client.get(unit_page(unit)).content.decode()
    row = shown[shown.index(f"id_grade_{result_of(chen).pk}") :]
    assert 'value="excellent"' not in row[: row.index("</select>")]
    posted = _answers(chen, lin, 陈砚="excellent")
    response = client.post(unit_page(unit, "_grades"), posted)
    assert response.status_code == 422
    assert f"#id_grade_{result_of(chen).pk}" in response.content.decode()
    assert result_of(lin).grade == ""


def test_the_second_of_two_forms_undoes_nothing(unit, chen, officer, head):
    computed()
    client = signed_in(officer)
    page = client.get(unit_page(unit)).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    grading.grades_set(
        unit_result=year_of(unit), grades={result_of(chen).pk: Entered("basic")}, actor=head, now=GRADING
    )
    response = client.post(unit_page(unit, "_grades"), {**_answers(chen), "seen": seen})
    assert response.status_code == 422
    assert result_of(chen).grade == "basic"


def test_ones_own_line_has_no_field(unit, chen, lin, officer):
    give(chen.user, Role.UNIT_OFFICER, unit=unit)
    computed()
    shown = signed_in(chen.user).get(unit_page(unit)).content.decode()
    assert f"grade_{result_of(chen).pk}" not in shown
    assert f"grade_{result_of(lin).pk}" in shown


def test_people_of_enterprises_have_no_field(unit, chen, lin, officer):
    type(chen).objects.filter(pk=chen.pk).update(employment_kind=EmploymentKind.ENTERPRISE)
    computed()
    shown = signed_in(officer).get(unit_page(unit)).content.decode()
    assert f"grade_{result_of(chen).pk}" not in shown
    assert f"grade_{result_of(lin).pk}" in shown


def test_the_path_on_the_page(unit, chen, lin, officer, head, express_head, clock):
    computed()
    client, page = signed_in(officer), unit_page(unit)
    refused = client.post(unit_page(unit, "_propose"))
    assert refused.status_code == 422
    assert "陈砚" in refused.content.decode()
    graded(unit, officer)
    assert unit_page(unit, "_propose") in client.get(page).content.decode()
    client.post(unit_page(unit, "_propose"))
    assert unit_page(unit, "_publish") not in client.get(page).content.decode()
    assert client.post(unit_page(unit, "_publish")).status_code == 403
    heads = signed_in(head)
    assert unit_page(unit, "_publish") in heads.get(page).content.decode()
    heads.post(unit_page(unit, "_publish"))
    deciding = signed_in(express_head)
    assert unit_page(unit, "_decide") not in deciding.get(page).content.decode()
    assert deciding.post(unit_page(unit, "_decide")).status_code == 422
    clock(DECIDING)
    shown = deciding.get(page).content.decode()
    assert unit_page(unit, "_decide") in shown
    seen = shown.split(unit_page(unit, "_decide"))[1].split('name="seen" value="')[1].split('"')[0]
    assert deciding.post(unit_page(unit, "_decide"), {"seen": seen}).status_code == 302
    assert year_of(unit).state == "decided"


def test_the_page_says_who_is_compared_and_that_ties_count(unit, office, chen, lin, wei, officer, express):
    client = signed_in(officer)

    def said():
        return client.get(unit_page(unit)).context["comparison"]

    computed()
    assert "5" in said()
    crowd(office, 2, cards=False)
    computed()
    assert "5" in said()
    assert "0" not in said()
    begins()
    for cadre, days in ((chen, (3, 4)), (lin, (3, 4)), (wei, (5,))):
        for day in days:
            stands(cadre, date(2026, 11, day))
    draft(unit)
    computed()
    most, following = (points(result_of(one).figures["half_points"]) for one in (chen, wei))
    assert most != following
    assert [figure in said() for figure in ("5", "2", most, following)] == [True] * 4
    assert result_of(chen).among_most
    assert result_of(lin).among_most
    assert client.get(result_page(chen)).context["comparison"] == said()
    own = signed_in(chen.user).get(reverse("my_year", args=[2026])).context["comparison"]
    assert most in own
    assert following not in own
    assert client.get(result_page(wei)).context["comparison"] == ""


def test_before_a_step_opens_the_path_and_the_landing_page_say_when(unit, chen, officer, clock):
    november = at(date(2026, 11, 20), time(9))
    clock(november)
    computed(november)
    client = signed_in(officer)
    steps = client.get(unit_page(unit)).context["steps"]
    assert [step.state for step in steps] == ["done", "", "", ""]
    assert "2026" in steps[1].note
    assert "2027" in steps[3].note
    (row,) = client.get(reverse("desk")).context["rows"]
    assert (row["number"], row["url"]) == (0, unit_page(unit))
    clock(at(date(2026, 10, 20), time(9)))
    assert unit_page(unit) not in client.get(reverse("desk")).content.decode()
    clock(GRADING)
    assert client.get(unit_page(unit)).context["steps"][1].state == "current"


def test_nothing_is_decided_before_the_year_is_over(unit, chen, officer, head, express_head, clock):
    published(unit, officer, head)
    client, waits = signed_in(express_head), reverse("year", args=[2026]) + "?state=waits"
    for moment, is_offered in ((at(date(2026, 12, 31), time(23)), False), (DECIDING, True)):
        clock(moment)
        page = client.get(unit_page(unit))
        assert (unit_page(unit, "_decide") in page.content.decode()) is is_offered
        assert (page.context["steps"][3].state == "current") is is_offered
        assert (unit_page(unit) in client.get(waits).content.decode()) is is_offered
        assert (waits in client.get(reverse("desk")).content.decode()) is is_offered
    clock(at(date(2026, 12, 31), time(23)))
    assert "2027" in client.get(unit_page(unit)).context["why_not"]


def test_a_refused_decision_shows_the_figures_that_stand_in_its_way(
    unit, chen, officer, head, express_head, clock
):
    published(unit, officer, head)
    AnnualResult.objects.update(grade="excellent")
    measured(chen, day=date(2026, 12, 14))
    clock(DECIDING)
    response = signed_in(express_head).post(unit_page(unit, "_decide"))
    assert response.status_code == 422
    assert result_of(chen).ceiling == "competent"
    assert "LAW" in result_of(chen).codes


@pytest.mark.parametrize(("step", "prefix"), [("_send_back", "back"), ("_quota", "quota")])
def test_without_a_reason_the_city_does_nothing(unit, chen, officer, head, express, step, prefix):
    published(unit, officer, head)
    client = signed_in(express)
    response = client.post(unit_page(unit, step), {f"{prefix}-reason": " "})
    assert response.status_code == 422
    assert year_of(unit).state == "public"
    assert client.post(unit_page(unit, step), {f"{prefix}-reason": "有异议"}).status_code == 302


def test_the_same_queries_for_three_and_sixty_people(unit, office, officer):
    def queries(client):
        with CaptureQueriesContext(connection) as found:
            assert client.get(unit_page(unit)).status_code == 200
        return len(found)

    crowd(office, 3, cards=False)
    computed()
    client = signed_in(officer)
    client.get(unit_page(unit))
    few = queries(client)
    crowd(office, 57, cards=False)
    computed()
    assert AnnualResult.objects.count() == 60
    assert queries(client) == few


def test_the_same_queries_for_few_and_many_units_and_entries(unit, office, chen, express):
    begins(OCTOBER)
    client = signed_in(express)

    def queries(page):
        client.get(page)
        with CaptureQueriesContext(connection) as found:
            assert client.get(page).status_code == 200
        return len(found)

    stands(chen, date(2026, 10, 13))
    draft(unit, OCTOBER)
    computed()
    pages = [reverse("year", args=[2026]), result_page(chen), reverse("year_eligible", args=[2026])]
    few = [queries(page) for page in pages]
    for number in range(5):
        crowd(make_office(make_unit(f"D92{number}", f"示例局{number}")), 3, cards=False)
    for day in range(2, 7):
        stands(chen, date(2026, 11, day))
    draft(unit)
    computed()
    assert result_of(chen).figures["entries"] == 6
    assert [queries(page) for page in pages] == few


# --- One person -------------------------------------------------------------------------------------------------------


def test_every_figure_of_a_result_opens_to_its_facts(unit, chen, officer):
    begins()
    stands(chen, date(2026, 11, 3))
    draft(unit)
    sanction = measured(chen)
    computed()
    shown = signed_in(officer).get(result_page(chen)).content.decode()
    assert reverse("entry", args=[unit.code, "2026-11", 1]) in shown
    assert reverse("sanction", args=[sanction.pk]) in shown
    for anchor in ("entries", "measures", "months"):
        assert f'id="{anchor}"' in shown


def test_a_measure_that_somebody_brings_along_opens_to_the_present_unit(
    unit, other_unit, chen, other_officer
):
    sanction = measured(chen)
    type(chen).objects.filter(pk=chen.pk).update(unit=other_unit)
    computed()
    officer = signed_in(other_officer)
    shown = officer.get(result_page(chen)).content.decode().split('id="measures"')[1].split("</section>")[0]
    assert (page := reverse("sanction", args=[sanction.pk])) in shown
    assert officer.get(page).status_code == 200


def test_a_complaint_opens_for_who_may_know_of_it_and_says_nothing_to_others(
    unit, chen, officer, express, express_head, clock
):
    case = substantiated(accepted(unit, express, chen), outcome="substantiated")
    handling.close(case=case, feedback="receipt", actor=express_head, now=CASE_CLOSED)
    computed()
    assert result_of(chen).figures["complaints"] == 1
    address = reverse("complaint", args=[case.number])
    assert address in signed_in(express_head).get(result_page(chen)).content.decode()
    # The day that counts is the day on which it was closed.
    assert "办结日期" in text_of(signed_in(express_head).get(result_page(chen, "result_file")))
    for client, page in (
        (signed_in(officer), result_page(chen)),
        (signed_in(chen.user), reverse("my_year", args=[2026])),
    ):
        shown = client.get(page).content.decode()
        assert address not in shown
        assert 'id="complaints"' in shown
    Interest.objects.create(user=express, cadre=chen, reason="亲属", declared_at=GRADING)
    assert 'id="complaints"' not in signed_in(express).get(result_page(chen)).content.decode()


def _read(client, chen, unit) -> str:
    """Everything that the desk says of somebody's year."""
    pages = [result_page(chen), unit_page(unit)]
    papers = [result_page(chen, "result_file"), unit_page(unit, "_file")]
    shown = [client.get(page).content.decode() for page in pages]
    return "".join(shown + [text_of(client.get(page)) for page in papers])


#: What a substantiated complaint and an admonishment leave on pages and papers.
TRACES = ("COMP-2", "YEAR-1", "效能诫勉", 'id="complaints"', 'id="measures"', "经核查属实的投诉1")


@pytest.mark.parametrize("why", ["kin", "stepped back", "kept out", "own unit", "leads it", "oneself"])
def test_whoever_may_not_know_hears_nothing_through_the_year(
    unit, chen, officer, express, express_head, clock, why
):
    case = substantiated(accepted(unit, express, chen), outcome="substantiated")
    handling.close(case=case, feedback="receipt", actor=express_head, now=CASE_CLOSED)
    sanction = measured(chen)
    computed()
    told = _read(signed_in(express_head), chen, unit)
    assert all(trace in told for trace in TRACES[:5])
    reader = express
    match why:
        case "kin":
            Interest.objects.create(user=express, cadre=chen, reason="亲属", declared_at=GRADING)
        case "stepped back":
            Interest.objects.create(user=express, complaint=case, reason="回避", declared_at=GRADING)
        case "kept out":
            type(sanction).objects.update(kept_out=f",{express.pk},")
        case "own unit":
            give(express, Role.UNIT_OFFICER, unit=unit)
        case "leads it":
            type(chen).objects.filter(pk=chen.pk).update(leads_unit=True)
            give(chen.user, Role.EXPRESS_STAFF)
            reader = chen.user
        case "oneself":
            give(chen.user, Role.EXPRESS_STAFF)
            reader = chen.user
    shown = _read(signed_in(reader), chen, unit)
    assert [trace for trace in TRACES if trace in shown] == []
    assert "不向您显示" in shown
    if why == "oneself":
        own = signed_in(reader).get(reverse("my_year", args=[2026])).content.decode()
        assert 'id="complaints"' in own


def test_silence_does_not_depend_on_what_there_is_to_hide(unit, chen, express):
    Interest.objects.create(user=express, cadre=chen, reason="亲属", declared_at=GRADING)
    computed()
    client = signed_in(express)
    before = client.get(result_page(chen)).content.decode()
    measured(chen)
    computed()
    assert result_of(chen).codes
    after = client.get(result_page(chen)).content.decode()
    hidden = before.split('id="consequences"')[1].split("</section>")[0]
    assert after.split('id="consequences"')[1].split("</section>")[0] == hidden


def test_a_notice_tells_nothing_either(unit, chen, officer, head, express, express_head, clock):
    decided(unit, officer, head, express_head)
    clock(LATER)
    notice = result_page(chen, "result_notice")
    assert signed_in(express).get(notice).status_code == 200
    Interest.objects.create(user=express, cadre=chen, reason="亲属", declared_at=GRADING)
    assert signed_in(express).get(notice).status_code == 404
    assert notice not in signed_in(express).get(result_page(chen)).content.decode()


def test_of_a_units_own_measures_only_those_count_that_the_reader_may_know(unit, chen, express, express_head):
    sanction = measured(None, "criticism", unit=unit)
    computed()
    type(sanction).objects.update(kept_out=f",{express.pk},")
    for reader, number in ((express_head, 1), (express, 0)):
        assert signed_in(reader).get(unit_page(unit)).context["figures"]["criticisms"] == number


def test_what_went_to_the_commission_stands_in_no_year(unit, chen, officer):
    begins()
    for code in ("off_post", "soliciting"):
        stands(chen, date(2026, 11, 3), code=code)
    draft(unit)
    assert LedgerEntry.objects.filter(cadre=chen).count() == 2
    computed()
    assert result_of(chen).figures["entries"] == 1
    shown = signed_in(officer).get(result_page(chen)).context["chain"].reasons
    assert [reason.entry.item.code for reason in shown] == ["off_post"]


def test_the_bonus_is_named_and_summed_only_with_a_base(unit, chen, officer):
    measured(chen)
    computed()
    client = signed_in(officer)
    shown = client.get(result_page(chen)).content.decode()
    assert "2026年7月" in shown
    assert "2026-07" not in shown
    assert result_of(chen).bonus_cents is None
    assert result_of(chen).bonus_of == ["2026-07", "2026-08", "2026-09"]
    BonusBase.objects.create(
        cadre=chen, since=date(2026, 8, 1), cents=120_000, entered_by=officer, entered_at=GRADING
    )
    computed()
    assert "3600.00" not in client.get(result_page(chen)).content.decode()
    BonusBase.objects.create(
        cadre=chen, since=date(2026, 1, 1), cents=100_000, entered_by=officer, entered_at=GRADING
    )
    computed()
    assert result_of(chen).bonus_cents == 340_000
    assert "3400.00" in client.get(result_page(chen)).content.decode()


def test_the_notice_is_entered_as_handed_over(unit, chen, officer, head, express_head, clock):
    decided(unit, officer, head, express_head)
    clock(LATER)
    client = signed_in(officer)
    address = result_page(chen, "hand_over")
    assert address in client.get(result_page(chen)).content.decode()
    wrong = client.post(
        address, {"hand-day": str(DECIDING.date()), "hand-receipt": "refused", "hand-witness": ""}
    )
    assert wrong.status_code == 422
    assert "id_hand-witness" in wrong.content.decode()
    client.post(
        address, {"hand-day": str(DECIDING.date()), "hand-receipt": "refused", "hand-witness": "季远"}
    )
    assert (result_of(chen).receipt, result_of(chen).witness) == ("refused", "季远")
    assert address not in client.get(result_page(chen)).content.decode()


def test_a_changed_result_is_looked_at_again(unit, chen, officer, head, express_head, clock):
    decided(unit, officer, head, express_head)
    measured(chen, day=date(2026, 12, 20))
    computed(LATER)
    clock(LATER)
    client, address = signed_in(express_head), result_page(chen, "look_again")
    assert result_page(chen) in client.get(reverse("year", args=[2026])).content.decode()
    assert address in client.get(result_page(chen)).content.decode()
    assert address not in signed_in(officer).get(result_page(chen)).content.decode()
    assert client.post(address, {"look-grade": "excellent", "look-reason": "x"}).status_code == 422
    assert client.post(address, {"look-grade": "competent", "look-reason": ""}).status_code == 422
    assert client.post(address, {"look-grade": "competent", "look-reason": "仍符合"}).status_code == 302
    assert result_of(chen).changed_at is None


def test_the_city_chooses_whom_to_commend(unit, chen, officer, head, express, express_head, clock):
    decided(unit, officer, head, express_head)
    clock(LATER)
    client = signed_in(express)
    address = result_page(chen, "result_commend")
    assert address in client.get(result_page(chen)).content.decode()
    assert client.post(address, {"commend-reason": " "}).status_code == 422
    client.post(address, {"commend-reason": "群众口碑好"})
    assert result_of(chen).commended_by == express
    client.post(result_page(chen, "result_commend_undo"))
    assert result_of(chen).commended_by is None


# --- One's own --------------------------------------------------------------------------------------------------------


def test_a_cadre_sees_figures_and_bars_but_no_grade_before_it_is_decided(
    unit, chen, lin, officer, head, express_head
):
    computed()
    graded(unit, officer, **{f"r{result_of(chen).pk}": Entered("basic", reason="内部意见")})
    own = reverse("my_year", args=[2026])
    shown = signed_in(chen.user).get(own).content.decode()
    assert "内部意见" not in shown
    assert reverse("my_unit_year", args=[2026]) not in shown
    assert signed_in(chen.user).get(reverse("my_unit_year", args=[2026])).status_code == 404
    assert signed_in(chen.user).get(reverse("my_year_notice", args=[2026])).status_code == 404


def test_whoever_gets_no_grade_reads_the_reason_only_once_it_is_decided(
    unit, chen, lin, officer, head, express_head, clock
):
    computed()
    graded(unit, officer, **{f"r{result_of(chen).pk}": Entered("ungraded", "investigation")})
    row = grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    row = grading.year_publish(unit_result=row, actor=head, now=GRADING)
    client, page = signed_in(chen.user), reverse("my_year", args=[2026])
    assert client.get(page).context["own_grade"] == ""
    assert "尚未确定" in text_of(client.get(reverse("my_year_file", args=[2026])))
    grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    assert client.get(page).context["own_grade"]


def test_bars_are_provisional_until_the_year_is_decided(unit, office, chen, lin, officer, head, express_head):
    crowd(office, 5, cards=False)
    begins()
    stands(chen, date(2026, 11, 3))
    draft(unit)
    computed()
    graded(unit, officer, **{f"r{result_of(chen).pk}": Entered("basic", reason="扣分最多")})
    row = grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    row = grading.year_publish(unit_result=row, actor=head, now=GRADING)
    client, page = signed_in(chen.user), reverse("my_year", args=[2026])
    shown = client.get(page)
    assert shown.context["bars"]
    assert "tag bad" not in shown.content.decode()
    grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    assert "tag bad" in client.get(page).content.decode()


def test_money_that_another_year_counted_is_named_beside_the_points(unit, chen, officer, head, express_head):
    begins(date(2025, 12, 1))
    stands(chen, date(2025, 12, 30))
    months = [date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 13)), date(2027, 1, 1)]
    # Found in the month after.
    Finding.objects.update(decided_at=at(date(2026, 1, 3), time(9)))
    for month in months[:-1]:
        draft(unit, month, at((month + timedelta(days=31)).replace(day=1), time(6)))
    stands(chen, date(2026, 12, 30))
    draft(unit, months[-1], at(date(2027, 2, 1), time(6)))
    computed()
    shown = signed_in(officer).get(result_page(chen))
    entries = LedgerEntry.objects.order_by("day")
    assert len(entries) == 2
    shift = shown.context["chain"].shift
    assert (shift.earlier_cents, shift.later_cents) == tuple(entry.cents for entry in entries)
    assert shift.later_cents > 0
    assert len(shown.context["shift"]) == 2
    shown = text_of(signed_in(officer).get(result_page(chen, "result_file")))
    assert "计入次年月份" in shown
    assert "上年发生" in shown


def test_the_own_file_keeps_the_grade_until_it_is_decided(
    unit, chen, lin, officer, head, express_head, clock
):
    computed()
    graded(unit, officer, **{f"r{result_of(chen).pk}": Entered("basic", reason="内部意见")})
    own, desk = reverse("my_year_file", args=[2026]), result_page(chen, "result_file")
    shown = text_of(signed_in(chen.user).get(own))
    assert "内部意见" not in shown
    assert "（拟定）" not in shown
    assert "内部意见" in text_of(signed_in(officer).get(desk))
    row = grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    row = grading.year_publish(unit_result=row, actor=head, now=GRADING)
    hanging = text_of(signed_in(chen.user).get(own))
    assert "内部意见" not in hanging
    assert "基本称职（拟定）" in hanging
    assert "基本称职" in signed_in(chen.user).get(reverse("my_year", args=[2026])).context["own_grade"]
    grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    assert "内部意见" in text_of(signed_in(chen.user).get(own))


def test_whoever_is_not_promoted_reads_until_when(unit, office, chen, lin, officer, express):
    crowd(office, 5, cards=False)
    begins()
    stands(chen, date(2026, 11, 3))
    draft(unit)
    computed()
    assert result_of(chen).barred_until == date(2027, 12, 31)
    for client, page in (
        (signed_in(chen.user), reverse("my_year", args=[2026])),
        (signed_in(officer), result_page(chen)),
        (signed_in(express), result_page(chen)),
    ):
        assert "2027" in client.get(page).content.decode()
    assert "2027" not in signed_in(lin.user).get(reverse("my_year", args=[2026])).content.decode()


def test_the_notice_in_the_unit_names_grades_and_no_reasons(unit, chen, lin, wei, zhou, officer, head):
    computed()
    graded(unit, officer, **{f"r{result_of(wei).pk}": Entered("ungraded", "investigation")})
    grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    grading.year_publish(unit_result=year_of(unit), actor=head, now=GRADING)
    shown = signed_in(lin.user).get(reverse("my_unit_year", args=[2026])).content.decode()
    assert "陈砚" in shown
    assert "韦诉" not in shown
    assert signed_in(zhou.user).get(reverse("my_unit_year", args=[2026])).status_code == 404
    paper = text_of(signed_in(officer).get(unit_page(unit, "_notice")))
    assert "陈砚" in paper
    assert "韦诉" not in paper


def test_the_decided_year_of_ones_own(unit, chen, officer, head, express_head, clock):
    decided(unit, officer, head, express_head)
    clock(LATER)
    client = signed_in(chen.user)
    assert (
        reverse("my_year_notice", args=[2026]) in client.get(reverse("my_year", args=[2026])).content.decode()
    )
    assert "称职" in text_of(client.get(reverse("my_year_notice", args=[2026])))
    assert reverse("my_year", args=[2026]) in client.get(reverse("my_years")).content.decode()
    assert reverse("my_year", args=[2026]) in client.get(reverse("my_whereabouts")).content.decode()
    assert client.get(reverse("my_year", args=[2025])).status_code == 404


def test_the_files_of_a_year_are_pdf_and_private(unit, chen, lin, officer, head, express_head, clock):
    measured(chen)
    decided(unit, officer, head, express_head)
    clock(LATER)
    client = signed_in(officer)
    for address in (
        result_page(chen, "result_file"),
        unit_page(unit, "_file"),
        result_page(chen, "result_notice"),
    ):
        response = client.get(address)
        assert response.headers["Content-Type"] == "application/pdf"
        assert "no-store" in response.headers["Cache-Control"]
        assert "陈砚" in text_of(response)
    assert "效能诫勉" in text_of(client.get(result_page(chen, "result_file")))


# --- The circular, and settings ---------------------------------------------------------------------------------------


@pytest.fixture
def circular(unit, chen, officer, head, express, express_head, clock):
    decided(unit, officer, head, express_head)
    commending.commend(row=result_of(chen), reason="群众口碑", actor=express, now=LATER)
    clock(LATER)
    return circulars.circular_draft(year=2026, actor=express, now=LATER)


def test_the_circular_is_edited_signed_and_read(circular, express, express_head, officer, client):
    page, public = reverse("circular", args=[2026]), reverse("public_circular", args=[2026])
    desk = signed_in(express)
    assert "陈砚" in desk.get(page).content.decode()
    assert client.get(public).status_code == 404
    edit = desk.post(reverse("circular_edit", args=[2026]), {"opening": "一段", "closing": "x" * 2001})
    assert edit.status_code == 422
    desk.post(reverse("circular_edit", args=[2026]), {"opening": "改过的开头", "closing": ""})
    # Whoever chose somebody in it does not sign.
    assert desk.post(reverse("circular_sign", args=[2026])).status_code == 422
    signing = signed_in(express_head)
    assert signing.get(reverse("circular_sign", args=[2026])).status_code == 200
    assert signing.post(reverse("circular_sign", args=[2026])).status_code == 302
    assert "龙效能办〔2027〕1号" in client.get(public).content.decode()
    assert "陈砚" not in client.get(public).content.decode()
    assert "陈砚" in signed_in(officer).get(public).content.decode()
    assert public in signed_in(officer).get(reverse("unit_year", args=[2026, "D901"])).content.decode()
    assert "陈砚" in text_of(desk.get(reverse("circular_pdf", args=[2026])))
    assert desk.get(reverse("circular_docx", args=[2026])).content[:2] == b"PK"


def test_a_signed_circular_is_found_beside_the_bulletins(circular, express_head, client):
    listed, public = reverse("public_bulletins"), reverse("public_circular", args=[2026])
    assert public not in client.get(listed).content.decode()
    circulars.circular_sign(circular=circular, actor=express_head, now=LATER)
    shown = client.get(listed).content.decode()
    assert public in shown
    assert "龙效能办〔2027〕1号" in shown


def test_the_circular_is_drafted_once_somebody_is_chosen(
    unit, chen, officer, head, express, express_head, clock
):
    decided(unit, officer, head, express_head)
    clock(LATER)
    client, year, action = (
        signed_in(express),
        reverse("year", args=[2026]),
        reverse("circular_draft", args=[2026]),
    )
    assert action not in client.get(year).content.decode()
    assert len(client.post(action, follow=True).context["messages"]) == 1
    commending.commend(row=result_of(chen), reason="好", actor=express, now=LATER)
    assert action in client.get(year).content.decode()
    client.post(action)
    shown = client.get(year).content.decode()
    assert action not in shown
    assert reverse("circular", args=[2026]) in shown


def test_who_no_longer_holds_stands_beside_the_signed_circular(
    circular, unit, chen, express, express_head, officer, client
):
    circulars.circular_sign(circular=circular, actor=express_head, now=LATER)
    pages = [reverse("circular", args=[2026]), reverse("public_circular", args=[2026])]
    assert 'id="corrections"' not in signed_in(express).get(pages[0]).content.decode()
    measured(chen, day=date(2026, 12, 20))
    computed(LATER)
    for page in pages:
        assert 'id="corrections"' in signed_in(express).get(page).content.decode()
    assert "陈砚" not in client.get(pages[1]).content.decode()
    assert "群众口碑" in text_of(signed_in(officer).get(result_page(chen, "result_file")))


def test_a_recommendation_is_printed_and_handed_over(unit, chen, lin, officer, express, clock):
    AnnualResult.objects.all().delete()
    Cadre.objects.filter(pk=chen.pk).update(employment_kind=EmploymentKind.ENTERPRISE)
    computed()
    paper, address = result_page(chen, "result_notice"), result_page(chen, "hand_over")
    client, own = signed_in(express), signed_in(chen.user)
    clock(GRADING)
    assert client.get(paper).status_code == 404
    assert own.get(reverse("my_year_notice", args=[2026])).status_code == 404
    clock(LATER)
    waiting = reverse("year", args=[2026]) + "?state=recommend"
    assert waiting in client.get(reverse("desk")).content.decode()
    assert unit_page(unit) in client.get(waiting).content.decode()
    assert "建议书" in text_of(client.get(paper))
    assert "建议书" in text_of(own.get(reverse("my_year_notice", args=[2026])))
    assert reverse("my_year_notice", args=[2026]) in own.get(reverse("my_year", args=[2026])).content.decode()
    assert address not in signed_in(officer).get(result_page(chen)).content.decode()
    shown = client.get(result_page(chen)).content.decode()
    assert paper in shown
    assert address in shown
    client.post(address, {"hand-day": str(LATER.date()), "hand-receipt": "signed"})
    assert result_of(chen).receipt == "signed"
    assert waiting not in client.get(reverse("desk")).content.decode()


def test_what_was_corrected_of_a_unit_stands_on_its_page_and_in_its_file(
    unit, chen, officer, head, express_head, clock
):
    decided(unit, officer, head, express_head)
    clock(LATER)
    client = signed_in(officer)
    assert 'id="corrections"' not in client.get(unit_page(unit)).content.decode()
    begins()
    stands(chen, date(2026, 11, 3))
    draft(unit)
    computed(LATER)
    assert 'id="corrections"' in client.get(unit_page(unit)).content.decode()
    assert "认定后单位数据的更正" in text_of(client.get(unit_page(unit, "_file")))


def test_the_circular_waits_for_units_that_are_not_decided(circular, other_unit, zhou, express_head):
    """Whoever is decided about afterwards could not be chosen any more."""
    computed(LATER)
    client = signed_in(express_head)
    for name in ("circular", "circular_sign"):
        assert client.get(reverse(name, args=[2026])).context["undecided"] == 1
    assert client.post(reverse("circular_sign", args=[2026])).status_code == 422
    type(other_unit).objects.filter(pk=other_unit.pk).update(vertically_managed=True)
    computed(LATER)
    assert client.get(reverse("circular", args=[2026])).context["undecided"] == 0
    assert client.post(reverse("circular_sign", args=[2026])).status_code == 302


def test_an_altered_circular_is_shown_to_nobody(circular, express_head, client):
    circulars.circular_sign(circular=circular, actor=express_head, now=LATER)
    type(circular).objects.update(content_hash="0" * 64)
    assert client.get(reverse("public_circular", args=[2026])).status_code == 409
    assert signed_in(express_head).get(reverse("circular_pdf", args=[2026])).status_code == 409


def test_the_settings_keep_within_the_law(express, express_head):
    page = reverse("year_settings")
    assert signed_in(express).get(page).status_code == 403
    client = signed_in(express_head)
    form = client.get(page).context["form"]
    values = {name: form.initial[name] for name in form.fields}
    for name, value in (
        ("notice_days", 4),
        ("excellent_percent", 21),
        ("approved_percent", 26),
        ("review_days", 29),
        ("approved_percent", 10),
    ):
        assert client.post(page, {**values, name: value}).status_code == 422
    assert client.post(page, {**values, "notice_days": 7}).status_code == 302
    assert YearSettings.current().notice_days == 7
    assert "7" in client.get(page).content.decode()
