"""A unit's month and its path."""

from django.http import HttpRequest, HttpResponse


def month(request: HttpRequest, code: str, month: str) -> HttpResponse:
    raise NotImplementedError
