"""A kind of job for workers that a test kills: celery imports it with --include.

A file `hold-prepare-3` or `hold-record-3` in the job's folder stops item 3 there, once and until the process is killed.
"""

import signal
from datetime import datetime
from typing import Any

from common import audit, jobs
from common.models import JobItem

NAME, VERB = "held", "held_item_done"


def _hold(item: JobItem, phase: str) -> None:
    mark = jobs.folder(item.job) / f"hold-{phase}-{item.key}"
    if mark.exists():
        mark.unlink()
        print(f"Holding {phase} {item.key}", flush=True)
        signal.pause()


def prepare(item: JobItem, now: datetime) -> None:
    _hold(item, "prepare")


def record(item: JobItem, prepared: Any, now: datetime) -> jobs.Outcome:
    audit.record(verb=VERB, subject=item, actor=item.job.created_by, now=now)
    with jobs.draft(item.job, f"{item.key}.pdf") as path:
        path.write_bytes(item.key.encode())
        _hold(item, "record")
    return jobs.Outcome(file=f"{item.key}.pdf")


jobs.register(jobs.Kind(NAME, record=record, prepare=prepare, finish=jobs.archive))
