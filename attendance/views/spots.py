"""Spot checks: the list, one of them, and planning one that has a reason and needs no draw."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for, user_of
from accounts.models import Role, SupervisionGroup, Unit
from accounts.permissions import Reach
from attendance import planning, services, spot_words
from attendance.models import InspectionSettings, Purpose, SpotCheck, SpotLine
from attendance.rules import walking_key
from attendance.services.on_site import may_cancel
from attendance.spot_forms import CITY_PURPOSES, SpotForm, unit_choices
from attendance.views.draws import may_be_redrawn
from cards import selectors as cards
from cards.models import Cadre, Office
from common.forms import accepted, posted, render_form
from common.rules import local

PAGE_SIZE = 20
#: Of the units of a check, named in the list.
UNITS_SHOWN = 3


def _checks(request: HttpRequest) -> QuerySet[SpotCheck]:
    checks = SpotCheck.objects.within(scope_for(request))
    return checks.select_related("planned_by", "group", "draw__redrawn_by").prefetch_related(
        "inspectors", "units"
    )


# --- The list, and one ---------------------------------------------------------------------------------------------


def spot_checks(request: HttpRequest) -> HttpResponse:
    now, user = timezone.now(), user_of(request)
    counted = _checks(request).annotate(
        people=Count("lines"), done=Count("lines", filter=~Q(lines__outcome=""))
    )
    # Grouping has dropped the order of the model.
    page = Paginator(counted.order_by("-begins_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        {
            "check": check,
            "state": spot_words.spot_state(check, now),
            "told": (told := check.is_told_to(user.pk, now)),
            "units": _units_in_words(check) if told else "",
        }
        for check in page
    ]
    context = {"page": page, "rows": rows, "may_draw": scope_for(request).reach == Reach.CITY}
    return render(request, "attendance/spot_checks.html", context)


def _units_in_words(check: SpotCheck) -> str:
    units = sorted(check.units.all(), key=lambda unit: unit.code)
    names = "、".join(map(str, units[:UNITS_SHOWN]))
    if (more := len(units) - UNITS_SHOWN) > 0:
        return _("%(names)s and %(more)s more") % {"names": names, "more": more}
    return names


@dataclass
class Door:
    office: Office
    lines: list[SpotLine] = field(default_factory=list)


@dataclass
class Place:
    """A unit of the check: the doors with somebody to look for, and all its others."""

    unit: Unit
    doors: list[Door]
    others: list[Office]


def spot_check(request: HttpRequest, pk: int) -> HttpResponse:
    now, user = timezone.now(), user_of(request)
    check = get_object_or_404(_checks(request).select_related("closed_by"), pk=pk)
    told = check.is_told_to(user.pk, now)
    inspects = user.pk in {inspector.pk for inspector in check.inspectors.all()}
    lines = _lines(check) if told else []
    working = inspects and check.is_under_way(now)
    return render(
        request,
        "attendance/spot_check.html",
        {
            "check": check,
            "state": spot_words.spot_state(check, now),
            "told": told,
            "sealed": check.is_sealed(now),
            "working": working,
            "places": _places(check, lines, doors=working) if told else [],
            "people": len(lines),
            "done": sum(line.outcome != "" for line in lines),
            "problems": sum(line.outcome == "problem" for line in lines),
            "inspectors": "、".join(map(str, check.inspectors.all())),
            "may_cancel": _may_cancel(request, check),
            "may_redraw": _may_redraw(request, check, now),
        },
    )


def _may_cancel(request: HttpRequest, check: SpotCheck) -> bool:
    ended = check.closed_at is not None or check.cancelled_at is not None
    heads = access_for(request).has(Role.EXPRESS_HEAD)
    return not ended and may_cancel(check, user_of(request), heads=heads)


def _may_redraw(request: HttpRequest, check: SpotCheck, now: datetime) -> bool:
    of_city = scope_for(request).reach == Reach.CITY
    return of_city and check.draw is not None and may_be_redrawn(check.draw, now)


def _lines(check: SpotCheck) -> list[SpotLine]:
    return list(check.lines.select_related("cadre", "office", "unit").prefetch_related("cadre__posts"))


def _places(check: SpotCheck, lines: list[SpotLine], *, doors: bool) -> list[Place]:
    """In walking order; with `doors` also those where nobody in particular is looked for."""
    by_unit: dict[int, dict[int, Door]] = defaultdict(dict)
    for line in lines:
        by_unit[line.unit_id].setdefault(line.office_id, Door(line.office)).lines.append(line)
    units = sorted(check.units.all(), key=lambda unit: unit.code)
    offices = Office.objects.filter(unit__in=units) if doors else Office.objects.none()
    others: dict[int, list[Office]] = defaultdict(list)
    for office in offices:
        if office.pk not in by_unit[office.unit_id]:
            others[office.unit_id].append(office)
    return [
        Place(
            unit,
            sorted(by_unit[unit.pk].values(), key=lambda door: _walk(door.office)),
            sorted(others[unit.pk], key=_walk),
        )
        for unit in units
    ]


def _walk(office: Office) -> tuple[Any, ...]:
    return (*walking_key(office.location, office.room), office.pk)


# --- With a reason, without a draw ---------------------------------------------------------------------------------


def spot_new(request: HttpRequest) -> HttpResponse:
    """First which units, by GET; then why, when and who."""
    now = timezone.now()
    chosen = _chosen(request, now)
    if not chosen or "choose" in request.GET:
        units = unit_choices(_open_units(request, local(now).date()))
        context = {"kinds": units, "chosen": {unit.pk for unit in chosen}, "asked": "next" in request.GET}
        return render(request, "attendance/spot_units.html", context)
    group = _group(request, chosen)
    form = SpotForm(
        posted(request),
        inspectors=planning.possible_inspectors(local(now).date(), group),
        purposes=(Purpose.VISIT,) if group is not None else CITY_PURPOSES,
        people=_people(chosen, now),
        initial={"begins_day": local(now).date(), "purpose": request.GET.get("purpose", "")},
    )
    made: list[SpotCheck] = []
    if form.is_valid() and accepted(form, lambda: made.append(_plan(request, form, chosen, group, now))):
        messages.success(request, _("Planned. The inspectors have been told."))
        return redirect("spot_check", made[0].pk)
    return render_form(
        request,
        "attendance/spot_new.html",
        form,
        units=chosen,
        group=group,
        often=_often(request, chosen, now),
        cap=InspectionSettings.current().spot_cap,
    )


def _plan(
    request: HttpRequest, form: SpotForm, units: list[Unit], group: SupervisionGroup | None, now: datetime
) -> SpotCheck:
    return services.spot_check_plan(
        purpose=Purpose(form.cleaned_data["purpose"]),
        reason=form.cleaned_data["reason"],
        units=units,
        people=form.chosen_people,
        inspectors=form.chosen,
        begins_at=form.begins_at,
        group=group,
        actor=user_of(request),
        now=now,
    )


def _open_units(request: HttpRequest, day: date) -> QuerySet[Unit]:
    units, scope = Unit.objects.active(day).order_by("code"), scope_for(request)
    return units if scope.unit_ids is None else units.filter(pk__in=scope.unit_ids)


def _chosen(request: HttpRequest, now: datetime) -> list[Unit]:
    """The units that ?unit= names; one that is not this person's, or closed, is not there."""
    codes = set(request.GET.getlist("unit"))
    units = list(
        _open_units(request, local(now).date()).filter(code__in=codes).select_related("supervision_group")
    )
    if len(units) != len(codes):
        raise Http404
    return units


def _group(request: HttpRequest, units: list[Unit]) -> SupervisionGroup | None:
    """The group whose visit it is; None for a check of the city. Units of two groups are two visits."""
    if scope_for(request).reach == Reach.CITY:
        return None
    groups = {unit.supervision_group for unit in units}
    if len(groups) != 1:
        raise Http404
    return groups.pop()


def _people(units: list[Unit], now: datetime) -> list[tuple[Cadre, str]]:
    """Everybody who works in one of them today, as a page lists them to tick."""
    day, there = local(now).date(), {unit.pk for unit in units}
    here = cards.current_placements(day).filter(office__unit__in=units).values("cadre")
    people = Cadre.objects.serving(day).filter(Q(unit__in=units) | Q(pk__in=here))
    placed = [(cadre, cards.place_of(cadre)) for cadre in cards.with_place(people, day)]
    rows = [(cadre, office) for cadre, office in placed if office.unit_id in there]
    rows.sort(key=lambda row: (row[1].unit.code, *_walk(row[1]), row[0].pinyin, row[0].pk))
    several = len(units) > 1
    return [
        (cadre, " · ".join([cadre.name, office.room, *([office.unit.name] if several else [])]))
        for cadre, office in rows
    ]


def _often(request: HttpRequest, units: list[Unit], now: datetime) -> list[str]:
    """Those of them that have had their random checks of the month, as far as this person may know."""
    known = planning.random_checks(now).told_to(user_of(request).pk, now)
    counts: dict[int, int] = defaultdict(int)
    for visit in planning.random_visits(known):
        counts[visit.unit_id] += 1
    cap = InspectionSettings.current().spot_cap
    return [unit.name for unit in units if counts[unit.pk] >= cap]
