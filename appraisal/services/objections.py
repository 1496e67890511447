"""Objections: made by whom an entry is about, answered by somebody who had no hand in it, before the month is reported.

Sustained, the entry is reversed in the unit's open month, what followed from it is judged anew, and the money released:
all in one transaction (services.reversals).
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role, Unit, User
from appraisal.acting import acting, line_of
from appraisal.models import (
    AppraisalSettings,
    LedgerEntry,
    MonthlyReport,
    Objection,
    ObjectionState,
)
from appraisal.models.ledger import EntryQuerySet
from appraisal.models.months import ObjectionQuerySet
from appraisal.notifying import objections as notifying_objections
from appraisal.notifying.stages import month_name
from appraisal.rules import Step
from appraisal.rules.objections import (
    Answering,
    Making,
    deciders,
    refuse_answering,
    refuse_making,
    who_enters,
)
from appraisal.services import ledger as chains
from appraisal.services.reversals import entry_reverse
from attendance import selectors
from attendance.models import Finding
from attendance.services import findings
from cards.models import Cadre
from common import audit, calendar, notices
from common.problems import Refused
from common.rules import local
from common.templatetags.components import zh_date

MAKING = {
    Making.NOT_YOURS: gettext_lazy(
        "Whoever an entry is about objects to it themselves; for somebody without an account the unit’s officer "
        "enters it, but nobody who recorded or decided what it is about; about the unit its officers and heads do."
    ),
    Making.NO_CHARGE: gettext_lazy("What takes points back is nothing to object to."),
    Making.TAKEN_BACK: gettext_lazy("This entry has been taken back already: nothing is left to object to."),
    Making.TWICE: gettext_lazy("An objection to this has been made already; each entry is objected to once."),
    Making.TEXT: gettext_lazy("Write what is wrong."),
    Making.PAPER_DAY: gettext_lazy("Enter the day on which the paper was handed in."),
    Making.PAPER_TO_COME: gettext_lazy("This day is still to come."),
    Making.PAPER_TOO_EARLY: gettext_lazy("The entry was not there yet on this day."),
    Making.ACCEPTED: gettext_lazy(
        "The city has accepted the report of this month: paper is entered until then. A record that is wrong can still "
        "be corrected: ask the unit’s officer, or the Efficiency Express."
    ),
}
FIELDS = {
    Making.TEXT: "text",
    Making.PAPER_DAY: "paper_on",
    Making.PAPER_TO_COME: "paper_on",
    Making.PAPER_TOO_EARLY: "paper_on",
}
ANSWERING = {
    Answering.INVOLVED: gettext_lazy(
        "Nobody answers an objection to what they recorded or decided, that is about them, or that they made."
    ),
    Answering.REASON: gettext_lazy("Say why. Whoever objected reads it."),
}


class Answered(Refused):
    """Somebody was faster; the sentence says who, and what."""

    def __init__(self, objection: Objection) -> None:
        words = {
            "who": str(objection.decided_by),
            "state": objection.get_state_display(),
            "reason": objection.decision_reason,
        }
        if objection.state == ObjectionState.WITHDRAWN:
            sentence = _("%(who)s has taken the objection back.")
        else:
            sentence = _("%(who)s has answered it already: %(state)s. Reason: %(reason)s")
        super().__init__(sentence % words)


# --- Making -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def objection_make(
    *, entry: LedgerEntry, text: str, paper_on: date | None = None, actor: User, now: datetime
) -> Objection:
    """Until the end of the publication, once. Pressed twice, it is the first one."""
    _hold(entry)
    entry = whole(LedgerEntry.objects.filter(pk=entry.pk)).get()
    today, text = chains.today(now), text.strip()
    before = of_finding(entry.finding_id)
    if before is not None and _is_same(before, entry, text, actor):
        return before
    report = report_of(entry)
    refusal = _refusal(entry, report, actor, today, text=text, paper_on=paper_on, before=before)
    if refusal is not None:
        raise Refused(_sentence(refusal, entry, report), FIELDS.get(refusal))
    on_paper = is_on_paper(entry, actor)
    objection = Objection.objects.create(
        entry=entry,
        finding=entry.finding,
        made_by=actor,
        made_at=now,
        text=text,
        paper_on=paper_on if on_paper else None,
        due_on=calendar.around(today).add_working_days(today, AppraisalSettings.current().answer_days),
    )
    changes = {"entry": entry.sequence, "paper_on": objection.paper_on, "until": objection.due_on}
    audit.record(verb="objection_made", subject=objection, actor=actor, now=now, changes=changes)
    notifying_objections.made(objection, deciders_now(objection, today), actor.pk, now)
    return objection


def closed(entry: LedgerEntry, user: User, today: date) -> str:
    """Why this user cannot object to it now, whatever they write; empty when they can."""
    report, before = report_of(entry), of_finding(entry.finding_id)
    # What the officer's paper says is not known yet: it may be of a day in time.
    paper_on = today if is_on_paper(entry, user) else None
    if paper_on is not None and report is not None and report.published_until is not None:
        paper_on = min(paper_on, report.published_until)
    refusal = _refusal(entry, report, user, today, text="…", paper_on=paper_on, before=before)
    return "" if refusal is None else str(_sentence(refusal, entry, report))


def _refusal(
    entry: LedgerEntry,
    report: MonthlyReport | None,
    user: User,
    today: date,
    *,
    text: str,
    paper_on: date | None,
    before: Objection | None,
) -> Making | None:
    return refuse_making(
        is_for_them=may_make(entry, user, today),
        is_charge=entry.reverses_id is None,
        stands=not LedgerEntry.objects.filter(reverses=entry).exists(),
        made_before=before is not None,
        on_paper=is_on_paper(entry, user),
        paper_on=paper_on,
        counted_on=local(report.drafted_at).date() if report is not None else None,
        published_until=report.published_until if report is not None else None,
        is_accepted=report is not None and report.state == Step.ACCEPTED,
        today=today,
        text=text,
    )


def _hold(entry: LedgerEntry) -> None:
    """The month must not be reported, nor the entry, or another one of the same fact, be objected to at this moment."""
    Finding.objects.select_for_update(no_key=True).get(pk=entry.finding_id)
    report = MonthlyReport.objects.select_for_update().filter(unit=entry.unit_id, month=entry.month).first()
    if report is None:
        chains.lock(entry.unit)


def _is_same(before: Objection, entry: LedgerEntry, text: str, actor: User) -> bool:
    mine = before.made_by_id == actor.pk and before.entry_id == entry.pk
    return mine and before.state == ObjectionState.OPEN and before.text == text


def _sentence(refusal: Making, entry: LedgerEntry, report: MonthlyReport | None) -> Any:
    if refusal != Making.OVER or report is None:
        return MAKING[refusal]
    return _(
        "Objections to %(month)s could be made until %(day)s, 24:00. A record that is wrong can still be corrected: "
        "ask the unit’s officer, or the Efficiency Express."
    ) % {"month": month_name(entry.month), "day": zh_date(report.published_until)}


def report_of(entry: LedgerEntry) -> MonthlyReport | None:
    """The report that counted it; none yet for what was judged anew in a month that is still open."""
    return MonthlyReport.objects.filter(unit=entry.unit_id, month=entry.month).first()


def may_make(entry: LedgerEntry, user: User, today: date) -> bool:
    """Whose entry it is, wherever they serve now; an officer of the unit that counted it, for somebody who cannot; of a
    unit its officers and heads. Of a unit that has ended those of the one that followed it; and the Express where there
    is nobody."""
    if entry.cadre is None:
        return user.pk in acting(entry.unit_id, [Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD], today).free()
    if entry.cadre.user_id == user.pk:
        return True
    if has_account(entry.cadre, today):
        return False
    units = line_of(entry.unit_id, today)
    officers, heads = (
        {person for members in selectors.members_of(role, units, today).values() for person in members}
        for role in (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)
    )
    involved = {entry.cadre.user_id, *hands(entry.finding)}
    city = selectors.express(today)
    return user.pk in who_enters(officers=officers, heads=heads, city=city, involved=involved)


def hands(finding: Finding) -> set[int | None]:
    """Who recorded it, and who decided it."""
    return {finding.recorder_id, finding.decided_by_id}


def is_on_paper(entry: LedgerEntry, user: User) -> bool:
    """Whether this user enters what somebody else has handed in."""
    return entry.cadre is not None and entry.cadre.user_id != user.pk


def has_account(cadre: Cadre, today: date) -> bool:
    """One in which they can still open their own pages: whoever has left may have none any more."""
    if cadre.user is None or not cadre.user.is_active:
        return False
    return Membership.objects.current(today).filter(user=cadre.user, role=Role.CADRE).exists()


@transaction.atomic
def objection_withdraw(*, objection: Objection, actor: User, now: datetime) -> Objection:
    """By whoever made it, as long as nobody has answered. It is not made a second time, unless it was handed in on
    paper: what somebody else takes back uses up nobody's right."""
    objection = _locked(objection)
    if objection.made_by_id != actor.pk:
        raise Refused(_("Only %(who)s, who made it, takes it back.") % {"who": objection.made_by})
    if objection.state == ObjectionState.WITHDRAWN:
        return objection
    if objection.state != ObjectionState.OPEN:
        raise Answered(objection)
    if not may_withdraw(objection, actor):
        raise Refused(
            _("Nobody who recorded or decided what it is about takes back somebody else’s objection.")
        )
    told = deciders_now(objection, chains.today(now))
    objection.state, objection.decided_by, objection.decided_at = ObjectionState.WITHDRAWN, actor, now
    objection.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record(verb="objection_withdrawn", subject=objection, actor=actor, now=now)
    notifying_objections.withdrawn(objection, told, now)
    return objection


def may_withdraw(objection: Objection, user: User) -> bool:
    by_another = objection.paper_on is not None
    return objection.made_by_id == user.pk and not (by_another and user.pk in hands(objection.entry.finding))


# --- Answering --------------------------------------------------------------------------------------------------------


@transaction.atomic
def objection_decide(
    *, objection: Objection, sustain: bool, reason: str, actor: User, now: datetime
) -> Objection:
    """Sustain it, which takes the entry back, or reject it. Raises Answered when somebody was faster."""
    objection, reason = _locked(objection), reason.strip()
    state = ObjectionState.SUSTAINED if sustain else ObjectionState.REJECTED
    if objection.state != ObjectionState.OPEN:
        said = (objection.decided_by_id, objection.state, objection.decision_reason)
        if said == (actor.pk, state, reason):
            return objection
        raise Answered(objection)
    refusal = refuse_answering(is_free=actor.pk in deciders_now(objection, chains.today(now)), reason=reason)
    if refusal is not None:
        raise Refused(ANSWERING[refusal], "reason" if refusal == Answering.REASON else None)
    _decide(objection, state, reason, actor, now)
    return objection


def _decide(objection: Objection, state: ObjectionState, reason: str, actor: User, now: datetime) -> None:
    objection.state, objection.decision_reason = state, reason
    objection.decided_by, objection.decided_at = actor, now
    objection.save(update_fields=["state", "decision_reason", "decided_by", "decided_at"])
    changes: dict[str, Any] = {"state": state.value, "reason": reason}
    if state == ObjectionState.SUSTAINED:
        changes["reversed"] = _take_back(objection, reason, actor, now)
    audit.record(verb="objection_decided", subject=objection, actor=actor, now=now, changes=changes)
    notifying_objections.decided(objection, actor.pk, now)


def _take_back(objection: Objection, reason: str, actor: User, now: datetime) -> int | None:
    """Reverse what stands of it: the entry itself, or what it was judged anew to; the number of the reversal. None
    where it was taken back for another reason while the objection waited."""
    chains.lock(objection.entry.unit)
    entry = LedgerEntry.objects.standing().filter(finding=objection.entry.finding_id).first()
    if entry is None:
        return None
    return entry_reverse(entry=entry, reason=reason, actor=actor, now=now)[0].sequence


def _locked(objection: Objection) -> Objection:
    # Nothing nullable is joined to what is locked: PostgreSQL refuses it.
    Objection.objects.select_for_update().get(pk=objection.pk)
    return for_deciding(Objection.objects.filter(pk=objection.pk)).get()


# --- Who answers ------------------------------------------------------------------------------------------------------


def whole(entries: EntryQuerySet) -> EntryQuerySet:
    """With what is asked of an entry that somebody objects to."""
    return entries.select_related("unit", "cadre__user", "item", "standard", "finding")


def for_deciding(objections: ObjectionQuerySet) -> ObjectionQuerySet:
    return objections.select_related(
        "made_by",
        "decided_by",
        "entry__unit",
        "entry__cadre",
        "entry__finding__cadre",
        "entry__finding__spot_line",
    )


def deciders_now(objection: Objection, today: date) -> frozenset[int]:
    return deciders_of([objection], today)[objection.pk]


def deciders_of(objections: Collection[Objection], today: date) -> dict[int, frozenset[int]]:
    """The accounts that may answer each today; the same queries for any number read with `for_deciding`."""
    if not objections:
        return {}
    cases = findings.cases_of([row.entry.finding for row in objections])
    heads = selectors.members_of(Role.LEADING_GROUP_HEAD, {row.entry.unit_id for row in objections}, today)
    city = selectors.express(today)
    found = {}
    for row in objections:
        case = cases[row.entry.finding_id]
        hands = {case.recorder_id, case.subject_user_id, row.entry.finding.decided_by_id, row.made_by_id}
        found[row.pk] = deciders(
            heads=heads.get(row.entry.unit_id, []),
            city=city,
            involved=hands | case.involved,
            about_unit=row.entry.cadre_id is None,
            of_the_city=case.of_the_city,
            is_overdue=today > row.due_on,
        )
    return found


def waiting_for(objections: ObjectionQuerySet, user_id: int, today: date) -> list[int]:
    """Those of these that this person may answer now: open ones are few."""
    rows = list(for_deciding(objections.open()))
    return [pk for pk, group in deciders_of(rows, today).items() if user_id in group]


def of_month(unit: Unit | int, month: date) -> ObjectionQuerySet:
    """Objections to what a month counts; while one of them is open, the month cannot be reported."""
    return Objection.objects.filter(entry__unit=unit, entry__month=month)


def of_finding(finding: int) -> Objection | None:
    return Objection.objects.counting().filter(finding=finding).first()


# --- In time ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def objections_remind(*, now: datetime) -> int:
    """Whoever may answer hears on the last day, and the unit too once it is over: once each, however often it runs."""
    today = chains.today(now)
    rows = list(for_deciding(Objection.objects.open().filter(due_on__lte=today)))
    deciding = deciders_of(rows, today)
    units = selectors.responsible_for({row.entry.unit_id for row in rows}, today)
    messages = []
    for row in rows:
        if row.due_on == today:
            messages.append(notifying_objections.message(notifying_objections.DUE, row, deciding[row.pk]))
        else:
            to = deciding[row.pk].union(units[row.entry.unit_id])
            messages.append(notifying_objections.message(notifying_objections.OVERDUE, row, to))
    return notices.send_all(messages, now=now)
