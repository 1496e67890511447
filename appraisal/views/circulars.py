"""The commendation of a year: drafted and signed at the desk, read by everybody who is signed in; without persons by
everybody else."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from appraisal import year_papers
from appraisal.bulletin_files import KINDS
from appraisal.forms.bulletin import SignForm
from appraisal.forms.year import CircularForm
from appraisal.models import AnnualResult, AppraisalSettings, BulletinCounter, Circular, UnitResult
from appraisal.papers.texts import commendation as texts
from appraisal.services import circulars as services
from appraisal.services.bulletins import number_text
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import PDF, download, private, unkept

logger = logging.getLogger(__name__)


def unless_changed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Nobody is shown what somebody has altered past the product."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except services.Changed as changed:
            logger.error("Circular %s is not what was signed.", changed)
            return unkept(render(request, "appraisal/circular_changed.html", status=409))

    return guarded


def circular_of(year: int) -> Circular:
    return get_object_or_404(Circular.objects.select_related("signed_by"), year=year)


def circular_draft(request: HttpRequest, year: int) -> HttpResponse:
    if not UnitResult.objects.filter(year=year).exists():
        raise Http404
    try:
        services.circular_draft(year=year, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("year_eligible", year)
    return redirect("circular", year)


@unless_changed
def circular(request: HttpRequest, year: int) -> HttpResponse:
    found = circular_of(year)
    content = services.content_of(found)
    context = {
        "circular": found,
        "year": year,
        "content": content,
        "title": texts.title(content),
        "units": texts.grouped((unit.kind, unit.name) for unit in content.units),
        "people": texts.grouped((one.unit, one.name) for one in content.people),
        "corrections": _corrections(year, named=True),
        "undecided": 0 if found.is_signed else services.undecided(year),
        "may_sign": not found.is_signed
        and user_of(request).pk in services.signers(year, timezone.localdate()),
    }
    return private(render(request, "appraisal/circular.html", context))


def _corrections(year: int, *, named: bool) -> list[dict[str, Any]]:
    """What is signed stays as it is; of whom it no longer holds, stands beside it."""
    return [
        {
            "name": f"{row.unit.name} {row.cadre.name}" if isinstance(row, AnnualResult) else row.unit.name,
            "at": row.commendation_lapsed_at,
        }
        for row in services.lapsed(year)
        if named or not isinstance(row, AnnualResult)
    ]


@unless_changed
def circular_edit(request: HttpRequest, year: int) -> HttpResponse:
    found = circular_of(year)
    if found.is_signed:
        return redirect("circular", year)
    form = CircularForm.of(found, posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.circular_edit(
            circular=found,
            **form.values(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("circular", year)
    return render_form(request, "appraisal/circular_edit.html", form, circular=found, year=year)


@unless_changed
def circular_sign(request: HttpRequest, year: int) -> HttpResponse:
    found, now = circular_of(year), timezone.now()
    if found.is_signed:
        return redirect("circular", year)
    content = services.content_of(found)
    form = SignForm(posted(request), initial={"seen": content.digest})
    if form.is_valid() and accepted(
        form,
        lambda: services.circular_sign(
            circular=found, seen=form.cleaned_data["seen"] or None, actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("Signed."))
        return redirect("circular", year)
    if form.is_bound:
        form.show_version(content.digest)
    return render_form(
        request,
        "appraisal/circular_sign.html",
        form,
        circular=found,
        year=year,
        title=texts.title(content),
        content=content,
        undecided=services.undecided(year),
        number=_next_number(timezone.localdate(now).year),
        points=[
            _("It is frozen as it is printed, with the next number of the year."),
            _("Everybody who is signed in reads it; the public reads it without the names of persons."),
            _("Nobody is chosen, and no choice taken back, after that."),
        ],
    )


def _next_number(year: int) -> str:
    counter = BulletinCounter.objects.filter(year=year).first()
    prefix = AppraisalSettings.current().number_prefix
    return number_text(prefix, year, (counter.last if counter else 0) + 1)


@unless_changed
def circular_pdf(request: HttpRequest, year: int) -> HttpResponse:
    content = services.content_of(circular_of(year))
    return download(year_papers.pdf(content), PDF, f"{year_papers.name(content)}.pdf", shown=True)


@unless_changed
def circular_docx(request: HttpRequest, year: int) -> HttpResponse:
    content = services.content_of(circular_of(year))
    return download(year_papers.docx(content), KINDS["docx"][0], f"{year_papers.name(content)}.docx")


# --- For everybody ----------------------------------------------------------------------------------------------------


@unless_changed
def public_circular(request: HttpRequest, year: int) -> HttpResponse:
    """Signed ones. Names of persons are for those who are signed in."""
    found = get_object_or_404(Circular, year=year, signed_at__isnull=False)
    content = services.content_of(found)
    named = request.user.is_authenticated
    context = {
        "circular": found,
        "year": year,
        "content": content,
        "title": texts.title(content),
        "units": texts.grouped((unit.kind, unit.name) for unit in content.units),
        "people": texts.grouped((one.unit, one.name) for one in content.people) if named else {},
        "number_of_people": len(content.people),
        "named": named,
        "corrections": _corrections(year, named=named),
    }
    return unkept(render(request, "appraisal/public_circular.html", context))
