"""Counting public look-ups: each once, as a sum of the day and the unit, and the page never depends on it."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cards import lookups, services
from cards.models import Cadre, Card, LookupCount
from cards.rules import State
from common import upkeep
from common.rules import SHANGHAI
from tests.cast import NOW, TODAY, declare, issue_card, signed_in

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 13; HarmonyOS) AppleWebKit/537.36 Chrome/114 MicroMessenger/8.0.49"


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _nothing_waits(monkeypatch):
    monkeypatch.setattr(lookups, "_waiting", Counter())


@pytest.fixture
def citizen() -> Client:
    return Client(headers={"user-agent": PHONE})


@pytest.fixture
def card(chen: Cadre, lin: Cadre) -> Card:
    return issue_card(chen)


def counted() -> list[tuple[str, str, int]]:
    lookups.flush()
    return list(LookupCount.objects.order_by("kind").values_list("unit__code", "kind", "number"))


def absent(cadre: Cadre) -> None:
    declare(cadre, State.ERRAND, now=NOW - timedelta(minutes=9), until=NOW + timedelta(hours=1))


def test_a_look_up_counts_once_for_its_day_and_unit(citizen, card):
    assert citizen.get(f"/c/{card.token}").status_code == 200
    assert counted() == [("D901", "present", 1)]
    assert counted() == [("D901", "present", 1)]
    assert LookupCount.objects.get().day == TODAY


def test_later_ones_are_added_to_the_same_row(citizen, card):
    for _time in range(3):
        citizen.get(f"/c/{card.token}")
    counted()
    citizen.get(f"/c/{card.token.lower()}")
    assert counted() == [("D901", "present", 4)]


def test_what_the_citizen_was_told_of_somebody_absent(citizen, card, lin):
    absent(card.cadre)
    citizen.get(f"/c/{card.token}")
    citizen.get(f"/c/{card.token}")
    absent(lin)
    citizen.get(f"/c/{card.token}")
    assert counted() == [("D901", "covered", 2), ("D901", "uncovered", 1)]


def test_absent_without_any_stand_in(citizen, card):
    Cadre.objects.filter(pk=card.cadre_id).update(stand_in=None)
    absent(card.cadre)
    citizen.get(f"/c/{card.token}")
    assert counted() == [("D901", "uncovered", 1)]


def test_outside_office_hours_nobody_is_absent(citizen, card, clock):
    clock.move_to(datetime(2026, 11, 24, 23, 30, tzinfo=SHANGHAI))
    citizen.get(f"/c/{card.token}")
    assert counted() == [("D901", "closed", 1)]


def test_midnight_is_midnight_in_longquan(citizen, card, clock):
    for hour, day in ((23, 24), (1, 25)):
        clock.move_to(datetime(2026, 11, day, hour, tzinfo=SHANGHAI))
        citizen.get(f"/c/{card.token}")
    lookups.flush()
    assert list(LookupCount.objects.order_by("day").values_list("day__day", flat=True)) == [24, 25]


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": ""},
        {"user-agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user-agent": "curl/8.5"},
        {"user-agent": PHONE, "sec-purpose": "prefetch;prerender"},
        {"user-agent": PHONE, "purpose": "prefetch"},
    ],
)
def test_programs_are_answered_and_not_counted(headers, card):
    assert Client(headers=headers).get(f"/c/{card.token}").status_code == 200
    assert counted() == []


def test_head_and_the_address_book_and_the_photo_are_no_look_ups(citizen, card):
    assert citizen.head(f"/c/{card.token}").status_code == 200
    citizen.get(f"/c/{card.token}.vcf")
    citizen.get(f"/c/{card.token}.jpg")
    assert counted() == []


def test_who_is_signed_in_is_no_citizen(card, officer):
    client = signed_in(officer)
    assert client.get(f"/c/{card.token}?public=1", headers={"user-agent": PHONE}).status_code == 200
    assert counted() == []


def test_no_card_no_count(citizen, card, officer):
    services.card_revoke(card=card, reason="lost", note="遗失", actor=officer, now=NOW)
    assert citizen.get(f"/c/{card.token}").status_code == 404
    assert citizen.get("/c/ZZZZZZZZZZZZZZZZ").status_code == 404
    assert counted() == []


def test_the_page_asks_the_database_no_more_for_it(card):
    def queries(client: Client) -> int:
        with CaptureQueriesContext(connection) as context:
            client.get(f"/c/{card.token}")
        return len(context)

    queries(Client())
    assert queries(Client(headers={"user-agent": PHONE})) == queries(Client())
    assert not LookupCount.objects.exists()


def test_what_could_not_be_written_waits_and_the_page_does_not(citizen, card, monkeypatch):
    def locked(_sums):
        raise DatabaseError("database is locked")

    citizen.get(f"/c/{card.token}")
    with monkeypatch.context() as patch:
        patch.setattr(lookups, "add", locked)
        with pytest.raises(DatabaseError):
            lookups.flush()
        assert citizen.get(f"/c/{card.token}").status_code == 200
    assert counted() == [("D901", "present", 2)]


def test_nothing_of_the_visitor_is_in_the_table():
    assert {field.name for field in LookupCount._meta.get_fields()} == {"id", "day", "unit", "kind", "number"}


def test_every_web_process_writes_its_sums(citizen, card, monkeypatch, caplog):
    """Once a minute and before it ends; what fails keeps nothing else from its turn."""

    def broken():
        raise ValueError

    assert lookups.flush in upkeep._works
    monkeypatch.setattr(upkeep, "_works", [broken, lookups.flush])
    monkeypatch.setattr(upkeep.connections, "close_all", lambda: None)
    citizen.get(f"/c/{card.token}")
    upkeep.run()
    assert LookupCount.objects.get().number == 1
    assert "broken failed" in caplog.text
