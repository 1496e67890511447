import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common.serving import end_with

ROOT = Path(__file__).resolve().parent.parent.parent
#: How long an event may take on a busy machine before the test says what it waited for.
PATIENCE = 180.0


class Server:
    """A real program beside the tests: its output read line by line, so that a test waits for words, not for time."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        stop_signal: int = signal.SIGTERM,
        **options: Any,
    ) -> None:
        self.arguments, self.stop_signal = list(arguments), stop_signal
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._closed = False
        parent = os.getpid()
        self.process = subprocess.Popen(
            self.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(environment or {})},
            process_group=0,
            # Killed test runs leave no server behind.
            preexec_fn=lambda: end_with(parent, signal.SIGKILL),
            **{"cwd": ROOT, **options},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._closed = True
            self._more.notify_all()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def await_line(self, words: str, *, since: int = 0, timeout: float = PATIENCE) -> str:
        """The first line from number `since` on with these words."""
        with self._more:
            self._more.wait_for(lambda: self._closed or self._line(words, since) is not None, timeout)
            line = self._line(words, since)
        assert line is not None, f"{self.arguments[:6]} never said “{words}”; it said:\n{self.output}"
        return line

    def _line(self, words: str, since: int) -> str | None:
        return next((line for line in self.lines[since:] if words in line), None)

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """The whole group at once, as when a machine loses power."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and don't ask twice."""
        if self.process.poll() is None:
            self.send(self.stop_signal)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._end(signal.SIGKILL)
        return self._close()

    def wait(self, timeout: float = PATIENCE) -> int:
        self.process.wait(timeout)
        return self._close()

    def _end(self, number: int) -> None:
        if self.process.poll() is None:
            os.killpg(self.pid, number)
        self.process.wait(PATIENCE)
        self._close()

    def _close(self) -> int:
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.returncode


def children(pid: int) -> dict[str, int]:
    """The children of a process by what they run."""
    found = {}
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        command = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        name = next((word for word in ("common.web", "worker", "beat") if word in command), command[0])
        found[name] = child
    return found
