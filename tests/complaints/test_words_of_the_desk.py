"""What the pages of the desk say before somebody presses, and where they lead afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from complaints import desk_words
from complaints.hotline import cells
from complaints.intake_forms import ContactForm, contact_number
from complaints.models import Complaint, ComplaintSettings
from complaints.services import handling, hearing
from tests.cast import NOW, signed_in
from tests.complaints.cases import LATER, TEXT, accepted, commission, drafted, received, referred, verifying

pytestmark = pytest.mark.django_db


def page(user: Any, name: str, case: Complaint) -> Any:
    return signed_in(user).get(reverse(name, args=[case.number]))


def zh(sentence: str, **more: Any) -> str:
    with override("zh-hans"):
        return gettext(sentence) % more


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(LATER + timedelta(minutes=1), tick=False)
    return time_machine


class TestTheCommissionsLandingPage:
    def test_what_was_referred_the_newest_first(self, unit, express_head):
        cases = [referred(received(unit), express_head, LATER + timedelta(hours=hour)) for hour in (0, 1)]
        html = signed_in(commission()).get(reverse("desk")).content.decode()
        places = [html.index(reverse("complaint", args=[case.number])) for case in cases]
        assert places[1] < places[0]
        assert zh("Nothing has been referred") not in html
        assert TEXT[:6] not in html

    def test_nothing_was_referred(self, unit, express):
        case = accepted(unit, express)
        html = signed_in(commission()).get(reverse("desk")).content.decode()
        assert zh("Nothing has been referred") in html
        assert case.number not in html

    def test_is_nobody_elses(self, unit, express, express_head):
        case = referred(received(unit), express_head)
        for user in (express, express_head):
            assert case.number not in signed_in(user).get(reverse("desk")).content.decode()


class TestExtending:
    @pytest.mark.parametrize("days", [1, 3, 10])
    def test_the_form_says_the_day_that_the_verb_brings(self, days, unit, express, express_head, clock):
        ComplaintSettings.objects.update_or_create(pk=1, defaults={"extension_days": days})
        case = accepted(unit, express)
        shown = page(express_head, "complaint_extend", case).context["points"][0]
        case = handling.extend(case=case, reason="须调取监控。", actor=express_head, now=LATER)
        last = case.due_at - timedelta(minutes=1)
        assert f"{timezone.localtime(last):%-m月%-d日}" in shown
        assert str(days) in shown

    def test_the_handler_reads_that_there_is_such_a_thing_while_there_is(
        self, unit, express, express_head, clock
    ):
        case = accepted(unit, express)
        assert page(express, "complaint", case).context["asks_for_time"]
        assert not page(express_head, "complaint", case).context["asks_for_time"]
        handling.extend(case=case, reason="须调取监控。", actor=express_head, now=LATER)
        assert not page(express, "complaint", case).context["asks_for_time"]

    def test_nor_after_the_period(self, unit, express, clock):
        case = accepted(unit, express)
        clock.move_to(case.due_at)
        assert not page(express, "complaint", case).context["asks_for_time"]


class TestPuttingAndAwaitingQuestions:
    @pytest.mark.parametrize(("to", "after"), [("unit", "complaint_point_new"), ("keep", "complaint")])
    def test_who_hands_it_to_the_unit_comes_to_the_question(self, to, after, unit, lin, express, clock):
        case, client = accepted(unit, express, lin), signed_in(express)
        sent = {"revision": case.revision, "to": to}
        response = client.post(reverse("complaint_dispatch", args=[case.number]), sent, follow=True)
        assert response.resolver_match.url_name == after
        if to == "unit":
            assert response.context["form"]["to"].value() == "unit"

    def test_a_name_in_the_address_that_nobody_can_be_asked_by_chooses_nobody(self, unit, express, clock):
        case = accepted(unit, express)
        form = (
            signed_in(express)
            .get(reverse("complaint_point_new", args=[case.number]) + "?to=x")
            .context["form"]
        )
        assert form["to"].value() not in {value for value, _label in form.fields["to"].choices}

    def test_the_draft_names_what_is_not_answered(self, unit, express, officer, clock):
        case, point = verifying(unit, express)
        assert "1" in page(express, "complaint_submit", case).context["warning"]
        hearing.point_answer(point=point, text="王某值守。", actor=officer, now=LATER)
        assert page(express, "complaint_submit", case).context["warning"] == ""

    def test_a_question_that_nobody_was_asked_is_not_counted(self, unit, express, clock):
        case = accepted(unit, express)
        asked = {"to": hearing.To.UNIT, "text": "当日窗口何人值守？", "would_identify": True}
        hearing.point_write(case=case, **asked, actor=express, now=LATER)
        assert page(express, "complaint_submit", case).context["warning"] == ""


class TestLinking:
    def test_a_case_to_choose_is_told_by_day_and_beginning(self, unit, express, clock):
        old = received(unit, text="第一行\n第二行", received_at=NOW - timedelta(days=2))
        new = received(unit, text="很" * 21, channel="letter")
        field = page(express, "complaint_link", received(unit)).context["form"].fields["master"]
        labels = [str(label) for value, label in field.choices if value]
        assert [label.split(" · ")[0] for label in labels] == [new.number, old.number]
        assert labels[0].endswith(f" · “{'很' * 20}…”")
        assert labels[1].endswith(" · “第一行 第二行”")
        assert labels[1].split(" · ")[1] == f"{NOW - timedelta(days=2):%-m月%-d日}"

    def test_the_words_of_what_is_done_again_are_those_of_the_first(self, unit, express, clock):
        first = received(unit, text="最初的话")
        Complaint.objects.filter(pk=first.pk).update(state="not_accepted", refusal_reason="一")
        again = received(unit, text="")
        Complaint.objects.filter(pk=again.pk).update(redo_of=first, matter=first.matter)
        field = page(express, "complaint_link", received(unit)).context["form"].fields["master"]
        assert [str(label).split(" · ")[-1] for value, label in field.choices if value] == ["“最初的话”"]

    def test_the_newest_of_many_with_the_same_number_of_queries(
        self, unit, express, clock, monkeypatch, django_assert_num_queries
    ):
        monkeypatch.setattr("complaints.views.desk.MOST_MASTERS", 3)
        cases = [received(unit, received_at=NOW - timedelta(hours=age)) for age in range(5)]
        form = page(express, "complaint_link", received(unit)).context["form"]
        with django_assert_num_queries(1):
            shown = [value for value, _label in form.fields["master"].choices if value]
        assert [str(value) for value in shown] == [case.number for case in cases[:3]]


class TestTelling:
    def test_an_order_of_12345_is_not_sent_back_there(self, unit, express, clock):
        doors = [
            page(express, "complaint_refuse", received(unit, channel=channel))
            .context["form"]["right_door"]
            .value()
            for channel in ("card", "hotline")
        ]
        assert ["12345" in door for door in doors] == [True, False]
        assert all("12388" in door for door in doors)

    def test_now_stands_in_the_form_and_is_taken_in_the_minute_of_closing(
        self, unit, express, express_head, clock
    ):
        closed = LATER.replace(second=40, microsecond=7)
        case = drafted(accepted(unit, express))
        case = handling.close(case=case, feedback="phone", actor=express_head, now=closed)
        clock.move_to(closed + timedelta(seconds=5))
        form = page(express, "complaint_feed_back", case).context["form"]
        sent = {name: form[name].value() for name in form.fields}
        sent |= {"day": f"{sent['day']:%Y-%m-%d}", "clock": f"{sent['clock']:%H:%M}", "remark": ""}
        response = signed_in(express).post(reverse("complaint_feed_back", args=[case.number]), sent)
        case.refresh_from_db()
        assert (response.status_code, case.answered_at) == (302, closed)


class TestTheRecord:
    @pytest.mark.parametrize(
        ("channel", "label"),
        [
            ("card", "Received"),
            ("site", "Received"),
            ("phone", "Entered by hand"),
            ("visit", "Entered by hand"),
            ("letter", "Entered by hand"),
            ("hotline", "Imported from 12345"),
        ],
    )
    def test_how_a_case_came_in(self, channel, label, unit):
        with override("en"):
            assert desk_words.timeline(received(unit, channel=channel))[0]["label"] == label

    def test_to_whom_a_question_went_and_no_name(self, unit, lin, express, clock):
        case, _point = verifying(unit, express, cadre=lin)
        asked = {"to": hearing.To.ACCUSED, "text": "当日何人值守？", "would_identify": False}
        hearing.point_write(case=case, **asked, actor=express, now=LATER)
        with override("en"):
            notes = [
                line["note"]
                for line in desk_words.timeline(case)
                if line["label"] == "Verification point asked"
            ]
        assert [note.split(" · ")[-1] for note in notes] == ["to the unit", "to the person complained about"]


# --- The phone of a complainant -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "13900001234",
        "139 0000 1234",
        "１３９００００１２３４",
        "+86 139-0000-1234",
        "008613900001234",
        "0578-7212345",
        "0578-7212345转1",
        "7212345",
        "+1 415 555 0100",
    ],
)
def test_a_phone_that_can_be_called(typed):
    contact_number(typed)


@pytest.mark.parametrize("typed", ["1390000123", "139000012345", "139 0000 12 3", "+86 1390000123", "12345"])
def test_a_mobile_number_with_too_few_or_too_many_digits(typed):
    with pytest.raises(ValidationError):
        contact_number(typed)
    form = ContactForm({"contact_name": "", "contact_phone": typed})
    assert list(form.errors) == ["contact_phone"]
    assert "contact_phone" in cells.check({"contact_phone": typed}, NOW)[1]
