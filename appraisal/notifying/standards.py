"""Who hears of a version of the standard: the heads who may adopt it, then everybody who records and decides by it."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from appraisal.models import Standard
from appraisal.notifying.stages import holders, tell
from common import notices

PROPOSED = notices.Kind(
    "standard_proposed",
    title=_("A version of the standard waits to be adopted"),
    text=_("Version %(version)s, to be in force from %(day)s: %(note)s"),
    url=lambda params: reverse("standard_preview", args=[params["version"]]),
)
ADOPTED = notices.Kind(
    "standard_adopted",
    title=_("A new standard is in force from %(day)s"),
    text=_("Version %(version)s: %(note)s"),
    url=lambda params: reverse("standard", args=[params["version"]]),
)
KINDS = (PROPOSED, ADOPTED)
#: Who reads the standard at work; cadres find it beside their month.
READERS = (
    Role.UNIT_OFFICER,
    Role.LEADING_GROUP_HEAD,
    Role.EXPRESS_STAFF,
    Role.EXPRESS_HEAD,
    Role.SUPERVISOR,
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def _params(standard: Standard) -> dict[str, object]:
    return {
        "version": standard.version,
        "day": standard.effective_from.isoformat(),
        "note": standard.note,
    }


def proposed(standard: Standard, now: datetime) -> None:
    heads = holders([Role.EXPRESS_HEAD], None, now) - {standard.proposed_by_id}
    tell(PROPOSED, f"standard:{standard.pk}:proposed", heads, _params(standard), now)


def adopted(standard: Standard, now: datetime) -> None:
    readers = holders(READERS, None, now) - {standard.adopted_by_id}
    tell(ADOPTED, f"standard:{standard.pk}:adopted", readers, _params(standard), now)
