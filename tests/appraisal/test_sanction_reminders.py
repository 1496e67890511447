"""Whoever may decide a proposal of the ladder hears of it once nobody waits any more."""

from datetime import date, timedelta

import pytest

from appraisal import tasks
from appraisal.services import sanctions
from appraisal.services.sanction_reminders import sanctions_remind
from common.models import Notice
from common.rules import local
from tests.appraisal.sanctioning import defended, ladder_head, morning, proposed

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


def test_whoever_may_decide_hears_once_that_the_days_are_over(unit, chen, lin, express_head):
    ladder_head()
    silent = proposed(chen, day=DAY)
    # Of a statement they have heard, of a referral there is none.
    defended(proposed(lin, day=DAY))
    proposed(chen, "referral", day=DAY)
    last = morning(silent.defence_until)
    assert sanctions_remind(now=last) == 0
    after = last + timedelta(days=1)
    number = sanctions_remind(now=after)
    told = Notice.objects.filter(kind="sanction_ripe")
    assert {notice.params["sanction"] for notice in told} == {silent.pk}
    assert set(told.values_list("user", flat=True)) == sanctions.deciders(silent, local(after).date())
    assert number == told.count() > 0
    assert sanctions_remind(now=after + timedelta(hours=1)) == 0


def test_it_comes_with_the_nights_proposals(unit, chen, express_head, monkeypatch):
    silent = proposed(chen, day=DAY)
    monkeypatch.setattr(tasks.timezone, "now", lambda: morning(silent.defence_until) + timedelta(days=1))
    tasks.propose_sanctions()
    assert Notice.objects.filter(kind="sanction_ripe", user=express_head).count() == 1
