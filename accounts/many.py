"""Accounts and activation slips for many at once, in a handful of statements however many they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import rules, selectors
from accounts.models import Activation, Membership, Role, Unit, User
from accounts.services import IssuedSlip, check_issuers, slip_digest
from common import audit, tokens
from common.problems import Refused
from common.rules import local


@dataclass(frozen=True)
class NewCadre:
    """An account that a unit opens for one of its people."""

    username: str
    name: str
    unit: Unit


@transaction.atomic
def cadre_users_create(*, people: Sequence[NewCadre], actor: User, now: datetime) -> list[User]:
    """Accounts without a password and with the role of a cadre, in the order given."""
    today = local(now).date()
    users = [User(username=person.username, name=person.name, created_at=now) for person in people]
    for user in users:
        user.set_unusable_password()
    try:
        with transaction.atomic():
            User.objects.bulk_create(users)
    except IntegrityError as error:
        raise Refused(_("Somebody else opened accounts at this moment. Try again.")) from error
    Membership.objects.bulk_create(
        Membership(user=user, role=Role.CADRE, unit=person.unit, valid_from=today)
        for user, person in zip(users, people, strict=True)
    )
    audit.record_each(
        verb="user_created",
        subjects=((user, {"username": user.username, "name": user.name}) for user in users),
        actor=actor,
        now=now,
    )
    audit.record_each(
        verb="membership_added",
        subjects=(
            (user, {"role": Role.CADRE, "place": str(person.unit), "from": today, "to": None})
            for user, person in zip(users, people, strict=True)
        ),
        actor=actor,
        now=now,
    )
    return users


@transaction.atomic
def slips_issue(
    *, users: Iterable[User], issued_by: User, now: datetime
) -> tuple[dict[int, IssuedSlip], dict[int, Refused]]:
    """A fresh slip for each account, by primary key, and why some get none; earlier slips stop working."""
    today = local(now).date()
    rows = User.objects.select_for_update().filter(pk__in=[user.pk for user in users])
    locked = list(rows.order_by("pk"))
    held, more = selectors.roles_of(issued_by, today), selectors.more_than_cadres(locked, today)
    refused: dict[int, Refused] = {}
    for user in locked:
        try:
            if not user.is_active:
                raise Refused(_("This account is closed. Reopen it first."))
            check_issuers({user.pk: user.pk in more}, issuer=issued_by, held=held)
        except Refused as refusal:
            refused[user.pk] = refusal
    return _new_slips([user for user in locked if user.pk not in refused], issued_by, now), refused


def _new_slips(users: list[User], issued_by: User, now: datetime) -> dict[int, IssuedSlip]:
    earlier = Activation.objects.filter(user__in=users, used_at=None, withdrawn_at=None)
    withdrawn = set(earlier.values_list("user_id", flat=True))
    earlier.update(withdrawn_at=now)
    issued = {user.pk: IssuedSlip(tokens.new_token(), now + rules.SLIP_LIFETIME) for user in users}
    Activation.objects.bulk_create(
        Activation(
            user_id=pk,
            digest=slip_digest(slip.code),
            issued_by=issued_by,
            issued_at=now,
            expires_at=slip.expires_at,
        )
        for pk, slip in issued.items()
    )
    audit.record_each(
        verb="slip_issued",
        subjects=(
            (user, {"expires_at": issued[user.pk].expires_at, "earlier_withdrawn": user.pk in withdrawn})
            for user in users
        ),
        actor=issued_by,
        now=now,
    )
    return issued
