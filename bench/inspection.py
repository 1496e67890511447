"""What does a month of inspection weigh, and what does a round of 200 people cost?

    python bench/inspection.py [number of cadres] [working days]

In a PostgreSQL of its own, which is thrown away at the end. A round of each unit a day, one in fifty of those checked
with a problem; beside it, in the same database, the rival: a row for each person checked. The bar: 20 bytes for each
person and day, snapshot included. The second part opens and submits the page of a round through the whole program,
beside a Django formset of the same size.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

#: A Tuesday in office hours; the month ends the day before.
NOW_DAY = date(2026, 11, 24)
PROBLEMS, UNITS, ROUND, RUNS = 0.02, 107, 200, 7
GOAL = 20
MEASURED = ("attendance_dailysheet", "attendance_round", "attendance_finding")
BESIDE = ("attendance_openround", "attendance_mark", "common_notice", "common_auditentry")
RIVAL = """
CREATE TABLE rival (
    id bigserial PRIMARY KEY,
    round_id bigint NOT NULL REFERENCES attendance_round,
    cadre_id bigint NOT NULL REFERENCES cards_cadre,
    state varchar(20) NOT NULL,
    since timestamptz,
    until timestamptz,
    place varchar(40) NOT NULL,
    verified varchar(10) NOT NULL,
    UNIQUE (round_id, cadre_id)
);
CREATE INDEX ON rival (cadre_id);
"""


def main(cadres: int, days: int) -> None:
    from tests.support.services import Postgres

    postgres = Postgres(tempfile.mkdtemp(prefix="longquan-bench-"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DATABASE_URL=postgres.url, REDIS_URL="")
        postgres.start()
        try:
            prepare(postgres, cadres)
            month(days)
            one_round()
        finally:
            from django.db import connection

            connection.close()
            postgres.stop()


def prepare(postgres: Any, cadres: int) -> None:
    import psycopg2

    with_server = psycopg2.connect(host=str(postgres.folder), user="postgres", dbname="postgres")
    with_server.autocommit = True
    with_server.cursor().execute("CREATE DATABASE longquan")
    with_server.close()
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import translation

    from common import demo
    from common.serving import collect_static

    translation.activate("zh-hans")
    call_command("migrate", verbosity=0, stdout=StringIO())
    build = demo.Build(demo.Size(units=UNITS, cadres=cadres), moment(NOW_DAY, clock(10)))
    for step in demo.steps():
        if step.name in ("units", "accounts", "people", "inspectors"):
            demo.run_step(step, build)
    collect_static()


def moment(day: date, at: clock) -> datetime:
    from common.rules import at as instant

    return instant(day, at)


# --- A month ---------------------------------------------------------------------------------------------------------


def month(days: int) -> None:
    """One round of each unit a day: the rows that services.round_submit writes, many at once."""
    from attendance.demo.ground import Ground
    from attendance.demo.hands import Hands
    from attendance.models import Item, Round
    from common import demo

    build = demo.Build(demo.Size(), moment(NOW_DAY, clock(10)))
    working = working_days(days)
    ground, hands = Ground.read(working[0], NOW_DAY), Hands.read()
    everybody_has_an_account(ground.cadres)
    items = {item.code: item for item in Item.objects.all()}
    for day in ground.days(build, working[0], working[-1], NOW_DAY):
        if day in working:
            walk(ground, hands, items, day)
            print(f"\r{day}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    person_days = sum(Round.objects.values_list("people", flat=True))
    print(f"{person_days:,} person-days in {Round.objects.count():,} rounds of {UNITS} units")
    rival()
    weigh(person_days)


def working_days(number: int) -> list[date]:
    from common import calendar

    year, day = calendar.load([NOW_DAY.year]), NOW_DAY
    found: list[date] = []
    while len(found) < number:
        day -= timedelta(days=1)
        if year.is_working_day(day):
            found.insert(0, day)
    return found


def everybody_has_an_account(cadres: list[Any]) -> None:
    """So that everybody is told: as many notices as there can be."""
    from accounts.models import User

    since = moment(NOW_DAY, clock(8))
    users = [User(username=f"c{one.pk}", name=one.name, password="!", created_at=since) for one in cadres]
    User.objects.bulk_create(users, batch_size=2000)
    for one, user in zip(cadres, users, strict=True):
        one.user = user


def walk(ground: Any, hands: Any, items: dict[str, Any], day: date) -> None:
    from attendance.demo.history import with_findings
    from attendance.models import DailySheet, Round
    from attendance.services import findings

    chance = random.Random(f"bench {day}")
    there = ground.people(day)
    sheets, rounds, wrong = [], [], []
    for unit in ground.units:
        now = moment(day, clock(9)) + timedelta(seconds=chance.randint(0, 7200))
        sheet = DailySheet(unit=unit, day=day)
        officer = hands.officer(unit.pk, day, chance)
        due = ground.due(there[unit.pk], unit, now)
        row, lines = as_submitted(sheet, officer, due, now)
        found = [finding(one, said, row, items, chance) for one, said in due if chance.random() < PROBLEMS]
        with_findings(row, lines, found)
        sheets.append(sheet)
        rounds.append(row)
        wrong += found
    DailySheet.objects.bulk_create(sheets)
    for row in rounds:
        row.sheet = row.sheet  # its key is known now
    Round.objects.bulk_create(rounds)
    for one in wrong:
        one.round = one.round
    findings.record(wrong, moment(day, clock(11, 30)))


def as_submitted(
    sheet: Any, officer: Any, due: list[tuple[Any, Any]], now: datetime
) -> tuple[Any, list[Any]]:
    from attendance.demo.history import round_row
    from attendance.models import RoundKind
    from attendance.rules import Verified, usually_verified
    from attendance.snapshot import Line

    lines = [Line(one.cadre.pk, usually_verified(said, Verified.SEEN), said) for one, said in due]
    return round_row(sheet, RoundKind.REGULAR, "", 1, officer, now, now, lines), lines


def finding(one: Any, said: Any, row: Any, items: dict[str, Any], chance: random.Random) -> Any:
    from attendance import snapshot
    from attendance.demo import words
    from attendance.models import Finding
    from attendance.rules import whereabouts_item
    from cards.rules import Kind

    code = "off_post" if said.kind == Kind.AT_POST else whereabouts_item(said)
    return Finding(
        unit=one.cadre.unit,
        cadre=one.cadre,
        item=items[code],
        day=row.sheet.day,
        at=row.taken_at,
        place=row.sheet.unit,
        room=f"{one.office.location} {one.office.room}".strip(),
        note=words.note(chance, code, said.state.value),
        said=snapshot.as_facts(said),
        recorder=row.checker,
        recorded_at=row.submitted_at,
        round=row,
    )


def rival() -> None:
    """The same facts, a row for each person."""
    from django.db import connection
    from psycopg2.extras import execute_values

    from attendance import snapshot
    from attendance.models import Round

    with connection.cursor() as cursor:
        cursor.execute(RIVAL)
        for row in Round.objects.iterator(chunk_size=200):
            lines = snapshot.decode(row.snapshot, row.taken_at)
            values = [
                (
                    row.pk,
                    line.cadre_id,
                    line.status.state.value,
                    line.status.since,
                    line.status.until,
                    line.status.declared.place if line.status.declared else "",
                    line.verified.value,
                )
                for line in lines
            ]
            execute_values(
                cursor.cursor,
                "INSERT INTO rival (round_id, cadre_id, state, since, until, place, verified) VALUES %s",
                values,
                page_size=1000,
            )


def weigh(person_days: int) -> None:
    from django.db import connection

    from attendance.models import Finding, Round

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        print(f"\n{'bytes a person-day':<26}{'rows':>10}{'table':>10}{'indexes':>10}{'together':>10}")
        total = 0.0
        for table in (*MEASURED, "", "rival", "", *BESIDE):
            if not table:
                print()
                continue
            each = size(cursor, table, person_days)
            total += each if table in MEASURED else 0
            if table == MEASURED[-1]:
                print(f"{'together':<56}{total:>10.1f}   at most {GOAL}")
        snapshots = sum(len(bytes(data)) for data in Round.objects.values_list("snapshot", flat=True))
        share = Finding.objects.count() / person_days
        print(f"\nof it the snapshots: {snapshots / person_days:.1f}; findings: {share:.1%} of person-days")


def size(cursor: Any, table: str, person_days: int) -> float:
    cursor.execute(
        f"SELECT (SELECT count(*) FROM {table}), pg_table_size('{table}'), pg_indexes_size('{table}')"
    )
    rows, heap, indexes = cursor.fetchone()
    each = (heap + indexes) / person_days
    print(f"{table:<26}{rows:>10,}{heap / person_days:>10.2f}{indexes / person_days:>10.2f}{each:>10.2f}")
    return float(each)


# --- One round of 200 people -----------------------------------------------------------------------------------------


def one_round() -> None:
    from accounts.models import Unit, User
    from attendance import services, walk
    from attendance.models import DailySheet
    from attendance.views import sheet

    unit = Unit.objects.get(code="D053")
    officer = User.objects.get(username="officer")
    resize(unit, ROUND)
    client = signed_in(officer)
    address = f"/desk/sheet/{unit.code}/"
    now = moment(NOW_DAY, clock(10))
    with at(now):
        got = measure(lambda: client.get(address), 200)
        read = measure(lambda: client.get(address), 200, part=(walk, "read"))
        shown = measure(lambda: client.get(address), 200, part=(sheet, "_page"))
        rounds = iter(range(1, 100))

        def submit() -> Any:
            return client.post(f"{address}submit/", {"number": str(next(rounds)), "part": ""})

        sent = measure(submit, 302)
        written = measure(submit, 302, part=(services, "round_submit"))
    assert DailySheet.objects.get(unit=unit, day=NOW_DAY).rounds.count() == 2 * (RUNS + 1)
    formset_shown, formset_read = formset(ROUND)
    print(f"\n{'a round of 200 people':<52}{'queries':>8}{'CPU ms':>10}{'formset':>10}")
    line("GET, with session, frame and all", got, None)
    line("    of it reading the round", read, None)
    line("    of it making HTML", shown, formset_shown)
    line("POST that submits it, with session and all", sent, None)
    line("    of it the verb", written, None)
    line("a formset reads and checks what was sent", None, formset_read)


class Cost:
    def __init__(self, queries: int, ms: float) -> None:
        self.queries, self.ms = queries, ms


def measure(work: Callable[[], Any], status: int, part: tuple[Any, str] | None = None) -> Cost:
    """Queries, and the middle of several runs' processor time; of one function alone where `part` names one."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries, spent(part) as inside:
        answer = work()
        asked = inside[0].queries if part else len(queries)
    assert answer.status_code == status, answer.status_code
    taken: list[float] = []
    for _run in range(RUNS):
        with spent(part) as inside:
            began = time.process_time()
            answer = work()
            whole = 1000 * (time.process_time() - began)
        assert answer.status_code == status
        taken.append(inside[0].ms if part else whole)
    return Cost(asked, statistics.median(taken))


@contextmanager
def spent(part: tuple[Any, str] | None) -> Iterator[list[Cost]]:
    """What the one call of a function costs."""
    from django.db import connection

    calls: list[Cost] = []
    if part is None:
        yield calls
        return
    owner, name = part
    original = getattr(owner, name)

    def wrapper(*arguments: Any, **more: Any) -> Any:
        began, before = time.process_time(), len(connection.queries_log)
        try:
            return original(*arguments, **more)
        finally:
            ms = 1000 * (time.process_time() - began)
            calls.append(Cost(len(connection.queries_log) - before, ms))

    with mock.patch.object(owner, name, wrapper):
        yield calls


@contextmanager
def at(now: datetime) -> Iterator[None]:
    """The pages' clock stands still in office hours."""
    with mock.patch("django.utils.timezone.now", return_value=now):
        yield


def signed_in(user: Any) -> Any:
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def resize(unit: Any, wanted: int) -> None:
    """So many people work in this unit."""
    from cards.models import Cadre, Office, Placement

    Placement.objects.all().delete()
    there = list(Cadre.objects.filter(unit=unit).order_by("pk").values_list("pk", flat=True))
    office = Office.objects.filter(unit=unit).order_by("pk").first()
    more = Cadre.objects.exclude(unit=unit).order_by("pk").values_list("pk", flat=True)
    Cadre.objects.filter(pk__in=list(more[: max(0, wanted - len(there))])).update(unit=unit, office=office)
    Cadre.objects.filter(pk__in=there[wanted:]).update(serves_to=NOW_DAY - timedelta(days=1))


def formset(number: int) -> tuple[float, float]:
    """CPU ms of Django's own way: a form for each person, shown and read back."""
    from django import forms
    from django.forms import formset_factory

    from attendance.models import Item
    from attendance.rules import Verified

    problems = [("", "相符"), *((item.code, item.name) for item in Item.objects.filter(subject="cadre"))]
    ways = [(way.value, way.value) for way in Verified]

    class Line(forms.Form):
        cadre = forms.IntegerField(widget=forms.HiddenInput)
        problem = forms.ChoiceField(choices=problems, required=False)
        verified = forms.ChoiceField(choices=ways)
        minutes = forms.IntegerField(required=False, min_value=1)
        note = forms.CharField(required=False, max_length=200)

    made = formset_factory(Line, extra=0, max_num=number, absolute_max=number)
    initial = [{"cadre": pk, "verified": "seen"} for pk in range(1, number + 1)]
    sent = {"form-TOTAL_FORMS": str(number), "form-INITIAL_FORMS": str(number)}
    for pk in range(number):
        sent |= {f"form-{pk}-cadre": str(pk + 1), f"form-{pk}-verified": "seen", f"form-{pk}-problem": ""}

    def read() -> None:
        assert made(sent, initial=initial).is_valid()

    return middle(lambda: str(made(initial=initial))), middle(read)


def middle(work: Callable[[], Any]) -> float:
    work()
    taken = []
    for _run in range(RUNS):
        began = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - began))
    return statistics.median(taken)


def line(words: str, own: Cost | None, other: float | None) -> None:
    cells = [str(own.queries), f"{own.ms:.1f}"] if own else ["", ""]
    cells.append(f"{other:.1f}" if other else "")
    ratio = f"   {other / own.ms:.0f} times ours" if own and other else ""
    print(f"{words:<52}{cells[0]:>8}{cells[1]:>10}{cells[2]:>10}{ratio}")


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:3]]
    main(numbers[0] if numbers else 10_000, numbers[1] if len(numbers) > 1 else 22)
