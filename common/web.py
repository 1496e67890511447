"""The web child of `serve`: waitress on a socket that the parent already listens on."""

import copy
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import django
from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application
from django.urls import get_resolver
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import RequestEntityTooLarge

from common import upkeep

THREADS = 8
#: Phones on a slow network hold a connection long; each costs a descriptor, not a thread.
CONNECTIONS = 500


class TooLarge(RequestEntityTooLarge):
    """In both languages: nothing has read yet which one the visitor speaks."""

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        status, headers, _body = super().to_response(ident)
        sentences = (
            "上传的内容太大，没有保存。请返回上一页，换一个小一些的文件。",
            "What was sent is too large and nothing was saved. Go back and choose a smaller file.",
        )
        return status, headers, "\n".join(sentences).encode()


class Parser(HTTPRequestParser):
    """How much may be sent hangs on the address, and is known before any of it has been read."""

    adj: Any
    error: Any

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        larger = settings.LARGER_REQUEST_BYTES.get(self.path)
        if larger is not None:
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = larger

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = TooLarge(self.error.body)
        return consumed


class Channel(HTTPChannel):
    parser_class = Parser

    def __repr__(self) -> str:
        """For the log, when the connection breaks in a way that nobody expected: without whose it was."""
        return f"<connection {id(self):#x}>"

    __str__ = __repr__


class HeadWithoutBody:
    """waitress sends what it is given: a body behind HEAD would be read as the next answer of the connection."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "HEAD":
            return self.application(environ, start_response)
        begun: list[Any] = []
        body = self.application(environ, lambda *begin: begun.extend(begin))
        try:
            status, headers = begun[:2]
            if not any(name.lower() == "content-length" for name, _value in headers):
                # Without a length waitress would send the empty chunk that ends a body.
                headers = [*headers, ("Content-Length", str(sum(map(len, body))))]
        finally:
            if hasattr(body, "close"):
                body.close()
        start_response(status, headers)
        return []


def end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def serve(listening: int, ready: int) -> None:
    django.setup()
    server = create_server(
        HeadWithoutBody(get_internal_wsgi_application()),
        sockets=[socket.socket(fileno=listening)],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        max_request_body_size=settings.MAX_REQUEST_BYTES,
        asyncore_use_poll=True,
        ident=None,
        **proxy_options(),
    )
    server.channel_class = Channel
    # The first visitor shall not wait for the URL table.
    _ = get_resolver().url_patterns
    signal.signal(signal.SIGTERM, end)
    os.write(ready, b"1")
    os.close(ready)
    upkeep.start()
    server.run()
    upkeep.run()


def proxy_options() -> dict[str, object]:
    """Behind nginx on this host its headers say who the visitor is; from anybody else they are dropped."""
    if not settings.SECURE_PROXY_SSL_HEADER:
        return {}
    return {
        "trusted_proxy": "127.0.0.1",
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
