"""The cadre's own phone page: one tap for the usual, two for anything else, no script needed."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import scope_for, user_of
from cards import selectors, services
from cards.forms import LeaveForm, WhereaboutsForm
from cards.models import Cadre, CadreQuerySet, Card, Consent, Whereabouts
from cards.presentation import clock, moment_words, state_label, status_view
from cards.rules import Kind, Preset, State, presets
from cards.views import declaring
from common.forms import posted
from common.problems import Refused
from common.rules import SHANGHAI, at, local

#: What is seen at once, and what one more tap shows.
HISTORY_SHOWN = 5
HISTORY_ROWS = 12
#: Habits change with the season; a month of them is enough to know what is usual.
HABIT_DAYS = 30


def _me(request: HttpRequest) -> Cadre:
    """The guard: the cadre who belongs to this account, or 404."""
    return get_object_or_404(_mine(request))


def _mine(request: HttpRequest) -> CadreQuerySet:
    today = timezone.localdate()
    return selectors.with_place(Cadre.objects.within(scope_for(request)).serving(today), today)


def whereabouts(request: HttpRequest) -> HttpResponse:
    me, now = _mine(request).first(), timezone.now()
    if me is None:
        return render(request, "cards/no_person.html", status=404)
    book = selectors.HoursBook(timezone.localdate(now))
    hours = selectors.hours_of(me, book)
    form = WhereaboutsForm(posted(request))
    if "preset" in request.POST:
        return _preset_tapped(request, me, now)
    if request.method == "POST" and (said := declaring.declare(form, me, hours, request, now)):
        messages.success(request, declaring.updated(said, now))
        return redirect("my_whereabouts")
    return _page(request, me, book, now, form, declaring.first_leave_form(hours, now))


def leave(request: HttpRequest) -> HttpResponse:
    me, now = _me(request), timezone.now()
    book = selectors.HoursBook(timezone.localdate(now))
    hours = selectors.hours_of(me, book)
    form = LeaveForm(request.POST, prefix=declaring.LEAVE)
    if said := declaring.plan(form, me, hours, request, now):
        messages.success(request, declaring.entered(said, now))
        return redirect("my_whereabouts")
    return _page(request, me, book, now, WhereaboutsForm(), form)


def plan_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    me = _me(request)
    plan = get_object_or_404(Whereabouts.objects.filter(cadre=me).select_related("cadre"), pk=pk)
    declaring.cancel(plan, request, timezone.now())
    return redirect("my_whereabouts")


def consent(request: HttpRequest) -> HttpResponse:
    """Give or withdraw one's own consent; effective at once."""
    me = _me(request)
    subject = request.POST.get("subject")
    if request.method == "POST" and subject in Consent.Subject.values:
        now, actor = timezone.now(), user_of(request)
        if request.POST.get("give") == "1":
            services.consent_give(cadre=me, subject=subject, evidence="", actor=actor, now=now)
            messages.success(request, _("Your consent has been recorded."))
        else:
            services.consent_withdraw(cadre=me, subject=subject, actor=actor, now=now)
            messages.success(request, _("Your consent has been withdrawn. The page no longer shows it."))
        return redirect("my_consent")
    standing = {row.subject: row for row in me.consents.filter(withdrawn_at=None)}
    rows = [
        {"subject": item.value, "label": item.label, "consent": standing.get(item.value)}
        for item in Consent.Subject
    ]
    return render(request, "cards/my_consent.html", {"cadre": me, "rows": rows})


def _preset_tapped(request: HttpRequest, me: Cadre, now: datetime) -> HttpResponse:
    """One tap keeps no input, so a refusal is a message: the tap came from a page that was open for long."""
    try:
        state, until = _preset_of(request.POST["preset"], now)
    except ValueError as error:
        raise BadRequest("No such preset.") from error
    try:
        said = services.whereabouts_declare(
            cadre=me, state=state, until=until, actor=user_of(request), now=now
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, declaring.updated(said, now))
    return redirect("my_whereabouts")


def _preset_of(value: str, now: datetime) -> tuple[State, datetime | None]:
    """State and end of "meeting|12:00", of "on_duty|2026-11-25T08:30" and of "at_post|"."""
    state, _separator, until = value.partition("|")
    if not until:
        return State(state), None
    if "T" in until:
        return State(state), datetime.fromisoformat(until).replace(tzinfo=SHANGHAI)
    return State(state), at(local(now).date(), time.fromisoformat(until))


def _page(
    request: HttpRequest,
    me: Cadre,
    book: selectors.HoursBook,
    now: datetime,
    form: WhereaboutsForm,
    leave_form: LeaveForm,
) -> HttpResponse:
    stand_in, hours = _stand_in(me, now), selectors.hours_of(me, book)
    said = selectors.statuses([me, *([stand_in] if stand_in else [])], now, book)
    status = said[me.pk]
    rows = list(me.whereabouts.select_related("set_by").order_by("-pk")[:HISTORY_ROWS])
    history = [_history_view(row, now) for row in rows]
    recent = me.whereabouts.standing().filter(
        recorded_at__gte=now - timedelta(days=HABIT_DAYS), since__lte=now
    )
    away = status.kind in (Kind.AWAY, Kind.OVERDUE)
    wrong = bool(form.errors or leave_form.errors)
    return render(
        request,
        "cards/my_whereabouts.html",
        {
            "cadre": me,
            "status": status_view(status, hours, now),
            "stand_in": stand_in if away else None,
            "stand_in_away": bool(stand_in and away and not said[stand_in.pk].is_present),
            "duty_phone": selectors.place_of(me).duty_phone,
            "card": Card.objects.valid().filter(cadre=me).first(),
            "presets": [
                _preset_view(preset, status.is_present, now)
                for preset in presets(now, hours, [row.as_declaration() for row in recent])
            ],
            "form": form,
            "until_buttons": declaring.until_buttons(now, hours),
            "leave_form": leave_form,
            "leave_url": reverse("my_leave"),
            "planned": declaring.planned(me, now, lambda plan: reverse("my_plan_cancel", args=[plan.pk])),
            "history": history[:HISTORY_SHOWN],
            "older": history[HISTORY_SHOWN:],
        },
        status=422 if wrong else 200,
    )


def _stand_in(me: Cadre, now: datetime) -> Cadre | None:
    """As on the public page: who has left stands in for nobody."""
    today = local(now).date()
    found = selectors.with_place(Cadre.objects.filter(pk=me.stand_in_id or 0), today)
    return found.serving(today).first()


def _preset_view(preset: Preset, present: bool, now: datetime) -> dict[str, Any]:
    if preset.until is None:
        return {"value": f"{preset.state}|", "label": _("Back at post"), "current": present}
    until = local(preset.until)
    # A page left open overnight still means today's noon; only the next morning needs its date.
    value = clock(until) if until.date() == local(now).date() else f"{until:%Y-%m-%dT%H:%M}"
    words = _("%(state)s until %(time)s") % {
        "state": state_label(preset.state),
        "time": moment_words(until, now),
    }
    return {"value": f"{preset.state}|{value}", "label": words, "current": False}


def _history_view(row: Whereabouts, now: datetime) -> dict[str, Any]:
    by = _("yourself") if row.source == Whereabouts.Source.SELF else str(row.set_by or "")
    return {
        "label": _("Absence cancelled") if row.cancels_id else state_label(row.state),
        "period": declaring.period(row.since, row.until, now),
        "set_by": by,
        "recorded_at": row.recorded_at,
    }
