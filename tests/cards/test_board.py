"""Who is at post now: counts that agree with what each plaque says, and names for those who may see them."""

import random
import re
from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Scope
from accounts.models import Unit, User
from accounts.permissions import Reach
from cards import board, selectors
from cards.board import Presence
from cards.models import Cadre, Placement, Whereabouts
from cards.rules import State
from tests.cast import NOW, TODAY, crowd, declare, make_cadre, make_office, signed_in

pytestmark = pytest.mark.django_db

CITY = Scope(0, Reach.CITY, None)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
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


def counts(unit: Unit, now=NOW) -> Counter[Presence]:
    return next(row.counts for row in board.rows(Unit.objects.all(), CITY, now) if row.unit == unit)


def lend(cadre: Cadre, office, **dates: date) -> Placement:
    fields = {"kind": "secondment", "valid_from": TODAY, **dates}
    return Placement.objects.create(cadre=cadre, office=office, **fields)


def test_everybody_stands_in_one_column(unit, office, chen, lin, wei):
    late, home = make_cadre(office, "迟归"), make_cadre(office, "在家")
    declare(lin, State.MEETING, until=NOW + HOUR)
    declare(wei, State.LEAVE, until=NOW + 48 * HOUR)
    declare(late, State.ERRAND, since=NOW - HOUR, until=NOW - HOUR / 2)
    declare(home, State.MEETING, since=NOW - HOUR, until=NOW + HOUR)
    declare(home, State.AT_POST, since=NOW - HOUR / 2)
    assert counts(unit) == {"at_post": 2, "out": 1, "leave": 1, "overdue": 1}


def test_at_night_only_duty_is_at_post(unit, chen, lin, wei):
    night = NOW + 12 * HOUR
    declare(lin, State.ON_DUTY, since=NOW + 8 * HOUR, until=NOW + 22 * HOUR)
    declare(wei, State.LEAVE, until=NOW + 48 * HOUR)
    assert counts(unit, night) == {"closed": 1, "at_post": 1, "leave": 1}


def test_a_loan_counts_where_the_person_works(unit, other_unit, chen, lin, other_office):
    lend(chen, other_office)
    lend(lin, other_office, valid_from=TODAY - timedelta(days=9), valid_to=TODAY - timedelta(days=1))
    assert (counts(unit).total(), counts(other_unit).total()) == (1, 1)


def test_who_has_left_is_not_counted(unit, chen, lin):
    Cadre.objects.filter(pk=chen.pk).update(serves_to=TODAY - timedelta(days=1))
    assert counts(unit).total() == 1


def test_the_figures_are_what_the_plaques_say(unit, office, other_office):
    """Whatever people have declared, at any hour: the short way to the counts and the plain one agree."""
    pick = random.Random(20261124)
    people = [*crowd(office, 40, cards=False), *crowd(other_office, 40, cards=False)]
    rows = []
    for cadre in people:
        for _word in range(pick.randrange(5)):
            since = NOW + timedelta(minutes=pick.randrange(-4000, 1500))
            state = pick.choice(list(State))
            until = None if state == State.AT_POST else since + timedelta(minutes=pick.randrange(20, 4000))
            rows.append(Whereabouts(cadre=cadre, state=state, since=since, until=until, recorded_at=since))
    Whereabouts.objects.bulk_create(rows)
    lend(people[0], other_office)
    for minutes in range(-600, 1800, 95):
        now = NOW + timedelta(minutes=minutes)
        placed = list(selectors.with_place(Cadre.objects.all(), TODAY))
        said = selectors.statuses(placed, now)
        plain = Counter((selectors.place_of(c).unit_id, board.presence_of(said[c.pk])) for c in placed)
        short = Counter()
        for row in board.rows(Unit.objects.all(), CITY, now):
            short.update({(row.unit.pk, key): number for key, number in row.counts.items()})
        assert short == plain, now


@pytest.mark.parametrize("days_ago", [0, 1])
def test_a_unit_that_has_been_emptied_and_closed_has_no_row(days_ago, unit, other_unit, chen):
    last_day = TODAY - timedelta(days=days_ago)
    Unit.objects.filter(pk=other_unit.pk).update(valid_to=last_day, successor=unit)
    assert [row.unit for row in board.rows(Unit.objects.all(), CITY, NOW)] == [unit]


def test_totals_units_and_filters(express, unit, other_unit, chen, zhou):
    client = english(express)
    declare(zhou, State.LEAVE, until=NOW + HOUR)
    page = words(client.get("/desk/board/").text)
    assert "At post 1" in page
    assert "On leave 1" in page
    assert "Outside hours" not in page.split("As of")[1]
    assert unit.name in page
    assert other_unit.name in page
    only = client.get("/desk/board/", {"state": "leave"}).text
    assert other_unit.name in only.split("<tbody>")[1]
    assert unit.name not in only.split("<tbody>")[1]
    assert "?state=leave" in only.split("<tbody>")[1]
    assert "No unit matches" in words(client.get("/desk/board/", {"kind": "town"}).text)
    assert client.get("/desk/board/", {"state": "x", "kind": "y"}).status_code == 200


@pytest.mark.parametrize("who", ["officer", "head", "supervisor"])
def test_others_units_are_neither_counted_nor_opened(who, request, unit, other_unit, chen, zhou):
    client = english(request.getfixturevalue(who))
    page = client.get("/desk/board/").text
    assert unit.name in page
    assert other_unit.name not in page
    assert client.get("/desk/board/D901/").status_code == 200
    assert client.get("/desk/board/T902/").status_code == 404
    assert client.get("/desk/board/X/").status_code == 404


def test_names_of_a_unit_with_state_and_until(officer, unit, chen, lin):
    declare(lin, State.MEETING, until=NOW + HOUR, place="三楼会议室")
    page = words(english(officer).get("/desk/board/D901/").text)
    assert re.search("林一帆.*In a meeting.*11:00.*三楼会议室.*陈砚.*At post", page)
    away = words(english(officer).get("/desk/board/D901/", {"state": "out"}).text)
    assert "林一帆" in away
    assert "陈砚" not in away


def test_the_place_is_for_the_unit_only_and_never_of_leave(officer, express, lin, chen):
    declare(lin, State.ERRAND, until=NOW + HOUR, place="市财政局")
    declare(chen, State.LEAVE, until=NOW + HOUR, place="市人民医院")
    assert "市财政局" in english(officer).get("/desk/board/D901/").text
    assert "市财政局" not in english(express).get("/desk/board/D901/").text
    assert "市人民医院" not in english(officer).get("/desk/board/D901/").text


def test_a_guest_is_named_without_a_link_and_a_lent_colleague_with_the_place(
    officer, unit, chen, zhou, office, other_office
):
    lend(zhou, office)
    lend(chen, other_office)
    page = english(officer).get("/desk/board/D901/").text
    assert "from 剑潭镇" in words(page)
    assert "剑潭镇 党政办 · 科长（Secondment）" in words(page)
    assert "Without 1 person who works elsewhere today. With 1 person of another unit." in words(page)
    assert f"/desk/cadres/{zhou.pk}/" not in page
    assert re.search("Working elsewhere today.*陈砚.*剑潭镇", words(page))


def test_the_page_refreshes_itself_only_when_asked(express, unit, chen):
    client = english(express)
    for url in ("/desk/board/", "/desk/board/D901/"):
        plain, asked = client.get(url), client.get(url, {"refresh": "1"})
        assert "Refresh" not in plain.headers
        assert asked.headers["Refresh"] == "60"
        assert asked.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("url", ["/desk/board/", "/desk/board/D901/"])
def test_the_same_queries_for_1_3_and_300_people(url, express, office):
    client, numbers = english(express), []
    for more in (1, 2, 297):
        people = crowd(office, more)
        Whereabouts.objects.bulk_create(
            Whereabouts(cadre=cadre, state="errand", since=NOW, until=NOW + HOUR, recorded_at=NOW)
            for cadre in people
        )
        make_office(office.unit, room=f"9{more}")
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        numbers.append(len(captured))
    assert len(set(numbers)) == 1, numbers
    assert numbers[0] <= 25
