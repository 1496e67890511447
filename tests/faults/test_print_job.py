"""The plaques of many units by one job, whose worker is killed with -9 twice on the way, over the real Redis.

The figure for the whole city of 1,070 is measured by bench/print_job.py, with the same kills.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import City, Unit
from cards.models import Card, Printing, PrintKind
from cards.printing import job as printing
from common import jobs
from common.models import AuditEntry, Job
from tests.cast import crowd, make_office, make_unit
from tests.conftest import Worker

UNITS, EACH = 30, 4


@pytest.fixture
def worker(database_url: str) -> Iterator[Callable[[], Worker]]:
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(database_url, "--include=tests.support.held_printing"))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def many_units(database_url: str, city: City) -> None:
    City.objects.update(is_demo=True)
    for number in range(1, UNITS + 1):
        unit = make_unit(f"D{number:03d}", f"第{number}局", hotline="0578-7120110")
        crowd(make_office(unit), EACH)


def test_every_plaque_is_printed_once_though_two_workers_are_killed(worker, many_units, express):
    job = printing.print_start(
        kind=PrintKind.PLAQUE,
        shares=printing.shares(PrintKind.PLAQUE, units=None, today=timezone.localdate()),
        actor=express,
        now=timezone.now(),
    )
    folder = jobs.folder(job)
    folder.mkdir(parents=True, exist_ok=True)
    for code in ("D010", "D020"):
        (folder / f"hold-{code}").touch()
        killed = worker()
        killed.await_line(f"Holding {code}")
        killed.kill()
        # What the killed worker had written of this unit is taken back; what came before it stays.
        assert Printing.objects.count() == (int(code[1:]) - 1) * EACH
    last = worker()
    task = re.search(r"run_job\[[^]]+\]", last.await_line("run_job["))
    assert task
    last.await_line(f"{task[0]} succeeded")

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert Counter(job.items.values_list("state", "attempts")) == {("done", 1): UNITS - 2, ("done", 2): 2}
    printed = Counter(Printing.objects.filter(job=job).values_list("card", flat=True))
    assert printed == dict.fromkeys(Card.objects.values_list("pk", flat=True), 1)
    assert len(printed) == UNITS * EACH
    assert AuditEntry.objects.filter(verb="document_printed").count() == UNITS * EACH
    with zipfile.ZipFile(folder / job.archive) as archive:
        assert len(archive.namelist()) == Unit.objects.count() == UNITS
        assert (
            sum(len(PdfReader(BytesIO(archive.read(name))).pages) for name in archive.namelist())
            == UNITS * EACH
        )
    assert [path.name for path in folder.iterdir() if path.suffix not in (".pdf", ".zip")] == []
