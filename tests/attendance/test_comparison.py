"""Sheets beside spot checks: what is counted, in which order it stands, and in how many statements."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import SupervisionGroup, Unit, User
from attendance import comparison
from attendance.models import (
    DailySheet,
    Finding,
    InspectionSettings,
    Item,
    Round,
    SpotCheck,
    SpotLine,
)
from attendance.models.sheets import VERIFIED_WORDS
from cards.models import Cadre
from common.models import OfficeHoursSet
from common.rules import at
from tests.cast import NOW, make_cadre, make_office, make_unit, signed_in

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
#: Monday to Wednesday of the week before.
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (16, 17, 18))


@pytest.fixture(autouse=True)
def begun(db, time_machine) -> None:
    time_machine.move_to(NOW, tick=False)
    InspectionSettings.objects.update_or_create(pk=1, defaults={"sheets_from": MONDAY})


def ten(day: date) -> datetime:
    return at(day, datetime(2026, 1, 1, 10).time())


def make_round(unit: Unit, checker: User, day: date, *, problems: int = 0, **fields: Any) -> Round:
    sheet, _made = DailySheet.objects.get_or_create(unit=unit, day=day)
    number = sheet.rounds.count() + 1
    given = {"people": 10, "seen": 8, "phone": 1, "declared": 1, "kind": "regular", **fields}
    return Round.objects.create(
        sheet=sheet,
        number=number,
        checker=checker,
        taken_at=ten(day),
        submitted_at=ten(day),
        snapshot=b"\x01",
        problems=problems,
        **given,
    )


def make_lines(unit: Unit, people: list[Cadre], day: date, inspector: User, *, failed: int = 0) -> SpotCheck:
    """A spot check in which the first `failed` people have a problem."""
    check = SpotCheck.objects.create(
        kind="targeted", reason="回头看", begins_at=ten(day), planned_by=inspector, planned_at=ten(day)
    )
    item = Item.objects.get(code="off_post")
    for position, cadre in enumerate(people):
        line = SpotLine.objects.create(
            spot_check=check,
            cadre=cadre,
            unit=unit,
            office=cadre.office,
            outcome="problem" if position < failed else "agrees",
            taken_at=ten(day),
            recorded_by=inspector,
        )
        if position < failed:
            Finding.objects.create(
                unit=unit, cadre=cadre, item=item, day=day, at=ten(day), place=unit, spot_line=line,
                recorder=inspector, recorded_at=ten(day),
            )  # fmt: skip
    return check


def read(*units: Unit) -> list[comparison.Row]:
    return comparison.rows(units or Unit.objects.order_by("code"), FIRST, LAST, NOW)


@pytest.mark.parametrize(
    ("figures", "shares"),
    [
        ((8, 1, 1, 0), [80, 10, 10]),
        ((6, 0, 1, 3), [60, 0, 10, 30]),
        ((1, 1, 1, 0), [34, 33, 33]),
        # Rounded each by itself this would be 101.
        ((495, 255, 246, 4), [49, 26, 25, 0]),
    ],
)
def test_who_was_not_there_counts_among_everybody_and_in_no_other_share(
    unit, officer, supervisor, figures, shares
):
    seen, phone, declared, absent = figures
    given = {"seen": seen, "phone": phone, "declared": declared, "absent": absent}
    make_round(unit, officer, MONDAY, people=sum(figures), **given)
    (row,) = [
        one for one in signed_in(supervisor).get(reverse("comparison")).context["rows"] if one["tally"].days
    ]
    assert row["tally"].checks.absent == absent
    assert [part["percent"] for part in row["shares"]] == shares
    assert sum(shares) == 100
    assert (row["shares"][-1]["label"] == VERIFIED_WORDS["absent"]) is bool(absent)


def test_a_unit_is_the_sum_of_its_days_and_an_officer_of_their_own(unit, officer, head, lin, chen, express):
    make_round(unit, officer, MONDAY)
    make_round(unit, head, MONDAY, problems=1)
    make_round(unit, officer, TUESDAY)
    make_round(unit, officer, WEDNESDAY, kind="paper", people=20, seen=20, phone=0, declared=0)
    make_lines(unit, [lin, chen], TUESDAY, express, failed=1)
    row = read(unit)[0]
    checks = row.tally.checks
    assert (checks.rounds, checks.people, checks.seen, checks.phone, checks.declared) == (4, 50, 44, 3, 3)
    assert (checks.problems, checks.per_thousand) == (1, 20.0)
    assert (row.tally.spots.lines, row.tally.spots.failed, row.tally.spots.percent) == (2, 1, 50)
    # On Tuesday the sheet found nothing and the spot check did.
    assert row.tally.contradicted == 1
    assert not row.tally.is_clean_but_failing
    assert [(str(each.user), len(each.tally.days)) for each in row.officers] == [("何正", 1), ("纪明", 3)]
    assert [each.tally.spots.failed for each in row.officers] == [0, 1]


def test_corrections_and_cancelled_checks_are_not_counted(unit, officer, head, lin, express):
    done = make_round(unit, officer, MONDAY)
    make_round(
        unit, officer, MONDAY, kind="correction", corrects=done, second=head, reason="误记", problems=1
    )
    make_lines(unit, [lin], MONDAY, express, failed=1)
    SpotCheck.objects.update(cancelled_at=NOW, cancel_reason="改期")
    tally = read(unit)[0].tally
    assert (tally.checks.rounds, tally.checks.problems, tally.spots.lines) == (1, 0, 0)


def test_a_withdrawn_finding_is_no_disagreement(unit, officer, lin, express):
    make_round(unit, officer, MONDAY)
    make_lines(unit, [lin], MONDAY, express, failed=1)
    assert read(unit)[0].tally.is_clean_but_failing
    Finding.objects.update(state="withdrawn", decision_reason="属实", decided_at=NOW)
    tally = read(unit)[0].tally
    assert (tally.spots.lines, tally.spots.failed, tally.contradicted) == (1, 0, 0)


def test_a_spot_check_on_a_day_without_a_sheet_counts_and_contradicts_nothing(unit, officer, lin, express):
    make_round(unit, officer, MONDAY)
    make_lines(unit, [lin], TUESDAY, express, failed=1)
    row = read(unit)[0]
    assert (row.tally.spots.failed, row.tally.contradicted) == (1, 0)
    assert row.officers[0].tally.spots.lines == 0


def test_clean_sheets_with_failing_spot_checks_stand_first_then_the_share(
    unit, other_unit, lin, chen, zhou, express
):
    third = make_unit("A001", "示例局")
    shared = make_office(third)
    people = [make_cadre(shared, f"人{number}") for number in "一二三四"]
    for each, problems in ((unit, 0), (other_unit, 1), (third, 1)):
        make_round(each, express, MONDAY, problems=problems)
    make_lines(unit, [lin, chen], MONDAY, express, failed=1)
    make_lines(other_unit, [zhou], MONDAY, express, failed=1)
    make_lines(third, people, MONDAY, express, failed=1)
    fourth = make_unit("A000", "空白局")
    assert [row.unit for row in read()] == [unit, other_unit, third, fourth]


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, 6),
        ({"valid_from": date(2026, 11, 18)}, 4),
        ({"valid_to": date(2026, 11, 17)}, 2),
    ],
    ids=["all", "opened later", "closed"],
)
def test_days_are_due_from_the_first_sheet_to_yesterday_while_the_unit_goes_on(fields, due):
    unit = make_unit()
    make_cadre(make_office(unit), "众一")
    for name, value in fields.items():
        setattr(unit, name, value)
    row = comparison.coverage([unit], FIRST, LAST, NOW)[0]
    assert (len(row.due), len(row.done), row.missing) == (due, 0, list(row.due))
    assert date(2026, 11, 21) not in row.due  # Saturday
    assert NOW.date() not in row.due


def test_where_nobody_works_nothing_is_missing(unit, officer):
    make_round(unit, officer, MONDAY)
    row = comparison.coverage([unit], FIRST, LAST, NOW)[0]
    assert (row.due, row.done, row.missing) == ([MONDAY], [MONDAY], [])


def test_before_the_city_has_begun_nothing_is_due(unit, lin):
    InspectionSettings.objects.update(sheets_from=None)
    assert comparison.coverage([unit], FIRST, LAST, NOW)[0].due == []


def test_a_day_is_done_by_any_round_and_late_when_only_paper_came(unit, officer):
    make_round(unit, officer, MONDAY, kind="paper")
    make_round(unit, officer, TUESDAY, kind="paper")
    make_round(unit, officer, TUESDAY)
    make_round(unit, officer, date(2026, 11, 21))  # a rest day, which nobody owes
    row = comparison.coverage([unit], FIRST, LAST, NOW)[0]
    assert (row.done, row.paper) == ([MONDAY, TUESDAY], [MONDAY])


@pytest.mark.parametrize("number", [1, 3, 107])
def test_the_pages_cost_the_same_for_any_number_of_units(
    number, express, express_head, django_assert_max_num_queries
):
    hours = OfficeHoursSet.objects.get(code="city")
    units = Unit.objects.bulk_create(
        Unit(code=f"X{each:03}", name=f"单位{each}", kind="department", office_hours=hours)
        for each in range(number)
    )
    cadre = make_cadre(make_office(units[0]), "众一")
    for unit in units:
        make_round(unit, express, MONDAY)
        make_lines(unit, [cadre], MONDAY, express_head, failed=1)
    client = signed_in(express)
    client.get(reverse("comparison"))
    with django_assert_max_num_queries(16):
        assert len(client.get(reverse("comparison")).context["rows"]) == number
    with django_assert_max_num_queries(12):
        assert len(client.get(reverse("coverage")).context["rows"]) == number


def test_a_supervision_group_sees_its_own_units(unit, other_unit, supervisor, express):
    seen = {row["unit"] for row in signed_in(supervisor).get(reverse("comparison")).context["rows"]}
    assert seen == {unit}
    assert unit.supervision_group == SupervisionGroup.objects.get(number=3)
    rows = signed_in(supervisor).get(reverse("coverage")).context["rows"]
    assert [row.unit for row in rows] == [unit]


def test_a_row_leads_to_the_sheets_of_its_month_and_to_its_spot_checks(
    unit, other_unit, lin, chen, zhou, officer, supervisor, express
):
    make_round(unit, officer, MONDAY)
    first, second = (make_lines(unit, [lin, chen], day, express, failed=1) for day in (MONDAY, TUESDAY))
    gone = make_lines(unit, [lin], WEDNESDAY, express, failed=1)
    SpotCheck.objects.filter(pk=gone.pk).update(cancelled_at=NOW, cancel_reason="改期")
    theirs = make_lines(other_unit, [zhou], MONDAY, express, failed=1)
    answer = signed_in(express).get(reverse("comparison"), {"month": "2026-11"})
    html = answer.content.decode()
    assert f'href="{reverse("sheets")}?unit={unit.code}&amp;month=2026-11"' in html
    checks = {row["unit"]: row["checks"] for row in answer.context["rows"]}
    assert (checks[unit], checks[other_unit]) == ([first, second], [theirs])
    for check in (first, second, theirs):
        assert html.count(f'href="{reverse("spot_check", args=[check.pk])}"') == 1
    # A group reads the figures of the city's checks; their pages are not for it.
    own = signed_in(supervisor).get(reverse("comparison"))
    assert [row["checks"] for row in own.context["rows"]] == [[]]


@pytest.mark.parametrize(
    "month", ["", "2026-13", "x", "2027-01", "0001-01", "9999-12", "0000-00", "99999-01", "-1", "2026-11-01"]
)
def test_a_month_that_makes_no_sense_or_has_not_begun_is_this_one(unit, express, month):
    client = signed_in(express)
    for name in ("comparison", "coverage"):
        asked = client.get(reverse(name), {"month": month}).context["asked"]
        assert (asked.first, asked.last) == (FIRST, LAST)
    assert client.get(reverse("coverage_csv"), {"month": month}).status_code == 200
    for unit_asked in ({}, {"unit": unit.code}):
        shown = client.get(reverse("sheets"), {"month": month, **unit_asked})
        assert shown.context["month_key"] == "2026-11"


@pytest.mark.parametrize("month", ["2000-01", "2026-10"])
def test_a_month_long_ago_has_its_pages(unit, express, month):
    client = signed_in(express)
    for name in ("comparison", "coverage", "coverage_csv"):
        assert client.get(reverse(name), {"month": month}).status_code == 200
    assert client.get(reverse("sheets"), {"month": month, "unit": unit.code}).context["month_key"] == month


def test_the_file_opens_in_a_spreadsheet_and_works_nothing_out(express, officer):
    unit = make_unit("D903", "=HYPERLINK(1)局")
    make_cadre(make_office(unit), "众一")
    make_round(unit, officer, MONDAY)
    answer = signed_in(express).get(reverse("coverage_csv"), {"month": "2026-11"})
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Cache-Control"] == "private, no-store"
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    rows = {row[0]: row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff")))}
    row = rows["D903"]
    assert row[:6] == ["D903", "'=HYPERLINK(1)局", "6", "1", "0", "5"]
    assert row[6].split()[0] == TUESDAY.isoformat()


def test_the_desk_of_the_express_names_missing_sheets_and_checks_under_way(unit, lin, zhou, officer, express):
    make_round(unit, officer, date(2026, 11, 23))
    check = SpotCheck.objects.create(
        kind="targeted",
        reason="回头看",
        begins_at=NOW + timedelta(hours=1),
        planned_by=express,
        planned_at=NOW,
    )
    check.units.add(unit)
    check.inspectors.add(express)

    def figures() -> list[Any]:
        context = signed_in(express).get(reverse("desk")).content.decode()
        return [context.count(reverse("coverage") + "?month=2026-11"), context.count(unit.name)]

    before = figures()
    assert before[0] == 1
    SpotCheck.objects.update(begins_at=NOW)
    assert figures()[1] > before[1]
    assert reverse("spot_check", args=[check.pk]) in signed_in(express).get(reverse("desk")).content.decode()


def test_the_desk_of_a_unit_says_nothing_of_spot_checks(unit, officer, express):
    check = SpotCheck.objects.create(
        kind="targeted", reason="回头看", begins_at=NOW, planned_by=express, planned_at=NOW
    )
    check.units.add(unit)
    assert reverse("spot_checks") not in signed_in(officer).get(reverse("desk")).content.decode()


@pytest.mark.parametrize("today_came", [False, True], ids=["today not yet", "today done"])
def test_every_page_says_the_same_of_what_was_due_and_what_came(unit, lin, officer, express, today_came):
    """Six working days before today, two of them without a sheet; rounds before the beginning and on a rest day."""
    came = [MONDAY, TUESDAY, WEDNESDAY, date(2026, 11, 23)]
    for day in [*came, date(2026, 11, 13), date(2026, 11, 21), *([NOW.date()] if today_came else [])]:
        make_round(unit, officer, day)
    due, done = 6 + today_came, 4 + today_came
    client = signed_in(express)
    covered = client.get(reverse("coverage")).context["rows"][0]
    compared = client.get(reverse("comparison")).context
    listed = client.get(reverse("sheets")).context
    own = signed_in(officer).get(reverse("sheets")).context["figures"]
    row = compared["rows"][0]["coverage"]
    rows = {one.unit: one.sheets for one in listed["rows"]} if "rows" in listed else {}
    said = [
        (len(covered.due), len(covered.done)),
        (len(row.due), len(row.done)),
        (compared["totals"]["due"], compared["totals"]["done"]),
        (own[0]["value"], own[1]["value"]),
        *((len(each.due), len(each.done)) for each in rows.values()),
    ]
    assert said == [(due, done)] * len(said)
    assert covered.missing == [date(2026, 11, 19), date(2026, 11, 20)]
    assert own[2]["value"] == 2
