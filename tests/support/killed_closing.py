"""A program of its own that drafts months again and again and is killed -9 while it does; see test_close_killed.

    python -m tests.support.killed_closing INSTANT KILLS SEED

First a run that is taken back says what a whole one comes to. Then every run is a child that dies at some moment of
its own choice, the command or what the clock does: before a statement, when the database has done it, before or after a
commit. One line says what each has left behind.
"""

import json
import os
import random
import sys
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any
from unittest import mock

import django

from tests.support.killed_import import die

#: Moments in which two or three units are drafted.
LAST_MOMENT = 280


class Moments:
    """Counts them, and lives no longer than to number `last`."""

    def __init__(self, last: int = 0) -> None:
        self.count, self.last = 0, last

    def passes(self) -> None:
        self.count += 1
        if self.count == self.last:
            die()

    def statement(self, execute: Callable[..., Any], *more: Any) -> Any:
        self.passes()
        done = execute(*more)
        self.passes()
        return done

    def commit(self, original: Callable[[], Any]) -> Callable[[], Any]:
        def commit() -> None:
            self.passes()
            original()
            self.passes()

        return commit


def main(instant: str, kills: str, seed: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "longquan_cadre.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections, transaction

    from appraisal.services import closing, ledger

    now = datetime.fromisoformat(instant)

    def close(by_clock: bool = False) -> None:
        if by_clock:
            # Several units in one transaction.
            with mock.patch.object(closing, "UNITS_AT_ONCE", 3):
                closing.drafts_make(now=now)
            return
        with mock.patch("django.utils.timezone.now", return_value=now):
            for month in closing.months_due(ledger.today(now)):
                call_command("close_month", f"{month:%Y-%m}", stdout=StringIO())

    def in_child(last: int, by_clock: bool = False) -> int:
        connections.close_all()
        if (child := os.fork()) == 0:
            moments = Moments(last)
            connection.ensure_connection()
            with (
                connection.execute_wrapper(moments.statement),
                mock.patch.object(connection, "_commit", moments.commit(connection._commit)),
            ):
                close(by_clock)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    with transaction.atomic():
        close()
        print("expected", json.dumps(stored()), flush=True)
        transaction.set_rollback(True)
    chance = random.Random(seed)
    for _kill in range(int(kills)):
        point = chance.randint(1, LAST_MOMENT)
        code = in_child(point, by_clock=chance.random() < 0.5)
        print("killed", code, point, len(stored()["months"]), flush=True)
    for _run in range(2):
        code = in_child(0)
        print("whole", code, json.dumps(stored()), flush=True)


def stored() -> dict[str, Any]:
    """Everything that a drafting writes, without keys: a run that was taken back has used up some."""
    from appraisal.models import LedgerEntry, MonthlyReport, MonthTotal, UnitLedger, WithholdingProposal
    from common.models import AuditEntry, Notice

    report = ("report__unit__code", "report__month", "cadre")
    figures = ("entries", "half_points", "cents", "corrected_half_points", "corrected_cents")
    sums = ("charged_cents", "amount_cents", "released_cents", "state")
    found = {
        "chains": UnitLedger.objects.values_list("unit__code", "sequence", "head", "closed_until"),
        "entries": LedgerEntry.objects.values_list("unit__code", "sequence", "month", "hash"),
        "months": MonthlyReport.objects.values_list("unit__code", "month", "content_hash", "head"),
        "totals": MonthTotal.objects.values_list(*report, *figures),
        "proposals": WithholdingProposal.objects.values_list(*report, *sums),
        "notices": Notice.objects.filter(kind__startswith="month_").values_list("user__username", "params"),
        "trail": AuditEntry.objects.filter(verb="month_drafted").values_list("changes"),
    }
    return {name: sorted(json.dumps(row, default=str) for row in rows) for name, rows in found.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
