"""Merit and commendation (YEAR-3): whom of those who are first in line, people choose, for a reason that is kept."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal.models import AnnualResult, Circular, UnitResult, YearState
from appraisal.rules import grading as rules
from appraisal.services import grading
from appraisal.turns import year as year_turns
from attendance import selectors as inspection
from cards.models import Cadre
from common import audit
from common.problems import Refused
from common.rules import local


def is_eligible(result: AnnualResult) -> bool:
    return rules.may_be_commended(
        among_least=result.among_least,
        barred=result.barred_from_merit,
        grade=result.grade,
        changed=result.changed_at is not None,
        decided=result.unit_result.state == YearState.DECIDED,
    )


def refusal(row: AnnualResult | UnitResult, actor: User, today: date) -> str:
    """Why this person may not choose this one now; empty when they may."""
    if is_signed(row.year):
        return _("The circular of this year is signed.")
    if isinstance(row, AnnualResult):
        if not is_eligible(row):
            return _("Only somebody with the fewest points, decided as excellent or competent, is commended.")
    elif not row.among_least:
        return _("Only a unit with the fewest points of its class is commended.")
    elif row.state != YearState.DECIDED:
        return _("A unit is commended once its year is decided.")
    return _refuse_hand(row, actor, today)


def refuse_undoing(row: AnnualResult | UnitResult, actor: User, today: date) -> str:
    """Why this person may not take the choice of this one back now; empty when they may."""
    if is_signed(row.year):
        return _("The circular of this year is signed.")
    return _refuse_hand(row, actor, today)


def _refuse_hand(row: AnnualResult | UnitResult, actor: User, today: date) -> str:
    if _is_their_own(row, actor, today):
        return _("Nobody chooses themselves, their kin or their own unit.")
    if actor.pk not in inspection.express(today):
        return _("The Efficiency Express chooses whom to commend.")
    return ""


def is_signed(year: int) -> bool:
    return Circular.objects.filter(year=year, signed_at__isnull=False).exists()


def _is_their_own(row: AnnualResult | UnitResult, actor: User, today: date) -> bool:
    if isinstance(row, AnnualResult):
        return actor.pk in year_turns.interested_in(row)
    responsible = inspection.responsible_for([row.unit_id], today)[row.unit_id]
    return actor.pk in responsible or Cadre.objects.filter(user=actor, unit=row.unit_id).exists()


@transaction.atomic
def commend(
    *, row: AnnualResult | UnitResult, reason: str, actor: User, now: datetime
) -> AnnualResult | UnitResult:
    """Somebody, or a unit. Raises Refused for whoever is not among those who may be chosen."""
    row, reason = _locked(row), " ".join(reason.split())
    if row.commended_by_id == actor.pk and row.commended_reason == reason:
        return row
    said = refusal(row, actor, local(now).date())
    if said:
        raise Refused(said)
    if row.commended_by_id is not None:
        raise Refused(_("They have been chosen already."))
    if not reason:
        raise Refused(_("Say why."), "reason")
    row.commended_by, row.commended_reason = actor, reason
    return _saved(row, "year_commended", {"reason": reason}, actor, now)


@transaction.atomic
def commend_undo(*, row: AnnualResult | UnitResult, actor: User, now: datetime) -> AnnualResult | UnitResult:
    """Before the circular is signed."""
    row = _locked(row)
    if row.commended_by_id is None:
        return row
    said = refuse_undoing(row, actor, local(now).date())
    if said:
        raise Refused(said)
    changes = {"reason": row.commended_reason}
    row.commended_by, row.commended_reason = None, ""
    return _saved(row, "year_commendation_undone", changes, actor, now)


def _locked(row: AnnualResult | UnitResult) -> AnnualResult | UnitResult:
    if isinstance(row, AnnualResult):
        return grading.locked_result(row)
    return grading.locked(row)


def _saved(
    row: AnnualResult | UnitResult, verb: str, changes: dict[str, str], actor: User, now: datetime
) -> AnnualResult | UnitResult:
    row.save(update_fields=["commended_by", "commended_reason"])
    audit.record(verb=verb, subject=row, actor=actor, now=now, changes=changes)
    return row
