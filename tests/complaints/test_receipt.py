"""What a receipt opens: how the case stands in plain words, the answer, five grades, and once more."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation
from PIL import Image, ImageChops

from accounts.models import Role
from common.problems import Refused
from complaints import limits, progress, receipt_picture, receipts, tickets
from complaints.models import Complaint, ComplaintEvent, ComplaintSettings
from complaints.rules import State
from complaints.services import aftercare, handling, purge
from complaints.views.receipt import address
from tests.cast import give, make_user
from tests.complaints.cases import ANSWER, LATER, TEXT, accepted, drafted, in_state, received, referred
from tests.complaints.citizens import Citizen

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "0042117190346650", "9042117190346659"
TODAY = LATER + timedelta(hours=1)
DAYS = "11月27日24时前答复"
REASON = "没有核实当天的监控。"
SENTENCES = {
    "none": "没有这个回执号的投诉，请与回执核对。",
    "digits": "回执号为16位数字。",
    "empty": "请输入回执号。",
    "rated": "您已评价过这次答复。",
    "satisfied": "只有评价为不满意的，才能申请重新办理。",
    "twice": "此件已重新办理过一次，不能再次申请。",
    "old": "此件时间过久，不能重新办理，请另行提交。",
}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(TODAY, tick=False)
    return time_machine


def with_number(case: Complaint, number: str = NUMBER) -> Complaint:
    case.receipt = receipts.digest(number)
    case.save(update_fields=["receipt"])
    return case


def ask(number: str = NUMBER, page: str = "receipt", **more: Any) -> Citizen:
    return Citizen().post(reverse(page), number=number, **more)


def follow(case: Complaint) -> Citizen:
    return ask(with_number(case) and NUMBER)


@pytest.fixture
def answered(unit, express, express_head) -> Complaint:
    return with_number(in_state(State.ANSWERED, unit, express, express_head))


def rated(case: Complaint, grade: int) -> Complaint:
    return aftercare.complaint_rate(case=case, grade=grade, now=TODAY)


# --- The number -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        "0042 1171 9034 6650",
        "  0042-1171-9034-6650 ",
        "００４２１１７１９０３４６６５０",
        "0042\u30001171\u00a09034\u20096650",
        "0042.1171.9034.6650",
    ],
)
def test_a_number_is_understood_however_it_is_typed(unit, typed):
    with_number(received(unit))
    assert (ask(typed).status, DAYS in ask(typed).words) == (200, True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (OTHER, "none"),
        (NUMBER[:-1] + "1", "none"),
        (NUMBER[:-1], "digits"),
        (NUMBER + "0", "digits"),
        ("O" + NUMBER[1:], "digits"),
        ("٠" * 16, "digits"),
        ("一" * 16, "digits"),
        ("2026-0001", "digits"),
        ("", "empty"),
    ],
)
def test_what_is_no_number_gets_a_sentence_and_stays_in_the_field(unit, typed, sentence):
    with_number(received(unit))
    page = ask(typed)
    assert (page.status, SENTENCES[sentence] in page.words) == (422, True)
    assert page.fields["number"] == typed
    assert DAYS not in page.words
    assert TEXT[:5] not in page.words


def test_neither_the_digest_nor_the_number_of_the_case_opens_it(unit):
    case = with_number(received(unit))
    for key in (case.receipt, case.number, str(case.pk)):
        assert ask(str(key)).status == 422


def test_a_number_in_an_address_is_not_looked_at(unit):
    with_number(received(unit))
    page = Citizen(f"{reverse('receipt')}?number={NUMBER}")
    assert (page.status, page.fields["number"], DAYS in page.words) == (200, "", False)


@pytest.mark.parametrize("page", ["receipt_image", "receipt_rate", "receipt_redo"])
def test_the_other_pages_answer_forms_alone(page):
    assert Client().get(reverse(page), {"number": NUMBER}).status_code == 405
    shown = ask(OTHER, page, grade="5", reason=REASON)
    assert (shown.status, SENTENCES["none"] in shown.words) == (422, True)


def test_who_tries_numbers_is_made_to_wait(unit, clock, monkeypatch):
    monkeypatch.setattr(limits, "ASKING", limits.Limit("receipts", most=3, seconds=600))
    with_number(received(unit))
    assert [ask(f"{tried:016}").status for tried in range(3)] == [422] * 3
    for page in ("receipt", "receipt_image", "receipt_rate", "receipt_redo"):
        shown = ask(NUMBER, page)
        assert (shown.status, "您所在网络查询过于频繁，请过几分钟再试。" in shown.words) == (429, True)
        assert "no-store" in shown.response["Cache-Control"]
    assert Citizen(reverse("receipt")).status == 200
    clock.shift(timedelta(minutes=10))
    assert ask().status == 200


# --- Progress -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "heading", "words", "never"),
    [
        (State.RECEIVED, "已收件", [DAYS, "剩余3日", "期限如何计算"], []),
        (State.ACCEPTED, "办理中", [DAYS, "已受理，由市效能直通车办理", "剩余3日"], []),
        (State.REVIEW, "办理中", [DAYS, "已核查"], []),
        (State.CLOSED, "已办结，正在向您反馈", [DAYS], []),
        (State.ANSWERED, "已答复", [ANSWER["answer"], "部分属实", "按期", "您对答复是否满意？"], [DAYS]),
        (
            State.NOT_ACCEPTED,
            "不予受理",
            ["不予受理的理由 不属于本机关", "应向何处反映 12345", "11月24日"],
            [DAYS, "由您评价"],
        ),
        (State.LINKED, "与反映同一事项的另一件投诉一并办理", [DAYS], ["已受理，由"]),
        (State.REFERRED, "已移交有权处理的机关", ["已收件"], [DAYS, "涉嫌违纪", "由您评价", "剩余"]),
    ],
)
def test_every_state_in_plain_words(state, heading, words, never, unit, express, express_head):
    page = follow(in_state(state, unit, express, express_head))
    assert page.status == 200
    assert page.response.context["parts"][0].heading == heading
    assert heading in page.words
    for expected in words:
        assert expected in page.words, expected
    hidden = [*never, TEXT[:6], "王小满", "舒直", "舒衡", ANSWER["statement"]]
    if state != State.ANSWERED:
        hidden += [ANSWER["answer"], "部分属实", "您对答复是否满意？"]
    for absent in hidden:
        assert absent not in page.words, absent


def test_every_state_is_told_of():
    assert set(progress._headings()) == set(State)


def test_nothing_of_the_complaint_or_of_who_handles_it_stands_in_the_page(unit, lin, express, express_head):
    case = drafted(accepted(unit, express, lin), measures="批评教育")
    case = handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)
    page = follow(case)
    assert "批评教育" in page.words
    assert "no-store" in page.response["Cache-Control"]
    for absent in (TEXT[:6], "139", case.number, str(express), ANSWER["statement"], NUMBER[:8]):
        assert absent not in page.words, absent


@pytest.mark.parametrize(
    ("state", "done"), [(State.RECEIVED, 1), (State.ACCEPTED, 2), (State.REVIEW, 3), (State.ANSWERED, 4)]
)
def test_a_step_that_is_not_reached_does_not_read_as_done(state, done, unit, express, express_head):
    case = in_state(state, unit, express, express_head)
    with translation.override("en"):
        labels = [event["label"] for event in progress.parts([case], TODAY)[0].events]
    reached = ["Received", "Accepted, handled by the city Efficiency Express", "Verified", "Answered"]
    ahead = ["", "Acceptance", "Verification", "Answer"]
    assert labels[:4] == reached[:done] + ahead[done:]


def test_of_a_referral_the_day_and_whom_to_ask_are_told(unit, express_head):
    ComplaintSettings.objects.update_or_create(pk=1, defaults={"discipline_line": "0578-7001234"})
    page = follow(referred(received(unit), express_head, LATER + timedelta(days=3)))
    assert "11月27日" in page.words
    assert "0578-7001234" in page.words


def test_an_extension_is_told_with_its_reason_and_never_counts_as_on_time(unit, express, express_head):
    case = handling.extend(case=accepted(unit, express), reason="须调取监控。", actor=express_head, now=LATER)
    page = follow(case)
    for words in ("已延期", "延期理由 须调取监控。", "11月30日24时前答复"):
        assert words in page.words, words
    case = handling.close(case=drafted(case), feedback="receipt", actor=express_head, now=LATER)
    page = follow(case)
    assert "已延期" in page.words
    assert "按期" not in page.words


def test_an_answer_after_its_time_is_called_late(unit, express, express_head, clock):
    case = accepted(unit, express)
    late = case.due_at + timedelta(minutes=1)
    clock.move_to(late)
    assert "已超期" in follow(case).words
    handling.close(case=drafted(case, late), feedback="receipt", actor=express_head, now=late)
    tag = ask().response.context["parts"][0].tag
    assert (tag.tone, tag.text) == ("bad", "超期")


def test_a_linked_case_shows_the_answer_on_its_own_receipt(unit, express, express_head):
    master = with_number(accepted(unit, express), OTHER)
    linked = with_number(handling.link(case=received(unit), master=master, actor=express, now=LATER))
    assert ANSWER["answer"] not in ask().words
    handling.close(case=drafted(master), feedback="receipt", actor=express_head, now=LATER)
    assert all(ANSWER["answer"] in ask(number).words for number in (NUMBER, OTHER))
    assert ask(page="receipt_rate", grade="5").status == 200
    linked.refresh_from_db()
    master.refresh_from_db()
    assert (linked.grade, master.grade) == (5, None)


def test_a_referral_after_the_first_answer_tells_nothing_more(answered, express_head):
    again = aftercare.complaint_redo(case=rated(answered, 1), reason=REASON, now=TODAY)
    referred(again, express_head, TODAY)
    page = ask()
    assert "已移交有权处理的机关" in page.words
    assert ANSWER["answer"] not in page.words
    assert page.form.fields.keys().isdisjoint({"grade", "reason"})


def test_what_was_removed_at_the_end_of_its_period_leaves_the_answer(answered, clock):
    rated(answered, 1)
    clock.shift(timedelta(days=40 * 31))
    assert purge.purge(now=TODAY + timedelta(days=40 * 31)) == 2
    page = ask()
    assert ANSWER["answer"] in page.words
    assert "申请重新办理" not in page.words
    refused = ask(page="receipt_redo", reason=REASON)
    assert (refused.status, SENTENCES["old"] in refused.words) == (422, True)
    assert not Complaint.objects.filter(redo_of=answered).exists()


# --- To keep --------------------------------------------------------------------------------------------------------


def drawn(case: Complaint, number: str = NUMBER) -> Image.Image:
    image = Image.open(io.BytesIO(receipt_picture.draw(case, number, "https://example.cn/receipt")))
    image.load()
    return image


def test_the_picture_holds_the_number_and_nothing_else(unit, express):
    with_number(accepted(unit, express))
    answer = ask(page="receipt_image").response
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert NUMBER not in answer["Content-Disposition"]
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert (image.format, image.size, image.info) == (
        "PNG",
        (receipt_picture.WIDTH, receipt_picture.HEIGHT),
        {},
    )
    assert len(answer.content) < 100_000
    assert set(re.findall(rb"(IHDR|tEXt|iTXt|zTXt|eXIf|tIME|pHYs)", answer.content)) == {b"IHDR"}


def test_another_number_is_another_picture_in_its_box_alone(unit):
    case = received(unit)
    changed = ImageChops.difference(drawn(case), drawn(case, "9" * 16)).getbbox()
    assert changed is not None
    left, top, right, bottom = changed
    assert receipt_picture.MARGIN <= left < right <= receipt_picture.WIDTH - receipt_picture.MARGIN
    assert 225 <= top < bottom <= 375
    assert right - left > 700
    assert ImageChops.difference(drawn(case), drawn(received(unit, text="另一件事。"))).getbbox() is None


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_line_of_the_picture_stays_within_its_margins(unit, language):
    address = "https://a-rather-long-name-of-a-host.longquan.zj.gov.cn/receipt"
    with translation.override(language):
        data = receipt_picture.draw(received(unit), "8" * 16, address)
    image = Image.open(io.BytesIO(data)).convert("L")
    # The last column of the number's box lies on the margin.
    right = receipt_picture.WIDTH - receipt_picture.MARGIN + 1
    margin = image.crop((right, 140, receipt_picture.WIDTH, receipt_picture.HEIGHT))
    assert margin.getextrema() == (255, 255)


def test_the_page_of_the_number_prints_without_its_buttons(unit):
    """The citizen's browser prints it; there is nothing on the page that would be in the way."""
    ticket = str(tickets.issue(TODAY - timedelta(minutes=1)))
    sent = {"ticket": ticket, "unit": unit.code, "step": "4", "go": "send", "text": "一", "occasion": "二"}
    citizen = Citizen().post(reverse("complain"), **sent)
    assert receipts.grouped(citizen.number) in citizen.words
    assert "如需打印，请在浏览器菜单中选择“打印”。" in citizen.words
    kept = re.sub(
        r'<(p|form)[^>]*class="[^"]*(?:no-print|actions)[^"]*".*?</\1>', "", citizen.html, flags=re.S
    )
    assert "凭回执号查询进度" not in kept
    case = Complaint.objects.get(receipt=receipts.digest(citizen.number))
    for fact in receipt_picture.facts(case, address()):
        assert fact in citizen.words
    picture = ask(citizen.number, "receipt_image").response
    assert picture["Content-Type"] == "image/png"


# --- Five grades ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grade", "label"), [(5, "非常满意"), (4, "满意"), (3, "基本满意"), (2, "不满意"), (1, "非常不满意")]
)
def test_an_answer_is_rated_once_in_five_grades(answered, grade, label):
    page = ask(page="receipt_rate", grade=str(grade))
    assert (page.status, f"您的评价：{label}" in page.words) == (200, True)
    answered.refresh_from_db()
    assert (answered.grade, answered.graded_at) == (grade, TODAY)
    assert "您对答复是否满意？" not in page.words
    assert ("申请重新办理" in page.words) == (grade <= 2)
    # The same tap twice, and then another mind.
    assert ask(page="receipt_rate", grade=str(grade)).status == 200
    other = ask(page="receipt_rate", grade=str(grade % 5 + 1))
    assert (other.status, SENTENCES["rated"] in other.words) == (422, True)
    answered.refresh_from_db()
    assert answered.grade == grade
    assert ComplaintEvent.objects.filter(complaint=answered, kind="rate").count() == 1


@pytest.mark.parametrize("grade", ["", "0", "6", "-1", "2.5", "very"])
def test_what_is_no_grade_is_refused(answered, grade):
    page = ask(page="receipt_rate", grade=grade)
    assert (page.status, "选" in page.words) == (422, True)
    assert ANSWER["answer"] in page.words
    answered.refresh_from_db()
    assert answered.grade is None


@pytest.mark.parametrize("state", [state for state in State if state != State.ANSWERED])
def test_before_the_answer_there_is_nothing_to_rate_or_to_do_again(state, unit, express, express_head):
    case = with_number(in_state(state, unit, express, express_head))
    assert ask(page="receipt_rate", grade="1").status == 422
    assert ask(page="receipt_redo", reason=REASON).status == 422
    case.refresh_from_db()
    assert (case.grade, Complaint.objects.filter(redo_of=case).count()) == (None, 0)


# --- Once more ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grade", [1, 2])
def test_who_is_not_satisfied_has_it_done_again_by_somebody_else_with_a_new_clock(
    answered, grade, express, express_head, clock
):
    clock.shift(timedelta(days=2))
    rated(answered, grade)
    page = ask(page="receipt_redo", reason=REASON)
    again = Complaint.objects.get(redo_of=answered)
    assert page.status == 200
    for words in ("按您的要求重新办理", "首次办理", ANSWER["answer"], "11月30日24时前答复"):
        assert words in page.words, words
    assert (again.received_at, again.state, again.redo_reason) == (
        TODAY + timedelta(days=2),
        State.RECEIVED,
        REASON,
    )
    assert again.due_at > answered.due_at
    assert (again.unit, again.receipt, again.text, again.contact_phone) == (answered.unit, None, "", "")
    assert "申请重新办理" not in page.words
    with pytest.raises(Refused, match="首次办理由舒直承办，重新办理须换人。"):
        handling.accept(case=again, actor=express, now=TODAY)
    again = handling.accept(case=again, actor=express_head, now=TODAY + timedelta(days=2))
    assert again.handler == express_head


def test_there_is_no_third_time(answered, express, express_head):
    rated(answered, 1)
    ask(page="receipt_redo", reason=REASON)
    # The same tap.
    assert ask(page="receipt_redo", reason=REASON).status == 200
    other = ask(page="receipt_redo", reason="还有一点。")
    assert (other.status, SENTENCES["twice"] in other.words) == (422, True)
    assert "还有一点。" not in other.words
    again = Complaint.objects.get(redo_of=answered)
    third = make_user("third", "舒三")
    give(third, Role.EXPRESS_STAFF)
    again = drafted(handling.accept(case=again, actor=third, now=TODAY), TODAY)
    handling.close(case=again, feedback="receipt", actor=express_head, now=TODAY)
    # Neither is it promised any more, and the doors that are left are named.
    before, rating = ask(), ask(page="receipt_rate", grade="1")
    for page in (before, rating):
        assert "申请换人重新办理" not in page.words
        assert all(number in page.words for number in ("12345", "12388"))
    assert "申请重新办理" not in rating.words
    answered.refresh_from_db()
    again.refresh_from_db()
    assert (answered.grade, again.grade) == (1, 1)
    refused = ask(page="receipt_redo", reason="第三次。")
    assert (refused.status, SENTENCES["twice"] in refused.words) == (422, True)
    with pytest.raises(Refused):
        aftercare.complaint_redo(case=again, reason="第三次。", now=TODAY)
    assert Complaint.objects.count() == 2


@pytest.mark.parametrize("grade", [None, 3, 4, 5])
def test_who_is_satisfied_or_says_nothing_does_not_have_it_done_again(answered, grade):
    if grade is not None:
        rated(answered, grade)
    assert "申请重新办理" not in ask().words
    page = ask(page="receipt_redo", reason=REASON)
    assert (page.status, SENTENCES["satisfied"] in page.words) == (422, True)
    assert not Complaint.objects.filter(redo_of=answered).exists()


@pytest.mark.parametrize(("reason", "words"), [("", "请写明需要重新核查什么。"), ("长" * 1001, "1000")])
def test_what_is_to_be_looked_at_again_is_said(answered, reason, words):
    rated(answered, 2)
    page = ask(page="receipt_redo", reason=reason)
    assert (page.status, words in page.words) == (422, True)
    assert page.fields["reason"] == reason
    assert not Complaint.objects.filter(redo_of=answered).exists()


def test_a_long_reason_is_ciphertext_and_stands_in_no_record(answered):
    rated(answered, 1)
    ask(page="receipt_redo", reason=REASON)
    assert REASON not in str(list(ComplaintEvent.objects.values()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT redo_reason FROM complaints_complaint WHERE redo_of_id IS NOT NULL")
        assert REASON[:4] not in cursor.fetchone()[0]
