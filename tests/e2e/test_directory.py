"""The directory as officers keep it, with a real worker behind it: from a roster to the scanned page, and moving on."""

import io
import subprocess
import zipfile

import pytest
import zxingcpp
from django.urls import reverse
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import City
from cards.models import Cadre, Card
from cards.printing.address import card_url
from tests.cast import issue_card, make_cadre, make_office, make_unit, portrait
from tests.e2e.tools import follow, open_page, sign_in
from tests.support.sheets import person, roster, zipped


@pytest.fixture(params=["script", "no script"])
def context(request, browser):
    context = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 1280, "height": 900},
        java_script_enabled=request.param == "script",
    )
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture(autouse=True)
def site(settings, live_server, transactional_db, city):
    """Codes that open the test's own server; the demonstration may print any address."""
    settings.SITE_URL = live_server.url
    City.objects.update(is_demo=True)


@pytest.fixture(autouse=True)
def worker(site, monkeypatch, live_server, request):
    """The worker prints the same addresses as the pages."""
    monkeypatch.setenv("SITE_URL", live_server.url)
    return request.getfixturevalue("celery_worker")


class Desk:
    """One person at the desk; `go` opens a page by its name."""

    def __init__(self, page: Page, context: BrowserContext, live_server) -> None:
        self.page, self.context, self.server = page, context, live_server

    def as_(self, user) -> "Desk":
        sign_in(self.context, self.server, user)
        return self

    def go(self, name: str, *args: object, query: str = "") -> None:
        open_page(self.page, self.server.url + reverse(name, args=args) + query)

    def press(self, selector: str) -> None:
        follow(self.page.locator(selector))

    def job_done(self) -> None:
        """Shown when the work is done: by the script's polling, or by the page that reloads itself."""
        self.page.locator("#job:not([hx-get]) .rows").first.wait_for()

    def download(self, selector: str) -> bytes:
        with self.page.expect_download() as started:
            self.page.locator(selector).click()
        return started.value.path().read_bytes()


@pytest.fixture
def desk(page, context, live_server):
    return Desk(page, context, live_server)


def codes(pdf: bytes, folder) -> list[str]:
    (folder / "printed.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "150", "-png", folder / "printed.pdf", folder / "page"], check=True)
    pictures = [Image.open(file) for file in sorted(folder.glob("page*.png"))]
    return [code.text for picture in pictures for code in zxingcpp.read_barcodes(picture)]


def hand_in(desk: Desk, sheet, photos=None) -> None:
    desk.go("roster")
    desk.page.set_input_files("[name=file]", sheet)
    if photos:
        desk.page.set_input_files("[name=photos]", photos)
    desk.press("main form [type=submit]")


def test_a_roster_with_errors_is_mended_confirmed_printed_and_scanned(
    desk, page, unit, officer, express, tmp_path
):
    good = person("单竹", stand_in="韦诉𬱖", photo="单竹.jpg")
    wrong = [person(None), person("周电话", phone="无", mobile="12"), person("=1+1")]
    photos = zipped(tmp_path / "photos.zip", {"单竹.jpg": portrait().getvalue()})

    desk.as_(officer)
    hand_in(desk, roster(tmp_path / "名册.xlsx", [good, *wrong, person("韦诉𬱖")]), photos)
    problems = page.locator("#problems tbody tr")
    rows = [row.split()[1] for row in problems.all_inner_texts()]
    assert rows == ["4", "5", "5", "6"]
    assert "1+1" not in page.inner_text("main")
    assert page.locator("form[action*=confirm]").count() == 0
    assert not Cadre.objects.exists()

    hand_in(desk, roster(tmp_path / "名册.xlsx", [good, person("韦诉𬱖")]), photos)
    assert page.locator("#problems").count() == 0
    desk.press("form[action*=confirm] button")
    desk.job_done()
    assert sorted(Cadre.objects.values_list("name", flat=True)) == ["单竹", "韦诉𬱖"]

    desk.press("a[href*='action=request']")
    desk.press("main form[method=post] button")
    desk.job_done()
    desk.as_(express).go("card_requests_bulk", query="?matching=1")
    desk.press("main form[method=post] button")
    desk.job_done()
    cards = {card_url(card.token): card for card in Card.objects.valid().select_related("cadre")}
    assert len(cards) == 2

    desk.as_(officer).go("print")
    page.check("[name=kind][value=plaque]", force=True)
    desk.press("main form[method=post] button[type=submit]")
    desk.job_done()
    read = codes(desk.download("#job a[href*='/files/1/']"), tmp_path)
    assert sorted(read) == sorted(cards)
    page.context.clear_cookies()  # a citizen scans: the officer would be led to today's round
    for url in read:
        assert open_page(page, url).status == 200
        expect(page.locator("h1")).to_have_text(cards[url].cadre.name)


def test_after_a_transfer_the_plaque_is_reprinted_and_the_old_code_ends_with_the_new_card(
    desk, page, lin, officer, other_officer, other_office, express, tmp_path
):
    old = issue_card(lin)
    desk.as_(officer).go("print")
    page.check("[name=kind][value=plaque]", force=True)
    desk.press("main form[method=post] button[type=submit]")
    desk.job_done()
    (code,) = codes(desk.download("#job a[href*='/files/1/']"), tmp_path)

    desk.go("transfer_new", lin.pk)
    page.select_option("[name=to_unit]", str(other_office.unit_id))
    desk.press("main form[method=post] [type=submit]")
    (transfer,) = lin.transfers.all()
    desk.as_(other_officer).go("transfer_decide", transfer.pk)
    page.select_option("[name=office]", str(other_office.pk))
    page.fill("[name=posts]", "四级调研员")
    page.fill("[name=duties]", "受理来访")
    page.fill("[name=office_phone]", "0578-7120220")
    desk.press("main form:has([name=office]) [type=submit]")
    lin.refresh_from_db()
    assert lin.unit_id == other_office.unit_id

    # The code on the old door still tells where the person is now, until the new card is there.
    assert open_page(page, code).status == 200
    assert other_office.unit.name in page.inner_text("body")
    desk.go("reprints")
    row = page.locator("tbody tr", has_text=lin.name)
    expect(row).to_contain_text(other_office.unit.name)

    desk.as_(express).go("card_requests_bulk", query="?matching=1")
    desk.press("main form[method=post] button")
    desk.job_done()
    new = Card.objects.valid().get(cadre=lin)
    assert new.serial.startswith(f"LQ-{other_office.unit.code}-")
    assert open_page(page, code).status == 404
    assert "失效" in page.inner_text("h1")
    assert lin.name not in page.inner_text("body")

    desk.as_(other_officer).go("print")
    page.check("[name=kind][value=plaque]", force=True)
    desk.press("main form[method=post] button[type=submit]")
    desk.job_done()
    (tmp_path / "new").mkdir()
    assert codes(desk.download("#job a[href*='/files/1/']"), tmp_path / "new") == [card_url(new.token)]
    assert open_page(page, card_url(new.token)).status == 200
    assert old.token != new.token


KINDS = ("plaque", "combined", "contact")


@pytest.mark.parametrize("context", ["script"], indirect=True)
def test_every_code_of_every_document_of_three_units_opens_its_person(
    desk, page, office, other_office, express, tmp_path
):
    """Combined plaques and contact cards included; the city prints all units at once."""
    third = make_office(make_unit("D903", "竹溪局", hotline="0578-7120330"), "综合科", "201")
    people = [
        make_cadre(room, f"{surname}示例{number}")
        for room, surname in ((office, "单"), (other_office, "仇"), (third, "欧阳"))
        for number in "一二三四五"
    ]
    cards = {card_url(card.token): card for card in map(issue_card, people)}
    desk.as_(express)
    for kind in KINDS:
        desk.go("print")
        page.check(f"[name=kind][value={kind}]", force=True)
        desk.press("main form[method=post] button[type=submit]")
        desk.job_done()
        whole = zipfile.ZipFile(io.BytesIO(desk.download("#job a[href$='/files/all/']")))
        assert len(whole.namelist()) == 3
        read: list[str] = []
        for number, name in enumerate(whole.namelist()):
            folder = tmp_path / f"{kind}{number}"
            folder.mkdir()
            read += codes(whole.read(name), folder)
        assert sorted(read) == sorted(cards), kind
    for url, card in cards.items():
        assert open_page(page, url).status == 200
        expect(page.locator("h1")).to_have_text(card.cadre.name)
