"""A month of two units, as the verbs make it: findings that stand, drafts, the path through the unit."""

from datetime import date, datetime, time
from typing import Any

from accounts.models import Unit, User
from appraisal import services
from appraisal.models import AppraisalSettings, LedgerEntry, MonthlyReport
from attendance.models import Finding, FindingState, Item
from cards.models import Cadre
from common.rules import at

#: The months of the tests: both over, the second ends with the cast's own month.
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
#: The morning of the first on which November is drafted; 1 December 2026 is a Tuesday.
DRAFTING = at(date(2026, 12, 1), time(6))


def begins(month: date = NOVEMBER) -> None:
    AppraisalSettings.objects.update_or_create(pk=1, defaults={"begins": month})


def stands(
    cadre: Cadre | None,
    day: date,
    *,
    code: str = "off_post",
    unit: Unit | None = None,
    clock: time = time(9, 30),
    state: str = FindingState.STANDING,
    recorder: User | None = None,
    decided_by: User | None = None,
    **fields: Any,
) -> Finding:
    """A finding in the state it has come to; `unit` for one about the unit itself."""
    home = cadre.unit if cadre is not None else unit
    assert home is not None
    happened = at(day, clock)
    decided = {} if state == FindingState.PROVISIONAL else {"decided_at": happened, "decided_by": decided_by}
    reason = {"decision_reason": "情况不实"} if state == FindingState.WITHDRAWN else {}
    at_post = {"kind": "at_post", "state": "at_post"} if cadre is not None else None
    return Finding.objects.create(
        unit=home,
        place=home,
        cadre=cadre,
        item=Item.objects.get(code=code),
        day=day,
        at=happened,
        recorded_at=happened,
        recorder=recorder,
        state=state,
        said=fields.pop("said", at_post),
        **decided,
        **reason,
        **fields,
    )


def draft(unit: Unit, month: date = NOVEMBER, now: datetime = DRAFTING) -> MonthlyReport:
    report, _made = services.month_draft(unit=unit, month=month, now=now)
    return report


def entry_of(finding: Finding) -> LedgerEntry:
    """The charge of a finding that stands."""
    return LedgerEntry.objects.standing().get(finding=finding)
