"""Cadres and their accounts."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as accounts
from accounts.models import Role, User
from cards.models import Cadre
from cards.services.locking import locked
from common import audit
from common.problems import Refused
from common.rules import local


@transaction.atomic
def account_open(*, cadre: Cadre, actor: User, now: datetime) -> tuple[User, accounts.IssuedSlip]:
    """The cadre's account, made if there is none, and a fresh activation slip for it.

    Raises Refused when the person has left, or when the account is not for the unit to activate.
    """
    cadre = locked(cadre)
    today = local(now).date()
    if cadre.has_left(today):
        raise Refused(_("This person is no longer in service."))
    user = cadre.user
    if user is None:
        user = accounts.user_create(username=_free_username(cadre), name=cadre.name, actor=actor, now=now)
        accounts.membership_add(
            user=user,
            role=Role.CADRE,
            unit=cadre.unit,
            group=None,
            valid_from=today,
            valid_to=None,
            actor=actor,
            now=now,
        )
        account_link(cadre=cadre, user=user, actor=actor, now=now)
    return user, accounts.activation_issue(user=user, issued_by=actor, now=now)


def _free_username(cadre: Cadre) -> str:
    """d001.zhangsan, with a number behind it where namesakes have taken it."""
    # A character that the dictionary lacks stands in the pinyin as it is, and nobody can type it.
    readable = re.sub(r"[^a-z0-9]", "", cadre.pinyin) or cadre.pk
    base = f"{cadre.unit.code}.{readable}".lower()[:34]
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    number = 1
    while (name := base if number == 1 else f"{base}{number}") in taken:
        number += 1
    return name


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
