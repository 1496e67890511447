"""Transfers: handed over by the home unit's officer, taken in by the new unit's."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import scope_for, user_of
from cards import services
from cards.models import RevokeReason, Transfer
from cards.moving_forms import TransferAcceptForm, TransferDeclineForm, TransferForm
from cards.services.merging import MERGED
from cards.views.people import PAGE_SIZE, cadre_of
from common.forms import accepted, posted, render_form
from common.problems import Refused

#: Decided ones stay in sight for both units, the newest of them.
DECIDED_SHOWN = 20


def _of_units(request: HttpRequest, *sides: str) -> QuerySet[Transfer]:
    """The guard: transfers of which one of these sides is a unit of this officer."""
    units = scope_for(request).unit_ids or frozenset()
    own = Q()
    for side in sides:
        own |= Q(**{f"{side}__in": units})
    return Transfer.objects.filter(own).select_related(
        "cadre__office", "from_unit", "to_unit", "proposed_by", "decided_by"
    )


def why(transfer: Transfer) -> str:
    """The reason of a decision in words; what the system withdrew is kept as a code."""
    codes = {RevokeReason.LEFT.value: RevokeReason.LEFT.label, MERGED: _("The two units have been merged.")}
    return str(codes.get(transfer.decision_note, transfer.decision_note))


def transfers(request: HttpRequest) -> HttpResponse:
    incoming = _of_units(request, "to_unit").filter(decision="")
    decided = _of_units(request, "from_unit", "to_unit").exclude(decision="")
    today = timezone.localdate()
    return render(
        request,
        "cards/transfers.html",
        {
            "page": Paginator(incoming, PAGE_SIZE).get_page(request.GET.get("page")),
            "outgoing": _of_units(request, "from_unit").filter(decision=""),
            "decided": [
                {"transfer": each, "why": why(each)}
                for each in decided.order_by("-decided_at", "-pk")[:DECIDED_SHOWN]
            ],
            "today": today,
            "mine": scope_for(request).unit_ids,
        },
    )


def propose(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    initial = {"first_day": timezone.localdate(now)}
    form = TransferForm(posted(request), cadre=person, initial=initial)
    if form.is_valid() and accepted(
        form,
        lambda: services.transfer_propose(cadre=person, **form.cleaned_data, actor=user_of(request), now=now),
    ):
        messages.success(request, _("The person has been handed over. The new unit takes them in."))
        return redirect("cadre", pk)
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("Transfer to another unit"),
        kicker=f"{person.name} · {person.unit.name}",
        back_url=reverse("cadre", args=[pk]),
        back_label=person.name,
        lead=_(
            "Until the new unit takes the person in, nothing changes. Then the card stays valid, a card of the "
            "new unit is requested, and stand-ins and places of work end."
        ),
    )


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    transfer, now = get_object_or_404(_of_units(request, "to_unit"), pk=pk), timezone.now()
    declining = "decline" in request.POST
    form = TransferAcceptForm(
        None if declining else posted(request), unit=transfer.to_unit, initial=_as_they_are(transfer)
    )
    decline_form = TransferDeclineForm(request.POST if declining else None, prefix="d")
    if declining and _declined(request, transfer, decline_form):
        messages.success(request, _("The transfer has been declined."))
        return redirect("transfers")
    if form.is_valid() and accepted(
        form,
        lambda: services.transfer_accept(
            transfer=transfer, arrival=form.arrival(), actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("%(name)s now belongs to your unit.") % {"name": transfer.cadre.name})
        return redirect("cadre", transfer.cadre_id)
    return render_form(
        request,
        "cards/transfer.html",
        decline_form if declining else form,
        transfer=transfer,
        accept_form=form,
        decline_form=decline_form,
        why=why(transfer),
        early=transfer.first_day > timezone.localdate(now),
        offices=transfer.to_unit.offices.exists(),
    )


def _as_they_are(transfer: Transfer) -> dict[str, Any]:
    """What the new unit starts from; office and telephone are its own."""
    return {
        "posts": "\n".join(post.title for post in transfer.cadre.posts.all()),
        "duties": "\n".join(duty.text for duty in transfer.cadre.duties.all()),
    }


def _declined(request: HttpRequest, transfer: Transfer, form: TransferDeclineForm) -> bool:
    return form.is_valid() and accepted(
        form,
        lambda: services.transfer_decline(
            transfer=transfer,
            reason=form.cleaned_data["reason"],
            actor=user_of(request),
            now=timezone.now(),
        ),
    )


def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    transfer = get_object_or_404(_of_units(request, "from_unit"), pk=pk)
    try:
        services.transfer_withdraw(transfer=transfer, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("transfers")
    messages.success(request, _("The transfer has been withdrawn."))
    return redirect("cadre", transfer.cadre_id)
