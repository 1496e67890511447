"""Whether the ledger is what was written, and everything counted from it is its sum. Reads only; memory stays flat.

Each step is a fixed number of statements, whatever the number of units, months and entries: the chains are read once
in their order, the rest are comparisons that the database makes and of which it hands back what differs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Unit
from appraisal import chain, printed, rules
from appraisal.bulletins.content import money_text, points_text
from appraisal.models import (
    Bulletin,
    BulletinCounter,
    BulletinHead,
    Kind,
    LedgerEntry,
    MonthlyReport,
    MonthTotal,
    Sanction,
    Standard,
    UnitLedger,
    WithholdingProposal,
)
from appraisal.services.closing import BATCH
from appraisal.services.ledger import entry_facts, fact_digest, version_value
from attendance.models import FindingState, Item
from common.models import AuditEntry

M = TypeVar("M", bound=Model)
#: What is withdrawn after it was counted is reversed within the hour (services.aftermath).
PATIENCE = timedelta(days=1)
#: What became of a finding, which no hash covers.
NOT_ASKED = tuple(
    f"finding__{name}"
    for name in ("photo", "recorded_at", "told_at", "told_how", "defence_until", "defence", "defended_at")
    + ("exemption", "decision_reason", "decided_at")
)


@contextmanager
def snapshot() -> Iterator[None]:
    """All statements see one moment, and nobody has to wait: what is written meanwhile is no break."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # atomic() would take the lock of writers (transaction_mode IMMEDIATE) and hold it to the end.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


@dataclass(frozen=True)
class Fault:
    """What is not as it was written, in a sentence for the person who asked."""

    sentence: str
    unit: Unit | None = None
    sequence: int | None = None

    def __str__(self) -> str:
        return f"{self.unit.code} {self.unit.name}：{self.sentence}" if self.unit else self.sentence


def entries_of(unit: Unit | None, *related: str, but: Sequence[str] = ()) -> Iterator[LedgerEntry]:
    """Every entry in its order, with what `entry_facts` needs at hand. The few units, items and versions are the same
    for all of them: joined to each they would take twice the time."""
    rows = _only(LedgerEntry.objects.all(), unit).order_by("unit__code", "sequence")
    rows = rows.select_related("reverses", *related).defer(*but)
    units, items = Unit.objects.in_bulk(), Item.objects.in_bulk()
    standards = Standard.objects.in_bulk()
    for entry in rows.iterator(chunk_size=BATCH):
        entry.unit, entry.item = units[entry.unit_id], items[entry.item_id]
        entry.standard = standards[entry.standard_id]
        if "finding" in related:
            found = entry.finding
            found.unit, found.place = units[found.unit_id], units[found.place_id]
            found.item = items[found.item_id]
        yield entry


def _only(rows: QuerySet[M], unit: Unit | None, path: str = "unit") -> QuerySet[M]:
    return rows if unit is None else rows.filter(**{path: unit.pk})


def _facts(entry: LedgerEntry) -> dict[str, Any]:
    """SQLite stores a fraction in a column of integers if somebody insists: another value then, and not a crash."""
    facts = entry_facts(entry)
    return {name: str(value) if isinstance(value, float) else value for name, value in facts.items()}


def canonical_line(entry: LedgerEntry) -> bytes:
    """An entry for docs/verify_ledger.py: its facts and the two hashes, in canonical form."""
    return chain.canonical({**_facts(entry), "previous": entry.previous, "hash": entry.hash})


@dataclass
class Verification:
    """One run over everything, or over one unit; `faults` finds and counts."""

    now: datetime
    unit: Unit | None = None
    #: Told the number of entries read.
    progress: Callable[[int], None] = lambda entries: None
    entries: int = 0
    units: int = 0
    #: By unit, where its chain stops being whole.
    broken: dict[int, int] = field(default_factory=dict)

    def faults(self) -> Iterator[Fault]:
        yield from self._chains()
        yield from self._charges()
        yield from self._seals()
        yield from self._contents()
        yield from self._totals()
        yield from self._proposals()
        yield from self._bulletin_heads()
        if self.unit is None:
            yield from _bulletins()
            yield from _bulletin_numbers()
            yield from _decisions()

    # --- Chains -------------------------------------------------------------------------------------------------------

    def _chains(self) -> Iterator[Fault]:
        ends = {row.unit_id: row for row in self._ends()}
        for unit in self._without_end():
            yield Fault(_("the end of the chain is not on record: its row is missing."), unit)
        costs = {row.pk: version_value(row) for row in Standard.objects.prefetch_related("items__item")}
        rows = entries_of(self.unit, "finding", but=NOT_ASKED)
        for unit_id, found in groupby(rows, key=lambda entry: entry.unit_id):
            yield from self._chain(_Reader(found, costs), ends.pop(unit_id, None))
        for end in ends.values():
            yield from _end_faults(end.unit, None, end)

    def _ends(self) -> QuerySet[UnitLedger]:
        rows = _only(UnitLedger.objects.select_related("unit"), self.unit)
        return rows.annotate(drafted=Max("unit__monthly_reports__month")).order_by("unit__code")

    def _without_end(self) -> QuerySet[Unit]:
        written = Exists(LedgerEntry.objects.filter(unit=OuterRef("pk")))
        drafted = Exists(MonthlyReport.objects.filter(unit=OuterRef("pk")))
        return _only(Unit.objects.filter(Q(written) | Q(drafted), ledger=None), self.unit, "pk")

    def _chain(self, reader: "_Reader", end: UnitLedger | None) -> Iterator[Fault]:
        links = reader.links()
        broken = chain.first_break(links)
        for _rest in links:
            pass
        last = reader.last
        assert last is not None
        self.units, self.entries = self.units + 1, self.entries + reader.number
        self.progress(self.entries)
        if broken is not None:
            self.broken[last.unit_id] = broken.sequence
            yield Fault(_words_of(broken), last.unit, broken.sequence)
        yield from reader.faults
        if end is not None:
            yield from _end_faults(last.unit, last, end)

    # --- Charges ------------------------------------------------------------------------------------------------------

    def _charges(self) -> Iterator[Fault]:
        standing = _only(LedgerEntry.objects.standing(), self.unit).select_related("unit", "finding")
        waits = Q(finding__state=FindingState.WITHDRAWN, finding__decided_at__gt=self.now - PATIENCE)
        over = standing.exclude(finding__state=FindingState.STANDING).exclude(waits)
        for entry in over.iterator(chunk_size=BATCH):
            words = _("entry %(sequence)s still charges finding %(finding)s, which no longer stands.")
            yield _at(entry, words % {"sequence": entry.sequence, "finding": entry.finding_id})
        twice = LedgerEntry.objects.standing().values("finding").annotate(number=Count("pk")).order_by()
        again = standing.filter(finding__in=twice.filter(number__gt=1).values("finding"))
        for entry in again.order_by("finding", "pk").iterator(chunk_size=BATCH):
            words = _("entry %(sequence)s charges finding %(finding)s, which another entry charges as well.")
            yield _at(entry, words % {"sequence": entry.sequence, "finding": entry.finding_id})
        reversals = _only(LedgerEntry.objects.filter(kind=Kind.REVERSAL), self.unit).select_related("unit")
        for entry in reversals.exclude(_mirrors()).iterator(chunk_size=BATCH):
            words = _("entry %(sequence)s does not take back exactly what it names.")
            yield _at(entry, words % {"sequence": entry.sequence})

    # --- Months -------------------------------------------------------------------------------------------------------

    def _reports(self) -> QuerySet[MonthlyReport]:
        return _only(MonthlyReport.objects.select_related("unit"), self.unit)

    def _seals(self) -> Iterator[Fault]:
        """Where the chain stood when a month was sealed."""
        for report in _not_passed(self._reports(), "unit").order_by("unit__code", "month"):
            words = _("when %(month)s was sealed the chain stood at entry %(sequence)s with another hash.")
            given = {"month": f"{report.month:%Y-%m}", "sequence": report.sequence}
            yield Fault(words % given, report.unit, report.sequence)

    def _contents(self) -> Iterator[Fault]:
        """What a month contains, read beside the seals in the same order."""
        rows = _only(LedgerEntry.objects.all(), self.unit).order_by("unit_id", "month", "sequence")
        columns = rows.values_list("unit_id", "month", "kind", "hash").iterator(chunk_size=BATCH)
        months = ((key, list(group)) for key, group in groupby(columns, key=lambda row: (row[0], row[1])))
        reports = self._reports().order_by("unit_id", "month").iterator(chunk_size=BATCH)
        for report, found in _beside(reports, months):
            if report is not None:
                yield from _content_faults(report, found)
        yield from self._unsealed()

    def _unsealed(self) -> Iterator[Fault]:
        sealed = MonthlyReport.objects.filter(unit=OuterRef("unit"), month=OuterRef("month"))
        over = LedgerEntry.objects.filter(month__lte=F("unit__ledger__closed_until")).exclude(Exists(sealed))
        found = list(_only(over, self.unit).values_list("unit", "month").order_by("unit", "month").distinct())
        units = Unit.objects.in_bulk({unit for unit, _month in found})
        for unit, month in found:
            words = _("%(month)s has entries and is over, but its seal is missing.")
            yield Fault(words % {"month": f"{month:%Y-%m}"}, units[unit])

    def _totals(self) -> Iterator[Fault]:
        """A total for everybody of whom the month has an entry, with its sums; nobody else."""
        sealed = MonthlyReport.objects.filter(unit=OuterRef("unit"), month=OuterRef("month"))
        entries = _only(LedgerEntry.objects.filter(Exists(sealed)), self.unit).order_by()
        charge, other = Q(kind=Kind.FINDING), ~Q(kind=Kind.FINDING)
        sums = entries.values("unit", "month", "cadre", "cadre__name").annotate(
            number=Count("pk", filter=charge),
            points=Coalesce(Sum("half_points", filter=charge), 0),
            money=Coalesce(Sum("cents", filter=charge), 0),
            less_points=Coalesce(Sum("half_points", filter=other), 0),
            less_money=Coalesce(Sum("cents", filter=other), 0),
        )
        totals = _only(MonthTotal.objects.order_by(), self.unit, "report__unit").values_list(
            "report__unit",
            "report__month",
            "cadre",
            "cadre__name",
            *("entries", "half_points", "cents", "corrected_half_points", "corrected_cents"),
        )
        right, stored = _differences(sums.values_list(*SUMS), totals)
        units = Unit.objects.in_bulk({key[0] for key in right | stored})
        for key in sorted(right | stored, key=_unit_month_name):
            words = {"who": _who(key[3]), "month": f"{key[1]:%Y-%m}"}
            words |= {"stored": _sums(stored.get(key)), "right": _sums(right.get(key))}
            sentence = _("the total of %(month)s for %(who)s is %(stored)s; its entries come to %(right)s.")
            yield Fault(sentence % words, units[key[0]])

    # --- Withholding --------------------------------------------------------------------------------------------------

    def _proposals(self) -> Iterator[Fault]:
        charged = MonthTotal.objects.filter(cadre__isnull=False, cents__gt=0)
        there = WithholdingProposal.objects.filter(report=OuterRef("report"), cadre=OuterRef("cadre"))
        without = _only(charged.exclude(Exists(there)), self.unit, "report__unit")
        for total in _with_room(without).select_related("report__unit", "cadre").iterator(chunk_size=BATCH):
            words = _("%(month)s charges %(who)s, and no withholding is proposed.")
            yield Fault(words % _of_whom(total), total.report.unit)
        rows = _only(WithholdingProposal.objects.all(), self.unit, "report__unit")
        for proposal in _wrong(rows).select_related("report__unit", "cadre").iterator(chunk_size=BATCH):
            words = _("the withholding of %(month)s for %(who)s does not follow from its total and the cap.")
            yield Fault(words % _of_whom(proposal), proposal.report.unit)

    # --- Bulletins ----------------------------------------------------------------------------------------------------

    def _bulletin_heads(self) -> Iterator[Fault]:
        rows = _only(BulletinHead.objects.select_related("unit", "bulletin"), self.unit)
        for head in _not_passed(rows, "unit").order_by("bulletin", "unit__code"):
            words = _("the chain no longer passes through entry %(sequence)s as %(bulletin)s printed it.")
            given = {"sequence": head.sequence, "bulletin": _name_of(head.bulletin)}
            yield Fault(words % given, head.unit, head.sequence)


def _mirrors() -> Q:
    """A reversal takes back the whole of an earlier charge of the same unit, person and fact."""
    same = {name: F(f"reverses__{name}") for name in ("unit", "finding", "item", "day", "standard")}
    person = Q(cadre=F("reverses__cadre")) | Q(cadre=None, reverses__cadre=None)
    amount = Q(half_points=-F("reverses__half_points"), cents=-F("reverses__cents"), **same)
    return amount & person & Q(reverses__sequence__lt=F("sequence")) & ~Q(reverses__kind=Kind.REVERSAL)


class _Reader:
    """The entries of one unit on their way through the chain, each held against its finding and its price."""

    def __init__(self, rows: Iterable[LedgerEntry], costs: dict[int, rules.Version]) -> None:
        self.rows, self.costs = rows, costs
        self.last: LedgerEntry | None = None
        self.number = 0
        self.faults: list[Fault] = []

    def links(self) -> Iterator[chain.Link]:
        for entry in self.rows:
            self.last, self.number = entry, self.number + 1
            if entry.kind != Kind.REVERSAL:
                self._look_at(entry)
            yield chain.Link(entry.sequence, entry.previous, entry.hash, _facts(entry))

    def _look_at(self, charge: LedgerEntry) -> None:
        found = charge.finding
        same = (charge.unit_id, charge.cadre_id, charge.item_id, charge.day)
        if charge.fact != fact_digest(found) or same != (
            found.unit_id,
            found.cadre_id,
            found.item_id,
            found.day,
        ):
            words = _("finding %(finding)s no longer says what it said when entry %(sequence)s was written.")
            self._note(charge, words)
        if (charge.half_points, charge.cents) != _cost(charge, self.costs[charge.standard_id]):
            self._note(
                charge, _("entry %(sequence)s does not cost what version %(version)s of the standard says.")
            )

    def _note(self, entry: LedgerEntry, words: str) -> None:
        given = {"sequence": entry.sequence, "finding": entry.finding_id, "version": entry.standard.version}
        self.faults.append(_at(entry, words % given))


def _cost(charge: LedgerEntry, version: rules.Version) -> tuple[int, int]:
    price = version.prices.get(charge.item.code, rules.Price(0))
    half_points = rules.half_points_of(price, charge.before_in_month, charge.before_in_window)
    return half_points, 0 if charge.cadre_id is None else rules.cents_of(half_points, version.cents_per_point)


def _at(entry: LedgerEntry, sentence: str) -> Fault:
    return Fault(sentence, entry.unit, entry.sequence)


def _words_of(broken: chain.Break) -> str:
    words = {
        chain.GAP: _("entry %(sequence)s is missing."),
        chain.PREVIOUS: _("entry %(sequence)s does not follow from the one before it."),
        chain.HASH: _("entry %(sequence)s does not say what it said when it was written."),
    }
    return words[broken.word] % {"sequence": broken.sequence}


def _end_faults(unit: Unit, last: LedgerEntry | None, end: UnitLedger) -> Iterator[Fault]:
    sequence, head = (last.sequence, last.hash) if last is not None else (0, chain.GENESIS)
    given = {"sequence": sequence, "recorded": end.sequence}
    if end.sequence != sequence:
        words = _("the chain ends with entry %(sequence)s; on record its last one is %(recorded)s.")
        yield Fault(words % given, unit, min(sequence, end.sequence) + 1)
    elif end.head != head:
        words = _("the chain ends with entry %(sequence)s; on record it has another hash.")
        yield Fault(words % given, unit, sequence)
    drafted: date | None = getattr(end, "drafted", None)
    if drafted != end.closed_until:
        words = _("the last sealed month is %(drafted)s; on record it is %(closed)s.")
        yield Fault(words % {"drafted": _month(drafted), "closed": _month(end.closed_until)}, unit)


def _month(month: date | None) -> str:
    return f"{month:%Y-%m}" if month is not None else _("no month")


def _not_passed(rows: QuerySet[M], unit: str) -> QuerySet[M]:
    """Of rows with `sequence` and `head`: those through which no entry of their unit passes."""
    here = LedgerEntry.objects.filter(
        unit=OuterRef(unit), sequence=OuterRef("sequence"), hash=OuterRef("head")
    )
    return rows.exclude(Exists(here)).exclude(sequence=0, head=chain.GENESIS)


# --- Months -----------------------------------------------------------------------------------------------------------

#: Unit, month, person and name; then number, points and money, and what is put right of earlier months.
SUMS = ("unit", "month", "cadre", "cadre__name", "number", "points", "money", "less_points", "less_money")
KEY = 4

Month = tuple[int, date]
Row = tuple[int, date, str, str]


def _beside(
    reports: Iterator[MonthlyReport], months: Iterator[tuple[Month, list[Row]]]
) -> Iterator[tuple[MonthlyReport | None, list[Row]]]:
    """Seal and entries of the same unit and month, both in that order; one of the two may be missing."""
    report, month = next(reports, None), next(months, None)
    while report is not None or month is not None:
        key = None if report is None else (report.unit_id, report.month)
        if month is None or (key is not None and key < month[0]):
            yield report, []
            report = next(reports, None)
        elif key is None or month[0] < key:
            yield None, month[1]
            month = next(months, None)
        else:
            yield report, month[1]
            report, month = next(reports, None), next(months, None)


def _content_faults(report: MonthlyReport, found: Sequence[Row]) -> Iterator[Fault]:
    hashes = [row[3] for row in found]
    content = chain.digest({"unit": report.unit.code, "month": report.month, "entries": hashes})
    charges = sum(row[2] == Kind.FINDING for row in found)
    if content != report.content_hash:
        words = _("the entries of %(month)s are not those that were sealed.")
        yield Fault(words % {"month": f"{report.month:%Y-%m}"}, report.unit)
    elif (report.entries, report.corrections) != (charges, len(found) - charges):
        words = _("%(month)s was sealed with another number of entries.")
        yield Fault(words % {"month": f"{report.month:%Y-%m}"}, report.unit)


Sums = dict[tuple[Any, ...], tuple[int, ...]]


def _differences(expected: QuerySet[Any, Any], stored: QuerySet[Any, Any]) -> tuple[Sums, Sums]:
    """What only one of the two says, by the columns that name it; the database compares."""
    both = expected.difference(stored), stored.difference(expected)
    return tuple({row[:KEY]: row[KEY:] for row in rows} for rows in both)  # type: ignore[return-value]


def _unit_month_name(key: tuple[Any, ...]) -> tuple[int, date, str]:
    return key[0], key[1], key[3] or ""


def _who(name: str | None) -> str:
    return name or _("the unit itself")


def _sums(row: tuple[int, ...] | None) -> str:
    if row is None:
        return _("not there")
    number, points, money, less_points, less_money = row
    counted = ngettext("%(number)s finding", "%(number)s findings", number) % {"number": number}
    return _(
        "%(counted)s, %(points)s points, %(money)s yuan (corrections %(less_points)s, %(less_money)s)"
    ) % {
        "counted": counted,
        "points": points_text(points),
        "money": money_text(money),
        "less_points": points_text(less_points),
        "less_money": money_text(less_money),
    }


def _of_whom(row: MonthTotal | WithholdingProposal) -> dict[str, str]:
    return {"month": f"{row.report.month:%Y-%m}", "who": _who(row.cadre.name if row.cadre else None)}


def _wrong(rows: QuerySet[WithholdingProposal]) -> QuerySet[WithholdingProposal]:
    """Charged is the total, proposed what its room leaves of it, released what no longer stands of that; and the room
    is the cap, less what others proposed before of the same allowance: at most as much as they proposed, and at least
    what is left of that now."""
    total = MonthTotal.objects.filter(report=OuterRef("report"), cadre=OuterRef("cadre"))
    first = {
        "finding__ledger_entries__kind": Kind.FINDING,
        "finding__ledger_entries__unit": OuterRef("report__unit"),
        "finding__ledger_entries__month": OuterRef("report__month"),
        "finding__ledger_entries__cadre": OuterRef("cadre"),
    }
    standing = LedgerEntry.objects.standing().filter(**first).order_by().values("unit")
    still = Subquery(standing.annotate(all=Sum("cents")).values("all"))
    before = _of_the_same_allowance().filter(pk__lt=OuterRef("pk"))
    return rows.annotate(
        total=Coalesce(Subquery(total.values("cents")), 0),
        still=Least(Coalesce(still, 0), F("cap_cents"), output_field=IntegerField()),
        most_taken=_sum(before, F("amount_cents")),
        least_taken=_sum(before, F("amount_cents") - F("released_cents")),
    ).exclude(
        charged_cents=F("total"),
        amount_cents=Least(F("charged_cents"), F("cap_cents")),
        released_cents=F("amount_cents") - F("still"),
        cap_cents__gte=F("standard__cap_cents") - F("most_taken"),
        cap_cents__lte=F("standard__cap_cents") - F("least_taken"),
    )


def _with_room(totals: QuerySet[MonthTotal]) -> QuerySet[MonthTotal]:
    """Of which something was to be proposed: others had not proposed the whole allowance."""
    others = _of_the_same_allowance()
    cap = others.order_by("pk").values("standard__cap_cents")[:1]
    taken = _sum(others, F("amount_cents"))
    return totals.annotate(taken=taken, cap=Subquery(cap)).exclude(cap__isnull=False, taken__gte=F("cap"))


def _of_the_same_allowance() -> QuerySet[WithholdingProposal]:
    """Proposals of the same person and month, whichever unit charges them."""
    return WithholdingProposal.objects.filter(
        cadre=OuterRef("cadre"), report__month=OuterRef("report__month")
    ).order_by()


def _sum(rows: QuerySet[WithholdingProposal], cents: F | CombinedExpression) -> Coalesce:
    return Coalesce(Subquery(rows.values("cadre").annotate(all=Sum(cents)).values("all")), 0)


# --- Bulletins --------------------------------------------------------------------------------------------------------


def _name_of(bulletin: Bulletin) -> str:
    return _("bulletin %(serial)s of %(year)s") % {"serial": bulletin.serial, "year": bulletin.year}


def _bulletins() -> Iterator[Fault]:
    """What was signed is what is frozen, and its heads are those kept beside it."""
    for bulletin in Bulletin.objects.signed().prefetch_related("heads__unit").iterator(chunk_size=20):
        words = {"bulletin": _name_of(bulletin)}
        digest, heads = _frozen(bulletin.content)
        if digest != bulletin.content_hash:
            yield Fault(_("%(bulletin)s: its content is not what was signed.") % words)
        if heads != {(row.unit.code, row.sequence, row.head) for row in bulletin.heads.all()}:
            yield Fault(_("%(bulletin)s: the heads kept beside it are not those that it prints.") % words)


def _frozen(content: Any) -> tuple[str, set[tuple[Any, ...]]]:
    """SHA-256 and heads of what a signed bulletin says, whatever somebody has put there since."""
    try:
        heads = {(one["unit_code"], one["sequence"], one["head"]) for one in content["chain_heads"]}
        return chain.digest(content), heads
    except (LookupError, TypeError, AttributeError):
        return "", set()


def _bulletin_numbers() -> Iterator[Fault]:
    """Without a gap from 1 to the last that was given out."""
    given: dict[int | None, int] = dict(BulletinCounter.objects.values_list("year", "last"))
    signed = Bulletin.objects.signed().values_list("year").order_by("year")
    found = {year: numbers for year, *numbers in signed.annotate(Min("serial"), Max("serial"), Count("pk"))}
    for year in {**given, **found}:
        last = given.get(year, 0)
        if found.get(year, [1, 0, 0]) != [1, last, last]:
            words = _("of %(year)s there should be the bulletins 1 to %(last)s.")
            yield Fault(words % {"year": year, "last": last})


# --- Decisions of the ladder ------------------------------------------------------------------------------------------


def _decisions() -> Iterator[Fault]:
    """What is kept of each is what was decided: by its own hash, and by that in the trail."""
    trail = AuditEntry.objects.filter(
        subject_type=Sanction._meta.label_lower, subject_id=OuterRef("pk"), verb="sanction_decided"
    )
    decided = Coalesce(
        Subquery(trail.order_by("-pk").values(hash=KT("changes__content"))[:1]), Value("", TextField())
    )
    rows = Sanction.objects.filter(decided_at__isnull=False).annotate(decided=decided).order_by("pk")
    kept = rows.values_list("pk", "content", "content_hash", "decided")
    for pk, content, *hashes in kept.iterator(chunk_size=BATCH):
        digest = chain.digest(content) if isinstance(content, dict) else ""
        if hashes != [digest, digest]:
            yield Fault(_("decision %(number)s: its content is not what was decided.") % {"number": pk})


# --- What is printed --------------------------------------------------------------------------------------------------

#: Heads asked for in one statement.
HEADS = 200
#: Random hashes differ in 60 of 64 digits; a few are a slip in typing.
SLIP = 8


@dataclass(frozen=True)
class Compared:
    """What became of a printed head."""

    passes: bool
    sentence: str


def known_units(heads: Sequence[printed.PrintedHead]) -> dict[str, Unit]:
    """By code as it is printed. Raises printed.Unreadable where there is no such unit."""
    units = {unit.code.upper(): unit for unit in Unit.objects.all()}
    for head in heads:
        if head.code not in units:
            raise printed.Unreadable(
                head.line, _("there is no unit with the code “%(code)s”.") % {"code": head.code}
            )
    return units


def compare(heads: Sequence[printed.PrintedHead], broken: dict[int, int]) -> Iterator[Compared]:
    """Whether each chain still passes through what paper says; `broken` is of a verification of all units."""
    units = known_units(heads)
    for start in range(0, len(heads), HEADS):
        some = heads[start : start + HEADS]
        asked = Q()
        for head in some:
            asked |= Q(unit=units[head.code], sequence=head.sequence)
        rows = LedgerEntry.objects.filter(asked).order_by().values_list("unit", "sequence", "hash")
        stored = {(unit, sequence): hash for unit, sequence, hash in rows}
        for head in some:
            unit = units[head.code]
            found = chain.GENESIS if not head.sequence else stored.get((unit.pk, head.sequence))
            yield _compared(head, unit, found, broken.get(unit.pk))


def _compared(head: printed.PrintedHead, unit: Unit, stored: str | None, broken: int | None) -> Compared:
    differs = sum(one != other for one, other in zip(stored or "", head.head, strict=False))
    given = {"line": head.line, "unit": f"{unit.code} {unit.name}", "sequence": head.sequence}
    given |= {"broken": broken, "differs": differs}
    if stored is None:
        words = _("Line %(line)s: %(unit)s no longer has entry %(sequence)s.")
    elif 0 < differs <= SLIP:
        words = _(
            "Line %(line)s: entry %(sequence)s of %(unit)s differs in %(differs)s of 64 digits: mistyped?"
        )
    elif differs:
        words = _("Line %(line)s: entry %(sequence)s of %(unit)s has another hash than the one printed.")
    elif broken is not None and broken <= head.sequence:
        words = _("Line %(line)s: %(unit)s has entry %(sequence)s as printed, but is broken at %(broken)s.")
    else:
        words = _("Line %(line)s: %(unit)s still passes through entry %(sequence)s as printed.")
        return Compared(True, words % given)
    return Compared(False, words % given)
