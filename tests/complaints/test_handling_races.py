"""Two who move one case at the same instant; the race is first shown with the locks off."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import Role
from complaints.models import Complaint, ComplaintEvent
from complaints.services import cases, handling
from complaints.services.cases import MovedOn
from tests.cast import give, make_user
from tests.complaints.cases import LATER, accepted, drafted, received
from tests.support.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["locks", "no locks"])
def right(request, monkeypatch) -> bool:
    if request.param == "locks":
        return True
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    return connection.vendor == "sqlite"


def test_of_two_who_close_one_case_one_wins_and_the_other_is_told_who(
    right, unit, express, express_head, monkeypatch
):
    third = make_user("third", "舒平")
    give(third, Role.EXPRESS_STAFF)
    case = drafted(accepted(unit, express))

    def close(actor: Any, remark: str) -> Any:
        return lambda: (
            handling.close(
                case=case, feedback="receipt", remark=remark, actor=actor, now=LATER, revision=case.revision
            ).closed_by
        )

    with meeting(monkeypatch, handling, "finish", 2, right):
        outcomes = at_once(close(express_head, "甲"), close(third, "乙"))
    closed = ComplaintEvent.objects.filter(kind="close")
    assert (closed.count() == 1) is right
    if right:
        (moved,) = [outcome for outcome in outcomes if isinstance(outcome, MovedOn)]
        assert str(closed.get().actor) in str(moved.sentence)
        assert Complaint.objects.get().closed_by == closed.get().actor


def test_linked_to_each_other_at_once_one_is_the_master(unit, express):
    first, second = received(unit), received(unit)
    outcomes = at_once(
        lambda: handling.link(case=first, master=second, actor=express, now=LATER),
        lambda: handling.link(case=second, master=first, actor=express, now=LATER),
    )
    assert sum(isinstance(outcome, cases.Refused) for outcome in outcomes) == 1
    assert Complaint.objects.filter(state="linked").count() == 1
