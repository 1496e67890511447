"""What remains: a unit's month day by day, and every line of a round, years later too."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client

from accounts.models import Role, Unit, User
from attendance import services, snapshot
from attendance.models import Finding, InspectionSettings, Item, Round, RoundKind
from attendance.rules import Verified
from cards.models import Cadre, Office
from cards.rules import State
from common.append_only import drop_triggers, install_triggers
from tests.cast import NOW, TODAY, crowd, declare, give, make_unit, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def text_of(html: str) -> str:
    body = html.split("<main", 1)[1].split("</main>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def page(user: User, url: str, status: int = 200) -> str:
    client = signed_in(user)
    client.cookies["language"] = "en"
    response = client.get(url)
    assert response.status_code == status, response.status_code
    return text_of(response.text) if status == 200 else ""


@pytest.fixture
def done(unit: Unit, officer: User, lin: Cadre, chen: Cadre, wei: Cadre) -> Round:
    """Lin's plaque says at post, and nobody opened; Chen is in a meeting, Wei on leave."""
    declare(chen, State.MEETING, since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1), place="三楼")
    declare(wei, State.LEAVE, since=NOW - timedelta(days=1), until=NOW + timedelta(days=1), place="市医院")
    services.mark_set(
        unit=unit,
        day=TODAY,
        scope="",
        cadre=lin,
        problems=[services.Problem(Item.objects.get(code="off_post"), note="敲门无人")],
        checker=officer,
        now=NOW,
    )
    return services.round_submit(unit=unit, scope="", number=1, checker=officer, now=NOW).round


# --- A round -----------------------------------------------------------------------------------------------------


def test_every_line_says_who_it_was_and_what_the_plaque_said(done: Round, officer: User) -> None:
    shown = page(officer, f"/desk/rounds/{done.pk}/")
    assert "纪明" in shown
    for line in (
        "林一帆 301 · 科长 At post No absence has been declared. Not at the post Off post",
        "陈砚 301 · 副科长 In a meeting since 09:00 · expected back 11:00 · confirmed in person, 10:00 · 三楼",
        "韦诉𬱖 301 · 科长 On leave since November 23 (Monday) 10:00",
        "By declaration only Agrees",
    ):
        assert line in shown, (line, shown)


def test_years_later_the_words_are_those_of_that_day(done: Round, officer: User, chen: Cadre, clock) -> None:
    before = page(officer, f"/desk/rounds/{done.pk}/")
    clock.move_to(NOW.replace(year=2031))
    declare(chen, State.ERRAND, now=NOW.replace(year=2031), until=NOW.replace(year=2032))
    after = page(officer, f"/desk/rounds/{done.pk}/")
    between = re.compile(r"Everybody who was checked.*")
    assert between.search(after)[0] == between.search(before)[0]
    assert "24 November 2026" in after


def test_the_place_is_for_the_unit_and_that_of_leave_for_nobody(
    done: Round, officer: User, head: User, express: User, supervisor: User
) -> None:
    address = f"/desk/rounds/{done.pk}/"
    assert [
        "三楼 By declaration" in page(user, address) for user in (officer, head, express, supervisor)
    ] == [
        True,
        True,
        False,
        False,
    ]
    assert "市医院" not in page(officer, address)


def test_who_has_moved_or_left_is_still_named(
    done: Round, officer: User, chen: Cadre, lin: Cadre, other_office: Office
) -> None:
    Cadre.objects.filter(pk=chen.pk).update(unit=other_office.unit, office=other_office)
    Cadre.objects.filter(pk=lin.pk).update(serves_to=TODAY)
    shown = page(officer, f"/desk/rounds/{done.pk}/")
    assert "陈砚 works elsewhere today In a meeting" in shown
    assert "林一帆 301" in shown


def test_a_damaged_record_is_a_sentence(done: Round, officer: User) -> None:
    drop_triggers(connection)
    Round.objects.filter(pk=done.pk).update(snapshot=b"\x01no record")
    shown = page(officer, f"/desk/rounds/{done.pk}/")
    assert "What this round has kept cannot be read" in shown
    assert "3 people" in shown
    install_triggers(connection)


def test_other_units_find_no_round(
    done: Round, other_officer: User, supervisor: User, express: User, chen: Cadre, other_unit: Unit
) -> None:
    address = f"/desk/rounds/{done.pk}/"
    page(other_officer, address, 404)
    page(chen.user, address, 403)
    page(supervisor, address)
    page(express, address)


@pytest.mark.parametrize("number", [1, 30])
def test_a_round_of_any_size_costs_the_same(
    number: int, unit: Unit, officer: User, office: Office, django_assert_num_queries
) -> None:
    crowd(office, number, cards=False)
    round_ = services.round_submit(unit=unit, scope="", number=1, checker=officer, now=NOW).round
    client = signed_in(officer)
    client.get(f"/desk/rounds/{round_.pk}/")
    with django_assert_num_queries(ROUND_QUERIES):
        assert client.get(f"/desk/rounds/{round_.pk}/").status_code == 200


#: Session, user, memberships, city, notices, the round, its people with placements and posts, findings, the calendar,
#: open corrections, all corrections.
ROUND_QUERIES = 14


# --- A month -----------------------------------------------------------------------------------------------------


def at_ten(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


@pytest.fixture
def begun() -> InspectionSettings:
    settings = InspectionSettings.current()
    settings.sheets_from = date(2026, 11, 18)
    settings.save()
    return settings


def test_a_month_says_of_each_day_what_was_due_and_what_came(
    done: Round, begun, unit: Unit, officer: User, lin: Cadre
) -> None:
    friday = date(2026, 11, 20)
    services.round_submit(unit=unit, scope="", number=1, checker=officer, now=at_ten(friday))
    services.unit_finding_record(
        unit=unit,
        item_code="sheet_missing",
        day=date(2026, 11, 19),
        source="sheet_missing:D901:2026-11-19",
        note="",
        now=NOW,
    )
    shown = page(officer, "/desk/sheets/")
    days = dict(zip(*[iter(re.split(r"(\d+ November) ", shown)[1:])] * 2, strict=True))
    assert (
        "Round 1 10:00 · 纪明 · 3 people · by declaration 2 · not at the post 1 1 problem"
        in days["24 November"]
    )
    # Monday's may still be entered from paper; Thursday's not.
    assert "Sheet missing Enter from paper" in days["23 November"]
    assert "Rest day" in days["22 November"]
    assert "Round 1 10:00" in days["20 November"]
    assert "Sheet missing Finding · Provisional" in days["19 November"]
    assert "Enter from paper" not in days["19 November"]
    assert "No sheet was due" in days["17 November"]
    assert list(days) == [f"{day} November" for day in range(24, 0, -1)]
    for figure in ("Days on which a sheet was due 5", "Sheets submitted 2", "Sheets missing 3"):
        assert figure in shown, shown


def test_where_nobody_works_nothing_is_missing(begun, unit: Unit, officer: User) -> None:
    assert "Sheet missing" not in page(officer, "/desk/sheets/")


def test_a_sheet_of_today_is_not_missing_before_the_day_is_over(begun, unit: Unit, officer: User) -> None:
    shown = page(officer, "/desk/sheets/")
    assert re.search(r"24 November \w+ Not submitted yet", shown)


def test_other_months_are_a_step_away_and_none_is_to_come(done: Round, officer: User) -> None:
    client = signed_in(officer)
    html = client.get("/desk/sheets/?month=2026-10").text
    assert "month=2026-09" in html
    assert "month=2026-11" in html
    for month in ("2026-11", "2027-03", "nonsense", "2026-13"):
        html = client.get(f"/desk/sheets/?month={month}").text
        assert "month=2026-10" in html
        assert "month=2026-12" not in html


def test_who_sees_several_units_chooses_one(
    done: Round, begun, express: User, supervisor: User, unit: Unit, other_unit: Unit
) -> None:
    shown = page(express, "/desk/sheets/")
    assert "青窑局 1 / 5 1 1" in shown
    assert "剑潭镇 0 / 0 0 0" in shown
    assert "Round 1" in page(express, "/desk/sheets/?unit=D901")
    assert "Round 1" in page(supervisor, "/desk/sheets/")
    page(supervisor, "/desk/sheets/?unit=T902", 404)


def test_only_officers_enter_and_print(done: Round, begun, officer: User, head: User) -> None:
    assert "Enter a sheet kept on paper" in page(officer, "/desk/sheets/")
    assert "Enter" not in page(head, "/desk/sheets/")


@pytest.mark.parametrize("number", [1, 12])
def test_a_month_of_any_number_of_rounds_costs_the_same(
    number: int, begun, unit: Unit, officer: User, lin: Cadre, django_assert_num_queries
) -> None:
    for back in range(number):
        day = TODAY - timedelta(days=back)
        if day.weekday() not in (0, 5, 6):
            services.round_submit(unit=unit, scope="", number=1, checker=officer, now=at_ten(day))
    client = signed_in(officer)
    client.get("/desk/sheets/")
    with django_assert_num_queries(MONTH_QUERIES):
        client.get("/desk/sheets/")


#: Session, user, memberships, city, notices, units, settings, calendar, rounds, findings, corrections; and two for who
#: worked there on the Mondays that are missing.
MONTH_QUERIES = 14


@pytest.mark.parametrize("number", [2, 9])
def test_a_list_of_any_number_of_units_costs_the_same(
    number: int, begun, lin: Cadre, express: User, django_assert_num_queries
) -> None:
    for each in range(number):
        make_unit(f"D8{each:02}", f"局{each}")
    client = signed_in(express)
    client.get("/desk/sheets/")
    with django_assert_num_queries(UNITS_QUERIES):
        client.get("/desk/sheets/")


#: Session, user, memberships, city, notices, units, rounds, settings, calendar; and three for who worked there.
UNITS_QUERIES = 12


# --- Corrections on the pages ------------------------------------------------------------------------------------


def english(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


def test_an_officer_asks_on_the_page_and_the_head_confirms(
    done: Round, officer: User, head: User, lin: Cadre
) -> None:
    client, wrong = english(officer), Finding.objects.get(round=done)
    address = f"/desk/rounds/{done.pk}/people/{lin.pk}/correction/"
    assert address in client.get(f"/desk/rounds/{done.pk}/").text
    empty = client.post(address, {})
    assert empty.status_code == 422
    refused = client.post(address, {"reason": "走错房间"})
    assert refused.status_code == 422
    assert "Choose what was recorded by mistake" in refused.text
    assert "走错房间" in refused.text
    late = Item.objects.get(code="late").pk
    answer = client.post(
        address, {"finding": wrong.pk, "item": late, "minutes": "12", "note": "迟到", "reason": "走错房间"}
    )
    assert answer.status_code == 302
    assert "A correction waits" in text_of(client.get(f"/desk/rounds/{done.pk}/").text)
    asked = done.correction_requests.get()
    assert "waits for a second person" in page(head, "/desk/corrections/")
    # The asker sees it and cannot decide; the head can.
    assert "Waits for a second person" in page(officer, f"/desk/corrections/{asked.pk}/")
    assert client.post(f"/desk/corrections/{asked.pk}/", {"decision": "confirmed"}).status_code == 422
    theirs = english(head)
    assert theirs.post(f"/desk/corrections/{asked.pk}/", {"decision": "refused"}).status_code == 422
    assert theirs.post(f"/desk/corrections/{asked.pk}/", {"decision": "confirmed"}).status_code == 302
    shown = page(officer, f"/desk/rounds/{done.pk}/")
    assert "Off post Withdrawn" in shown
    assert "Late, 12 min" in shown
    fix = Round.objects.get(kind=RoundKind.CORRECTION)
    assert "Asked for by 纪明, confirmed by 何正. Reason: 走错房间" in page(
        officer, f"/desk/rounds/{fix.pk}/"
    )
    assert "Correction 1 纪明 · 何正" in page(officer, "/desk/sheets/")


def test_a_line_is_corrected_by_officers_and_never_ones_own(
    done: Round, unit: Unit, officer: User, head: User, lin: Cadre, chen: Cadre
) -> None:
    ask = f"/desk/rounds/{done.pk}/people/{{}}/correction/"
    assert ask.format(lin.pk) not in english(head).get(f"/desk/rounds/{done.pk}/").text
    give(lin.user, Role.UNIT_OFFICER, unit=unit)
    html = english(lin.user).get(f"/desk/rounds/{done.pk}/").text
    assert ask.format(chen.pk) in html
    assert ask.format(lin.pk) not in html
    assert english(head).get(ask.format(lin.pk)).status_code == 403
    assert english(officer).get(ask.format(999_999)).status_code == 404


def test_other_units_find_no_correction(done: Round, officer: User, other_officer: User, chen: Cadre) -> None:
    asked = services.correction_ask(
        round_=done,
        cadre=chen,
        finding=None,
        item=Item.objects.get(code="untrue"),
        minutes=None,
        note="",
        reason="漏记",
        actor=officer,
        now=NOW,
    )
    page(other_officer, f"/desk/corrections/{asked.pk}/", 404)
    assert "陈砚" not in page(other_officer, "/desk/corrections/")
    assert "陈砚" in page(officer, "/desk/corrections/")


def test_how_people_were_verified_is_kept_with_each(done: Round) -> None:
    ways = {line.verified for line in snapshot.decode(done.snapshot, done.taken_at)}
    assert ways == {Verified.ABSENT, Verified.DECLARED}
