"""A decision says for ever what it said when it was made: whatever settings, names and rungs have become since."""

from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from appraisal import chain, reviewing, sanction_papers
from appraisal.models import Measure, Sanction, Stage, Trigger, YearSettings
from appraisal.rules.ladder import Counted
from appraisal.rules.reviews import last_day
from appraisal.services import reviews
from appraisal.services import sanctions as services
from common import calendar
from common.models import AuditEntry
from tests.appraisal.chains import verify
from tests.appraisal.sanctioning import decide, decided, proposed, serve, served
from tests.cast import NOW, TODAY, signed_in

pytestmark = pytest.mark.django_db
NUMBER = "龙效能告〔2026〕1号"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def caution(chen) -> Sanction:
    """By a rule that has a clause, over rungs that were passed over, of one fact."""
    lines = (Counted("deadline", 1, date(2026, 11, 3), "逾期未完成"),)
    Sanction.objects.filter(pk=proposed(chen, "caution", lines=lines, day=date(2026, 11, 4)).pk).update(
        rule="SANC-1-RISE"
    )
    sanction = services.whole(Sanction.objects.all()).get()
    return serve(decide(sanction, day=TODAY))


def later(sanction: Sanction) -> Sanction:
    """Everything that a decision names is called otherwise, and the settings of a year are others."""
    cadre, unit = sanction.cadre, sanction.unit
    assert cadre is not None
    YearSettings.objects.update(decision_prefix="龙作风告", review_days=45, review_answer_days=60)
    Measure.objects.filter(code="caution").update(name="书面告诫", months=3)
    Measure.objects.filter(code="criticism").update(name="口头批评")
    Trigger.objects.update(clause="九（九）另一条")
    type(cadre).objects.update(name="陈改名")
    type(unit).objects.update(name="改名局")
    cadre.posts.update(title="科长")
    found: Sanction = services.whole(Sanction.objects.filter(pk=sanction.pk)).get()
    return found


def text_of(user, sanction: Sanction) -> str:
    response = signed_in(user).get(reverse("sanction_pdf", args=[sanction.pk]))
    assert response.status_code == 200
    pages = PdfReader(BytesIO(response.content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def shown(user, name: str, sanction: Sanction) -> str:
    return signed_in(user).get(reverse(name, args=[sanction.pk])).content.decode()


def test_the_paper_stays_what_it_was(caution, officer):
    before = text_of(officer, caution)
    assert [word in before for word in ("陈砚", "副科长", "效能告诫", "30日内", "批评教育")] == [True] * 5
    assert text_of(officer, later(caution)) == before


def test_so_does_every_page(caution, officer, chen):
    later(caution)
    for user, name in ((officer, "sanction"), (chen.user, "my_sanction")):
        text = shown(user, name, caution)
        assert (NUMBER in text, "效能告诫" in text, "批评教育" in text) == (True, True, True)
        assert not [word for word in ("书面告诫", "口头批评", "龙作风告", "另一条") if word in text]
    text = shown(officer, "sanction", caution)
    assert ("陈砚" in text, "陈改名" in text) == (True, False)


def test_the_days_for_a_review_are_those_it_names(caution):
    until = reviewing.right(caution, Stage.REVIEW).until
    assert reviewing.right(later(caution), Stage.REVIEW).until == until


def test_and_a_review_is_answered_in_the_days_it_names(caution, chen):
    review = reviews.review_ask(about=later(caution), text="不服", actor=chen.user, now=NOW)
    assert review.due_on == last_day(TODAY, 30, calendar.around(TODAY))


def test_it_warns_for_the_months_it_names(chen):
    sanction = later(decided(chen, "caution"))
    assert serve(sanction).expires_on == date(2027, 11, 23)


def test_what_is_open_follows_the_names_of_today(chen, officer):
    sanction = later(proposed(chen, "caution"))
    assert sanction_papers.decision(sanction).measure == "书面告诫"
    assert "书面告诫" in shown(officer, "sanction", sanction)


def test_what_is_not_pursued_has_nothing_to_keep(chen, officer):
    sanction = decide(proposed(chen, "caution"), None)
    assert (sanction.content, sanction.content_hash) == (None, "")
    assert signed_in(officer).get(reverse("sanction", args=[sanction.pk])).status_code == 200


def test_the_trail_holds_its_hash_and_whoever_alters_it_is_found(caution, officer):
    entry = AuditEntry.objects.get(verb="sanction_decided")
    assert entry.changes["content"] == caution.content_hash != ""
    assert verify().status == 0
    Sanction.objects.update(content={**caution.content, "reason": "另一个理由"})
    assert verify().status == 1
    assert signed_in(officer).get(reverse("sanction_pdf", args=[caution.pk])).status_code == 409


@pytest.mark.parametrize("how", ["both together", "emptied"])
def test_the_trail_tells_of_a_decision_that_was_altered_with_its_hash(caution, how):
    content = {**caution.content, "reason": "另一个理由"} if how == "both together" else None
    Sanction.objects.update(content=content, content_hash=chain.digest(content) if content else "")
    assert verify().status == 1


def test_what_was_decided_before_anything_was_kept_is_shown_as_of_today(chen, officer):
    sanction = served(chen, "caution")
    Sanction.objects.update(content=None, content_hash="")
    assert NUMBER in shown(officer, "sanction", sanction)
    assert "效能告诫" in text_of(officer, sanction)
