"""What the oracle of the year is given, and what it is compared with: facts and results of everything that stands."""

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef

from accounts.models import Unit
from appraisal.models import (
    AnnualResult,
    BonusBase,
    LedgerEntry,
    Sanction,
    StandardItem,
    UnitResult,
    WithholdingProposal,
    YearSettings,
)
from attendance.models import Finding, InspectionSettings, Round, SpotLine
from cards.models import Cadre, Placement, Transfer
from common import calendar
from common.rules import local
from complaints.models import Complaint
from tests.appraisal import year_oracle

ORACLE = Path(year_oracle.__file__)
Results = dict[str, dict[str, Any]]
SETTINGS = ("minimum_headcount", "minimum_months", "sheets_percent", "agreement_percent", "bonus_months")
OF_PERSON = (
    "figures",
    "ceiling",
    "codes",
    "bonus_months",
    "bonus_of",
    "bonus_cents",
    "among_least",
    "among_most",
    "barred_from_merit",
    "employment_kind",
)
OF_UNIT = ("figures", "codes", "among_least", "among_most", "vertically_managed")


def exported(year: int, now: datetime) -> dict[str, Any]:
    """What happened, and nothing of what a year was computed to be."""
    settings, begins = YearSettings.current(), InspectionSettings.current().sheets_from
    return {
        "year": year,
        "today": str(local(now).date()),
        "settings": {name: getattr(settings, name) for name in SETTINGS},
        "sheets_from": begins and str(begins),
        "working_days": _working_days(year),
        "units": [
            {
                "code": unit.code,
                "kind": unit.kind,
                "vertical": unit.vertically_managed,
                "from": str(unit.valid_from),
                "to": unit.valid_to and str(unit.valid_to),
            }
            for unit in Unit.objects.all()
        ],
        **_people(),
        **_recorded(),
        **_found(),
    }


def _working_days(year: int) -> list[str]:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    known = calendar.load({year, year + 1})
    return [str(day) for day in days if day.year == year and known.is_working_day(day)]


def _people() -> dict[str, list[dict[str, Any]]]:
    moves = Transfer.objects.filter(decision=Transfer.Decision.ACCEPTED).select_related("from_unit")
    # Newest first: of several that cover a day the newest is where they work.
    loans = Placement.objects.select_related("office__unit").order_by("-valid_from", "-pk")
    return {
        "cadres": [
            {
                "id": row.pk,
                "unit": row.unit.code,
                "kind": row.employment_kind,
                "from": str(row.serves_from),
                "to": row.serves_to and str(row.serves_to),
            }
            for row in Cadre.objects.select_related("unit")
        ],
        "transfers": [
            {"cadre": row.cadre_id, "from": row.from_unit.code, "first_day": str(row.first_day)}
            for row in moves
        ],
        "placements": [
            {
                "cadre": row.cadre_id,
                "unit": row.office.unit.code,
                "from": str(row.valid_from),
                "to": row.valid_to and str(row.valid_to),
            }
            for row in loans
        ],
        "bases": [
            {"cadre": row.cadre_id, "since": str(row.since), "cents": row.cents}
            for row in BonusBase.objects.all()
        ],
    }


def _recorded() -> dict[str, list[dict[str, Any]]]:
    return {
        "entries": [
            {
                "id": row.pk,
                "unit": row.unit.code,
                "cadre": row.cadre_id,
                "kind": row.kind,
                "day": str(row.day),
                "half_points": row.half_points,
                "cents": row.cents,
                "reverses": row.reverses_id,
                "standard": row.standard_id,
                "item": row.item_id,
            }
            for row in LedgerEntry.objects.select_related("unit")
        ],
        "referring": [
            [standard, item]
            for standard, item, refer in StandardItem.objects.values_list("standard", "item", "refer")
            if refer
        ],
        "withheld": [
            {
                "cadre": row.cadre_id,
                "month": str(row.report.month),
                "amount": row.amount_cents,
                "released": row.released_cents,
            }
            for row in WithholdingProposal.objects.select_related("report")
        ],
        "sanctions": [
            {
                "unit": row.unit.code,
                "cadre": row.cadre_id,
                "measure": row.measure.code,
                "state": row.state,
                "recommendation": row.is_recommendation,
                "decided_on": row.decided_on and str(row.decided_on),
            }
            for row in Sanction.objects.select_related("unit", "measure")
        ],
    }


def _found() -> dict[str, list[dict[str, Any]]]:
    standing = Finding.objects.filter(spot_line=OuterRef("pk")).exclude(state="withdrawn")
    lines = SpotLine.objects.exclude(taken_at=None).select_related("unit", "spot_check")
    rounds = Round.objects.exclude(kind="correction")
    return {
        "rounds": [
            {"unit": code, "day": str(day)}
            for code, day in rounds.values_list("sheet__unit__code", "sheet__day").distinct().order_by()
        ],
        "spots": [
            {
                "unit": row.unit.code,
                "day": str(local(row.taken_at).date()) if row.taken_at is not None else "",
                "outcome": row.outcome,
                "cancelled": row.spot_check.cancelled_at is not None,
                "stands": row.stands,  # type: ignore[attr-defined]
            }
            for row in lines.annotate(stands=Exists(standing))
        ],
        "complaints": [
            {
                "id": row.pk,
                "cadre": row.cadre_id,
                "state": row.state,
                "outcome": row.outcome,
                "master": row.master_id,
                "matter": row.matter,
                "redo_of": row.redo_of_id,
                "received": str(local(row.received_at).date()),
            }
            for row in Complaint.objects.all()
        ],
    }


def stored(year: int) -> Results:
    """What the product says of the same: the form of year_oracle.recompute."""
    people = AnnualResult.objects.filter(year=year).select_related("unit")
    units = UnitResult.objects.filter(year=year).select_related("unit")
    return {
        "units": {row.unit.code: {name: getattr(row, name) for name in OF_UNIT} for row in units},
        "people": {
            str(row.cadre_id): {
                **{name: getattr(row, name) for name in OF_PERSON},
                "unit": row.unit.code,
                "barred_until": row.barred_until and str(row.barred_until),
            }
            for row in people
        },
    }


def compare(year: int, now: datetime, folder: Path) -> list[Any]:
    """What differs between the product and the oracle, which runs in a process of its own that finds nothing of it."""
    file = folder / f"facts-{year}.json"
    file.write_text(json.dumps(exported(year, now)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(ORACLE), str(file)], capture_output=True, text=True, cwd=folder, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return year_oracle.differences(json.loads(done.stdout), stored(year))
