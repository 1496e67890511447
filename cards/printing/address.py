"""Where a printed code leads, for years: only to a permanent address of ours."""

import ipaddress

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import City
from common.problems import Refused


def card_url(token: str) -> str:
    """Upper case throughout, so that the QR code can use its denser alphanumeric mode."""
    return f"{settings.SITE_URL}/c/{token}".upper()


def refuse_city(city: City) -> None:
    """Raises Refused for what no document can do without (CARD-2, and codes that last for years)."""
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
