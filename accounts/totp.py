"""The secret being set up. It waits in the session, encrypted, until a code proves that an app has it."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User
from common import crypto

_KEY = "totp_being_set_up"
#: Going to the app and back may reload the page: the secret must stay the same for that long (C).
LIFETIME = timedelta(minutes=30)


def pending(session: SessionBase, now: datetime) -> str | None:
    stored = session.get(_KEY)
    if not stored or now.timestamp() - stored["at"] > LIFETIME.total_seconds():
        return None
    try:
        return crypto.decrypt(stored["secret"])
    except crypto.Unreadable:
        # Nobody has it yet: a new one is shown.
        return None


def pending_or_new(session: SessionBase, now: datetime) -> str:
    secret = pending(session, now)
    if secret is None:
        secret = str(generate_totp_secret())
        session[_KEY] = {"secret": crypto.encrypt(secret), "at": now.timestamp()}
    return secret


def mark_used(user: User, code: str) -> None:
    """The code that proved the app must not sign anybody in during the rest of its half-minute."""
    stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    TOTP(stored)._mark_code_used(code)


def forget(session: SessionBase) -> None:
    session.pop(_KEY, None)
