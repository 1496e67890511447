"""Servers that refuse half of all messages, and a sender that is killed -9 twenty times in the middle of one."""

import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

from django.utils import timezone

from common import notices, outbox
from common.crypto import encrypt
from common.models import Channel, Delivery
from tests.accounts.factories import make_user
from tests.support.mailboxes import Mailbox, hook_server, mail_server
from tests.support.processes import Server

PEOPLE, EACH, KILLS = 8, 3, 20


class Fate:
    """Half of the messages are refused. Of those that come in, some end their sender, before or after it is heard."""

    def __init__(self, number_file: Path) -> None:
        self.number_file, self.random = number_file, random.Random(20261124)
        self.kills = Counter[str]()

    def __call__(self) -> bool:
        taken = self.random.random() < 0.5
        if self.kills.total() < KILLS and self.random.random() < 0.5:
            self.kills["after it was taken" if taken else "before it was taken"] += 1
            os.kill(int(self.number_file.read_text()), signal.SIGKILL)
        return taken


def addresses(hook_port: int) -> list[Channel]:
    """Everybody's e-mail address, and as many groups."""
    now, owner = timezone.now(), make_user("owner")
    given = {"created_by": owner, "created_at": now, "confirmed_at": now}
    people = [make_user(f"person-{number}") for number in range(PEOPLE)]
    return Channel.objects.bulk_create(
        [Channel(user=user, kind="email", address=encrypt(f"{user}@example.cn"), **given) for user in people]
        + [
            Channel(
                unit_id=number, kind="apprise", address=encrypt(f"json://127.0.0.1:{hook_port}/"), **given
            )
            for number in range(PEOPLE)
        ]
    )


def fill_the_outbox(channels: list[Channel]) -> set[str]:
    """The ids of what is to arrive."""
    kind, now = "channel_test", timezone.now()
    for number in range(EACH):
        people = [channel.user_id for channel in channels if channel.user_id]
        notices.send(kind=kind, key=f"event:{number}", to=people, params={}, now=now)
        for channel in channels[PEOPLE:]:
            key = f"event:{number}:{channel.unit_id}"
            notices.send_to_channel(channel=channel, kind=kind, key=key, params={}, now=now)
    return {message_id.hex for message_id in Delivery.objects.values_list("message_id", flat=True)}


def number(identity: str) -> str:
    """Of a link, or of a Message-ID."""
    return identity.strip("<>").partition("@")[0].replace("-", "")


def test_nothing_is_lost_and_what_comes_twice_has_the_same_id(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(outbox, "ring", lambda **options: None)
    fate = Fate(tmp_path / "number")
    mail, group = Mailbox(fate), Mailbox(fate)
    with mail_server(mail) as mail_port, hook_server(group) as hook_port:
        wanted = fill_the_outbox(addresses(hook_port))
        sender = Server(
            [sys.executable, "-m", "tests.support.killed_sender", str(fate.number_file)],
            environment={
                "DATABASE_URL": database_url,
                "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
                "NOTICE_SCHEMES": "json",
            },
        )
        try:
            assert sender.await_line("nothing waits").endswith(f"killed {KILLS}")
        finally:
            sender.kill()

    assert len(wanted) == 2 * PEOPLE * EACH
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SENT}
    arrived = Counter(number(identity) for _key, identity in mail.taken + group.taken)
    assert set(arrived) == wanted
    # Whoever was killed before it could write down that a message had been taken: its message came once more.
    doubled = fate.kills["after it was taken"]
    assert arrived.total() == len(wanted) + doubled
    assert min(doubled, fate.kills["before it was taken"], mail.refused, group.refused) > 0
    # One link, one id: what arrives twice is the same message.
    assert len(set(mail.taken)) == PEOPLE * EACH == len({key for key, _identity in mail.taken})
