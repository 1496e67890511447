"""A program of its own that imports a roster again and again and is killed -9 while it does; see test_roster_killed.

Every run is a child that ends at some statement; after each, one line says what is stored.
"""

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

KILLS = 10


def main(file: str, album: str, seed: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "longquan_cadre.settings"
    django.setup()
    from django.db import connection, connections, transaction
    from django.utils import timezone

    from cards import photos, roster, services

    def look() -> roster.Plan:
        return roster.look(Path(file), Path(album), unit=None, today=timezone.localdate())

    def run() -> None:
        services.roster_import(plan=look(), actor=None, now=timezone.now())

    def in_child(prepare: Callable[[], Any]) -> int:
        connections.close_all()
        if (child := os.fork()) == 0:
            with prepare():
                run()
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def killed_in_photos() -> Any:
        store, done = photos.store, []

        def dying(*args: Any) -> str:
            done.append(store(*args))
            return die() if len(done) == 2 else done[-1]

        photos.store = dying
        return connection.execute_wrapper(lambda execute, *args: execute(*args))

    statements = Statements()
    with connection.execute_wrapper(statements), transaction.atomic():
        run()
        transaction.set_rollback(True)
    print("before", stored(), flush=True)
    points = random.Random(seed).sample(range(1, statements.count + 1), KILLS - 1)
    outcomes = [in_child(killed_in_photos)]
    print("killed", outcomes[-1], stored(), flush=True)
    for point in points:
        outcomes.append(in_child(lambda point=point: connection.execute_wrapper(Statements(point))))
        print("killed", outcomes[-1], stored(), flush=True)
    print("whole", in_child(lambda: connection.execute_wrapper(Statements())), stored(), flush=True)


class Statements:
    """Counts what is said to the database, and at number `last` says nothing more.

    Savepoints don't count: only the run that is taken back has them.
    """

    def __init__(self, last: int = 0) -> None:
        self.count, self.last = 0, last

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += "SAVEPOINT" not in sql
        if self.count == self.last:
            die()
        return execute(sql, params, many, context)


def die() -> Any:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def stored() -> list[int]:
    from cards.models import Cadre, Duty, Office, Post
    from common.models import AuditEntry

    return [model.objects.count() for model in (Office, Cadre, Post, Duty, AuditEntry)]


if __name__ == "__main__":
    main(*sys.argv[1:])
