"""A job whose workers are killed with -9 in the middle of an item, over the real Redis."""

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from common import jobs
from common.models import AuditEntry, Job
from tests.accounts.factories import make_user
from tests.conftest import Worker
from tests.support import held_kind

KEYS = ("1", "2", "3", "4", "5")


@pytest.fixture
def worker(database_url: str) -> Iterator[Callable[[], Worker]]:
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(database_url, "--include=tests.support.held_kind"))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def hold(job: Job, phase: str, key: str) -> None:
    jobs.folder(job).mkdir(parents=True, exist_ok=True)
    (jobs.folder(job) / f"hold-{phase}-{key}").touch()


def test_a_job_survives_two_killed_workers_and_does_each_item_once(worker):
    job = jobs.start(
        kind=held_kind.NAME,
        title="打印",
        items=[(key, f"第 {key} 项") for key in KEYS],
        actor=make_user("ye"),
        now=timezone.now(),
        unit_id=None,
    )
    for phase, key in (("prepare", "2"), ("record", "4")):
        hold(job, phase, key)
    for words in ("Holding prepare 2", "Holding record 4"):
        killed = worker()
        killed.await_line(words)
        killed.kill()
    # No clock rings here: each worker that starts looks for what the dead have left, and does not wait for the lease.
    last = worker()
    task = re.search(r"run_job\[[^]]+\]", last.await_line("run_job["))
    assert task
    last.await_line(f"{task[0]} succeeded")

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert [(item.key, item.state, item.attempts) for item in job.items.all()] == [
        ("1", "done", 1),
        ("2", "done", 2),
        ("3", "done", 1),
        ("4", "done", 2),
        ("5", "done", 1),
    ]
    recorded = Counter(AuditEntry.objects.filter(verb=held_kind.VERB).values_list("subject_id", flat=True))
    assert recorded == dict.fromkeys(job.items.values_list("pk", flat=True), 1)
    # No draft and no mark of a killed worker is left.
    files = {path.name for path in Path(jobs.folder(job)).iterdir()}
    assert files == {*(f"{key}.pdf" for key in KEYS), job.archive}
    with zipfile.ZipFile(jobs.folder(job) / job.archive) as archive:
        assert [archive.read(name).decode() for name in archive.namelist()] == list(KEYS)
