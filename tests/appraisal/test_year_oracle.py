"""Every figure of every year, computed once more by a program that shares nothing with this one."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from appraisal import services as verbs
from appraisal.facts import year as year_facts
from appraisal.models import AnnualResult, LedgerEntry, Sanction, SanctionState, UnitResult, YearCorrection
from appraisal.rules import years
from appraisal.services.years import year_appraise
from cards.models import Cadre
from common.models import AuditEntry
from common.rules import at
from tests.appraisal import reviewing, sanctioning, year_oracle, yearly
from tests.appraisal.year_world import NOW, Years, express
from tests.cast import make_user

pytestmark = pytest.mark.django_db
BOTH = (2026, 2027)
Key = tuple[str, str]


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Years]:
    """Built once: every test is a savepoint in its transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Years("1")
        transaction.set_rollback(True)


@pytest.fixture
def city(built: Years, db: None) -> Years:
    appraised()
    return built


def appraised() -> dict[int, str]:
    return {year: year_appraise(year=year, now=NOW).content_hash for year in BOTH}


def compare(folder: Path, now: datetime = NOW) -> list[Any]:
    return [found for year in BOTH for found in yearly.compare(year, now, folder)]


# --- The same twice ---------------------------------------------------------------------------------------------------


def test_an_awkward_city_comes_to_the_same_twice(city, tmp_path):
    assert compare(tmp_path) == []
    has_everything_that_is_awkward()


def has_everything_that_is_awkward() -> None:
    people, units = AnnualResult.objects.all(), UnitResult.objects.all()
    codes = {code for row in people for code in row.codes}
    assert codes == {"COMP-2", "YEAR-1", "YEAR-2", "YEAR-3", "YEAR-4", "LAW"}
    assert {row.ceiling for row in people} == {"excellent", "competent", "basic", "incompetent"}
    assert {row.bonus_months for row in people} == {0, 3, 12}
    months = people.filter(bonus_months__gt=0)
    assert months.filter(bonus_cents=None).exists()
    assert months.filter(bonus_cents__gt=0).exists()
    assert {row.employment_kind for row in people} >= {"civil_servant", "enterprise"}
    assert any(row.figures["months"] < 12 for row in people)
    assert units.filter(among_least=True).exists()
    assert units.filter(among_most=True).exists()
    assert any(0 < row.figures["sheets"] < row.figures["sheets_due"] for row in units)
    assert any(row.figures["agreed"] < row.figures["checked"] for row in units)
    silent = units.get(unit__code="D935", year=2026)
    assert silent.figures["sheets"] == 0 < silent.figures["sheets_due"]
    assert not silent.among_least
    assert not silent.results.filter(among_least=True).exists()


# --- Again ------------------------------------------------------------------------------------------------------------


def picture() -> dict[Key, tuple[str, datetime]]:
    rows = [
        *UnitResult.objects.values_list("year", "unit__code", "content_hash", "computed_at"),
        *AnnualResult.objects.values_list("year", "cadre", "content_hash", "computed_at"),
    ]
    return {(str(year), str(key)): (content, at) for year, key, content, at in rows}


def oracle() -> dict[Key, Any]:
    found = {}
    for year in BOTH:
        results = year_oracle.recompute(yearly.exported(year, NOW))
        found |= {(str(year), key): row for part in results.values() for key, row in part.items()}
    return found


def test_computed_again_nothing_changes(city):
    before, trail = picture(), AuditEntry.objects.count()
    hashes = appraised()
    assert appraised() == hashes
    assert picture() == before
    assert AuditEntry.objects.count() == trail
    assert not YearCorrection.objects.exists()


def changes(done: Callable[[], Any]) -> set[Key]:
    """Which results a deed has changed; exactly those which the oracle says, and no other was touched."""
    before, expected = picture(), oracle()
    done()
    appraised()
    after, wanted = picture(), oracle()
    changed = {key for key in before if before[key] != after[key]}
    assert before.keys() == after.keys()
    assert changed == {key for key in wanted if wanted[key] != expected[key]}
    assert changed == {key for key in before if before[key][0] != after[key][0]}
    return changed


def test_a_measure_that_is_set_aside_changes_what_depends_on_it_and_nothing_else(city, tmp_path):
    standing = Sanction.objects.standing().filter(cadre__isnull=False, decided_on__year=2026)
    one = standing.filter(measure__code="admonishment").order_by("pk").first()
    changed = changes(lambda: sanctioning.set_aside(Sanction.objects.get(pk=one.pk)))
    assert ("2026", str(one.cadre_id)) in changed
    assert {year for year, _key in changed} == {"2026"}
    assert len(changed) < AnnualResult.objects.filter(year=2026).count() / 2
    assert Sanction.objects.get(pk=one.pk).state == SanctionState.SET_ASIDE
    assert compare(tmp_path) == []


def test_a_review_that_succeeds_changes_what_depends_on_it_and_nothing_else(city, tmp_path):
    served = Sanction.objects.filter(state=SanctionState.SERVED, cadre__isnull=False, is_recommendation=False)
    by_document = served.filter(measure__by_document=True, decided_on__year=2026)
    one = by_document.order_by("-served_on", "pk").first()
    Cadre.objects.filter(pk=one.cadre_id).update(user=make_user("asks", "申某"))

    def succeed() -> None:
        review = reviewing.asked(Sanction.objects.get(pk=one.pk), now=reviewing.in_days(one, 20))
        reviewing.answered(review, revise=True, now=at(date(2027, 1, 5), time(9)))

    changed = changes(succeed)
    assert ("2026", str(one.cadre_id)) in changed
    assert {year for year, _key in changed} == {"2026"}
    assert Sanction.objects.get(pk=one.pk).state == SanctionState.SET_ASIDE
    assert compare(tmp_path) == []


def test_an_entry_that_is_reversed_changes_what_depends_on_it_and_nothing_else(city, tmp_path):
    entries = LedgerEntry.objects.standing().filter(day__year=2026, cadre__isnull=False, half_points__gt=0)
    entry = entries.order_by("pk").first()
    changed = changes(
        lambda: verbs.entry_reverse(entry=entry, reason="复核成立", actor=express("express.1"), now=NOW)
    )
    assert {("2026", str(entry.cadre_id)), ("2026", entry.unit.code)} <= changed
    assert len(changed) < AnnualResult.objects.filter(year=2026).count() / 2
    assert compare(tmp_path) == []


# --- It would be noticed ----------------------------------------------------------------------------------------------


def _also_what_was_reversed(year: int) -> Any:
    return LedgerEntry.objects.charges().filter(day__year=year).order_by()


def _also_what_was_referred(year: int) -> Any:
    return LedgerEntry.objects.standing().filter(day__year=year).order_by()


def _twelve(_year: int, _from: Any, _to: Any) -> int:
    return 12


def _one_cent(months: Any, bases: Any) -> int:
    return 1


def _whoever_has_a_point(people: Any, **limits: int) -> set[int]:
    return {one.key for one in people if one.half_points}


@pytest.mark.parametrize(
    ("owner", "name", "fault", "where"),
    [
        (year_facts, "entries", _also_what_was_reversed, "figures"),
        (year_facts, "entries", _also_what_was_referred, "figures"),
        (years, "months_served", _twelve, "figures"),
        (years, "bonus_cents", _one_cent, "bonus_cents"),
        (years, "most_of_unit", _whoever_has_a_point, "among_most"),
        (years, "least_of_class", lambda units, barred, **limits: set(), "among_least"),
        (year_facts, "_later_moves", lambda last: {}, "unit"),
    ],
    ids=[
        "what was reversed",
        "what was referred",
        "months",
        "money",
        "the most",
        "least of a class",
        "who moved later",
    ],
)
def test_a_fault_of_the_program_is_noticed(city, owner, name, fault, where, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fault)
        appraised()
    assert where in {found[2] for found in compare(tmp_path)}
