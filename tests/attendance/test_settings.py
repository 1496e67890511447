"""What the city sets for inspections, and the catalogue of what can go wrong."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attendance.models import InspectionSettings, Item
from attendance.services import settings as services
from common.models import AuditEntry
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.cast import NOW, TODAY, signed_in

pytestmark = pytest.mark.django_db


def values(**changed):
    return {**services.settings_facts(InspectionSettings.current()), **changed}


def item(code: str) -> Item:
    return Item.objects.get(code=code)


def codes() -> list[str]:
    return list(Item.objects.filter(subject="cadre").values_list("code", flat=True))


# --- Days and minutes ------------------------------------------------------------------------------------------------


def test_sheets_become_due_from_today_or_later_and_never_for_days_that_are_over(express_head):
    with pytest.raises(Refused) as refused:
        services.settings_edit(
            values=values(sheets_from=TODAY - timedelta(days=1)), actor=express_head, now=NOW
        )
    assert refused.value.field == "sheets_from"
    services.settings_edit(values=values(sheets_from=TODAY), actor=express_head, now=NOW)
    assert InspectionSettings.current().sheets_from == TODAY
    # What has begun may stay as it is while something else is changed.
    later = NOW + timedelta(days=9)
    services.settings_edit(values=values(defence_days=5), actor=express_head, now=later)
    assert AuditEntry.objects.filter(verb="inspection_edited").latest("pk").changes == {
        "defence_days": [3, 5]
    }


def test_the_second_of_two_who_save_sees_what_the_first_has_saved(express_head, administrator):
    seen = version_of(services.settings_facts(InspectionSettings.current()))
    services.settings_edit(values=values(spot_cap=3), seen=seen, actor=express_head, now=NOW)
    with pytest.raises(Overtaken):
        services.settings_edit(values=values(spot_cap=4), seen=seen, actor=administrator, now=NOW)


def test_the_catalogue_says_names_and_no_codes(express_head):
    page = signed_in(express_head).get(reverse("items")).text.split("<main", 1)[1]
    shown = re.sub(r"<[^>]+>", " ", page)
    for entry in Item.objects.all():
        assert entry.name in shown
        assert not re.search(rf"\b{entry.code}\b", shown), entry.code


def form_data(client: Client, page: str, pk: int | None = None, /, **changed: str) -> dict[str, str]:
    """What the browser would send back."""
    form = client.get(reverse(page, args=[pk] if pk else [])).context["form"]
    shown = {field.name: field.value() for field in form}
    return {field: str(value) for field, value in {**shown, **changed}.items() if value not in (None, False)}


def test_the_page_saves_and_says_what_was_changed(express_head):
    client, address = signed_in(express_head), reverse("inspection_settings")
    day = (timezone.localdate() + timedelta(days=40)).isoformat()
    sent = form_data(client, "inspection_settings", sheets_from=day, reminder_at="15:30")
    assert client.post(address, sent).status_code == 302
    line = client.get(address, {"lang": "en"}).context["lines"][0]
    assert "15:00 → 15:30" in line.details
    wrong = client.post(address, {**sent, "defence_days": "0"})
    assert wrong.status_code == 422


# --- Items -----------------------------------------------------------------------------------------------------------


def test_an_own_item_keeps_its_code_and_stands_at_the_end(express_head):
    client = signed_in(express_head)
    sent = {"code": "phone-use", "name": "上班刷手机", "offered": "more", "active": "on"}
    assert client.post(reverse("item_new"), sent).status_code == 302
    assert codes()[-1] == "phone-use"
    assert client.post(reverse("item_new"), {**sent, "name": "另一项"}).status_code == 422
    added = item("phone-use")
    sent = form_data(client, "item_edit", added.pk, name="上班时间刷手机", code="other")
    assert client.post(reverse("item_edit", args=[added.pk]), sent).status_code == 302
    assert item("phone-use").name == "上班时间刷手机"


def test_an_item_is_switched_off_but_for_those_a_round_cannot_do_without(express_head: User):
    def switch_off(code: str) -> Item:
        found = item(code)
        facts = {**services.item_facts(found), "active": False}
        return services.item_edit(item=found, values=facts, actor=express_head, now=NOW)

    assert not switch_off("games").active
    for code in ("untrue", "not_updated"):
        with pytest.raises(Refused):
            switch_off(code)


def test_of_an_item_that_the_program_records_only_the_names_change(express_head):
    client, missing = signed_in(express_head), item("sheet_missing")
    sent = form_data(client, "item_edit", missing.pk, name="一日一表未报")
    client.post(reverse("item_edit", args=[missing.pk]), {**sent, "offered": "any", "active": ""})
    after = item("sheet_missing")
    assert (after.name, after.offered, after.active) == ("一日一表未报", "never", True)


def test_two_items_have_two_names(express_head):
    with pytest.raises(Refused) as refused:
        services.item_edit(
            item=item("late"),
            values={**services.item_facts(item("late")), "name": "早退"},
            actor=express_head,
            now=NOW,
        )
    assert refused.value.field == "name"


def test_the_order_is_moved_one_place_at_a_time_and_stays_at_its_ends(express_head):
    before = codes()
    client, second = signed_in(express_head), item(before[1])
    client.post(reverse("item_move", args=[second.pk]), {"way": "up"})
    assert codes()[:2] == [before[1], before[0]]
    client.post(reverse("item_move", args=[second.pk]), {"way": "up"})
    assert codes()[:2] == [before[1], before[0]]
    client.post(reverse("item_move", args=[second.pk]), {"way": "down"})
    assert codes() == before
