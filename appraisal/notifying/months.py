"""Who hears of a month's path. Nothing here names a person or says what a month comes to."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from appraisal.models import MonthlyReport, MonthTotal
from appraisal.notifying.stages import facts, holders, tell
from common import notices


def _month_page(params: Mapping[str, Any]) -> str:
    return reverse("month", args=[params["unit_code"], params["month"]])


def _own_page(params: Mapping[str, Any]) -> str:
    return reverse("my_month", args=[params["month"]])


CONFIRMED = notices.Kind(
    "month_confirmed",
    title=_("A confirmed month waits to be published in the unit"),
    text=_("%(unit)s, %(month_name)s: to be published by %(until)s."),
    url=_month_page,
)
PUBLISHED = notices.Kind(
    "month_published",
    title=_("Your month has been published in the unit"),
    text=_("%(month_name)s. An objection may be made until %(last_day)s 24:00."),
    url=_own_page,
)
OVER = notices.Kind(
    "month_publication_over",
    title=_("The publication of a month is over"),
    text=_("%(unit)s, %(month_name)s: to be reported to the city by %(until)s."),
    url=_month_page,
)
SENT_BACK = notices.Kind(
    "month_sent_back",
    title=_("The city has sent a month back"),
    text=_("%(unit)s, %(month_name)s: to be answered and reported again by %(until)s."),
    url=_month_page,
)
ACCEPTED = notices.Kind(
    "month_accepted",
    title=_("The city has accepted a month"),
    text=_("%(unit)s, %(month_name)s."),
    url=_month_page,
)
OF_CITY = notices.Kind(
    "month_step_of_the_city",
    title=_("The city takes a step of a unit’s month"),
    text=_("%(unit)s, %(month_name)s: the unit has nobody who may take it. Due by %(until)s."),
    url=_month_page,
)
IDLE = notices.Kind(
    "month_left_by_the_unit",
    title=_("A unit lets its month lie"),
    text=_(
        "%(unit)s, %(month_name)s: it was due by %(until)s. The Efficiency Express may take the step as well."
    ),
    url=_month_page,
)
NOBODY = notices.Kind(
    "month_has_nobody",
    title=_("Nobody may take the next step of a month"),
    text=_(
        "%(unit)s, %(month_name)s: everybody of the unit and of the Efficiency Express has a hand in it. Somebody else "
        "has to be named."
    ),
    url=lambda params: reverse("users") if params.get("accounts") else _month_page(params),
)
SOON = notices.Kind(
    "month_due_soon",
    title=_("A step of a month falls due"),
    text=_("%(unit)s, %(month_name)s: due by %(until)s."),
    url=_month_page,
)
OVERDUE = notices.Kind(
    "month_overdue",
    title=_("A step of a month is overdue"),
    text=_("%(unit)s, %(month_name)s: it was due by %(until)s."),
    url=_month_page,
)
REVIEWS = notices.Kind(
    "months_to_review",
    title=_("Reported months wait to be reviewed"),
    text=_("Due by tomorrow or overdue: %(count)s."),
    url=lambda params: f"{reverse('months')}?month={params['month']}&state=reported",
)
LATE = notices.Kind(
    "month_report_late",
    title=_("A month was not reported in time"),
    text=_("%(unit)s, %(month_name)s: a finding about the unit was recorded. It was due by %(last_day)s."),
    url=lambda params: reverse("finding", args=[params["finding"]]),
)
#: The commission has no page of findings: it asks the Express for the file.
REFERRED = notices.Kind(
    "month_referred",
    title=_("A month holds something that goes straight to the discipline inspection commission"),
    text=_("%(unit)s, %(month_name)s: the Efficiency Express hands the file over. It costs no points."),
    url=lambda params: (
        reverse("desk")
        if params.get("commission")
        else f"{reverse('findings')}?{urlencode({'unit': params['unit_id']})}"
    ),
)
KINDS = (
    *(CONFIRMED, PUBLISHED, OVER, SENT_BACK, ACCEPTED, OF_CITY),
    *(IDLE, NOBODY, SOON, OVERDUE, REVIEWS, LATE, REFERRED),
)


def register() -> None:
    for kind in KINDS:
        notices.register(kind)


def _unit(report: MonthlyReport, roles: Iterable[Role], now: datetime, without: int) -> set[int]:
    return holders(roles, [report.unit_id], now) - {without}


def confirmed(report: MonthlyReport, actor_id: int, now: datetime) -> None:
    to = _unit(report, [Role.LEADING_GROUP_HEAD], now, actor_id)
    tell(CONFIRMED, f"month:{report.pk}:confirmed", to, facts(report), now)


def published(report: MonthlyReport, now: datetime) -> None:
    """Whom the month has an entry about; the others find it in the unit's publication."""
    assert report.published_until is not None
    people = MonthTotal.objects.filter(report=report, cadre__user__isnull=False)
    to = people.values_list("cadre__user", flat=True)
    params = facts(report, last_day=report.published_until.isoformat())
    tell(PUBLISHED, f"month:{report.pk}:published", to, params, now)


def referred(report: MonthlyReport, about: Collection[int | None], now: datetime) -> None:
    """Names nobody; nor is it told to whom it is about."""
    heads = holders([Role.EXPRESS_HEAD], None, now) - set(about)
    commission = holders([Role.DISCIPLINE], None, now) - heads - set(about)
    key = f"month:{report.pk}:referred"
    tell(REFERRED, key, heads, facts(report, unit_id=report.unit_id), now)
    tell(REFERRED, key, commission, facts(report, commission=True), now)


def sent_back(report: MonthlyReport, actor_id: int, now: datetime) -> None:
    to = _unit(report, [Role.LEADING_GROUP_HEAD, Role.UNIT_OFFICER], now, actor_id)
    # It may come back more than once.
    tell(SENT_BACK, f"month:{report.pk}:sent_back:{now:%Y%m%d%H%M%S}", to, facts(report), now)


def accepted(report: MonthlyReport, actor_id: int, now: datetime) -> None:
    to = _unit(report, [Role.LEADING_GROUP_HEAD, Role.UNIT_OFFICER], now, actor_id)
    tell(ACCEPTED, f"month:{report.pk}:accepted", to, facts(report), now)
