"""Measures of the ladder at the desk: proposed, answered, decided, served, set aside."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.http import access_for, scope_for
from appraisal.models import Sanction
from common.responses import private


def sanction_of(request: HttpRequest, pk: int) -> Sanction:
    """The guard: one that this page may show this person, or 404."""
    seen = Sanction.objects.visible_to(access_for(request), scope_for(request))
    return get_object_or_404(seen, pk=pk)


def sanction(request: HttpRequest, pk: int) -> HttpResponse:
    return private(render(request, "appraisal/sanction.html", {"sanction": sanction_of(request, pk)}))
