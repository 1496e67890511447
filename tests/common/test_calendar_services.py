"""Adopting a year's working days, and entering office hours from a day on."""

import threading
from datetime import date, time, timedelta

import pytest
from django.db import connection

from common import calendar, hours, services
from common.hours import SeasonStart
from common.models import AuditEntry, CalendarYear, OfficeHoursSet
from common.problems import Refused
from common.versions import Overtaken, version_of
from common.workdays import Exceptional
from tests.accounts.factories import NOW, TODAY, make_user

NEW_YEAR = {date(2027, 1, 1): Exceptional(False, "元旦")}
NINE = (SeasonStart(1, 1, ((time(9), time(12)), (time(13), time(17)))),)


def adopt(actor, *, year=2027, days=NEW_YEAR, source="国办发明电〔2026〕7号", seen=None):
    return services.calendar_year_adopt(year=year, days=days, source=source, seen=seen, actor=actor, now=NOW)


def shown(year=2027):
    newest = CalendarYear.objects.filter(year=year).order_by("-version").first()
    return version_of(services.calendar_year_facts(newest))


@pytest.fixture
def su(db):
    return make_user("su", "苏青瓷")


# --- Years ----------------------------------------------------------------------------------------------------------


def test_a_year_is_adopted_with_an_audit_row(su):
    added = adopt(su)
    assert (added.year, added.version, added.adopted_by, added.adopted_at) == (2027, 1, su, NOW)
    assert not calendar.is_working_day(date(2027, 1, 1))
    entry = AuditEntry.objects.get(verb="calendar_year_adopted")
    assert (entry.subject_id, entry.actor_id) == (added.pk, su.pk)
    assert entry.changes == {"year": 2027, "version": 1, "source": "国办发明电〔2026〕7号", "days": 1}


def test_a_change_is_a_new_version_and_the_old_one_stays(su):
    before = CalendarYear.objects.get(year=2026).exceptions
    adopt(su, year=2026, days={}, source="试验")
    versions = CalendarYear.objects.filter(year=2026).order_by("version")
    assert [(row.version, row.exceptions) for row in versions] == [(1, before), (2, {})]


def test_the_same_again_is_no_new_version(su):
    assert adopt(su) == adopt(su, seen="the form of the first press")
    assert CalendarYear.objects.filter(year=2027).count() == 1
    assert AuditEntry.objects.filter(verb="calendar_year_adopted").count() == 1
    # Other words for the source are another version: it stands under the derivation of due dates.
    assert adopt(su, source="国办发明电〔2026〕7号（更正）").version == 2


def test_days_of_another_year_are_refused(su):
    with pytest.raises(Refused):
        adopt(su, year=2028)
    assert not CalendarYear.objects.filter(year=2028).exists()


def test_whoever_saves_second_must_look_first(su):
    seen = shown()
    adopt(su, seen=seen)
    with pytest.raises(Overtaken) as overtaken:
        adopt(su, days={}, seen=seen)
    assert overtaken.value.facts == {"version": 1}
    assert adopt(su, days={}, seen=shown()).version == 2


@pytest.mark.django_db(transaction=True)
def test_two_first_versions_at_the_same_moment_are_one(su):
    barrier, outcomes = threading.Barrier(2), []

    def run(number):
        barrier.wait()
        try:
            outcomes.append(adopt(su, source=f"通知 {number}", seen=version_of({"version": 0})).version)
        except Overtaken:
            outcomes.append("overtaken")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1", "overtaken"]


# --- Office hours ---------------------------------------------------------------------------------------------------


def change(actor, day, seasons=NINE, seen=None):
    city = OfficeHoursSet.objects.get()
    services.office_hours_change(
        hours_set=city, effective_from=day, seasons=seasons, seen=seen, actor=actor, now=NOW
    )
    return calendar.versions(city.pk)


def test_other_hours_from_a_day_on(su):
    monday = TODAY + timedelta(days=6)
    before, after = change(su, monday)
    assert (before.effective_to, after.effective_from) == (TODAY + timedelta(days=5), monday)
    assert hours.same(after.seasons, hours.seasons(NINE))
    entry = AuditEntry.objects.get(verb="office_hours_changed")
    assert entry.changes == {"from": monday.isoformat(), "seasons": "01-01–12-31 09:00–12:00 13:00–17:00"}


@pytest.mark.parametrize(("days", "allowed"), [(-1, False), (0, True), (400, True)])
def test_never_from_a_day_that_is_over(su, days, allowed):
    if allowed:
        assert len(change(su, TODAY + timedelta(days=days))) == 2
        return
    with pytest.raises(Refused) as refused:
        change(su, TODAY + timedelta(days=days))
    assert refused.value.field == "effective_from"
    assert not AuditEntry.objects.filter(verb="office_hours_changed").exists()


def test_a_plan_may_be_replaced_and_the_same_again_is_nothing(su):
    day = TODAY + timedelta(days=30)
    change(su, day)
    assert change(su, day, seen="the form of the first press")[1].version == 1
    later = (SeasonStart(1, 1, ((time(10), time(16)),)),)
    assert change(su, day, later)[1].version == 2
    assert AuditEntry.objects.filter(verb="office_hours_changed").count() == 2


def test_what_is_planned_for_a_later_day_stays(su):
    change(su, TODAY + timedelta(days=30))
    found = change(su, TODAY + timedelta(days=3), (SeasonStart(1, 1, ((time(10), time(16)),)),))
    assert [version.effective_from - TODAY for version in found[1:]] == [
        timedelta(days=3),
        timedelta(days=30),
    ]


def test_whoever_plans_second_must_look_first(su):
    seen = version_of(services.office_hours_facts(calendar.versions(OfficeHoursSet.objects.get().pk)))
    change(su, TODAY + timedelta(days=3), seen=seen)
    with pytest.raises(Overtaken):
        change(su, TODAY + timedelta(days=5), seen=seen)


def test_a_new_set_is_in_force_for_every_day(su):
    made = services.office_hours_create(code="hall", name="办事大厅", seasons=NINE, actor=su, now=NOW)
    spans = calendar.office_hours(made.pk, date(2026, 11, 24)).spans(date(2026, 11, 24))
    assert [f"{span.start:%H:%M}" for span in spans] == ["09:00", "13:00"]
    with pytest.raises(Refused) as refused:
        services.office_hours_create(code="hall", name="另一个", seasons=NINE, actor=su, now=NOW)
    assert refused.value.field == "code"
    assert AuditEntry.objects.filter(verb="office_hours_created").count() == 1
