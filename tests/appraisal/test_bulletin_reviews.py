"""What a month's bulletin says of the ladder, of reviews and of annual results that were put right: numbers alone."""

import json
from dataclasses import replace
from datetime import date, time

import pytest

from appraisal.bulletins.content import Bulletin as Printed
from appraisal.bulletins.content import Measures
from appraisal.facts import bulletin as bulletin_facts
from appraisal.models import Bulletin
from appraisal.services import bulletins
from cards.models import Cadre
from common.rules import at
from tests.appraisal import issuing
from tests.appraisal.bulletins import bulletin
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, begins
from tests.appraisal.reviewing import answered, asked, graded, in_days, second_reviewer
from tests.appraisal.sanctioning import decided, proposed, served
from tests.cast import crowd

pytestmark = pytest.mark.django_db
TODAY = date(2026, 12, 20)


def of_month(month: date) -> bulletin_facts.Facts:
    return bulletin_facts.gather(Bulletin(month=month, drafted_at=DRAFTING), TODAY)


def test_measures_count_in_the_month_of_the_decision_and_of_the_review(unit, chen, lin):
    served(chen, "criticism", day=date(2026, 11, 2))
    served(lin, "criticism", day=date(2026, 11, 30))
    fallen = served(chen, "caution", day=date(2026, 11, 30))
    served(None, "criticism", unit=unit, day=date(2026, 10, 30))
    decided(lin, "admonishment", day=date(2026, 12, 1))
    proposed(chen, "circular", day=date(2026, 11, 3))
    answered(asked(fallen, now=in_days(fallen, 3)), revise=True, now=at(date(2026, 12, 3), time(9)))
    assert of_month(NOVEMBER).measures == (
        Measures(name="批评教育", decided=2),
        Measures(name="效能告诫", decided=1),
    )
    assert of_month(date(2026, 12, 1)).measures == (
        Measures(name="效能诫勉", decided=1),
        Measures(name="效能告诫", set_aside=1),
    )
    assert of_month(date(2026, 9, 1)).measures == ()


def test_a_referral_and_a_recommendation_are_counted_nowhere(unit, other_unit, chen, zhou):
    decided(chen, "referral", day=date(2026, 11, 9))
    other_unit.vertically_managed = True
    other_unit.save()
    served(Cadre.objects.get(pk=zhou.pk), "criticism", day=date(2026, 11, 9))
    assert of_month(NOVEMBER).measures == ()


def test_an_annual_result_that_was_put_right_counts_once(unit, office, chen):
    crowd(office, 4, cards=False)
    result = graded(chen, "basic")
    january = date(2027, 1, 1)
    assert of_month(january).years_corrected == 0
    answered(asked(result), revise=True, grade="competent")
    assert of_month(january).years_corrected == 1
    assert of_month(date(2027, 2, 1)).years_corrected == 0


def test_the_draft_says_it_without_a_name_and_stays_what_was_signed(unit, other_unit, chen, lin):
    begins()
    issuing.all_drafted(DRAFTING)
    issuing.accept_all()
    sanction = served(chen, "caution", day=date(2026, 11, 30))
    signed = issuing.signed()
    content = bulletins.read_signed(signed)
    handling = "\n".join(content.parts[2].paragraphs)
    assert "本月全市作出效能告诫1件。" in handling
    assert chen.name not in content.to_json()
    # A review that succeeds later is the next month's: what is printed stays, and a correction prints the same.
    answered(
        asked(sanction, now=in_days(sanction, 20)), revise=True, actor=second_reviewer(), now=issuing.SIGNING
    )
    assert bulletins.read_signed(signed) == content
    corrected = bulletins.bulletin_correct(
        bulletin=signed, reason="补录一份月报", actor=issuing.signer(), now=issuing.SIGNING
    )
    again = bulletins.read_draft(corrected, issuing.SIGNING)
    assert again.content.measures == content.measures
    assert again.content.parts[2] == content.parts[2]


def test_nobody_whom_a_measure_is_about_is_named(unit, other_unit, chen):
    begins()
    issuing.all_drafted(DRAFTING)
    served(chen, "criticism", day=date(2026, 11, 9))
    assert chen.name in of_month(NOVEMBER).persons


def test_what_was_frozen_before_has_the_same_text_and_hash():
    content = bulletin()
    facts = json.loads(content.to_json())
    assert "measures" not in facts
    assert "years_corrected" not in facts
    assert Printed.from_json(content.to_json()) == content
    more = replace(content, measures=(Measures(name="批评教育", decided=1),), years_corrected=1)
    assert Printed.from_json(more.to_json()) == more
    assert more.digest != content.digest
