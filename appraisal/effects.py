"""Whether it helps: what the scheme's last section claims (scheme.txt 四), counted month by month for the whole city.

Never of a person, and no order of units: these are figures about the scheme.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Count, Exists, Min, OuterRef, Q, Sum
from django.db.models.functions import TruncMonth

from accounts.access import Access
from appraisal import rules
from appraisal.models import Baseline, Indicator
from appraisal.rules import effects as arithmetic
from attendance.models import Finding, FindingState, SpotLine
from attendance.rules import ABSENT_ITEMS
from cards.models import LookupCount, LookupKind
from common.rules import SHANGHAI, at, local
from complaints import numbers
from complaints.models import Complaint

#: Whole months, so that the same one of a year ago is among them; the running one stands behind them.
MONTHS = 13
#: How many there were; the others are a share of so many.
COUNTS = frozenset({Indicator.LOOKUPS, Indicator.COMPLAINTS})


@dataclass(frozen=True)
class Figure:
    """How many there were, or how many of a whole."""

    part: int
    whole: int | None = None

    @property
    def value(self) -> float | None:
        return self.part if self.whole is None else arithmetic.percent(self.part, self.whole)


@dataclass(frozen=True)
class Point:
    month: date
    #: None where nothing was counted yet.
    figure: Figure | None
    #: What the baseline says of such a month.
    before: float | None
    #: The running month is shown, and compared with nothing.
    is_over: bool

    @property
    def value(self) -> float | None:
        return self.figure.value if self.figure else None


@dataclass(frozen=True)
class Trend:
    indicator: Indicator
    points: list[Point]
    baselines: list[Baseline]

    @property
    def is_count(self) -> bool:
        return self.indicator in COUNTS

    @property
    def newest(self) -> Point | None:
        """The last month that is over and has a value."""
        return next((one for one in reversed(self.points) if one.is_over and one.value is not None), None)


#: By month; a month that is missing has nothing to say.
Figures = Mapping[date, Figure]


def read(access: Access, now: datetime) -> list[Trend]:
    """Every indicator over the same months, from the first that has any. Six queries for any number of units.

    Complaints as the reader may know of them: a case in which they have an interest is in none of their numbers.
    """
    running = rules.first_of(local(now).date())
    months = _months(running)
    found = _found(access, months, now)
    begun = [month for month in months if any(month in figures for figures in found.values())]
    months = months[months.index(begun[0]) :] if begun else []
    baselines = _baselines()
    return [
        Trend(one, _points(months, running, found[one], baselines[one]), baselines[one]) for one in Indicator
    ]


def _months(running: date) -> list[date]:
    first = running
    for _step in range(MONTHS):
        first = rules.preceding(first)
    return rules.months_between(first, running)


def _found(access: Access, months: list[date], now: datetime) -> dict[Indicator, Figures]:
    first, end = months[0], rules.following(months[-1])
    lookups, stand_in = _lookups(months, first, end)
    cases = numbers.by_month(access, first, end, now)
    taken = Complaint.objects.aggregate(first=Min("received_at"))["first"]
    since = rules.first_of(local(taken).date()) if taken else None
    return {
        Indicator.LOOKUPS: lookups,
        Indicator.STAND_IN: stand_in,
        Indicator.COMPLAINTS: _counts({month: one.received for month, one in cases.items()}, months, since),
        Indicator.ON_TIME: {month: Figure(one.on_time, one.decided) for month, one in cases.items()},
        Indicator.RATING: {month: Figure(one.satisfied, one.rated) for month, one in cases.items()},
        Indicator.OFF_POST: _off_post(first, end),
    }


def _counts(found: Mapping[date, int], months: Iterable[date], since: date | None) -> Figures:
    """From the month in which counting began, none is a number as well."""
    return {month: Figure(found.get(month, 0)) for month in months if since and month >= since}


def _lookups(months: list[date], first: date, end: date) -> tuple[Figures, Figures]:
    """All of them, and of those of somebody absent the ones with a stand-in."""
    begun = LookupCount.objects.aggregate(first=Min("day"))["first"]
    rows = LookupCount.objects.filter(day__gte=first, day__lt=end).annotate(month=TruncMonth("day"))
    sums: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for month, kind, number in rows.order_by().values_list("month", "kind").annotate(Sum("number")):
        sums[month][kind] = number
    everything = {month: sum(kinds.values()) for month, kinds in sums.items()}
    covered = {month: kinds[LookupKind.COVERED] for month, kinds in sums.items()}
    absent = {month: covered[month] + kinds[LookupKind.UNCOVERED] for month, kinds in sums.items()}
    counted = _counts(everything, months, rules.first_of(begun) if begun else None)
    return counted, {month: Figure(covered[month], whole) for month, whole in absent.items() if whole}


def _off_post(first: date, end: date) -> Figures:
    """Of the people whom spot checks looked at. What was withdrawn since was not so."""
    away = Finding.objects.filter(spot_line=OuterRef("pk"), item__code__in=ABSENT_ITEMS)
    lines = SpotLine.objects.filter(
        taken_at__gte=at(first, time()), taken_at__lt=at(end, time()), spot_check__cancelled_at=None
    ).exclude(outcome="")
    by_month = lines.order_by().annotate(month=TruncMonth("taken_at", tzinfo=SHANGHAI)).values("month")
    standing = Q(Exists(away.exclude(state=FindingState.WITHDRAWN)))
    rows = by_month.annotate(looked_at=Count("pk"), away=Count("pk", filter=standing))
    return {row["month"].date(): Figure(row["away"], row["looked_at"]) for row in rows}


def _baselines() -> dict[str, list[Baseline]]:
    found: dict[str, list[Baseline]] = defaultdict(list)
    for one in Baseline.objects.order_by("month"):
        found[one.indicator].append(one)
    return found


def _points(months: list[date], running: date, found: Figures, baselines: list[Baseline]) -> list[Point]:
    known = {one.month: float(one.value) for one in baselines}
    return [
        Point(month, found.get(month), arithmetic.before(known, month), month < running) for month in months
    ]
