"""The pages of a citizen: what a scan answers in every state of the card and of the person, and what it never tells."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import City, Unit
from cards import photos, services
from cards.models import Cadre, Card, Consent, Placement
from cards.rules import State
from common.rules import SHANGHAI
from tests.cast import NOW, TODAY, crowd, declare, issue_card, make_cadre, make_office, photograph

pytestmark = pytest.mark.django_db
MOBILE = "139 0000 0000"


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
def card(chen: Cadre, lin: Cadre) -> Card:
    return issue_card(chen)


def on(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=SHANGHAI)


def page(client: Client, card: Card) -> str:
    response = client.get(f"/c/{card.token}")
    assert response.status_code == 200
    return text_of(response.text)


def text_of(html: str) -> str:
    """The words of the body, spaces folded, tags gone."""
    body = html.split("<main", 1)[1].split("</main>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


# --- A valid card ------------------------------------------------------------------------------------------------


def test_who_this_is_and_whom_to_call(english, card):
    shown = page(english, card)
    for words in (
        "陈砚",
        "青窑局",
        "办公室 · 副科长",
        "主楼三楼 301",
        "受理林木采伐许可",
        "解答政策咨询",
        "0578-7120101",
        "0578-7120110",
        "0578-7129000",
        f"Card no. {card.serial}",
        "issued 2026-11-24",
        "valid",
    ):
        assert words in shown, words


def test_the_page_stands_in_chinese_for_everybody_else(client, card):
    shown = page(client, card)
    for words in ("在岗", "拨打办公电话", "存入通讯录", "工作职责", "监督电话", "证号", "有效"):
        assert words in shown, words


@pytest.mark.parametrize(
    ("declared", "now", "words"),
    [
        (None, on(24, "10:00"), ["At post", "No absence has been declared."]),
        (
            (State.ERRAND, on(24, "09:12"), on(24, "15:30")),
            on(24, "10:00"),
            ["Out on business", "Not at post", "expected back 15:30", "confirmed in person, 09:12"],
        ),
        (
            (State.ERRAND, on(24, "09:12"), on(24, "15:30")),
            on(24, "15:31"),
            ["Due back at 15:30, not confirmed", "Not confirmed", "Out on business"],
        ),
        (
            (State.LEAVE, on(24, "09:12"), on(27, "17:30")),
            on(25, "22:00"),
            ["On leave", "Not at post", "expected back November 30 (Monday) 08:30"],
        ),
        (
            (State.ON_DUTY, on(24, "17:30"), on(25, "08:30")),
            on(24, "22:00"),
            ["On duty", "At post", "until tomorrow 08:30"],
        ),
        (None, on(24, "12:10"), ["Outside office hours", "opens today at 14:00"]),
        (None, on(24, "20:00"), ["Outside office hours", "Closed", "opens tomorrow at 08:30"]),
        (None, on(27, "18:00"), ["Outside office hours", "opens November 30 (Monday) at 08:30"]),
        (None, on(28, "10:00"), ["Outside office hours", "opens November 30 (Monday) at 08:30"]),
    ],
)
def test_the_status_of_this_minute(declared, now, words, english, card, clock):
    if declared:
        state, since, until = declared
        declare(card.cadre, state, now=since, until=until)
    clock.move_to(now)
    shown = page(english, card)
    for expected in words:
        assert expected in shown, expected


@pytest.mark.parametrize(
    ("absent", "stand_in_absent", "words", "never"),
    [
        (False, False, [], ["stand-in", "0578-7120100"]),
        (True, False, ["Served meanwhile by the stand-in", "林一帆", "At post"], ["0578-7120100"]),
        (
            True,
            True,
            [
                "Neither this person nor the stand-in is at post",
                "Call the duty phone Duty phone 0578-7120100",
                "Stand-in 林一帆 · 301 In a meeting",
            ],
            ["Served meanwhile"],
        ),
        (False, True, [], ["林一帆", "0578-7120100"]),
    ],
)
def test_who_is_there_instead(absent, stand_in_absent, words, never, english, card, lin):
    if absent:
        declare(card.cadre, State.ERRAND, now=NOW - timedelta(minutes=9), until=NOW + timedelta(hours=1))
    if stand_in_absent:
        declare(lin, State.MEETING, now=NOW - timedelta(minutes=9), until=NOW + timedelta(hours=1))
    shown = page(english, card)
    for expected in words:
        assert expected in shown, expected
    for unexpected in never:
        assert unexpected not in shown, unexpected


def test_at_post_is_said_once(english, card):
    assert page(english, card).count("At post") == 1


def test_the_stand_in_is_a_link_when_they_have_a_card(english, card, lin):
    declare(card.cadre, State.ERRAND, until=NOW + timedelta(hours=1))
    assert "/c/" not in english.get(f"/c/{card.token}").text.split('class="cover"')[1].split("</section>")[0]
    other = issue_card(lin)
    assert f'href="/c/{other.token}"' in english.get(f"/c/{card.token}").text


@pytest.mark.parametrize(
    "gone", [{"serves_to": TODAY - timedelta(days=1)}, {"serves_from": TODAY + timedelta(days=9)}]
)
def test_somebody_who_does_not_serve_stands_in_for_nobody(gone, english, card, lin):
    declare(card.cadre, State.ERRAND, until=NOW + timedelta(hours=1))
    Cadre.objects.filter(pk=lin.pk).update(**gone)
    shown = page(english, card)
    assert "林一帆" not in shown
    assert "Duty phone 0578-7120100" in shown


def test_leave_is_shown_without_its_reason_and_the_place_not_at_all(english, card):
    declare(card.cadre, State.LEAVE, until=NOW + timedelta(days=3), place="市人民医院")
    shown = page(english, card)
    assert "On leave" in shown
    assert "医院" not in shown


def test_somebody_on_secondment_is_found_where_they_work(english, card, other_office):
    Placement.objects.create(cadre=card.cadre, kind="secondment", office=other_office, valid_from=TODAY)
    shown = page(english, card)
    assert "青窑局" in shown
    assert "办公室 · 副科长 Secondment：剑潭镇 党政办 一楼 102" in " ".join(shown.split())
    assert "党政办 · 副科长" not in shown


def test_the_address_book_keeps_home_unit_and_post_of_somebody_on_secondment(english, card, other_office):
    Placement.objects.create(cadre=card.cadre, kind="secondment", office=other_office, valid_from=TODAY)
    lines = english.get(f"/c/{card.token}.vcf").text.split("\r\n")
    assert {"ORG:青窑局;办公室", "TITLE:副科长", "NOTE:Secondment：剑潭镇 党政办"} <= set(lines)
    assert "ADR;TYPE=WORK:;;一楼 102;龙泉市;;;" in lines


def test_consent_to_the_mobile_number_counts_at_once(english, card):
    cadre = card.cadre
    give = {"cadre": cadre, "subject": Consent.Subject.MOBILE, "actor": cadre.user, "now": NOW}
    assert MOBILE not in english.get(f"/c/{card.token}").text
    services.consent_give(evidence="", **give)
    assert MOBILE in english.get(f"/c/{card.token}").text
    assert f"TEL;TYPE=CELL,VOICE:{MOBILE}" in english.get(f"/c/{card.token}.vcf").text
    services.consent_withdraw(**give)
    assert MOBILE not in english.get(f"/c/{card.token}").text
    assert MOBILE not in english.get(f"/c/{card.token}.vcf").text


def test_consent_to_the_photo_counts_at_once(english, card):
    cadre = photograph(card.cadre, consent=False)
    url = f"/c/{card.token}.jpg"
    assert url not in english.get(f"/c/{card.token}").text
    assert english.get(url).status_code == 404
    give = {"cadre": cadre, "subject": Consent.Subject.PHOTO, "actor": cadre.user, "now": NOW}
    services.consent_give(evidence="", **give)
    assert f'src="{url}"' in english.get(f"/c/{card.token}").text
    photo = english.get(url)
    assert (photo.status_code, photo.headers["Content-Type"]) == (200, "image/jpeg")
    assert photo.content == photos.read(photos.web_name(cadre.photo.name))
    services.consent_withdraw(**give)
    assert url not in english.get(f"/c/{card.token}").text
    assert english.get(url).status_code == 404


def test_a_photo_whose_file_is_gone_is_not_found(english, card):
    cadre = photograph(card.cadre)
    photos.delete(cadre.photo.name)
    assert english.get(f"/c/{card.token}.jpg").status_code == 404


def test_consent_without_a_photo_shows_none(english, card):
    give = {"cadre": card.cadre, "subject": Consent.Subject.PHOTO, "actor": card.cadre.user, "now": NOW}
    services.consent_give(evidence="", **give)
    assert english.get(f"/c/{card.token}.jpg").status_code == 404
    assert ".jpg" not in english.get(f"/c/{card.token}").text


def test_html_in_a_name_or_duty_is_text(english, card):
    Cadre.objects.filter(pk=card.cadre_id).update(name="<script>alert(1)</script>")
    html = english.get(f"/c/{card.token}").text
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("suffix", ["", ".vcf", ".jpg"])
def test_nothing_keeps_the_page_of_this_minute(suffix, client, card):
    photograph(card.cadre)
    headers = client.get(f"/c/{card.token}{suffix}").headers
    for directive in ("no-store", "no-cache", "private", "max-age=0"):
        assert directive in headers["Cache-Control"]
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_the_page_asks_search_engines_to_stay_away_and_sets_no_cookie(client, card):
    response = client.get(f"/c/{card.token}")
    assert '<meta name="robots" content="noindex, nofollow">' in response.text
    assert not response.cookies


def test_the_page_carries_no_script_and_nothing_of_third_parties(client, card):
    html = client.get(f"/c/{card.token}").text
    assert "<script" not in html
    assert re.findall(r'(?:src|href)="(https?:)?//', html) == []
    assert len(html.encode()) < 15_000


def test_english_and_large_text_by_the_address(client, card):
    response = client.get(f"/c/{card.token}", {"lang": "en", "text": "large"})
    assert '<html lang="en" class="large">' in response.text
    assert "At post" in response.text
    assert (response.cookies["language"].value, response.cookies["text"].value) == ("en", "large")
    assert '<html lang="en" class="large">' in client.get(f"/c/{card.token}").text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("suffix", ["", ".vcf", ".jpg"])
def test_nothing_is_sent_to_a_card(method, suffix, client, card):
    assert getattr(client, method)(f"/c/{card.token}{suffix}").status_code == 405


def test_nobody_needs_an_account_and_an_officer_who_asks_for_it_sees_the_same(card, officer, client):
    """What a scan by an officer leads to: tests/attendance/test_scan.py."""
    anonymous = text_of(client.get(f"/c/{card.token}").text)
    client.force_login(officer)
    assert text_of(client.get(f"/c/{card.token}?public=1").text) == anonymous


# --- The code ----------------------------------------------------------------------------------------------------


@pytest.fixture
def known(card) -> Card:
    """A token with every letter that is misread."""
    Card.objects.filter(pk=card.pk).update(token="0123ABCD1EFGH0JK")
    card.refresh_from_db()
    return card


@pytest.mark.parametrize(
    "typed",
    [
        "0123ABCD1EFGH0JK",
        "0123abcd1efgh0jk",
        "0123-ABCD-1EFG-H0JK",
        "0123 abcd 1efg h0jk",
        "OI23abcdLefghOjk",
        "o123abcdiefgh0jk",
        "０１２３ＡＢＣＤ１ＥＦＧＨ０ＪＫ",
        "0123–ABCD—1EFG-H0JK",
    ],
)
def test_a_code_is_read_in_any_case_with_hyphens_and_with_misread_letters(typed, client, known):
    assert client.get(f"/c/{typed}").status_code == 200
    assert client.get(f"/C/{typed}").status_code == 200
    found = client.get("/c/", {"code": typed})
    assert (found.status_code, found.headers["Location"]) == (302, f"/c/{known.token}")


def test_the_printed_address_is_upper_case(client, known):
    assert client.get("/C/0123ABCD1EFGH0JK").status_code == 200
    assert client.get("/C/0123ABCD1EFGH0JK/").status_code == 200


@pytest.mark.parametrize(
    "typed", ["", "   ", "123", "0123ABCD1EFGH0JKX", "U" * 16, "陈砚", "0123ABCD1EFGH0J!", "x" * 500]
)
def test_what_cannot_be_a_code_gets_a_sentence_and_is_kept(typed, english):
    response = english.get("/c/", {"code": typed})
    assert response.status_code == 422
    assert "Error: A code has 16 letters and digits." in text_of(response.text)
    assert f'value="{typed[:64]}"' in response.text


def test_the_typed_code_is_text(english):
    assert "<script>" not in english.get("/c/", {"code": '"><script>'}).text


# --- No card -----------------------------------------------------------------------------------------------------


def personal(card: Card) -> list[str]:
    cadre = card.cadre
    return [
        cadre.name,
        cadre.unit.name,
        cadre.office_phone,
        cadre.mobile,
        card.serial,
        "副科长",
        cadre.office.room,
    ]


@pytest.mark.parametrize("suffix", ["", ".vcf"])
def test_a_revoked_card_says_so_and_names_nobody(suffix, english, card, officer):
    photograph(card.cadre)
    services.card_revoke(card=card, reason="lost", note="遗失", actor=officer, now=NOW)
    response = english.get(f"/c/{card.token}{suffix}")
    assert response.status_code == 404
    assert "This card is no longer valid" in response.text
    assert "0578-7129000" in response.text
    assert [words for words in [*personal(card), "遗失"] if words in response.text] == []
    assert english.get(f"/c/{card.token}.jpg").status_code == 404
    assert "no-store" in response.headers["Cache-Control"]


def test_the_card_that_replaces_a_lost_one_answers_and_the_lost_one_does_not(english, card):
    new = issue_card(card.cadre, reason="lost")
    assert english.get(f"/c/{new.token}").status_code == 200
    assert "no longer valid" in english.get(f"/c/{card.token}").text


@pytest.mark.parametrize("token", ["ZZZZZZZZZZZZZZZZ", "short", "U" * 16, "0" * 17, "陈砚", "%0d%0a", "a b"])
@pytest.mark.parametrize("suffix", ["", ".vcf"])
def test_an_unknown_or_malformed_code_gets_the_same_kind_page(token, suffix, english, card):
    response = english.get(f"/c/{token}{suffix}")
    assert response.status_code == 404
    assert "No card found" in response.text
    assert [words for words in personal(card) if words in response.text] == []


@pytest.mark.parametrize("path", [f"/c/{'A' * 65}", "/c/a.b", "/c/AAAA/BBBB", "/c/x.pdf"])
def test_an_address_that_is_no_card_at_all_gets_the_ordinary_page(path, english):
    response = english.get(path)
    assert response.status_code == 404
    assert "Page not found" in response.text


def test_unknown_and_revoked_codes_touch_nothing_of_the_person(
    client, card, officer, django_assert_max_num_queries
):
    services.card_revoke(card=card, reason="lost", note="", actor=officer, now=NOW)
    with django_assert_max_num_queries(2):
        client.get(f"/c/{card.token}")
    with django_assert_max_num_queries(2):
        client.get("/c/ZZZZZZZZZZZZZZZZ")
    with django_assert_max_num_queries(1):
        client.get("/c/short")


# --- The contact -------------------------------------------------------------------------------------------------


def test_the_contact_is_a_file_with_the_persons_name(client, card, settings):
    response = client.get(f"/c/{card.token}.vcf")
    assert response.headers["Content-Type"] == "text/vcard; charset=utf-8"
    assert "attachment" in response.headers["Content-Disposition"]
    assert "filename*=utf-8''%E9%99%88%E7%A0%9A.vcf" in response.headers["Content-Disposition"]
    lines = response.content.decode().split("\r\n")
    assert lines == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:陈砚;;;;",
        "FN:陈砚",
        "ORG:青窑局;办公室",
        "TITLE:副科长",
        "TEL;TYPE=WORK,VOICE:0578-7120101",
        f"ADR;TYPE=WORK:;;主楼三楼 301;{City.current().name};;;",
        f"URL:{settings.SITE_URL}/c/{card.token}",
        "END:VCARD",
        "",
    ]


def test_the_contact_escapes_what_has_a_meaning(client, card):
    Unit.objects.filter(pk=card.cadre.unit_id).update(name="青窑局;分局,东")
    assert "ORG:青窑局\\;分局\\,东;办公室" in client.get(f"/c/{card.token}.vcf").text


# --- However many people -----------------------------------------------------------------------------------------


def queries_of(client: Client, url: str) -> int:
    client.get(url)  # the first request of a process loads templates and content types
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("away", [False, True])
def test_the_same_queries_in_a_unit_of_5_and_of_500(away, client, card, office):
    if away:
        declare(card.cadre, State.ERRAND, until=NOW + timedelta(hours=1))
    counts = []
    for more in (3, 495):
        crowd(office, more)
        counts.append(queries_of(client, f"/c/{card.token}"))
    assert counts[0] == counts[1]
    assert counts[0] <= 13
    assert Cadre.objects.filter(unit=office.unit).count() == 500


def test_the_same_queries_with_a_long_history(client, card):
    counts = []
    for _ in range(2):
        for number in range(40):
            declare(card.cadre, State.MEETING, now=NOW - timedelta(days=number, hours=1), until=NOW)
        counts.append(queries_of(client, f"/c/{card.token}"))
    assert counts[0] == counts[1]


# --- Home --------------------------------------------------------------------------------------------------------


def test_home_names_the_city_its_hotline_and_a_field_for_the_code(client, city):
    html = client.get("/").text
    assert "龙泉市" in html
    assert "0578-7129000" in html
    assert 'name="code"' in html
    assert 'action="/c/"' in html


def test_the_demonstration_says_that_it_is_one(english, city):
    words = "Demonstration system: all people are invented."
    assert words not in english.get("/").text
    City.objects.update(is_demo=True)
    assert words in english.get("/").text


def test_a_room_whose_office_has_no_duty_phone_promises_none(english, unit, officer):
    office = make_office(unit, "档案室", "001", duty_phone="")
    alone = issue_card(make_cadre(office, "独一"))
    declare(alone.cadre, State.ERRAND, until=NOW + timedelta(hours=1))
    shown = page(english, alone)
    assert "uty phone" not in shown
    assert "stand-in" not in shown


def test_a_card_does_not_outlive_the_last_day_while_the_sweep_is_late(client, chen, clock):
    card = issue_card(chen)
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    for ending in ("", ".vcf", ".jpg"):
        response = client.get(f"/c/{card.token}{ending}")
        assert response.status_code == 404
        assert chen.name not in response.text


def test_a_card_made_ahead_is_not_valid_before_the_first_day(client, chen, clock):
    card = issue_card(chen)
    Cadre.objects.filter(pk=chen.pk).update(serves_from=TODAY + timedelta(days=30))
    response = client.get(f"/c/{card.token}?lang=en")
    assert response.status_code == 404
    assert "no longer valid" not in response.text
