"""What falls due by itself: run twice, late, or by two at once, it happens once."""

import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import Unit
from attendance import services
from attendance.models import DailySheet, Finding, InspectionSettings, OpenRound
from attendance.services import rounds, sweeps
from cards import photos
from cards.models import Placement
from common.models import Notice
from common.rules import at
from tests.attendance.records import LAST_DAY, OVER, recorded, unit_finding
from tests.cast import NOW, TODAY, make_cadre, make_office, make_unit
from tests.support.processes import PATIENCE, ROOT
from tests.support.races import at_once

pytestmark = pytest.mark.django_db
#: Wednesday to Tuesday, with a weekend between.
WED, THU, FRI, SAT, MON, TUE = (date(2026, 11, day) for day in (18, 19, 20, 21, 23, 24))


@pytest.fixture(autouse=True)
def begun(db: None) -> InspectionSettings:
    settings, _made = InspectionSettings.objects.update_or_create(pk=1, defaults={"sheets_from": WED})
    return settings


def sweep(day: date, clock: time = time(9)) -> int:
    return sweeps.missing_sheets_record(now=at(day, clock))


def missing() -> list[tuple[str, date]]:
    rows = Finding.objects.filter(item__code="sheet_missing").order_by("day", "unit__code")
    return list(rows.values_list("unit__code", "day"))


# --- Missing sheets -------------------------------------------------------------------------------------------------


def test_a_working_day_without_a_sheet_is_a_finding_on_the_next_working_day(lin, unit, officer, head):
    assert sweep(WED) == 0
    assert sweep(THU) == 1
    finding = Finding.objects.get()
    assert (finding.unit, finding.day, finding.cadre, finding.recorder) == (unit, WED, None, None)
    told = Notice.objects.get(user=officer)
    assert told.params["until"] == FRI.isoformat()
    assert set(Notice.objects.values_list("user", flat=True)) == {officer.pk, head.pk}


def test_friday_is_not_missing_before_monday(lin):
    sweep(FRI)
    assert sweep(SAT) == 0
    assert sweep(MON) == 1
    assert missing()[-1] == ("D901", FRI)


def test_late_it_finds_every_day_once_and_twice_it_finds_nothing_more(lin, zhou):
    DailySheet.objects.create(unit=lin.unit, day=THU)
    assert sweep(TUE) == 7
    days = [WED, WED, THU, FRI, FRI, MON, MON]
    units = ["D901", "T902", "T902", "D901", "T902", "D901", "T902"]
    assert missing() == list(zip(units, days, strict=True))
    assert sweep(TUE) == 0
    # And where its memory is gone, the findings themselves are known.
    InspectionSettings.objects.update(swept_until=None)
    assert sweep(TUE) == 0
    assert len(missing()) == 7


def test_before_the_city_has_begun_nothing_is_missing(lin, begun):
    InspectionSettings.objects.update(sheets_from=None)
    assert sweep(TUE) == 0
    InspectionSettings.objects.update(sheets_from=MON)
    assert sweep(TUE) == 1
    assert missing() == [("D901", MON)]


def test_after_a_long_standstill_it_looks_back_a_month_and_no_further(lin):
    InspectionSettings.objects.update(sheets_from=date(2026, 1, 5))
    sweep(TUE)
    assert missing()[0] == ("D901", date(2026, 10, 26))


def test_a_holiday_is_no_working_day_and_a_make_up_day_is_one(lin):
    """10月1日 to 7日 2026 are holidays; Saturday the 10th makes up for one (DOMAIN §1)."""
    InspectionSettings.objects.update(sheets_from=date(2026, 9, 30))
    assert sweep(date(2026, 10, 7)) == 0
    sweep(date(2026, 10, 12))
    assert [day for _unit, day in missing()] == [date(2026, 9, 30), *(date(2026, 10, n) for n in (8, 9, 10))]


def test_a_unit_that_is_closed_or_empty_or_joins_later_misses_nothing(lin, unit, other_unit):
    make_unit("D903", "未开局", valid_from=MON)
    Unit.objects.filter(pk=unit.pk).update(valid_to=WED)
    assert sweep(TUE) == 1
    assert missing() == [("D901", WED)]
    # People who are entered afterwards accuse their unit of no day before.
    make_cadre(make_office(other_unit), "周渡")
    assert sweep(TUE, time(10)) == 0
    assert sweep(date(2026, 11, 25)) == 1


def test_the_place_where_somebody_works_owes_the_sheet(wei, other_unit, other_office):
    Placement.objects.create(cadre=wei, kind="secondment", office=other_office, valid_from=THU, valid_to=THU)
    sweep(MON)
    assert missing() == [("D901", WED), ("T902", THU), ("D901", FRI)]


def test_a_sheet_entered_from_paper_withdraws_it_and_no_sweep_brings_it_back(lin, unit, officer):
    sweep(THU)
    services.round_submit(
        unit=unit,
        scope="",
        number=1,
        checker=officer,
        now=at(THU, time(15)),
        on_paper=at(WED, time(10)),
    )
    assert Finding.objects.get(day=WED).state == "withdrawn"
    InspectionSettings.objects.update(swept_until=None)
    assert sweep(FRI) == 1
    assert missing() == [("D901", WED), ("D901", THU)]


def test_the_number_of_units_and_days_costs_no_query(lin, zhou, django_assert_max_num_queries):
    for number in range(20):
        make_cadre(make_office(make_unit(f"X{number}", f"局{number}")), "众")
    with django_assert_max_num_queries(25):
        assert sweep(TUE) == 4 * 22


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_finding_and_one_notice_for_each_unit_and_day(lin, zhou, officer):
    outcomes = at_once(*[lambda: sweep(TUE)] * 3)
    assert sorted(outcomes) == [0, 0, 8]
    assert len(missing()) == len(set(missing())) == 8
    assert Notice.objects.filter(user=officer).count() == 4


PROGRAM = """
import django, sys
django.setup()
from datetime import datetime
from attendance.services import sweeps
sys.stdin.readline()
print(sweeps.missing_sheets_record(now=datetime.fromisoformat("2026-11-24T09:00:00+08:00")))
"""


@pytest.mark.usefixtures("lin", "zhou", "officer")
def test_two_processes_at_once_do_so_too(transactional_db, request):
    environment = {
        **os.environ,
        "DATABASE_URL": request.getfixturevalue("database_url"),
        "DJANGO_SETTINGS_MODULE": "longquan_cadre.settings",
    }
    command: Any = [sys.executable, "-c", PROGRAM]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) for _each in range(2)]
    answers = [worker.communicate("go\n", timeout=PATIENCE)[0] for worker in workers]
    assert sorted(answers) == ["0\n", "8\n"]
    assert len(missing()) == len(set(missing())) == 8


# --- Reminders ------------------------------------------------------------------------------------------------------


def remind(day: date, clock: time) -> int:
    return sweeps.sheets_remind(now=at(day, clock))


def test_from_the_set_hour_on_the_officers_are_reminded_once(lin, unit, officer, head, other_officer):
    assert remind(TUE, time(14, 59)) == 0
    # Late on the same day still, and only those of the unit.
    assert remind(TUE, time(23, 50)) == 1
    assert remind(TUE, time(23, 55)) == 0
    assert list(Notice.objects.values_list("user", "kind")) == [(officer.pk, "sheet_due")]


@pytest.mark.parametrize("day", [SAT, date(2026, 11, 17)])
def test_nobody_is_reminded_on_a_rest_day_or_before_the_city_has_begun(day, lin, officer):
    assert remind(day, time(16)) == 0


def test_nobody_is_reminded_of_a_sheet_that_is_there_or_of_an_empty_unit(lin, officer, other_officer):
    DailySheet.objects.create(unit=lin.unit, day=TUE)
    assert remind(TUE, time(16)) == 0


# --- Decisions that may be taken ------------------------------------------------------------------------------------


def tell(now: datetime) -> int:
    return sweeps.decidable_tell(now=now)


def test_when_the_days_are_over_whoever_may_decide_hears_of_it_once(lin, chen, unit, officer, head, express):
    silent, answered = recorded(lin, officer), recorded(chen, officer)
    about_unit = unit_finding(unit)
    services.finding_defend(finding=answered, text="说明", actor=chen.user, now=NOW)
    assert tell(at(LAST_DAY, time(23, 59))) == 0
    assert tell(OVER) == 2
    assert tell(OVER + timedelta(hours=1)) == 0
    told = set(Notice.objects.filter(kind="finding_decidable").values_list("user", "params__finding"))
    # Of the statement the head has heard when it was made.
    assert told == {(head.pk, silent.pk), (express.pk, about_unit.pk)}


def test_many_findings_cost_no_more_queries(lin, officer, head, django_assert_max_num_queries):
    for _each in range(30):
        recorded(lin, officer)
    with django_assert_max_num_queries(16):
        assert tell(OVER) == 30


# --- Leftovers ------------------------------------------------------------------------------------------------------


def test_photos_that_belong_to_nothing_go_after_a_day(lin, officer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    finding = recorded(lin, officer)
    finding.photo.save("scene.jpg", ContentFile(b"JFIF"))
    lost = default_storage.save("evidence/lost.jpg", ContentFile(b"JFIF"))
    portrait = default_storage.save("photos/somebody.jpg", ContentFile(b"JFIF"))
    tomorrow = default_storage.get_modified_time(lost) + 2 * photos.ORPHANS_KEPT
    assert sweeps.evidence_sweep(now=tomorrow - 2 * photos.ORPHANS_KEPT) == 0
    assert sweeps.evidence_sweep(now=tomorrow) == 1
    assert [default_storage.exists(name) for name in (finding.photo.name, lost, portrait)] == [
        True,
        False,
        True,
    ]


def test_rounds_that_nobody_submitted_are_forgotten_after_two_weeks(lin, unit, officer):
    for day in (TODAY - timedelta(days=15), TODAY):
        OpenRound.objects.create(unit=unit, day=day, checker=officer, begun_at=NOW)
    assert rounds.forget_open_rounds(NOW) == 1
    assert OpenRound.objects.get().day == TODAY
