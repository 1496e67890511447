"""A plaque scanned on duty: the inspector stands at the door, the officer before the person."""

from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.access import access_of
from accounts.http import user_of
from accounts.models import User
from accounts.permissions import TABLE
from attendance.models import OpenRound, SpotCheck
from cards import selectors as cards
from cards.models import Cadre, Card, Office
from common import scans
from common.rules import local


def _place(card: Card, now: datetime) -> Office | None:
    """Where the person of the card works today: the place checks."""
    today = local(now).date()
    people = cards.with_place(Cadre.objects.filter(pk=card.cadre_id).serving(today), today)
    cadre = people.first()
    return cards.place_of(cadre) if cadre is not None else None


def door_of_spot_check(request: HttpRequest, card: Card) -> str | None:
    """The newest spot check under way of this inspector that goes to the unit."""
    user, now = user_of(request), timezone.now()
    mine = SpotCheck.objects.under_way(now).filter(inspectors=user)
    if not mine.exists() or not access_of(user, local(now).date()).may(TABLE["spot_door"]):
        return None
    office = _place(card, now)
    check = office and mine.filter(units=office.unit_id).order_by("-begins_at", "-pk").first()
    return reverse("spot_door", args=[check.pk, office.pk]) if office and check else None


def line_of_round(request: HttpRequest, card: Card) -> str | None:
    """The person in today's round, for an officer of the unit where they work today."""
    user, now = user_of(request), timezone.now()
    access = access_of(user, local(now).date())
    if not access.may(TABLE["sheet"]):
        return None
    office = _place(card, now)
    if office is None or not access.scope(TABLE["sheet"]).allows_unit(office.unit_id):
        return None
    part = _part(user, office, now)
    # Also behind a round that was submitted: a scan begins another one.
    query = urlencode({**({"part": part} if part else {}), "again": "1"})
    return f"{reverse('sheet', args=[office.unit.code])}?{query}#person-{card.cadre_id}"


def _part(user: User, office: Office, now: datetime) -> str:
    """The part of which this officer has a round on the way, if the person sits in it; else the whole unit."""
    begun = OpenRound.objects.filter(unit=office.unit, day=local(now).date(), checker=user)
    parts = begun.order_by("-begun_at", "-pk").values_list("scope", flat=True)
    return next((part for part in parts if part in ("", office.location)), "")


def register() -> None:
    scans.register(door_of_spot_check, order=20)
    scans.register(line_of_round, order=30)
