"""Every figure of a month: counted once, for all units at once, and nothing of a case that nobody must know of."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Unit
from appraisal import services
from appraisal.bulletins.content import COUNTED, ELSEWHERE, MISSING, NO_MONTH, WAITING, UnitRow
from appraisal.facts import bulletin as bulletin_facts
from appraisal.models import Bulletin, LedgerEntry, MonthlyReport
from appraisal.services import bulletins, closing
from appraisal.services.sweeps import late_source
from attendance.models import DailySheet, FindingState, InspectionSettings, Round
from common.rules import at
from complaints.models import Complaint
from tests.appraisal.issuing import (
    BULLETIN_DAY,
    NEXT_DRAFTING,
    NEXT_SIGNING,
    SIGNING,
    accept_all,
    accepted,
    reported,
    signed,
    signer,
)
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft, entry_of, stands
from tests.cast import make_cadre, make_office, make_unit, make_user
from tests.complaints.cases import done_again, received, referred

pytestmark = pytest.mark.django_db
DECEMBER = date(2026, 12, 1)
TODAY = date(2026, 12, 20)


@pytest.fixture(autouse=True)
def _begun(db):
    begins()


def gathered(month: date = NOVEMBER, today: date = TODAY) -> bulletin_facts.Facts:
    return bulletin_facts.gather(Bulletin(month=month, drafted_at=BULLETIN_DAY), today)


def row(facts: bulletin_facts.Facts, unit: Unit) -> UnitRow:
    (found,) = [one for one in facts.units if one.code == unit.code]
    return found


# --- Points and money -------------------------------------------------------------------------------------------------


def test_the_charges_of_an_accepted_month_are_counted_by_kind(unit, other_unit, chen, lin, zhou):
    for day in (3, 4):
        stands(chen, date(2026, 11, day))
    stands(lin, date(2026, 11, 5), code="late")
    stands(None, date(2026, 11, 6), code="sheet_missing", unit=unit)
    stands(zhou, date(2026, 11, 9), code="late")
    draft(unit), draft(other_unit)
    accept_all()
    facts = gathered()
    found = row(facts, unit)
    assert (found.findings, found.person_half_points, found.unit_half_points) == (4, 10, 2)
    assert found.withheld_cents == 10_000
    assert {one.code: one.number for one in found.by_item} == {"late": 1, "off_post": 2, "sheet_missing": 1}
    assert [item.code for item in facts.items] == ["late", "off_post", "sheet_missing"]
    assert facts.total.half_points == 14
    assert facts.allowance == "月度考核奖"


def test_what_goes_straight_to_the_commission_is_counted_nowhere(unit, chen, lin, head):
    found = stands(chen, date(2026, 11, 3), code="soliciting")
    stands(lin, date(2026, 11, 4), code="late")
    accepted(draft(unit))
    facts = gathered()
    assert [item.code for item in facts.items] == ["late"]
    assert (row(facts, unit).findings, [one.code for one in row(facts, unit).by_item]) == (1, ["late"])
    services.entry_reverse(entry=entry_of(found), reason="误记", actor=head, now=NEXT_DRAFTING)
    accepted(draft(unit, DECEMBER, NEXT_DRAFTING))
    assert gathered(DECEMBER).corrections == ()


def test_no_more_is_withheld_than_the_allowance(unit, chen):
    for day in (3, 4, 5):
        stands(chen, date(2026, 11, day), code="noon_drinking")
    accepted(draft(unit))
    assert row(gathered(), unit).withheld_cents == 30_000


def test_what_is_not_accepted_is_not_counted_and_says_how_it_stands(unit, other_unit, chen, zhou):
    stands(chen, date(2026, 11, 3)), stands(zhou, date(2026, 11, 3))
    first, second = draft(unit), draft(other_unit)
    reported(first, first.report_by)
    MonthlyReport.objects.filter(pk=second.pk).update(report_by=date(2026, 12, 17))
    facts = gathered()
    assert (row(facts, unit).standing, row(facts, unit).late) == (WAITING, False)
    missing = row(facts, other_unit)
    assert (missing.standing, missing.late, missing.days_late) == (MISSING, True, 3)
    assert (facts.total.findings, facts.total.half_points, facts.total.withheld_cents) == (0, 0, 0)
    assert facts.items == ()


def test_a_nil_report_and_a_late_one(unit, other_unit):
    accepted(draft(unit), nil=True)
    late = draft(other_unit)
    accepted(late, late.report_by + timedelta(days=4))
    facts = gathered()
    assert (row(facts, unit).nil_report, row(facts, unit).late) == (True, False)
    assert (row(facts, other_unit).late, row(facts, other_unit).days_late) == (True, 4)


def test_a_lateness_that_was_withdrawn_is_said_no_more(unit, other_unit):
    accepted(draft(unit))
    late = draft(other_unit)
    accepted(late, late.report_by + timedelta(days=4))
    source = late_source(other_unit, NOVEMBER)
    stands(None, late.report_by, code="report_late", unit=other_unit, state="withdrawn", source=source)
    assert (row(gathered(), other_unit).late, row(gathered(), other_unit).days_late) == (False, 0)


def test_no_free_text_about_a_person_reaches_the_table(unit, chen, head):
    """What a head wrote stands with the entry; in 107 units is read on what ground."""
    accepted(_two_months(unit, chen, f"经核实，{chen.name}当日在市里开会", head))
    assert chen.name not in str(gathered(DECEMBER).corrections)


# --- Corrections and reports that came late ---------------------------------------------------------------------------


def _two_months(unit, cadre, reason: str, actor, **finding):
    """A charge of November, reversed before December is drafted."""
    charge = stands(cadre, date(2026, 11, 3), **finding)
    accepted(draft(unit))
    signed()
    services.entry_reverse(entry=entry_of(charge), reason=reason, actor=actor, now=SIGNING)
    return draft(unit, DECEMBER, NEXT_DRAFTING)


def test_a_reversal_is_a_correction_in_the_bulletin_of_its_own_month(unit, chen, head):
    december = _two_months(unit, chen, "会议有据", head)
    assert gathered(DECEMBER).corrections == ()
    accepted(december)
    (line,) = gathered(DECEMBER).corrections
    assert (line.unit_code, line.month, line.half_points, line.cents) == (unit.code, NOVEMBER, -4, -4000)
    assert (line.source, line.reason) == ("脱岗", "复核更正")
    found = row(gathered(DECEMBER), unit)
    assert (found.findings, found.corrections_half_points, found.corrections_cents) == (0, -4, -4000)


def test_a_correction_takes_back_only_what_was_withheld(unit, chen, head):
    """Three times 120 yuan were charged and 300 withheld: of two that are taken back 60 were never withheld."""
    charges = [stands(chen, date(2026, 11, day), code="noon_drinking") for day in (3, 4, 5)]
    accepted(draft(unit))
    signed()
    for charge, reason in zip(charges[:2], ("查无实据", "公务接待"), strict=True):
        services.entry_reverse(entry=entry_of(charge), reason=reason, actor=head, now=SIGNING)
    accepted(draft(unit, DECEMBER, NEXT_DRAFTING))
    lines = gathered(DECEMBER).corrections
    assert [(line.half_points, line.cents) for line in lines] == [(-24, -18_000)]


def test_what_is_accepted_after_its_bulletin_is_caught_up_in_the_next_one(unit, other_unit, chen, head):
    stands(chen, date(2026, 11, 3))
    late = draft(unit)
    accepted(draft(other_unit))
    signed()
    accepted(late, date(2026, 12, 28))
    for one in (unit, other_unit):
        accepted(draft(one, DECEMBER, NEXT_DRAFTING))
    facts = gathered(DECEMBER, NEXT_SIGNING.date())
    (again,) = facts.caught_up
    assert (again.unit_code, again.month, again.findings) == (unit.code, NOVEMBER, 1)
    assert (again.half_points, again.withheld_cents) == (4, 4000)
    assert again.days_late == (date(2026, 12, 28) - late.report_by).days
    assert facts.total.half_points == 0
    signed(DECEMBER, NEXT_SIGNING)
    late.refresh_from_db()
    assert late.bulletin.month == DECEMBER


def test_a_correction_counts_what_has_come_in_meanwhile_and_nothing_twice(unit, other_unit, chen, zhou):
    stands(chen, date(2026, 11, 3)), stands(zhou, date(2026, 11, 3))
    accepted(draft(unit))
    late = draft(other_unit)
    first = signed()
    accepted(late, date(2026, 12, 28))
    again = bulletins.bulletin_correct(bulletin=first, reason="补计", actor=signer(), now=NEXT_DRAFTING)
    facts = bulletin_facts.gather(again, date(2027, 1, 2))
    assert {one.code: one.standing for one in facts.units} == {unit.code: COUNTED, other_unit.code: COUNTED}
    assert facts.total.half_points == 8
    # December's bulletin comes first and catches it up: the correction leaves it there.
    for one in (unit, other_unit):
        accepted(draft(one, DECEMBER, NEXT_DRAFTING))
    signed(DECEMBER, NEXT_SIGNING)
    facts = bulletin_facts.gather(again, date(2027, 1, 22))
    assert row(facts, other_unit).standing == ELSEWHERE
    assert facts.total.half_points == 4


def test_every_entry_is_in_exactly_one_bulletin(unit, other_unit, chen, lin, zhou, head):
    """What the bulletins in force print of points adds up to the ledger."""
    begins(OCTOBER)
    charges = [stands(one, date(2026, 10, 8)) for one in (chen, lin, zhou)]
    early = DRAFTING - timedelta(days=30)
    reports = [draft(one, OCTOBER, early) for one in (unit, other_unit)]
    accepted(reports[0])
    signed(OCTOBER, early + timedelta(days=19))
    services.entry_reverse(entry=entry_of(charges[0]), reason="查无实据", actor=head, now=early)
    accepted(reports[1])
    services.entry_reverse(entry=entry_of(charges[2]), reason="查无实据", actor=head, now=early)
    stands(lin, date(2026, 11, 4), code="late")
    for one in (unit, other_unit):
        accepted(draft(one))
    signed()
    printed = 0
    for bulletin in Bulletin.objects.all():
        content = bulletins.read_signed(bulletin)
        printed += content.total.half_points
        printed += sum(one.half_points for one in (*content.corrections, *content.caught_up))
    assert printed == sum(LedgerEntry.objects.values_list("half_points", flat=True)) == 4 + 2


# --- Units ------------------------------------------------------------------------------------------------------------


def test_a_unit_that_has_ended_owes_no_days_and_is_listed_while_something_of_it_counts(
    unit, other_unit, zhou
):
    begins(OCTOBER)
    InspectionSettings.objects.update(sheets_from=date(2026, 11, 2))
    open_one = stands(zhou, date(2026, 10, 20), state=FindingState.PROVISIONAL)
    other_unit.valid_to = date(2026, 10, 31)
    other_unit.save()
    early = DRAFTING - timedelta(days=30)
    accepted(draft(unit, OCTOBER, early)), accepted(draft(other_unit, OCTOBER, early))
    signed(OCTOBER, early + timedelta(days=19))
    assert other_unit.code not in {one.code for one in gathered().units}
    open_one.state, open_one.decided_at = FindingState.STANDING, at(date(2026, 11, 24), time(9))
    open_one.save()
    accepted(draft(unit)), accepted(draft(other_unit))
    found = row(gathered(), other_unit)
    assert (found.findings, found.half_points, found.days_due) == (1, 4, 0)


def test_days_are_due_on_working_days_of_the_units_own_time_and_counted_once(unit, officer, chen):
    InspectionSettings.objects.update(sheets_from=date(2026, 11, 16))
    unit.valid_to = date(2026, 11, 26)
    unit.save()
    for day in (16, 17, 21):  # the last one is a Saturday
        sheet = DailySheet.objects.create(unit=unit, day=date(2026, 11, day))
        for number in (1, 2):
            moment = at(sheet.day, time(9, number))
            Round.objects.create(
                sheet=sheet,
                number=number,
                checker=officer,
                taken_at=moment,
                submitted_at=moment,
                snapshot=b"",
                people=0,
                seen=0,
                phone=0,
                declared=0,
                problems=0,
            )
    accepted(draft(unit))
    found = row(gathered(), unit)
    assert (found.days_due, found.days_checked) == (9, 2)


# --- Complaints -------------------------------------------------------------------------------------------------------


def answered(unit, day: date, **fields) -> Complaint:
    moment = at(day, time(10))
    given = {"state": "answered", "answered_at": moment, "closed_at": moment, "outcome": "unsubstantiated"}
    given |= {"due_at": moment + timedelta(hours=1), "statement": "当日窗口空岗。", **fields}
    case = received(unit)
    Complaint.objects.filter(pk=case.pk).update(**given)
    return Complaint.objects.get(pk=case.pk)


def test_complaints_count_in_the_month_of_their_answer(unit, express_head):
    inside, before = date(2026, 11, 30), date(2026, 10, 31)
    answered(unit, inside, outcome="partly")
    answered(unit, date(2026, 11, 1), due_at=at(before, time(9)), outcome="substantiated")
    answered(
        unit,
        inside,
        extended_at=at(before, time(9)),
        extension_reason="取证",
        first_due_at=at(before, time(9)),
    )
    answered(unit, before), answered(unit, DECEMBER), received(unit)
    accepted(draft(unit))
    found = row(gathered(), unit)
    on_time, extended, late = found.complaints_on_time, found.complaints_extended, found.complaints_late
    assert (on_time, extended, late, found.complaints_substantiated) == (1, 1, 1, 2)


def test_nothing_of_a_matter_that_was_referred_is_counted(unit, express_head):
    told = answered(unit, date(2026, 11, 24))
    other = received(unit)
    Complaint.objects.filter(pk=other.pk).update(matter=told.matter)
    accepted(draft(unit))
    assert row(gathered(), unit).complaints_on_time == 1
    referred(Complaint.objects.get(pk=other.pk), express_head)
    assert row(gathered(), unit).complaints_on_time == 0


def test_a_complaint_about_a_unit_without_a_month_is_not_lost(unit, other_unit):
    other_unit.valid_to = date(2026, 10, 31)
    other_unit.save()
    answered(other_unit, date(2026, 11, 5))
    accepted(draft(unit))
    found = row(gathered(), other_unit)
    assert (found.standing, found.complaints_on_time) == (NO_MONTH, 1)


def test_a_correction_does_not_tell_what_was_referred_since(unit, other_unit, express_head):
    """Both versions are public: what was printed of complaints stays, also of a unit without a month, and again."""
    other_unit.valid_to = date(2026, 10, 31)
    other_unit.save()
    day = date(2026, 11, 24)
    cases = [answered(unit, day, outcome="partly"), answered(other_unit, day, outcome="substantiated")]
    answered(unit, day)
    accepted(draft(unit))
    bulletin = signed()
    before = bulletins.read_signed(bulletin)
    for case in cases:
        referred(done_again(case), express_head)
    assert row(gathered(), unit).complaints_on_time == 1
    for reason in ("文字", "再次"):
        bulletin = bulletins.bulletin_correct(bulletin=bulletin, reason=reason, actor=signer(), now=SIGNING)
        after = bulletins.read_draft(bulletin, SIGNING).content
        assert after.units == before.units
        assert after.parts == before.parts
        bulletin = bulletins.bulletin_sign(bulletin=bulletin, actor=signer(), now=SIGNING)
    assert [one.complaints_on_time for one in bulletins.read_signed(bulletin).units] == [2, 1]


def test_a_correction_counts_answers_that_were_missing(unit, express_head):
    told = answered(unit, date(2026, 11, 24), outcome="partly")
    accepted(draft(unit))
    first = signed()
    referred(done_again(told), express_head)
    answered(unit, date(2026, 11, 25)), answered(unit, date(2026, 11, 26))
    again = bulletins.bulletin_correct(bulletin=first, reason="文字", actor=signer(), now=SIGNING)
    found = row(bulletin_facts.gather(again, TODAY), unit)
    assert (found.complaints_on_time, found.complaints_substantiated) == (2, 1)


# --- How much is asked ------------------------------------------------------------------------------------------------


def _city(first: int, number: int) -> None:
    for position in range(first, first + number):
        unit = make_unit(f"X{position:03}", f"试点{position}局")
        cadre = make_cadre(make_office(unit), f"人{position}")
        stands(cadre, date(2026, 11, 3))
        charge = stands(cadre, date(2026, 10, 8))
        answered(unit, date(2026, 11, 5))
        accepted(draft(unit, OCTOBER, DRAFTING - timedelta(days=30)))
        services.entry_reverse(
            entry=entry_of(charge),
            reason=f"核实{position}",
            actor=signer(),
            now=DRAFTING - timedelta(days=29),
        )
        accepted(draft(unit))


def test_the_number_of_queries_is_the_same_for_any_number_of_units(db):
    begins(OCTOBER)
    InspectionSettings.objects.update(sheets_from=date(2026, 11, 2))
    make_user("somebody")
    counts, made = [], 0
    for number in (1, 3, 30):
        _city(made, number - made)
        made = number
        with CaptureQueriesContext(
            connection,
        ) as queries:
            facts = gathered()
        counts.append(len(queries))
        assert (len(facts.units), len(facts.corrections)) == (number, number)
    assert len(set(counts)) == 1, counts
    assert counts[0] < 25


def test_the_reports_of_a_month_are_those_that_closing_drafts(unit, other_unit):
    draft(unit), draft(other_unit)
    assert {one.code for one in gathered().units} == set(
        closing.units_of(NOVEMBER).values_list("code", flat=True)
    )
