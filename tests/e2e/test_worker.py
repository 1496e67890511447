"""The real worker, over the real Redis, in a process of its own."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.tasks import revoke_ended_service
from common import audit
from tests.cast import issue_card


def test_the_worker_revokes_the_cards_of_those_who_left(celery_worker, lin, chen):
    kept, ended = issue_card(chen), issue_card(lin)
    address = reverse("card", args=[ended.token])
    assert Client().get(address).status_code == 200
    lin.serves_to = timezone.localdate() - timedelta(days=1)
    lin.save()

    for _once_and_again in range(2):
        task = revoke_ended_service.delay()
        celery_worker.await_line(f"{task.id}] succeeded")

    for card in (kept, ended):
        card.refresh_from_db()
    assert (ended.revoke_reason, ended.revoked_by) == ("left", None)
    assert kept.revoked_at is None
    assert audit.history(lin).filter(verb="card_revoked").count() == 1
    assert Client().get(address).status_code == 404
