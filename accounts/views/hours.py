"""Office hours: who follows which, now, before and from a day on."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import history
from accounts.calendar_forms import HoursChangeForm, HoursNewForm, SeasonsFormSet, seasons_formset
from accounts.http import access_for, user_of
from accounts.models import Unit
from accounts.permissions import TABLE
from common import calendar, services
from common.calendar import HoursVersion
from common.forms import accepted, posted
from common.models import OfficeHoursSet
from common.versions import version_of


def sets(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    followers: dict[int, list[Unit]] = {}
    for unit in Unit.objects.active(today).order_by("code"):
        followers.setdefault(unit.office_hours_id, []).append(unit)
    known = calendar.versions_of_all()
    rows = [
        {
            "set": each,
            "now": _current(known.get(each.pk, []), today),
            "planned": [version for version in known.get(each.pk, []) if version.effective_from > today],
            "units": followers.get(each.pk, []),
        }
        for each in OfficeHoursSet.objects.order_by("pk")
    ]
    return render(
        request,
        "accounts/hours.html",
        {"rows": rows, "may_edit": access_for(request).may(TABLE["office_hours_edit"])},
    )


def _current(known: list[HoursVersion], today: date) -> HoursVersion | None:
    return next((version for version in reversed(known) if version.effective_from <= today), None)


def one(request: HttpRequest, pk: int) -> HttpResponse:
    hours_set, today = get_object_or_404(OfficeHoursSet, pk=pk), timezone.localdate()
    known = calendar.versions(pk)
    return render(
        request,
        "accounts/hours_set.html",
        {
            "set": hours_set,
            "versions": [
                {"version": version, "state": _state(version, today)} for version in reversed(known)
            ],
            "units": Unit.objects.active(today).filter(office_hours=hours_set).order_by("code"),
            "lines": history.edits(hours_set),
            "may_edit": access_for(request).may(TABLE["office_hours_edit"]),
        },
    )


def _state(version: HoursVersion, today: date) -> str:
    if version.effective_from > today:
        return "planned"
    return "past" if version.effective_to and version.effective_to < today else "now"


def new(request: HttpRequest) -> HttpResponse:
    form, seasons = HoursNewForm(posted(request)), seasons_formset(posted(request))
    made: list[OfficeHoursSet] = []
    if (
        request.method == "POST"
        and all([form.is_valid(), seasons.is_valid()])
        and accepted(
            form,
            lambda: made.append(
                services.office_hours_create(
                    code=form.cleaned_data["code"],
                    name=form.cleaned_data["name"],
                    seasons=seasons.starts(),
                    actor=user_of(request),
                    now=timezone.now(),
                )
            ),
        )
    ):
        messages.success(request, _("The office hours have been created. Choose them on the page of a unit."))
        return redirect("office_hours_set", made[0].pk)
    return _edit_page(request, form, seasons)


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    hours_set, now = get_object_or_404(OfficeHoursSet, pk=pk), timezone.now()
    known = calendar.versions(pk)
    today = timezone.localdate(now)
    initial = {"effective_from": today, "seen": version_of(services.office_hours_facts(known))}
    current = _current(known, today)
    form = HoursChangeForm(posted(request), initial=initial)
    seasons = seasons_formset(posted(request), current.seasons if current else ())
    if (
        request.method == "POST"
        and all([form.is_valid(), seasons.is_valid()])
        and accepted(
            form,
            lambda: services.office_hours_change(
                hours_set=hours_set,
                effective_from=form.cleaned_data["effective_from"],
                seasons=seasons.starts(),
                seen=form.cleaned_data["seen"],
                actor=user_of(request),
                now=now,
            ),
        )
    ):
        messages.success(request, _("The office hours have been entered."))
        return redirect("office_hours_set", pk)
    return _edit_page(request, form, seasons, set=hours_set)


def _edit_page(request: HttpRequest, form: Any, seasons: SeasonsFormSet, **more: Any) -> HttpResponse:
    wrong = form.is_bound and bool(form.errors or not seasons.is_valid())
    context = {"form": form, "seasons": seasons, **more}
    return render(request, "accounts/hours_edit.html", context, status=422 if wrong else 200)
