"""Servers that notices go to: one for mail, one for a group's webhook. Each takes a message or refuses it, as told."""

import contextlib
import email
import json
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Says whether a message is taken; what it does beside that is the test's own.
Judge = Callable[[], bool]


class Mailbox:
    """What has been taken, as (key, id): the same key twice is a duplicate, and must have the same id."""

    def __init__(self, judge: Judge = lambda: True) -> None:
        self.judge = judge
        self.taken: list[tuple[str, str]] = []
        self.raw: list[Any] = []
        self.refused = 0

    def offer(self, key: str, identity: str, raw: Any) -> bool:
        """A message that is taken counts even when its sender never hears of it."""
        if not self.judge():
            self.refused += 1
            return False
        self.taken.append((key, identity))
        self.raw.append(raw)
        return True


class _MailHandler(socketserver.StreamRequestHandler):
    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        # A sender that is killed breaks the connection.
        with contextlib.suppress(ConnectionError):
            self.say("220 localhost")
            while line := self.rfile.readline().decode().strip():
                word = line.split()[0].upper()
                if word == "DATA":
                    self.data()
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 localhost")

    def data(self) -> None:
        self.say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        message = email.message_from_bytes(b"".join(lines))
        body = message.get_payload(decode=True).decode()
        link = re.search(r"https?://\S+", body)
        key = link[0] if link else str(message["Subject"])
        taken = self.server.mailbox.offer(key, str(message["Message-ID"]), message)  # type: ignore[attr-defined]
        self.say("250 taken" if taken else "421 not now")


class _HookHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        link = re.search(r"https?://[^\s#]+#\w+", json.dumps(body, ensure_ascii=False).replace("\\n", "\n"))
        key, _hash, identity = (link[0] if link else "").partition("#")
        with contextlib.suppress(ConnectionError):
            status, answer = self.server.answer(key, identity, body)  # type: ignore[attr-defined]
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            if 300 <= status < 400:
                self.send_header("Location", self.server.redirect)  # type: ignore[attr-defined]
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Not into the output of the tests."""


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


@contextlib.contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[int]:
    """Its port."""
    with _MailServer(("127.0.0.1", 0), _MailHandler) as server, _running(server):
        server.mailbox = mailbox  # type: ignore[attr-defined]
        yield server.server_address[1]


@contextlib.contextmanager
def hook_server(
    mailbox: Mailbox, *, refusal: tuple[int, bytes] = (500, b""), success: bytes = b"{}", redirect: str = ""
) -> Iterator[int]:
    """Its port. `refusal` is how it says no; with `redirect` it sends whoever asks there instead."""
    refusal = (307, b"") if redirect else refusal

    def answer(key: str, identity: str, body: Any) -> tuple[int, bytes]:
        return (200, success) if mailbox.offer(key, identity, body) else refusal

    with ThreadingHTTPServer(("127.0.0.1", 0), _HookHandler) as server, _running(server):
        server.answer, server.redirect = answer, redirect  # type: ignore[attr-defined]
        yield server.server_address[1]


@contextlib.contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(30)
