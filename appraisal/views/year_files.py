"""The year on paper: what hangs in a unit, the written notice, and the files."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts.http import user_of
from appraisal import year_notices, year_papers
from appraisal.models import AnnualResult
from appraisal.services import grading
from appraisal.year_pages import reader_of, result_of, unit_of
from common.responses import PDF, download


def unit_year_notice(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """What hangs in the unit, to be printed: from the day on which it does."""
    row = unit_of(request, year, code)
    if row.published_until is None:
        raise Http404
    paper = year_notices.public_notice(row)
    return download(year_papers.pdf(paper), PDF, f"{year_papers.name(paper)}.pdf", shown=True)


def unit_year_file(request: HttpRequest, year: int, code: str) -> HttpResponse:
    row = unit_of(request, year, code)
    paper = year_papers.unit_file(row, reader_of(request), user_of(request).name, timezone.now())
    return download(year_papers.file_pdf(paper), PDF, f"{paper.title}.pdf", shown=True)


def unit_year_result_notice(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    result = result_of(request, year, code, pk)
    if reader_of(request).untold([result]):
        raise Http404
    return notice_of(result)


def notice_of(result: AnnualResult) -> HttpResponse:
    """The written notice, once the year is decided; or the recommendation to whoever grades them."""
    if not grading.has_notice(result, timezone.localdate()):
        raise Http404
    paper = year_notices.annual_notice(result)
    return download(year_papers.pdf(paper), PDF, f"{year_papers.name(paper)}.pdf", shown=True)


def unit_year_result_file(request: HttpRequest, year: int, code: str, pk: int) -> HttpResponse:
    return file_of(request, result_of(request, year, code, pk))


def file_of(request: HttpRequest, result: AnnualResult) -> HttpResponse:
    paper = year_papers.cadre_file(result, reader_of(request), user_of(request).name, timezone.now())
    return download(year_papers.file_pdf(paper), PDF, f"{paper.title}.pdf", shown=True)
