"""What the pages of the month read: its people with their reasons, what it does not count yet, and totals."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import ngettext

from accounts.models import Unit
from appraisal import reasons, rules
from appraisal.models import (
    Kind,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    UnitLedger,
    WithholdingProposal,
)
from appraisal.models.ledger import EntryQuerySet
from appraisal.reasons import Reason, Tag
from attendance import words
from attendance.cases import views
from attendance.models import Finding, FindingState
from cards.models import Cadre


@dataclass
class PersonLine:
    """What a month comes to for somebody; without a cadre, for the unit itself."""

    cadre: Cadre | None
    half_points: int = 0
    cents: int = 0
    proposal: WithholdingProposal | None = None
    reasons: list[Reason] = field(default_factory=list)

    @property
    def items(self) -> str:
        """去向不实 1 次、迟到 2 次."""
        found: dict[str, int] = defaultdict(int)
        for reason in self.reasons:
            found[str(reason.entry.item)] += 1
        return "、".join(
            ngettext("%(item)s, once", "%(item)s, %(number)s times", number)
            % {"item": item, "number": number}
            for item, number in found.items()
        )

    @property
    def proposed_cents(self) -> int:
        """After the cap."""
        return self.proposal.amount_cents if self.proposal is not None else 0

    @property
    def is_capped(self) -> bool:
        return self.proposal is not None and self.proposal.amount_cents < self.proposal.charged_cents

    @property
    def tag(self) -> Tag:
        """Of several the one that says most."""
        tags = [reason.tag for reason in self.reasons]
        waiting = [tag for tag in tags if tag.tone == "out"]
        standing = [tag for tag in tags if tag.tone != "idle"]
        return next(iter([*waiting, *standing, *tags]))


@dataclass(frozen=True)
class MonthLines:
    people: list[PersonLine]
    #: The unit's own, which cost points and no money.
    unit: PersonLine | None
    #: Reversals, and what was judged anew, of earlier months.
    corrections: list[Reason]

    @property
    def lines(self) -> list[PersonLine]:
        return [*self.people, *filter(None, [self.unit])]

    @property
    def half_points(self) -> int:
        return sum(line.half_points for line in self.lines)

    @property
    def proposed_cents(self) -> int:
        return sum(line.proposed_cents for line in self.people)

    @property
    def corrected_half_points(self) -> int:
        return sum(reason.entry.half_points for reason in self.corrections)

    @property
    def corrected_cents(self) -> int:
        return sum(reason.entry.cents for reason in self.corrections)


def entries_of(report: MonthlyReport) -> EntryQuerySet:
    return LedgerEntry.objects.filter(unit=report.unit_id, month=report.month).order_by("sequence")


def month_lines(report: MonthlyReport) -> MonthLines:
    """Everybody of whom a month has an entry, in the order of names: this is no ranking (DOMAIN §7). The same queries
    for any number."""
    found = reasons.of_entries(reasons.for_pages(entries_of(report)))
    proposals = {row.cadre_id: row for row in WithholdingProposal.objects.filter(report=report)}
    lines: dict[int | None, PersonLine] = {}
    for reason in found:
        entry = reason.entry
        if entry.kind == Kind.FINDING:
            line = lines.setdefault(entry.cadre_id, PersonLine(entry.cadre))
            line.half_points += entry.half_points
            line.cents += entry.cents
            line.reasons.append(reason)
    for cadre, line in lines.items():
        line.proposal = proposals.get(cadre) if cadre is not None else None
    people = [line for line in lines.values() if line.cadre is not None]
    corrections = [reason for reason in found if reason.entry.kind != Kind.FINDING]
    return MonthLines(sorted(people, key=_by_name), lines.get(None), corrections)


def _by_name(line: PersonLine) -> tuple[str, int]:
    assert line.cadre is not None
    return line.cadre.pinyin, line.cadre.pk


def serving(unit: Unit, month: date) -> QuerySet[Cadre]:
    """Who was in service in the unit in a month."""
    last = rules.last_day_of(month)
    return Cadre.objects.filter(Q(serves_to=None) | Q(serves_to__gte=month), unit=unit, serves_from__lte=last)


@dataclass(frozen=True)
class Waiting:
    """A problem of the month that the month does not count: open still, or decided when it had been drafted."""

    finding: Finding
    title: str
    tag: Tag
    #: Of the later month that counts it.
    entry: LedgerEntry | None = None
    #: Decided already: the month, still open, that is going to count it.
    will_count: date | None = None


def not_counted(report: MonthlyReport, today: date) -> list[Waiting]:
    days = (report.month, rules.last_day_of(report.month))
    open_ = Finding.objects.open().filter(unit=report.unit_id, day__range=days)
    shown = views(open_.select_related("item", "cadre").order_by("day", "at"), today)
    waiting = [Waiting(view.finding, view.title, Tag(view.tone, view.state)) for view in shown]
    waiting += _decided(report, days, today)
    later = LedgerEntry.objects.counted().filter(unit=report.unit_id, day__range=days, month__gt=report.month)
    for entry in later.select_related("finding__item", "finding__cadre", "unit").order_by("sequence"):
        title = words.title(entry.finding)
        waiting.append(Waiting(entry.finding, title, Tag("info", ""), entry))
    return waiting


def _decided(report: MonthlyReport, days: tuple[date, date], today: date) -> list[Waiting]:
    """Decided after the month was drafted, and in no month yet."""
    entered = LedgerEntry.objects.filter(finding=OuterRef("pk"))
    standing = Finding.objects.filter(unit=report.unit_id, day__range=days, state=FindingState.STANDING)
    found = standing.filter(~Exists(entered), decided_at__gte=report.drafted_at)
    rows = list(found.select_related("item", "cadre").order_by("day", "at"))
    if not rows:
        return []
    closed = UnitLedger.objects.values_list("closed_until", flat=True).get(unit=report.unit_id)
    month = rules.following(closed or report.month)
    return [
        Waiting(view.finding, view.title, Tag(view.tone, view.state), will_count=month)
        for view in views(rows, today)
    ]


# --- What the unit sees ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PublishedLine:
    cadre: Cadre
    half_points: int
    cents: int
    #: What is left of both today, after what was put right.
    left_half_points: int
    left_cents: int

    @property
    def is_changed(self) -> bool:
        return (self.left_half_points, self.left_cents) != (self.half_points, self.cents)


def published_lines(report: MonthlyReport) -> list[PublishedLine]:
    """Names, points and what is withheld of each, and nothing else: what a unit is shown of its month."""
    charged = entries_of(report).counted().public().order_by()
    totals = MonthTotal.objects.filter(report=report, cadre__in=charged.values("cadre"))
    proposals = {row.cadre_id: row for row in WithholdingProposal.objects.filter(report=report)}
    left = _left(report)
    found = []
    for total in totals.select_related("cadre"):
        assert total.cadre is not None
        assert total.cadre_id is not None
        proposal = proposals.get(total.cadre_id)
        found.append(
            PublishedLine(
                total.cadre,
                total.half_points,
                proposal.amount_cents if proposal is not None else 0,
                left.get(total.cadre_id, 0),
                proposal.due_cents if proposal is not None else 0,
            )
        )
    return sorted(found, key=lambda line: (line.cadre.pinyin, line.cadre.pk))


def _left(report: MonthlyReport) -> dict[int | None, int]:
    """Half-points that stand today of what the month charged, judged anew or not."""
    charged = entries_of(report).counted().order_by()
    standing = LedgerEntry.objects.standing().filter(finding__in=charged.values("finding")).order_by()
    rows = standing.values("cadre").annotate(points=Sum("half_points")).values_list("cadre", "points")
    return dict(rows)


# --- A cadre's own --------------------------------------------------------------------------------------------------


def own_reasons(cadre: Cadre, month: date) -> list[Reason]:
    entries = LedgerEntry.objects.filter(cadre=cadre, month=month).order_by("unit", "sequence")
    return reasons.of_entries(reasons.for_pages(entries))


def sums(found: Iterable[Reason]) -> tuple[int, int]:
    """Half-points and cents of these together."""
    found = list(found)
    return sum(one.entry.half_points for one in found), sum(one.entry.cents for one in found)
