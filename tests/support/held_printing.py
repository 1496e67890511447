"""For a worker of the tests: printing stops where a file `hold-CODE` lies in the job's folder, until it is killed.

It stops in the transaction, with the unit's file drawn and its rows in the log, and nothing of it committed.
"""

import signal
from pathlib import Path
from typing import Any

from django.conf import settings

from cards import services

_record = services.prints_record


def record(*, item: Any, **options: Any) -> None:
    _record(item=item, **options)
    mark = Path(settings.DATA_DIR) / "jobs" / str(item.job_id) / f"hold-{item.label.split()[0]}"
    if mark.exists():
        mark.unlink()
        print(f"Holding {item.label}", flush=True)
        signal.pause()


services.prints_record = record
