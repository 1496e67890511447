"""Who declares an interest, steps back or takes on the unit after something was written: from then on they read nothing
of it, and neither decide, review, serve, grade nor hand it over."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from appraisal import graded, reviewing
from appraisal.models import Sanction
from appraisal.rules.ladder import Counted
from appraisal.services import grading
from appraisal.services import sanctions as services
from appraisal.services.grading import Entered
from appraisal.turns import year as turns
from attendance.models import Finding
from cards.models import Cadre
from common.models import Notice
from common.problems import Refused
from complaints.models import Interest
from complaints.services import handling
from tests.appraisal import grading as year_tests
from tests.appraisal import reviewing as reviews
from tests.appraisal.ledgers import begins, draft, entry_of, stands
from tests.appraisal.sanctioning import decided, ladder_clerk, proposed, serve, served, told
from tests.cast import NOW, TODAY, crowd, give, make_cadre, make_user, signed_in
from tests.complaints.cases import LATER, accepted, drafted

pytestmark = pytest.mark.django_db
WORDS = "经核查属实的投诉"
WAYS = ("kin", "stepped back", "own unit", "leads it")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    def set_to(now):
        monkeypatch.setattr(timezone, "now", lambda: now)

    set_to(NOW)
    return set_to


@pytest.fixture
def case(chen, express, express_head):
    found = drafted(accepted(chen.unit, express, chen), outcome="substantiated")
    return handling.close(case=found, feedback="receipt", actor=express_head, now=LATER)


@pytest.fixture
def reader():
    """Of the Express, without a hand in anything."""
    user = make_user("reader", "周读者")
    give(user, Role.EXPRESS_HEAD, first=date(2020, 1, 1))
    return user


def counting(cadre, case, code="criticism") -> Sanction:
    return proposed(cadre, code, lines=(Counted("complaint", case.pk, TODAY, WORDS),))


def kin_of(user, cadre) -> None:
    Interest.objects.create(user=user, cadre=cadre, reason="亲属", declared_at=NOW)


def steps_back(user, case) -> None:
    Interest.objects.create(user=user, complaint=case, reason="回避", declared_at=NOW)


def becomes(why, user, cadre, case=None) -> None:
    if why == "kin":
        kin_of(user, cadre)
    elif why == "stepped back":
        steps_back(user, case)
    elif why == "own unit":
        give(user, Role.LEADING_GROUP_HEAD, unit=cadre.unit)
    else:
        leader = make_cadre(cadre.office, "柳领导", user=user)
        Cadre.objects.filter(pk=leader.pk).update(leads_unit=True)


def read(user, name, *args):
    return signed_in(user).get(reverse(name, args=args))


# --- Measures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", WAYS)
def test_a_measure_that_counts_a_complaint_is_kept_from_whoever_must_not_know_of_it_now(
    chen, case, reader, why
):
    sanction = counting(chen, case)
    assert read(reader, "sanction", sanction.pk).status_code == 200
    becomes(why, reader, chen, case)
    assert read(reader, "sanction", sanction.pk).status_code == 404
    assert read(reader, "sanction_pdf", sanction.pk).status_code == 404
    assert reverse("sanction", args=[sanction.pk]) not in read(reader, "sanctions").content.decode()
    assert WORDS not in read(reader, "record", chen.pk).content.decode()
    assert reader.pk not in services.deciders(sanction, TODAY)


@pytest.mark.parametrize("why", ["kin", "own unit", "leads it"])
def test_a_proposed_referral_is_kept_from_kin_and_from_whoever_answers_for_the_unit_now(chen, reader, why):
    sanction = proposed(chen, "referral")
    assert read(reader, "sanction", sanction.pk).status_code == 200
    becomes(why, reader, chen)
    assert read(reader, "sanction", sanction.pk).status_code == 404


def test_other_measures_stay_readable(chen, lin, case, reader):
    rows = [proposed(lin), proposed(None, "criticism", unit=chen.unit), proposed(chen, "caution")]
    steps_back(reader, case)
    assert [read(reader, "sanction", row.pk).status_code for row in rows] == [200, 200, 200]


def test_the_units_officer_still_reads_of_its_people(chen, case, officer):
    assert read(officer, "sanction", counting(chen, case).pk).status_code == 200


def test_kin_are_shown_no_measure_beside_the_silence_of_a_record(chen, reader):
    url = reverse("sanction", args=[served(chen, "caution").pk])
    assert url in read(reader, "record", chen.pk).content.decode()
    kin_of(reader, chen)
    assert url not in read(reader, "record", chen.pk).content.decode()


# --- Entries ----------------------------------------------------------------------------------------------------------


def test_an_entry_of_a_case_is_kept_from_whoever_is_kept_out_of_its_finding(chen, reader, clock):
    begins()
    entry_of_case = stands(chen, date(2026, 11, 3))
    draft(chen.unit)
    entry = entry_of(entry_of_case)
    year_tests.computed()
    clock(year_tests.GRADING)
    args = (entry.unit.code, f"{entry.month:%Y-%m}", entry.sequence)
    year = ("unit_year_result", 2026, chen.unit.code, year_tests.result_of(chen).pk)
    url = reverse("entry", args=args)
    assert url in read(reader, *year).content.decode()
    Finding.objects.filter(pk=entry_of_case.pk).update(kept_out=f",{reader.pk},")
    assert url not in read(reader, *year).content.decode()
    assert [read(reader, name, *args).status_code for name in ("entry", "entry_print")] == [404, 404]
    assert read(chen.user, "my_entry", args[0], args[2]).status_code == 200


# --- Reviews ----------------------------------------------------------------------------------------------------------


def test_a_review_of_kins_measure_or_year_is_not_there(chen, office, reader, clock):
    crowd(office, 4, cards=False)
    measure = reviews.asked(served(chen, "caution", day=date(2027, 1, 18)))
    year = reviews.asked(reviews.graded(chen, "basic"))
    clock(reviews.ASKING)
    pages = [("review", measure.pk), ("review", year.pk)]
    assert [read(reader, *page).status_code for page in pages] == [200, 200]
    kin_of(reader, chen)
    assert [read(reader, *page).status_code for page in pages] == [404, 404]
    listed = read(reader, "reviews").content.decode()
    assert all(reverse(*page[:1], args=page[1:]) not in listed for page in pages)
    assert reader.pk not in reviewing.deciders_now(year, reviews.ASKING.date())


def test_the_review_of_a_year_says_nothing_of_what_the_reader_is_not_told(chen, office, case, reader, clock):
    crowd(office, 4, cards=False)
    year_tests.measured(chen)
    review = reviews.asked(reviews.graded(chen, "basic"))
    clock(reviews.ASKING)
    traces = ("YEAR-1", review.text, 'class="chain"', "综合全年表现", "<textarea")
    told_of = read(reader, "review", review.pk).content.decode()
    assert [trace for trace in traces if trace in told_of] == [
        trace for trace in traces if trace != 'class="chain"'
    ]
    steps_back(reader, case)
    shown = read(reader, "review", review.pk)
    assert shown.status_code == 200
    assert [trace for trace in traces if trace in shown.content.decode()] == []
    asking = read(reader, "result_review", review.result_id)
    assert asking.status_code == 302
    pairs = dict(shown.context["ground"].pairs)
    assert len(pairs) == 6
    assert review.text in read(chen.user, "my_review", review.pk).content.decode()


def test_whoever_stepped_back_from_a_counted_complaint_decides_no_review_of_the_year(
    chen, office, case, reader
):
    crowd(office, 4, cards=False)
    review = reviews.asked(reviews.graded(chen, "basic"))
    today = reviews.ASKING.date()
    assert reader.pk in reviewing.deciders_now(review, today)
    steps_back(reader, case)
    assert reader.pk not in reviewing.deciders_now(review, today)


def test_whoever_handled_or_closed_a_counted_complaint_reviews_only_where_nobody_else_may(
    chen, office, case, express, express_head
):
    crowd(office, 4, cards=False)
    review = reviews.asked(reviews.graded(chen, "basic"))
    today = reviews.ASKING.date()
    assert reviewing.deciders_now(review, today) == {express.pk, express_head.pk}
    free = reviews.reviewer()
    assert reviewing.deciders_now(review, today) == {free.pk}


# --- The year ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["stepped back", "kept out"])
def test_nobody_looks_again_at_what_they_are_not_told(
    unit, chen, lin, case, officer, head, express_head, reader, clock, why
):
    year_tests.decided(unit, officer, head, express_head)
    measure = year_tests.measured(chen, day=date(2026, 12, 20))
    if why == "kept out":
        Sanction.objects.filter(pk=measure.pk).update(kept_out=f",{reader.pk},")
    else:
        steps_back(reader, case)
    clock(year_tests.LATER)
    year_tests.computed(year_tests.LATER)
    changed = year_tests.result_of(chen)
    told_of = Notice.objects.filter(kind="year_to_look_again").values_list("user", flat=True)
    assert set(told_of) == {express_head.pk}
    args = [2026, unit.code, changed.pk]
    url = reverse("unit_year_look_again", args=args)
    desk = reverse("year", args=[2026])
    for user, may in ((express_head, True), (reader, False)):
        assert (url in read(user, "unit_year_result", *args).content.decode()) is may
        assert (f'href="{desk}"' in read(user, "desk").content.decode()) is may
    wanted = Entered("competent", reason="仍符合")
    with pytest.raises(Refused):
        grading.result_look_again(result=changed, entered=wanted, actor=reader, now=year_tests.LATER)
    found = grading.result_look_again(
        result=changed, entered=wanted, actor=express_head, now=year_tests.LATER
    )
    assert found.changed_at is None


def test_whom_many_results_are_looked_at_by_is_asked_in_as_many_queries(
    unit, chen, lin, django_assert_num_queries
):
    year_tests.computed()
    rows = graded.results_of(year_tests.year_of(unit))
    assert len(rows) > 1
    for some in (rows[:1], rows):
        with django_assert_num_queries(13):
            turns.deciders_again(some, TODAY)


# --- What kin do not do -----------------------------------------------------------------------------------------------


def test_kin_neither_tell_nor_serve(office, officer, reader):
    cadre = make_cadre(office, "柳无号")
    sanction = proposed(cadre)
    for user in (officer, reader):
        kin_of(user, cadre)
        assert not services.may_serve(sanction, user, TODAY)
        with pytest.raises(Refused):
            told(sanction, actor=user)
    decided_one = decided(make_cadre(office, "江无号"))
    kin_of(officer, decided_one.cadre)
    with pytest.raises(Refused):
        serve(decided_one, actor=officer)
    assert serve(decided_one, actor=ladder_clerk()).served_on


def test_whoever_stepped_back_from_a_counted_complaint_does_not_serve(chen, case, reader):
    sanction = counting(chen, case)
    assert services.may_serve(sanction, reader, TODAY)
    steps_back(reader, case)
    assert not services.may_serve(sanction, reader, TODAY)


def test_kin_neither_grade_nor_hand_over(unit, chen, lin, officer, head, express_head):
    kin_of(officer, lin)
    year_tests.computed()
    with pytest.raises(Refused):
        year_tests.enter(unit, officer, {lin: year_tests.COMPETENT})
    year_tests.enter(unit, officer, {chen: year_tests.COMPETENT})
    year_tests.enter(unit, head, {lin: year_tests.COMPETENT})
    row = grading.year_propose(unit_result=year_tests.year_of(unit), actor=officer, now=year_tests.GRADING)
    row = grading.year_publish(unit_result=row, actor=head, now=year_tests.GRADING)
    grading.year_decide(unit_result=row, actor=express_head, now=year_tests.DECIDING)
    for cadre, may in ((chen, True), (lin, False)):
        result = year_tests.result_of(cadre)
        assert grading.may_hand_over(result, officer, year_tests.DECIDING.date()) is may
        assert grading.may_hand_over(result, head, year_tests.DECIDING.date())
