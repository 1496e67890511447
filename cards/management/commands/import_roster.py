from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cards import roster, services
from common import statistics
from common.problems import Refused


class Command(BaseCommand):
    help = _(
        "Enter the people of a roster (XLSX) and their photos: all of it, or nothing when a row is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.xlsx", type=Path)
        parser.add_argument(
            "--photos",
            metavar="DIR_OR_ZIP",
            type=Path,
            help=_("folder or ZIP file with the photos that the roster names"),
        )
        parser.add_argument(
            "--dry-run", action="store_true", help=_("say what would be done, and do nothing")
        )

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            plan = roster.look(
                options["file"],
                options["photos"],
                unit=None,
                today=timezone.localdate(),
                progress=self.progress,
            )
            self.tell(plan)
            if plan.problems:
                raise CommandError(_problems(len(plan.problems)))
            if options["dry_run"]:
                words = conclusion(len(plan.created), len(plan.changed), len(plan.unchanged))
                return _("Nothing was stored: %(words)s") % {"words": words}
            done = services.roster_import(plan=plan, actor=None, now=timezone.now(), progress=self.progress)
            statistics.refresh()
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused
        return conclusion(done.created, done.changed, done.unchanged)

    def tell(self, plan: roster.Plan) -> None:
        for note in plan.notes:
            self.stdout.write(str(note))
        for problem in plan.problems:
            self.stderr.write(str(problem))

    def progress(self, done: int, of: int) -> None:
        """One line that replaces itself, for a person who waits; a log has no use for it."""
        if self.stdout.isatty():
            words = _("Photo %(done)s of %(of)s") % {"done": done, "of": of} if done < of else ""
            self.stdout.write(f"\r\033[K{words}", ending="")
            self.stdout.flush()


def _problems(count: int) -> str:
    return ngettext(
        "%(count)d mistake: nothing has been stored.", "%(count)d mistakes: nothing has been stored.", count
    ) % {"count": count}


def conclusion(created: int, changed: int, unchanged: int) -> str:
    """In words for people, and in any language also in those that programs look for."""
    english = f"{created} created, {changed} changed, {unchanged} unchanged"
    words = _("%(created)d created, %(changed)d changed, %(unchanged)d unchanged") % {
        "created": created,
        "changed": changed,
        "unchanged": unchanged,
    }
    return words if words == english else f"{words} ({english})"
