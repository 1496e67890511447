"""Tables that only grow. Triggers refuse UPDATE and DELETE, so a mistake in code cannot rewrite evidence either.

They are installed after every migrate instead of in a migration, because on SQLite an ALTER TABLE rebuilds the
table and silently drops its triggers.
"""

from typing import Any, TypeVar

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
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
            for statement in _drop(connection.vendor, table) + _create(connection.vendor, table):
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
    return [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"]


def _create(vendor: str, table: str) -> list[str]:
    message = f"{table} is append-only"
    if vendor == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        return [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
            # INSERT OR REPLACE deletes the old row without firing the DELETE trigger.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}",
        ]
    return [
        "CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite()",
    ]
