"""The verbs of appraisal. Keyword-only, one transaction each: lock, check, write, audit."""

from appraisal.services.closing import drafts_make, month_draft
from appraisal.services.reversals import entry_reverse

__all__ = ["drafts_make", "entry_reverse", "month_draft"]
