"""Rounds: each tap kept, one submission, a snapshot of everybody checked and a finding for each problem."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Unit, User
from attendance import selectors, snapshot
from attendance.models import (
    DailySheet,
    InspectionSettings,
    Item,
    Mark,
    OpenRound,
    Round,
    RoundKind,
)
from attendance.rules import Verified, may_be_entered, may_be_said
from attendance.selectors import Person
from attendance.services import findings
from cards import photos
from cards.models import Cadre
from cards.rules import Status
from common import calendar
from common.problems import Refused
from common.rules import local


@dataclass(frozen=True)
class Submitted:
    """`new` is False where somebody had submitted this round already; it is theirs then."""

    round: Round
    new: bool


def locked_sheet(unit: Unit, day: date) -> DailySheet:
    """The unit's sheet of the day, nobody else's until the transaction ends: rounds are submitted one by one."""
    there = DailySheet.objects.select_for_update().filter(unit=unit, day=day)
    # A row of our own waits for nobody: whoever inserts the same one waits for us, and then finds it.
    return there.first() or _made(unit, day) or there.get()


def _made(unit: Unit, day: date) -> DailySheet | None:
    sheet, made = DailySheet.objects.get_or_create(unit=unit, day=day)
    return sheet if made else None


@transaction.atomic
def round_submit(
    *,
    unit: Unit,
    scope: str,
    number: int,
    checker: User,
    now: datetime,
    usual: Verified | None = None,
    on_paper: datetime | None = None,
) -> Submitted:
    """Submit the round that the page has shown as `number` of its part: everybody who is due agrees, but for what was
    marked. Submitting it again, from another device or by somebody else, finds the first one's round.

    `on_paper` is the time that stands on a sheet kept on paper, today or on one of the last days.
    """
    taken_at = on_paper or now
    day, kind = local(taken_at).date(), RoundKind.PAPER if on_paper else RoundKind.REGULAR
    if on_paper:
        check_paper(on_paper, now)
    sheet = locked_sheet(unit, day)
    there = {done.number: done for done in sheet.rounds.filter(kind=kind, scope=scope)}
    if number in there:
        return Submitted(there[number], new=False)
    if number != len(there) + 1:
        raise Refused(_("This page is out of date. Open today’s round again."))
    opened = _opened(unit, day, checker, scope)
    people = _checked(unit, taken_at, scope, checker)
    marks = list(opened.marks.select_related("item", "cadre__unit")) if opened else []
    lines = _lines(people, opened, usual, marks)
    done = create(sheet, kind, scope, number, checker, taken_at, now, lines, len(marks))
    findings.record_marks(done, marks, people, retaken=on_paper is not None, now=now)
    if opened is not None:
        opened.delete()
    if on_paper:
        findings.missing_sheet_withdraw(unit=unit, day=day, actor=checker, now=now)
    return Submitted(done, new=True)


def check_paper(on_paper: datetime, now: datetime) -> None:
    """Raises Refused where a sheet of that time can't be entered any more, or not yet."""
    day, today = local(on_paper).date(), local(now).date()
    if on_paper > now:
        raise Refused(_("This time is still to come."), "time")
    allowed = InspectionSettings.current().paper_days
    if not may_be_entered(day, today, allowed, calendar.load([day.year, today.year])):
        raise Refused(
            _("A sheet kept on paper can be entered within %(days)s working days.") % {"days": allowed}, "day"
        )


def _opened(unit: Unit, day: date, checker: User, scope: str) -> OpenRound | None:
    rounds = OpenRound.objects.select_for_update().filter(unit=unit, day=day, checker=checker, scope=scope)
    return rounds.first()


def _checked(unit: Unit, at: datetime, scope: str, checker: User) -> list[Person]:
    """Nobody checks their own line (DESIGN §1)."""
    people = [
        person
        for person in selectors.people_at(unit, at, scope=scope)
        if person.is_due and person.cadre.user_id != checker.pk
    ]
    if not people:
        raise Refused(_("Nobody but yourself is in office hours here now; there is nothing to check."))
    return people


def _lines(
    people: Sequence[Person], opened: OpenRound | None, usual: Verified | None, marks: Iterable[Mark]
) -> list[snapshot.Line]:
    chosen: Mapping[str, str] = opened.verified if opened else {}
    way = usual or Verified(opened.usual if opened else Verified.SEEN)
    problems = codes_by_person((mark.cadre_id, mark.item) for mark in marks)

    def verified(person: Person) -> Verified:
        pk = person.cadre.pk
        return person.verified(way, chosen.get(str(pk), ""), problems.get(pk, ()))

    return [snapshot.Line(person.cadre.pk, verified(person), person.status) for person in people]


def codes_by_person(problems: Iterable[tuple[int, Item]]) -> dict[int, list[str]]:
    """The items of each person, by their codes."""
    found: dict[int, list[str]] = {}
    for cadre_id, item in problems:
        found.setdefault(cadre_id, []).append(item.code)
    return found


def create(
    sheet: DailySheet,
    kind: RoundKind,
    scope: str,
    number: int,
    checker: User,
    taken_at: datetime,
    now: datetime,
    lines: Sequence[snapshot.Line],
    problems: int,
    **more: Any,
) -> Round:
    """The row of a round on a sheet that is locked, with its snapshot and its figures."""
    verified = Counter(line.verified for line in lines)
    return Round.objects.create(
        sheet=sheet,
        kind=kind,
        scope=scope,
        number=number,
        checker=checker,
        taken_at=taken_at,
        submitted_at=now,
        snapshot=snapshot.encode(lines, taken_at),
        people=len(lines),
        seen=verified[Verified.SEEN],
        phone=verified[Verified.PHONE],
        declared=verified[Verified.DECLARED],
        absent=verified[Verified.ABSENT],
        problems=problems,
        **more,
    )


# --- On the way ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """What was tapped, or entered with more words."""

    item: Item
    minutes: int | None = None
    note: str = ""
    photo: Any = None


def open_round(*, unit: Unit, day: date, scope: str, checker: User, now: datetime) -> OpenRound:
    """The checker's round on the way, locked; made by the first tap, shared by all of their devices."""
    which = {"unit": unit, "day": day, "scope": scope, "checker": checker}
    there = OpenRound.objects.select_for_update().filter(**which)
    while (opened := there.first()) is None:
        # One of our own is locked by being new; another's may be submitted before we lock it.
        opened, made = OpenRound.objects.get_or_create(**which, defaults={"begun_at": now})
        if made:
            break
    return opened


@transaction.atomic
def mark_set(
    *,
    unit: Unit,
    day: date,
    scope: str,
    cadre: Cadre,
    problems: Iterable[Problem],
    checker: User,
    now: datetime,
) -> list[Mark]:
    """What is wrong with one person, in place of what was marked before; none is 相符. A problem that stays keeps the
    second at which it was seen, and its photo unless there is a new one."""
    person = _to_check(unit, day, scope, cadre, checker, now)
    opened = open_round(unit=unit, day=day, scope=scope, checker=checker, now=now)
    wanted = {problem.item.pk: problem for problem in problems}
    before = {mark.item_id: mark for mark in opened.marks.filter(cadre=cadre)}
    for item_id, mark in before.items():
        if item_id not in wanted:
            mark.delete()
    return [
        put_mark(opened, person, problem, before.get(item_id), now) for item_id, problem in wanted.items()
    ]


@transaction.atomic
def mark_add(
    *, unit: Unit, day: date, scope: str, cadre: Cadre, item: Item, checker: User, now: datetime
) -> Mark:
    """One more problem of one person; tapped again it is the first tap's."""
    person = _to_check(unit, day, scope, cadre, checker, now)
    opened = open_round(unit=unit, day=day, scope=scope, checker=checker, now=now)
    before = opened.marks.filter(cadre=cadre, item=item).first()
    return before or put_mark(opened, person, Problem(item), None, now)


@transaction.atomic
def mark_clear(
    *, unit: Unit, day: date, scope: str, cadre: Cadre, checker: User, item: Item | None = None
) -> None:
    """One problem of a person less, or none is left: 相符."""
    opened = _opened(unit, day, checker, scope)
    if opened is not None:
        marks = opened.marks.filter(cadre=cadre)
        (marks.filter(item=item) if item else marks).delete()


@transaction.atomic
def mark_describe(*, mark: Mark, minutes: int | None, note: str, photo: Any = None) -> None:
    """What was typed beside a problem. Raises Refused for a photo that is none; the words are kept in any case, and
    nothing happens where the round has been submitted meanwhile."""
    opened = OpenRound.objects.select_for_update().filter(pk=mark.open_round_id).first()
    there = opened and opened.marks.select_related("item").filter(pk=mark.pk).first()
    if not there:
        return
    there.minutes, there.note = minutes if there.item.with_minutes else None, note
    if photo is not None:
        there.photo.save("scene.jpg", ContentFile(photos.scene(photo)), save=False)
    there.save()


def _to_check(
    unit: Unit, day: date, scope: str, cadre: Cadre, checker: User, now: datetime
) -> selectors.Person:
    found = selectors.people_at(unit, _moment(day, now), scope=scope, only=cadre.pk)
    if not found:
        raise Refused(_("This person does not work here today."))
    if cadre.user_id == checker.pk:
        raise Refused(_("Nobody checks their own line. Somebody else records this."))
    return found[0]


def _moment(day: date, now: datetime) -> datetime:
    """For a day that is over, its noon: a sheet kept on paper says its time when it is submitted."""
    if day == local(now).date():
        return now
    return local(now).replace(
        year=day.year, month=day.month, day=day.day, hour=11, minute=59, second=0, microsecond=0
    )


def check_recordable(item: Item) -> None:
    """Raises Refused for what nobody records who checks people; the page may be older than the catalogue."""
    if not item.is_recordable:
        raise Refused(_("“%(item)s” cannot be recorded on a check. Choose another problem.") % {"item": item})


def check_said(item: Item, status: Status) -> None:
    """Raises Refused where a check may not record this at all, or the plaque says nothing that could be wrong so."""
    check_recordable(item)
    if not may_be_said(item.code, status):
        raise Refused(
            _("Nothing was declared here that could be untrue; choose “whereabouts not updated”.")
            if status.declared is None
            else _("Something was declared here; choose “whereabouts untrue”.")
        )


def put_mark(opened: OpenRound, person: Person, problem: Problem, before: Mark | None, now: datetime) -> Mark:
    """One problem of an open round that is locked; `before` is what was marked of it so far."""
    if before is None:
        check_said(problem.item, person.status)
    mark = before or Mark(
        open_round=opened,
        cadre=person.cadre,
        item=problem.item,
        marked_at=now,
        said=snapshot.as_facts(person.status),
    )
    mark.minutes = problem.minutes if problem.item.with_minutes else None
    mark.note = problem.note
    if problem.photo is not None:
        mark.photo.save("scene.jpg", ContentFile(photos.scene(problem.photo)), save=False)
    mark.save()
    return mark


@transaction.atomic
def verified_set(
    *,
    unit: Unit,
    day: date,
    scope: str,
    checker: User,
    now: datetime,
    usual: Verified | None = None,
    people: Mapping[int, Verified | None],
) -> OpenRound:
    """How people were verified: one word for all at post, and another one for some. Only what is given changes; None
    for a person is the word for all again."""
    opened = open_round(unit=unit, day=day, scope=scope, checker=checker, now=now)
    opened.usual = usual or opened.usual
    changed = {str(pk): way.value if way else None for pk, way in people.items()}
    opened.verified = {pk: way for pk, way in sorted((opened.verified | changed).items()) if way}
    opened.save(update_fields=["usual", "verified"])
    return opened


@transaction.atomic
def open_round_discard(*, opened: OpenRound) -> None:
    """Begin again: what was tapped is thrown away."""
    opened.delete()


def forget_open_rounds(now: datetime, *, keep: timedelta = timedelta(days=14)) -> int:
    """Rounds that nobody has submitted in two weeks; they never became evidence."""
    old = OpenRound.objects.filter(day__lt=local(now).date() - keep)
    number = old.count()
    old.delete()
    return number
