"""Objections: who may, until when, who answers, and what follows from it."""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from accounts.models import Membership, Role
from appraisal import reasons, services
from appraisal.models import Kind, LedgerEntry, MonthlyReport, Objection
from appraisal.rules.objections import (
    Answering,
    Making,
    deciders,
    refuse_answering,
    refuse_making,
    who_enters,
)
from appraisal.services import closing, months, objections
from appraisal.words import entry as entry_words
from cards import services as people
from common.models import AuditEntry, Notice
from common.problems import Refused
from common.rules import at
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, draft, stands
from tests.appraisal.objecting import (
    ANSWER_BY,
    LATER,
    OBJECTING,
    PUBLISHED_UNTIL,
    REPORTING,
    answered,
    dearer,
    drafted,
    november,
    objected,
    of_unit,
    on_spot,
    proposal_of,
    published,
    reported,
)
from tests.cast import NOW, give, make_cadre, make_user
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db


# --- The rules as tables ----------------------------------------------------------------------------------------------

TODAY = date(2026, 12, 8)
FINE = {
    "is_for_them": True,
    "is_charge": True,
    "stands": True,
    "made_before": False,
    "on_paper": False,
    "paper_on": None,
    "counted_on": date(2026, 12, 1),
    "published_until": PUBLISHED_UNTIL,
    "is_accepted": False,
    "today": TODAY,
    "text": "x",
}
PAPER = {"on_paper": True, "paper_on": date(2026, 12, 7)}


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({}, None),
        ({"published_until": None}, None),
        ({"today": PUBLISHED_UNTIL}, None),
        ({"today": PUBLISHED_UNTIL + timedelta(days=1)}, Making.OVER),
        ({"is_for_them": False}, Making.NOT_YOURS),
        ({"is_charge": False}, Making.NO_CHARGE),
        ({"stands": False}, Making.TAKEN_BACK),
        ({"made_before": True}, Making.TWICE),
        ({"text": " \n"}, Making.TEXT),
        (PAPER, None),
        ({**PAPER, "paper_on": None}, Making.PAPER_DAY),
        ({**PAPER, "paper_on": TODAY + timedelta(days=1)}, Making.PAPER_TO_COME),
        ({**PAPER, "paper_on": date(2026, 11, 30)}, Making.PAPER_TOO_EARLY),
        # Handed in in time and entered late: the unit's delay is not the person's.
        ({**PAPER, "paper_on": PUBLISHED_UNTIL, "today": date(2026, 12, 20)}, None),
        ({**PAPER, "paper_on": date(2026, 12, 15), "today": date(2026, 12, 20)}, Making.OVER),
        # But for what the city has accepted already.
        ({**PAPER, "is_accepted": True, "today": date(2026, 12, 20)}, Making.ACCEPTED),
        # Not yet drafted: judged anew in a month that is still open.
        ({**PAPER, "counted_on": None, "published_until": None}, None),
    ],
)
def test_when_an_objection_may_be_made(what, refusal):
    assert refuse_making(**{**FINE, **what}) == refusal


@pytest.mark.parametrize(
    ("free", "reason", "refusal"),
    [(True, "x", None), (True, " ", Answering.REASON), (False, "x", Answering.INVOLVED)],
)
def test_when_it_may_be_answered(free, reason, refusal):
    assert refuse_answering(is_free=free, reason=reason) == refusal


@pytest.mark.parametrize(
    ("heads", "city", "involved", "about_unit", "of_the_city", "who"),
    [
        ([1, 2], [8, 9], [], False, False, {1, 2}),
        ([1, 2], [8, 9], [1], False, False, {2}),
        ([1], [8, 9], [1], False, False, {8, 9}),
        ([], [8, 9], [], False, False, {8, 9}),
        ([], [8, 9], [8], False, False, {9}),
        # What the city found, the city answers, as it decides on it; and where nobody of it is free, the unit.
        ([1], [8, 9], [8], False, True, {9}),
        ([1], [8], [8], False, True, {1}),
        # About the unit nobody there answers, however alone the city is.
        ([1], [8, 9], [], True, False, {8, 9}),
        ([1], [8], [8], True, False, set()),
    ],
)
def test_who_may_answer(heads, city, involved, about_unit, of_the_city, who):
    found = deciders(
        heads=heads, city=city, involved=involved, about_unit=about_unit, of_the_city=of_the_city
    )
    assert found == who


@pytest.mark.parametrize(
    ("heads", "city", "involved", "about_unit", "of_the_city", "who"),
    [
        ([1, 2], [8, 9], [], False, False, {1, 2, 8, 9}),
        ([1], [8, 9], [8], False, False, {1, 9}),
        ([1], [8, 9], [1], False, False, {8, 9}),
        # What is the city's stays the city's.
        ([1], [8, 9], [8], False, True, {9}),
        ([1], [8], [8], False, True, {1}),
        ([1], [8], [8], True, False, set()),
    ],
)
def test_once_its_day_has_passed_the_city_may_answer_too(heads, city, involved, about_unit, of_the_city, who):
    found = deciders(
        heads=heads,
        city=city,
        involved=involved,
        about_unit=about_unit,
        of_the_city=of_the_city,
        is_overdue=True,
    )
    assert found == who


@pytest.mark.parametrize(
    ("officers", "heads", "involved", "who"),
    [
        ([1, 2], [5], [], {1, 2}),
        ([1, 2], [5], [1], {2}),
        ([1], [5], [1], {5}),
        ([], [5], [], {5}),
        ([1], [5], [1, 5], {8, 9}),
        ([1], [5], [1, 5, 8], {9}),
    ],
)
def test_who_enters_paper(officers, heads, involved, who):
    assert who_enters(officers=officers, heads=heads, city=[8, 9], involved=involved) == who


# --- Making -----------------------------------------------------------------------------------------------------------


def test_whoever_an_entry_is_about_objects_once_and_hears_until_when(unit, chen, officer, head):
    (entry,) = drafted(chen, 3)
    published(unit)
    objection = objected(entry)
    assert (objection.state, objection.due_on, objection.paper_on) == ("open", ANSWER_BY, None)
    assert AuditEntry.objects.get(verb="objection_made").subject_id == objection.pk
    assert objected(entry).pk == objection.pk
    assert Objection.objects.count() == 1
    with pytest.raises(Refused):
        services.objection_make(entry=entry, text="另一种说法", actor=chen.user, now=OBJECTING)


def test_the_decider_and_the_unit_hear_of_it_and_the_maker_does_not(unit, chen, officer, head, express):
    (entry,) = drafted(chen, 3)
    objected(entry)
    told = set(Notice.objects.filter(kind__startswith="objection").values_list("kind", "user"))
    assert told == {("objection_to_decide", head.pk), ("objection_made", officer.pk)}


def test_before_the_publication_an_objection_may_be_made_too(unit, chen):
    (entry,) = drafted(chen, 3)
    assert objected(entry, now=DRAFTING).state == "open"


def test_after_the_publication_the_refusal_says_the_day_and_what_is_left(unit, chen):
    (entry,) = drafted(chen, 3)
    published(unit)
    last_minute = at(PUBLISHED_UNTIL, time(23, 59))
    with pytest.raises(Refused, match="12月14日") as refused:
        objected(entry, now=last_minute + timedelta(minutes=1))
    assert "直通车" in str(refused.value.sentence)
    assert objected(entry, now=last_minute).state == "open"


def test_only_ones_own_and_not_by_the_officer_for_somebody_with_an_account(
    unit, chen, lin, officer, head, zhou
):
    (entry,) = drafted(chen, 3)
    for actor in (lin.user, officer, head, zhou.user):
        with pytest.raises(Refused):
            objected(entry, actor)
    assert not Objection.objects.exists()


def test_for_somebody_without_an_account_the_officer_enters_the_paper(
    unit, office, officer, head, other_officer
):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3)
    published(unit)
    for actor in (head, other_officer):
        with pytest.raises(Refused):
            objected(entry, actor, paper_on=date(2026, 12, 7))
    with pytest.raises(Refused) as refused:
        objected(entry, officer)
    assert refused.value.field == "paper_on"
    objection = objected(entry, officer, paper_on=date(2026, 12, 7))
    assert (objection.made_by, objection.paper_on) == (officer, date(2026, 12, 7))


def test_paper_handed_in_in_time_counts_although_it_is_entered_late(unit, office, officer):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3)
    reported(unit)
    with pytest.raises(Refused):
        objected(entry, officer, LATER, paper_on=date(2026, 12, 15))
    assert objected(entry, officer, LATER, paper_on=PUBLISHED_UNTIL).due_on == date(2026, 12, 21)


def test_paper_is_not_entered_by_who_recorded_or_decided_what_it_is_about(
    unit, office, officer, head, express
):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3, recorder=officer)
    assert {actor for actor in (officer, head, express) if may_make(entry, actor)} == {head}
    with pytest.raises(Refused):
        objected(entry, officer, paper_on=TODAY)
    second = make_user("second", "叶二")
    give(second, Role.UNIT_OFFICER, unit=unit)
    assert {actor for actor in (officer, head, second) if may_make(entry, actor)} == {second}


def test_where_everybody_of_the_unit_had_a_hand_in_it_the_city_enters_the_paper(
    unit, office, officer, head, express
):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3, recorder=officer, decided_by=head)
    assert {actor for actor in (officer, head, express) if may_make(entry, actor)} == {express}


def test_once_the_city_has_accepted_the_month_no_paper_is_entered(unit, office, officer, express_head):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3)
    reported(unit)
    MonthlyReport.objects.update(state="accepted", accepted_by=express_head, accepted_at=LATER)
    with pytest.raises(Refused, match="审核"):
        objected(entry, officer, LATER, paper_on=PUBLISHED_UNTIL)
    assert not Objection.objects.exists()


def test_of_an_ended_unit_whoever_followed_it_enters_the_paper_and_else_the_city(
    unit, other_unit, office, officer, other_officer, express
):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3)
    published(unit)
    unit.valid_to, unit.successor = date(2026, 11, 30), other_unit
    unit.save()
    Membership.objects.filter(unit=unit).update(valid_to=unit.valid_to)
    assert {actor for actor in (officer, other_officer, express) if may_make(entry, actor)} == {other_officer}
    unit.successor = None
    unit.save()
    assert {actor for actor in (officer, other_officer, express) if may_make(entry, actor)} == {express}
    assert objected(entry, express, paper_on=date(2026, 12, 7)).made_by == express


def may_make(entry, actor) -> bool:
    return objections.may_make(entry, actor, TODAY)


def test_about_the_unit_its_officer_or_head_objects_and_no_cadre(unit, chen, officer, head, express):
    entry = of_unit(unit)
    for actor in (chen.user, express):
        with pytest.raises(Refused):
            objected(entry, actor)
    assert objected(entry, head).paper_on is None


def test_what_was_taken_back_or_takes_back_is_nothing_to_object_to(unit, chen, head):
    (entry,) = drafted(chen, 3)
    (reversal,) = services.entry_reverse(entry=entry, reason="误记", actor=head, now=OBJECTING)
    for row in (entry, reversal):
        with pytest.raises(Refused):
            objected(row)


def test_who_has_moved_to_another_unit_objects_and_the_old_unit_decides(
    unit, other_unit, other_office, chen, head
):
    (entry,) = drafted(chen, 3)
    published(unit)
    other_head = make_user("other_head", "尚远")
    give(other_head, Role.LEADING_GROUP_HEAD, unit=other_unit)
    chen.unit, chen.office = other_unit, other_office
    chen.save()
    Membership.objects.filter(user=chen.user).update(unit=other_unit)
    objection = objected(entry)
    assert objections.deciders_now(objection, TODAY) == {head.pk}
    with pytest.raises(Refused):
        answered(objection, other_head)
    assert answered(objection, head).state == "sustained"


def test_for_who_has_left_the_officer_enters_it_since_they_have_no_pages_any_more(unit, chen, officer):
    (entry,) = drafted(chen, 3)
    published(unit)
    with pytest.raises(Refused):
        objected(entry, officer, paper_on=TODAY)
    people.cadre_end_service(cadre=chen, last_day=date(2026, 12, 4), actor=officer, now=OBJECTING)
    assert objected(entry, officer, paper_on=TODAY).paper_on == TODAY


# --- Taking it back ---------------------------------------------------------------------------------------------------


def test_whoever_made_it_takes_it_back_while_it_is_open(unit, chen, lin, head):
    objection = objected(drafted(chen, 3)[0])
    with pytest.raises(Refused):
        services.objection_withdraw(objection=objection, actor=lin.user, now=OBJECTING)
    for _press in range(2):
        row = services.objection_withdraw(objection=objection, actor=chen.user, now=OBJECTING)
        assert (row.state, row.decided_by) == ("withdrawn", chen.user)
    assert AuditEntry.objects.filter(verb="objection_withdrawn").count() == 1
    assert Notice.objects.filter(kind="objection_withdrawn", user=head).count() == 1
    with pytest.raises(Refused, match="陈砚"):
        answered(objection, head)


def test_what_is_answered_is_not_taken_back(unit, chen, head):
    objection = answered(objected(drafted(chen, 3)[0]), head, sustain=False)
    with pytest.raises(Refused, match="何正"):
        services.objection_withdraw(objection=objection, actor=chen.user, now=OBJECTING)


def test_what_was_entered_from_paper_and_taken_back_uses_up_nothing(unit, office, officer, head):
    cadre = make_cadre(office, "柳无号")
    (entry,) = drafted(cadre, 3)
    published(unit)
    first = objected(entry, officer, paper_on=date(2026, 12, 7))
    services.objection_withdraw(objection=first, actor=officer, now=OBJECTING)
    shown = reasons.for_pages(LedgerEntry.objects.filter(pk=entry.pk)).get()
    assert entry_words.read(shown, TODAY)["choice"].may_object
    second = objected(entry, officer, paper_on=TODAY)
    assert second.pk != first.pk
    assert answered(second, head).state == "sustained"
    # There is still one that counts.
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.filter(pk=first.pk).update(paper_on=None)


def test_whoever_has_come_to_record_it_does_not_take_back_somebody_elses_objection(unit, office, officer):
    (entry,) = drafted(make_cadre(office, "柳无号"), 3)
    objection = objected(entry, officer, paper_on=date(2026, 12, 7))
    entry.finding.recorder = officer
    entry.finding.save(update_fields=["recorder"])
    assert not objections.may_withdraw(objections.for_deciding(Objection.objects.all()).get(), officer)
    with pytest.raises(Refused):
        services.objection_withdraw(objection=objection, actor=officer, now=OBJECTING)


# --- Answering --------------------------------------------------------------------------------------------------------


def test_sustained_the_entry_is_reversed_with_the_reason_and_the_money_released(unit, chen, officer, head):
    (entry,) = drafted(chen, 3)
    objection = answered(objected(entry), head)
    assert (objection.state, objection.decided_by) == ("sustained", head)
    reversal = LedgerEntry.objects.get(kind=Kind.REVERSAL)
    assert (reversal.reverses, reversal.reason, reversal.actor) == (entry, "会议签到表属实", head)
    assert reversal.month == date(2026, 12, 1)
    assert proposal_of(chen).due_cents == 0
    assert AuditEntry.objects.get(verb="objection_decided").changes == {
        "state": "sustained",
        "reason": "会议签到表属实",
        "reversed": reversal.sequence,
    }
    told = set(Notice.objects.filter(kind__endswith="objection_decided").values_list("kind", "user"))
    assert told == {("my_objection_decided", chen.user_id), ("objection_decided", officer.pk)}
    assert Notice.objects.filter(kind="withholding_released").get().user_id == chen.user_id


def test_rejected_nothing_changes_but_the_person_reads_why(unit, chen, head):
    (entry,) = drafted(chen, 3)
    objection = answered(objected(entry), head, sustain=False)
    assert (objection.state, objection.decision_reason) == ("rejected", "会议签到表属实")
    assert not LedgerEntry.objects.filter(kind=Kind.REVERSAL).exists()
    assert (proposal_of(chen).released_cents, proposal_of(chen).due_cents) == (0, 4000)


def test_without_a_reason_it_is_not_answered(unit, chen, head):
    objection = objected(drafted(chen, 3)[0])
    with pytest.raises(Refused) as refused:
        services.objection_decide(objection=objection, sustain=False, reason=" ", actor=head, now=OBJECTING)
    assert refused.value.field == "reason"


def test_answered_twice_by_a_double_click_is_answered_once(unit, chen, head):
    objection = objected(drafted(chen, 3)[0])
    answered(objection, head)
    assert answered(objection, head).state == "sustained"
    assert LedgerEntry.objects.filter(kind=Kind.REVERSAL).count() == 1
    with pytest.raises(Refused, match="何正"):
        answered(objection, head, sustain=False)


def test_who_recorded_or_decided_it_or_is_the_person_does_not_answer(unit, chen, head, express, express_head):
    second = make_user("second", "何二")
    give(second, Role.LEADING_GROUP_HEAD, unit=unit)
    give(chen.user, Role.LEADING_GROUP_HEAD, unit=unit)
    (entry,) = drafted(chen, 3, recorder=head, decided_by=second)
    objection = objected(entry)
    # No head is free: the city takes it.
    assert objections.deciders_now(objection, TODAY) == {express.pk, express_head.pk}
    for actor in (head, second, chen.user):
        with pytest.raises(Refused):
            answered(objection, actor)
    assert answered(objection, express).decided_by == express


def test_where_one_of_the_heads_is_free_the_city_does_not_answer(unit, chen, head, express):
    second = make_user("second", "何二")
    give(second, Role.LEADING_GROUP_HEAD, unit=unit)
    (entry,) = drafted(chen, 3, recorder=head)
    objection = objected(entry)
    for actor in (head, express):
        with pytest.raises(Refused):
            answered(objection, actor)
    assert answered(objection, second).decided_by == second


def test_what_the_city_found_the_city_answers_and_not_who_was_there(unit, chen, head, express, express_head):
    third = make_user("third", "舒平")
    give(third, Role.EXPRESS_STAFF)
    (entry,) = drafted(chen, 5, recorder=express_head, spot_line=on_spot(chen, express, express_head))
    objection = objected(entry)
    assert objections.deciders_now(objection, TODAY) == {third.pk}
    with pytest.raises(Refused):
        answered(objection, head)


def test_about_the_unit_the_city_answers(unit, officer, head, express):
    objection = objected(of_unit(unit), officer)
    with pytest.raises(Refused):
        answered(objection, head)
    assert answered(objection, express).state == "sustained"


def test_who_made_it_for_somebody_else_does_not_answer_it_and_the_database_says_so_too(unit, officer):
    give(officer, Role.EXPRESS_STAFF)
    objection = objected(of_unit(unit), officer)
    with pytest.raises(Refused):
        answered(objection, officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.update(state="rejected", decided_by=officer, decided_at=NOW, decision_reason="x")


def test_the_standing_entry_is_taken_back_when_it_was_judged_anew_meanwhile(unit, chen, head):
    """The first of two is sustained, and the second judged anew for less; the objection to the second waits still."""
    dearer()
    first, second = drafted(chen, 3, 4, code="late")
    waiting = objected(second)
    answered(objected(first), head)
    assert proposal_of(chen).due_cents == 3000
    assert answered(waiting, head).state == "sustained"
    assert (proposal_of(chen).due_cents, proposal_of(chen).state) == (0, "released")
    assert not LedgerEntry.objects.standing().exists()


def test_what_was_taken_back_for_another_reason_is_sustained_without_another_reversal(unit, chen, head):
    (entry,) = drafted(chen, 3)
    objection = objected(entry)
    services.entry_reverse(entry=entry, reason="误记更正", actor=head, now=OBJECTING)
    assert answered(objection, head).state == "sustained"
    assert LedgerEntry.objects.filter(kind=Kind.REVERSAL).count() == 1


def test_an_entry_that_was_judged_anew_is_not_objected_to_a_second_time(unit, chen, head):
    dearer()
    first, second = drafted(chen, 3, 4, code="late")
    answered(objected(second), head, sustain=False)
    answered(objected(first), head)
    anew = LedgerEntry.objects.get(kind=Kind.REJUDGED)
    with pytest.raises(Refused):
        objected(anew)
    choice = entry_words.read(reasons.for_pages(LedgerEntry.objects.filter(pk=anew.pk)).get(), TODAY)[
        "choice"
    ]
    assert not choice.may_object
    # Nor past the verb: there is one for each fact.
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.filter(entry=first).update(finding=second.finding)


def test_in_a_unit_that_has_ended_the_reversal_is_of_the_open_month_and_that_is_drafted_then(
    unit, chen, head
):
    (entry,) = drafted(chen, 3)
    unit.valid_to = date(2026, 11, 30)
    unit.save()
    december = date(2026, 12, 1)
    assert unit not in closing.units_of(december)
    answered(objected(entry), head)
    assert LedgerEntry.objects.get(kind=Kind.REVERSAL).month == december
    assert unit in closing.units_of(december)
    report = draft(unit, december, at(date(2027, 1, 1), time(6)))
    assert (report.entries, report.corrections) == (0, 1)


# --- The month waits for it -------------------------------------------------------------------------------------------


def test_an_open_objection_keeps_the_month_from_being_reported(unit, chen, head):
    objection = objected(drafted(chen, 3)[0])
    published(unit)
    with pytest.raises(Refused):
        months.month_report(report=november(unit), actor=head, now=REPORTING)
    answered(objection, head, sustain=False)
    assert months.month_report(report=november(unit), actor=head, now=REPORTING).state == "reported"


# --- In time ----------------------------------------------------------------------------------------------------------


def test_on_the_last_day_the_decider_is_reminded_and_afterwards_the_unit_too(unit, chen, officer, head):
    objected(drafted(chen, 3)[0])
    assert services.objections_remind(now=at(date(2026, 12, 10), time(9))) == 0
    last_day = at(ANSWER_BY, time(9))
    assert [services.objections_remind(now=last_day) for _run in range(2)] == [1, 0]
    assert Notice.objects.get(kind="objection_due").user_id == head.pk
    assert [services.objections_remind(now=last_day + timedelta(days=1)) for _run in range(2)] == [2, 0]
    overdue = Notice.objects.filter(kind="objection_overdue").values_list("user", flat=True)
    assert set(overdue) == {officer.pk, head.pk}


def test_an_idle_head_holds_no_month_back(unit, chen, head, express):
    objection = objected(drafted(chen, 3)[0])
    with pytest.raises(Refused):
        answered(objection, express, now=at(ANSWER_BY, time(23, 59)))
    after = at(ANSWER_BY + timedelta(days=1), time(9))
    services.objections_remind(now=after)
    assert Notice.objects.filter(kind="objection_overdue", user=express).exists()
    assert answered(objection, express, now=after).decided_by == express


def test_what_is_answered_reminds_nobody(unit, chen, head):
    answered(objected(drafted(chen, 3)[0]), head)
    assert services.objections_remind(now=LATER) == 0


def test_reminding_takes_the_same_queries_for_one_and_for_many(
    unit, chen, lin, wei, head, django_assert_max_num_queries
):
    objected(drafted(chen, 3)[0])
    with django_assert_max_num_queries(25) as one:
        services.objections_remind(now=LATER)
    Objection.objects.update(due_on=ANSWER_BY)
    for number, cadre in enumerate((lin, wei), start=1):
        entry = LedgerEntry.objects.create(
            unit=unit,
            sequence=100 + number,
            kind="finding",
            cadre=cadre,
            item=LedgerEntry.objects.first().item,
            month=NOVEMBER,
            day=date(2026, 11, 4),
            half_points=2,
            cents=2000,
            standard=LedgerEntry.objects.first().standard,
            finding=stands(cadre, date(2026, 11, 4)),
            fact="x",
            source=f"t:{number}",
            at=NOW,
            previous="",
            hash="",
        )
        objected(entry)
    with django_assert_max_num_queries(len(one)):
        services.objections_remind(now=LATER)


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["locks", "no locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_wins_and_the_other_reads_who_and_what(
    right, unit, chen, head, monkeypatch
):
    second = make_user("second", "何二")
    give(second, Role.LEADING_GROUP_HEAD, unit=unit)
    objection = objected(drafted(chen, 3)[0])
    with meeting(monkeypatch, objections, "_decide", 2, right):
        outcomes = at_once(
            lambda: answered(objection, head, sustain=False),
            lambda: answered(objection, second, sustain=False),
        )
    decided = AuditEntry.objects.filter(verb="objection_decided")
    assert (decided.count() == 1) is right
    if right:
        (late,) = [outcome for outcome in outcomes if isinstance(outcome, objections.Answered)]
        winner = Objection.objects.get()
        assert str(winner.decided_by) in late.sentence
        assert winner.get_state_display() in late.sentence
        assert winner.decision_reason in late.sentence


@pytest.mark.django_db(transaction=True)
def test_sustained_by_two_at_once_the_money_is_released_once(unit, chen, head):
    second = make_user("second", "何二")
    give(second, Role.LEADING_GROUP_HEAD, unit=unit)
    objection = objected(drafted(chen, 3, 4)[0])
    at_once(lambda: answered(objection, head), lambda: answered(objection, second))
    assert LedgerEntry.objects.filter(kind=Kind.REVERSAL).count() == 1
    assert (proposal_of(chen).released_cents, proposal_of(chen).due_cents) == (4000, 4000)


@pytest.mark.django_db(transaction=True)
def test_taken_back_and_sustained_at_once_it_is_one_of_them(unit, chen, head):
    objection = objected(drafted(chen, 3)[0])
    at_once(
        lambda: services.objection_withdraw(objection=objection, actor=chen.user, now=OBJECTING),
        lambda: answered(objection, head),
    )
    state = Objection.objects.get().state
    assert (state == "sustained") is LedgerEntry.objects.filter(kind=Kind.REVERSAL).exists()
    assert state in ("sustained", "withdrawn")


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_it_is_one_objection(unit, chen):
    (entry,) = drafted(chen, 3)
    published(unit)
    outcomes = at_once(lambda: objected(entry), lambda: objected(entry))
    assert {outcome.pk for outcome in outcomes} == {Objection.objects.get().pk}
    assert MonthlyReport.objects.get().state == "published"
