"""How many of which kind, in words."""

from django.utils.translation import ngettext

from cards.models import PrintKind


def counted(kind: PrintKind, number: int) -> str:
    if kind == PrintKind.COMBINED:
        words = ngettext("%(number)d combined plaque", "%(number)d combined plaques", number)
    elif kind == PrintKind.CONTACT:
        words = ngettext("%(number)d contact card", "%(number)d contact cards", number)
    else:
        words = ngettext("%(number)d plaque", "%(number)d plaques", number)
    return words % {"number": number}
