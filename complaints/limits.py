"""How often one connection may send or ask, instead of picture puzzles.

What is counted stands under a digest of the address, with a key that is drawn every day, kept in the cache alone and
gone with the day: no row, log or task ever holds an address or what could be traced back to one.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.core.cache import cache
from django.http import HttpRequest
from redis import RedisError

from common.ratelimits import Limit, client_of
from common.rules import at, local

logger = logging.getLogger(__name__)

#: A service hall and half a mobile network stand behind one address.
SENDING = Limit("complaints", most=30, seconds=3600)
PHOTOS = Limit("complaint-photos", most=100, seconds=3600)
#: 53 bits: at this pace nobody finds a number by trying.
ASKING = Limit("receipts", most=60, seconds=600)
#: Phones tried by one of the Express: many calls in a row, and too few to find out who has complained.
CALLERS = Limit("callers", most=30, seconds=600)


def allows(limit: Limit, request: HttpRequest, now: datetime) -> bool:
    """Count one more of this connection; False where it is one too many. Without its cache nobody is turned away."""
    return _allows(limit, lambda: _client(request, now), now)


def allows_person(limit: Limit, user_id: int, now: datetime) -> bool:
    """The same of somebody who is signed in."""
    return _allows(limit, lambda: str(user_id), now)


def _allows(limit: Limit, key: Callable[[], str], now: datetime) -> bool:
    try:
        counted = key()
        if limit.exceeded(counted, now):
            return False
        limit.count(counted, now)
    except (RedisError, OSError):
        logger.warning("The cache does not answer: complaints are taken without limits.")
    return True


def _client(request: HttpRequest, now: datetime) -> str:
    day = local(now).date()
    midnight = at(day + timedelta(days=1), time(0))
    key = cache.get_or_set(
        f"complaints:key:{day}",
        lambda: secrets.token_hex(32),
        timeout=int((midnight - now).total_seconds()) + 1,
    )
    return hmac.digest(str(key).encode(), client_of(request).encode(), hashlib.sha256).hex()
