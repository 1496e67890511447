"""Where a scanned plaque leads somebody who is signed in. The page of the card knows nothing of the apps above it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

#: Gets the request and the card, and returns an address, or None where it is not about this person.
Resolver = Callable[[HttpRequest, Any], "str | None"]

_resolvers: list[tuple[int, Resolver]] = []


def register(resolver: Resolver, *, order: int = 100) -> None:
    """Called from an app's ready(); the first one that knows a way is followed."""
    _resolvers.append((order, resolver))
    _resolvers.sort(key=lambda pair: pair[0])


def is_signed_in(request: HttpRequest) -> bool:
    """Without a query for citizens, who carry no session."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


def is_scan(request: HttpRequest) -> bool:
    """Not a link of our own pages, nor the public page asked for by name."""
    return request.GET.get("public") != "1" and request.headers.get("Sec-Fetch-Site") != "same-origin"


def destination(request: HttpRequest, card: Any) -> str | None:
    """Where this card leads the person who is signed in; None is the public page."""
    found = (resolver(request, card) for _order, resolver in _resolvers)
    return next(filter(None, found), None)
