"""A PostgreSQL and a Redis that live as long as one test run and touch no other of this machine."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.processes import Server

#: A test run is not evidence: what a crash would lose is thrown away anyway.
POSTGRES_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "",
    # Statistics of the rows that an earlier test took back lead to plans for tables that hold none of them any more.
    "autovacuum_analyze_threshold": "2147483647",
}


class Postgres:
    """The folder is named first and the server started later: Django's settings need the address, not the server."""

    def __init__(self, folder: str, **settings: str) -> None:
        self.folder, self.settings = Path(folder), settings

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{quote(str(self.folder), safe='')}/longquan"

    @property
    def owner(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return {}
        account = pwd.getpwnam("postgres")
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def start(self) -> None:
        if self.owner:
            os.chown(self.folder, self.owner["user"], self.owner["group"])
        data = self.folder / "data"
        subprocess.run(
            [
                program("initdb"),
                "-D",
                data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            **self.owner,
        )
        settings = {**POSTGRES_SETTINGS, "unix_socket_directories": str(self.folder), **self.settings}
        self.server = Server(
            [
                program("postgres"),
                "-D",
                str(data),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            environment={"LC_MESSAGES": "C"},
            stop_signal=signal.SIGINT,
            cwd=self.folder,
            **self.owner,
        )
        self.server.await_line("ready to accept connections")

    def stop(self) -> None:
        self.server.stop()
        shutil.rmtree(self.folder)


def program(name: str) -> str:
    """Debian keeps the server's programs off the path, one folder a version."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version)
    found = str(versions[-1]) if versions else shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} is missing: deploy/debian-packages.txt says what the tests need.")
    return found


def _version(path: Path) -> int:
    return int(re.sub(r"\D", "", path.parts[-3]) or 0)


class Redis:
    def __init__(self, **options: str) -> None:
        self.port, self.options = free_port(), options

    def url(self, database: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        if not (found := shutil.which("redis-server")):
            raise FileNotFoundError(
                "redis-server is missing: deploy/debian-packages.txt says what the tests need."
            )
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "databases": 64}
        options |= self.options
        self.server = Server(
            [found, *(part for name, value in options.items() for part in (f"--{name}", str(value)))],
            cwd=tempfile.gettempdir(),
        )
        self.server.await_line("Ready to accept connections")

    def stop(self) -> None:
        self.server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
