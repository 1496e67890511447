"""Parts of other pages: on a measure and on an annual result what can be asked about it, until when, and what became
of it; on the landing page of the Express how many reviews wait."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Access
from accounts.http import access_for, scope_for, user_of
from accounts.models import Role
from accounts.permissions import TABLE, Reach
from appraisal import reviewing
from appraisal.forms.review import WAITS
from appraisal.models import AnnualResult, Review, ReviewState, Sanction, Stage
from appraisal.reviewing import About, Right
from appraisal.services import reviews as services
from appraisal.words import review as words
from common import slots

Part = tuple[str, dict[str, Any]] | None


def stage_now(rights: dict[Stage, Right]) -> Stage:
    """Which of the two can be asked for next: once a review is decided, the appeal."""
    return Stage.APPEAL if rights[Stage.APPEAL].is_decided else Stage.REVIEW


def address(of: About, *, own: bool) -> str:
    """Of the form that asks."""
    if isinstance(of, Sanction):
        return reverse("my_sanction_review" if own else "sanction_review", args=[of.pk])
    if own:
        return reverse("my_year_review", args=[of.year])
    return reverse("result_review", args=[of.pk])


def part(request: HttpRequest, of: About, *, own: bool) -> Part:
    today, user = timezone.localdate(), user_of(request)
    rights = reviewing.rights([of])[of.pk]
    if not rights[Stage.REVIEW].is_decided:
        return None
    there = [right.before for right in rights.values() if right.before is not None]
    stage = stage_now(rights)
    next_one = rights[stage]
    if not (next_one.stands or there):
        return None
    closed = services.closed(of, stage, user, today) if next_one.before is None else ""
    context = {
        "reviews": words.views(there, today),
        "review_url": "my_review" if own else "review",
        "stage": stage,
        "is_appeal": stage == Stage.APPEAL,
        "until": next_one.until,
        "may_ask": next_one.before is None and not closed,
        "is_over": next_one.stands and next_one.until is not None and today > next_one.until,
        "ask_url": address(of, own=own),
        "rights_url": reverse("my_rights") if own else "",
    }
    return "appraisal/review_part.html", context


def on_sanction(request: HttpRequest, sanction: Sanction) -> Part:
    """On one's own page and at the desk: the page of a cadre says the days itself."""
    own = scope_for(request).reach == Reach.SELF
    if not own and not _may(request, "review"):
        return None
    found = part(request, sanction, own=own)
    return (found[0], {**found[1], "bare": own}) if found is not None else None


def on_own_year(request: HttpRequest, result: AnnualResult) -> Part:
    return part(request, result, own=True)


def on_result(request: HttpRequest, result: AnnualResult) -> Part:
    return part(request, result, own=False) if _may(request, "review") else None


def _may(request: HttpRequest, name: str) -> bool:
    return access_for(request).may(TABLE[name])


def records(request: HttpRequest, _cadre: Any) -> Part:
    """On the phone page, as long as something can be asked for or waits."""
    if not _may(request, "my_rights"):
        return None
    return "appraisal/my_rights_part.html", {}


def desk(request: HttpRequest, access: Access) -> Part:
    """What waits at the city: said only when there is something."""
    if not (access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)):
        return None
    today = timezone.localdate()
    open_ones = Review.objects.within(access.scope(TABLE["reviews"])).open()
    found = open_ones.aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
    if not found["open"]:
        return None
    mine = len(reviewing.waiting_for(open_ones, access.user.pk, today))
    return "appraisal/desk_reviews.html", {
        "number": found["open"],
        "note": _note(found["late"], mine),
        "is_late": bool(found["late"]),
        "url": f"{reverse('reviews')}?state={WAITS if mine else ReviewState.OPEN.value}",
    }


def _note(late: int, mine: int) -> str:
    if late:
        words_ = ngettext("%(number)s of them is overdue", "%(number)s of them are overdue", late)
        return words_ % {"number": late}
    return _("%(number)s for you to decide") % {"number": mine} if mine else ""


def register() -> None:
    slots.fill("sanction_actions", on_sanction, order=50)
    slots.fill("my_year", on_own_year, order=50)
    slots.fill("year_result", on_result, order=50)
    slots.fill("my_records", records, order=70)
    slots.fill("desk", desk, order=6)
