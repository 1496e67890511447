"""Proposals to withhold: right to the cent, stage by stage, and released in each of them."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from accounts.models import Membership
from appraisal import services
from appraisal.models import MonthlyReport, ProposalState, WithholdingProposal
from appraisal.services import closing, withholding
from appraisal.verifying import Verification
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.appraisal import oracle
from tests.appraisal.facts import recomputed, stored
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, begins, draft, entry_of, stands
from tests.appraisal.objecting import (
    LATER,
    OBJECTING,
    dearer,
    drafted,
    november,
    proposal_of,
    published,
    reported,
)
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db


def reverse(entry, actor, now=LATER):
    return services.entry_reverse(entry=entry, reason="会议签到表属实", actor=actor, now=now)


def sent(unit, officer) -> MonthlyReport:
    report = reported(unit)
    services.withholdings_send(report=report, actor=officer, now=LATER)
    return report


def executed(cadre, officer, cents=None) -> WithholdingProposal:
    return services.withholding_execute(proposal=proposal_of(cadre), cents=cents, actor=officer, now=LATER)


def amounts(cadre) -> tuple[int, int, int, int]:
    row = proposal_of(cadre)
    return row.charged_cents, row.amount_cents, row.released_cents, row.due_cents


# --- To the cent ------------------------------------------------------------------------------------------------------


def test_above_the_cap_a_reversal_releases_only_what_falls_below_it(unit, chen, head):
    """Three times 120 yuan, and never more than 300: the first reversal leaves 240, and so on."""
    first, second, third = drafted(chen, 3, 4, 5, code="noon_drinking")
    assert amounts(chen) == (36_000, 30_000, 0, 30_000)
    reverse(first, head)
    assert amounts(chen) == (36_000, 30_000, 6_000, 24_000)
    reverse(second, head)
    assert amounts(chen) == (36_000, 30_000, 18_000, 12_000)
    reverse(third, head)
    assert amounts(chen) == (36_000, 30_000, 30_000, 0)
    assert proposal_of(chen).state == ProposalState.RELEASED


def test_what_stays_above_the_cap_releases_nothing_and_tells_nobody(unit, chen, head):
    entries = drafted(chen, 3, 4, 5, 6, code="noon_drinking")
    reverse(entries[0], head)
    assert amounts(chen) == (48_000, 30_000, 0, 30_000)
    assert not Notice.objects.filter(kind="withholding_released").exists()


def test_what_was_dearer_because_of_it_is_judged_anew_and_released_too(unit, chen, head):
    """A point, then two, then three, at 30 yuan: without the first it is one and two."""
    dearer()
    first, _second, _third = drafted(chen, 3, 4, 5, code="late")
    assert amounts(chen) == (18_000, 18_000, 0, 18_000)
    reverse(first, head)
    assert amounts(chen) == (18_000, 18_000, 9_000, 9_000)


def test_half_points_are_counted_to_the_cent(unit, chen, head):
    dearer(half_points=1, step_half_points=0, window_days=0)
    first, _second = drafted(chen, 3, 4, code="late")
    assert amounts(chen) == (3_000, 3_000, 0, 3_000)
    reverse(first, head)
    assert amounts(chen) == (3_000, 3_000, 1_500, 1_500)


# --- One allowance, several units -------------------------------------------------------------------------------------


def moved(cadre, other_office, here: int, there: int, code="noon_drinking") -> tuple[list, list]:
    """So many findings in one unit and, after the transfer of the 20th, so many in another, at 120 yuan each."""
    begins()
    first = [stands(cadre, date(2026, 11, 3 + number), code=code) for number in range(here)]
    cadre.unit, cadre.office = other_office.unit, other_office
    cadre.save()
    return first, [stands(cadre, date(2026, 11, 23 + number), code=code) for number in range(there)]


def of_units(cadre) -> list[tuple[int, int, int, int]]:
    rows = WithholdingProposal.objects.filter(cadre=cadre).order_by("pk")
    return [(row.cap_cents, row.charged_cents, row.amount_cents, row.released_cents) for row in rows]


def differing(folder) -> list:
    return oracle.differences(recomputed(folder), stored())


def faults() -> list[str]:
    return [str(fault) for fault in Verification(now=LATER).faults()]


@pytest.fixture(params=["one by one", "in one transaction"])
def draft_all(request):
    def draft_all(*units) -> None:
        if request.param == "one by one":
            for unit in units:
                draft(unit)
        else:
            closing.months_draft(units=units, month=NOVEMBER, now=DRAFTING)

    return draft_all


def test_who_was_in_two_units_has_one_allowance_all_the_same(
    unit, other_unit, other_office, chen, head, draft_all, tmp_path
):
    _here, (first, second) = moved(chen, other_office, 2, 2)
    draft_all(unit, other_unit)
    assert of_units(chen) == [(30_000, 24_000, 24_000, 0), (6_000, 24_000, 6_000, 0)]
    assert (faults(), differing(tmp_path)) == ([], [])
    # What the other unit still charges of it comes to more than its room: nothing falls.
    reverse(entry_of(first), head)
    assert of_units(chen)[1] == (6_000, 24_000, 6_000, 0)
    reverse(entry_of(second), head)
    assert of_units(chen)[1] == (6_000, 24_000, 6_000, 6_000)
    assert (faults(), differing(tmp_path)) == ([], [])


def test_where_others_leave_nothing_nothing_is_proposed(
    unit, other_unit, other_office, chen, head, draft_all, tmp_path
):
    (first, *_more), _there = moved(chen, other_office, 3, 1)
    draft_all(unit, other_unit)
    assert of_units(chen) == [(30_000, 36_000, 30_000, 0)]
    # What falls away later is not proposed by somebody else.
    reverse(entry_of(first), head)
    assert of_units(chen) == [(30_000, 36_000, 30_000, 6_000)]
    assert (faults(), differing(tmp_path)) == ([], [])


def test_what_was_released_before_leaves_room(unit, other_unit, other_office, chen, head, tmp_path):
    (first, _more), _there = moved(chen, other_office, 2, 2)
    draft(unit)
    reverse(entry_of(first), head)
    draft(other_unit)
    assert of_units(chen) == [(30_000, 24_000, 24_000, 12_000), (18_000, 24_000, 18_000, 0)]
    assert (faults(), differing(tmp_path)) == ([], [])


def test_more_than_the_room_is_noticed(unit, other_unit, other_office, chen):
    moved(chen, other_office, 2, 2)
    draft(unit)
    draft(other_unit)
    WithholdingProposal.objects.filter(cap_cents=6_000).update(cap_cents=12_000, amount_cents=12_000)
    assert len(faults()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_units_that_draft_at_once_share_it_too(unit, other_unit, other_office, chen):
    moved(chen, other_office, 2, 2)
    at_once(lambda: draft(unit), lambda: draft(other_unit))
    assert sorted(row[2] for row in of_units(chen)) == [6_000, 24_000]


# --- To finance -------------------------------------------------------------------------------------------------------


def test_only_a_reported_month_is_handed_to_finance_by_the_officer_once(
    unit, other_officer, chen, officer, head
):
    drafted(chen, 3)
    for report in (november(unit), published(unit)):
        with pytest.raises(Refused):
            services.withholdings_send(report=report, actor=officer, now=LATER)
    report = reported(unit)
    for actor in (head, other_officer, chen.user):
        with pytest.raises(Refused):
            services.withholdings_send(report=report, actor=actor, now=LATER)
    assert [services.withholdings_send(report=report, actor=officer, now=LATER) for _press in range(2)] == [
        1,
        0,
    ]
    row = proposal_of(chen)
    assert (row.state, row.sent_cents, row.sent_at) == ("sent", 4000, LATER)
    assert AuditEntry.objects.filter(verb="withholding_sent").count() == 1


def test_a_month_that_was_sent_back_is_not_with_the_city(unit, chen, officer, express):
    drafted(chen, 3)
    report = reported(unit)
    MonthlyReport.objects.update(
        state="sent_back", sent_back_by=express, sent_back_at=LATER, send_back_reason="漏报一人"
    )
    with pytest.raises(Refused):
        services.withholdings_send(report=report, actor=officer, now=LATER)


def test_what_was_released_before_is_not_handed_over(unit, chen, lin, officer, head):
    (entry,) = drafted(chen, 3)
    reverse(entry, head, OBJECTING)
    report = reported(unit)
    assert services.withholdings_send(report=report, actor=officer, now=LATER) == 0
    assert proposal_of(chen).sent_at is None


# --- What became of it ------------------------------------------------------------------------------------------------


def test_withheld_is_entered_once_by_the_unit(unit, chen, officer, head, other_officer, express):
    drafted(chen, 3)
    with pytest.raises(Refused):
        executed(chen, officer)
    sent(unit, officer)
    for actor in (other_officer, express, chen.user):
        with pytest.raises(Refused):
            executed(chen, actor)
    for _press in range(2):
        row = executed(chen, officer)
        assert (row.state, row.executed_cents, row.ended_at) == ("executed", 4000, LATER)
    assert AuditEntry.objects.filter(verb="withholding_executed").count() == 1


def test_not_withheld_needs_a_reason_and_then_is_over(unit, chen, officer):
    drafted(chen, 3)
    sent(unit, officer)

    def left(reason):
        return services.withholding_not_execute(
            proposal=proposal_of(chen), reason=reason, actor=officer, now=LATER
        )

    with pytest.raises(Refused) as refused:
        left(" ")
    assert refused.value.field == "reason"
    assert [left("本月未发放").state for _press in range(2)] == ["not_executed", "not_executed"]
    with pytest.raises(Refused):
        left("另一种理由")
    with pytest.raises(Refused):
        executed(chen, officer)


def test_nobody_enters_what_became_of_their_own(unit, chen, officer, head):
    drafted(chen, 3)
    chen.user = officer
    chen.save()
    report = sent(unit, officer)
    with pytest.raises(Refused):
        executed(chen, officer)
    assert services.withholdings_execute(report=report, actor=officer, now=LATER) == withholding.Done(0, 1)
    assert executed(chen, head).state == "executed"


def test_all_at_once_leaves_out_what_has_changed_since(unit, chen, lin, wei, officer, head):
    begins()
    changed = stands(chen, date(2026, 11, 3))
    for cadre in (chen, lin, wei):
        stands(cadre, date(2026, 11, 4))
    draft(unit)
    report = sent(unit, officer)
    reverse(entry_of(changed), head)
    assert services.withholdings_execute(report=report, actor=officer, now=LATER) == withholding.Done(2, 1)
    assert proposal_of(chen).state == "sent"
    done = services.withholdings_not_execute(report=report, reason="奖金停发", actor=officer, now=LATER)
    assert done == withholding.Done(1, 0)


# --- For whom there is nobody of their own ----------------------------------------------------------------------------


@pytest.fixture
def ended(unit):
    """The unit has ended after November; its people hold no role in it any more."""
    unit.valid_to = date(2026, 11, 30)
    unit.save()
    Membership.objects.filter(unit=unit).update(valid_to=unit.valid_to)


def test_of_a_merged_unit_the_one_that_followed_it_acts(
    unit, other_unit, other_officer, chen, officer, express, ended
):
    unit.successor = other_unit
    unit.save()
    drafted(chen, 3)
    for actor in (officer, express):
        with pytest.raises(Refused):
            sent(unit, actor)
    sent(unit, other_officer)
    assert executed(chen, other_officer).state == "executed"


def test_of_an_ended_unit_that_nothing_followed_the_city_acts(unit, chen, other_officer, express, ended):
    drafted(chen, 3)
    with pytest.raises(Refused):
        sent(unit, other_officer)
    sent(unit, express)
    assert executed(chen, express).state == "executed"


def test_where_the_only_one_who_could_is_concerned_the_city_acts(unit, chen, officer, express):
    drafted(chen, 3)
    chen.user = officer
    chen.save()
    sent(unit, officer)
    with pytest.raises(Refused):
        executed(chen, officer)
    assert executed(chen, express).state == "executed"


# --- Released in each stage -------------------------------------------------------------------------------------------


def told(kind) -> set[int]:
    return set(Notice.objects.filter(kind=kind).values_list("user", flat=True))


@pytest.mark.parametrize(
    ("stage", "state", "finance_hears", "is_owed"),
    [
        ("draft", "released", False, 0),
        ("confirmed", "released", False, 0),
        ("sent", "released", True, 0),
        ("executed", "executed", False, 4000),
        ("not_executed", "not_executed", False, 0),
    ],
)
def test_released_in_each_stage(unit, chen, officer, head, stage, state, finance_hears, is_owed):
    (entry,) = drafted(chen, 3)
    if stage != "draft":
        published(unit)
    if stage in ("sent", "executed", "not_executed"):
        sent(unit, officer)
    if stage == "executed":
        executed(chen, officer)
    if stage == "not_executed":
        services.withholding_not_execute(
            proposal=proposal_of(chen), reason="未发放", actor=officer, now=LATER
        )
    assert proposal_of(chen).state == stage
    reverse(entry, head)
    row = proposal_of(chen)
    assert (row.state, row.released_cents, row.owed_back_cents) == (state, 4000, is_owed)
    assert told("withholding_released") == {chen.user_id}
    assert told("withholding_tell_finance") == ({officer.pk} if finance_hears else set())
    assert told("withholding_pay_back") == ({officer.pk} if is_owed else set())


def test_released_in_part_before_it_was_withheld_only_the_rest_is_owed(unit, chen, officer, head):
    """40 of 120 are released while finance has them; it withholds 80; then 40 more are released: 40 are owed."""
    first, second, _third = drafted(chen, 3, 4, 5)
    sent(unit, officer)
    reverse(first, head)
    assert executed(chen, officer).executed_cents == 8_000
    assert proposal_of(chen).owed_back_cents == 0
    reverse(second, head)
    assert proposal_of(chen).owed_back_cents == 4_000
    notice = Notice.objects.get(kind="withholding_pay_back")
    assert (notice.params["cents"], notice.params["left_cents"]) == (4_000, 4_000)


def test_finance_withholds_nothing_more_than_it_was_told(unit, chen, officer):
    drafted(chen, 3)
    sent(unit, officer)
    for cents in (0, 4_001):
        with pytest.raises(Refused):
            executed(chen, officer, cents)


def test_finance_may_have_withheld_less_and_then_less_is_owed(unit, chen, officer, head):
    first, second = drafted(chen, 3, 4)
    sent(unit, officer)
    assert executed(chen, officer, 5_000).owed_back_cents == 0
    reverse(first, head)
    assert proposal_of(chen).owed_back_cents == 1_000
    reverse(second, head)
    assert proposal_of(chen).owed_back_cents == 5_000


def test_only_what_was_read_is_handed_over(unit, chen, lin, officer, head):
    begins()
    found = [stands(cadre, date(2026, 11, 3)) for cadre in (chen, lin)]
    draft(unit)
    report = reported(unit)
    seen = version_of(withholding.handed_over(WithholdingProposal.objects.all()))
    reverse(entry_of(found[0]), head)
    with pytest.raises(Overtaken):
        services.withholdings_send(report=report, seen=seen, actor=officer, now=LATER)
    assert proposal_of(lin).state == "confirmed"
    seen = version_of(withholding.handed_over([proposal_of(lin)]))
    given = {"report": report, "seen": seen, "actor": officer, "now": LATER}
    assert [services.withholdings_send(**given) for _press in range(2)] == [1, 0]


def test_withheld_before_finance_heard_of_the_release_it_is_owed_at_once(unit, chen, officer, head):
    first, _second = drafted(chen, 3, 4)
    sent(unit, officer)
    reverse(first, head)
    with pytest.raises(Refused):
        executed(chen, officer, 9_999)
    assert executed(chen, officer, 8_000).owed_back_cents == 4_000


def test_released_wholly_while_finance_withheld_it_it_is_owed(unit, chen, officer, head):
    (entry,) = drafted(chen, 3)
    sent(unit, officer)
    reverse(entry, head)
    assert proposal_of(chen).state == "released"
    with pytest.raises(Refused):
        executed(chen, officer)
    row = executed(chen, officer, 4_000)
    assert (row.state, row.owed_back_cents) == ("executed", 4_000)


def test_paid_back_once_however_often_it_is_said(unit, chen, officer, head):
    first, second = drafted(chen, 3, 4)
    sent(unit, officer)
    executed(chen, officer)
    reverse(first, head)

    def pay(cents):
        return services.withholding_paid_back(
            proposal=proposal_of(chen), cents=cents, actor=officer, now=LATER
        )

    with pytest.raises(Refused):
        pay(5_000)
    assert [pay(4_000).owed_back_cents for _press in range(2)] == [0, 0]
    assert proposal_of(chen).paid_back_cents == 4_000
    reverse(second, head)
    assert proposal_of(chen).owed_back_cents == 4_000
    assert pay(4_000).paid_back_cents == 8_000


def test_several_releases_are_each_told(unit, chen, officer, head):
    first, second = drafted(chen, 3, 4)
    sent(unit, officer)
    reverse(first, head)
    reverse(second, head)
    assert Notice.objects.filter(kind="withholding_tell_finance", user=officer).count() == 2
    assert Notice.objects.filter(kind="withholding_released", user=chen.user).count() == 2


# --- What the database holds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"released_cents": 4001},
        {"amount_cents": 4001},
        {"state": "sent"},
        {"state": "sent", "sent_at": LATER},
        {"sent_at": LATER, "sent_cents": 4000},
        {"state": "sent", "sent_at": LATER, "sent_cents": 4001},
        {"state": "released", "ended_at": LATER},
        {"state": "released", "released_cents": 4000},
        {"state": "executed", "ended_at": LATER, "sent_at": LATER, "sent_cents": 4000},
        {
            "state": "executed",
            "ended_at": LATER,
            "sent_at": LATER,
            "sent_cents": 4000,
            "executed_cents": 4001,
        },
        {"state": "executed", "sent_at": LATER, "sent_cents": 4000, "executed_cents": 4000},
        {
            "state": "executed",
            "ended_at": LATER,
            "sent_at": LATER,
            "sent_cents": 4000,
            "executed_cents": 4000,
            "paid_back_cents": 1,
        },
        {"state": "not_executed", "ended_at": LATER, "sent_at": LATER, "sent_cents": 4000},
        {"paid_back_cents": 1},
        {"executed_cents": 4000},
    ],
)
def test_the_database_refuses_what_no_verb_does(unit, chen, wrong):
    drafted(chen, 3)
    with pytest.raises(IntegrityError), transaction.atomic():
        WithholdingProposal.objects.update(**wrong)


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["locks", "no locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


def left(cadre, actor, reason) -> WithholdingProposal:
    return services.withholding_not_execute(
        proposal=proposal_of(cadre), reason=reason, actor=actor, now=LATER
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_say_why_at_once_one_is_heard_and_the_other_told(
    right, unit, chen, officer, head, monkeypatch
):
    drafted(chen, 3)
    sent(unit, officer)
    with meeting(monkeypatch, withholding, "_leave", 2, right):
        outcomes = at_once(lambda: left(chen, officer, "未发放"), lambda: left(chen, head, "停发"))
    assert (AuditEntry.objects.filter(verb="withholding_not_executed").count() == 1) is right
    assert (sum(isinstance(outcome, Refused) for outcome in outcomes) == 1) is right


@pytest.mark.django_db(transaction=True)
def test_withheld_and_not_withheld_at_once_it_is_one_of_them(unit, chen, officer, head):
    drafted(chen, 3)
    sent(unit, officer)
    at_once(lambda: executed(chen, officer), lambda: left(chen, head, "停发"))
    verbs = AuditEntry.objects.filter(verb__in=["withholding_executed", "withholding_not_executed"])
    assert f"withholding_{proposal_of(chen).state}" == verbs.get().verb


@pytest.mark.django_db(transaction=True)
def test_withheld_and_released_at_once_nothing_is_lost(unit, chen, officer, head):
    first, _second = drafted(chen, 3, 4)
    sent(unit, officer)
    at_once(lambda: executed(chen, officer, 8_000), lambda: reverse(first, head))
    row = proposal_of(chen)
    assert (row.state, row.executed_cents, row.released_cents, row.owed_back_cents) == (
        "executed",
        8_000,
        4_000,
        4_000,
    )


@pytest.mark.django_db(transaction=True)
def test_paid_back_by_two_at_once_it_is_paid_back_once(unit, chen, officer, head):
    (entry,) = drafted(chen, 3)
    sent(unit, officer)
    executed(chen, officer)
    reverse(entry, head)
    at_once(
        *(
            lambda actor=actor: services.withholding_paid_back(
                proposal=proposal_of(chen), cents=4_000, actor=actor, now=LATER
            )
            for actor in (officer, head)
        )
    )
    assert proposal_of(chen).paid_back_cents == 4_000
