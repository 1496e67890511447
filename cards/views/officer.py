"""What a unit's officer does for one person: whereabouts without a smartphone, consent on paper, an account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from accounts.views import slip_response
from cards import selectors, services
from cards.forms import ConsentForm, WhereaboutsForm
from cards.models import Cadre, Consent
from cards.presentation import status_view
from cards.views.mine import declare, hours_of, until_buttons
from cards.views.people import cadre_of
from common.forms import accepted, posted, render_form
from common.problems import Refused


def whereabouts(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = cadre_of(request, pk), timezone.now()
    placed = selectors.with_place(Cadre.objects.filter(pk=person.pk), timezone.localdate(now))[0]
    hours = hours_of(placed, now)
    form = WhereaboutsForm(posted(request))
    if request.method == "POST" and declare(form, placed, hours, request, now):
        messages.success(request, _("The plaque has been updated."))
        return redirect("cadre", pk)
    status = selectors.statuses([placed], now)[person.pk]
    return render_form(
        request,
        "cards/officer_whereabouts.html",
        form,
        person=person,
        status=status_view(status, hours, now),
        until_buttons=until_buttons(now, hours),
    )


def consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Record consent given on paper, or withdraw it; ?subject= says which."""
    person, now, actor = cadre_of(request, pk), timezone.now(), user_of(request)
    subject = request.POST.get("subject") or request.GET.get("subject") or Consent.Subject.PHOTO
    if subject not in Consent.Subject.values:
        subject = Consent.Subject.PHOTO.value
    if request.method == "POST" and "withdraw" in request.POST:
        services.consent_withdraw(cadre=person, subject=subject, actor=actor, now=now)
        messages.success(request, _("The consent has been withdrawn."))
        return redirect("cadre", pk)
    form = ConsentForm(posted(request), subject=subject)
    if form.is_valid() and accepted(
        form,
        lambda: services.consent_give(
            cadre=person, subject=subject, evidence=form.cleaned_data["evidence"], actor=actor, now=now
        ),
    ):
        messages.success(request, _("The consent has been recorded."))
        return redirect("cadre", pk)
    title = _("Record consent: %(subject)s") % {"subject": Consent.Subject(subject).label}
    return render_form(
        request,
        "cards/form_page.html",
        form,
        title=title,
        kicker=person.name,
        back_url=reverse("cadre", args=[pk]),
        back_label=person.name,
        person=person,
    )


def account(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue an activation slip, opening the account if there is none; the slip is shown this once."""
    person, now = cadre_of(request, pk), timezone.now()
    if request.method != "POST":
        return render(request, "cards/account_confirm.html", {"person": person})
    try:
        user, slip = services.account_open(cadre=person, actor=user_of(request), now=now)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("cadre", pk)
    return slip_response(request, user, slip)
