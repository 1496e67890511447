"""Entries and the heads that bulletins printed are neither changed nor removed, whichever way the statement comes."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

import appraisal
from appraisal.models import BulletinHead, LedgerEntry
from common import append_only
from tests.appraisal.chains import one_month, sign, two_months
from tests.appraisal.ledgers import OCTOBER, begins

pytestmark = pytest.mark.django_db
SQLITE = connection.vendor == "sqlite"
#: Model, a column that somebody would like to change, and every key by which a row is found.
PROTECTED = {
    "entries": (LedgerEntry, "cents", ("id", "unit_id, sequence", "source", "reverses_id")),
    "heads": (BulletinHead, "sequence", ("id", "bulletin_id, unit_id")),
}


@pytest.fixture
def ledger(unit, other_unit, chen, lin, zhou, head, express_head) -> None:
    begins(OCTOBER)
    two_months(unit, (chen, lin), head)
    one_month(other_unit, zhou)
    sign(express_head)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def rows(model: type[models.Model]) -> list[tuple]:
    return list(model.objects.order_by("pk").values_list())


def refused(model: type[models.Model], statement: Callable[[], object]) -> None:
    """By the trigger, with its words; and nothing has changed."""
    before = rows(model)
    with pytest.raises(DatabaseError, match=f"{model._meta.db_table} is append-only"), transaction.atomic():
        statement()
    assert rows(model) == before


def ways(model: type[models.Model], column: str) -> dict[str, Callable[[], object]]:
    """What would change or remove a row."""
    row, table = model.objects.order_by("-pk")[0], model._meta.db_table
    other = model(**{**vars_of(row), column: 7})
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    found = {
        "queryset.update": lambda: model.objects.update(**{column: 7}),
        "queryset.delete": lambda: model.objects.filter(pk=row.pk)._raw_delete("default"),
        "bulk_update": lambda: model.objects.bulk_update([other], [column]),
        "save": lambda: other.save(),
        "save update_fields": lambda: other.save(update_fields=[column]),
        "update_or_create": lambda: model.objects.update_or_create(pk=row.pk, defaults={column: 7}),
        "bulk_create update_conflicts": lambda: model.objects.bulk_create(
            [other], update_conflicts=True, unique_fields=["id"], update_fields=[column]
        ),
        "raw UPDATE": lambda: execute(f"UPDATE {table} SET {column} = 7 WHERE id = {row.pk}"),
        "raw DELETE": lambda: execute(f"DELETE FROM {table} WHERE id = {row.pk}"),
        "raw upsert": lambda: execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE id = {row.pk} "
            f"ON CONFLICT (id) DO UPDATE SET {column} = 7"
        ),
    }
    if SQLITE:
        return found | {
            "UPDATE OR REPLACE": lambda: execute(f"UPDATE OR REPLACE {table} SET {column} = 7"),
            "UPDATE OR IGNORE": lambda: execute(f"UPDATE OR IGNORE {table} SET {column} = 7"),
        }
    return found | {
        "TRUNCATE": lambda: truncate(f"{table} CASCADE"),
        "TRUNCATE of what it points to": lambda: truncate("accounts_unit CASCADE"),
        "DELETE in WITH": lambda: execute(f"WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT 1"),
        "MERGE": lambda: execute(
            f"MERGE INTO {table} t USING (SELECT {row.pk} AS id) s ON t.id = s.id "
            f"WHEN MATCHED THEN UPDATE SET {column} = 7"
        ),
    }


def vars_of(row: models.Model) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def truncate(what: str) -> None:
    connection.check_constraints()  # What is still pending would refuse it before the trigger does.
    execute(f"TRUNCATE {what}")


#: Some other table of the cascade may be the first to refuse.
OTHERS = {"TRUNCATE of what it points to"}


def all_ways_are_refused() -> None:
    for model, column, _keys in PROTECTED.values():
        for name, way in ways(model, column).items():
            if name in OTHERS:
                with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                    way()
            else:
                refused(model, way)


def test_nothing_changes_or_removes_a_row(ledger):
    all_ways_are_refused()


@pytest.mark.skipif(not SQLITE, reason="PostgreSQL replaces a row only by an UPDATE, which is refused.")
@pytest.mark.parametrize(("what", "key"), [(what, key) for what in PROTECTED for key in PROTECTED[what][2]])
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"])
def test_an_insert_replaces_no_row_whichever_key_finds_it(what, key, verb, ledger):
    model, column, _keys = PROTECTED[what]
    refused(model, lambda: execute(again(model, key, column, verb)))


def again(model: type[models.Model], key: str, column: str, verb: str) -> str:
    """An insert that agrees with a row in one key only."""
    fresh = {
        "id": "id + 100000",
        "unit_id": "unit_id",
        "sequence": "sequence + 100000",
        "bulletin_id": "bulletin_id + 100000",
        "source": "source || 'x'",
        "reverses_id": "NULL",
        column: "0",
    }
    kept = key.split(", ")
    names = [field.column for field in model._meta.concrete_fields]
    values = [name if name in kept else fresh.get(name, name) for name in names]
    where = "WHERE reverses_id IS NOT NULL" if "reverses_id" in kept else ""
    table = model._meta.db_table
    return f"{verb} INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} {where} LIMIT 1"


def test_every_key_is_among_those_tried(ledger):
    """A new unique constraint is a new way to replace a row."""
    with connection.cursor() as cursor:
        for model, _column, keys in PROTECTED.values():
            found = connection.introspection.get_constraints(cursor, model._meta.db_table).values()
            unique = {", ".join(one["columns"]) for one in found if one["unique"] or one["primary_key"]}
            assert unique == set(keys)


def test_the_same_source_is_entered_once(ledger):
    row = LedgerEntry.objects.order_by("pk")[0]
    twice = LedgerEntry(**{**vars_of(row), "id": None, "sequence": 1000})
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        twice.save(force_insert=True)


# --- Migrations ---------------------------------------------------------------------------------------------------

OPERATIONS = {
    "AlterField": "migrations.AlterField('ledgerentry', 'reason', models.CharField(max_length=333, blank=True)),"
    "migrations.AlterField('bulletinhead', 'head', models.CharField(max_length=66)),",
    "AddField empty": "migrations.AddField('ledgerentry', 'extra', models.IntegerField(null=True)),"
    "migrations.AddField('bulletinhead', 'extra', models.IntegerField(null=True)),",
    "AddField with a value": "migrations.AddField('ledgerentry', 'extra', models.IntegerField(db_default=0)),"
    "migrations.AddField('bulletinhead', 'extra', models.IntegerField(db_default=0)),",
}


@pytest.fixture
def migrate(transactional_db, tmp_path, settings, monkeypatch) -> Iterator[Callable[[str], None]]:
    """Applies one more migration of appraisal; afterwards the tables are as they were."""
    package = tmp_path / "grown"
    shutil.copytree(
        Path(appraisal.__file__).parent / "migrations", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.syspath_prepend(tmp_path)
    last = MigrationLoader(None).graph.leaf_nodes("appraisal")[0][1]
    settings.MIGRATION_MODULES = {"appraisal": "grown"}

    def apply(operations: str) -> None:
        (package / "9999_grown.py").write_text(
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = [('appraisal', '{last}')]\n    operations = [{operations}]\n"
        )
        call_command("migrate", "appraisal", verbosity=0)

    yield apply
    call_command("migrate", "appraisal", last, verbosity=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_migration_of_the_table_leaves_it_guarded(name, migrate, ledger):
    migrate(OPERATIONS[name])
    all_ways_are_refused()
    for model, column, keys in PROTECTED.values():
        for key in keys if SQLITE else ():
            sql = again(model, key, column, "INSERT OR REPLACE")
            refused(model, lambda sql=sql: execute(sql))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not SQLITE, reason="PostgreSQL alters a table where it stands.")
def test_altering_alone_drops_the_triggers_on_sqlite(ledger):
    """What the guard after every migrate is there for: without it this would go unnoticed."""
    old = LedgerEntry._meta.get_field("reason")
    new = models.CharField(max_length=333, blank=True)
    new.set_attributes_from_name("reason")
    new.model = LedgerEntry
    with connection.schema_editor() as editor:
        editor.alter_field(LedgerEntry, old, new)
    try:
        assert LedgerEntry.objects.update(reason="改") > 0
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(LedgerEntry, new, old)
        append_only.install_triggers(connection)
    refused(LedgerEntry, lambda: LedgerEntry.objects.update(reason="改"))
