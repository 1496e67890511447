"""Questions to the accused and the unit, their answers, and what the accused is shown afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.access import access_of
from accounts.models import Role, User
from cards.models import Cadre
from common.models import AuditEntry, Notice
from common.problems import Refused
from complaints import points
from complaints.models import Complaint, Interest, VerificationPoint
from complaints.points import Standing
from complaints.services import cases, handling, hearing
from tests.cast import NOW, TODAY, give, make_cadre, make_user, signed_in
from tests.complaints.cases import referred

TEXT = "十一月二十三日上午九点到十点，二楼审批窗口一直没有人，我等了一个小时。"
QUESTION = "上周一上午您是否在审批窗口值守？如不在，请说明去向。"


@pytest.fixture
def case(lin, express) -> Complaint:
    """Of Lin, and handled by the Express's staff."""
    made, _receipt = cases.complaint_receive(
        channel="card",
        unit=lin.unit,
        cadre=lin,
        text=TEXT,
        occasion="办事大厅二楼",
        contact_name="汪木匠",
        contact_phone="139 5880 1234",
        received_at=NOW,
        actor=None,
        now=NOW,
    )
    return handling.accept(case=made, actor=express, now=NOW)


def write(case: Complaint, actor: User, *, now: datetime = NOW, **changes) -> VerificationPoint:
    asked = {"to": "accused", "text": QUESTION, "would_identify": False, **changes}
    return hearing.point_write(case=case, **asked, actor=actor, now=now)


def answer(point: VerificationPoint, actor: User, *, now: datetime = NOW) -> VerificationPoint:
    return hearing.point_answer(point=point, text="在窗口，有叫号记录。", actor=actor, now=now)


def kinds(user: User | None) -> list[str]:
    heard = Notice.objects.filter(user=user).exclude(kind="complaint_received")
    return sorted(heard.values_list("kind", flat=True))


def closed(case: Complaint, handler: User, second: User, outcome: str, statement: str = "") -> Complaint:
    case = handling.submit(
        case=case,
        outcome=outcome,
        statement=statement,
        measures="",
        answer="已核实。",
        actor=handler,
        now=NOW,
    )
    return handling.close(case=case, feedback="receipt", actor=second, now=NOW)


def without_account(cadre: Cadre) -> None:
    cadre.user = None
    cadre.save(update_fields=["user"])


# --- Asking -------------------------------------------------------------------------------------------------------


def test_a_question_reaches_the_accused_at_once_and_is_due_at_the_end_of_the_next_working_day(
    case, lin, express
):
    point = write(case, express)
    assert (point.cadre, point.unit, point.asked_at) == (lin, None, NOW)
    # NOW is a Tuesday: Wednesday 24:00 in Longquan.
    assert (TODAY.weekday(), point.due_at) == (1, datetime(2026, 11, 25, 16, tzinfo=UTC))
    assert kinds(lin.user) == ["point_asked"]


def test_a_question_of_a_friday_is_due_on_monday(case, express):
    friday = NOW + timedelta(days=3)
    assert write(case, express, now=friday).due_at == datetime(2026, 11, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "请说明：二楼审批窗口一直没有人，是否属实？",
        "请说明:十点 二楼、审批窗口, 一直没有人是否属实",
        "汪木匠反映的情况是否属实？",
        "来电 13958801234 反映的情况是否属实？",
        "  ",
        "问" * 501,
    ],
)
def test_words_of_the_complaint_its_contact_and_nothing_at_all_are_refused(case, express, text):
    with pytest.raises(Refused) as refused:
        write(case, express, text=text)
    assert refused.value.field == "text"
    assert not VerificationPoint.objects.exists()


def test_words_of_a_duplicate_are_refused_too(case, lin, express):
    second, _receipt = cases.complaint_receive(
        channel="site",
        unit=lin.unit,
        cadre=lin,
        text="审批科的同志上午打扑克牌到十一点半才回来",
        received_at=NOW,
        actor=None,
        now=NOW,
    )
    handling.link(case=second, master=case, actor=express, now=NOW)
    with pytest.raises(Refused):
        write(case, express, text="是否存在上午打扑克牌到十一点半才回来的情况？")


def test_only_the_handler_of_a_case_that_is_handled_asks(case, express, express_head):
    with pytest.raises(Refused):
        write(case, express_head)
    closed(case, express, express_head, "unverifiable")
    with pytest.raises(Refused):
        write(case, express)


def test_the_unit_is_asked_unless_the_accused_answers_for_it(case, lin, express, officer, head):
    point = write(case, express, to="unit")
    assert (point.cadre, point.unit) == (None, lin.unit)
    assert kinds(officer) == kinds(head) == ["unit_point_asked"]
    give(lin.user, Role.UNIT_OFFICER, unit=lin.unit)
    with pytest.raises(Refused) as refused:
        write(case, express, to="unit")
    assert refused.value.field == "to"


def test_a_complaint_about_nobody_in_particular_asks_only_the_unit(unit, express):
    made, _receipt = cases.complaint_receive(
        channel="site", unit=unit, cadre=None, text=TEXT, received_at=NOW, actor=None, now=NOW
    )
    case = handling.accept(case=made, actor=express, now=NOW)
    with pytest.raises(Refused):
        write(case, express, to="accused")
    assert write(case, express, to="unit").unit == unit


def test_nothing_about_the_complaint_or_the_complainant_stands_in_notices_and_audit(
    case, lin, express, officer
):
    write(case, express)
    write(case, express, to="unit")
    asked = Notice.objects.exclude(kind="complaint_received")
    said = str(list(asked.values_list("params", "key")))
    said += str(list(AuditEntry.objects.filter(verb__contains="complaint").values_list("changes", flat=True)))
    for word in (case.number, QUESTION, TEXT, "汪木匠", "13958801234", "办事大厅", lin.name):
        assert word not in said


# --- Where asking would tell who complained -----------------------------------------------------------------------


@pytest.fixture
def held(case, express, express_head) -> VerificationPoint:
    return write(case, express, would_identify=True)


def decide(point: VerificationPoint, actor: User, way: str, text: str = "该时段窗口是否有人值守？"):
    return hearing.point_decide(
        point=point, way=way, text=text, words="只有投诉人在场。", actor=actor, now=NOW
    )


def test_nobody_is_asked_before_the_head_has_decided(held, lin, express_head):
    assert (held.asked_at, held.due_at) == (None, None)
    assert kinds(lin.user) == []
    assert kinds(express_head) == ["point_held"]
    assert not points.of_cadre(lin).exists()
    with pytest.raises(Refused):
        answer(held, lin.user)


@pytest.mark.parametrize(
    ("way", "asked", "standing"),
    [
        ("reworded", "accused", Standing.OPEN),
        ("unit", "unit", Standing.OPEN),
        ("drop", "", Standing.DROPPED),
    ],
)
def test_the_head_decides_how_it_is_asked(held, lin, express, express_head, officer, way, asked, standing):
    decide(held, express_head, way)
    point = VerificationPoint.objects.get()
    assert (point.decided_by, point.decision) == (express_head, "只有投诉人在场。")
    assert points.standing(point, NOW) == standing
    assert (kinds(lin.user), kinds(officer)) == (
        ["point_asked"] if asked == "accused" else [],
        ["unit_point_asked"] if asked == "unit" else [],
    )
    assert kinds(express) == ["point_decided"]
    assert point.text == ("该时段窗口是否有人值守？" if asked else QUESTION)


def test_only_a_head_decides_once_and_not_in_the_complainants_words(held, express, express_head):
    with pytest.raises(Refused):
        decide(held, express, "drop")
    with pytest.raises(Refused):
        decide(held, express_head, "reworded", TEXT)
    decide(held, express_head, "drop")
    with pytest.raises(Refused):
        decide(held, express_head, "reworded")


# --- Answering ----------------------------------------------------------------------------------------------------


def test_the_accused_answers_once_and_the_handler_hears_of_it(case, lin, chen, officer, express):
    point = write(case, express)
    for other in (chen.user, officer, express):
        with pytest.raises(Refused):
            answer(point, other)
    point = answer(point, lin.user)
    assert (point.answered_by, points.standing(point, NOW)) == (lin.user, Standing.ANSWERED)
    assert kinds(express) == ["point_answered"]
    with pytest.raises(Refused):
        answer(point, lin.user)


def test_a_late_answer_is_taken_and_marked(case, lin, express):
    point = write(case, express)
    late = point.due_at + timedelta(minutes=1)
    assert points.standing(point, point.due_at) == Standing.OPEN
    assert points.standing(point, late) == Standing.LATE
    point = answer(point, lin.user, now=late)
    assert points.standing(point, late) == Standing.ANSWERED_LATE
    assert case.events.last().facts == {"late": True}


def test_after_the_verification_no_answer_is_taken_and_nothing_is_told_of_the_case(
    case, lin, express, express_head
):
    point = write(case, express)
    closed(case, express, express_head, "unverifiable")
    with pytest.raises(Refused) as refused:
        answer(point, lin.user)
    assert str(case.get_state_display()) not in str(refused.value.sentence)
    page = signed_in(lin.user).get(reverse("my_point", args=[point.token]))
    assert page.status_code == 200
    assert b"<textarea" not in page.content


def test_an_officer_enters_the_answer_of_who_has_no_account(case, lin, express, officer, head, other_officer):
    without_account(lin)
    point = write(Complaint.objects.get(), express)
    assert (kinds(officer), kinds(head)) == (["unit_point_asked"], [])
    for other in (head, other_officer):
        with pytest.raises(Refused):
            answer(point, other)
    assert answer(point, officer).answered_by == officer


@pytest.mark.parametrize("why", ["leads it", "nobody there"])
def test_where_nobody_else_may_hear_of_it_the_handler_asks_in_person(
    why, request, case, lin, express, express_head
):
    without_account(lin)
    if why == "leads it":
        request.getfixturevalue("officer")
        Cadre.objects.filter(pk=lin.pk).update(leads_unit=True)
    case = Complaint.objects.get()
    client = signed_in(express)
    asking = client.get(reverse("complaint_point_new", args=[case.number]))
    assert "请当面询问" in asking.content.decode() or "ask in person" in asking.content.decode()
    point = write(case, express)
    address = reverse("complaint_point_answer", args=[case.number, point.token])
    page = reverse("complaint", args=[case.number])
    assert address in client.get(page).content.decode()
    assert address not in signed_in(express_head).get(page).content.decode()
    assert signed_in(express_head).get(address).status_code == 302
    with pytest.raises(Refused):
        answer(point, express_head)
    assert client.post(address, {"text": "在窗口。"}).status_code == 302
    point.refresh_from_db()
    assert (point.answer, point.answered_by) == ("在窗口。", express)
    assert kinds(express) == []
    assert address not in client.get(page).content.decode()


def test_whom_an_officer_can_ask_the_handler_does_not_answer_for(case, lin, express, officer):
    without_account(lin)
    point = write(Complaint.objects.get(), express)
    address = reverse("complaint_point_answer", args=[case.number, point.token])
    assert signed_in(express).post(address, {"text": "在。"}).status_code == 302
    point.refresh_from_db()
    assert point.answered_at is None


def test_the_head_of_the_leading_group_answers_for_the_unit_too(case, express, head, other_officer):
    point = write(case, express, to="unit")
    with pytest.raises(Refused):
        answer(point, other_officer)
    assert answer(point, head).answered_by == head


# --- Whose pages show what ----------------------------------------------------------------------------------------


def of_unit(user: User) -> list[VerificationPoint]:
    return list(points.of_units(access_of(user, TODAY), TODAY))


def test_the_unit_sees_its_points_and_nobody_elses(case, lin, zhou, express, officer, head, other_officer):
    own, accused = write(case, express, to="unit"), write(case, express)
    assert of_unit(officer) == of_unit(head) == [own]
    assert of_unit(other_officer) == []
    address = reverse("unit_point", args=[own.token])
    assert [signed_in(user).get(address).status_code for user in (officer, head, other_officer)] == [
        200,
        200,
        404,
    ]
    assert signed_in(officer).get(reverse("unit_point", args=[accused.token])).status_code == 404
    assert signed_in(lin.user).get(reverse("my_point", args=[own.token])).status_code == 404
    assert signed_in(zhou.user).get(reverse("my_point", args=[accused.token])).status_code == 404


@pytest.mark.parametrize("why", ["kin", "stepped back", "accused", "colleague answers for it", "leads it"])
def test_whoever_has_an_interest_sees_nothing_not_even_a_number(case, lin, express, officer, why):
    point = write(case, express, to="unit")
    if why == "kin":
        Interest.objects.create(user=officer, cadre=lin, reason="配偶", declared_at=NOW)
    elif why == "stepped back":
        Interest.objects.create(user=officer, complaint=case, reason="同学", declared_at=NOW)
    elif why == "leads it":
        Cadre.objects.filter(pk=lin.pk).update(leads_unit=True)
    else:
        accused = officer if why == "accused" else make_user("second", "副手")
        if accused != officer:
            give(accused, Role.UNIT_OFFICER, unit=lin.unit)
        Cadre.objects.filter(pk=lin.pk).update(user=accused)
    client = signed_in(officer)
    assert client.get(reverse("unit_point", args=[point.token])).status_code == 404
    assert point.token not in client.get(reverse("unit_points")).text
    assert reverse("unit_points") + '"' not in client.get(reverse("desk")).text.split("<main")[1]


def test_who_declared_an_interest_hears_nothing(case, lin, express, officer, head):
    Interest.objects.create(user=officer, cadre=lin, reason="配偶", declared_at=NOW)
    write(case, express, to="unit")
    assert (kinds(officer), kinds(head)) == ([], ["unit_point_asked"])


def test_a_referral_hides_what_was_asked(case, lin, express, express_head, officer):
    accused, unit = write(case, express), write(case, express, to="unit")
    referred(case, express_head, NOW)
    assert signed_in(lin.user).get(reverse("my_point", args=[accused.token])).status_code == 404
    assert signed_in(officer).get(reverse("unit_point", args=[unit.token])).status_code == 404


def test_pages_show_the_question_and_nothing_of_the_complaint(case, lin, express, officer):
    pages = [
        signed_in(user).get(reverse(name, args=[write(case, express, to=to).token])).text
        for user, name, to in ((lin.user, "my_point", "accused"), (officer, "unit_point", "unit"))
    ]
    for page in pages:
        assert QUESTION in page
        for word in (case.number, TEXT, "汪木匠", "办事大厅", express.name):
            assert word not in page


def test_the_lists_need_as_many_queries_for_many_as_for_one(
    case, lin, express, officer, django_assert_max_num_queries
):
    write(case, express)
    write(case, express, to="unit")
    mine, theirs = signed_in(lin.user), signed_in(officer)
    with django_assert_max_num_queries(40) as few:
        mine.get(reverse("my_points"))
        theirs.get(reverse("unit_points"))
    for _more in range(3):
        write(case, express)
        write(case, express, to="unit")
    with django_assert_max_num_queries(len(few)):
        mine.get(reverse("my_points"))
        theirs.get(reverse("unit_points"))


def test_the_accused_answers_on_their_phone(case, lin, express):
    point, client = write(case, express), signed_in(lin.user)
    assert reverse("my_point", args=[point.token]) in client.get(reverse("my_whereabouts")).text
    empty = client.post(reverse("my_point", args=[point.token]), {"text": " "})
    assert empty.status_code == 422
    done = client.post(reverse("my_point", args=[point.token]), {"text": "在岗。"})
    assert done.headers["Location"] == reverse("my_points")
    assert VerificationPoint.objects.get().answer == "在岗。"
    assert "在岗。" in client.get(reverse("my_point", args=[point.token])).text


def test_the_officer_finds_on_the_landing_page_that_something_waits(case, express, officer):
    address = f'href="{reverse("unit_points")}"'
    point = write(case, express, to="unit")
    main = signed_in(officer).get(reverse("desk")).text.split("<main")[1]
    assert address in main
    answer(point, officer)
    assert address not in signed_in(officer).get(reverse("desk")).text.split("<main")[1]


def test_the_handler_writes_and_the_head_decides_on_pages(case, lin, express, express_head):
    client = signed_in(express)
    address = reverse("complaint_point_new", args=[case.number])
    refused = client.post(address, {"to": "accused", "text": TEXT})
    assert refused.status_code == 422
    assert TEXT in refused.text
    client.post(address, {"to": "accused", "text": QUESTION, "would_identify": "on"})
    point = VerificationPoint.objects.get()
    decision = {"way": "reworded", "text": "该时段窗口是否有人值守？", "words": "隐去时间。"}
    decide_at = reverse("complaint_point_decide", args=[case.number, point.token])
    assert signed_in(express_head).post(decide_at, decision).status_code == 302
    point.refresh_from_db()
    assert (point.text, point.asked_at is not None) == (decision["text"], True)
    assert "该时段窗口是否有人值守？" in client.get(reverse("complaint", args=[case.number])).text


# --- Afterwards ---------------------------------------------------------------------------------------------------


def test_what_is_found_is_shown_to_the_accused_as_the_statement_of_fact_and_nothing_else(
    case, lin, chen, express, express_head
):
    case = closed(case, express, express_head, "partly", "当日上午九时后窗口无人值守约四十分钟。")
    address = reverse("my_statement", args=[points.statement_token(case)])
    client = signed_in(lin.user)
    assert address in client.get(reverse("my_points")).text
    page = client.get(address).text
    assert case.statement in page
    for word in (case.number, TEXT, "汪木匠", "已核实。", express.name, express_head.name):
        assert word not in page
    assert str(case.pk) not in address.strip("/").split("/")
    assert signed_in(chen.user).get(address).status_code == 404


@pytest.mark.parametrize(
    ("outcome", "asked", "shown"),
    [
        ("substantiated", False, True),
        ("cleared", True, True),
        ("cleared", False, False),
        ("unsubstantiated", True, False),
        ("unverifiable", True, False),
    ],
)
def test_who_was_never_asked_hears_nothing_of_what_came_to_nothing(
    case, lin, express, express_head, outcome, asked, shown
):
    if asked:
        write(case, express)
        case.refresh_from_db()
    closed(case, express, express_head, outcome, "事实。" if outcome == "substantiated" else "")
    assert bool(points.statements(lin)) is shown


def test_before_closing_the_accused_is_shown_nothing(case, lin, express):
    handling.submit(
        case=case, outcome="partly", statement="事实。", measures="", answer="答复。", actor=express, now=NOW
    )
    assert points.statements(lin) == []


def test_clearing_reaches_whoever_was_asked_once_and_nobody_else(
    case, lin, chen, express, express_head, officer, head
):
    for to in ("accused", "unit", "unit"):
        write(case, express, to=to)
    without = make_cadre(lin.office, "无关")
    closed(Complaint.objects.get(), express, express_head, "cleared")
    assert "accusation_cleared" in kinds(lin.user)
    assert (
        kinds(officer).count("unit_accusation_cleared") == kinds(head).count("unit_accusation_cleared") == 1
    )
    assert (kinds(chen.user), without.user) == ([], None)
    assert case.events.filter(kind="cleared").get().facts == {"told": 3}


def test_clearing_tells_nobody_who_was_not_asked(case, lin, express, express_head, officer):
    closed(case, express, express_head, "cleared")
    assert (kinds(lin.user), kinds(officer)) == ([], [])


# --- Given back ---------------------------------------------------------------------------------------------------


def handed_over(case: Complaint, express: User) -> VerificationPoint:
    handling.dispatch(case=case, to_unit=True, actor=express, now=NOW)
    return write(case, express, to="unit")


def test_the_unit_returns_what_it_cannot_verify_and_no_question_waits_any_more(case, express, officer):
    point = handed_over(case, express)
    page = signed_in(officer).get(reverse("unit_point", args=[point.token]))
    address = reverse("unit_point_return", args=[point.token])
    assert address in page.text
    assert signed_in(officer).post(address, {"reason": ""}).status_code == 422
    assert signed_in(officer).post(address, {"reason": "窗口由另一单位派驻。"}).status_code == 302
    case.refresh_from_db()
    assert case.dispatched_to is None
    assert VerificationPoint.objects.get().answer == "窗口由另一单位派驻。"
    assert "complaint_returned" in kinds(express)


def test_returning_never_tells_whether_a_guess_at_the_complainant_is_right(case, express, officer):
    point = handed_over(case, express)
    hearing.point_return(point=point, reason="是不是汪木匠投诉的？", actor=officer, now=NOW)
    assert VerificationPoint.objects.get().answered_by == officer


def test_what_was_not_handed_over_or_is_over_is_not_returned(case, express, express_head, officer):
    point = write(case, express, to="unit")
    with pytest.raises(Refused):
        hearing.point_return(point=point, reason="无法核实", actor=officer, now=NOW)
    point = handed_over(case, express)
    closed(case, express, express_head, "unverifiable")
    with pytest.raises(Refused) as refused:
        hearing.point_return(point=point, reason="无法核实", actor=officer, now=NOW)
    assert str(Complaint.objects.get().get_state_display()) not in str(refused.value.sentence)
