"""The product as it is run, in both ways, with everything it writes into kept apart from all else, and dumped."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg2
from celery import Celery
from django.conf import settings
from django.db import connection
from kombu import Connection
from redis import Redis as RedisClient

from longquan_cadre.celery import REDIS_OPTIONS
from tests.support.markers import Place, files
from tests.support.processes import ROOT, Server, children
from tests.support.services import Postgres, Redis, program


class Stack:
    """It begins with a copy of the database of the test as it is now, under the same keys."""

    #: What its website is called in links; forms of another site are refused.
    site = "http://localhost"

    def __init__(self, folder: Path, mail_port: int) -> None:
        self.data, self.spool, self.kept = folder / "data", folder / "spool", folder / "kept"
        for made in (self.data, self.spool, self.kept):
            made.mkdir()
        (self.data / "static").symlink_to(Path(settings.STATIC_ROOT).resolve())
        self.programs: dict[str, Server] = {}
        self.environment = {
            "DATA_DIR": str(self.data),
            "TMPDIR": str(self.spool),
            "SITE_URL": self.site,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "SECRET_KEY": settings.SECRET_KEY,
            "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
            "RECEIPT_KEY": settings.RECEIPT_KEY,
        }

    def start(self) -> None:
        raise NotImplementedError

    def run(self, name: str, *arguments: str, **more: str) -> Server:
        self.programs[name] = Server(arguments, environment={**self.environment, **more})
        return self.programs[name]

    def serve(self, *options: str) -> Server:
        server = self.run("web", sys.executable, "manage.py", "serve", "--port", "0", *options)
        found = re.search(r":(\d+)/", server.await_line("http://127.0.0.1:"))
        assert found
        self.port = int(found[1])
        return server

    def ask_worker(self, app: Celery, task: str, *arguments: str) -> None:
        with self.broker() as broker:
            app.send_task(task, arguments, connection=broker)

    def broker(self) -> Connection:
        raise NotImplementedError

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def worker(self) -> int:
        """Its process."""
        raise NotImplementedError

    def dump_queue(self) -> None:
        raise NotImplementedError

    def hold_worker(self) -> None:
        """What is handed to it waits where it was put."""
        os.kill(self.worker(), signal.SIGSTOP)

    def release_worker(self) -> None:
        self.dump_queue()
        os.kill(self.worker(), signal.SIGCONT)

    def end(self) -> None:
        """Stop it and dump what only lives while it runs."""
        raise NotImplementedError

    def places(self) -> Iterator[Place]:
        """All that it has written, by kind; to be asked after its end."""
        for name, server in self.programs.items():
            yield f"output: {name}", server.output.encode()
        yield from files("files", self.data)
        yield from files("spool", self.spool)
        yield from files("dumps", self.kept)

    def kill(self) -> None:
        for server in self.programs.values():
            server.kill()


class Embedded(Stack):
    """One command: SQLite, a broker of files, a cache in memory."""

    def __init__(self, folder: Path, mail_port: int) -> None:
        super().__init__(folder, mail_port)
        caches = self.kept / "cache"
        caches.mkdir()
        self.environment |= {"DATABASE_URL": "", "REDIS_URL": "", "KEPT_CACHE": str(caches)}
        self.environment["PYTHONPATH"] = str(ROOT / "tests/support/kept_cache")
        self.file = self.data / "db.sqlite3"

    def start(self) -> None:
        with contextlib.closing(sqlite3.connect(self.file)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
        self.serve()

    def broker(self) -> Connection:
        queue = str(self.data / "broker/queue")
        folders = {"data_folder_in": queue, "data_folder_out": queue}
        folders["control_folder"] = str(self.data / "broker/control")
        return Connection("filesystem://localhost/", transport_options=folders)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.file, timeout=20, isolation_level=None)) as database:
            return database.execute(statement).fetchall()

    def worker(self) -> int:
        return children(self.programs["web"].pid)["worker"]

    def dump_queue(self) -> None:
        shutil.copytree(self.data / "broker/queue", self.kept / "queue")

    def end(self) -> None:
        # The last to close the database would carry the log over into it and delete it.
        with contextlib.closing(sqlite3.connect(self.file)) as database:
            dump = "\n".join(database.iterdump())
            self.programs["web"].stop()
            (self.kept / "wal").write_bytes(self.file.with_name("db.sqlite3-wal").read_bytes())
        (self.kept / "database").write_text(dump)


class Deployed(Stack):
    """A website behind a proxy, a worker and a beat, PostgreSQL and Redis; both of these tell all they were told."""

    site = "https://localhost"

    def __init__(self, folder: Path, mail_port: int) -> None:
        super().__init__(folder, mail_port)
        self.postgres = Postgres(tempfile.mkdtemp(prefix="longquan-pg-"), log_statement="all")
        self.redis = Redis(dir=str(self.kept), rdbcompression="no")
        self.url = self.postgres.url.removesuffix("longquan") + "postgres"
        self.environment |= {"DATABASE_URL": self.url, "REDIS_URL": self.redis.url(0), "BEHIND_PROXY": "1"}

    def start(self) -> None:
        for name, service in {"postgres": self.postgres, "redis": self.redis}.items():
            service.start()
            self.programs[name] = service.server
        self._copy_database()
        monitor = self.run("monitor", "redis-cli", "-p", str(self.redis.port), "monitor")
        monitor.await_line("OK")
        celery = [sys.executable, "-W", "ignore:You're running the worker", "-m", "celery"]
        celery += ["-A", "longquan_cadre"]
        worker = ["worker", "--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        self.run("worker", *celery, *worker)
        self.run("beat", *celery, "beat", f"--schedule={self.data / 'beat'}", "--pidfile=")
        self.serve("--no-worker")

    def _copy_database(self) -> None:
        config = connection.settings_dict
        dump = [program("pg_dump"), "--host", config["HOST"], "--username", "postgres", config["NAME"]]
        restore = [program("psql"), "--quiet", "--output", os.devnull, "--set", "ON_ERROR_STOP=1", self.url]
        copied = subprocess.run(dump, check=True, capture_output=True)
        subprocess.run(restore, input=copied.stdout, check=True)

    def broker(self) -> Connection:
        return Connection(self.redis.url(0), transport_options=REDIS_OPTIONS)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.url)) as database:
            database.autocommit = True
            with database.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def worker(self) -> int:
        self.programs["worker"].await_line(" ready.")
        return self.programs["worker"].pid

    def dump_queue(self) -> None:
        self._dump_redis("queue")

    def end(self) -> None:
        running = [self.programs[name] for name in ("web", "beat", "worker")]
        for server in running:
            server.send(signal.SIGTERM)
        for server in running:
            server.wait()
        self._dump_redis("cache")
        RedisClient.from_url(self.redis.url(0)).save()
        dump = [program("pg_dump"), "--data-only", "--column-inserts", self.url]
        (self.kept / "database").write_bytes(subprocess.run(dump, check=True, capture_output=True).stdout)
        self.programs["monitor"].stop()
        self.redis.stop()
        self.postgres.server.stop()

    def _dump_redis(self, name: str) -> None:
        client = RedisClient.from_url(self.redis.url(0))
        readers: Mapping[bytes, Any] = {
            b"string": client.get,
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": client.smembers,
            b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
            b"hash": client.hgetall,
        }
        lines = [repr((key, readers[client.type(key)](key))) for key in client.scan_iter()]
        (self.kept / name).write_text("\n".join(lines))

    def places(self) -> Iterator[Place]:
        yield from super().places()
        for folder in ("base", "pg_wal"):
            yield from files(f"database files: {folder}", self.postgres.folder / "data" / folder)

    def kill(self) -> None:
        super().kill()
        shutil.rmtree(self.postgres.folder, ignore_errors=True)


def stack(folder: Path, mail_port: int) -> Stack:
    return (Embedded if connection.vendor == "sqlite" else Deployed)(folder, mail_port)
