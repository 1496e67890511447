"""What the ladder's triggers count: facts of a calendar year, from the ledger, closed complaints, earlier measures and
the rollout. A constant number of queries whatever the size of the city."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models.functions import Coalesce

from appraisal import rollout_facts
from appraisal.models import Counts, LedgerEntry, Sanction, Trigger
from appraisal.rules.ladder import Counted
from appraisal.services import outcomes
from common.rules import local
from complaints.models import Complaint


@dataclass(frozen=True, order=True)
class Subject:
    """A cadre, or with no cadre the unit itself."""

    unit: int
    cadre: int = 0

    @property
    def key(self) -> str:
        return f"cadre:{self.cadre}" if self.cadre else f"unit:{self.unit}"


Lines = Mapping[Subject, list[Counted]]


def triggers(only_active: bool = True) -> list[Trigger]:
    rows = Trigger.objects.select_related("item", "counted", "measure")
    return list(rows.filter(active=True) if only_active else rows)


def of_year(trigger: Trigger, year: int, today: date) -> Lines:
    """The facts that count for this trigger, by whom they are about."""
    match Counts(trigger.counts):
        case Counts.COMPLAINT:
            found = complaints(year)
        case Counts.ITEM | Counts.FINDING:
            found = findings(year, trigger)
        case Counts.MEASURE:
            found = measures(year, trigger)
        case Counts.ROLLOUT:
            found = rollout(year, today)
    return {subject: lines for subject, lines in found.items() if _concerns(trigger, subject)}


def _concerns(trigger: Trigger, subject: Subject) -> bool:
    # ROLL-2 makes the unit and its responsible leader answerable.
    return trigger.counts == Counts.ROLLOUT or bool(subject.cadre) != trigger.about_units


def complaints(year: int) -> Lines:
    """Substantiated about a person, and the last word of its matter; by the day of receipt. What was redone counts by
    its first receipt, also in another year, so that doing it again proposes nothing a second time."""
    first_received = Coalesce("redo_of__received_at", "received_at")
    cases = substantiated().annotate(first_received=first_received).filter(first_received__year=year)
    found: dict[Subject, list[Counted]] = defaultdict(list)
    fields = ("pk", "redo_of", "cadre__unit", "cadre", "first_received")
    for pk, first, unit, cadre, received in cases.values_list(*fields):
        line = Counted("complaint", first or pk, local(received).date(), "经核查属实的投诉")
        found[Subject(unit, cadre)].append(line)
    return found


def substantiated() -> Any:
    """Cases that count in the year and on the ladder; without those that are with the commission."""
    ended = Complaint.objects.filter(
        state__in=outcomes.ENDED,
        outcome__in=outcomes.SUBSTANTIATED,
        cadre__isnull=False,
        master=None,
        redone_by=None,
    )
    return ended.exclude(matter__in=Complaint.objects.referred_matters()).order_by()


def findings(year: int, trigger: Trigger | None = None) -> Lines:
    """Standing entries of the ledger, never findings: what an objection reversed counts no more."""
    rows = LedgerEntry.objects.standing().filter(day__year=year)
    item = trigger.item_id if trigger is not None else None
    rows = rows.filter(item=item) if item is not None else rows.public()
    found: dict[Subject, list[Counted]] = defaultdict(list)
    fields = ("finding", "unit", "cadre", "cadre__unit", "day", "item__name")
    for finding, unit, cadre, home, day, item in rows.order_by().values_list(*fields):
        subject = Subject(home, cadre) if cadre else Subject(unit)
        found[subject].append(Counted("finding", finding, day, item))
    return found


def measures(year: int, trigger: Trigger) -> Lines:
    """Standing measures of one rung, by the day of the decision."""
    rows = Sanction.objects.standing().decided_in(year).filter(measure=trigger.counted_id)
    found: dict[Subject, list[Counted]] = defaultdict(list)
    for pk, unit, cadre, home, day, name in rows.order_by().values_list(
        "pk", "unit", "cadre", "cadre__unit", "decided_on", "measure__name"
    ):
        subject = Subject(home, cadre) if cadre else Subject(unit)
        assert day is not None
        found[subject].append(Counted("measure", pk, day, name))
    return found


def rollout(year: int, today: date) -> Lines:
    """Of the unit, and of its responsible leader where one is named (ROLL-2)."""
    missed = rollout_facts.missed(year, today)
    leaders = rollout_facts.responsible_of(missed)
    found: dict[Subject, list[Counted]] = {}
    for unit, lines in missed.items():
        found[Subject(unit)] = list(lines)
        leader = leaders.get(unit)
        if leader is not None:
            found[Subject(leader.unit_id, leader.pk)] = list(lines)
    return found


# --- What stands still ------------------------------------------------------------------------------------------------


def as_basis(lines: Iterable[Counted]) -> list[dict[str, Any]]:
    return [
        {"kind": line.kind, "key": line.key, "day": line.day.isoformat(), "words": line.words}
        for line in lines
    ]


def from_basis(basis: Iterable[Mapping[str, Any]]) -> list[Counted]:
    return [
        Counted(line["kind"], line["key"], date.fromisoformat(line["day"]), line["words"]) for line in basis
    ]


def fallen(sanction: Sanction, today: date) -> list[Counted]:
    """Lines of its basis that no longer stand: reversed, found otherwise when done again, set aside."""
    trigger = next((one for one in triggers(only_active=False) if one.code == sanction.rule), None)
    if trigger is None:
        return []
    found = of_year(trigger, sanction.year, today)
    there = {(line.kind, line.key) for lines in found.values() for line in lines}
    return [line for line in from_basis(sanction.basis) if (line.kind, line.key) not in there]


# --- On the way to the next -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """“2 of 3 this year”: how far the next proposal of a rule is."""

    trigger: Trigger
    count: int
    lines: list[Counted]


def progress(subject: Subject, year: int, today: date) -> list[Progress]:
    """Of every rule in use that has counted something about them this year."""
    found = []
    for trigger in triggers():
        lines = sorted(of_year(trigger, year, today).get(subject, []), key=lambda line: (line.day, line.key))
        if lines:
            found.append(Progress(trigger, len(lines), lines))
    return found
