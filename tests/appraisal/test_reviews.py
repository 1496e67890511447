"""Reviews and appeals: who asks, who decides, and what follows from it in the year."""

from datetime import date, time, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, Unit
from appraisal import reviewing
from appraisal.models import (
    AnnualResult,
    LedgerEntry,
    Review,
    Stage,
    UnitResult,
    YearCorrection,
    YearSettings,
)
from appraisal.rules.ladder import Counted
from appraisal.rules.reviews import last_day
from appraisal.services import reviews, sanctions, years
from common import calendar
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import at
from complaints.models import Interest
from tests.appraisal.ledgers import NOVEMBER, begins, draft
from tests.appraisal.reviewing import (
    ASK_UNTIL,
    ASKING,
    DECIDE_BY,
    GRADED,
    HANDED_OVER,
    YEAR,
    answered,
    appealed,
    asked,
    differences,
    entered,
    graded,
    in_days,
    off_post,
    reviewer,
    rows_of,
    second_reviewer,
    somebody,
)
from tests.appraisal.sanctioning import decided, proposed, served
from tests.appraisal.yearly import compare
from tests.cast import crowd, give, make_cadre

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 9)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# --- Asking: a measure ------------------------------------------------------------------------------------------------


def test_whoever_a_measure_is_about_asks_once_and_hears_until_when(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    now = in_days(sanction, 1)
    review = asked(sanction, now=now)
    assert (review.state, review.stage, review.paper_on) == ("open", "review", None)
    assert review.due_on == last_day(now.date(), 30, calendar.around(now.date()))
    assert AuditEntry.objects.get(verb="review_asked").subject_id == review.pk
    # Pressed twice.
    assert asked(sanction, now=now).pk == review.pk
    with pytest.raises(Refused):
        reviews.review_ask(about=sanction, text="另一种说法", actor=chen.user, now=now)
    assert Review.objects.count() == 1


def test_it_may_be_asked_for_until_the_last_day_ends(unit, chen, lin):
    sanction, other = served(chen, "caution", day=DAY), served(lin, "caution", day=DAY)
    until = reviewing.right(sanction, Stage.REVIEW).until
    assert until == last_day(DAY, 30, calendar.around(DAY))
    last_minute = at(until, time(23, 59))
    with pytest.raises(Refused, match=f"{until.month}月{until.day}日"):
        asked(sanction, now=last_minute + timedelta(minutes=1))
    assert asked(other, now=last_minute).state == "open"


def test_asking_suspends_nothing(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    before = fresh(sanction)
    asked(sanction, now=in_days(sanction, 1))
    after = fresh(sanction)
    assert (
        (after.state, after.expires_on) == (before.state, before.expires_on) == ("served", after.expires_on)
    )


def test_before_it_is_served_its_days_have_not_begun(unit, chen):
    sanction = decided(chen, "caution", day=DAY)
    assert reviewing.right(sanction, Stage.REVIEW).until is None
    assert asked(sanction, now=at(date(2027, 6, 1), time(9))).state == "open"


def test_nothing_is_asked_of_a_proposal_or_of_what_was_set_aside(unit, chen, lin):
    with pytest.raises(Refused):
        asked(proposed(chen, "admonishment", day=DAY), now=at(DAY, time(11)))
    sanction = served(lin, "caution", day=DAY)
    sanctions.set_aside(sanction, reason="事实不成立", actor=reviewer(), now=in_days(sanction, 1))
    with pytest.raises(Refused):
        asked(fresh(sanction), now=in_days(sanction, 1))
    assert not Review.objects.exists()


def test_nobody_asks_for_somebody_else_who_has_an_account(unit, chen, lin, officer, head, zhou, express):
    sanction = served(chen, "caution", day=DAY)
    for actor in (lin.user, officer, head, zhou.user, express):
        with pytest.raises(Refused):
            asked(sanction, actor, in_days(sanction, 1), paper_on=DAY)
    assert not Review.objects.exists()


def test_for_somebody_without_an_account_the_officer_enters_the_paper(unit, office, officer, other_officer):
    sanction = served(make_cadre(office, "柳无号"), "caution", day=DAY)
    now = in_days(sanction, 3)
    with pytest.raises(Refused):
        asked(sanction, other_officer, now, paper_on=DAY)
    with pytest.raises(Refused) as refused:
        asked(sanction, officer, now)
    assert refused.value.field == "paper_on"
    review = asked(sanction, officer, now, paper_on=DAY + timedelta(days=2))
    assert (review.made_by, review.paper_on) == (officer, DAY + timedelta(days=2))


def test_paper_of_the_last_day_counts_although_it_is_entered_late(unit, office, officer):
    sanction = served(make_cadre(office, "柳无号"), "caution", day=DAY)
    until = reviewing.right(sanction, Stage.REVIEW).until
    late = at(until + timedelta(days=20), time(9))
    with pytest.raises(Refused):
        asked(sanction, officer, late, paper_on=until + timedelta(days=1))
    assert asked(sanction, officer, late, paper_on=until).state == "open"


def test_for_the_unit_its_officers_and_heads_ask(unit, officer, head, chen, other_officer):
    sanction = served(None, "criticism", unit=unit, day=DAY)
    for actor in (chen.user, other_officer):
        with pytest.raises(Refused):
            asked(sanction, actor, in_days(sanction, 1))
    assert asked(sanction, head, in_days(sanction, 1)).paper_on is None


def test_what_is_taken_back_may_be_asked_for_again_in_time(unit, chen, lin):
    sanction = served(chen, "caution", day=DAY)
    now = in_days(sanction, 1)
    review = asked(sanction, now=now)
    with pytest.raises(Refused):
        reviews.review_withdraw(review=review, actor=lin.user, now=now)
    assert reviews.review_withdraw(review=review, actor=chen.user, now=now).state == "withdrawn"
    assert reviews.review_withdraw(review=review, actor=chen.user, now=now).state == "withdrawn"
    assert asked(sanction, now=now).pk != review.pk
    answered(Review.objects.open().get(), now=now)
    with pytest.raises(Refused):
        reviews.review_withdraw(review=Review.objects.get(state="upheld"), actor=chen.user, now=now)


def test_the_database_keeps_one_review_of_each_stage(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    first = asked(sanction, now=in_days(sanction, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            sanction=sanction, made_by=chen.user, made_at=ASKING, text="再来一次", due_on=first.due_on
        )


# --- Deciding: a measure ----------------------------------------------------------------------------------------------


def test_nobody_with_a_hand_in_it_decides_and_the_right_second_person_does(
    unit, chen, officer, head, express
):
    begins()
    recorder = somebody("recorder")
    finding = off_post(chen, date(2026, 11, 3), recorder)
    draft(unit)
    proposer = somebody("proposer")
    line = Counted("finding", finding.pk, finding.day, "脱岗")
    decider = somebody("decider", Role.EXPRESS_HEAD)
    give(chen.user, Role.EXPRESS_STAFF, first=date(2020, 1, 1))
    kin = somebody("kin")
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=GRADED)
    sanction = served(chen, "caution", day=date(2026, 12, 7), lines=(line,), proposer=proposer, actor=decider)
    now = in_days(sanction, 2)
    review = asked(sanction, now=now)
    free = reviewing.deciders_now(review, now.date())
    for actor in (recorder, proposer, decider, kin, chen.user, officer, head):
        assert actor.pk not in free
        with pytest.raises(Refused):
            answered(review, actor=actor, now=now)
    assert express.pk in free
    assert answered(review, actor=express, now=now).decided_by == express


def test_upheld_nothing_changes_and_whoever_asked_reads_why(unit, chen, officer):
    sanction = served(chen, "caution", day=DAY)
    now = in_days(sanction, 2)
    review = answered(asked(sanction, now=now), now=now)
    assert (review.state, fresh(sanction).state) == ("upheld", "served")
    assert Notice.objects.filter(kind="my_review_decided", user=chen.user).count() == 1
    assert Notice.objects.filter(kind="review_decided", user=officer).count() == 1
    # A second tap is the same; another decision says who was faster.
    assert answered(review, now=now).pk == review.pk
    with pytest.raises(Refused, match="经办"):
        answered(review, revise=True, actor=second_reviewer(), now=now)


def test_without_a_reason_nothing_is_decided(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    review = asked(sanction, now=in_days(sanction, 2))
    with pytest.raises(Refused) as refused:
        answered(review, reason="  ", now=in_days(sanction, 2))
    assert refused.value.field == "reason"
    assert fresh(review).state == "open"


def test_a_successful_review_changes_exactly_what_rests_on_the_measure(
    unit, other_unit, office, chen, lin, zhou, tmp_path
):
    """Two cautions: the whole year's bonus and 不称职 (YEAR-2). One of them falls: neither, but still not 优秀."""
    crowd(office, 4, cards=False)
    begins()
    for day in (3, 4):
        off_post(chen, date(2026, 11, day))
    off_post(lin, date(2026, 11, 5))
    draft(unit)
    served(lin, "admonishment", day=date(2026, 11, 30))
    served(chen, "caution", day=date(2026, 11, 30))
    second = served(chen, "caution", day=date(2026, 12, 7))
    years.year_appraise(year=YEAR, now=GRADED)
    before = rows_of()
    assert before[f"cadre:{chen.pk}"]["ceiling"] == "incompetent"

    now = in_days(second, 10)
    answered(asked(second, now=now), revise=True, now=now)

    assert fresh(second).state == "set_aside"
    changed = differences(before, rows_of())
    assert list(changed) == [f"cadre:{chen.pk}"]
    mine = changed[f"cadre:{chen.pk}"]
    assert set(mine) == {"figures", "ceiling", "codes", "bonus_months", "bonus_of"}
    was, figures = mine["figures"]
    assert {name for name in figures if was[name] != figures[name]} == {"cautions"}
    assert (was["cautions"], figures["cautions"]) == (2, 1)
    # Of most points he is still: YEAR-4 rests on points, not on measures.
    assert mine["ceiling"] == ("incompetent", "basic")
    assert mine["bonus_months"] == (12, 0)
    # Computed once more nothing changes: it was all done in that transaction. It is what the oracle makes of the facts.
    assert years.year_appraise(year=YEAR, now=now).changed == 0
    assert compare(YEAR, now, tmp_path) == []


def test_a_review_that_falls_may_move_others_and_nobody_else(unit, office, other_office, chen, zhou):
    """Nobody but the one measure stood between them and the fewest points of the city (YEAR-3)."""
    others = [one.pk for one in crowd(office, 3, cards=False)]
    sanction = served(chen, "admonishment", day=DAY)
    begins()
    YearSettings.objects.update_or_create(pk=1, defaults={"sheets_percent": 0})
    years.year_appraise(year=YEAR, now=GRADED)
    before = rows_of()
    assert before[f"cadre:{others[0]}"]["among_least"]
    answered(asked(sanction, now=in_days(sanction, 3)), revise=True, now=in_days(sanction, 3))
    changed = differences(before, rows_of())
    # Whoever had the fewest points has them still.
    assert set(changed) <= {f"cadre:{chen.pk}", f"unit:{unit.pk}"}
    assert changed[f"cadre:{chen.pk}"]["ceiling"] == ("competent", "excellent")
    assert changed[f"cadre:{chen.pk}"]["among_least"] == (False, True)


def test_of_a_decided_year_the_change_is_kept_as_a_correction(unit, office, chen):
    crowd(office, 4, cards=False)
    for day in (DAY, date(2026, 12, 7)):
        sanction = served(chen, "caution", day=day)
    result = graded(chen, "incompetent")
    review = asked(sanction, now=in_days(sanction, 10))
    answered(review, revise=True, now=ASKING)
    correction = YearCorrection.objects.get(result=result)
    assert correction.before["ceiling"] == "incompetent"
    assert correction.after["ceiling"] == "competent"
    row = fresh(result)
    # Nobody's grade changes by itself: somebody looks again.
    assert (row.grade, row.ceiling) == ("incompetent", "competent")
    assert row.changed_at is not None


def test_a_measure_of_a_year_that_nobody_computed_is_set_aside_too(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    answered(asked(sanction, now=in_days(sanction, 2)), revise=True, now=in_days(sanction, 2))
    assert fresh(sanction).state == "set_aside"
    assert not UnitResult.objects.exists()


def test_set_aside_for_another_reason_meanwhile_the_review_can_still_be_decided(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    now = in_days(sanction, 2)
    review = asked(sanction, now=now)
    sanctions.set_aside(sanction, reason="事实不成立", actor=second_reviewer(), now=now)
    assert answered(review, revise=True, now=now).state == "revised"
    assert AuditEntry.objects.filter(verb="sanction_set_aside").count() == 1


# --- Deciding: an annual result ---------------------------------------------------------------------------------------


def test_an_annual_result_is_asked_about_within_thirty_days_of_its_notice(unit, office, chen, lin):
    crowd(office, 4, cards=False)
    result = graded(chen, "basic")
    assert reviewing.right(result, Stage.REVIEW).known_on == HANDED_OVER
    assert reviewing.right(result, Stage.REVIEW).until == ASK_UNTIL
    last_minute = at(ASK_UNTIL, time(23, 59))
    with pytest.raises(Refused):
        asked(result, now=last_minute + timedelta(minutes=1))
    with pytest.raises(Refused):
        asked(result, lin.user, paper_on=HANDED_OVER)
    assert asked(result).due_on == DECIDE_BY


def test_a_better_grade_is_given_corrected_and_its_notice_handed_over_anew(unit, office, chen):
    crowd(office, 4, cards=False)
    result = graded(chen, "basic")
    before = rows_of()
    review = answered(asked(result), revise=True, grade="competent")
    assert (review.state, review.grade) == ("revised", "competent")
    assert differences(before, rows_of()) == {f"cadre:{chen.pk}": {"grade": ("basic", "competent")}}
    correction = YearCorrection.objects.get()
    assert (correction.before, correction.after) == ({"grade": "basic"}, {"grade": "competent"})
    assert (correction.actor, correction.result_id) == (reviewer(), result.pk)
    assert fresh(result).notified_on is None


@pytest.mark.parametrize(
    ("grade", "sentence"),
    [("incompetent", "grade"), ("basic", "grade"), ("", "grade"), ("ungraded", "grade")],
)
def test_a_review_makes_no_grade_heavier_and_says_where(unit, office, chen, grade, sentence):
    crowd(office, 4, cards=False)
    result = graded(chen, "basic")
    review = asked(result)
    with pytest.raises(Refused) as refused:
        answered(review, revise=True, grade=grade)
    assert refused.value.field == sentence
    assert (fresh(review).state, fresh(result).grade) == ("open", "basic")
    assert not YearCorrection.objects.exists()


def test_no_grade_above_what_the_year_allows_as_it_is_computed_now(unit, office, chen):
    crowd(office, 4, cards=False)
    served(chen, "admonishment", day=DAY)
    result = graded(chen, "basic")
    review = asked(result)
    with pytest.raises(Refused) as refused:
        answered(review, revise=True, grade="excellent")
    assert refused.value.field == "grade"
    assert answered(review, revise=True, grade="competent").state == "revised"


def test_the_quota_of_excellent_holds_for_a_review_too(unit, office, chen):
    people = crowd(office, 4, cards=False)
    result = graded(chen, "competent")
    # One of five: 20 %.
    AnnualResult.objects.filter(cadre=people[0]).update(grade="excellent")
    review = asked(result)
    with pytest.raises(Refused) as refused:
        answered(review, revise=True, grade="excellent")
    assert refused.value.field == "grade"
    assert "excellent" not in reviewing.grades_for(fresh_result(result))
    AnnualResult.objects.filter(cadre=people[0]).update(grade="competent")
    assert "excellent" in reviewing.grades_for(fresh_result(result))
    assert answered(review, revise=True, grade="excellent").grade == "excellent"


def fresh_result(result):
    return reviewing.whole_results(AnnualResult.objects.filter(pk=result.pk)).get()


def test_the_same_grade_with_other_figures(unit, office, chen):
    """A measure fell before the review of the year is decided: the grade stays, the year's consequences do not."""
    crowd(office, 4, cards=False)
    sanction = served(chen, "admonishment", day=date(2026, 12, 28))
    result = graded(chen, "competent")
    review = asked(result)
    with pytest.raises(Refused):
        answered(review, revise=True)
    sanctions.set_aside(sanction, reason="事实不成立", actor=second_reviewer(), now=ASKING)
    assert answered(review, revise=True).state == "revised"
    row = fresh(result)
    assert (row.grade, row.bonus_months, row.changed_at) == ("competent", 0, None)


def test_who_decided_the_year_does_not_decide_the_review_of_it(unit, office, chen, officer, express, head):
    crowd(office, 4, cards=False)
    result = graded(chen, "basic")
    review = asked(result)
    whole = result.unit_result
    for actor in (whole.decided_by, whole.proposed_by, whole.published_by, officer, head, chen.user):
        with pytest.raises(Refused):
            answered(review, revise=True, grade="competent", actor=actor)
    assert answered(review, revise=True, grade="competent", actor=express).state == "revised"


def test_whoever_recorded_what_the_year_counts_decides_only_where_nobody_else_is_free(unit, office, chen):
    crowd(office, 4, cards=False)
    begins()
    recorder = somebody("recorder")
    off_post(chen, date(2026, 11, 3), recorder)
    draft(unit)
    result = graded(chen, "basic")
    review = asked(result)
    today = ASKING.date()
    assert LedgerEntry.objects.filter(month=NOVEMBER).exists()
    assert reviewing.deciders_now(review, today) == {recorder.pk}
    free = reviewer()
    assert reviewing.deciders_now(review, today) == {free.pk}


def test_of_a_year_that_is_not_decided_nothing_is_asked(unit, office, chen):
    result = graded(chen, "basic")
    UnitResult.objects.update(state="public")
    with pytest.raises(Refused):
        asked(fresh_result(result))


# --- Appeals ----------------------------------------------------------------------------------------------------------


def test_an_appeal_follows_the_review_within_fifteen_days_and_its_outcome_is_entered(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    with pytest.raises(Refused):
        appealed(sanction, now=in_days(sanction, 1))
    now = in_days(sanction, 1)
    answered(asked(sanction, now=now), now=now)
    until = reviewing.right(sanction, Stage.APPEAL).until
    assert until == last_day(now.date(), 15, calendar.around(now.date()))
    with pytest.raises(Refused):
        appealed(sanction, now=at(until + timedelta(days=1), time()))
    appeal = appealed(sanction, now=at(until, time(23, 59)))
    assert appeal.due_on == last_day(until, 60, calendar.around(until))
    with pytest.raises(Refused):
        reviews.review_decide(review=appeal, revise=True, reason="x", actor=second_reviewer(), now=now)
    done = entered(appeal, revise=True, now=at(until, time(23, 59)))
    assert (done.state, done.authority, done.document) == (
        "revised",
        "中共龙泉市委组织部",
        "龙组复〔2027〕3号",
    )
    assert fresh(sanction).state == "set_aside"
    with pytest.raises(Refused):
        appealed(sanction, now=at(until, time(23, 59)))


def test_neither_who_decided_nor_who_reviewed_enters_the_outcome(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    now = in_days(sanction, 1)
    answered(asked(sanction, now=now), now=now)
    appeal = appealed(sanction, now=now)
    for actor in (sanction.decided_by, sanction.proposed_by, reviewer(), chen.user):
        with pytest.raises(Refused):
            entered(appeal, actor=actor, now=now)
    for field, given in (("authority", {"authority": ""}), ("document", {"document": " "})):
        with pytest.raises(Refused) as refused:
            entered(appeal, now=now, **given)
        assert refused.value.field == field
    assert entered(appeal, now=now).state == "upheld"


def test_an_appeal_against_an_annual_result(unit, office, chen):
    crowd(office, 4, cards=False)
    result = graded(chen, "incompetent")
    answered(asked(result), revise=True, grade="basic")
    appeal = appealed(fresh_result(result))
    with pytest.raises(Refused):
        entered(appeal, revise=True, grade="incompetent")
    assert entered(appeal, revise=True, grade="competent").grade == "competent"
    assert fresh(result).grade == "competent"
    grades = [row.after["grade"] for row in YearCorrection.objects.order_by("pk")]
    assert grades == ["basic", "competent"]


# --- Who sees and hears -----------------------------------------------------------------------------------------------


def test_the_deciders_hear_and_whoever_asked_does_not(unit, chen, officer, express):
    sanction = served(chen, "caution", day=DAY)
    asked(sanction, now=in_days(sanction, 1))
    assert Notice.objects.filter(kind="review_to_decide", user=express).exists()
    assert Notice.objects.filter(kind="review_asked", user=officer).exists()
    told = Notice.objects.filter(kind__startswith="review").values_list("user", flat=True)
    assert not {chen.user.pk, sanction.decided_by_id} & set(told)


def test_where_nobody_is_free_whoever_can_name_somebody_hears_once(unit, chen, administrator):
    sanction = served(chen, "caution", day=DAY)
    now = in_days(sanction, 1)
    asked(sanction, now=now)
    assert Notice.objects.filter(kind="review_nobody", user=administrator).count() == 1
    reviews.reviews_remind(now=now)
    assert Notice.objects.filter(kind="review_nobody", user=administrator).count() == 1


def test_the_sweep_reminds_before_and_after_the_last_day_once_each(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    review = asked(sanction, now=in_days(sanction, 1))
    person = reviewer()

    def told() -> list[str]:
        found = Notice.objects.filter(user=person, kind__in=["review_due", "review_overdue"])
        return list(found.order_by("pk").values_list("kind", flat=True))

    reviews.reviews_remind(now=at(review.due_on - timedelta(days=4), time(9)))
    assert told() == []
    for _twice in range(2):
        reviews.reviews_remind(now=at(review.due_on - timedelta(days=3), time(9)))
    assert told() == ["review_due"]
    for _twice in range(2):
        reviews.reviews_remind(now=at(review.due_on + timedelta(days=1), time(9)))
    assert told() == ["review_due", "review_overdue"]
    answered(review, now=at(review.due_on + timedelta(days=1), time(9)))
    assert reviews.reviews_remind(now=at(review.due_on + timedelta(days=9), time(9))) == 0


def test_who_decides_many_is_asked_in_as_many_queries(unit, chen, lin, wei):
    today = date(2026, 12, 20)
    numbers = []
    for people in ([chen], [lin, wei]):
        for cadre in people:
            sanction = served(cadre, "caution", day=DAY)
            asked(sanction, now=in_days(sanction, 1))
        rows = list(reviewing.whole(Review.objects.open()))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            reviewing.deciders_of(rows, today)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_settings_lengthen_the_days(unit, chen):
    YearSettings.objects.update_or_create(pk=1, defaults={"review_days": 60})
    sanction = served(chen, "caution", day=DAY)
    assert reviewing.right(sanction, Stage.REVIEW).until == last_day(DAY, 60, calendar.around(DAY))


# --- Brought up to date -----------------------------------------------------------------------------------------------


def test_an_update_finds_out_which_decision_was_asked_about(unit, chen):
    result = graded(chen, "basic")
    first = asked(result)
    again = ASKING + timedelta(days=2)
    YearCorrection.objects.create(
        result=result, at=again, before={}, after={}, actor=second_reviewer(), reason="重新审查"
    )
    answered(first, actor=reviewer())
    second = Review.objects.create(
        result=result,
        decision=2,
        made_by=chen.user,
        made_at=again + timedelta(days=1),
        text="仍有异议",
        due_on=DECIDE_BY,
    )
    Review.objects.filter(pk=second.pk).update(decision=7)
    update = import_module("appraisal.migrations.0006_decision_reviewed")
    update.number_decisions(apps, None)
    assert (fresh(first).decision, fresh(second).decision) == (1, 2)


def test_an_update_copies_to_its_years_that_a_unit_is_vertically_managed(unit, other_unit, chen):
    graded(chen, "basic")
    Unit.objects.filter(pk=unit.pk).update(vertically_managed=True)
    import_module("appraisal.migrations.0007_year_terms").copy_from_units(apps, None)
    rows = dict(UnitResult.objects.values_list("unit", "vertically_managed"))
    assert rows == {unit.pk: True, other_unit.pk: False}
