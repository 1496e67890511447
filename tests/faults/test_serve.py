"""The real command with real children; every wait is for a line, an answer or the end of a process."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from tests.support.processes import PATIENCE, ROOT, Server, children

#: Embedded mode: its own SQLite and its own broker, whatever the test run itself uses.
EMBEDDED = {"DATABASE_URL": "", "REDIS_URL": ""}
SERVE = ("manage.py", "serve", "--port", "0")
#: What the supervisor promises: a few seconds, then it kills.
CLEAN_END = 8.0


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ | EMBEDDED | {"DATA_DIR": str(folder)},
        check=True,
    )
    # Collected once for all tests; serve sees that nothing changed since.
    (folder / "static").symlink_to(Path(settings.STATIC_ROOT).resolve())
    return folder


@pytest.fixture
def data_dir(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated, tmp_path / "var", symlinks=True))


@pytest.fixture
def program(data_dir: Path) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(*arguments: str) -> Server:
        server = Server(arguments, environment=EMBEDDED | {"DATA_DIR": str(data_dir)})
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def serve(program: Callable[..., Server]) -> Callable[..., Server]:
    return lambda *arguments: program(sys.executable, *SERVE, *arguments)


def answer(server: Server) -> int:
    """The status of the home page, at the address that was printed."""
    address = re.search(r"http://127\.0\.0\.1:\d+/", server.await_line("http://127.0.0.1:"))
    assert address
    try:
        with urllib.request.urlopen(address[0], timeout=PATIENCE) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@contextlib.contextmanager
def all_end(pids: list[int], within: float) -> Iterator[None]:
    """What happens inside ends these processes; a zombie nobody has collected yet has ended."""
    watched = [os.pidfd_open(pid) for pid in pids]
    yield
    deadline = time.monotonic() + within
    try:
        for pid, descriptor in zip(pids, watched, strict=True):
            ended, *_rest = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            assert ended, f"process {pid} still runs"
    finally:
        for descriptor in watched:
            os.close(descriptor)


def test_web_worker_and_beat_run_and_the_printed_address_answers(serve: Callable[..., Server]) -> None:
    server = serve()
    assert answer(server) == 200
    assert set(children(server.pid)) == {"common.web", "worker", "beat"}


def test_ctrl_c_ends_everything_cleanly(serve: Callable[..., Server]) -> None:
    server = serve()
    assert answer(server) == 200
    with all_end(list(children(server.pid).values()), CLEAN_END):
        server.send(signal.SIGINT)
        assert server.wait(CLEAN_END) == 0


def test_a_second_ctrl_c_kills_a_child_that_does_not_end(serve: Callable[..., Server]) -> None:
    server = serve()
    assert answer(server) == 200
    web = children(server.pid)["common.web"]
    os.kill(web, signal.SIGSTOP)
    # The language in which the command speaks.
    translation.activate(settings.LANGUAGE_CODE)
    with all_end([web], CLEAN_END):
        server.send(signal.SIGINT)
        server.await_line(_("Stopping…"))
        while _("What still runs is ended at once.") not in server.lines and server.process.poll() is None:
            # The first half second counts as the same Ctrl-C, so the finger presses again.
            server.send(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.process.wait(0.2)
    server.await_line(_("What still runs is ended at once."))


#: Somebody with a card, as the cast makes them.
A_CARD = """
from tests.cast import issue_card, make_cadre, make_office, make_unit
print(issue_card(make_cadre(make_office(make_unit("D901", "青窑局")), "陈砚")).token)
"""


def test_what_a_website_has_counted_is_in_the_table_when_it_has_ended(
    serve: Callable[..., Server], data_dir: Path
) -> None:
    """The look-ups of the last minute (common/upkeep.py)."""
    environment = os.environ | EMBEDDED | {"DATA_DIR": str(data_dir)}
    shell = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", A_CARD]
    made = subprocess.run(shell, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    server = serve("--no-worker")
    assert answer(server) == 200
    address = re.search(r"http://127\.0\.0\.1:\d+/", server.output)
    assert address
    card = f"{address[0]}c/{made.stdout.split()[-1]}"
    for method in ("GET", "GET", "HEAD"):
        asked = urllib.request.Request(card, headers={"User-Agent": "Mozilla/5.0 (phone)"}, method=method)
        with urllib.request.urlopen(asked, timeout=PATIENCE) as response:
            response.read()
    server.send(signal.SIGINT)
    assert server.wait(CLEAN_END) == 0
    with contextlib.closing(sqlite3.connect(data_dir / "db.sqlite3")) as database:
        assert database.execute("SELECT number FROM cards_lookupcount").fetchall() == [(2,)]


def test_kill_9_of_the_parent_leaves_no_process(serve: Callable[..., Server]) -> None:
    server = serve()
    assert answer(server) == 200
    with all_end(list(children(server.pid).values()), CLEAN_END):
        server.send(signal.SIGKILL)
        server.wait()


def test_kill_9_of_make_leaves_no_process(program: Callable[..., Server]) -> None:
    make = program("bash", "-c", f"EXIT_WITH_PARENT=$$ {sys.executable} {' '.join(SERVE)}; true")
    assert answer(make) == 200
    supervisor = children(make.pid)[sys.executable]
    with all_end([supervisor, *children(supervisor).values()], CLEAN_END):
        make.send(signal.SIGKILL)
        make.wait()


@pytest.mark.parametrize("name", ["common.web", "worker", "beat"])
def test_a_killed_child_comes_back(serve: Callable[..., Server], name: str) -> None:
    server = serve()
    assert answer(server) == 200
    before = children(server.pid)
    spoken = len(server.lines)
    os.kill(before[name], signal.SIGKILL)
    server.await_line("SIGKILL", since=spoken)
    back = server.await_line(name.removeprefix("common."), since=spoken + 1)
    after = children(server.pid)
    assert str(after[name]) in back
    assert after[name] != before[name]
    assert {key: pid for key, pid in after.items() if key != name} == {
        key: pid for key, pid in before.items() if key != name
    }
    # The socket outlived the child: the request waits in its queue until the new one takes it.
    assert answer(server) == 200


def test_a_busy_port_is_refused_before_anything_starts(
    program: Callable[..., Server], data_dir: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        server = program(sys.executable, "manage.py", "serve", "--port", port)
        assert server.wait() == 1
    assert port in server.output
    assert len(server.lines) == 1
    assert not (data_dir / "beat").exists()


def test_a_second_serve_on_the_same_data_folder_is_refused(
    serve: Callable[..., Server], data_dir: Path
) -> None:
    assert answer(serve()) == 200
    second = serve()
    assert second.wait() == 1
    assert str(data_dir) in second.output
    assert answer(serve("--no-worker")) == 200


def test_a_database_without_its_migrations_is_refused(serve: Callable[..., Server], data_dir: Path) -> None:
    (data_dir / "db.sqlite3").unlink()
    server = serve()
    assert server.wait() == 1
    assert "migrate" in server.output
    assert len(server.lines) == 1
