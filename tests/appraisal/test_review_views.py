"""The pages of reviews: one's own, the unit's, the city's."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from appraisal.models import Grade, Review, ReviewState, Sanction
from appraisal.words import review as review_words
from common import notices
from common.models import Notice
from tests.appraisal.ledgers import stands
from tests.appraisal.objecting import OBJECTING, drafted, published
from tests.appraisal.reviewing import (
    ASKING,
    answered,
    appealed,
    asked,
    graded,
    in_days,
    reviewer,
    second_reviewer,
)
from tests.appraisal.sanctioning import decided, proposed, served
from tests.cast import crowd, make_cadre, signed_in

pytestmark = pytest.mark.django_db
DAY = date(2027, 1, 18)
ASK = "<textarea"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: ASKING)


def new(sanction) -> str:
    return reverse("my_sanction_review", args=[sanction.pk])


def enter(sanction) -> str:
    return reverse("sanction_review", args=[sanction.pk])


def page_of(review) -> str:
    return reverse("review", args=[review.pk])


def html(response) -> str:
    return response.content.decode()


# --- One's own --------------------------------------------------------------------------------------------------------


def test_a_cadre_asks_reads_the_answer_and_appeals(unit, chen, express):
    sanction = served(chen, "caution", day=DAY)
    client = signed_in(chen.user)
    own_page = reverse("my_sanction", args=[sanction.pk])
    assert new(sanction) in html(client.get(own_page))
    shown = html(client.get(new(sanction)))
    assert "2月17日" in shown
    assert "事实清楚" in shown
    response = client.post(new(sanction), {"text": "当日参加市里会议"})
    review = Review.objects.get()
    mine = reverse("my_review", args=[review.pk])
    assert response.headers["Location"] == mine
    # The second press of the button finds the first.
    assert client.post(new(sanction), {"text": "当日参加市里会议"}).headers["Location"] == mine
    assert mine in html(client.get(own_page))
    assert "当日参加市里会议" in html(client.get(mine))
    assert new(sanction) not in html(client.get(mine))
    answered(review, actor=express)
    decided_page = html(client.get(mine))
    assert "签到表属实" in decided_page
    assert new(sanction) in decided_page
    response = client.post(new(sanction), {"text": "复核没有采信签到表"})
    appeal = Review.objects.get(stage="appeal")
    assert response.headers["Location"] == reverse("my_review", args=[appeal.pk])
    listed = html(client.get(reverse("my_reviews")))
    assert listed.index(response.headers["Location"]) < listed.index(mine)


def test_the_answer_says_which_of_the_two_happened(unit, office, chen, express):
    crowd(office, 4, cards=False)
    with translation.override("en"):
        both = str(ReviewState.REVISED.label)
        measure = asked(served(chen, "caution", day=DAY))
        year = asked(graded(chen, "basic"))
        answered(measure, revise=True, actor=express)
        answered(year, revise=True, grade="competent", actor=express)
        shown = [
            review_words.view(Review.objects.get(pk=row.pk), ASKING.date()).state for row in (measure, year)
        ]
        assert both not in shown
        assert shown[0] != shown[1]
        assert str(Grade.COMPETENT.label) in shown[1]
        kept = Notice.objects.filter(kind="my_review_decided", user=chen.user).order_by("pk")
        for notice, words in zip(kept, shown, strict=True):
            assert words in notices.in_words(notice).text


def test_without_words_the_form_comes_back(unit, chen):
    response = signed_in(chen.user).post(new(served(chen, "caution", day=DAY)), {"text": "  "})
    assert response.status_code == 422
    assert ASK in html(response)
    assert not Review.objects.exists()


def test_after_the_last_day_the_page_says_so_and_has_no_form(unit, chen, monkeypatch):
    sanction = served(chen, "caution", day=DAY)
    monkeypatch.setattr(timezone, "now", lambda: in_days(sanction, 31))
    client = signed_in(chen.user)
    shown = html(client.get(new(sanction)))
    assert "2月17日" in shown
    assert ASK not in shown
    assert new(sanction) not in html(client.get(reverse("my_sanction", args=[sanction.pk])))
    response = client.post(new(sanction), {"text": "晚了一天"})
    assert response.status_code == 422
    assert "2月17日" in html(response)


def test_of_a_proposal_nothing_can_be_asked(unit, chen):
    sanction = proposed(chen, "caution", day=DAY)
    client = signed_in(chen.user)
    assert new(sanction) not in html(client.get(reverse("my_sanction", args=[sanction.pk])))
    assert ASK not in html(client.get(new(sanction)))


def test_others_decisions_and_reviews_are_not_found(unit, office, chen, lin, zhou, other_officer):
    crowd(office, 3, cards=False)
    sanction, result = served(chen, "caution", day=DAY), graded(chen, "basic")
    review = asked(sanction)
    for user in (lin.user, zhou.user):
        client = signed_in(user)
        assert client.get(new(sanction)).status_code == 404
        assert client.get(reverse("my_review", args=[review.pk])).status_code == 404
    client = signed_in(other_officer)
    for address in (
        page_of(review),
        enter(sanction),
        reverse("result_review", args=[result.pk]),
        reverse("review_withdraw", args=[review.pk]),
    ):
        assert client.get(address).status_code == 404
    assert client.get(reverse("review", args=[10**9])).status_code == 404
    assert signed_in(chen.user).get(reverse("my_year_review", args=[1999])).status_code == 404


def test_a_cadre_asks_about_their_year(unit, office, chen):
    crowd(office, 4, cards=False)
    graded(chen, "basic")
    client, address = signed_in(chen.user), reverse("my_year_review", args=[2026])
    assert address in html(client.get(reverse("my_year", args=[2026])))
    assert "综合全年表现" in html(client.get(address))
    assert client.post(address, {"text": "全年无扣分"}).status_code == 302
    assert Review.objects.get().result.cadre == chen


def test_whoever_made_it_takes_it_back_after_a_question(unit, chen):
    review = asked(served(chen, "caution", day=DAY))
    client, address = signed_in(chen.user), reverse("review_withdraw", args=[review.pk])
    assert address in html(client.get(reverse("my_review", args=[review.pk])))
    assert client.get(address).status_code == 200
    assert Review.objects.get().state == "open"
    response = client.post(address)
    assert response.headers["Location"] == reverse("my_review", args=[review.pk])
    assert Review.objects.get().state == "withdrawn"
    assert client.get(response.headers["Location"]).status_code == 200


# --- What can be reviewed ---------------------------------------------------------------------------------------------


def test_the_table_of_rights_has_ones_own_dates(unit, office, chen, lin):
    crowd(office, 3, cards=False)
    provisional = stands(chen, date(2027, 1, 22), state="provisional", defence_until=date(2027, 1, 27))
    waiting = proposed(chen, "admonishment", day=date(2027, 1, 22))
    sanction = served(chen, "caution", day=DAY)
    graded(chen, "basic")
    fallen = served(chen, "criticism", day=date(2027, 1, 19))
    answered(asked(fallen))
    theirs = served(lin, "caution", day=DAY)
    shown = html(signed_in(chen.user).get(reverse("my_rights")))
    addresses = [
        reverse("my_finding", args=[provisional.pk]),
        reverse("my_sanction", args=[waiting.pk]),
        new(sanction),
        reverse("my_year_review", args=[2026]),
        new(fallen),
    ]
    assert [address for address in addresses if address not in shown] == []
    assert new(theirs) not in shown
    assert "1月27日" in shown
    assert "2月17日" in shown


def test_a_month_that_is_published_stands_in_it(unit, chen, monkeypatch):
    drafted(chen, 3)
    published(unit)
    monkeypatch.setattr(timezone, "now", lambda: OBJECTING)
    shown = html(signed_in(chen.user).get(reverse("my_rights")))
    assert reverse("my_month", args=["2026-11"]) in shown
    assert "12月14日" in shown


def test_it_costs_as_many_queries_for_one_as_for_three(unit, chen):
    client, numbers = signed_in(chen.user), []
    for count in (1, 2):
        for _each in range(count):
            served(chen, "caution", day=DAY - timedelta(days=Sanction.objects.count()))
        client.get(reverse("my_rights"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("my_rights")).status_code == 200
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# --- The unit ---------------------------------------------------------------------------------------------------------


def test_the_officer_enters_what_was_handed_in_on_paper(unit, office, officer):
    sanction = served(make_cadre(office, "柳无号"), "caution", day=DAY)
    client = signed_in(officer)
    assert enter(sanction) in html(client.get(reverse("sanction", args=[sanction.pk])))
    assert 'type="date"' in html(client.get(enter(sanction)))
    assert client.post(enter(sanction), {"text": "照抄", "paper_on": ""}).status_code == 422
    response = client.post(enter(sanction), {"text": "照抄", "paper_on": "2027-01-22"})
    review = Review.objects.get()
    assert response.headers["Location"] == page_of(review)
    assert "1月22日" in html(client.get(page_of(review)))
    assert reverse("review_decide", args=[review.pk]) not in html(client.get(page_of(review)))


def test_the_officer_enters_nothing_for_somebody_with_an_account(unit, chen, officer):
    sanction = served(chen, "caution", day=DAY)
    client = signed_in(officer)
    assert ASK not in html(client.get(enter(sanction)))
    assert client.post(enter(sanction), {"text": "代写", "paper_on": "2027-01-22"}).status_code == 422
    assert not Review.objects.exists()


def test_the_head_asks_for_the_unit_and_appeals(unit, head, express):
    sanction = served(None, "criticism", unit=unit, day=DAY)
    client = signed_in(head)
    response = client.post(enter(sanction), {"text": "当日停电，已报备"})
    review = Review.objects.get()
    assert response.headers["Location"] == page_of(review)
    answered(review, actor=express)
    assert enter(sanction) in html(client.get(page_of(review)))
    assert client.post(enter(sanction), {"text": "仍不服"}).status_code == 302
    assert Review.objects.filter(stage="appeal").count() == 1


# --- The city ---------------------------------------------------------------------------------------------------------


def decision(**given: str) -> dict[str, str]:
    return {f"decision-{name}": value for name, value in given.items()}


def test_the_city_sets_a_measure_aside(unit, chen, express):
    sanction = served(chen, "caution", day=DAY)
    review = asked(sanction)
    client = signed_in(express)
    shown = html(client.get(page_of(review)))
    for words in ("事实清楚", "一年内多次脱岗", "当日参加市里会议"):
        assert words in shown
    address = reverse("review_decide", args=[review.pk])
    response = client.post(address, decision(decision="revise", reason=""))
    assert response.status_code == 422
    assert "checked" in html(response)
    assert Review.objects.get().state == "open"
    assert client.post(address, decision(decision="revise", reason="签到表属实")).status_code == 302
    assert Sanction.objects.get().state == "set_aside"
    assert "签到表属实" in html(client.get(page_of(review)))


def test_whoever_may_not_decide_sees_who_does_and_has_no_form(unit, chen, express, express_head):
    sanction = served(chen, "caution", day=DAY, actor=express_head)
    review = asked(sanction)
    client = signed_in(express_head)
    assert reverse("review_decide", args=[review.pk]) not in html(client.get(page_of(review)))
    address = reverse("review_decide", args=[review.pk])
    assert client.post(address, decision(decision="uphold", reason="维持")).status_code == 422
    assert Review.objects.get().state == "open"


def test_somebody_was_faster(unit, chen, express):
    review = asked(served(chen, "caution", day=DAY))
    answered(review, actor=reviewer())
    address = reverse("review_decide", args=[review.pk])
    response = signed_in(express).post(address, decision(decision="revise", reason="应撤销"))
    assert response.status_code == 422
    assert str(reviewer()) in html(response)


def test_only_better_grades_are_offered_and_one_is_given(unit, office, chen, express):
    crowd(office, 4, cards=False)
    served(chen, "admonishment", day=date(2026, 12, 7))
    review = asked(graded(chen, "basic"))
    client = signed_in(express)
    shown = html(client.get(page_of(review)))
    assert 'value="competent"' in shown
    assert 'value="excellent"' not in shown
    assert 'value="incompetent"' not in shown
    address = reverse("review_decide", args=[review.pk])
    assert client.post(address, decision(decision="revise", reason="材料属实")).status_code == 422
    given = decision(decision="revise", grade="competent", reason="材料属实")
    assert client.post(address, given).status_code == 302
    assert Review.objects.get().result.grade == "competent"


def test_where_no_better_grade_is_left_none_is_asked_for(unit, office, chen, express):
    review = asked(graded(chen, "competent"))
    # The one 优秀 of so few is none.
    form = signed_in(express).get(page_of(review)).context["form"]
    assert "grade" not in form.fields
    assert [choice for choice, _label in form.fields["decision"].choices] == ["uphold", "revise"]


def test_the_outcome_of_an_appeal_is_entered_with_its_document(unit, chen):
    sanction = served(chen, "caution", day=DAY)
    answered(asked(sanction))
    appeal = appealed(sanction)
    client, address = signed_in(second_reviewer()), reverse("appeal_enter", args=[appeal.pk])
    assert address in html(client.get(page_of(appeal)))
    assert address not in html(signed_in(reviewer()).get(page_of(appeal)))
    given = decision(decision="revise", reason="依据不足", authority="市委组织部", document="")
    assert client.post(address, given).status_code == 422
    given["decision-document"] = "龙组复〔2027〕3号"
    assert client.post(address, given).status_code == 302
    assert "龙组复〔2027〕3号" in html(client.get(page_of(appeal)))
    assert Sanction.objects.get().state == "set_aside"


def test_what_was_never_served_can_be_asked_about(unit, chen):
    sanction = decided(chen, "caution", day=DAY)
    client = signed_in(chen.user)
    assert ASK in html(client.get(new(sanction)))


def test_the_list_shows_what_waits_first_and_is_cut_to_the_unit(
    unit, other_unit, chen, lin, zhou, express, officer
):
    first = asked(served(chen, "caution", day=DAY))
    other = asked(served(zhou, "caution", day=DAY))
    done = answered(asked(served(lin, "caution", day=DAY)))
    shown = html(signed_in(express).get(reverse("reviews")))
    places = [shown.index(f'"{page_of(one)}"') for one in (first, other, done)]
    assert max(places[:2]) < places[2]
    of_unit = html(signed_in(officer).get(reverse("reviews")))
    assert page_of(first) in of_unit
    assert page_of(other) not in of_unit
    waiting = html(signed_in(express).get(f"{reverse('reviews')}?state=waits"))
    assert page_of(first) in waiting
    assert page_of(done) not in waiting


def test_the_list_costs_as_many_queries_for_one_as_for_three(unit, chen, lin, wei, express):
    client, numbers = signed_in(express), []
    for people in ([chen], [lin, wei]):
        for cadre in people:
            asked(served(cadre, "caution", day=DAY))
        client.get(reverse("reviews"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("reviews")).status_code == 200
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_the_landing_page_of_the_express_says_that_something_waits(unit, chen, express):
    client, waiting = signed_in(express), f"{reverse('reviews')}?state=waits"
    assert waiting not in html(client.get(reverse("desk")))
    asked(served(chen, "caution", day=DAY))
    assert waiting in html(client.get(reverse("desk")))
