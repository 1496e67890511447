import logging
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import access_of
from accounts.http import city_of
from accounts.permissions import TABLE, Page

logger = logging.getLogger(__name__)


class PermissionMiddleware:
    """Enforces the permission table before any view runs: what has no row answers nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        page = TABLE.get(name)
        if page is None:
            logger.error("The URL “%s” has no row in the permission table.", name)
            raise PermissionDenied
        return (
            self._for_public(request, page)
            if page.public
            else self._for_people(request, page)
        )

    def _for_public(self, request: HttpRequest, page: Page) -> HttpResponse | None:
        return _method_refused(request, page)

    def _for_people(self, request: HttpRequest, page: Page) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        access = access_of(request.user, timezone.localdate())
        request.access = access  # type: ignore[attr-defined]
        if (
            not page.before_second_factor
            and access.needs_second_factor
            and self._lacks_second_factor(request)
        ):
            return redirect("mfa_activate_totp")
        if not access.may(page):
            raise PermissionDenied
        request.scope = access.scope(page)  # type: ignore[attr-defined]
        return _method_refused(request, page)

    @staticmethod
    def _lacks_second_factor(request: HttpRequest) -> bool:
        return not city_of(request).is_demo and not is_mfa_enabled(request.user)


def _method_refused(request: HttpRequest, page: Page) -> HttpResponse | None:
    return (
        None
        if request.method in page.methods
        else HttpResponseNotAllowed(sorted(page.methods))
    )
