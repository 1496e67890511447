"""On the landing page: corrections of a line that wait for this person's word."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.access import Access
from accounts.permissions import TABLE
from attendance.services import corrections
from common import slots


def waiting(request: HttpRequest, access: Access) -> tuple[str, dict[str, Any]] | None:
    """Nothing while nothing waits. One alone is opened at once, several are in the list."""
    if not access.may(TABLE["correction"]):
        return None
    found = corrections.waiting_for(access.user.pk, timezone.localdate())
    if not found:
        return None
    url = reverse("correction", args=[found[0].pk]) if len(found) == 1 else reverse("corrections")
    return "attendance/correction_waiting.html", {"number": len(found), "url": url}


def register() -> None:
    slots.fill("desk", waiting, order=5)
