"""Thousands of open cases, several workers that are killed -9 while they sweep, and a clock that stood still for five
days: each stage comes into effect once, and none is missing."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection

from attendance.models import Finding
from common.models import Notice
from common.rules import at
from complaints import clock, rules
from complaints.models import Complaint, StageReached, VerificationPoint
from complaints.rules import Mode, Stage, State
from complaints.services import sweeps
from tests.support.processes import PATIENCE, ROOT

LARGE = connection.vendor == "postgresql"
CASES, WORKERS, BATCH = (10_000, 4, 250) if LARGE else (1_000, 2, 50)
#: While the beat rings, and after it has been silent for five days; with how many of the workers die.
BEFORE = [
    (date(2026, 11, 19), time(0), 2),
    (date(2026, 11, 19), time(21), 2),
    (date(2026, 11, 21), time(0), 2),
]
AFTER = (date(2026, 11, 26), time(9), 4)
SWEEPS = [(at(day, hour), kills) for day, hour, kills in (*BEFORE, AFTER)]
KILLS = sum(kills for _instant, kills in SWEEPS)


def open_cases(unit, handler) -> list[Complaint]:
    """Received in eight days and counted in three ways: their ends are twelve days apart."""
    chance, clocks = random.Random(20261124), {}
    states = [State.RECEIVED, State.ACCEPTED, State.ACCEPTED, State.REVIEW, State.ACCEPTED]
    cases = []
    for number in range(CASES):
        day, mode = date(2026, 11, 16) + timedelta(days=chance.randrange(8)), chance.choice(list(Mode))
        if (day, mode) not in clocks:
            clocks[day, mode] = clock.start(at(day, time(9)), mode)
        state = states[number % len(states)]
        received = at(day, time(chance.randrange(24), chance.randrange(60)))
        cases.append(
            Complaint(
                number=f"2026-{number:05}",
                channel="site",
                unit=unit,
                received_at=received,
                entered_at=received,
                state=state.value,
                handler=None if state == State.RECEIVED else handler,
                dispatched_to=unit if number % len(states) == 1 else None,
                **clocks[day, mode],
            )
        )
    Complaint.objects.bulk_create(cases, batch_size=1000)
    VerificationPoint.objects.bulk_create(unanswered(case) for case in cases if case.dispatched_to)
    return cases


def unanswered(case: Complaint) -> VerificationPoint:
    asked = {"written_at": case.received_at, "asked_at": case.received_at, "due_at": case.received_at}
    return VerificationPoint(
        complaint=case, unit=case.unit, text="何人值守？", written_by=case.handler, **asked
    )


def reached(case: Complaint) -> Iterator[tuple[Stage, datetime]]:
    """When each stage of a case must have come into effect: with the first sweep after its time."""
    for stage, offset in rules.OFFSETS.items():
        sweep = next((instant for instant, _kills in SWEEPS if instant >= case.due_at + offset), None)
        if sweep is not None:
            yield stage, sweep


def told(cases: Sequence[Complaint], express, express_head) -> Counter[tuple[int, str]]:
    """Every notice that must be there: of what came together the last one, and the head of a day's delay."""
    expected: Counter[tuple[int, str]] = Counter()
    for case in cases:
        said: dict[datetime, Stage] = {}
        for stage, sweep in reached(case):
            if stage == Stage.DAY_OVERDUE:
                expected[express_head.pk, _key(case, stage)] += 1
            else:
                said[sweep] = stage
        for stage in said.values():
            for user in {express, express_head} if case.handler is None else {case.handler}:
                expected[user.pk, _key(case, stage)] += 1
    return expected


def _key(case: Complaint, stage: Stage) -> str:
    return f"complaint:{case.number}:{stage.value}:{rules.last_day(case.due_at)}"


def run(seed: str, url: str) -> str:
    instants = [f"{instant.isoformat()}={kills}" for instant, kills in SWEEPS]
    options = [str(WORKERS), str(BATCH), seed, *instants]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_sweep", *options],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("seed", [str(random.randrange(10**6))])
def test_each_stage_of_each_case_comes_into_effect_once(
    seed, database_url, unit, express, express_head, officer
):
    cases = open_cases(unit, express)
    assert run(seed, database_url) == f"killed {KILLS}"

    rows = Counter(StageReached.objects.values_list("complaint", "stage", "due_at", "at"))
    wanted = [(case.pk, stage.value, case.due_at, sweep) for case in cases for stage, sweep in reached(case)]
    assert rows == Counter(wanted)
    assert {stage for _case, stage, _due, _at in wanted} == set(Stage)
    # Some lost all their stages to the days without a beat, some are still to have one.
    assert Counter(case for case, *_rest in wanted).total() < 4 * CASES
    assert not Complaint.objects.filter(next_stage_at__lte=SWEEPS[-1][0]).exists()

    late = [case for case in cases if case.dispatched_to and case.due_at <= SWEEPS[-1][0]]
    findings = Counter(Finding.objects.values_list("source", flat=True))
    assert findings == Counter(sweeps.overdue_source(case) for case in late)
    heard = Notice.objects.filter(kind__startswith="complaint_")
    assert Counter(heard.values_list("user", "key")) == told(cases, express, express_head)
    assert Notice.objects.filter(kind="unit_overdue_found", user=officer).count() == len(late) > 0
