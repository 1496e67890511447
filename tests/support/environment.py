"""What the settings read, decided before they are read.

One process, the controller under xdist, chooses the folder and the servers' addresses and starts the servers; the
workers inherit the addresses and take a data folder, a database and a Redis number of their own.
"""

import os
import shutil
import tempfile
from pathlib import Path

import django

from tests.support.services import Postgres, Redis

ROOT_VARIABLE, WORKER_VARIABLE = "LONGQUAN_TEST_ROOT", "PYTEST_XDIST_WORKER"
REDIS_VARIABLE = "LONGQUAN_TEST_REDIS"
#: A developer's own settings must not decide what the tests see.
SETTINGS = (
    ("SITE_URL", "SECRET_KEY", "FIELD_KEYS", "EMAIL_URL", "EMAIL_FROM", "ALLOWED_HOSTS", "DEBUG")
    + ("BEHIND_PROXY", "FONT_DIR", "REDIS_URL", "DATABASE_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE")
    + ("NOTICE_SCHEMES",)
)  # fmt: skip

_owned: list[Postgres | Redis] = []
_started: list[Postgres | Redis] = []


def prepare() -> None:
    if WORKER_VARIABLE not in os.environ:
        _decide()
    root, worker = Path(os.environ[ROOT_VARIABLE]), os.environ.get(WORKER_VARIABLE, "main")
    data = root / worker
    data.mkdir(exist_ok=True)
    # The collected static files are the same for all: one process collects, the others find them.
    (root / "static").mkdir(exist_ok=True)
    if not (data / "static").exists():
        (data / "static").symlink_to(root / "static")
    number = 0 if worker == "main" else 1 + int(worker.removeprefix("gw"))
    os.environ["DATA_DIR"] = str(data)
    os.environ["REDIS_URL"] = f"{os.environ[REDIS_VARIABLE]}/{number}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "longquan_cadre.settings"
    django.setup()
    # A worker that inherited this would read the settings, the controller's, before this module can decide its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    _name_the_test_database(data)


def _decide() -> None:
    for name in SETTINGS:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    redis = Redis()
    _owned.append(redis)
    os.environ[ROOT_VARIABLE] = tempfile.mkdtemp(prefix="longquan-test-")
    os.environ[REDIS_VARIABLE] = redis.url(0).removesuffix("/0")
    chosen = os.environ.get("TEST_DATABASE", "sqlite")
    if chosen == "postgres":
        postgres = Postgres(tempfile.mkdtemp(prefix="longquan-pg-"))
        _owned.append(postgres)
        os.environ["DATABASE_URL"] = postgres.url
    elif chosen != "sqlite":
        raise SystemExit(f"TEST_DATABASE must be sqlite or postgres; it is “{chosen}”.")


def _name_the_test_database(data: Path) -> None:
    """A file, not memory: the live server's threads and real worker processes open it too."""
    from django.conf import settings

    config = settings.DATABASES["default"]
    if config["ENGINE"].endswith("sqlite3"):
        config.setdefault("TEST", {})["NAME"] = str(data / "test.sqlite3")


def start() -> None:
    for service in _owned:
        service.start()
        _started.append(service)


def stop() -> None:
    """Only what was started: a run that merely lists its tests starts nothing."""
    while _started:
        _started.pop().stop()
    if _owned:
        shutil.rmtree(os.environ[ROOT_VARIABLE], ignore_errors=True)
    _owned.clear()
