"""A sheet kept on paper is entered within two working days, with the plaques of its time, once."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Unit, User
from attendance import services, snapshot
from attendance.models import Finding, FindingState, Item, Round
from attendance.rules import Verified
from attendance.services.findings import missing_sheet_source
from attendance.services.paper import NumberTaken
from cards.models import Cadre, Office
from cards.rules import State
from common.problems import Refused
from tests.cast import NOW, TODAY, crowd, declare, make_office, signed_in
from tests.support.races import at_once

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
#: Yesterday at half past nine.
THEN = (NOW - timedelta(days=1)).replace(hour=1, minute=30)


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def enter(unit: Unit, officer: User, *problems: tuple[Cadre, services.Problem], **changes: Any):
    facts = {"scope": "", "number": 1, "taken_at": THEN, "usual": Verified.SEEN, "now": NOW}
    return services.paper_enter(unit=unit, checker=officer, problems=problems, **{**facts, **changes})


def problem(code: str, **more: Any) -> services.Problem:
    return services.Problem(Item.objects.get(code=code), **more)


# --- The verb ----------------------------------------------------------------------------------------------------


def test_the_plaques_of_that_time_count(unit: Unit, officer: User, lin: Cadre, chen: Cadre) -> None:
    declare(lin, State.MEETING, now=THEN - timedelta(hours=1), until=THEN + timedelta(hours=1))
    declare(lin, State.ERRAND, now=NOW, until=NOW + timedelta(hours=1))
    done = enter(unit, officer, (lin, problem("untrue", note="会议室无人"))).round
    assert (done.kind, done.sheet.day, done.taken_at, done.submitted_at) == ("paper", MONDAY, THEN, NOW)
    line = next(line for line in snapshot.decode(done.snapshot, THEN) if line.cadre_id == lin.pk)
    assert line.status.state == State.MEETING
    finding = Finding.objects.get()
    assert (finding.at, finding.day, finding.note) == (THEN, MONDAY, "会议室无人")
    assert finding.said["state"] == "meeting"


def test_the_finding_of_the_missing_sheet_is_withdrawn(unit: Unit, officer: User, lin: Cadre) -> None:
    missing, _made = services.unit_finding_record(
        unit=unit,
        item_code="sheet_missing",
        day=MONDAY,
        source=missing_sheet_source(unit, MONDAY),
        note="",
        now=NOW,
    )
    enter(unit, officer)
    missing.refresh_from_db()
    assert missing.state == FindingState.WITHDRAWN


def test_entered_twice_it_is_one_round(unit: Unit, officer: User, head: User, lin: Cadre) -> None:
    first = enter(unit, officer, (lin, problem("off_post")))
    again = enter(unit, officer, (lin, problem("off_post")))
    assert (again.new, again.round) == (False, first.round)
    assert (Round.objects.count(), Finding.objects.count()) == (1, 1)
    assert enter(unit, officer, number=2).new


def test_on_paper_too_who_was_not_there_was_not_seen(
    unit: Unit, officer: User, lin: Cadre, chen: Cadre, wei: Cadre
) -> None:
    declare(lin, State.MEETING, now=THEN - timedelta(hours=1), until=THEN + timedelta(hours=1))
    problems = (lin, problem("untrue")), (chen, problem("off_post")), (wei, problem("late", minutes=9))
    done = enter(unit, officer, *problems).round
    assert (done.people, done.seen, done.phone, done.declared, done.absent) == (3, 1, 0, 0, 2)
    assert enter(unit, officer, *problems) == services.Submitted(done, new=False)


def test_another_sheet_under_the_same_number_is_refused_and_the_next_one_is_free(
    unit: Unit, officer: User, head: User, lin: Cadre, chen: Cadre
) -> None:
    late = (lin, problem("late", minutes=9, note="九分"))
    first = enter(unit, officer, late).round
    others: list[tuple[Any, User, dict[str, Any]]] = [
        ([late], officer, {"taken_at": THEN + timedelta(hours=1)}),
        ([late], officer, {"usual": Verified.PHONE}),
        ([late], head, {}),
        ([], officer, {}),
        ([(chen, late[1])], officer, {}),
        ([(lin, problem("late", minutes=10, note="九分"))], officer, {}),
        ([(lin, problem("late", minutes=9))], officer, {}),
        ([late, (chen, problem("off_post"))], officer, {}),
    ]
    for problems, who, changes in others:
        with pytest.raises(NumberTaken) as taken:
            enter(unit, who, *problems, **changes)
        assert (taken.value.round, taken.value.free) == (first, 2), (problems, who, changes)
    assert (Round.objects.count(), Finding.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"taken_at": NOW + timedelta(minutes=1)},  # still to come
        {"taken_at": THEN - timedelta(days=5)},  # too long ago
        {"taken_at": THEN.replace(hour=15)},  # at night
        {"number": 3},  # a page that is out of date
    ],
)
def test_what_cannot_be_a_sheet_is_refused_and_leaves_nothing(
    changes: dict, unit: Unit, officer: User, lin: Cadre
) -> None:
    with pytest.raises(Refused):
        enter(unit, officer, **changes)
    assert not Round.objects.exists()


def test_problems_that_cannot_be_are_refused_and_leave_nothing(
    unit: Unit, officer: User, lin: Cadre, zhou: Cadre
) -> None:
    for wrong in (
        [(zhou, problem("off_post"))],  # works elsewhere
        [(lin, problem("untrue"))],  # nothing was declared
        [(lin, problem("off_post")), (lin, problem("off_post"))],
    ):
        with pytest.raises(Refused):
            enter(unit, officer, *wrong)
    with pytest.raises(Refused):
        enter(unit, lin.user, (lin, problem("off_post")))
    assert not Round.objects.exists()


def test_taps_of_todays_round_are_not_lost_in_a_sheet_on_paper(unit: Unit, officer: User, lin: Cadre) -> None:
    services.mark_set(
        unit=unit,
        day=TODAY,
        scope="",
        cadre=lin,
        problems=[problem("off_post")],
        checker=officer,
        now=NOW,
    )
    with pytest.raises(Refused):
        enter(unit, officer, taken_at=NOW - timedelta(minutes=30))
    services.round_submit(unit=unit, scope="", number=1, checker=officer, now=NOW)
    assert enter(unit, officer, taken_at=NOW - timedelta(minutes=30)).new


@pytest.mark.django_db(transaction=True)
def test_three_presses_at_once_are_one_sheet(unit: Unit, officer: User, lin: Cadre) -> None:
    late = (lin, problem("late", minutes=9))
    outcomes = at_once(*[lambda: enter(unit, officer, late)] * 3)
    assert sorted(outcome.new for outcome in outcomes) == [False, False, True], outcomes
    assert (Round.objects.count(), Finding.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_sheets_at_once_under_one_number_are_one_round_and_a_refusal(
    unit: Unit, officer: User, lin: Cadre
) -> None:
    later = THEN + timedelta(hours=1)
    outcomes = at_once(lambda: enter(unit, officer), lambda: enter(unit, officer, taken_at=later))
    assert {type(outcome) for outcome in outcomes} == {services.Submitted, NumberTaken}, outcomes
    assert Round.objects.count() == 1


# --- The page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def client(officer: User) -> Client:
    client = signed_in(officer)
    client.cookies["language"] = "en"
    return client


ADDRESS = "/desk/sheet/D901/paper/"
YESTERDAY = f"{ADDRESS}?day=2026-11-23&time=09:30"


def form(client: Client, **rows: Any) -> dict[str, Any]:
    """What the page would post, with these cells filled in: row_0_person=…"""
    html = client.get(YESTERDAY).text
    total = re.search(r'name="row-TOTAL_FORMS" value="(\d+)"', html)
    number = re.search(r'name="number" value="(\d+)"', html)
    assert total is not None
    assert number is not None
    data = {"row-TOTAL_FORMS": total[1], "row-INITIAL_FORMS": "0", "number": number[1], "usual": "seen"}
    return data | {name.replace("_", "-"): value for name, value in rows.items()}


def test_days_that_may_still_be_entered_are_offered(client: Client, lin: Cadre) -> None:
    html = client.get(f"{ADDRESS}?day=2026-11-20").text
    offered = re.findall(r'<option value="(2026-[\d-]+)"( selected)?', html)
    assert [day for day, _selected in offered] == [
        "2026-11-24",
        "2026-11-23",
        "2026-11-22",
        "2026-11-21",
        "2026-11-20",
    ]
    assert [day for day, selected in offered if selected] == ["2026-11-20"]


def test_a_sheet_with_two_problems(client: Client, lin: Cadre, chen: Cadre, wei: Cadre) -> None:
    late, off = (Item.objects.get(code=code).pk for code in ("late", "off_post"))
    data = form(
        client,
        row_0_person=lin.pk,
        row_0_item=late,
        row_0_minutes="12",
        row_2_person=wei.pk,
        row_2_item=off,
        row_2_note="座位无人",
        usual="phone",
    )
    answer = client.post(YESTERDAY, data)
    done = Round.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/rounds/{done.pk}/")
    assert (done.people, done.phone, done.absent) == (3, 2, 1)
    assert (done.problems, done.taken_at) == (2, THEN)
    again = client.post(YESTERDAY, data)
    assert again["Location"] == f"/desk/rounds/{done.pk}/"
    assert Round.objects.count() == 1


def test_a_second_sheet_of_the_day_is_not_lost_under_the_first_ones_number(
    client: Client, lin: Cadre, chen: Cadre
) -> None:
    data = form(client, row_0_person=lin.pk, row_0_item=Item.objects.get(code="off_post").pk)
    client.post(YESTERDAY, data)
    first = Round.objects.get()
    other = {**data, "row-0-person": chen.pk, "row-0-note": "午后无人"}
    later = YESTERDAY.replace("09:30", "15:00")
    refused = client.post(later, other)
    assert refused.status_code == 422
    assert "Sheet 1 of this day has been entered already: 纪明’s round of 09:30." in refused.text
    assert f'href="/desk/rounds/{first.pk}/"' in refused.text
    assert "午后无人" in refused.text
    assert f'<option value="{chen.pk}" selected' in refused.text
    assert "Enter it as sheet 2" in refused.text
    number = re.search(r'name="number" value="(\d+)"', refused.text)
    assert number is not None
    client.post(later, {**other, "number": number[1]})
    assert [done.number for done in Round.objects.order_by("pk")] == [1, 2]
    assert Finding.objects.filter(cadre=chen, note="午后无人").exists()


@pytest.mark.parametrize("count", [{"row-TOTAL_FORMS": "-5"}, {"row-INITIAL_FORMS": "7"}])
def test_rows_that_were_counted_wrongly_enter_no_clean_sheet(
    count: dict[str, str], client: Client, lin: Cadre
) -> None:
    off = Item.objects.get(code="off_post").pk
    data = form(client, row_0_person=lin.pk, row_0_item=off, row_0_note="座位无人")
    refused = client.post(YESTERDAY, {**data, **count})
    assert refused.status_code == 422
    assert "The rows did not arrive as they were sent" in refused.text
    assert "座位无人" in refused.text
    assert not Round.objects.exists()


def test_what_is_wrong_is_said_and_what_was_typed_stays(client: Client, lin: Cadre) -> None:
    off = Item.objects.get(code="off_post").pk
    half = client.post(YESTERDAY, form(client, row_0_note="座位无人", row_0_item=off))
    assert half.status_code == 422
    assert "座位无人" in half.text
    untrue = Item.objects.get(code="untrue").pk
    unfit = client.post(YESTERDAY, form(client, row_0_person=lin.pk, row_0_item=untrue))
    assert unfit.status_code == 422
    assert "Nothing was declared here that could be untrue" in unfit.text
    assert not Round.objects.exists()


def test_more_rows_keep_what_was_typed(client: Client, lin: Cadre) -> None:
    answer = client.post(YESTERDAY, form(client, row_0_note="座位无人", more="1"))
    assert answer.status_code == 200
    assert 'name="row-TOTAL_FORMS" value="10"' in answer.text
    assert "座位无人" in answer.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?day=2026-11-23&time=23:00", 200, "Nobody was to be checked at that time"),
        ("?day=2026-11-10&time=09:30", 422, "There is a problem"),
        ("?day=nonsense&time=x", 422, "There are 2 problems"),
    ],
)
def test_a_time_without_anybody_and_days_long_gone(
    query: str, status: int, words: str, client: Client, lin: Cadre
) -> None:
    answer = client.get(ADDRESS + query)
    assert (answer.status_code, words in answer.text) == (status, True)


def test_a_part_is_entered_alone(client: Client, lin: Cadre, unit: Unit) -> None:
    upstairs = make_office(unit, "档案室", "501", location="主楼五楼")
    (clerk,) = crowd(upstairs, 1, cards=False)
    html = client.get(f"{YESTERDAY}&part=主楼五楼").text
    assert f"501 {clerk.name}" in html
    assert "301 林一帆" not in html


def test_only_the_units_officer_enters(
    unit: Unit, lin: Cadre, head: User, other_officer: User, express: User
) -> None:
    answers = {
        user.username: signed_in(user).get(ADDRESS).status_code for user in (head, other_officer, express)
    }
    assert answers == {"head": 403, "other_officer": 404, "express": 403}


@pytest.mark.parametrize("number", [2, 40])
def test_the_page_costs_the_same_for_any_number_of_people(
    number: int, client: Client, office: Office, django_assert_num_queries
) -> None:
    crowd(office, number, cards=False)
    client.get(YESTERDAY)
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(YESTERDAY)


PAGE_QUERIES = 25
