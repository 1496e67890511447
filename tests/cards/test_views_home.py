"""The home page: who handles it? What a citizen finds there, and what they never do."""

import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from accounts.models import Unit
from cards.models import Cadre, Card, Placement
from cards.rules import State
from cards.views import public
from tests.cards.test_views_public import text_of
from tests.cast import NOW, TODAY, crowd, declare, issue_card, make_cadre, make_office, make_unit, photograph

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
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
def cards(office) -> dict[str, Card]:
    """Three people with cards and one without."""
    rows = [
        ("张三", ("食品经营许可的受理",)),
        ("李食", ("公章的使用登记", "食品生产许可的核查")),
        ("王经营", ("群众来访的接待",)),
    ]
    found = {
        name: issue_card(make_cadre(office, name, posts=("科长",), duties=duties)) for name, duties in rows
    }
    make_cadre(office, "张无证", duties=("食品经营许可的受理",))
    return found


def found(client: Client, typed: str, **more: str) -> str:
    response = client.get("/", {"q": typed, **more})
    assert response.status_code == 200
    return response.text


# --- Finding -----------------------------------------------------------------------------------------------------


def test_who_handles_it_with_everything_one_needs_to_go_there(english, cards):
    html = found(english, "who handles 食品经营许可?")
    assert "<mark>食品经营许可</mark>的受理" in html
    assert f'href="/c/{cards["张三"].token}"' in html
    assert 'href="tel:05787120101"' in html
    shown = text_of(html)
    assert (
        "Who handles this 张三 At post 食品经营许可 的受理 青窑局 · 办公室 · 科长 主楼三楼 301 0578-7120101"
        in shown
    )
    assert "Similar duties 李食 At post 食品 生产 许可 的核查" in shown
    assert "王经营" not in shown


def test_the_page_speaks_chinese_to_everybody_else(client, cards):
    assert "在岗" in text_of(found(client, "谁负责食品经营许可？"))


def test_people_are_found_by_name(english, cards):
    shown = text_of(found(english, "zhang"))
    assert "People 张三 At post 青窑局" in shown
    assert "Who handles this" not in shown


def test_what_was_typed_stays_in_the_field_as_text(english, cards):
    typed = '"><script>alert(1)</script>'
    html = found(english, typed)
    assert f'value="{escape(typed)}"' in html
    assert "<script" not in html


def test_the_links_to_language_and_size_keep_the_search(english, cards):
    assert "?q=%E5%BC%A0&amp;lang=zh-hans" in found(english, "张")
    assert "?q=%E5%BC%A0&amp;text=large" in found(english, "张")


@pytest.mark.parametrize("gone", [{"serves_to": "2026-11-23"}, {"serves_from": "2026-12-01"}])
def test_only_people_in_service_are_found(gone, english, cards):
    Cadre.objects.filter(name="张三").update(**gone)
    for html in (found(english, "张三"), english.get("/", {"unit": "D901"}).text):
        assert cards["张三"].token not in html
    assert "王经营" in english.get("/", {"unit": "D901"}).text


def test_only_people_with_a_valid_card_are_found(english, cards):
    assert "张无证" not in text_of(found(english, "张"))
    Card.objects.filter(pk=cards["张三"].pk).update(revoked_at=NOW, revoke_reason="lost")
    assert "张三" not in text_of(found(english, "食品经营许可"))


def test_the_status_of_this_minute_and_the_place_of_today(english, cards, other_office):
    cadre = cards["张三"].cadre
    declare(cadre, State.ERRAND, until=NOW.replace(hour=7, minute=30))
    Placement.objects.create(cadre=cadre, kind="secondment", office=other_office, valid_from=TODAY)
    shown = text_of(found(english, "张三"))
    assert "Out on business" in shown
    assert "expected back 15:30" in shown
    assert "青窑局 · 办公室 · 科长 Secondment：剑潭镇 党政办" in " ".join(shown.split())
    assert "一楼 102" in shown


def test_on_a_units_page_everybody_stands_in_their_own_office(english, cards, other_office):
    Placement.objects.create(
        cadre=cards["张三"].cadre, kind="village_post", office=other_office, valid_from=TODAY
    )
    html = english.get("/", {"unit": "D901"}).text
    shown = " ".join(text_of(html).split())
    assert html.count("<h2>办公室") == 1
    assert "Village post：剑潭镇 党政办" in shown
    assert "一楼 102" in shown


def test_nothing_that_needs_consent_is_on_the_list(english, cards):
    photograph(cards["张三"].cadre)
    for html in (found(english, "张三"), english.get("/", {"unit": "D901"}).text):
        assert "张三" in html
        assert "139 0000 0000" not in html
        assert ".jpg" not in html
        assert "<img" not in html


def test_nobody_found_gets_help(english, cards):
    shown = text_of(found(english, "火箭发射"))
    for words in ("Nobody found", "Use fewer words", "0578-7129000", "Look through the units", "青窑局"):
        assert words in shown, words


@pytest.mark.parametrize("typed", ["谁负责", "？", "%", "_", "\\", "'", "庄" * 4000, "\u200b", "𬱖", "😀"])
def test_whatever_is_typed_gets_an_answer(typed, english, cards):
    assert "Nobody found" in text_of(found(english, typed))


def test_an_empty_search_is_the_home_page(english, cards):
    assert "Nobody found" not in found(english, "  ")


def test_twenty_are_shown_and_whoever_sees_more_narrows_the_search(english, office):
    crowd(office, 20)
    html = found(english, "办公室")
    assert html.count('<li class="card answer">') == 20
    assert "Narrow your search" not in html
    crowd(office, 1)
    html = found(english, "办公室")
    assert html.count('<li class="card answer">') == 20
    assert "21 people found" in html
    assert "Narrow your search" in html


# --- Looking through a unit --------------------------------------------------------------------------------------


def test_the_units_with_somebody_to_be_found_are_listed(english, cards, other_office):
    make_unit("D904", "空无一人局")
    make_cadre(other_office, "无证甲")
    html = english.get("/").text
    assert 'href="/?unit=D901"' in html
    assert "青窑局" in text_of(html)
    assert "空无一人局" not in html
    assert "剑潭镇" not in html


def test_a_unit_shows_its_people_by_office(english, cards, unit):
    archive = make_office(unit, "档案室", "101")
    issue_card(make_cadre(archive, "周档", posts=("馆员",), duties=("档案的查阅",)))
    shown = text_of(english.get("/", {"unit": "D901"}).text)
    assert re.search(
        "青窑局 .*0578-7120110 .*档案室 主楼三楼 101 周档 At post 档案的查阅 馆员 .*办公室 主楼三楼 301 ",
        shown,
    )
    assert "张无证" not in shown


def test_a_large_unit_has_pages(english, office):
    crowd(office, public.UNIT_PAGE + 1)
    first, second = (english.get("/", {"unit": "D901", "page": page}).text for page in ("1", "2"))
    assert first.count('<li class="card answer">') == public.UNIT_PAGE
    assert second.count('<li class="card answer">') == 1
    assert 'href="?unit=D901&amp;page=2"' in first


@pytest.mark.parametrize("code", ["D999", "%", "x" * 500, "𬱖"])
def test_a_unit_that_does_not_exist_is_not_found(code, english, city):
    assert english.get("/", {"unit": code}).status_code == 404


def test_a_closed_unit_is_not_found(english, cards):
    Unit.objects.filter(code="D901").update(valid_to="2026-11-23")
    assert english.get("/", {"unit": "D901"}).status_code == 404
    assert "青窑局" not in english.get("/").text


@pytest.mark.parametrize("last_day", ["2026-11-23", "2026-11-24"])
def test_a_unit_that_has_been_merged_leads_to_its_successor(last_day, english, cards, unit):
    middle = make_unit("D905", "中间局", valid_to=last_day, successor=unit)
    make_unit("D906", "从前局", valid_to=last_day, successor=middle)
    html = english.get("/", {"unit": "D906"}).text
    assert "从前局" in html
    assert "Merged into 青窑局" in text_of(html)
    assert 'href="/?unit=D901"' in html
    shown = found(english, "从前局")
    assert "从前局 has been merged into 青窑局 Open 青窑局 People" in text_of(shown)
    assert cards["张三"].token in shown


def test_a_unit_that_was_named_can_be_opened_before_its_people(english, cards):
    html = found(english, "青窑局")
    assert "Open 青窑局 People" in text_of(html)
    assert html.index('href="/?unit=D901"') < html.index(cards["张三"].token)
    assert "/?unit=D901" not in found(english, "张三")


def test_a_unit_without_anybody_can_be_opened_too(english, cards):
    make_unit("D907", "市教育局")
    shown = text_of(found(english, "教育局"))
    assert "Open 市教育局" in shown
    assert "Nobody found" not in shown


def test_units_are_listed_by_kind(english, office, other_office):
    for place in (office, other_office):
        issue_card(make_cadre(place, "甲乙"))
    assert re.search("City departments 青窑局 .*剑潭镇", text_of(english.get("/").text))


# --- Calm, small, private ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [{"q": "张三"}, {"unit": "D901"}, {"q": "火箭发射"}])
def test_nothing_keeps_or_indexes_the_answers(query, client, cards):
    response = client.get("/", query)
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in response.text
    assert not response.cookies


def test_units_are_not_paged_through_by_a_program(english, cards, monkeypatch):
    monkeypatch.setattr(public, "UNIT_PAGES", public.Limit("unit-pages", most=2, seconds=600))
    statuses = [english.get("/", {"unit": "D901", "page": page}).status_code for page in (1, 2, 3)]
    assert statuses == [200, 200, 429]
    assert english.get("/", {"q": "张三"}).status_code == 200


def test_a_question_of_any_length_comes_back_no_longer_than_the_field(english, cards):
    html = english.get("/", {"q": "z" * 3000}).text
    assert "z" * 50 in html
    assert "z" * 51 not in html


@pytest.mark.parametrize("query", [{}, {"q": "办公室"}, {"unit": "D901"}])
def test_the_largest_pages_stay_small_and_carry_no_script(query, client, office, city):
    for number in range(120):
        place = make_office(make_unit(f"D{100 + number}", f"第{number}号的名称比较长的单位"), "办公室", "301")
        if not query:
            crowd(place, 1)
    crowd(office, 60)
    html = client.get("/", query).text
    assert "<script" not in html
    assert re.findall(r'(?:src|href)="(https?:)?//', html) == []
    assert len(html.encode()) < 35_000


@pytest.mark.parametrize("query", [{"q": "办理日常事务"}, {"q": "众"}, {"unit": "D901"}])
def test_the_same_queries_for_1_3_and_300(query, client, office):
    counts = []
    for more in (1, 2, 297):
        crowd(office, more)
        client.get("/", query)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/", query).status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 22


def test_whoever_copies_the_directory_is_slowed_down_and_the_code_still_opens(
    english, cards, monkeypatch, clock
):
    monkeypatch.setattr(public, "LOOKUPS", public.Limit("lookups", most=3, seconds=600))
    for query in ({"q": "张"}, {"unit": "D901"}, {"q": "火箭"}):
        assert english.get("/", query).status_code == 200
    for query in ({"q": "张"}, {"unit": "D901"}):
        refused = english.get("/", query)
        assert refused.status_code == 429
        assert "Too many searches" in refused.text
        assert "张三" not in refused.text
    assert english.get("/").status_code == 200
    assert english.get(f"/c/{cards['张三'].token}").status_code == 200
    assert english.get("/", {"q": "张"}, REMOTE_ADDR="192.0.2.7").status_code == 200
    clock.shift(601)
    assert english.get("/", {"q": "张"}).status_code == 200


def test_a_search_stands_in_no_log(english, cards, caplog):
    with caplog.at_level(0):
        found(english, "食品经营许可")
    assert "食品" not in caplog.text
    assert "%E9%A3%9F" not in caplog.text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_sent_to_the_home_page(method, client, city):
    assert getattr(client, method)("/").status_code == 405


def test_the_wrong_code_keeps_the_rest_of_the_page(english, cards):
    response = english.get("/c/", {"code": "123"})
    assert response.status_code == 422
    assert 'name="q"' in response.text
    assert "青窑局" in response.text
