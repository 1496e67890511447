"""A caller who lost the receipt. The phone travels in POSTs alone, so that no address, history or log ever holds it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from common.forms import accepted, posted, render_form
from common.responses import private
from complaints import limits, receipts, tickets
from complaints.handling_forms import CallerForm, RenewForm
from complaints.models import Complaint
from complaints.services import callers
from complaints.views.desk import case_of, for_lists, head_of, rows, seen


def caller(request: HttpRequest) -> HttpResponse:
    now, found = timezone.now(), list[Complaint]()
    form = CallerForm(posted(request))
    context: dict[str, Any] = {"asked": False}
    if _is_one_too_many(request, form):
        return _page(request, form, **context)

    def look_up() -> None:
        found.extend(
            callers.caller_look_up(
                cases=for_lists(seen(request)), **form.cleaned_data, actor=user_of(request), now=now
            )
        )

    if form.is_valid() and accepted(form, look_up):
        # An empty form for the next call: the phone does not stay on the screen.
        return _page(request, CallerForm(None), asked=True, rows=[_row(row) for row in rows(found, now)])
    return _page(request, form, **context)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """The receipt is the first case's, however often it was done."""
    case = row["case"]
    return {**row, "may_renew": case.redo_of_id is None and callers.may_be_renewed(case)}


def _page(request: HttpRequest, form: CallerForm, **context: Any) -> HttpResponse:
    return private(render_form(request, "complaints/caller.html", form, **context))


def receipt_renew(request: HttpRequest, number: str) -> HttpResponse:
    """The new number stands in the answer to the request that was written down, and nowhere else."""
    case, now = case_of(request, number), timezone.now()
    form, given = RenewForm(posted(request), case=case), list[str]()
    ticket = tickets.read(request.POST.get("ticket", ""), now)
    form.fields["ticket"].initial = str(ticket)

    def renew() -> None:
        asked = {**form.given(), "number": ticket.number}
        given.append(callers.receipt_renew(case=case, **asked, actor=user_of(request), now=now))

    if not _is_one_too_many(request, form) and form.is_valid() and accepted(form, renew):
        context = {**head_of(case, now), "grouped": receipts.grouped(given[0])}
        return private(render(request, "complaints/receipt_renewed.html", context))
    points = [
        _("The number that was lost ends."),
        _("That it was renewed, by whom and why stands in the record."),
    ]
    context = {"title": _("Give a new receipt number"), "points": points}
    return private(render_form(request, "complaints/act.html", form, **head_of(case, now), **context))


def _is_one_too_many(request: HttpRequest, form: CallerForm | RenewForm) -> bool:
    """Says so in the form, whatever else is wrong with it."""
    if request.method != "POST" or limits.allows_person(limits.CALLERS, user_of(request).pk, timezone.now()):
        return False
    form.add_error(None, _("Too many phones were tried in a short time. Wait ten minutes."))
    return True
