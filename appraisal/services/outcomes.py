"""From a complaint's outcome to the month: somebody of the city says which item it is, and a finding follows that is
told, defended and decided like any other (DESIGN §2: facts flow one way)."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal.models import AppraisalSettings, CountedOutcome, Kind, LedgerEntry
from appraisal.services.reversals import entry_reverse
from attendance.services import outcome_finding_record, outcome_finding_withdraw
from common import audit
from common.problems import Refused
from common.rules import local
from common.templatetags.components import zh_date
from complaints.interests import conflicted, express_people
from complaints.models import Complaint, Outcome
from complaints.models.cases import ComplaintQuerySet
from complaints.rules import State
from complaints.services.handling import gives_away

#: Of the catalogue of attendance: what a complaint can come to (DOMAIN §5: “查实”). 吃拿卡要 is referred, not counted.
ITEMS = ("rude", "shirking")
SUBSTANTIATED = (Outcome.SUBSTANTIATED, Outcome.PARTLY)
ENDED = (State.CLOSED, State.ANSWERED)


def to_count(cases: ComplaintQuerySet) -> ComplaintQuerySet:
    """Of these, what was substantiated about a person, stands as the matter's last word, and counts as nothing yet."""
    last = cases.filter(state__in=ENDED, outcome__in=SUBSTANTIATED, cadre__isnull=False, master=None)
    # What is being done again counts, if at all, by the new answer.
    redone = Q(redone_by__isnull=False)
    # What the first answer counted stays counted; as nothing it may count after all.
    return (
        last.exclude(redone)
        .filter(counted=None)
        .exclude(redo_of__counted__finding__isnull=False, redo_of__counted__undone_at=None)
    )


def to_undo(cases: ComplaintQuerySet) -> ComplaintQuerySet:
    """Of these, what counts although the matter came to something else when it was done again."""
    other = Q(redone_by__state__in=ENDED) & ~Q(redone_by__outcome__in=SUBSTANTIATED)
    return cases.filter(other, counted__finding__isnull=False, counted__undone_at=None)


@transaction.atomic
def outcome_count(
    *, case: Complaint, item_code: str, day: date | None, note: str, reason: str, actor: User, now: datetime
) -> CountedOutcome:
    """As one of ITEMS, on the day of the fact and in words that quote nobody; or as nothing, with a reason.

    The same by the same person a second time is the first time's answer.
    """
    case = _locked(case)
    known = CountedOutcome.objects.filter(complaint=case).first()
    if known is not None:
        return _the_same(known, item_code, actor)
    _check(case, actor, now)
    if not item_code:
        return _without_points(case, reason.strip(), actor, now)
    _check_fact(case, item_code, day, note, now)
    assert day is not None
    assert case.cadre is not None
    finding = outcome_finding_record(
        cadre=case.cadre,
        unit=case.unit,
        item_code=item_code,
        day=day,
        note=note.strip(),
        source=source_of(case),
        kept_out=conflicted(express_people(local(now).date()), case),
        actor=actor,
        now=now,
    )
    made = CountedOutcome.objects.create(complaint=case, finding=finding, counted_by=actor, counted_at=now)
    audit.record(verb="outcome_counted", subject=made, actor=actor, now=now, changes={"item": item_code})
    return made


def _the_same(known: CountedOutcome, item_code: str, actor: User) -> CountedOutcome:
    """A second tap; of anybody else's answer one is told."""
    counts_as = known.finding.item if known.finding is not None else None
    if known.counted_by_id == actor.pk and (counts_as.code if counts_as else "") == item_code:
        return known
    words = {"who": known.counted_by, "item": counts_as or _("No points")}
    raise Refused(_("%(who)s has said already what it counts as: %(item)s.") % words)


def _without_points(case: Complaint, reason: str, actor: User, now: datetime) -> CountedOutcome:
    if not reason:
        raise Refused(_("Say why it counts as nothing."), "reason")
    made = CountedOutcome.objects.create(complaint=case, reason=reason, counted_by=actor, counted_at=now)
    audit.record(verb="outcome_counted", subject=made, actor=actor, now=now, changes={"reason": reason})
    return made


def _check(case: Complaint, actor: User, now: datetime) -> None:
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if not to_count(Complaint.objects.filter(pk=case.pk)).exists():
        raise Refused(_("Only what was substantiated about a person, and is closed, counts in the month."))


def _check_fact(case: Complaint, item_code: str, day: date | None, note: str, now: datetime) -> None:
    if item_code not in ITEMS:
        raise Refused(_("Choose what it counts as."), "item")
    if day is None:
        raise Refused(_("Say on which day it happened."), "day")
    if day > local(case.received_at).date():
        raise Refused(_("It cannot have happened after the complaint was received."), "day")
    begins = AppraisalSettings.current().begins
    if begins is not None and day < begins:
        raise Refused(_("Nothing before %(day)s is counted.") % {"day": zh_date(begins)}, "day")
    if not note.strip():
        raise Refused(_("Say what was substantiated."), "note")
    if gives_away(case, note):
        raise Refused(_("These are words of a complainant: write it in other words."), "note")


@transaction.atomic
def outcome_undo(*, case: Complaint, actor: User, now: datetime) -> CountedOutcome:
    """The matter was done again and came to something else: the finding is withdrawn, and what it cost is reversed."""
    case = _locked(case)
    counted = CountedOutcome.objects.select_for_update(of=("self",)).filter(complaint=case).first()
    if counted is None or counted.finding is None:
        raise Refused(_("Nothing of this case counts."))
    if counted.undone_at is not None:
        return counted
    if conflicted([actor.pk], case, local(now).date()):
        raise Refused(_("You have an interest in this case: leave it to others."))
    if not to_undo(Complaint.objects.filter(pk=case.pk)).exists():
        raise Refused(_("The matter came to nothing else: whoever is concerned may object in the month."))
    reason = _("The matter was done again and came to another result.")
    outcome_finding_withdraw(finding=counted.finding, reason=reason, actor=actor, now=now)
    for entry in LedgerEntry.objects.standing().filter(finding=counted.finding).exclude(kind=Kind.REVERSAL):
        entry_reverse(entry=entry, reason=reason, actor=actor, now=now)
    counted.undone_at, counted.undone_by = now, actor
    counted.save(update_fields=["undone_at", "undone_by"])
    audit.record(verb="outcome_undone", subject=counted, actor=actor, now=now)
    return counted


def source_of(case: Complaint) -> str:
    """The same for a case each time, and nobody can tell from it which one."""
    digest = salted_hmac("appraisal.outcome", str(case.pk), algorithm="sha256").hexdigest()
    return f"outcome:{digest[:32]}"


def _locked(case: Complaint) -> Complaint:
    locked = Complaint.objects.select_for_update(of=("self",))
    return locked.select_related("unit", "cadre__unit", "redo_of").get(pk=case.pk)
