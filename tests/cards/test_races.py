"""Two people at the same instant, with real threads. Each race is first shown with the locks off.

The threads meet between check and write, so that the outcome is no matter of luck. With its lock on only one comes
that far: it waits a moment for the others and goes on alone. SQLite has one writer at a time whatever the locks say,
so there the outcome without them must be the right one too.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from accounts.models import Activation, User
from cards import services
from cards.models import Card, CardRequest, Consent, SerialCounter, Whereabouts
from cards.rules import State
from common.models import AuditEntry
from common.problems import Refused
from tests.cast import NOW, TODAY, issue_card, make_cadre, make_user
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["locks", "no locks"])
def right(request, monkeypatch) -> bool:
    """Whether the outcome must be right: with the locks always, without them where one writer comes after another."""
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


def kinds(outcomes: list[Any]) -> dict[str, int]:
    return dict(Counter(type(outcome).__name__ for outcome in outcomes))


def test_two_approvals_of_one_request_make_one_card(right, chen, officer, express, express_head, monkeypatch):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)

    def approve(actor: User) -> Callable[[], Any]:
        return lambda: services.card_decide(request=asked, approve=True, note="", actor=actor, now=NOW)

    with meeting(monkeypatch, services.issuing, "may_approve", 2, right):
        outcomes = at_once(approve(express), approve(express_head))
    once = kinds(outcomes) == {"Card": 1, "Refused": 1} and Card.objects.count() == 1
    assert once is right, outcomes
    # Whatever else goes wrong, the database never holds two valid cards.
    assert Card.objects.valid().count() == 1


def test_two_requests_at_once_are_one(right, chen, officer, other_officer, monkeypatch):
    def ask(actor: User) -> Callable[[], Any]:
        return lambda: services.card_request(cadre=chen, reason="", note="", actor=actor, now=NOW)

    with meeting(monkeypatch, CardRequest.objects, "create", 2, right):
        outcomes = at_once(ask(officer), ask(other_officer))
    # Without the lock the constraint still holds, but somebody sees an error page instead of a sentence.
    assert (kinds(outcomes) == {"CardRequest": 1, "Refused": 1}) is right, outcomes
    assert CardRequest.objects.count() == 1


def test_two_taps_at_once_are_one_declaration(right, chen, monkeypatch):
    def tap() -> Whereabouts:
        return services.whereabouts_declare(
            cadre=chen,
            state=State.MEETING,
            until=NOW + timedelta(hours=2),
            actor=chen.user,
            now=NOW,
        )

    with meeting(monkeypatch, Whereabouts.objects, "create", 2, right):
        outcomes = at_once(tap, tap)
    assert kinds(outcomes) == {"Whereabouts": 2}, outcomes
    assert (Whereabouts.objects.count() == 1) is right


def test_consent_given_twice_at_once_is_given_once(right, chen, monkeypatch):
    def give() -> Consent:
        return services.consent_give(cadre=chen, subject="photo", evidence="", actor=chen.user, now=NOW)

    with meeting(monkeypatch, Consent.objects, "create", 2, right):
        outcomes = at_once(give, give)
    assert (kinds(outcomes) == {"Consent": 2}) is right, outcomes
    assert Consent.objects.count() == 1


def test_eight_cards_of_one_unit_at_once_are_numbered_without_gaps(right, office, officer, monkeypatch):
    asked = [
        services.card_request(
            cadre=make_cadre(office, f"众{number}"), reason="", note="", actor=officer, now=NOW
        )
        for number in range(8)
    ]
    approvers = [make_user(f"approver{number}") for number in range(8)]

    def approve(number: int) -> Callable[[], Any]:
        return lambda: services.card_decide(
            request=asked[number], approve=True, note="", actor=approvers[number], now=NOW
        )

    if not right:
        # Whoever makes the counter holds the others up; there must be one for eight to read it.
        SerialCounter.objects.create(unit=office.unit)
    with meeting(monkeypatch, SerialCounter, "save", 8, right):
        outcomes = at_once(*(approve(number) for number in range(8)))
    serials = sorted(outcome.serial for outcome in outcomes if isinstance(outcome, Card))
    assert (serials == [f"LQ-D901-{number:04d}" for number in range(1, 9)]) is right, outcomes
    # Without the lock eight read the same last number; the constraint lets one of them through.
    assert len(set(serials)) == len(serials) == Card.objects.count()
    if not right:
        assert {type(outcome) for outcome in outcomes} == {Card, IntegrityError}


def test_of_two_edits_at_once_the_second_records_what_the_first_wrote(right, chen, officer, monkeypatch):
    details = services.details_of(chen)

    def edit(name: str) -> Callable[[], Any]:
        changed = {**vars(details), "name": name, "posts": (f"{name}一", f"{name}二")}
        return lambda: services.cadre_edit(
            cadre=chen, details=services.CadreDetails(**changed), actor=officer, now=NOW
        )

    with meeting(monkeypatch, services.people, "_apply", 2, right):
        outcomes = at_once(edit("甲"), edit("乙"))
    assert kinds(outcomes) == {"Cadre": 2}, outcomes
    chen.refresh_from_db()
    assert [post.title for post in chen.posts.all()] == [f"{chen.name}一", f"{chen.name}二"]
    entries = AuditEntry.objects.filter(verb="cadre_edited").order_by("pk")
    first, second = (entry.changes["name"] for entry in entries)
    assert (first[0] == "陈砚" and second == [first[1], chen.name]) is right


# --- Several verbs on one person, with the locks on ---------------------------------------------------------------


def test_revoking_and_replacing_at_once_leave_one_card_at_most(chen, officer, express, other_officer):
    card = issue_card(chen)
    asked = services.card_request(cadre=chen, reason="lost", note="", actor=officer, now=NOW)
    outcomes = at_once(
        lambda: services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW),
        lambda: services.card_revoke(card=card, reason="lost", note="", actor=other_officer, now=NOW),
    )
    assert isinstance(outcomes[0], Card)
    assert isinstance(outcomes[1], Card | Refused)
    assert list(Card.objects.valid()) == [outcomes[0]]
    assert AuditEntry.objects.filter(verb="card_revoked").count() == 1


def test_four_sweeps_at_once_end_every_card_once(office, officer):
    people = [make_cadre(office, f"众{number}") for number in range(6)]
    for cadre in people:
        issue_card(cadre)
        services.cadre_end_service(cadre=cadre, last_day=TODAY, actor=officer, now=NOW)
    tomorrow = NOW + timedelta(days=1)
    outcomes = at_once(*[lambda: services.revoke_ended_service(now=tomorrow)] * 4)
    assert sum(outcomes) == 6, outcomes
    assert not Card.objects.valid().exists()
    assert AuditEntry.objects.filter(verb="card_revoked").count() == 6


def test_approving_while_service_ends_leaves_no_valid_card(chen, officer, express):
    asked = services.card_request(cadre=chen, reason="", note="", actor=officer, now=NOW)
    yesterday = TODAY - timedelta(days=1)
    outcomes = at_once(
        lambda: services.card_decide(request=asked, approve=True, note="", actor=express, now=NOW),
        lambda: services.cadre_end_service(cadre=chen, last_day=yesterday, actor=officer, now=NOW),
    )
    assert isinstance(outcomes[0], Card | Refused), outcomes
    assert not Card.objects.valid().exists()


def test_two_slips_at_once_open_one_account(office, officer, other_officer):
    cadre = make_cadre(office, "孟雪")
    outcomes = at_once(
        lambda: services.account_open(cadre=cadre, actor=officer, now=NOW),
        lambda: services.account_open(cadre=cadre, actor=other_officer, now=NOW),
    )
    assert kinds(outcomes) == {"tuple": 2}, outcomes
    assert User.objects.filter(name="孟雪").count() == 1
    assert Activation.objects.usable(NOW).count() == 1


def test_a_plan_cancelled_three_times_at_once_is_cancelled_once(chen):
    plan = services.absence_plan(
        cadre=chen,
        state=State.LEAVE,
        since=NOW + timedelta(days=1),
        until=NOW + timedelta(days=2),
        actor=chen.user,
        now=NOW,
    )
    cancel = [lambda: services.plan_cancel(plan=plan, actor=chen.user, now=NOW)] * 3
    outcomes = at_once(*cancel)
    assert len({outcome.pk for outcome in outcomes}) == 1, outcomes
    assert Whereabouts.objects.count() == 2
