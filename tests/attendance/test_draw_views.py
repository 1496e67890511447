"""The pages of draws and of planning: what the public page lets anybody recompute, and what is sealed from whom."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.models import Role, Unit, User
from attendance import services
from attendance.draw import digest
from attendance.models import Draw, InspectionSettings, Purpose, SpotCheck
from cards.models import Cadre
from tests.attendance import drawing
from tests.attendance.drawing import BEGINS, freeze, reveal
from tests.cast import NOW, give, make_user, signed_in

SCRIPT = Path(__file__).resolve().parents[2] / "docs/recompute_draw.py"
small_city = drawing.small_city
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def third(city) -> User:
    """Of the Express, neither an inspector nor the planner."""
    user = make_user("third", "旁人")
    give(user, Role.EXPRESS_STAFF)
    return user


@pytest.fixture
def draw(small_city, express, express_head) -> Draw:
    return freeze([express, express_head])


def recompute(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As somebody else would: without this project, its folder, or its environment."""
    return subprocess.run(
        [sys.executable, "-I", str(path.parent / SCRIPT.name), str(path), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=path.parent,
        env={},
        timeout=60,
    )


def downloaded(draw: Draw, folder: Path) -> Path:
    """The data and the program, both from the public page's links."""
    client, path = Client(), folder / "draw.json"
    path.write_bytes(client.get(reverse("draw_data", args=[draw.token])).content)
    (folder / SCRIPT.name).write_bytes(client.get(reverse("draw_script")).content)
    return path


# --- Acceptance: anybody recomputes it -----------------------------------------------------------------------------


class TestRecomputed:
    def test_a_full_draw_agrees_with_what_was_noted_before(self, draw, express, clock, tmp_path):
        noted = ("--commitment", draw.commitment, "--pool-hash", draw.pool_hash.upper())
        check = reveal(draw, express)
        clock.move_to(BEGINS)
        done = recompute(downloaded(draw, tmp_path), *noted)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count("一致 agrees") == len(done.stdout.splitlines())
        draw.refresh_from_db()
        for picked in draw.picks:
            numbers = " ".join(map(str, picked["numbers"]))
            assert f"{picked['stratum']}  1-{picked['pool']}: {numbers}" in done.stdout
        assert len(draw.picks) == 3 + check.units.filter(code__in=_drawn_units(draw)).count()

    @pytest.mark.parametrize(
        "changed",
        [
            {"secret": "0" * 32},
            {"public_value": "3 5 7"},
            {"pool_hash": "0" * 64},
            {"commitment": "0" * 64},
            {"key": "x/"},
            {"take": {"departments": 9, "towns": 1, "people": 2, "leaders": 1}},
            {"picks": [{"stratum": "towns", "pool": 2, "numbers": [1], "candidates": ["T009"]}]},
        ],
    )
    def test_whatever_was_changed_is_noticed(self, changed, draw, express, clock, tmp_path):
        reveal(draw, express)
        clock.move_to(BEGINS)
        path = downloaded(draw, tmp_path)
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changed}), "utf-8")
        done = recompute(path)
        assert done.returncode == 1
        assert "不一致 DIFFERS" in done.stdout

    def test_another_pool_or_another_note_is_noticed(self, draw, express, clock, tmp_path):
        reveal(draw, express)
        clock.move_to(BEGINS)
        path = downloaded(draw, tmp_path)
        assert recompute(path, "--commitment", digest("another")).returncode == 1
        facts = json.loads(path.read_text("utf-8"))
        facts["pool"] = facts["pool"].replace("LQ-D001-0002", "LQ-D001-0009")
        path.write_text(json.dumps(facts), "utf-8")
        assert recompute(path).returncode == 1

    def test_what_is_not_published_or_no_draw_is_neither(self, draw, express, tmp_path):
        reveal(draw, express)
        path = downloaded(draw, tmp_path)
        assert recompute(path).returncode == 2
        path.write_text("[]", "utf-8")
        assert recompute(path).returncode == 2

    @pytest.mark.parametrize("taken", ["take department 4", "take department 70000"])
    def test_a_pool_that_cannot_be_drawn_from_says_so(self, taken, draw, express, clock, tmp_path):
        reveal(draw, express)
        clock.move_to(BEGINS)
        path = downloaded(draw, tmp_path)
        facts = json.loads(path.read_text("utf-8"))
        more = "".join(f"department X{number}\n" for number in range(70000)) if "70000" in taken else ""
        pool = facts["pool"].replace("take department 1", taken) + more
        path.write_text(json.dumps({**facts, "pool": pool, "pool_hash": digest(pool)}), "utf-8")
        done = recompute(path)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert "This cannot be read" in done.stderr

    def test_a_file_nested_without_end_is_no_draw(self, draw, tmp_path):
        path = downloaded(draw, tmp_path)
        path.write_text("[" * 200_000, "utf-8")
        done = recompute(path)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def _drawn_units(draw: Draw) -> list[str]:
    return [code for row in draw.picks[:2] for code in row["candidates"]]


# --- Sealed --------------------------------------------------------------------------------------------------------


def public(draw: Draw, name: str = "draw") -> Any:
    return Client().get(reverse(name, args=[draw.token]))


class TestSealed:
    def test_the_public_page_shows_more_step_by_step(self, draw, express, clock):
        secrets = ("LQ-D001", "D001", "25 November")
        first = public(draw).content.decode()
        assert draw.commitment in first
        assert draw.pool_hash in first
        assert "三枚骰子" in first
        reveal(draw, express)
        second = public(draw).content.decode()
        assert "3 5 6" in second
        assert "公证处" in second
        for page in (first, second, public(draw, "draw_data").content.decode()):
            assert not any(word in page for word in (*secrets, "11月25日"))
        assert public(draw, "draw_pool").status_code == 404
        clock.move_to(BEGINS)
        third = public(draw).content.decode()
        assert "LQ-D001" in third
        assert json.loads(public(draw, "draw_data").content)["secret"] in third
        assert digest(public(draw, "draw_pool").content.decode()) == draw.pool_hash

    def test_a_check_that_was_cancelled_is_called_so_with_its_reason(self, draw, express):
        check = reveal(draw, express)
        SpotCheck.objects.filter(pk=check.pk).update(cancelled_at=NOW, cancel_reason="台风")
        page = in_english(reverse("draw", args=[draw.token]))
        assert "The spot check was cancelled" in page
        assert "台风" in page
        assert json.loads(public(draw, "draw_data").content)["cancel_reason"] == "台风"
        assert "Drawn, spot check cancelled" in in_english(reverse("public_draws"))

    def test_no_page_names_a_person(self, draw, express, clock):
        reveal(draw, express)
        clock.move_to(BEGINS)
        for name in ("draw", "draw_data", "draw_pool"):
            assert "众" not in public(draw, name).content.decode(), name

    def test_where_it_goes_is_for_planner_and_inspectors_until_it_begins(
        self, draw, express, express_head, third, clock
    ):
        check = reveal(draw, third)
        places = list(check.units.values_list("name", flat=True))
        pages = [reverse("spot_checks"), reverse("spot_check", args=[check.pk])]
        pages += [reverse("draws"), reverse("draw_reveal", args=[draw.pk]), reverse("desk")]
        stranger = signed_in(third)
        for page in pages:
            shown = stranger.get(page).content.decode()
            assert not any(place in _without_navigation(shown) for place in places), page
        for user in (express, express_head):
            shown = signed_in(user).get(pages[1]).content.decode()
            assert all(place in shown for place in places)
        clock.move_to(BEGINS)
        shown = stranger.get(pages[1]).content.decode()
        assert all(place in shown for place in places)

    def test_the_reason_of_a_sealed_check_is_sealed_too(self, unit, express, express_head, third):
        check = _with_a_reason([express, express_head], [unit], reason="青窑局被多次反映")
        assert "青窑" not in signed_in(third).get(reverse("spot_check", args=[check.pk])).content.decode()

    def test_how_often_a_unit_was_checked_says_nothing_of_sealed_checks(
        self, small_city, draw, express, third, clock
    ):
        InspectionSettings.objects.update(spot_cap=1)
        check = reveal(draw, express)
        taken = check.units.first()
        page = f"{reverse('spot_new')}?unit={taken.code}"
        assert signed_in(third).get(page).context["often"] == []
        assert signed_in(express).get(page).context["often"] == [taken.name]
        clock.move_to(BEGINS)
        assert signed_in(third).get(page).context["often"] == [taken.name]


def in_english(page: str) -> str:
    return Client().get(page, {"lang": "en"}).content.decode()


class TestThePublicList:
    def test_each_with_its_number_and_state_and_nothing_that_is_sealed(
        self, draw, express, express_head, clock
    ):
        page = reverse("public_draws")
        assert "Waits for the public value" in in_english(page)
        reveal(draw, express)
        second = freeze([express, express_head], departments=0, leaders=0)
        services.draw_call_off(draw=second, reason="停电", actor=express, now=NOW)
        shown = in_english(page)
        for frozen in (draw, second):
            assert f"Draw {frozen.number}" in shown
            assert frozen.commitment in shown
            assert frozen.pool_hash in shown
        assert shown.index("Draw 2") < shown.index("Draw 1")
        assert "Drawn, sealed" in shown
        assert "Called off before the draw" in shown
        # Neither when it begins nor where it goes, nor who planned it.
        sealed = ("25 November", "D001", "T001", "局1", express.name)
        assert not any(word in shown for word in sealed)
        clock.move_to(BEGINS)
        assert "Published" in in_english(page)

    def test_both_of_a_draw_that_was_replaced(self, draw, express, express_head):
        services.draw_again(
            draw=draw,
            reason="检查人员生病",
            plan=drawing.plan(),
            inspectors=[express, express_head],
            public_source="四枚骰子",
            actor=express,
            now=NOW,
        )
        shown = in_english(reverse("public_draws"))
        assert "Replaced" in shown
        assert "in place of draw 1" in shown

    def test_a_draw_shows_the_one_before_it_and_that_one_is_missing(self, draw, express, express_head):
        assert "None: this is the first" in in_english(reverse("draw", args=[draw.token]))
        assert json.loads(public(draw, "draw_data").content)["before"] is None
        reveal(draw, express)
        second = freeze([express, express_head])
        page = reverse("draw", args=[second.token])
        shown = in_english(page)
        assert draw.commitment in shown
        assert draw.pool_hash in shown
        assert reverse("public_draws") in shown
        facts = json.loads(public(second, "draw_data").content)
        before = {"number": 1, "token": draw.token}
        hashes = {"commitment": draw.commitment, "pool_hash": draw.pool_hash}
        assert (facts["number"], facts["before"]) == (2, before | hashes)
        Draw.objects.filter(pk=draw.pk).update(number=9)
        assert "It is missing" in in_english(page)

    def test_it_costs_the_same_for_one_and_for_many(self, small_city, express, express_head):
        page = reverse("public_draws")
        reveal(freeze([express, express_head]), express)
        few = _queries(Client(), page)
        for number in range(1, 4):
            reveal(freeze([express, express_head], begins_at=BEGINS + timedelta(days=31 * number)), express)
        assert _queries(Client(), page) == few


def _without_navigation(html: str) -> str:
    return html.partition("<main")[2]


def _with_a_reason(inspectors: list[User], units: list[Unit], **more: Any) -> SpotCheck:
    given = {
        "purpose": Purpose.LOOK_BACK,
        "reason": "回头看",
        "people": [],
        "begins_at": BEGINS,
        "group": None,
        **more,
    }
    return services.spot_check_plan(inspectors=inspectors, units=units, actor=inspectors[0], now=NOW, **given)


# --- At the desk ---------------------------------------------------------------------------------------------------


def plan_fields(*inspectors: User, **more: Any) -> dict[str, Any]:
    return {
        "departments": "1",
        "towns": "1",
        "people": "2",
        "leaders": "1",
        "begins_day": "2026-11-25",
        "begins_time": "10:00",
        "source": "三枚骰子",
        "inspectors": [user.pk for user in inspectors],
        **more,
    }


class TestAtTheDesk:
    def test_frozen_revealed_and_drawn_again_by_forms(self, small_city, express, express_head, third, clock):
        client = signed_in(third)
        answer = client.post(reverse("draw_new"), plan_fields(express, express_head))
        draw = Draw.objects.get()
        page = reverse("draw_reveal", args=[draw.pk])
        assert (answer.status_code, answer.url) == (302, page)
        assert (draw.frozen_by, draw.begins_at) == (third, BEGINS)
        shown = client.get(page).content.decode()
        assert draw.commitment in shown
        assert reverse("draw", args=[draw.token]) in shown
        clock.move_to(NOW + timedelta(minutes=5))
        answer = client.post(page, {"value": "３ 5 6", "witnesses": "公证处"})
        check = SpotCheck.objects.get()
        assert answer.url == reverse("spot_check", args=[check.pk])
        again = reverse("draw_again", args=[draw.pk])
        assert "三枚骰子" in client.get(again).content.decode()
        given = plan_fields(express, express_head, reason="检查人员生病")
        assert client.post(again, given).status_code == 302
        check.refresh_from_db()
        assert check.cancel_reason == "检查人员生病"
        second = Draw.objects.get(redraw_of=draw)
        assert reverse("draw", args=[second.token]) in public(draw).content.decode()
        assert "检查人员生病" in public(second).content.decode()

    def test_what_is_wrong_is_said_where_it_is_and_what_was_typed_stays(self, small_city, express, third):
        client = signed_in(third)
        answer = client.post(reverse("draw_new"), plan_fields(express, departments="9", source="一枚骰子"))
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["inspectors"]
        assert "一枚骰子" in answer.content.decode()
        empty = client.post(reverse("draw_new"), {})
        assert {"departments", "begins_day", "source"} <= set(empty.context["form"].errors)

    @pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2028-01-01"])
    def test_a_day_nobody_plans_for_is_an_error_of_its_field(
        self, day, small_city, express, express_head, third
    ):
        client = signed_in(third)
        answer = client.post(reverse("draw_new"), plan_fields(express, express_head, begins_day=day))
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["begins_day"])
        fields = plan_fields(
            express, express_head, begins_day=day, purpose="complaint", reason="反映", people=[]
        )
        answer = client.post(f"{reverse('spot_new')}?unit={small_city[0].code}", fields)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["begins_day"])

    def test_a_waiting_draw_is_called_off_from_its_page(self, draw, express, third):
        page, off = reverse("draw_reveal", args=[draw.pk]), reverse("draw_call_off", args=[draw.pk])
        assert off not in signed_in(third).get(page).content.decode()
        assert signed_in(third).post(off, {"reason": "停电"}).status_code == 422
        client = signed_in(express)
        assert off in client.get(page).content.decode()
        assert client.post(off, {"reason": "停电"}).url == page
        shown = client.get(page).content.decode()
        assert off not in shown
        assert reverse("draw_again", args=[draw.pk]) not in shown
        assert "停电" in shown
        assert "停电" in public(draw).content.decode()

    def test_who_planned_a_drawn_check_is_not_offered_to_cancel_it(self, small_city, express, express_head):
        drawn = reveal(freeze([express, express_head]), express)
        page, off = reverse("spot_check", args=[drawn.pk]), reverse("spot_cancel", args=[drawn.pk])
        assert off not in signed_in(express).get(page).content.decode()
        assert signed_in(express).post(off, {"reason": "停电"}).status_code == 422
        assert off in signed_in(express_head).get(page).content.decode()
        assert signed_in(express_head).post(off, {"reason": "停电"}).status_code == 302

    def test_a_second_value_is_refused_on_its_page(self, draw, express, third):
        reveal(draw, express, now=NOW + timedelta(seconds=1))
        answer = signed_in(third).post(
            reverse("draw_reveal", args=[draw.pk]), {"value": "1 1 1", "witnesses": "甲"}
        )
        assert answer.status_code == 422
        assert "3 5 6" in answer.content.decode()

    @pytest.mark.parametrize("name", ["draws", "spot_checks"])
    def test_lists_cost_the_same_for_one_and_for_many(self, name, small_city, express, express_head):
        client, page = signed_in(express), reverse(name)
        reveal(freeze([express, express_head]), express)
        _with_a_reason([express, express_head], small_city[:1])
        few = _queries(client, page)
        for number in range(3):
            begins = BEGINS + timedelta(days=31 * number + 7)
            reveal(freeze([express, express_head], begins_at=begins), express)
            _with_a_reason([express, express_head], small_city, begins_at=begins)
        assert _queries(client, page) == few

    def test_the_page_of_one_costs_the_same_for_many_people(self, small_city, express, express_head):
        client, some = signed_in(express), small_city[:1]
        everybody = list(Cadre.objects.filter(unit__in=small_city))
        many = _with_a_reason([express, express_head], small_city, people=everybody)
        first = _with_a_reason([express, express_head], some, people=everybody[:1])
        pages = [reverse("spot_check", args=[check.pk]) for check in (first, many)]
        assert len({_queries(client, page) for page in pages}) == 1

    def test_the_public_page_costs_few_queries(self, draw, express, clock, django_assert_max_num_queries):
        reveal(draw, express)
        clock.move_to(BEGINS)
        with django_assert_max_num_queries(4):
            public(draw)


def _queries(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200
    return len(seen)


# --- Planning with a reason ----------------------------------------------------------------------------------------


class TestPlanning:
    def test_units_first_then_why_when_and_who(self, lin, unit, express, express_head):
        client, page = signed_in(express), reverse("spot_new")
        assert unit.name in client.get(page).content.decode()
        page = f"{page}?unit={unit.code}&next=1"
        assert f"{lin.name} · {lin.office.room}" in client.get(page).content.decode()
        answer = client.post(
            page,
            {
                "purpose": "complaint",
                "reason": "群众反映找不到人",
                "begins_day": "2026-11-25",
                "begins_time": "09:00",
                "inspectors": [express.pk, express_head.pk],
                "people": [lin.pk],
            },
        )
        check = SpotCheck.objects.get()
        assert answer.url == reverse("spot_check", args=[check.pk])
        assert (check.purpose, list(check.units.all()), check.lines.get().cadre) == ("complaint", [unit], lin)

    def test_nobody_can_plan_for_a_unit_that_is_not_theirs(self, unit, other_unit, supervisor):
        client, page = signed_in(supervisor), reverse("spot_new")
        assert other_unit.name not in client.get(page).content.decode()
        assert client.get(page, {"unit": other_unit.code}).status_code == 404
        assert client.get(page, {"unit": "nothing"}).status_code == 404

    def test_a_supervision_group_plans_a_visit_by_two_of_its_own(self, unit, supervisor, express, third):
        second = make_user("s2", "察二")
        give(second, Role.SUPERVISOR, group=unit.supervision_group)
        client, page = signed_in(supervisor), f"{reverse('spot_new')}?unit={unit.code}"
        offered = client.get(page).context["form"].fields["inspectors"].choices
        assert {pk for pk, _label in offered} == {supervisor.pk, second.pk}
        fields = {"reason": "走访", "begins_day": "2026-11-25", "begins_time": "09:00", "purpose": "visit"}
        assert client.post(page, {**fields, "inspectors": [supervisor.pk]}).status_code == 422
        assert client.post(page, {**fields, "inspectors": [supervisor.pk, second.pk]}).status_code == 302
        check = SpotCheck.objects.get()
        assert (check.group, check.purpose) == (unit.supervision_group, "visit")

    def test_another_group_does_not_find_it_and_a_former_member_neither(
        self, unit, other_unit, supervisor, express
    ):
        second = make_user("s2", "察二")
        membership = give(second, Role.SUPERVISOR, group=unit.supervision_group)
        other = make_user("s3", "察三")
        give(other, Role.SUPERVISOR, group=other_unit.supervision_group)
        check = _with_a_reason(
            [supervisor, second], [unit], purpose=Purpose.VISIT, group=unit.supervision_group
        )
        page = reverse("spot_check", args=[check.pk])
        assert signed_in(supervisor).get(page).status_code == 200
        assert signed_in(other).get(page).status_code == 404
        check.inspectors.remove(second)
        membership.valid_to = NOW.date() - timedelta(days=1)
        membership.save()
        give(second, Role.SUPERVISOR, group=other_unit.supervision_group)
        assert signed_in(second).get(page).status_code == 404

    def test_the_page_leads_inspectors_to_the_doors_while_it_is_under_way(
        self, lin, unit, express, express_head, third, clock
    ):
        check = _with_a_reason([express, express_head], [unit], people=[lin])
        page, door = (
            reverse("spot_check", args=[check.pk]),
            reverse("spot_door", args=[check.pk, lin.office_id]),
        )
        assert door not in signed_in(express).get(page).content.decode()
        clock.move_to(BEGINS)
        assert door in signed_in(express).get(page).content.decode()
        assert door not in signed_in(third).get(page).content.decode()


def test_an_unknown_draw_is_not_there(client):
    for token in ("0" * 16, get_random_string(20), "x"):
        assert client.get(f"/draws/{token}/").status_code == 404
