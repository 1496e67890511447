"""What every page of the year asks first: which units and people it may show to its reader."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import access_for, scope_for
from accounts.models import Role
from appraisal import year_chain
from appraisal.models import AnnualResult, UnitResult
from appraisal.models.years import AnnualResultQuerySet, UnitResultQuerySet


def is_express(request: HttpRequest) -> bool:
    access = access_for(request)
    return access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)


def units_of(request: HttpRequest) -> UnitResultQuerySet:
    return UnitResult.objects.within(scope_for(request)).select_related(
        "unit", "proposed_by", "published_by", "decided_by", "more_excellent_by", "commended_by"
    )


def unit_of(request: HttpRequest, year: int, code: str) -> UnitResult:
    """The guard: a unit's year that this page may show this person, or 404."""
    return get_object_or_404(units_of(request), year=year, unit__code=code)


def results_for(request: HttpRequest) -> AnnualResultQuerySet:
    return AnnualResult.objects.within(scope_for(request)).select_related(
        "unit_result__unit", "unit", "cadre", "graded_by", "notified_by", "commended_by"
    )


def result_of(request: HttpRequest, year: int, code: str, pk: int) -> AnnualResult:
    """The guard: somebody's result that this page may show this person, or 404."""
    return get_object_or_404(results_for(request), year=year, unit__code=code, pk=pk)


def reader_of(request: HttpRequest) -> year_chain.Reader:
    return year_chain.Reader(access_for(request), scope_for(request))


def unit_url(row: UnitResult) -> str:
    return reverse("unit_year", args=[row.year, row.unit.code])


def result_url(result: AnnualResult) -> str:
    return reverse("unit_year_result", args=[result.year, result.unit.code, result.pk])
