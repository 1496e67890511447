"""What attendance reads: who is to be checked and what their plaque says, rounds, coverage."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, OuterRef, Q, Subquery

from accounts.models import Membership, Role, Unit
from attendance.models import Item, Round, RoundKind, Subject
from attendance.rules import Verified, is_due, says_absent, usually_verified, walking_key
from cards import board
from cards import selectors as cards
from cards.models import Cadre, Office, Placement, Post
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
    #: Of the primary post; None where the posts were read instead.
    title: str | None = None

    @property
    def post(self) -> str:
        return cards.post_at_work(self.cadre, self.title)

    def verified(self, usual: Verified, chosen: str = "", problems: Iterable[str] = ()) -> Verified:
        """How they count as checked, by the word for all, the one that was chosen for them, and the codes of their
        problems: whoever was not there was not met, whatever was chosen before."""
        if says_absent(problems):
            return Verified.ABSENT
        return Verified(chosen) if chosen else usually_verified(self.status, usual)


def people_at(
    unit: Unit,
    now: datetime,
    *,
    scope: str = "",
    only: int | None = None,
    book: cards.HoursBook | None = None,
) -> list[Person]:
    """Everybody whose place of work is the unit (the place checks, DESIGN §3), in walking order; `scope` is one
    building and floor, `only` one person. What was declared after `now` is not seen: whereabouts are never declared
    afterwards. A `book` of that day holds the hours that were read."""
    day = local(now).date()
    primary = Post.objects.filter(cadre=OuterRef("pk"), is_primary=True).values("title")[:1]
    placed = board.placed_in(unit, now).annotate(title=Subquery(primary))
    if only is not None:
        placed = placed.filter(pk=only)
    here = [cadre for cadre in placed if cards.place_of(cadre).unit_id == unit.pk]
    if scope:
        here = [cadre for cadre in here if cards.place_of(cadre).location == scope]
    book = book or cards.HoursBook(day)
    said = cards.statuses(here, now, book)
    people = [
        Person(
            cadre,
            cards.place_of(cadre),
            said[cadre.pk],
            is_due(said[cadre.pk], cards.hours_of(cadre, book).spans(day), now),
            cadre.title or "",
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


def members_of(role: Role, unit_ids: Collection[int], day: date) -> dict[int, list[int]]:
    """The accounts with a role in each of these units that day, deputies among them; one query."""
    members = Membership.objects.current(day).filter(role=role, unit__in=unit_ids, user__is_active=True)
    found: dict[int, list[int]] = {}
    for unit_id, user_id in members.order_by("user").values_list("unit", "user").distinct():
        found.setdefault(unit_id, []).append(user_id)
    return found


def heads_of(unit_id: int, day: date) -> list[int]:
    """The accounts that lead the unit's leading group today."""
    return members_of(Role.LEADING_GROUP_HEAD, [unit_id], day).get(unit_id, [])


def officers_of(unit_id: int, day: date) -> list[int]:
    return members_of(Role.UNIT_OFFICER, [unit_id], day).get(unit_id, [])


def units_of(user_id: int, role: Role, day: date) -> list[int]:
    """The units in which somebody has a role that day."""
    held = Membership.objects.current(day).filter(user=user_id, role=role, user__is_active=True)
    return list(held.order_by("unit").values_list("unit", flat=True).distinct())


def responsible_for(unit_ids: Collection[int], day: date) -> dict[int, list[int]]:
    """Officers and heads of each of these units: who hears of what concerns the unit itself."""
    officers = members_of(Role.UNIT_OFFICER, unit_ids, day)
    heads = members_of(Role.LEADING_GROUP_HEAD, unit_ids, day)
    return {pk: sorted({*officers.get(pk, []), *heads.get(pk, [])}) for pk in unit_ids}


def express(day: date) -> list[int]:
    """The accounts of the Efficiency Express."""
    roles = (Role.EXPRESS_STAFF, Role.EXPRESS_HEAD)
    members = Membership.objects.current(day).filter(role__in=roles, user__is_active=True)
    return list(members.order_by("user").values_list("user", flat=True).distinct())


def holders(role: Role, day: date) -> set[int]:
    """The accounts with a role that day, wherever."""
    held = Membership.objects.current(day).filter(role=role, user__is_active=True)
    return set(held.values_list("user", flat=True))


def free_deciders(hands: Iterable[Collection[int]], day: date) -> list[frozenset[int]]:
    """Of each matter, who decides: heads of the Express who had no hand in it; where none of them is free, its staff
    (DESIGN §1). Two queries for any number."""
    heads, staff = holders(Role.EXPRESS_HEAD, day), holders(Role.EXPRESS_STAFF, day)
    return [frozenset(heads.difference(each) or staff.difference(each)) for each in hands]


def staffed(days: Collection[date]) -> set[tuple[int, date]]:
    """The (unit, day) on which somebody in service works there: the place counts, not the home. Two queries."""
    first, last = min(days), max(days)
    serving = Cadre.objects.filter(Q(serves_to=None) | Q(serves_to__gte=first), serves_from__lte=last)
    homes = list(serving.order_by().values_list("pk", "unit", "serves_from", "serves_to"))
    loans: dict[int, list[tuple[int, date, date | None]]] = {}
    placements = Placement.objects.filter(Q(valid_to=None) | Q(valid_to__gte=first), valid_from__lte=last)
    # The newest placement counts, as for `place_of`.
    places = placements.values_list("cadre", "office__unit", "valid_from", "valid_to")
    for cadre_id, unit_id, begins, ends in places:
        loans.setdefault(cadre_id, []).append((unit_id, begins, ends))
    return {
        (_place(loans.get(cadre_id, []), home, day), day)
        for cadre_id, home, begins, ends in homes
        for day in days
        if _covers(day, begins, ends)
    }


def _place(loans: Iterable[tuple[int, date, date | None]], home: int, day: date) -> int:
    return next((unit for unit, begins, ends in loans if _covers(day, begins, ends)), home)


def _covers(day: date, begins: date, ends: date | None) -> bool:
    return begins <= day and (ends is None or day <= ends)
