"""On the landing page: how many findings wait for this person's decision."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.access import Access
from accounts.permissions import TABLE
from attendance import cases
from attendance.finding_forms import WAITS
from common import slots


def waiting(request: HttpRequest, access: Access) -> tuple[str, dict[str, Any]] | None:
    """Nothing while nothing waits: the desk is for what there is to do."""
    if not access.may(TABLE["finding_decide"]):
        return None
    number = cases.waiting_for(access.user.pk, timezone.localdate()).count()
    if not number:
        return None
    return "attendance/finding_waiting.html", {
        "number": number,
        "url": f"{reverse('findings')}?state={WAITS}",
    }


def register() -> None:
    slots.fill("desk", waiting, order=5)
