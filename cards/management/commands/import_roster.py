import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import City
from cards import roster, services
from common import audit
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
        given = evidence(options["file"], options["photos"])
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
            done = self.store(plan, given)
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused
        return conclusion(done.created, done.changed, done.unchanged)

    def store(self, plan: roster.Plan, given: dict[str, str]) -> services.Counts:
        """With a row of the audit trail that says which file it was; whoever may run commands has no account."""
        now = timezone.now()
        stored = services.roster_photos(plan=plan, progress=self.progress)
        with transaction.atomic():
            done = services.roster_import(plan=plan, stored=stored, actor=None, now=now)
            audit.record(
                verb="roster_imported",
                subject=City.current(),
                actor=None,
                now=now,
                changes=given | done.numbers,
            )
        return done

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


def evidence(file: Path, photos: Path | None) -> dict[str, str]:
    """Names and SHA-256, as of a roster that comes in through the browser; a folder has none."""
    found = {"file": file.name, "digest": _digest(file)}
    return found if photos is None else {**found, "photos": photos.name, "photos_digest": _digest(photos)}


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
