"""The questions of a case, for the Express’s page of it."""

from typing import Any

from django import template
from django.utils import timezone

from accounts.access import Access
from accounts.permissions import TABLE
from complaints import points, rules
from complaints.models import Complaint
from complaints.points import Standing
from complaints.rules import Move
from complaints.services import hearing

register = template.Library()


@register.simple_tag
def points_of(case: Complaint, access: Access) -> dict[str, Any]:
    """Its lines, each with whether the reader decides on it or enters its answer; and whether another may be put."""
    decides = access.may(TABLE["complaint_point_decide"]) and rules.can(case.state, Move.ASK)
    now = timezone.now()
    enters = case.handler_id == access.user.pk and hearing.is_asked_in_person(case, now)
    rows = [
        {
            "view": view,
            "decidable": decides and view.standing == Standing.HELD,
            "enterable": enters and view.is_open and view.point.cadre_id is not None,
        }
        for view in points.views(points.of_case(case), now)
    ]
    asks = case.handler_id == access.user.pk and rules.can(case.state, Move.ASK)
    return {"rows": rows, "asks": asks}
