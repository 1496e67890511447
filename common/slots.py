"""Named places on pages where a higher app shows its facts. The lower app never imports the higher one."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

#: A filler gets the request and the page's own subject, and returns a template name and its context, or None.
Filler = Callable[[HttpRequest, Any], "tuple[str, dict[str, Any]] | None"]

_fillers: dict[str, list[tuple[int, Filler]]] = defaultdict(list)


def fill(slot: str, filler: Filler, *, order: int = 100) -> None:
    """Register a filler; called from an app's ready()."""
    _fillers[slot].append((order, filler))
    _fillers[slot].sort(key=lambda pair: pair[0])


def fillers(slot: str) -> list[Filler]:
    return [filler for _, filler in _fillers[slot]]
