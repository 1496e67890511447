"""Every page of the permission table, as each role sees it: WCAG 2.2 AA, one heading, no sideways scroll."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Role
from accounts.permissions import BOTH, TABLE
from accounts.permissions import Page as Row
from cards.models import Cadre, Card, Duty
from tests.accounts import test_permission_table as table
from tests.cast import NOW, portrait
from tests.e2e.tools import follow, open_page, scrolls_sideways, violations

PHONE, NARROW, DESK = (
    {"width": 390, "height": 844},
    {"width": 320, "height": 640},
    {"width": 1280, "height": 900},
)
#: Forms with something that must be entered.
FORMS = (
    "account_login",
    "activate",
    "cadre_new",
    "office_new",
    "user_new",
    "user_membership_new",
    "card_decide",
)
FORMS += (
    "draw_new",
    "card_revoke",
    "cadre_end_service",
    "cadre_whereabouts",
    "my_whereabouts",
    "account_change_password",
    "bonus_import",
    "responsibilities_import",
    "year_settings",
)

pytestmark = pytest.mark.one_database

world = table.world


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW)


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """The shapes of what was looked at for a role; most pages of a head are built like those of the staff."""
    return set()


def html_addresses(who: str, world: table.World, looked_at: set[str]) -> Iterator[str]:
    """The pages that this role can open and no other test of this file does, each with the object that is its own;
    but for those that have nothing that was not looked at yet."""
    client = table.client_for(who, world)
    for name, row in TABLE.items():
        if "GET" in row.methods and who in walkers(row):
            address = next(address for address, own in table.addresses(name, row, who, world) if own)
            response = client.get(address)
            is_page = response.status_code == 200 and response["Content-Type"].startswith("text/html")
            found = shapes(name, response.content.decode()) if is_page else set()
            response.close()
            if not found <= looked_at:
                yield address
            looked_at |= found


def shapes(name: str, page: str) -> set[str]:
    """What the page is built of, without its words: its main part and what stands around it."""
    built = " ".join(re.findall(r"<[^!][^>]*>", page))
    around, main, rest = re.split(r"(?s)(<main.*</main>)", re.sub(r"=\"[^\"]*\d[^\"]*\"", "", built))
    return {f"{name}: {main}", f"around: {around} {rest}"}


def walkers(row: Row) -> Collection[str]:
    """Whom a page is shown: the public ones to anybody, everybody's own to one of each sort, the others by role."""
    if row.public:
        return {table.ANONYMOUS}
    return row.roles or (Role.values if row.nav else {Role.CADRE, Role.UNIT_OFFICER})


def page_for(browser: Browser, client: Client, url: str) -> Page:
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=PHONE)
    context.set_default_timeout(15_000)
    if (session := client.cookies.get(settings.SESSION_COOKIE_NAME)) is not None:
        context.add_cookies([{"name": session.key, "value": session.value, "url": url}])
    return context.new_page()


def complaints(page: Page, widths: tuple[dict, ...]) -> Iterator[str]:
    for size in widths:
        page.set_viewport_size(size)
        if found := violations(page):
            yield f"at {size['width']}: {found}"
    page.set_viewport_size(NARROW)
    if scrolls_sideways(page):
        yield f"{page.url} scrolls sideways at 320 px"
    if (number := page.locator("h1:not([aria-level])").count()) != 1:
        yield f"{page.url} has {number} headings of the first level"
    page.set_viewport_size(PHONE)


@pytest.mark.parametrize("who", table.WHO)
def test_every_page_of_a_role_is_accessible(world, browser, live_server, looked_at, who):
    found = list(html_addresses(who, world, looked_at))
    assert found
    page, wrong = page_for(browser, table.client_for(who, world), live_server.url), []
    for address in found:
        assert open_page(page, live_server.url + address).status == 200, address
        wrong += complaints(page, (PHONE, DESK))
    page.context.close()
    assert wrong == []


def test_every_form_is_accessible_when_it_is_refused(world, browser, live_server):
    """An empty form comes back with its error summary: 422, and never a 500."""
    wrong: list[str] = []
    for name in FORMS:
        row = TABLE[name]
        assert row.methods == BOTH
        who = table.ANONYMOUS if row.public else next(iter(row.roles), Role.UNIT_OFFICER)
        address = next(address for address, own in table.addresses(name, row, who, world) if own)
        page = page_for(browser, table.client_for(who, world), live_server.url)
        open_page(page, live_server.url + address)
        form = page.locator("main form[method=post][novalidate]").first
        with page.expect_navigation() as posted:
            form.evaluate(
                """form => {
                    for (const field of form.elements) {
                        if (field.type === 'hidden') continue;
                        if (field.type === 'radio' || field.type === 'checkbox') field.checked = false;
                        else if (field.tagName === 'SELECT') field.selectedIndex = -1;
                        else if (field.tagName !== 'BUTTON') field.value = '';
                    }
                    form.noValidate = true;
                    form.requestSubmit();
                }"""
            )
        if posted.value.status != 422:
            wrong.append(f"{name} answered {posted.value.status}")
        wrong += complaints(page, (PHONE,))
        page.context.close()
    assert wrong == []


@pytest.mark.parametrize(
    "query", ["q=张", "q=登记", "q=火箭发射", "unit={unit}", "q=张&text=large", "q=张&lang=en"]
)
def test_the_home_page_is_accessible_in_all_its_states(query, world, browser, live_server):
    """With answers, with none, with one unit's people."""
    card = Card.objects.valid().select_related("cadre__unit").first()
    assert card is not None
    page = page_for(browser, table.client_for(table.ANONYMOUS, world), live_server.url)
    Cadre.objects.filter(pk=card.cadre_id).update(name="张登记")
    Duty.objects.filter(cadre=card.cadre_id).update(text="企业登记的受理")
    address = f"{live_server.url}/?{query.format(unit=card.cadre.unit.code)}"
    assert open_page(page, address).status == 200
    wrong = list(complaints(page, (PHONE, DESK)))
    assert page.locator(".answer").count() == (0 if "火箭" in query else 1)
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("path", ["/nowhere/", "/c/0000000000000000", "/desk/city/"])
def test_pages_that_say_no_are_accessible(world, browser, live_server, path):
    page = page_for(browser, table.client_for(Role.CADRE, world), live_server.url)
    assert open_page(page, live_server.url + path).status in (403, 404)
    wrong = list(complaints(page, (PHONE, DESK)))
    page.context.close()
    assert wrong == []


def test_what_a_complainant_meets_is_accessible(world, browser, live_server, time_machine):
    """Every step, refused and filled in, to the receipt and its page."""
    card = Card.objects.valid().select_related("cadre").first()
    assert card is not None
    page, wrong = page_for(browser, table.client_for(table.ANONYMOUS, world), live_server.url), []
    onward = page.locator("main button[name=go][value=next]")

    def look(expected: str) -> None:
        expect(page.locator(expected)).to_have_count(1)
        wrong.extend(complaints(page, (PHONE, DESK)))

    open_page(page, f"{live_server.url}{reverse('complain')}?card={card.token}")
    follow(onward)
    look(".error-summary")
    page.locator("[name=text]").fill("窗口上午一直没有人。")
    page.locator("[name=occasion]").fill("周一上午，二楼")
    follow(onward)
    broken, photo = {"buffer": b"no picture"}, {"buffer": portrait(300, 400).getvalue()}
    kinds = {"name": "1.jpg", "mimeType": "image/jpeg"}
    page.locator("input[type=file]").set_input_files([{**kinds, **broken}, {**kinds, **photo}])
    follow(onward)
    look(".error-summary")
    look(".thumbs")
    follow(onward)
    look("[name=contact_phone]")
    follow(onward)
    look("main button[name=go][value=send]")
    time_machine.move_to(NOW + timedelta(minutes=2))
    follow(page.locator("main button[name=go][value=send]"))
    receipt = re.compile(r"\d{4} \d{4} \d{4} \d{4}")
    expect(page.locator("main")).to_contain_text(receipt)
    number = receipt.search(page.locator("main").inner_text())
    assert number
    wrong.extend(complaints(page, (PHONE, DESK)))
    open_page(page, live_server.url + reverse("receipt"))
    page.locator("main [name=number]").fill(number[0])
    follow(page.locator("main form button[type=submit]").last)
    look(".timeline")
    page.context.close()
    assert wrong == []
