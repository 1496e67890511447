"""A program of its own in which several workers sweep complaints at once and are killed -9; see test_complaint_sweep.

    python -m tests.support.killed_sweep WORKERS BATCH SEED INSTANT=KILLS …

At each instant so many workers do what the beat asks of them. Whoever dies is replaced, until nobody dies any more.
"""

import os
import random
import sys
from datetime import datetime
from unittest import mock

import django

from tests.support.killed_import import Statements, die

#: Within the first or second batch of a worker, or between them.
LAST_STATEMENT = 25


def main(workers: str, batch: str, seed: str, *instants: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "longquan_cadre.settings"
    django.setup()
    from django.db import connection, connections

    from complaints import tasks
    from complaints.services import sweeps

    chance, killed = random.Random(seed), 0

    def start(now: datetime, last: int) -> int:
        connections.close_all()
        if child := os.fork():
            return child
        sweeps.BATCH = int(batch)
        with (
            connection.execute_wrapper(Statements(last)),
            mock.patch("django.utils.timezone.now", return_value=now),
        ):
            tasks.reach_stages()
        if last:
            # Others had done the work before its last statement came: it dies with its task ended, and not told.
            die()
        os._exit(0)

    dooms: list[int] = []
    for instant in instants:
        at, kills = instant.split("=")
        now, alive = datetime.fromisoformat(at), set[int]()
        # The first die somewhere; those who come after them don't.
        dooms += [chance.randint(1, LAST_STATEMENT) for _kill in range(int(kills))]
        for _worker in range(int(workers)):
            doom = dooms.pop() if dooms else 0
            alive.add(start(now, doom))
        while alive:
            child, status = os.wait()
            alive.discard(child)
            code = os.waitstatus_to_exitcode(status)
            if code == -9:
                killed, next_doom = killed + 1, dooms.pop() if dooms else 0
                alive.add(start(now, next_doom))
            elif code:
                raise SystemExit(f"A worker ended with {code}.")
    print("killed", killed, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
