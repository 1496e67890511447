"""What the city sets for the ladder and the year, where the scheme is silent."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from appraisal.models import YearSettings
from appraisal.services import years
from common import audit
from common.versions import check_unchanged

SETTINGS = (
    "minimum_headcount",
    "minimum_months",
    "sheets_percent",
    "agreement_percent",
    "bonus_months",
    "excellent_percent",
    "approved_percent",
    "notice_days",
    "defence_days",
    "review_days",
    "review_answer_days",
    "appeal_days",
    "appeal_answer_days",
    "decision_prefix",
)


def settings_facts(settings: YearSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in SETTINGS}


@transaction.atomic
def year_settings_edit(
    *, values: dict[str, Any], seen: str | None = None, actor: User, now: datetime
) -> YearSettings:
    """For what is computed and begun from now on: a step under way keeps its days, and a year that hangs in some unit,
    or is over and computed, its terms (YearTerms)."""
    years.alone()
    settings = YearSettings.objects.get(pk=1)
    before = settings_facts(settings)
    changed = audit.differences(before, {name: values[name] for name in SETTINGS})
    if not changed:
        return settings
    check_unchanged(before, seen)
    for name in changed:
        setattr(settings, name, values[name])
    settings.save(update_fields=list(changed))
    audit.record(verb="year_settings_edited", subject=settings, actor=actor, now=now, changes=changed)
    return settings
