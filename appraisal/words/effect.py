"""The effect in words and pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal.effects import COUNTS, Point, Trend
from appraisal.models import Baseline, Indicator
from appraisal.notifying.stages import month_name
from appraisal.rules import effects as arithmetic
from appraisal.rules.effects import Turn
from appraisal.trend import label
from common import charts

WHAT_COUNTS = {
    Indicator.LOOKUPS: gettext_lazy(
        "How often citizens opened the page of a card. No visitor is remembered: who opens it twice counts twice."
    ),
    Indicator.STAND_IN: gettext_lazy(
        "Of the look-ups of somebody who was away in office hours, those that named a stand-in who was at post."
    ),
    Indicator.COMPLAINTS: gettext_lazy(
        "Cases of every channel, by month of receipt. More may also mean that complaining has become easier."
    ),
    Indicator.ON_TIME: gettext_lazy(
        "Of the cases that were answered, extended or late, those answered within three days."
    ),
    Indicator.RATING: gettext_lazy(
        "Of the answers that were rated, those rated fairly satisfactory or better."
    ),
    Indicator.OFF_POST: gettext_lazy(
        "Of the people whom spot checks looked at, those who were not where they should have been."
    ),
}
#: Of the others nobody can say whether more of them is better.
RISING_IS_BETTER = {
    Indicator.STAND_IN: True,
    Indicator.ON_TIME: True,
    Indicator.RATING: True,
    Indicator.OFF_POST: False,
}
#: What is counted is a sum of a month.
UNITS = {
    Indicator.LOOKUPS: gettext_lazy("times a month"),
    Indicator.COMPLAINTS: gettext_lazy("cases a month"),
}
#: So many values of the baseline stand with their source below a table, a year of them; the others on their own page.
SOURCES = 12
#: Of fewer cases a share says little.
FEWEST = 10
TURNS = {
    Turn.BETTER: ("on", gettext_lazy("Better than before")),
    Turn.WORSE: ("out", gettext_lazy("Worse than before")),
    Turn.SAME: ("idle", gettext_lazy("As before")),
}


@dataclass(frozen=True)
class Row:
    month: str
    value: str
    #: “14 of 16”.
    of: str
    before: str
    is_over: bool


@dataclass(frozen=True)
class Shown:
    """An indicator as its page shows it."""

    indicator: Indicator
    what: object
    change: str
    tag: tuple[str, object] | None
    chart: charts.Chart | None
    #: Of what is counted; empty of a share.
    unit: object
    #: Of what was before, where that is the same for every month.
    period: str
    rows: list[Row]
    #: Month or year, value and source.
    baselines: list[tuple[str, str, str]]


def show(trend: Trend) -> Shown:
    indicator = trend.indicator
    return Shown(
        indicator,
        WHAT_COUNTS[indicator],
        change(trend),
        tag(trend),
        chart(trend) if trend.newest else None,
        UNITS.get(indicator, ""),
        _period_of_all(trend),
        [_row(trend, point) for point in trend.points],
        [
            (_of_baseline(trend, one.month), figure(indicator, one.value), one.source)
            for one in trend.baselines[-SOURCES:]
        ],
    )


def _period_of_all(trend: Trend) -> str:
    periods = {_period(trend, point.month) for point in trend.points if trend.baselines}
    return periods.pop() if len(periods) == 1 else ""


def _period(trend: Trend, month: date) -> str:
    """What such a month is held against (rules.effects.before): its own of an earlier year, or an average."""
    months = [one.month for one in trend.baselines]
    same = [one for one in months if one.month == month.month]
    return _of_baseline(trend, max(same)) if same else _average(trend, months)


def _of_baseline(trend: Trend, month: date) -> str:
    """The average of a year stands at its January, alone."""
    of_year = [one.month for one in trend.baselines if one.month.year == month.year]
    return _average(trend, of_year) if of_year == [date(month.year, 1, 1)] else month_name(month)


def _average(trend: Trend, months: Iterable[date]) -> str:
    years = sorted({one.year for one in months})
    words = _("monthly average of %(years)s") if trend.is_count else _("average of %(years)s")
    return words % {"years": "–".join(map(str, years[:1] + years[1:][-1:]))}


def figure(indicator: str, value: float | Decimal | None) -> str:
    """1,234, 87.5%, or a dash."""
    if value is None:
        return "–"
    rounded = round(float(value), 2)
    plain = f"{rounded:,.2f}".rstrip("0").rstrip(".")
    return plain if indicator in COUNTS else f"{plain}%"


def change(trend: Trend) -> str:
    """The newest whole month beside what was before."""
    newest = trend.newest
    if newest is None or newest.value is None:
        return _("Nothing has been counted over a whole month yet.")
    said = {"month": month_name(newest.month), "value": _counted(trend.indicator, newest.value)}
    if newest.before is None:
        return _("%(month)s: %(value)s. What it was before the scheme has not been entered.") % said
    said["before"] = _counted(trend.indicator, newest.before)
    said["change"] = _difference(trend, newest.value, newest.before)
    said["period"] = _period(trend, newest.month)
    return _("%(month)s: %(value)s; before the scheme (%(period)s) %(before)s; %(change)s.") % said


def _counted(indicator: str, value: float) -> str:
    """A number with what it is of."""
    number = {"number": figure(indicator, value)}
    if indicator == Indicator.LOOKUPS:
        return _("%(number)s look-ups") % number
    return _("%(number)s cases") % number if indicator == Indicator.COMPLAINTS else number["number"]


def _difference(trend: Trend, value: float, before: float) -> str:
    difference = round(value - before, 2)
    if not difference:
        return _("unchanged")
    number = {"number": figure(Indicator.LOOKUPS, abs(difference))}
    if not trend.is_count:
        higher, lower = _("%(number)s percentage points higher"), _("%(number)s percentage points lower")
        return (higher if difference > 0 else lower) % number
    if not before:
        return _("%(number)s more") % {"number": _counted(trend.indicator, difference)}
    number["number"] = _counted(trend.indicator, abs(difference))
    number["share"] = f"{abs(100 * difference / before):.1f}%"
    return (
        _("%(number)s (%(share)s) more") if difference > 0 else _("%(number)s (%(share)s) fewer")
    ) % number


def tag(trend: Trend) -> tuple[str, object] | None:
    newest, better = trend.newest, RISING_IS_BETTER.get(trend.indicator)
    if newest is None or newest.value is None or newest.before is None or better is None:
        return None
    if newest.figure is None or (newest.figure.whole or 0) < FEWEST:
        return "idle", _("Too few to tell")
    return TURNS[arithmetic.turn(newest.value, newest.before, rising_is_better=better)]


def chart(trend: Trend) -> charts.Chart:
    """Months that are over: half a month would look like a fall."""
    points = [point for point in trend.points if point.is_over]
    series = [charts.Series(_("Since the scheme"), [point.value for point in points])]
    if trend.baselines:
        before = _("Before the scheme")
        if period := _period_of_all(trend):
            before = _("Before the scheme (%(period)s)") % {"period": period}
        series.append(charts.Series(before, [point.before for point in points], "third"))
    name = str(trend.indicator.label)
    labels = [label(point.month, points[0].month) for point in points]
    return charts.line_chart(trend.indicator.value, name, change(trend), labels, series)


def _row(trend: Trend, point: Point) -> Row:
    of = ""
    if point.figure is not None and point.figure.whole is not None:
        of = _("%(part)s of %(whole)s") % {
            "part": f"{point.figure.part:,}",
            "whole": f"{point.figure.whole:,}",
        }
    value, before = figure(trend.indicator, point.value), figure(trend.indicator, point.before)
    return Row(month_name(point.month), value, of, before, point.is_over)


@dataclass(frozen=True)
class BaselineRow:
    #: “Complaints, 2025年3月”.
    name: str
    value: str
    source: str


def baseline_row(one: Baseline) -> BaselineRow:
    name = _("%(indicator)s, %(month)s") % {
        "indicator": one.get_indicator_display(),
        "month": month_name(one.month),
    }
    return BaselineRow(name, figure(one.indicator, one.value), one.source)
