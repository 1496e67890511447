"""The database role of deploy/postgresql-role.sql: the product works under it, and the ledger cannot be rewritten, with
or without triggers."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils.crypto import get_random_string

from appraisal import services
from appraisal.models import BulletinHead, LedgerEntry
from attendance.models import FindingState
from common import append_only
from common.models import CalendarYear
from tests.appraisal.chains import one_month, sign, two_months, verify
from tests.appraisal.ledgers import DRAFTING, draft, entry_of, stands
from tests.support.services import program

ROOT = Path(__file__).resolve().parents[2]
FILE = "deploy/postgresql-role.sql"
needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles.")


def test_it_names_every_table_that_only_grows():
    statement = re.search(r"REVOKE UPDATE, DELETE ON(.*?)FROM", (ROOT / FILE).read_text("utf-8"), re.DOTALL)
    assert statement is not None
    assert sorted(re.findall(r"\w+", statement.group(1))) == append_only.tables()


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def role(transactional_db) -> Iterator[str]:
    name = f"product_{get_random_string(8).lower()}"
    execute(f"CREATE ROLE {name} LOGIN")
    yield name
    execute(f"DROP OWNED BY {name}")
    execute(f"DROP ROLE {name}")


@pytest.fixture
def grant(role) -> Callable[[], str]:
    """Runs the file as the database's owner, and names the role."""
    config = connection.settings_dict
    where = ["--host", config["HOST"], "--username", config["USER"], "--dbname", config["NAME"]]

    def run() -> str:
        options = ["--quiet", "--set", "ON_ERROR_STOP=1", "--set", f"role={role}", "--file", FILE]
        subprocess.run([program("psql"), *where, *options], cwd=ROOT, check=True, timeout=120)
        return role

    return run


@contextmanager
def connected_as(role: str) -> Iterator[None]:
    owner = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = role
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = owner


def denied(sql: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        execute(sql)


def granted(table: str, right: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s)", [table, right])
        return bool(cursor.fetchone()[0])


@pytest.fixture
def ledger(transactional_db, unit, other_unit, chen, lin, zhou, head, express_head) -> None:
    two_months(unit, (chen, lin), head)
    one_month(other_unit, zhou)
    sign(express_head)


@needs_postgresql
@pytest.mark.django_db(transaction=True)
class TestRole:
    def test_the_product_drafts_reverses_and_verifies_under_it(self, ledger, grant, unit, chen, head):
        role = grant()
        december = date(2026, 12, 1)
        with connected_as(role):
            finding = stands(chen, december, state=FindingState.PROVISIONAL)
            finding.state, finding.decided_at = FindingState.STANDING, finding.at
            finding.save()
            draft(unit, december, DRAFTING + timedelta(days=31))
            later = DRAFTING + timedelta(days=32)
            services.entry_reverse(entry=entry_of(finding), reason="会议有据", actor=head, now=later)
            assert verify().last == "13 ledger entries of 2 units: whole."
        assert LedgerEntry.objects.filter(unit=unit).count() == 11

    def test_a_drafting_that_fails_leaves_nothing(self, ledger, grant, unit, chen, monkeypatch):
        """The rollback needs no right to delete."""
        stands(chen, date(2026, 12, 1))
        monkeypatch.setattr("appraisal.services.closing.totals_make", lambda report: 1 / 0)
        with connected_as(grant()):
            with pytest.raises(ZeroDivisionError):
                draft(unit, date(2026, 12, 1), DRAFTING + timedelta(days=31))
            assert LedgerEntry.objects.filter(unit=unit).count() == 9
            assert verify().status == 0

    def test_nothing_that_only_grows_is_changed_even_without_triggers(self, ledger, grant):
        role = grant()
        append_only.drop_triggers(connection)
        with connected_as(role):
            for table in append_only.tables():
                execute(f"SELECT * FROM {table}")
                column = "source" if table == CalendarYear._meta.db_table else "id"
                denied(f"UPDATE {table} SET {column} = {column}")
                denied(f"DELETE FROM {table}")
                denied(f"TRUNCATE {table} CASCADE")
        append_only.install_triggers(connection)

    def test_nor_by_an_insert(self, ledger, grant):
        """Without triggers, by the two statements that insert or change."""
        role = grant()
        append_only.drop_triggers(connection)
        with connected_as(role):
            for table, column in (
                (LedgerEntry._meta.db_table, "cents"),
                (BulletinHead._meta.db_table, "head"),
            ):
                denied(
                    f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) "
                    f"DO UPDATE SET {column} = excluded.{column}"
                )
                denied(
                    f"MERGE INTO {table} t USING {table} s ON t.id = s.id "
                    f"WHEN MATCHED THEN UPDATE SET {column} = s.{column}"
                )
        append_only.install_triggers(connection)

    def test_the_triggers_are_not_its_own(self, ledger, grant):
        table = LedgerEntry._meta.db_table
        with connected_as(grant()):
            denied(f"DROP TRIGGER {table}_append_only ON {table}")
            denied(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            denied("SET session_replication_role = replica")
            denied("CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE sql AS 'SELECT 1'")
            denied(f"ALTER TABLE {table} OWNER TO CURRENT_USER")
            denied("CREATE TABLE public.elsewhere (id int)")
            execute(
                f"GRANT UPDATE, DELETE, TRUNCATE ON {table} TO CURRENT_USER"
            )  # A warning: nothing is granted.
            for right in ("UPDATE", "DELETE", "TRUNCATE"):
                assert not granted(table, right)

    def test_a_year_is_locked_and_entered_anew(self, ledger, grant):
        """The product locks rows of this table that only grows (common.services)."""
        with connected_as(grant()):
            with transaction.atomic():
                assert list(CalendarYear.objects.select_for_update().filter(year=2026))
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                execute("UPDATE common_calendaryear SET id = id")

    def test_what_an_update_adds_grows_until_the_file_is_run_again(self, ledger, grant):
        role = grant()
        execute("CREATE TABLE added (id int)")
        try:
            with connected_as(role):
                execute("INSERT INTO added VALUES (1)")
                denied("UPDATE added SET id = 2")
            assert grant() == role
            with connected_as(role):
                execute("UPDATE added SET id = 2")
                execute("DELETE FROM added")
        finally:
            execute("DROP TABLE added")

    def test_the_service_that_migrates_hands_out_what_it_made(self, role, database_url):
        """As the unit says it, with another folder's Python."""
        unit = (ROOT / "deploy/systemd/longquan-migrate.service").read_text("utf-8")
        script = re.search(r"^ExecStart=/bin/sh -c '(.*)'$", unit, re.MULTILINE)
        assert script is not None
        line = script.group(1).replace("$$", "$").replace(".venv/bin/python", sys.executable)
        for named in ("", role):
            environment = {**os.environ, "DATABASE_URL": database_url, "DATABASE_ROLE": named}
            subprocess.run(["/bin/sh", "-c", line], env=environment, cwd=ROOT, check=True, timeout=120)
            with connected_as(role):
                assert granted(LedgerEntry._meta.db_table, "INSERT") is bool(named)

    def test_it_does_not_migrate(self, ledger, grant):
        with connected_as(grant()):
            denied("INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())")
