"""The verbs of appraisal. Keyword-only, one transaction each: lock, check, write, audit."""

from appraisal.services.closing import drafts_make, month_draft
from appraisal.services.months import (
    month_accept,
    month_confirm,
    month_nil,
    month_publish,
    month_report,
    month_send_back,
)
from appraisal.services.objections import (
    objection_decide,
    objection_make,
    objection_withdraw,
    objections_remind,
)
from appraisal.services.reversals import entry_reverse
from appraisal.services.withholding import (
    withholding_execute,
    withholding_not_execute,
    withholding_paid_back,
    withholdings_execute,
    withholdings_not_execute,
    withholdings_send,
)

__all__ = [
    "drafts_make",
    "entry_reverse",
    "month_accept",
    "month_confirm",
    "month_draft",
    "month_nil",
    "month_publish",
    "month_report",
    "month_send_back",
    "objection_decide",
    "objection_make",
    "objection_withdraw",
    "objections_remind",
    "withholding_execute",
    "withholding_not_execute",
    "withholding_paid_back",
    "withholdings_execute",
    "withholdings_not_execute",
    "withholdings_send",
]
