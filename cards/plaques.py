"""From a card to its printed plaque: gather, check, draw. Drawn anew each time, so no file outlives a card."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import City
from cards.documents.plaque import PlaqueContent, draw_plaques, facts, fingerprint
from cards.models import Cadre, Card, CardQuerySet, Office, PrintKind
from cards.selectors import place_of, with_place
from cards.services.printing import Print
from common.problems import Refused
from common.tokens import grouped


@dataclass(frozen=True)
class Sheet:
    """One plaque to be printed."""

    card: Card
    content: PlaqueContent

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.content)

    @property
    def printed(self) -> Print:
        return Print(self.card, PrintKind.PLAQUE, facts(self.content), self.fingerprint)


def card_url(token: str) -> str:
    """Upper case throughout, so that the QR code can use its denser alphanumeric mode."""
    return f"{settings.SITE_URL}/c/{token}".upper()


def printable(today: date) -> CardQuerySet:
    """The valid cards without those that lapse tonight (DESIGN §3)."""
    serving = Q(cadre__serves_to=None) | Q(cadre__serves_to__gte=today)
    return Card.objects.valid().filter(serving).select_related("cadre")


def sheets(cards: Iterable[Card], *, city: City, today: date) -> list[Sheet]:
    """What is to be printed for these cards, in the order given; the same few queries for one and for a thousand."""
    ordered = list(cards)
    people = with_place(Cadre.objects.filter(pk__in={card.cadre_id for card in ordered}), today)
    people = people.select_related("unit", "office", "stand_in__office").prefetch_related("posts", "duties")
    by_id = {cadre.pk: cadre for cadre in people}
    return [Sheet(card, _content(card, by_id[card.cadre_id], city, today)) for card in ordered]


def _content(card: Card, cadre: Cadre, city: City, today: date) -> PlaqueContent:
    office = place_of(cadre)
    return PlaqueContent(
        unit_name=cadre.unit.name,
        name=cadre.name,
        posts=_posts(cadre, office),
        duties=tuple(duty.text for duty in cadre.duties.all()),
        room=" ".join(part for part in (office.location, office.room) if part),
        office_name=office.name,
        office_phone=cadre.office_phone,
        stand_in=_stand_in(cadre.stand_in, today),
        unit_hotline=cadre.unit.hotline,
        city_hotline=city.express_hotline,
        serial=card.serial,
        url=card_url(card.token),
        code_text=grouped(card.token),
        photo=Path(default_storage.path(str(cadre.photo))) if cadre.photo else None,
        demo=city.is_demo,
    )


def _posts(cadre: Cadre, office: Office) -> tuple[str, ...]:
    """As below the name on the door: the primary post after the office, unless its title already names that."""
    titles = [post.title for post in cadre.posts.all()]
    if titles and not titles[0].startswith(office.name):
        titles[0] = f"{office.name} · {titles[0]}"
    return tuple(titles)


def _stand_in(cadre: Cadre | None, today: date) -> str:
    """As on the public page: who has left stands in for nobody."""
    return f"{cadre.name}\uff08{cadre.office.room}\uff09" if cadre and cadre.is_serving(today) else ""


def refuse_city(city: City) -> None:
    """Raises Refused for what no plaque can do without (CARD-2, and codes that last for years)."""
    if not city.is_demo and not has_permanent_address():
        raise Refused(no_address())
    if not city.express_hotline.strip():
        raise Refused(
            _("The city's Efficiency Express hotline is not entered, and every plaque must show it.")
        )


def no_address() -> str:
    return _(
        "The code on a plaque must stay good for years: set SITE_URL to the site's permanent https address first. "
        "It is now %(url)s."
    ) % {"url": settings.SITE_URL}


def has_permanent_address() -> bool:
    """An https name, not a number and not this machine."""
    host = settings.SITE_HOST
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return (
            settings.HTTPS
            and "." in host
            and not host.endswith((".localhost", ".local", ".invalid", ".test"))
        )
    return False


def write(sheets: Sequence[Sheet], out: BinaryIO, *, city: City) -> int:
    """Draw the plaques, one a page. Raises Refused with every problem, a line each, before a byte is written."""
    refuse_city(city)
    return draw_plaques((sheet.content for sheet in sheets), out)
