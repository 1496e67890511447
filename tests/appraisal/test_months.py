"""The month's path: every step by whoever may take it, every refusal, and what the clock does by itself."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from appraisal import services
from appraisal.models import MonthlyReport, Objection, ReportState, WithholdingProposal
from appraisal.rules import Move
from appraisal.services import months, sweeps
from appraisal.turns import months as turns
from attendance.models import Finding
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import at
from common.versions import Overtaken
from tests.appraisal.ledgers import DRAFTING, OCTOBER, begins, draft, entry_of, stands
from tests.cast import give, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
#: 1 December 2026 is a Tuesday: confirmed and published on it, it hangs until the 8th and is due on the 11th, so that
#: an objection of its last day can be answered within its three working days.
UNTIL, DUE = date(2026, 12, 8), date(2026, 12, 11)
AFTER = at(date(2026, 12, 9), time(9))


@pytest.fixture(autouse=True)
def _begun(db):
    begins()


@pytest.fixture
def report(unit, chen, officer) -> MonthlyReport:
    """One charge of 2 points about Chen, recorded by the unit's officer."""
    stands(chen, date(2026, 11, 3), recorder=officer)
    return draft(unit)


@pytest.fixture
def second_express(city) -> User:
    user = make_user("express2", "舒言")
    give(user, Role.EXPRESS_STAFF)
    return user


def confirmed(report: MonthlyReport, head: User, now: datetime = DRAFTING) -> MonthlyReport:
    return services.month_confirm(report=report, actor=head, now=now)


def published(report: MonthlyReport, head: User, now: datetime = DRAFTING) -> MonthlyReport:
    return services.month_publish(report=confirmed(report, head, now), actor=head, now=now)


def reported(report: MonthlyReport, head: User, now: datetime = AFTER) -> MonthlyReport:
    return services.month_report(report=published(report, head), actor=head, now=now)


def objection(report: MonthlyReport, by: User, **fields: Any) -> Objection:
    entry = report.unit.ledger_entries.get(month=report.month, cadre__user=by)
    given = {"text": "当时在开会", "made_at": DRAFTING, "due_on": UNTIL, **fields}
    return Objection.objects.create(entry=entry, finding=entry.finding, made_by=by, **given)


# --- The path -------------------------------------------------------------------------------------------------------


class TestThePath:
    def test_from_draft_to_acceptance(self, report, head, express):
        report = confirmed(report, head)
        assert (report.state, report.confirmed_by, report.due_on) == (
            ReportState.CONFIRMED,
            head,
            date(2026, 12, 3),
        )
        report = services.month_publish(report=report, actor=head, now=DRAFTING)
        assert (report.state, report.published_until, report.due_on) == (ReportState.PUBLISHED, UNTIL, DUE)
        report = services.month_report(report=report, actor=head, now=AFTER)
        assert (report.state, report.first_reported_at, report.due_on) == (
            ReportState.REPORTED,
            AFTER,
            date(2026, 12, 14),
        )
        report = services.month_accept(report=report, actor=express, now=AFTER + DAY)
        assert (report.state, report.accepted_by, report.is_late) == (ReportState.ACCEPTED, express, False)
        verbs = AuditEntry.objects.filter(subject_type="appraisal.monthlyreport").order_by("id")
        assert list(verbs.values_list("verb", flat=True)) == [
            "month_drafted",
            "month_confirmed",
            "month_published",
            "month_reported",
            "month_accepted",
        ]

    def test_what_it_proposes_to_withhold_is_confirmed_with_it(self, report, head):
        confirmed(report, head)
        assert WithholdingProposal.objects.get().state == "confirmed"

    def test_what_was_released_before_stays_released(self, report, chen, head):
        services.entry_reverse(
            entry=report.unit.ledger_entries.get(), reason="会议有据", actor=head, now=DRAFTING
        )
        confirmed(report, head)
        assert WithholdingProposal.objects.get().state == "released"

    def test_the_days_of_publication_are_working_days(self, unit, chen, head):
        """Drafted on 1 October 2026, in the holidays: seven days of rest, and Saturday the 10th is worked."""
        begins(date(2026, 9, 1))
        stands(chen, date(2026, 9, 3))
        now = at(date(2026, 10, 1), time(6))
        report = published(draft(unit, date(2026, 9, 1), now), head, now)
        # 8, 9, 10, 12, 13 October.
        assert report.published_until == date(2026, 10, 13)
        assert report.due_on == date(2026, 10, 16)

    def test_the_last_day_of_publication_ends_at_midnight(self, report, head):
        report = published(report, head)
        with pytest.raises(Refused, match="公布"):
            services.month_report(report=report, actor=head, now=at(UNTIL, time(23, 59)))
        services.month_report(report=report, actor=head, now=at(UNTIL + DAY, time(0)))

    def test_an_open_objection_holds_the_report_back(self, report, head, chen):
        open_one = objection(published(report, head), chen.user)
        with pytest.raises(Refused):
            services.month_report(report=report, actor=head, now=AFTER)
        open_one.state, open_one.decided_at = "withdrawn", AFTER
        open_one.save()
        assert services.month_report(report=report, actor=head, now=AFTER).state == ReportState.REPORTED

    def test_an_objection_of_the_last_day_is_answered_and_the_month_reported_in_time(
        self, report, head, chen
    ):
        """Every step on its last day."""
        confirmed_on = at(report.due_on, time(17))
        report = confirmed(report, head, confirmed_on)
        report = services.month_publish(report=report, actor=head, now=at(report.due_on, time(17)))
        assert report.published_until is not None
        made = services.objection_make(
            entry=report.unit.ledger_entries.get(),
            text="当时在开会",
            actor=chen.user,
            now=at(report.published_until, time(20)),
        )
        assert made.due_on == report.due_on == report.report_by == date(2026, 12, 18)
        last = at(made.due_on, time(16))
        services.objection_decide(objection=made, sustain=False, reason="无会议记录", actor=head, now=last)
        assert not services.month_report(report=report, actor=head, now=last).is_late
        assert sweeps.late_record(now=at(report.report_by + DAY, time(9))) == 0

    def test_an_objection_of_another_month_holds_nothing_back(self, unit, chen, head):
        begins(OCTOBER)
        stands(chen, date(2026, 10, 20))
        october = draft(unit, OCTOBER)
        stands(chen, date(2026, 11, 3))
        november = draft(unit)
        objection(october, chen.user)
        assert reported(november, head).state == ReportState.REPORTED

    def test_sent_back_and_reported_again_it_keeps_when_it_was_first_reported(self, report, head, express):
        report = reported(report, head)
        report = services.month_send_back(report=report, reason="请说明一表缺报", actor=express, now=AFTER)
        assert (report.state, report.due_on) == (ReportState.SENT_BACK, date(2026, 12, 11))
        with pytest.raises(Refused):
            services.month_report(report=report, actor=head, now=AFTER + DAY)
        report = services.month_report(report=report, answer="当日停电", actor=head, now=AFTER + DAY)
        assert (report.first_reported_at, report.reported_at, report.answer) == (
            AFTER,
            AFTER + DAY,
            "当日停电",
        )
        report = services.month_send_back(
            report=report, reason="请附证明", actor=express, now=AFTER + 2 * DAY
        )
        report = services.month_report(report=report, answer="已附", actor=head, now=AFTER + 3 * DAY)
        assert services.month_accept(report=report, actor=express, now=AFTER + 3 * DAY).state == "accepted"
        assert Notice.objects.filter(kind="month_sent_back", user=head).count() == 2

    def test_nothing_is_sent_back_without_a_reason(self, report, head, express):
        report = reported(report, head)
        with pytest.raises(Refused) as refused:
            services.month_send_back(report=report, reason="  ", actor=express, now=AFTER)
        assert refused.value.field == "reason"


class TestNil:
    def test_one_tap_of_the_officer_confirms_publishes_and_reports(self, unit, officer, express):
        report = services.month_nil(report=draft(unit), actor=officer, now=DRAFTING)
        assert (report.state, report.nil, report.reported_by, report.due_on) == (
            ReportState.REPORTED,
            True,
            officer,
            date(2026, 12, 4),
        )
        assert services.month_accept(report=report, actor=express, now=DRAFTING).state == "accepted"

    def test_a_month_with_an_entry_is_not_nil(self, report, head):
        with pytest.raises(Refused):
            services.month_nil(report=report, actor=head, now=DRAFTING)

    def test_nor_one_that_puts_an_earlier_month_right(self, unit, chen, head):
        begins(OCTOBER)
        finding = stands(chen, date(2026, 10, 20))
        draft(unit, OCTOBER)
        services.entry_reverse(entry=entry_of(finding), reason="会议有据", actor=head, now=DRAFTING - DAY)
        report = draft(unit)
        assert (report.entries, report.corrections) == (0, 1)
        with pytest.raises(Refused):
            services.month_nil(report=report, actor=head, now=DRAFTING)


# --- Who may --------------------------------------------------------------------------------------------------------

#: The state before, the step, and who of the cast may take it.
WHO = [
    ("drafted", Move.CONFIRM, {"head"}),
    ("confirmed", Move.PUBLISH, {"head"}),
    ("published", Move.REPORT, {"head"}),
    ("sent_back", Move.REPORT, {"head"}),
    ("reported", Move.ACCEPT, {"express", "express_head"}),
    ("reported", Move.SEND_BACK, {"express", "express_head"}),
]
CAST = ("head", "officer", "express", "express_head", "supervisor", "discipline", "administrator")
OTHERS = ("other_officer", "other_head", "cadre")


@pytest.fixture
def people(request, chen, other_officer, other_unit) -> dict[str, User]:
    other_head = make_user("other_head", "何远")
    give(other_head, Role.LEADING_GROUP_HEAD, unit=other_unit)
    named = {name: request.getfixturevalue(name) for name in CAST}
    return {**named, "other_officer": other_officer, "other_head": other_head, "cadre": chen.user}


def in_state(report: MonthlyReport, state: str, head: User, express: User) -> MonthlyReport:
    if state == "drafted":
        return report
    if state == "confirmed":
        return confirmed(report, head)
    if state == "published":
        return published(report, head)
    report = reported(report, head)
    if state == "sent_back":
        return services.month_send_back(report=report, reason="请说明", actor=express, now=AFTER)
    if state == "accepted":
        return services.month_accept(report=report, actor=express, now=AFTER)
    return report


def take(move: Move, report: MonthlyReport, actor: User, now: datetime = AFTER) -> MonthlyReport:
    more = {Move.REPORT: {"answer": "已补"}, Move.SEND_BACK: {"reason": "请说明"}}.get(move, {})
    verb = getattr(services, f"month_{move.value}")
    return verb(report=report, actor=actor, now=now, **more)


@pytest.mark.parametrize(("state", "move", "able"), WHO)
def test_each_step_is_for_some_and_refused_to_the_others(report, people, state, move, able):
    report = in_state(report, state, people["head"], people["express"])
    may = set()
    for name, user in people.items():
        refusal = months.refuse(move, report, user, date(2026, 12, 9))
        if refusal is None:
            may.add(name)
        else:
            with pytest.raises(Refused):
                take(move, report, user)
    assert may == able
    assert MonthlyReport.objects.get().state == state
    assert take(move, report, people[sorted(able)[0]]).state != state


@pytest.mark.parametrize("move", list(Move))
@pytest.mark.parametrize("state", ["drafted", "confirmed", "published", "reported", "sent_back", "accepted"])
def test_a_step_out_of_its_turn_is_refused(report, head, express, express_head, state, move):
    report = in_state(report, state, head, express)
    possible = {("drafted", Move.NIL), *((before, step) for before, step, _able in WHO)}
    if (state, move) in possible:
        return
    for user in (head, express_head):
        assert months.refuse(move, report, user, date(2026, 12, 9)) == "wrong_step"
    with pytest.raises(Refused):
        # Nobody who has taken the step that leads here: theirs is found done.
        take(move, report, express_head if state == "accepted" else make_user("stranger"))


class TestWhoHasAHandInIt:
    def test_the_head_who_recorded_does_not_confirm(self, unit, chen, head, express):
        stands(chen, date(2026, 11, 3), recorder=head)
        report = draft(unit)
        assert months.refuse(Move.CONFIRM, report, head, date(2026, 12, 1)) == "involved"
        with pytest.raises(Refused):
            confirmed(report, head)
        assert MonthlyReport.objects.get().state == "drafted"

    def test_another_head_of_the_unit_does(self, unit, chen, head):
        stands(chen, date(2026, 11, 3), recorder=head)
        report, second = draft(unit), make_user("head2", "何平")
        give(second, Role.LEADING_GROUP_HEAD, unit=unit)
        assert not turns.turn_of(report, Move.CONFIRM, date(2026, 12, 1)).by_city
        assert confirmed(report, second).confirmed_by == second

    def test_without_another_the_city_confirms_and_the_head_goes_on(self, unit, chen, head, express):
        stands(chen, date(2026, 11, 3), recorder=head)
        report = confirmed(draft(unit), express)
        assert report.confirmed_by == express
        assert services.month_publish(report=report, actor=head, now=DRAFTING).published_by == head

    def test_nor_whose_own_line_is_in_it(self, unit, chen, express):
        give(chen.user, Role.LEADING_GROUP_HEAD, unit=unit)
        stands(chen, date(2026, 11, 3))
        report = draft(unit)
        assert months.refuse(Move.CONFIRM, report, chen.user, date(2026, 12, 1)) == "involved"
        assert confirmed(report, express).confirmed_by == express

    def test_nor_does_the_city_confirm_what_it_recorded(self, unit, chen, head, express, second_express):
        stands(chen, date(2026, 11, 3), recorder=head)
        stands(chen, date(2026, 11, 4), recorder=express)
        report = draft(unit)
        assert months.refuse(Move.CONFIRM, report, express, date(2026, 12, 1)) == "involved"
        assert confirmed(report, second_express).confirmed_by == second_express

    def test_a_head_who_is_of_the_city_too_finds_no_way_around(self, unit, chen, head, express):
        give(head, Role.EXPRESS_STAFF)
        stands(chen, date(2026, 11, 3), recorder=head)
        assert months.refuse(Move.CONFIRM, draft(unit), head, date(2026, 12, 1)) == "involved"

    def test_a_unit_without_a_head_is_helped_by_the_city_all_the_way(self, report, express, second_express):
        report = published(report, express)
        report = services.month_report(report=report, actor=express, now=AFTER)
        assert months.refuse(Move.ACCEPT, report, express, date(2026, 12, 9)) == "involved"
        assert services.month_accept(report=report, actor=second_express, now=AFTER).accepted_by_id

    def test_whoever_of_the_city_confirmed_reports_too_so_that_another_accepts(
        self, report, express, second_express
    ):
        report = published(report, express)
        assert turns.turn_of(report, Move.REPORT, date(2026, 12, 9)).free == {express.pk}
        assert months.refuse(Move.REPORT, report, second_express, date(2026, 12, 9)) == "not_yours"
        report = services.month_report(report=report, actor=express, now=AFTER)
        assert turns.turn_of(report, Move.ACCEPT, date(2026, 12, 9)).free == {second_express.pk}

    def test_who_confirmed_accepts_where_nobody_else_is_and_another_reported(
        self, unit, report, head, express, second_express
    ):
        report = published(report, head)
        MonthlyReport.objects.update(confirmed_by=express, reported_by=None)
        report.refresh_from_db()
        give(second_express, Role.LEADING_GROUP_HEAD, unit=unit)
        report = services.month_report(report=report, actor=second_express, now=AFTER)
        assert turns.turn_of(report, Move.ACCEPT, date(2026, 12, 9)).free == {express.pk}
        with pytest.raises(Refused):
            services.month_accept(report=report, actor=second_express, now=AFTER)
        assert services.month_accept(report=report, actor=express, now=AFTER).accepted_by == express

    def test_who_sent_it_back_does_not_answer_it(self, report, express, second_express):
        """A unit without a head: all of it is the city's."""
        report = services.month_report(report=published(report, express), actor=express, now=AFTER)
        report = services.month_send_back(report=report, reason="请说明", actor=second_express, now=AFTER)
        turn = turns.turn_of(report, Move.REPORT, date(2026, 12, 9))
        assert turn.free == {express.pk}
        assert months.refuse(Move.REPORT, report, second_express, date(2026, 12, 9)) == "involved"

    def test_where_everybody_recorded_the_city_confirms_as_a_last_resort(
        self, unit, chen, head, express, second_express
    ):
        for day, recorder in ((3, head), (4, express), (5, second_express)):
            stands(chen, date(2026, 11, day), recorder=recorder)
        report = draft(unit)
        turn = turns.turn_of(report, Move.CONFIRM, date(2026, 12, 1))
        assert (turn.free, turn.last_resort) == ({express.pk, second_express.pk}, True)
        assert months.refuse(Move.CONFIRM, report, head, date(2026, 12, 1)) == "involved"
        assert confirmed(report, express).confirmed_by == express
        assert AuditEntry.objects.get(verb="month_confirmed").changes["last_resort"] is True

    def test_never_by_somebody_with_a_line_of_their_own(self, unit, chen, head, express):
        chen.user.memberships.all().delete()
        give(chen.user, Role.EXPRESS_STAFF)
        for day, recorder in ((3, head), (4, express)):
            stands(chen, date(2026, 11, day), recorder=recorder)
        assert turns.turn_of(draft(unit), Move.CONFIRM, date(2026, 12, 1)).free == {express.pk}

    def test_with_anybody_free_it_is_no_last_resort(self, report, express):
        confirmed(report, express)
        assert "last_resort" not in AuditEntry.objects.get(verb="month_confirmed").changes

    def test_deciding_on_a_finding_is_no_hand_in_the_month(self, unit, chen, officer, head):
        stands(chen, date(2026, 11, 3), recorder=officer, decided_by=head)
        assert confirmed(draft(unit), head).confirmed_by == head

    def test_a_deputy_whose_days_are_over_takes_no_step(self, unit, report):
        past = make_user("past", "何旧")
        give(past, Role.LEADING_GROUP_HEAD, unit=unit, last=date(2026, 11, 30))
        assert months.refuse(Move.CONFIRM, report, past, date(2026, 12, 1)) == "not_yours"

    @pytest.mark.parametrize("number", [1, 3, 12])
    def test_whose_turn_it_is_takes_the_same_queries_for_any_number(
        self, number, unit, other_unit, head, express, chen, zhou, django_assert_num_queries
    ):
        begins(date(2026, 1, 1))
        reports = []
        for month in range(1, number + 1):
            first = date(2026, month, 1)
            stands(chen, first + 4 * DAY, recorder=head)
            reports += [draft(unit, first, at(date(2027, 1, 2), time(9)))]
        with django_assert_num_queries(5):
            found = turns.turns(reports, date(2026, 12, 1))
        assert {turn.by_city for turn in found.values()} == {True}


class TestAUnitThatLetsItLie:
    """Report by Friday 18 December; Monday the 21st is the working day after it."""

    MONDAY = date(2026, 12, 21)

    def test_the_city_may_confirm_once_the_day_for_reporting_has_passed(self, report, head, express):
        for day in (report.due_on + DAY, report.report_by, report.report_by + DAY):
            assert months.refuse(Move.CONFIRM, report, express, day) == "not_yours"
        turn = turns.turn_of(report, Move.CONFIRM, self.MONDAY)
        assert (turn.free, turn.expected, turn.by_city) == ({head.pk, express.pk}, {head.pk}, False)
        report = confirmed(report, express, at(self.MONDAY, time(9)))
        assert AuditEntry.objects.get(verb="month_confirmed").changes["instead_of_unit"] is True
        assert not report.city_held

    def test_and_report_it_and_it_stays_late(self, report, head, express, second_express):
        report = published(report, head)
        sweeps.late_record(now=at(report.report_by + DAY, time(1)))
        report = services.month_report(report=report, actor=express, now=at(self.MONDAY, time(9)))
        assert report.is_late
        assert services.month_accept(report=report, actor=second_express, now=at(self.MONDAY, time(10)))
        assert Finding.objects.filter(item__code="report_late").count() == 1

    def test_only_by_who_is_free(self, unit, chen, head, express, second_express):
        stands(chen, date(2026, 11, 3), recorder=express)
        turn = turns.turn_of(draft(unit), Move.CONFIRM, self.MONDAY)
        assert turn.free == {head.pk, second_express.pk}

    def test_nothing_happened_is_said_by_the_city_too(self, unit, head, officer, express):
        turn = turns.turn_of(draft(unit), Move.NIL, self.MONDAY)
        assert turn.stand_ins == {express.pk}

    def test_the_city_hears_of_it_once(self, report, head, express):
        for hour in (9, 10):
            sweeps.reminders_tell(now=at(self.MONDAY, time(hour)))
        assert told("month_left_by_the_unit") == {express.pk}
        assert Notice.objects.filter(kind="month_left_by_the_unit").count() == 1
        assert told("month_overdue") == {head.pk}


class TestWhatTheCityHolds:
    def test_a_month_that_waited_for_the_city_is_not_the_units_to_answer_for(
        self, report, unit, express, express_head
    ):
        """No head: the city is to confirm, and does nothing."""
        day = report.report_by + DAY
        assert report.is_overdue(day)
        assert sweeps.late_record(now=at(day, time(1))) == 0
        report.refresh_from_db()
        assert (report.city_held, report.is_overdue(day)) == (True, False)
        report = published(report, express, at(day, time(9)))
        report = services.month_report(report=report, actor=express, now=at(date(2027, 1, 4), time(9)))
        assert not report.is_late
        assert sweeps.late_record(now=at(date(2027, 1, 5), time(9))) == 0

    def test_judged_as_it_was_on_that_day_however_late_the_clock_comes(self, report, unit, head):
        """The head's days begin when the last day has passed; until then it was the city's."""
        head.memberships.update(valid_from=report.report_by + 2 * DAY)
        assert sweeps.late_record(now=at(report.report_by + 5 * DAY, time(9))) == 0

    def test_what_the_city_confirmed_too_late_is_not_made_up_by_the_unit(self, unit, chen, head, express):
        stands(chen, date(2026, 11, 3), recorder=head)
        report = draft(unit)
        report = confirmed(report, express, at(report.report_by, time(9)))
        report = services.month_publish(report=report, actor=head, now=at(report.report_by, time(10)))
        assert sweeps.late_record(now=at(report.report_by + DAY, time(9))) == 0
        report.refresh_from_db()
        assert report.city_held

    def test_in_time_it_is(self, unit, chen, head, express):
        stands(chen, date(2026, 11, 3), recorder=head)
        report = confirmed(draft(unit), express)
        assert sweeps.late_record(now=at(report.report_by + DAY, time(9))) == 1

    @pytest.mark.parametrize(("of_the_city", "number"), [(True, 0), (False, 1)])
    def test_an_answer_that_the_city_owes(self, unit, chen, head, express, lin, of_the_city, number):
        """What a head recorded, and no other can answer, the city answers."""
        stands(chen, date(2026, 11, 3), decided_by=head if of_the_city else None)
        report = published(draft(unit), head)
        objection(report, chen.user)
        assert sweeps.late_record(now=at(report.report_by + DAY, time(9))) == number

    def test_where_nobody_may_go_on_who_can_name_somebody_hears_once(
        self, report, express_head, administrator
    ):
        """One person of the city, no head."""
        report = published(report, express_head)
        services.month_report(report=report, actor=express_head, now=AFTER)
        for hour in (10, 11):
            sweeps.reminders_tell(now=at(date(2026, 12, 9), time(hour)))
        assert told("month_has_nobody") == {express_head.pk, administrator.pk}
        assert Notice.objects.filter(kind="month_has_nobody").count() == 2


class TestWhatWasRead:
    """A page that was open while the month went back and came again."""

    @pytest.fixture
    def again(self, report, head, express) -> tuple[MonthlyReport, str]:
        report = reported(report, head)
        seen = months.version(report)
        report = services.month_send_back(report=report, reason="请说明", actor=express, now=AFTER)
        return services.month_report(report=report, answer="已补", actor=head, now=AFTER + DAY), seen

    def test_it_is_not_sent_back_unread(self, again, second_express):
        report, seen = again
        with pytest.raises(Overtaken):
            services.month_send_back(
                report=report, reason="仍缺", seen=seen, actor=second_express, now=AFTER + DAY
            )
        read = months.version(report)
        services.month_send_back(
            report=report, reason="仍缺", seen=read, actor=second_express, now=AFTER + DAY
        )

    def test_nor_accepted(self, again, second_express):
        report, seen = again
        with pytest.raises(Overtaken):
            services.month_accept(report=report, seen=seen, actor=second_express, now=AFTER + DAY)
        read = months.version(report)
        assert services.month_accept(report=report, seen=read, actor=second_express, now=AFTER + DAY)

    def test_nor_is_another_question_answered(self, report, head, express):
        report = reported(report, head)
        report = services.month_send_back(report=report, reason="一", actor=express, now=AFTER)
        seen = months.version(report)
        report = services.month_report(report=report, answer="甲", actor=head, now=AFTER + DAY)
        second = make_user("head2", "何平")
        give(second, Role.LEADING_GROUP_HEAD, unit=report.unit)
        report = services.month_send_back(report=report, reason="二", actor=express, now=AFTER + 2 * DAY)
        with pytest.raises(Overtaken):
            services.month_report(report=report, answer="乙", seen=seen, actor=second, now=AFTER + 2 * DAY)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "confirmed"},
        {"confirmed_at": DRAFTING},
        {"published_at": DRAFTING},
        {"reported_at": DRAFTING},
        {"accepted_at": DRAFTING},
        {"sent_back_at": DRAFTING},
        {"nil": True},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_no_step_without_whom_and_when(report, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthlyReport.objects.update(**fields)


def test_nil_is_not_said_of_what_puts_an_earlier_month_right(unit):
    draft(unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthlyReport.objects.update(nil=True, corrections=1)


@pytest.mark.parametrize("step", ["accepted", "sent_back"])
def test_nobody_reviews_what_they_reported(report, head, step):
    reported(report, head)
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthlyReport.objects.update(**{f"{step}_by": head, f"{step}_at": AFTER})


# --- Twice ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "move", "able"), WHO)
def test_a_second_tap_changes_nothing(report, people, state, move, able):
    report = in_state(report, state, people["head"], people["express"])
    actor = people[sorted(able)[0]]
    first = take(move, report, actor)
    trail, told = AuditEntry.objects.count(), Notice.objects.count()
    again = take(move, report, actor, AFTER + timedelta(minutes=1))
    assert (again.state, again.due_on, again.reported_at) == (first.state, first.due_on, first.reported_at)
    assert (AuditEntry.objects.count(), Notice.objects.count()) == (trail, told)


# --- The clock ------------------------------------------------------------------------------------------------------


def told(kind: str) -> set[int | None]:
    return set(Notice.objects.filter(kind=kind).values_list("user", flat=True))


class TestTheClock:
    def test_a_late_report_is_one_finding_about_the_unit(self, report, unit, officer, head, express):
        day = report.report_by
        assert sweeps.late_record(now=at(day, time(23))) == 0
        assert sweeps.late_record(now=at(day + DAY, time(0, 35))) == 1
        assert sweeps.late_record(now=at(day + DAY, time(1, 35))) == 0
        finding = Finding.objects.get(item__code="report_late")
        assert (finding.unit, finding.cadre, finding.day) == (unit, None, day)
        assert finding.source == "report_late:D901:2026-11"
        assert "2026年11月" in finding.note
        assert told("month_report_late") == {officer.pk, head.pk}

    def test_it_counts_in_a_later_month(self, report, unit, head):
        sweeps.late_record(now=at(report.report_by + DAY, time(9)))
        finding = Finding.objects.get(item__code="report_late")
        finding.state, finding.decided_at = "standing", at(date(2026, 12, 20), time(9))
        finding.save()
        december = draft(unit, date(2026, 12, 1), at(date(2027, 1, 1), time(6)))
        entry = entry_of(finding)
        assert (december.entries, entry.month, entry.half_points, entry.cents) == (
            1,
            date(2026, 12, 1),
            4,
            0,
        )

    def test_reported_in_time_it_is_none(self, report, head):
        report = reported(report, head)
        assert sweeps.late_record(now=at(report.report_by + 9 * DAY, time(9))) == 0

    def test_reported_a_day_late_it_is_one_though_the_clock_stood_still(self, report, head):
        late = at(report.report_by + DAY, time(0, 1))
        assert reported(report, head, late).is_late
        assert sweeps.late_record(now=late + timedelta(hours=9)) == 1

    def test_sent_back_after_it_was_in_time_it_is_not_late(self, report, head, express):
        report = reported(report, head)
        services.month_send_back(report=report, reason="请说明", actor=express, now=AFTER)
        assert sweeps.late_record(now=at(report.report_by + 9 * DAY, time(9))) == 0

    def test_a_unit_that_had_ended_is_not_accused(self, report, unit):
        unit.valid_to = report.report_by - DAY
        unit.save()
        assert sweeps.late_record(now=at(report.report_by + DAY, time(9))) == 0

    def test_of_a_publication_that_is_over_the_head_hears_once(self, report, head):
        published(report, head)
        assert sweeps.publications_tell(now=at(UNTIL, time(23))) == 0
        assert sweeps.publications_tell(now=AFTER) == 1
        assert sweeps.publications_tell(now=AFTER + DAY) == 0
        assert told("month_publication_over") == {head.pk}

    def test_who_must_act_is_reminded_before_and_after_the_last_day(self, report, head, officer):
        """Due on Friday 4 December."""
        assert report.due_on == date(2026, 12, 4)
        assert sweeps.reminders_tell(now=at(date(2026, 12, 2), time(9))) == 0
        assert sweeps.reminders_tell(now=at(date(2026, 12, 3), time(9))) == 1
        assert sweeps.reminders_tell(now=at(date(2026, 12, 4), time(9))) == 0
        # Not on the weekend.
        assert sweeps.reminders_tell(now=at(date(2026, 12, 5), time(9))) == 0
        assert sweeps.reminders_tell(now=at(date(2026, 12, 7), time(9))) == 1
        assert sweeps.reminders_tell(now=at(date(2026, 12, 8), time(9))) == 0
        assert told("month_due_soon") == told("month_overdue") == {head.pk}

    def test_of_a_step_that_falls_to_the_city_it_hears(self, report, express, express_head):
        assert sweeps.reminders_tell(now=DRAFTING) == 2
        assert told("month_step_of_the_city") == {express.pk, express_head.pk}
        assert sweeps.reminders_tell(now=DRAFTING + timedelta(hours=1)) == 0

    def test_reviews_that_are_due_are_one_notice_a_day(self, report, head, express):
        """Due on Monday 14 December."""
        reported(report, head)
        assert sweeps.reminders_tell(now=at(date(2026, 12, 10), time(9))) == 0
        assert sweeps.reminders_tell(now=at(date(2026, 12, 11), time(9))) == 1
        assert sweeps.reminders_tell(now=at(date(2026, 12, 11), time(10))) == 0
        assert sweeps.reminders_tell(now=at(date(2026, 12, 14), time(9))) == 1
        assert told("months_to_review") == {express.pk}

    def test_the_sweep_is_safe_twice(self, report, unit, head):
        now = at(report.report_by + DAY, time(9))
        assert sweeps.deadlines_sweep(now=now) > 0
        assert sweeps.deadlines_sweep(now=now + timedelta(minutes=1)) == 0


# --- Who hears ------------------------------------------------------------------------------------------------------


def test_whom_the_month_has_an_entry_about_hears_of_its_publication(report, head, chen, lin):
    published(report, head)
    assert told("month_published") == {chen.user.pk}


def test_the_unit_hears_what_the_city_did(report, head, officer, express):
    report = reported(report, head)
    services.month_send_back(report=report, reason="请说明", actor=express, now=AFTER)
    assert told("month_sent_back") == {head.pk, officer.pk}
    report = services.month_report(report=report, answer="已补", actor=head, now=AFTER)
    services.month_accept(report=report, actor=express, now=AFTER)
    assert told("month_accepted") == {head.pk, officer.pk}
