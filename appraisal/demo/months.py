"""The months behind, each drafted on the 1st that followed and brought as far as it would have come by now: by the
verbs, at the instants at which it would have happened, one event after the other through all units."""

from datetime import date, datetime, time

from django.db.models import F
from django.utils.translation import gettext as _

from appraisal import notifying, rules
from appraisal.models import AppraisalSettings, LedgerEntry, MonthlyReport
from appraisal.services import closing
from attendance.models import InspectionSettings
from common import demo
from common.models import Notice
from common.rules import at

STEP = "appraisal months"
#: The clock drafts in the night of the first.
DRAFTING = time(0, 30)


def build(build: demo.Build) -> str:
    """Tell the months that have ended since the last time."""
    _begin(build)
    _draft(build)
    _read_old_news(build.now)
    return _("%(reports)s monthly reports, %(entries)s entries") % {
        "reports": f"{MonthlyReport.objects.count():,}",
        "entries": f"{LedgerEntry.objects.count():,}",
    }


def _begin(build: demo.Build) -> None:
    """The first whole month with sheets; when not one is over, the month before this, as far as it has any."""
    settings, _made = AppraisalSettings.objects.get_or_create(pk=1)
    if settings.begins is not None:
        return
    sheets_from = InspectionSettings.current().sheets_from or build.today
    month = rules.first_of(sheets_from)
    whole = month if month == sheets_from else rules.following(month)
    settings.begins = min(whole, rules.preceding(rules.first_of(build.today)))
    settings.save(update_fields=["begins"])


def drafting_of(month: date) -> datetime:
    return at(rules.following(month), DRAFTING)


def _draft(build: demo.Build) -> None:
    due = [month for month in closing.months_due(build.today) if drafting_of(month) <= build.now]
    rows = [(month, unit) for month in due for unit in closing.undrafted(month)]
    for number, (month, unit) in enumerate(rows, start=1):
        closing.month_draft(unit=unit, month=month, now=drafting_of(month))
        build.progress(number, len(rows))


def _read_old_news(now: datetime) -> None:
    """Nobody opens the demonstration to a hundred notices of long ago."""
    kinds = [kind.name for kind in notifying.KINDS]
    Notice.objects.filter(kind__in=kinds, read_at=None, created_at__lt=now).update(read_at=F("created_at"))
