"""The cadre's phone page in a browser with JavaScript off, and what the citizen sees at once."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from cards.models import Whereabouts
from cards.rules import State
from tests.accounts.factories import PASSWORD
from tests.cast import NOW, issue_card
from tests.e2e.tools import follow, open_page, scrolls_sideways, sign_in, violations


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW)
    return time_machine


@pytest.fixture
def context(browser):
    """A phone whose browser runs no script."""
    context = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 390, "height": 844},
        java_script_enabled=False,
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def phone(page: Page, context: BrowserContext, live_server, lin):
    sign_in(context, live_server, lin.user)
    open_page(page, live_server.url + reverse("my_whereabouts"))
    return page


@pytest.fixture
def plaque_says(context, live_server, lin):
    """What a citizen reads who scans at this moment."""
    address = live_server.url + reverse("card", args=[issue_card(lin).token])
    citizen = context.browser.new_context(locale="zh-CN", java_script_enabled=False)

    def words() -> str:
        scanned = citizen.new_page()
        open_page(scanned, address)
        said = scanned.inner_text("section.now")
        scanned.close()
        return said

    yield words
    citizen.close()


def shown(page: Page):
    return page.locator(".shows strong")


def tap(page: Page, state: State) -> None:
    """A usual absence, or the return: one tap."""
    follow(page.locator(f"button[name=preset][value^='{state}|']"))


def choose(page: Page, state: State) -> None:
    page.locator(f"[name=state][value={state}]").check()


def latest(lin) -> Whereabouts:
    return Whereabouts.objects.filter(cadre=lin).latest("pk")


def latest_end(lin) -> str:
    until = latest(lin).until
    return f"{until + timedelta(hours=8):%H:%M}" if until else ""


def test_signing_in_leads_to_the_phone_page(page, live_server, lin):
    lin.user.set_password(PASSWORD)
    lin.user.save()
    open_page(page, live_server.url + reverse("my_whereabouts"))
    expect(page).to_have_url(re.compile("/sign-in/"))
    page.fill("[name=login]", lin.user.username)
    page.fill("[name=password]", PASSWORD)
    follow(page.locator("main form button[type=submit]").first)
    expect(page).to_have_url(re.compile("/me/$"))
    expect(shown(page)).to_have_text("在岗")


def test_one_tap_declares_a_usual_absence_and_the_return(phone, plaque_says, lin):
    assert "在岗" in plaque_says()
    tap(phone, State.MEETING)
    expect(shown(phone)).to_have_text("开会")
    assert (latest(lin).state, latest(lin).source) == (State.MEETING, Whereabouts.Source.SELF)
    said = plaque_says()
    assert "开会" in said
    assert "12:00" in latest_end(lin)
    tap(phone, State.AT_POST)
    expect(shown(phone)).to_have_text("在岗")
    assert "在岗" in plaque_says()
    assert "开会" not in plaque_says()


def test_two_taps_declare_anything_else(phone, plaque_says, lin):
    choose(phone, State.TRAINING)
    follow(phone.locator("button[name=until_choice][value=day]"))
    expect(shown(phone)).to_have_text("培训")
    assert (latest(lin).state, latest_end(lin)) == (State.TRAINING, "17:30")
    assert "培训" in plaque_says()


def test_a_time_and_a_place_may_be_typed(phone, plaque_says, lin):
    choose(phone, State.ERRAND)
    phone.fill("[name=until_time]", "15:30")
    phone.fill("[name=place]", "剑潭镇政府")
    follow(phone.get_by_role("button", name="更新门牌").last)
    expect(shown(phone)).to_have_text("外出办事")
    assert (latest_end(lin), latest(lin).place) == ("15:30", "剑潭镇政府")
    assert "15:30" in plaque_says()


def test_a_time_that_is_over_is_refused_with_a_sentence_and_keeps_what_was_entered(phone, plaque_says, lin):
    choose(phone, State.ERRAND)
    phone.fill("[name=until_time]", "09:00")
    phone.fill("[name=place]", "剑潭镇政府")
    follow(phone.get_by_role("button", name="更新门牌").last)
    expect(phone.locator(".error-summary, [role=alert]").first).to_contain_text("已过")
    assert phone.input_value("[name=place]") == "剑潭镇政府"
    assert not Whereabouts.objects.exists()
    assert "在岗" in plaque_says()


def test_a_leave_of_several_days_is_planned_shown_when_it_comes_and_cancelled(
    phone, plaque_says, lin, ten_o_clock, live_server
):
    phone.locator("details summary").click()
    phone.locator("[name=leave-state][value=leave]").check()
    phone.fill("[name=leave-from_date]", "2026-11-26")
    phone.fill("[name=leave-to_date]", "2026-11-30")
    follow(phone.locator("button[name=plan]"))
    expect(phone).to_have_url(re.compile("/me/$"))
    expect(shown(phone)).to_have_text("在岗")
    planned = phone.locator("form[action*=cancel]")
    expect(planned).to_have_count(1)
    assert "在岗" in plaque_says()

    ten_o_clock.move_to(NOW + timedelta(days=2))
    said = plaque_says()
    assert "请休假" in said
    assert "12月1日" in said

    ten_o_clock.move_to(NOW + timedelta(minutes=5))
    follow(planned.locator("button"))
    expect(phone.locator("form[action*=cancel]")).to_have_count(0)
    ten_o_clock.move_to(NOW + timedelta(days=2))
    assert "在岗" in plaque_says()


def test_the_history_is_the_cadres_own(phone, plaque_says, lin, chen, context, live_server):
    tap(phone, State.COUNTRYSIDE)
    history = phone.locator("section.card").last
    expect(history).to_contain_text("下乡")
    expect(history).to_contain_text("本人")
    sign_in(context, live_server, chen.user)
    open_page(phone, live_server.url + reverse("my_whereabouts"))
    expect(phone.locator("section.card").last).not_to_contain_text("下乡")


def test_consent_to_the_mobile_number_is_given_and_withdrawn(phone, lin, context, live_server):
    # The citizen shares the browser; scanning one's own code leads to one's own page.
    address = live_server.url + reverse("card", args=[issue_card(lin).token]) + "?public=1"
    consent = live_server.url + reverse("my_consent")
    citizen = context.new_page()
    for pressed, visible in (("1", True), ("0", False)):
        open_page(phone, consent)
        form = phone.locator("form", has=phone.locator("[name=subject][value=mobile]"))
        follow(form.locator("button").first)
        open_page(citizen, address)
        assert (lin.mobile in citizen.content()) is visible, pressed


def test_two_phones_of_one_person_agree(phone, context, live_server, lin):
    second = context.new_page()
    open_page(second, live_server.url + reverse("my_whereabouts"))
    tap(phone, State.MEETING)
    second.reload()
    expect(shown(second)).to_have_text("开会")


def test_the_page_is_accessible_and_fits_a_narrow_phone(page_with_scripts, live_server, lin):
    for width in (320, 390):
        page_with_scripts.set_viewport_size({"width": width, "height": 700})
        open_page(page_with_scripts, live_server.url + reverse("my_whereabouts"))
        assert not scrolls_sideways(page_with_scripts)
        assert violations(page_with_scripts) == ""
        page_with_scripts.locator("details summary").click()
        assert not scrolls_sideways(page_with_scripts)
        assert violations(page_with_scripts) == ""


@pytest.fixture
def page_with_scripts(browser, live_server, lin):
    """axe is a script."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    sign_in(context, live_server, lin.user)
    yield context.new_page()
    context.close()
