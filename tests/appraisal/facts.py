"""What the oracle is given, and what it is compared with: facts and figures of everything that stands, as JSON."""

import json
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from accounts.models import Unit
from appraisal.models import (
    AppraisalSettings,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    Standard,
    WithholdingProposal,
)
from attendance.models import Finding
from common.models import AuditEntry
from tests.appraisal import oracle

ORACLE = Path(oracle.__file__)
Figures = dict[str, dict[str, Any]]


def exported() -> dict[str, Any]:
    """What happened, and nothing of what was computed from it."""
    settings = AppraisalSettings.current()
    return {
        "begins": str(settings.begins),
        "units": [
            {"code": unit.code, "from": str(unit.valid_from), "to": unit.valid_to and str(unit.valid_to)}
            for unit in Unit.objects.all()
        ],
        "standards": [_standard(row) for row in Standard.objects.adopted()],
        "findings": _findings(),
        "events": _events(),
    }


def _standard(row: Standard) -> dict[str, Any]:
    items = {
        one.item.code: {
            "half_points": one.half_points,
            "free_first": one.free_first,
            "step": one.step_half_points,
            "window": one.window_days,
            "refer": one.refer,
        }
        for one in row.items.select_related("item")
    }
    money = {"cents_per_point": row.cents_per_point, "cap_cents": row.cap_cents}
    return {"version": row.version, "from": str(row.effective_from), **money, "items": items}


def _findings() -> list[dict[str, Any]]:
    decisions = defaultdict(list)
    label = Finding._meta.label_lower
    trail = AuditEntry.objects.filter(
        subject_type=label, verb__in=["finding_decided", "finding_taken_back"]
    ).order_by("pk")
    for entry in trail:
        state = entry.changes.get("state", "withdrawn")
        decisions[entry.subject_id].append([moment(entry.at), state])
    return [
        {
            "id": row.pk,
            "unit": row.unit.code,
            "cadre": row.cadre_id,
            "item": row.item.code,
            "day": str(row.day),
            "at": moment(row.at),
            # Some are found as they stand: their own row says since when.
            "decisions": decisions[row.pk]
            or ([[moment(row.decided_at), row.state]] if row.decided_at is not None else []),
        }
        for row in Finding.objects.select_related("unit", "item")
    ]


def _events() -> list[list[Any]]:
    """Months drafted and entries taken back, in the order in which that was done."""
    reports = {
        row.pk: (row.unit.code, f"{row.month:%Y-%m}") for row in MonthlyReport.objects.select_related("unit")
    }
    entries = {
        pk: (code, finding)
        for pk, code, finding in LedgerEntry.objects.values_list("pk", "unit__code", "finding")
    }
    done = {"month_drafted": ("draft", reports), "entry_reversed": ("reverse", entries)}
    trail = AuditEntry.objects.filter(verb__in=done).order_by("pk")
    return [
        [moment(entry.at), done[entry.verb][0], *done[entry.verb][1][entry.subject_id]] for entry in trail
    ]


def moment(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def stored() -> Figures:
    """What the product says of the same: the form of oracle.recompute."""
    totals = {
        key(row.report, row.cadre_id or "unit"): [
            row.entries,
            row.half_points,
            row.cents,
            row.corrected_half_points,
            row.corrected_cents,
        ]
        for row in MonthTotal.objects.select_related("report__unit")
    }
    proposals = {
        key(row.report, row.cadre_id): [row.charged_cents, row.amount_cents, row.released_cents]
        for row in WithholdingProposal.objects.select_related("report__unit")
    }
    reports = {
        key(row): [row.entries, row.corrections] for row in MonthlyReport.objects.select_related("unit")
    }
    first = dict(LedgerEntry.objects.counted().values_list("finding", "month"))
    standing = {
        str(row.finding_id): [f"{first[row.finding_id]:%Y-%m}", row.half_points, row.cents]
        for row in LedgerEntry.objects.standing()
    }
    return {"totals": totals, "proposals": proposals, "reports": reports, "standing": standing}


def key(report: MonthlyReport, *more: Any) -> str:
    return " ".join([report.unit.code, f"{report.month:%Y-%m}", *map(str, more)])


def recomputed(folder: Path) -> Figures:
    """What the oracle makes of it, in a process of its own that finds nothing of the product."""
    file = folder / "facts.json"
    file.write_text(json.dumps(exported()), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(ORACLE), str(file)], capture_output=True, text=True, cwd=folder, timeout=60
    )
    assert done.returncode == 0, done.stderr
    figures: Figures = json.loads(done.stdout)
    return figures


def chains() -> dict[str, list[dict[str, Any]]]:
    """Every unit's entries as the oracle checks them, by code."""
    columns = ("kind", "half_points", "cents", "before_in_month", "before_in_window", "fact", "reason")
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = LedgerEntry.objects.select_related("unit", "item", "standard", "reverses")
    for row in rows.order_by("unit", "sequence"):
        facts = {name: getattr(row, name) for name in (*columns, "sequence", "source")} | {
            "unit": row.unit.code,
            "cadre": row.cadre_id,
            "item": row.item.code,
            "month": date.isoformat(row.month),
            "day": date.isoformat(row.day),
            "standard": row.standard.version,
            "finding": row.finding_id,
            "reverses": row.reverses.sequence if row.reverses is not None else None,
            "actor": row.actor_id,
            "at": moment(row.at),
        }
        found[row.unit.code].append(
            {"sequence": row.sequence, "previous": row.previous, "hash": row.hash, "facts": facts}
        )
    return found


def check_chains() -> None:
    """Gapless, each entry following from the one before, and the end of each unit's chain where it is said to be."""
    for code, rows in chains().items():
        assert oracle.first_bad_link(rows) is None, code
        ledger = Unit.objects.get(code=code).ledger
        assert (ledger.sequence, ledger.head) == (rows[-1]["sequence"], rows[-1]["hash"])
