"""The screen beside a door and its picture for e-paper: who is on it, what it says, and what it never tells."""

import io
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from cards import services
from cards.documents import door as pictures
from cards.models import Cadre, Office, Placement, PlacementKind
from cards.rules import State
from common.rules import SHANGHAI
from tests.cards.test_views_public import text_of
from tests.cast import NOW, TODAY, crowd, declare, issue_card, make_cadre, make_office, photograph

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def manned(office: Office, chen: Cadre, lin: Cadre) -> Office:
    """Two people with a card each."""
    issue_card(chen)
    issue_card(lin)
    return office


def at(clock: str, day: int = 24) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=SHANGHAI)


def screen(client: Client, office: Office, query: str = "") -> str:
    response = client.get(f"/door/{office.door_token}{query}")
    assert response.status_code == 200
    return text_of(response.text)


def picture(client: Client, office: Office, **headers: str):
    return client.get(f"/door/{office.door_token}.png", headers=headers)


def image_of(response) -> Image.Image:
    assert response.status_code == 200
    return Image.open(io.BytesIO(response.content))


# --- Who is on it ------------------------------------------------------------------------------------------------


def test_everybody_of_the_room_with_what_they_do_and_where_they_are(english, manned):
    shown = screen(english, manned)
    for words in ("主楼三楼 301", "办公室", "青窑局", "陈砚", "副科长", "林一帆", "科长", "At post"):
        assert words in shown, words
    for words in ("0578-7120110", "0578-7129000", "as of 10:00", "November 24 (Tuesday)"):
        assert words in shown, words


def test_another_office_in_the_same_room_is_behind_the_same_door(english, manned):
    beside = make_office(manned.unit, "督查室")
    elsewhere = make_office(manned.unit, "综合科", "302")
    same_number = make_office(manned.unit, "档案室", location="附楼")
    for office, name in ((beside, "同室"), (elsewhere, "别室"), (same_number, "附楼")):
        issue_card(make_cadre(office, name))
    shown = screen(english, beside)
    assert "办公室、督查室" in shown
    assert "陈砚" in shown
    assert "同室" in shown
    assert "别室" not in shown
    assert "附楼" not in shown


def test_a_door_typed_in_two_ways_is_one(english, manned):
    issue_card(make_cadre(make_office(manned.unit, "督查室", "301室"), "同室"))
    shown = screen(english, manned)
    assert "同室" in shown
    assert "办公室、督查室" in shown


def test_another_units_room_of_the_same_number_is_another_door(english, manned, other_unit):
    issue_card(make_cadre(make_office(other_unit), "邻局"))
    assert "邻局" not in screen(english, manned)


def test_where_somebody_works_today_counts(english, manned, other_office, zhou):
    """Seconded here from another unit, and out of here to a village: the door shows who sits behind it."""
    issue_card(zhou)
    for cadre, office in ((zhou, manned), (Cadre.objects.get(name="陈砚"), other_office)):
        Placement.objects.create(
            cadre=cadre, kind=PlacementKind.SECONDMENT, office=office, valid_from=TODAY, valid_to=TODAY
        )
    here, there = screen(english, manned), screen(english, other_office)
    assert "周渡 剑潭镇 党政办 · 科长（Secondment）" in " ".join(here.split())
    assert "陈砚" not in here
    assert "陈砚" in there
    assert "周渡" not in there


@pytest.mark.parametrize("case", ["no card", "revoked", "left", "not yet"])
def test_without_a_valid_card_nobody_is_on_it(case, english, manned, officer):
    other = make_cadre(manned, "外人")
    if case != "no card":
        card = issue_card(other)
    if case == "revoked":
        services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    if case == "not yet":
        Cadre.objects.filter(pk=other.pk).update(serves_from=TODAY + timedelta(days=1))
    if case == "left":
        Cadre.objects.filter(pk=other.pk).update(serves_to=TODAY - timedelta(days=1))
    assert "外人" not in screen(english, manned)


def test_a_room_without_anybody_says_so(english, office):
    assert "Nobody of this room has a valid card today." in screen(english, office)
    assert image_of(picture(english, office)).size == (800, 480)


# --- What it says of them ------------------------------------------------------------------------------------------


def test_who_is_away_until_when_and_whom_to_ask(english, manned):
    chen = Cadre.objects.get(name="陈砚")
    declare(chen, State.ERRAND, now=at("09:12"), until=at("11:30"), place="市财政局")
    shown = screen(english, manned)
    for words in ("Out on business", "expected back 11:30", "confirmed in person, 09:12"):
        assert words in shown, words
    assert "Stand-in 林一帆 301 At post" in shown
    assert "市财政局" not in shown
    assert "Phone" not in shown.replace("phone", "")


def test_an_absence_that_is_over_is_not_confirmed(english, manned, clock):
    declare(Cadre.objects.get(name="陈砚"), State.MEETING, now=at("08:40"), until=at("09:30"))
    assert "Due back at 09:30, not confirmed" in screen(english, manned)


@pytest.mark.parametrize(
    ("stand_in", "number"),
    [
        ("at post here", ""),
        ("at post elsewhere", "0578-7120101"),
        ("away", "0578-7120100"),
        ("", "0578-7120100"),
    ],
)
def test_a_phone_stands_there_only_where_a_call_helps(stand_in, number, english, manned):
    chen, lin = Cadre.objects.get(name="陈砚"), Cadre.objects.get(name="林一帆")
    declare(chen, State.ERRAND, until=at("11:30"))
    if stand_in == "at post elsewhere":
        Cadre.objects.filter(pk=lin.pk).update(office=make_office(manned.unit, "综合科", "302"))
    if stand_in == "away":
        declare(lin, State.MEETING, until=at("11:30"))
    if not stand_in:
        Cadre.objects.filter(pk=chen.pk).update(stand_in=None)
    shown = screen(english, manned)
    for known in ("0578-7120101", "0578-7120100"):
        assert (known in shown) is (known == number), known


def test_outside_hours_it_says_when_the_office_opens_and_the_number_to_call_then(english, manned, clock):
    clock.move_to(at("20:00"))
    shown = screen(english, manned)
    assert "Outside office hours opens tomorrow at 08:30" in shown
    assert "0578-7120101" in shown


def test_a_stand_in_who_has_left_stands_in_for_nobody(english, manned):
    declare(Cadre.objects.get(name="陈砚"), State.ERRAND, until=at("11:30"))
    Cadre.objects.filter(name="林一帆").update(serves_to=TODAY - timedelta(days=1))
    assert "Stand-in" not in screen(english, manned)


# --- What it never tells -------------------------------------------------------------------------------------------


def test_nothing_that_needs_a_consent_is_on_it(english, manned):
    photograph(Cadre.objects.get(name="陈砚"))
    response = english.get(f"/door/{manned.door_token}")
    assert "<img" not in response.text
    assert "139 0000 0000" not in response.text
    assert "<script" not in response.text


@pytest.mark.parametrize("token", ["0" * 16, "x", "É", "0" * 64])
@pytest.mark.parametrize("suffix", ["", ".png"])
def test_a_code_that_no_door_has_tells_nothing(token, suffix, english, manned):
    response = english.get(f"/door/{token}{suffix}")
    assert response.status_code == 404
    assert "Refresh" not in response
    assert "陈砚" not in response.text


def test_the_code_of_a_card_opens_no_door(english, manned):
    card = Cadre.objects.get(name="陈砚").cards.get()
    assert english.get(f"/door/{card.token}").status_code == 404


def test_a_code_typed_in_small_letters_opens_the_door(english, manned):
    assert english.get(f"/door/{manned.door_token.lower()}").status_code == 200


# --- A screen that stands there for years --------------------------------------------------------------------------


def test_it_asks_again_by_itself_and_is_kept_nowhere(english, manned):
    response = english.get(f"/door/{manned.door_token}")
    assert response["Refresh"] == "30"
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_whoever_reads_slowly_can_stop_it(english, manned):
    response = english.get(f"/door/{manned.door_token}?still=1")
    assert "Refresh" not in response
    assert "Refresh again by itself" in response.text


def test_more_than_twelve_are_shown_in_turn(english, office):
    crowd(office, 13)
    first = english.get(f"/door/{office.door_token}")
    assert first["Refresh"] == "30; url=?page=2"
    second = english.get(f"/door/{office.door_token}?page=2")
    assert second["Refresh"] == "30; url=?page=1"
    shown = [sum(f"众{number} " in text_of(page.text) for number in range(1, 14)) for page in (first, second)]
    assert shown == [7, 6]


@pytest.mark.parametrize("page", ["0", "3", "-1", "x", "９", "9" * 40])
def test_a_page_that_is_not_there_is_the_first(page, english, manned):
    assert "陈砚" in screen(english, manned, f"?page={page}")


@pytest.mark.parametrize("suffix", ["", ".png"])
def test_the_number_of_queries_does_not_grow(suffix, english, office, other_office):
    stand_in = make_cadre(other_office, "代班")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert english.get(f"/door/{office.door_token}{suffix}").status_code == 200
        return len(captured)

    counted = []
    for more in (1, 2, 27):
        people = crowd(office, more)
        Cadre.objects.filter(pk__in=[cadre.pk for cadre in people]).update(stand_in=stand_in)
        for cadre in people:
            declare(cadre, State.ERRAND, until=at("11:30"))
        counted.append(queries())
    assert len(set(counted)) == 1, counted


# --- The picture ---------------------------------------------------------------------------------------------------


def test_it_is_black_or_white_and_of_the_panels_size(english, manned):
    response = picture(english, manned)
    image = image_of(response)
    assert (image.format, image.mode, image.size) == ("PNG", "1", (800, 480))
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "no-cache"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert 0.03 < ink(image) < 0.5


def ink(image: Image.Image) -> float:
    return image.histogram()[0] / (image.width * image.height)


def test_an_unchanged_picture_is_neither_sent_nor_drawn(english, manned, clock, monkeypatch):
    tag = picture(english, manned)["ETag"]
    clock.shift(timedelta(minutes=29))
    monkeypatch.setattr(pictures, "draw", lambda face: pytest.fail("drawn"))
    again = picture(english, manned, if_none_match=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert again["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("change", ["declared", "half hour", "name", "hotline", "language", "card"])
def test_another_picture_has_another_tag(change, english, manned, clock, officer):
    before = picture(english, manned)
    chen = Cadre.objects.get(name="陈砚")
    if change == "declared":
        declare(chen, State.ERRAND, until=at("11:30"))
    elif change == "half hour":
        clock.shift(timedelta(minutes=30))
    elif change == "name":
        Cadre.objects.filter(pk=chen.pk).update(name="陈研")
    elif change == "hotline":
        type(manned.unit).objects.filter(pk=manned.unit_id).update(hotline="0578-7120111")
    elif change == "language":
        english.cookies["language"] = "zh-hans"
    else:
        services.card_revoke(card=chen.cards.get(), reason="lost", note="", actor=officer, now=NOW)
    after = picture(english, manned, if_none_match=before["ETag"])
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]
    assert after.content != before.content


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 30])
def test_any_number_of_people_stays_within_the_picture(number, english, office):
    """Nothing touches the left and right edge of the body, nor the rule above the foot."""
    for position, cadre in enumerate(crowd(office, number)):
        if position % 3:
            declare(cadre, State.BUSINESS_TRIP, until=at("17:30", 27))
    image = image_of(picture(english, office))
    for strip in ((0, 71, 18, 435), (782, 71, 800, 435), (20, 433, 780, 435)):
        assert image.crop(strip).histogram()[0] == 0, strip


def test_long_and_rare_names_are_drawn(english, office):
    """𬱖 stands outside the Basic Multilingual Plane; for U+10FFFD no font has anything."""
    plain = image_of(picture(english, office))
    for name in ("努尔兰别克·阿不都沙塔尔·吐尔逊", "韦诉𬱖", "鿎\U0010fffd", "尉" * 50):
        issue_card(make_cadre(office, name, posts=("某某" * 30,)))
    image = image_of(picture(english, office))
    assert image.tobytes() != plain.tobytes()
    for strip in ((0, 71, 18, 435), (782, 71, 800, 435)):
        assert image.crop(strip).histogram()[0] == 0, strip
