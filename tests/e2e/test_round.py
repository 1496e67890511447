"""A day's check on a phone, with scripts and without: a clean round is one tap, two problems are six at most."""

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Locator, Page, expect

from attendance.models import Finding, Mark, Round
from cards.models import Cadre
from cards.rules import State
from tests.cast import NOW, crowd, declare, make_cadre, make_office, portrait
from tests.e2e.tools import follow, open_page, scrolls_sideways, sign_in, violations

PEOPLE = 46
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW)


@pytest.fixture
def people(office) -> list[Cadre]:
    """On two floors; two are in a meeting. The officer is none of them."""
    found = crowd(office, PEOPLE - 6, cards=False)
    found += crowd(make_office(office.unit, "审批科", "402", location="主楼四楼"), 6, cards=False)
    for cadre in found[3:5]:
        declare(cadre, State.MEETING, until=NOW.replace(hour=4))
    return found


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def context(browser, request, live_server, officer) -> Iterator[BrowserContext]:
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport=PHONE, java_script_enabled=request.param
    )
    context.set_default_timeout(15_000)
    sign_in(context, live_server, officer)
    yield context
    context.close()


class Finger:
    """Taps, and counts them: a press, and a choice in the system's own dialogue, which are two."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, target: Locator) -> None:
        self.taps += 1
        target.click()

    def choose_photo(self, box: Locator) -> None:
        self.taps += 2
        box.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": portrait().getvalue()})


def landing(page: Page, live_server) -> Page:
    open_page(page, live_server.url + reverse("desk"))
    return page


def chip(page: Page, cadre: Cadre, code: str) -> Locator:
    return page.locator(f"#{code}-{cadre.pk}")


def test_a_clean_round_of_46_is_one_tap_on_the_landing_page(page, live_server, people):
    finger = Finger()
    finger.tap(landing(page, live_server).locator("form[action$='/submit/'] button"))
    expect(page).to_have_url(re.compile(r"/desk/rounds/\d+/$"))
    done = Round.objects.get()
    assert finger.taps == 1
    assert (done.people, done.problems, done.seen, done.declared) == (PEOPLE, 0, PEOPLE - 2, 2)


def test_two_problems_one_with_a_photo_are_six_taps(page, live_server, people, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    finger, first, second = Finger(), people[0], people[-1]
    finger.tap(landing(page, live_server).locator("a[href$='/sheet/D901/']").last)
    finger.tap(chip(page, first, "off_post"))
    photo = page.locator(f"#person-{first.pk} input[type=file]")
    photo.wait_for()
    finger.choose_photo(photo)
    finger.tap(chip(page, second, "late"))
    expect(chip(page, second, "late")).to_have_attribute("aria-pressed", "true")
    finger.tap(page.locator("button[name=submit]"))
    expect(page).to_have_url(re.compile(r"/desk/rounds/\d+/$"))
    assert finger.taps <= 6
    found = {finding.item.code: finding for finding in Finding.objects.select_related("item")}
    assert found.keys() == {"off_post", "late"}
    assert found["off_post"].photo
    assert not found["late"].photo
    assert Round.objects.get().problems == 2


def test_a_clean_round_and_one_with_a_problem_by_keyboard_only(page, live_server, people):
    landing(page, live_server)
    tab_to(page, "form[action$='/submit/'] button")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/desk/rounds/\d+/$"))
    open_page(page, f"{live_server.url}{reverse('sheet', args=['D901'])}?again=1#person-{people[1].pk}")
    target = chip(page, people[1], "off_post")
    tab_to(page, f"#off_post-{people[1].pk}")
    page.keyboard.press("Space")
    expect(target).to_have_attribute("aria-pressed", "true")
    tab_to(page, f"#person-{people[1].pk} [name$=-note]")
    page.keyboard.type("两次敲门无人")
    page.keyboard.press("Enter")
    expect(page.locator(f"#person-{people[1].pk} [name$=-note]")).to_have_value("两次敲门无人")
    tab_to(page, "button[name=submit]", backwards=True)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/desk/rounds/\d+/$"))
    assert Finding.objects.get().note == "两次敲门无人"
    assert Round.objects.count() == 2


def tab_to(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Press Tab until it has the focus; no page of ours has so many stops."""
    for _press in range(400):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.locator(f"{selector}:focus").count():
            return
    pytest.fail(f"{selector} is never reached by Tab")


@pytest.mark.parametrize("context", [True], indirect=True, ids=["scripts"])
def test_with_scripts_a_tap_changes_its_line_only_and_keeps_what_is_typed_elsewhere(
    page, live_server, people
):
    open_page(page, live_server.url + reverse("sheet", args=["D901"]))
    first, second = people[0], people[1]
    chip(page, first, "late").click()
    minutes = page.locator(f"#person-{first.pk} [name$=-minutes]")
    minutes.fill("22")
    page.evaluate("window.unchanged = true")
    chip(page, second, "off_post").click()
    expect(chip(page, second, "off_post")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#sheet-sum")).to_contain_text("2")
    expect(chip(page, second, "off_post")).to_be_focused()
    page.locator(f"#way-{people[2].pk}").select_option("phone")
    expect(page.locator("#sheet-ways")).to_have_value(f"{people[2].pk}:phone")
    page.locator("#usual-phone").click()
    expect(page.locator("#usual-phone")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.unchanged")
    assert Mark.objects.get(cadre=first).minutes == 22
    follow(page.locator("button[name=submit]"))
    expect(page).to_have_url(re.compile(r"/desk/rounds/\d+/$"))
    done = Round.objects.get()
    assert (done.seen, done.phone, done.declared, done.absent) == (0, PEOPLE - 3, 2, 1)


@pytest.fixture
def with_axe(browser, live_server, officer) -> Iterator[Page]:
    """axe is a script, and brings a style of its own."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=PHONE)
    sign_in(context, live_server, officer)
    yield context.new_page()
    context.close()


def test_every_state_of_the_page_is_accessible_and_fits_a_narrow_phone(
    with_axe, live_server, office, officer
):
    own = make_cadre(office, "纪明", user=officer)
    first, second, third = crowd(office, 3, cards=False)
    declare(second, State.ERRAND, until=NOW.replace(hour=4), place="剑潭镇")
    make_cadre(make_office(office.unit, "审批科", "402", location="主楼四楼"), "楼上")
    page, wrong = with_axe, []

    def look(name: str) -> None:
        for width in (390, 320, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            if found := violations(page):
                wrong.append(f"{name} at {width}: {found}")
            if scrolls_sideways(page):
                wrong.append(f"{name} scrolls sideways at {width}")

    sheet = live_server.url + reverse("sheet", args=["D901"])
    open_page(page, sheet)
    assert page.locator(f"#person-{own.pk} button").count() == 0
    look("unmarked")
    chip(page, first, "late").click()
    chip(page, third, "off_post").click()
    expect(chip(page, third, "off_post")).to_have_attribute("aria-pressed", "true")
    look("marked")
    page.locator(f"#person-{first.pk} [name$=-minutes]").fill("9999")
    follow(page.locator("button[name=submit]"))
    expect(page.locator(".error-summary")).to_be_visible()
    look("refused")
    open_page(page, live_server.url + reverse("sheet_person", args=["D901", third.pk]))
    look("person")
    landing(page, live_server)
    look("begun")
    open_page(page, sheet)
    follow(page.locator("button[name=submit]"))
    open_page(page, sheet)
    expect(page.locator("#sheet")).to_have_count(0)
    look("submitted")
    assert wrong == []
