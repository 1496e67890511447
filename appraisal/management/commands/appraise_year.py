from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal.services import years
from common.problems import Refused


class Command(BaseCommand):
    help = _(
        "Compute a year for every cadre and unit: figures, ceilings and bars, nobody’s grade. Safe to run twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", metavar="YYYY")

    def handle(self, *args: Any, **options: Any) -> str:
        year = year_of(options["year"])
        try:
            done = years.year_appraise(year=year, now=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused
        said = [
            ngettext("%(number)s cadre", "%(number)s cadres", done.cadres) % {"number": done.cadres},
            ngettext("%(number)s unit", "%(number)s units", done.units) % {"number": done.units},
            _("%(number)s changed") % {"number": done.changed},
            _("content %(hash)s") % {"hash": done.content_hash},
        ]
        return f"{year}：{'，'.join(said)}"


def year_of(text: str) -> int:
    digits = text.strip()
    if not (
        digits.isascii() and digits.isdecimal() and len(digits) == 4 and int(digits) >= date(2000, 1, 1).year
    ):
        raise CommandError(_("A year is written as 2026; “%(value)s” is none.") % {"value": text})
    return int(digits)
