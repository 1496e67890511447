"""Whereabouts for many at once: 全体会议 9:00–11:30."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from cards import selectors, services
from cards.models import Cadre, Placement, Whereabouts
from cards.rules import Kind, State
from common.problems import Refused
from tests.cards.test_races import at_once, meeting, right  # noqa: F401
from tests.cast import NOW, TODAY, crowd, declare, give, make_cadre, make_office, signed_in

HOUR = timedelta(hours=1)
URL = "/desk/whereabouts/"


@pytest.fixture
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def english(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1]))


def bulk(cadres: list[Cadre], actor: User, **changed: Any) -> services.Bulk:
    given = {
        "cadres": cadres,
        "state": State.MEETING,
        "since": None,
        "until": NOW + 2 * HOUR,
        "place": "三楼会议室",
        "also": (),
        "actor": actor,
        "now": NOW,
    }
    return services.whereabouts_bulk(**{**given, **changed})


def status(cadre: Cadre, now=NOW):
    placed = selectors.with_place(Cadre.objects.filter(pk=cadre.pk), TODAY)[0]
    return selectors.statuses([placed], now)[cadre.pk]


# --- The verb --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_row_for_each_in_the_officers_name(chen, lin, officer):
    done = bulk([chen, lin], officer)
    assert {row.cadre_id for row in done.rows} == {chen.pk, lin.pk}
    row = chen.whereabouts.get()
    assert (row.state, row.since, row.until, row.place) == ("meeting", NOW, NOW + 2 * HOUR, "三楼会议室")
    assert (row.source, row.set_by, row.recorded_at) == ("bulk", officer, NOW)
    assert status(chen).kind == Kind.AWAY


@pytest.mark.django_db
def test_whoever_has_another_absence_keeps_it_unless_chosen(chen, lin, wei, zhou, officer):
    declare(chen, State.LEAVE, until=NOW + 48 * HOUR)
    declare(lin, State.ERRAND, since=NOW + HOUR, until=NOW + 3 * HOUR)
    declare(wei, State.ERRAND, since=NOW + 2 * HOUR, until=NOW + 3 * HOUR)
    declare(zhou, State.ERRAND, since=NOW - HOUR, until=NOW + HOUR)
    declare(zhou, State.AT_POST, since=NOW - HOUR / 2)
    done = bulk([chen, lin, wei, zhou], officer)
    assert done.skipped == [chen, lin]
    assert {row.cadre_id for row in done.rows} == {wei.pk, zhou.pk}
    done = bulk([chen, lin], officer, also=[lin.pk])
    assert done.skipped == [chen]
    assert [row.cadre_id for row in done.rows] == [lin.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"state": State.AT_POST}, "state"),
        ({"until": NOW}, "until_time"),
        ({"since": NOW + 3 * HOUR}, "until_time"),
        ({"since": NOW + 400 * 24 * HOUR, "until": NOW + 401 * 24 * HOUR}, "from_time"),
    ],
)
def test_what_one_may_not_declare_many_may_not_either(changed, field, chen, officer):
    with pytest.raises(Refused) as refused:
        bulk([chen], officer, **changed)
    assert refused.value.field == field
    assert not Whereabouts.objects.exists()


@pytest.mark.django_db
def test_an_absence_months_ahead_is_seen(chen, officer):
    far = NOW + timedelta(days=90)
    declare(chen, State.LEAVE, since=far, until=far + 48 * HOUR)
    assert bulk([chen], officer, since=far + HOUR, until=far + 2 * HOUR).skipped == [chen]


@pytest.mark.django_db
def test_the_second_click_declares_nothing(chen, lin, officer):
    first = bulk([chen, lin], officer, also=[chen.pk])
    second = bulk([chen, lin], officer, also=[chen.pk], now=NOW + timedelta(seconds=2))
    assert {row.pk for row in second.rows} == {row.pk for row in first.rows}
    assert Whereabouts.objects.count() == 2


@pytest.mark.django_db
def test_few_statements_whoever_many(office, officer):
    numbers = []
    for people in (crowd(office, 1), crowd(office, 3), crowd(office, 300)):
        with CaptureQueriesContext(connection) as captured:
            assert len(bulk(people, officer).rows) == len(people)
        sql = [query["sql"].upper() for query in captured]
        numbers.append(sum("INSERT" not in text for text in sql))
        # SQLite takes 999 values in one statement, ten of them in a row.
        most = -(-len(people) // 99) if connection.vendor == "sqlite" else 1
        assert sum("INSERT" in text for text in sql) <= most
    assert len(set(numbers)) == 1, numbers


# --- Taking it back --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_has_not_begun_is_cancelled(chen, lin, officer):
    rows = bulk([chen, lin], officer, since=NOW + HOUR).rows
    services.plan_cancel(plan=rows[0], actor=officer, now=NOW)
    assert len(services.whereabouts_bulk_undo(rows=rows, actor=officer, now=NOW)) == 1
    assert services.whereabouts_bulk_undo(rows=rows, actor=officer, now=NOW) == []
    assert not Whereabouts.objects.standing().filter(state="meeting").exists()


@pytest.mark.django_db
def test_of_what_has_begun_all_are_back_but_those_who_said_something_since(chen, lin, wei, officer):
    rows = bulk([chen, lin, wei], officer).rows
    later = NOW + HOUR / 2
    declare(lin, State.ERRAND, now=later - HOUR / 4, until=NOW + 3 * HOUR)
    declare(wei, State.AT_POST, now=later - HOUR / 4)
    back = services.whereabouts_bulk_undo(rows=rows, actor=officer, now=later)
    assert [(row.cadre_id, row.state) for row in back] == [(chen.pk, "at_post")]
    assert (status(chen, later).kind, status(lin, later).state) == (Kind.AT_POST, State.ERRAND)
    assert services.whereabouts_bulk_undo(rows=rows, actor=officer, now=later) == []


@pytest.mark.django_db
def test_leave_behind_a_meeting_goes_on(chen, officer):
    declare(chen, State.LEAVE, since=NOW - HOUR, until=NOW + 48 * HOUR)
    rows = bulk([chen], officer, also=[chen.pk]).rows
    services.whereabouts_bulk_undo(rows=rows, actor=officer, now=NOW + HOUR)
    now = status(chen, NOW + HOUR)
    assert (now.state, now.until) == (State.LEAVE, NOW + 48 * HOUR)


# --- The page --------------------------------------------------------------------------------------------------------


def given(**changed: Any) -> dict[str, Any]:
    fields = {"state": "meeting", "from_date": "2026-11-24", "from_time": "", "until_date": ""}
    return {**fields, "until_time": "11:30", "place": "三楼会议室", "whom": "everybody", **changed}


@pytest.mark.django_db
def test_first_the_consequences_then_the_rows(clock, officer, chen, lin, wei):
    client = english(officer)
    declare(wei, State.LEAVE, until=NOW + 48 * HOUR)
    shown = client.post(URL, given())
    assert "declared for 2 people" in words(shown.text)
    assert re.search("1 person already has another absence.*韦诉𬱖 · On leave", words(shown.text))
    assert Whereabouts.objects.filter(source="bulk").count() == 0
    assert client.post(URL, given(confirm="1")).status_code == 302
    assert set(Whereabouts.objects.filter(source="bulk").values_list("cadre", flat=True)) == {chen.pk, lin.pk}
    page = words(client.get(URL).text)
    assert "declared for 2 people" in page
    assert "1 person keeps another absence in that time: 韦诉𬱖." in page
    assert re.search("In a meeting · 10:00 – 11:30 2 people · 三楼会议室", page)


@pytest.mark.django_db
def test_a_ticked_person_gets_it_all_the_same(clock, officer, chen, wei):
    declare(wei, State.LEAVE, until=NOW + 48 * HOUR)
    english(officer).post(URL, given(confirm="1", also=[wei.pk]))
    assert Whereabouts.objects.filter(source="bulk").count() == 2


@pytest.mark.django_db
def test_by_offices_and_by_people(clock, officer, unit, office, chen, lin):
    upstairs = make_cadre(make_office(unit, "财务科", "402"), "楼上")
    client = english(officer)
    client.post(URL, given(confirm="1", whom="offices", offices=[upstairs.office_id]))
    assert [row.cadre for row in Whereabouts.objects.all()] == [upstairs]
    client.post(URL, given(confirm="1", whom="people", people=[chen.pk]))
    assert [row.cadre for row in Whereabouts.objects.order_by("pk")] == [upstairs, chen]


@pytest.mark.django_db
def test_who_works_elsewhere_is_not_everybody(clock, officer, chen, lin, other_office):
    Placement.objects.create(cadre=lin, kind="secondment", office=other_office, valid_from=TODAY)
    client = english(officer)
    sentence = "1 more works elsewhere today and is not included in “everybody”"
    assert sentence in words(client.get(URL).text)
    assert sentence in words(client.post(URL, given()).text)
    assert "elsewhere" not in words(client.post(URL, given(whom="people", people=[chen.pk])).text)
    client.post(URL, given(confirm="1"))
    assert [row.cadre for row in Whereabouts.objects.all()] == [chen]
    client.post(URL, given(confirm="1", whom="people", people=[lin.pk]))
    assert lin.whereabouts.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"until_time": "09:30"}, "This time is already over. Choose a later one."),
        ({"from_date": "2026-11-25"}, "Say from when."),
        (
            {"from_date": "2026-11-25", "from_time": "15:00"},
            "The end must be later than the beginning.",
        ),
        ({"from_date": "2026-11-23", "from_time": "09:00"}, "The beginning is already over"),
        ({"until_time": ""}, "Fill this in."),
        ({"state": "at_post"}, "is not one of the available choices"),
        ({"whom": "offices"}, "Choose the offices."),
        ({"whom": "people"}, "Choose the people."),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(changed, sentence, clock, officer, chen):
    response = english(officer).post(URL, given(confirm="1", **changed))
    assert response.status_code == 422
    assert sentence in words(response.text)
    assert "三楼会议室" in response.text
    assert not Whereabouts.objects.exists()


@pytest.mark.django_db
def test_offices_ticked_under_everybody_are_a_question(clock, officer, chen):
    response = english(officer).post(URL, given(confirm="1", offices=[chen.office_id]))
    assert response.status_code == 422
    assert "Something is ticked below that this answer leaves out." in words(response.text)


@pytest.mark.django_db
def test_a_meeting_that_has_begun_begins_now(clock, officer, chen):
    client = english(officer)
    assert "It begins now" in words(client.post(URL, given(from_time="09:00")).text)
    client.post(URL, given(from_time="09:00", confirm="1"))
    assert chen.whereabouts.get().since == NOW


@pytest.mark.django_db
def test_people_of_another_unit_cannot_be_named(clock, officer, chen, zhou):
    response = english(officer).post(URL, given(confirm="1", whom="people", people=[zhou.pk]))
    assert response.status_code == 422
    assert not Whereabouts.objects.exists()
    assert english(officer).get(URL, {"unit": "T902"}).status_code == 404


@pytest.mark.django_db
def test_an_officer_of_two_units_sets_one_at_a_time(clock, officer, other_unit, chen, zhou):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    client = english(officer)
    assert "?unit=T902" in client.get(URL).text
    client.post(f"{URL}?unit=T902", given(confirm="1"))
    assert [row.cadre for row in Whereabouts.objects.all()] == [zhou]


@pytest.mark.django_db
def test_taking_back_from_the_page(clock, officer, other_officer, chen, lin):
    client = english(officer)
    client.post(URL, given(from_time="11:00", confirm="1"))
    first = Whereabouts.objects.earliest("pk")
    english(other_officer).post(f"{URL}undo/", {"of": first.pk})
    assert Whereabouts.objects.count() == 2
    client.post(f"{URL}undo/", {"of": first.pk})
    page = words(client.get(URL).text)
    assert "In a meeting has been cancelled for 2 people." in page
    assert "Declared for many" not in page
    client.post(f"{URL}undo/", {"of": first.pk})
    assert "already been taken back" in words(client.get(URL).text)
    assert Whereabouts.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize("of", ["", "x", "9" * 30, "²"])
def test_taking_back_nothing_is_no_error(of, clock, officer):
    assert english(officer).post(f"{URL}undo/", {"of": of}).status_code == 302


@pytest.mark.django_db
def test_the_page_takes_the_same_queries_for_1_3_and_300_people(clock, officer, office):
    client, numbers = english(officer), []
    for more in (1, 2, 297):
        bulk(crowd(office, more), officer)
        client.get(URL)
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
            client.post(URL, given())
        numbers.append(len(captured))
    assert len(set(numbers)) == 1, numbers


# --- Two officers at once --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_declare_once(right, chen, lin, officer, other_officer, monkeypatch):  # noqa: F811
    """The second finds what the first has declared, and leaves it."""
    people = [lin, chen]
    with meeting(monkeypatch, Whereabouts.objects, "bulk_create", 2, right):
        outcomes = at_once(lambda: bulk(people, officer), lambda: bulk(people[::-1], other_officer))
    assert all(isinstance(outcome, services.Bulk) for outcome in outcomes), outcomes
    assert (Whereabouts.objects.count() == 2) is right
    assert (sorted(len(outcome.skipped) for outcome in outcomes) == [0, 2]) is right
