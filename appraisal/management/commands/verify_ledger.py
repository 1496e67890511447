import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Unit
from appraisal import printed, verifying

#: Standard input, as elsewhere.
STDIN = "-"
BROKEN, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = _("Check the ledger, everything counted from it, and what bulletins printed (docs/ledger.md).")

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--unit", metavar="CODE", help=_("one unit only"))
        which.add_argument(
            "--printed",
            metavar="FILE",
            nargs="?",
            const=STDIN,
            help=_(
                "compare with heads printed on a bulletin, a line each: code, number, hash; - reads them here"
            ),
        )
        parser.add_argument(
            "--export",
            metavar="FILE",
            type=Path,
            help=_("write the entries for docs/verify_ledger.py as well"),
        )

    def handle(self, *args: Any, **options: Any) -> str:
        unit = unit_of(options["unit"]) if options["unit"] else None
        heads = printed_heads(options["printed"]) if options["printed"] is not None else []
        verification = verifying.Verification(timezone.now(), unit, self.progress)
        try:
            with verifying.snapshot():
                breaks = self.verify(verification, heads)
                if options["export"]:
                    export(options["export"], unit)
        except (DatabaseError, LookupError, ValueError, TypeError) as error:
            # No database, or on SQLite what its types or foreign keys do not allow.
            sentence = _("The ledger cannot be read: %(error)s") % {"error": error}
            raise CommandError(sentence, returncode=UNUSABLE) from error
        return conclusion(verification, breaks)

    def verify(self, verification: verifying.Verification, heads: Sequence[printed.PrintedHead]) -> int:
        breaks = 0
        for fault in verification.faults():
            self.say(str(fault))
            breaks += 1
        for compared in verifying.compare(heads, verification.broken):
            self.say(compared.sentence)
            breaks += not compared.passes
        return breaks

    def say(self, words: str) -> None:
        self.progress(0)
        self.stdout.write(words)

    def progress(self, entries: int) -> None:
        """One line that replaces itself, for a person who waits; a log has no use for it."""
        if self.stdout.isatty():
            words = _("%(entries)s entries read") % {"entries": entries} if entries else ""
            self.stdout.write(f"\r\033[K{words}", ending="")
            self.stdout.flush()


def unit_of(code: str) -> Unit:
    unit = Unit.objects.filter(code__iexact=code.strip()).first()
    if unit is None:
        sentence = _("There is no unit with the code “%(code)s”.") % {"code": code}
        raise CommandError(sentence, returncode=UNUSABLE)
    return unit


def printed_heads(name: str) -> list[printed.PrintedHead]:
    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        heads = printed.read(decoded(data))
        verifying.known_units(heads)
    except (OSError, UnicodeDecodeError) as error:
        sentence = _("%(file)s cannot be read: %(error)s") % {"file": name, "error": error}
        raise CommandError(sentence, returncode=UNUSABLE) from error
    except printed.Unreadable as error:
        raise CommandError(str(error), returncode=UNUSABLE) from error
    return heads


def decoded(data: bytes) -> str:
    """UTF-8, or what an editor in a Chinese Windows writes."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def export(path: Path, unit: Unit | None) -> None:
    """Whole or not at all, and for nobody else's eyes: reasons are words about people."""
    half = path.with_name(f"{path.name}.part")
    try:
        half.unlink(missing_ok=True)
        # A new file and no other: what lies there may be a link, or open to others.
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for entry in verifying.entries_of(unit):
                file.write(verifying.canonical_line(entry) + b"\n")
        half.replace(path)
    except OSError as error:
        sentence = _("%(file)s cannot be written: %(error)s") % {"file": path, "error": error}
        raise CommandError(sentence, returncode=UNUSABLE) from error
    finally:
        half.unlink(missing_ok=True)


def conclusion(verification: verifying.Verification, breaks: int) -> str:
    """The last line. Raises CommandError with it when something is not whole."""
    if breaks:
        words = ngettext("%(number)s break found.", "%(number)s breaks found.", breaks)
        raise CommandError(words % {"number": breaks}, returncode=BROKEN)
    entries = ngettext("%(number)s ledger entry", "%(number)s ledger entries", verification.entries)
    units = ngettext("%(number)s unit", "%(number)s units", verification.units)
    return _("%(entries)s of %(units)s: whole.") % {
        "entries": entries % {"number": verification.entries},
        "units": units % {"number": verification.units},
    }
