"""Which sheets a unit owed, and which of them came: one answer for its history, for the city's figures and for the
findings about sheets that are missing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import Unit
from attendance import selectors
from attendance.rules import is_sheet_counted, is_sheet_due
from common.rules import WorkingCalendar


@dataclass(frozen=True)
class Sheets:
    """Of some days, oldest first. `done` are days of `due`: a round on a day that nobody owes counts nowhere."""

    due: list[date]
    done: list[date]

    @property
    def missing(self) -> list[date]:
        done = set(self.done)
        return [day for day in self.due if day not in done]


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def sheets(
    units: Iterable[Unit],
    came: Mapping[int, Collection[date]],
    days: Iterable[date],
    *,
    today: date,
    begins: date | None,
    working: WorkingCalendar,
) -> dict[int, Sheets]:
    """By unit; `came` are the days on which each has submitted something. Up to yesterday, and today as soon as its
    sheet is there; where nobody works nothing is missing. Two queries, and none where every sheet came."""
    units, counted = list(units), [day for day in sorted(days) if day <= today]
    due = {
        unit.pk: [
            day
            for day in counted
            if is_due(unit, day, begins, working)
            and is_sheet_counted(day, today, came=day in came.get(unit.pk, ()))
        ]
        for unit in units
    }
    lacking = {(pk, day) for pk, owed in due.items() for day in owed if day not in came.get(pk, ())}
    empty = lacking - selectors.staffed({day for _pk, day in lacking}) if lacking else set()
    return {pk: _sheets(pk, owed, came.get(pk, ()), empty) for pk, owed in due.items()}


def _sheets(pk: int, owed: list[date], came: Collection[date], empty: Collection[tuple[int, date]]) -> Sheets:
    due = [day for day in owed if (pk, day) not in empty]
    return Sheets(due, [day for day in due if day in came])


def is_due(unit: Unit, day: date, begins: date | None, working: WorkingCalendar) -> bool:
    return is_sheet_due(day, begins=begins, opened=unit.valid_from, closed=unit.valid_to, calendar=working)
