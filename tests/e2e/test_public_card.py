"""The page that a citizen opens at the door: small, without script, without third parties, for everybody."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page

from cards import services
from cards.models import Card
from cards.rules import State
from tests.cast import NOW, crowd, declare, issue_card, photograph
from tests.e2e.tools import follow, open_page, scrolls_sideways, violations

BYTES, REQUESTS = 50 * 1024, 5

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW)
    return time_machine


@pytest.fixture
def card(lin) -> Card:
    """With a photo and everything else that a page can show."""
    return issue_card(photograph(lin))


@pytest.fixture
def traffic(context: BrowserContext, page: Page):
    """Every request of the page: its address, and the bytes that came over the wire with headers."""
    addresses: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.requestWillBeSent",
        lambda event: addresses.update({event["requestId"]: event["request"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    return addresses, sizes


def absent(cadre) -> None:
    declare(cadre, State.MEETING, now=NOW - timedelta(minutes=30), until=NOW + timedelta(hours=1))


def overdue(cadre) -> None:
    declare(cadre, State.ERRAND, now=NOW - timedelta(hours=1), until=NOW - timedelta(minutes=20))


def test_it_is_small_and_its_own(card, chen, page, live_server, traffic):
    absent(card.cadre)
    absent(chen)
    address = live_server.url + reverse("card", args=[card.token])
    open_page(page, address)
    page.wait_for_load_state("networkidle")
    assert page.locator("img").evaluate("image => image.complete && image.naturalWidth > 0")
    addresses, sizes = traffic
    assert set(addresses) == set(sizes)
    # Whether Chromium asks for the icon is its secret; a phone's browser does.
    icon = page.locator("link[rel=icon]").get_attribute("href") or "/favicon.ico"
    asked = {url for url in addresses.values() if urlsplit(url).path != icon}
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(live_server.url).netloc}
    assert len(asked) + 1 <= REQUESTS
    assert sum(sizes.values()) + len(page.request.get(live_server.url + icon).body()) + 500 <= BYTES


def test_it_runs_no_script(card, page, live_server):
    response = open_page(page, live_server.url + reverse("card", args=[card.token]))
    source = response.text().lower()
    assert page.locator("script").count() == 0
    assert "<script" not in source
    assert "javascript:" not in source
    assert " on" + "click" not in source
    policy = response.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("state", ["at post", "away", "both away", "overdue", "outside hours", "revoked"])
def test_it_is_accessible_in_every_state(state, card, lin, chen, page, live_server, ten_o_clock):
    match state:
        case "away" | "both away":
            absent(lin)
            if state == "both away":
                absent(chen)
        case "overdue":
            overdue(lin)
        case "outside hours":
            ten_o_clock.move_to(NOW + timedelta(hours=12))
        case "revoked":
            services.card_revoke(card=card, reason="lost", note="", actor=card.approved_by, now=NOW)
    tone = {
        "at post": ".on",
        "away": ".info",
        "both away": ".info",
        "overdue": ".bad",
        "outside hours": ".idle",
    }
    page.set_viewport_size({"width": 390, "height": 844})
    response = open_page(page, live_server.url + reverse("card", args=[card.token]))
    assert response.status == (404 if state == "revoked" else 200)
    assert page.locator(f"section.now{tone.get(state, '')}").count() == (0 if state == "revoked" else 1)
    assert page.locator("h1").count() == 1
    assert violations(page) == ""
    page.set_viewport_size({"width": 320, "height": 640})
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_says_who_receives_citizens_meanwhile(language, card, lin, chen, page, live_server):
    issue_card(chen)
    absent(lin)
    open_page(page, live_server.url + reverse("card", args=[card.token]) + f"?lang={language}")
    assert page.locator("html").get_attribute("lang") == {"zh-hans": "zh-hans", "en": "en"}[language]
    follow(page.locator("section.now a", has_text=chen.name))
    assert page.inner_text("h1") == chen.name


def test_it_costs_the_same_in_a_unit_of_5_and_of_500(office, lin, chen, django_assert_num_queries):
    card, client = issue_card(lin), Client()
    absent(lin)
    counts = []
    for people in (3, 495):
        crowd(office, people)
        for cadre in office.cadres.exclude(pk__in=[lin.pk]):
            declare(cadre, State.MEETING, now=NOW, until=NOW + timedelta(hours=1))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("card", args=[card.token])).status_code == 200
        counts.append(len(queries))
    assert office.cadres.count() == 500
    assert counts[0] == counts[1]
    assert counts[0] <= 16
