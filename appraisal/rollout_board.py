"""Which unit stands where with the rollout: the board of the city and the groups, and the landing pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from accounts.access import Scope
from accounts.models import City, Unit
from appraisal.facts import rollout as rollout_facts
from appraisal.models import OrderState, RectificationOrder, Rollout, Visit, Wave
from appraisal.models.rollout import OrderQuerySet
from appraisal.rules.rollout import OF_OTHERS, Facts, Line, Stage, readiness, stage
from appraisal.services.rollout import whole
from appraisal.words import rollout as rollout_words
from common.rules import local

#: What presses stands on top.
ORDER = (
    Stage.LATE,
    Stage.REPORTED,
    Stage.READY,
    Stage.UNDER_WAY,
    Stage.AHEAD,
    Stage.UNASSIGNED,
    Stage.DONE_LATE,
    Stage.DONE,
)


@dataclass(frozen=True)
class Row:
    unit: Unit
    rollout: Rollout | None
    stage: Stage
    today: date
    #: As of today, also of a unit that the city has said is done.
    lines: tuple[Line, ...] = ()
    #: Orders that are not put right yet, and those of them that are late.
    orders: int = 0
    orders_late: int = 0
    visited_on: date | None = None

    @property
    def tone(self) -> str:
        return rollout_words.TONES[self.stage]

    @property
    def state(self) -> str:
        return str(rollout_words.STAGES[self.stage])

    @property
    def met(self) -> int:
        return sum(line.is_met for line in self.lines)

    @property
    def lacks(self) -> str:
        """“Cards issued, Plaques …”: what is still missing."""
        return rollout_words.names(line.need for line in self.lines if not line.is_met)

    @property
    def is_unreported(self) -> bool:
        """Nothing is left to the unit but to say so: what others still do makes nobody late."""
        return (
            self.rollout is not None
            and self.rollout.done_at is None
            and all(line.is_met for line in self.lines if line.need not in OF_OTHERS)
        )

    @property
    def is_open(self) -> bool:
        return self.rollout is not None and self.rollout.completed_at is None

    @property
    def left(self) -> str:
        if self.rollout is None or self.rollout.done_at is not None:
            return ""
        return rollout_words.left(self.rollout.due_on, self.today)


def read(scope: Scope, *, city: City, today: date) -> list[Row]:
    """Every unit of the scope; the same queries for any number."""
    active = Unit.objects.active(today).select_related("supervision_group")
    if scope.unit_ids is not None:
        active = active.filter(pk__in=scope.unit_ids)
    units = list(active)
    rollouts = {row.unit_id: row for row in whole().filter(unit__in=units)}
    counted = [unit for unit in units if unit.pk in rollouts]
    facts = rollout_facts.facts_of(counted, rollouts.values(), city=city, today=today)
    orders, visits = _orders(units, today), _visits(units)
    rows = [
        _row(unit, rollouts.get(unit.pk), facts.get(unit.pk), orders.get(unit.pk, (0, 0)), visits, today)
        for unit in units
    ]
    return sorted(rows, key=_order)


def _row(
    unit: Unit,
    rollout: Rollout | None,
    facts: Facts | None,
    orders: tuple[int, int],
    visits: dict[int, date],
    today: date,
) -> Row:
    lines = tuple(readiness(facts)) if facts is not None else ()
    return Row(
        unit, rollout, stage_of(rollout, facts, today), today, lines, *orders, visited_on=visits.get(unit.pk)
    )


def stage_of(rollout: Rollout | None, facts: Facts | None, today: date) -> Stage:
    if rollout is None:
        return Stage.UNASSIGNED
    return stage(
        begins_on=rollout.wave.begins_on,
        due_on=rollout.due_on,
        done_on=local(rollout.done_at).date() if rollout.done_at else None,
        is_confirmed=rollout.completed_at is not None,
        is_ready=facts is not None and all(line.is_met for line in readiness(facts)),
        today=today,
    )


def _order(row: Row) -> tuple[object, ...]:
    due_on = row.rollout.due_on if row.rollout is not None else date.max
    return ORDER.index(row.stage), not row.orders_late, due_on, row.unit.code


def _orders(units: Iterable[Unit], today: date) -> dict[int, tuple[int, int]]:
    rows = unended(RectificationOrder.objects.filter(unit__in=list(units))).order_by().values_list("unit")
    late = Count("pk", filter=Q(state=OrderState.OPEN, due_on__lt=today))
    return {unit: (number, overdue) for unit, number, overdue in rows.annotate(n=Count("pk"), late=late)}


def unended(orders: OrderQuerySet) -> OrderQuerySet:
    return orders.filter(state__in=[OrderState.OPEN, OrderState.ANSWERED])


def _visits(units: Iterable[Unit]) -> dict[int, date]:
    rows = Visit.objects.filter(unit__in=list(units)).order_by().values_list("unit")
    return dict(rows.annotate(newest=Max("visited_on")))


@dataclass(frozen=True)
class WaveLine:
    """A wave and how far it is, of the units that the reader sees."""

    wave: Wave
    total: int
    done: int
    late: int
    tone: str


def waves(rows: Iterable[Row]) -> list[WaveLine]:
    """Also those that have no unit yet."""
    by_wave: dict[int, list[Row]] = {}
    for row in rows:
        if row.rollout is not None:
            by_wave.setdefault(row.rollout.wave_id, []).append(row)
    return [_wave(wave, by_wave.get(wave.pk, [])) for wave in Wave.objects.all()]


def _wave(wave: Wave, rows: list[Row]) -> WaveLine:
    done = sum(row.stage in (Stage.DONE, Stage.DONE_LATE) for row in rows)
    late = sum(row.stage == Stage.LATE for row in rows)
    tone = "bad" if late else "on" if rows and done == len(rows) else "info"
    return WaveLine(wave, len(rows), done, late, tone)
