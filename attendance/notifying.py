"""Who hears of what. Nothing here says more than a title, a day and a place: the facts stand behind the link."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from attendance.models import Correction, FindingState
from common import notices

RECORDED = notices.Kind(
    "finding_recorded",
    title=_("A finding of %(day)s was recorded about you"),
    text=_("%(item)s. It is provisional: you may make a statement in defence until %(until)s."),
    url=lambda params: reverse("my_finding", args=[params["finding"]]),
)
DECIDED = notices.Kind(
    "finding_decided",
    title=_("The finding of %(day)s was decided"),
    text=_("%(item)s: %(decision)s."),
    url=lambda params: reverse("my_finding", args=[params["finding"]]),
    words=lambda params: {"decision": FindingState(params["decision"]).label},
)
UNIT_DECIDED = notices.Kind(
    "unit_finding_decided",
    title=_("The finding of %(day)s about the unit was decided"),
    text=_("%(unit)s, %(item)s: %(decision)s."),
    url=lambda params: reverse("finding", args=[params["finding"]]),
    words=lambda params: {"decision": FindingState(params["decision"]).label},
)
DEFENDED = notices.Kind(
    "finding_defended",
    title=_("A statement in defence waits for your decision"),
    text=_("%(unit)s, %(day)s."),
    url=lambda params: reverse("finding", args=[params["finding"]]),
)
DECIDABLE = notices.Kind(
    "finding_decidable",
    title=_("A finding waits for your decision"),
    text=_("%(unit)s, %(day)s: the days for a statement in defence are over."),
    url=lambda params: reverse("finding", args=[params["finding"]]),
)
SHEET_DUE = notices.Kind(
    "sheet_due",
    title=_("Today’s sheet has not been submitted"),
    text=_("%(unit)s, %(day)s."),
    url=lambda params: reverse("sheet", args=[params["code"]]),
    group=True,
)
SHEET_MISSING = notices.Kind(
    "sheet_missing",
    title=_("The daily sheet of %(day)s is missing"),
    text=_(
        "%(unit)s: a finding about the unit was recorded. A sheet kept on paper can still be entered until %(until)s."
    ),
    url=lambda params: reverse("finding", args=[params["finding"]]),
    group=True,
)
SPOT_ASSIGNED = notices.Kind(
    "spot_assigned",
    title=_("You are an inspector of a spot check"),
    text=_("It begins on %(day)s. Where it goes stays sealed until then for everybody else."),
    url=lambda params: reverse("spot_check", args=[params["spot_check"]]),
)
CORRECTION_ASKED = notices.Kind(
    "correction_asked",
    title=_("A correction of a round waits for a second person"),
    text=_("%(unit)s, %(day)s."),
    url=lambda params: reverse("correction", args=[params["correction"]]),
)
CORRECTION_DECIDED = notices.Kind(
    "correction_decided",
    title=_("A correction that you asked for was decided"),
    text=_("%(unit)s, %(day)s: %(decision)s."),
    url=lambda params: reverse("correction", args=[params["correction"]]),
    words=lambda params: {"decision": Correction.Decision(params["decision"]).label},
)
KINDS = (
    RECORDED,
    DECIDED,
    UNIT_DECIDED,
    DEFENDED,
    DECIDABLE,
    SHEET_DUE,
    SHEET_MISSING,
    SPOT_ASSIGNED,
    CORRECTION_ASKED,
    CORRECTION_DECIDED,
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def day_words(day: date) -> str:
    """As notices keep a day: it is put into words when it is read."""
    return day.isoformat()
