"""On site, on a phone: who works behind this door, one tap where the plaque says what is true, a form where not."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import scope_for, user_of
from attendance import doors
from attendance.models import Outcome, SpotCheck
from attendance.on_site_forms import OnSiteForm, PublicReasonForm, SpotCancelForm, SpotCloseForm
from attendance.selectors import Person
from attendance.services import on_site as services
from cards.models import Cadre, Office
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.versions import version_of


def _check(request: HttpRequest, pk: int, now: datetime) -> SpotCheck:
    """The guard: an inspector, while the check is under way. Before it begins nobody finds a door of it."""
    checks = SpotCheck.objects.within(scope_for(request)).under_way(now)
    return get_object_or_404(checks.filter(inspectors=user_of(request)), pk=pk)


def _office(check: SpotCheck, pk: int) -> Office:
    return get_object_or_404(Office.objects.select_related("unit"), pk=pk, unit__spot_checks=check)


def _person(check: SpotCheck, cadre_pk: int, now: datetime) -> Person:
    person = doors.at_work(cadre_pk, now)
    if person is None or not check.units.filter(pk=person.office.unit_id).exists():
        raise Http404
    return person


def spot_door(request: HttpRequest, pk: int, office_pk: int) -> HttpResponse:
    now = timezone.now()
    check = _check(request, pk, now)
    office = _office(check, office_pk)
    if request.method == "POST":
        return _agree(request, check, office, now)
    rows, gone = doors.rows(check, office, user_of(request), now)
    context = {
        "rows": rows,
        "gone": gone,
        "next_door": doors.next_door(check, office),
        "now": now,
        **_shared(check, office),
    }
    return render(request, "attendance/door_form.html", context)


def _shared(check: SpotCheck, office: Office) -> dict[str, Any]:
    return {"check": check, "office": office, "progress": doors.progress(check)}


def _agree(request: HttpRequest, check: SpotCheck, office: Office, now: datetime) -> HttpResponse:
    """One tap. With htmx the answer is this person's row and the figures above; without, the page again."""
    typed = request.POST.get("agree", "")
    cadre = Cadre.objects.filter(pk=int(typed)).first() if typed.isdecimal() and len(typed) < 10 else None
    person = _person(check, cadre.pk, now) if cadre is not None else None
    refused = ""
    if cadre is not None:
        try:
            services.line_agree(check=check, cadre=cadre, actor=user_of(request), now=now)
        except Refused as refusal:
            refused = str(refusal.sentence)
    if request.headers.get("HX-Request") and person is not None:
        row = doors.row(check, person, user_of(request), now)
        context = {"row": row, "refused": refused, "swapped": True, **_shared(check, office)}
        return render(request, "attendance/door_form_answer.html", context)
    if refused:
        messages.error(request, refused)
    anchor = f"#person-{cadre.pk}" if cadre is not None else ""
    return redirect(reverse("spot_door", args=[check.pk, office.pk]) + anchor)


def spot_person(request: HttpRequest, pk: int, cadre_pk: int) -> HttpResponse:
    now = timezone.now()
    check = _check(request, pk, now)
    person = _person(check, cadre_pk, now)
    row = doors.row(check, person, user_of(request), now)
    facts = services.line_facts(row.line)
    standing = doors.counting(row.line) if row.line else []
    initial = {**facts, "outcome": facts["outcome"] or Outcome.PROBLEM, "seen": version_of(facts)}
    form = OnSiteForm(
        posted(request), request.FILES or None, status=person.status, standing=standing, initial=initial
    )
    if form.is_valid() and accepted(
        form,
        lambda: services.line_record(
            check=check,
            cadre=person.cadre,
            record=form.record(),
            seen=form.cleaned_data["seen"] or None,
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("%(name)s is recorded.") % {"name": person.cadre.name})
        return redirect(
            reverse("spot_door", args=[check.pk, person.office.pk]) + f"#person-{person.cadre.pk}"
        )
    form.ask_again_for_photo()
    context = {"check": check, "row": row, "office": person.office, "findings": standing, "now": now}
    return render_form(request, "attendance/on_site.html", form, **context)


def _to_close(request: HttpRequest, pk: int, now: datetime) -> SpotCheck:
    """Also one that is over: whoever comes second hears so, and keeps what they typed."""
    checks = SpotCheck.objects.within(scope_for(request)).filter(begins_at__lte=now)
    return get_object_or_404(checks.filter(inspectors=user_of(request)), pk=pk)


def spot_close(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    check = _to_close(request, pk, now) if request.method == "POST" else _check(request, pk, now)
    units = doors.feedback(check)
    form = SpotCloseForm(posted(request), undone=[line for unit in units for line in unit.open])
    if form.is_valid() and accepted(
        form,
        lambda: services.spot_close(
            check=check,
            note=form.cleaned_data["note"],
            reasons=form.reasons(),
            actor=user_of(request),
            now=now,
        ),
    ):
        messages.success(request, _("The spot check is closed."))
        return redirect("spot_check", check.pk)
    return render_form(request, "attendance/on_site_close.html", form, check=check, units=units)


def spot_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    checks = SpotCheck.objects.within(scope_for(request)).filter(closed_at=None, cancelled_at=None)
    check = get_object_or_404(checks, pk=pk)
    drawn = check.draw_id is not None
    form = (PublicReasonForm if drawn else SpotCancelForm)(posted(request))
    if form.is_valid() and accepted(
        form,
        lambda: services.spot_cancel(
            check=check, reason=form.cleaned_data["reason"], actor=user_of(request), now=now
        ),
    ):
        messages.success(request, _("The spot check is cancelled."))
        return redirect("spot_check", check.pk)
    return render_form(
        request,
        "confirm_page.html",
        form,
        title=_("Cancel the spot check"),
        points=[
            _("It stays in the list with its reason."),
            *(
                [_("Its draw stays public, and says that the spot check was cancelled, and why.")]
                if drawn
                else []
            ),
        ],
        action_label=_("Cancel the spot check"),
        irrevocable=True,
        back_url=reverse("spot_check", args=[check.pk]),
    )
