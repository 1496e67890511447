from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

TEXT_SIZE_COOKIE = "text"
TEXT_SIZES = ("normal", "large")
YEAR = 365 * 24 * 3600


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
