"""Declaring whereabouts: what the cadre's own page and the officer's have in common."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from cards import selectors, services
from cards.forms import LeaveForm, WhereaboutsForm
from cards.models import Cadre, Whereabouts
from cards.presentation import clock, moment_words, state_label
from cards.rules import Half, State, UntilChoice, half_day_bounds, until_choices, until_of
from common.forms import accepted
from common.problems import Refused
from common.rules import OfficeHours, local

LEAVE = "leave"


def hours_of(cadre: Cadre, now: datetime) -> OfficeHours:
    return selectors.hours_of(cadre, selectors.HoursBook(timezone.localdate(now)))


def declare(
    form: WhereaboutsForm, cadre: Cadre, hours: OfficeHours, request: HttpRequest, now: datetime
) -> Whereabouts | None:
    """Declare what the form says; None, with errors on the form, when it cannot be."""
    if not form.is_valid():
        return None
    chosen = form.cleaned_data
    until = until_of(
        UntilChoice(chosen["until_choice"] or UntilChoice.TIME), chosen["until_time"], now, hours
    )
    said: list[Whereabouts] = []
    accepted(
        form,
        lambda: said.append(
            services.whereabouts_declare(
                cadre=cadre,
                state=State(chosen["state"]),
                until=until,
                place=chosen["place"],
                actor=user_of(request),
                now=now,
            )
        ),
    )
    return next(iter(said), None)


def plan(
    form: LeaveForm, cadre: Cadre, hours: OfficeHours, request: HttpRequest, now: datetime
) -> Whereabouts | None:
    """Put an absence of several days on the plaque; None, with errors on the form, when it cannot be."""
    if not form.is_valid():
        return None
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
    said: list[Whereabouts] = []
    accepted(
        form,
        lambda: said.append(
            services.absence_plan(
                cadre=cadre,
                state=State(chosen["state"]),
                since=since,
                until=until,
                actor=user_of(request),
                now=now,
            )
        ),
    )
    return next(iter(said), None)


def first_leave_form(hours: OfficeHours, now: datetime) -> LeaveForm:
    next_day = hours.next_working_day(timezone.localdate(now))
    return LeaveForm(prefix=LEAVE, initial={"from_date": next_day, "to_date": next_day})


def until_buttons(now: datetime, hours: OfficeHours) -> list[dict[str, str]]:
    """The quick answers as the buttons that submit the form: state and answer make two taps."""
    words = {
        UntilChoice.HALF_HOUR: _("30 minutes"),
        UntilChoice.HOUR: _("1 hour"),
        UntilChoice.SPAN: _("noon"),
        UntilChoice.DAY: _("end of the day"),
    }
    return [
        {"value": choice.value, "label": words[choice], "time": moment_words(until, now)}
        for choice, until in until_choices(now, hours)
    ]


def planned(cadre: Cadre, now: datetime, cancel_url: Callable[[Whereabouts], str]) -> list[dict[str, str]]:
    """The absences to come, with where each can be taken back."""
    rows = cadre.whereabouts.standing().filter(since__gt=now).exclude(state=State.AT_POST).order_by("since")
    return [
        {
            "label": state_label(row.state),
            "period": period(row.since, row.until, now),
            "cancel_url": cancel_url(row),
        }
        for row in rows
    ]


def updated(row: Whereabouts, now: datetime) -> str:
    """What the plaque says from now on, for the message after the tap."""
    if row.until is None:
        return _("The plaque has been updated: %(state)s.") % {"state": state_label(row.state)}
    return _("The plaque has been updated: %(state)s until %(time)s.") % {
        "state": state_label(row.state),
        "time": moment_words(row.until, now),
    }


def entered(row: Whereabouts, now: datetime) -> str:
    return _("%(state)s has been entered: %(period)s.") % {
        "state": state_label(row.state),
        "period": period(row.since, row.until, now),
    }


def cancel(row: Whereabouts, request: HttpRequest, now: datetime) -> None:
    """Take a planned absence back, and say so or why not."""
    try:
        services.plan_cancel(plan=row, actor=user_of(request), now=now)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return
    words = {"state": state_label(row.state), "period": period(row.since, row.until, now)}
    messages.success(request, _("%(state)s has been cancelled: %(period)s.") % words)


def period(since: datetime, until: datetime | None, now: datetime) -> str:
    start = moment_words(since, now)
    if until is None:
        return start
    end = clock(until) if local(until).date() == local(since).date() else moment_words(until, now)
    return f"{start} – {end}"
