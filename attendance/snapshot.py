"""Everybody a round has checked, in a handful of bytes each: who, what the plaque said, since when, how verified.

A row per person costs 124 to 131 bytes in PostgreSQL; this costs about six, and the month reads only exceptions
(MEASURED, Month). The layout is part of the record: a new one gets a new version byte, and old ones stay readable.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from attendance.rules import Verified
from cards.rules import Declaration, Kind, State, Status

VERSION = 1
#: Positions are what is stored: only ever add at the end.
KINDS = (Kind.AT_POST, Kind.AWAY, Kind.OVERDUE, Kind.OUTSIDE_HOURS)
STATES = (
    State.AT_POST,
    State.AWAY_BRIEFLY,
    State.MEETING,
    State.ERRAND,
    State.COUNTRYSIDE,
    State.VILLAGE_POST,
    State.COUNTER,
    State.BUSINESS_TRIP,
    State.TRAINING,
    State.ON_DUTY,
    State.LEAVE,
    State.OTHER,
)
VERIFIED = (Verified.SEEN, Verified.PHONE, Verified.DECLARED, Verified.ABSENT)
#: Bits of a line's second byte: what follows it.
SINCE, UNTIL, BACK, OPENS, DECLARED, BY_SELF, PLACE, SAID_SINCE = (1 << bit for bit in range(8))
#: An honest snapshot of a whole city takes a fraction of this; more is a damaged record.
MOST_BYTES = 8 * 1024 * 1024


class Damaged(ValueError):
    """These bytes are no snapshot of a version that is known."""


@dataclass(frozen=True)
class Line:
    cadre_id: int
    verified: Verified
    #: What the plaque said, to the second.
    status: Status


def encode(lines: Iterable[Line], taken_at: datetime) -> bytes:
    """The snapshot of these people, in any order, taken at that second."""
    out = bytearray()
    ordered = sorted(lines, key=lambda line: line.cadre_id)
    _number(out, len(ordered))
    before = 0
    for line in ordered:
        _number(out, line.cadre_id - before)
        before = line.cadre_id
        _write(out, line, _second(taken_at))
    return bytes([VERSION]) + zlib.compress(bytes(out), 9)


def decode(data: bytes | memoryview, taken_at: datetime) -> list[Line]:
    """Raises Damaged."""
    raw = bytes(data)
    if not raw or raw[0] != VERSION:
        raise Damaged("This snapshot has an unknown version.")
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(raw[1:], MOST_BYTES)
        if not unpacker.eof or unpacker.unused_data:
            raise Damaged("This snapshot is cut off, or goes on behind its end.")
        source = iter(plain)
        lines = list(_lines(source, _second(taken_at)))
    except Damaged:
        raise
    except (
        zlib.error,
        LookupError,
        ValueError,
        OverflowError,
        OSError,
        RuntimeError,
        StopIteration,
    ) as error:
        raise Damaged("This snapshot cannot be read.") from error
    if next(source, None) is not None:
        raise Damaged("This snapshot holds more than its people.")
    return lines


def _lines(source: Iterator[int], base: int) -> Iterator[Line]:
    cadre_id = 0
    for _count in range(_read(source)):
        cadre_id += _read(source)
        yield _read_line(source, cadre_id, base)


def _write(out: bytearray, line: Line, base: int) -> None:
    status, said = line.status, line.status.declared
    out.append(
        KINDS.index(status.kind) << 6 | STATES.index(status.state) << 2 | VERIFIED.index(line.verified)
    )
    flags, fields = 0, bytearray()
    for bit, instant in (
        (SINCE, status.since),
        (UNTIL, status.until),
        (BACK, status.back_at),
        (OPENS, status.opens_at),
    ):
        if instant is not None:
            flags |= bit
            _signed(fields, _second(instant) - base)
    if said is not None:
        flags |= DECLARED | (BY_SELF if said.by_self else 0)
        _signed(fields, _second(said.recorded_at) - _second(said.since))
        if said.since != status.since:
            flags |= SAID_SINCE
            _signed(fields, _second(said.since) - base)
        if said.place:
            flags |= PLACE
            text = said.place.encode()
            _number(fields, len(text))
            fields += text
    out.append(flags)
    out += fields


def _read_line(source: Iterator[int], cadre_id: int, base: int) -> Line:
    head, flags = next(source), next(source)

    def instant(bit: int) -> datetime | None:
        return _instant(base + _read_signed(source)) if flags & bit else None

    kind, state = KINDS[head >> 6], STATES[head >> 2 & 0b1111]
    since, until, back_at, opens_at = (instant(bit) for bit in (SINCE, UNTIL, BACK, OPENS))
    said = None
    if flags & DECLARED:
        late = _read_signed(source)
        began = instant(SAID_SINCE) if flags & SAID_SINCE else since
        place = _text(source) if flags & PLACE else ""
        if began is None:
            raise Damaged("This snapshot has a declaration without a beginning.")
        recorded_at = began + timedelta(seconds=late)
        said = Declaration(state, began, until, recorded_at, bool(flags & BY_SELF), place)
    status = Status(kind, state, since, until, back_at, opens_at, said)
    return Line(cadre_id, VERIFIED[head & 0b11], status)


def _text(source: Iterator[int]) -> str:
    return bytes(next(source) for _index in range(_read(source))).decode()


def _second(instant: datetime) -> int:
    return int(instant.timestamp() // 1)


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _number(out: bytearray, value: int) -> None:
    """Seven bits a byte, the highest bit says that more follow."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _read(source: Iterator[int]) -> int:
    value = shift = 0
    while True:
        byte = next(source)
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
        shift += 7
        if shift > 63:
            raise Damaged("This snapshot has a number that is too large.")


def _signed(out: bytearray, value: int) -> None:
    _number(out, value << 1 if value >= 0 else (-value << 1) - 1)


def _read_signed(source: Iterator[int]) -> int:
    value = _read(source)
    return -((value + 1) >> 1) if value & 1 else value >> 1


# --- One person alone, beside a problem ------------------------------------------------------------------------------


def as_facts(status: Status) -> dict[str, Any]:
    """A status as JSON, to the second: what stands beside a finding. Whatever follows from the rest is left
    out, as it is kept so often: who is away is back when it ends, and declared it themselves as it began."""
    said = status.declared
    facts: dict[str, Any] = {"kind": status.kind.value, "state": status.state.value}
    usual = {"back_at": _usually_back(status.kind, status.until)}
    for name in ("since", "until", "back_at", "opens_at"):
        if (instant := getattr(status, name)) != usual.get(name):
            facts[name] = _in_text(instant)
    if said is not None:
        declared = {"since": said.since, "recorded_at": said.recorded_at}
        usual = {"since": status.since, "recorded_at": said.since}
        facts["declared"] = {
            **{name: _in_text(instant) for name, instant in declared.items() if instant != usual[name]},
            **({} if said.by_self else {"by_self": False}),
            **({"place": said.place} if said.place else {}),
        }
    return facts


def from_facts(facts: dict[str, Any]) -> Status:
    kind, state = Kind(facts["kind"]), State(facts["state"])
    since, until, opens_at = (_from_text(facts.get(name)) for name in ("since", "until", "opens_at"))
    back_at = _from_text(facts["back_at"]) if "back_at" in facts else _usually_back(kind, until)
    declared = None
    if (said := facts.get("declared")) is not None:
        began = _from_text(said.get("since")) or since
        assert began is not None  # a declaration has a beginning, and both are written from it
        recorded_at = _from_text(said.get("recorded_at")) or began
        by_self, place = said.get("by_self", True), said.get("place", "")
        declared = Declaration(state, began, until, recorded_at, by_self, place)
    return Status(kind, state, since, until, back_at, opens_at, declared)


def _usually_back(kind: Kind, until: datetime | None) -> datetime | None:
    return until if kind in (Kind.AWAY, Kind.OVERDUE) else None


def _in_text(instant: datetime | None) -> str | None:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if instant is not None else None


def _from_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
