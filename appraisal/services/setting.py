"""What the city sets for the month."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal import rules
from appraisal.models import AppraisalSettings, MonthlyReport
from appraisal.services.ledger import today as day_of
from common import audit
from common.problems import Refused
from common.versions import check_unchanged

SETTINGS = (
    "begins",
    "confirm_days",
    "publish_days",
    "publication_days",
    "report_days",
    "answer_days",
    "review_days",
    "bulletin_day",
    "issuer",
    "number_prefix",
)
#: Months that are over are drafted at once and stay sealed: farther back is a slip of the pen.
MONTHS_BACK = 12


def settings_facts(settings: AppraisalSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in SETTINGS}


def is_begun() -> bool:
    """From the first draft on the first month stays what it is."""
    return MonthlyReport.objects.exists()


@transaction.atomic
def settings_edit(
    *, values: dict[str, Any], seen: str | None = None, actor: User, now: datetime
) -> AppraisalSettings:
    """For what is drafted, taken and signed from now on; a month under way keeps its days."""
    AppraisalSettings.objects.get_or_create(pk=1)
    settings = AppraisalSettings.objects.select_for_update().get(pk=1)
    before = settings_facts(settings)
    changed = audit.differences(before, {name: values[name] for name in SETTINGS})
    if not changed:
        return settings
    check_unchanged(before, seen)
    if "begins" in changed:
        _check_begin(values["begins"], day_of(now))
    for name in changed:
        setattr(settings, name, values[name])
    settings.save(update_fields=list(changed))
    audit.record(verb="appraisal_settings_edited", subject=settings, actor=actor, now=now, changes=changed)
    return settings


def _check_begin(month: date | None, today: date) -> None:
    if is_begun():
        raise Refused(_("Months have been drafted: the first one can no longer be changed."), "begins")
    if month is None:
        return
    if month != rules.first_of(month):
        raise Refused(_("Months are counted whole: choose the first day of one."), "begins")
    this_month = rules.first_of(today)
    if len(rules.months_between(month, this_month)) > MONTHS_BACK + 1:
        raise Refused(_("Choose a month of the last year, this one or a later one."), "begins")
