"""What is removed when its period is over, and that the record stays valid."""

from datetime import datetime, timedelta

import pytest

from complaints.models import Attachment, Complaint, ComplaintEvent, ComplaintSettings, Praise
from complaints.rules import State
from complaints.services import purge
from tests.cast import NOW
from tests.complaints.cases import LATER, TEXT, in_state, received

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
CONTACT, TEXTS = 6, 36


def after(months: int, *, begin: datetime = LATER) -> datetime:
    """The first day on which so many months are over."""
    day = begin
    while purge.months_before(day, months) <= begin:
        day += DAY
    return day


def words(case: Complaint) -> tuple[str, str, str, str, int]:
    case = Complaint.objects.get(pk=case.pk)
    return case.text, case.occasion, case.contact_name, case.contact_phone, case.attachments.count()


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        ("2026-11-28", 6, "2026-05-28"),
        ("2026-08-31", 6, "2026-02-28"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2027-12-31", 36, "2024-12-31"),
        ("2028-02-29", 12, "2027-02-28"),
    ],
)
def test_months_are_those_of_the_calendar(now, months, then):
    noon = "T12:00:00+08:00"
    assert purge.months_before(datetime.fromisoformat(now + noon), months) == datetime.fromisoformat(
        then + noon
    )


@pytest.mark.parametrize("state", [State.ANSWERED, State.NOT_ACCEPTED])
def test_contact_goes_first_and_words_and_evidence_later(state, unit, express, express_head):
    case = in_state(state, unit, express, express_head)
    Attachment.objects.create(complaint=case, data=b"jpeg")
    kept = ("一楼窗口", "王小满", "13900001234", 1)
    assert purge.purge(now=after(CONTACT) - DAY) == 0
    assert words(case) == (TEXT, *kept)
    assert purge.purge(now=after(CONTACT)) == 1
    assert purge.purge(now=after(CONTACT)) == 0
    assert words(case) == (TEXT, "一楼窗口", "", "", 1)
    assert purge.purge(now=after(TEXTS) - DAY) == 0
    assert purge.purge(now=after(TEXTS)) == 1
    assert words(case) == ("", "", "", "", 0)
    case.refresh_from_db()
    assert (case.contact_removed_at, case.text_removed_at) == (after(CONTACT), after(TEXTS))
    assert [event.facts for event in case.events.filter(kind="purged")] == [
        {"what": "contact"},
        {"what": "text"},
    ]


def test_the_record_stays_valid_and_keeps_what_was_decided(unit, express, express_head):
    case = in_state(State.ANSWERED, unit, express, express_head)
    purge.purge(now=after(TEXTS))
    case.refresh_from_db()
    assert (case.state, case.outcome, bool(case.answer), bool(case.statement)) == (
        "answered",
        "partly",
        True,
        True,
    )
    assert case.receipt
    case.full_clean(
        exclude=[
            field.name for field in Complaint._meta.fields if field.null or field.name == "next_stage_at"
        ]
    )


@pytest.mark.parametrize("state", [State.RECEIVED, State.ACCEPTED, State.REVIEW, State.CLOSED, State.LINKED])
def test_what_is_open_keeps_everything(state, unit, express, express_head):
    case = in_state(state, unit, express, express_head)
    assert purge.purge(now=after(TEXTS) + 400 * DAY) == 0
    assert words(case)[:3] == (TEXT, "一楼窗口", "王小满")


def test_what_was_referred_is_frozen_until_texts_go(unit, express, express_head):
    case = in_state(State.REFERRED, unit, express, express_head)
    assert purge.purge(now=after(TEXTS) - DAY) == 0
    assert purge.purge(now=after(TEXTS)) == 2
    assert words(case) == ("", "", "", "", 0)


def test_what_is_done_again_keeps_its_words_until_the_second_answer_is_as_old(unit, express, express_head):
    first = in_state(State.ANSWERED, unit, express, express_head)
    again = received(unit, text="", occasion="", contact_name="", contact_phone="", with_receipt=False)
    Complaint.objects.filter(pk=again.pk).update(redo_of=first, redo_reason="未解决")
    assert purge.purge(now=after(TEXTS) + DAY) == 0
    later = LATER + 20 * DAY
    Complaint.objects.filter(pk=again.pk).update(state="answered", answered_at=later, next_stage_at=None)
    assert purge.purge(now=after(CONTACT, begin=later) - DAY) == 0
    assert purge.purge(now=after(CONTACT, begin=later)) == 1
    assert words(first)[:3] == (TEXT, "一楼窗口", "")
    assert purge.purge(now=after(TEXTS, begin=later)) == 2
    assert words(first) == ("", "", "", "", 0)
    assert Complaint.objects.get(pk=again.pk).redo_reason == ""


def test_the_months_are_what_the_city_has_set(unit, express, express_head):
    case = in_state(State.ANSWERED, unit, express, express_head)
    ComplaintSettings.objects.update_or_create(pk=1, defaults={"contact_months": 1, "text_months": 2})
    assert purge.purge(now=after(1)) == 1
    assert purge.purge(now=after(2)) == 1
    assert words(case) == ("", "", "", "", 0)


def test_whoever_left_no_contact_has_none_to_lose(unit, express, express_head):
    case = in_state(State.ANSWERED, unit, express, express_head)
    Complaint.objects.filter(pk=case.pk).update(contact_name="", contact_phone="")
    assert purge.purge(now=after(CONTACT)) == 0
    assert not ComplaintEvent.objects.filter(kind="purged").exists()


def test_more_than_a_batch(unit, express, express_head, monkeypatch):
    monkeypatch.setattr(purge, "BATCH", 1)
    for _case in range(3):
        in_state(State.ANSWERED, unit, express, express_head)
    assert purge.purge(now=after(TEXTS)) == 6


def test_words_of_praise_go_with_texts(unit):
    Praise.objects.create(unit=unit, text="谢谢", received_at=NOW)
    assert purge.purge(now=after(TEXTS, begin=NOW) - DAY) == 0
    assert purge.purge(now=after(TEXTS, begin=NOW)) == 1
    assert Praise.objects.get().text == ""
