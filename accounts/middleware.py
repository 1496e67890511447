import logging
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import Access, access_of
from accounts.http import city_of
from accounts.permissions import TABLE, Page

logger = logging.getLogger(__name__)


class PermissionMiddleware:
    """Enforces the permission table before any view runs: what has no row answers nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if hasattr(request, "access"):
            # On a shared computer the back button must not show the pages of whoever has signed out.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        page = TABLE.get(name)
        if page is None:
            logger.error("The URL “%s” has no row in the permission table.", name)
            raise PermissionDenied
        return self._for_public(request, page) if page.public else self._for_people(request, page)

    def _for_public(self, request: HttpRequest, page: Page) -> HttpResponse | None:
        return _method_refused(request, page)

    def _for_people(self, request: HttpRequest, page: Page) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        access = access_of(request.user, timezone.localdate())
        request.access = access  # type: ignore[attr-defined]
        lacking = self._lacks_second_factor(request, access)
        request.lacks_second_factor = lacking  # type: ignore[attr-defined]
        if lacking and not page.before_second_factor:
            return redirect("mfa_activate_totp")
        if not access.may(page):
            raise PermissionDenied
        request.scope = access.scope(page)  # type: ignore[attr-defined]
        return _method_refused(request, page)

    @staticmethod
    def _lacks_second_factor(request: HttpRequest, access: Access) -> bool:
        return (
            access.needs_second_factor and not city_of(request).is_demo and not is_mfa_enabled(request.user)
        )


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """Back to the page afterwards; never back to a form's target, which answers no GET."""
    if "HX-Request" in request.headers:
        # A part of a page must not be replaced by the sign-in page, whether it refreshed itself or was tapped.
        return HttpResponseClientRedirect(redirect_to_login(_page_of(request)).url)
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    return redirect(settings.LOGIN_URL)


def _page_of(request: HttpRequest) -> str:
    """The page that asks for a part of itself, or sends one; only ever a path of ours."""
    if request.method == "GET":
        return request.get_full_path()
    _site, _host, path = request.headers.get("HX-Current-URL", "").partition(request.get_host())
    return path if path.startswith("/desk/") else "/desk/"


def _method_refused(request: HttpRequest, page: Page) -> HttpResponse | None:
    if request.method in page.methods:
        return None
    refused = HttpResponseNotAllowed(sorted(page.methods))
    if request.method == "GET":
        # A form's target that was loaded again by its address.
        refused.content = render_to_string("405.html", request=request)
    return refused
