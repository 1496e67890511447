"""The verbs of cards: what each does, what it refuses with which sentence, and what it leaves in the audit trail."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.models import Activation, Role
from cards import selectors, services
from cards.models import (
    Cadre,
    Card,
    CardRequest,
    Consent,
    EmploymentKind,
    Office,
    Placement,
    PlacementKind,
    Printing,
    PrintKind,
    RevokeReason,
    Whereabouts,
)
from cards.rules import Kind, State
from cards.tasks import revoke_ended_service
from common import audit
from common.models import AuditEntry, Job, JobItem
from common.problems import Refused
from tests.accounts.factories import make_user
from tests.cast import NOW, TODAY, declare, issue_card, make_cadre, make_office

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def refusal(verb: Any, **arguments: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        verb(**arguments)
    return str(refused.value.sentence), refused.value.field


def last_entry(verb: str) -> AuditEntry:
    return AuditEntry.objects.filter(verb=verb).latest("pk")


def details(cadre: Cadre, **changed: Any) -> services.CadreDetails:
    return replace(services.details_of(cadre), **changed)


def soon(**step: int) -> datetime:
    return NOW + timedelta(**step)


# --- Offices -----------------------------------------------------------------------------------------------------


def test_an_office_is_made_with_a_door_token_of_its_own(unit, officer):
    one, two = (
        services.office_create(
            unit=unit, details=services.OfficeDetails("审批科", room), actor=officer, now=NOW
        )
        for room in ("305", "306")
    )
    assert len({one.door_token, two.door_token}) == 2
    entry = last_entry("office_created")
    assert (entry.actor, entry.at, entry.subject_id) == (officer, NOW, two.pk)
    assert entry.changes == {"name": "审批科", "room": "306", "location": "", "duty_phone": ""}


def test_one_office_of_a_name_in_a_room(office, officer, other_unit):
    same = services.OfficeDetails(office.name, office.room)
    sentence = "This unit already has an office of this name in this room."
    assert refusal(services.office_create, unit=office.unit, details=same, actor=officer, now=NOW) == (
        sentence,
        "room",
    )
    other = make_office(office.unit, office.name, "302")
    assert refusal(services.office_edit, office=other, details=same, actor=officer, now=NOW) == (
        sentence,
        "room",
    )
    # Another unit may have one of the same name.
    assert services.office_create(unit=other_unit, details=same, actor=officer, now=NOW).pk
    with pytest.raises(IntegrityError), transaction.atomic():
        make_office(office.unit, office.name, office.room)


def test_editing_an_office_records_old_and_new_and_nothing_when_nothing_changed(office, officer):
    now = services.OfficeDetails(office.name, "309", office.location, office.duty_phone)
    services.office_edit(office=office, details=now, actor=officer, now=NOW)
    assert Office.objects.get(pk=office.pk).room == "309"
    assert last_entry("office_edited").changes == {"room": ["301", "309"]}
    services.office_edit(office=office, details=now, actor=officer, now=NOW)
    assert AuditEntry.objects.filter(verb="office_edited").count() == 1


# --- People ------------------------------------------------------------------------------------------------------


def test_a_person_is_entered_with_posts_duties_and_search_keys(office, officer, chen):
    entered = services.CadreDetails(
        name="单竹",
        office=office,
        posts=("副局长", "党组成员"),
        duties=("分管审批", "联系工业园区"),
        employment_kind=EmploymentKind.CIVIL_SERVANT,
        office_phone="0578-7120105",
        mobile="139 0000 0005",
        stand_in=chen,
        serves_from=date(2026, 3, 1),
    )
    cadre = services.cadre_create(unit=office.unit, details=entered, actor=officer, now=NOW)
    cadre.refresh_from_db()
    assert [(post.title, post.is_primary) for post in cadre.posts.all()] == [
        ("副局长", True),
        ("党组成员", False),
    ]
    assert [duty.text for duty in cadre.duties.all()] == ["分管审批", "联系工业园区"]
    assert (cadre.pinyin, cadre.pinyin_initials, cadre.stand_in) == ("shanzhu", "sz", chen)
    entry = last_entry("cadre_created")
    assert (entry.actor, entry.at, entry.subject_id) == (officer, NOW, cadre.pk)
    assert entry.changes["posts"] == ["副局长", "党组成员"]
    assert (entry.changes["office"], entry.changes["stand_in"]) == ("办公室 301", "陈砚")


def test_an_edit_records_what_changed_from_what_to_what(chen, lin, officer):
    chen.refresh_from_db()
    services.cadre_edit(
        cadre=chen,
        details=details(chen, name="陈墨", posts=("科长", "副科长"), stand_in=None),
        actor=officer,
        now=NOW,
    )
    chen.refresh_from_db()
    assert (chen.name, chen.pinyin, chen.stand_in) == ("陈墨", "chenmo", None)
    assert [post.title for post in chen.posts.all()] == ["科长", "副科长"]
    entry = last_entry("cadre_edited")
    assert (entry.actor, entry.at, entry.subject_id) == (officer, NOW, chen.pk)
    assert entry.changes == {
        "name": ["陈砚", "陈墨"],
        "posts": [["副科长"], ["科长", "副科长"]],
        "stand_in": ["林一帆", ""],
    }


def test_an_edit_without_a_change_records_nothing(chen, officer):
    services.cadre_edit(cadre=chen, details=details(chen), actor=officer, now=NOW)
    assert not AuditEntry.objects.filter(verb="cadre_edited").exists()


def test_a_namesake_is_another_stand_in(chen, office, officer):
    one, two = make_cadre(office, "张伟"), make_cadre(office, "张伟")
    services.cadre_edit(cadre=chen, details=details(chen, stand_in=one), actor=officer, now=NOW)
    services.cadre_edit(cadre=chen, details=details(chen, stand_in=two), actor=officer, now=NOW)
    chen.refresh_from_db()
    assert chen.stand_in == two
    assert last_entry("cadre_edited").changes == {"stand_in": ["张伟", "张伟"]}


@pytest.mark.parametrize(
    ("wrong", "sentence", "field"),
    [
        ({"office": "other_office"}, "The office belongs to another unit.", "office"),
        ({"stand_in": "chen"}, "Nobody can stand in for themselves.", "stand_in"),
        ({"stand_in": "zhou"}, "The stand-in belongs to another unit.", "stand_in"),
        ({"posts": ()}, "Enter at least one post.", "posts"),
    ],
)
def test_details_that_are_refused(wrong, sentence, field, chen, officer, request):
    values = {
        name: request.getfixturevalue(value) if isinstance(value, str) else value
        for name, value in wrong.items()
    }
    verb = {"cadre": chen, "details": details(chen, **values), "actor": officer, "now": NOW}
    assert refusal(services.cadre_edit, **verb) == (sentence, field)
    if "stand_in" not in wrong or values["stand_in"] != chen:
        created = {"unit": chen.unit, "details": verb["details"], "actor": officer, "now": NOW}
        assert refusal(services.cadre_create, **created) == (sentence, field)


def test_service_cannot_begin_after_its_end(chen, officer):
    services.cadre_end_service(cadre=chen, last_day=date(2026, 12, 31), actor=officer, now=NOW)
    assert refusal(
        services.cadre_edit,
        cadre=chen,
        details=details(chen, serves_from=date(2027, 1, 1)),
        actor=officer,
        now=NOW,
    ) == ("The last day lies before the first day of service.", "serves_from")


# --- End of service ----------------------------------------------------------------------------------------------


def test_the_card_ends_the_night_after_the_last_day(chen, officer):
    card = issue_card(chen)
    services.cadre_end_service(cadre=chen, last_day=TODAY, actor=officer, now=NOW)
    entry = last_entry("service_ended")
    assert (entry.actor, entry.changes) == (officer, {"serves_to": [None, "2026-11-24"]})
    evening = datetime(2026, 11, 24, 15, 59, tzinfo=NOW.tzinfo)  # 23:59 in Longquan
    assert services.revoke_ended_service(now=evening) == 0
    night = evening + timedelta(minutes=1)
    assert services.revoke_ended_service(now=night) == 1
    card.refresh_from_db()
    assert (card.revoked_at, card.revoked_by, card.revoke_reason) == (night, None, RevokeReason.LEFT)
    assert services.revoke_ended_service(now=night) == 0
    assert AuditEntry.objects.filter(verb="card_revoked").count() == 1


def test_a_last_day_in_the_past_ends_the_card_at_once(chen, officer):
    card = issue_card(chen)
    services.cadre_end_service(cadre=chen, last_day=TODAY - timedelta(days=1), actor=officer, now=NOW)
    card.refresh_from_db()
    assert card.revoked_at == NOW


def test_the_last_day_is_not_before_the_first(chen, officer):
    assert refusal(
        services.cadre_end_service, cadre=chen, last_day=date(2019, 12, 31), actor=officer, now=NOW
    ) == ("The last day lies before the first day of service.", "last_day")


def test_a_last_day_that_was_corrected_keeps_the_card(chen, officer):
    card = issue_card(chen)
    services.cadre_end_service(cadre=chen, last_day=TODAY, actor=officer, now=NOW)
    services.cadre_end_service(cadre=chen, last_day=TODAY + timedelta(days=30), actor=officer, now=NOW)
    assert services.revoke_ended_service(now=soon(days=1)) == 0
    card.refresh_from_db()
    assert card.revoked_at is None


def test_a_request_of_somebody_who_left_is_withdrawn_and_can_no_longer_be_approved(chen, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    services.cadre_end_service(cadre=chen, last_day=TODAY, actor=officer, now=NOW)
    tomorrow = soon(days=1)
    assert refusal(
        services.card_decide, request=asked, approve=True, note="", actor=express, now=tomorrow
    ) == ("This person is no longer in service.", None)
    assert services.revoke_ended_service(now=tomorrow) == 0  # no card to revoke
    asked.refresh_from_db()
    assert (asked.decision, asked.decided_by) == (CardRequest.Decision.WITHDRAWN, None)
    entry = last_entry("card_request_withdrawn")
    assert (entry.subject_id, entry.actor, entry.changes) == (chen.pk, None, {"reason": "left"})
    assert not Card.objects.exists()


def test_whoever_enters_a_last_day_that_is_over_has_withdrawn_the_request(chen, officer):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    services.cadre_end_service(cadre=chen, last_day=TODAY - timedelta(days=1), actor=officer, now=NOW)
    asked.refresh_from_db()
    assert (asked.decision, asked.decided_by) == (CardRequest.Decision.WITHDRAWN, officer)
    assert last_entry("card_request_withdrawn").actor == officer


def test_the_nightly_task_ends_cards(chen, officer):
    issue_card(chen)
    Cadre.objects.filter(pk=chen.pk).update(serves_to=date(2024, 1, 1))
    assert revoke_ended_service() == 1
    assert not Card.objects.valid().exists()


# --- Places of work ----------------------------------------------------------------------------------------------


def place(cadre: Cadre, office: Office, first: date, last: date | None, actor: Any) -> Placement:
    return services.placement_record(
        cadre=cadre,
        kind=PlacementKind.SECONDMENT,
        office=office,
        valid_from=first,
        valid_to=last,
        actor=actor,
        now=NOW,
    )


def test_somebody_on_secondment_works_at_the_other_unit_for_that_time(chen, other_office, officer):
    place(chen, other_office, TODAY, TODAY + timedelta(days=30), officer)
    where = {
        day: selectors.place_of(selectors.with_place(Cadre.objects.filter(pk=chen.pk), day)[0])
        for day in (TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=30), TODAY + timedelta(days=31))
    }
    assert list(where.values()) == [chen.office, other_office, other_office, chen.office]
    assert last_entry("placement_recorded").changes == {
        "kind": "secondment",
        "office": "党政办 102",
        "from": "2026-11-24",
        "to": "2026-12-24",
    }


@pytest.mark.parametrize(
    ("first", "last", "refused"),
    [
        (date(2026, 11, 20), date(2026, 11, 23), False),
        (date(2026, 11, 20), date(2026, 11, 24), True),
        (date(2026, 11, 30), None, True),
        (date(2026, 12, 24), date(2026, 12, 31), True),
        (date(2026, 12, 25), None, False),
        (date(2026, 11, 1), None, True),
    ],
)
def test_one_place_of_work_at_a_time(first, last, refused, chen, other_office, officer):
    place(chen, other_office, TODAY, TODAY + timedelta(days=30), officer)
    if refused:
        with pytest.raises(Refused, match="Another place of work is already entered"):
            place(chen, other_office, first, last, officer)
    else:
        assert place(chen, other_office, first, last, officer).pk


def test_a_place_of_work_ends_after_it_begins(chen, other_office, officer):
    with pytest.raises(Refused, match="The end must be later"):
        place(chen, other_office, TODAY, TODAY - timedelta(days=1), officer)


# --- Cards -------------------------------------------------------------------------------------------------------


def ask(cadre: Cadre, actor: Any, reason: str = "", now: datetime = NOW) -> CardRequest:
    return services.card_request(cadre=cadre, reason=reason, note="", actor=actor, now=now)


def test_a_first_card_is_asked_for_by_one_and_approved_by_another(chen, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="新进人员", actor=officer, now=NOW)
    entry = last_entry("card_requested")
    assert (entry.actor, entry.changes) == (officer, {"reason": "", "note": "新进人员"})
    assert not Card.objects.exists()
    later = soon(hours=1)
    card = services.card_decide(request=asked, approve=True, note="", actor=express, now=later)
    assert card is not None
    card.refresh_from_db()
    assert (card.serial, card.issued_by, card.approved_by, card.issued_at) == (
        "LQ-D901-0001",
        officer,
        express,
        later,
    )
    assert len(card.token) == 16
    asked.refresh_from_db()
    assert (asked.decision, asked.decided_by, asked.decided_at) == ("approved", express, later)
    entry = last_entry("card_issued")
    assert (entry.actor, entry.at, entry.changes) == (express, later, {"serial": "LQ-D901-0001"})


def test_a_new_card_replaces_the_old_one_only_when_it_is_approved(chen, officer, express):
    old = issue_card(chen)
    asked = services.card_request(
        cadre=chen, reason=RevokeReason.LOST, note="搬迁时遗失", actor=officer, now=NOW
    )
    old.refresh_from_db()
    assert old.revoked_at is None
    new = services.card_decide(request=asked, approve=True, note="", actor=express, now=soon(hours=1))
    old.refresh_from_db()
    assert (old.revoked_at, old.revoked_by, old.revoke_reason, old.revoke_note) == (
        soon(hours=1),
        express,
        RevokeReason.LOST,
        "搬迁时遗失",
    )
    assert new is not None
    assert list(Card.objects.valid().filter(cadre=chen)) == [new]
    assert (new.serial, new.token != old.token) == ("LQ-D901-0002", True)


def test_a_refusal_needs_a_reason_and_issues_nothing(chen, officer, express):
    asked = ask(chen, officer)
    assert refusal(services.card_decide, request=asked, approve=False, note="", actor=express, now=NOW) == (
        "Say why the request is refused.",
        "note",
    )
    assert services.card_decide(request=asked, approve=False, note="缺少照片", actor=express, now=NOW) is None
    asked.refresh_from_db()
    assert (asked.decision, asked.decision_note, asked.decided_by) == ("refused", "缺少照片", express)
    assert not Card.objects.exists()
    entry = last_entry("card_refused")
    assert (entry.actor, entry.changes) == (express, {"note": "缺少照片"})
    # After a refusal the unit may ask again.
    assert ask(chen, officer).pk


def test_the_second_person_is_neither_the_one_who_asked_nor_the_cadre(chen, officer, express):
    asked = ask(chen, officer)
    sentence = "A second person must decide: not the one who asked, and not the cadre."
    for actor in (officer, chen.user):
        for approve in (True, False):
            verb = {"request": asked, "approve": approve, "note": "x", "actor": actor, "now": NOW}
            assert refusal(services.card_decide, **verb) == (sentence, None)
    assert not Card.objects.exists()
    asked.refresh_from_db()
    assert asked.decision == ""


def test_a_request_is_decided_once(chen, officer, express, express_head):
    asked = ask(chen, officer)
    services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW)
    verb = {"request": asked, "approve": False, "note": "x", "actor": express_head, "now": NOW}
    assert refusal(services.card_decide, **verb) == ("This request has already been decided.", None)
    assert Card.objects.valid().count() == 1


def test_requests_that_are_refused_at_once(chen, officer):
    ask(chen, officer)
    assert refusal(services.card_request, cadre=chen, reason="", note="", actor=officer, now=NOW) == (
        "A card has already been requested and waits for approval.",
        None,
    )
    CardRequest.objects.all().delete()
    issue_card(chen)
    assert refusal(services.card_request, cadre=chen, reason="", note="", actor=officer, now=NOW) == (
        "Say why the present card is to be replaced.",
        "reason",
    )
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    verb = {"cadre": chen, "reason": "lost", "note": "", "actor": officer, "now": NOW}
    assert refusal(services.card_request, **verb) == ("This person is no longer in service.", None)


def test_a_reason_without_a_card_to_replace_is_a_first_card(chen, officer):
    assert ask(chen, officer, reason=RevokeReason.LOST).reason == ""


def test_a_card_is_revoked_once_with_a_reason_and_never_by_its_own_cadre(chen, officer):
    card = issue_card(chen)
    verb = {"card": card, "reason": RevokeReason.MISUSED, "note": "被翻拍", "now": NOW}
    assert refusal(services.card_revoke, actor=chen.user, **verb) == ("Nobody revokes their own card.", None)
    services.card_revoke(actor=officer, **verb)
    card.refresh_from_db()
    assert (card.revoked_at, card.revoked_by, card.revoke_reason, card.revoke_note) == (
        NOW,
        officer,
        "misused",
        "被翻拍",
    )
    entry = last_entry("card_revoked")
    assert (entry.actor, entry.subject_id) == (officer, chen.pk)
    assert entry.changes == {"serial": card.serial, "reason": "misused", "note": "被翻拍"}
    assert refusal(services.card_revoke, actor=officer, **verb) == (
        "This card has already been revoked.",
        None,
    )


def test_serials_count_by_unit_without_gaps(chen, lin, wei, zhou):
    serials = [issue_card(cadre).serial for cadre in (chen, zhou, lin, wei)]
    assert serials == ["LQ-D901-0001", "LQ-T902-0001", "LQ-D901-0002", "LQ-D901-0003"]


def test_an_issue_that_fails_leaves_no_gap(chen, lin, officer, express, monkeypatch):
    issue_card(chen)
    asked = ask(lin, officer)

    def fail(**kwargs):
        if kwargs["verb"] == "card_issued":
            raise RuntimeError
        return record(**kwargs)

    record = audit.record
    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError):
        services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW)
    monkeypatch.undo()
    asked.refresh_from_db()
    assert asked.decision == ""
    card = services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW)
    assert card is not None
    assert card.serial == "LQ-D901-0002"


def test_what_was_printed_is_remembered_with_the_audit(chen, lin, officer):
    cards = [issue_card(chen), issue_card(lin)]
    prints = [
        services.Print(cards[0].pk, "plaque", {"name": "陈砚"}, "aa"),
        services.Print(cards[1].pk, "contact", {"name": "林一帆"}, "bb"),
    ]
    services.prints_record(prints=prints, actor=officer, now=soon(hours=1))
    found = Printing.objects.order_by("pk").values_list(
        "card", "kind", "fingerprint", "printed_at", "printed_by", "job"
    )
    assert list(found) == [
        (cards[0].pk, "plaque", "aa", soon(hours=1), officer.pk, None),
        (cards[1].pk, "contact", "bb", soon(hours=1), officer.pk, None),
    ]
    entries = AuditEntry.objects.filter(verb="document_printed").order_by("pk")
    assert [(entry.subject_id, entry.changes) for entry in entries] == [
        (chen.pk, {"serial": cards[0].serial, "kind": "plaque"}),
        (lin.pk, {"serial": cards[1].serial, "kind": "contact"}),
    ]


# --- What the database itself refuses ----------------------------------------------------------------------------


def never(statement: Any, constraint: str) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        statement()
    # SQLite names the columns of a unique index, PostgreSQL the constraint.
    assert constraint in str(error.value) or "UNIQUE constraint failed" in str(error.value)


def test_what_a_job_printed_belongs_to_one_of_its_steps(chen, officer):
    card = issue_card(chen)
    job = Job.objects.create(kind="print", language="en", created_by=officer, created_at=NOW)
    facts = {"card": card, "kind": PrintKind.PLAQUE, "shown": {}, "fingerprint": "f" * 64, "printed_at": NOW}
    never(lambda: Printing.objects.create(**facts, job=job), "printing_of_a_step_of_its_job")
    item = JobItem.objects.create(job=job, position=1, key="1", label="一")
    never(lambda: Printing.objects.create(**facts, item=item), "printing_of_a_step_of_its_job")
    Printing.objects.create(**facts, job=job, item=item)


def test_one_valid_card_per_cadre(chen, officer, express):
    issue_card(chen)

    def another(**revoked: Any) -> Card:
        return Card.objects.create(
            cadre=chen,
            serial="LQ-D901-9999",
            issued_by=officer,
            approved_by=express,
            issued_at=NOW,
            **revoked,
        )

    never(another, "card_one_valid_per_cadre")
    assert another(revoked_at=NOW, revoke_reason="lost").pk


def test_constraints_of_cards_requests_people_and_consents(chen, officer, express):
    card = issue_card(chen)
    never(lambda: Card.objects.update(approved_by=card.issued_by), "card_approved_by_another")
    never(lambda: Card.objects.update(revoked_at=NOW), "card_revoked_with_reason")
    never(lambda: Card.objects.update(revoke_reason="lost"), "card_revoked_with_reason")
    asked = ask(chen, officer, reason=RevokeReason.LOST)
    never(
        lambda: CardRequest.objects.create(cadre=chen, requested_by=express, requested_at=NOW),
        "card_request_one_open_per_cadre",
    )
    never(
        lambda: CardRequest.objects.filter(pk=asked.pk).update(
            decision="approved", decided_by=officer, decided_at=NOW
        ),
        "card_request_two_people",
    )
    never(lambda: Cadre.objects.update(serves_to=date(2000, 1, 1)), "cadre_dates_in_order")
    never(
        lambda: Cadre.objects.filter(pk=chen.pk).update(stand_in=chen.pk),
        "cadre_does_not_stand_in_for_themselves",
    )
    never(lambda: chen.posts.create(title="另一主职", is_primary=True), "post_one_primary_per_cadre")
    never(lambda: declare(chen, State.ERRAND, until=NOW), "whereabouts_ends_after_it_begins")
    chen.consents.create(subject="photo", given_at=NOW, recorded_by=officer)
    never(
        lambda: chen.consents.create(subject="photo", given_at=NOW, recorded_by=officer),
        "consent_one_standing",
    )


# --- Whereabouts -------------------------------------------------------------------------------------------------


def say(cadre: Cadre, state: State, *, now: datetime = NOW, actor: Any = None, **fields: Any) -> Whereabouts:
    fields.setdefault("until", None if state == State.AT_POST else now + timedelta(hours=2))
    return services.whereabouts_declare(
        cadre=cadre, state=state, actor=actor or cadre.user, now=now, **fields
    )


def status(cadre: Cadre, now: datetime) -> Any:
    return selectors.statuses(selectors.with_place(Cadre.objects.filter(pk=cadre.pk), TODAY), now)[cadre.pk]


def test_a_declaration_says_where_until_when_by_whom_and_when(chen, officer):
    row = services.whereabouts_declare(
        cadre=chen,
        state=State.ERRAND,
        until=soon(hours=2),
        place="税务局",
        actor=officer,
        now=NOW,
    )
    row.refresh_from_db()
    assert (row.state, row.place, row.since, row.until) == ("errand", "税务局", NOW, soon(hours=2))
    assert (row.set_by, row.source, row.recorded_at) == (officer, "officer", NOW)
    assert status(chen, soon(hours=1)).kind == Kind.AWAY
    assert not status(chen, soon(hours=1)).declared.by_self


def test_back_at_post_ends_an_absence_and_needs_no_end(chen):
    say(chen, State.ERRAND)
    row = say(chen, State.AT_POST, now=soon(minutes=30), until=soon(hours=9))
    assert row.until is None
    assert status(chen, soon(minutes=31)).kind == Kind.AT_POST
    assert status(chen, soon(minutes=29)).kind == Kind.AWAY


@pytest.mark.parametrize(
    ("state", "fields", "sentence"),
    [
        (State.ERRAND, {"until": None}, "Say until when."),
        (State.ERRAND, {"until": NOW}, "This time is already over. Choose a later one."),
        (
            State.LEAVE,
            {"since": soon(hours=4), "until": soon(hours=3)},
            "The end must be later than the beginning.",
        ),
        (State.LEAVE, {"until": soon(days=367)}, "An absence of more than a year cannot be declared here."),
    ],
)
def test_declarations_that_are_refused(state, fields, sentence, chen):
    verb = {"cadre": chen, "state": state, "actor": chen.user, "now": NOW, **fields}
    assert refusal(services.whereabouts_declare, **verb) == (sentence, "until_time")
    assert not Whereabouts.objects.exists()


def test_a_double_tap_is_once(chen):
    first = say(chen, State.ERRAND, until=soon(hours=2))
    again = say(chen, State.ERRAND, now=soon(seconds=1), until=soon(hours=2))
    assert again == first
    # "In 30 minutes" means another second at the second tap.
    relative = say(chen, State.MEETING, now=soon(seconds=70), until=soon(seconds=70, minutes=30))
    assert say(chen, State.MEETING, now=soon(seconds=71), until=soon(seconds=71, minutes=30)) == relative
    assert Whereabouts.objects.count() == 2


@pytest.mark.parametrize(
    "other",
    [
        {"state": State.MEETING},
        {"until": soon(hours=3)},
        {"place": "别处"},
        {"now": soon(seconds=61)},
        {"since": soon(hours=1)},
    ],
)
def test_another_declaration_is_another_row(other, chen):
    say(chen, State.ERRAND, until=soon(hours=2))
    say(chen, **{"state": State.ERRAND, "now": soon(seconds=5), "until": soon(hours=2), **other})
    assert Whereabouts.objects.count() == 2


def test_the_same_from_the_officer_is_another_row(chen, officer):
    say(chen, State.ERRAND, until=soon(hours=2))
    say(chen, State.ERRAND, until=soon(hours=2), actor=officer)
    assert Whereabouts.objects.count() == 2


def test_saying_the_same_of_two_people_is_two_rows(chen, lin, officer):
    for cadre in (chen, lin):
        say(cadre, State.MEETING, until=soon(hours=2), actor=officer)
    assert Whereabouts.objects.count() == 2


def plan(cadre: Cadre, since: datetime, until: datetime) -> Whereabouts:
    return services.absence_plan(
        cadre=cadre,
        state=State.LEAVE,
        since=since,
        until=until,
        actor=cadre.user,
        now=NOW,
    )


def cancel(row: Whereabouts, now: datetime = NOW) -> Whereabouts:
    return services.plan_cancel(plan=row, actor=row.cadre.user, now=now)


def test_a_plan_begins_by_itself(chen):
    plan(chen, soon(days=1), soon(days=2))
    assert status(chen, NOW).kind == Kind.AT_POST
    assert status(chen, soon(days=1)).kind == Kind.AWAY


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (soon(days=-1), soon(days=1), "from_date"),
        (soon(days=2), soon(days=1), "to_date"),
        (soon(days=1), soon(days=400), "to_date"),
        (NOW, NOW, "to_date"),
    ],
)
def test_a_plan_that_cannot_be_names_the_date(since, until, field, chen):
    verb = {"cadre": chen, "state": State.LEAVE, "actor": chen.user, "now": NOW}
    assert refusal(services.absence_plan, since=since, until=until, **verb)[1] == field
    assert not Whereabouts.objects.exists()


def test_a_plan_that_was_cancelled_never_happened(chen):
    row = plan(chen, soon(days=1), soon(days=2))
    cancelled = cancel(row)
    assert cancelled.cancels == row
    begun = status(chen, soon(days=1))
    # Nobody declared to be at post then.
    assert (begun.kind, begun.declared) == (Kind.AT_POST, None)
    assert cancel(row) == cancelled
    assert Whereabouts.objects.count() == 2


def test_a_cancelled_plan_does_not_end_an_absence_that_goes_on(chen):
    say(chen, State.TRAINING, until=soon(days=3))
    cancel(plan(chen, soon(days=1), soon(days=2)))
    at_that_time = status(chen, soon(days=1, minutes=1))
    assert (at_that_time.kind, at_that_time.state) == (Kind.AWAY, State.TRAINING)


def test_a_plan_made_again_after_its_cancellation_counts(chen):
    cancel(plan(chen, soon(days=1), soon(days=2)))
    plan(chen, soon(days=1), soon(days=3))
    assert status(chen, soon(days=1)).kind == Kind.AWAY


def test_an_absence_that_has_begun_is_not_cancelled(chen):
    row = plan(chen, soon(days=1), soon(days=2))
    verb = {"plan": row, "actor": chen.user, "now": soon(days=1)}
    assert refusal(services.plan_cancel, **verb) == (
        "This absence has already begun. Declare that you are back instead.",
        None,
    )


def test_what_is_said_now_stands_above_a_plan_that_began_earlier(chen):
    plan(chen, soon(hours=1), soon(days=3))
    say(chen, State.AT_POST, now=soon(hours=4))
    assert status(chen, soon(hours=3)).kind == Kind.AWAY
    assert status(chen, soon(hours=4)).kind == Kind.AT_POST


def test_the_statuses_of_many_take_as_many_queries_as_of_one(office, django_assert_num_queries):
    people = [make_cadre(office, f"众{number}") for number in range(5)]
    for cadre in people:
        declare(cadre, State.MEETING, until=soon(hours=1))
    for number in (1, 5):
        with django_assert_num_queries(7):
            chosen = Cadre.objects.filter(pk__in=[cadre.pk for cadre in people[:number]])
            found = selectors.statuses(selectors.with_place(chosen, TODAY), soon(minutes=1))
        assert [status.kind for status in found.values()] == [Kind.AWAY] * number


# --- Consent -----------------------------------------------------------------------------------------------------


def test_consent_is_given_by_the_cadre_and_withdrawn_at_once(chen):
    give = {"cadre": chen, "subject": Consent.Subject.PHOTO, "actor": chen.user}
    consent = services.consent_give(**give, evidence="", now=NOW)
    assert services.consent_give(**give, evidence="", now=soon(minutes=1)) == consent
    assert selectors.standing_consents(chen.pk) == {"photo"}
    entry = last_entry("consent_given")
    assert (entry.actor, entry.changes) == (chen.user, {"subject": "photo", "evidence": ""})
    services.consent_withdraw(**give, now=soon(hours=1))
    assert selectors.standing_consents(chen.pk) == frozenset()
    consent.refresh_from_db()
    assert (consent.withdrawn_at, consent.withdrawn_by) == (soon(hours=1), chen.user)
    assert last_entry("consent_withdrawn").changes == {"subject": "photo"}
    # Given again it is a new consent; the old one stays in the record.
    services.consent_give(**give, evidence="", now=soon(hours=2))
    assert Consent.objects.count() == 2
    assert AuditEntry.objects.filter(verb="consent_given").count() == 2


def test_withdrawing_what_was_never_given_records_nothing(chen):
    services.consent_withdraw(cadre=chen, subject="mobile", actor=chen.user, now=NOW)
    assert not AuditEntry.objects.filter(verb="consent_withdrawn").exists()


def test_an_officer_says_how_consent_was_given(chen, officer):
    verb = {"cadre": chen, "subject": "mobile", "actor": officer, "now": NOW}
    assert refusal(services.consent_give, evidence="", **verb)[1] == "evidence"
    consent = services.consent_give(evidence="签字同意书", **verb)
    assert (consent.evidence, consent.recorded_by) == ("签字同意书", officer)
    assert selectors.standing_consents(chen.pk) == {"mobile"}


# --- Accounts ----------------------------------------------------------------------------------------------------


def test_an_account_is_opened_with_a_role_and_a_slip(office, officer):
    cadre = make_cadre(office, "孟雪")
    user, code = services.account_open(cadre=cadre, actor=officer, now=NOW)
    cadre.refresh_from_db()
    assert (cadre.user, user.username, user.name) == (user, "d901.mengxue", "孟雪")
    assert [(m.role, m.unit, m.valid_from) for m in user.memberships.all()] == [
        (Role.CADRE, office.unit, TODAY)
    ]
    assert code
    assert Activation.objects.usable(NOW).get().user == user
    assert last_entry("account_linked").changes == {"username": "d901.mengxue"}
    again, other_code = services.account_open(cadre=cadre, actor=officer, now=soon(minutes=1))
    assert again == user
    assert other_code != code
    assert Activation.objects.usable(NOW).count() == 1


def test_namesakes_get_numbers(office, officer):
    names = [
        services.account_open(cadre=make_cadre(office, "张伟"), actor=officer, now=NOW)[0].username
        for _ in range(3)
    ]
    assert names == ["d901.zhangwei", "d901.zhangwei2", "d901.zhangwei3"]


@pytest.mark.parametrize("name", ["买买提·吐尔逊", "José Núñez", "吕绿", "𫖯𠅤", "一" * 50, "··"])
def test_user_names_can_be_typed_on_any_keyboard(name, office, officer):
    user, _code = services.account_open(cadre=make_cadre(office, name), actor=officer, now=NOW)
    assert user.username.isascii()
    assert 6 <= len(user.username) <= 40
    assert user.username.startswith("d901.")


def test_somebody_who_has_left_gets_no_account(chen, officer):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    assert refusal(services.account_open, cadre=chen, actor=officer, now=NOW) == (
        "This person is no longer in service.",
        None,
    )


def test_one_account_belongs_to_one_cadre(chen, office, officer):
    sentence, _field = refusal(
        services.account_link, cadre=chen, user=make_user("another"), actor=officer, now=NOW
    )
    assert sentence == "This person already has an account."
    free = make_cadre(office, "孟雪")
    sentence, _field = refusal(services.account_link, cadre=free, user=chen.user, actor=officer, now=NOW)
    assert sentence == "This account already belongs to another person."
    free.refresh_from_db()
    assert free.user is None
