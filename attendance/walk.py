"""One round on its way, as the page of the officer who walks it needs it; three queries beside those for the people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Subquery

from accounts.models import Unit, User
from attendance import selectors
from attendance.models import InspectionSettings, Item, Offered, OpenRound, Round, RoundKind, Subject
from attendance.rules import NOT_UPDATED, UNTRUE, Verified, whereabouts_item
from attendance.selectors import Person
from cards.rules import Status
from cards.selectors import HoursBook
from common.rules import WorkingCalendar, local

WHEREABOUTS = frozenset({UNTRUE, NOT_UPDATED})


@dataclass(frozen=True)
class Walk:
    """Which round is meant: what the address and the form of its page say."""

    unit: Unit
    checker: User
    now: datetime
    #: A building and floor; empty for the whole unit.
    part: str = ""

    @property
    def day(self) -> date:
        return local(self.now).date()

    def query(self, **more: str) -> str:
        """What follows the address of a page of this round."""
        asked = {**({"part": self.part} if self.part else {}), **more}
        return f"?{urlencode(asked)}" if asked else ""


@dataclass(frozen=True)
class Marked:
    """A problem that was tapped."""

    pk: int
    cadre_id: int
    item_id: int
    at: datetime
    minutes: int | None
    note: str
    has_photo: bool


@dataclass
class Opened:
    """What the checker has entered on the way, of one part."""

    usual: Verified = Verified.SEEN
    chosen: dict[int, str] = field(default_factory=dict)
    marks: list[Marked] = field(default_factory=list)


def opened_by(checker: User, unit: Unit, day: date) -> dict[str, Opened]:
    """By part; one query."""
    rows = OpenRound.objects.filter(unit=unit, day=day, checker=checker).order_by("pk", "marks__pk")
    marks = [f"marks__{name}" for name in ("pk", "cadre", "item", "marked_at", "minutes", "note", "photo")]
    found: dict[str, Opened] = {}
    for part, usual, chosen, *mark in rows.values_list("scope", "usual", "verified", *marks):
        opened = found.setdefault(part, Opened(Verified(usual), {int(pk): way for pk, way in chosen.items()}))
        if mark[0] is not None:
            pk, cadre_id, item_id, at, minutes, note, photo = mark
            opened.marks.append(Marked(pk, cadre_id, item_id, at, minutes, note, bool(photo)))
    return found


@dataclass(frozen=True)
class Sheet:
    """The unit's people of a day at one second, what is entered so far, and the rounds that were submitted."""

    walk: Walk
    everybody: Sequence[Person]
    by_part: dict[str, Opened]
    rounds: Sequence[Round]
    items: Sequence[Item]
    calendar: WorkingCalendar
    book: HoursBook
    defence_days: int

    @cached_property
    def people(self) -> list[Person]:
        part = self.walk.part
        return [one for one in self.everybody if not part or one.office.location == part]

    @cached_property
    def opened(self) -> Opened:
        return self.by_part.get(self.walk.part) or Opened()

    @cached_property
    def marks(self) -> dict[int, list[Marked]]:
        """By person, as they were tapped."""
        found: dict[int, list[Marked]] = {}
        for mark in self.opened.marks:
            found.setdefault(mark.cadre_id, []).append(mark)
        return found

    def is_own(self, person: Person) -> bool:
        """Nobody checks their own line (DESIGN §1)."""
        return person.cadre.user_id == self.walk.checker.pk

    @cached_property
    def to_check(self) -> list[Person]:
        """Whom a submission would hold now."""
        return [person for person in self.people if person.is_due and not self.is_own(person)]

    @cached_property
    def listed(self) -> list[Person]:
        """Whoever is due, one's own line, and those with a problem whose office day has ended meanwhile."""
        return [person for person in self.people if person.is_due or person.cadre.pk in self.marks]

    @cached_property
    def apart(self) -> list[Person]:
        listed = {person.cadre.pk for person in self.listed}
        return [person for person in self.people if person.cadre.pk not in listed]

    @cached_property
    def present(self) -> int:
        return sum(person.status.is_present for person in self.to_check)

    @cached_property
    def verified(self) -> Counter[Verified]:
        return Counter(self.verified_as(person) for person in self.to_check)

    def verified_as(self, person: Person) -> Verified:
        """How a submission would record them now."""
        pk = person.cadre.pk
        return person.verified(self.opened.usual, self.opened.chosen.get(pk, ""), self._problems.get(pk, ()))

    @cached_property
    def _problems(self) -> dict[int, list[str]]:
        """The codes of what was tapped, by person."""
        codes = {item.pk: item.code for item in self.items}
        return {pk: [codes[mark.item_id] for mark in marks] for pk, marks in self.marks.items()}

    @property
    def parts(self) -> list[str]:
        return selectors.locations(self.everybody)

    def done(self, part: str | None = None) -> list[Round]:
        """The rounds of a part, this page's unless another is named; those from paper count by themselves."""
        wanted = self.walk.part if part is None else part
        return [one for one in self.rounds if one.scope == wanted and one.kind == RoundKind.REGULAR]

    @property
    def number(self) -> int:
        return len(self.done()) + 1

    @property
    def is_working_day(self) -> bool:
        return self.calendar.is_working_day(self.walk.day)

    @property
    def position(self) -> tuple[int, int]:
        """“Working day 17 of 21 this month.”"""
        return working_days(self.calendar, self.walk.day)


def read(walk: Walk) -> Sheet:
    book = HoursBook(walk.day)
    everybody = selectors.people_at(walk.unit, walk.now, book=book)
    items, defence_days = _items()
    return Sheet(
        walk,
        everybody,
        opened_by(walk.checker, walk.unit, walk.day),
        selectors.rounds_of(walk.unit, walk.day),
        items,
        book.of(walk.unit.office_hours_id).calendar,
        book,
        defence_days,
    )


def _items() -> tuple[list[Item], int]:
    """What may be recorded about somebody, with the days for a statement in defence; one query for both."""
    days = InspectionSettings.objects.filter(pk=1).values("defence_days")
    found: list[Any] = list(Item.objects.filter(subject=Subject.CADRE).annotate(defence_days=Subquery(days)))
    return found, (found[0].defence_days if found else None) or InspectionSettings().defence_days


def offered(items: Sequence[Item], status: Status, marked: frozenset[int]) -> list[Item]:
    """The problems that a line offers in one tap beside this plaque, and those that it has already."""
    wrong_word = bool({item.code for item in items if item.pk in marked} & WHEREABOUTS)

    def fits(item: Item) -> bool:
        if not item.active:
            return False
        if item.code in WHEREABOUTS:
            return item.offered == Offered.ANY and not wrong_word and item.code == whereabouts_item(status)
        return item.offered == Offered.ANY or (item.offered == Offered.PRESENT and status.is_present)

    return [item for item in items if item.pk in marked or fits(item)]


def recordable(items: Sequence[Item], status: Status, marked: frozenset[int]) -> list[Item]:
    """Every problem that may be said beside this plaque."""
    return [item for item in items if item.pk in marked or item.may_be_recorded(status)]


def working_days(calendar: WorkingCalendar, day: date) -> tuple[int, int]:
    """Which working day of its month a day is, and how many the month has; a rest day is 0."""
    first = day.replace(day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    days = [first + timedelta(days=offset) for offset in range((next_month - first).days)]
    working = [one for one in days if calendar.is_working_day(one)]
    return (working.index(day) + 1 if day in working else 0), len(working)
