"""A draw that anybody can recompute: RFC 3797 over a committed secret and a value nobody controls (DOMAIN §8).

Pure, and nothing but the standard library. docs/draws.md says the same in words, and docs/recompute_draw.py says it
again without this module: what is changed here must be changed there, and gets a new first line of the pool.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: The first line of every pool.
FORMAT = "draw 1"
#: RFC 3797 numbers its hashes with two bytes.
MOST_PICKS = 1 << 16
#: The strata that are classes of units.
CLASSES = ("departments", "towns")


def select(key: str, pool: int, picks: int) -> list[int]:
    """The numbers that are drawn from 1 to `pool`, in the order in which they are drawn.

    Raises ValueError for what makes no sense.
    """
    for name, number in (("pool", pool), ("picks", picks)):
        if not isinstance(number, int) or isinstance(number, bool):
            raise ValueError(f"The number of the {name} must be a whole number; it is {number!r}.")
    if not isinstance(key, str) or not key:
        raise ValueError("The key must be a text that is not empty.")
    if pool < 1:
        raise ValueError(f"A pool has at least one candidate; this one has {pool}.")
    if not 0 <= picks <= pool:
        raise ValueError(f"From a pool of {pool} between 0 and {pool} can be drawn, not {picks}.")
    if picks > MOST_PICKS:
        raise ValueError(f"At most {MOST_PICKS} can be drawn; it is {picks}.")
    left = list(range(1, pool + 1))
    return [left.pop(_hash(key.encode(), number) % len(left)) for number in range(picks)]


def _hash(key: bytes, number: int) -> int:
    # MD5 is the RFC's. It only stirs here: what keeps anybody from choosing is the commitment and the public value.
    around = number.to_bytes(2, "big")
    return int.from_bytes(hashlib.md5(around + key + around, usedforsecurity=False).digest(), "big")


# --- The key -------------------------------------------------------------------------------------------------------


def digest(text: str) -> str:
    """SHA-256: of a secret its commitment, of a pool its hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: str) -> str:
    """A public value as it goes into the key: full-width digits become plain ones, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", value).split())


def key_of(secret: str, value: str) -> str:
    """Each part ends with a slash, as in the RFC's own example."""
    return f"{secret}/{canonical(value)}/"


def key_of_stratum(key: str, stratum: str) -> str:
    return f"{key}{stratum}/"


# --- Plan and pool -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """How many are drawn of what. `people` is for each drawn unit."""

    departments: int
    towns: int
    people: int
    leaders: int
    begins_at: datetime

    @property
    def takes(self) -> tuple[tuple[str, int], ...]:
        """Word of the pool's line -> number, in the order of the lines."""
        return (
            ("department", self.departments),
            ("town", self.towns),
            ("leader", self.leaders),
            ("person", self.people),
        )


@dataclass(frozen=True)
class Pool:
    """Who can be drawn: unit codes, and (unit code, card number) of people; each in the order of its numbers."""

    departments: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    leaders: tuple[tuple[str, str], ...] = ()
    people: tuple[tuple[str, str], ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        return (*self.departments, *self.towns)


@dataclass(frozen=True)
class Stratum:
    name: str
    take: int
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Picked:
    """What was drawn of one stratum: numbers and candidates in the order of the draw."""

    stratum: str
    pool: int
    numbers: tuple[int, ...]
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Picks:
    strata: tuple[Picked, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """The units that were drawn themselves."""
        return tuple(code for one in self.strata if one.stratum in CLASSES for code in one.candidates)

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        """(unit code, card number) of everybody drawn, leaders first."""
        return tuple(
            _pair(each) for one in self.strata if one.stratum not in CLASSES for each in one.candidates
        )

    def as_facts(self) -> list[dict[str, Any]]:
        return [
            {
                "stratum": picked.stratum,
                "pool": picked.pool,
                "numbers": list(picked.numbers),
                "candidates": list(picked.candidates),
            }
            for picked in self.strata
        ]

    @classmethod
    def from_facts(cls, facts: Iterable[dict[str, Any]]) -> "Picks":
        return cls(
            tuple(
                Picked(row["stratum"], row["pool"], tuple(row["numbers"]), tuple(row["candidates"]))
                for row in facts
            )
        )


def _pair(candidate: str) -> tuple[str, str]:
    unit, _space, who = candidate.partition(" ")
    return unit, who


# --- The pool as text, which is what is hashed ---------------------------------------------------------------------


def pool_text(plan: Plan, pool: Pool) -> str:
    """One line each, and a line feed after each: the plan, then everybody who can be drawn."""
    return "".join(f"{line}\n" for line in _lines(plan, pool))


def _lines(plan: Plan, pool: Pool) -> Iterator[str]:
    yield FORMAT
    yield f"begins {plan.begins_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield from (f"take {word} {number}" for word, number in plan.takes)
    yield from (f"department {code}" for code in pool.departments)
    yield from (f"town {code}" for code in pool.towns)
    yield from (f"leader {unit} {who}" for unit, who in pool.leaders)
    yield from (f"person {unit} {who}" for unit, who in pool.people)


def parse(text: str) -> tuple[Plan, Pool]:
    """Raises ValueError for anything but a pool of this format."""
    first, *lines = text.removesuffix("\n").split("\n")
    if first != FORMAT:
        raise ValueError(f"This pool does not begin with “{FORMAT}”.")
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        word, _space, rest = line.partition(" ")
        found[word].append(rest)
    takes = {word: int(number) for word, number in map(_pair, found["take"])}
    if len(found["begins"]) != 1 or takes.keys() != {"department", "town", "leader", "person"}:
        raise ValueError("This pool does not say what is drawn from it.")
    plan = Plan(
        departments=takes["department"],
        towns=takes["town"],
        people=takes["person"],
        leaders=takes["leader"],
        begins_at=datetime.fromisoformat(found["begins"][0]),
    )
    leaders, people = (tuple(map(_pair, found[word])) for word in ("leader", "person"))
    return plan, Pool(tuple(found["department"]), tuple(found["town"]), leaders, people)


# --- The draw ------------------------------------------------------------------------------------------------------


def first_strata(plan: Plan, pool: Pool) -> tuple[Stratum, ...]:
    """The classes of units, and the leaders of all units of the pool as a stratum of their own."""
    return (
        Stratum("departments", plan.departments, pool.departments),
        Stratum("towns", plan.towns, pool.towns),
        Stratum("leaders", plan.leaders, tuple(f"{unit} {who}" for unit, who in pool.leaders)),
    )


def stratum_of_people(plan: Plan, pool: Pool, code: str) -> Stratum:
    """The people of a drawn unit: all of them where the plan wants more than there are."""
    people = tuple(f"{unit} {who}" for unit, who in pool.people if unit == code)
    return Stratum(f"people:{code}", min(plan.people, len(people)), people)


def draw(plan: Plan, pool: Pool, key: str) -> Picks:
    """First the units and the leaders, then the people of each drawn unit in the order in which it was drawn.

    Raises ValueError when the pool is too small for the plan.
    """
    first = _pick_each(first_strata(plan, pool), key)
    units = Picks(first).units
    return Picks((*first, *_pick_each([stratum_of_people(plan, pool, code) for code in units], key)))


def _pick_each(strata: Iterable[Stratum], key: str) -> tuple[Picked, ...]:
    return tuple(_pick(stratum, key) for stratum in strata if stratum.take)


def _pick(stratum: Stratum, key: str) -> Picked:
    numbers = select(key_of_stratum(key, stratum.name), len(stratum.candidates), stratum.take)
    chosen = tuple(stratum.candidates[number - 1] for number in numbers)
    return Picked(stratum.name, len(stratum.candidates), tuple(numbers), chosen)
