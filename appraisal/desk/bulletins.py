"""A bulletin as a page: its rows with where each figure opens to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.access import Access
from accounts.permissions import TABLE
from appraisal.bulletins.content import (
    COUNTED,
    ELSEWHERE,
    MISSING,
    NO_MONTH,
    WAITING,
    Bulletin,
    Totals,
    UnitRow,
    money_text,
    points_text,
)
from appraisal.models import Bulletin as Row

#: For a figure that is not known yet.
OPEN = "—"
STANDINGS = {
    WAITING: ("out", gettext_lazy("Not accepted yet")),
    MISSING: ("bad", gettext_lazy("Not reported")),
    ELSEWHERE: ("idle", gettext_lazy("Counted in a later bulletin")),
    NO_MONTH: ("idle", gettext_lazy("Ended")),
}


@dataclass(frozen=True)
class Cell:
    label: Any
    text: str
    url: str = ""
    zero: bool = False


@dataclass(frozen=True)
class Line:
    name: str
    url: str
    cells: tuple[Cell, ...]
    tags: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Column:
    label: Any
    #: Text and whether it is nothing.
    value: Callable[[Any], tuple[str, bool]]
    #: Which page it opens to, and where on it.
    opens: str
    #: It comes from the unit's report: unknown until that is accepted.
    reported: bool = True


def _count(name: str) -> Callable[[Any], tuple[str, bool]]:
    return lambda row: (str(getattr(row, name)), not getattr(row, name))


def _points(name: str) -> Callable[[Any], tuple[str, bool]]:
    return lambda row: (points_text(getattr(row, name)), not getattr(row, name))


def _money(name: str) -> Callable[[Any], tuple[str, bool]]:
    return lambda row: (money_text(getattr(row, name)), not getattr(row, name))


COLUMNS = (
    Column(
        gettext_lazy("Daily sheets, of those due"),
        lambda row: (f"{row.days_checked}/{row.days_due}", False),
        "sheets",
        False,
    ),
    Column(gettext_lazy("Problems counted"), _count("findings"), "entries"),
    Column(gettext_lazy("Points of people"), _points("person_half_points"), "entries"),
    Column(gettext_lazy("Points of the unit"), _points("unit_half_points"), "unit"),
    Column(gettext_lazy("Points in all"), _points("half_points"), "entries"),
    Column(gettext_lazy("Withheld (yuan)"), _money("withheld_cents"), "entries"),
    Column(gettext_lazy("Complaints on time"), _count("complaints_on_time"), "complaints", False),
    Column(gettext_lazy("Complaints extended"), _count("complaints_extended"), "complaints", False),
    Column(gettext_lazy("Complaints late"), _count("complaints_late"), "complaints", False),
    Column(gettext_lazy("Complaints substantiated"), _count("complaints_substantiated"), "complaints", False),
    Column(gettext_lazy("Corrections (points)"), _points("corrections_half_points"), "corrections"),
)
#: Where on a unit's month each of these stands.
ANCHORS = {"entries": "#people", "unit": "#unit", "corrections": "#corrections"}


@dataclass(frozen=True)
class Opening:
    """Where figures lead for one reader; nowhere what is not theirs to see."""

    #: Nobody in particular, on a public page.
    access: Access | None
    bulletin: Row
    #: Codes of units; None is the city.
    units: frozenset[str] | None
    has_corrections: bool = False

    def _may(self, name: str) -> bool:
        return self.access is not None and name in TABLE and self.access.may(TABLE[name])

    def _sees(self, code: str) -> bool:
        return self.units is None or code in self.units

    def month(self, code: str, month: date, anchor: str = "") -> str:
        if not (self._may("month") and self._sees(code)):
            return ""
        return reverse("month", args=[code, f"{month:%Y-%m}"]) + ANCHORS.get(anchor, "")

    def figure(self, code: str, opens: str) -> str:
        month = f"{self.bulletin.month:%Y-%m}"
        if opens == "complaints":
            return self.complaints(code)
        if not self._sees(code):
            return ""
        if opens == "sheets":
            return f"{reverse('sheets')}?unit={code}&month={month}" if self._may("sheets") else ""
        return self.month(code, self.bulletin.month, opens)

    def complaints(self, code: str = "") -> str:
        if not self._may("bulletin_complaints"):
            return ""
        address = reverse("bulletin_complaints", args=[self.bulletin.pk])
        return f"{address}?unit={code}" if code else address

    def total(self, opens: str) -> str:
        month = f"{self.bulletin.month:%Y-%m}"
        if opens == "complaints":
            return self.complaints()
        if opens == "corrections":
            return "#corrections" if self.has_corrections else ""
        if opens == "sheets":
            return f"{reverse('sheets')}?month={month}" if self._may("sheets") else ""
        return f"{reverse('months')}?month={month}" if self._may("months") else ""


def lines(content: Bulletin, opening: Opening) -> list[Line]:
    return [_line(row, opening) for row in content.units]


def _line(row: UnitRow, opening: Opening) -> Line:
    there = row.standing != NO_MONTH
    unknown = row.standing != COUNTED
    cells = []
    for column in COLUMNS:
        text, zero = (OPEN, True) if unknown and column.reported else column.value(row)
        url = opening.figure(row.code, column.opens) if there or column.opens == "complaints" else ""
        cells.append(Cell(column.label, text, url, zero))
    url = opening.figure(row.code, "report") if there else ""
    return Line(row.name, url, tuple(cells), tuple(_tags(row)))


def _tags(row: UnitRow) -> list[tuple[str, Any]]:
    if row.standing == MISSING and row.days_late:
        words = ngettext(
            "Not reported, %(number)s day late", "Not reported, %(number)s days late", row.days_late
        )
        return [("bad", words % {"number": row.days_late})]
    found: list[tuple[str, Any]] = [STANDINGS[row.standing]] if row.standing in STANDINGS else []
    if row.nil_report and row.standing == COUNTED:
        found.append(("idle", _("Nil report")))
    if row.late:
        found.append(("bad", late_words(row.days_late)))
    return found


def late_words(days: int) -> str:
    if not days:
        return _("Late report")
    return ngettext("%(number)s day late", "%(number)s days late", days) % {"number": days}


def total(content: Bulletin, opening: Opening) -> list[Cell]:
    sums: Totals = content.total
    return [
        Cell(column.label, text, opening.total(column.opens), zero)
        for column in COLUMNS
        for text, zero in [column.value(sums)]
    ]


def reports(content: Bulletin, opening: Opening) -> list[tuple[str, str]]:
    """The last figure of the total: how the reports stand, and the list of those."""
    sums, months = content.total, opening.total("report")
    missing = sum(row.standing == MISSING for row in content.units)
    late = sum(row.late and row.standing != MISSING for row in content.units)
    waiting = sum(row.standing == WAITING for row in content.units)
    counts = (
        (sums.nil_reports, _("%(number)s nil"), ""),
        (late, _("%(number)s late"), "&late=units"),
        (missing, _("%(number)s not reported"), ""),
        (waiting, _("%(number)s not accepted yet"), "&state=reported"),
    )
    return [
        (words % {"number": number}, months + query if months else "")
        for number, words, query in counts
        if number
    ]


def by_item(content: Bulletin, opening: Opening) -> list[dict[str, Any]]:
    """Each kind of finding, with the units in which there were some, the most first."""
    found = []
    for item in content.items:
        units = sorted(
            ((row, row.count(item.code)) for row in content.units if row.count(item.code)),
            key=lambda pair: (-pair[1], pair[0].code),
        )
        found.append(
            {
                "name": item.name,
                "number": content.total.count(item.code),
                "units": [
                    {"name": row.name, "number": number, "url": opening.figure(row.code, "entries")}
                    for row, number in units
                ],
            }
        )
    return sorted(found, key=lambda one: -one["number"])


def corrections(content: Bulletin, opening: Opening) -> list[dict[str, Any]]:
    return [
        {
            "unit": one.unit_name,
            "url": opening.figure(one.unit_code, "corrections"),
            "month": one.month,
            "month_url": opening.month(one.unit_code, one.month),
            "points": points_text(one.half_points),
            "money": money_text(one.cents),
            "reason": "：".join(part for part in (one.source, one.reason) if part),
        }
        for one in content.corrections
    ]


def caught_up(content: Bulletin, opening: Opening) -> list[dict[str, Any]]:
    return [
        {
            "unit": one.unit_name,
            "url": opening.month(one.unit_code, one.month),
            "month": one.month,
            "findings": one.findings,
            "points": points_text(one.half_points),
            "money": money_text(one.withheld_cents),
            "late": late_words(one.days_late) if one.days_late else "",
        }
        for one in content.caught_up
    ]
