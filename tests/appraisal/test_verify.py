"""verify_ledger: what it says of a whole ledger, what it reads, and that it stands in nobody's way."""

import io
import threading
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Unit
from appraisal import verifying
from appraisal.models import Bulletin, LedgerEntry, UnitLedger
from tests.appraisal.chains import SIGNING, Said, one_month, sign, two_months, verify
from tests.appraisal.ledgers import DRAFTING, begins, draft, stands
from tests.cast import make_cadre, make_office, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin(unit, other_unit, chen, lin, zhou, head, express_head) -> Bulletin:
    two_months(unit, (chen, lin), head)
    one_month(other_unit, zhou)
    return sign(express_head)


# --- What it says ----------------------------------------------------------------------------------------------------


def test_of_a_whole_ledger_how_many_entries_of_how_many_units(bulletin):
    assert verify() == Said([], "11 ledger entries of 2 units: whole.", 0)


def test_of_one_unit(bulletin, other_unit):
    assert verify("--unit", other_unit.code) == Said([], "2 ledger entries of 1 unit: whole.", 0)


def test_before_there_is_anything(db):
    assert verify() == Said([], "0 ledger entries of 0 units: whole.", 0)


def test_a_unit_without_entries_is_whole(unit):
    begins()
    draft(unit)
    assert verify().status == 0


def test_in_chinese(bulletin):
    assert "11" in verify(language="zh-hans").last
    assert verify(language="zh-hans").last.endswith("完好无损。")


def test_a_unit_that_is_not_there(bulletin):
    assert verify("--unit", "D000") == Said([], "There is no unit with the code “D000”.", 2)


def test_progress_is_for_terminals(bulletin):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    call_command("verify_ledger", stdout=out)
    assert "\r\033[K" in out.getvalue()


# --- How much it asks and holds --------------------------------------------------------------------------------------


def test_the_number_of_statements_is_that_of_the_steps(bulletin, unit, other_unit, chen, lin, zhou):
    """The same for two units and for four, for two months and for three."""

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert verify().status == 0
        return len(asked)

    before = statements()
    december = date(2026, 12, 1)
    for code in ("D903", "D904"):
        third = make_unit(code, f"{code}局")
        one_month(third, make_cadre(make_office(third), "众一"))
    for cadre in (chen, lin, zhou):
        for day in range(1, 29):
            stands(cadre, december.replace(day=day))
    for one in (unit, other_unit):
        draft(one, december, DRAFTING + timedelta(days=31))
    assert LedgerEntry.objects.count() > 90
    assert statements() == before


def test_nothing_is_written(bulletin):
    with CaptureQueriesContext(connection) as asked:
        verify()
    words = {query["sql"].split()[0].upper() for query in asked}
    assert words <= {"SELECT", "(SELECT", "DECLARE", "FETCH", "CLOSE"}


# --- Beside the product at work ---------------------------------------------------------------------------------------


def in_thread(action) -> None:
    """On a connection of its own, as another process would."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert errors == []


@pytest.fixture
def december_drafted_meanwhile(bulletin, unit, chen, monkeypatch) -> None:
    """Between the statement that reads where the chains end and the one that reads their entries."""
    december = date(2026, 12, 1)
    stands(chen, december.replace(day=2))
    real = verifying.Verification._without_end

    def after_a_draft(verification):
        in_thread(lambda: draft(Unit.objects.get(pk=unit.pk), december, DRAFTING + timedelta(days=31)))
        monkeypatch.setattr(verifying.Verification, "_without_end", real)
        return real(verification)

    monkeypatch.setattr(verifying.Verification, "_without_end", after_a_draft)


@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_neither_waits_nor_is_taken_for_a_break(december_drafted_meanwhile):
    assert verify() == Said([], "11 ledger entries of 2 units: whole.", 0)
    assert verify() == Said([], "12 ledger entries of 2 units: whole.", 0)


@pytest.mark.django_db(transaction=True)
def test_without_one_moment_for_all_it_would_be(december_drafted_meanwhile):
    with translation.override("en"):
        said = [str(fault) for fault in verifying.Verification(SIGNING).faults()]
    assert said == ["D901 青窑局：the chain ends with entry 10; on record its last one is 9."]


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_ends_with_it(bulletin, unit, chen):
    verify()
    assert not connection.in_atomic_block
    stands(chen, date(2026, 12, 2))
    draft(unit, date(2026, 12, 1), DRAFTING + timedelta(days=31))
    assert UnitLedger.objects.get(unit=unit).sequence == 10


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_writes_nothing_on_postgresql(bulletin):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite knows no transaction that only reads.")
    with pytest.raises(DatabaseError, match="read-only"), verifying.snapshot():
        UnitLedger.objects.update(sequence=0)
