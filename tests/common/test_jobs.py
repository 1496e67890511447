"""Job rows: a worker may be killed, doubled or late, and every item is recorded once and no file is half-written."""

import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import User
from common import audit, jobs, leases, statistics, tasks
from common.jobs import Kind, Outcome
from common.models import AuditEntry, Job, JobItem
from common.problems import Refused
from tests.accounts.factories import NOW, make_user
from tests.support.races import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = timedelta(seconds=61)


class Killed(BaseException):
    """The process ends here, whatever it was doing."""


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def ye(db: None) -> User:
    return make_user("ye", "叶知秋")


@pytest.fixture
def kind(monkeypatch) -> Callable[..., None]:
    """Registers a kind for this test only; without more it writes down that it was there."""

    def register(record: Callable[..., Outcome] = noted, **parts: Any) -> None:
        monkeypatch.setitem(jobs._kinds, "test", Kind("test", record, **parts))

    register()
    return register


def noted(item: JobItem, prepared: Any, now: Any) -> Outcome:
    audit.record(verb="worked", subject=item, actor=None, now=now)
    return Outcome(f"noted {item.key}")


def start(actor: User, *keys: str, **options: Any) -> Job:
    given = {"kind": "test", "title": "打印", "now": NOW, "unit_id": None, **options}
    return jobs.start(items=[(key, f"第 {key} 项") for key in keys or ("1", "2", "3")], actor=actor, **given)


def run(job: Job, *, after: timedelta = MINUTE, **options: Any) -> bool:
    return jobs.run(job.pk, clock=lambda: NOW + after, **options)


def states(job: Job) -> str:
    """d, f or p for each item."""
    return "".join(state[0] for state in job.items.values_list("state", flat=True))


def worked() -> dict[int, int]:
    return dict(Counter(AuditEntry.objects.filter(verb="worked").values_list("subject_id", flat=True)))


def each_once(job: Job) -> dict[int, int]:
    return dict.fromkeys(job.items.values_list("pk", flat=True), 1)


# --- The ordinary way ---------------------------------------------------------------------------------------------


def test_every_item_is_done_in_its_order_and_the_job_says_when(kind, ye):
    job = start(ye, "b", "a")
    assert run(job) is False
    job.refresh_from_db()
    assert (job.state, job.started_at, job.finished_at) == ("done", NOW + MINUTE, NOW + MINUTE)
    assert (job.lease, job.lease_until, job.files_until) == ("", None, None)
    assert [(item.key, item.state, item.note) for item in job.items.all()] == [
        ("b", "done", "noted b"),
        ("a", "done", "noted a"),
    ]
    assert run(job) is False
    assert worked() == each_once(job)


def test_what_was_prepared_is_recorded(kind, ye):
    kind(lambda item, prepared, now: Outcome(prepared), prepare=lambda item, now: item.label * 2)
    job = start(ye, "1")
    run(job)
    assert job.items.get().note == "第 1 项第 1 项"


def test_when_its_time_is_over_a_task_makes_room_and_leaves_the_rest(kind, ye):
    job = start(ye)
    assert run(job, budget=-1) is True
    assert (states(job), jobs.waiting(NOW + MINUTE)) == ("dpp", [job.pk])
    assert [run(job, budget=-1), run(job, budget=-1), run(job)] == [True, True, False]
    assert worked() == each_once(job)


def test_sentences_are_in_the_language_of_whoever_asked(kind, ye):
    def refuse(item: JobItem, prepared: Any, now: Any) -> Outcome:
        raise Refused(translation.gettext("Choose one."))

    kind(refuse)
    with translation.override("zh-hans"):
        job = start(ye, "1")
    run(job)
    assert job.items.get().note == "请选择一项。"


def test_the_figures_of_many_jobs_take_one_query(kind, ye):
    done, waiting = start(ye, "1", "2"), start(ye, "1", "2", "3")
    run(done)
    with CaptureQueriesContext(connection) as captured:
        found = jobs.counts([done, waiting])
    assert len(captured) == 1
    assert (found[done.pk], found[waiting.pk]) == (jobs.Counts(done=2), jobs.Counts(waiting=3))
    assert (found[done.pk].ended, found[waiting.pk].total) == (2, 3)


# --- Asking -------------------------------------------------------------------------------------------------------


def test_the_same_form_twice_is_one_job(kind, ye):
    first = start(ye, once="a" * 32, params={"kind": "plaque"})
    again = start(ye, "4", once="a" * 32, params={"kind": "plaque"})
    assert first == again
    assert (Job.objects.count(), first.items.count()) == (1, 3)


def test_the_form_of_somebody_else_and_other_choices_are_refused(kind, ye):
    start(ye, once="a" * 32, params={"kind": "plaque"})
    with pytest.raises(Refused, match="somebody else"):
        start(make_user("ji"), once="a" * 32, params={"kind": "plaque"})
    with pytest.raises(Refused, match="other choices"):
        start(ye, once="a" * 32, params={"kind": "contact"})
    assert Job.objects.count() == 1


def test_a_form_that_was_tampered_with_is_a_form(kind, ye):
    assert len(start(ye, once="x" * 500).once) == 32


def test_a_job_without_items_is_refused_and_leaves_nothing(kind, ye):
    with pytest.raises(Refused, match="Nothing was chosen"):
        jobs.start(kind="test", title="打印", items=[], actor=ye, now=NOW, unit_id=None)
    assert not Job.objects.exists()


def test_a_kind_that_nobody_registered_cannot_be_asked_for(ye):
    with pytest.raises(LookupError):
        start(ye, kind="nothing")


def test_it_rings_after_the_commit(kind, ye, monkeypatch, django_capture_on_commit_callbacks):
    rung: list[Any] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda given, **options: rung.append(given))
    with django_capture_on_commit_callbacks(execute=True):
        job = start(ye)
        assert rung == []
    assert rung == [(job.pk,)]


def test_a_queue_that_cannot_be_reached_loses_no_job(kind, ye, monkeypatch, caplog):
    def unreachable(*given: Any, **options: Any) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(tasks.run_job, "apply_async", unreachable)
    job = start(ye)
    jobs.ring(job.pk)
    assert "refused" in caplog.text
    assert jobs.waiting(NOW) == [job.pk]


# --- What goes wrong ----------------------------------------------------------------------------------------------


def test_a_refused_item_says_why_and_the_others_go_on(kind, ye):
    def record(item: JobItem, prepared: Any, now: Any) -> Outcome:
        noted(item, prepared, now)
        if item.key == "2":
            raise Refused("缺照片")
        return Outcome()

    kind(record)
    job = start(ye)
    run(job)
    assert states(job) == "dfd"
    assert job.items.get(key="2").note == "缺照片"
    # What it had written before it refused is taken back.
    assert worked() == {item.pk: 1 for item in job.items.exclude(key="2")}


def test_an_error_fails_its_item_and_stands_in_the_log(kind, ye, caplog):
    kind(prepare=lambda item, now: 1 / (int(item.key) - 2))
    job = start(ye)
    run(job)
    assert states(job) == "dfd"
    assert "administrators" in job.items.get(key="2").note
    assert "ZeroDivisionError" in caplog.text


def test_what_ends_its_process_is_begun_three_times_and_given_up(kind, ye):
    begun: list[str] = []

    def prepare(item: JobItem, now: Any) -> None:
        begun.append(item.key)
        if item.key == "2":
            raise Killed

    kind(prepare=prepare)
    job = start(ye)
    for number in range(1, 4):
        with pytest.raises(Killed):
            run(job, after=number * LATER)
    assert run(job, after=4 * LATER) is False
    assert (states(job), begun) == ("dfd", ["1", "2", "2", "2", "3"])
    assert "3 attempts" in job.items.get(key="2").note


def test_a_database_that_fails_is_not_the_fault_of_the_item(kind, ye):
    failing = [True]

    def record(item: JobItem, prepared: Any, now: Any) -> Outcome:
        if failing and failing.pop():
            raise OperationalError("the connection is lost")
        return noted(item, prepared, now)

    kind(record)
    job = start(ye)
    with pytest.raises(OperationalError):
        run(job)
    assert (states(job), jobs.waiting(NOW + MINUTE)) == ("ppp", [])
    assert jobs.waiting(NOW + MINUTE + LATER) == [job.pk]
    run(job, after=MINUTE + LATER)
    assert worked() == each_once(job)


def test_a_kind_that_is_no_longer_known_waits_a_day_and_is_given_up(kind, ye, monkeypatch, caplog):
    job = start(ye)
    monkeypatch.delitem(jobs._kinds, "test")
    assert (jobs.waiting(NOW), run(job)) == ([], False)
    assert jobs.give_up_unknown(NOW + timedelta(hours=23)) == 0
    assert states(job) == "ppp"
    assert jobs.give_up_unknown(NOW + timedelta(hours=25)) == 1
    job.refresh_from_db()
    assert (states(job), job.state) == ("fff", "done")
    assert f"Job {job.pk}" in caplog.text


# --- Leases -------------------------------------------------------------------------------------------------------


def test_while_one_works_nobody_else_does(kind, ye):
    seen: list[Any] = []

    def prepare(item: JobItem, now: Any) -> None:
        seen.append((run(item.job), jobs.waiting(now)))

    kind(prepare=prepare)
    job = start(ye)
    run(job)
    assert seen == [(False, [])] * 3
    assert worked() == each_once(job)


def test_a_lease_that_has_run_out_is_taken_over(kind, ye):
    job = start(ye)
    Job.objects.update(state="running", lease="f" * 32, lease_until=NOW)
    assert jobs.waiting(NOW) == []
    assert jobs.waiting(NOW + MINUTE) == [job.pk]
    run(job)
    assert worked() == each_once(job)


def test_who_loses_the_lease_within_an_item_neither_doubles_it_nor_goes_on(kind, ye):
    prepared: list[str] = []

    def prepare(item: JobItem, now: Any) -> None:
        prepared.append(item.key)
        if len(prepared) == 1:
            # So slow that another one takes the job over and does all of it.
            assert run(item.job, after=MINUTE + LATER) is False

    kind(prepare=prepare)
    job = start(ye)
    assert run(job) is False
    assert prepared == ["1", "1", "2", "3"]
    assert worked() == each_once(job)


def test_who_has_lost_the_lease_fails_nothing(kind, ye):
    def prepare(item: JobItem, now: Any) -> None:
        Job.objects.update(lease="f" * 32)
        raise Refused("too late")

    kind(prepare=prepare)
    job = start(ye)
    assert run(job) is False
    assert states(job) == "ppp"
    kind()
    run(job, after=MINUTE + LATER)
    assert states(job) == "ddd"


def lease_of_an_ended_process() -> str:
    program = "from common import leases; print(leases.new())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_lease_of_an_ended_process_of_this_machine_is_free_at_once(kind, ye):
    job = start(ye)
    Job.objects.update(state="running", lease=lease_of_an_ended_process(), lease_until=NOW + LATER)
    assert jobs.waiting(NOW) == [job.pk]
    run(job, after=timedelta())
    assert worked() == each_once(job)


def test_only_a_process_that_has_certainly_ended_is_taken_for_dead():
    mine, ended = leases.new(), lease_of_an_ended_process()
    assert (len(mine), mine != leases.new()) == (32, True)
    assert (leases.abandoned(mine), leases.abandoned(ended)) == (False, True)
    elsewhere = "0123abcd" + ended[8:]
    assert not leases.abandoned(elsewhere)
    # The number of a process is used again; when it began tells the two apart.
    assert leases.abandoned(mine[:14] + ended[14:22] + mine[22:])


def test_where_the_system_does_not_say_which_machine_it_is_every_lease_runs_its_time(monkeypatch):
    ended = lease_of_an_ended_process()
    monkeypatch.setattr(leases, "_machine", lambda: "0" * 8)
    assert not leases.abandoned(ended)
    assert not leases.abandoned("0" * 8 + ended[8:])


@pytest.fixture(params=["leases and claims", "claims alone", "neither"])
def guard(request, monkeypatch) -> str:
    """What keeps two runners apart."""
    if request.param != "leases and claims":
        monkeypatch.setattr(jobs, "_free", lambda now: Q())
        monkeypatch.setattr(leases, "new", lambda: "f" * 32)
    if request.param == "neither":
        everything = JobItem.objects.filter
        monkeypatch.setattr(jobs, "_claim_item", lambda item: everything(pk=item.pk).update(state="done"))
    return str(request.param)


@pytest.mark.django_db(transaction=True)
def test_two_runners_at_once_record_each_item_once(kind, ye, guard):
    """Each of the two guards is first shown to be missed: the lease saves double work, the claim double effects."""
    alone = guard == "leases and claims"
    meeting, prepared = threading.Barrier(2), []

    def prepare(item: JobItem, now: Any) -> None:
        prepared.append(item.key)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5 if alone else 30)

    kind(prepare=prepare)
    job = start(ye, "1")
    outcomes = at_once(lambda: run(job), lambda: run(job))
    assert outcomes == [False, False]
    assert len(prepared) == (1 if alone else 2)
    assert list(worked().values()) == [2 if guard == "neither" else 1]
    job.refresh_from_db()
    assert job.state == "done"


# --- Files --------------------------------------------------------------------------------------------------------


def written(item: JobItem, prepared: Any, now: Any) -> Outcome:
    with jobs.draft(item.job, f"{item.key}号.pdf") as path:
        path.write_bytes(b"%PDF" + item.key.encode() * 1000)
    return Outcome(file=f"{item.key}号.pdf")


def names(job: Job) -> set[str]:
    return {path.name for path in jobs.folder(job).iterdir()}


def done_with_files(kind: Callable[..., None], ye: User, *keys: str) -> Job:
    kind(written, finish=jobs.archive)
    job = start(ye, *keys)
    run(job)
    job.refresh_from_db()
    return job


def test_the_files_of_all_items_are_in_the_archive_as_they_are(kind, ye):
    job = done_with_files(kind, ye, "1", "2")
    assert job.archive == f"test-{job.pk}.zip"
    assert names(job) == {"1号.pdf", "2号.pdf", job.archive}
    with zipfile.ZipFile(jobs.folder(job) / job.archive) as archive:
        assert archive.namelist() == ["1号.pdf", "2号.pdf"]
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.read("2号.pdf") == b"%PDF" + b"2" * 1000


def test_files_are_handed_out_only_when_all_is_done_and_for_a_day(kind, ye):
    kind(written, finish=jobs.archive)
    job = start(ye)
    run(job, budget=-1)
    job.refresh_from_db()
    assert names(job) == {"1号.pdf"}
    assert jobs.file_path(job, "1号.pdf", NOW) is None
    run(job)
    job.refresh_from_db()
    ends = NOW + MINUTE + timedelta(hours=24)
    assert job.files_until == ends
    before = ends - timedelta(seconds=1)
    assert jobs.file_path(job, "1号.pdf", before) == jobs.folder(job) / "1号.pdf"
    assert [jobs.file_path(job, name, before) for name in ("", "9号.pdf")] == [None, None]
    assert (jobs.file_path(job, "1号.pdf", ends), jobs.files_gone(job, ends)) == (None, True)


def test_a_file_has_its_name_only_when_it_is_whole(kind, ye):
    job = start(ye)
    with jobs.draft(job, "a.pdf") as path:
        path.write_bytes(b"old")
    with suppress(Killed), jobs.draft(job, "a.pdf") as path:
        path.write_bytes(b"half")
        raise Killed
    assert names(job) == {"a.pdf"}
    assert (jobs.folder(job) / "a.pdf").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "../a.pdf", "/etc/passwd", "a/b.pdf"])
def test_a_file_stands_in_the_folder_of_its_job_and_nowhere_else(kind, ye, name):
    job = start(ye)
    with pytest.raises(ValueError, match="not the name of a file"), jobs.draft(job, name):
        pass
    assert not jobs.folder(job).exists()


def test_an_archive_that_fails_leaves_the_job_done_without_it(kind, ye, caplog):
    def finish(job: Job, now: Any) -> None:
        (jobs.folder(job) / "1号.pdf").unlink()
        jobs.archive(job, now)

    kind(written, finish=finish)
    job = start(ye)
    run(job)
    job.refresh_from_db()
    assert (job.state, job.archive) == ("done", "")
    assert names(job) == {"2号.pdf", "3号.pdf"}
    assert "could not be finished" in caplog.text


def test_a_job_that_made_no_file_has_no_archive(kind, ye):
    kind(finish=jobs.archive)
    job = start(ye)
    run(job)
    job.refresh_from_db()
    assert (job.archive, job.files_until, jobs.files_gone(job, NOW + MINUTE)) == ("", None, False)


def test_drafts_of_killed_workers_are_gone_when_the_job_is_done(kind, ye):
    kind(written)
    job = start(ye)
    run(job, budget=-1)
    (jobs.folder(job) / f".0123{jobs.DRAFT}").write_bytes(b"half")
    run(job)
    assert names(job) == {"1号.pdf", "2号.pdf", "3号.pdf"}


def test_the_sweep_removes_what_has_expired_and_nothing_else(kind, ye, data_dir):
    expired, kept = done_with_files(kind, ye), done_with_files(kind, ye)
    Job.objects.filter(pk=expired.pk).update(files_until=NOW)
    kind(written)
    working = start(ye)
    run(working, budget=-1)
    unknown, foreign = data_dir / "jobs" / "999999", data_dir / "jobs" / "notes"
    for folder in (unknown, foreign):
        folder.mkdir()
    assert [jobs.remove_expired_files(NOW), jobs.remove_expired_files(NOW)] == [1, 0]
    assert {path.name for path in (data_dir / "jobs").iterdir()} == {str(kept.pk), str(working.pk), "notes"}
    expired.refresh_from_db()
    assert jobs.files_gone(expired, NOW)
    assert not jobs.files_gone(kept, NOW)


def test_the_sweep_of_a_product_that_never_printed_finds_nothing(data_dir):
    assert jobs.remove_expired_files(NOW) == 0


# --- Trying again -------------------------------------------------------------------------------------------------


def half_failed(kind: Callable[..., None], ye: User) -> Job:
    def record(item: JobItem, prepared: Any, now: Any) -> Outcome:
        if item.key == "2":
            raise Refused("缺照片")
        return written(item, prepared, now)

    kind(record, finish=jobs.archive)
    job = start(ye)
    run(job)
    job.refresh_from_db()
    return job


def test_what_failed_is_tried_again_and_joins_the_others(kind, ye):
    job = half_failed(kind, ye)
    kind(written, finish=jobs.archive)
    jobs.retry(job=job, actor=ye, now=NOW + 2 * MINUTE)
    job.refresh_from_db()
    assert (job.state, states(job), job.archive, job.files_until) == ("waiting", "dpd", "", None)
    assert [(item.attempts, item.note) for item in job.items.filter(key="2")] == [(0, "")]
    assert AuditEntry.objects.get(verb="job_retried").changes == {"items": 1}
    run(job)
    job.refresh_from_db()
    with zipfile.ZipFile(jobs.folder(job) / job.archive) as archive:
        assert archive.namelist() == ["1号.pdf", "2号.pdf", "3号.pdf"]


def test_trying_again_is_refused_while_it_works_when_nothing_failed_and_without_files(kind, ye):
    job = half_failed(kind, ye)
    with pytest.raises(Refused, match="have been removed"):
        jobs.retry(job=job, actor=ye, now=NOW + timedelta(days=2))
    jobs.retry(job=job, actor=ye, now=NOW + MINUTE)
    with pytest.raises(Refused, match="still at work"):
        jobs.retry(job=job, actor=ye, now=NOW + MINUTE)
    kind(written)
    run(job)
    with pytest.raises(Refused, match="Nothing has failed"):
        jobs.retry(job=job, actor=ye, now=NOW + MINUTE)


# --- What the database itself knows -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"state": "done"}, "job_done_when"),
        ({"finished_at": NOW}, "job_done_when"),
        ({"state": "running", "finished_at": NOW}, "job_done_when"),
        ({"lease": "f" * 32}, "job_lease_until_when"),
        ({"lease_until": NOW}, "job_lease_until_when"),
    ],
)
def test_facts_of_a_job_that_contradict_each_other_are_refused(kind, ye, wrong, constraint):
    start(ye)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Job.objects.update(**wrong)


def test_the_next_item_is_found_without_a_walk_over_those_that_are_done(kind, ye):
    job = start(ye, *map(str, range(2000)))
    job.items.exclude(key="1999").update(state=JobItem.State.DONE)
    statistics.refresh()
    with CaptureQueriesContext(connection) as captured:
        assert jobs._next(job).key == "1999"
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {captured[0]['sql']}")
        assert "job_item_pending" in str(cursor.fetchall())


# --- The sweep ----------------------------------------------------------------------------------------------------


def test_the_sweep_rings_for_what_waits_and_its_ring_does_not_outlive_the_next(kind, ye, monkeypatch):
    rung: list[Any] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda given, **options: rung.append((given, options)))
    job, done = start(ye), start(ye)
    run(done)
    assert tasks.ring_waiting_jobs() == 1
    assert rung == [((job.pk,), {"expires": 60})]
