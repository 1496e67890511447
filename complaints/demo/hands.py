"""The moves of a demonstration's case, by the verbs, at the instants they are told."""

import hashlib
import hmac
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings

from accounts import demo as accounts
from accounts.models import Unit, User
from attendance.demo.hands import Hands
from cards.models import Cadre
from complaints import receipts
from complaints.demo.words import MARK, Matter
from complaints.models import Channel, Complaint, Feedback, Grade, VerificationPoint
from complaints.services import aftercare, cases, handling, hearing


def known_receipt(name: str) -> str:
    """Sixteen digits that are the same on every run of one installation, and others on the next."""
    digest = hmac.digest(settings.RECEIPT_KEY.encode(), f"demo {name}".encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8]) % 10**receipts.DIGITS:0{receipts.DIGITS}}"


@dataclass
class Desk:
    """Who works on the demonstration's cases, read once."""

    units: list[Unit] = field(default_factory=accounts.units)
    hands: Hands = field(default_factory=Hands.read)
    chance: random.Random = field(default_factory=lambda: random.Random("complaints"))

    def __post_init__(self) -> None:
        self._users = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}

    def user(self, username: str) -> User:
        return self._users[username]

    def unit(self, position: int) -> Unit:
        return self.units[position % len(self.units)]

    def somebody(self, unit: Unit, position: int = 0) -> Cadre | None:
        """Of the unit, without an account and not of its leadership; None where there is nobody."""
        people = Cadre.objects.filter(unit=unit, user=None, leads_unit=False, serves_to=None)
        found = list(people.order_by("pk")[: position + 1])
        return found[-1] if found else None

    def officer(self, unit: Unit, day: date) -> User | None:
        return self.hands.officer(unit.pk, day, self.chance)


HEAD = "expresshead"
PEOPLE = (accounts.EXPRESS, accounts.SECOND_EXPRESS, HEAD, accounts.OFFICER, accounts.CADRE)


@dataclass
class Case:
    """A complaint on its way. Each method is one move at an instant."""

    desk: Desk
    matter: Matter
    unit: Unit
    cadre: Cadre | None
    #: Who handles it, and the second pair of eyes.
    handler: User
    second: User
    row: Complaint = field(init=False)

    def receive(
        self,
        now: datetime,
        channel: Channel = Channel.CARD,
        *,
        receipt: str = "",
        phone: str = "",
        original_number: str = "",
    ) -> None:
        """`receipt` names a number that the list of accounts shows."""
        told = channel in (Channel.CARD, Channel.SITE)
        self.row, _number = cases.complaint_receive(
            channel=channel,
            unit=self.unit,
            cadre=self.cadre,
            text=MARK + self.matter.text,
            occasion=self.matter.occasion,
            received_at=now,
            with_receipt=told,
            actor=None if told else self.second,
            contact_name="演示来电人" if phone else "",
            contact_phone=phone,
            original_number=original_number,
            receipt_number=known_receipt(receipt) if receipt else "",
            now=now,
        )

    def accept(self, now: datetime) -> None:
        self.row = handling.accept(case=self.row, actor=self.handler, now=now)

    def ask(
        self, now: datetime, *, unit: bool = False, text: str = "", held: bool = False
    ) -> VerificationPoint:
        """The person, or where the complaint names nobody the unit."""
        point = hearing.point_write(
            case=self.row,
            to=hearing.To.UNIT if unit or self.cadre is None else hearing.To.ACCUSED,
            text=text or self.matter.question,
            would_identify=held,
            actor=self.handler,
            now=now,
        )
        self.row.refresh_from_db()
        return point

    def answer(self, point: VerificationPoint, now: datetime) -> None:
        """By the person, or by an officer who enters it."""
        by = point.cadre.user if point.cadre is not None else None
        by = by or self.desk.officer(self.unit, now.date())
        if by is not None and hearing.may_answer(point, by, now):
            hearing.point_answer(point=point, text=self.matter.answered, actor=by, now=now)
            self.row.refresh_from_db()

    def submit(self, now: datetime) -> None:
        self.row = handling.submit(
            case=self.row,
            outcome=self.matter.outcome,
            statement=self.matter.statement,
            measures=self.matter.measures,
            answer=self.matter.answer,
            actor=self.handler,
            now=now,
        )

    def close(self, now: datetime, feedback: Feedback = Feedback.RECEIPT) -> None:
        self.row = handling.close(case=self.row, feedback=feedback, actor=self.second, now=now)

    def rate(self, grade: Grade, now: datetime) -> None:
        self.row = aftercare.complaint_rate(case=self.row, grade=grade, now=now)

    def heard(self, asked_at: datetime) -> None:
        """Asked, and answered some hours later."""
        self.answer(self.ask(asked_at), asked_at + timedelta(hours=4, minutes=50))
