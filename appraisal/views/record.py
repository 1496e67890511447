"""The record of a cadre: for the unit’s officers and heads, the city, and the cadre; on the screen and printed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from accounts.http import access_for, city_of, scope_for, user_of
from accounts.permissions import TABLE
from appraisal import acting, record_paper
from appraisal import record as records
from appraisal.papers import file
from appraisal.services.records import record_printed
from cards import history
from cards.models import Cadre
from common import slots
from common.responses import PDF, download, private

Part = tuple[str, dict[str, Any]] | None


def _cadre(request: HttpRequest, **named: Any) -> Cadre:
    """The guard: somebody whose record this page may show this person, or 404."""
    people = Cadre.objects.within(scope_for(request)).select_related("unit", "office")
    return get_object_or_404(people, **named)


def _years(request: HttpRequest, cadre: Cadre) -> list[records.Year]:
    today = timezone.localdate()
    # Of a unit that has ended, too: whoever follows it keeps what it kept.
    reader = records.Reader(access_for(request), acting.widened(scope_for(request), today), today)
    return records.years_of(cadre, reader)


def record(request: HttpRequest, pk: int) -> HttpResponse:
    cadre = _cadre(request, pk=pk)
    # One’s own is read as everybody reads theirs.
    if cadre.user_id == user_of(request).pk and access_for(request).may(TABLE["my_record"]):
        return redirect("my_record")
    context = {"cadre": cadre, "years": _years(request, cadre)}
    return private(render(request, "appraisal/record.html", context))


def record_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked for by POST: that somebody printed it is kept."""
    cadre = _cadre(request, pk=pk)
    response = _printed(request, cadre)
    record_printed(cadre=cadre, actor=user_of(request), now=timezone.now())
    return response


def my_record(request: HttpRequest) -> HttpResponse:
    cadre = _cadre(request)
    context = {"cadre": cadre, "years": _years(request, cadre)}
    return private(render(request, "appraisal/my_record.html", context))


def my_record_pdf(request: HttpRequest) -> HttpResponse:
    return _printed(request, _cadre(request))


def _printed(request: HttpRequest, cadre: Cadre) -> HttpResponse:
    with translation.override("zh-hans"):
        paper = record_paper.paper(
            cadre,
            _years(request, cadre),
            printed_by=str(user_of(request)),
            printed_on=timezone.localdate(),
            demo=city_of(request).is_demo,
        )
    return download(file.pdf(paper), PDF, f"{record_paper.TITLE}-{cadre.name}.pdf")


# --- Where it is found ------------------------------------------------------------------------------------------------


def on_person(request: HttpRequest, cadre: Cadre) -> Part:
    """On the page of a person, for whoever may read their record."""
    access = access_for(request)
    page = TABLE["record"]
    if not access.may(page) or not access.scope(page).allows_unit(cadre.unit_id):
        return None
    return "appraisal/record_link.html", {"url": reverse("record", args=[cadre.pk])}


def on_phone(request: HttpRequest, cadre: Cadre) -> Part:
    if not access_for(request).may(TABLE["my_record"]):
        return None
    return "appraisal/my_record_link.html", {}


def register() -> None:
    slots.fill("cadre", on_person)
    # Below everything that is news.
    slots.fill("my_records", on_phone, order=200)
    history.VERBS["record_printed"] = gettext_lazy("Appraisal record printed")
