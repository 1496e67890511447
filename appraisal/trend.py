"""Findings, points and money of the last twelve months, as a chart and as the table under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Min, Sum
from django.utils.translation import gettext as _

from appraisal import rules
from appraisal.models import MonthTotal, WithholdingProposal
from appraisal.models.months import ReportQuerySet
from common import charts

MONTHS = 12


@dataclass
class Month:
    """Sums over the entries of a month, by what was charged in it; what it put right of others stands beside."""

    month: date
    entries: int = 0
    half_points: int = 0
    corrected_half_points: int = 0
    proposed_cents: int = 0
    released_cents: int = 0

    @property
    def points(self) -> float:
        return self.half_points / 2


def read(reports: ReportQuerySet) -> list[Month]:
    """At most the last twelve months, from the first that these reports have. Three queries for any number of units."""
    drafted = reports.aggregate(first=Min("month"), last=Max("month"))
    if drafted["last"] is None:
        return []
    months = rules.months_between(drafted["first"], drafted["last"])[-MONTHS:]
    found = {month: Month(month) for month in months}
    own = reports.filter(month__in=found).order_by().values("pk")
    totals = MonthTotal.objects.filter(report__in=own).order_by().values("report__month")
    for row in totals.annotate(
        entries_=Sum("entries"), points_=Sum("half_points"), corrected_=Sum("corrected_half_points")
    ):
        month = found[row["report__month"]]
        month.entries, month.half_points = row["entries_"], row["points_"]
        month.corrected_half_points = row["corrected_"]
    proposals = WithholdingProposal.objects.filter(report__in=own).order_by().values("report__month")
    for money in proposals.annotate(proposed_=Sum("amount_cents"), released_=Sum("released_cents")):
        month = found[money["report__month"]]
        month.proposed_cents, month.released_cents = money["proposed_"], money["released_"]
    return list(found.values())


def chart(months: Sequence[Month], whose: str) -> charts.Chart:
    points, entries = _("Points deducted"), _("Findings counted")
    return charts.line_chart(
        "trend",
        _("%(whose)s, month by month") % {"whose": whose},
        " ".join(_said(month) for month in months),
        [label(month.month, months[0].month) for month in months],
        [
            charts.Series(points, [month.points for month in months]),
            charts.Series(entries, [month.entries for month in months]),
        ],
    )


def _said(month: Month) -> str:
    return _("%(month)s: %(points)s points, %(entries)s findings.") % {
        "month": f"{month.month:%Y-%m}",
        "points": f"{month.points:.1f}",
        "entries": month.entries,
    }


def label(month: date, first: date) -> str:
    """With the year below where the scale or a year begins."""
    return f"{month:%m}\n{month:%Y}" if month == first or month.month == 1 else f"{month:%m}"
