"""One month, one count, without any script: from a draft to a signed bulletin by its three accounts, from a figure of
the bulletin down to what a plaque said, and an objection whose money is released and stands in the next bulletin."""

import re
from datetime import date, time

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Unit, User
from appraisal.models import Bulletin, LedgerEntry, MonthlyReport, WithholdingProposal
from appraisal.services import bulletins, drafts_make
from common.rules import at
from tests.appraisal.issuing import BULLETIN_DAY, SIGNING
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, begins, stands
from tests.e2e.tools import follow, open_page

NEXT = date(2026, 12, 1)
#: The words of a plaque that said “开会” when nobody was at the meeting.
SAID = {
    "kind": "away",
    "state": "meeting",
    "since": "2026-11-03T01:05:00Z",
    "until": "2026-11-03T03:30:00Z",
    "declared": {"place": "三楼会议室"},
}


def month_page(page: Page, live_server, unit: Unit, month: date = NOVEMBER) -> None:
    open_page(page, live_server.url + reverse("month", args=[unit.code, f"{month:%Y-%m}"]))


def step(page: Page, live_server, unit: Unit, name: str, month: date = NOVEMBER) -> None:
    """One press on the page of the month, whatever the button is called."""
    month_page(page, live_server, unit, month)
    follow(
        page.locator(
            f"main form[action$='/{name}/'] button, main form[action$='/{name}/'] input[type=submit]"
        )
    )


def state_of(unit: Unit, month: date = NOVEMBER) -> str:
    return MonthlyReport.objects.get(unit=unit, month=month).state


def through_the_unit(windows, clock, live_server, unit: Unit, head: User, express: User, month: date) -> None:
    """The path of a month by the unit's head and the city."""
    drafted = MonthlyReport.objects.get(unit=unit, month=month)
    clock(at(drafted.due_on, time(9)))
    step(windows(head), live_server, unit, "confirm", month)
    step(windows(head), live_server, unit, "publish", month)
    published = MonthlyReport.objects.get(unit=unit, month=month)
    assert published.published_until is not None
    clock(at(published.report_by, time(9)))
    step(windows(head), live_server, unit, "report", month)
    step(windows(express), live_server, unit, "accept", month)
    assert state_of(unit, month) == "accepted"


def test_a_month_from_the_draft_to_the_bulletin_by_its_three_accounts(
    windows, clock, live_server, unit, chen, officer, head, express, express_head
):
    begins()
    stands(chen, date(2026, 11, 3), code="untrue", said=SAID, recorder=officer)
    clock(DRAFTING)
    drafts_make(now=DRAFTING)
    through_the_unit(windows, clock, live_server, unit, head, express, NOVEMBER)

    clock(BULLETIN_DAY)
    desk = windows(express)
    open_page(desk, live_server.url + reverse("bulletins"))
    follow(desk.locator(f"main form[action='{reverse('bulletin_draft')}'] button"))
    draft = Bulletin.objects.get()
    expect(desk.locator("main")).to_contain_text(unit.name)

    clock(SIGNING)
    chair = windows(express_head)
    open_page(chair, live_server.url + reverse("bulletin_sign", args=[draft.pk]))
    follow(chair.locator("main form button[type=submit], main form input[type=submit]").last)
    draft.refresh_from_db()
    assert (draft.year, draft.serial) == (2026, 1)

    # From a figure of the unit to what the plaque said: three clicks, and never more than four.
    open_page(chair, live_server.url + reverse("bulletin", args=[draft.pk]))
    row = chair.locator("table tr", has_text=unit.name).first
    follow(row.locator(f"td a[href*='/desk/months/{unit.code}/']").first)
    follow(chair.get_by_role("link", name=re.compile("11月3日")).first)
    expect(chair.locator("main")).to_contain_text("门牌当时：开会")


def test_an_objection_releases_the_money_and_stands_in_the_next_bulletin(
    windows, clock, live_server, unit, chen, officer, head, express, express_head
):
    begins()
    stands(chen, date(2026, 11, 3), recorder=officer, decided_by=express)
    clock(DRAFTING)
    drafts_make(now=DRAFTING)
    entry = LedgerEntry.objects.get()
    phone = windows(chen.user)
    open_page(phone, live_server.url + reverse("my_entry", args=[unit.code, entry.sequence]))
    follow(phone.locator(f"a[href='{reverse('objection_new', args=[unit.code, entry.sequence])}']"))
    phone.locator("[name=text]").fill("当日上午在市行政中心参加会议，有会议签到表。")
    follow(phone.locator("main form button[type=submit], main form input[type=submit]").last)

    answering = windows(head)
    open_page(answering, live_server.url + reverse("objections"))
    follow(answering.locator("main table a, main .rows a").first)
    answering.locator("[name$=decision][value=sustain]").check()
    answering.locator("[name$=reason]").fill("会议签到表属实。")
    follow(answering.locator("main form button[type=submit], main form input[type=submit]").last)
    proposal = WithholdingProposal.objects.get()
    assert (proposal.amount_cents, proposal.released_cents, proposal.state) == (4000, 4000, "released")

    through_the_unit(windows, clock, live_server, unit, head, express, NOVEMBER)
    next_drafting = at(date(2027, 1, 1), time(6))
    clock(next_drafting)
    drafts_make(now=next_drafting)
    through_the_unit(windows, clock, live_server, unit, head, express, NEXT)
    drafting = at(date(2027, 1, 20), time(9))
    clock(drafting)
    draft, _made = bulletins.bulletin_draft(month=NEXT, now=drafting)
    page = windows(express)
    open_page(page, live_server.url + reverse("bulletin", args=[draft.pk]))
    corrections = page.locator("#corrections + section")
    expect(corrections).to_contain_text(unit.name)
    expect(corrections).to_contain_text("40.00")
