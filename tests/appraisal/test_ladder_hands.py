"""Who has had a hand in a measure beyond what test_four_eyes shows: kin, orders, whoever closed a complaint."""

from datetime import date

import pytest

from accounts.models import Role
from appraisal import tasks
from appraisal.models import RectificationOrder, Sanction
from appraisal.rules.ladder import Counted
from appraisal.services import proposing
from appraisal.services import sanctions as services
from appraisal.turns import sanction as sanction_turns
from attendance.models import Finding
from common.problems import Refused
from complaints.models import Interest
from complaints.services import handling
from tests.appraisal.ledgers import begins, stands
from tests.appraisal.sanctioning import decided, ladder_clerk, proposed
from tests.cast import NOW, TODAY, give, make_cadre, make_user
from tests.complaints.cases import LATER, accepted, drafted

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(express_head):
    user = make_user("second", "第二主任")
    give(user, Role.EXPRESS_HEAD)
    return user


def test_kin_neither_decides_nor_sets_aside_whatever_is_counted(chen, express_head, second):
    sanction = proposed(chen)
    assert second.pk in services.deciders(sanction, TODAY)
    Interest.objects.create(user=second, cadre=chen, reason="亲属", declared_at=NOW)
    assert services.deciders(sanction, TODAY) == {express_head.pk}
    assert second.pk not in services.reviewers(sanction, TODAY)


def test_kin_proposes_nothing_and_never_sees_a_referral(chen, express, second):
    Interest.objects.create(user=second, cadre=chen, reason="亲属", declared_at=NOW)
    with pytest.raises(Refused):
        proposed(chen, actor=second)
    assert second.pk in proposed(chen, "referral", actor=express).kept_out_ids


def test_whoever_decided_a_counted_measure_is_free_to_decide_the_next(chen, express_head):
    first = decided(chen, "criticism", actor=express_head)
    lines = (Counted("measure", first.pk, TODAY, "批评教育"),)
    sanction = proposed(chen, "admonishment", lines=lines, actor=ladder_clerk())
    assert services.deciders(sanction, TODAY) == {express_head.pk}


def test_what_waits_to_be_served_waits_for_whoever_is_asked_to(office, other_office, officer, head, express):
    rows = [
        proposed(make_cadre(place, name)) for place, name in ((office, "柳无号"), (other_office, "江无号"))
    ]
    for user in (officer, head, express):
        waiting = sanction_turns.read(Sanction.objects.all(), user, TODAY)
        asked = {row.pk for row in rows if user.pk in services.servers(row, TODAY)}
        assert waiting.tell == asked
    assert sanction_turns.read(Sanction.objects.all(), officer, TODAY).tell == {rows[0].pk}


def test_whoever_gave_a_counted_order_does_not_decide(chen, express_head, second):
    order = RectificationOrder.objects.create(
        unit=chen.unit, text="公示牌上墙", due_on=date(2026, 11, 2), ordered_by=second, ordered_at=NOW
    )
    lines = (Counted("order", order.pk, order.due_on, "责令整改"),)
    sanction = proposed(None, "criticism", unit=chen.unit, lines=lines)
    assert services.deciders(sanction, TODAY) == {express_head.pk}


def test_whoever_decided_a_counted_finding_does_not_decide(chen, express_head, second):
    begins()
    finding = stands(chen, date(2026, 11, 3))
    Finding.objects.filter(pk=finding.pk).update(decided_by=second)
    lines = (Counted("finding", finding.pk, finding.day, "脱岗"),)
    assert services.deciders(proposed(chen, lines=lines), TODAY) == {express_head.pk}


def test_whoever_closed_a_counted_complaint_does_not_decide(chen, express, express_head, second):
    case = drafted(accepted(chen.unit, express, chen), outcome="substantiated")
    handling.close(case=case, feedback="receipt", actor=second, now=LATER)
    lines = (Counted("complaint", case.pk, TODAY, "经核查属实的投诉"),)
    sanction = proposed(chen, "criticism", lines=lines)
    assert services.deciders(sanction, TODAY) == {express_head.pk}


@pytest.mark.parametrize("month", [1, 2, 12])
def test_last_year_is_swept_all_year_long(monkeypatch, month):
    swept = []
    monkeypatch.setattr(proposing, "sanctions_propose", lambda *, year, now: swept.append(year) or 0)
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW.replace(month=month))
    tasks.propose_sanctions()
    assert swept == [2025, 2026]
