"""Objections: made on one’s own page or entered by the unit, answered by somebody who has no hand in it."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Scope
from accounts.http import access_for, scope_for, user_of
from accounts.models import Role, Unit
from accounts.permissions import TABLE, Reach
from appraisal import acting, reasons
from appraisal.forms.objection import (
    SUSTAIN,
    WAITS,
    AnswerForm,
    NoForm,
    ObjectionFilterForm,
    ObjectionForm,
    PaperObjectionForm,
)
from appraisal.models import LedgerEntry, Objection
from appraisal.models.months import ObjectionQuerySet
from appraisal.services import objection_decide, objection_make, objection_withdraw
from appraisal.services import objections as services
from appraisal.words import objection as words
from attendance import selectors
from common.forms import accepted, posted, render_form

PAGE_SIZE = 50


# --- Making -----------------------------------------------------------------------------------------------------------


def _scope(request: HttpRequest) -> Scope:
    return acting.widened(scope_for(request), timezone.localdate())


def entry_of(request: HttpRequest, code: str, sequence: int) -> LedgerEntry:
    """The guard: an entry of one's own, or of one's units, or 404."""
    entries = services.whole(LedgerEntry.objects.within(_scope(request)))
    return get_object_or_404(entries, unit__code=code, sequence=sequence)


def objection_new(request: HttpRequest, code: str, sequence: int) -> HttpResponse:
    """A cadre objects to their own."""
    entry = entry_of(request, code, sequence)
    made = services.of_finding(entry.finding_id)
    # Pressed twice, the second press finds what the first has made.
    if made is not None:
        return redirect("my_objection", made.pk)
    form = ObjectionForm(posted(request))
    return _making(request, entry, form, "appraisal/objection_new.html", "my_objection")


def objection_enter(request: HttpRequest, code: str, sequence: int) -> HttpResponse:
    """The unit objects to its own, or its officer enters what somebody has handed in."""
    entry = entry_of(request, code, sequence)
    made = services.of_finding(entry.finding_id)
    if made is not None:
        return redirect("objection", made.pk)
    kind = ObjectionForm if entry.cadre_id is None else PaperObjectionForm
    return _making(request, entry, kind(posted(request)), "appraisal/objection_enter.html", "objection")


def _making(
    request: HttpRequest, entry: LedgerEntry, form: ObjectionForm, template: str, then: str
) -> HttpResponse:
    now, user = timezone.now(), user_of(request)
    made: list[Objection] = []

    def verb() -> None:
        made.append(objection_make(entry=entry, **form.cleaned_data, actor=user, now=now))

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The objection has been made."))
        return redirect(then, made[0].pk)
    closed = services.closed(entry, user, timezone.localdate(now))
    report = services.report_of(entry)
    return render_form(
        request,
        template,
        form,
        entry=entry,
        reason=reason_of(entry),
        closed=closed,
        until=report.published_until if report is not None else None,
    )


def reason_of(entry: LedgerEntry) -> reasons.Reason:
    """The entry with all that is said of it."""
    found = reasons.for_pages(LedgerEntry.objects.filter(pk=entry.pk))
    return reasons.of_entries(found)[0]


# --- One's own --------------------------------------------------------------------------------------------------------


def my_objection(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_for_pages(Objection.objects.within(scope_for(request))), pk=pk)
    context = {
        "view": words.view(found, timezone.localdate()),
        "objection": found,
        "reason": reason_of(found.entry),
        "may_withdraw": found.made_by_id == user_of(request).pk,
    }
    return render(request, "appraisal/objection_mine.html", context)


def _withdraw_page(request: HttpRequest, found: Objection, form: NoForm) -> HttpResponse:
    again = _("An entry is objected to once: it cannot be made again.")
    if found.paper_on is not None:
        again = _("It may be made again as long as the publication lasts.")
    context = {
        "title": _("Take the objection back"),
        "question": _("Take the objection to this entry back?"),
        "points": [
            words.view(found, timezone.localdate()).title,
            again,
        ],
        "form": form,
        "action_label": _("Take it back"),
        "irrevocable": True,
        "back_url": _address(request, found),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "confirm_page.html", context, status=status)


def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever made it, on whichever page."""
    made = _for_pages(Objection.objects.filter(made_by=user_of(request)))
    found, form = get_object_or_404(made, pk=pk), NoForm(posted(request))
    if form.is_valid() and accepted(
        form, lambda: objection_withdraw(objection=found, actor=user_of(request), now=timezone.now())
    ):
        messages.success(request, _("The objection has been taken back."))
        return redirect(_address(request, found))
    return _withdraw_page(request, found, form)


def _address(request: HttpRequest, found: Objection) -> str:
    cadre = found.entry.cadre
    own = cadre is not None and cadre.user_id == user_of(request).pk
    return reverse("my_objection" if own else "objection", args=[found.pk])


# --- At the desk ------------------------------------------------------------------------------------------------------


def _for_pages(objections: ObjectionQuerySet) -> ObjectionQuerySet:
    return services.for_deciding(objections).select_related(
        "made_by", "decided_by", "entry__unit", "entry__cadre", "entry__finding__item", "entry__item"
    )


def objections(request: HttpRequest) -> HttpResponse:
    """What is to be answered first, the oldest on top."""
    scope, today = _scope(request), timezone.localdate()
    decides = access_for(request).may(TABLE["objection_decide"])
    units = Unit.objects.all() if scope.unit_ids is None else Unit.objects.filter(pk__in=scope.unit_ids)
    form = ObjectionFilterForm(request.GET, units=units, decides=decides)
    form.is_valid()
    found = Objection.objects.within(scope)
    if unit := form.cleaned_data.get("unit"):
        found = found.filter(entry__unit=unit)
    state = form.cleaned_data.get("state")
    if state == WAITS:
        found = found.filter(pk__in=services.waiting_for(found, user_of(request).pk, today))
    elif state:
        found = found.filter(state=state)
    page = Paginator(_for_pages(found.open_first()), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": words.views(page.object_list, today),
        "several": "unit" in form.fields,
        "filtered": any(form.cleaned_data.values()),
    }
    return render(request, "appraisal/objections.html", context)


def objection_of(request: HttpRequest, pk: int) -> Objection:
    """The guard: an objection that this page may show this person, or 404."""
    return get_object_or_404(_for_pages(Objection.objects.within(_scope(request))), pk=pk)


def objection(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, objection_of(request, pk), timezone.now())


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = objection_of(request, pk), timezone.now()
    form = _answer_form(found, posted(request))

    def verb() -> Objection:
        sustain = form.cleaned_data["decision"] == SUSTAIN
        reason = form.cleaned_data["reason"]
        return objection_decide(
            objection=found, sustain=sustain, reason=reason, actor=user_of(request), now=now
        )

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The answer has been recorded."))
        return redirect("objection", pk)
    # Somebody may have been faster: the page shows what stands now, and the form's sentence says who.
    return _page(request, objection_of(request, pk), now, failed=form)


def _answer_form(found: Objection, data: Any = None) -> AnswerForm:
    form = AnswerForm(data, prefix="answer")
    form.action = reverse("objection_decide", args=[found.pk])
    return form


def _page(
    request: HttpRequest, found: Objection, now: datetime, failed: AnswerForm | None = None
) -> HttpResponse:
    today, user = timezone.localdate(now), user_of(request)
    view = words.view(found, today)
    deciders = services.deciders_now(found, today) if view.is_open else frozenset()
    may_answer = user.pk in deciders
    form = failed or (_answer_form(found) if may_answer else None)
    context = {
        "view": view,
        "objection": found,
        "reason": reason_of(found.entry),
        "entry_url": _entry_url(request, found.entry),
        "lines": words.history(found),
        "form": form,
        "who": _who(found, deciders, today) if view.is_open and not may_answer else "",
        "may_withdraw": view.is_open and services.may_withdraw(found, user) and _may_withdraw(request),
        "is_own": found.entry.cadre is not None and found.entry.cadre.user_id == user.pk,
    }
    return render(request, "appraisal/objection.html", context, status=422 if failed is not None else 200)


def _who(found: Objection, deciders: frozenset[int], today: date) -> str:
    heads = selectors.members_of(Role.LEADING_GROUP_HEAD, [found.entry.unit_id], today)
    return words.answered_by(found, deciders, frozenset(heads.get(found.entry.unit_id, [])))


def _may_withdraw(request: HttpRequest) -> bool:
    return access_for(request).may(TABLE["objection_withdraw"])


def _entry_url(request: HttpRequest, entry: LedgerEntry) -> str:
    """The page of the entry with everything behind it, for whoever may open that."""
    page = TABLE.get("entry")
    if page is None or not access_for(request).may(page) or scope_for(request).reach == Reach.SELF:
        return ""
    return reverse("entry", args=[entry.unit.code, f"{entry.month:%Y-%m}", entry.sequence])
