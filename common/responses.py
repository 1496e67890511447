"""Answers that nothing between us and the reader may keep."""

from typing import TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header

from common.text import file_name

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Response = TypeVar("Response", bound=HttpResponseBase)


def private(response: Response) -> Response:
    """Personal data, for the one who asked."""
    response["Cache-Control"] = "private, no-store"
    return response


def unkept(response: Response) -> Response:
    """The status of this minute: from a cache it would lie. And no search engine keeps people (DOMAIN §7)."""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def download(data: bytes, content_type: str, name: str, *, shown: bool = False) -> HttpResponse:
    """A file of personal data; `shown` where the browser may open it instead of saving it."""
    response = HttpResponse(data, content_type=content_type)
    disposition = content_disposition_header(not shown, file_name(name))
    response["Content-Disposition"] = disposition or ("inline" if shown else "attachment")
    return private(response)
