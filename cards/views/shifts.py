"""The week of those who work in shifts: the officer fills in a grid, the head reads it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import access_for, user_of
from accounts.models import Role, Unit
from cards import services
from cards.models import Cadre, ShiftDay, ShiftPattern
from cards.services.shifts import OFFICE, REST, Cell, choice_of, staff, standing, week_facts
from cards.shift_forms import ShiftPatternForm
from cards.views.people import officer_unit, officer_units
from common import hours
from common.calendar import clocks
from common.forms import accepted, posted
from common.problems import Refused
from common.rules import Clocks
from common.versions import Overtaken, version_of

#: Whoever had a shift this long ago stands in the grid.
MEMORY = timedelta(days=28)
READERS = (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
_WEEK = re.compile(r"(20\d\d)-W(\d\d)")


@dataclass
class Grid:
    """A week of a unit, with what somebody typed where that is not saved."""

    unit: Unit
    monday: date
    today: date
    people: dict[int, Cadre]
    rows: dict[Cell, ShiftDay]
    patterns: list[ShiftPattern]
    typed: Mapping[Cell, str] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=offset) for offset in range(7)]

    def lines(self, *, overtaken: bool = False) -> list[dict[str, Any]]:
        return [
            {"cadre": cadre, "cells": [self._cell(cadre.pk, day, overtaken) for day in self.days]}
            for pk, cadre in self.people.items()
            if pk in self.shown
        ]

    def _cell(self, cadre_id: int, day: date, overtaken: bool) -> dict[str, Any]:
        row = self.rows.get((cadre_id, day))
        saved = choice_of(row)
        value = self.typed.get((cadre_id, day), saved)
        return {
            "name": cell_name(cadre_id, day),
            "day": day,
            "value": value,
            "row": row,
            "spans": clocks(row.spans) if row else (),
            "past": day < self.today,
            "options": self._options(row, value),
            "saved": _words(row) if overtaken and saved != value else "",
        }

    def _options(self, row: ShiftDay | None, value: str) -> list[tuple[str, str]]:
        """Also the shift that is no longer used, where it stands already."""
        offered = [(str(pattern.pk), pattern.name) for pattern in self.patterns if not pattern.retired]
        if row is not None and row.pattern is not None and choice_of(row) not in dict(offered):
            offered.append((choice_of(row), row.pattern.name))
        return [(OFFICE, _("as the office")), (REST, _("off")), *offered]


def cell_name(cadre_id: int, day: date) -> str:
    return f"c{cadre_id}-{day:%Y%m%d}"


def _words(row: ShiftDay | None) -> str:
    if row is None:
        return _("as the office")
    return row.pattern.name if row.pattern else _("off")


def shifts(request: HttpRequest) -> HttpResponse:
    unit, now = _unit(request), timezone.now()
    grid = _grid(request, unit, now)
    if request.GET.get("copy") == "1":
        grid.typed = _last_week(grid)
    return _page(request, grid, copied=bool(grid.typed))


def shifts_save(request: HttpRequest) -> HttpResponse:
    unit, now = officer_unit(request), timezone.now()
    grid = _grid(request, unit, now)
    grid.typed = _typed(request, grid)
    try:
        changed = services.shifts_save(
            unit=unit,
            monday=grid.monday,
            wanted=grid.typed,
            seen=request.POST.get("seen") or None,
            actor=user_of(request),
            now=now,
        )
    except Refused as refused:
        return _page(request, grid, refused=refused)
    if changed:
        words = ngettext("%(number)s day has been saved.", "%(number)s days have been saved.", changed)
        messages.success(request, words % {"number": changed})
    else:
        messages.info(request, _("Nothing has changed."))
    return redirect(f"{reverse('shifts')}?{_query(unit, grid.monday)}")


def _unit(request: HttpRequest) -> Unit:
    """The unit named by ?unit=, or the first of one's own."""
    code = request.GET.get("unit")
    for unit in _units(request):
        if code in (None, unit.code):
            return unit
    raise Http404


def _units(request: HttpRequest) -> list[Unit]:
    own = (m.unit for m in access_for(request).memberships if m.role in READERS and m.unit is not None)
    return list({unit.pk: unit for unit in own}.values())


def _grid(request: HttpRequest, unit: Unit, now: datetime) -> Grid:
    today = timezone.localdate(now)
    monday, people = _monday(request.GET.get("week", ""), today), staff(unit, now)
    asked = [*request.GET.getlist("add"), *request.POST.getlist("person")]
    added = {int(pk) for pk in asked if pk.isdecimal() and len(pk) < 12}
    return Grid(
        unit=unit,
        monday=monday,
        today=today,
        people=people,
        rows=standing(people, monday),
        patterns=list(unit.shift_patterns.all()),
        shown=_in_shifts(people, monday) | (added & people.keys()),
    )


def _monday(week: str, today: date) -> date:
    """The first day of 2026-W48; of this week where that is none."""
    if found := _WEEK.fullmatch(week):
        try:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
    return today - timedelta(days=today.weekday())


def _in_shifts(people: Iterable[int], monday: date) -> set[int]:
    recent = ShiftDay.objects.standing().filter(
        cadre__in=list(people), day__gte=monday - MEMORY, day__lt=monday + timedelta(days=7)
    )
    return set(recent.order_by().values_list("cadre_id", flat=True).distinct())


def _last_week(grid: Grid) -> dict[Cell, str]:
    """What stood seven days earlier, for days to come on which nothing stands yet; retired shifts are left out."""
    usable = {REST, *(str(pattern.pk) for pattern in grid.patterns if not pattern.retired)}
    week = timedelta(days=7)
    return {
        (cadre_id, day + week): choice_of(row)
        for (cadre_id, day), row in standing(grid.people, grid.monday - week).items()
        if day + week >= grid.today and (cadre_id, day + week) not in grid.rows and choice_of(row) in usable
    }


def _typed(request: HttpRequest, grid: Grid) -> dict[Cell, str]:
    """What came back of the selects. Whoever does not work here has none, and nobody on a day that is over."""
    asked = [int(pk) for pk in request.POST.getlist("person") if pk.isdecimal() and len(pk) < 12]
    cells = ((pk, day) for pk in asked for day in grid.days if day >= grid.today)
    found = {cell: request.POST.get(cell_name(*cell), "") for cell in cells}
    return {cell: value for cell, value in found.items() if value}


def _query(unit: Unit, monday: date, **more: str) -> str:
    return urlencode({"unit": unit.code, "week": _week(monday), **more})


def _week(monday: date) -> str:
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02}"


def _page(
    request: HttpRequest, grid: Grid, *, refused: Refused | None = None, copied: bool = False
) -> HttpResponse:
    unit, monday = grid.unit, grid.monday
    week, editing = timedelta(days=7), unit.pk in {own.pk for own in officer_units(request)}
    return render(
        request,
        "cards/shifts.html",
        {
            "unit": unit,
            "units": _units(request),
            "editing": editing,
            "week_number": monday.isocalendar().week,
            "week": _week(monday),
            "days": grid.days,
            "today": grid.today,
            "over": monday + week <= grid.today,
            "lines": grid.lines(overtaken=isinstance(refused, Overtaken)),
            "others": [cadre for pk, cadre in grid.people.items() if pk not in grid.shown],
            "patterns": [_pattern(pattern) for pattern in grid.patterns],
            "usable": any(not pattern.retired for pattern in grid.patterns),
            "seen": version_of(week_facts(grid.rows)),
            "refused": refused,
            "copied": copied,
            "asked_to_copy": request.GET.get("copy") == "1",
            "save_query": _query(unit, monday),
            "before_query": _query(unit, monday - week),
            "after_query": _query(unit, monday + week),
            "now_query": urlencode({"unit": unit.code}),
            "copy_query": _query(unit, monday, copy="1"),
        },
        status=422 if refused else 200,
    )


def _pattern(pattern: ShiftPattern) -> dict[str, Any]:
    spans: Clocks = clocks(pattern.spans)
    return {"pattern": pattern, "spans": spans, "night": hours.passes_midnight(spans)}


# --- Shifts by name -------------------------------------------------------------------------------------------------


def pattern_new(request: HttpRequest) -> HttpResponse:
    unit = officer_unit(request)
    form = ShiftPatternForm(posted(request), new=True)
    if form.is_valid() and accepted(
        form,
        lambda: services.shift_pattern_create(
            unit=unit,
            name=form.cleaned_data["name"],
            spans=form.given(),
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("The shift has been created."))
        return redirect(f"{reverse('shifts')}?{urlencode({'unit': unit.code})}")
    return _pattern_page(request, form, unit, None)


def pattern_edit(request: HttpRequest, pk: int) -> HttpResponse:
    own = [unit.pk for unit in officer_units(request)]
    pattern = get_object_or_404(ShiftPattern.objects.filter(unit__in=own).select_related("unit"), pk=pk)
    form = ShiftPatternForm.of(pattern, posted(request))
    moved: list[int] = []
    if form.is_valid() and accepted(
        form,
        lambda: moved.append(
            services.shift_pattern_edit(
                pattern=pattern,
                name=form.cleaned_data["name"],
                spans=form.given(),
                retired=form.cleaned_data["retired"],
                seen=form.cleaned_data["seen"],
                actor=user_of(request),
                now=timezone.now(),
            )
        ),
    ):
        messages.success(request, _moved_words(moved[0]))
        return redirect(f"{reverse('shifts')}?{urlencode({'unit': pattern.unit.code})}")
    return _pattern_page(request, form, pattern.unit, pattern)


def _moved_words(number: int) -> str:
    if not number:
        return _("Saved.")
    words = ngettext(
        "Saved. %(number)s day to come has the new hours.",
        "Saved. %(number)s days to come have the new hours.",
        number,
    )
    return words % {"number": number}


def _pattern_page(
    request: HttpRequest, form: ShiftPatternForm, unit: Unit, pattern: ShiftPattern | None
) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "unit": unit, "pattern": pattern}
    return render(request, "cards/shift_pattern.html", context, status=status)
