"""Nobody learns of a case who must not: pages, pictures, lists, counts, and the landing page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.access import access_of
from accounts.models import Role, Unit, User
from cards.models import Cadre
from common.models import AuditEntry
from complaints import interests
from complaints.models import Complaint, Interest
from complaints.services import handling
from complaints.services import interests as stepping_back
from complaints.views.desk import ACTS
from tests.cast import NOW, TODAY, give, make_cadre, make_user, signed_in
from tests.complaints.cases import LATER, TEXT, accepted, done_again, drafted, received, referred

pytestmark = pytest.mark.django_db

Setting = Callable[[User, Complaint, Unit], Any]


def accused(user: User, case: Complaint, _unit: Unit) -> None:
    Cadre.objects.filter(pk=case.cadre_id).update(user=user)


def kin(user: User, case: Complaint, _unit: Unit) -> None:
    assert case.cadre is not None
    stepping_back.interest_declare(cadre=case.cadre, reason="表兄", actor=user, now=NOW)


def stepped_back(user: User, case: Complaint, _unit: Unit) -> None:
    stepping_back.recuse(case=case, reason="同学", actor=user, now=NOW)


def officer_there(user: User, _case: Complaint, unit: Unit) -> None:
    give(user, Role.UNIT_OFFICER, unit=unit)


def head_there(user: User, _case: Complaint, unit: Unit) -> None:
    give(user, Role.LEADING_GROUP_HEAD, unit=unit)


def leader_there(user: User, case: Complaint, _unit: Unit) -> None:
    assert case.cadre is not None
    leader = make_cadre(case.cadre.office, "舒兼", user=user)
    Cadre.objects.filter(pk=leader.pk).update(leads_unit=True)


OTHERS = sorted(set(Role) - {Role.EXPRESS_STAFF, Role.EXPRESS_HEAD, Role.DISCIPLINE})
INTERESTS: list[Setting] = [accused, kin, stepped_back, officer_there, head_there, leader_there]


def addresses(case: Complaint) -> list[str]:
    names = ["complaint", "complaint_unmask", *(f"complaint_{name}" for name in ACTS)]
    image = reverse("complaint_image", args=[case.number, case.attachments.get().token])
    return [*(reverse(name, args=[case.number]) for name in names), image]


@pytest.mark.parametrize("setting", INTERESTS)
def test_whoever_has_an_interest_gets_404_everywhere_and_no_count(setting, unit, lin, express_head):
    case = received(unit, lin, images=[b"JFIF"])
    other = received(unit, images=[b"JFIF"]) if setting in (accused, kin, stepped_back) else None
    setting(express_head, case, unit)
    client = signed_in(express_head)
    for address in addresses(case):
        assert {client.get(address).status_code, client.post(address).status_code} <= {404, 405}, address
        assert client.get(address).status_code == 404, address
    for query in ({}, {"state": "all"}, {"unit": unit.pk}):
        page = client.get(reverse("complaints"), query)
        assert {row["case"].number for row in page.context["rows"]} == ({other.number} if other else set())
        assert page.context["page"].paginator.count == (1 if other else 0)
    assert case.number not in client.get(reverse("desk")).content.decode()


def test_a_case_with_an_interest_is_offered_as_no_master(unit, lin, express):
    case, other = received(unit, lin), received(unit)
    stepping_back.recuse(case=case, reason="同学", actor=express, now=NOW)
    page = signed_in(express).get(reverse("complaint_link", args=[other.number])).content.decode()
    assert case.number not in page


def test_who_stepped_back_sees_it_not_when_it_is_done_again(unit, express):
    first = received(unit)
    stepping_back.recuse(case=first, reason="同学", actor=express, now=NOW)
    again = done_again(first)
    assert signed_in(express).get(reverse("complaint", args=[again.number])).status_code == 404


def test_what_was_referred_only_the_commission_sees_and_changes_nothing(
    unit, lin, express, express_head, discipline
):
    case = accepted(unit, express, lin, images=[b"JFIF"])
    referred(case, express_head)
    # What only a head may do is not found by a head, and forbidden to others.
    for user, answers in ((express, {404, 403}), (express_head, {404})):
        client = signed_in(user)
        assert {client.get(address).status_code for address in addresses(case)} == answers
        assert client.get(reverse("complaint", args=[case.number])).status_code == 404
        assert client.get(reverse("complaints"), {"state": "all"}).context["page"].paginator.count == 0
    client = signed_in(discipline)
    page = client.get(reverse("complaint", args=[case.number]))
    assert (page.status_code, page.context["acts"]) == (200, {})
    assert client.get(reverse("complaints")).context["page"].paginator.count == 1
    for name in ACTS:
        address = reverse(f"complaint_{name}", args=[case.number])
        assert {client.get(address).status_code, client.post(address).status_code} == {403}, name


def test_the_commission_sees_nothing_else(unit, discipline):
    case = received(unit)
    client = signed_in(discipline)
    assert client.get(reverse("complaint", args=[case.number])).status_code == 404
    assert client.get(reverse("complaints")).context["page"].paginator.count == 0


def test_the_first_of_a_case_that_was_referred_when_done_again_is_hidden_with_it(
    unit, express, express_head, discipline
):
    first = received(unit)
    again = done_again(first)
    referred(again, express_head)
    assert signed_in(express).get(reverse("complaint", args=[first.number])).status_code == 404
    assert signed_in(discipline).get(reverse("complaint", args=[first.number])).status_code == 200


@pytest.mark.parametrize("role", OTHERS)
def test_no_other_role_sees_any_case_even_with_a_hand_in_everything_else(role, unit, lin):
    received(unit, lin)
    user = make_user("somebody")
    place = {Role.SUPERVISOR: {"group": unit.supervision_group}, Role.ADMINISTRATOR: {}}.get(
        role, {"unit": unit}
    )
    give(user, role, **place)
    assert not Complaint.objects.visible_to(access_of(user, TODAY)).exists()


def test_the_page_and_conflicted_agree(unit, lin, chen, express, express_head):
    case = received(unit, lin)
    Interest.objects.create(user=express, cadre=chen, reason="表兄", declared_at=NOW)
    stepping_back.recuse(case=case, reason="同学", actor=express_head, now=NOW)
    people = [express, express_head]
    seen = {user.pk for user in people if Complaint.objects.visible_to(access_of(user, TODAY)).exists()}
    assert seen == {user.pk for user in people} - interests.conflicted(
        [user.pk for user in people], case, TODAY
    )


def test_neither_events_nor_audit_hold_words_or_contact(unit, lin, express, express_head):
    case = drafted(accepted(unit, express, lin))
    handling.unmask(case=case, reason="约谈", actor=express, now=LATER)
    handling.close(case=case, feedback="receipt", actor=express_head, now=LATER)
    written = [str(facts) for facts in case.events.values_list("facts", flat=True)]
    written += [str(changes) for changes in AuditEntry.objects.values_list("changes", flat=True)]
    for secret in (TEXT[:8], "一楼窗口", "王小满", "13900001234"):
        assert not any(secret in line for line in written)
