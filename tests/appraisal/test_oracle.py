"""Every figure of every month, computed once more by a program that shares nothing with this one."""

import random
from collections import Counter
from datetime import date, time
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F

from appraisal import rules
from appraisal.models import Kind, LedgerEntry, MonthlyReport, MonthTotal, WithholdingProposal
from appraisal.rules import months as month_rules
from appraisal.services import closing
from appraisal.services import ledger as chains
from attendance.models import Finding, FindingState
from common.rules import at
from tests.appraisal import facts, oracle
from tests.appraisal.awkward import City
from tests.appraisal.ledgers import begins, stands
from tests.cast import crowd

pytestmark = pytest.mark.django_db


def compare(folder: Any) -> list[Any]:
    return oracle.differences(facts.recomputed(folder), facts.stored())


@pytest.mark.parametrize("seed", ["1", str(random.randrange(10**6))])
def test_an_awkward_city_comes_to_the_same_twice(seed, tmp_path):
    city = City(seed)
    city.play()
    assert compare(tmp_path) == []
    facts.check_chains()
    leaves_nothing_out()
    if seed == "1":
        has_everything_that_is_awkward(city)


def has_everything_that_is_awkward(city: City) -> None:
    entries, proposals = LedgerEntry.objects.all(), WithholdingProposal.objects.all()
    charges = entries.counted()
    assert set(entries.values_list("kind", flat=True)) == set(Kind.values)
    assert set(charges.values_list("standard__version", flat=True)) == {1, 2, 3}
    assert charges.filter(half_points=0, item__code="late").exists(), "nobody was free"
    assert charges.filter(before_in_window__gt=0, half_points__gt=0).exists(), "nobody repeated"
    assert charges.filter(item__code="soliciting", half_points=0).exists(), "nobody was referred"
    assert charges.filter(
        cents__gt=F("half_points") * 1501 / 2 - 1, cents__lt=1501 * 20, half_points=3
    ).exists()
    assert any(row.day < row.month for row in charges), "nothing came to stand late"
    assert proposals.filter(charged_cents__gt=F("amount_cents")).exists(), "nothing was capped"
    assert proposals.filter(released_cents__gt=0, released_cents__lt=F("amount_cents")).exists()
    assert MonthTotal.objects.filter(cadre=None).exists()
    assert MonthTotal.objects.filter(entries=0, corrected_half_points__lt=0).exists()
    assert LedgerEntry.objects.filter(unit=city.ending, month__gt=date(2026, 10, 1)).exists()
    moved = charges.exclude(unit=F("cadre__unit")).values_list("unit", flat=True)
    assert set(moved) >= {city.units[0].pk, city.units[1].pk}


def leaves_nothing_out() -> None:
    """What stands is charged, once; of what was withdrawn nothing is."""
    charged = Counter(LedgerEntry.objects.standing().values_list("finding", flat=True))
    assert set(charged.values()) == {1}
    reversed_ones = LedgerEntry.objects.filter(kind=Kind.REVERSAL).values("finding")
    standing = Finding.objects.filter(state=FindingState.STANDING).exclude(pk__in=reversed_ones)
    assert set(standing.values_list("pk", flat=True)) <= set(charged)
    assert not Finding.objects.exclude(state=FindingState.STANDING).filter(pk__in=charged).exists()


def test_the_demonstration_comes_to_the_same_twice(tmp_path, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    options = ("--months", "3", "--units", "12", "--cadres", "120", "--no-serve")
    call_command("demo", *options, stdout=StringIO())
    assert MonthlyReport.objects.values("month").distinct().count() >= 2
    assert LedgerEntry.objects.exists()
    assert MonthTotal.objects.filter(cadre=None).exists()
    assert compare(tmp_path) == []
    facts.check_chains()


# --- It would be noticed -------------------------------------------------------------------------------------------


@pytest.fixture
def month(unit, office, monkeypatch):
    """Draft a month of findings of every price."""
    people = crowd(office, 3, cards=False)
    begins()
    for day in range(2, 20):
        for person in people:
            stands(person, date(2026, 11, day), code=("late", "off_post", "games")[day % 3])
    stands(people[0], date(2026, 11, 24), state=FindingState.WITHDRAWN)
    stands(people[0], date(2026, 11, 25), state=FindingState.PROVISIONAL)

    def draft() -> MonthlyReport:
        report, _made = closing.month_draft(
            unit=unit, month=date(2026, 11, 1), now=at(date(2026, 12, 1), time(6))
        )
        return report

    return draft


def test_a_month_without_fault_has_no_difference(month, tmp_path):
    month()
    assert compare(tmp_path) == []


def test_one_entry_more_is_noticed(month, tmp_path):
    report = month()
    first = LedgerEntry.objects.select_related("unit", "item", "standard").first()
    first.pk, first.source = None, "finding:0"
    ledger = chains.lock(report.unit)
    chains.append(ledger, [first], now=first.at)
    MonthTotal.objects.all().delete()
    closing.totals_make(report)
    found = {(part, key.split()[-1]) for part, key, *_figures in compare(tmp_path)}
    assert found == {("totals", str(first.cadre_id))}


def _dearer(half_points: int, cents_per_point: int) -> int:
    return half_points * cents_per_point // 2 + (half_points == 6)


def _also_what_is_open(last: date) -> Any:
    return Finding.objects.exclude(decided_at=None)


@pytest.mark.parametrize(
    ("owner", "name", "fault", "part"),
    [
        (rules, "withheld", lambda cents, cap_cents: min(cents, cap_cents // 2), "proposals"),
        (month_rules, "cents_of", _dearer, "totals"),
        (closing, "_uncounted", _also_what_is_open, "reports"),
        (closing, "TOTALS", closing.TOTALS.replace("COUNT(*)", "2 * COUNT(*)"), "totals"),
    ],
    ids=["half the cap", "one cent", "what is withdrawn", "a number"],
)
def test_a_fault_of_the_program_is_noticed(month, owner, name, fault, part, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fault)
        month()
    assert part in {found[0] for found in compare(tmp_path)}
