"""Where somebody works for a time: secondment, village post, service-hall window."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from accounts.models import Unit
from cards import services
from cards.models import Cadre, Placement
from cards.moving_forms import PlacementEndForm, PlacementForm, open_units
from cards.views.people import cadre_of
from common.forms import accepted, posted, render_form


def _unit_of(request: HttpRequest, usual: Unit) -> Unit:
    """The unit whose offices are offered: any of the city, named by ?unit=."""
    code = request.GET.get("unit")
    if code is None or code == usual.code:
        return usual
    return get_object_or_404(open_units(), code=code)


def _page(
    request: HttpRequest, person: Cadre, form: PlacementForm, unit: Unit, placement: Placement | None
) -> HttpResponse:
    return render_form(
        request,
        "cards/placement.html",
        form,
        person=person,
        unit=unit,
        units=open_units(),
        placement=placement,
        offices=unit.offices.exists(),
    )


def placement_new(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    unit = _unit_of(request, person.unit)
    form = PlacementForm(posted(request), unit=unit, initial={"valid_from": timezone.localdate(now)})
    if form.is_valid() and accepted(
        form,
        lambda: services.placement_record(cadre=person, **form.values(), actor=user_of(request), now=now),
    ):
        messages.success(request, _("Saved."))
        return redirect("cadre", pk)
    return _page(request, person, form, unit, None)


def _placement(person: Cadre, pk: int) -> Placement:
    found = person.placements.select_related("office__unit", "cadre").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def placement_edit(request: HttpRequest, pk: int, placement_pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    placement = _placement(person, placement_pk)
    unit = _unit_of(request, placement.office.unit)
    form = PlacementForm(posted(request), unit=unit, initial=PlacementForm.initial_of(placement))
    if form.is_valid() and accepted(
        form,
        lambda: services.placement_correct(
            placement=placement,
            **form.values(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("cadre", pk)
    return _page(request, person, form, unit, placement)


def placement_end(request: HttpRequest, pk: int, placement_pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    placement = _placement(person, placement_pk)
    form = PlacementEndForm(posted(request), initial={"last_day": timezone.localdate(now)})
    if form.is_valid() and accepted(
        form,
        lambda: services.placement_end(
            placement=placement, last_day=form.cleaned_data["last_day"], actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("cadre", pk)
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("End the work elsewhere"),
        kicker=f"{person.name} · {placement.get_kind_display()} · {placement.office}",
        back_url=reverse("cadre", args=[pk]),
        back_label=person.name,
    )
