"""What the Express enters for a citizen: each error keeps what was typed, one form makes one case, and whoever has an
interest sees it no more."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from accounts.models import Role
from cards.models import Cadre
from common.models import AuditEntry
from common.problems import Refused
from common.rules import local
from complaints import evidence, progress, receipts, rules, tickets
from complaints.models import Attachment, Complaint, ComplaintEvent, Draft, DraftImage
from complaints.services import entry, intake, sweeps
from complaints.services import interests as stepping_back
from complaints.services.entry import OLDEST
from complaints.services.intake import Subject, Words
from complaints.tickets import SECOND_TAP, Ticket
from tests.cast import NOW, give, make_cadre, make_office, portrait, signed_in
from tests.complaints.cases import TEXT

pytestmark = pytest.mark.django_db

PHONE, NAME = "13900001234", "王小满"
TICKET = Ticket(NOW, "T" * 16)


def said(sentence: str) -> str:
    """As the page says it."""
    with override("zh-hans"):
        return gettext(sentence)


def enter(unit, actor, cadre=None, **changed: Any):
    given = {
        "ticket": TICKET,
        "channel": "phone",
        "subject": Subject(unit, cadre),
        "words": Words(TEXT, "一楼窗口", NAME, PHONE),
        "draft": "",
        "received_at": NOW,
        "with_receipt": True,
        "now": NOW,
        **changed,
    }
    return entry.complaint_enter(**given, actor=actor)


def photo(name: str = "letter.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, portrait(120, 160).getvalue(), "image/jpeg")


class Page:
    """The page as a browser keeps it: ticket and draft of the last answer go with the next form."""

    def __init__(self, user) -> None:
        self.client = signed_in(user)
        self.last = self.client.get(reverse("complaint_enter"))
        assert (self.last.status_code, self.last.context["form"].errors) == (200, {})

    def send(self, about, **changed: Any):
        first = self.last.context["form"].initial if "form" in self.last.context else {}
        given = {
            "ticket": str(self.last.context["ticket"]),
            "draft": self.last.context["draft"],
            "channel": "letter",
            "day": str(first.get("day", "")),
            "clock": f"{first.get('clock', ''):%H:%M}",
            "unit": about.code,
            "text": TEXT,
            "contact_name": NAME,
            "contact_phone": PHONE,
            "with_receipt": "on",
            **changed,
        }
        answer = self.client.post(reverse("complaint_enter"), given)
        if "form" in answer.context:
            self.last = answer
        return answer


# --- The verb -------------------------------------------------------------------------------------------------------


def test_what_is_entered_starts_the_clock_and_names_who_entered_it(unit, chen, express):
    case, number = enter(unit, express, chen, channel="visit")
    assert (case.channel, case.unit, case.cadre, case.entered_by) == ("visit", unit, chen, express)
    assert (case.text, case.occasion, case.contact_name, case.contact_phone) == (
        TEXT,
        "一楼窗口",
        NAME,
        PHONE,
    )
    assert progress.find(number) == [case]
    assert ComplaintEvent.objects.get(complaint=case).actor == express


def test_a_letter_counts_from_the_day_it_came_in(unit, express):
    came_in = NOW - timedelta(days=10)
    case, _number = enter(unit, express, channel="letter", received_at=came_in)
    assert (case.received_at, case.entered_at) == (came_in, NOW)
    assert case.due_at < NOW
    assert case.derivation[0] == [local(came_in).date().isoformat(), rules.Count.RECEIPT, 0]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "card"}, "channel"),
        ({"channel": "hotline"}, "channel"),
        ({"received_at": NOW + timedelta(minutes=1)}, "day"),
        ({"received_at": NOW - OLDEST - timedelta(seconds=1)}, "day"),
    ],
)
def test_what_is_refused_leaves_nothing(wrong, field, unit, express):
    with pytest.raises(Refused) as refused:
        enter(unit, express, **wrong)
    assert refused.value.field == field
    assert not Complaint.objects.exists()
    assert enter(unit, express, received_at=NOW - OLDEST)[0] is not None


def test_a_person_of_another_unit_is_refused(unit, zhou, express):
    with pytest.raises(Refused) as refused:
        enter(unit, express, zhou)
    assert refused.value.field == "name"


def test_one_form_makes_one_case_and_a_second_tap_shows_its_number(unit, express):
    first = enter(unit, express)
    assert enter(unit, express, now=NOW + SECOND_TAP) == first
    late = NOW + SECOND_TAP + timedelta(seconds=1)
    assert enter(unit, express, now=late) == (first[0], "")
    assert Complaint.objects.count() == 1


def test_without_a_receipt_there_is_no_number_and_still_one_case(unit, express):
    case, number = enter(unit, express, with_receipt=False)
    assert (case.receipt, number) == (None, "")
    assert enter(unit, express, with_receipt=False) == (None, "")
    assert Complaint.objects.count() == 1


def test_a_form_that_is_sent_again_after_its_mark_was_swept_makes_no_second_case(unit, express):
    case, _number = enter(unit, express)
    late = NOW + sweeps.DRAFTS_KEPT + timedelta(hours=1)
    assert sweeps.drafts_remove(now=late) == 1
    assert enter(unit, express, now=late) == (case, "")
    assert Complaint.objects.count() == 1


def test_a_ticket_is_used_once_whichever_form_it_came_with(unit, express):
    words = Words(TEXT)
    sent = intake.complaint_send(
        ticket=TICKET, subject=Subject(unit), words=words, draft="", from_card=False, now=NOW
    )
    assert enter(unit, express) == sent


def test_photos_become_evidence_and_those_that_were_swept_are_asked_for_again(unit, express):
    draft = intake.images_add(draft="", pictures=[b"one", b"two"], now=NOW)
    with pytest.raises(Refused) as refused:
        enter(unit, express, draft="0" * 16)
    assert refused.value.field == "photos"
    case, number = enter(unit, express, draft=draft)
    assert [bytes(row.data) for row in case.attachments.all()] == [b"one", b"two"]
    assert not DraftImage.objects.exists()
    assert enter(unit, express, draft=draft) == (case, number)


# --- The page -------------------------------------------------------------------------------------------------------


def test_the_page_offers_this_minute_and_the_number_stands_in_its_answer_alone(unit, chen, express):
    page = Page(express)
    before = timezone.now().replace(second=0, microsecond=0)
    answer = page.send(unit, name="陈砚", channel="phone")
    case = Complaint.objects.get()
    assert (answer.status_code, case.cadre, case.channel) == (200, chen, "phone")
    assert timedelta(0) <= before - case.received_at < timedelta(minutes=2)
    grouped = answer.context["grouped"]
    number = receipts.normalise(grouped)
    assert progress.find(number) == [case]
    html = answer.content.decode()
    assert grouped in html
    assert answer.context["due"] in html
    assert reverse("complaint", args=[case.number]) in html
    assert answer.headers["Cache-Control"] == "private, no-store"
    seen = page.client.get(reverse("complaint", args=[case.number]))
    assert (seen.status_code, grouped in seen.content.decode()) == (200, False)


def test_a_second_tap_shows_the_same_page(unit, express):
    page = Page(express)
    first, second = page.send(unit, photos=[photo()]), page.send(unit, photos=[photo()])
    assert first.context["grouped"] == second.context["grouped"] != ""
    assert Complaint.objects.get().attachments.count() == 1
    Complaint.objects.update(entered_at=timezone.now() - SECOND_TAP - timedelta(minutes=1))
    late = page.send(unit)
    assert (late.context["grouped"], late.context["is_old"]) == ("", True)
    assert first.context["grouped"] not in late.content.decode()


def test_what_was_changed_on_a_form_that_was_sent_is_said_not_to_be_taken(unit, express):
    page = Page(express)
    first = page.send(unit)
    assert not first.context["is_other"]
    again = page.send(unit, text="另有一事：停车场被占用。")
    assert again.context["is_other"]
    assert said("It was received before") in again.content.decode()
    assert Complaint.objects.get().text != "另有一事：停车场被占用。"


def test_without_a_receipt_the_page_says_so(unit, express):
    page = Page(express)
    answer = page.send(unit, with_receipt="")
    assert (answer.context["grouped"], answer.context["is_old"]) == ("", False)
    assert said("No receipt was given out") in answer.content.decode()
    again = page.send(unit, with_receipt="")
    assert again.context["case"] is None
    assert said("It was received before") in again.content.decode()


@pytest.mark.parametrize("days", [0, 2, 20])
def test_what_is_nearly_or_long_due_is_said(days, unit, express):
    day = local(timezone.now()).date() - timedelta(days=days)
    answer = Page(express).send(unit, day=str(day), clock="00:00")
    warned = answer.context["left"].text in answer.content.decode()
    assert warned is (answer.context["left"].tone != "on")
    assert (answer.context["left"].tone == "bad") is (days == 20)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "site"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"day": ""}, "day"),
        ({"day": "2999-01-01"}, "day"),
        ({"day": "2020-01-01"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"clock": "25:00"}, "clock"),
        ({"unit": "D000"}, "unit"),
        ({"unit": ""}, "unit"),
        ({"unit": "D" * 40, "name": "陈砚"}, "unit"),
        ({"name": "无此人"}, "name"),
        ({"name": "周渡"}, "name"),
        ({"text": " "}, "text"),
        ({"text": "长" * 5001}, "text"),
        ({"contact_phone": "没有"}, "contact_phone"),
        ({"photos": [SimpleUploadedFile("a.jpg", b"no picture")]}, "photos"),
    ],
)
def test_each_error_stands_at_its_field_and_keeps_the_words(wrong, field, unit, zhou, express):
    page = Page(express)
    answer = page.send(unit, occasion="一楼窗口", **wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    html = answer.content.decode()
    assert "一楼窗口" in html
    assert NAME in html
    assert not Complaint.objects.exists()
    # The form that came back is the same one.
    assert str(answer.context["ticket"]) in html
    assert page.send(unit).context["case"] == Complaint.objects.get()


def test_whoever_belongs_to_another_unit_is_said_to(unit, zhou, express):
    (error,) = Page(express).send(unit, name=" 周渡 ").context["form"].errors["name"]
    assert "剑潭镇 党政办" in error


def test_of_namesakes_one_is_chosen_by_post_and_room(unit, office, chen, express):
    other = make_cadre(make_office(unit, "财务科", "402"), "陈砚", posts=("科员",))
    Cadre.objects.filter(pk=other.pk).update(serves_to=local(NOW).date())
    page = Page(express)
    answer = page.send(unit, name="陈砚")
    assert list(answer.context["form"].errors) == ["which"]
    labels = [str(label) for _value, label in answer.context["form"].fields["which"].choices]
    assert labels[0] == "办公室 · 副科长 · 301"
    assert labels[1].startswith("财务科 · 科员 · 402 · ")
    assert list(page.send(unit, name="陈砚", which="0").context["form"].errors) == ["which"]
    page.send(unit, name="陈砚", which=str(other.pk))
    assert Complaint.objects.get().cadre == other


def test_somebody_chosen_among_namesakes_goes_with_their_name(unit, office, chen, lin, express):
    make_cadre(office, "陈砚")
    Page(express).send(unit, name="林一帆", which=str(chen.pk))
    assert Complaint.objects.get().cadre == lin


def test_a_bad_photo_costs_neither_the_words_nor_the_good_ones(unit, express):
    page = Page(express)
    bad = SimpleUploadedFile("b.jpg", b"no picture")
    answer = page.send(unit, photos=[photo(), bad, photo()])
    (error,) = answer.context["form"].errors["photos"]
    assert "2" in error
    kept = answer.context["images"]
    assert len(kept) == 2
    shown = page.client.get(reverse("complain_image", args=[kept[0].token]))
    assert shown.content.startswith(b"\xff\xd8")
    assert TEXT in answer.content.decode()
    page.send(unit, remove=[kept[0].token])
    assert Attachment.objects.get().complaint == Complaint.objects.get()


def test_at_most_five_photos_and_none_of_them_twice(unit, express):
    page = Page(express)
    answer = page.send(unit, photos=[photo() for _number in range(evidence.MOST + 1)])
    assert len(answer.context["images"]) == evidence.MOST
    every = [image.token for image in answer.context["images"]]
    case = page.send(unit, remove=every).context["case"]
    assert case.attachments.count() == 0


def test_a_photo_of_another_draft_is_not_left_out_by_its_code(unit, express):
    draft = intake.images_add(draft="", pictures=[b"one"], now=NOW)
    Page(express).send(unit, remove=[DraftImage.objects.get().token])
    assert Draft.objects.get(token=draft).images.count() == 1


# --- Who must not know ----------------------------------------------------------------------------------------------


def accused(user, chen):
    Cadre.objects.filter(pk=chen.pk).update(user=user)


def kin(user, chen):
    stepping_back.interest_declare(cadre=chen, reason="表兄", actor=user, now=NOW)


def own_unit(user, chen):
    give(user, Role.UNIT_OFFICER, unit=chen.unit)


@pytest.mark.parametrize("setting", [accused, kin, own_unit])
def test_whoever_has_an_interest_enters_it_and_sees_it_no_more(setting, unit, chen, express, express_head):
    setting(express, chen)
    page = Page(express)
    answer = page.send(unit, name="陈砚")
    case, html = Complaint.objects.get(), answer.content.decode()
    assert said("You have an interest in it. It is kept, and others handle it.") in html
    assert case.number not in html
    assert answer.context["grouped"] in html
    assert page.client.get(reverse("complaint", args=[case.number])).status_code == 404
    other = signed_in(express_head).get(reverse("complaint", args=[case.number]))
    assert other.status_code == 200


def test_nothing_that_was_typed_stands_outside_the_case(unit, chen, express, caplog):
    page = Page(express)
    page.send(unit, name="陈砚", occasion="一楼窗口", photos=[photo("王小满的信.jpg")])
    assert AuditEntry.objects.get(verb="complaint_received").actor == express
    written = [
        *map(str, AuditEntry.objects.filter(verb__startswith="complaint").values_list("changes", flat=True)),
        *map(str, ComplaintEvent.objects.values_list("facts", flat=True)),
        str(dict(page.client.session)),
        caplog.text,
    ]
    found = [word for word in (TEXT, "一楼窗口", NAME, PHONE, "陈砚") for line in written if word in line]
    assert found == []


def test_a_forged_ticket_is_a_new_one(unit, express):
    answer = Page(express).send(unit, ticket="1.2:3")
    assert answer.context["grouped"]
    assert tickets.read("1.2:3", NOW).token != "2"


def test_the_queue_leads_here(express, discipline):
    links = [reverse("complaint_enter"), reverse("complaint_numbers")]
    html = signed_in(express).get(reverse("complaints")).content.decode()
    assert all(f'href="{link}"' in html for link in links)
    html = signed_in(discipline).get(reverse("complaints")).content.decode()
    assert not any(f'href="{link}"' in html for link in links)
