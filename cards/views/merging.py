"""A unit that another one takes over. Administrators enter it, who see numbers and no people."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from accounts.models import Unit
from cards import services
from cards.moving_forms import MergeForm
from cards.services import MergeConsequences
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.versions import version_of


def unit_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """First by GET what would follow, in numbers; then by POST, if they are still the same, the merger."""
    unit, now = get_object_or_404(Unit, pk=pk), timezone.now()
    asked = request.GET if "successor" in request.GET else None
    data = posted(request) if request.method == "POST" else asked
    form = MergeForm(data, unit=unit, initial={"last_day": timezone.localdate(now)})
    if form.is_valid() and request.method == "POST" and accepted(form, lambda: _merge(request, unit, form)):
        merged = {"unit": unit.name, "successor": form.cleaned_data["successor"].name}
        messages.success(request, _("%(unit)s now belongs to %(successor)s.") % merged)
        return redirect("unit", pk)
    planned = _planned(unit, form)
    return render_form(
        request,
        "cards/unit_merge.html",
        form,
        unit=unit,
        planned=planned,
        seen=version_of(vars(planned)) if planned else "",
    )


def _merge(request: HttpRequest, unit: Unit, form: MergeForm) -> None:
    services.units_merge(unit=unit, **form.cleaned_data, actor=user_of(request), now=timezone.now())


def _planned(unit: Unit, form: MergeForm) -> MergeConsequences | None:
    """What would follow; after a refusal too, because the numbers may be what has changed."""
    given = getattr(form, "cleaned_data", {})
    if not form.is_bound or not {"successor", "last_day"} <= given.keys():
        return None
    try:
        return services.merge_consequences(
            unit=unit, successor=given["successor"], last_day=given["last_day"], now=timezone.now()
        )
    except Refused as refused:
        if not form.errors:
            form.add_error(refused.field, refused.sentence)
        return None
