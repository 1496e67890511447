"""On the landing pages: what of the ladder waits for the reader; for the commission what was referred to it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.models import Role
from accounts.permissions import TABLE
from appraisal.forms.sanction import WAITS
from appraisal.models import Sanction, SanctionState
from appraisal.services import sanctions as services
from appraisal.turns import sanction as sanction_turns
from appraisal.words import sanction as sanction_words
from common import slots

Part = tuple[str, dict[str, Any]] | None
#: More of them are on the list behind.
SHOWN = 10


def waiting(request: HttpRequest, access: Access) -> Part:
    """Nothing while nothing waits."""
    page = TABLE["sanctions"]
    if not access.may(page) or access.roles <= {Role.DISCIPLINE, Role.CADRE}:
        return None
    seen = Sanction.objects.visible_to(access, page)
    found = sanction_turns.read(seen, access.user, timezone.localdate())
    labels = (
        (_("Proposals for you to decide"), found.decide),
        (_("People to tell of a proposal"), found.tell),
        (_("Proposals about the unit to answer"), found.answer),
        (_("Decisions to serve"), found.serve),
    )
    items = [{"label": label, "number": len(keys), "url": _url(keys)} for label, keys in labels if keys]
    return ("appraisal/desk_sanctions.html", {"waiting_measures": items}) if items else None


def _url(keys: frozenset[int]) -> str:
    """The one itself, or the list of what waits."""
    if len(keys) == 1:
        return reverse("sanction", args=[next(iter(keys))])
    return f"{reverse('sanctions')}?state={WAITS}"


def referrals(request: HttpRequest, access: Access) -> Part:
    if not access.has(Role.DISCIPLINE):
        return None
    seen = Sanction.objects.visible_to(access, TABLE["sanctions"])
    referred = seen.filter(state=SanctionState.REFERRED).order_by("-decided_at", "-pk")
    rows = list(services.whole(referred)[: SHOWN + 1])
    if not rows:
        return None
    context = {
        "measures": sanction_words.views(rows[:SHOWN], timezone.localdate()),
        "more_measures": len(rows) > SHOWN,
    }
    return "appraisal/desk_referrals.html", context


def register() -> None:
    slots.fill("desk", waiting, order=7)
    slots.fill("referrals", referrals, order=50)
