"""A cadre's own: what is proposed and why, how to answer, what was decided and what can be done about it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.http import scope_for
from appraisal.models import Sanction
from common.responses import private


def my_sanction(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Sanction.objects.within(scope_for(request)), pk=pk)
    return private(render(request, "appraisal/sanction_mine.html", {"sanction": found}))
