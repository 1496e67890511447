"""Where somebody hears of notices outside: one's own e-mail address, and the groups that administrators enter."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Unit, User
from common import audit, notices, outbox, transports
from common.crypto import Unreadable, decrypt, encrypt
from common.models import Channel
from common.problems import Refused
from common.ratelimits import Limit

#: As long as the outbox tries to bring the link to its reader, and a weekend more.
LINK_SECONDS = 5 * 24 * 3600
SALT = "accounts.notifying.email"
#: A mistyped address is nobody's to be flooded.
ADDRESSES = Limit("notice-address", most=5, seconds=3600)
SERVICES = {
    "dingtalk": gettext_lazy("DingTalk"),
    "wecombot": gettext_lazy("WeCom"),
    "feishu": gettext_lazy("Feishu"),
}


def _confirmation(params: Any) -> str:
    token = signing.dumps(params["channel"], salt=SALT)
    return f"{reverse('my_email_confirm')}?{urlencode({'token': token})}"


EMAIL_CONFIRM = notices.Kind("email_confirm", gettext_lazy("Confirm your e-mail address"), url=_confirmation)
CHANNEL_TEST = notices.Kind(
    "channel_test", gettext_lazy("A test of this channel"), url=lambda params: reverse("desk")
)


def register() -> None:
    notices.register(EMAIL_CONFIRM)
    notices.register(CHANNEL_TEST)


# --- One's own address --------------------------------------------------------------------------------------------


def email_of(user: User) -> Channel | None:
    return Channel.objects.filter(user=user, kind=Channel.Kind.EMAIL).first()


@transaction.atomic
def email_set(*, user: User, address: str, now: datetime) -> Channel:
    """Nothing but a link goes to the address before its reader has opened it (`email_confirm`)."""
    if ADDRESSES.exceeded(str(user.pk), now):
        raise Refused(_("Too many addresses within an hour. Try again later."), "address")
    ADDRESSES.count(str(user.pk), now)
    _lock(user)
    # With what waits for the earlier address.
    Channel.objects.filter(user=user, kind=Channel.Kind.EMAIL).delete()
    channel = Channel.objects.create(
        user=user, kind=Channel.Kind.EMAIL, address=encrypt(address), created_by=user, created_at=now
    )
    audit.record(verb="email_set", subject=user, actor=user, now=now)
    notices.send_to_channel(
        channel=channel,
        kind=EMAIL_CONFIRM.name,
        key=f"channel:{channel.pk}:confirm",
        params={"channel": channel.pk},
        now=now,
    )
    return channel


@transaction.atomic
def email_confirm(*, user: User, token: str, now: datetime) -> Channel:
    """By whoever reads the address and is signed in; a second time it changes nothing."""
    channel = _channel_of(user, token)
    if channel is None:
        raise Refused(_("This link is no longer valid. Enter the address again to get a new one."))
    if Channel.objects.filter(pk=channel.pk, confirmed_at=None).update(confirmed_at=now):
        audit.record(verb="email_confirmed", subject=user, actor=user, now=now)
    return channel


def _channel_of(user: User, token: str) -> Channel | None:
    try:
        pk = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    return Channel.objects.filter(pk=pk, user=user, kind=Channel.Kind.EMAIL).first()


@transaction.atomic
def email_remove(*, user: User, now: datetime) -> None:
    _lock(user)
    if Channel.objects.filter(user=user, kind=Channel.Kind.EMAIL).delete()[0]:
        audit.record(verb="email_removed", subject=user, actor=user, now=now)


def _lock(user: User) -> None:
    """Two taps on one button, one after the other."""
    User.objects.select_for_update().get(pk=user.pk)


# --- Group channels -----------------------------------------------------------------------------------------------


@transaction.atomic
def channel_create(*, label: str, unit: Unit | None, address: str, actor: User, now: datetime) -> Channel:
    """The group of a unit, or without one of the city."""
    kept = transports.group_address(address)
    _lock(actor)
    unit_id = unit.pk if unit is not None else None
    if kept in _addresses(unit_id):
        raise Refused(_("This group is already entered here."), "address")
    channel = Channel.objects.create(
        unit_id=unit_id,
        kind=Channel.Kind.APPRISE,
        address=encrypt(kept),
        label=label,
        confirmed_at=now,
        created_by=actor,
        created_at=now,
    )
    audit.record(verb="channel_created", subject=channel, actor=actor, now=now, changes={"label": label})
    return channel


def _addresses(unit_id: int | None) -> set[str]:
    """Of a unit's groups in use; one whose key is lost is no longer known."""
    found = set()
    for channel in Channel.objects.of_groups().filter(unit_id=unit_id, active=True):
        try:
            found.add(decrypt(channel.address))
        except Unreadable:
            continue
    return found


@transaction.atomic
def channel_switch(*, channel: Channel, active: bool, actor: User, now: datetime) -> None:
    """What waits on a channel that is switched off is given up; the same wish twice changes nothing."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if channel.active == active:
        return
    channel.active = active
    channel.save(update_fields=["active"])
    if not active:
        outbox.close(channel, now=now)
    verb = "channel_switched_on" if active else "channel_switched_off"
    audit.record(verb=verb, subject=channel, actor=actor, now=now)


@transaction.atomic
def channel_test(*, channel: Channel, actor: User, now: datetime) -> None:
    if not channel.active:
        raise Refused(_("The channel is switched off."))
    sent = notices.send_to_channel(
        channel=channel,
        kind=CHANNEL_TEST.name,
        key=f"channel:{channel.pk}:test:{now:%Y%m%d%H%M}",
        params={},
        now=now,
    )
    if sent is None:
        raise Refused(_("A test message has just been sent. Wait a minute before the next one."))
    audit.record(verb="channel_tested", subject=channel, actor=actor, now=now)


def shown_address(channel: Channel) -> str:
    """As much of it as tells one from another, and no more; whoever reads it all could write into the group."""
    try:
        address = decrypt(channel.address)
    except Unreadable:
        return _("cannot be read")
    if channel.kind == Channel.Kind.EMAIL:
        name, _at, host = address.rpartition("@")
        return f"{name[:1]}***@{host}"
    service = transports.service_of(address)
    return str(SERVICES.get(service, service))
