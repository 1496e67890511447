"""Counting attempts in the shared cache. The key is a keyed digest: no address and no name is kept."""

from dataclasses import dataclass
from datetime import datetime

from allauth.core.internal.ratelimit import get_ip
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def client_of(request: HttpRequest) -> str:
    """Who asks, as far as the network tells; the proxy's own address never counts for everybody behind it,
    and the countless IPv6 addresses of one connection count as one."""
    return str(get_ip(request))


@dataclass(frozen=True)
class Limit:
    """At most `most` counted events of one key in `seconds`, in fixed windows."""

    action: str
    most: int
    seconds: int

    def exceeded(self, key: str, now: datetime) -> bool:
        return int(cache.get(self._cache_key(key, now), 0)) >= self.most

    def count(self, key: str, now: datetime) -> None:
        cache_key = self._cache_key(key, now)
        cache.add(cache_key, 0, timeout=self.seconds)
        try:
            cache.incr(cache_key)
        except ValueError:
            # It ran out between the two calls: a new window has begun anyway.
            cache.set(cache_key, 1, timeout=self.seconds)

    def _cache_key(self, key: str, now: datetime) -> str:
        window = int(now.timestamp()) // self.seconds
        digest = salted_hmac("common.ratelimits", f"{self.action}:{key}", algorithm="sha256").hexdigest()
        return f"limit:{self.action}:{digest}:{window}"
