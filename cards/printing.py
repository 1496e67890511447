"""A unit's plaques as one file: complete and recorded, or not there at all."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import City, Unit
from cards import services
from cards.documents.plaque import check, draw_plaques
from cards.models import Card, CardQuerySet
from cards.plaques import Sheet, has_permanent_address, no_address, sheets
from common.problems import Refused
from common.rules import local


@dataclass(frozen=True)
class PrintedUnit:
    """What became of one unit: a file with so many plaques, or sentences on why there is none."""

    unit: Unit
    plaques: int = 0
    path: Path | None = None
    problems: tuple[str, ...] = ()


def printable(unit: Unit, today: date) -> CardQuerySet:
    """The valid cards of a unit in the order of its corridor, without those that lapse tonight (DESIGN §3)."""
    serving = Q(cadre__serves_to=None) | Q(cadre__serves_to__gte=today)
    cards = Card.objects.valid().filter(serving, cadre__unit=unit).select_related("cadre")
    return cards.order_by("cadre__office__room", "cadre__office__name", "cadre__pinyin", "pk")


def refuse_city(city: City) -> None:
    """Raises Refused for what no plaque of any unit can do without (CARD-2, and codes that last for years)."""
    if not city.is_demo and not has_permanent_address():
        raise Refused(no_address())
    if not city.express_hotline.strip():
        raise Refused(
            _("The city's Efficiency Express hotline is not entered, and every plaque must show it.")
        )


def print_unit(*, unit: Unit, folder: Path, city: City, now: datetime) -> PrintedUnit:
    """Draw every valid plaque of a unit into one file, all or none, and remember what the doors show from now on.

    Raises OSError when the file cannot be written.
    """
    today = local(now).date()
    drawn = sheets(printable(unit, today), city=city, today=today)
    found = problems(unit, drawn)
    if found or not drawn:
        return PrintedUnit(unit, problems=tuple(found))
    path = folder / file_name(unit)
    draft = folder / f".{path.name}.{os.getpid()}"
    try:
        with draft.open("xb") as out:
            pages = draw_plaques((sheet.content for sheet in drawn), out)
        _record(drawn, draft, path, now)
    except Refused as refused:
        return PrintedUnit(unit, problems=(f"{unit.code} {unit.name}: {refused.sentence}",))
    finally:
        draft.unlink(missing_ok=True)
    return PrintedUnit(unit, pages, path)


@transaction.atomic
def _record(drawn: Sequence[Sheet], draft: Path, path: Path, now: datetime) -> None:
    """The file takes its name only with its record, and only if no card was revoked while it was drawn."""
    cards = Card.objects.select_for_update().valid().filter(pk__in=[sheet.card.pk for sheet in drawn])
    still_valid = set(cards.values_list("pk", flat=True))
    revoked = [sheet.card.serial for sheet in drawn if sheet.card.pk not in still_valid]
    if revoked:
        sentence = ngettext(
            "Card %(serials)s was revoked while its plaque was being drawn: print again.",
            "Cards %(serials)s were revoked while their plaques were being drawn: print again.",
            len(revoked),
        )
        raise Refused(sentence % {"serials": "、".join(revoked)})
    services.plaques_printed(
        printed=[(sheet.card, sheet.fingerprint) for sheet in drawn], actor=None, now=now
    )
    draft.replace(path)


def problems(unit: Unit, drawn: Sequence[Sheet]) -> list[str]:
    """Sentences with unit and card number; what is wrong with all plaques alike, the hotline, is said once."""
    by_sheet = [(sheet, check(sheet.content)) for sheet in drawn]
    alike = [
        problem
        for problem in (by_sheet[0][1] if len(by_sheet) > 1 else [])
        if all(problem in found for _sheet, found in by_sheet)
    ]
    lines = [f"{unit.code} {unit.name}: {problem}" for problem in alike]
    return lines + [
        f"{unit.code} {sheet.card.serial} {sheet.content.name}: {problem}"
        for sheet, found in by_sheet
        for problem in found
        if problem not in alike
    ]


def file_name(unit: Unit) -> str:
    """Code and name; what no file system or shell likes becomes a hyphen."""
    parts = (re.sub(r"[^\w()（）·-]+", "-", part).strip("-") for part in (unit.code, unit.name))
    return "-".join(parts) + ".pdf"
