from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import City, Unit
from cards.plaques import refuse_city
from cards.printing import PrintedUnit, print_unit, remove_file
from common.problems import Refused

KINDS = ("plaque",)


class Command(BaseCommand):
    help = _("Print the plaques of one unit or of all, one PDF file per unit.")

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--unit", metavar="CODE", help=_("code of one unit"))
        which.add_argument("--all", action="store_true", help=_("every unit in which somebody has a card"))
        parser.add_argument("--kind", choices=KINDS, required=True)
        parser.add_argument(
            "--output", metavar="DIR", type=Path, required=True, help=_("folder of the files")
        )

    def handle(self, *args: Any, **options: Any) -> str:
        folder: Path = options["output"]
        units = list(Unit.objects.all()) if options["all"] else [unit_of(options["unit"])]
        try:
            done = list(self.print_units(units, folder))
        except OSError as error:
            raise CommandError(
                _("Cannot write to %(folder)s: %(error)s.") % {"folder": folder, "error": error}
            ) from error
        return conclusion(done, folder)

    def print_units(self, units: Sequence[Unit], folder: Path) -> Iterator[PrintedUnit]:
        city = City.current()
        self.refuse_city(city, units, folder)
        folder.mkdir(parents=True, exist_ok=True)
        for position, unit in enumerate(units, start=1):
            self.progress(f"{position}/{len(units)} {unit.code} {unit.name}")
            done = print_unit(unit=unit, folder=folder, city=city, now=timezone.now())
            self.progress("")
            for problem in done.problems:
                self.note(unit, problem)
            self.note_removal(unit, done.removed)
            yield done

    def refuse_city(self, city: City, units: Sequence[Unit], folder: Path) -> None:
        """What is missing for all is one sentence, not one for each unit."""
        try:
            refuse_city(city)
        except Refused as refused:
            for unit in units:
                self.note_removal(unit, remove_file(unit, folder))
            raise CommandError(str(refused.sentence)) from refused

    def note(self, unit: Unit, sentence: str) -> None:
        self.stderr.write(f"{unit.code} {unit.name}：{sentence}")

    def note_removal(self, unit: Unit, removed: Path | None) -> None:
        if removed is not None:
            self.note(unit, _("The earlier file %(file)s was removed.") % {"file": removed.name})

    def progress(self, words: str) -> None:
        """One line that replaces itself, for a person who waits; a log has no use for it."""
        if self.stdout.isatty():
            self.stdout.write(f"\r\033[K{words}", ending="")
            self.stdout.flush()


def unit_of(code: str) -> Unit:
    unit = Unit.objects.filter(code__iexact=code.strip()).first()
    if unit is None:
        raise CommandError(_("There is no unit with the code “%(code)s”.") % {"code": code})
    return unit


def conclusion(done: Sequence[PrintedUnit], folder: Path) -> str:
    """The last line: what was done. Raises CommandError with it when a unit could not be printed."""
    printed = [unit for unit in done if unit.plaques]
    failed = sum(1 for unit in done if unit.problems)
    if not printed and not failed:
        raise CommandError(_("Nobody there has a valid card: nothing was printed."))
    plaques = sum(unit.plaques for unit in printed)
    words = _("Printed %(plaques)s of %(units)s into %(folder)s.") % {
        "plaques": ngettext("%(number)d plaque", "%(number)d plaques", plaques) % {"number": plaques},
        "units": ngettext("%(number)d unit", "%(number)d units", len(printed)) % {"number": len(printed)},
        "folder": folder,
    }
    if failed:
        problems = ngettext(
            "%(failed)d unit has problems and was not printed.",
            "%(failed)d units have problems and were not printed.",
            failed,
        ) % {"failed": failed}
        raise CommandError(f"{words} {problems}" if printed else problems)
    return words
