"""The pages of the ladder: the city's and the unit's list and page, one's own, the commission's, the rules."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Role
from appraisal import sanction_papers
from appraisal.forms.sanction import statement_form
from appraisal.models import Sanction, SanctionState, Trigger
from appraisal.papers.content import DECISION, RECOMMENDATION, RECORD, REFERRAL
from appraisal.rules.ladder import Counted
from appraisal.services import proposing
from appraisal.services import sanctions as services
from appraisal.words import sanction as sanction_words
from attendance.models import Finding
from complaints.models import Interest
from complaints.services import handling
from tests.appraisal.ledgers import begins, draft, entry_of, stands
from tests.appraisal.sanctioning import (
    decide,
    decided,
    defended,
    ladder_clerk,
    morning,
    only_rule,
    proposed,
    rung,
    served,
    set_aside,
    told,
)
from tests.cast import NOW, TODAY, crowd, give, make_cadre, make_user, signed_in
from tests.complaints.cases import LATER, accepted, drafted

pytestmark = pytest.mark.django_db
#: After the days for a statement.
RIPE = morning(date(2026, 12, 14))


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def later(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: RIPE)


def page(sanction: Sanction, name: str = "sanction") -> str:
    return reverse(name, args=[sanction.pk])


def shown(user, address: str, **given) -> str:
    response = signed_in(user).get(address, given)
    assert response.status_code == 200, address
    return response.content.decode()


# --- Who sees it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "code", "status"),
    [
        ("officer", "caution", 200),
        ("head", "caution", 200),
        ("express", "caution", 200),
        ("express_head", "caution", 200),
        ("other_officer", "caution", 404),
        ("supervisor", "caution", 403),
        ("administrator", "caution", 403),
        ("discipline", "caution", 404),
        ("officer", "referral", 404),
        ("head", "referral", 404),
        ("express", "referral", 200),
        ("discipline", "referral", 404),
    ],
)
def test_who_opens_a_proposal(request, chen, who, code, status):
    sanction = proposed(chen, code)
    user = request.getfixturevalue(who)
    assert signed_in(user).get(page(sanction)).status_code == status
    listed = signed_in(user).get(reverse("sanctions"))
    assert (listed.status_code, page(sanction) in listed.content.decode()) == (
        403 if status == 403 else 200,
        status == 200,
    )


@pytest.mark.parametrize(
    ("who", "status"),
    [("discipline", 200), ("express", 404), ("express_head", 404), ("officer", 404), ("head", 404)],
)
def test_a_referred_file_is_the_commissions_alone(request, chen, express_head, who, status):
    sanction = decide(proposed(chen, "referral"), day=TODAY, actor=express_head)
    user = request.getfixturevalue(who)
    for name in ("sanction", "sanction_pdf"):
        assert signed_in(user).get(page(sanction, name)).status_code == status
    assert (page(sanction) in shown(user, reverse("sanctions"))) is (status == 200)
    clues = signed_in(user).get(page(sanction, "sanction_clues"))
    assert clues.status_code == (200 if status == 200 else 403)
    assert (page(sanction) in shown(user, reverse("desk"))) is (status == 200)


@pytest.mark.parametrize("days", [False, True])
def test_whom_a_referral_is_about_is_never_told(chen, express_head, days):
    sanction = proposed(chen, "referral")
    if days:
        decide(sanction, day=TODAY, actor=express_head)
    client = signed_in(chen.user)
    assert client.get(page(sanction, "my_sanction")).status_code == 404
    assert page(sanction, "my_sanction") not in client.get(reverse("my_sanctions")).content.decode()
    give(chen.user, Role.EXPRESS_STAFF)
    assert signed_in(chen.user).get(page(sanction)).status_code == 404
    give(chen.user, Role.DISCIPLINE)
    assert signed_in(chen.user).get(page(sanction)).status_code == 404


def test_ones_own_and_nobody_elses(chen, lin):
    sanction = proposed(chen)
    assert signed_in(chen.user).get(page(sanction, "my_sanction")).status_code == 200
    assert signed_in(lin.user).get(page(sanction, "my_sanction")).status_code == 404
    assert page(sanction, "my_sanction") in shown(chen.user, reverse("my_sanctions"))
    assert page(sanction, "my_sanction") in shown(chen.user, reverse("my_whereabouts"))
    assert page(sanction, "my_sanction") not in shown(lin.user, reverse("my_whereabouts"))


def test_an_officer_whom_it_is_about_enters_nothing(chen, later):
    give(chen.user, Role.UNIT_OFFICER, unit=chen.unit)
    sanction = decided(chen, "caution", day=date(2026, 12, 14))
    text = shown(chen.user, page(sanction))
    assert page(sanction, "my_sanction") in text
    assert page(sanction, "sanction_serve") not in text
    given = {"serve-served_on": "2026-12-14", "serve-receipt": "signed"}
    assert signed_in(chen.user).post(page(sanction, "sanction_serve"), given).status_code == 422


def test_pages_are_kept_by_nobody(chen, express):
    sanction = proposed(chen)
    for user, name in ((express, "sanction"), (chen.user, "my_sanction"), (express, "sanction_pdf")):
        assert "no-store" in signed_in(user).get(page(sanction, name)).headers["Cache-Control"]


# --- The counted lines ------------------------------------------------------------------------------------------------


@pytest.fixture
def counted(chen, express, express_head) -> Sanction:
    """Of an entry, a complaint and an earlier measure."""
    begins()
    finding = stands(chen, date(2026, 11, 3))
    draft(chen.unit)
    case = drafted(accepted(chen.unit, express, chen), outcome="substantiated")
    handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)
    earlier = served(chen, "criticism", day=date(2026, 11, 20))
    lines = (
        Counted("finding", finding.pk, finding.day, "脱岗"),
        Counted("complaint", case.pk, TODAY, "经核查属实的投诉"),
        Counted("measure", earlier.pk, date(2026, 11, 20), "批评教育"),
    )
    return proposed(chen, "admonishment", lines=lines)


def ways(counted: Sanction) -> dict[str, str]:
    keys = {line["kind"]: line["key"] for line in counted.basis}
    entry = entry_of(Finding.objects.get(pk=keys["finding"]))
    return {
        "entry": reverse("entry", args=[entry.unit.code, f"{entry.month:%Y-%m}", entry.sequence]),
        "my_entry": reverse("my_entry", args=[entry.unit.code, entry.sequence]),
        "complaint": reverse("complaint", args=["2026-0001"]),
        "measure": reverse("sanction", args=[keys["measure"]]),
        "my_measure": reverse("my_sanction", args=[keys["measure"]]),
    }


@pytest.mark.parametrize(
    ("who", "opens"),
    [("express", {"entry", "complaint", "measure"}), ("officer", {"entry", "measure"})],
)
def test_each_line_opens_as_far_as_the_reader_may(request, counted, who, opens):
    text = shown(request.getfixturevalue(who), page(counted))
    assert {name for name, url in ways(counted).items() if f'href="{url}"' in text} == opens


def test_whom_it_is_about_opens_their_own_entries_and_the_statement_of_fact(chen, counted):
    text = shown(chen.user, page(counted, "my_sanction"))
    found = {name for name, url in ways(counted).items() if f'href="{url}"' in text}
    assert found == {"my_entry", "my_measure"}
    assert "/me/statements/" in text or "statement" in text
    assert "经核查属实的投诉" in text


def test_whoever_has_an_interest_in_a_fact_sees_neither_it_nor_its_consequence(chen, counted):
    kin = make_user("kin")
    give(kin, Role.EXPRESS_STAFF)
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=NOW)
    about = {"unit": chen.unit_id, "about": chen.pk}
    assert "经核查属实的投诉" not in shown(kin, reverse("sanction_new"), **about)
    assert signed_in(kin).get(page(counted)).status_code == 404


# --- What waits -------------------------------------------------------------------------------------------------------


def test_what_waits_for_the_reader_stands_first_and_on_the_landing_page(
    office, chen, lin, officer, express, express_head, later
):
    to_decide, new = proposed(chen, day=TODAY), proposed(lin, day=RIPE.date())
    untold = proposed(make_cadre(office, "柳无号"), day=TODAY)
    text = shown(express_head, reverse("sanctions"))
    assert text.index(page(to_decide)) < text.index(page(new))
    only = shown(express_head, reverse("sanctions"), state="waits")
    assert (page(to_decide) in only, page(new) in only, page(untold) in only) == (True, False, False)
    assert page(to_decide) in shown(express_head, reverse("desk"))
    assert page(untold) in shown(officer, reverse("desk"))
    assert page(to_decide) not in shown(express, reverse("desk"))


def test_a_unit_without_an_officer_is_told_by_the_express(other_office, express):
    untold = proposed(make_cadre(other_office, "柳无号"))
    assert page(untold) in shown(express, reverse("sanctions"), state="waits")


def test_the_list_is_filtered(chen, lin, express):
    only_rule("SANC-1-REPEAT", times=1)
    begins()
    stands(chen, date(2026, 11, 3))
    draft(chen.unit)
    proposing.sanctions_propose(year=2026, now=NOW)
    by_rule, by_hand = Sanction.objects.get(), proposed(lin)
    for given, expected in (
        ({"rule": "SANC-1-REPEAT"}, (True, False)),
        ({"rule": "hand"}, (False, True)),
        ({"state": "served"}, (False, False)),
        ({"state": "nonsense", "unit": "x"}, (True, True)),
        ({"unit": chen.unit_id}, (True, True)),
    ):
        text = shown(express, reverse("sanctions"), **given)
        assert (page(by_rule) in text, page(by_hand) in text) == expected, given


def test_a_rule_is_named_by_what_it_counts(chen, express, express_head):
    only_rule("SANC-1-REPEAT", times=2)
    begins()
    for day in (3, 4):
        stands(chen, date(2026, 11, day), recorder=express_head)
    draft(chen.unit)
    proposing.sanctions_propose(year=2026, now=NOW)
    by_hand = proposed(chen, "criticism", day=TODAY)
    with translation.override("en"):
        rows = {view.sanction.pk: view for view in sanction_words.views(Sanction.objects.all(), TODAY)}
        assert (rows[by_hand.pk].rule, rows.pop(by_hand.pk).code) == ("Without a rule", "")
        (view,) = rows.values()
        assert (view.rule, view.code) == ("Problems of any kind, 2 times in a year", "SANC-1-REPEAT")
    text = shown(express, reverse("sanctions"))
    assert "人工提出" in text
    assert ">SANC-1<" not in text


def test_the_list_says_when_it_was_decided(chen, express):
    decide(proposed(chen, "criticism", day=date(2026, 11, 2)), day=TODAY)
    text = shown(express, reverse("sanctions"))
    assert ("11月24日" in text, "11月2日" in text) == (True, False)


def test_the_statement_is_written_until_it_is_decided(chen):
    with translation.override("en"):
        form = statement_form(proposed(chen))
        assert form.fields["text"].help_text.startswith("As long as nobody has decided")


@pytest.mark.parametrize("state", ["", "waits"])
def test_the_list_takes_the_same_queries_for_any_number(
    chen, office, officer, express_head, later, state, django_assert_max_num_queries
):
    def more(number: int) -> None:
        for cadre in crowd(office, number, cards=False):
            told(proposed(cadre), actor=officer)

    more(1)
    client, address = signed_in(express_head), reverse("sanctions")
    client.get(address)
    with django_assert_max_num_queries(45) as one:
        client.get(address, {"state": state})
    more(11)
    with django_assert_max_num_queries(len(one)):
        assert client.get(address, {"state": state}).content.decode().count("<tr>") >= 12


def test_a_page_takes_few_queries(counted, express, django_assert_max_num_queries):
    client = signed_in(express)
    client.get(page(counted))
    with django_assert_max_num_queries(75):
        client.get(page(counted))


# --- Deciding ---------------------------------------------------------------------------------------------------------


def test_the_rungs_passed_over_are_said_before_pressing(chen, express_head, later):
    text = shown(express_head, page(proposed(chen, "caution", day=TODAY)))
    assert 'name="decide-skipped_reason"' in text
    for code in ("criticism", "admonishment", "caution"):
        assert f'value="{rung(code).pk}"' in text
    assert f'value="{rung("circular").pk}"' not in text
    assert "批评教育、效能诫勉" in text


def test_before_the_statement_it_can_only_be_dropped(chen, express_head):
    sanction = proposed(chen, "caution")
    text = shown(express_head, page(sanction))
    assert f'value="{rung("caution").pk}"' not in text
    assert 'value="drop"' in text


def test_the_head_decides_and_what_is_missing_is_asked_for(chen, express_head, later):
    sanction = proposed(chen, "caution", day=TODAY)
    client, address = signed_in(express_head), page(sanction, "sanction_decide")
    given = {"decide-measure": rung("caution").pk, "decide-reason": "情况属实", "decide-exemption": ""}
    response = client.post(address, given)
    assert response.status_code == 422
    assert "情况属实" in response.content.decode()
    response = client.post(address, {**given, "decide-skipped_reason": "情节较重"})
    assert response.headers["Location"] == page(sanction)
    sanction.refresh_from_db()
    assert (sanction.state, sanction.document_serial) == (SanctionState.DECIDED, 1)


def test_nothing_at_all_is_an_error_with_a_summary(chen, express_head, later):
    sanction = proposed(chen, "caution", day=TODAY)
    for name in ("sanction_decide", "sanction_tell", "sanction_defend", "sanction_serve"):
        assert signed_in(express_head).post(page(sanction, name), {}).status_code == 422


def test_whoever_was_involved_has_no_form_and_reads_who_decides(chen, express_head, later):
    sanction = proposed(chen, actor=express_head, day=TODAY)
    assert 'name="decide-measure"' not in shown(express_head, page(sanction))
    given = {"decide-measure": rung("admonishment").pk, "decide-reason": "属实", "decide-skipped_reason": "x"}
    assert signed_in(express_head).post(page(sanction, "sanction_decide"), given).status_code == 422


def test_after_a_referral_whoever_decided_it_is_led_to_the_list(chen, express_head):
    sanction = proposed(chen, "referral")
    given = {
        "decide-measure": rung("referral").pk,
        "decide-reason": "涉嫌违纪",
        "decide-skipped_reason": "性质严重",
        "decide-exemption": "",
    }
    response = signed_in(express_head).post(page(sanction, "sanction_decide"), given)
    assert response.headers["Location"] == reverse("sanctions")


# --- Telling, answering, serving --------------------------------------------------------------------------------------


def test_whoever_decides_is_asked_to_answer_the_statement(chen, lin, express_head, later):
    silent, answered = proposed(lin, "admonishment"), proposed(chen, "admonishment")
    defended(answered)
    client = signed_in(express_head)
    helps = [
        client.get(page(one, "sanction")).context["decision_form"].fields["reason"].help_text
        for one in (silent, answered)
    ]
    assert helps[0] != helps[1]


def test_a_rung_that_warns_for_no_time_promises_none(chen, officer):
    forms = [
        signed_in(officer).get(page(decided(chen, code), "sanction")).context["serve_form"]
        for code in ("criticism", "caution")
    ]
    short, long = (form.fields["served_on"].help_text for form in forms)
    assert short != long


@pytest.mark.parametrize("code", ["admonishment", "caution", "circular"])
def test_the_law_on_grades_is_said_of_every_rung_that_it_names(chen, code):
    assert str(sanction_words.BY_LAW) in sanction_words.follows(decided(chen, code))
    assert str(sanction_words.BY_LAW) not in sanction_words.follows(decided(chen, "criticism"))


def test_the_officer_tells_enters_the_statement_and_serves(office, officer, express_head, monkeypatch):
    sanction, client = proposed(make_cadre(office, "柳无号")), signed_in(officer)
    tell = {"tell-how": "in_person", "tell-day": "2026-11-24"}
    assert client.post(page(sanction, "sanction_tell"), tell).headers["Location"] == page(sanction)
    text = client.get(page(sanction)).content.decode()
    assert page(sanction, "sanction_tell") not in text
    seen = {"defence-text": "书面：当天请了假", "defence-seen": ""}
    assert client.post(page(sanction, "sanction_defend"), seen).status_code == 422
    seen["defence-seen"] = text.split('name="defence-seen" value="')[1].split('"')[0]
    assert client.post(page(sanction, "sanction_defend"), seen).status_code == 302
    assert "书面：当天请了假" in client.get(page(sanction)).content.decode()
    monkeypatch.setattr(timezone, "now", lambda: RIPE)
    decide(sanction, day=RIPE.date(), actor=express_head)
    serve = {"serve-served_on": "2026-12-14", "serve-receipt": "refused", "serve-witness": ""}
    assert client.post(page(sanction, "sanction_serve"), serve).status_code == 422
    serve["serve-witness"] = "朱立"
    assert client.post(page(sanction, "sanction_serve"), serve).status_code == 302
    assert "朱立" in client.get(page(sanction)).content.decode()


def test_the_units_head_answers_for_the_unit(unit, head, officer):
    sanction = proposed(None, "criticism", unit=unit)
    text = shown(head, page(sanction))
    assert page(sanction, "sanction_defend") in text
    assert page(sanction, "sanction_serve") not in text


def test_a_cadre_answers_on_the_phone_and_reads_what_became_of_it(chen, express_head, later, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    sanction, client = proposed(chen, "admonishment"), signed_in(chen.user)
    text = client.get(page(sanction, "my_sanction")).content.decode()
    assert "11月27日" in text
    seen = text.split('name="defence-seen" value="')[1].split('"')[0]
    address = page(sanction, "my_sanction")
    assert client.post(address, {"defence-text": " ", "defence-seen": seen}).status_code == 422
    assert client.post(address, {"defence-text": "有会议签到表", "defence-seen": seen}).status_code == 302
    answered = client.get(address)
    assert answered.context["view"].deadline == ""
    assert "11月27日" in answered.content.decode()
    assert "<textarea" in answered.content.decode()
    sanction = decide(sanction, "criticism", day=TODAY, actor=express_head)
    services.sanction_serve(
        sanction=sanction, served_on=TODAY, receipt="signed", actor=ladder_clerk(), now=NOW
    )
    text = client.get(address).content.decode()
    for words in ("有会议签到表", "事实清楚，责任明确", "舒衡", "12月24日"):
        assert words in text, words
    assert "<textarea" not in text


def test_what_was_set_aside_says_why(chen):
    sanction = set_aside(served(chen, "caution"))
    assert "经复查，所依据的事实不成立" in shown(chen.user, page(sanction, "my_sanction"))


def test_of_what_was_set_aside_no_review_is_offered(chen, officer):
    sanction = served(chen, "caution")
    offered = "appraisal/review_part.html"
    client, address = signed_in(officer), page(sanction, "sanction")
    assert offered in [template.name for template in client.get(address).templates]
    set_aside(sanction)
    assert offered not in [template.name for template in client.get(address).templates]


def test_setting_aside_is_asked_about_first(chen, express, express_head):
    sanction = decided(chen, "caution", actor=express_head)
    address = page(sanction, "sanction_set_aside")
    assert address in shown(express, page(sanction))
    assert address not in shown(express_head, page(sanction))
    assert signed_in(express_head).get(address).status_code == 404
    client = signed_in(express)
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": " "}).status_code == 422
    for _press in range(2):
        assert client.post(address, {"reason": "事实不成立"}).headers["Location"] == page(sanction)
    sanction.refresh_from_db()
    assert sanction.state == SanctionState.SET_ASIDE


# --- Proposing --------------------------------------------------------------------------------------------------------


def test_a_measure_is_proposed_in_three_steps(chen, express):
    begins()
    finding = stands(chen, date(2026, 11, 3))
    draft(chen.unit)
    client, address = signed_in(express), reverse("sanction_new")
    assert 'name="reason"' not in client.get(address).content.decode()
    of_unit = client.get(address, {"unit": chen.unit_id}).content.decode()
    assert f'value="{chen.pk}"' in of_unit
    address += f"?unit={chen.unit_id}&about={chen.pk}"
    offered = client.get(address).content.decode()
    assert f'value="finding:{finding.pk}"' in offered
    # Once, with the way to it.
    entry = reverse("entry", args=[chen.unit.code, "2026-11", entry_of(finding).sequence])
    assert offered.count(entry) == 1
    assert client.post(address, {"measure": rung("caution").pk, "reason": ""}).status_code == 422
    given = {"measure": rung("caution").pk, "reason": "屡次脱岗", "facts": [f"finding:{finding.pk}"]}
    for _press in range(2):
        response = client.post(address, given)
    sanction = Sanction.objects.get()
    assert response.headers["Location"] == page(sanction)
    assert (sanction.cadre, [line["key"] for line in sanction.basis]) == (chen, [finding.pk])


def test_facts_of_last_year_can_be_chosen(chen, express, monkeypatch):
    begins()
    finding = stands(chen, date(2026, 11, 3))
    draft(chen.unit)
    monkeypatch.setattr(timezone, "now", lambda: morning(date(2027, 2, 4)))
    client, address = signed_in(express), f"{reverse('sanction_new')}?unit={chen.unit_id}&about={chen.pk}"
    assert f"finding:{finding.pk}" not in client.get(address).content.decode()
    address += "&year=2026"
    assert f"finding:{finding.pk}" in client.get(address).content.decode()
    given = {"measure": rung("caution").pk, "reason": "屡次脱岗", "facts": [f"finding:{finding.pk}"]}
    client.post(address, given)
    assert [(row.year, len(row.basis)) for row in Sanction.objects.all()] == [(2026, 1)]


@pytest.mark.parametrize(
    "given", [{"unit": "x"}, {"unit": "9" * 30}, {"about": "1"}, {"unit": "0", "about": "unit"}]
)
def test_a_nonsense_address_asks_again(express, given):
    assert 'name="reason"' not in shown(express, reverse("sanction_new"), **given)


def test_a_unit_is_proposed_about(unit, officer, express):
    address = reverse("sanction_new") + f"?unit={unit.pk}&about=unit"
    client = signed_in(express)
    assert f'value="{rung("referral").pk}"' not in client.get(address).content.decode()
    client.post(address, {"measure": rung("criticism").pk, "reason": "连续缺表"})
    assert Sanction.objects.get().cadre is None


# --- The rules --------------------------------------------------------------------------------------------------------


def test_a_rule_is_changed_after_a_second_look(chen, express, express_head):
    begins()
    stands(chen, date(2026, 11, 3))
    draft(chen.unit)
    address = reverse("trigger", args=["SANC-1-REPEAT"])
    assert address in shown(express_head, reverse("ladder"))
    assert address not in shown(express, reverse("ladder"))
    client = signed_in(express_head)
    seen = client.get(address).content.decode().split('name="seen" value="')[1].split('"')[0]
    given = {"active": "on", "times": "1", "measure": rung("criticism").pk, "seen": seen}
    asked = client.post(address, given).content.decode()
    assert 'name="confirmed"' in asked
    assert not Trigger.objects.get(code="SANC-1-REPEAT").active
    response = client.post(address, {**given, "confirmed": "on"})
    assert response.headers["Location"] == reverse("ladder")
    rule = Trigger.objects.get(code="SANC-1-REPEAT")
    assert (rule.active, rule.times) == (True, 1)
    # Somebody else had the form open at the same time.
    overtaken = {**given, "times": "4", "confirmed": "on"}
    assert client.post(address, overtaken).status_code == 422
    assert Trigger.objects.get(code="SANC-1-REPEAT").times == 1


@pytest.mark.parametrize("changed", [{"times": "0"}, {"times": "x"}, {"measure": "0"}])
def test_what_makes_no_sense_is_refused(express_head, changed):
    given = {"active": "on", "times": "1", "measure": rung("criticism").pk, **changed}
    response = signed_in(express_head).post(reverse("trigger", args=["COMP-2"]), given)
    assert response.status_code == 422


def test_a_rule_that_is_not_there_is_not_found(express_head):
    assert signed_in(express_head).get(reverse("trigger", args=["NONE-1"])).status_code == 404


@pytest.mark.parametrize("who", ["officer", "head", "express", "supervisor", "discipline"])
def test_all_staff_read_the_ladder(request, who):
    text = shown(request.getfixturevalue(who), reverse("ladder"))
    assert "COMP-2" in text
    assert "效能告诫" in text


# --- On paper ---------------------------------------------------------------------------------------------------------


def test_which_paper_it_is_and_what_stands_on_it(unit, chen, lin, wei, zhou):
    caution = served(chen, "caution", witness="朱立")
    content = sanction_papers.decision(caution)
    assert (content.kind, content.number_text) == (DECISION, "龙效能告〔2026〕1号")
    assert (content.to.name, content.to.unit, content.to.post) == ("陈砚", "青窑局", "副科长")
    assert (content.skipped, bool(content.skipped_reason)) == (("批评教育", "效能诫勉"), True)
    assert content.service is not None
    assert (content.service.receipt, content.service.witness) == ("refused", "朱立")
    assert sanction_papers.decision(decided(lin, "criticism")).kind == RECORD
    assert sanction_papers.decision(decided(wei, "referral")).kind == REFERRAL
    zhou.unit.vertically_managed = True
    zhou.unit.save()
    assert sanction_papers.decision(decided(zhou, "caution")).kind == RECOMMENDATION
    milder = decide(defended(proposed(chen, "circular")), "caution", day=TODAY)
    assert sanction_papers.decision(milder).proposed_measure == "全市通报批评"


@pytest.mark.parametrize("make", [proposed, decided, served])
def test_the_paper_is_printed_at_every_step(chen, officer, make):
    sanction = make(chen, "caution")
    response = signed_in(officer).get(page(sanction, "sanction_pdf"))
    assert (response.status_code, response.content[:4]) == (200, b"%PDF")


def test_a_cadre_prints_what_was_decided_and_no_draft(chen):
    assert signed_in(chen.user).get(page(proposed(chen), "my_sanction_pdf")).status_code == 404
    response = signed_in(chen.user).get(page(decided(chen, "caution"), "my_sanction_pdf"))
    assert response.content[:4] == b"%PDF"


def test_what_was_dropped_has_no_paper(chen, officer):
    sanction = decide(proposed(chen), None)
    assert signed_in(officer).get(page(sanction, "sanction_pdf")).status_code == 404


# --- Read before it is decided ----------------------------------------------------------------------------------------


def test_a_statement_written_after_the_page_was_shown_is_read_first(chen, express_head, later, monkeypatch):
    sanction = defended(proposed(chen, "criticism", day=TODAY))
    client, address = signed_in(express_head), page(sanction, "sanction_decide")
    given = {"decide-measure": rung("criticism").pk, "decide-reason": "情况属实", "decide-exemption": ""}
    given["decide-seen"] = seen_on(client.get(page(sanction)))
    defended(sanction, "补充：有会议通知为证")
    response = client.post(address, given)
    assert response.status_code == 422
    assert "补充：有会议通知为证" in response.content.decode()
    sanction.refresh_from_db()
    assert sanction.state == SanctionState.PROPOSED
    assert client.post(address, {**given, "decide-seen": seen_on(response)}).status_code == 302


def seen_on(response) -> str:
    found = re.search(r'name="decide-seen" value="([^"]+)"', response.content.decode())
    assert found is not None
    return found[1]


# --- Several roles, and units that somebody has moved between ---------------------------------------------------------


def test_a_commission_account_with_a_unit_sees_only_that_units_measures(chen, zhou, discipline, express_head):
    referral = proposed(zhou, "referral")
    theirs, other = proposed(chen), proposed(zhou)
    give(discipline, Role.UNIT_OFFICER, unit=chen.unit)
    client = signed_in(discipline)
    listed = shown(discipline, reverse("sanctions"))
    for sanction, status in ((theirs, 200), (other, 404), (referral, 404)):
        assert client.get(page(sanction)).status_code == status
        assert (page(sanction) in listed) is (status == 200)
    decide(referral, day=TODAY, actor=express_head)
    assert client.get(page(referral)).status_code == 200


def test_what_stands_follows_whoever_moves(chen, zhou, officer, other_officer):
    standing, lifted, opened = served(chen), set_aside(served(chen, "criticism")), proposed(chen, "caution")
    assert signed_in(other_officer).get(page(standing)).status_code == 404
    chen.unit = zhou.unit
    chen.save()
    for sanction, status in ((standing, 200), (lifted, 404), (opened, 404)):
        assert signed_in(other_officer).get(page(sanction)).status_code == status
        assert signed_in(officer).get(page(sanction)).status_code == 200
