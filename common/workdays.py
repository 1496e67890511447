"""The days of a year on which a notice departs from Monday to Friday: rows of a form, lines of a file, a grid. Pure."""

import csv
import io
from calendar import Calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import dateparse
from django.utils.translation import gettext as _

from common.problems import Refused

#: The words of a file for what a day is.
KINDS = {"rest": False, "休": False, "休息": False, "放假": False, "work": True, "班": True, "上班": True}
HEADINGS = frozenset({"date", "日期"})
LONGEST_NAME = 20
#: A whole year, day by day, is a tenth of it.
MOST_BYTES = 200_000
MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Exceptional:
    """What a notice makes of a day."""

    working: bool
    name: str


@dataclass(frozen=True)
class Row:
    """Some days in a row, as a notice puts it: 10月1日 to 7日 rest, 国庆节."""

    first: date
    last: date
    working: bool
    name: str

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]


def by_default(day: date) -> bool:
    return day.weekday() < 5


def days_of(rows: Iterable[Row]) -> dict[date, Exceptional]:
    """The days of which these rows say something: a weekend within a holiday rests anyway."""
    return {
        day: Exceptional(row.working, row.name)
        for row in rows
        for day in row.days
        if row.working != by_default(day)
    }


def rows_of(exceptions: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """The stored days as a notice would put them: a holiday goes on over the weekend in its middle."""
    rows: list[Row] = []
    for day in sorted(map(date.fromisoformat, exceptions)):
        entry = exceptions[day.isoformat()]
        working, name = bool(entry["working"]), str(entry["name"])
        last = rows[-1] if rows else None
        if last and (last.working, last.name) == (working, name) and _goes_on(last, day):
            rows[-1] = Row(last.first, day, working, name)
        else:
            rows.append(Row(day, day, working, name))
    return rows


def _goes_on(row: Row, day: date) -> bool:
    """Whether only days that are of the row's kind anyway lie between it and the day."""
    between = (row.last + timedelta(days=offset) for offset in range(1, (day - row.last).days))
    return all(by_default(each) == row.working for each in between)


def stored(days: Mapping[date, Exceptional]) -> dict[str, dict[str, Any]]:
    return {
        day.isoformat(): {"working": what.working, "name": what.name} for day, what in sorted(days.items())
    }


@dataclass(frozen=True)
class Difference:
    """A day of which two versions say different things; None is what Monday to Friday says."""

    day: date
    before: Exceptional | None
    after: Exceptional | None

    @property
    def was_working(self) -> bool:
        return self.before.working if self.before else by_default(self.day)

    @property
    def is_working(self) -> bool:
        return self.after.working if self.after else by_default(self.day)


def differences(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> list[Difference]:
    def of(exceptions: Mapping[str, Mapping[str, Any]], day: str) -> Exceptional | None:
        entry = exceptions.get(day)
        return Exceptional(bool(entry["working"]), str(entry["name"])) if entry else None

    return [
        Difference(date.fromisoformat(day), of(before, day), of(after, day))
        for day in sorted({*before, *after})
        if of(before, day) != of(after, day)
    ]


# --- A file ---------------------------------------------------------------------------------------------------------


@dataclass
class Reading:
    days: dict[date, Exceptional] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def wrong(self, line: int, sentence: str) -> None:
        self.problems.append(_("Line %(line)s: %(sentence)s") % {"line": line, "sentence": sentence})


def read_csv(content: bytes, year: int) -> Reading:
    """A file of date, rest or work, name: with everything that is wrong in it. Raises Refused when it is no such file.

    A rest day that falls on a weekend says nothing new and is passed over: many lists name them all.
    """
    reading = Reading()
    line_of: dict[date, int] = {}
    for line, cells in _lines(content):
        found = _entry(reading, line, cells, year)
        if found is None:
            continue
        day, what = found
        if day in line_of:
            reading.wrong(
                line, _("%(day)s already stands in line %(line)s.") % {"day": day, "line": line_of[day]}
            )
        line_of.setdefault(day, line)
        if what.working != by_default(day):
            reading.days[day] = what
    if not line_of and not reading.problems:
        raise Refused(_("The file holds no day."), "file")
    return reading


def _lines(content: bytes) -> list[tuple[int, list[str]]]:
    if len(content) > MOST_BYTES or b"\0" in content:
        raise Refused(_("This is no CSV file of a year's working days."), "file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Refused(_("The file is written in neither UTF-8 nor GB18030."), "file") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in text.split("\n")[0] else ",")
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise Refused(_("This is no CSV file of a year's working days."), "file") from error
    filled = [(number, cells) for number, cells in lines if any(cells)]
    return filled[1:] if filled and filled[0][1][0].casefold() in HEADINGS else filled


def _entry(reading: Reading, line: int, cells: list[str], year: int) -> tuple[date, Exceptional] | None:
    """The day of a line; None when something is wrong with it."""
    before = len(reading.problems)
    date_text, kind, name, *rest = [*cells, "", "", ""][: max(3, len(cells))]
    day = _day(date_text)
    if day is None:
        reading.wrong(line, _("“%(text)s” is no date such as 2027-02-08.") % {"text": date_text[:20]})
    elif day.year != year:
        words = {"day": day, "year": year}
        reading.wrong(line, _("%(day)s does not lie in %(year)s.") % words)
    working = KINDS.get(kind.casefold())
    if working is None:
        reading.wrong(line, _("“%(text)s” is neither “rest” (休) nor “work” (班).") % {"text": kind[:20]})
    elif day is not None and working and by_default(day):
        reading.wrong(line, _("%(day)s is a working day anyway.") % {"day": day})
    if len(name) > LONGEST_NAME:
        reading.wrong(line, _("The name is longer than %(most)s characters.") % {"most": LONGEST_NAME})
    if any(rest):
        reading.wrong(line, _("There are more cells than date, kind and name."))
    if len(reading.problems) > before or day is None or working is None:
        return None
    return day, Exceptional(working, name)


def _day(text: str) -> date | None:
    """2027-02-08, and 2027/2/8 or 2027年2月8日 as spreadsheets write it."""
    plain = text.replace("年", "-").replace("月", "-").removesuffix("日").replace("/", "-").replace(".", "-")
    if len(plain) == 8 and plain.isascii() and plain.isdecimal():
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    try:
        return dateparse.parse_date(plain)
    except ValueError:
        return None


# --- A year to look at ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """One cell of a month. `mark` says in a word what its colour says."""

    date: date
    in_month: bool
    working: bool
    exceptional: bool
    name: str


def months(year: int, exceptions: Mapping[str, Mapping[str, Any]]) -> list[list[list[Day]]]:
    """Twelve months of weeks from Monday on."""
    named = {day: row.name for row in rows_of(exceptions) for day in row.days}
    return [
        [[_cell(day, month, exceptions, named) for day in week] for week in _weeks(year, month)]
        for month in range(1, 13)
    ]


def _weeks(year: int, month: int) -> list[list[date]]:
    return Calendar().monthdatescalendar(year, month)


def _cell(
    day: date, month: int, exceptions: Mapping[str, Mapping[str, Any]], named: Mapping[date, str]
) -> Day:
    entry = exceptions.get(day.isoformat())
    working = bool(entry["working"]) if entry else by_default(day)
    return Day(day, day.month == month, working, entry is not None, named.get(day, ""))


def working_days(year: int, exceptions: Mapping[str, Mapping[str, Any]]) -> int:
    first = date(year, 1, 1)
    days = (first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days))
    return sum(
        bool(entry["working"]) if (entry := exceptions.get(day.isoformat())) else by_default(day)
        for day in days
    )
