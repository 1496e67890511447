"""Long work as a job row with a lease (DESIGN §6): the database is the truth, the broker a doorbell.

An app registers a kind of job when it starts; a service calls `start` inside its transaction. Any worker may be killed
at any moment: an item that was not recorded is done again, one that was recorded never is.
"""

import logging
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import dumps, loads
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from common import audit, leases
from common.models import Job, JobItem
from common.problems import Refused

logger = logging.getLogger(__name__)

#: Renewed before every item. Longer items still end well: whoever records an item first has done it.
LEASE = timedelta(seconds=60)
#: After so long a task makes room for others and rings again: the embedded worker does one thing at a time.
BUDGET_SECONDS = 20.0
MAX_ATTEMPTS = 3
#: Long enough to fetch and print, too short for papers to lie about whose cards have since changed.
FILES_KEPT = timedelta(hours=24)
#: During an update an old worker may meet a kind that only the new program knows.
UNKNOWN_KIND_AFTER = timedelta(days=1)
#: A ring of the sweep is out of date when the next sweep rings.
SWEEP_SECONDS = 60
DRAFT = ".draft"


@dataclass(frozen=True)
class Outcome:
    """What became of an item: a sentence for its line on the page, and its file in the job's folder."""

    note: str = ""
    file: str = ""


@dataclass(frozen=True)
class Kind:
    """How the items of one kind of job are done.

    `prepare` does the slow part, outside any transaction, and hands its result to `record`. It must be safe to repeat;
    two may even run at once when one takes longer than the lease. Files are written with `draft`.
    `record` runs in the transaction that claims the item, and its effect happens once. A Refused of either becomes the
    item's note; any other error is logged and fails the item; an OperationalError leaves it to the next attempt.
    `finish` runs when no item waits any more, and may run twice: `archive` is one. What it raises is logged, and the
    job is done without it.
    `servable` raises Refused when a file must not be handed out any more; without an item it is about the archive.
    """

    name: str
    record: Callable[[JobItem, Any, datetime], Outcome]
    prepare: Callable[[JobItem, datetime], Any] | None = None
    finish: Callable[[Job, datetime], None] | None = None
    servable: Callable[[Job, JobItem | None], None] | None = None
    #: Only whoever asked for the job gets its files: one-time codes are nobody else's.
    private: bool = False


@dataclass(frozen=True)
class Counts:
    waiting: int = 0
    done: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.done + self.failed

    @property
    def ended(self) -> int:
        return self.done + self.failed


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


# --- Asking for work ----------------------------------------------------------------------------------------------


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
    if kind not in _kinds:
        raise LookupError(f"no kind of job is called {kind!r}")
    job, made = Job.objects.get_or_create(
        once=once[:32] or uuid.uuid4().hex,
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
        _check_same(job, kind, params or {}, actor)
        return job
    rows = [
        JobItem(job=job, position=position, key=key, label=label[:120])
        for position, (key, label) in enumerate(items, start=1)
    ]
    if not rows:
        raise Refused(_("Nothing was chosen."))
    JobItem.objects.bulk_create(rows, batch_size=500)
    transaction.on_commit(lambda: ring(job.pk))
    return job


def _check_same(job: Job, kind: str, params: dict[str, Any], actor: Any) -> None:
    """A form that was sent before leads to its job, but only for the same person and the same wish."""
    if job.created_by_id != actor.pk:
        raise Refused(_("This form belongs to somebody else. Open the page again."))
    if (job.kind, job.params) != (kind, loads(dumps(params))):
        raise Refused(_("This form was already sent with other choices. Open the page again."))


@transaction.atomic
def retry(*, job: Job, actor: Any, now: datetime) -> Job:
    """The items that failed wait again, while the files of the others are still there."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.state != Job.State.DONE:
        raise Refused(_("This job is still at work."))
    failed = job.items.filter(state=JobItem.State.FAILED)
    if not failed.exists():
        raise Refused(_("Nothing has failed in this job."))
    if files_gone(job, now):
        raise Refused(_("The files of this job have been removed. Ask for a new one."))
    again = failed.update(state=JobItem.State.PENDING, attempts=0, note="")
    job.state, job.finished_at, job.files_until, job.archive = Job.State.WAITING, None, None, ""
    job.save(update_fields=["state", "finished_at", "files_until", "archive"])
    audit.record(verb="job_retried", subject=job, actor=actor, now=now, changes={"items": again})
    transaction.on_commit(lambda: ring(job.pk))
    return job


def ring(job_id: int, *, expires: int | None = None) -> None:
    """Wake a worker. Lost or doubled it does no harm: the sweep rings for what waits."""
    from common.tasks import run_job

    options: dict[str, Any] = {} if expires is None else {"expires": expires}
    try:
        run_job.apply_async((job_id,), **options)
    except Exception as error:
        logger.warning("The queue cannot be reached (%s); job %s waits for the sweep.", error, job_id)


# --- Reading ------------------------------------------------------------------------------------------------------


def waiting(now: datetime) -> list[int]:
    """Jobs that nobody works on: never begun, or whoever held the lease is gone."""
    open_jobs = Job.objects.filter(_free(now), kind__in=_kinds).exclude(state=Job.State.DONE)
    return list(open_jobs.order_by("created_at", "pk").values_list("pk", flat=True))


def counts(jobs: Iterable[Job]) -> dict[int, Counts]:
    """How far each of these is, in one query."""
    states = {JobItem.State.PENDING: "waiting", JobItem.State.DONE: "done", JobItem.State.FAILED: "failed"}
    found: dict[int, dict[str, int]] = {job.pk: {} for job in jobs}
    grouped = JobItem.objects.filter(job__in=list(found)).order_by().values_list("job", "state")
    for job_id, state, number in grouped.annotate(number=Count("pk")):
        found[job_id][states[JobItem.State(state)]] = number
    return {job_id: Counts(**numbers) for job_id, numbers in found.items()}


def check_servable(job: Job, item: JobItem | None = None) -> None:
    """Raises Refused when the kind says that this file, or the archive, must not be handed out any more."""
    kind = _kinds.get(job.kind)
    if kind is not None and kind.servable is not None:
        kind.servable(job, item)


def may_fetch(job: Job, user_id: int) -> bool:
    kind = _kinds.get(job.kind)
    return kind is None or not kind.private or job.created_by_id == user_id


# --- Files --------------------------------------------------------------------------------------------------------


def folder(job: Job) -> Path:
    return Path(settings.DATA_DIR) / "jobs" / str(job.pk)


@contextmanager
def draft(job: Job, name: str) -> Iterator[Path]:
    """Where to write a file of the job; it gets its name when it is complete and on the disk, and not before."""
    target = _inside(job, name)
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    path = target.with_name(f".{uuid.uuid4().hex}{DRAFT}")
    try:
        yield path
        with path.open("rb") as written:
            os.fsync(written.fileno())
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)


def _inside(job: Job, name: str) -> Path:
    if not name or name.startswith(".") or Path(name).name != name:
        raise ValueError(f"not the name of a file: {name!r}")
    return folder(job) / name


def archive(job: Job, now: datetime) -> None:
    """A `finish` that puts the files of all items into one ZIP, stored as they are: PDFs don't get smaller."""
    done = job.items.filter(state=JobItem.State.DONE).exclude(file="")
    names = list(dict.fromkeys(done.values_list("file", flat=True)))
    if not names:
        return
    together = f"{job.kind}-{job.pk}.zip"
    with draft(job, together) as path, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as all_of_them:
        for name in names:
            all_of_them.write(_inside(job, name), name)
    job.archive = together


def file_path(job: Job, name: str, now: datetime) -> Path | None:
    """A file to hand out: only of a job that is done, and not after its time."""
    if not name or job.state != Job.State.DONE or job.files_until is None or job.files_until <= now:
        return None
    path = _inside(job, name)
    return path if path.is_file() else None


def files_gone(job: Job, now: datetime) -> bool:
    """Whether it made files that are no longer kept."""
    if job.state != Job.State.DONE or (job.files_until is not None and job.files_until > now):
        return False
    return bool(job.archive) or job.items.exclude(file="").exists()


def remove_expired_files(now: datetime) -> int:
    """Printed pages are not kept longer than they are worth; returns how many jobs lost theirs. Safe to run twice."""
    expired = Job.objects.filter(state=Job.State.DONE, files_until__lte=now).update(files_until=None)
    root = Path(settings.DATA_DIR) / "jobs"
    found = {path.name: path for path in root.iterdir() if path.name.isdigit()} if root.is_dir() else {}
    needed = Job.objects.filter(pk__in=list(found)).exclude(state=Job.State.DONE, files_until=None)
    # Also those of jobs that are no more, and what could not be removed the last time.
    for name in set(found) - {str(pk) for pk in needed.values_list("pk", flat=True)}:
        shutil.rmtree(found[name], ignore_errors=True)
    return expired


# --- Doing the work -----------------------------------------------------------------------------------------------


def run(job_id: int, *, clock: Callable[[], datetime], budget: float = BUDGET_SECONDS) -> bool:
    """Work on a job as long as the budget lasts; True when more is left to do. Does nothing while another works."""
    lease = leases.new()
    job = _claim(job_id, lease, clock())
    if job is None:
        return False
    kind, ends = _kinds[job.kind], monotonic() + budget
    with translation.override(job.language):
        while (item := _next(job)) is not None:
            if not _renew(job, lease, clock()):
                return False
            _do(kind, item, lease, clock)
            if monotonic() > ends:
                break
        else:
            if _renew(job, lease, clock()):
                _end(kind, job, lease, clock)
            return False
    _held(job, lease).update(lease="", lease_until=None)
    return True


def _free(now: datetime) -> Q:
    """Without a lease, or with one that has run out or whose process has ended."""
    held = Job.objects.filter(lease_until__gte=now).exclude(state=Job.State.DONE)
    left = [lease for lease in held.values_list("lease", flat=True) if leases.abandoned(lease)]
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease__in=left)


def _claim(job_id: int, lease: str, now: datetime) -> Job | None:
    claimed = Job.objects.filter(_free(now), pk=job_id, kind__in=_kinds).exclude(state=Job.State.DONE)
    if not claimed.update(lease=lease, lease_until=now + LEASE, state=Job.State.RUNNING):
        return None
    Job.objects.filter(pk=job_id, started_at=None).update(started_at=now)
    return Job.objects.get(pk=job_id)


def _held(job: Job, lease: str) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, lease=lease)


def _renew(job: Job, lease: str, now: datetime) -> bool:
    return bool(_held(job, lease).update(lease_until=now + LEASE))


def _next(job: Job) -> JobItem | None:
    return job.items.filter(state=JobItem.State.PENDING).select_related("job__created_by").first()


def _do(kind: Kind, item: JobItem, lease: str, clock: Callable[[], datetime]) -> None:
    if item.attempts >= MAX_ATTEMPTS:
        _fail(item, lease, _("Given up after %(times)d attempts.") % {"times": MAX_ATTEMPTS})
        return
    if not _ours(item, lease).update(attempts=F("attempts") + 1):
        return
    try:
        prepared = kind.prepare(item, clock()) if kind.prepare is not None else None
        with transaction.atomic():
            if _claim_item(item):
                outcome = kind.record(item, prepared, clock())
                JobItem.objects.filter(pk=item.pk).update(note=outcome.note, file=outcome.file)
    except Refused as refused:
        _fail(item, lease, str(refused.sentence))
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy, not the item wrong: the lease runs out and the sweep rings again
    except Exception:
        logger.exception("Job %s, item %s", item.job_id, item.position)
        _fail(item, lease, _("Something went wrong; the administrators find it in the log."))


def _claim_item(item: JobItem) -> bool:
    """Whoever changes the row has done the item: of two only one does, and a rollback gives it back."""
    pending = JobItem.objects.filter(pk=item.pk, state=JobItem.State.PENDING)
    return bool(pending.update(state=JobItem.State.DONE))


def _ours(item: JobItem, lease: str) -> QuerySet[JobItem]:
    """Still to be done, and by us: whoever lost the lease in the middle has no say in what fails."""
    return JobItem.objects.filter(pk=item.pk, state=JobItem.State.PENDING, job__lease=lease)


def _fail(item: JobItem, lease: str, sentence: str) -> None:
    _ours(item, lease).update(state=JobItem.State.FAILED, note=sentence)


def _end(kind: Kind, job: Job, lease: str, clock: Callable[[], datetime]) -> None:
    try:
        if kind.finish is not None:
            kind.finish(job, clock())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Job %s could not be finished.", job.pk)
        job.archive = ""
    for left in folder(job).glob(f".*{DRAFT}"):
        left.unlink(missing_ok=True)
    now = clock()
    kept = any(folder(job).glob("*"))
    _held(job, lease).update(
        state=Job.State.DONE,
        finished_at=now,
        lease="",
        lease_until=None,
        archive=job.archive,
        files_until=job.files_until or (now + FILES_KEPT if kept else None),
    )


def give_up_unknown(now: datetime) -> int:
    """A kind that no program knows any more would wait for ever."""
    unknown = Job.objects.filter(created_at__lt=now - UNKNOWN_KIND_AFTER).exclude(state=Job.State.DONE)
    given_up = list(unknown.exclude(kind__in=_kinds))
    for job in given_up:
        logger.error("Job %s is of the kind “%s”, which is not known.", job.pk, job.kind)
        with transaction.atomic(), translation.override(job.language):
            sentence = _("The program no longer knows this kind of work.")
            pending = job.items.filter(state=JobItem.State.PENDING)
            pending.update(state=JobItem.State.FAILED, note=sentence)
            Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, finished_at=now)
    return len(given_up)
