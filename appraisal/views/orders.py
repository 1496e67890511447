"""Visits of the supervision groups, and orders to put something right."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import access_for, scope_for, user_of
from accounts.permissions import TABLE
from appraisal.forms.rollout import LATE, AnswerOrderForm, EndOrderForm, OrderFilterForm, OrderForm, VisitForm
from appraisal.models import OrderState, RectificationOrder, Visit
from appraisal.models.rollout import OrderQuerySet
from appraisal.rules.rollout import End
from appraisal.services import orders as services
from appraisal.services.rollout import may_supervise, of_unit
from appraisal.views.rollout import unit_of
from appraisal.words import rollout as words
from common.forms import accepted, posted, render_form
from common.rules import local

PAGE_SIZE = 50


def visit_new(request: HttpRequest, code: str) -> HttpResponse:
    """What was seen and what is to be put right, in one form on the phone."""
    unit, now = unit_of(request, code), timezone.now()
    form = VisitForm(posted(request), initial={"visited_on": local(now).date()})

    def verb() -> Visit:
        return services.visit_record(unit=unit, **form.cleaned_data, actor=user_of(request), now=now)

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The visit has been recorded, and the unit has been told."))
        return redirect("rollout_unit", code)
    up = unit.name, reverse("rollout_unit", args=[code])
    title = _("Record a visit")
    return render_form(request, "appraisal/rollout_form.html", form, title=title, kicker=unit.name, up=up)


def order_new(request: HttpRequest, code: str) -> HttpResponse:
    unit = unit_of(request, code)
    form = OrderForm(posted(request))
    made: list[RectificationOrder] = []

    def verb() -> None:
        given = form.cleaned_data
        made.append(services.order_make(unit=unit, **given, actor=user_of(request), now=timezone.now()))

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The order has been given, and the unit has been told."))
        return redirect("order", made[0].pk)
    up = unit.name, reverse("rollout_unit", args=[code])
    title = _("Order something to be put right")
    return render_form(request, "appraisal/rollout_form.html", form, title=title, kicker=unit.name, up=up)


# --- Orders -----------------------------------------------------------------------------------------------------------


def orders(request: HttpRequest) -> HttpResponse:
    """What is not put right yet first, the most pressing on top."""
    scope, today = scope_for(request), timezone.localdate()
    form = OrderFilterForm(request.GET)
    form.is_valid()
    state, found = form.cleaned_data.get("state"), services.whole().within(scope)
    if state == LATE:
        found = found.late(today)
    elif state:
        found = found.filter(state=state)
    page = Paginator(_pressing_first(found), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [words.order_view(row, today) for row in page.object_list],
        "filtered": bool(state),
    }
    return render(request, "appraisal/orders.html", context)


def _pressing_first(found: OrderQuerySet) -> OrderQuerySet:
    over = Case(When(state__in=[OrderState.OPEN, OrderState.ANSWERED], then=0), default=1)
    return found.order_by(over, "due_on", "pk")


def order_of(request: HttpRequest, pk: int) -> RectificationOrder:
    """The guard: an order that this page may show this person, or 404."""
    return get_object_or_404(services.whole().within(scope_for(request)), pk=pk)


def order(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, order_of(request, pk), timezone.now())


def _page(request: HttpRequest, found: RectificationOrder, now: datetime, failed: Any = None) -> HttpResponse:
    today, user, access = local(now).date(), user_of(request), access_for(request)
    view = words.order_view(found, today)
    answers = view.is_open and access.may(TABLE["order_answer"]) and user.pk in of_unit(found.unit, today)
    may_check = access.may(TABLE["order_check"]) and may_supervise(user, found.unit, today)
    checks = not view.is_over and may_check and found.answered_by_id != user.pk
    forms = [failed] if failed is not None else []
    if not forms:
        forms = [_answer_form(found)] if answers else []
        forms += [_check_form(found)] if checks else []
    context = {
        "view": view,
        "order": found,
        "forms": forms,
        "lines": words.history(found),
    }
    return render(request, "appraisal/order.html", context, status=422 if failed is not None else 200)


def _answer_form(found: RectificationOrder, data: Any = None) -> AnswerOrderForm:
    form = AnswerOrderForm(data, prefix="answer")
    form.action = reverse("order_answer", args=[found.pk])
    return form


def _check_form(found: RectificationOrder, data: Any = None) -> EndOrderForm:
    form = EndOrderForm(data, prefix="check", is_answered=found.state == OrderState.ANSWERED)
    form.action = reverse("order_check", args=[found.pk])
    return form


def answer(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = order_of(request, pk), timezone.now()
    form = _answer_form(found, posted(request))

    def verb() -> RectificationOrder:
        text = form.cleaned_data["text"]
        return services.order_answer(order=found, text=text, actor=user_of(request), now=now)

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("Reported. Somebody else checks it."))
        return redirect("order", pk)
    return _page(request, order_of(request, pk), now, failed=form)


def check(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = order_of(request, pk), timezone.now()
    form = _check_form(found, posted(request))

    def verb() -> RectificationOrder:
        end, reason = End(form.cleaned_data["end"]), form.cleaned_data["reason"]
        return services.order_end(order=found, end=end, reason=reason, actor=user_of(request), now=now)

    if form.is_valid() and accepted(form, verb):
        messages.success(request, _("The check has been recorded."))
        return redirect("order", pk)
    return _page(request, order_of(request, pk), now, failed=form)
