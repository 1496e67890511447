"""What happens to a month while it is drafted: each race is first shown with the lock off.

SQLite lets one write at a time, whatever is locked: there both ways of a race are the right one.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from accounts.models import Unit, User
from appraisal import services
from appraisal.models import LedgerEntry, MonthlyReport, MonthTotal, UnitLedger
from appraisal.services import closing, reversals
from appraisal.services import ledger as chains
from attendance import services as attendance
from attendance.models import Finding, FindingState
from common.problems import Refused
from common.rules import at
from tests.appraisal import facts
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, entry_of, stands
from tests.cast import crowd, make_office, make_unit
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)

DECEMBER, NEXT_DRAFTING = date(2026, 12, 1), at(date(2027, 1, 1), time(6))
ROUNDS, REVERSALS = 200, 40
#: Statements of a draft, and of a decision.
STATEMENTS = 24


@pytest.fixture(params=["no locks", "locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


def drafting(unit: Unit) -> Callable[[], Any]:
    return lambda: services.month_draft(unit=unit, month=NOVEMBER, now=DRAFTING)


def reversing(entry: LedgerEntry, actor: User) -> Callable[[], Any]:
    return lambda: services.entry_reverse(entry=entry, reason="会议有据", actor=actor, now=DRAFTING)


def is_sealed(unit: Unit) -> bool:
    """Drafted again it is the same; an entry that came into it afterwards would be said."""
    try:
        return not services.month_draft(unit=unit, month=NOVEMBER, now=NEXT_DRAFTING)[1]
    except closing.Altered:
        return False


# --- Two at once ---------------------------------------------------------------------------------------------------


def test_of_two_drafts_at_once_the_second_finds_the_first(right, unit, chen, monkeypatch):
    begins()
    UnitLedger.objects.create(unit=unit)
    stands(chen, date(2026, 11, 3))
    with meeting(monkeypatch, closing, "_enter", 2, right):
        outcomes = at_once(drafting(unit), drafting(unit))
    kinds = Counter(type(outcome) for outcome in outcomes)
    # What is unique keeps the months right even so, but somebody sees an error page.
    assert (kinds == {tuple: 2}) is right, outcomes
    assert right or kinds == {tuple: 1, IntegrityError: 1}
    assert MonthlyReport.objects.count() == LedgerEntry.objects.count() == 1
    if right:
        (first, made), (second, made_again) = outcomes
        assert (first.pk, first.content_hash) == (second.pk, second.content_hash)
        assert {made, made_again} == {True, False}


def test_two_clocks_draft_every_unit_once(unit, other_unit):
    begins(OCTOBER)
    outcomes = at_once(*2 * [lambda: services.drafts_make(now=DRAFTING)])
    assert sum(outcomes) == MonthlyReport.objects.count() == 2 * Unit.objects.count()


def test_of_two_reversals_at_once_the_second_is_told_so(right, unit, chen, head, monkeypatch):
    begins()
    entry = drafted_entry(unit, chen, NOVEMBER, DRAFTING)
    with meeting(monkeypatch, chains, "append", 2, right):
        outcomes = at_once(reversing(entry, head), reversing(entry, head))
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert (kinds == {list: 1, Refused: 1}) is right, outcomes
    assert right or kinds == {list: 1, IntegrityError: 1}
    facts.check_chains()


# --- Taken back while a month is sealed ----------------------------------------------------------------------------


def drafted_entry(unit: Unit, cadre: Any, month: date, now: datetime) -> LedgerEntry:
    finding = stands(cadre, month + timedelta(days=2))
    draft(unit, month, now)
    return entry_of(finding)


class Meeting:
    @staticmethod
    def come() -> None: ...


def after_the_meeting(verb: Any) -> Any:
    def come_and_do(*args: Any, **kwargs: Any) -> Any:
        Meeting.come()
        return verb(*args, **kwargs)

    return come_and_do


def test_what_is_taken_back_meanwhile_never_comes_into_the_sealed_month(right, unit, chen, head, monkeypatch):
    begins(OCTOBER)
    entry = drafted_entry(unit, chen, OCTOBER, DRAFTING - timedelta(days=30))
    # One has sealed the month and not said so; the other has asked which month is open and not written into it.
    monkeypatch.setattr(closing, "totals_make", after_the_meeting(closing.totals_make))
    monkeypatch.setattr(reversals, "_reversal", after_the_meeting(reversals._reversal))
    with meeting(monkeypatch, Meeting, "come", 2, right):
        outcomes = at_once(
            drafting(unit),
            reversing(entry, head),
        )
    assert [type(outcome) for outcome in outcomes] == [tuple, list], outcomes
    monkeypatch.undo()
    assert is_sealed(unit) is right
    if right:
        draft(unit, DECEMBER, NEXT_DRAFTING)
        check_months()


def check_months() -> None:
    """Whatever a month's report, its totals and its entries say, they say the same."""
    reported, summed, entered = Counter[Any](), Counter[Any](), Counter[Any]()
    for report in MonthlyReport.objects.all():
        reported[report.unit_id, report.month, "entries"] = report.entries
        reported[report.unit_id, report.month, "corrections"] = report.corrections
    for total in MonthTotal.objects.select_related("report"):
        for name in ("entries", "half_points", "cents", "corrected_half_points", "corrected_cents"):
            summed[total.report.unit_id, total.report.month, name] += getattr(total, name)
    for entry in LedgerEntry.objects.all():
        charge = entry.kind == "finding"
        entered[entry.unit_id, entry.month, "entries" if charge else "corrections"] += 1
        for name in ("half_points", "cents"):
            column = name if charge else f"corrected_{name}"
            entered[entry.unit_id, entry.month, column] += getattr(entry, name)
    for key in {*reported, *summed, *entered}:
        said = [numbers[key] for numbers in (reported, summed) if key in numbers]
        assert set(said) == {entered[key]}, key


@pytest.mark.parametrize("seed", [str(random.randrange(10**6))])
def test_it_is_of_one_month_or_of_the_next_however_they_meet(seed, city, express):
    begins(OCTOBER)
    chance, rounds = random.Random(seed), []
    for unit, people in units_with_people(REVERSALS):
        entry = drafted_entry(unit, people[0], OCTOBER, DRAFTING - timedelta(days=30))
        rounds.append((unit, started_within(chance, drafting(unit), reversing(entry, express))))
    for unit, outcomes in rounds:
        assert [type(outcome) for outcome in outcomes] == [tuple, list], outcomes
        assert is_sealed(unit)
        draft(unit, DECEMBER, NEXT_DRAFTING)
    check_months()
    months = Counter(LedgerEntry.objects.corrections().values_list("month", flat=True))
    assert sum(months.values()) == REVERSALS
    assert set(months) == {NOVEMBER, DECEMBER}, months
    facts.check_chains()


def units_with_people(number: int) -> Any:
    for position in range(number):
        unit = make_unit(f"D{100 + position}", f"第{position}局")
        yield unit, crowd(make_office(unit), 1, cards=False)


class At:
    """Says when so many statements have been made on a connection."""

    def __init__(self, number: int) -> None:
        self.number, self.come = number, threading.Event()

    def __call__(self, execute: Any, *more: Any) -> Any:
        self.number -= 1
        if self.number == 0:
            self.come.set()
        return execute(*more)


def started_within(chance: random.Random, *works: Callable[[], Any]) -> list[Any]:
    """One of them begins, and the others when it has come to some statement or other of its own."""
    point, first = At(chance.randint(1, STATEMENTS)), chance.randrange(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        try:
            with connection.execute_wrapper(point):
                return work()
        finally:
            point.come.set()

    def follow(work: Callable[[], Any]) -> Any:
        assert point.come.wait(60)
        return work()

    return at_once(
        *(
            lambda number=number, work=work: (begin if number == first else follow)(work)
            for number, work in enumerate(works)
        )
    )


# --- Comes to stand while a month is sealed ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [str(random.randrange(10**6))])
def test_what_comes_to_stand_meanwhile_is_of_exactly_one_month(seed, city, officer, express):
    """Decided on in the very moment in which two clocks draft the month, two hundred times."""
    begins()
    chance, rounds = random.Random(seed), []
    for unit, people in units_with_people(ROUNDS):
        finding = open_finding(people[0], officer)
        if chance.random() < 0.8:
            # Elsewhere both begin the unit's chain.
            UnitLedger.objects.create(unit=unit)
        twice = (drafting(unit), drafting(unit))
        rounds.append((unit, finding, started_within(chance, decision(finding, express), *twice)))
    for _unit, _finding, outcomes in rounds:
        assert [type(outcome) for outcome in outcomes] == [Finding, tuple, tuple], outcomes
        (first, made), (second, made_again) = outcomes[1:]
        assert (first.content_hash, {made, made_again}) == (second.content_hash, {True, False})
    assert all(is_sealed(unit) for unit, _finding, _outcomes in rounds)
    services.drafts_make(now=NEXT_DRAFTING)
    counted = Counter(LedgerEntry.objects.values_list("finding", flat=True))
    assert counted == {finding.pk: 1 for _unit, finding, _outcomes in rounds}
    months = Counter(LedgerEntry.objects.values_list("month", flat=True))
    assert set(months) == {NOVEMBER, DECEMBER}, months
    check_months()
    facts.check_chains()


def open_finding(cadre: Any, recorder: User) -> Finding:
    return stands(
        cadre,
        date(2026, 11, 20),
        state=FindingState.PROVISIONAL,
        recorder=recorder,
        told_at=at(date(2026, 11, 20), time(10)),
        defence_until=date(2026, 11, 25),
    )


def decision(finding: Finding, actor: User) -> Callable[[], Any]:
    return lambda: attendance.finding_decide(
        finding=finding, withdraw=False, reason="", exemption="", actor=actor, now=DRAFTING
    )


def test_with_the_lock_off_two_drafts_would_not_agree_on_what_stands(
    right, unit, chen, officer, express, monkeypatch
):
    """One has looked before it stood, the other afterwards: only one of them may write."""
    begins()
    UnitLedger.objects.create(unit=unit)
    finding = open_finding(chen, officer)
    looked, decided = threading.Event(), threading.Event()
    enter = closing._enter

    def look_and_wait(ledger: UnitLedger, *more: Any) -> None:
        if right or looked.is_set():
            return enter(ledger, *more)
        enter(ledger, *more)
        looked.set()
        assert decided.wait(30)

    def decide_between() -> Any:
        assert right or looked.wait(30)
        decision(finding, express)()
        decided.set()
        return drafting(unit)()

    monkeypatch.setattr(closing, "_enter", look_and_wait)
    outcomes = at_once(drafting(unit), decide_between)
    assert (Counter(map(type, outcomes)) == {tuple: 2}) is right, outcomes
    assert right or Counter(map(type, outcomes)) == {tuple: 1, IntegrityError: 1}
