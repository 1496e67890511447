"""The demonstration city: apps above register their parts in ready(), as with slots; nothing here imports upward.

Each step is one transaction that leaves a mark in the audit trail, so a build that was killed goes on where it stopped,
a later version adds its own steps, and nothing is ever built twice over what people have done since.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from common.models import AuditEntry
from common.rules import local

MARK = "demo_built"
MARKED = "common.demo"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Size:
    units: int = 107
    cadres: int = 1070
    #: Of history: so many that are over, and the running one.
    months: int = 1


@dataclass(frozen=True)
class Account:
    """One line of the table of showcase accounts."""

    role: str
    place: str
    username: str
    password: str
    first: str


@dataclass
class Build:
    """What a step gets: the size, the instant, and where to say how far it is and what stands now."""

    size: Size
    now: datetime
    progress: Progress = lambda done, total: None
    accounts: list[Account] = field(default_factory=list)
    #: Lines under the table.
    notes: list[str] = field(default_factory=list)

    @property
    def today(self) -> date:
        return local(self.now).date()

    def marked(self, name: str) -> dict[str, Any] | None:
        """What the step left behind when it was built, or None."""
        entry = AuditEntry.objects.filter(verb=MARK, subject_type=MARKED, changes__step=name).last()
        return entry.changes if entry is not None else None

    def mark(self, name: str, **facts: Any) -> None:
        AuditEntry.objects.create(
            at=self.now, verb=MARK, subject_type=MARKED, subject_id=0, changes={"step": name, **facts}
        )


#: Builds within its transaction and returns a few words on what stands now.
Builder = Callable[[Build], str]
#: Raises common.problems.Refused before anything is touched.
Check = Callable[[Size], None]


@dataclass(frozen=True)
class Step:
    order: int
    name: str
    label: Any
    builder: Builder
    #: Built once; the others look for themselves what is missing on every run.
    once: bool


_steps: dict[str, Step] = {}
_checks: list[Check] = []


def register(name: str, builder: Builder, *, label: Any, order: int, once: bool = True) -> None:
    """Add a step; called from an app's ready()."""
    _steps[name] = Step(order, name, label, builder, once)


def register_check(check: Check) -> None:
    if check not in _checks:
        _checks.append(check)


def steps() -> list[Step]:
    return sorted(_steps.values(), key=lambda step: step.order)


def check(size: Size) -> None:
    for one in _checks:
        one(size)


def run_step(step: Step, build: Build) -> str | None:
    """Build one step if it is missing; what it says, or None when it stands already."""
    with transaction.atomic():
        if step.once and build.marked(step.name) is not None:
            return None
        said = step.builder(build)
        if step.once:
            build.mark(step.name, units=build.size.units, cadres=build.size.cadres, months=build.size.months)
    return said
