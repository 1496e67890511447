"""What a unit's officer does for one person: whereabouts without a smartphone, consent on paper, an account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from accounts.views import slip_response
from cards import selectors, services
from cards.forms import ConsentForm, LeaveForm, WhereaboutsForm
from cards.models import Cadre, Consent, Whereabouts
from cards.presentation import status_view
from cards.views import declaring
from cards.views.people import cadre_of
from common.forms import accepted, posted, render_form
from common.problems import Refused


def whereabouts(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare for somebody without a smartphone: where they are now, or an absence of several days."""
    person, now = cadre_of(request, pk), timezone.now()
    placed = selectors.with_place(Cadre.objects.filter(pk=person.pk), timezone.localdate(now))[0]
    hours = declaring.hours_of(placed, now)
    planning = "plan" in request.POST
    form = WhereaboutsForm(None if planning else posted(request))
    leave_form = declaring.first_leave_form(hours, now)
    if planning:
        leave_form = LeaveForm(request.POST, prefix=declaring.LEAVE)
        if said := declaring.plan(leave_form, placed, hours, request, now):
            messages.success(request, declaring.entered(said, now))
            return redirect("cadre_whereabouts", pk)
    elif request.method == "POST" and (said := declaring.declare(form, placed, hours, request, now)):
        messages.success(request, declaring.updated(said, now))
        return redirect("cadre", pk)
    status = selectors.statuses([placed], now)[person.pk]
    return render(
        request,
        "cards/officer_whereabouts.html",
        {
            "form": form,
            "leave_form": leave_form,
            "planned": declaring.planned(
                placed, now, lambda plan: reverse("cadre_plan_cancel", args=[pk, plan.pk])
            ),
            "person": person,
            "status": status_view(status, hours, now),
            "until_buttons": declaring.until_buttons(now, hours),
        },
        status=422 if form.errors or leave_form.errors else 200,
    )


def plan_cancel(request: HttpRequest, pk: int, plan_pk: int) -> HttpResponse:
    person = cadre_of(request, pk)
    plan = get_object_or_404(Whereabouts.objects.filter(cadre=person).select_related("cadre"), pk=plan_pk)
    declaring.cancel(plan, request, timezone.now())
    return redirect("cadre_whereabouts", pk)


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
