"""Rosters that are handed in through the browser: kept privately, looked through, and stored by a job once confirmed.

What is confirmed is the very file that was looked through, against the directory that the preview was made for.
"""

import hashlib
import json
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Role, Unit, User
from cards import bulk, roster, services
from cards.models import RosterUpload
from cards.roster import archive
from common import audit, jobs
from common.models import Job, JobItem
from common.problems import Refused
from common.rules import local
from common.text import file_name

NAME = "roster"
#: Long enough to mend what the preview found, too short for a list of mobile numbers to lie about.
KEPT = timedelta(hours=24)
#: A folder that nobody has named yet belongs to a request; none lasts so long.
UNNAMED_KEPT = timedelta(hours=2)
SHEET, PHOTOS, PREVIEW = "roster.xlsx", "photos.zip", "preview.json"
PRIVATE = 0o700
#: Seconds for which somebody waits while another roster is looked through.
PATIENCE = 15.0
_looking = threading.Lock()


def root() -> Path:
    return Path(settings.DATA_DIR) / "rosters"


def folder(upload: RosterUpload) -> Path:
    return root() / str(upload.pk)


def is_kept(upload: RosterUpload, now: datetime) -> bool:
    return now < upload.expires_at and (folder(upload) / SHEET).is_file()


# --- Handing in --------------------------------------------------------------------------------------------------


def receive(
    *, file: UploadedFile, photos: UploadedFile | None, unit: Unit | None, actor: User, now: datetime
) -> RosterUpload:
    """Keep the files and look through them. Raises Refused, with nothing kept, when there is no roster to be read."""
    root().mkdir(PRIVATE, parents=True, exist_ok=True)
    place = root() / f".{uuid.uuid4().hex}"
    place.mkdir(PRIVATE)
    try:
        digest = _keep(file, place / SHEET)
        photos_digest = _keep(photos, place / PHOTOS) if photos is not None else ""
        with _alone():
            plan = _look(place, unit, now)
        _write_preview(place, plan)
        with transaction.atomic():
            upload = RosterUpload.objects.create(
                unit=unit,
                file_name=file_name(file.name or "")[-120:],
                digest=digest,
                photos_digest=photos_digest,
                plan_digest=plan.digest,
                uploaded_by=actor,
                uploaded_at=now,
                expires_at=now + KEPT,
            )
            audit.record(
                verb="roster_handed_in",
                subject=upload,
                actor=actor,
                now=now,
                changes={"file": upload.file_name, "digest": digest, "rows": plan.rows},
            )
            place.rename(folder(upload))
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return upload


def _keep(file: UploadedFile, path: Path) -> str:
    """Written for this program's eyes only; returns its SHA-256."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for chunk in file.chunks():
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """One roster at a time in this process: the largest takes some hundred MB, and other pages are waiting."""
    if not _looking.acquire(timeout=PATIENCE):
        raise Refused(_("Another roster is just being looked through. Try again in a minute."))
    try:
        yield
    finally:
        _looking.release()


def _look(place: Path, unit: Unit | None, now: datetime) -> roster.Plan:
    photos: Path | None = place / PHOTOS
    assert photos is not None
    if photos.exists():
        try:
            with archive.opened(photos):
                pass
        except Refused as refused:
            raise Refused(refused.sentence, "photos") from refused
    else:
        photos = None
    try:
        return roster.look(place / SHEET, photos, unit=unit, today=local(now).date())
    except Refused as refused:
        raise Refused(refused.sentence, "file") from refused


# --- The preview: as it was found, so that showing it costs no second look ------------------------------------------


def preview_of(upload: RosterUpload) -> dict[str, Any] | None:
    try:
        with (folder(upload) / PREVIEW).open(encoding="utf-8") as file:
            shown: dict[str, Any] = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    return shown


def _write_preview(place: Path, plan: roster.Plan) -> None:
    shown = {
        "digest": plan.digest,
        "rows": plan.rows,
        "unchanged": len(plan.unchanged),
        "photos": len(plan.photos),
        "offices": [str(office) for office in plan.offices],
        "problems": [
            {
                "row": problem.row,
                "name": problem.name,
                "column": problem.column,
                "sentence": problem.sentence,
            }
            for problem in plan.problems
        ],
        "notes": [{"row": note.row, "sentence": note.sentence} for note in plan.notes],
        "changed": [
            {
                **_who(person),
                "changes": [
                    {"label": str(change.label), "old": change.old_words, "new": change.new_words}
                    for change in person.changes
                ],
            }
            for person in plan.changed
        ],
        "created": [
            {
                **_who(person),
                "office": person.office_words,
                "post": next(iter(person.row.posts), ""),
                "photo": person.photo is not None,
            }
            for person in plan.created
        ],
    }
    draft = place / f".{uuid.uuid4().hex}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(shown, out, ensure_ascii=False)
    draft.replace(place / PREVIEW)


def _who(person: roster.Person) -> dict[str, Any]:
    return {"row": person.row.number, "name": person.name, "unit": person.unit.name}


# --- Confirming --------------------------------------------------------------------------------------------------


class DirectoryChanged(Refused):
    """The preview has been made anew: what stands there now is what would be confirmed."""

    def __init__(self) -> None:
        super().__init__(_("Meanwhile the directory has changed. This is what would happen now."))


def confirm(*, upload: RosterUpload, seen: str, actor: User, now: datetime) -> Job:
    """The job that stores the roster; a second click finds the first one's. Raises Refused, DirectoryChanged among it.

    `seen` is the digest of the preview that was confirmed: the second click on an old one must not confirm the new one.
    The look takes seconds, so it is taken before the row is locked.
    """
    if upload.job is not None:
        return upload.job
    with _alone():
        plan = _checked_plan(upload, now)
    if plan.problems or not seen == plan.digest == upload.plan_digest:
        _write_preview(folder(upload), plan)
        RosterUpload.objects.filter(pk=upload.pk, job=None).update(plan_digest=plan.digest)
        raise DirectoryChanged
    if not plan.created and not plan.changed:
        raise Refused(_("The directory says all of this already: there is nothing to store."))
    return _start(upload, seen, actor, now)


@transaction.atomic
def _start(upload: RosterUpload, seen: str, actor: User, now: datetime) -> Job:
    upload = RosterUpload.objects.select_for_update().get(pk=upload.pk)
    if upload.job_id is not None:
        return Job.objects.get(pk=upload.job_id)
    if upload.plan_digest != seen:
        raise DirectoryChanged
    upload.job = jobs.start(
        kind=NAME,
        title=_("Roster: %(file)s") % {"file": upload.file_name},
        items=[(str(upload.pk), upload.file_name)],
        actor=actor,
        now=now,
        unit_id=upload.unit_id,
        params={"upload": upload.pk},
    )
    upload.save(update_fields=["job"])
    audit.record(
        verb="roster_confirmed", subject=upload, actor=actor, now=now, changes={"digest": upload.digest}
    )
    return upload.job


def _checked_plan(upload: RosterUpload, now: datetime) -> roster.Plan:
    """The plan of the files as they were handed in, for the directory as it is now."""
    if not is_kept(upload, now):
        raise Refused(_("The file is no longer kept. Hand the roster in again."))
    place = folder(upload)
    kept = [(SHEET, upload.digest), (PHOTOS, upload.photos_digest)]
    if any(_digest(place / name) != digest for name, digest in kept):
        raise Refused(_("The stored file is not the one that was looked through. Hand the roster in again."))
    return _look(place, upload.unit, now)


def _digest(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- The job -----------------------------------------------------------------------------------------------------


def _prepare(item: JobItem, now: datetime) -> tuple[roster.Plan, dict[int, str]]:
    upload = RosterUpload.objects.select_related("unit").get(pk=int(item.key))
    _check_holds(item, upload.unit_id, now)
    plan = _checked_plan(upload, now)
    if plan.problems or plan.digest != upload.plan_digest:
        raise Refused(_("The directory has changed since the preview. Hand the roster in again."))
    return plan, services.roster_photos(plan=plan)


def _check_holds(item: JobItem, unit_id: int | None, now: datetime) -> None:
    """Of the unit whose people it names; without one, the city's officers hand in."""
    role = {"role__in": bulk.EXPRESS} if unit_id is None else {"role": Role.UNIT_OFFICER, "unit": unit_id}
    bulk.check_holds(item.job.created_by, now, **role)


def _record(item: JobItem, prepared: tuple[roster.Plan, dict[int, str]], now: datetime) -> jobs.Outcome:
    plan, stored = prepared
    _check_holds(item, plan.roster.unit_id, now)
    done = services.roster_import(plan=plan, stored=stored, actor=item.job.created_by, now=now)
    Job.objects.filter(pk=item.job_id).update(params={**item.job.params, "new": list(done.new)})
    note = _("%(created)d created, %(changed)d changed, %(unchanged)d unchanged") % done.numbers
    return jobs.Outcome(note)


def new_people(job: Job) -> list[int]:
    """Those whom this roster has entered: cards and slips are next for them, and for nobody else."""
    found: list[int] = job.params.get("new", []) if job.kind == NAME else []
    return found


def _finish(job: Job, now: datetime) -> None:
    """What is stored needs no file any more; what failed may be tried again as long as it is kept."""
    if not job.items.exclude(state=JobItem.State.DONE).exists():
        for upload in RosterUpload.objects.filter(job=job):
            shutil.rmtree(folder(upload), ignore_errors=True)


def register() -> None:
    jobs.register(jobs.Kind(NAME, record=_record, prepare=_prepare, finish=_finish))


# --- The end -----------------------------------------------------------------------------------------------------


def sweep(now: datetime) -> int:
    """Remove the files of rosters whose time is over; returns how many folders went. Safe to run twice.

    A job that still waits keeps them, and what nobody knows any more goes too.
    """
    if not root().is_dir():
        return 0
    named = {path.name: path for path in root().iterdir() if path.name.isdigit()}
    needed = (
        RosterUpload.objects.filter(pk__in=list(named))
        .exclude(expires_at__lte=now, job=None)
        .exclude(expires_at__lte=now, job__state=Job.State.DONE)
    )
    over = set(named) - {str(pk) for pk in needed.values_list("pk", flat=True)}
    gone = [named[name] for name in over]
    gone += [path for path in root().glob(".*") if path.stat().st_mtime < (now - UNNAMED_KEPT).timestamp()]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)
