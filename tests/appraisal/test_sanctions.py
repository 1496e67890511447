"""The ladder (SANC-1, scheme.txt 一(三) “一查一究”): what rules propose and from what, how it is answered, decided,
served, referred, set aside. Who may take each step stands in test_four_eyes."""

from datetime import date, timedelta

import pytest

from accounts.models import Role
from appraisal import tasks
from appraisal.facts import ladder as ladder_facts
from appraisal.facts import rollout as rollout_facts
from appraisal.models import (
    DocumentCounter,
    LedgerEntry,
    Measure,
    Receipt,
    Sanction,
    SanctionState,
    Trigger,
)
from appraisal.rules.ladder import Counted
from appraisal.services import proposing
from appraisal.services import sanctions as services
from attendance.models import Told
from cards.models import Cadre, EmploymentKind
from common import notices
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import local
from complaints.models import Complaint, Interest
from complaints.services import handling
from tests.appraisal.ledgers import DRAFTING, begins, draft, entry_of, stands
from tests.appraisal.objecting import answered, objected, published
from tests.appraisal.sanctioning import (
    decide,
    decided,
    defended,
    ladder_clerk,
    ladder_head,
    morning,
    only_rule,
    proposed,
    rung,
    serve,
    served,
    set_aside,
    told,
)
from tests.cast import NOW, TODAY, give, make_cadre, make_user
from tests.complaints.cases import LATER, accepted, done_again, drafted, referred

pytestmark = pytest.mark.django_db
SWEEP = morning(date(2026, 12, 2))


def sweep(now=SWEEP, year: int = 2026) -> int:
    return proposing.sanctions_propose(year=year, now=now)


def substantiated(cadre: Cadre, express, express_head, **changed) -> Complaint:
    case = drafted(accepted(cadre.unit, express, cadre), **{"outcome": "substantiated", **changed})
    return handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)


def entries(cadre: Cadre | None, *days: int, code: str = "off_post", unit=None) -> list[LedgerEntry]:
    """November's, one for each day."""
    begins()
    found = [stands(cadre, date(2026, 11, day), code=code, unit=unit) for day in days]
    draft(cadre.unit if cadre is not None else unit)
    return [entry_of(finding) for finding in found]


# --- COMP-2: 被投诉一次经核查属实的，进行批评教育 ------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_substantiated_complaint_proposes_one_criticism(number, chen, express, express_head):
    for _case in range(number):
        substantiated(chen, express, express_head)
    assert sweep() == number
    assert sweep() == 0
    made = Sanction.objects.all()
    assert [row.measure.code for row in made] == ["criticism"] * number
    assert all((row.cadre, row.unit, row.rule, row.times) == (chen, chen.unit, "COMP-2", 1) for row in made)
    assert all([line["kind"] for line in row.basis] == ["complaint"] for row in made)


def test_the_line_says_nothing_of_the_complaint(chen, express, express_head):
    case = substantiated(chen, express, express_head)
    sweep()
    (line,) = Sanction.objects.get().basis
    words = "经核查属实的投诉（2026年11月24日收到）"
    assert line == {"kind": "complaint", "key": case.pk, "day": f"{local(LATER).date()}", "words": words}


@pytest.mark.parametrize(
    ("outcome", "number"),
    [("partly", 1), ("unsubstantiated", 0), ("unverifiable", 0), ("cleared", 0)],
)
def test_what_came_to_nothing_proposes_nothing(outcome, number, chen, express, express_head):
    statement = "窗口空岗。" if number else ""
    substantiated(chen, express, express_head, outcome=outcome, statement=statement)
    assert sweep() == number


def test_done_again_with_the_same_result_it_proposes_nothing_more(chen, express, express_head):
    case = substantiated(chen, express, express_head)
    assert sweep() == 1
    again = done_again(case)
    # While it is being done again the fact is open, and nobody can decide on it.
    assert ladder_facts.fallen(Sanction.objects.get(), TODAY)
    end(again, "substantiated")
    assert sweep() == 0
    assert not ladder_facts.fallen(Sanction.objects.get(), TODAY)


def test_done_again_with_another_result_it_can_only_be_dropped(chen, express, express_head):
    case = substantiated(chen, express, express_head)
    sweep()
    end(done_again(case), "unsubstantiated")
    sanction = Sanction.objects.get()
    with pytest.raises(Refused):
        decide(sanction)
    assert decide(sanction, None).state == SanctionState.DROPPED
    assert sweep() == 0


def end(case: Complaint, outcome: str) -> None:
    Complaint.objects.filter(pk=case.pk).update(
        state="answered", outcome=outcome, statement="属实", answered_at=LATER, closed_at=LATER
    )


def test_received_in_december_and_closed_in_february_it_is_proposed(
    chen, express, express_head, time_machine
):
    case = substantiated(chen, express, express_head)
    received, closed = morning(date(2026, 12, 21)), morning(date(2027, 2, 3))
    Complaint.objects.filter(pk=case.pk).update(received_at=received, closed_at=closed)
    time_machine.move_to(morning(date(2027, 2, 4)), tick=False)
    assert [tasks.propose_sanctions(), tasks.propose_sanctions()] == [1, 0]
    made = Sanction.objects.get()
    assert (made.year, made.basis[0]["day"]) == (2026, "2027-02-03")


def test_what_is_with_the_commission_proposes_nothing(chen, express, express_head):
    referred(accepted(chen.unit, express, chen), express_head)
    assert sweep() == 0


def test_whoever_may_not_know_of_the_complaint_does_not_hear_of_its_consequence(chen, express, express_head):
    kin = make_user("kin")
    give(kin, Role.EXPRESS_HEAD)
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=NOW)
    free = ladder_head()
    substantiated(chen, express, express_head)
    sweep()
    sanction = Sanction.objects.get()
    assert sanction.kept_out_ids == {kin.pk}
    # Nor does whoever closed it decide.
    assert services.deciders(sanction, TODAY) == {free.pk}
    # And so does what follows from that.
    only_rule("SANC-1-AGAIN", times=1)
    decide(sanction)
    assert sweep(morning(date(2026, 12, 30))) == 1
    assert Sanction.objects.get(rule="SANC-1-AGAIN").kept_out_ids == {kin.pk}


# --- Repetitions: the scheme is silent, so these are off until the city says so ---------------------------------------


def test_what_is_off_proposes_nothing(chen):
    entries(chen, 3, 4, 5, 6, 9, 10)
    assert not Trigger.objects.get(code="SANC-1-REPEAT").active
    assert sweep() == 0


@pytest.mark.parametrize(("number", "made"), [(2, 0), (3, 1), (5, 1), (6, 2)])
def test_on_every_third_problem_of_the_year_proposes_criticism(number, made, chen):
    only_rule("SANC-1-REPEAT")
    entries(chen, *[3, 4, 5, 6, 9, 10][:number])
    assert sweep() == made
    assert sweep() == 0
    assert [len(row.basis) for row in Sanction.objects.all()] == [3] * made


def test_facts_of_another_year_are_not_counted_together(chen):
    only_rule("SANC-1-REPEAT", times=2)
    entries(chen, 3, 4)
    assert sweep(year=2027) == 0
    assert sweep() == 1


@pytest.mark.parametrize(
    ("rule", "counted", "proposes"),
    [("SANC-1-AGAIN", "criticism", "admonishment"), ("SANC-1-RISE", "admonishment", "caution")],
)
def test_two_of_a_rung_propose_the_next(rule, counted, proposes, chen):
    only_rule(rule)
    first = decided(chen, counted, day=date(2026, 11, 2))
    assert sweep() == 0
    second = decided(chen, counted, day=date(2026, 11, 24))
    assert sweep() == 1
    made = Sanction.objects.get(rule=rule)
    assert (made.measure.code, [line["key"] for line in made.basis]) == (proposes, [first.pk, second.pk])


def test_a_measure_set_aside_is_not_counted(chen):
    only_rule("SANC-1-RISE")
    set_aside(served(chen, "admonishment", day=date(2026, 11, 2)))
    decided(chen, "admonishment", day=date(2026, 11, 24))
    assert sweep() == 0


# --- Units ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "made"), [(1, 0), (2, 1)])
def test_two_late_reports_propose_criticism_of_the_unit(number, made, unit, officer, head):
    entries(None, *[3, 4][:number], code="report_late", unit=unit)
    assert sweep() == made
    for sanction in Sanction.objects.all():
        assert (sanction.cadre, sanction.unit, sanction.rule) == (None, unit, "SANC-1-LATE")
        assert services.answerable(sanction, TODAY) == {officer.pk, head.pk}
        assert sanction.told_how == Told.IN_APP


@pytest.fixture
def answers_for(monkeypatch, unit):
    """ROLL-2 (scheme.txt 二(三) 追效问责): orders that were missed, and who led the unit on each day."""

    def set_up(**leaders):
        missed = [
            rollout_facts.Missed(
                unit.pk, leader, Counted("order", int(key[1:]), date(2026, 9, 30), "应于9月30日前完成")
            )
            for key, leader in leaders.items()
        ]
        monkeypatch.setattr(rollout_facts, "missed_orders", lambda year: missed)

    return set_up


def test_a_missed_order_makes_the_unit_and_its_leader_answerable(unit, chen, officer, answers_for):
    answers_for(_1=chen)
    assert sweep() == 2
    assert sweep() == 0
    assert {row.cadre for row in Sanction.objects.filter(rule="ROLL-2")} == {None, chen}


def test_where_no_leader_is_named_the_unit_alone_answers(unit, officer, answers_for):
    answers_for(_1=None)
    assert sweep() == 1


def test_whoever_leads_the_unit_afterwards_has_not_missed_its_day(unit, chen, lin, officer, answers_for):
    answers_for(_1=chen)
    sweep()
    answers_for(_1=chen, _2=lin)
    assert sweep() == 2
    assert [line["key"] for line in Sanction.objects.get(cadre=lin).basis] == [2]


# --- A fact that falls ------------------------------------------------------------------------------------------------


def test_what_an_objection_has_reversed_is_not_counted(unit, chen, head):
    only_rule("SANC-1-REPEAT", times=2)
    first, _second = entries(chen, 3, 4)
    published(unit)
    answered(objected(first), head)
    assert sweep() == 0


def test_it_blocks_the_decision_and_what_is_left_is_counted_anew(unit, chen, head):
    only_rule("SANC-1-REPEAT", times=2)
    first, second, third = entries(chen, 3, 4, 5)
    assert sweep() == 1
    sanction = Sanction.objects.get()
    assert [line["key"] for line in sanction.basis] == [first.finding_id, second.finding_id]
    published(unit)
    answered(objected(first), head)
    with pytest.raises(Refused):
        decide(sanction)
    sanction = decide(sanction, None)
    assert (sanction.state, sanction.counts_anew) == (SanctionState.DROPPED, True)
    assert sweep(morning(date(2026, 12, 30))) == 1
    anew = Sanction.objects.exclude(pk=sanction.pk).get()
    assert [line["key"] for line in anew.basis] == [second.finding_id, third.finding_id]


def test_dropped_for_another_reason_its_facts_are_used_up(chen):
    only_rule("SANC-1-REPEAT", times=2)
    entries(chen, 3, 4)
    sweep()
    assert decide(Sanction.objects.get(), None, exemption="force_majeure", reason="").counts_anew is False
    assert sweep(morning(date(2026, 12, 30))) == 0


def test_facts_that_stand_again_are_proposed_a_second_time(chen, monkeypatch):
    only_rule("SANC-1-REPEAT", times=2)
    entries(chen, 3, 4)
    sweep()
    with monkeypatch.context() as patch:
        patch.setattr(ladder_facts, "fallen", lambda sanction, today: [1])
        decide(Sanction.objects.get(), None)
    assert sweep(morning(date(2026, 12, 30))) == 1


def test_set_aside_because_a_fact_fell_the_others_count_anew(unit, chen, head):
    only_rule("SANC-1-REPEAT", times=2)
    first, second, third = entries(chen, 3, 4, 5)
    sweep()
    sanction = decide(Sanction.objects.get())
    published(unit)
    answered(objected(first), head)
    assert set_aside(sanction).counts_anew
    assert sweep(morning(date(2026, 12, 30))) == 1
    anew = Sanction.objects.open().get()
    assert [line["key"] for line in anew.basis] == [second.finding_id, third.finding_id]


def test_a_fact_chosen_by_hand_blocks_it_too(unit, chen, head):
    (entry,) = entries(chen, 3)
    line = Counted("finding", entry.finding_id, entry.day, "脱岗")
    sanction = proposed(chen, lines=(line,), day=date(2026, 12, 1))
    published(unit)
    answered(objected(entry), head)
    with pytest.raises(Refused):
        decide(sanction)


# --- Proposing by hand ------------------------------------------------------------------------------------------------


def test_by_hand_it_needs_a_reason_and_a_second_tap_is_the_first(chen):
    with pytest.raises(Refused) as refused:
        proposed(chen, reason="  ")
    assert refused.value.field == "reason"
    first = proposed(chen)
    assert proposed(chen).pk == first.pk
    with pytest.raises(Refused):
        proposed(chen, reason="另一个理由")
    assert Sanction.objects.count() == AuditEntry.objects.filter(verb="sanction_proposed").count() == 1


def test_by_hand_no_fact_leads_to_a_second_measure(unit, chen):
    """Open or standing; what was not pursued may be proposed anew, and to the commission it goes all the same."""
    lines = tuple(Counted("finding", one.finding_id, one.day, "脱岗") for one in entries(chen, 2, 3))
    first, december = proposed(chen, "criticism", lines=lines[:1]), date(2026, 12, 10)
    for day in (TODAY, december):
        with pytest.raises(Refused) as refused:
            proposed(chen, "admonishment", lines=lines, day=day)
        assert refused.value.field == "facts"
        first = decide(first, day=december) if first.decided_on is None else first
    assert proposed(chen, "referral", lines=lines, day=december)
    dropped = proposed(chen, "criticism", lines=lines[1:], day=december)
    decide(dropped, None, day=date(2026, 12, 30))
    assert proposed(chen, "caution", lines=lines[1:], day=date(2026, 12, 30))


def test_by_hand_it_rests_on_facts_of_this_year_or_the_last(chen):
    assert proposed(chen, day=date(2027, 3, 1), year=2026).year == 2026
    with pytest.raises(Refused):
        proposed(chen, "caution", day=date(2027, 3, 1), year=2025)


def test_no_unit_is_referred(unit):
    with pytest.raises(Refused) as refused:
        proposed(None, "referral", unit=unit)
    assert refused.value.field == "measure"


def test_whoever_has_an_interest_in_a_fact_does_not_propose_on_it(chen, express, express_head):
    case = substantiated(chen, express, express_head)
    kin = make_user("kin")
    give(kin, Role.EXPRESS_STAFF)
    Interest.objects.create(user=kin, cadre=chen, reason="亲属", declared_at=NOW)
    line = Counted("complaint", case.pk, TODAY, "经核查属实的投诉")
    with pytest.raises(Refused):
        proposed(chen, lines=(line,), actor=kin)
    assert proposed(chen, lines=(line,)).kept_out_ids == {kin.pk}


# --- Answering --------------------------------------------------------------------------------------------------------


def test_whoever_has_an_account_is_told_at_once_and_has_three_working_days(chen):
    sanction = proposed(chen)
    # 24 November 2026 is a Tuesday.
    assert (sanction.told_how, sanction.defence_until) == (Told.IN_APP, date(2026, 11, 27))
    assert Notice.objects.filter(kind="my_sanction_proposed", user=chen.user).exists()


def test_whoever_has_none_is_told_by_the_officer_and_the_days_count_from_there(office, officer):
    sanction = proposed(make_cadre(office, "柳无号"))
    assert (sanction.told_at, sanction.defence_until) == (None, None)
    assert list(Notice.objects.filter(kind="sanction_to_tell").values_list("user", flat=True)) == [officer.pk]
    with pytest.raises(Refused):
        decide(sanction)
    sanction = told(sanction, day=date(2026, 11, 25), actor=officer)
    assert sanction.defence_until == date(2026, 11, 30)
    assert told(sanction, day=date(2026, 11, 26), actor=officer).defence_until == date(2026, 11, 30)


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2026, 11, 26)])
def test_nobody_was_told_before_it_was_proposed_nor_will_be(office, day):
    sanction = proposed(make_cadre(office, "柳无号"))
    with pytest.raises(Refused) as refused:
        services.sanction_tell(
            sanction=sanction,
            how=Told.PHONE,
            day=day,
            actor=ladder_clerk(),
            now=morning(date(2026, 11, 25)),
        )
    assert refused.value.field == "day"


def test_nobody_decides_before_the_statement_or_its_last_day(chen):
    sanction = proposed(chen)
    with pytest.raises(Refused):
        decide(sanction, day=sanction.defence_until)
    assert decide(sanction, day=sanction.defence_until + timedelta(days=1)).state == SanctionState.DECIDED


def test_once_answered_the_decision_may_follow(chen):
    sanction = defended(proposed(chen))
    assert decide(sanction, day=TODAY).state == SanctionState.DECIDED


def test_what_an_officer_enters_from_paper_ends_nobodys_days(office, officer):
    sanction = told(proposed(make_cadre(office, "柳无号")))
    sanction = defended(sanction, actor=officer)
    with pytest.raises(Refused):
        decide(sanction, day=TODAY)
    assert not Sanction.objects.decidable(TODAY).exists()
    assert Sanction.objects.decidable(date(2026, 11, 28)).exists()


def test_a_statement_is_written_again_until_the_last_day(chen):
    sanction = defended(defended(proposed(chen)), "补充：有会议签到表")
    assert sanction.defence == "补充：有会议签到表"
    with pytest.raises(Refused):
        services.sanction_defend(
            sanction=sanction, text="太晚了", actor=chen.user, now=morning(date(2026, 11, 28))
        )
    decide(sanction, day=TODAY)
    with pytest.raises(Refused):
        defended(sanction, "已经决定了")


def test_it_is_dropped_without_waiting(chen):
    assert decide(proposed(chen), None, day=TODAY).state == SanctionState.DROPPED


# --- Deciding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "refused"), [("criticism", False), ("admonishment", False), ("caution", True)]
)
def test_the_decision_is_at_most_what_was_proposed(chen, code, refused):
    sanction = proposed(chen, "admonishment")
    if refused:
        with pytest.raises(Refused) as error:
            decide(sanction, code)
        assert error.value.field == "measure"
        return
    sanction = decide(sanction, code)
    assert (sanction.measure.code, sanction.proposed_measure.code) == (code, "admonishment")


def test_rungs_passed_over_need_a_reason(chen):
    sanction = proposed(chen, "caution")
    assert services.skips_of(sanction, rung("caution"), TODAY) == [1, 2]
    with pytest.raises(Refused) as refused:
        decide(sanction, skipped_reason=" ")
    assert refused.value.field == "skipped_reason"
    sanction = decide(sanction)
    assert (sanction.skipped, bool(sanction.skipped_reason)) == ("1,2", True)


def test_what_was_taken_this_year_is_not_passed_over(chen):
    decided(chen, "admonishment", day=date(2026, 11, 2))
    sanction = decide(proposed(chen, "caution"), skipped_reason="")
    assert (sanction.skipped, sanction.skipped_reason) == ("", "")


def test_another_persons_measures_are_not_ones_own(chen, lin):
    decided(lin, "admonishment", day=date(2026, 11, 2))
    assert services.skips_of(proposed(chen, "caution"), rung("caution"), TODAY) == [1, 2]


def test_an_exemption_is_a_reason(chen):
    sanction = decide(proposed(chen), None, exemption="no_rule", reason="")
    assert (sanction.exemption, bool(sanction.decision_reason)) == ("no_rule", True)


def test_a_second_tap_is_the_first_and_another_person_is_told(chen, express_head):
    sanction = decide(proposed(chen, "caution"), actor=express_head)
    again = decide(sanction, actor=express_head)
    assert (again.pk, again.document_serial) == (sanction.pk, 1)
    with pytest.raises(Refused):
        decide(sanction, actor=ladder_head())
    assert AuditEntry.objects.filter(verb="sanction_decided").count() == 1


def test_only_written_decisions_have_a_number_and_numbers_have_no_gap(chen, lin, wei):
    numbers = [
        decided(cadre, code, day=day).document_serial
        for cadre, code, day in (
            (chen, "caution", date(2026, 11, 2)),
            (lin, "criticism", date(2026, 11, 3)),
            (wei, "circular", date(2026, 11, 4)),
            (lin, "caution", date(2027, 1, 5)),
        )
    ]
    assert numbers == [1, None, 2, 1]
    assert DocumentCounter.objects.count() == 2


# --- Serving ----------------------------------------------------------------------------------------------------------


def test_served_with_a_receipt_it_warns_for_its_months(chen):
    sanction = serve(decided(chen, "caution"), on=date(2026, 11, 26))
    assert (sanction.state, sanction.receipt, sanction.witness) == ("served", Receipt.SIGNED, "")
    assert sanction.expires_on == date(2027, 11, 25)
    assert sanction.is_warning(date(2027, 11, 25))
    assert not sanction.is_warning(date(2027, 11, 26))


@pytest.mark.parametrize(
    ("code", "until"),
    [("criticism", None), ("admonishment", date(2027, 5, 23)), ("circular", date(2027, 11, 23))],
)
def test_until_when_each_rung_warns(chen, code, until):
    assert served(chen, code).expires_on == until


def test_a_refusal_needs_its_witness(chen):
    sanction = decided(chen, "caution")
    facts = {"sanction": sanction, "served_on": TODAY, "actor": ladder_clerk(), "now": NOW}
    with pytest.raises(Refused) as refused:
        services.sanction_serve(**facts, receipt=Receipt.REFUSED, witness="  ")
    assert refused.value.field == "witness"
    sanction = serve(sanction, witness="朱 立")
    assert (sanction.receipt, sanction.witness) == (Receipt.REFUSED, "朱 立")
    assert serve(sanction, witness="朱 立").pk == sanction.pk


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2026, 11, 25)])
def test_it_was_served_between_its_decision_and_today(chen, day):
    with pytest.raises(Refused) as refused:
        services.sanction_serve(
            sanction=decided(chen, "caution"),
            served_on=day,
            receipt=Receipt.SIGNED,
            actor=ladder_clerk(),
            now=NOW,
        )
    assert refused.value.field == "served_on"


@pytest.mark.parametrize(("entered", "refused"), [(date(2026, 12, 9), False), (date(2026, 12, 10), True)])
def test_what_is_entered_late_leaves_days_for_a_review(chen, entered, refused):
    facts = {"served_on": TODAY, "receipt": Receipt.REFUSED, "witness": "朱立", "actor": ladder_clerk()}
    sanction = decided(chen, "caution")
    if not refused:
        assert services.sanction_serve(sanction=sanction, **facts, now=morning(entered)).served_on == TODAY
        return
    with pytest.raises(Refused) as problem:
        services.sanction_serve(sanction=sanction, **facts, now=morning(entered))
    assert problem.value.field == "served_on"


def test_a_unit_is_served_by_the_city_and_hears_that_it_has_been(unit, officer, express):
    sanction = decided(None, "criticism", unit=unit)
    assert officer.pk not in services.servers(sanction, TODAY)
    assert express.pk in services.servers(sanction, TODAY)
    assert Notice.objects.filter(kind="sanction_to_serve", user=express).exists()
    assert serve(sanction, actor=express).state == SanctionState.SERVED


# --- Setting aside ----------------------------------------------------------------------------------------------------


def test_set_aside_it_counts_no_more_and_keeps_its_number(chen):
    sanction = set_aside(served(chen, "caution"))
    assert sanction.state == SanctionState.SET_ASIDE
    assert not Sanction.objects.standing().exists()
    assert decided(chen, "caution", day=date(2026, 12, 20)).document_serial == 2
    assert set_aside(sanction).pk == sanction.pk


def test_what_is_only_proposed_is_dropped_and_not_set_aside(chen):
    with pytest.raises(Refused):
        set_aside(proposed(chen), day=TODAY)


# --- Referral ---------------------------------------------------------------------------------------------------------


def test_nobody_is_told_of_a_referral_but_the_commission(
    chen, officer, head, express, express_head, discipline
):
    sanction = proposed(chen, "referral")
    assert (sanction.told_at, sanction.defence_until) == (None, None)
    for verb in (
        lambda: told(sanction),
        lambda: services.sanction_defend(sanction=sanction, text="不服", actor=chen.user, now=NOW),
    ):
        with pytest.raises(Refused):
            verb()
    sanction = decide(sanction, day=TODAY, actor=express_head)
    assert (sanction.state, sanction.document_serial) == (SanctionState.REFERRED, 1)
    heard = dict(Notice.objects.filter(kind__contains="sanction").values_list("user", "kind"))
    assert not {chen.user_id, officer.pk, head.pk} & set(heard)
    assert heard[discipline.pk] == "sanction_referred"
    assert not Sanction.objects.standing().exists()


def test_a_referral_takes_its_notice_back(chen, express_head):
    second = make_user("second", "第二主任")
    give(second, Role.EXPRESS_HEAD)
    decide(proposed(chen, "referral"), day=TODAY, actor=express_head)
    assert not Notice.objects.filter(kind="sanction_to_decide").exists()
    decide(proposed(chen, "caution"), None, actor=express_head)
    assert Notice.objects.filter(kind="sanction_to_decide", user=second).exists()


def test_nothing_milder_comes_of_a_referral_since_nobody_could_answer(chen):
    sanction = proposed(chen, "referral")
    with pytest.raises(Refused) as refused:
        decide(sanction, "caution")
    assert refused.value.field == "measure"
    assert decide(sanction, None).state == SanctionState.DROPPED


def test_a_referral_is_hidden_from_the_express_person_whom_it_is_about(chen, express_head):
    give(chen.user, Role.EXPRESS_STAFF)
    sanction = proposed(chen, "referral")
    assert chen.user_id in sanction.kept_out_ids


# --- Recommendations --------------------------------------------------------------------------------------------------


def test_vertically_managed_units_and_enterprise_staff_are_recommended_and_count_nowhere(unit, chen, lin):
    Cadre.objects.filter(pk=lin.pk).update(employment_kind=EmploymentKind.ENTERPRISE)
    lin.refresh_from_db()
    assert served(lin, "caution").is_recommendation
    assert not served(chen, "criticism").is_recommendation
    unit.vertically_managed = True
    unit.save()
    chen.refresh_from_db()
    sanction = served(chen, "caution", day=date(2026, 12, 20))
    assert (sanction.is_recommendation, sanction.expires_on) == (True, None)
    assert [row.measure.code for row in Sanction.objects.standing()] == ["criticism"]
    only_rule("SANC-1-AGAIN", counted=Measure.objects.get(code="caution"), times=1)
    assert sweep(morning(date(2026, 12, 30))) == 0


# --- What people hear -------------------------------------------------------------------------------------------------


def heard(user, kind: str) -> notices.Words:
    return notices.in_words(Notice.objects.get(user=user, kind=kind))


def test_titles_name_nobody_and_texts_say_what_and_until_when(chen, express_head):
    sanction = proposed(chen, "caution")
    told_of = heard(chen.user, "my_sanction_proposed")
    assert (told_of.url, "告诫" in told_of.title, "陈砚" in told_of.title) == (
        f"/me/sanctions/{sanction.pk}/",
        False,
        False,
    )
    assert "效能告诫" in told_of.text
    assert "11月27日" in told_of.text
    serve(decide(sanction, "admonishment", actor=express_head))
    decided_on = heard(chen.user, "my_sanction_decided")
    assert "效能诫勉" in decided_on.text
    assert "30日" in heard(chen.user, "my_sanction_served").text


def test_proposals_about_a_unit_and_its_leader_can_be_told_apart(unit, chen, express_head):
    line = (Counted("deadline", 1, TODAY, "逾期未完成门牌"),)
    proposed(chen, "criticism", lines=line)
    proposed(None, "criticism", unit=unit, lines=line, reason="单位")
    rows = Notice.objects.filter(kind="sanction_to_decide", user=express_head).order_by("pk")
    about_chen, about_unit = (notices.in_words(row).text for row in rows)
    assert ("陈砚" in about_chen, "陈砚" in about_unit) == (True, False)
    assert "逾期未完成门牌" in about_chen
    # What was sent before is read all the same.
    row = rows[0]
    row.params = {name: row.params[name] for name in ("sanction", "unit", "measure", "until", "state")}
    assert "批评教育" in notices.in_words(row).text


def test_what_is_dropped_or_set_aside_is_not_called_by_its_rung(chen, lin):
    decide(proposed(chen, "caution"), None)
    assert "告诫" not in heard(chen.user, "my_sanction_decided").text
    set_aside(served(lin, "caution"))
    assert "告诫" not in heard(lin.user, "my_sanction_set_aside").text


# --- Progress ---------------------------------------------------------------------------------------------------------


def test_how_far_the_next_proposal_is(chen, lin):
    only_rule("SANC-1-REPEAT")
    entries(chen, 3, 4, 5, 6, 9)
    subject = ladder_facts.Subject(chen.unit_id, chen.pk)
    (progress,) = ladder_facts.progress(subject, 2026, TODAY)
    assert (progress.count, progress.towards, progress.times) == (5, 2, 3)
    assert ladder_facts.progress(ladder_facts.Subject(lin.unit_id, lin.pk), 2026, TODAY) == []
    assert len(ladder_facts.of_subject(subject, 2026, TODAY)) == 5


# --- Rules ------------------------------------------------------------------------------------------------------------


def edit(code: str, actor, **changed) -> Trigger:
    trigger = Trigger.objects.get(code=code)
    given = {"active": trigger.active, "times": trigger.times, "measure": trigger.measure, **changed}
    return proposing.trigger_edit(trigger=trigger, **given, actor=actor, now=NOW)


def test_a_rule_is_switched_on_with_its_trace(chen, express_head):
    assert edit("SANC-1-REPEAT", express_head, active=True, times=2).active
    edit("SANC-1-REPEAT", express_head, active=True, times=2)
    entry = AuditEntry.objects.get(verb="trigger_edited")
    assert entry.changes == {"active": [False, True], "times": [3, 2]}
    entries(chen, 3, 4)
    assert sweep() == 1


@pytest.mark.parametrize(
    ("code", "changed", "field"),
    [
        ("COMP-2", {"times": 0}, "times"),
        ("COMP-2", {"measure": "referral"}, "measure"),
        ("ROLL-2", {"measure": "referral"}, "measure"),
        ("SANC-1-RISE", {"measure": "admonishment"}, "measure"),
    ],
)
def test_what_no_rule_may_ask_for(express_head, code, changed, field):
    if "measure" in changed:
        changed = {"measure": rung(changed["measure"])}
    with pytest.raises(Refused) as refused:
        edit(code, express_head, **changed)
    assert refused.value.field == field


# --- How many queries -------------------------------------------------------------------------------------------------


def test_who_decides_takes_the_same_queries_for_any_number(
    chen, office, express, express_head, django_assert_max_num_queries
):
    only_rule("SANC-1-REPEAT", times=1)
    entries(chen, 3)
    substantiated(chen, express, express_head)
    Trigger.objects.filter(code="COMP-2").update(active=True)
    sweep()

    def read():
        return services.deciders_of(list(services.whole(Sanction.objects.open())), DRAFTING.date())

    with django_assert_max_num_queries(30) as few:
        assert len(read()) == 2
    for place in range(5):
        other = make_cadre(office, f"众{place}")
        stands(other, date(2026, 12, 3 + place))
        substantiated(other, express, express_head)
    draft(chen.unit, date(2026, 12, 1), morning(date(2027, 1, 1)))
    sweep(morning(date(2027, 1, 2)))
    with django_assert_max_num_queries(len(few)):
        assert len(read()) == 12
