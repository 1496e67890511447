"""What the city sets for complaints."""

import pytest
from django.urls import reverse

from common.models import AuditEntry
from common.problems import Refused
from common.versions import Overtaken, version_of
from complaints.models import ComplaintSettings
from complaints.services import setting as services
from tests.cast import NOW, signed_in
from tests.complaints.cases import received

pytestmark = pytest.mark.django_db


def values(**changed):
    return {**services.settings_facts(ComplaintSettings.current()), **changed}


def test_a_new_mode_is_for_what_comes_in_from_now_on(unit, express_head):
    before = received(unit)
    services.settings_edit(values=values(mode="workday"), actor=express_head, now=NOW)
    assert (before.mode, received(unit).mode) == ("calendar_rolled", "workday")
    before.refresh_from_db()
    assert before.mode == "calendar_rolled"
    assert AuditEntry.objects.get(verb="complaint_settings_edited").changes == {
        "mode": ["calendar_rolled", "workday"]
    }


def test_texts_are_kept_at_least_as_long_as_contacts(express_head):
    with pytest.raises(Refused) as refused:
        services.settings_edit(values=values(contact_months=12, text_months=11), actor=express_head, now=NOW)
    assert refused.value.field == "text_months"


def test_the_second_of_two_who_save_sees_what_the_first_has_saved(express_head, administrator):
    seen = version_of(services.settings_facts(ComplaintSettings.current()))
    services.settings_edit(values=values(extension_days=5), seen=seen, actor=express_head, now=NOW)
    with pytest.raises(Overtaken):
        services.settings_edit(values=values(extension_days=4), seen=seen, actor=administrator, now=NOW)


def test_the_page_saves_and_says_what_was_changed(administrator):
    client, address = signed_in(administrator), reverse("complaint_settings")
    form = client.get(address).context["form"]
    sent = {field.name: str(field.value()) for field in form} | {"hotline": "１２３４５", "mode": "workday"}
    assert client.post(address, {**sent, "contact_months": "0"}).status_code == 422
    assert client.post(address, {**sent, "text_months": "7"}).status_code == 302
    assert ComplaintSettings.current().hotline == "12345"
    line = client.get(address, {"lang": "en"}).context["lines"][0]
    assert "36 → 7" in line.details
    assert "Calendar days; a last day on a rest day moves on → Working days" in line.details
