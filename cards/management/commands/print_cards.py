from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import City, Unit
from cards.documents.contact import PLACES
from cards.models import PrintKind
from cards.printing.address import refuse_city
from cards.printing.files import PrintedUnit, print_unit, remove_file
from cards.printing.words import counted
from common.problems import Refused


class Command(BaseCommand):
    help = _(
        "Print the plaques, combined plaques or contact cards of one unit or of all, one PDF file per unit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--unit", metavar="CODE", help=_("code of one unit"))
        which.add_argument("--all", action="store_true", help=_("every unit in which somebody has a card"))
        parser.add_argument("--kind", choices=PrintKind.values, required=True)
        parser.add_argument(
            "--start",
            metavar="N",
            type=int,
            choices=PLACES,
            default=1,
            help=_("contact cards: first free place of the first sheet, 1 to 10"),
        )
        parser.add_argument(
            "--output", metavar="DIR", type=Path, required=True, help=_("folder of the files")
        )

    def handle(self, *args: Any, **options: Any) -> str:
        folder: Path = options["output"]
        kind = PrintKind(options["kind"])
        if options["start"] != 1 and kind != PrintKind.CONTACT:
            raise CommandError(_("--start is for contact cards only."))
        units = list(Unit.objects.all()) if options["all"] else [unit_of(options["unit"])]
        try:
            done = list(self.print_units(units, kind, folder, options["start"]))
        except OSError as error:
            raise CommandError(
                _("Cannot write to %(folder)s: %(error)s.") % {"folder": folder, "error": error}
            ) from error
        return conclusion(done, kind, folder)

    def print_units(
        self, units: Sequence[Unit], kind: PrintKind, folder: Path, start: int
    ) -> Iterator[PrintedUnit]:
        city = City.current()
        self.refuse_city(city, units, kind, folder)
        folder.mkdir(parents=True, exist_ok=True)
        for position, unit in enumerate(units, start=1):
            self.progress(f"{position}/{len(units)} {unit.code} {unit.name}")
            done = print_unit(unit=unit, kind=kind, folder=folder, city=city, now=timezone.now(), start=start)
            self.progress("")
            for sentence in (*done.problems, *done.notes):
                self.note(unit, sentence)
            self.note_removal(unit, done.removed)
            yield done

    def refuse_city(self, city: City, units: Sequence[Unit], kind: PrintKind, folder: Path) -> None:
        """What is missing for all is one sentence, not one for each unit."""
        try:
            refuse_city(city)
        except Refused as refused:
            for unit in units:
                self.note_removal(unit, remove_file(unit, kind, folder))
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


def conclusion(done: Sequence[PrintedUnit], kind: PrintKind, folder: Path) -> str:
    """The last line: what was done. Raises CommandError with it when a unit could not be printed."""
    printed = [unit for unit in done if unit.printed]
    failed = sum(1 for unit in done if unit.problems)
    if not printed and not failed:
        raise CommandError(_nothing(done))
    words = _("Printed %(documents)s of %(units)s into %(folder)s.") % {
        "documents": counted(kind, sum(unit.printed for unit in printed)),
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


def _nothing(done: Sequence[PrintedUnit]) -> str:
    if any(unit.notes for unit in done):
        return _("Nobody there shares a room: nothing was printed.")
    return _("Nobody there has a valid card: nothing was printed.")
