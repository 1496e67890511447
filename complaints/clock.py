"""The clock of complaints over the stored calendar."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from common import calendar
from common.models import CalendarYear
from common.rules import WorkingCalendar, local
from complaints import rules
from complaints.models import Complaint


def due_date(received: date, days: int, mode: str) -> date:
    """The last day of the period, which ends at 24:00; the day of receipt is not counted (Civil Code 201).

    `mode` is one of calendar_rolled, workday, calendar_strict; ValueError otherwise. Never raises for a year whose
    notice is missing: Monday to Friday is assumed there.
    """
    return rules.derive(received, days, mode, calendar.around(received))[-1].day


def start(received_at: datetime, mode: str, days: int = rules.DAYS) -> dict[str, Any]:
    """The columns of a case that its clock fills: due instant, derivation and the calendar it was counted with."""
    received = local(received_at).date()
    return counted(received, days, mode, calendar.around(received), versions(years(received)))


def starts(instants: Iterable[datetime], mode: str) -> list[dict[str, Any]]:
    """`start` for each of many, with one look at the calendars of each year."""
    known: dict[int, tuple[WorkingCalendar, dict[str, int]]] = {}
    found = []
    for received in (local(instant).date() for instant in instants):
        if received.year not in known:
            known[received.year] = calendar.around(received), versions(years(received))
        found.append(counted(received, rules.DAYS, mode, *known[received.year]))
    return found


def counted(
    received: date, days: int, mode: str, working: WorkingCalendar, known: dict[str, int]
) -> dict[str, Any]:
    steps = rules.derive(received, days, mode, working)
    due_at = rules.ends_at(steps[-1].day)
    return {
        "mode": mode,
        "days": days,
        "due_at": due_at,
        "derivation": [[step.day.isoformat(), step.count.value, step.number] for step in steps],
        "calendar_versions": known,
        "next_stage_at": rules.next_stage_at(due_at, ()),
    }


def extended(
    received: date, days: int, extra: int, mode: str, working: WorkingCalendar, known: dict[str, int]
) -> dict[str, Any]:
    """The columns of a case with `extra` days from the last of its `days`: a period that had moved past rest days
    would gain nothing by being counted anew."""
    first = counted(received, days, mode, working, known)
    more = counted(rules.last_day(first["due_at"]), extra, mode, working, known)
    numbered = [[day, count, number and number + days] for day, count, number in more["derivation"][1:]]
    return {**more, "days": days + extra, "derivation": first["derivation"] + numbered}


def lengthened(case: Complaint, extra: int) -> dict[str, Any]:
    """The columns of this case once it is extended by `extra` days."""
    received = local(case.received_at).date()
    known = versions(years(received))
    return extended(received, case.days, extra, case.mode, calendar.around(received), known)


def years(received: date) -> tuple[int, int]:
    """Whose calendars a period may touch, however far from the end of the year it begins."""
    return received.year, received.year + 1


def versions(years: Iterable[int]) -> dict[str, int]:
    """The newest version of each of these years; a year that nobody has entered has 0."""
    rows = CalendarYear.objects.filter(year__in=years).order_by("version")
    return {str(year): 0 for year in sorted(years)} | {str(row.year): row.version for row in rows}


def steps(derivation: Iterable[tuple[str, str, int]]) -> list[rules.Step]:
    """A stored derivation as it was counted."""
    return [
        rules.Step(date.fromisoformat(day), rules.Count(count), number) for day, count, number in derivation
    ]
