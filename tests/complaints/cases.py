"""Cases as the verbs leave them."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Role, Unit, User
from cards.models import Cadre
from complaints.models import Complaint, VerificationPoint
from complaints.rules import State
from complaints.services import handling, hearing
from complaints.services.cases import complaint_receive
from tests.cast import NOW, give, make_user

TEXT = "窗口工作人员上班时间一直在看手机，我等了四十分钟也没有人理睬。"
LATER = NOW + timedelta(hours=1)
ANSWER = {
    "outcome": "partly",
    "statement": "当日窗口空岗十五分钟。",
    "measures": "",
    "answer": "经核查，窗口曾短时无人。",
}


def received(unit: Unit, cadre: Cadre | None = None, **fields: Any) -> Complaint:
    given = {
        "channel": "card",
        "text": TEXT,
        "occasion": "一楼窗口",
        "contact_name": "王小满",
        "contact_phone": "13900001234",
        "received_at": NOW,
        "actor": None,
        "now": NOW,
        **fields,
    }
    return complaint_receive(unit=unit, cadre=cadre, **given)[0]


def accepted(unit: Unit, handler: User, cadre: Cadre | None = None, **fields: Any) -> Complaint:
    return handling.accept(case=received(unit, cadre, **fields), actor=handler, now=LATER)


def verifying(
    unit: Unit, handler: User, now: datetime = LATER, **fields: Any
) -> tuple[Complaint, VerificationPoint]:
    """A case that the unit verifies, and what it was asked."""
    case = handling.dispatch(
        case=accepted(unit, handler, **fields), to_unit=True, actor=handler, now=min(now, LATER)
    )
    asked: dict[str, Any] = {"to": hearing.To.UNIT, "text": "当日窗口何人值守？", "would_identify": False}
    point = hearing.point_write(case=case, **asked, actor=handler, now=now)
    return point.complaint, point


def drafted(case: Complaint, now: datetime = LATER, **changed: Any) -> Complaint:
    assert case.handler is not None
    return handling.submit(case=case, **{**ANSWER, **changed}, actor=case.handler, now=now)


def commission() -> User:
    """Somebody whom a case can be referred to."""
    user = User.objects.filter(username="discipline").first()
    if user is None:
        user = make_user("discipline", "严律")
        give(user, Role.DISCIPLINE)
    return user


def referred(case: Complaint, head: User, now: datetime = LATER) -> Complaint:
    commission()
    return handling.refer(case=case, reason="涉嫌违纪", actor=head, now=now)


def done_again(first: Complaint, **fields: Any) -> Complaint:
    """As `complaint_redo` makes it, from whatever state the first is in."""
    again = received(first.unit, first.cadre, **fields)
    Complaint.objects.filter(pk=again.pk).update(redo_of=first, matter=first.matter)
    return Complaint.objects.get(pk=again.pk)


def in_state(state: State, unit: Unit, handler: User, head: User) -> Complaint:
    """A case that has come to this state."""
    case = received(unit)
    if state == State.RECEIVED:
        return case
    if state == State.NOT_ACCEPTED:
        return handling.refuse(case=case, reason="不属于本机关", right_door="12345", actor=handler, now=LATER)
    if state == State.LINKED:
        return handling.link(case=case, master=received(unit), actor=handler, now=LATER)
    if state == State.REFERRED:
        return referred(case, head)
    case = handling.accept(case=case, actor=handler, now=LATER)
    if state == State.ACCEPTED:
        return case
    case = drafted(case)
    if state == State.REVIEW:
        return case
    feedback = "phone" if state == State.CLOSED else "receipt"
    return handling.close(case=case, feedback=feedback, actor=head, now=LATER)
