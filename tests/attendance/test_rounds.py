"""One round: everybody who is due, what their plaque said, a finding for each problem, submitted once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Unit, User
from attendance import services, snapshot
from attendance.models import Finding, Item, OpenRound, Round
from attendance.rules import ABSENT_ITEMS, Verified
from cards.models import Cadre, Office
from cards.rules import State
from common.problems import Refused
from tests.cast import NOW, TODAY, crowd, declare

pytestmark = pytest.mark.django_db


def submit(unit: Unit, checker: User, *, number: int = 1, now=NOW, **more):
    return services.round_submit(unit=unit, scope="", number=number, checker=checker, now=now, **more)


def mark(unit: Unit, cadre: Cadre, checker: User, code: str = "off_post", **more):
    problem = services.Problem(Item.objects.get(code=code), **more)
    return services.mark_set(
        unit=unit, day=TODAY, scope="", cadre=cadre, problems=[problem], checker=checker, now=NOW
    )


def test_a_clean_round_is_one_row_that_still_says_who_was_checked(
    unit: Unit, officer: User, lin: Cadre, chen: Cadre
) -> None:
    declare(chen, State.MEETING, until=NOW + timedelta(hours=1), place="三楼会议室")
    done = submit(unit, officer)
    assert done.new
    assert (done.round.people, done.round.seen, done.round.declared, done.round.problems) == (2, 1, 1, 0)
    lines = {line.cadre_id: line for line in snapshot.decode(done.round.snapshot, done.round.taken_at)}
    assert lines[lin.pk].verified == Verified.SEEN
    assert lines[chen.pk].status.state == State.MEETING
    assert lines[chen.pk].status.declared.place == "三楼会议室"
    assert not Finding.objects.exists()


@pytest.mark.parametrize("code", sorted(ABSENT_ITEMS))
def test_who_was_not_there_was_neither_seen_nor_declared(
    code: str, unit: Unit, officer: User, lin: Cadre, chen: Cadre, wei: Cadre
) -> None:
    declare(lin, State.MEETING, until=NOW + timedelta(hours=1))
    mark(unit, lin, officer, code)
    mark(unit, chen, officer, "games")
    services.verified_set(
        unit=unit, day=TODAY, scope="", checker=officer, now=NOW, people={lin.pk: Verified.SEEN}
    )
    done = submit(unit, officer).round
    lines = {line.cadre_id: line for line in snapshot.decode(done.snapshot, done.taken_at)}
    assert lines[lin.pk].verified == Verified.ABSENT
    assert (done.people, done.seen, done.declared, done.absent, done.problems) == (3, 2, 0, 1, 2)


def test_everybody_of_a_round_is_counted_once(unit: Unit, officer: User, lin: Cadre) -> None:
    mark(unit, lin, officer)
    done = submit(unit, officer).round
    done.pk, done.number, done.absent = None, 2, 0
    with pytest.raises(IntegrityError, match="round_everybody_verified"), transaction.atomic():
        done.save(force_insert=True)


def test_the_same_round_again_is_the_first_ones(unit: Unit, officer: User, lin: Cadre, express: User) -> None:
    first = submit(unit, officer)
    again = submit(unit, express, now=NOW + timedelta(minutes=1))
    assert (again.new, again.round) == (False, first.round)
    assert Round.objects.count() == 1


def test_a_problem_becomes_a_finding_with_what_the_plaque_said_when_it_was_tapped(
    unit: Unit, officer: User, lin: Cadre
) -> None:
    mark(unit, lin, officer, note="两次敲门无人")
    declare(lin, State.ERRAND, now=NOW + timedelta(minutes=2), until=NOW + timedelta(hours=1))
    done = submit(unit, officer, now=NOW + timedelta(minutes=5))
    finding = Finding.objects.get()
    assert (finding.cadre, finding.item.code, finding.note) == (lin, "off_post", "两次敲门无人")
    assert (finding.round, finding.recorder, finding.at) == (done.round, officer, NOW)
    assert finding.said["kind"] == "at_post"
    assert finding.told_at is not None
    assert not OpenRound.objects.exists()


def test_nobody_checks_their_own_line(unit: Unit, lin: Cadre, chen: Cadre) -> None:
    done = submit(unit, lin.user)
    assert done.round.people == 1
    with pytest.raises(Refused):
        mark(unit, lin, lin.user)


@pytest.mark.parametrize("code", ["rude", "sheet_missing", "games"])
def test_what_no_check_may_record_is_refused_on_every_way(
    code: str, unit: Unit, officer: User, lin: Cadre
) -> None:
    Item.objects.filter(code="games").update(active=False)
    item, done = Item.objects.get(code=code), submit(unit, officer).round
    where = {"unit": unit, "day": TODAY, "scope": "", "cadre": lin, "checker": officer, "now": NOW}
    paper = {"unit": unit, "scope": "", "number": 1, "taken_at": NOW, "checker": officer, "now": NOW}
    asked = {"finding": None, "minutes": None, "note": "", "reason": "漏记", "actor": officer, "now": NOW}
    ways: list[Callable[[], object]] = [
        lambda: services.mark_add(**where, item=item),
        lambda: services.mark_set(**where, problems=[services.Problem(item)]),
        lambda: services.paper_enter(**paper, problems=[(lin, services.Problem(item))], usual=Verified.SEEN),
        lambda: services.correction_ask(round_=done, cadre=lin, item=item, **asked),
    ]
    for way in ways:
        with pytest.raises(Refused, match="不能记录"):
            way()
    assert not OpenRound.objects.exists()


def test_a_problem_that_was_tapped_before_its_item_went_out_of_use_stays(
    unit: Unit, officer: User, lin: Cadre
) -> None:
    mark(unit, lin, officer, "games")
    Item.objects.filter(code="games").update(active=False)
    assert mark(unit, lin, officer, "games", note="手机游戏")[0].note == "手机游戏"
    assert submit(unit, officer).round.problems == 1


def test_the_number_of_queries_is_that_of_three_people(unit: Unit, officer: User, office: Office) -> None:
    crowd(office, 3, cards=False)
    few = queries(lambda: submit(unit, officer))
    crowd(office, 197, cards=False)
    many = queries(lambda: submit(unit, officer, number=2))
    assert many <= few <= 13


def queries(act: Callable[[], object]) -> int:
    """Statements that ask or write something."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)
