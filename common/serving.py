"""The embedded mode: web, worker and beat as children of one process, and none of them outlives it.

The listening socket belongs to the parent, so a busy port is known before anything starts, and a web process that
is restarted loses no connection. Children ask the kernel to be killed with their parent: not even `kill -9` of it
leaves one behind.
"""

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core import checks
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError, OperationalError
from django.utils.translation import gettext as _

from common.address import reachable

#: Long enough for a request or a short task to end; what is cut off is a job row with a lease and is run again.
STOP_SECONDS = 5.0
#: A signal to a whole process group can reach us twice (from the terminal, and passed on by make).
IMPATIENCE_SECONDS = 0.5
FIRST_DELAY, LONGEST_DELAY, STEADY_SECONDS = 1.0, 30.0, 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
PARENT_VARIABLE = "EXIT_WITH_PARENT"
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Refused(Exception):
    """Why serving cannot begin, as a sentence."""


@dataclass
class Reservation:
    """The port, and the right to be the only beat of this data folder. Taken before the demo builds anything."""

    socket: socket.socket
    lock: int | None

    @property
    def address(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"http://{reachable(host)}:{port}/"


def run(
    host: str,
    port: int,
    *,
    worker: bool = True,
    checked: bool = True,
    reservation: Reservation | None = None,
) -> int:
    """Serve until a signal; the exit status. A refusal is printed as a sentence."""
    end_with_make()
    try:
        require_migrations()
        if checked:
            require_sound_data()
        reservation = reservation or reserve(host, port, alone=worker)
    except Refused as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return 1
    collect_static()
    connections.close_all()
    return Supervisor(programs(reservation, worker=worker), reservation.address).run()


def reserve(host: str, port: int, *, alone: bool = True) -> Reservation:
    lock = lock_data_dir() if alone else None
    return Reservation(listening_socket(host, port), lock)


def lock_data_dir() -> int:
    """Two beats would fire everything twice, so a second serve on one data folder is refused."""
    descriptor = os.open(settings.DATA_DIR / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Refused(
            _("Another serve already runs on the data folder %(folder)s: stop it first.")
            % {"folder": settings.DATA_DIR}
        ) from None
    return descriptor


def listening_socket(host: str, port: int) -> socket.socket:
    # The resolver would keep the last 16 bits of a larger one.
    if not 0 <= port <= 65535:
        raise Refused(_("A port is a number from 0 to 65535, not %(port)s.") % {"port": port})
    try:
        family, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            sentence = _("Port %(port)s is in use: stop what runs there, or choose another one with --port.")
        else:
            sentence = _("Cannot listen on %(host)s, port %(port)s: %(error)s.")
        raise Refused(sentence % {"host": host, "port": port, "error": error}) from error


def require_sound_data() -> None:
    """A lost key would otherwise be noticed page by page."""
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    errors = [message for message in found if message.is_serious() and not message.is_silenced()]
    if errors:
        raise Refused("\n".join(f"{error.msg} {error.hint or ''}".strip() for error in errors))


def require_migrations() -> None:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        raise Refused(
            _("The database cannot be reached: %(error)s.") % {"error": str(error).strip()}
        ) from error
    except DatabaseError as error:
        raise Refused(
            _("The database cannot be read: %(error)s. Restore it from a backup.")
            % {"error": str(error).strip()}
        ) from error
    if pending:
        raise Refused(_("The database is not up to date: run “manage.py migrate” first."))


def collect_static() -> None:
    """Only when a source changed since the last time; several web processes of one host take turns."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    stamp = root / ".sources"
    with open(root / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = _static_sources()
        if not stamp.exists() or stamp.read_text() != sources:
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.write_text(sources)


def _static_sources() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = os.stat(storage.path(path))
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def end_with_make() -> None:
    """make names itself as our parent: killed with -9 it cannot stop us, so the kernel does."""
    parent = os.environ.pop(PARENT_VARIABLE, "")
    if parent.isdigit():
        end_with(int(parent), signal.SIGTERM)


def end_with(parent: int, number: int) -> None:
    """Ask for a signal when the parent ends; it may have ended before we asked."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Program:
    """One child: how it is started, and how its latest start went."""

    name: str
    arguments: Sequence[str]
    descriptors: tuple[int, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    announces: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_ends: int = 0
    due: float | None = 0.0

    def start(self) -> int | None:
        """Start it; for one that announces itself, the pipe end that becomes readable when it is ready."""
        ready, theirs = os.pipe() if self.announces else (None, None)
        extra = [] if theirs is None else [str(theirs)]
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, *self.arguments, *extra],
            stdin=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            env=os.environ | self.environment,
            pass_fds=(*self.descriptors, *(() if theirs is None else (theirs,))),
            process_group=0,
            preexec_fn=lambda: end_with(parent, signal.SIGKILL),
        )
        if theirs is not None:
            os.close(theirs)
        self.started, self.due = time.monotonic(), None
        return ready

    def signal(self, number: int) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def ended(self) -> int | None:
        """The exit status once, when it has ended; then the time of its restart is set."""
        status = self.process.poll() if self.process is not None else None
        if status is not None:
            self.process = None
            steady = time.monotonic() - self.started > STEADY_SECONDS
            self.quick_ends = 0 if steady else self.quick_ends
            self.due = time.monotonic() + min(FIRST_DELAY * 2**self.quick_ends, LONGEST_DELAY)
            self.quick_ends += 1
        return status


def programs(reservation: Reservation, *, worker: bool) -> list[Program]:
    descriptor = reservation.socket.fileno()
    web = Program("web", ["-m", "common.web", str(descriptor)], descriptors=(descriptor,), announces=True)
    if not worker:
        return [web]
    taken, schedule = settings.BROKER_DIR / "taken", settings.DATA_DIR / "beat"
    for folder in (taken, schedule):
        folder.mkdir(parents=True, exist_ok=True)
    # celery complains in ten lines about root on every start; in this mode everything runs as whoever started it.
    celery = ["-W", "ignore:You're running the worker", "-m", "celery", "--quiet", "-A", "longquan_cadre"]
    # The filesystem broker moves each message it takes through the temporary folder: keep that on one disk, private.
    return [
        web,
        Program(
            "worker",
            [*celery, "worker", "--pool=solo", "--loglevel=WARNING", "--hostname=serve@%h"]
            + ["--without-gossip", "--without-mingle", "--without-heartbeat"],
            environment={"TMPDIR": str(taken)},
        ),
        Program(
            "beat",
            [*celery, "beat", "--loglevel=WARNING", f"--schedule={schedule / 'schedule'}", "--pidfile="],
        ),
    ]


class Supervisor:
    """Starts the children, restarts the one that ends, ends them all on a signal. Waits for events, never polls."""

    def __init__(self, children: list[Program], address: str) -> None:
        self.children = children
        self.address = address
        self.answered = False
        self.stopping: float | None = None
        self.status = 0
        self.selector = selectors.DefaultSelector()

    def run(self) -> int:
        with caught_signals() as signals:
            self.selector.register(signals, selectors.EVENT_READ, self.on_signals)
            try:
                while self.step():
                    pass
            finally:
                self.kill()
        return self.status

    def step(self) -> bool:
        """Start what is due, wait for something to happen, act on it; False when everything has ended."""
        now = time.monotonic()
        if self.stopping is None:
            for child in self.children:
                if child.due is not None and child.due <= now:
                    self.start(child)
        elif all(child.process is None for child in self.children):
            return False
        for key, _mask in self.selector.select(self.patience(now)):
            key.data(key.fd)
        self.reap()
        if self.stopping is not None and time.monotonic() > self.stopping + STOP_SECONDS:
            self.kill()
        return True

    def patience(self, now: float) -> float | None:
        if self.stopping is not None:
            return max(0.0, self.stopping + STOP_SECONDS - now) + 0.01
        due = [child.due for child in self.children if child.due is not None]
        return max(0.0, min(due) - now) if due else None

    def start(self, child: Program) -> None:
        again, ready = child.quick_ends > 0, child.start()
        if again and child.process is not None:
            say(_("%(name)s runs again, process %(pid)s.") % {"name": child.name, "pid": child.process.pid})
        if ready is not None:
            self.selector.register(ready, selectors.EVENT_READ, self.on_ready)

    def on_ready(self, descriptor: int) -> None:
        answered = os.read(descriptor, 1) != b""
        self.selector.unregister(descriptor)
        os.close(descriptor)
        if answered and not self.answered:
            self.answered = True
            say(_("Open %(address)s (end with Ctrl-C).") % {"address": self.address})

    def on_signals(self, descriptor: int) -> None:
        for number in os.read(descriptor, 512):
            if number in STOP_SIGNALS:
                self.stop()

    def stop(self) -> None:
        now = time.monotonic()
        if self.stopping is None:
            self.stopping = now
            say(_("Stopping…"))
            for child in self.children:
                child.signal(signal.SIGTERM)
        elif now > self.stopping + IMPATIENCE_SECONDS:
            say(_("What still runs is ended at once."))
            self.kill()

    def reap(self) -> None:
        for child in self.children:
            status = child.ended()
            if status is None or self.stopping is not None:
                continue
            if child.announces and not self.answered:
                say(_("The web process could not start; the reason stands above."))
                self.status = 1
                self.stop()
                continue
            how = signal.Signals(-status).name if status < 0 else status
            say(_("%(name)s ended unexpectedly (%(how)s).") % {"name": child.name, "how": how})

    def kill(self) -> None:
        for child in self.children:
            child.signal(signal.SIGKILL)
        for child in self.children:
            if child.process is not None:
                child.process.wait()
                child.process = None


@contextlib.contextmanager
def caught_signals() -> Iterator[int]:
    """The read end of a pipe into which the kernel's signals are written, so that select() sees them."""
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    os.set_blocking(theirs, False)
    for number in (*STOP_SIGNALS, signal.SIGCHLD):
        # Started with nohup, a hang-up is to be ignored.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
    wakeup = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    try:
        yield ours
    finally:
        # The handlers stay: a Ctrl-C too many, after everything has ended, has nothing left to interrupt.
        signal.set_wakeup_fd(wakeup)
        os.close(ours)
        os.close(theirs)


def say(line: str) -> None:
    print(line, flush=True)
