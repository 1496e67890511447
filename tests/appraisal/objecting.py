"""Objections and withholdings of the tests: a month with entries, brought to where it is needed by the verbs."""

from datetime import date, datetime, time
from typing import Any

from accounts.models import Unit, User
from appraisal import services
from appraisal.models import (
    LedgerEntry,
    MonthlyReport,
    Objection,
    ProposalState,
    Standard,
    StandardItem,
    WithholdingProposal,
)
from attendance.models import Item, SpotCheck, SpotLine
from cards.models import Cadre
from common.rules import at
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, begins, draft, entry_of, stands
from tests.cast import make_user

#: In the publication of November, which ends on 14 December 2026 at 24:00.
PUBLISHED_UNTIL = date(2026, 12, 14)
OBJECTING = at(date(2026, 12, 8), time(10))
#: Three working days later, the last one for an answer.
ANSWER_BY = date(2026, 12, 11)
REPORTING = at(date(2026, 12, 15), time(9))
LATER = at(date(2026, 12, 16), time(9))


def drafted(cadre: Cadre, *days: int, code: str = "off_post", **fields: Any) -> list[LedgerEntry]:
    """November of somebody's unit, with an entry of theirs for each of these days."""
    begins()
    found = [stands(cadre, date(2026, 11, day), code=code, **fields) for day in days]
    draft(cadre.unit)
    return [entry_of(finding) for finding in found]


def of_unit(unit: Unit) -> LedgerEntry:
    """November of a unit, with an entry about the unit itself."""
    begins()
    finding = stands(None, date(2026, 11, 3), code="sheet_missing", unit=unit)
    draft(unit)
    return entry_of(finding)


def november(unit: Unit) -> MonthlyReport:
    return MonthlyReport.objects.get(unit=unit, month=NOVEMBER)


def _clerk() -> User:
    """Whoever takes steps that no test is about."""
    return User.objects.filter(username="clerk.month").first() or make_user("clerk.month", "经办人")


def published(unit: Unit, until: date = PUBLISHED_UNTIL) -> MonthlyReport:
    """As the unit's head confirms and publishes it; whose turn that is, the tests of the path ask."""
    MonthlyReport.objects.filter(unit=unit, month=NOVEMBER).update(
        state="published",
        confirmed_by=_clerk(),
        confirmed_at=DRAFTING,
        published_by=_clerk(),
        published_at=DRAFTING,
        published_until=until,
    )
    WithholdingProposal.objects.filter(report__unit=unit, state=ProposalState.DRAFT).update(
        state=ProposalState.CONFIRMED
    )
    return november(unit)


def reported(unit: Unit) -> MonthlyReport:
    published(unit)
    MonthlyReport.objects.filter(unit=unit, month=NOVEMBER).update(
        state="reported", reported_by=_clerk(), reported_at=REPORTING, first_reported_at=REPORTING
    )
    return november(unit)


def objected(
    entry: LedgerEntry, actor: User | None = None, now: datetime = OBJECTING, **fields: Any
) -> Objection:
    cadre = entry.cadre
    by = actor or (cadre.user if cadre is not None else None)
    assert by is not None
    return services.objection_make(entry=entry, text="当时在参加市里的会议", actor=by, now=now, **fields)


def answered(
    objection: Objection, actor: User, *, sustain: bool = True, now: datetime = OBJECTING
) -> Objection:
    return services.objection_decide(
        objection=objection, sustain=sustain, reason="会议签到表属实", actor=actor, now=now
    )


def proposal_of(cadre: Cadre) -> WithholdingProposal:
    return WithholdingProposal.objects.get(cadre=cadre)


def version(effective_from: date = NOVEMBER, **prices: dict[str, int]) -> Standard:
    """A second version: 30 yuan a point, at most 500 a month."""
    standard = Standard.objects.create(
        version=2,
        effective_from=effective_from,
        cents_per_point=3000,
        cap_cents=50_000,
        allowance="月度考核奖",
        legal_basis="市政府常务会议纪要",
        proposed_at=DRAFTING,
        adopted_at=DRAFTING,
    )
    StandardItem.objects.bulk_create(
        StandardItem(standard=standard, item=Item.objects.get(code=code), **fields)
        for code, fields in prices.items()
    )
    return standard


def dearer(**fields: int) -> Standard:
    """Coming late costs a point, and one more for each time within a month before."""
    return version(late={"half_points": 2, "step_half_points": 2, "window_days": 30, **fields})


def on_spot(cadre: Cadre, planner: User, inspector: User) -> SpotLine:
    """Somebody of a spot check."""
    when = at(date(2026, 11, 5), time(10))
    check = SpotCheck.objects.create(
        kind="targeted", reason="回头看", begins_at=when, planned_by=planner, planned_at=when
    )
    check.inspectors.add(inspector)
    return SpotLine.objects.create(
        spot_check=check,
        cadre=cadre,
        unit=cadre.unit,
        office=cadre.office,
        outcome="problem",
        taken_at=when,
        recorded_by=inspector,
    )
