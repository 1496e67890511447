"""Units in waves, and what they need to be done."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from accounts.models import City, Role, Unit, User
from appraisal.models import RectificationOrder, Rollout, Wave
from appraisal.rules.rollout import End
from appraisal.services import orders, rollout
from attendance.models import DailySheet
from cards import services as cards
from cards.models import Cadre, Card, PrintKind
from cards.printing.gathering import documents, holders
from common.rules import at
from tests.cast import NOW, TODAY, crowd, give, make_cadre, make_office, make_user

#: Tuesday 24 November is today in the cast; the wave ends on the Friday a week later.
BEGINS, DEADLINE = date(2026, 11, 16), date(2026, 12, 4)
#: The day after, when what is not done is late.
LATE = at(date(2026, 12, 7), time(10))
ORDER_DUE = date(2026, 12, 1)


def express_user() -> User:
    found = User.objects.filter(username="wave.express").first()
    if found is None:
        found = make_user("wave.express", "舒波")
        give(found, Role.EXPRESS_STAFF)
    return found


def make_wave(
    name: str = "首批",
    *,
    pilot: bool = False,
    begins: date = BEGINS,
    deadline: date = DEADLINE,
    now: datetime = NOW,
) -> Wave:
    values = {"name": name, "is_pilot": pilot, "begins_on": begins, "deadline": deadline}
    return rollout.wave_create(values=values, actor=express_user(), now=now)


def assigned(units: Iterable[Unit], wave: Wave | None = None, *, now: datetime = NOW) -> list[Rollout]:
    return rollout.units_assign(wave=wave or make_wave(), units=list(units), actor=express_user(), now=now)


def in_wave(unit: Unit, wave: Wave | None = None) -> Rollout:
    (row,) = assigned([unit], wave)
    return row


def named(row: Rollout, head: Cadre, answers: Cadre, actor: User, **more: Any) -> Rollout:
    values = {
        "group_head": head,
        "group_head_post": "纪检组长",
        "assessment_body": "派驻纪检组",
        "responsible": answers,
    }
    return rollout.rollout_edit(rollout=row, values={**values, **more}, actor=actor, now=NOW)


def print_plaques(unit: Unit) -> None:
    held = holders(Card.objects.valid().filter(cadre__unit=unit), TODAY)
    prints = [
        one for document in documents(PrintKind.PLAQUE, held, City.current()) for one in document.prints
    ]
    cards.prints_record(prints=prints, actor=None, now=NOW)


def hand_in(unit: Unit) -> None:
    """Its first daily sheet."""
    DailySheet.objects.get_or_create(unit=unit, day=TODAY)


def make_ready(row: Rollout, *, number: int = 2) -> Rollout:
    """Everything that the city asks for; by the verbs where it is the rollout’s own."""
    unit = row.unit
    officer, head = make_user(f"officer-{unit.pk}"), make_user(f"head-{unit.pk}")
    give(officer, Role.UNIT_OFFICER, unit=unit)
    give(head, Role.LEADING_GROUP_HEAD, unit=unit)
    people = crowd(make_office(unit, "综合科", "201"), number)
    print_plaques(unit)
    hand_in(unit)
    named(row, people[0], people[1], officer)
    return rollout.hotline_test(rollout=row, actor=express_user(), now=NOW)


def ordered(
    unit: Unit, actor: User, text: str = "补印三楼门牌", due: date = ORDER_DUE, *, now: datetime = NOW
) -> RectificationOrder:
    return orders.order_make(unit=unit, text=text, due_on=due, actor=actor, now=now)


def answered(order: RectificationOrder, actor: User, *, now: datetime = NOW) -> RectificationOrder:
    return orders.order_answer(order=order, text="已于当日补印到位", actor=actor, now=now)


def ended(
    order: RectificationOrder, actor: User, end: End = End.MET, reason: str = "", *, now: datetime = NOW
) -> RectificationOrder:
    return orders.order_end(order=order, end=end, reason=reason, actor=actor, now=now)


def leader(unit: Unit, name: str = "路领") -> Cadre:
    return make_cadre(make_office(unit, "领导", "501"), name)
