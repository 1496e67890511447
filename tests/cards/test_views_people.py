"""The unit's people and their cards: who sees what, who may change what, and what the forms answer."""

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import City, Role, Unit, User
from cards import services
from cards.models import Cadre, Card, CardRequest, Consent, Office, Placement, Printing, ShiftDay, Whereabouts
from cards.rules import State
from tests.cast import (
    NOW,
    TODAY,
    crowd,
    declare,
    give,
    issue_card,
    make_cadre,
    make_office,
    photograph,
    portrait,
)
from tests.cast import signed_in as sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def english(user: User) -> Client:
    client = sign_in(user)
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def desk(officer: User) -> Client:
    """The officer of the Kiln Bureau."""
    return english(officer)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1]))


def names(client: Client, url: str = "/desk/cadres/", **query: str) -> list[str]:
    response = client.get(url, query)
    assert response.status_code == 200
    return re.findall(r'<th scope="row"><a href="/desk/cadres/\d+/">([^<]+)</a>', response.text)


def entered(room: Office, **changed: Any) -> dict[str, Any]:
    return {
        "name": "孟雪",
        "office": room.pk,
        "posts": "科员\n团支部书记",
        "duties": "接待来访\n整理档案",
        "office_phone": "0578-7120108",
        "mobile": "",
        "stand_in": "",
        "employment_kind": "civil_servant",
        "serves_from": "2026-11-01",
        **changed,
    }


# --- The list ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("officer", {"陈砚", "林一帆"}),
        ("head", {"陈砚", "林一帆"}),
        ("supervisor", {"陈砚", "林一帆"}),
        ("other_officer", {"周渡"}),
        ("express", {"陈砚", "林一帆", "周渡"}),
        ("express_head", {"陈砚", "林一帆", "周渡"}),
    ],
)
def test_everybody_sees_the_people_within_their_reach(who, seen, chen, lin, zhou, request):
    client = english(request.getfixturevalue(who))
    assert set(names(client)) == seen
    # Asking for another unit widens nothing.
    wanted = {cadre.name for cadre in (zhou,)} & seen
    assert set(names(client, unit=zhou.unit.code)) == wanted


@pytest.mark.parametrize("who", ["administrator", "discipline"])
def test_who_has_no_business_with_people_sees_none(who, chen, request):
    client = english(request.getfixturevalue(who))
    assert client.get("/desk/cadres/").status_code == 403
    assert client.get(f"/desk/cadres/{chen.pk}/").status_code == 403


def test_an_officer_of_two_units_sees_both_and_chooses_for_a_new_person(
    officer, chen, zhou, other_unit, other_office
):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    client = english(officer)
    html = client.get("/desk/cadres/").text
    assert set(names(client)) == {"陈砚", "周渡"}
    assert names(client, unit=other_unit.code) == ["周渡"]
    assert "Add a person · 青窑局" in words(html)
    assert "Add a person · 剑潭镇" in words(html)
    assert "剑潭镇" in words(client.get("/desk/cadres/new/", {"unit": other_unit.code}).text)
    client.post(f"/desk/cadres/new/?unit={other_unit.code}", entered(other_office))
    assert Cadre.objects.get(name="孟雪").unit == other_unit


def test_an_officer_names_no_unit_but_their_own(desk, other_unit):
    assert desk.get("/desk/cadres/new/", {"unit": other_unit.code}).status_code == 404
    assert desk.get("/desk/offices/new/", {"unit": other_unit.code}).status_code == 404
    assert desk.get("/desk/cadres/new/", {"unit": "nowhere"}).status_code == 404


def test_an_office_that_ended_opens_nothing_any_more(officer, unit, chen):
    officer.memberships.update(valid_to=TODAY - timedelta(days=1))
    assert english(officer).get("/desk/cadres/").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("陈", ["陈砚"]),
        ("砚", ["陈砚"]),
        ("chen", ["陈砚"]),
        ("CHENYAN", ["陈砚"]),
        ("cy", ["陈砚"]),
        ("lyf", ["林一帆"]),
        (" 林 ", ["林一帆"]),
        ("yan", []),
        ("张", []),
        ("%", []),
        ("_", []),
    ],
)
def test_people_are_found_by_name_pinyin_and_initials(query, found, desk, chen, lin):
    assert names(desk, q=query) == found


def test_the_list_shows_post_status_and_card(desk, chen, lin):
    declare(chen, State.MEETING, until=NOW + timedelta(hours=1))
    card = issue_card(chen)
    row = words(desk.get("/desk/cadres/", {"q": "陈"}).text).split("Card 陈砚")[1]
    assert "办公室 301 副科长 In a meeting expected back 11:00 Set the whereabouts 陈砚" in row
    assert f"{card.serial} Plaque not printed" in row
    assert "no valid card" in words(desk.get("/desk/cadres/", {"q": "林"}).text)


def test_filters_by_card_and_service(desk, chen, lin, wei):
    issued = issue_card(chen)
    printed = issue_card(lin)
    prints = [services.Print(printed.pk, "combined", {}, "x"), services.Print(issued.pk, "contact", {}, "x")]
    services.prints_record(prints=prints, actor=None, now=NOW)
    Cadre.objects.filter(pk=wei.pk).update(serves_to=TODAY - timedelta(days=1))
    assert names(desk) == ["陈砚", "林一帆"]
    assert set(names(desk, all="1")) == {"陈砚", "林一帆", "韦诉𬱖"}
    assert names(desk, card="unprinted") == ["陈砚"]
    assert names(desk, card="none") == []
    assert names(desk, card="none", all="1") == ["韦诉𬱖"]
    assert "Nobody matches" in words(desk.get("/desk/cadres/", {"card": "none"}).text)


def test_pages_of_fifty(desk, office, unit):
    crowd(office, 120)
    assert len(names(desk)) == 50
    assert len(names(desk, page="3")) == 20
    assert len(names(desk, page="99")) == 20
    assert len(names(desk, page="x")) == 50


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["officer", "supervisor", "express"])
@pytest.mark.parametrize("url", ["/desk/cadres/", "/desk/"])
def test_the_list_and_the_desk_take_the_same_queries_for_1_3_and_300_people(url, who, office, city, request):
    client = english(request.getfixturevalue(who))
    counts = []
    for more in (1, 2, 297):
        people = crowd(office, more)
        Whereabouts.objects.bulk_create(
            Whereabouts(
                cadre=cadre, state="errand", since=NOW, until=NOW + timedelta(hours=1), recorded_at=NOW
            )
            for cadre in people
        )
        counts.append(queries(client, url))
    assert len(set(counts)) == 1, counts
    # The officer's desk also walks through today's round, and counts what complaints and praise there are; desks ask
    # what of measures, reviews, the year and the rollout waits.
    assert counts[0] <= (46 if (who, url) == ("officer", "/desk/") else 38)


def test_the_requests_take_the_same_queries_for_1_3_and_300_rows(express, office, officer):
    client = english(express)
    counts = []
    for more in (1, 2, 297):
        CardRequest.objects.bulk_create(
            CardRequest(cadre=cadre, requested_by=officer, requested_at=NOW)
            for cadre in crowd(office, more, cards=False)
        )
        counts.append(queries(client, "/desk/cards/"))
    assert len(set(counts)) == 1, counts


def test_the_offices_take_the_same_queries_for_1_3_and_300_rows(desk, unit):
    counts = []
    for numbers in (range(1), range(1, 3), range(3, 300)):
        Office.objects.bulk_create(
            Office(unit=unit, name=f"科室{number}", room=str(number)) for number in numbers
        )
        counts.append(queries(desk, "/desk/offices/"))
    assert len(set(counts)) == 1, counts


# --- One person --------------------------------------------------------------------------------------------------

DETAIL = (
    ("", "get"),
    ("edit/", "get"),
    ("photo.jpg", "get"),
    ("whereabouts/", "get"),
    ("consent/", "get"),
    ("end/", "get"),
    ("account/", "get"),
    ("card/request/", "get"),
    ("card/revoke/", "get"),
    ("plaque.pdf", "post"),
)
CHANGING = ("edit/", "whereabouts/", "consent/", "end/", "account/", "card/request/", "card/revoke/")


@pytest.mark.parametrize(("page", "method"), DETAIL)
def test_the_officer_of_another_unit_finds_nothing(page, method, chen, other_officer):
    photograph(chen)
    issue_card(chen)
    client = english(other_officer)
    assert getattr(client, method)(f"/desk/cadres/{chen.pk}/{page}").status_code == 404
    if page in CHANGING:
        before = (Cadre.objects.get(pk=chen.pk).serves_to, Card.objects.valid().count())
        data = {"state": "leave", "until_choice": "day", "last_day": "2026-11-24", "reason": "lost"}
        assert client.post(f"/desk/cadres/{chen.pk}/{page}", data).status_code == 404
        assert (Cadre.objects.get(pk=chen.pk).serves_to, Card.objects.valid().count()) == before
        assert not Whereabouts.objects.exists()


@pytest.mark.parametrize("who", ["express", "express_head", "supervisor", "head"])
@pytest.mark.parametrize("page", ["edit/", "whereabouts/", "consent/", "end/", "account/", "card/request/"])
def test_those_above_read_and_do_not_change(page, who, chen, request):
    client = english(request.getfixturevalue(who))
    html = client.get(f"/desk/cadres/{chen.pk}/").text
    assert "陈砚" in words(html)
    assert f"/desk/cadres/{chen.pk}/{page}" not in html
    assert "139 0000 0000" not in html
    for method in ("get", "post"):
        assert getattr(client, method)(f"/desk/cadres/{chen.pk}/{page}").status_code == 403


def test_a_supervisor_sees_only_the_units_of_their_group(supervisor, chen, zhou):
    client = english(supervisor)
    assert client.get(f"/desk/cadres/{chen.pk}/").status_code == 200
    assert client.get(f"/desk/cadres/{zhou.pk}/").status_code == 404


def test_the_page_of_a_person(desk, chen, lin):
    chen.refresh_from_db()
    photograph(chen)
    card = issue_card(chen)
    html = desk.get(f"/desk/cadres/{chen.pk}/").text
    for expected in (
        f"Card no. {card.serial}",
        "requested by 经办人, approved by 经办人",
        "Nothing has been printed yet.",
        "办公室 · 主楼三楼 301",
        "副科长",
        "受理林木采伐许可",
        "139 0000 0000",
        "林一帆",
        "Civil servant",
        "since 1 January 2020",
        "given on 24 November · 签字同意书",
        "Person entered",
        "Card issued",
        "Photo uploaded",
        "chen",
    ):
        assert expected in words(html), expected


def test_the_history_says_who_changed_what(desk, officer, chen, office):
    response = desk.post(
        f"/desk/cadres/{chen.pk}/edit/",
        entered(office, name="陈墨", posts="副科长", duties="受理林木采伐许可\n解答政策咨询"),
    )
    assert response.headers["Location"] == f"/desk/cadres/{chen.pk}/"
    history = words(desk.get(f"/desk/cadres/{chen.pk}/").text).split("History")[1]
    assert "Details changed 24 November 10:00 · 纪明" in history
    assert "Name: 陈砚 → 陈墨" in history
    assert "Office phone: 0578-7120101 → 0578-7120108" in history
    assert "Mobile: 139 0000 0000 → none" in history
    assert "Posts" not in history.split("Person entered")[0].split("Details changed")[1]


def test_a_secondment_stands_on_the_page(desk, chen, other_office):
    Placement.objects.create(cadre=chen, kind="secondment", office=other_office, valid_from=TODAY)
    assert "青窑局 · works at 党政办 102" in words(desk.get(f"/desk/cadres/{chen.pk}/").text)


def test_somebody_who_has_left_can_only_be_read(desk, chen):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    html = desk.get(f"/desk/cadres/{chen.pk}/").text
    assert "No longer in service" in words(html)
    for page in ("card/request/", "whereabouts/", "account/"):
        assert f"/desk/cadres/{chen.pk}/{page}" not in html


def test_a_last_day_entered_by_mistake_is_withdrawn(desk, chen):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    html = desk.post(f"/desk/cadres/{chen.pk}/end/", {"withdraw": "1"}, follow=True).text
    assert "The last day of service has been withdrawn." in words(html)
    assert "End of service withdrawn" in words(html)
    assert Cadre.objects.get(pk=chen.pk).serves_to is None


def test_the_mobile_number_in_the_history_is_for_the_unit_officer_only(desk, chen, office, express, head):
    desk.post(f"/desk/cadres/{chen.pk}/edit/", entered(office, name="陈墨"))
    page = f"/desk/cadres/{chen.pk}/"
    assert "139 0000 0000" in desk.get(page).text
    for reader in (express, head):
        html = english(reader).get(page).text
        assert "陈砚 → 陈墨" in words(html)
        assert "139 0000 0000" not in html


def test_the_photo_of_the_plaque_is_for_those_who_see_the_person(desk, chen):
    assert desk.get(f"/desk/cadres/{chen.pk}/photo.jpg").status_code == 404
    photograph(chen, consent=False)
    response = desk.get(f"/desk/cadres/{chen.pk}/photo.jpg")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert response.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("url", "method"),
    [
        ("/desk/cadres/", "post"),
        ("/desk/cadres/{pk}/", "post"),
        ("/desk/cadres/{pk}/photo.jpg", "post"),
        ("/desk/cadres/{pk}/plaque.pdf", "get"),
        ("/desk/cadres/{pk}/plaque.pdf", "head"),
        ("/desk/cadres/{pk}/edit/", "put"),
        ("/desk/cadres/{pk}/card/revoke/", "delete"),
        ("/desk/offices/", "post"),
    ],
)
def test_wrong_methods(url, method, desk, chen):
    assert getattr(desk, method)(url.format(pk=chen.pk)).status_code == 405


# --- Entering and changing ---------------------------------------------------------------------------------------


def test_a_person_is_added_with_a_photo(desk, office, chen):
    photo = SimpleUploadedFile("IMG_0001.jpg", portrait().getvalue(), "image/jpeg")
    data = entered(
        office,
        name="  买买提 •  吐尔逊 ",
        posts="1. 科员\n2、 团支部书记",
        duties="（1）接待来访\n\n二维码管理",
        office_phone="０５７８－７１２０１０８",
        stand_in=chen.pk,
        photo=photo,
    )
    response = desk.post("/desk/cadres/new/", data, follow=True)
    cadre = Cadre.objects.get(name__startswith="买买提")
    assert response.redirect_chain == [(f"/desk/cadres/{cadre.pk}/", 302)]
    assert (cadre.name, cadre.unit, cadre.stand_in) == ("买买提 · 吐尔逊", office.unit, chen)
    assert cadre.office_phone == "0578-7120108"
    assert [post.title for post in cadre.posts.all()] == ["科员", "团支部书记"]
    assert [duty.text for duty in cadre.duties.all()] == ["接待来访", "二维码管理"]
    assert cadre.photo
    assert "has been added. Request the card next." in words(response.text)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"name": ""}, "Name: Fill this in."),
        ({"name": "长" * 51}, "Name: Ensure this value has at most 50 characters"),
        ({"office": ""}, "Office: Choose one."),
        ({"office": "999999"}, "Office: Select a valid choice."),
        ({"posts": ""}, "Posts: Fill this in."),
        ({"posts": "1.\n2."}, "Posts: Enter at least one post."),
        ({"posts": "\n".join("甲乙丙丁戊")}, "Posts: At most 4 lines fit on the plaque."),
        ({"duties": "职" * 121}, "Duties: Line 1 is longer than 120 characters."),
        ({"office_phone": "call me"}, "Office phone: Enter a telephone number such as 0578-7212345."),
        ({"mobile": "13900000000x"}, "Mobile: A mobile number has 11 digits and begins with 1"),
        ({"mobile": "1390000"}, "Mobile: A mobile number has 11 digits and begins with 1"),
        ({"employment_kind": "robot"}, "Employment: Select a valid choice."),
        ({"serves_from": "yesterday"}, "In service from: Enter a valid date."),
    ],
)
@pytest.mark.parametrize("url", ["/desk/cadres/new/", "edit"])
def test_what_is_wrong_in_the_form_is_said_and_the_rest_is_kept(url, wrong, error, desk, office, chen):
    url = f"/desk/cadres/{chen.pk}/edit/" if url == "edit" else url
    response = desk.post(url, entered(office, **wrong))
    assert response.status_code == 422
    assert error in words(response.text)
    assert "There is a problem" in words(response.text)
    if "office_phone" not in wrong:
        assert 'value="0578-7120108"' in response.text
    assert list(Cadre.objects.values_list("name", flat=True)) == ["陈砚"]


def test_an_empty_form_is_an_error_not_a_first_visit(desk, chen):
    for page in ("edit/", "end/", "consent/"):
        assert desk.post(f"/desk/cadres/{chen.pk}/{page}").status_code == 422
    assert desk.post("/desk/cadres/new/").status_code == 422
    assert desk.post("/desk/offices/new/").status_code == 422


def test_the_office_and_stand_in_of_another_unit_are_no_choice(desk, office, other_office, zhou):
    for wrong in ({"office": other_office.pk}, {"stand_in": zhou.pk}):
        response = desk.post("/desk/cadres/new/", entered(office, **wrong))
        assert response.status_code == 422
        assert "Select a valid choice." in words(response.text)
    assert "周渡" not in desk.get("/desk/cadres/new/").text


def test_nobody_and_nobody_who_has_left_is_offered_as_stand_in(desk, chen, lin):
    Cadre.objects.filter(pk=lin.pk).update(serves_to=TODAY - timedelta(days=1))
    options = desk.get(f"/desk/cadres/{chen.pk}/edit/").text.split('name="stand_in"')[1].split("</select>")[0]
    assert "陈砚" not in options
    assert "林一帆" not in options


@pytest.mark.parametrize("page", ["new", "edit"])
def test_a_bad_photo_is_an_error_before_anything_is_saved(page, desk, office, chen):
    url = "/desk/cadres/new/" if page == "new" else f"/desk/cadres/{chen.pk}/edit/"
    photo = SimpleUploadedFile("photo.jpg", b"not a photo at all", "image/jpeg")
    response = desk.post(url, entered(office, name="陈墨", photo=photo))
    assert response.status_code == 422
    assert "Photo: This file is not a readable JPEG, PNG or WebP photo." in words(response.text)
    assert 'value="陈墨"' in response.text
    assert not Cadre.objects.filter(name="陈墨").exists()


@pytest.mark.parametrize("wrong", [{"office_phone": "none"}, {"serves_from": "2027-01-01"}])
def test_a_photo_is_asked_for_again_when_something_else_is_wrong(wrong, desk, office, chen):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY)
    response = desk.post(f"/desk/cadres/{chen.pk}/edit/", entered(office, photo=portrait(), **wrong))
    assert response.status_code == 422
    assert "Photo: Choose the photo again." in words(response.text)
    assert "Choose the photo again." not in desk.post("/desk/cadres/new/", entered(office, **wrong)).text


def test_lists_to_choose_from_begin_with_words(desk, chen):
    html = desk.get("/desk/cadres/new/").text
    assert "---------" not in html
    assert re.search(r'name="office".*?<option value="" selected>Please choose</option>', html, re.S)
    assert re.search(r'name="stand_in".*?<option value="" selected>None</option>', html, re.S)


@pytest.mark.parametrize("page", ["edit/", "end/", "consent/", "card/request/", "card/revoke/"])
def test_every_form_can_be_left(page, desk, chen):
    issue_card(chen)
    html = desk.get(f"/desk/cadres/{chen.pk}/{page}").text
    assert f'<a class="btn plain" href="/desk/cadres/{chen.pk}/">Cancel</a>' in html


def test_the_form_of_a_person_shows_what_is_stored(desk, chen, lin):
    html = desk.get(f"/desk/cadres/{chen.pk}/edit/").text
    for part in ('value="陈砚"', "副科长</textarea>", 'value="2020-01-01"', 'value="139 0000 0000"'):
        assert part in html
    assert f'<option value="{lin.pk}" selected>林一帆</option>' in html


def test_a_name_that_no_font_has_is_kept_with_a_warning(desk, office):
    html = desk.post("/desk/cadres/new/", entered(office, name="王\U0002fffd"), follow=True).text
    assert "The fonts have no \U0002fffd" in words(html)


def test_end_of_service(desk, chen):
    card = issue_card(chen)
    url = f"/desk/cadres/{chen.pk}/end/"
    assert 'value="2026-11-24"' in desk.get(url).text
    response = desk.post(url, {"last_day": "2019-01-01", "reason": "retired"})
    assert response.status_code == 422
    assert "The last day lies before the first day of service." in words(response.text)
    html = desk.post(url, {"last_day": "2026-11-23", "reason": "retired"}, follow=True).text
    assert "Reason: Retired" in words(html)
    assert "The last day of service has been entered." in words(html)
    assert "No longer in service" in words(html)
    card.refresh_from_db()
    assert card.revoke_reason == "left"


# --- Offices -----------------------------------------------------------------------------------------------------


def test_offices_are_listed_added_and_changed_by_their_own_officer(desk, office, other_office, express):
    html = desk.get("/desk/offices/").text
    assert "办公室" in words(html)
    assert "党政办" not in words(html)
    new = {"name": "审批科", "room": "306 室", "location": "东楼三层", "duty_phone": "7120106"}
    assert desk.post("/desk/offices/new/", new).headers["Location"] == "/desk/offices/"
    made = Office.objects.get(name="审批科")
    assert (made.unit, made.room, made.duty_phone) == (office.unit, "306 室", "7120106")
    desk.post(f"/desk/offices/{made.pk}/", {**new, "room": "307 室"})
    made.refresh_from_db()
    assert made.room == "307 室"
    everything = english(express).get("/desk/offices/").text
    assert "党政办" in everything
    assert "/desk/offices/new/" not in everything
    assert f"/desk/offices/{made.pk}/" not in everything


def test_the_office_of_another_unit_does_not_exist(desk, other_office):
    url = f"/desk/offices/{other_office.pk}/"
    assert desk.get(url).status_code == 404
    assert desk.post(url, {"name": "x", "room": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"name": ""}, "Office name: Fill this in."),
        ({"duty_phone": "none"}, "Duty phone: Enter a telephone number such as 0578-7212345."),
        (
            {"name": "办公室", "room": "301"},
            "Room: This unit already has an office of this name in this room.",
        ),
    ],
)
def test_an_office_that_cannot_be_is_refused(wrong, error, desk, office):
    data = {"name": "审批科", "room": "306", "location": "东楼", "duty_phone": "", **wrong}
    response = desk.post("/desk/offices/new/", data)
    assert response.status_code == 422
    assert error in words(response.text)
    assert 'value="东楼"' in response.text
    assert Office.objects.filter(unit=office.unit).count() == 1


# --- Cards -------------------------------------------------------------------------------------------------------


def test_a_card_from_the_request_to_the_decision(desk, chen, express):
    url = f"/desk/cadres/{chen.pk}/card/request/"
    assert 'name="reason"' not in desk.get(url).text
    html = desk.post(url, {"note": "新进人员"}, follow=True).text
    assert "The card has been requested. The efficiency office decides." in words(html)
    assert "Waiting for approval" in words(html)
    asked = CardRequest.objects.get()
    city = english(express)
    assert "陈砚" in words(city.get("/desk/cards/").text)
    page = words(city.get(f"/desk/cards/{asked.pk}/").text)
    for expected in ("First card", "新进人员", "纪明", "副科长", "受理林木采伐许可", "0578-7120101"):
        assert expected in page, expected
    html = city.post(f"/desk/cards/{asked.pk}/", {"decision": "approve", "note": ""}, follow=True).text
    card = Card.objects.get()
    assert f"Approved: 陈砚, card no. {card.serial}." in words(html)
    assert "No request waits" in words(html)
    assert (card.issued_by.username, card.approved_by) == ("officer", express)
    assert card.serial in words(desk.get(f"/desk/cadres/{chen.pk}/").text)


def test_a_refusal_reaches_the_unit_with_its_reason(desk, chen, express):
    desk.post(f"/desk/cadres/{chen.pk}/card/request/", {"note": ""})
    city, asked = english(express), CardRequest.objects.get()
    response = city.post(f"/desk/cards/{asked.pk}/", {"decision": "refuse", "note": ""})
    assert response.status_code == 422
    assert "Reason: Say why the request is refused." in words(response.text)
    refusal = {"decision": "refuse", "note": "缺少照片"}
    html = city.post(f"/desk/cards/{asked.pk}/", refusal, follow=True).text
    assert "The request for 陈砚 has been sent back." in words(html)
    html = words(desk.get(f"/desk/cadres/{chen.pk}/").text)
    assert "The last request was refused 缺少照片" in html


def test_what_was_sent_back_stays_a_figure_until_it_is_asked_for_again(desk, chen, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    assert "Waiting for approval 1" in words(desk.get("/desk/").text)
    assert "Sent back" not in words(desk.get("/desk/").text)
    assert (names(desk, card="waiting"), names(desk, card="refused")) == (["陈砚"], [])
    services.card_decide(request=asked, approve=False, note="缺少照片", actor=express, now=NOW)
    html = desk.get("/desk/").text
    assert "Sent back 1" in words(html)
    assert "card=refused" in html
    assert (names(desk, card="waiting"), names(desk, card="refused")) == ([], ["陈砚"])
    services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW + timedelta(minutes=1))
    assert "Sent back" not in words(desk.get("/desk/").text)
    assert names(desk, card="refused") == []


def test_who_approves_sees_the_person_and_whether_a_photo_is_missing(chen, lin, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    url, city = f"/desk/cards/{asked.pk}/", english(express)
    html = city.get(url).text
    for expected in ("No photo uploaded", "Stand-in 林一帆 · 301", "Civil servant", "1 January 2020"):
        assert expected in words(html), expected
    assert f'href="/desk/cadres/{chen.pk}/"' in html
    photograph(chen)
    html = city.get(url).text
    assert f'class="portrait large" src="/desk/cadres/{chen.pk}/photo.jpg"' in html
    assert "No photo uploaded" not in html


def test_a_decided_request_says_who_decided_when_and_why(chen, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    services.card_decide(request=asked, approve=False, note="缺少照片", actor=express, now=NOW)
    html = english(express).get(f"/desk/cards/{asked.pk}/").text
    assert f"This request was sent back {express} · 24 November 10:00 Reason: 缺少照片" in words(html)
    assert 'name="decision"' not in html


@pytest.mark.parametrize("data", [{}, {"decision": "maybe"}])
def test_a_decision_is_one_or_the_other(data, chen, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    assert english(express).post(f"/desk/cards/{asked.pk}/", data).status_code == 422
    asked.refresh_from_db()
    assert asked.decision == ""


def test_a_decision_that_somebody_else_made_meanwhile_stands(chen, officer, express, express_head):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    english(express).post(f"/desk/cards/{asked.pk}/", {"decision": "approve"})
    response = english(express_head).post(f"/desk/cards/{asked.pk}/", {"decision": "refuse", "note": "x"})
    assert response.status_code == 422
    assert "This request has already been decided." in words(response.text)
    assert Card.objects.valid().count() == 1


@pytest.mark.parametrize("who", ["officer", "head", "supervisor", "administrator", "other_officer"])
def test_only_the_efficiency_office_approves(who, chen, officer, request):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    client = english(request.getfixturevalue(who))
    assert client.get("/desk/cards/").status_code == 403
    assert client.post(f"/desk/cards/{asked.pk}/", {"decision": "approve"}).status_code == 403
    assert not Card.objects.exists()


def test_nobody_approves_what_they_asked_for(chen, officer):
    """An officer who also works for the Efficiency Express still needs a second person."""
    give(officer, Role.EXPRESS_STAFF)
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    response = english(officer).post(f"/desk/cards/{asked.pk}/", {"decision": "approve"})
    assert response.status_code == 422
    assert "A second person must decide: not the one who asked, and not the cadre." in words(response.text)
    assert not Card.objects.exists()


def test_a_new_card_needs_a_reason(desk, chen):
    issue_card(chen)
    url = f"/desk/cadres/{chen.pk}/card/request/"
    response = desk.post(url, {"note": "磨损"})
    assert response.status_code == 422
    assert "Why the present card is to be replaced: Choose one." in words(response.text)
    assert 'value="磨损"' in response.text
    html = desk.post(url, {"reason": "lost", "note": ""}, follow=True).text
    assert "The present card stays valid until then." in words(html)
    response = desk.post(url, {"reason": "lost", "note": ""})
    assert response.status_code == 422
    assert "A card has already been requested and waits for approval." in words(response.text)


@pytest.mark.parametrize("who", ["officer", "express"])
def test_a_card_is_revoked_with_a_reason(who, chen, request):
    card = issue_card(chen)
    client, url = english(request.getfixturevalue(who)), f"/desk/cadres/{chen.pk}/card/revoke/"
    assert client.post(url, {"reason": "because"}).status_code == 422
    html = client.post(url, {"reason": "misused", "note": "被翻拍"}, follow=True).text
    assert "The card has been revoked." in words(html)
    assert "Misused or copied · 被翻拍" in words(html)
    card.refresh_from_db()
    assert card.revoked_at == NOW
    assert client.get(url).status_code == 404
    assert Client().get(f"/c/{card.token}").status_code == 404


def test_the_plaque_is_drawn_for_the_valid_card_and_remembered(desk, chen, settings):
    url = f"/desk/cadres/{chen.pk}/plaque.pdf"
    assert desk.post(url).status_code == 404
    City.objects.update(is_demo=True)
    card = issue_card(chen)
    response = desk.post(url)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/pdf")
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.content.startswith(b"%PDF")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert [(row.card, row.printed_at) for row in Printing.objects.all()] == [(card, NOW)]
    html = words(desk.get(f"/desk/cadres/{chen.pk}/").text)
    assert f"Door plaque {card.serial} 24 November 10:00 · 纪明" in html
    assert "Plaque printed" in html
    assert "Outdated" not in html
    Office.objects.filter(pk=chen.office_id).update(room="309")
    html = words(desk.get(f"/desk/cadres/{chen.pk}/").text)
    assert "Outdated: Door plaque Room: 主楼三楼 301 → 主楼三楼 309" in html


def test_a_plaque_that_cannot_be_printed_says_why_and_is_not_remembered(desk, chen):
    issue_card(chen)
    Unit.objects.filter(pk=chen.unit_id).update(hotline="")
    html = desk.post(f"/desk/cadres/{chen.pk}/plaque.pdf", follow=True).text
    assert "set SITE_URL to the site's permanent https address first" in words(html).replace("&#x27;", "'")
    assert not Printing.objects.exists()


def test_a_stand_in_who_has_left_stands_on_no_plaque(desk, chen, lin):
    City.objects.update(is_demo=True)
    issue_card(chen)
    desk.post(f"/desk/cadres/{chen.pk}/plaque.pdf")
    Cadre.objects.filter(pk=lin.pk).update(serves_to=TODAY - timedelta(days=1))
    html = words(desk.get(f"/desk/cadres/{chen.pk}/").text)
    assert "Outdated: Door plaque Stand-in: 林一帆（301） → none" in html


# --- What an officer does for somebody ---------------------------------------------------------------------------


def test_an_officer_declares_for_somebody_without_a_phone(desk, officer, chen):
    url = f"/desk/cadres/{chen.pk}/whereabouts/"
    assert "The plaque shows now At post" in words(desk.get(url).text)
    html = desk.post(url, {"state": "meeting", "until_choice": "span", "place": ""}, follow=True).text
    assert "The plaque has been updated: In a meeting until 12:00." in words(html)
    assert "declared by the unit, 10:00" in words(html)
    row = Whereabouts.objects.get()
    assert (row.set_by, row.source) == (officer, "officer")
    response = desk.post(url, {"state": "errand"})
    assert response.status_code == 422
    assert "Say until when." in words(response.text)


def test_an_officer_plans_and_cancels_days_of_absence(desk, officer, chen):
    url = f"/desk/cadres/{chen.pk}/whereabouts/"
    days = {"from_date": "2026-11-26", "from_half": "am", "to_date": "2026-11-27", "to_half": "pm"}
    data = {"plan": "1", "leave-state": "leave", **{f"leave-{name}": value for name, value in days.items()}}
    assert desk.post(url, {**data, "leave-to_date": "2026-11-25"}).status_code == 422
    html = words(desk.post(url, data, follow=True).text)
    assert "On leave has been entered: November 26 (Thursday) 08:30 – November 27 (Friday) 17:30." in html
    assert "Planned On leave November 26" in html
    row = Whereabouts.objects.get()
    assert (row.set_by, row.source) == (officer, "officer")
    html = words(desk.post(f"{url}{row.pk}/cancel/", follow=True).text)
    assert "On leave has been cancelled: November 26" in html
    assert "Planned" not in html
    assert Whereabouts.objects.standing().count() == 0


def test_a_plan_is_cancelled_under_its_own_person_only(desk, chen, lin):
    plan = declare(lin, State.LEAVE, since=NOW + timedelta(days=1), until=NOW + timedelta(days=2))
    assert desk.post(f"/desk/cadres/{chen.pk}/whereabouts/{plan.pk}/cancel/").status_code == 404
    assert Whereabouts.objects.count() == 1


def test_a_card_is_revoked_for_a_reason_that_was_chosen(desk, chen):
    issue_card(chen)
    url = f"/desk/cadres/{chen.pk}/card/revoke/"
    assert '<option value="" selected>Please choose</option>' in desk.get(url).text
    assert desk.post(url, {"reason": "", "note": ""}).status_code == 422
    assert Card.objects.valid().exists()


def test_an_officer_records_and_withdraws_consent_given_on_paper(desk, officer, chen):
    url = f"/desk/cadres/{chen.pk}/consent/"
    assert "Record consent: Mobile number on the web page" in words(desk.get(url, {"subject": "mobile"}).text)
    response = desk.post(url, {"subject": "mobile", "evidence": ""})
    assert response.status_code == 422
    assert "How consent was given: Fill this in." in words(response.text)
    html = desk.post(url, {"subject": "mobile", "evidence": "签字同意书"}, follow=True).text
    assert "The consent has been recorded." in words(html)
    consent = Consent.objects.get()
    assert (consent.subject, consent.evidence, consent.recorded_by) == ("mobile", "签字同意书", officer)
    html = desk.post(url, {"subject": "mobile", "withdraw": "1"}, follow=True).text
    assert "The consent has been withdrawn." in words(html)
    consent.refresh_from_db()
    assert consent.withdrawn_by == officer


def test_the_slip_of_an_account_is_shown_once(desk, office):
    cadre = make_cadre(office, "孟雪")
    url = f"/desk/cadres/{cadre.pk}/account/"
    assert "An account is opened" in words(desk.get(url).text)
    assert not User.objects.filter(name="孟雪").exists()
    html = desk.post(url).text
    assert "d901.mengxue" in html
    assert "A new slip sets a new password." in words(desk.get(url).text)


def test_no_account_for_somebody_who_has_left(desk, chen):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    html = desk.post(f"/desk/cadres/{chen.pk}/account/", follow=True).text
    assert "This person is no longer in service." in words(html)


# --- The desk ----------------------------------------------------------------------------------------------------


def test_the_officers_desk_counts_the_unit_and_names_who_is_away(desk, chen, lin, wei, zhou):
    declare(lin, State.ERRAND, now=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1))
    declare(wei, State.MEETING, now=NOW - timedelta(hours=1), until=NOW - timedelta(minutes=5))
    declare(zhou, State.LEAVE, until=NOW + timedelta(hours=1))
    issue_card(chen)
    html = words(desk.get("/desk/").text)
    assert "People in service 3" in html
    assert "Without a valid card 2" in html
    assert "Plaques not printed yet 1" in html
    assert "1 at post, 1 away, 1 not confirmed" in html
    assert "Not confirmed due back at 09:55" in html
    # Overdue first.
    assert html.index("韦诉𬱖") < html.index("林一帆")
    assert "周渡" not in html


def test_the_desk_says_how_many_it_counts_who_work_elsewhere(desk, chen, lin, other_office):
    assert "elsewhere" not in words(desk.get("/desk/").text)
    Placement.objects.create(cadre=lin, kind="secondment", office=other_office, valid_from=TODAY)
    html = words(desk.get("/desk/").text)
    assert "2 at post, 0 away, 0 not confirmed; 1 of them works elsewhere today" in html


def test_in_the_evening_nobody_is_away_but_those_who_are(desk, chen, lin, clock):
    declare(lin, State.LEAVE, until=NOW + timedelta(days=2))
    clock.shift(timedelta(hours=9))
    html = words(desk.get("/desk/").text)
    assert "1 person is outside their working hours." in html
    assert "0 at post, 1 away, 0 not confirmed" in html
    assert "陈砚" not in html
    assert "林一帆" in html


def test_by_day_only_the_other_shift_is_outside_its_hours(desk, chen, lin, officer):
    ShiftDay.objects.create(cadre=lin, day=TODAY, spans=[], set_by=officer, set_at=NOW)
    html = words(desk.get("/desk/").text)
    assert "1 person is outside their working hours." in html
    assert "1 at post, 0 away" in html
    assert "Everybody is at post." not in html


def test_a_unit_without_a_hotline_is_told(desk, unit):
    words_ = "Plaques of 青窑局 cannot be printed without it."
    assert words_ not in words(desk.get("/desk/").text)
    Unit.objects.filter(pk=unit.pk).update(hotline="")
    assert words_ in words(desk.get("/desk/").text)


def test_the_citys_desk_counts_units_people_and_requests(express, chen, lin, zhou, officer):
    issue_card(zhou)
    services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    Cadre.objects.filter(pk=lin.pk).update(serves_to=date(2026, 1, 1))
    html = words(english(express).get("/desk/").text)
    assert "Cards to approve 1" in html
    assert "Without a valid card 1" in html
    assert "Units in service 2" in html
    assert "People in service 2" in html
    assert "0 / 1 青窑局" in html
    # Units where nothing is missing are one tap away.
    assert "剑潭镇" not in html
    assert "1 / 1 剑潭镇" in words(english(express).get("/desk/?units=all").text)


def test_an_upload_as_large_as_a_form_may_be_is_answered(desk, office):
    photo = SimpleUploadedFile(
        "big.jpg", io.BytesIO(b"\xff\xd8" + b"0" * 9 * 1024 * 1024).read(), "image/jpeg"
    )
    html = desk.post("/desk/cadres/new/", entered(office, photo=photo), follow=True).text
    assert "The photo is larger than 8 MB. Choose a smaller one." in words(html)


def test_rooms_are_the_units_own(desk, office, other_office):
    make_office(other_office.unit, "财政所", "201")
    options = desk.get("/desk/cadres/new/").text.split('name="office"')[1].split("</select>")[0]
    assert "办公室 301" in options
    assert "财政所" not in options


def test_a_stored_number_that_is_none_is_named_when_something_else_is_edited(desk, chen, office):
    Cadre.objects.filter(pk=chen.pk).update(mobile="1390000")
    page = f"/desk/cadres/{chen.pk}/edit/"
    html = desk.get(page).text
    seen = re.search(r'name="seen" value="(\w+)"', html)
    assert seen is not None
    assert 'value="1390000"' in html
    new = entered(office, name=chen.name, office_phone="0578-7120199") | {"seen": seen[1]}
    refused = desk.post(page, new | {"mobile": "1390000"})
    assert refused.status_code == 422
    assert "Mobile: A mobile number has 11 digits" in words(refused.text)
    assert desk.post(page, new | {"mobile": "139 0000 0001"}).status_code == 302
    chen.refresh_from_db()
    assert (chen.office_phone, chen.mobile) == ("0578-7120199", "13900000001")


def test_who_saves_second_is_told_what_the_first_one_saved(desk, chen, office):
    page = f"/desk/cadres/{chen.pk}/edit/"
    seen = re.search(r'name="seen" value="(\w+)"', desk.get(page).text)
    assert seen is not None
    first = desk.post(page, entered(office, name=chen.name, office_phone="0578-7120199") | {"seen": seen[1]})
    assert first.status_code == 302
    second = desk.post(page, entered(office, name=chen.name, office_phone="0578-7120155") | {"seen": seen[1]})
    assert second.status_code == 422
    assert "Somebody else has changed this meanwhile" in words(second.text)
    assert "Saved now: 0578-7120199" in words(second.text)
    assert Cadre.objects.get(pk=chen.pk).office_phone == "0578-7120199"
