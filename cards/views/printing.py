"""The print shop: a unit's documents by a job, and the list of what hangs there but is outdated."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import Scope
from accounts.http import access_for, city_of, scope_for, user_of
from accounts.models import Unit
from accounts.permissions import TABLE
from cards.models import PrintKind
from cards.print_forms import PrintForm
from cards.printing.job import Share, print_start, shares
from cards.printing.reprints import Row, reprints, with_reasons
from cards.printing.words import counted
from cards.views.once import jobs_of, once_for, once_of, to_jobs
from cards.views.people import PAGE_SIZE
from common.forms import accepted, posted, render_form
from common.models import Job
from common.problems import Refused

#: The lists of the reprint page: the kind that is to be printed, and those who have no plaque at all.
NEVER = "never"
LISTS = {
    PrintKind.PLAQUE.value: gettext_lazy("Plaques"),
    PrintKind.COMBINED.value: gettext_lazy("Combined plaques"),
    PrintKind.CONTACT.value: gettext_lazy("Contact cards"),
    NEVER: gettext_lazy("Never printed"),
}


def _units(scope: Scope) -> list[Unit]:
    found = Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)
    return list(found.order_by("code"))


def _chosen(units: list[Unit], code: str) -> Unit | None:
    """The unit of a ?unit=; None is all of them."""
    if not code:
        return None
    for unit in units:
        if unit.code == code:
            return unit
    raise Http404


# --- Printing ------------------------------------------------------------------------------------------------------


def print_documents(request: HttpRequest) -> HttpResponse:
    """An officer prints one unit at a time, the Express one or all: a job belongs to a unit or to the city."""
    scope, now = scope_for(request), timezone.now()
    units = _units(scope)
    unit = _chosen(units, request.GET.get("unit", ""))
    if unit is None and scope.unit_ids is not None:
        unit = units[0]
    if request.method == "POST" and (before := jobs_of(request)):
        return to_jobs(before)
    found = {
        kind: shares(kind, units=[unit.pk] if unit else None, today=timezone.localdate(now))
        for kind in PrintKind
    }
    numbers = {kind.value: _numbers(kind, parts) for kind, parts in found.items() if parts}
    initial = {"kind": next(iter(numbers), ""), "start": 1, "once": uuid.uuid4().hex}
    form = PrintForm(posted(request), counted=numbers, initial=initial)
    started: list[Job] = []
    if form.is_valid() and accepted(
        form,
        lambda: started.append(
            print_start(
                kind=(kind := PrintKind(form.cleaned_data["kind"])),
                shares=found[kind],
                start=form.cleaned_data["start"] or 1,
                actor=user_of(request),
                now=now,
                once=once_of(request),
            )
        ),
    ):
        return to_jobs(started)
    return render_form(
        request,
        "cards/print.html",
        form,
        units=units,
        unit=unit,
        may_all=scope.unit_ids is None,
        nothing=not numbers,
    )


def _numbers(kind: PrintKind, parts: Sequence[Share]) -> str:
    """“12 contact cards, 3 units”, so that nobody prints the whole city unawares."""
    words = counted(kind, sum(part.number for part in parts))
    return (
        words
        if len(parts) == 1
        else _("%(documents)s of %(number)d units")
        % {
            "documents": words,
            "number": len(parts),
        }
    )


# --- The reprint list ----------------------------------------------------------------------------------------------


def reprint_list(request: HttpRequest) -> HttpResponse:
    scope, now = scope_for(request), timezone.now()
    units = _units(scope)
    unit, chosen = _chosen(units, request.GET.get("unit", "")), request.GET.get("list", "")
    lists = _lists(request, scope, now)
    if chosen not in LISTS:
        chosen = next((name for name in LISTS if lists[name]), PrintKind.PLAQUE.value)
    names = {one.pk: one for one in units}
    rows = _in_order(lists[chosen], names, unit)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    each = Counter(row.unit_id for row in lists[chosen])
    return render(
        request,
        "cards/reprints.html",
        {
            "page": page,
            "rows": [
                (found, names[found.row.unit_id], found.row.holder.unit_id in names)
                for found in with_reasons(page.object_list)
            ],
            "tabs": [_tab(name, lists[name], name == chosen, unit) for name in LISTS],
            "chosen": chosen,
            "title": LISTS[chosen],
            "units": [(one, each[one.pk]) for one in units],
            "unit": unit,
            "number": len(rows),
            "may_print": access_for(request).may(TABLE["reprints_print"]),
            "once": uuid.uuid4().hex,
        },
    )


def _lists(request: HttpRequest, scope: Scope, now: datetime) -> dict[str, list[Row]]:
    found = reprints(scope.unit_ids, city=city_of(request), today=timezone.localdate(now))
    return {**found.outdated, NEVER: found.never}


def _in_order(rows: list[Row], units: dict[int, Unit], only: Unit | None) -> list[Row]:
    """By unit, and within it along the corridor, as they came."""
    kept = [row for row in rows if row.unit_id in units and (only is None or row.unit_id == only.pk)]
    return sorted(kept, key=lambda row: units[row.unit_id].code)


def _tab(name: str, rows: list[Row], current: bool, unit: Unit | None) -> dict[str, Any]:
    query = {"list": name, **({"unit": unit.code} if unit else {})}
    number = sum(1 for row in rows if unit is None or row.unit_id == unit.pk)
    return {
        "label": LISTS[name],
        "number": number,
        "url": f"{reverse('reprints')}?{urlencode(query)}",
        "current": current,
    }


def reprints_print(request: HttpRequest) -> HttpResponse:
    """Exactly those who are on the list now, of one unit or of all that this person may print for."""
    scope, now = scope_for(request), timezone.now()
    if before := jobs_of(request):
        return to_jobs(before)
    units, name = _units(scope), request.POST.get("list", "")
    unit = _chosen(units, request.POST.get("unit", ""))
    rows = _in_order(_lists(request, scope, now).get(name, []), {one.pk: one for one in units}, unit)
    kind = PrintKind.PLAQUE if name == NEVER else PrintKind(name) if rows else PrintKind.PLAQUE
    only = frozenset(row.holder.card_id for row in rows)
    found = shares(kind, units=[one.pk for one in units], today=timezone.localdate(now), only=only)
    try:
        started = [
            print_start(kind=kind, shares=part, actor=user_of(request), now=now, only=only, once=once)
            for part, once in _jobs(found, once_of(request), scope)
        ]
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("reprints")
    return to_jobs(started)


def _jobs(found: list[Share], once: str, scope: Scope) -> list[tuple[list[Share], str]]:
    """An officer of two units starts two."""
    if scope.unit_ids is None or len(found) < 2:
        return [(found, once)]
    return [([share], once_for(once, share.unit)) for share in found]
