"""Corrections: one person asks to put a line of a round right, a second one decides. The round stays as it was."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from attendance import notifying, selectors, snapshot
from attendance.models import Correction, DailySheet, Finding, FindingState, Item, Round, RoundKind
from attendance.rules import Case, CorrectionRefusal, Hand, corrected_way, hand_of, refuse_correction
from attendance.services import findings, rounds
from cards.models import Cadre
from common import audit, notices
from common.problems import Refused
from common.rules import local

Decision = Correction.Decision

REFUSALS = {
    CorrectionRefusal.OWN_LINE: gettext_lazy(
        "Nobody corrects their own line. A statement in defence is the way."
    ),
    CorrectionRefusal.NOTHING: gettext_lazy(
        "Choose what was recorded by mistake, or what should have been recorded."
    ),
    CorrectionRefusal.DOES_NOT_FIT: gettext_lazy("This problem does not fit what the plaque said then."),
    CorrectionRefusal.THERE_ALREADY: gettext_lazy("This problem is recorded already."),
}
#: The field that a refusal is about.
FIELDS = {
    CorrectionRefusal.NOTHING: "item",
    CorrectionRefusal.DOES_NOT_FIT: "item",
    CorrectionRefusal.THERE_ALREADY: "item",
}


def line_of(round_: Round, cadre: Cadre) -> snapshot.Line | None:
    """What the round has kept of somebody; None where they were not checked. Raises snapshot.Damaged."""
    lines = snapshot.decode(round_.snapshot, round_.taken_at)
    return next((line for line in lines if line.cadre_id == cadre.pk), None)


def findings_of(round_: Round, cadre: Cadre) -> QuerySet[Finding]:
    """What is recorded of a line and counts or may count, corrections included."""
    found = Finding.objects.filter(Q(round=round_) | Q(round__corrects=round_), cadre=cadre)
    return found.exclude(state=FindingState.WITHDRAWN).select_related("item", "unit").order_by("pk")


@transaction.atomic
def correction_ask(
    *,
    round_: Round,
    cadre: Cadre,
    finding: Finding | None,
    item: Item | None,
    minutes: int | None,
    note: str,
    reason: str,
    actor: User,
    now: datetime,
) -> Correction:
    """Ask that `finding` be withdrawn, that `item` be recorded, or both. Asking the same again finds the first one."""
    _lock_sheet(round_)
    facts = {
        "finding_id": finding.pk if finding else None,
        "item_id": item.pk if item else None,
        "minutes": minutes if item and item.with_minutes else None,
        "note": note.strip() if item else "",
        "reason": reason.strip(),
    }
    if open_one := Correction.objects.filter(round=round_, cadre=cadre, decision="").first():
        if open_one.asked_by_id == actor.pk and all(getattr(open_one, k) == v for k, v in facts.items()):
            return open_one
        raise Refused(_("A correction of this line waits for its decision already."))
    _check(round_, cadre, finding, item, actor)
    asked = Correction.objects.create(round=round_, cadre=cadre, asked_by=actor, asked_at=now, **facts)
    audit.record(verb="correction_asked", subject=asked, actor=actor, now=now, changes=facts)
    notices.send(
        kind=notifying.CORRECTION_ASKED.name,
        key=f"correction:{asked.pk}:asked",
        to=deciders(asked, local(now).date()),
        params=_params(asked),
        now=now,
    )
    return asked


def _check(round_: Round, cadre: Cadre, finding: Finding | None, item: Item | None, actor: User) -> None:
    try:
        line = line_of(round_, cadre)
    except snapshot.Damaged:
        raise Refused(_("What this round has kept cannot be read; it cannot be corrected.")) from None
    if line is None or round_.kind == RoundKind.CORRECTION:
        raise Refused(_("This person was not checked in this round."))
    if item is not None:
        rounds.check_recordable(item)
    recorded = {one.pk: one.item.code for one in findings_of(round_, cadre)}
    if finding is not None and finding.pk not in recorded:
        raise Refused(_("This finding no longer counts."), "finding")
    refusal = refuse_correction(
        withdraws=recorded[finding.pk] if finding else None,
        records=item.code if item else None,
        recorded=recorded.values(),
        status=line.status,
        is_own_line=cadre.user_id == actor.pk,
    )
    if refusal is not None:
        raise Refused(REFUSALS[refusal], FIELDS.get(refusal))


@transaction.atomic
def correction_decide(
    *, correction: Correction, confirm: bool, note: str, actor: User, now: datetime
) -> Correction:
    """The second person agrees or does not. Of two who decide at once the first one counts."""
    _lock_sheet(correction.round)
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    asked = Correction.objects.select_for_update().get(pk=correction.pk)
    decision = Decision.CONFIRMED if confirm else Decision.REFUSED
    if asked.decision:
        if (asked.decided_by_id, asked.decision) == (actor.pk, decision.value):
            return asked
        raise Refused(_("This correction has already been decided."))
    if not may_decide(asked, actor, local(now).date()):
        raise Refused(
            _("A second person decides: neither who asked, nor who recorded it, nor whose line it is.")
        )
    if not confirm and not note.strip():
        raise Refused(_("Say why."), "note")
    asked.decision, asked.decision_note = decision.value, note.strip()
    asked.decided_by, asked.decided_at = actor, now
    asked.save(update_fields=["decision", "decision_note", "decided_by", "decided_at"])
    changes = {"decision": decision.value, "note": asked.decision_note}
    audit.record(verb="correction_decided", subject=asked, actor=actor, now=now, changes=changes)
    if confirm:
        _carry_out(asked, actor, now)
    notices.send(
        kind=notifying.CORRECTION_DECIDED.name,
        key=f"correction:{asked.pk}:decided",
        to=[asked.asked_by_id],
        params={**_params(asked), "decision": decision.value},
        now=now,
    )
    return asked


def _carry_out(asked: Correction, second: User, now: datetime) -> None:
    """A round of one line after the round that it corrects; what was wrong is withdrawn, what was right recorded."""
    original = asked.round
    line = line_of(original, asked.cadre)
    assert line is not None  # asked for while the sheet was locked, and rounds only grow
    left = [one.item.code for one in findings_of(original, asked.cadre) if one.pk != asked.finding_id]
    left += [asked.item.code] if asked.item is not None else []
    line = replace(line, verified=corrected_way(line.verified, left))
    done = rounds.create(
        original.sheet,
        RoundKind.CORRECTION,
        original.scope,
        selectors.next_number(original.sheet_id, original.scope, RoundKind.CORRECTION),
        asked.asked_by,
        original.taken_at,
        now,
        [line],
        1 if asked.item_id else 0,
        corrects=original,
        reason=asked.reason,
        second=second,
    )
    if asked.finding is not None:
        findings.withdraw_corrected(finding=asked.finding, reason=asked.reason, actor=second, now=now)
    if asked.item is not None:
        findings.record([_right_one(asked, done, line)], now)


def _right_one(asked: Correction, done: Round, line: snapshot.Line) -> Finding:
    """Day, time and place are those of the check; only the recording is of today."""
    wrong, cadre, item = asked.finding, asked.cadre, asked.item
    assert item is not None
    return Finding(
        unit=wrong.unit if wrong else cadre.unit,
        cadre=cadre,
        item=item,
        day=done.sheet.day,
        at=wrong.at if wrong else done.taken_at,
        place_id=done.sheet.unit_id,
        room=wrong.room if wrong else "",
        minutes=asked.minutes,
        note=asked.note,
        said=wrong.said if wrong else snapshot.as_facts(line.status),
        recorder=asked.asked_by,
        recorded_at=done.submitted_at,
        round=done,
    )


# --- Who decides ---------------------------------------------------------------------------------------------------


def _case(asked: Correction) -> Case:
    """Whoever recorded what is to be withdrawn asks, or is asked about, but does not decide."""
    recorder = asked.finding.recorder_id if asked.finding is not None else None
    involved = frozenset([recorder] if recorder is not None else [])
    return Case(asked.asked_by_id, asked.cadre.user_id, involved)


def deciders(asked: Correction, today: date) -> list[int]:
    """Another officer of the unit or its head; the Express where the unit has no second person, and where a finding
    was decided on already: no two people of a unit undo that among themselves."""
    unit_id = asked.round.sheet.unit_id
    return _free(asked, selectors.responsible_for([unit_id], today)[unit_id], selectors.express(today))


def _free(asked: Correction, insiders: Collection[int], express: Collection[int]) -> list[int]:
    case = _case(asked)
    decided = asked.finding is not None and asked.finding.decided_at is not None
    hand = Hand.CITY if decided else hand_of(case, insiders)
    asked_of = insiders if hand == Hand.UNIT else express
    return sorted(user for user in asked_of if case.is_free(user))


def waiting_for(user_id: int, today: date) -> list[Correction]:
    """The open ones that this person may decide on; four queries for any number of them."""
    found = list(
        Correction.objects.filter(decision="")
        .select_related("round__sheet", "cadre", "finding")
        .defer("round__snapshot")
    )
    if not found:
        return []
    insiders = selectors.responsible_for({asked.round.sheet.unit_id for asked in found}, today)
    express = selectors.express(today)
    return [asked for asked in found if user_id in _free(asked, insiders[asked.round.sheet.unit_id], express)]


def may_decide(asked: Correction, user: User, today: date) -> bool:
    return user.pk in deciders(asked, today)


def _params(asked: Correction) -> dict[str, Any]:
    sheet = asked.round.sheet
    return {"correction": asked.pk, "unit": sheet.unit.name, "day": sheet.day.isoformat()}


def _lock_sheet(round_: Round) -> None:
    """Nobody else asks, decides or submits on this day's sheet until the transaction ends."""
    DailySheet.objects.select_for_update().get(pk=round_.sheet_id)
