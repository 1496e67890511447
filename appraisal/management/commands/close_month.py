from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Unit
from appraisal import chain
from appraisal.models import MonthlyReport
from appraisal.services import closing
from attendance.rules import month_named
from common.problems import Refused


class Command(BaseCommand):
    help = _("Draft a month of one unit or of all: what the clock does on the first. Safe to run twice.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")
        parser.add_argument("--unit", metavar="CODE", help=_("code of one unit"))

    def handle(self, *args: Any, **options: Any) -> str:
        month = month_of(options["month"])
        try:
            closing.check_month(month, timezone.localdate())
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused
        reports, made, failed = self.draft(units_of(month, options["unit"]), month)
        said = conclusion(reports, month, made)
        if failed:
            words = ngettext("%(number)s unit was not drafted.", "%(number)s units were not drafted.", failed)
            raise CommandError(f"{said}\n{words % {'number': failed}}")
        return said

    def draft(self, units: list[Unit], month: date) -> tuple[list[MonthlyReport], int, int]:
        """Each unit whole or not at all; one that cannot be drafted keeps no other from it."""
        reports, made, failed = [], 0, 0
        for position, unit in enumerate(units, start=1):
            self.progress(f"{position}/{len(units)} {unit.code} {unit.name}")
            try:
                report, new = closing.month_draft(unit=unit, month=month, now=timezone.now())
            except (Refused, closing.Altered) as error:
                self.progress("")
                self.stderr.write(f"{unit.code} {unit.name}：{why(error)}")
                failed += 1
                continue
            reports.append(report)
            made += new
        self.progress("")
        return reports, made, failed

    def progress(self, words: str) -> None:
        """One line that replaces itself, for a person who waits; a log has no use for it."""
        if self.stdout.isatty():
            self.stdout.write(f"\r\033[K{words}", ending="")
            self.stdout.flush()


def why(error: Refused | closing.Altered) -> str:
    if isinstance(error, Refused):
        return str(error.sentence)
    return _("The ledger is not what it was when the month was drafted. Run verify_ledger.")


def month_of(text: str) -> date:
    month = month_named(text.strip())
    if month is None:
        raise CommandError(_("A month is written as 2026-11; “%(value)s” is none.") % {"value": text})
    return month


def units_of(month: date, code: str | None) -> list[Unit]:
    """In the order of their codes."""
    units = list(closing.units_of(month))
    if code is None:
        if not units:
            raise CommandError(_("No unit had a month in %(month)s.") % {"month": f"{month:%Y-%m}"})
        return units
    found = [unit for unit in units if unit.code.casefold() == code.strip().casefold()]
    if found:
        return found
    if not Unit.objects.filter(code__iexact=code.strip()).exists():
        raise CommandError(_("There is no unit with the code “%(code)s”.") % {"code": code})
    words = {"code": code, "month": f"{month:%Y-%m}"}
    raise CommandError(_("The unit “%(code)s” had no month in %(month)s.") % words)


def conclusion(reports: list[MonthlyReport], month: date, made: int) -> str:
    """The last line: the same hash however often it runs, as long as nobody has touched what is sealed."""
    contents = {report.unit.code: report.content_hash for report in reports}
    counts = [
        ngettext("%(number)s unit", "%(number)s units", len(reports)) % {"number": len(reports)},
        _("%(number)s drafted now") % {"number": made},
        ngettext("%(number)s entry", "%(number)s entries", _entries(reports)) % {"number": _entries(reports)},
    ]
    content = chain.digest({"month": month, "units": contents})
    return f"{month:%Y-%m}：{'，'.join(counts)}，" + _("content %(hash)s") % {"hash": content}


def _entries(reports: list[MonthlyReport]) -> int:
    return sum(report.entries + report.corrections for report in reports)
