"""What a web process does beside its requests: short work that only its own memory knows of, once a minute and once
more before it ends. Everything else is the clock's (longquan_cadre/settings.py)."""

import logging
import threading
from collections.abc import Callable

from django.db import connections

SECONDS = 60.0

Work = Callable[[], None]

_works: list[Work] = []
_log = logging.getLogger(__name__)


def register(work: Work) -> None:
    """Called from an app's ready()."""
    if work not in _works:
        _works.append(work)


def run() -> None:
    """Everything once. What fails is logged and has its next turn in a minute."""
    try:
        for work in _works:
            try:
                work()
            except Exception:
                _log.exception("%s failed", work.__qualname__)
    finally:
        # Of this thread alone: nobody closes what it leaves open.
        connections.close_all()


def start() -> None:
    """In a thread that ends with the process."""
    threading.Thread(target=_go, name="upkeep", daemon=True).start()


def _go() -> None:
    pause = threading.Event()
    while not pause.wait(SECONDS):
        run()
