"""The week of those who work in shifts, and what follows from it wherever a page says where somebody is."""

import threading
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access import Scope
from accounts.models import Role, Unit
from accounts.permissions import Reach
from cards import board, door, history, selectors, services
from cards.models import Cadre, Placement, ShiftDay, ShiftPattern
from cards.rules import Kind, State
from cards.services.shifts import OFFICE, REST, standing, week_facts
from common.models import AuditEntry
from common.problems import Refused
from common.rules import SHANGHAI
from common.versions import Overtaken, version_of
from tests.cast import (
    NOW,
    TODAY,
    crowd,
    declare,
    give,
    issue_card,
    make_cadre,
    make_office,
    make_user,
    signed_in,
)

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
NIGHT = ((time(20), time(8)),)
EARLY = ((time(7), time(15)),)


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def night(unit, officer) -> ShiftPattern:
    return services.shift_pattern_create(unit=unit, name="晚班", spans=NIGHT, actor=officer, now=NOW)


@pytest.fixture
def early(unit, officer) -> ShiftPattern:
    return services.shift_pattern_create(unit=unit, name="早班", spans=EARLY, actor=officer, now=NOW)


def save(unit, officer, wanted, *, monday=MONDAY, seen=None, now=NOW):
    return services.shifts_save(
        unit=unit,
        monday=monday,
        wanted={(cadre.pk, day): str(getattr(what, "pk", what)) for (cadre, day), what in wanted.items()},
        seen=seen,
        actor=officer,
        now=now,
    )


def at(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=SHANGHAI)


def kind(cadre: Cadre, now: datetime) -> Kind:
    placed = selectors.with_place(Cadre.objects.filter(pk=cadre.pk), now.astimezone(SHANGHAI).date())
    return selectors.statuses(placed, now)[cadre.pk].kind


# --- Saving a week --------------------------------------------------------------------------------------------------


def test_a_day_is_set_and_recorded(unit, officer, lin, night):
    assert save(unit, officer, {(lin, TODAY): night, (lin, TODAY + timedelta(days=1)): REST}) == 2
    rows = ShiftDay.objects.order_by("day")
    assert [(row.pattern, row.spans, row.set_by, row.set_at) for row in rows] == [
        (night, [["20:00", "08:00"]], officer, NOW),
        (None, [], officer, NOW),
    ]
    entry = AuditEntry.objects.get(verb="shifts_set")
    assert (entry.subject_id, entry.actor_id) == (lin.pk, officer.pk)
    assert entry.changes == {
        "2026-11-24": ["office_hours", "晚班"],
        "2026-11-25": ["office_hours", "shift_rest"],
    }


def test_the_same_again_changes_nothing(unit, officer, lin, night):
    save(unit, officer, {(lin, TODAY): night})
    assert save(unit, officer, {(lin, TODAY): night}, seen="the form of the first press") == 0
    assert (ShiftDay.objects.count(), AuditEntry.objects.filter(verb="shifts_set").count()) == (1, 1)


def test_what_was_replaced_stays(unit, officer, lin, night, early):
    save(unit, officer, {(lin, TODAY): night})
    later = NOW + timedelta(hours=1)
    save(unit, officer, {(lin, TODAY): early}, now=later)
    save(unit, officer, {(lin, TODAY): OFFICE}, now=later + timedelta(hours=1))
    rows = ShiftDay.objects.order_by("pk")
    assert [(row.pattern, row.replaced_at) for row in rows] == [
        (night, later),
        (early, later + timedelta(hours=1)),
    ]
    assert not standing([lin.pk], MONDAY)


def test_a_day_has_one_standing_row(lin, officer):
    ShiftDay.objects.create(cadre=lin, day=TODAY, set_by=officer, set_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ShiftDay.objects.create(cadre=lin, day=TODAY, set_by=officer, set_at=NOW)


@pytest.mark.parametrize("what", ["over", "too far", "unknown", "retired", "elsewhere", "other unit's shift"])
def test_what_is_refused_changes_nothing(what, unit, other_unit, officer, lin, zhou, night):
    cadre, day, shift = lin, TODAY, night
    if what == "over":
        day = TODAY - timedelta(days=1)
    elif what == "too far":
        day = TODAY + timedelta(days=93)
    elif what == "unknown":
        shift = 10**9
    elif what == "retired":
        ShiftPattern.objects.update(retired=True)
    elif what == "elsewhere":
        cadre = zhou
    else:
        shift = ShiftPattern.objects.create(unit=other_unit, name="晚班", spans=[["20:00", "08:00"]])
    with pytest.raises(Refused):
        save(unit, officer, {(lin, TODAY + timedelta(days=1)): REST, (cadre, day): shift})
    assert not ShiftDay.objects.exists()
    assert not AuditEntry.objects.filter(verb="shifts_set").exists()


def test_a_past_day_that_stays_as_it_is_harms_nobody(unit, officer, lin, night):
    ShiftDay.objects.create(
        cadre=lin, day=MONDAY, pattern=night, spans=night.spans, set_by=officer, set_at=NOW
    )
    assert save(unit, officer, {(lin, MONDAY): night, (lin, TODAY): REST}) == 1


def test_whoever_works_here_on_loan_is_on_the_roster(
    unit, other_unit, officer, other_officer, zhou, office, night
):
    Placement.objects.create(cadre=zhou, kind="secondment", office=office, valid_from=TODAY)
    assert save(unit, officer, {(zhou, TODAY): night}) == 1
    with pytest.raises(Refused):
        save(other_unit, other_officer, {(zhou, TODAY): REST})


def test_whoever_saves_second_must_look_first(unit, officer, lin, chen, night):
    seen = version_of(week_facts({}))
    save(unit, officer, {(lin, TODAY): night}, seen=seen)
    with pytest.raises(Overtaken):
        save(unit, officer, {(chen, TODAY): night}, seen=seen)
    assert ShiftDay.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_the_same_moment(unit, officer, lin, night, early):
    barrier, outcomes = threading.Barrier(2), []

    def run(shift):
        barrier.wait()
        try:
            outcomes.append(save(unit, officer, {(lin, TODAY): shift}, seen=version_of(week_facts({}))))
        except Overtaken:
            outcomes.append("overtaken")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(shift,)) for shift in (night, early)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1", "overtaken"]
    assert ShiftDay.objects.count() == 1


def test_whoever_changes_units_leaves_the_shifts_behind(
    unit, other_unit, other_office, officer, other_officer, lin, night
):
    ShiftDay.objects.create(
        cadre=lin, day=MONDAY, pattern=night, spans=night.spans, set_by=officer, set_at=NOW
    )
    save(unit, officer, {(lin, TODAY): night, (lin, TODAY + timedelta(days=1)): REST})
    transfer = services.transfer_propose(
        cadre=lin, to_unit=other_unit, first_day=TODAY, note="", actor=officer, now=NOW
    )
    arrival = services.Arrival(
        office=other_office, posts=("科员",), duties=("接待",), office_phone="0578-7120222"
    )
    services.transfer_accept(transfer=transfer, arrival=arrival, actor=other_officer, now=NOW)
    assert list(standing([lin.pk], MONDAY)) == [(lin.pk, MONDAY)]
    assert kind(lin, at(24, "10:00")) == Kind.AT_POST


# --- Shifts by name -------------------------------------------------------------------------------------------------


def test_new_hours_reach_the_days_to_come_and_not_today(unit, officer, lin, night):
    days = [TODAY + timedelta(days=offset) for offset in range(3)]
    save(unit, officer, {(lin, day): night for day in days})
    moved = services.shift_pattern_edit(
        pattern=night, name="夜班", spans=((time(21), time(7)),), retired=False, actor=officer, now=NOW
    )
    assert moved == 2
    spans = [row.spans for row in ShiftDay.objects.standing().order_by("day")]
    assert spans == [[["20:00", "08:00"]], [["21:00", "07:00"]], [["21:00", "07:00"]]]
    changes = AuditEntry.objects.get(verb="shift_pattern_edited").changes
    assert changes == {"name": ["晚班", "夜班"], "spans": ["20:00–08:00", "21:00–07:00"]}


def test_a_name_is_given_once_in_a_unit(unit, other_unit, officer, night):
    with pytest.raises(Refused) as refused:
        services.shift_pattern_create(unit=unit, name="晚班", spans=EARLY, actor=officer, now=NOW)
    assert refused.value.field == "name"
    services.shift_pattern_create(unit=other_unit, name="晚班", spans=EARLY, actor=officer, now=NOW)


# --- What every page says of somebody in shifts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(24, "10:00"), Kind.OUTSIDE_HOURS),
        (at(24, "21:00"), Kind.AT_POST),
        (at(25, "02:00"), Kind.AT_POST),
        (at(25, "10:00"), Kind.OUTSIDE_HOURS),
        (at(26, "10:00"), Kind.AT_POST),
    ],
)
def test_the_plaque_the_door_and_the_board_agree(
    now, expected, unit, office, city, officer, lin, chen, night
):
    issue_card(lin)
    save(unit, officer, {(lin, TODAY): night, (lin, TODAY + timedelta(days=1)): REST})
    assert kind(lin, now) == expected
    (occupant,) = door.door_of(office, city=city, now=now).people
    present = board.Presence.AT_POST if expected == Kind.AT_POST else board.Presence.CLOSED
    assert occupant.tone == {Kind.AT_POST: "on", Kind.OUTSIDE_HOURS: "idle"}[expected]
    assert selectors.public_card(lin.cards.get(), now).status.kind == expected
    office_says = board.presence_of(selectors.statuses(board.working_in(unit, now), now)[chen.pk])
    (row,) = board.rows(Unit.objects.filter(pk=unit.pk), Scope(0, Reach.CITY, None), now)
    assert row.counts == dict.fromkeys([present], 1) | {office_says: 2 if office_says == present else 1}


def test_a_replaced_shift_says_nothing(unit, officer, lin, night):
    save(unit, officer, {(lin, TODAY): night})
    save(unit, officer, {(lin, TODAY): OFFICE})
    assert kind(lin, at(24, "10:00")) == Kind.AT_POST


def test_the_board_counts_an_absence_within_a_shift(unit, officer, lin, night):
    save(unit, officer, {(lin, TODAY): night})
    declare(lin, State.ERRAND, now=at(24, "22:00"), until=at(25, "02:00"))
    scope = Scope(0, Reach.CITY, None)
    for now, presence in ((at(24, "23:00"), board.Presence.OUT), (at(25, "03:00"), board.Presence.OVERDUE)):
        (row,) = board.rows(Unit.objects.filter(pk=unit.pk), scope, now)
        assert row.counts[presence] == 1


def test_the_hours_of_many_in_shifts_take_as_many_queries_as_of_one(
    unit, office, officer, night, django_assert_num_queries
):
    scope, counts = Scope(0, Reach.CITY, None), []
    for number in (1, 9, 90):
        people = crowd(office, number, cards=False)
        ShiftDay.objects.bulk_create(
            ShiftDay(
                cadre=cadre,
                day=TODAY + timedelta(days=offset),
                pattern=night,
                spans=night.spans,
                set_by=officer,
                set_at=NOW,
            )
            for cadre in people
            for offset in range(3)
        )
        with CaptureQueriesContext(connection) as listed:
            selectors.shown(selectors.with_place(Cadre.objects.filter(unit=unit), TODAY), NOW)
        with CaptureQueriesContext(connection) as counted:
            board.rows(Unit.objects.all(), scope, NOW)
        counts.append((len(listed), len(counted)))
    assert len(set(counts)) == 1


def test_the_phone_page_offers_the_end_of_the_shift(unit, officer, lin, night, frozen):
    save(unit, officer, {(lin, TODAY): night})
    frozen.move_to(at(24, "22:00"))
    response = signed_in(lin.user).get("/me/?lang=en")
    assert [button["value"] for button in response.context["until_buttons"]] == ["30m", "60m", "day"]
    assert "2026-11-25T08:00" in {preset["value"].partition("|")[2] for preset in response.context["presets"]}
    data = {"state": State.ERRAND, "until_choice": "time", "until_time": "02:00", "place": ""}
    assert signed_in(lin.user).post("/me/", data).status_code == 302
    assert lin.whereabouts.get().until == at(25, "02:00")


def test_the_history_of_a_person_names_the_days(unit, officer, lin, night):
    save(unit, officer, {(lin, TODAY): night})
    line = next(line for line in history.entries(lin, private=True) if "11月24日" in str(line.details))
    assert "晚班" in line.details[0]


# --- The page -------------------------------------------------------------------------------------------------------


def cell(cadre, day):
    return f"c{cadre.pk}-{day:%Y%m%d}"


def posted(client, unit, week="2026-W48", **cells):
    seen = client.get(reverse("shifts"), {"unit": unit.code, "week": week}).context["seen"]
    people = sorted({name[1:].partition("-")[0] for name in cells if name.startswith("c")})
    address = f"{reverse('shifts_save')}?unit={unit.code}&week={week}"
    return client.post(address, {"seen": seen, "person": people} | cells)


def test_the_officer_adds_a_person_and_saves_the_week(unit, officer, lin, chen, night):
    client = signed_in(officer)
    page = client.get(reverse("shifts"), {"add": lin.pk})
    assert [line["cadre"] for line in page.context["lines"]] == [lin]
    assert [chosen["past"] for chosen in page.context["lines"][0]["cells"]] == [True] + [False] * 6
    assert chen in page.context["others"]
    response = posted(
        client, unit, **{cell(lin, TODAY): night.pk, cell(lin, TODAY + timedelta(days=1)): REST}
    )
    assert response["Location"] == f"{reverse('shifts')}?unit=D901&week=2026-W48"
    page = client.get(response["Location"])
    assert [chosen["value"] for chosen in page.context["lines"][0]["cells"]][:4] == [
        OFFICE,
        str(night.pk),
        REST,
        OFFICE,
    ]


def test_a_week_that_somebody_else_changed_comes_back_with_what_was_typed(unit, officer, lin, night, early):
    client = signed_in(officer)
    seen = client.get(reverse("shifts")).context["seen"]
    save(unit, officer, {(lin, TODAY): night})
    response = posted(client, unit, seen=seen, **{cell(lin, TODAY): early.pk})
    assert response.status_code == 422
    (line,) = response.context["lines"]
    assert (line["cells"][1]["value"], line["cells"][1]["saved"]) == (str(early.pk), "晚班")
    assert posted(client, unit, **{cell(lin, TODAY): early.pk}).status_code == 302


def test_a_shift_that_is_refused_comes_back_with_what_was_typed(unit, officer, lin, night, early):
    ShiftPattern.objects.filter(pk=early.pk).update(retired=True)
    response = posted(
        signed_in(officer), unit, **{cell(lin, TODAY): early.pk, cell(lin, TODAY + timedelta(1)): night.pk}
    )
    assert response.status_code == 422
    assert response.context["lines"][0]["cells"][2]["value"] == str(night.pk)
    assert not ShiftDay.objects.exists()


def test_nonsense_in_the_form_is_no_error_of_ours(unit, officer, lin):
    client = signed_in(officer)
    address = reverse("shifts_save")
    for data in ({}, {"person": ["x", "9" * 30, "-1"]}, {"person": [lin.pk], cell(lin, TODAY): "x" * 500}):
        assert client.post(address, data).status_code in (302, 422)
    for query in ("week=2026-W99", "week=x", "add=x", "add=99999999999999999999"):
        assert client.get(f"{reverse('shifts')}?{query}").status_code == 200


def test_last_week_fills_what_is_still_free_and_saves_nothing(unit, officer, lin, chen, night, early):
    coming = TODAY + timedelta(days=7)
    save(unit, officer, {(lin, TODAY): night, (lin, TODAY + timedelta(days=1)): REST, (chen, TODAY): early})
    save(unit, officer, {(lin, coming): early}, monday=MONDAY + timedelta(days=7))
    ShiftPattern.objects.filter(pk=early.pk).update(retired=True)
    page = signed_in(officer).get(reverse("shifts"), {"week": "2026-W49", "copy": "1"})
    lines = {line["cadre"]: [chosen["value"] for chosen in line["cells"]] for line in page.context["lines"]}
    assert lines[lin] == [OFFICE, str(early.pk), REST, OFFICE, OFFICE, OFFICE, OFFICE]
    assert lines[chen] == [OFFICE] * 7
    assert page.context["copied"]
    assert not standing([chen.pk], MONDAY + timedelta(days=7))


def test_a_week_that_is_over_is_only_read(unit, officer, lin, night):
    ShiftDay.objects.create(
        cadre=lin,
        day=MONDAY - timedelta(days=3),
        pattern=night,
        spans=night.spans,
        set_by=officer,
        set_at=NOW,
    )
    page = signed_in(officer).get(reverse("shifts"), {"week": "2026-W47"})
    assert page.context["over"]
    assert "<select" not in page.content.decode()
    assert "20:00–08:00" in page.content.decode()


def test_the_head_reads_and_the_officer_of_another_unit_finds_nothing(
    unit, officer, head, other_officer, lin, night
):
    save(unit, officer, {(lin, TODAY): night})
    page = signed_in(head).get(reverse("shifts"))
    assert (page.context["editing"], "<select" in page.content.decode()) == (False, False)
    assert "晚班" in page.content.decode()
    other = signed_in(other_officer)
    assert other.get(reverse("shifts"), {"unit": unit.code}).status_code == 404
    assert other.post(f"{reverse('shifts_save')}?unit={unit.code}", {}).status_code == 404
    assert other.get(reverse("shift_pattern", args=[night.pk])).status_code == 404


def test_the_page_takes_as_many_queries_for_many(unit, office, officer, night):
    client, counts = signed_in(officer), []
    for number in (1, 2, 60):
        ShiftDay.objects.bulk_create(
            ShiftDay(cadre=cadre, day=TODAY, pattern=night, spans=night.spans, set_by=officer, set_at=NOW)
            for cadre in crowd(office, number, cards=False)
        )
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("shifts")).status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_whoever_leads_two_units_chooses_between_them(unit, other_unit, other_office, officer, lin):
    give(officer, Role.LEADING_GROUP_HEAD, unit=other_unit)
    client = signed_in(officer)
    make_cadre(make_office(other_unit, "值班室", "1"), "杜夜")
    assert [each.code for each in client.get(reverse("shifts")).context["units"]] == ["D901", "T902"]
    page = client.get(reverse("shifts"), {"unit": "T902"})
    assert (page.context["unit"], page.context["editing"]) == (other_unit, False)


# --- The form of a shift --------------------------------------------------------------------------------------------


def hours(**changes):
    return {"name": "夜班", "start1": "20:00", "end1": "08:00"} | changes


def test_a_shift_is_entered_and_changed(unit, officer):
    client = signed_in(officer)
    assert client.post(reverse("shift_pattern_new"), hours()).status_code == 302
    pattern = ShiftPattern.objects.get()
    assert (pattern.unit, pattern.name, pattern.spans) == (unit, "夜班", [["20:00", "08:00"]])
    address = reverse("shift_pattern", args=[pattern.pk])
    seen = client.get(address).context["form"]["seen"].value()
    assert client.post(address, hours(retired="on", seen=seen)).status_code == 302
    assert ShiftPattern.objects.get().retired
    overtaken = client.post(address, hours(name="值班", seen=seen))
    assert overtaken.status_code == 422
    assert overtaken.context["form"]["name"].value() == "值班"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "长" * 11}, "name"),
        ({"end1": ""}, "end1"),
        ({"start1": "25:00"}, "start1"),
        ({"start1": "", "end1": ""}, "start1"),
        ({"start2": "07:00", "end2": "09:00"}, "start1"),
        ({"name": "晚班"}, "name"),
    ],
)
def test_a_shift_that_cannot_be_stays_on_the_form(unit, officer, night, changes, field):
    response = signed_in(officer).post(reverse("shift_pattern_new"), hours(**changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert ShiftPattern.objects.count() == 1


def test_somebody_who_is_no_cadre_sets_nothing(unit, lin, night):
    stranger = make_user("stranger")
    give(stranger, Role.CADRE, unit=unit)
    assert signed_in(stranger).get(reverse("shifts")).status_code == 403
