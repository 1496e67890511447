"""What does a year cost that is computed for everybody?

    python bench/year.py [number of cadres]

On the month of bench/month.py, drafted, in a PostgreSQL of its own that is thrown away at the end: the year as it is
computed the first time (every row is new), and once more (nothing has changed). Beside it the plainest rival there is,
in the same database, over the same entries, in turns: SELECT .. GROUP BY of everybody's points and money. The rival
compares nobody, knows no complaint, measure, sheet or bonus, and keeps nothing. Measured for four times as many people
in four times as many units as well: is it the same a head?
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from datetime import time as clock
from typing import Any

import month as months

SUMS = """
SELECT entry.unit_id, entry.cadre_id, COUNT(*), SUM(entry.half_points), SUM(entry.cents)
FROM appraisal_ledgerentry entry
LEFT JOIN appraisal_ledgerentry reversal ON reversal.reverses_id = entry.id
WHERE entry.kind <> 'reversal' AND reversal.id IS NULL AND entry.day BETWEEN %s AND %s
GROUP BY entry.unit_id, entry.cadre_id
"""
RUNS = 5


def main(sizes: list[int]) -> None:
    from tests.support.services import Postgres

    columns = []
    for cadres in sizes:
        postgres = Postgres(tempfile.mkdtemp(prefix="longquan-bench-"))
        with tempfile.TemporaryDirectory() as folder:
            environment = {"DATA_DIR": folder, "DATABASE_URL": postgres.url, "REDIS_URL": ""}
            postgres.start()
            try:
                months.create_database(postgres)
                columns.append(apart(environment, "load", cadres) | apart(environment, "appraise"))
            finally:
                postgres.stop()
    show(columns)


def apart(environment: dict[str, str], *arguments: Any) -> dict[str, Any]:
    return months.apart(environment, *arguments, script=__file__)


def load(cadres: int) -> dict[str, Any]:
    """A month of findings, drafted."""
    from appraisal import rules, services
    from appraisal.models import LedgerEntry
    from common.rules import at

    loaded = months.load(cadres, months.SHARE)
    services.drafts_make(now=at(rules.following(months.MONTH), clock(6)))
    return {**loaded, "entries": LedgerEntry.objects.count()}


def appraise() -> dict[str, Any]:
    from django.db import connection

    from appraisal.services.years import year_appraise
    from common.rules import at

    year, now = months.MONTH.year, at(date(months.MONTH.year + 1, 1, 5), clock(6))
    asked = 0

    def count(execute: Any, *more: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*more)

    def sums() -> None:
        with connection.cursor() as cursor:
            cursor.execute(SUMS, [date(year, 1, 1), date(year, 12, 31)])
            cursor.fetchall()

    connection.ensure_connection()
    before = months.memory()
    first = months.timed(lambda: year_appraise(year=year, now=now))
    taken: dict[str, list[float]] = {"again": [], "sums": []}
    for _run in range(RUNS):
        taken["sums"].append(months.timed(sums))
        with connection.execute_wrapper(count):
            taken["again"].append(months.timed(lambda: year_appraise(year=year, now=now)))
    found = {name: min(seconds) for name, seconds in taken.items()}
    return found | {
        "first": first,
        "queries": asked / RUNS,
        "memory_before": before,
        "memory": months.memory(),
    }


def show(columns: list[dict[str, Any]]) -> None:
    def line(words: str, *values: str) -> None:
        print(f"{words:<46}" + "".join(f"{value:>14}" for value in values))

    line("cadres", *(f"{one['cadres']:,}" for one in columns))
    line("units", *(f"{one['units']:,}" for one in columns))
    line("entries", *(f"{one['entries']:,}" for one in columns))
    line("the first time, s", *(f"{one['first']:.2f}" for one in columns))
    line("again, nothing has changed, s", *(f"{one['again']:.2f}" for one in columns))
    line("  a cadre, ms", *(f"{1000 * one['again'] / one['cadres']:.3f}" for one in columns))
    line("  queries", *(f"{one['queries']:.0f}" for one in columns))
    line("sums of the same entries, s", *(f"{one['sums']:.3f}" for one in columns))
    line("  times as long", *(f"{one['again'] / one['sums']:.1f}" for one in columns))
    line("memory at most, MB", *(f"{one['memory']:.0f}" for one in columns))
    line(
        "  more than before, KB a cadre",
        *(f"{1024 * (one['memory'] - one['memory_before']) / one['cadres']:.1f}" for one in columns),
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--apart"]:
        import django

        django.setup()
        work = {"load": lambda: load(int(sys.argv[3])), "appraise": appraise}[sys.argv[2]]
        print(json.dumps(work()))
    else:
        main([int(sys.argv[1])] if len(sys.argv) > 1 else [months.CADRES, 4 * months.CADRES])
