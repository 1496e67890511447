"""One code, several readers: who is signed in and scans a plaque lands where they have something to do."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import Membership, Role, Unit, User
from attendance.models import OpenRound, SpotCheck
from cards import services as cards
from cards.models import Cadre, Card, Placement
from tests.cast import NOW, TODAY, give, issue_card, make_cadre, make_office, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def card(chen: Cadre, lin: Cadre) -> Card:
    return issue_card(chen)


def scan(user: User, card: Card, query: str = "", **more) -> str:
    """Where the scan leads; empty for the public page."""
    response = signed_in(user).get(f"/c/{card.token}{query}", **more)
    if response.status_code == 200:
        assert "sign-in" not in response.text
        return ""
    assert response.status_code == 302
    assert response["Cache-Control"] == "private, no-store"
    return response["Location"]


def check(planner: User, inspector: User, *units: Unit, **fields) -> SpotCheck:
    facts = {"kind": "targeted", "reason": "回头看", "begins_at": NOW, "planned_at": NOW}
    check = SpotCheck.objects.create(planned_by=planner, **{**facts, **fields})
    check.inspectors.add(inspector)
    check.units.set(units)
    return check


# --- Everybody ---------------------------------------------------------------------------------------------------


def test_a_citizen_costs_what_they_always_did(card: Card, django_assert_num_queries) -> None:
    client = Client()
    client.get(f"/c/{card.token}")
    with django_assert_num_queries(13):
        response = client.get(f"/c/{card.token}")
    assert response.status_code == 200
    assert "/sign-in/" not in response.text
    with django_assert_num_queries(0):
        assert client.get(f"/c/?code={card.token}")["Location"] == f"/c/{card.token}"


def test_others_who_are_signed_in_see_the_public_page(
    card: Card,
    lin: Cadre,
    head: User,
    express: User,
    supervisor: User,
    other_officer: User,
    discipline: User,
    administrator: User,
) -> None:
    for user in (lin.user, head, express, supervisor, other_officer, discipline, administrator):
        assert scan(user, card) == "", user


def test_a_session_that_has_ended_is_a_citizens(card: Card, officer: User) -> None:
    client = signed_in(officer)
    client.session.flush()
    assert client.get(f"/c/{card.token}").status_code == 200
    client = signed_in(officer)
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert client.get(f"/c/{card.token}").status_code == 200


def test_a_revoked_card_is_revoked_for_everybody(card: Card, chen: Cadre, officer: User) -> None:
    cards.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    for user in (chen.user, officer):
        assert signed_in(user).get(f"/c/{card.token}").status_code == 404


# --- The cadre ---------------------------------------------------------------------------------------------------


def test_the_cadre_lands_on_their_own_page(card: Card, chen: Cadre) -> None:
    assert scan(chen.user, card) == "/me/"


def test_the_cadre_sees_the_public_page_when_asked_for(card: Card, chen: Cadre) -> None:
    assert f"/c/{card.token}?public=1" in signed_in(chen.user).get("/me/").text
    assert scan(chen.user, card, "?public=1") == ""


def test_a_cadre_whose_role_has_ended_sees_the_public_page(card: Card, chen: Cadre) -> None:
    Membership.objects.filter(user=chen.user).update(valid_to=TODAY - timedelta(days=1))
    assert scan(chen.user, card) == ""


# --- The officer -------------------------------------------------------------------------------------------------


def test_the_officer_lands_on_the_person_in_todays_round(card: Card, chen: Cadre, officer: User) -> None:
    assert scan(officer, card) == f"/desk/sheet/D901/?again=1#person-{chen.pk}"
    assert signed_in(officer).get("/desk/sheet/D901/").status_code == 200


def test_in_the_part_that_is_being_walked(card: Card, chen: Cadre, officer: User, unit: Unit) -> None:
    for number, part in enumerate(("主楼五楼", "主楼三楼")):
        OpenRound.objects.create(
            unit=unit, day=TODAY, checker=officer, scope=part, begun_at=NOW + timedelta(minutes=number)
        )
    landed = scan(officer, card)
    assert landed == f"/desk/sheet/D901/?part=%E4%B8%BB%E6%A5%BC%E4%B8%89%E6%A5%BC&again=1#person-{chen.pk}"


def test_the_place_of_work_decides_whose_officer(
    card: Card, chen: Cadre, officer: User, other_officer: User, other_office
) -> None:
    Placement.objects.create(cadre=chen, kind="secondment", office=other_office, valid_from=TODAY)
    assert scan(officer, card) == ""
    assert scan(other_officer, card) == f"/desk/sheet/T902/?again=1#person-{chen.pk}"


def test_a_deputy_is_an_officer_on_their_days_only(card: Card, unit: Unit) -> None:
    deputy = make_user("deputy")
    give(deputy, Role.UNIT_OFFICER, unit=unit)
    Membership.objects.filter(user=deputy).update(valid_from=TODAY, valid_to=TODAY)
    assert scan(deputy, card) != ""
    Membership.objects.filter(user=deputy).update(
        valid_from=TODAY - timedelta(days=2), valid_to=TODAY - timedelta(days=1)
    )
    assert scan(deputy, card) == ""


def test_an_officer_who_scans_their_own_plaque_is_the_cadre(card: Card, chen: Cadre, unit: Unit) -> None:
    give(chen.user, Role.UNIT_OFFICER, unit=unit)
    assert scan(chen.user, card) == "/me/"


def test_links_of_our_own_pages_lead_where_they_say(card: Card, officer: User) -> None:
    """A name clicked in the directory is no scan; a code typed there is one."""
    assert scan(officer, card, headers={"Sec-Fetch-Site": "same-origin"}) == ""
    typed = signed_in(officer).get(f"/c/?code={card.token}", headers={"Sec-Fetch-Site": "same-origin"})
    assert typed["Location"].startswith("/desk/sheet/D901/")


# --- The inspector -----------------------------------------------------------------------------------------------


def test_an_inspector_stands_at_the_door(
    card: Card, chen: Cadre, unit: Unit, express: User, officer: User
) -> None:
    spot = check(officer, express, unit)
    landed = scan(express, card)
    assert landed == f"/desk/spot/{spot.pk}/door/{chen.office_id}/"
    assert signed_in(express).get(landed).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"begins_at": NOW + timedelta(minutes=1)},  # sealed
        {"closed_at": NOW},
        {"cancelled_at": NOW, "cancel_reason": "台风"},
    ],
)
def test_before_and_after_a_spot_check_the_page_is_public(
    fields: dict, card: Card, unit: Unit, express: User, officer: User
) -> None:
    check(officer, express, unit, **fields)
    assert scan(express, card) == ""


def test_a_spot_check_of_other_units_or_others_leads_nowhere(
    card: Card, unit: Unit, other_unit: Unit, express: User, express_head: User, officer: User
) -> None:
    check(officer, express, other_unit)
    check(officer, express_head, unit)
    assert scan(express, card) == ""


def test_a_missing_second_factor_is_asked_for_before_anything_is_shown(
    card: Card, unit: Unit, express: User, officer: User
) -> None:
    check(officer, express, unit)
    Authenticator.objects.filter(user=express).delete()
    client = signed_in(express)
    landed = client.get(f"/c/{card.token}")["Location"]
    assert client.get(landed)["Location"] == "/account/second-factor/set-up/"


def test_somebody_of_a_unit_under_check_is_at_their_place_of_work(
    card: Card, unit: Unit, other_unit: Unit, express: User, officer: User, chen: Cadre
) -> None:
    there = make_office(other_unit, "便民中心", "1")
    Placement.objects.create(cadre=chen, kind="service_hall", office=there, valid_from=TODAY)
    check(officer, express, unit)
    assert scan(express, card) == ""
    spot = check(officer, express, unit, other_unit)
    assert scan(express, card) == f"/desk/spot/{spot.pk}/door/{there.pk}/"


def test_people_without_an_account_have_plaques_too(unit: Unit, office, officer: User) -> None:
    cadre = make_cadre(office, "孟雪")
    assert scan(officer, issue_card(cadre)).endswith(f"#person-{cadre.pk}")
