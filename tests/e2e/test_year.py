"""A year from its figures to a grade that an appeal has made better, without any script: entered by the officer, hung
out by the head, decided by the city, handed over, upheld by a review, and changed by the authority above."""

from datetime import date

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Role, Unit
from appraisal.models import AnnualResult, Review, UnitResult, YearCorrection
from tests.appraisal.grading import DECIDING, GRADING, LATER, computed, result_of
from tests.cast import NOW, give, make_user
from tests.e2e.tools import follow, open_page, scrolls_sideways


def send(page: Page, form: str) -> None:
    follow(page.locator(f"main {form} :is(button, input)[type=submit]").last)


def unit_page(unit: Unit, step: str = "") -> str:
    return reverse(f"unit_year{step}", args=[2026, unit.code])


def step(page: Page, live_server, unit: Unit, name: str) -> None:
    open_page(page, live_server.url + unit_page(unit))
    send(page, f"form[action='{unit_page(unit, name)}']")


def test_a_year_decided_hung_out_and_appealed_successfully(
    windows, clock, live_server, unit, chen, lin, officer, head, express, express_head
):
    clock(GRADING)
    computed()
    entering = windows(officer)
    open_page(entering, live_server.url + unit_page(unit))
    for cadre, grade in ((chen, "basic"), (lin, "competent")):
        entering.locator(f"[name=grade_{result_of(cadre).pk}]").select_option(grade)
    send(entering, f"form[action='{unit_page(unit, '_grades')}']")
    step(entering, live_server, unit, "_propose")
    step(windows(head), live_server, unit, "_publish")
    hanging = windows(chen.user)
    open_page(hanging, live_server.url + reverse("my_unit_year", args=[2026]))
    expect(hanging.locator("main")).to_contain_text(lin.name)

    clock(DECIDING)
    step(windows(express_head), live_server, unit, "_decide")
    assert UnitResult.objects.get(unit=unit).state == "decided"
    handing = windows(officer)
    result = AnnualResult.objects.get(cadre=chen)
    open_page(handing, live_server.url + reverse("unit_year_result", args=[2026, unit.code, result.pk]))
    handing.locator("[name=hand-day]").fill("2027-01-04")
    handing.locator("[name=hand-receipt][value=signed]").check()
    send(handing, "form:has([name=hand-receipt])")

    clock(LATER)
    asking = windows(chen.user)
    open_page(asking, live_server.url + reverse("my_year", args=[2026]))
    follow(asking.locator(f"main a[href='{reverse('my_year_review', args=[2026])}']").first)
    asking.locator("[name=text]").fill("全年没有扣分，任务全部完成。")
    send(asking, "form:has([name=text])")
    review = Review.objects.get()
    reviewing = windows(express)
    open_page(reviewing, live_server.url + reverse("review", args=[review.pk]))
    reviewing.locator("[name=decision-decision][value=uphold]").check()
    reviewing.locator("[name=decision-reason]").fill("评定程序符合规定。")
    send(reviewing, "form:has([name=decision-decision])")

    open_page(asking, live_server.url + reverse("my_year", args=[2026]))
    follow(asking.locator(f"main a[href='{reverse('my_year_review', args=[2026])}']").first)
    asking.locator("[name=text]").fill("请上级机关审查。")
    send(asking, "form:has([name=text])")
    appeal = Review.objects.get(stage="appeal")
    # Whoever decided the review does not enter what became of it.
    closed = windows(express)
    open_page(closed, live_server.url + reverse("review", args=[appeal.pk]))
    expect(closed.locator("main")).to_contain_text("请上级机关审查")
    expect(closed.locator("[name=decision-decision]")).to_have_count(0)
    third = make_user("third.express", "季明")
    give(third, Role.EXPRESS_STAFF, first=NOW.date())
    entered = windows(third)
    open_page(entered, live_server.url + reverse("review", args=[appeal.pk]))
    entered.locator("[name=decision-decision][value=revise]").check()
    entered.locator("[name=decision-grade]").select_option("competent")
    entered.locator("[name=decision-authority]").fill("市公务员主管部门")
    entered.locator("[name=decision-document]").fill("龙公申〔2026〕1号")
    entered.locator("[name=decision-reason]").fill("工作实绩符合称职标准。")
    send(entered, "form:has([name=decision-decision])")
    expect(entered.locator("[name=decision-decision]")).to_have_count(0)
    result.refresh_from_db()
    assert result.grade == "competent"
    correction = YearCorrection.objects.get()
    assert (correction.before, correction.after) == ({"grade": "basic"}, {"grade": "competent"})
    open_page(asking, live_server.url + reverse("my_year", args=[2026]))
    expect(asking.locator("main")).to_contain_text("称职")


def test_what_would_follow_fits_a_phone(windows, clock, live_server, unit, chen):
    clock(GRADING)
    computed()
    AnnualResult.objects.filter(cadre=chen).update(barred_from_merit=True, barred_until=date(2027, 12, 31))
    page = windows(chen.user)
    page.set_viewport_size({"width": 320, "height": 640})
    open_page(page, live_server.url + reverse("my_year", args=[2026]))
    expect(page.locator("#consequences .tag")).to_have_count(2)
    assert not scrolls_sideways(page)
