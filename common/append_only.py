"""Tables that only grow. Triggers refuse UPDATE, DELETE and what else would rewrite evidence by a mistake in code.

They are installed after every migrate instead of in a migration, because on SQLite an ALTER TABLE rebuilds the
table and silently drops its triggers.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

M = TypeVar("M", bound=type[Model])
_models: set[str] = set()


def register(model: M) -> M:
    """Class decorator: rows of this model are never updated or deleted."""
    _models.add(model._meta.label)
    return model


def tables() -> list[str]:
    return sorted(apps.get_model(label)._meta.db_table for label in _models)


def after_migrate(using: str, **kwargs: Any) -> None:
    install_triggers(connections[using])


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in set(tables()) & existing:
            for statement in _drop(connection.vendor, table):
                cursor.execute(statement)
            keys = _unique_keys(cursor, table) if connection.vendor == "sqlite" else []
            for statement in _create(connection.vendor, table, keys):
                cursor.execute(statement)


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in set(tables()) & existing:
            for statement in _drop(connection.vendor, table):
                cursor.execute(statement)


def _drop(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete", "replace")]
    return [f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}" for name in ("append_only", "no_truncate")]


def _unique_keys(cursor: CursorWrapper, table: str) -> list[list[str]]:
    """The columns of every key by which an INSERT OR REPLACE finds rows to delete; rowid is the number of any row."""
    cursor.execute('SELECT name, partial FROM pragma_index_list(%s) WHERE "unique"', [table])
    keys = [["rowid"]]
    for index, partial in cursor.fetchall():
        cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [index])
        columns = [name for (name,) in cursor.fetchall()]
        if partial or None in columns:
            raise NotImplementedError(f"{index}: only a key of plain columns over all rows can be guarded.")
        keys.append(columns)
    return keys


def _create(vendor: str, table: str, keys: Sequence[Sequence[str]]) -> list[str]:
    message = f"{table} is append-only"
    if vendor == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        same = (" AND ".join(f'"{column}" = NEW."{column}"' for column in key) for key in keys)
        exists = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {condition})" for condition in same)
        return [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
            # INSERT OR REPLACE deletes the old row without firing the DELETE trigger. INSERT OR IGNORE of a row that
            # is there is refused as well: a trigger cannot tell them apart.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}",
        ]
    return [
        "CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite()",
    ]
