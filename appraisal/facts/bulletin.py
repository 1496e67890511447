"""Every figure of a month's bulletin, read in the same number of queries for any number of units.

A ledger entry is counted in exactly one bulletin: in that of its month where its unit's report was accepted by then,
else in the next one after the acceptance (caught up). Complaints count by the day of the answer. Cases that were
referred, in all their matter, are counted nowhere: a figure must not tell that there is one. For the same reason none
falls below what is printed already (_kept).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Sum, Value, When

from accounts.models import Unit, UnitKind
from appraisal import rules
from appraisal.bulletins import content as printed
from appraisal.models import (
    Bulletin,
    Kind,
    LedgerEntry,
    MonthlyReport,
    Objection,
    ObjectionState,
    Sanction,
    SanctionState,
    Standard,
    UnitLedger,
    WithholdingProposal,
    YearCorrection,
    YearState,
)
from appraisal.rules import Step
from appraisal.services.sweeps import late_source
from appraisal.services.years import CONSEQUENCES
from attendance import history
from attendance.models import Finding, FindingState
from common.rules import at, local
from complaints.models import Complaint, Outcome
from complaints.models.cases import ComplaintQuerySet
from complaints.rules import State

DEPARTMENTS, TOWNS = "市直单位", "乡镇街道"
#: Figures of a unit's complaints, as the row names them.
COMPLAINTS = ("on_time", "extended", "late", "substantiated")
#: A report, as the rows below find it: the unit and the month.
Key = tuple[int, date]


@dataclass(frozen=True)
class Facts:
    month: date
    units: tuple[printed.UnitRow, ...]
    items: tuple[printed.ItemColumn, ...]
    corrections: tuple[printed.Correction, ...]
    caught_up: tuple[printed.CaughtUp, ...]
    #: Where each chain stands now.
    ledgers: tuple[UnitLedger, ...]
    #: Of the standard in force when the month ends.
    allowance: str
    #: Whose reports are counted.
    reports: tuple[int, ...]
    #: Names of whom it may be about, whether counted already or not: none of them may stand in its texts.
    persons: frozenset[str]
    measures: tuple[printed.Measures, ...] = ()
    years_corrected: int = 0

    @property
    def total(self) -> printed.Totals:
        return printed.Totals(self.units)


@dataclass
class _Sums:
    """What a report comes to."""

    findings: int = 0
    person_half_points: int = 0
    unit_half_points: int = 0
    withheld_cents: int = 0
    by_item: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Found:
    """The reports of the month, and which of these and of earlier ones are counted."""

    of_month: list[MonthlyReport]
    counted: dict[Key, MonthlyReport]
    late_ones: list[MonthlyReport]
    #: Signed bulletins of the same month: what a correction takes over.
    taken_over: frozenset[int]


def gather(bulletin: Bulletin, today: date) -> Facts:
    """`bulletin` is a draft: one that is signed has its figures in it."""
    month, found = bulletin.month, _reports(bulletin)
    sums, items = _charged(found.counted, month)
    corrections = _corrections(found.counted)
    units, complaints = [report.unit for report in found.of_month], _complaints(month)
    kept = _kept(bulletin)
    about = Unit.objects.filter(Q(pk__in=complaints) | Q(code__in=kept))
    extra = list(about.exclude(pk__in=[unit.pk for unit in units]).order_by("code"))
    days = _days([*units, *extra], month, today)
    rows = [
        _row(report, _sums_of(report, found, sums), days[report.unit_id], found.taken_over, today)
        for report in found.of_month
    ]
    excused = _excused(found.of_month)
    rows = [replace(row, late=False, days_late=0) if row.code in excused else row for row in rows]
    rows += [_without_month(unit, days[unit.pk]) for unit in extra]
    more: list[dict[str, Any]] = [
        {
            **_larger(complaints.get(unit.pk, {}), kept.get(unit.code, {})),
            **_corrected(corrections, unit.pk),
        }
        for unit in (*units, *extra)
    ]
    complete = [replace(row, **figures) for row, figures in zip(rows, more, strict=True)]
    return Facts(
        month=month,
        units=tuple(sorted(complete, key=lambda row: (row.kind != DEPARTMENTS, row.code))),
        items=tuple(items),
        corrections=tuple(one.printed for one in corrections),
        caught_up=tuple(_caught_up(report, sums[_key(report)]) for report in found.late_ones),
        ledgers=tuple(
            UnitLedger.objects.filter(sequence__gt=0).select_related("unit").order_by("unit__code")
        ),
        allowance=_allowance(month),
        reports=tuple(sorted(report.pk for report in found.counted.values())),
        persons=_persons(month, found.counted),
        measures=tuple(_measures(month)),
        years_corrected=_years_corrected(month),
    )


def heads(facts: Facts) -> tuple[printed.ChainHead, ...]:
    return tuple(
        printed.ChainHead(
            unit_code=ledger.unit.code,
            unit_name=ledger.unit.name,
            sequence=ledger.sequence,
            head=ledger.head,
        )
        for ledger in facts.ledgers
    )


# --- Which reports ----------------------------------------------------------------------------------------------------


def _key(report: MonthlyReport) -> Key:
    return report.unit_id, report.month


def _reports(bulletin: Bulletin) -> _Found:
    """Of the month all; of earlier months what was accepted after the bulletin of its own month was signed."""
    signed = frozenset(Bulletin.objects.signed().filter(month=bulletin.month).values_list("pk", flat=True))
    missed = Q(bulletin__in=signed)
    if bulletin.corrects_id is None:
        over = Bulletin.objects.signed().filter(month=OuterRef("month"))
        missed = Q(Exists(over), bulletin=None, state=Step.ACCEPTED)
    wanted = Q(month=bulletin.month) | Q(month__lt=bulletin.month) & missed
    rows = MonthlyReport.objects.filter(wanted).select_related("unit").order_by("month", "unit__code")
    of_month: list[MonthlyReport] = []
    earlier: list[MonthlyReport] = []
    for report in rows:
        (of_month if report.month == bulletin.month else earlier).append(report)
    counted = [*earlier, *(r for r in of_month if _standing(r, signed) == printed.COUNTED)]
    return _Found(of_month, {_key(report): report for report in counted}, earlier, signed)


def _standing(report: MonthlyReport, taken_over: Collection[int]) -> str:
    if report.state == Step.ACCEPTED:
        free = report.bulletin_id is None or report.bulletin_id in taken_over
        return printed.COUNTED if free else printed.ELSEWHERE
    return printed.MISSING if report.first_reported_at is None else printed.WAITING


# --- Points and money -------------------------------------------------------------------------------------------------


def _charged(
    counted: Mapping[Key, MonthlyReport], bulletin_month: date
) -> tuple[dict[Key, _Sums], list[printed.ItemColumn]]:
    """What the counted reports charge, and the kinds of findings of the month in the order of the catalogue."""
    sums: dict[Key, _Sums] = defaultdict(_Sums)
    items: dict[str, tuple[int, str]] = {}
    person = Q(cadre__isnull=False)
    entries = LedgerEntry.objects.counted().public().filter(month__in={month for _unit, month in counted})
    by_item = entries.order_by().values_list("unit", "month", "item__code", "item__name", "item__position")
    for unit, month, code, name, position, number, of_persons, of_unit in by_item.annotate(
        number=Count("pk"),
        of_persons=Sum("half_points", filter=person, default=0),
        of_unit=Sum("half_points", filter=~person, default=0),
    ):
        if (unit, month) not in counted:
            continue
        one = sums[unit, month]
        one.findings += number
        one.person_half_points += of_persons
        one.unit_half_points += of_unit
        one.by_item[code] = number
        if month == bulletin_month:
            items[code] = (position, name)
    for unit, month, cents in _withheld(counted):
        sums[unit, month].withheld_cents = cents
    ordered = sorted(items.items(), key=lambda item: (item[1][0], item[0]))
    return sums, [printed.ItemColumn(code=code, name=name) for code, (_position, name) in ordered]


def _withheld(counted: Mapping[Key, MonthlyReport]) -> Iterable[tuple[int, date, int]]:
    """As it was proposed when the month was drafted: what was released since is a correction of a later month."""
    proposals = WithholdingProposal.objects.filter(report__in=[report.pk for report in counted.values()])
    return proposals.order_by().values_list("report__unit", "report__month").annotate(Sum("amount_cents"))


def _sums_of(report: MonthlyReport, found: _Found, sums: Mapping[Key, _Sums]) -> _Sums:
    return sums.get(_key(report), _Sums()) if _key(report) in found.counted else _Sums()


def _allowance(month: date) -> str:
    begun = Standard.objects.adopted().filter(effective_from__lte=rules.last_day_of(month))
    newest = begun.order_by("-effective_from", "-pk").first()
    return newest.allowance if newest is not None else ""


def _persons(month: date, counted: Mapping[Key, MonthlyReport]) -> frozenset[str]:
    """Of every unit: also those of reports that wait, and of findings that nobody has decided or charged yet."""
    months = {month, *(month for _unit, month in counted)}
    entries = LedgerEntry.objects.filter(month__in=months, cadre__isnull=False)
    found = Finding.objects.filter(day__range=(month, rules.last_day_of(month)), cadre__isnull=False)
    measures = Sanction.objects.filter(
        decided_on__range=(month, rules.last_day_of(month)), cadre__isnull=False
    )
    names = (rows.order_by().values_list("cadre__name", flat=True) for rows in (entries, found, measures))
    return frozenset(next(names).union(*names))


# --- The ladder and the year ------------------------------------------------------------------------------------------


def _measures(month: date) -> list[printed.Measures]:
    """By the day of the decision, and by that on which it was set aside: neither changes any more once the month is
    over, so a correction prints what was printed. A referral is counted nowhere, and a mere recommendation decides
    nothing."""
    begin, end = at(month, time(0)), at(rules.following(month), time(0))
    of_city = Sanction.objects.filter(
        decided_on__isnull=False, measure__refers=False, is_recommendation=False
    )
    took_place = of_city.exclude(state__in=[SanctionState.DROPPED, SanctionState.REFERRED])
    decided = Q(decided_on__gte=month, decided_on__lt=rules.following(month))
    fallen = Q(state=SanctionState.SET_ASIDE, set_aside_at__gte=begin, set_aside_at__lt=end)
    rows = took_place.filter(decided | fallen).order_by("measure__level").values_list("measure__name")
    counted = rows.annotate(decided=Count("pk", filter=decided), fallen=Count("pk", filter=fallen))
    return [printed.Measures(name=name, decided=number, set_aside=less) for name, number, less in counted]


def _years_corrected(month: date) -> int:
    """Annual results of people and of units that were put right after their decision: another grade, or other
    consequences. Figures from which nothing follows change silently here, and stand with the result; a recommendation
    is no result."""
    begin, end = at(month, time(0)), at(rules.following(month), time(0))
    names = ["grade", *CONSEQUENCES]
    rows = YearCorrection.objects.filter(at__gte=begin, at__lt=end)
    decided = rows.filter(result__unit_result__state=YearState.DECIDED).exclude(result__grade="")
    people = decided.filter(after__has_any_keys=names)
    units = rows.filter(unit_result__isnull=False, after__has_any_keys=["among_least", "among_most"])
    number = people.aggregate(number=Count("result", distinct=True))["number"] or 0
    return number + (units.aggregate(number=Count("unit_result", distinct=True))["number"] or 0)


# --- Corrections ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Correction:
    unit: int
    printed: printed.Correction


@dataclass
class _Balance:
    """What stands of somebody's charges of a month, and of which at most so much is withheld."""

    charged: int
    cap: int

    def change(self, cents: int) -> int:
        """By how much the sum that is withheld changes."""
        before = rules.withheld(self.charged, self.cap)
        self.charged += cents
        return rules.withheld(self.charged, self.cap) - before


def _ground() -> Case:
    """Why an earlier month is put right, in the words of the document and without any of a person."""
    same = LedgerEntry.objects.filter(unit=OuterRef("unit"), finding=OuterRef("finding"))
    judged_anew = same.filter(kind=Kind.REJUDGED, sequence=OuterRef("sequence") + 1)
    sustained = Objection.objects.filter(entry__finding=OuterRef("finding"), state=ObjectionState.SUSTAINED)
    return Case(
        When(kind=Kind.REJUDGED, then=Value("重新计分")),
        When(Exists(judged_anew), then=Value("重新计分")),
        When(Exists(sustained), then=Value("异议成立")),
        When(finding__state=FindingState.WITHDRAWN, then=Value("原记录撤销")),
        default=Value("复核更正"),
    )


def _corrections(counted: Mapping[Key, MonthlyReport]) -> list[_Correction]:
    """What the counted reports put right of earlier months: a line for each unit, month, kind of finding and ground.

    The reason itself is free text that may tell of a person: it stands with the entry, for who may see that.

    Points are sums of entries. Money is what is withheld less, or again: of what the cap had cut off nothing is.
    """
    first = LedgerEntry.objects.counted().filter(finding=OuterRef("finding")).values("month")[:1]
    entries = LedgerEntry.objects.corrections().public().annotate(origin=Subquery(first), ground=_ground())
    entries = entries.order_by("unit", "sequence")
    columns = (
        *("unit", "unit__code", "unit__name", "month", "origin", "cadre"),
        *("item__name", "ground", "half_points", "cents"),
    )
    months = {month for _unit, month in counted}
    concerned = LedgerEntry.objects.corrections().filter(month__in=months).values("cadre")
    relevant = entries.filter(Q(month__in=months) | Q(cadre__in=concerned))
    rows = list(relevant.values_list(*columns))
    balances = _balances({row[5] for row in rows if row[5] is not None})
    lines: dict[tuple[Any, ...], list[int]] = {}
    for unit, code, name, month, origin, cadre, item, ground, half_points, cents in rows:
        balance = balances.get((unit, origin, cadre))
        changed = balance.change(cents) if balance is not None else 0
        if (unit, month) in counted:
            line = lines.setdefault((unit, code, name, origin, item, ground), [0, 0])
            line[0] += half_points
            line[1] += changed
    found = [
        _Correction(
            unit,
            printed.Correction(
                unit_code=code,
                unit_name=name,
                month=origin,
                half_points=half_points,
                cents=cents,
                reason=ground,
                source=item,
            ),
        )
        for (unit, code, name, origin, item, ground), (half_points, cents) in lines.items()
    ]
    return sorted(found, key=lambda one: (one.printed.unit_code, one.printed.month))


def _balances(cadres: Collection[int]) -> dict[tuple[int, date, int], _Balance]:
    proposals = WithholdingProposal.objects.filter(cadre__in=cadres)
    columns = ("report__unit", "report__month", "cadre", "charged_cents", "cap_cents")
    return {
        (unit, month, cadre): _Balance(charged, cap)
        for unit, month, cadre, charged, cap in proposals.values_list(*columns)
    }


def _corrected(corrections: Iterable[_Correction], unit: int) -> dict[str, int]:
    own = [one.printed for one in corrections if one.unit == unit]
    return {
        "corrections_half_points": sum(one.half_points for one in own),
        "corrections_cents": sum(one.cents for one in own),
    }


# --- Sheets and complaints --------------------------------------------------------------------------------------------


def _days(units: Collection[Unit], month: date, today: date) -> dict[int, tuple[int, int]]:
    """Days on which a sheet was due, and on which it came."""
    rows = history.units_in(units, month, rules.last_day_of(month), today)
    return {row.unit.pk: (len(row.sheets.due), len(row.sheets.done)) for row in rows}


def answered_in(month: date) -> ComplaintQuerySet:
    """Cases that were answered in the month, but for referred matters."""
    begin, end = at(month, time(0)), at(rules.following(month), time(0))
    answered = Complaint.objects.filter(state=State.ANSWERED, answered_at__gte=begin, answered_at__lt=end)
    return answered.exclude(matter__in=Complaint.objects.referred_matters())


def _kept(bulletin: Bulletin) -> dict[str, dict[str, int]]:
    """What the corrected bulletin printed of complaints, by the unit's code; nothing of units without any.

    No answer is taken back, and none is added to a month that is over: a figure that is now less than what was printed
    could only tell that a matter was referred since. So each stays as it was printed, unless it is more now.
    """
    if bulletin.corrects is None:
        return {}
    earlier = printed.Bulletin.from_json(json.dumps(bulletin.corrects.content))
    figures = {
        row.code: {f"complaints_{name}": getattr(row, f"complaints_{name}") for name in COMPLAINTS}
        for row in earlier.units
    }
    return {code: numbers for code, numbers in figures.items() if any(numbers.values())}


def _larger(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {name: max(now.get(name, 0), before.get(name, 0)) for name in {**now, **before}}


def _complaints(month: date) -> dict[int, dict[str, int]]:
    """What was answered in the month, by unit."""
    late, extended = Q(answered_at__gte=F("due_at")), Q(extended_at__isnull=False)
    proven = Q(outcome__in=[Outcome.SUBSTANTIATED, Outcome.PARTLY])
    rows = (
        answered_in(month)
        .order_by()
        .values_list("unit")
        .annotate(
            on_time=Count("pk", filter=~late & ~extended),
            extended=Count("pk", filter=~late & extended),
            late=Count("pk", filter=late),
            proven=Count("pk", filter=proven),
        )
    )
    return {
        unit: {f"complaints_{name}": number for name, number in zip(COMPLAINTS, numbers, strict=True)}
        for unit, *numbers in rows
    }


# --- Rows -------------------------------------------------------------------------------------------------------------


def kind_of(unit: Unit) -> str:
    return DEPARTMENTS if unit.kind == UnitKind.DEPARTMENT else TOWNS


def _row(
    report: MonthlyReport, sums: _Sums, days: tuple[int, int], taken_over: Collection[int], today: date
) -> printed.UnitRow:
    return printed.UnitRow(
        code=report.unit.code,
        name=report.unit.name,
        kind=kind_of(report.unit),
        days_due=days[0],
        days_checked=days[1],
        findings=sums.findings,
        by_item=tuple(printed.ItemCount(code=code, number=n) for code, n in sorted(sums.by_item.items())),
        person_half_points=sums.person_half_points,
        unit_half_points=sums.unit_half_points,
        withheld_cents=sums.withheld_cents,
        standing=_standing(report, taken_over),
        nil_report=report.nil,
        late=report.is_late or report.is_overdue(today),
        days_late=days_late(report, today),
    )


def _excused(reports: Sequence[MonthlyReport]) -> set[str]:
    """Codes of the units whose lateness was withdrawn: they had answered it, and it is said no more."""
    sources = {late_source(report.unit, report.month): report.unit.code for report in reports}
    withdrawn = Finding.objects.filter(source__in=sources, state=FindingState.WITHDRAWN)
    return {sources[source] for source in withdrawn.values_list("source", flat=True)}


def _without_month(unit: Unit, days: tuple[int, int]) -> printed.UnitRow:
    """It has ended, and a complaint about it was answered since."""
    return printed.UnitRow(
        code=unit.code,
        name=unit.name,
        kind=kind_of(unit),
        days_due=days[0],
        days_checked=days[1],
        standing=printed.NO_MONTH,
    )


def _caught_up(report: MonthlyReport, sums: _Sums) -> printed.CaughtUp:
    return printed.CaughtUp(
        unit_code=report.unit.code,
        unit_name=report.unit.name,
        month=report.month,
        findings=sums.findings,
        person_half_points=sums.person_half_points,
        unit_half_points=sums.unit_half_points,
        withheld_cents=sums.withheld_cents,
        days_late=days_late(report),
    )


def days_late(report: MonthlyReport, today: date | None = None) -> int:
    """Calendar days after the last one; of what is not reported yet until `today`. None where the city held it."""
    if report.city_held:
        return 0
    reported = report.first_reported_at
    until = local(reported).date() if reported is not None else today
    return max((until - report.report_by).days, 0) if until is not None else 0
