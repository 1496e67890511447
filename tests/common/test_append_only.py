"""What is evidence cannot be rewritten, whichever way the statement comes."""

import io
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

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
    def run(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    assert "append-only" in refused(lambda: run("UPDATE cards_whereabouts SET place = 'x'"))
    assert "append-only" in refused(lambda: run("DELETE FROM cards_whereabouts"))


def test_an_insert_cannot_replace_a_row(row):
    """INSERT OR REPLACE fires no DELETE trigger; PostgreSQL has no such statement but an upsert."""
    columns = "cadre_id, state, place, since, until, source, set_by_id, recorded_at"
    if connection.vendor == "sqlite":
        sql = f"INSERT OR REPLACE INTO cards_whereabouts (id, {columns}) SELECT id, {columns} FROM cards_whereabouts"
    else:
        sql = (
            f"INSERT INTO cards_whereabouts (id, {columns}) SELECT id, {columns} FROM cards_whereabouts "
            "ON CONFLICT (id) DO UPDATE SET place = 'x'"
        )

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    assert "append-only" in refused(run)
    assert Whereabouts.objects.get().place == ""


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
