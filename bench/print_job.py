"""All plaques of the demonstration by one job, its worker killed with -9 twice on the way: seconds and peak memory.

    python bench/print_job.py [embedded] [deployed]

`embedded` is `manage.py serve` on SQLite, `deployed` a Celery worker on PostgreSQL and Redis. Each builds the
demonstration anew in a folder of its own, and fails when a plaque is missing from the log or stands there twice.
"""

# ruff: noqa: E402 (run as a script, it finds the project first)

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

from tests.support.processes import Server
from tests.support.services import Postgres, Redis

STACKS = ("embedded", "deployed")
#: The worker is killed when so much of the work stands in the log.
KILLS = (1 / 3, 2 / 3)
#: How often this program looks; it only watches.
TICK = 0.05


class Embedded:
    """`manage.py serve`, whose worker the supervisor starts again."""

    def __init__(self) -> None:
        self.server = Server([sys.executable, "manage.py", "serve", "--port", "0"])
        self.server.await_line("http://127.0.0.1:")

    def workers(self) -> list[int]:
        found = family(self.server.pid)[1:]
        return [pid for pid in found if "worker" in command(pid)]

    def replace(self) -> None:
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        self.server.stop()


class Deployed:
    """A worker as systemd would start it; here this program starts the next one."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        options = ["--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        quiet = ["-W", "ignore:You're running the worker"]
        self.server = Server(
            [sys.executable, *quiet, "-m", "celery", "-A", "longquan_cadre", "worker", *options]
        )
        self.server.await_line(" ready.")

    def workers(self) -> list[int]:
        return family(self.server.pid)

    def replace(self) -> None:
        self.server.kill()
        self.start()

    def stop(self) -> None:
        self.server.stop()


def family(pid: int) -> list[int]:
    """A process and all that come from it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


def peak_of(pid: int) -> int:
    """VmHWM in kB: the most memory that a process has ever held."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def bench(stack: str) -> None:
    with ExitStack() as after:
        folder = after.enter_context(TemporaryDirectory())
        os.environ.update(DATA_DIR=folder, DATABASE_URL="", REDIS_URL="", SITE_URL="http://localhost:8000")
        if stack == "deployed":
            postgres, redis = Postgres(mkdtemp()), Redis()
            for service in (postgres, redis):
                service.start()
                after.callback(service.stop)
            create = ["psql", "-h", str(postgres.folder), "-U", "postgres", "-qc", "CREATE DATABASE longquan"]
            subprocess.run(create, check=True)
            os.environ.update(DATABASE_URL=postgres.url, REDIS_URL=redis.url(0))
        demo = [sys.executable, "manage.py", "demo", "--no-serve"]
        subprocess.run(demo, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        import django

        django.setup()
        run = Embedded() if stack == "embedded" else Deployed()
        after.callback(run.stop)
        measure(stack, run)


def measure(stack: str, run: Embedded | Deployed) -> None:
    from django.utils import timezone

    from accounts.models import Role, User
    from cards.models import Card, Printing, PrintKind
    from cards.printing import job as printing
    from common.models import Job

    wanted = list(Card.objects.valid().values_list("pk", flat=True))
    job = printing.print_start(
        kind=PrintKind.PLAQUE,
        shares=printing.shares(PrintKind.PLAQUE, units=None, today=timezone.localdate()),
        actor=User.objects.filter(memberships__role=Role.EXPRESS_HEAD)[0],
        now=timezone.now(),
    )
    began, kills, peaks = time.perf_counter(), [round(part * len(wanted)) for part in KILLS], Counter[int]()
    printed = Printing.objects.filter(job=job)
    while Job.objects.filter(pk=job.pk).exclude(state=Job.State.DONE).exists():
        for pid in run.workers():
            peaks[pid] = max(peaks[pid], peak_of(pid))
        if kills and (number := printed.count()) >= kills[0]:
            kills.pop(0)
            run.replace()
            print(f"{stack}: killed with {number:,} of {len(wanted):,} in the log", flush=True)
        time.sleep(TICK)
    seconds = time.perf_counter() - began
    job.refresh_from_db()
    check(job, Counter(printed.values_list("card", flat=True)), wanted)
    print(
        f"{stack}: {len(wanted):,} plaques once each in {seconds:.1f} s, two kills included; "
        f"peak memory of a worker {max(peaks.values()) / 1024:.0f} MiB",
        flush=True,
    )


def check(job: Any, printed: Counter[int], wanted: list[int]) -> None:
    from pypdf import PdfReader

    from common import jobs

    assert printed == dict.fromkeys(wanted, 1), "a plaque is missing from the log, or stands there twice"
    with zipfile.ZipFile(jobs.folder(job) / job.archive) as archive:
        pages = sum(len(PdfReader(BytesIO(archive.read(name))).pages) for name in archive.namelist())
    assert pages == len(wanted), f"{pages} pages, {len(wanted)} plaques"


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        bench(sys.argv[2])
        return
    for stack in sys.argv[1:] or STACKS:
        subprocess.run([sys.executable, __file__, "--one", stack], check=True)


if __name__ == "__main__":
    main()
