"""A caller who lost the receipt: found by the phone they left, answered, and given a new number."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Role
from common.models import AuditEntry
from common.problems import Refused
from complaints import limits, progress, receipts
from complaints.models import Complaint, ComplaintEvent, Interest
from complaints.services import aftercare, callers, handling, intake, purge
from complaints.services.cases import complaint_receive
from complaints.services.intake import Subject, Words
from complaints.tickets import SECOND_TAP, Ticket
from tests.cast import NOW, give, make_user, signed_in
from tests.complaints.cases import LATER, TEXT, accepted, drafted, received, referred

PHONE, OTHER = "13900001234", "13900009999"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def renew(case, actor, phone=PHONE, reason="来电人遗失回执"):
    return callers.receipt_renew(case=case, phone=phone, reason=reason, actor=actor, now=LATER)


def done_again(unit, express, express_head) -> tuple[Complaint, Complaint]:
    first = drafted(accepted(unit, express))
    first = handling.close(case=first, feedback="receipt", actor=express_head, now=LATER)
    first = aftercare.complaint_rate(case=first, grade=1, now=LATER)
    return first, aftercare.complaint_redo(case=first, reason="没有核实。", now=LATER)


def ask(user, phone):
    return signed_in(user).post(reverse("complaint_caller"), {"phone": phone})


def shown(page) -> list[str]:
    return [row["case"].number for row in page.context.get("rows", [])]


# --- The key --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [PHONE, "139 0000 1234", "139-0000-1234", "+86 13900001234", "008613900001234", "１３９００００１２３４"],
)
def test_one_phone_has_one_key_however_it_is_written(typed):
    assert receipts.contact_key(typed) == receipts.contact_key(PHONE)


def test_other_phones_and_receipts_have_other_keys(settings):
    known = receipts.contact_key(PHONE)
    assert receipts.contact_key(OTHER) != known
    assert receipts.contact_key("0578-7212345 转 12") == receipts.contact_key("(0578)7212345")
    assert receipts.contact_key("1" * 16) != receipts.digest("1" * 16)
    assert receipts.contact_key("") == receipts.contact_key("王小满") == ""
    settings.RECEIPT_KEY = "k" * 40
    assert receipts.contact_key(PHONE) != known


@pytest.mark.django_db
def test_the_key_goes_with_the_contact(unit, express):
    case = handling.refuse(case=received(unit), reason="一", right_door="二", actor=express, now=LATER)
    assert case.contact_key == receipts.contact_key(PHONE)
    assert received(unit, contact_phone="").contact_key == ""
    purge.purge(now=LATER + timedelta(days=200))
    case.refresh_from_db()
    assert (case.contact_phone, case.contact_key) == ("", "")


# --- The call -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_caller_is_found_by_the_phone_and_each_case_says_so(unit, other_unit, express, express_head):
    first, again = done_again(unit, express, express_head)
    third = received(other_unit, received_at=LATER, now=LATER)
    received(unit, contact_phone=OTHER)
    page = ask(express, "139 0000 1234")
    assert set(shown(page)) == {first.number, again.number, third.number}
    html = page.content.decode()
    assert PHONE not in html
    # The receipt is the first case's.
    renewals = [
        reverse("complaint_receipt_renew", args=[case.number]) in html for case in (first, again, third)
    ]
    assert renewals == [True, False, True]
    assert page.headers["Cache-Control"] == "private, no-store"
    asked = ComplaintEvent.objects.filter(kind="caller_asked")
    assert {event.complaint for event in asked} == {first, again, third}
    assert {event.actor for event in asked} == {express}
    entries = AuditEntry.objects.filter(verb="complaint_caller_asked")
    assert {entry.subject_id for entry in entries} == {first.pk, again.pk, third.pk}
    assert "1234" not in str(list(entries.values_list("changes", flat=True)))


@pytest.mark.django_db
def test_what_is_not_for_the_asker_is_not_found(unit, chen, express, express_head):
    Interest.objects.create(user=express, cadre=chen, reason="亲属", declared_at=NOW)
    received(unit, chen)
    referred(received(unit), express_head)
    page = ask(express, PHONE)
    assert shown(page) == []
    assert page.context["asked"]
    assert not ComplaintEvent.objects.filter(kind="caller_asked").exists()
    assert AuditEntry.objects.filter(verb="complaint_caller_unknown", actor=express).count() == 1


@pytest.mark.django_db
def test_the_address_of_the_page_finds_nothing(unit, express):
    received(unit)
    page = signed_in(express).get(reverse("complaint_caller"), {"phone": PHONE})
    assert (page.status_code, shown(page)) == (200, [])
    assert PHONE not in page.content.decode()
    assert ask(express, "no phone").status_code == 422


@pytest.mark.django_db
def test_nobody_tries_one_phone_after_the_other(unit, express, monkeypatch):
    case = received(unit)
    monkeypatch.setattr(limits, "CALLERS", limits.Limit("callers", most=2, seconds=3600))
    assert [ask(express, OTHER).status_code for _call in range(3)] == [200, 200, 422]
    page = ask(express, PHONE)
    assert (page.status_code, shown(page)) == (422, [])
    # The same count, whichever page they are tried on.
    answer = signed_in(express).post(
        reverse("complaint_receipt_renew", args=[case.number]), {"phone": PHONE, "reason": "遗失"}
    )
    assert answer.status_code == 422
    assert not ComplaintEvent.objects.filter(kind="receipt_renewed").exists()


# --- A new number ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_number_opens_the_page_and_the_old_one_ends(unit, express):
    case, old = complaint_receive(
        channel="site",
        unit=unit,
        cadre=None,
        text=TEXT,
        contact_phone=PHONE,
        received_at=NOW,
        actor=None,
        now=NOW,
    )
    page = signed_in(express).post(
        reverse("complaint_receipt_renew", args=[case.number]), {"phone": "139 0000 1234", "reason": "遗失"}
    )
    number = receipts.normalise(page.context["grouped"])
    assert number is not None
    assert page.context["grouped"] in page.content.decode()
    assert progress.find(number) == [case]
    assert progress.find(old) == []
    event = ComplaintEvent.objects.get(kind="receipt_renewed")
    assert (event.actor, event.facts) == (express, {"reason": "遗失"})
    written = str(list(AuditEntry.objects.values_list("changes", flat=True))) + str(event.facts)
    assert number not in written
    assert PHONE not in written


@pytest.mark.django_db
def test_of_what_is_done_again_the_first_case_keeps_the_number(unit, express, express_head):
    first, again = done_again(unit, express, express_head)
    assert progress.find(renew(again, express_head)) == [first, again]
    assert progress.find(renew(first, express_head)) == [first, again]
    assert Complaint.objects.get(pk=again.pk).receipt is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phone": OTHER}, "phone"),
        ({"phone": ""}, "phone"),
        ({"reason": " "}, "reason"),
        ({"reason": f"来电 {PHONE} 遗失回执"}, "reason"),
    ],
)
def test_without_the_phone_or_a_reason_the_old_number_stays(wrong, field, unit, express):
    case = received(unit)
    with pytest.raises(Refused) as refused:
        renew(case, express, **wrong)
    assert refused.value.field == field
    assert Complaint.objects.get().receipt == case.receipt


@pytest.mark.django_db
def test_whom_nobody_can_identify_gets_none(unit, express, express_head):
    for case in (received(unit, contact_phone=""), received(unit, with_receipt=False)):
        with pytest.raises(Refused):
            renew(case, express)
        page = signed_in(express).get(reverse("complaint", args=[case.number]))
        assert page.context["may_renew"] is False
    gone = referred(received(unit), express_head)
    kin, case = make_user("kin", "亲友"), received(unit)
    give(kin, Role.EXPRESS_STAFF)
    Interest.objects.create(user=kin, complaint=case, reason="回避", declared_at=NOW)
    for row, actor in ((gone, express), (case, kin)):
        with pytest.raises(Refused):
            renew(row, actor)
    assert not ComplaintEvent.objects.filter(kind="receipt_renewed").exists()


@pytest.mark.django_db
def test_a_form_that_is_sent_again_after_a_renewal_shows_no_number(unit, express):
    given = {"ticket": Ticket(NOW, "T" * 16), "subject": Subject(unit), "draft": "", "from_card": False}
    words = Words(TEXT, contact_phone=PHONE)
    case, old = intake.complaint_send(**given, words=words, now=NOW)
    assert case is not None
    assert intake.complaint_send(**given, words=words, now=NOW + SECOND_TAP) == (case, old)
    renew(case, express)
    assert intake.complaint_send(**given, words=words, now=NOW + SECOND_TAP) == (None, "")
    assert Complaint.objects.count() == 1
