"""What a year is computed from: every cadre and unit of the city with sums over the ledger, closed complaints, decided
measures and sheets. The same number of queries for any number of people."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import Unit, UnitKind
from appraisal.acting import line_along
from appraisal.facts import ladder as ladder_facts
from appraisal.models import (
    AnnualResult,
    AppraisalSettings,
    BonusBase,
    LedgerEntry,
    Sanction,
    UnitResult,
    WithholdingProposal,
    YearSettings,
    YearState,
    YearTerms,
)
from appraisal.rules import years
from appraisal.rules.years import UnitYear, Year
from attendance import comparison
from attendance.models import DailySheet, Finding, InspectionSettings
from cards.models import Cadre, EmploymentKind, Transfer
from common.rules import local

#: What hangs or is decided keeps the kinds of its people and units.
KEPT = (YearState.PUBLIC, YearState.DECIDED)
#: Codes of appraisal.seeds.MEASURES.
CRITICISM, ADMONISHMENT, CAUTION, CIRCULAR = "criticism", "admonishment", "caution", "circular"


@dataclass(frozen=True)
class Terms:
    """What the city sets, and a computation or the quota of a grade reads."""

    minimum_headcount: int
    minimum_months: int
    sheets_percent: int
    agreement_percent: int
    bonus_months: str
    excellent_percent: int
    approved_percent: int
    #: As JSON keeps it; empty as long as none is due.
    sheets_from: str

    @classmethod
    def of(cls, year: int) -> "Terms":
        """Those that the year keeps; as long as it keeps none, those of today."""
        kept = (
            YearTerms.objects.filter(year=year, terms__isnull=False).values_list("terms", flat=True).first()
        )
        settings, begins = YearSettings.current(), InspectionSettings.current().sheets_from
        current = {name: getattr(settings, name) for name in YearTerms.FIELDS}
        current["sheets_from"] = begins.isoformat() if begins is not None else ""
        return cls(**current | (kept or {}))


@dataclass
class Person:
    """A cadre’s year as counted."""

    cadre: Cadre
    #: Where they served on the last day of the year, or last in it.
    unit: Unit
    months: int
    employment_kind: str
    vertically_managed: bool = False
    half_points: int = 0
    entries: int = 0
    cents: int = 0
    withheld_cents: int = 0
    complaints: int = 0
    measures: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    first_admonished: date | None = None
    bases: list[tuple[date, int]] = field(default_factory=list)

    @property
    def is_graded(self) -> bool:
        """Neither in an enterprise nor in a vertically managed unit: those are recommended to their own superiors, and
        compared with nobody."""
        return not (self.vertically_managed or self.employment_kind == EmploymentKind.ENTERPRISE)

    @property
    def year(self) -> Year:
        return Year(
            key=self.cadre.pk,
            unit=self.unit.pk,
            half_points=self.half_points,
            complaints=self.complaints,
            admonishments=self.measures[ADMONISHMENT],
            cautions=self.measures[CAUTION],
            circulars=self.measures[CIRCULAR],
            months=self.months,
        )

    @property
    def figures(self) -> dict[str, int]:
        """What stands in the result, and on every page and paper of it."""
        return {
            "half_points": self.half_points,
            "entries": self.entries,
            "cents": self.cents,
            "withheld_cents": self.withheld_cents,
            "complaints": self.complaints,
            "criticisms": self.measures[CRITICISM],
            "admonishments": self.measures[ADMONISHMENT],
            "cautions": self.measures[CAUTION],
            "circulars": self.measures[CIRCULAR],
            "months": self.months,
        }


@dataclass
class Whole:
    """A unit’s year as counted."""

    unit: Unit
    #: Departments are compared with departments; subdistricts, towns and townships with each other.
    group: str
    vertically_managed: bool
    #: About the unit itself, and of its people while they were counted here.
    own_half_points: int = 0
    people_half_points: int = 0
    headcount: int = 0
    measures: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sheets: int = 0
    sheets_due: int = 0
    checked: int = 0
    agreed: int = 0

    @property
    def year(self) -> UnitYear:
        return UnitYear(
            key=self.unit.pk,
            group=self.group,
            half_points=self.own_half_points + self.people_half_points,
            headcount=self.headcount,
            sheets=self.sheets,
            sheets_due=self.sheets_due,
            agreed=self.agreed,
            checked=self.checked,
        )

    @property
    def figures(self) -> dict[str, int | str]:
        return {
            "group": self.group,
            "own_half_points": self.own_half_points,
            "people_half_points": self.people_half_points,
            "headcount": self.headcount,
            "sheets": self.sheets,
            "sheets_due": self.sheets_due,
            "checked": self.checked,
            "agreed": self.agreed,
            "criticisms": self.measures[CRITICISM],
            "cautions": self.measures[CAUTION],
            "circulars": self.measures[CIRCULAR],
            "admonishments": self.measures[ADMONISHMENT],
        }


@dataclass
class City:
    people: dict[int, Person]
    units: dict[int, Whole]
    terms: Terms


def is_kept(year: int) -> bool:
    """Whether anything can be known of it: the sheets or the months had begun by its end, or there is a sheet or a
    finding of it. Of any other year everybody would be the best."""
    begun = (InspectionSettings.current().sheets_from, AppraisalSettings.current().begins)
    if any(day is not None and day.year <= year for day in begun):
        return True
    return (
        DailySheet.objects.filter(day__year=year).exists() or Finding.objects.filter(day__year=year).exists()
    )


def gather(year: int, now: datetime) -> City:
    first, last = date(year, 1, 1), date(year, 12, 31)
    people = _people(year, first, last)
    there = Unit.objects.filter(Q(valid_to=None) | Q(valid_to__gte=first), valid_from__lte=last)
    serving = {person.unit.pk: person.unit for person in people.values()}
    units = _wholes(year, serving | {unit.pk: unit for unit in there})
    for person in people.values():
        whole = units[person.unit.pk]
        whole.headcount += 1
        person.vertically_managed = whole.vertically_managed
    _add_points(year, people, units)
    _add_complaints(year, people)
    _add_measures(year, people, units)
    _add_bases(people)
    terms = Terms.of(year)
    _add_sheets(first, min(last, local(now).date()), units, terms, now)
    return City(people, units, terms)


def _wholes(year: int, there: Mapping[int, Unit]) -> dict[int, Whole]:
    """A unit that is of another kind by now stays, in a year that hangs or is decided, what it was."""
    found = {
        pk: Whole(unit, "department" if unit.kind == UnitKind.DEPARTMENT else "town", unit.vertically_managed)
        for pk, unit in there.items()
    }
    for row in UnitResult.objects.filter(year=year, state__in=KEPT):
        whole = found.get(row.unit_id)
        if whole is not None:
            whole.group, whole.vertically_managed = row.figures["group"], row.vertically_managed
    return found


def _people(year: int, first: date, last: date) -> dict[int, Person]:
    rows = Cadre.objects.filter(Q(serves_to=None) | Q(serves_to__gte=first), serves_from__lte=last)
    moved = _later_moves(last)
    hanging = AnnualResult.objects.filter(year=year, unit_result__state__in=KEPT)
    kinds = dict(hanging.values_list("cadre", "employment_kind"))
    return {
        cadre.pk: Person(
            cadre,
            moved.get(cadre.pk, cadre.unit),
            years.months_served(year, cadre.serves_from, cadre.serves_to),
            kinds.get(cadre.pk, cadre.employment_kind),
        )
        for cadre in rows.select_related("unit").order_by("pk")
    }


def _later_moves(last: date) -> Mapping[int, Unit]:
    """Whoever moved after the year belonged, on its last day, where they came from."""
    later = Transfer.objects.filter(decision=Transfer.Decision.ACCEPTED, first_day__gt=last)
    found: dict[int, Unit] = {}
    for transfer in later.select_related("from_unit").order_by("-first_day"):
        found[transfer.cadre_id] = transfer.from_unit
    followed = {unit.pk: unit.successor_id for unit in Unit.objects.filter(successor__isnull=False)}
    for row in _counted_before_a_merge(last):
        there = found[row.cadre_id].pk if row.cadre_id in found else row.cadre.unit_id
        if there in line_along(row.unit_id, followed):
            found[row.cadre_id] = row.unit
    return found


def _counted_before_a_merge(last: date) -> QuerySet[AnnualResult]:
    """A merge moves people without a transfer: what knows of it is the year, computed in a unit that outlived it."""
    rows = AnnualResult.objects.filter(
        year=last.year, unit__successor__isnull=False, unit__valid_to__gte=last
    )
    return rows.select_related("unit", "cadre")


def entries(year: int) -> QuerySet[LedgerEntry]:
    """Facts of the year that stand, whichever month counted them; without what went straight to the commission, which
    has no points, and of which a figure must not tell."""
    return LedgerEntry.objects.standing().public().filter(day__year=year).order_by()


def _add_points(year: int, people: Mapping[int, Person], units: Mapping[int, Whole]) -> None:
    rows = entries(year).values_list("unit", "cadre")
    for unit, cadre, half_points, cents, count in rows.annotate(
        points=Sum("half_points"), money=Sum("cents"), count=Count("pk")
    ):
        if cadre is None and unit in units:
            units[unit].own_half_points += half_points
        elif unit in units:
            units[unit].people_half_points += half_points
        person = people.get(cadre)
        if person is not None:
            person.half_points += half_points
            person.cents += cents
            person.entries += count
    months = WithholdingProposal.objects.filter(report__month__year=year).order_by()
    for cadre, amount, released in months.values_list("cadre").annotate(
        amount=Sum("amount_cents"), released=Sum("released_cents")
    ):
        if cadre in people:
            people[cadre].withheld_cents = amount - released


def _add_complaints(year: int, people: Mapping[int, Person]) -> None:
    for subject, lines in ladder_facts.complaints(year).items():
        if subject.cadre in people:
            people[subject.cadre].complaints = len(lines)


def _add_measures(year: int, people: Mapping[int, Person], units: Mapping[int, Whole]) -> None:
    rows = Sanction.objects.standing().decided_in(year).order_by("decided_on")
    for unit, code in rows.filter(cadre=None).values_list("unit", "measure__code"):
        if unit in units:
            units[unit].measures[code] += 1
    about_people = rows.filter(cadre__isnull=False)
    for cadre, code, day in about_people.values_list("cadre", "measure__code", "decided_on"):
        person = people.get(cadre)
        if person is not None:
            person.measures[code] += 1
            if code == ADMONISHMENT and person.first_admonished is None:
                person.first_admonished = day


def _add_bases(people: Mapping[int, Person]) -> None:
    for cadre, since, cents in BonusBase.objects.order_by("since").values_list("cadre", "since", "cents"):
        if cadre in people:
            people[cadre].bases.append((since, cents))


def _add_sheets(first: date, last: date, units: Mapping[int, Whole], terms: Terms, now: datetime) -> None:
    """Of what is decided, the days stay: a later version of the calendar makes no other day due."""
    if last < first:
        return
    begins = date.fromisoformat(terms.sheets_from) if terms.sheets_from else date.max
    for row in comparison.rows([whole.unit for whole in units.values()], first, last, now, begins=begins):
        whole = units[row.unit.pk]
        whole.sheets, whole.sheets_due = len(row.coverage.done), len(row.coverage.due)
        whole.checked = row.tally.spots.lines
        whole.agreed = row.tally.spots.lines - row.tally.spots.failed
    for decided in UnitResult.objects.filter(year=first.year, state=YearState.DECIDED, unit__in=units):
        whole = units[decided.unit_id]
        whole.sheets, whole.sheets_due = decided.figures["sheets"], decided.figures["sheets_due"]
