"""The pages of jobs: Ye's in unit A, those of the whole city for Efficiency Express, and nobody else's."""

import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from common import jobs
from common.jobs import Kind, Outcome
from common.models import Job, JobItem
from common.problems import Refused
from tests.accounts.factories import NOW, give, make_user, signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def ground(settings, tmp_path, monkeypatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(jobs, "_kinds", {"test": Kind("test", printed, finish=jobs.archive)})


@pytest.fixture
def kind(monkeypatch) -> Callable[..., None]:
    def change(**parts: Any) -> None:
        parts = {"record": printed, "finish": jobs.archive, **parts}
        monkeypatch.setitem(jobs._kinds, "test", Kind("test", **parts))

    return change


@pytest.fixture
def express(db: None) -> User:
    user = make_user("shu", "舒直")
    give(user, Role.EXPRESS_STAFF)
    return user


@pytest.fixture
def officer_b(unit_b) -> User:
    user = make_user("bai", "白露")
    give(user, Role.UNIT_OFFICER, unit=unit_b)
    return user


def printed(item: JobItem, prepared: Any, now: Any) -> Outcome:
    if item.label == "缺照片":
        raise Refused("没有照片。")
    with jobs.draft(item.job, f"{item.label}.pdf") as path:
        path.write_bytes(f"%PDF {item.label}".encode())
    return Outcome(note="3 页", file=f"{item.label}.pdf")


def ask(actor: User, unit: Any, *labels: str, done: bool = True) -> Job:
    job = jobs.start(
        kind="test",
        title="打印门牌",
        items=[(str(number), label) for number, label in enumerate(labels or ("办公室", "财务科"))],
        actor=actor,
        now=NOW,
        unit_id=unit.pk if unit else None,
    )
    if done:
        jobs.run(job.pk, clock=lambda: NOW)
    job.refresh_from_db()
    return job


def file_url(job: Job, position: int = 1) -> str:
    return reverse("job_file", args=[job.pk, position])


def status(client: Client, address: str) -> int:
    response = client.get(address)
    if response.streaming:
        b"".join(response)
    return response.status_code


def english(client: Client, url: str, **headers: str) -> str:
    return client.get(url, {"lang": "en"}, headers=headers).content.decode()


def sentences(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- Who sees which -----------------------------------------------------------------------------------------------


def test_officers_see_their_units_jobs_and_the_city_all(ye, officer_b, express, unit_a, unit_b):
    of_a, of_b, of_city = ask(ye, unit_a), ask(officer_b, unit_b), ask(express, None)
    seen = {
        user.username: {row[0] for row in signed_in(user).get(reverse("jobs")).context["rows"]}
        for user in (ye, officer_b, express)
    }
    assert seen == {"ye": {of_a}, "bai": {of_b}, "shu": {of_a, of_b, of_city}}
    colleague = make_user("deputy")
    give(colleague, Role.UNIT_OFFICER, unit=unit_a)
    assert signed_in(colleague).get(reverse("job", args=[of_a.pk])).status_code == 200


@pytest.mark.parametrize("name", ["job", "job_file", "job_archive", "job_retry"])
def test_another_units_job_and_the_citys_do_not_exist_for_an_officer(
    ye, officer_b, express, unit_a, unit_b, name
):
    for job in (ask(officer_b, unit_b, "办公室", "缺照片"), ask(express, None, "办公室", "缺照片")):
        address = file_url(job) if name == "job_file" else reverse(name, args=[job.pk])
        client = signed_in(ye)
        answer = client.post(address) if name == "job_retry" else client.get(address)
        assert answer.status_code == 404
        job.refresh_from_db()
        assert job.state == "done"


def test_the_citys_list_names_the_unit(express, ye, unit_a):
    ask(ye, unit_a)
    ask(express, None)
    page = english(signed_in(express), reverse("jobs"))
    assert "示例局甲" in page
    assert "Whole city" in page


def test_a_list_without_jobs_says_what_will_stand_there(ye):
    assert "No jobs yet" in english(signed_in(ye), reverse("jobs"))


# --- Progress -----------------------------------------------------------------------------------------------------


def test_a_job_at_work_refreshes_itself_with_and_without_a_script(ye, unit_a):
    job = ask(ye, unit_a, "办公室", "缺照片", "财务科", done=False)
    for _each in range(2):
        jobs.run(job.pk, clock=lambda: NOW, budget=-1)
    page = english(signed_in(ye), reverse("job", args=[job.pk]))
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert 'hx-trigger="every 2s"' in page
    assert "htmx-2" in page
    assert "2 of 3" in page
    assert "1 not done" in page
    assert "Progress: 66.7%" in page
    assert "Download" not in page


def test_the_part_that_a_script_asks_for_ends_with_the_result_and_no_further_question(ye, unit_a):
    client, job = signed_in(ye), ask(ye, unit_a, done=False)
    address = reverse("job", args=[job.pk])
    part = english(client, address, **HTMX)
    assert part.lstrip().startswith("<div")
    assert 'hx-trigger="every 2s"' in part
    jobs.run(job.pk, clock=lambda: NOW)
    part = english(client, address, **HTMX)
    assert "hx-trigger" not in part
    assert "<html" not in part
    assert '<div id="job-said" hx-swap-oob="innerHTML">All 2 are done.</div>' in part
    page = english(client, address)
    assert "http-equiv" not in page
    assert "<script" not in page
    assert "All 2 are done." in page


def test_a_part_never_swallows_the_sign_in_page(ye, unit_a, client):
    address = reverse("job", args=[ask(ye, unit_a, done=False).pk])
    answer = client.get(address, headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, f"/sign-in/?next={address}")
    assert client.get(address).status_code == 302


def test_what_failed_stands_first_with_its_reason(ye, unit_a):
    job = ask(ye, unit_a, "办公室", "财务科", "缺照片")
    response = signed_in(ye).get(reverse("job", args=[job.pk]), {"lang": "en"})
    assert [item.label for item in response.context["page"]] == ["缺照片", "办公室", "财务科"]
    page = response.content.decode()
    assert "没有照片。" in page
    assert "1 of 3 is not done; the reason stands below." in page


def test_the_lines_are_paged_and_a_page_too_far_is_the_last(ye, unit_a):
    job = ask(ye, unit_a, *map(str, range(1, 121)))
    client = signed_in(ye)
    sizes = [
        len(client.get(reverse("job", args=[job.pk]), {"page": number}).context["page"])
        for number in (1, 2, 3, 99)
    ]
    assert sizes == [50, 50, 20, 20]


@pytest.mark.parametrize("done", [True, False])
def test_a_job_takes_the_same_queries_for_1_3_and_300_lines(ye, unit_a, done):
    client, numbers = signed_in(ye), []
    for size in (1, 3, 300):
        job = ask(ye, unit_a, *map(str, range(size)), done=done)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("job", args=[job.pk])).status_code == 200
        numbers.append(len(captured))
    assert len(set(numbers)) == 1, numbers


def test_the_list_takes_the_same_queries_for_1_3_and_300_jobs(express, ye, unit_a):
    client, numbers = signed_in(express), []
    for size in (1, 3, 300):
        for _each in range(Job.objects.count(), size):
            ask(ye, unit_a, done=False)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("jobs")).status_code == 200
        numbers.append(len(captured))
    assert len(set(numbers)) == 1, numbers


# --- Files --------------------------------------------------------------------------------------------------------


def test_each_line_has_its_file_and_all_come_as_a_zip(ye, unit_a):
    client, job = signed_in(ye), ask(ye, unit_a)
    page = english(client, reverse("job", args=[job.pk]))
    assert file_url(job, 1) in page
    assert file_url(job, 2) in page
    one, together = client.get(file_url(job, 2)), client.get(reverse("job_archive", args=[job.pk]))
    assert b"".join(one) == "%PDF 财务科".encode()
    assert one["Content-Type"] == "application/pdf"
    assert one["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert one["Cache-Control"] == together["Cache-Control"] == "private, no-store"
    assert f'filename="test-{job.pk}.zip"' in together["Content-Disposition"]
    folder = jobs.folder(job)
    (folder / "copy.zip").write_bytes(b"".join(together))
    with zipfile.ZipFile(folder / "copy.zip") as archive:
        assert archive.namelist() == ["办公室.pdf", "财务科.pdf"]


@pytest.mark.parametrize("position", [2, 3, 99])
def test_a_line_without_a_file_has_none_to_fetch(ye, unit_a, position, kind):
    job = ask(ye, unit_a, "办公室", "缺照片", "财务科")
    JobItem.objects.filter(job=job, position=3).update(file="elsewhere.pdf")
    assert signed_in(ye).get(file_url(job, position)).status_code == 404


def test_while_the_job_is_at_work_nothing_is_handed_out(ye, unit_a):
    job = ask(ye, unit_a, done=False)
    jobs.run(job.pk, clock=lambda: NOW, budget=-1)
    client = signed_in(ye)
    assert (jobs.folder(job) / "办公室.pdf").exists()
    assert status(client, file_url(job)) == 404
    assert status(client, reverse("job_archive", args=[job.pk])) == 404


@pytest.mark.parametrize("swept", [False, True])
def test_after_a_day_the_files_are_gone_and_the_page_says_how_to_get_new_ones(ye, unit_a, frozen, swept):
    client, job = signed_in(ye), ask(ye, unit_a, "办公室", "缺照片")
    frozen.wait(hours=23, minutes=59)
    assert status(client, file_url(job)) == 200
    frozen.wait(minutes=1)
    if swept:
        assert jobs.remove_expired_files(NOW + timedelta(days=1)) == 1
    assert status(client, file_url(job)) == 404
    assert status(client, reverse("job_archive", args=[job.pk])) == 404
    page = english(client, reverse("job", args=[job.pk]))
    assert "The files have been removed" in page
    assert "start once more" in page
    assert file_url(job) not in page
    assert "Try again" not in page
    assert client.post(reverse("job_retry", args=[job.pk])).status_code == 302
    job.refresh_from_db()
    assert job.state == "done"


def test_what_must_not_be_handed_out_any_more_leads_back_with_the_reason(ye, unit_a, kind):
    job = ask(ye, unit_a)

    def servable(found: Job, item: JobItem | None) -> None:
        if item is None or item.label == "办公室":
            raise Refused("证件已作废，请重新打印。")

    kind(servable=servable)
    client = signed_in(ye)
    refused = client.get(file_url(job, 1))
    assert (refused.status_code, refused["Location"]) == (302, reverse("job", args=[job.pk]))
    assert sentences(refused) == ["证件已作废，请重新打印。"]
    assert status(client, reverse("job_archive", args=[job.pk])) == 302
    assert status(client, file_url(job, 2)) == 200
    page = english(client, reverse("job", args=[job.pk]))
    assert "证件已作废，请重新打印。" in page
    assert reverse("job_archive", args=[job.pk]) not in page


def test_private_files_are_for_whoever_asked_only(ye, express, unit_a, kind):
    kind(private=True)
    job = ask(ye, unit_a)
    addresses = (file_url(job), reverse("job_archive", args=[job.pk]))
    assert [status(signed_in(ye), address) for address in addresses] == [200, 200]
    assert [status(signed_in(express), address) for address in addresses] == [404, 404]
    page = english(signed_in(express), reverse("job", args=[job.pk]))
    assert "Only 叶知秋, who asked for them, can fetch the files." in page
    assert file_url(job) not in page


# --- Trying again -------------------------------------------------------------------------------------------------


def test_what_failed_is_tried_again(ye, unit_a, django_capture_on_commit_callbacks):
    client, job = signed_in(ye), ask(ye, unit_a, "办公室", "缺照片")
    assert "Try again what failed" in english(client, reverse("job", args=[job.pk]))
    with django_capture_on_commit_callbacks() as rings:
        answer = client.post(reverse("job_retry", args=[job.pk]))
    assert (answer.status_code, answer["Location"], len(rings)) == (302, reverse("job", args=[job.pk]), 1)
    job.refresh_from_db()
    assert (job.state, list(job.items.values_list("state", flat=True))) == ("waiting", ["done", "pending"])
    client.post(reverse("job_retry", args=[job.pk]))
    page = english(client, reverse("job", args=[job.pk]))
    assert "notice on" in page
    assert "notice bad" in page


def test_a_job_without_failures_offers_nothing_to_try_again(ye, unit_a):
    client, job = signed_in(ye), ask(ye, unit_a)
    assert "Try again" not in english(client, reverse("job", args=[job.pk]))
    assert client.post(reverse("job_retry", args=[job.pk])).status_code == 302
    job.refresh_from_db()
    assert job.state == "done"
