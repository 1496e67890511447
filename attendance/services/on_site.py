"""On site: each person of a spot check recorded with the second at which it was tapped; then closed, or cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.selectors import roles_of
from attendance import doors, snapshot
from attendance.models import Finding, Outcome, Signature, SpotCheck, SpotLine
from attendance.models.sheets import evidence_path
from attendance.selectors import Person
from attendance.services import findings
from attendance.services.rounds import Problem, check_said
from cards import photos
from cards.models import Cadre
from cards.presentation import clock
from common import audit
from common.problems import Refused
from common.rules import local
from common.versions import check_unchanged

ONLY_PLANNER_OR_HEAD = gettext_lazy(
    "Whoever planned it, or the head of the Efficiency Express, cancels a spot check."
)
ONLY_A_SECOND = gettext_lazy(
    "A spot check that was drawn is cancelled by a head of the Efficiency Express who has not planned it. Whoever "
    "planned it draws again, with a reason."
)


@dataclass(frozen=True)
class Record:
    """What an inspector says of one person: all of it, in place of what was recorded before."""

    outcome: Outcome
    #: What is wrong. One that is recorded already stays as it is: facts do not change.
    problems: Sequence[Problem] = ()
    note: str = ""
    word: str = ""
    signature: str = ""
    witness: str = ""
    #: Why a problem that was recorded is taken back.
    reason: str = ""


def line_facts(line: SpotLine | None) -> dict[str, Any]:
    """What the form of a person shows, by field; two inspectors see from it that one came before the other."""
    if line is None:
        line = SpotLine()
    items = sorted(finding.item.code for finding in doors.counting(line)) if line.pk else []
    return {
        "outcome": line.outcome,
        "items": items,
        "note": line.note,
        "word": line.word,
        "signature": line.signature,
        "witness": line.witness,
    }


@transaction.atomic
def line_agree(*, check: SpotCheck, cadre: Cadre, actor: User, now: datetime) -> SpotLine:
    """One tap: the plaque says what is true. A second one changes nothing; over a problem it is refused."""
    check = _under_way(check, actor, now)
    person = _met(check, cadre, actor, now)
    line = _line(check, person)
    if line.outcome == Outcome.PROBLEM and line.taken_at:
        raise Refused(
            _("%(name)s has recorded a problem here at %(time)s.")
            % {"name": line.recorded_by, "time": clock(line.taken_at)}
        )
    return line if line.outcome else _write(line, person, Record(Outcome.AGREES), [], actor, now)


@transaction.atomic
def line_record(
    *,
    check: SpotCheck,
    cadre: Cadre,
    record: Record,
    actor: User,
    now: datetime,
    seen: str | None = None,
) -> SpotLine:
    """Record somebody, or put right what was recorded within the same check. Every new problem is a finding at once,
    told to the person at once; one that is taken back is withdrawn with its reason."""
    check = _under_way(check, actor, now)
    _check(record, cadre, actor)
    person = _met(check, cadre, actor, now)
    line = _line(check, person)
    standing = {finding.item_id: finding for finding in doors.counting(line)}
    wanted = {problem.item.pk: problem for problem in record.problems}
    new = [problem for pk, problem in wanted.items() if pk not in standing]
    wrong = [finding for pk, finding in standing.items() if pk not in wanted]
    nothing_sent = all(problem.photo is None for problem in record.problems)
    if not new and not wrong and nothing_sent and _same(line, record):
        return line
    check_unchanged(line_facts(line), seen)
    if not new and record.outcome == Outcome.PROBLEM:
        _check_kept(line, record)
    for problem in new:
        check_said(problem.item, person.status)
    for finding in wrong:
        findings.take_back(finding=finding, reason=record.reason, actor=actor, now=now)
    return _write(line, person, record, new, actor, now)


def _check(record: Record, cadre: Cadre, actor: User) -> None:
    if record.outcome == Outcome.AGREES:
        if record.problems:
            raise Refused(_("Either it agrees, or there is a problem."), "outcome")
    elif not record.problems:
        raise Refused(_("Say what is wrong."), "items")
    elif not record.signature:
        raise Refused(_("Say whether the person has signed."), "signature")
    if record.signature == Signature.REFUSED:
        if not record.witness.strip():
            raise Refused(_("A refusal to sign needs a witness: name them."), "witness")
        if record.witness.strip() in (cadre.name, str(actor)):
            raise Refused(_("The witness is somebody else than the inspector and the person."), "witness")


def _check_kept(line: SpotLine, record: Record) -> None:
    """The facts of a problem that is recorded already do not change."""
    sentence = _("What is recorded stays as it is. Take it back with a reason and record it again.")
    if record.note != line.note:
        raise Refused(sentence, "note")
    if any(problem.photo is not None for problem in record.problems):
        raise Refused(sentence, "photo")


def _same(line: SpotLine, record: Record) -> bool:
    facts = line_facts(line)
    return all(facts[name] == getattr(record, name) for name in facts if name != "items")


def _under_way(check: SpotCheck, actor: User, now: datetime) -> SpotCheck:
    """The check, nobody else's until the transaction ends: what one inspector records the next one sees."""
    check = _locked(check)
    if check.is_sealed(now):
        raise Refused(_("This spot check has not begun."))
    if check.closed_at is not None or check.cancelled_at is not None:
        raise Refused(_("This spot check is over. What is recorded stays as it is."))
    if not check.inspectors.filter(pk=actor.pk).exists():
        raise Refused(_("Only the inspectors of this spot check record it."))
    return check


def _locked(check: SpotCheck) -> SpotCheck:
    return SpotCheck.objects.select_for_update().get(pk=check.pk)


def _met(check: SpotCheck, cadre: Cadre, actor: User, now: datetime) -> Person:
    if cadre.user_id == actor.pk:
        raise Refused(_("Nobody inspects their own line. The other inspector records this."))
    person = doors.at_work(cadre.pk, now)
    if person is None or not check.units.filter(pk=person.office.unit_id).exists():
        raise Refused(_("This person does not work in a unit of this spot check today."))
    return person


def _line(check: SpotCheck, person: Person) -> SpotLine:
    """Whoever works there and was not drawn becomes a line."""
    place = {"unit": person.office.unit, "office": person.office}
    line, _made = SpotLine.objects.get_or_create(spot_check=check, cadre=person.cadre, defaults=place)
    return doors.recorded(check).get(pk=line.pk)


def _write(
    line: SpotLine, person: Person, record: Record, new: Sequence[Problem], actor: User, now: datetime
) -> SpotLine:
    before = line_facts(line)
    if line.outcome != record.outcome or new:
        # Whoever has moved since the draw is met at the new door.
        line.unit, line.office = person.office.unit, person.office
        line.taken_at, line.recorded_by, line.said = now, actor, snapshot.as_facts(person.status)
    line.outcome, line.note, line.word = record.outcome, record.note, record.word
    line.signature, line.witness = record.signature, record.witness
    line.save()
    findings.record(_findings(line, person, record, new, actor, now), now)
    after = doors.recorded(line.spot_check).get(pk=line.pk)
    changes = audit.differences(before, line_facts(after))
    audit.record(verb="spot_line_recorded", subject=line, actor=actor, now=now, changes=changes)
    return after


def _findings(
    line: SpotLine, person: Person, record: Record, new: Sequence[Problem], actor: User, now: datetime
) -> list[Finding]:
    photo = _stored(next((problem.photo for problem in new if problem.photo is not None), None))
    return [
        Finding(
            unit=person.cadre.unit,
            cadre=person.cadre,
            item=problem.item,
            day=local(now).date(),
            at=now,
            place=person.office.unit,
            room=f"{person.office.location} {person.office.room}".strip(),
            minutes=problem.minutes if problem.item.with_minutes else None,
            note=problem.note or record.note,
            photo=photo,
            said=line.said,
            recorder=actor,
            recorded_at=now,
            spot_line=line,
        )
        for problem in new
    ]


def _stored(upload: Any) -> str:
    """One photo may show several problems; it is kept once. One whose transaction fails is swept as an orphan."""
    if upload is None:
        return ""
    return default_storage.save(evidence_path(Finding(), ""), ContentFile(photos.scene(upload)))


# --- The end --------------------------------------------------------------------------------------------------------


@transaction.atomic
def spot_close(
    *, check: SpotCheck, note: str, reasons: Mapping[int, str], actor: User, now: datetime
) -> SpotCheck:
    """The inspectors are through. Whoever was drawn and not met stands in the record as not met, with the reason of
    `reasons` (by line) where there is one. The same words again from the same person change nothing."""
    check = _locked(check)
    if check.closed_at is not None:
        _check_closed_so(check, note, reasons, actor)
        return check
    check = _under_way(check, actor, now)
    undone = list(check.lines.filter(outcome=""))
    if not note.strip() and not check.lines.exclude(outcome="").exists():
        raise Refused(_("Nobody was checked: say why."), "note")
    for line in undone:
        line.note = reasons.get(line.pk, "").strip()
    SpotLine.objects.bulk_update(undone, ["note"])
    check.closed_at, check.closed_by, check.closing_note = now, actor, note.strip()
    check.save(update_fields=["closed_at", "closed_by", "closing_note"])
    audit.record(
        verb="spot_check_closed", subject=check, actor=actor, now=now, changes={"not_met": len(undone)}
    )
    return check


def _check_closed_so(check: SpotCheck, note: str, reasons: Mapping[int, str], actor: User) -> None:
    """Raises Refused unless it was closed by this person with these words: those of the second would be lost."""
    undone = check.lines.filter(outcome="").values_list("pk", "note")
    same = all(reasons.get(pk, "").strip() == said for pk, said in undone)
    if check.closed_by_id != actor.pk or check.closing_note != note.strip() or not same:
        assert check.closed_at is not None
        raise Refused(
            _("%(name)s has closed this spot check at %(time)s; nothing of yours was saved.")
            % {"name": check.closed_by, "time": clock(check.closed_at)}
        )


@transaction.atomic
def spot_cancel(*, check: SpotCheck, reason: str, actor: User, now: datetime) -> SpotCheck:
    """Called off while nothing is recorded; the draw stays. Of a drawn check `may_cancel` says who may."""
    check = _locked(check)
    if check.cancelled_at is not None:
        return check
    if not may_cancel(check, actor, heads=Role.EXPRESS_HEAD in roles_of(actor, local(now).date())):
        raise Refused(ONLY_A_SECOND if check.draw_id is not None else ONLY_PLANNER_OR_HEAD)
    if check.closed_at is not None:
        raise Refused(_("This spot check is over. What is recorded stays as it is."))
    if check.lines.exclude(outcome="").exists():
        raise Refused(_("Something is recorded already. Close the spot check instead."))
    if not reason.strip():
        raise Refused(_("Say why."), "reason")
    check.cancelled_at, check.cancel_reason = now, reason.strip()
    check.save(update_fields=["cancelled_at", "cancel_reason"])
    audit.record(
        verb="spot_check_cancelled", subject=check, actor=actor, now=now, changes={"reason": reason.strip()}
    )
    return check


def may_cancel(check: SpotCheck, user: User, *, heads: bool) -> bool:
    """`heads`: whether the user is a head of the Express. Who planned a drawn check could draw several and keep the
    one that suits: there it takes a second person."""
    planned = user.pk == check.planned_by_id
    return heads and not planned if check.draw_id is not None else heads or planned
