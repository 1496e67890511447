"""The ground every test stands on: databases, Redis, a real worker, a real browser. People live in the apps' tests."""

import gc
import shutil
import sys
import uuid
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import quote

import pytest

from tests.support import environment
from tests.support.processes import Server

# Before anything imports the settings; also a conftest below that imports models.
environment.prepare()

from django.conf import settings as django_settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.cache import cache
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from whitenoise import WhiteNoise

from common.append_only import drop_triggers
from common.serving import collect_static
from longquan_cadre.celery import app as celery_app

pytest_plugins = ["tests.cast"]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if not session.config.option.collectonly:
        environment.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    environment.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks for no database gets none from pytest-django: with PostgreSQL it would only say again what it said.
    So would what a browser reads of a page (one_database)."""
    if connection.vendor == "sqlite":
        return
    config.hook.pytest_deselected(items=[item for item in items if not _asks_for_database(item)])
    items[:] = filter(_asks_for_database, items)


def _asks_for_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("one_database"):
        return False
    asked = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) or item.get_closest_marker("django_db") is not None


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end: looking through it for garbage would be a tenth of all the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {connection.vendor}"


_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def _flush_append_only_tables(case: TransactionTestCase) -> None:
    """A flush deletes rows that triggers protect; the post_migrate that ends it puts the triggers back."""
    for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        drop_triggers(connections[alias])
    _flush(case)


TransactionTestCase._fixture_teardown = _flush_append_only_tables  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The servers and folders are made for the run and end with it. Nobody drops their databases before, which fails
    as long as the server has not noticed that a program was killed."""
    return True


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Iterator[None]:
    """Pages name their files by the manifest, as in production. Each client of a test is a website of its own, which
    would read the folder anew: it is read once."""
    collect_static()
    known: dict[tuple[str, str], dict[str, Any]] = {}
    read = WhiteNoise.update_files_dictionary

    def read_once(site: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in known:
            read(site, root, prefix)
            known[root, prefix] = dict(site.files)
        site.files.update(known[root, prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", read_once)
        yield


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Rate limits and queued messages of one test are no business of the next."""
    cache.clear()


@pytest.fixture(autouse=True)
def default_language() -> Iterator[None]:
    """A request leaves its language active in the thread that answered it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def live_server(live_server: LiveServer) -> Iterator[LiveServer]:
    """whitenoise serves the hashed files, as in production; Django's own handler knows only the sources."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "_should_handle", lambda handler, path: False)
        yield live_server


@pytest.fixture(scope="session")
def redis_url() -> str:
    return str(django_settings.REDIS_URL)


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The current test database, for programs of their own; they see only what is committed."""
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    return f"postgresql://{config['USER']}@{quote(config['HOST'], safe='')}/{config['NAME']}"


class Worker(Server):
    """`celery worker` as it is deployed: several processes, Redis, the test's database."""

    def __init__(self, database_url: str, *options: str) -> None:
        self.hostname = f"{uuid.uuid4().hex[:8]}@localhost"
        super().__init__(
            [
                sys.executable,
                "-W",
                "ignore:You're running the worker",
                "-m",
                "celery",
                "-A",
                "longquan_cadre",
                "worker",
            ]
            + ["--concurrency=1", "--loglevel=INFO", f"--hostname={self.hostname}", "--without-gossip"]
            + ["--without-mingle", *options],
            environment={"DATABASE_URL": database_url},
        )
        self.await_line(" ready.")

    def answers(self) -> bool:
        """Redis keeps no broadcast for later: a ping before the worker has subscribed is lost, so it is repeated."""
        return any(
            celery_app.control.ping(destination=[self.hostname], timeout=1, limit=1) for _attempt in range(30)
        )


@pytest.fixture
def celery_worker(database_url: str) -> Iterator[Worker]:
    """What a service hands to a task after its commit is done by this process; await its log or the row."""
    worker = Worker(database_url)
    yield worker
    worker.stop()


def no_running_loop() -> NoReturn:
    raise RuntimeError


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "chromium is missing: deploy/debian-packages.txt says what the tests need."
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in this thread as long as the browser lives, and Django takes us for a coroutine.
        # Its switch for that is an environment variable, which programs started by other tests would inherit.
        patch.setattr("django.utils.asyncio.get_running_loop", no_running_loop)
        # Names resolve to nothing but this machine: no page of ours reaches for anybody else.
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage"]
            + ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone-sized window of a visitor who has never been here."""
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, live_server: LiveServer) -> Iterator[Page]:
    """Fails at its end if a page broke our Content Security Policy or threw an error."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    page = context.new_page()
    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
