"""From a substantiated complaint to the month: a finding like any other, naming no case; undone when it comes to
nothing."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import Role
from appraisal.models import CountedOutcome, Kind, LedgerEntry
from appraisal.services import aftermath, outcomes
from attendance.cases import waiting_for
from attendance.models import Finding, FindingState
from attendance.services import finding_decide
from attendance.services.findings import deciders, withdraw_corrected
from common.problems import Refused
from complaints.models import Complaint, Interest
from complaints.services import handling
from tests.appraisal.ledgers import DRAFTING, begins, draft, stands
from tests.cast import NOW, give, make_user, signed_in
from tests.complaints.cases import LATER, TEXT, accepted, done_again, drafted

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
FACT = {"item_code": "rude", "day": DAY, "note": "窗口应答生硬。", "reason": ""}


@pytest.fixture(autouse=True)
def _begun(db):
    begins()


@pytest.fixture
def case(unit, chen, express, express_head) -> Complaint:
    handed_in = drafted(accepted(unit, express, chen))
    return handling.close(case=handed_in, feedback="receipt", actor=express_head, now=LATER)


def count(case, actor, **changed):
    return outcomes.outcome_count(case=case, **{**FACT, **changed}, actor=actor, now=LATER)


def test_it_becomes_a_finding_that_the_person_can_answer_and_another_of_the_city_decides(
    case, chen, express, express_head, head
):
    finding = count(case, express).finding
    assert (finding.cadre, finding.item.code, finding.state, finding.day) == (
        chen,
        "rude",
        FindingState.PROVISIONAL,
        DAY,
    )
    assert finding.defence_until is not None
    assert deciders(finding, DAY + timedelta(days=1)) == [express_head.pk]


def test_nothing_of_the_finding_tells_which_case_it_was(case, express):
    finding = count(case, express).finding
    assert case.number not in finding.source
    assert TEXT[:8] not in finding.note


def test_a_second_tap_is_the_first(case, express, express_head):
    assert count(case, express).pk == count(case, express).pk
    with pytest.raises(Refused, match=str(express)):
        count(case, express_head, item_code="shirking")
    assert Finding.objects.count() == 1


def test_as_nothing_it_needs_a_reason(case, express):
    with pytest.raises(Refused):
        count(case, express, item_code="")
    assert count(case, express, item_code="", reason="当场已致歉，情节轻微").finding is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"item_code": "late"}, "item"),
        ({"day": None}, "day"),
        ({"day": date(2026, 11, 25)}, "day"),
        ({"note": " "}, "note"),
        ({"note": "工作人员上班时间一直在看手机，我等了四十分钟"}, "note"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(case, express, changed, field):
    with pytest.raises(Refused) as refused:
        count(case, express, **changed)
    assert refused.value.field == field
    assert not CountedOutcome.objects.exists()


def test_what_was_not_substantiated_does_not_count(unit, chen, express, express_head):
    handed_in = drafted(accepted(unit, express, chen), outcome="unsubstantiated", statement="")
    closed = handling.close(case=handed_in, feedback="receipt", actor=express_head, now=LATER)
    with pytest.raises(Refused):
        count(closed, express)


def test_whoever_has_an_interest_leaves_it_to_others(case, chen, express_head):
    kin = make_user("kin")
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=NOW)
    with pytest.raises(Refused):
        count(case, kin)


def test_done_again_with_another_result_it_is_withdrawn_and_reversed(case, unit, chen, express, express_head):
    finding = count(case, express).finding
    finding_decide(
        finding=finding,
        withdraw=False,
        reason="核查属实",
        exemption="",
        actor=express_head,
        now=LATER + timedelta(days=6),
    )
    draft(unit)

    assert LedgerEntry.objects.get().half_points == 6
    again = done_again(case)
    Complaint.objects.filter(pk=again.pk).update(state="answered", answered_at=DRAFTING, outcome="cleared")
    assert list(outcomes.to_undo(Complaint.objects.all())) == [case]
    outcomes.outcome_undo(case=case, actor=express, now=DRAFTING)
    outcomes.outcome_undo(case=case, actor=express, now=DRAFTING)
    finding.refresh_from_db()
    assert finding.state == FindingState.WITHDRAWN
    assert LedgerEntry.objects.filter(kind=Kind.REVERSAL).count() == 1


def test_a_finding_withdrawn_after_its_month_is_reversed_once(unit, chen, head):
    finding = stands(chen, date(2026, 11, 3))
    draft(unit)
    withdraw_corrected(finding=finding, reason="看错了人", actor=head, now=DRAFTING)
    assert aftermath.withdrawn_reverse(now=DRAFTING) == 1
    assert aftermath.withdrawn_reverse(now=DRAFTING) == 0
    assert LedgerEntry.objects.get(kind=Kind.REVERSAL).reason == "看错了人"


def test_it_counts_in_the_unit_that_was_complained_of(case, unit, other_unit, chen, express):
    chen.unit = other_unit
    chen.save()
    assert count(case, express).finding.unit == unit


def test_nobody_with_an_interest_in_the_case_decides_on_what_came_of_it(case, chen, express, express_head):
    kin = make_user("kin")
    give(kin, Role.EXPRESS_STAFF)
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=NOW)
    finding = count(case, express).finding
    day = finding.defence_until + timedelta(days=1)
    assert deciders(finding, day) == [express_head.pk]
    assert list(waiting_for(express_head.pk, day)) == [finding]
    assert not waiting_for(kin.pk, day)
    assert signed_in(kin).get(reverse("finding", args=[finding.pk])).status_code == 404
    assert signed_in(express_head).get(reverse("finding", args=[finding.pk])).status_code == 200


def test_what_counted_as_nothing_may_count_when_it_is_done_again(case, express):
    count(case, express, item_code="", reason="情节轻微")
    again = done_again(case)
    Complaint.objects.filter(pk=again.pk).update(
        state="answered", answered_at=LATER, outcome="substantiated", statement="属实"
    )
    assert list(outcomes.to_count(Complaint.objects.all())) == [again]


def test_a_day_before_the_first_month_is_refused(case, express):
    with pytest.raises(Refused) as refused:
        count(case, express, day=date(2026, 10, 31))
    assert refused.value.field == "day"


def test_what_went_to_the_commission_undecided_is_withdrawn_and_not_said_why(case, express, express_head):
    finding = count(case, express).finding
    again = done_again(case)
    Complaint.objects.filter(pk=again.pk).update(state="referred", referral_reason="涉嫌违纪")
    assert aftermath.referred_withdraw(now=DRAFTING) == 1
    assert aftermath.referred_withdraw(now=DRAFTING) == 0
    finding.refresh_from_db()
    assert (finding.state, "移送" in finding.decision_reason) == (FindingState.WITHDRAWN, False)


def test_what_is_being_done_again_waits_for_its_new_answer(case):
    assert outcomes.to_count(Complaint.objects.all()).exists()
    done_again(case)
    assert not outcomes.to_count(Complaint.objects.all()).exists()


def test_what_waits_stands_on_the_landing_page_of_the_express(case, express, supervisor):
    assert "1件查实个人的投诉尚未计分" in signed_in(express).get(reverse("desk")).content.decode()
    assert "查实个人" not in signed_in(supervisor).get(reverse("desk")).content.decode()


def test_the_pages(case, express, express_head):
    client = signed_in(express)
    assert case.number in client.get(reverse("outcomes")).content.decode()
    address = reverse("outcome", args=[case.number])
    assert client.post(address, {"item": "nothing", "reason": ""}).status_code == 422
    sent = {"item": "rude", "day": "2026-11-23", "note": "窗口应答生硬。", "reason": ""}
    assert client.post(address, sent).status_code == 302
    assert client.get(address).status_code == 404
    assert "服务态度差" in client.get(reverse("outcomes")).content.decode()
