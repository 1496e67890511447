from appraisal.models.ledger import Kind, LedgerEntry, UnitLedger
from appraisal.models.months import (
    Bulletin,
    BulletinCounter,
    BulletinHead,
    MonthlyReport,
    MonthTotal,
    Objection,
    ObjectionState,
    ProposalState,
    ReportState,
    WithholdingProposal,
)
from appraisal.models.outcomes import CountedOutcome
from appraisal.models.standards import AppraisalSettings, Standard, StandardItem

__all__ = [
    "AppraisalSettings",
    "Bulletin",
    "BulletinCounter",
    "BulletinHead",
    "CountedOutcome",
    "Kind",
    "LedgerEntry",
    "MonthTotal",
    "MonthlyReport",
    "Objection",
    "ObjectionState",
    "ProposalState",
    "ReportState",
    "Standard",
    "StandardItem",
    "UnitLedger",
    "WithholdingProposal",
]
