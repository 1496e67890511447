"""What attendance stores: what can go wrong, daily sheets and their rounds, findings, spot checks and draws."""

from attendance.models.catalogue import InspectionSettings, Item, Offered, Subject
from attendance.models.findings import Exemption, Finding, FindingState, Told
from attendance.models.sheets import Correction, DailySheet, Mark, OpenRound, Round, RoundKind
from attendance.models.spots import Draw, Outcome, Purpose, Signature, SpotCheck, SpotKind, SpotLine

__all__ = [
    "Correction",
    "DailySheet",
    "Draw",
    "Exemption",
    "Finding",
    "FindingState",
    "InspectionSettings",
    "Item",
    "Mark",
    "Offered",
    "OpenRound",
    "Outcome",
    "Purpose",
    "Round",
    "RoundKind",
    "Signature",
    "SpotCheck",
    "SpotKind",
    "SpotLine",
    "Subject",
    "Told",
]
