"""On the landing page of the Express: complaints that fall due, and those that are late."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Access
from common import slots
from complaints.desk_words import DAY
from complaints.models import Complaint
from complaints.views.desk import for_lists, handles, rows

SHOWN = 5


def deadlines(request: HttpRequest, access: Access) -> tuple[str, dict[str, Any]] | None:
    """Nothing while nothing is open."""
    if not handles(access):
        return None
    now = timezone.now()
    running = Complaint.objects.visible_to(access).running()
    first = list(for_lists(running.order_by("due_at", "pk"))[:SHOWN])
    if not first:
        return None
    overdue = running.filter(due_at__lte=now).count()
    soon = running.filter(due_at__gt=now, due_at__lt=now + DAY).count()
    late = ngettext("%(number)s is overdue", "%(number)s are overdue", overdue) % {"number": overdue}
    return "complaints/desk_express.html", {
        "label": _("Complaints due within 24 hours"),
        "soon": soon,
        "note": late if overdue else _("None is overdue"),
        "tone": "bad" if overdue else "out" if soon else "on",
        "url": reverse("complaints"),
        "rows": rows(first, now),
    }


def register() -> None:
    slots.fill("desk", deadlines, order=4)
