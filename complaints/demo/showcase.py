"""A complaint in every state, so that each of the showcase accounts finds something to do; months of answered ones
before it; and praise. Cases are told in the order in which they came in, as their numbers say."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit
from cards.models import Cadre
from common import calendar, demo
from common.models import Notice
from common.rules import WorkingCalendar, at, local
from complaints import clock, notifying, notifying_hearing, receipts, rules
from complaints.demo import words
from complaints.demo.hands import HEAD, Case, Desk, known_receipt
from complaints.demo.words import Matter
from complaints.models import Channel, Complaint, ComplaintSettings, Feedback, Grade, Praise
from complaints.services import aftercare, handling

STEP = "complaint cases"
#: Receipts that the list of accounts names: of a case on its way, and of one whose answer can be rated.
UNDER_WAY, ANSWERED = "under way", "answered"
#: In each month of history, and for how many months at most: a start takes seconds.
A_MONTH, MOST_MONTHS = len(words.BEFORE), 12
OLD_NEWS = timedelta(days=2)


def build(build: demo.Build) -> str:
    if build.marked(STEP) is None:
        _tell(build)
        build.mark(STEP)
    build.notes += [
        _("Receipt of a complaint that is being handled: %(number)s")
        % {"number": receipts.grouped(known_receipt(UNDER_WAY))},
        _("Receipt of a complaint whose answer can be rated: %(number)s")
        % {"number": receipts.grouped(known_receipt(ANSWERED))},
    ]
    known = Complaint.objects.all()
    return _("%(cases)s complaints, %(open)s of them open") % {
        "cases": known.count(),
        "open": known.running().count(),
    }


def _tell(build: demo.Build) -> None:
    story = Story(build.now, Desk(), _working(build))
    told = [*story.showcase(), *story.history(min(build.size.months, MOST_MONTHS))]
    for number, one in enumerate(sorted(told, key=lambda one: one.received), start=1):
        one.tell(one.received)
        build.progress(number, len(told))
    _praise(build, story.desk)
    kinds = [kind.name for kind in (*notifying.KINDS, *notifying_hearing.KINDS)]
    old = Notice.objects.filter(kind__in=kinds, read_at=None, created_at__lt=build.now - OLD_NEWS)
    old.update(read_at=F("created_at"))


def _working(build: demo.Build) -> WorkingCalendar:
    year = build.today.year
    return calendar.load({year - 1, year})


def _praise(build: demo.Build, desk: Desk) -> None:
    for position, text in enumerate(words.PRAISE):
        unit = desk.unit(position)
        Praise.objects.create(
            unit=unit,
            cadre=desk.somebody(unit, position),
            text=words.MARK + text,
            received_at=build.now - timedelta(days=3 * position, hours=5),
        )


@dataclass(frozen=True)
class Told:
    received: datetime
    tell: Callable[[datetime], None]


@dataclass
class Story:
    now: datetime
    desk: Desk
    working: WorkingCalendar
    #: Whose answer was not enough.
    first: Case = field(init=False)

    # --- When ---------------------------------------------------------------------------------------------------

    def day(self, back: int, clock_: time) -> datetime:
        """So many working days before today."""
        day = local(self.now).date()
        for _step in range(back):
            day = next(d for d in _before(day) if self.working.is_working_day(d))
        return at(day, clock_)

    def following(self, moment: datetime, clock_: time) -> datetime:
        return at(self.working.next_working_day(local(moment).date()), clock_)

    def overdue(self) -> datetime:
        """The latest receipt whose days are over."""
        mode = ComplaintSettings.current().mode
        today = local(self.now).date()
        day = next(d for d in _before(today) if clock.due_date(d, rules.DAYS, mode) < today)
        return at(day, time(9, 30))

    # --- Who ----------------------------------------------------------------------------------------------------

    def case(
        self,
        matter: Matter,
        unit: int | Unit,
        *,
        cadre: Cadre | None = None,
        person: int | None = None,
        hands: tuple[str, str] = (accounts.EXPRESS, accounts.SECOND_EXPRESS),
    ) -> Case:
        """About a `cadre`, the person of this position in the unit, or the unit."""
        where = self.desk.unit(unit) if isinstance(unit, int) else unit
        if cadre is None and person is not None:
            cadre = self.desk.somebody(where, person)
        handler, second = (self.desk.user(name) for name in hands)
        return Case(self.desk, matter, where, cadre, handler, second)

    # --- What ---------------------------------------------------------------------------------------------------

    def showcase(self) -> list[Told]:
        now = self.now
        return [
            Told(now - timedelta(minutes=50), self.just_received),
            Told(now - timedelta(hours=20), self.received_from_a_plaque),
            Told(now - timedelta(hours=7), self.asked),
            Told(now - timedelta(hours=9), self.held),
            Told(now - timedelta(hours=26), self.answered_points),
            Told(now - timedelta(hours=25), self.duplicate),
            Told(now - timedelta(hours=27), self.in_review),
            Told(now - timedelta(hours=40), self.extended),
            Told(now - timedelta(hours=28), self.not_accepted),
            Told(now - timedelta(hours=30), self.referred),
            Told(now - timedelta(hours=29), self.to_be_told),
            Told(self.overdue(), self.late),
            Told(self.day(4, time(9, 40)), self.just_answered),
            Told(self.day(8, time(10, 20)), self.unsatisfied),
            Told(now - timedelta(hours=22), self.redone),
            Told(self.day(6, time(14, 10)), self.cleared),
        ]

    def just_received(self, received: datetime) -> None:
        self.case(words.NO_ANSWER, 3).receive(received, Channel.SITE)

    def received_from_a_plaque(self, received: datetime) -> None:
        self.case(words.DOOR_CLOSED, 0, person=1).receive(received)

    def asked(self, received: datetime) -> None:
        """The showcase's cadre and its officer each find a question."""
        cadre = Cadre.objects.filter(user__username=accounts.CADRE).select_related("unit", "user").first()
        case = self.case(words.SENT_AROUND, 0 if cadre is None else cadre.unit, cadre=cadre)
        case.receive(received, receipt=UNDER_WAY)
        case.accept(received + timedelta(minutes=45))
        if cadre is not None:
            case.ask(received + timedelta(hours=1))
        case.ask(received + timedelta(hours=1, minutes=10), unit=True, text=words.UNIT_QUESTION)
        case.row = handling.dispatch(
            case=case.row, to_unit=True, actor=case.handler, now=received + timedelta(hours=2)
        )

    def held(self, received: datetime) -> None:
        case = self.case(words.ONLY_ONE_THERE, 1, person=0, hands=(accounts.SECOND_EXPRESS, accounts.EXPRESS))
        case.receive(received)
        case.accept(received + timedelta(hours=1))
        case.ask(received + timedelta(hours=2), held=True)

    def answered_points(self, received: datetime) -> None:
        case = self.case(words.LATE_COUNTER, 2, person=0)
        case.receive(received)
        case.accept(received + timedelta(minutes=40))
        case.heard(received + timedelta(hours=1, minutes=30))

    def duplicate(self, received: datetime) -> None:
        case = self.case(words.LATE_COUNTER_AGAIN, 2, person=0)
        case.receive(received, Channel.SITE)
        master = Complaint.objects.filter(unit=case.unit).order_by("-pk")[1]
        handling.link(case=case.row, master=master, actor=case.handler, now=received + timedelta(hours=1))

    def in_review(self, received: datetime) -> None:
        """For the first of the Express to close."""
        case = self.case(words.RUDE, 4, person=0, hands=(accounts.SECOND_EXPRESS, accounts.EXPRESS))
        case.receive(received)
        case.accept(received + timedelta(hours=1))
        case.heard(received + timedelta(hours=2))
        case.submit(received + timedelta(hours=23))

    def extended(self, received: datetime) -> None:
        case = self.case(words.MANY_PLACES, 5)
        case.receive(received, Channel.SITE)
        case.accept(received + timedelta(hours=2))
        case.ask(received + timedelta(hours=3))
        head, moment = self.desk.user(HEAD), self.now - timedelta(hours=3)
        handling.extend(case=case.row, reason=words.EXTENDED_WHY, actor=head, now=moment)

    def not_accepted(self, received: datetime) -> None:
        case = self.case(words.COURT, 6)
        case.receive(received, Channel.SITE)
        handling.refuse(
            case=case.row,
            reason=words.COURT_WHY,
            right_door=words.COURT_DOOR,
            actor=case.handler,
            now=received + timedelta(hours=2),
        )

    def referred(self, received: datetime) -> None:
        case = self.case(words.FAVOURS, 3, person=1)
        case.receive(received)
        case.accept(received + timedelta(hours=1))
        head = self.desk.user(HEAD)
        handling.refer(case=case.row, reason=words.FAVOURS_WHY, actor=head, now=received + timedelta(hours=2))

    def to_be_told(self, received: datetime) -> None:
        """By phone, with a number to call."""
        case = self.case(words.BY_PHONE, 1)
        case.receive(received, Channel.PHONE, phone="0578-000 0199")
        case.accept(received + timedelta(minutes=10))
        case.heard(received + timedelta(minutes=30))
        case.submit(received + timedelta(hours=24))
        case.close(received + timedelta(hours=26), Feedback.PHONE)

    def late(self, received: datetime) -> None:
        case = self.case(words.NOBODY_CAME, 1, person=2)
        case.receive(received)
        case.accept(received + timedelta(hours=1))
        case.heard(received + timedelta(hours=2))

    def just_answered(self, received: datetime) -> None:
        self.answered(self.case(words.GAMES, 2, person=1), received, receipt=ANSWERED)

    def cleared(self, received: datetime) -> None:
        self.answered(self.case(words.WRONGLY, 0, person=2), received)

    def unsatisfied(self, received: datetime) -> None:
        self.first = self.case(words.SLOW, 3, person=0, hands=(accounts.EXPRESS, HEAD))
        self.answered(self.first, received)
        self.first.rate(Grade.VERY_UNSATISFIED, received + timedelta(days=2))

    def redone(self, received: datetime) -> None:
        """By another handler, on its own clock."""
        row = aftercare.complaint_redo(case=self.first.row, reason=words.SLOW_AGAIN_WHY, now=received)
        again = replace(self.first, handler=self.desk.user(accounts.SECOND_EXPRESS))
        again.row = row
        again.accept(received + timedelta(hours=1))

    def answered(self, case: Case, received: datetime, *, receipt: str = "", order: str = "") -> None:
        """Accepted in the hour, asked, answered on the next working day; told there and then where it came in."""
        channel = Channel.HOTLINE if order else Channel.CARD
        case.receive(received, channel, receipt=receipt, original_number=order)
        case.accept(received + timedelta(minutes=35))
        case.heard(received + timedelta(minutes=70))
        drafted = self.following(received, time(9, 40))
        case.submit(drafted)
        case.close(drafted + timedelta(hours=2), Feedback.HOTLINE if order else Feedback.RECEIPT)
        if order:
            told = drafted + timedelta(hours=3)
            handling.feed_back(
                case=case.row, feedback=Feedback.HOTLINE, at=told, actor=case.handler, now=told
            )

    # --- The months before ----------------------------------------------------------------------------------------

    def history(self, months: int) -> list[Told]:
        return [
            self._past(month * A_MONTH + position, self.day(12 + 20 * month + 2 * position, time(8, 50)))
            for month in range(months)
            for position in range(A_MONTH)
        ]

    def _past(self, number: int, day: datetime) -> Told:
        chance = random.Random(f"past {number}")
        matter, grade = words.BEFORE[number % A_MONTH]

        def tell(received: datetime) -> None:
            hands = [accounts.EXPRESS, accounts.SECOND_EXPRESS]
            chance.shuffle(hands)
            unit = chance.randrange(len(self.desk.units))
            case = self.case(matter, unit, person=chance.randrange(3), hands=(hands[0], hands[1]))
            if matter is words.WORK_ORDER:
                case.cadre = None
                order = f"演示{received:%Y%m%d}{number:03}"
                self.answered(case, received, order=order)
                return
            self.answered(case, received)
            if grade is not None:
                case.rate(grade, self.following(received, time(20, 15)))

        return Told(day + timedelta(minutes=chance.randrange(0, 240)), tell)


def _before(day: date) -> Iterator[date]:
    for back in range(1, 400):
        yield day - timedelta(days=back)
