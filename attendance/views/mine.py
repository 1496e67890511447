"""The cadre's own findings: every one with its reason, and the statement in defence."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import scope_for, user_of
from attendance import cases, words
from attendance.finding_forms import DefenceForm
from attendance.models import Finding, FindingState
from attendance.services import finding_defend
from cards.models import Cadre
from common import slots
from common.forms import accepted, posted, render_form

PAGE_SIZE = 30
#: On the page that is opened every day.
SHOWN = 5


def records(request: HttpRequest, cadre: Cadre) -> tuple[str, dict[str, Any]] | None:
    """On the phone page: what can be answered, and what was decided lately."""
    found = list(cases.of_cadre(cadre)[: SHOWN + 1])
    if not found:
        return None
    shown = cases.listed(found[:SHOWN], timezone.localdate())
    return "attendance/my_records.html", {"findings": shown, "more": len(found) > SHOWN}


def findings(request: HttpRequest) -> HttpResponse:
    own = cases.of_cadre(get_object_or_404(Cadre.objects.within(scope_for(request))))
    page = Paginator(own, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = cases.listed(page.object_list, timezone.localdate())
    return render(request, "attendance/my_findings.html", {"page": page, "findings": rows})


def finding(request: HttpRequest, pk: int) -> HttpResponse:
    own = Finding.objects.within(scope_for(request))
    found, now = get_object_or_404(cases.for_pages(own), pk=pk), timezone.now()
    today = timezone.localdate(now)
    form = DefenceForm.of(found, posted(request))
    if form.is_valid() and accepted(
        form, lambda: finding_defend(finding=found, **form.cleaned_data, actor=user_of(request), now=now)
    ):
        messages.success(request, _("Your statement has been handed in."))
        return redirect("my_finding", pk)
    return render_form(
        request,
        "attendance/my_finding.html",
        form,
        view=cases.views([found], today)[0],
        finding=found,
        near=cases.near_changes(found),
        photo_url=reverse("finding_photo", args=[pk]) if found.photo else "",
        told=words.told(found),
        on_paper=found.defended_by_id not in (None, user_of(request).pk),
        answerable=words.is_answerable(found, today),
        is_open=found.state == FindingState.PROVISIONAL,
    )


def register() -> None:
    slots.fill("my_records", records)
