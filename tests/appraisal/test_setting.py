"""What the city sets for the month."""

from datetime import date

import pytest
from django import forms
from django.urls import reverse

from appraisal.forms.setting import MonthField
from appraisal.models import AppraisalSettings
from appraisal.services import setting as services
from common.models import AuditEntry
from common.problems import Refused
from common.versions import Overtaken, version_of
from tests.appraisal.ledgers import DRAFTING, NOVEMBER, OCTOBER, begins, draft
from tests.cast import NOW, signed_in

pytestmark = pytest.mark.django_db


def values(**changed):
    return {**services.settings_facts(AppraisalSettings.current()), **changed}


def edit(actor, now=NOW, **changed):
    return services.settings_edit(values=values(**changed), actor=actor, now=now)


def test_the_days_hold_for_what_is_drafted_from_now_on(unit, express_head):
    begins(OCTOBER)
    before = draft(unit, OCTOBER)
    due = (before.due_on, before.report_by)
    edit(express_head, confirm_days=5)
    before.refresh_from_db()
    assert (before.due_on, before.report_by) == due
    # 1 December is a Tuesday: five working days later it is the 8th.
    assert draft(unit).due_on == date(2026, 12, 8)
    assert AuditEntry.objects.get(verb="appraisal_settings_edited").changes == {"confirm_days": [3, 5]}


def test_the_first_month_may_be_changed_until_a_month_is_drafted(unit, express_head):
    edit(express_head, begins=OCTOBER)
    edit(express_head, begins=None)
    edit(express_head, begins=NOVEMBER)
    draft(unit)
    for month in (OCTOBER, None):
        with pytest.raises(Refused) as refused:
            edit(express_head, now=DRAFTING, begins=month)
        assert refused.value.field == "begins"
    # Whatever else is set stays open.
    assert edit(express_head, now=DRAFTING, bulletin_day=15).bulletin_day == 15


@pytest.mark.parametrize(
    ("month", "works"),
    [
        (date(2026, 11, 1), True),
        (date(2027, 3, 1), True),
        (date(2025, 11, 1), True),
        # Twelve months back are counted at once; more is a slip of the pen.
        (date(2025, 10, 1), False),
        (date(2006, 11, 1), False),
        (date(2026, 11, 2), False),
    ],
)
def test_months_are_counted_whole_and_from_the_last_year_at_the_earliest(express_head, month, works):
    if works:
        assert edit(express_head, begins=month).begins == month
        return
    with pytest.raises(Refused) as refused:
        edit(express_head, begins=month)
    assert refused.value.field == "begins"


def test_saving_without_a_change_writes_nothing(express_head):
    edit(express_head)
    assert not AuditEntry.objects.filter(verb="appraisal_settings_edited").exists()


def test_the_second_of_two_who_save_sees_what_the_first_has_saved(express_head, administrator):
    seen = version_of(services.settings_facts(AppraisalSettings.current()))
    services.settings_edit(values=values(bulletin_day=15), seen=seen, actor=express_head, now=NOW)
    with pytest.raises(Overtaken):
        services.settings_edit(values=values(bulletin_day=16), seen=seen, actor=administrator, now=NOW)
    assert AppraisalSettings.current().bulletin_day == 15


@pytest.mark.parametrize(
    "typed", ["2026-11", "2026年11月", "２０２６－１１", " 2026/11 ", "2026.11", date(2026, 11, 1)]
)
def test_a_month_is_understood_however_it_is_typed(typed):
    assert MonthField().clean(typed) == NOVEMBER


@pytest.mark.parametrize(
    "typed", ["2026-13", "2026-00", "November", "2026", "11-2026", "2026-11-24", "0000-01"]
)
def test_what_is_no_month_is_refused(typed):
    with pytest.raises(forms.ValidationError):
        MonthField().clean(typed)


# --- The page ---------------------------------------------------------------------------------------------------------


def sent(client, **changed) -> dict[str, str]:
    """What the browser would send back."""
    form = client.get(reverse("appraisal_settings")).context["form"]
    shown = {field.name: field.value() for field in form}
    return {name: str(value or "") for name, value in {**shown, **changed}.items()}


def test_the_page_saves_and_says_what_was_changed(administrator):
    client, address = signed_in(administrator), reverse("appraisal_settings")
    assert client.post(address, sent(client, begins="2026-11", number_prefix="龙效")).status_code == 302
    settings = AppraisalSettings.current()
    assert (settings.begins, settings.number_prefix) == (NOVEMBER, "龙效")
    line = client.get(address, {"lang": "en"}).context["lines"][0]
    assert "龙效能办 → 龙效" in line.details
    assert "none → 2026-11" in line.details


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("begins", "十一月"),
        ("confirm_days", "0"),
        ("publication_days", "31"),
        ("bulletin_day", "29"),
        ("bulletin_day", ""),
        ("issuer", ""),
        ("number_prefix", "一二三四五六七八九十一二三"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_changes_nothing(express_head, name, typed):
    client = signed_in(express_head)
    before = services.settings_facts(AppraisalSettings.current())
    answer = client.post(reverse("appraisal_settings"), sent(client, **{name: typed}))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {name}
    assert services.settings_facts(AppraisalSettings.current()) == before


def test_once_months_are_drafted_the_page_shows_the_first_one_and_takes_no_other(unit, express_head):
    begins()
    draft(unit)
    client, address = signed_in(express_head), reverse("appraisal_settings")
    assert "disabled" in client.get(address).text.split('name="begins"', 1)[1].split(">", 1)[0]
    data = sent(client, begins="2026-10", bulletin_day="15")
    assert client.post(address, data).status_code == 302
    assert (AppraisalSettings.current().begins, AppraisalSettings.current().bulletin_day) == (NOVEMBER, 15)
