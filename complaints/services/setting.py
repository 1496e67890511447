"""What the city sets for complaints."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.problems import Refused
from common.versions import check_unchanged
from complaints.models import ComplaintSettings

SETTINGS = ("mode", "extension_days", "hotline", "discipline_line", "contact_months", "text_months")


def settings_facts(settings: ComplaintSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in SETTINGS}


@transaction.atomic
def settings_edit(
    *, values: dict[str, Any], seen: str | None = None, actor: User, now: datetime
) -> ComplaintSettings:
    """For what comes in from now on; cases keep the mode with which they began."""
    ComplaintSettings.objects.get_or_create(pk=1)
    settings = ComplaintSettings.objects.select_for_update().get(pk=1)
    before = settings_facts(settings)
    changed = audit.differences(before, {name: values[name] for name in SETTINGS})
    if not changed:
        return settings
    check_unchanged(before, seen)
    if values["text_months"] < values["contact_months"]:
        raise Refused(_("Texts are kept at least as long as contacts."), "text_months")
    for name in changed:
        setattr(settings, name, values[name])
    settings.save(update_fields=list(changed))
    audit.record(verb="complaint_settings_edited", subject=settings, actor=actor, now=now, changes=changed)
    return settings
