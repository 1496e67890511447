"""An admonishment from the proposal to its review, without any script: answered on the phone, decided by the head,
refused before a witness when it was served, and set aside by somebody who had no hand in it."""

from datetime import date, time, timedelta

from django.urls import reverse
from playwright.sync_api import Page, expect

from appraisal.models import AnnualResult, Review, Sanction
from appraisal.services import years
from common.rules import at
from tests.appraisal.ledgers import begins
from tests.appraisal.sanctioning import proposed, rung
from tests.cast import NOW, TODAY
from tests.e2e.tools import follow, open_page


def send(page: Page, form: str) -> None:
    follow(page.locator(f"main {form} :is(button, input)[type=submit]").last)


def test_an_admonishment_decided_served_with_a_refusal_and_reviewed(
    windows, clock, live_server, chen, officer, express, express_head
):
    clock(NOW)
    sanction = proposed(chen, "admonishment")
    own, desk = reverse("my_sanction", args=[sanction.pk]), reverse("sanction", args=[sanction.pk])
    begins()
    years.year_appraise(year=TODAY.year, now=NOW)

    phone = windows(chen.user)
    open_page(phone, live_server.url + own)
    phone.locator("[name=defence-text]").fill("三次脱岗均系窗口调班，有调班记录。")
    send(phone, "form:has([name=defence-text])")
    expect(phone.locator("main")).to_contain_text("三次脱岗均系窗口调班")

    deciding = windows(express_head)
    open_page(deciding, live_server.url + desk)
    deciding.locator(f"[name=decide-measure][value='{rung('admonishment').pk}']").check()
    deciding.locator("[name=decide-reason]").fill("调班未按规定报备，情况属实。")
    send(deciding, "form:has([name=decide-measure])")
    # Criticism was never taken this year: passing it over needs a reason, and what was typed is still there.
    expect(deciding.locator(".error-summary")).to_be_visible()
    expect(deciding.locator("[name=decide-reason]")).to_have_value("调班未按规定报备，情况属实。")
    deciding.locator("[name=decide-skipped_reason]").fill("次数较多，影响窗口服务。")
    send(deciding, "form:has([name=decide-measure])")
    expect(deciding.locator("[name=decide-measure]")).to_have_count(0)
    sanction.refresh_from_db()
    assert (sanction.state, sanction.decided_by) == ("decided", express_head)

    serving = windows(officer)
    open_page(serving, live_server.url + desk)
    serving.locator("[name=serve-receipt][value=refused]").check()
    send(serving, "form:has([name=serve-receipt])")
    expect(serving.locator(".error-summary")).to_be_visible()
    serving.locator("[name=serve-witness]").fill("朱立")
    send(serving, "form:has([name=serve-receipt])")
    expect(serving.locator("main")).to_contain_text("朱立")
    sanction.refresh_from_db()
    assert (sanction.state, sanction.receipt, sanction.expires_on) == (
        "served",
        "refused",
        half_a_year(TODAY),
    )
    begins()
    years.year_appraise(year=TODAY.year, now=NOW)
    assert AnnualResult.objects.get(cadre=chen).bonus_months == 3

    later = at(TODAY + timedelta(days=30), time(23, 30))
    clock(later)
    asking = windows(chen.user)
    open_page(asking, live_server.url + own)
    follow(asking.locator(f"main a[href='{reverse('my_sanction_review', args=[sanction.pk])}']"))
    asking.locator("[name=text]").fill("调班已口头向科长报备，科长可以证明。")
    send(asking, "form:has([name=text])")
    review = Review.objects.get()

    reviewing = windows(express)
    open_page(reviewing, live_server.url + reverse("review", args=[review.pk]))
    reviewing.locator("[name=decision-decision][value=revise]").check()
    reviewing.locator("[name=decision-reason]").fill("经向科长核实，调班已报备。")
    send(reviewing, "form:has([name=decision-decision])")
    expect(reviewing.locator("[name=decision-decision]")).to_have_count(0)
    review.refresh_from_db()
    assert (review.state, review.decided_by) == ("revised", express)
    assert Sanction.objects.get().state == "set_aside"
    years.year_appraise(year=TODAY.year, now=later)
    result = AnnualResult.objects.get(cadre=chen)
    assert (result.bonus_months, result.ceiling) == (0, "excellent")


def half_a_year(day: date) -> date:
    """The last day of six months of warning."""
    index = day.year * 12 + day.month - 1 + 6
    return date(index // 12, index % 12 + 1, day.day) - timedelta(days=1)
