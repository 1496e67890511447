"""The outbox: what leaves the house for e-mail and group channels, at least once and under one id.

A delivery is written in the transaction of its notice and sent after the commit. A sender claims it by a conditional
update, sends while it holds no transaction, and marks it afterwards: killed in between it leaves a claim that runs
out, and the message goes out again under the same id. The database is the truth, the broker a doorbell.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import audit, leases, transports
from common.models import Channel, Delivery, Notice
from common.problems import Refused

logger = logging.getLogger(__name__)

#: Longer than the slowest conversation with a mail server, whose every step may take EMAIL_TIMEOUT.
LEASE = timedelta(minutes=5)
#: After so long a task makes room for others and rings again: the embedded worker does one thing at a time.
BUDGET_SECONDS = 20.0
BATCH = 50
#: Minutes until the next attempt; the last one repeats.
STEPS = (1, 5, 15, 60, 240)
#: A server that is away over a weekend with a holiday's Monday is back by then.
GIVEN_UP_AFTER = timedelta(days=3)
#: A ring of the sweep is out of date when the next sweep rings.
SWEEP_SECONDS = 60

SWITCHED_OFF = "switched_off"
UNEXPECTED = "unexpected"
ERRORS = {
    transports.UNREACHABLE: gettext_lazy("The server could not be reached"),
    transports.REFUSED: gettext_lazy("The server did not take the message"),
    transports.UNREADABLE: gettext_lazy("The address cannot be read with any of FIELD_KEYS"),
    SWITCHED_OFF: gettext_lazy("The channel was switched off"),
    UNEXPECTED: gettext_lazy("Something went wrong; the log says what"),
}


# --- Putting in ---------------------------------------------------------------------------------------------------


def units_with_groups(unit_ids: Iterable[int | None]) -> set[int | None]:
    """Which of these units have a group channel; None stands for the city."""
    asked = set(unit_ids)
    here = Q(unit_id__in=[unit for unit in asked if unit is not None])
    if None in asked:
        here |= Q(unit_id=None)
    return set(Channel.objects.receiving().of_groups().filter(here).values_list("unit_id", flat=True))


def put(notices: Iterable[Notice], *, now: datetime) -> int:
    """A delivery of each of these new notices on every channel that is to receive it."""
    made = list(notices)
    if not made:
        return 0
    people = {notice.user_id for notice in made if notice.user_id is not None}
    groups = any(notice.user_id is None for notice in made)
    wanted = Q(user__in=people) | (Q(user=None) if groups else Q())
    channels: dict[tuple[int | None, int | None], list[Channel]] = {}
    for channel in Channel.objects.receiving().filter(wanted):
        channels.setdefault((channel.user_id, channel.unit_id), []).append(channel)
    rows = [
        _row(notice, channel, now)
        for notice in made
        for channel in channels.get((notice.user_id, None if notice.user_id else notice.unit_id), ())
    ]
    if rows:
        Delivery.objects.bulk_create(rows)
        transaction.on_commit(ring)
    return len(rows)


def put_on(notice: Notice, channel: Channel, *, now: datetime) -> Delivery:
    delivery = _row(notice, channel, now)
    delivery.save()
    transaction.on_commit(ring)
    return delivery


def _row(notice: Notice, channel: Channel, now: datetime) -> Delivery:
    return Delivery(notice=notice, channel=channel, due_at=now, give_up_at=now + GIVEN_UP_AFTER)


def ring(*, expires: int | None = None) -> None:
    """Wake a worker. Lost or doubled it does no harm: the sweep sends what waits."""
    from common.tasks import send_notices

    options: dict[str, Any] = {} if expires is None else {"expires": expires}
    try:
        send_notices.apply_async((), **options)
    except Exception as error:
        logger.warning("The queue cannot be reached (%s); the outbox waits for the sweep.", error)


# --- Sending ------------------------------------------------------------------------------------------------------


def send_due(*, clock: Callable[[], datetime], budget: float = BUDGET_SECONDS) -> bool:
    """Send what is due as long as the budget lasts; True when more is left to do."""
    claim, ends, away = leases.new(), monotonic() + budget, set[str]()
    while due := _due(clock(), away):
        claimed = 0
        for pk, kind in due:
            if kind in away or (delivery := _claim(pk, claim, clock())) is None:
                continue
            claimed += 1
            if _attempt(delivery, claim, clock) == transports.UNREACHABLE:
                # The others of its kind would wait for the same server, one time-out after the other.
                away.add(kind)
            if monotonic() > ends:
                return True
        if not claimed:
            # Somebody else is at all of them.
            return False
    return False


def due(now: datetime) -> QuerySet[Delivery]:
    """What nobody sends and whose time has come."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    held = waiting.filter(claimed_until__gte=now).values_list("claim", flat=True)
    left = [claim for claim in set(held) if leases.abandoned(claim)]
    free = Q(claimed_until=None) | Q(claimed_until__lt=now) | Q(claim__in=left)
    return waiting.filter(free, due_at__lte=now)


def _due(now: datetime, away: set[str]) -> list[tuple[int, str]]:
    """The next ones, with the kind of their channel."""
    found = due(now).exclude(channel__kind__in=away).order_by("due_at", "pk")
    return list(found.values_list("pk", "channel__kind")[:BATCH])


def _claim(pk: int, claim: str, now: datetime) -> Delivery | None:
    """The row is whose update changed it. Attempts count here, so that a killed one is counted too.

    No other table may be joined: of an update with a subquery PostgreSQL does not look again at a row that another
    sender has just claimed, and both would have it.
    """
    mine = due(now).filter(pk=pk)
    if not mine.update(claim=claim, claimed_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    return Delivery.objects.select_related("notice", "channel").get(pk=pk)


def _attempt(delivery: Delivery, claim: str, clock: Callable[[], datetime]) -> str:
    """Send it and write down what came of it: an error's word, or nothing."""
    error = _sent(delivery)
    if error:
        _postpone(delivery, claim, error, clock())
    else:
        # Whoever holds the claim by now: it has been sent.
        unsent = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.SENT)
        _end(unsent, Delivery.State.SENT, clock())
    return error


def _sent(delivery: Delivery) -> str:
    from common import notices

    try:
        title, link = notices.outside(delivery.notice)
        transports.deliver(delivery.channel, title=title, link=link, message_id=delivery.message_id)
    except transports.NotSent as failure:
        return failure.word
    except (OperationalError, InterfaceError):
        raise  # the database is away, not the message wrong
    except Exception as error:
        # Not the error's own words, which may hold an address.
        logger.error("Delivery %s failed with %s.", delivery.pk, type(error).__name__)
        return UNEXPECTED
    return ""


def next_attempt(attempts: int, give_up_at: datetime, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None when it is time to give up."""
    if now >= give_up_at:
        return None
    return now + timedelta(minutes=STEPS[min(attempts, len(STEPS)) - 1])


def _postpone(delivery: Delivery, claim: str, error: str, now: datetime) -> None:
    ours = Delivery.objects.filter(pk=delivery.pk, claim=claim, state=Delivery.State.WAITING)
    due_at = next_attempt(delivery.attempts, delivery.give_up_at, now)
    if due_at is None:
        _end(ours, Delivery.State.GIVEN_UP, now, error)
        logger.error("Delivery %s was given up: %s.", delivery.pk, error)
    else:
        ours.update(due_at=due_at, claim="", claimed_until=None, last_error=error)


def _end(rows: QuerySet[Delivery], state: Delivery.State, now: datetime, error: str = "") -> int:
    return rows.update(state=state, ended_at=now, claim="", claimed_until=None, last_error=error)


# --- Looking after it ---------------------------------------------------------------------------------------------


def waiting() -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=Delivery.State.WAITING).order_by("due_at", "pk")


def given_up() -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=Delivery.State.GIVEN_UP).order_by("-ended_at", "-pk")


def latest(channels: Iterable[Channel]) -> dict[int, Delivery]:
    """The newest delivery on each of these, in one query."""
    newest = Delivery.objects.filter(channel__in=list(channels)).values("channel").annotate(last=Max("pk"))
    return {d.channel_id: d for d in Delivery.objects.filter(pk__in=newest.values("last"))}


@transaction.atomic
def retry(*, deliveries: QuerySet[Delivery], actor: Any, now: datetime) -> int:
    """What was given up waits again, with all its time before it; returns how many do."""
    again = deliveries.filter(state=Delivery.State.GIVEN_UP, channel__active=True)
    found = list(again.select_for_update(of=("self",)))
    if not found:
        raise Refused(_("Nothing of this has been given up, or its channel is switched off."))
    changes: dict[str, Any] = {}
    audit.record_each(
        verb="delivery_retried", subjects=[(delivery, changes) for delivery in found], actor=actor, now=now
    )
    count = Delivery.objects.filter(pk__in=[delivery.pk for delivery in found]).update(
        state=Delivery.State.WAITING,
        attempts=0,
        due_at=now,
        give_up_at=now + GIVEN_UP_AFTER,
        ended_at=None,
    )
    transaction.on_commit(ring)
    return count


def close(channel: Channel, *, now: datetime) -> int:
    """Nothing goes out any more on a channel that was switched off."""
    return _end(
        channel.deliveries.filter(state=Delivery.State.WAITING), Delivery.State.GIVEN_UP, now, SWITCHED_OFF
    )


def remove_old(before: datetime) -> int:
    return Delivery.objects.filter(ended_at__lt=before).delete()[0]
