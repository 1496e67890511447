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
from cards.models import Cadre, CadreQuerySet, Consent, Whereabouts
from cards.presentation import clock, moment_words, state_label, status_view
from cards.rules import (
    Half,
    Preset,
    State,
    UntilChoice,
    half_day_bounds,
    presets,
    until_choices,
    until_of,
)
from common.forms import accepted, posted
from common.problems import Refused
from common.rules import SHANGHAI, OfficeHours, at, local

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
    hours = hours_of(me, now)
    form = WhereaboutsForm(posted(request))
    if "preset" in request.POST:
        return _preset_tapped(request, me, now)
    if request.method == "POST" and declare(form, me, hours, request, now):
        messages.success(request, _("The plaque has been updated."))
        return redirect("my_whereabouts")
    return _page(request, me, hours, now, form, LeaveForm(prefix="leave", initial=_leave_initial(hours, now)))


def leave(request: HttpRequest) -> HttpResponse:
    me, now = _me(request), timezone.now()
    hours = hours_of(me, now)
    form = LeaveForm(request.POST, prefix="leave")
    if form.is_valid() and accepted(form, lambda: _plan(form, me, hours, request, now)):
        messages.success(request, _("The absence has been put on the plaque."))
        return redirect("my_whereabouts")
    return _page(request, me, hours, now, WhereaboutsForm(), form)


def plan_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    me = _me(request)
    plan = get_object_or_404(Whereabouts.objects.filter(cadre=me).select_related("cadre"), pk=pk)
    try:
        services.plan_cancel(plan=plan, actor=user_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("The planned absence has been cancelled."))
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


# --- Parts shared with the officer's page ------------------------------------------------------------------------


def hours_of(cadre: Cadre, now: datetime) -> OfficeHours:
    return selectors.hours_of(cadre, selectors.HoursBook(timezone.localdate(now)))


def declare(
    form: WhereaboutsForm, cadre: Cadre, hours: OfficeHours, request: HttpRequest, now: datetime
) -> bool:
    """Declare what the form says; False, with errors on the form, when it cannot be."""
    if not form.is_valid():
        return False
    chosen = form.cleaned_data
    until = until_of(
        UntilChoice(chosen["until_choice"] or UntilChoice.TIME), chosen["until_time"], now, hours
    )
    return accepted(
        form,
        lambda: services.whereabouts_declare(
            cadre=cadre,
            state=State(chosen["state"]),
            until=until,
            place=chosen["place"],
            actor=user_of(request),
            now=now,
        ),
    )


def until_buttons(now: datetime, hours: OfficeHours) -> list[dict[str, str]]:
    """The quick answers as the buttons that submit the form: state and answer make two taps."""
    words = {
        UntilChoice.HALF_HOUR: _("30 minutes"),
        UntilChoice.HOUR: _("1 hour"),
        UntilChoice.SPAN: _("noon"),
        UntilChoice.DAY: _("end of the day"),
    }
    return [
        {"value": choice.value, "label": words[choice], "time": clock(until)}
        for choice, until in until_choices(now, hours)
    ]


def _plan(form: LeaveForm, me: Cadre, hours: OfficeHours, request: HttpRequest, now: datetime) -> None:
    chosen = form.cleaned_data
    since, until = half_day_bounds(
        first=chosen["from_date"],
        first_half=Half(chosen["from_half"]),
        last=chosen["to_date"],
        last_half=Half(chosen["to_half"]),
        hours=hours,
    )
    # An absence entered on its own first day counts from now on: nothing is declared for a time that is over.
    if since < now and local(since).date() == local(now).date():
        since = now
    services.absence_plan(
        cadre=me,
        state=State(chosen["state"]),
        since=since,
        until=until,
        actor=user_of(request),
        now=now,
    )


def _leave_initial(hours: OfficeHours, now: datetime) -> dict[str, Any]:
    tomorrow = hours.calendar.next_working_day(timezone.localdate(now))
    return {"from_date": tomorrow, "to_date": tomorrow}


def _preset_tapped(request: HttpRequest, me: Cadre, now: datetime) -> HttpResponse:
    """One tap keeps no input, so a refusal is a message: the tap came from a page that was open for long."""
    try:
        state, until = _preset_of(request.POST["preset"], now)
    except ValueError as error:
        raise BadRequest("No such preset.") from error
    try:
        services.whereabouts_declare(
            cadre=me,
            state=state,
            until=until,
            actor=user_of(request),
            now=now,
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("The plaque has been updated."))
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
    hours: OfficeHours,
    now: datetime,
    form: WhereaboutsForm,
    leave_form: LeaveForm,
) -> HttpResponse:
    status = selectors.statuses([me], now)[me.pk]
    rows = list(me.whereabouts.select_related("set_by").order_by("-pk")[:HISTORY_ROWS])
    recent = me.whereabouts.standing().filter(
        recorded_at__gte=now - timedelta(days=HABIT_DAYS), since__lte=now
    )
    planned = me.whereabouts.standing().filter(since__gt=now).exclude(state=State.AT_POST).order_by("since")
    wrong = bool(form.errors or leave_form.errors)
    return render(
        request,
        "cards/my_whereabouts.html",
        {
            "cadre": me,
            "status": status_view(status, hours, now),
            "stand_in": me.stand_in if not status.is_present else None,
            "presets": [
                _preset_view(preset, status.is_present, now)
                for preset in presets(now, hours, [row.as_declaration() for row in recent])
            ],
            "form": form,
            "until_buttons": until_buttons(now, hours),
            "leave_form": leave_form,
            "leave_url": reverse("my_leave"),
            "planned": [_planned_view(plan, now) for plan in planned],
            "history": [_history_view(row, now) for row in rows],
        },
        status=422 if wrong else 200,
    )


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


def _planned_view(plan: Whereabouts, now: datetime) -> dict[str, Any]:
    return {
        "label": state_label(plan.state),
        "period": _period(plan.since, plan.until, now),
        "cancel_url": reverse("my_plan_cancel", args=[plan.pk]),
    }


def _history_view(row: Whereabouts, now: datetime) -> dict[str, Any]:
    by = _("yourself") if row.source == Whereabouts.Source.SELF else str(row.set_by or "")
    return {
        "label": _("Absence cancelled") if row.cancels_id else state_label(row.state),
        "period": _period(row.since, row.until, now),
        "set_by": by,
        "recorded_at": row.recorded_at,
    }


def _period(since: datetime, until: datetime | None, now: datetime) -> str:
    start = moment_words(since, now)
    if until is None:
        return start
    end = clock(until) if local(until).date() == local(since).date() else moment_words(until, now)
    return f"{start} – {end}"
