"""What does a month cost that is drafted for everybody?

    python bench/month.py [number of cadres]

In a PostgreSQL of its own, which is thrown away at the end: 22 working days, each cadre checked on each of them, and a
finding where something was wrong, on one person-day in fifty. Measured are four times as many people in four times as
many units as well (is memory flat?), and once a finding for every person-day, which is more than ever happens. A number
of cadres is measured alone.

Drafting is judging, appending (each entry hashed after the one before it, and inserted), and the totals. These stand
beside the plainest rival there is, in the same database and on the same entries: one INSERT .. SELECT .. GROUP BY of
everybody at once into a table with the same keys. The bar: the totals take 1.5 times as long at most.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longquan_cadre.settings")

MONTH, DAYS = date(2026, 12, 1), 22
UNITS, CADRES, SHARE = 107, 10_000, 0.02
ITEMS = ("late", "late", "off_post", "not_updated", "games")
GOAL, RUNS = 1.5, 9
#: A table like that of the totals, with all its keys, and everybody in it by one statement.
RIVAL = (
    "CREATE TABLE rival (LIKE appraisal_monthtotal INCLUDING ALL)",
    "ALTER TABLE rival ADD FOREIGN KEY (report_id) REFERENCES appraisal_monthlyreport DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE rival ADD FOREIGN KEY (cadre_id) REFERENCES cards_cadre DEFERRABLE INITIALLY DEFERRED",
)
AT_ONCE = """
INSERT INTO rival (report_id, cadre_id, entries, half_points, cents, corrected_half_points, corrected_cents)
SELECT report.id, cadre_id, sums.entries, half_points, cents, 0, 0
FROM (
    SELECT unit_id, cadre_id, COUNT(*) AS entries, SUM(half_points) AS half_points, SUM(cents) AS cents
    FROM appraisal_ledgerentry WHERE month = %s GROUP BY unit_id, cadre_id
) sums
JOIN appraisal_monthlyreport report ON report.unit_id = sums.unit_id AND report.month = %s
"""


def main(sizes: list[tuple[int, float]]) -> None:
    from tests.support.services import Postgres

    columns = []
    for cadres, share in sizes:
        postgres = Postgres(tempfile.mkdtemp(prefix="longquan-bench-"))
        with tempfile.TemporaryDirectory() as folder:
            environment = {"DATA_DIR": folder, "DATABASE_URL": postgres.url, "REDIS_URL": ""}
            postgres.start()
            try:
                create_database(postgres)
                columns.append(apart(environment, "load", cadres, share) | apart(environment, "draft"))
            finally:
                postgres.stop()
    show(columns)


def create_database(postgres: Any) -> None:
    import psycopg2

    server = psycopg2.connect(host=str(postgres.folder), user="postgres", dbname="postgres")
    server.autocommit = True
    server.cursor().execute("CREATE DATABASE longquan")
    server.close()


def apart(environment: dict[str, str], *arguments: Any, script: str = __file__) -> dict[str, Any]:
    """In a process of its own, whose memory is its own."""
    command = [sys.executable, script, "--apart", *map(str, arguments)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# --- The month before it is drafted ----------------------------------------------------------------------------------


def load(cadres: int, share: float) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection

    from appraisal.models import AppraisalSettings

    call_command("migrate", verbosity=0, stdout=io.StringIO())
    AppraisalSettings.objects.filter(pk=1).update(begins=MONTH)
    units = people(cadres)
    findings = copy(found(share))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"cadres": cadres, "units": units, "person_days": cadres * DAYS, "findings": findings}


def people(number: int) -> int:
    """So many to a unit as in the city; every unit has two people who hear of its month."""
    from accounts.models import Membership, Role, Unit, User
    from cards.models import Cadre, Office
    from common.models import OfficeHoursSet

    count, hours = max(1, number * UNITS // CADRES), OfficeHoursSet.objects.get(code="city")
    units = Unit.objects.bulk_create(
        Unit(code=f"B{position:05}", name=f"单位{position}", kind="department", office_hours=hours)
        for position in range(count)
    )
    offices = Office.objects.bulk_create(Office(unit=unit, name="办公室", room="301") for unit in units)
    users = User.objects.bulk_create(
        User(username=f"b{position}", name="王", password="!", created_at=moment(MONTH))
        for position in range(2 * count)
    )
    roles = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
    Membership.objects.bulk_create(
        Membership(user=user, role=roles[position % 2], unit=units[position // 2], valid_from=MONTH)
        for position, user in enumerate(users)
    )
    copy(
        Cadre(unit=office.unit, office=office, name=f"众{position}", serves_from=date(2020, 1, 1))
        for position, office in ((each, offices[each % count]) for each in range(number))
    )
    return count


def found(share: float) -> Iterator[Any]:
    from attendance.models import Finding, Item
    from cards.models import Cadre

    chance = random.Random("month")
    items = {item.code: item.pk for item in Item.objects.all()}
    days = working_days()
    for cadre, unit in Cadre.objects.order_by("pk").values_list("pk", "unit"):
        for day in days:
            if chance.random() < share:
                at = moment(day) + timedelta(seconds=chance.randrange(7200))
                yield Finding(
                    unit_id=unit,
                    place_id=unit,
                    cadre_id=cadre,
                    item_id=items[chance.choice(ITEMS)],
                    day=day,
                    at=at,
                    recorded_at=at,
                    note="到岗检查时不在",
                    said={"kind": "at_post"},
                    state="standing",
                    decided_at=at + timedelta(days=1),
                )


def working_days() -> list[date]:
    days = (MONTH + timedelta(days=offset) for offset in range(31))
    return [day for day in days if day.weekday() < 5][:DAYS]


def moment(day: date) -> datetime:
    from common.rules import at

    return at(day, clock(9))


def copy(rows: Iterable[Any]) -> int:
    """Rows of one model as one COPY; returns how many."""
    from django.db import connection

    fields: list[Any] = []
    table, number = "", 0
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        for row in rows:
            fields = fields or [field for field in row._meta.concrete_fields if not field.primary_key]
            table = row._meta.db_table
            lines.writerow([plain(getattr(row, field.attname)) for field in fields])
            number += 1
        file.seek(0)
        names = ", ".join(f'"{field.column}"' for field in fields)
        with connection.cursor() as cursor:
            cursor.cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT csv, NULL '~')", file)
    return number


def plain(value: Any) -> Any:
    if value is None:
        return "~"
    return json.dumps(value) if isinstance(value, dict) else value


# --- Drafting it ------------------------------------------------------------------------------------------------------


class Spent:
    """Seconds in one function, and how often it was called."""

    def __init__(self, owner: Any, name: str) -> None:
        self.seconds, self.calls, self.original = 0.0, 0, getattr(owner, name)
        self.patch = mock.patch.object(owner, name, self.run)

    def run(self, *arguments: Any, **more: Any) -> Any:
        began = time.perf_counter()
        try:
            return self.original(*arguments, **more)
        finally:
            self.seconds += time.perf_counter() - began
            self.calls += 1


def draft() -> dict[str, Any]:
    from django.db import connection

    from appraisal import rules, services
    from appraisal.models import LedgerEntry, MonthlyReport, MonthTotal
    from appraisal.services import closing
    from appraisal.services import ledger as chains
    from common.rules import at

    asked = 0

    def count(execute: Any, *more: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*more)

    parts = {
        "entering": Spent(closing, "_enter"),
        "judging": Spent(rules, "judge"),
        "appending": Spent(chains, "append"),
        "totals": Spent(closing, "totals_make"),
    }
    connection.ensure_connection()
    before = memory()
    for part in parts.values():
        part.patch.start()
    began = time.perf_counter()
    with connection.execute_wrapper(count):
        services.drafts_make(now=at(rules.following(MONTH), clock(6)))
    whole, after = time.perf_counter() - began, memory()
    for part in parts.values():
        part.patch.stop()
    figures = {
        "entries": LedgerEntry.objects.count(),
        "totals_rows": MonthTotal.objects.count(),
        "reports": MonthlyReport.objects.count(),
        "queries": asked,
        "whole": whole,
        "memory_before": before,
        "memory": after,
        **{name: part.seconds for name, part in parts.items()},
    }
    return figures | beside_each_other()


def memory() -> float:
    """The most that this process has ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def beside_each_other() -> dict[str, float]:
    """The totals again, as the product makes them and all at once, in turns; the quickest of several runs each: what
    else the machine does only adds."""
    from django.db import connection, transaction

    from appraisal.models import MonthlyReport, MonthTotal
    from appraisal.services import closing

    reports = list(MonthlyReport.objects.order_by("pk"))
    with connection.cursor() as cursor:
        for statement in RIVAL:
            cursor.execute(statement)
        cursor.execute("ANALYZE")

    def ours() -> None:
        for start in range(0, len(reports), closing.UNITS_AT_ONCE):
            closing.totals_make(*reports[start : start + closing.UNITS_AT_ONCE])

    def at_once() -> None:
        with connection.cursor() as cursor:
            cursor.execute(AT_ONCE, [MONTH, MONTH])

    taken: dict[str, list[float]] = {"ours": [], "at_once": []}
    for _run in range(RUNS):
        for name, work, table in (("at_once", at_once, "rival"), ("ours", ours, MonthTotal._meta.db_table)):
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {table}")
            with transaction.atomic():
                taken[name].append(timed(work))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(half_points), sum(cents) FROM rival")
        rival = cursor.fetchone()
        cursor.execute(f"SELECT count(*), sum(half_points), sum(cents) FROM {MonthTotal._meta.db_table}")
        assert cursor.fetchone() == rival
    return {name: min(seconds) for name, seconds in taken.items()}


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# --- The table --------------------------------------------------------------------------------------------------------


def show(columns: list[dict[str, Any]]) -> None:
    def line(words: str, value: Callable[[dict[str, Any]], str]) -> None:
        print(f"{words:<46}" + "".join(f"{value(one):>14}" for one in columns))

    line("cadres", lambda one: f"{one['cadres']:,}")
    line("units", lambda one: f"{one['units']:,}")
    line("person-days checked", lambda one: f"{one['person_days']:,}")
    line("findings that stand, and entries", lambda one: f"{one['entries']:,}")
    print()
    line("drafting all units, s", lambda one: f"{one['whole']:.2f}")
    line("  a unit, ms", lambda one: f"{1000 * one['whole'] / one['reports']:.1f}")
    line("  a unit, queries", lambda one: f"{one['queries'] / one['reports']:.1f}")
    line("  of it judging, s", lambda one: f"{one['judging']:.2f}")
    line("  of it appending, s", lambda one: f"{one['appending']:.2f}")
    line("    an entry, µs", lambda one: f"{1e6 * one['appending'] / one['entries']:.0f}")
    line("  of it the totals, s", lambda one: f"{one['totals']:.3f}")
    print()
    line("the totals again, ms", lambda one: f"{1000 * one['ours']:.1f}")
    line("one GROUP BY of everybody, ms", lambda one: f"{1000 * one['at_once']:.1f}")
    line(
        f"the totals take, times as long (at most {GOAL})", lambda one: f"{one['ours'] / one['at_once']:.2f}"
    )
    print()
    line("memory at most, MB", lambda one: f"{one['memory']:.1f}")
    line("  before the first unit", lambda one: f"{one['memory_before']:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--apart"]:
        import django

        django.setup()
        what, *numbers = sys.argv[2:]
        print(json.dumps(load(int(numbers[0]), float(numbers[1])) if what == "load" else draft()))
    elif len(sys.argv) > 1:
        main([(int(sys.argv[1]), SHARE)])
    else:
        main([(CADRES, SHARE), (4 * CADRES, SHARE), (CADRES, 1)])
