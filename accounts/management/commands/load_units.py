from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services, unit_file
from accounts.seeds import UNITS
from common.problems import Refused


class Command(BaseCommand):
    help = _("Enter the units of a CSV file that are not there yet; those that are stay as they are.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            metavar="FILE.csv",
            type=Path,
            nargs="?",
            default=UNITS,
            help=_("columns %(columns)s; without it, the city's own list")
            % {"columns": ",".join(unit_file.COLUMNS)},
        )

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            reading = unit_file.read(options["file"])
            if reading.problems:
                raise CommandError("\n".join([*reading.problems, _("Nothing has been entered.")]))
            made, different = services.units_load(units=reading.units, now=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused
        if different:
            self.stdout.write(
                _("Left as they are, though the file says otherwise: %(codes)s.")
                % {"codes": "、".join(unit.code for unit in different)}
            )
        return _("Units: %(made)s entered, %(there)s there already.") % {
            "made": len(made),
            "there": len(reading.units) - len(made),
        }
