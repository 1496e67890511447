"""Dataclasses as canonical text: kept in a row, hashed, and read again years later. Nothing is guessed on the way back.

A content is made of other contents, tuples, text, whole numbers, days and None; it knows no fraction.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final, Self

#: Of the canonical form. A later one must go on reading the rows written by this.
FORMAT: Final = 1
#: Metadata of a field that came later: as long as it says nothing it is left out, so that what was frozen before it
#: stays the same text, and has the same hash.
LATER: Final = {"later": True}


class Frozen:
    """The base of a frozen dataclass that is a whole document."""

    __slots__ = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Canonical: the same content is the same text, whatever writes it."""
        facts = {"format": FORMAT, **_plain(self)}
        return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError."""
        facts = json.loads(text, parse_float=_no_floats, parse_constant=_no_floats)
        if not isinstance(facts, dict) or facts.pop("format", None) != FORMAT:
            name = cls.__name__
            raise ValueError(f"This is not the content of a {name}, or of a later version of the program.")
        return typing.cast(Self, _build(cls, facts))


def _no_floats(text: str) -> Any:
    raise ValueError(f"Official documents count in whole numbers, not {text}.")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        there = (field for field in fields(value) if not _is_silent(field, value))
        return {field.name: _plain(getattr(value, field.name)) for field in there}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} has no canonical form.")


def _is_silent(field: dataclasses.Field[Any], value: Any) -> bool:
    return bool(field.metadata.get("later")) and getattr(value, field.name) == field.default


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    """The value of that type, or an error."""
    if typing.get_origin(kind) is tuple:
        return tuple(_build(typing.get_args(kind)[0], each) for each in _is(list, value))
    if isinstance(kind, types.UnionType):
        (other,) = (each for each in typing.get_args(kind) if each is not types.NoneType)
        return None if value is None else _build(other, value)
    if is_dataclass(kind):
        return _record(typing.cast(type, kind), _is(dict, value))
    if kind is date:
        return date.fromisoformat(_is(str, value))
    return _is(kind, value)


def _record(kind: type, facts: dict[str, Any]) -> Any:
    hints = _hints(kind)
    if unknown := sorted(set(facts) - set(hints)):
        raise ValueError(f"{kind.__name__} knows no {', '.join(unknown)}.")
    required = {field.name for field in fields(kind) if field.default is dataclasses.MISSING}
    if missing := sorted(required - set(facts)):
        raise ValueError(f"{kind.__name__} lacks {', '.join(missing)}.")
    return kind(**{name: _build(hints[name], value) for name, value in facts.items()})


def _is(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{value!r} is not of type {kind.__name__}.")
    return value
