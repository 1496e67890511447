import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation
from django.utils.cache import patch_vary_headers

from common.errors import bad_request

TEXT_SIZE_COOKIE = "text"
TEXT_SIZES = ("normal", "large")
YEAR = 365 * 24 * 3600
NUL = "\x00"
SESSION_KEY = re.compile(r"[0-9a-z]{32}")


class LanguageMiddleware:
    """Language and text size by ?lang= and ?text=, kept in a cookie; Simplified Chinese for everybody else.

    The browser's own language is not asked: a plaque in Longquan speaks Chinese until somebody says otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        languages = [code for code, _ in settings.LANGUAGES]
        language = _choice(request, "lang", settings.LANGUAGE_COOKIE_NAME, languages)
        size = _choice(request, "text", TEXT_SIZE_COOKIE, TEXT_SIZES)
        request.text_size = size  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = language
        # For this request only: threads are used again, also for what is not a request.
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        for name, cookie, value in (
            ("lang", settings.LANGUAGE_COOKIE_NAME, language),
            ("text", TEXT_SIZE_COOKIE, size),
        ):
            if request.GET.get(name) == value:
                response.set_cookie(
                    cookie,
                    value,
                    max_age=YEAR,
                    secure=settings.HTTPS,
                    httponly=True,
                    samesite="Lax",
                )
        return response


class DamagedRequestMiddleware:
    """What no browser sends gets the 400 page, before a session or a query meets it: PostgreSQL takes no NUL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path or _holds_nul(request.GET):
            return bad_request(request)
        if not SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        return bad_request(request) if request.method == "POST" and _holds_nul(request.POST) else None


def _holds_nul(sent: QueryDict) -> bool:
    return any(NUL in name or any(NUL in value for value in values) for name, values in sent.lists())


def _choice(
    request: HttpRequest,
    parameter: str,
    cookie: str,
    allowed: list[str] | tuple[str, ...],
) -> str:
    for value in (request.GET.get(parameter), request.COOKIES.get(cookie)):
        if value is not None and value in allowed:
            return value
    return allowed[0]
