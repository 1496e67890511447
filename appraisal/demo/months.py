"""The months behind, from the draft to the bulletin, as far as they have come by now (appraisal/demo/story.py)."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from appraisal import rules
from appraisal.demo.story import Story
from appraisal.models import AppraisalSettings, LedgerEntry, MonthlyReport
from attendance.models import InspectionSettings
from common import demo
from common.models import Notice
from common.rules import at, local

STEP = "appraisal months"
#: By then everybody has looked.
READ_AFTER = timedelta(days=3)
#: What the months' notices are about; others are none of this step's business.
KINDS = ("month", "objection_", "my_objection", "withholding_", "my_withholding", "bulletin_", "standard_")


def build(build: demo.Build) -> str:
    """Tell what has happened since the last start."""
    before = build.marked(STEP)
    settings = _begin(build)
    assert settings.begins is not None
    since = datetime.fromisoformat(before["until"]) if before else at(settings.begins, datetime.min.time())
    Story(build.now, since, build.progress).tell()
    if before is None or local(since).date() < build.today:
        build.mark(STEP, until=build.now.isoformat())
    _read_old_news(build.now)
    return _("%(reports)s monthly reports, %(entries)s entries") % {
        "reports": f"{MonthlyReport.objects.count():,}",
        "entries": f"{LedgerEntry.objects.count():,}",
    }


def _begin(build: demo.Build) -> AppraisalSettings:
    """The first whole month with sheets; when not one is over, the month before this, as far as it has any."""
    settings, _made = AppraisalSettings.objects.get_or_create(pk=1)
    if settings.begins is None:
        sheets_from = InspectionSettings.current().sheets_from or build.today
        month = rules.first_of(sheets_from)
        whole = month if month == sheets_from else rules.following(month)
        settings.begins = min(whole, rules.preceding(rules.first_of(build.today)))
        settings.save(update_fields=["begins"])
    return settings


def _read_old_news(now: datetime) -> None:
    """Nobody opens the demonstration to a hundred notices of long ago."""
    old = Notice.objects.filter(read_at=None, created_at__lt=now - READ_AFTER)
    for kind in KINDS:
        old.filter(kind__startswith=kind).update(read_at=F("created_at"))
