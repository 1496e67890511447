"""Points and money as people read them. They are kept as half-points and cents; no fraction is ever computed."""

from django import template
from django.utils.translation import gettext, ngettext

register = template.Library()
MINUS = "\u2212"


def _signed(value: int, text: str) -> str:
    return f"{MINUS}{text}" if value < 0 else text


@register.filter
def points_number(half_points: int) -> str:
    """1.5, with its decimal: for a column under the word “points”."""
    whole, half = divmod(abs(half_points), 2)
    return _signed(half_points, f"{whole}.{5 * half}")


@register.filter
def points(half_points: int) -> str:
    """1.5 分; whole ones without a decimal: 2 分."""
    number = points_number(half_points).removesuffix(".0")
    words = ngettext("%(number)s point", "%(number)s points", 1 if abs(half_points) == 2 else 2)
    return words % {"number": number}


@register.filter
def money_number(cents: int) -> str:
    """20.00."""
    whole, rest = divmod(abs(cents), 100)
    return _signed(cents, f"{whole}.{rest:02d}")


@register.filter
def money(cents: int) -> str:
    """20.00 元."""
    return gettext("%(number)s yuan") % {"number": money_number(cents)}
