"""Cards: asked for by the unit, decided by the efficiency office, printed, revoked."""

import io
from collections.abc import Mapping

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import city_of, user_of
from accounts.models import Unit
from cards import services
from cards.forms import CardDecisionForm, CardRequestForm, CardRevokeForm
from cards.models import Card, CardRequest, PrintKind, RevokeReason
from cards.printing.files import KIND_WORDS, write
from cards.printing.gathering import documents, holders, printable
from cards.views.people import PAGE_SIZE, cadre_of
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import PDF, download


def request_card(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    replaces = Card.objects.valid().filter(cadre=person).exists()
    form = CardRequestForm(posted(request), replaces=replaces)
    if form.is_valid() and accepted(
        form,
        lambda: services.card_request(
            cadre=person,
            reason=form.cleaned_data.get("reason", ""),
            note=form.cleaned_data["note"],
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("The card has been requested. The efficiency office decides."))
        return redirect("cadre", person.pk)
    title = _("Request a new card") if replaces else _("Request the card")
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=title,
        kicker=person.name,
        back_url=reverse("cadre", args=[pk]),
        back_label=person.name,
    )


def waiting(query: Mapping[str, str]) -> QuerySet[CardRequest]:
    """The requests of the list, of all units or of one; an approval of "all" asks the same again."""
    found = CardRequest.objects.filter(decision="")
    return found.filter(cadre__unit__code=query["unit"]) if query.get("unit") else found


def requests(request: HttpRequest) -> HttpResponse:
    rows = waiting(request.GET).select_related("cadre__unit", "requested_by")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    asking = CardRequest.objects.filter(decision="").values("cadre__unit")
    return render(
        request,
        "cards/card_requests.html",
        {
            "page": page,
            "unit": request.GET.get("unit", ""),
            "units": Unit.objects.filter(pk__in=asking),
            "tick_all": request.GET.get("select") == "page",
        },
    )


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    asked = get_object_or_404(
        CardRequest.objects.select_related(
            "cadre__unit", "cadre__office", "cadre__stand_in__office", "requested_by", "decided_by"
        ),
        pk=pk,
    )
    form = CardDecisionForm(posted(request))
    issued: list[Card | None] = []
    if form.is_valid() and accepted(
        form,
        lambda: issued.append(
            services.card_decide(
                request=asked,
                approve=form.cleaned_data["decision"] == "approve",
                note=form.cleaned_data["note"],
                actor=user_of(request),
                now=timezone.now(),
            )
        ),
    ):
        messages.success(request, _decided(asked, issued[0]))
        return redirect("card_requests")
    return render_form(
        request,
        "cards/card_decide.html",
        form,
        asked=asked,
        why=dict(RevokeReason.choices).get(asked.decision_note, asked.decision_note),
        posts=list(asked.cadre.posts.all()),
        duties=list(asked.cadre.duties.all()),
        back_url=reverse("card_requests"),
    )


def _decided(asked: CardRequest, card: Card | None) -> str:
    if card is None:
        return _("The request for %(name)s has been sent back.") % {"name": asked.cadre.name}
    return _("Approved: %(name)s, card no. %(serial)s.") % {"name": asked.cadre.name, "serial": card.serial}


def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    person = cadre_of(request, pk)
    card = get_object_or_404(Card.objects.valid(), cadre=person)
    form = CardRevokeForm(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.card_revoke(
            card=card,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            actor=user_of(request),
            now=timezone.now(),
        ),
    ):
        messages.success(
            request, _("The card has been revoked. Its code answers “no longer valid” from now on.")
        )
        return redirect("cadre", person.pk)
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=_("Revoke the card"),
        kicker=f"{person.name} · {card.serial}",
        back_url=reverse("cadre", args=[pk]),
        back_label=person.name,
        lead=_("The printed code stops working at once. A new card needs a new request."),
    )


def plaque(request: HttpRequest, pk: int) -> HttpResponse:
    return _printed(request, pk, PrintKind.PLAQUE)


def contact(request: HttpRequest, pk: int) -> HttpResponse:
    return _printed(request, pk, PrintKind.CONTACT)


def _printed(request: HttpRequest, pk: int, kind: PrintKind) -> HttpResponse:
    """A document of the valid card, drawn now: a revoked card has no file that could be served.

    Never a GET: a browser that looks ahead would mark a door as up to date.
    """
    person, now = cadre_of(request, pk), timezone.now()
    today, city, actor = timezone.localdate(now), city_of(request), user_of(request)
    found = documents(kind, holders(printable(today).filter(cadre=person), today), city)
    if not found:
        raise Http404
    out = io.BytesIO()
    try:
        write(found, out, city=city)
        services.prints_record(prints=found[0].prints, actor=actor, now=now)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("cadre", person.pk)
    name = f"{found[0].holders[0].serial}-{person.name}-{KIND_WORDS[kind]}.pdf"
    return download(out.getvalue(), PDF, name, shown=True)
