"""The cadre's own page: one tap for the usual, two for anything else, without a script."""

import re
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from cards import services
from cards.models import Cadre, Consent, Office, Whereabouts
from cards.rules import State
from common.rules import SHANGHAI, local
from tests.cast import NOW, declare, issue_card, signed_in

pytestmark = pytest.mark.django_db
URL, LEAVE = "/me/", "/me/leave/"


@pytest.fixture(autouse=True)
def clock():
    """Tuesday 24 November 2026, ten o'clock in Longquan."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(chen: Cadre) -> Client:
    return english(chen)


def english(cadre: Cadre) -> Client:
    assert cadre.user
    client = signed_in(cadre.user)
    client.cookies["language"] = "en"
    return client


def on(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02} {clock}").replace(tzinfo=SHANGHAI)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1]))


def presets(html: str) -> dict[str, str]:
    """Label -> value of the one-tap buttons."""
    found = re.findall(r'name="preset" value="([^"]*)"[^>]*>([^<]*)<', html)
    return {label: value for value, label in found}


def rows(cadre: Cadre) -> list[tuple[str, str, str]]:
    """State, since and until of every row, oldest first."""
    return [
        (row.state, f"{local(row.since):%d %H:%M}", f"{local(row.until):%d %H:%M}" if row.until else "")
        for row in cadre.whereabouts.order_by("pk")
    ]


# --- Who gets here -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [URL, "/me/consent/"])
def test_everybody_else_has_no_page_of_their_own(url, client, officer, express, administrator):
    assert client.get(url).headers["Location"] == f"/sign-in/?next={url}"
    for user in (officer, express, administrator):
        assert signed_in(user).get(url).status_code == 403


def test_a_cadre_role_without_a_person_has_no_page(chen):
    Cadre.objects.filter(pk=chen.pk).update(user=None)
    assert signed_in(chen.user).get(URL).status_code == 404


def test_each_cadre_sees_and_sets_their_own(chen, zhou):
    declare(zhou, State.TRAINING, until=NOW + timedelta(hours=1), place="党校")
    assert "In training" not in words(english(chen).get(URL).text).split("In one tap")[0]
    english(chen).post(URL, {"preset": "meeting|12:00"})
    assert rows(zhou) == [("training", "24 10:00", "24 11:00")]
    assert rows(chen) == [("meeting", "24 10:00", "24 12:00")]


def test_a_cadre_may_open_nothing_of_the_desk(phone, chen):
    for url in ("/desk/cadres/", f"/desk/cadres/{chen.pk}/", "/desk/cards/", "/desk/offices/"):
        assert phone.get(url).status_code == 403
    for url in (f"/desk/cadres/{chen.pk}/whereabouts/", f"/desk/cadres/{chen.pk}/edit/"):
        assert phone.post(url, {"state": "leave"}).status_code == 403


@pytest.mark.parametrize(
    ("url", "method"), [(URL, "put"), (URL, "delete"), (LEAVE, "get"), ("/me/leave/1/cancel/", "get")]
)
def test_wrong_methods(url, method, phone):
    assert getattr(phone, method)(url).status_code == 405


# --- One tap -----------------------------------------------------------------------------------------------------


def test_the_page_shows_what_the_plaque_says_and_the_usual_presets(phone):
    html = phone.get(URL).text
    assert "The plaque shows now At post No absence has been declared." in words(html)
    assert presets(html) == {
        "Back at post": "at_post|",
        "In a meeting until 12:00": "meeting|12:00",
        "In the countryside until 17:30": "countryside|17:30",
        "Out on business until 12:00": "errand|12:00",
    }
    assert "<script" not in html


def test_one_tap_on_a_preset_is_on_the_plaque(phone, chen, clock):
    card = issue_card(chen)
    response = phone.post(URL, {"preset": "meeting|12:00"}, follow=True)
    assert response.redirect_chain == [(URL, 302)]
    assert "The plaque has been updated: In a meeting until 12:00." in words(response.text)
    assert "The plaque shows now In a meeting expected back 14:00 confirmed in person, 10:00" in words(
        response.text
    )
    row = Whereabouts.objects.get()
    assert (row.set_by, row.source, row.recorded_at) == (chen.user, "self", NOW)
    public = Client().get(f"/c/{card.token}", {"lang": "en"}).text
    assert "In a meeting" in public
    clock.shift(timedelta(minutes=20))
    phone.post(URL, {"preset": "at_post|"})
    assert "confirmed in person, 10:20" in words(phone.get(URL).text)


@pytest.mark.parametrize(
    ("now", "label", "row"),
    [
        (on(24, "14:30"), "In a meeting until 17:30", ("meeting", "24 14:30", "24 17:30")),
        # Every preset that is offered works: also the night on duty, which ends tomorrow.
        (on(24, "18:00"), "On duty until tomorrow 08:30", ("on_duty", "24 18:00", "25 08:30")),
        (on(27, "22:00"), "On duty until tomorrow 08:30", ("on_duty", "27 22:00", "28 08:30")),
        (on(28, "03:00"), "On duty until 08:30", ("on_duty", "28 03:00", "28 08:30")),
    ],
)
def test_the_presets_of_an_hour(now, label, row, phone, chen, clock):
    clock.move_to(now)
    offered = presets(phone.get(URL).text)
    assert label in offered
    assert "updated" in words(phone.post(URL, {"preset": offered[label]}, follow=True).text)
    assert rows(chen) == [row]


def test_a_page_left_open_overnight_still_means_todays_noon(phone, chen, clock):
    value = presets(phone.get(URL).text)["In a meeting until 12:00"]
    clock.move_to(on(25, "09:00"))
    phone.post(URL, {"preset": value})
    assert rows(chen) == [("meeting", "25 09:00", "25 12:00")]


def test_a_preset_whose_time_is_over_says_so(phone, chen, clock):
    value = presets(phone.get(URL).text)["In a meeting until 12:00"]
    clock.move_to(on(24, "12:01"))
    html = phone.post(URL, {"preset": value}, follow=True).text
    assert "This time is already over. Choose a later one." in words(html)
    assert rows(chen) == []


def test_ones_own_habits_come_first(phone, chen):
    for day in (18, 19, 20):
        declare(chen, State.ERRAND, now=on(day, "09:00"), until=on(day, "11:30"))
    declare(chen, State.TRAINING, now=on(2, "09:00"), until=on(2, "11:00"))
    for _ in range(5):  # older than the season's habits
        declare(
            chen,
            State.OTHER,
            now=on(2, "09:00") - timedelta(days=60),
            until=on(2, "11:00") - timedelta(days=60),
        )
    assert list(presets(phone.get(URL).text)) == [
        "Back at post",
        "Out on business until 11:30",
        "In a meeting until 12:00",
        "In the countryside until 17:30",
    ]


@pytest.mark.parametrize(
    "value", ["", "|", "flying|12:00", "meeting|25:00", "meeting|noon", "meeting|2026-11-25T99:00", "x" * 500]
)
def test_a_preset_that_was_never_offered_is_refused(value, phone, chen):
    assert phone.post(URL, {"preset": value}).status_code == 400
    assert rows(chen) == []


def test_an_absence_needs_an_end_in_a_preset_too(phone, chen):
    html = phone.post(URL, {"preset": "meeting|"}, follow=True).text
    assert "Say until when." in words(html)
    assert rows(chen) == []


def test_a_double_tap_is_once(phone, chen, clock):
    for _ in range(2):
        phone.post(URL, {"preset": "meeting|12:00"})
        phone.post(URL, {"preset": "meeting|12:00"})
        clock.shift(timedelta(seconds=1))
    assert len(rows(chen)) == 1


# --- Two taps ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "row"),
    [
        ({"state": "errand", "until_choice": "30m"}, ("errand", "24 10:00", "24 10:30")),
        ({"state": "other", "until_choice": "60m"}, ("other", "24 10:00", "24 11:00")),
        ({"state": "meeting", "until_choice": "span"}, ("meeting", "24 10:00", "24 12:00")),
        ({"state": "village_post", "until_choice": "day"}, ("village_post", "24 10:00", "24 17:30")),
        ({"state": "counter", "until_time": "15:30"}, ("counter", "24 10:00", "24 15:30")),
        # A time button beats a time that stands in the field.
        (
            {"state": "errand", "until_choice": "30m", "until_time": "16:00"},
            ("errand", "24 10:00", "24 10:30"),
        ),
        ({"state": "at_post"}, ("at_post", "24 10:00", "")),
        ({"state": "at_post", "until_choice": "day"}, ("at_post", "24 10:00", "")),
    ],
)
def test_state_and_time(data, row, phone, chen):
    response = phone.post(URL, {"until_choice": "", "until_time": "", "place": "", **data})
    assert (response.status_code, response.headers.get("Location")) == (302, URL)
    assert rows(chen) == [row]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "I am now: Choose where you are first."),
        ({"until_choice": "30m"}, "I am now: Choose where you are first."),
        ({"state": "errand"}, "Other time: Say until when."),
        ({"state": "flying", "until_choice": "30m"}, "I am now: Select a valid choice."),
        ({"state": "errand", "until_choice": "soon"}, "Until when: Select a valid choice."),
        ({"state": "errand", "until_time": "25:99"}, "Other time: Enter a valid time."),
        (
            {"state": "errand", "until_time": "09:59"},
            "Other time: This time is already over. Choose a later one.",
        ),
        (
            {"state": "errand", "until_choice": "30m", "place": "远" * 41},
            "Place: Ensure this value has at most 40",
        ),
    ],
)
def test_what_cannot_be_declared_gets_a_sentence_and_keeps_the_rest(data, error, phone, chen):
    response = phone.post(URL, {"place": "税务局", **data})
    assert response.status_code == 422
    assert error in words(response.text)
    assert "There is a problem" in words(response.text)
    assert rows(chen) == []
    if "place" not in data:
        assert 'value="税务局"' in response.text
    if data.get("state") == "errand":
        assert re.search(r'value="errand"[^>]* checked', response.text)


def test_the_end_of_the_day_cannot_be_chosen_when_it_is_over(phone, chen, clock):
    clock.move_to(on(24, "19:00"))
    response = phone.post(URL, {"state": "errand", "until_choice": "day"})
    assert response.status_code == 422
    assert "Say until when." in words(response.text)


def test_time_buttons_of_the_hour(phone, clock):
    def buttons() -> list[str]:
        found = re.findall(
            r'name="until_choice" value="(\w+)">([^<]+)<span[^>]*>([^<]+)', phone.get(URL).text
        )
        return [f"{label.strip()} {time}" for _value, label, time in found]

    assert buttons() == ["30 minutes 10:30", "1 hour 11:00", "noon 12:00", "end of the day 17:30"]
    clock.move_to(on(24, "14:30"))
    assert buttons() == ["30 minutes 15:00", "1 hour 15:30", "end of the day 17:30"]


def test_the_place_stays_in_the_unit(phone, chen):
    phone.post(URL, {"state": "errand", "until_choice": "60m", "place": "市人民医院"})
    assert chen.whereabouts.get().place == "市人民医院"
    assert "市人民医院" not in Client().get(f"/c/{issue_card(chen).token}").text


# --- Leave and trips ---------------------------------------------------------------------------------------------


def leave(**changed: str) -> dict[str, str]:
    data = {
        "state": "leave",
        "from_date": "2026-11-26",
        "from_half": "am",
        "to_date": "2026-11-27",
        "to_half": "pm",
        **changed,
    }
    return {f"leave-{name}": value for name, value in data.items()}


def test_leave_of_several_days_in_half_days(phone, chen):
    response = phone.post(LEAVE, leave(from_half="pm", to_half="am"), follow=True)
    assert response.redirect_chain == [(URL, 302)]
    period = "November 26 (Thursday) 14:00 – November 27 (Friday) 12:00"
    assert f"On leave has been entered: {period}." in words(response.text)
    assert rows(chen) == [("leave", "26 14:00", "27 12:00")]
    assert "Planned On leave November 26 (Thursday) 14:00 – November 27 (Friday) 12:00" in words(
        response.text
    )
    # Until then the plaque says what is.
    assert "The plaque shows now At post" in words(response.text)


@pytest.mark.parametrize("typed", ["2026年11月26日", "2026.11.26", "20261126", "2026-11-26"])
def test_dates_as_people_write_them(typed, chen):
    assert chen.user
    assert signed_in(chen.user).post(LEAVE, leave(from_date=typed)).status_code == 302
    assert rows(chen) == [("leave", "26 08:30", "27 17:30")]


def test_leave_from_today_counts_from_now(phone, chen):
    phone.post(LEAVE, leave(from_date="2026-11-24"))
    assert rows(chen) == [("leave", "24 10:00", "27 17:30")]
    assert "The plaque shows now On leave" in words(phone.get(URL).text)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (
            {"from_date": "2026-11-23"},
            "From: The beginning is already over: whereabouts cannot be declared afterwards.",
        ),
        ({"to_date": "2026-11-25"}, "Until and including: The last day lies before the first."),
        (
            {"to_date": "2026-11-26", "from_half": "pm", "to_half": "am"},
            "Until and including: The end must be later than the beginning.",
        ),
        (
            {"to_date": "2028-01-01"},
            "Until and including: An absence of more than a year cannot be declared here.",
        ),
        ({"from_date": ""}, "From: Fill this in."),
        ({"from_date": "soon"}, "From: Enter a valid date."),
        ({"state": "errand"}, "Kind: Select a valid choice."),
        ({"from_half": "noon"}, "From this half day: Select a valid choice."),
    ],
)
def test_leave_that_cannot_be_gets_a_sentence_and_keeps_the_rest(data, error, phone, chen):
    response = phone.post(LEAVE, leave(**data))
    assert response.status_code == 422
    assert error in words(response.text)
    assert "<details open>" in response.text
    if "to_date" not in data:
        assert 'value="2026-11-27"' in response.text
    assert rows(chen) == []


def test_leave_of_a_half_day_that_is_over_says_so(phone, chen, clock):
    clock.move_to(on(24, "15:00"))
    response = phone.post(LEAVE, leave(from_date="2026-11-24", to_date="2026-11-24", to_half="am"))
    assert response.status_code == 422
    assert "This time is already over. Choose a later one." in words(response.text)


def test_a_plan_is_cancelled_and_the_list_forgets_it(phone, chen, clock):
    phone.post(LEAVE, leave())
    plan = chen.whereabouts.get()
    response = phone.post(f"/me/leave/{plan.pk}/cancel/", follow=True)
    assert "On leave has been cancelled: November 26 (Thursday) 08:30" in words(response.text)
    assert "Planned" not in words(response.text)
    assert "Absence cancelled" in words(response.text)
    clock.move_to(on(26, "10:00"))
    assert "The plaque shows now At post No absence has been declared." in words(phone.get(URL).text)


def test_an_absence_that_has_begun_is_not_cancelled(phone, chen, clock):
    phone.post(LEAVE, leave())
    clock.move_to(on(26, "10:00"))
    html = phone.post(f"/me/leave/{chen.whereabouts.get().pk}/cancel/", follow=True).text
    assert "This absence has already begun. Declare that you are back instead." in words(html)
    assert len(rows(chen)) == 1


def test_the_plan_of_somebody_else_does_not_exist(phone, chen, lin, zhou):
    for other in (lin, zhou):
        plan = declare(other, State.LEAVE, since=on(26, "08:30"), until=on(27, "17:30"))
        assert phone.post(f"/me/leave/{plan.pk}/cancel/").status_code == 404
        assert len(rows(other)) == 1
    assert phone.post("/me/leave/999999/cancel/").status_code == 404


# --- History and consent -----------------------------------------------------------------------------------------


def test_the_history_says_who_declared_what_and_when(phone, chen, officer):
    services.whereabouts_declare(
        cadre=chen,
        state=State.MEETING,
        until=on(24, "11:00"),
        actor=officer,
        now=NOW,
    )
    declare(chen, State.ERRAND, now=on(23, "09:00"), until=on(23, "11:00"))
    html = words(phone.get(URL).text).split("Recent entries")[1]
    assert "In a meeting 10:00 – 11:00 纪明 · 24 November 10:00" in html
    assert "Out on business November 23 (Monday) 09:00 – 11:00 yourself · 23 November 09:00" in html


def test_the_history_shows_five_and_more_on_demand(phone, chen):
    for minute in range(7):
        declare(chen, State.MEETING, now=NOW - timedelta(minutes=60 - minute), until=NOW + timedelta(hours=1))
    recent = phone.get(URL).text.split("Recent entries")[1]
    shown, older = recent.split("<details>")
    assert shown.count("<li>") == 5
    assert older.split("</details>")[0].count("<li>") == 2


def test_the_stand_in_is_named_only_while_somebody_must_stand_in(phone, chen, lin, clock):
    assert "林一帆" not in words(phone.get(URL).text)
    declare(chen, State.ERRAND, until=on(24, "20:00"))
    assert "林一帆 stands in" in words(phone.get(URL).text)
    declare(lin, State.MEETING, until=on(24, "11:00"))
    shown = words(phone.get(URL).text)
    assert "Stand-in 林一帆 is not at post now; citizens see the duty phone" in shown
    assert "stands in" not in shown
    Office.objects.update(duty_phone="")
    assert "is not at post now, and the office has no duty phone" in words(phone.get(URL).text)
    clock.move_to(on(24, "19:00"))
    assert "林一帆" not in words(phone.get(URL).text)


def test_the_public_page_is_a_link_with_a_valid_card_only(phone, chen):
    assert "See my public page" not in phone.get(URL).text
    card = issue_card(chen)
    assert f'href="/c/{card.token}?public=1">See my public page' in phone.get(URL).text


def test_the_page_takes_the_same_queries_with_a_long_history(phone, chen, django_assert_max_num_queries):
    with django_assert_max_num_queries(24) as captured:
        phone.get(URL)
    counts = [len(captured)]
    for _ in range(2):
        for number in range(30):
            declare(
                chen, State.MEETING, now=NOW - timedelta(hours=number + 2), until=NOW - timedelta(hours=1)
            )
            declare(chen, State.LEAVE, since=NOW + timedelta(days=number + 1), until=NOW + timedelta(days=40))
        with django_assert_max_num_queries(24) as captured:
            phone.get(URL)
        counts.append(len(captured))
    assert len(set(counts)) == 1


def test_consent_is_given_and_withdrawn_by_oneself(phone, chen):
    url = "/me/consent/"
    assert "not given: not shown" in words(phone.get(url).text)
    for subject in ("photo", "mobile"):
        html = phone.post(url, {"subject": subject, "give": "1"}, follow=True).text
        assert "Your consent has been recorded." in words(html)
    given = Consent.objects.filter(withdrawn_at=None)
    assert {(row.subject, row.recorded_by) for row in given} == {("photo", chen.user), ("mobile", chen.user)}
    html = phone.post(url, {"subject": "photo", "give": "0"}, follow=True).text
    assert "Your consent has been withdrawn. The page no longer shows it." in words(html)
    assert set(given.values_list("subject", flat=True)) == {"mobile"}


@pytest.mark.parametrize("data", [{}, {"subject": "salary", "give": "1"}, {"give": "1"}])
def test_consent_to_nothing_in_particular_records_nothing(data, phone):
    phone.post("/me/consent/", data)
    assert not Consent.objects.exists()


def test_without_a_stand_in_nobody_is_named(phone, chen):
    phone.post(URL, {"preset": "meeting|12:00"})
    assert "stands in" not in words(phone.get(URL).text)


def test_the_stand_in_is_named_while_one_is_away(chen, lin):
    chen.refresh_from_db()
    client = english(chen)
    assert "stands in" not in words(client.get(URL).text)
    client.post(URL, {"preset": "meeting|12:00"})
    assert "林一帆 stands in" in words(client.get(URL).text)


def test_the_dates_offered_for_leave_are_the_next_working_day(phone, clock):
    clock.move_to(on(27, "10:00"))
    assert (
        re.findall(r'type="date" name="leave-\w+" value="([^"]+)"', phone.get(URL).text)
        == [date(2026, 11, 30).isoformat()] * 2
    )
