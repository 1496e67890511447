from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attendance.models import Finding
from complaints.models import Complaint


class CountedOutcome(models.Model):
    """What a substantiated complaint about somebody counts as in the month: an item, or with a reason nothing. Only
    whoever may know of the case sees this row; the finding that came of it names no case."""

    complaint = models.OneToOneField(Complaint, models.PROTECT, related_name="counted")
    #: Empty where it counts as nothing.
    finding = models.OneToOneField(Finding, models.PROTECT, null=True, related_name="counted_outcome")
    reason = models.CharField(_("why no points"), max_length=300, blank=True)
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()
    #: When the matter was done again and came to something else.
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(finding__isnull=False) | ~Q(reason=""), name="outcome_without_points_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="outcome_undone_when",
            ),
        ]

    def __str__(self) -> str:
        return f"outcome {self.pk}"
