"""What the pages about findings read: whom they wait for, what stands beside them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Coalesce

from accounts.models import Membership, Role
from attendance import selectors, words
from attendance.models import Finding, FindingState, InspectionSettings, SpotCheck
from attendance.models.findings import FindingQuerySet
from attendance.rules import changes_near
from attendance.words import Change, View
from cards.models import Cadre, Whereabouts
from common import calendar


def for_pages(findings: FindingQuerySet) -> FindingQuerySet:
    """With everything that a page about one shows; the snapshot of its round stays where it is."""
    people = ("recorder", "defended_by", "decided_by")
    return findings.select_related(
        "unit", "place", "cadre", "item", "round__sheet", "spot_line__spot_check", *people
    ).defer("round__snapshot")


def for_lists(findings: FindingQuerySet) -> FindingQuerySet:
    return findings.select_related("unit", "place", "cadre", "item")


def views(findings: Iterable[Finding], today: date) -> list[View]:
    """One query more for any number."""
    working = calendar.around(today)
    return [words.view(finding, today, working) for finding in findings]


#: Of higher apps: what became of some of these after the decision, by finding, as a tone and its words.
Became = Callable[[Iterable[Finding]], Mapping[int, tuple[str, str]]]
became: list[Became] = []


def listed(findings: Iterable[Finding], today: date) -> list[View]:
    """For lists, where a row says in one word where it stands now."""
    found = views(findings, today)
    later = {pk: said for each in became for pk, said in each([row.finding for row in found]).items()}
    return [_after(row, later.get(row.finding.pk)) for row in found]


def _after(row: View, later: tuple[str, str] | None) -> View:
    return row if later is None else replace(row, tone=later[0], state=later[1])


def of_cadre(cadre: Cadre) -> FindingQuerySet:
    """A person's own findings: what can still be answered first, then the newest."""
    open_first = Case(When(state=FindingState.PROVISIONAL, then=0), default=1)
    return Finding.objects.filter(cadre=cadre).select_related("item").order_by(open_first, "-day", "-pk")


def waiting_for(user_id: int, today: date) -> FindingQuerySet:
    """What this person may decide on now: the statement is there, or the days for it are over.

    Asks of the database what `services.findings.deciders_of` works out for some, and must agree with it.
    """
    heads = Membership.objects.current(today).filter(
        role=Role.LEADING_GROUP_HEAD, unit=OuterRef("place"), user__is_active=True
    )
    # Zero is nobody: a comparison with NULL would be neither true nor false.
    involved = ("recorder", "cadre__user", "round__second")
    free = Q(*(~Q(user=Coalesce(OuterRef(name), 0)) for name in involved))
    of_unit = Q(cadre__isnull=False, spot_line=None, source="", has_free_head=True)
    mine = Q(pk__in=[])
    if headed := selectors.units_of(user_id, Role.LEADING_GROUP_HEAD, today):
        mine |= of_unit & Q(place__in=headed)
    if user_id in selectors.express(today):
        mine |= ~of_unit
    inspecting = SpotCheck.inspectors.through.objects.filter(
        spotcheck=OuterRef("spot_line__spot_check"), user=user_id
    )
    uninvolved = (
        ~Q(recorder=user_id)
        & ~Q(cadre__user=user_id)
        & ~Q(spot_line__spot_check__planned_by=user_id)
        & ~Q(round__second=user_id)
    )
    return (
        Finding.objects.decidable(today)
        .exclude(kept_out__contains=f",{user_id},")
        .alias(has_free_head=Exists(heads.filter(free)))
        .filter(mine, uninvolved, ~Exists(inspecting))
    )


def near_changes(finding: Finding) -> list[Change]:
    """What the person's plaque was told within minutes of the check: both stand side by side."""
    if finding.cadre_id is None:
        return []
    minutes = InspectionSettings.current().near_minutes
    near = timedelta(minutes=minutes)
    rows = Whereabouts.objects.filter(
        cadre=finding.cadre_id, recorded_at__range=(finding.at - near, finding.at + near)
    )
    by_moment = {row.recorded_at: row for row in rows.order_by("pk")}
    return [
        words.change(by_moment[moment], distance, finding.at)
        for moment, distance in changes_near(finding.at, by_moment, minutes)
    ]
