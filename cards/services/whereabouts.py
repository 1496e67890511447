"""Where somebody says they are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards import selectors
from cards.models import Cadre, Whereabouts
from cards.rules import Declaration, Refusal, State, refuse_declaration, standing_at, standing_within
from cards.services.locking import locked, locked_together
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


# --- Many at once ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bulk:
    """What became of a declaration for many: its rows, and who kept another absence in that time."""

    rows: list[Whereabouts]
    skipped: list[Cadre]


@transaction.atomic
def whereabouts_bulk(
    *,
    cadres: Iterable[Cadre],
    state: State,
    since: datetime | None,
    until: datetime,
    place: str,
    also: Collection[int],
    actor: User,
    now: datetime,
) -> Bulk:
    """Declare one absence for many, in one statement. Whoever already has another in that time keeps it, unless their
    primary key is in `also`. The same twice within a minute is once.
    """
    since = since if since is not None and since > now else now
    refusal = refuse_declaration(state=state, since=since, until=until, now=now)
    if state == State.AT_POST:
        raise Refused(_("Choose where these people are."), "state")
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "from_time" if refusal in BEGINNINGS else "until_time")
    day = local(since).date()
    people = locked_together(Cadre.objects.filter(pk__in=[cadre.pk for cadre in cadres]).serving(day))
    said = selectors.declarations(people, now, max(until - now, selectors.AHEAD))
    again = _said_just_now_of_many(people, state, until, place, since, actor, now)
    skipped = [
        cadre
        for cadre in people.values()
        if cadre.pk not in again
        and cadre.pk not in also
        and standing_within(since, until, said.get(cadre.pk, []))
    ]
    left_out = {cadre.pk for cadre in skipped} | again.keys()
    rows = Whereabouts.objects.bulk_create(
        Whereabouts(
            cadre=cadre,
            state=state,
            place=place,
            since=since,
            until=until,
            source=Whereabouts.Source.BULK,
            set_by=actor,
            recorded_at=now,
        )
        for cadre in people.values()
        if cadre.pk not in left_out
    )
    return Bulk([*again.values(), *rows], skipped)


def _said_just_now_of_many(
    people: Iterable[int],
    state: State,
    until: datetime,
    place: str,
    since: datetime,
    actor: User,
    now: datetime,
) -> dict[int, Whereabouts]:
    """What the first of two clicks has declared, by cadre."""
    recent = now - timedelta(minutes=1)
    rows = Whereabouts.objects.standing().filter(
        cadre__in=list(people), source=Whereabouts.Source.BULK, set_by=actor, recorded_at__gte=recent
    )
    return {
        row.cadre_id: row
        for row in rows.order_by("pk")
        if _said_just_now(row, state, until, place, since, actor, now)
    }


@transaction.atomic
def whereabouts_bulk_undo(*, rows: Iterable[Whereabouts], actor: User, now: datetime) -> list[Whereabouts]:
    """Take back what was declared for many. What has not begun is cancelled; of what has, those who have not said
    anything since are back at post, or in the leave that lies behind it. What is over stays. Twice is once.
    """
    given = [row.pk for row in rows]
    people = locked_together(
        Cadre.objects.filter(pk__in=Whereabouts.objects.filter(pk__in=given).values("cadre"))
    )
    standing = list(Whereabouts.objects.standing().filter(pk__in=given).order_by("cadre_id"))
    said = selectors.declarations([row.cadre_id for row in standing], now)
    taken_back = []
    for row in standing:
        if row.since > now:
            taken_back.append(_back(people[row.cadre_id], actor, now, since=row.since, cancels=row))
        elif standing_at(now, said[row.cadre_id]) == row.as_declaration():
            behind = standing_at(
                now, [other for other in said[row.cadre_id] if other != row.as_declaration()]
            )
            taken_back.append(_back(people[row.cadre_id], actor, now, since=now, behind=behind))
    return Whereabouts.objects.bulk_create(taken_back)


def _back(
    cadre: Cadre,
    actor: User,
    now: datetime,
    *,
    since: datetime,
    cancels: Whereabouts | None = None,
    behind: Declaration | None = None,
) -> Whereabouts:
    return Whereabouts(
        cadre=cadre,
        state=behind.state if behind else State.AT_POST,
        place=behind.place if behind else "",
        since=since,
        until=behind.until if behind else None,
        source=Whereabouts.Source.BULK,
        set_by=actor,
        recorded_at=now,
        cancels=cancels,
    )
