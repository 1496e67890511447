"""What falls due in a month by itself: late reports, publications that are over, reminders. Each may run twice, late or
in several places at once (DESIGN §6)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from accounts.models import Role, Unit
from appraisal.models import AppraisalSettings, MonthlyReport, Objection, ReportState
from appraisal.notifying import months as telling
from appraisal.notifying import stages as notifying
from appraisal.rules import REPORT_LATE, Move
from appraisal.services import objections
from appraisal.services.ledger import today as day_of
from appraisal.turns import months as turns
from attendance import selectors as inspection
from attendance.models import Finding
from attendance.services import unit_findings_record
from common import calendar, notices
from common.rules import SHANGHAI, WorkingCalendar, at
from common.templatetags.components import zh_date

#: A machine that stood still for longer than this has other worries than the reports of that time.
LOOK_BACK = timedelta(days=92)


def deadlines_sweep(*, now: datetime) -> int:
    """Returns how many findings and notices that made."""
    return late_record(now=now) + publications_tell(now=now) + reminders_tell(now=now)


# --- Late reports ---------------------------------------------------------------------------------------------------


@transaction.atomic
def late_record(*, now: datetime) -> int:
    """A finding about the unit, once for each month that was not reported by its last day, unless the city held it."""
    # Two at once would record the same sources twice.
    AppraisalSettings.objects.select_for_update().filter(pk=1).first()
    today = day_of(now)
    _judge_held(today)
    groups: dict[tuple[date, date], list[MonthlyReport]] = defaultdict(list)
    for report in _late(today).filter(city_held=False):
        groups[report.month, report.report_by].append(report)
    return sum(_record(month, due, reports, now) for (month, due), reports in sorted(groups.items()))


def _late(today: date) -> QuerySet[MonthlyReport]:
    reported_on = TruncDate("first_reported_at", tzinfo=SHANGHAI)
    late = Q(first_reported_at=None) | Q(reported_on__gt=F("report_by"))
    there = Q(unit__valid_to=None) | Q(unit__valid_to__gte=F("report_by"))
    reports = MonthlyReport.objects.filter(report_by__range=(today - LOOK_BACK, today - timedelta(days=1)))
    return reports.alias(reported_on=reported_on).filter(late, there).select_related("unit").order_by("unit")


def _judge_held(today: date) -> None:
    """Once for each of these: whether it was the city for which it waited when its last day ended."""
    by_day: dict[date, list[tuple[MonthlyReport, Move]]] = defaultdict(list)
    for report in _late(today).filter(city_held=None):
        by_day[report.report_by].append((report, _move_of(report, _end_of(report.report_by))))
    for day, steps in by_day.items():
        whose = turns.of_moves(steps, day)
        held = {
            report.pk
            for report, move in steps
            if whose[report.pk].by_city or (move == Move.REPORT and _waits_for_answer(report))
        }
        reports = MonthlyReport.objects.filter(pk__in=[report.pk for report, _move in steps])
        reports.filter(pk__in=held).update(city_held=True)
        reports.exclude(pk__in=held).update(city_held=False)


def _end_of(day: date) -> datetime:
    return at(day + timedelta(days=1), time())


def _move_of(report: MonthlyReport, moment: datetime) -> Move:
    """The step that was to be taken then, of a month that had not been reported."""
    if report.confirmed_at is None or report.confirmed_at >= moment:
        return Move.NIL if turns.is_nil(report) else Move.CONFIRM
    return Move.PUBLISH if report.published_at is None or report.published_at >= moment else Move.REPORT


def _waits_for_answer(report: MonthlyReport) -> bool:
    """Whether an objection was open when its last day ended that nobody of the unit could answer."""
    end = _end_of(report.report_by)
    unanswered = Q(decided_at=None) | Q(decided_at__gte=end)
    rows = objections.of_month(report.unit_id, report.month).filter(unanswered, made_at__lt=end)
    return any(_is_for_city(row, min(row.due_on, report.report_by)) for row in objections.for_deciding(rows))


def _is_for_city(objection: Objection, day: date) -> bool:
    unit = objection.entry.unit_id
    heads = inspection.members_of(Role.LEADING_GROUP_HEAD, [unit], day).get(unit, [])
    return objections.deciders_now(objection, day).isdisjoint(heads)


def _record(month: date, due: date, reports: Sequence[MonthlyReport], now: datetime) -> int:
    note = _("The monthly assessment of %(month)s was not reported by %(day)s.") % {
        "month": notifying.month_name(month),
        "day": zh_date(due),
    }
    by_source = {late_source(report.unit, month): report for report in reports}
    saved = unit_findings_record(
        about=[(report.unit, due, source) for source, report in by_source.items()],
        item_code=REPORT_LATE,
        note=note,
        now=now,
    )
    to = inspection.responsible_for({row.unit_id for row in saved}, day_of(now))
    notices.send_all(
        [_late_message(row, by_source[row.source], to[row.unit_id]) for row in saved],
        now=now,
    )
    return len(saved)


def late_source(unit: Unit, month: date) -> str:
    return f"{REPORT_LATE}:{unit.code}:{month:%Y-%m}"


def _late_message(finding: Finding, report: MonthlyReport, to: Collection[int]) -> notices.Message:
    params = notifying.facts(report, finding=finding.pk, last_day=report.report_by.isoformat())
    return notices.Message(telling.LATE.name, f"month:{report.pk}:late", to, params)


# --- Whose turn it is -----------------------------------------------------------------------------------------------


@transaction.atomic
def publications_tell(*, now: datetime) -> int:
    """Once for each month whose publication is over: whoever may report it hears of it."""
    today = day_of(now)
    over = MonthlyReport.objects.filter(state=ReportState.PUBLISHED, published_until__lt=today)
    reports = list(over.select_related("unit"))
    whose = turns.turns(reports, today)
    return notices.send_all(
        [
            notices.Message(
                telling.OVER.name, f"month:{one.pk}:over", whose[one.pk].free, notifying.facts(one)
            )
            for one in reports
        ],
        now=now,
    )


@transaction.atomic
def reminders_tell(*, now: datetime) -> int:
    """Once for each step, the working day before its last day and the working day after: whoever may take it. Of a step
    that the city takes for a unit it hears at once; of its own reviews in one notice a day."""
    today = day_of(now)
    working = calendar.load({today.year - 1, today.year, today.year + 1})
    reports = list(MonthlyReport.objects.exclude(state=ReportState.ACCEPTED).select_related("unit"))
    whose = turns.turns(reports, today)
    naming = [notifying.holders([role], None, now) for role in (Role.EXPRESS_HEAD, Role.ADMINISTRATOR)]
    messages = []
    for report in reports:
        turn = whose[report.pk]
        if not turn.free:
            messages += _nobody(report, *naming)
        if turn.move in turns.OF_UNIT:
            messages += _reminders(report, turn, today, working)
    reviews = [report for report in reports if report.state == ReportState.REPORTED]
    return notices.send_all([*messages, *_reviews(reviews, today, working)], now=now)


def _nobody(
    report: MonthlyReport, heads: Collection[int], administrators: Collection[int]
) -> list[notices.Message]:
    """Whoever can name somebody hears of it, once for each step."""
    key, params = f"month:{report.pk}:{report.state}:nobody", notifying.facts(report)
    return [
        notices.Message(telling.NOBODY.name, key, heads, params),
        notices.Message(telling.NOBODY.name, f"{key}:accounts", administrators, {**params, "accounts": True}),
    ]


def _reminders(
    report: MonthlyReport, turn: turns.Turn, today: date, working: WorkingCalendar
) -> list[notices.Message]:
    kinds = []
    if turn.by_city:
        kinds.append((telling.OF_CITY, f"{report.state}:city"))
    if _is_soon(report.due_on, today, working):
        kinds.append((telling.SOON, f"{report.state}:{report.due_on}:soon"))
    elif today > report.due_on and working.is_working_day(today):
        kinds.append((telling.OVERDUE, f"{report.state}:{report.due_on}:overdue"))
    params, key = notifying.facts(report), f"month:{report.pk}"
    messages = [notices.Message(kind.name, f"{key}:{stage}", turn.expected, params) for kind, stage in kinds]
    stage = f"{report.state}:{report.due_on}:idle"
    return [*messages, notices.Message(telling.IDLE.name, f"{key}:{stage}", turn.stand_ins, params)]


def _is_soon(due: date, today: date, working: WorkingCalendar) -> bool:
    """From the working day before it until its end."""
    return today <= due <= working.next_working_day(today)


def _reviews(
    reports: Sequence[MonthlyReport], today: date, working: WorkingCalendar
) -> list[notices.Message]:
    due = [report for report in reports if report.due_on <= working.next_working_day(today)]
    if not due or not working.is_working_day(today):
        return []
    newest = max(report.month for report in due)
    params = {"count": len(due), "month": f"{newest:%Y-%m}"}
    return [notices.Message(telling.REVIEWS.name, f"reviews:{today}", inspection.express(today), params)]
