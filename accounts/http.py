"""Typed views of what the middleware puts on a request."""

from typing import cast

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from accounts.access import Access, Scope
from accounts.models import City, User
from accounts.permissions import TABLE


def city_of(request: HttpRequest) -> City:
    """The city row, read once per request."""
    if not hasattr(request, "_city"):
        request._city = City.current()  # type: ignore[attr-defined]
    return cast(City, request._city)  # type: ignore[attr-defined]


def shown_at(path: str) -> str:
    """Where the page stands that a form's target shows again after an error: the nearest above it that answers GET."""
    above = path
    while above:
        above = above[: above.rstrip("/").rfind("/") + 1]
        try:
            page = TABLE.get(resolve(above).view_name)
        except Resolver404:
            continue
        if page is not None and "GET" in page.methods:
            return above
    return "/"


def access_for(request: HttpRequest) -> Access:
    return cast(Access, request.access)  # type: ignore[attr-defined]


def scope_for(request: HttpRequest) -> Scope:
    return cast(Scope, request.scope)  # type: ignore[attr-defined]


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)
