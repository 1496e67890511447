"""A unit's year of the tests, brought by the verbs to where it is needed: 2026, graded in December."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from accounts.models import Unit, User
from appraisal.graded import results_of, takes_grade
from appraisal.models import AnnualResult, AppraisalSettings, Measure, Sanction, UnitResult, YearSettings
from appraisal.services import grading, years
from appraisal.services.grading import Entered
from appraisal.services.sanctions import DECISIONS, next_number
from attendance.models import InspectionSettings
from cards.models import Cadre
from common.rules import at
from tests.cast import make_user

YEAR = 2026
#: A Thursday; the notice hangs from there until the Thursday after, five working days on. It is decided in January.
GRADING = at(date(2026, 12, 10), time(9))
UNTIL = date(2026, 12, 17)
HANGING = at(UNTIL, time(23))
#: The first working day on which the year is over.
DECIDING = at(date(2027, 1, 4), time(9))
LATER = at(date(2027, 1, 5), time(9))
COMPETENT = Entered("competent")


def computed(now: datetime = GRADING, year: int = YEAR) -> None:
    """A year that is kept, whatever there is of it; where no sheets are due, none are asked for."""
    if InspectionSettings.current().sheets_from is None:
        YearSettings.objects.get_or_create(pk=1)
        YearSettings.objects.update(sheets_percent=0)
    AppraisalSettings.objects.get_or_create(pk=1)
    AppraisalSettings.objects.filter(begins=None).update(begins=date(YEAR, 1, 1))
    years.year_appraise(year=year, now=now)


def year_of(unit: Unit, year: int = YEAR) -> UnitResult:
    return UnitResult.objects.select_related("unit").get(unit=unit, year=year)


def result_of(cadre: Cadre, year: int = YEAR) -> AnnualResult:
    rows = AnnualResult.objects.select_related("unit_result__unit", "unit", "cadre")
    return rows.get(cadre=cadre, year=year)


def enter(
    unit: Unit, actor: User, grades: Mapping[Cadre, Entered], now: datetime = GRADING, **fields: Any
) -> UnitResult:
    found = {result_of(cadre).pk: grade for cadre, grade in grades.items()}
    return grading.grades_set(unit_result=year_of(unit), grades=found, actor=actor, now=now, **fields)


def graded(unit: Unit, actor: User, now: datetime = GRADING, **grades: Entered) -> UnitResult:
    """Everybody competent but for whom another grade is named, by result number as `r12`."""
    results = results_of(year_of(unit))
    wanted = {
        row.pk: grades.get(f"r{row.pk}", COMPETENT)
        for row in results
        if takes_grade(row) and row.cadre.user_id != actor.pk
    }
    return grading.grades_set(unit_result=year_of(unit), grades=wanted, actor=actor, now=now)


def proposed(unit: Unit, officer: User, now: datetime = GRADING) -> UnitResult:
    computed(now)
    graded(unit, officer, now)
    return grading.year_propose(unit_result=year_of(unit), actor=officer, now=now)


def published(unit: Unit, officer: User, head: User, now: datetime = GRADING) -> UnitResult:
    return grading.year_publish(unit_result=proposed(unit, officer, now), actor=head, now=now)


def decided(unit: Unit, officer: User, head: User, decider: User) -> UnitResult:
    row = published(unit, officer, head)
    return grading.year_decide(unit_result=row, actor=decider, now=DECIDING)


def measured(
    cadre: Cadre | None, code: str = "admonishment", day: date = date(2026, 6, 1), unit: Unit | None = None
) -> Sanction:
    """A rung of the ladder in force, as others have decided it."""
    measure = Measure.objects.get(code=code)
    clerk = User.objects.filter(username="clerk.ladder").first() or make_user("clerk.ladder", "经办人")
    home = cadre.unit if cadre is not None else unit
    assert home is not None
    when = at(day, time(10))
    return Sanction.objects.create(
        unit=home,
        cadre=cadre,
        proposed_measure=measure,
        measure=measure,
        year=day.year,
        rule="SANC-1",
        source=f"test:{code}:{home.pk}:{cadre.pk if cadre else ''}:{day}",
        proposed_at=when,
        state="served",
        decided_by=clerk,
        decided_at=when,
        decided_on=day,
        decision_reason="情况属实",
        served_on=day,
        served_by=clerk,
        receipt="signed",
        document_year=day.year if measure.by_document else None,
        document_serial=next_number(DECISIONS, day.year) if measure.by_document else None,
    )
