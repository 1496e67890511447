"""What the indicators were before the scheme: entered or imported with its source, by the head of the Express."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal import rules
from appraisal.effects import COUNTS
from appraisal.models import AppraisalSettings, Baseline, Indicator
from appraisal.services.ledger import today as day_of
from cards.roster.words import FORMULA_SIGNS
from common import audit
from common.problems import Refused

#: More is a slip of the pen.
MOST = Decimal(100_000_000)
FIRST_YEAR = 2000


@dataclass(frozen=True)
class Value:
    indicator: Indicator
    month: date
    value: Decimal
    source: str


@dataclass(frozen=True)
class Entered:
    new: int = 0
    changed: int = 0
    same: int = 0


def check(indicator: str, month: date, value: Decimal, today: date) -> None:
    """Raises Refused, naming the field, for what cannot be."""
    if month.year < FIRST_YEAR or month > rules.first_of(today):
        raise Refused(_("Choose a month from %(year)s to this one.") % {"year": FIRST_YEAR}, "month")
    if value < 0:
        raise Refused(_("A value below 0 cannot be."), "value")
    if indicator not in COUNTS and value > 100:
        raise Refused(_("A share is at most 100%."), "value")
    if value > MOST:
        raise Refused(_("This is more than there can be."), "value")


def _check_source(source: str) -> None:
    """A spreadsheet would run it."""
    if source.lstrip().startswith(FORMULA_SIGNS):
        raise Refused(_("A source does not begin with =, +, - or @."), "source")


@transaction.atomic
def baselines_set(*, values: Sequence[Value], actor: User, now: datetime) -> Entered:
    """All of them or none. What stands for the same indicator and month is replaced; the trail keeps what it was."""
    today = day_of(now)
    for one in values:
        check(one.indicator, one.month, one.value, today)
        _check_source(one.source)
    known = _locked()
    new, changed, same = list[Baseline](), list[tuple[Baseline, dict[str, Any]]](), 0
    for one in values:
        row = known.get((one.indicator, one.month))
        if row is None:
            new.append(
                Baseline(
                    indicator=one.indicator,
                    month=one.month,
                    value=one.value,
                    source=one.source,
                    entered_by=actor,
                    entered_at=now,
                )
            )
        elif differences := audit.differences(_facts(row), {"value": one.value, "source": one.source}):
            row.value, row.source, row.entered_by, row.entered_at = one.value, one.source, actor, now
            changed.append((row, differences))
        else:
            same += 1
    Baseline.objects.bulk_create(new)
    Baseline.objects.bulk_update(
        [row for row, _differences in changed], ["value", "source", "entered_by", "entered_at"]
    )
    audit.record_each(
        verb="baseline_entered", subjects=[(row, _named(row)) for row in new], actor=actor, now=now
    )
    audit.record_each(verb="baseline_changed", subjects=changed, actor=actor, now=now)
    return Entered(len(new), len(changed), same)


@transaction.atomic
def baseline_remove(*, pk: int, actor: User, now: datetime) -> None:
    """A month that was entered by mistake. One that is gone already stays gone."""
    row = Baseline.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return
    audit.record(verb="baseline_removed", subject=row, actor=actor, now=now, changes=_named(row))
    row.delete()


def _locked() -> dict[tuple[str, date], Baseline]:
    """Two people who enter the same month come one after the other."""
    AppraisalSettings.objects.get_or_create(pk=1)
    AppraisalSettings.objects.select_for_update().get(pk=1)
    return {(row.indicator, row.month): row for row in Baseline.objects.all()}


def _facts(row: Baseline) -> dict[str, Any]:
    return {"value": row.value, "source": row.source}


def _named(row: Baseline) -> dict[str, Any]:
    return {"indicator": row.indicator, "month": row.month, **_facts(row)}
