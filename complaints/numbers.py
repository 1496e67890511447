"""How complaints went, by unit and month of receipt, for the city. Cases that were referred are nobody's numbers, and
whoever has an interest in a case does not find it here either."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth

from accounts.access import Access
from accounts.models import Unit
from common.rules import SHANGHAI, at
from complaints.models import Complaint, Grade, Outcome
from complaints.rules import RUNNING, State

TREND_MONTHS = 12


@dataclass
class Figures:
    """What came of the cases of a month. `received` is the sum of the five after it."""

    received: int = 0
    #: Answered before the end, and never extended (COMP-1).
    on_time: int = 0
    #: Within the longer time, or still running in it.
    extended: int = 0
    #: Answered after the end, or running past it.
    late: int = 0
    #: In its first three days.
    open: int = 0
    refused: int = 0
    #: Of those received: done again because somebody was not satisfied.
    again: int = 0
    #: Wholly or partly.
    substantiated: int = 0
    rated: int = 0
    satisfied: int = 0

    def add(self, other: "Figures") -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def decided(self) -> int:
        """Those of which it is known whether they were answered in time."""
        return self.on_time + self.extended + self.late

    @property
    def on_time_percent(self) -> int | None:
        return round(100 * self.on_time / self.decided) if self.decided else None


@dataclass(frozen=True)
class Numbers:
    #: With at least one case in the month; who had most first.
    units: list[tuple[Unit, Figures]]
    total: Figures
    #: The last twelve months, the asked one last.
    trend: list[tuple[date, Figures]]


def numbers(access: Access, month: date, now: datetime) -> Numbers:
    """Two queries for any number of units and cases."""
    months = _months(month)
    found: dict[date, dict[int, Figures]] = defaultdict(dict)
    for row in _counted(access, months[0], _following(month), now):
        first, unit = row.pop("month").date(), row.pop("unit")
        found[first][unit] = Figures(**row)
    units = Unit.objects.in_bulk(found[month])
    rows = [(units[pk], figures) for pk, figures in found[month].items()]
    rows.sort(key=lambda row: (-row[1].received, row[0].code))
    trend = [(first, _sum(found[first].values())) for first in months]
    return Numbers(rows, trend[-1][1], trend)


def by_month(access: Access, first: date, end: date, now: datetime) -> dict[date, Figures]:
    """The city's, of each month from `first` until before `end` in which a case was received; one query."""
    found: dict[date, Figures] = defaultdict(Figures)
    for row in _counted(access, first, end, now):
        month, _unit = row.pop("month").date(), row.pop("unit")
        found[month].add(Figures(**row))
    return dict(found)


def _counted(access: Access, first: date, end: date, now: datetime) -> Iterable[Any]:
    """One row for each month and unit."""
    answered, running = Q(state=State.ANSWERED), Q(state__in=RUNNING)
    refused, extended = Q(state=State.NOT_ACCEPTED), Q(extended_at__isnull=False)
    late = answered & Q(answered_at__gte=F("due_at")) | running & Q(due_at__lte=now)
    proven = Q(outcome__in=[Outcome.SUBSTANTIATED, Outcome.PARTLY], closed_at__isnull=False)
    seen = Complaint.objects.visible_to(access).exclude(state=State.REFERRED)
    received = seen.filter(received_at__gte=at(first, time(0)), received_at__lt=at(end, time(0)))
    by_unit = received.annotate(month=TruncMonth("received_at", tzinfo=SHANGHAI)).values("month", "unit")
    return by_unit.order_by().annotate(
        received=Count("pk"),
        on_time=Count("pk", filter=answered & ~late & ~extended),
        extended=Count("pk", filter=(answered | running) & ~late & extended),
        late=Count("pk", filter=late),
        open=Count("pk", filter=running & ~late & ~extended),
        refused=Count("pk", filter=refused),
        again=Count("pk", filter=Q(redo_of__isnull=False)),
        substantiated=Count("pk", filter=proven),
        rated=Count("pk", filter=Q(grade__isnull=False)),
        satisfied=Count("pk", filter=Q(grade__gte=Grade.FAIRLY_SATISFIED)),
    )


def _months(last: date) -> list[date]:
    """Twelve first days, the last one's month included."""
    number = last.year * 12 + last.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number - TREND_MONTHS + 1, number + 1)]


def _following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _sum(rows: Iterable[Figures]) -> Figures:
    total = Figures()
    for row in rows:
        total.add(row)
    return total
