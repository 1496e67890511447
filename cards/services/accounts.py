"""Cadres and their accounts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import many
from accounts import services as accounts
from accounts.models import Unit, User
from cards.models import Cadre
from cards.services.locking import locked, locked_together
from common import audit
from common.problems import Refused
from common.rules import local

ACTIVATED = _("This account has been activated: issue a new slip on the person's own page.")


@dataclass(frozen=True)
class Opened:
    """What became of one person: their account and a fresh slip, or why there is none."""

    cadre: Cadre
    user: User | None = None
    slip: accounts.IssuedSlip | None = None
    refused: Refused | None = None


def account_open(*, cadre: Cadre, actor: User, now: datetime) -> tuple[User, accounts.IssuedSlip]:
    """The cadre's account, made if there is none, and a fresh activation slip for it.

    Raises Refused when the person has left, or when the account is not for the unit to activate.
    """
    (opened,) = accounts_open(cadres=[cadre], actor=actor, now=now, renew=True)
    if opened.refused is not None:
        raise opened.refused
    assert opened.user is not None
    assert opened.slip is not None
    return opened.user, opened.slip


@transaction.atomic
def accounts_open(
    *, cadres: Iterable[Cadre], actor: User, now: datetime, renew: bool = False
) -> list[Opened]:
    """Accounts, made where there are none, and fresh activation slips for many, in the order given.

    An account that has been activated gets a slip only with `renew`: for somebody who has forgotten the password,
    not because a whole list was ticked.
    """
    order = [cadre.pk for cadre in cadres]
    people = locked_together(Cadre.objects.filter(pk__in=order))
    serving = [people[pk] for pk in order if not people[pk].has_left(local(now).date())]
    units = Unit.objects.in_bulk({cadre.unit_id for cadre in serving})
    users = User.objects.in_bulk([cadre.user_id for cadre in serving if cadre.user_id])
    users |= {
        user.pk: user
        for user in _opened([c for c in serving if c.user_id is None], units, actor=actor, now=now)
    }
    fresh = [user for user in users.values() if renew or not user.has_usable_password()]
    slips, refused = many.slips_issue(users=fresh, issued_by=actor, now=now)
    return [_outcome(people[pk], users, slips, refused) for pk in order]


def _outcome(
    cadre: Cadre,
    users: dict[int, User],
    slips: dict[int, accounts.IssuedSlip],
    refused: dict[int, Refused],
) -> Opened:
    user = users.get(cadre.user_id or 0)
    if user is None:
        return Opened(cadre, refused=Refused(_("This person is no longer in service.")))
    if user.pk in slips:
        return Opened(cadre, user, slips[user.pk])
    return Opened(cadre, user, refused=refused.get(user.pk) or Refused(ACTIVATED))


def _opened(cadres: list[Cadre], units: dict[int, Unit], *, actor: User, now: datetime) -> list[User]:
    """Accounts for those who have none; their rows are locked, so that no two accounts are for one person."""
    if not cadres:
        return []
    names = _free_usernames(cadres, units)
    new = [many.NewCadre(names[cadre.pk], cadre.name, units[cadre.unit_id]) for cadre in cadres]
    users = many.cadre_users_create(people=new, actor=actor, now=now)
    for cadre, user in zip(cadres, users, strict=True):
        cadre.user = user
    Cadre.objects.bulk_update(cadres, ["user"])
    audit.record_each(
        verb="account_linked",
        subjects=((cadre, {"username": names[cadre.pk]}) for cadre in cadres),
        actor=actor,
        now=now,
    )
    return users


def _free_usernames(cadres: list[Cadre], units: dict[int, Unit]) -> dict[int, str]:
    """d001.zhangsan, with a number behind it where namesakes have taken it."""
    ours = reduce(or_, (Q(username__istartswith=f"{unit.code}.") for unit in units.values()))
    taken = {name.lower() for name in User.objects.filter(ours).values_list("username", flat=True)}
    names = {}
    for cadre in cadres:
        # A character that the dictionary lacks stands in the pinyin as it is, and nobody can type it.
        readable = re.sub(r"[^a-z0-9]", "", cadre.pinyin) or cadre.pk
        base, number = f"{units[cadre.unit_id].code}.{readable}".lower()[:34], 1
        while (name := base if number == 1 else f"{base}{number}") in taken:
            number += 1
        names[cadre.pk] = name
        taken.add(name)
    return names


def account_link(*, cadre: Cadre, user: User, actor: User, now: datetime) -> Cadre:
    """Give a cadre their account. One account belongs to one cadre."""
    try:
        with transaction.atomic():
            cadre = locked(cadre)
            if cadre.user_id is not None:
                raise Refused(_("This person already has an account."))
            cadre.user = user
            cadre.save(update_fields=["user"])
            audit.record(
                verb="account_linked",
                subject=cadre,
                actor=actor,
                now=now,
                changes={"username": user.username},
            )
    except IntegrityError as error:
        raise Refused(_("This account already belongs to another person.")) from error
    return cadre
