"""Numbers without a gap, and one decision, when two decide at once: each race is first shown with the lock off.

SQLite lets one write at a time, whatever is locked: there both ways of a race are the right one.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from appraisal.models import DocumentCounter, Sanction
from appraisal.services import proposing
from appraisal.services import sanctions as services
from common.problems import Refused
from tests.appraisal.ledgers import begins, draft, stands
from tests.appraisal.sanctioning import decide, ladder_head, morning, only_rule, proposed
from tests.cast import crowd, give, make_user
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 12, 14)
PEOPLE = 12


@pytest.fixture(params=["no locks", "locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


def deciding(sanction: Sanction, **given: Any) -> Callable[[], Any]:
    return lambda: decide(sanction, day=DAY, **given)


def test_two_decisions_at_once_take_two_numbers(right, chen, lin, monkeypatch):
    ladder_head()
    DocumentCounter.objects.create(series=services.DECISIONS, year=2026)
    first, second = proposed(chen, "caution"), proposed(lin, "caution")
    with meeting(monkeypatch, DocumentCounter, "save", 2, right):
        outcomes = at_once(deciding(first), deciding(second))
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert (kinds == {Sanction: 2}) is right, outcomes
    assert right or kinds == {Sanction: 1, IntegrityError: 1}
    taken = Sanction.objects.filter(document_serial__isnull=False).values_list("document_serial", flat=True)
    assert sorted(taken) == ([1, 2] if right else [1])


def test_many_decisions_at_once_leave_no_gap(office, express_head):
    proposals = [proposed(cadre, "caution") for cadre in crowd(office, PEOPLE, cards=False)]
    Sanction.objects.update(told_at=morning(date(2026, 11, 24)), defence_until=date(2026, 11, 27))
    outcomes = at_once(*(deciding(sanction, actor=express_head) for sanction in proposals))
    assert [type(outcome) for outcome in outcomes] == [Sanction] * PEOPLE, outcomes
    serials = Sanction.objects.order_by("document_serial").values_list("document_serial", flat=True)
    assert list(serials) == list(range(1, PEOPLE + 1))


def test_of_two_decisions_on_one_the_second_is_told_so(right, chen, express_head, monkeypatch):
    other = make_user("other.head", "舒另")
    give(other, "express_head")
    sanction = proposed(chen, "caution")
    with meeting(monkeypatch, services, "_take", 2, right):
        outcomes = at_once(deciding(sanction, actor=express_head), deciding(sanction, actor=other))
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert (kinds == {Sanction: 1, Refused: 1}) is right, outcomes
    # Without the lock both have decided, and a number is lost.
    assert DocumentCounter.objects.get().last == (1 if right else 2)


def test_of_two_sweeps_at_once_the_second_finds_what_the_first_proposed(right, unit, chen, monkeypatch):
    only_rule("SANC-1-REPEAT", times=1)
    begins()
    stands(chen, date(2026, 11, 3))
    draft(unit)
    sweep = lambda: proposing.sanctions_propose(year=2026, now=morning(DAY))  # noqa: E731
    with meeting(monkeypatch, proposing, "_make", 2, right):
        outcomes = at_once(sweep, sweep)
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert (kinds == {int: 2}) is right, outcomes
    assert Sanction.objects.count() == 1
