"""Who is drawn from, what is sealed from whom, redraws, and checks that have a reason instead of a draw."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts.models import Role, Unit, User
from attendance import planning, services
from attendance.draw import parse
from attendance.models import Draw, InspectionSettings, Purpose, SpotCheck, SpotLine
from cards import services as people
from cards.models import Cadre, Placement
from common.models import AuditEntry, Notice
from common.problems import Refused
from tests.attendance import drawing
from tests.attendance.drawing import BEGINS, freeze, plan, reveal
from tests.cast import NOW, TODAY, crowd, give, make_cadre, make_office, make_unit
from tests.support.races import at_once

small_city = drawing.small_city


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def codes(draw: Draw) -> set[str]:
    return set(parse(draw.pool)[1].units)


# --- The pool ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestThePool:
    def test_everybody_in_service_stands_in_it_leaders_apart_and_no_names(
        self, small_city, express, express_head
    ):
        left = Cadre.objects.filter(unit=small_city[0], leads_unit=False).first()
        Cadre.objects.filter(pk=left.pk).update(serves_to=TODAY)
        without_card = make_cadre(make_office(small_city[1], "新科", "9"), "钱新")
        draw = freeze([express, express_head])
        _plan, pool = parse(draw.pool)
        assert (pool.departments, pool.towns) == (("D001", "D002", "D003"), ("T001", "T002"))
        assert pool.leaders == tuple((unit.code, f"LQ-{unit.code}-0001") for unit in small_city)
        assert sum(code == "D001" for code, _who in pool.people) == 3
        assert ("D002", f"#{without_card.pk}") in pool.people
        assert "众" not in draw.pool

    def test_who_works_elsewhere_is_drawn_there_and_leads_nobody_there(
        self, small_city, express, express_head
    ):
        leader = Cadre.objects.get(unit=small_city[0], leads_unit=True)
        host = make_office(small_city[3], "驻村点", "7")
        Placement.objects.create(cadre=leader, kind="village_post", office=host, valid_from=TODAY)
        _plan, pool = parse(freeze([express, express_head]).pool)
        assert ("T001", "LQ-D001-0001") in pool.people
        assert {code for code, _who in pool.leaders} == {"D002", "D003", "T001", "T002"}

    @pytest.mark.parametrize("how", ["role", "cadre", "placement"])
    def test_an_inspectors_own_unit_is_taken_out(self, how, small_city, express, express_head):
        own = small_city[1]
        if how == "role":
            give(express, Role.LEADING_GROUP_HEAD, unit=own)
        else:
            home = own if how == "cadre" else small_city[0]
            cadre = make_cadre(make_office(home, "另科", "8"), "自己", user=express)
            if how == "placement":
                host = make_office(own, "窗口", "1")
                Placement.objects.create(cadre=cadre, kind="secondment", office=host, valid_from=TODAY)
        draw = freeze([express, express_head])
        assert "D002" not in codes(draw)
        assert "D002" in draw.plan["own"]

    def test_closed_units_and_units_without_people_are_not_in_it(self, small_city, express, express_head):
        Unit.objects.filter(code="D003").update(valid_to=TODAY)
        make_unit("D004", "空局")
        assert codes(freeze([express, express_head])) == {"D001", "D002", "T001", "T002"}

    def test_a_unit_at_its_cap_is_not_in_it_and_the_pool_does_not_betray_a_sealed_check(
        self, small_city, express, express_head
    ):
        InspectionSettings.objects.update(spot_cap=1)
        first = reveal(freeze([express, express_head], departments=0, leaders=0), express)
        taken = set(first.units.values_list("code", flat=True))
        second = freeze([express, express_head], leaders=0, begins_at=BEGINS - timedelta(hours=3), now=NOW)
        assert codes(second) == {"D001", "D002", "D003", "T001", "T002"} - taken
        assert second.plan["full"] == len(taken) == 1
        assert second.published_at == first.begins_at > second.begins_at

    def test_the_number_of_queries_does_not_grow(
        self, small_city, express, express_head, django_assert_max_num_queries
    ):
        crowd(make_office(small_city[0], "大科", "50"), 200, cards=False)
        with django_assert_max_num_queries(12):
            planning.pool_for(plan(), [express, express_head])

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"departments": 4}, "Only 3 can be drawn"),
            ({"leaders": 6}, "Only 5 can be drawn"),
            ({"departments": 0, "towns": 0, "leaders": 0}, "how many units"),
            ({"people": 0}, "At least one person"),
            ({"begins_at": NOW}, "still to come"),
            ({"begins_at": NOW + timedelta(days=367)}, "a year ahead"),
            ({"begins_at": datetime(9999, 12, 31, 23, tzinfo=NOW.tzinfo)}, "a year ahead"),
        ],
    )
    def test_a_plan_that_cannot_be_is_refused(self, changed, said, small_city, express, express_head):
        with pytest.raises(Refused, match=said):
            freeze([express, express_head], **changed)
        assert not Draw.objects.exists()

    def test_two_inspectors_who_may_inspect(self, small_city, express, officer):
        for inspectors in ([express], [express, express], [express, officer]):
            with pytest.raises(Refused) as refusal:
                freeze(inspectors)
            assert refusal.value.field == "inspectors"


# --- The draw ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestTheDraw:
    def test_secret_committed_value_entered_and_a_check_is_there(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        assert len(draw.commitment) == len(draw.pool_hash) == 64
        assert draw.commitment not in draw.secret
        check = reveal(draw, express_head)
        draw.refresh_from_db()
        assert (check.planned_by, check.begins_at, check.draw) == (express, BEGINS, draw)
        assert set(check.inspectors.all()) == {express, express_head}
        lines = list(SpotLine.objects.filter(spot_check=check).select_related("cadre", "unit"))
        assert len(lines) == 5
        assert all(line.drawn and line.unit_id == line.cadre.unit_id for line in lines)
        assert {line.unit_id for line in lines} == set(check.units.values_list("pk", flat=True))
        assert sum(line.cadre.leads_unit for line in lines) == 1

    def test_the_inspectors_are_told_and_nothing_says_where_it_goes(self, small_city, express, express_head):
        check = reveal(freeze([express, express_head]), express)
        told = Notice.objects.filter(kind="spot_assigned")
        assert {notice.user_id for notice in told} == {express.pk, express_head.pk}
        assert told[0].params == {"spot_check": check.pk, "day": "2026-11-25"}
        written = json.dumps(list(AuditEntry.objects.values_list("changes", flat=True)), ensure_ascii=False)
        picked = set(check.units.values_list("code", flat=True))
        assert not any(code in written for code in picked)

    def test_once_only_and_the_same_value_again_is_the_same_check(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        check = reveal(draw, express)
        assert reveal(draw, express_head, "３　5 6") == check
        with pytest.raises(Refused, match="has already entered a value: 3 5 6"):
            reveal(draw, express_head, "1 1 1")
        assert SpotCheck.objects.count() == 1

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"value": " "}, "public value"),
            ({"value": "㎯" * 30}, "at most 80"),
            ({"witnesses": " "}, "seen"),
            ({"now": NOW}, "newer than the pool"),
            ({"now": BEGINS}, "is over"),
        ],
    )
    def test_what_cannot_be_revealed(self, changed, said, small_city, express, express_head):
        draw = freeze([express, express_head])
        given = {"value": "3", "witnesses": "公证处", "now": NOW + timedelta(hours=1), **changed}
        with pytest.raises(Refused, match=said):
            services.draw_reveal(draw=draw, actor=express, **given)
        assert not SpotCheck.objects.exists()

    def test_a_pool_that_was_changed_is_noticed(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        Draw.objects.update(pool=draw.pool.replace("department D001\n", ""))
        with pytest.raises(Refused, match="no longer the one"):
            reveal(draw, express)

    def test_whoever_has_left_in_between_still_has_a_line_where_they_were_drawn(
        self, small_city, express, express_head
    ):
        draw = freeze([express, express_head], departments=3, towns=2, leaders=0, people=9)
        gone = Cadre.objects.filter(unit=small_city[0], leads_unit=False).first()
        host = make_office(small_city[4], "驻村点", "7")
        Placement.objects.create(cadre=gone, kind="village_post", office=host, valid_from=TODAY)
        line = reveal(draw, express).lines.get(cadre=gone)
        assert (line.unit, line.office.unit) == (small_city[0], small_city[0])


@pytest.mark.django_db
class TestDrawnAgain:
    def again(
        self, draw: Draw, actor: User, *, now: datetime = NOW + timedelta(hours=2), **more: Any
    ) -> Draw:
        given = {"reason": "检查人员生病", "public_source": "四枚骰子", "plan": plan(), **more}
        inspectors = list(User.objects.filter(pk__in=draw.plan["inspectors"]))
        return services.draw_again(draw=draw, inspectors=inspectors, actor=actor, now=now, **given)

    def test_both_stay_and_the_first_check_is_cancelled(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        check = reveal(draw, express)
        second = self.again(draw, express_head)
        check.refresh_from_db()
        assert (check.cancelled_at is not None, check.cancel_reason) == (True, "检查人员生病")
        assert (second.redraw_of, second.redraw_reason) == (draw, "检查人员生病")
        assert second.commitment != draw.commitment
        # The cancelled check counts no more against the cap.
        assert second.plan["full"] == 0

    def test_once_for_each_draw_with_a_reason_and_the_first_can_be_revealed_no_more(
        self, small_city, express, express_head
    ):
        draw = freeze([express, express_head])
        with pytest.raises(Refused, match="Say why"):
            self.again(draw, express, reason=" ")
        second = self.again(draw, express)
        with pytest.raises(Refused, match="again already"):
            self.again(draw, express)
        with pytest.raises(Refused, match="taken the place"):
            reveal(draw, express)
        assert self.again(second, express).redraw_of == second

    def test_a_draw_that_waits_does_not_stand_in_the_way_of_the_one_in_its_place(
        self, small_city, express, express_head
    ):
        InspectionSettings.objects.update(spot_cap=1)
        draw = freeze([express, express_head])
        assert codes(self.again(draw, express)) == codes(draw)

    def test_not_after_the_check_has_begun(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        reveal(draw, express)
        later = plan(begins_at=BEGINS + timedelta(days=1))
        with pytest.raises(Refused, match="has begun"):
            self.again(draw, express, now=BEGINS, plan=later)
        assert Draw.objects.count() == 1

    def test_a_draw_whose_time_ran_out_is_drawn_again(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        later = plan(begins_at=BEGINS + timedelta(days=1))
        assert self.again(draw, express, now=BEGINS, plan=later).redraw_of == draw


def call_off(draw: Draw, actor: User, reason: str = "主持人生病", **more: Any) -> Draw:
    return services.draw_call_off(draw=draw, reason=reason, actor=actor, **{"now": NOW, **more})


@pytest.mark.django_db
class TestNumbered:
    def test_one_after_the_other_without_a_gap_whatever_became_of_them(
        self, small_city, express, express_head
    ):
        first = freeze([express, express_head])
        reveal(first, express)
        with pytest.raises(Refused):
            freeze([express, express_head], departments=9)
        second = call_off(freeze([express, express_head]), express)
        third = freeze([express, express_head], now=NOW - timedelta(minutes=1))
        assert [draw.number for draw in (first, second, third)] == [1, 2, 3]
        assert list(Draw.objects.all()) == [third, second, first]


@pytest.mark.django_db
class TestOneWaits:
    def test_a_second_is_refused_and_told_which_one_waits(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        far = BEGINS + timedelta(days=40)
        with pytest.raises(Refused, match=f"Draw {draw.number}, frozen by 舒直, still waits"):
            freeze([express, express_head], begins_at=far)
        reveal(draw, express)
        assert freeze([express, express_head], begins_at=far).number == 2

    def test_nor_is_a_drawn_one_drawn_again_meanwhile(self, small_city, express, express_head):
        drawn = freeze([express, express_head])
        check = reveal(drawn, express)
        freeze([express, express_head])
        with pytest.raises(Refused, match="still waits"):
            services.draw_again(
                draw=drawn,
                reason="检查人员生病",
                plan=plan(),
                inspectors=[express, express_head],
                public_source="四枚骰子",
                actor=express,
                now=NOW,
            )
        check.refresh_from_db()
        assert check.cancelled_at is None

    def test_one_whose_time_has_run_out_waits_no_more(self, small_city, express, express_head):
        freeze([express, express_head])
        assert freeze([express, express_head], now=BEGINS, begins_at=BEGINS + timedelta(days=1)).number == 2


@pytest.mark.django_db
class TestCalledOff:
    @pytest.mark.parametrize("who", ["express", "express_head"])
    def test_by_its_freezer_or_the_head_and_the_next_one_can_be_frozen(
        self, who, small_city, express, express_head
    ):
        actor = {"express": express, "express_head": express_head}[who]
        draw = call_off(freeze([express, express_head]), actor)
        assert (draw.called_off_by, draw.call_off_reason, draw.called_off_at) == (actor, "主持人生病", NOW)
        assert AuditEntry.objects.get(verb="draw_called_off").changes == {"reason": "主持人生病"}
        InspectionSettings.objects.update(spot_cap=1)
        assert len(codes(freeze([express, express_head]))) == 5

    def test_by_nobody_else_nor_without_a_reason(self, small_city, express, express_head):
        draw, third = freeze([express, express_head]), User.objects.create(username="third", created_at=NOW)
        give(third, Role.EXPRESS_STAFF)
        with pytest.raises(Refused, match="Whoever froze it"):
            call_off(draw, third)
        with pytest.raises(Refused) as refusal:
            call_off(draw, express, " ")
        assert refusal.value.field == "reason"

    def test_only_while_it_waits(self, small_city, express, express_head):
        draw = freeze([express, express_head])
        with pytest.raises(Refused, match="waits for its public value"):
            call_off(draw, express, now=BEGINS)
        reveal(draw, express)
        with pytest.raises(Refused, match="waits for its public value"):
            call_off(draw, express_head)

    def test_nothing_comes_of_it_any_more(self, small_city, express, express_head):
        draw = call_off(freeze([express, express_head]), express)
        with pytest.raises(Refused, match="舒直 has called this draw off"):
            reveal(draw, express)
        with pytest.raises(Refused, match="舒直 has called this draw off"):
            call_off(draw, express_head)
        with pytest.raises(Refused, match="has called this draw off"):
            TestDrawnAgain().again(draw, express)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_freeze_at_once_one_is_told_to_wait(small_city, express, express_head):
    both = [express, express_head]
    outcomes = at_once(lambda: freeze(both).number, lambda: freeze(both).number)
    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]
    assert list(Draw.objects.values_list("number", flat=True)) == [1]


@pytest.mark.django_db(transaction=True)
def test_revealed_or_called_off_at_once_it_is_one_of_both(small_city, express, express_head):
    draw = freeze([express, express_head])
    outcomes = at_once(lambda: reveal(draw, express), lambda: call_off(Draw.objects.get(), express_head))
    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]
    draw.refresh_from_db()
    assert (draw.called_off_at is None) == SpotCheck.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_revealed_by_two_at_once_there_is_one_check(small_city, express, express_head):
    draw = freeze([express, express_head])
    outcomes = at_once(
        lambda: reveal(draw, express, "1").pk, lambda: reveal(Draw.objects.get(), express_head, "2").pk
    )
    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]
    assert SpotCheck.objects.count() == 1


# --- With a reason -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestWithAReason:
    def plan(self, inspectors: list[User], units: list[Unit], **more: Any) -> SpotCheck:
        given = {
            "purpose": Purpose.LOOK_BACK,
            "reason": "上月问题较多",
            "people": [],
            "begins_at": BEGINS,
            "group": None,
            "actor": inspectors[0],
            "now": NOW,
            **more,
        }
        return services.spot_check_plan(inspectors=inspectors, units=units, **given)

    def test_units_and_some_of_their_people(self, lin, chen, unit, express, express_head):
        check = self.plan([express, express_head], [unit], people=[lin])
        line = check.lines.get()
        assert (line.cadre, line.unit, line.office, line.drawn) == (lin, unit, lin.office, False)
        assert Notice.objects.filter(kind="spot_assigned").count() == 2

    def test_a_reason_and_a_time_to_come(self, unit, express, express_head):
        for wrong, field in (
            ({"reason": " "}, "reason"),
            ({"begins_at": NOW - timedelta(hours=1)}, "begins_day"),
            ({"begins_at": NOW + timedelta(days=367)}, "begins_day"),
        ):
            with pytest.raises(Refused) as refusal:
                self.plan([express, express_head], [unit], **wrong)
            assert refusal.value.field == field
        assert not SpotCheck.objects.exists()

    def test_nobody_inspects_where_they_belong(self, lin, unit, express, express_head):
        lin.user = None
        lin.save()
        Cadre.objects.filter(pk=lin.pk).update(user=express)
        with pytest.raises(Refused, match="belongs to 青窑局"):
            self.plan([express, express_head], [unit])

    def test_people_of_these_units_only(self, zhou, unit, express, express_head):
        with pytest.raises(Refused, match="does not work there"):
            self.plan([express, express_head], [unit], people=[zhou])

    def test_a_supervision_group_visits_its_own_units_with_two_of_its_own(
        self, unit, other_unit, supervisor, express
    ):
        group, second = unit.supervision_group, User.objects.create(username="s2", created_at=NOW)
        give(second, Role.SUPERVISOR, group=group)
        with pytest.raises(Refused, match="own units only"):
            self.plan([supervisor, second], [other_unit], purpose=Purpose.VISIT, group=group)
        with pytest.raises(Refused, match="may not inspect"):
            self.plan([supervisor, express], [unit], purpose=Purpose.VISIT, group=group)
        check = self.plan([supervisor, second], [unit], purpose=Purpose.VISIT, group=group)
        assert (check.group, check.purpose) == (group, "visit")


# --- The leadership of a unit --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_moves_to_another_unit_leads_it_only_when_it_says_so(
    chen, unit, other_unit, other_office, officer, other_officer
):
    Cadre.objects.filter(pk=chen.pk).update(leads_unit=True)
    transfer = people.transfer_propose(
        cadre=chen, to_unit=other_unit, first_day=TODAY, note="", actor=officer, now=NOW
    )
    arrival = people.Arrival(
        office=other_office, posts=("科员",), duties=("办事",), office_phone="0578-7120220"
    )
    people.transfer_accept(transfer=transfer, arrival=arrival, actor=other_officer, now=NOW)
    chen.refresh_from_db()
    assert (chen.unit, chen.leads_unit) == (other_unit, False)


# --- From the command line -----------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    with translation.override("en"):
        return str(call_command("draw_spot_check", *arguments))


@pytest.mark.django_db
def test_the_command_freezes_and_draws(small_city, express, express_head, time_machine):
    time_machine.move_to(NOW)
    plan_of = ("--departments", "1", "--leaders", "1", "--begins", "2026-11-25 09:00", "--source", "骰子")
    said = run(*plan_of, "--inspector", "express", "--inspector", "express_head")
    draw = Draw.objects.get()
    assert (draw.commitment in said, draw.pool_hash in said, f"Draw {draw.number}" in said) == (True,) * 3
    assert draw.frozen_by == express
    time_machine.move_to(NOW + timedelta(minutes=5))
    said = run("--reveal", str(draw.number), "--value", "4", "--witnesses", "公证处", "--by", "express_head")
    assert f"spot check {SpotCheck.objects.get().pk}" in said
    draw.refresh_from_db()
    assert (draw.public_value, draw.revealed_by) == ("4", express_head)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--begins", "2026-11-25 09:00"], "Name the inspectors"),
        (["--begins", "tomorrow", "--inspector", "express"], "--begins must be"),
        (["--begins", "2026-11-25 09:00", "--inspector", "nobody"], "no active account"),
        (["--begins", "2026-11-25 09:00", "--inspector", "express"], "how many units"),
        (["--reveal", "99"], "no draw 99"),
    ],
)
def test_the_command_refuses_with_a_sentence(arguments, said, express, time_machine):
    time_machine.move_to(NOW)
    with pytest.raises(CommandError, match=said):
        run(*arguments)
    assert not Draw.objects.exists()
