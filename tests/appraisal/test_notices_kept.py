"""The notices of a year say for ever what they said: whatever figures, settings and names have become since."""

import re
from datetime import date

import pytest
from django.utils import timezone

from appraisal import graded, reviewing, year_notices
from appraisal.models import AnnualResult, Review, Stage, UnitResult, YearSettings
from appraisal.services import grading, reviews
from appraisal.services.grading import Entered
from appraisal.turns import year as turns
from cards.models import Cadre
from common.problems import Refused
from tests.appraisal.grading import DECIDING, GRADING, LATER, computed, decided, measured, result_of, year_of
from tests.appraisal.ledgers import begins, draft, stands
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit_decided(unit, chen, lin, officer, head, express_head) -> UnitResult:
    return decided(unit, officer, head, express_head)


def handed_over(cadre, officer):
    return grading.notice_hand_over(
        result=result_of(cadre), day=DECIDING.date(), receipt="signed", actor=officer, now=DECIDING
    )


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def cautioned(cadre) -> None:
    for day in (19, 20):
        measured(cadre, "caution", date(2026, 12, day))
    computed(LATER)


def test_a_notice_stays_what_was_decided(unit_decided, chen, lin, officer):
    handed_over(chen, officer)
    before = year_notices.annual_notice(result_of(chen))
    begins()
    stands(chen, date(2026, 11, 3))
    draft(chen.unit)
    computed(LATER)
    YearSettings.objects.update(review_days=60, review_answer_days=60, appeal_days=30)
    Cadre.objects.filter(pk=chen.pk).update(name="陈改名")
    assert result_of(chen).figures["half_points"] > before.figures.half_points
    assert year_notices.annual_notice(result_of(chen)) == before
    assert year_notices.annual_notice(result_of(lin)).decided_on == DECIDING.date()


def test_a_review_is_asked_and_answered_in_the_days_it_names(unit_decided, chen, officer):
    handed_over(chen, officer)
    until = reviewing.right(result_of(chen), Stage.REVIEW).until
    YearSettings.objects.update(review_days=60, review_answer_days=60)
    assert reviewing.right(result_of(chen), Stage.REVIEW).until == until
    review = reviews.review_ask(about=result_of(chen), text="不服", actor=chen.user, now=LATER)
    assert (review.due_on - LATER.date()).days < 40


def test_what_is_to_be_looked_at_again_is_not_handed_over(unit_decided, chen, officer, express_head):
    cautioned(chen)
    paper = year_notices.annual_notice(result_of(chen))
    assert (paper.grade, paper.codes, paper.barred_until) == ("competent", ("YEAR-3",), None)
    with pytest.raises(Refused):
        grading.notice_hand_over(
            result=result_of(chen), day=LATER.date(), receipt="signed", actor=officer, now=LATER
        )
    wanted = Entered("incompetent", reason="两次告诫")
    grading.result_look_again(result=result_of(chen), entered=wanted, actor=express_head, now=LATER)
    paper = year_notices.annual_notice(result_of(chen))
    assert (paper.grade, paper.corrects, paper.decided_on) == ("incompetent", DECIDING.date(), LATER.date())


def test_what_nobody_has_decided_yet_bars_nobody_on_the_phone(unit_decided, chen):
    AnnualResult.objects.filter(cadre=chen).update(barred_until=date(2027, 12, 31), changed_at=LATER)
    page = signed_in(chen.user).get("/me/").content.decode()
    assert re.search(r"暂定[^<]*12月31日", page)


def test_the_public_notice_is_reprinted_as_it_hung(unit_decided, unit, chen, express_head):
    before = year_notices.public_notice(year_of(unit))
    cautioned(chen)
    wanted = Entered("incompetent", reason="两次告诫")
    grading.result_look_again(result=result_of(chen), entered=wanted, actor=express_head, now=LATER)
    assert year_notices.public_notice(year_of(unit)) == before
    assert {one.grade for one in before.grades} == {"competent"}


def test_the_quota_of_a_year_stays_what_it_was(unit_decided, unit):
    before = graded.percent_of(year_of(unit))
    YearSettings.objects.update(excellent_percent=before - 10)
    assert graded.percent_of(year_of(unit)) == before


def test_an_open_review_is_decided_before_anybody_looks_again(unit_decided, chen, officer, express_head):
    handed_over(chen, officer)
    reviews.review_ask(about=result_of(chen), text="不服", actor=chen.user, now=LATER)
    cautioned(chen)
    fields = {"entered": Entered("incompetent", reason="两次告诫"), "actor": express_head, "now": LATER}
    with pytest.raises(Refused):
        grading.result_look_again(result=result_of(chen), **fields)
    Review.objects.update(state="withdrawn", decided_at=LATER)
    assert grading.result_look_again(result=result_of(chen), **fields).grade == "incompetent"


def test_what_was_computed_stays_when_the_look_is_refused_over_it(unit_decided, chen, express_head):
    seen = "of what stood there before"
    for day in (19, 20):
        measured(chen, "caution", date(2026, 12, day))
    fields = {"result": result_of(chen), "actor": express_head, "now": LATER}
    entered = Entered("incompetent", reason="两次告诫")
    with pytest.raises(Refused):
        grading.result_look_again(entered=entered, seen=seen, **fields)
    assert result_of(chen).ceiling == "incompetent"


def test_whoever_once_entered_a_grade_has_a_hand_in_it(unit, chen, officer, head, express_head, express):
    computed()
    row = year_of(unit)
    result = result_of(chen)
    grading.grades_set(unit_result=row, grades={result.pk: Entered("competent")}, actor=officer, now=GRADING)
    grading.grades_set(
        unit_result=row, grades={result.pk: Entered("competent", reason="x")}, actor=head, now=GRADING
    )
    assert result_of(chen).graded_by == head
    unit.memberships.filter(user=officer).delete()
    assert officer.pk in turns.hands_of([row], DECIDING.date())[row.pk]
