"""What attendance reads: who is to be checked and what their plaque says, rounds, coverage."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from accounts.models import Membership, Role, Unit
from attendance.models import Item, Round, RoundKind, Subject
from attendance.rules import is_due, walking_key
from cards import board
from cards import selectors as cards
from cards.models import Cadre, Office
from cards.rules import Status
from common.rules import local


@dataclass(frozen=True)
class Person:
    """Somebody who works in the unit today, at one second."""

    cadre: Cadre
    #: Where they sit today.
    office: Office
    status: Status
    #: In their own office day, or on duty.
    is_due: bool

    @property
    def post(self) -> str:
        return cards.post_at_work(self.cadre)


def people_at(unit: Unit, now: datetime, *, scope: str = "") -> list[Person]:
    """Everybody whose place of work is the unit (the place checks, DESIGN §3), in walking order; `scope` is one
    building and floor. What was declared after `now` is not seen: whereabouts are never declared afterwards."""
    day = local(now).date()
    here = [cadre for cadre in board.working_in(unit, now) if cards.place_of(cadre).unit_id == unit.pk]
    if scope:
        here = [cadre for cadre in here if cards.place_of(cadre).location == scope]
    book = cards.HoursBook(day)
    said = cards.statuses(here, now, book)
    people = [
        Person(
            cadre,
            cards.place_of(cadre),
            said[cadre.pk],
            is_due(said[cadre.pk], cards.hours_of(cadre, book).spans(day), now),
        )
        for cadre in here
    ]
    return sorted(people, key=_walking)


def _walking(person: Person) -> tuple[object, ...]:
    office = person.office
    return (*walking_key(office.location, office.room), office.pk, person.cadre.pinyin, person.cadre.pk)


def locations(people: Iterable[Person]) -> list[str]:
    """The parts in which a round may be walked, in walking order."""
    return list(dict.fromkeys(person.office.location for person in people if person.office.location))


def rounds_of(unit: Unit, day: date) -> list[Round]:
    rounds = Round.objects.filter(sheet__unit=unit, sheet__day=day)
    return list(rounds.select_related("checker", "second").defer("snapshot"))


def next_number(sheet_id: int, scope: str, kind: RoundKind = RoundKind.REGULAR) -> int:
    rounds = Round.objects.filter(sheet=sheet_id, kind=kind, scope=scope)
    return (rounds.aggregate(last=Max("number"))["last"] or 0) + 1


def items(subject: Subject = Subject.CADRE) -> list[Item]:
    return list(Item.objects.filter(subject=subject, active=True))


def heads_of(unit_id: int, day: date) -> list[int]:
    """The accounts that lead the unit's leading group today."""
    heads = Membership.objects.current(day).filter(role=Role.LEADING_GROUP_HEAD, unit=unit_id)
    return list(heads.filter(user__is_active=True).order_by("user").values_list("user", flat=True).distinct())


def officers_of(unit_id: int, day: date) -> list[int]:
    officers = Membership.objects.current(day).filter(role=Role.UNIT_OFFICER, unit=unit_id)
    return list(
        officers.filter(user__is_active=True).order_by("user").values_list("user", flat=True).distinct()
    )
