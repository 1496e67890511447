"""What the pages of rounds and findings say on the way: which part is meant, what follows, where else to go."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Unit, User
from attendance import services
from attendance import walk as walking
from attendance.forms import WordsForm
from attendance.models import Mark
from attendance.services import findings
from cards.models import Cadre
from cards.rules import State
from tests.attendance.records import recorded
from tests.cast import NOW, TODAY, declare, make_cadre, make_office, signed_in

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
UPSTAIRS = "主楼四楼"


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def reader(user: User) -> Client:
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1]))


# --- The sheet -------------------------------------------------------------------------------------------------------


def test_a_part_is_named_on_the_button_and_in_every_answer(
    unit: Unit, officer: User, head: User, lin: Cadre
) -> None:
    make_cadre(make_office(unit, "档案室", "401", location=UPSTAIRS), "楼上")
    client, address = reader(officer), reverse("sheet_submit", args=[unit.code])
    whole = client.get(reverse("sheet", args=[unit.code])).context["submit_label"]
    part = client.get(reverse("sheet", args=[unit.code]), {"part": UPSTAIRS}).context["submit_label"]
    assert (whole, part) == ("Submit today’s sheet", f"{UPSTAIRS}: submit round 1")
    again = [client.post(address, {"part": UPSTAIRS, "number": 1}, follow=True) for _time in range(2)]
    assert f"{UPSTAIRS}: round 1 has been submitted: 1 person" in words_of(again[0].text)
    assert f"{UPSTAIRS}: you have submitted round 1 at 10:00 already." in words_of(again[1].text)
    plain = client.post(address, {"number": 1}, follow=True)
    assert "Round 1 has been submitted" in words_of(plain.text)


def test_the_sheet_leads_to_the_printed_one_and_to_entering_it(unit: Unit, officer: User, lin: Cadre) -> None:
    page = reader(officer).get(reverse("sheet", args=[unit.code])).text
    for name in ("sheet_blank", "sheet_paper"):
        assert page.count(f'href="{reverse(name, args=[unit.code])}"') == 1


def test_missing_minutes_are_named_beside_the_line_and_in_the_sum_until_they_are_entered(
    unit: Unit, officer: User, lin: Cadre, chen: Cadre
) -> None:
    client, tap = reader(officer), reverse("sheet_mark", args=[unit.code])
    beside, summed = "The minutes are missing", "1 problem without its minutes"
    client.post(tap, {"problem": f"{chen.pk}:off_post"})
    assert beside not in client.get(reverse("sheet", args=[unit.code])).text
    answer = client.post(tap, {"problem": f"{lin.pk}:late"}, headers={"HX-Request": "true"})
    page = client.get(reverse("sheet", args=[unit.code]))
    for text in (answer.text, page.text):
        assert (text.count(beside), text.count(summed)) == (1, 1)
    mark = Mark.objects.get(item__code="late")
    shown = page.context["counts"]["unmeasured"]
    form = WordsForm.of(walking.opened_by(officer, unit, TODAY)[""].marks[-1])
    typed = {form.add_prefix("shown"): form.initial["shown"], form.add_prefix("minutes"): "22"}
    answer = client.post(tap, typed, headers={"HX-Request": "true", "HX-Trigger-Name": f"m{mark.pk}-minutes"})
    assert shown == 1
    assert f'id="person-{lin.pk}"' in answer.text
    assert beside not in answer.text
    assert summed not in answer.text


# --- One's own finding -----------------------------------------------------------------------------------------------


def test_before_a_statement_is_handed_in_the_page_says_that_the_decision_may_follow(
    lin: Cadre, officer: User, head: User
) -> None:
    finding = recorded(lin, head)
    client, address = reader(lin.user), reverse("my_finding", args=[finding.pk])
    warning = "the decision may follow, without waiting for the last day"
    shown = client.get(address).text
    assert shown.index(warning) < shown.index('name="defence-text"')
    # What somebody else has entered shortens nothing; one's own word does, and then it is said no more.
    findings.finding_defend(finding=finding, text="代录", actor=officer, now=LATER)
    assert warning in client.get(address).text
    findings.finding_defend(finding=finding, text="本人", actor=lin.user, now=LATER)
    assert warning not in client.get(address).text


# --- A round that is over --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begun", "ends", "since", "until"),
    [
        (timedelta(hours=-1), timedelta(hours=7, minutes=30), "09:00", "17:30"),
        (
            timedelta(days=-1),
            timedelta(hours=7, minutes=30),
            "November 23 (Monday) 10:00",
            "November 24 (Tuesday) 17:30",
        ),
        (
            timedelta(hours=-1),
            timedelta(days=1, hours=7, minutes=30),
            "November 24 (Tuesday) 09:00",
            "November 25 (Wednesday) 17:30",
        ),
    ],
    ids=["within the day", "since the day before", "until the day after"],
)
def test_on_the_page_of_a_round_a_time_on_another_day_has_its_date(
    begun: timedelta,
    ends: timedelta,
    since: str,
    until: str,
    unit: Unit,
    officer: User,
    lin: Cadre,
    chen: Cadre,
) -> None:
    declare(lin, State.LEAVE, since=NOW + begun, until=NOW + ends)
    done = services.round_submit(unit=unit, scope="", number=1, checker=officer, now=NOW).round
    shown = words_of(reader(officer).get(reverse("round", args=[done.pk])).text)
    assert f"since {since} · until {until} ·" in shown, shown
