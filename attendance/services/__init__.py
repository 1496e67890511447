"""The verbs of attendance. Keyword-only, one transaction each: lock, check, write, audit."""

from attendance.services.corrections import correction_ask, correction_decide
from attendance.services.draws import draw_again, draw_call_off, draw_freeze, draw_reveal
from attendance.services.findings import (
    finding_decide,
    finding_defend,
    finding_tell,
    outcome_finding_record,
    outcome_finding_withdraw,
    unit_finding_record,
    unit_findings_record,
)
from attendance.services.paper import paper_enter
from attendance.services.rounds import (
    Problem,
    Submitted,
    mark_add,
    mark_clear,
    mark_describe,
    mark_set,
    open_round_discard,
    round_submit,
    verified_set,
)
from attendance.services.spots import spot_check_plan

__all__ = [
    "Problem",
    "Submitted",
    "correction_ask",
    "correction_decide",
    "draw_again",
    "draw_call_off",
    "draw_freeze",
    "draw_reveal",
    "finding_decide",
    "finding_defend",
    "finding_tell",
    "mark_add",
    "mark_clear",
    "mark_describe",
    "mark_set",
    "open_round_discard",
    "outcome_finding_record",
    "outcome_finding_withdraw",
    "paper_enter",
    "round_submit",
    "spot_check_plan",
    "unit_finding_record",
    "unit_findings_record",
    "verified_set",
]
