"""On landing pages: what of the year waits for its reader. Nothing while nothing does."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.http import user_of
from accounts.models import Role
from appraisal.models import AnnualResult, UnitResult, YearState
from appraisal.rules import grading as rules
from appraisal.turns import year as year_turns
from appraisal.words.year import full_date
from cards.models import EmploymentKind
from common import slots

Part = tuple[str, dict[str, Any]] | None
#: So long before grades can be entered their day stands on the page of those who enter them.
ANNOUNCED = timedelta(days=30)
UNIT_ROLES = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)


def express(request: HttpRequest, access: Access) -> Part:
    """Years that the reader may decide, grades that they may look at again, recommendations to hand over."""
    if not (access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)):
        return None
    today, user_id = timezone.localdate(), user_of(request).pk
    over = UnitResult.objects.filter(state=YearState.PUBLIC, published_until__lt=today, year__lt=today.year)
    deciding = year_turns.deciders_of(found := list(over), today)
    own = [row for row in found if user_id in deciding[row.pk]]
    rows = _by_year(own, YearState.PUBLIC, _("Grades of units to decide, %(year)s"), "?state=waits")
    again = _to_look_again(user_id, today)
    rows += _by_year(again, YearState.DECIDED, _("Units with grades to look at again, %(year)s"), "")
    return _shown(rows + _recommendations(today, user_id))


def _recommendations(today: date, user_id: int) -> list[dict[str, Any]]:
    """Of the last year; nobody hands over their own."""
    year = today.year - 1
    waits = AnnualResult.objects.to_recommend(today).filter(year=year).exclude(cadre__user=user_id)
    number = waits.values("unit_result").distinct().count()
    label = _("Units with recommendations to hand over, %(year)s") % {"year": year}
    url = reverse("year", args=[year]) + "?state=recommend"
    return [_line(label, number, "out", url)] if number else []


def _to_look_again(user_id: int, today: date) -> set[UnitResult]:
    """Only where the reader looks at one of them again."""
    changed = AnnualResult.objects.filter(unit_result__state=YearState.DECIDED, changed_at__isnull=False)
    found = list(changed.select_related("unit_result", "cadre"))
    deciding = year_turns.deciders_again(found, today)
    return {row.unit_result for row in found if user_id in deciding[row.pk]}


def _by_year(found: Iterable[UnitResult], state: YearState, label: str, query: str) -> list[dict[str, Any]]:
    years = Counter(row.year for row in found if row.state == state)
    return [
        {
            "label": label % {"year": year},
            "number": number,
            "tone": "bad" if state == YearState.DECIDED else "out",
            "url": reverse("year", args=[year]) + query,
        }
        for year, number in sorted(years.items())
    ]


def unit(request: HttpRequest, access: Access) -> Part:
    """Of one's units, this year and the last: grades to enter, a notice to hang out, notices to hand over."""
    units = {m.unit_id for m in access.memberships if m.role in UNIT_ROLES and m.unit_id}
    heads = {m.unit_id for m in access.memberships if m.role == Role.LEADING_GROUP_HEAD}
    if not units:
        return None
    today = timezone.localdate()
    takes_grade = ~Q(results__employment_kind=EmploymentKind.ENTERPRISE)
    found = UnitResult.objects.filter(unit__in=units, year__gte=today.year - 1, vertically_managed=False)
    counted = found.select_related("unit").annotate(
        ungraded=Count("results", filter=takes_grade & Q(results__grade="")),
        unserved=Count("results", filter=~Q(results__grade="") & Q(results__notified_on=None)),
    )
    rows = [_own(row, today, row.unit_id in heads) for row in counted.order_by("year", "unit__code")]
    return _shown([row for row in rows if row is not None])


def _own(row: Any, today: date, is_head: bool) -> dict[str, Any] | None:
    words = {"unit": row.unit.name, "year": row.year}
    url = reverse("unit_year", args=[row.year, row.unit.code])
    if row.state == YearState.COMPUTED and row.ungraded and today >= rules.opens_on(row.year):
        tone = "bad" if row.sent_back_reason else "out"
        return _line(_("%(unit)s, %(year)s: grades to enter") % words, row.ungraded, tone, url)
    if row.state == YearState.COMPUTED and row.ungraded and today >= rules.opens_on(row.year) - ANNOUNCED:
        words["day"] = full_date(rules.opens_on(row.year))
        return _line(_("%(unit)s, %(year)s: grades are entered from %(day)s on") % words, 0, "idle", url)
    if row.state == YearState.PROPOSED and is_head:
        return _line(_("%(unit)s, %(year)s: public notice to hang out") % words, 1, "out", url)
    if row.state == YearState.DECIDED and row.unserved:
        return _line(_("%(unit)s, %(year)s: written notices to hand over") % words, row.unserved, "out", url)
    return None


def _line(label: str, number: int, tone: str, url: str) -> dict[str, Any]:
    return {"label": label, "number": number, "tone": tone, "url": url}


def _shown(rows: list[dict[str, Any]]) -> Part:
    return ("appraisal/desk_years.html", {"rows": rows}) if rows else None


def register() -> None:
    slots.fill("desk", express, order=9)
    slots.fill("desk", unit, order=16)
