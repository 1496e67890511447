"""Moving to another unit: handed over by one, taken in by the other, and what goes along."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from accounts.models import Membership, Role, Unit, User
from cards import selectors, services
from cards.models import Cadre, Card, CardRequest, Placement, PlacementKind, RevokeReason, Transfer
from cards.services.locking import locked
from common import audit
from common.models import AuditEntry
from common.problems import Refused
from tests.cards.test_races import at_once, kinds, meeting, right
from tests.cast import NOW, TODAY, give, issue_card, make_cadre, make_office, make_unit, make_user

__all__ = ["right"]

pytestmark = pytest.mark.django_db

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def refusal(verb: Any, **arguments: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        verb(**arguments)
    return str(refused.value.sentence), refused.value.field


def propose(cadre: Cadre, to_unit: Unit, actor: User, **changed: Any) -> Transfer:
    given = {"first_day": TODAY, "note": "", "now": NOW} | changed
    return services.transfer_propose(cadre=cadre, to_unit=to_unit, actor=actor, **given)


def arrival(office: Any, **changed: Any) -> services.Arrival:
    given = {"posts": ("主任",), "duties": ("接待来访",), "office_phone": "0578-7120222"} | changed
    return services.Arrival(office=office, **given)


def accept(transfer: Transfer, office: Any, actor: User, **changed: Any) -> Cadre:
    now = changed.pop("now", NOW)
    return services.transfer_accept(
        transfer=transfer, arrival=arrival(office, **changed), actor=actor, now=now
    )


def roles(user: User, day: date = TODAY) -> set[tuple[str, str]]:
    rows = Membership.objects.current(day).filter(user=user)
    return {(row.role, row.unit.code) for row in rows.select_related("unit") if row.unit}


# --- Handing over -------------------------------------------------------------------------------------------------


def test_handing_over_changes_nothing_but_is_kept(chen, unit, other_unit, officer):
    transfer = propose(chen, other_unit, officer, first_day=TOMORROW, note="组织部通知")
    chen.refresh_from_db()
    assert (chen.unit, transfer.from_unit, transfer.to_unit, transfer.decision) == (
        unit,
        unit,
        other_unit,
        "",
    )
    entry = audit.history(chen)[0]
    assert (entry.verb, entry.actor) == ("transfer_proposed", officer)
    assert entry.changes == {
        "unit": ["青窑局", "剑潭镇"],
        "first_day": TOMORROW.isoformat(),
        "note": "组织部通知",
    }


def test_nobody_is_handed_over_to_their_own_unit(chen, unit, officer):
    assert refusal(propose, cadre=chen, to_unit=unit, actor=officer) == (
        "This person already belongs to that unit.",
        "to_unit",
    )


@pytest.mark.parametrize("last_day", [YESTERDAY, TOMORROW])
def test_a_unit_that_closes_takes_nobody_in(chen, other_unit, officer, last_day):
    Unit.objects.filter(pk=other_unit.pk).update(valid_to=last_day)
    assert refusal(propose, cadre=chen, to_unit=other_unit, actor=officer) == (
        "剑潭镇 closes or has closed: nobody can be entered in it any more.",
        "to_unit",
    )


def test_a_unit_that_begins_later_takes_nobody_in_before(chen, other_unit, officer):
    Unit.objects.filter(pk=other_unit.pk).update(valid_from=TOMORROW)
    sentence = ("That unit does not exist yet on that day.", "first_day")
    assert refusal(propose, cadre=chen, to_unit=other_unit, actor=officer) == sentence
    assert propose(chen, other_unit, officer, first_day=TOMORROW).pk


def test_one_transfer_at_a_time(chen, other_unit, officer):
    propose(chen, other_unit, officer)
    third = make_unit("T903", "第三镇")
    sentence = ("This person is already being transferred. Withdraw that first.", None)
    assert refusal(propose, cadre=chen, to_unit=third, actor=officer) == sentence


def test_who_has_left_or_leaves_before_the_day_is_not_handed_over(chen, other_unit, officer):
    services.cadre_end_service(cadre=chen, last_day=TODAY, actor=officer, now=NOW)
    assert refusal(propose, cadre=chen, to_unit=other_unit, actor=officer, first_day=TOMORROW) == (
        "This person is not in service on that day.",
        "first_day",
    )
    later = NOW + timedelta(days=2)
    assert refusal(propose, cadre=chen, to_unit=other_unit, actor=officer, now=later) == (
        "This person is no longer in service.",
        None,
    )


def test_a_transfer_is_entered_a_year_ahead_at_most(chen, other_unit, officer):
    far = TODAY + timedelta(days=367)
    sentence = ("A transfer cannot be entered more than a year ahead.", "first_day")
    assert refusal(propose, cadre=chen, to_unit=other_unit, actor=officer, first_day=far) == sentence


# --- Taking in ----------------------------------------------------------------------------------------------------


def test_taking_in_gives_unit_office_posts_duties_and_phone(
    chen, other_unit, other_office, officer, other_officer
):
    accept(propose(chen, other_unit, officer), other_office, other_officer, posts=("主任", "四级调研员"))
    chen.refresh_from_db()
    assert (chen.unit, chen.office, chen.office_phone) == (other_unit, other_office, "0578-7120222")
    assert [(post.title, post.is_primary) for post in chen.posts.all()] == [
        ("主任", True),
        ("四级调研员", False),
    ]
    assert [duty.text for duty in chen.duties.all()] == ["接待来访"]
    transfer = Transfer.objects.get()
    assert (transfer.decision, transfer.decided_by, transfer.decided_at) == ("accepted", other_officer, NOW)
    changes = audit.history(chen).get(verb="transfer_accepted").changes
    assert changes["unit"] == ["青窑局", "剑潭镇"]
    assert changes["office"] == ["办公室 301", "党政办 102"]
    assert changes["posts"] == [["副科长"], ["主任", "四级调研员"]]


def test_stand_ins_end_both_ways(chen, lin, other_unit, other_office, officer, other_officer):
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    for person in (chen, lin):
        person.refresh_from_db()
        assert person.stand_in is None
    entry = audit.history(lin).first()
    assert (entry.verb, entry.actor, entry.changes) == (
        "cadre_edited",
        other_officer,
        {"stand_in": ["陈砚", ""]},
    )


def test_the_card_stays_valid_and_one_of_the_new_unit_is_asked_for(
    chen, other_unit, other_office, officer, other_officer, express
):
    old = issue_card(chen)
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    old.refresh_from_db()
    assert old.revoked_at is None
    shown = selectors.public_card(selectors.find_card(old.token), NOW)
    assert (shown.cadre.unit, shown.office) == (other_unit, other_office)
    asked = CardRequest.objects.get(decision="")
    assert (asked.reason, asked.requested_by) == (RevokeReason.TRANSFERRED, other_officer)
    new = services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW)
    old.refresh_from_db()
    assert (old.revoke_reason, new.serial) == (RevokeReason.TRANSFERRED, "LQ-T902-0001")
    assert Card.objects.valid().get(cadre=chen) == new


@pytest.mark.parametrize("reason", ["lost", "reissued"])
def test_a_request_that_waits_is_kept_and_leads_to_the_new_units_number(
    reason, chen, other_unit, other_office, officer, other_officer, express
):
    issue_card(chen)
    asked = services.card_request(cadre=chen, reason=reason, note="", actor=officer, now=NOW)
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    assert CardRequest.objects.get(decision="") == asked
    new = services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW)
    assert new.serial == "LQ-T902-0001"


def test_without_a_card_none_is_asked_for(chen, other_unit, other_office, officer, other_officer):
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    assert not CardRequest.objects.exists()


def test_the_account_becomes_a_cadre_of_the_new_unit_and_loses_what_it_was_in_the_old_one(
    chen, unit, other_unit, other_office, officer, other_officer
):
    third = make_unit("T903", "第三镇")
    give(chen.user, Role.UNIT_OFFICER, unit=unit)
    give(chen.user, Role.LEADING_GROUP_HEAD, unit=unit)
    give(chen.user, Role.LEADING_GROUP_HEAD, unit=third)
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    assert roles(chen.user) == {("cadre", "T902"), ("leading_group_head", "T903")}
    assert roles(chen.user, YESTERDAY) == {
        ("cadre", "D901"),
        ("unit_officer", "D901"),
        ("leading_group_head", "D901"),
        ("leading_group_head", "T903"),
    }
    verbs = list(audit.history(chen.user).values_list("verb", flat=True))
    assert verbs == ["membership_added", *["membership_ended"] * 3]


def test_roles_that_began_today_or_begin_later_go_along_too(
    chen, unit, other_unit, other_office, officer, other_officer
):
    chen.user.memberships.update(valid_from=TODAY)
    give(chen.user, Role.UNIT_OFFICER, unit=unit, first=TODAY)
    give(chen.user, Role.LEADING_GROUP_HEAD, unit=unit, first=TOMORROW)
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    assert [(row.role, row.unit, row.valid_from) for row in chen.user.memberships.all()] == [
        ("cadre", other_unit, TODAY)
    ]


def test_back_and_forth_on_one_day(chen, unit, office, other_unit, other_office, officer, other_officer):
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    accept(propose(Cadre.objects.get(pk=chen.pk), unit, other_officer), office, officer)
    chen.refresh_from_db()
    assert chen.unit == unit
    assert roles(chen.user) == {("cadre", "D901")}
    assert roles(chen.user, YESTERDAY) == {("cadre", "D901")}


def test_places_of_work_end_yesterday_and_those_to_come_never_begin(
    chen, unit, other_unit, other_office, officer, other_officer
):
    elsewhere = make_office(make_unit("T903", "第三镇"), "驻村点", "1")
    for first, last in [
        (TODAY - timedelta(days=90), TODAY - timedelta(days=60)),
        (TODAY - timedelta(days=30), TODAY + timedelta(days=30)),
        (TODAY + timedelta(days=60), None),
    ]:
        services.placement_record(
            cadre=chen,
            kind=PlacementKind.VILLAGE_POST,
            office=elsewhere,
            valid_from=first,
            valid_to=last,
            actor=officer,
            now=NOW,
        )
    accept(propose(chen, other_unit, officer), other_office, other_officer)
    assert list(Placement.objects.values_list("valid_to", flat=True)) == [
        YESTERDAY,
        TODAY - timedelta(days=60),
    ]
    assert set(audit.history(chen).values_list("verb", flat=True)) >= {"placement_ended", "placement_removed"}


def test_not_before_the_first_day(chen, other_unit, other_office, officer, other_officer):
    transfer = propose(chen, other_unit, officer, first_day=TOMORROW)
    with pytest.raises(Refused, match="It is too early"):
        accept(transfer, other_office, other_officer)
    assert accept(transfer, other_office, other_officer, now=NOW + timedelta(days=1)).unit == other_unit


def test_into_an_office_of_the_new_unit_only(chen, office, other_unit, officer, other_officer):
    transfer = propose(chen, other_unit, officer)
    with pytest.raises(Refused, match="The office belongs to another unit") as refused:
        accept(transfer, office, other_officer)
    assert refused.value.field == "office"


def test_a_primary_post_is_needed(chen, other_unit, other_office, officer, other_officer):
    transfer = propose(chen, other_unit, officer)
    with pytest.raises(Refused, match="at least one post"):
        accept(transfer, other_office, other_officer, posts=())


def test_nobody_takes_themselves_in(chen, other_unit, other_office, officer):
    give(chen.user, Role.UNIT_OFFICER, unit=other_unit)
    transfer = propose(chen, other_unit, officer)
    with pytest.raises(Refused, match="Nobody takes themselves in"):
        accept(transfer, other_office, chen.user)


def test_a_unit_that_closed_meanwhile_takes_nobody_in(chen, other_unit, other_office, officer, other_officer):
    transfer = propose(chen, other_unit, officer)
    Unit.objects.filter(pk=other_unit.pk).update(valid_to=TODAY)
    with pytest.raises(Refused, match="closes or has closed"):
        accept(transfer, other_office, other_officer)


def test_who_leaves_while_a_transfer_waits_is_not_taken_in(
    chen, other_unit, other_office, officer, other_officer
):
    transfer = propose(chen, other_unit, officer)
    services.cadre_end_service(cadre=chen, last_day=TODAY, actor=officer, now=NOW)
    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(Refused, match="no longer in service"):
        accept(transfer, other_office, other_officer, now=tomorrow)
    services.revoke_ended_service(now=tomorrow)
    transfer.refresh_from_db()
    assert (transfer.decision, transfer.decision_note, transfer.decided_by) == ("withdrawn", "left", None)
    entry = AuditEntry.objects.get(verb="transfer_withdrawn")
    assert (entry.subject_id, entry.actor, entry.changes) == (
        chen.pk,
        None,
        {"unit": ["青窑局", "剑潭镇"], "reason": "left"},
    )


# --- Declining and withdrawing -----------------------------------------------------------------------------------


def test_declining_needs_a_reason_and_leaves_the_person_where_they_are(
    chen, unit, other_unit, officer, other_officer
):
    transfer = propose(chen, other_unit, officer)
    decline = {"transfer": transfer, "actor": other_officer, "now": NOW}
    assert refusal(services.transfer_decline, reason="", **decline) == (
        "Say why the person is not taken in.",
        "reason",
    )
    transfer = services.transfer_decline(reason="编制已满", **decline)
    chen.refresh_from_db()
    assert (transfer.decision, transfer.decision_note, chen.unit) == ("declined", "编制已满", unit)
    assert audit.history(chen).get(verb="transfer_declined").changes["note"] == "编制已满"
    assert propose(chen, other_unit, officer).pk


def test_withdrawn_it_can_be_proposed_again(chen, other_unit, other_office, officer, other_officer):
    transfer = propose(chen, other_unit, officer)
    services.transfer_withdraw(transfer=transfer, actor=officer, now=NOW)
    with pytest.raises(Refused, match="already decided"):
        accept(transfer, other_office, other_officer)
    assert audit.history(chen)[0].verb == "transfer_withdrawn"
    assert accept(propose(chen, other_unit, officer), other_office, other_officer).unit == other_unit


def test_what_is_decided_is_decided(chen, other_unit, other_office, officer, other_officer):
    transfer = propose(chen, other_unit, officer)
    accept(transfer, other_office, other_officer)
    again = {"transfer": transfer, "actor": other_officer, "now": NOW}
    for verb, more in [
        (services.transfer_accept, {"arrival": arrival(other_office)}),
        (services.transfer_decline, {"reason": "迟了"}),
        (services.transfer_withdraw, {}),
    ]:
        assert refusal(verb, **again, **more) == ("Somebody else has already decided this.", None)
    assert AuditEntry.objects.filter(verb="transfer_accepted").count() == 1


# --- At the same moment -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_accepting_and_withdrawing_at_once_are_one_decision(
    right, chen, other_unit, other_office, officer, other_officer, monkeypatch
):
    transfer = propose(chen, other_unit, officer)
    with meeting(monkeypatch, services.transfers, "decide", 2, right):
        outcomes = at_once(
            lambda: accept(transfer, other_office, other_officer),
            lambda: services.transfer_withdraw(transfer=transfer, actor=officer, now=NOW),
        )
    once = sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert once is right, outcomes
    if right:
        chen.refresh_from_db()
        assert (chen.unit == other_unit) is (Transfer.objects.get().decision == "accepted")


@pytest.mark.django_db(transaction=True)
def test_two_officers_of_the_new_unit_take_somebody_in_once(
    right, chen, other_unit, other_office, officer, other_officer, monkeypatch
):
    issue_card(chen)
    transfer = propose(chen, other_unit, officer)
    deputy = make_user("deputy")

    with meeting(monkeypatch, services.transfers, "decide", 2, right):
        outcomes = at_once(
            lambda: accept(transfer, other_office, other_officer),
            lambda: accept(transfer, other_office, deputy),
        )
    assert (kinds(outcomes) == {"Cadre": 1, "Refused": 1}) is right, outcomes
    if right:
        assert AuditEntry.objects.filter(verb="transfer_accepted").count() == 1
        assert CardRequest.objects.filter(decision="").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_transfers_of_one_person_at_once_one_is_refused_with_a_sentence(
    right, chen, other_unit, officer, monkeypatch
):
    third, deputy = make_unit("T903", "第三镇"), make_user("deputy")
    with meeting(monkeypatch, Transfer.objects, "create", 2, right):
        outcomes = at_once(lambda: propose(chen, other_unit, officer), lambda: propose(chen, third, deputy))
    # Without the lock the constraint still holds, but somebody sees an error page instead of a sentence.
    assert (kinds(outcomes) == {"Transfer": 1, "Refused": 1}) is right, outcomes
    assert Transfer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_stand_in_for_each_other_are_taken_in_at_once(
    chen, lin, other_unit, other_office, officer, other_officer
):
    both = [propose(person, other_unit, officer) for person in (chen, lin)]
    outcomes = at_once(*(lambda each=each: accept(each, other_office, other_officer) for each in both))
    assert kinds(outcomes) == {"Cadre": 2}, outcomes
    assert not Cadre.objects.exclude(stand_in=None).exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_named_stand_in_while_they_move_away(
    right, chen, office, other_unit, other_office, officer, other_officer, monkeypatch
):
    meng = make_cadre(office, "孟雪")
    transfer = propose(chen, other_unit, officer)
    named = services.CadreDetails(**{**vars(services.details_of(meng)), "stand_in": chen})
    # The two verbs share no call: each comes to the meeting before its own last one.
    for module, name in ((services.transfers, "_ask_for_card"), (services.people, "_apply")):
        monkeypatch.setattr(module, name, after_the_meeting(getattr(module, name)))
    with meeting(monkeypatch, Meeting, "come", 2, right):
        outcomes = at_once(
            lambda: accept(transfer, other_office, other_officer),
            lambda: services.cadre_edit(cadre=meng, details=named, actor=officer, now=NOW),
        )
    assert isinstance(outcomes[0], Cadre), outcomes
    meng.refresh_from_db()
    assert (meng.stand_in is None) is right, outcomes


class Meeting:
    @staticmethod
    def come() -> None: ...


def after_the_meeting(verb: Any) -> Any:
    def come_and_do(*args: Any, **kwargs: Any) -> Any:
        Meeting.come()
        return verb(*args, **kwargs)

    return come_and_do


def joined(cadre: Cadre) -> Cadre:
    return Cadre.objects.select_for_update(of=("self",)).select_related("unit").get(pk=cadre.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lock", [joined, locked])
def test_who_waited_for_somebody_that_moved_finds_them_in_the_new_unit(
    lock, chen, other_unit, other_office, officer, other_officer, monkeypatch
):
    """PostgreSQL drops a row when the unit joined to it changed while it waited, so nothing is joined to a lock."""
    transfer, moved = propose(chen, other_unit, officer), threading.Event()

    def hold_on(*_: Any) -> None:
        moved.set()
        threading.Event().wait(0.5)

    def give() -> Any:
        assert moved.wait(30)
        return services.consent_give(cadre=chen, subject="photo", evidence="签字", actor=officer, now=NOW)

    monkeypatch.setattr(services.transfers, "_ask_for_card", hold_on)
    monkeypatch.setattr(services.consent, "locked", lock)
    outcomes = at_once(lambda: accept(transfer, other_office, other_officer), give)
    lost = lock is joined and connection.vendor == "postgresql"
    assert kinds(outcomes) == {"Cadre": 1, "DoesNotExist" if lost else "Consent": 1}, outcomes
