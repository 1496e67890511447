"""The pages of the print shop: /desk/print/ and /desk/reprints/."""

import html
import re
import uuid

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import City, Role, User
from cards import services
from cards.models import Card, Office, Placement, PrintKind
from cards.printing.gathering import batch, documents, holders
from common.models import Job
from tests.cast import NOW, TODAY, crowd, give, issue_card, make_cadre, signed_in


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.SITE_URL, settings.SITE_HOST, settings.HTTPS = "https://id.ceshi.gov.cn", "id.ceshi.gov.cn", True


def english(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def desk(officer) -> Client:
    return english(officer)


def words(text: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", text).split()))


def print_now() -> None:
    found = documents(PrintKind.PLAQUE, holders(Card.objects.valid(), TODAY), City.current())
    prints = [printed for document in found for printed in document.prints]
    services.prints_record(prints=prints, actor=None, now=NOW)


# --- Print -----------------------------------------------------------------------------------------------------------


def test_an_officer_prints_the_unit_and_is_led_to_the_job(desk, officer, unit, lin, chen):
    for cadre in (lin, chen):
        issue_card(cadre)
    page = words(desk.get("/desk/print/").text)
    assert "青窑局" in page
    assert "2 plaques" in page
    once = uuid.uuid4().hex
    for _click in range(2):
        response = desk.post("/desk/print/", {"kind": "plaque", "start": "1", "once": once})
        job = Job.objects.get()
        assert (response.status_code, response.url) == (302, f"/desk/jobs/{job.pk}/")
    assert (job.kind, job.unit_id, job.created_by) == ("print", unit.pk, officer)
    assert [item.label for item in job.items.all()] == ["D901 青窑局"]


def test_nobody_prints_for_another_unit(desk, zhou):
    issue_card(zhou)
    assert desk.get("/desk/print/", {"unit": "T902"}).status_code == 404
    assert desk.post("/desk/print/?unit=T902", {"kind": "plaque"}).status_code == 404
    assert not Job.objects.exists()


def test_an_officer_of_two_units_prints_one_at_a_time(desk, officer, lin, zhou, other_unit):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    for cadre in (lin, zhou):
        issue_card(cadre)
    assert "All units" not in words(desk.get("/desk/print/").text)
    desk.post("/desk/print/?unit=T902", {"kind": "plaque"})
    assert Job.objects.get().unit_id == other_unit.pk


def test_the_express_prints_one_unit_or_all(express, lin, zhou, other_unit):
    for cadre in (lin, zhou):
        issue_card(cadre)
    client = english(express)
    assert "2 plaques of 2 units" in words(client.get("/desk/print/").text)
    client.post("/desk/print/", {"kind": "plaque"})
    assert Job.objects.get().unit_id is None
    Job.objects.all().delete()
    assert "1 plaque" in words(client.get("/desk/print/?unit=T902").text)
    client.post("/desk/print/?unit=T902", {"kind": "plaque"})
    assert Job.objects.get().unit_id == other_unit.pk


@pytest.mark.parametrize("data", [{}, {"kind": "poster"}, {"kind": "plaque", "start": "11"}])
def test_a_form_that_makes_no_sense_comes_back(data, desk, lin):
    issue_card(lin)
    response = desk.post("/desk/print/", data)
    assert response.status_code == 422
    assert "There is a problem" in words(response.text)
    assert not Job.objects.exists()


def test_a_unit_without_cards_has_nothing_to_print(desk, lin):
    assert "Nobody here has a valid card" in words(desk.get("/desk/print/").text)
    assert desk.post("/desk/print/", {"kind": "plaque"}).status_code == 422


def test_what_is_missing_in_the_city_is_said_on_the_form(desk, lin):
    issue_card(lin)
    City.objects.update(express_hotline="")
    response = desk.post("/desk/print/", {"kind": "plaque"})
    assert response.status_code == 422
    assert "Efficiency Express hotline is not entered" in words(response.text)


# --- Reprints --------------------------------------------------------------------------------------------------------


def test_the_list_names_person_room_and_reason(desk, lin, chen):
    for cadre in (lin, chen):
        issue_card(cadre)
    print_now()
    assert "Nothing to reprint" in words(desk.get("/desk/reprints/").text)
    Office.objects.update(room="309")
    page = words(desk.get("/desk/reprints/").text)
    assert "林一帆 主楼三楼 309" in page
    assert "Room: 主楼三楼 301 → 主楼三楼 309" in page
    assert "Print these 2" in page


def test_exactly_these_are_printed(desk, lin, chen, unit):
    for cadre in (lin, chen):
        issue_card(cadre)
    print_now()
    lin.office_phone = "0578-7120199"
    lin.save()
    response = desk.post("/desk/reprints/print/", {"list": "plaque", "once": uuid.uuid4().hex})
    job = Job.objects.get()
    assert response.url == f"/desk/jobs/{job.pk}/"
    assert job.unit_id == unit.pk
    assert job.params == {"kind": "plaque", "start": 1, "cards": [lin.cards.get().pk]}


def test_those_who_were_never_printed_get_plaques(desk, lin):
    card = issue_card(lin)
    assert "no plaque of it was ever printed" in words(desk.get("/desk/reprints/", {"list": "never"}).text)
    desk.post("/desk/reprints/print/", {"list": "never"})
    assert Job.objects.get().params == {"kind": "plaque", "start": 1, "cards": [card.pk]}


@pytest.mark.parametrize("data", [{}, {"list": "plaque"}, {"list": "nonsense"}])
def test_an_empty_list_starts_nothing(data, desk, lin):
    response = desk.post("/desk/reprints/print/", data, follow=True)
    assert "There is nothing to print." in words(response.text)
    assert not Job.objects.exists()


def test_the_city_sees_all_units_and_picks_one(express, lin, zhou):
    for cadre in (lin, zhou):
        issue_card(cadre)
    client = english(express)
    page = words(client.get("/desk/reprints/").text)
    assert "林一帆 青窑局" in page
    assert "周渡 剑潭镇" in page
    assert "剑潭镇 (1)" in page
    page = words(client.get("/desk/reprints/", {"unit": "T902"}).text)
    assert "林一帆" not in page
    client.post("/desk/reprints/print/", {"list": "never", "unit": "T902"})
    assert [item.label for item in Job.objects.get().items.all()] == ["T902 剑潭镇"]


def test_an_officer_of_two_units_starts_a_job_in_each(desk, officer, lin, zhou, unit, other_unit):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    for cadre in (lin, zhou):
        issue_card(cadre)
    for _click in range(2):
        response = desk.post("/desk/reprints/print/", {"list": "never", "once": "0" * 32})
        assert response.url == "/desk/jobs/"
    assert set(Job.objects.values_list("unit_id", flat=True)) == {unit.pk, other_unit.pk}
    assert Job.objects.count() == 2


def test_another_unit_s_list_is_nobody_s_business(desk, zhou):
    issue_card(zhou)
    assert desk.get("/desk/reprints/", {"unit": "T902"}).status_code == 404
    assert desk.post("/desk/reprints/print/", {"list": "never", "unit": "T902"}).status_code == 404
    assert "周渡" not in desk.get("/desk/reprints/").text


def test_a_head_reads_and_prints_nothing(head, lin):
    issue_card(lin)
    page = english(head).get("/desk/reprints/")
    assert "林一帆" in page.text
    assert "Print this one" not in words(page.text)


@pytest.mark.parametrize("most", [1, 3, 300])
def test_the_list_asks_as_often_for_one_as_for_many(most, desk, office):
    crowd(office, most)
    print_now()
    Office.objects.update(room="309")
    desk.get("/desk/reprints/")
    with CaptureQueriesContext(connection) as queries:
        response = desk.get("/desk/reprints/")
    assert len(response.context["rows"]) == min(most, 50)
    assert len(queries) == 15


def test_rooms_of_several_units_are_in_the_order_of_their_codes(express, office, other_office):
    for name, where in (("乙", other_office), ("甲", office)):
        issue_card(make_cadre(where, name))
    rows = english(express).get("/desk/reprints/").context["rows"]
    names = [item.row.holder.name for item, _unit, _known in rows]
    assert names == ["甲", "乙"]


@pytest.mark.parametrize("who", ["officer", "express"])
def test_the_desk_counts_outdated_plaques(who, request, lin, chen):
    for cadre in (lin, chen):
        issue_card(cadre)
    print_now()
    client = english(request.getfixturevalue(who))
    assert "Outdated plaques 0" in words(client.get("/desk/").text)
    lin.office_phone = "0578-7120199"
    lin.save()
    if who == "express":
        # The city's figure may be a minute old: it compares every door with the log.
        assert "Outdated plaques 0" in words(client.get("/desk/").text)
        cache.clear()
    page = client.get("/desk/").text
    assert "Outdated plaques 1" in words(page)
    assert 'href="/desk/reprints/"' in page


def test_a_guest_stands_on_the_list_of_the_room_with_the_home_unit_and_without_a_link(
    desk, lin, chen, zhou, office
):
    for cadre in (lin, chen, zhou, make_cadre(zhou.office, "许诺")):
        issue_card(cadre)
    for unit in (lin.unit, zhou.unit):
        (sheet,) = batch(PrintKind.COMBINED, unit_id=unit.pk, city=City.current(), today=TODAY).documents
        services.prints_record(prints=sheet.prints, actor=None, now=NOW)
    Placement.objects.create(cadre=zhou, kind="secondment", office=office, valid_from=TODAY)
    page = desk.get("/desk/reprints/", {"list": "combined"}).text
    assert "周渡 from 剑潭镇" in words(page)
    assert f"/desk/cadres/{lin.pk}/" in page
    assert f"/desk/cadres/{zhou.pk}/" not in page
