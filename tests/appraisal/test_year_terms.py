"""What a year is judged by stays with it: settings, kinds of people and units. What no longer belongs to it goes."""

from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Unit, UnitKind
from appraisal.facts.bulletin import _years_corrected
from appraisal.graded import results_of, takes_grade
from appraisal.models import AnnualResult, LedgerEntry, UnitResult, YearCorrection, YearSettings, YearTerms
from appraisal.services import grading, years
from appraisal.services.grading import Entered
from appraisal.services.reversals import entry_reverse
from appraisal.services.year_setting import SETTINGS, settings_facts, year_settings_edit
from appraisal.services.years import year_appraise
from appraisal.tasks import compute_year
from attendance.models import DailySheet, InspectionSettings
from cards.models import Cadre, EmploymentKind
from cards.services.merging import units_merge
from common import audit
from common.models import AuditEntry, CalendarYear, Notice
from common.problems import Refused
from common.rules import at
from tests.appraisal.grading import (
    DECIDING,
    GRADING,
    LATER,
    computed,
    graded,
    measured,
    result_of,
    year_of,
)
from tests.appraisal.ledgers import begins, draft, stands
from tests.appraisal.reviewing import rows_of
from tests.appraisal.sanctioning import served
from tests.cast import crowd, signed_in

pytestmark = pytest.mark.django_db

MAY = at(date(2027, 5, 4), time(9))
DURING = at(date(2026, 11, 25), time(9))


def edit(actor, now, **values):
    current = settings_facts(YearSettings.current())
    assert set(values) <= set(SETTINGS)
    year_settings_edit(values=current | values, actor=actor, now=now)


def published(unit, officer, head, now=GRADING):
    """Whoever may not be graded competent is graded as well as may be."""
    computed(now)
    barred = {f"r{row.pk}": Entered("basic") for row in results_of(year_of(unit)) if row.among_most}
    graded(unit, officer, now, **barred)
    row = grading.year_propose(unit_result=year_of(unit), actor=officer, now=now)
    return grading.year_publish(unit_result=row, actor=head, now=now)


def decided(unit, officer, head, decider):
    return grading.year_decide(unit_result=published(unit, officer, head), actor=decider, now=DECIDING)


@pytest.fixture
def points(unit, chen, lin):
    """Chen has the most of two who are compared."""
    begins()
    stands(chen, date(2026, 11, 5))
    draft(unit)
    YearSettings.objects.update_or_create(pk=1, defaults={"minimum_headcount": 2})


def test_settings_made_later_lift_no_bar_of_a_decided_year(points, unit, chen, officer, head, express_head):
    decided(unit, officer, head, express_head)
    assert result_of(chen).barred_until == date(2027, 12, 31)
    edit(express_head, MAY, minimum_headcount=20)
    assert year_appraise(year=2026, now=MAY).changed == 0
    assert result_of(chen).among_most
    assert not YearCorrection.objects.exists()


def test_settings_made_later_bar_nobody_in_a_decided_year(points, unit, chen, officer, head, express_head):
    edit(express_head, GRADING, minimum_headcount=20)
    decided(unit, officer, head, express_head)
    edit(express_head, MAY, minimum_headcount=2)
    year_appraise(year=2026, now=MAY)
    assert result_of(chen).barred_until is None


def test_terms_are_kept_from_the_first_notice_of_any_unit_on(points, unit, chen, officer, head, express_head):
    computed()
    assert YearTerms.objects.get(year=2026).terms is None
    published(unit, officer, head)
    kept = YearTerms.objects.get(year=2026)
    assert (kept.fixed_at, kept.terms["minimum_headcount"]) == (GRADING, 2)
    edit(express_head, GRADING, minimum_headcount=20)
    grading.year_send_back(unit_result=year_of(unit), reason="重评", actor=express_head, now=GRADING)
    computed(LATER)
    assert result_of(chen).among_most


def test_terms_are_kept_once_the_year_is_over_and_computed(points, unit, chen, express_head):
    computed()
    edit(express_head, GRADING, minimum_headcount=20)
    computed(LATER)
    assert not result_of(chen).among_most
    january = at(date(2027, 1, 2), time(1))
    computed(january)
    edit(express_head, MAY, minimum_headcount=2)
    computed(MAY)
    assert not result_of(chen).among_most


def test_what_somebody_or_a_unit_becomes_later_changes_no_decided_year(
    points, unit, chen, lin, officer, head, express_head
):
    decided(unit, officer, head, express_head)
    before = {row.pk: row.content_hash for row in AnnualResult.objects.filter(unit=unit)}
    group = year_of(unit).figures["group"]
    Cadre.objects.filter(pk=lin.pk).update(employment_kind=EmploymentKind.ENTERPRISE)
    Unit.objects.filter(pk=unit.pk).update(vertically_managed=True, kind=UnitKind.TOWN)
    computed(MAY)
    assert {row.pk: row.content_hash for row in AnnualResult.objects.filter(unit=unit)} == before
    assert takes_grade(result_of(lin))
    assert (year_of(unit).figures["group"], year_of(unit).vertically_managed) == (group, False)


def test_until_it_hangs_kinds_are_those_of_the_day(unit, lin):
    computed()
    Unit.objects.filter(pk=unit.pk).update(vertically_managed=True)
    computed(LATER)
    assert not takes_grade(result_of(lin))


def test_a_figure_from_which_nothing_follows_is_put_right_without_another_decision(
    unit, chen, lin, officer, head, express_head
):
    decided(unit, officer, head, express_head)
    measured(chen, "criticism", date(2026, 12, 19))
    measured(lin, "caution", date(2026, 12, 19))
    computed(LATER)
    (correction,) = YearCorrection.objects.filter(result=result_of(chen))
    assert correction.after["figures"]["criticisms"] == 1
    assert result_of(chen).changed_at is None
    assert result_of(lin).changed_at == LATER
    assert Notice.objects.filter(kind="year_to_look_again").count() == 1
    assert _years_corrected(LATER.date().replace(day=1)) == 1


def test_whoever_did_not_serve_in_the_year_is_removed_until_it_hangs(unit, chen, lin, officer, head):
    computed()
    Cadre.objects.filter(pk=lin.pk).update(serves_from=date(2027, 1, 4))
    computed(LATER)
    assert not AnnualResult.objects.filter(cadre=lin).exists()
    published(unit, officer, head, LATER)
    Cadre.objects.filter(pk=chen.pk).update(serves_from=date(2027, 1, 4))
    computed(DECIDING)
    assert AnnualResult.objects.filter(cadre=chen).exists()


def test_what_was_handed_over_or_put_right_is_not_removed(unit, chen, lin, express):
    """A recommendation, whose notice was signed for; and one that had to be put right afterwards."""
    Unit.objects.filter(pk=unit.pk).update(vertically_managed=True)
    computed(DECIDING)
    for cadre in (chen, lin):
        grading.notice_hand_over(
            result=result_of(cadre), day=DECIDING.date(), receipt="signed", actor=express, now=DECIDING
        )
    measured(lin, "caution", date(2026, 12, 19))
    computed(LATER)
    Cadre.objects.filter(pk__in=[chen.pk, lin.pk]).update(serves_from=date(2027, 1, 4))
    computed(MAY)
    assert result_of(chen).notified_on == DECIDING.date()
    assert result_of(lin).corrections.count() == 1


def test_another_form_of_the_same_puts_no_decided_unit_right(unit, chen, officer, head, express_head):
    decided(unit, officer, head, express_head)
    UnitResult.objects.filter(unit=unit).update(content_hash="0" * 64)
    computed(LATER)
    assert year_of(unit).content_hash != "0" * 64
    assert not YearCorrection.objects.exists()


# --- Sheets that were due ---------------------------------------------------------------------------------------------


@pytest.fixture
def sheets(unit):
    """The first of two that were due came."""
    InspectionSettings.objects.update_or_create(pk=1, defaults={"sheets_from": date(2026, 12, 1)})
    DailySheet.objects.create(unit=unit, day=date(2026, 12, 1))


def due(unit):
    return year_of(unit).figures["sheets_due"]


def test_a_year_that_is_over_keeps_the_day_from_which_sheets_were_due(unit, chen, sheets):
    computed(DECIDING)
    before = due(unit)
    InspectionSettings.objects.update(sheets_from=date(2026, 12, 28))
    computed(MAY)
    assert due(unit) == before > 10
    InspectionSettings.objects.update(sheets_from=date(2026, 6, 1))
    computed(MAY)
    assert due(unit) == before


def test_a_later_calendar_changes_no_due_day_of_a_decided_year(
    unit, chen, sheets, officer, head, express_head
):
    decided(unit, officer, head, express_head)
    before = due(unit)
    rest = {"2026-12-24": {"working": False, "name": "调休"}}
    CalendarYear.objects.create(year=2026, version=9, source="通知", adopted_at=MAY, exceptions=rest)
    computed(MAY)
    assert due(unit) == before
    assert not YearCorrection.objects.exists()


def test_a_unit_that_was_not_there_is_removed(unit, other_unit, chen):
    computed()
    assert UnitResult.objects.filter(unit=other_unit).exists()
    Unit.objects.filter(pk=other_unit.pk).update(valid_from=date(2027, 1, 4))
    computed(LATER)
    assert not UnitResult.objects.filter(unit=other_unit).exists()


def test_a_computation_is_filed_under_the_year(unit, chen):
    computed()
    entry = AuditEntry.objects.get(verb="year_computed")
    of_year = YearTerms.objects.get(year=2026)
    assert entry in audit.history(of_year)


@pytest.mark.parametrize("typed", ["0000", "1999", "2027", "9999", "二〇二六", "²⁰²⁶", "-001"])
def test_a_year_that_is_none_is_a_sentence(unit, chen, express, typed):
    response = signed_in(express).post(reverse("year_compute"), {"year": typed}, follow=True)
    assert response.status_code == 200
    assert len(response.context["messages"]) == 1
    assert not UnitResult.objects.exists()


def test_years_of_another_century_are_refused():
    with pytest.raises(Refused):
        years.year_appraise(year=1999, now=GRADING)


def test_the_phone_says_of_what_hangs_that_it_is_provisional(
    points, unit, chen, officer, head, express_head, monkeypatch
):
    def card():
        return signed_in(chen.user).get(reverse("my_whereabouts")).context

    monkeypatch.setattr(timezone, "now", lambda: GRADING)
    computed()
    assert (card()["bars"], card()["to_come"]) == ([], [])
    row = published(unit, officer, head)
    shown = card()
    assert shown["bars"] == []
    assert len(shown["to_come"]) == 2
    monkeypatch.setattr(timezone, "now", lambda: DECIDING)
    grading.year_decide(unit_result=row, actor=express_head, now=DECIDING)
    assert (len(card()["bars"]), card()["to_come"]) == (2, [])


def test_the_phone_shows_the_decided_year_and_no_provisional_bar(
    points, unit, chen, officer, head, express_head, monkeypatch
):
    decided(unit, officer, head, express_head)
    monkeypatch.setattr(timezone, "now", lambda: MAY)
    year_appraise(year=2027, now=MAY)
    AnnualResult.objects.filter(year=2027).update(barred_until=date(2028, 12, 31))
    shown = signed_in(chen.user).get(reverse("my_whereabouts")).content.decode()
    assert reverse("my_year", args=[2026]) in shown
    assert "2027年12月31日" in shown
    assert "2028" not in shown


# --- Units that are merged --------------------------------------------------------------------------------------------


def merge(unit, other_unit, actor, now):
    """A merge moves everybody without a transfer."""
    return units_merge(unit=unit, successor=other_unit, last_day=now.date(), actor=actor, now=now)


def test_a_merge_after_the_year_leaves_its_figures_where_people_were(
    unit, other_unit, other_office, points, officer, head, express_head, administrator
):
    # As many as are compared, with fewer points than the most of the other unit.
    crowd(other_office, 6, cards=False)
    decided(unit, officer, head, express_head)
    before = rows_of(2026)
    merge(unit, other_unit, administrator, MAY)
    year_appraise(year=2026, now=MAY)
    assert rows_of(2026) == before
    assert not YearCorrection.objects.exists()


def test_a_merge_within_the_year_takes_its_figures_along(unit, other_unit, points, chen, administrator):
    computed(DURING)
    merge(unit, other_unit, administrator, DURING)
    computed(DURING)
    result = result_of(chen)
    assert (result.unit, result.unit_result.unit) == (other_unit, other_unit)
    assert result.figures["half_points"] > 0


def test_whoever_follows_a_merged_unit_reads_its_part_of_the_record(
    unit, other_unit, points, chen, officer, head, express_head, administrator, other_officer, monkeypatch
):
    decided(unit, officer, head, express_head)
    sanction = served(chen, "criticism", day=date(2026, 12, 20))
    merge(unit, other_unit, administrator, MAY)
    monkeypatch.setattr(timezone, "now", lambda: MAY + timedelta(days=1))
    client = signed_in(other_officer)
    response = client.get(reverse("record", args=[chen.pk]))
    rows = {
        part.key: part.rows for year in response.context["years"] for part in year.parts if year.year == 2026
    }
    assert len(rows["annual"]) == 1
    assert str(sanction.measure) in [row[1].text for row in rows["sanctions"]]
    for row in (*rows["annual"], *rows["sanctions"], *rows["findings"]):
        for cell in row:
            assert not cell.url or client.get(cell.url).status_code == 200


# --- Computed anew ----------------------------------------------------------------------------------------------------


def test_what_is_reversed_rings_for_the_year_of_its_day(
    points, unit, chen, express_head, monkeypatch, django_capture_on_commit_callbacks
):
    computed()
    rung = []
    monkeypatch.setattr(compute_year, "delay", rung.append)
    entry = LedgerEntry.objects.get(cadre=chen)
    with django_capture_on_commit_callbacks(execute=True):
        entry_reverse(entry=entry, reason="证明属实", actor=express_head, now=MAY)
    assert rung == [2026]
