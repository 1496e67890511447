"""Long work as people see it: how far it is, what became of each line, and its files while they are kept."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, QuerySet, When
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import scope_for, user_of
from accounts.models import Unit
from common import jobs as work
from common.models import Job, JobItem
from common.problems import Refused
from common.responses import private

PAGE_SIZE = 50
#: Whoever comes back after a while looks for what is still to be done.
FAILED_FIRST = Case(When(state=JobItem.State.FAILED, then=0), default=1)


def _visible(request: HttpRequest) -> QuerySet[Job]:
    scope, found = scope_for(request), Job.objects.select_related("created_by")
    return found if scope.unit_ids is None else found.filter(unit_id__in=scope.unit_ids)


def jobs(request: HttpRequest) -> HttpResponse:
    page = Paginator(_visible(request), PAGE_SIZE).get_page(request.GET.get("page"))
    counts = work.counts(page)
    units = Unit.objects.in_bulk({job.unit_id for job in page if job.unit_id})
    rows = [(job, counts[job.pk], units.get(job.unit_id or 0)) for job in page]
    whole_city = scope_for(request).unit_ids is None
    return render(request, "accounts/jobs.html", {"page": page, "rows": rows, "whole_city": whole_city})


def job(request: HttpRequest, pk: int) -> HttpResponse:
    """The page, or for a script that asks every two seconds only its changing part."""
    found = get_object_or_404(_visible(request), pk=pk)
    counts = work.counts([found])[found.pk]
    context: dict[str, Any] = {"job": found, "counts": counts, "open": found.state != Job.State.DONE}
    if not context["open"]:
        context |= _result(request, found, counts)
    part = "HX-Request" in request.headers
    context["part"] = part
    return render(request, "accounts/job_state.html" if part else "accounts/job.html", context)


def _result(request: HttpRequest, found: Job, counts: work.Counts) -> dict[str, Any]:
    now, items = timezone.now(), found.items.order_by(FAILED_FIRST, "position")
    gone = work.files_gone(found, now)
    fetching = found.files_until is not None and not gone
    return {
        "page": Paginator(items, PAGE_SIZE).get_page(request.GET.get("page")),
        "outcome": _outcome(counts),
        "unit": Unit.objects.filter(pk=found.unit_id or 0).first(),
        "gone": gone,
        "fetching": fetching and work.may_fetch(found, user_of(request).pk),
        "others": fetching and not work.may_fetch(found, user_of(request).pk),
        "refusal": _refusal(found) if fetching and found.archive else "",
    }


def _outcome(counts: work.Counts) -> str:
    if not counts.failed:
        return ngettext("It is done.", "All %(number)d are done.", counts.total) % {"number": counts.total}
    sentence = ngettext(
        "%(failed)d of %(total)d is not done; the reason stands below.",
        "%(failed)d of %(total)d are not done; the reasons stand below.",
        counts.failed,
    )
    return sentence % {"failed": counts.failed, "total": counts.total}


def _refusal(found: Job) -> str:
    try:
        work.check_servable(found)
    except Refused as refused:
        return str(refused.sentence)
    return ""


def job_file(request: HttpRequest, pk: int, position: int) -> HttpResponseBase:
    found = get_object_or_404(_visible(request), pk=pk)
    item = get_object_or_404(found.items, position=position)
    return _handed_out(request, found, item.file, item)


def job_archive(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(_visible(request), pk=pk)
    return _handed_out(request, found, found.archive)


def _handed_out(request: HttpRequest, found: Job, name: str, item: JobItem | None = None) -> HttpResponseBase:
    path = work.file_path(found, name, timezone.now())
    if path is None or not work.may_fetch(found, user_of(request).pk):
        raise Http404
    try:
        work.check_servable(found, item)
        response = FileResponse(path.open("rb"), as_attachment=True, filename=name)
    except Refused as refused:
        messages.error(request, str(refused.sentence))
        return redirect("job", found.pk)
    except FileNotFoundError as error:
        raise Http404 from error
    return private(response)


def job_retry(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_visible(request), pk=pk)
    try:
        work.retry(job=found, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.sentence))
    else:
        messages.success(request, _("What had failed is tried again."))
    return redirect("job", pk)
