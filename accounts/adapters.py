"""Where the sign-in library asks us: closed sign-up, our words, encrypted secrets, the audit trail."""

import logging
import time
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import user_named
from common import audit, crypto
from common.ratelimits import client_of

logger = logging.getLogger(__name__)

#: Seconds for which a password or code that was just entered need not be asked again.
FRESH = 300


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("The user name or the password is not correct."),
        "incorrect_password": _("The password is not correct."),
        "enter_current_password": _("The current password is not correct."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes and try again."),
        "rate_limited": _("Too many attempts. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The library's own messages stay out: our views say what happened, in our words."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Accounts have no e-mail address."""

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_security")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Few tries for a name from one place. From all places together far more, or a stranger's five tries
        would keep its owner out; still too few to guess a password of ten characters."""
        super().pre_authenticate(request, **credentials)
        self._everywhere = ratelimit.consume(
            request, app="allauth.account", action="login_failed_anywhere", key=_name(credentials)
        )
        if not self._everywhere:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user and self._everywhere:
            self._everywhere.rollback()
        return user

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"{_name(credentials)} {client_of(request)}"

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """Whoever has a second factor proves that one: a password alone could otherwise take it away."""
        methods = super().get_reauthentication_methods(user)
        second = [method for method in methods if method["id"] == "mfa_reauthenticate"]
        return second or methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within five minutes of signing in: a first set-up would begin with the same password again."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        user = context.request.user
        method = "mfa" if is_mfa_enabled(user) else "password"
        records = get_authentication_records(context.request, user)
        return not any(r["method"] == method and time.time() - r["at"] < FRESH for r in records)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        records = get_authentication_records(request, user)
        factor = next((r.get("type", "") for r in reversed(records) if r["method"] == "mfa"), "")
        audit.record(
            verb="signed_in", subject=user, actor=user, now=timezone.now(), changes={"second_factor": factor}
        )
        return super().post_login(request, user, **kwargs)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Only for names that exist: in the field of the user name people also type passwords."""
        user = user_named(_name(credentials))
        if user is not None:
            audit.record(verb="sign_in_failed", subject=user, actor=None, now=timezone.now())

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        if isinstance(user, User):
            audit.record(verb="signed_out", subject=user, actor=user, now=timezone.now())
        super().logout(request)


def _name(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username", "")).lower()


class MFAAdapter(DefaultMFAAdapter):
    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not correct. Enter the one that the app shows now."),
        "cannot_generate_recovery_codes": _("Set up the second factor first."),
        "unreadable": _(
            "The stored second factor cannot be read: the field key of this system has changed. "
            "Tell the administrator of the server."
        ),
    }

    def get_totp_issuer(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """A sentence at the field of the code, instead of a server error at everybody's sign-in."""
        try:
            return crypto.decrypt(encrypted_text)
        except crypto.Unreadable as error:
            logger.error("A second factor cannot be read with any of FIELD_KEYS (docs/accounts.md).")
            raise self.validation_error("unreadable") from error

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        """Recovery codes alone ask nobody for anything at sign-in, so they are not a second factor."""
        return super().is_mfa_enabled(user, types=types or [Authenticator.Type.TOTP])
