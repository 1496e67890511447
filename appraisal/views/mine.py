"""The cadre's own months: every number with its reason, and what their unit publishes."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.http import access_for, scope_for
from accounts.permissions import TABLE
from appraisal import counted, reasons, rules, selectors
from appraisal.models import LedgerEntry, MonthlyReport, MonthTotal, Objection, WithholdingProposal
from appraisal.models.months import ReportQuerySet
from appraisal.views.months import publication
from appraisal.words import entry as entry_words
from appraisal.words import month as month_words
from attendance import cases
from attendance.rules import month_named
from cards.models import Cadre
from common import slots
from common.responses import private

PAGE_SIZE = 12


def cadre_of(request: HttpRequest) -> Cadre:
    return get_object_or_404(Cadre.objects.within(scope_for(request)).select_related("unit"))


def records(request: HttpRequest, cadre: Cadre) -> tuple[str, dict[str, Any]] | None:
    """On the phone page: what the last counted month came to for oneself, and what the unit publishes now."""
    if not access_for(request).may(TABLE["my_months"]):
        return None
    newest = _reports(cadre).first()
    if newest is None:
        return None
    row = _row(newest, _totals(cadre, [newest.month]), counted.left_of(cadre, [newest.month]))
    return "appraisal/my_months_part.html", {**row, "objecting": _objecting(newest, cadre)}


def _objecting(report: MonthlyReport, cadre: Cadre) -> dict[str, Any] | None:
    """Until when there is something to object to, and where: with one entry its form, with several the month."""
    until, today = report.published_until, timezone.localdate()
    if until is not None and (report.nil or today > until):
        return None
    standing = LedgerEntry.objects.standing().filter(unit=report.unit_id, month=report.month, cadre=cadre)
    made = Objection.objects.counting().filter(entry__cadre=cadre)
    free = standing.exclude(finding__in=made.values("finding"))
    numbers = list(free.order_by("sequence").values_list("sequence", flat=True)[:2])
    if not numbers:
        return None
    if len(numbers) == 1:
        return {"until": until, "url": reverse("objection_new", args=[report.unit.code, numbers[0]])}
    return {"until": until, "url": reverse("my_month", args=[f"{report.month:%Y-%m}"])}


def _reports(cadre: Cadre) -> ReportQuerySet:
    """The months of the unit where somebody serves since they came, and any with an entry about them."""
    since = Q(unit=cadre.unit_id, month__gte=rules.first_of(cadre.serves_from))
    entered = Q(totals__cadre=cadre)
    found = MonthlyReport.objects.filter(since | entered).distinct()
    return found.select_related("unit").order_by("-month", "unit")


def _totals(cadre: Cadre, months: list[date]) -> dict[tuple[int, date], MonthTotal]:
    rows = MonthTotal.objects.filter(cadre=cadre, report__month__in=months).select_related("report")
    return {(row.report.unit_id, row.report.month): row for row in rows}


def _row(
    report: MonthlyReport,
    totals: dict[tuple[int, date], MonthTotal],
    left: dict[tuple[int, date], counted.Left],
) -> dict[str, Any]:
    tone, state = month_words.own_state(report, timezone.localdate())
    return {
        "report": report,
        "title": month_words.title(report.month),
        "month_key": f"{report.month:%Y-%m}",
        "total": totals.get((report.unit_id, report.month)),
        "left": left.get((report.unit_id, report.month)),
        "tone": tone,
        "state": state,
        "is_shown": report.state in rules.SHOWN_IN_UNIT,
    }


def my_months(request: HttpRequest) -> HttpResponse:
    cadre = cadre_of(request)
    page = Paginator(_reports(cadre), PAGE_SIZE).get_page(request.GET.get("page"))
    reports = list(page.object_list)
    totals = _totals(cadre, [report.month for report in reports])
    left = counted.left_of(cadre, [report.month for report in reports])
    rows = [_row(report, totals, left) for report in reports]
    return private(render(request, "appraisal/my_months.html", {"page": page, "rows": rows}))


def my_month(request: HttpRequest, month: str) -> HttpResponse:
    """All of a month about oneself, whichever unit counted it."""
    cadre, first = cadre_of(request), month_named(month)
    reports = list(_reports(cadre).filter(month=first)) if first is not None else []
    if first is None or not reports:
        raise Http404
    today = timezone.localdate()
    found = selectors.own_reasons(cadre, first)
    proposals = WithholdingProposal.objects.filter(cadre=cadre, report__in=reports)
    by_report = {row.report_id: row for row in proposals.select_related("standard")}
    left = counted.left_of(cadre, [first])
    context = {
        "cadre": cadre,
        "title": month_words.title(first),
        "month_key": month,
        "months": [
            {
                **_month(report, found, by_report.get(report.pk), today),
                "left": left.get((report.unit_id, first)),
            }
            for report in reports
            if report.unit_id == cadre.unit_id or any(one.entry.unit_id == report.unit_id for one in found)
        ],
    }
    return private(render(request, "appraisal/my_month.html", context))


def _month(
    report: MonthlyReport, found: list[reasons.Reason], proposal: WithholdingProposal | None, today: date
) -> dict[str, Any]:
    own = [one for one in found if one.entry.unit_id == report.unit_id]
    charged = [one for one in own if one.entry.kind == "finding"]
    corrections = [one for one in own if one.entry.kind != "finding"]
    half_points, cents = selectors.sums(charged)
    tone, state = month_words.own_state(report, today)
    return {
        "tone": tone,
        "state": state,
        "report": report,
        "reasons": (shown := [(one, entry_words.choice(one, report, today)) for one in charged]),
        "remedy": next((choice.remedy for _one, choice in shown if choice.remedy), ""),
        "corrections": [(one, entry_words.choice(one, report, today)) for one in corrections],
        "half_points": half_points,
        "cents": cents,
        "proposal": proposal,
        "is_shown": report.state in rules.SHOWN_IN_UNIT,
        "hangs": report.published_until is not None and today <= report.published_until and not report.nil,
    }


def my_entry(request: HttpRequest, code: str, sequence: int) -> HttpResponse:
    own = LedgerEntry.objects.within(scope_for(request))
    found = get_object_or_404(reasons.for_pages(own), unit__code=code, sequence=sequence)
    context = {
        **entry_words.read(found, timezone.localdate()),
        "standard_url": reverse("my_standard"),
        "finding_url": reverse("my_finding", args=[found.finding_id]),
    }
    return private(render(request, "appraisal/my_entry.html", context))


def unit_month(request: HttpRequest, month: str) -> HttpResponse:
    """The publication of one's unit since one serves there: never before it, and nobody else's."""
    cadre, first = cadre_of(request), month_named(month)
    if first is None:
        raise Http404
    published = _reports(cadre).filter(state__in=rules.SHOWN_IN_UNIT)
    found = get_object_or_404(published, unit=cadre.unit_id, month=first)
    return private(render(request, "appraisal/unit_month.html", publication(found)))


def register() -> None:
    slots.fill("my_records", records, order=50)
    slots.fill("finding", counted.on_finding)
    cases.became.append(counted.became)
