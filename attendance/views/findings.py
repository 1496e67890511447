"""Findings for those who record, tell, answer for the unit, and decide."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Scope
from accounts.http import access_for, scope_for, user_of
from accounts.models import Role, Unit
from accounts.permissions import TABLE
from attendance import cases, words
from attendance.finding_forms import (
    WAITS,
    WITHDRAW,
    DecisionForm,
    DefenceForm,
    FindingFilterForm,
    PaperDefenceForm,
    TellForm,
)
from attendance.models import Finding, FindingState
from attendance.models.findings import FindingQuerySet
from attendance.rules import month_named
from attendance.services import finding_decide, finding_defend, finding_tell
from attendance.services import findings as services
from cards import photos
from common.forms import accepted, posted
from common.responses import private

PAGE_SIZE = 50


def finding_of(request: HttpRequest, pk: int) -> Finding:
    """The guard: a finding that this page may show this person, or 404."""
    return get_object_or_404(cases.for_pages(Finding.objects.within(scope_for(request))), pk=pk)


# --- The list ------------------------------------------------------------------------------------------------------


def findings(request: HttpRequest) -> HttpResponse:
    scope, today = scope_for(request), timezone.localdate()
    decides = access_for(request).may(TABLE["finding_decide"])
    form = FindingFilterForm(request.GET, units=_units(scope), today=today, decides=decides)
    form.is_valid()
    found = _matching(Finding.objects.within(scope), form.cleaned_data, user_of(request).pk, today)
    page = Paginator(cases.for_lists(found), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "attendance/findings.html",
        {
            "form": form,
            "page": page,
            "rows": cases.views(page.object_list, today),
            "several": "unit" in form.fields,
            "filtered": any(form.cleaned_data.values()),
        },
    )


def _units(scope: Scope) -> Any:
    return Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)


def _matching(found: FindingQuerySet, given: dict[str, Any], user_id: int, today: date) -> FindingQuerySet:
    if unit := given.get("unit"):
        found = found.filter(Q(unit=unit) | Q(place=unit))
    if item := given.get("item"):
        found = found.filter(item=item)
    if month := month_named(given.get("month") or ""):
        found = found.filter(day__year=month.year, day__month=month.month)
    state = given.get("state")
    if state == WAITS:
        return found.filter(pk__in=cases.waiting_for(user_id, today).values("pk"))
    return found.filter(state=state) if state else found


# --- One ------------------------------------------------------------------------------------------------------------


def finding(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, finding_of(request, pk), timezone.now())


def tell(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = finding_of(request, pk), timezone.now()
    form = _tell_form(found, timezone.localdate(now), request.POST)
    return _done(
        request,
        form,
        lambda: finding_tell(finding=found, **form.cleaned_data, actor=user_of(request), now=now),
        _("Entered. The days for a statement count from there."),
        found,
        now,
    )


def defend(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = finding_of(request, pk), timezone.now()
    form = _defence_form(found, request.POST)
    return _done(
        request,
        form,
        lambda: finding_defend(finding=found, **form.cleaned_data, actor=user_of(request), now=now),
        _("The statement has been entered."),
        found,
        now,
    )


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = finding_of(request, pk), timezone.now()
    form = _decision_form(found, timezone.localdate(now), posted(request))

    def verb() -> Finding:
        given = dict(form.cleaned_data)
        withdraw = given.pop("decision") == WITHDRAW
        return finding_decide(finding=found, withdraw=withdraw, **given, actor=user_of(request), now=now)

    return _done(request, form, verb, _("The decision has been recorded."), found, now)


def _done(
    request: HttpRequest, form: Any, verb: Callable[[], Any], said: str, found: Finding, now: datetime
) -> HttpResponse:
    """Back to the finding when it is done; the page with what was typed and why not otherwise."""
    if form.is_valid() and accepted(form, verb):
        messages.success(request, said)
        return redirect("finding", found.pk)
    return _page(request, found, now, failed=form)


def _tell_form(found: Finding, today: date, data: Any = None) -> TellForm:
    form = TellForm(data, prefix="tell", initial={"day": today})
    form.action = reverse("finding_tell", args=[found.pk])
    return form


def _defence_form(found: Finding, data: Any = None) -> DefenceForm:
    kind = DefenceForm if found.cadre_id is None else PaperDefenceForm
    form = kind.of(found, data)
    form.action = reverse("finding_defend", args=[found.pk])
    return form


def _decision_form(found: Finding, today: date, data: Any = None) -> DecisionForm:
    may_stand = found.own_word or (found.defence_until is not None and found.defence_until < today)
    form = DecisionForm(data, prefix="decide", may_stand=may_stand)
    form.action = reverse("finding_decide", args=[found.pk])
    return form


def _page(request: HttpRequest, found: Finding, now: datetime, failed: Any = None) -> HttpResponse:
    today, user = timezone.localdate(now), user_of(request)
    view = cases.views([found], today)[0]
    may_decide = view.is_open and services.may_decide(found, user, today)
    hand = services.hand(found, today)
    context = {
        "view": view,
        "finding": found,
        "shows_unit": True,
        "near": cases.near_changes(found),
        "photo_url": reverse("finding_photo", args=[found.pk]) if found.photo else "",
        "told": words.told(found),
        "on_paper": _is_on_paper(found),
        "is_own": found.cadre is not None and found.cadre.user_id == user.pk,
        "lines": words.history(found),
        "source": _source(request, found),
        "hand": "" if may_decide or not view.is_open else words.decided_by(hand, found),
        "tell_form": _tell_form(found, today) if _may_tell(request, found) else None,
        "defence_form": _defence_form(found) if _may_enter(request, found, today) else None,
        "decision_form": _decision_form(found, today) if may_decide else None,
        "failed": failed,
    }
    for name, kind in (
        ("tell_form", TellForm),
        ("defence_form", DefenceForm),
        ("decision_form", DecisionForm),
    ):
        if isinstance(failed, kind):
            context[name] = failed
    return render(request, "attendance/finding.html", context, status=422 if failed is not None else 200)


def _officers_unit(request: HttpRequest, found: Finding) -> bool:
    units = {found.unit_id, found.place_id}
    held = access_for(request).memberships
    return any(member.role == Role.UNIT_OFFICER and member.unit_id in units for member in held)


def _may_tell(request: HttpRequest, found: Finding) -> bool:
    """Whoever has no account is told by the unit's officer."""
    waits = found.state == FindingState.PROVISIONAL and found.told_at is None and found.cadre_id is not None
    return waits and _officers_unit(request, found)


def _may_enter(request: HttpRequest, found: Finding, today: date) -> bool:
    user = user_of(request)
    # The person's own statement is made on their own page.
    own = found.cadre is not None and found.cadre.user_id == user.pk
    return not own and words.is_answerable(found, today) and services.may_defend(found, user, today)


def _is_on_paper(found: Finding) -> bool:
    """Entered by somebody else than the person."""
    return found.cadre is not None and found.defended_by_id not in (None, found.cadre.user_id)


def _source(request: HttpRequest, found: Finding) -> tuple[str, str]:
    """The label and the address of the round or the spot check it comes from; no address for whoever may not look."""
    if found.spot_line is not None:
        name, pk, label = "spot_check", found.spot_line.spot_check_id, _("Spot check")
    elif found.round is not None:
        name, pk, label = "round", found.round.pk, _("Daily sheet, a round")
    else:
        return _("complaint, verified") if found.is_outcome else _("Found by the program"), ""
    page = TABLE.get(name)
    return label, reverse(name, args=[pk]) if page and access_for(request).may(page) else ""


def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """For those who may see the finding, and for the person it is about."""
    own = Q(cadre__user=user_of(request))
    units = scope_for(request).unit_ids
    seen = Q() if units is None else own | Q(unit__in=units) | Q(place__in=units)
    found = get_object_or_404(Finding.objects.filter(seen), pk=pk)
    data = photos.read(str(found.photo)) if found.photo else b""
    if not data:
        raise Http404
    return private(HttpResponse(data, content_type="image/jpeg"))
