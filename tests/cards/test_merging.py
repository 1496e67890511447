"""A unit that another one takes over: what goes along, what ends, what stays, and what is refused."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts import history
from accounts import services as accounts
from accounts.models import Membership, Role, Unit, User
from cards import selectors, services
from cards.models import Cadre, Card, CardRequest, Office, PlacementKind, Transfer
from common import audit
from common.models import AuditEntry
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.cards.test_races import at_once, kinds, meeting, right
from tests.cast import NOW, TODAY, crowd, give, issue_card, make_cadre, make_office, make_unit, signed_in

__all__ = ["right"]

pytestmark = pytest.mark.django_db

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def third(db: None) -> Unit:
    return make_unit("T903", "第三镇")


def merge(unit: Unit, successor: Unit, actor: User, **changed: Any) -> services.MergeConsequences:
    given = {"last_day": YESTERDAY, "now": NOW} | changed
    return services.units_merge(unit=unit, successor=successor, actor=actor, **given)


def refusal(unit: Unit, successor: Unit, actor: User, **changed: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        merge(unit, successor, actor, **changed)
    return str(refused.value.sentence), refused.value.field


def hand_over(cadre: Cadre, to_unit: Unit, actor: User) -> Transfer:
    return services.transfer_propose(
        cadre=cadre, to_unit=to_unit, first_day=TODAY, note="", actor=actor, now=NOW
    )


# --- What goes along ----------------------------------------------------------------------------------------------


def test_people_and_offices_go_to_the_successor_and_the_unit_closes(
    chen, lin, unit, office, other_unit, administrator
):
    merge(unit, other_unit, administrator)
    for row in (chen, lin, office, unit):
        row.refresh_from_db()
    assert (chen.unit, chen.office, office.unit) == (other_unit, office, other_unit)
    assert (chen.stand_in, lin.stand_in) == (lin, chen)
    assert (unit.valid_to, unit.successor) == (YESTERDAY, other_unit)
    entry = audit.history(chen)[0]
    assert (entry.verb, entry.actor, entry.changes) == (
        "unit_merged",
        administrator,
        {"unit": ["青窑局", "剑潭镇"]},
    )
    moved = audit.history(office)[0]
    assert (moved.verb, moved.actor, moved.changes) == ("office_moved", administrator, entry.changes)
    assert audit.history(unit)[0].changes == {
        "valid_to": [None, YESTERDAY.isoformat()],
        "successor": [None, "剑潭镇"],
    }


def test_the_units_history_says_what_it_has_been_merged_into(unit, other_unit, administrator):
    merge(unit, other_unit, administrator)
    with translation.override("en"):
        details = history.edits(unit)[0].details
    assert details.startswith("Merged into 剑潭镇；Last day: ")
    assert "none" not in details


def test_cards_stay_valid_with_their_numbers_and_codes(chen, unit, other_unit, administrator):
    card = issue_card(chen)
    door = chen.office.door_token
    merge(unit, other_unit, administrator)
    shown = selectors.public_card(selectors.find_card(card.token), NOW)
    assert (shown.card.serial, shown.cadre.unit) == ("LQ-D901-0001", other_unit)
    assert Card.objects.valid().get() == card
    assert Office.objects.get(door_token=door).unit == other_unit


def test_the_next_card_has_the_successors_number(chen, unit, other_unit, administrator, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    merge(unit, other_unit, administrator)
    card = services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW)
    assert card.serial == "LQ-T902-0001"


def test_an_office_of_the_same_name_and_room_is_joined(
    chen, unit, office, other_unit, administrator, officer
):
    twin = make_office(other_unit, office.name, office.room)
    guest = make_cadre(make_office(make_unit("T904", "第四镇")), "周游")
    for first, last in ((date(2026, 1, 1), date(2026, 2, 1)), (TODAY, None)):
        services.placement_record(
            cadre=guest,
            kind=PlacementKind.SECONDMENT,
            office=office,
            valid_from=first,
            valid_to=last,
            actor=officer,
            now=NOW,
        )
    planned = merge(unit, other_unit, administrator)
    chen.refresh_from_db()
    assert chen.office == twin
    assert (planned.offices, planned.shared_offices) == (0, 1)
    # What is over stays in the history as it was.
    assert [each.office for each in guest.placements.all()] == [twin, office]
    assert Office.objects.get(pk=office.pk).unit == unit
    units = ["青窑局", "剑潭镇"]
    joined, placed = audit.history(office)[0], audit.history(guest)[0]
    assert (joined.verb, joined.changes) == ("office_joined", {"unit": units, "into": twin.pk})
    assert (placed.verb, placed.changes) == ("placement_corrected", {"office": str(office), "unit": units})


def test_who_has_left_stays_with_the_old_unit_and_who_begins_later_goes_along(
    chen, lin, unit, office, other_unit, administrator, officer
):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=YESTERDAY)
    later = make_cadre(office, "孟雪", serves_from=TOMORROW)
    merge(unit, other_unit, administrator, last_day=date(2026, 10, 31))
    assert set(unit.cadres.all()) == {chen}
    assert set(other_unit.cadres.all()) == {lin, later}
    lin.refresh_from_db()
    assert lin.stand_in is None
    entry = AuditEntry.objects.get(verb="cadre_edited")
    assert (entry.subject_id, entry.actor, entry.changes) == (
        lin.pk,
        administrator,
        {"stand_in": [chen.name, ""]},
    )


def test_open_transfers_go_on_with_the_successor_or_end_between_the_two(
    chen, lin, wei, zhou, unit, other_unit, third, administrator, officer
):
    leaving = hand_over(chen, third, officer)
    between = hand_over(lin, other_unit, officer)
    back = hand_over(zhou, unit, officer)
    stranger = make_cadre(make_office(third), "周游")
    coming = hand_over(stranger, unit, officer)
    planned = merge(unit, other_unit, administrator)
    assert planned.transfers == 4
    for row in (leaving, between, back, coming):
        row.refresh_from_db()
    assert (leaving.from_unit, leaving.to_unit, leaving.decision) == (other_unit, third, "")
    assert (coming.from_unit, coming.to_unit, coming.decision) == (third, other_unit, "")
    for row in (between, back):
        assert (row.decision, row.decision_note, row.decided_by) == ("withdrawn", "merged", administrator)
    assert audit.history(zhou)[0].verb == "transfer_withdrawn"
    redirected = AuditEntry.objects.filter(verb="transfer_redirected", actor=administrator)
    assert {entry.subject_id: entry.changes for entry in redirected} == {
        chen.pk: {"from_unit": ["青窑局", "剑潭镇"]},
        stranger.pk: {"to_unit": ["青窑局", "剑潭镇"]},
    }
    lin.refresh_from_db()
    assert lin.unit == other_unit


def test_cadres_accounts_go_along_and_officers_and_heads_end(
    chen, unit, other_unit, administrator, officer, head, other_officer
):
    planned = merge(unit, other_unit, administrator)
    assert (planned.cadre_roles, planned.ended_roles) == (1, 2)
    current = Membership.objects.current(TODAY)
    assert [(row.role, row.unit) for row in current.filter(user=chen.user)] == [("cadre", other_unit)]
    assert not current.filter(user__in=[officer, head]).exists()
    assert current.filter(user=other_officer, unit=other_unit).exists()
    assert Membership.objects.current(YESTERDAY).filter(user=officer, unit=unit).exists()


def test_roles_given_today_are_no_obstacle(chen, unit, other_unit, administrator, officer):
    Membership.objects.update(valid_from=TODAY)
    give(chen.user, Role.CADRE, unit=other_unit, first=TODAY)
    merge(unit, other_unit, administrator)
    assert [(row.role, row.unit) for row in chen.user.memberships.all()] == [("cadre", other_unit)]
    assert not officer.memberships.exists()


def test_the_numbers_say_what_happens(chen, lin, unit, office, other_unit, administrator, officer):
    issue_card(chen)
    services.card_request(cadre=chen, reason="lost", note="", actor=officer, now=NOW)
    make_office(unit, "档案室", "302")
    assert merge(unit, other_unit, administrator) == services.MergeConsequences(
        people=2, offices=2, shared_offices=0, card_requests=1, transfers=0, cadre_roles=2, ended_roles=1
    )


def test_a_large_unit_takes_no_more_statements_than_a_small_one(unit, other_unit, third, administrator):
    counts = []
    for old, number in ((unit, 2), (other_unit, 120)):
        crowd(make_office(old, "大厅", old.code), number, cards=False)
        with CaptureQueriesContext(connection) as queries:
            merge(old, third, administrator)
        assert old.cadres.count() == 0
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- What is refused ----------------------------------------------------------------------------------------------


def test_not_into_itself(unit, administrator):
    assert refusal(unit, unit, administrator) == ("A unit cannot be merged into itself.", "successor")


@pytest.mark.parametrize("last_day", [YESTERDAY, TOMORROW])
def test_not_into_one_that_closes(unit, other_unit, administrator, last_day):
    Unit.objects.filter(pk=other_unit.pk).update(valid_to=last_day)
    assert refusal(unit, other_unit, administrator)[1] == "successor"


def test_not_twice_and_not_back_but_one_after_the_other(chen, unit, other_unit, third, administrator):
    merge(unit, other_unit, administrator)
    assert refusal(unit, third, administrator) == ("This unit has already been merged.", None)
    assert refusal(other_unit, unit, administrator)[1] == "successor"
    merge(other_unit, third, administrator)
    chen.refresh_from_db()
    assert chen.unit == third


def test_not_into_one_that_follows_it_by_way_of_others(unit, other_unit, third, administrator):
    Unit.objects.filter(pk=other_unit.pk).update(successor=third)
    Unit.objects.filter(pk=third.pk).update(successor=unit)
    assert refusal(unit, other_unit, administrator) == (
        "A unit cannot follow itself, not even by way of others.",
        "successor",
    )


def test_not_ahead_of_the_day_and_not_before_the_unit_began(unit, other_unit, administrator):
    assert refusal(unit, other_unit, administrator, last_day=TOMORROW) == (
        "The people move at once: merge the units on the last day, or later.",
        "last_day",
    )
    assert refusal(unit, other_unit, administrator, last_day=date(1999, 1, 1))[1] == "last_day"
    assert merge(unit, other_unit, administrator, last_day=TODAY)


def test_what_has_changed_since_it_was_shown_is_shown_again(chen, office, unit, other_unit, administrator):
    shown = services.merge_consequences(unit=unit, successor=other_unit, last_day=YESTERDAY, now=NOW)
    make_cadre(office, "孟雪")
    with pytest.raises(Overtaken):
        merge(unit, other_unit, administrator, seen=version_of(vars(shown)))
    unit.refresh_from_db()
    assert unit.valid_to is None


def test_nobody_is_entered_in_a_unit_that_closes(chen, office, unit, other_unit, administrator, officer):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=YESTERDAY)
    merge(unit, other_unit, administrator)
    with pytest.raises(Refused, match="nobody can be entered in it any more"):
        make_cadre(Office.objects.create(unit=unit, name="空", room="1"), "孟雪")
    with pytest.raises(Refused, match="The unit itself closes"):
        services.cadre_resume_service(cadre=chen, actor=officer, now=NOW)


@pytest.mark.parametrize(("serves_to", "refused"), [(None, True), (TOMORROW, True), (TODAY, False)])
def test_a_unit_does_not_close_under_its_people(chen, unit, administrator, serves_to, refused):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=serves_to)
    facts = {name: getattr(unit, name) for name in accounts.UNIT_FIELDS} | {"valid_to": TODAY}
    edit = {"unit": unit, "details": accounts.UnitDetails(**facts), "actor": administrator, "now": NOW}
    if not refused:
        assert accounts.unit_edit(**edit).valid_to == TODAY
        return
    with pytest.raises(Refused, match="1 person still serves in this unit") as problem:
        accounts.unit_edit(**edit)
    assert problem.value.field == "valid_to"


def test_a_unit_does_not_close_under_those_who_work_there_for_a_time(
    zhou, unit, office, administrator, officer
):
    services.placement_record(
        cadre=zhou,
        kind=PlacementKind.SECONDMENT,
        office=office,
        valid_from=TODAY,
        valid_to=None,
        actor=officer,
        now=NOW,
    )
    facts = {name: getattr(unit, name) for name in accounts.UNIT_FIELDS} | {"valid_to": TODAY}
    with pytest.raises(Refused, match="1 person still serves"):
        accounts.unit_edit(unit=unit, details=accounts.UnitDetails(**facts), actor=administrator, now=NOW)


# --- The page -----------------------------------------------------------------------------------------------------


def test_the_administrator_sees_numbers_confirms_and_it_is_done(chen, lin, unit, other_unit, administrator):
    client = signed_in(administrator)
    client.cookies["language"] = "en"
    assert reverse("unit_merge", args=[unit.pk]) in client.get(reverse("unit", args=[unit.pk])).text
    url = reverse("unit_merge", args=[unit.pk])
    shown = client.get(url, {"successor": other_unit.pk, "last_day": "2026-11-23"})
    assert shown.status_code == 200
    assert "2 people move" in shown.text
    assert chen.name not in shown.text
    assert "open card request" not in shown.text
    given = {"successor": other_unit.pk, "last_day": "2026-11-23", "seen": shown.context["seen"]}
    make_cadre(chen.office, "孟雪")
    again = client.post(url, given)
    assert again.status_code == 422
    assert "3 people move" in again.text
    done = client.post(url, {**given, "seen": again.context["seen"]})
    assert done["Location"] == reverse("unit", args=[unit.pk])
    unit.refresh_from_db()
    assert unit.successor == other_unit
    assert AuditEntry.objects.filter(verb="unit_merged").count() == 3


def test_the_page_says_what_cannot_be(unit, other_unit, administrator):
    client = signed_in(administrator)
    client.cookies["language"] = "en"
    url = reverse("unit_merge", args=[unit.pk])
    early = client.get(url, {"successor": other_unit.pk, "last_day": "2026-11-25"})
    assert early.status_code == 422
    assert early.text.count("The people move at once") == 2  # in the summary and at the field
    assert client.post(url, {"successor": unit.pk, "last_day": ""}).status_code == 422
    assert client.post(url).status_code == 422
    assert client.get(reverse("unit_merge", args=[10**6])).status_code == 404


@pytest.mark.parametrize("who", ["officer", "head", "express", "discipline"])
def test_nobody_but_administrators_merges(who, unit, request):
    assert signed_in(request.getfixturevalue(who)).get(f"/desk/units/{unit.pk}/merge/").status_code == 403


# --- At the same moment -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_mergers_of_one_unit_at_once_are_one(
    right, chen, unit, other_unit, third, administrator, monkeypatch
):
    with meeting(monkeypatch, services.merging, "_move", 2, right):
        outcomes = at_once(
            lambda: merge(unit, other_unit, administrator), lambda: merge(unit, third, administrator)
        )
    assert (kinds(outcomes) == {"MergeConsequences": 1, "Refused": 1}) is right, outcomes
    if right:
        chen.refresh_from_db()
        unit.refresh_from_db()
        assert chen.unit == unit.successor


@pytest.mark.django_db(transaction=True)
def test_nobody_is_entered_in_a_unit_while_it_is_merged(
    right, unit, office, other_unit, administrator, monkeypatch
):
    for module, name in ((services.merging, "_close"), (services.people, "_apply")):
        monkeypatch.setattr(module, name, _after_the_meeting(getattr(module, name)))
    with meeting(monkeypatch, Meeting, "come", 2, right):
        outcomes = at_once(lambda: merge(unit, other_unit, administrator), lambda: make_cadre(office, "孟雪"))
    stranded = unit.cadres.exists()
    assert (not stranded) is right or any(isinstance(each, Refused) for each in outcomes), outcomes


@pytest.mark.django_db(transaction=True)
def test_taking_in_and_merging_at_once_leave_nobody_behind(
    chen, zhou, unit, office, other_unit, third, administrator, officer
):
    coming = hand_over(zhou, unit, officer)
    arrival = services.Arrival(office, ("科员",), (), "0578-7120101")
    outcomes = at_once(
        lambda: services.transfer_accept(transfer=coming, arrival=arrival, actor=officer, now=NOW),
        lambda: merge(unit, third, administrator),
        lambda: services.account_open(cadre=make_cadre(office, "孟雪"), actor=officer, now=NOW),
    )
    assert isinstance(outcomes[1], services.MergeConsequences), outcomes
    assert set(kinds(outcomes)) <= {"Cadre", "Refused", "MergeConsequences", "tuple"}, outcomes
    assert not unit.cadres.exists()
    zhou.refresh_from_db()
    assert zhou.unit == (third if isinstance(outcomes[0], Cadre) else other_unit)
    assert not CardRequest.objects.exists()


class Meeting:
    @staticmethod
    def come() -> None: ...


def _after_the_meeting(verb: Any) -> Any:
    def come_and_do(*args: Any, **kwargs: Any) -> Any:
        Meeting.come()
        return verb(*args, **kwargs)

    return come_and_do
