"""A line of a round put right by two people: both records stay, and what was recorded by mistake stops counting."""

from datetime import timedelta
from typing import Any

import pytest
from crispy_forms.utils import render_crispy_form
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.models import Role, Unit, User
from attendance import cases, services, snapshot
from attendance.correction_forms import CorrectionDecisionForm
from attendance.finding_forms import DecisionForm
from attendance.models import Correction, Finding, FindingState, Item, Round, RoundKind
from attendance.rules import Verified
from attendance.services import corrections, findings
from cards.models import Cadre
from common.models import AuditEntry, Notice
from common.problems import Refused
from tests.cast import NOW, TODAY, give, make_user, signed_in
from tests.support.races import at_once

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


def item(code: str) -> Item:
    return Item.objects.get(code=code)


@pytest.fixture
def second(unit: Unit) -> User:
    """A deputy: another officer of the unit."""
    user = make_user("deputy", "顾二")
    give(user, Role.UNIT_OFFICER, unit=unit)
    return user


@pytest.fixture
def done(unit: Unit, officer: User, lin: Cadre, chen: Cadre) -> Round:
    """Lin was marked as off post by mistake; Chen agreed."""
    problem = services.Problem(item("off_post"), note="敲门无人")
    services.mark_set(unit=unit, day=TODAY, scope="", cadre=lin, problems=[problem], checker=officer, now=NOW)
    return services.round_submit(unit=unit, scope="", number=1, checker=officer, now=NOW).round


@pytest.fixture
def wrong(done: Round) -> Finding:
    return Finding.objects.get(round=done)


def ask(done: Round, cadre: Cadre, actor: User, **changes: Any) -> Correction:
    facts = {"finding": None, "item": None, "minutes": None, "note": "", "reason": "走错了房间"}
    return services.correction_ask(round_=done, cadre=cadre, actor=actor, now=LATER, **{**facts, **changes})


def decide(asked: Correction, actor: User, *, confirm: bool = True, note: str = "") -> Correction:
    return services.correction_decide(correction=asked, confirm=confirm, note=note, actor=actor, now=LATER)


# --- Asked and decided -------------------------------------------------------------------------------------------


def test_a_confirmed_correction_adds_a_round_and_withdraws_what_was_wrong(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User
) -> None:
    before = bytes(done.snapshot)
    decide(ask(done, lin, officer, finding=wrong), second)
    fix = Round.objects.get(kind=RoundKind.CORRECTION)
    assert (fix.corrects, fix.checker, fix.second, fix.reason) == (done, officer, second, "走错了房间")
    assert (fix.number, fix.people, fix.problems, fix.taken_at) == (1, 1, 0, done.taken_at)
    (line,) = snapshot.decode(fix.snapshot, fix.taken_at)
    assert (line.cadre_id, line.status) == (lin.pk, corrections.line_of(done, lin).status)
    # Not missing after all; in which way they were checked nobody has kept.
    assert (line.verified, fix.declared, fix.absent) == (Verified.DECLARED, 1, 0)
    done.refresh_from_db()
    assert (bytes(done.snapshot), done.problems) == (before, 1)
    wrong.refresh_from_db()
    assert (wrong.state, wrong.decided_by) == (FindingState.WITHDRAWN, second)
    assert wrong.decision_reason == "走错了房间"
    assert Notice.objects.filter(user=lin.user, key=f"finding:{wrong.pk}:withdrawn").exists()


def test_what_should_have_been_recorded_is_recorded_with_the_day_of_the_check(
    done: Round, wrong: Finding, lin: Cadre, officer: User, head: User
) -> None:
    decide(ask(done, lin, officer, finding=wrong, item=item("late"), minutes=15, note="九时十五分到"), head)
    right = Finding.objects.get(item__code="late")
    assert (right.cadre, right.day, right.at, right.minutes) == (lin, TODAY, wrong.at, 15)
    assert (right.round.kind, right.recorder, right.state) == ("correction", officer, "provisional")
    assert right.said == wrong.said
    assert right.told_at == LATER
    assert right.round.problems == 1


def test_a_line_that_agreed_gets_its_problem(done: Round, chen: Cadre, officer: User, second: User) -> None:
    decide(ask(done, chen, officer, item=item("card_not_displayed")), second)
    finding = Finding.objects.get(cadre=chen)
    assert (finding.item.code, finding.at) == ("card_not_displayed", done.taken_at)
    assert finding.said["kind"] == "at_post"


def test_the_minutes_of_the_same_problem_are_put_right(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User
) -> None:
    decide(ask(done, lin, officer, finding=wrong, item=wrong.item, note="另一间"), second)
    assert sorted(Finding.objects.filter(cadre=lin).values_list("state", "note")) == [
        ("provisional", "另一间"),
        ("withdrawn", "敲门无人"),
    ]


def test_a_refused_correction_changes_nothing_but_is_kept_with_its_reason(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User
) -> None:
    asked = ask(done, lin, officer, finding=wrong)
    with pytest.raises(Refused):
        decide(asked, second, confirm=False)
    decide(asked, second, confirm=False, note="门牌与人都对")
    asked.refresh_from_db()
    assert (asked.decision, asked.decision_note) == ("refused", "门牌与人都对")
    wrong.refresh_from_db()
    assert wrong.state == FindingState.PROVISIONAL
    assert Round.objects.count() == 1


def test_several_corrections_are_counted(
    done: Round, wrong: Finding, lin: Cadre, chen: Cadre, officer: User, second: User
) -> None:
    decide(ask(done, lin, officer, finding=wrong), second)
    decide(ask(done, chen, officer, item=item("off_post")), second)
    assert sorted(done.corrections.values_list("number", flat=True)) == [1, 2]
    # What a correction recorded can be put right as well, on the line it belongs to.
    mistaken = Finding.objects.get(cadre=chen)
    decide(ask(done, chen, officer, finding=mistaken), second)
    assert done.corrections.count() == 3


def test_each_step_is_in_the_audit_trail(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User
) -> None:
    decide(ask(done, lin, officer, finding=wrong), second)
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", "actor")
    assert list(verbs)[-3:] == [
        ("correction_asked", officer.pk),
        ("correction_decided", second.pk),
        ("finding_decided", second.pk),
    ]


# --- Who decides -------------------------------------------------------------------------------------------------


def told(asked: Correction) -> set[str]:
    return set(
        Notice.objects.filter(key=f"correction:{asked.pk}:asked").values_list("user__username", flat=True)
    )


def test_a_second_person_of_the_unit_is_asked_and_nobody_else(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User, head: User, express: User
) -> None:
    asked = ask(done, lin, officer, finding=wrong)
    assert told(asked) == {"deputy", "head"}
    for nobody in (officer, express, lin.user):
        with pytest.raises(Refused):
            decide(asked, nobody)
    assert decide(asked, head).decided_by == head


def test_who_recorded_it_does_not_withdraw_it_on_anothers_word(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User, express: User
) -> None:
    """Without a head the unit has no second person left, and the city decides."""
    asked = ask(done, lin, second, finding=wrong)
    assert told(asked) == {"express"}
    with pytest.raises(Refused):
        decide(asked, officer)
    decide(asked, express)
    wrong.refresh_from_db()
    assert wrong.decided_by == express


def test_what_was_decided_is_undone_by_the_city_only(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User, head: User, express: User
) -> None:
    services.finding_decide(
        finding=wrong, withdraw=False, reason="属实", exemption="", actor=head, now=LATER + timedelta(days=9)
    )
    asked = ask(done, lin, officer, finding=wrong)
    for insider in (second, head):
        with pytest.raises(Refused):
            decide(asked, insider)
    assert decide(asked, express).decision == "confirmed"


def test_who_confirmed_a_correction_does_not_decide_on_what_it_recorded(
    done: Round, chen: Cadre, officer: User, head: User, express: User
) -> None:
    decide(ask(done, chen, officer, item=item("off_post")), head)
    found = Finding.objects.get(round__kind=RoundKind.CORRECTION)
    assert findings.deciders(found, TODAY) == [express.pk]
    over = TODAY + timedelta(days=9)
    assert found not in cases.waiting_for(head.pk, over)
    assert found in cases.waiting_for(express.pk, over)


def test_whose_line_it_is_neither_asks_nor_decides(
    done: Round, wrong: Finding, lin: Cadre, unit: Unit, officer: User, express: User
) -> None:
    give(lin.user, Role.UNIT_OFFICER, unit=unit)
    with pytest.raises(Refused):
        ask(done, lin, lin.user, finding=wrong)
    asked = ask(done, lin, officer, finding=wrong)
    assert told(asked) == {"express"}
    with pytest.raises(Refused):
        decide(asked, lin.user)


# --- What cannot be asked ----------------------------------------------------------------------------------------


def test_nothing_is_no_correction(done: Round, lin: Cadre, officer: User) -> None:
    with pytest.raises(Refused) as refused:
        ask(done, lin, officer)
    assert refused.value.field == "item"


def test_a_problem_that_the_plaque_excludes_is_refused(
    done: Round, chen: Cadre, lin: Cadre, officer: User
) -> None:
    for code in ("untrue",):
        with pytest.raises(Refused) as refused:
            ask(done, chen, officer, item=item(code))
        assert refused.value.field == "item"
    with pytest.raises(Refused):
        ask(done, lin, officer, item=item("off_post"))


def test_somebody_who_was_not_checked_has_no_line(done: Round, zhou: Cadre, officer: User) -> None:
    with pytest.raises(Refused):
        ask(done, zhou, officer, item=item("late"))


def test_a_finding_of_another_line_is_refused(
    done: Round, wrong: Finding, chen: Cadre, officer: User
) -> None:
    with pytest.raises(Refused) as refused:
        ask(done, chen, officer, finding=wrong)
    assert refused.value.field == "finding"


def test_a_line_waits_for_one_correction_at_a_time(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User
) -> None:
    asked = ask(done, lin, officer, finding=wrong)
    assert ask(done, lin, officer, finding=wrong) == asked
    with pytest.raises(Refused):
        ask(done, lin, officer, finding=wrong, reason="另一个理由")
    with pytest.raises(Refused):
        ask(done, lin, second, finding=wrong)
    assert AuditEntry.objects.filter(verb="correction_asked").count() == 1


# --- Two at once -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_the_first_one_counts(
    done: Round, wrong: Finding, lin: Cadre, officer: User, second: User, head: User
) -> None:
    asked = ask(done, lin, officer, finding=wrong, item=item("late"), minutes=5)
    outcomes = at_once(
        lambda: decide(asked, second),
        lambda: decide(asked, head, confirm=False, note="不同意"),
        lambda: decide(asked, second),
    )
    assert {type(outcome) for outcome in outcomes} == {Correction, Refused}, outcomes
    asked.refresh_from_db()
    confirmed = asked.decision == "confirmed"
    assert (
        Round.objects.filter(kind="correction").count() == Finding.objects.filter(item__code="late").count()
    )
    assert Round.objects.filter(kind="correction").exists() is confirmed
    wrong.refresh_from_db()
    assert (wrong.state == FindingState.WITHDRAWN) is confirmed


@pytest.mark.django_db(transaction=True)
def test_the_same_correction_asked_from_two_devices_is_one(
    done: Round, wrong: Finding, lin: Cadre, officer: User, head: User
) -> None:
    outcomes = at_once(*[lambda: ask(done, lin, officer, finding=wrong)] * 3)
    assert len({outcome.pk for outcome in outcomes}) == 1, outcomes
    assert Notice.objects.filter(kind="correction_asked").count() == 1


# --- The landing page --------------------------------------------------------------------------------------------


def desk(user: User, time_machine: Any) -> str:
    time_machine.move_to(LATER, tick=False)
    client = signed_in(user)
    client.cookies["language"] = "en"
    return client.get("/desk/").text


def test_the_desk_shows_what_waits_for_ones_own_word_and_leads_there(
    done: Round,
    wrong: Finding,
    lin: Cadre,
    chen: Cadre,
    officer: User,
    head: User,
    express: User,
    time_machine: Any,
) -> None:
    assert "Corrections waiting for you" not in desk(head, time_machine)
    one = ask(done, chen, officer, item=item("late"), minutes=5)
    assert "Corrections waiting for you" in (shown := desk(head, time_machine))
    assert f'href="{reverse("correction", args=[one.pk])}"' in shown
    for nobody in (officer, express):
        assert "Corrections waiting for you" not in desk(nobody, time_machine)
    ask(done, lin, officer, finding=wrong)
    assert f'href="{reverse("corrections")}"' in desk(head, time_machine)
    decide(one, head)
    assert corrections.waiting_for(head.pk, TODAY) == list(Correction.objects.filter(decision=""))


def test_whom_a_correction_waits_for_is_read_in_the_same_number_of_queries(
    done: Round, wrong: Finding, lin: Cadre, chen: Cadre, officer: User, head: User, unit: Unit
) -> None:
    ask(done, lin, officer, finding=wrong)
    with CaptureQueriesContext(connection) as one:
        assert len(corrections.waiting_for(head.pk, TODAY)) == 1
    ask(done, chen, officer, item=item("late"), minutes=5)
    with CaptureQueriesContext(connection) as two:
        found = corrections.waiting_for(head.pk, TODAY)
    assert len(one) == len(two)
    assert all(corrections.deciders(asked, TODAY) == [head.pk] for asked in found)
    assert len(found) == 2


# --- The form ----------------------------------------------------------------------------------------------------


def form_page(user: User, done: Round, cadre: Cadre, time_machine: Any, **typed: str) -> Any:
    time_machine.move_to(LATER, tick=False)
    client = signed_in(user)
    client.cookies["language"] = "en"
    address = reverse("correction_new", args=[done.pk, cadre.pk])
    return client.post(address, typed) if typed else client.get(address)


def test_on_a_line_that_agreed_the_form_asks_for_the_problem_alone(
    done: Round, wrong: Finding, lin: Cadre, chen: Cadre, officer: User, time_machine: Any
) -> None:
    agreed = form_page(officer, done, chen, time_machine)
    form = agreed.context["form"]
    assert "finding" not in form.fields
    assert {name for name, field in form.fields.items() if field.required} == {"item", "reason"}
    assert "there is nothing to withdraw" in agreed.text
    assert "only withdrawn" not in agreed.text
    failed = form_page(officer, done, chen, time_machine, reason="误记")
    assert set(failed.context["form"].errors) == {"item"}
    marked = form_page(officer, done, lin, time_machine)
    assert {name for name, field in marked.context["form"].fields.items() if field.required} == {"reason"}
    assert "only withdrawn" in marked.text
    assert (
        form_page(officer, done, lin, time_machine, finding=str(wrong.pk), reason="误记").status_code == 302
    )


def test_no_reason_is_called_optional_where_it_may_be_needed() -> None:
    with translation.override("en"):
        for form in (CorrectionDecisionForm(), DecisionForm()):
            name = "note" if "note" in form.fields else "reason"
            assert (
                "optional" not in render_crispy_form(form).split(f'name="{name}"')[0].rsplit("<label", 1)[1]
            )
