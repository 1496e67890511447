"""What substantiated complaints count as in the month: for the Express, of the cases it may know of."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, user_of
from appraisal.forms.outcome import CountForm
from appraisal.models import CountedOutcome
from appraisal.services import outcomes as services
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import private
from complaints.models import Complaint
from complaints.models.cases import ENCRYPTED, ComplaintQuerySet

PAGE_SIZE = 50


def _seen(request: HttpRequest) -> ComplaintQuerySet:
    return Complaint.objects.visible_to(access_for(request))


def outcomes(request: HttpRequest) -> HttpResponse:
    """What waits to be counted, what has to be undone, and what was counted."""
    seen = _seen(request).select_related("unit", "cadre").defer(*ENCRYPTED)
    counted = CountedOutcome.objects.filter(complaint__in=_seen(request).order_by().values("pk"))
    related = ("complaint__unit", "complaint__cadre", "finding__item", "counted_by")
    shown = counted.select_related(*related).defer(*(f"complaint__{name}" for name in ENCRYPTED))
    context = {
        "waiting": services.to_count(seen).order_by("closed_at", "pk"),
        "undo": services.to_undo(seen).order_by("closed_at", "pk"),
        "page": Paginator(shown.order_by("-counted_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return private(render(request, "appraisal/outcomes.html", context))


def outcome(request: HttpRequest, number: str) -> HttpResponse:
    case = get_object_or_404(services.to_count(_seen(request)).select_related("unit", "cadre"), number=number)
    form = CountForm(posted(request), case=case)
    if form.is_valid() and accepted(
        form,
        lambda: services.outcome_count(case=case, **form.given(), actor=user_of(request), now=timezone.now()),
    ):
        messages.success(request, _("Saved what it counts as."))
        return redirect("outcomes")
    return render_form(request, "appraisal/outcome.html", form, case=case)


def outcome_undo(request: HttpRequest, number: str) -> HttpResponse:
    case = get_object_or_404(_seen(request).filter(counted__isnull=False), number=number)
    try:
        services.outcome_undo(case=case, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.sentence))
    else:
        messages.success(request, _("Withdrawn, and what it cost is reversed."))
    return redirect("outcomes")
