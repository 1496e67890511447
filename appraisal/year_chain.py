"""What a year's result of somebody opens to: entries, complaints, measures, months, bonus, corrections (DESIGN §3:
every figure opens to its facts). The same queries for any number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.access import Access, Scope
from accounts.permissions import Reach
from appraisal import ladder_facts, reasons
from appraisal.ladder_facts import Subject
from appraisal.models import (
    AnnualResult,
    BonusBase,
    LedgerEntry,
    Sanction,
    WithholdingProposal,
    YearCorrection,
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


@dataclass(frozen=True)
class Case:
    """A substantiated complaint of the year, by its day; its number only for whoever may open it."""

    day: date
    number: str


@dataclass(frozen=True)
class Chain:
    result: AnnualResult
    #: Charges of the year's days, also those that were taken back: they count nothing, and stand here all the same.
    reasons: Sequence[Reason]
    complaints: Sequence[Case]
    measures: Sequence[Sanction]
    proposals: Sequence[WithholdingProposal]
    bonus: Sequence[BonusMonth]
    corrections: Sequence[YearCorrection]


def of_result(result: AnnualResult, reader: Reader) -> Chain:
    """Of what a reader may not know (a complaint's own text) there is nothing in it."""
    measures = computing.sanctions_of(result).within(reader.scope).select_related("measure")
    return Chain(
        result=result,
        reasons=reasons.of_entries(reasons.for_pages(entries_of(result))),
        complaints=_complaints(result, reader),
        measures=list(measures.order_by("decided_on", "pk")),
        proposals=list(_proposals(result)),
        bonus=bonus_of(result),
        corrections=list(result.corrections.select_related("actor")),
    )


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


def bonus_of(result: AnnualResult) -> list[BonusMonth]:
    months = [month for name in result.bonus_of if (month := month_named(name)) is not None]
    bases = list(BonusBase.objects.filter(cadre=result.cadre_id).order_by("since")) if months else []
    return [_bonus_month(month, bases) for month in months]


def _bonus_month(month: date, bases: Sequence[BonusBase]) -> BonusMonth:
    known = [base for base in bases if base.since <= month]
    if not known:
        return BonusMonth(month, None, None)
    return BonusMonth(month, known[-1].cents, known[-1].since)
