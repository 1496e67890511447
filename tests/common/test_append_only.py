"""What is evidence cannot be rewritten, whichever way the statement comes."""

import io
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from cards.models import Whereabouts
from cards.rules import State
from common import append_only
from common.models import AuditEntry, CalendarYear
from tests.cast import NOW, declare

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(chen):
    return declare(chen, State.ERRAND, until=NOW + timedelta(hours=1))


def refused(statement) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        statement()
    return str(error.value)


def test_the_append_only_tables():
    assert set(append_only.tables()) >= {
        Whereabouts._meta.db_table,
        AuditEntry._meta.db_table,
        CalendarYear._meta.db_table,
    }


def test_whereabouts_are_neither_changed_nor_deleted(row):
    said = "cards_whereabouts is append-only"
    assert said in refused(lambda: Whereabouts.objects.update(state=State.LEAVE))
    assert said in refused(lambda: Whereabouts.objects.all().delete())
    assert said in refused(lambda: Whereabouts.objects.bulk_update([row], ["state"]))
    row.place = "别处"
    assert said in refused(row.save)
    assert said in refused(row.delete)
    assert Whereabouts.objects.get().state == State.ERRAND


def test_the_audit_trail_is_neither_changed_nor_deleted(chen):
    said = "common_auditentry is append-only"
    entry = AuditEntry.objects.filter(verb="cadre_created").get()
    assert said in refused(lambda: AuditEntry.objects.update(actor=None))
    assert said in refused(entry.delete)


def test_raw_statements_are_refused_too(row):
    assert "append-only" in refused(lambda: execute("UPDATE cards_whereabouts SET place = 'x'"))
    assert "append-only" in refused(lambda: execute("DELETE FROM cards_whereabouts"))


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def year() -> CalendarYear:
    return CalendarYear.objects.create(year=2031, version=1, source="通知", adopted_at=NOW)


@pytest.mark.parametrize("named", [True, False], ids=["by id", "by year and version"])
def test_an_insert_replaces_no_row_through_any_of_its_keys(named, year):
    """Whatever unique key finds the old row: INSERT OR REPLACE, or PostgreSQL's upsert."""
    number = year.pk if named else year.pk + 1000
    version = 2 if named else 1
    row = f"({number}, 2031, {version}, '改', '2026-01-01', '{{}}')"
    columns = "(id, year, version, source, adopted_at, exceptions)"
    if connection.vendor == "sqlite":
        sql = f"INSERT OR REPLACE INTO common_calendaryear {columns} VALUES {row}"
    else:
        key = "id" if named else "year, version"
        sql = (
            f"INSERT INTO common_calendaryear {columns} VALUES {row} "
            f"ON CONFLICT ({key}) DO UPDATE SET source = excluded.source"
        )
    assert "common_calendaryear is append-only" in refused(lambda: execute(sql))
    year.refresh_from_db()
    assert (year.source, CalendarYear.objects.filter(year=2031).count()) == ("通知", 1)


def test_django_cannot_upsert_either(year):
    again = CalendarYear(year=2031, version=1, source="改", adopted_at=NOW)
    assert "append-only" in refused(
        lambda: CalendarYear.objects.bulk_create(
            [again], update_conflicts=True, unique_fields=["year", "version"], update_fields=["source"]
        )
    )


def test_another_version_of_a_year_is_no_replacement(year):
    CalendarYear.objects.create(year=2031, version=2, source="改", adopted_at=NOW)
    _row, made = CalendarYear.objects.get_or_create(year=2031, version=1)
    assert not made
    assert CalendarYear.objects.filter(year=2031).count() == 2


def test_a_plain_duplicate_is_an_integrity_error_as_ever(year):
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarYear.objects.create(year=2031, version=1, source="改", adopted_at=NOW)


@pytest.mark.parametrize(
    "index",
    ["(source) WHERE version > 1", "(year * 100 + version)"],
    ids=["over some rows", "over an expression"],
)
def test_a_key_that_the_trigger_cannot_guard_stops_the_migration(index, db):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL replaces a row only by an UPDATE, which is refused.")
    execute(f"CREATE UNIQUE INDEX odd_one ON common_calendaryear {index}")
    with pytest.raises(NotImplementedError, match="odd_one"):
        append_only.install_triggers(connection)


def test_truncating_is_refused(row):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE.")
    connection.check_constraints()  # What is still pending would refuse it before the trigger does.
    said = "cards_whereabouts is append-only"
    assert said in refused(lambda: execute("TRUNCATE cards_whereabouts"))
    assert "append-only" in refused(lambda: execute("TRUNCATE cards_cadre CASCADE"))
    assert Whereabouts.objects.count() == 1


def test_a_flush_is_refused_until_the_triggers_are_dropped(transactional_db, chen):
    """Django empties the tables after a test with real transactions: TRUNCATE here, DELETE on SQLite."""
    declare(chen, State.ERRAND, until=NOW + timedelta(hours=1))

    def flush() -> None:
        call_command("flush", interactive=False, verbosity=0, stdout=io.StringIO())

    with pytest.raises(CommandError) as error:
        flush()
    assert "append-only" in str(error.value.__cause__)
    assert Whereabouts.objects.count() == 1
    append_only.drop_triggers(connection)
    flush()
    assert not Whereabouts.objects.exists()
    assert Whereabouts._meta.db_table in triggers()


def test_installing_twice_and_dropping_twice_is_harmless(row):
    append_only.install_triggers(connection)
    append_only.install_triggers(connection)
    assert "append-only" in refused(lambda: Whereabouts.objects.update(place="x"))
    append_only.drop_triggers(connection)
    append_only.drop_triggers(connection)
    try:
        assert Whereabouts.objects.update(place="x") == 1
    finally:
        append_only.install_triggers(connection)
    assert "append-only" in refused(lambda: Whereabouts.objects.update(place="y"))


@pytest.mark.django_db(transaction=True)
def test_every_migrate_puts_the_triggers_back():
    """On SQLite an ALTER TABLE rebuilds a table without its triggers; migrations end with a post_migrate."""
    append_only.drop_triggers(connection)
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    protected = triggers()
    for label in ("cards.Whereabouts", "common.AuditEntry", "common.CalendarYear"):
        assert apps.get_model(label)._meta.db_table in protected


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        return {name for (name,) in cursor.fetchall()}
