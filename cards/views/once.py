"""A double click starts one job: the form carries a number of its own, and the second click brings the same."""

import uuid
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.http import scope_for, user_of
from accounts.models import Unit
from common.models import Job


def once_of(request: HttpRequest) -> str:
    """Of the form that was shown; who takes it out of the page gets one that nothing else has."""
    try:
        return uuid.UUID(request.POST.get("once", "")).hex
    except ValueError:
        return uuid.uuid4().hex


def once_for(once: str, unit: Unit) -> str:
    """A job belongs to one unit or to the city: a form that means two units starts two."""
    return uuid.uuid5(uuid.UUID(once), unit.code).hex


def jobs_of(request: HttpRequest) -> list[Job]:
    """The jobs that the first of two clicks has started; nobody finds another's by their number."""
    once = once_of(request)
    units = Unit.objects.filter(pk__in=scope_for(request).unit_ids or ())
    wanted = [once, *(once_for(once, unit) for unit in units)]
    return list(Job.objects.filter(once__in=wanted, created_by=user_of(request)))


def to_jobs(started: Sequence[Job]) -> HttpResponse:
    return redirect("job", started[0].pk) if len(started) == 1 else redirect("jobs")
