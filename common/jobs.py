"""Long work as a job row with a lease (DESIGN §6): the database is the truth, the broker a doorbell.

An app registers a kind of job when it starts; a service calls `start` inside its transaction. Any worker may be killed
at any moment: an item that was not recorded is done again, one that was recorded never is.
"""

import logging
import shutil
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from common.models import Job, JobItem
from common.problems import Refused

logger = logging.getLogger(__name__)

#: Renewed before every item; no item of ours takes a quarter as long.
LEASE = timedelta(seconds=60)
#: After so long a task makes room for others and rings again: the embedded worker does one thing at a time.
BUDGET_SECONDS = 20.0
MAX_ATTEMPTS = 3


@dataclass(frozen=True)
class Outcome:
    """What became of an item: a sentence for its line on the page, and its file in the job's folder."""

    note: str = ""
    file: str = ""


@dataclass(frozen=True)
class Kind:
    """How the items of one kind of job are done.

    `record` runs in the transaction that claims the item, and its effect happens once; a Refused becomes the item's
    note. `prepare` does the slow part before that transaction, must be safe to repeat, and hands its result to
    `record`. `finish` runs when no item waits any more; it may run twice.
    """

    name: str
    record: Callable[[JobItem, Any, datetime], Outcome]
    prepare: Callable[[JobItem, datetime], Any] | None = None
    finish: Callable[[Job, datetime], None] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


@transaction.atomic
def start(
    *,
    kind: str,
    title: str,
    items: Iterable[tuple[str, str]],
    actor: Any,
    now: datetime,
    unit_id: int | None,
    params: dict[str, Any] | None = None,
    once: str = "",
) -> Job:
    """A job for these (key, label) items, rung for after the commit. The same `once` again is the same job."""
    once = once or uuid.uuid4().hex
    job, made = Job.objects.get_or_create(
        once=once,
        defaults={
            "kind": kind,
            "title": title[:160],
            "unit_id": unit_id,
            "params": params or {},
            "language": translation.get_language() or settings.LANGUAGE_CODE,
            "created_by": actor,
            "created_at": now,
        },
    )
    if not made:
        if job.created_by_id != actor.pk:
            raise Refused(_("This form belongs to somebody else. Open the page again."))
        return job
    JobItem.objects.bulk_create(
        (
            JobItem(job=job, position=position, key=key, label=label[:120])
            for position, (key, label) in enumerate(items, start=1)
        ),
        batch_size=500,
    )
    transaction.on_commit(lambda: ring(job.pk))
    return job


def ring(job_id: int) -> None:
    """Wake a worker. Lost or doubled it does no harm: the sweep rings for what waits."""
    from common.tasks import run_job

    try:
        run_job.delay(job_id)
    except Exception:
        logger.warning("The queue cannot be reached; job %s waits for the sweep.", job_id)


def waiting(now: datetime) -> list[int]:
    """Jobs that nobody works on: never begun, or their worker's lease has run out."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    open_jobs = Job.objects.filter(free).exclude(state=Job.State.DONE)
    return list(open_jobs.order_by("created_at").values_list("pk", flat=True))


def folder(job: Job) -> Path:
    return Path(settings.DATA_DIR) / "jobs" / str(job.pk)


def run(job_id: int, *, clock: Callable[[], datetime], budget: float = BUDGET_SECONDS) -> bool:
    """Work on a job as long as the budget lasts; True when more is left to do. Does nothing while another works."""
    lease = uuid.uuid4().hex
    job = _claim(job_id, lease, clock())
    if job is None:
        return False
    kind, ends = _kinds[job.kind], monotonic() + budget
    with translation.override(job.language):
        while (item := _next(job)) is not None:
            if not _renew(job, lease, clock()):
                return False
            _do(kind, item, clock)
            if monotonic() > ends:
                break
        else:
            if kind.finish is not None:
                kind.finish(job, clock())
            _held(job, lease).update(
                state=Job.State.DONE, finished_at=clock(), lease="", lease_until=None, archive=job.archive
            )
            return False
    _held(job, lease).update(lease="", lease_until=None)
    return True


def _claim(job_id: int, lease: str, now: datetime) -> Job | None:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    claimed = Job.objects.filter(free, pk=job_id).exclude(state=Job.State.DONE)
    if not claimed.update(lease=lease, lease_until=now + LEASE, state=Job.State.RUNNING):
        return None
    Job.objects.filter(pk=job_id, started_at=None).update(started_at=now)
    return Job.objects.get(pk=job_id)


def _held(job: Job, lease: str) -> Any:
    return Job.objects.filter(pk=job.pk, lease=lease)


def _renew(job: Job, lease: str, now: datetime) -> bool:
    return bool(_held(job, lease).update(lease_until=now + LEASE))


def _next(job: Job) -> JobItem | None:
    return job.items.filter(state=JobItem.State.PENDING).select_related("job__created_by").first()


def _do(kind: Kind, item: JobItem, clock: Callable[[], datetime]) -> None:
    pending = JobItem.objects.filter(pk=item.pk, state=JobItem.State.PENDING)
    if item.attempts >= MAX_ATTEMPTS:
        _fail(item, _("Given up: the program ended each of the %(times)d times.") % {"times": MAX_ATTEMPTS})
        return
    pending.update(attempts=F("attempts") + 1)
    try:
        prepared = kind.prepare(item, clock()) if kind.prepare is not None else None
        with transaction.atomic():
            if pending.update(state=JobItem.State.DONE):
                outcome = kind.record(item, prepared, clock())
                JobItem.objects.filter(pk=item.pk).update(note=outcome.note, file=outcome.file)
    except Refused as refused:
        _fail(item, str(refused.sentence))
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy, not the item wrong: the lease runs out and the sweep rings again
    except Exception:
        logger.exception("Job %s, item %s", item.job_id, item.position)
        _fail(item, _("Something went wrong; the administrators find it in the log."))


def _fail(item: JobItem, sentence: str) -> None:
    pending = JobItem.objects.filter(pk=item.pk, state=JobItem.State.PENDING)
    pending.update(state=JobItem.State.FAILED, note=sentence)


def remove_expired_files(now: datetime) -> int:
    """Printed pages are not kept longer than they are worth; returns how many jobs lost theirs. Safe to run twice."""
    expired = list(Job.objects.filter(files_until__lt=now))
    for job in expired:
        shutil.rmtree(folder(job), ignore_errors=True)
        Job.objects.filter(pk=job.pk).update(files_until=None)
    return len(expired)
