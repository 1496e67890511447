"""What the Express hears of a case: that it came in, that somebody must act on it, and that its time runs out.

Titles say nothing of a case, and texts only its number and its last day: whoever is told may open it, and nobody with
an interest in it is told. What the accused and the unit hear stands in notifying_hearing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from attendance.models import Finding
from common import notices
from common.models import Notice
from complaints import rules
from complaints.models import Complaint
from complaints.rules import Stage


def _page(params: Mapping[str, Any]) -> str:
    return reverse("complaint", args=[params["number"]])


BY_END_OF = _("%(number)s: to be closed and answered by the end of %(day)s.")
WAS_UNTIL = _("%(number)s: it was to be closed and answered by the end of %(day)s.")
RECEIVED = notices.Kind("complaint_received", title=_("A complaint came in"), text=BY_END_OF, url=_page)
ASSIGNED = notices.Kind(
    "complaint_assigned", title=_("A complaint was given to you to handle"), text=BY_END_OF, url=_page
)
RETURNED = notices.Kind(
    "complaint_returned", title=_("A unit has returned a complaint"), text=BY_END_OF, url=_page
)
SUBMITTED = notices.Kind(
    "complaint_submitted",
    title=_("An answer waits for a second pair of eyes"),
    text=BY_END_OF,
    url=_page,
)
SENT_BACK = notices.Kind(
    "complaint_sent_back", title=_("An answer of yours was sent back"), text=BY_END_OF, url=_page
)
#: How many, and not which: each reader may know of others.
IMPORTED = notices.Kind(
    "complaints_imported",
    title=_("Work orders of 12345 came in"),
    text=_("New in the queue: %(number)s."),
    url=lambda _params: reverse("complaints"),
)
HANDED_BACK = notices.Kind(
    "complaint_handed_back", title=_("A complaint waits for another handler"), text=BY_END_OF, url=_page
)
REFERRED = notices.Kind(
    "complaint_referred", title=_("A case was referred to you"), text=_("%(number)s."), url=_page
)
#: By stage: who handles the case, or the Express; a day after the end its heads.
STAGES: Mapping[Stage, notices.Kind] = {
    Stage.DAY_LEFT: notices.Kind(
        "complaint_day_left", title=_("A complaint has 24 hours left"), text=BY_END_OF, url=_page
    ),
    Stage.HOURS_LEFT: notices.Kind(
        "complaint_hours_left", title=_("A complaint has 4 hours left"), text=BY_END_OF, url=_page
    ),
    Stage.OVERDUE: notices.Kind(
        "complaint_overdue", title=_("A complaint is overdue"), text=WAS_UNTIL, url=_page
    ),
    Stage.DAY_OVERDUE: notices.Kind(
        "complaint_day_overdue",
        title=_("A complaint has been overdue for a day"),
        text=WAS_UNTIL,
        url=_page,
    ),
}
#: To the unit that verified: that there is a finding, and nothing of a case.
UNIT_OVERDUE = notices.Kind(
    "unit_overdue_found",
    title=_("A finding about the unit was recorded"),
    text=_("%(unit)s, %(day)s. A statement in defence can be made until %(until)s."),
    url=lambda params: reverse("finding", args=[params["finding"]]),
)
KINDS = (
    RECEIVED,
    IMPORTED,
    ASSIGNED,
    RETURNED,
    SUBMITTED,
    SENT_BACK,
    HANDED_BACK,
    REFERRED,
    *STAGES.values(),
    UNIT_OVERDUE,
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def of_case(kind: notices.Kind, case: Complaint, to: Iterable[int], now: datetime) -> int:
    """About the move that the case has just made; whoever has an interest must not be among `to`."""
    key = f"complaint:{case.number}:{kind.name}:{case.revision}"
    return notices.send(kind=kind.name, key=key, to=to, params=_facts(case), now=now)


def forget(cases: QuerySet[Complaint], users: Iterable[int] | None = None, but: Iterable[int] = ()) -> None:
    """Nothing of these cases stands any longer in the lists of these people, or of all but some, and what waits in the
    outbox is not sent: whoever must not know of a case has no notice of it either."""
    found = Q(pk__in=[])
    for number in cases.order_by().values_list("number", flat=True):
        found |= Q(key__startswith=f"complaint:{number}:")
    rows = Notice.objects.filter(found).exclude(user__in=list(but))
    (rows if users is None else rows.filter(user__in=list(users))).delete()


def imported(token: str, number: int, to: Iterable[int]) -> notices.Message:
    """Of one sheet to those who may know of this many of its cases."""
    return notices.Message(IMPORTED.name, f"hotline:{token}:{number}", to, {"number": number})


def stage(case: Complaint, reached: Stage, to: Iterable[int]) -> notices.Message:
    """Once for each due instant of a case."""
    key = f"complaint:{case.number}:{reached.value}:{rules.last_day(case.due_at)}"
    return notices.Message(STAGES[reached].name, key, to, _facts(case))


def unit_overdue(finding: Finding, to: Iterable[int]) -> notices.Message:
    facts = {
        "finding": finding.pk,
        "unit": finding.unit.name,
        "day": finding.day.isoformat(),
        "until": finding.defence_until.isoformat() if finding.defence_until else "",
    }
    return notices.Message(UNIT_OVERDUE.name, f"finding:{finding.pk}:recorded", to, facts)


def _facts(case: Complaint) -> dict[str, Any]:
    return {"number": case.number, "day": rules.last_day(case.due_at).isoformat()}
