"""The queue, the case and its pages as the Express uses them."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from common.models import AuditEntry
from common.problems import Refused
from complaints.models import Attachment, Complaint, ComplaintEvent, Interest
from complaints.services import handling
from complaints.services import interests as stepping_back
from tests.cast import give, make_user, signed_in
from tests.complaints.cases import ANSWER, LATER, TEXT, accepted, drafted, received

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


#: Session, user, memberships, second factor and notices of the frame; then units, count and page.
QUERIES = 9


def url(name: str, case: Complaint) -> str:
    return reverse(f"complaint_{name}" if name else "complaint", args=[case.number])


def due_in(case: Complaint, hours: float) -> Complaint:
    Complaint.objects.filter(pk=case.pk).update(due_at=timezone.now() + timedelta(hours=hours, minutes=5))
    return case


def post(user: Any, name: str, case: Complaint, **given: Any) -> Any:
    return signed_in(user).post(url(name, case), {"revision": case.revision, **given})


# --- The queue ------------------------------------------------------------------------------------------------------


class TestTheQueue:
    def test_first_what_falls_due_first_with_its_time_left(self, unit, express):
        cases = [due_in(received(unit), hours) for hours in (50, -4, 9)]
        page = signed_in(express).get(reverse("complaints"))
        shown = [(row["case"].number, row["left"].tone, row["left"].text) for row in page.context["rows"]]
        assert shown == [
            (cases[1].number, "bad", "已超期3小时"),
            (cases[2].number, "out", "剩余9小时"),
            (cases[0].number, "on", "剩余2日"),
        ]
        assert page.headers["Cache-Control"] == "private, no-store"
        assert TEXT[:6] not in page.content.decode()

    def test_filters(self, unit, other_unit, express, express_head):
        mine, there = accepted(unit, express), received(other_unit)
        refused = handling.refuse(case=received(unit), reason="一", right_door="二", actor=express, now=LATER)

        def shown(**query: Any) -> set[str]:
            rows = signed_in(express).get(reverse("complaints"), query).context["rows"]
            return {row["case"].number for row in rows}

        assert shown() == {mine.number, there.number}
        assert shown(state="all") == {mine.number, there.number, refused.number}
        assert shown(state="not_accepted") == {refused.number}
        assert shown(handler="mine") == {mine.number}
        assert shown(unit=other_unit.pk) == {there.number}
        assert shown(unit="nonsense", state="nonsense") == {mine.number, there.number}

    @pytest.mark.parametrize("number", [1, 3, 40])
    def test_the_number_of_queries_does_not_grow(self, number, unit, lin, express, django_assert_num_queries):
        first = accepted(unit, express, lin)
        fields = {f.name: getattr(first, f.name) for f in Complaint._meta.fields if f.name != "id"}
        Complaint.objects.bulk_create(
            Complaint(**{**fields, "number": f"2026-9{position:03}", "receipt": None})
            for position in range(1, number)
        )
        client = signed_in(express)
        client.get(reverse("complaints"))
        with django_assert_num_queries(QUERIES):
            client.get(reverse("complaints"))


# --- A case ---------------------------------------------------------------------------------------------------------


class TestTheCase:
    def test_text_evidence_and_a_masked_contact(self, unit, lin, express):
        case = accepted(unit, express, lin, images=[b"JFIF"])
        response = signed_in(express).get(url("", case))
        page = response.content.decode()
        assert TEXT in page
        assert "一楼窗口" in page
        assert "王**" in page
        assert "王小满" not in page
        assert "13900001234" not in page
        assert "no-store" in response.headers["Cache-Control"]
        image = signed_in(express).get(
            reverse("complaint_image", args=[case.number, Attachment.objects.get().token])
        )
        assert (image.content, image["Content-Type"]) == (b"JFIF", "image/jpeg")
        assert "no-store" in image.headers["Cache-Control"]

    def test_a_picture_of_another_case_is_not_found(self, unit, express):
        case, other = received(unit), received(unit, images=[b"JFIF"])
        token = other.attachments.get().token
        assert (
            signed_in(express).get(reverse("complaint_image", args=[case.number, token])).status_code == 404
        )

    def test_the_contact_is_shown_once_asked_for_with_a_reason(self, unit, express):
        case = received(unit)
        client = signed_in(express)
        assert client.post(url("unmask", case), {"reason": " "}).status_code == 422
        shown = client.post(url("unmask", case), {"reason": "约谈"})
        assert "王小满" in shown.content.decode()
        assert "no-store" in shown.headers["Cache-Control"]
        assert ComplaintEvent.objects.get(kind="unmasked").actor == express
        assert "王小满" not in client.get(url("unmask", case)).content.decode()

    def test_what_is_offered_depends_on_state_and_person(self, unit, express, express_head):
        def offered(user: Any, case: Complaint) -> set[str]:
            acts = signed_in(user).get(url("", case)).context["acts"]
            return {str(act["url"]).rstrip("/").rsplit("/", 1)[1] for part in acts.values() for act in part}

        case = due_in(received(unit), 50)
        assert offered(express, case) == {"accept", "refuse", "link", "call-back", "recuse"}
        case = handling.accept(case=case, actor=express, now=LATER)
        assert {"submit", "dispatch"} <= offered(express, case)
        assert not {"extend", "refer"} & offered(express, case)
        assert {"extend", "refer", "assign"} <= offered(express_head, case)
        case = drafted(case)
        assert "close" not in offered(express, case)
        assert {"close", "send-back"} <= offered(express_head, case)


# --- The journey ----------------------------------------------------------------------------------------------------


class TestTheJourney:
    def test_through_the_pages_to_the_answer(self, unit, lin, express, express_head):
        case = received(unit, lin)
        steps: list[tuple[Any, str, dict[str, Any]]] = [
            (express, "accept", {}),
            (express, "dispatch", {"to": "unit"}),
            (express, "submit", ANSWER),
            (express_head, "send_back", {"reason": "请补充"}),
            (express, "submit", ANSWER),
            (express_head, "close", {"feedback": "phone", "remark": "已核"}),
        ]
        for user, name, given in steps:
            case.refresh_from_db()
            response = post(user, name, case, **given)
            after = f"{url('point_new', case)}?to=unit" if name == "dispatch" else url("", case)
            assert (response.status_code, response.headers.get("Location")) == (302, after), name
        case.refresh_from_db()
        assert case.state == "closed"
        now = timezone.localtime()
        # Told in the minute in which it was closed, it would have been told before the second in which it was.
        Complaint.objects.update(closed_at=now - timedelta(hours=1))
        told = {"feedback": "phone", "day": f"{now:%Y-%m-%d}", "clock": f"{now:%H:%M}"}
        response = post(express, "feed_back", case, **told)
        case.refresh_from_db()
        assert (response.status_code, case.state) == (302, "answered")

    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("refuse", {"reason": " ", "right_door": "二"}),
            ("link", {"master": "2026-9999"}),
        ],
    )
    def test_what_is_wrong_keeps_what_was_typed(self, name, given, unit, express):
        case = received(unit)
        response = post(express, name, case, **given)
        assert response.status_code == 422
        case.refresh_from_db()
        assert case.state == "received"

    def test_words_of_the_complaint_in_the_answer_come_back_at_their_field(self, unit, express):
        case = accepted(unit, express)
        response = post(express, "submit", case, **{**ANSWER, "answer": TEXT})
        assert response.status_code == 422
        assert "answer" in response.context["form"].errors

    def test_a_page_of_what_cannot_be_done_leads_back_with_a_sentence(self, unit, express):
        case = received(unit)
        response = signed_in(express).get(url("close", case), follow=True)
        assert response.redirect_chain == [(url("", case), 302)]
        assert "不能进行这一操作" in response.content.decode()

    def test_who_steps_back_sees_the_case_no_more(self, unit, express):
        case = accepted(unit, express)
        response = post(express, "recuse", case, reason="同学")
        assert response.headers["Location"] == reverse("complaints")
        assert signed_in(express).get(url("", case)).status_code == 404

    def test_declared_kin_by_name_and_unit(self, unit, lin, express):
        case, client = received(unit, lin), signed_in(express)
        wrong = client.post(reverse("interests"), {"unit": unit.pk, "name": "无此人", "reason": "表兄"})
        assert wrong.status_code == 422
        given = {"unit": unit.pk, "name": "林一帆", "reason": "表兄"}
        assert client.post(reverse("interests"), given).status_code == 302
        assert client.get(url("", case)).status_code == 404
        assert "林一帆" in client.get(reverse("interests")).content.decode()

    def test_what_one_has_declared_can_be_withdrawn_with_a_reason_and_by_nobody_else(
        self, unit, lin, express, express_head
    ):
        case = received(unit, lin)
        declared = stepping_back.interest_declare(cadre=lin, reason="夫妻", actor=express, now=LATER)
        address = reverse("interest_withdraw", args=[declared.pk])
        assert signed_in(express_head).post(address, {"reason": "无关"}).status_code == 404
        client = signed_in(express)
        assert client.post(address, {"reason": " "}).status_code == 422
        assert client.get(url("", case)).status_code == 404
        assert client.post(address, {"reason": "已离婚"}).status_code == 302
        assert client.get(url("", case)).status_code == 200
        entry = AuditEntry.objects.get(verb="interest_withdrawn")
        assert (entry.actor, entry.changes) == (express, {"cadre": lin.pk, "reason": ["夫妻", "已离婚"]})

    def test_stepping_back_from_a_case_is_for_good(self, unit, express):
        case = received(unit)
        stepping_back.recuse(case=case, reason="同学", actor=express, now=LATER)
        stepped = Interest.objects.get()
        address = reverse("interest_withdraw", args=[stepped.pk])
        assert signed_in(express).post(address, {"reason": "后悔"}).status_code == 404
        with pytest.raises(Refused):
            stepping_back.interest_withdraw(interest=stepped, reason="后悔", actor=express, now=LATER)
        assert Interest.objects.exists()


class TestMovedOn:
    def test_whoever_comes_second_is_told_who_and_sees_both_texts(self, unit, express, express_head):
        third = make_user("third", "舒平")
        give(third, Role.EXPRESS_STAFF)
        case = drafted(accepted(unit, express))
        handling.close(
            case=case,
            feedback="receipt",
            remark="先到的备注",
            actor=express_head,
            now=LATER,
            revision=case.revision,
        )
        response = post(third, "close", case, feedback="receipt", remark="后到的备注")
        page = response.content.decode()
        assert response.status_code == 422
        assert "舒衡已先行更新此件" in page
        for words in ("先到的备注", "后到的备注", ANSWER["answer"]):
            assert words in page
        case.refresh_from_db()
        assert case.closed_by == express_head

    def test_what_is_still_possible_can_be_decided_again(self, unit, express, express_head):
        case = accepted(unit, express)
        handling.dispatch(case=case, to_unit=True, actor=express, now=LATER)
        response = post(express, "submit", case, **ANSWER)
        form = response.context["form"]
        assert response.status_code == 422
        again = {name: form[name].value() for name in form.fields}
        assert signed_in(express).post(url("submit", case), again).status_code == 302


class TestTheLandingPage:
    def test_what_falls_due_and_what_is_late(self, unit, express):
        for hours in (-4, 9, 50, 60, 70, 80):
            due_in(received(unit), hours)
        page = signed_in(express).get(reverse("desk")).content.decode()
        assert "24小时内到期的投诉" in page
        assert "1件已超期" in page
        assert page.count("/desk/complaints/2026-") == 5

    def test_nothing_while_nothing_is_open(self, express, officer):
        assert "投诉办理时限" not in signed_in(express).get(reverse("desk")).content.decode()
