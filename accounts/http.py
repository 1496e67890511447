"""Typed views of what the middleware puts on a request."""

from typing import cast

from django.http import HttpRequest

from accounts.access import Access, Scope
from accounts.models import City, User


def city_of(request: HttpRequest) -> City:
    """The city row, read once per request."""
    if not hasattr(request, "_city"):
        request._city = City.current()  # type: ignore[attr-defined]
    return cast(City, request._city)  # type: ignore[attr-defined]


def access_for(request: HttpRequest) -> Access:
    return cast(Access, request.access)  # type: ignore[attr-defined]


def scope_for(request: HttpRequest) -> Scope:
    return cast(Scope, request.scope)  # type: ignore[attr-defined]


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)
