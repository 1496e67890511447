"""Every task of ours may be lost, doubled or late (DESIGN §6): run twice or by two workers at once, it leaves the
database and the files as after one run. A new task is tested here by being registered."""

import inspect
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from appraisal.models import LedgerEntry, Objection, Trigger, UnitResult
from attendance.models import InspectionSettings, OpenRound
from cards import uploads
from cards.models import Cadre, RosterUpload
from common import audit, jobs, notices
from common.crypto import encrypt
from common.jobs import Kind, Outcome
from common.models import Channel, Job, Notice
from complaints.models import Complaint, Draft, DraftImage
from complaints.services import handling
from longquan_cadre.celery import app
from tests.appraisal.ledgers import begins, draft, stands
from tests.appraisal.reviewing import asked, in_days
from tests.appraisal.rolling import assigned, make_wave
from tests.appraisal.sanctioning import served
from tests.attendance.records import recorded
from tests.cast import NOW, TODAY, issue_card
from tests.complaints.cases import accepted, received
from tests.support.races import at_once
from tests.test_meta import APPS

app.loader.import_default_modules()
TASKS = sorted(name for name in app.tasks if name.partition(".")[0] in APPS)
#: What a task is called with here; one that takes arguments and stands not here fails the test.
ARGUMENTS: dict[str, Callable[["World"], list[Any]]] = {
    "common.tasks.run_job": lambda world: [world.job.pk],
    "appraisal.tasks.compute_year": lambda world: [2026],
}
#: Tasks that only wake others, and why the database shows nothing of it.
QUIET = {"common.tasks.ring_waiting_jobs": "it rings for jobs; what comes of that is run_job's"}
#: Columns that say nothing of what was done.
TECHNICAL = {
    ("common.Delivery", "message_id"): "random, so that whoever gets a message twice can tell",
}
#: Four in the afternoon of a Tuesday: every set hour is over, and the day is a working day.
CLOCK = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@dataclass
class World:
    """Something to do for every task."""

    job: Job
    folder: Path


@pytest.fixture
def world(
    transactional_db, lin, chen, zhou, officer, head, express, settings, tmp_path, monkeypatch
) -> World:
    settings.DATA_DIR = settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(timezone, "now", lambda: CLOCK)
    monkeypatch.setitem(jobs._kinds, "test", Kind("test", _work))
    InspectionSettings.objects.update(sheets_from=TODAY - timedelta(days=5))
    long_ago = NOW - timedelta(days=30)
    recorded(lin, officer, now=long_ago)
    OpenRound.objects.create(unit=lin.unit, day=long_ago.date(), checker=officer, begun_at=long_ago)
    issue_card(chen)
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    Session.objects.create(session_key="expired", session_data="", expire_date=long_ago)
    _leave_complaints_behind(lin.unit, express)
    _leave_months_behind(chen, zhou)
    _leave_a_review_behind(zhou)
    _leave_a_year_behind(chen)
    _leave_a_rollout_behind(chen.unit)
    _put_in_the_outbox(lin.user)
    _leave_files_behind(officer)
    job = jobs.start(kind="test", title="打印", items=[("1", "一")], actor=officer, now=NOW, unit_id=None)
    return World(job, tmp_path)


def _work(item: Any, prepared: Any, now: datetime) -> Outcome:
    audit.record(verb="worked", subject=item, actor=None, now=now)
    return Outcome("")


def _leave_a_review_behind(cadre: Any) -> None:
    """Of a measure of September, and long overdue."""
    sanction = served(cadre, "criticism", day=date(2026, 9, 15))
    asked(sanction, now=in_days(sanction, 1))


def _leave_a_year_behind(cadre: Any) -> None:
    """Last year computed before anybody was counted, and a rule that finds something in this one."""
    UnitResult.objects.create(unit=cadre.unit, year=TODAY.year - 1, content_hash="", computed_at=NOW)
    Trigger.objects.filter(code="SANC-1-REPEAT").update(active=True, times=1)


def _leave_a_rollout_behind(unit: Any) -> None:
    """Whose deadline was last week."""
    begun = NOW - timedelta(days=30)
    days = {"begins": begun.date(), "deadline": TODAY - timedelta(days=4)}
    assigned([unit], make_wave(**days, now=begun), now=begun)


def _put_in_the_outbox(user: Any) -> None:
    Channel.objects.create(
        user=user,
        kind="email",
        address=encrypt("lin@example.org"),
        confirmed_at=NOW,
        created_by=user,
        created_at=NOW,
    )
    given = {"finding": 1, "item": "迟到", "decision": "standing", "day": "2026-11-24"}
    notices.send(kind="finding_decided", key="finding:1:standing", to=[user.pk], params=given, now=NOW)
    years_ago = NOW - timedelta(days=800)
    Notice.objects.create(user=user, kind="x", key="old", created_at=years_ago, read_at=years_ago)


def _leave_complaints_behind(unit: Any, express: Any) -> None:
    """One that its unit still verifies and that is late, one whose period is over, and the photos of a third."""
    long_ago, years_ago = NOW - timedelta(days=30), NOW - timedelta(days=2000)
    given = {"received_at": long_ago, "now": long_ago}
    handling.dispatch(case=accepted(unit, express, **given), to_unit=True, actor=express, now=NOW)
    over = received(unit, **given)
    Complaint.objects.filter(pk=over.pk).update(state="answered", answered_at=years_ago, next_stage_at=None)
    DraftImage.objects.create(draft=Draft.objects.create(created_at=long_ago), data=b"JFIF")


def _leave_months_behind(chen: Any, zhou: Any) -> None:
    """September was drafted in two units and never reported: somebody objects to an entry, and the finding of another
    has been withdrawn since. October is drafted in one of them."""
    september, drafting = date(2026, 9, 1), datetime(2026, 10, 1, 1, tzinfo=UTC)
    begins(september)
    withdrawn = stands(zhou, date(2026, 9, 10))
    stands(chen, date(2026, 9, 11))
    stands(chen, date(2026, 10, 12))
    draft(chen.unit, september, drafting)
    draft(zhou.unit, september, drafting)
    draft(zhou.unit, date(2026, 10, 1), drafting + timedelta(days=31))
    withdrawn.state, withdrawn.decision_reason = "withdrawn", "记错了人"
    withdrawn.save()
    entry = LedgerEntry.objects.get(cadre=chen)
    Objection.objects.create(
        entry=entry,
        finding=entry.finding,
        made_by=chen.user,
        made_at=drafting,
        text="当时在开会",
        due_on=TODAY,
    )


def _leave_files_behind(officer: Any) -> None:
    for name in ("photos/nobodys.jpg", "evidence/nobodys.jpg"):
        stored = default_storage.path(default_storage.save(name, ContentFile(b"JFIF")))
        os.utime(stored, (0, 0))
    upload = RosterUpload.objects.create(
        file_name="名册.xlsx",
        digest="0" * 64,
        plan_digest="0" * 64,
        uploaded_by=officer,
        uploaded_at=NOW,
        expires_at=NOW,
    )
    uploads.folder(upload).mkdir(parents=True)
    done = Job.objects.create(
        kind="test",
        title="打印",
        language="en",
        state=Job.State.DONE,
        once="done",
        created_by=officer,
        created_at=NOW,
        finished_at=NOW,
        files_until=NOW,
    )
    jobs.folder(done).mkdir(parents=True)


# --- What a run leaves behind ---------------------------------------------------------------------------------------

Ranks = dict[str, dict[Any, int]]


def left_behind(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table, every file, every mail. Rows are numbered as they come: a run that is rolled back
    uses up primary keys."""
    kinds = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    keys = {
        model._meta.label: model._base_manager.order_by("pk").values_list("pk", flat=True) for model in kinds
    }
    ranks = {label: {pk: rank for rank, pk in enumerate(found)} for label, found in keys.items()}
    found = {model._meta.label: list(_rows(model, ranks)) for model in kinds}
    found["files"] = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    found["mails"] = sorted(message.subject for message in mail.outbox)
    return found


def _rows(model: type[models.Model], ranks: Ranks) -> Iterator[str]:
    label = model._meta.label
    fields = [field for field in model._meta.concrete_fields if (label, field.attname) not in TECHNICAL]
    for row in model._base_manager.order_by("pk"):
        values = {field.attname: _value(field, getattr(row, field.attname), ranks) for field in fields}
        if label == "common.AuditEntry":
            subject = apps.get_model(values["subject_type"])._meta.label
            values["subject_id"] = ranks[subject].get(values["subject_id"])
        text = json.dumps(values, default=str, ensure_ascii=False, sort_keys=True)
        yield re.sub(rf'({"|".join(NAMED)})(:|": )(\d+)', lambda found: _ranked(found, ranks), text)


def _value(field: Any, value: Any, ranks: Ranks) -> Any:
    if field.primary_key and not field.is_relation:
        return ranks[field.model._meta.label].get(value)
    return ranks[field.related_model._meta.label].get(value) if field.is_relation else value


#: What notices and sources name by its key.
NAMED = {
    "finding": "attendance.Finding",
    "month": "appraisal.MonthlyReport",
    "objection": "appraisal.Objection",
    "bulletin": "appraisal.Bulletin",
    "reversal": "appraisal.LedgerEntry",
    "sanction": "appraisal.Sanction",
}


def _ranked(found: re.Match[str], ranks: Ranks) -> str:
    return f"{found[1]}{found[2]}{ranks[NAMED[found[1]]].get(int(found[3]))}"


def complaints(work: Callable[[], Any], folder: Path) -> list[str]:
    """Where two at once, or one more run after them, leave something else than a single run."""
    before, mails = left_behind(folder), list(mail.outbox)
    once = _once(work, folder)
    mail.outbox[:] = mails
    wrong = [repr(outcome) for outcome in at_once(work, work) if isinstance(outcome, Exception)]
    together = left_behind(folder)
    work()
    wrong += _differences("two at once", once, together)
    wrong += _differences("once more", together, left_behind(folder))
    return wrong if before != once else [*wrong, "there was nothing to do"]


def _once(work: Callable[[], Any], folder: Path) -> dict[str, list[Any]]:
    """What one run leaves behind; then all is as it was."""
    aside = folder.parent / f"{folder.name}-aside"
    shutil.copytree(folder, aside)
    with transaction.atomic():
        work()
        found = left_behind(folder)
        transaction.set_rollback(True)
    shutil.rmtree(folder)
    shutil.move(aside, folder)
    return found


def _differences(when: str, expected: dict[str, list[Any]], found: dict[str, list[Any]]) -> list[str]:
    return [
        f"{when}: {label} {set(expected[label]) ^ set(found[label]) or 'doubled'}"
        for label in expected
        if expected[label] != found[label]
    ]


# --- The tests ------------------------------------------------------------------------------------------------------


def takes_arguments(name: str) -> bool:
    return bool(inspect.signature(app.tasks[name].run).parameters)


def test_there_are_tasks_to_look_for():
    assert {"common.tasks.run_job", "cards.tasks.revoke_ended_service"} <= set(TASKS)
    assert {name for name in TASKS if takes_arguments(name)} == set(ARGUMENTS)


def test_every_task_without_arguments_is_on_the_clock():
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled == {name for name in TASKS if not takes_arguments(name)}


def test_every_task_run_twice_or_by_two_at_once_leaves_what_one_run_leaves(world):
    found = {}
    for name in TASKS:
        arguments = ARGUMENTS[name](world) if name in ARGUMENTS else []
        wrong = complaints(lambda: app.tasks[name](*arguments), world.folder)  # noqa: B023
        if name in QUIET:
            wrong.remove("there was nothing to do")
        found[name] = wrong
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_task_that_does_its_work_again_is_noticed(world, lin):
    def tell() -> None:
        Notice.objects.create(user=None, kind="x", key=f"{Notice.objects.count()}", created_at=NOW)

    assert complaints(tell, world.folder)
