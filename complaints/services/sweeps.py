"""What the clock does by itself: stages, new calendars, drafts that nobody sent. Each may run twice, late or in several
places at once, and be killed at any moment (DESIGN §6): what a batch does is one transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.crypto import salted_hmac

from accounts.models import Membership, Role
from attendance.selectors import responsible_for
from attendance.services import unit_findings_record
from common import calendar, notices
from common.rules import WorkingCalendar, local
from complaints import clock, interests, notifying, rules
from complaints.models import Complaint, ComplaintEvent, Draft, HotlineSheet, StageReached, VerificationPoint
from complaints.models.cases import ComplaintQuerySet
from complaints.points import accused_answering
from complaints.rules import Count, Stage, State

BATCH = 500
#: Longer than anybody fills in a form, too short for photos to lie about.
DRAFTS_KEPT = timedelta(hours=2)
#: Of the catalogue of attendance (attendance/seeds.py).
OVERDUE_ITEM = "complaint_overdue"
#: What the clock reads of a case; the words are not even deciphered.
READ = (
    "number",
    "state",
    "matter",
    "unit",
    "cadre",
    "handler",
    "dispatched_to",
    "redo_of",
    "revision",
    "received_at",
    "mode",
    "days",
    "due_at",
    "first_due_at",
    "derivation",
    "calendar_versions",
    "next_stage_at",
    "master",
    "master__handler",
)

Reached = tuple[Complaint, list[Stage]]


def _ticking() -> ComplaintQuerySet:
    return Complaint.objects.running().filter(next_stage_at__isnull=False)


def _claimed(cases: ComplaintQuerySet) -> list[Complaint]:
    """So many of these as one transaction takes, kept from others; what others keep is theirs, or comes next time."""
    locked = cases.select_for_update(of=("self",), skip_locked=True)
    return list(locked.select_related("master", "dispatched_to").only(*READ, "dispatched_to__name")[:BATCH])


# --- Stages ---------------------------------------------------------------------------------------------------------


def stages_reach(*, now: datetime) -> int:
    """Each stage of each open case whose time has come, once; returns how many. New calendars count first."""
    cases_recount(now=now)
    return sum(_until_nothing_is_due(now))


def _until_nothing_is_due(now: datetime) -> Iterator[int]:
    while (found := _reach_batch(now)) is not None:
        yield found


@transaction.atomic
def _reach_batch(now: datetime) -> int | None:
    """How many stages a batch of cases has reached; None when no case is due."""
    cases = _claimed(_ticking().filter(next_stage_at__lte=now).order_by("next_stage_at", "pk"))
    if not cases:
        return None
    known = _known_stages(cases)
    new = [(case, rules.stages_due(case.due_at, known[case.pk, case.due_at], now)) for case in cases]
    StageReached.objects.bulk_create(
        StageReached(complaint=case, stage=stage.value, due_at=case.due_at, at=now)
        for case, stages in new
        for stage in stages
    )
    for case, stages in new:
        case.next_stage_at = rules.next_stage_at(case.due_at, known[case.pk, case.due_at] | set(stages))
    Complaint.objects.bulk_update(cases, ["next_stage_at"])
    _take_effect(new, now)
    return sum(len(stages) for _case, stages in new)


def _known_stages(cases: Iterable[Complaint]) -> defaultdict[tuple[int, datetime], set[str]]:
    found: defaultdict[tuple[int, datetime], set[str]] = defaultdict(set)
    rows = StageReached.objects.filter(complaint__in=[case.pk for case in cases])
    for case, due_at, stage in rows.values_list("complaint", "due_at", "stage"):
        found[case, due_at].add(stage)
    return found


def _take_effect(new: Collection[Reached], now: datetime) -> None:
    messages = [*_told(new, now), *_findings(new, now)]
    if messages:
        notices.send_all(messages, now=now)


def _told(new: Collection[Reached], now: datetime) -> Iterator[notices.Message]:
    """Who handles a case, or the whole Express while nobody does; its heads after a day. Never anybody with an
    interest. Of stages that are reached together only the last is said: nobody needs a reminder of what is over."""
    day = local(now).date()
    staff = interests.express_people(day)
    heads = set(
        Membership.objects.current(day)
        .filter(role=Role.EXPRESS_HEAD, user__in=staff)
        .values_list("user", flat=True)
    )
    conflicts = interests.conflicts(staff, [case for case, _stages in new], day)
    for case, stages in new:
        free = staff - conflicts[case.pk]
        before = [stage for stage in stages if stage != Stage.DAY_OVERDUE]
        if before:
            handler = free & {_handler(case)}
            yield notifying.stage(case, before[-1], handler or free)
        if Stage.DAY_OVERDUE in stages:
            yield notifying.stage(case, Stage.DAY_OVERDUE, heads & free)


def _handler(case: Complaint) -> int | None:
    return case.master.handler_id if case.master is not None else case.handler_id


def _findings(new: Collection[Reached], now: datetime) -> list[notices.Message]:
    """About the units whose answer was missing when the time was over. What the Express keeps, checks or has only to
    tell is not theirs, and a linked case is late with its master."""
    late = [case for case, stages in new if Stage.OVERDUE in stages and case.state == State.ACCEPTED]
    owing = _owing_answers(late, local(now).date())
    about = [
        (case.dispatched_to, rules.last_day(case.due_at), overdue_source(case))
        for case in late
        if case.dispatched_to is not None and case.pk in owing
    ]
    made = unit_findings_record(about=about, item_code=OVERDUE_ITEM, now=now)
    if not made:
        return []
    to = responsible_for({finding.unit_id for finding in made}, local(now).date())
    return [notifying.unit_overdue(finding, to[finding.unit_id]) for finding in made]


def _owing_answers(cases: Collection[Complaint], today: date) -> set[int]:
    """Keys of the cases whose verifying unit had left a question open by their end, however late the sweep comes. Time
    to answer must have been over by then: of what was asked on the last day the unit is not the one who is late (C);
    nor of what it cannot see any more, since the accused answers for it now."""
    end = F("complaint__due_at")
    points = VerificationPoint.objects.asked().filter(
        complaint__in=[case.pk for case in cases], unit=F("complaint__dispatched_to"), due_at__lte=end
    )
    unanswered = points.exclude(answered_at__lte=end).exclude(complaint__cadre__leads_unit=True)
    hidden = accused_answering(OuterRef("complaint__cadre__user"), OuterRef("unit"), today)
    return set(unanswered.exclude(Exists(hidden)).values_list("complaint", flat=True))


def overdue_source(case: Complaint) -> str:
    """The same for a case each time, and nobody can tell from it which one."""
    digest = salted_hmac("complaints.overdue", str(case.pk), algorithm="sha256").hexdigest()
    return f"{OVERDUE_ITEM}:{digest[:32]}"


# --- New calendars --------------------------------------------------------------------------------------------------


def cases_recount(*, now: datetime) -> int:
    """Count open cases anew whose calendar has a newer version; returns how many got another last day.

    Overdue stays overdue, and no last day moves into the past (C): nobody could have met it.
    """
    known = list(_ticking().order_by().values_list("calendar_versions", flat=True).distinct())
    newest = clock.versions({int(year) for versions in known for year in versions})
    stale = [
        versions for versions in known if any(newest[year] != version for year, version in versions.items())
    ]
    return sum(_recount(versions, newest, now) for versions in stale)


def _recount(versions: dict[str, int], newest: dict[str, int], now: datetime) -> int:
    # The year of receipt and the next one, which nobody need have entered yet.
    working = calendar.around(date(min(map(int, versions)), 1, 1))
    changed, last = 0, 0
    while found := _recount_batch(versions, {year: newest[year] for year in versions}, working, now, last):
        changed, last = changed + found[0], found[1]
    return changed


@transaction.atomic
def _recount_batch(
    versions: dict[str, int], newest: dict[str, int], working: WorkingCalendar, now: datetime, after: int
) -> tuple[int, int] | None:
    """How many of a batch got another last day, and its last key; None when there are no more."""
    overdue = StageReached.objects.filter(
        complaint=OuterRef("pk"), due_at=OuterRef("due_at"), stage=Stage.OVERDUE.value
    )
    # Also what is overdue and was not swept yet.
    ahead = _ticking().filter(~Exists(overdue), due_at__gt=now)
    stale = ahead.filter(calendar_versions=versions, pk__gt=after)
    cases = _claimed(stale.order_by("pk"))
    if not cases:
        return None
    known = _known_stages(cases)
    events = []
    for case in cases:
        before = case.due_at
        if Stage.OVERDUE in known[case.pk, before]:
            # Since this batch was looked for: another sweep held the row.
            continue
        if _counted_anew(case, working, newest, now):
            facts = {"before": before.isoformat(), "after": case.due_at.isoformat(), "calendar": newest}
            events.append(ComplaintEvent(complaint=case, at=now, kind="recounted", facts=facts))
            case.next_stage_at = rules.next_stage_at(case.due_at, known[case.pk, case.due_at])
    ComplaintEvent.objects.bulk_create(events)
    columns = ["due_at", "first_due_at", "derivation", "calendar_versions", "next_stage_at"]
    Complaint.objects.bulk_update(cases, columns)
    return len(events), cases[-1].pk


def _counted_anew(case: Complaint, working: WorkingCalendar, newest: dict[str, int], now: datetime) -> bool:
    """Fill the columns of the clock; whether the last day is another one."""
    received = local(case.received_at).date()
    first_days = _first_days(case)
    first = clock.counted(received, first_days, case.mode, working, newest)
    columns: dict[str, Any] = first
    if case.first_due_at is not None:
        extra = case.days - first_days
        columns = clock.extended(received, first_days, extra, case.mode, working, newest)
    case.calendar_versions = newest
    if columns["due_at"] <= now:
        return False
    moved = columns["due_at"] != case.due_at
    case.due_at, case.derivation = columns["due_at"], columns["derivation"]
    if case.first_due_at is not None:
        case.first_due_at = first["due_at"]
    return moved


def _first_days(case: Complaint) -> int:
    """Without those of its extension."""
    if case.first_due_at is None:
        return case.days
    last = rules.last_day(case.first_due_at)
    return sum(step.count == Count.COUNTED and step.day <= last for step in clock.steps(case.derivation))


# --- Drafts ---------------------------------------------------------------------------------------------------------


def drafts_remove(*, now: datetime) -> int:
    """Photos of complaints that nobody sent, and work orders of 12345 that nobody confirmed."""
    before = now - DRAFTS_KEPT
    _rows, drafts = Draft.objects.filter(created_at__lt=before).delete()
    _rows, sheets = HotlineSheet.objects.filter(created_at__lt=before).delete()
    return drafts.get("complaints.Draft", 0) + sheets.get("complaints.HotlineSheet", 0)
