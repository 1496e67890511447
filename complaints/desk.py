"""On the landing pages: of the Express complaints that fall due and those that are late, of the commission what was
referred to it."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Access
from accounts.models import Role
from common import slots
from complaints.desk_words import DAY
from complaints.models import Complaint
from complaints.models.cases import ComplaintQuerySet
from complaints.rules import State
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
    return "complaints/desk_express.html", {"stats": _stats(running, now), "rows": rows(first, now)}


def referrals(request: HttpRequest, access: Access) -> tuple[str, dict[str, Any]] | None:
    """On the landing page of the commission: what was referred to it last."""
    if not access.has(Role.DISCIPLINE):
        return None
    referred = Complaint.objects.visible_to(access).filter(state=State.REFERRED)
    newest = list(for_lists(referred.order_by("-referred_at", "-pk"))[:SHOWN])
    return ("complaints/desk_referrals.html", {"rows": rows(newest, timezone.now())}) if newest else None


def _stats(running: ComplaintQuerySet, now: datetime) -> list[dict[str, Any]]:
    """What presses, what nobody has taken, and what waits for a second pair of eyes."""
    number = running.aggregate(
        overdue=Count("pk", filter=Q(due_at__lte=now)),
        soon=Count("pk", filter=Q(due_at__gt=now, due_at__lt=now + DAY)),
        new=Count("pk", filter=Q(state=State.RECEIVED)),
        nobodys=Count("pk", filter=Q(state=State.ACCEPTED, handler=None)),
        review=Count("pk", filter=Q(state=State.REVIEW)),
    )
    overdue, url = number["overdue"], reverse("complaints")
    late = ngettext("%(number)s is overdue", "%(number)s are overdue", overdue) % {"number": overdue}
    pressing = "bad" if overdue else "out" if number["soon"] else "on"
    return [
        {
            "label": _("Complaints due within 24 hours"),
            "value": number["soon"],
            "note": late if overdue else _("None is overdue"),
            "url": url,
            "tone": pressing,
        },
        _figure(_("Complaints to accept"), number["new"], f"{url}?state={State.RECEIVED.value}"),
        *([_figure(_("Complaints without a handler"), number["nobodys"], url)] if number["nobodys"] else []),
        _figure(_("Answers to check"), number["review"], f"{url}?state={State.REVIEW.value}"),
    ]


def _figure(label: str, value: int, url: str) -> dict[str, Any]:
    return {"label": label, "value": value, "note": "", "url": url, "tone": "out" if value else ""}


def register() -> None:
    slots.fill("desk", deadlines, order=4)
    slots.fill("referrals", referrals)
