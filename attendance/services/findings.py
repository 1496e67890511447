"""Findings: recorded, told, defended, decided. Facts do not change; a mistake is withdrawn."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role, Unit, User
from attendance import notifying, selectors, snapshot
from attendance.models import Exemption, Finding, FindingState, InspectionSettings, Item, Mark, Round
from attendance.rules import (
    SHEET_MISSING,
    Case,
    DecisionRefusal,
    Hand,
    defence_until,
    hand_of,
    refuse_decision,
)
from attendance.selectors import Person
from common import audit, calendar, notices
from common.problems import Refused
from common.rules import local

REFUSALS = {
    DecisionRefusal.DECIDED: gettext_lazy("This finding has already been decided."),
    DecisionRefusal.INVOLVED: gettext_lazy(
        "Nobody decides on what they recorded, on their own line, or on a check they took part in."
    ),
    DecisionRefusal.TOO_EARLY: gettext_lazy(
        "The days for a statement in defence are not over, and none has been made."
    ),
    DecisionRefusal.REASON_MISSING: gettext_lazy("Say why."),
}
#: How somebody with an account is told: on their page, and by whatever channel they have set.
IN_APP = "in_app"


def record_marks(
    round_: Round, marks: Sequence[Mark], people: Iterable[Person], *, retaken: bool, now: datetime
) -> list[Finding]:
    """A finding for each problem that was tapped. On paper (`retaken`) the plaque counts as it was at that time."""
    there = {person.cadre.pk: person for person in people}
    rows = []
    for mark in marks:
        person = there.get(mark.cadre_id)
        said = snapshot.as_facts(person.status) if retaken and person else mark.said
        rows.append(
            Finding(
                unit=mark.cadre.unit,
                cadre=mark.cadre,
                item=mark.item,
                day=local(round_.taken_at).date(),
                at=round_.taken_at if retaken else mark.marked_at,
                place_id=round_.sheet.unit_id,
                room=_room(person),
                minutes=mark.minutes,
                note=mark.note,
                photo=mark.photo.name,
                said=said,
                recorder=round_.checker,
                recorded_at=now,
                round=round_,
            )
        )
    return record(rows, now)


def _room(person: Person | None) -> str:
    return f"{person.office.location} {person.office.room}".strip() if person else ""


def record(rows: Sequence[Finding], now: datetime) -> list[Finding]:
    """Save these new findings and tell everybody who has an account, at once. Part of the caller's transaction."""
    if not rows:
        return []
    today, days = local(now).date(), InspectionSettings.current().defence_days
    working = calendar.around(today)
    for row in rows:
        if row.cadre is not None and row.cadre.user_id is not None:
            row.told_at, row.told_how = now, IN_APP
            row.defence_until = defence_until(today, days, working)
    saved = Finding.objects.bulk_create(rows)
    for row in saved:
        if row.cadre is not None and row.cadre.user_id is not None and row.defence_until:
            notices.send(
                kind=notifying.RECORDED.name,
                key=f"finding:{row.pk}:recorded",
                to=[row.cadre.user_id],
                params={
                    "finding": row.pk,
                    "day": row.day.isoformat(),
                    "item": row.item.name,
                    "until": row.defence_until.isoformat(),
                },
                now=now,
            )
    return saved


@transaction.atomic
def finding_tell(*, finding: Finding, how: str, actor: User, now: datetime) -> Finding:
    """Somebody without an account was told in person; their days count from here."""
    finding = _locked(finding)
    if finding.told_at is not None:
        return finding
    today = local(now).date()
    finding.told_at, finding.told_how = now, how
    finding.defence_until = defence_until(
        today, InspectionSettings.current().defence_days, calendar.around(today)
    )
    finding.save(update_fields=["told_at", "told_how", "defence_until"])
    audit.record(verb="finding_told", subject=finding, actor=actor, now=now, changes={"how": how})
    return finding


@transaction.atomic
def finding_defend(*, finding: Finding, text: str, actor: User, now: datetime) -> Finding:
    """The statement in defence, by the person or entered for them; it may be written again until the last day."""
    finding = _locked(finding)
    text = text.strip()
    if finding.state != FindingState.PROVISIONAL:
        raise Refused(REFUSALS[DecisionRefusal.DECIDED])
    if finding.defence_until is None or local(now).date() > finding.defence_until:
        raise Refused(_("The days for a statement in defence are over."))
    if not text:
        raise Refused(_("Write what should be considered."), "text")
    if finding.defence == text:
        return finding
    before = finding.defence
    finding.defence, finding.defended_at, finding.defended_by = text, now, actor
    finding.save(update_fields=["defence", "defended_at", "defended_by"])
    audit.record(
        verb="finding_defended", subject=finding, actor=actor, now=now, changes={"text": [before, text]}
    )
    _tell_deciders(finding, notifying.DEFENDED, f"defended:{now:%Y%m%d%H%M}", now)
    return finding


@transaction.atomic
def finding_decide(
    *,
    finding: Finding,
    withdraw: bool,
    reason: str,
    exemption: str,
    actor: User,
    now: datetime,
) -> Finding:
    """Let it stand or withdraw it. Raises Refused for whoever may not decide on this one."""
    finding = _locked(finding)
    today = local(now).date()
    reason = reason.strip() or (str(Exemption(exemption).label) if exemption else "")
    refusal = refuse_decision(
        is_open=finding.state == FindingState.PROVISIONAL,
        is_free=may_decide(finding, actor, today),
        defended=finding.defended_at is not None,
        withdraw=withdraw,
        defence_until=finding.defence_until,
        today=today,
        reason=reason,
    )
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "reason" if refusal == DecisionRefusal.REASON_MISSING else None)
    state = FindingState.WITHDRAWN if withdraw else FindingState.STANDING
    _decide(finding, state, reason, actor, now, exemption)
    if finding.cadre is not None and finding.cadre.user_id:
        notices.send(
            kind=notifying.DECIDED.name,
            key=f"finding:{finding.pk}:decided",
            to=[finding.cadre.user_id],
            params={
                "finding": finding.pk,
                "day": finding.day.isoformat(),
                "item": finding.item.name,
                "decision": state.value,
            },
            now=now,
        )
    return finding


def _decide(
    finding: Finding, state: FindingState, reason: str, actor: User | None, now: datetime, exemption: str = ""
) -> None:
    finding.state, finding.decision_reason, finding.exemption = state, reason, exemption
    finding.decided_by, finding.decided_at = actor, now
    finding.save(update_fields=["state", "decision_reason", "exemption", "decided_by", "decided_at"])
    changes: dict[str, Any] = {"state": state.value, "reason": reason}
    audit.record(verb="finding_decided", subject=finding, actor=actor, now=now, changes=changes)


def withdraw_corrected(*, finding: Finding, reason: str, actor: User, now: datetime) -> None:
    """Part of a confirmed correction: what was recorded by mistake is withdrawn, also when it stood already."""
    finding = _locked(finding)
    if finding.state != FindingState.WITHDRAWN:
        _decide(finding, FindingState.WITHDRAWN, reason, actor, now)


def case_of(finding: Finding) -> Case:
    involved: frozenset[int] = frozenset()
    if finding.spot_line is not None:
        check = finding.spot_line.spot_check
        inspectors = check.inspectors.values_list("pk", flat=True)
        involved = frozenset([check.planned_by_id, *inspectors])
    subject = finding.cadre.user_id if finding.cadre is not None else None
    return Case(finding.recorder_id, subject, involved, finding.spot_line_id is not None)


def may_decide(finding: Finding, user: User, today: date) -> bool:
    """The leading-group head of the unit that checked, for sheets; an uninvolved member of the Express for spot checks,
    for findings about a unit, and where no free head exists (DESIGN §1, §3)."""
    case = case_of(finding)
    if not case.is_free(user.pk):
        return False
    heads = selectors.heads_of(finding.place_id, today)
    hand = Hand.CITY if finding.cadre_id is None else hand_of(case, heads)
    if hand == Hand.UNIT:
        return user.pk in heads
    return _express(today).filter(user=user).exists()


def _express(today: date) -> Any:
    roles = (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD)
    return Membership.objects.current(today).filter(role__in=roles, user__is_active=True)


def deciders(finding: Finding, today: date) -> list[int]:
    """The accounts that may decide on it today."""
    case, heads = case_of(finding), selectors.heads_of(finding.place_id, today)
    if finding.cadre_id is not None and hand_of(case, heads) == Hand.UNIT:
        return [head for head in heads if case.is_free(head)]
    city = _express(today).order_by("user").values_list("user", flat=True).distinct()
    return [user for user in city if case.is_free(user)]


def _tell_deciders(finding: Finding, kind: notices.Kind, stage: str, now: datetime) -> None:
    notices.send(
        kind=kind.name,
        key=f"finding:{finding.pk}:{stage}",
        to=deciders(finding, local(now).date()),
        params={"finding": finding.pk, "unit": finding.unit.name, "day": finding.day.isoformat()},
        now=now,
    )


def _locked(finding: Finding) -> Finding:
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    return Finding.objects.select_for_update().get(pk=finding.pk)


# --- About a unit --------------------------------------------------------------------------------------------------


@transaction.atomic
def unit_finding_record(
    *, unit: Unit, item_code: str, day: date, source: str, note: str, now: datetime
) -> tuple[Finding, bool]:
    """A finding about a unit that the program recorded; with the same `source` again it is the first one.

    Other apps record theirs here too, naming no case (DESIGN §2).
    """
    item = Item.objects.get(code=item_code)
    today, days = local(now).date(), InspectionSettings.current().defence_days
    return Finding.objects.get_or_create(
        source=source,
        defaults={
            "unit": unit,
            "item": item,
            "day": day,
            "at": now,
            "place": unit,
            "note": note,
            "recorded_at": now,
            "told_at": now,
            "told_how": IN_APP,
            "defence_until": defence_until(today, days, calendar.around(today)),
        },
    )


def missing_sheet_source(unit: Unit, day: date) -> str:
    return f"{SHEET_MISSING}:{unit.code}:{day.isoformat()}"


def missing_sheet_withdraw(*, unit: Unit, day: date, actor: User, now: datetime) -> None:
    """The sheet was kept on paper after all. What was decided meanwhile stays decided."""
    found = Finding.objects.select_for_update().filter(source=missing_sheet_source(unit, day)).first()
    if found is not None and found.state == FindingState.PROVISIONAL:
        _decide(
            found, FindingState.WITHDRAWN, _("The sheet was kept on paper and has been entered."), actor, now
        )
