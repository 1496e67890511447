"""Where somebody says they are."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.models import Cadre, Whereabouts
from cards.rules import Refusal, State, refuse_declaration
from cards.services.locking import locked
from common.problems import Refused
from common.rules import local

REFUSALS = {
    Refusal.UNTIL_MISSING: _("Say until when."),
    Refusal.UNTIL_PAST: _("This time is already over. Choose a later one."),
    Refusal.ENDS_BEFORE_IT_BEGINS: _("The end must be later than the beginning."),
    Refusal.TOO_LONG: _("An absence of more than a year cannot be declared here."),
    Refusal.BEGINS_TOO_LATE: _("An absence cannot be declared more than a year ahead."),
    Refusal.BEGINS_IN_THE_PAST: _(
        "The beginning is already over: whereabouts cannot be declared afterwards."
    ),
}
#: Refusals that are about the beginning of an absence, not its end.
BEGINNINGS = frozenset({Refusal.BEGINS_IN_THE_PAST, Refusal.BEGINS_TOO_LATE})


@transaction.atomic
def whereabouts_declare(
    *,
    cadre: Cadre,
    state: State,
    until: datetime | None,
    actor: User,
    now: datetime,
    since: datetime | None = None,
    place: str = "",
) -> Whereabouts:
    """Declare where somebody is, or will be from `since` on. Declaring the same twice within a minute is once."""
    cadre = locked(cadre)
    _check_serving(cadre, now)
    since = since if since is not None and since > now else now
    until = None if state == State.AT_POST else until
    refusal = refuse_declaration(state=state, since=since, until=until, now=now)
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "until_time")
    newest = cadre.whereabouts.order_by("-pk").first()
    if newest is not None and _said_just_now(newest, state, until, place, since, actor, now):
        return newest
    return Whereabouts.objects.create(
        cadre=cadre,
        state=state,
        place=place,
        since=since,
        until=until,
        source=_source(cadre, actor),
        set_by=actor,
        recorded_at=now,
    )


def _source(cadre: Cadre, actor: User) -> Whereabouts.Source:
    """Only the cadre's own word is their own, also where the cadre is the unit's officer."""
    return Whereabouts.Source.SELF if cadre.user_id == actor.pk else Whereabouts.Source.OFFICER


def _check_serving(cadre: Cadre, now: datetime) -> None:
    if not cadre.is_serving(local(now).date()):
        raise Refused(_("This person is not in service today."))


def _said_just_now(
    row: Whereabouts,
    state: State,
    until: datetime | None,
    place: str,
    since: datetime,
    actor: User,
    now: datetime,
) -> bool:
    same = (row.state, row.place, row.set_by_id) == (state, place, actor.pk)
    # "In 30 minutes" means another second at the second tap.
    alike = _within_a_minute(row.since, since) and _within_a_minute(row.until, until)
    return same and alike and _within_a_minute(row.recorded_at, now)


def _within_a_minute(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs((one - other).total_seconds()) < 60


def absence_plan(
    *, cadre: Cadre, state: State, since: datetime, until: datetime, actor: User, now: datetime
) -> Whereabouts:
    """Declare an absence of several days, from now or later on. Raises Refused when its beginning is over."""
    refusal = refuse_declaration(state=state, since=since, until=until, now=now)
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "from_date" if refusal in BEGINNINGS else "to_date")
    return whereabouts_declare(cadre=cadre, state=state, since=since, until=until, actor=actor, now=now)


@transaction.atomic
def plan_cancel(*, plan: Whereabouts, actor: User, now: datetime) -> Whereabouts:
    """Take back an absence that has not begun; taking it back twice is once."""
    cadre = locked(plan.cadre)
    if plan.since <= now:
        raise Refused(_("This absence has already begun. Declare that you are back instead."))
    cancelled = Whereabouts.objects.filter(cancels=plan).first()
    if cancelled is not None or plan.cancels_id is not None:
        return cancelled or plan
    return Whereabouts.objects.create(
        cadre=cadre,
        state=State.AT_POST,
        since=plan.since,
        source=_source(cadre, actor),
        set_by=actor,
        recorded_at=now,
        cancels=plan,
    )
