"""The product's own system checks: each is silent when all is well, and has its sentence when it isn't."""

import re

import pytest
from cryptography.fernet import Fernet
from django.core.checks import Error, Warning, run_checks
from django.db import connections
from django.urls import get_resolver, path

from accounts.permissions import TABLE
from cards.documents import fonts
from common.views import healthz
from longquan_cadre import checks
from tests.longquan_cadre.program import manage

DEPLOYED = {
    "SITE_URL": "https://id.ceshi.gov.cn",
    "SECRET_KEY": "a-secret-of-this-test-alone-0123456789-abcdefghij-klmnopqrst",
    "FIELD_KEYS": Fernet.generate_key().decode(),
}


def ids(messages):
    return [message.id for message in messages]


@pytest.fixture
def embedded(settings, tmp_path):
    """No Redis; the job folders as the worker makes them."""
    settings.REDIS_URL, settings.BROKER_DIR = "", tmp_path
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


# --- Clean -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("check",), ("check", "--deploy")])
def test_a_deployment_with_sane_settings_is_clean(tmp_path, arguments):
    done = manage(*arguments, "--fail-level", "WARNING", settings={"DATA_DIR": str(tmp_path), **DEPLOYED})
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_an_empty_environment_is_clean_but_not_deployable(tmp_path):
    settings = {"DATA_DIR": str(tmp_path)}
    assert manage("check", "--fail-level", "WARNING", settings=settings).returncode == 0
    done = manage("check", "--deploy", "--fail-level", "WARNING", settings=settings)
    assert done.returncode == 1
    assert "longquan.W007" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_database_is_asked_before_and_after_the_first_migrate(tmp_path):
    settings = {"DATA_DIR": str(tmp_path), **DEPLOYED}
    check = ("check", "--database", "default")
    assert manage(*check, "--fail-level", "WARNING", settings=settings).returncode == 0
    assert manage("migrate", "--verbosity", "0", settings=settings).returncode == 0
    done = manage(*check, settings=settings)
    # From December on it asks for the calendar of the next year, which nobody has entered here.
    assert (done.returncode, set(re.findall(r"\w+\.[EW]\d+", done.stderr)) - {"longquan.W009"}) == (0, set())


# --- The permission table ----------------------------------------------------------------------------------------


def test_every_url_has_its_row():
    assert checks.permission_table() == []


def test_a_url_without_a_row_is_an_error(monkeypatch):
    row = TABLE["cadre_edit"]
    monkeypatch.delitem(TABLE, "cadre_edit")
    assert ids(checks.permission_table()) == ["longquan.E001"]
    assert "cadre_edit" in checks.permission_table()[0].msg
    monkeypatch.setitem(TABLE, "cadre_edit", row)
    assert checks.permission_table() == []


def test_a_row_without_a_url_is_an_error(monkeypatch):
    monkeypatch.setitem(TABLE, "long_gone", TABLE["home"])
    (error,) = checks.permission_table()
    assert (error.id, "long_gone" in error.msg) == ("longquan.E002", True)


def test_a_url_without_a_name_is_an_error(monkeypatch):
    monkeypatch.setattr(
        get_resolver(), "url_patterns", [*get_resolver().url_patterns, path("nameless/", healthz)]
    )
    (error,) = checks.permission_table()
    assert (error.id, "nameless/" in error.msg) == ("longquan.E001", True)


# --- Files -------------------------------------------------------------------------------------------------------


def test_a_damaged_font_is_an_error(tmp_path):
    (tmp_path / "serif-bold.ttf").write_bytes(b"not a font")
    assert checks.fonts() == []
    try:
        fonts.configure(tmp_path)
        (error,) = checks.fonts()
    finally:
        fonts.configure(None)
    assert (error.id, "serif-bold.ttf" in error.msg) == ("longquan.E003", True)


def test_a_missing_catalogue_is_an_error(settings, tmp_path):
    assert checks.language_files() == []
    settings.LOCALE_PATHS = [tmp_path]
    (error,) = checks.language_files()
    assert (error.id, "zh_Hans" in error.msg) == ("longquan.E004", True)


# --- Broker ------------------------------------------------------------------------------------------------------


def test_postgresql_wants_redis(settings, embedded, monkeypatch):
    monkeypatch.setattr(connections["default"], "vendor", "postgresql")
    (warning,) = checks.broker()
    assert isinstance(warning, Warning)
    assert (warning.id, "REDIS_URL" in warning.hint) == ("longquan.W005", True)
    settings.REDIS_URL = "redis://localhost"
    assert checks.broker() == []


def test_the_embedded_mode_needs_its_job_folders(embedded, monkeypatch):
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    assert checks.broker() == []
    (embedded / "control").rmdir()
    (error,) = checks.broker()
    assert (error.id, str(embedded / "control") in error.msg) == ("longquan.E006", True)


def test_redis_is_asked_only_for_a_deployment(settings, redis_url):
    settings.REDIS_URL = redis_url
    assert checks.redis_answers() == []
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert ids(run_checks()) == []
    (error,) = checks.redis_answers()
    assert isinstance(error, Error)
    assert error.id == "longquan.E008"
    assert error.id in ids(run_checks(include_deployment_checks=True))


# --- The calendar ------------------------------------------------------------------------------------------------


def test_an_unknown_year_is_a_warning_of_the_database_checks_only(db, time_machine):
    time_machine.move_to("2031-06-01T10:00+08:00")
    assert ids(run_checks()) == []
    (warning,) = checks.calendar_years(databases=["default"])
    assert (warning.id, "2031" in warning.msg) == ("longquan.W009", True)
