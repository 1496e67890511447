"""How often the public opens cards, as sums of a day and a unit.

A page adds one in memory, and never waits for the database, nor fails with it; once a minute each web process adds its
sums to the table (common/upkeep.py). Killed, it loses the last minute. No address, browser, cookie or card is kept:
whoever reloads the page is counted again.
"""

import re
import threading
from collections import Counter
from datetime import date, datetime

from django.db import connection
from django.http import HttpRequest

from cards.models import LookupKind
from cards.rules import Kind
from cards.selectors import PublicCard
from common import scans
from common.rules import local

#: Programs that say what they are. Link previews of messengers are among them.
_PROGRAMS = re.compile(
    r"bot\b|crawl|spider|slurp|preview|curl|wget|python|http-?client|headless", re.IGNORECASE
)

_UPSERT = """
    INSERT INTO cards_lookupcount (day, unit_id, kind, number) VALUES {places}
    ON CONFLICT (day, unit_id, kind) DO UPDATE SET number = cards_lookupcount.number + excluded.number
"""

Key = tuple[date, int, str]

_lock = threading.Lock()
_waiting: Counter[Key] = Counter()


def kind_of(shown: PublicCard) -> LookupKind:
    if shown.status.kind == Kind.OUTSIDE_HOURS:
        return LookupKind.CLOSED
    if shown.status.is_present:
        return LookupKind.PRESENT
    covered = shown.stand_in_status is not None and shown.stand_in_status.is_present
    return LookupKind.COVERED if covered else LookupKind.UNCOVERED


def count(request: HttpRequest, shown: PublicCard, now: datetime) -> None:
    """One more, if a citizen looks."""
    if not _is_citizen(request):
        return
    key = (local(now).date(), shown.cadre.unit_id, kind_of(shown).value)
    with _lock:
        _waiting[key] += 1


def _is_citizen(request: HttpRequest) -> bool:
    """Nobody who is signed in, and no program. What the browser says of itself is looked at and forgotten."""
    browser = request.headers.get("User-Agent", "")
    fetched_ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    if request.method != "GET" or not browser or _PROGRAMS.search(browser) or fetched_ahead:
        return False
    return not scans.is_signed_in(request)


def flush() -> None:
    """Add to the table what waits. Where that fails, it waits on."""
    with _lock:
        taken = dict(_waiting)
        _waiting.clear()
    if not taken:
        return
    try:
        add(taken)
    except Exception:
        with _lock:
            _waiting.update(taken)
        raise


def add(sums: dict[Key, int]) -> None:
    """To the table, in one statement; in one order, so that two processes never wait for each other."""
    rows = [
        (connection.ops.adapt_datefield_value(day), unit_id, kind, number)
        for (day, unit_id, kind), number in sorted(sums.items())
    ]
    places = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT.format(places=places), [value for row in rows for value in row])
