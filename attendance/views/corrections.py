"""Corrections: an officer asks for one line of a round, a second person decides."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import scope_for, user_of
from attendance import history, selectors, services, snapshot, words
from attendance.correction_forms import CorrectionDecisionForm, CorrectionForm
from attendance.models import Correction, Round
from attendance.models.sheets import VERIFIED_WORDS
from attendance.services import corrections as deciding
from attendance.snapshot import Line
from attendance.views.history import belongs_to, round_of
from cards.models import Cadre
from cards.views.people import PAGE_SIZE
from common.forms import accepted, posted, render_form


def _asked(request: HttpRequest) -> QuerySet[Correction]:
    """The guard: corrections of units that this page may show this person."""
    ids = scope_for(request).unit_ids
    found = Correction.objects.all() if ids is None else Correction.objects.filter(round__sheet__unit__in=ids)
    return found.select_related(
        "round__sheet__unit",
        "round__checker",
        "cadre__unit",
        "finding__item",
        "item",
        "asked_by",
        "decided_by",
    ).defer("round__snapshot")


def _line(round_: Round, cadre_pk: int) -> tuple[Cadre, Line]:
    """The guard: a line of the round as it was first submitted."""
    cadre = get_object_or_404(Cadre.objects.select_related("unit"), pk=cadre_pk)
    try:
        line = deciding.line_of(round_, cadre)
    except snapshot.Damaged:
        line = None
    if line is None or round_.corrects_id is not None:
        raise Http404
    return cadre, line


def ask(request: HttpRequest, pk: int, cadre_pk: int) -> HttpResponse:
    round_, now = round_of(request, pk), timezone.now()
    cadre, line = _line(round_, cadre_pk)
    recorded = list(deciding.findings_of(round_, cadre))
    items = [item for item in selectors.items() if item.may_be_recorded(line.status)]
    form = CorrectionForm(posted(request), recorded=recorded, items=items)
    if form.is_valid() and accepted(
        form,
        lambda: services.correction_ask(
            round_=round_,
            cadre=cadre,
            **{"finding": None, **form.cleaned_data},
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("The correction waits for a second person."))
        return redirect("round", pk)
    return render_form(
        request,
        "attendance/correction_new.html",
        form,
        round=round_,
        unit=round_.sheet.unit,
        cadre=cadre,
        back_url=reverse("round", args=[pk]),
        **_said(request, round_, line),
    )


def _said(request: HttpRequest, round_: Round, line: Line | None) -> dict[str, Any]:
    """What the plaque said, as on the page of the round."""
    if line is None:
        return {"said": None}
    said = words.said_at(line.status, round_.taken_at)
    return {
        "said": said,
        "details": history.details(line.status, said, round_),
        "place": history.place_said(line.status) if belongs_to(request, round_.sheet.unit) else "",
        "verified": VERIFIED_WORDS[line.verified.value],
    }


def corrections(request: HttpRequest) -> HttpResponse:
    """What waits first, then what was decided, the newest first."""
    rows = _asked(request).order_by(Case(When(decision="", then=0), default=1), "-asked_at", "-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "attendance/corrections.html", {"page": page})


def correction(request: HttpRequest, pk: int) -> HttpResponse:
    asked, now = get_object_or_404(_asked(request), pk=pk), timezone.now()
    form = CorrectionDecisionForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.correction_decide(
            correction=asked,
            confirm=form.cleaned_data["decision"] == Correction.Decision.CONFIRMED,
            note=form.cleaned_data["note"],
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("The correction has been decided."))
        return redirect("correction", pk)
    try:
        line = deciding.line_of(asked.round, asked.cadre)
    except snapshot.Damaged:
        line = None
    return render_form(
        request,
        "attendance/correction.html",
        form,
        asked=asked,
        unit=asked.round.sheet.unit,
        may_decide=not asked.decision
        and deciding.may_decide(asked, user_of(request), timezone.localdate(now)),
        **_said(request, asked.round, line),
    )
