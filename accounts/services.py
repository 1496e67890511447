"""The verbs of accounts. Keyword-only, one transaction each: lock, check, write, audit (no secrets)."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import closing, rules, selectors
from accounts.models import (
    Activation,
    City,
    Membership,
    Role,
    SecondFactorReset,
    SupervisionGroup,
    Unit,
    User,
)
from accounts.moving import lock_units
from common import audit, tokens
from common.models import OfficeHoursSet
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged

#: One sentence for every reason, so that nobody learns which accounts exist.
SLIP_NOT_VALID = _(
    "This user name and code do not belong together, or the code has been used or has expired."
)
UNIT_CODE_NOT_VALID = _("Use 1 to 12 capital letters, digits or hyphens, for example D001.")
LAST_ADMINISTRATOR = _("This is the last administrator. Give somebody else this role first.")


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


# --- Accounts and roles -------------------------------------------------------------------------------------


@transaction.atomic
def user_create(*, username: str, name: str, actor: User | None, now: datetime) -> User:
    """An account without a password: its owner sets one with an activation slip."""
    if selectors.user_named(username):
        raise Refused(_("This user name is taken."), "username")
    user = User(username=username, name=name, created_at=now)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Refused(_("This user name is taken."), "username") from error
    audit.record(
        verb="user_created", subject=user, actor=actor, now=now, changes={"username": username, "name": name}
    )
    return user


@transaction.atomic
def membership_add(
    *,
    user: User,
    role: str,
    unit: Unit | None,
    group: SupervisionGroup | None,
    valid_from: date,
    valid_to: date | None,
    actor: User | None,
    now: datetime,
) -> Membership:
    user = _locked(user)
    if valid_to and valid_to < valid_from:
        raise Refused(_("The end must not be earlier than the beginning."), "valid_to")
    same = Membership.objects.filter(user=user, role=role, unit=unit, group=group)
    overlapping = same.filter(Q(valid_to=None) | Q(valid_to__gte=valid_from))
    if valid_to:
        overlapping = overlapping.filter(valid_from__lte=valid_to)
    if overlapping.exists():
        raise Refused(_("This person already has this role in these days."), "role")
    today = local(now).date()
    first = not selectors.is_more_than_cadre(user, today)
    member = Membership.objects.create(
        user=user, role=role, unit=unit, group=group, valid_from=valid_from, valid_to=valid_to
    )
    changes = {**_facts(member), "from": valid_from, "to": valid_to}
    audit.record(verb="membership_added", subject=user, actor=actor, now=now, changes=changes)
    if role != Role.CADRE and (valid_to is None or valid_to >= today):
        _begin_afresh(user, first=first, actor=actor, now=now)
    return member


def _begin_afresh(user: User, *, first: bool, actor: User | None, now: datetime) -> None:
    """Whoever could open the account as a cadre's must not sit in it when it may do more: an officer may have
    kept the code of its slip, or have used it."""
    _withdraw_slips(user, now)
    # An administrator who takes one more role gains nothing by it, and would be cut off in the middle.
    if actor is None or actor.pk != user.pk:
        sessions_end(user=user)
    if first and user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])
        audit.record(verb="password_voided", subject=user, actor=actor, now=now)


@transaction.atomic
def membership_end(
    *, membership: Membership, last_day: date, actor: User | None, now: datetime
) -> Membership:
    administrators = _lock_administrators(membership.role == Role.ADMINISTRATOR)
    locked = Membership.objects.select_for_update(of=("self",)).select_related("unit", "group", "user")
    member = locked.get(pk=membership.pk)
    today = local(now).date()
    if member.valid_to and member.valid_to < today:
        raise Refused(_("This role has already ended."))
    if last_day < member.valid_from:
        raise Refused(_("The last day must not be earlier than the first day of the role."), "last_day")
    if last_day < today - timedelta(days=1):
        raise Refused(_("The past cannot be changed: choose yesterday or a later day."), "last_day")
    if administrators and not _others_administer(member.user, today):
        raise Refused(LAST_ADMINISTRATOR)
    before, member.valid_to = member.valid_to, last_day
    member.save(update_fields=["valid_to"])
    changes = {**_facts(member), "to": [before, last_day]}
    audit.record(verb="membership_ended", subject=member.user, actor=actor, now=now, changes=changes)
    return member


def _facts(member: Membership) -> dict[str, Any]:
    place = member.unit or member.group
    return {"role": member.role, **({"place": str(place)} if place else {})}


def _lock_administrators(wanted: bool = True) -> bool:
    """Two administrators who remove each other at the same moment come one after the other."""
    if wanted:
        list(
            Membership.objects.select_for_update()
            .filter(role=Role.ADMINISTRATOR)
            .order_by("pk")
            .values_list("pk")
        )
    return wanted


def _others_administer(user: User, day: date) -> bool:
    """Somebody else administers without an end and can sign in: anything less would lock everybody out."""
    able = User.objects.filter(is_active=True).exclude(selectors.NO_PASSWORD).exclude(pk=user.pk)
    holding = Membership.objects.current(day).filter(role=Role.ADMINISTRATOR, valid_to=None)
    return holding.filter(user__in=able).exists()


@transaction.atomic
def user_set_active(*, user: User, active: bool, reason: str, actor: User, now: datetime) -> User:
    """Open or close an account. Closing ends every session and withdraws the slip: nothing is left to use."""
    _lock_administrators()
    user = _locked(user)
    if user.is_active == active:
        raise Refused(_("Somebody else has already done this."))
    today = local(now).date()
    administers = Membership.objects.current(today).filter(user=user, role=Role.ADMINISTRATOR).exists()
    if not active and administers and not _others_administer(user, today):
        raise Refused(LAST_ADMINISTRATOR)
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        sessions_end(user=user)
        _withdraw_slips(user, now)
    verb = "user_reactivated" if active else "user_deactivated"
    audit.record(verb=verb, subject=user, actor=actor, now=now, changes={"reason": reason})
    return user


def sessions_end(*, user: User, keep: str | None = None) -> int:
    """Sign an account out everywhere, or everywhere but here."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    return rows.delete()[0]


@transaction.atomic
def other_sessions_end(*, user: User, keep: str | None, now: datetime) -> int:
    ended = sessions_end(user=user, keep=keep)
    audit.record(verb="other_sessions_ended", subject=user, actor=user, now=now, changes={"devices": ended})
    return ended


# --- Activation slips ---------------------------------------------------------------------------------------


class IssuedSlip(NamedTuple):
    """What is printed on a slip. The code is known only here and now."""

    code: str
    expires_at: datetime


def slip_digest(code: str) -> str:
    """80 random bits cannot be tried out, so a plain digest is enough and outlives a change of SECRET_KEY."""
    return hashlib.sha256(f"activation:{code}".encode()).hexdigest()


def _withdraw_slips(user: User, now: datetime) -> int:
    return Activation.objects.filter(user=user, used_at=None, withdrawn_at=None).update(withdrawn_at=now)


@transaction.atomic
def activation_issue(*, user: User, issued_by: User, now: datetime) -> IssuedSlip:
    """A slip with a new one-time code, returned once and kept only as a digest; an earlier slip stops working."""
    user = _locked(user)
    if not user.is_active:
        raise Refused(_("This account is closed. Reopen it first."))
    _check_issuer(user, issued_by, local(now).date())
    return _new_slip(user, issued_by, now)


def _new_slip(user: User, issued_by: User, now: datetime) -> IssuedSlip:
    withdrawn = _withdraw_slips(user, now)
    code = tokens.new_token()
    slip = Activation.objects.create(
        user=user,
        digest=slip_digest(code),
        issued_by=issued_by,
        issued_at=now,
        expires_at=now + rules.SLIP_LIFETIME,
    )
    changes = {"expires_at": slip.expires_at, "earlier_withdrawn": bool(withdrawn)}
    audit.record(verb="slip_issued", subject=user, actor=issued_by, now=now, changes=changes)
    return IssuedSlip(code, slip.expires_at)


@transaction.atomic
def administrator_create(*, username: str, name: str, now: datetime) -> IssuedSlip:
    """From the server's own console only: the first administrator, or one more when no other can sign in."""
    user = user_create(username=username, name=name, actor=None, now=now)
    membership_add(
        user=user,
        role=Role.ADMINISTRATOR,
        unit=None,
        group=None,
        valid_from=local(now).date(),
        valid_to=None,
        actor=None,
        now=now,
    )
    return _new_slip(user, user, now)


def _check_issuer(user: User, issuer: User, day: date) -> None:
    check_issuers(
        {user.pk: selectors.is_more_than_cadre(user, day)},
        issuer=issuer,
        held=selectors.roles_of(issuer, day),
    )


def check_issuers(accounts: Mapping[int, bool], *, issuer: User, held: Collection[str]) -> None:
    """A slip is a way into an account: an officer hands them to cadres, never to somebody who may do more.

    `accounts` says of each, by primary key, whether it may do more than a cadre's.
    """
    if issuer.pk in accounts:
        raise Refused(_("Nobody issues a slip for their own account."))
    if not issuer.is_active or not {Role.ADMINISTRATOR, Role.UNIT_OFFICER}.intersection(held):
        raise Refused(_("Only an administrator or a unit’s discipline officer issues slips."))
    if Role.ADMINISTRATOR not in held and any(accounts.values()):
        raise Refused(
            _("This account has more than the role of a cadre: only an administrator issues its slip.")
        )


def _check_slip(slip: Activation, user: User, day: date) -> None:
    """Fourteen days are long enough for a role to be given or taken. Only the console issues to oneself."""
    if slip.issued_by_id == user.pk:
        return
    try:
        _check_issuer(user, slip.issued_by, day)
    except Refused as refused:
        raise Refused(SLIP_NOT_VALID) from refused


def activation_use(*, username: str, code: str, password: str, now: datetime) -> User:
    """Set a password. The slip is claimed by a conditional update: of two people who use it, one succeeds."""
    user, token = selectors.user_named(rules.username(username)), tokens.normalise(code)
    slips = Activation.objects.usable(now).filter(user=user, digest=slip_digest(token or ""))
    slip = slips.select_related("issued_by").first()
    if user is None or not user.is_active or token is None or slip is None:
        _note_failure(user, now)
        raise Refused(SLIP_NOT_VALID)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), "password1") from error
    # Argon2 takes an eighth of a second: outside the transaction, so that no other writer waits for it.
    hashed = make_password(password)
    with transaction.atomic():
        # The same lock as for giving a role: neither comes between the other's look and its write.
        _check_slip(slip, _locked(user), local(now).date())
        claimed = slips.update(used_at=now)
        if claimed != 1 or not User.objects.filter(pk=user.pk, is_active=True).update(password=hashed):
            raise Refused(SLIP_NOT_VALID)
        sessions_end(user=user)
        audit.record(verb="account_activated", subject=user, actor=user, now=now)
    user.refresh_from_db()
    return user


def _note_failure(user: User | None, now: datetime) -> None:
    if user is not None:
        audit.record(verb="activation_failed", subject=user, actor=None, now=now)


# --- Second factor ------------------------------------------------------------------------------------------


@transaction.atomic
def second_factor_reset_request(*, user: User, reason: str, actor: User, now: datetime) -> SecondFactorReset:
    user = _locked(user)
    if not Authenticator.objects.filter(user=user).exists():
        raise Refused(_("This account has no second factor that could be reset."))
    if selectors.open_reset(user):
        raise Refused(_("A reset has already been asked for and waits for a second administrator."))
    reset = SecondFactorReset.objects.create(user=user, reason=reason, requested_by=actor, requested_at=now)
    audit.record(
        verb="second_factor_reset_requested", subject=user, actor=actor, now=now, changes={"reason": reason}
    )
    return reset


def may_decide_reset(reset: SecondFactorReset, actor: User) -> bool:
    """Two people (DESIGN §5), and nobody their own."""
    return actor.pk not in (reset.requested_by_id, reset.user_id)


@transaction.atomic
def second_factor_reset_decide(
    *, reset: SecondFactorReset, approve: bool, actor: User, now: datetime
) -> SecondFactorReset:
    locked = SecondFactorReset.objects.select_for_update(of=("self",)).select_related("user")
    reset = locked.get(pk=reset.pk)
    if reset.decided_at:
        raise Refused(_("Somebody else has already decided this."))
    if not may_decide_reset(reset, actor):
        raise Refused(
            _("A second administrator must decide this: not who asked for it, and not whose account it is.")
        )
    reset.decided_by, reset.decided_at, reset.approved = actor, now, approve
    reset.save(update_fields=["decided_by", "decided_at", "approved"])
    if approve:
        Authenticator.objects.filter(user=reset.user).delete()
        sessions_end(user=reset.user)
    verb = "second_factor_reset_approved" if approve else "second_factor_reset_declined"
    audit.record(verb=verb, subject=reset.user, actor=actor, now=now, changes={"reason": reset.reason})
    return reset


# --- The city -----------------------------------------------------------------------------------------------

CITY_FIELDS = ("name", "efficiency_office", "express_hotline")


def city_facts(city: City) -> dict[str, str]:
    return {name: getattr(city, name) for name in CITY_FIELDS}


@transaction.atomic
def city_edit(*, values: dict[str, str], seen: str | None = None, actor: User, now: datetime) -> City:
    City.objects.get_or_create(pk=1)
    city = City.objects.select_for_update().get(pk=1)
    before = city_facts(city)
    changed = audit.differences(before, {name: values[name] for name in CITY_FIELDS})
    if changed:
        check_unchanged(before, seen)
        for name in changed:
            setattr(city, name, values[name])
        city.save(update_fields=list(changed))
        audit.record(verb="city_edited", subject=city, actor=actor, now=now, changes=changed)
    return city


# --- Units --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitDetails:
    """Everything of a unit but its code, which stands in card numbers and never changes."""

    name: str
    kind: str
    office_hours: OfficeHoursSet
    valid_from: date
    alias: str = ""
    hotline: str = ""
    supervision_group: SupervisionGroup | None = None
    vertically_managed: bool = False
    valid_to: date | None = None
    successor: Unit | None = None


#: What a file says about a unit; the rest is entered on its page.
LOADED_FIELDS = ("name", "alias", "kind", "supervision_group")
ENTERED_FIELDS = ("hotline", "office_hours", "vertically_managed", "valid_from", "valid_to", "successor")
UNIT_FIELDS = LOADED_FIELDS + ENTERED_FIELDS


def unit_facts(unit: Unit | UnitDetails) -> dict[str, Any]:
    """As the audit trail keeps them: names of what is linked, days in ISO."""
    found = {name: getattr(unit, name) for name in UNIT_FIELDS}
    return {
        name: value.isoformat() if isinstance(value, date) else _as_kept(value)
        for name, value in found.items()
    }


def _as_kept(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else str(value)


@transaction.atomic
def unit_create(*, code: str, details: UnitDetails, actor: User | None, now: datetime) -> Unit:
    if not rules.is_unit_code(code):
        raise Refused(UNIT_CODE_NOT_VALID, "code")
    if Unit.objects.filter(code=code).exists():
        raise Refused(_("Another unit has this code."), "code")
    unit = Unit(code=code)
    _check_unit(unit, details)
    _fill(unit, details)
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:
        raise Refused(_("Another unit has this code."), "code") from error
    given = {name: value for name, value in unit_facts(unit).items() if value}
    audit.record(verb="unit_created", subject=unit, actor=actor, now=now, changes={"code": code, **given})
    return unit


@transaction.atomic
def unit_edit(
    *, unit: Unit, details: UnitDetails, seen: str | None = None, actor: User, now: datetime
) -> Unit:
    # All of them: two units that become each other's successors at the same moment come one after the other.
    lock_units()
    unit = Unit.objects.select_related("office_hours", "supervision_group", "successor").get(pk=unit.pk)
    before = unit_facts(unit)
    after = unit_facts(details)
    changed = {
        name: [before[name], after[name]]
        for name in UNIT_FIELDS
        if getattr(unit, name) != getattr(details, name)
    }
    if not changed:
        return unit
    check_unchanged(before, seen)
    _check_unit(unit, details)
    if details.valid_to is not None and "valid_to" in changed:
        # What ended before today is history, wherever the last day lies.
        closing.refuse(unit, max(details.valid_to, local(now).date() - timedelta(days=1)))
    _fill(unit, details)
    unit.save(update_fields=list(changed))
    audit.record(verb="unit_edited", subject=unit, actor=actor, now=now, changes=changed)
    return unit


def _fill(unit: Unit, details: UnitDetails) -> None:
    for name in UNIT_FIELDS:
        setattr(unit, name, getattr(details, name))


def _check_unit(unit: Unit, details: UnitDetails) -> None:
    if details.valid_to and details.valid_to < details.valid_from:
        raise Refused(_("The end must not be earlier than the beginning."), "valid_to")
    if details.successor is None:
        return
    successors: dict[int, int | None] = dict(Unit.objects.values_list("pk", "successor_id"))
    successors[unit.pk] = details.successor.pk
    if rules.follows_itself(unit.pk, successors):
        raise Refused(_("A unit cannot follow itself, not even by way of others."), "successor")


@transaction.atomic
def units_load(*, units: Iterable[tuple[str, UnitDetails]], now: datetime) -> tuple[list[Unit], list[Unit]]:
    """Add the units whose code is not there yet: (made, there but different). Nothing that is there is changed:
    an administrator's edits stay."""
    linked = Unit.objects.select_related("office_hours", "supervision_group", "successor")
    existing = {unit.code: unit for unit in linked}
    made, different = [], []
    for code, details in units:
        unit = existing.get(code)
        if unit is None:
            made.append(unit_create(code=code, details=details, actor=None, now=now))
        elif any(getattr(unit, name) != getattr(details, name) for name in LOADED_FIELDS):
            different.append(unit)
    return made, different
