"""Reading accounts: constant queries, whatever the number of rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import (
    SECOND_FACTOR_ROLES,
    Activation,
    Membership,
    Role,
    SecondFactorReset,
    SupervisionGroup,
    Unit,
    User,
)
from common import crypto


def user_named(username: str) -> User | None:
    """The account of a name in any case."""
    return User.objects.alias(lowered=Lower("username")).filter(lowered=username.lower()).first()


def with_second_factor() -> QuerySet[User]:
    totp = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    return User.objects.annotate(has_second_factor=Exists(totp))


def _holding(day: date, **membership: object) -> Exists:
    return Exists(Membership.objects.current(day).filter(user=OuterRef("pk"), **membership))


def users(
    *, day: date, search: str = "", role: str = "", unit: Unit | None = None, state: str = ""
) -> QuerySet[User]:
    """Accounts for the list, with today's memberships; `state` is one of accounts.forms.STATES."""
    current = Membership.objects.current(day).select_related("unit", "group").order_by("pk")
    found = with_second_factor().prefetch_related(
        Prefetch("memberships", current, to_attr="current_memberships")
    )
    if search:
        found = found.filter(Q(name__icontains=search) | Q(username__icontains=search))
    held = {key: value for key, value in (("role", role), ("unit", unit)) if value}
    if held:
        found = found.filter(_holding(day, **held))
    if state == "no_second_factor":
        return found.filter(lacking_second_factor(day))
    if state == "no_password":
        return found.filter(is_active=True).filter(NO_PASSWORD)
    return found.filter(is_active=state == "active") if state else found


#: Django marks a password that was never set with an exclamation mark.
NO_PASSWORD = Q(password="") | Q(password__startswith="!")


def lacking_second_factor(day: date) -> Q:
    totp = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    return Q(is_active=True) & Q(_holding(day, role__in=sorted(SECOND_FACTOR_ROLES))) & ~Q(Exists(totp))


def is_more_than_cadre(user: User, day: date) -> bool:
    return bool(more_than_cadres([user], day))


def more_than_cadres(users: Iterable[User], day: date) -> set[int]:
    """Now or later: a role that begins tomorrow counts today."""
    lasting = Membership.objects.filter(Q(valid_to=None) | Q(valid_to__gte=day), user__in=list(users))
    return set(lasting.exclude(role=Role.CADRE).values_list("user_id", flat=True))


def roles_of(user: User, day: date) -> set[str]:
    return set(Membership.objects.current(day).filter(user=user).values_list("role", flat=True))


#: What a second factor keeps encrypted: the key of the app, or what the recovery codes are made from.
SECRETS = ("secret", "seed")


def unreadable_second_factors() -> int:
    """Accounts whose stored key or recovery codes no key in FIELD_KEYS reads."""
    stored = Authenticator.objects.values_list("user_id", "data").iterator()
    return len({user for user, data in stored if not all(map(crypto.is_readable, _secrets(data)))})


def _secrets(data: dict[str, Any]) -> list[str]:
    return [data[name] for name in SECRETS if name in data]


def open_slip(user: User, now: datetime) -> Activation | None:
    return user.activations.usable(now).select_related("issued_by").first()


def open_reset(user: User) -> SecondFactorReset | None:
    return user.second_factor_resets.filter(decided_at=None).select_related("requested_by").first()


def open_resets() -> QuerySet[SecondFactorReset]:
    return (
        SecondFactorReset.objects.filter(decided_at=None)
        .select_related("user", "requested_by")
        .order_by("requested_at")
    )


def decided_resets() -> QuerySet[SecondFactorReset]:
    return (
        SecondFactorReset.objects.exclude(decided_at=None)
        .select_related("user", "requested_by", "decided_by")
        .order_by("-decided_at")
    )


# --- Units ---------------------------------------------------------------------------------------------------


def _officer(day: date) -> Exists:
    return Exists(
        Membership.objects.current(day).filter(
            unit=OuterRef("pk"), role=Role.UNIT_OFFICER, user__is_active=True
        )
    )


def units(
    *,
    day: date,
    search: str = "",
    kind: str = "",
    group: SupervisionGroup | None = None,
    state: str = "",
) -> QuerySet[Unit]:
    """Units for the list; `state` is one of accounts.forms.UNIT_STATES."""
    found = Unit.objects.select_related("supervision_group").annotate(has_officer=_officer(day))
    if search:
        found = found.filter(
            Q(name__icontains=search) | Q(alias__icontains=search) | Q(code__icontains=search)
        )
    given = {key: value for key, value in (("kind", kind), ("supervision_group", group)) if value}
    found = found.filter(**given)
    if state == "closed":
        return found.filter(valid_to__lt=day)
    if not state:
        return found
    active = found.filter(pk__in=Unit.objects.active(day))
    return active.filter(hotline="") if state == "no_hotline" else active.filter(has_officer=False)


@dataclass(frozen=True)
class UnitStaff:
    unit: Unit
    officers: tuple[str, ...]
    heads: tuple[str, ...]


def unit_staff(units: QuerySet[Unit], day: date) -> list[UnitStaff]:
    """Who answers for each unit today: its discipline officers and its leading-group heads."""
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    holding = Membership.objects.current(day).filter(
        unit__in=units, role__in=[Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD], user__is_active=True
    )
    for unit_id, role, name in holding.order_by("pk").values_list("unit_id", "role", "user__name"):
        names[unit_id, role].append(name)
    return [
        UnitStaff(
            unit, tuple(names[unit.pk, Role.UNIT_OFFICER]), tuple(names[unit.pk, Role.LEADING_GROUP_HEAD])
        )
        for unit in units
    ]


def units_without_officer(day: date) -> int:
    return Unit.objects.active(day).filter(~_officer(day)).count()


def units_without_hotline(day: date) -> int:
    return Unit.objects.active(day).filter(hotline="").count()


def live_sessions(user: User, now: datetime) -> list[UserSession]:
    """Where this account is signed in, newest first: a session counts while its row and password do."""
    rows = UserSession.objects.filter(user=user).order_by("-created_at")
    stored = Session.objects.filter(session_key__in=rows.values("session_key"), expire_date__gt=now)
    expected = {SESSION_KEY: str(user.pk), HASH_SESSION_KEY: user.get_session_auth_hash()}
    alive = set()
    for session in stored:
        data = session.get_decoded()
        if BACKEND_SESSION_KEY in data and all(data.get(key) == value for key, value in expected.items()):
            alive.add(session.session_key)
    return [row for row in rows if row.session_key in alive]
