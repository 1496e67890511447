"""The verbs of attendance. Keyword-only, one transaction each: lock, check, write, audit."""

from attendance.services.corrections import correction_ask, correction_decide
from attendance.services.findings import (
    finding_decide,
    finding_defend,
    finding_tell,
    unit_finding_record,
)
from attendance.services.rounds import (
    Problem,
    Submitted,
    check_paper,
    mark_add,
    mark_clear,
    mark_describe,
    mark_set,
    open_round_discard,
    round_submit,
    verified_set,
)

__all__ = [
    "Problem",
    "Submitted",
    "check_paper",
    "correction_ask",
    "correction_decide",
    "finding_decide",
    "finding_defend",
    "finding_tell",
    "mark_add",
    "mark_clear",
    "mark_describe",
    "mark_set",
    "open_round_discard",
    "round_submit",
    "unit_finding_record",
    "verified_set",
]
