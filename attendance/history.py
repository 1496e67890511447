"""What remains of rounds: a unit's month day by day, and everybody in a round as the plaque stood at that second."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from accounts.models import Unit
from attendance import snapshot, words
from attendance.due import Sheets, days_between, is_due, sheets
from attendance.models import Correction, Finding, InspectionSettings, Round, RoundKind
from attendance.models.sheets import VERIFIED_WORDS, RoundQuerySet
from attendance.rules import SHEET_MISSING, may_be_entered, month_named, walking_key
from cards import selectors as cards
from cards.models import Cadre, Office
from cards.presentation import StatusView, dated_words, moment_words, place_said
from cards.rules import Status
from common import calendar
from common.rules import local


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of its month."""
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day.replace(day=1), following - timedelta(days=1)


def asked_month(value: str, today: date) -> tuple[date, date]:
    """The ends of the month that an address names; of this month where it names none that has begun."""
    return month_of(min(month_named(value) or today, today))


# --- A month ------------------------------------------------------------------------------------------------------


@dataclass
class Day:
    day: date
    is_working: bool
    #: The unit owes a sheet for it.
    is_due: bool
    is_today: bool = False
    #: A sheet kept on paper may still be entered.
    is_open: bool = False
    rounds: list[Round] = field(default_factory=list)
    corrections: list[Round] = field(default_factory=list)
    #: It was due and did not come.
    is_missing: bool = False
    #: What was recorded about the unit because nothing came.
    missing: Finding | None = None

    @property
    def problems(self) -> int:
        return sum(round_.problems for round_ in self.rounds)


def month(unit: Unit, first: date, last: date, today: date) -> tuple[list[Day], Sheets]:
    """The days of a month up to today, the newest first, and its figures, in a number of queries that does not
    grow."""
    settings, working = InspectionSettings.current(), calendar.load({first.year, last.year, today.year})
    found = {
        day: Day(
            day,
            is_working=working.is_working_day(day),
            is_due=is_due(unit, day, settings.sheets_from, working),
            is_today=day == today,
            is_open=may_be_entered(day, today, settings.paper_days, working),
        )
        for day in reversed(days_between(first, min(last, today)))
    }
    for round_ in _rounds(unit, first, last):
        if there := found.get(round_.sheet.day):
            is_fix = round_.kind == RoundKind.CORRECTION
            (there.corrections if is_fix else there.rounds).append(round_)
    missing = Finding.objects.filter(
        unit=unit, cadre=None, item__code=SHEET_MISSING, day__range=(first, last)
    )
    for finding in missing.order_by("pk"):
        if finding.day in found:
            found[finding.day].missing = finding
    came = {unit.pk: {day.day for day in found.values() if day.rounds}}
    figures = sheets([unit], came, found, today=today, begins=settings.sheets_from, working=working)[unit.pk]
    owed, missing_days = set(figures.due), set(figures.missing)
    for day in found.values():
        day.is_missing = day.day in missing_days
        # Today's is still to come.
        day.is_due = day.day in owed or (day.is_today and day.is_due)
    return list(found.values()), figures


def _rounds(unit: Unit, first: date, last: date) -> RoundQuerySet:
    rounds = Round.objects.filter(sheet__unit=unit, sheet__day__range=(first, last))
    return rounds.select_related("sheet", "checker", "second", "corrects").defer(
        "snapshot", "corrects__snapshot"
    )


@dataclass(frozen=True)
class UnitMonth:
    unit: Unit
    sheets: Sheets
    rounds: int
    problems: int


def units_in(units: Iterable[Unit], first: date, last: date, today: date) -> list[UnitMonth]:
    """What each of these units has checked in a month; the same few queries for any number."""
    units = list(units)
    checks = Round.objects.checks().filter(sheet__unit__in=units, sheet__day__range=(first, last))
    days = checks.order_by().values_list("sheet__unit", "sheet__day")
    came: dict[int, set[date]] = defaultdict(set)
    rounds: Counter[int] = Counter()
    problems: Counter[int] = Counter()
    for pk, day, number, found in days.annotate(number=Count("pk"), found=Sum("problems")):
        came[pk].add(day)
        rounds[pk] += number
        problems[pk] += found
    begins, working = InspectionSettings.current().sheets_from, calendar.load({first.year, last.year})
    figures = sheets(units, came, days_between(first, last), today=today, begins=begins, working=working)
    return [UnitMonth(unit, figures[unit.pk], rounds[unit.pk], problems[unit.pk]) for unit in units]


# --- A round ------------------------------------------------------------------------------------------------------


@dataclass
class LineView:
    """Somebody in a round. `cadre` is None where the person is no longer known."""

    cadre_id: int
    cadre: Cadre | None
    #: As it is entered today; None for whoever works elsewhere by now.
    office: Office | None
    post: str
    #: What the plaque said at that second.
    said: StatusView
    #: Since when, until when, on whose word.
    details: list[str]
    #: Entered for the unit's own eyes.
    place: str
    verified: str
    findings: list[words.View] = field(default_factory=list)
    #: A correction of the line waits for its decision.
    asked: Correction | None = None


def lines(round_: Round, today: date) -> list[LineView]:
    """Everybody whom the round has checked, in walking order of today's rooms. Raises snapshot.Damaged."""
    kept = snapshot.decode(round_.snapshot, round_.taken_at)
    people = cards.with_place(Cadre.objects.all(), round_.sheet.day).prefetch_related("posts")
    known = people.in_bulk([line.cadre_id for line in kept])
    problems = _problems(round_, today)
    asked = {one.cadre_id: one for one in round_.correction_requests.filter(decision="")}
    views = [_line(line, known.get(line.cadre_id), round_) for line in kept]
    for view in views:
        view.findings = problems.get(view.cadre_id, [])
        view.asked = asked.get(view.cadre_id)
    return sorted(views, key=_walking)


def _line(line: snapshot.Line, cadre: Cadre | None, round_: Round) -> LineView:
    office = cards.place_of(cadre) if cadre is not None else None
    here = office is not None and office.unit_id == round_.sheet.unit_id
    status, said = line.status, words.said_at(line.status, round_.taken_at)
    return LineView(
        cadre_id=line.cadre_id,
        cadre=cadre,
        office=office if here else None,
        post=cards.post_at_work(cadre) if cadre is not None and here else "",
        said=said,
        details=details(status, said, round_),
        place=place_said(status),
        verified=str(VERIFIED_WORDS[line.verified.value]),
    )


def details(status: Status, said: StatusView, round_: Round) -> list[str]:
    """Since when first, then what the plaque said below its headline."""
    found = list(said.details)
    moments = [moment for moment in (status.since, status.until) if moment is not None]
    # A bare clock time beside a date would be read as of that date, and “tomorrow” as of the reader's own day.
    one_day = {local(moment).date() for moment in moments} <= {local(round_.taken_at).date()}
    say = moment_words if one_day else dated_words
    if said.headline and said.headline not in (said.label, said.pill):
        found.insert(0, said.headline)
    if status.since is not None:
        found.insert(0, _("since %(moment)s") % {"moment": say(status.since, round_.taken_at)})
    if status.until is not None and status.until != status.back_at and not status.is_present:
        until = say(status.until, round_.taken_at)
        found.insert(1, _("until %(moment)s") % {"moment": until})
    return found


def _walking(view: LineView) -> tuple[Any, ...]:
    """Whoever works elsewhere by now stands at the end."""
    if view.office is None or view.cadre is None:
        return (1, view.cadre_id)
    return (0, *walking_key(view.office.location, view.office.room), view.cadre.pinyin, view.cadre_id)


def _problems(round_: Round, today: date) -> dict[int, list[words.View]]:
    """What is recorded of each line, by the round itself and by its corrections."""
    found = Finding.objects.filter(Q(round=round_) | Q(round__corrects=round_), cadre__isnull=False)
    working = calendar.around(today)
    by_cadre: dict[int, list[words.View]] = defaultdict(list)
    for finding in found.select_related("item", "cadre").order_by("pk"):
        if finding.cadre_id is not None:
            by_cadre[finding.cadre_id].append(words.view(finding, today, working))
    return by_cadre


def corrections_of(round_: Round) -> Sequence[Correction]:
    """Every correction that was asked for, the newest first."""
    people = ("cadre", "finding__item", "item", "asked_by", "decided_by")
    return list(round_.correction_requests.select_related(*people).order_by("-asked_at", "-pk"))
