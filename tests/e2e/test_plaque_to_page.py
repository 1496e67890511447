"""From the printed plaque to the page it opens: the real command, a page's pixels, a browser."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
import zxingcpp
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from accounts.models import City
from cards import services
from cards.models import Cadre, Card
from cards.presentation import status_view
from cards.printing.address import card_url
from cards.rules import Kind, State
from cards.selectors import HoursBook, public_card, statuses, with_place
from common.rules import local
from tests.cast import NOW, declare, issue_card, make_cadre, signed_in
from tests.e2e.tools import open_page
from tests.support.processes import ROOT

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    """The live server runs in this process: for its pages too it is Tuesday, 10:00."""
    time_machine.move_to(NOW)
    return time_machine


@pytest.fixture(autouse=True)
def site(settings, live_server, transactional_db, city):
    """Codes that open the test's own server; the demonstration may print any address."""
    settings.SITE_URL = live_server.url
    City.objects.update(is_demo=True)


@pytest.fixture
def print_cards(database_url, live_server, tmp_path):
    """manage.py print_cards as an administrator runs it, a program of its own."""

    def run(*arguments):
        command = [
            sys.executable,
            "manage.py",
            "print_cards",
            *arguments,
            "--kind",
            "plaque",
            "--output",
            str(tmp_path),
        ]
        ours = {"DATABASE_URL": database_url, "SITE_URL": live_server.url}
        return subprocess.run(command, cwd=ROOT, env=os.environ | ours, capture_output=True, text=True)

    return run


def pages_of(path, folder):
    subprocess.run(["pdftoppm", "-r", "150", "-png", path, folder / "page"], check=True)
    return [Image.open(picture) for picture in sorted(folder.glob("page*.png"))]


def codes_of(picture):
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def headline(card: Card) -> str:
    """What the plaque says now, by the rules and not by the page."""
    cadre = with_place(Cadre.objects.filter(pk=card.cadre_id), local(timezone.now()).date()).get()
    hours = HoursBook(local(timezone.now()).date()).of(cadre.unit.office_hours_id)
    return status_view(statuses([cadre], timezone.now())[cadre.pk], hours, timezone.now()).headline


@pytest.fixture
def people(office, lin, chen, wei):
    """Each in another state at ten o'clock."""
    declare(chen, State.MEETING, now=NOW - timedelta(minutes=30), until=NOW + timedelta(hours=1))
    declare(wei, State.ERRAND, now=NOW - timedelta(hours=1), until=NOW - timedelta(minutes=20))
    guard = make_cadre(office, "覃守夜")
    declare(guard, State.ON_DUTY, now=NOW, until=NOW + timedelta(hours=20))
    away = make_cadre(office, "欧阳长途")
    declare(away, State.BUSINESS_TRIP, now=NOW - timedelta(days=1), until=NOW + timedelta(days=3))
    return [lin, chen, wei, guard, away]


def test_every_code_of_a_unit_opens_its_person_with_the_status_of_this_minute(
    people, print_cards, page, live_server, tmp_path, ten_o_clock
):
    cards = {card_url(card.token): card for card in map(issue_card, people)}
    kinds = {public_card(card, timezone.now()).status.kind for card in cards.values()}
    assert kinds == {Kind.AT_POST, Kind.AWAY, Kind.OVERDUE}
    done = print_cards("--unit", "D901")
    assert done.returncode == 0, done.stderr

    pictures = pages_of(tmp_path / "D901-青窑局-门牌.pdf", tmp_path)
    read = [codes_of(picture) for picture in pictures]
    assert sorted(read) == sorted([url] for url in cards)
    for moment in (NOW, NOW + timedelta(hours=10), NOW + timedelta(days=1)):
        ten_o_clock.move_to(moment)
        for (url,) in read:
            assert url.startswith("HTTP://LOCALHOST:")
            assert open_page(page, url).status == 200
            expect(page.locator("h1")).to_have_text(cards[url].cadre.name)
            expect(page.locator("section.now h2 strong")).to_have_text(headline(cards[url]))


def test_a_revoked_card_opens_neither_name_nor_status(lin, officer, print_cards, page, tmp_path):
    card = issue_card(lin)
    assert print_cards("--unit", "D901").returncode == 0
    (picture,) = pages_of(tmp_path / "D901-青窑局-门牌.pdf", tmp_path)
    ((url,)) = codes_of(picture)
    shown = headline(card)
    assert open_page(page, url).status == 200
    assert shown in page.inner_text("body")

    services.card_revoke(card=card, reason="lost", note="", actor=officer, now=timezone.now())
    assert open_page(page, url).status == 404
    words = page.inner_text("body")
    assert "失效" in page.inner_text("h1")
    assert lin.name not in words
    assert shown not in words
    assert lin.unit.name not in words
    for path in (reverse("card_vcard", args=[card.token]), reverse("card_photo", args=[card.token])):
        assert page.request.get(page.url.partition("/C/")[0] + path).status == 404


def test_a_new_card_ends_the_old_code_and_is_drawn_anew(lin, officer, page, tmp_path, city, live_server):
    old = issue_card(lin)
    desk = signed_in(officer)
    first = desk.post(reverse("card_plaque", args=[lin.pk]))
    new = issue_card(lin, reason="lost")
    second = desk.post(reverse("card_plaque", args=[lin.pk]))

    def read(response, name):
        (tmp_path / name).mkdir()
        (tmp_path / name / "plaque.pdf").write_bytes(response.content)
        (picture,) = pages_of(tmp_path / name / "plaque.pdf", tmp_path / name)
        return codes_of(picture)

    assert read(first, "first") == [card_url(old.token)]
    assert read(second, "second") == [card_url(new.token)]
    assert "no-store" in second["Cache-Control"]
    assert open_page(page, card_url(old.token)).status == 404
    assert lin.name not in page.inner_text("body")
    assert open_page(page, card_url(new.token)).status == 200
    expect(page.locator("h1")).to_have_text(lin.name)
    expect(page.locator(".verify")).to_contain_text(new.serial)


def test_a_revoked_card_has_no_plaque_to_download(lin, officer):
    card = issue_card(lin)
    desk = signed_in(officer)
    assert desk.post(reverse("card_plaque", args=[lin.pk])).status_code == 200
    services.card_revoke(card=card, reason="left", note="", actor=officer, now=timezone.now())
    assert desk.post(reverse("card_plaque", args=[lin.pk])).status_code == 404


def test_a_rare_name_is_embedded_searchable_and_copied_right(wei, print_cards, tmp_path):
    issue_card(wei)
    assert print_cards("--unit", "D901").returncode == 0
    pdf = tmp_path / "D901-青窑局-门牌.pdf"

    def tool(*command):
        return subprocess.run([*command], check=True, capture_output=True, text=True).stdout

    assert "韦诉𬱖" in tool("pdftotext", pdf, "-")
    rows = tool("pdffonts", pdf).splitlines()
    column = rows[0].index("emb")
    assert len(rows) > 3
    assert {row[column : column + 3] for row in rows[2:]} == {"yes"}


def test_a_name_that_no_font_can_write_is_refused_with_a_sentence(office, lin, print_cards, tmp_path):
    issue_card(lin)
    rare = issue_card(make_cadre(office, "张\U00031350"))
    done = print_cards("--unit", "D901")
    assert done.returncode == 1
    assert f"D901 青窑局：{rare.serial} 张\U00031350" in done.stderr
    assert "U+31350" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
