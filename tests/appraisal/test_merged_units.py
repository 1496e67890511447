"""A unit that another one followed, and people who have gone on: who answers for what is proposed about them, and who
has too much to do with it to decide."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from appraisal.models import Sanction
from appraisal.services import sanctions as services
from appraisal.services.missed import orders_note_missed
from appraisal.services.proposing import sanctions_propose
from appraisal.turns import sanction as sanction_turns
from appraisal.turns import year as year_turns
from cards.models import Cadre
from tests.appraisal import grading as years
from tests.appraisal.rolling import LATE, ORDER_DUE, in_wave, leader, ordered
from tests.appraisal.sanctioning import decided, only_rule, proposed, served
from tests.cast import NOW, TODAY, give, make_user, signed_in

pytestmark = pytest.mark.django_db
YESTERDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def second(express_head):
    user = make_user("second", "第二主任")
    give(user, Role.EXPRESS_HEAD)
    return user


@pytest.fixture
def other_head(other_unit):
    user = make_user("other_head", "何继")
    give(user, Role.LEADING_GROUP_HEAD, unit=other_unit)
    return user


def merge(unit, successor, last_day=YESTERDAY):
    """Its roles end, and its people go along."""
    unit.memberships.update(valid_to=last_day)
    Cadre.objects.filter(unit=unit).update(unit=successor)
    unit.valid_to, unit.successor = last_day, successor
    unit.save()


# --- Who answers ------------------------------------------------------------------------------------------------------


def test_who_follows_a_merged_unit_sees_and_answers_what_is_proposed_about_it(
    unit, other_unit, head, other_officer, other_head
):
    sanction = proposed(None, "criticism", unit=unit)
    merge(unit, other_unit)
    assert services.answerable(sanction, TODAY) == {other_officer.pk, other_head.pk}
    seen = Sanction.objects.all()
    assert sanction_turns.read(seen, other_head, TODAY).answer == {sanction.pk}
    page = signed_in(other_head).get(reverse("sanction", args=[sanction.pk]))
    assert page.status_code == 200
    assert page.context["defence_form"] is not None
    services.sanction_defend(sanction=sanction, text="已整改到位", actor=other_head, now=NOW)
    assert signed_in(head).get(reverse("sanction", args=[sanction.pk])).status_code != 200


def test_who_follows_a_merged_unit_serves_its_people_and_not_itself(unit, other_unit, chen, other_officer):
    about_person = decided(chen, "caution")
    about_unit = decided(None, "criticism", unit=unit)
    merge(unit, other_unit)
    assert services.servers(about_person, TODAY) == {other_officer.pk}
    assert not services.may_serve(about_unit, other_officer, TODAY)


def test_who_follows_a_merged_unit_finds_the_way_to_a_review(unit, other_unit, other_head):
    sanction = served(None, "criticism", unit=unit)
    merge(unit, other_unit)
    page = signed_in(other_head).get(reverse("sanction", args=[sanction.pk]))
    assert reverse("sanction_review", args=[sanction.pk]) in page.content.decode()


# --- What is proposed -------------------------------------------------------------------------------------------------


def test_nothing_new_is_proposed_against_a_unit_that_has_ended(unit, other_unit, officer, supervisor):
    """Whoever led it when the day was missed answers for that all the same."""
    only_rule("ROLL-2")
    row = in_wave(unit)
    row.responsible = leader(unit)
    row.save()
    ordered(unit, supervisor)
    merge(unit, other_unit, LATE.date())
    later = LATE.replace(day=8)
    sanctions_propose(year=2026, now=later)
    assert [one.cadre for one in Sanction.objects.filter(rule="ROLL-2")] == [row.responsible]


def test_what_falls_due_after_a_unit_has_ended_is_not_missed(unit, other_unit, supervisor):
    ordered(unit, supervisor, due=ORDER_DUE)
    merge(unit, other_unit)
    assert orders_note_missed(now=LATE) == 0


# --- Who decides ------------------------------------------------------------------------------------------------------


def headed(user, unit, last=None):
    """Headed the unit, too, besides the Express."""
    give(user, Role.LEADING_GROUP_HEAD, unit=unit, last=last)


def followed(user, unit, other_unit):
    headed(user, unit)
    merge(unit, other_unit)


def follows(user, unit, other_unit):
    headed(user, other_unit)
    merge(unit, other_unit)


def headed_until_yesterday(user, unit, other_unit):
    headed(user, unit, YESTERDAY)


def heads_where_they_went(user, unit, other_unit):
    headed(user, other_unit)
    Cadre.objects.filter(unit=unit).update(unit=other_unit)


HANDS = [followed, follows, headed_until_yesterday, heads_where_they_went]


@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: hand.__name__)
def test_whoever_answered_for_the_unit_does_not_decide_a_measure(
    hand, unit, other_unit, chen, express_head, second
):
    sanction = proposed(chen, "caution")
    hand(second, unit, other_unit)
    sanction = services.whole(Sanction.objects.filter(pk=sanction.pk)).get()
    assert services.deciders(sanction, TODAY) == {express_head.pk}
    assert second.pk not in services.reviewers(sanction, TODAY)


@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: hand.__name__)
def test_whoever_answered_for_the_unit_does_not_decide_its_year(
    hand, unit, other_unit, chen, express_head, second
):
    years.computed()
    row = years.year_of(unit)
    hand(second, unit, other_unit)
    assert year_turns.deciders(row, TODAY) == {express_head.pk}


def test_whoever_led_the_unit_only_before_the_facts_decides(unit, chen, express_head, second):
    give(second, Role.LEADING_GROUP_HEAD, unit=unit, first=date(2020, 1, 1), last=date(2025, 12, 31))
    assert services.deciders(proposed(chen), TODAY) == {express_head.pk, second.pk}


def test_hands_are_asked_for_in_as_many_queries_for_many(
    unit, other_unit, chen, lin, wei, second, django_assert_max_num_queries
):
    rows = list(
        services.whole(Sanction.objects.filter(pk__in=[proposed(one).pk for one in (chen, lin, wei)]))
    )
    merge(unit, other_unit)
    with django_assert_max_num_queries(20) as one:
        services.hands_of(rows[:1], TODAY)
    with django_assert_max_num_queries(len(one)):
        services.hands_of(rows, TODAY)
