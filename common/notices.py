"""Notices: a list in the app for everybody, and the outbox (common/outbox.py) for who wants to hear of them outside.

An app registers its kinds when it starts; a verb calls `send` inside its transaction. The database keeps kind and
params, and the words are made when somebody reads, in that reader's language.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from common import outbox
from common.models import Channel, Delivery, Notice
from common.templatetags.components import zh_date, zh_datetime

#: What is read or sent and older than this is of no use to anybody.
KEPT = timedelta(days=365)
#: So often two who tell the same people the same at the same instant may be in each other's way.
RACES = 3
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")


@dataclass(frozen=True)
class Kind:
    """What is said, as lazy msgids with %(name)s for params.

    The title leaves the house, over mail servers and into group chats: it names no person and no fact about one. The
    text is read after signing in only. Days and instants are handed in as ISO strings and become words when they are
    read; `words` may do the same for codes: params in, more or other params out.
    """

    name: str
    title: Any
    text: Any = ""
    #: Where it leads, from params; a path of ours.
    url: Callable[[Mapping[str, Any]], str] | None = None
    #: Also said in the group channel of the unit that `send` names, or of the city when it names none.
    group: bool = False
    words: Callable[[dict[str, Any]], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Message:
    """One event for `send_all`: the arguments of `send`."""

    kind: str
    key: str
    to: Iterable[int]
    params: dict[str, Any] = field(default_factory=dict)
    unit_id: int | None = None


@dataclass(frozen=True)
class Words:
    title: str
    text: str
    url: str


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


# --- Sending ------------------------------------------------------------------------------------------------------


def send(
    *,
    kind: str,
    key: str,
    to: Iterable[int],
    params: dict[str, Any],
    now: datetime,
    unit_id: int | None = None,
) -> int:
    """Tell these users, once for each (user, key) whatever happens; returns how many new notices that made.

    Part of the caller's transaction. `params` is JSON, and never anything about a complainant. Accounts out of use are
    passed over. A kind with `group` is also said once in the group of `unit_id`, which is not counted.
    """
    return send_all([Message(kind, key, to, params, unit_id)], now=now)


@transaction.atomic
def send_all(messages: Iterable[Message], *, now: datetime) -> int:
    """Many events in the same handful of statements; what is said of `send` holds for each."""
    asked = [(message, frozenset(message.to)) for message in messages]
    for message, _to in asked:
        # A missing param fails here, where it is written, and not before the reader.
        _in_words(_kinds[message.kind], message.params)
    personal = _created(lambda: _personal(asked, now))
    groups = _created(lambda: _for_groups([message for message, _to in asked], now))
    outbox.put([*personal, *groups], now=now)
    return len(personal)


def _created(missing: Callable[[], list[Notice]]) -> list[Notice]:
    """Save what is missing; where somebody else is faster, ask again what still is."""
    for _attempt in range(RACES):
        if not (rows := missing()):
            return []
        try:
            with transaction.atomic():
                return Notice.objects.bulk_create(rows)
        except IntegrityError:
            continue
    return Notice.objects.bulk_create(missing())


def _personal(asked: list[tuple[Message, frozenset[int]]], now: datetime) -> list[Notice]:
    everybody = frozenset[int]().union(*(to for _message, to in asked))
    if not everybody:
        return []
    users = get_user_model().objects.filter(pk__in=everybody, is_active=True)
    active = set(users.values_list("pk", flat=True))
    known = set(
        Notice.objects.filter(
            user__in=everybody, key__in={message.key for message, _to in asked}
        ).values_list("user", "key")
    )
    rows = {
        (user, message.key): _row(message, now, user_id=user)
        for message, to in asked
        for user in sorted(to & active)
        if (user, message.key) not in known
    }
    return list(rows.values())


def _for_groups(messages: list[Message], now: datetime) -> list[Notice]:
    """What has a channel to go to: without one nobody could ever read the row."""
    wanted = {message.key: message for message in messages if _kinds[message.kind].group}
    if not wanted:
        return []
    reached = outbox.units_with_groups({message.unit_id for message in wanted.values()})
    known = set(Notice.objects.filter(user=None, key__in=list(wanted)).values_list("key", flat=True))
    return [
        _row(message, now)
        for key, message in wanted.items()
        if message.unit_id in reached and key not in known
    ]


def _row(message: Message, now: datetime, user_id: int | None = None) -> Notice:
    return Notice(
        user_id=user_id,
        unit_id=message.unit_id,
        kind=message.kind,
        key=message.key,
        params=message.params,
        created_at=now,
    )


@transaction.atomic
def send_to_channel(
    *, channel: Channel, kind: str, key: str, params: dict[str, Any], now: datetime
) -> Delivery | None:
    """Something about the channel itself, which stands in nobody's list; None when it has been said."""
    message = Message(kind, key, (), params, channel.unit_id)
    _in_words(_kinds[kind], params)
    if not (made := _created(lambda: [] if _said(key) else [_row(message, now)])):
        return None
    return outbox.put_on(made[0], channel, now=now)


def _said(key: str) -> bool:
    return Notice.objects.filter(user=None, key=key).exists()


# --- Reading ------------------------------------------------------------------------------------------------------


def of_user(user_id: int) -> QuerySet[Notice]:
    """What is unread first, and the newest first of each."""
    unread_first = Case(When(read_at=None, then=0), default=1)
    return Notice.objects.filter(user=user_id).order_by(unread_first, "-created_at", "-pk")


def unread(user_id: int) -> int:
    return Notice.objects.filter(user=user_id, read_at=None).count()


def in_words(notice: Notice) -> Words:
    """In the language of whoever reads. A kind that a program no longer knows leads nowhere, but stays in the list."""
    kind = _kinds.get(notice.kind)
    if kind is None:
        return Words(_("Notice"), "", "")
    return _in_words(kind, notice.params)


def outside(notice: Notice) -> tuple[str, str]:
    """What leaves the house: the title, and an address of ours that asks for signing in."""
    with translation.override(settings.LANGUAGE_CODE):
        words = in_words(notice)
    path = words.url or reverse("desk")
    if notice.user_id is not None:
        path = reverse("notice", args=[notice.pk])
    return words.title, f"{settings.SITE_URL}{path}"


def _in_words(kind: Kind, params: Mapping[str, Any]) -> Words:
    given = dict(params)
    if kind.words is not None:
        given |= kind.words(dict(params))
    words = {name: _readable(value) for name, value in given.items()}
    return Words(
        str(kind.title) % words, str(kind.text) % words, kind.url(params) if kind.url is not None else ""
    )


def _readable(value: Any) -> Any:
    """A reason that somebody typed may look like a day that does not exist."""
    with suppress(ValueError):
        if isinstance(value, str) and _DAY.fullmatch(value):
            return zh_date(date.fromisoformat(value))
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return zh_datetime(datetime.fromisoformat(value))
    return value


def mark_read(*, user_id: int, now: datetime, notice: Notice | None = None) -> int:
    """One of them, or all; returns how many were unread."""
    unread = Notice.objects.filter(user=user_id, read_at=None)
    return (unread if notice is None else unread.filter(pk=notice.pk)).update(read_at=now)


def take_back(*, key: str) -> None:
    """What nobody can act on any more, and what leads nowhere by now: out of every list, and out of the outbox. Part of
    the caller's transaction."""
    Notice.objects.filter(key=key).delete()


def remove_old(now: datetime) -> int:
    """Read, or of a group, and longer ago than KEPT; what still waits in the outbox stays. Safe to run twice."""
    old = Notice.objects.filter(Q(user=None) | Q(read_at__isnull=False), created_at__lt=now - KEPT)
    waiting = Delivery.objects.filter(notice=OuterRef("pk"), state=Delivery.State.WAITING)
    removed = old.exclude(Exists(waiting)).delete()[1].get("common.Notice", 0)
    outbox.remove_old(now - KEPT)
    return removed
