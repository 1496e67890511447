from complaints.models.cases import (
    Attachment,
    CaseState,
    Channel,
    Complaint,
    ComplaintEvent,
    Feedback,
    Grade,
    Interest,
    Outcome,
    Praise,
    StageReached,
    VerificationPoint,
)
from complaints.models.intake import Draft, DraftImage, HotlineSheet
from complaints.models.setting import CaseCounter, ComplaintSettings

__all__ = [
    "Attachment",
    "CaseCounter",
    "CaseState",
    "Channel",
    "Complaint",
    "ComplaintEvent",
    "ComplaintSettings",
    "Draft",
    "DraftImage",
    "Feedback",
    "Grade",
    "HotlineSheet",
    "Interest",
    "Outcome",
    "Praise",
    "StageReached",
    "VerificationPoint",
]
