"""The verbs of cards. Keyword-only, one transaction each: lock, check, write, audit."""

from cards.services.accounts import Opened, account_link, account_open, accounts_open
from cards.services.consent import consent_give, consent_withdraw
from cards.services.issuing import card_decide, card_request, card_revoke
from cards.services.merging import MergeConsequences, merge_consequences, units_merge
from cards.services.people import (
    CadreDetails,
    OfficeDetails,
    cadre_create,
    cadre_edit,
    cadre_photo_set,
    details_of,
    facts_of,
    office_create,
    office_edit,
)
from cards.services.placements import (
    placement_correct,
    placement_end,
    placement_facts,
    placement_record,
)
from cards.services.printing import Print, prints_record
from cards.services.roster import Counts, roster_import, roster_photos
from cards.services.shifts import shift_pattern_create, shift_pattern_edit, shifts_save
from cards.services.tenure import cadre_end_service, cadre_resume_service, revoke_ended_service
from cards.services.transfers import (
    Arrival,
    transfer_accept,
    transfer_decline,
    transfer_propose,
    transfer_withdraw,
)
from cards.services.whereabouts import (
    Bulk,
    absence_plan,
    plan_cancel,
    whereabouts_bulk,
    whereabouts_bulk_undo,
    whereabouts_declare,
)

__all__ = [
    "Arrival",
    "Bulk",
    "CadreDetails",
    "Counts",
    "MergeConsequences",
    "OfficeDetails",
    "Opened",
    "Print",
    "absence_plan",
    "account_link",
    "account_open",
    "accounts_open",
    "cadre_create",
    "cadre_edit",
    "cadre_end_service",
    "cadre_photo_set",
    "cadre_resume_service",
    "card_decide",
    "card_request",
    "card_revoke",
    "consent_give",
    "consent_withdraw",
    "details_of",
    "facts_of",
    "merge_consequences",
    "office_create",
    "office_edit",
    "placement_correct",
    "placement_end",
    "placement_facts",
    "placement_record",
    "plan_cancel",
    "prints_record",
    "revoke_ended_service",
    "roster_import",
    "roster_photos",
    "shift_pattern_create",
    "shift_pattern_edit",
    "shifts_save",
    "transfer_accept",
    "transfer_decline",
    "transfer_propose",
    "transfer_withdraw",
    "units_merge",
    "whereabouts_bulk",
    "whereabouts_bulk_undo",
    "whereabouts_declare",
]
