"""Findings: recorded, told, defended, decided. Facts do not change; a mistake is withdrawn."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role, Unit, User
from attendance import notifying, selectors, snapshot
from attendance.models import (
    Exemption,
    Finding,
    FindingState,
    InspectionSettings,
    Item,
    Mark,
    Round,
    SpotCheck,
    Told,
)
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
from cards.models import Cadre
from common import audit, calendar, notices
from common.problems import Refused
from common.rules import at, local
from common.versions import check_unchanged

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
IN_APP = Told.IN_APP.value


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
    notices.send_all([_recorded(row) for row in saved if row.told_at is not None], now=now)
    return saved


def _recorded(finding: Finding) -> notices.Message:
    assert finding.cadre is not None
    assert finding.defence_until is not None
    return notices.Message(
        kind=notifying.RECORDED.name,
        key=f"finding:{finding.pk}:recorded",
        to=filter(None, [finding.cadre.user_id]),
        params={
            "finding": finding.pk,
            "day": finding.day.isoformat(),
            "item": finding.item.name,
            "until": finding.defence_until.isoformat(),
        },
    )


@transaction.atomic
def finding_tell(*, finding: Finding, how: str, day: date, actor: User, now: datetime) -> Finding:
    """Somebody without an account was told on `day`, by whatever way of Told; their days count from there."""
    finding = _locked(finding)
    if finding.told_at is not None:
        return finding
    if finding.state != FindingState.PROVISIONAL:
        raise Refused(REFUSALS[DecisionRefusal.DECIDED])
    today = local(now).date()
    last_day = defence_until(day, InspectionSettings.current().defence_days, calendar.around(day))
    if day > today:
        raise Refused(_("This day is still to come."), "day")
    if day < local(finding.recorded_at).date():
        raise Refused(_("Nobody can have been told before it was recorded."), "day")
    if last_day < today:
        raise Refused(
            _("The days for a statement would be over already: tell the person again today."), "day"
        )
    finding.told_at = now if day == today else at(day, time(12))
    finding.told_how, finding.defence_until = how, last_day
    finding.save(update_fields=["told_at", "told_how", "defence_until"])
    changes = {"how": how, "day": day, "until": last_day}
    audit.record(verb="finding_told", subject=finding, actor=actor, now=now, changes=changes)
    return finding


@transaction.atomic
def finding_defend(
    *, finding: Finding, text: str, seen: str | None = None, actor: User, now: datetime
) -> Finding:
    """The statement in defence, by the person or entered for them; it may be written again until the last day."""
    finding = _locked(finding)
    text, today = text.strip(), local(now).date()
    if finding.state != FindingState.PROVISIONAL:
        raise Refused(REFUSALS[DecisionRefusal.DECIDED])
    if finding.defence_until is None or today > finding.defence_until:
        raise Refused(_("The days for a statement in defence are over."))
    if not may_defend(finding, actor, today):
        raise Refused(_("Only the person, or an officer of the unit for them, hands in a statement."))
    if not text:
        raise Refused(_("Write what should be considered."), "text")
    if finding.defence == text:
        return finding
    check_unchanged(defence_facts(finding), seen)
    before = finding.defence
    finding.defence, finding.defended_at, finding.defended_by = text, now, actor
    finding.save(update_fields=["defence", "defended_at", "defended_by"])
    audit.record(
        verb="finding_defended", subject=finding, actor=actor, now=now, changes={"text": [before, text]}
    )
    _tell_deciders(finding, notifying.DEFENDED, f"defended:{now:%Y%m%d%H%M}", now)
    return finding


def defence_facts(finding: Finding) -> dict[str, Any]:
    """What the form of a statement shows (common/versions.py)."""
    return {"text": finding.defence}


def may_defend(finding: Finding, user: User, today: date) -> bool:
    """The person themselves; an officer for them, who never writes over the person's own words, nor, where the person
    has an account, answers what they recorded; and of a finding about a unit its officers and heads."""
    roles, units = [Role.UNIT_OFFICER], [finding.unit_id, finding.place_id]
    if finding.cadre is None:
        roles, units = [Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD], [finding.unit_id]
    elif finding.cadre.user_id == user.pk:
        return True
    elif finding.own_word or (finding.cadre.user_id is not None and finding.recorder_id == user.pk):
        return False
    held = Membership.objects.current(today).filter(user=user, role__in=roles, unit__in=units)
    return held.exists()


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
    exemption = exemption if withdraw else ""
    reason = reason.strip() or (str(Exemption(exemption).label) if exemption else "")
    refusal = refuse_decision(
        is_open=finding.state == FindingState.PROVISIONAL,
        is_free=may_decide(finding, actor, today),
        defended=finding.defended_at is not None,
        own_word=finding.own_word,
        withdraw=withdraw,
        defence_until=finding.defence_until,
        today=today,
        reason=reason,
    )
    if refusal is not None:
        raise Refused(REFUSALS[refusal], "reason" if refusal == DecisionRefusal.REASON_MISSING else None)
    state = FindingState.WITHDRAWN if withdraw else FindingState.STANDING
    _decide(finding, state, reason, actor, now, exemption)
    return finding


def _decide(
    finding: Finding, state: FindingState, reason: str, actor: User | None, now: datetime, exemption: str = ""
) -> None:
    finding.state, finding.decision_reason, finding.exemption = state, reason, exemption
    finding.decided_by, finding.decided_at = actor, now
    finding.save(update_fields=["state", "decision_reason", "exemption", "decided_by", "decided_at"])
    changes: dict[str, Any] = {"state": state.value, "reason": reason}
    if exemption:
        changes["exemption"] = exemption
    audit.record(verb="finding_decided", subject=finding, actor=actor, now=now, changes=changes)
    _tell_decision(finding, state, now)


def _tell_decision(finding: Finding, state: FindingState, now: datetime) -> None:
    """Whoever it is about; of a unit its officers and heads. Whoever has no account hears it from the officer."""
    today = local(now).date()
    if finding.cadre is None:
        kind, to = (
            notifying.UNIT_DECIDED,
            selectors.responsible_for([finding.unit_id], today)[finding.unit_id],
        )
    else:
        kind, to = notifying.DECIDED, list(filter(None, [finding.cadre.user_id]))
    notices.send(
        kind=kind.name,
        # A finding that stands may still be withdrawn by a correction.
        key=f"finding:{finding.pk}:{state.value}",
        to=to,
        params={
            "finding": finding.pk,
            "day": finding.day.isoformat(),
            "item": finding.item.name,
            "unit": finding.unit.name,
            "decision": state.value,
        },
        now=now,
    )


def withdraw_corrected(*, finding: Finding, reason: str, actor: User, now: datetime) -> None:
    """Part of a confirmed correction: what was recorded by mistake is withdrawn, also when it stood already."""
    finding = _locked(finding)
    if finding.state != FindingState.WITHDRAWN:
        _decide(finding, FindingState.WITHDRAWN, reason, actor, now)


def take_back(*, finding: Finding, reason: str, actor: User, now: datetime) -> Finding:
    """Recorded by mistake, and seen the same day before anything was said in defence: withdrawn with its reason, and
    kept; afterwards it is decided like any other. Nobody decides on what they recorded, so nobody is named as having
    decided; the audit trail says who it was."""
    finding, reason = _locked(finding), reason.strip()
    if finding.state == FindingState.WITHDRAWN:
        return finding
    if finding.state != FindingState.PROVISIONAL:
        raise Refused(REFUSALS[DecisionRefusal.DECIDED])
    if finding.defended_at is not None:
        raise Refused(
            _("A statement in defence has been made: what is recorded is decided on, not taken back.")
        )
    if local(finding.recorded_at).date() != local(now).date():
        raise Refused(
            _("What was recorded on another day is no longer taken back: whoever decides may withdraw it.")
        )
    if not reason:
        raise Refused(_("Say why what was recorded is taken back."), "reason")
    finding.state, finding.decision_reason, finding.decided_at = FindingState.WITHDRAWN, reason, now
    finding.save(update_fields=["state", "decision_reason", "decided_at"])
    audit.record(verb="finding_taken_back", subject=finding, actor=actor, now=now, changes={"reason": reason})
    _tell_decision(finding, FindingState.WITHDRAWN, now)
    return finding


def case_of(finding: Finding) -> Case:
    return cases_of([finding])[finding.pk]


def cases_of(findings: Collection[Finding]) -> dict[int, Case]:
    """By finding; two queries for any number that was read with `cadre` and `spot_line`, or one more."""
    checks = {row.spot_line.spot_check_id for row in findings if row.spot_line is not None}
    involved: dict[int, set[int]] = {}
    # Whoever confirmed a correction has had a hand in what it recorded.
    rounds = Round.objects.filter(pk__in={row.round_id for row in findings}, second__isnull=False)
    seconds = dict(rounds.order_by().values_list("pk", "second"))
    if checks:
        rows = SpotCheck.objects.filter(pk__in=checks).order_by()
        for check, planner, inspector in rows.values_list("pk", "planned_by", "inspectors"):
            involved.setdefault(check, {planner}).update(filter(None, [inspector]))
    return {
        row.pk: Case(
            row.recorder_id,
            row.cadre.user_id if row.cadre is not None else None,
            row.kept_out_ids
            | (
                frozenset(involved[row.spot_line.spot_check_id])
                if row.spot_line is not None
                else frozenset(filter(None, [seconds.get(row.round_id or 0)]))
            ),
            row.spot_line is not None or row.is_outcome,
        )
        for row in findings
    }


def may_decide(finding: Finding, user: User, today: date) -> bool:
    return user.pk in deciders(finding, today)


def deciders(finding: Finding, today: date) -> list[int]:
    return deciders_of([finding], today)[finding.pk]


def deciders_of(findings: Collection[Finding], today: date) -> dict[int, list[int]]:
    """The accounts that may decide on each today: the leading-group head of the unit that checked, for sheets; an
    uninvolved member of the Express for spot checks, for findings about a unit, and where no free head exists
    (DESIGN §1, §3). The same queries for any number; `cases.waiting_for` asks the same of the database."""
    cases = cases_of(findings)
    heads = selectors.members_of(Role.LEADING_GROUP_HEAD, {row.place_id for row in findings}, today)
    city = selectors.express(today)
    found = {}
    for row in findings:
        case, of_unit = cases[row.pk], heads.get(row.place_id, [])
        group = of_unit if _hand(row, case, of_unit) == Hand.UNIT else city
        found[row.pk] = [user for user in group if case.is_free(user)]
    return found


def hand(finding: Finding, today: date) -> Hand:
    """Who decides on it, the unit or the city."""
    return _hand(finding, case_of(finding), selectors.heads_of(finding.place_id, today))


def _hand(finding: Finding, case: Case, heads: Collection[int]) -> Hand:
    return Hand.CITY if finding.cadre_id is None else hand_of(case, heads)


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
    found = Finding.objects.filter(source=source).first()
    if found is not None:
        return found, False
    item = Item.objects.get(code=item_code)
    row = unit_findings([(unit, day, source)], item, note, now)[0]
    values = {field.attname: getattr(row, field.attname) for field in Finding._meta.concrete_fields}
    del values["id"]
    return Finding.objects.get_or_create(source=values.pop("source"), defaults=values)


@transaction.atomic
def unit_findings_record(
    *, about: Iterable[tuple[Unit, date, str]], item_code: str, note: str = "", now: datetime
) -> list[Finding]:
    """The same of many (unit, day, source) in a handful of statements: those that were not there yet.

    The caller keeps others from recording the same sources meanwhile.
    """
    rows = list(about)
    sources = [source for _unit, _day, source in rows]
    known = (
        set(Finding.objects.filter(source__in=sources).values_list("source", flat=True)) if rows else set()
    )
    new = [row for row in rows if row[2] not in known]
    if not new:
        return []
    item = Item.objects.get(code=item_code)
    return Finding.objects.bulk_create(unit_findings(new, item, note, now))


def unit_findings(
    about: Iterable[tuple[Unit, date, str]], item: Item, note: str, now: datetime
) -> list[Finding]:
    """Unsaved findings about (unit, day, source) that the program makes; the unit is told with them."""
    today, days = local(now).date(), InspectionSettings.current().defence_days
    last_day = defence_until(today, days, calendar.around(today))
    return [
        Finding(
            unit=unit,
            item=item,
            day=day,
            at=now,
            place=unit,
            note=note,
            source=source,
            recorded_at=now,
            told_at=now,
            told_how=IN_APP,
            defence_until=last_day,
        )
        for unit, day, source in about
    ]


# --- What a complaint came to -------------------------------------------------------------------------------------


@transaction.atomic
def outcome_finding_record(
    *,
    cadre: Cadre,
    unit: Unit,
    item_code: str,
    day: date,
    note: str,
    source: str,
    kept_out: Collection[int],
    actor: User,
    now: datetime,
) -> Finding:
    """What was substantiated about somebody, as a finding like any other: told, defended, decided by a second person of
    the city. It counts in the unit that was complained of, wherever the cadre serves by now. `source` tells nobody
    which complaint it was; with the same one again it is the first finding. Nobody of `kept_out` decides on it."""
    found = Finding.objects.filter(source=source).first()
    if found is not None:
        return found
    item = Item.objects.get(code=item_code)
    row = Finding(
        unit=unit,
        place=unit,
        cadre=cadre,
        item=item,
        kept_out="".join(f",{pk}" for pk in sorted(kept_out)) + "," if kept_out else "",
        day=day,
        # Of what was complained of nobody kept the minute.
        at=at(day, time(12)),
        note=note,
        recorder=actor,
        recorded_at=now,
        source=source,
    )
    return record([row], now)[0]


@transaction.atomic
def outcome_finding_withdraw(*, finding: Finding, reason: str, actor: User | None, now: datetime) -> None:
    """The complaint came to something else when it was done again, or is not the city's any more."""
    finding = _locked(finding)
    if finding.state == FindingState.WITHDRAWN:
        return
    finding.state, finding.decision_reason, finding.decided_at = FindingState.WITHDRAWN, reason, now
    # Whoever recorded it may be the one who says so: nobody is named as having decided, the audit trail says who.
    finding.decided_by = None
    finding.save(update_fields=["state", "decision_reason", "decided_by", "decided_at"])
    audit.record(
        verb="finding_outcome_changed", subject=finding, actor=actor, now=now, changes={"reason": reason}
    )
    _tell_decision(finding, FindingState.WITHDRAWN, now)


def missing_sheet_source(unit: Unit, day: date) -> str:
    return f"{SHEET_MISSING}:{unit.code}:{day.isoformat()}"


def missing_sheet_withdraw(*, unit: Unit, day: date, actor: User, now: datetime) -> None:
    """The sheet was kept on paper after all. What was decided meanwhile stays decided."""
    found = Finding.objects.select_for_update().filter(source=missing_sheet_source(unit, day)).first()
    if found is not None and found.state == FindingState.PROVISIONAL:
        _decide(
            found, FindingState.WITHDRAWN, _("The sheet was kept on paper and has been entered."), actor, now
        )
