"""Redis is away: whoever complains gets a receipt and can follow it, and the Express hears of it when Redis is back."""

import os
import subprocess
import sys

from django.utils import timezone
from kombu import Connection

from common.crypto import encrypt
from common.models import Channel, Delivery, Notice
from common.tasks import send_notices
from complaints.models import Complaint
from tests.support.mailboxes import Mailbox, mail_server
from tests.support.processes import PATIENCE, ROOT, Server
from tests.support.services import Redis

#: Of a page that nobody gives up: several attempts at a server that refuses at once.
SECONDS = 10.0


def hears_by_mail(user) -> None:
    now = timezone.now()
    given = {"created_by": user, "created_at": now, "confirmed_at": now}
    Channel.objects.create(user=user, kind="email", address=encrypt("express@example.cn"), **given)


def test_without_redis_complaints_come_in_and_their_notices_follow(database_url, unit, express):
    hears_by_mail(express)
    redis, mail = Redis(), Mailbox()
    with mail_server(mail) as port:
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis.url(0),
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        }
        citizen = subprocess.run(
            [sys.executable, "-m", "tests.support.without_redis", unit.code],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert citizen.returncode == 0, citizen.stderr
        pages = {name: (status, float(took)) for name, status, took in map(str.split, _pages(citizen.stdout))}
        assert {name: status for name, (status, _took) in pages.items()} == {
            "form": "200",
            "sent": "200",
            "followed": "200",
        }
        assert max(took for _status, took in pages.values()) < SECONDS
        assert Complaint.objects.get().unit == unit
        assert Notice.objects.get().user == express
        assert Delivery.objects.get().state == Delivery.State.WAITING
        assert mail.taken == []

        redis.start()
        worker = Server(
            [sys.executable, "-m", "celery", "-A", "longquan_cadre", "worker", "--pool=solo"]
            + ["--loglevel=INFO", "--without-gossip", "--without-mingle"],
            environment=environment,
        )
        try:
            worker.await_line(" ready.")
            # What the beat does every minute. A worker that is new rings for other work first.
            for _minute in range(3):
                said = len(worker.lines)
                send_notices.apply_async(connection=Connection(redis.url(0)))
                worker.await_line("succeeded", since=said)
                if Delivery.objects.get().state == Delivery.State.SENT:
                    break
        finally:
            worker.kill()
            redis.stop()
    assert len(mail.taken) == 1
    assert Delivery.objects.get().state == Delivery.State.SENT


def _pages(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.split()[0] in {"form", "sent", "followed"}]
