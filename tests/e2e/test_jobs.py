"""The page of a job in a real browser: it keeps up with the work, and without JavaScript too."""

import pytest
from django.urls import reverse
from django.utils import timezone

from common import jobs
from common.jobs import Kind, Outcome
from common.models import Job, JobItem
from tests.e2e.tools import open_page, sign_in, violations


def printed(item: JobItem, prepared: None, now: object) -> Outcome:
    with jobs.draft(item.job, f"{item.key}.pdf") as path:
        path.write_bytes(b"%PDF-1.7")
    return Outcome("3 页", f"{item.key}.pdf")


@pytest.fixture
def job(officer, unit, settings, tmp_path, monkeypatch) -> Job:
    settings.DATA_DIR = tmp_path
    monkeypatch.setitem(jobs._kinds, "test", Kind("test", printed, finish=jobs.archive))
    items = [("1", "办公室"), ("2", "财务科")]
    return jobs.start(
        kind="test", title="打印", items=items, actor=officer, now=timezone.now(), unit_id=unit.pk
    )


def work(job: Job, **options: float) -> None:
    jobs.run(job.pk, clock=timezone.now, **options)


def test_the_page_ends_with_the_result_says_it_once_and_leaves_the_focus(
    page, context, live_server, officer, job
):
    sign_in(context, live_server, officer)
    open_page(page, f"{live_server.url}{reverse('job', args=[job.pk])}?lang=en")
    page.locator(".crumbs a").focus()
    work(job, budget=-1)
    page.get_by_text("1 of 2", exact=True).wait_for()
    said = page.locator("#job-said[role=status]")
    assert said.inner_text() == ""
    work(job)
    page.get_by_role("link", name="Download 办公室").wait_for()
    assert said.inner_text() == "All 2 are done."
    assert page.evaluate("document.activeElement.textContent") == "Jobs"
    assert page.locator("[hx-trigger]").count() == 0
    assert violations(page) == ""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as a ZIP").click()
    assert download.value.suggested_filename == f"test-{job.pk}.zip"


def test_without_javascript_the_page_reloads_itself_until_the_work_is_done(
    browser, live_server, officer, job
):
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, live_server, officer)
    page = context.new_page()
    open_page(page, f"{live_server.url}{reverse('job', args=[job.pk])}?lang=en")
    assert page.get_by_role("link", name="Refresh").is_visible()
    work(job)
    page.get_by_text("All 2 are done.").wait_for()
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    context.close()
