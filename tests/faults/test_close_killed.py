"""A month is drafted for a unit as a whole or not at all, wherever the power goes; run again, it is the same month."""

import json
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Role, Unit
from tests.appraisal import facts
from tests.appraisal.ledgers import DRAFTING, OCTOBER, begins, stands
from tests.cast import crowd, give, make_office, make_unit, make_user
from tests.support.processes import PATIENCE, ROOT

UNITS, KILLS = 10, 20


@pytest.fixture
def two_months(city: Any) -> list[Unit]:
    """Nothing of them is drafted yet; in some units nothing happened."""
    begins(OCTOBER)
    units, chance = [], random.Random("two months")
    for number in range(UNITS):
        unit = make_unit(f"D{950 + number}", f"第{number}局")
        give(make_user(f"officer{number}"), Role.UNIT_OFFICER, unit=unit)
        units.append(unit)
        people = crowd(make_office(unit), 2, cards=False)
        for _finding in range(number % 4 * 3):
            day = OCTOBER + timedelta(days=chance.randrange(55))
            stands(chance.choice(people), day, code=chance.choice(["late", "off_post", "noon_drinking"]))
        if number % 3 == 0:
            stands(None, date(2026, 11, 3), code="sheet_missing", unit=unit)
    return units


@pytest.mark.parametrize("seed", [str(random.randrange(10**6))])
def test_killed_twenty_times_it_comes_to_the_same(seed, database_url, two_months):
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_closing", DRAFTING.isoformat(), str(KILLS), seed],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert run.returncode == 0, run.stderr
    first, *killed, whole, again = run.stdout.splitlines()
    expected = json.loads(first.removeprefix("expected "))
    assert [line.split()[:2] for line in killed] == [["killed", "-9"]] * KILLS
    reached = [int(line.split()[-1]) for line in killed]
    assert reached == sorted(reached)
    # Some had drafted a few units before, and none had ended.
    assert 0 < reached[-1] < len(expected["months"]) == 2 * Unit.objects.count(), killed
    for line in (whole, again):
        assert json.loads(line.removeprefix("whole 0 ")) == expected
    facts.check_chains()
