"""The pages of objections: one's own, the unit's, the city's."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from appraisal.models import LedgerEntry, Objection
from tests.appraisal.ledgers import NOVEMBER, begins, draft, stands
from tests.appraisal.objecting import (
    LATER,
    OBJECTING,
    answered,
    drafted,
    objected,
    of_unit,
    published,
)
from tests.cast import give, make_cadre, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: OBJECTING)


def new(entry) -> str:
    return reverse("objection_new", args=[entry.unit.code, entry.sequence])


def enter(entry) -> str:
    return reverse("objection_enter", args=[entry.unit.code, entry.sequence])


def page_of(objection) -> str:
    return reverse("objection", args=[objection.pk])


# --- One's own --------------------------------------------------------------------------------------------------------


def test_a_cadre_objects_and_reads_what_became_of_it(unit, chen, head):
    (entry,) = drafted(chen, 3)
    published(unit)
    client = signed_in(chen.user)
    shown = client.get(new(entry)).content.decode()
    assert "12月14日" in shown
    assert "40.00" in shown
    response = client.post(new(entry), {"text": "当时在市里开会"})
    objection = Objection.objects.get()
    assert response.headers["Location"] == reverse("my_objection", args=[objection.pk])
    # The second press of the button finds the first.
    assert client.post(new(entry), {"text": "当时在市里开会"}).status_code == 302
    mine = client.get(response.headers["Location"]).content.decode()
    assert "当时在市里开会" in mine
    assert "12月11日" in mine
    answered(objection, head)
    assert "会议签到表属实" in client.get(response.headers["Location"]).content.decode()
    assert Objection.objects.count() == 1


def test_without_words_the_form_comes_back(unit, chen):
    (entry,) = drafted(chen, 3)
    response = signed_in(chen.user).post(new(entry), {"text": "  "})
    assert response.status_code == 422
    assert not Objection.objects.exists()


def test_after_the_publication_the_page_says_so_and_has_no_form(unit, chen, monkeypatch):
    (entry,) = drafted(chen, 3)
    published(unit)
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    client = signed_in(chen.user)
    shown = client.get(new(entry)).content.decode()
    assert "12月14日" in shown
    assert "<textarea" not in shown
    response = client.post(new(entry), {"text": "晚了一天"})
    assert response.status_code == 422
    assert "12月14日" in response.content.decode()


def test_others_entries_and_objections_are_not_found(unit, chen, lin, zhou, other_officer):
    (entry,) = drafted(chen, 3)
    objection = objected(entry)
    assert signed_in(lin.user).get(new(entry)).status_code == 404
    assert signed_in(lin.user).get(reverse("my_objection", args=[objection.pk])).status_code == 404
    assert signed_in(zhou.user).get(new(entry)).status_code == 404
    client = signed_in(other_officer)
    for address in (
        page_of(objection),
        enter(entry),
        reverse("objection_withdraw", args=[objection.pk]),
    ):
        assert client.get(address).status_code == 404
    assert client.get(reverse("objection", args=[10**9])).status_code == 404
    assert signed_in(chen.user).get(reverse("objection_new", args=["D901", 99])).status_code == 404


def test_whoever_made_it_takes_it_back_after_a_question(unit, chen):
    objection = objected(drafted(chen, 3)[0])
    client, address = signed_in(chen.user), reverse("objection_withdraw", args=[objection.pk])
    assert client.get(address).status_code == 200
    assert Objection.objects.get().state == "open"
    response = client.post(address)
    assert response.headers["Location"] == reverse("my_objection", args=[objection.pk])
    assert Objection.objects.get().state == "withdrawn"
    assert address not in client.get(response.headers["Location"]).content.decode()


def test_taken_back_too_late_the_page_says_who_answered(unit, chen, head):
    objection = answered(objected(drafted(chen, 3)[0]), head)
    response = signed_in(chen.user).post(reverse("objection_withdraw", args=[objection.pk]))
    assert response.status_code == 422
    assert "何正" in response.content.decode()


# --- The unit ---------------------------------------------------------------------------------------------------------


def test_the_officer_enters_what_was_handed_in_on_paper(unit, office, officer):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3)
    published(unit)
    client = signed_in(officer)
    assert 'type="date"' in client.get(enter(entry)).content.decode()
    assert client.post(enter(entry), {"text": "照抄", "paper_on": ""}).status_code == 422
    response = client.post(enter(entry), {"text": "照抄", "paper_on": "2026-12-07"})
    objection = Objection.objects.get()
    assert response.headers["Location"] == page_of(objection)
    assert "12月7日" in client.get(page_of(objection)).content.decode()


def test_the_officer_enters_nothing_for_somebody_with_an_account(unit, chen, officer):
    (entry,) = drafted(chen, 3)
    client = signed_in(officer)
    assert "<textarea" not in client.get(enter(entry)).content.decode()
    assert client.post(enter(entry), {"text": "代写", "paper_on": "2026-12-07"}).status_code == 422
    assert not Objection.objects.exists()


def test_the_head_objects_for_the_unit_and_the_city_answers(unit, head, express):
    entry = of_unit(unit)
    response = signed_in(head).post(enter(entry), {"text": "当日停电，已报备"})
    objection = Objection.objects.get()
    assert response.headers["Location"] == page_of(objection)
    shown = signed_in(head).get(page_of(objection)).content.decode()
    assert reverse("objection_decide", args=[objection.pk]) not in shown
    assert "效能直通车" in shown
    assert (
        reverse("objection_decide", args=[objection.pk])
        in signed_in(express).get(page_of(objection)).content.decode()
    )


# --- Who reads it, who answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "reads", "answers"),
    [
        ("head", True, True),
        ("officer", True, False),
        ("express", True, False),
        ("supervisor", True, False),
        ("other_officer", False, False),
    ],
)
def test_who_reads_it_and_who_has_the_form(request, unit, chen, head, who, reads, answers):
    objection = objected(drafted(chen, 3)[0])
    response = signed_in(request.getfixturevalue(who)).get(page_of(objection))
    assert (response.status_code == 200) is reads
    assert (reverse("objection_decide", args=[objection.pk]) in response.content.decode()) is answers


def test_the_head_answers_and_is_led_back(unit, chen, head):
    objection = objected(drafted(chen, 3)[0])
    client, address = signed_in(head), reverse("objection_decide", args=[objection.pk])
    given = {"answer-decision": "sustain", "answer-reason": "会议签到表属实"}
    assert client.post(address, {**given, "answer-reason": ""}).status_code == 422
    for _press in range(2):
        assert client.post(address, given).headers["Location"] == page_of(objection)
    assert LedgerEntry.objects.filter(kind="reversal").count() == 1


def test_the_slower_of_two_reads_who_and_what(unit, chen, head):
    second = make_user("second", "何二")
    give(second, Role.LEADING_GROUP_HEAD, unit=unit)
    objection = answered(objected(drafted(chen, 3)[0]), head, sustain=False)
    response = signed_in(second).post(
        reverse("objection_decide", args=[objection.pk]),
        {"answer-decision": "sustain", "answer-reason": "另一种看法"},
    )
    shown = response.content.decode()
    assert response.status_code == 422
    assert "何正" in shown
    assert "会议签到表属实" in shown
    # What was typed is not lost.
    assert "另一种看法" in shown


def test_who_may_not_answer_and_posts_all_the_same_is_refused(unit, chen, head, express):
    objection = objected(drafted(chen, 3)[0])
    response = signed_in(express).post(
        reverse("objection_decide", args=[objection.pk]),
        {"answer-decision": "sustain", "answer-reason": "x"},
    )
    assert response.status_code == 422
    assert Objection.objects.get().state == "open"


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_has_what_waits_first_and_filters(unit, chen, lin, head, officer):
    first, second = drafted(chen, 3, 4)
    answered(objected(first), head)
    waiting = objected(second)
    address = reverse("objections")
    client = signed_in(head)
    shown = client.get(address).content.decode()
    assert shown.index(page_of(waiting)) < shown.index(page_of(Objection.objects.get(entry=first)))
    assert page_of(waiting) in client.get(address, {"state": "waits"}).content.decode()
    rejected = client.get(address, {"state": "rejected"}).content.decode()
    assert page_of(waiting) not in rejected
    # The officer does not answer: nothing waits for them.
    assert 'value="waits"' not in signed_in(officer).get(address).content.decode()


def test_the_list_shows_what_is_overdue(unit, chen, head, monkeypatch):
    objected(drafted(chen, 3)[0])
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    assert 'class="tag bad"' in signed_in(head).get(reverse("objections")).content.decode()


def many(office, number) -> None:
    people = [make_cadre(office, f"众{place}") for place in range(number)]
    for cadre in people:
        stands(cadre, date(2026, 11, 3))


@pytest.mark.parametrize("state", ["", "waits"])
def test_the_list_takes_the_same_queries_for_one_and_for_many(
    unit, office, officer, head, state, django_assert_max_num_queries
):
    begins()
    many(office, 12)
    draft(unit)
    entries = list(LedgerEntry.objects.filter(unit=unit, month=NOVEMBER).select_related("cadre", "unit"))
    objected(entries[0], officer, paper_on=date(2026, 12, 7))
    client, address = signed_in(head), reverse("objections")
    client.get(address)
    with django_assert_max_num_queries(40) as one:
        client.get(address, {"state": state})
    for entry in entries[1:]:
        objected(entry, officer, paper_on=date(2026, 12, 7))
    with django_assert_max_num_queries(len(one)):
        assert client.get(address, {"state": state}).content.decode().count("desk/objections/") >= 12


def test_the_page_of_one_takes_few_queries(unit, chen, head, django_assert_max_num_queries):
    objection = objected(drafted(chen, 3)[0])
    client = signed_in(head)
    client.get(page_of(objection))
    with django_assert_max_num_queries(40):
        client.get(page_of(objection))
