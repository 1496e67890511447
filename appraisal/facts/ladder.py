"""What the ladder's triggers count: facts of a calendar year, from the ledger, closed complaints, earlier measures and
the rollout. A constant number of queries whatever the size of the city."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from appraisal.bulletins.content import date_text
from appraisal.facts import rollout as rollout_facts
from appraisal.models import Counts, LedgerEntry, Sanction, Trigger
from appraisal.rules.ladder import Counted, towards_next
from appraisal.services import outcomes
from common.rules import local
from complaints.models import Complaint

#: What a line says of a complaint: never a word of it. In Chinese, since it stands on the decision.
COMPLAINT_WORDS = "经核查属实的投诉（{}收到）"


@dataclass(frozen=True, order=True)
class Subject:
    """A cadre, or with no cadre the unit itself."""

    unit: int
    cadre: int = 0

    @property
    def key(self) -> str:
        return f"cadre:{self.cadre}" if self.cadre else f"unit:{self.unit}"


Lines = Mapping[Subject, list[Counted]]


def about(sanction: Sanction) -> Subject:
    """Whom its facts are about: a cadre where they serve now, as facts are counted."""
    if sanction.cadre is not None:
        return Subject(sanction.cadre.unit_id, sanction.cadre.pk)
    return Subject(sanction.unit_id)


def triggers(only_active: bool = True) -> list[Trigger]:
    rows = Trigger.objects.select_related("item", "counted", "measure")
    return list(rows.filter(active=True) if only_active else rows)


def of_year(trigger: Trigger, year: int, today: date, only: Subject | None = None) -> Lines:
    """The facts that count for this trigger, by whom they are about; or of one of them alone."""
    match Counts(trigger.counts):
        case Counts.COMPLAINT:
            found = complaints(year, only)
        case Counts.ITEM | Counts.FINDING:
            found = findings(year, trigger, only)
        case Counts.MEASURE:
            found = measures(year, trigger, only)
        case Counts.ROLLOUT:
            found = rollout(year)
    return {subject: lines for subject, lines in found.items() if _concerns(trigger, subject)}


def up_to(found: Lines, day: date) -> Lines:
    return {subject: [line for line in lines if line.day <= day] for subject, lines in found.items()}


def _concerns(trigger: Trigger, subject: Subject) -> bool:
    # ROLL-2 makes the unit and its responsible leader answerable.
    return trigger.counts == Counts.ROLLOUT or bool(subject.cadre) != trigger.about_units


def complaints(year: int, only: Subject | None = None) -> Lines:
    """Substantiated about a person, and the last word of its matter; in the year of receipt, by the day on which it was
    closed as that. What was redone counts by its first receipt, also in another year, so that doing it again proposes
    nothing a second time."""
    first_received = Coalesce("redo_of__received_at", "received_at")
    cases = substantiated().annotate(first_received=first_received).filter(first_received__year=year)
    if only is not None:
        cases = cases.filter(cadre=only.cadre)
    found: dict[Subject, list[Counted]] = defaultdict(list)
    fields = ("pk", "redo_of", "cadre__unit", "cadre", "first_received", "closed_at")
    for pk, first, unit, cadre, received, closed in cases.values_list(*fields):
        words = COMPLAINT_WORDS.format(date_text(local(received).date()))
        line = Counted("complaint", first or pk, local(closed or received).date(), words)
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


def findings(year: int, trigger: Trigger | None = None, only: Subject | None = None) -> Lines:
    """Standing entries of the ledger, never findings: what an objection reversed counts no more. What went straight
    to the commission is counted by nothing that the unit sees."""
    rows = LedgerEntry.objects.standing().public().filter(day__year=year)
    if trigger is not None and trigger.item_id is not None:
        rows = rows.filter(item=trigger.item_id)
    rows = _of(rows, only)
    found: dict[Subject, list[Counted]] = defaultdict(list)
    fields = ("finding", "unit", "cadre", "cadre__unit", "day", "item__name")
    for finding, unit, cadre, home, day, item in rows.order_by().values_list(*fields):
        subject = Subject(home, cadre) if cadre else Subject(unit)
        found[subject].append(Counted("finding", finding, day, item))
    return found


def measures(year: int, trigger: Trigger | None = None, only: Subject | None = None) -> Lines:
    """Standing measures, of the rung that is counted, by the day of the decision."""
    rows = Sanction.objects.standing().decided_in(year)
    if trigger is not None:
        rows = rows.filter(measure=trigger.counted_id)
    rows = _of(rows, only)
    found: dict[Subject, list[Counted]] = defaultdict(list)
    fields = ("pk", "unit", "cadre", "cadre__unit", "decided_on", "measure__name")
    for pk, unit, cadre, home, day, name in rows.order_by().values_list(*fields):
        subject = Subject(home, cadre) if cadre else Subject(unit)
        assert day is not None
        found[subject].append(Counted("measure", pk, day, name))
    return found


def _of(rows: Any, only: Subject | None) -> Any:
    if only is None:
        return rows
    return rows.filter(cadre=only.cadre) if only.cadre else rows.filter(cadre=None, unit=only.unit)


def rollout(year: int) -> Lines:
    """Of the unit, and of the leader who answered for it on the day that was missed (ROLL-2)."""
    found: dict[Subject, list[Counted]] = defaultdict(list)
    for missed in rollout_facts.missed_orders(year):
        found[Subject(missed.unit_id)].append(missed.line)
        if missed.leader is not None:
            found[Subject(missed.leader.unit_id, missed.leader.pk)].append(missed.line)
    return found


def deadlines(year: int, today: date) -> Lines:
    """No rule counts them: they lead to an order. Somebody of the Express may."""
    missed = rollout_facts.missed_deadlines(year, today)
    return {Subject(unit): lines for unit, lines in missed.items()}


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
    lines = from_basis(sanction.basis)
    keys: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        keys[line.kind].add(line.key)
    there = {(kind, key) for kind, own in keys.items() for key in _there(kind, own, sanction, today)}
    return [line for line in lines if (line.kind, line.key) not in there]


def _there(kind: str, keys: Collection[int], sanction: Sanction, today: date) -> set[int]:
    """Of these facts of one kind, those that stand."""
    if kind == "complaint":
        rows = substantiated().filter(Q(pk__in=keys) | Q(redo_of__in=keys))
        return {first or pk for pk, first in rows.values_list("pk", "redo_of")}
    if kind == "finding":
        entries = LedgerEntry.objects.standing().public().filter(finding__in=keys)
        return set(entries.order_by().values_list("finding", flat=True))
    if kind == "measure":
        return set(Sanction.objects.standing().filter(pk__in=keys).order_by().values_list("pk", flat=True))
    if kind == "order":
        return {missed.line.key for missed in rollout_facts.missed_orders(sanction.year)}
    # A deadline that was missed stays missed, whatever day the unit is given afterwards.
    return set(keys)


def of_subject(subject: Subject, year: int, today: date) -> list[Counted]:
    """Whatever can be counted about them in a year, in the order of its day."""
    sources = (
        complaints(year, subject),
        findings(year, None, subject),
        measures(year, None, subject),
        rollout(year),
        deadlines(year, today),
    )
    lines = [line for found in sources for line in found.get(subject, [])]
    return sorted(lines, key=lambda line: (line.day, line.kind, line.key))


# --- On the way to the next -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """“2 of 3 this year”: how far the next proposal of a rule is."""

    trigger: Trigger
    lines: list[Counted]

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def times(self) -> int:
        return self.trigger.times

    @property
    def towards(self) -> int:
        """Of the next one; what has made a full number counts no more."""
        return towards_next(self.count, self.times)


def progress(subject: Subject, year: int, today: date) -> list[Progress]:
    """Of every rule in use that has counted something about them this year."""
    found = []
    for trigger in triggers():
        lines = of_year(trigger, year, today, subject).get(subject, [])
        if lines:
            found.append(Progress(trigger, sorted(lines, key=lambda line: (line.day, line.kind, line.key))))
    return found
