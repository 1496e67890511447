"""What does the sweep of open complaints cost, and what the page of the queue?

    python bench/complaints.py [number of cases]

In a PostgreSQL of its own, which is thrown away at the end. All cases fall overdue at once. Beside the sweep, in the
same database and on as many cases of the same kind: the rival, which takes them one by one, as a first version would,
with the verbs that record one finding and tell one person. The second part asks the queue for its page beside a list
that reads whole rows and follows their relations.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

#: A Tuesday; the period ends with the Friday.
RECEIVED = date(2026, 11, 24)
#: So many cases does the rival take: more only take longer.
RIVALS, RUNS = 1000, 5


def main(cases: int) -> None:
    from tests.support.services import Postgres

    postgres = Postgres(tempfile.mkdtemp(prefix="longquan-bench-"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DATABASE_URL=postgres.url, REDIS_URL="")
        postgres.start()
        try:
            prepare(postgres)
            queue(cases)
            sweep(cases)
        finally:
            from django.db import connection

            connection.close()
            postgres.stop()


def prepare(postgres: Any) -> None:
    import psycopg2

    with_server = psycopg2.connect(host=str(postgres.folder), user="postgres", dbname="postgres")
    with_server.autocommit = True
    with_server.cursor().execute("CREATE DATABASE longquan")
    with_server.close()
    import django

    django.setup()
    from django.core.management import call_command

    from common import demo

    call_command("migrate", verbosity=0, stdout=StringIO())
    build = demo.Build(demo.Size(units=20, cadres=400), moment(RECEIVED))
    for step in demo.steps():
        if step.name in ("units", "accounts", "people"):
            demo.run_step(step, build)


def moment(day: date) -> datetime:
    from common.rules import at

    return at(day, clock_time(9))


def open_cases(number: int, first: int) -> Any:
    """Handled by the Express, every other one verified by its unit, which has not answered."""
    from accounts.models import Unit, User
    from complaints import clock
    from complaints.models import Complaint, VerificationPoint

    units, handler = list(Unit.objects.all()), User.objects.get(username="express")
    columns, received = clock.start(moment(RECEIVED), "calendar_rolled"), moment(RECEIVED)
    rows = [
        Complaint(
            number=f"2026-{position:05}",
            channel="site",
            unit=units[position % len(units)],
            dispatched_to=units[position % len(units)] if position % 2 else None,
            text="窗口一直没有人，等了四十分钟。" * 10,
            received_at=received,
            entered_at=received,
            state="accepted",
            handler=handler,
            **columns,
        )
        for position in range(first, first + number)
    ]
    made = Complaint.objects.bulk_create(rows, batch_size=2000)
    VerificationPoint.objects.bulk_create(
        VerificationPoint(
            complaint=case,
            unit=case.dispatched_to,
            text="当日窗口何人值守？",
            written_by=handler,
            written_at=received,
            asked_at=received,
            due_at=received + timedelta(days=1),
        )
        for case in made
        if case.dispatched_to is not None
    )
    return columns["due_at"]


# --- The sweep -------------------------------------------------------------------------------------------------------


def sweep(cases: int) -> None:
    from complaints.models import Complaint, StageReached
    from complaints.services import sweeps

    due = Complaint.objects.first().due_at  # type: ignore[union-attr]
    print(f"\n{'a case falls overdue':<34}{'cases':>8}{'queries':>10}{'ms a case':>11}")
    ours = report("the sweep", cases, lambda: sweeps.stages_reach(now=due))
    assert StageReached.objects.count() == 3 * cases
    rivals = min(RIVALS, cases)
    open_cases(rivals, cases)
    theirs = report("one by one", rivals, lambda: one_by_one(due))
    assert StageReached.objects.count() == 3 * (cases + rivals)
    print(f"{'one by one takes':<34}{theirs / ours:>8.1f} times as long")
    report("nothing is due", cases, lambda: sweeps.stages_reach(now=due + timedelta(minutes=1)))


def one_by_one(now: datetime) -> None:
    from complaints.models import Complaint

    due = Complaint.objects.running().filter(next_stage_at__lte=now)
    for pk in due.values_list("pk", flat=True):
        one(pk, now)


def one(pk: int, now: datetime) -> None:
    """A case in a transaction of its own, as a first version would take it."""
    from django.db import transaction

    from attendance.selectors import responsible_for
    from attendance.services import unit_finding_record
    from common import notices
    from common.rules import local
    from complaints import interests, notifying, rules
    from complaints.models import Complaint, StageReached
    from complaints.rules import Stage
    from complaints.services import sweeps

    with transaction.atomic():
        case = Complaint.objects.select_for_update().get(pk=pk)
        known = set(case.stages.filter(due_at=case.due_at).values_list("stage", flat=True))
        stages = rules.stages_due(case.due_at, known, now)
        for stage in stages:
            StageReached.objects.create(complaint=case, stage=stage.value, due_at=case.due_at, at=now)
        case.next_stage_at = rules.next_stage_at(case.due_at, known | set(stages))
        case.save(update_fields=["next_stage_at"])
        day = local(now).date()
        to = {case.handler_id or 0} - interests.conflicted([case.handler_id or 0], case, day)
        notices.send_all([notifying.stage(case, stages[-1], to)], now=now)
        unanswered = case.points.filter(unit=case.dispatched_to, due_at__lte=case.due_at, answered_at=None)
        if Stage.OVERDUE in stages and case.dispatched_to is not None and unanswered.exists():
            finding, _new = unit_finding_record(
                unit=case.dispatched_to,
                item_code=sweeps.OVERDUE_ITEM,
                day=rules.last_day(case.due_at),
                source=sweeps.overdue_source(case),
                note="",
                now=now,
            )
            people = responsible_for({finding.unit_id}, day)[finding.unit_id]
            notices.send_all([notifying.unit_overdue(finding, people)], now=now)


def report(name: str, cases: int, work: Callable[[], Any]) -> float:
    queries, seconds = measured(work)
    each = 1000 * seconds / cases
    print(f"{name:<34}{cases:>8,}{queries:>10,}{each:>11.3f}", flush=True)
    return each


def measured(work: Callable[[], Any]) -> tuple[int, float]:
    from django.db import connection

    asked = 0

    def count(execute: Any, *more: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*more)

    began = time.perf_counter()
    with connection.execute_wrapper(count):
        work()
    return asked, time.perf_counter() - began


# --- The queue -------------------------------------------------------------------------------------------------------


def queue(cases: int) -> None:
    from accounts.access import access_of
    from accounts.models import User
    from complaints.models import Complaint
    from complaints.views import desk

    open_cases(cases, 0)
    now = moment(RECEIVED)
    access = access_of(User.objects.get(username="express"), RECEIVED)

    def found() -> Any:
        return Complaint.objects.visible_to(access).running().order_by("due_at", "pk")

    def ours() -> None:
        found().count()
        desk.rows(desk.for_lists(found())[: desk.PAGE_SIZE], now)

    def whole_rows() -> None:
        found().count()
        for row in desk.rows(found()[: desk.PAGE_SIZE], now):
            str(row["case"].unit), str(row["case"].handler)

    print(f"{'a page of the queue':<34}{'cases':>8}{'queries':>10}{'ms':>11}")
    best = {}
    for name, work in (("as it is", ours), ("whole rows, their relations", whole_rows)):
        runs = [measured(work) for _run in range(RUNS)]
        best[name] = min(seconds for _queries, seconds in runs)
        print(f"{name:<34}{cases:>8,}{runs[-1][0]:>10,}{1000 * best[name]:>11.1f}")
    print(
        f"{'whole rows take':<34}{best['whole rows, their relations'] / best['as it is']:>8.1f} times as long"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
