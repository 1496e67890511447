"""Twenty devices that submit one round at the same instant, over a real server. First it is shown what happens when
nothing holds them back: without lock, transaction and constraint all of them come in.

They meet between check and write, so that the outcome is no matter of luck. With the lock on only one comes that far;
it waits a moment for the others and goes on alone.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Role, User
from attendance import services
from attendance.models import DailySheet, Finding, Item, Mark, Round
from attendance.services import rounds
from cards.models import Cadre
from common.append_only import drop_triggers, install_triggers
from tests.cast import NOW, TODAY, crowd, give, make_user, signed_in
from tests.support.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
DEVICES = 20
TOKEN = "t" * 32


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW)


@pytest.fixture
def deputy(unit) -> User:
    deputy = make_user("deputy", "副手")
    give(deputy, Role.UNIT_OFFICER, unit=unit)
    return deputy


@contextmanager
def meeting(monkeypatch: pytest.MonkeyPatch, patience: float) -> Iterator[None]:
    """Everybody who is about to write their round waits there for the others."""
    barrier, create = threading.Barrier(DEVICES), rounds.create

    def wait_and_create(*args: Any, **kwargs: Any) -> Round:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(patience)
        return create(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(rounds, "create", wait_and_create)
        yield


@contextmanager
def nothing_holds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No row is locked, no transaction makes SQLite's writers wait, and the table takes the same number twice."""
    once = next(one for one in Round._meta.constraints if one.name == "round_once_per_part_and_number")
    others = [one for one in Round._meta.constraints if one is not once]
    drop_triggers(connection)
    # SQLite makes the table anew with what the model says.
    with monkeypatch.context() as patch, connection.schema_editor() as editor:
        patch.setattr(Round._meta, "constraints", others)
        editor.remove_constraint(Round, once)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
            patch.setattr(services, "round_submit", services.round_submit.__wrapped__)
            yield
    finally:
        Round.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Round, once)
        install_triggers(connection)


def press(url: str, code: str, user: User) -> Callable[[], str]:
    """The button of one device; where its answer leads."""
    address, session = urlsplit(url), signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}",
    }
    body = urlencode({"csrfmiddlewaretoken": TOKEN, "number": 1, "part": ""})

    def pressed() -> str:
        server = HTTPConnection(str(address.hostname), address.port, timeout=60)
        server.request("POST", reverse("sheet_submit", args=[code]), body, headers)
        answer = server.getresponse()
        answer.read()
        server.close()
        return f"{answer.status} {answer.getheader('Location')}"

    return pressed


def all_press(url: str, unit: Any, *users: User) -> list[Any]:
    return at_once(*(press(url, unit.code, users[number % len(users)]) for number in range(DEVICES)))


def test_twenty_submissions_of_one_round_are_one_round_that_all_answers_lead_to(
    live_server, unit, office, officer, deputy, monkeypatch
):
    crowd(office, 3, cards=False)
    with meeting(monkeypatch, 0.5):
        answers = all_press(live_server.url, unit, officer, deputy)
    done = Round.objects.get()
    assert answers == [f"302 {reverse('round', args=[done.pk])}"] * DEVICES
    assert DailySheet.objects.get() == done.sheet
    assert done.people == 3


def test_without_lock_and_constraint_more_than_one_gets_in(
    live_server, unit, office, officer, deputy, monkeypatch
):
    crowd(office, 3, cards=False)
    DailySheet.objects.create(unit=unit, day=TODAY)
    with nothing_holds(monkeypatch), meeting(monkeypatch, 30):
        answers = all_press(live_server.url, unit, officer, deputy)
        assert Round.objects.count() > 1, answers
        assert len(set(answers)) > 1


def test_the_constraint_alone_keeps_a_second_round_out(unit, lin, officer):
    """Should a lock ever be forgotten, the database refuses what would be two rounds of one number."""
    done = services.round_submit(unit=unit, scope="", number=1, checker=officer, now=NOW).round
    done.pk = None
    with pytest.raises(IntegrityError):
        done.save(force_insert=True)
    assert Round.objects.count() == 1


def tap(cadre: Cadre, checker: User, code: str) -> Callable[[], Any]:
    item = Item.objects.get(code=code)
    return lambda: services.mark_add(
        unit=cadre.unit, day=TODAY, scope="", cadre=cadre, item=item, checker=checker, now=NOW
    )


def test_the_same_chip_on_two_devices_is_one_problem_and_another_chip_a_second(unit, lin, officer):
    outcomes = at_once(*[tap(lin, officer, "late")] * 3, tap(lin, officer, "off_post"))
    assert all(isinstance(outcome, Mark) for outcome in outcomes), outcomes
    assert sorted(Mark.objects.values_list("item__code", flat=True)) == ["late", "off_post"]


def test_a_tap_beside_a_submission_is_in_this_round_or_kept_for_the_next(unit, lin, chen, officer):
    tap(lin, officer, "late")()
    submit = [lambda: services.round_submit(unit=unit, scope="", number=1, checker=officer, now=NOW)]
    outcomes = at_once(*submit, tap(chen, officer, "off_post"))
    assert not any(isinstance(outcome, Exception) for outcome in outcomes), outcomes
    recorded = set(Finding.objects.values_list("cadre", flat=True))
    waiting = set(Mark.objects.values_list("cadre", flat=True))
    assert lin.pk in recorded
    assert recorded | waiting == {lin.pk, chen.pk}
    assert not recorded & waiting
    assert Round.objects.get().problems == len(recorded)
