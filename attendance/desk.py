"""What an officer's landing page says of today's round: one button when everything agrees."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.models import Role
from attendance import walk as walking
from attendance.rules import Verified
from attendance.walk import Walk
from common import slots

Part = tuple[str, dict[str, Any]] | None


def rounds(request: HttpRequest, access: Access) -> Part:
    units = {m.unit.pk: m.unit for m in access.memberships if m.role == Role.UNIT_OFFICER and m.unit}
    if not units:
        return None
    now = timezone.now()
    return "attendance/desk_rounds.html", {
        "cards": [_card(Walk(unit, access.user, now)) for unit in units.values()],
        "day_words": formats.date_format(timezone.localdate(now), _("F j, l")),
        "several": len(units) > 1,
    }


def _card(walk: Walk) -> dict[str, Any]:
    shown = walking.read(walk)
    marks = sum(len(opened.marks) for opened in shown.by_part.values())
    return {
        "unit": walk.unit,
        "sheet": shown,
        "to_check": len(shown.to_check),
        "present": shown.present,
        "away": len(shown.to_check) - shown.present,
        **{way.value: shown.verified[way] for way in Verified},
        "marks": marks,
        "url": reverse("sheet", args=[walk.unit.code]) + _part_on_the_way(shown),
        "state": _state(shown, marks),
    }


def _part_on_the_way(shown: walking.Sheet) -> str:
    """Where a round is on its way: there it goes on."""
    part = next((part for part, opened in shown.by_part.items() if opened.marks), "")
    return replace(shown.walk, part=part).query()


def _state(shown: walking.Sheet, marks: int) -> str:
    if marks:
        return "begun"
    if shown.rounds:
        return "done"
    if shown.to_check:
        return "clean"
    return "closed" if shown.is_working_day else "rest"


def register() -> None:
    slots.fill("desk", rounds, order=10)
