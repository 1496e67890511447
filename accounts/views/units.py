"""The administrator's pages of units, and of the city's own facts."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import history, selectors, services
from accounts.forms import CityForm, UnitFilterForm, UnitForm, UnitNewForm
from accounts.http import user_of
from accounts.models import City, Membership, Unit
from common.forms import accepted, posted, render_form
from common.models import OfficeHoursSet
from common.seeds import DEFAULT_HOURS

PAGE_SIZE = 50


def units(request: HttpRequest) -> HttpResponse:
    form, today = UnitFilterForm(request.GET), timezone.localdate()
    form.is_valid()
    given = form.cleaned_data
    found = selectors.units(
        day=today,
        search=given.get("q", "").strip(),
        kind=given.get("kind", ""),
        group=given.get("group"),
        state=given.get("state", ""),
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "accounts/units.html",
        {"form": form, "page": page, "today": today, "filtered": any(given.values())},
    )


def unit_new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    usual = {
        "office_hours": OfficeHoursSet.objects.filter(code=DEFAULT_HOURS).first(),
        "valid_from": timezone.localdate(now),
    }
    form = UnitNewForm(posted(request), initial=usual)
    made: list[Unit] = []
    if form.is_valid() and accepted(
        form,
        lambda: made.append(
            services.unit_create(
                code=form.cleaned_data["code"], details=form.details(), actor=user_of(request), now=now
            )
        ),
    ):
        messages.success(request, _("The unit has been created. Give it a discipline officer next."))
        return redirect("unit", made[0].pk)
    return render_form(request, "accounts/unit.html", form)


def unit(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    found = get_object_or_404(
        Unit.objects.select_related("office_hours", "supervision_group", "successor"), pk=pk
    )
    form = UnitForm.of(found, posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.unit_edit(
            unit=found,
            details=form.details(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("unit", pk)
    today = timezone.localdate(now)
    return render_form(
        request,
        "accounts/unit.html",
        form,
        unit=found,
        closed=found.valid_to is not None and found.valid_to < today,
        accounts=Membership.objects.current(today).filter(unit=found).values("user").distinct().count(),
        accounts_url=f"{reverse('users')}?unit={pk}",
        lines=history.edits(found),
    )


def city(request: HttpRequest) -> HttpResponse:
    saved = City.current()
    form = CityForm.of(saved, posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.city_edit(
            values=form.values(),
            seen=form.cleaned_data["seen"],
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("city")
    return render_form(request, "accounts/city.html", form, lines=history.edits(saved))
