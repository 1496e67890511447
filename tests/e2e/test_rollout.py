"""From the board to a visit to an order, in the browser: the supervision group on its phone without any script, the
unit, and the city, all in Chinese; and every page of it by axe."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from appraisal.facts import rollout as rollout_facts
from appraisal.models import RectificationOrder, Rollout, Visit, Wave
from appraisal.services import rollout
from appraisal.services.missed import orders_note_missed
from tests.appraisal.rolling import DEADLINE, LATE, ORDER_DUE, assigned, express_user, make_ready, make_wave
from tests.cast import NOW
from tests.e2e.tools import follow, open_page, scrolls_sideways, sign_in, violations

PHONE, DESK, NARROW = (
    {"width": 390, "height": 844},
    {"width": 1280, "height": 900},
    {"width": 320, "height": 640},
)
Window = Callable[..., Page]


@pytest.fixture
def window(browser: Browser, live_server) -> Iterator[Window]:
    opened: list[BrowserContext] = []

    def window(user: User, size: dict[str, int] = PHONE, *, scripts: bool = False) -> Page:
        context = browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport=size, java_script_enabled=scripts
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        sign_in(context, live_server, user)
        return context.new_page()

    yield window
    for context in opened:
        context.close()


def send(page: Page) -> None:
    follow(page.locator("main form[method=post] :is(button, input)[type=submit]").last)


def test_from_the_board_to_a_visit_to_an_order_and_to_what_the_ladder_counts(
    window, live_server, time_machine, unit, other_unit, chen, officer, supervisor, express
):
    time_machine.move_to(NOW)
    assigned([unit, other_unit])

    phone = window(supervisor)
    open_page(phone, live_server.url + "/desk/")
    follow(phone.locator(f"main a[href='{reverse('rollout')}']"))
    expect(phone.locator("main table")).to_contain_text(unit.name)
    expect(phone.locator("main")).not_to_contain_text(other_unit.name)
    follow(phone.locator(f"main a[href='{reverse('visit_new', args=[unit.code])}']"))
    phone.locator("[name=note]").fill("三楼四间办公室没有门牌，一日一表只登记到上周。")
    phone.locator("[name=order_text]").fill("补印三楼门牌，补齐一日一表。")
    send(phone)
    # The day is missing: what was typed is still there.
    expect(phone.locator(".error-summary")).to_be_visible()
    expect(phone.locator("[name=note]")).to_have_value("三楼四间办公室没有门牌，一日一表只登记到上周。")
    phone.locator("[name=order_due_on]").fill(ORDER_DUE.isoformat())
    send(phone)
    order = RectificationOrder.objects.get()
    assert order.visit == Visit.objects.get()
    expect(phone.locator("main")).to_contain_text("补印三楼门牌")

    # Nobody has answered, and the day is over: the city sees it on its board, with the unit itself.
    time_machine.move_to(LATE)
    board = window(express, DESK)
    open_page(board, live_server.url + "/desk/")
    follow(board.locator(f"main a[href='{reverse('rollout')}?state=late']"))
    expect(board.locator("main table tbody tr")).to_have_count(2)
    expect(board.locator("main table tbody tr").first).to_contain_text(unit.name)
    orders_note_missed(now=LATE)
    assert [(one.unit_id, one.line.day) for one in rollout_facts.missed_orders(2026)] == [
        (unit.pk, ORDER_DUE)
    ]

    answering = window(officer)
    open_page(answering, live_server.url + "/desk/")
    follow(answering.locator(f"main a[href='{reverse('order', args=[order.pk])}']"))
    answering.locator("[name$=text]").fill("门牌已全部补印，一日一表已补齐。")
    send(answering)

    again = window(supervisor)
    open_page(again, live_server.url + reverse("orders"))
    follow(again.locator("main table a").first)
    again.locator("[name$=end][value=met]").check()
    send(again)
    order.refresh_from_db()
    assert (order.state, order.ended_by) == ("met", supervisor)
    # Put right, and late all the same.
    assert [one.line.key for one in rollout_facts.missed_orders(2026)] == [order.pk]


def test_the_city_makes_a_wave_and_confirms_a_unit_without_scripts(
    window, live_server, time_machine, unit, express
):
    time_machine.move_to(NOW)
    desk = window(express, DESK)
    open_page(desk, live_server.url + reverse("rollout"))
    follow(desk.locator(f"main a[href='{reverse('wave_new')}']"))
    desk.locator("[name=name]").fill("试点")
    desk.locator("[name=is_pilot]").check()
    desk.locator("[name=begins_on]").fill("2026-11-16")
    desk.locator("[name=deadline]").fill(DEADLINE.isoformat())
    send(desk)
    desk.locator(f"[name=departments][value='{unit.pk}']").check()
    send(desk)
    row = Rollout.objects.get()
    assert (row.unit, row.wave) == (unit, Wave.objects.get())
    make_ready(rollout.whole().get(pk=row.pk))
    open_page(desk, live_server.url + reverse("rollout_unit", args=[unit.code]))
    send(desk)
    row.refresh_from_db()
    assert row.completed_by == express
    assert date(2026, 11, 24) <= row.due_on


def test_every_page_of_the_rollout_is_accessible(
    window, live_server, time_machine, unit, other_unit, chen, officer, supervisor, express
):
    time_machine.move_to(NOW)
    wave = make_wave()
    assigned([unit], wave)
    order = RectificationOrder.objects.create(
        unit=unit, text="补印门牌", due_on=ORDER_DUE, ordered_by=express_user(), ordered_at=NOW
    )
    Visit.objects.create(
        unit=unit, visited_on=NOW.date(), visited_by=supervisor, note="无门牌", entered_at=NOW
    )
    of_unit = [reverse(name, args=[unit.code]) for name in ("rollout_unit", "visit_new", "order_new")]
    of_unit.append(reverse("rollout_hotlines", args=[unit.code]))
    shared = [reverse("rollout"), reverse("orders"), reverse("order", args=[order.pk])]
    of_city = [reverse("rollout_deadline", args=[unit.code]), reverse("wave_new")]
    of_city += [reverse(name, args=[wave.number]) for name in ("wave_edit", "wave_units")]
    time_machine.move_to(LATE)
    wrong = []
    for user, addresses in (
        (supervisor, [*shared, *of_unit]),
        (officer, [*shared, of_unit[0], reverse("rollout_edit", args=[unit.code])]),
        (express, [*shared, of_unit[0], *of_city]),
    ):
        page = window(user, scripts=True)
        for address in addresses:
            assert open_page(page, live_server.url + address).status == 200, address
            for size in (PHONE, DESK):
                page.set_viewport_size(size)
                if found := violations(page):
                    wrong.append(f"at {size['width']}: {found}")
            page.set_viewport_size(NARROW)
            if scrolls_sideways(page):
                wrong.append(f"{address} scrolls sideways")
    assert wrong == []
