"""How far units are with a month: for the landing pages and the export."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.db.models import Max, QuerySet, Sum
from django.urls import reverse

from accounts.models import Unit
from appraisal import rules
from appraisal.models import MonthlyReport, MonthTotal, ReportState, WithholdingProposal
from appraisal.models.months import ReportQuerySet
from attendance import comparison
from common.rules import local

#: From the draft to the city's acceptance.
PATH = (
    ReportState.DRAFTED,
    ReportState.CONFIRMED,
    ReportState.PUBLISHED,
    ReportState.REPORTED,
    ReportState.ACCEPTED,
)
#: Who was sent back has published and has to report once more.
PLACE = {state: number for number, state in enumerate(PATH, start=1)} | {ReportState.SENT_BACK: 3}
PEOPLE = ("confirmed_by", "published_by", "reported_by", "accepted_by", "sent_back_by")
#: A step that ends so soon is said before it is late.
SOON_DAYS = 2


@dataclass(frozen=True)
class Line:
    """A unit's month as the city sees it."""

    report: MonthlyReport
    today: date

    @property
    def unit(self) -> Unit:
        return self.report.unit

    @property
    def is_units(self) -> bool:
        """Whether the unit has to do something, and not the city."""
        return self.report.state in rules.UNREPORTED

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been reported altogether."""
        return self.is_units and self.report.is_overdue(self.today)

    @property
    def due_on(self) -> date:
        """By which its lateness is measured: the day for reporting once that is over, so that a step in between makes
        it no shorter; the next step's before."""
        return self.report.report_by if self.is_overdue else self.report.due_on

    @property
    def days_left(self) -> int:
        """Below 0 it is late."""
        return (self.due_on - self.today).days

    @property
    def is_late(self) -> bool:
        return self.is_units and self.days_left < 0

    @property
    def is_slow(self) -> bool:
        """Whether the city should have reviewed it."""
        return self.report.state == ReportState.REPORTED and self.days_left < 0

    @property
    def is_behind(self) -> bool:
        return self.is_late or self.is_slow

    @property
    def is_soon(self) -> bool:
        return self.is_units and 0 <= self.days_left <= SOON_DAYS

    @property
    def done(self) -> int:
        return PLACE[ReportState(self.report.state)]


@dataclass(frozen=True)
class Pipeline:
    month: date
    #: In the order of units' codes.
    lines: list[Line]

    def of(self, state: ReportState) -> list[Line]:
        return [line for line in self.lines if line.report.state == state]

    @property
    def late(self) -> list[Line]:
        """Whose next step should have been taken; the longest first."""
        return sorted((line for line in self.lines if line.is_late), key=lambda line: line.days_left)

    @property
    def behind(self) -> list[Line]:
        """With what the city has not reviewed in time."""
        return sorted((line for line in self.lines if line.is_behind), key=lambda line: line.days_left)

    @property
    def soon(self) -> list[Line]:
        return sorted((line for line in self.lines if line.is_soon), key=lambda line: line.days_left)


@dataclass
class Sums:
    """What a unit's month comes to."""

    half_points: int = 0
    corrected_half_points: int = 0
    #: After the cap, and what was taken off it since.
    proposed_cents: int = 0
    released_cents: int = 0
    #: Working days with a sheet, of those with one due; for pages that say so.
    checked: int = 0
    due: int = 0


def newest_month(reports: ReportQuerySet) -> date | None:
    newest: date | None = reports.aggregate(newest=Max("month"))["newest"]
    return newest


def read(reports: ReportQuerySet, month: date, now: datetime) -> Pipeline:
    """One query for any number of units."""
    today = local(now).date()
    rows = reports.filter(month=month).select_related("unit").order_by("unit__code")
    return Pipeline(month, [Line(report, today) for report in rows])


def sums(lines: Iterable[Line]) -> dict[int, Sums]:
    """By report. Two queries."""
    found = {line.report.pk: Sums() for line in lines}
    totals = MonthTotal.objects.filter(report__in=found).values("report").order_by()
    for row in totals.annotate(points=Sum("half_points"), corrected=Sum("corrected_half_points")):
        own = found[row["report"]]
        own.half_points, own.corrected_half_points = row["points"], row["corrected"]
    proposals = WithholdingProposal.objects.filter(report__in=found).values("report").order_by()
    for money in proposals.annotate(proposed=Sum("amount_cents"), released=Sum("released_cents")):
        own = found[money["report"]]
        own.proposed_cents, own.released_cents = money["proposed"], money["released"]
    return found


def with_days(found: dict[int, Sums], lines: Sequence[Line], month: date, now: datetime) -> None:
    """Adds on how many days these units checked."""
    units = [line.unit for line in lines]
    covered = comparison.coverage(units, month, rules.last_day_of(month), now)
    for line, days in zip(lines, covered, strict=True):
        own = found[line.report.pk]
        own.checked, own.due = len(days.done), len(days.due)


def months_url(month: date, **filters: str) -> str:
    """The list of units' months, as far as it is asked for."""
    return f"{reverse('months')}?{urlencode({'month': f'{month:%Y-%m}', **filters})}"


def newest_of(units: QuerySet[Unit] | Iterable[int]) -> list[MonthlyReport]:
    """The last drafted month of each of these units."""
    last = MonthlyReport.objects.filter(unit__in=units).values("unit").annotate(last=Max("month"))
    wanted = {(row["unit"], row["last"]) for row in last.order_by()}
    rows = MonthlyReport.objects.filter(
        unit__in=[unit for unit, _month in wanted], month__in={month for _unit, month in wanted}
    )
    rows = rows.select_related("unit", "bulletin", *PEOPLE).order_by("unit__code")
    return [row for row in rows if (row.unit_id, row.month) in wanted]
