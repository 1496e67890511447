"""Who hears of a bulletin: the Express that it waits, everybody it is about that it is out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from appraisal.models import Bulletin
from appraisal.notifying.stages import holders, month_name, tell
from common import notices


def _page(params: Mapping[str, Any]) -> str:
    return reverse("bulletin", args=[params["bulletin"]])


DRAFTED = notices.Kind(
    "bulletin_drafted",
    title=_("A bulletin waits to be signed"),
    text=_("%(month_name)s: look through the text, then the head of the Efficiency Express signs it."),
    url=_page,
)
SIGNED = notices.Kind(
    "bulletin_signed",
    title=_("A bulletin has been issued"),
    text=_("%(number)s, on %(month_name)s."),
    url=_page,
)
CORRECTED = notices.Kind(
    "bulletin_corrected",
    title=_("A bulletin has been corrected"),
    text=_("%(number)s, on %(month_name)s, takes the place of %(earlier)s."),
    url=_page,
)
KINDS = [DRAFTED, SIGNED, CORRECTED]
READERS = (
    *(Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD, Role.SUPERVISOR),
    *(Role.EXPRESS_STAFF, Role.EXPRESS_HEAD),
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def drafted(bulletin: Bulletin, now: datetime) -> None:
    to = holders([Role.EXPRESS_STAFF, Role.EXPRESS_HEAD], None, now)
    tell(DRAFTED, f"bulletin:{bulletin.pk}:drafted", to, _facts(bulletin), now)


def signed(bulletin: Bulletin, number: str, earlier: str, now: datetime) -> None:
    """`earlier` is the number of the one that it corrects."""
    kind, more = (CORRECTED, {"earlier": earlier}) if earlier else (SIGNED, {})
    facts = {**_facts(bulletin), "number": number, **more}
    tell(kind, f"bulletin:{bulletin.pk}:signed", holders(READERS, None, now), facts, now)


def _facts(bulletin: Bulletin) -> dict[str, Any]:
    return {"bulletin": bulletin.pk, "month_name": month_name(bulletin.month)}
