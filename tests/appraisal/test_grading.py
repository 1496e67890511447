"""Grades of a year: entered by people, within ceilings and quota, hung out, decided by others, handed over."""

from collections import Counter
from datetime import date, time

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Role
from appraisal import reviewing, year_notices
from appraisal.facts.bulletin import _years_corrected
from appraisal.graded import dated, quota_of, results_of, takes_grade
from appraisal.models import (
    AnnualResult,
    Bulletin,
    BulletinCounter,
    Circular,
    Sanction,
    UnitResult,
    YearCorrection,
)
from appraisal.rules import grading as rules
from appraisal.rules.grading import Line, Refusal
from appraisal.services import circulars, commending, grading, years
from appraisal.services.grading import Entered
from appraisal.words import grade as grade_words
from appraisal.words import year as year_words
from cards.models import Cadre, EmploymentKind
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import at
from common.versions import Overtaken, version_of
from complaints.models import Interest
from tests.appraisal import grading as building
from tests.appraisal.grading import (
    COMPETENT,
    DECIDING,
    GRADING,
    HANGING,
    LATER,
    UNTIL,
    computed,
    decided,
    enter,
    graded,
    measured,
    proposed,
    published,
    result_of,
    year_of,
)
from tests.appraisal.ledgers import begins, draft, stands
from tests.cast import crowd, give, make_cadre, make_user, signed_in
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db

EXCELLENT = Entered("excellent")
ON_LEAVE = Entered("ungraded", "leave")


# --- Rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "absent", "most"), [(4, 0, 0), (5, 0, 1), (9, 0, 1), (10, 0, 2), (10, 1, 1), (60, 0, 12)]
)
def test_a_fifth_of_those_who_take_part_rounded_down(people, absent, most):
    lines = [Line(key, "ungraded", "leave") for key in range(absent)]
    lines += [Line(key, "competent") for key in range(absent, people)]
    assert rules.quota_of(lines, 20).most == most


def test_whoever_takes_part_without_a_grade_counts_among_those_who_take_part():
    lines = [Line(1, "ungraded", "probation"), *(Line(key, "competent") for key in range(2, 6))]
    assert rules.quota_of(lines, 20) == rules.Quota(5, 0, 1)


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([], Refusal.NOBODY),
        ([Line(1, takes_grade=False)], Refusal.NOBODY),
        ([Line(1)], Refusal.MISSING),
        ([Line(1, "excellent", ceiling="competent")], Refusal.CEILING),
        ([Line(1, "competent", ceiling="basic")], Refusal.CEILING),
        ([Line(1, "excellent")], Refusal.QUOTA),
        ([Line(1, "competent", ceiling="competent")], None),
        ([Line(1, "ungraded", "leave", ceiling="incompetent")], None),
        ([Line(1, "incompetent"), Line(2, takes_grade=False)], None),
    ],
)
def test_what_stands_in_the_way_of_a_proposal(lines, refusal):
    assert rules.refuse_lines(lines, 20) == refusal


# --- Entering ---------------------------------------------------------------------------------------------------------


def test_nothing_is_graded_by_itself(unit, chen, lin, officer):
    computed()
    assert set(AnnualResult.objects.values_list("grade", flat=True)) == {""}
    enter(unit, officer, {chen: COMPETENT})
    with pytest.raises(Refused, match="林一帆"):
        grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    assert result_of(lin).grade == ""
    assert result_of(chen).graded_by == officer


def test_grading_opens_in_the_last_month(unit, chen, officer):
    computed(at(date(2026, 11, 30), time(9)))
    with pytest.raises(Refused):
        enter(unit, officer, {chen: COMPETENT}, now=at(date(2026, 11, 30), time(9)))
    enter(unit, officer, {chen: COMPETENT}, now=at(date(2026, 12, 1), time(9)))
    assert result_of(chen).grade == "competent"


def test_rules_name_the_grade_as_it_is_called_where_somebody_works(unit, chen):
    computed()
    result = result_of(chen)
    result.codes = ["YEAR-2", "YEAR-4"]
    result.employment_kind = EmploymentKind.CIVIL_SERVANT
    served = grade_words.code_words(result)
    assert grade_words.ceiling_words(result) == served
    result.employment_kind = EmploymentKind.PUBLIC_INSTITUTION
    assert not set(served) & set(grade_words.code_words(result))


def test_a_grade_above_the_ceiling_is_refused_at_its_field(unit, chen, lin, officer):
    measured(chen)
    computed()
    with pytest.raises(Refused) as refused:
        enter(unit, officer, {lin: COMPETENT, chen: EXCELLENT})
    assert refused.value.field == f"grade_{result_of(chen).pk}"
    assert "陈砚" in str(refused.value.sentence)
    assert result_of(lin).grade == ""


def test_without_a_grade_there_is_a_reason(unit, chen, officer):
    computed()
    with pytest.raises(Refused):
        enter(unit, officer, {chen: Entered("ungraded")})
    for wrong in (Entered("competent", "leave"), Entered("ungraded", "bogus"), Entered("", "leave")):
        with pytest.raises(Refused):
            enter(unit, officer, {chen: wrong})
    with pytest.raises(Refused) as refused:
        enter(unit, officer, {chen: Entered("competent", reason="好" * 301)})
    assert refused.value.field == f"reason_{result_of(chen).pk}"
    enter(unit, officer, {chen: ON_LEAVE})
    assert result_of(chen).ungraded == "leave"


def test_a_grade_may_be_taken_out_again_before_it_is_proposed(unit, chen, officer):
    computed()
    enter(unit, officer, {chen: COMPETENT})
    enter(unit, officer, {chen: Entered()})
    assert result_of(chen).grade == ""


def test_staff_of_enterprises_and_of_vertically_managed_units_take_no_grade(
    unit, other_unit, chen, zhou, officer
):
    Cadre.objects.filter(pk=chen.pk).update(employment_kind=EmploymentKind.ENTERPRISE)
    type(other_unit).objects.filter(pk=other_unit.pk).update(vertically_managed=True)
    computed()
    with pytest.raises(Refused):
        enter(unit, officer, {chen: COMPETENT})
    with pytest.raises(Refused):
        grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    assert not takes_grade(result_of(zhou))


def test_nobody_grades_themselves(unit, chen, lin, officer):
    give(chen.user, Role.UNIT_OFFICER, unit=unit)
    computed()
    with pytest.raises(Refused):
        enter(unit, chen.user, {chen: EXCELLENT})
    enter(unit, chen.user, {lin: COMPETENT})
    enter(unit, officer, {chen: COMPETENT})
    assert result_of(chen).graded_by == officer


def test_where_the_unit_has_nobody_else_the_express_grades(unit, chen, express):
    give(chen.user, Role.UNIT_OFFICER, unit=unit)
    computed()
    enter(unit, express, {chen: COMPETENT})
    assert result_of(chen).graded_by == express


def test_others_grade_nobody_of_the_unit(
    unit, chen, officer, other_officer, express, supervisor, administrator
):
    computed()
    for actor in (other_officer, express, supervisor, administrator):
        with pytest.raises(Refused):
            enter(unit, actor, {chen: COMPETENT})
    assert result_of(chen).grade == ""


def test_whoever_saves_second_undoes_nothing(unit, chen, officer, head):
    computed()
    pk = result_of(chen).pk
    seen = version_of(grading.facts_of([result_of(chen)]))
    enter(unit, head, {chen: Entered("basic")}, seen=seen)
    with pytest.raises(Overtaken) as overtaken:
        enter(unit, officer, {chen: COMPETENT}, seen=seen)
    assert overtaken.value.facts[f"grade_{pk}"] == "basic"


# --- The path ---------------------------------------------------------------------------------------------------------


def test_the_path_of_a_year(unit, chen, lin, officer, head, express_head):
    row = proposed(unit, officer)
    assert (row.state, row.proposed_by) == ("proposed", officer)
    assert Notice.objects.filter(kind="year_proposed", user=head).exists()
    row = grading.year_publish(unit_result=row, actor=head, now=GRADING)
    assert (row.state, row.published_until) == ("public", UNTIL)
    told = Notice.objects.filter(kind="year_published").values_list("user", flat=True)
    assert set(told) == {chen.user_id, lin.user_id}
    with pytest.raises(Refused):
        grading.year_decide(unit_result=row, actor=express_head, now=HANGING)
    row = grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    assert (row.state, row.decided_by) == ("decided", express_head)
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))
    assert [verb for verb in verbs if verb.startswith("year_")] == [
        "year_computed",
        "year_graded",
        "year_proposed",
        "year_published",
        "year_decided",
    ]
    assert Notice.objects.filter(kind="my_year_decided", user=chen.user).exists()


def test_no_year_is_decided_before_it_is_over(unit, chen, officer, head, express_head):
    row = published(unit, officer, head)
    with pytest.raises(Refused) as refused:
        grading.year_decide(unit_result=row, actor=express_head, now=at(date(2026, 12, 31), time(23, 59)))
    assert "2027" in refused.value.sentence
    row = grading.year_decide(unit_result=row, actor=express_head, now=at(date(2027, 1, 1), time(0)))
    assert row.state == "decided"


def test_the_second_tap_of_the_same_person_changes_nothing(unit, chen, officer, head, express_head):
    row = decided(unit, officer, head, express_head)
    before = AuditEntry.objects.count()
    again = grading.year_decide(unit_result=row, actor=express_head, now=LATER)
    assert again.decided_at == DECIDING
    assert AuditEntry.objects.count() == before


def test_each_step_has_its_people(
    unit, chen, officer, head, other_officer, express, express_head, supervisor
):
    computed()
    graded(unit, officer)
    for actor in (other_officer, express_head, supervisor, chen.user):
        with pytest.raises(Refused):
            grading.year_propose(unit_result=year_of(unit), actor=actor, now=GRADING)
    grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    for actor in (officer, express, chen.user):
        with pytest.raises(Refused):
            grading.year_publish(unit_result=year_of(unit), actor=actor, now=GRADING)
    grading.year_publish(unit_result=year_of(unit), actor=head, now=GRADING)
    for actor in (officer, head, express, chen.user, supervisor):
        with pytest.raises(Refused):
            grading.year_decide(unit_result=year_of(unit), actor=actor, now=DECIDING)
    assert year_of(unit).state == "public"


@pytest.mark.parametrize("hand", ["grader", "own line", "proposer"])
def test_a_head_with_a_hand_in_it_leaves_the_decision_to_the_staff(
    unit, office, chen, officer, head, express, hand
):
    boss = make_user("boss", "舒衡")
    give(boss, Role.EXPRESS_HEAD)
    if hand == "own line":
        make_cadre(office, "舒衡", user=boss)
    if hand != "own line":
        give(boss, Role.UNIT_OFFICER, unit=unit)
    row = published(unit, boss, head) if hand == "grader" else published(unit, officer, head)
    with pytest.raises(Refused):
        grading.year_decide(unit_result=row, actor=boss, now=DECIDING)
    assert grading.year_decide(unit_result=row, actor=express, now=DECIDING).decided_by == express


def test_without_a_head_of_the_leading_group_the_city_publishes(unit, chen, officer, express):
    row = grading.year_publish(unit_result=proposed(unit, officer), actor=express, now=GRADING)
    assert row.published_by == express


def test_what_is_sent_back_is_graded_and_hung_out_anew(unit, chen, officer, head, express, express_head):
    row = published(unit, officer, head)
    with pytest.raises(Refused):
        grading.year_send_back(unit_result=row, reason=" ", actor=express, now=HANGING)
    row = grading.year_send_back(unit_result=row, reason="公示期间有异议", actor=express, now=HANGING)
    assert (row.state, row.published_until, row.proposed_by) == ("computed", None, None)
    assert result_of(chen).grade == "competent"
    with pytest.raises(Refused):
        grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    enter(unit, officer, {chen: Entered("basic")}, now=HANGING)
    row = grading.year_propose(unit_result=year_of(unit), actor=officer, now=DECIDING)
    row = grading.year_publish(unit_result=row, actor=head, now=DECIDING)
    assert row.published_until == date(2027, 1, 11)


def test_the_quota_counts_and_more_takes_an_approval(unit, office, officer, head, express):
    crowd(office, 8, cards=False)
    computed()
    first, second = AnnualResult.objects.order_by("pk")[:2]
    graded(unit, officer, **{f"r{first.pk}": EXCELLENT, f"r{second.pk}": EXCELLENT})
    with pytest.raises(Refused, match="1"):
        grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    for actor in (officer, head):
        with pytest.raises(Refused):
            grading.quota_approve(unit_result=year_of(unit), reason="创建先进", actor=actor, now=GRADING)
    with pytest.raises(Refused):
        grading.quota_approve(unit_result=year_of(unit), reason="", actor=express, now=GRADING)
    row = grading.quota_approve(unit_result=year_of(unit), reason="创建先进", actor=express, now=GRADING)
    assert quota_of(row, results_of(row)) == rules.Quota(8, 2, 2)
    assert grading.year_propose(unit_result=row, actor=officer, now=GRADING).state == "proposed"


def test_more_is_not_approved_where_nobody_takes_a_grade(unit, chen, express):
    Cadre.objects.filter(unit=unit).update(employment_kind=EmploymentKind.ENTERPRISE)
    computed()
    page, client = reverse("unit_year", args=[2026, unit.code]), signed_in(express)
    shown = client.get(page).context
    assert (shown["quota_form"], shown["why_not"]) == (None, "")
    with pytest.raises(Refused):
        grading.quota_approve(unit_result=year_of(unit), reason="创建先进", actor=express, now=GRADING)


def test_the_decision_looks_at_the_figures_of_its_moment(unit, chen, lin, officer, head, express_head):
    computed()
    row = published(unit, officer, head)
    AnnualResult.objects.filter(cadre=chen).update(grade="excellent")
    measured(chen, day=date(2026, 12, 14))
    with pytest.raises(Refused, match="陈砚"):
        grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    assert year_of(unit).state == "public"


def test_what_was_read_is_what_is_decided(unit, chen, officer, head, express_head):
    row = published(unit, officer, head)
    seen = grading.version(results_of(row))
    measured(chen, day=date(2026, 12, 14))
    with pytest.raises(Refused):
        grading.year_decide(unit_result=row, seen=seen, actor=express_head, now=DECIDING)


# --- The notice -------------------------------------------------------------------------------------------------------


def test_the_notice_is_signed_for(unit, chen, officer, head, express_head):
    decided(unit, officer, head, express_head)
    found = grading.notice_hand_over(
        result=result_of(chen), day=DECIDING.date(), receipt="signed", actor=officer, now=LATER
    )
    assert (found.notified_on, found.receipt, found.notified_by) == (DECIDING.date(), "signed", officer)
    assert Notice.objects.filter(kind="my_year_handed_over", user=chen.user).exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"day": date(2027, 1, 3), "receipt": "signed"}, "day"),
        ({"day": date(2027, 1, 7), "receipt": "signed"}, "day"),
        ({"day": DECIDING.date(), "receipt": "refused"}, "witness"),
    ],
)
def test_a_notice_has_its_day_and_a_refusal_its_witness(
    unit, chen, officer, head, express_head, fields, field
):
    decided(unit, officer, head, express_head)
    with pytest.raises(Refused) as refused:
        grading.notice_hand_over(result=result_of(chen), actor=officer, now=LATER, **fields)
    assert refused.value.field == field


def test_nobody_hands_a_notice_to_themselves(unit, chen, officer, head, express_head, other_officer):
    give(chen.user, Role.UNIT_OFFICER, unit=unit)
    decided(unit, officer, head, express_head)
    for actor in (chen.user, other_officer):
        with pytest.raises(Refused):
            grading.notice_hand_over(
                result=result_of(chen), day=DECIDING.date(), receipt="signed", actor=actor, now=LATER
            )


# --- After the decision -----------------------------------------------------------------------------------------------


def test_other_figures_after_the_decision_make_somebody_look_again(
    unit, chen, lin, officer, head, express_head
):
    decided(unit, officer, head, express_head)
    with pytest.raises(Refused):
        grading.result_look_again(
            result=result_of(chen), entered=Entered("basic", reason="x"), actor=express_head, now=LATER
        )
    measured(chen, "caution", date(2026, 12, 19))
    measured(chen, "caution", date(2026, 12, 20))
    computed(LATER)
    changed = result_of(chen)
    assert (changed.changed_at, changed.ceiling, changed.grade) == (LATER, "incompetent", "competent")
    assert result_of(lin).changed_at is None
    assert Notice.objects.filter(kind="year_to_look_again", user=express_head).count() == 1
    for entered, actor in (
        (Entered("basic", reason="两次告诫"), express_head),
        (Entered("incompetent", reason="两次告诫"), officer),
    ):
        with pytest.raises(Refused):
            grading.result_look_again(result=changed, entered=entered, actor=actor, now=LATER)
    wanted = Entered("incompetent", reason="两次告诫")
    for _tap in range(2):
        found = grading.result_look_again(result=changed, entered=wanted, actor=express_head, now=LATER)
        assert (found.grade, found.changed_at, found.notified_on) == ("incompetent", None, None)
    correction = YearCorrection.objects.get(actor=express_head)
    assert (correction.before["grade"], correction.after["grade"]) == ("competent", "incompetent")


def test_a_case_that_was_awaited_is_graded_later(unit, chen, officer, head, express_head):
    computed()
    graded(unit, officer, **{f"r{result_of(chen).pk}": Entered("ungraded", "investigation")})
    row = grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)
    row = grading.year_publish(unit_result=row, actor=head, now=GRADING)
    grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    wanted = Entered("competent", reason="案件已结")
    found = grading.result_look_again(result=result_of(chen), entered=wanted, actor=express_head, now=LATER)
    assert (found.grade, found.ungraded) == ("competent", "")


# --- Merit, and the circular ------------------------------------------------------------------------------------------


def _with_a_point(cadre):
    begins()
    stands(cadre, date(2026, 11, 3))
    draft(cadre.unit)


def test_only_those_who_are_first_in_line_are_commended(
    unit, chen, lin, officer, head, express, express_head
):
    _with_a_point(chen)
    decided(unit, officer, head, express_head)
    assert commending.is_eligible(result_of(lin))
    for cadre, actor, reason in ((chen, express, "好"), (lin, officer, "好"), (lin, express, " ")):
        with pytest.raises(Refused):
            commending.commend(row=result_of(cadre), reason=reason, actor=actor, now=LATER)
    commending.commend(row=result_of(lin), reason="群众口碑好", actor=express, now=LATER)
    assert result_of(lin).commended_reason == "群众口碑好"
    commending.commend_undo(row=result_of(lin), actor=express, now=LATER)
    assert result_of(lin).commended_by is None


def test_before_the_decision_nobody_is_commended(unit, chen, officer, head, express):
    published(unit, officer, head)
    UnitResult.objects.update(among_least=True)
    for row in (result_of(chen), year_of(unit)):
        with pytest.raises(Refused):
            commending.commend(row=row, reason="好", actor=express, now=LATER)


def test_whoever_falls_out_of_the_line_is_no_longer_commended(
    unit, chen, lin, officer, head, express, express_head
):
    decided(unit, officer, head, express_head)
    commending.commend(row=result_of(chen), reason="好", actor=express, now=LATER)
    measured(chen, day=date(2026, 12, 20))
    computed(LATER)
    assert result_of(chen).commended_by is None
    assert result_of(chen).grade == "competent"


def _chosen(unit, chen, officer, head, express, express_head):
    decided(unit, officer, head, express_head)
    commending.commend(row=result_of(chen), reason="好", actor=express, now=LATER)
    return circulars.circular_draft(year=2026, actor=express, now=LATER)


def test_a_circular_takes_the_next_number_of_the_bulletins_and_is_frozen(
    unit, chen, officer, head, express, express_head
):
    BulletinCounter.objects.create(year=2027, last=3)
    circular = _chosen(unit, chen, officer, head, express, express_head)
    seen = circulars.content_of(circular).digest
    for _tap in range(2):
        circular = circulars.circular_sign(circular=circular, seen=seen, actor=express_head, now=LATER)
    assert (circular.serial, BulletinCounter.objects.get().last) == (4, 4)
    content = circulars.content_of(Circular.objects.get())
    assert content.number_text == "龙效能办〔2027〕4号"
    assert [one.name for one in content.people] == ["陈砚"]
    for verb in (
        lambda: commending.commend_undo(row=result_of(chen), actor=express, now=LATER),
        lambda: circulars.circular_edit(
            circular=circular, opening="新的", closing="", actor=express, now=LATER
        ),
    ):
        with pytest.raises(Refused):
            verb()
    assert not Bulletin.objects.exists()


def test_whoever_chose_or_stands_in_it_does_not_sign(unit, chen, officer, head, express, express_head):
    circular = _chosen(unit, chen, officer, head, express, express_head)
    for actor in (express, officer):
        with pytest.raises(Refused):
            circulars.circular_sign(circular=circular, actor=actor, now=LATER)
    give(chen.user, Role.EXPRESS_HEAD)
    with pytest.raises(Refused):
        circulars.circular_sign(circular=circular, actor=chen.user, now=LATER)
    assert circulars.circular_sign(circular=circular, actor=express_head, now=LATER).is_signed


def test_an_altered_circular_is_noticed(unit, chen, officer, head, express, express_head):
    circular = _chosen(unit, chen, officer, head, express, express_head)
    circulars.circular_sign(circular=circular, actor=express_head, now=LATER)
    content = Circular.objects.get().content
    content["people"][0]["name"] = "别人"
    Circular.objects.update(content=content)
    with pytest.raises(circulars.Changed):
        circulars.content_of(Circular.objects.get())


def test_an_empty_circular_is_neither_drafted_nor_signed(unit, chen, officer, head, express, express_head):
    decided(unit, officer, head, express_head)
    with pytest.raises(Refused):
        circulars.circular_draft(year=2026, actor=express, now=LATER)
    commending.commend(row=result_of(chen), reason="好", actor=express, now=LATER)
    circular = circulars.circular_draft(year=2026, actor=express, now=LATER)
    commending.commend_undo(row=result_of(chen), actor=express, now=LATER)
    assert len(circulars.content_of(circular).opening) == 1
    with pytest.raises(Refused):
        circulars.circular_sign(circular=circular, actor=express_head, now=LATER)
    assert not BulletinCounter.objects.filter(last__gt=0).exists()


def test_nobody_is_signed_for_whose_grade_is_looked_at_again(
    unit, chen, officer, head, express, express_head
):
    circular = _chosen(unit, chen, officer, head, express, express_head)
    AnnualResult.objects.filter(cadre=chen).update(changed_at=LATER)
    with pytest.raises(Refused, match="陈砚"):
        circulars.circular_sign(circular=circular, actor=express_head, now=LATER)


@pytest.mark.parametrize("who", ["self", "kin", "unit"])
def test_nobody_takes_back_a_commendation_of_their_own(unit, chen, officer, head, express, express_head, who):
    decided(unit, officer, head, express_head)
    UnitResult.objects.update(among_least=True)
    row = year_of(unit) if who == "unit" else result_of(chen)
    commending.commend(row=row, reason="好", actor=express, now=LATER)
    actor = make_user("kin") if who == "kin" else chen.user
    if who == "kin":
        Interest.objects.create(user=actor, cadre=chen, reason="亲属", declared_at=GRADING)
    give(actor, Role.EXPRESS_STAFF)
    with pytest.raises(Refused):
        commending.commend_undo(row=row, actor=actor, now=LATER)
    row.refresh_from_db()
    assert row.commended_by == express


def test_what_is_edited_stays_and_the_rest_follows_the_figures(
    unit, chen, officer, head, express, express_head
):
    circular = _chosen(unit, chen, officer, head, express, express_head)
    facts = circulars.edit_facts(circular)
    circular = circulars.circular_edit(
        circular=circular, opening="一段\n\n二段", closing=facts["closing"], actor=express, now=LATER
    )
    assert (circular.opening, circular.closing) == ("一段\n二段", "")
    assert circulars.content_of(circular).opening == ("一段", "二段")


def test_more_is_approved_by_others_than_decide_and_not_afterwards(
    unit, chen, officer, head, express, express_head
):
    row = published(unit, officer, head)
    row = grading.quota_approve(unit_result=row, reason="创建先进", actor=express_head, now=GRADING)
    with pytest.raises(Refused):
        grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    UnitResult.objects.update(more_excellent_by=None, more_excellent_reason="")
    row = grading.year_decide(unit_result=year_of(unit), actor=express_head, now=DECIDING)
    with pytest.raises(Refused):
        grading.quota_approve(unit_result=row, reason="创建先进", actor=express, now=LATER)


def test_a_notice_is_not_backdated_into_the_days_for_a_review(unit, chen, officer, head, express_head):
    decided(unit, officer, head, express_head)
    fields = {"day": DECIDING.date(), "receipt": "signed", "actor": officer}
    with pytest.raises(Refused) as refused:
        grading.notice_hand_over(result=result_of(chen), now=at(date(2027, 1, 20), time(9)), **fields)
    assert refused.value.field == "day"
    assert grading.notice_hand_over(result=result_of(chen), now=at(date(2027, 1, 19), time(9)), **fields)


@pytest.fixture
def named(unit, chen, lin, officer, head, express, express_head):
    """Chen stands in a circular that is signed."""
    circular = _chosen(unit, chen, officer, head, express, express_head)
    return circulars.circular_sign(circular=circular, actor=express_head, now=LATER)


def test_whoever_falls_out_after_the_signing_is_not_taken_off_the_record(named, unit, chen):
    measured(chen, day=date(2026, 12, 20))
    computed(LATER)
    fallen = result_of(chen)
    assert (fallen.commended_reason, fallen.commendation_lapsed_at) == ("好", LATER)
    assert circulars.lapsed(2026) == [fallen]
    assert AuditEntry.objects.filter(verb="year_commendation_lapsed").count() == 1
    assert "好" in year_words.commendation_words(fallen) != "好"
    assert [one.name for one in circulars.content_of(named).people] == ["陈砚"]


def test_whoever_is_first_in_line_again_is_commended_as_before(named, unit, chen, express_head):
    sanction = measured(chen, day=date(2026, 12, 20))
    computed(LATER)
    Sanction.objects.filter(pk=sanction.pk).update(
        state="set_aside", set_aside_at=LATER, set_aside_by=express_head, set_aside_reason="不实"
    )
    computed(LATER)
    assert result_of(chen).commendation_lapsed_at is None
    assert year_words.commendation_words(result_of(chen)) == "好"
    assert not circulars.lapsed(2026)


def test_a_worse_grade_after_the_signing_stands_beside_the_circular(named, unit, chen, express_head):
    AnnualResult.objects.filter(cadre=chen).update(changed_at=LATER)
    grading.regrade(result_of(chen), Entered("basic", reason="复核"), actor=express_head, now=LATER)
    assert (result_of(chen).commended_reason, result_of(chen).commendation_lapsed_at) == ("好", LATER)


def test_a_unit_that_falls_out_keeps_what_the_circular_says_of_it(named, unit, express):
    UnitResult.objects.filter(unit=unit).update(
        among_least=True, commended_by=express, commended_reason="好", content_hash=""
    )
    measured(None, "caution", unit=unit)
    computed(LATER)
    row = year_of(unit)
    assert (row.among_least, row.commended_by, row.commendation_lapsed_at) == (False, express, LATER)


# --- What changes of a unit, and who is graded elsewhere --------------------------------------------------------------


def test_figures_of_a_decided_unit_are_kept_as_they_were(unit, chen, lin, officer, head, express_head):
    decided(unit, officer, head, express_head)
    computed(LATER)
    assert not YearCorrection.objects.exists()
    _with_a_point(chen)
    computed(LATER)
    (kept,) = year_of(unit).corrections.all()
    found = [side["figures"]["people_half_points"] for side in (kept.before, kept.after)]
    assert found == [0, result_of(chen).figures["half_points"]]
    assert year_words.unit_corrections(year_of(unit))[0]["lines"]


def test_before_the_decision_figures_of_a_unit_change_without_a_correction(unit, chen, officer, head):
    published(unit, officer, head)
    _with_a_point(chen)
    computed(LATER)
    assert not YearCorrection.objects.exists()


@pytest.fixture
def elsewhere(unit, other_unit, zhou):
    """Zhou's unit is managed from above: nobody here grades them."""
    type(other_unit).objects.filter(pk=other_unit.pk).update(vertically_managed=True)
    measured(zhou, "caution")
    computed()
    return result_of(zhou)


def test_whoever_is_graded_elsewhere_is_recommended_once_the_year_is_over(
    elsewhere, zhou, express, other_officer
):
    fields = {"result": elsewhere, "receipt": "signed"}
    with pytest.raises(Refused):
        grading.notice_hand_over(day=GRADING.date(), actor=express, now=GRADING, **fields)
    with pytest.raises(Refused):
        grading.notice_hand_over(day=LATER.date(), actor=other_officer, now=LATER, **fields)
    paper = year_notices.annual_notice(elsewhere)
    assert (paper.superior, paper.grade, paper.ceiling) == (
        f"{elsewhere.unit.name}上级主管部门",
        "",
        "competent",
    )
    assert paper.decided_on == date(2027, 1, 1)
    found = grading.notice_hand_over(day=LATER.date(), actor=express, now=LATER, **fields)
    assert found.notified_on == LATER.date()
    assert not Notice.objects.filter(kind="my_year_handed_over").exists()
    assert not reviewing.right(result_of(zhou), "review").is_decided


def test_other_figures_ask_for_another_recommendation(elsewhere, zhou, express):
    grading.notice_hand_over(result=elsewhere, day=LATER.date(), receipt="signed", actor=express, now=LATER)
    measured(zhou, "criticism", date(2026, 12, 1))
    computed(LATER)
    assert result_of(zhou).notified_on == LATER.date()
    measured(zhou, "caution", date(2026, 12, 2))
    computed(LATER)
    assert (result_of(zhou).notified_on, result_of(zhou).changed_at) == (None, None)
    assert result_of(zhou).corrections.count() == 2
    # No annual result was put right: there is none.
    assert _years_corrected(LATER.date().replace(day=1)) == 0


def test_a_recommendation_keeps_its_day_once_it_is_handed_over(elsewhere, zhou, express):
    grading.notice_hand_over(result=elsewhere, day=LATER.date(), receipt="signed", actor=express, now=LATER)
    measured(zhou, "criticism", date(2026, 12, 1))
    computed(at(date(2027, 2, 1), time(9)))
    assert dated(result_of(zhou)) <= LATER.date()


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["no locks", "locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


@pytest.mark.django_db(transaction=True)
def test_of_two_deciders_at_once_one_decides(right, unit, chen, officer, head, express_head, monkeypatch):
    other = make_user("other_head", "舒平")
    give(other, Role.EXPRESS_HEAD)
    row = published(unit, officer, head)

    def deciding(actor):
        return lambda: grading.year_decide(unit_result=row, actor=actor, now=DECIDING)

    with meeting(monkeypatch, grading, "decision_refusal", 2, right):
        outcomes = at_once(deciding(express_head), deciding(other))
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert (kinds == {UnitResult: 1, Refused: 1}) is right, outcomes
    assert year_of(unit).state == "decided"


@pytest.mark.django_db(transaction=True)
def test_a_double_click_proposes_once(unit, chen, officer):
    computed()
    graded(unit, officer)

    def proposing():
        return grading.year_propose(unit_result=year_of(unit), actor=officer, now=GRADING)

    outcomes = at_once(proposing, proposing)
    assert {type(outcome) for outcome in outcomes} == {UnitResult}, outcomes
    assert AuditEntry.objects.filter(verb="year_proposed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_computing_takes_no_commendation_back_that_is_given_meanwhile(
    right, unit, chen, lin, officer, head, express, express_head, monkeypatch
):
    decided(unit, officer, head, express_head)
    _with_a_point(lin)

    def computing():
        return years.year_appraise(year=building.YEAR, now=LATER)

    def commending_chen():
        return commending.commend(row=result_of(chen), reason="好", actor=express, now=LATER)

    outcomes = at_once(computing, commending_chen)
    assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Refused)], (
        outcomes
    )
    assert result_of(chen).commended_by == express
