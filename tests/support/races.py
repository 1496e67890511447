"""Several threads at the same instant, each on a database connection of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import connections


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, all started together."""
    start = threading.Barrier(len(works))
    outcomes: list[Any] = [None] * len(works)

    def run(number: int) -> None:
        try:
            start.wait(30)
            outcomes[number] = works[number]()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread waits for a lock for ever"
    return outcomes


@contextmanager
def meeting(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, number: int, right: bool
) -> Iterator[None]:
    """Everybody who is about to call `owner.name` waits there for the others; not for long where none can come."""
    barrier, original = threading.Barrier(number), getattr(owner, name)

    def wait_and_call(*args: Any, **kwargs: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(0.5 if right else 30)
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, wait_and_call)
        yield
