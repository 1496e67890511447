"""On the Express's landing page: substantiated complaints that nobody has said yet what they count as."""

from typing import Any

from django.db.models import Count, Min
from django.http import HttpRequest

from accounts.access import Access
from appraisal.services import outcomes
from common import slots
from complaints.models import Complaint
from complaints.views.desk import handles


def waiting(request: HttpRequest, access: Access) -> tuple[str, dict[str, Any]] | None:
    """Nothing while none waits; of the cases that the reader may know of."""
    if not handles(access):
        return None
    found = outcomes.to_count(Complaint.objects.visible_to(access)).order_by()
    counted = found.aggregate(number=Count("pk"), oldest=Min("closed_at"))
    return ("appraisal/desk_outcomes.html", counted) if counted["number"] else None


def register() -> None:
    slots.fill("desk", waiting, order=6)
