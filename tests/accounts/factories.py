"""Accounts for tests: no password unless asked for (Argon2 takes an eighth of a second, once for each)."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.models import SECOND_FACTOR_ROLES, City, Membership, SupervisionGroup, Unit, User
from common.models import OfficeHoursSet

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
PASSWORD = "celadon-and-swords"
#: A key of an authenticator app that everybody in the tests shares.
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@cache
def hashed(password: str) -> str:
    return make_password(password)


def make_unit(code: str = "D901", name: str = "示例局甲", **fields: Any) -> Unit:
    fields.setdefault("office_hours", OfficeHoursSet.objects.get(code="city"))
    return Unit.objects.create(code=code, name=name, kind="department", **fields)


def make_user(username: str, name: str = "", *, password: str = "", **fields: Any) -> User:
    user = User(username=username, name=name or username, **{"created_at": NOW, **fields})
    user.set_unusable_password()
    if password:
        user.password = hashed(password)
    user.save()
    return user


def give(
    user: User,
    role: str,
    *,
    unit: Unit | None = None,
    group: SupervisionGroup | None = None,
    first: date = date(2026, 1, 1),
    last: date | None = None,
) -> Membership:
    """A role; outside the demonstration also the second factor that it needs."""
    if role in SECOND_FACTOR_ROLES and not Authenticator.objects.filter(user=user).exists():
        give_second_factor(user)
    return Membership.objects.create(
        user=user, role=role, unit=unit, group=group, valid_from=first, valid_to=last
    )


def give_second_factor(user: User) -> list[str]:
    TOTP.activate(user, SECRET)
    return list(RecoveryCodes.activate(user).generate_codes())


def app_code(now: float, secret: str = SECRET) -> str:
    """What the authenticator app shows at this second."""
    return str(format_hotp_value(hotp_value(secret, int(now) // 30)))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def demonstration() -> None:
    City.objects.update_or_create(pk=1, defaults={"is_demo": True})
