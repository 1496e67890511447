"""Stages, new calendars and drafts: what the clock does by itself, and that it does it once."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from attendance.models import Finding
from cards.models import Cadre
from common.models import CalendarYear, Notice
from common.rules import at
from complaints import interests, rules
from complaints.models import (
    Complaint,
    ComplaintEvent,
    Draft,
    DraftImage,
    Interest,
    StageReached,
    VerificationPoint,
)
from complaints.rules import Stage, State
from complaints.services import handling, hearing, sweeps
from tests.cast import NOW, give, make_user
from tests.complaints.cases import LATER, accepted, in_state, received, verifying

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Received on Tuesday 2026-11-24: Friday is the third day.
DUE = at(date(2026, 11, 28), time(0))


def stages(case: Complaint) -> list[str]:
    return list(case.stages.order_by("pk").values_list("stage", flat=True))


def told(kind: str) -> list[str]:
    return sorted(Notice.objects.filter(kind=kind).values_list("user__username", flat=True))


# --- What came in -----------------------------------------------------------------------------------------------------


def test_the_express_hears_what_came_in_but_nobody_with_an_interest(unit, chen, express, express_head):
    kin = make_user("kin", "亲友")
    give(kin, Role.EXPRESS_STAFF)
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=NOW)
    case = received(unit, chen)
    assert told("complaint_received") == ["express", "express_head"]
    received(unit, channel="phone", actor=express)
    assert told("complaint_received") == ["express", "express_head", "express_head", "kin"]
    given = [str(notice.params) for notice in Notice.objects.filter(kind="complaint_received")]
    assert case.number in given[0]
    assert not any(word in params for params in given for word in ("王小满", "13900001234", "手机"))


# --- Stages ---------------------------------------------------------------------------------------------------------


def test_each_stage_comes_into_effect_once_at_its_time(unit, express, express_head):
    case = accepted(unit, express)
    assert case.due_at == DUE
    expected: list[str] = []
    for stage, offset in rules.OFFSETS.items():
        assert sweeps.stages_reach(now=DUE + offset - timedelta(seconds=1)) == 0
        assert sweeps.stages_reach(now=DUE + offset) == 1
        assert sweeps.stages_reach(now=DUE + offset) == 0
        expected.append(stage.value)
        assert stages(case) == expected
    case.refresh_from_db()
    assert case.next_stage_at is None
    for kind in ("complaint_day_left", "complaint_hours_left", "complaint_overdue"):
        assert told(kind) == ["express"]
    assert told("complaint_day_overdue") == ["express_head"]


def test_after_days_without_a_sweep_all_stages_stand_and_nobody_is_reminded_of_what_is_over(
    unit, express, express_head
):
    case = accepted(unit, express)
    assert sweeps.stages_reach(now=DUE + 5 * DAY) == 4
    assert stages(case) == [stage.value for stage in Stage]
    assert {row.at for row in StageReached.objects.all()} == {DUE + 5 * DAY}
    assert set(Notice.objects.filter(kind__startswith="complaint_").values_list("kind", flat=True)) >= {
        "complaint_overdue",
        "complaint_day_overdue",
    }
    assert told("complaint_day_left") == told("complaint_hours_left") == []


def test_a_case_that_nobody_handles_is_everybodys_at_the_express(unit, express, express_head, officer, head):
    received(unit)
    sweeps.stages_reach(now=DUE - DAY)
    assert told("complaint_day_left") == ["express", "express_head"]


def test_a_handler_who_is_not_of_the_express_any_more_is_not_the_one_who_is_told(unit, express, express_head):
    accepted(unit, express)
    express.memberships.update(valid_to=date(2026, 11, 24))
    sweeps.stages_reach(now=DUE - DAY)
    assert told("complaint_day_left") == ["express_head"]


def test_nobody_with_an_interest_is_told(unit, chen, express, express_head):
    kin, accused = make_user("kin", "亲友"), make_user("accused", "当事人")
    for user in (kin, accused):
        give(user, Role.EXPRESS_HEAD)
    Cadre.objects.filter(pk=chen.pk).update(user=accused)
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=NOW)
    received(unit, chen)
    sweeps.stages_reach(now=DUE - DAY)
    sweeps.stages_reach(now=DUE + DAY)
    assert told("complaint_day_left") == told("complaint_overdue") == ["express", "express_head"]
    assert told("complaint_day_overdue") == ["express_head"]


@pytest.mark.parametrize("state", [State.ANSWERED, State.NOT_ACCEPTED, State.REFERRED])
def test_what_is_over_has_no_clock(state, unit, express, express_head):
    case = in_state(state, unit, express, express_head)
    assert case.next_stage_at is None
    assert sweeps.stages_reach(now=DUE + 2 * DAY) == 0


@pytest.mark.parametrize("state", [State.RECEIVED, State.ACCEPTED, State.REVIEW, State.CLOSED])
def test_until_it_is_answered_the_clock_runs(state, unit, express, express_head):
    case = in_state(state, unit, express, express_head)
    sweeps.stages_reach(now=DUE)
    assert stages(case) == ["day_left", "hours_left", "overdue"]


def test_a_linked_case_is_its_masters_handlers(unit, express, express_head):
    master = accepted(unit, express)
    handling.link(case=received(unit), master=master, actor=express_head, now=LATER)
    sweeps.stages_reach(now=DUE - DAY)
    assert told("complaint_day_left") == ["express", "express"]


def test_an_extended_case_has_the_stages_of_its_new_end(unit, express, express_head):
    case = accepted(unit, express)
    sweeps.stages_reach(now=DUE - DAY)
    case = handling.extend(case=case, reason="需调档", actor=express_head, now=DUE - HOUR)
    assert sweeps.stages_reach(now=DUE) == 0
    sweeps.stages_reach(now=case.due_at + DAY)
    assert list(case.stages.order_by("pk").values_list("stage", "due_at")) == [
        ("day_left", DUE),
        *((stage.value, case.due_at) for stage in Stage),
    ]


# --- The unit that is late -------------------------------------------------------------------------------------------


def test_a_unit_that_has_not_answered_gets_one_finding_that_names_no_case(unit, express, officer, head):
    case, _point = verifying(unit, express)
    sweeps.stages_reach(now=DUE)
    sweeps.stages_reach(now=DUE + DAY)
    finding = Finding.objects.get()
    assert (finding.unit, finding.item.code, finding.day) == (unit, "complaint_overdue", date(2026, 11, 27))
    assert finding.source.startswith("complaint_overdue:")
    about = [finding.source, finding.note]
    about += [str(notice.params) for notice in Notice.objects.filter(kind="unit_overdue_found")]
    assert not any(case.number in words for words in about)
    assert told("unit_overdue_found") == ["head", "officer"]
    assert not Notice.objects.filter(user__in=[officer, head], kind__startswith="complaint_").exists()


@pytest.mark.parametrize("held", ["kept", "returned", "answer handed in", "linked", "asked nothing"])
def test_what_the_express_holds_is_not_the_units_fault(held, unit, express, express_head, officer):
    case, _point = verifying(unit, express)
    if held == "kept":
        handling.dispatch(case=case, to_unit=False, actor=express, now=LATER)
    if held == "asked nothing":
        VerificationPoint.objects.all().delete()
    if held == "returned":
        handling.unit_return(case=case, reason="不属本单位", actor=officer, now=LATER)
    if held == "answer handed in":
        given = {"outcome": "cleared", "statement": "经核实无此情形。", "measures": "", "answer": "已核实。"}
        handling.submit(case=case, **given, actor=express, now=LATER)
    if held == "linked":
        handling.link(case=case, master=received(unit), actor=express, now=LATER)
    sweeps.stages_reach(now=DUE + DAY)
    assert not Finding.objects.exists()


END_OF_WEDNESDAY = at(date(2026, 11, 26), time(0))


@pytest.mark.parametrize(
    ("asked", "answered", "swept", "is_found"),
    [
        (LATER, None, DUE, True),
        (LATER, DUE - HOUR, DUE, False),
        (LATER, END_OF_WEDNESDAY + HOUR, DUE, False),  # late, and before the case was
        (LATER, DUE + HOUR, DUE, True),
        (LATER, DUE + HOUR, DUE + 2 * DAY, True),  # whenever the sweep comes
        (DUE - HOUR, None, DUE + 2 * DAY, False),  # asked too late to be late
        (DUE - DAY - HOUR, None, DUE, True),  # on Thursday, to be answered by the end of Friday
    ],
)
def test_a_unit_is_late_only_with_what_it_owed_at_the_end(
    asked, answered, swept, is_found, unit, express, officer
):
    _case, point = verifying(unit, express, now=asked)
    if answered is not None and answered < swept:
        hearing.point_answer(point=point, text="当日由小李值守。", actor=officer, now=answered)
    sweeps.stages_reach(now=swept)
    assert Finding.objects.exists() == is_found


# --- Many ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("express_head", "officer")
def test_many_cases_cost_as_many_statements_as_a_few(unit, express):
    costs = []
    for number, begin in ((1, NOW), (5, NOW + 7 * DAY)):
        for _case in range(number):
            case = accepted(unit, express, received_at=begin, now=begin)
            case = handling.dispatch(case=case, to_unit=True, actor=express, now=begin)
            VerificationPoint.objects.create(
                complaint=case,
                unit=unit,
                text="何人值守？",
                written_by=express,
                written_at=begin,
                asked_at=begin,
                due_at=begin + DAY,
            )
        with CaptureQueriesContext(connection) as queries:
            assert sweeps.stages_reach(now=case.due_at) == 3 * number
        costs.append(len(queries))
        sweeps.stages_reach(now=case.due_at + DAY)
    assert costs[0] == costs[1]
    assert Finding.objects.count() == 6


def test_more_than_a_batch(unit, monkeypatch):
    monkeypatch.setattr(sweeps, "BATCH", 2)
    for _case in range(5):
        received(unit)
    assert sweeps.stages_reach(now=DUE + DAY) == 20


# --- New calendars ----------------------------------------------------------------------------------------------------


def publish(day: date, *, working: bool) -> None:
    """A new version of 2026 in which this day is another one than before."""
    newest = CalendarYear.objects.filter(year=2026).order_by("version").last()
    assert newest is not None
    exceptions = {**newest.exceptions, day.isoformat(): {"working": working, "name": ""}}
    CalendarYear.objects.create(
        year=2026, version=newest.version + 1, source="试", adopted_at=NOW, exceptions=exceptions
    )


FRIDAY, MONDAY, TUESDAY = date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)


def test_a_new_calendar_moves_the_end_of_open_cases_and_leaves_a_trace(unit, express):
    case, answered = accepted(unit, express), received(unit)
    Complaint.objects.filter(pk=answered.pk).update(state="answered", answered_at=LATER, next_stage_at=None)
    publish(FRIDAY, working=False)
    assert sweeps.cases_recount(now=LATER) == 1
    assert sweeps.cases_recount(now=LATER) == 0
    case.refresh_from_db()
    assert rules.last_day(case.due_at) == MONDAY
    assert case.derivation[-1] == ["2026-11-30", "moved", 0]
    assert case.calendar_versions == {"2026": 2, "2027": 0}
    assert case.next_stage_at == case.due_at - DAY
    facts = ComplaintEvent.objects.get(kind="recounted").facts
    assert (datetime.fromisoformat(facts["before"]), datetime.fromisoformat(facts["after"])) == (
        DUE,
        case.due_at,
    )
    answered.refresh_from_db()
    assert answered.due_at == DUE


def test_the_sweep_counts_anew_before_it_looks_for_stages(unit, express):
    case = accepted(unit, express)
    publish(FRIDAY, working=False)
    assert sweeps.stages_reach(now=DUE - timedelta(seconds=1)) == 0
    assert sweeps.stages_reach(now=at(MONDAY, time(0))) == 1
    assert stages(case) == ["day_left"]


def test_a_calendar_that_changes_nothing_leaves_no_trace(unit, express):
    case = accepted(unit, express)
    publish(date(2026, 12, 25), working=False)
    assert sweeps.cases_recount(now=LATER) == 0
    case.refresh_from_db()
    assert (case.due_at, case.calendar_versions["2026"]) == (DUE, 2)
    assert not ComplaintEvent.objects.filter(kind="recounted").exists()


@pytest.mark.parametrize("swept", [True, False])
def test_overdue_stays_overdue(swept, unit, express):
    case = accepted(unit, express)
    if swept:
        sweeps.stages_reach(now=DUE)
    publish(FRIDAY, working=False)
    assert sweeps.cases_recount(now=DUE + HOUR) == 0
    case.refresh_from_db()
    assert case.due_at == DUE


def test_what_fell_overdue_while_the_recount_waited_for_its_row_stays_overdue(unit, express, monkeypatch):
    case, known = accepted(unit, express), sweeps._known_stages

    def after_the_others_sweep(cases):
        for row in cases:
            StageReached.objects.create(complaint=row, stage="overdue", due_at=row.due_at, at=DUE)
        return known(cases)

    monkeypatch.setattr(sweeps, "_known_stages", after_the_others_sweep)
    publish(FRIDAY, working=False)
    assert sweeps.cases_recount(now=DUE - HOUR) == 0
    case.refresh_from_db()
    assert case.due_at == DUE


def test_no_end_moves_into_the_past(unit, express):
    """The Monday to which it had moved would have been a Saturday that is over already."""
    case = accepted(unit, express, received_at=NOW + DAY, now=NOW + DAY)
    assert rules.last_day(case.due_at) == MONDAY
    publish(date(2026, 11, 28), working=True)
    assert sweeps.cases_recount(now=at(date(2026, 11, 29), time(9))) == 0
    case.refresh_from_db()
    assert rules.last_day(case.due_at) == MONDAY
    assert case.calendar_versions["2026"] == 2


def test_an_extended_case_is_counted_anew_with_its_extension(unit, express, express_head):
    case = accepted(unit, express)
    case = handling.extend(case=case, reason="需调档", actor=express_head, now=LATER)
    assert (rules.last_day(case.due_at), case.days) == (MONDAY, 6)
    publish(FRIDAY, working=False)
    assert sweeps.cases_recount(now=LATER) == 1
    case.refresh_from_db()
    assert rules.last_day(case.first_due_at) == MONDAY
    assert rules.last_day(case.due_at) == date(2026, 12, 3)
    assert [number for _day, _count, number in case.derivation if number] == [1, 2, 3, 4, 5, 6]
    publish(FRIDAY, working=True)
    assert sweeps.cases_recount(now=LATER) == 1
    case.refresh_from_db()
    assert (rules.last_day(case.first_due_at), rules.last_day(case.due_at)) == (FRIDAY, MONDAY)


# --- Interests of many -----------------------------------------------------------------------------------------------


def test_interests_of_many_cases_are_those_of_each(
    unit, other_unit, chen, zhou, express, express_head, officer
):
    Interest.objects.create(user=express, cadre=zhou, reason="亲属", declared_at=NOW)
    cases = [received(unit), received(unit, chen), received(other_unit, zhou)]
    Interest.objects.create(user=express_head, complaint=cases[0], reason="回避", declared_at=NOW)
    asked = [express.pk, express_head.pk, officer.pk, chen.user_id, zhou.user_id]
    assert interests.conflicts(asked, cases) == {
        cases[0].pk: {express_head.pk, officer.pk},
        cases[1].pk: {chen.user_id, officer.pk},
        cases[2].pk: {express.pk, zhou.user_id},
    }


# --- Drafts -----------------------------------------------------------------------------------------------------------


def test_photos_that_nobody_sent_go_after_two_hours():
    for age in (timedelta(minutes=119), timedelta(minutes=121)):
        DraftImage.objects.create(draft=Draft.objects.create(created_at=NOW - age), data=b"jpeg")
    assert sweeps.drafts_remove(now=NOW) == 1
    assert sweeps.drafts_remove(now=NOW) == 0
    assert DraftImage.objects.count() == Draft.objects.count() == 1


def test_the_end_of_the_period_is_midnight_in_shanghai():
    assert datetime(2026, 11, 27, 16, tzinfo=UTC) == DUE
