"""What must be settled before a unit closes. Higher apps add what they know when they start (as with common/slots)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from accounts.models import Unit
from common.problems import Refused

#: What still hangs on a unit after its last day, as a sentence; None when nothing does.
Check = Callable[[Unit, date], Any]

_checks: list[Check] = []


def register(check: Check) -> None:
    """Called from an app's ready()."""
    if check not in _checks:
        _checks.append(check)


def refuse(unit: Unit, last_day: date) -> None:
    """Raises Refused with the first thing that would be left behind."""
    for check in _checks:
        if sentence := check(unit, last_day):
            raise Refused(sentence, "valid_to")
