"""Where somebody works for a time: entered, corrected, ended early, removed; and its pages."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from cards import services
from cards.models import Cadre, Office, Placement, PlacementKind
from cards.selectors import place_of, with_place
from common import audit
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.cast import NOW, TODAY, make_unit, signed_in

pytestmark = pytest.mark.django_db

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
MONTH = timedelta(days=30)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(officer):
    client = signed_in(officer)
    client.cookies["language"] = "en"
    return client


def given(office: Office, actor: Any, **changed: Any) -> dict[str, Any]:
    usual = {"kind": PlacementKind.SECONDMENT, "valid_from": TODAY - MONTH, "valid_to": TODAY + MONTH}
    return {**usual, "office": office, "actor": actor, "now": NOW, **changed}


def record(cadre: Cadre, office: Office, actor: Any, **changed: Any) -> Placement:
    return services.placement_record(cadre=cadre, **given(office, actor, **changed))


def refusal(verb: Any, **arguments: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        verb(**arguments)
    return str(refused.value.sentence), refused.value.field


# --- The verbs ----------------------------------------------------------------------------------------------------


def test_the_own_office_is_no_place_elsewhere(chen, office, officer):
    wrong = given(office, officer)
    assert refusal(services.placement_record, cadre=chen, **wrong) == (
        "This is the person’s own office.",
        "office",
    )


def test_only_in_service(chen, other_office, officer):
    wrong = given(other_office, officer, valid_from=date(2019, 1, 1))
    assert refusal(services.placement_record, cadre=chen, **wrong)[1] == "valid_from"
    Cadre.objects.filter(pk=chen.pk).update(serves_to=YESTERDAY)
    assert refusal(services.placement_record, cadre=chen, **given(other_office, officer)) == (
        "This person is no longer in service.",
        None,
    )


def test_not_in_a_unit_that_closes(chen, other_office, officer):
    other_office.unit.valid_to = TOMORROW
    other_office.unit.save()
    sentence, _field = refusal(services.placement_record, cadre=chen, **given(other_office, officer))
    assert "closes or has closed" in sentence


def test_correcting_is_recorded_field_by_field(chen, other_office, officer):
    placement = record(chen, other_office, officer)
    corrected = {**given(other_office, officer), "kind": PlacementKind.VILLAGE_POST, "valid_to": None}
    services.placement_correct(placement=placement, **corrected)
    placement.refresh_from_db()
    assert (placement.kind, placement.valid_to) == ("village_post", None)
    entry = audit.history(chen)[0]
    assert (entry.verb, entry.changes) == (
        "placement_corrected",
        {"kind": ["secondment", "village_post"], "to": [(TODAY + MONTH).isoformat(), None]},
    )
    services.placement_correct(placement=placement, **corrected)
    assert audit.history(chen)[0] == entry


def test_correcting_what_somebody_else_corrected_meanwhile(chen, other_office, officer):
    placement = record(chen, other_office, officer)
    seen = version_of(services.placement_facts(placement))
    services.placement_correct(placement=placement, **given(other_office, officer, valid_to=None))
    with pytest.raises(Overtaken):
        services.placement_correct(
            placement=placement, seen=seen, **given(other_office, officer, valid_to=TOMORROW)
        )


def test_a_correction_overlaps_no_other_but_itself(chen, other_office, officer):
    first = record(chen, other_office, officer)
    later = record(chen, other_office, officer, valid_from=TODAY + 2 * MONTH, valid_to=None)
    overlapping = given(other_office, officer, valid_to=TODAY + 2 * MONTH)
    assert refusal(services.placement_correct, placement=first, **overlapping)[1] == "valid_from"
    moved = given(other_office, officer, valid_from=TODAY + 3 * MONTH, valid_to=None)
    assert services.placement_correct(placement=later, **moved).valid_from == TODAY + 3 * MONTH


def test_ending_early_brings_the_person_back(chen, office, other_office, officer):
    placement = record(chen, other_office, officer)
    services.placement_end(placement=placement, last_day=YESTERDAY, actor=officer, now=NOW)
    (person,) = with_place(Cadre.objects.filter(pk=chen.pk), TODAY)
    assert place_of(person) == office
    assert audit.history(chen)[0].verb == "placement_ended"
    again = {"placement": placement, "last_day": TODAY, "actor": officer, "now": NOW}
    assert refusal(services.placement_end, **again)[1] == "last_day"


def test_what_has_not_begun_is_removed_and_the_trail_keeps_it(chen, other_office, officer):
    placement = record(chen, other_office, officer, valid_from=TOMORROW)
    end = {"placement": placement, "last_day": TODAY, "actor": officer, "now": NOW}
    assert services.placement_end(**end) is None
    assert not Placement.objects.exists()
    entry = audit.history(chen)[0]
    assert (entry.verb, entry.changes["office"]) == ("placement_removed", "党政办 102")
    assert refusal(services.placement_end, **end) == ("Somebody else has already removed this.", None)


# --- The pages ----------------------------------------------------------------------------------------------------


def entered(office: Office, **changed: str) -> dict[str, Any]:
    usual = {"kind": "secondment", "valid_from": "2026-11-24", "valid_to": "2027-03-31"}
    return {"office": office.pk, **usual, **changed}


def test_the_unit_is_chosen_first_and_its_offices_are_offered(desk, chen, other_unit, other_office):
    url = reverse("placement_new", args=[chen.pk])
    assert other_office.name not in desk.get(url).text
    assert other_office.name in desk.get(url, {"unit": other_unit.code}).text
    assert desk.get(url, {"unit": "nowhere"}).status_code == 404
    empty = make_unit("T903", "第三镇")
    assert "has entered no office yet" in desk.get(url, {"unit": empty.code}).text


def test_a_secondment_is_entered_shown_corrected_and_ended(desk, chen, other_unit, other_office):
    url = f"{reverse('placement_new', args=[chen.pk])}?unit={other_unit.code}"
    page = desk.post(url, entered(other_office), follow=True).text
    assert "Secondment · 剑潭镇" in page
    placement = Placement.objects.get()
    edit = reverse("placement_edit", args=[chen.pk, placement.pk])
    form = desk.get(edit).context["form"]
    desk.post(edit, entered(other_office, kind="service_hall", seen=form["seen"].value()))
    placement.refresh_from_db()
    assert placement.kind == "service_hall"
    end = reverse("placement_end", args=[chen.pk, placement.pk])
    assert desk.get(end).status_code == 200
    assert desk.post(end, {"last_day": "2026-11-24"})["Location"] == reverse("cadre", args=[chen.pk])
    placement.refresh_from_db()
    assert placement.valid_to == TODAY
    assert "Work elsewhere ended" in desk.get(reverse("cadre", args=[chen.pk])).text


def test_a_form_with_errors_keeps_what_was_entered(desk, chen, other_unit, other_office):
    url = f"{reverse('placement_new', args=[chen.pk])}?unit={other_unit.code}"
    response = desk.post(url, entered(other_office, valid_to="2026-01-01"))
    assert response.status_code == 422
    assert 'value="2026-01-01"' in response.text
    assert "The end must be later than the beginning." in response.text
    # An office of a unit that was not chosen is no choice.
    assert desk.post(reverse("placement_new", args=[chen.pk]), entered(other_office)).status_code == 422


def test_of_one_person_only(desk, chen, lin, zhou, other_office, officer):
    placement = record(chen, other_office, officer)
    for name in ("placement_edit", "placement_end"):
        assert desk.get(reverse(name, args=[chen.pk, placement.pk])).status_code == 200
        assert desk.get(reverse(name, args=[lin.pk, placement.pk])).status_code == 404
        assert desk.get(reverse(name, args=[zhou.pk, placement.pk])).status_code == 404
    assert desk.get(reverse("placement_new", args=[zhou.pk])).status_code == 404


@pytest.mark.parametrize("who", ["head", "express", "supervisor", "administrator"])
def test_only_officers_enter_places_of_work(who, chen, request):
    client = signed_in(request.getfixturevalue(who))
    assert client.get(reverse("placement_new", args=[chen.pk])).status_code == 403


def test_those_above_see_where_somebody_works(chen, other_unit, other_office, officer, head):
    record(chen, other_office, officer, kind=PlacementKind.VILLAGE_POST)
    client = signed_in(head)
    client.cookies["language"] = "en"
    page = client.get(reverse("cadre", args=[chen.pk])).text
    assert "Village post · 剑潭镇" in page
    assert "/placements/" not in page
