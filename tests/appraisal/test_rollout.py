"""The rollout (ROLL-1, ROLL-2): waves, readiness from facts, visits and orders, and what the ladder counts."""

import csv
from datetime import date, datetime, time, timedelta

import pytest

from accounts.models import City, Role, SupervisionGroup, Unit, User
from accounts.seeds import UNITS
from appraisal import rollout_board
from appraisal.facts import rollout as rollout_facts
from appraisal.facts.ladder import Subject, of_subject
from appraisal.models import RectificationOrder, Rollout, Sanction, Visit, Wave
from appraisal.rules.rollout import End, Need, Stage, missing
from appraisal.services import orders, rollout
from appraisal.services.missed import orders_note_missed
from appraisal.services.proposing import sanctions_propose
from appraisal.services.sanctions import deciders
from appraisal.words import rollout as rollout_words
from cards.models import Cadre
from common.models import AuditEntry, Notice, OfficeHoursSet
from common.problems import Refused
from common.rules import at
from tests.appraisal.rolling import (
    BEGINS,
    DEADLINE,
    LATE,
    ORDER_DUE,
    answered,
    assigned,
    ended,
    express_user,
    hand_in,
    in_wave,
    leader,
    make_ready,
    make_wave,
    named,
    ordered,
    print_plaques,
)
from tests.cast import NOW, TODAY, crowd, give, issue_card, make_cadre, make_unit, make_user

pytestmark = pytest.mark.django_db
LATE_DAY = date(2026, 12, 7)
CITY_SCOPE_DAY = date(2026, 12, 4)


def facts_of(row: Rollout):
    return rollout_facts.facts_of([row.unit], [row], city=City.current(), today=TODAY)[row.unit_id]


def kinds(user) -> set[str]:
    return set(Notice.objects.filter(user=user).values_list("kind", flat=True))


# --- Waves ------------------------------------------------------------------------------------------------------------


def test_a_wave_has_the_next_number_and_is_made_once(city):
    first, second = make_wave("试点", pilot=True), make_wave("首批")
    assert (first.number, second.number, make_wave("首批").pk) == (1, 2, second.pk)
    assert AuditEntry.objects.filter(verb="wave_created").count() == 2


@pytest.mark.parametrize(
    ("begins", "deadline"),
    [(BEGINS, date(2026, 11, 13)), (BEGINS, TODAY), (BEGINS, date(2026, 12, 5))],
    ids=["before it begins", "not to come", "a Saturday"],
)
def test_a_wave_ends_on_a_working_day_to_come(city, begins, deadline):
    with pytest.raises(Refused) as refused:
        make_wave(begins=begins, deadline=deadline)
    assert refused.value.field == "deadline"


def test_only_the_city_makes_waves_and_sets_days(unit, officer, head, supervisor):
    row = in_wave(unit)
    values = {"name": "二", "is_pilot": False, "begins_on": BEGINS, "deadline": DEADLINE}
    for actor in (officer, head, supervisor):
        for verb, given in (
            (rollout.wave_create, {"values": values}),
            (rollout.wave_edit, {"wave": row.wave, "values": values}),
            (rollout.units_assign, {"wave": row.wave, "units": [unit]}),
            (rollout.deadline_set, {"rollout": row, "deadline": date(2026, 12, 11), "reason": "搬迁"}),
            (rollout.rollout_complete, {"rollout": row}),
            (rollout.rollout_reopen, {"rollout": row, "reason": "失实"}),
        ):
            with pytest.raises(Refused):
                verb(**given, actor=actor, now=NOW)
    assert (Wave.objects.count(), AuditEntry.objects.filter(verb="rollout_deadline_set").count()) == (1, 0)


def test_another_day_of_a_wave_is_told_to_the_units_that_have_none_of_their_own(
    unit, other_unit, officer, other_officer, supervisor
):
    wave = make_wave()
    assigned([unit, other_unit], wave)
    own = Rollout.objects.get(unit=other_unit)
    rollout.deadline_set(
        rollout=own, deadline=date(2026, 12, 11), reason="搬迁", actor=express_user(), now=NOW
    )
    Notice.objects.all().delete()
    values = {**rollout.wave_facts(wave), "deadline": date(2026, 12, 8)}
    rollout.wave_edit(wave=wave, values=values, actor=express_user(), now=NOW)
    assert (kinds(officer), kinds(supervisor)) == ({"rollout_deadline"}, {"rollout_deadline"})
    assert kinds(other_officer) == set()


def test_once_the_day_of_a_wave_is_over_it_stays(unit):
    wave = in_wave(unit).wave
    values = {**rollout.wave_facts(wave), "deadline": date(2026, 12, 18)}
    with pytest.raises(Refused) as refused:
        rollout.wave_edit(wave=wave, values=values, actor=express_user(), now=LATE)
    assert refused.value.field == "deadline"
    values = {**rollout.wave_facts(wave), "name": "第一批"}
    assert rollout.wave_edit(wave=wave, values=values, actor=express_user(), now=LATE).name == "第一批"
    assert list(rollout_facts.missed_deadlines(2026, LATE_DAY)) == [unit.pk]


def test_88_departments_and_19_towns_stand_in_a_pilot_and_a_wave(city):
    groups = {group.number: group for group in SupervisionGroup.objects.all()}
    hours = OfficeHoursSet.objects.get(code="city")
    with UNITS.open(encoding="utf-8", newline="") as file:
        Unit.objects.bulk_create(
            Unit(
                code=row["code"],
                name=row["name"],
                kind=row["kind"],
                office_hours=hours,
                supervision_group=groups[int(row["supervision_group"])],
            )
            for row in csv.DictReader(file)
        )
    towns = Unit.objects.exclude(kind="department")
    pilot = make_wave("试点", pilot=True)
    assert len(assigned(towns[:3], pilot)) == 3
    first = make_wave("首批", deadline=date(2026, 12, 11))
    assert len(assigned(Unit.objects.filter(rollout=None), first)) == 104
    assert Rollout.objects.filter(wave=first, unit__kind="department").count() == 88
    assert (towns.count(), Rollout.objects.count()) == (19, 107)
    everybody = rollout_board.read(_whole_city(), city=city, today=LATE_DAY)
    assert [row.stage for row in everybody[:3]] == [Stage.LATE] * 3
    assert {row.stage for row in everybody[3:]} == {Stage.UNDER_WAY}
    assert [(line.total, line.done, line.late) for line in rollout_board.waves(everybody)] == [
        (3, 0, 3),
        (104, 0, 0),
    ]


def _whole_city():
    from accounts.access import Scope
    from accounts.permissions import Reach

    return Scope(0, Reach.CITY, None)


def test_taken_in_twice_a_unit_is_taken_in_once_and_hears_of_its_day(unit, officer, supervisor):
    wave = make_wave()
    assert [row.unit for row in assigned([unit], wave)] == [unit]
    assert assigned([unit], wave) == []
    assert Notice.objects.filter(user=officer, kind="rollout_assigned").count() == 1
    assert kinds(supervisor) == {"rollout_assigned"}


def test_a_unit_moves_to_another_wave_without_its_own_day(unit):
    row = in_wave(unit)
    rollout.deadline_set(
        rollout=row, deadline=date(2026, 12, 11), reason="搬迁", actor=express_user(), now=NOW
    )
    later = make_wave("二批", deadline=date(2026, 12, 18))
    (moved,) = assigned([unit], later)
    assert (moved.pk, moved.wave, moved.due_on) == (row.pk, later, date(2026, 12, 18))


def test_a_wave_whose_day_is_over_takes_no_more_units(unit, other_unit):
    wave = in_wave(unit).wave
    with pytest.raises(Refused):
        assigned([other_unit], wave, now=LATE)
    assert Rollout.objects.count() == 1


def test_what_is_late_or_done_is_not_moved_to_a_later_wave(unit, other_unit):
    assigned([unit, other_unit])
    row = Rollout.objects.get(unit=other_unit)
    rollout.record_completed(rollout.whole().get(pk=row.pk), actor=express_user(), now=NOW)
    later = make_wave("二批", deadline=date(2026, 12, 18))
    for one in (unit, other_unit):
        with pytest.raises(Refused, match=one.name):
            assigned([one], later, now=LATE)


# --- Who leads it -----------------------------------------------------------------------------------------------------


def test_the_unit_names_its_discipline_secretary_and_the_leader_who_answers(unit, lin, chen, officer):
    row = named(in_wave(unit), lin, chen, officer)
    assert (row.group_head, row.group_head_post, row.responsible) == (lin, "纪检组长", chen)
    # The second press changes nothing.
    named(row, lin, chen, officer)
    assert AuditEntry.objects.filter(verb="rollout_edited").count() == 1


def test_neither_the_director_nor_somebody_elses_cadre_heads_it(unit, lin, chen, zhou, officer):
    row = in_wave(unit)
    for head, field, more in (
        (lin, "group_head", {"responsible": lin}),
        (zhou, "group_head", {}),
        (lin, "group_head_post", {"group_head_post": "局长"}),
        (lin, "responsible", {"responsible": zhou}),
    ):
        with pytest.raises(Refused) as refused:
            named(row, head, chen, officer, **more)
        assert refused.value.field == field


def test_a_head_who_serves_elsewhere_but_has_the_account_may_be_named(unit, chen, zhou, officer):
    give(zhou.user, Role.LEADING_GROUP_HEAD, unit=unit)
    assert named(in_wave(unit), zhou, chen, officer).group_head == zhou


def test_another_units_officer_or_the_group_names_nobody(unit, lin, chen, officer, other_officer, supervisor):
    row = in_wave(unit)
    for actor in (other_officer, supervisor, lin.user):
        with pytest.raises(Refused):
            named(row, lin, chen, actor)


# --- Readiness --------------------------------------------------------------------------------------------------------


def test_readiness_is_counted_from_facts(unit, office, lin, chen, wei, officer):
    row = in_wave(unit)
    assert missing(facts_of(row)) == [
        Need.GROUP,
        Need.BODY,
        Need.ACCOUNTS,
        Need.CARDS,
        Need.PLAQUES,
        Need.TESTED,
        Need.SHEET,
    ]
    issue_card(lin)
    issue_card(chen)
    print_plaques(unit)
    found = facts_of(row)
    assert (found.people, found.with_card, found.with_plaque, found.accounts) == (3, 2, 2, 1)
    # What hangs there no longer says what is true.
    Cadre.objects.filter(pk=lin.pk).update(office_phone="0578-7120999")
    assert facts_of(row).with_plaque == 1
    hand_in(unit)
    assert Need.SHEET not in missing(facts_of(row))


def test_whoever_was_named_and_has_left_is_no_longer_there(unit, lin, chen, officer):
    row = named(in_wave(unit), lin, chen, officer)
    assert facts_of(row).named == 2
    Cadre.objects.filter(pk=lin.pk).update(serves_to=TODAY - timedelta(days=1))
    assert facts_of(rollout.whole().get(pk=row.pk)).named == 1


def test_a_plaque_of_somebody_who_works_in_another_units_room_counts_at_home(unit, other_office, lin):
    from cards.models import Placement

    issue_card(lin)
    Placement.objects.create(cadre=lin, kind="secondment", office=other_office, valid_from=date(2026, 1, 1))
    row = in_wave(unit)
    assert facts_of(row).with_plaque == 0
    print_plaques(unit)
    assert facts_of(row).with_plaque == 1


def test_the_hotlines_are_dialled_by_the_group_or_the_city_once_both_are_set(
    unit, officer, supervisor, other_officer
):
    row = in_wave(unit)
    City.objects.update(express_hotline="")
    with pytest.raises(Refused):
        rollout.hotline_test(rollout=row, actor=supervisor, now=NOW)
    City.objects.update(express_hotline="0578-7129000")
    for actor in (officer, other_officer):
        with pytest.raises(Refused):
            rollout.hotline_test(rollout=row, actor=actor, now=NOW)
    for _press in range(2):
        tested = rollout.hotline_test(rollout=row, actor=supervisor, now=NOW)
    assert (tested.hotline_tested_on, tested.hotline_tested_by) == (TODAY, supervisor)
    assert AuditEntry.objects.filter(verb="rollout_hotlines_tested").count() == 1


def test_the_city_confirms_what_is_ready_and_names_what_is_missing(unit, express):
    row = in_wave(unit)
    with pytest.raises(Refused) as refused:
        rollout.rollout_complete(rollout=row, actor=express, now=NOW)
    assert str(rollout_words.NEEDS[Need.SHEET]) in str(refused.value.sentence)
    make_ready(row)
    for _press in range(2):
        done = rollout.rollout_complete(rollout=row, actor=express, now=NOW)
    assert (done.completed_at, done.completed_by) == (NOW, express)
    assert AuditEntry.objects.filter(verb="rollout_completed").count() == 1
    assert Notice.objects.filter(kind="rollout_completed").exists()
    assert rollout_facts.missed_deadlines(2026, LATE_DAY) == {}


def test_the_day_of_the_units_own_report_counts_whenever_the_city_confirms(unit, express, supervisor):
    row = make_ready(in_wave(unit))
    officer = make_user("reporting")
    give(officer, Role.UNIT_OFFICER, unit=unit)
    for stranger in (express, supervisor):
        with pytest.raises(Refused):
            rollout.rollout_report(rollout=row, actor=stranger, now=NOW)
    last = at(DEADLINE, time(23, 59))
    for moment in (last, LATE):
        row = rollout.rollout_report(rollout=row, actor=officer, now=moment)
    assert (row.ready_reported_at, row.ready_reported_by) == (last, officer)
    assert AuditEntry.objects.filter(verb="rollout_reported").count() == 1
    assert {"rollout_reported"} <= kinds(express) & kinds(supervisor)
    assert Rollout.objects.late(LATE_DAY).count() == 0
    (shown,) = rollout_board.read(_whole_city(), city=City.current(), today=LATE_DAY)
    assert (shown.stage, shown.left) == (Stage.REPORTED, "")
    rollout.rollout_complete(rollout=row, actor=express, now=LATE)
    (shown,) = rollout_board.read(_whole_city(), city=City.current(), today=LATE_DAY)
    assert shown.stage == Stage.DONE
    assert rollout_facts.missed_deadlines(2026, LATE_DAY) == {}


def test_a_unit_reports_without_what_others_do_for_it_and_not_without_its_own(unit, express):
    row = make_ready(in_wave(unit))
    officer = User.objects.get(username=f"officer-{unit.pk}")
    Rollout.objects.update(hotline_tested_on=None, assessment_body="")
    with pytest.raises(Refused, match=str(rollout_words.NEEDS[Need.BODY])):
        rollout.rollout_report(rollout=row, actor=officer, now=NOW)
    Rollout.objects.update(assessment_body="派驻纪检组")
    assert rollout.rollout_report(rollout=row, actor=officer, now=NOW).ready_reported_at == NOW
    with pytest.raises(Refused, match=str(rollout_words.NEEDS[Need.TESTED])):
        rollout.rollout_complete(rollout=row, actor=express, now=NOW)


def test_nobody_of_the_city_confirms_the_unit_they_belong_to(unit, express):
    row = make_ready(in_wave(unit))
    give(express, Role.UNIT_OFFICER, unit=unit)
    day = {"deadline": date(2026, 12, 11), "reason": "搬迁"}
    for verb, more in (
        (rollout.rollout_complete, {}),
        (rollout.hotline_test, {}),
        (rollout.deadline_set, day),
        (rollout.rollout_reopen, {"reason": "失实"}),
    ):
        with pytest.raises(Refused):
            verb(rollout=row, **more, actor=express, now=NOW)
    later = make_wave("二批", deadline=date(2026, 12, 18))
    with pytest.raises(Refused, match=unit.name):
        rollout.units_assign(wave=later, units=[unit], actor=express, now=NOW)


def test_opened_again_with_a_reason_it_counts_as_missed_once_its_day_is_over(unit, express, officer):
    row = make_ready(in_wave(unit))
    rollout.rollout_complete(rollout=row, actor=express, now=NOW)
    with pytest.raises(Refused) as refused:
        rollout.rollout_reopen(rollout=row, reason=" ", actor=express, now=NOW)
    assert refused.value.field == "reason"
    row = rollout.rollout_reopen(rollout=row, reason="抽查发现门牌未张贴。", actor=express, now=LATE)
    assert row.completed_at is None
    assert "rollout_reopened" in kinds(officer)
    assert list(rollout_facts.missed_deadlines(2026, LATE_DAY)) == [unit.pk]


def test_a_day_of_its_own_needs_a_reason_and_takes_the_place_of_the_waves(unit, express):
    row = in_wave(unit)
    for deadline, reason, field in (
        (date(2026, 12, 11), " ", "reason"),
        (date(2026, 12, 12), "搬迁", "deadline"),
        (TODAY, "搬迁", "deadline"),
    ):
        with pytest.raises(Refused) as refused:
            rollout.deadline_set(rollout=row, deadline=deadline, reason=reason, actor=express, now=NOW)
        assert refused.value.field == field
    row = rollout.deadline_set(
        rollout=row, deadline=date(2026, 12, 11), reason="整体搬迁", actor=express, now=NOW
    )
    assert row.due_on == date(2026, 12, 11)
    assert rollout_facts.missed_deadlines(2026, LATE_DAY) == {}
    assert len(rollout_facts.missed_deadlines(2026, date(2026, 12, 12))[unit.pk]) == 1


# --- Visits and orders ------------------------------------------------------------------------------------------------


def visited(unit, actor, **more) -> Visit:
    given = {"visited_on": TODAY, "companions": "", "note": "三楼四间办公室没有门牌", **more}
    return orders.visit_record(unit=unit, **given, actor=actor, now=NOW)


def test_a_group_records_a_visit_and_orders_something_to_be_put_right(unit, officer, head, supervisor):
    for _press in range(2):
        visit = visited(unit, supervisor, order_text="补印门牌", order_due_on=ORDER_DUE)
    order = RectificationOrder.objects.get()
    assert (order.visit, order.text, order.due_on, order.state) == (visit, "补印门牌", ORDER_DUE, "open")
    assert Visit.objects.count() == 1
    assert kinds(officer) == kinds(head) == {"rollout_visited", "order_made"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"visited_on": TODAY + timedelta(days=1)}, "visited_on"),
        ({"note": " "}, "note"),
        ({"order_text": "补印门牌"}, "order_due_on"),
        ({"order_due_on": ORDER_DUE}, "order_text"),
        ({"order_text": "补印门牌", "order_due_on": date(2026, 11, 28)}, "order_due_on"),
    ],
)
def test_a_visit_that_lacks_something_is_not_recorded(unit, supervisor, more, field):
    with pytest.raises(Refused) as refused:
        visited(unit, supervisor, **more)
    assert refused.value.field == field


def test_another_units_group_an_officer_and_whoever_belongs_there_supervise_nothing(
    unit, other_unit, officer, supervisor, lin
):
    stranger = make_user("stranger", "隔壁组")
    give(stranger, Role.SUPERVISOR, group=other_unit.supervision_group)
    give(lin.user, Role.SUPERVISOR, group=unit.supervision_group)
    for actor in (stranger, officer, lin.user):
        with pytest.raises(Refused):
            visited(unit, actor)
        with pytest.raises(Refused):
            ordered(unit, actor)
    assert visited(unit, supervisor).visited_by == supervisor


def test_an_order_is_answered_by_the_unit_and_checked_by_somebody_else(
    unit, officer, head, other_officer, supervisor, express
):
    order = ordered(unit, supervisor)
    assert ordered(unit, supervisor).pk == order.pk
    for actor in (other_officer, supervisor, express):
        with pytest.raises(Refused):
            answered(order, actor)
    for _press in range(2):
        assert answered(order, officer).state == "answered"
    with pytest.raises(Refused, match=str(officer)):
        answered(order, head)
    assert "order_answered" in kinds(supervisor)
    for actor in (officer, head, other_officer):
        with pytest.raises(Refused):
            ended(order, actor)
    for _press in range(2):
        order = ended(order, express)
    assert (order.state, order.ended_by) == ("met", express)
    assert "order_ended" in kinds(officer)
    with pytest.raises(Refused):
        answered(order, officer)
    with pytest.raises(Refused):
        ended(order, supervisor, End.CALLED_OFF, "误发")


def test_sent_back_with_a_reason_it_has_days_enough_to_be_answered_again(unit, officer, supervisor):
    order = answered(ordered(unit, supervisor), officer)
    with pytest.raises(Refused) as refused:
        ended(order, supervisor, End.SENT_BACK, " ")
    assert refused.value.field == "reason"
    # The check came on the Monday after its day: three working days more.
    order = ended(order, supervisor, End.SENT_BACK, "三楼仍缺两块", now=LATE)
    assert (order.state, order.end_reason, order.ended_at) == ("open", "三楼仍缺两块", None)
    assert order.due_on == date(2026, 12, 10)
    assert "order_sent_back" in kinds(officer)
    order = answered(order, officer, now=LATE)
    assert (order.answered_at, order.end_reason) == (LATE, "")
    assert missed(at(date(2026, 12, 11), time(9))) == []


def missed(now: datetime) -> list[rollout_facts.Missed]:
    """As the hourly sweep finds it."""
    orders_note_missed(now=now)
    return rollout_facts.missed_orders(2026)


def test_sent_back_and_never_put_right_it_is_missed_once(unit, officer, supervisor):
    order = answered(ordered(unit, supervisor), officer)
    order = ended(order, supervisor, End.SENT_BACK, "三楼仍缺两块", now=LATE)
    assert missed(at(order.due_on, time(23, 59))) == []
    (found,) = missed(at(date(2026, 12, 11), time(0, 1)))
    assert (found.unit_id, found.line.key, found.line.day) == (unit.pk, order.pk, date(2026, 12, 10))
    # Answered late, and sent back once more: it is the same omission.
    order = answered(order, officer, now=at(date(2026, 12, 11), time(9)))
    ended(order, supervisor, End.SENT_BACK, "仍缺一块", now=at(date(2026, 12, 14), time(9)))
    assert [one.line.day for one in missed(at(date(2026, 12, 28), time(9)))] == [date(2026, 12, 10)]


def test_an_answer_after_the_day_is_missed_however_soon_it_is_sent_back(unit, officer, supervisor):
    order = answered(ordered(unit, supervisor), officer, now=LATE)
    order = ended(order, supervisor, End.SENT_BACK, "三楼仍缺两块", now=LATE)
    assert (order.due_on, [one.line.day for one in missed(LATE)]) == (date(2026, 12, 10), [ORDER_DUE])


def test_sending_one_back_touches_no_other_order_of_the_unit(unit, officer, supervisor):
    """The sweep locks them in the order of their keys: whoever holds one and takes another would stop it."""
    other, order = ordered(unit, supervisor, "门牌"), answered(ordered(unit, supervisor), officer, now=LATE)
    ended(order, supervisor, End.SENT_BACK, "三楼仍缺两块", now=LATE)
    rows = dict(RectificationOrder.objects.values_list("pk", "missed_on"))
    assert rows == {other.pk: None, order.pk: ORDER_DUE}


def test_who_answers_is_who_did_on_the_day_that_was_missed(unit, office, lin, chen, wei, officer, supervisor):
    row = named(in_wave(unit), lin, chen, officer)
    ordered(unit, supervisor)
    # Somebody else is named before any sweep has run.
    values = {**rollout.named_facts(row), "responsible": wei}
    rollout.rollout_edit(rollout=row, values=values, actor=officer, now=LATE)
    assert [found.leader for found in missed(LATE)] == [chen]


def test_whoever_is_named_after_the_day_answers_for_nothing_before_it(unit, lin, chen, officer, supervisor):
    row = in_wave(unit)
    ordered(unit, supervisor)
    values = {"group_head": lin, "group_head_post": "纪检组长", "assessment_body": "", "responsible": chen}
    rollout.rollout_edit(rollout=row, values=values, actor=officer, now=LATE)
    assert [found.leader for found in missed(LATE)] == [None]
    sanctions_propose(year=2026, now=LATE)
    assert [row.cadre for row in Sanction.objects.filter(rule="ROLL-2")] == [None]


def test_an_order_added_to_a_visit_that_is_recorded_already_is_not_lost_in_silence(unit, supervisor):
    visit = visited(unit, supervisor)
    with pytest.raises(Refused) as refused:
        visited(unit, supervisor, order_text="补印门牌", order_due_on=ORDER_DUE)
    assert refused.value.field == "order_text"
    assert visited(unit, supervisor) == visit


def test_where_the_unit_has_nobody_the_city_answers_and_another_of_it_checks(unit, express, express_head):
    order = answered(ordered(unit, express_head), express)
    with pytest.raises(Refused):
        ended(order, express)
    assert ended(order, express_head).state == "met"


# --- What the ladder counts -------------------------------------------------------------------------------------------


def test_a_late_unit_goes_from_flag_to_order_to_proposal(
    unit, office, lin, chen, officer, supervisor, express
):
    named(in_wave(unit), lin, chen, officer)
    # The flag: overdue on the board, and nothing is proposed.
    (shown,) = rollout_board.read(_whole_city(), city=City.current(), today=LATE_DAY)
    assert shown.stage == Stage.LATE
    sanctions_propose(year=2026, now=LATE)
    assert not Sanction.objects.exists()
    # The order, with a day; it is missed as well.
    order = ordered(unit, supervisor, due=date(2026, 12, 10), now=LATE)
    over = at(date(2026, 12, 11), time(9))
    (shown,) = rollout_board.read(_whole_city(), city=City.current(), today=date(2026, 12, 11))
    assert (shown.orders, shown.orders_late) == (1, 1)
    # The proposal: the unit and its leader, once, with the order as its fact.
    for _run in range(2):
        sanctions_propose(year=2026, now=over)
    proposed = Sanction.objects.filter(rule="ROLL-2")
    assert {(row.unit, row.cadre) for row in proposed} == {(unit, None), (unit, chen)}
    assert proposed.count() == 2
    for row in proposed:
        (line,) = row.basis
        assert (line["kind"], line["key"], line["day"]) == ("order", order.pk, "2026-12-10")
        assert order.text in line["words"]
        # Neither who ordered it nor who answers for the unit decides.
        assert not {supervisor.pk, officer.pk} & deciders(row, over.date())
    assert rollout_facts.missed_orders(2025) == []


def test_a_missed_deadline_is_there_for_whoever_proposes_by_hand(unit):
    row = in_wave(unit)
    (line,) = of_subject(Subject(unit.pk), 2026, LATE_DAY)
    assert (line.kind, line.key, line.day) == ("rollout", row.pk, DEADLINE)
    assert "2026年12月4日" in line.words


def test_answered_late_counts_and_called_off_or_seen_in_time_does_not(unit, officer, supervisor):
    late, called_off, seen = (ordered(unit, supervisor, text) for text in ("甲", "乙", "丙"))
    answered(late, officer, now=LATE)
    ended(late, supervisor, now=LATE)
    ended(called_off, supervisor, End.CALLED_OFF, "误发", now=LATE)
    ended(seen, supervisor)
    assert [one.line.key for one in missed(LATE)] == [late.pk]


def test_what_is_called_off_after_its_day_counts_no_more(unit, supervisor):
    order = ordered(unit, supervisor)
    assert len(missed(LATE)) == 1
    ended(order, supervisor, End.CALLED_OFF, "误发", now=LATE)
    assert missed(LATE) == []


def test_completed_late_is_missed_and_completed_on_the_last_day_is_not(unit, other_unit):
    assigned([unit, other_unit])
    for one, moment in ((unit, at(DEADLINE, time(23, 59))), (other_unit, LATE)):
        row = rollout.whole().get(unit=one)
        rollout.record_completed(row, actor=express_user(), now=moment)
    assert list(rollout_facts.missed_deadlines(2026, LATE_DAY)) == [other_unit.pk]


# --- In time ----------------------------------------------------------------------------------------------------------


def test_the_unit_hears_on_the_working_day_before_and_everybody_once_it_is_over(
    unit, officer, supervisor, express
):
    in_wave(unit)
    ordered(unit, supervisor)
    Notice.objects.all().delete()

    def remind(day: date) -> int:
        return orders.orders_and_deadlines_remind(now=at(day, time(9)))

    assert remind(date(2026, 11, 27)) == 0
    assert (remind(date(2026, 11, 30)), remind(date(2026, 11, 30))) == (1, 0)
    assert kinds(officer) == {"order_soon"}
    # The order is over: the unit, its group, and the city’s two.
    assert remind(date(2026, 12, 2)) == 4
    assert kinds(supervisor) == {"order_overdue"}
    assert kinds(express) == {"orders_late"}
    # The wave ends on the Friday.
    assert remind(date(2026, 12, 3)) == 2
    assert kinds(officer) == {"order_soon", "order_overdue", "rollout_soon"}
    assert remind(date(2026, 12, 5)) == 4
    assert kinds(express) == {"orders_late", "rollouts_late"}
    assert remind(date(2026, 12, 7)) == 0


def test_an_order_with_a_new_day_is_reminded_of_anew(unit, officer, supervisor):
    order = ordered(unit, supervisor)
    orders.orders_and_deadlines_remind(now=at(date(2026, 11, 30), time(9)))
    order = ended(answered(order, officer), supervisor, End.SENT_BACK, "三楼仍缺两块", now=LATE)
    orders.orders_and_deadlines_remind(now=at(date(2026, 12, 9), time(9)))
    soon = Notice.objects.filter(user=officer, kind="order_soon").order_by("pk")
    assert [notice.params["until"] for notice in soon] == ["2026-12-01", "2026-12-10"]


def test_who_is_done_or_has_answered_is_not_reminded(unit, officer, supervisor):
    row = rollout.whole().get(pk=in_wave(unit).pk)
    rollout.record_completed(row, actor=express_user(), now=NOW)
    answered(ordered(unit, supervisor), officer)
    assert orders.orders_and_deadlines_remind(now=LATE) == 0


def test_reminding_takes_the_same_queries_for_one_unit_and_for_many(
    unit, supervisor, django_assert_max_num_queries
):
    in_wave(unit)
    with django_assert_max_num_queries(40) as one:
        orders.orders_and_deadlines_remind(now=LATE)
    more = [make_unit(f"D8{number:02}", supervision_group=unit.supervision_group) for number in range(20)]
    assigned(more, Wave.objects.get())
    with django_assert_max_num_queries(len(one)):
        orders.orders_and_deadlines_remind(now=LATE + timedelta(minutes=1))


def test_readiness_takes_the_same_queries_for_three_units_and_for_sixty(city, django_assert_max_num_queries):
    units = [make_unit(f"D7{number:02}", f"单位{number}", hotline="0578-7120110") for number in range(60)]
    for one in units[:4]:
        leader(one)
        crowd(one.offices.get(), 3)
    rows = assigned(units)

    def count(number: int):
        return rollout_facts.facts_of(units[:number], rows, city=city, today=TODAY)

    with django_assert_max_num_queries(20) as few:
        assert count(3)[units[0].pk].people == 4
    for one in units[4:]:
        make_cadre(one.offices.first() or leader(one).office, "众")
    with django_assert_max_num_queries(len(few)):
        assert len(count(60)) == 60
