"""The ledger's chain: each entry's hash covers the one before it and every fact of its own. Pure; no database.

The canonical form is UTF-8 JSON with sorted keys, no spaces, integers and text only: a plain program of twenty lines
recomputes it from an export (docs/ledger.md).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

#: Before a unit's first entry.
GENESIS = "0" * 64


def canonical(facts: Mapping[str, Any]) -> bytes:
    """Dates and instants as ISO 8601, instants in UTC."""
    plain = {name: _plain(value) for name, value in facts.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        raise TypeError("No fraction stands in the ledger: points are half-points, money is cents.")
    return value


def digest(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(facts)).hexdigest()


def link(previous: str, facts: Mapping[str, Any]) -> str:
    """The hash of an entry: of the hash before it, a line feed, and its own facts."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical(facts)).hexdigest()


@dataclass(frozen=True)
class Link:
    """An entry as it is read back."""

    sequence: int
    previous: str
    hash: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Break:
    """Where a chain stops being whole: the first bad entry, and what is wrong with it."""

    sequence: int
    word: str


GAP, PREVIOUS, HASH = "gap", "previous", "hash"


def first_break(links: Iterable[Link]) -> Break | None:
    """Entries of one unit in the order of their sequence; the first that does not follow from the one before."""
    expected, previous = 1, GENESIS
    for one in links:
        if one.sequence != expected:
            return Break(expected, GAP)
        if one.previous != previous:
            return Break(one.sequence, PREVIOUS)
        if one.hash != link(previous, one.facts):
            return Break(one.sequence, HASH)
        expected, previous = expected + 1, one.hash
    return None
