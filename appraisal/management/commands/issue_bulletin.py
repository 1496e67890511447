from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal import bulletin_files
from appraisal.bulletins import content as printed
from appraisal.bulletins.outline import DRAFT
from appraisal.management.commands.close_month import month_of
from appraisal.models import Bulletin
from appraisal.services import bulletins
from common.problems import Refused


class Command(BaseCommand):
    help = _("Write a month’s bulletin as PDF, DOCX and XLSX, and its public version as PDF, into a folder.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")
        parser.add_argument(
            "--output", metavar="DIR", type=Path, required=True, help=_("folder of the files")
        )

    def handle(self, *args: Any, **options: Any) -> str:
        month, folder = month_of(options["month"]), options["output"]
        bulletin = self.bulletin(month)
        try:
            content = bulletins.content_of(bulletin, timezone.now())
        except bulletins.Changed as changed:
            sentence = _("What is stored of the bulletin of %(month)s is not what was signed.")
            raise CommandError(sentence % {"month": f"{month:%Y-%m}"}) from changed
        try:
            folder.mkdir(parents=True, exist_ok=True)
            written = bulletin_files.write_all(content, folder)
            remove_drafts(content, written, folder)
        except OSError as error:
            words = {"folder": folder, "error": error}
            raise CommandError(_("Cannot write to %(folder)s: %(error)s.") % words) from error
        return conclusion(content, written, folder)

    def bulletin(self, month: date) -> Bulletin:
        """The one in force; where there is none yet it is drafted."""
        there = bulletins.in_force(month)
        if there is not None:
            return there
        try:
            return bulletins.bulletin_draft(month=month, now=timezone.now())[0]
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused


def remove_drafts(content: printed.Bulletin, written: list[Path], folder: Path) -> None:
    """Nobody hands on a draft beside the signed bulletin."""
    if content.number_text is None:
        return
    for path in written:
        path.with_name(path.name.replace(content.number_text, DRAFT)).unlink(missing_ok=True)


def conclusion(content: printed.Bulletin, written: list[Path], folder: Path) -> str:
    words = {"files": "、".join(path.name for path in written), "folder": folder}
    if content.number_text is None:
        return _("Draft, not signed: wrote %(files)s into %(folder)s.") % words
    return _("%(number)s, code %(code)s: wrote %(files)s into %(folder)s.") % {
        **words,
        "number": content.number_text,
        "code": content.code,
    }
