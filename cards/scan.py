"""The cadre who scans their own plaque changes it."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.access import access_of
from accounts.http import user_of
from accounts.permissions import TABLE
from cards.models import Card
from common import scans

MINE = "my_whereabouts"


def own_page(request: HttpRequest, card: Card) -> str | None:
    user = user_of(request)
    if card.cadre.user_id != user.pk or not access_of(user, timezone.localdate()).may(TABLE[MINE]):
        return None
    return reverse(MINE)


def register() -> None:
    scans.register(own_page, order=10)
