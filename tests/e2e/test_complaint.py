"""A complaint without any script: from a scanned plaque to an answer, found wanting, and answered once more."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Role, User
from complaints.models import Attachment, Complaint, VerificationPoint
from tests.cast import NOW, give, issue_card, make_user, portrait
from tests.e2e.tools import follow, open_page, sign_in

TEXT = "周一上午十点到二楼审批窗口，空无一人，等到十一点也没有人来，电话没人接。"
QUESTION = "请说明上周有无窗口空岗的情况，当时由谁顶岗。"
FACT = "当日上午审批窗口空岗约一小时，未安排顶岗。"
ANSWER = "经核实，情况属实，已对当事人批评教育，并落实顶岗制度。"
SECOND_ANSWER = "经重新核实，窗口已增派一人，空岗期间未办的事项已经补办。"


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A citizen's phone, and the same window for whoever signs in: nothing here runs a script."""
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
def desks(browser: Browser, live_server) -> Iterator[Callable[[User], Page]]:
    """A window of one's own for each who signs in."""
    opened: dict[int, BrowserContext] = {}

    def page_of(user: User) -> Page:
        if user.pk not in opened:
            context = browser.new_context(
                locale="zh-CN", timezone_id="Asia/Shanghai", java_script_enabled=False
            )
            context.set_default_timeout(15_000)
            sign_in(context, live_server, user)
            opened[user.pk] = context
        return opened[user.pk].new_page()

    yield page_of
    for context in opened.values():
        context.close()


def press(page: Page, selector: str = "main form button[type=submit], main form input[type=submit]") -> None:
    """The form's own button, which comes last."""
    follow(page.locator(selector).last)


def complain(page: Page, address: str, later: Callable[[timedelta], None]) -> str:
    """Four steps with two photos; the number of the receipt."""
    open_page(page, address)
    follow(page.locator(f"a[href*='{reverse('complain')}']").first)
    page.locator("[name=text]").fill(TEXT)
    page.locator("[name=occasion]").fill("上周一上午，二楼审批窗口")
    follow(page.locator("button[name=go][value=next]"))
    photo = {"mimeType": "image/jpeg", "buffer": portrait(300, 400).getvalue()}
    page.locator("input[type=file]").set_input_files([{"name": f"{n}.jpg", **photo} for n in "12"])
    follow(page.locator("button[name=go][value=next]"))
    page.locator("[name=contact_phone]").fill("139 0000 1234")
    follow(page.locator("button[name=go][value=next]"))
    expect(page.locator("main")).to_contain_text(TEXT)
    later(timedelta(minutes=2))
    follow(page.locator("button[name=go][value=send]"))
    number = re.compile(r"\d{4} \d{4} \d{4} \d{4}")
    expect(page.locator("main")).to_contain_text(number)
    found = number.search(page.locator("main").inner_text())
    assert found
    return found[0]


def act(page: Page, live_server, case: Complaint, name: str, **fields: str) -> None:
    """One move on the page of a case; a radio button is named by its value."""
    open_page(page, live_server.url + reverse("complaint", args=[case.number]))
    follow(page.locator(f"main a[href$='/{name}/']"))
    fill(page, **fields)
    press(page)
    expect(page).to_have_url(re.compile(rf"/{case.number}/$"))


def fill(page: Page, **fields: str) -> None:
    for field, value in fields.items():
        radio = page.locator(f"main input[type=radio][name={field}][value={value!r}]")
        if radio.count():
            radio.check()
        else:
            page.locator(f"main [name={field}]").fill(value)


def progress(page: Page, live_server, number: str) -> None:
    open_page(page, live_server.url + reverse("receipt"))
    page.locator("main [name=number]").fill(number)
    press(page)


def test_a_complaint_from_the_plaque_to_the_second_answer(
    visitor, desks, live_server, time_machine, lin, express, express_head, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    clock = [NOW]

    def later(span: timedelta) -> None:
        clock[0] += span
        time_machine.move_to(clock[0])

    later(timedelta(0))
    colleague = make_user("express2", "舒同")
    give(colleague, Role.EXPRESS_STAFF)
    citizen = visitor.new_page()

    # A citizen, on their phone
    card = live_server.url + reverse("card", args=[issue_card(lin).token])
    number = complain(citizen, card, later)
    case = Complaint.objects.get()
    assert (case.cadre, case.text, Attachment.objects.count()) == (lin, TEXT, 2)

    # The Express: whoever accepts asks, in words of their own
    later(timedelta(minutes=30))
    handler = desks(express)
    act(handler, live_server, case, "accept")
    open_page(handler, live_server.url + reverse("complaint", args=[case.number]))
    expect(handler.locator("main")).to_contain_text(TEXT)
    follow(handler.locator("main a[href$='/points/new/']"))
    fill(handler, to="accused", text=TEXT)
    press(handler)
    expect(handler.locator(".error-summary")).to_be_visible()
    fill(handler, text=QUESTION)
    press(handler)
    expect(handler).to_have_url(re.compile(rf"/{case.number}/$"))

    # The accused reads the question and nothing else
    accused = desks(lin.user)
    open_page(accused, live_server.url + reverse("my_whereabouts"))
    follow(accused.locator("main a[href*='/me/points/']").first)
    expect(accused.locator("main")).to_contain_text(QUESTION)
    assert TEXT not in accused.content()
    fill(accused, text="当天在窗口，中途去送件，没有安排顶岗。")
    press(accused)
    assert VerificationPoint.objects.get().answered_by == lin.user

    # Drafted by one, checked and closed by another
    later(timedelta(hours=20))
    drafted = {"outcome": "substantiated", "statement": FACT, "measures": "批评教育", "answer": ANSWER}
    act(handler, live_server, case, "submit", **drafted)
    act(desks(colleague), live_server, case, "close", feedback="receipt")

    # The accused reads what was found, the citizen the answer, which is not enough
    open_page(accused, live_server.url + reverse("my_points"))
    follow(accused.locator("main a[href*='/statements/']"))
    expect(accused.locator("main")).to_contain_text(FACT)
    assert ANSWER not in accused.content()
    progress(citizen, live_server, number)
    expect(citizen.locator("main")).to_contain_text(ANSWER)
    citizen.locator("input[name=grade][value='2']").check()
    press(citizen, f"form[action='{reverse('receipt_rate')}'] button")
    citizen.locator("[name=reason]").fill("窗口还是没有人，我的事情也没有办。")
    press(citizen, f"form[action='{reverse('receipt_redo')}'] button")

    # Once more, by a third
    again = Complaint.objects.get(redo_of=case)
    assert again.due_at > case.due_at
    later(timedelta(hours=2))
    third = desks(express_head)
    act(third, live_server, again, "accept")
    act(third, live_server, again, "submit", **{**drafted, "answer": SECOND_ANSWER})
    act(desks(colleague), live_server, again, "close", feedback="receipt")
    progress(citizen, live_server, number)
    expect(citizen.locator("main")).to_contain_text(SECOND_ANSWER)
    case.refresh_from_db()
    again.refresh_from_db()
    assert (case.state, case.grade, again.state, again.handler) == ("answered", 2, "answered", express_head)
    assert again.answered_at <= again.due_at
