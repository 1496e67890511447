"""Where to look first: lines under the table of accounts."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import demo as accounts
from cards import selectors
from cards.models import Cadre, Card
from common import demo


def build(build: demo.Build) -> str:
    build.notes.append(_("Sign in: %(address)s") % {"address": settings.SITE_URL + reverse("account_login")})
    cards = Card.objects.valid().select_related("cadre").order_by("pk")
    card = cards.filter(cadre__user__username=accounts.CADRE).first() or cards.first()
    if card is not None:
        _point_to(build, card)
    return ""


def _point_to(build: demo.Build, card: Card) -> None:
    facts = {"name": card.cadre.name, "address": _address("card", card.token)}
    build.notes.append(_("Public card of %(name)s: %(address)s") % facts)
    away = _somebody_away(build, card)
    if away is not None:
        facts = {"name": away.cadre.name, "address": _address("card", away.token)}
        build.notes.append(_("Public card of %(name)s, not at post now: %(address)s") % facts)
    office = selectors.place_of(selectors.with_place(Cadre.objects.filter(pk=card.cadre_id), build.today)[0])
    facts = {"room": f"{office.unit} {office.room}", "address": _address("door", office.door_token)}
    build.notes.append(_("Door screen of %(room)s: %(address)s") % facts)
    facts = {"user": accounts.OFFICER, "address": _address("cadre", card.cadre_id)}
    build.notes.append(_("Door plaque to print (sign in as “%(user)s”): %(address)s") % facts)


def _somebody_away(build: demo.Build, card: Card) -> Card | None:
    people = selectors.with_place(Cadre.objects.filter(unit=card.cadre.unit_id), build.today)
    status = selectors.statuses(people, build.now)
    away = [pk for pk, said in status.items() if said.declared is not None and not said.is_present]
    return Card.objects.valid().filter(cadre__in=away).select_related("cadre").order_by("pk").first()


def _address(name: str, argument: object) -> str:
    return settings.SITE_URL + reverse(name, args=[argument])
