"""A case, what is linked to it and what is done again are one matter: for whoever must not know of it, for the words of
its complainants, for whom it reached, and for the clock."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import Role
from common.models import Notice
from common.problems import Refused
from complaints import points
from complaints.models import Complaint
from complaints.rules import State
from complaints.services import callers, handling, hearing
from complaints.services import interests as stepping_back
from complaints.services.cases import MovedOn
from tests.cast import NOW, give, make_cadre, make_user, signed_in
from tests.complaints.cases import (
    LATER,
    accepted,
    commission,
    done_again,
    drafted,
    received,
    referred,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
OTHER_WORDS = "昨天下午大厅里没有工作人员，叫号机也坏了，问了保安才知道要去二楼。"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def second(db):
    user = make_user("express2", "舒斯")
    give(user, Role.EXPRESS_STAFF)
    return user


def linked(master: Complaint, actor, **fields) -> Complaint:
    given = {"text": OTHER_WORDS, "contact_name": "钱多多", "contact_phone": "13911112222", **fields}
    case = received(master.unit, master.cadre, **given)
    return handling.link(case=case, master=master, actor=actor, now=LATER)


def closed(case: Complaint, by, **changed) -> Complaint:
    return handling.close(case=drafted(case, **changed), feedback="receipt", actor=by, now=LATER)


def status(user, case: Complaint) -> int:
    """A request leaves its language behind; the sentences here are English."""
    with translation.override("en"):
        return signed_in(user).get(reverse("complaint", args=[case.number])).status_code


# --- Who must not know ---------------------------------------------------------------------------------------------


def test_only_what_is_about_the_same_person_is_linked(unit, lin, chen, express):
    master = accepted(unit, express, lin)
    for case in (received(unit, chen), received(unit)):
        with pytest.raises(Refused, match="same person"):
            handling.link(case=case, master=master, actor=express, now=LATER)


def test_whoever_stepped_back_from_one_sees_none(unit, express, second):
    master = accepted(unit, express)
    duplicate = linked(master, express)
    stepping_back.recuse(case=duplicate, reason="同学", actor=second, now=LATER)
    assert {status(second, case) for case in (master, duplicate)} == {404}
    first = closed(accepted(unit, express), second)
    again = done_again(first)
    assert status(second, first) == 200
    stepping_back.recuse(case=again, reason="同学", actor=second, now=LATER)
    assert {status(second, case) for case in (first, again)} == {404}


def test_whoever_steps_back_from_one_handles_none(unit, express, second, express_head):
    master = accepted(unit, express)
    stepping_back.recuse(case=linked(master, second), reason="同学", actor=express, now=LATER)
    again = handling.accept(
        case=done_again(closed(accepted(unit, second), express_head)), actor=express, now=LATER
    )
    stepping_back.recuse(case=again.redo_of, reason="同学", actor=express, now=LATER)
    for case in (master, again):
        case.refresh_from_db()
        assert (case.state, case.handler) == (State.ACCEPTED, None)


def test_nothing_is_linked_to_a_case_whose_handler_must_not_know_of_it(unit, express, second):
    master, case = accepted(unit, second), received(unit)
    stepping_back.recuse(case=case, reason="同学", actor=second, now=LATER)
    with pytest.raises(Refused, match="has an interest"):
        handling.link(case=case, master=master, actor=express, now=LATER)


def test_a_referral_hides_what_was_answered_with_it(unit, express, express_head):
    master = accepted(unit, express)
    duplicate = linked(master, express)
    closed(master, express_head)
    again = done_again(Complaint.objects.get(pk=master.pk))
    assert status(express, duplicate) == 200
    referred(again, express_head)
    assert {status(express, case) for case in (master, duplicate, again)} == {404}
    assert {status(commission(), case) for case in (master, duplicate, again)} == {200}
    with pytest.raises(Refused, match="commission"):
        handling.unmask(case=duplicate, reason="核实", actor=express, now=LATER)


def test_where_nobody_of_the_commission_may_know_nothing_is_referred(unit, lin, express, express_head):
    stepping_back.interest_declare(cadre=lin, reason="表兄", actor=commission(), now=NOW)
    with pytest.raises(Refused, match="Nobody of the commission"):
        handling.refer(case=accepted(unit, express, lin), reason="涉嫌违纪", actor=express_head, now=LATER)


def test_notices_go_with_the_right_to_know(unit, lin, express, second, express_head):
    case = received(unit, lin)
    about = Notice.objects.filter(key__startswith=f"complaint:{case.number}:")
    assert {notice.user for notice in about} == {express, second, express_head}
    stepping_back.interest_declare(cadre=lin, reason="表兄", actor=express, now=LATER)
    stepping_back.recuse(case=case, reason="同学", actor=second, now=LATER)
    assert {notice.user for notice in about.all()} == {express_head}


# --- Whose words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [OTHER_WORDS, "反映人钱多多", "电话13911112222", "星期三上午二楼东侧第七号窗口前面"]
)
@pytest.mark.parametrize("field", ["statement", "answer", "measures"])
def test_words_of_no_complainant_of_it_are_repeated(field, words, unit, express):
    master = accepted(unit, express)
    linked(master, express, occasion="星期三上午二楼东侧第七号窗口前面")
    with pytest.raises(Refused, match="own words"):
        drafted(master, **{field: f"经核查：{words}"})


def test_nor_those_of_one_that_was_linked_after_the_draft(unit, express, express_head):
    master = drafted(accepted(unit, express), answer=OTHER_WORDS)
    linked(master, express)
    with pytest.raises(Refused, match="send it back"):
        handling.close(case=master, feedback="receipt", actor=express_head, now=LATER)


# --- Whom it reached -----------------------------------------------------------------------------------------------


def question(case: Complaint, handler) -> None:
    asked = {"to": hearing.To.ACCUSED, "text": "请说明当日去向。", "would_identify": False}
    hearing.point_write(case=case, **asked, actor=handler, now=LATER)


def test_clearing_reaches_whom_the_first_time_had_reached(unit, lin, express, second, express_head):
    case = accepted(unit, express, lin)
    question(case, express)
    first = closed(Complaint.objects.get(pk=case.pk), express_head)
    assert [shown.outcome for shown in points.statements(lin)] == ["partly"]
    again = handling.accept(case=done_again(first), actor=second, now=LATER)
    closed(again, express_head, outcome="cleared", statement="")
    assert Notice.objects.filter(kind="accusation_cleared", user=lin.user).count() == 1
    assert [shown.outcome for shown in points.statements(lin)] == ["cleared"]


def test_clearing_reaches_whom_a_duplicate_had_reached(unit, lin, express, express_head):
    case = accepted(unit, express, lin)
    question(case, express)
    master = accepted(unit, express, lin)
    handling.link(case=Complaint.objects.get(pk=case.pk), master=master, actor=express, now=LATER)
    closed(master, express_head, outcome="cleared", statement="")
    assert Notice.objects.filter(kind="accusation_cleared", user=lin.user).count() == 1


def test_a_unit_reads_what_was_found_of_itself_and_of_whom_has_no_account(
    unit, office, lin, officer, other_officer, express, express_head
):
    quiet = make_cadre(office, "无账号")
    for cadre in (None, quiet, lin):
        closed(accepted(unit, express, cadre), express_head)
    page = reverse("unit_points")
    shown = signed_in(officer).get(page).context["statements"]
    assert {case.cadre for case in shown} == {None, quiet}
    assert signed_in(other_officer).get(page).context["statements"] == []
    assert Notice.objects.filter(kind="unit_statement_shown", user=officer).count() == 2


# --- Who does what -------------------------------------------------------------------------------------------------


def test_nobody_with_a_hand_in_the_first_answer_has_one_in_the_second(unit, express, second, express_head):
    third = make_user("third", "舒三")
    give(third, Role.EXPRESS_STAFF)
    first = closed(accepted(unit, express), second)
    again = done_again(first)
    for user in (express, second):
        with pytest.raises(Refused, match="the first time"):
            handling.accept(case=again, actor=user, now=LATER)
    again = drafted(handling.accept(case=again, actor=third, now=LATER))
    for user in (express, second):
        with pytest.raises(Refused, match="hand in the first answer"):
            handling.close(case=again, feedback="receipt", actor=user, now=LATER)
    handling.close(case=again, feedback="receipt", actor=express_head, now=LATER)


def test_the_second_answer_of_a_duplicate_is_not_its_masters_handlers(unit, express, express_head):
    master = accepted(unit, express)
    duplicate = linked(master, express)
    closed(master, express_head)
    again = done_again(Complaint.objects.get(pk=duplicate.pk))
    with pytest.raises(Refused, match="the first time"):
        handling.accept(case=again, actor=express, now=LATER)


def test_what_is_done_again_is_not_refused(unit, express, second, express_head):
    again = done_again(closed(accepted(unit, express), express_head))
    with pytest.raises(Refused, match="handled and answered"):
        handling.refuse(case=again, reason="不属", right_door="法院", actor=second, now=LATER)


def test_what_others_wait_for_is_not_refused(unit, express):
    master = received(unit)
    linked(master, express)
    with pytest.raises(Refused, match="wait for its answer"):
        handling.refuse(case=master, reason="不属", right_door="法院", actor=express, now=LATER)


def test_nobody_decides_on_their_own_question(unit, lin, express_head):
    case = accepted(unit, express_head, lin)
    asked = {"to": hearing.To.ACCUSED, "text": "请说明当日去向。", "would_identify": True}
    point = hearing.point_write(case=case, **asked, actor=express_head, now=LATER)
    given = {"way": "reworded", "text": "请说明。", "words": "概括"}
    with pytest.raises(Refused, match="another head"):
        hearing.point_decide(point=point, **given, actor=express_head, now=LATER)


def test_a_case_that_is_handed_back_says_so_and_its_draft_is_written_anew(
    unit, lin, express, second, express_head
):
    case = drafted(accepted(unit, express, lin))
    stepping_back.interest_declare(cadre=lin, reason="表兄", actor=express, now=LATER)
    case.refresh_from_db()
    assert (case.state, case.handler, case.submitted_by) == (State.ACCEPTED, None, None)
    told = Notice.objects.filter(kind="complaint_handed_back")
    assert {notice.user for notice in told} == {second, express_head}
    with pytest.raises(MovedOn, match="舒直"):
        handling.assign(case=case, handler=second, actor=express_head, now=LATER, revision=0)


def test_who_was_first_is_who_moved_it_and_not_who_only_looked(unit, express, second, express_head):
    case = drafted(accepted(unit, express))
    revision = case.revision
    handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)
    handling.unmask(case=case, reason="回访", actor=second, now=LATER)
    with pytest.raises(MovedOn, match=str(express_head)):
        handling.close(case=case, feedback="receipt", actor=second, now=LATER, revision=revision)


# --- The clock -----------------------------------------------------------------------------------------------------


def test_an_extension_is_for_all_who_wait_for_the_answer(unit, express, express_head):
    master = accepted(unit, express)
    duplicate = linked(master, express)
    master = handling.extend(case=master, reason="需调档", actor=express_head, now=LATER)
    duplicate.refresh_from_db()
    assert (duplicate.due_at, duplicate.extension_reason) == (master.due_at, "需调档")
    assert duplicate.events.last().kind == "extend"


def test_what_is_entered_late_as_told_in_time_needs_a_reason(unit, express, express_head):
    case = handling.close(
        case=drafted(accepted(unit, express)), feedback="phone", actor=express_head, now=LATER
    )
    told = {"case": case, "feedback": "phone", "at": LATER + HOUR, "actor": express}
    with pytest.raises(Refused) as refusal:
        handling.feed_back(**told, now=case.due_at + HOUR)
    assert refusal.value.field == "remark"
    case = handling.feed_back(**told, remark="当日已电话告知，漏登", now=case.due_at + HOUR)
    assert case.events.last().facts["remark"] == "当日已电话告知，漏登"


# --- A receipt -----------------------------------------------------------------------------------------------------


def test_a_new_number_that_is_asked_for_twice_is_given_once(unit, express):
    case = received(unit)
    asked = {"case": case, "phone": "13900001234", "reason": "截图丢失", "number": "1234567890123456"}
    numbers = {callers.receipt_renew(**asked, actor=express, now=LATER) for _tap in range(2)}
    assert numbers == {"1234567890123456"}
    assert case.events.filter(kind="receipt_renewed").count() == 1
