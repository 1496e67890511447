"""A number and its reason: an entry of the ledger with everything behind it, on the page and on paper."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.http import access_for, scope_for, user_of
from accounts.permissions import TABLE
from appraisal import acting, reasons
from appraisal.models import LedgerEntry
from appraisal.services import objections
from appraisal.words import entry as entry_words
from attendance.models import Finding
from attendance.rules import month_named
from common.responses import private


def entry(request: HttpRequest, code: str, month: str, sequence: int) -> HttpResponse:
    within = LedgerEntry.objects.within(acting.widened(scope_for(request), timezone.localdate()))
    found = get_object_or_404(
        reasons.for_pages(within), unit__code=code, month=month_named(month), sequence=sequence
    )
    user, today = user_of(request), timezone.localdate()
    context = entry_words.read(found, today)
    may_enter = context["choice"].may_object and objections.may_make(found, user, today)
    return private(
        render(
            request,
            "appraisal/entry.html",
            {
                **context,
                "finding_url": _finding_url(request, found.finding),
                "source_url": _source_url(request, found.finding),
                "standard_url": reverse("standard", args=[found.standard.version]),
                "hides_money": not _may(request, "withholdings"),
                "may_enter": may_enter and not entry_words.is_own(found, user),
                "is_own": entry_words.is_own(found, user),
            },
        )
    )


def entry_print(request: HttpRequest, code: str, month: str, sequence: int) -> HttpResponse:
    """The case file on paper: for whoever may see the entry, and for the person it is about."""
    scope = scope_for(request)
    own = Q(cadre__user=scope.user_id)
    seen = LedgerEntry.objects.filter(own)
    if TABLE["entry"].roles.keys() & access_for(request).roles:
        seen |= LedgerEntry.objects.within(scope)
    found = get_object_or_404(
        reasons.for_pages(seen),
        unit__code=code,
        month=month_named(month),
        sequence=sequence,
    )
    now = timezone.now()
    context = entry_words.read(found, timezone.localdate(now))
    return private(
        render(
            request,
            "appraisal/entry_print.html",
            {
                **context,
                "printed_at": now,
                "is_own": (own_entry := entry_words.is_own(found, user_of(request))),
                "hides_money": not own_entry and not _may(request, "withholdings"),
            },
        )
    )


def _may(request: HttpRequest, name: str) -> bool:
    page = TABLE.get(name)
    return page is not None and access_for(request).may(page)


def _finding_url(request: HttpRequest, finding: Finding) -> str:
    """The page of the finding is for the unit where it counts and for the one that checked: the entry's may not be."""
    seen = Finding.objects.within(scope_for(request)).filter(pk=finding.pk).exists()
    return reverse("finding", args=[finding.pk]) if seen and _may(request, "finding") else ""


def _source_url(request: HttpRequest, finding: Finding) -> str:
    if finding.spot_line is not None:
        name, pk = "spot_check", finding.spot_line.spot_check_id
    elif finding.round is not None:
        name, pk = "round", finding.round.pk
    else:
        return ""
    return reverse(name, args=[pk]) if _may(request, name) else ""
