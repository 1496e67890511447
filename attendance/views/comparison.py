"""For the city and the supervision groups: sheets beside spot checks, and which sheets came at all."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import scope_for
from accounts.models import Unit, UnitKind, UnitQuerySet
from attendance import comparison as reading
from attendance import history
from attendance.comparison import Coverage, Row, Tally
from attendance.models import SpotCheck
from attendance.models.sheets import VERIFIED_WORDS
from attendance.rules import Verified
from cards.roster.rows import quoted
from common.responses import download
from common.rules import local

CSV = "text/csv; charset=utf-8"
#: Seen is what a round is for; a declaration alone says least.
TONES = {Verified.SEEN: "on", Verified.PHONE: "info", Verified.DECLARED: "out", Verified.ABSENT: "bad"}
#: A spreadsheet takes UTF-8 for something else unless the file begins with it.
BOM = "\ufeff"


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a month that has begun, and a class of units."""

    first: date
    last: date
    kind: str
    today: date

    @property
    def query(self) -> str:
        return f"month={self.first:%Y-%m}" + (f"&kind={self.kind}" if self.kind else "")

    def context(self) -> dict[str, Any]:
        before = (self.first - timedelta(days=1)).replace(day=1)
        after = self.last + timedelta(days=1)
        return {
            "asked": self,
            "before": before,
            "after": after if after <= self.today else None,
            "kinds": UnitKind.choices,
            "until": min(self.last, self.today),
        }


def _asked(request: HttpRequest, now: datetime) -> Asked:
    """What makes no sense, or has not begun, is this month."""
    today = local(now).date()
    first, last = history.asked_month(request.GET.get("month", ""), today)
    kind = request.GET.get("kind", "")
    return Asked(first, last, kind if kind in UnitKind.values else "", today)


def _units(request: HttpRequest, asked: Asked) -> UnitQuerySet:
    """Those of the reader that went on at some time in the month."""
    scope = scope_for(request)
    units = Unit.objects.filter(valid_from__lte=asked.last).exclude(valid_to__lt=asked.first).order_by("code")
    if scope.unit_ids is not None:
        units = units.filter(pk__in=scope.unit_ids)
    return units.filter(kind=asked.kind) if asked.kind else units


def comparison(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    asked = _asked(request, now)
    rows = reading.rows(_units(request, asked), asked.first, asked.last, now)
    seen = SpotCheck.objects.within(scope_for(request))
    checks = reading.checks_of(seen, [row.unit for row in rows], asked.first, asked.last)
    return render(
        request,
        "attendance/comparison.html",
        {
            **asked.context(),
            "rows": [{**_row(row), "checks": checks.get(row.unit.pk, [])} for row in rows],
            "suspicious": sum(row.tally.is_clean_but_failing for row in rows),
            "totals": _totals(rows),
        },
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "unit": row.unit,
        "coverage": row.coverage,
        "tally": row.tally,
        "shares": _shares(row.tally),
        "officers": row.officers,
        # One officer alone has the figures of the unit.
        "shown_officers": [
            {"user": officer.user, "tally": officer.tally, "shares": _shares(officer.tally)}
            for officer in (row.officers if len(row.officers) > 1 else ())
        ],
    }


def _shares(tally: Tally) -> list[dict[str, Any]]:
    """How people were verified: figures, and the parts of a bar that is 100 wide."""
    checks = tally.checks
    numbers = {way: getattr(checks, way.value) for way in Verified}
    widths = {
        way: round(100 * number / checks.people, 2) if checks.people else 0
        for way, number in numbers.items()
        # The usual three always; that nobody was missing needs no word.
        if number or way != Verified.ABSENT
    }
    percents = {way: round(width) for way, width in widths.items()}
    # The largest takes the rest: rounded figures would not always make a hundred.
    percents[max(widths, key=lambda way: widths[way])] += 100 - sum(percents.values())
    parts, x = [], 0.0
    for way, width in widths.items():
        parts.append(
            {
                "label": VERIFIED_WORDS[way.value],
                "percent": percents[way],
                "tone": TONES[way],
                "x": f"{x:g}",
                "width": f"{width:g}",
            }
        )
        x = round(x + width, 2)
    return parts


def _totals(rows: list[Row]) -> dict[str, Any]:
    total = Tally()
    for row in rows:
        total.checks.add(row.tally.checks)
        total.spots.add(row.tally.spots)
    return {
        "due": sum(len(row.coverage.due) for row in rows),
        "done": sum(len(row.coverage.done) for row in rows),
        "checks": total.checks,
        "spots": total.spots,
    }


def coverage(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    asked = _asked(request, now)
    rows = reading.coverage(_units(request, asked), asked.first, asked.last, now)
    rows.sort(key=lambda row: (-len(row.missing), row.unit.code))
    context = {
        **asked.context(),
        "rows": rows,
        "due": sum(len(row.due) for row in rows),
        "done": sum(len(row.done) for row in rows),
        "paper": sum(len(row.paper) for row in rows),
        "lacking": sum(bool(row.missing) for row in rows),
    }
    return render(request, "attendance/coverage.html", context)


def coverage_csv(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    asked = _asked(request, now)
    rows = reading.coverage(_units(request, asked), asked.first, asked.last, now)
    name = _("Daily sheets %(month)s") % {"month": f"{asked.first:%Y-%m}"}
    return download((BOM + _table(rows)).encode(), CSV, f"{name}.csv")


def _table(rows: list[Coverage]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            _("Code"),
            _("Unit"),
            _("Days due"),
            _("Days done"),
            _("From paper"),
            _("Missing"),
            _("Missing days"),
        ]
    )
    for row in rows:
        missing = " ".join(day.isoformat() for day in row.missing)
        figures = [len(row.due), len(row.done), len(row.paper), len(row.missing)]
        writer.writerow([quoted(row.unit.code), quoted(row.unit.name), *figures, missing])
    return out.getvalue()
