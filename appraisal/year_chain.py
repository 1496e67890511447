"""What a year's result of somebody opens to: entries, complaints, measures, months, bonus, corrections (DESIGN §3:
every figure opens to its facts). The same queries for any number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, Sum

from accounts.access import Access, Scope
from accounts.permissions import Reach
from appraisal import reasons
from appraisal.facts import ladder as ladder_facts
from appraisal.facts.ladder import Subject
from appraisal.models import (
    AnnualResult,
    BonusBase,
    LedgerEntry,
    Sanction,
    UnitResult,
    WithholdingProposal,
    YearCorrection,
    apart,
)
from appraisal.reasons import Reason
from appraisal.services import years as computing
from attendance.rules import month_named
from complaints.models import Complaint


@dataclass(frozen=True)
class BonusMonth:
    """A month whose bonus is withheld, and the base in force in it."""

    month: date
    cents: int | None
    since: date | None


@dataclass(frozen=True)
class Shift:
    """Points go by the day of the fact, money by the month that counted it: why the sums of a year differ at its
    ends."""

    #: Of facts of the year, counted in months of a later one.
    later_cents: int
    #: Of facts of an earlier year, counted in months of this one.
    earlier_cents: int


@dataclass(frozen=True)
class Reader:
    """Whoever may not know of a complaint, or of a measure that it led to, does not hear of it through the year."""

    access: Access
    scope: Scope

    @property
    def is_of_city(self) -> bool:
        """On a page of the desk, not on their own."""
        return self.scope.reach == Reach.CITY

    @property
    def is_own(self) -> bool:
        return self.scope.reach == Reach.SELF

    def untold(self, results: Collection[AnnualResult]) -> frozenset[int]:
        """Of these results, those of which the reader hears nothing of complaints, of measures and of what follows from
        them: whether there is anything to hear or not, so that the silence tells nothing. The same
        queries for any number."""
        if self.is_own:
            return frozenset()
        found = AnnualResult.objects.filter(self._apart(), pk__in=[result.pk for result in results])
        return frozenset(found.order_by().values_list("pk", flat=True))

    def _apart(self) -> Q:
        """As Complaint.visible_to and Sanction.within have it. Whoever answers for a unit, and is not of the city,
        hears of its people."""
        user = self.access.user
        kept_out = Sanction.objects.filter(kept_out__contains=f",{user.pk},", cadre__isnull=False)
        cases = apart.hidden_cases(user.pk, of_city=self.is_of_city).filter(cadre__isnull=False)
        found = Q(cadre__in=apart.kin_of(user.pk)) | Q(cadre__in=kept_out.values("cadre"))
        if self.is_of_city:
            found |= Q(cadre__user=user) | apart.led_by(user.pk)
        return found | Q(cadre__in=cases.values("cadre"))


@dataclass(frozen=True)
class Case:
    """A substantiated complaint of the year, by the day on which it was closed; its number only for whoever may open
    it."""

    day: date
    number: str


@dataclass(frozen=True)
class Chain:
    result: AnnualResult
    #: Reader.untold: no complaints, measures, corrections and consequences then, here and on the page.
    is_untold: bool
    is_own: bool
    #: Charges of the year's days, also those that were taken back: they count nothing, and stand here all the same.
    reasons: Sequence[Reason]
    complaints: Sequence[Case]
    measures: Sequence[Sanction]
    #: Which of them the reader may open: all but those that they are kept out of.
    opens: frozenset[int]
    proposals: Sequence[WithholdingProposal]
    shift: Shift
    bonus: Sequence[BonusMonth]
    corrections: Sequence[YearCorrection]


def of_result(result: AnnualResult, reader: Reader) -> Chain:
    """Of what a reader may not know (a complaint's own text) there is nothing in it; whoever is told of a figure finds
    every fact behind it."""
    is_untold = result.pk in reader.untold([result])
    measures = computing.sanctions_of(result).order_by("decided_on", "pk")
    opens = frozenset(measures.within(reader.scope).values_list("pk", flat=True))
    return Chain(
        result=result,
        is_untold=is_untold,
        is_own=reader.is_own,
        reasons=reasons.of_entries(reasons.for_pages(_entries(result, reader))),
        complaints=[] if is_untold else _complaints(result, reader),
        measures=[] if is_untold else list(measures.select_related("measure")),
        opens=opens,
        proposals=list(_proposals(result)),
        shift=shift_of(result),
        bonus=[] if is_untold else bonus_of(result),
        corrections=[] if is_untold else list(result.corrections.select_related("actor")),
    )


def unit_figures(row: UnitResult, reader: Reader) -> dict[str, Any]:
    """Of a unit itself, without the measures that the reader is kept out of."""
    figures = dict(row.figures)
    of_unit = Sanction.objects.standing().decided_in(row.year).filter(unit=row.unit_id, cadre=None)
    for code in of_unit.kept_from(reader.scope).order_by().values_list("measure__code", flat=True):
        if f"{code}s" in figures:
            figures[f"{code}s"] -= 1
    return figures


def _entries(result: AnnualResult, reader: Reader) -> Any:
    rows = entries_of(result)
    return rows if reader.is_own else rows.told_to(reader.access.user.pk)


def entries_of(result: AnnualResult) -> Any:
    rows = LedgerEntry.objects.charges().public().filter(cadre=result.cadre_id, day__year=result.year)
    return rows.order_by("day", "pk")


def _complaints(result: AnnualResult, reader: Reader) -> list[Case]:
    found = ladder_facts.complaints(result.year, Subject(result.unit_id, result.cadre_id))
    lines = sorted((line.day, line.key) for several in found.values() for line in several)
    visible = Complaint.objects.visible_to(reader.access).filter(pk__in=[key for _day, key in lines])
    numbers = dict(visible.order_by().values_list("pk", "number"))
    return [Case(day, numbers.get(key, "")) for day, key in lines if key in numbers or not reader.is_of_city]


def _proposals(result: AnnualResult) -> Any:
    rows = WithholdingProposal.objects.filter(cadre=result.cadre_id, report__month__year=result.year)
    return rows.select_related("report__unit", "standard").order_by("report__month")


def shift_of(result: AnnualResult) -> Shift:
    return shifts_of([result])[result.pk]


def shifts_of(results: Sequence[AnnualResult]) -> dict[int, Shift]:
    """Of results of one year: one query for any number."""
    year, cadres = results[0].year if results else 0, [result.cadre_id for result in results]
    later = Q(day__year=year, month__year__gt=year)
    earlier = Q(day__year__lt=year, month__year=year)
    rows = LedgerEntry.objects.standing().public().filter(later | earlier, cadre__in=cadres).order_by()
    sums = rows.values_list("cadre").annotate(
        later=Sum("cents", filter=later, default=0), earlier=Sum("cents", filter=earlier, default=0)
    )
    found = {cadre: Shift(*both) for cadre, *both in sums}
    return {result.pk: found.get(result.cadre_id, Shift(0, 0)) for result in results}


def bonus_of(result: AnnualResult) -> list[BonusMonth]:
    months = [month for name in result.bonus_of if (month := month_named(name)) is not None]
    bases = list(BonusBase.objects.filter(cadre=result.cadre_id).order_by("since")) if months else []
    return [_bonus_month(month, bases) for month in months]


def _bonus_month(month: date, bases: Sequence[BonusBase]) -> BonusMonth:
    known = [base for base in bases if base.since <= month]
    if not known:
        return BonusMonth(month, None, None)
    return BonusMonth(month, known[-1].cents, known[-1].since)
