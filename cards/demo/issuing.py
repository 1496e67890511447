"""Cards of the demonstration: everybody's is valid, except where something is to be decided or was revoked."""

from datetime import datetime, time

from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, User
from cards.demo.people import working_moment
from cards.models import Cadre, Card, CardRequest, RevokeReason, SerialCounter
from common import demo
from common.models import AuditEntry

REQUESTED_DAYS_AGO, ISSUED_DAYS_AGO = 38, 36


class Desk:
    """The papers of one build, collected, and written at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.users = {user.username: user for user in User.objects.all()}
        self.cards: list[Card] = []
        self.requests: list[CardRequest] = []
        self.entries: list[AuditEntry] = []
        self.last: dict[int, int] = {}

    def at(self, days: int, clock: time = time(10, 15)) -> datetime:
        return working_moment(self.now, days, clock)

    def requester(self, place: int) -> User:
        """The unit's officer where the showcase has one; elsewhere the city entered the first roster."""
        names = {0: accounts.OFFICER, 1: accounts.DEPUTY, 2: accounts.DEPUTY}
        return self.users[names.get(place, accounts.SECOND_EXPRESS)]

    @property
    def approver(self) -> User:
        return self.users[accounts.EXPRESS]

    def ask(
        self,
        cadre: Cadre,
        by: User,
        at: datetime,
        *,
        decided: datetime | None,
        reason: str = "",
        note: str = "",
    ) -> None:
        self.requests.append(
            CardRequest(
                cadre=cadre,
                reason=reason,
                note=note,
                requested_by=by,
                requested_at=at,
                decision=CardRequest.Decision.APPROVED if decided else "",
                decided_by=self.approver if decided else None,
                decided_at=decided,
            )
        )
        self._enter(cadre, "card_requested", by, at, reason=reason, note=note)

    def issue(self, unit: Unit, cadre: Cadre, by: User, at: datetime) -> Card:
        number = self.last[unit.pk] = self.last.get(unit.pk, 0) + 1
        card = Card(
            cadre=cadre,
            serial=f"LQ-{unit.code}-{number:04d}",
            issued_by=by,
            approved_by=self.approver,
            issued_at=at,
        )
        self.cards.append(card)
        self._enter(cadre, "card_issued", self.approver, at, serial=card.serial)
        return card

    def revoke(self, card: Card, at: datetime, reason: str, note: str) -> None:
        card.revoked_at, card.revoked_by = at, self.approver
        card.revoke_reason, card.revoke_note = reason, note
        facts = {"serial": card.serial, "reason": reason, "note": note}
        self._enter(card.cadre, "card_revoked", self.approver, at, **facts)

    def _enter(self, cadre: Cadre, verb: str, actor: User, at: datetime, **changes: str) -> None:
        self.entries.append(
            AuditEntry(
                at=at,
                actor=actor,
                verb=verb,
                subject_type=Cadre._meta.label_lower,
                subject_id=cadre.pk,
                changes=changes,
            )
        )

    def write(self) -> None:
        Card.objects.bulk_create(self.cards)
        CardRequest.objects.bulk_create(self.requests)
        # By time, as they would have been written: the newest entry has the highest number.
        AuditEntry.objects.bulk_create(sorted(self.entries, key=lambda entry: entry.at))
        SerialCounter.objects.bulk_create(
            SerialCounter(unit_id=unit, last=last) for unit, last in self.last.items()
        )


def build(build: demo.Build) -> str:
    desk = Desk(build.now)
    people: dict[int, list[Cadre]] = {}
    for cadre in Cadre.objects.select_related("unit").order_by("pk"):
        people.setdefault(cadre.unit_id, []).append(cadre)
    for place, unit in enumerate(accounts.units()):
        _unit(desk, place, unit, people.get(unit.pk, []))
    desk.write()
    valid = sum(card.revoked_at is None for card in desk.cards)
    waiting = sum(not request.decision for request in desk.requests)
    return _("%(valid)s valid, %(waiting)s waiting for approval") % {
        "valid": f"{valid:,}",
        "waiting": waiting,
    }


def _unit(desk: Desk, place: int, unit: Unit, people: list[Cadre]) -> None:
    """Everybody's card is issued; in the first units of the showcase something is left to do and to see."""
    by = desk.requester(place)
    asked, issued = desk.at(REQUESTED_DAYS_AGO), desk.at(ISSUED_DAYS_AGO, time(14, 50))
    new = _newcomers(place, people)
    for cadre in people:
        if cadre in new:
            desk.ask(cadre, by, desk.at(1, time(16, 5)), note="新到岗人员", decided=None)
            continue
        desk.ask(cadre, by, asked, decided=issued)
        card = desk.issue(unit, cadre, by, issued)
        if len(people) > 3:
            _later(desk, place, people, card, by)


def _newcomers(place: int, people: list[Cadre]) -> list[Cadre]:
    count = {0: 2, 2: 1}.get(place, 0)
    return people[-count:] if count and len(people) > 3 else []


def _later(desk: Desk, place: int, people: list[Cadre], card: Card, by: User) -> None:
    """One card was replaced, one revoked for good, and for one a replacement is asked for."""
    cadre = card.cadre
    if place == 0 and cadre is people[1]:
        note, replaced = "岗位调整，换发新证", desk.at(7, time(11, 10))
        desk.ask(cadre, by, desk.at(9), reason=RevokeReason.REISSUED, note=note, decided=replaced)
        desk.revoke(card, replaced, RevokeReason.REISSUED, note)
        desk.issue(cadre.unit, cadre, by, replaced)
    elif place == 1 and cadre is people[-1]:
        desk.revoke(card, desk.at(3, time(15, 40)), RevokeReason.LOST, "门牌遗失，待重新申领")
    elif place == 1 and cadre is people[1]:
        lost = {"reason": RevokeReason.LOST, "note": "工作联系卡遗失"}
        desk.ask(cadre, by, desk.at(1, time(16, 30)), decided=None, **lost)
