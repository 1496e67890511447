"""The page of a round: what it shows, that every tap is kept, and that nothing typed is lost."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, Unit, User
from attendance import walk as walking
from attendance.models import Finding, Item, Mark, OpenRound, Round
from attendance.walk import Walk
from cards.models import Cadre
from cards.rules import Kind, State, Status
from common.rules import WorkingCalendar
from tests.cast import (
    NOW,
    TODAY,
    crowd,
    declare,
    give,
    make_cadre,
    make_office,
    make_user,
    portrait,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to(NOW)
    return time_machine


@pytest.fixture
def client(officer: User):
    return signed_in(officer)


def address(name: str, unit: Unit, *more: object) -> str:
    return reverse(name, args=[unit.code, *more])


def tap(client, unit: Unit, cadre: Cadre, code: str = "off_post", **more):
    return client.post(address("sheet_mark", unit), {"problem": f"{cadre.pk}:{code}", **more})


def line_of(response, cadre: Cadre) -> str:
    """The line of one person on the page."""
    found = re.search(
        rf'<li class="line[^"]*" id="person-{cadre.pk}">.*?</li>', response.content.decode(), re.S
    )
    assert found, f"{cadre} has no line"
    return found.group()


def pressed(line: str) -> list[str]:
    return re.findall(r'aria-pressed="true"[^>]*>([^<]+)<', line)


# --- What it shows ---------------------------------------------------------------------------------------------------


def test_everybody_stands_there_in_the_order_of_a_walk_and_agrees(client, unit, officer):
    for location, room in (("主楼三楼", "310"), ("主楼二楼", "201"), ("主楼三楼", "309")):
        make_cadre(make_office(unit, f"科{room}", room, location=location), f"某{room}")
    page = client.get(address("sheet", unit))
    names = re.findall(r"<strong id=\"name-\d+\">([^<]+)<", page.content.decode())
    assert names == ["某201", "某309", "某310"]
    assert page.content.decode().count('id="agrees-') == 3
    assert set(re.findall(r'id="agrees-\d+" aria-pressed="(\w+)"', page.content.decode())) == {"true"}
    assert page.context["counts"]["to_check"] == 3


def test_a_line_says_what_the_plaque_says_and_offers_what_fits(client, unit, lin, chen, wei):
    declare(chen, State.MEETING, until=NOW + timedelta(hours=1), place="三楼会议室")
    declare(wei, State.LEAVE, since=NOW - timedelta(days=1), until=NOW + timedelta(days=2), place="省城医院")
    page = client.get(address("sheet", unit))
    at_post, meeting, leave = (line_of(page, cadre) for cadre in (lin, chen, wei))
    assert "在岗" in at_post
    assert f"{lin.pk}:late" in at_post
    assert f"{lin.pk}:not_updated" in at_post
    assert "开会" in meeting
    assert "三楼会议室" in meeting
    assert f"{chen.pk}:untrue" in meeting
    assert f"{chen.pk}:late" not in meeting
    assert "省城医院" not in leave


def test_of_those_outside_their_hours_nothing_is_asked(client, unit, office, lin, ten_o_clock):
    """A rest day on which one is on duty and the others are not there."""
    chen = make_cadre(office, "周五")
    saturday = NOW + timedelta(days=4)
    declare(chen, State.ON_DUTY, now=saturday, until=saturday + timedelta(hours=8))
    ten_o_clock.move_to(saturday)
    page = client.get(address("sheet", unit))
    assert page.context["counts"]["to_check"] == 1
    assert f'id="person-{chen.pk}"' in page.content.decode()
    assert f'id="person-{lin.pk}"' not in page.content.decode()
    assert lin.name in page.content.decode()


@pytest.mark.parametrize(
    ("later", "words"),
    [({"days": 4}, "rest day"), ({"hours": 10}, "Outside office hours"), ({}, "Nobody but")],
)
def test_with_nobody_to_check_the_page_says_why(client, unit, officer, later, words, ten_o_clock, office):
    make_cadre(office, "纪明", user=officer)
    if later:
        make_cadre(office, "周五")
    ten_o_clock.move_to(NOW + timedelta(**later))
    page = client.get(address("sheet", unit), {"lang": "en"})
    assert words in page.content.decode()
    assert 'id="sheet"' not in page.content.decode()


def test_nobody_checks_their_own_line(client, unit, officer, office, lin):
    own = make_cadre(office, "纪明", user=officer)
    page = client.get(address("sheet", unit))
    assert "problem" not in line_of(page, own)
    assert page.context["counts"]["to_check"] == 2
    tap(client, unit, own)
    assert not Mark.objects.exists()


def test_a_part_has_its_own_people_and_counts_its_own_rounds(client, unit, lin):
    upstairs = make_cadre(make_office(unit, "档案室", "401", location="主楼四楼"), "楼上")
    page = client.get(address("sheet", unit), {"part": "主楼四楼"})
    assert f'id="person-{upstairs.pk}"' in page.content.decode()
    assert f'id="person-{lin.pk}"' not in page.content.decode()
    done = client.post(address("sheet_submit", unit), {"part": "主楼四楼", "number": 1})
    assert Round.objects.get().scope == "主楼四楼"
    assert done.status_code == 302
    assert client.get(address("sheet", unit)).context["state"] == "open"
    assert client.get(address("sheet", unit), {"part": "主楼四楼"}).context["state"] == "done"
    assert client.get(address("sheet", unit), {"part": "地下室"}).status_code == 404


def test_three_and_two_hundred_people_cost_the_same_queries(
    client, unit, office, officer, django_assert_max_num_queries
):
    crowd(office, 3, cards=False)
    client.get(address("sheet", unit))
    with django_assert_max_num_queries(16) as few:
        client.get(address("sheet", unit))
    crowd(office, 197, cards=False)
    with django_assert_max_num_queries(len(few)):
        page = client.get(address("sheet", unit))
    assert page.context["counts"]["to_check"] == 200
    walk = Walk(unit, officer, NOW)
    # Without signing in and the frame of every page.
    with django_assert_max_num_queries(10):
        walking.read(walk)


def test_two_hundred_people_are_submitted_in_as_few_queries(
    client, unit, office, django_assert_max_num_queries
):
    crowd(office, 200, cards=False)
    with django_assert_max_num_queries(23):
        client.post(address("sheet_submit", unit), {"number": 1})
    assert Round.objects.get().people == 200


# --- Taps ------------------------------------------------------------------------------------------------------------


def test_a_tap_is_kept_at_once_and_leads_back_to_its_line(client, unit, lin):
    answer = tap(client, unit, lin)
    assert answer["Location"].endswith(f"#person-{lin.pk}")
    assert Mark.objects.get().said["kind"] == "at_post"
    line = line_of(client.get(address("sheet", unit)), lin)
    assert pressed(line) == [str(Item.objects.get(code="off_post").name)]


def test_the_same_tap_again_changes_nothing_and_another_adds(client, unit, lin):
    tap(client, unit, lin)
    tap(client, unit, lin)
    assert Mark.objects.count() == 1
    tap(client, unit, lin, "late")
    assert {mark.item.code for mark in Mark.objects.all()} == {"off_post", "late"}
    client.post(address("sheet_mark", unit), {"clear": f"{lin.pk}:late"})
    assert Mark.objects.get().item.code == "off_post"
    client.post(address("sheet_mark", unit), {"clear": str(lin.pk)})
    assert not Mark.objects.exists()


def test_with_script_a_tap_answers_with_its_line_and_the_counts(client, unit, lin, chen):
    answer = client.post(
        address("sheet_mark", unit), {"problem": f"{lin.pk}:off_post"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert pressed(line_of(answer, lin)) == ["脱岗"]
    assert f'id="person-{chen.pk}"' not in answer.content.decode()
    assert answer.context["counts"]["problems"] == 1
    assert 'id="sheet-sum" hx-swap-oob' in answer.content.decode()


def words(cadre: Cadre, shown_by: str, **typed: object) -> dict[str, object]:
    """What the boxes of a person's problem send; `shown_by` is the fingerprint that the page carried."""
    prefix = f"m{Mark.objects.get(cadre=cadre).pk}"
    return {f"{prefix}-minutes": "", f"{prefix}-note": "", f"{prefix}-shown": shown_by} | {
        f"{prefix}-{name}": value for name, value in typed.items()
    }


def shown(client, unit: Unit, cadre: Cadre) -> str:
    line = line_of(client.get(address("sheet", unit)), cadre)
    return re.search(r'-shown" value="(\w+)"|value="(\w+)"[^>]*-shown', line).group(1)


def test_what_is_typed_is_saved_with_any_tap(client, unit, lin, chen):
    tap(client, unit, lin, "late")
    typed = words(lin, shown(client, unit, lin), minutes="22", note="九点二十二分到")
    tap(client, unit, chen, **typed)
    mark = Mark.objects.get(cadre=lin)
    assert (mark.minutes, mark.note) == (22, "九点二十二分到")
    assert "22" in line_of(client.get(address("sheet", unit)), lin)


def test_a_page_that_lay_open_elsewhere_does_not_write_over_words(client, unit, lin, chen):
    tap(client, unit, lin)
    before = shown(client, unit, lin)
    client.post(address("sheet_mark", unit), words(lin, before, note="两次敲门无人"))
    tap(client, unit, chen, **words(lin, before))
    assert Mark.objects.get(cadre=lin).note == "两次敲门无人"


def test_a_photo_is_reencoded_private_and_shown(client, unit, lin, settings, tmp_path, other_officer):
    settings.MEDIA_ROOT = tmp_path
    tap(client, unit, lin)
    typed = words(lin, shown(client, unit, lin), photo=portrait())
    client.post(address("sheet_mark", unit), typed)
    mark = Mark.objects.get()
    url = reverse("mark_photo", args=[mark.pk])
    assert url in line_of(client.get(address("sheet", unit)), lin)
    answer = client.get(url)
    assert answer.content.startswith(b"\xff\xd8")
    assert answer["Cache-Control"] == "private, no-store"
    assert signed_in(other_officer).get(url).status_code == 404


def test_a_bad_photo_is_refused_with_a_sentence_and_the_words_are_kept(client, unit, lin):
    tap(client, unit, lin)
    typed = words(lin, shown(client, unit, lin), note="桌上无人")
    bad = portrait(100, 140)
    answer = client.post(address("sheet_submit", unit), {**typed, f"m{Mark.objects.get().pk}-photo": bad})
    assert answer.status_code == 422
    assert "200" in line_of(answer, lin)
    assert Mark.objects.get().note == "桌上无人"
    assert not Round.objects.exists()


def test_minutes_that_are_no_number_are_refused_and_stay_in_their_box(client, unit, lin):
    tap(client, unit, lin, "late")
    answer = client.post(address("sheet_mark", unit), words(lin, "", minutes="廿二", note="迟到"))
    assert answer.status_code == 422
    line = line_of(answer, lin)
    assert "廿二" in line
    # The page stands under another address now; what it asks for does not.
    assert f'hx-post="{address("sheet_mark", unit)}"' in line
    assert f'href="{address("sheet_person", unit, lin.pk)}"' in line


@pytest.mark.parametrize(
    "value", ["", ":", "0", "999999", "x:late", "1" * 30, "{pk}:nothing", "{pk}:sheet_missing"]
)
def test_a_tap_that_no_page_offers_changes_nothing(client, unit, lin, value):
    answer = client.post(address("sheet_mark", unit), {"problem": value.format(pk=lin.pk)})
    assert answer.status_code in (302, 404)
    assert not Mark.objects.exists()


def test_what_was_never_declared_is_not_untrue(client, unit, lin):
    answer = client.post(
        address("sheet_mark", unit), {"problem": f"{lin.pk}:untrue"}, headers={"HX-Request": "true"}
    )
    assert 'role="alert"' in line_of(answer, lin)
    assert not Mark.objects.exists()


def test_a_forged_tap_records_nothing_that_no_round_offers(client, unit, lin):
    client.cookies["language"] = "en"
    tap(client, unit, lin, "rude")
    assert not Mark.objects.exists()
    page = client.get(address("sheet", unit))
    assert "cannot be recorded on a check" in page.content.decode()


def test_on_the_page_of_one_person_every_problem_can_be_said(client, unit, lin, zhou):
    url = address("sheet_person", unit, lin.pk)
    page = client.get(url)
    assert f"{lin.pk}:games" in page.content.decode()
    assert f"{lin.pk}:rude" not in page.content.decode()
    answer = client.post(url, {"problem": f"{lin.pk}:games"})
    assert answer["Location"] == url
    assert Mark.objects.get().item.code == "games"
    answer = client.post(url, {"save": "1", **words(lin, "", note="下棋")})
    assert answer["Location"].endswith(f"#person-{lin.pk}")
    assert Mark.objects.get().note == "下棋"
    assert client.get(address("sheet_person", unit, zhou.pk)).status_code == 404


def test_begin_again_throws_the_taps_away(client, unit, lin):
    tap(client, unit, lin)
    client.post(address("sheet_discard", unit))
    assert not OpenRound.objects.exists()


# --- How they were verified ------------------------------------------------------------------------------------------


def test_one_word_for_all_and_another_for_some(client, unit, lin, chen, wei):
    declare(wei, State.MEETING, until=NOW + timedelta(hours=1))
    client.post(address("sheet_verified", unit), {"usual": "phone"})
    client.post(address("sheet_mark", unit), {f"way-{lin.pk}": "seen", f"way-{chen.pk}": "", "ways": ""})
    page = client.get(address("sheet", unit), {"again": "1"})
    assert [page.context["counts"][way] for way in ("seen", "phone", "declared")] == [1, 1, 1]
    assert page.context["chosen"] == f"{lin.pk}:seen"
    client.post(address("sheet_submit", unit), {"number": 1, f"way-{lin.pk}": "", "ways": f"{lin.pk}:seen"})
    done = Round.objects.get()
    assert (done.seen, done.phone, done.declared) == (0, 2, 1)


def test_who_was_not_there_is_not_seen_whatever_was_chosen(client, unit, lin, chen):
    client.post(address("sheet_mark", unit), {f"way-{lin.pk}": "phone", "ways": ""})
    tap(client, unit, lin, ways=f"{lin.pk}:phone")
    page = client.get(address("sheet", unit), {"lang": "en"})
    line = line_of(page, lin)
    assert "Not at the post" in line
    assert "<select" not in line
    assert "<select" in line_of(page, chen)
    said = "Round 1: 1 seen in person, 0 by phone, 0 by declaration only, 1 not at the post; 1 problem."
    assert said in page.text
    # The problem was a slip: what was chosen stands again.
    client.post(address("sheet_mark", unit), {"clear": f"{lin.pk}:off_post"})
    page = client.get(address("sheet", unit), {"again": "1", "lang": "en"})
    assert "not at the post" not in page.text.lower()
    assert page.context["counts"]["phone"] == 1


def test_nobody_chooses_that_somebody_was_not_there(client, unit, lin, chen):
    page = client.get(address("sheet", unit))
    assert 'value="absent"' not in page.text
    client.post(address("sheet_verified", unit), {"usual": "absent"})
    client.post(address("sheet_mark", unit), {f"way-{lin.pk}": "absent", "ways": ""})
    assert not OpenRound.objects.exists()
    client.post(address("sheet_submit", unit), {"number": 1, "usual": "absent"})
    done = Round.objects.get()
    assert (done.seen, done.absent) == (2, 0)


@pytest.mark.parametrize(
    "name",
    [
        "way-" + "9" * 20,
        "way-" + "9" * 5000,
        "way-999999",
        "way-",
        "way-x",
        f"m{'9' * 21}-late",
        f"m{'9' * 5000}-late",
        "m-late",
        "nothing",
    ],
    ids=lambda name: f"{name[:6]} of {len(name)}",
)
def test_a_box_that_no_page_has_answers_with_no_line(client, unit, lin, name):
    """Whatever a browser says has changed; a database takes no number of any length."""
    tap(client, unit, lin)
    posted = {name[:40]: "phone", f"way-{lin.pk}": "phone", "ways": ""}
    answer = client.post(
        address("sheet_mark", unit), posted, headers={"HX-Request": "true", "HX-Trigger-Name": name}
    )
    assert answer.status_code == 200
    assert '<li class="line' not in answer.text
    assert OpenRound.objects.get().verified == {str(lin.pk): "phone"}


def test_only_of_people_of_the_sheet_it_is_kept_how_they_were_verified(client, unit, lin, zhou):
    upstairs = make_cadre(make_office(unit, "档案室", "401", location="主楼四楼"), "楼上")
    ways = {f"way-{pk}": "phone" for pk in (lin.pk, zhou.pk, upstairs.pk)}
    client.post(address("sheet_mark", unit), {f"way-{zhou.pk}": "phone"})
    assert not OpenRound.objects.exists()
    client.post(address("sheet_mark", unit), ways)
    client.post(address("sheet_mark", unit), {**ways, "part": "主楼四楼"})
    kept = dict(OpenRound.objects.values_list("scope", "verified"))
    assert kept == {
        "": {str(pk): "phone" for pk in (lin.pk, upstairs.pk)},
        "主楼四楼": {str(upstairs.pk): "phone"},
    }


@pytest.mark.parametrize("name", ["sheet_mark", "sheet_verified", "sheet_submit"])
def test_no_round_is_begun_in_a_part_that_is_not_there(client, unit, lin, name):
    typed = {"part": "nowhere", "usual": "phone", f"way-{lin.pk}": "phone", "number": 1}
    assert client.post(address(name, unit), typed).status_code == 404
    tap(client, unit, lin, part="nowhere")
    assert not OpenRound.objects.exists()


# --- The end ---------------------------------------------------------------------------------------------------------


def test_a_clean_round_is_one_press_on_the_landing_page(client, unit, lin, chen):
    desk = client.get(reverse("desk")).content.decode()
    form = re.search(
        rf'<form method="post" action="{address("sheet_submit", unit)}">.*?</form>', desk, re.S
    ).group()
    fields = dict(re.findall(r'name="(\w+)" value="(\w+)"', form))
    answer = client.post(address("sheet_submit", unit), fields)
    done = Round.objects.get()
    assert answer["Location"] == reverse("round", args=[done.pk])
    assert (done.people, done.problems, done.number) == (2, 0, 1)
    desk = client.get(reverse("desk")).content.decode()
    assert reverse("round", args=[done.pk]) in desk
    assert 'name="clean"' not in desk


def test_the_landing_page_goes_on_with_a_round_that_was_begun(client, unit, lin):
    make_cadre(make_office(unit, "档案室", "401", location="主楼四楼"), "楼上")
    tap(client, unit, lin, part="主楼三楼")
    desk = client.get(reverse("desk")).content.decode()
    assert 'name="clean"' not in desk
    assert f"{address('sheet', unit)}?part=" in desk


def test_a_clean_round_that_is_not_clean_any_more_is_looked_at_first(client, unit, lin):
    tap(client, unit, lin)
    answer = client.post(address("sheet_submit", unit), {"number": 1, "clean": 1})
    assert answer["Location"].startswith(address("sheet", unit))
    assert not Round.objects.exists()


def test_the_landing_page_is_calm_on_a_rest_day(client, unit, lin, ten_o_clock):
    ten_o_clock.move_to(NOW + timedelta(days=4))
    desk = client.get(reverse("desk"), {"lang": "en"}).content.decode()
    assert "rest day" in desk
    assert address("sheet_submit", unit) not in desk


def test_submitted_twice_it_is_one_round_and_both_answers_lead_to_it(client, unit, lin):
    tap(client, unit, lin, "late")
    answers = [client.post(address("sheet_submit", unit), {"number": 1}) for _press in range(2)]
    assert len({answer["Location"] for answer in answers}) == 1
    assert Round.objects.count() == 1
    assert Finding.objects.count() == 1


def test_what_a_colleague_has_submitted_meanwhile_is_theirs_and_my_taps_stay(client, unit, lin, chen):
    deputy = make_user("deputy", "副手")
    give(deputy, Role.UNIT_OFFICER, unit=unit)
    tap(client, unit, lin)
    first = signed_in(deputy).post(address("sheet_submit", unit), {"number": 1})
    mine = client.post(address("sheet_submit", unit), {"number": 1}, follow=True)
    assert mine.redirect_chain[0][0] == first["Location"]
    assert "副手" in mine.content.decode()
    assert Mark.objects.count() == 1
    page = client.get(address("sheet", unit))
    assert page.context["sheet"].number == 2
    assert pressed(line_of(page, lin)) == ["脱岗"]
    client.post(address("sheet_submit", unit), {"number": 2})
    assert Finding.objects.get().round.number == 2


def test_after_a_round_the_page_rests_until_another_is_asked_for(client, unit, lin):
    client.post(address("sheet_submit", unit), {"number": 1})
    page = client.get(address("sheet", unit))
    assert page.context["state"] == "done"
    assert 'id="sheet"' not in page.content.decode()
    assert client.get(address("sheet", unit), {"again": "1"}).context["sheet"].number == 2


def test_a_number_that_was_never_shown_is_refused(client, unit, lin):
    for number in ("0", "7", "", "x", "1" * 20):
        answer = client.post(address("sheet_submit", unit), {"number": number})
        assert answer["Location"] == address("sheet", unit)
    assert not Round.objects.exists()


# --- Whose ----------------------------------------------------------------------------------------------------------


def test_an_officer_of_one_unit_goes_straight_to_its_sheet(client, unit):
    assert client.get(reverse("sheet_today"))["Location"] == address("sheet", unit)


def test_an_officer_of_two_chooses(officer, unit, other_unit):
    give(officer, Role.UNIT_OFFICER, unit=other_unit)
    page = signed_in(officer).get(reverse("sheet_today")).content.decode()
    assert address("sheet", unit) in page
    assert address("sheet", other_unit) in page


@pytest.mark.parametrize("name", ["sheet_mark", "sheet_verified", "sheet_submit", "sheet_discard"])
def test_another_units_round_is_nobodys_business(other_officer, unit, lin, name):
    client = signed_in(other_officer)
    assert client.post(address(name, unit), {"number": 1}).status_code == 404
    assert client.get(address("sheet", unit)).status_code == 404
    assert not OpenRound.objects.exists()


# --- Without a page --------------------------------------------------------------------------------------------------


def test_working_days_are_counted_by_the_calendar():
    november = WorkingCalendar({TODAY.replace(day=3): False, TODAY.replace(day=7): True})
    assert walking.working_days(november, TODAY) == (17, 21)
    assert walking.working_days(november, TODAY.replace(day=3))[0] == 0


@pytest.mark.parametrize(
    ("status", "marked", "codes"),
    [
        (Status(Kind.AT_POST, State.AT_POST), [], ["late", "not_updated", "off_post"]),
        (Status(Kind.OVERDUE, State.ERRAND), [], ["not_updated"]),
        (Status(Kind.AT_POST, State.AT_POST), ["untrue"], ["late", "untrue", "off_post"]),
        (Status(Kind.AWAY, State.LEAVE), ["games"], ["not_updated", "games"]),
    ],
)
def test_a_line_offers_one_word_about_whereabouts(status, marked, codes):
    items = list(Item.objects.filter(subject="cadre"))
    chosen = frozenset(item.pk for item in items if item.code in marked)
    assert [item.code for item in walking.offered(items, status, chosen)] == codes


def test_a_tap_after_the_session_has_ended_leads_to_signing_in_and_back(unit, lin):
    page = address("sheet", unit)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}?part=x"}
    answer = Client().post(address("sheet_mark", unit), {"problem": f"{lin.pk}:late"}, headers=headers)
    assert answer["HX-Redirect"] == f"/sign-in/?next={page}%3Fpart%3Dx"
    headers["HX-Current-URL"] = "https://elsewhere.example//evil"
    answer = Client().post(address("sheet_mark", unit), headers=headers)
    assert answer["HX-Redirect"] == "/sign-in/?next=/desk/"
