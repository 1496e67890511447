"""What the units of a county-level city do, office by office, in the words of a plaque. Invented, but plausible."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("work.txt")
#: Sections for everybody whom no other fits, and for the offices that every department has besides.
OTHERS, SHARED = "（其他）", "（共有）"
TOWNS = ("街道", "镇", "乡")


@dataclass(frozen=True)
class Bureau:
    """An office and the duties of those who sit in it; one with windows serves citizens on the ground floor."""

    name: str
    duties: tuple[str, ...]
    counter: bool


def bureaus(unit_name: str) -> tuple[Bureau, ...]:
    known = sections()
    shared = known[(SHARED,)]
    for words, offices in known.items():
        if any(word in unit_name for word in words):
            return offices if unit_name.endswith(TOWNS) else (*offices, *shared)
    return (*known[(OTHERS,)], shared[0])


@cache
def sections() -> dict[tuple[str, ...], tuple[Bureau, ...]]:
    found: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}
    offices: list[tuple[str, list[str]]] = []
    for line in SOURCE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            offices = found[tuple(line.strip("[]").split())] = []
        elif line.startswith("  "):
            offices[-1][1].append(line.strip())
        elif line and not line.startswith("#"):
            offices.append((line, []))
    return {words: tuple(_bureau(*office) for office in made) for words, made in found.items()}


def _bureau(title: str, duties: list[str]) -> Bureau:
    return Bureau(title.removesuffix(" +"), tuple(duties), title.endswith(" +"))
