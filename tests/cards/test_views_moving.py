"""The pages of transfers: who hands over, who takes in, who sees nothing of it; and officers of two units."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from cards import services
from cards.models import Cadre, CardRequest, Transfer
from tests.cast import NOW, TODAY, give, issue_card, make_cadre, make_unit, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def english(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def desk(officer: User) -> Client:
    return english(officer)


@pytest.fixture
def other_desk(other_officer: User) -> Client:
    return english(other_officer)


@pytest.fixture
def transfer(chen, other_unit, officer) -> Transfer:
    return services.transfer_propose(
        cadre=chen, to_unit=other_unit, first_day=TODAY, note="组织部通知", actor=officer, now=NOW
    )


def taken(office: Any, **changed: Any) -> dict[str, Any]:
    usual = {"posts": "主任", "duties": "接待来访", "office_phone": "0578-7120222"}
    return {"office": office.pk, **usual, **changed}


def test_handed_over_and_taken_in(desk, other_desk, chen, other_unit, other_office):
    card = issue_card(chen)
    page = desk.post(
        reverse("transfer_new", args=[chen.pk]),
        {"to_unit": other_unit.pk, "first_day": "2026-11-24", "note": ""},
        follow=True,
    ).text
    assert "Transfer to 剑潭镇 waits for that unit" in page
    transfer = Transfer.objects.get()
    assert "People to take in" in other_desk.get("/desk/").text
    assert chen.name in other_desk.get(reverse("transfers")).text
    url = reverse("transfer_decide", args=[transfer.pk])
    form = other_desk.get(url).context["accept_form"]
    assert (form["posts"].value(), form["office"].value()) == ("副科长", None)
    done = other_desk.post(url, taken(other_office))
    assert done["Location"] == reverse("cadre", args=[chen.pk])
    page = other_desk.get(done["Location"]).text
    assert "Reason: Moved to another unit" in page
    assert card.serial in page
    # The old unit reads what became of it, and sees the person no more.
    assert desk.get(done["Location"]).status_code == 404
    assert "Taken in" in desk.get(reverse("transfers")).text
    assert CardRequest.objects.get(decision="").reason == "transferred"
    assert "People to take in" not in other_desk.get("/desk/").text


def test_what_the_new_unit_must_say(other_desk, transfer, other_office, office):
    url = reverse("transfer_decide", args=[transfer.pk])
    response = other_desk.post(url, taken(other_office, posts="", office_phone="none"))
    assert response.status_code == 422
    assert response.text.count('class="error') >= 1
    # An office of the old unit is no choice, and a refusal keeps what was typed.
    response = other_desk.post(url, taken(office, duties="办理户籍"))
    assert response.status_code == 422
    assert "办理户籍" in response.text
    assert Cadre.objects.get(pk=transfer.cadre_id).unit_id == transfer.from_unit_id


def test_declined_with_a_reason_that_the_old_unit_reads(desk, other_desk, chen, transfer):
    url = reverse("transfer_decide", args=[transfer.pk])
    assert other_desk.post(url, {"decline": "1", "d-reason": ""}).status_code == 422
    assert other_desk.post(url, {"decline": "1", "d-reason": "编制已满"})["Location"] == reverse("transfers")
    page = desk.get(reverse("cadre", args=[chen.pk])).text
    assert "剑潭镇 has declined the transfer" in page
    assert "编制已满" in page
    shown = other_desk.get(url)
    assert shown.status_code == 200
    assert "Take in" not in shown.text.split("<main", 1)[1]


def test_withdrawn_by_the_old_unit_only(desk, other_desk, transfer):
    url = reverse("transfer_withdraw", args=[transfer.pk])
    assert desk.get(url).status_code == 405
    assert other_desk.post(url).status_code == 404
    assert desk.post(url)["Location"] == reverse("cadre", args=[transfer.cadre_id])
    transfer.refresh_from_db()
    assert transfer.decision == "withdrawn"
    assert desk.post(url)["Location"] == reverse("transfers")


def test_the_old_unit_does_not_take_in_and_third_ones_see_nothing(desk, transfer, chen):
    third = make_unit("T903", "第三镇")
    stranger = make_user("stranger")
    give(stranger, Role.UNIT_OFFICER, unit=third)
    url = reverse("transfer_decide", args=[transfer.pk])
    assert desk.get(url).status_code == 404
    assert english(stranger).get(url).status_code == 404
    assert chen.name not in english(stranger).get(reverse("transfers")).text
    assert english(stranger).get(reverse("transfer_new", args=[chen.pk])).status_code == 404


@pytest.mark.parametrize("who", ["head", "express", "supervisor", "administrator", "discipline"])
def test_only_officers_transfer(who, chen, transfer, request):
    client = signed_in(request.getfixturevalue(who))
    for url in (
        reverse("transfers"),
        reverse("transfer_new", args=[chen.pk]),
        reverse("transfer_decide", args=[transfer.pk]),
    ):
        assert client.get(url).status_code == 403


def test_not_before_the_first_day(other_desk, chen, other_unit, other_office, officer):
    transfer = services.transfer_propose(
        cadre=chen,
        to_unit=other_unit,
        first_day=TODAY + timedelta(days=1),
        note="",
        actor=officer,
        now=NOW,
    )
    url = reverse("transfer_decide", args=[transfer.pk])
    assert "Not before the first day" in other_desk.get(url).text
    assert other_desk.post(url, taken(other_office)).status_code == 422


def test_without_an_office_it_is_entered_first(chen, officer):
    third = make_unit("T903", "第三镇")
    give(officer, Role.UNIT_OFFICER, unit=third)
    transfer = services.transfer_propose(
        cadre=chen, to_unit=third, first_day=TODAY, note="", actor=officer, now=NOW
    )
    page = english(officer).get(reverse("transfer_decide", args=[transfer.pk])).text
    assert f"{reverse('office_new')}?unit=T903" in page


def test_the_list_asks_the_same_for_one_and_for_many(other_desk, office, other_unit, officer):
    counts = []
    for number in (1, 3, 30):
        for position in range(number):
            services.transfer_propose(
                cadre=make_cadre(office, f"众{number}{position}"),
                to_unit=other_unit,
                first_day=TODAY,
                note="",
                actor=officer,
                now=NOW,
            )
        with CaptureQueriesContext(connection) as queries:
            assert other_desk.get(reverse("transfers")).status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


def test_an_officer_of_two_units_says_for_which(officer, other_unit, unit):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    client = english(officer)
    for name in ("cadre_new", "office_new"):
        page = client.get(reverse(name)).text
        assert "For which unit?" in page
        assert f"?unit={unit.code}" in page
        assert f"?unit={other_unit.code}" in page
        assert "<form" not in page.split("<main", 1)[1]
        assert "For which unit?" not in client.get(reverse(name), {"unit": unit.code}).text


def test_a_stand_in_who_has_left_is_marked(desk, chen, lin, officer):
    services.cadre_end_service(
        cadre=lin, last_day=TODAY - timedelta(days=1), reason="retired", actor=officer, now=NOW
    )
    page = desk.get(reverse("cadre", args=[chen.pk])).text
    assert "name another one" in page
    assert "name another one" not in desk.get(reverse("cadre", args=[lin.pk])).text
