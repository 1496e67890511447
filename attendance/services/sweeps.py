"""What falls due by itself: missing sheets, reminders, decisions that may be taken, leftovers. Each may run twice, late
or in several places at once (DESIGN §6)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import Role, Unit
from attendance import notifying, selectors
from attendance.due import sheets
from attendance.models import DailySheet, Finding, InspectionSettings, Mark
from attendance.models.sheets import EVIDENCE
from attendance.rules import SHEET_MISSING, defence_until
from attendance.services import findings
from cards import photos
from common import calendar, notices
from common.models import Notice
from common.rules import WorkingCalendar, local

#: A machine that stood still for longer than this has other worries than the sheets of that time.
LOOK_BACK = timedelta(days=31)
DAY = timedelta(days=1)


@transaction.atomic
def missing_sheets_record(*, now: datetime) -> int:
    """A finding about the unit for each working day without a sheet, on the next working day (INSP-1).

    Each day is looked at once, so that a unit which joins later is not accused of the days before. Returns how many
    findings that made.
    """
    today = local(now).date()
    settings = InspectionSettings.objects.select_for_update().filter(pk=1).first()
    if settings is None or settings.sheets_from is None:
        return 0
    looked = settings.swept_until + DAY if settings.swept_until else settings.sheets_from
    first = max(settings.sheets_from, looked, today - LOOK_BACK)
    if first >= today:
        return 0
    working = calendar.load({first.year, today.year, today.year + 1})
    if not working.is_working_day(today):
        return 0
    missing = _missing(_days(first, today), settings, working, today)
    found = _record_missing(missing, settings, working, now)
    settings.swept_until = today - DAY
    settings.save(update_fields=["swept_until"])
    return len(found)


def _days(first: date, end: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((end - first).days)]


def _missing(
    days: Sequence[date], settings: InspectionSettings, working: WorkingCalendar, today: date
) -> list[tuple[Unit, date]]:
    """The unit-days on which a sheet was due and is not there: the same four queries for any number of either."""
    units = list(Unit.objects.order_by("code"))
    came: dict[int, set[date]] = defaultdict(set)
    for pk, day in DailySheet.objects.filter(day__in=days).order_by().values_list("unit", "day"):
        came[pk].add(day)
    owed = sheets(units, came, days, today=today, begins=settings.sheets_from, working=working)
    missing = [(unit, day) for unit in units for day in owed[unit.pk].missing]
    # By day, and within it by the code of the unit.
    return sorted(missing, key=lambda pair: pair[1])


def _record_missing(
    missing: Iterable[tuple[Unit, date]],
    settings: InspectionSettings,
    working: WorkingCalendar,
    now: datetime,
) -> list[Finding]:
    about = [(unit, day, findings.missing_sheet_source(unit, day)) for unit, day in missing]
    saved = findings.unit_findings_record(about=about, item_code=SHEET_MISSING, now=now)
    if not saved:
        return []
    to = selectors.responsible_for({row.unit_id for row in saved}, local(now).date())
    notices.send_all(
        [
            notices.Message(
                notifying.SHEET_MISSING.name,
                f"sheet:{row.unit.code}:{row.day}:missing",
                to[row.unit_id],
                {
                    "finding": row.pk,
                    "unit": row.unit.name,
                    "day": row.day.isoformat(),
                    "until": defence_until(row.day, settings.paper_days, working).isoformat(),
                },
                row.unit_id,
            )
            for row in saved
        ],
        now=now,
    )
    return saved


@transaction.atomic
def sheets_remind(*, now: datetime) -> int:
    """Once for each unit and working day, from the set hour on, while no round has been submitted: its officers hear
    of it. Returns how many were told."""
    here, settings = local(now), InspectionSettings.current()
    if settings.sheets_from is None or here.time() < settings.reminder_at:
        return 0
    today = here.date()
    # What would be missing tomorrow.
    owed = _missing([today], settings, calendar.load([today.year]), today + DAY)
    missing = [unit for unit, _day in owed]
    to = selectors.members_of(Role.UNIT_OFFICER, {unit.pk for unit in missing}, today)
    return notices.send_all(
        [
            notices.Message(
                notifying.SHEET_DUE.name,
                f"sheet:{unit.code}:{today}:due",
                to.get(unit.pk, []),
                {"unit": unit.name, "code": unit.code, "day": today.isoformat()},
                unit.pk,
            )
            for unit in missing
        ],
        now=now,
    )


@transaction.atomic
def decidable_tell(*, now: datetime) -> int:
    """Once for each finding whose days for a statement are over without the person's own: whoever may decide hears of
    it. Of the person's own they have heard when it was made."""
    today = local(now).date()
    over = Finding.objects.open().filter(defence_until__lt=today)
    answerless = [row for row in over.select_related("cadre", "unit", "spot_line") if not row.own_word]
    rows = _untold(answerless)
    deciders = findings.deciders_of(rows, today)
    return notices.send_all(
        [
            notices.Message(
                notifying.DECIDABLE.name,
                _decidable(row),
                deciders[row.pk],
                {"finding": row.pk, "unit": row.unit.name, "day": row.day.isoformat()},
            )
            for row in rows
        ],
        now=now,
    )


def _decidable(finding: Finding) -> str:
    return f"finding:{finding.pk}:decidable"


def _untold(rows: Iterable[Finding]) -> Collection[Finding]:
    """Without those that somebody has heard of: every hour there are the same ones."""
    by_key = {_decidable(row): row for row in rows}
    told = Notice.objects.filter(kind=notifying.DECIDABLE.name, key__in=list(by_key)) if by_key else []
    for notice in told:
        by_key.pop(notice.key, None)
    return by_key.values()


def evidence_sweep(*, now: datetime) -> int:
    """Delete photos of problems that were taken back, and of processes that were killed before they saved a row."""
    used = {
        name
        for kind in (Mark, Finding)
        for name in kind.objects.exclude(photo="").values_list("photo", flat=True)
    }
    return photos.sweep_orphans(used, now, folder=EVIDENCE)
