"""A program of its own that sends what waits in the outbox, in one child after another; see test_outbox.

Whoever receives the messages kills the child whose number stands in the file. The program ends when nothing waits.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import django


def main(number_file: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "longquan_cadre.settings"
    django.setup()
    from django.db import connections
    from django.utils import timezone

    from common import notices, outbox, transports

    # What each child would load anew: Apprise, the addresses of pages, the translations.
    transports._apprise()
    notices.outside(outbox.waiting()[0].notice)
    killed = 0
    while (due := outbox.waiting().order_by("-due_at").values_list("due_at", flat=True).first()) is not None:
        # The last of the delays is over.
        now: datetime = max(due, timezone.now()) + timedelta(seconds=1)
        connections.close_all()
        if (child := os.fork()) == 0:
            Path(number_file).write_text(str(os.getpid()))
            outbox.send_due(clock=lambda now=now: now)
            os._exit(0)
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    print("nothing waits; killed", killed, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
