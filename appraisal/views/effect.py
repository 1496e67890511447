"""Whether it helps: figures of the whole city month by month, beside what was before."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import access_for, user_of
from accounts.permissions import TABLE
from appraisal import effects
from appraisal.forms.baseline import BaselineFileForm, BaselineForm
from appraisal.models import Baseline, Indicator
from appraisal.services import baselines as services
from appraisal.sheets import baseline as baseline_file
from appraisal.sheets import effect as effect_sheet
from appraisal.words import effect as effect_words
from cards.roster.plan import Problem
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import XLSX, download, private
from common.rules import local

PAGE = 60


def effect(request: HttpRequest) -> HttpResponse:
    trends = effects.read(access_for(request), timezone.now())
    context = {
        "indicators": [effect_words.show(trend) for trend in trends],
        "has_months": bool(trends[0].points),
    }
    return private(render(request, "appraisal/effect.html", context))


def effect_xlsx(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    data = effect_sheet.workbook(effects.read(access_for(request), now), now)
    return download(data, XLSX, _("Effect of the scheme %(day)s") % {"day": f"{local(now):%F}"} + ".xlsx")


def baseline(request: HttpRequest) -> HttpResponse:
    """What is entered, in the order of the indicators on the page of the effect."""
    place = Case(*(When(indicator=one, then=number) for number, one in enumerate(Indicator)))
    entered = Baseline.objects.select_related("entered_by").order_by(place, "-month")
    page = Paginator(entered, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [{"one": one, "words": effect_words.baseline_row(one)} for one in page],
        "may_enter": access_for(request).may(TABLE["baseline_new"]),
    }
    return private(render(request, "appraisal/baseline.html", context))


def baseline_new(request: HttpRequest) -> HttpResponse:
    form, now = BaselineForm(posted(request)), timezone.now()
    if form.is_valid() and accepted(
        form, lambda: services.baselines_set(values=[form.entered()], actor=user_of(request), now=now)
    ):
        messages.success(request, _("Saved."))
        return redirect("baseline")
    return private(render_form(request, "appraisal/baseline_new.html", form))


def baseline_import(request: HttpRequest) -> HttpResponse:
    form, now = BaselineFileForm(posted(request), request.FILES or None), timezone.now()
    problems, entered = list[Problem](), list[services.Entered]()

    def take() -> None:
        reading = _read(form.cleaned_data["file"], now)
        problems.extend(reading.problems)
        if problems:
            raise Refused(
                _("Nothing was imported: mend the mistakes below and hand the file in again."), "file"
            )
        entered.append(services.baselines_set(values=reading.values, actor=user_of(request), now=now))

    if form.is_valid() and accepted(form, take):
        messages.success(request, _said(entered[0]))
        return redirect("baseline")
    return private(render_form(request, "appraisal/baseline_import.html", form, problems=problems))


def _read(data: bytes, now: datetime) -> baseline_file.Reading:
    try:
        return baseline_file.read(data, local(now).date())
    except Refused as refused:
        raise Refused(refused.sentence, "file") from refused


def _said(entered: services.Entered) -> str:
    if not entered.new and not entered.changed:
        return _("All of these values stood here already.")
    new = ngettext("%(number)s value imported.", "%(number)s values imported.", entered.new)
    said = [new % {"number": entered.new}] if entered.new else []
    if entered.changed:
        said.append(_("%(number)s replaced.") % {"number": entered.changed})
    return " ".join(said)


def baseline_template(request: HttpRequest) -> HttpResponse:
    return download(baseline_file.template(), XLSX, _("Baseline template") + ".xlsx")


def baseline_remove(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Baseline, pk=pk)
    if request.method == "POST":
        services.baseline_remove(pk=one.pk, actor=user_of(request), now=timezone.now())
        messages.success(request, _("Removed."))
        return redirect("baseline")
    row = effect_words.baseline_row(one)
    context = {
        "title": _("Remove a value of the baseline"),
        "question": _("Remove “%(name)s: %(value)s”?") % {"name": row.name, "value": row.value},
        "points": [_("The trail keeps what it was and who removed it.")],
        "action_label": _("Remove"),
        "back_url": reverse("baseline"),
    }
    return private(render(request, "confirm_page.html", context))
