"""Complaining and praising as a citizen without script does it: what is carried, what is refused, what is stored."""

import hashlib
import hmac
import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import City
from cards import services
from common.models import AuditEntry
from complaints import limits, tickets
from complaints.models import Complaint, ComplaintEvent, Draft, DraftImage, Praise
from complaints.services.intake import images_add
from complaints.services.sweeps import DRAFTS_KEPT, drafts_remove
from tests.cast import NOW, issue_card, portrait
from tests.complaints.citizens import BAIT, NAME, OCCASION, PHONE, TEXT, Citizen

pytestmark = pytest.mark.django_db
COMPLAIN, PRAISE = reverse("complain"), reverse("praise")
ONCE_MORE = "请再按一次"
TOO_OFTEN = "您所在网络提交过于频繁。请稍等几分钟再按一次，已填内容不会丢失。"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def later(clock):
    clock.shift(timedelta(minutes=1))
    return lambda **span: clock.shift(timedelta(**span))


@pytest.fixture
def citizen(unit, clock) -> Citizen:
    """Who has read the first page for a minute, by way of a unit's link."""
    there = Citizen(f"{COMPLAIN}?unit={unit.code}")
    clock.shift(timedelta(minutes=1))
    return there


def photo(width: int = 120) -> bytes:
    return portrait(width, 160).getvalue()


def nothing_is_stored() -> bool:
    return not any(
        model.objects.exists() for model in (Complaint, ComplaintEvent, Draft, DraftImage, Session)
    )


# --- Who it is about ------------------------------------------------------------------------------------------------


def test_from_a_plaque_person_and_unit_are_filled_in(lin, clock):
    token = issue_card(lin).token
    page = Client().get(f"/c/{token}").content.decode()
    assert f'href="{COMPLAIN}?card={token}"' in page
    citizen = Citizen(f"{COMPLAIN}?card={token}")
    assert "被投诉对象 林一帆 ，青窑局" in citizen.words
    clock.shift(timedelta(minutes=1))
    assert "林一帆 ，青窑局" in citizen.to_check().words
    citizen.press("send")
    case = Complaint.objects.get()
    assert (case.cadre, case.unit, case.channel) == (lin, lin.unit, "card")


def test_whoever_scanned_a_plaque_may_choose_a_unit_instead(lin, other_unit, later):
    citizen = Citizen(f"{COMPLAIN}?card={issue_card(lin).token}")
    later(minutes=1)
    assert "投诉的不是此人" in citizen.words
    citizen.to_check(unit=other_unit.code)
    assert "剑潭镇" in citizen.words
    assert "林一帆" not in citizen.words
    citizen.press("send")
    case = Complaint.objects.get()
    assert (case.cadre, case.unit, case.channel) == (None, other_unit, "site")


def test_a_link_of_a_unit_fills_it_in(citizen, unit):
    assert citizen.fields["unit"] == unit.code
    citizen.to_check().press("send")
    case = Complaint.objects.get()
    assert (case.cadre, case.unit, case.channel) == (None, unit, "site")


def test_from_the_site_the_unit_is_chosen(unit, other_unit, later):
    assert f'href="{COMPLAIN}"' in Client().get("/").content.decode()
    citizen = Citizen(COMPLAIN)
    later(minutes=1)
    assert citizen.fields["unit"] == ""
    citizen.to_check(unit=other_unit.code).press("send")
    assert Complaint.objects.get().unit == other_unit


def revoked(lin) -> str:
    card = issue_card(lin)
    services.card_revoke(card=card, reason="lost", note="", actor=card.approved_by, now=NOW)
    return str(card.token)


def ended(lin) -> str:
    token = issue_card(lin).token
    lin.serves_to = date(2026, 11, 23)
    lin.save(update_fields=["serves_to"])
    return str(token)


@pytest.mark.parametrize(
    "token_of", [revoked, ended, lambda _lin: "7" * 16, lambda _lin: "%3Cb%3E“’", lambda _lin: "0" * 9000]
)
def test_a_card_that_is_none_any_more_names_nobody(lin, token_of):
    """The page asks for a unit, as it does of whoever comes without a card."""
    citizen = Citizen(f"{COMPLAIN}?card={token_of(lin)}")
    assert citizen.status == 200
    assert "林一帆" not in citizen.html
    assert (citizen.fields["unit"], "card" in citizen.fields) == ("", False)
    assert citizen.press(text=TEXT, occasion=OCCASION).status == 422


@pytest.mark.parametrize("code", ["X999", "", "<script>", "d" * 500])
def test_a_link_of_no_unit_chooses_none(unit, code):
    citizen = Citizen().open(f"{COMPLAIN}?unit={code}")
    assert (citizen.status, citizen.fields["unit"]) == (200, "")
    assert "<script>" not in citizen.html.split("<main", 1)[1].split("</main>", 1)[0]


def test_a_card_that_ends_while_somebody_writes_costs_none_of_the_words(lin, later):
    card = issue_card(lin)
    citizen = Citizen(f"{COMPLAIN}?card={card.token}")
    later(minutes=1)
    citizen.to_check()
    services.card_revoke(card=card, reason="lost", note="", actor=card.approved_by, now=NOW)
    citizen.press("send")
    assert (citizen.status, citizen.step, Complaint.objects.count()) == (422, 1, 0)
    assert (citizen.fields["text"], citizen.fields["contact_name"]) == (TEXT, NAME)
    citizen.to_check(unit=lin.unit.code).press("send")
    assert Complaint.objects.get().text.splitlines() == TEXT.splitlines()


# --- Back and forth -------------------------------------------------------------------------------------------------


def typed(citizen: Citizen) -> dict[str, str]:
    names = ("text", "occasion", "contact_name", "contact_phone")
    return {name: citizen.fields.get(name, "") for name in names}


def test_what_was_typed_survives_every_step_back_and_forth(citizen, unit):
    all_of_it = {"text": TEXT, "occasion": OCCASION, "contact_name": NAME, "contact_phone": PHONE}
    citizen.to_check()
    for go, step in (
        ("to-3", 3), ("to-2", 2), ("to-1", 1), ("next", 2), ("to-1", 1), ("next", 2), ("next", 3),
        ("next", 4), ("to-1", 1), ("next", 2), ("next", 3), ("to-2", 2), ("next", 3), ("next", 4),
        ("to-2", 2), ("next", 3), ("next", 4),
    ):  # fmt: skip
        citizen.press(go)
        assert (citizen.status, citizen.step, typed(citizen)) == (200, step, all_of_it), go
        assert citizen.fields["unit"] == unit.code
    assert all(words in citizen.words for words in (*TEXT.splitlines(), OCCASION, NAME, PHONE, "青窑局"))


def test_what_was_just_typed_goes_along_even_where_back_is_pressed(citizen):
    citizen.press(text=TEXT, occasion=OCCASION).press().press("to-2", contact_phone="not yet whole")
    assert (citizen.step, citizen.fields["contact_phone"]) == (2, "not yet whole")


def test_markup_is_shown_as_it_was_typed(citizen):
    odd = "<b>\"&amp;'</b> " + TEXT
    citizen.to_check(text=odd)
    assert "<b>" not in re.sub(r'value="[^"]*"', "", citizen.html.split("<main", 1)[1])
    citizen.press("send")
    assert Complaint.objects.get().text.splitlines() == odd.splitlines()


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"text": ""}, "text", "请写明事情经过。"),
        ({"text": "   \n "}, "text", "请写明事情经过。"),
        ({"text": "长" * 5001}, "text", "5000"),
        ({"occasion": ""}, "occasion", "请写明大致的时间和地点。"),
        ({"occasion": "远" * 201}, "occasion", "200"),
        ({"unit": ""}, "unit", "请选择一项。"),
        ({"unit": "X999"}, "unit", "选择"),
    ],
)
def test_an_error_of_the_first_step_says_what_is_missing(citizen, given, field, sentence):
    citizen.press(**{"text": TEXT, "occasion": OCCASION, **given})
    assert (citizen.status, citizen.step) == (422, 1)
    assert sentence in citizen.response.context["form"].errors[field][0]
    assert f'href="#id_{field}"' in citizen.html
    others = {"text": TEXT, "occasion": OCCASION, **given}
    assert typed(citizen)["text"] == others["text"]
    assert typed(citizen)["occasion"] == others["occasion"]
    assert nothing_is_stored()


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"contact_phone": "call me"}, "contact_phone", "请填写电话号码，例如 0578-7212345。"),
        ({"contact_phone": "12"}, "contact_phone", "请填写电话号码，例如 0578-7212345。"),
        ({"contact_name": "名" * 51}, "contact_name", "50"),
    ],
)
def test_an_error_of_the_contact_is_said_at_once(citizen, given, field, sentence):
    citizen.press(text=TEXT, occasion=OCCASION).press().press(**given)
    assert (citizen.status, citizen.step) == (422, 3)
    assert sentence in citizen.response.context["form"].errors[field][0]
    assert typed(citizen) == {
        "contact_name": "",
        "contact_phone": "",
        "text": TEXT,
        "occasion": OCCASION,
        **given,
    }
    assert nothing_is_stored()


@pytest.mark.parametrize(
    ("spoiled", "step"),
    [({"text": ""}, 1), ({"occasion": ""}, 1), ({"contact_phone": "call"}, 3), ({"unit": "X"}, 1)],
)
def test_what_is_spoiled_on_the_way_leads_to_its_step(citizen, spoiled, step):
    citizen.to_check().press("send", **spoiled)
    assert (citizen.status, citizen.step) == (422, step)
    assert nothing_is_stored()


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("一直\u200b在看手机。\ufeff", "一直在看手机。"),
        ("他说\u2028不办。", "他说\n不办。"),
        ("态度差\U0001f468\u200d\U0001f469", "态度差\U0001f468\U0001f469"),
    ],
)
def test_what_cannot_be_seen_is_left_out_of_a_text_without_a_word(citizen, pasted, kept):
    """It comes along with what people paste, and nobody could find it."""
    citizen.to_check(text=pasted, occasion=f"306室{pasted[:3]}").press("send")
    assert Complaint.objects.get().text == kept


def test_a_line_break_counts_as_one_sign(citizen):
    text = "行\n" * 2500
    citizen.to_check(text=text).press("send")
    assert Complaint.objects.get().text == text.strip()


# --- Nothing before it is sent --------------------------------------------------------------------------------------


def test_nothing_is_stored_before_it_is_sent(citizen):
    citizen.to_check()
    assert nothing_is_stored()
    assert set(citizen.client.cookies) == {"csrftoken"}
    citizen.press("send")
    assert Complaint.objects.count() == 1
    assert not Session.objects.exists()
    assert set(citizen.client.cookies) == {"csrftoken"}


def test_photos_alone_wait_in_a_draft_and_go_with_it(citizen):
    citizen.press(text=TEXT, occasion=OCCASION).press("add", [photo(), photo(130)])
    assert (citizen.step, citizen.status) == (2, 200)
    assert "已添加2张照片" in citizen.words
    assert (Draft.objects.count(), DraftImage.objects.count(), Complaint.objects.count()) == (1, 2, 0)
    images = re.findall(r'src="(/complain/images/[^"]+)"', citizen.html)
    shown = citizen.client.get(images[0])
    assert (shown.status_code, shown["Content-Type"], len(images)) == (200, "image/jpeg", 2)
    assert "no-store" in shown["Cache-Control"]
    citizen.press().press()
    assert re.findall(r'src="(/complain/images/[^"]+)"', citizen.html) == images
    citizen.press("send")
    assert (Complaint.objects.get().attachments.count(), DraftImage.objects.count()) == (2, 0)
    assert citizen.client.get(images[0]).status_code == 404


def test_a_photo_can_be_removed_and_another_added(citizen):
    citizen.press(text=TEXT, occasion=OCCASION).press("add", [photo(), photo(130)])
    first, second = DraftImage.objects.values_list("token", flat=True)
    citizen.press(f"remove-{first}")
    assert (citizen.step, typed(citizen)["text"]) == (2, TEXT)
    assert [image.token for image in DraftImage.objects.all()] == [second]
    citizen.press("add", [photo(140)])
    assert DraftImage.objects.count() == 2
    assert Draft.objects.count() == 1
    # Another's photo is not one's own to remove.
    other = Citizen(f"{COMPLAIN}?unit=D901")
    other.post(COMPLAIN, step="2", go=f"remove-{second}", draft="")
    assert DraftImage.objects.filter(token=second).exists()


def test_whoever_removes_the_last_photo_sends_without(citizen):
    citizen.press(text=TEXT, occasion=OCCASION).press("add", [photo()])
    citizen.press(f"remove-{DraftImage.objects.get().token}").press().press().press("send")
    assert (citizen.status, Complaint.objects.get().attachments.count()) == (200, 0)


def test_photos_that_waited_too_long_are_not_left_out_in_silence(citizen, later):
    citizen.press(text=TEXT, occasion=OCCASION).press(photos=[photo()]).press()
    later(seconds=DRAFTS_KEPT.total_seconds() + 60)
    drafts_remove(now=NOW + DRAFTS_KEPT + timedelta(minutes=10))
    citizen.press("send")
    assert (citizen.status, citizen.step, Complaint.objects.count()) == (422, 2, 0)
    assert "照片存放过久，已被清除，请重新选择。" in citizen.words
    assert typed(citizen)["text"] == TEXT
    citizen.press(photos=[photo()]).press().press("send")
    assert Complaint.objects.get().attachments.count() == 1


# --- Programs and floods --------------------------------------------------------------------------------------------


def test_what_nobody_sees_and_nobody_can_reach_is_empty(citizen):
    trap = re.search(rf'<div class="hidden-visually" aria-hidden="true">.*?name="{BAIT}"[^>]*>', citizen.html)
    assert trap
    assert 'tabindex="-1"' in trap[0]
    assert citizen.fields[BAIT] == ""


def test_whoever_fills_what_nobody_sees_presses_once_more(citizen):
    citizen.to_check().press("send", **{BAIT: "http://example.com"})
    assert (citizen.status, citizen.step, Complaint.objects.count()) == (422, 4, 0)
    assert ONCE_MORE in citizen.words
    assert typed(citizen)["text"] == TEXT
    assert citizen.press("send").status == 200
    assert Complaint.objects.count() == 1


@pytest.mark.parametrize("ticket", [None, "", "1.AAAA:forged", "ü" * 300])
def test_who_is_too_quick_presses_once_more(unit, later, ticket):
    """Four seconds after the first page, or without a page of ours at all."""
    citizen = Citizen(f"{COMPLAIN}?unit={unit.code}").to_check()
    citizen.press("send", **({} if ticket is None else {"ticket": ticket}))
    assert (citizen.status, ONCE_MORE in citizen.words, Complaint.objects.count()) == (422, True, 0)
    assert typed(citizen) == {
        "text": TEXT,
        "occasion": OCCASION,
        "contact_name": NAME,
        "contact_phone": PHONE,
    }
    later(seconds=tickets.LEAST.total_seconds() - 1)
    assert citizen.press("send").status == 422
    later(seconds=1)
    assert citizen.press("send").status == 200
    assert Complaint.objects.count() == 1


def test_one_connection_sends_so_many_in_an_hour_and_loses_nothing(unit, later, monkeypatch):
    monkeypatch.setattr(limits, "SENDING", limits.Limit("complaints", most=2, seconds=3600))
    citizens = [Citizen(f"{COMPLAIN}?unit={unit.code}") for _one in range(3)]
    later(minutes=1)
    statuses = [citizen.to_check().press("send").status for citizen in citizens]
    assert statuses == [200, 200, 429]
    last = citizens[-1]
    assert (last.step, TOO_OFTEN in last.words, typed(last)["text"]) == (4, True, TEXT)
    assert Complaint.objects.count() == 2
    elsewhere = Citizen(f"{COMPLAIN}?unit={unit.code}", REMOTE_ADDR="203.0.113.9")
    later(minutes=1)
    assert elsewhere.to_check().press("send").status == 200
    later(hours=1)
    assert last.press("send").status == 200


def test_photos_are_limited_too_and_the_words_stay(citizen, monkeypatch):
    monkeypatch.setattr(limits, "PHOTOS", limits.Limit("complaint-photos", most=1, seconds=3600))
    citizen.press(text=TEXT, occasion=OCCASION).press("add", [photo()]).press("add", [photo()])
    assert (citizen.status, DraftImage.objects.count()) == (422, 1)
    assert TOO_OFTEN in citizen.words
    assert typed(citizen)["text"] == TEXT
    assert citizen.press().step == 3


# --- Once -----------------------------------------------------------------------------------------------------------


def test_a_second_tap_makes_no_second_case_and_shows_the_same_number(citizen, later):
    sent = {**citizen.to_check().fields, "go": "send"}
    number = citizen.post(COMPLAIN, **sent).number
    assert re.fullmatch(r"\d{16}", number)
    later(seconds=119)
    assert citizen.post(COMPLAIN, **sent).number == number
    later(seconds=2)
    citizen.post(COMPLAIN, **sent)
    assert (citizen.status, citizen.number) == (200, "")
    assert number not in citizen.html.replace(" ", "")
    assert "此前已收到" in citizen.words
    assert "投诉只有一件，回执号已在首次提交时显示。" in citizen.words
    assert Complaint.objects.count() == 1


def test_the_first_receipt_says_nothing_of_other_words(citizen):
    citizen.press(text=TEXT, occasion=OCCASION).press(photos=[photo()])
    citizen.press(contact_name=NAME, contact_phone=PHONE).press("send")
    assert citizen.response.context["is_other"] is False
    assert "此前已收到" not in citizen.words


@pytest.mark.parametrize("name", ["text", "occasion", "contact_phone", "unit", "draft"])
@pytest.mark.parametrize("seconds", [30, 300])
def test_who_goes_back_and_sends_something_else_is_told_that_it_was_not_taken(
    citizen, other_unit, later, name, seconds
):
    sent = {**citizen.to_check().fields, "go": "send"}
    number = citizen.post(COMPLAIN, **sent).number
    draft = images_add(draft="", pictures=[photo()], now=NOW)
    changed = {
        "text": "写错了。",
        "occasion": "昨天",
        "contact_phone": "",
        "unit": other_unit.code,
        "draft": draft,
    }
    later(seconds=seconds)
    citizen.post(COMPLAIN, **{**sent, name: changed[name]})
    assert citizen.response.context["is_other"]
    assert citizen.number == (number if seconds < 120 else "")
    assert citizen.words.count("此前已收到") == 1
    case = Complaint.objects.get()
    assert (case.text, case.occasion, case.contact_phone) == (TEXT, OCCASION, PHONE)


def test_two_forms_make_two_cases_with_two_numbers(unit, later):
    citizens = [Citizen(f"{COMPLAIN}?unit={unit.code}") for _one in range(2)]
    later(minutes=1)
    assert len({citizen.to_check().press("send").number for citizen in citizens}) == 2
    assert Complaint.objects.count() == 2


def test_the_form_of_a_complaint_is_not_spent_by_praise(citizen):
    ticket = citizen.fields["ticket"]
    citizen.client.post(PRAISE, {"ticket": ticket, "unit": "D901", "text": "态度很好。"})
    citizen.to_check().press("send")
    assert (Praise.objects.count(), Complaint.objects.count()) == (1, 1)


# --- What is stored -------------------------------------------------------------------------------------------------


def test_the_number_is_kept_as_a_digest_under_its_key_and_shown_once(citizen):
    citizen.to_check().press("send")
    number, case = citizen.number, Complaint.objects.get()
    expected = hmac.new(settings.RECEIPT_KEY.encode(), number.encode(), hashlib.sha256).hexdigest()
    assert case.receipt == expected
    assert settings.RECEIPT_KEY not in (settings.SECRET_KEY, *settings.FIELD_KEYS)
    assert number not in str(_columns())
    assert number not in str(list(AuditEntry.objects.values())) + str(list(ComplaintEvent.objects.values()))
    followed = citizen.post(reverse("receipt"), number=number)
    assert (followed.status, followed.number) == (200, "")


def _columns() -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM complaints_complaint")
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def test_words_and_contact_are_ciphertext_in_the_table(citizen):
    citizen.press(text=TEXT, occasion=OCCASION).press(photos=[photo()])
    citizen.press(contact_name=NAME, contact_phone=PHONE).press("send")
    columns = _columns()
    for name, plain in (
        ("text", TEXT),
        ("occasion", OCCASION),
        ("contact_name", NAME),
        ("contact_phone", PHONE),
    ):
        assert len(str(columns[name])) > 50
        assert plain[:6] not in str(columns[name])
    assert all(
        part not in str(columns) for part in (TEXT[:4], OCCASION[:4], NAME, PHONE, PHONE.replace(" ", ""))
    )
    case = Complaint.objects.get()
    assert (case.occasion, case.contact_name, case.contact_phone) == (OCCASION, NAME, PHONE)
    assert case.text.splitlines() == TEXT.splitlines()
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM complaints_attachment")
        raw = bytes(cursor.fetchone()[0])
    assert b"JFIF" not in raw
    assert b"JFIF" in bytes(case.attachments.get().data)


def test_the_record_names_the_channel_and_nobody(citizen):
    citizen.to_check().press("send")
    entry = AuditEntry.objects.get(verb="complaint_received")
    assert (entry.actor, entry.changes) == (None, {"channel": "site"})
    assert [(event.kind, event.actor) for event in ComplaintEvent.objects.all()] == [("entered", None)]


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        ({"contact_phone": PHONE}, "回执遗失的，可用您留下的电话向效能直通车查询。"),
        ({}, "您未留电话：没有回执号就无法再查询此件。"),
        ({"contact_name": NAME}, "您未留电话：没有回执号就无法再查询此件。"),
    ],
)
def test_the_receipt_says_what_becomes_of_it_and_whether_it_can_be_lost(citizen, contact, words):
    citizen.press(text=TEXT, occasion=OCCASION).press().press(**contact).press("send")
    for sentence in (words, "11月27日24时前答复", "您的投诉已收到", "仅显示这一次"):
        assert sentence in citizen.html.replace(" ", ""), sentence
    assert TEXT[:6] not in citizen.words


# --- Praise ---------------------------------------------------------------------------------------------------------


def test_praise_takes_one_step(lin, later):
    token = issue_card(lin).token
    citizen = Citizen(f"{PRAISE}?card={token}")
    assert "致 林一帆 ，青窑局" in citizen.words
    sent = {**citizen.fields, "text": "耐心又仔细。"}
    assert citizen.post(PRAISE, **sent).status == 422
    assert ONCE_MORE in citizen.words
    assert citizen.fields["text"] == "耐心又仔细。"
    later(minutes=1)
    citizen.post(PRAISE, **sent)
    assert "您的表扬，市效能直通车已收到。" in citizen.words
    # However often it is tapped.
    assert citizen.post(PRAISE, **sent).status == 200
    praise = Praise.objects.get()
    assert (praise.cadre, praise.unit, praise.text) == (lin, lin.unit, "耐心又仔细。")
    assert (Complaint.objects.count(), Session.objects.count()) == (0, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM complaints_praise")
        assert "耐心" not in cursor.fetchone()[0]


def test_one_person_is_praised_and_then_another_from_the_same_page(unit, other_unit, later):
    """Back and on: the second praise is no second tap."""
    ticket = Citizen(PRAISE).fields["ticket"]
    citizen = Citizen()
    later(minutes=1)
    for code in (unit.code, other_unit.code, other_unit.code):
        assert citizen.post(PRAISE, ticket=ticket, unit=code, text="态度很好。").status == 200
    assert sorted(Praise.objects.values_list("unit__code", flat=True)) == [unit.code, other_unit.code]


@pytest.mark.parametrize(
    ("given", "field"), [({"text": ""}, "text"), ({"text": "好" * 1001}, "text"), ({"unit": ""}, "unit")]
)
def test_praise_that_lacks_something_says_so(unit, later, given, field):
    citizen = Citizen(PRAISE)
    later(minutes=1)
    citizen.post(PRAISE, **{**citizen.fields, "unit": unit.code, "text": "很好", **given})
    assert (citizen.status, list(citizen.response.context["form"].errors)) == (422, [field])
    assert Praise.objects.count() == 0


def test_praise_is_limited_as_complaints_are(unit, later, monkeypatch):
    monkeypatch.setattr(limits, "SENDING", limits.Limit("complaints", most=0, seconds=3600))
    citizen = Citizen(PRAISE)
    later(minutes=1)
    citizen.post(PRAISE, **{**citizen.fields, "unit": unit.code, "text": "很好"})
    assert (citizen.status, TOO_OFTEN in citizen.words, citizen.fields["text"]) == (429, True, "很好")
    assert Praise.objects.count() == 0


# --- Other doors, and what a browser keeps --------------------------------------------------------------------------


def test_whoever_would_rather_call_finds_the_hotline_on_every_step(citizen):
    for go in ("next", "next", "next"):
        assert "0578-7129000" in citizen.words
        citizen.press(go, **({"text": TEXT, "occasion": OCCASION} if citizen.step == 1 else {}))
    assert (citizen.step, "0578-7129000" in citizen.words) == (4, True)
    City.objects.update(express_hotline="")
    assert "也可拨打" not in Citizen(COMPLAIN).words


def test_the_contact_is_said_to_be_voluntary_before_it_is_asked_for(citizen):
    citizen.press(text=TEXT, occasion=OCCASION).press()
    assert "可以不留姓名" in citizen.words
    assert "您的联系方式加密保存，查看须说明理由并留下记录。" in citizen.words


@pytest.mark.parametrize("path", [COMPLAIN, PRAISE, "/receipt/"])
def test_no_browser_keeps_these_pages_and_none_tells_where_it_came_from(unit, path):
    citizen = Citizen(path)
    for answer in (citizen.response, citizen.post(path).response):
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert "noindex" in answer["X-Robots-Tag"]


def test_no_address_holds_more_than_the_card_or_the_unit(lin, later):
    """Not even one that somebody made up: what it says beside who it is about is not taken."""
    citizen = Citizen(
        f"{COMPLAIN}?unit={lin.unit.code}&text=made+up&contact_phone=123&draft=x&ticket=y&step=4"
    )
    assert (typed(citizen)["text"], typed(citizen)["contact_phone"], citizen.step) == ("", "", 1)
    later(minutes=1)
    citizen.press(text=TEXT, occasion=OCCASION).press("add", [photo()]).press()
    citizen.press(contact_name=NAME, contact_phone=PHONE)
    addresses = set(re.findall(r'(?:href|action|src)="([^"]*)"', citizen.html))
    for address in addresses:
        assert re.fullmatch(
            r"/(static|complain/images|manifest)[^?]*|/[a-z]*/?|tel:[0-9-]+|#[a-z_-]+", address
        ), address
    citizen.press("send")
    number = citizen.number
    assert not any(
        number in address for address in re.findall(r'(?:href|action|src)="([^"]*)"', citizen.html)
    )
    assert set(re.findall(r'method="(\w+)"', citizen.html)) == {"post"}
