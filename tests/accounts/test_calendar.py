"""The pages of working days and office hours."""

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from common import calendar
from common.models import CalendarYear, OfficeHoursSet
from tests.accounts.factories import NOW, TODAY, give, make_unit, make_user, signed_in

pytestmark = pytest.mark.django_db
EDIT = "/desk/calendar/2027/edit/"
FILE = "date,kind,name\n2027-01-01,rest,元旦\n2027-01-02,work,元旦\n"


def sent(client, address=EDIT, **changes):
    """The form as a browser would send it back, with changes."""
    context = client.get(address).context
    data = {"source": "国办发明电〔2026〕7号", "seen": context["form"]["seen"].value()}
    return client.post(address, data | filled(context["rows"]) | changes)


def filled(formset):
    data = {
        f"{formset.prefix}-{name}": formset.management_form[name].value()
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    for form in formset:
        for field in form:
            value = field.value()
            if value not in (None, False):
                data[field.html_name] = value
    return data


def typed(*rows):
    """row-0-first and so on, of tuples of first, last, kind and name."""
    names = ("first", "last", "kind", "name")
    return {
        f"row-{number}-{name}": value
        for number, row in enumerate(rows)
        for name, value in zip(names, row, strict=False)
    }


def errors(response):
    assert response.status_code == 422
    return [
        str(error) for form in response.context["rows"] for found in form.errors.values() for error in found
    ]


# --- Looking --------------------------------------------------------------------------------------------------------


def test_the_list_names_each_year_with_its_notice_and_warns_of_missing_ones(su, frozen):
    frozen.move_to("2026-12-01 10:00+08:00")
    response = signed_in(su).get("/desk/calendar/?lang=en")
    assert [row["year"] for row in response.context["rows"]][:3] == [2027, 2026, 2025]
    assert response.context["missing"] == [2027]
    assert "2027: Monday to Friday is assumed" in response.content.decode()


def test_a_year_shows_its_months_its_rows_and_its_versions(su, ye):
    CalendarYear.objects.create(
        year=2026, version=2, source="更正", adopted_at=NOW, adopted_by=su, exceptions={}
    )
    response = signed_in(ye).get("/desk/calendar/2026/?lang=en")
    context = response.context
    assert (context["working_days"], len(context["months"]), context["rows"]) == (261, 12, [])
    assert [item["version"].version for item in context["versions"]] == [2, 1]
    assert len(context["versions"][0]["changes"]) == len(
        CalendarYear.objects.get(year=2026, version=1).exceptions
    )
    assert "New version" not in response.content.decode()


def test_a_year_that_nobody_entered_says_so_and_can_be_entered(su):
    page = signed_in(su).get("/desk/calendar/2027/?lang=en").content.decode()
    assert "This year is not entered" in page
    assert EDIT in page


@pytest.mark.parametrize(
    ("year", "status"), [(2003, 404), (2004, 200), (2028, 200), (2029, 404), (99999, 404)]
)
def test_the_years_that_have_a_page(su, year, status):
    assert signed_in(su).get(f"/desk/calendar/{year}/").status_code == status


def test_years_and_versions_take_as_many_queries_as_one(su, ye):
    client, counts = signed_in(ye), []
    for version in (2, 3, 30):
        CalendarYear.objects.create(
            year=2026, version=version, source="更正", adopted_at=NOW, adopted_by=su, exceptions={}
        )
        for address in ("/desk/calendar/2026/", "/desk/calendar/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:4] == counts[4:]


def test_administrators_and_the_express_are_told_where_to_enter_it(su, frozen):
    frozen.move_to("2026-12-01 10:00+08:00")
    staff = make_user("express", "舒直")
    give(staff, Role.EXPRESS_STAFF)
    for user in (su, staff):
        page = signed_in(user).get("/desk/?lang=en").content.decode()
        assert "The working days of 2027 are not entered" in page
        assert 'href="/desk/calendar/"' in page


# --- Entering -------------------------------------------------------------------------------------------------------


def test_a_year_is_entered_as_its_notice_puts_it(su):
    response = sent(
        signed_in(su),
        **typed(
            ("2027-02-05", "2027-02-11", "rest", "春节"),
            ("2027-01-30", "", "work", "春节"),
            ("", "", "rest", ""),
        ),
    )
    assert response["Location"] == "/desk/calendar/2027/"
    added = CalendarYear.objects.get(year=2027)
    assert (added.version, added.source, added.adopted_by) == (1, "国办发明电〔2026〕7号", su)
    assert added.exceptions["2027-01-30"] == {"working": True, "name": "春节"}
    assert sorted(added.exceptions)[1:] == [f"2027-02-{day:02}" for day in (5, 8, 9, 10, 11)]


def test_the_next_version_begins_with_the_present_one_and_needs_its_own_source(su):
    client, before = signed_in(su), CalendarYear.objects.get(year=2026).exceptions
    response = sent(client, "/desk/calendar/2026/edit/", source="")
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["source"]
    sent(client, "/desk/calendar/2026/edit/", **{"row-0-remove": "on"})
    newest = CalendarYear.objects.get(year=2026, version=2).exceptions
    assert set(before) - set(newest) == {"2026-01-01", "2026-01-02"}
    assert set(newest) <= set(before)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("", "2027-01-04"), "Fill this in."),
        (("", "", "rest", "元旦"), "Fill this in."),
        (("2026-12-31",), "The day does not lie in 2027."),
        (("2027-12-31", "2028-01-02"), "The day does not lie in 2027."),
        (("2027-01-08", "2027-01-04"), "The last day lies before the first."),
        (("2027-01-04", "2027-02-20"), "A row has at most 31 days."),
        (("2027-10-08", "", "work"), "8 October 2027 is a working day anyway."),
        (("2027-01-02", "2027-01-03", "rest"), "2 January 2027 is a day off anyway."),
    ],
)
def test_what_is_wrong_stands_at_its_row_and_nothing_is_saved(su, row, sentence):
    client = signed_in(su)
    client.get("/?lang=en")
    response = sent(client, **typed(("2027-01-01", "", "rest", "元旦"), row))
    assert errors(response) == [sentence]
    assert response.context["rows"].forms[0]["name"].value() == "元旦"
    assert not CalendarYear.objects.filter(year=2027).exists()


def test_a_day_in_two_rows_is_refused(su):
    client = signed_in(su)
    client.get("/?lang=en")
    response = sent(client, **typed(("2027-02-05", "2027-02-11", "rest"), ("2027-02-08", "", "rest")))
    assert errors(response) == ["8 February 2027 stands in two rows."]


def test_more_rows_keep_what_was_typed(su):
    client = signed_in(su)
    before = len(client.get(EDIT).context["rows"].forms)
    response = sent(client, more="1", source="", **typed(("2027-13-01", "", "rest", "元旦")))
    assert response.status_code == 200
    assert len(response.context["rows"].forms) == before + 4
    assert 'value="2027-13-01"' in response.content.decode()
    assert "error-summary" not in response.content.decode()


def test_whoever_saves_second_is_told_and_may_save_again(su):
    client = signed_in(su)
    seen = client.get(EDIT).context["form"]["seen"].value()
    sent(client, **typed(("2027-01-01", "", "rest", "元旦")))
    rows = typed(("2027-01-01", "", "rest", "元旦假期"))
    response = sent(client, seen=seen, **rows)
    assert response.status_code == 422
    assert response.context["rows"].forms[0]["name"].value() == "元旦假期"
    again = response.context["form"]["seen"].value()
    assert sent(client, seen=again, **rows).status_code == 302
    assert CalendarYear.objects.filter(year=2027).count() == 2


# --- From a file ----------------------------------------------------------------------------------------------------


def upload(client, text=FILE, **changes):
    return sent(client, file=SimpleUploadedFile("2027.csv", text.encode()), **{"import": "1"}, **changes)


def test_a_file_fills_the_rows_and_saves_nothing(su):
    client = signed_in(su)
    response = upload(client)
    context = response.context
    assert response.status_code == 200
    assert [change.day for change in context["changes"]] == [date(2027, 1, 1), date(2027, 1, 2)]
    assert context["form"]["source"].value() == "国办发明电〔2026〕7号"
    assert not CalendarYear.objects.filter(year=2027).exists()
    saved = {"source": "通知", "seen": context["form"]["seen"].value(), **filled(context["rows"])}
    assert client.post(EDIT, saved).status_code == 302
    assert list(CalendarYear.objects.get(year=2027).exceptions) == ["2027-01-01", "2027-01-02"]


def test_a_file_replaces_rows_that_happen_to_be_the_stored_ones(su):
    """Rows of a file may stand where the same ones are stored: none may count as left blank."""
    client = signed_in(su)
    sent(client, **typed(("2027-01-01", "", "rest", "元旦"), ("2027-02-08", "", "rest", "春节")))
    context = upload(client, "2027-01-01,rest,元旦\n2027-02-08,rest,春节\n2027-05-03,rest,劳动节\n").context
    saved = {"source": "更正", "seen": context["form"]["seen"].value(), **filled(context["rows"])}
    assert client.post(EDIT, saved).status_code == 302
    newest = CalendarYear.objects.get(year=2027, version=2)
    assert list(newest.exceptions) == ["2027-01-01", "2027-02-08", "2027-05-03"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-01-01,rest,元旦\n", "Line 1: 2026-01-01 does not lie in 2027."),
        (None, ""),
        ("date,kind\n", ""),
    ],
)
def test_a_file_that_is_wrong_changes_nothing_and_keeps_the_rows(su, text, problem):
    client = signed_in(su)
    client.get("/?lang=en")
    rows = typed(("2027-01-01", "", "rest", "元旦"))
    response = sent(client, **{"import": "1"}, **rows) if text is None else upload(client, text, **rows)
    assert response.status_code == 422
    assert response.context["problems"] == ([problem] if problem else [])
    assert response.context["file_form"].errors
    assert response.context["rows"].forms[0]["name"].value() == "元旦"


# --- Office hours ---------------------------------------------------------------------------------------------------


def city():
    return OfficeHoursSet.objects.get(code="city")


def entered(client, address, **changes):
    context = client.get(address).context
    form = {field.html_name: field.value() or "" for field in context["form"]}
    return client.post(address, form | filled(context["seasons"]) | changes)


def test_the_list_says_who_follows_which(ye):
    response = signed_in(ye).get("/desk/office-hours/")
    (row,) = response.context["rows"]
    assert (row["set"], [unit.code for unit in row["units"]], len(row["now"].seasons)) == (
        city(),
        ["D901"],
        2,
    )
    assert "08:30–12:00 14:30–17:30" in response.content.decode()


def test_the_list_takes_as_many_queries_for_many(ye):
    client, counts = signed_in(ye), []
    for number in (0, 1, 20):
        for offset in range(number):
            made = OfficeHoursSet.objects.create(code=f"s{number}-{offset}", name="另一套")
            make_unit(f"X{number}{offset:02}", f"单位 {number} {offset}", office_hours=made)
        with CaptureQueriesContext(connection) as queries:
            client.get("/desk/office-hours/")
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_other_hours_are_entered_from_a_day_on(su):
    client, address = signed_in(su), f"/desk/office-hours/{city().pk}/edit/"
    monday = TODAY + timedelta(days=6)
    response = entered(client, address, effective_from=monday, **{"season-0-start1": "09:00"})
    assert response["Location"] == f"/desk/office-hours/{city().pk}/"
    before, after = calendar.versions(city().pk)
    assert (before.effective_to, after.effective_from) == (monday - timedelta(days=1), monday)
    page = client.get(response["Location"])
    assert [item["state"] for item in page.context["versions"]] == ["planned", "now"]
    assert page.context["lines"][0].actor == su.name


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"effective_from": TODAY - timedelta(days=1)}, "effective_from"),
        ({"effective_from": ""}, "effective_from"),
        ({"season-0-start1": ""}, "start1"),
        ({"season-0-start1": "13:00"}, "start1"),
        ({"season-0-day": ""}, "day"),
        ({"season-0-day": "31"}, "day"),
        ({"season-0-month": ""}, "month"),
        ({"season-0-month": "10", "season-0-day": "1"}, "month"),
    ],
)
def test_hours_that_cannot_be_stay_on_the_form(su, changes, field):
    response = entered(signed_in(su), f"/desk/office-hours/{city().pk}/edit/", **changes)
    assert response.status_code == 422
    forms = [response.context["form"], *response.context["seasons"]]
    assert field in {name for form in forms for name in form.errors}
    assert len(calendar.versions(city().pk)) == 1


def test_a_new_set_of_one_season(su):
    season = {
        "season-0-month": "1",
        "season-0-day": "1",
        "season-0-start1": "09:00",
        "season-0-end1": "17:00",
    }
    response = entered(signed_in(su), "/desk/office-hours/new/", name="办事大厅", code="hall", **season)
    made = OfficeHoursSet.objects.get(code="hall")
    assert response["Location"] == reverse("office_hours_set", args=[made.pk])
    (version,) = calendar.versions(made.pk)
    assert [(season.first, season.last) for season in version.seasons] == [("01-01", "12-31")]


def test_the_history_of_office_hours_says_days_in_words(su):
    changes = {"season-0-start1": "08:11", "season-0-month": "6", "season-0-day": "1"}
    entered(signed_in(su), f"/desk/office-hours/{city().pk}/edit/", **changes)
    for language, day in (("zh-hans", "6月1日"), ("en", "1 June")):
        page = signed_in(su).get(reverse("office_hours_set", args=[city().pk]), {"lang": language}).text
        said = page.split('<ol class="timeline">')[1].split("</ol>")[0]
        assert f"{day}–" in said
        assert "08:11" in said
        assert not re.search(r"[0-9]{2}-[0-9]{2}(?![0-9:])", said), said


def test_a_set_without_a_season_is_refused(su):
    response = entered(signed_in(su), "/desk/office-hours/new/", name="办事大厅", code="hall")
    assert response.status_code == 422
    assert response.context["seasons"].non_form_errors()
    assert not OfficeHoursSet.objects.filter(code="hall").exists()
