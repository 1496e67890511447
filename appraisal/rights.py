"""What can be answered, objected to and looked at again: who, until when, to whom, its outcome and its effect.

The table of docs/reviews.md, with a cadre’s own dates in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from appraisal import review_pages, reviewing
from appraisal.models import (
    AnnualResult,
    AppraisalSettings,
    LedgerEntry,
    MonthlyReport,
    Objection,
    ReportState,
    Sanction,
    SanctionState,
    YearSettings,
    YearState,
)
from appraisal.notifying.stages import month_name
from appraisal.reviewing import About
from appraisal.words import review as words
from attendance.models import Finding, FindingState, InspectionSettings
from cards.models import Cadre
from common import calendar
from common.templatetags.components import zh_date


@dataclass(frozen=True)
class Own:
    """What of one’s own can be answered or asked about now; without `until` its days have not begun."""

    title: str
    url: str
    until: date | None


@dataclass(frozen=True)
class Kind:
    """A row of the table."""

    key: str
    title: str
    way: str
    who: str
    until: str
    to_whom: str
    outcome: str
    effect: str
    own: Sequence[Own] = ()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [
            (_("By whom"), self.who),
            (_("Until when"), self.until),
            (_("To whom"), self.to_whom),
            (_("What comes of it"), self.outcome),
            (_("What it changes"), self.effect),
        ]


def of_cadre(cadre: Cadre, today: date) -> list[Kind]:
    """A constant number of queries."""
    settings = YearSettings.current()
    return [
        _findings(cadre, today),
        _months(cadre, today),
        _proposals(cadre, settings, today),
        _measures(cadre, settings, today),
        _years(cadre, settings, today),
        _appeals(cadre, settings, today),
    ]


# --- The record and the month -----------------------------------------------------------------------------------------


def _findings(cadre: Cadre, today: date) -> Kind:
    rows = Finding.objects.filter(
        cadre=cadre, state=FindingState.PROVISIONAL, defence_until__gte=today
    ).select_related("item")
    days = InspectionSettings.current().defence_days
    return Kind(
        "finding",
        _("A problem that was found"),
        _("Statement in defence"),
        _("Whoever it is about; for somebody without an account the unit’s officer enters it."),
        _("Within %(days)s working days of being told, until 24:00 of the last day.") % {"days": days},
        _(
            "The unit’s leading-group head, or an uninvolved member of the Efficiency Express; never who recorded it."
        ),
        _("It stands, or it is withdrawn."),
        _("What is withdrawn costs no point and is counted nowhere."),
        [
            Own(f"{zh_date(row.day)} {row.item}", reverse("my_finding", args=[row.pk]), row.defence_until)
            for row in rows
        ],
    )


def _months(cadre: Cadre, today: date) -> Kind:
    charged = LedgerEntry.objects.standing().filter(cadre=cadre)
    made = Objection.objects.counting().filter(entry__cadre=cadre)
    free = charged.exclude(finding__in=made.values("finding"))
    hanging = MonthlyReport.objects.filter(state=ReportState.PUBLISHED, published_until__gte=today)
    months = dict(free.order_by().values_list("unit", "month").distinct())
    reports = hanging.filter(unit__in=months).order_by("month")
    pairs = set(free.order_by().values_list("unit", "month"))
    own = [
        Own(month_name(row.month), reverse("my_month", args=[f"{row.month:%Y-%m}"]), row.published_until)
        for row in reports
        if (row.unit_id, row.month) in pairs
    ]
    days = AppraisalSettings.current().answer_days
    return Kind(
        "month",
        _("What a month counts"),
        _("Objection"),
        _("Whoever an entry is about; about the unit its officers and heads."),
        _("Until the publication in the unit ends, 24:00 of its last day; once for each entry."),
        _(
            "A head of the unit who had no hand in it, or an uninvolved member of the Efficiency Express; within "
            "%(days)s working days."
        )
        % {"days": days},
        _("It is sustained, or it is rejected, with the reason."),
        _(
            "A sustained entry is taken back, what it made dearer is judged anew, the money is released, and the next "
            "bulletin says the correction."
        ),
        own,
    )


# --- The ladder and the year ------------------------------------------------------------------------------------------


def _proposals(cadre: Cadre, settings: YearSettings, today: date) -> Kind:
    rows = _seen(cadre).filter(state=SanctionState.PROPOSED, defence_until__gte=today)
    return Kind(
        "proposal",
        _("A measure that is proposed"),
        _("Statement in defence"),
        _("Whoever it is about, before anybody decides; about the unit its officers and heads."),
        _("Within %(days)s working days of being told, until 24:00 of the last day.")
        % {"days": settings.defence_days},
        _("A head of the Efficiency Express who neither proposed nor recorded it."),
        _("It is decided, in a milder form too, or not pursued; never harsher than proposed."),
        _("What is not pursued is counted nowhere."),
        [
            Own(str(row.proposed_measure), reverse("my_sanction", args=[row.pk]), row.defence_until)
            for row in rows
        ],
    )


def _seen(cadre: Cadre) -> Any:
    """Nobody is told that a referral was thought of."""
    rows = Sanction.objects.exclude(state=SanctionState.REFERRED).filter(cadre=cadre)
    return rows.filter(proposed_measure__refers=False).select_related("measure", "proposed_measure", "unit")


def _measures(cadre: Cadre, settings: YearSettings, today: date) -> Kind:
    rows = list(_seen(cadre).filter(state__in=[SanctionState.DECIDED, SanctionState.SERVED]))
    return Kind(
        "measure",
        _("A measure that is decided"),
        _("Review"),
        _(
            "Whoever it is about; for somebody without an account the unit’s officer enters it; about the unit its "
            "officers and heads."
        ),
        _("Within %(days)s days of the day on which it was served, until 24:00 of the last day; once.")
        % {"days": settings.review_days},
        _("A member of the Efficiency Express who had no hand in it; within %(days)s days.")
        % {"days": settings.review_answer_days},
        _("It stands, or it is set aside, with the reason; never anything heavier. Asking suspends nothing."),
        _(
            "What is set aside counts nowhere, the year is computed without it, and the next bulletin says the number."
        ),
        _open(rows, "review", today),
    )


def _years(cadre: Cadre, settings: YearSettings, today: date) -> Kind:
    return Kind(
        "year",
        _("The annual result"),
        _("Review"),
        _("Whoever it is about; for somebody without an account the unit’s officer enters it."),
        _(
            "Within %(days)s days of the day on which the notice was handed over, until 24:00 of the last day; once."
        )
        % {"days": settings.review_days},
        _(
            "A member of the Efficiency Express who neither entered, proposed nor decided it; within %(days)s days."
        )
        % {"days": settings.review_answer_days},
        _("It stands, or the grade becomes better; never worse. Asking suspends nothing."),
        _("The result is put right, the notice is handed over anew, and the next bulletin says the number."),
        _open(_results(cadre), "review", today),
    )


def _results(cadre: Cadre) -> list[AnnualResult]:
    rows = AnnualResult.objects.filter(cadre=cadre, unit_result__state=YearState.DECIDED)
    return list(rows.select_related("unit", "unit_result"))


def _appeals(cadre: Cadre, settings: YearSettings, today: date) -> Kind:
    rows = list(_seen(cadre).filter(state__in=[SanctionState.DECIDED, SanctionState.SERVED]))
    return Kind(
        "appeal",
        _("A review that is decided"),
        _("Appeal"),
        _("Whoever asked for the review."),
        _("Within %(days)s days of its decision, until 24:00 of the last day; once.")
        % {"days": settings.appeal_days},
        _("The authority above; within %(days)s days. The Efficiency Express enters what it decided.")
        % {"days": settings.appeal_answer_days},
        _("As in a review, with the authority and its document; never anything heavier."),
        _("As after a review."),
        [*_open(rows, "appeal", today), *_open(_results(cadre), "appeal", today)],
    )


def _open(rows: Sequence[About], stage: str, today: date) -> list[Own]:
    if not rows:
        return []
    rights, found = reviewing.rights(rows, calendar.load({today.year - 1, today.year, today.year + 1})), []
    for row in rows:
        there = rights[row.pk]
        right = there[reviewing.Stage(stage)]
        if right.is_open(today) and review_pages.stage_now(there) == right.stage:
            found.append(Own(words.title(row), review_pages.address(row, own=True), right.until))
    return found
