"""What the Express does with a case, and what it cannot do."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from accounts.models import Role, User
from cards.models import Cadre
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import WorkingCalendar
from complaints import clock, interests, quoting, rules
from complaints.models import Complaint, ComplaintEvent, ComplaintSettings, Interest
from complaints.rules import Move, State
from complaints.services import handling
from complaints.services import interests as stepping_back
from complaints.services.cases import MovedOn, begin
from tests.cast import NOW, TODAY, give, make_user
from tests.complaints.cases import (
    ANSWER,
    LATER,
    TEXT,
    accepted,
    done_again,
    drafted,
    in_state,
    received,
    referred,
)

#: The arguments of each verb of the desk.
VERBS: dict[Move, tuple[Any, dict[str, Any]]] = {
    Move.ACCEPT: (handling.accept, {}),
    Move.REFUSE: (handling.refuse, {"reason": "不归我们管", "right_door": "12345"}),
    Move.DISPATCH: (handling.dispatch, {"to_unit": True}),
    Move.RETURN: (handling.unit_return, {"reason": "无法核实"}),
    Move.EXTEND: (handling.extend, {"reason": "需要调取监控"}),
    Move.SUBMIT: (handling.submit, ANSWER),
    Move.SEND_BACK: (handling.send_back, {"reason": "请补充"}),
    Move.CLOSE: (handling.close, {"feedback": "receipt"}),
    Move.FEED_BACK: (handling.feed_back, {"feedback": "phone", "at": LATER}),
    Move.REFER: (handling.refer, {"reason": "涉嫌违纪"}),
}


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def second(city) -> User:
    user = make_user("second_express", "舒明")
    give(user, Role.EXPRESS_STAFF)
    return user


def kinds(case: Complaint) -> list[str]:
    return list(case.events.values_list("kind", flat=True))


def refusal(case: Complaint, state: State, move: Move, actor: User) -> str:
    """What the verb says; moves of other rooms, and those that are possible, only begin."""
    verb, given = VERBS.get(move, (None, {}))
    try:
        if verb is None or rules.can(state, move):
            begin(case, move)
        else:
            verb(case=case, **given, actor=actor, now=LATER)
    except Refused as refused:
        return str(refused.sentence)
    return ""


# --- The table -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("state", State)
def test_what_the_table_does_not_have_is_refused_with_a_sentence(state, unit, express, express_head):
    case = in_state(state, unit, express, express_head)
    before = Complaint.objects.filter(pk=case.pk).values().get()
    said = {move: refusal(case, State(state), move, express_head) for move in Move}
    assert {move for move, sentence in said.items() if not sentence} == set(rules.MOVES[State(state)])
    assert {sentence for sentence in said.values() if sentence} <= {
        f"This cannot be done with a case that is “{case.get_state_display()}”."
    }
    assert Complaint.objects.filter(pk=case.pk).values().get() == before


# --- On its way ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestTheWay:
    def test_from_the_receipt_to_the_answer_by_two(self, unit, lin, express, express_head):
        case = accepted(unit, express, lin)
        assert (case.handler, case.accepted_at) == (express, LATER)
        case = handling.close(
            case=drafted(case), feedback="receipt", remark="属实", actor=express_head, now=LATER
        )
        assert (case.state, case.answered_at, case.closed_by) == ("answered", LATER, express_head)
        assert case.next_stage_at is None
        assert kinds(case)[:4] == ["entered", "accept", "submit", "close"]

    def test_not_accepted_says_why_and_names_the_right_door(self, unit, express):
        case = received(unit)
        for wrong in ("reason", "right_door"):
            with pytest.raises(Refused) as refusal:
                handling.refuse(
                    case=case, **{"reason": "一", "right_door": "二", wrong: " "}, actor=express, now=LATER
                )
            assert refusal.value.field == wrong
        case = handling.refuse(case=case, reason="属民事纠纷", right_door="12348", actor=express, now=LATER)
        assert (case.state, case.right_door, case.next_stage_at) == ("not_accepted", "12348", None)

    def test_told_otherwise_it_waits_until_it_is_told(self, unit, express, express_head):
        case = drafted(accepted(unit, express, with_receipt=False))
        with pytest.raises(Refused, match="no receipt"):
            handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)
        case = handling.close(case=case, feedback="phone", actor=express_head, now=LATER)
        assert (case.state, case.answered_at) == ("closed", None)
        for at, said in (
            (LATER - timedelta(minutes=1), "before the case was closed"),
            (LATER + timedelta(1), "to come"),
        ):
            with pytest.raises(Refused, match=said):
                handling.feed_back(case=case, feedback="phone", at=at, actor=express, now=LATER)
        told = LATER + timedelta(minutes=5)
        case = handling.feed_back(
            case=case, feedback="person", at=told, actor=express, now=LATER + timedelta(hours=1)
        )
        assert (case.state, case.answered_at, case.feedback) == ("answered", told, "person")

    def test_the_unit_verifies_and_returns_it_and_the_clock_keeps_running(
        self, unit, express, officer, other_officer
    ):
        case = handling.dispatch(case=accepted(unit, express), to_unit=True, actor=express, now=LATER)
        assert (case.dispatched_to, case.dispatched_at) == (unit, LATER)
        with pytest.raises(Refused, match="Only the unit"):
            handling.unit_return(case=case, reason="无法核实", actor=other_officer, now=LATER)
        due = case.due_at
        case = handling.unit_return(case=case, reason="无法核实", actor=officer, now=LATER)
        assert (case.dispatched_to, case.due_at, case.state) == (None, due, "accepted")
        with pytest.raises(Refused, match="not with the unit"):
            handling.unit_return(case=case, reason="无法核实", actor=officer, now=LATER)

    @pytest.mark.parametrize("how", ["officer", "head", "leader"])
    def test_a_unit_whose_own_people_are_accused_verifies_nothing(self, how, unit, lin, express):
        if how == "leader":
            Cadre.objects.filter(pk=lin.pk).update(leads_unit=True)
        else:
            give(lin.user, Role.UNIT_OFFICER if how == "officer" else Role.LEADING_GROUP_HEAD, unit=unit)
        case = accepted(unit, express, lin)
        assert interests.unit_is_involved(case, TODAY)
        with pytest.raises(Refused, match="keeps it"):
            handling.dispatch(case=case, to_unit=True, actor=express, now=LATER)
        assert handling.dispatch(case=case, to_unit=False, actor=express, now=LATER).dispatched_to is None

    def test_only_the_handler_dispatches_and_drafts(self, unit, express, second):
        case = accepted(unit, express)
        for verb, given in ((handling.dispatch, {"to_unit": True}), (handling.submit, ANSWER)):
            with pytest.raises(Refused, match="Its handler, 舒直"):
                verb(case=case, **given, actor=second, now=LATER)
        case = handling.assign(case=case, handler=second, actor=express, now=LATER)
        assert drafted(case).submitted_by == second

    def test_given_to_nobody_who_may_not_handle_it(self, unit, express, officer, lin, second):
        case = accepted(unit, express, lin)
        Interest.objects.create(user=second, cadre=lin, reason="表兄", declared_at=NOW)
        for handler in (officer, second):
            with pytest.raises(Refused, match="cannot handle"):
                handling.assign(case=case, handler=handler, actor=express, now=LATER)
        with pytest.raises(Refused, match="already"):
            handling.assign(case=case, handler=express, actor=express, now=LATER)

    def test_the_second_pair_of_eyes_is_another_persons(self, unit, express, express_head):
        case = drafted(accepted(unit, express))
        with pytest.raises(Refused, match="somebody else checks"):
            handling.close(case=case, feedback="receipt", actor=express, now=LATER)
        case = handling.send_back(case=case, reason="请补充核查经过", actor=express_head, now=LATER)
        assert (case.state, case.submitted_by, case.answer) == ("accepted", None, ANSWER["answer"])

    def test_a_case_done_again_has_another_handler(self, unit, express, second):
        first = accepted(unit, express)
        again = done_again(first)
        with pytest.raises(Refused, match="舒直 handled it the first time"):
            handling.accept(case=again, actor=express, now=LATER)
        again = handling.accept(case=again, actor=second, now=LATER)
        with pytest.raises(Refused, match="the first time"):
            handling.assign(case=again, handler=express, actor=second, now=LATER)


# --- Extending -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestExtending:
    def test_once_by_a_head_who_does_not_handle_it_and_before_the_end(self, unit, express, express_head):
        case = accepted(unit, express)
        due = case.due_at
        with pytest.raises(Refused, match="Only the head"):
            handling.extend(case=case, reason="需要", actor=express, now=LATER)
        with pytest.raises(Refused, match="time is over"):
            handling.extend(case=case, reason="需要", actor=express_head, now=due)
        ComplaintSettings.objects.create(pk=1, extension_days=2)
        case = handling.extend(case=case, reason="需要调取监控", actor=express_head, now=LATER)
        assert (case.first_due_at, case.extended_by, case.days) == (due, express_head, 5)
        assert case.due_at > due
        assert case.next_stage_at == case.due_at - timedelta(hours=24)
        with pytest.raises(Refused, match="no second time"):
            handling.extend(case=case, reason="还要", actor=express_head, now=LATER)

    def test_not_by_a_head_who_handles_it(self, unit, express_head):
        with pytest.raises(Refused, match="You handle this case"):
            handling.extend(case=accepted(unit, express_head), reason="需要", actor=express_head, now=LATER)

    @pytest.mark.parametrize("mode", rules.Mode)
    def test_days_after_a_period_that_had_moved_past_a_holiday_are_won(self, mode):
        """Three days from 30 September end on 8 October; six counted anew would end there too."""
        holidays = {date(2026, 10, day): False for day in range(1, 8)}
        working, received_on = WorkingCalendar(holidays), date(2026, 9, 30)
        first = clock.counted(received_on, 3, mode, working, {})
        longer = clock.extended(received_on, 3, 3, mode, working, {})
        assert longer["due_at"] > first["due_at"]
        assert longer["days"] == 6
        assert longer["derivation"][: len(first["derivation"])] == first["derivation"]
        assert [number for _day, _count, number in longer["derivation"] if number] == [1, 2, 3, 4, 5, 6]


# --- Duplicates ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestDuplicates:
    def test_each_is_answered_with_its_master_on_its_own_receipt(self, unit, express, express_head):
        master = accepted(unit, express)
        own, without = received(unit), received(unit, with_receipt=False)
        for case in (own, without):
            handling.link(case=case, master=master, actor=express, now=LATER)
        with pytest.raises(Refused, match="has not been closed"):
            handling.feed_back(case=without, feedback="phone", at=LATER, actor=express, now=LATER)
        handling.close(case=drafted(master), feedback="phone", actor=express_head, now=LATER)
        own.refresh_from_db()
        without.refresh_from_db()
        assert (own.state, own.answered_at, own.answer) == ("answered", LATER, ANSWER["answer"])
        assert (without.state, without.answer) == ("linked", ANSWER["answer"])
        without = handling.feed_back(case=without, feedback="phone", at=LATER, actor=express, now=LATER)
        assert without.state == "answered"

    def test_what_cannot_be_linked(self, unit, other_unit, express, express_head):
        master, linked = accepted(unit, express), received(unit)
        handling.link(case=linked, master=master, actor=express, now=LATER)
        elsewhere, answered = received(other_unit), in_state(State.ANSWERED, unit, express, express_head)
        case = received(unit)
        for wrong, said in (
            (case, "Choose another"),
            (elsewhere, "same unit or the same person"),
            (linked, "itself linked"),
            (answered, "nothing can be linked"),
        ):
            with pytest.raises(Refused, match=said) as refusal:
                handling.link(case=case, master=wrong, actor=express, now=LATER)
            assert refusal.value.field == "master"
        with pytest.raises(Refused, match="Others are linked"):
            handling.link(case=master, master=case, actor=express, now=LATER)

    def test_referred_with_it(self, unit, express, express_head):
        master, case = accepted(unit, express), received(unit)
        handling.link(case=case, master=master, actor=express, now=LATER)
        with pytest.raises(Refused, match="Only the head"):
            handling.refer(case=master, reason="涉嫌违纪", actor=express, now=LATER)
        referred(master, express_head)
        assert set(Complaint.objects.values_list("state", "next_stage_at")) == {("referred", None)}


# --- Nobody's words ------------------------------------------------------------------------------------------------


class TestQuoting:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            (TEXT[3:15], True),
            (TEXT[3:14], False),
            ("他说：" + " ".join(TEXT[3:16]), True),
            ("反映人称窗口工作人员,上班时间:一直在看", True),
            ("窗口空岗。", False),
            ("", False),
        ],
    )
    def test_twelve_characters_in_a_row(self, words, found):
        assert quoting.quotes(words, TEXT) is found

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("王小满您好", True),
            ("请打 139-0000-1234", True),
            ("请打０００ 1234", True),
            ("满意", False),
            ("窗口 0578-7120110", False),
        ],
    )
    def test_name_and_phone(self, words, found):
        assert quoting.names(words, "王小满", "13900001234") is found

    def test_an_anonymous_complaint_has_neither(self):
        assert not quoting.names("一般来说", "", "")


@pytest.mark.django_db
class TestWhatIsWritten:
    @pytest.mark.parametrize("field", ["statement", "measures", "answer"])
    @pytest.mark.parametrize("words", [TEXT[:14], "王小满反映的情况", "电话13900001234"])
    def test_neither_the_complainants_words_nor_name_nor_phone(self, field, words, unit, express):
        case = accepted(unit, express)
        with pytest.raises(Refused, match="own words") as refusal:
            drafted(case, **{field: words})
        assert refusal.value.field == field

    def test_words_of_the_first_time_neither(self, unit, express, express_head):
        first = in_state(State.ANSWERED, unit, express, express_head)
        again = done_again(first, text="", contact_name="", contact_phone="")
        again = handling.accept(case=again, actor=express_head, now=LATER)
        with pytest.raises(Refused, match="own words"):
            drafted(again, answer=TEXT)

    @pytest.mark.parametrize("outcome", ["substantiated", "partly"])
    def test_what_is_substantiated_needs_a_statement_of_fact(self, outcome, unit, express):
        with pytest.raises(Refused) as refusal:
            drafted(accepted(unit, express), outcome=outcome, statement=" ")
        assert refusal.value.field == "statement"

    def test_no_statement_is_needed_otherwise_and_the_outcome_is_one_of_five(self, unit, express):
        case = accepted(unit, express)
        with pytest.raises(Refused):
            drafted(case, outcome="perhaps")
        assert drafted(case, outcome="unsubstantiated", statement="").state == "review"


@pytest.mark.django_db
class TestWrittenDown:
    def test_who_saw_the_contact_and_why(self, unit, express):
        case = received(unit)
        with pytest.raises(Refused) as refusal:
            handling.unmask(case=case, reason=" ", actor=express, now=LATER)
        assert refusal.value.field == "reason"
        handling.unmask(case=case, reason="约谈", actor=express, now=LATER)
        event = ComplaintEvent.objects.get(kind="unmasked")
        assert (event.actor, event.facts) == (express, {"reason": "约谈"})
        assert AuditEntry.objects.get(verb="complaint_unmasked").changes == {"reason": "约谈"}

    def test_calls_and_nobodys_name_in_them(self, unit, express):
        case = received(unit)
        handling.call_back(case=case, reached=False, remark="无人接听", actor=express, now=LATER)
        assert ComplaintEvent.objects.get(kind="called_back").facts == {
            "reached": False,
            "remark": "无人接听",
        }
        with pytest.raises(Refused, match="own words"):
            handling.call_back(case=case, reached=True, remark="王小满接听", actor=express, now=LATER)


# --- On an older state ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_was_decided_on_an_older_state_is_told_who_moved_it(unit, express, express_head):
    case = received(unit)
    handling.accept(case=case, actor=express, now=LATER)
    with pytest.raises(MovedOn, match="舒直 has changed this case"):
        handling.refuse(
            case=case,
            reason="重复",
            right_door="12345",
            actor=express_head,
            now=LATER,
            revision=case.revision,
        )


# --- Who hears of it -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestWhoHears:
    def told(self, kind: str) -> set[str]:
        return set(Notice.objects.filter(kind=f"complaint_{kind}").values_list("user__name", flat=True))

    def test_whoever_is_next_and_nobody_with_an_interest(
        self, unit, lin, officer, express, second, express_head, discipline
    ):
        case = accepted(unit, express, lin)
        stepping_back.interest_declare(cadre=lin, reason="表兄", actor=second, now=NOW)
        case = handling.dispatch(case=case, to_unit=True, actor=express, now=LATER)
        case = handling.unit_return(case=case, reason="无法核实", actor=officer, now=LATER)
        case = handling.send_back(case=drafted(case), reason="请补充", actor=express_head, now=LATER)
        case = handling.assign(case=case, handler=express_head, actor=express, now=LATER)
        told = [self.told(kind) for kind in ("returned", "submitted", "sent_back", "assigned")]
        assert told == [{"舒直"}, {"舒衡"}, {"舒直"}, {"舒衡"}]
        referred(case, express_head)
        assert self.told("referred") == {"严律"}
        # Nobody else keeps a line about it.
        assert not Notice.objects.exclude(user=discipline).filter(key__startswith="complaint:").exists()


# --- Interests -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestInterests:
    def test_the_accused_those_above_them_kin_and_who_stepped_back(
        self, unit, lin, chen, wei, officer, head, other_officer, express, second, express_head
    ):
        Cadre.objects.filter(pk=wei.pk).update(leads_unit=True)
        case = received(unit, lin)
        stepping_back.interest_declare(cadre=lin, reason="表兄", actor=second, now=NOW)
        stepping_back.recuse(case=case, reason="同学", actor=express_head, now=NOW)
        everybody = [
            lin.user,
            chen.user,
            wei.user,
            officer,
            head,
            other_officer,
            express,
            second,
            express_head,
        ]
        found = interests.conflicted([user.pk for user in everybody], case, TODAY)
        assert found == {user.pk for user in (lin.user, wei.user, officer, head, second, express_head)}

    def test_whoever_has_one_can_do_nothing_with_the_case(self, unit, lin, express):
        case = received(unit, lin)
        stepping_back.interest_declare(cadre=lin, reason="表兄", actor=express, now=NOW)
        for verb, given in (
            (handling.accept, {}),
            (handling.unmask, {"reason": "看看"}),
            (handling.call_back, {"reached": True, "remark": ""}),
        ):
            with pytest.raises(Refused, match="an interest"):
                verb(case=case, **given, actor=express, now=LATER)

    @pytest.mark.parametrize("how", ["declared", "recused"])
    def test_a_handler_gives_the_case_back(self, how, unit, lin, express):
        case = accepted(unit, express, lin)
        if how == "declared":
            stepping_back.interest_declare(cadre=lin, reason="表兄", actor=express, now=LATER)
        else:
            stepping_back.recuse(case=case, reason="同学", actor=express, now=LATER)
        case.refresh_from_db()
        assert case.handler is None

    def test_once_and_with_a_reason(self, unit, lin, express):
        case = received(unit, lin)
        with pytest.raises(Refused):
            stepping_back.interest_declare(cadre=lin, reason=" ", actor=express, now=NOW)
        with pytest.raises(Refused):
            stepping_back.recuse(case=case, reason=" ", actor=express, now=NOW)
        stepping_back.interest_declare(cadre=lin, reason="表兄", actor=express, now=NOW)
        with pytest.raises(Refused, match="already"):
            stepping_back.interest_declare(cadre=lin, reason="表兄", actor=express, now=NOW)
